"""The exceptions that rpxl raises when an input is wrong or has no answer.

A message names the argument and the cell, and says what to do. A core function knows only its arrays, so
it points at a cell by its index. The layer that knows what the user selected (labels on top, a row instead
of a column) turns that index into a place on the user's sheet with :meth:`InputError.relocate`.
"""

from collections.abc import Callable
from typing import Self

Index = int | tuple[int, int]
"""A place in an array: ``i`` in a vector, ``(i, j)`` in a matrix, counted from 0."""


class RpxlError(Exception):
    """Base class of the exceptions of rpxl."""

    cell_error = "#VALUE!"
    """The error value that the cell shows."""


class InfeasibleError(RpxlError):
    """No portfolio satisfies the conditions; the message says why."""

    cell_error = "#NUM!"


class ConvergenceError(RpxlError):
    """The answer exists but could not be computed to the accuracy that rpxl guarantees."""

    cell_error = "#NUM!"


def describe_index(index: Index) -> str:
    """Describe an index in words, counted from 1.

    >>> describe_index((1, 2))
    'row 2, column 3'
    >>> describe_index(4)
    'item 5'
    """
    if isinstance(index, tuple):
        return f"row {index[0] + 1}, column {index[1] + 1}"
    return f"item {index + 1}"


class InputError(RpxlError, ValueError):
    """An argument is wrong.

    Parameters
    ----------
    argument
        Name of the argument as the user knows it.
    problem
        What is wrong and what to do, in words. ``{0}``, ``{1}`` … stand for the places in `cells`.
    cells
        The places that the text names: indices, or text that is shown as it is.
    missing
        True when a value is absent rather than wrong: the cell then shows ``#N/A``.

    Examples
    --------
    >>> raise InputError("cov", "{0} is -0.04. A variance cannot be negative.", (2, 2))
    Traceback (most recent call last):
        ...
    rpxl.errors.InputError: cov: row 3, column 3 is -0.04. A variance cannot be negative.
    """

    def __init__(self, argument: str, problem: str, *cells: Index | str, missing: bool = False) -> None:
        self.argument = argument
        self.problem = problem
        self.cells = cells
        self.missing = missing
        places = [cell if isinstance(cell, str) else describe_index(cell) for cell in cells]
        text = problem
        for number, place in enumerate(places):  # not str.format: the text may quote a cell that holds braces
            text = text.replace(f"{{{number}}}", place)
        super().__init__(f"{argument}: {text}" if argument else text)
        if missing:
            self.cell_error = "#N/A"

    def relocate(self, place: Callable[[Index], str]) -> Self:
        """Return the same error, with each index turned into text by `place`."""
        cells = (cell if isinstance(cell, str) else place(cell) for cell in self.cells)
        return type(self)(self.argument, self.problem, *cells, missing=self.missing)
