"""Tail, shape and benchmark: against scipy and pandas, and by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rpxl.core.performance import performance
from rpxl.core.risk_statistics import benchmark_statistics, risk_statistics
from rpxl.errors import InputError
from rpxl.formulas import PERF_STATS


def series(seed: int, size: int = 300) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(5, size) * 0.01 + 0.0004


@pytest.mark.parametrize("seed", range(3))
def test_shape_is_that_of_scipy_and_pandas(seed):
    returns = series(seed)
    found = risk_statistics(returns)
    assert found.skewness == pytest.approx(stats.skew(returns, bias=False), rel=1e-9)
    assert found.kurtosis == pytest.approx(stats.kurtosis(returns, bias=False), rel=1e-9)
    assert (found.skewness, found.kurtosis) == pytest.approx((pd.Series(returns).skew(), pd.Series(returns).kurt()))
    assert found.var == pytest.approx(-np.percentile(returns, 5.0), rel=1e-12)
    worst = np.sort(returns)[:15]
    assert found.cvar == pytest.approx(-worst.mean(), rel=1e-12)  # 5 % of 300


def test_ratios_by_hand():
    returns = [0.04, -0.02, 0.03, -0.01]  # mean 0.01
    found = risk_statistics(returns, 12.0, 0.06)
    # below 0.06/12 = 0.005 lie −0.025 and −0.015
    downside = math.sqrt(12.0 * (0.025**2 + 0.015**2) / 4.0)
    assert found.sortino == pytest.approx((0.12 - 0.06) / downside, rel=1e-12)
    whole = performance(returns, 12.0)
    assert found.calmar == pytest.approx(whole.annual_return / 0.02, rel=1e-12)
    assert found.under_water == 0.5  # after the second and after the fourth


def test_nothing_to_divide_by_is_none():
    found = risk_statistics([0.01, 0.01, 0.01, 0.01])
    assert (found.sortino, found.calmar, found.skewness, found.kurtosis) == (None, None, None, None)
    against = benchmark_statistics([0.01, 0.01], [0.02, 0.02])
    assert (against.alpha, against.beta, against.correlation, against.information_ratio) == (None, None, None, None)
    assert against.tracking_error == 0.0 and against.down_capture is None
    cash = benchmark_statistics([0.01, 0.01], [0.02, -0.02])
    assert (cash.beta, cash.correlation) == (0.0, None)


@pytest.mark.parametrize("seed", range(3))
def test_the_benchmark_is_the_regression_of_scipy(seed):
    benchmark = series(seed)
    returns = 0.6 * benchmark + series(seed + 10)
    found = benchmark_statistics(returns, benchmark, 252.0, 0.02)
    line = stats.linregress(benchmark - 0.02 / 252, returns - 0.02 / 252)
    assert found.beta == pytest.approx(line.slope, rel=1e-9)
    assert found.alpha == pytest.approx(252.0 * line.intercept, rel=1e-7)
    assert found.correlation == pytest.approx(line.rvalue, rel=1e-9)
    difference = returns - benchmark
    assert found.tracking_error == pytest.approx(difference.std(ddof=1) * math.sqrt(252), rel=1e-12)
    assert found.information_ratio == pytest.approx(
        difference.mean() / difference.std(ddof=1) * math.sqrt(252), rel=1e-9
    )


def test_captures_by_hand():
    found = benchmark_statistics([0.03, -0.01, 0.0, 0.01], [0.02, -0.02, 0.02, -0.01])
    assert found.up_capture == pytest.approx((math.sqrt(1.03) - 1.0) / 0.02, rel=1e-9)
    down = math.sqrt(0.98 * 0.99) - 1.0
    assert found.down_capture == pytest.approx((math.sqrt(0.99 * 1.01) - 1.0) / down, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_confidence_is_a_fraction(confidence):
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        risk_statistics(series(0), confidence=confidence)


def test_benchmarks_of_another_length_are_refused():
    with pytest.raises(InputError, match="has 2 returns, but returns has 3"):
        benchmark_statistics([0.1, 0.2, 0.1], [0.1, 0.2])


def test_what_is_wrong_with_a_benchmark_is_said_of_the_benchmark():
    for wrong, words in (([0.1, np.nan], "item 2 is missing"), ([0.1, -1.5], "item 2 is -1.5")):
        with pytest.raises(InputError, match=words) as refused:
            benchmark_statistics([0.1, 0.2], wrong)
        assert refused.value.argument == "benchmark"


def test_missing_returns_and_skipped_periods_are_refused_or_left_out():
    returns, benchmark = series(1, 40), series(2, 40)
    days = pd.date_range("2020-01-31", periods=40, freq="ME").to_numpy().astype("datetime64[D]")
    holed, late = returns.copy(), benchmark.copy()
    holed[7], late[9] = np.nan, np.nan
    for measure in (
        lambda **given: risk_statistics(holed, **given),
        lambda **given: benchmark_statistics(returns, late, **given),
    ):
        with pytest.raises(InputError, match="is missing"):
            measure()
    assert risk_statistics(holed, dates=days, missing="drop_rows") == risk_statistics(np.delete(returns, 7), 12.0)
    both = np.delete(returns, [7, 9]), np.delete(benchmark, [7, 9])
    assert benchmark_statistics(holed, late, dates=days, missing="drop_rows") == benchmark_statistics(*both, 12.0)
    fewer = np.delete(returns, 20), np.delete(days, 20)
    with pytest.raises(InputError, match="returns"):
        risk_statistics(fewer[0], dates=fewer[1])
    with pytest.raises(InputError, match="returns"):
        benchmark_statistics(fewer[0], fewer[0], dates=fewer[1])
    left = risk_statistics(fewer[0], dates=fewer[1], missing="drop_rows")
    assert left == risk_statistics(fewer[0], 12.0)


DATED = [["Date", "Fund"], ["2024-01-31", 0.04], ["2024-02-29", -0.02], ["2024-03-29", 0.03], ["2024-04-30", -0.01]]
INDEX = [["Date", "Index"], ["2024-01-31", 0.02], ["2024-02-29", -0.01], ["2024-03-29", 0.01], ["2024-04-30", 0.01]]


def test_the_table_in_cells_keeps_its_first_rows_and_adds_below():
    short = PERF_STATS(DATED)
    full = PERF_STATS(DATED, benchmark=INDEX, detail="full")
    assert full[: len(short)] == short
    values = dict(full[1:])
    assert values["Sortino ratio"] == risk_statistics([0.04, -0.02, 0.03, -0.01], 12.0).sortino
    assert values["Beta"] == benchmark_statistics([0.04, -0.02, 0.03, -0.01], [0.02, -0.01, 0.01, 0.01], 12.0).beta
    assert len(full) == len(short) + 14


def test_a_missing_return_of_the_benchmark_leaves_out_its_row_for_all():
    holed = [row[:] for row in INDEX]
    holed[2][1] = None
    with pytest.raises(InputError, match="benchmark: row 3, column 2 is missing"):
        PERF_STATS(DATED, benchmark=holed)
    dropped = dict(PERF_STATS(DATED, missing="drop_rows", benchmark=holed)[1:])
    assert dropped["Periods"] == 3.0
    assert dropped["Beta"] == benchmark_statistics([0.04, 0.03, -0.01], [0.02, 0.01, 0.01], 12.0).beta


def test_dates_must_be_the_same_in_both():
    shifted = [INDEX[0], ["2023-12-29", 0.02], *INDEX[1:4]]
    with pytest.raises(InputError, match="row 2, column 1 is 2023-12-29, but the same row of returns is 2024"):
        PERF_STATS(DATED, benchmark=shifted)
    with pytest.raises(InputError, match="benchmark: has 3 returns, but returns has 4 rows"):
        PERF_STATS(DATED, benchmark=INDEX[:-1])
    with pytest.raises(InputError, match="benchmark: has 2 columns"):
        PERF_STATS(DATED, benchmark=[[0.1, 0.2]] * 4)


def test_a_window_cuts_both():
    found = dict(PERF_STATS(DATED, 12, 0, "2024-02", "2024-04", benchmark=INDEX)[1:])
    assert found["Beta"] == benchmark_statistics([-0.02, 0.03, -0.01], [-0.01, 0.01, 0.01], 12.0).beta
