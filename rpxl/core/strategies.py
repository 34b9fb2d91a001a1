"""How a backtest weighs at each rebalance: every strategy, side by side in one registry.

To add one, write one function here and mark it with :func:`strategy`. The backtest, `RP_BACKTEST`, and its help find it
by its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.core.allocation import (
    inverse_vol_weights,
    max_diversification_weights,
    max_sharpe_weights,
    min_variance_weights,
    richest_weights,
)
from rpxl.core.array_checks import Array, choice, vector
from rpxl.core.clustering import hrp_weights
from rpxl.core.cov_checks import weights_warning
from rpxl.core.estimators import ESTIMATORS, find_estimator
from rpxl.core.limits import read_limits
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.errors import InputError


@dataclass(frozen=True, eq=False)
class Past:
    """What a strategy knows at a rebalance: the look-back before it, of the n assets that can be held."""

    cov: Array
    """The covariance matrix by the estimator that was chosen, annual, shape (n, n)."""
    returns: Array
    """The returns of the look-back, oldest first, shape (T, n)."""
    periods_per_year: float
    cash_rate: float
    """What cash earns in a year."""
    bounds: Mapping[str, Any] = field(default_factory=dict)
    """The bounds that are given on the weights before leverage, `lower` and `upper`, each of shape (n,)."""


Weigh = Callable[[Past], Array]
"""Weights, shape (n,), from the past: fully invested, or all 0 for nothing but cash."""


@dataclass(frozen=True)
class Strategy:
    """One way to weigh."""

    name: str
    help: str
    """What it does, in a few words."""
    weigh: Weigh
    bounded: bool
    """Whether it keeps bounds on the weights."""
    annual: bool
    """Whether its weights depend on how many periods a year has, once cash earns something."""
    by_scenarios: bool = False
    """Whether it weighs by the returns of the look-back alone, without a covariance matrix."""


STRATEGIES: dict[str, Strategy] = {}
"""All of them by name, the default first."""


def strategy(
    name: str, help: str, *, bounded: bool = False, annual: bool = False, by_scenarios: bool = False
) -> Callable[[Weigh], Weigh]:
    """Put a function into the registry.

    Parameters
    ----------
    name : str
        The word by which users choose it.
    help : str
        What it does, in a few words.
    bounded : bool
        Whether it keeps the bounds of :class:`Past`; they are refused for those that don't.
    annual : bool
        Whether it compares annual returns with the cash rate.
    by_scenarios : bool
        Whether it weighs by the returns alone; an estimator that nothing else uses is then refused.
    """

    def mark(function: Weigh) -> Weigh:
        STRATEGIES[name] = Strategy(name, help, function, bounded, annual, by_scenarios)
        return function

    return mark


@strategy("risk_parity", "each asset carries the same share of the risk", bounded=True)
def _risk_parity(past: Past) -> Array:
    return risk_parity_weights(past.cov, **past.bounds)


@strategy("inverse_vol", "in inverse proportion to volatility")
def _inverse_vol(past: Past) -> Array:
    return inverse_vol_weights(past.cov)


@strategy("equal_weight", "the same weight for each asset")
def equal_weights(past: Past) -> Array:
    """Return the same weight for each asset.

    >>> equal_weights(Past(np.eye(4), np.zeros((2, 4)), 252.0, 0.0))
    array([0.25, 0.25, 0.25, 0.25])
    """
    return np.full(len(past.cov), 1.0 / len(past.cov))


@strategy("min_variance", "the smallest variance without short positions", bounded=True)
def _min_variance(past: Past) -> Array:
    return min_variance_weights(past.cov, **past.bounds)


@strategy("max_diversification", "the highest diversification ratio")
def _max_diversification(past: Past) -> Array:
    return max_diversification_weights(past.cov)


@strategy("hrp", "hierarchical risk parity")
def _hrp(past: Past) -> Array:
    return hrp_weights(past.cov)


@strategy("max_sharpe", "the highest Sharpe ratio by the means of the look-back", bounded=True, annual=True)
def max_sharpe_by_means(past: Past) -> Array:
    """Return the weights with the highest Sharpe ratio, expected returns being the means of the look-back.

    Where no portfolio within the bounds had a mean above the cash rate, all is in cash, if the bounds let it.

    >>> past = Past(np.diag([0.04, 0.01]), np.array([[0.01, -0.01], [0.03, -0.01]]), 1.0, 0.0)
    >>> max_sharpe_by_means(past)
    array([1., 0.])
    >>> max_sharpe_by_means(Past(past.cov, past.returns, 1.0, cash_rate=0.05))
    array([0., 0.])
    """
    size = len(past.cov)
    excess = past.returns.mean(axis=0) * past.periods_per_year - past.cash_rate
    limits = read_limits(size, past.bounds.get("lower", 0.0), past.bounds.get("upper", 1.0))
    cash_is_allowed = bool((limits.lower <= 0.0).all() and (limits.upper >= 0.0).all())
    if cash_is_allowed and excess @ richest_weights(excess, limits) <= 0.0:
        return np.zeros(size)
    return max_sharpe_weights(excess, past.cov, **past.bounds)


def _by_scenarios(measure: str) -> Weigh:
    def weigh(past: Past) -> Array:
        from rpxl.core.scenario_parity import scenario_risk_parity  # here only: the other strategies don't need it

        return scenario_risk_parity(past.returns, measure, **past.bounds)

    return weigh


for _measure, _help in (
    ("cvar", "parity of conditional value at risk, 95 %, from the returns of the look-back"),
    ("cdar", "parity of conditional drawdown at risk, 95 %, from the returns of the look-back"),
    ("semi_deviation", "parity of semi-deviation, from the returns of the look-back"),
):
    strategy(f"risk_parity_{_measure}", _help, bounded=True, by_scenarios=True)(_by_scenarios(_measure))


def read_strategy(given: str | npt.ArrayLike, argument: str, size: int) -> Strategy | Array:
    """Return a strategy by its name, or fixed weights of so many assets.

    Raises
    ------
    InputError
        There is no such strategy; or the weights are of another length, or sum to about 100 as percentages do.
    """
    if isinstance(given, str):
        return STRATEGIES[choice(given, argument, tuple(STRATEGIES))]
    fixed = vector(given, argument, size, per="prices")
    if (question := weights_warning(fixed, argument)) is not None:
        raise question
    return fixed


def require_use_of_method(method: str, weigh: Strategy | Array, benchmark: Strategy | None = None) -> None:
    """Refuse an estimator of covariances, unless it is the default, beside a strategy that uses none.

    Parameters
    ----------
    method : str
        The name of the estimator.
    weigh, benchmark
        The strategy, and that of the benchmark, which may use the estimator.

    Raises
    ------
    InputError
        The strategy weighs by the returns of the look-back alone, and the benchmark uses no covariance either.
    """
    chosen = find_estimator(method).name
    used = benchmark is not None and not benchmark.by_scenarios and benchmark.weigh is not equal_weights
    if isinstance(weigh, Strategy) and weigh.by_scenarios and not used and chosen != next(iter(ESTIMATORS)):
        text = (
            f"is {chosen}, but the strategy {weigh.name} weighs by the returns of the look-back and uses no covariance"
        )
        raise InputError("method", f"{text}: leave method out, or choose another strategy.")
