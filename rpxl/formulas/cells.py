"""From cell values to arrays and back; every message names the argument and the cell in it.

A host passes whatever a range holds: nested lists or tuples of rows, a bare scalar for one cell, ``None`` or ``''``
for a blank, text, dates, and errors as the host writes them (``'#N/A'``, or the whole numbers that Excel uses). This
module turns them into numbers, and keeps the place of each for messages.
"""

import math
from dataclasses import dataclass
from datetime import date
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpxl.core.dates import Dates
from rpxl.errors import ConvergenceError, Index, InputError, describe_index
from rpxl.formulas.date_numbers import serial_zero
from rpxl.formulas.labels import NUMBER_STORED_AS_TEXT, is_number_text, quote

Cells = Any
"""What a host passes for one argument."""

Array = NDArray[np.float64]

_FIRST_ERROR = -2146828288
"""What Excel adds to the number of an error when it passes the cell to Python."""

LAST_ERROR = _FIRST_ERROR + 0xFFFF
"""Every whole number from the first to the last is read as an error, also one that has no name below."""

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
"""The names of error cells, by the number that Excel passes to Python."""

ERROR_TEXTS = frozenset([*ERROR_CODES.values(), "#BUSY!", "#PYTHON!"])


def is_blank(cell: Any) -> bool:
    """Tell whether a cell is empty: nothing, or text without a visible character."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def error_text(cell: Any) -> str | None:
    """Name the error that a cell holds, if it holds one."""
    if isinstance(cell, str):
        text = cell.strip().upper()
        return text if text in ERROR_TEXTS or text.startswith("#RPXL!") else None
    if isinstance(cell, int | float | np.number) and is_error_code(cell):
        return ERROR_CODES.get(int(cell), f"#ERROR! ({int(cell) - _FIRST_ERROR})")
    return None


def is_error_code(number: Any) -> bool:
    """Tell whether a number stands for an error cell of Excel, also one that a later Excel may add.

    >>> is_error_code(-2146826246), is_error_code(-2146826237.0), is_error_code(-1.5)
    (True, True, False)
    """
    return bool(_FIRST_ERROR <= number <= LAST_ERROR and number == int(number))


def is_gap(cell: Any) -> bool:
    """Tell whether a cell means "no value": it is blank, #N/A or NaN. Other errors are wrong values."""
    return is_blank(cell) or error_text(cell) == "#N/A" or (isinstance(cell, float | np.floating) and math.isnan(cell))


def is_label(cell: Any) -> bool:
    """Tell whether a cell holds a text that can be a name."""
    return isinstance(cell, str) and not is_blank(cell) and error_text(cell) is None


def read_number(argument: str, cell: Any, where: str = "") -> float:
    """Read one cell as a finite number; `where` is its place in words.

    Raises
    ------
    InputError
        The cell holds something else; the message says what.
    """

    def refusal(held: str, *, missing: bool = False) -> InputError:
        return InputError(argument, f"{where} {held}".lstrip(), missing=missing)

    error = error_text(cell)
    if error is not None:
        raise refusal(f"holds the error {error}. Fix that cell first.", missing=error == "#N/A")
    if is_blank(cell):
        raise refusal("is blank. Fill in the number: a blank is never read as 0.", missing=True)
    if isinstance(cell, bool | np.bool_):
        raise refusal(f"is {str(cell).upper()}, not a number.")
    if isinstance(cell, int | float | Number) and not isinstance(cell, complex | np.complexfloating):  # or Decimal
        try:
            value = float(cell)  # type: ignore[arg-type]  # no type says that a Decimal can be a float
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
        held = "not a number (NaN)" if math.isnan(value) else "infinite"
        raise refusal(f"is {held}. A finite number belongs there.")
    if isinstance(cell, str):
        if is_number_text(cell):
            raise refusal(f"holds the text {quote(cell)}, a number stored as text. {NUMBER_STORED_AS_TEXT}")
        raise refusal(f"holds the text {quote(cell)} where a number belongs.")
    if isinstance(cell, date):
        raise refusal(f"holds a date ({cell:%Y-%m-%d}) where a number belongs.")
    raise refusal(f"holds a value of the type {type(cell).__name__}, which is not a number.")


def as_rows(argument: str, cells: Cells) -> list[list[Any]]:
    """Turn what a host passes into a rectangular list of rows, each cell unchanged.

    Raises
    ------
    InputError
        The range is empty, has more than two dimensions, or rows of different lengths.
    """
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
    """The numbers of one argument, and their place in the user's range.

    `top` and `left` are the numbers of label rows and columns before the first number. `labels` are the names of the
    assets. `dates` are the days of the rows, in the order of the rows (NaT where a whole row is blank); None where the
    range has no dates. `undated` is then the first label beside the rows, such as "Month 1", if there is one.
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
    undated: str = ""

    def place(self, index: Index) -> str:
        """Name the cell of an index of `values`, by row and column of the range as the user sees it."""
        row, column = index if isinstance(index, tuple) else (0, index) if self.is_row else (index, 0)
        return describe_index((row + self.top, column + self.left))


def to_serials(dates: Dates) -> Array:
    """Return days as the numbers that the host's workbook uses for dates.

    >>> to_serials(np.array(["2020-02-29"], dtype="datetime64[D]"))
    array([43890.])
    """
    return (dates - np.datetime64(serial_zero(), "D")).astype(np.float64)


def to_cells(answer: Any, *, as_row: bool = False) -> float | str | list[list[float | str]]:
    """Turn an answer into what every host can show: one number or text, or rows of plain float and str.

    Raises
    ------
    ConvergenceError
        A number of the answer is infinite or NaN.
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
