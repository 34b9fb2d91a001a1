"""Functions that choose weights from a covariance matrix."""

from typing import Annotated

import numpy as np

from rpxl.core.allocation import (
    inverse_vol_weights,
    max_diversification_weights,
    max_sharpe_weights,
    min_variance_weights,
)
from rpxl.core.clustering import LINKAGES, hrp_weights
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.formulas.arguments import Cov, ExpExcess
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.readers import Choice, Groups, Vector

_ZERO, _ONE = np.zeros(1), np.ones(1)  # one bound for all assets
Lower = Annotated[
    Array, Vector("Lowest weights: one number for all assets, or one each. Default 0; below 0 allows short positions.")
]
Upper = Annotated[
    Array,
    Vector(
        "Highest weights: one number for all assets, or one each. Default 1, ALSO where lower allows short positions: "
        "give a higher number to let longs exceed the equity."
    ),
]

_TEXTBOOK = [[0.0225, -0.0015], [-0.0015, 0.0025]]  # volatilities 15 % and 5 %, correlation −0.2
_STOCKS_BONDS = [[0.0256, 0.0], [0.0, 0.0016]]  # volatilities 16 % and 4 %, uncorrelated
_BALANCED = "Haghani & White (2017), 'Some Clarity on Risk Parity': 20/80 balances vols of 16 % and 4 %"


@formula("Construction", example=Example(args=(_STOCKS_BONDS,), answer=[[0.2], [0.8]], source=_BALANCED))
def RP_WEIGHTS(
    cov: Cov,
    budgets: Annotated[
        Array | None,
        Vector(
            "Share of the risk that each asset is to carry; equal when left out, scaled to sum to 1, 0 for no weight. "
            "With groups: one for each group in order of first appearance, split equally inside."
        ),
    ] = None,
    groups: Annotated[
        list[str | float] | None,
        Groups("The group of each asset (sector, quadrant …), a row or column of names without a heading."),
    ] = None,
    lower: Annotated[Array | None, Vector("Lowest weights: one number for all assets, or one each.")] = None,
    upper: Annotated[Array | None, Vector("Highest weights: one number for all assets, or one each.")] = None,
    group_lower: Annotated[
        Array | None,
        Vector(
            "Lowest sum of the weights of a group: one for all groups, or one each in order of first appearance.",
            per="groups",
        ),
    ] = None,
    group_upper: Annotated[
        Array | None,
        Vector(
            "Highest sum of the weights of a group: one for all groups, or one each in order of first appearance.",
            per="groups",
        ),
    ] = None,
) -> Array:
    """Risk-parity weights: each asset carries its budget of the risk, as far as bounds let it; they sum to 1.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix, or `budgets` are negative, all zero or of another length; or another
        argument has not as many cells as there are assets or groups.
    InfeasibleError
        Some of the assets hedge each other completely: no such portfolio exists. Or no weights keep the bounds; the
        message names those that contradict each other.
    ConvergenceError
        The matrix is too near singular for float64 to hold the answer to 1e-8.

    Notes
    -----
    wᵢ(Σw)ᵢ / w'Σw = bᵢ: Maillard, Roncalli & Teïletche (2010); budgets: Bruder & Roncalli (2012); solved
    as the convex problem of Spinu (2013).

    When a bound binds: the constrained portfolio of Richard & Roncalli (2019), the minimum of σ(x) − λ Σ bᵢ ln xᵢ
    between the bounds for the λ that makes it sum to 1. The risk contributions of the assets that are not at a bound,
    nor in a group at its bound, stay in the proportions of their budgets; an asset at its lower bound contributes more,
    one at its upper bound less. Where no bound binds, the answer is the one without bounds. Budgets may still be one
    for each asset when there are groups. A blank among the bounds is an error, never a bound of 0.

    Examples
    --------
    >>> RP_WEIGHTS([[0.0256, 0.0], [0.0, 0.0016]])
    [[0.2], [0.8]]
    >>> RP_WEIGHTS([[0.0256, 0.0], [0.0, 0.0016]], lower=[0.5, 0.0])
    [[0.5], [0.5]]
    """
    return risk_parity_weights(cov, budgets, groups, lower, upper, group_lower, group_upper)


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


@formula(
    "Construction",
    example=Example(
        args=(_TEXTBOOK,),
        answer=[[1 / 7], [6 / 7]],
        source="closed form for two assets, (σ₂² − ρσ₁σ₂) / (σ₁² + σ₂² − 2ρσ₁σ₂) = 0.0040 / 0.0280",
    ),
)
def MIN_VAR_WEIGHTS(cov: Cov, lower: Lower = _ZERO, upper: Upper = _ONE) -> Array:
    """Minimum-variance weights, long-only unless bounds say otherwise; they sum to 1.

    Raises
    ------
    InfeasibleError
        No weights that sum to 1 keep the bounds; the message names them.
    ConvergenceError
        The matrix is too near singular for float64 to prove the answer best.

    Notes
    -----
    Minimises w'Σw subject to Σw = 1 and the bounds (Markowitz 1952). Checked: no weight moved between two assets lowers
    the variance. When the matrix is singular, several portfolios may have the smallest variance; this is one.

    Examples
    --------
    >>> MIN_VAR_WEIGHTS([[0.04, 0.0], [0.0, 0.01]], upper=0.75)
    [[0.25], [0.75]]
    """
    return min_variance_weights(cov, lower, upper)


@formula(
    "Construction",
    example=Example(
        args=(_TEXTBOOK,),
        answer=[[0.25], [0.75]],
        source="closed form for two assets: inverse volatilities, whatever the correlation",
    ),
)
def MAX_DIV_WEIGHTS(cov: Cov) -> Array:
    """Weights of the most diversified long-only portfolio: highest average volatility over portfolio volatility.

    Raises
    ------
    InfeasibleError
        Some portfolio has no risk: its ratio has no bound.

    Notes
    -----
    Maximises w'σ / √(w'Σw) (Choueifaty & Coignard 2008): minimum variance on the correlations, each weight then divided
    by its volatility.

    Examples
    --------
    >>> MAX_DIV_WEIGHTS([[0.04, 0.0], [0.0, 0.01]])
    [[0.3333333333333333], [0.6666666666666666]]
    """
    return max_diversification_weights(cov)


@formula(
    "Construction",
    example=Example(args=([[0.04], [0.01]], _STOCKS_BONDS), answer=[[0.2], [0.8]], source=_BALANCED + ", Sharpe 0.35"),
)
def MAX_SHARPE_WEIGHTS(exp_excess: ExpExcess, cov: Cov, lower: Lower = _ZERO, upper: Upper = _ONE) -> Array:
    """Weights with the highest Sharpe ratio, fully invested, long-only unless bounds say otherwise.

    Raises
    ------
    InfeasibleError
        No weights that sum to 1 keep the bounds; or none that do are expected to earn more than cash; or a portfolio
        without risk is, and its ratio has no bound.
    ConvergenceError
        The matrix is too near singular for float64 to prove the answer best.

    Notes
    -----
    Maximises w'μ / √(w'Σw) subject to Σw = 1 and the bounds: the efficient portfolio that the line from cash touches
    (Tobin 1958). Checked: no weight moved between two assets raises the ratio.

    Examples
    --------
    >>> MAX_SHARPE_WEIGHTS([0.04, -0.01], [[0.0256, 0.0], [0.0, 0.0016]])
    [[1.0], [0.0]]
    """
    return max_sharpe_weights(exp_excess, cov, lower, upper)


@formula(
    "Construction",
    example=Example(
        args=([[0.04, 0.0], [0.0, 0.01]],),
        answer=[[0.2], [0.8]],
        source="by hand: 1 − 0.04 / (0.04 + 0.01) and the rest",
    ),
)
def HRP_WEIGHTS(
    cov: Cov,
    linkage: Annotated[
        str,
        Choice(
            "How far apart two clusters are: single (default, as in the paper), ward, average or complete.", LINKAGES
        ),
    ] = "single",
) -> Array:
    """Hierarchical risk parity: assets are clustered by correlation, and each split divides by inverse variance.

    Notes
    -----
    López de Prado (2016): single linkage, unless another is asked for, on the distances between the columns of
    √(½(1 − ρ)), as in the paper; some libraries cluster by √(½(1 − ρ)) itself and get other weights. The order of the
    tree's leaves is halved again and again, each half weighted by the inverse of its variance at inverse-variance
    weights.

    Examples
    --------
    >>> HRP_WEIGHTS([[0.04, 0.0], [0.0, 0.01]])
    [[0.2], [0.8]]
    """
    return hrp_weights(cov, linkage)
