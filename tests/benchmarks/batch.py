"""How filling many workbooks grows with the workers: ``python tests/benchmarks/batch.py``.

Needs the extra ``dask``. Makes as many price files as are asked for, ten years of five assets each, fills the static
template from them with one worker, with two, and with two of a Dask cluster, and compares the files byte by byte.
"""

import argparse
import csv
import filecmp
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WAYS = {
    "1 process": ["--workers", "1"],
    "2 processes": ["--workers", "2"],
    "Dask, 2 workers": ["--workers", "2", "--backend", "dask"],
}


def write_clients(folder: Path, count: int, days: int = 2516) -> None:
    dates = np.busday_offset("2014-01-02", np.arange(days), roll="forward").astype(str)
    for client in range(count):
        steps = np.random.default_rng(client).multivariate_normal(np.full(5, 3e-4), 1e-4 * (np.eye(5) + 0.3), days)
        closes = (100.0 * np.exp(steps.cumsum(axis=0))).round(4).astype(str)
        with (folder / f"client{client:05d}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["Date", *"ABCDE"], *np.column_stack([dates, closes]).tolist()])


def fill(clients: Path, out: Path, options: list[str]) -> float:
    """Return the seconds that it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "rpxl", "fill", "static_analysis", "--batch", clients, "--out", out, *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    count = parser.parse_args().clients
    print(f"{os.cpu_count()} cores; load average at the start {os.getloadavg()[0]:.2f}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        clients, first = Path(temporary, "clients"), Path(temporary, next(iter(WAYS)))
        clients.mkdir()
        write_clients(clients, count)
        alone = None
        for way, options in WAYS.items():
            seconds = fill(clients, Path(temporary, way), options)
            alone = alone or seconds
            names = sorted(path.name for path in first.glob("*.xlsx"))
            assert len(names) == count
            same, other, failed = filecmp.cmpfiles(first, Path(temporary, way), names, shallow=False)
            print(
                f"{way}: {count} workbooks in {seconds:.1f} s, {count / seconds:.1f} a second, ×{alone / seconds:.2f}; "
                f"{len(same)} files as with one process, {len(other) + len(failed)} not",
                flush=True,
            )


if __name__ == "__main__":
    main()
