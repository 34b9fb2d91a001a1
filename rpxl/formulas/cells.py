"""Cell values in, arrays out, and back; every message names the argument and the cell in it.

A host hands over whatever stands in a range: nested lists or tuples of rows, a bare scalar for one cell,
``None`` or ``''`` for a blank, text, dates, and errors as the host writes them (``'#N/A'``, or the
whole numbers that Excel uses). A :class:`Reader` turns that into numbers and remembers where each number stood.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpxl.core.dates import Dates, check_dates, day_of
from rpxl.core.limits import read_groups
from rpxl.errors import ConvergenceError, Index, InputError, describe_index

Cells = Any
"""What a host hands over for one argument."""

Array = NDArray[np.float64]

_FIRST_ERROR = -2146828288
"""What Excel adds to the number of an error when it hands the cell over."""

ERROR_CODES = {
    _FIRST_ERROR + 2000: "#NULL!",
    _FIRST_ERROR + 2007: "#DIV/0!",
    _FIRST_ERROR + 2015: "#VALUE!",
    _FIRST_ERROR + 2023: "#REF!",
    _FIRST_ERROR + 2029: "#NAME?",
    _FIRST_ERROR + 2036: "#NUM!",
    _FIRST_ERROR + 2042: "#N/A",
    _FIRST_ERROR + 2043: "#GETTING_DATA",
    _FIRST_ERROR + 2045: "#SPILL!",
    _FIRST_ERROR + 2046: "#CONNECT!",
    _FIRST_ERROR + 2047: "#BLOCKED!",
    _FIRST_ERROR + 2048: "#UNKNOWN!",
    _FIRST_ERROR + 2049: "#FIELD!",
    _FIRST_ERROR + 2050: "#CALC!",
}
"""Error cells as Excel hands them to Python."""

ERROR_TEXTS = frozenset([*ERROR_CODES.values(), "#BUSY!", "#PYTHON!"])

DAY_ZERO = date(1899, 12, 30)
"""The day that a spreadsheet counts as 0, for all days since March 1900."""

_DATE_SERIALS = (18264.0, 73415.0)  # 1950-01-01 … 2100-12-31 as a spreadsheet counts days
_YEARS = (1950.0, 2100.0)
_LONGEST_QUOTE = 40


def is_blank(cell: Any) -> bool:
    """Tell whether a cell is empty: nothing, or text without a visible character."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _error_text(cell: Any) -> str | None:
    """Name the error that a cell holds, if it holds one."""
    if isinstance(cell, str):
        text = cell.strip().upper()
        return text if text in ERROR_TEXTS or text.startswith("#RPXL!") else None
    if isinstance(cell, int | float | np.number):
        return ERROR_CODES.get(cell)  # type: ignore[arg-type]  # 2.0 == 2 and both hash alike
    return None


def _is_gap(cell: Any) -> bool:
    """Tell whether a cell says that there is no value, rather than a wrong one."""
    return is_blank(cell) or _error_text(cell) == "#N/A" or (isinstance(cell, float | np.floating) and math.isnan(cell))


def _is_label(cell: Any) -> bool:
    return isinstance(cell, str) and not is_blank(cell) and _error_text(cell) is None


def _quote(cell: Any) -> str:
    text = str(cell)
    return f"'{text[:_LONGEST_QUOTE]}…'" if len(text) > _LONGEST_QUOTE else f"'{text}'"


def number(argument: str, cell: Any, where: str = "") -> float:
    """Read one cell as a finite number, or say what it holds instead; `where` says where it is."""

    def refusal(held: str, *, missing: bool = False) -> InputError:
        return InputError(argument, f"{where} {held}".lstrip(), missing=missing)

    error = _error_text(cell)
    if error is not None:
        raise refusal(f"holds the error {error}. Mend that cell first.", missing=error == "#N/A")
    if is_blank(cell):
        raise refusal("is blank. Fill in the number: a blank is never read as 0.", missing=True)
    if isinstance(cell, bool | np.bool_):
        raise refusal(f"is {str(cell).upper()}, not a number.")
    if isinstance(cell, int | float | np.integer | np.floating | Decimal):
        try:
            value = float(cell)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
        held = "not a number (NaN)" if math.isnan(value) else "infinite"
        raise refusal(f"is {held}. A finite number belongs there.")
    if isinstance(cell, str):
        raise refusal(f"holds the text {_quote(cell)} where a number belongs.")
    if isinstance(cell, date):
        raise refusal(f"holds a date ({cell:%Y-%m-%d}) where a number belongs.")
    raise refusal(f"holds something that no cell can hold ({type(cell).__name__}).")


def as_rows(argument: str, cells: Cells) -> list[list[Any]]:
    """Put what a host hands over into a rectangular list of rows, each cell as it is."""
    if isinstance(cells, np.ndarray):
        if cells.ndim > 2:
            raise InputError(argument, f"has {cells.ndim} dimensions; a range has two.")
        cells = cells.tolist()
    if not isinstance(cells, list | tuple):
        return [[cells]]
    if not any(isinstance(row, list | tuple | np.ndarray) for row in cells):
        rows = [[cell] for cell in cells]
    else:
        rows = [list(row) if isinstance(row, list | tuple | np.ndarray) else [row] for row in cells]
    if not rows or not rows[0]:
        raise InputError(argument, "is an empty range.")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise InputError(argument, f"row {i + 1} has {len(row)} cells and row 1 has {len(rows[0])}.")
    return rows


def is_omitted(cells: Cells) -> bool:
    """Tell whether an optional argument was left out: no value, or nothing but blank cells."""
    if cells is None or isinstance(cells, str):
        return is_blank(cells)
    if isinstance(cells, list | tuple):
        return all(is_omitted(cell) for cell in cells)
    return isinstance(cells, np.ndarray) and cells.dtype == object and is_omitted(cells.tolist())


@dataclass(slots=True)
class Block:
    """The numbers of one argument, and where on the user's range they stood.

    `top` and `left` count the label rows and columns before the first number; `labels` are the assets'
    names and `dates` the days of the rows, None where the range had none.
    """

    argument: str
    values: Any
    top: int = 0
    left: int = 0
    row_labels: list[str] | None = None
    column_labels: list[str] | None = None
    labels: list[str] | None = None
    is_row: bool = False
    dates: Dates | None = None

    def place(self, index: Index) -> str:
        """Say where an index of `values` is, in rows and columns of the range as the user sees it."""
        row, column = index if isinstance(index, tuple) else (0, index) if self.is_row else (index, 0)
        return describe_index((row + self.top, column + self.left))


@dataclass(frozen=True)
class Reader:
    """How an argument is read; `help` is what the function wizard says of it."""

    help: str

    @abstractmethod
    def read(self, argument: str, cells: Cells) -> Block:
        """Read the cells of `argument`, or raise InputError."""


@dataclass(frozen=True)
class Raw(Reader):
    """Takes the cells as they are; the function reads them itself."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        return Block(argument, cells)


@dataclass(frozen=True)
class Number(Reader):
    """One finite number."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        if type(cells) is float and math.isfinite(cells) and cells not in ERROR_CODES:
            return Block(argument, cells)
        return Block(argument, number(argument, _one_cell(argument, cells, "one number")))


@dataclass(frozen=True)
class Choice(Reader):
    """One word out of several, in any case."""

    options: tuple[str, ...] = ()

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = _one_cell(argument, cells, "one word")
        word = cell.strip().lower() if isinstance(cell, str) else None
        if word not in self.options:
            error = _error_text(cell)
            held = f"holds the error {error}" if error else f"is {_quote(cell)}"
            raise InputError(argument, f"{held}; choose one of: {', '.join(self.options)}.")
        return Block(argument, word)


@dataclass(frozen=True)
class Vector(Reader):
    """One number per asset, in a row or a column."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = _read_grid(argument, cells)
        rows, columns = block.values.shape
        if rows > 1 and columns > 1:
            problem = f"is {rows} × {columns} numbers; give one row or one column."
            raise InputError(argument, problem)
        block.is_row = rows == 1 and columns > 1
        block.labels = block.column_labels if block.is_row else block.row_labels
        block.values = block.values.ravel()
        return block


@dataclass(frozen=True)
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
            block.values.append(cell if _is_label(cell) else number(argument, cell, block.place(i)))
        block.labels = list(read_groups(block.values, len(block.values))[0])
        return block


@dataclass(frozen=True)
class Flag(Reader):
    """TRUE or FALSE; 1, 0, yes and no are understood too."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = _one_cell(argument, cells, "TRUE or FALSE")
        word = cell.strip().lower() if isinstance(cell, str) else cell
        if isinstance(word, str | bool | np.bool_ | int | float | np.number):
            for answer, words in ((True, (True, "true", "yes", "1")), (False, (False, "false", "no", "0"))):
                if word in words:  # 1.0 == True
                    return Block(argument, answer)
        error = _error_text(cell)
        held = f"holds the error {error}" if error else f"is {_quote(cell)}"
        raise InputError(argument, f"{held}; give TRUE or FALSE.")


@dataclass(frozen=True)
class Table(Reader):
    """One column per asset, one row per date; a first column of dates is set aside like labels.

    With `gaps`, blank and #N/A cells are read as NaN, for the function to refuse or to leave out.
    """

    gaps: bool = False

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = _read_grid(argument, cells, dates=True, gaps=self.gaps)
        block.labels = block.column_labels
        return block


@dataclass(frozen=True)
class DatedTable(Table):
    """The same, with the dates kept; they must be there unless `required` is False."""

    required: bool = True

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        if self.required and len(rows[0]) < 2:
            raise InputError(argument, "has one column. Dates belong in the first, numbers in those beside it.")
        block = _read_grid(argument, cells, dates=True, dated=self.required)
        block.labels = block.column_labels
        column = [row[0] for row in rows[block.top :]]
        if block.left and (self.required or not _is_label_line(column) or _iso_day(str(column[0]))):
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
        if not _is_label(cell):
            cell = _read_day(argument, cell)
        return Block(argument, day_of(cell, argument, last=self.last))


@dataclass(frozen=True)
class WordOrVector(Choice):
    """One word out of several, or a vector of numbers."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        is_word = isinstance(rows[0][0], str) or _error_text(rows[0][0]) is not None
        if len(rows) == len(rows[0]) == 1 and is_word:
            return super().read(argument, cells)
        return Vector(self.help).read(argument, cells)


@dataclass(frozen=True)
class Square(Reader):
    """A symmetric matrix, whole or as a triangle whose other half is blank."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = _read_grid(argument, cells, triangle=True)
        _same_order(block, block.column_labels, block.row_labels, "its rows")
        block.labels = block.column_labels or block.row_labels
        return block


def _one_cell(argument: str, cells: Cells, wanted: str) -> Any:
    rows = as_rows(argument, cells)
    if len(rows) > 1 or len(rows[0]) > 1:
        raise InputError(argument, f"is a range of {len(rows)} × {len(rows[0])} cells; give {wanted}.")
    return rows[0][0]


def _quick_grid(cells: Cells) -> Array | None:
    """Read a range that holds nothing but numbers; None when it needs a closer look."""
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
    # One pass settles it: a sum is finite only if each number is, and no number in use is as low as an error code.
    suspicious = not math.isfinite(values.sum()) or values.min() <= max(ERROR_CODES)
    return None if suspicious else values


def _read_grid(
    argument: str,
    cells: Cells,
    *,
    triangle: bool = False,
    dates: bool = False,
    dated: bool = False,
    gaps: bool = False,
) -> Block:
    """Read labels and numbers; the first column may be `dates` if it looks like it, or is if the range is `dated`."""

    def value(cell: Any, where: str) -> float:
        return math.nan if gaps and _is_gap(cell) else number(argument, cell, where)

    block = Block(argument, _quick_grid(cells))
    if block.values is not None:
        if dated or (dates and block.values.shape[1] > 1 and _are_dates(block.values[:, 0].tolist(), None)):
            block.left = 1
            block.values = block.values[:, 1:]
        return block
    rows = as_rows(argument, cells)
    if len(rows) > 1 and _is_label_line(rows[0]):
        block.top = 1
    first_column = [row[0] for row in rows[block.top :]]
    if len(rows[0]) > 1:
        corner = rows[0][0] if block.top else None
        days = [cell for cell in first_column if not (gaps and is_blank(cell))]
        if dated or _is_label_line([row[0] for row in rows]) or (dates and days and _are_dates(days, corner)):
            block.left = 1
    if block.top:
        block.column_labels = [_label(cell) for cell in rows[0][block.left :]]
    if block.left:
        block.row_labels = [_label(cell) for cell in first_column]
    inner = [row[block.left :] for row in rows[block.top :]]
    is_triangle = triangle and _fill_blank_half(inner)
    block.values = _quick_grid(inner)
    if block.values is None:
        block.values = np.array(
            [[value(cell, block.place((i, j))) for j, cell in enumerate(row)] for i, row in enumerate(inner)]
        )
    if is_triangle:
        block.values = block.values + block.values.T - np.diag(block.values.diagonal())
    return block


def _is_label_line(line: Sequence[Any]) -> bool:
    """Tell whether a first row or column is labels: text throughout, save for blanks and the corner."""
    return any(_is_label(cell) for cell in line) and all(_is_label(cell) or is_blank(cell) for cell in line)


def _are_dates(column: Sequence[Any], heading: Any) -> bool:
    """Tell dates from prices: date cells, or increasing whole numbers that a spreadsheet would show as dates."""
    if all(isinstance(cell, date) for cell in column):
        return True
    if _is_label(heading) and "date" not in heading.lower():
        return False
    if len(column) < 2 or not all(type(cell) in (int, float) for cell in column):
        return False
    first, last = _DATE_SERIALS
    whole = all(first <= cell <= last and cell == int(cell) for cell in column)
    return whole and all(0 < b - a <= 366 for a, b in pairwise(column))


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
    if _is_label(cell):
        day = _iso_day(cell)
        if day is None:
            problem = f"{where} holds the text {_quote(cell)} where a date belongs. Write dates as 2024-01-31."
            raise InputError(argument, problem.lstrip())
        return day
    serial = number(argument, cell, where)
    if not _DATE_SERIALS[0] <= serial < _DATE_SERIALS[1] + 1.0:
        raise InputError(argument, f"{where} is {serial:.6g}, which is no date between 1950 and 2100.".lstrip())
    return DAY_ZERO + timedelta(days=int(serial))


def _iso_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None


def _label(cell: Any) -> str:
    return "" if is_blank(cell) else str(cell).strip()


def _fill_blank_half(rows: list[list[Any]]) -> bool:
    """Put 0 into a wholly blank half of a square, and say whether there was one."""
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


def _same_order(block: Block, own: list[str] | None, other: list[str] | None, whose: str) -> None:
    """Refuse labels that name the same asset in another place: the numbers would be mixed up silently."""
    if own is None or other is None or len(own) != len(other):
        return
    positions = {label.lower(): i for i, label in enumerate(other) if label}
    for i, label in enumerate(own):
        j = positions.get(label.lower(), i)
        if j != i and other[i].lower() != label.lower():
            problem = f"has {_quote(label)} as number {i + 1}, but {whose} have it as number {j + 1}. Use one order."
            raise InputError(block.argument, problem)


def check_same_order(blocks: Sequence[Block]) -> None:
    """Refuse arguments whose labels put the same asset in different places."""
    labelled = [block for block in blocks if block.labels is not None]
    for i, block in enumerate(labelled):
        for other in labelled[:i]:
            _same_order(block, block.labels, other.labels, f"the labels of {other.argument}")


def to_serials(dates: Dates) -> Array:
    """Return the numbers that a spreadsheet keeps for days.

    >>> to_serials(np.array(["2020-02-29"], dtype="datetime64[D]"))
    array([43890.])
    """
    return (dates - np.datetime64(DAY_ZERO, "D")).astype(np.float64)


def to_cells(answer: Any, *, as_row: bool = False) -> float | str | list[list[float | str]]:
    """Turn an answer into what every host can show: one number or text, or rows of plain float and str.

    Raises
    ------
    ConvergenceError
        A number of the answer is too large for a cell, or no number at all.
    """
    if isinstance(answer, np.ndarray):
        finite = bool(np.isfinite(answer).all())
        cells = answer.tolist() if answer.ndim == 2 else [answer.tolist()] if as_row else answer[:, None].tolist()
    elif isinstance(answer, list):
        cells = [[cell if isinstance(cell, str) else float(cell) for cell in row] for row in answer]
        finite = all(isinstance(cell, str) or math.isfinite(cell) for row in cells for cell in row)
    elif isinstance(answer, str):
        return answer
    else:
        cells = float(answer)
        finite = math.isfinite(cells)
    if not finite:
        raise ConvergenceError("The answer is not a finite number: the values given are too large or too small.")
    return cells
