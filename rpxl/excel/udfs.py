"""What the add-in calls in Python: one xlwings function for each function of the catalogue.

Values pass xlwings raw: its converters take 8 ms for a 100 × 100 matrix there and back, and make numbers of the newer
errors (#SPILL!, #CALC! …), while the functions read cells themselves. A function that fails answers with a marked
text, which the add-in turns into a real Excel error; the reason in it is what "Explain error" shows. Off Windows the
functions are plain callables: xlwings' decorators pass them through.
"""

from collections.abc import Callable, Sequence
from typing import Any

import xlwings

from rpxl.errors import RpxlError
from rpxl.excel.wrappers import shorten
from rpxl.formulas.catalogue import FUNCTIONS, WorksheetFunction
from rpxl.formulas.cells import ERROR_CODES, Cells

MARK = "#RPXL!"
"""What an answer begins with that stands for an error: then follow the error, a blank and the reason."""

_LONGEST_REASON = 2000


def entry_point(formula: WorksheetFunction, excel: Any = xlwings) -> Callable[..., list[list[float | str]]]:
    """Return the xlwings function for a function of the catalogue.

    Parameters
    ----------
    formula
        The function of the catalogue.
    excel
        What has xlwings' decorators ``func``, ``arg`` and ``ret``.

    Examples
    --------
    >>> from rpxl.formulas import PORT_VOL
    >>> entry_point(PORT_VOL)([[1.0]], [["#DIV/0!"]])
    [['#RPXL!#VALUE! cov: row 1, column 1 holds the error #DIV/0!. Mend that cell first.']]
    """

    def call(*args: Any) -> list[list[float | str]]:
        try:
            answer = formula(*map(cells_of, args))
        except RpxlError as error:
            answer = marked(error.cell_error, str(error))
        except Exception as error:  # a fault of rpxl's own: still an error in the cell, and told as what it is
            answer = marked("#VALUE!", f"rpxl failed unexpectedly ({type(error).__name__}: {error}). Please report it.")
        return answer if isinstance(answer, list) else [[answer]]

    call.__name__ = formula.name
    call.__doc__ = shorten(formula.description)
    call.__annotations__ = {}  # xlwings would look for converters of these types
    call.__signature__ = formula.__signature__  # type: ignore[attr-defined]
    for parameter in formula.parameters:
        call = excel.arg(parameter.name, "raw", doc=shorten(parameter.help))(call)
    call = excel.ret("raw")(call)
    registered: Callable[..., list[list[float | str]]] = excel.func(category="Risk Parity")(call)
    return registered


def cells_of(value: Any) -> Cells:
    """Return what COM made of an argument with errors as text, and a row as one row.

    >>> cells_of((1.0, -2146826238))
    [[1.0, '#CALC!']]
    """
    if not isinstance(value, tuple | list):
        return ERROR_CODES.get(value, value) if type(value) is int else value
    rows = value if value and isinstance(value[0], tuple | list) else [value]
    return [_with_errors(row) if int in set(map(type, row)) else row for row in rows]


def _with_errors(row: Sequence[Any]) -> list[Any]:
    """Name the errors in a row of cells: a number of a cell comes as a float, so an int is an error's code."""
    return [ERROR_CODES.get(cell, cell) if type(cell) is int else cell for cell in row]


def marked(cell_error: str, reason: str) -> str:
    """Return the text that stands for an error of a cell."""
    return f"{MARK}{cell_error} {reason[:_LONGEST_REASON]}"


globals().update({name: entry_point(formula) for name, formula in FUNCTIONS.items()})
