"""The performance of an investment: return, volatility, Sharpe ratio, drawdown."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, floats, in_range, number, positive
from rpxl.core.calendar import TRADING_DAYS as DAILY
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.calendar import require_no_gaps
from rpxl.core.dates import Dates, check_row_dates, within
from rpxl.core.missing import complete_rows, missing_word
from rpxl.errors import InputError

TRADING_DAYS = DAILY.periods_per_year
"""Trading days in a year, by which daily figures are annualised."""

_ROUNDING = 1e-12  # rounding puts a value that is back at its peak less than this below it


@dataclass(frozen=True)
class Performance:
    """The performance of a series of returns, in decimals: 0.05 is 5 %."""

    periods: int
    """Number of returns T."""
    cumulative: float
    """Growth of 1, less 1: Π(1 + r) - 1."""
    annual_return: float
    """The annual compound (geometric) return: (1 + cumulative)^(P / T) - 1 with P periods per year."""
    mean_return: float
    """The annual arithmetic return: P times the mean return of a period."""
    volatility: float
    """The annual volatility: √P times the standard deviation, whose sum of squares is divided by T - 1."""
    sharpe: float | None
    """(mean_return - risk-free rate) / volatility; None where the volatility is 0."""
    max_drawdown: float
    """The lowest value over its running maximum, less 1: at most 0. The value at the start, 1, counts."""
    longest_drawdown: int
    """The largest number of consecutive periods that end below the highest value before."""
    best: float
    """The highest return of a period."""
    worst: float
    """The lowest return of a period."""
    positive_share: float
    """Share of the periods with a return above 0."""


def performance(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    rf: float = 0.0,
    dates: Dates | None = None,
    missing: str = "error",
) -> Performance:
    """Measure the performance of a series of returns.

    Parameters
    ----------
    returns : array of shape (T,)
        Simple returns, oldest first, -1 or above; at least two.
    periods_per_year : float, optional
        252 for daily returns, 12 for monthly. By default the dates tell it; without dates it is 252.
    rf : float
        Risk-free rate of the Sharpe ratio; annual, however long the periods are.
    dates : array of shape (T,), optional
        The days that the returns end on, see :func:`rpxl.core.dates.check_dates`.
    missing : {"error", "drop_rows"}
        With "error", a missing return (NaN) or dates that skip a period are an error. With "drop_rows", a missing
        return is left out.

    Returns
    -------
    Performance

    Raises
    ------
    InputError
        There are fewer than two returns, or one is not a finite number or is below -1; a result is too large; or the
        dates don't tell the periods per year, contradict their number, or skip a period.

    Notes
    -----
    The Sharpe ratio is that of Sharpe (1994), "The Sharpe ratio", annualised: from arithmetic means, not from compound
    returns.

    Examples
    --------
    >>> measured = performance([0.25, -0.2, 0.1], periods_per_year=1)
    >>> round(measured.cumulative, 12), round(measured.mean_return, 12), round(measured.max_drawdown, 12)
    (0.1, 0.05, -0.2)
    >>> measured.longest_drawdown
    2
    """
    series = check_returns(returns, 1, missing)
    days = None if dates is None else check_row_dates(dates, len(np.asarray(returns)), "returns")
    if days is not None and missing_word(missing) == "error":
        require_no_gaps(days, "returns")
    given = None if periods_per_year is None else positive(periods_per_year, "periods_per_year")
    yearly = periods_of(given, days)
    riskless = number(rf, "rf")
    size = series.size
    if size < 2:
        raise InputError("returns", "holds one return; the volatility needs at least two.")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        growth = in_range(float(np.prod(1.0 + series)), "returns", "the cumulative return")
        annual = in_range(float(np.power(growth, yearly / size)), "periods_per_year", "the annual return") - 1.0
        mean = in_range(yearly * float(series.mean()), "periods_per_year", "the annual return")
        deviations = series - series[0]  # a series that never changes has a volatility of 0, not of rounding error
        deviations -= deviations.mean()
        vol = float(np.sqrt(yearly * (deviations @ deviations / (size - 1))))
        in_range(vol, "returns", "the volatility")
        sharpe = in_range((mean - riskless) / vol, "rf", "the Sharpe ratio") if vol > 0.0 else None
    below = drawdowns(series)
    return Performance(
        periods=size,
        cumulative=growth - 1.0,
        annual_return=annual,
        mean_return=mean,
        volatility=vol,
        sharpe=sharpe,
        max_drawdown=float(below.min()),
        longest_drawdown=_longest_run(under_water(below)),
        best=float(series.max()),
        worst=float(series.min()),
        positive_share=float((series > 0.0).mean()),
    )


def performance_table(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    rf: float = 0.0,
    start: object = None,
    end: object = None,
    missing: str = "error",
    dates: Dates | None = None,
) -> list[Performance]:
    """Measure the performance of several series of returns over the same window.

    Parameters
    ----------
    returns : array of shape (T, n)
        Simple returns, oldest first, -1 or above; NaN where one is missing.
    periods_per_year, rf, dates
        See :func:`performance`. The frequency is told from all dates, also those outside the window.
    start, end
        The first and the last day of the window, see :func:`rpxl.core.dates.within`. Returns outside of it are
        ignored, also missing ones.
    missing : {"error", "drop_rows"}
        With "error", a missing return (NaN) or dates that skip a period are an error. With "drop_rows", the row of a
        missing return is left out for all series.

    Returns
    -------
    list of Performance
        One for each column.

    Raises
    ------
    InputError
        See :func:`performance`; or a window is given without dates, or no date lies in it.

    Examples
    --------
    >>> months = np.array(["1996-12-31", "1997-01-31", "1997-02-28", "1997-03-31"], dtype="datetime64[D]")
    >>> fund, = performance_table([[np.nan], [0.1], [0.2], [-0.1]], start="1997", dates=months)
    >>> fund.periods, round(fund.mean_return, 12)
    (3, 0.8)
    """
    rows, yearly = rows_of_window(returns, periods_per_year, start, end, missing, dates)
    return [performance(series, yearly, rf) for series in rows.T]


def rows_of_window(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    start: object = None,
    end: object = None,
    missing: str = "error",
    dates: Dates | None = None,
) -> tuple[Array, float]:
    """Return the returns of a window, and the number of periods in a year; see :func:`performance_table`."""
    table = floats(returns, "returns", 2)
    used = np.flatnonzero(~np.isnan(table).all(axis=1))
    days = None if dates is None else check_row_dates(dates, len(table), "returns", used)
    marked = np.ones(len(table), dtype=bool)
    if start is not None or end is not None:
        if days is None:
            raise InputError("returns", "have no dates in a first column, which a window from start to end needs.")
        marked = within(days, start, end)
    rows = _usable(table[marked], missing, np.flatnonzero(marked))
    given = None if periods_per_year is None else positive(periods_per_year, "periods_per_year")
    yearly = periods_of(given, None if days is None else days[~np.isnat(days)])
    if days is not None and missing_word(missing) == "error":
        require_no_gaps(days, "returns", marked)
    return rows, yearly


def drawdowns(returns: npt.ArrayLike, missing: str = "error", dates: Dates | None = None) -> Array:
    """Return the drawdown after each return: the value over its running maximum, less 1.

    Parameters
    ----------
    returns : array of shape (T,) or (T, n)
        Simple returns, oldest first, -1 or above; one column per investment.
    missing : {"error", "drop_rows"}
        With "error", a missing return (NaN) or dates that skip a period are an error. With "drop_rows", the row of a
        missing return is left out for all investments.
    dates : array of shape (T,), optional
        The days that the returns end on, see :func:`rpxl.core.dates.check_dates`.

    Returns
    -------
    array of the same shape
        0 at a new high, -0.2 at 20 % below the highest value before, -1 when all is lost. The value at the start,
        before the first return, counts. There is a row for each row of returns that is kept.

    Raises
    ------
    InputError
        A return is missing, not a finite number or below -1; the dates are wrong or skip a period; or the value is too
        large to compute.

    Examples
    --------
    >>> drawdowns([0.25, -0.2, 0.1, 0.5]).round(12)
    array([ 0.  , -0.2 , -0.12,  0.  ])
    """
    series = check_returns(returns, min(max(np.ndim(returns), 1), 2), missing)
    if dates is not None:
        table = np.asarray(returns, dtype=np.float64)
        used = np.flatnonzero(~np.isnan(table.reshape(len(table), -1)).all(axis=1))
        days = check_row_dates(dates, len(table), "returns", used)
        if missing_word(missing) == "error":
            require_no_gaps(days, "returns")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        value = np.asarray(np.cumprod(1.0 + series, axis=0), dtype=np.float64)
    if not np.isfinite(value).all():
        raise InputError("returns", "cannot be used: the cumulative return is too large to compute.")
    return np.asarray(below_peak(value, start=1.0))


def below_peak(value: Array, start: float) -> Array:
    """Return each value over its running maximum, the start included, less 1: at most 0."""
    return np.asarray(value / np.maximum(np.maximum.accumulate(value, axis=0), start) - 1.0)


def under_water(below: Array) -> npt.NDArray[np.bool_]:
    """Mark the drawdowns that are more than a rounding error."""
    return np.asarray(below < -_ROUNDING)


def check_returns(returns: npt.ArrayLike, dimensions: int, missing: str = "error") -> Array:
    """Return simple returns as a new array without the rows that are left out; raise where a return is wrong."""
    table = floats(returns, "returns", dimensions)
    if dimensions == 2:
        return _usable(table, missing)
    try:
        return _usable(table[:, None], missing)[:, 0]
    except InputError as error:  # a vector has items, not rows and columns
        items = (cell[0] if isinstance(cell, tuple) else cell for cell in error.cells)
        raise InputError(error.argument, error.problem, *items, missing=error.missing) from None


def _usable(table: Array, missing: str, given: npt.NDArray[np.intp] | None = None) -> Array:
    rows, places = complete_rows(table, "returns", missing, "at least one return is needed", least=1, places=given)
    if rows.min() < -1.0:
        row, column = np.argwhere(rows < -1.0)[0].tolist()
        problem = f"{{0}} is {rows[row, column]:.6g}: no investment loses more than everything. Write -5 % as -0.05."
        raise InputError("returns", problem, (int(places[row]), column))
    return rows


def _longest_run(marked: npt.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max(initial=0))
