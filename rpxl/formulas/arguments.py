"""The arguments that many functions share, each with the help that the function wizard shows."""

from typing import Annotated

from rpxl.formulas.cells import Array
from rpxl.formulas.readers import Number, Square, Vector

Cov = Annotated[
    Array,
    Square(
        "Covariance matrix of the assets, annual (0.0225 is a volatility of 15 %). "
        "Labels may be included; one half may be left blank."
    ),
]
Weights = Annotated[
    Array,
    Vector("Weights as fractions of equity (0.6 is 60 %), a row or a column in the order of the covariances."),
]
ExpExcess = Annotated[
    Array, Vector("Expected annual return of each asset above cash (0.04 is 4 %), a row or a column.")
]
RiskAversion = Annotated[float, Number("Risk aversion n in utility = return − ½·n·variance; 2 to 4 is usual.")]
BorrowSpread = Annotated[
    float,
    Number("Annual cost above cash of each unit borrowed (0.006 is 0.6 %), paid on Σw − 1 above 1. Default 0."),
]
