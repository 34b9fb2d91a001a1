"""Functions of mean–variance optimisation, to compare with risk parity."""

from typing import Annotated

import numpy as np

from rpxl.formulas.arguments import Cov
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.construction import Lower, Upper
from rpxl.formulas.readers import Number, Vector

ExpReturns = Annotated[Array, Vector("Expected annual return of each asset (0.06 is 6 %), a row or a column.")]
_ZERO, _ONE = np.zeros(1), np.ones(1)  # one bound for all assets
_RETURNS = [[0.08], [0.04]]
_COV = [[0.04, 0.0], [0.0, 0.01]]  # volatilities of 20 and 10 %, uncorrelated
_BY_HAND = "by hand: weights w and 1 − w have a variance of 0.04 w² + 0.01 (1 − w)²"


@formula(
    "Construction",
    example=Example(
        args=(_RETURNS, _COV, 2.0),
        answer=[[0.6], [0.4]],
        source=_BY_HAND + "; its slope 2 (0.04 w − 0.01 (1 − w)) is the difference of the returns, 0.04",
    ),
)
def MEAN_VAR_WEIGHTS(
    exp_returns: ExpReturns,
    cov: Cov,
    risk_aversion: Annotated[
        float | None, Number("Risk aversion n: maximises return − ½·n·variance. Give this or one of the two targets.")
    ] = None,
    target_return: Annotated[
        float | None, Number("Expected annual return to reach with the smallest variance (0.06 is 6 %).")
    ] = None,
    target_vol: Annotated[
        float | None, Number("Annual volatility at which the expected return is the highest (0.1 is 10 %).")
    ] = None,
    lower: Lower = _ZERO,
    upper: Upper = _ONE,
) -> Array:
    """Mean–variance weights: one portfolio of the efficient frontier, by risk aversion, target return or volatility.

    Raises
    ------
    InputError
        None or several of `risk_aversion`, `target_return` and `target_vol` are given, or an argument is wrong.
    InfeasibleError
        No weights keep the bounds, or the target is not on the frontier.

    Notes
    -----
    Markowitz (1952); the weights sum to 1. They react strongly to small changes of `exp_returns`; risk parity needs no
    expected returns. See :func:`rpxl.core.mean_variance.mean_variance_weights`.

    Examples
    --------
    >>> MEAN_VAR_WEIGHTS([[0.5, 0.25]], [[0.25, 0.0], [0.0, 0.25]], None, 0.375)
    [[0.5], [0.5]]
    """
    from rpxl.core.mean_variance import mean_variance_weights  # here only: a first formula doesn't need it

    return mean_variance_weights(exp_returns, cov, risk_aversion, target_return, target_vol, lower, upper)


@formula(
    "Construction",
    example=Example(
        args=(_RETURNS, _COV, 3.0),
        answer=[
            ["Volatility", "Return", "Asset 1", "Asset 2"],
            [0.008**0.5, 0.048, 0.2, 0.8],
            [0.016**0.5, 0.064, 0.6, 0.4],
            [0.2, 0.08, 1.0, 0.0],
        ],
        source=_BY_HAND + ", least at w = 0.2; between that and w = 1 half way",
    ),
)
def EFFICIENT_FRONTIER(
    exp_returns: ExpReturns,
    cov: Cov,
    points: Annotated[float, Number("Number of portfolios, 2 to 500. Default 20.")] = 20.0,
    lower: Lower = _ZERO,
    upper: Upper = _ONE,
    *,
    labels: list[str],
) -> list[list[float | str]]:
    """Efficient frontier, one row per portfolio: volatility, expected return, weights; from the lowest volatility up.

    Raises
    ------
    InputError
        An argument is wrong or of another length.
    InfeasibleError
        No weights keep the bounds.

    Notes
    -----
    Markowitz (1952). The expected returns are evenly spaced, from that of the minimum-variance portfolio to the highest
    one. See :func:`rpxl.core.mean_variance.efficient_frontier`.

    Examples
    --------
    >>> EFFICIENT_FRONTIER([0.5, 0.25], [[0.25, 0.0], [0.0, 0.25]], 2)
    [['Volatility', 'Return', 'Asset 1', 'Asset 2'], [0.3535533905932738, 0.375, 0.5, 0.5], [0.5, 0.5, 1.0, 0.0]]
    """
    from rpxl.core.mean_variance import efficient_frontier  # here only: a first formula doesn't need it

    frontier = efficient_frontier(exp_returns, cov, points, lower, upper)
    rows = np.column_stack([frontier.vols, frontier.returns, frontier.weights])
    return [["Volatility", "Return", *labels], *rows.tolist()]
