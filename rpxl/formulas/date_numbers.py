"""Numbers that may be dates: the day from which a workbook counts, and what a column of numbers holds.

The rule is in :mod:`rpxl.formulas.date_column`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.core.dates import DAY_ZERO, DAY_ZERO_1904, Dates
from rpxl.formulas.date_texts import YEARS, day

_day_zero: ContextVar[date] = ContextVar("day_zero", default=DAY_ZERO)

FIRST_SERIAL, LAST_SERIAL = 61.0, 109574.0
"""1900-03-01 and 2199-12-31: spreadsheets number days before March 1900 in different ways."""

_MODERN = (18264, 73415)
"""1950-01-01 and 2100-12-31."""

_MINUTE = 0.02
"""The largest distance of a time of day from a whole minute, in minutes: some files round days to five decimals."""


@dataclass(frozen=True)
class DateColumn:
    """What a column holds.

    Attributes
    ----------
    dates : array of shape (T,), or None
        The days, ``datetime64[D]``, in the order of the rows, NaT for a blank cell; None if the column holds no dates,
        or there is a question.
    question : str or None
        A message to the user: why the column may be dates or something else, or which cell is wrong, and what to do.
        ``{0}``, ``{1}`` … are placeholders for the `cells`.
    cells : tuple of int
        The indices of the cells that the question names, from 0.
    missing : bool
        Whether the question is about a cell that is blank or #N/A.
    """

    dates: Dates | None = None
    question: str | None = None
    cells: tuple[int, ...] = ()
    missing: bool = False


NOT_DATES = DateColumn()


@contextmanager
def days_counted_from(zero: date) -> Iterator[None]:
    """Inside a ``with`` block, read day numbers as days since `zero`, as the workbook of the host counts them.

    Examples
    --------
    >>> with days_counted_from(DAY_ZERO_1904):
    ...     day_of_serial(43830)
    datetime.date(2024, 1, 1)
    >>> day_of_serial(45292)
    datetime.date(2024, 1, 1)
    """
    token = _day_zero.set(zero)
    try:
        yield
    finally:
        _day_zero.reset(token)


def days_from_1904(on: bool = True) -> AbstractContextManager[None]:
    """Inside a ``with`` block, read day numbers as days since 1904, or since 1900 if `on` is False.

    >>> with days_from_1904():
    ...     day_of_serial(0)
    datetime.date(1904, 1, 1)
    """
    return days_counted_from(DAY_ZERO_1904 if on else DAY_ZERO)


def serial_zero() -> date:
    """Return the day that the host's workbook counts as 0."""
    return _day_zero.get()


_LAST_USUAL_YEAR = 2100
"""Whole numbers above this may be years, or days counted from 1900, in the year 1905 and later."""


def _since_1900() -> int:
    """Return the number of days from the usual day 0 to that of the host's workbook."""
    return (_day_zero.get() - DAY_ZERO).days


def day_of_serial(serial: float) -> date | None:
    """Return the day of a day number, without its time of day; None if it is not from March 1900 to 2199.

    >>> day_of_serial(45322.6667), day_of_serial(12.5)
    (datetime.date(2024, 1, 31), None)
    """
    days = serial + _since_1900()
    return DAY_ZERO + timedelta(days=int(days + 1e-6)) if FIRST_SERIAL <= days < LAST_SERIAL + 1.0 else None


def read_known_numbers(values: npt.NDArray[np.float64], heading: str) -> DateColumn:
    """Read numbers that must be dates, in the one way that fits them all."""
    whole = _whole(values)
    if whole is not None:
        written = _written_days(whole)
        if written is None:
            written = _written_months(whole)
        if written is not None:
            return DateColumn(written)
        if YEARS[0] <= whole.min() and whole.max() <= YEARS[1]:
            named = "year" in heading.casefold() or len(whole) == 1
            if named or (_is_count(whole) and whole.max() <= _LAST_USUAL_YEAR):
                return DateColumn(_ends_of_years(whole))
            text = f"The first column ({_shown(values)}) can be years, or days counted from 1900."
            return DateColumn(question=f"{text} Write dates as 2024-01-31.")
        if len(whole) > 2 and _is_count(whole) and whole.max() < _MODERN[0]:
            return DateColumn(question=_row_numbers(values))
    months = _decimal_months(values)
    if months is not None:
        return DateColumn(months)
    days = [day_of_serial(value) for value in values.tolist()]
    if whole is None and values.min() < _MODERN[0] and not _at_whole_minutes(values):
        days = [None, *days]
    if None in days:
        i = days.index(None)
        problem = f"{{0}} is {values[i]:.10g}, which is no date from 1900 to 2199. Write dates as 2024-01-31."
        return DateColumn(question=problem, cells=(i,))
    return DateColumn(np.array(days, dtype="datetime64[D]"))


def tell_numbers(values: npt.NDArray[np.float64], heading: Any, apart: bool) -> DateColumn:
    """Find whether numbers are dates where no heading says so, by the rule of :mod:`rpxl.formulas.date_column`."""
    is_named = isinstance(heading, str) and bool(heading.strip())
    apart = apart or (isinstance(heading, str) and not is_named)
    whole = _whole(values)
    if whole is not None:
        written = _written_days(whole)
        if written is not None and len(whole) > 1:
            return DateColumn(written)
        months = _written_months(whole)
        if months is not None and (len(whole) >= 4 or _changes_one_way(values)):
            return DateColumn(months) if len(np.unique(whole)) >= 4 else DateColumn(question=_either(values, months))
    months = _decimal_months(values)
    if months is not None:
        one_by_one = bool((np.abs(np.diff(months.astype("datetime64[M]").astype(np.int64))) == 1).all())
        return DateColumn(months) if one_by_one and len(values) >= 6 else DateColumn(question=_either(values, months))
    if not _at_whole_minutes(values):
        return NOT_DATES
    days = np.floor(values + 1e-6).astype(np.int64) + _since_1900()
    in_order = np.unique(days)
    one_way = _changes_one_way(values)
    dates = np.datetime64(DAY_ZERO, "D") + days
    if len(in_order) < len(days):
        several = one_way and len(days) >= 6 and _is_modern(in_order)
        return DateColumn(question=_several_a_day(values, dates)) if several else NOT_DATES
    if _is_calendar(in_order, nameless=not is_named):
        return DateColumn(dates)
    if whole is not None and _is_count(whole):
        if YEARS[0] <= whole.min() and whole.max() <= YEARS[1]:
            return DateColumn(question=_either(values, _ends_of_years(whole), count=True))
        if _is_modern(in_order):
            return DateColumn(question=_either(values, dates, count=True))
        if (whole.min() in (0, 1) and len(whole) > 2) or len(whole) >= 5:
            return DateColumn(question=_row_numbers(values))
    if _is_modern(in_order):
        can_be = one_way or apart or (not is_named and bool((values % 5 != 0).any()))
    elif apart and in_order[0] >= FIRST_SERIAL and in_order[-1] <= LAST_SERIAL:
        can_be = True
    else:
        return (
            DateColumn(question=_either(values, None))
            if whole is not None and one_way and len(values) >= 6
            else NOT_DATES
        )
    return DateColumn(question=_either(values, dates)) if can_be else NOT_DATES


def _whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64] | None:
    """Return numbers as integers; None if one is not whole, or too large for any date."""
    if not np.isfinite(values).all() or np.abs(values).max() > 1e15 or (values != np.floor(values)).any():
        return None
    return values.astype(np.int64)


def _written_days(whole: npt.NDArray[np.int64]) -> Dates | None:
    """Read days written as 20240131; None if one is not a day."""
    if whole.min() < YEARS[0] * 10_000 or whole.max() > YEARS[1] * 10_000 + 1231:
        return None
    days = [day(n // 10_000, n // 100 % 100, n % 100) for n in whole.tolist()]
    return None if None in days else np.array(days, dtype="datetime64[D]")


def _written_months(whole: npt.NDArray[np.int64]) -> Dates | None:
    """Read months written as 202401, each as its last day; None if one is not a month."""
    if whole.min() < YEARS[0] * 100 or whole.max() > YEARS[1] * 100 + 12:
        return None
    days = [day(n // 100, n % 100) for n in whole.tolist()]
    return None if None in days else np.array(days, dtype="datetime64[D]")


def _decimal_months(values: npt.NDArray[np.float64]) -> Dates | None:
    """Read 1871.01, 1871.02 … 1871.1, 1871.11 as different months; None if one is not a month or occurs twice."""
    if len(values) < 3 or not YEARS[0] <= values.min() <= values.max() < YEARS[1]:
        return None
    years = np.floor(values)
    months = np.round((values - years) * 100.0)
    if (np.abs((values - years) * 100.0 - months) > 1e-6).any() or months.min() < 1.0 or months.max() > 12.0:
        return None
    if len(np.unique(values)) < len(values):
        return None
    return np.array([day(int(y), int(m)) for y, m in zip(years, months, strict=True)], dtype="datetime64[D]")


def _ends_of_years(whole: npt.NDArray[np.int64]) -> Dates:
    return np.array([date(year, 12, 31) for year in whole.tolist()], dtype="datetime64[D]")


def _at_whole_minutes(values: npt.NDArray[np.float64]) -> bool:
    """Tell whether numbers can be days, without a time of day or with one in whole minutes."""
    if not np.isfinite(values).all() or values.min() < -1e6 or values.max() > LAST_SERIAL + 1.0:
        return bool(np.isfinite(values).all() and (values == np.floor(values)).all() and np.abs(values).max() < 1e15)
    minutes = (values - np.floor(values)) * 1440.0
    return bool((np.abs(minutes - np.round(minutes)) <= _MINUTE).all())


def _changes_one_way(values: npt.NDArray[np.float64]) -> bool:
    """Tell whether numbers rise in every row, or fall in every row."""
    steps = np.diff(values)
    return bool((steps > 0.0).all() or (steps < 0.0).all())


def _is_count(whole: npt.NDArray[np.int64]) -> bool:
    """Tell whether whole numbers, when sorted, rise by 1 each time."""
    return len(whole) > 1 and bool((np.diff(np.sort(whole)) == 1).all())


def _is_modern(days: npt.NDArray[np.int64]) -> bool:
    return bool(_MODERN[0] <= days[0] and days[-1] <= _MODERN[1])


def _is_calendar(days: npt.NDArray[np.int64], *, nameless: bool) -> bool:
    """Tell whether sorted days are trading days, weeks or months."""
    steps = np.diff(days)
    if len(days) < 3 or days[0] < FIRST_SERIAL or days[-1] > LAST_SERIAL:
        return False
    on_weekdays = bool(((days - 2) % 7 < 5).all())  # the second day counted was a Monday
    if nameless and on_weekdays and _is_modern(days) and steps.max() <= 5 and steps.max() > 1:
        return True
    if len(days) < 6:
        return False
    if steps.max() <= 14 and np.median(steps) == 1 and (on_weekdays or (len(days) >= 10 and _rests(days) >= 2)):
        return True
    if np.median(steps) == 7 and ((steps >= 5) & (steps <= 16)).all() and (on_weekdays or (steps == 7).all()):
        return bool((steps != 7).any()) or (len(days) >= 10 and _is_modern(days))
    return _in_months(days)


def _rests(days: npt.NDArray[np.int64]) -> int:
    """Count the days of the week that never occur."""
    return 7 - len(np.unique(days % 7))


def _in_months(days: npt.NDArray[np.int64]) -> bool:
    """Tell whether days are month-ends, first days of months, or the same day of each month; at most one per month."""
    dates = np.datetime64(DAY_ZERO, "D") + days
    months = dates.astype("datetime64[M]")
    if (np.diff(months).astype(np.int64) < 1).any():
        return False
    of_month = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    to_go = ((months + np.timedelta64(1, "M")).astype("datetime64[D]") - dates).astype(np.int64)
    same = len(set(of_month[to_go > 1].tolist())) <= 1
    return bool((to_go <= 4).all() or (of_month <= 4).all() or same)


def _shown(values: npt.NDArray[np.float64]) -> str:
    """Return the first numbers of a column as text."""
    return ", ".join(f"{value:.10g}" for value in values[:3].tolist()) + (" …" if len(values) > 3 else "")


def _row_numbers(values: npt.NDArray[np.float64]) -> str:
    text = f"The first column counts the rows ({_shown(values)}). Leave it out; or, if it is an asset, put another"
    return f"{text} column first."


def _several_a_day(values: npt.NDArray[np.float64], dates: Dates) -> str:
    return f"The first column ({_shown(values)}) can be times within days ({dates[0]} …). Give one row per day."


def _either(values: npt.NDArray[np.float64], dates: Dates | None, *, count: bool = False) -> str:
    """Return the question whether numbers are dates or an asset."""
    as_dates = f"dates ({', '.join(map(str, dates[:2]))} …)" if dates is not None else "dates"
    others = "numbers of the rows or an asset" if count else "an asset"
    return (
        f"The first column ({_shown(values)}) can be {as_dates} or {others}. If dates, write Date above them and "
        "select that heading too; else leave the column out, or put another column first."
    )
