"""The risk-budgeting solver: weights whose shares of the risk are what was asked for."""

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
"""Where float64 can't hold weights to the guarantee, the largest relative error that is still an answer."""

_TARGET = 1e-10  # what the iteration aims at, well inside the guarantee
_DENSE = 100  # assets up to which factorising beats conjugate gradients
_SHRINK = 2.0 / 3.0  # how far below itself one step may take an asset, see solve()
_LIMIT = 300
_INNER = 1e-4  # how exactly conjugate gradients solve at most: float32 can do so
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
    """Return the long-only weights whose shares of the risk equal the budgets, as far as bounds let them.

    Parameters
    ----------
    cov : array of shape (n, n)
    budgets : array of shape (n,) or (k,), optional
        Shares of the risk, 0 or above; any sum, as they are divided by it. Equal by default. A budget
        of 0 means a weight of exactly 0. With k groups, one for each group in order of first appearance, split
        equally among its assets; or still one for each asset.
    groups : sequence of n names, optional
        The group of each asset; case and surrounding blanks don't count.
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
        bounds (the message names them); or none that keep them leave every asset inside its bounds a positive
        share of the risk.
    ConvergenceError
        `cov` is so close to that, or so badly conditioned, that float64 can't hold the answer.

    Notes
    -----
    The weights are wᵢ ∝ xᵢ / σᵢ, with x the minimum of ½ x'Cx - Σ bᵢ ln xᵢ over x > 0 and C the correlation matrix
    (Spinu 2013, "An algorithm for computing risk parity weights"; the portfolio is that of Maillard, Roncalli &
    Teiletche 2010, and of Richard & Roncalli 2019 for budgets). The minimum exists and is unique when no long-only
    portfolio is free of risk, also for a singular matrix.

    Every answer has been checked against `cov` itself: the largest relative error of a risk share is 1e-8 at
    most. Weights are rounded to float64, which alone may move share i by ε (|Σ| w)ᵢ / (Σ w)ᵢ of itself. Where the
    largest of these floors stands in the way, the error is at most four times the floor and 1e-6, or the
    answer is refused.

    When a bound binds, the portfolio is the constrained one of Richard & Roncalli (2019), "Constrained Risk Budgeting
    Portfolios", section 3: x(λ), the minimum of σ(x) - λ Σ bᵢ ln xᵢ between the bounds, for the λ that makes it
    sum to 1. (With ½ x'Σx for σ(x) the portfolio is the same, with λ σ for λ.) The sum is no constraint of that
    minimum, which would shift all risk contributions, bound or not. So, with νᵢ the multiplier of the bounds of
    asset i and its group:

    - wᵢ (Σw)ᵢ = λ bᵢ where neither the asset nor its group is at a bound: there the budgets keep their proportions;
    - wᵢ (Σw)ᵢ ≥ λ bᵢ at a lower bound, ≤ λ bᵢ at an upper one, of an asset whose group is not at a bound;
    - wᵢ ((Σw)ᵢ - ν) = λ bᵢ inside a group at its bound, with one ν for all assets of the group that are not at
      bounds of their own; ν ≥ 0 at the lower bound and ≤ 0 at the upper.

    Each answer has been checked against these conditions, to 1e-8 of λ bᵢ. Where no bound binds, the answer is the
    one without bounds, bit by bit. With bounds on assets alone and no negative covariance every xᵢ(λ) rises with λ,
    so the portfolio is unique. With negative covariances there may be none, where the bounds force in an asset that
    others hedge, and now and then more than one; the one nearest to the weights without bounds is then tried first.
    Where bounds of groups alone fix the sum (caps that sum to 1), many λ do: the limit of slightly wider bounds is
    meant, and λ = w'Σw, its value without bounds, where the sums of all groups are given exactly.

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
        members = np.zeros((0, size))  # one for each asset: the groups are there for their bounds
    count = len(members) or size
    if budgets is None:
        shares = np.full(count, 1.0 / count)
    else:
        shares = vector(budgets, "budgets", count, *(("groups", "group") if len(members) else ()))
        not_negative(shares, "budgets", "A risk budget")
        largest = shares.max()
        if largest == 0.0:
            raise InputError("budgets", "are all 0; one at least must be above 0.")
        shares /= largest  # first, so that the sum can't overflow
        shares /= shares.sum()
    return np.asarray((shares / members.sum(axis=1)) @ members) if len(members) else shares


def _within(parts: CovParts, budgets: Array, limits: Limits | None) -> Array:
    """Return the balanced weights if they keep the bounds, else the constrained ones."""
    if limits is None:
        return balanced(parts, budgets)
    try:
        weights = balanced(parts, budgets)
    except (InfeasibleError, ConvergenceError):  # a hedge that bounds may keep apart
        weights = inverse_proportional(parts.vols)
    else:
        if limits.hold(weights):
            return weights
    with np.errstate(all="ignore"):  # a failed attempt may overflow; its proof fails
        return solve_bounded(parts.cov, budgets, limits, np.clip(weights, limits.lower, limits.upper), GUARANTEE)


def balanced(parts: CovParts, budgets: Array) -> Array:
    """Return the balanced weights for a matrix whose variances are positive and budgets that are, and sum to 1."""
    cov, vols = parts.cov, parts.vols
    with few_threads(len(vols)), np.errstate(all="ignore"):  # a failed attempt may overflow; the judgement sees it
        weights = solve(parts, budgets)
        weights /= weights.sum()
        covariances = cov @ weights
        risks = weights * covariances
        variance = risks.sum()
        error = np.abs(risks / (budgets * variance) - 1.0).max()
        spread = weights @ vols
        hidden = (weights.size + 4.0) * EPS * spread * (vols / np.abs(covariances)).max()  # as |Σ| w ≤ σ σ'w
        if error + hidden <= GUARANTEE and variance > 1e-8 * spread * spread:
            return np.asarray(weights)
        return _refined(weights, parts, budgets)


def _refined(weights: Array, parts: CovParts, budgets: Array) -> Array:
    """Refine weights until their risk shares are within tolerance, else raise.

    They are judged by the caller's matrix, not by the scaled one of the solver, and its products are computed in
    extended precision. Newton's steps from there go down to the rounding of float64.
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
        "float64 can't hold weights whose risk shares are right: cov is too close to singular, or a budget is too "
        f"small. {_ADVICE}."
    )


def _hedge(risks: Array) -> str:
    """Name the assets that hedge each other, the ones with risk of their own in a portfolio without."""
    members = np.flatnonzero(risks > 1e-3 * risks.max()) + 1
    if not 2 <= members.size <= 5:
        return "A long-only portfolio of these assets"
    return f"A long-only portfolio of assets {', '.join(map(str, members[:-1]))} and {members[-1]}"


def solve(parts: CovParts, budgets: Array) -> Array:
    """Minimise ½ y'Σy - Σ bᵢ ln yᵢ over y > 0, by Newton's method in relative steps.

    Parameters
    ----------
    parts : CovParts
        Of a matrix Σ whose variances are positive; it may be singular.
    budgets : array of shape (n,)
        All above 0, summing to 1.

    Returns
    -------
    array of shape (n,)
        Positive; the best point found, which may be wrong when there is no minimum: verify it.

    Notes
    -----
    With y -> y (1 + d) and Y = diag(y), Newton's step solves M d = r, where M = YΣY + diag(b) and
    r = b - y (Σy), the error of the risks. A share t of it changes the objective by

        -t λ² + ½ t² λ² + Σ bᵢ (t dᵢ - ½ t² dᵢ² - ln(1 + t dᵢ)),   λ² = d'Md = d'r ≥ Σ bᵢ dᵢ²,

    as the objective is a quadratic but for the logarithm. A term of the sum is negative for dᵢ > 0, and at most
    0.473 bᵢ (t dᵢ)² for t dᵢ ≥ -⅔. So t = min(1, ⅔ / max(-dᵢ)) lowers the objective by 0.027 t λ² at least: the method
    converges from everywhere without trying steps, which rounding would make unreliable close to the minimum. The
    same holds for the truncated steps of conjugate gradients from 0, for which d'Md = d'r as well.

    A whole step leaves of r, exactly, b d² + (1 + d) s, where s = r - M d is what conjugate gradients left. So the last
    point need not be tried.

    None of this depends on scale. What is rounded to float32 is the correlations, with x = σy.
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
        if not error < np.inf or (error > 0.5 and risks.sum() < EPS * (vols @ y) ** 2):  # a hedge: y grows on and on
            return y
        step, left = None, None
        if large:
            if stalled and lowest < 1e-3:
                rough = parts.corr
            step, left = _conjugate_gradients(rough, budgets, vols * y, residual, error)
        if step is None:  # and it would take as long from a point further on
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

    An error that a round of length ω multiplies by 1 - ω e, with e in the interval, is multiplied by 1 / Tₖ(3) at most
    in k rounds of these lengths: 3e-4 in 5, 1.5e-6 in 8.
    """
    return tuple(1.0 / (1.5 + 0.5 * math.cos(math.pi * (k + 0.5) / rounds)) for k in range(rounds))


def _start(corr: Floats, budgets: Array) -> Array:
    """Return a point near the minimum unless assets hedge others, which may make it anything, also no numbers.

    Each round multiplies xᵢ by a power ω of bᵢ over its risk. Near the minimum that multiplies errors of ln x by
    1 - ω (1 + β), where β are the eigenvalues of the xᵢ Cᵢⱼ xⱼ / bᵢ: never below 0, and without negative correlations
    never above 1, as the rows sum to 1.
    """
    budgets = budgets.astype(corr.dtype, copy=False)
    x = np.sqrt(budgets)
    for part in _chebyshev_steps(8 if len(x) <= _DENSE else 9):  # so that one step of Newton's is left
        x = x * (budgets / (x * (corr @ x))) ** part
    return np.asarray(x / np.sqrt(x @ (corr @ x)))  # leaves nothing of the error with β = 1, the same for all


def _damped_coordinate_start(corr: Floats, budgets: Array) -> Array:
    """Return a point on the way to the minimum: rounds of solving each equation alone, taken as far as before."""
    x = np.sqrt(budgets)
    for part in _chebyshev_steps(5):
        half = 0.5 * (corr @ x.astype(corr.dtype, copy=False) - x)
        x = x * ((np.sqrt(half * half + budgets) - half) / x) ** part
    risk = x @ (corr @ x.astype(corr.dtype, copy=False))
    return np.asarray(x / math.sqrt(max(float(risk), 1e-6 * float(x.sum()) ** 2)))  # 1, barring a hedge


def _newton_step(cov: Array, budgets: Array, y: Array, residual: Array) -> Array:
    matrix = cov * y
    matrix *= y[:, None]
    matrix.reshape(-1)[:: len(y) + 1] += budgets
    return solve_definite(matrix, residual)


def _conjugate_gradients(
    corr: Floats, budgets: Array, x: Array, residual: Array, error: float
) -> tuple[Array | None, Array]:
    """Solve the Newton equation without factorising; None when that takes longer. And what is left of the residual."""
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
