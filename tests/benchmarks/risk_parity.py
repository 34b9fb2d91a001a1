"""Speed and accuracy of risk-parity solvers: ``python tests/benchmarks/risk_parity.py``.

Needs the extra ``bench``. Prints Markdown: for each class of problem and number of assets the median time of rpxl, and
the times of the others as multiples of it. `wrong` is an answer whose largest relative error of a risk share, computed
in long double, is above 1e-6; `refused` is an exception; `slow` is a solver that was not run because it took too long
for fewer assets. The compiled solvers don't check that the matrix is a covariance matrix, so rpxl's solver is also
timed without that check. Runs twice: on the machine as it is, and with a busy process on every core. ``--plot FILE``
draws the first run.
"""

import argparse
import gc
import itertools
import multiprocessing
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

import numpy as np

from rpxl import risk_parity_weights
from rpxl.core.cov_checks import CovParts
from rpxl.core.risk_parity import balanced

WRONG = 1e-6
PATIENCE = 10.0  # seconds; a solver that needs more is not run on larger problems of that class
ROUNDS, TURN = 15, 0.02  # how often each solver is run, and for how many seconds at least
TEXTBOOK_LIMIT = 100  # assets up to which SLSQP is tried
LOADS = {"as-is": "As the machine is", "loaded": "With a busy process on each core"}

Solver = Callable[[np.ndarray, np.ndarray], np.ndarray]


def five_factors(n: int, rng: np.random.Generator) -> np.ndarray:
    loadings = 0.1 * rng.standard_normal((n, 5))
    loadings[:, 0] = np.abs(loadings[:, 0]) + 0.1
    return loadings @ loadings.T + np.diag(rng.uniform(0.05, 0.3, n) ** 2)


def constant_correlation(n: int, rng: np.random.Generator) -> np.ndarray:
    vols = rng.uniform(0.05, 0.4, n)
    return (0.9 + 0.1 * np.eye(n)) * np.outer(vols, vols)


def condition(n: int, rng: np.random.Generator) -> np.ndarray:
    vectors, _ = np.linalg.qr(rng.standard_normal((n, n)))
    cov = (vectors * np.logspace(0.0, -10.0, n)) @ vectors.T
    return 0.02 * (cov + cov.T)


def volatilities(n: int, rng: np.random.Generator) -> np.ndarray:
    vols = 10.0 ** rng.uniform(-4.0, 2.0, n)
    return (0.3 + 0.7 * np.eye(n)) * np.outer(vols, vols)


def near_duplicates(n: int, rng: np.random.Generator) -> np.ndarray:
    twins = np.arange(n) // 2
    cov = five_factors(n, rng)[np.ix_(twins, twins)]
    return cov + 1e-6 * np.diag(cov.diagonal())


def negative_correlation(n: int, rng: np.random.Generator) -> np.ndarray:
    vols, rho = rng.uniform(0.05, 0.4, n), -0.99 / (n - 1)
    return (rho + (1.0 - rho) * np.eye(n)) * np.outer(vols, vols)


def equal(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.full(n, 1.0 / n)


def spread(n: int, rng: np.random.Generator) -> np.ndarray:
    budgets = 10.0 ** rng.uniform(-4.0, 0.0, n)
    return budgets / budgets.sum()


CLASSES = {
    "five factors": (five_factors, equal),
    "five factors, budgets 1e-4 to 1": (five_factors, spread),
    "constant correlation 0.9": (constant_correlation, spread),
    "condition number 1e10": (condition, equal),
    "volatilities 1e-4 to 1e2": (volatilities, spread),
    "near-duplicates": (near_duplicates, equal),
    "negative correlation": (negative_correlation, spread),
}
SIZES = (2, 5, 10, 50, 100, 500, 1000, 2000)


def solvers() -> dict[str, Solver]:
    """Return every solver, at its default and at its tightest setting."""
    import pandas as pd
    import riskfolio
    from riskparityportfolio import vanilla
    from scipy.optimize import minimize
    from skfolio.optimization import RiskBudgeting
    from skfolio.prior import EmpiricalPrior

    class Given(EmpiricalPrior):
        """Hands over a covariance matrix instead of estimating one."""

        def __init__(self, cov: np.ndarray | None = None) -> None:
            super().__init__()
            self.cov = cov

        def fit(self, X: np.ndarray, y: None = None, **parameters: object) -> "Given":  # noqa: N803
            super().fit(X, y)
            self.return_distribution_ = type(self.return_distribution_)(
                mu=np.zeros(len(self.cov)), covariance=self.cov, returns=self.return_distribution_.returns
            )
            return self

    def compiled(method: str, tolerance: float, iterations: int) -> Solver:
        return lambda cov, budgets: vanilla.design(cov, budgets, tolerance, iterations, method)

    def skfolio(tight: bool) -> Solver:
        parameters = {"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-14, "tol_feas": 1e-14, "max_iter": 500} if tight else None

        def solve(cov: np.ndarray, budgets: np.ndarray) -> np.ndarray:
            model = RiskBudgeting(risk_budget=budgets, prior_estimator=Given(cov), solver_params=parameters)
            return model.fit(np.random.default_rng(0).standard_normal((3, len(cov))) * 0.01).weights_

        return solve

    def riskfolio_lib(tight: bool) -> Solver:
        parameters = {"tol_gap_abs": 1e-14, "tol_gap_rel": 1e-14, "tol_feas": 1e-14, "max_iter": 500} if tight else {}

        def solve(cov: np.ndarray, budgets: np.ndarray) -> np.ndarray:
            portfolio = riskfolio.Portfolio(returns=pd.DataFrame(np.zeros((2, len(cov)))))
            portfolio.cov, portfolio.mu = pd.DataFrame(cov), pd.DataFrame(np.zeros((1, len(cov))))
            portfolio.solvers, portfolio.sol_params = ["CLARABEL"], {"CLARABEL": parameters}
            answer = portfolio.rp_optimization(model="Classic", rm="MV", b=budgets[:, None], hist=True)
            if answer is None:
                raise ArithmeticError("no answer")
            return answer.to_numpy().ravel()

        return solve

    def textbook(tolerance: float | None) -> Solver:
        def solve(cov: np.ndarray, budgets: np.ndarray) -> np.ndarray:
            def miss(weights: np.ndarray) -> float:
                risks = weights * (cov @ weights)
                return float(((risks / risks.sum() - budgets) ** 2).sum())

            n = len(cov)
            whole = {"type": "eq", "fun": lambda weights: weights.sum() - 1.0}
            answer = minimize(
                miss,
                np.full(n, 1.0 / n),
                method="SLSQP",
                bounds=[(0.0, 1.0)] * n,
                constraints=whole,
                tol=tolerance,
                options={"maxiter": 10_000},
            )
            if not answer.success:
                raise ArithmeticError(answer.message)
            return np.asarray(answer.x)

        return solve

    return {
        "rpxl": risk_parity_weights,
        "… its solver alone": lambda cov, budgets: balanced(CovParts(cov), budgets),
        "riskparityportfolio spinu": compiled("spinu", 1e-4, 50),
        "… tight": compiled("spinu", 1e-13, 10_000),
        "riskparityportfolio choi": compiled("choi", 1e-4, 50),
        "… tight ": compiled("choi", 1e-13, 10_000),
        "skfolio": skfolio(False),
        "… tight  ": skfolio(True),
        "Riskfolio-Lib": riskfolio_lib(False),
        "… tight   ": riskfolio_lib(True),
        "SLSQP": textbook(None),
        "… tight    ": textbook(1e-16),
    }


def error_of(weights: np.ndarray, cov: np.ndarray, budgets: np.ndarray) -> float:
    """Return the largest relative error of a risk share, or infinity for weights that are none."""
    if not (np.isfinite(weights).all() and (weights > 0.0).all()):
        return float("inf")
    exact = weights.astype(np.longdouble)
    risks = exact * (cov.astype(np.longdouble) @ exact)
    return float(np.abs(risks / risks.sum() / budgets - 1.0).max())


Result = tuple[float, float | None]
"""The median time in seconds, and the error; None for an exception."""

Results = dict[tuple[str, int, str], Result | None]


def measure(names: dict[str, Solver], cov: np.ndarray, budgets: np.ndarray) -> dict[str, Result]:
    """Time solvers in turn, as the speed of a machine drifts; those that need a second are not asked again."""
    times: dict[str, list[float]] = {name: [] for name in names}
    errors: dict[str, float | None] = {}
    for _ in range(ROUNDS):
        for name, solver in names.items():
            if sum(times[name]) > 1.0:
                continue
            gc.collect()  # what others left behind is not the next one's time
            end = time.perf_counter() + TURN
            while not times[name] or (time.perf_counter() < end and len(times[name]) < 1000):
                start = time.perf_counter()
                try:
                    weights = np.asarray(solver(cov, budgets))
                except Exception:  # of whatever kind a library has
                    weights = None
                times[name].append(time.perf_counter() - start)
                if name not in errors:  # the same each time
                    errors[name] = None if weights is None else error_of(weights, cov, budgets)
                    end += time.perf_counter() - start
    return {name: (float(np.median(taken[len(taken) > 3 :])), errors[name]) for name, taken in times.items()}


def run(classes: list[str], sizes: list[int], names: dict[str, Solver]) -> Results:
    """Measure every solver on every problem, and print a table as it grows."""
    results: Results = {}
    print("| problem | assets | rpxl, ms | " + " | ".join(name.strip() for name in [*names][1:]) + " |")
    print("|---|--:|--:|" + "--:|" * (len(names) - 1), flush=True)
    for kind, n in itertools.product(classes, sizes):
        cov_of, budgets_of = CLASSES[kind]
        rng = np.random.default_rng(n)
        cov, budgets = cov_of(n, rng), budgets_of(n, rng)
        asked = {}
        for name, solver in names.items():
            before = [results.get((kind, size, name)) for size in sizes if size < n]
            spared = any(one is None or one[0] > PATIENCE / 10.0 for one in before[-1:])  # it would be ten times worse
            textbook = solver.__qualname__.startswith("solvers.<locals>.textbook") and n > TEXTBOOK_LIMIT
            if spared or textbook:
                results[kind, n, name] = None
            else:
                asked[name] = solver
        results |= {(kind, n, name): result for name, result in measure(asked, cov, budgets).items()}
        print(table_row(results, kind, n, [*names]), flush=True)
    return results


def table_row(results: Results, kind: str, n: int, names: list[str]) -> str:
    """Return a line of a Markdown table."""
    ours = results[kind, n, "rpxl"]
    assert ours is not None
    cells = [verdict(ours[1], f"{ours[0] * 1e3:.3g}")]
    for name in names[1:]:
        one = results[kind, n, name]
        cells.append("slow" if one is None else verdict(one[1], f"×{one[0] / ours[0]:.2g}"))
    return f"| {kind} | {n} | " + " | ".join(cells) + " |"


def verdict(error: float | None, text: str) -> str:
    if error is None:
        return "refused"
    return text if error <= 1e-8 else f"{text} ({error:.0e})" if error <= WRONG else f"wrong ({error:.0e})"


@contextmanager
def all_cores_busy() -> Iterator[None]:
    """Multiply matrices in as many processes as there are cores."""
    busy = [multiprocessing.Process(target=_multiply, daemon=True) for _ in range(os.cpu_count() or 1)]
    for process in busy:
        process.start()
    time.sleep(1.0)
    try:
        yield
    finally:
        for process in busy:
            process.terminate()
            process.join()


def _multiply() -> None:
    from threadpoolctl import threadpool_limits

    matrix = np.random.default_rng(0).standard_normal((400, 400))
    with threadpool_limits(1):
        while True:
            matrix @ matrix


def plot(results: Results, classes: list[str], sizes: list[int], names: list[str], path: str) -> None:
    """Draw times over sizes, one panel for each class; an answer that is wrong is a cross."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        2, (len(classes) + 1) // 2, figsize=(16, 8), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for panel, kind in zip(panels.flat, classes, strict=False):
        for place, name in enumerate(names):
            got = [(n, one) for n in sizes if (one := results[kind, n, name]) is not None and one[1] is not None]
            label = name.strip().replace("…", f"{names[place - 1]},")
            style = {"color": f"C{place // 2}", "ls": ":" if name.startswith("…") else "-"}
            panel.plot(
                [n for n, _ in got], [one[0] for _, one in got], lw=3 if name == "rpxl" else 1, label=label, **style
            )
            bad = [(n, one[0]) for n, one in got if one[1] is not None and one[1] > WRONG]
            panel.plot([n for n, _ in bad], [seconds for _, seconds in bad], "x", color=style["color"])
        panel.set(title=kind, xscale="log", yscale="log")
        panel.set_xticks(sizes, sizes, rotation=90)
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    for panel in panels.flat[len(classes) :]:
        panel.axis("off")
    lines = panels.flat[0].get_legend_handles_labels()
    figure.legend(*lines, title="× wrong by more than 1e-6", loc="outside right center")
    figure.supxlabel("assets")
    figure.supylabel("seconds to the answer")
    figure.savefig(path, dpi=80)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", nargs="+", default=list(CLASSES), choices=list(CLASSES))
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--solvers", nargs="+", help="words that their names begin with; rpxl is always among them")
    parser.add_argument("--load", nargs="+", default=list(LOADS), choices=list(LOADS))
    parser.add_argument("--plot", metavar="FILE")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    known = solvers()
    gc.freeze()  # what was imported
    words = ("rpxl", *(chosen.solvers or known))
    used, wanted = {}, False
    for name, solver in known.items():
        wanted = wanted if name.startswith("…") else name.startswith(words)
        if wanted:
            used[name] = solver
    packages = ("numpy", "scipy", "riskparityportfolio", "skfolio", "riskfolio-lib", "cvxpy", "clarabel")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores;", ", ".join(f"{p} {version(p)}" for p in packages)
    )
    for load in chosen.load:
        print(f"\n## {LOADS[load]}\n\nLoad average at the start {os.getloadavg()[0]:.2f}\n", flush=True)
        if load == "loaded":
            with all_cores_busy():
                results = run(chosen.classes, chosen.sizes, used)
        else:
            results = run(chosen.classes, chosen.sizes, used)
        print(f"\nLoad average at the end {os.getloadavg()[0]:.2f}", flush=True)
        if chosen.plot and load == chosen.load[0]:
            plot(results, chosen.classes, chosen.sizes, list(used), chosen.plot)


if __name__ == "__main__":
    main()
