"""Where the risk of a portfolio comes from."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, in_range, vector
from rpxl.core.cov_checks import EPS, CovParts, validate_cov
from rpxl.core.limits import Group, read_groups
from rpxl.errors import InfeasibleError


def volatility(weights: npt.ArrayLike, cov: npt.ArrayLike) -> float:
    """Return the volatility of a portfolio, √(w'Σw).

    Parameters
    ----------
    weights : array of shape (n,)
        Fractions of equity; any sign, any sum.
    cov : array of shape (n, n)

    Returns
    -------
    float
        Annual where `cov` is; 0 for a portfolio without risk.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or `weights` has another length or a cell that is not finite.

    Examples
    --------
    >>> round(volatility([0.6, 0.4], [[0.0225, -0.0015], [-0.0015, 0.0025]]), 8)
    0.08820431
    """
    return assess(weights, cov).vol


def marginal_risk(weights: npt.ArrayLike, cov: npt.ArrayLike) -> Array:
    """Return the increase in volatility per unit of each weight, Σw / √(w'Σw).

    Parameters
    ----------
    weights : array of shape (n,)
    cov : array of shape (n, n)

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    InputError
        See :func:`volatility`.
    InfeasibleError
        The portfolio has no risk.

    Examples
    --------
    >>> marginal_risk([0.5, 0.5], [[0.04, 0.0], [0.0, 0.0225]]).round(4)
    array([0.16, 0.09])
    """
    return risk_contributions(weights, cov, "marginal")


def risk_contributions(weights: npt.ArrayLike, cov: npt.ArrayLike, measure: str = "share") -> Array:
    """Decompose the volatility of a portfolio into contributions of its assets.

    Parameters
    ----------
    weights : array of shape (n,)
    cov : array of shape (n, n)
    measure : {"share", "absolute", "marginal"}
        Fractions of the risk, which sum to 1; contributions that sum to the volatility; or the volatility
        per unit of weight.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    InputError
        See :func:`volatility`; or `measure` is unknown.
    InfeasibleError
        The portfolio has no risk, so there is nothing to share.

    Notes
    -----
    Marginal Σw / σ(w), absolute w (Σw) / σ(w), share w (Σw) / σ(w)²: Euler's decomposition, equations 2 to 4 of
    Maillard, Roncalli & Teiletche (2010), "The properties of equally weighted risk contribution portfolios".

    Examples
    --------
    >>> risk_contributions([0.6, 0.4], [[0.0225, -0.0015], [-0.0015, 0.0025]]).round(8)
    array([0.99485861, 0.00514139])
    """
    measure = choice(measure, "measure", ("share", "absolute", "marginal"))
    portfolio = assess(weights, cov)
    portfolio.require_risk()
    if measure == "marginal":
        return portfolio.covariances / portfolio.vol
    return portfolio.weights * portfolio.covariances / (portfolio.vol if measure == "absolute" else portfolio.variance)


class GroupRisk(NamedTuple):
    """The risk of groups of assets; arrays of shape (k,), in order of first appearance."""

    names: tuple[str, ...]
    weights: Array
    """The sum of each group's weights."""
    vols: Array
    """The volatility of each group's positions alone."""
    contributions: Array
    """Contributions to the volatility of the portfolio, which they sum to."""
    shares: Array
    """Shares of the risk, which sum to 1."""
    correlations: Array
    """The correlation of each group's positions with the portfolio; 0 for a group without volatility."""


def group_risk(weights: npt.ArrayLike, cov: npt.ArrayLike, groups: Sequence[Group]) -> GroupRisk:
    """Sum contributions to risk by groups of assets, such as sectors.

    Parameters
    ----------
    weights : array of shape (n,)
    cov : array of shape (n, n)
    groups : sequence of n names or numbers
        The group of each asset; upper or lower case and spaces around a name make no difference.

    Returns
    -------
    GroupRisk

    Raises
    ------
    InputError
        See :func:`volatility`; or there is not one group for each asset.
    InfeasibleError
        The portfolio has no risk.

    Examples
    --------
    >>> found = group_risk([0.5, 0.25, 0.25], np.eye(3) * 0.04, ["Equity", "Bonds", "Bonds"])
    >>> found.names, found.shares.round(6)
    (('Equity', 'Bonds'), array([0.666667, 0.333333]))
    """
    portfolio = assess(weights, cov)
    names, members = read_groups(groups, len(portfolio.weights))
    portfolio.require_risk()
    contributions = members @ (portfolio.weights * portfolio.covariances) / portfolio.vol
    alone = members * portfolio.weights
    vols = np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", alone, portfolio.parts.cov, alone), 0.0))
    divisors = np.where(vols > 0.0, vols, 1.0)
    return GroupRisk(
        names,
        members @ portfolio.weights,
        vols,
        contributions,
        contributions / portfolio.vol,
        np.where(vols > 0.0, np.clip(contributions / divisors, -1.0, 1.0), 0.0),
    )


def correlation_with_portfolio(weights: npt.ArrayLike, cov: npt.ArrayLike) -> Array:
    """Return the correlation of each asset with the portfolio, (Σw)ᵢ / (σᵢ σ(w)).

    Parameters
    ----------
    weights : array of shape (n,)
    cov : array of shape (n, n)

    Returns
    -------
    array of shape (n,)
        0 for an asset without variance.

    Raises
    ------
    InputError
        See :func:`volatility`.
    InfeasibleError
        The portfolio has no risk.

    Examples
    --------
    >>> correlation_with_portfolio([0.5, 0.5], [[0.04, 0.0], [0.0, 0.0225]]).round(4)
    array([0.8, 0.6])
    """
    portfolio = assess(weights, cov)
    portfolio.require_risk()
    deviations = portfolio.parts.vols
    divisors = np.where(deviations > 0.0, deviations, 1.0)
    return np.clip(portfolio.covariances / portfolio.vol / divisors, -1.0, 1.0)


def diversification_ratio(weights: npt.ArrayLike, cov: npt.ArrayLike) -> float:
    """Return the weighted sum of the assets' volatilities over the volatility of the portfolio, Σ |wᵢ| σᵢ / σ(w).

    Parameters
    ----------
    weights : array of shape (n,)
        A short position counts as a long one in the opposite asset.
    cov : array of shape (n, n)

    Returns
    -------
    float
        1 without any diversification, √n for n equally risky uncorrelated positions.

    Raises
    ------
    InputError
        See :func:`volatility`.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    Choueifaty & Coignard (2008), "Toward maximum diversification".

    Examples
    --------
    >>> diversification_ratio([0.5, 0.5], [[0.04, 0.0], [0.0, 0.0225]])
    1.4
    """
    portfolio = assess(weights, cov)
    portfolio.require_risk()
    return float(np.abs(portfolio.weights) @ portfolio.parts.vols / portfolio.vol)


def effective_bets(weights: npt.ArrayLike, cov: npt.ArrayLike) -> float:
    """Return the effective number of independent bets that a portfolio makes: its diversification ratio squared.

    Parameters
    ----------
    weights : array of shape (n,)
    cov : array of shape (n, n)

    Returns
    -------
    float
        1 for a single asset or perfectly correlated ones, n for n uncorrelated assets with equal risk; more than
        that where assets offset each other.

    Raises
    ------
    InputError
        See :func:`volatility`.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    (Σ |wᵢ| σᵢ)² / w'Σw. Choueifaty, Froidure & Reynier (2013), "Properties of the most diversified portfolio",
    interpret it as the effective number of independent risk factors in the portfolio. Measures based on the entropy of
    risk shares are not used: they count n equal risks as n bets even where these are perfectly correlated, or depend on
    assets that the portfolio doesn't hold.

    Examples
    --------
    >>> round(effective_bets([0.2, 0.8], [[0.16**2, 0.0], [0.0, 0.04**2]]), 12)
    2.0
    """
    return diversification_ratio(weights, cov) ** 2


class Portfolio(NamedTuple):
    """Checked weights and covariance matrix, with the covariances and the variance that all measures of risk need."""

    weights: Array
    parts: CovParts
    covariances: Array
    """Covariance of each asset with the portfolio, Σw."""
    variance: float

    @property
    def vol(self) -> float:
        """The volatility √(w'Σw)."""
        return math.sqrt(self.variance)

    def require_risk(self) -> None:
        """Raise an InfeasibleError where the variance is 0, or no more than rounding error."""
        size = np.abs(self.weights)
        with np.errstate(over="ignore"):
            gross = float(size @ np.abs(self.parts.cov) @ size)
        if self.variance <= 4.0 * size.size * EPS * gross:
            what = "The positions cancel out to rounding"
            if not size.any():
                what = "The weights are all 0"
            elif not self.parts.vols[size > 0.0].any():
                what = "The assets held have no variance"
            raise InfeasibleError(f"{what}: the portfolio has no risk, so there is nothing to divide.")


def assess(weights: npt.ArrayLike, cov: npt.ArrayLike) -> Portfolio:
    """Check weights and a covariance matrix, and compute the variance of the portfolio."""
    parts = validate_cov(cov)
    held = vector(weights, "weights", len(parts.vols))
    with np.errstate(over="ignore", invalid="ignore"):
        covariances = parts.cov @ held
        variance = float(held @ covariances)
    in_range(variance, "weights", "the variance of the portfolio")
    return Portfolio(held, parts, covariances, max(variance, 0.0))
