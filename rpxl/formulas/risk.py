"""Functions that split the risk of a portfolio among its assets."""

from math import sqrt
from typing import Annotated, Literal

from rpxl.core import decomposition
from rpxl.core.covariance import vols
from rpxl.errors import InputError
from rpxl.formulas.arguments import Cov, Weights
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.readers import Choice, Groups

_60_40 = ([[0.6], [0.4]], [[0.0225, -0.0015], [-0.0015, 0.0025]])  # vols 15 % and 5 %, correlation −0.2
_60_40_SOURCE = "60/40 of stocks (vol 15 %) and bonds (5 %), correlation −0.2, by hand: w'Σw = 0.00778"
_60_40_VOL = sqrt(0.00778)


@formula(
    "Risk",
    example=Example(args=_60_40, answer=[[0.00774 / 0.00778], [0.00004 / 0.00778]], source=_60_40_SOURCE),
)
def RISK_CONTRIB(
    weights: Weights,
    cov: Cov,
    measure: Annotated[
        Literal["share", "absolute", "marginal"],
        Choice(
            "share (default) sums to 1, absolute sums to the volatility, marginal is per unit of weight.",
            ("share", "absolute", "marginal"),
        ),
    ] = "share",
    groups: Annotated[
        list[str | float] | None,
        Groups(
            "The group of each asset (sector, quadrant …), a row or column of names: the answer is one sum per group."
        ),
    ] = None,
) -> Array:
    """Risk contribution of each asset: its share of the risk, or its absolute or marginal contribution.

    Raises
    ------
    InputError
        `weights` and `cov` do not fit together, `cov` is not a covariance matrix, or `measure` is marginal with groups.
    InfeasibleError
        The portfolio has no risk, so there are no shares of it.

    Notes
    -----
    Marginal (Σw)ᵢ/σ, absolute wᵢ(Σw)ᵢ/σ, share wᵢ(Σw)ᵢ/σ² with σ² = w'Σw
    (Euler's decomposition; Maillard, Roncalli & Teïletche 2010).

    Examples
    --------
    >>> RISK_CONTRIB([[0.5, 0.5]], [[0.04, 0.0], [0.0, 0.04]])
    [[0.5, 0.5]]
    """
    if groups is None:
        return decomposition.risk_contributions(weights, cov, measure)
    if measure == "marginal":
        text = "is marginal, which is per unit of one asset's weight; for groups choose share or absolute."
        raise InputError("measure", text)
    found = decomposition.group_risk(weights, cov, groups)
    return found.shares if measure == "share" else found.contributions


@formula(
    "Risk",
    example=Example(
        args=_60_40,
        answer=[
            ["Asset", "Weight", "Volatility", "Correlation", "Marginal", "Contribution", "Share"],
            [
                "Asset 1",
                0.6,
                0.15,
                0.0129 / (0.15 * _60_40_VOL),
                0.0129 / _60_40_VOL,
                0.00774 / _60_40_VOL,
                0.00774 / 0.00778,
            ],
            [
                "Asset 2",
                0.4,
                0.05,
                0.0001 / (0.05 * _60_40_VOL),
                0.0001 / _60_40_VOL,
                0.00004 / _60_40_VOL,
                0.00004 / 0.00778,
            ],
            ["Portfolio", 1.0, _60_40_VOL, 1.0, "", _60_40_VOL, 1.0],
        ],
        source=_60_40_SOURCE,
    ),
)
def RISK_DECOMP(
    weights: Weights,
    cov: Cov,
    groups: Annotated[
        list[str | float] | None,
        Groups(
            "The group of each asset (sector, quadrant …), a row or column of names: the table has one row per group."
        ),
    ] = None,
    *,
    labels: list[str],
) -> list[list[float | str]]:
    """Risk decomposition, a labelled table: weight, volatility, correlation with the portfolio, contributions to risk.

    Raises
    ------
    InputError
        `weights` and `cov` do not fit together, or `cov` is not a covariance matrix.
    InfeasibleError
        The portfolio has no risk, so there are no shares of it.

    Notes
    -----
    Contribution = weight × volatility × correlation with the portfolio (Qian 2006); an asset without
    volatility shows a correlation of 0. With groups, each row is the sum of the positions of the group's assets:
    volatility and correlation are those of this sum, contribution = volatility × correlation, marginal = contribution /
    weight (blank where the group's weight is 0).

    Examples
    --------
    >>> RISK_DECOMP([["SPY", 1.0]], [[0.25]])[1]
    ['SPY', 1.0, 0.5, 1.0, 0.5, 0.5, 1.0]
    """
    heading: list[float | str] = ["Weight", "Volatility", "Correlation", "Marginal", "Contribution", "Share"]
    volatility = decomposition.volatility(weights, cov)
    total: list[float | str] = ["Portfolio", weights.sum(), volatility, 1.0, "", volatility, 1.0]
    if groups is not None:
        found = decomposition.group_risk(weights, cov, groups)
        per_weight = [
            contribution / weight if weight else ""
            for contribution, weight in zip(found.contributions.tolist(), found.weights.tolist(), strict=True)
        ]
        rows = zip(
            found.names,
            found.weights.tolist(),
            found.vols.tolist(),
            found.correlations.tolist(),
            per_weight,
            found.contributions.tolist(),
            found.shares.tolist(),
            strict=True,
        )
        return [["Group", *heading], *(list(row) for row in rows), total]
    columns = (
        weights,
        vols(cov),
        decomposition.correlation_with_portfolio(weights, cov),
        decomposition.risk_contributions(weights, cov, "marginal"),
        decomposition.risk_contributions(weights, cov, "absolute"),
        decomposition.risk_contributions(weights, cov, "share"),
    )
    return [
        ["Asset", *heading],
        *([label, *row] for label, row in zip(labels, zip(*columns, strict=True), strict=True)),
        total,
    ]


@formula("Risk", example=Example(args=_60_40, answer=_60_40_VOL, source=_60_40_SOURCE))
def PORT_VOL(weights: Weights, cov: Cov) -> float:
    """Volatility of a portfolio, annual: √(w'Σw).

    Raises
    ------
    InputError
        `weights` and `cov` do not fit together, or `cov` is not a covariance matrix.

    Examples
    --------
    >>> PORT_VOL([[1.0], [0.0]], [[0.04, 0.0], [0.0, 0.01]])
    0.2
    """
    return decomposition.volatility(weights, cov)


@formula(
    "Risk",
    example=Example(args=_60_40, answer=0.11 / _60_40_VOL, source=_60_40_SOURCE + "; 0.6·15 % + 0.4·5 % = 11 %"),
)
def DIVERSIFICATION_RATIO(weights: Weights, cov: Cov) -> float:
    """Diversification ratio: the weighted average of the volatilities, divided by the portfolio's volatility.

    Raises
    ------
    InputError
        `weights` and `cov` do not fit together, or `cov` is not a covariance matrix.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    Σ|wᵢ|σᵢ / √(w'Σw), Choueifaty & Coignard (2008); 1 for a single asset or perfectly correlated ones.

    Examples
    --------
    >>> DIVERSIFICATION_RATIO([[0.5], [0.5]], [[0.04, 0.04], [0.04, 0.04]])
    1.0
    """
    return decomposition.diversification_ratio(weights, cov)


@formula(
    "Risk",
    example=Example(
        args=([[0.2], [0.8]], [[0.0256, 0.0], [0.0, 0.0016]]),
        answer=2.0,
        source="two uncorrelated assets with equal risk are two bets (Choueifaty, Froidure & Reynier 2013)",
    ),
)
def EFFECTIVE_BETS(weights: Weights, cov: Cov) -> float:
    """Effective number of independent bets: 1 for one asset, n for n uncorrelated assets with equal risk.

    Raises
    ------
    InputError
        `weights` and `cov` do not fit together, or `cov` is not a covariance matrix.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    The diversification ratio squared (Choueifaty, Froidure & Reynier 2013); it can be above n if assets hedge each
    other.

    Examples
    --------
    >>> EFFECTIVE_BETS([[1.0], [0.0]], [[0.04, 0.0], [0.0, 0.01]])
    1.0
    """
    return decomposition.effective_bets(weights, cov)
