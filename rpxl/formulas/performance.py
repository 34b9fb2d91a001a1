"""Functions that measure the past performance of investments."""

from typing import Annotated, Any

import numpy as np

from rpxl.core.dates import Dates
from rpxl.core.missing import MISSING
from rpxl.core.performance import drawdowns, performance, performance_table, rows_of_window
from rpxl.errors import InputError
from rpxl.formulas.arguments import MissingChoice
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.readers import AssetTable, Choice, Day, Number

_STATISTICS = {
    "Periods": "periods",
    "Cumulative return": "cumulative",
    "Annual return, compound": "annual_return",
    "Annual return, mean": "mean_return",
    "Volatility": "volatility",
    "Sharpe ratio": "sharpe",
    "Maximum drawdown": "max_drawdown",
    "Longest drawdown, periods": "longest_drawdown",
    "Best period": "best",
    "Worst period": "worst",
    "Share of positive periods": "positive_share",
}

_MORE = {
    "Sortino ratio": "sortino",
    "Calmar ratio": "calmar",
    "Value at risk, 95 %": "var",
    "Conditional value at risk, 95 %": "cvar",
    "Skewness": "skewness",
    "Excess kurtosis": "kurtosis",
    "Share of periods under water": "under_water",
}

_AGAINST = {
    "Alpha": "alpha",
    "Beta": "beta",
    "Correlation with the benchmark": "correlation",
    "Tracking error": "tracking_error",
    "Information ratio": "information_ratio",
    "Up capture": "up_capture",
    "Down capture": "down_capture",
}

_Missing = Annotated[
    str,
    MissingChoice(
        "error (default): a blank or #N/A return, or a skipped date, is an error; drop_rows: leave out that row for "
        "all investments. MISSING_ROWS counts such rows.",
        MISSING,
    ),
]


@formula(
    "Performance",
    example=Example(
        args=([["Fund"], [0.25], [-0.2], [0.1]], 1.0, 0.01),
        answer=[
            ["Statistic", "Fund"],
            ["Periods", 3.0],
            ["Cumulative return", 0.1],
            ["Annual return, compound", 1.1 ** (1 / 3) - 1],
            ["Annual return, mean", 0.05],
            ["Volatility", 0.0525**0.5],
            ["Sharpe ratio", 0.04 / 0.0525**0.5],
            ["Maximum drawdown", -0.2],
            ["Longest drawdown, periods", 2.0],
            ["Best period", 0.25],
            ["Worst period", -0.2],
            ["Share of positive periods", 2 / 3],
        ],
        source="by hand: 1.25 · 0.8 · 1.1 = 1.1; deviations from 5 % of 20, −25 and 5 %, squares 0.105, over T − 1 = 2",
    ),
)
def PERF_STATS(
    returns: Annotated[
        Array,
        AssetTable(
            "Simple returns per period: one column per investment, oldest first. Labels and dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ],
    periods_per_year: Annotated[
        float | None,
        Number(
            "Number of returns per year: 252 daily, 52 weekly, 12 monthly. Left out: found from the dates; 252 without "
            "dates. A number that contradicts the dates is an error."
        ),
    ] = None,
    rf: Annotated[float, Number("Annual risk-free rate, for the Sharpe ratio (0.02 is 2 %). Default 0.")] = 0.0,
    start: Annotated[
        np.datetime64 | None,
        Day('First date of a window: a date, a month "2020-02" or a year 2022. The returns must then have dates.'),
    ] = None,
    end: Annotated[
        np.datetime64 | None,
        Day('Last date of the window, included: a date, a month "2020-03" or a year 2022, to its last day.', last=True),
    ] = None,
    missing: _Missing = "error",
    benchmark: Annotated[
        Array | None,
        AssetTable(
            "Returns of a benchmark, one column, same periods: adds alpha, beta and others. Dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ] = None,
    detail: Annotated[
        str,
        Choice(
            "short (default); full adds Sortino, Calmar, value at risk, skewness, kurtosis and the time in drawdown.",
            ("short", "full"),
        ),
    ] = "short",
    *,
    labels: list[str],
    dates: Dates | None,
) -> list[list[float | str]]:
    """Performance statistics, a labelled table: returns, volatility, Sharpe ratio, drawdowns, and more if asked for.

    Raises
    ------
    InputError
        A return is missing or a date skipped within the window, unless `missing` is drop_rows; a return is below
        −100 %; there are fewer than two returns; `start` or `end` is given without dates; or the dates do not show
        how many periods a year has, or contradict `periods_per_year`.

    Notes
    -----
    With P periods per year and T returns r: cumulative Π(1 + r) − 1; compound (1 + cumulative)^(P/T) − 1; mean P·r̄;
    volatility √P·√(Σ(r − r̄)²/(T − 1)); Sharpe (mean − rf)/volatility (Sharpe 1994), n/a without volatility;
    drawdown value/highest value so far − 1, where the value before the first return counts too. A return belongs to
    the date on which it ends. For the other statistics see :func:`rpxl.core.risk_statistics.risk_statistics` and
    :func:`rpxl.core.risk_statistics.benchmark_statistics`.

    Examples
    --------
    >>> PERF_STATS([["2022-12-30", 0.5], ["2023-01-02", -0.5], ["2023-01-03", 0.5]], 252, 0, 2023, 2023)[1:3]
    [['Periods', 2.0], ['Cumulative return', -0.25]]
    """
    measured: list[Any] = list(performance_table(returns, periods_per_year, rf, start, end, missing, dates))
    rows = [[name, *(getattr(m, item) for m in measured)] for name, item in _STATISTICS.items()]
    if detail == "short" and benchmark is None:
        return [["Statistic", *labels], *(["n/a" if cell is None else cell for cell in row] for row in rows)]
    from rpxl.core import risk_statistics as more  # here only: the short table doesn't need it

    together = returns if benchmark is None else _beside(returns, benchmark, missing)
    table, yearly = rows_of_window(together, periods_per_year, start, end, missing, dates)
    investments = table.T[: len(measured)]
    if len(table) != measured[0].periods:
        measured = [performance(series, yearly, rf) for series in investments]
        rows = [[name, *(getattr(m, item) for m in measured)] for name, item in _STATISTICS.items()]
    if detail == "full":
        found: list[Any] = [more.risk_statistics(series, yearly, rf) for series in investments]
        rows += [[name, *(getattr(m, item) for m in found)] for name, item in _MORE.items()]
    if benchmark is not None:
        found = [more.benchmark_statistics(series, table[:, -1], yearly, rf) for series in investments]
        rows += [[name, *(getattr(m, item) for m in found)] for name, item in _AGAINST.items()]
    return [["Statistic", *labels], *(["n/a" if cell is None else cell for cell in row] for row in rows)]


def _beside(returns: Array, benchmark: Array, missing: str) -> Array:
    """Put a benchmark's returns beside those of the investments, so that rows are left out for all of them."""
    rows, columns = benchmark.shape
    if columns != 1:
        raise InputError("benchmark", f"has {columns} columns; give one benchmark.")
    if rows != len(returns):
        raise InputError("benchmark", f"has {rows} returns, but returns has {len(returns)} rows. Give one for each.")
    gaps = np.isnan(benchmark[:, 0])
    if gaps.any() and missing == "error":
        text = "{0} is missing. Fill it in, or leave its row out: missing = drop_rows."
        raise InputError("benchmark", text, (int(gaps.argmax()), 0), missing=True)
    if benchmark[~gaps].min(initial=0.0) < -1.0:
        i = int((np.where(gaps, 0.0, benchmark[:, 0]) < -1.0).argmax())
        raise InputError(
            "benchmark", f"{{0}} is {benchmark[i, 0]:.6g}: no benchmark loses more than everything.", (i, 0)
        )
    return np.column_stack([returns, benchmark])


@formula(
    "Performance",
    example=Example(
        args=([[0.25], [-0.2], [0.1], [0.5]],),
        answer=[[0.0], [-0.2], [-0.12], [0.0]],
        source="by hand: values 1.25, 1, 1.1, 1.65 below highs of 1.25, 1.25, 1.25, 1.65",
    ),
)
def DRAWDOWN(
    returns: Annotated[
        Array,
        AssetTable(
            "Simple returns per period: one column per investment, oldest first. Labels and dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ],
    missing: _Missing = "error",
    *,
    dates: Dates | None,
) -> Array:
    """Drawdown after each return: value over its highest so far, less 1, so 0 or below.

    Raises
    ------
    InputError
        A return is missing or a date skipped, unless `missing` is drop_rows; or a return is below −100 %.

    Notes
    -----
    value/highest value so far − 1, where the value before the first return counts too.

    Examples
    --------
    >>> DRAWDOWN([-0.5, 1.0])
    [[-0.5], [0.0]]
    """
    return drawdowns(returns, missing, dates)
