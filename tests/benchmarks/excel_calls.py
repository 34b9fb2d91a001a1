"""How long the Python side of a call from an Excel cell takes, without Excel and COM themselves.

Run it from the project's folder: ``python -m tests.benchmarks.excel_calls``. It passes COM values through xlwings'
own server code under stand-ins for COM (see ``tests/excel/windows.py``), and prints milliseconds per call.
"""

import timeit
from collections.abc import Callable

import numpy as np

from tests.excel.windows import xlwings_for_windows


def milliseconds(call: Callable[[], object], number: int) -> float:
    """Return the least of five means."""
    return 1000 * min(timeit.repeat(call, number=number, repeat=5)) / number


def main() -> None:
    """Print a table: what passing the values costs, and the whole call."""
    print("assets   values there and back   =VOLS()   =RP_WEIGHTS()")
    rng = np.random.default_rng(0)
    with xlwings_for_windows() as server:
        from xlwings import conversion

        from rpxl.excel.udfs import cells_of

        python = server.XLPython()
        for n in (5, 20, 100, 500):
            cov = np.cov(rng.normal(0, 0.01, (n, 3 * n + 10))) * 252
            cells = tuple(map(tuple, cov.tolist()))
            options = {"convert": "raw"}
            number = max(1, 2000 // n)
            times = (
                milliseconds(
                    lambda: conversion.write(cells_of(conversion.read(None, cells, options)), None, options),  # noqa: B023
                    number,
                ),
                milliseconds(lambda: python.CallUDF("rpxl.excel.udfs", "VOLS", (cells,)), number),  # noqa: B023
                milliseconds(lambda: python.CallUDF("rpxl.excel.udfs", "RP_WEIGHTS", (cells,)), number),  # noqa: B023
            )
            print(f"{n:6}   {times[0]:21.3f}   {times[1]:7.3f}   {times[2]:13.3f}")


if __name__ == "__main__":
    main()
