"""How a backtest weighs at each rebalance: every strategy, side by side in one registry.

To add one, write one function here and mark it with :func:`strategy`. The backtest, `RP_BACKTEST`, and its help find it
by its name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rpxl.core.allocation import inverse_vol_weights, min_variance_weights
from rpxl.core.array_checks import Array
from rpxl.core.risk_parity import risk_parity_weights

Weigh = Callable[[Array], Array]
"""Weights, shape (n,), from a covariance matrix, shape (n, n); the same whatever the covariance is multiplied by."""


@dataclass(frozen=True)
class Strategy:
    """One way to weigh."""

    name: str
    help: str
    """What it does, in a few words."""
    weigh: Weigh


STRATEGIES: dict[str, Strategy] = {}
"""All of them by name, the default first."""


def strategy(name: str, help: str) -> Callable[[Weigh], Weigh]:
    """Put a function into the registry under a name, with a few words on what it does."""

    def mark(function: Weigh) -> Weigh:
        STRATEGIES[name] = Strategy(name, help, function)
        return function

    return mark


strategy("risk_parity", "each asset carries the same share of the risk")(risk_parity_weights)
strategy("inverse_vol", "in inverse proportion to volatility")(inverse_vol_weights)


@strategy("equal_weight", "the same weight for each asset")
def equal_weights(cov: Array) -> Array:
    """Return the same weight for each asset.

    >>> equal_weights(np.eye(4))
    array([0.25, 0.25, 0.25, 0.25])
    """
    return np.full(len(cov), 1.0 / len(cov))


strategy("min_variance", "the smallest variance without short positions")(min_variance_weights)
