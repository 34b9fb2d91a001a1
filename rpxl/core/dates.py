"""Dates of rows: checked, divided into periods, and selected by a window."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.errors import InputError

Dates = npt.NDArray[np.datetime64]
"""Days, as numpy's ``datetime64[D]``."""

DAY_ZERO = date(1899, 12, 30)
"""Day 0 of spreadsheets; right for all days since March 1900."""

DAY_ZERO_1904 = date(1904, 1, 1)
"""Day 0 of workbooks with the 1904 date system, which old versions for Mac used."""

FREQUENCIES = ("quarterly", "monthly", "weekly", "daily", "yearly")
"""How often a portfolio may be rebalanced; the default first."""

_PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def check_dates(dates: npt.ArrayLike | Sequence[date]) -> Dates:
    """Return dates as days, each after the one before.

    Parameters
    ----------
    dates : array of shape (T,)
        ``datetime.date``, ``datetime.datetime``, ``numpy.datetime64`` or texts such as "2020-02-28"; a time of day
        is cut off.

    Returns
    -------
    array of shape (T,)
        ``datetime64[D]``.

    Raises
    ------
    InputError
        Something is no date, or the dates don't increase.

    Examples
    --------
    >>> check_dates(["2020-02-28", "2020-03-02"])
    array(['2020-02-28', '2020-03-02'], dtype='datetime64[D]')
    """
    days = _days(dates)
    if np.isnat(days).any():
        raise InputError("dates", "{0} is missing.", int(np.isnat(days).argmax()), missing=True)
    _require_increase(days, np.arange(len(days)))
    return days


def dates_of_rows(dates: npt.ArrayLike | Sequence[date], rows: int, argument: str) -> Dates:
    """Return the dates of `rows` rows as days, in any order; NaT where one is missing."""
    days = _days(dates)
    if len(days) != rows:
        raise InputError("dates", f"there are {len(days)}, but {argument} has {rows} rows. Give one date for each row.")
    return days


def _days(dates: npt.ArrayLike | Sequence[date]) -> Dates:
    given = np.asarray(dates)
    if given.ndim != 1 or not given.size:
        raise InputError("dates", "must be a list of dates.")
    if given.dtype.kind in "iufbcV":  # days since an unknown day
        raise InputError("dates", "must be dates, not numbers.")
    try:
        return given.astype("datetime64[D]")
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("dates", "must be dates, but hold something else.") from error


def _require_increase(days: Dates, rows: npt.NDArray[np.intp]) -> None:
    """Refuse days that, in the order of `rows`, are not each after the one before."""
    late = np.flatnonzero(np.diff(days[rows]).astype(np.int64) <= 0)
    if late.size:
        before, now = int(rows[late[0]]), int(rows[late[0] + 1])
        text = f"{{0}} is {days[now]}, which is not after {{1}}, {days[before]}. Sort the rows, the oldest first."
        raise InputError("dates", text, now, before)


def check_row_dates(
    dates: npt.ArrayLike | Sequence[date],
    rows: int,
    argument: str,
    used: npt.NDArray[np.intp] | None = None,
    *,
    ordered: bool = True,
) -> Dates:
    """Return the days of the rows of an argument.

    Parameters
    ----------
    dates : array of shape (T,)
        See :func:`check_dates`; NaT is allowed in rows that are not `used`.
    rows : int
        The number of rows of the argument, T.
    argument : str
        The name of the rows in the error.
    used : array of int, optional
        The indices of rows with values, which each need a date; all rows by default.
    ordered : bool
        Whether each date must be after the one before. The same day twice is an error in any case.

    Returns
    -------
    array of shape (T,)
        ``datetime64[D]``, NaT where there is none.

    Raises
    ------
    InputError
        Something is no date, a date is missing, there are not as many dates as rows, a day comes twice, or the dates
        don't increase.

    Examples
    --------
    >>> check_row_dates(["2020-03-02", "2020-02-28"], 2, "returns", ordered=False)
    array(['2020-03-02', '2020-02-28'], dtype='datetime64[D]')
    """
    days = dates_of_rows(dates, rows, argument)
    absent = np.isnat(days) if used is None else np.isnat(days[used])
    if absent.any():
        i = int(absent.argmax())
        raise InputError("dates", "{0} is missing.", i if used is None else int(used[i]), missing=True)
    known = np.flatnonzero(~np.isnat(days))
    _require_increase(days, known if ordered else known[np.argsort(days[known], kind="stable")])
    return days


def first_days(dates: Dates, frequency: str) -> npt.NDArray[np.intp]:
    """Return where a new week, month, quarter or year begins: the index of its first trading day.

    Parameters
    ----------
    dates : array of shape (T,)
        See :func:`check_dates`.
    frequency : str
        One of `FREQUENCIES`. Weeks begin on Monday.

    Returns
    -------
    array of int
        Increasing. Never 0: without the date before, it is unknown whether the first one begins a period.

    Examples
    --------
    >>> days = check_dates(["2020-03-30", "2020-03-31", "2020-04-02", "2020-04-03", "2020-04-06"])
    >>> first_days(days, "quarterly"), first_days(days, "weekly")
    (array([2]), array([4]))
    """
    day = dates.astype(np.int64)  # since 1970-01-01, a Thursday
    month = dates.astype("datetime64[M]").astype(np.int64)
    periods = {
        "daily": day,
        "weekly": (day + 3) // 7,
        "monthly": month,
        "quarterly": month // 3,
        "yearly": month // 12,
    }
    return np.flatnonzero(np.diff(periods[frequency])) + 1


def day_of(value: object, argument: str, *, last: bool = False) -> np.datetime64:
    """Return the first or the last day of a window.

    Parameters
    ----------
    value
        A date of any kind, or a text: "2020-02-15", a month "2020-02" or a year "2022".
    argument : str
        The name of the value in the error.
    last : bool
        Whether a month or a year means its last day, rather than its first.

    Raises
    ------
    InputError
        The value is no date.

    Examples
    --------
    >>> day_of("2020-02", "end", last=True)
    np.datetime64('2020-02-29')
    """
    try:
        if isinstance(value, str):
            if not _PERIOD.fullmatch(value.strip()):
                raise ValueError
            period = np.datetime64(value.strip())
            unit: Any = np.datetime_data(period.dtype)[0]  # as written: a day, a month or a year
            following = period + np.timedelta64(int(last), unit)
            day: np.datetime64 = following.astype("datetime64[D]") - np.timedelta64(int(last), "D")
        elif isinstance(value, date | np.datetime64) and not np.isnat(np.datetime64(value)):
            day = np.datetime64(value).astype("datetime64[D]")
        else:
            raise ValueError
    except (ValueError, OverflowError):
        problem = "is no date. Give a date, or a text such as 2020-02-15, 2020-02 or 2022."
        raise InputError(argument, problem) from None
    return day


def within(dates: Dates, start: object = None, end: object = None) -> npt.NDArray[np.bool_]:
    """Mark the dates of a window; its first and its last day belong to it.

    Parameters
    ----------
    dates : array of shape (T,)
        See :func:`check_dates`.
    start, end
        The first and the last day, see :func:`day_of`; None leaves that side open.

    Returns
    -------
    array of bool, shape (T,)

    Raises
    ------
    InputError
        `start` or `end` is no date, or no date lies in the window.

    Examples
    --------
    >>> days = check_dates(["2020-01-31", "2020-02-03", "2020-03-31", "2020-04-01"])
    >>> within(days, "2020-02", "2020-03")
    array([False,  True,  True, False])
    """
    marked = np.ones(len(dates), dtype=bool)
    if start is not None:
        marked &= dates >= day_of(start, "start")
    if end is not None:
        marked &= dates <= day_of(end, "end", last=True)
    if not marked.any():
        argument = "end" if start is None else "start"
        raise InputError(argument, f"leaves nothing: the dates run from {dates[0]} to {dates[-1]}.")
    return marked
