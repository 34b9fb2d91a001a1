"""What a shape finds: columns of numbers that share a column of dates."""

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
        The n labels; one that is empty is to be called as the file is.
    keys
        For each row of data the label of its asset, when all stand in one column; `labels` is then empty.
    """

    dates: int | None
    columns: Sequence[int]
    labels: Sequence[str]
    keys: Sequence[str] | None = None
