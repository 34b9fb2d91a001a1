"""Missing values: how they may be treated, and the rows that are kept."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, floats, plural
from rpxl.errors import InputError

MISSING = ("error", "drop_rows")
"""Option words of every function with missing values: raise an error, or leave out their rows."""

SYNONYMS = {"refuse": "error"}
"""Option words of older workbooks, with those that replace them."""


def missing_word(word: object, words: Sequence[str] = MISSING) -> str:
    """Return the one of `words` that the user gave, in any case; words of older workbooks are accepted.

    >>> missing_word("Drop_Rows"), missing_word("refuse")
    ('drop_rows', 'error')
    """
    meant = SYNONYMS.get(word.strip().lower(), word) if isinstance(word, str) else word
    return choice(meant, "missing", words)


def complete_rows(
    values: npt.ArrayLike,
    argument: str,
    missing: str,
    needs: str,
    least: int = 2,
    places: npt.NDArray[np.intp] | None = None,
) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the rows of a table without missing values, and their indices.

    Parameters
    ----------
    values : array of shape (T, n)
        NaN, or masked, where a value is missing.
    argument : str
        The name of the table in the error.
    missing : {"error", "drop_rows"}
        A missing value is an error, or its whole row is left out.
    needs : str
        The end of the error's text where there are too few rows: how many are needed, and for what.
    least : int
        How many rows are needed.
    places : array of shape (T,), optional
        The index of each row in the user's table, where `values` is only a part of it.

    Returns
    -------
    rows : array of shape (m, n)
    places : array of shape (m,)
        The index of each row in the user's table.

    Raises
    ------
    InputError
        A value is missing and `missing` is "error"; fewer rows than `least` are left; a cell is infinite or no
        number; or `missing` is unknown.

    Examples
    --------
    >>> complete_rows([[1.0, 2.0], [np.nan, 3.0], [4.0, 5.0]], "returns", "drop_rows", "two are needed")
    (array([[1., 2.],
           [4., 5.]]), array([0, 2]))
    """
    missing = missing_word(missing)
    table = finite_or_missing(values, argument, places)
    given = np.arange(len(table)) if places is None else places
    gaps = np.isnan(table)
    incomplete = gaps.any(axis=1)
    if incomplete.any() and missing == "error":
        count = int(incomplete.sum())
        told = f"{count} of {plural(len(table), 'row')} {'lacks' if count == 1 else 'lack'} a value"
        text = f"{{0}} is missing; {told}. Fill in what is missing, or leave those rows out: missing = drop_rows."
        row, column = np.argwhere(gaps)[0].tolist()
        raise InputError(argument, text, (int(given[row]), column), missing=True)
    left = len(table) - int(incomplete.sum())
    if left < least:
        complete = f", {left} of them complete" if incomplete.any() else ""
        rows = "one row" if len(table) == 1 else f"{len(table)} rows"
        raise InputError(argument, f"has {rows}{complete}; {needs}.", missing=bool(incomplete.any()))
    return table[~incomplete], given[~incomplete]


def finite_or_missing(values: npt.ArrayLike, argument: str, places: npt.NDArray[np.intp] | None = None) -> Array:
    """Return a table as a new array, NaN where a value is missing; an infinite value is an error."""
    table = floats(values, argument, 2)
    if np.isinf(table).any():
        row, column = np.argwhere(np.isinf(table))[0].tolist()
        text = f"{{0}} is {table[row, column]}, not a finite number."
        raise InputError(argument, text, (row if places is None else int(places[row]), column))
    return table


def count_incomplete(values: npt.ArrayLike, argument: str = "data") -> int:
    """Return how many rows of a table lack a value: those that "drop_rows" leaves out.

    Parameters
    ----------
    values : array of shape (T, n)
        NaN, or masked, where a value is missing.
    argument : str
        The name of the table in the error.

    Returns
    -------
    int

    Raises
    ------
    InputError
        `values` is not a table of numbers.

    Examples
    --------
    >>> count_incomplete([[0.01, 0.02], [np.nan, 0.01], [0.0, np.nan]])
    2
    """
    return int(np.isnan(floats(values, argument, 2)).any(axis=1).sum())
