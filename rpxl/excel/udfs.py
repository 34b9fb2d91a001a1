"""What a cell calls in Python: COM values in, COM values out, for each function of the catalogue.

Values pass without xlwings' converters, as the functions read cells themselves. The converters take 8 ms for a
100 × 100 matrix in both directions, and turn newer errors (#SPILL!, #CALC! …) into numbers. A function that fails
returns a marked text. The add-in turns it into a real Excel error, and "Explain error" shows the reason in it.
"""

from collections.abc import Sequence
from typing import Any

from rpxl.errors import RpxlError
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.formulas.cells import ERROR_CODES, Cells
from rpxl.formulas.date_numbers import days_from_1904

MARK = "#RPXL!"
"""How a text begins that stands for an error: after it come the error, a blank and the reason."""

_LONGEST_REASON = 2000
_LEFT_OUT = -2147352572
"""What COM passes for an argument that was left out."""


def compute(name: str, args: Sequence[Any], from_1904: bool = False) -> Any:
    """Compute a function for a cell.

    Parameters
    ----------
    name
        The function of the catalogue.
    args
        The arguments as COM passes them: a scalar, or a tuple of rows; a code for one that was left out.
    from_1904
        Whether the workbook of the cell counts its days from 1904.

    Returns
    -------
    A scalar for one cell, else rows; if the function fails, one marked text.

    Examples
    --------
    >>> compute("PORT_VOL", (((1.0,),), ((-2146826281,),)))
    '#RPXL!#VALUE! cov: row 1, column 1 holds the error #DIV/0!. Fix that cell first.'
    """
    try:
        with days_from_1904(from_1904):
            answer = FUNCTIONS[name](*(None if _is_left_out(value) else cells_of(value) for value in args))
    except RpxlError as error:
        return marked(error.cell_error, str(error))
    except Exception as error:  # a fault in rpxl: the cell must show an error for that too
        return marked("#VALUE!", f"rpxl failed unexpectedly ({type(error).__name__}: {error}). Please report it.")
    if isinstance(answer, list) and len(answer) == len(answer[0]) == 1:
        return answer[0][0]
    return answer


def _is_left_out(value: Any) -> bool:
    return type(value) is int and value == _LEFT_OUT


def cells_of(value: Any) -> Cells:
    """Return an argument from COM with its errors as text, and a single row as a list of one row.

    >>> cells_of((1.0, -2146826238))
    [[1.0, '#CALC!']]
    """
    if not isinstance(value, tuple | list):
        return ERROR_CODES.get(value, value) if type(value) is int else value
    rows = value if value and isinstance(value[0], tuple | list) else [value]
    return [_with_errors(row) if int in set(map(type, row)) else row for row in rows]


def _with_errors(row: Sequence[Any]) -> list[Any]:
    """Replace error codes in a row by the errors' names: COM passes numbers as float, so an int is an error's code."""
    return [ERROR_CODES.get(cell, cell) if type(cell) is int else cell for cell in row]


def marked(cell_error: str, reason: str) -> str:
    """Return the text that stands for an error of a cell."""
    return f"{MARK}{cell_error} {reason[:_LONGEST_REASON]}"
