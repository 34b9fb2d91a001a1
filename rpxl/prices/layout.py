"""Finds the parts of a table: title lines, heading rows, rows of data, source lines; and the columns that are used."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rpxl.formulas.date_column import is_date_heading
from rpxl.formulas.date_texts import YEARS, is_date_text, looks_like_date
from rpxl.prices.number_texts import is_missing, looks_numeric
from rpxl.prices.table import Cell, FileTable, is_empty, label_text, shown

_COUNTER_HEADINGS = frozenset(["", "index", "#", "no", "no.", "nr", "nr.", "row", "id", "unnamed: 0", "obs"])


_ISO, _COMPACT = len("2024-01-31"), len("20240131")
_LONGEST_MONTH = 8
"""Length of texts such as Sept '24, which are months only if the column as a whole shows it."""

_MANY = 10
"""A column of so many numbers, each the one before plus 1, is not an asset."""

_YEAR = re.compile(r"(?:19|20)\d\d\.?")
_MOST = 0.8
"""A column with more than this share of dates is a column of dates; its other cells are mistakes."""


def plain(heading: Cell) -> str:
    """Return a heading in lower case, with letters and digits only.

    >>> plain("<Adj. Close>")
    'adjclose'
    """
    return re.sub(r"[\W_]+", "", label_text(heading).casefold())


def looks_dated(cell: Cell) -> bool:
    """Tell whether a cell alone shows that it is a date; a number does not, except one written as yyyymmdd."""
    if not isinstance(cell, str):
        return isinstance(cell, date)
    text = cell.strip()
    if not any(map(str.isdigit, text)) or (len(text) != _COMPACT and text.replace(".", "", 1).isdecimal()):
        return False
    if len(text) == _ISO and text[4] == text[7] == "-":  # the usual case, and much faster
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text).year >= YEARS[0]
    return is_date_text(text) or (len(text) <= _LONGEST_MONTH and looks_like_date(text) and not text[:4].isdecimal())


@dataclass(frozen=True)
class Layout:
    """The parts of a table.

    Attributes
    ----------
    table
        The table.
    heads
        Indices of the rows above the data that may be headings, from top to bottom.
    body
        Indices of the rows of data.
    columns
        Indices of the columns that hold something in the body.
    dates
        Indices of the columns that hold dates: one, or several where each asset has its own.
    counter
        The index of a column that only counts the rows, or None.
    set_aside
        Numbers, in the file, of lines above and below that are not part of the table.
    """

    table: FileTable
    heads: Sequence[int]
    body: Sequence[int]
    columns: Sequence[int]
    dates: Sequence[int]
    counter: int | None
    set_aside: Sequence[int]

    @property
    def value_columns(self) -> list[int]:
        """The columns that neither hold dates nor count the rows."""
        return [c for c in self.columns if c not in self.dates and c != self.counter]

    def column(self, index: int) -> list[Cell]:
        """Return the cells of a column in the rows of data."""
        return [self.table.cell(row, index) for row in self.body]

    def heading(self, index: int, level: int = -1) -> Cell:
        """Return the heading of a column, from the lowest heading row or another `level`; None if there is none."""
        return self.table.cell(self.heads[level], index) if self.heads else None


def find_layout(table: FileTable) -> Layout:
    """Find the parts of a table of dated rows.

    The data begin with the first row that has a date and a number, if one of the next two rows also has them; the rows
    above are titles and headings. Lines below the last such row name a source if they hold no number except a year.

    Raises
    ------
    InputError
        There is no such row, or a row above the data seems to be data with a date that can't be read.
    """
    kept = [i for i, row in enumerate(table.rows) if not all(is_empty(cell) for cell in row)]
    start = next((n for n in range(len(kept) - 1) if _begins(table, kept[n : n + 3])), None)
    if start is None:
        raise table.error(_nothing(table))
    end = len(kept)
    while _is_source(table.rows[kept[end - 1]], len(table.rows[kept[start]])) and not _is_data(table, kept[end - 1]):
        end -= 1
    body = kept[start:end]
    width = max(len(row) for row in table.rows)
    used = [c for c in range(width) if any(not is_empty(table.cell(r, c)) for r in body)]
    clocks = [c for c in used if any(plain(table.cell(r, c)) == "time" for r in kept[max(start - 1, 0) : start])]
    if any(looks_dated(table.cell(body[0], c)) for c in used if c not in clocks):
        used = [c for c in used if c not in clocks]  # the time of day has a column of its own
    heads = [r for r in kept[:start] if _may_be_heading(table, r, used)]
    aside = [table.numbers[r] for r in [*(r for r in kept[:start] if r not in heads), *kept[end:]]]
    dates, counter = _date_columns(table, heads, body, used)
    _refuse_data_above(table, heads, body, [c for c in used if c not in dates and c != counter], dates)
    return Layout(table, heads, body, used, dates, counter, aside)


def _is_source(cells: Sequence[Cell], width: int) -> bool:
    """Tell whether a line is words, not data with a wrong date: it holds no number except perhaps a year."""
    numbers = [cell for cell in cells[1:] if looks_numeric(cell)]
    return not numbers or (len(numbers) == 1 and width > 2 and bool(_YEAR.fullmatch(label_text(numbers[0]))))


def _begins(table: FileTable, rows: Sequence[int]) -> bool:
    """Tell whether data begin with the first of some rows; one of the next two may have a wrong date."""
    if not _is_data(table, rows[0]):
        return False
    if _is_data(table, rows[1]):
        return True
    spoilt = sum(looks_numeric(cell) for cell in table.rows[rows[1]][1:])
    return len(rows) > 2 and spoilt > 0 and _is_data(table, rows[2])


def _refuse_data_above(
    table: FileTable, heads: Sequence[int], body: Sequence[int], values: Sequence[int], dates: Sequence[int]
) -> None:
    """Raise InputError for a row above the data that seems to be data, but has no date that can be read.

    A row of numbers may also hold labels, such as the tickers of some exchanges: if no other row has labels, and the
    heading of the dates says Date, or is blank and the numbers are of another size than those below.
    """
    at = dates[0] if dates else 0
    for n, row in enumerate(heads):
        cells = [table.cell(row, c) for c in values]
        if not values or not all(looks_numeric(cell) or is_missing(cell) for cell in cells):
            continue
        corner = table.cell(row, at)
        labelled = any(not is_empty(table.cell(other, values[0])) for other in [*heads[:n], *heads[n + 1 :]])
        if all(is_missing(cell) for cell in cells) or (is_date_heading(corner) and not labelled):
            continue
        if is_empty(corner) and not labelled and not _alike(cells, [table.cell(body[0], c) for c in values]):
            continue
        held = f"{shown(corner)} is not a date" if not is_empty(corner) else "the date is missing"
        raise table.error(f"{held}. Write dates as 2024-01-31; labels of assets belong in the first row.", row, at)


def _alike(cells: Sequence[Cell], below: Sequence[Cell]) -> bool:
    """Tell whether each number is between a third and three times the one below it."""
    try:
        pairs = [(float(a), float(b)) for a, b in zip(cells, below, strict=True)]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True
    return all(b > 0.0 and 1 / 3 < a / b < 3.0 for a, b in pairs)


def _is_data(table: FileTable, row: int) -> bool:
    cells = table.rows[row]
    dated = [c for c, cell in enumerate(cells) if looks_dated(cell)]
    if not dated and not looks_numeric(cells[0]):
        return False
    at = dated[0] if dated else 0
    others = [cell for c, cell in enumerate(cells) if c != at]
    if any(looks_numeric(cell) and not looks_dated(cell) for cell in others):
        return True
    return bool(dated) and bool(others) and all(map(is_missing, others))


def _may_be_heading(table: FileTable, row: int, used: Sequence[int]) -> bool:
    """Tell whether a row is headings, not a title: it has cells beside the first column, or a heading for dates."""
    filled = [c for c in used if not is_empty(table.cell(row, c))]
    return len(filled) > 1 or (len(filled) == 1 and (filled[0] > 0 or is_date_heading(table.cell(row, 0))))


def _date_columns(
    table: FileTable, heads: Sequence[int], body: Sequence[int], used: Sequence[int]
) -> tuple[list[int], int | None]:
    """Find the columns of dates, and the column that counts the rows, None if there is none."""
    sample = [*body[:50], *body[-50:]]

    def all_dated(column: int) -> bool:
        cells = [cell for row in sample if not is_missing(cell := table.cell(row, column))]
        return bool(cells) and sum(map(looks_dated, cells)) > _MOST * len(cells)

    counter = None
    dated = [c for c in used if all_dated(c)]
    heading = table.cell(heads[-1], used[0]) if heads else None
    if not dated or dated[0] > used[0]:
        named = [c for c in used if heads and is_date_heading(table.cell(heads[-1], c))]
        counts = counts_rows(table, body, used[0])
        if not dated:
            dated = named or ([] if counts else [used[0]])
        if counts and used[0] not in dated and label_text(heading).casefold() in _COUNTER_HEADINGS:
            counter = used[0]
    return dated, counter


def counts_rows(table: FileTable, body: Sequence[int], column: int, *, anywhere: bool = False) -> bool:
    """Tell whether a column counts its rows from 0 or 1; with `anywhere`, ten or more rows from any number."""
    first, second = (table.cell(row, column) for row in body[:2])
    try:
        if float(second) - float(first) != 1.0:  # type: ignore[arg-type]  # the usual case, and much faster
            return False
        numbers = [float(table.cell(row, column)) for row in body]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return (numbers[0] in (0.0, 1.0) or (anywhere and len(numbers) >= _MANY)) and all(
        b - a == 1.0 for a, b in pairwise(numbers)
    )


def _nothing(table: FileTable) -> str:
    first = table.rows[0]
    if sum(map(looks_dated, first)) > 1:
        return "the dates are across the top. Turn the table, so that each date has a row (Paste Special, Transpose)."
    return (
        "there are no two rows with a date and numbers. Put dates into the first column and the prices of the assets "
        "into the next ones, with their labels on top."
    )
