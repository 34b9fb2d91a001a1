"""Risk beyond volatility, measured on the returns themselves: each past return is a scenario of equal probability."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, number, numbers, plural, vector
from rpxl.core.dates import Dates, check_row_dates
from rpxl.errors import InfeasibleError, InputError

CONFIDENCE = 0.95
"""The default confidence of tail measures: the tail is the worst 5 % of the scenarios."""


@dataclass(frozen=True)
class Measure:
    """A measure of risk of a series of portfolio returns, positively homogeneous and convex.

    Attributes
    ----------
    name : str
    help : str
        What it measures, on one line.
    slopes : callable
        Takes portfolio returns of shape (T,) and the size of the tail, 1 - confidence, and returns p of shape (T,): a
        subgradient with respect to the returns. The risk is p'r (Euler), and R'p are the marginal risks of the assets.
    has_tail : bool
        Whether the confidence matters.
    is_ordered : bool
        Whether the order of the rows matters.
    """

    name: str
    help: str
    slopes: Callable[[Array, float], Array]
    has_tail: bool = False
    is_ordered: bool = False


def scenario_risk(
    weights: npt.ArrayLike,
    returns: npt.ArrayLike,
    measure: str = "cvar",
    confidence: float = CONFIDENCE,
    dates: Dates | None = None,
) -> float:
    """Measure the risk of one period's return of a portfolio, from scenarios.

    Parameters
    ----------
    weights : array of shape (n,)
        As fractions of equity.
    returns : array of shape (T, n)
        Simple returns, one row per period, oldest first; two rows or more. A portfolio is taken to be rebalanced to
        `weights` at each row.
    measure : str
        One of :data:`MEASURES`.
    confidence : float
        Above 0 and below 1; 0.95 makes the worst 5 % of the scenarios the tail.
    dates : array of shape (T,), optional
        The days of the rows, see :func:`rpxl.core.dates.check_row_dates`; increasing where the order matters, as it
        does for "cdar" and "ulcer".

    Returns
    -------
    float
        The risk of one period, not annual, as a loss: above 0 where the portfolio can lose.

    Raises
    ------
    InputError
        An argument is wrong or of another size.

    Notes
    -----
    With portfolio returns r, their mean m and the tail q = 1 - confidence:

    - volatility: √(Σ(r - m)² / (T - 1));
    - mad: Σ|r - m| / T (Konno & Yamazaki 1991);
    - semi_deviation: √(Σ min(r - m, 0)² / (T - 1)) (Markowitz 1959);
    - cvar: the mean of the worst q T losses, the last of which may count in part (Rockafellar & Uryasev 2000);
    - evar: min over z > 0 of z ln(Σ exp(-r/z) / (q T)) (Ahmadi-Javid 2012);
    - cdar: cvar of the drawdowns (Chekhlov, Uryasev & Zabarankin 2005);
    - ulcer: √(Σ d² / T) with the drawdowns d (Martin & McCann 1989).

    Drawdowns are those of the running sum of returns, without compounding, from its highest value so far, the start
    included. So twice the weights have twice the risk.

    Examples
    --------
    >>> round(scenario_risk([1.0], [[0.02], [-0.10], [0.01], [-0.04]], "cvar", 0.5), 12)
    0.07
    >>> round(scenario_risk([1.0], [[0.02], [-0.10], [0.01], [-0.04]], "cdar", 0.5), 12)
    0.115
    """
    found, tail = read_measure(measure, confidence)
    table, held = _given(weights, returns, found, dates)
    return _risk(table @ held, found, tail)


def scenario_risk_contributions(
    weights: npt.ArrayLike,
    returns: npt.ArrayLike,
    measure: str = "cvar",
    confidence: float = CONFIDENCE,
    dates: Dates | None = None,
) -> Array:
    """Divide the risk of a portfolio among its assets, from scenarios.

    Parameters
    ----------
    weights : array of shape (n,)
    returns : array of shape (T, n)
    measure : str
    confidence : float
    dates : array of shape (T,), optional
        All as in :func:`scenario_risk`.

    Returns
    -------
    array of shape (n,)
        wᵢ ∂ρ/∂wᵢ / ρ, which sum to 1 (Euler's decomposition; Tasche 1999).

    Raises
    ------
    InputError
        An argument is wrong or of another size.
    InfeasibleError
        The risk is not above 0, so it can't be divided.

    Notes
    -----
    For "cvar" the share is the asset's part of the mean loss in the tail. Where the measure has a kink, ∂ρ/∂wᵢ is one
    of several slopes: scenarios with exactly the same loss at the edge of the tail count in equal parts, a deviation of
    0 from the mean counts on neither side, and a drawdown begins at the earliest of equal highs.

    Examples
    --------
    >>> scenario_risk_contributions([0.5, 0.5], [[0.02, 0.0], [-0.06, -0.02], [0.01, 0.0]], "cvar", 0.9).round(12)
    array([0.75, 0.25])
    """
    found, tail = read_measure(measure, confidence)
    table, held = _given(weights, returns, found, dates)
    series = table @ held
    slopes = found.slopes(series, tail)
    risk = float(slopes @ series)
    if not risk > 0.0:
        raise InfeasibleError(f"The risk of this portfolio by {measure} is {risk:.6g}: there is nothing to share out.")
    return np.asarray(held * (table.T @ slopes) / risk)


def read_measure(measure: str, confidence: float) -> tuple[Measure, float]:
    """Return a measure by its name, and the size of the tail, 1 - confidence."""
    found = MEASURES[choice(measure, "measure", tuple(MEASURES))]
    level = number(confidence, "confidence")
    if not 0.0 < level < 1.0:
        raise InputError("confidence", f"is {level:.6g}; it must lie between 0 and 1, such as 0.95 for the worst 5 %.")
    return found, 1.0 - level


def check_scenarios(returns: npt.ArrayLike, measure: Measure, dates: Dates | None) -> Array:
    """Return a table of returns with two rows or more; dates must increase where the measure needs their order."""
    table = numbers(returns, "returns", 2)
    if len(table) < 2:
        raise InputError("returns", f"has {plural(len(table), 'row')}; at least two scenarios are needed.")
    if dates is not None:
        check_row_dates(dates, len(table), "returns", ordered=measure.is_ordered)
    return table


def _given(
    weights: npt.ArrayLike, returns: npt.ArrayLike, measure: Measure, dates: Dates | None
) -> tuple[Array, Array]:
    table = check_scenarios(returns, measure, dates)
    return table, vector(weights, "weights", table.shape[1], per="returns")


def _risk(series: Array, measure: Measure, tail: float) -> float:
    return float(measure.slopes(series, tail) @ series)


def volatility_slopes(series: Array, _tail: float) -> Array:
    """Slopes of the standard deviation."""
    deviations = _from_mean(series)
    vol = math.sqrt(float(deviations @ deviations) / (series.size - 1))
    return np.asarray(deviations / (vol * (series.size - 1))) if vol > 0.0 else np.zeros_like(series)


def mad_slopes(series: Array, _tail: float) -> Array:
    """Slopes of the mean absolute deviation."""
    return _from_mean(np.sign(_from_mean(series)) / series.size)


def semi_deviation_slopes(series: Array, _tail: float) -> Array:
    """Slopes of the deviation below the mean."""
    shortfalls = np.maximum(-_from_mean(series), 0.0)
    return -_from_mean(_norm_slopes(shortfalls, series.size - 1))


def cvar_slopes(series: Array, tail: float) -> Array:
    """Slopes of the mean loss in the tail."""
    return -tail_weights(-series, tail)


def evar_slopes(series: Array, tail: float) -> Array:
    """Slopes of the entropic bound on the mean loss in the tail."""
    return -entropic_weights(-series, tail)


def cdar_slopes(series: Array, tail: float) -> Array:
    """Slopes of the mean drawdown in the tail of the drawdowns."""
    depths, starts = drawdowns_of_sums(series)
    return -_over_drawdowns(tail_weights(depths, tail), starts)


def ulcer_slopes(series: Array, _tail: float) -> Array:
    """Slopes of the quadratic mean of the drawdowns."""
    depths, starts = drawdowns_of_sums(series)
    return -_over_drawdowns(_norm_slopes(depths, series.size), starts)


def _from_mean(values: Array) -> Array:
    deviations: Array = values - values[0]  # constant values have deviations of exactly 0
    deviations -= deviations.mean()
    return deviations


def _norm_slopes(values: Array, count: int) -> Array:
    """Slopes of √(Σ v² / count)."""
    size = math.sqrt(float(values @ values) / count)
    return np.asarray(values / (size * count)) if size > 0.0 else np.zeros_like(values)


def tail_weights(losses: Array, tail: float) -> Array:
    """Return the probabilities of the scenarios in the tail; they sum to 1.

    >>> tail_weights(np.array([0.3, 0.1, 0.1, 0.0]), 0.5)
    array([0.5 , 0.25, 0.25, 0.  ])
    """
    mass = max(tail * losses.size, 1e-300)
    ordered = np.sort(losses)[::-1]
    edge = ordered[min(math.ceil(mass * (1.0 - 1e-14)), losses.size) - 1]  # 5 % of 20 is one, despite rounding
    inside, at = losses > edge, losses == edge
    weights = np.where(inside, 1.0 / mass, 0.0)
    weights[at] = max(1.0 - np.count_nonzero(inside) / mass, 0.0) / np.count_nonzero(at)
    return weights


def entropic_weights(losses: Array, tail: float) -> Array:
    """Return the probabilities with the largest mean loss whose relative entropy to equal ones is at most -ln(tail)."""
    worst = losses == losses.max()
    ties = np.count_nonzero(worst)
    spread = float(losses.max() - losses.min())
    if spread == 0.0 or tail * losses.size <= ties:  # then the worst may have all the probability
        return np.where(worst, 1.0 / ties, 0.0)
    below = (losses - losses.max()) / spread
    limit = -math.log(tail)

    def tilted(sharpness: float) -> Array:
        weights = np.exp(sharpness * below)
        return np.asarray(weights / weights.sum())

    def entropy(sharpness: float) -> float:
        weights = np.exp(sharpness * below)
        total = float(weights.sum())
        return float(sharpness * (weights @ below) / total) - math.log(total / losses.size)

    low, high = 0.0, 1.0
    while entropy(high) < limit:
        low, high = high, 2.0 * high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if entropy(middle) < limit else (low, middle)
    return tilted(low)


def drawdowns_of_sums(series: Array) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the drawdown after each return, and the number of returns up to the high that it begins at.

    >>> drawdowns_of_sums(np.array([0.1, -0.2, 0.05]))[0].round(12)
    array([0.  , 0.2 , 0.15])
    """
    sums = np.concatenate([[0.0], np.cumsum(series)])
    peaks = np.maximum.accumulate(sums)
    rises = np.concatenate([[True], sums[1:] > peaks[:-1]])
    starts = np.maximum.accumulate(np.where(rises, np.arange(sums.size), 0))
    return (peaks - sums)[1:], starts[1:]


def _over_drawdowns(weights: Array, starts: npt.NDArray[np.intp]) -> Array:
    """Spread the weight of each drawdown over the returns that make it up."""
    edges = np.zeros(weights.size + 1)
    np.add.at(edges, starts, weights)
    edges[1:] -= weights
    return np.asarray(np.cumsum(edges)[:-1])


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("cvar", "the mean loss in the tail", cvar_slopes, has_tail=True),
        Measure("volatility", "the standard deviation", volatility_slopes),
        Measure("mad", "the mean absolute deviation", mad_slopes),
        Measure("semi_deviation", "the deviation below the mean", semi_deviation_slopes),
        Measure("evar", "the entropic bound on the mean loss in the tail", evar_slopes, has_tail=True),
        Measure("cdar", "the mean of the deepest drawdowns", cdar_slopes, has_tail=True, is_ordered=True),
        Measure("ulcer", "the quadratic mean of the drawdowns", ulcer_slopes, is_ordered=True),
    )
}
"""The measures of risk by name; the default first."""
