"""The result of a shape: columns of numbers that share a column of dates."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Numbers of n assets that share a column of dates.

    Attributes
    ----------
    dates
        The index of the column of dates; None where there is none.
    columns
        The indices of the n columns of numbers.
    labels
        The n labels; an empty one is replaced by the name of the file.
    keys
        For each row of data the label of its asset, if one column holds all assets; `labels` is then empty.
    """

    dates: int | None
    columns: Sequence[int]
    labels: Sequence[str]
    keys: Sequence[str] | None = None
