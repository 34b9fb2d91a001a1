"""Tables of a report: against pandas, and by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from rpxl.core.performance import performance
from rpxl.core.reports import ROLLING, Drawdown, monthly_returns, rolling_statistic, worst_drawdowns
from rpxl.errors import InputError


def daily(seed: int, rows: int = 900, columns: int = 2) -> pd.DataFrame:
    days = pd.bdate_range("2019-11-18", periods=rows)
    return pd.DataFrame(np.random.default_rng(seed).normal(0.0003, 0.012, (rows, columns)), index=days)


def test_rolling_volatility_and_sharpe_are_those_of_pandas():
    table = daily(1)
    vols = table.rolling(60).std().dropna() * math.sqrt(252)
    means = table.rolling(60).mean().dropna() * 252
    assert rolling_statistic(table.to_numpy(), 60) == pytest.approx(vols.to_numpy(), rel=1e-9)
    expected = ((means - 0.02) / vols).to_numpy()
    assert rolling_statistic(table.to_numpy(), 60, "sharpe", 252, 0.02) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("statistic", "item"), [("volatility", "volatility"), ("return", "annual_return"), ("sharpe", "sharpe")]
)
@pytest.mark.parametrize("window", [2, 21, 100])
def test_each_window_is_measured_as_a_whole_history_is(statistic, item, window):
    table = daily(2, 100).to_numpy()
    found = rolling_statistic(table, window, statistic, 12.0, 0.01)
    assert found.shape == (101 - window, 2)
    for row, start in ((0, 0), (-1, 100 - window)):
        for column in range(2):
            whole = performance(table[start : start + window, column], 12.0, 0.01)
            assert found[row, column] == pytest.approx(getattr(whole, item), rel=1e-9)


def test_the_drawdown_of_a_window_knows_nothing_of_the_time_before():
    table = np.array([[-0.5], [0.1], [-0.2], [0.3]])
    assert rolling_statistic(table, 2, "max_drawdown") == pytest.approx(np.array([[-0.5], [-0.2], [-0.2]]))


def test_a_window_that_never_moves_has_no_sharpe_ratio():
    assert rolling_statistic([[0.1], [0.1], [0.1]], 2, "volatility").tolist() == [[0.0], [0.0]]
    assert np.isnan(rolling_statistic([[0.1], [0.1], [0.1]], 2, "sharpe")).all()


@pytest.mark.parametrize(("rows", "window"), [(900, 60), (30, 2), (30, 30)])
def test_rolling_correlation_and_beta_are_those_of_pandas(rows, window):
    table = daily(5, rows, 3)
    benchmark, own = table[0], table[[1, 2]] + table[[0, 0]].to_numpy()
    correlations = own.rolling(window).corr(benchmark).dropna().to_numpy()
    betas = own.rolling(window).cov(benchmark).div(benchmark.rolling(window).var(), axis=0).dropna().to_numpy()
    for statistic, expected in (("correlation", correlations), ("beta", betas)):
        found = rolling_statistic(own.to_numpy(), window, statistic, benchmark=benchmark.to_numpy())
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)
        alone = rolling_statistic(own[1].to_numpy(), window, statistic, benchmark=benchmark.to_numpy())
        assert alone == pytest.approx(found[:, 0], rel=1e-12)
    assert np.abs(rolling_statistic(own.to_numpy(), 2, "correlation", benchmark=benchmark.to_numpy())).max() <= 1.0


def test_what_never_moves_has_no_rolling_correlation():
    """The mean of three times 0.1 is not 0.1 in floating point, but constant returns have no volatility."""
    moving, still = [0.1, 0.2, 0.4, 0.3], [0.1, 0.1, 0.1, 0.2]
    for own, other in ((moving, still), (still, moving)):
        found = rolling_statistic(own, 3, "correlation", benchmark=other)
        assert np.isnan(found).tolist() == [True, False]
        assert found[1] == pytest.approx(np.corrcoef(own[1:], other[1:])[0, 1], abs=1e-12)
    assert rolling_statistic(still, 3, "beta", benchmark=moving)[0] == 0.0
    assert np.isnan(rolling_statistic(moving, 3, "beta", benchmark=still)[0])


@pytest.mark.parametrize(
    ("statistic", "benchmark", "message"),
    [
        ("beta", None, "benchmark: is needed for the statistic beta"),
        ("sharpe", [0.1, 0.2], "benchmark: is for the statistics correlation and beta, not for sharpe"),
        ("correlation", [0.1], "benchmark: has 1 return, but returns has 2"),
        ("correlation", [0.1, -2.0], "benchmark: .* is -2: no investment loses more than everything"),
    ],
)
def test_a_benchmark_where_it_is_used(statistic, benchmark, message):
    with pytest.raises(InputError, match=message):
        rolling_statistic([0.1, 0.2], 2, statistic, benchmark=benchmark)


@pytest.mark.parametrize("window", [1, 2.5, 101])
def test_a_window_must_fit(window):
    with pytest.raises(InputError, match="whole number from 2 to the 100 returns"):
        rolling_statistic(daily(3, 100).to_numpy(), window)
    assert set(ROLLING) == {"volatility", "return", "sharpe", "max_drawdown"}


@pytest.mark.parametrize("rule", ["B", "W-FRI", "ME"])
def test_months_and_years_compound_as_pandas_groups_them(rule):
    prices = (1.0 + daily(4)[0]).cumprod()
    series = prices.resample(rule).last().dropna().pct_change().dropna() if rule != "B" else daily(4)[0]
    found = monthly_returns(series.to_numpy(), series.index.to_numpy())
    growth = 1.0 + series
    months = growth.groupby([series.index.year, series.index.month]).prod() - 1.0
    for (year, month), value in months.items():
        assert found.months[year - found.years[0], month - 1] == pytest.approx(value, rel=1e-9)
    assert np.count_nonzero(~np.isnan(found.months)) == len(months)
    totals = growth.groupby(series.index.year).prod() - 1.0
    assert dict(zip(found.years.tolist(), found.totals, strict=True)) == pytest.approx(dict(totals.items()), rel=1e-9)


@pytest.mark.parametrize(
    ("dates", "apart"),
    [
        (np.arange("2020-03", "2023-03", 3, dtype="datetime64[M]").astype("datetime64[D]"), 92),
        (["2020-01-01", "2020-03-01", "2020-04-20", "2020-07-15"], 60),  # of no usual frequency
    ],
)
def test_returns_of_more_than_a_month_have_no_months(dates, apart):
    with pytest.raises(InputError, match=rf"is {apart} days\. Give daily, weekly or monthly returns") as caught:
        monthly_returns(np.full(len(dates), 0.01), dates)
    assert caught.value.argument == "returns"


def test_drawdowns_by_hand():
    # values 1.25, 1.0, 1.1, 1.25, 1.5, 0.75, 0.9; a high that is just reached again ends a drawdown
    returns = [0.25, -0.2, 0.1, 1.25 / 1.1 - 1.0, 0.2, -0.5, 0.2]
    found = worst_drawdowns(returns)
    assert found == [
        Drawdown(5, 5, None, pytest.approx(-0.5)),
        Drawdown(1, 1, 3, pytest.approx(-0.2)),
    ]
    assert worst_drawdowns(returns, 1) == found[:1]
    assert worst_drawdowns([0.1, 0.0, 0.2]) == []


@pytest.mark.parametrize("seed", range(5))
def test_drawdowns_cover_all_time_under_water(seed):
    series = daily(seed, 400, 1)[0].to_numpy()
    values = np.concatenate([[1.0], np.cumprod(1.0 + series)])
    highs = np.maximum.accumulate(values)
    below = (values / highs - 1.0)[1:]
    found = worst_drawdowns(series, 1000)
    covered = np.zeros(len(series), dtype=bool)
    for drawdown in found:
        end = len(series) if drawdown.recovery is None else drawdown.recovery
        covered[drawdown.start : end] = True
        assert drawdown.depth == pytest.approx(below[drawdown.start : end].min())
        assert below[drawdown.trough] == pytest.approx(drawdown.depth)
    assert (covered == (below < -1e-12)).all()
    assert [d.depth for d in found] == sorted(d.depth for d in found)
    assert found[0].depth == pytest.approx(performance(series).max_drawdown)


@pytest.mark.parametrize("count", [0, 1.5, -1])
def test_a_count_is_a_whole_number(count):
    with pytest.raises(InputError, match="whole number of 1 or more"):
        worst_drawdowns([0.1, -0.1], count)
