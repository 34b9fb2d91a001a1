"""Numbers as people and programs write them, judged over whole columns: decimals, thousands, currencies, gaps.

A mark between digits can part thousands or decimals. What a cell shows by itself (``1,390.46`` or ``0.95``) settles it
for the whole file; ``1.006`` alone doesn't. Where nothing settles it, and the two readings differ by more than the
unit, the file is refused.
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
"""No price trebles from one row to the next in a file where marks are read rightly; read wrongly it jumps by 1,000."""


@dataclass
class _Column:
    """A column while it is read: floats where that is clear, texts that are taken apart, and NaN for gaps."""

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
        """Return where the first number with a mark that can be read in two ways stands."""
        return next(at for at, text in self.texts.items() if text.mark == mark)

    def read(self, decimal: str) -> Values:
        values = self.values.copy()
        for at, text in self.texts.items():
            try:
                values[at] = text.value(decimal)
            except ValueError:
                other = "comma" if decimal == "." else "dot"
                problem = f"{self.text(at)} is not a number where the {other} parts thousands."
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
        What messages call the columns.
    notes : list of str
        Gets what the user should know.
    percent : bool
        Whether numbers may be written as percentages, as prices may not.

    Returns
    -------
    array of shape (T, n)
        NaN where there is no value.

    Raises
    ------
    InputError
        A cell holds no number, or one that can be read in two ways; the text names it.
    """
    read = [_read_column(table, rows, column, label) for column, label in zip(columns, labels, strict=True)]
    for column in read:
        for at, text in column.texts.items() if not percent else ():
            if text.unit == "%":
                raise column.error(f"{column.text(at)} is a percentage, not a price. If these are returns, say so.", at)
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
            f"{column.text(at)} is written in another way than the numbers above it: percent or not?", at
        )
    money = [unit for unit in units if unit]
    if len(money) > 1:
        at = units[money[1]]
        raise column.error(f"{column.text(at)} is in another currency than the numbers above it.", at)
    return column


def _quick(cells: Sequence[Cell]) -> Values | None:
    """Read a column that holds nothing but plain numbers; None when it needs a closer look."""
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
    """Tell whether dots in a column part decimals: one number with other than three digits after it proves it."""
    dotted = False
    for cell in cells:
        whole, dot, fraction = cell.partition(".")
        if dot:
            dotted = True
            if len(fraction.rstrip()) != 3 or len(whole.lstrip("+-")) not in (1, 2, 3) or whole.lstrip("+-")[0] == "0":
                return True
    return not dotted


def _decimal_mark(table: FileTable, columns: Sequence[_Column], notes: list[str]) -> str:
    """Find the decimal mark of a file; raise when its cells contradict each other, or can be read in two ways."""
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
    for column in columns:  # plain columns prove that dots are decimals, as the quick look has seen
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
    """Find what a mark before three digits means, where no number of the file proves it."""
    mixed = [column for column in columns if _without(column, mark)]
    for column in mixed:
        as_decimals, as_thousands = _largest_step(column.read(mark)), _largest_step(column.read(OTHER_MARK[mark]))
        if as_thousands < _SMOOTH and as_decimals > _JUMP:
            at = column.first(mark)
            value = column.read(OTHER_MARK[mark])[at]
            notes.append(
                f"{'Dots' if mark == '.' else 'Commas'} part thousands: {column.text(at)} was read as {value:g}."
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
    """Return where a plain column has its first decimal point."""
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
    """Return a table of any kind with its texts that are numbers read as such; the rest stays.

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
