"""Tables for the report of an investment: rolling statistics, returns by month, the deepest drawdowns."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, floats, number, plural, positive
from rpxl.core.calendar import MONTHLY, require_no_gaps
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.dates import Dates, check_dates, check_row_dates
from rpxl.core.missing import missing_word
from rpxl.core.performance import check_returns, drawdowns, under_water
from rpxl.errors import InputError


def rolling_statistic(
    returns: npt.ArrayLike,
    window: float,
    statistic: str = "volatility",
    periods_per_year: float | None = None,
    rf: float = 0.0,
    dates: Dates | None = None,
    benchmark: npt.ArrayLike | None = None,
    missing: str = "error",
) -> Array:
    """Compute a statistic over every window of `window` consecutive returns.

    Parameters
    ----------
    returns : array of shape (T,) or (T, n)
        Simple returns, oldest first; one column per investment.
    window : int
        The number of returns in each window, 2 to T.
    statistic : str
        One of :data:`ROLLING`: "volatility", "return" (compound), "sharpe" or "max_drawdown"; all but the last annual.
        Or one of :data:`ROLLING_AGAINST`, which need a benchmark: "correlation" or "beta".
    periods_per_year : float, optional
        Above 0. By default the dates tell it; without dates it is 252.
    rf : float
        Annual risk-free rate of the Sharpe ratio.
    dates : array of shape (T,), optional
        The days that the returns end on, see :func:`rpxl.core.dates.check_dates`.
    benchmark : array of shape (T,), optional
        Simple returns of a benchmark in the same periods, for "correlation" and "beta".
    missing : {"error", "drop_rows"}
        With "error", a missing return (NaN) or dates that skip a period are an error. With "drop_rows", the row of a
        missing return is left out for all investments and for the benchmark.

    Returns
    -------
    array of shape (T - window + 1,) or (T - window + 1, n)
        The first row is that of the first `window` returns; T is the number of rows that are kept. NaN where the
        divisor is 0: a Sharpe ratio where the investment has no volatility, a beta where the benchmark has none, a
        correlation where either has none.

    Raises
    ------
    InputError
        An argument is wrong, a return is missing or a period skipped, or the window is longer than the history; or the
        dates don't tell the periods per year, or contradict their number; or a benchmark is missing, or is given for a
        statistic that doesn't use it.

    Notes
    -----
    Each window is measured as :func:`rpxl.performance` and :func:`rpxl.benchmark_statistics` measure a whole history.

    Examples
    --------
    >>> rolling_statistic([[0.25], [-0.2], [0.1]], 2, "return", periods_per_year=2).round(12)
    array([[ 0.  ],
           [-0.12]])
    """
    kept = complete_periods(returns, benchmark, missing)
    if dates is not None:
        days = check_row_dates(dates, len(kept), "returns", np.flatnonzero(kept))
        if missing_word(missing) == "error":
            require_no_gaps(days, "returns")
        dates = days[kept]
    if not kept.all():
        returns = np.asarray(returns, dtype=np.float64)[kept]
        benchmark = None if benchmark is None else np.asarray(benchmark, dtype=np.float64)[kept]
    table = check_returns(returns, min(max(np.ndim(returns), 1), 2))
    word = choice(statistic, "statistic", (*ROLLING, *ROLLING_AGAINST))
    length = number(window, "window")
    if length != int(length) or not 2 <= length <= len(table):
        text = f"is {length:.6g}; it must be a whole number from 2 to the {plural(len(table), 'return')} there are."
        raise InputError("window", text)
    given = None if periods_per_year is None else positive(periods_per_year, "periods_per_year")
    periods = periods_of(given, dates)
    windows = np.lib.stride_tricks.sliding_window_view(table, int(length), axis=0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if word in ROLLING_AGAINST:
            others = np.lib.stride_tricks.sliding_window_view(_benchmark(benchmark, len(table), word), int(length))
            return np.asarray(ROLLING_AGAINST[word](windows, others if table.ndim == 1 else others[:, None]))
        if benchmark is not None:
            raise InputError("benchmark", f"is for the statistics {' and '.join(ROLLING_AGAINST)}, not for {word}.")
        return np.asarray(ROLLING[word](windows, periods, number(rf, "rf")))


def complete_periods(
    returns: npt.ArrayLike, benchmark: npt.ArrayLike | None = None, missing: str = "drop_rows"
) -> npt.NDArray[np.bool_]:
    """Mark the rows that are kept: all, or with "drop_rows" those without a missing return in any series.

    Parameters
    ----------
    returns, benchmark, missing
        See :func:`rolling_statistic`.

    Returns
    -------
    array of bool, shape (T,)

    Examples
    --------
    >>> complete_periods([[0.1, 0.2], [np.nan, 0.1], [0.0, 0.0]], [0.1, 0.1, np.nan])
    array([ True, False, False])
    """
    table = floats(returns, "returns", min(max(np.ndim(returns), 1), 2))
    kept = np.ones(len(table), dtype=bool)
    if missing_word(missing) == "error":
        return kept
    kept &= ~np.isnan(table.reshape(len(table), -1)).any(axis=1)
    if benchmark is not None and np.shape(benchmark) == (len(table),):
        kept &= ~np.isnan(floats(benchmark, "benchmark", 1))
    return kept


def _benchmark(benchmark: npt.ArrayLike | None, rows: int, word: str) -> Array:
    """Return the checked returns of a benchmark; there must be as many as of the investment."""
    if benchmark is None:
        raise InputError("benchmark", f"is needed for the statistic {word}: its returns in the same periods.")
    try:
        series = check_returns(benchmark, 1)
    except InputError as error:
        raise InputError("benchmark", error.problem, *error.cells, missing=error.missing) from None
    if series.size != rows:
        raise InputError(
            "benchmark", f"has {plural(series.size, 'return')}, but returns has {rows}. Give one for each period."
        )
    return series


def _volatility(windows: Array, periods: float, _rf: float) -> Array:
    deviations = windows - windows[..., :1]  # returns that never change have a volatility of 0, not of rounding error
    return np.asarray(np.sqrt(periods * deviations.var(axis=-1, ddof=1)))


def _compound(windows: Array, periods: float, _rf: float) -> Array:
    return np.asarray(np.prod(1.0 + windows, axis=-1) ** (periods / windows.shape[-1]) - 1.0)


def _sharpe(windows: Array, periods: float, rf: float) -> Array:
    vols = _volatility(windows, periods, rf)
    return np.where(vols > 0.0, (periods * windows.mean(axis=-1) - rf) / vols, math.nan)


def _max_drawdown(windows: Array, _periods: float, _rf: float) -> Array:
    values = np.cumprod(1.0 + windows, axis=-1)
    highs = np.maximum(np.maximum.accumulate(values, axis=-1), 1.0)
    return np.asarray((values / highs - 1.0).min(axis=-1))


ROLLING: dict[str, Callable[[Array, float, float], Array]] = {
    "volatility": _volatility,
    "return": _compound,
    "sharpe": _sharpe,
    "max_drawdown": _max_drawdown,
}
"""The statistics of a window by name; the default first."""


def _moments(windows: Array, benchmark: Array) -> tuple[Array, Array, Array]:
    """Return the sums of products and of squares of deviations; exactly 0 for constant returns."""
    own, its = windows - windows[..., :1], benchmark - benchmark[..., :1]
    own, its = own - own.mean(axis=-1, keepdims=True), its - its.mean(axis=-1, keepdims=True)
    return (own * its).sum(axis=-1), (own * own).sum(axis=-1), (its * its).sum(axis=-1)


def _correlation(windows: Array, benchmark: Array) -> Array:
    products, own, its = _moments(windows, benchmark)
    found = products / (np.sqrt(own) * np.sqrt(its))
    return np.where((own > 0.0) & (its > 0.0), np.clip(found, -1.0, 1.0), math.nan)


def _beta(windows: Array, benchmark: Array) -> Array:
    products, _, its = _moments(windows, benchmark)
    return np.where(its > 0.0, products / its, math.nan)


ROLLING_AGAINST: dict[str, Callable[[Array, Array], Array]] = {"correlation": _correlation, "beta": _beta}
"""The statistics of a window that need a benchmark, by name."""


@dataclass(frozen=True, eq=False)
class MonthlyReturns:
    """Returns of months and years.

    Attributes
    ----------
    years : array of int, shape (Y,)
        The calendar years, without a gap.
    months : array of shape (Y, 12)
        The return of each month, January to December; NaN for a month without returns.
    totals : array of shape (Y,)
        The return of each year, compounded from the returns that there are.
    """

    years: npt.NDArray[np.int_]
    months: Array
    totals: Array


def monthly_returns(returns: npt.ArrayLike, dates: npt.ArrayLike | Sequence[date]) -> MonthlyReturns:
    """Compound returns over calendar months and years.

    Parameters
    ----------
    returns : array of shape (T,)
        Simple returns, oldest first; each belongs to the month of the date that it ends on.
    dates : array of shape (T,)
        See :func:`rpxl.core.dates.check_dates`.

    Returns
    -------
    MonthlyReturns

    Raises
    ------
    InputError
        A return or a date is wrong, or most returns span more than a month.

    Examples
    --------
    >>> found = monthly_returns([0.5, 0.5, -0.5], ["2023-11-30", "2023-12-15", "2023-12-29"])
    >>> found.months[0, 10:], found.totals
    (array([ 0.5 , -0.25]), array([0.125]))
    """
    series = check_returns(returns, 1)
    days = check_dates(dates)
    if len(days) != series.size:
        text = f"has {plural(len(days), 'date')} for {plural(series.size, 'return')}. Give one date for each return."
        raise InputError("dates", text)
    if len(days) > 2 and (apart := float(np.median(np.diff(days).astype(np.int64)))) > MONTHLY.longest:
        text = f"span more than a month: the median distance of their dates is {apart:g} days."
        raise InputError("returns", f"{text} Give daily, weekly or monthly returns.")
    month = days.astype("datetime64[M]").astype(np.int64)
    first, last = int(month[0]) // 12, int(month[-1]) // 12
    growth = np.ones(12 * (last - first + 1))
    np.multiply.at(growth, month - 12 * first, 1.0 + series)
    held = np.zeros(growth.size, dtype=bool)
    held[month - 12 * first] = True
    months = np.where(held, growth - 1.0, math.nan).reshape(-1, 12)
    return MonthlyReturns(np.arange(first, last + 1) + 1970, months, growth.reshape(-1, 12).prod(axis=1) - 1.0)


@dataclass(frozen=True)
class Drawdown:
    """One fall below the highest value so far; the three dates are indices of returns, counted from 0."""

    start: int
    """The first return after which the value is below its high."""
    trough: int
    """The return after which the value is lowest."""
    recovery: int | None
    """The first return after which the value is back at its high; None where it is not yet."""
    depth: float
    """The lowest value over the high, less 1: below 0."""


def worst_drawdowns(returns: npt.ArrayLike, count: float = 5, dates: Dates | None = None) -> list[Drawdown]:
    """Return the deepest drawdowns of an investment, the deepest first.

    Parameters
    ----------
    returns : array of shape (T,)
        Simple returns, oldest first.
    count : int
        The largest number of drawdowns to return, 1 or more.
    dates : array of shape (T,), optional
        The days that the returns end on, see :func:`rpxl.core.dates.check_dates`; they are only checked.

    Returns
    -------
    list of Drawdown
        Fewer than `count` if there are no more. Of two with the same depth, the earlier comes first.

    Raises
    ------
    InputError
        A return is wrong, or `count` is no whole number of 1 or more.

    Notes
    -----
    `start`, `trough` and `recovery` are From, Trough and To of table.Drawdowns in the R package PerformanceAnalytics.

    Examples
    --------
    >>> worst_drawdowns([1.0, -0.25, 0.5, -0.5])
    [Drawdown(start=3, trough=3, recovery=None, depth=-0.5), Drawdown(start=1, trough=1, recovery=2, depth=-0.25)]
    """
    wanted = number(count, "count")
    if wanted != int(wanted) or wanted < 1:
        raise InputError("count", f"is {wanted:.6g}; it must be a whole number of 1 or more.")
    series = check_returns(returns, 1)
    if dates is not None:
        check_row_dates(dates, series.size, "returns")
    below = drawdowns(series)
    under = under_water(below)
    edges = np.flatnonzero(np.diff(under, prepend=False, append=False))
    found = []
    for start, end in edges.reshape(-1, 2).tolist():
        trough = start + int(below[start:end].argmin())
        found.append(Drawdown(start, trough, end if end < below.size else None, float(below[trough])))
    return sorted(found, key=lambda drawdown: drawdown.depth)[: int(wanted)]
