"""How long a fill takes, in openpyxl's load, write and save of the same workbook: ``python tests/benchmarks/fill.py``.

Needs openpyxl, which computes nothing. The two take turns, and the medians are compared; the file is the filled one.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rpxl.filling.fill import fill

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


def seconds(work: Callable[[], object]) -> float:
    """Return the time that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print a line for each case."""
    with tempfile.TemporaryDirectory() as folder:
        out, copy = Path(folder, "filled.xlsx"), Path(folder, "copy.xlsx")
        for name, days, assets in CASES:
            prices = write_prices(Path(folder, "prices.csv"), days, assets)
            template = (WORKBOOKS / f"{name}.xlsx").read_bytes()
            fill(template, out, prices=prices, force=True)
            turns = [
                (
                    seconds(lambda t=template, p=prices: fill(t, out, prices=p, force=True)),
                    seconds(lambda: rewrite(out, copy)),
                )
                for _ in range(3)
            ]
            ours, theirs = (statistics.median(times) for times in zip(*turns, strict=True))
            print(
                f"{name}, {days} x {assets}: {ours:.2f} s, openpyxl {theirs:.2f} s, ratio {ours / theirs:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
