import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rpxl.core.covariance import cov_from_vols
from rpxl.core.decomposition import volatility
from rpxl.core.utility import (
    implied_risk_aversion,
    merton_weights,
    portfolio_return,
    risk_adjusted_return,
    sharpe_ratio,
)
from rpxl.errors import InfeasibleError, InputError

from .examples import factor_corr

# Haghani & White (2017), "Some Clarity on Risk Parity": stocks 4 % over cash at 16 % volatility, bonds 1 % at
# 4 %, uncorrelated, risk aversion 3
EXCESS = [0.04, 0.01]
COV = cov_from_vols([0.16, 0.04], np.eye(2))
AVERSION = 3.0


def haghani_white(weights, spread):
    return (
        portfolio_return(weights, EXCESS, spread),
        volatility(weights, COV),
        sharpe_ratio(weights, EXCESS, COV, spread),
        risk_adjusted_return(weights, EXCESS, COV, AVERSION, spread),
    )


@pytest.mark.parametrize(
    ("weights", "spread", "printed"),
    [
        # the rows of the published table whose printed digits follow from the printed weights
        ([1.0, 0.0], 0.0, (0.040, 0.160, 0.25, 0.002)),
        ([0.0, 1.0], 0.0, (0.010, 0.040, 0.25, 0.008)),
        ([0.6, 0.4], 0.0, (0.028, 0.097, 0.29, 0.014)),
        ([0.2, 0.8], 0.0, (0.016, 0.045, 0.35, 0.013)),
        ([0.45, 0.85], 0.006, (0.025, 0.080, 0.31, 0.015)),
    ],
)
def test_haghani_white_as_printed(weights, spread, printed):
    assert tuple(round(x, d) for x, d in zip(haghani_white(weights, spread), (3, 3, 2, 3), strict=True)) == printed


@pytest.mark.parametrize(
    ("weights", "spread", "exact"),
    [
        # Levered risk parity is printed as 4.1 / 11.6 / 0.35 / 2.1 %, which its printed weights don't give.
        ([0.5, 2.0], 0.0, (0.04, 0.11314, 0.3536, 0.0208)),
        ([0.45, 0.85], 0.006, (0.0247, 0.07962, 0.3102, 0.01519)),
    ],
)
def test_haghani_white_printed_weights(weights, spread, exact):
    found = haghani_white(weights, spread)
    assert tuple(round(x, d) for x, d in zip(found, (5, 5, 4, 5), strict=True)) == exact


def test_what_the_printed_levered_row_belongs_to():
    excess, risk, ratio, adjusted = haghani_white([0.5125, 2.05], 0.0)  # 20/80 times 2.5625
    assert (round(excess, 3), round(risk, 3), round(ratio, 2), round(adjusted, 3)) == (0.041, 0.116, 0.35, 0.021)


@pytest.mark.parametrize(
    ("spread", "optimum", "exact"),
    [
        (0.0, [0.520833, 2.083333], (0.041667, 0.117851, 0.3536, 0.020833)),
        (0.006, [0.442708, 0.833333], (0.024385, 0.078285, 0.3115, 0.015193)),
    ],
)
def test_haghani_white_optimum(spread, optimum, exact):
    weights = merton_weights(EXCESS, COV, AVERSION, spread)
    assert weights.round(6).tolist() == optimum
    found = haghani_white(weights, spread)
    assert tuple(round(x, d) for x, d in zip(found, (6, 6, 4, 6), strict=True)) == exact


def test_haghani_white_statements():
    assert round(implied_risk_aversion([0.6, 0.4], EXCESS, COV), 3) == 2.956  # "about 3"
    sixty_forty = risk_adjusted_return([0.6, 0.4], EXCESS, COV, AVERSION)
    free = risk_adjusted_return(merton_weights(EXCESS, COV, AVERSION), EXCESS, COV, AVERSION)
    assert round(free - sixty_forty, 3) == 0.007
    costly = risk_adjusted_return(merton_weights(EXCESS, COV, AVERSION, 0.006), EXCESS, COV, AVERSION, 0.006)
    assert round(costly - sixty_forty, 3) == 0.001


def best_by_optimiser(excess, cov, aversion, spread):
    """Maximise the utility with the loan as a variable of its own, which makes the problem smooth."""
    size = len(excess)

    def loss(point):
        weights, loan = point[:size], point[size]
        return -(weights @ excess - spread * loan - 0.5 * aversion * weights @ cov @ weights)

    def slope(point):
        return np.append(-(excess - aversion * cov @ point[:size]), spread)

    enough = {
        "type": "ineq",
        "fun": lambda p: p[size] - p[:size].sum() + 1.0,
        "jac": lambda p: np.append(-np.ones(size), 1.0),
    }
    bounds = [(None, None)] * size + [(0.0, None)]
    start = np.full(size + 1, 0.1)
    options = {"ftol": 1e-14, "maxiter": 500}
    found = minimize(loss, start, jac=slope, method="SLSQP", bounds=bounds, constraints=[enough], options=options)
    return found.x[:size]


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.floats(0.5, 30.0), st.floats(0.0, 0.05))
def test_optimum_by_another_method(seed, size, aversion, spread):
    rng = np.random.default_rng(seed)
    cov = cov_from_vols(rng.uniform(0.1, 0.4, size), factor_corr(size, rng))
    assume(np.linalg.cond(cov) < 1e3)
    excess = rng.uniform(-0.02, 0.1, size)
    weights = merton_weights(excess, cov, aversion, spread)
    other = best_by_optimiser(excess, cov, aversion, spread)
    best = risk_adjusted_return(weights, excess, cov, aversion, spread)
    assert best >= risk_adjusted_return(other, excess, cov, aversion, spread) - 1e-12
    np.testing.assert_allclose(weights, other, atol=2e-3 * max(1.0, np.abs(weights).max()))


def test_three_regimes():
    # uncorrelated: w = (μ - λ) / (γ σ²) with λ the price of capital
    variances = np.diag(COV)
    cash = merton_weights(EXCESS, COV, 10.0, 0.006)
    np.testing.assert_allclose(cash, EXCESS / (10.0 * variances), rtol=1e-14)
    assert cash.sum() < 1.0
    loan = merton_weights(EXCESS, COV, 3.0, 0.006)
    np.testing.assert_allclose(loan, (np.array(EXCESS) - 0.006) / (3.0 * variances), rtol=1e-14)
    assert loan.sum() > 1.0
    kink = merton_weights(EXCESS, COV, 5.0, 0.006)
    assert kink.sum() == pytest.approx(1.0, rel=1e-15)
    prices = np.array(EXCESS) - 5.0 * variances * kink
    assert prices[0] == pytest.approx(prices[1]) and 0.0 < prices[0] < 0.006


@pytest.mark.parametrize("cov", [np.ones((2, 2)), np.diag([0.04, 0.0]), np.array([[0.01, -0.03], [-0.03, 0.09]])])
def test_singular_is_refused(cov):
    with pytest.raises(InfeasibleError, match="singular"):
        merton_weights(EXCESS, cov, AVERSION)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"exp_excess": [0.04]}, "exp_excess"),
        ({"exp_excess": [0.04, np.inf]}, "exp_excess"),
        ({"exp_excess": [1.7e308, 1.7e308]}, "exp_excess"),
        ({"cov": [[0.04, 0.01]]}, "cov"),
        ({"risk_aversion": 0.0}, "risk_aversion"),
        ({"risk_aversion": -1.0}, "risk_aversion"),
        ({"risk_aversion": None}, "risk_aversion"),
        ({"borrow_spread": -0.01}, "borrow_spread"),
        ({"borrow_spread": np.nan}, "borrow_spread"),
        ({"borrow_spread": "x"}, "borrow_spread"),
    ],
)
def test_bad_input(change, argument):
    arguments = {"exp_excess": EXCESS, "cov": COV, "risk_aversion": 3.0, "borrow_spread": 0.006}
    with pytest.raises(InputError) as caught:
        merton_weights(**(arguments | change))
    assert caught.value.argument == argument
    with pytest.raises(InputError) as caught:
        risk_adjusted_return(weights=[0.6, 0.7], **(arguments | change))
    assert caught.value.argument in (argument, "weights")


def test_no_risk_no_ratio():
    for measure in (sharpe_ratio, implied_risk_aversion):
        with pytest.raises(InfeasibleError, match="no risk"):
            measure([0.0, 0.0], EXCESS, COV)
    assert risk_adjusted_return([0.0, 0.0], EXCESS, COV, 3.0) == 0.0


def test_nothing_is_borrowed_at_one():
    assert portfolio_return([0.1] * 10, [0.01] * 10, 1.0) == pytest.approx(0.01, rel=1e-14)
    assert portfolio_return([0.5, 0.3], [0.04, 0.01], 1.0) == pytest.approx(0.023, rel=1e-14)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(0.5, 30.0), st.sampled_from([0.0, 0.003, 0.03]))
def test_long_only_conditions_of_optimality(seed, size, aversion, spread):
    # the gradient of the utility is a price of capital between 0 and the spread where held, no higher elsewhere
    rng = np.random.default_rng(seed)
    cov = cov_from_vols(rng.uniform(0.05, 0.4, size), factor_corr(size, rng))
    excess = rng.normal(0.01, 0.03, size)
    weights = merton_weights(excess, cov, aversion, spread, long_only=True)
    assert (weights >= 0.0).all()
    slope = excess - aversion * cov @ weights
    invested = math.fsum(weights)
    held = weights > 0.0
    if abs(invested - 1.0) > 1e-12:
        price = 0.0 if invested < 1.0 else spread
    else:
        price = slope[held].mean()
        assert -1e-10 <= price <= spread + 1e-10
    np.testing.assert_allclose(slope[held], price, atol=1e-10)
    assert (slope <= price + 1e-10).all()
    free = merton_weights(excess, cov, aversion, spread)
    if (free >= 0.0).all():
        np.testing.assert_allclose(weights, free, rtol=1e-8, atol=1e-12)


def test_long_only_regimes():
    # uncorrelated, so each asset is held at (μ - λ) / (γ σ²) or not at all
    variances = np.diag(COV)
    excess = np.array([0.04, -0.01])
    assert merton_weights([-0.04, -0.01], COV, 3.0, 0.0, True).tolist() == [0.0, 0.0]
    np.testing.assert_allclose(
        merton_weights(excess, COV, 3.0, 0.006, True), [0.04 / 3 / variances[0], 0.0], rtol=1e-12
    )
    np.testing.assert_allclose(merton_weights(excess, COV, 1.4, 0.01, True), [1.0, 0.0], rtol=1e-12)
    np.testing.assert_allclose(merton_weights(excess, COV, 1.0, 0.01, True), [0.03 / variances[0], 0.0], rtol=1e-12)
    with pytest.raises(InfeasibleError, match="singular"):
        merton_weights(EXCESS, np.ones((2, 2)), 3.0, 0.0, True)
