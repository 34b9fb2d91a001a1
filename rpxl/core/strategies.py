"""The strategies of a backtest: the rules for the weights at each rebalance, in one registry.

To add a strategy, write one function here and mark it with :func:`strategy`. The backtest, `RP_BACKTEST` and its help
find it by its name.
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
    """What a strategy may use at a rebalance: the lookback before it, of the n assets that can be held."""

    cov: Array
    """The covariance matrix by the chosen estimator, annual, shape (n, n)."""
    returns: Array
    """The returns of the lookback, oldest first, shape (T, n)."""
    periods_per_year: float
    cash_rate: float
    """The annual interest rate on cash."""
    bounds: Mapping[str, Any] = field(default_factory=dict)
    """The bounds that are given on the weights before leverage, `lower` and `upper`, each of shape (n,)."""


Weigh = Callable[[Past], Array]
"""Returns weights, shape (n,), from the past: with a sum of 1, or all 0 to hold only cash."""


@dataclass(frozen=True)
class Strategy:
    """A rule for the weights."""

    name: str
    help: str
    """What it does, in a few words."""
    weigh: Weigh
    bounded: bool
    """Whether it takes bounds on the weights."""
    annual: bool
    """Whether its weights depend on the number of periods in a year where the cash rate is above 0."""
    by_scenarios: bool = False
    """Whether it uses the returns of the lookback, without a covariance matrix."""


STRATEGIES: dict[str, Strategy] = {}
"""All strategies by name, the default first."""


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
        Whether it takes the bounds of :class:`Past`; with another strategy they are refused.
    annual : bool
        Whether it compares annual returns with the cash rate.
    by_scenarios : bool
        Whether it uses the returns alone, without a covariance; an estimator that nothing uses is refused.
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


@strategy("max_sharpe", "the highest Sharpe ratio by the means of the lookback", bounded=True, annual=True)
def max_sharpe_by_means(past: Past) -> Array:
    """Return the weights with the highest Sharpe ratio; the expected returns are the means over the lookback.

    Where no portfolio within the bounds had a mean above the cash rate, all is in cash, if the bounds allow it.

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
    ("cvar", "parity of conditional value at risk, 95 %, from the returns of the lookback"),
    ("cdar", "parity of conditional drawdown at risk, 95 %, from the returns of the lookback"),
    ("semi_deviation", "parity of semi-deviation, from the returns of the lookback"),
):
    strategy(f"risk_parity_{_measure}", _help, bounded=True, by_scenarios=True)(_by_scenarios(_measure))


def read_strategy(given: str | npt.ArrayLike, argument: str, size: int) -> Strategy | Array:
    """Return a strategy by its name, or the fixed weights of `size` assets.

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
    """Refuse an estimator other than the default where neither strategy nor benchmark uses a covariance.

    Parameters
    ----------
    method : str
        The name of the estimator.
    weigh, benchmark
        The strategy or the fixed weights, and the strategy of the benchmark.

    Raises
    ------
    InputError
        The strategy uses the returns of the lookback without a covariance, and the benchmark uses none either.
    """
    chosen = find_estimator(method).name
    used = benchmark is not None and not benchmark.by_scenarios and benchmark.weigh is not equal_weights
    if isinstance(weigh, Strategy) and weigh.by_scenarios and not used and chosen != next(iter(ESTIMATORS)):
        text = (
            f"is {chosen}, but the strategy {weigh.name} weighs by the returns of the lookback and uses no covariance"
        )
        raise InputError("method", f"{text}: leave method out, or choose another strategy.")
