"""Portfolios to compare risk parity with."""

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array, exact_sum, vector
from rpxl.core.cov_checks import EPS, CovParts, require_positive_variances, validate_cov
from rpxl.core.interior import Constraints, Point, at_bounds, equality_solution, exact, interior_point
from rpxl.core.limits import ROUNDING, Limits, read_limits
from rpxl.errors import ConvergenceError, InfeasibleError

_REFINEMENTS = 4

_GUARANTEE = 1e-10
"""Largest relative gain in the variance, or in a ratio, per unit of weight that could still be moved."""


def inverse_vol_weights(cov: npt.ArrayLike) -> Array:
    """Weigh each asset by the inverse of its volatility: risk parity when all correlations are equal.

    Parameters
    ----------
    cov : array of shape (n, n)

    Returns
    -------
    array of shape (n,)
        Positive weights that sum to 1.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or a variance is 0.

    Examples
    --------
    >>> inverse_vol_weights([[0.16**2, 0.0], [0.0, 0.04**2]])
    array([0.2, 0.8])
    """
    return inverse_proportional(require_positive_variances(cov).vols)


def min_variance_weights(cov: npt.ArrayLike, lower: npt.ArrayLike = 0.0, upper: npt.ArrayLike = 1.0) -> Array:
    """Return the weights with the smallest variance.

    Parameters
    ----------
    cov : array of shape (n, n)
    lower, upper : float or array of shape (n,)
        Bounds on the weights, one for all or one each; long-only by default. A lower bound may be negative.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, never beyond a bound. When `cov` is singular, several portfolios may have the smallest
        variance; this is one of them.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or a bound is not a finite number.
    InfeasibleError
        No weights that sum to 1 keep the bounds; the message names them.
    ConvergenceError
        The check in the notes failed: `cov` is too close to singular for float64.

    Notes
    -----
    Minimise ½ w'Σw subject to 1'w = 1 and the bounds (Markowitz 1952). Without other bounds than 0 and 1, an active-set
    method finds the assets to hold. With other bounds, or if that method fails, an interior-point method finds the
    active bounds, and the weights between them are then solved for exactly. The answer is checked: no transfer of
    weight between two assets that the bounds allow lowers the variance at a relative rate above 1e-10, beyond rounding
    errors. As the problem is convex, the variance is then the smallest.

    Examples
    --------
    >>> min_variance_weights([[0.04, 0.0], [0.0, 0.01]])
    array([0.2, 0.8])
    >>> min_variance_weights([[0.04, 0.0], [0.0, 0.01]], upper=0.7)
    array([0.3, 0.7])
    """
    parts = validate_cov(cov)
    size = len(parts.vols)
    limits = read_limits(size, lower, upper)
    only = limits.only_portfolio()
    if only is not None:
        return only
    start = _between(inverse_proportional(np.where(parts.vols > 0.0, parts.vols, parts.vols.max() or 1.0)), limits)
    scaled = parts.cov / ((start * start @ parts.cov.diagonal()) or 1.0)

    def is_optimal(weights: Array) -> bool:
        variance = max(float(weights @ scaled @ weights), EPS * EPS)
        return _is_best(-(scaled @ weights) / variance, _rounding(weights, scaled) / variance, weights, limits)

    held = _held(scaled, np.ones(size), limits)
    if held is not None and is_optimal(held):
        return held
    constraints = _fully_invested(limits)
    point = interior_point(scaled, np.zeros(size), constraints, start)
    for x in (exact(scaled, np.zeros(size), constraints, point), point.x):
        weights = _between(x, limits)
        if _is_invested(weights) and is_optimal(weights):
            return weights
    raise _too_close()


def max_diversification_weights(cov: npt.ArrayLike) -> Array:
    """Return the long-only weights with the highest diversification ratio, w'σ / √(w'Σw).

    Parameters
    ----------
    cov : array of shape (n, n)

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, 0 or above.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or a variance is 0.
    InfeasibleError
        Some long-only portfolio has no risk: its ratio is infinite.
    ConvergenceError
        Some long-only portfolio has too little risk for float64.

    Notes
    -----
    Choueifaty & Coignard (2008), "Toward Maximum Diversification": the minimum-variance weights on the correlation
    matrix, each divided by the volatility. The answer is checked as in :func:`max_sharpe_weights`, with the
    volatilities in place of the expected returns.

    Examples
    --------
    >>> max_diversification_weights([[0.16**2, 0.0], [0.0, 0.04**2]]).round(12)
    array([0.2, 0.8])
    """
    parts = require_positive_variances(cov)
    exposures = min_variance_weights(parts.corr)
    weights = exposures * (parts.vols.min() / parts.vols)
    weights /= weights.sum()
    _require_risk(weights, parts, "diversification ratio")
    if not _is_best_ratio(weights, parts.vols, parts.cov, read_limits(weights.size, 0.0, 1.0)):
        raise _too_close()
    return np.asarray(weights)


def max_sharpe_weights(
    exp_excess: npt.ArrayLike, cov: npt.ArrayLike, lower: npt.ArrayLike = 0.0, upper: npt.ArrayLike = 1.0
) -> Array:
    """Return the fully invested weights with the highest Sharpe ratio.

    Parameters
    ----------
    exp_excess : array of shape (n,)
        Expected annual returns in excess of cash.
    cov : array of shape (n, n)
    lower, upper : float or array of shape (n,)
        Bounds on the weights, one for all or one each; long-only by default. A lower bound may be negative.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, never beyond a bound.

    Raises
    ------
    InputError
        `cov` is no covariance matrix or has a variance of 0, `exp_excess` doesn't fit it, or a bound is not a
        finite number.
    InfeasibleError
        No weights that sum to 1 keep the bounds; or no portfolio within the bounds is expected to earn more than
        cash; or a portfolio without risk is, so that its ratio is infinite.
    ConvergenceError
        The check in the notes failed: `cov` is too close to singular for float64.

    Notes
    -----
    The best portfolio is one of the efficient ones, which minimise ½ w'Σw - λ w'μ between the bounds; it is the one
    with λ = w'Σw / w'μ, where the line from cash touches the frontier (Markowitz 1952; Tobin 1958). While the same
    bounds are active, w = a + λ d with a'Σd = 0 and d'Σd = d'μ, so λ = a'Σa / a'μ. The answer is checked: no transfer
    of weight between two assets that the bounds allow raises the logarithm of the ratio at a rate above 1e-10, beyond
    rounding errors.

    Examples
    --------
    >>> max_sharpe_weights([0.04, 0.01], [[0.16**2, 0.0], [0.0, 0.04**2]]).round(12)
    array([0.2, 0.8])
    >>> max_sharpe_weights([0.04, -0.01], [[0.16**2, 0.0], [0.0, 0.04**2]])
    array([1., 0.])
    """
    parts = require_positive_variances(cov)
    size = len(parts.vols)
    excess = vector(exp_excess, "exp_excess", size)
    limits = read_limits(size, lower, upper)
    richest = richest_weights(excess, limits)
    if excess @ richest <= 0.0:
        why = "no exp_excess is above 0."
        if excess.max() > 0.0:
            why = f"the best one earns {excess @ richest:.6g} a year over cash. Widen the bounds."
        raise InfeasibleError(f"No portfolio within the bounds is expected to earn more than cash: {why}")
    only = limits.only_portfolio()
    if only is not None:
        return only
    scaled = parts.cov / (richest * richest @ parts.cov.diagonal())
    reward = excess / (excess @ richest)

    def is_optimal(weights: Array) -> bool:
        if not (_is_invested(weights) and excess @ weights > 0.0):
            return False
        _require_risk(weights, parts, "Sharpe ratio")
        return _is_best_ratio(weights, excess, parts.cov, limits)

    held = _held(scaled, reward, limits)
    if held is not None and is_optimal(held):
        return held
    constraints = _fully_invested(limits)
    price, low, high = 1.0, 0.0, np.inf
    for _ in range(100):
        point = interior_point(scaled, -price * reward, constraints, richest)
        weights, touching = _efficient(scaled, reward, limits, constraints, point, price)
        if is_optimal(weights):
            return weights
        refined = _refined(weights, scaled, reward, limits)
        if refined is not None and is_optimal(refined):
            return refined
        short = price * (reward @ point.x) < point.x @ scaled @ point.x
        low, high = (price, high) if short else (low, price)
        if high - low <= EPS * low:
            break
        if low < touching < high:
            price = touching
        else:
            price = np.sqrt(low * high) if low > 0.0 and high < np.inf else price * (10.0 if short else 0.1)
    raise _too_close()


def _efficient(
    cov: Array, reward: Array, limits: Limits, constraints: Constraints, point: Point, price: float
) -> tuple[Array, float]:
    """Return the portfolio with the highest ratio among those with the active bounds of `point`, and its λ."""
    active = at_bounds(cov, -price * reward, point)
    fixed = constraints.index[active]
    weights = np.where(limits.lower == limits.upper, limits.lower, point.x)
    weights[fixed] = (constraints.sign * constraints.limit)[active]
    free = np.setdiff1d(np.flatnonzero(limits.lower < limits.upper), fixed)
    if not free.size:
        return weights, price
    rest = np.setdiff1d(np.arange(weights.size), free)
    right = np.column_stack([-cov[np.ix_(free, rest)] @ weights[rest], reward[free]])
    values = np.array([[1.0 - exact_sum(weights[rest]), 0.0]])
    base, tilt = equality_solution(cov[np.ix_(free, free)], right, np.ones((1, free.size)), values).T
    weights[free] = base
    earned = float(reward @ weights)
    if earned <= 0.0:
        return weights, np.inf  # further up the frontier
    touching = float(weights @ cov @ weights) / earned
    weights[free] += touching * tilt
    return _between(weights, limits), touching


def _refined(weights: Array, cov: Array, reward: Array, limits: Limits) -> Array | None:
    """Return the weights with the highest ratio at the active bounds of `weights`; None where Newton's method fails.

    Where volatilities lie far apart, the weights along the frontier carry the rounding errors of the largest ones. So
    Newton's method corrects the weights until they satisfy the optimality conditions: Σw = λμ + ν for the assets
    between their bounds, 1'w = 1, and λ w'μ = w'Σw.
    """
    free = np.flatnonzero((weights > limits.lower) & (weights < limits.upper))
    if free.size < 2:
        return None
    vols = np.sqrt(cov.diagonal()[free])
    x = weights.copy()
    covariances = cov @ x
    earned = float(reward @ x)
    if not earned > 0.0:
        return None
    price = float(x @ covariances) / earned
    shift = float(np.median(covariances[free] - price * reward[free]))
    size = free.size
    matrix = np.zeros((size + 2, size + 2))
    matrix[:size, :size] = cov[np.ix_(free, free)] / vols / vols[:, None]
    for _ in range(_REFINEMENTS):
        matrix[:size, size] = -reward[free] / vols
        matrix[:size, size + 1] = -1.0 / vols
        matrix[size, :size] = 1.0 / vols
        matrix[size + 1, :size] = (price * reward[free] - 2.0 * covariances[free]) / vols
        matrix[size + 1, size] = earned
        missing = np.concatenate(
            [
                (price * reward[free] + shift - covariances[free]) / vols,
                [1.0 - exact_sum(x), float(x @ covariances) - price * earned],
            ]
        )
        rows = np.abs(matrix).max(axis=1)
        columns = np.abs(matrix / rows[:, None]).max(axis=0)
        try:
            step = linalg.solve(matrix / rows[:, None] / columns, missing / rows) / columns
        except np.linalg.LinAlgError:
            return None
        x[free] += step[:size] / vols
        price, shift = price + step[size], shift + step[size + 1]
        x = _between(x, limits)
        covariances, earned = cov @ x, float(reward @ x)
    return x


# Shared functions -----------------------------------------------------------------------------------------------------


def inverse_proportional(risks: Array) -> Array:
    """Return weights in inverse proportion to volatilities or variances above 0."""
    inverse = risks.min() / risks  # not 1 / risks, which overflows in a sum of tiny ones
    return np.asarray(inverse / inverse.sum())


def _held(cov: Array, reward: Array, limits: Limits) -> Array | None:
    """Return long-only weights that may have the highest w'μ / √(w'Σw); None where 20 steps don't find them.

    None as well where there are other bounds than 0 and 1. The caller checks the weights.

    The primal-dual active-set method (Hintermüller, Ito & Kunisch 2003) for the minimum of ½ w'Σw - w'μ: at each step,
    assets with a weight of 0 or below leave the portfolio, and those whose covariance with it is below their reward
    enter.
    """
    if limits.lower.any() or (limits.upper < 1.0).any():
        return None
    held = np.ones(len(cov), dtype=bool)
    for _ in range(20):
        weights = np.zeros(len(cov))
        try:
            weights[held] = linalg.solve(cov[np.ix_(held, held)], reward[held])
        except np.linalg.LinAlgError:
            return None
        wanted = np.where(held, weights > 0.0, cov @ weights < reward)
        if (wanted == held).all():
            return np.asarray(weights / weights.sum())
        held = wanted
    return None


def _between(weights: Array, limits: Limits) -> Array:
    return np.clip(weights, limits.lower, limits.upper)


def richest_weights(reward: Array, limits: Limits) -> Array:
    """Return the weights with the highest reward that sum to 1 between the bounds: the best assets are filled first."""
    weights, left = limits.lower.copy(), 1.0 - exact_sum(limits.lower)
    for i in np.argsort(-reward, kind="stable").tolist():
        added = min(left, limits.upper[i] - limits.lower[i])
        weights[i] += added
        left -= added
    return weights


def _rounding(weights: Array, cov: Array) -> Array:
    """Return the largest rounding error of each asset's covariance with the portfolio."""
    return np.asarray(8.0 * EPS * weights.size * (np.abs(cov) @ np.abs(weights)))


def _is_best(reward: Array, rounding: Array, weights: Array, limits: Limits) -> bool:
    """Tell whether no transfer of weight between two assets that the bounds allow raises the reward."""
    gaining, losing = weights < limits.upper, weights > limits.lower
    if not (gaining.any() and losing.any()):
        return True
    return bool((reward - rounding)[gaining].max() - (reward + rounding)[losing].min() <= _GUARANTEE)


def _is_best_ratio(weights: Array, reward: Array, cov: Array, limits: Limits) -> bool:
    covariances = cov @ weights
    variance, earned = float(weights @ covariances), float(reward @ weights)
    rounding = _rounding(weights, cov) / variance + 8.0 * EPS * np.abs(reward / earned)
    return earned > 0.0 and _is_best(reward / earned - covariances / variance, rounding, weights, limits)


def _require_risk(weights: Array, parts: CovParts, ratio: str) -> None:
    if weights @ parts.cov @ weights <= np.abs(weights) @ _rounding(weights, parts.cov):
        raise InfeasibleError(
            f"Some portfolio of these assets has no risk, so its {ratio} is infinite. "
            "Use more returns than assets, a shrinkage estimate, or leave out duplicates and hedges."
        )


def _fully_invested(limits: Limits) -> Constraints:
    """Return the constraints: 1'w = 1, and the bounds that can bind."""
    size = limits.lower.size
    pinned = limits.lower == limits.upper
    constraints = Constraints(size)
    constraints.bound(np.flatnonzero(~pinned), limits.lower, 1.0)
    if (limits.lower < 0.0).any() or (limits.upper < 1.0).any():
        constraints.bound(np.flatnonzero(~pinned), limits.upper, -1.0)
    constraints.equate(np.eye(size)[pinned], limits.lower[pinned])
    constraints.equate(np.ones((1, size)), np.ones(1))
    return constraints


def _is_invested(weights: Array) -> bool:
    return abs(exact_sum(weights) - 1.0) <= ROUNDING


def _too_close() -> ConvergenceError:
    return ConvergenceError(
        "The best weights can't be computed accurately: cov is too close to singular, or volatilities are too far "
        "apart. Use more returns than assets, a shrinkage estimate, or leave out cash, near-duplicates and hedges."
    )
