"""Numbers as people and programs write them, read over whole columns: decimals, thousands, currencies, gaps.

A dot or comma between digits can be a decimal mark or a thousands mark. A cell such as ``1,390.46`` or ``0.95`` shows
which it is, for the whole file; ``1.006`` alone does not. If no cell shows it:

- in a column where some numbers lack the mark, their sizes decide; if they do not, the file is refused;
- if all numbers of the columns have the mark, a dot is a decimal mark; a comma is one if semicolons, tabs or vertical
  bars separate the cells, else a thousands mark, and a note says how it was read.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from rpxl.errors import InputError
from rpxl.prices.number_texts import OTHER_MARK, NumberText, is_missing, not_a_number, take_apart
from rpxl.prices.table import Cell, FileTable, shown

Values = npt.NDArray[np.float64]

_SMOOTH, _JUMP = math.log(3.0), math.log(50.0)
"""Read correctly, a column has no step by a factor of 3 or more; read wrongly, it has one of about 1,000."""


@dataclass
class _Column:
    """A column that is being read: its plain numbers, its texts split into their parts, and NaN for gaps."""

    table: FileTable
    index: int
    label: str
    rows: Sequence[int]
    values: Values
    texts: dict[int, NumberText] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)

    def error(self, problem: str, at: int) -> InputError:
        return self.table.error(problem, self.rows[at], self.index, self.label)

    def text(self, at: int) -> str:
        return shown(self.table.cell(self.rows[at], self.index))

    def first(self, mark: str) -> int:
        """Return the index of the first number with this mark that can be read in two ways."""
        return next(at for at, text in self.texts.items() if text.mark == mark)

    def read(self, decimal: str) -> Values:
        values = self.values.copy()
        for at, text in self.texts.items():
            try:
                values[at] = text.value(decimal)
            except ValueError:
                other = "comma" if decimal == "." else "dot"
                problem = f"{self.text(at)} is not a number if the {other} separates thousands."
                raise self.error(problem, at) from None
        return values


def read_numbers(
    table: FileTable,
    rows: Sequence[int],
    columns: Sequence[int],
    labels: Sequence[str],
    notes: list[str],
    *,
    percent: bool = True,
) -> Values:
    """Read columns of numbers.

    Parameters
    ----------
    table : FileTable
        The table.
    rows, columns : sequence of int
        The indices of the T rows and n columns that hold the numbers.
    labels : sequence of str
        The names of the columns in messages.
    notes : list of str
        Notes to the user are added to it.
    percent : bool
        Whether numbers may be written as percentages; False for prices.

    Returns
    -------
    array of shape (T, n)
        NaN where there is no value.

    Raises
    ------
    InputError
        A cell holds no number, or one that can be read in two ways; the message names the cell.
    """
    read = [_read_column(table, rows, column, label) for column, label in zip(columns, labels, strict=True)]
    for column in read:
        for at, text in column.texts.items() if not percent else ():
            if text.unit == "%":
                raise column.error(
                    f"{column.text(at)} is a percentage, not a price. If these are returns, use --returns.", at
                )
    if any(column.texts for column in read):
        decimal = _decimal_mark(table, read, notes)
        values = [column.read(decimal) if column.texts else column.values for column in read]
    else:
        values = [column.values for column in read]
    return np.column_stack(values) if values else np.empty((len(rows), 0))


def _read_column(table: FileTable, rows: Sequence[int], index: int, label: str) -> _Column:
    try:
        cells: list[Cell] = [table.rows[row][index] for row in rows]
    except IndexError:
        cells = [table.cell(row, index) for row in rows]
    quick = _quick(cells)
    if quick is not None:
        return _Column(table, index, label, rows, quick)
    column = _Column(table, index, label, rows, np.full(len(rows), math.nan))
    units: dict[str, int] = {}
    for at, cell in enumerate(cells):
        if is_missing(cell):
            continue
        if isinstance(cell, str):
            text = take_apart(cell)
            if text is None:
                raise column.error(not_a_number(cell), at)
            column.texts[at] = text
            units.setdefault(text.unit, at)
        elif isinstance(cell, float | int) and not isinstance(cell, bool):
            if not math.isfinite(cell):
                raise column.error(f"{shown(cell)} is not a finite number.", at)
            column.values[at] = cell
            units.setdefault("", at)
        else:
            held = "a date" if isinstance(cell, date) else shown(cell)
            raise column.error(f"the cell holds {held} where a number belongs.", at)
    if "%" in units and len(units) > 1:
        at = max(units.values())
        raise column.error(
            f"{column.text(at)} and the numbers above it are a mix of percentages and other numbers. Use one form.", at
        )
    money = [unit for unit in units if unit]
    if len(money) > 1:
        at = units[money[1]]
        raise column.error(f"{column.text(at)} is in another currency than the numbers above it.", at)
    return column


def _quick(cells: Sequence[Cell]) -> Values | None:
    """Read a column that holds plain numbers only; None for any other, which is then read cell by cell."""
    if not cells:
        return np.empty(0)
    kinds = set(map(type, cells))
    if kinds != {float} and kinds != {str}:
        return None
    try:
        values = np.array(list(map(float, cells)))  # type: ignore[arg-type]
    except ValueError:
        return None
    if not np.isfinite(values).all():
        return None
    if kinds == {str}:
        text = "".join(cells)  # type: ignore[arg-type]
        if "_" in text or not (text.isascii() and decimals_are_sure(cells)):  # type: ignore[arg-type]
            return None
    return values


def decimals_are_sure(cells: Iterable[str]) -> bool:
    """Tell whether dots in a column are decimal marks: a number that cannot have a thousands mark there proves it.

    >>> decimals_are_sure(["1.006", "0.95"]), decimals_are_sure(["1.006", "984"])
    (True, False)
    """
    dotted = False
    for cell in cells:
        whole, dot, fraction = cell.partition(".")
        if dot:
            dotted = True
            if len(fraction.rstrip()) != 3 or len(whole.lstrip("+-")) not in (1, 2, 3) or whole.lstrip("+-")[0] == "0":
                return True
    return not dotted


def _decimal_mark(table: FileTable, columns: Sequence[_Column], notes: list[str]) -> str:
    """Find the decimal mark of a file; raise InputError if its cells contradict each other or leave it open."""
    proof: dict[str, tuple[_Column, int]] = {}
    unsure: dict[str, list[_Column]] = {}
    for column in columns:
        for at, text in column.texts.items():
            decimal = text.decimal
            if decimal and decimal not in proof:
                proof[decimal] = (column, at)
            if text.mark:
                column.marks.add(text.mark)
        for mark in sorted(column.marks):
            unsure.setdefault(mark, []).append(column)
    for column in columns:  # columns of plain numbers with dots prove that dots are decimal marks
        if not column.texts and "." not in proof and (first := _first_dot(column)) is not None:
            proof["."] = (column, first)
    if len(proof) == 2:
        (dotted, i), (comma, j) = proof["."], proof[","]
        place = table.place(dotted.rows[i], dotted.index, dotted.label)
        problem = f"{comma.text(j)} has a decimal comma, but {dotted.text(i)} in {place} a decimal point. Use one."
        raise comma.error(problem, j)
    if len(proof) == 1:
        decimal = next(iter(proof))
    elif not unsure:
        return "."
    elif len(unsure) == 2:
        column = unsure[","][0]
        at = column.first(",")
        raise column.error(_two_ways(column, at), at)
    else:
        decimal = _weigh(table, next(iter(unsure)), next(iter(unsure.values())), notes)
    for column in unsure.get(decimal, []):
        if _largest_step(column.read(decimal)) > _JUMP:
            at = column.first(decimal)
            raise column.error(_two_ways(column, at), at)
    return decimal


def _weigh(table: FileTable, mark: str, columns: Sequence[_Column], notes: list[str]) -> str:
    """Find whether a mark before three digits is for decimals or thousands, where no number of the file proves it."""
    mixed = [column for column in columns if _without(column, mark)]
    for column in mixed:
        as_decimals, as_thousands = _largest_step(column.read(mark)), _largest_step(column.read(OTHER_MARK[mark]))
        if as_thousands < _SMOOTH and as_decimals > _JUMP:
            at = column.first(mark)
            value = column.read(OTHER_MARK[mark])[at]
            notes.append(
                f"{'Dots' if mark == '.' else 'Commas'} separate thousands: {column.text(at)} was read as {value:g}."
            )
            return OTHER_MARK[mark]
        if not (as_decimals < _SMOOTH and as_thousands > _JUMP):
            at = column.first(mark)
            raise column.error(_two_ways(column, at), at)
    if mark == "." or mixed:
        return mark
    column, at = columns[0], columns[0].first(mark)
    decimal = "," if table.separator in (";", "\t", "|") else "."
    notes.append(f"{column.text(at)} was read as {column.texts[at].value(decimal):g}.")
    return decimal


def _without(column: _Column, mark: str) -> bool:
    """Tell whether some numbers of a column lack the mark that others have."""
    return bool(np.isfinite(column.values).any()) or any(text.mark != mark for text in column.texts.values())


def _first_dot(column: _Column) -> int | None:
    """Return the index of the first number with a dot in a column of plain numbers."""
    cells = (column.table.cell(row, column.index) for row in column.rows)
    return next((at for at, cell in enumerate(cells) if isinstance(cell, str) and "." in cell), None)


def _largest_step(values: Values) -> float:
    known = np.abs(values[np.isfinite(values)])
    known = known[known > 0.0]
    return float(np.abs(np.diff(np.log(known))).max()) if known.size > 1 else 0.0


def _two_ways(column: _Column, at: int) -> str:
    text = column.texts[at]
    ways = f"{text.value('.'):g} or {text.value(','):g}"
    return f"{column.text(at)} can be read in two ways: {ways}. Save the numbers without thousands marks."


def convert(table: FileTable, notes: list[str]) -> FileTable:
    """Return a table of any kind in which texts that are numbers are numbers; other cells are unchanged.

    Raises
    ------
    InputError
        A number can be read in two ways.
    """
    width = max(len(row) for row in table.rows)
    every = range(len(table.rows))
    columns = []
    for index in range(width):
        column = _Column(table, index, "", every, np.full(len(table.rows), math.nan))
        for at in every:
            cell = table.cell(at, index)
            text = take_apart(cell) if isinstance(cell, str) and not is_missing(cell) else None
            if text is not None:
                column.texts[at] = text
            elif isinstance(cell, float):
                column.values[at] = cell
        columns.append(column)
    decimal = _decimal_mark(table, columns, notes)
    read = [column.read(decimal) for column in columns]
    rows: list[list[Cell]] = [
        [float(read[c][r]) if r in columns[c].texts else cell for c, cell in enumerate(row)]
        for r, row in enumerate(table.rows)
    ]
    return replace(table, rows=rows)
