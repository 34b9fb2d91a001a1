"""Risk budgeting between bounds: the constrained portfolio of Richard & Roncalli, computed and verified."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array
from rpxl.core.interior import Constraints, interior_point
from rpxl.core.limits import ROUNDING, Limits
from rpxl.errors import ConvergenceError, InfeasibleError

Integers = npt.NDArray[np.int_]

_SMALLEST = 1e-13  # of the variance: an asset between its bounds with less risk has none that float64 can tell from 0
_ROUNDS = 60
_SHRINK = 2.0 / 3.0  # the largest part of a weight that one step may take away
_SLACK = 1e-14  # a weight this far beyond its bound is at the bound
_RELEASE = 1e-11  # a bound whose multiplier has the wrong sign by less, as a share of the risk, stays active
_TINY = 1e-300


def solve_bounded(cov: Array, budgets: Array, limits: Limits, start: Array, guarantee: float) -> Array:
    """Return the weights between bounds whose risk contributions match the budgets where no bound binds.

    Parameters
    ----------
    cov : array of shape (n, n)
        Valid, with positive variances.
    budgets : array of shape (n,)
        All above 0.
    limits : Limits
        Bounds that some weights with a sum of 1 satisfy; lower bounds are 0 or above.
    start : array of shape (n,)
        Weights between the bounds of assets.
    guarantee : float
        Largest relative error in the optimality conditions.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1.

    Raises
    ------
    InfeasibleError
        No portfolio satisfies the conditions.
    ConvergenceError
        The answer could not be computed to the guarantee.

    Notes
    -----
    x(λ) is the minimum of ½ x'Σx - λ Σ bᵢ ln xᵢ between the bounds, without a condition on the sum. The problem is
    strictly convex, so the minimum is unique. The answer is x(λ) for the λ with which it sums to 1 (Richard & Roncalli
    2019, section 3). An interior-point method tells which bounds are active there; Newton's method on the remaining
    equations then gives the answer to rounding.
    """
    only = limits.only_portfolio()
    if only is not None and only.min() > 0.0:
        return only
    scaled = cov / (start * start @ cov.diagonal())
    problem = _Problem(scaled, budgets, _tightened(limits))
    for candidate in problem.candidates(start):
        found = problem.solution(*candidate, guarantee)
        if found is not None and limits.hold(found.weights):
            return found.weights
    raise ConvergenceError(
        "The risk-budgeting portfolio between these bounds could not be computed to 1e-8: cov is too close to "
        "singular, or a budget too small. Use a shrinkage estimate, or wider bounds."
    )


@dataclass(frozen=True)
class Solution:
    """Weights, with the active bounds and the multipliers by which they are verified."""

    weights: Array
    price: float
    """λ, see :func:`solve_bounded`."""
    push: Array
    """Multiplier of each group's bound: above 0 holds the group up, below 0 down."""
    sides: Integers
    """Active bound of each asset: -1 lower, 1 upper, 0 none."""
    group_sides: Integers
    """Active bound of each group: -1 lower, 1 upper, 2 both, as they are equal, 0 none."""


def _tightened(limits: Limits) -> Limits:
    """Cap every weight at 1, and pin the assets of a group that only their bounds can fill."""
    lower, upper = limits.lower.copy(), np.minimum(limits.upper, 1.0)
    for k in range(len(limits.names)):
        inside = limits.members[k] > 0.0
        if lower[inside].sum() >= limits.group_upper[k] - ROUNDING:
            upper[inside] = lower[inside]
        if upper[inside].sum() <= limits.group_lower[k] + ROUNDING:
            lower[inside] = upper[inside]
    if lower.sum() >= 1.0 - ROUNDING:
        upper = lower
    elif upper.sum() <= 1.0 + ROUNDING:
        lower = upper
    return Limits(lower, upper, limits.names, limits.members, limits.group_lower, limits.group_upper)


class _Problem:
    def __init__(self, cov: Array, budgets: Array, limits: Limits) -> None:
        self.cov, self.budgets, self.limits = cov, budgets, limits
        self.pinned = limits.lower == limits.upper
        loose = (limits.members @ ~self.pinned) > 0.0  # groups with an asset whose weight is not fixed
        self.equal = loose & (limits.group_lower == limits.group_upper)
        self.floored = loose & ~self.equal & (limits.group_lower > 0.0)
        self.capped = loose & ~self.equal & (limits.group_upper < 1.0)

    # The active bounds -----------------------------------------------------------------------------------------

    def candidates(self, start: Array) -> Iterator[tuple[Array, float, Integers, Integers]]:
        """Propose points, each with λ and active bounds, closer and closer to the answer.

        The first is the start, with those bounds active that it touches: often these are right, or nearly so. Then come
        points x(λ): λ is bracketed and then bisected on a logarithmic scale. The caller stops at the first point with
        the right active bounds, so few bisections are needed.
        """
        sides = np.where(start <= self.limits.lower, -1, np.where(start >= self.limits.upper, 1, 0))
        yield start, 1.0, sides, np.zeros(len(self.limits.names), dtype=int)
        excess, x, sides, group_sides = self._excess(1.0, start)
        yield x, 1.0, sides, group_sides
        price, other, factor = 1.0, 1.0, 0.1 if excess > 0.0 else 10.0
        while (excess > 0.0) == (factor < 1.0):
            price, other = price * factor, price
            if not _SMALLEST < price < 1.0 / _SMALLEST:
                raise InfeasibleError(
                    "No portfolio within these bounds gives every asset that is at no bound a positive share of the "
                    "risk: the weights that the bounds force make another asset a hedge, or its share too small to "
                    "compute. Widen the bounds."
                )
            excess, x, sides, group_sides = self._excess(price, start)
            yield x, price, sides, group_sides
        low, high = min(price, other), max(price, other)
        while high - low > ROUNDING * high:
            price = float(np.sqrt(low * high))
            excess, x, sides, group_sides = self._excess(price, start)
            low, high = (low, price) if excess > 0.0 else (price, high)
            yield x, price, sides, group_sides

    def _excess(self, price: float, start: Array) -> tuple[float, Array, Integers, Integers]:
        """Return the sum of x(λ) less 1, x(λ), and the bounds that are active there.

        Where the bounds of groups alone fix the sum, many λ give a sum of 1. The search then goes for the λ that equals
        the variance, as λ does without bounds: the first number returned shows on which side of it λ is.
        """
        x, sides, group_sides = self._minimum(price, start)
        excess = float(x.sum() - 1.0)
        if abs(excess) <= 1e-8 and not self.sum_is_free(sides, group_sides):
            ratio = np.log(price / (x @ self.cov @ x))
            excess = 0.0 if abs(ratio) < 1e-6 else 1e-8 * float(np.clip(ratio, -1.0, 1.0))
        return excess, x, sides, group_sides

    def sum_is_free(self, sides: Integers, group_sides: Integers) -> bool:
        """Tell whether some asset is at no bound of its own and in no group that is at a bound."""
        held = (np.abs(group_sides) @ self.limits.members) > 0.0
        return bool(((sides == 0) & ~held).any())

    def _minimum(self, price: float, start: Array) -> tuple[Array, Integers, Integers]:
        """Return x(λ) and the active bounds."""
        limits, size = self.limits, self.budgets.size
        every = np.arange(size)
        low = every[(limits.lower > 0.0) & ~self.pinned]
        high = every[~self.pinned]
        constraints = Constraints(size)
        constraints.bound(every, np.zeros(size), 1.0)
        constraints.bound(low, limits.lower, 1.0)
        constraints.bound(high, limits.upper, -1.0)
        constraints.require(limits.members[self.floored], limits.group_lower[self.floored])
        constraints.require(-limits.members[self.capped], -limits.group_upper[self.capped])
        constraints.equate(np.eye(size)[self.pinned], limits.lower[self.pinned])
        constraints.equate(limits.members[self.equal], limits.group_lower[self.equal])
        targets = np.zeros(constraints.index.size + len(constraints.rows))
        targets[:size] = price * self.budgets
        point = interior_point(self.cov, np.zeros(size), constraints, start, targets)
        active = point.multipliers > point.slack
        sides = np.where(self.pinned, -1, 0)
        sides[low[active[size : size + low.size]]] = -1
        sides[high[active[size + low.size : size + low.size + high.size]]] = 1
        group_sides = np.where(self.equal, 2, 0)
        rest = active[size + low.size + high.size :]
        group_sides[np.flatnonzero(self.floored)[rest[: self.floored.sum()]]] = -1
        group_sides[np.flatnonzero(self.capped)[rest[self.floored.sum() :]]] = 1
        return point.x, sides, group_sides

    # The answer to rounding ------------------------------------------------------------------------------------

    def solution(
        self, x: Array, price: float, sides: Integers, group_sides: Integers, guarantee: float
    ) -> Solution | None:
        """Return the verified answer near a point, or None where there is none."""
        found = self._polish(x, price, sides, group_sides)
        if found is None or not self._proves(found, guarantee):
            return None
        if self.sum_is_free(found.sides, found.group_sides):
            return found
        # The bounds of groups alone fix the sum, so many λ fit; with one active bound fewer, λ is unique.
        for k in np.flatnonzero(np.abs(found.group_sides) == 1).tolist():
            fewer = np.where(np.arange(len(group_sides)) == k, 0, found.group_sides)
            other = self._polish(found.weights, found.price, found.sides, fewer)
            if other is not None and other.group_sides[k] == 0 and self._proves(other, guarantee):
                return other
        return found

    def _polish(self, x: Array, price: float, sides: Integers, group_sides: Integers) -> Solution | None:
        """Solve the equations for these active bounds, and change the active bounds until they are consistent."""
        sides, group_sides = sides.copy(), np.where(self.equal, 2, group_sides)
        for _ in range(_ROUNDS):
            found = self._newton(np.maximum(x, _TINY), price, sides, group_sides)
            if found is None:
                return None
            x = np.clip(found.weights, self.limits.lower, self.limits.upper)
            changed = self._corrected(found)
            if changed is None:
                return replace(found, weights=x)
            sides, group_sides = changed
            price = found.price
        return None

    def _newton(self, x: Array, price: float, sides: Integers, group_sides: Integers) -> Solution | None:
        """Solve for the weights that are at no bound, λ, and the multipliers of the active groups."""
        x = np.where(sides < 0, self.limits.lower, np.where(sides > 0, self.limits.upper, x))
        free = np.flatnonzero(sides == 0)
        push = np.zeros(len(self.limits.names))
        if not free.size:
            return Solution(x, self._price_at_bounds(x, sides), push, sides, group_sides)
        system = _System(self, free, sides, group_sides)
        best, lowest, stalled = None, np.inf, 0
        for _ in range(_ROUNDS):
            residual, error = system.residual(x, price, push)
            if error < lowest:
                best, lowest, stalled = Solution(x, price, push, sides, group_sides), error, 0
            else:
                stalled += 1
            if error <= 1e-14 or stalled > 3 or not error < np.inf:
                break
            try:
                step = linalg.solve(system.slopes(x, price), residual)
            except np.linalg.LinAlgError:
                break
            relative = step[: free.size]
            length = _SHRINK / max(-relative.min(), _SHRINK)
            x, push = x.copy(), push.copy()
            x[free] *= 1.0 + length * relative
            push[system.active] += length * step[free.size : -1]
            price = max(price + length * step[-1], 0.1 * price)
        return best if lowest < 1e-6 else None

    def _price_at_bounds(self, x: Array, sides: Integers) -> float:
        """Return a λ that fits every asset at a bound, where such a λ exists."""
        risks = x * (self.cov @ x) / self.budgets
        above, below = risks[(sides > 0) & ~self.pinned], risks[(sides < 0) & ~self.pinned]
        return float(above.max() if above.size else below.min() if below.size else max(risks.mean(), _TINY))

    def _imbalance(self, found: Solution) -> Array:
        """Return w (Σw - push) / (λ b) - 1: the relative excess of each asset's risk contribution over its budget."""
        push = found.push @ self.limits.members
        return np.asarray(found.weights * (self.cov @ found.weights - push) / (found.price * self.budgets) - 1.0)

    def _corrected(self, found: Solution) -> tuple[Integers, Integers] | None:
        """Return the bounds that should be active instead, or None where the active bounds are consistent."""
        limits, sides, group_sides = self.limits, found.sides.copy(), found.group_sides.copy()
        imbalance = self._imbalance(found)
        sides[(found.sides == 0) & (found.weights < limits.lower - _SLACK)] = -1
        sides[(found.sides == 0) & (found.weights > limits.upper + _SLACK)] = 1
        leaving = found.sides * imbalance > _RELEASE
        sides[leaving & ~self.pinned] = 0
        sums = limits.members @ found.weights
        idle = found.group_sides == 0
        group_sides[idle & self.floored & (sums < limits.group_lower - _SLACK)] = -1
        group_sides[idle & self.capped & (sums > limits.group_upper + _SLACK)] = 1
        group_sides[(np.abs(group_sides) == 1) & (found.group_sides * found.push > _RELEASE * found.price)] = 0
        if (sides == found.sides).all() and (group_sides == found.group_sides).all():
            return None
        return sides, group_sides

    def _proves(self, found: Solution, guarantee: float) -> bool:
        """Check every condition of optimality at the weights as they are."""
        limits, imbalance = self.limits, self._imbalance(found)
        inside = np.abs(imbalance[found.sides == 0]).max(initial=0.0) <= guarantee
        outside = (found.sides * imbalance)[~self.pinned].max(initial=0.0) <= guarantee
        sums = limits.members @ found.weights
        bounds = np.where(found.group_sides < 0, limits.group_lower, limits.group_upper)
        tight = np.abs((sums - bounds)[found.push != 0.0]).max(initial=0.0) <= ROUNDING
        signs = (found.group_sides * found.push)[~self.equal].max(initial=0.0) <= guarantee * found.price
        whole = abs(found.weights.sum() - 1.0) <= ROUNDING
        return bool(found.price > 0.0 and inside and outside and tight and signs and whole)


class _System:
    """The equations of :meth:`_Problem._newton`: risks, sums of active groups, and the sum of all weights."""

    def __init__(self, problem: _Problem, free: Integers, sides: Integers, group_sides: Integers) -> None:
        limits = problem.limits
        self.free, self.cov, self.budgets = free, problem.cov, problem.budgets[free]
        moving = (limits.members[:, free] > 0.0).any(axis=1)
        self.active = np.flatnonzero((group_sides != 0) & moving)
        self.members = limits.members[self.active]
        self.sums = np.where(group_sides < 0, limits.group_lower, limits.group_upper)[self.active]
        self.sum_is_free = problem.sum_is_free(sides, group_sides)

    def residual(self, x: Array, price: float, push: Array) -> tuple[Array, float]:
        """Return the residual of each equation, and the largest relative one."""
        covariances = self.cov @ x
        risks = (x * (covariances - push[self.active] @ self.members))[self.free]
        last = 1.0 - x.sum() if self.sum_is_free else x @ covariances - price
        missing = price * self.budgets - risks
        sums = np.append(self.sums - self.members @ x, last)
        error = max(np.abs(missing / self.budgets).max() / max(price, _TINY), np.abs(sums).max())
        return np.concatenate([missing, sums]), float(error)

    def slopes(self, x: Array, price: float) -> Array:
        """Return the derivatives with respect to relative changes of the free weights, the multipliers, and λ."""
        count, held = self.free.size, x[self.free]
        matrix = np.zeros((count + len(self.active) + 1,) * 2)
        inside = self.members[:, self.free] * held
        matrix[:count, :count] = self.cov[np.ix_(self.free, self.free)] * held * held[:, None]
        matrix[:count, :count] += np.diag(price * self.budgets)
        matrix[:count, count:-1] = -inside.T
        matrix[:count, -1] = -self.budgets
        matrix[count:-1, :count] = inside
        if self.sum_is_free:
            matrix[-1, :count] = held
        else:
            matrix[-1, :count] = -2.0 * held * (self.cov @ x)[self.free]
            matrix[-1, -1] = 1.0
        return matrix
