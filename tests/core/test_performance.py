import statistics
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpxl.core.performance import drawdowns, performance, performance_table
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
    assert (1.0 + loss) * (1.0 + back) < 1.0  # 1 in exact arithmetic, but one rounding unit less in float64
    assert performance([loss, back, loss, back]).longest_drawdown == 1
    assert performance([loss, back - 1e-13, loss]).longest_drawdown == 1
    assert performance([loss, back - 1e-11, loss]).longest_drawdown == 3  # too much for a rounding error


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
        (([0.1, np.nan],), "returns", "item 2 is missing; 1 of 2 rows lacks a value"),
        (([0.1, np.inf],), "returns", "item 2 is inf, not a finite number"),
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


MONTH_ENDS = np.arange("2010-01", "2016-01", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")


def test_dates_tell_the_periods_of_a_year():
    returns = np.random.default_rng(1).standard_normal(72) * 0.03
    fund = performance(returns, dates=MONTH_ENDS, rf=0.01)
    assert fund == performance(returns, 12.0, 0.01)
    series = pd.Series(returns)
    assert fund.mean_return == pytest.approx(series.mean() * 12, rel=1e-12)
    assert fund.volatility == pytest.approx(series.std() * 12**0.5, rel=1e-12)
    assert fund.annual_return == pytest.approx((1.0 + series).prod() ** (1 / 6) - 1.0, rel=1e-12)  # six years
    assert performance(returns) == performance(returns, 252.0)
    with pytest.raises(InputError, match="is 252, but the dates are monthly, 12 a year"):
        performance(returns, 252.0, dates=MONTH_ENDS)
    with pytest.raises(InputError, match="no row between 2010-01-31 and 2010-03-31"):
        performance(np.delete(returns, 2), dates=np.delete(MONTH_ENDS, 2))
    dropped = performance(np.delete(returns, 2), dates=np.delete(MONTH_ENDS, 2), missing="drop_rows")
    holed = np.where(np.arange(72) == 2, np.nan, returns)
    assert (
        dropped == performance(holed, dates=MONTH_ENDS, missing="drop_rows") == performance(np.delete(returns, 2), 12.0)
    )


def test_a_window_is_all_that_is_looked_at():
    returns = np.random.default_rng(2).standard_normal((72, 2)) * 0.03
    returns[:12, 1] = np.nan  # a fund that begins in 2011
    returns[70, 0] = -2.0
    a, b = performance_table(returns, None, 0.0, "2011-01", "2014-12", dates=MONTH_ENDS)
    inside = (np.datetime64("2011-01-01") <= MONTH_ENDS) & (np.datetime64("2014-12-31") >= MONTH_ENDS)
    assert (a, b) == tuple(performance(column, 12.0) for column in returns[inside].T)
    with pytest.raises(InputError, match="row 71, column 1 is -2: no investment") as caught:
        performance_table(returns, None, 0.0, "2012", None, dates=MONTH_ENDS)
    assert caught.value.cells == ((70, 0),)
    with pytest.raises(InputError, match="row 2, column 2 is missing; 11 of 60 rows lack") as caught:
        performance_table(returns, None, 0.0, "2010", "2014", dates=MONTH_ENDS)
    assert caught.value.cells == ((1, 1),)
    short, _ = performance_table(returns, None, 0.0, "2010", "2014", "drop_rows", MONTH_ENDS)
    assert short == performance(returns[12:61, 0], 12.0)
    few = performance_table(returns, None, 0.0, "2011-01", "2011-02", dates=MONTH_ENDS)  # alone too few to tell
    assert few[0] == performance(returns[13:15, 0], 12.0)


def test_only_a_gap_within_the_window_counts():
    returns, dates = np.full((71, 1), 0.01), np.delete(MONTH_ENDS, 2)
    assert performance_table(returns, start="2011", dates=dates)[0].periods == 59
    with pytest.raises(InputError, match="no row between 2010-01-31 and 2010-03-31"):
        performance_table(returns, start="2010", dates=dates)
    with pytest.raises(InputError, match="have no dates"):
        performance_table(returns, start="2010")


def test_drawdowns_leave_out_rows_when_told_to():
    # by hand: 1.1, 0.55, 1.1 below a peak of 1.1
    assert drawdowns([0.1, np.nan, -0.5, 1.0], "drop_rows").tolist() == pytest.approx([0.0, -0.5, 0.0])
    for words, arguments in (
        ("item 2 is missing", {"returns": [0.1, np.nan]}),
        ("no row between 2010-01-31 and 2010-03-31", {"returns": np.zeros(71), "dates": np.delete(MONTH_ENDS, 2)}),
    ):
        with pytest.raises(InputError, match=words):
            drawdowns(**arguments)
    assert (drawdowns(np.zeros(71), "drop_rows", np.delete(MONTH_ENDS, 2)) == 0.0).all()


def test_a_table_without_more_is_each_series_measured_alone():
    returns = np.array([[0.25, 0.1], [-0.2, 0.05], [0.1, -0.02]])
    assert performance_table(returns) == [performance(returns[:, 0]), performance(returns[:, 1])]
    assert performance(returns[:, 0]) == performance(returns[:, 0], 252.0, 0.0)
