"""The checks of every answer, given wrong answers: they must refuse them."""

import numpy as np
import pytest
import scipy.linalg.lapack

from rpxl.core import allocation, risk_parity, utility
from rpxl.core.cholesky import is_clearly_definite
from rpxl.core.cov_checks import check_cov
from rpxl.core.covariance import cov_from_vols
from rpxl.core.interior import Point
from rpxl.errors import ConvergenceError, InputError

from .examples import constant_corr, factor_corr, random_corr

COV = np.diag([0.04, 0.01])
BEST = np.array([0.2, 0.8])
"""The weights of smallest variance: in proportion to 25 and 100."""

# The variance of BEST is 0.008. A weight of d too much in asset 1 and too little in asset 2 makes their covariances
# with the portfolio differ by 0.05 d, which is 6.25 d of the variance.
STEP = 1e-10 / 6.25
"""The error of a weight at which the variance still falls at a relative rate of 1e-10."""


def off(factor):
    return BEST + np.array([1.0, -1.0]) * factor * STEP


@pytest.fixture
def solved(monkeypatch):
    """Let every method of `allocation` end at the given weights."""

    def pretend(weights):
        point = Point(np.array(weights), np.ones(2), np.zeros(2))
        monkeypatch.setattr(allocation, "_held", lambda *_: None)
        monkeypatch.setattr(allocation, "_refined", lambda *_: None)
        monkeypatch.setattr(allocation, "interior_point", lambda *_: point)
        monkeypatch.setattr(allocation, "exact", lambda *_: np.array(weights))
        monkeypatch.setattr(allocation, "_efficient", lambda *_: (np.array(weights), 1.0))

    return pretend


METHODS = {
    "smallest variance": lambda: allocation.min_variance_weights(COV),
    "highest ratio": lambda: allocation.max_sharpe_weights([0.02, 0.02], COV),  # equal returns: the same weights
}


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
@pytest.mark.parametrize("factor", [0.0, 0.5, -0.5])
def test_weights_within_the_guarantee_are_answers(solved, method, factor):
    solved(off(factor))
    assert (method() == off(factor)).all()


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
@pytest.mark.parametrize("factor", [2.0, -2.0, 1e3, -1e3, 1e8])
def test_weights_beyond_the_guarantee_are_refused(solved, method, factor):
    solved(off(factor))
    with pytest.raises(ConvergenceError, match="too close to singular"):
        method()


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
def test_weights_that_do_not_sum_to_1_are_refused(solved, method):
    solved(BEST * (1.0 + 1e-11))
    with pytest.raises(ConvergenceError):
        method()


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
def test_a_quick_answer_that_is_wrong_gives_way_to_the_thorough_one(monkeypatch, method):
    monkeypatch.setattr(allocation, "_held", lambda *_: off(1e3))
    np.testing.assert_allclose(method(), BEST, rtol=1e-12)


@pytest.mark.parametrize(("factor", "right"), [(0.0, True), (0.5, True), (2.0, False), (-2.0, False), (1e4, False)])
def test_highest_diversification_is_checked_too(monkeypatch, factor, right):
    # with correlations of 0, half of the risk each is best; an error of d there gives a gradient of 4 d
    exposures = 0.5 + np.array([1.0, -1.0]) * factor * 1e-10 / 4.0
    monkeypatch.setattr(allocation, "min_variance_weights", lambda _: exposures)
    if right:
        np.testing.assert_allclose(allocation.max_diversification_weights(COV), [1 / 3, 2 / 3], rtol=1e-9)
    else:
        with pytest.raises(ConvergenceError):
            allocation.max_diversification_weights(COV)


def test_a_bound_excuses_no_more_than_its_own_asset(solved):
    # asset 1 may not be below 0.3; more than 0.3 of it is still wrong
    solved([0.3, 0.7])
    assert allocation.min_variance_weights(COV, lower=[0.3, 0.0]).tolist() == [0.3, 0.7]
    solved([0.31, 0.69])
    with pytest.raises(ConvergenceError):
        allocation.min_variance_weights(COV, lower=[0.3, 0.0])


# Merton's long-only weights ------------------------------------------------------------------------------------------

EXCESS = np.array([0.02, 0.003])
HELD = EXCESS / 3.0 / COV.diagonal()
"""Without correlation each weight is return / (3 variance): 1/6 and 1/10, so cash is held."""


def merton_after(monkeypatch, weights, excess=EXCESS, spread=0.0):
    vols = np.sqrt(COV.diagonal())
    monkeypatch.setattr(utility, "exact", lambda *_: np.asarray(weights) * vols)  # it solves for exposures
    monkeypatch.setattr(utility, "_by_active_set", lambda *_: None)
    return utility.merton_weights(excess, COV, 3.0, spread, long_only=True)


def test_long_only_weights_within_the_guarantee_are_answers(monkeypatch):
    # with 1 + e times the best weights, the difference of return and risk is e/2 of their sum: 1e-9 for e = 2e-9
    for error in (0.0, 1e-9, -1e-9):
        np.testing.assert_allclose(merton_after(monkeypatch, HELD * (1.0 + error)), HELD, rtol=2e-9)


@pytest.mark.parametrize(
    "weights",
    [
        HELD * (1.0 + 4e-9),
        HELD * (1.0 - 4e-9),
        HELD * 2.0,
        HELD * [1.0, 0.0],  # an asset that is worth holding is left out
        HELD * [0.0, 1.0],
    ],
)
def test_long_only_weights_beyond_the_guarantee_are_refused(monkeypatch, weights):
    with pytest.raises(ConvergenceError, match="too close to singular"):
        merton_after(monkeypatch, weights)


def test_an_asset_that_is_not_worth_it_may_not_be_held(monkeypatch):
    with pytest.raises(ConvergenceError):
        merton_after(monkeypatch, [HELD[0], 0.001], excess=np.array([0.02, -0.003]))
    answer = merton_after(monkeypatch, [HELD[0], 0.0], excess=np.array([0.02, -0.003]))
    np.testing.assert_allclose(answer, [HELD[0], 0.0], rtol=1e-12)


def test_in_the_kink_the_price_of_capital_stays_between_0_and_the_spread(monkeypatch):
    # weights that sum to 1 and are better than cash, but not the best
    excess = np.array([0.2, 0.02])
    with pytest.raises(ConvergenceError):
        merton_after(monkeypatch, [0.5, 0.5], excess=excess, spread=0.5)


# Risk parity ---------------------------------------------------------------------------------------------------------


def no_refinement(*_):
    raise np.linalg.LinAlgError


@pytest.fixture
def ended(monkeypatch):
    """Let the solver end at the given weights, with or without refinement steps."""

    def pretend(weights, refined=False):
        monkeypatch.setattr(risk_parity, "solve", lambda *_: np.array(weights))
        if not refined:
            monkeypatch.setattr(risk_parity, "_newton_step", no_refinement)

    return pretend


# Of two assets without correlation, weights (1/3, 2/3) for volatilities 0.2 and 0.1 have half of the risk each. With
# 1 + e times the first weight its share is (1 + e)² / (1 + (1 + e)²), about (1 + e) / 2: an error of e.


@pytest.mark.parametrize("error", [0.0, 0.5e-8, -0.5e-8])
def test_risk_shares_within_the_guarantee_are_answers(ended, error):
    ended([(1.0 + error) / 3.0, 2.0 / 3.0])
    np.testing.assert_allclose(risk_parity.risk_parity_weights(COV), [1 / 3, 2 / 3], rtol=1e-8)


@pytest.mark.parametrize("error", [2e-8, -2e-8, 1e-5, 0.5, np.nan])
def test_risk_shares_beyond_the_guarantee_are_refused_or_made_right(ended, error):
    ended([(1.0 + error) / 3.0, 2.0 / 3.0])
    with pytest.raises(ConvergenceError, match="accurate risk shares"):
        risk_parity.risk_parity_weights(COV)


@pytest.mark.parametrize("error", [2e-8, -1e-3])
def test_risk_shares_that_a_step_can_make_right_are_made_right(ended, error):
    ended([(1.0 + error) / 3.0, 2.0 / 3.0], refined=True)
    np.testing.assert_allclose(risk_parity.risk_parity_weights(COV), [1 / 3, 2 / 3], rtol=1e-8)


@pytest.mark.parametrize(("gap", "answered"), [(5e-10, True), (4e-10, False)])
def test_close_to_a_hedge_the_last_digit_decides_up_to_an_error_of_1e_6(ended, gap, answered):
    """The best error of float64 is 2ε / gap: 0.9e-6, which is accepted, and 1.1e-6, which is refused."""
    weights = [np.nextafter(0.5, 1.0), 0.5]
    ended(weights)
    cov = [[1.0, gap - 1.0], [gap - 1.0, 1.0]]
    if answered:
        np.testing.assert_allclose(risk_parity.risk_parity_weights(cov), 0.5, rtol=1e-15)
    else:
        with pytest.raises(ConvergenceError):
            risk_parity.risk_parity_weights(cov)


@pytest.fixture
def steps(monkeypatch):
    """Count the Newton steps, of both kinds, that a matrix takes."""
    taken = []
    for name in ("_newton_step", "_conjugate_gradients"):
        step = getattr(risk_parity, name)
        monkeypatch.setattr(risk_parity, name, lambda *args, step=step: taken.append(1) or step(*args))

    def count(corr, vols):
        taken.clear()
        risk_parity.risk_parity_weights(cov_from_vols(vols, corr))
        return len(taken)

    return count


@pytest.mark.parametrize("size", [5, 60, 100, 101, 200])
def test_of_assets_that_move_together_one_step_is_left_after_the_start(steps, size):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        assert steps(factor_corr(size, rng), rng.uniform(0.05, 0.4, size)) == 1


@pytest.mark.parametrize("size", [3, 10, 50])
def test_of_assets_that_hedge_each_other_the_start_leaves_a_few_steps(steps, size):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        assert steps(random_corr(size, 100.0, rng), rng.uniform(0.05, 0.4, size)) <= 6  # without a start about 20


# Definiteness in float32 ---------------------------------------------------------------------------------------------


def rough(matrix):
    result = np.ascontiguousarray(matrix, dtype=np.float32)
    np.fill_diagonal(result, 1.0)
    return result


SIZE = 200
SHIFT = float(np.float32(SIZE * 2.0**-19 * (1.0 + 3.0 / SIZE)))  # with 1 / SIZE as the mean of the identity: 4e-4


def test_definite_at_a_glance():
    assert is_clearly_definite(rough(np.eye(SIZE)))
    assert is_clearly_definite(rough(constant_corr(SIZE, 0.5)))


@pytest.mark.parametrize("smallest", [0.5, 0.0, -0.5, -2.0])
def test_an_eigenvalue_below_the_shift_is_no_clear_case(smallest):
    # with a constant negative correlation c the smallest eigenvalue is 1 + (n - 1) c
    assert not is_clearly_definite(rough(constant_corr(SIZE, (smallest * SHIFT - 1.0) / (SIZE - 1))))


@pytest.mark.parametrize(("error", "clear"), [(0.0, True), (0.17, True), (0.19, False), (0.9, False), (5.0, False)])
def test_factors_that_are_off_make_no_clear_case(monkeypatch, error, clear):
    """Five times the measured error must not exceed the shift; with a larger error the factors prove nothing."""
    given = np.eye(SIZE) * (1.0 - SHIFT + error * SHIFT / np.sqrt(SIZE))  # the Frobenius norm of E is error × shift
    factor = np.linalg.cholesky(given).astype(np.float32)
    monkeypatch.setattr(scipy.linalg.lapack, "spotrf", lambda *_, **__: (factor, 0))
    assert is_clearly_definite(rough(np.eye(SIZE))) is clear


@pytest.mark.parametrize("size", [199, 200, 201])
@pytest.mark.parametrize("below", [1e-9, 1e-6, 1e-3])
def test_the_large_and_the_small_way_refuse_the_same(size, below):
    edge = -1.0 / (size - 1)
    check_cov(constant_corr(size, edge))
    with pytest.raises(InputError, match="semi-definite"):
        check_cov(constant_corr(size, edge - below))
