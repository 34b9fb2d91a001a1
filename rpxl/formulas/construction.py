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
        "give a higher number to allow weights above 100 %."
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
            "Share of the risk for each asset. Left out: equal shares. Scaled to sum to 1; 0 gives a weight of 0. "
            "With groups: one for each group in order of first appearance, split equally among its assets."
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
    """Risk-parity weights: each asset carries its budget of the risk, as far as the bounds allow; they sum to 1.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix, or `budgets` are negative, all zero or of another length; or another
        argument does not have one cell for each asset or group.
    InfeasibleError
        Some of the assets hedge each other completely: no such portfolio exists. Or no weights keep the bounds; the
        message names the bounds that contradict each other.
    ConvergenceError
        The matrix is too close to singular: the answer cannot be computed to a relative error of 1e-8 in float64.

    Notes
    -----
    wᵢ(Σw)ᵢ / w'Σw = bᵢ: Maillard, Roncalli & Teïletche (2010); budgets: Bruder & Roncalli (2012); solved
    as the convex problem of Spinu (2013).

    When a bound binds: the constrained portfolio of Richard & Roncalli (2019), the minimum of σ(x) − λ Σ bᵢ ln xᵢ
    between the bounds for the λ that makes it sum to 1. The risk contributions of the assets that are not at a bound,
    nor in a group at its bound, stay in the proportions of their budgets; an asset at its lower bound contributes more,
    one at its upper bound less. Where no bound binds, the answer is the one without bounds. With groups, budgets may
    also be given for each asset. A blank among the bounds is an error, never a bound of 0.

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
    """Weights in inverse proportion to volatility; correlations are ignored; they sum to 1.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix, or a variance is 0.

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
        No weights that sum to 1 keep the bounds; the message names the bounds.
    ConvergenceError
        The matrix is too close to singular to prove in float64 that the answer is the best.

    Notes
    -----
    Minimises w'Σw subject to Σw = 1 and the bounds (Markowitz 1952). The answer is checked: moving weight from one
    asset to another does not lower the variance. If the matrix is singular, several portfolios may have the smallest
    variance; this is one of them.

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
        Some portfolio has no risk, so its ratio is infinite.

    Notes
    -----
    Maximises w'σ / √(w'Σw) (Choueifaty & Coignard 2008): the minimum-variance weights of the correlation matrix, each
    divided by the asset's volatility, then scaled to sum to 1.

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
        No weights that sum to 1 keep the bounds; or no such portfolio is expected to earn more than cash; or one that
        is has no risk, so its ratio is infinite.
    ConvergenceError
        The matrix is too close to singular to prove in float64 that the answer is the best.

    Notes
    -----
    Maximises w'μ / √(w'Σw) subject to Σw = 1 and the bounds: the tangency portfolio (Tobin 1958). The answer is
    checked: moving weight from one asset to another does not raise the ratio.

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
            "How the distance of two clusters is measured: single (default, as in the paper), ward, average, complete.",
            LINKAGES,
        ),
    ] = "single",
) -> Array:
    """Hierarchical risk parity: assets are clustered by correlation; each split divides weight by inverse variance.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix, or a variance is 0.
    InfeasibleError
        Two halves of a cluster are both without risk.

    Notes
    -----
    López de Prado (2016): the assets are clustered, by single linkage unless another is chosen, on the Euclidean
    distances between the columns of √(½(1 − ρ)), as in the paper; some libraries cluster by √(½(1 − ρ)) itself and get
    other weights. The ordered list of assets is halved again and again; two halves share their weight in inverse
    proportion to their variances, each taken at inverse-variance weights.

    Examples
    --------
    >>> HRP_WEIGHTS([[0.04, 0.0], [0.0, 0.01]])
    [[0.2], [0.8]]
    """
    return hrp_weights(cov, linkage)
