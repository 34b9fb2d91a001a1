"""How many RP_WEIGHTS cells LibreOffice Calc computes per second, compared with the same calls in Python.

Run it with ``python tests/benchmarks/calc_cells.py``. Each cell has its own 5 × 5 covariance matrix.
"""

import time

import numpy as np

from rpxl.calc.office import Office
from rpxl.formulas import RP_WEIGHTS

CELLS, ASSETS, ROUNDS = 2000, 5, 5


def main() -> None:
    """Print the rates of Calc and of the same calls in Python, which take turns, and the ratio of their best times."""
    factors = np.random.default_rng(1).normal(0.0, 0.1, (CELLS, ASSETS, 2 * ASSETS))
    covs = [matrix.tolist() for matrix in factors @ factors.transpose(0, 2, 1)]
    bare, calc = [], []
    with Office() as office:
        document = office.ask("open", "private:factory/scalc")
        sheet = office.ask("sheets", document)[0]
        last = CELLS * ASSETS
        tops = range(1, last, ASSETS)
        office.ask("enter", document, sheet, [(f"A1:E{last}", [row for cov in covs for row in cov])])
        formulas = [[f"=RP_WEIGHTS(A{top}:E{top + ASSETS - 1})"] for top in tops]
        office.ask("enter", document, sheet, [(f"G1:G{CELLS}", formulas)])
        for _ in range(ROUNDS):
            start = time.perf_counter()
            expected = [RP_WEIGHTS(cov)[0][0] for cov in covs]
            bare.append(time.perf_counter() - start)
            start = time.perf_counter()
            office.ask("calculate", document)
            calc.append(time.perf_counter() - start)
            print(f"bare Python {CELLS / bare[-1]:7,.0f} a second, Calc {CELLS / calc[-1]:7,.0f} cells a second")
        values, _, errors = office.ask("read", document, sheet)
        assert not errors
        assert [row[6] for row in values[:CELLS]] == expected
    print(f"best: {CELLS / min(bare):,.0f} and {CELLS / min(calc):,.0f}; Calc takes {min(calc) / min(bare):.2f} times")


if __name__ == "__main__":
    main()
