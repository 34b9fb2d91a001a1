import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpxl.core.performance import drawdowns, performance
from rpxl.errors import InputError

some_returns = st.lists(st.floats(-0.5, 0.5).map(lambda r: round(r, 6)), min_size=2, max_size=40)


def test_by_hand():
    # Values 1.25, 1, 1.1, 1.65, 1.32; the mean of 25, -20, 10, 50, -20 % is 9 %
    measured = performance([0.25, -0.2, 0.1, 0.5, -0.2], periods_per_year=4, rf=0.06)
    assert measured.periods == 5
    assert measured.cumulative == pytest.approx(0.32, rel=1e-14)
    assert measured.annual_return == pytest.approx(1.32 ** (4 / 5) - 1, rel=1e-14)
    assert measured.mean_return == pytest.approx(0.36, rel=1e-14)
    # Deviations 16, -29, 1, 41, -29 %: squares 256 + 841 + 1 + 1681 + 841 = 3620, over 4, times 4
    assert measured.volatility == pytest.approx(0.3620**0.5, rel=1e-14)
    assert measured.sharpe == pytest.approx(0.30 / 0.3620**0.5, rel=1e-14)
    assert measured.max_drawdown == pytest.approx(-0.2, rel=1e-14)
    assert measured.longest_drawdown == 2
    assert (measured.best, measured.worst, measured.positive_share) == (0.5, -0.2, 0.6)


@given(some_returns, st.sampled_from([252.0, 12.0, 1.0]))
def test_exact_arithmetic_agrees(returns, periods):
    exact = [Fraction(r) for r in returns]
    value, path = Fraction(1), [Fraction(1)]
    for r in exact:
        value *= 1 + r
        path.append(value)
    below = [float(v / max(path[: i + 1]) - 1) for i, v in enumerate(path)][1:]
    np.testing.assert_allclose(drawdowns(returns), below, atol=1e-13)
    measured = performance(returns, periods)
    assert measured.cumulative == pytest.approx(float(value - 1), rel=1e-12, abs=1e-12)
    assert measured.mean_return == pytest.approx(float(sum(exact) / len(exact)) * periods, rel=1e-12, abs=1e-12)
    assert measured.volatility == pytest.approx((periods * float(statistics.variance(exact))) ** 0.5, rel=1e-9)
    assert measured.max_drawdown == pytest.approx(min(below), abs=1e-12)
    rate = float(value) ** (periods / len(returns)) - 1
    assert measured.annual_return == pytest.approx(rate, rel=1e-9, abs=1e-12)


def test_annual_figures_of_a_year_are_those_of_the_year():
    measured = performance([0.01] * 6 + [0.02] * 6, periods_per_year=12)
    assert measured.annual_return == pytest.approx(measured.cumulative, rel=1e-13)
    assert measured.mean_return == pytest.approx(0.18, rel=1e-13)


def test_without_volatility_there_is_no_sharpe_ratio():
    flat = performance([0.01, 0.01, 0.01])
    assert (flat.volatility, flat.sharpe) == (0.0, None)
    assert performance([0.0, 0.0]).longest_drawdown == 0


def test_the_longest_drawdown_ends_where_the_peak_is_reached_again():
    # 100, 110, 100, 110, 111, 100, 90, 105: two periods, then three below a peak
    prices = np.array([100.0, 110, 100, 110, 111, 100, 90, 105])
    assert performance(prices[1:] / prices[:-1] - 1).longest_drawdown == 3
    assert performance(prices[1:5] / prices[:4] - 1).longest_drawdown == 1
    assert performance([-0.1, 0.0, 0.01]).longest_drawdown == 3  # below the start


@pytest.mark.parametrize("loss", [-0.05, -0.06, -0.13, -0.27, -0.53])
def test_a_peak_that_is_reached_but_for_rounding_is_reached(loss):
    back = 1.0 / (1.0 + loss) - 1.0
    assert (1.0 + loss) * (1.0 + back) < 1.0  # 1 in exact arithmetic, one unit in the last place less in float64
    assert performance([loss, back, loss, back]).longest_drawdown == 1
    assert performance([loss, back - 1e-13, loss]).longest_drawdown == 1
    assert performance([loss, back - 1e-11, loss]).longest_drawdown == 3  # this much is no rounding any more


def test_all_is_lost():
    measured = performance([0.5, -1.0, 3.0])
    assert (measured.cumulative, measured.annual_return, measured.max_drawdown) == (-1.0, -1.0, -1.0)
    assert drawdowns([0.5, -1.0, 3.0]).tolist() == [0.0, -1.0, -1.0]


@given(st.lists(st.tuples(st.floats(-0.9, 1.0), st.floats(-0.9, 1.0)), min_size=1, max_size=20))
def test_columns_are_measured_apart(rows):
    table = np.array(rows)
    both = drawdowns(table)
    assert both.shape == table.shape
    assert both.max() <= 0.0
    for j in range(2):
        assert (both[:, j] == drawdowns(table[:, j])).all()


@pytest.mark.parametrize(
    ("arguments", "argument", "words"),
    [
        (([0.1],), "returns", "one return"),
        (([0.1, -1.1],), "returns", "item 2 is -1.1: no investment loses more"),
        (([0.1, np.nan],), "returns", "not a finite number"),
        (([[0.1], [0.2]],), "returns", "2 dimensions"),
        (([1e300, 1e300],), "returns", "too large"),
        (([0.1, 0.2], 0.0), "periods_per_year", "above 0"),
        (([0.1, 0.2], 1e9), "periods_per_year", "too large"),
        (([0.1, 0.2], 252.0, np.inf), "rf", "finite"),
        (([0.1, 0.1 + 1e-16], 252.0, 1e300), "rf", "too large"),
    ],
)
def test_bad_input(arguments, argument, words):
    with pytest.raises(InputError, match=words) as caught:
        performance(*arguments)
    assert caught.value.argument == argument


def test_bad_input_of_drawdowns():
    with pytest.raises(InputError, match="row 2, column 1 is -2"):
        drawdowns([[0.1, 0.2], [-2.0, 0.1]])
    with pytest.raises(InputError, match="too large"):
        drawdowns([1e300, 1e300])
    with pytest.raises(InputError, match="list of numbers"):
        drawdowns(0.1)
