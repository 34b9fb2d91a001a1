"""Files that are written are judged by a validator of the file format: schema and rules of Office 2016 to 365."""

import io
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.excel import addin_file
from rpxl.filling.batch import Job, fill_batch
from rpxl.filling.fill import fill
from rpxl.filling.relink import normalise
from rpxl.xlsx.package import CONTENT_TYPES

from ..make import parts_of, with_parts, workbook
from .extended import extend

openxml_audit = pytest.importorskip("openxml_audit")

WORKBOOKS = Path(__file__).parents[2] / "workbooks"


def faults(path: Path) -> list[str]:
    """What the validator finds."""
    found = openxml_audit.OpenXmlValidator().validate(path)
    return [str(error) for error in found.errors]


def write_prices(path: Path, days: int, assets: int) -> Path:
    steps = np.random.default_rng(days).normal(0, 0.01, (days, assets))
    dates = np.busday_offset("2019-01-02", np.arange(days), roll="forward").astype(str)
    rows = np.column_stack([dates, (100 * np.exp(steps.cumsum(axis=0))).round(4).astype(str)]).tolist()
    path.write_text("\n".join(",".join(row) for row in [["Date", *"ABCDEFG"[:assets]], *rows]), "utf-8")
    return path


def user_made(book) -> None:
    """A workbook with prices, formulas that only Excel computes, a chart, a table, and links to add-ins."""
    main, data = book.add_worksheet("Main"), book.add_worksheet("Data")
    data.write_row("A1", ["Date", "A", "B"])
    for row in range(60):
        data.write_row(row + 1, 0, [45000 + row, 100 + row % 7, 50 + row % 5])
    book.define_name("Prices", "=Data!$B$1:$C$61")
    book.define_name("Dates", "=Data!$A$2:$A$61")
    book.define_name("Rate", "=Main!$B$1")
    main.write("B1", 0.02)
    main.write_formula("B2", "=TODAY()+Rate")
    main.write_array_formula("B3:B7", "{=TRANSPOSE(Data!B2:D2)}")
    main.write_dynamic_array_formula("D1:D2", "=_xludf.VOLS(COV_MATRIX(RETURNS(Prices)))")
    main.add_table("F1:G3")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Data!$B$2:$B$61"})
    main.insert_chart("H1", chart)
    data.set_h_pagebreaks([20, 40])


@pytest.mark.parametrize("name", [path.stem for path in sorted(WORKBOOKS.glob("*.xlsx"))])
def test_templates(name: str):
    assert faults(WORKBOOKS / f"{name}.xlsx") == []


def test_filled_and_resized_workbooks(tmp_path: Path):
    template = WORKBOOKS / "static_analysis.xlsx"
    for name, days, assets in (("longer", 1500, 5), ("shorter", 300, 5), ("wider", 400, 7)):
        out = tmp_path / f"{name}.xlsx"
        fill(template, out, prices=write_prices(tmp_path / "p.csv", days, assets))
        assert faults(out) == []
        fill(out, tmp_path / "again.xlsx", prices=write_prices(tmp_path / "p.csv", 500, assets), force=True)
        assert faults(tmp_path / "again.xlsx") == []


def test_workbooks_of_users_and_batches(tmp_path: Path):
    own = workbook(user_made)
    for days in (40, 90):
        fill(own, tmp_path / "own.xlsx", prices=write_prices(tmp_path / "p.csv", days, 2), force=True)
        assert faults(tmp_path / "own.xlsx") == []
    jobs = [Job("a", {"prices": str(tmp_path / "p.csv")}), Job("b", {}, {"Rate": "3%"})]
    assert [r.status for r in fill_batch(own, jobs, tmp_path / "batch", workers=1)] == ["filled"] * 2
    assert faults(tmp_path / "batch" / "a.xlsx") == faults(tmp_path / "batch" / "b.xlsx") == []
    (tmp_path / "back.xlsx").write_bytes(own)
    assert normalise(tmp_path / "back.xlsx", tmp_path / "plain.xlsx").formulas == 1
    assert faults(tmp_path / "plain.xlsx") == []


def test_a_filled_workbook_with_macros(tmp_path: Path):
    (tmp_path / "rpxl.xlam").write_bytes(addin_file.build())
    macros = parts_of(tmp_path / "rpxl.xlam")["xl/vbaProject.bin"]

    def with_macros(book) -> None:
        user_made(book)
        book.add_vba_project(io.BytesIO(macros), is_stream=True)

    own = workbook(with_macros)
    for days in (40, 90):
        out = tmp_path / f"{days}.xlsm"
        fill(own, out, prices=write_prices(tmp_path / "p.csv", days, 2))
        assert faults(out) == []
        parts = parts_of(out)
        assert parts["xl/vbaProject.bin"] == macros
        assert b"sheet.macroEnabled.main+xml" in parts[CONTENT_TYPES]
    broken = {CONTENT_TYPES: parts[CONTENT_TYPES].replace(b"sheet.macroEnabled.main+xml", b"sheet.main+xml")}
    out.write_bytes(with_parts(out.read_bytes(), broken))
    assert faults(out)


def test_a_backtest_that_was_extended_and_resized(tmp_path: Path):
    small = templates.get("backtest").build(2, 60, {"Lookback": 12.0, "Rebalance": "monthly"})
    fill(small, tmp_path / "base.xlsx", prices=write_prices(tmp_path / "p.csv", 60, 2))
    (tmp_path / "own.xlsx").write_bytes(extend((tmp_path / "base.xlsx").read_bytes()))
    assert faults(tmp_path / "own.xlsx") == []
    for days in (45, 80):
        fill(tmp_path / "own.xlsx", tmp_path / "out.xlsx", prices=write_prices(tmp_path / "p.csv", days, 2), force=True)
        assert faults(tmp_path / "out.xlsx") == []


def test_the_add_in(tmp_path: Path):
    (tmp_path / "rpxl.xlam").write_bytes(addin_file.build())
    assert faults(tmp_path / "rpxl.xlam") == []


@pytest.mark.parametrize("broken", ["element", "relationship", "content type"])
def test_the_validator_finds_what_is_broken(tmp_path: Path, broken: str):
    content = workbook(user_made)
    parts = parts_of(content)
    sheet = "xl/worksheets/sheet1.xml"
    new = {
        "element": {
            sheet: parts[sheet].replace(b"<sheetData>", b"<sheetDatum>").replace(b"</sheetData>", b"</sheetDatum>")
        },
        "relationship": {"xl/drawings/drawing1.xml": None},
        "content type": {CONTENT_TYPES: parts[CONTENT_TYPES].replace(b"sheet.main+xml", b"sheet.mane+xml")},
    }[broken]
    (tmp_path / "broken.xlsx").write_bytes(with_parts(content, new))
    assert faults(tmp_path / "broken.xlsx")
