"""How the time of filling many workbooks depends on the number of workers: ``python tests/benchmarks/batch.py``.

Needs the extra ``dask``, and openpyxl. Makes as many price files as you ask for, by default ten years of five assets
each, and fills the static template from them: with one worker, with two, and with two of a Dask cluster. It compares
the files byte by byte. The time of a client is given as a multiple of openpyxl's load, write and save of the same
workbook, which computes nothing and is timed after each way; both are processor times, in which other programs don't
count. The memory of the main process and of its largest worker is measured when a tenth of the workbooks is there; the
largest value after that is printed too.
"""

import argparse
import csv
import filecmp
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fill import rewrite

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


class Run(NamedTuple):
    """Wall time and processor time in seconds; memory in MiB of the main process and of a worker, early and at most."""

    wall: float
    used: float
    main: list[int]
    worker: list[int]


def fill(clients: Path, out: Path, options: list[str], count: int) -> Run:
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "rpxl", "fill", "static_analysis", "--batch", clients, "--out", out, *options]
    main, worker = [0, 0], [0, 0]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if _done(out) >= count // 10:
                note(main, _memory(process.pid))
                note(worker, max(map(_memory, _children(process.pid)), default=0))
            time.sleep(0.5)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(time.perf_counter() - start, used, main, worker)


def note(memory: list[int], now: int) -> None:
    memory[:] = memory[0] or now, max(memory[1], now)


def _done(folder: Path) -> int:
    return sum(1 for name in os.listdir(folder) if name.endswith(".xlsx")) if folder.is_dir() else 0


def _memory(pid: int) -> int:
    """Return the memory of a process in MiB; 0 if the system doesn't tell it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0)


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        lists = [path.read_text("ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for children in lists for child in children.split()]


def openpyxl_seconds(path: Path, to: Path) -> float:
    """Return the processor time of openpyxl's load, write and save in seconds, the median of five."""
    times = []
    for _ in range(5):
        start = time.process_time()
        rewrite(path, to)
        times.append(time.process_time() - start)
    return statistics.median(times)


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--days", type=int, default=2516)
    parser.add_argument("--way", choices=WAYS, action="append")
    given = parser.parse_args()
    count, ways = given.clients, {way: WAYS[way] for way in given.way or WAYS}
    print(f"{os.cpu_count()} cores; load average at the start {os.getloadavg()[0]:.2f}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        clients, first = Path(temporary, "clients"), Path(temporary, next(iter(ways)))
        clients.mkdir()
        write_clients(clients, count, given.days)
        alone = None
        for way, options in ways.items():
            run = fill(clients, Path(temporary, way), options, count)
            alone = alone or run.wall
            names = sorted(path.name for path in first.glob("*.xlsx"))
            assert len(names) == count
            same, other, failed = filecmp.cmpfiles(first, Path(temporary, way), names, shallow=False)
            theirs = openpyxl_seconds(first / names[0], Path(temporary, "copy.xlsx"))
            print(
                f"{way}: {count} workbooks in {run.wall:.1f} s, {count / run.wall:.1f} a second, "
                f"×{alone / run.wall:.2f}; {run.used / count:.3f} s of the processor each, openpyxl {theirs:.3f}, "
                f"so {run.used / count / theirs:.2f} of it; main process {run.main[0]} MiB at a tenth, "
                f"{run.main[1]} at most, a worker {run.worker[0]} and {run.worker[1]}; "
                f"{len(same)} files as with {next(iter(ways))}, {len(other) + len(failed)} not",
                flush=True,
            )


if __name__ == "__main__":
    main()
