"""Each limit that a docstring or a message states: just inside, at the limit, and just outside."""

import re

import numpy as np
import pytest

from rpxl.core.allocation import min_variance_weights
from rpxl.core.calendar import (
    EVERY_DAY,
    FREQUENCIES,
    MONTHLY,
    QUARTERLY,
    TRADING_DAYS,
    WEEKLY,
    YEARLY,
    frequency,
    gaps,
    periods_per_year,
)
from rpxl.core.cov_checks import check_cov, diagnose_cov
from rpxl.core.leverage import lever_to_vol
from rpxl.core.limits import read_limits
from rpxl.core.margin import margin_report
from rpxl.core.performance import performance
from rpxl.errors import InfeasibleError, InputError

TINY = float(np.finfo(np.float64).tiny)


def raises(function, *args, **options) -> bool:
    try:
        function(*args, **options)
    except (InputError, InfeasibleError):
        return True
    return False


@pytest.mark.parametrize(("factor", "refused"), [(0.9, False), (1.1, True)])
@pytest.mark.parametrize("vols", [(1.0, 1.0), (1e-4, 10.0)])
def test_two_halves_differ_by_no_more_than_1e_9_of_the_volatilities(factor, refused, vols):
    corr = np.array([[1.0, 0.5], [0.5 + factor * 1e-9, 1.0]])
    assert raises(check_cov, corr * np.outer(vols, vols)) is refused


@pytest.mark.parametrize(
    ("variance", "refused"), [(np.nextafter(TINY, 0.0), True), (TINY, False), (np.nextafter(TINY, 1.0), False)]
)
def test_the_smallest_variance_is_the_smallest_with_all_digits(variance, refused):
    assert raises(check_cov, [[variance]]) is refused


@pytest.mark.parametrize(("beyond", "refused"), [(0.0, False), (0.9e-9, True), (1.1e-9, True)])
def test_a_correlation_beyond_1_is_refused_and_named_from_1e_9_on(beyond, refused):
    cov = [[1.0, 1.0 + beyond], [1.0 + beyond, 1.0]]
    assert raises(check_cov, cov) is refused
    if refused:
        with pytest.raises(InputError, match="a correlation of 1" if beyond > 1e-9 else "semi-definite"):
            check_cov(cov)


@pytest.mark.parametrize(("factor", "passed"), [(0.99, True), (1.01, False)])
def test_up_to_which_condition_number_a_matrix_passes(factor, passed):
    # eigenvalues 1 ± c, so the condition number is (1 + c) / (1 - c), about 2 / (1 - c)
    corr = 1.0 - 2.0 / (factor * 1e10)
    found = {finding.check: finding for finding in diagnose_cov([[1.0, corr], [corr, 1.0]])}
    assert found["condition"].passed is passed


@pytest.mark.parametrize(("beyond", "refused"), [(-2e-12, True), (-0.5e-12, False), (0.0, False), (1e-3, False)])
def test_upper_bounds_sum_to_1_but_for_rounding(beyond, refused):
    assert raises(read_limits, 2, 0.0, [0.5, 0.5 + beyond]) is refused


@pytest.mark.parametrize(("beyond", "refused"), [(2e-12, True), (0.5e-12, False), (0.0, False), (-1e-3, False)])
def test_lower_bounds_sum_to_1_but_for_rounding(beyond, refused):
    assert raises(read_limits, 2, [0.5, 0.5 + beyond], 1.0) is refused


@pytest.mark.parametrize(("lower", "refused"), [(0.3 - 1e-16, False), (0.3, False), (0.3 + 1e-15, True)])
def test_a_lower_bound_may_equal_its_upper_one(lower, refused):
    assert raises(min_variance_weights, np.eye(2), [lower, 0.0], [0.3, 1.0]) is refused


@pytest.mark.parametrize("gap", [1e-15, 1e-10, 1e-7, 1e-3])
def test_bounds_in_the_wrong_order_are_told_apart_in_the_message(gap):
    with pytest.raises(InfeasibleError) as caught:
        read_limits(2, [0.3 + gap, 0.0], [0.3, 1.0])
    low, high = re.findall(r"bound ([0-9.e-]*[0-9])", str(caught.value))
    assert float(low) > float(high)
    assert gap < 1e-6 or len(low) <= 8  # no more digits than needed


# Margin: two assets without correlation, of volatility 1: shares w² over their sum, bets (w1 + w2)² over it ----------


@pytest.mark.parametrize(
    ("weights", "diversified"),
    [
        ([0.5, 0.5], True),  # half of the risk each, 2 bets
        ([0.5, 0.5 * (1.0 + 1e-8)], False),  # a little more than half
        ([0.5, 0.5 * (1.0 + 1e-10)], True),  # apart from rounding
    ],
)
def test_no_asset_carries_more_than_half_of_the_risk(weights, diversified):
    report = margin_report(weights, np.eye(2), [0.05, 0.05])
    assert [c.holds for c in report.conditions][1] is diversified


@pytest.mark.parametrize(("bets", "diversified"), [(1.5 - 1e-9, False), (1.5 + 1e-9, True)])
def test_a_diversified_portfolio_has_one_and_a_half_bets_at_least(bets, diversified):
    corr = 2.0 / bets - 1.0  # of two equal assets: (1 + 1)² / (2 + 2 c) bets
    report = margin_report([0.5, 0.5], [[1.0, corr], [corr, 1.0]], [0.05, 0.05])
    assert report.independent_bets == pytest.approx(bets, rel=1e-12)
    assert [c.holds for c in report.conditions][1] is diversified


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"confidence": np.nextafter(0.5, 0.0)}, True),
        ({"confidence": 0.5}, False),
        ({"confidence": np.nextafter(1.0, 0.0)}, False),
        ({"confidence": 1.0}, True),
        ({"margin_rates": [1.0, 0.05]}, False),
        ({"margin_rates": [np.nextafter(1.0, 2.0), 0.05]}, True),
        ({"margin_rates": [0.0, 0.05]}, False),
        ({"margin_rates": [-1e-300, 0.05]}, True),
        ({"maintenance_rates": [0.05, 0.05]}, False),
        ({"maintenance_rates": [0.05, np.nextafter(0.05, 1.0)]}, True),
        ({"cash": 1e-300}, False),
        ({"cash": 0.0}, True),
    ],
)
def test_margins_are_fractions_and_confidence_is_between_a_half_and_1(change, refused):
    given = {"weights": [0.5, 0.5], "cov": np.eye(2), "margin_rates": [0.05, 0.05]}
    assert raises(margin_report, **(given | change)) is refused


@pytest.mark.parametrize(("cash", "holds"), [(1.0 - 1e-9, False), (1.0 + 1e-9, True)])
def test_free_cash_covers_the_loss(cash, holds):
    report = margin_report([0.5, 0.5], np.eye(2), [0.05, 0.05])
    again = margin_report([0.5, 0.5], np.eye(2), [0.05, 0.05], cash=cash * (report.loss + report.initial_margin))
    assert next(c.holds for c in again.conditions) is holds


# The calendar --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4])
def test_three_dates_are_the_fewest_that_tell_a_frequency(count):
    dates = np.array(["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"], dtype="datetime64[D]")[:count]
    if count < 3:
        with pytest.raises(InputError, match="2 dates"):
            frequency(dates)
    else:
        assert frequency(dates) is MONTHLY


@pytest.mark.parametrize("found", FREQUENCIES, ids=lambda f: f.name)
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_step_is_a_gap_from_the_day_after_the_longest_usual_one(found, over):
    dates = np.datetime64("2024-01-01") + np.cumsum([0, found.shortest, found.longest + over, found.shortest])
    assert gaps(dates, found).tolist() == ([2] if over > 0 else [])


REGULAR = {WEEKLY: (5, 7, 16), MONTHLY: (25, 30, 37), QUARTERLY: (84, 91, 100), YEARLY: (355, 365, 376)}
"""The shortest, the usual and the longest step in days."""


@pytest.mark.parametrize("found", REGULAR, ids=lambda f: f.name)
@pytest.mark.parametrize("beyond", [0, 1])
@pytest.mark.parametrize("end", ["shortest", "longest"])
def test_up_to_which_step_dates_are_of_a_frequency(found, end, beyond):
    """Three of twenty steps have the shortest or longest length, others keep the mean; one day more is too much."""
    shortest, usual, longest = REGULAR[found]
    extreme, other = (shortest - beyond, longest) if end == "shortest" else (longest + beyond, shortest)
    size = round(3 * abs(extreme - usual) / abs(other - usual))  # the number of opposite steps that keeps the mean
    steps = [extreme] * 3 + [other] * size + [usual] * (17 - size)
    dates = np.datetime64("2001-01-05") + np.cumsum([0, *steps])
    if beyond:
        with pytest.raises(InputError, match="too irregular"):
            frequency(dates)
    else:
        assert frequency(dates) is found


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        (["2024-01-05", "2024-01-08", "2024-01-09"], TRADING_DAYS),  # Friday, Monday, Tuesday
        (["2018-01-31", "2018-02-28", "2018-03-29"], MONTHLY),  # Good Friday was the 30th of March
    ],
)
def test_three_dates_at_their_most_irregular(dates, found):
    assert frequency(np.array(dates, dtype="datetime64[D]")) is found


@pytest.mark.parametrize(
    ("given", "refused"),
    [(547.0, False), (547.5, True), (548.0, True), (243.4, False), (243.3, True), (243.0, True), (365.0, False)],
)
def test_a_number_contradicts_the_dates_from_a_factor_of_one_and_a_half_on(given, refused):
    days = np.arange("2024-01-01", "2024-12-31", dtype="datetime64[D]")
    assert periods_per_year(None, days) == EVERY_DAY.periods_per_year == 365.0
    assert raises(periods_per_year, given, days) is refused


# Others --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returns", "refused"), [([0.1], True), ([0.1, 0.2], False), ([0.1, -1.0], False), ([0.1, -1.0 - 1e-15], True)]
)
def test_two_returns_are_the_fewest_and_a_loss_of_everything_the_worst(returns, refused):
    assert raises(performance, returns) is refused


@pytest.mark.parametrize(
    ("target", "borrowed", "cash"), [(0.1, 0.0, 0.5), (0.2, 0.0, 0.0), (0.2 + 1e-9, 5e-9, 0.0), (0.4, 1.0, 0.0)]
)
def test_at_a_leverage_of_1_nothing_is_borrowed_and_nothing_left(target, borrowed, cash):
    levered = lever_to_vol([1.0], [[0.04]], target)
    assert levered.borrowed == pytest.approx(borrowed, rel=1e-6, abs=1e-15)
    assert levered.cash == pytest.approx(cash, abs=1e-15)
