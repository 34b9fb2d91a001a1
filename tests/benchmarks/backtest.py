"""How long backtests take, on simulated prices: ``python tests/benchmarks/backtest.py``."""

import time

import numpy as np

from rpxl.core.backtest import backtest
from rpxl.core.strategies import STRATEGIES

RUNS = {
    "5 assets, 14 years, quarterly, s": (5, 14, "quarterly", 0.05),
    "50 assets, 10 years, daily, s": (50, 10, "daily", 3.0),
}
"""Assets, years after the first lookback, rebalancing, and the seconds that it may take."""


def simulated(assets: int, years: int) -> tuple[np.ndarray, np.ndarray]:
    """Return prices with a common factor, and their weekdays."""
    rng = np.random.default_rng(0)
    days = np.arange(f"{2023 - years}-01-01", "2024-01-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)]
    common, own = rng.standard_normal((len(days), 1)), rng.standard_normal((len(days), assets))
    return 100.0 * np.exp(np.cumsum(0.01 * common + 0.01 * own, axis=0)), days


def main() -> None:
    """Print the best of three runs of each strategy, plain and with leverage and costs."""
    for name, (assets, years, rebalance, limit) in RUNS.items():
        prices, days = simulated(assets, years)
        for strategy in STRATEGIES:
            for terms in ({}, {"target_vol": 0.1, "borrow": 0.03, "cost_bps": 5.0}):
                times = []
                for _ in range(3):
                    start = time.perf_counter()
                    history = backtest(prices, days, strategy, rebalance=rebalance, **terms)
                    times.append(time.perf_counter() - start)
                verdict = "" if min(times) <= limit else f"  MORE THAN {limit}"
                levered = " levered" if terms else ""
                print(f"{name}: {strategy + levered:20} {len(history.rebalances):5} trades {min(times):.4f}{verdict}")


if __name__ == "__main__":
    main()
