"""The workbooks that set risk parity against other ways to weigh."""

import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.filling.inputs import WorkbookInputs
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
