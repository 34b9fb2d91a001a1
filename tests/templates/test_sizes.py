"""Workbooks of many dates and assets: light to compute, and a report to print."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.filling.fill import fill
from rpxl.prices.prices import Prices
from rpxl.templates.built import built
from rpxl.xlsx.cells import FormulaCell
from rpxl.xlsx.references import Area, parse_range, tokenize
from rpxl.xlsx.workbook import Workbook

from ..office import needs_office
from .test_built import recompute_in_office

WITH_PRICES = ("static_analysis", "allocation_comparison", "backtest", "tear_sheet", "rebalance")
PAGE = 40
"""The most rows that a sheet with a row for each date prints."""


@cache
def template(name: str) -> bytes:
    return built(templates.get(name))


def filled(name: str, assets: int, dates: int, folder: Path) -> Path:
    days = [day for day in (date(2010, 1, 4) + timedelta(days=i) for i in range(2 * dates)) if day.weekday() < 5]
    steps = np.random.default_rng(assets).normal(0, 0.01, (dates, assets))
    prices = 100 * np.exp(np.cumsum(steps, axis=0))
    out = folder / f"{name}.xlsx"
    settings = {"Lookback": "30", "Rebalance": "monthly"} if name == "backtest" else {}
    labels = [f"Asset {i}" for i in range(assets)]
    held = ",".join([*(f"{label}={20 + i}" for i, label in enumerate(labels)), "Cash=5000"])
    holdings = held if name == "rebalance" else None
    made_up = Prices(days[:dates], labels, prices, "Made up")
    fill(template(name), out, prices=made_up, settings=settings, force=True, holdings=holdings)
    return out


def printed(path: Path) -> dict[str, Area]:
    """The print areas by sheet."""
    areas = {}
    for name in Workbook(path).names:
        if name.name == "_xlnm.Print_Area":
            assert name.area is not None
            areas[name.area.sheet] = name.area
    return areas


def read_cells(formula: FormulaCell) -> int:
    """How many cells a formula reads by address."""
    areas = [parse_range(token.body.replace("$", "")) for token in tokenize(formula.text) if token.kind == "area"]
    return sum(area.height * area.width for area in areas)


def test_a_date_more_costs_the_same_however_many_there_are():
    book = Workbook(template("backtest"))
    page = book.sheet("History")
    rows = max(row for row, _ in page.cells)
    single = [formula for formula in page.formulas.values() if not formula.array]
    assert len(single) > 4 * (rows - 10)
    assert 14 * (rows - 10) < sum(map(read_cells, single)) < 18 * rows
    for sheet in book.worksheets:
        for formula in sheet.formulas.values():
            assert formula.area.height < 200 or "RP_BACKTEST(" in formula.text, formula


@pytest.mark.parametrize(("assets", "dates"), [(5, 60), (5, 900), (17, 300)])
@pytest.mark.parametrize("name", WITH_PRICES)
def test_a_page_of_a_long_sheet_is_printed(name: str, assets: int, dates: int, tmp_path: Path):
    out = filled(name, assets, dates, tmp_path)
    areas = printed(out)
    long = {"backtest": {"Prices", "History"}, "tear_sheet": {"Prices", "History", "Rolling"}}.get(name, {"Prices"})
    assert long <= areas.keys()
    for sheet in long:
        last = max(row for row, _ in Workbook(out).sheet(sheet).cells)
        assert 15 <= areas[sheet].height <= PAGE
        assert areas[sheet].bottom == last
        assert areas[sheet].width <= 18


@needs_office
@pytest.mark.parametrize("name", WITH_PRICES)
def test_the_report_has_a_few_pages(name: str, tmp_path: Path):
    """120 pages of prices are no report; LibreOffice counts the pages."""
    out = filled(name, 40, 900, tmp_path)
    pdf = recompute_in_office(out, tmp_path / "out", "pdf").read_bytes()
    assert 5 <= pdf.count(b"/Type/Page/") + pdf.count(b"/Type/Page\n") <= 12


def test_prices_that_shrink_and_grow_stay_a_page_and_a_template(tmp_path: Path):
    """Rows come and go in place; afterwards another number of assets is still laid out anew."""
    path = filled("static_analysis", 5, 30, tmp_path)
    for dates in (400, 25, 90):
        days = [date(2010, 1, 4) + timedelta(days=7 * i) for i in range(dates)]
        prices = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, (dates, 5)), axis=0))
        fill(path, path, prices=Prices(days, [f"Asset {i}" for i in range(5)], prices, "Made up"), force=True)
        assert 20 <= printed(path)["Prices"].height <= PAGE
        assert printed(path)["Prices"].bottom == dates + 5
    fill(path, path, prices=Prices(days, ["A", "B", "C"], prices[:, :3], "Made up"), force=True)
    assert printed(path)["Prices"].bottom == 95


@pytest.mark.parametrize("name", WITH_PRICES)
def test_every_sheet_has_a_print_area_that_holds_its_charts(name: str):
    """If one sheet has a print area, LibreOffice prints no sheet without one."""
    book = Workbook(template(name))
    path_areas = {n.area.sheet: n.area for n in book.names if n.name == "_xlnm.Print_Area" and n.area is not None}
    assert path_areas.keys() == {sheet.name for sheet in book.worksheets}
    first = book.worksheets[0]
    assert path_areas[first.name].top == 1
    last_cell = max(row for row, column in first.cells if first.value(row, column) is not None)
    assert path_areas[first.name].bottom >= last_cell
    anchors = [book.package.tree(part) for part in book.package.parts if part.startswith("xl/drawings/drawing1.xml")]
    bottoms = [int(row.text or 0) + 1 for root in anchors for to in root.iter("{*}to") for row in to.iter("{*}row")]
    assert bottoms
    assert path_areas[first.name].bottom >= max(bottoms)
