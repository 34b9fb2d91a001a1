"""A cell must not wait for what it doesn't use: the modules that a first formula leaves alone."""

import json
import subprocess
import sys

import pytest

FIRST_CALL = "from rpxl.formulas import RP_WEIGHTS; RP_WEIGHTS([[0.04, 0.01], [0.01, 0.09]])"
HEAVY = (
    "scipy",
    "pandas",
    "xlwings",
    "rich",
    "lxml",
    "formualizer",
    "typer",
    "joblib",
    "xlsxwriter",
    "threadpoolctl",
    "numpy.ma",
    "numpy.random",
    "statistics",
    "difflib",
    "decimal",
    "threading",
)


@pytest.fixture(scope="module")
def imported():
    code = f"import json, sys; {FIRST_CALL}; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("module", HEAVY)
def test_first_formula_does_not_import(imported, module):
    assert "rpxl.core.risk_parity" in imported
    assert module not in imported
