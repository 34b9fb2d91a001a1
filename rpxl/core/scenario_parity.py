"""Risk parity for measures of risk from scenarios, with a proven bound on the error of the answer."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, not_negative, vector
from rpxl.core.dates import Dates
from rpxl.core.limits import ROUNDING, Limits, read_limits
from rpxl.core.risk_envelopes import ENVELOPES, entropic_minimum, minimum, nearest_to
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.core.sample_estimators import cov_of_rows
from rpxl.core.scenarios import CONFIDENCE, MEASURES, check_scenarios, read_measure
from rpxl.core.threads import few_threads
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

GUARANTEE = 1e-9
"""Largest difference between the objective at the answer and a proven lower bound on its minimum."""

_SUM = 1e-6  # a proved x(λ) may have a sum this far from 1; then the weights between their bounds are scaled
_AT = 1e-9  # a weight this close to its bound is at it: a path inside the bounds never reaches them
_FARTHEST = 1e9  # largest x tried, in units of the asset's own risk: beyond it, assets hedge each other completely


def scenario_risk_parity(
    returns: npt.ArrayLike,
    measure: str = "cvar",
    budgets: npt.ArrayLike | None = None,
    confidence: float = CONFIDENCE,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
    dates: Dates | None = None,
) -> Array:
    """Return the weights at which each asset carries its budget of the risk, measured from scenarios.

    Parameters
    ----------
    returns : array of shape (T, n)
        Simple returns, one row per period, oldest first; two rows or more.
    measure : str
        One of :data:`rpxl.core.scenarios.MEASURES`.
    budgets : array of shape (n,), optional
        Shares of the risk, 0 or above, of any sum: they are divided by their sum. Equal by default. A budget of 0
        means a weight of 0.
    confidence : float
        Confidence of the tail measures, see :func:`rpxl.core.scenarios.scenario_risk`.
    lower, upper : float or array of shape (n,), optional
        Bounds on the weights, one for all or one each. The risk contributions of the assets at no bound are in
        proportion to their budgets.
    dates : array of shape (T,), optional
        See :func:`rpxl.core.scenarios.scenario_risk`.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, 0 or above.

    Raises
    ------
    InputError
        An argument is wrong or of another size.
    InfeasibleError
        An asset or a portfolio has no risk by this measure (it never loses), or no weights keep the bounds.
    ConvergenceError
        The answer could not be computed to the accuracy in the notes.

    Notes
    -----
    The weights are in proportion to the minimum of f(x) = ρ(x) - Σ bᵢ ln xᵢ, which is convex (Spinu 2013 for the
    volatility; any convex measure of degree 1). At a kink of ρ there are several slopes; the shares of the risk equal
    the budgets for one of them.

    Proof: ρ(x) is the largest p'Rx over a known set of p. Each p of the set with g = R'p > 0 bounds the minimum from
    below by 1 + Σ bᵢ ln(gᵢ / bᵢ). The answer is returned only if f(x) exceeds such a bound by no more than 1e-9. Then
    the relative errors eᵢ of x satisfy Σ bᵢ (eᵢ - ln(1 + eᵢ)) ≤ 1e-9, which is about Σ bᵢ eᵢ² / 2 ≤ 1e-9.

    With bounds, x minimises ρ(x) - λ Σ bᵢ ln xᵢ between them, for the λ at which it sums to 1 (Richard & Roncalli 2019,
    "Constrained risk budgeting portfolios", section 3); the weights at no bound are exact to 1e-6. For the volatility,
    the weights are those of :func:`rpxl.risk_parity_weights` on the sample covariance.

    Examples
    --------
    >>> scenario_risk_parity([[0.02, 0.04], [-0.02, -0.04], [0.01, -0.02], [-0.01, 0.02]], "semi_deviation").round(6)
    array([0.666667, 0.333333])
    """
    found, tail = read_measure(measure, confidence)
    table = check_scenarios(returns, found, dates)
    size = table.shape[1]
    shares = np.full(size, 1.0) if budgets is None else vector(budgets, "budgets", size, per="returns")
    not_negative(shares, "budgets", "A budget")
    if not shares.any():
        raise InputError("budgets", "are all 0; at least one must be above 0.")
    shares = shares / shares.sum()
    if found.name == "volatility":
        return risk_parity_weights(cov_of_rows(table, 1.0), shares, lower=lower, upper=upper)
    limits = read_limits(size, lower, upper).for_budgets(shares)
    held = np.flatnonzero(shares > 0.0)
    weights = np.zeros(size)
    with few_threads(1000):
        weights[held] = _Parity(table[:, held], held, found.name, tail, shares[held]).weights(limits.of(held))
    return weights


class _Parity:
    """The problem in units in which each asset alone has a risk of 1."""

    def __init__(self, table: Array, assets: npt.NDArray[np.intp], measure: str, tail: float, budgets: Array) -> None:
        self.measure, self.tail, self.budgets = measure, tail, budgets
        self.slopes: Callable[[Array, float], Array] = MEASURES[measure].slopes
        risks = np.array([float(self.slopes(column, tail) @ column) for column in table.T])
        for i in np.flatnonzero(~(risks > 0.0)).tolist():
            text = f"Asset {assets[i] + 1} has no risk by {measure}: it never loses. Leave it out"
            raise InfeasibleError(f"{text}, or choose another measure.")
        self.scale = 1.0 / risks
        self.table = table * self.scale
        self.degree = 2 if measure in ("semi_deviation", "ulcer") else 1

    def weights(self, limits: Limits) -> Array:
        """Return the weights within the bounds."""
        weights = self._free() * self.scale
        weights /= math.fsum(weights.tolist())
        return weights if limits.hold(weights) else self._between(limits)

    def _path(self, budgets: Array, low: Array, high: Array) -> Iterator[tuple[Array, Array, float]]:
        if self.measure == "evar":
            return entropic_minimum(self.table, self.tail, budgets, low, high)
        envelope = ENVELOPES[self.measure](self.table, self.tail)
        return minimum(envelope, budgets, low, high)

    def _risk(self, x: Array) -> float:
        series = self.table @ x
        return float(self.slopes(series, self.tail) @ series)

    def _free(self) -> Array:
        """Minimise ρ(x) - Σ bᵢ ln xᵢ; the answer has a risk of 1."""
        bound = 1e3
        best, lowest, highest = self.budgets, math.inf, -math.inf
        while True:
            low, high = np.zeros(self.budgets.size), np.full(self.budgets.size, bound)
            for x, marginal, cost in self._path(self.budgets, low, high):
                risk = self._risk(x)
                if risk > 0.0:
                    value = 1.0 - float(self.budgets @ np.log(x / risk))
                    best, lowest = (x / risk, value) if value < lowest else (best, lowest)
                if (marginal > 0.0).all():
                    size = math.sqrt(2.0 * cost) if self.degree == 2 else 1.0
                    highest = max(highest, 1.0 + float(self.budgets @ np.log(marginal / size / self.budgets)))
                if lowest - highest <= 1e-4 * GUARANTEE:
                    return best
            if lowest - highest <= GUARANTEE:
                return best
            if bound >= _FARTHEST:
                break
            bound *= 1e3
        if highest == -math.inf:
            raise InfeasibleError(
                f"Some portfolio of these assets has no risk by {self.measure}, so none is balanced. Leave out assets "
                "that hedge others, or choose another measure."
            )
        raise ConvergenceError(
            f"Risk parity by {self.measure} could not be proved to {GUARANTEE:g}: the gap is {lowest - highest:.2g}. "
            "Use more scenarios, or fewer assets."
        )

    def _between(self, limits: Limits) -> Array:
        """Find the λ at which x(λ) between the bounds sums to 1."""
        lower, upper = limits.lower, np.minimum(limits.upper, 1.0)
        if lower.sum() >= 1.0 - ROUNDING:
            return lower
        if upper.sum() <= 1.0 + ROUNDING:
            return upper

        def weights(log_price: float) -> Array:
            found = self._boxed(math.exp(log_price), lower, upper) * self.scale
            return np.where(found <= lower + _AT, lower, np.where(found >= upper - _AT, upper, found))

        def excess(log_price: float) -> float:
            return math.fsum(weights(log_price).tolist()) - 1.0

        at, step = math.log(self._risk(1.0 / (self.scale * self.scale.size))), 0.5
        bracket: dict[bool, float] = {}
        for _ in range(40):
            above = excess(at) > 0.0
            bracket[above] = at
            if len(bracket) == 2:
                break
            at += -step if above else step
            step *= 2.0
        else:
            raise ConvergenceError("The weights between these bounds could not be found. Use wider bounds.")
        from scipy.optimize import brentq  # here only: a slow import

        at = float(brentq(excess, bracket[False], bracket[True], xtol=1e-10))
        found = weights(at)
        inside = (found > lower) & (found < upper)
        over = math.fsum(found.tolist()) - 1.0
        room = float(found[inside].sum())
        if abs(over) > _SUM * room:
            raise ConvergenceError("The weights between these bounds could not be computed to 1e-6. Use wider bounds.")
        found[inside] *= (room - over) / room if room > 0.0 else 1.0
        return np.clip(found, lower, upper)

    def _boxed(self, price: float, lower: Array, upper: Array) -> Array:
        """Minimise ρ(x) - λ Σ bᵢ ln xᵢ between bounds; raise where the answer can't be proved."""
        budgets, low, high = price * self.budgets, lower / self.scale, upper / self.scale
        best, lowest, highest = high, math.inf, -math.inf
        for x, marginal, cost in self._path(budgets, low, high):
            risk = self._risk(x)
            value = (0.5 * risk * risk if self.degree == 2 else risk) - float(budgets @ np.log(x))
            best, lowest = (x, value) if value < lowest else (best, lowest)
            nearest = nearest_to(marginal, budgets, low, high)
            highest = max(highest, float(marginal @ nearest - budgets @ np.log(nearest)) - cost)
            if lowest - highest <= 1e-4 * GUARANTEE * price:
                break
        if lowest - highest > GUARANTEE * price:
            raise ConvergenceError(
                f"Risk parity by {self.measure} between these bounds could not be proved to {GUARANTEE:g}. "
                "Use more scenarios, or wider bounds."
            )
        return best
