"""How long a fill takes, compared with openpyxl on the same workbook: ``python tests/benchmarks/fill.py``.

Needs openpyxl, which loads, writes and saves the workbook and computes nothing. The two take turns, and the medians
are compared; the file is the filled one. Times are those of the processor, which other programs disturb less, and of
the clock. The last line is the command itself, start-up included, beside a Python that imports openpyxl and does the
same as above.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
CASES = [
    ("static_analysis", 2516, 5),
    ("backtest", 3775, 5),
    ("static_analysis", 1000, 60),
    ("static_analysis", 1000, 200),
]


def write_prices(path: Path, days: int, assets: int) -> Path:
    """Simulate closes of correlated assets."""
    rng = np.random.default_rng(1)
    steps = 0.006 * rng.standard_normal((days, 1)) + 0.008 * rng.standard_normal((days, assets)) + 3e-4
    dates = np.busday_offset("2005-01-03", np.arange(days), roll="forward").astype(str)
    rows = np.column_stack([dates, (100.0 * np.exp(steps.cumsum(axis=0))).round(4).astype(str)]).tolist()
    heading = ["Date", *(f"A{i}" for i in range(assets))]
    path.write_text("\n".join(",".join(row) for row in [heading, *rows]), "utf-8")
    return path


def rewrite(path: Path, to: Path) -> None:
    """Load a workbook, write its prices again, and save it."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    for row in book[book.sheetnames[-1]].iter_rows():
        for cell in row:
            if isinstance(cell.value, float):
                cell.value = float(cell.value)
    book.save(to)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return processor time and wall time of `work` in seconds, in this process and those that it starts."""
    used, start = os.times(), time.perf_counter()
    work()
    now = os.times()
    return sum(now[:4]) - sum(used[:4]), time.perf_counter() - start


def compare(ours: Callable[[], object], theirs: Callable[[], object], turns: int) -> str:
    """Let the two take turns, and return a text with the medians of both times and their ratios."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(turns)]
    texts = []
    for which, name in enumerate(("processor", "clock")):
        one, other = (statistics.median(pair[side][which] for pair in pairs) for side in (0, 1))
        texts.append(f"{name} {one:.2f} s, openpyxl {other:.2f} s, ratio {one / other:.2f}")
    return "; ".join(texts)


def main() -> None:
    """Print a line for each case."""
    from rpxl.filling.fill import fill  # imported only here: the run of openpyxl as a command doesn't need it

    with tempfile.TemporaryDirectory() as folder:
        out, copy = Path(folder, "filled.xlsx"), Path(folder, "copy.xlsx")
        for name, days, assets in CASES:
            prices = write_prices(Path(folder, "prices.csv"), days, assets)
            template = (WORKBOOKS / f"{name}.xlsx").read_bytes()
            run = partial(fill, template, out, prices=prices, force=True)
            run()
            turns = compare(run, partial(rewrite, out, copy), 5 if days * assets < 20_000 else 3)
            print(f"{name}, {days} x {assets}: {turns}", flush=True)
        name, days, assets = CASES[0]
        prices = write_prices(Path(folder, "prices.csv"), days, assets)
        fill(WORKBOOKS / f"{name}.xlsx", out, prices=prices, force=True)
        command = [sys.executable, "-m", "rpxl", "fill", WORKBOOKS / f"{name}.xlsx", "--prices", prices, "--out", out]
        code = f"from fill import rewrite; rewrite({str(out)!r}, {str(copy)!r})"
        quiet = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        turns = compare(
            partial(quiet, [*command, "--force"]), partial(quiet, [sys.executable, "-c", code], env=here), 5
        )
        print(f"rpxl fill {name}, {days} x {assets}, as a command: {turns}", flush=True)


if __name__ == "__main__":
    main()
