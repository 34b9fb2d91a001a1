"""Excel's operators and functions on arrays of plain numbers; see :mod:`~rpxl.calculation.array_formulas`.

A value is a number, a text, a truth value, None for a blank cell, an error as the engine writes it, an array of numbers
or truth values, or rows of such values.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rpxl.calculation.comparison import orders
from rpxl.calculation.native_functions import LIFTED, minverse

Value = Any
Array = np.ndarray[Any, np.dtype[Any]]


class Unfit(Exception):  # noqa: N818 (no error: the engine computes the formula)
    """A value is none that is computed with arrays."""


class Failed(Exception):  # noqa: N818 (the value of a cell)
    """The value is an error."""

    def __init__(self, error: dict[str, str]) -> None:
        super().__init__(error)
        self.error = error


def failed(kind: str) -> Failed:
    """Return the error of a kind that the engine knows."""
    return Failed({"type": "Error", "kind": kind})


def plain(value: Value) -> Value:
    """Return a value as the engine takes it: rows in place of an array."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list) and len(value) == 1 and len(value[0]) == 1:
        return value[0][0]
    return value


def numbers(value: Value) -> float | Array:
    """Return a value as numbers to compute with."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray):
        return value if value.dtype == np.float64 else value.astype(np.float64)
    if isinstance(value, list):
        return table(value)
    if isinstance(value, dict):
        raise Failed(value)
    if value is None or isinstance(value, bool | int):
        return float(value or 0)
    raise Unfit


def table(rows: list[list[Any]]) -> Array:
    """Return rows as an array if they hold nothing but numbers."""
    if all(type(cell) is float for row in rows for cell in row):
        return np.array(rows)
    first = rows[0][0]
    if isinstance(first, dict) and all(cell == first for row in rows for cell in row):
        raise Failed(first)
    if all(type(cell) in (float, int) for row in rows for cell in row):
        return np.array(rows, dtype=np.float64)
    raise Unfit


def _finite(value: Any) -> Any:
    if not np.isfinite(value).all():
        raise Unfit
    return value


def _fit(left: Any, right: Any) -> None:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        pairs = zip(left.shape, right.shape, strict=True)
        if any(one != other and 1 not in (one, other) for one, other in pairs):
            raise Unfit


def arithmetic(sign: str, one: Value, other: Value) -> Value:
    """Join two values by an operator."""
    left, right = numbers(one), numbers(other)
    _fit(left, right)
    if sign == "+":
        return _finite(left + right)
    if sign == "-":
        return _finite(left - right)
    if sign == "*":
        return _finite(left * right)
    if isinstance(left, float) and isinstance(right, float) and sign == "/":
        if right == 0.0:
            raise failed("Div")
        return _finite(left / right)
    if sign == "/":
        return _finite(np.divide(left, right))
    if not (isinstance(right, float) and right.is_integer() and right > 0.0) and np.any(np.asarray(left) <= 0.0):
        raise Unfit  # what a root of it is differs
    try:
        return _finite(left**right)
    except OverflowError:
        raise Unfit from None


_HOLDS: dict[str, Callable[[Any], Any]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
}


def compared(sign: str, function: Callable[..., Any], one: Value, other: Value) -> Value:
    """Compare two values; `function` compares single ones."""
    if not any(isinstance(value, list | np.ndarray) for value in (one, other)):
        answer = function(one, other)
        if isinstance(answer, dict):
            raise Failed(answer)
        return answer
    for value in (one, other):
        if isinstance(value, bool) or (isinstance(value, np.ndarray) and value.dtype == np.bool_):
            raise Unfit
    left, right = numbers(one), numbers(other)
    _fit(left, right)
    return _HOLDS[sign](orders(np.atleast_2d(left), np.atleast_2d(right)))


def summed(function: Callable[..., Any], one: Value, other: Value) -> Value:
    """Compute the sum or difference that is the last operation of a formula."""
    for value in (one, other):
        if isinstance(value, str):
            raise Unfit
        if isinstance(value, dict):
            raise Failed(value)
    if isinstance(one, list | np.ndarray) or isinstance(other, list | np.ndarray):
        left, right = numbers(one), numbers(other)
        _fit(left, right)
        return function(*[side.tolist() if isinstance(side, np.ndarray) else side for side in (left, right)])
    return _finite(function(one, other))


def condition(chosen: Value, yes: Callable[[], Value], no: Callable[[], Value]) -> Value:
    """Choose between two values, or for each value of an array."""
    if isinstance(chosen, list | np.ndarray):
        left, right = numbers(yes()), numbers(no())
        picked = numbers(chosen) != 0.0
        _fit(left, right)
        _fit(picked, left)
        _fit(picked, right)
        return np.where(picked, left, right)
    return yes() if numbers(chosen) != 0.0 else no()


def _counted(values: tuple[Value, ...]) -> Array:
    """Return the numbers that a statistic counts, in one row; in ranges texts and blanks are skipped."""
    found: list[Array] = []
    for value in values:
        if isinstance(value, list):
            found.append(_of_range(value))
        elif isinstance(value, np.ndarray):
            if value.dtype != np.float64:
                raise Unfit
            found.append(value.ravel())
        elif type(value) is float:
            found.append(np.array([value]))
        elif isinstance(value, dict):
            raise Failed(value)
        else:
            raise Unfit
    return found[0] if len(found) == 1 else np.concatenate(found)


def _of_range(rows: list[list[Any]]) -> Array:
    cells = [cell for row in rows for cell in row]
    if not all(type(cell) is float for cell in cells):
        error = next((cell for cell in cells if isinstance(cell, dict)), None)
        if error is not None:
            raise Failed(error)
        if any(isinstance(cell, bool) for cell in cells):
            raise Unfit
        cells = [float(cell) for cell in cells if isinstance(cell, float | int)]
    return np.array(cells)


def _statistic(function: Callable[[Array], Any], fewest: int = 1) -> Callable[..., Value]:
    def computed(*values: Value) -> Value:
        given = _counted(values)
        if given.size < fewest:
            raise failed("Div")
        return float(_finite(function(given)))

    return computed


def _extreme(function: Callable[[Array], Any]) -> Callable[..., Value]:
    def computed(*values: Value) -> Value:
        given = _counted(values)
        return float(_finite(function(given))) if given.size else 0.0

    return computed


def _pairs(function: Callable[[Array, Array], Any]) -> Callable[[Value, Value], Value]:
    def computed(one: Value, other: Value) -> Value:
        left, right = numbers(one), numbers(other)
        if isinstance(left, float) or isinstance(right, float) or left.size != right.size or left.size < 2:
            raise Unfit
        return float(_finite(function(left.ravel(), right.ravel())))

    return computed


def _covariance(one: Array, other: Array) -> float:
    return float((one - one.mean()) @ (other - other.mean()))


def _correlation(one: Array, other: Array) -> float:
    return _covariance(one, other) / math.sqrt(_covariance(one, one)) / math.sqrt(_covariance(other, other))


def _mapped(name: str, function: Callable[[Array], Any]) -> Callable[[Value], Value]:
    single = LIFTED[name]

    def computed(value: Value) -> Value:
        given = numbers(value)
        if isinstance(given, np.ndarray):
            return _finite(function(given))
        answer = single(given)
        if isinstance(answer, dict):
            raise Failed(answer)
        return float(answer)

    return computed


def _by_rows(numbers: float | Array) -> Array:
    """Return numbers as they lie in memory row by row: the last digits of a sum depend on its order.

    Constants lie column by column and answers of formulas row by row, and both must give the same number.
    """
    ordered: Array = np.ascontiguousarray(numbers)
    return ordered


def _sumproduct(*values: Value) -> Value:
    arrays = [numbers(value) for value in values]
    shapes = {np.shape(array) for array in arrays}
    if len(shapes) > 1 or any(isinstance(value, np.ndarray) and value.dtype != np.float64 for value in values):
        raise Unfit
    product = arrays[0]
    for array in arrays[1:]:
        product = product * array
    return float(_finite(np.sum(_by_rows(product))))


def _matrix(value: Value) -> Array:
    if not isinstance(value, list | np.ndarray):
        value = [[value]]
    if isinstance(value, np.ndarray) and value.dtype != np.float64:
        raise Unfit
    matrix = numbers(value)
    assert isinstance(matrix, np.ndarray)
    return _by_rows(matrix)


def _product(one: Value, other: Value) -> Value:
    left, right = _matrix(one), _matrix(other)
    if left.shape[1] != right.shape[0]:
        raise failed("Value")
    return _finite(left @ right)


def _inverse(value: Value) -> Value:
    answer = minverse(_matrix(value).tolist())
    if isinstance(answer, dict):
        raise Failed(answer)
    return np.array(answer)


def _transposed(value: Value) -> Value:
    if isinstance(value, np.ndarray):
        return value.T
    return [list(row) for row in zip(*value, strict=True)] if isinstance(value, list) else value


def _shape(value: Value) -> tuple[int, int]:
    if isinstance(value, dict):
        raise Failed(value)
    if isinstance(value, np.ndarray):
        return value.shape[0], value.shape[1]
    return (len(value), len(value[0])) if isinstance(value, list) else (1, 1)


def _place(value: Value) -> int:
    number = numbers(value)
    if not isinstance(number, float) or number < 0.0:
        raise Unfit
    return int(number)


def _index(value: Value, row: Value, column: Value = None) -> Value:
    height, width = _shape(value)
    at, beside = _place(row), _place(column)
    if column is None:
        if height > 1 and width > 1:
            raise Unfit
        if height == 1:
            at, beside = 1, at
    if at > height or beside > width:
        raise failed("Ref")
    if isinstance(value, np.ndarray):
        part = value[at - 1 : at] if at else value
        part = part[:, beside - 1 : beside] if beside else part
        return float(part[0, 0]) if part.size == 1 and part.dtype == np.float64 else part
    rows = value if isinstance(value, list) else [[value]]
    rows = rows[at - 1 : at] if at else rows
    rows = [line[beside - 1 : beside] for line in rows] if beside else rows
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


def _match(value: Value, area: Value, exact: Value) -> Value:
    wanted, given = numbers(value), numbers(area)
    if exact != 0.0 or not isinstance(wanted, float) or isinstance(given, float) or 1 not in given.shape:
        raise Unfit
    cells = given.ravel()
    near = np.flatnonzero(np.abs(cells - wanted) <= 1e-12 * abs(wanted))
    if not near.size:
        raise failed("Na")
    if cells[near[0]] != wanted:
        raise Unfit
    return float(near[0] + 1)


def _truths(values: tuple[Value, ...]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, list) or value is None or isinstance(value, str):
            raise Unfit
        given = numbers(value)
        found += [given != 0.0] if isinstance(given, float) else (given != 0.0).ravel().tolist()
    return found


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "SUM": lambda *values: float(_finite(_counted(values).sum())),
    "PRODUCT": _extreme(np.prod),
    "AVERAGE": _statistic(np.mean),
    "MIN": _extreme(np.min),
    "MAX": _extreme(np.max),
    "MEDIAN": _statistic(np.median),
    **dict.fromkeys(("STDEV", "STDEV.S"), _statistic(lambda given: np.std(given, ddof=1), 2)),
    **dict.fromkeys(("VAR", "VAR.S"), _statistic(lambda given: np.var(given, ddof=1), 2)),
    **dict.fromkeys(("STDEVP", "STDEV.P"), _statistic(np.std)),
    **dict.fromkeys(("VARP", "VAR.P"), _statistic(np.var)),
    "COVARIANCE.S": _pairs(lambda one, other: _covariance(one, other) / (one.size - 1)),
    "COVARIANCE.P": _pairs(lambda one, other: _covariance(one, other) / one.size),
    "CORREL": _pairs(_correlation),
    "SUMPRODUCT": _sumproduct,
    "MMULT": _product,
    "MINVERSE": _inverse,
    "TRANSPOSE": _transposed,
    "ROWS": lambda value: float(_shape(value)[0]),
    "COLUMNS": lambda value: float(_shape(value)[1]),
    "INDEX": _index,
    "MATCH": _match,
    "ABS": _mapped("ABS", np.abs),
    "SQRT": _mapped("SQRT", np.sqrt),
    "EXP": _mapped("EXP", np.exp),
    "LN": _mapped("LN", np.log),
    "AND": lambda *values: all(_truths(values)),
    "OR": lambda *values: any(_truths(values)),
}
"""The functions that are computed with arrays."""
