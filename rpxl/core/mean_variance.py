"""Mean–variance optimisation: the efficient frontier of Markowitz, and one portfolio on it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rpxl.core.allocation import min_variance_weights
from rpxl.core.array_checks import Array, exact_sum, number, positive, vector
from rpxl.core.cov_checks import EPS, CovParts, require_positive_variances
from rpxl.core.interior import Constraints, exact, interior_point
from rpxl.core.limits import ROUNDING, read_limits
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

_GUARANTEE = 1e-9
"""Largest relative gain in λ w'μ - ½ w'Σw per unit of weight that could still be moved."""

_AIMS = ("risk_aversion", "target_return", "target_vol")


@dataclass(frozen=True, eq=False)
class Frontier:
    """Efficient portfolios, from the smallest variance to the highest expected return.

    Attributes
    ----------
    returns : array of shape (k,)
        Expected annual returns, evenly spaced.
    vols : array of shape (k,)
        Annual volatilities.
    weights : array of shape (k, n)
        A row per portfolio; each sums to 1.
    """

    returns: Array
    vols: Array
    weights: Array


def mean_variance_weights(
    exp_returns: npt.ArrayLike,
    cov: npt.ArrayLike,
    risk_aversion: float | None = None,
    target_return: float | None = None,
    target_vol: float | None = None,
    lower: npt.ArrayLike = 0.0,
    upper: npt.ArrayLike = 1.0,
) -> Array:
    """Return one fully invested portfolio of the efficient frontier: give exactly one of the three aims.

    Parameters
    ----------
    exp_returns : array of shape (n,)
        Expected annual returns.
    cov : array of shape (n, n)
        Annual.
    risk_aversion : float, optional
        γ, above 0: the weights with the highest w'μ - ½ γ w'Σw.
    target_return : float, optional
        An expected annual return: the weights with the smallest variance among those that are expected to earn it.
    target_vol : float, optional
        An annual volatility, above 0: the weights with the highest expected return among those that have it.
    lower, upper : float or array of shape (n,)
        Bounds on the weights, one for all or one each; long-only by default. A lower bound may be negative.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, never beyond a bound.

    Raises
    ------
    InputError
        `cov` is no covariance matrix or has a variance of 0, an argument doesn't fit it, or not exactly one aim is
        given.
    InfeasibleError
        No weights keep the bounds, or the target is not on the frontier; the message says where it begins or ends.
    ConvergenceError
        The answer could not be verified: `cov` is too close to singular.

    Notes
    -----
    Markowitz (1952), "Portfolio Selection". The answer is checked by the optimality conditions, which suffice as the
    problem is convex: for some λ ≥ 0, the inverse of a risk aversion, no transfer of weight between two assets that the
    bounds allow raises λ w'μ - ½ w'Σw at a rate above 1e-9 of the variance, beyond rounding errors.

    Examples
    --------
    >>> cov = [[0.04, 0.0], [0.0, 0.01]]
    >>> mean_variance_weights([0.08, 0.04], cov, target_return=0.06).round(12)
    array([0.5, 0.5])
    >>> mean_variance_weights([0.08, 0.04], cov, risk_aversion=2.0).round(12)
    array([0.6, 0.4])
    """
    given = dict(zip(_AIMS, (risk_aversion, target_return, target_vol), strict=True))
    chosen = [name for name, value in given.items() if value is not None]
    if len(chosen) != 1:
        told = f"{' and '.join(chosen)} are given" if chosen else "none is given"
        raise InputError(chosen[1] if chosen else _AIMS[0], f"{told}. Give one of {', '.join(_AIMS)}.")
    problem = _Problem(exp_returns, cov, lower, upper)
    if risk_aversion is not None:
        return problem.at_price(1.0 / positive(risk_aversion, "risk_aversion"))
    if target_return is not None:
        return problem.with_return(number(target_return, "target_return"))
    return problem.with_vol(positive(target_vol, "target_vol"))


def efficient_frontier(
    exp_returns: npt.ArrayLike,
    cov: npt.ArrayLike,
    points: float = 20,
    lower: npt.ArrayLike = 0.0,
    upper: npt.ArrayLike = 1.0,
) -> Frontier:
    """Return portfolios of the efficient frontier at evenly spaced expected returns.

    Parameters
    ----------
    exp_returns : array of shape (n,)
    cov : array of shape (n, n)
    points : float
        The number of portfolios, 2 to 500. Where the one with the smallest variance has the highest return, there is
        only that one.
    lower, upper : float or array of shape (n,)
        See :func:`mean_variance_weights`.

    Returns
    -------
    Frontier

    Raises
    ------
    InputError, InfeasibleError, ConvergenceError
        See :func:`mean_variance_weights`.

    Examples
    --------
    >>> frontier = efficient_frontier([0.08, 0.04], [[0.04, 0.0], [0.0, 0.01]], points=3)
    >>> frontier.weights.round(12).tolist()
    [[0.2, 0.8], [0.6, 0.4], [1.0, 0.0]]
    """
    count = number(points, "points")
    if count != int(count) or not 2 <= count <= 500:
        raise InputError("points", f"is {count:.6g}; it must be a whole number from 2 to 500.")
    problem = _Problem(exp_returns, cov, lower, upper)
    least, most = problem.lowest_return, problem.highest_return
    returns = np.linspace(least, most, int(count)) if most - least > problem.tick else np.array([most])
    weights = np.array([problem.with_return(aim) for aim in returns.tolist()])
    return Frontier(weights @ problem.returns, np.array([problem.vol(row) for row in weights]), weights)


class _Problem:
    def __init__(self, exp_returns: npt.ArrayLike, cov: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike):
        self.parts: CovParts = require_positive_variances(cov)
        size = len(self.parts.vols)
        self.returns = vector(exp_returns, "exp_returns", size)
        self.limits = read_limits(size, lower, upper)
        self.lower, self.upper = lower, upper
        self.tick = 1e-12 * max(float(np.abs(self.returns).max()), 1e-300)
        """Expected returns closer than this count as equal."""

    def vol(self, weights: Array) -> float:
        return math.sqrt(max(float(weights @ self.parts.cov @ weights), 0.0))

    @cached_property
    def safest(self) -> Array:
        """The weights with the smallest variance."""
        return min_variance_weights(self.parts.cov, self.lower, self.upper)

    @cached_property
    def lowest_return(self) -> float:
        """The expected return at the end of the frontier with the smallest variance."""
        return float(self.returns @ self.safest)

    @cached_property
    def richest(self) -> Array:
        """The weights with the smallest variance among those with the highest expected return."""
        weights, left = self.limits.lower.copy(), 1.0 - exact_sum(self.limits.lower)
        low, high = self.limits.lower.copy(), self.limits.lower.copy()
        for level in sorted(set(self.returns.tolist()), reverse=True):
            same = self.returns == level
            room = np.where(same, self.limits.upper - self.limits.lower, 0.0)
            if exact_sum(room) >= left - ROUNDING:
                high = np.where(same, self.limits.upper, high)
                break
            low = high = np.where(same, self.limits.upper, low)
            left -= exact_sum(room)
        if np.count_nonzero(low < high) <= 1:
            weights = low.copy()
            weights[low < high] = 1.0 - exact_sum(low[low >= high])
            return np.asarray(np.clip(weights, low, high))
        return min_variance_weights(self.parts.cov, low, high)

    @cached_property
    def highest_return(self) -> float:
        return float(self.returns @ self.richest)

    def at_price(self, price: float) -> Array:
        """Return the weights with the highest λ w'μ - ½ w'Σw."""
        weights = self._solved(-price * self.returns)
        if weights is None or not self._is_efficient(weights, price, price):
            raise _too_close()
        return weights

    def with_return(self, aim: float) -> Array:
        """Return the efficient weights with an expected return: those with the smallest variance."""
        if aim > self.highest_return + self.tick:
            raise InfeasibleError(
                f"No portfolio within the bounds is expected to earn {aim:.6g}: "
                f"the frontier ends at {self.highest_return:.6g}."
            )
        if aim < self.lowest_return - self.tick:
            raise InfeasibleError(
                f"The portfolio with the smallest variance is expected to earn {self.lowest_return:.6g}, "
                f"more than {aim:.6g}: the frontier begins there."
            )
        if aim <= self.lowest_return + self.tick:
            return self.safest
        if aim >= self.highest_return - max(self.tick, 1e-9 * (self.highest_return - self.lowest_return)):
            return self.richest
        weights = self._solved(np.zeros_like(self.returns), aim)
        if weights is None or abs(self.returns @ weights - aim) > 1e-9 * (self.highest_return - self.lowest_return):
            raise _too_close()
        if not self._is_efficient(weights, 0.0, np.inf):
            raise _too_close()
        return weights

    def with_vol(self, aim: float) -> Array:
        """Return the efficient weights with a volatility."""
        low, high = self.vol(self.safest), self.vol(self.richest)
        if not low * (1.0 - 1e-9) <= aim <= high * (1.0 + 1e-9):
            raise InfeasibleError(
                f"No efficient portfolio within the bounds has a volatility of {aim:.6g}: "
                f"their volatilities run from {low:.6g} to {high:.6g}."
            )
        if aim <= low * (1.0 + 1e-9):
            return self.safest
        if aim >= high * (1.0 - 1e-9):
            return self.richest
        from scipy.optimize import brentq  # here only: a slow import

        span = self.highest_return - self.lowest_return
        found = brentq(
            lambda part: self.vol(self.with_return(self.lowest_return + part * span)) - aim, 0.0, 1.0, xtol=1e-14
        )
        weights = self.with_return(self.lowest_return + float(found) * span)
        if abs(self.vol(weights) / aim - 1.0) > 1e-8:
            raise _too_close()
        return weights

    def _solved(self, linear: Array, aim: float | None = None) -> Array | None:
        """Minimise ½ w'Σw + linear'w, with the expected return `aim` if given; None where rounding prevents it."""
        scale = float(self.safest * self.safest @ self.parts.cov.diagonal())
        constraints = self._constraints(aim)
        start = 0.5 * (self.safest + self.richest)
        point = interior_point(self.parts.cov / scale, linear / scale, constraints, start)
        for x in (exact(self.parts.cov / scale, linear / scale, constraints, point), point.x):
            weights = np.clip(x, self.limits.lower, self.limits.upper)
            if np.isfinite(weights).all() and abs(exact_sum(weights) - 1.0) <= ROUNDING:
                return np.asarray(weights)
        return None

    def _constraints(self, aim: float | None) -> Constraints:
        size, limits = self.returns.size, self.limits
        pinned = limits.lower == limits.upper
        constraints = Constraints(size)
        constraints.bound(np.flatnonzero(~pinned), limits.lower, 1.0)
        constraints.bound(np.flatnonzero(~pinned), limits.upper, -1.0)
        constraints.equate(np.eye(size)[pinned], limits.lower[pinned])
        constraints.equate(np.ones((1, size)), np.ones(1))
        if aim is not None:  # returns less their mean: else nearly equal returns give nearly the row of the sum
            level = float(self.returns.mean())
            spread = max(float(np.abs(self.returns - level).max()), 1e-300)
            constraints.equate((self.returns - level)[None, :] / spread, np.array([(aim - level) / spread]))
        return constraints

    def _is_efficient(self, weights: Array, low: float, high: float) -> bool:
        """Tell whether, for some λ from `low` to `high`, no transfer of weight raises λ w'μ - ½ w'Σw.

        That is λ (μᵢ - μⱼ) ≤ cᵢ - cⱼ with the covariances c = Σw, for each asset i whose weight may rise and each j
        whose weight may fall.
        """
        limits, covariances = self.limits, self.parts.cov @ weights
        variance = float(weights @ covariances)
        rounding = 8.0 * EPS * weights.size * (np.abs(self.parts.cov) @ np.abs(weights))
        gaining, losing = weights < limits.upper, weights > limits.lower
        gains = self.returns[gaining][:, None] - self.returns[losing][None, :]
        costs = (covariances + rounding)[gaining][:, None] - (covariances - rounding)[losing][None, :]
        costs = costs + _GUARANTEE * max(variance, EPS * EPS)
        if low == high:
            return bool((low * gains <= costs + 8.0 * EPS * low * np.abs(self.returns).max()).all())
        with np.errstate(divide="ignore", invalid="ignore"):
            prices = np.asarray(costs / gains)
        most = min(high, float(prices[gains > 0.0].min(initial=np.inf)))
        least = max(low, float(prices[gains < 0.0].max(initial=-np.inf)))
        return least <= most and bool((costs[gains == 0.0] >= 0.0).all())


def _too_close() -> ConvergenceError:
    return ConvergenceError(
        "The weights on the frontier can't be computed accurately: cov is too close to singular, or volatilities are "
        "too far apart. Use more returns than assets, a shrinkage estimate, or leave out cash, near-duplicates and "
        "hedges."
    )
