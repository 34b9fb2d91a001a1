"""A new estimator or strategy is one function in one file; all parts of rpxl find it."""

import dataclasses
import importlib
import json
import pkgutil
import subprocess
import sys

import pytest

import rpxl.core
from rpxl.core.estimators import ESTIMATORS
from rpxl.core.strategies import STRATEGIES

NEW = """
import json
import numpy as np
from rpxl.core.estimators import estimator
from rpxl.core.strategies import strategy

@estimator("squares", "the mean of squares")
def squares(returns, periods):
    return returns.T @ returns / len(returns) * periods

@strategy("first_only", "all in the first asset")
def first_only(past):
    return np.eye(len(past.cov))[0]

from rpxl.core.backtest import backtest
from rpxl.formulas import COV_MATRIX, RP_BACKTEST

def argument(function, name):
    return next(p for p in function.parameters if p.name == name)

days = np.arange("2024-01-05", "2024-06-01", 7, dtype="datetime64[D]")
prices = 100.0 * np.exp(np.cumsum(np.random.default_rng(0).standard_normal((len(days), 2)) * 0.02, axis=0))
cells = [[str(day), *row] for day, row in zip(days, prices.tolist())]
trades = RP_BACKTEST(cells, "First_Only", 8, "weekly", None, 0, 0, "trades", None, None, "squares")
print(json.dumps({
    "options": argument(COV_MATRIX, "method").reader.options,
    "help": argument(COV_MATRIX, "method").help,
    "cov": COV_MATRIX([[0.5], [-0.1]], "Squares", 2.0),
    "strategies": argument(RP_BACKTEST, "strategy").reader.options,
    "strategy help": argument(RP_BACKTEST, "strategy").help,
    "estimators of the backtest": argument(RP_BACKTEST, "method").reader.options,
    "weights": [row[4:] for row in trades[1:]],
    "levered": backtest(prices, days, "first_only", 8, "weekly", 0.1, method="squares").leverage[0],
    "by hand": 0.1 / float((np.diff(prices[:9, 0]) / prices[:8, 0]).__pow__(2).mean() * 52) ** 0.5,
}))
"""


def test_neither_results_nor_entries_of_the_registries_can_be_changed():
    modules = [
        importlib.import_module(f"rpxl.core.{module.name}") for module in pkgutil.iter_modules(rpxl.core.__path__)
    ]
    kinds = {kind for module in modules for kind in vars(module).values() if dataclasses.is_dataclass(kind)}
    assert len(kinds) > 20
    assert sorted(kind.__name__ for kind in kinds if not kind.__dataclass_params__.frozen) == []


@pytest.mark.skipif(sys.platform == "emscripten", reason="there are no processes in a browser")
def test_a_new_estimator_and_a_new_strategy_are_found_everywhere():
    run = subprocess.run([sys.executable, "-c", NEW], check=True, capture_output=True, text=True)
    told = json.loads(run.stdout)
    assert told["options"] == [*ESTIMATORS, "squares"] == told["estimators of the backtest"]
    assert told["options"][:4] == ["sample", "ewma", "semi", "ledoit_wolf"]
    assert "squares" in told["help"]
    assert told["cov"] == [[0.26]]  # 2 · (0.25 + 0.01) / 2
    assert told["strategies"] == [*STRATEGIES, "first_only"]
    assert told["strategies"][:4] == ["risk_parity", "inverse_vol", "equal_weight", "min_variance"]
    assert "first_only" in told["strategy help"]
    assert told["weights"] and all(weights == [1.0, 0.0] for weights in told["weights"])
    assert abs(told["levered"] / told["by hand"] - 1.0) < 1e-12
