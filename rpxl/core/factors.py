"""The risk of a portfolio by factors, such as growth, inflation, interest rates or a market."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, in_range, not_negative, numbers, plural, vector
from rpxl.core.cov_checks import EPS, validate_cov
from rpxl.errors import InfeasibleError, InputError


@dataclass(frozen=True, eq=False)
class FactorRisk:
    """The volatility of a portfolio, divided among k factors and the specific risk of its assets.

    Attributes
    ----------
    exposures : array of shape (k,)
        Exposures of the portfolio to the factors, B'w.
    contributions : array of shape (k,)
        Contributions of the factors to the volatility; with `specific` they sum to `vol`.
    specific : float
        The contribution of specific risk, which no factor explains.
    vol : float
        Volatility of the portfolio, annual.
    """

    exposures: Array
    contributions: Array
    specific: float
    vol: float

    @property
    def shares(self) -> Array:
        """The share of each factor in the risk, shape (k,)."""
        return self.contributions / self.vol

    @property
    def specific_share(self) -> float:
        """The share of specific risk; with `shares` it sums to 1."""
        return self.specific / self.vol


def factor_risk(
    weights: npt.ArrayLike,
    exposures: npt.ArrayLike,
    factor_cov: npt.ArrayLike,
    specific_vols: npt.ArrayLike | None = None,
) -> FactorRisk:
    """Divide the risk of a portfolio among factors.

    Parameters
    ----------
    weights : array of shape (n,)
        As fractions of equity; any sign, any sum.
    exposures : array of shape (n, k)
        B: the return of each asset per unit of each factor.
    factor_cov : array of shape (k, k)
        Covariance matrix of the factors, annual.
    specific_vols : array of shape (n,), optional
        Annual volatility of the part of each asset's return that no factor explains; 0 by default. These parts are
        taken as uncorrelated.

    Returns
    -------
    FactorRisk

    Raises
    ------
    InputError
        An argument is wrong or doesn't fit the others.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    Asset returns are taken as r = B f + e, so that σ² = b'Fb + Σ wᵢ² sᵢ² with b = B'w. The contribution of factor j is
    bⱼ (F b)ⱼ / σ: Euler's decomposition in the exposures (Meucci 2007, "Risk contributions from generic user-defined
    factors"). Where the factors are portfolios of the assets and explain all of them, it equals the decomposition of
    Roncalli & Weisang (2012). A share is below 0 where an exposure hedges the others.

    Examples
    --------
    >>> found = factor_risk([0.5, 0.5], [[1.0, 0.0], [0.5, 1.0]], [[0.04, 0.0], [0.0, 0.01]], [0.1, 0.0])
    >>> found.exposures, (found.shares * found.vol**2).round(6), round(found.specific_share * found.vol**2, 6)
    (array([0.75, 0.5 ]), array([0.0225, 0.0025]), 0.0025)
    """
    table = numbers(exposures, "exposures", 2)
    size, count = table.shape
    held = vector(weights, "weights", size, per="exposures")
    cov = validate_cov(factor_cov, "factor_cov").cov
    if len(cov) != count:
        text = f"has {plural(len(cov), 'factor')}, but exposures has {plural(count, 'column')}. Give one for each."
        raise InputError("factor_cov", text)
    own = np.zeros(size) if specific_vols is None else vector(specific_vols, "specific_vols", size, per="exposures")
    not_negative(own, "specific_vols", "A volatility")
    with np.errstate(over="ignore", invalid="ignore"):
        total = held @ table
        parts = total * (cov @ total)
        specific = float((held * own) @ (held * own))
        variance = in_range(float(parts.sum()) + specific, "weights", "the variance of the portfolio")
        gross = float(np.abs(total) @ np.abs(cov) @ np.abs(total)) + specific
    if variance <= 4.0 * count * EPS * gross:
        raise InfeasibleError("The portfolio has no risk by these factors, so there is nothing to share out.")
    vol = math.sqrt(variance)
    return FactorRisk(np.asarray(total), np.asarray(parts / vol), specific / vol, vol)
