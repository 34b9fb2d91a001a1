"""Prices from a CSV or XLSX file: a column of dates, a header row of labels, numbers."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpxl.core.dates import DAY_ZERO, DAY_ZERO_1904
from rpxl.prices.tables import FileTable, is_empty, label_text, read_table, to_number
from rpxl.xlsx.workbook import CellError, Value

MAX_GAP_DAYS = 10  # the longest closure of a large exchange since 1950 was six days
FEWEST_ROWS = 4
MAX_ROWS = 200_000

_FIRST, _LAST = date(1900, 3, 1), date(2199, 12, 31)  # before March 1900 day numbers are ambiguous
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})|([A-Za-z]{3})[a-z]* (\d{1,2}),? (\d{4})")
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?$")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


@dataclass(frozen=True)
class Prices:
    """Prices of n assets on T dates, the oldest first.

    Attributes
    ----------
    dates
        T dates.
    labels
        n names of assets.
    values
        Prices, shape (T, n), all positive.
    source
        Where they are from, in words.
    """

    dates: list[date]
    labels: list[str]
    values: NDArray[np.float64]
    source: str


def read_prices(path: Path) -> Prices:
    """Read prices and check them.

    The first column holds dates: ISO (2024-01-31), with the month's name (31 Jan 2024), or in any other
    form that can be read in one way only; in a workbook also real dates. The first row holds the labels.
    At least two assets, and at least n + 2 rows (and never fewer than four): with fewer the sample
    covariance of n assets is singular.

    Raises
    ------
    InputError
        With the file, the row and the column of what is wrong.
    """
    table = read_table(path)
    labels = _labels(table)
    body = table.rows[1:]
    if len(body) > MAX_ROWS:
        raise table.error(f"the file has {len(body)} rows of prices; {MAX_ROWS} are the most.")
    for index, row in enumerate(body, 1):
        if len(row) != len(labels) + 1:
            if all(is_empty(cell) for cell in row):
                raise table.error("the row is empty. Take it out.", index)
            raise table.error(f"the row has {len(row)} cells, but the header row {len(labels) + 1}.", index)
    needed = fewest_rows(len(labels))
    if len(body) < needed:
        raise table.error(
            f"{len(body)} rows of prices are too few for {len(labels)} assets: {needed} are needed at least, "
            "better hundreds."
        )
    dates = _dates(table)
    values = _values(table, labels)
    _check_order(table, dates)
    return Prices(dates, labels, values, f"Prices from {path.name}")


def fewest_rows(assets: int) -> int:
    """Return how many rows of prices that many assets need at least."""
    return max(assets + 2, FEWEST_ROWS)


def serial(day: date, date1904: bool = False) -> int:
    """Return the number that a workbook keeps for a date.

    >>> serial(date(2020, 2, 29))
    43890
    """
    return (day - (DAY_ZERO_1904 if date1904 else DAY_ZERO)).days


def _labels(table: FileTable) -> list[str]:
    header = table.rows[0]
    labels = [label_text(cell) for cell in header[1:]]
    if len(labels) < 2:
        raise table.error(
            "the header row has fewer than three cells. The first column holds dates, "
            "then come the prices of two assets at least, separated by commas.",
            0,
        )
    if all(_is_number(cell) for cell in header[1:]):
        raise table.error("the first row should hold the assets' labels, but holds numbers.", 0)
    seen: dict[str, int] = {}
    for column, label in enumerate(labels, 1):
        if not label:
            raise table.error("the asset has no label.", 0, column)
        if isinstance(header[column], CellError):
            raise table.error(f"the label is the error {label}.", 0, column)
        if label.casefold() in seen:
            first = table.error("", 0, seen[label.casefold()]).problem.partition(", ")[2].rstrip(": ")
            raise table.error(f"the label stands in {first} already.", 0, column, label)
        seen[label.casefold()] = column
    return labels


def _is_number(cell: Value) -> bool:
    try:
        to_number(cell)
    except ValueError:
        return False
    return True


def _values(table: FileTable, labels: list[str]) -> NDArray[np.float64]:
    """Convert all prices at once, and look at single cells only when that fails."""
    body = table.rows[1:]
    try:
        if any(type(cell) is not (float if table.is_workbook else str) for row in body for cell in row[1:]):
            raise ValueError
        if any("_" in cell for row in body for cell in row[1:] if isinstance(cell, str)):
            raise ValueError
        values = np.array([[float(cell) for cell in row[1:]] for row in body])  # type: ignore[arg-type]
        if np.isfinite(values).all() and (values > 0).all():
            return values
    except ValueError:
        pass
    for index, row in enumerate(body, 1):
        for column, cell in enumerate(row[1:], 1):
            try:
                if to_number(cell) > 0:
                    if isinstance(cell, str) and cell.strip().endswith("%"):
                        raise ValueError(f"{cell!r} is a percentage, not a price")
                    continue
                problem = f"{label_text(cell)} is not a price; prices are positive"
            except ValueError as error:
                problem = str(error)
            hint = " Fill the gap or leave the date out." if is_empty(cell) else ""
            raise table.error(f"{problem}.{hint}", index, column, labels[column - 1])
    raise AssertionError("some price is wrong")


def _dates(table: FileTable) -> list[date]:
    cells = [row[0] for row in table.rows[1:]]
    slashed = [(i, m) for i, c in enumerate(cells, 1) if isinstance(c, str) and (m := _SLASHED.fullmatch(c.strip()))]
    day_first = _day_first(table, slashed)
    dates = []
    for index, cell in enumerate(cells, 1):
        try:
            day = _date(cell, table.date1904, day_first)
        except ValueError as error:
            raise table.error(f"{error}. Write dates as 2024-01-31.", index, 0) from None
        if not _FIRST <= day <= _LAST:
            raise table.error(f"{day} is outside of the years 1900 to 2199.", index, 0)
        dates.append(day)
    return dates


def _day_first(table: FileTable, slashed: list[tuple[int, re.Match[str]]]) -> bool:
    """Whether dates such as 31/12/2024 begin with the day; refused when both ways of reading are possible."""
    if not slashed:
        return True
    day_first = any(int(match[1]) > 12 for _, match in slashed)
    month_first = any(int(match[3]) > 12 for _, match in slashed)
    index, match = slashed[0]
    if day_first and month_first:
        index, match = next((i, m) for i, m in slashed if int(m[3]) > 12)
        raise table.error(f"{match[0]} puts the month first, other dates the day. Write dates as 2024-01-31.", index, 0)
    if not day_first and not month_first:
        raise table.error(f"{match[0]} can be read in two ways. Write dates as 2024-01-31.", index, 0)
    return day_first


def _date(cell: Value, date1904: bool, day_first: bool) -> date:
    if isinstance(cell, CellError):
        raise ValueError(f"the cell holds the error {cell}")
    if is_empty(cell):
        raise ValueError("the date is missing")
    if isinstance(cell, float) and not isinstance(cell, bool):
        if not cell.is_integer():
            raise ValueError(f"{cell} is not a whole day")
        try:
            return (DAY_ZERO_1904 if date1904 else DAY_ZERO) + timedelta(days=int(cell))
        except OverflowError:
            raise ValueError(f"{cell:g} is not a date") from None
    text = str(cell).strip()
    try:
        if len(text) == 10 and text[4] == "-":
            return date.fromisoformat(text)
        if match := _SLASHED.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            return date(year, second, first) if day_first else date(year, first, second)
        if match := _NAMED.fullmatch(text):
            words = match.group(1, 2, 3) if match[1] else match.group(5, 4, 6)
            return date(int(words[2]), _MONTHS.index(words[1].lower()) + 1, int(words[0]))
        return date.fromisoformat(_MIDNIGHT.sub("", text).replace("/", "-"))
    except ValueError:
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        raise ValueError(f"{shown!r} is not a date") from None


def _check_order(table: FileTable, dates: list[date]) -> None:
    days = np.array([day.toordinal() for day in dates])
    steps = np.diff(days)
    if (steps < 0).all():
        raise table.error("the dates run backwards. Sort the rows, the oldest first.", 1, 0)
    for index in np.flatnonzero(steps <= 0).tolist():
        now, before = dates[index + 1], dates[index]
        if now in dates[: index + 1]:
            first = table.numbers[dates.index(now) + 1]
            raise table.error(f"the date {now} stands in row {first} already.", index + 2, 0)
        raise table.error(f"{now} comes after {before}. Sort the rows, the oldest first.", index + 2, 0)
    usual = float(np.median(steps))
    limit = MAX_GAP_DAYS if usual <= 4 else 3 * usual
    if (steps > limit).any():
        gap = int(np.argmax(steps > limit))
        raise table.error(
            f"there are no prices between {dates[gap]} and {dates[gap + 1]} ({steps[gap]} days). Fill the gap.",
            gap + 2,
            0,
        )
