"""Functions that choose weights from a covariance matrix."""

from typing import Annotated

from rpxl.core.allocation import inverse_vol_weights
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.formulas.arguments import Cov
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, Vector

_STOCKS_BONDS = [[0.0256, 0.0], [0.0, 0.0016]]  # volatilities 16 % and 4 %, uncorrelated
_BALANCED = "Haghani & White (2017), 'Some Clarity on Risk Parity': 20/80 balances vols of 16 % and 4 %"


@formula("Construction", example=Example(args=(_STOCKS_BONDS,), answer=[[0.2], [0.8]], source=_BALANCED))
def RP_WEIGHTS(
    cov: Cov,
    budgets: Annotated[
        Array | None,
        Vector(
            "Share of the risk that each asset is to carry; equal when left out, scaled to sum to 1, 0 for no weight."
        ),
    ] = None,
) -> Array:
    """Risk-parity weights: each asset carries its budget of the portfolio's risk; the weights sum to 1.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix, or `budgets` are negative, all zero or of another length.
    InfeasibleError
        Some of the assets hedge each other completely: no such portfolio exists.
    ConvergenceError
        The matrix is too near singular for float64 to hold the answer to 1e-8.

    Notes
    -----
    wᵢ(Σw)ᵢ / w'Σw = bᵢ: Maillard, Roncalli & Teïletche (2010); budgets: Bruder & Roncalli (2012); solved
    as the convex problem of Spinu (2013).

    Examples
    --------
    >>> RP_WEIGHTS([[0.0256, 0.0], [0.0, 0.0016]])
    [[0.2], [0.8]]
    """
    return risk_parity_weights(cov, budgets)


@formula("Construction", example=Example(args=(_STOCKS_BONDS,), answer=[[0.2], [0.8]], source=_BALANCED))
def INV_VOL_WEIGHTS(cov: Cov) -> Array:
    """Weights in inverse proportion to volatility, which ignores the correlations; they sum to 1.

    Notes
    -----
    wᵢ = (1/σᵢ) / Σⱼ(1/σⱼ): the risk parity of assets whose correlations are all equal
    (Maillard, Roncalli & Teïletche 2010, section 2.3).

    Examples
    --------
    >>> INV_VOL_WEIGHTS([[0.04, 0.0], [0.0, 0.01]])
    [[0.3333333333333333], [0.6666666666666666]]
    """
    return inverse_vol_weights(cov)
