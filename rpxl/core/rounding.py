"""Trades in whole lots that bring holdings as near to a target as cash allows: an integer programme."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array
from rpxl.errors import ConvergenceError, InfeasibleError

MOST_EXACT = 50
"""Up to this number of assets the best rounding is found; for more, a good one and a bound on what is better."""

TIE = 1e-6
"""Weight of the money traded in the objective: of equally near roundings, the one that trades less is best."""

_NODES = 20_000  # a limit that doesn't depend on the machine, unlike one on time
_NO_GAIN = 4e-6  # of a lot; the solver stops at a millionth


@dataclass(frozen=True)
class Rounding:
    """The problem: holdings, target, lots and costs. Arrays of shape (n,), amounts in money."""

    values: Array
    """The values of the holdings now, below 0 when short."""
    target: Array
    """Target weights, as fractions of equity."""
    lots: Array
    """The value of one lot, above 0."""
    rates: Array
    """Costs per unit of money traded."""
    deposits: Array
    """Initial margin per unit of value for futures; NaN for assets that are paid in full."""
    free: npt.NDArray[np.bool_]
    """The assets that may be traded."""
    equity: float
    cash: float
    least: Array
    """The smallest number of lots of a trade, 1 or more."""

    @property
    def paid(self) -> npt.NDArray[np.bool_]:
        """The assets that are paid in full."""
        return np.isnan(self.deposits)

    @property
    def weight_of_costs(self) -> float:
        """Weight of the costs in the objective."""
        return max(1.0, float(np.abs(self.target).sum()))

    @property
    def loan(self) -> float:
        """The fraction of equity that must be borrowed for the target."""
        return max(math.fsum(self.target[self.paid].tolist()) - 1.0, 0.0)

    def costs(self, lots: Array) -> float:
        """Return the costs of trades."""
        return math.fsum((self.rates * self.lots * np.abs(lots)).tolist())

    def after(self, lots: Array) -> Array:
        """Return the values of the holdings after trades."""
        return self.values + self.lots * lots

    def distance(self, lots: Array) -> float:
        """Return the sum of the differences between values after trades and target values, in money."""
        goal = self.target * (self.equity - self.costs(lots))
        return math.fsum(np.abs(self.after(lots) - goal).tolist())

    def objective(self, lots: Array) -> float:
        """Return the objective, which is minimised."""
        traded = math.fsum((self.lots * np.abs(lots)).tolist())
        return self.distance(lots) + self.weight_of_costs * self.costs(lots) + TIE * traded

    def free_cash(self, lots: Array) -> float:
        """Return the cash after trades, less the initial margin of futures."""
        spent = (self.lots * lots)[self.paid]
        deposits = np.where(self.paid, 0.0, self.deposits) * np.abs(self.after(lots))
        return math.fsum([self.cash, *(-spent).tolist(), *(-deposits).tolist(), -self.costs(lots)])

    def floor(self, lots: Array) -> float:
        """Return the lowest free cash that is allowed; below 0 where the target borrows."""
        now = self.free_cash(np.zeros_like(lots))
        if self.loan and now < -self.loan * self.equity - self.rounding:
            return now
        return -self.loan * (self.equity - self.costs(lots))

    @property
    def rounding(self) -> float:
        """The rounding error of sums of money in float64."""
        return 1e-11 * (self.equity + float(np.abs(self.values).sum()) + abs(self.cash))

    def allowed(self, lots: Array) -> bool:
        """Tell whether trades are of assets that may be traded, not below the smallest trade, and within the cash."""
        still = lots == 0.0
        if not (still | (self.free & (np.abs(lots) >= self.least))).all():
            return False
        return self.free_cash(lots) >= self.floor(lots) - self.rounding


class Rounded(NamedTuple):
    """Trades in whole lots."""

    lots: Array
    """The number of lots of each asset bought, below 0 sold."""
    gap: float
    """The most by which another rounding can lower the objective, in money; 0 where this one is the best."""


def rounded(problem: Rounding) -> Rounded:
    """Find the best trades in whole lots, or for more than 50 assets good ones.

    Raises
    ------
    InfeasibleError
        No trades keep free cash above its floor.
    ConvergenceError
        The solver found no answer.
    """
    nothing = np.zeros_like(problem.values)
    if not problem.free.any():
        if not problem.allowed(nothing):
            raise _no_cash(problem)
        return Rounded(nothing, 0.0)
    found = _by_steps(problem)
    exact = int(problem.free.sum()) <= MOST_EXACT
    lots, bound = _solve(problem, found, exact)
    candidates = [lot for lot in (found, lots) if lot is not None and problem.allowed(lot)]
    if not candidates:
        raise _no_cash(problem)
    best = min(candidates, key=problem.objective)
    unit = _NO_GAIN * float(problem.lots[problem.free].max())
    if problem.allowed(nothing) and problem.objective(nothing) <= problem.objective(best) + unit:
        best = nothing
    gap = problem.objective(best) - bound
    return Rounded(best + 0.0, gap if gap > unit else 0.0)


def _no_cash(problem: Rounding) -> InfeasibleError:
    now = problem.free_cash(np.zeros_like(problem.values))
    what = "Free cash, beyond the margins," if not problem.paid.all() else "Cash"
    return InfeasibleError(
        f"{what} is {now:,.2f}, and no trades that band, lot and min_trade allow bring it to 0 or above. Pay cash in, "
        "or narrow the band."
    )


# Step by step -------------------------------------------------------------------------------------------------------


def _by_steps(problem: Rounding) -> Array | None:
    """Round towards cash, then repeat the step of one lot that helps most; None where no such start is allowed."""
    ideal = (problem.target * problem.equity - problem.values) / problem.lots
    cautious = np.where(problem.free, np.floor(ideal + 1e-9), 0.0)
    starts = [np.zeros_like(ideal), _at_least(problem, cautious), _at_least(problem, cautious - (cautious > 0.0))]
    allowed = [start for start in starts if problem.allowed(start)]
    if not allowed:
        return None
    best = min(allowed, key=problem.objective)
    for _ in range(20 * best.size):
        step = _best_step(problem, best)
        if step is None:
            break
        best = step
    return best


def _at_least(problem: Rounding, lots: Array) -> Array:
    """Leave out trades below the smallest trade."""
    return np.where(np.abs(lots) >= problem.least, lots, 0.0)


def _best_step(problem: Rounding, lots: Array) -> Array | None:
    """Return the trades with one lot more or fewer of one asset that improve the objective most; None without any."""
    costs, weight = problem.costs(lots), problem.weight_of_costs
    now = problem.after(lots) - problem.target * (problem.equity - costs)
    steps: list[tuple[float, int, float]] = []
    for sign in (1.0, -1.0):
        new = lots + sign
        new = np.where(np.abs(new) >= problem.least, new, np.where(lots == 0.0, sign * problem.least, 0.0))
        change = problem.lots * (new - lots)
        traded = problem.lots * (np.abs(new) - np.abs(lots))
        gain = np.abs(now + change) - np.abs(now) + (weight * problem.rates + TIE) * traded
        # the costs also move the target values, which changes the sum by at most the costs times their weight
        near = np.flatnonzero(problem.free & (gain < weight * problem.rates * np.abs(traded)))
        steps += [(float(gain[i]), int(i), float(new[i])) for i in near.tolist()]
    before = problem.objective(lots)
    for _, i, number in sorted(steps)[:50]:
        other = lots.copy()
        other[i] = number
        if problem.allowed(other) and problem.objective(other) < before - 1e-12 * abs(before):
            return other
    return None


# The programme ------------------------------------------------------------------------------------------------------


class _Rows:
    """The rows of a linear programme: low ≤ Σ coefficient · variable ≤ high."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: dict[int, float], low: float = -math.inf, high: float = math.inf) -> None:
        """Add a row."""
        self._entries += [(len(self.low), column, factor) for column, factor in terms.items() if factor]
        self.low.append(low)
        self.high.append(high)

    def constraint(self, width: int) -> Any:
        """Return the rows as a constraint of scipy, for `width` variables."""
        from scipy.optimize import LinearConstraint
        from scipy.sparse import csr_array

        rows, columns, factors = zip(*self._entries, strict=True)
        places = (np.array(rows, dtype=np.int32), np.array(columns, dtype=np.int32))  # scipy 1.13 reads no others
        table = csr_array((factors, places), shape=(len(self.low), width))
        return LinearConstraint(table, np.array(self.low), np.array(self.high))


class _Program:
    """The variables and rows: lots as whole steps from a base, differences, costs; money in units of the largest lot.

    A difference |value − w (E − C)| lies above its two straight lines, and above the chord between the whole numbers
    of lots on both sides of the target. The chord makes the relaxation closer, and so the search shorter.
    """

    def __init__(self, problem: Rounding, bound: float, floor_shift: float) -> None:
        self.problem = problem
        self.unit = unit = float(problem.lots[problem.free].max())
        p = problem
        self.size = n = p.values.size
        self.rows = _Rows()
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[int] = []
        self.cost: list[float] = []
        weight = p.weight_of_costs
        goal = p.target * p.equity
        most_costs = bound / weight
        slack = bound + np.abs(p.target) * most_costs
        low = np.floor((goal - slack - p.values) / p.lots)
        high = np.ceil((goal + slack - p.values) / p.lots)
        low, high = np.where(p.free, np.minimum(low, 0.0), 0.0), np.where(p.free, np.maximum(high, 0.0), 0.0)
        steps = np.round((goal - p.values) / p.lots)
        self.base = np.where(p.free, steps, 0.0)
        least = np.where((low <= 0.0) & (high >= 0.0), 0.0, np.minimum(np.abs(low), np.abs(high)))
        costs = float(p.rates @ (p.lots * least)), most_costs
        self.costs = self._variable(costs[0] / unit, min(costs[1], self._all(low, high)) / unit, weight)
        span = (self.low[self.costs] * unit, self.high[self.costs] * unit)
        spent: dict[int, float] = {self.costs: -1.0}
        paid: dict[int, float] = {self.costs: 1.0}
        cash, fixed, self.constant = p.cash, 0.0, 0.0
        self.lots: list[int | None] = []
        for i in range(n):
            lot, now, share = p.lots[i] / unit, (p.values[i] + p.lots[i] * self.base[i]) / unit, p.target[i]
            step = None
            if p.free[i]:
                step = self._variable(low[i] - self.base[i], high[i] - self.base[i], 0.0, 1)
                size, constant = self._size(step, self.base[i], lot, low[i], high[i], p.least[i])
                for column, factor in size.items():
                    spent[column] = spent.get(column, 0.0) + factor * p.rates[i]
                    self.cost[column] += TIE * factor
                fixed += constant * p.rates[i]
                self.constant += TIE * constant
                if math.isnan(p.deposits[i]):
                    paid[step] = paid.get(step, 0.0) + lot
                    cash -= p.lots[i] * self.base[i]
            self.lots.append(step)
            self._difference(step, lot, now - share * p.equity / unit, share, span)
            if not math.isnan(p.deposits[i]):
                deposit = self._variable(0.0, math.inf, 0.0)
                for sign in (1.0, -1.0):
                    terms = {deposit: 1.0} | ({step: -sign * lot} if step is not None else {})
                    self.rows.add(terms, low=sign * now)
                paid[deposit] = p.deposits[i]
        self.rows.add(spent, low=-fixed, high=-fixed)
        nothing = np.zeros(n)
        floor = p.floor(nothing)
        if floor == -p.loan * p.equity and p.loan:
            paid[self.costs] += p.loan
        self.rows.add(paid, high=(cash - floor - floor_shift) / unit)

    def _all(self, low: Array, high: Array) -> float:
        return float(self.problem.rates @ (self.problem.lots * np.maximum(np.abs(low), np.abs(high))))

    def _variable(self, low: float, high: float, cost: float, whole: int = 0) -> int:
        self.low.append(low)
        self.high.append(high)
        self.cost.append(cost)
        self.whole.append(whole)
        return len(self.low) - 1

    def _size(
        self, step: int, base: float, lot: float, low: float, high: float, least: float
    ) -> tuple[dict[int, float], float]:
        """Return the value traded, |base + step| lots, as a linear expression and a constant."""
        if least > 1.0:
            return self._all_or_nothing(step, base, lot, low, high, least), 0.0
        if low >= 0.0 or high <= 0.0:
            sign = 1.0 if low >= 0.0 else -1.0
            return {step: sign * lot}, sign * lot * base
        size = self._variable(0.0, math.inf, 0.0)
        for sign in (1.0, -1.0):
            self.rows.add({size: 1.0, step: -sign * lot}, low=sign * lot * base)
        return {size: 1.0}, 0.0

    def _all_or_nothing(
        self, step: int, base: float, lot: float, low: float, high: float, least: float
    ) -> dict[int, float]:
        """Require a trade to be 0, or at least `least` lots bought or sold; return the value traded."""
        terms: dict[int, float] = {}
        both: dict[int, float] = {}
        link: dict[int, float] = {step: 1.0}
        for sign, most in ((1.0, high), (-1.0, -low)):
            if most < least:
                continue
            number, chosen = self._variable(0.0, most, 0.0), self._variable(0.0, 1.0, 0.0, 1)
            self.rows.add({number: 1.0, chosen: -most}, high=0.0)
            self.rows.add({number: 1.0, chosen: -least}, low=0.0)
            link[number] = -sign
            terms[number] = lot
            both[chosen] = 1.0
        self.rows.add(link, low=-base, high=-base)
        if both:
            self.rows.add(both, high=1.0)
        return terms

    def _difference(self, step: int | None, lot: float, offset: float, share: float, span: tuple[float, float]) -> None:
        """Add |offset + lot · step + share · C| to the objective."""
        gap = self._variable(0.0, math.inf, 1.0)
        for sign in (1.0, -1.0):
            terms = {gap: 1.0, self.costs: -sign * share} | ({step: -sign * lot} if step is not None else {})
            self.rows.add(terms, low=sign * offset)
        if step is None:
            return
        low, high = (offset + share * cost / self.unit for cost in span)
        below = math.floor(-low / lot)  # the whole step at which the value is just below its target
        if below != math.floor(-high / lot):
            return
        start = offset + lot * below  # ≤ 0 with all possible costs
        least_costs = min(span, key=lambda cost: share * cost) / self.unit
        # at step = below: −start − share·C; at below + 1: lot + start + share·C, which is at least the same with C low
        slope = lot + 2.0 * start + 2.0 * share * least_costs
        self.rows.add({gap: 1.0, self.costs: share, step: -slope}, low=-start - slope * below)


def _solve(problem: Rounding, found: Array | None, exact: bool) -> tuple[Array | None, float]:
    """Return trades, None where none are found, and a lower bound on the objective."""
    from scipy.optimize import Bounds, milp

    nothing = np.zeros_like(problem.values)
    if found is not None:
        bound = problem.objective(found)
    else:
        bound = 4.0 * (problem.objective(nothing) + float(np.abs(problem.values).sum()) + abs(problem.cash))
    shift, lower = 0.0, -math.inf
    for _ in range(4):
        program = _Program(problem, bound * (1.0 + 1e-9) + problem.rounding, shift)
        result = milp(
            np.array(program.cost),
            integrality=np.array(program.whole) if exact else None,
            bounds=Bounds(np.array(program.low), np.array(program.high)),
            constraints=program.rows.constraint(len(program.low)),
            options={"mip_rel_gap": 0.0, "node_limit": _NODES} if exact else {},
        )
        if result.status == 2:
            return None, lower
        if result.x is None:
            if found is not None and result.status == 1:
                return None, max(lower, 0.0)
            raise ConvergenceError(f"The integer programme of the trades was not solved: {result.message}")
        dual = getattr(result, "mip_dual_bound", None) if exact else result.fun
        lower = (
            max(lower, program.unit * (program.constant + float(result.fun if dual is None else dual)))
            if not shift
            else lower
        )
        steps = np.array([0.0 if column is None else result.x[column] for column in program.lots])
        if not exact:
            return _near(problem, program.base + steps), lower
        lots = program.base + np.round(steps)
        if problem.allowed(lots):
            return lots, lower
        shift += 2.0 * max(problem.floor(lots) - problem.free_cash(lots), problem.rounding)
    return None, lower


def _near(problem: Rounding, lots: Array) -> Array | None:
    """Round an answer in fractions of lots so that it is allowed, and improve it step by step; None where it fails."""
    ways: tuple[Callable[[Array], Array], ...] = (np.round, np.floor, lambda x: np.floor(x) - 1.0)
    for way in ways:
        start = _at_least(problem, np.where(problem.free, way(lots + 1e-9), 0.0))
        if problem.allowed(start):
            for _ in range(20 * start.size):
                step = _best_step(problem, start)
                if step is None:
                    return start
                start = step
            return start
    return None
