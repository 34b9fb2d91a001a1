"""Trading dates: checked, cut into periods, and chosen by a window."""

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
"""The day that a spreadsheet counts as 0, for all days since March 1900."""

DAY_ZERO_1904 = date(1904, 1, 1)
"""The day that old Mac workbooks count as 0."""

FREQUENCIES = ("quarterly", "monthly", "weekly", "daily", "yearly")
"""How often a portfolio may be rebalanced; the usual one first."""

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
    given = np.asarray(dates)
    if given.ndim != 1 or not given.size:
        raise InputError("dates", "must be a list of dates.")
    if given.dtype.kind in "iufbcV":  # a number of days since whichever day
        raise InputError("dates", "must be dates, not numbers.")
    try:
        days = given.astype("datetime64[D]")
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("dates", "must be dates; something else stands among them.") from error
    if np.isnat(days).any():
        raise InputError("dates", "{0} is missing.", int(np.isnat(days).argmax()), missing=True)
    late = np.flatnonzero(days[1:] <= days[:-1])
    if late.size:
        i = int(late[0])
        text = f"{{0}} is {days[i + 1]}, which is not after {{1}}, {days[i]}. Sort the rows, the oldest first."
        raise InputError("dates", text, i + 1, i)
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
        Increasing. Never 0: whether the first date of all begins a period can't be known.

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
    """Return the day that a bound of a window means.

    Parameters
    ----------
    value
        A date of any kind, or a text: "2020-02-15", a month "2020-02" or a year "2022".
    argument : str
        What an error calls it.
    last : bool
        A month or a year means its last day, instead of its first.

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
    """Mark the dates of a window, both bounds included.

    Parameters
    ----------
    dates : array of shape (T,)
        See :func:`check_dates`.
    start, end
        See :func:`day_of`; None leaves that side open.

    Returns
    -------
    array of bool, shape (T,)

    Raises
    ------
    InputError
        A bound is no date, or none of the dates lies between the two.

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
