"""Risk parity from scenarios: proved by an independent bound, compared with brute force and with closed forms."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from rpxl.core import scenario_parity
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.core.scenario_parity import scenario_risk_parity
from rpxl.core.scenarios import MEASURES, scenario_risk, scenario_risk_contributions
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

NAMES = tuple(MEASURES)
SMOOTH = ("volatility", "semi_deviation", "evar")
"""Measures without kinks if there is more than one loss: the shares of risk equal the budgets."""


def factor_returns(seed: int, rows: int = 240, assets: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.standard_t(4, (rows, 2)) @ rng.normal(size=(2, assets)) * 0.004
    return (common + rng.standard_t(5, (rows, assets)) * 0.004) * np.exp(rng.normal(size=assets) * 0.6) + 0.0002


def value(weights: np.ndarray, returns: np.ndarray, measure: str, budgets: np.ndarray, confidence: float = 0.95):
    """The smallest value of the convex objective over all multiples of `weights`."""
    risk = scenario_risk(weights, returns, measure, confidence)
    return 1.0 - float(budgets @ np.log(weights / risk))


@pytest.mark.parametrize("measure", NAMES)
@pytest.mark.parametrize("seed", range(4))
def test_no_other_weights_are_better(measure, seed):
    returns = factor_returns(seed)
    budgets = np.array([0.4, 0.3, 0.2, 0.1]) if seed % 2 else np.full(4, 0.25)
    weights = scenario_risk_parity(returns, measure, budgets)
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    least = value(weights, returns, measure, budgets)
    rng = np.random.default_rng(seed)
    for size in (1e-1, 1e-2, 1e-3, 1e-4):
        for _ in range(100):
            other = weights * np.exp(size * rng.normal(size=4))
            assert value(other, returns, measure, budgets) >= least - 1e-9
    for start in np.eye(4) * 0.7 + 0.1:
        found = minimize(
            lambda logs: value(np.exp(logs), returns, measure, budgets),
            np.log(start),
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 8000},
        )
        assert found.fun >= least - 1e-9


@pytest.mark.parametrize("measure", SMOOTH)
@pytest.mark.parametrize("assets", [1, 2, 10])
def test_shares_are_the_budgets_where_there_are_no_kinks(measure, assets):
    returns = factor_returns(7, 500, assets)
    budgets = np.arange(1.0, assets + 1.0)
    weights = scenario_risk_parity(returns, measure, budgets)
    shares = scenario_risk_contributions(weights, returns, measure)
    assert shares == pytest.approx(budgets / budgets.sum(), abs=1e-5)


@pytest.mark.parametrize("measure", NAMES)
def test_of_two_assets_the_kink_is_where_the_shares_cross(measure):
    returns = factor_returns(11, 120, 2)
    first = scenario_risk_parity(returns, measure)[0]
    for part, sign in ((first - 1e-4, -1.0), (first + 1e-4, 1.0)):
        share = scenario_risk_contributions([part, 1.0 - part], returns, measure)[0]
        assert sign * (share - 0.5) > 0.0


def test_on_many_normal_scenarios_all_measures_of_returns_give_volatility_parity():
    rng = np.random.default_rng(3)
    half = rng.normal(size=(40_000, 3))
    whitened = np.vstack([half, -half])
    whitened /= np.sqrt((whitened**2).mean(axis=0))
    mixing = np.array([[0.02, 0.0, 0.0], [0.005, 0.01, 0.0], [-0.002, 0.004, 0.006]])
    returns = whitened @ mixing.T
    expected = risk_parity_weights(np.cov(returns.T))
    for measure in ("mad", "semi_deviation", "cvar", "evar"):
        assert scenario_risk_parity(returns, measure, confidence=0.9) == pytest.approx(expected, rel=0.02), measure


@pytest.mark.parametrize("measure", NAMES)
def test_order_of_assets_size_of_returns_and_an_asset_without_budget(measure):
    returns = factor_returns(5)
    weights = scenario_risk_parity(returns, measure)
    order = [2, 0, 3, 1]
    assert scenario_risk_parity(returns[:, order], measure) == pytest.approx(weights[order], rel=1e-5)
    assert scenario_risk_parity(100.0 * returns, measure) == pytest.approx(weights, rel=1e-5)
    without = scenario_risk_parity(returns, measure, [1.0, 0.0, 1.0, 1.0])
    assert without[1] == 0.0
    assert np.delete(without, 1) == pytest.approx(scenario_risk_parity(np.delete(returns, 1, 1), measure), rel=1e-5)


@pytest.mark.parametrize("measure", NAMES)
def test_bounds_hold_and_the_rest_is_the_best_between_them(measure):
    returns = factor_returns(8)
    free = scenario_risk_parity(returns, measure)
    top = int(free.argmax())
    upper = np.ones(4)
    upper[top] = 0.8 * free[top]
    weights = scenario_risk_parity(returns, measure, upper=upper)
    assert (weights <= upper).all() and weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights[top] == upper[top]
    if measure in SMOOTH:
        shares = np.delete(scenario_risk_contributions(weights, returns, measure), top)
        assert shares == pytest.approx(np.full(3, shares.mean()), abs=1e-5)
    # λ is that at which these weights solve the problem with bounds and without a sum
    risk = scenario_risk(weights, returns, measure)
    inside = np.delete(np.arange(4), top)
    marginal = scenario_risk_contributions(weights, returns, measure) * risk
    price = float(marginal[inside].mean()) * 4.0
    if measure in SMOOTH:
        rng = np.random.default_rng(2)
        least = risk - price * float(np.log(weights).mean())
        for _ in range(200):
            other = np.minimum(weights * np.exp(1e-3 * rng.normal(size=4)), upper)
            changed = scenario_risk(other, returns, measure) - price * float(np.log(other).mean())
            assert changed >= least - 1e-10


@pytest.mark.parametrize("measure", SMOOTH)
def test_an_asset_whose_bounds_are_equal_leaves_equal_shares_to_the_others(measure):
    returns = factor_returns(8)
    weights = scenario_risk_parity(returns, measure, lower=[0.3, 0.0, 0.0, 0.0], upper=[0.3, 1.0, 1.0, 1.0])
    assert weights[0] == 0.3 and weights.sum() == pytest.approx(1.0, abs=1e-12)
    shares = scenario_risk_contributions(weights, returns, measure)[1:]
    assert shares == pytest.approx(np.full(3, shares.mean()), abs=1e-5)


def test_bounds_that_leave_no_choice():
    returns = factor_returns(9, assets=2)
    assert scenario_risk_parity(returns, "cvar", lower=[0.6, 0.4]).tolist() == [0.6, 0.4]
    assert scenario_risk_parity(returns, "cvar", upper=[0.3, 0.7]).tolist() == [0.3, 0.7]
    with pytest.raises(InfeasibleError, match=r"sum to 0\.8, below 1"):
        scenario_risk_parity(returns, "cvar", upper=0.4)


def test_an_asset_that_never_loses_has_no_budget_of_risk():
    returns = factor_returns(10, assets=2)
    returns[:, 1] = np.abs(returns[:, 1])
    for measure in ("cvar", "cdar", "ulcer"):
        with pytest.raises(InfeasibleError, match="Asset 2 has no risk by"):
            scenario_risk_parity(returns, measure)


@pytest.mark.parametrize("measure", [name for name in NAMES if name != "volatility"])
def test_a_perfect_hedge_is_refused(measure):
    one = factor_returns(12, assets=1)
    with pytest.raises((InfeasibleError, ConvergenceError)):
        scenario_risk_parity(np.hstack([one, -one]), measure, confidence=0.5)


@pytest.mark.parametrize("measure", ["mad", "evar", "semi_deviation"])
def test_an_answer_that_is_not_proved_is_refused(measure, monkeypatch):
    monkeypatch.setattr(scenario_parity, "GUARANTEE", -math.inf)
    with pytest.raises(ConvergenceError, match="could not be proved"):
        scenario_risk_parity(factor_returns(13), measure)
    with pytest.raises(ConvergenceError, match="could not be proved"):
        scenario_risk_parity(factor_returns(13), measure, upper=0.3)


def test_bad_input_is_named():
    returns = factor_returns(14)
    for arguments, argument in (
        ((returns[:1],), "returns"),
        ((returns, "beta"), "measure"),
        ((returns, "cvar", [1.0, 2.0]), "budgets"),
        ((returns, "cvar", [-1.0, 1.0, 1.0, 1.0]), "budgets"),
        ((returns, "cvar", [0.0] * 4), "budgets"),
        ((returns, "cvar", None, 95.0), "confidence"),
    ):
        with pytest.raises(InputError) as refused:
            scenario_risk_parity(*arguments)
        assert refused.value.argument == argument


@pytest.mark.parametrize("seed", [0, 7, 21, 28])  # without refined steps the gap stayed above 1e-9 at each
def test_a_tail_of_few_scenarios_is_proved(seed):
    rng = np.random.default_rng(seed)
    market, own = rng.standard_normal((36, 1)), rng.standard_normal((36, 5))
    returns = 0.006 * market + own * 0.01 * rng.uniform(0.3, 2.0, 5)
    weights = scenario_risk_parity(returns, "cvar")
    assert weights.min() > 0.0 and weights.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("assets", "rows", "seed"), [(60, 150, 3), (60, 150, 8), (20, 60, 9), (5, 20, 3), (5, 20, 13)])
def test_drawdowns_of_few_scenarios_are_proved(assets, rows, seed):
    """Without refined steps the gap stuck above 1e-9 at each."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((rows, 3)) * 0.008
    returns = common @ rng.uniform(-0.3, 1.0, (3, assets)) + rng.standard_normal((rows, assets)) * 0.006 + 0.0003
    budgets = np.full(assets, 1.0 / assets)
    weights = scenario_risk_parity(returns, "cdar")
    assert weights.min() > 0.0 and weights.sum() == pytest.approx(1.0, abs=1e-12)
    least = value(weights, returns, "cdar", budgets)
    for size in (1e-2, 1e-3, 1e-4):
        for _ in range(50):
            other = weights * np.exp(size * rng.normal(size=assets))
            assert value(other, returns, "cdar", budgets) >= least - 1e-9
