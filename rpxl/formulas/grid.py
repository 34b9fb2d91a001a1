"""Ranges of numbers as people lay them out: with labels, titles, dates, or one half of a matrix left blank."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from rpxl.errors import InputError, describe_index
from rpxl.formulas.cells import (
    LAST_ERROR,
    Array,
    Block,
    Cells,
    as_rows,
    is_blank,
    is_gap,
    is_label,
    read_number,
)
from rpxl.formulas.date_column import is_date_heading, read_date_column
from rpxl.formulas.date_numbers import FIRST_SERIAL
from rpxl.formulas.date_texts import are_parts_of_a_year, is_date_text
from rpxl.formulas.labels import is_name, is_number_text, quote, require_same_order

_SMALL = 10.0
"""Returns are lower than this, and most prices are higher."""

_FEWEST_COUNTED = 5
"""A column of fewer numbers may be an asset although each is the one before plus 1."""

_NUMERIC_NAMES = "Write names that are numbers as text with a letter in it, such as T7203"
_NUMERIC_NAMES_INSIDE = _NUMERIC_NAMES[0].lower() + _NUMERIC_NAMES[1:]


def read_matrix(argument: str, cells: Cells, *, triangle: bool = False) -> Block:
    """Read numbers, with labels or without; with `triangle`, a blank half of a square is filled in from the other.

    Raises
    ------
    InputError
        A cell holds no number; the message names it.
    """
    quick = _quick_grid(cells)
    if quick is not None:
        return Block(argument, quick)
    block, rows = Block(argument, None), as_rows(argument, cells)
    block.top = _heading_rows(rows)
    _set_labels_aside(block, rows)
    if not block.top and not block.left and is_blank(rows[0][0]) and len(rows) > 1 and len(rows[0]) > 1:
        problem = (
            f"{{0}} is blank. Fill in the number; or, if there are names beside and below it: {_NUMERIC_NAMES_INSIDE}."
        )
        raise InputError(argument, problem, block.place((0, 0)), missing=True)
    _read_inner(block, rows, gaps=False, triangle=triangle)
    return block


def read_table(argument: str, cells: Cells, *, dated: bool = False, gaps: bool = False) -> Block:
    """Read one column per asset; the first column may be dates, or must be if the range is `dated`.

    With `gaps`, blank and #N/A cells are read as NaN.

    Raises
    ------
    InputError
        A cell holds no number, a date is missing or in the wrong place, or a column may be dates or numbers.
    """
    quick = _quick_grid(cells)
    if quick is not None:
        block = Block(argument, quick)
        _refuse_dates_on_top(argument, quick[:2], 0, 0)
        if quick.shape[1] == 1 and not dated:
            _refuse_dates_alone(argument, quick[:, 0], None)
        else:
            apart = quick[0, 0] >= FIRST_SERIAL and float(np.abs(quick[:, 1:]).max()) < _SMALL
            _set_dates_aside(block, quick[:, 0], None, known=dated, apart=apart)
            block.values = quick[:, block.left :]
            _refuse_dates_inside(block)
        return block
    block, rows = Block(argument, None), as_rows(argument, cells)
    block.top = _table_heading_rows(rows)
    if len(rows[0]) > 1:
        _refuse_dates_on_top(argument, rows[block.top :], block.top, 1)
        below = rows[block.top :]
        heading = (rows[block.top - 1][0] or "") if block.top else None
        _set_dates_aside(block, [row[0] for row in below], heading, known=dated, apart=_stands_apart(below))
    else:
        _refuse_dates_alone(
            argument, [row[0] for row in rows[block.top :]], rows[block.top - 1][0] if block.top else None
        )
    if block.dates is None:
        _set_labels_aside(block, rows)
    else:
        _require_each_date(block, rows[block.top :], gaps)
        block.column_labels = _labels(rows[block.top - 1][1:]) if block.top else None
    _read_inner(block, rows, gaps=gaps, triangle=False)
    _refuse_dates_inside(block)
    return block


def _quick_grid(cells: Cells) -> Array | None:
    """Read a range that holds numbers only; None for any other, which is then read cell by cell."""
    if isinstance(cells, np.ndarray):
        if cells.ndim != 2 or cells.dtype.kind not in "fiu" or not cells.size:
            return None
        values = cells.astype(np.float64)
    else:
        if type(cells) not in (list, tuple) or not cells or type(cells[0]) not in (list, tuple):
            return None
        width = len(cells[0])
        kinds: set[type] = set()
        for row in cells:
            if type(row) not in (list, tuple) or len(row) != width:
                return None
            kinds.update(map(type, row))
        if not width or not kinds <= {float, int}:
            return None
        try:
            values = np.array(cells, dtype=np.float64)
        except OverflowError:
            return None
    # One pass is enough: a sum is finite only if each number is, and only error codes are as far below 0 as these.
    suspicious = not math.isfinite(values.sum()) or values.min() <= LAST_ERROR
    return None if suspicious else values


def _heading_rows(rows: Sequence[Sequence[Any]]) -> int:
    """Count the rows of labels and titles on top: 0, 1, or 2 for a title above the labels."""
    if len(rows) < 2:
        return 0
    if len(rows) > 2 and _is_title(rows[0]) and _is_heading(rows[1]):
        return 2
    return int(_is_heading(rows[0]))


def _table_heading_rows(rows: Sequence[Sequence[Any]]) -> int:
    """Do the same for a table with dates: a row that begins with a date is data, and tickers may be numbers."""
    top = _heading_rows(rows)
    if top == 1 and isinstance(rows[0][0], str) and is_date_text(rows[0][0]):
        return 0
    below = top if _is_title(rows[0]) else 0
    if top == below and len(rows) > below + 1 and len(rows[0]) > 1 and is_date_heading(rows[below][0]):
        beside = rows[below][1:]
        numbers = [cell for cell in beside if not is_blank(cell) and not is_label(cell)]
        whole = all(type(n) in (int, float) and n == math.floor(n) for n in numbers if not isinstance(n, date))
        if whole and not any(isinstance(n, date) for n in numbers) and len(beside) > 0:
            return below + 1
    return top


def _is_title(row: Sequence[Any]) -> bool:
    """Tell whether a row has a text in its first cell and nothing beside it."""
    return len(row) > 1 and isinstance(row[0], str) and is_name(row[0]) and all(map(is_blank, row[1:]))


def _is_heading(row: Sequence[Any]) -> bool:
    """Tell whether a first row holds labels, or only a title."""
    if not _holds_texts_only(row):
        return False
    beside = row[1:]
    if all(map(is_blank, beside)):
        return isinstance(row[0], str) and is_name(row[0])
    return any(is_label(cell) and is_name(cell) for cell in beside)


def _holds_texts_only(line: Sequence[Any]) -> bool:
    """Tell whether a line holds texts and blanks, and no text that is a number."""
    return all(is_blank(cell) or (is_label(cell) and not is_number_text(cell)) for cell in line)


def _set_labels_aside(block: Block, rows: Sequence[Sequence[Any]]) -> None:
    """Read the texts above and beside the numbers as labels."""
    below = [row[0] for row in rows[block.top :]]
    if len(rows[0]) > 1 and _holds_texts_only(below) and any(is_label(cell) and is_name(cell) for cell in below):
        if len(below) > 1 and is_blank(below[0]) and not any(map(is_blank, below[1:])):
            place = describe_index((block.top, 0))
            problem = f"{{0}} is blank, but there are labels below it. Fill in its label. {_NUMERIC_NAMES}."
            raise InputError(block.argument, problem, place)
        block.left = 1
        block.row_labels = _labels(below)
    if block.top:
        block.column_labels = _labels(rows[block.top - 1][block.left :])


def _labels(cells: Sequence[Any]) -> list[str] | None:
    """Return labels as text; None if all are blank, as in a row that has only a title."""
    labels = [
        "" if is_blank(cell) else f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip() for cell in cells
    ]
    return labels if any(labels) else None


def _read_inner(block: Block, rows: Sequence[Sequence[Any]], *, gaps: bool, triangle: bool) -> None:
    """Read the numbers inside the labels."""

    def value(cell: Any, where: str) -> float:
        return math.nan if gaps and is_gap(cell) else read_number(block.argument, cell, where)

    inner = [list(row[block.left :]) for row in rows[block.top :]]
    is_triangle = triangle and _fill_blank_half(inner)
    block.values = _quick_grid(inner)
    if block.values is None:
        block.values = np.array(
            [[value(cell, block.place((i, j))) for j, cell in enumerate(row)] for i, row in enumerate(inner)]
        )
    if is_triangle:
        block.values = block.values + block.values.T - np.diag(block.values.diagonal())


def _fill_blank_half(rows: list[list[Any]]) -> bool:
    """Put 0 into a half of a square that is blank throughout; return whether there was one."""
    n = len(rows)
    if n < 2 or len(rows[0]) != n:
        return False
    lower = [(i, j) for i in range(n) for j in range(i)]
    upper = [(j, i) for i, j in lower]
    blank = [half for half in (lower, upper) if all(is_blank(rows[i][j]) for i, j in half)]
    if len(blank) != 1:
        return False
    for i, j in blank[0]:
        rows[i][j] = 0.0
    return True


def _stands_apart(rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether the first column may hold day numbers while all numbers beside it are small, as returns are."""
    if not all(type(row[0]) in (int, float) and row[0] >= FIRST_SERIAL for row in rows if not is_blank(row[0])):
        return False
    beside = [abs(cell) for row in rows for cell in row[1:] if type(cell) in (int, float)]
    return bool(beside) and max(beside) < _SMALL


def _set_dates_aside(block: Block, column: Sequence[Any] | Array, heading: Any, *, known: bool, apart: bool) -> None:
    """Read the first column as dates if it holds dates; raise an error that asks if that is not clear."""
    found = read_date_column(column, heading, known=known, apart=apart)
    if found.question is not None:
        places = (describe_index((i + block.top, 0)) for i in found.cells)
        raise InputError(block.argument, found.question, *places, missing=found.missing)
    if found.dates is not None:
        block.left = 1
        block.dates = found.dates


def _refuse_dates_alone(argument: str, column: Sequence[Any] | Array, heading: Any) -> None:
    """Refuse a table that is only a column of dates."""
    if is_date_heading(heading) or read_date_column(column, heading).dates is not None:
        raise InputError(argument, "is a column of dates alone. Select the numbers beside it too.")


def _require_each_date(block: Block, rows: Sequence[Sequence[Any]], gaps: bool) -> None:
    """Refuse a row without a date; with `gaps`, a row that is blank throughout needs none."""
    assert block.dates is not None
    for i in np.flatnonzero(np.isnat(block.dates)).tolist():
        if not gaps or not all(map(is_gap, rows[i])):
            problem = "{0} is blank where a date belongs."
            if i == 0 and block.top == 0:
                problem += f" If the row holds names: {_NUMERIC_NAMES_INSIDE}."
            raise InputError(block.argument, problem, block.place((i, -1)), missing=True)


def _refuse_dates_inside(block: Block) -> None:
    """Refuse columns of a table that are not assets: a column of dates, or one that counts the rows."""
    if are_parts_of_a_year(block.column_labels or ()):
        problem = "has months or quarters across the top. Give one row per date, with the dates in the first column."
        raise InputError(block.argument, problem)
    for j, label in enumerate(block.column_labels or ()):
        if is_date_heading(label):
            problem = f"has the heading {quote(label)} in column {j + 1 + block.left}. Dates belong in the first column"
            raise InputError(block.argument, f"{problem}; leave out other columns of dates.")
    if len(block.values) < _FEWEST_COUNTED:
        return
    whole = ~np.isnan(block.values).any(axis=0)
    whole[whole] = (block.values[:, whole] == np.floor(block.values[:, whole])).all(axis=0)
    for j in np.flatnonzero(whole).tolist():
        column = block.values[:, j]
        if j + block.left > 0 and column[0] in (0.0, 1.0) and (np.diff(column) == 1.0).all():
            problem = f"{{0}} and those below it count the rows ({column[0]:g}, {column[1]:g} …). Leave the column out."
            raise InputError(block.argument, problem, block.place((0, j)))
        if column.min() >= FIRST_SERIAL and j + block.left > 0 and read_date_column(column, "-").dates is not None:
            problem = "{0} and those below it are dates. Dates belong in the first column; leave out other dates."
            raise InputError(block.argument, problem, block.place((0, j)))


def _refuse_dates_on_top(argument: str, rows: Sequence[Sequence[Any]] | Array, top: int, left: int) -> None:
    """Refuse a table that has its dates across the top, in the first of `rows`."""
    if len(rows) < 2 or len(rows[0]) - left < 2:
        return
    corner = rows[0][0] if left else None
    if isinstance(corner, date) or (isinstance(corner, str) and is_date_text(corner)):
        return
    on_top, below = read_date_column(rows[0][left:]), read_date_column(rows[1][left:])
    beside_labels = is_label(corner) and on_top.question is not None  # years, say, beside "Asset"
    if (on_top.dates is not None or beside_labels) and below.dates is None and below.question is None:
        places = (describe_index((top, left)), describe_index((top, len(rows[0]) - 1)))
        problem = "{0} to {1} are dates. Give one row per date, with the dates in the first column: =TRANSPOSE(range)."
        raise InputError(argument, problem, *places)


def check_labels(blocks: Sequence[Block], single: Sequence[tuple[Block, int]] = ()) -> None:
    """Refuse arguments whose labels have an asset in different places; and one number with a label for several assets.

    `single` are the arguments of one number with a label, each with the number of assets or groups.

    Raises
    ------
    InputError
        Labels are in different orders, or one number with a label is given where several are needed.
    """
    labelled = [block for block in blocks if block.labels is not None]
    for i, block in enumerate(labelled):
        for other in labelled[:i]:
            require_same_order(block.argument, block.labels, other.labels, f"the labels of {other.argument}")
    for block, count in single:
        label = next(filter(None, [*(block.row_labels or ()), *(block.column_labels or ())]), None)
        if count > 1 and label is not None and np.size(block.values) == 1:
            problem = f"is one number with the label {quote(label)}, but {count} numbers are needed. Give {count}"
            raise InputError(block.argument, f"{problem}; or, if it is for all of them, select it without its label.")


def check_dates(blocks: Sequence[Block]) -> None:
    """Refuse tables with as many rows as another but different dates: their rows would be matched by position.

    Raises
    ------
    InputError
        A row has another date in one table than in the other; the message names both dates.
    """
    dated = [block for block in blocks if block.dates is not None]
    for i, block in enumerate(dated):
        for other in dated[:i]:
            if block.dates is None or other.dates is None or len(block.dates) != len(other.dates):
                continue
            different = (block.dates != other.dates) & ~(np.isnat(block.dates) & np.isnat(other.dates))
            if different.any():
                row = int(different.argmax())
                text = f"{{0}} is {block.dates[row]}, but the same row of {other.argument} is {other.dates[row]}."
                place = block.place((row, -1))
                raise InputError(block.argument, f"{text} Give the same dates in both.", place)
