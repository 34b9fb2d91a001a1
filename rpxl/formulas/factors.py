"""Functions that explain the risk of a portfolio by factors."""

from dataclasses import dataclass
from typing import Annotated

from rpxl.core.factors import factor_risk
from rpxl.formulas.arguments import Weights
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, Block, Cells
from rpxl.formulas.grid import read_matrix
from rpxl.formulas.readers import Reader, Square, Vector


@dataclass(frozen=True)
class Exposures(Reader):
    """A matrix with a row per asset and a column per factor; the labels of its rows name the assets."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        block = read_matrix(argument, cells)
        block.labels = block.row_labels
        return block


@formula(
    "Risk",
    example=Example(
        args=(
            [[0.5], [0.5]],
            [["", "Growth", "Inflation"], ["Stocks", 1.0, 0.0], ["Commodities", 0.5, 1.0]],
            [[0.04, 0.0], [0.0, 0.01]],
            [0.1, 0.0],
        ),
        answer=[
            ["Factor", "Exposure", "Contribution", "Share"],
            ["Growth", 0.75, 0.0225 / 0.0275**0.5, 0.0225 / 0.0275],
            ["Inflation", 0.5, 0.0025 / 0.0275**0.5, 0.0025 / 0.0275],
            ["Specific", "", 0.0025 / 0.0275**0.5, 0.0025 / 0.0275],
            ["Portfolio", "", 0.0275**0.5, 1.0],
        ],
        source="by hand: exposures 0.75 and 0.5; variances 0.75²·0.04, 0.5²·0.01 and 0.5²·0.1²",
    ),
)
def FACTOR_RISK(
    weights: Weights,
    exposures: Annotated[
        Array,
        Exposures("Return of each asset per unit of return of each factor: a row per asset, a column per factor."),
    ],
    factor_cov: Annotated[
        Array,
        Square("Covariance matrix of the factors, annual. Labels may be included; one half may be left blank."),
    ],
    specific_vols: Annotated[
        Array | None, Vector("Annual volatility of each asset not explained by the factors (0.05 is 5 %). Default 0.")
    ] = None,
    *,
    factors: list[str],
) -> list[list[float | str]]:
    """Risk by factors, a labelled table: exposure to each factor, its contribution to the volatility, its share.

    Raises
    ------
    InputError
        An argument is wrong or doesn't fit the others.
    InfeasibleError
        The portfolio has no risk, so there are no shares of it.

    Notes
    -----
    With the exposures b = B'w and the volatility σ of the portfolio, factor j contributes bⱼ (F b)ⱼ / σ; the specific
    risk of the assets contributes Σ wᵢ² sᵢ² / σ (Euler in the exposures, Meucci 2007). A share is below 0 where an
    exposure hedges the others.

    Examples
    --------
    >>> FACTOR_RISK([[1.0]], [[0.5, 0.0]], [[0.25, 0.0], [0.0, 0.25]])[1]
    ['Factor 1', 0.5, 0.25, 1.0]

    Butler's quadrants: growth and inflation as factors, an asset for each quadrant, equal weights. The assets hedge
    much of both factors; of the rest, growth has a larger share than inflation.

    >>> quadrants = [["", "Growth", "Inflation"], ["Stocks", 1.0, -0.3], ["Commodities", 0.5, 1.0]]
    >>> quadrants += [["Gold", -0.3, 0.6], ["Bonds", -0.4, -0.8]]
    >>> table = FACTOR_RISK([0.25] * 4, quadrants, [[0.04, 0.0], [0.0, 0.01]], [0.1] * 4)
    >>> [[row[0], round(row[3], 4)] for row in table[1:4]]
    [['Growth', 0.3759], ['Inflation', 0.0367], ['Specific', 0.5874]]
    """
    found = factor_risk(weights, exposures, factor_cov, specific_vols)
    rows = zip(factors, found.exposures.tolist(), found.contributions.tolist(), found.shares.tolist(), strict=True)
    return [
        ["Factor", "Exposure", "Contribution", "Share"],
        *([name, exposure, contribution, share] for name, exposure, contribution, share in rows),
        ["Specific", "", found.specific, found.specific_share],
        ["Portfolio", "", found.vol, 1.0],
    ]
