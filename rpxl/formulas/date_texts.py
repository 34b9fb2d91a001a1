"""Dates as people write them: every date that a text can mean, and the one that a column of texts means."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from rpxl.core.calendar import frequency, gaps
from rpxl.core.dates import Dates
from rpxl.errors import InputError

YEARS = (1700, 2199)
"""The years that a date may have."""

_LATEST_SHORT_YEAR, _EARLIEST_SHORT_YEAR = 29, 70  # years of two digits; 30 to 69 may be 19xx or 20xx

_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_TIME = re.compile(
    r"[T\s,]+\d{1,2}[:h]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?"  # 16:00, 16:00:00, 16:00:00.000
    r"\s*(?:[ap]\.?m\.?)?\s*(?:[A-Za-z]{1,5}|[A-Za-z]+/[A-Za-z_]+)?(?:[+-]\d\d?(?::?\d\d)?)?$",  # PM, UTC, -05:00
    re.IGNORECASE,
)
_SIGN = r"\s*[-/. ]\s*"
_YEAR_FIRST = re.compile(rf"(\d{{4}})({_SIGN})(\d{{1,2}})\2(\d{{1,2}})")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})({_SIGN})(\d{{1,2}})\2(\d{{4}}|'?\d\d)")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월](?:\s*(\d{1,2})\s*[日일])?")
_DAY_MONTH_YEAR = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+(?:of|de))?[\s/.-]*([^\W\d_]{3,10})\.?(?:\s+de)?[\s/.,-]*(\d{4}|'?\d\d)"
)
_MONTH_DAY_YEAR = re.compile(r"([^\W\d_]{3,10})\.?[\s/-]*(\d{1,2})(?:st|nd|rd|th)?[\s/,.-]+(\d{4})")
_YEAR_MONTH_DAY = re.compile(r"(\d{4})[\s/.-]*([^\W\d_]{3,10})\.?[\s/.-]*(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MONTH = (
    re.compile(r"(?P<y>\d{4})\s*[-/]?\s*M?(?P<m>\d{1,2})", re.IGNORECASE),
    re.compile(r"(?P<m>\d{1,2})\s*[-/]\s*(?P<y>\d{4})"),
    re.compile(r"(?P<m>[^\W\d_]{3,10})\.?[\s/,.-]*(?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})[\s/.-]*(?P<m>[^\W\d_]{3,10})\.?"),
)
_QUARTER = re.compile(
    r"(?P<y1>\d{4})[\s-]*Q(?P<q1>[1-4])|Q(?P<q2>[1-4])[\s/-]*(?P<y2>\d{4}|'?\d\d)|"
    r"(?P<q3>[1-4])\s?Q\s?(?P<y3>\d{4}|'?\d\d)",
    re.IGNORECASE,
)
_ISO_WEEK = re.compile(r"(\d{4})-?W(\d\d)(?:-?([1-7]))?", re.IGNORECASE)
_MONTH_SHORT_YEAR = re.compile(r"([^\W\d_]{3,10})\.?[\s/-]*'?(\d\d)")
_THREE_NUMBERS = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_TWO_NUMBERS = re.compile(r"\d{1,2}[-/]\d\d")
_DAY_MONTH = re.compile(r"\d{1,2}[\s/-]?([^\W\d_]{3,10})\.?")
_NAMES_A_YEAR = re.compile(r"(?<!\d)(?:1[789]|2[01])\d\d(?!\d)")

_MONTHS = tuple(
    names.split()
    for names in (
        "january januar janvier enero gennaio janeiro januari",
        "february februar fevrier febrero febbraio fevereiro februari",
        "march marz mars marzo marco maart maerz",
        "april avril abril aprile",
        "may mai mayo maggio maio mei",
        "june juni juin junio giugno junho",
        "july juli juillet julio luglio julho",
        "august aout agosto augustus",
        "september septembre septiembre settembre setembro",
        "october oktober octobre octubre ottobre outubro",
        "november novembre noviembre novembro",
        "december dezember decembre diciembre dicembre dezembro",
    )
)
"""The months in English, German, French, Spanish, Italian, Portuguese and Dutch, without accents."""

_ENOUGH = 13
"""13 first days of months span more than a year, and of 13 consecutive days one is after the 12th of a month."""

_MONTHS_ACROSS = 6
_QUARTERS = ("q1", "q2", "q3", "q4")
_NUMBERED_MONTHS = tuple(str(month) for month in range(1, 13))

Readings = dict[str, date]
"""The dates that a text can mean, by order of day, month and year (see `_ORDERS`); "only" if there is just one."""

_ORDERS = ("dmy", "mdy", "ymd", "dmy 20", "mdy 20", "ymd 20")
"""The orders of day, month and year; with "20", years of two digits from 30 to 69 are read as 2030 to 2069."""


class Ambiguous(ValueError):  # noqa: N818
    """Texts that can be dates in more than one order, or in no common order; `row` is the index of one of them."""

    def __init__(self, row: int, reason: str) -> None:
        self.row = row
        super().__init__(reason)


def read_texts(texts: Sequence[str]) -> Dates | int:
    """Read texts as dates in one order of day, month and year.

    Returns
    -------
    array of shape (T,), or int
        ``datetime64[D]``; or the index of the first text that is no date.

    Raises
    ------
    Ambiguous
        All texts can be read in more than one order, or there is no order in which all can be read.

    Notes
    -----
    A month is read as its last day, and so are a quarter and a week such as 2024-W01. A time of day and a time zone are
    ignored. A year of two digits is one from 1970 to 2029; 30 to 69 may be 19xx or 20xx. Where day and month are both
    numbers, one text with a day above 12 decides the order for all. So do 13 texts or more that have a frequency
    without gaps (such as first days of months) in one order only. A year of two digits is the last number, not the
    first, if the texts are sorted by date only when they are read so.

    Examples
    --------
    >>> read_texts(["1/4/2021 16:00:00", "1/15/2021 16:00:00"])
    array(['2021-01-04', '2021-01-15'], dtype='datetime64[D]')
    >>> read_texts(["31 Jan 2024", "total"])
    1
    >>> read_texts(["1/4/2021", "2/4/2021"])
    Traceback (most recent call last):
        ...
    rpxl.formulas.date_texts.Ambiguous: can be 2021-04-01 or 2021-01-04
    """
    stripped = [text.strip() for text in texts]
    if all(len(text) == 10 and text[4] == text[7] == "-" for text in stripped):  # the usual case, and much faster
        try:
            days: Dates = np.array(stripped, dtype="datetime64[D]")
        except ValueError:
            pass
        else:
            return days
    months = _months_of_short_years(stripped)
    if months is not None:
        return np.array(months, dtype="datetime64[D]")
    all_readings = []
    for i, text in enumerate(stripped):
        readings = dict(_readings(text))
        if not readings:
            return i
        all_readings.append(readings)
    orders = [order for order in _ORDERS if all("only" in r or order in r for r in all_readings)]
    columns = {tuple(r.get("only") or r[o] for r in all_readings): o for o in reversed(orders)}
    year_last = [column for column, order in columns.items() if not order.startswith("ymd")]
    if len(columns) > 1 and len(year_last) == 1 and _is_sorted(year_last[0]):
        columns = {column: order for column, order in columns.items() if column in year_last or _is_sorted(column)}
    if len(columns) == 2 and len(stripped) >= _ENOUGH:
        regular = {column: order for column, order in columns.items() if _is_regular(column)}
        columns = regular if len(regular) == 1 else columns
    if len(columns) == 1:
        return np.array(next(iter(columns)), dtype="datetime64[D]")
    if not columns:
        raise _two_orders(stripped, all_readings)
    row = next(i for i, r in enumerate(all_readings) if len(set(r.values())) > 1)
    raise Ambiguous(row, "can be " + " or ".join(dict.fromkeys(map(str, all_readings[row].values()))))


def _two_orders(texts: Sequence[str], readings: Sequence[Readings]) -> Ambiguous:
    """Return the error that names two texts which cannot be read in the same order."""
    open_ones = [i for i, r in enumerate(readings) if "only" not in r]
    left = set(_ORDERS)
    for row in open_ones:
        left &= set(readings[row])
        if not left:
            break
    other = next((i for i in open_ones if not set(readings[i]) & set(readings[row])), open_ones[0])
    return Ambiguous(row, f"has day, month and year in another order than '{texts[other]}'")


def _is_sorted(days: Sequence[date]) -> bool:
    return all(a < b for a, b in pairwise(days)) or all(a > b for a, b in pairwise(days))


def _is_regular(days: Sequence[date]) -> bool:
    """Tell whether days, when sorted, have a frequency and no gap."""
    dates: Dates = np.array(sorted(days), dtype="datetime64[D]")
    if len(np.unique(dates)) < len(dates):
        return False
    try:
        return not gaps(dates, frequency(dates)).size
    except InputError:
        return False


def looks_like_date(text: str) -> bool:
    """Tell whether a text that :func:`read_texts` can't read looks like a date: by its numbers, or the name of a month.

    >>> looks_like_date("31 tammikuu 2024"), looks_like_date("Jan-24"), looks_like_date("Stocks")
    (True, True, False)
    """
    short = _MONTH_SHORT_YEAR.fullmatch(text.strip()) or _DAY_MONTH.fullmatch(text.strip())
    if short is not None:
        return _month(short[1]) > 0
    if _TWO_NUMBERS.fullmatch(text.strip()):
        return True
    return bool(_NAMES_A_YEAR.search(text) or _THREE_NUMBERS.match(text.strip()))


def is_date_text(text: str) -> bool:
    """Tell whether a text can be read as a date in at least one way.

    >>> is_date_text("Jan 31, 2024"), is_date_text("January"), is_date_text("3/4/2024")
    (True, False, True)
    """
    return any(True for _ in _readings(text.strip()))


def are_parts_of_a_year(headings: Sequence[str]) -> bool:
    """Tell whether headings are the months or quarters of a year, as in a table with a row per year.

    >>> are_parts_of_a_year(["Jan", "Feb", "Mar", "Apr", "May", "Jun"]), are_parts_of_a_year(["SPY", "May"])
    (True, False)
    """
    words = [heading.strip().rstrip(".").casefold() for heading in headings]
    named = {month for month in map(_month, words) if month}
    return len(named) >= _MONTHS_ACROSS or {*_QUARTERS} <= {*words} or {*_NUMBERED_MONTHS} <= {*words}


def settled_date(text: str) -> date | None:
    """Return the date of a text that can be read in one way only, without regard to other texts; else None.

    >>> settled_date("Jan 31, 2024"), settled_date("31/1/2024")
    (datetime.date(2024, 1, 31), None)
    """
    return dict(_readings(text.strip())).get("only")


def day(year: int, month: int, of_month: int | None = None) -> date | None:
    """Return a date; the last day of the month if `of_month` is None. None if there is no such day."""
    if not YEARS[0] <= year <= YEARS[1] or not 1 <= month <= 12:
        return None
    last = ((date(year + month // 12, month % 12 + 1, 1)) - date.resolution).day
    if of_month is None:
        of_month = last
    return date(year, month, of_month) if 1 <= of_month <= last else None


def _readings(text: str) -> Iterator[tuple[str, date]]:
    """Return all dates that a text can mean, each with the order in which it is read."""
    text = _TIME.sub("", _WEEKDAY.sub("", text, count=1)).strip() if len(text) < 60 else ""
    found: dict[str, date | None] = {}
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        numbers = match.groups() if match.re is _COMPACT else match.group(1, 3, 4)
        found["only"] = day(*map(int, numbers))
    elif match := _YEAR_LAST.fullmatch(text):
        first, second, last = match[1], match[3], match[4]
        for suffix, century in (("", 1900), (" 20", 2000)):
            year = _year(last, century)
            found[f"dmy{suffix}"], found[f"mdy{suffix}"] = (
                day(year, int(second), int(first)),
                day(year, int(first), int(second)),
            )
            if len(last) == 2:
                found[f"ymd{suffix}"] = day(_year(first.rjust(2, "0"), century), int(second), int(last))
    elif match := _EAST_ASIAN.fullmatch(text):
        found["only"] = day(int(match[1]), int(match[2]), int(match[3]) if match[3] else None)
    elif match := _DAY_MONTH_YEAR.fullmatch(text):
        found["only"] = day(_year(match[3]), _month(match[2]), int(match[1]))
    elif match := _MONTH_DAY_YEAR.fullmatch(text):
        found["only"] = day(int(match[3]), _month(match[1]), int(match[2]))
    elif match := _QUARTER.fullmatch(text):
        number, of_year = (match[f"{name}1"] or match[f"{name}2"] or match[f"{name}3"] for name in "qy")
        found["only"] = day(_year(of_year), 3 * int(number))
    elif match := _ISO_WEEK.fullmatch(text):
        with contextlib.suppress(ValueError):  # most years have no week 53
            found["only"] = date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 7))
    elif (match := _YEAR_MONTH_DAY.fullmatch(text)) and _month(match[2]):
        found["only"] = day(int(match[1]), _month(match[2]), int(match[3]))
    elif not text.isdecimal():  # 202401 is handled as a number
        for pattern in _MONTH:
            if match := pattern.fullmatch(text):
                month = int(match["m"]) if match["m"].isdecimal() else _month(match["m"])
                found["only"] = day(int(match["y"]), month)
                break
    yield from ((order, value) for order, value in found.items() if value is not None)


def _year(digits: str, open_century: int | None = None) -> int:
    """Return the year of four or two digits; if two may be 19xx or 20xx, that of `open_century`, or 0 without one."""
    number = int(digits.lstrip("'"))
    if len(digits.lstrip("'")) == 4:
        return number
    if _LATEST_SHORT_YEAR < number < _EARLIEST_SHORT_YEAR:
        return 0 if open_century is None else number + open_century
    return number + (2000 if number <= _LATEST_SHORT_YEAR else 1900)


def _month(name: str) -> int:
    """Return the number of a month by its name or its first three or more letters; 0 for another word."""
    plain = name.lower()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    if len(plain) < 3:
        return 0
    fitting = {i for i, names in enumerate(_MONTHS, 1) if any(month.startswith(plain) for month in names)}
    return fitting.pop() if len(fitting) == 1 else 0


def _months_of_short_years(texts: Sequence[str]) -> list[date] | None:
    """Read texts such as Jan-24 as months if they are consecutive months or quarters; else return None.

    In other texts the number may be a day of the month, in a year that isn't given.
    """
    matches = [_MONTH_SHORT_YEAR.fullmatch(text) for text in texts]
    if len(matches) < 3:
        return None
    days = [day(_year(match[2]), _month(match[1])) if match else None for match in matches]
    if any(found is None for found in days):
        return None
    months = [12 * found.year + found.month for found in days if found is not None]
    steps = set(np.diff(sorted(months)).tolist())
    return [found for found in days if found is not None] if steps in ({1}, {3}) else None
