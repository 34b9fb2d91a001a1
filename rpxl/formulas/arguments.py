"""The arguments that many functions share, each with the help that the function wizard shows."""

from typing import Annotated

from rpxl.core.missing import SYNONYMS
from rpxl.formulas.cells import Array, Block, Cells
from rpxl.formulas.readers import Choice, Number, Square, Vector, one_cell

LONGEST_HELP = 255
"""The most characters of a help text that Excel shows."""


class MissingChoice(Choice):
    """What to do about missing values; words that older workbooks use are understood too."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        cell = one_cell(argument, cells, "one word")
        known = SYNONYMS.get(cell.strip().lower()) if isinstance(cell, str) else None
        return super().read(argument, known or cells)


def options_help(helps: dict[str, str], more: str = "") -> str:
    """Return the help of a choice: each word, the default first, with what it does; or the words alone if too long.

    >>> options_help({"sample": "the plain one", "ewma": "weights halve"})
    'sample (default): the plain one; ewma: weights halve.'
    """
    words = [f"{name} (default)" if k == 0 else name for k, name in enumerate(helps)]
    told = "; ".join(f"{word}: {help}" for word, help in zip(words, helps.values(), strict=True)) + f".{more}"
    return told if len(told) <= LONGEST_HELP else ", ".join(words) + f".{more}"


Cov = Annotated[
    Array,
    Square(
        "Covariance matrix of the assets, annual (0.0225 is a volatility of 15 %). "
        "Labels may be included; one half may be left blank."
    ),
]
Weights = Annotated[
    Array,
    Vector("Weights as fractions of equity (0.6 is 60 %), a row or a column; assets in the order of the other inputs."),
]
ExpExcess = Annotated[
    Array, Vector("Expected annual return of each asset above cash (0.04 is 4 %), a row or a column.")
]
RiskAversion = Annotated[float, Number("Risk aversion n in utility = return − ½·n·variance; 2 to 4 is usual.")]
BorrowSpread = Annotated[
    float,
    Number(
        "Annual cost of borrowing above the return on cash (0.006 is 0.6 %), paid on what the weights sum to above 1. "
        "Default 0."
    ),
]
