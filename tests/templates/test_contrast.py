"""The workbooks that set risk parity against other ways to weigh."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.filling.fill import fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.prices import Prices
from rpxl.xlsx.workbook import Sheet, Workbook


def computed(name: str, **inputs: float) -> Workbook:
    """Build a template, set single inputs, and compute it."""
    book = Workbook(templates.get(name).build(), name)
    known = WorkbookInputs(book)
    for key, value in inputs.items():
        known.write(known.require(key), [value])
    result = calculate(book)
    assert not result.failures
    assert not result.left
    write_cached(book, result)
    return book


def row_of(page: Sheet, text: str, column: int = 2, nth: int = 0) -> int:
    return [row for row, c in sorted(page.cells) if c == column and page.value(row, c) == text][nth]


@pytest.mark.parametrize("correlation", [0.5, 0.98])
def test_inverse_volatility_gives_a_pair_nearly_twice_its_share(correlation):
    """By hand: of 4 assets in proportion to 1/σ, a pair with correlation ρ carries (2 + 2ρ) of (4 + 2ρ) of the risk."""
    others = dict.fromkeys(["Case_corr_bonds_stocks", "Case_corr_bonds_gold", "Case_corr_stocks_gold"], 0.0)
    vols = {"Case_vol_bond_1": 0.05, "Case_vol_bond_2": 0.08}
    page = computed("allocation_comparison", Case_corr_bonds=correlation, **others, **vols).sheet(
        "Why not inverse volatility"
    )
    pair = row_of(page, "The two bonds together")
    assert page.value(pair, 6) == pytest.approx((2 + 2 * correlation) / (4 + 2 * correlation), rel=1e-12)
    assert page.value(pair, 7) == pytest.approx(1 / 2, abs=1e-9)
    assert page.value(pair, 8) == pytest.approx(1 / 3, abs=1e-9)
    sweep = row_of(page, "Correlation of the two bonds")
    for column in range(3, 12):
        rho = page.value(sweep, column)
        assert page.value(sweep + 5, column) == pytest.approx((2 + 2 * rho) / (4 + 2 * rho), rel=1e-12)
        assert page.value(sweep + 6, column) == pytest.approx(1 / 2, abs=1e-9)


def prices(assets: int, days: list[date], seed: int = 3) -> Prices:
    draw = np.random.default_rng(seed)
    steps = draw.normal(0.0003, 1.0, (len(days), assets)) * np.linspace(0.004, 0.015, assets)
    steps += draw.normal(0.0, 0.003, (len(days), 1))
    names = [f"Asset {i + 1}" for i in range(assets)]
    return Prices(days, names, 100 * np.cumprod(1 + steps, axis=0), "Made up")


def every(step: int, count: int) -> list[date]:
    return [date(2019, 1, 31) + timedelta(days=step * i) for i in range(count)]


def filled(name: str, given: Prices, folder: Path, **settings: str) -> Workbook:
    """Fill a template, and ask that all its checks agree."""
    out = folder / f"{name}.xlsx"
    report = fill(Workbook(templates.get(name).build(), name).package.to_bytes(), out, prices=given, settings=settings)
    assert not report.left
    book = Workbook(out)
    known = WorkbookInputs(book)
    assert set(known.values(known.areas["Checks"])) == {"agrees"}
    return book


# Tail risk parity.


@pytest.mark.parametrize(("assets", "days"), [(2, every(1, 60)), (60, every(1, 200)), (3, every(91, 40))])
def test_tail_risk_parity_in_other_sizes(assets, days, tmp_path):
    book = filled("tail_risk_parity", prices(assets, days), tmp_path, Confidence="0.8")
    areas = {name.area.sheet: name.area for name in book.names if name.name == "_xlnm.Print_Area"}
    assert areas["Returns"].height <= 40
    assert areas["Returns"].bottom == len(days) + 5
    page = book.sheet("Weights")
    shares = [page.value(row, 10) for row in range(7, 7 + assets)]
    assert shares == pytest.approx([1 / assets] * assets, abs=1e-8)


def test_the_worst_months_are_those_of_pandas(tmp_path):
    given = prices(3, every(1, 300))
    book = filled("tail_risk_parity", given, tmp_path)
    weights = [book.sheet("Weights").value(row, 8) for row in range(7, 10)]  # by CVaR
    table = pd.DataFrame(given.values, index=pd.DatetimeIndex(given.dates)).pct_change().dropna() @ np.array(weights)
    worst = (1 + table).groupby(table.index.to_period("M")).prod().sub(1).sort_values()[:5]
    page = book.sheet("Tail risk")
    top = row_of(page, "The worst")
    assert [page.value(top + k, 6) for k in range(5)] == pytest.approx(worst.tolist(), rel=1e-9)
    firsts = [date(1899, 12, 30) + timedelta(days=page.value(top + k, 11)) for k in range(5)]
    assert [str(day)[:7] for day in firsts] == [str(month) for month in worst.index]
    row = row_of(page, "CVaR of one period")
    tail = np.sort(table.to_numpy())[: int(0.05 * 299) + 1]
    inside = 0.05 * 299
    cvar = -(tail[:-1].sum() + (inside - len(tail) + 1) * tail[-1]) / inside
    assert page.value(row, 6) == pytest.approx(cvar, rel=1e-9)
