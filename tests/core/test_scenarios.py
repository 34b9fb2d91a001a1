"""Measures of risk from scenarios: by hand, by their definitions as optimisation problems, and by differences."""

import math

import numpy as np
import pytest
from scipy.optimize import linprog, minimize_scalar

from rpxl.core.scenarios import (
    MEASURES,
    drawdowns_of_sums,
    scenario_risk,
    scenario_risk_contributions,
    tail_weights,
)
from rpxl.errors import InfeasibleError, InputError

NAMES = tuple(MEASURES)
TAILS = tuple(name for name, measure in MEASURES.items() if measure.has_tail)


def fat_tails(seed: int, rows: int = 173, assets: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_t(4, (rows, assets)) * rng.uniform(0.004, 0.03, assets) + 0.0003


@pytest.mark.parametrize(
    ("measure", "confidence", "expected"),
    [
        ("volatility", 0.5, math.sqrt((0.045**2 + 0.055**2 + 0.015**2 + 0.005**2) / 3)),  # the mean is −0.025
        ("mad", 0.5, 0.12 / 4),
        ("semi_deviation", 0.5, math.sqrt((0.055**2 + 0.005**2) / 3)),
        ("cvar", 0.5, (0.08 + 0.03) / 2),
        ("cvar", 0.75, 0.08),
        ("cvar", 0.6, (0.08 + 0.6 * 0.03) / 1.6),  # 1.6 scenarios: the second counts in part
        ("cvar", 0.99, 0.08),  # a tail of less than one scenario: the worst loss
        ("evar", 0.99, 0.08),
        ("cdar", 0.5, (0.12 + 0.09) / 2),
        ("cdar", 0.75, 0.12),
        ("ulcer", 0.5, math.sqrt((0.08**2 + 0.09**2 + 0.12**2) / 4)),
    ],
)
def test_four_returns_by_hand(measure, confidence, expected):
    returns = [[0.02], [-0.08], [-0.01], [-0.03]]
    assert scenario_risk([1.0], returns, measure, confidence) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("measure", NAMES)
def test_the_confidence_matters_where_the_measure_has_a_tail(measure):
    risks = [scenario_risk([0.4, 0.3, 0.2, 0.1], fat_tails(1), measure, confidence) for confidence in (0.5, 0.9)]
    assert (risks[0] != risks[1]) == MEASURES[measure].has_tail


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_cvar_is_the_least_of_rockafellar_and_uryasev(confidence):
    returns = fat_tails(1)
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    losses = -returns @ weights
    count = len(losses)
    costs = np.concatenate([[1.0], np.full(count, 1.0 / ((1.0 - confidence) * count))])
    beyond = np.hstack([-np.ones((count, 1)), -np.eye(count)])
    bounds = [(None, None), *[(0.0, None)] * count]
    found = linprog(costs, A_ub=beyond, b_ub=-losses, bounds=bounds)
    assert scenario_risk(weights, returns, "cvar", confidence) == pytest.approx(found.fun, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95])
def test_evar_is_the_least_of_ahmadi_javid(confidence):
    returns = fat_tails(2)
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    losses = -returns @ weights

    def bound(log_width: float) -> float:
        width = math.exp(log_width)
        top = losses.max()
        return top + width * math.log(np.exp((losses - top) / width).mean() / (1.0 - confidence))

    found = minimize_scalar(bound, bounds=(-12.0, 2.0), method="bounded", options={"xatol": 1e-12})
    assert scenario_risk(weights, returns, "evar", confidence) == pytest.approx(found.fun, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_evar_is_above_cvar_and_below_the_worst_loss(confidence):
    returns = fat_tails(3)
    weights = np.full(4, 0.25)
    worst = float((-returns @ weights).max())
    cvar = scenario_risk(weights, returns, "cvar", confidence)
    assert cvar <= scenario_risk(weights, returns, "evar", confidence) <= worst


def test_drawdowns_are_those_of_a_running_sum():
    series = fat_tails(4)[:, 0]
    sums = np.concatenate([[0.0], np.cumsum(series)])
    expected = [max(sums[: t + 1]) - sums[t] for t in range(1, len(sums))]
    assert drawdowns_of_sums(series)[0] == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("measure", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_contributions_sum_to_1_and_are_those_of_differences(measure, seed):
    returns = fat_tails(10 + seed)
    weights = np.random.default_rng(seed).uniform(-0.2, 1.0, 4)
    risk = scenario_risk(weights, returns, measure)
    shares = scenario_risk_contributions(weights, returns, measure)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    h = 1e-7
    up = [scenario_risk(weights + h * unit, returns, measure) for unit in np.eye(4)]
    down = [scenario_risk(weights - h * unit, returns, measure) for unit in np.eye(4)]
    slopes = (np.array(up) - np.array(down)) / (2 * h)
    assert shares == pytest.approx(weights * slopes / risk, abs=1e-6)


@pytest.mark.parametrize("measure", NAMES)
def test_twice_the_weights_have_twice_the_risk_and_two_portfolios_no_more_than_both(measure):
    returns = fat_tails(20)
    rng = np.random.default_rng(5)
    one, other = rng.uniform(-1.0, 1.0, (2, 4))
    risk = scenario_risk(one, returns, measure)
    assert scenario_risk(2.0 * one, returns, measure) == pytest.approx(2.0 * risk, rel=1e-12)
    both = scenario_risk(one + other, returns, measure)
    assert both <= risk + scenario_risk(other, returns, measure) + 1e-15


def test_ties_at_the_edge_of_the_tail_count_in_equal_parts():
    assert tail_weights(np.array([0.1, 0.3, 0.1, 0.0, 0.1]), 0.4).tolist() == pytest.approx(
        [1 / 6, 0.5, 1 / 6, 0, 1 / 6]
    )
    returns = [[0.04, 0.0], [-0.06, -0.02], [-0.02, -0.06]]  # at equal weights both losses are 4 %
    assert scenario_risk_contributions([0.5, 0.5], returns, "cvar", 0.9) == pytest.approx([0.5, 0.5])


def test_five_percent_of_twenty_is_one_scenario_and_no_more():
    losses = np.arange(20.0)
    assert tail_weights(losses, 1.0 - 0.95).tolist() == pytest.approx([0.0] * 19 + [1.0], abs=1e-12)


@pytest.mark.parametrize("measure", ["volatility", "mad", "semi_deviation", "cdar", "ulcer"])
def test_what_never_moves_has_no_risk_to_share_out(measure):
    assert scenario_risk([1.0], [[0.1], [0.1], [0.1]], measure) == 0.0
    with pytest.raises(InfeasibleError, match="nothing to share out"):
        scenario_risk_contributions([1.0], [[0.1], [0.1], [0.1]], measure)


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        (([1.0], [[0.1]]), "returns"),
        (([1.0, 2.0], [[0.1], [0.2]]), "weights"),
        (([1.0], [[0.1], [math.nan]]), "returns"),
        (([1.0], [[0.1], [0.2]], "cvar", 1.0), "confidence"),
        (([1.0], [[0.1], [0.2]], "cvar", 0.0), "confidence"),
        (([1.0], [[0.1], [0.2]], "var"), "measure"),
    ],
)
def test_bad_input_is_named(arguments, argument):
    for function in (scenario_risk, scenario_risk_contributions):
        with pytest.raises(InputError) as refused:
            function(*arguments)
        assert refused.value.argument == argument
