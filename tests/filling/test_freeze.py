"""Frozen copies: rpxl's formulas are values, all else is as it was."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

import rpxl
from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.errors import InputError
from rpxl.filling.fill import fill
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.templates.built import built
from rpxl.xlsx.cells import MAIN, CellError
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook
from ..office import needs_office
from ..templates.test_built import recompute_in_office

OWN = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)})\(")
DAY = date(2026, 3, 4)


@cache
def template(name: str) -> bytes:
    return built(templates.get(name))


def saved(folder: Path, content: bytes, name: str = "book.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def computed(write) -> bytes:
    """A workbook with the values of its formulas."""
    book = Workbook(workbook(write))
    write_cached(book, calculate(book))
    return book.package.to_bytes()


def small(book) -> None:
    """A spilled answer, one in a single cell, one inside a formula, a table, and native formulas on them."""
    sheet, other = book.add_worksheet("Risk"), book.add_worksheet("It's mine")
    for i, row in enumerate(([0.04, 0.0], [0.0, 0.01])):
        sheet.write_row(i, 0, row)
    sheet.write_dynamic_array_formula("D1:D2", "=RP_WEIGHTS(A1:B2)")
    sheet.write_formula("F1", "=PORT_VOL(D1:D2,A1:B2)")
    sheet.write_formula("F2", "=ROUND(PORT_VOL(D1:D2,A1:B2),3)*2")
    sheet.write_formula("F3", "=SUM(D1:D2)")
    sheet.write_dynamic_array_formula("N1:T4", "=RISK_DECOMP(D1:D2,A1:B2)")
    other.write_formula("A1", "=Risk!F1*2")
    other.write("A3", "my text")
    book.define_name("Weights", "=Risk!$D$1:$D$2")


def own_formulas(book: Workbook) -> list[str]:
    return [f.text for sheet in book.worksheets for f in sheet.formulas.values() if OWN.search(f.text)]


def test_values_stand_where_the_formulas_were(tmp_path):
    content = computed(small)
    report = rpxl.freeze(saved(tmp_path, content), tmp_path / "frozen.xlsx", today=DAY)
    old, new = Workbook(content), Workbook(tmp_path / "frozen.xlsx")
    assert (report.formulas, report.sheets, report.notes) == (4, ("Risk",), ())
    assert own_formulas(old) and not own_formulas(new)
    for sheet in old.worksheets:
        for cell in sheet.cells:
            assert new.sheet(sheet.name).value(*cell) == sheet.value(*cell), cell
    native = {cell: f for cell, f in old.sheet("Risk").formulas.items() if not OWN.search(f.text)}
    assert new.sheet("Risk").formulas == native
    assert new.sheet("It's mine").formulas == old.sheet("It's mine").formulas
    assert [(n.name, n.text) for n in new.names] == [(n.name, n.text) for n in old.names]
    assert new.sheet("Risk").value(6, 1) == (
        "Frozen by rpxl on 2026-03-04: D1:D2, F1:F2, N1:T4 hold values and don't follow their inputs any more. All "
        "other formulas are live."
    )


def test_other_parts_stay_byte_for_byte(tmp_path):
    extra = {"xl/media/logo.png": b"\x89PNG mine", "customXml/item1.xml": b"<mine  a='1'/>"}
    content = with_parts(computed(small), extra)
    rpxl.freeze(saved(tmp_path, content), tmp_path / "frozen.xlsx", today=DAY)
    old, new = parts_of(content), parts_of(tmp_path / "frozen.xlsx")
    assert old.keys() == new.keys()
    assert {part for part in old if old[part] != new[part]} == {"xl/worksheets/sheet1.xml"}


def test_other_cells_of_a_sheet_stay(tmp_path):
    content = template("levered_with_futures")
    rpxl.freeze(saved(tmp_path, content), tmp_path / "frozen.xlsx", today=DAY)
    for sheet in Workbook(content).worksheets:
        ours = {c for f in sheet.formulas.values() if OWN.search(f.text) for c in f.area.cells()}
        other = Workbook(tmp_path / "frozen.xlsx").sheet(sheet.name)
        for cell, element in sheet.cells.items():
            if cell not in ours:
                assert etree.tostring(other.cells[cell], method="c14n") == etree.tostring(element, method="c14n")
            assert other.cells[cell].get("s") == element.get("s")
        frames = [
            [etree.tostring(child, method="c14n") for child in page.root if child.tag != f"{MAIN}sheetData"]
            for page in (sheet, other)
        ]
        assert frames[0] == frames[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({(1, 6): None}, "Risk!F1: the file keeps no value"),
        ({(3, 14): None}, "Risk!N3: the file keeps no value"),
        ({(1, 6): 0.5}, r"Risk!F1: is stale: the file keeps 0.5, the formula gives 0\.09428"),
        ({(2, 4): 0.1, (1, 4): 0.9}, "Risk!D1: is stale"),
        ({(1, 6): CellError("#NAME?")}, "Risk!F1: is stale: the file keeps '#NAME.', the formula gives"),
    ],
)
def test_what_is_missing_or_stale_is_refused_by_its_cell(change, words, tmp_path):
    book = Workbook(computed(small))
    for cell, value in change.items():
        book.sheet("Risk").write_result(*cell, value)
    with pytest.raises(InputError, match=words):
        rpxl.freeze(saved(tmp_path, book.package.to_bytes()), tmp_path / "frozen.xlsx")
    assert not (tmp_path / "frozen.xlsx").exists()


def test_an_input_that_was_changed_without_computing_is_noticed(tmp_path):
    book = Workbook(computed(small))
    book.sheet("Risk").write(1, 1, 0.09)
    with pytest.raises(InputError, match="Risk!D1: is stale"):
        rpxl.freeze(saved(tmp_path, book.package.to_bytes()), tmp_path / "frozen.xlsx")


def test_what_rpxl_cannot_compute_is_frozen_as_shown_and_told(tmp_path):
    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write_formula("A1", '=BDP("SPX")', None, 0.04)
        sheet.write_formula("A2", "=VOLS(A1)", None, 0.2)

    report = rpxl.freeze(saved(tmp_path, workbook(write)), tmp_path / "frozen.xlsx", today=DAY)
    assert report.notes == ("Frozen with the values shown, as rpxl alone can't compute them: S!A2.",)
    frozen = Workbook(tmp_path / "frozen.xlsx").sheet("S")
    assert frozen.value(2, 1) == 0.2
    assert list(frozen.formulas) == [(1, 1)]


def test_a_reference_to_a_spilled_range_becomes_one_to_its_cells(tmp_path):
    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", [0.04, 0.0])
        sheet.write_row("A2", [0.0, 0.01])
        sheet.write_dynamic_array_formula("D1:D2", "=RP_WEIGHTS(A1:B2)", None, 1 / 3)
        sheet.write("D2", 2 / 3)
        sheet.write_formula("F1", "=SUM(_xlfn.ANCHORARRAY(D1))+SUM(_xlfn.ANCHORARRAY($D$1))", None, 2.0)
        book.define_name("Found", "=_xlfn.ANCHORARRAY(S!$D$1)")

    rpxl.freeze(saved(tmp_path, workbook(write)), tmp_path / "frozen.xlsx", today=DAY)
    frozen = Workbook(tmp_path / "frozen.xlsx")
    assert frozen.sheet("S").formulas[1, 6].text == "SUM(D1:D2)+SUM($D$1:$D$2)"
    assert [(name.name, name.text) for name in frozen.names] == [("Found", "S!$D$1:$D$2")]


def test_functions_where_no_value_can_stand_are_refused(tmp_path):
    def in_a_name(book) -> None:
        small(book)
        book.define_name("Vol", "=PORT_VOL(Risk!$D$1:$D$2,Risk!$A$1:$B$2)")
        book.define_name("Double", "=2*Vol")  # this one calls no function

    def in_a_rule(book) -> None:
        small(book)
        rule = {"type": "formula", "criteria": "=PORT_VOL($D$1:$D$2,$A$1:$B$2)>1", "format": book.add_format()}
        book.get_worksheet_by_name("Risk").conditional_format("A1", rule)

    for write, words in ((in_a_name, "Vol: the name computes with rpxl"), (in_a_rule, "a rule for formats or inputs")):
        with pytest.raises(InputError, match=words):
            rpxl.freeze(saved(tmp_path, computed(write)), tmp_path / "frozen.xlsx")


def test_refusals(tmp_path):
    path = saved(tmp_path, computed(small))
    with pytest.raises(InputError, match="is the workbook itself"):
        rpxl.freeze(path, path, force=True)
    rpxl.freeze(path, tmp_path / "frozen.xlsx")
    with pytest.raises(InputError, match="exists already"):
        rpxl.freeze(path, tmp_path / "frozen.xlsx")
    with pytest.raises(InputError, match="nothing to freeze"):
        rpxl.freeze(tmp_path / "frozen.xlsx", tmp_path / "twice.xlsx")
    with pytest.raises(InputError, match=r"only with the ending \.xlsx"):
        rpxl.freeze(path, tmp_path / "frozen.xlsm")


def test_a_frozen_copy_is_not_filled(tmp_path):
    rpxl.freeze(saved(tmp_path, template("leverage_example")), tmp_path / "frozen.xlsx")
    with pytest.raises(InputError, match="is a frozen copy"):
        fill(tmp_path / "frozen.xlsx", tmp_path / "out.xlsx", settings={"Equity": "5"})


@needs_office
def test_a_frozen_copy_opens_without_rpxl(tmp_path):
    """LibreOffice computes it anew: the same values, and no #NAME?."""
    rpxl.freeze(saved(tmp_path, template("rebalance")), tmp_path / "frozen.xlsx")
    frozen = Workbook(tmp_path / "frozen.xlsx")
    assert not own_formulas(frozen)
    seen = Workbook(recompute_in_office(tmp_path / "frozen.xlsx", tmp_path / "out"))
    for sheet in frozen.worksheets:
        for cell in sheet.cells:
            value, other = sheet.value(*cell), seen.sheet(sheet.name).value(*cell)
            assert not isinstance(other, CellError), (sheet.name, cell)
            if isinstance(value, float):
                assert other == pytest.approx(value, rel=1e-9, abs=1e-12), (sheet.name, cell)


def test_frozen_cells_are_constants_through_and_through(tmp_path):
    """Nothing of a formula stays: not the kind of its text, not the mark of a spilling one."""
    rpxl.freeze(saved(tmp_path, computed(small)), tmp_path / "frozen.xlsx")
    sheet = Workbook(tmp_path / "frozen.xlsx").sheet("Risk")
    assert sheet.value(1, 14) == "Asset"
    for cell, element in sheet.cells.items():
        if cell not in sheet.formulas:
            assert element.get("t") != "str" and element.get("cm") is None, cell


def test_no_formula_reads_the_note(tmp_path):
    def write(book) -> None:
        small(book)
        book.get_worksheet_by_name("It's mine").write_formula("C1", "=COUNTA(Risk!A:B)", None, 4)

    rpxl.freeze(saved(tmp_path, computed(write)), tmp_path / "frozen.xlsx")
    sheet = Workbook(tmp_path / "frozen.xlsx").sheet("Risk")
    assert sheet.value(6, 1) is None
    assert str(sheet.value(6, 3)).startswith("Frozen by rpxl on ")


def test_the_order_of_calculation_is_made_anew(tmp_path):
    """Excel takes a list that names a cell without a formula for damage."""
    links = "xl/_rels/workbook.xml.rels"
    content = computed(small)
    parts = parts_of(content)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    link = f'<Relationship Id="rId99" Type="{kind}" Target="calcChain.xml"/></Relationships>'.encode()
    chain = f'<calcChain xmlns="{MAIN[1:-1]}"><c r="D1" i="1"/></calcChain>'.encode()
    extra = {links: parts[links].replace(b"</Relationships>", link), "xl/calcChain.xml": chain}
    rpxl.freeze(saved(tmp_path, with_parts(content, extra)), tmp_path / "frozen.xlsx")
    frozen = parts_of(tmp_path / "frozen.xlsx")
    assert "xl/calcChain.xml" not in frozen and b"calcChain" not in frozen[links]


def test_clients_are_not_filled_from_a_frozen_copy(tmp_path):
    from rpxl.filling.batch import fill_batch
    from rpxl.filling.jobs import Job

    rpxl.freeze(saved(tmp_path, template("leverage_example")), tmp_path / "frozen.xlsx")
    jobs = [Job("one", {}, {"Equity": "5"})]
    try:
        results = fill_batch((tmp_path / "frozen.xlsx").read_bytes(), jobs, tmp_path / "out", workers=1)
    except InputError as error:
        assert "is a frozen copy" in str(error)
    else:
        assert [result.status for result in results] == ["failed"]
        assert "is a frozen copy" in results[0].reason


def test_the_note_stands_below_charts(tmp_path):
    rpxl.freeze(saved(tmp_path, template("levered_with_futures")), tmp_path / "frozen.xlsx")
    book = Workbook(tmp_path / "frozen.xlsx")
    sheet = book.sheet("Futures")
    [note] = [row for row, column in sheet.cells if str(sheet.value(row, column)).startswith("Frozen by rpxl on ")]
    ends = [int(to.findtext("{*}row") or 0) + 1 for to in book.package.tree("xl/drawings/drawing1.xml").iter("{*}to")]
    assert len(ends) == 2 and note > max(ends)
