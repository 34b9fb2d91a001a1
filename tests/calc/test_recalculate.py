"""Whole workbooks, of which LibreOffice recalculates every formula."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import xlsxwriter

from rpxl.calc import recalculate as module
from rpxl.calc.locate import OfficeError
from rpxl.calc.recalculate import Cell, preview, recalculate
from rpxl.errors import InputError
from rpxl.filling.fill import fill
from rpxl.templates import get, names
from rpxl.xlsx.cells import Value
from rpxl.xlsx.references import cell_name
from rpxl.xlsx.workbook import Workbook

from ..make import counting_from_1904

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
pytestmark = pytest.mark.usefixtures("office_installed")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook by XlsxWriter whose kept values are all wrong, in a folder with a difficult name."""
    folder = tmp_path / "Straße & co"
    folder.mkdir()
    path = folder / "ein Buch.xlsx"
    book = xlsxwriter.Workbook(path)
    data = book.add_worksheet("It's data")
    data.fit_to_pages(1, 1)
    data.write_row("A1", ["", "Stocks", "Bonds"])
    data.write_row("A2", ["Stocks", 0.0256])
    data.write_row("A3", ["Bonds", 0.0, 0.0016])
    data.write_dynamic_array_formula("E2:E3", "=RP_WEIGHTS(A1:C3)", None, 9)
    data.write_dynamic_array_formula("F2:F3", "=RISK_CONTRIB(E2:E3,Covariances)", None, 9)
    data.write_formula("G2", "=SUM(E2:E3)", None, 9)
    data.write_formula("G3", '=IFERROR(PORT_VOL(E2:E3,Covariances)*2,"failed")', None, 9)
    data.write_formula("H2", "=Volatility", None, 9)
    data.write_formula("I2", "=PORT_VOL(E2:E3,B3:C3)", None, 9)
    data.write_formula("I3", "=I2+1", None, 9)
    data.write_formula("J2", '="=RP_WEIGHTS("', None, 9)
    data.write_string("J3", "=RP_WEIGHTS(A1:C3)")
    book.define_name("Covariances", "='It''s data'!$B$2:$C$3")
    book.define_name("Volatility", "=PORT_VOL('It''s data'!$E$2:$E$3,Covariances)")
    book.add_worksheet("Other").write_formula("B2", "=INDEX(RP_WEIGHTS(Covariances),2)", None, 9)
    book.close()
    return path


def test_every_cell_and_its_error(workbook: Path) -> None:
    before = workbook.read_bytes()
    answer = recalculate(workbook)
    assert workbook.read_bytes() == before
    assert [path.name for path in workbook.parent.iterdir()] == [workbook.name]

    volatility = (2 * (0.2 * 0.16) ** 2) ** 0.5  # two uncorrelated assets that carry equal risk
    cells = answer.sheets["It's data"]
    numbers = {"E2": 0.2, "E3": 0.8, "F2": 0.5, "F3": 0.5, "G2": 1.0, "G3": 2 * volatility, "H2": volatility}
    assert {address: cells[address].value for address in numbers} == pytest.approx(numbers, abs=1e-12)
    assert answer.sheets["Other"]["B2"].value == pytest.approx(0.8, abs=1e-12)
    assert cells["E2"].formula == cells["E3"].formula == "{=RP_WEIGHTS(A1:C3)}"
    assert cells["A2"] == Cell("Stocks")
    assert cells["J2"].value == "=RP_WEIGHTS("
    assert cells["J3"] == Cell("=RP_WEIGHTS(A1:C3)")
    assert "A1" not in cells
    assert [(sheet, address) for sheet, address, _ in answer.errors] == [("It's data", "I2"), ("It's data", "I3")]
    assert cells["I2"].error == cells["I3"].error == "#VALUE!"
    assert cells["I2"].reason.startswith("PORT_VOL: #VALUE!\ncov: has 1 row and 2 columns")


def test_pages(workbook: Path, tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None and not os.environ.get("RPXL_REQUIRE_OFFICE"):
        pytest.skip("pdftoppm makes the pictures: apt-get install poppler-utils")
    pdf, png = tmp_path / "pages.pdf", tmp_path / "pictures" / "page.png"
    written = recalculate(workbook, pdf=pdf, png=png).pictures
    assert written == [pdf, *(png.with_name(f"page-{number}.png") for number in (1, 2))]
    assert pdf.read_bytes().startswith(b"%PDF")
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written[1:])
    assert [path.name for path in preview(workbook, tmp_path)] == ["ein Buch-1.png", "ein Buch-2.png"]
    assert [path.parent for path in preview(workbook)] == [workbook.parent] * 2
    into = recalculate(workbook, png=tmp_path / "new folder").pictures
    assert into == [tmp_path / "new folder" / f"ein Buch-{number}.png" for number in (1, 2)]


def test_a_preview_is_what_a_person_prints_unless_all_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    book = xlsxwriter.Workbook(path)
    for name in ("Report", "Data"):
        sheet = book.add_worksheet(name)
        sheet.write_column("A1", range(5))
        sheet.write("A300", 1)
        sheet.set_footer("&F")
    book.get_worksheet_by_name("Report").print_area("A1:C5")
    book.close()
    coarse, fine = (preview(path, tmp_path / str(dpi), dpi=dpi) for dpi in (20, 80))
    assert len(coarse) == len(fine) == 1
    widths = [int.from_bytes(page[0].read_bytes()[16:20], "big") for page in (coarse, fine)]  # the header of a PNG
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01)
    assert len(preview(path, tmp_path, everything=True, dpi=20)) == 4  # two sheets, each with a first and a last page
    with pytest.raises(InputError, match="20 to 600"):
        preview(path, tmp_path, dpi=5)
    if shutil.which("pdftotext"):
        recalculate(path, pdf=tmp_path / "report.pdf")
        text = subprocess.run(["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True)
        assert "report.xlsx" in text.stdout


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        recalculate(tmp_path / "none.xlsx")
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match="broken"):
        recalculate(broken)
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(OfficeError):
        recalculate(picture)


def test_without_pdftoppm_it_says_what_to_install(workbook: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_PAGES_PROGRAM", "no-such-program")
    with pytest.raises(OfficeError, match="poppler"):
        recalculate(workbook, png=tmp_path / "page.png")
    assert not list(tmp_path.glob("*.png"))


def test_a_workbook_that_came_back_from_excel(tmp_path: Path) -> None:
    """Excel keeps the functions of an add-in as calls into a linked file."""
    path = tmp_path / "back.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Data")
    sheet.write_formula("A1", "='C:\\AddIns\\rpxl.xlam'!VOLS(0.04)", None, 9)
    sheet.write_formula("A2", "=_xldudf_VOLS(0.09)", None, 9)
    book.close()
    cells = recalculate(path).sheets["Data"]
    assert (cells["A1"].value, cells["A2"].value) == pytest.approx((0.2, 0.3))


def assert_cached_values_hold(path: Path) -> int:
    """Compare each value that the file keeps for a formula with what LibreOffice computes; return how many."""
    sheets = recalculate(path).sheets
    count = 0
    for sheet in Workbook(path).worksheets:
        for row, column in sheet.cells:
            if sheet.computed_by(row, column) is not None:
                cell = sheets[sheet.name].get(cell_name(row, column), Cell(None))
                kept = sheet.value(row, column)
                assert same(kept, cell.error or cell.value), f"{sheet.name}!{cell_name(row, column)}: {kept}, {cell}"
                count += 1
    return count


def same(kept: Value, computed: Value) -> bool:
    if isinstance(kept, int | float) and isinstance(computed, int | float):
        return kept == pytest.approx(computed, rel=1e-9, abs=1e-9)
    return (kept or None) == (computed or None)


@pytest.mark.parametrize("path", sorted(WORKBOOKS.glob("*.xlsx")), ids=lambda path: path.stem)
def test_shipped_workbook_equals_its_kept_values(path: Path) -> None:
    assert assert_cached_values_hold(path) > 50


def test_each_template_is_shipped() -> None:
    assert {path.stem for path in WORKBOOKS.glob("*.xlsx")} >= set(names())


def test_filled_workbook_equals_its_kept_values(tmp_path: Path) -> None:
    template, out = tmp_path / "template.xlsx", tmp_path / "filled.xlsx"
    template.write_bytes(get("decomposition_60_40").build())
    fill(template, out, weights=".3,.7", vols="12%,6%", corr="1,.25;.25,1")
    assert assert_cached_values_hold(out) > 50
    volatility = (0.3**2 * 0.12**2 + 0.7**2 * 0.06**2 + 2 * 0.25 * 0.3 * 0.7 * 0.12 * 0.06) ** 0.5
    values = {cell.value for cell in recalculate(out).sheets["Decomposition"].values() if isinstance(cell.value, float)}
    assert any(value == pytest.approx(volatility, abs=1e-12) for value in values)


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    path = tmp_path / "old Mac.xlsx"
    path.write_bytes(counting_from_1904())
    cells = recalculate(path).sheets["S"]
    assert (cells["D2"].value, cells["E2"].value) == ("Periods", 2.0)
