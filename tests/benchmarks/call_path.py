"""How long a cell takes: ``python tests/benchmarks/call_path.py``.

Prints, for several numbers of assets, the microseconds of RP_WEIGHTS from nested tuples to nested lists, of numpy's
reading of the same tuples, and of the solver alone; then the start of a fresh interpreter, against numpy's own, both
from compiled bytecode as pip installs it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
from risk_parity import five_factors

from rpxl import risk_parity_weights
from rpxl.formulas import RP_WEIGHTS

FIRST_CALL = "from rpxl.formulas import RP_WEIGHTS; RP_WEIGHTS(((0.04, 0.01), (0.01, 0.09)))"


def best(calls: Sequence[Callable[[], object]], rounds: int = 8, seconds: float = 0.1) -> list[float]:
    """Return the least time of each call in microseconds; the calls take turns."""
    least = [float("inf")] * len(calls)
    for i in list(range(len(calls))) * (1 + rounds):
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            calls[i]()
            least[i] = min(least[i], time.perf_counter() - start)
    return [taken * 1e6 for taken in least]


def started(codes: Sequence[str], runs: int = 25) -> list[list[float]]:
    """Return, run by run, how long new interpreters took for these programs, in milliseconds."""
    times: list[list[float]] = []
    with tempfile.TemporaryDirectory() as bytecode:
        surroundings = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(1 + runs):
            times.append([])
            for code in codes:
                start = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True, env=surroundings)
                times[-1].append((time.perf_counter() - start) * 1e3)
    return times[1:]


def main() -> None:
    """Print the table."""
    print("| assets | RP_WEIGHTS, µs | reading by numpy, µs | solver, µs |\n|--:|--:|--:|--:|")
    for n in (2, 5, 20, 100, 500):
        cov = five_factors(n, np.random.default_rng(n))
        cells = tuple(map(tuple, cov.tolist()))
        calls = [lambda: RP_WEIGHTS(cells), lambda: np.array(cells), lambda: risk_parity_weights(cov)]  # noqa: B023
        print(f"| {n} | " + " | ".join(f"{taken:.0f}" for taken in best(calls)) + " |")
    runs = started(("pass", "import numpy", FIRST_CALL))
    nothing, numpy, first = map(statistics.median, zip(*runs, strict=True))
    ratio = statistics.median(first / numpy for _, numpy, first in runs)
    print(f"\nfresh interpreter {nothing:.0f} ms; import numpy {numpy:.0f}; first RP_WEIGHTS {first:.0f}, ×{ratio:.2f}")
    print(f"load average {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
