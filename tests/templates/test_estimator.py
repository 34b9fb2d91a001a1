"""The estimator of covariances is an input; figures that depend on it are not compared with native formulas."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.core.estimators import ESTIMATORS, estimate_cov
from rpxl.errors import RpxlError
from rpxl.filling.fill import fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.templates.built import built
from rpxl.xlsx.workbook import Workbook

NOT_COMPARED = {
    "static_analysis": 10,
    "allocation_comparison": 1,
    "rebalance": 1,
    "famous_portfolios": 11,
    "why_not_mean_variance": 6,
}
"""How many checks of each template compare with native formulas for sample covariances."""


@cache
def template(name: str) -> bytes:
    return built(templates.get(name))


def filled(name: str, method: str, folder: Path) -> WorkbookInputs:
    fill(template(name), folder / "out.xlsx", settings={"Estimator": method}, force=True)
    return WorkbookInputs(Workbook(folder / "out.xlsx"))


@pytest.mark.parametrize("name", NOT_COMPARED)
def test_the_matrix_is_that_of_the_estimator_and_some_checks_stand_apart(name: str, tmp_path: Path):
    verdicts = {}
    for method in ("sample", "ledoit_wolf", "EWMA"):
        inputs = filled(name, method, tmp_path)
        prices = inputs.areas["Prices"]
        closes = np.array(inputs.book.sheet("Prices").values(prices)[1:], dtype=float)
        cov = estimate_cov(closes[1:] / closes[:-1] - 1.0, method, 252.0)
        assert inputs.values(inputs.areas["Cov"]) == pytest.approx(cov.ravel(), rel=1e-12)
        assert f"Annual {method} covariance of simple returns (trading days" in str(
            inputs.book.sheet("Matrices").value(2, 2)
        )
        checks = inputs.values(inputs.areas["Checks"])
        verdicts[method] = checks
        status = str(inputs.book.worksheets[0].value(3, 2))
        apart = checks.count("not compared")
        told = f"; {apart} not compared" if apart else ""
        assert status == f"All {len(checks) - apart} checks against native Excel formulas agree{told}"
    assert set(verdicts["sample"]) == {"agrees"}
    assert verdicts["EWMA"] == verdicts["ledoit_wolf"]
    assert verdicts["EWMA"].count("not compared") == NOT_COMPARED[name]
    assert set(verdicts["EWMA"]) == {"agrees", "not compared"}


def test_what_differs_is_told_beside_what_is_not_compared(tmp_path: Path):
    settings = {"Estimator": "oas", "Periods_per_year": "200"}  # 252, by the dates
    fill(template("static_analysis"), tmp_path / "out.xlsx", settings=settings)
    inputs = WorkbookInputs(Workbook(tmp_path / "out.xlsx"))
    checks = inputs.values(inputs.areas["Checks"])
    told = f"1 of {len(checks) - 10} checks against native Excel formulas DIFFER; 10 not compared"
    assert checks[0] == "DIFFERS by a factor" and inputs.book.worksheets[0].value(3, 2) == told


@pytest.mark.parametrize("name", NOT_COMPARED)
def test_the_names_are_offered_and_others_refused(name: str, tmp_path: Path):
    book = Workbook(template(name), name)
    rules = [rule for sheet in book.worksheets for rule in sheet.root.iter("{*}dataValidation")]
    assert f'"{",".join(ESTIMATORS)}"' in [rule.findtext("{*}formula1") for rule in rules]
    with pytest.raises(RpxlError, match="choose one of: sample, ewma"):
        filled(name, "garch", tmp_path)
