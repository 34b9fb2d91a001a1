"""Tables of the past performance of investments: rolling statistics, returns by month and year, drawdowns."""

import math
from typing import Annotated

import numpy as np

from rpxl.core import reports
from rpxl.core.dates import Dates
from rpxl.core.missing import MISSING
from rpxl.core.reports import ROLLING, ROLLING_AGAINST
from rpxl.errors import InputError
from rpxl.formulas.arguments import MissingChoice
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, to_serials
from rpxl.formulas.readers import AssetTable, Choice, DatedAssetTable, Flag, Number

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Series = Annotated[
    Array,
    AssetTable(
        "Simple returns per period of one investment, oldest first. Labels and dates may be included.",
        oldest_first=True,
    ),
]


def _only_series(returns: Array) -> Array:
    """Return the only column of a table; refuse several."""
    if returns.shape[1] != 1:
        raise InputError("returns", f"has {returns.shape[1]} columns of returns; give one investment at a time.")
    return returns[:, 0]


@formula(
    "Performance",
    example=Example(
        args=([["Date", "Fund"], [45322.0, 0.25], [45351.0, -0.2], [45382.0, 0.1]], 2.0, "return"),
        answer=[["Date", "Fund"], [45351.0, 0.0], [45382.0, 0.88**6 - 1.0]],
        source="by hand: month-ends; 1.25 · 0.8 = 1 and 0.8 · 1.1 = 0.88 in two months, to the power of 12/2",
    ),
)
def ROLLING_STATS(
    returns: Annotated[
        Array,
        AssetTable(
            "Simple returns per period: one column per investment, oldest first. Labels and dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ],
    window: Annotated[
        float, Number("Number of returns in each window: 252 for a year of daily returns, 36 for three of monthly.")
    ],
    statistic: Annotated[
        str,
        Choice(
            "volatility (default), return (compound) or sharpe, all annual; max_drawdown, within the window; or, with "
            "a benchmark, correlation or beta.",
            (*ROLLING, *ROLLING_AGAINST),
        ),
    ] = "volatility",
    periods_per_year: Annotated[
        float | None, Number("Number of returns per year. Left out: found from the dates; 252 without dates.")
    ] = None,
    rf: Annotated[float, Number("Annual risk-free rate, for the Sharpe ratio (0.02 is 2 %). Default 0.")] = 0.0,
    benchmark: Annotated[
        Array | None,
        AssetTable(
            "For correlation and beta: returns of a benchmark, one column, same periods. Dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ] = None,
    missing: Annotated[
        str,
        MissingChoice(
            "error (default): a blank or #N/A return, or a skipped date, is an error; drop_rows: leave out that row "
            "for all investments; windows then span the gap.",
            MISSING,
        ),
    ] = "error",
    *,
    labels: list[str],
    dates: Dates | None,
) -> list[list[float | str]]:
    """Rolling statistics, a dated table: one statistic of each window of returns, such as volatility or Sharpe ratio.

    Raises
    ------
    InputError
        A return is missing or a date skipped, unless `missing` is drop_rows; a return is below −100 %; the window is
        longer than the history; `periods_per_year` contradicts the dates; or a benchmark is missing, or given for a
        statistic that does not use it.

    Notes
    -----
    Each window is measured as PERF_STATS measures a whole history; a row has the last date of its window, or its number
    without dates. The answer is n/a where it would be a division by 0: a Sharpe ratio without volatility, a correlation
    where the investment or the benchmark never moves, a beta where the benchmark never moves.

    Examples
    --------
    >>> ROLLING_STATS([[0.5], [-0.5], [0.5]], 2, "max_drawdown")
    [['Period', 'Asset 1'], [2.0, -0.5], [3.0, -0.5]]
    """
    if benchmark is not None and benchmark.shape[1] != 1:
        raise InputError("benchmark", f"has {benchmark.shape[1]} columns; give one benchmark.")
    other = None if benchmark is None else benchmark[:, 0]
    found = reports.rolling_statistic(returns, window, statistic, periods_per_year, rf, dates, other, missing)
    last = np.flatnonzero(reports.complete_periods(returns, other, missing))[-len(found) :]
    ends = (last + 1.0 if dates is None else to_serials(dates[last])).tolist()
    rows = [["n/a" if math.isnan(value) else value for value in row] for row in found.tolist()]
    return [
        ["Period" if dates is None else "Date", *labels],
        *([end, *row] for end, row in zip(ends, rows, strict=True)),
    ]


@formula(
    "Performance",
    example=Example(
        args=([["Month", "Fund"], [45260.0, 0.25], [45291.0, -0.2], [45322.0, 0.1]],),
        answer=[
            ["Year", *_MONTHS, "Whole year"],
            [2023.0, *[""] * 10, 0.25, -0.2, 0.0],
            [2024.0, 0.1, *[""] * 11, 0.1],
        ],
        source="by hand: 30 November and 31 December 2023, 31 January 2024; 1.25 · 0.8 = 1",
    ),
)
def MONTHLY_RETURNS(
    returns: Annotated[
        Array,
        DatedAssetTable(
            "Simple returns of one investment, oldest first: dates in the first column. Labels may be on top."
        ),
    ],
    *,
    dates: Dates | None,
) -> list[list[float | str]]:
    """Monthly returns, a table: a row per year, a column per month, and the year's return.

    Raises
    ------
    InputError
        A return is missing or below −100 %, there are no dates or several investments, or a return covers more than a
        month.

    Notes
    -----
    Π(1 + r) − 1 over the returns whose dates are in the month. The return of a year is that of its months with returns.

    Examples
    --------
    >>> table = MONTHLY_RETURNS([["2023-12-29", 0.5], ["2024-01-31", 0.25], ["2024-02-29", -0.5]])
    >>> table[2][:4], table[2][-1]
    ([2024.0, 0.25, -0.5, ''], -0.375)
    """
    assert dates is not None
    found = reports.monthly_returns(_only_series(returns), dates)
    rows = zip(found.years.tolist(), found.months.tolist(), found.totals.tolist(), strict=True)
    return [
        ["Year", *_MONTHS, "Whole year"],
        *([float(year), *("" if math.isnan(m) else m for m in months), total] for year, months, total in rows),
    ]


@formula(
    "Performance",
    example=Example(
        args=([[1.0], [-0.25], [0.0], [0.5], [-0.5]],),
        answer=[
            ["Drawdown", "From", "Trough", "To", "Periods to trough", "Periods to recovery", "Periods"],
            [-0.5, 5.0, 5.0, "", 1.0, "", 1.0],
            [-0.25, 2.0, 2.0, 4.0, 1.0, 2.0, 3.0],
        ],
        source="by hand: values 2, 1.5, 1.5, 2.25, 1.125",
    ),
)
def DRAWDOWN_TABLE(
    returns: Series,
    count: Annotated[float, Number("Largest number of drawdowns to show. Default 5.")] = 5.0,
    blank_rows: Annotated[
        bool, Flag("TRUE: add blank rows if there are fewer drawdowns, for a range of fixed size. Default FALSE.")
    ] = False,
    *,
    dates: Dates | None,
) -> list[list[float | str]]:
    """Deepest drawdowns, a table: depth, dates of the start, trough and recovery, and numbers of periods between them.

    Raises
    ------
    InputError
        A return is missing or below −100 %, there are several investments, or `count` is no whole number of 1 or more.

    Notes
    -----
    From: the first period that ends below the highest value before it. To: the first period after that which ends at
    that value or above; blank if none does so far. Without dates, periods are numbered from 1. Periods: the number from
    From to To, both included; without a recovery, to the last period. The definitions are those of table.Drawdowns in
    the R package PerformanceAnalytics.

    Examples
    --------
    >>> DRAWDOWN_TABLE([["2024-01-31", 1.0], ["2024-02-29", -0.25], ["2024-03-29", 0.5]])[1]
    [-0.25, 45351.0, 45351.0, 45380.0, 1.0, 1.0, 2.0]
    """
    series = _only_series(returns)
    places = [i + 1.0 for i in range(len(series))] if dates is None else to_serials(dates).tolist()
    rows: list[list[float | str]] = []
    for found in reports.worst_drawdowns(series, count):
        end = found.recovery
        to_trough = found.trough - found.start + 1
        back: list[float | str] = ["", float(len(series) - found.start)]
        if end is not None:
            back = [float(end - found.trough), float(end - found.start + 1)]
        where = [places[found.start], places[found.trough], "" if end is None else places[end]]
        rows.append([found.depth, *where, float(to_trough), *back])
    if blank_rows:
        rows += [[""] * 7 for _ in range(int(count) - len(rows))]
    return [["Drawdown", "From", "Trough", "To", "Periods to trough", "Periods to recovery", "Periods"], *rows]
