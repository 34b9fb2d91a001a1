"""How long reading a price file takes, compared with pandas: ``python tests/benchmarks/read_prices.py``.

Both read ten years of five assets from a CSV file, in turns, after all imports; the times are processor times. The
ratio within one run must be at most 2.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import rpxl

DAYS, ASSETS, TURNS, MOST = 2516, 5, 40, 2.0


def write(path: Path, digits: int) -> None:
    """Write made-up prices."""
    steps = np.random.default_rng(1).normal(3e-4, 0.01, (DAYS, ASSETS))
    index = pd.bdate_range("2014-01-02", periods=DAYS, name="Date")
    frame = pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index, list("ABCDE"))
    frame.round(digits).to_csv(path)


def seconds(call) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def main() -> None:
    """Print the medians and their ratio; the exit status says whether it is within the limit."""
    print(f"{os.cpu_count()} cores; load average at the start {os.getloadavg()[0]:.2f}; pandas {pd.__version__}")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for digits in (2, 6):
            path = Path(folder, f"{digits}.csv")
            write(path, digits)
            calls = {
                "rpxl.read_prices": lambda path=path: rpxl.read_prices(path),
                "pandas.read_csv": lambda path=path: pd.read_csv(path, index_col=0, parse_dates=[0]),
            }
            mine, theirs = (call() for call in calls.values())
            assert np.array_equal(mine.values, theirs.to_numpy()) or np.allclose(mine.values, theirs, rtol=1e-15)
            times = {name: [] for name in calls}
            for _ in range(TURNS):
                for name, call in calls.items():
                    times[name].append(seconds(call))
            medians = {name: statistics.median(values) for name, values in times.items()}
            ratio = medians["rpxl.read_prices"] / medians["pandas.read_csv"]
            worst = max(worst, ratio)
            shown = ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in medians.items())
            print(f"{DAYS} x {ASSETS} prices with {digits} decimals: {shown}; ratio {ratio:.2f}")
    sys.exit(worst > MOST)


if __name__ == "__main__":
    main()
