"""Dated prices and returns in the layouts that people use, and the answers of the functions that use dates."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from rpxl import rolling_statistic
from rpxl.core.backtest import backtest
from rpxl.core.dates import DAY_ZERO
from rpxl.errors import InputError
from rpxl.formulas import (
    DRAWDOWN,
    DRAWDOWN_TABLE,
    PERF_STATS,
    RETURNS,
    ROLLING_STATS,
    RP_BACKTEST,
)

DAYS = [date(2021, 12, 20) + timedelta(days=i) for i in range(60) if i % 7 < 5]
PRICES = 100.0 * np.exp(np.cumsum(0.02 * np.random.default_rng(3).standard_normal((len(DAYS), 2)), axis=0))
SERIALS = [float((day - DAY_ZERO).days) for day in DAYS]
RUN = (None, 10, "weekly")


def beside(days, numbers=PRICES):
    return [[day, *row] for day, row in zip(days, numbers.tolist(), strict=True)]


def stats(*args):
    return {row[0]: row[1] if len(row) == 2 else row[1:] for row in PERF_STATS(*args)}


def refusal(function, *args):
    with pytest.raises(InputError) as caught:
        function(*args)
    return str(caught.value)


def test_a_backtest_is_the_cores():
    heading, *rows = RP_BACKTEST(beside(SERIALS), "inverse_vol", 10, "weekly", 0.1, 0.02, 5)
    expected = backtest(PRICES, DAYS, "inverse_vol", 10, "weekly", 0.1, 0.02, 5)
    assert heading == ["Date", "Value", "Drawdown"]
    assert [row[0] for row in rows] == SERIALS[-len(rows) :]
    assert [row[1] for row in rows] == expected.value.tolist()
    assert [row[2] for row in rows] == expected.drawdown.tolist()
    assert all(type(cell) is float for row in rows for cell in row)


@pytest.mark.parametrize(
    "cells",
    [
        beside(DAYS),
        beside([datetime(day.year, day.month, day.day, 16) for day in DAYS]),
        beside([serial + 16 / 24 for serial in SERIALS]),  # closes with their time of day
        beside([str(day) for day in DAYS]),
        beside([f"{day} 00:00:00" for day in DAYS]),
        [["Date", "A", "B"], *beside(SERIALS)],
        [["", "A", "B"], *beside(DAYS)],
        [[None, "A", "B"], *beside([str(day) for day in DAYS])],
        tuple(map(tuple, beside(SERIALS))),
        np.column_stack([SERIALS, PRICES]),
    ],
)
def test_dates_are_read_however_they_are_kept(cells):
    assert RP_BACKTEST(cells, *RUN) == RP_BACKTEST(beside(SERIALS), *RUN)


def test_the_trades_of_a_backtest():
    prices = [["Date", "A", "B"], *beside(SERIALS)]
    heading, *rows = RP_BACKTEST(prices, "inverse_vol", 10, "weekly", 0.1, 0.02, 5, "Trades")
    expected = backtest(PRICES, DAYS, "inverse_vol", 10, "weekly", 0.1, 0.02, 5)
    assert heading == ["Date", "Leverage", "Turnover", "Cost", "A", "B"]
    assert [DAY_ZERO + timedelta(days=row[0]) for row in rows] == expected.rebalances.tolist()
    for column, values in enumerate((expected.leverage, expected.turnover, expected.costs), 1):
        assert [row[column] for row in rows] == values.tolist()
    assert [row[4:] for row in rows] == expected.weights.tolist()


def test_fixed_weights_are_a_row_or_a_column_with_or_without_labels():
    prices = [["Date", "A", "B"], *beside(SERIALS)]
    expected = backtest(PRICES, DAYS, [0.3, 0.7], 10, "weekly").value.tolist()
    for weights in ([[0.3, 0.7]], [[0.3], [0.7]], [["A", 0.3], ["B", 0.7]], [["A", "B"], [0.3, 0.7]]):
        assert [row[1] for row in RP_BACKTEST(prices, weights, 10, "weekly")[1:]] == expected
    with pytest.raises(InputError, match="labels of prices have it as number 2"):
        RP_BACKTEST(prices, [["B", 0.7], ["A", 0.3]], 10, "weekly")
    assert "strategy: has 3 numbers" in refusal(RP_BACKTEST, prices, [[0.3, 0.3, 0.4]], 10, "weekly")
    alone = [row[:2] for row in beside(SERIALS)]
    assert RP_BACKTEST(alone, 1.0, 10, "weekly") == RP_BACKTEST(alone, " Equal_Weight", 10, "weekly")


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (3, 0, "soon", "row 4, column 1 holds the text 'soon' where a date belongs. Write dates as 2024-01-31."),
        (3, 0, "31/12/2021", "row 4, column 1 holds the text '31/12/2021'"),
        (3, 0, None, "row 4, column 1 is blank"),
        (3, 0, "#N/A", "row 4, column 1 holds the error #N/A"),
        (3, 0, 12.5, "row 4, column 1 is 12.5, which is no date from 1900 to 2199"),
        (3, 0, True, "row 4, column 1 is TRUE"),
        (3, 0, DAYS[1], "row 4, column 1 is 2021-12-21, which is not after row 3, column 1, 2021-12-21"),
        (3, 2, None, "row 4, column 3 is missing; 1 of 44 rows lacks a value"),
        (3, 2, "x", "row 4, column 3 holds the text 'x'"),
        (3, 2, -1.0, "row 4, column 3 is -1. A price must be above 0."),
    ],
)
def test_what_is_wrong_is_named_with_its_cell_as_the_user_sees_it(row, column, cell, words):
    cells = [["Date", "A", "B"], *beside(DAYS)]
    cells[row][column] = cell
    assert refusal(RP_BACKTEST, cells, *RUN).startswith(f"prices: {words}")


def test_prices_without_dates_or_without_history():
    assert "one column" in refusal(RP_BACKTEST, PRICES[:, :1].tolist(), *RUN)
    assert "row 1, column 1 is 104.166290" in refusal(RP_BACKTEST, PRICES.tolist(), *RUN)
    assert "too few for 252 returns" in refusal(RP_BACKTEST, beside(SERIALS))
    still = [["Date", "A", "B"], *beside(SERIALS)]
    for row in still[1:]:
        row[2] = 7.0
    assert refusal(RP_BACKTEST, still, *RUN).startswith("prices: the 10 returns up to row 16, column 3 are")


def test_bands_bounds_and_estimators_from_cells():
    prices = [["Date", "A", "B"], *beside(SERIALS)]
    words = ["risk_parity", 10, "by_weight_band", None, None, 5, "trades"]
    more = [None, None, "ewma", None, None, None, 0.9, None, 0.01, 0.3, [["A", 0.65], ["B", 0.7]]]
    rows = RP_BACKTEST(prices, *words, *more)[1:]
    expected = backtest(
        PRICES, DAYS, lookback=10, rebalance="by_weight_band", cost_bps=5, method="ewma", decay=0.9, band=0.01,
        lower=0.3, upper=[0.65, 0.7],
    )  # fmt: skip
    assert len(rows) > 3 and [row[4:] for row in rows] == expected.weights.tolist()
    summary = dict(RP_BACKTEST(prices, *words[:-1], "Summary", *more)[1:])
    assert summary == {
        "First date": SERIALS[11],
        "Last date": SERIALS[-1],
        "Trades": len(rows),
        "Trades per year, after the first": pytest.approx((len(rows) - 1) / ((DAYS[-1] - DAYS[11]).days / 365.25)),
        "Turnover of the first purchase": 1.0,
        "Turnover after it": pytest.approx(sum(row[2] for row in rows[1:])),
        "Turnover per year, after the first": pytest.approx(expected.turnover_per_year),
        "Cost of all trades": pytest.approx(sum(row[3] for row in rows)),
        "Highest leverage": 1.0,
    }
    assert "upper: row 2, column 2" in refusal(RP_BACKTEST, prices, *words, *more[:-1], [["A", 0.65], ["B", "x"]])
    assert refusal(RP_BACKTEST, prices, *words[:2], "monthly", *words[3:], *more).startswith("band: is for rebalance")


def test_benchmarks_from_cells():
    prices = [["Date", "A", "B"], *beside(SERIALS)]
    run = {"lookback": 10, "rebalance": "weekly", "cost_bps": 5}

    def compared(benchmark, cells=prices):
        head, *rows = RP_BACKTEST(cells, **run, benchmark=benchmark)
        assert head == ["Date", "Value", "Drawdown", "Benchmark", "Benchmark drawdown"]
        values = [row[3] for row in rows]
        assert [row[4] for row in rows] == [value / max(values[: i + 1]) - 1 for i, value in enumerate(values)]
        assert [row[:3] for row in rows] == RP_BACKTEST(cells, **run)[1:]
        return values

    first = 14  # the first Monday with 10 returns before it, and the close they begin at
    while SERIALS[first] - SERIALS[first - 1] < 2 or first < 11:
        first += 1
    held = (PRICES[first:, 1] / PRICES[first, 1]).tolist()
    column = PRICES[:, 1].tolist()
    for benchmark in ("B", " b ", 2, 2.0, [[2]], [[price] for price in column], [["SPY"], *([p] for p in column)]):
        assert compared(benchmark)[-5:] == held[-5:]
    dated = [["Date", "SPY"], *([day, price] for day, price in zip(SERIALS, column, strict=True))]
    assert compared(dated)[-5:] == held[-5:]
    weights = [row[1] for row in RP_BACKTEST(prices, [0.6, 0.4], **run)[1:]]
    for benchmark in ([[0.6, 0.4]], [[0.6], [0.4]], [["A", 0.6], ["B", 0.4]], [["A", "B"], [0.6, 0.4]]):
        assert compared(benchmark) == weights
    assert compared("Equal_weight") == [row[1] for row in RP_BACKTEST(prices, "equal_weight", **run)[1:]]
    assert compared(1.0, [row[:2] for row in prices])[0] == 1.0

    def told(benchmark, cells=prices):
        with pytest.raises(InputError) as caught:
            RP_BACKTEST(cells, **run, benchmark=benchmark)
        return str(caught.value)

    assert told("SPY").startswith("benchmark: is 'SPY'; choose an asset (A, B) or one of risk_parity, inverse_vol")
    assert "give the number of an asset from 1 to 2" in told(0.6) and "from 1 to 2" in told(3)
    assert "labels of prices have it as number 2" in told([["B", 0.6], ["A", 0.4]])
    assert "the name of an asset and of a strategy" in told("hrp", [["Date", "HRP", "B"], *prices[1:]])
    assert "the name of an asset and of another asset" in told("a", [["Date", "A", "a "], *prices[1:]])
    late = [["Date", "SPY"], *([day + 1, price] for day, price in zip(SERIALS, column, strict=True))]
    assert "but the same row of prices is" in told(late)
    gap = [["SPY"], *([price] for price in column)]
    gap[30][0] = None
    assert (
        told(gap) == "benchmark: row 31, column 1 is missing. Fill it in, or leave its date out: missing = drop_rows."
    )
    assert "benchmark: row 1, column 1 holds the error #REF!" in told("#REF!")


def test_an_unknown_strategy_is_answered_with_the_known_ones():
    for word in ("momentum", "#REF!", "fixed"):
        assert "choose one of: risk_parity, inverse_vol, equal_weight" in refusal(RP_BACKTEST, beside(SERIALS), word)


def test_statistics_of_a_window():
    returns = np.array(RETURNS(PRICES))
    dated = beside(DAYS[1:], returns)
    whole = stats(dated)
    assert whole == stats(returns) == stats(dated, 252, 0, "2021", "2022")
    assert whole["Statistic"] == ["Asset 1", "Asset 2"]
    january = [i for i, day in enumerate(DAYS[1:]) if (day.year, day.month) == (2022, 1)]
    expected = stats(returns[january])
    assert expected["Periods"] == [21.0, 21.0]
    for start, end in (
        ("2022-01", "2022-01"),
        (date(2022, 1, 1), datetime(2022, 1, 31, 12)),
        (SERIALS[0] + 12, "2022-01-31"),  # 2022-01-01
        (2022, "2022-01"),
        ("2022", date(2022, 1, 31)),
    ):
        assert stats(dated, 252, 0, start, end) == expected
    assert stats(dated, 252, 0, None, "2021") == stats(returns[: january[0]])
    assert stats(dated, None, None, 2022) == stats(returns[january[0] :])


def test_a_window_needs_dates_and_something_in_it():
    returns = RETURNS(PRICES)
    dated = beside(DAYS[1:], np.array(returns))
    assert "returns: have no dates" in refusal(PERF_STATS, returns, 252, 0, "2022")
    assert "start: leaves nothing: the dates run from 2021-12-21" in refusal(PERF_STATS, dated, 252, 0, "2023")
    assert "start: leaves nothing: the dates run from 2021-12-21" in refusal(PERF_STATS, dated, 252, 0, 2030)
    assert "end: leaves nothing" in refusal(PERF_STATS, dated, 252, 0, None, 1930)  # a year, no day of 1905
    assert "start: is no date" in refusal(PERF_STATS, dated, 252, 0, "January")
    assert "end: is 0, which is no date" in refusal(PERF_STATS, dated, 252, 0, None, 0.0)
    assert "one return" in refusal(PERF_STATS, dated, 252, 0, DAYS[5], DAYS[5])
    assert "end: holds the error #DIV/0!" in refusal(PERF_STATS, dated, 252, 0, None, "#DIV/0!")


def test_a_return_below_minus_one_is_named_with_its_cell():
    cells = [["Date", "A"], *([day, 0.01] for day in DAYS[:4])]
    cells[3][1] = -5.0
    for function in (PERF_STATS, DRAWDOWN):
        assert refusal(function, cells).startswith("returns: row 4, column 2 is -5: no investment loses more")


def test_labels_head_the_statistics():
    table = PERF_STATS([["Date", "Fund", "Index"], *([day, 0.01 * i, 0.02] for i, day in enumerate(DAYS[:9]))])
    assert table[0] == ["Statistic", "Fund", "Index"]
    assert (table[6][0], table[6][2]) == ("Sharpe ratio", "n/a")  # an index that never varies
    by_month = [["", "Fund"], ["January", 0.01], ["February", -0.02]]
    assert PERF_STATS(by_month, 12)[2] == ["Cumulative return", pytest.approx(1.01 * 0.98 - 1)]


def test_the_drawdown_of_a_backtest_is_that_of_its_returns():
    rows = RP_BACKTEST(beside(SERIALS), *RUN)
    values = [["Date", "Value"], *([row[0], row[1]] for row in rows[1:])]
    below = DRAWDOWN(RETURNS(values))
    assert [row[0] for row in below] == pytest.approx([row[2] for row in rows[2:]], abs=1e-14)


def test_drawdowns_keep_the_shape_of_the_returns():
    assert DRAWDOWN([[0.1, -0.1], [-0.5, 0.1]]) == [[0.0, pytest.approx(-0.1)], [-0.5, pytest.approx(-0.01)]]
    assert DRAWDOWN([["A", "B"], [0.1, -0.1]]) == [[0.0, pytest.approx(-0.1)]]


def test_a_window_with_a_blank_before_it():
    returns = [
        ["Date", "LATE"],
        ["1996-01-31", None],
        ["1997-01-31", 0.01],
        ["1997-02-28", 0.02],
        ["1997-03-31", -0.01],
    ]
    table = dict(PERF_STATS(returns, 12, 0, 1997, 1997))
    assert table["Periods"] == 3.0
    assert table["Annual return, mean"] == pytest.approx(12 * 0.02 / 3, rel=1e-12)  # by hand: the mean of 1, 2 and -1 %
    assert "row 2, column 2 is missing; 1 of 4 rows" in refusal(PERF_STATS, returns, 12)
    assert dict(PERF_STATS(returns, 12, 0, None, None, "drop_rows")) == table
    returns[2][1] = "#N/A"
    assert "row 3, column 2 is missing" in refusal(PERF_STATS, returns, 12, 0, 1997)


def test_monthly_prices_are_levered_to_an_annual_target():
    ends = np.arange("2005-02", "2020-01", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    rng = np.random.default_rng(2)
    prices = 100.0 * np.exp(np.cumsum(rng.standard_normal((len(ends), 2)) * [0.045, 0.02], axis=0))
    cells = [["Month", "A", "B"], *([str(day), *row] for day, row in zip(ends, prices.tolist(), strict=True))]
    history = RP_BACKTEST(cells, "risk_parity", 36, "monthly", 0.10)
    value = pd.Series([row[1] for row in history[1:]])
    assert value.pct_change().std() * 12**0.5 == pytest.approx(0.10, rel=0.1)
    assert RP_BACKTEST(cells, None, None, "monthly", 0.10) == history  # 36 months is the default
    assert "is 252, but the dates are monthly" in refusal(
        RP_BACKTEST, cells, None, 36, "monthly", 0.1, None, None, None, 252
    )
    cells[9][1] = None
    words = [None, 36, "monthly", 0.1, None, None, "trades"]
    assert "row 10, column 2 is missing" in refusal(RP_BACKTEST, cells, *words)
    assert len(RP_BACKTEST(cells, *words, None, "drop_rows")) < len(
        RP_BACKTEST(cells, *words[:1], 35, *words[2:], None, "drop_rows")
    )
    assert "between prices of the same asset" in refusal(RP_BACKTEST, cells, *words, None, "available")
    for row in cells[1:10]:
        row[1] = None  # a fund that begins later
    first, later = RP_BACKTEST(cells, *words, None, "available")[1], RP_BACKTEST(cells, *words, None, "available")[-1]
    assert first[4:] == [0.0, pytest.approx(first[1])] and min(later[4:]) > 0.0


def test_drawdowns_and_returns_say_what_is_missing():
    assert "row 2, column 1 is missing" in refusal(DRAWDOWN, [[0.1], [None], [-0.5]])
    assert DRAWDOWN([[0.1], [None], [-0.5]], "drop_rows") == [[0.0], [-0.5]]
    yearly = [[f"20{year:02}-01-31", 10.0] for year in (*range(0, 12), *range(13, 24))]
    told = refusal(RETURNS, yearly)
    assert "no row between 2011-01-31 and 2013-01-31, but the dates are yearly, 1 a year" in told
    assert len(RETURNS(yearly, None, "drop_rows")) == 22


def test_a_rolling_correlation_takes_labelled_and_dated_cells():
    returns = [["Date", "Fund"], *beside(SERIALS[1:6], np.array([[0.01], [0.02], [-0.01], [0.02], [0.03]]))]
    index = [["Date", "Index"], *beside(SERIALS[1:6], np.array([[0.02], [0.04], [-0.02], [0.03], [0.03]]))]
    for benchmark in (index, [row[1:] for row in index], [row[1:] for row in index[1:]]):
        table = ROLLING_STATS(returns, 3, "correlation", 252, 0, benchmark)
        assert [row[0] for row in table] == ["Date", *SERIALS[3:6]]
        assert table[1] == [SERIALS[3], pytest.approx(1.0, abs=1e-12)]
    assert ROLLING_STATS(returns, 5, "beta", 252, 0, index)[1][1] == pytest.approx(
        np.cov([row[1] for row in returns[1:]], [row[1] for row in index[1:]])[0, 1]
        / np.var([row[1] for row in index[1:]], ddof=1)
    )
    assert "benchmark: has 2 columns; give one" in refusal(
        ROLLING_STATS, returns, 3, "beta", 252, 0, [["A", "B"], *[[0.1, 0.2]] * 5]
    )
    moved = [index[0], *([day + 1, value] for day, value in index[1:])]
    assert "benchmark" in refusal(ROLLING_STATS, returns, 3, "beta", 252, 0, moved)


def test_a_table_of_drawdowns_of_a_fixed_size():
    returns = [[1.0], [-0.25], [0.5], [-0.5]]
    short = DRAWDOWN_TABLE(returns, 4)
    assert len(short) == 3
    assert DRAWDOWN_TABLE(returns, 4, True) == [*short, [""] * 7, [""] * 7]
    assert DRAWDOWN_TABLE(returns, 1, True) == short[:2]


def test_rolling_statistics_refuse_what_is_skipped_or_leave_it_out():
    ends = np.arange("2018-02", "2022-01", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    rng = np.random.default_rng(5)
    own, index = rng.normal(0.01, 0.05, (len(ends), 2)), rng.normal(0.01, 0.04, len(ends))
    cells = [["Month", "A", "B"], *([str(day), *row] for day, row in zip(ends, own.tolist(), strict=True))]
    skipped = cells[:20] + cells[21:]
    told = refusal(ROLLING_STATS, skipped, 12)
    assert told.startswith(f"returns: has no row between {ends[18]} and {ends[20]}, but the dates are monthly")
    frame = pd.DataFrame(own, ends).drop(index=ends[19]).rolling(12).std().dropna() * 12**0.5
    table = ROLLING_STATS(skipped, 12, None, None, None, None, "drop_rows")
    np.testing.assert_allclose([row[1:] for row in table[1:]], frame, rtol=1e-9)
    assert [row[0] for row in table[1:]] == [float((day - DAY_ZERO).days) for day in frame.index.date]
    cells[20][2] = "#N/A"  # the same month
    assert "row 21, column 3 is missing" in refusal(ROLLING_STATS, cells, 12)
    assert ROLLING_STATS(cells, 12, None, None, None, None, "drop_rows") == table
    benchmark = [[value] for value in index.tolist()]
    benchmark[30] = [None]
    whole = [["Month", "A"], *(row[:2] for row in cells[1:])]
    assert refusal(ROLLING_STATS, whole, 12, "beta", None, None, benchmark).startswith("benchmark: row 31, column 1 is")
    both = ROLLING_STATS(cells, 12, "beta", None, None, benchmark, "drop_rows")
    kept = [i for i in range(len(ends)) if i not in (19, 30)]
    left = pd.DataFrame({"own": own[kept, 0], "index": index[kept]})
    betas = left.rolling(12).cov().unstack()["own"]["index"] / left["index"].rolling(12).var()
    np.testing.assert_allclose([row[1] for row in both[1:]], betas.dropna(), rtol=1e-9)
    assert [row[0] for row in both[1:]] == [float((ends[i].item() - DAY_ZERO).days) for i in kept[11:]]
    assert ROLLING_STATS([[0.1], [None], [0.2], [0.3]], 2, "return", 1, None, None, "drop_rows")[1][0] == 3.0
    held = pd.Series(index, pd.DatetimeIndex(ends))
    held.iloc[30] = np.nan
    series = rolling_statistic(pd.Series(own[:, 0], held.index), 12, "beta", benchmark=held, missing="drop_rows")
    assert list(series.index) == list(held.drop(held.index[30]).index[11:])


def test_one_investment_in_full_against_a_benchmark():
    # By hand: values 1.25, 1 and 1.1; the benchmark moves half as far; the squares of returns below 0 have a mean of
    # 0.04 / 3
    expected = {
        "Periods": 3.0,
        "Cumulative return": pytest.approx(0.1),
        "Sortino ratio": pytest.approx(0.05 / (0.04 / 3) ** 0.5),
        "Calmar ratio": pytest.approx((1.1 ** (1 / 3) - 1) / 0.2),
        "Share of periods under water": pytest.approx(2 / 3),
        "Alpha": pytest.approx(0.0, abs=1e-12),
        "Beta": pytest.approx(2.0),
        "Correlation with the benchmark": pytest.approx(1.0),
    }
    own, index = [[0.25], [-0.2], [0.1]], [[0.125], [-0.1], [0.05]]
    for returns, benchmark in ((own, index), ([*own, [0.5]], [*index, [None]]), ([*own, [None]], [*index, [0.5]])):
        table = dict(PERF_STATS(returns, 1, None, None, None, "drop_rows", benchmark, "full"))
        assert {name: table[name] for name in expected} == expected
