"""Measures of risk as the largest mean loss over a set of probabilities, and the search for the largest.

Each point v of the set has marginal risks g of the assets, and ρ(x) is the largest g'x over the set. So the minimum of
ρ(x) - Σ bᵢ ln xᵢ between bounds equals the maximum, over the set, of the minimum of g'x - Σ bᵢ ln xᵢ (minimax theorem).
The inner minimum is known: xᵢ = bᵢ / gᵢ, or the nearest bound. A concave function of v remains, which a primal-dual
interior-point method maximises. The matrix of its linear systems is diagonal or a narrow band, plus a term of rank one
for each asset, so a step takes O(T n²) (Nocedal & Wright 2006, "Numerical Optimization", chapter 19).
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator

import numpy as np

from rpxl.core import linalg
from rpxl.core.array_checks import Array
from rpxl.core.sample_estimators import from_mean

Divide = Callable[[Array], Array]

_FALL = 0.1  # factor of the barrier's weight from one round to the next
_STEPS = 30
_ROUNDS = 24
_TO_THE_BORDER = 0.995
_REFINEMENTS = 2


class Envelope:
    """A set of points v, with the marginal risks g = matrix @ v of the assets.

    A room is the distance of a point from one border of the set; inside the set all rooms are above 0.
    """

    matrix: Array
    degree: int = 1
    """1: the set belongs to ρ(x). 2: it belongs to ½ρ(x)², whose balanced portfolios are the same."""
    total: Array | None = None
    """A vector to which every step is orthogonal, so that probabilities keep their sum of 1; None without one."""
    costs: Array | None = None
    """With degree 2, the mean loss of a point counts less its cost, ½ Σ costs v²."""

    @abstractmethod
    def start(self) -> Array:
        """Return a point well inside the set."""

    @abstractmethod
    def rooms(self, v: Array) -> Array:
        """Return the rooms of a point."""

    @abstractmethod
    def slopes(self, step: Array) -> Array:
        """Return the changes of the rooms in a step."""

    @abstractmethod
    def push(self, forces: Array) -> Array:
        """Return the sum of the gradients of the rooms, each times its force."""

    @abstractmethod
    def divider(self, stiffness: Array) -> Divide:
        """Return a function that solves linear systems with the matrix diag(costs) + Σ stiffness × gradient gradient'.

        The gradients are those of the rooms.
        """

    def multiply(self, stiffness: Array, step: Array) -> Array:
        """Return the product of a step and the matrix of `divider`."""
        product = self.push(stiffness * self.slopes(step))
        return product if self.costs is None else product + self.costs * step

    def cost(self, v: Array) -> float:
        """Return the cost of a point; 0 with degree 1."""
        return 0.0 if self.costs is None else 0.5 * float(self.costs @ v**2)


class _Box(Envelope):
    """The set of numbers between 0 and a cap, with a sum of 1 unless `loose`."""

    def __init__(self, losses: Array, cap: float, *, loose: bool = False) -> None:
        self.matrix, self.cap, self.loose = np.ascontiguousarray(losses.T), cap, loose
        self.total = None if loose else np.ones(len(losses))

    def start(self) -> Array:
        count = self.matrix.shape[1]
        return np.full(count, 0.5 * self.cap if self.loose else 1.0 / count)

    def rooms(self, v: Array) -> Array:
        return np.concatenate([v, self.cap - v])

    def slopes(self, step: Array) -> Array:
        return np.concatenate([step, -step])

    def push(self, forces: Array) -> Array:
        above, below = np.split(forces, 2)
        return np.asarray(above - below)

    def divider(self, stiffness: Array) -> Divide:
        above, below = np.split(stiffness, 2)
        return _diagonal(above + below)


class _Shortfalls(Envelope):
    """The set of numbers of 0 or above, with a cost of half their squares times `count`: half a squared norm."""

    degree = 2

    def __init__(self, losses: Array, count: int) -> None:
        self.matrix, self.count = np.ascontiguousarray(losses.T), float(count)
        self.costs = np.full(len(losses), self.count)

    def start(self) -> Array:
        size = self.matrix.shape[1]
        return np.full(size, 1.0 / math.sqrt(self.count * size))

    def rooms(self, v: Array) -> Array:
        return v

    def slopes(self, step: Array) -> Array:
        return step

    def push(self, forces: Array) -> Array:
        return forces

    def divider(self, stiffness: Array) -> Divide:
        return _diagonal(stiffness + self.count)


class _Fall(Envelope):
    """The set of weights of drawdowns, with the flows of these weights back to the returns since the high.

    A point alternates, for each period, the weight of its drawdown and the flow through its return. A flow is 0 or
    above, and at most the flow of the next period plus the weight of its own: the difference is the weight of the
    drawdowns that are measured from the high before this period's return. With a cap the weights are probabilities
    below it; without one they have a cost of half their squares times T.
    """

    def __init__(self, losses: Array, cap: float | None) -> None:
        count, assets = losses.shape
        self.cap, self.count = cap, count
        self.matrix = np.zeros((assets, 2 * count))
        self.matrix[:, 1::2] = losses.T
        on_weights = np.zeros(2 * count)
        on_weights[0::2] = 1.0
        if cap is not None:
            self.total = on_weights
        else:
            self.degree, self.costs = 2, count * on_weights

    def start(self) -> Array:
        v = np.empty(2 * self.count)
        v[0::2] = 1.0 / self.count
        v[1::2] = 0.5 * np.cumsum(v[0::2][::-1])[::-1]
        return v

    def rooms(self, v: Array) -> Array:
        caps = [] if self.cap is None else [self.cap - v[0::2]]
        return np.concatenate([v[0::2], v[1::2], self._supplies(v), *caps])

    def slopes(self, step: Array) -> Array:
        caps = [] if self.cap is None else [-step[0::2]]
        return np.concatenate([step[0::2], step[1::2], self._supplies(step), *caps])

    @staticmethod
    def _supplies(v: Array) -> Array:
        return np.asarray(v[0::2] + np.append(v[3::2], 0.0) - v[1::2])

    def push(self, forces: Array) -> Array:
        on_weights, on_flows, on_supplies, *caps = np.split(forces, forces.size // self.count)
        pushed = np.empty(2 * self.count)
        pushed[0::2] = on_weights + on_supplies - (caps[0] if caps else 0.0)
        pushed[1::2] = on_flows - on_supplies
        pushed[3::2] += on_supplies[:-1]
        return pushed

    def divider(self, stiffness: Array) -> Divide:
        from scipy.linalg import cho_solve_banded, cholesky_banded  # here only: a slow import

        weights, flows, supplies, *caps = np.split(stiffness, stiffness.size // self.count)
        band = np.zeros((4, 2 * self.count))  # the upper half: row 3 - k holds the k-th diagonal above the main one
        band[3, 0::2] = weights + supplies + (caps[0] if caps else float(self.count))
        band[3, 1::2] = flows + supplies
        band[3, 3::2] += supplies[:-1]
        band[2, 1::2] = -supplies
        band[1, 3::2] = -supplies[:-1]
        band[0, 3::2] = supplies[:-1]
        size = 1.0 / np.sqrt(band[3])
        for k in range(4):
            band[3 - k, k:] *= size[k:] * size[: size.size - k]
        band[3] += 1e-15
        factor = cholesky_banded(band, check_finite=False)

        def divide(m: Array) -> Array:
            return np.asarray(cho_solve_banded((factor, False), m * size[:, None], check_finite=False) * size[:, None])

        return divide


def _diagonal(values: Array) -> Divide:
    return lambda m: np.asarray(m / values[:, None])


def _cap(count: int, tail: float) -> float:
    return 1.0 / max(tail * count, 1.0)


ENVELOPES: dict[str, Callable[[Array, float], Envelope]] = {
    "mad": lambda table, tail: _Box(-from_mean(table), 2.0 / len(table), loose=True),
    "semi_deviation": lambda table, tail: _Shortfalls(-from_mean(table), len(table) - 1),
    "cvar": lambda table, tail: _Box(-table, _cap(len(table), tail)),
    "cdar": lambda table, tail: _Fall(-table, _cap(len(table), tail)),
    "ulcer": lambda table, tail: _Fall(-table, None),
}
"""The set of each measure that has one, from returns divided by each asset's risk, and the tail probability."""


def nearest_to(marginal: Array, budgets: Array, low: Array, high: Array) -> Array:
    """Return the x between bounds that minimises marginal'x - Σ bᵢ ln xᵢ."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.clip(np.where(marginal > 0.0, budgets / marginal, np.inf), low, high)


def minimum(envelope: Envelope, budgets: Array, low: Array, high: Array) -> Iterator[tuple[Array, Array, float]]:
    """Follow the central path: yield points x that come closer and closer to the minimum of ρ(x) - Σ bᵢ ln xᵢ.

    With degree 2, ½ρ(x)² takes the place of ρ(x).

    Parameters
    ----------
    envelope : Envelope
        The measure.
    budgets, low, high : array of shape (n,)
        b, and the bounds on x.

    Yields
    ------
    x, marginal : array of shape (n,)
        The marginal risks are those of a point of the set, so they give a lower bound on the minimum.
    cost : float
        The cost of that point.
    """
    matrix, v = envelope.matrix, envelope.start()
    rooms = envelope.rooms(v)
    price = 10.0 * float(budgets.sum()) / rooms.size
    forces = price / rooms

    def value_at(rooms: Array, v: Array) -> float:
        if rooms.min() <= 0.0:
            return math.inf
        marginal = matrix @ v
        x = nearest_to(marginal, budgets, low, high)
        return envelope.cost(v) - price * float(np.log(rooms).sum()) - float(marginal @ x - budgets @ np.log(x))

    for _ in range(_ROUNDS):
        value = value_at(rooms, v)
        for _ in range(_STEPS):
            x = nearest_to(matrix @ v, budgets, low, high)
            gradient = -envelope.push(price / rooms) - matrix.T @ x
            gradient = gradient if envelope.costs is None else gradient + envelope.costs * v
            inside = (x > low) & (x < high)
            columns = matrix[inside].T * (x[inside] / np.sqrt(budgets[inside]))
            try:
                step = _newton(gradient, envelope, forces / rooms, columns)
            except np.linalg.LinAlgError:  # as close as float64 allows
                return
            decrease = -float(gradient @ step)
            if not decrease > 0.0:
                break
            changes = envelope.slopes(step)
            push = price / rooms - forces - forces / rooms * changes
            size = _longest(rooms, changes)
            while size > 1e-10:
                after = envelope.rooms(v + size * step)
                reached = value_at(after, v + size * step)
                if reached <= value - 1e-4 * size * decrease + 1e-15 * abs(value):
                    break
                size *= 0.5
            else:
                break
            v, rooms, value = v + size * step, after, reached
            forces = forces + _longest(forces, push) * push
            forces = np.clip(forces, 1e-8 * price / rooms, 1e8 * price / rooms)
            if decrease <= 0.1 * price:
                break
        marginal = matrix @ v
        yield nearest_to(marginal, budgets, low, high), marginal, envelope.cost(v)
        price *= _FALL


def _longest(values: Array, changes: Array) -> float:
    """Return the part of a step, at most 1, that keeps all values above 0."""
    return min(1.0, _TO_THE_BORDER / max(float((-changes / values).max()), 1e-300))


def _newton(gradient: Array, envelope: Envelope, stiffness: Array, columns: Array) -> Array:
    """Solve (B + UU') step = -gradient with total'step = 0 (Woodbury); B is the envelope's matrix, U the `columns`."""
    divide, total = envelope.divider(stiffness), envelope.total
    right = np.zeros((gradient.size, 0)) if total is None else total[:, None]
    solved = divide(np.hstack([columns, right]))
    size = columns.shape[1]
    inner, on_total = solved[:, :size], solved[:, size:]
    small = columns.T @ inner
    small[np.diag_indices(size)] += 1.0

    def through(outer: Array) -> Array:
        return np.asarray(outer - inner @ linalg.solve(small, columns.T @ outer))

    on_total = through(on_total)

    def answer(force: Array) -> tuple[Array, float]:
        step = through(divide(force[:, None]))
        if total is None:
            return step[:, 0], 0.0
        pull = float(total @ step[:, 0]) / float(total @ on_total[:, 0])
        return step[:, 0] - on_total[:, 0] * pull, pull

    step, pull = answer(-gradient)
    for _ in range(_REFINEMENTS):  # small values in B make the solution inexact
        left = -gradient - envelope.multiply(stiffness, step) - columns @ (columns.T @ step)
        correction, more = answer(left if total is None else left - total * pull)
        step, pull = step + correction, pull + more
    return step


def entropic_minimum(
    table: Array, tail: float, budgets: Array, low: Array, high: Array
) -> Iterator[tuple[Array, Array, float]]:
    """Do as :func:`minimum` for the entropic value at risk: the minimum over z of z ln(Σ exp(-r/z) / (tail T)).

    It is smooth in x and z, the width of the tail. A logarithmic barrier keeps x between its bounds.
    """
    limit = -math.log(tail)
    whole, every, free = low.copy(), table, low < high  # what is pinned has no inside to walk through
    pinned = every @ np.where(free, 0.0, low)
    table, budgets, low, high = every[:, free], budgets[free], low[free], high[free]
    size = budgets.size
    x = np.clip(budgets / budgets.sum(), low + 0.01 * (high - low), high - 0.01 * (high - low))
    x = np.where(high > 10.0, np.clip(budgets, 2.0 * low + 1e-3, 0.5 * high), x)
    series = table @ x + pinned
    width = max(float(series.std()), 1e-12)
    price = 0.1 * float(budgets.sum()) / size

    def parts(x: Array, width: float) -> tuple[float, Array, Array]:
        below = -(table @ x + pinned) / width
        top = float(below.max())
        weights = np.exp(below - top)
        total = float(weights.sum())
        return top + math.log(total / below.size), weights / total, below

    def value_at(x: Array, width: float) -> float:
        if width <= 0.0 or (x <= low).any() or (x >= high).any():
            return math.inf
        borders = np.log(x - low).sum() + np.log(high - x).sum()
        return width * (parts(x, width)[0] + limit) - float(budgets @ np.log(x)) - price * float(borders)

    for _ in range(3 * _ROUNDS):
        value = value_at(x, width)
        for _ in range(_STEPS):
            log_mean, weights, below = parts(x, width)
            marginal = -(table.T @ weights)
            mean = float(weights @ below)
            gradient = np.append(
                marginal - budgets / x - price / (x - low) + price / (high - x), log_mean + limit - mean
            )
            centred = np.column_stack([-table, -below]) - np.append(marginal, -mean)
            hessian = (centred * weights[:, None]).T @ centred / width
            places = np.arange(size)
            hessian[places, places] += budgets / x**2 + price / (x - low) ** 2 + price / (high - x) ** 2
            hessian[size, size] += 1e-14 * max(hessian[size, size], 1e-300)
            try:
                step = -linalg.solve(hessian, gradient)
            except np.linalg.LinAlgError:  # as close as float64 allows
                return
            decrease = -float(gradient @ step)
            if not decrease > 0.0:
                break
            part = min(
                1.0,
                0.99 / max(float((-step[:size] / (x - low)).max()), 1e-300),
                0.99 / max(float((step[:size] / (high - x)).max()), 1e-300),
                0.9 / max(-float(step[size]) / width, 1e-300),
            )
            while part > 1e-10:
                reached = value_at(x + part * step[:size], width + part * float(step[size]))
                if reached <= value - 1e-4 * part * decrease + 1e-15 * abs(value):
                    break
                part *= 0.5
            else:
                break
            x, width, value = x + part * step[:size], width + part * float(step[size]), reached
            if decrease <= 0.01 * price:
                break
        weights = within_entropy(parts(x, width)[1], limit)
        whole[free] = x
        yield whole.copy(), -(every.T @ weights), 0.0
        price *= 0.3


def within_entropy(weights: Array, limit: float) -> Array:
    """Return probabilities near `weights` whose relative entropy to equal ones is at most `limit`."""

    def excess(part: float) -> float:
        mixed = (1.0 - part) * weights + part / weights.size
        positive = mixed[mixed > 0.0]
        return float(positive @ np.log(positive * weights.size)) - limit

    if excess(0.0) <= 0.0:
        return weights
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if excess(middle) <= 0.0 else (middle, high)
    return np.asarray((1.0 - high) * weights + high / weights.size)
