"""How long the Python side of a call from an Excel cell takes, without Excel and COM themselves.

Run it from the project's folder: ``python -m tests.benchmarks.excel_calls``. It passes COM values through xlwings'
own server code under stand-ins for COM (see ``tests/excel/windows.py``), and prints milliseconds per call.
"""

import timeit
from collections.abc import Callable

import numpy as np

from rpxl.excel.server import server_class
from tests.excel.windows import xlwings_for_windows


def milliseconds(call: Callable[[], object], number: int) -> float:
    """Return the least of five means."""
    return 1000 * min(timeit.repeat(call, number=number, repeat=5)) / number


def main() -> None:
    """Print a table: an empty function of xlwings', and two of rpxl's, on the same values."""
    print("assets   empty xlwings function   =VOLS()   =RP_WEIGHTS()")
    rng = np.random.default_rng(0)
    with xlwings_for_windows() as server:
        from rpxl.excel.udfs import compute

        empty, rpxl = server.XLPython(), server_class(server, compute)()
        for n in (5, 20, 100, 500):
            cov = np.cov(rng.normal(0, 0.01, (n, 3 * n + 10))) * 252
            cells = tuple(map(tuple, cov.tolist()))
            number = max(1, 2000 // n)
            times = (
                milliseconds(lambda: empty.CallUDF("tests.excel.empty_function", "EMPTY", (cells,)), number),  # noqa: B023
                milliseconds(lambda: rpxl.Compute("VOLS", (cells,), False), number),  # noqa: B023
                milliseconds(lambda: rpxl.Compute("RP_WEIGHTS", (cells,), False), number),  # noqa: B023
            )
            print(f"{n:6}   {times[0]:22.3f}   {times[1]:7.3f}   {times[2]:13.3f}")


if __name__ == "__main__":
    main()
