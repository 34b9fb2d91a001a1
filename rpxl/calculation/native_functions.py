"""The functions of Excel itself that rpxl computes, and what its engine lacks of them.

A function stands here only if its results are compared with another spreadsheet's in the tests. Formulas
that use any other function are left for Excel. Volatile functions and those that make references out of
values (NOW, RAND, OFFSET, INDIRECT …) never stand here: what they depend on can't be told from their text.
"""

import math
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

ALL = frozenset(range(64))
NONE: frozenset[int] = frozenset()

_WHOLE_RANGES = """
    SUM PRODUCT SUMSQ AVERAGE MIN MAX MEDIAN COUNT COUNTA STDEV STDEV.S STDEV.P STDEVP VAR VAR.S VAR.P VARP
    COVARIANCE.S COVARIANCE.P CORREL SLOPE INTERCEPT RSQ DEVSQ GEOMEAN SKEW KURT
    SUMPRODUCT SUMXMY2 MMULT MINVERSE TRANSPOSE ROWS COLUMNS AND OR
"""
_SCALARS = """
    ABS SIGN SQRT EXP LN LOG LOG10 POWER ROUND ROUNDUP ROUNDDOWN INT TRUNC PI SIN COS TAN
    IF IFS SWITCH IFERROR IFNA NOT TRUE FALSE NA ISERROR ISNA ISNUMBER ISTEXT ISBLANK N CHOOSE
    LEFT RIGHT MID LEN UPPER LOWER TRIM CONCATENATE TEXT DATE YEAR MONTH DAY EDATE EOMONTH
    MOD NORM.S.DIST NORM.S.INV
"""
_MIXED: dict[str, Iterable[int]] = {
    "INDEX": {0},
    "MATCH": {1},
    "VLOOKUP": {1},
    "HLOOKUP": {1},
    "COUNTIF": {0},
    "COUNTIFS": range(0, 64, 2),
    **{name: {0, *range(1, 64, 2)} for name in ("SUMIFS", "AVERAGEIFS", "MAXIFS", "MINIFS")},
    "SUMIF": {0, 2},
    "AVERAGEIF": {0, 2},
    "LARGE": {0},
    "SMALL": {0},
    "PERCENTILE": {0},
    "PERCENTILE.INC": {0},
    "QUARTILE": {0},
    "RANK": {1},
    "COUNTBLANK": {0},
}

RANGE_ARGUMENTS: dict[str, frozenset[int]] = {
    **{name: ALL for name in _WHOLE_RANGES.split()},
    **{name: NONE for name in _SCALARS.split()},
    **{name: frozenset(places) for name, places in _MIXED.items()},
}
"""The functions that rpxl computes: name -> the arguments (from 0) that take a whole range as it is."""

SAME_SHAPE = frozenset(["COUNTIFS", "SUMIFS", "AVERAGEIFS", "MAXIFS", "MINIFS"])
"""Functions whose ranges must all be of one size: the engine takes others too."""

TAKE_ARRAYS = frozenset({"SUMPRODUCT", "MMULT", "MINVERSE"})
"""Functions that compute with whole arrays even in an ordinary formula."""

BREAK_ARRAYS = frozenset({"IF", "IFERROR", "IFNA", "CHOOSE", "INDEX"})
"""Functions inside which that stops again."""

GIVE_ARRAYS = frozenset({"MMULT", "MINVERSE", "TRANSPOSE", "CHOOSE", "IF", "IFERROR", "IFNA"})
"""Functions whose answer may be an array or a range, besides INDEX."""

BY_ELEMENT = frozenset({"SIN", "COS", "TAN", "IF", "IFERROR", "IFNA"})
"""Functions of single values that the engine applies to each value of an array."""

EXACT_ONLY = {"MATCH": 2, "VLOOKUP": 3, "HLOOKUP": 3}
"""Look-ups, and the argument that must be 0 or FALSE: near matches in data out of order differ between hosts."""

OF_DATES = frozenset(["DATE", "YEAR", "MONTH", "DAY", "EDATE", "EOMONTH"])
"""Functions that give another answer where days count from 1904."""

TEXT_FORMATS = re.compile(r'"(?:\$?(?:#,##0|0)(?:\.0+)?%?x?|0(?:\.0+)?E\+00|yyyy-mm-dd|d mmm yyyy)"', re.IGNORECASE)
"""The number formats for TEXT that are compared."""


def _guard(function: Callable[..., float]) -> Callable[..., Any]:
    """Answer #NUM! as Excel does where `function` isn't defined or too large."""

    def guarded(*numbers: float) -> Any:
        try:
            value = function(*numbers)
        except (ValueError, OverflowError):
            return _error("Num")
        except ZeroDivisionError:
            return _error("Div")
        return value if isinstance(value, int | float) and math.isfinite(value) else _error("Num")

    return guarded


LIFTED: dict[str, Callable[..., Any]] = {
    "ABS": abs,
    "SIGN": lambda x: float((x > 0) - (x < 0)),
    "SQRT": _guard(math.sqrt),
    "EXP": _guard(math.exp),
    "LN": _guard(math.log),
    "LOG10": _guard(math.log10),
    "POWER": _guard(lambda x, y: x**y),
    "INT": math.floor,
    "NOT": lambda x: not x,
}
"""Functions of numbers that the engine doesn't apply to each value of an array, so rpxl does."""


def lift(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of numbers to each value of its arguments, as array formulas do."""
    return broadcast(lambda *values: _apply(function, values))


def broadcast(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of single values to each value of its arguments, as array formulas do."""

    def spread(*args: Any) -> Any:
        if not any(isinstance(arg, list) for arg in args):
            return function(*args)
        tables = [arg if isinstance(arg, list) else [[arg]] for arg in args]
        height, width = max(len(table) for table in tables), max(len(table[0]) for table in tables)
        return [
            [function(*[pick(table, row, column) for table in tables]) for column in range(width)]
            for row in range(height)
        ]

    return spread


def pick(table: list[list[Any]], row: int, column: int) -> Any:
    """Take a value; a single row or column is repeated, and beyond the end stands #N/A."""
    row, column = row if len(table) > 1 else 0, column if len(table[0]) > 1 else 0
    return table[row][column] if row < len(table) and column < len(table[0]) else _error("Na")


def _apply(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    numbers = []
    for value in values:
        if isinstance(value, dict):
            return value
        try:
            numbers.append(0.0 if value is None else float(value))
        except ValueError:
            return _error("Value")
    return function(*numbers)


def _error(kind: str) -> dict[str, str]:
    return {"type": "Error", "kind": kind}


def scientific(value: Any, pattern: str) -> Any:
    """Write a number as TEXT does with a format such as ``0.0E+00``.

    >>> scientific(0.000012345, "0.0E+00")
    '1.2E-05'
    """
    if isinstance(value, dict | str):
        return value
    places = len(pattern.upper().partition("E")[0].partition(".")[2])
    number = Decimal(repr(float(value or 0)))
    if number:
        number = number.quantize(Decimal(1).scaleb(number.adjusted() - places), ROUND_HALF_UP)
    exponent = number.adjusted() if number else 0
    return f"{number.scaleb(-exponent):.{places}f}E{exponent:+03d}"


def _matrix(cells: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    rows = cells if isinstance(cells, list) else [[cells]]
    for row in rows:
        for cell in row:
            if isinstance(cell, dict):
                raise LookupError(cell)
            if isinstance(cell, bool | str) or cell is None:
                raise ValueError(cell)
    return np.array(rows, dtype=np.float64)


def mmult(left: Any, right: Any) -> Any:
    """Multiply two matrices as Excel's MMULT does: anything but numbers is #VALUE!."""
    try:
        one, other = _matrix(left), _matrix(right)
        if one.shape[1] != other.shape[0]:
            raise ValueError
        return (one @ other).tolist()
    except LookupError as error:
        return error.args[0]
    except ValueError:
        return _error("Value")


def minverse(matrix: Any) -> Any:
    """Invert a matrix as Excel's MINVERSE does: a singular one is #NUM!."""
    try:
        square = _matrix(matrix)
        if square.shape[0] != square.shape[1]:
            raise ValueError
        return np.linalg.inv(square).tolist()
    except LookupError as error:
        return error.args[0]
    except np.linalg.LinAlgError:
        return _error("Num")
    except ValueError:
        return _error("Value")
