import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from rpxl.core.covariance import cov_from_vols
from rpxl.core.margin import margin_report
from rpxl.errors import InfeasibleError, InputError

QUARTER = {"weights": [0.5, 2.0], "cov": [[0.0128, 0.0], [0.0, 0.0008]], "margin_rates": [0.06, 0.02]}
"""Two risks of 5.66 % make a volatility of 8 % a year, 4 % over 63 days; margins of 3 % and 4 %."""


def holds(report):
    return {found.condition: found.holds for found in report.conditions}


@pytest.mark.parametrize(
    ("cash", "chance"),  # call losses of 0 to 4 standard deviations; tables of the normal distribution
    [(0.07, 0.5), (0.11, 0.158655253931), (0.15, 0.022750131948), (0.19, 0.001349898032), (0.23, 0.000031671242)],
)
def test_against_tables_of_the_normal_distribution(cash, chance):
    report = margin_report(**QUARTER, cash=cash, horizon_days=63)
    np.testing.assert_allclose(report.notionals, [0.5, 2.0])
    np.testing.assert_allclose(report.initial, [0.03, 0.04], rtol=1e-14)
    assert report.initial_margin == report.maintenance_margin == pytest.approx(0.07)
    assert report.free_cash == report.call_loss == pytest.approx(cash - 0.07, abs=1e-15)
    assert report.horizon_vol == pytest.approx(0.04)
    assert report.loss == pytest.approx(0.04 * 2.326347874)
    assert report.call_chance == pytest.approx(chance, rel=1e-6)
    assert report.call_chance_within == pytest.approx(2 * chance, rel=1e-6)
    assert report.largest_share == pytest.approx(0.5)
    assert report.independent_bets == pytest.approx(2.0)
    assert [found.holds for found in report.conditions] == [cash > 0.17, True, None, None]


def test_a_walk_touches_the_trigger_about_twice_as_often_as_it_ends_below():
    # Against simulated daily settlement. A walk in steps goes beyond the trigger, which is moved by 0.5826 of a step:
    # Broadie, Glasserman & Kou (1997), "A continuity correction for discrete barrier options"
    steps = np.random.default_rng(7).standard_normal((40_000, 63)) * 0.04 / np.sqrt(63)
    lowest = steps.cumsum(axis=1).min(axis=1)
    report = margin_report(**QUARTER, cash=0.07 + 0.05, horizon_days=63)
    touched = (lowest <= -0.05 + 0.5826 * 0.04 / np.sqrt(63)).mean()
    assert report.call_chance_within == pytest.approx(touched, abs=4 * np.sqrt(0.21 * 0.79 / 40_000))


def test_maintenance_margin_leaves_more_room():
    report = margin_report(**QUARTER, cash=0.1, horizon_days=63, maintenance_rates=[0.05, 0.01])
    assert report.maintenance_margin == pytest.approx(0.045)
    assert report.initial_margin == pytest.approx(0.07)
    assert report.free_cash == pytest.approx(0.03)
    assert report.call_loss == pytest.approx(0.055)
    assert report.call_chance == pytest.approx(norm.cdf(-0.055 / 0.04), rel=1e-12)


def test_margin_that_is_called_already():
    report = margin_report(**QUARTER, cash=0.05)
    assert report.free_cash == pytest.approx(-0.02)
    assert (report.call_loss, report.call_chance, report.call_chance_within) == (0.0, 1.0, 1.0)
    assert holds(report)["Unencumbered cash for margin calls"] is False


def test_what_numbers_cannot_tell_is_asked():
    for condition in margin_report(**QUARTER).conditions[2:]:
        assert condition.holds is None
        assert condition.reason.endswith("?")


@pytest.mark.parametrize(
    ("weights", "vols", "corr", "diversified"),
    [
        ([1.0], [0.15], 0.0, False),  # one asset
        ([0.6, 0.4], [0.15, 0.05], -0.2, False),  # 60/40: nearly all the risk is in stocks
        ([0.25, 0.75], [0.15, 0.05], -0.2, True),
        ([1 / 30, 1 / 30, 1 / 30], [0.2, 0.2, 0.2], 0.95, False),  # equal risks, but one bet
        ([1.0, 1.0, 1.0], [0.2, 0.2, 0.2], 0.2, True),
        ([1.0, -1.0], [0.2, 0.2], 0.0, True),  # sold futures diversify too
    ],
)
def test_diversified(weights, vols, corr, diversified):
    size = len(weights)
    cov = cov_from_vols(vols, np.full((size, size), corr) + (1.0 - corr) * np.eye(size))
    report = margin_report(weights, cov, [0.05] * size)
    assert holds(report)["A diversified portfolio"] is diversified
    assert report.initial_margin == pytest.approx(0.05 * np.abs(weights).sum())


@given(st.floats(0.05, 2.0), st.floats(1.0, 252.0), st.floats(0.5, 0.999), st.floats(0.1, 3.0))
def test_the_chance_of_a_loss_beyond_the_loss_is_one_less_the_confidence(cash, days, confidence, scale):
    weights = scale * np.array([0.5, 2.0])
    report = margin_report(weights, QUARTER["cov"], QUARTER["margin_rates"], cash, days, confidence)
    assert norm.sf(report.loss / report.horizon_vol) == pytest.approx(1.0 - confidence, rel=1e-6)
    assert report.loss == pytest.approx(0.08 * scale * np.sqrt(days / 252) * norm.ppf(confidence), rel=1e-9, abs=1e-12)
    if report.call_loss > 0.0:
        assert report.call_chance == pytest.approx(norm.cdf(-report.call_loss / report.horizon_vol), rel=1e-9)
        assert (report.call_chance <= 1.0 - confidence) == (report.call_loss >= report.loss)


@pytest.mark.parametrize(
    ("change", "argument", "words"),
    [
        ({"margin_rates": [0.05]}, "margin_rates", "2 assets"),
        ({"margin_rates": [0.05, -0.1]}, "margin_rates", "item 2 is -0.1"),
        ({"margin_rates": [5.0, 0.1]}, "margin_rates", "write 5 % as 0.05"),
        ({"maintenance_rates": [0.07, 0.01]}, "maintenance_rates", "item 1 is 0.07, above the initial margin of 0.06"),
        ({"cash": 0.0}, "cash", "above 0"),
        ({"horizon_days": 0.0}, "horizon_days", "above 0"),
        ({"confidence": 1.0}, "confidence", "below 1"),
        ({"confidence": 99.0}, "confidence", "such as 0.99"),
        ({"confidence": 0.4}, "confidence", "0.5 or more"),
        ({"weights": [1.0]}, "weights", "2 assets"),
        ({"weights": [1.0, np.nan]}, "weights", "finite"),
        ({"cov": [[1.0, 2.0], [2.0, 1.0]]}, "cov", "beyond|between|semi-definite"),
    ],
)
def test_bad_input(change, argument, words):
    with pytest.raises(InputError, match=words) as caught:
        margin_report(**(QUARTER | change))
    assert caught.value.argument == argument


def test_no_risk():
    with pytest.raises(InfeasibleError, match="no risk"):
        margin_report(**(QUARTER | {"weights": [0.0, 0.0]}))


@pytest.mark.parametrize(
    ("sigmas", "chance"),
    [  # Abramowitz & Stegun (1964), table 26.2, Q(x) to ten digits, up to the end of the table
        (1.0, 0.1586552539),
        (3.0, 1.3498980316e-3),
        (6.0, 9.865876450e-10),
        (8.0, 6.220960574e-16),
        (10.0, 7.619853024e-24),
    ],
)
def test_the_chance_of_a_call_keeps_its_digits_far_out(sigmas, chance):
    # a volatility of 1 a year, a horizon of a quarter of one: s = 0.5; no margin, so that all of the cash may be lost
    report = margin_report([1.0], [[1.0]], [0.0], 0.5 * sigmas, 63.0)
    assert report.call_chance == pytest.approx(chance, rel=1e-9)
    assert report.call_chance_within == pytest.approx(min(2.0 * chance, 1.0), rel=1e-9)
