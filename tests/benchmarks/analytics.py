"""Scenarios, frontiers and estimators against other libraries: ``python tests/benchmarks/analytics.py``.

Needs the extra ``bench``. Prints Markdown, for 2,520 returns of 10 assets and 5,000 of 50:

- risk parity by CVaR at 95 %. The weights w minimise a convex function whose value at the best scale of w is
  1 + ln ρ(w) - Σ bᵢ ln wᵢ. The error is by how much a library's value is above rpxl's, which is proved to be within
  1e-9 of the lowest there is;
- the efficient frontier in 20 portfolios, long-only. The error is the largest relative excess of a portfolio's
  volatility over the lowest there is at its return;
- estimators of the covariance matrix. The difference is the largest of any covariance, relative to the largest one.

Times of others are multiples of rpxl's in the same run. Each solver is run once, and again until three seconds have
passed; the shortest time counts, because a busy machine disturbs it least.
"""

import gc
import os
import platform
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

import rpxl

SIZES = ((2_520, 10), (5_000, 50))
POINTS = 20
PACKAGES = ("numpy", "scipy", "skfolio", "riskfolio-lib", "pyportfolioopt", "scikit-learn", "cvxpy", "clarabel")

Solver = Callable[[np.ndarray], np.ndarray]
"""From returns of shape (T, n) to what is compared."""


def returns_of(rows: int, size: int) -> np.ndarray:
    """Make daily returns of assets with fat tails and three factors in common."""
    rng = np.random.default_rng(size)
    factors = rng.standard_t(4, (rows, 3)) * np.array([0.008, 0.004, 0.003])
    loadings = rng.normal(size=(3, size)) * 0.6
    loadings[0] = rng.uniform(0.3, 1.3, size)
    own = rng.standard_t(4, (rows, size)) * rng.uniform(0.002, 0.012, size)
    return np.asarray(factors @ loadings + own + rng.uniform(0.0, 0.0006, size))


def timed(solver: Solver, returns: np.ndarray) -> tuple[float, np.ndarray | None, str]:
    """Return the shortest time in seconds, the answer, and what kind of exception there was instead."""
    times: list[float] = []
    gc.collect()
    while not times or (sum(times) < 3.0 and len(times) < 100):
        start = time.perf_counter()
        try:
            answer, failure = np.asarray(solver(returns)), ""
        except Exception as error:  # of whatever kind a library has
            answer, failure = None, type(error).__name__
        times.append(time.perf_counter() - start)
    return min(times), answer, failure


def table(title: str, error: str, solvers: dict[str, Solver], judge: Callable[[Any, Any, Any], float]) -> None:
    """Time solvers, the first of which is rpxl's, and print a line for each size."""
    others = list(solvers)[1:]
    print(f"\n## {title}\n\n| returns | rpxl, ms | " + " | ".join(f"{name} | {error}" for name in others) + " |")
    print("|---|--:|" + "--:|--:|" * len(others), flush=True)
    for rows, size in SIZES:
        returns = returns_of(rows, size)
        own_time, own, failure = timed(solvers["rpxl"], returns)
        if own is None:
            raise RuntimeError(f"rpxl failed: {failure}")
        cells = [f"{rows:,} × {size}", f"{own_time * 1e3:.3g}"]
        for name in others:
            seconds, answer, failure = timed(solvers[name], returns)
            cells.append(f"×{seconds / own_time:.2g}")
            cells.append(failure if answer is None else f"{judge(answer, own, returns):.1e}")
        print("| " + " | ".join(cells) + " |", flush=True)


# Risk parity by CVaR --------------------------------------------------------------------------------------------------


def riskfolio_parity(returns: np.ndarray) -> np.ndarray:
    import pandas as pd
    import riskfolio

    portfolio = riskfolio.Portfolio(returns=pd.DataFrame(returns), alpha=0.05)
    portfolio.assets_stats(method_mu="hist", method_cov="hist")
    portfolio.solvers = ["CLARABEL"]
    answer = portfolio.rp_optimization(model="Classic", rm="CVaR", b=None, hist=True)
    if answer is None:
        raise ArithmeticError("no answer")
    return np.asarray(answer.to_numpy().ravel())


def skfolio_parity(returns: np.ndarray) -> np.ndarray:
    from skfolio import RiskMeasure
    from skfolio.optimization import RiskBudgeting

    return np.asarray(RiskBudgeting(risk_measure=RiskMeasure.CVAR, cvar_beta=0.95).fit(returns).weights_)


def convex_value(weights: np.ndarray, returns: np.ndarray) -> float:
    """Return the function that risk parity minimises, at the best scale of the weights; infinite unless all are > 0.

    CVaR is computed here from sorted losses, not by one of the libraries.
    """
    if not (weights > 0.0).all():
        return float("inf")
    losses = np.sort(-(returns @ weights))[::-1]
    mass = 0.05 * losses.size
    whole = int(mass)
    cvar = (losses[:whole].sum() + (mass - whole) * losses[min(whole, losses.size - 1)]) / mass
    return float(1.0 + np.log(cvar) - np.log(weights).mean())


# Frontier -------------------------------------------------------------------------------------------------------------


def moments(returns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return 252.0 * returns.mean(axis=0), 252.0 * np.cov(returns.T)


def own_frontier(returns: np.ndarray) -> np.ndarray:
    return rpxl.efficient_frontier(*moments(returns), POINTS).weights


def pyportfolioopt_frontier(returns: np.ndarray, solver: str | None = None) -> np.ndarray:
    """Ask for one portfolio at a time: the smallest variance, then each target return.

    The last target is lowered by 1e-6 of itself, as the library's own highest target is slightly below the true one.
    """
    from pypfopt import EfficientFrontier

    means, cov = moments(returns)
    first = np.array(list(EfficientFrontier(means, cov, solver=solver).min_volatility().values()))
    rows = [first]
    for target in np.linspace(first @ means, means.max() * (1.0 - 1e-6), POINTS)[1:]:
        rows.append(np.array(list(EfficientFrontier(means, cov, solver=solver).efficient_return(target).values())))
    return np.array(rows)


def skfolio_frontier(returns: np.ndarray) -> np.ndarray:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk

    model = MeanRisk(risk_measure=RiskMeasure.VARIANCE, efficient_frontier_size=POINTS)
    return np.asarray(model.fit(returns).weights_)


def excess_vol(weights: np.ndarray, own: np.ndarray, returns: np.ndarray) -> float:
    """Return the largest relative excess of a volatility over the lowest at the same return, by rpxl."""
    means, cov = moments(returns)
    lowest, highest = own[0] @ means, means.max()
    worst = 0.0
    for row in weights / weights.sum(axis=1, keepdims=True):
        target = min(max(float(row @ means), lowest), highest)
        best = own[0] if target == lowest else rpxl.mean_variance_weights(means, cov, target_return=target)
        worst = max(worst, float(np.sqrt((row @ cov @ row) / (best @ cov @ best))) - 1.0)
    return worst


# Estimators -----------------------------------------------------------------------------------------------------------


def by_scikit_learn(name: str) -> Solver:
    def estimate(returns: np.ndarray) -> np.ndarray:
        import sklearn.covariance

        cov = np.asarray(getattr(sklearn.covariance, name)().fit(returns).covariance_)
        return cov * len(returns) / (len(returns) - 1) if name == "EmpiricalCovariance" else cov  # it divides by T

    return estimate


def by_rpxl(method: str) -> Solver:
    return lambda returns: rpxl.estimate_cov(returns, method, 1.0)


def difference(answer: np.ndarray, own: np.ndarray, _returns: np.ndarray) -> float:
    return float(np.abs(answer - own).max() / np.abs(own).max())


def main() -> None:
    """Measure, and print the tables."""
    warnings.simplefilter("ignore")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores;", ", ".join(f"{p} {version(p)}" for p in PACKAGES)
    )
    print(f"\nLoad average at the start {os.getloadavg()[0]:.2f}", flush=True)
    for warm in (rpxl.scenario_risk_parity, riskfolio_parity, skfolio_parity, pyportfolioopt_frontier):
        warm(returns_of(60, 3))  # imports are not timed
    table(
        "Risk parity by CVaR",
        "error",
        {"rpxl": rpxl.scenario_risk_parity, "Riskfolio-Lib": riskfolio_parity, "skfolio": skfolio_parity},
        lambda answer, own, returns: convex_value(answer, returns) - convex_value(own, returns),
    )
    table(
        f"Efficient frontier in {POINTS} portfolios",
        "error",
        {
            "rpxl": own_frontier,
            "PyPortfolioOpt": pyportfolioopt_frontier,
            "… by Clarabel": lambda returns: pyportfolioopt_frontier(returns, "CLARABEL"),
            "skfolio": skfolio_frontier,
        },
        excess_vol,
    )
    for method, name in (("ledoit_wolf", "LedoitWolf"), ("oas", "OAS"), ("sample", "EmpiricalCovariance")):
        solvers = {"rpxl": by_rpxl(method), f"scikit-learn {name}": by_scikit_learn(name)}
        table(f"Estimator {method}", "difference", solvers, difference)
    print(f"\nLoad average at the end {os.getloadavg()[0]:.2f}", flush=True)


if __name__ == "__main__":
    main()
