"""Workbooks that came back from a spreadsheet: only the calls of rpxl's functions change."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from rpxl.calculation.calculate import calculate
from rpxl.errors import InputError
from rpxl.filling.relink import normalise, plain_formula
from rpxl.xlsx.workbook import Workbook

from .. import make
from ..make import LINKS, MAIN, parts_of, with_parts


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        ("[1]!RP_WEIGHTS(A1:B2)", "RP_WEIGHTS(A1:B2)"),
        ("[12]!rp_weights(A1:B2)", "rp_weights(A1:B2)"),
        (r"'C:\Users\O''Neil\Add Ins\rpxl.xlam'!RP_WEIGHTS(A1:B2)", "RP_WEIGHTS(A1:B2)"),
        ("'/Users/me/RPXL.XLAM'!VOLS(A1)", "VOLS(A1)"),
        ("rpxl.xlam!VOLS(A1)", "VOLS(A1)"),
        ("[rpxl.xlam]!VOLS(A1)", "VOLS(A1)"),
        ("_xldudf_RP_WEIGHTS(A1:B2)", "RP_WEIGHTS(A1:B2)"),
        ("_xll.RP_WEIGHTS(A1:B2)", "RP_WEIGHTS(A1:B2)"),
        ("ORG.RPXL.CALC.FUNCTIONS.RP_WEIGHTS(A1:B2)", "RP_WEIGHTS(A1:B2)"),
        ("SUM([1]!RISK_CONTRIB([1]!RP_WEIGHTS(A1:B2), A1:B2))*2", "SUM(RISK_CONTRIB(RP_WEIGHTS(A1:B2), A1:B2))*2"),
        ("IFERROR([1]!VOLS('[2]x y'!A1:B2),\"\")", "IFERROR(VOLS('[2]x y'!A1:B2),\"\")"),
    ],
)
def test_calls_become_plain(stored: str, plain: str) -> None:
    assert plain_formula(stored) == plain
    assert plain_formula(plain) == plain


@pytest.mark.parametrize(
    "formula",
    [
        '"[1]!RP_WEIGHTS("',
        '"say ""[1]!VOLS(A1)"" and rpxl.xlam!VOLS("&A1',
        "[1]!OTHER(A1)",
        "[1]Sheet1!A1+'[2]RP_WEIGHTS'!B2",
        "other.xlsm!RP_WEIGHTS(A1)",
        "'C:\\my-rpxl.xlam'!RP_WEIGHTS(A1)",
        "MY_VOLS(A1)",
        "VOLS",
        "[1]!VOLS",
        "_xlfn.STDEV.S(A1:A9)",
        "_xlfn.ANCHORARRAY(A1)",
        "IF(A1<>\"'\",'a''b'!A1,#N/A)",
        "",
    ],
)
def test_everything_else_stays(formula: str) -> None:
    assert plain_formula(formula) == formula


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "back from Excel.xlsx"
    book = xlsxwriter.Workbook(path)
    data = book.add_worksheet("Data")
    data.write_row("A1", [0.04, 0.0])
    data.write_row("A2", [0.0, 0.01])
    data.write_formula("D1", '="[1]!VOLS("&A1', None, "[1]!VOLS(0.04")
    calls = book.add_worksheet("Calls")
    calls.write_array_formula("A1:A2", "{=[1]!RP_WEIGHTS(Data!A1:B2)}", None, 1 / 3)
    calls.write_formula("B1", '=IF(1<2,[1]!PORT_VOL(A1:A2,Data!A1:B2)&" < & >","")', None, "x")
    calls.write_string("C1", "[1]!VOLS(A1)")
    calls.conditional_format("A1", {"type": "formula", "criteria": "=[1]!VOLS(A1)>1"})
    book.define_name("Vol", "=[1]!PORT_VOL(Calls!$A$1:$A$2,Data!$A$1:$B$2)")
    book.close()
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_only_the_parts_with_calls_change(workbook: Path, tmp_path: Path) -> None:
    before = workbook.read_bytes()
    out = tmp_path / "plain.xlsx"
    report = normalise(workbook, out)
    assert workbook.read_bytes() == before
    assert report.formulas == 4
    assert report.parts == ("xl/worksheets/sheet2.xml", "xl/workbook.xml")
    old, new = parts(workbook), parts(out)
    assert list(old) == list(new)
    assert [name for name in old if old[name] != new[name]] == list(report.parts)

    book = Workbook(out)
    formulas = {place: formula.text for place, formula in book.sheet("Calls").formulas.items()}
    assert formulas == {(1, 1): "RP_WEIGHTS(Data!A1:B2)", (1, 2): 'IF(1<2,PORT_VOL(A1:A2,Data!A1:B2)&" < & >","")'}
    assert book.sheet("Calls").value(1, 3) == "[1]!VOLS(A1)"
    assert book.sheet("Calls").value(1, 1) == Workbook(workbook).sheet("Calls").value(1, 1)
    assert [name.text for name in book.names] == ["PORT_VOL(Calls!$A$1:$A$2,Data!$A$1:$B$2)"]
    assert b">VOLS(A1)&gt;1</formula>" in new["xl/worksheets/sheet2.xml"]


def test_nothing_to_change_writes_nothing(workbook: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "plain.xlsx", tmp_path / "again.xlsx"
    normalise(workbook, out)
    assert normalise(out, again).formulas == 0
    assert not again.exists()


def test_a_file_in_the_way_is_kept_unless_forced(workbook: Path) -> None:
    before = workbook.read_bytes()
    with pytest.raises(InputError, match="exists"):
        normalise(workbook, workbook)
    assert workbook.read_bytes() == before
    assert normalise(workbook, workbook, force=True).formulas == 4
    assert normalise(workbook, workbook, force=True).formulas == 0


def test_the_link_to_the_add_in_stays_and_is_told(workbook: Path, tmp_path: Path) -> None:
    link = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        'Target="{}" TargetMode="External"/></Relationships>'
    )
    buffer = io.BytesIO(workbook.read_bytes())
    with zipfile.ZipFile(buffer, "a") as archive:
        for number, target in ((1, r"file:///C:\AddIns\rpxl.xlam"), (2, "other.xlsx")):
            archive.writestr(f"xl/externalLinks/externalLink{number}.xml", "<externalLink/>")
            archive.writestr(f"xl/externalLinks/_rels/externalLink{number}.xml.rels", link.format(target))
    linked, out = tmp_path / "linked.xlsx", tmp_path / "plain.xlsx"
    linked.write_bytes(buffer.getvalue())
    assert normalise(linked, out).links == ("xl/externalLinks/externalLink1.xml",)
    assert parts(out)["xl/externalLinks/externalLink1.xml"] == b"<externalLink/>"


def test_a_function_of_another_add_in_is_left_alone(tmp_path):
    links = ["file:///C:/XLSTART/rpxl.xlam", "file:///C:/Tools/otherquant.xlam"]
    assert plain_formula("[1]!DRAWDOWN(A1)+[2]!DRAWDOWN(A1)", links) == "DRAWDOWN(A1)+[2]!DRAWDOWN(A1)"
    assert plain_formula("'C:\\Tools\\otherquant.xlam'!DRAWDOWN(A1)") == "'C:\\Tools\\otherquant.xlam'!DRAWDOWN(A1)"
    source = tmp_path / "two.xlsx"
    source.write_bytes(two_add_ins(links))
    result = normalise(source, tmp_path / "plain.xlsx")
    assert (result.formulas, result.links) == (1, ("xl/externalLinks/externalLink1.xml",))
    formulas = [f.text for f in Workbook(tmp_path / "plain.xlsx").sheet("S").formulas.values()]
    assert formulas == ["VOLS(0.04)", "[2]!VOLS(0.04)"]
    book = Workbook(source)
    calculation = calculate(book)
    assert calculation.values == {("S", 1, 1): 0.2}
    assert calculation.left.keys() == {("S", 2, 1)}


def two_add_ins(targets: list[str]) -> bytes:
    """A workbook that calls a function of the same name in two add-ins, the second link not the second in the file."""

    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_formula("A1", "=[1]!VOLS(0.04)")
        sheet.write_formula("A2", "=[2]!VOLS(0.04)")

    content = make.workbook(write)
    parts = parts_of(content)
    kind = f"{LINKS}/externalLink"
    references = "".join(f'<externalReference xmlns:r="{LINKS}" r:id="x{i}"/>' for i in (1, 2))
    relations = "".join(
        f'<Relationship Id="x{i}" Type="{kind}" Target="externalLinks/externalLink{i}.xml"/>' for i in (2, 1)
    )
    book = parts["xl/workbook.xml"].replace(
        b"<calcPr", f"<externalReferences>{references}</externalReferences><calcPr".encode()
    )
    rels = parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", f"{relations}</Relationships>".encode())
    new = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": rels}
    for number, target in enumerate(targets, 1):
        new[f"xl/externalLinks/externalLink{number}.xml"] = f'<externalLink xmlns="{MAIN}"/>'.encode()
        new[f"xl/externalLinks/_rels/externalLink{number}.xml.rels"] = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
            f'Type="{LINKS}/externalLinkPath" Target="{target}" TargetMode="External"/></Relationships>'
        ).encode()
    return with_parts(content, new)
