"""How arguments are read: one reader per kind of argument, each with the help that the function wizard shows."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from rpxl.core.dates import DAY_ZERO, Dates, check_dates, day_of
from rpxl.core.limits import read_groups
from rpxl.errors import InputError, describe_index
from rpxl.formulas.cells import (
    DATE_SERIALS,
    ERROR_CODES,
    Block,
    Cells,
    as_rows,
    error_text,
    is_blank,
    is_label,
    is_label_line,
    quote,
    read_grid,
    read_number,
    same_order,
)

_YEARS = (1950.0, 2100.0)


@dataclass(frozen=True)
class Reader:
    """How an argument is read; `help` is what the function wizard says of it."""

    help: str

    @abstractmethod
    def read(self, argument: str, cells: Cells) -> Block:
        """Read the cells of `argument`, or raise InputError."""


class Raw(Reader):
    """Takes the cells as they are; the function reads them itself."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        return Block(argument, cells)


class Number(Reader):
    """One finite number."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        if type(cells) is float and math.isfinite(cells) and cells not in ERROR_CODES:
            return Block(argument, cells)
        return Block(argument, read_number(argument, _one_cell(argument, cells, "one number")))


@dataclass(frozen=True)
class Choice(Reader):
    """One word out of several, in any case."""

    options: tuple[str, ...] = ()

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = _one_cell(argument, cells, "one word")
        word = cell.strip().lower() if isinstance(cell, str) else None
        if word not in self.options:
            error = error_text(cell)
            held = f"holds the error {error}" if error else f"is {quote(cell)}"
            raise InputError(argument, f"{held}; choose one of: {', '.join(self.options)}.")
        return Block(argument, word)


class Vector(Reader):
    """One number per asset, in a row or a column."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = read_grid(argument, cells)
        rows, columns = block.values.shape
        if rows > 1 and columns > 1:
            problem = f"is {rows} × {columns} numbers; give one row or one column."
            raise InputError(argument, problem)
        block.is_row = rows == 1 and columns > 1
        block.labels = block.column_labels if block.is_row else block.row_labels
        block.values = block.values.ravel()
        return block


class Groups(Reader):
    """One name per asset, text or number, in a row or a column; it labels what is given for each group."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        if len(rows) > 1 and len(rows[0]) > 1:
            raise InputError(argument, f"is {len(rows)} × {len(rows[0])} cells; give one row or one column.")
        block = Block(argument, [], is_row=len(rows[0]) > 1)
        for i, cell in enumerate(cell for row in rows for cell in row):
            if is_blank(cell):
                raise InputError(argument, "{0} is blank. Each asset needs a group.", block.place(i), missing=True)
            block.values.append(cell if is_label(cell) else read_number(argument, cell, block.place(i)))
        block.labels = list(read_groups(block.values, len(block.values))[0])
        return block


class Flag(Reader):
    """TRUE or FALSE; 1, 0, yes and no are understood too."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = _one_cell(argument, cells, "TRUE or FALSE")
        word = cell.strip().lower() if isinstance(cell, str) else cell
        if isinstance(word, str | bool | np.bool_ | int | float | np.number):
            for answer, words in ((True, (True, "true", "yes", "1")), (False, (False, "false", "no", "0"))):
                if word in words:  # 1.0 == True
                    return Block(argument, answer)
        error = error_text(cell)
        held = f"holds the error {error}" if error else f"is {quote(cell)}"
        raise InputError(argument, f"{held}; give TRUE or FALSE.")


@dataclass(frozen=True)
class AssetTable(Reader):
    """One column per asset, one row per date; a first column of dates is set aside like labels.

    With `gaps`, blank and #N/A cells are read as NaN, for the function to refuse or to leave out.
    """

    gaps: bool = False

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = read_grid(argument, cells, dates=True, gaps=self.gaps)
        block.labels = block.column_labels
        return block


@dataclass(frozen=True)
class DatedAssetTable(AssetTable):
    """The same, with the dates kept; they must be there unless `required` is False."""

    required: bool = True

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        if self.required and len(rows[0]) < 2:
            raise InputError(argument, "has one column. Dates belong in the first, numbers in those beside it.")
        block = read_grid(argument, cells, dates=True, dated=self.required)
        block.labels = block.column_labels
        column = [row[0] for row in rows[block.top :]]
        if block.left and (self.required or not is_label_line(column) or _iso_day(str(column[0]))):
            block.dates = _read_dates(argument, column, block.top)
        return block


@dataclass(frozen=True)
class Day(Reader):
    """One day: a date, or a month or a year that means its first day, or its `last`."""

    last: bool = False

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = _one_cell(argument, cells, "one date")
        if isinstance(cell, int | float) and _YEARS[0] <= cell <= _YEARS[1] and cell == int(cell):
            cell = f"{cell:.0f}"
        if not is_label(cell):
            cell = _read_day(argument, cell)
        return Block(argument, day_of(cell, argument, last=self.last))


class WordOrVector(Choice):
    """One word out of several, or a vector of numbers."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        is_word = isinstance(rows[0][0], str) or error_text(rows[0][0]) is not None
        if len(rows) == len(rows[0]) == 1 and is_word:
            return super().read(argument, cells)
        return Vector(self.help).read(argument, cells)


class Square(Reader):
    """A symmetric matrix, whole or as a triangle whose other half is blank."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = read_grid(argument, cells, triangle=True)
        same_order(block, block.column_labels, block.row_labels, "its rows")
        block.labels = block.column_labels or block.row_labels
        return block


def _one_cell(argument: str, cells: Cells, wanted: str) -> Any:
    rows = as_rows(argument, cells)
    if len(rows) > 1 or len(rows[0]) > 1:
        raise InputError(argument, f"is a range of {len(rows)} × {len(rows[0])} cells; give {wanted}.")
    return rows[0][0]


def _read_dates(argument: str, column: Sequence[Any], top: int) -> Dates:
    """Read a first column of dates that begins below `top` rows of labels."""
    days = [_read_day(argument, cell, describe_index((i + top, 0))) for i, cell in enumerate(column)]
    try:
        return check_dates(np.array(days, dtype="datetime64[D]"))
    except InputError as error:  # their order
        at_fault = (describe_index((index + top, 0)) for index in error.cells if isinstance(index, int))
        raise InputError(argument, error.problem, *at_fault) from None


def _read_day(argument: str, cell: Any, where: str = "") -> date:
    """Read one cell as a day, or say what it holds instead; a time of day is cut off."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    if is_label(cell):
        day = _iso_day(cell)
        if day is None:
            problem = f"{where} holds the text {quote(cell)} where a date belongs. Write dates as 2024-01-31."
            raise InputError(argument, problem.lstrip())
        return day
    serial = read_number(argument, cell, where)
    if not DATE_SERIALS[0] <= serial < DATE_SERIALS[1] + 1.0:
        raise InputError(argument, f"{where} is {serial:.6g}, which is no date between 1950 and 2100.".lstrip())
    return DAY_ZERO + timedelta(days=int(serial))


def _iso_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
