"""The risk-budgeting solver: weights whose shares of the risk equal the budgets."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from rpxl.core.allocation import inverse_proportional
from rpxl.core.array_checks import Array, not_negative, vector
from rpxl.core.bounded import solve_bounded
from rpxl.core.cholesky import Floats, solve_definite
from rpxl.core.cov_checks import EPS, CovParts, validate_cov
from rpxl.core.extended_precision import precise_product
from rpxl.core.limits import Group, Limits, read_groups, read_limits
from rpxl.core.threads import few_threads
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

GUARANTEE = 1e-8
"""Largest relative error of a risk share in an answer."""

WORST_FLOOR = 1e-6
"""Largest relative error of a risk share where the rounding of weights to float64 prevents the guarantee."""

_TARGET = 1e-10  # the error at which the iteration stops, well inside the guarantee
_DENSE = 100  # up to this number of assets, factorising is faster than conjugate gradients
_SHRINK = 2.0 / 3.0  # the largest part of a weight that one step may take away, see solve()
_LIMIT = 300
_INNER = 1e-4  # the smallest relative error asked of conjugate gradients: float32 can reach it
_REFINEMENTS = 5

_ADVICE = "Use more returns than assets, a shrinkage estimate, or leave out near-duplicates and hedges"


def risk_parity_weights(
    cov: npt.ArrayLike,
    budgets: npt.ArrayLike | None = None,
    groups: Sequence[Group] | None = None,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
    group_lower: npt.ArrayLike | None = None,
    group_upper: npt.ArrayLike | None = None,
) -> Array:
    """Return the long-only weights whose shares of the risk equal the budgets, as far as the bounds allow.

    Parameters
    ----------
    cov : array of shape (n, n)
    budgets : array of shape (n,) or (k,), optional
        Shares of the risk, 0 or above, of any sum: they are divided by their sum. Equal by default. A budget of 0 means
        a weight of exactly 0. With k groups, either one budget for each group, in order of first appearance, which is
        split equally among its assets; or one for each asset.
    groups : sequence of n names, optional
        The group of each asset; upper or lower case and spaces around a name make no difference.
    lower, upper : float or array of shape (n,), optional
        Bounds on the weights, one for all or one each.
    group_lower, group_upper : float or array of shape (k,), optional
        Bounds on the sum of the weights of each group, in order of first appearance.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, positive where the budget is, and never beyond a bound.

    Raises
    ------
    InputError
        `cov` is no covariance matrix or has a variance of 0; a budget is negative, or all are 0; or an argument
        has not as many cells as there are assets or groups.
    InfeasibleError
        Some long-only portfolio has no risk (a perfect hedge), so no portfolio is balanced; or no weights keep the
        bounds (the message names them); or no weights that keep them give every asset that is at no bound a positive
        share of the risk.
    ConvergenceError
        `cov` is so close to a perfect hedge, or so badly conditioned, that float64 can't hold the answer.

    Notes
    -----
    The weights are wᵢ ∝ xᵢ / σᵢ, with x the minimum of ½ x'Cx - Σ bᵢ ln xᵢ over x > 0 and C the correlation matrix
    (Spinu 2013, "An algorithm for computing risk parity weights"; the portfolio is that of Maillard, Roncalli &
    Teiletche 2010, and of Richard & Roncalli 2019 for budgets). The minimum exists and is unique when no long-only
    portfolio is free of risk, also for a singular matrix.

    Every answer is checked against `cov` itself: the largest relative error of a risk share is at most 1e-8. One
    exception: the rounding of the weights to float64 alone gives share i a relative error of up to ε (|Σ| w)ᵢ / (Σ w)ᵢ,
    with ε = 2.2e-16. Where the largest of these makes 1e-8 impossible, the error is at most four times that and at most
    1e-6, or the answer is refused.

    When a bound binds, the portfolio is the constrained one of Richard & Roncalli (2019), "Constrained Risk Budgeting
    Portfolios", section 3: x(λ), the minimum of σ(x) - λ Σ bᵢ ln xᵢ between the bounds, for the λ that makes it
    sum to 1. (With ½ x'Σx in place of σ(x) the portfolio is the same, with λ σ in place of λ.) The sum is not a
    constraint of the minimum: if it were, it would change all risk contributions, also those of assets at no bound.
    The conditions, with ν the multiplier of the bound of a group, are:

    - wᵢ (Σw)ᵢ = λ bᵢ where neither the asset nor its group is at a bound: there the budgets keep their proportions;
    - wᵢ (Σw)ᵢ ≥ λ bᵢ at a lower bound, ≤ λ bᵢ at an upper one, of an asset whose group is not at a bound;
    - wᵢ ((Σw)ᵢ - ν) = λ bᵢ inside a group at its bound, with one ν for all assets of the group that are not at
      bounds of their own; ν ≥ 0 at the lower bound and ≤ 0 at the upper.

    Each answer is checked against these conditions, to 1e-8 of λ bᵢ. Where no bound binds, the answer is exactly the
    one without bounds. With bounds on assets alone and no negative covariance every xᵢ(λ) rises with λ, so the
    portfolio is unique. With negative covariances there may be none, where the bounds force in an asset that others
    hedge, and sometimes there is more than one: the search starts at the weights without bounds. Where the bounds of
    groups alone fix the sum (such as upper bounds that sum to 1), many λ fit. Then the answer is the limit of those for
    slightly wider bounds; where the sums of all groups are given exactly, λ = w'Σw, as without bounds.

    Examples
    --------
    >>> risk_parity_weights([[0.16**2, 0.0], [0.0, 0.04**2]]).round(12)
    array([0.2, 0.8])
    >>> risk_parity_weights([[0.16**2, 0.0], [0.0, 0.04**2]], budgets=[0.8, 0.2]).round(12)
    array([0.33333333, 0.66666667])
    >>> risk_parity_weights([[0.16**2, 0.0], [0.0, 0.04**2]], lower=[0.3, 0.0])
    array([0.3, 0.7])
    """
    parts = validate_cov(cov)
    size = len(parts.vols)
    named = read_groups(groups, size)
    shares = _shares(budgets, named[1], size)
    limits = None
    if any(bound is not None for bound in (lower, upper, group_lower, group_upper)):
        limits = read_limits(size, lower, upper, named, group_lower, group_upper).for_budgets(shares)
    if np.count_nonzero(shares) == np.count_nonzero(parts.vols) == size:
        return _within(parts, shares, limits)
    held = np.flatnonzero(shares)
    for i in held[parts.vols[held] == 0.0].tolist():
        text = "{0} is 0: an asset without variance cannot carry risk. Leave it out or give it a budget of 0."
        raise InputError("cov", text, (i, i))
    weights = np.zeros(size)
    block = np.ix_(held, held)
    weights[held] = _within(CovParts(parts.cov[block]), shares[held], None if limits is None else limits.of(held))
    return weights


def _shares(budgets: npt.ArrayLike | None, members: Array, size: int) -> Array:
    """Return a budget for each asset, summing to 1."""
    if budgets is not None and len(members) != size and np.size(budgets) == size:
        members = np.zeros((0, size))  # a budget for each asset: the groups only have bounds
    count = len(members) or size
    if budgets is None:
        shares = np.full(count, 1.0 / count)
    else:
        shares = vector(budgets, "budgets", count, *(("groups", "group") if len(members) else ()))
        not_negative(shares, "budgets", "A risk budget")
        largest = shares.max()
        if largest == 0.0:
            raise InputError("budgets", "are all 0; at least one must be above 0.")
        shares /= largest  # first, so that the sum can't overflow
        shares /= shares.sum()
    return np.asarray((shares / members.sum(axis=1)) @ members) if len(members) else shares


def _within(parts: CovParts, budgets: Array, limits: Limits | None) -> Array:
    """Return the balanced weights if they keep the bounds, else the constrained ones."""
    if limits is None:
        return balanced(parts, budgets)
    try:
        weights = balanced(parts, budgets)
    except (InfeasibleError, ConvergenceError):  # a hedge that bounds may exclude
        weights = inverse_proportional(parts.vols)
    else:
        if limits.hold(weights):
            return weights
    with np.errstate(all="ignore"):  # a failed attempt may overflow; its check fails
        return solve_bounded(parts.cov, budgets, limits, np.clip(weights, limits.lower, limits.upper), GUARANTEE)


def balanced(parts: CovParts, budgets: Array) -> Array:
    """Return the weights without bounds, for positive variances and positive budgets that sum to 1."""
    cov, vols = parts.cov, parts.vols
    with few_threads(len(vols)), np.errstate(all="ignore"):  # a failed attempt may overflow; its check fails
        weights = solve(parts, budgets)
        weights /= weights.sum()
        covariances = cov @ weights
        risks = weights * covariances
        variance = risks.sum()
        error = np.abs(risks / (budgets * variance) - 1.0).max()
        spread = weights @ vols
        hidden = (weights.size + 4.0) * EPS * spread * (vols / np.abs(covariances)).max()  # rounding, as |Σ| w ≤ σ σ'w
        if error + hidden <= GUARANTEE and variance > 1e-8 * spread * spread:
            return np.asarray(weights)
        return _refined(weights, parts, budgets)


def _refined(weights: Array, parts: CovParts, budgets: Array) -> Array:
    """Refine weights until their risk shares are within tolerance, else raise.

    The error is that with the caller's matrix, not with the scaled one of the solver, and is computed in extended
    precision. Newton steps reduce it to the rounding of float64.
    """
    for _ in range(1 + _REFINEMENTS):
        covariances, absolute = precise_product(parts.cov, weights)
        risks = weights * covariances
        variance = math.fsum(risks)
        if variance <= 4.0 * weights.size * EPS * float(weights @ absolute):
            hedge = _hedge(weights * parts.vols)
            raise InfeasibleError(f"{hedge} is free of risk, so no portfolio is balanced. {_ADVICE}.")
        error = np.abs(risks / (budgets * variance) - 1.0).max()
        floor = EPS * (absolute / np.abs(covariances)).max()
        if error <= GUARANTEE or (floor <= WORST_FLOOR and error <= min(4.0 * floor, WORST_FLOOR)):
            return weights
        if not error < 0.1:
            break
        try:
            step = _newton_step(parts.cov, budgets, weights / math.sqrt(variance), budgets - risks / variance)
        except np.linalg.LinAlgError:
            break
        weights = weights * (1.0 + step)
        weights /= weights.sum()
    raise ConvergenceError(
        "Weights with accurate risk shares can't be computed in float64: cov is too close to singular, or a budget is "
        f"too small. {_ADVICE}."
    )


def _hedge(risks: Array) -> str:
    """Name the assets that hedge each other: those with risk of their own in a portfolio without risk."""
    members = np.flatnonzero(risks > 1e-3 * risks.max()) + 1
    if not 2 <= members.size <= 5:
        return "A long-only portfolio of these assets"
    return f"A long-only portfolio of assets {', '.join(map(str, members[:-1]))} and {members[-1]}"


def solve(parts: CovParts, budgets: Array) -> Array:
    """Minimise ½ y'Σy - Σ bᵢ ln yᵢ over y > 0, by Newton's method in relative steps.

    Parameters
    ----------
    parts : CovParts
        Of a matrix Σ with positive variances; it may be singular.
    budgets : array of shape (n,)
        All above 0, with a sum of 1.

    Returns
    -------
    array of shape (n,)
        Positive; the best point found. The caller must verify it, as there may be no minimum.

    Notes
    -----
    With y -> y (1 + d) and Y = diag(y), Newton's step solves M d = r, where M = YΣY + diag(b) and
    r = b - y (Σy), the error of the risks. A part t of the step changes the objective by

        -t λ² + ½ t² λ² + Σ bᵢ (t dᵢ - ½ t² dᵢ² - ln(1 + t dᵢ)),   λ² = d'Md = d'r ≥ Σ bᵢ dᵢ²,

    as the objective is quadratic apart from the logarithm. A term of the sum is negative for dᵢ > 0, and at most
    0.473 bᵢ (t dᵢ)² for t dᵢ ≥ -⅔. So t = min(1, ⅔ / max(-dᵢ)) lowers the objective by at least 0.027 t λ². The method
    therefore converges from every start without a line search, which rounding would make unreliable close to the
    minimum. The same holds for the truncated steps of conjugate gradients from 0, for which d'Md = d'r as well.

    After a full step, the error of the risks is exactly b d² + (1 + d) s, where s = r - M d is the residual of
    conjugate gradients. So the last point need not be evaluated.

    None of this depends on the units of y. Only correlations are rounded to float32, with x = σy.
    """
    cov, vols, rough = parts.cov, parts.vols, parts.rough
    large = len(vols) > _DENSE
    y = _start(rough, budgets) / vols
    best, lowest, stalled = y, np.inf, 0
    for i in range(_LIMIT):
        risks = y * (cov @ y)
        residual = budgets - risks
        error = float(np.abs(residual / budgets).max())
        if i == 0 and not error < 0.1:  # assets hedge others
            y = _damped_coordinate_start(rough, budgets) / vols
            continue
        if error < lowest:
            best, lowest, stalled = y, error, 0
        else:
            stalled += 1
        if error <= _TARGET or (stalled and lowest < 10.0 * _TARGET) or (stalled > 3 and lowest < 1e-3):
            return best
        if not error < np.inf or (error > 0.5 and risks.sum() < EPS * (vols @ y) ** 2):  # a hedge: y has no limit
            return y
        step, left = None, None
        if large:
            if stalled and lowest < 1e-3:
                rough = parts.corr
            step, left = _conjugate_gradients(rough, budgets, vols * y, residual, error)
        if step is None:  # conjugate gradients are too slow, here and at later points
            large = False
            try:
                step, left = _newton_step(cov, budgets, y, residual), None
            except np.linalg.LinAlgError:
                return best
        furthest = float(np.abs(step).max())
        if furthest > _SHRINK:
            step = step * (_SHRINK / max(-float(step.min()), _SHRINK))
        y = y * (1.0 + step)
        if furthest * furthest <= _TARGET and (left is None or np.abs(left / budgets).max() <= _TARGET):
            return y
    return best


@cache
def _chebyshev_steps(rounds: int) -> tuple[float, ...]:
    """Return Chebyshev's step lengths for the interval from 1 to 2.

    If a round of length ω multiplies an error by 1 - ω e, with e in the interval, k rounds of these lengths multiply it
    by at most 1 / Tₖ(3): 3e-4 for 5 rounds, 1.5e-6 for 8.
    """
    return tuple(1.0 / (1.5 + 0.5 * math.cos(math.pi * (k + 0.5) / rounds)) for k in range(rounds))


def _start(corr: Floats, budgets: Array) -> Array:
    """Return a point near the minimum; where assets hedge others, it may be far from it or not finite.

    Each round multiplies xᵢ by bᵢ over its risk, to the power ω. Near the minimum that multiplies errors of ln x by
    1 - ω (1 + β), where β are the eigenvalues of the matrix xᵢ Cᵢⱼ xⱼ / bᵢ: at least 0, and without negative
    correlations at most 1, as the rows sum to 1.
    """
    budgets = budgets.astype(corr.dtype, copy=False)
    x = np.sqrt(budgets)
    for part in _chebyshev_steps(8 if len(x) <= _DENSE else 9):  # then one Newton step is enough
        x = x * (budgets / (x * (corr @ x))) ** part
    return np.asarray(x / np.sqrt(x @ (corr @ x)))  # removes the error that all share, β = 1


def _damped_coordinate_start(corr: Floats, budgets: Array) -> Array:
    """Return a point closer to the minimum: rounds that solve each equation for its own x, with Chebyshev's steps."""
    x = np.sqrt(budgets)
    for part in _chebyshev_steps(5):
        half = 0.5 * (corr @ x.astype(corr.dtype, copy=False) - x)
        x = x * ((np.sqrt(half * half + budgets) - half) / x) ** part
    risk = x @ (corr @ x.astype(corr.dtype, copy=False))
    return np.asarray(x / math.sqrt(max(float(risk), 1e-6 * float(x.sum()) ** 2)))  # a risk of 1, unless x is a hedge


def _newton_step(cov: Array, budgets: Array, y: Array, residual: Array) -> Array:
    matrix = cov * y
    matrix *= y[:, None]
    matrix.reshape(-1)[:: len(y) + 1] += budgets
    return solve_definite(matrix, residual)


def _conjugate_gradients(
    corr: Floats, budgets: Array, x: Array, residual: Array, error: float
) -> tuple[Array | None, Array]:
    """Solve Newton's equation by conjugate gradients: the step, None where 60 iterations fail, and the residual."""
    tolerance = min(0.1, max(error, _INNER))
    inverse = 1.0 / (x * x + budgets)
    step = np.zeros_like(x)
    left = residual
    conditioned = inverse * left
    direction = conditioned
    size = left @ conditioned
    goal = tolerance * tolerance * size
    for _ in range(60):
        image = x * (corr @ (x * direction).astype(corr.dtype, copy=False)) + budgets * direction
        length = size / (direction @ image)
        step = step + length * direction
        left = left - length * image
        conditioned = inverse * left
        before, size = size, left @ conditioned
        if size <= goal:
            return step, left
        direction = conditioned + (size / before) * direction
    return None, left
