"""Whether a portfolio levered with futures can meet its margin calls."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, exact_sum, in_range, not_negative, number, positive, vector
from rpxl.core.decomposition import assess
from rpxl.core.performance import TRADING_DAYS
from rpxl.errors import InputError

LARGEST_SHARE = 0.5
"""A portfolio in which one asset has a larger share of the risk does not count as diversified."""

FEWEST_BETS = 1.5
"""A portfolio with fewer independent bets (the square of the diversification ratio) does not count as diversified."""


@dataclass(frozen=True)
class Condition:
    """One of the conditions of prudent leverage."""

    condition: str
    holds: bool | None
    """None where numbers can't tell and only the owner knows."""
    reason: str
    """What was compared, or the question to answer."""


@dataclass(frozen=True, eq=False)
class Margin:
    """A portfolio of futures and the cash behind it. All amounts are fractions of equity."""

    notionals: Array
    """Notional amount of each future, below 0 when sold, shape (n,)."""
    initial: Array
    """Initial margin of each, shape (n,)."""
    initial_margin: float
    """Sum of the initial margins."""
    maintenance_margin: float
    """Sum of the maintenance margins: with less cash in the account, there is a margin call."""
    free_cash: float
    """Unencumbered cash: cash less initial margin; below 0 when there is too little."""
    horizon_vol: float
    """Standard deviation of the return over the horizon."""
    loss: float
    """Loss over the horizon that is exceeded with a probability of 1 - confidence."""
    call_loss: float
    """Loss beyond which there is a margin call: cash less maintenance margin; 0 where there is one from the start."""
    call_chance: float
    """Probability that the loss is above `call_loss` at the end of the horizon."""
    call_chance_within: float
    """Probability that the loss is above `call_loss` at some time within the horizon."""
    largest_share: float
    """Largest share of the risk that one asset carries."""
    independent_bets: float
    """Square of the diversification ratio."""
    conditions: tuple[Condition, ...]
    """The four conditions of prudent leverage."""


def margin_report(
    weights: npt.ArrayLike,
    cov: npt.ArrayLike,
    margin_rates: npt.ArrayLike,
    cash: float = 1.0,
    horizon_days: float = 10.0,
    confidence: float = 0.99,
    maintenance_rates: npt.ArrayLike | None = None,
) -> Margin:
    """Report how safe a portfolio of futures is from margin calls, and which conditions of prudent leverage hold.

    Parameters
    ----------
    weights : array of shape (n,)
        Notional amount of each future as a fraction of equity; below 0 when sold. They may sum to more than 1: that is
        the leverage.
    cov : array of shape (n, n)
        Annual.
    margin_rates : array of shape (n,)
        Initial margin of each future as a fraction of its notional, 0 to 1.
    cash : float
        Cash for margin, as a fraction of equity: the balance of the margin account and what can be paid into it at
        once. Above 0; 1 when the whole equity is cash, with no other investment than the futures.
    horizon_days : float
        Horizon of the loss in trading days, such as the time between two payments of cash; above 0.
    confidence : float
        Probability with which the loss stays within `loss`; from 0.5 up to but not including 1.
    maintenance_rates : array of shape (n,), optional
        Maintenance margin of each future as a fraction of its notional: with less, there is a margin call. At most the
        initial margin, and by default equal to it.

    Returns
    -------
    Margin

    Raises
    ------
    InputError
        `cov` is no covariance matrix, a length differs, or a number is out of its range.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    Gains and losses of futures are settled in cash each day. There is a margin call when `cash` less the loss since the
    beginning falls below the maintenance margin Σ mᵢ |wᵢ| on the notional amounts at the beginning: that is, beyond a
    loss of L = cash - Σ mᵢ |wᵢ|. The return over h days is taken as normal, with mean 0 and standard deviation
    s = √(w'Σw h / 252). So the loss at the confidence c is s Φ⁻¹(c), as in the Basel Committee's "Amendment to the
    capital accord to incorporate market risks" (1996), whose 10 days and 99 % are the defaults. The probability of a
    call at the end of the horizon is Φ(-L / s). The loss reaches L at some time within the horizon with twice that
    probability, by the reflection principle for a continuous random walk: Figlewski (1984), "Margins and market
    integrity", Journal of Futures Markets 4. Real returns have fatter tails than the normal distribution; the true
    chances are higher.

    The four conditions are those of the textbook chapter "The Philosophy of Risk Allocation". Two are decided by
    numbers; the thresholds are rpxl's own:

    - unencumbered cash for margin calls: cash beyond all initial margin covers the loss at the confidence;
    - a diversified portfolio: no asset carries more than half of the risk, and there are at least 1.5 independent
      bets, by the square of the diversification ratio (Choueifaty, Froidure & Reynier 2013, "Properties of the most
      diversified portfolio").

    The other two, frequent rebalancing and a stable source of financing, depend on the habits and contracts of the
    owner. They can't be computed, so the report asks about them.

    Examples
    --------
    >>> report = margin_report([0.5, 2.0], [[0.16**2, 0.0], [0.0, 0.04**2]], [0.06, 0.02])
    >>> round(report.initial_margin, 12), round(report.free_cash, 12), round(report.loss, 4)
    (0.07, 0.93, 0.0524)
    >>> [condition.holds for condition in report.conditions]
    [True, True, None, None]
    """
    portfolio = assess(weights, cov)
    size = len(portfolio.weights)
    initial_rates = _rates(margin_rates, "margin_rates", size)
    held = positive(cash, "cash")
    days = positive(horizon_days, "horizon_days")
    level = number(confidence, "confidence")
    if not 0.5 <= level < 1.0:
        raise InputError("confidence", f"is {level:.6g}; it must be 0.5 or more and below 1, such as 0.99.")
    called_rates = initial_rates
    if maintenance_rates is not None:
        called_rates = _rates(maintenance_rates, "maintenance_rates", size)
        for i in np.flatnonzero(called_rates > initial_rates).tolist():
            problem = f"{{0}} is {called_rates[i]:.6g}, above the initial margin of {initial_rates[i]:.6g}."
            raise InputError("maintenance_rates", problem, i)
    portfolio.require_risk()

    gross = np.abs(portfolio.weights)
    initial = initial_rates * gross
    margin = in_range(exact_sum(initial), "weights", "the initial margin")
    maintenance = exact_sum(called_rates * gross)
    vol = in_range(portfolio.vol * math.sqrt(days / TRADING_DAYS), "horizon_days", "the volatility")
    if vol == 0.0:
        raise InputError("horizon_days", "is too small: the volatility over the horizon is 0 in float64.")
    from statistics import NormalDist  # here only: a slow import

    loss = vol * NormalDist().inv_cdf(level)
    # erfc is accurate in the far tail, where 1 - erf loses all digits
    chance = 1.0 if held < maintenance else 0.5 * math.erfc((held - maintenance) / (vol * math.sqrt(2.0)))
    largest = float((portfolio.weights * portfolio.covariances).max() / portfolio.variance)
    bets = float(gross @ portfolio.parts.vols / portfolio.vol) ** 2
    return Margin(
        notionals=portfolio.weights,
        initial=initial,
        initial_margin=margin,
        maintenance_margin=maintenance,
        free_cash=held - margin,
        horizon_vol=vol,
        loss=loss,
        call_loss=max(held - maintenance, 0.0),
        call_chance=chance,
        call_chance_within=min(2.0 * chance, 1.0),
        largest_share=largest,
        independent_bets=bets,
        conditions=_conditions(held - margin >= loss, largest <= LARGEST_SHARE + 1e-9 and bets >= FEWEST_BETS, days),
    )


def _rates(rates: npt.ArrayLike, argument: str, size: int) -> Array:
    values = vector(rates, argument, size)
    not_negative(values, argument, "A margin rate")
    for i in np.flatnonzero(values > 1.0).tolist():
        raise InputError(argument, f"{{0}} is {values[i]:.6g}. A margin rate is a fraction: write 5 % as 0.05.", i)
    return values


def _conditions(cash: bool, diversified: bool, days: float) -> tuple[Condition, ...]:
    return (
        Condition(
            "Unencumbered cash for margin calls",
            cash,
            "Free cash must cover the loss over the horizon at the confidence.",
        ),
        Condition(
            "A diversified portfolio",
            diversified,
            f"No asset may carry more than {LARGEST_SHARE:.0%} of the risk; {FEWEST_BETS:g} independent bets at least.",
        ),
        Condition(
            "Frequent rebalancing",
            None,
            f"Do you bring leverage back to its target every {days:g} trading days at least, and after large losses?",
        ),
        Condition(
            "A stable source of financing",
            None,
            "Can nobody withdraw the cash, and can you pay in more when the exchange raises its margin rates?",
        ),
    )
