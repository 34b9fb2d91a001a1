"""Building the templates, and telling whether a folder holds what the code builds."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rpxl import templates
from rpxl.errors import RpxlError
from rpxl.files import write_file
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.templates.built import build, built, check, differences_of
from rpxl.xlsx.cells import MAIN
from rpxl.xlsx.workbook import Workbook

from ..make import with_parts, workbook
from ..office import SOFFICE, needs_office

SHIPPED = Path(__file__).parents[2] / "workbooks"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("workbooks")
    assert [path.stem for path in build(folder)] == templates.names()
    return folder


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_the_shipped_workbooks_are_what_the_code_builds():
    assert check(SHIPPED) == []


@pytest.mark.parametrize("name", templates.names())
def test_building_twice_gives_the_same_bytes(name, folder):
    assert built(templates.get(name)) == (folder / f"{name}.xlsx").read_bytes()


def test_a_missing_and_a_foreign_file_are_told(copy: Path, monkeypatch):
    monkeypatch.setattr(templates, "names", lambda: ["leverage_example"])
    for path in copy.iterdir():
        if path.stem != "leverage_example":
            path.unlink()
    (copy / "leverage_example.xlsx").rename(copy / "mine.xlsx")
    assert check(copy) == ["mine.xlsx is not one of the templates.", "leverage_example.xlsx is missing."]


def test_a_broken_file_is_told(copy: Path):
    path = copy / "haghani_white.xlsx"
    path.write_bytes(b"not a zip")
    assert len(differences_of(path, path.stem)) == 1


def test_a_changed_input_is_told(copy: Path):
    path = copy / "decomposition_60_40.xlsx"
    book = Workbook(path)
    assert book.sheet("Decomposition").write(7, 3, 0.16)
    write_file(path, book.package.to_bytes(), force=True)
    (change,) = differences_of(path, path.stem)
    assert change.startswith("decomposition_60_40.xlsx: the sheet Decomposition differs")


@pytest.mark.parametrize(("factor", "told"), [(1 + 1e-8, True), (1 + 1e-11, False)])
def test_a_computed_number_may_differ_in_its_last_digits_only(copy: Path, factor, told):
    path = copy / "decomposition_60_40.xlsx"
    book = Workbook(path)
    page = book.sheet("Decomposition")
    page.write_result(19, 3, page.value(19, 3) * factor)
    write_file(path, book.package.to_bytes(), force=True)
    assert bool(differences_of(path, path.stem)) == told


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/charts/chart1.xml", "xl/workbook.xml", "docProps/core.xml"])
def test_a_changed_byte_in_any_part_is_told(copy: Path, part):
    path = copy / "decomposition_60_40.xlsx"
    content = Workbook(path).package.read(part)
    changed = content.replace(b"</", b" </", 1)
    write_file(path, with_parts(path.read_bytes(), {part: changed}), force=True)
    assert differences_of(path, path.stem) == [f"decomposition_60_40.xlsx: the part {part} differs."]


def test_a_changed_formula_is_told(copy: Path):
    path = copy / "leverage_example.xlsx"
    part = "xl/worksheets/sheet1.xml"
    content = Workbook(path).package.read(part)
    changed = content.replace(b"*Equity<", b"*Equity*1<", 1)
    assert changed != content
    write_file(path, with_parts(path.read_bytes(), {part: changed}), force=True)
    assert len(differences_of(path, path.stem)) == 1


def test_a_part_too_many_and_a_missing_one_are_told_apart(copy: Path):
    path = copy / "leverage_example.xlsx"
    parts = {"docProps/core.xml": None, "xl/mine.bin": b"mine"}
    write_file(path, with_parts(path.read_bytes(), parts), force=True)
    told = [change.partition(": ")[2] for change in differences_of(path, path.stem)]
    assert told == ["the part docProps/core.xml is missing.", "the part xl/mine.bin is too many."]


class Broken:
    """Stands for a template with two formulas that fail, the first because of the second."""

    name = "broken"

    def build(self) -> bytes:
        def write(book) -> None:
            sheet = book.add_worksheet("S")
            sheet.write_formula("A1", "=VOLS(A2)")
            sheet.write_formula("A2", "=VOLS(-1)")

        return workbook(write)


def test_a_template_that_fails_names_the_formula_that_is_at_fault():
    with pytest.raises(RpxlError, match=r"^broken cannot be built: S!A2 =VOLS\(-1\)"):
        built(Broken())


def recompute_in_office(workbook: Path, folder: Path, kind: str = "xlsx") -> Path:
    """Let LibreOffice open a workbook and save it in another folder, as a file of another kind too."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(SOFFICE), "--headless", "--norestore", "--nologo", profile, "--convert-to", kind]
    subprocess.run([*command, "--outdir", str(folder), str(workbook)], check=True, capture_output=True, timeout=120)
    return folder / f"{workbook.stem}.{kind}"


def native_values_in_office(book: Workbook, tmp_path: Path) -> int:
    """Keep rpxl's answers as constants, take the values of all native formulas away, and let Calc compute them.

    Returns how many cells were compared.
    """
    ours = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)})\(")
    wanted = {}
    for page in book.worksheets:
        native = [formula for formula in page.formulas.values() if not ours.search(formula.text)]
        wanted[page.name] = {cell: page.value(*cell) for formula in native for cell in formula.area.cells()}
        for element in book.package.edit(page.part).iter(f"{MAIN}c"):
            formula = element.find(f"{MAIN}f")
            if formula is not None and ours.search(formula.text or ""):
                element.remove(formula)
                element.attrib.pop("cm", None)
        page.forget()
        for cell in wanted[page.name]:
            page.write_result(*cell, None)
    path = tmp_path / "native.xlsx"
    path.write_bytes(book.package.to_bytes())
    computed = Workbook(recompute_in_office(path, tmp_path / "out"))
    for title, cells in wanted.items():
        for cell, value in cells.items():
            other = computed.sheet(title).value(*cell)
            expected = pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value
            assert other == expected, (title, cell)
    return sum(map(len, wanted.values()))


@needs_office
@pytest.mark.parametrize("name", templates.names())
def test_native_formulas_agree_with_libreoffice(name, folder, tmp_path):
    assert native_values_in_office(Workbook(folder / f"{name}.xlsx"), tmp_path) >= 40
