"""The functions of Excel itself that rpxl computes, and MMULT and MINVERSE, which its engine lacks.

A function stands here only if its results are compared with another spreadsheet's in the tests. Formulas
that use any other function are left for Excel. Volatile functions and those that make references out of
values (NOW, RAND, OFFSET, INDIRECT …) never stand here: what they depend on can't be told from their text.
"""

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
    ABS SIGN SQRT EXP LN LOG LOG10 POWER ROUND ROUNDUP ROUNDDOWN INT TRUNC MOD PI SIN COS TAN
    IF IFERROR IFNA NOT TRUE FALSE NA ISERROR ISNA ISNUMBER ISTEXT ISBLANK N CHOOSE
    LEFT RIGHT MID LEN UPPER LOWER TRIM CONCATENATE EXACT DATE YEAR MONTH DAY
    NORM.S.DIST NORM.S.INV
"""
_MIXED = {
    "INDEX": {0},
    "MATCH": {1},
    "VLOOKUP": {1},
    "HLOOKUP": {1},
    "COUNTIF": {0},
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

TAKE_ARRAYS = frozenset({"SUMPRODUCT", "MMULT", "MINVERSE"})
"""Functions that compute with whole arrays even in an ordinary formula."""

BREAK_ARRAYS = frozenset({"IF", "IFERROR", "IFNA", "CHOOSE", "INDEX"})
"""Functions inside which that stops again."""

GIVE_ARRAYS = frozenset({"MMULT", "MINVERSE", "TRANSPOSE", "CHOOSE"})
"""Functions whose answer is an array or a range."""


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
        return {"type": "Error", "kind": "Value"}


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
        return {"type": "Error", "kind": "Num"}
    except ValueError:
        return {"type": "Error", "kind": "Value"}
