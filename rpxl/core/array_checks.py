"""Checks of arguments that the functions of the core share.

Each returns a new float64 array, a read-only view or a float, so that no later step can change the caller's data.
"""

import math
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rpxl.errors import Index, InputError

Array = npt.NDArray[np.float64]


def floats(value: npt.ArrayLike, argument: str, dimensions: int, *, fresh: bool = True) -> Array:
    """Return `value` as a float64 array with `dimensions` axes and at least one cell; read-only unless fresh."""
    shape = "a list of numbers" if dimensions == 1 else "a table of numbers"
    if "numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray):  # numpy.ma is slow to import
        value = np.where(np.ma.getmaskarray(value), np.nan, value.data)  # a masked cell is a missing one
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:  # rows of different lengths, or no table at all
        raise InputError(argument, f"must be {shape}, but holds something else.") from error
    # Text that looks like a number is still text; a date or a complex number can't become a float without a loss.
    texts = array.dtype.kind == "O" and any(isinstance(cell, str | bytes) for cell in array.flat)
    if texts or array.dtype.kind not in "fiubO":
        raise InputError(argument, f"must be {shape}, but holds something else.")
    try:
        result = array.astype(np.float64, order="C", copy=fresh)
    except (TypeError, ValueError, OverflowError) as error:  # an object that is no number
        raise InputError(argument, f"must be {shape}, but holds something else.") from error
    if not fresh:
        result = result.view()
        result.flags.writeable = False
    if result.size == 0:
        raise InputError(argument, f"must be {shape}, but is empty.")
    if result.ndim != dimensions:
        raise InputError(argument, f"must be {shape}, but has {plural(result.ndim, 'dimension')}.")
    return result


def finite_problem(array: Array, argument: str) -> InputError | None:
    """Return an error that names the first cell that is not a finite number; None where all are finite."""
    finite = np.isfinite(array)
    if np.count_nonzero(finite) == finite.size:
        return None
    place = first_cell(~finite)
    return InputError(argument, f"{{0}} is {array[place]}, not a finite number.", place)


def numbers(value: npt.ArrayLike, argument: str, dimensions: int) -> Array:
    """Return `value` as a new array of finite numbers, see :func:`floats`."""
    result = floats(value, argument, dimensions)
    problem = finite_problem(result, argument)
    if problem is not None:
        raise problem
    return result


def first_cell(marked: npt.NDArray[np.bool_]) -> Index:
    """Return the index of the first marked cell of a vector or a matrix.

    >>> first_cell(np.array([[False, False], [True, False]]))
    (1, 0)
    """
    place = tuple(int(axis) for axis in np.unravel_index(int(marked.argmax()), marked.shape))
    return (place[0], place[1]) if len(place) == 2 else place[0]


def vector(value: npt.ArrayLike, argument: str, size: int, per: str = "cov", each: str = "asset") -> Array:
    """Return a vector of shape (size,): one finite number for each asset (or other `each`) of the argument `per`."""
    result = numbers(value, argument, 1)
    if result.size != size:
        raise InputError(
            argument,
            f"has {plural(result.size, 'number')}, but {per} has {plural(size, each)}. Give one for each {each}.",
        )
    return result


def not_negative(values: Array, argument: str, what: str) -> None:
    """Refuse a vector with a number below 0; `what` names such a number in the message, as in "A variance"."""
    if values.min() < 0.0:
        place = first_cell(values < 0.0)
        raise InputError(argument, f"{{0}} is {values[place]:.6g}. {what} cannot be negative.", place)


def number(value: object, argument: str) -> float:
    """Return one finite number."""
    try:
        if isinstance(value, str | bytes) or (isinstance(value, np.ndarray) and value.ndim):
            raise TypeError
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(argument, "must be a single number.") from error
    if not math.isfinite(result):
        raise InputError(argument, f"is {result}, not a finite number.")
    return result


def positive(value: object, argument: str) -> float:
    """Return one finite number above 0."""
    result = number(value, argument)
    if result <= 0.0:
        raise InputError(argument, f"is {result:.6g}; it must be above 0.")
    return result


def rate(value: object, argument: str) -> float:
    """Return a cost rate: one finite number, 0 or above."""
    result = number(value, argument)
    if result < 0.0:
        raise InputError(argument, f"is {result:.6g}; a cost cannot be negative.")
    return result


def exact_sum(values: Array) -> float:
    """Sum with a single rounding, so that 0.7, 0.2 and 0.1 sum to 1 and nothing is borrowed; infinity on overflow.

    >>> exact_sum(np.array([0.1] * 10))
    1.0
    """
    try:
        return math.fsum(values.tolist())
    except (OverflowError, ValueError):
        return math.inf


def in_range(result: float, argument: str, what: str) -> float:
    """Return a result that is a finite number; raise an InputError that names `argument` where it overflowed."""
    if not math.isfinite(result):
        raise InputError(argument, f"cannot be used: {what} is too large to compute.")
    return result


def choice(word: object, argument: str, words: Sequence[str]) -> str:
    """Return the one of `words` that the user gave, in any case and with or without spaces around it.

    >>> choice("Log", "kind", ("simple", "log"))
    'log'
    """
    meant = word.strip().lower() if isinstance(word, str) else None
    if meant not in words:
        raise InputError(argument, f"is {word!r}; choose one of {', '.join(words)}.")
    return str(meant)


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, in the singular for 1.

    >>> plural(1, "asset"), plural(3, "asset")
    ('1 asset', '3 assets')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
