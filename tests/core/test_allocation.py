"""Portfolios to compare with: published weights, and the best portfolio over every set of active bounds."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rpxl.core.allocation import (
    inverse_vol_weights,
    max_diversification_weights,
    max_sharpe_weights,
    min_variance_weights,
)
from rpxl.core.clustering import hrp_weights
from rpxl.core.covariance import cov_from_vols
from rpxl.core.decomposition import correlation_with_portfolio, diversification_ratio, volatility
from rpxl.core.estimators import sample_cov
from rpxl.core.interior import equality_solution
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.errors import InfeasibleError, InputError

from .examples import constant_corr, factor_corr, lopez_de_prado, random_cov

seeds = st.integers(0, 2**32 - 1)
every_method = pytest.mark.parametrize(
    "method",
    [
        inverse_vol_weights,
        min_variance_weights,
        max_diversification_weights,
        hrp_weights,
        lambda cov: max_sharpe_weights(np.full(len(cov), 0.04), cov),
    ],
    ids=["inverse vol", "min variance", "max diversification", "hrp", "max Sharpe"],
)


def by_trying(cov, lower, upper, reward=None):
    """Return the best weights between bounds: solve for every choice of active bounds, and keep the best that is valid.

    Smallest variance, or with a reward the highest ratio of reward to volatility.
    """
    size, best, lowest = len(cov), None, np.inf
    for sides in product((-1, 0, 1), repeat=size):
        sides = np.array(sides)
        free = sides == 0
        weights = np.where(sides < 0, lower, upper).astype(float)
        rest = 1.0 - weights[~free].sum()
        if not free.any() and abs(rest) > 1e-12:
            continue
        if free.any():
            inverse = np.linalg.inv(cov[np.ix_(free, free)])
            ones, fixed = np.ones(free.sum()), cov[np.ix_(free, ~free)] @ weights[~free]
            # w = a + t d: a has the smallest variance, d moves along the efficient ones
            base = (rest + ones @ inverse @ fixed) / (ones @ inverse @ ones) * (inverse @ ones) - inverse @ fixed
            weights[free] = base
            if reward is not None:
                tilt = inverse @ (reward[free] - (ones @ inverse @ reward[free]) / (ones @ inverse @ ones))
                if reward @ weights <= 0.0:
                    continue
                weights[free] = base + (weights @ cov @ weights) / (reward @ weights) * tilt
        if (weights < lower - 1e-12).any() or (weights > upper + 1e-12).any():
            continue
        risk = weights @ cov @ weights
        value = risk if reward is None else -(reward @ weights) / np.sqrt(risk)
        if value < lowest:
            best, lowest = weights, value
    return best


def bounds(rng, size, short=False):
    inside = rng.dirichlet(np.full(size, 2.0))
    lower = np.maximum(inside - rng.exponential(0.2, size), -0.5 if short else 0.0)
    return lower, inside + rng.exponential(0.2, size)


@settings(max_examples=40)
@given(seeds)
def test_smallest_variance_of_all(seed):
    rng = np.random.default_rng(seed)
    cov = random_cov(rng)
    size = len(cov)
    np.testing.assert_allclose(min_variance_weights(cov), by_trying(cov, np.zeros(size), np.ones(size)), atol=1e-9)
    for short in (False, True):
        lower, upper = bounds(rng, size, short)
        weights = min_variance_weights(cov, lower, upper)
        assert (lower <= weights).all() and (weights <= upper).all()
        np.testing.assert_allclose(weights, by_trying(cov, lower, upper), atol=1e-9)


@settings(max_examples=40)
@given(seeds)
def test_highest_sharpe_ratio_of_all(seed):
    rng = np.random.default_rng(seed)
    cov = random_cov(rng)
    size = len(cov)
    excess = rng.normal(0.03, 0.04, size)
    assume(excess.max() > 1e-3)
    weights = max_sharpe_weights(excess, cov)
    np.testing.assert_allclose(weights, by_trying(cov, np.zeros(size), np.ones(size), excess), atol=1e-8)
    lower, upper = bounds(rng, size)
    try:
        weights = max_sharpe_weights(excess, cov, lower, upper)
    except InfeasibleError as error:
        assert "earn more than cash" in str(error)
        assert by_trying(cov, lower, upper, excess) is None
        return
    assert (lower <= weights).all() and (weights <= upper).all()
    best = by_trying(cov, lower, upper, excess)
    np.testing.assert_allclose(weights, best, atol=1e-7)


@settings(max_examples=30)
@given(seeds)
def test_highest_sharpe_ratio_by_an_optimiser(seed):
    rng = np.random.default_rng(seed)
    cov = cov_from_vols(rng.uniform(0.05, 0.4, 12), factor_corr(12, rng))
    excess = rng.uniform(0.0, 0.1, 12)
    lower, upper = np.full(12, -0.05), np.full(12, 0.2)
    weights = max_sharpe_weights(excess, cov, lower, upper)

    def loss(w):
        return -(excess @ w) / np.sqrt(w @ cov @ w)

    whole = {"type": "eq", "fun": lambda w: w.sum() - 1.0}
    found = minimize(
        loss,
        np.full(12, 1 / 12),
        method="SLSQP",
        bounds=[(-0.05, 0.2)] * 12,
        constraints=whole,
        options={"ftol": 1e-14},
    )
    inside = (found.x > lower) & (found.x < upper)
    invested = found.x + inside * (1.0 - found.x.sum()) / inside.sum()  # it keeps the sum of 1 to about 1e-9 only
    assert loss(weights) <= loss(invested) + 1e-9
    assert loss(weights) == pytest.approx(found.fun, rel=1e-4)


@settings(max_examples=40)
@given(seeds)
def test_highest_diversification_of_all(seed):
    cov = random_cov(np.random.default_rng(seed))
    size, vols = len(cov), np.sqrt(np.diag(cov))
    weights = max_diversification_weights(cov)
    best = by_trying(cov, np.zeros(size), np.ones(size), vols)  # the volatilities as reward
    np.testing.assert_allclose(weights, best, atol=1e-8)
    # Choueifaty, Froidure & Reynier (2013), "Properties of the most diversified portfolio", core property: all assets
    # that are held have the same correlation with the portfolio, 1 over its ratio; the others have that or a higher one
    correlations = correlation_with_portfolio(weights, cov)
    level = 1.0 / diversification_ratio(weights, cov)
    np.testing.assert_allclose(correlations[weights > 0.0], level, rtol=1e-8)
    assert (correlations >= level * (1.0 - 1e-8)).all()


def test_two_assets_closed_form():
    a, b, rho = 0.15, 0.05, -0.2
    cov = cov_from_vols([a, b], [[1.0, rho], [rho, 1.0]])
    first = (b * b - rho * a * b) / (a * a + b * b - 2 * rho * a * b)
    np.testing.assert_allclose(min_variance_weights(cov), [first, 1.0 - first], rtol=1e-14)
    np.testing.assert_allclose(max_diversification_weights(cov), [b / (a + b), a / (a + b)], rtol=1e-14)


def test_minimum_variance_as_published():
    # the same exhibit, column CLA, which is long-only minimum variance
    weights = min_variance_weights(sample_cov(lopez_de_prado(), 1.0))
    assert (100.0 * weights).round(2).tolist() == [14.44, 19.93, 19.73, 19.87, 18.68, 0.0, 5.86, 1.49, 0.0, 0.0]


@every_method
def test_what_all_have_in_common(method):
    rng = np.random.default_rng(4)
    for size in (1, 2, 3, 30):
        cov = cov_from_vols(rng.uniform(0.05, 0.4, size), factor_corr(size, rng))
        before = cov.copy()
        weights = method(cov)
        assert weights.sum() == pytest.approx(1.0, abs=1e-12) and (weights >= 0.0).all()
        assert (cov == before).all() and (method(cov) == weights).all()
        for scale in (1e-12, 1e4, 1e-280):
            np.testing.assert_allclose(method(cov * scale), weights, atol=1e-9)
    with pytest.raises(InputError, match="must be equal"):
        method([[0.04, 0.01], [0.02, 0.04]])
    with pytest.raises(InputError, match="semi-definite"):
        method(constant_corr(3, -0.6))


@pytest.mark.parametrize("method", [max_diversification_weights, hrp_weights, inverse_vol_weights])
def test_an_asset_without_risk_is_refused(method):
    with pytest.raises(InputError) as caught:
        method([[0.04, 0.0], [0.0, 0.0]])
    assert caught.value.cells == ((1, 1),)


def test_daily_variances_with_a_bill_among_them():
    cov = np.diag([1e-4, 6e-4, 30e-4, 100e-4]) ** 2
    inverse = 1.0 / np.diag(cov)
    np.testing.assert_allclose(min_variance_weights(cov), inverse / inverse.sum(), rtol=1e-9)
    np.testing.assert_allclose(max_sharpe_weights(np.full(4, 1e-4), cov, 0.0, 1.0), inverse / inverse.sum(), rtol=1e-9)


def test_singular_matrices_give_a_best_portfolio_or_a_reason():
    twins = np.full((2, 2), 0.04)
    assert volatility(min_variance_weights(twins), twins) == pytest.approx(0.2, rel=1e-12)
    hedge = [[0.01, -0.02, 0.0], [-0.02, 0.04, 0.0], [0.0, 0.0, 0.09]]
    np.testing.assert_allclose(min_variance_weights(hedge), [2 / 3, 1 / 3, 0.0], atol=1e-9)
    assert min_variance_weights(np.diag([0.04, 0.0])).tolist() == [0.0, 1.0]
    for method in (max_diversification_weights, lambda cov: max_sharpe_weights([0.04, 0.01, 0.01], cov)):
        with pytest.raises(InfeasibleError, match="no risk"):
            method(hedge)
    apart = sample_cov(np.random.default_rng(3).standard_normal((20, 60)) * 0.01)  # many portfolios without risk
    assert volatility(min_variance_weights(apart, -1.0, 1.0), apart) <= 1e-6 * np.sqrt(np.diag(apart).min())
    market = np.random.default_rng(3).standard_normal((20, 1)) * 0.01
    together = sample_cov(market + np.random.default_rng(4).standard_normal((20, 60)) * 0.005)
    weights = min_variance_weights(together)
    slope = together @ weights
    assert (slope >= weights @ slope * (1.0 - 1e-9)).all()


def test_bounds_that_fix_all_or_leave_no_room():
    cov = np.diag([0.01, 0.04, 0.09])
    exact = [0.2, 0.3, 0.5]
    assert min_variance_weights(cov, exact).tolist() == exact
    assert max_sharpe_weights([0.01, 0.02, 0.03], cov, 0.0, exact).tolist() == exact
    pinned = min_variance_weights(cov, [0.0, 0.5, 0.0], [1.0, 0.5, 1.0])
    np.testing.assert_allclose(pinned, [0.45, 0.5, 0.05], rtol=1e-12)
    assert pinned[1] == 0.5
    for method in (min_variance_weights, lambda *args: max_sharpe_weights([0.01, 0.02, 0.03], *args)):
        with pytest.raises(InfeasibleError, match=r"upper bounds of the assets sum to 0\.9"):
            method(cov, 0.0, 0.3)
        with pytest.raises(InfeasibleError, match=r"lower bound 0\.5 of asset 2"):
            method(cov, [0.0, 0.5, 0.0], 0.4)
        with pytest.raises(InputError, match="2 numbers for 3 assets"):
            method(cov, [0.0, 0.5])


def test_nothing_above_cash_is_refused():
    for excess in ([-0.01, -0.02], [0.0, 0.0]):
        with pytest.raises(InfeasibleError, match="earn more than cash"):
            max_sharpe_weights(excess, np.diag([0.01, 0.04]))
    with pytest.raises(InfeasibleError, match="earn more than cash"):
        max_sharpe_weights([0.01, -0.09], np.diag([0.01, 0.04]), [0.0, 0.5])
    with pytest.raises(InputError, match="exp_excess"):
        max_sharpe_weights([0.01], np.diag([0.01, 0.04]))


def test_numbers_out_of_range_end_in_no_number():
    # LAPACK's least squares may run for ever on infinities
    endless = equality_solution(np.diag([np.inf, 1.0]), np.ones(2), np.ones((1, 2)), np.ones(1))
    assert np.isnan(endless).all()


@pytest.mark.parametrize(
    ("upper", "expected"), [([1.0, 0.3, 0.0], [0.7, 0.3, 0.0]), ([0.9, 0.9, 0.0], [0.2, 0.8, 0.0])]
)
def test_an_uncorrelated_asset_that_its_bounds_pin_is_no_obstacle(upper, expected):
    assert min_variance_weights(np.diag([0.04, 0.01, 0.0025]), 0.0, upper) == pytest.approx(expected, abs=1e-12)


def test_it_is_said_whether_returns_or_bounds_leave_nothing_above_cash():
    cov = [[0.05, 0.02], [0.02, 0.07]]
    with pytest.raises(InfeasibleError, match=r"the best one earns -0\.022 a year over cash\. Widen the bounds"):
        max_sharpe_weights([0.02, -0.05], cov, [0.0, 0.6])  # 0.4 · 2 % − 0.6 · 5 % = −2.2 %
    with pytest.raises(InfeasibleError, match="no exp_excess is above 0"):
        max_sharpe_weights([0.0, -0.05], cov)


@pytest.mark.parametrize("off", [0.0, 1e-13, 1e-12, 1.1e-12, 1e-11, 1e-9, 3e-9, 9.9e-9, 1.01e-8, 2e-8, 1e-7, 1e-6])
def test_bounds_that_leave_next_to_no_room(off):
    cov = np.array([[0.0256, 0.0, 0.002], [0.0, 0.0016, 0.0001], [0.002, 0.0001, 0.04]])
    top, bottom = np.array([0.5, 0.3, 0.2 + off]), np.array([0.5, 0.3, 0.2 - off])
    for weights in (
        risk_parity_weights(cov, upper=top),
        min_variance_weights(cov, upper=top),
        max_sharpe_weights([0.04, 0.01, 0.03], cov, upper=top),
    ):
        assert (weights <= top).all() and (weights >= 0.0).all()
        np.testing.assert_allclose(weights, [0.5, 0.3, 0.2], atol=max(off, 1e-12) * 1.01, rtol=0.0)
        assert abs(weights.sum() - 1.0) <= 1e-12
    for weights in (
        risk_parity_weights(cov, lower=bottom),
        min_variance_weights(cov, lower=bottom),
        max_sharpe_weights([0.04, 0.01, 0.03], cov, lower=bottom),
    ):
        assert (weights >= bottom).all()
        np.testing.assert_allclose(weights, [0.5, 0.3, 0.2], atol=max(off, 1e-12) * 1.01, rtol=0.0)
        assert abs(weights.sum() - 1.0) <= 1e-12
