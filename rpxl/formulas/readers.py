"""How arguments are read: one reader per kind of argument, each with the help that the function wizard shows."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from rpxl.core.dates import day_of
from rpxl.core.limits import read_groups
from rpxl.errors import InputError
from rpxl.formulas.cells import (
    Array,
    Block,
    Cells,
    as_rows,
    error_text,
    is_blank,
    is_error_code,
    is_label,
    read_number,
)
from rpxl.formulas.date_column import require_distinct, require_oldest_first
from rpxl.formulas.date_numbers import day_of_serial
from rpxl.formulas.date_texts import YEARS
from rpxl.formulas.grid import read_matrix, read_table
from rpxl.formulas.labels import name_key, quote, require_agreement

_LEAST_PRICE, _FEWEST_ROWS = 1.0, 4
"""So many rows of numbers that are all 1 or more are not returns: the investment would double in every period."""


@dataclass(frozen=True)
class Reader:
    """How an argument is read; `help` is the text that the function wizard shows for it."""

    help: str

    @abstractmethod
    def read(self, argument: str, cells: Cells) -> Block:
        """Read the cells of `argument`.

        Raises
        ------
        InputError
            The cells do not hold what the argument needs; the message says what they hold.
        """


class Raw(Reader):
    """Takes the cells as they are; the function reads them itself."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        return Block(argument, cells)


class Number(Reader):
    """One finite number."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        if type(cells) is float and math.isfinite(cells) and not is_error_code(cells):
            return Block(argument, cells)
        return Block(argument, read_number(argument, one_cell(argument, cells, "one number")))


@dataclass(frozen=True)
class Choice(Reader):
    """One word out of several, in upper or lower case."""

    options: tuple[str, ...] = ()

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = one_cell(argument, cells, "one word")
        word = cell.strip().lower() if isinstance(cell, str) else None
        if word not in self.options:
            error = error_text(cell)
            held = f"holds the error {error}" if error else f"is {quote(cell)}"
            raise InputError(argument, f"{held}; choose one of: {', '.join(self.options)}.")
        return Block(argument, word)


@dataclass(frozen=True)
class Vector(Reader):
    """One number per asset, in a row or a column; or one per group, where `per` is the argument with the groups."""

    per: str = ""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = read_matrix(argument, cells)
        rows, columns = block.values.shape
        if rows > 1 and columns > 1:
            problem = f"is {rows} × {columns} numbers; give one row or one column."
            raise InputError(argument, problem)
        block.is_row = rows == 1 and columns > 1
        block.labels = block.column_labels if block.is_row else block.row_labels
        block.values = block.values.ravel()
        return block


class Groups(Reader):
    """The group of each asset, a text or a number, in a row or a column; groups in order of first appearance."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        if len(rows) > 1 and len(rows[0]) > 1:
            raise InputError(argument, f"is {len(rows)} × {len(rows[0])} cells; give one row or one column.")
        block = Block(argument, [], is_row=len(rows[0]) > 1)
        names: dict[str, str] = {}
        for i, cell in enumerate(cell for row in rows for cell in row):
            if is_blank(cell):
                raise InputError(argument, "{0} is blank. Each asset needs a group.", block.place(i), missing=True)
            if not is_label(cell):
                cell = read_number(argument, cell, block.place(i))
            elif name_key(cell) in names:
                cell = names[name_key(cell)]
            else:
                names[name_key(cell)] = cell
            block.values.append(cell)
        block.labels = list(read_groups(block.values, len(block.values))[0])
        return block


class Flag(Reader):
    """TRUE or FALSE; 1, 0, yes and no are understood too."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = one_cell(argument, cells, "TRUE or FALSE")
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
    """One column per asset, one row per date; a first column of dates is read as the block's `dates`.

    The rule for what is a date is in :mod:`rpxl.formulas.date_column`. With `gaps`, blank and #N/A cells are read as
    NaN, which the function refuses or leaves out. With `oldest_first`, dated rows in another order are refused; a
    function for which the order matters only with some options calls
    :func:`~rpxl.formulas.date_column.require_oldest_first` itself.
    """

    gaps: bool = False
    oldest_first: bool = False

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        return self._dated(read_table(argument, cells, gaps=self.gaps), self.oldest_first)

    def _dated(self, block: Block, oldest_first: bool) -> Block:
        block.labels = block.column_labels
        block.undated = next(filter(None, block.row_labels or ()), "")
        if block.argument == "returns" and _are_prices(block.values):
            held = f"{{0}} is {block.values[0, 0]:g}, and no number is below 1"
            problem = f"{held}: these look like prices. Convert them with RETURNS first."
            raise InputError(block.argument, problem, block.place((0, 0)))
        try:
            (require_oldest_first if oldest_first else require_distinct)(block.argument, block.dates)
        except InputError as error:
            raise error.relocate(block.place) from None
        return block


@dataclass(frozen=True)
class DatedAssetTable(AssetTable):
    """An AssetTable whose first column must be dates, oldest first."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        if len(as_rows(argument, cells)[0]) < 2:
            raise InputError(argument, "has one column. It needs dates in the first column, and numbers beside them.")
        return self._dated(read_table(argument, cells, dated=True, gaps=self.gaps), True)


@dataclass(frozen=True)
class Day(Reader):
    """One day: a date; or a month or a year, which stands for its first day, or with `last` for its last."""

    last: bool = False

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = one_cell(argument, cells, "one date")
        if isinstance(cell, int | float) and YEARS[0] <= cell <= YEARS[1] and cell == int(cell):
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
        block = read_matrix(argument, cells, triangle=True)
        columns, rows = block.column_labels, block.row_labels
        require_agreement(argument, columns, rows)
        block.labels = columns or rows
        if columns is not None and rows is not None and len(columns) == len(rows):
            block.labels = [column or row for column, row in zip(columns, rows, strict=True)]
        return block


def _are_prices(values: Array) -> bool:
    """Tell whether all numbers are too large for returns; the first must not be missing."""
    return len(values) >= _FEWEST_ROWS and bool(values[0, 0] >= _LEAST_PRICE) and not (values < _LEAST_PRICE).any()


def one_cell(argument: str, cells: Cells, wanted: str) -> Any:
    """Return the only cell of a range; raise InputError if it has several."""
    rows = as_rows(argument, cells)
    if len(rows) > 1 or len(rows[0]) > 1:
        raise InputError(argument, f"is a range of {len(rows)} × {len(rows[0])} cells; give {wanted}.")
    return rows[0][0]


def _read_day(argument: str, cell: Any) -> date:
    """Read one cell as a day, without its time of day; raise InputError if it holds something else."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    serial = read_number(argument, cell)
    day = day_of_serial(serial)
    if day is None:
        raise InputError(argument, f"is {serial:.10g}, which is no date from 1900 to 2199.")
    return day
