"""The efficient frontier: by hand, against a general solver, and by its shape."""

import numpy as np
import pytest
from scipy.optimize import minimize

from rpxl.core.allocation import max_sharpe_weights, min_variance_weights
from rpxl.core.mean_variance import efficient_frontier, mean_variance_weights
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

from .examples import factor_corr

TWO = [[0.04, 0.0], [0.0, 0.01]]


def problem(seed: int, size: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    vols = rng.uniform(0.05, 0.3, size)
    cov = factor_corr(size, rng) * np.outer(vols, vols)
    return rng.uniform(-0.02, 0.12, size), cov


def slsqp(objective, size: int, low: float, high: float, *constraints) -> np.ndarray:
    everything = [{"type": "eq", "fun": lambda w: w.sum() - 1.0}, *constraints]
    options = {"ftol": 1e-15, "maxiter": 1000}
    starts = [np.full(size, 1.0 / size), *(0.8 * np.eye(size) + 0.2 / size)]
    found = [
        minimize(objective, start, method="SLSQP", bounds=[(low, high)] * size, constraints=everything, options=options)
        for start in starts
    ]
    return min((f for f in found if abs(f.x.sum() - 1.0) < 1e-9), key=lambda f: f.fun).x


def test_two_assets_by_hand():
    # w'Σw = 0.04 w² + 0.01 (1 − w)²; λ (0.08 − 0.04) = 0.04 w − 0.01 (1 − w)
    for aversion in (0.9, 1.0, 2.0, 5.0):
        first = min((0.04 / aversion + 0.01) / 0.05, 1.0)
        found = mean_variance_weights([0.08, 0.04], TWO, risk_aversion=aversion)
        assert found == pytest.approx([first, 1.0 - first], abs=1e-12)
    assert mean_variance_weights([0.08, 0.04], TWO, target_return=0.07) == pytest.approx([0.75, 0.25], abs=1e-12)
    vol = np.sqrt(0.04 * 0.75**2 + 0.01 * 0.25**2)
    assert mean_variance_weights([0.08, 0.04], TWO, target_vol=vol) == pytest.approx([0.75, 0.25], abs=1e-9)


@pytest.mark.parametrize("rounding", [-5e-10, 5e-10])
def test_a_target_at_the_highest_volatility_is_the_asset_with_the_highest_return(rounding):
    assert mean_variance_weights([0.08, 0.04], TWO, target_vol=0.2 * (1.0 + rounding)).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 0.35), (-0.3, 0.6)])
def test_a_general_solver_finds_nothing_better(seed, low, high):
    mu, cov = problem(seed)
    rng = np.random.default_rng(seed)
    aversion = float(rng.uniform(1.0, 10.0))
    ours = mean_variance_weights(mu, cov, risk_aversion=aversion, lower=low, upper=high)
    theirs = slsqp(lambda w: 0.5 * aversion * w @ cov @ w - w @ mu, 6, low, high)
    assert (
        0.5 * aversion * ours @ cov @ ours - ours @ mu <= 0.5 * aversion * theirs @ cov @ theirs - theirs @ mu + 1e-12
    )
    frontier = efficient_frontier(mu, cov, 5, low, high)
    for aim, vol, weights in zip(frontier.returns[1:-1], frontier.vols[1:-1], frontier.weights[1:-1], strict=True):
        assert weights.sum() == pytest.approx(1.0, abs=1e-12) and low <= weights.min() <= weights.max() <= high
        assert weights @ mu == pytest.approx(aim, abs=1e-12)
        reached = {"type": "eq", "fun": lambda w, aim=aim: 100.0 * (w @ mu - aim)}
        other = slsqp(lambda w: 100.0 * w @ cov @ w, 6, low, high, reached)
        assert vol <= np.sqrt(other @ cov @ other) + 1e-8
        assert mean_variance_weights(mu, cov, target_vol=vol, lower=low, upper=high) == pytest.approx(weights, abs=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 40])
def test_the_frontier_is_convex_and_runs_from_least_variance_to_most_return(size):
    mu, cov = problem(size + 50, size)
    frontier = efficient_frontier(mu, cov, 25)
    assert frontier.weights[0] == pytest.approx(min_variance_weights(cov), abs=1e-9)
    assert frontier.returns[-1] == pytest.approx(mu.max(), abs=1e-12)
    if len(frontier.returns) > 2:
        slopes = np.diff(frontier.vols**2) / np.diff(frontier.returns)
        assert (np.diff(slopes) >= -1e-9).all()
        assert (np.diff(frontier.returns) > 0.0).all() and (np.diff(frontier.vols) > -1e-12).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_highest_sharpe_ratio_lies_on_it(seed):
    mu, cov = problem(seed)
    best = max_sharpe_weights(mu, cov)
    found = mean_variance_weights(mu, cov, target_return=float(mu @ best))
    assert found == pytest.approx(best, abs=1e-7)


def test_several_assets_with_the_highest_return_share_the_end_of_the_frontier():
    frontier = efficient_frontier([0.05, 0.05, 0.01], np.diag([0.04, 0.01, 0.0025]), 4)
    assert frontier.weights[-1] == pytest.approx([0.2, 0.8, 0.0], abs=1e-12)
    capped = efficient_frontier([0.05, 0.05, 0.01], np.diag([0.04, 0.01, 0.0025]), 4, upper=[1.0, 0.3, 0.5])
    assert capped.weights[-1] == pytest.approx([0.7, 0.3, 0.0], abs=1e-12)


def test_one_return_for_all_is_a_frontier_of_one_point():
    frontier = efficient_frontier([0.05, 0.05], TWO, 10)
    assert frontier.weights.tolist() == [pytest.approx([0.2, 0.8])]


@pytest.mark.parametrize(
    ("aims", "error", "text"),
    [
        ({}, InputError, "Give one of risk_aversion, target_return, target_vol"),
        ({"target_return": 0.05, "target_vol": 0.1}, InputError, "target_return and target_vol are given"),
        ({"target_return": 0.09}, InfeasibleError, r"the frontier ends at 0\.08"),
        ({"target_return": 0.041}, InfeasibleError, r"is expected to earn 0\.048, more than 0\.041"),
        ({"target_vol": 0.05}, InfeasibleError, r"run from 0\.0894427 to 0\.2"),
        ({"target_vol": 0.21}, InfeasibleError, r"run from 0\.0894427 to 0\.2"),
        ({"risk_aversion": 0.0}, InputError, "must be above 0"),
        ({"risk_aversion": 1.0, "upper": 0.4}, InfeasibleError, r"sum to 0\.8, below 1"),
    ],
)
def test_what_is_not_on_the_frontier_is_refused_with_the_reason(aims, error, text):
    with pytest.raises(error, match=text):
        mean_variance_weights([0.08, 0.04], TWO, **aims)


@pytest.mark.parametrize("points", [1, 2.5, 501])
def test_the_number_of_points_is_checked(points):
    with pytest.raises(InputError, match="whole number from 2 to 500"):
        efficient_frontier([0.08, 0.04], TWO, points)


def test_an_answer_that_cannot_be_verified_is_refused(monkeypatch):
    from rpxl.core import mean_variance

    monkeypatch.setattr(mean_variance, "exact", lambda *_: np.array([0.5, 0.5]))
    with pytest.raises(ConvergenceError, match="on the frontier can't be computed accurately"):
        mean_variance_weights([0.08, 0.04], TWO, risk_aversion=2.0)
    with pytest.raises(ConvergenceError, match="on the frontier can't be computed accurately"):
        mean_variance_weights([0.08, 0.04], TWO, target_return=0.07)
