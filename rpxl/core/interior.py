"""Convex quadratic problems: an interior-point method, and the exact answer with the active constraints it found."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array
from rpxl.core.cov_checks import EPS

_LIMIT = 100  # iterations; 10 to 30 are usual


class Constraints:
    """Inequalities B x ≥ d and equalities A x = a on `size` variables.

    Most inequalities bound one variable, so those are kept apart: `sign` x[`index`] ≥ `limit`.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.index = np.zeros(0, dtype=np.intp)
        self.sign = self.limit = np.zeros(0)
        self.rows, self.row_limit = np.zeros((0, size)), np.zeros(0)
        self.equal, self.equal_value = np.zeros((0, size)), np.zeros(0)

    def bound(self, chosen: npt.ArrayLike, limits: Array, sign: float) -> None:
        """Require sign x ≥ sign limits of the chosen variables; `limits` has a number for each variable."""
        index = np.asarray(chosen, dtype=np.intp)
        self.index = np.append(self.index, index)
        self.sign = np.append(self.sign, np.full(index.size, sign))
        self.limit = np.append(self.limit, sign * limits[index])

    def require(self, rows: Array, limits: Array) -> None:
        """Require rows @ x ≥ limits."""
        self.rows = np.vstack([self.rows, rows])
        self.row_limit = np.append(self.row_limit, limits)

    def equate(self, rows: Array, values: Array) -> None:
        """Require rows @ x = values."""
        self.equal = np.vstack([self.equal, rows])
        self.equal_value = np.append(self.equal_value, values)

    def slack(self, x: Array) -> Array:
        """Return B x - d."""
        return np.concatenate([self.sign * x[self.index] - self.limit, self.rows @ x - self.row_limit])

    def matvec(self, x: Array) -> Array:
        """Return B x."""
        return np.concatenate([self.sign * x[self.index], self.rows @ x])

    def rmatvec(self, z: Array) -> Array:
        """Return B'z."""
        return np.asarray(self.rmatvec_simple(z[: self.index.size]) + self.rows.T @ z[self.index.size :])

    def rmatvec_simple(self, z: Array) -> Array:
        """Return B'z for the inequalities on one variable."""
        return np.bincount(self.index, self.sign * z, self.size).astype(np.float64)


class Point(NamedTuple):
    """A point, the slacks of the inequalities there, and their multipliers."""

    x: Array
    slack: Array
    multipliers: Array


@np.errstate(all="ignore")  # a failed attempt may overflow; the caller's verification detects it
def interior_point(
    hessian: Array, linear: Array, constraints: Constraints, start: Array, targets: Array | float = 0.0
) -> Point:
    """Minimise ½ x'Qx + c'x - Σ tⱼ ln(Bx - d)ⱼ subject to Bx ≥ d and Ax = a.

    Parameters
    ----------
    hessian : array of shape (n, n)
        Q, positive semi-definite.
    linear : array of shape (n,)
        c.
    constraints : Constraints
    start : array of shape (n,)
        A point of the same size as the answer; it need not satisfy the constraints.
    targets : array of shape (m,), optional
        t, the weight of each inequality's logarithm, 0 or above. With 0 the problem is a plain quadratic one.

    Returns
    -------
    Point
        The best point found; the caller must verify it.

    Notes
    -----
    Newton's method with predictor and corrector (Mehrotra 1992) on the optimality conditions Qx + c = B'z + A'y,
    Bx - d = s, sz = t + τ with τ -> 0. In a risk-budgeting problem t is above 0, which common quadratic solvers don't
    offer.
    """
    x, y = start, np.zeros(len(constraints.equal))
    goal = np.broadcast_to(targets, constraints.slack(x).shape)
    reach = max(np.abs(x).max(), EPS)
    steepest = max(np.abs(hessian @ x + linear).max(), EPS)  # keeps products large until all conditions nearly hold
    slack = np.maximum(constraints.slack(x), reach / len(x))
    z = np.maximum(goal / slack, steepest)
    best, lowest, stalled = Point(x, slack, z), np.inf, 0
    for _ in range(_LIMIT):
        gradient = hessian @ x + linear
        dual = gradient - constraints.rmatvec(z) - y @ constraints.equal
        primal = constraints.slack(x) - slack
        off = constraints.equal_value - constraints.equal @ x
        gap = np.abs(slack * z - goal)
        error = _error(hessian, linear, constraints, x, dual, primal, off, gap, z, y)
        stalled += 1
        if error < lowest:
            best, lowest, stalled = Point(x, slack, z), error, 0
        if error <= 4.0 * EPS or (stalled > 3 and lowest < 1e-3) or not np.isfinite(error):
            break
        try:
            step = _Step(hessian, constraints, slack, z, dual, primal, off)
            _, _, ds, dz = step.towards(goal - slack * z)
            length = _longest(slack, ds, z, dz)
            ahead = np.abs((slack + length * ds) * (z + length * dz) - goal).mean()
            centre = min(1.0, ahead / max(gap.mean(), EPS * EPS)) ** 3 * gap.mean()
            dx, dy, ds, dz = step.towards(goal + centre - slack * z - ds * dz)
            length = min(1.0, max(0.99, 1.0 - error) * _longest(slack, ds, z, dz, 2.0))
            if length < 0.1:  # some product is far below the others: a step that makes them more equal
                dx, dy, ds, dz = step.towards(goal + gap.mean() - slack * z)
                length = min(1.0, 0.9 * _longest(slack, ds, z, dz, 2.0))
        except np.linalg.LinAlgError:
            break
        x, y, slack, z = x + length * dx, y + length * dy, slack + length * ds, z + length * dz
    return best


def _error(
    hessian: Array,
    linear: Array,
    constraints: Constraints,
    x: Array,
    dual: Array,
    primal: Array,
    off: Array,
    gap: Array,
    z: Array,
    y: Array,
) -> float:
    """Return the largest error in the optimality conditions, relative to the size of their terms."""
    size = abs(x @ (hessian @ x)) + abs(linear @ x)
    pulls = np.abs(constraints.rmatvec(z)) + np.abs(y) @ np.abs(constraints.equal)
    terms = np.abs(hessian) @ np.abs(x) + np.abs(linear) + pulls
    reach = np.abs(x).max()
    parts = [
        np.abs(dual / np.maximum(terms, np.finfo(float).tiny)).max(),
        np.abs(primal).max(initial=0.0) / reach,
        np.abs(off).max(initial=0.0) / max(np.abs(constraints.equal_value).max(initial=0.0), EPS * EPS),
        gap.max(initial=0.0) / max(size, EPS * EPS),
    ]
    return float(max(parts))


class _Step:
    """Newton's equations at a point, solved for several right-hand sides.

    Inequalities on one variable are added to the matrix. The others are kept apart with the equalities: where they
    become active, their ratio of multiplier to slack grows without limit, and the other entries would be lost.
    """

    def __init__(
        self, hessian: Array, constraints: Constraints, slack: Array, z: Array, dual: Array, primal: Array, off: Array
    ) -> None:
        self.constraints, self.slack, self.z, self.ratio = constraints, slack, z, z / slack
        self.dual, self.primal, self.off = dual, primal, off
        self.simple = constraints.index.size
        matrix = hessian.copy()
        diagonal = np.bincount(constraints.index, self.ratio[: self.simple], constraints.size)
        matrix.flat[:: constraints.size + 1] += diagonal
        scale = 1.0 / np.sqrt(np.maximum(matrix.diagonal(), np.finfo(float).tiny))  # makes units irrelevant
        matrix *= scale * scale[:, None]
        matrix.flat[:: constraints.size + 1] += 4.0 * EPS
        self.inverse = linalg.inverse(matrix) * scale * scale[:, None]
        self.beside = np.vstack([constraints.equal, constraints.rows])
        self.spread = self.inverse @ self.beside.T
        self.coupling = self.beside @ self.spread
        softness = np.append(np.zeros(len(constraints.equal)), 1.0 / self.ratio[self.simple :])
        self.coupling.flat[:: len(self.beside) + 1] += softness

    def towards(self, change: Array) -> tuple[Array, Array, Array, Array]:
        """Return the step that changes the products of slacks and multipliers by `change`, to first order."""
        wanted = change / self.slack
        pulled = (wanted - self.ratio * self.primal)[: self.simple]
        direct = self.inverse @ (self.constraints.rmatvec_simple(pulled) - self.dual)
        rest = np.append(self.off, (change / self.z - self.primal)[self.simple :])
        push = linalg.solve(self.coupling, rest - self.beside @ direct)
        dx = direct + self.spread @ push
        ds = self.constraints.matvec(dx) + self.primal
        return dx, push[: self.off.size], ds, wanted - self.ratio * ds


def _longest(slack: Array, ds: Array, z: Array, dz: Array, limit: float = 1.0) -> float:
    """Return the largest part of a step, up to `limit`, that keeps slacks and multipliers at 0 or above."""
    shrinking = np.concatenate([-ds / slack, -dz / z])
    return float(1.0 / max(shrinking.max(initial=0.0), 1.0 / limit))


def exact(hessian: Array, linear: Array, constraints: Constraints, point: Point) -> Array:
    """Solve a quadratic problem again, with the bounds that are active at `point` as equalities.

    Parameters
    ----------
    hessian, linear, constraints
        See :func:`interior_point`; without logarithms, and inequalities on one variable only.
    point : Point
        The result of :func:`interior_point`.

    Returns
    -------
    array of shape (n,)
        Exact to rounding where the active constraints are the right ones; the caller must verify it.
    """
    active = at_bounds(hessian, linear, point)
    x = point.x.copy()
    fixed = constraints.index[active]
    x[fixed] = (constraints.sign * constraints.limit)[active]
    free = np.setdiff1d(np.arange(constraints.size), fixed)
    pull = linear[free] + hessian[np.ix_(free, fixed)] @ x[fixed]
    rows = constraints.equal
    x[free] = equality_solution(
        hessian[np.ix_(free, free)], -pull, rows[:, free], constraints.equal_value - rows[:, fixed] @ x[fixed]
    )
    return x


def at_bounds(hessian: Array, linear: Array, point: Point) -> npt.NDArray[np.bool_]:
    """Tell which inequalities are active at a point of :func:`interior_point`: the multiplier exceeds the slack."""
    size = abs(point.x @ (hessian @ point.x)) + abs(linear @ point.x)
    return np.asarray(point.multipliers * np.abs(point.x).max() ** 2 > point.slack * size)


@np.errstate(all="ignore")
def equality_solution(hessian: Array, right: Array, rows: Array, values: Array) -> Array:
    """Minimise ½ x'Qx - r'x subject to rows @ x = values; one column of the answer for each of `right` and `values`."""
    scale = 1.0 / np.sqrt(np.maximum(hessian.diagonal(), EPS * max(hessian.diagonal().max(initial=0.0), EPS)))
    reach = rows * scale
    matrix = np.block([[hessian * scale * scale[:, None], reach.T], [reach, np.zeros((len(rows), len(rows)))]])
    both = np.concatenate([(right.T * scale).T, values])
    if not (np.isfinite(matrix).all() and np.isfinite(both).all()):  # out of range: LAPACK may run for ever
        return np.full_like(right, np.nan)
    try:
        solution = linalg.solve(matrix, both)
    except np.linalg.LinAlgError:
        solution = np.linalg.lstsq(matrix, both, rcond=None)[0]
    return np.asarray((solution[: len(scale)].T * scale).T)
