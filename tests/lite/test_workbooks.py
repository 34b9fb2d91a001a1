"""Workbooks that hold the code: they have the form of published ones, and survive the programs that open them."""

import io
import json
import zipfile
from datetime import date, timedelta
from html import escape
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

import rpxl
from rpxl.cli import main as command
from rpxl.errors import InputError
from rpxl.filling.fill import fill
from rpxl.filling.relink import normalise
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.lite import extension
from rpxl.lite.code import main_text, updated_requirements
from rpxl.lite.workbooks import check, code_differences, lite_template, make_lite, write_code
from rpxl.xlsx.package import Package
from rpxl.xlsx.workbook import Workbook

from ..make import counting_from_1904, parts_of, with_parts, workbook
from ..office import needs_office

PROJECT = Path(__file__).parents[2]
TEMPLATE = PROJECT / "workbooks" / "static_analysis.xlsx"
OURS = {"[Content_Types].xml", "_rels/.rels"}
ADDED = {f"xl/webextensions/{name}" for name in ("taskpanes.xml", "webextension1.xml", "_rels/taskpanes.xml.rels")}

# The form in which Excel stores workbooks of xlwings Lite 1.0, as published ones have it; the code is left out.
PUBLISHED = {
    "xl/webextensions/taskpanes.xml": """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<wetp:taskpanes xmlns:wetp="http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11">
<wetp:taskpane dockstate="right" visibility="0" width="438" row="2">
<wetp:webextensionref xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>
</wetp:taskpane></wetp:taskpanes>""",
    "xl/webextensions/_rels/taskpanes.xml.rels": """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
Type="http://schemas.microsoft.com/office/2011/relationships/webextension" Target="webextension1.xml"/>
</Relationships>""",
    "xl/webextensions/webextension1.xml": """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<we:webextension xmlns:we="http://schemas.microsoft.com/office/webextensions/webextension/2010/11"
id="{DEF15F1F-8550-4167-ADEB-CF61B4F11547}">
<we:reference id="wa200008175" version="1.0.0.0" store="en-IN" storeType="OMEX"/><we:alternateReferences>
<we:reference id="wa200008175" version="1.0.0.0" store="WA200008175" storeType="OMEX"/></we:alternateReferences>
<we:properties><we:property name="main.py" value="&quot;&quot;"/>
<we:property name="pyodideVersion" value="&quot;0.27.5&quot;"/>
<we:property name="addinVersion" value="&quot;1.0.0.0-18&quot;"/>
<we:property name="requirements.txt" value="&quot;xlwings\\n&quot;"/></we:properties><we:bindings/>
<we:snapshot xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>
<we:extLst><a:ext xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
uri="{D87F86FE-615C-45B5-9D79-34F1136793EB}"><we:containsCustomFunctions/></a:ext>
<a:ext xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
uri="{7C84B067-C214-45C3-A712-C9D94CD141B2}"><we:customFunctionIdList/></a:ext></we:extLst></we:webextension>""",
}
OWN_FREEDOM = {"id", "store", "visibility", "value"}
"""Attributes that differ from workbook to workbook; of them `visibility` is 1 here, so that the pane is shown."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lite") / "made.xlsx"
    make_lite(TEMPLATE, path)
    return path


def published(code: str) -> bytes:
    """A workbook as Lite leaves it, with somebody's code."""

    def write(book):
        book.add_worksheet("S").write("A1", "kept")

    content = workbook(write)
    parts = {name: text.encode() for name, text in PUBLISHED.items()}
    value = escape(json.dumps(code, ensure_ascii=False), quote=True)
    extension_part = "xl/webextensions/webextension1.xml"
    parts[extension_part] = parts[extension_part].replace(
        b'name="main.py" value="&quot;&quot;"', f'name="main.py" value="{value}"'.encode()
    )
    old = parts_of(content)
    parts["_rels/.rels"] = old["_rels/.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId9" Type="http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes" '
        b'Target="xl/webextensions/taskpanes.xml"/></Relationships>',
    )
    parts["[Content_Types].xml"] = old["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/webextensions/taskpanes.xml" '
        b'ContentType="application/vnd.ms-office.webextensiontaskpanes+xml"/>'
        b'<Override PartName="/xl/webextensions/webextension1.xml" '
        b'ContentType="application/vnd.ms-office.webextension+xml"/></Types>',
    )
    return with_parts(content, parts)


def skeleton(xml: bytes | str, *, properties: bool = True) -> list[tuple[str, dict[str, str]]]:
    """The elements in their order with the attributes that don't differ from one workbook to the next."""
    root = etree.fromstring(xml if isinstance(xml, bytes) else xml.encode())
    found = []
    for element in root.iter():
        name = element.get("name")
        if name in ("pyodideVersion", "addinVersion"):
            continue  # Lite writes what it is itself
        found.append((element.tag, {key: value for key, value in element.attrib.items() if key not in OWN_FREEDOM}))
    return found


def test_the_parts_have_the_form_of_published_workbooks(made: Path):
    parts = parts_of(made)
    for name, text in PUBLISHED.items():
        assert skeleton(parts[name]) == skeleton(text), name
    assert b'visibility="1"' in parts["xl/webextensions/taskpanes.xml"]
    package = Package(made)
    assert (
        package.content_type("xl/webextensions/taskpanes.xml") == "application/vnd.ms-office.webextensiontaskpanes+xml"
    )
    assert package.content_type("xl/webextensions/webextension1.xml") == "application/vnd.ms-office.webextension+xml"
    (link,) = (link for link in package.relationships() if link.type.endswith("webextensiontaskpanes"))
    assert link.type == "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"
    assert link.target == "xl/webextensions/taskpanes.xml" and not link.external
    assert len({each.id for each in package.relationships()}) == len(package.relationships())
    assert b"id=&quot;" not in parts["xl/webextensions/webextension1.xml"]


def test_the_code_is_what_lite_reads(made: Path):
    root = etree.fromstring(parts_of(made)["xl/webextensions/webextension1.xml"])
    properties = {each.get("name"): json.loads(each.get("value")) for each in root.iter("{*}property")}
    assert properties == {"main.py": main_text(), "requirements.txt": updated_requirements(None)}


def test_only_formulas_and_what_lists_the_parts_changed(made: Path):
    old, new = parts_of(TEMPLATE), parts_of(made)
    assert new.keys() - old.keys() == ADDED and not old.keys() - new.keys()
    changed = {name for name in old if old[name] != new[name]}
    assert changed >= OURS and all(name in OURS or name.startswith("xl/worksheets/sheet") for name in changed)
    for name in changed - OURS:
        assert new[name].replace(b"_xldudf_", b"") == old[name]
    book = Workbook(made)
    formulas = [formula.text for sheet in book.worksheets for formula in sheet.formulas.values()]
    assert any("_xldudf_RP_WEIGHTS(" in text for text in formulas)
    for text in formulas:
        assert all(f"{name}(" not in text.replace(f"_xldudf_{name}(", "") for name in FUNCTIONS), text


def test_cached_values_stay(made: Path):
    one, two = Workbook(TEMPLATE), Workbook(made)
    for sheet, other in zip(one.worksheets, two.worksheets, strict=True):
        assert {cell: sheet.value(*cell) for cell in sheet.cells} == {cell: other.value(*cell) for cell in other.cells}


def test_run_again_nothing_changes(made: Path, tmp_path: Path):
    done = make_lite(made, tmp_path / "again.xlsx")
    assert (done.formulas, done.before, done.own_code) == (0, rpxl.__version__, False)
    assert parts_of(tmp_path / "again.xlsx") == parts_of(made)


def test_code_of_somebody_else_is_asked_about(tmp_path: Path):
    own = 'x = "<&>é"\n'
    source = tmp_path / "own.xlsx"
    source.write_bytes(published(own))
    with pytest.raises(InputError, match="code that is not rpxl's"):
        make_lite(source, tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()
    done = make_lite(source, tmp_path / "out.xlsx", add=True)
    assert done.own_code and done.before is None
    texts = extension.read(Package(tmp_path / "out.xlsx"))
    assert texts["main.py"] == f"{main_text()}\n\n{own}"
    assert texts["pyodideVersion"] == "0.27.5" and texts["requirements.txt"].startswith("xlwings\n")
    old, new = parts_of(source), parts_of(tmp_path / "out.xlsx")
    assert {name for name in old if old[name] != new[name]} == {"xl/webextensions/webextension1.xml"}


def test_another_add_in_of_the_workbook_stays(tmp_path: Path):
    source = tmp_path / "own.xlsx"
    content = published("")
    part = "xl/webextensions/webextension1.xml"
    source.write_bytes(with_parts(content, {part: parts_of(content)[part].replace(b"wa200008175", b"wa104381504")}))
    make_lite(source, tmp_path / "out.xlsx")
    new = parts_of(tmp_path / "out.xlsx")
    assert new[part] == parts_of(source)[part]
    package = Package(tmp_path / "out.xlsx")
    assert extension.find(package) == "xl/webextensions/webextension2.xml"
    panes = package.tree("xl/webextensions/taskpanes.xml")
    ids = [
        each.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id")
        for each in panes.iter("{*}webextensionref")
    ]
    assert ids == ["rId1", "rId2"]
    assert [link.id for link in package.relationships("xl/webextensions/taskpanes.xml")] == ids


def test_days_counted_from_1904_are_refused(tmp_path: Path):
    source = tmp_path / "mac.xlsx"
    source.write_bytes(counting_from_1904())
    with pytest.raises(InputError, match="counts its days from 1904"):
        make_lite(source, tmp_path / "out.xlsx")


@pytest.mark.parametrize("assets", [5, 3], ids=["as many assets", "laid out anew"])
def test_fill_takes_it_and_the_code_stays(made: Path, tmp_path: Path, assets: int):
    names = ["A", "B", "C", "D", "E"][:assets]
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(120)]
    rows = [
        ",".join([day.isoformat(), *(str(100 + (i * 7 * (j + 3)) % 11 + j) for j in range(assets))])
        for i, day in enumerate(days)
    ]
    (tmp_path / "p.csv").write_text("\n".join([",".join(["Date", *names]), *rows]))
    report = fill(made, tmp_path / "filled.xlsx", prices=tmp_path / "p.csv")
    assert report.left == []
    one, two = parts_of(made), parts_of(tmp_path / "filled.xlsx")
    assert {name: one[name] for name in ADDED} == {name: two[name] for name in ADDED}
    assert list(code_differences(Package(tmp_path / "filled.xlsx"))) == []
    plain = fill(TEMPLATE, tmp_path / "plain.xlsx", prices=tmp_path / "p.csv")
    assert plain.formulas == report.formulas
    normalise(tmp_path / "filled.xlsx", tmp_path / "back.xlsx")
    back, want = Workbook(tmp_path / "back.xlsx"), Workbook(tmp_path / "plain.xlsx")
    for sheet, other in zip(back.worksheets, want.worksheets, strict=True):
        assert sheet.formulas == other.formulas
        assert {cell: sheet.value(*cell) for cell in sheet.cells} == {cell: other.value(*cell) for cell in other.cells}


def test_relink_takes_it_back(made: Path, tmp_path: Path):
    normalise(made, tmp_path / "plain.xlsx")
    old, new = parts_of(TEMPLATE), parts_of(tmp_path / "plain.xlsx")
    assert {name for name in old if old[name] != new[name]} == OURS


def test_openpyxl_keeps_the_formulas_and_loses_the_code_which_can_be_put_back(made: Path, tmp_path: Path):
    openpyxl.load_workbook(made).save(tmp_path / "saved.xlsx")
    book = Workbook(tmp_path / "saved.xlsx")
    assert any("_xldudf_" in formula.text for sheet in book.worksheets for formula in sheet.formulas.values())
    assert extension.read(book.package) == {}
    done = make_lite(tmp_path / "saved.xlsx", tmp_path / "again.xlsx")
    assert done.formulas == 0
    assert list(code_differences(Package(tmp_path / "again.xlsx"))) == []


def test_code_that_libreoffice_has_lost_can_be_put_back(made: Path, tmp_path: Path):
    """It keeps the list of panes, and writes the names of functions that it doesn't know in small letters."""
    lost = {name: None for name in ADDED if not name.endswith("/taskpanes.xml")}
    parts = {name: content for name, content in parts_of(made).items() if name.startswith("xl/worksheets/sheet")}
    small = {name: content.replace(b"_xldudf_RP_WEIGHTS(", b"_xldudf_rp_weights(") for name, content in parts.items()}
    (tmp_path / "saved.xlsx").write_bytes(with_parts(made.read_bytes(), {**lost, **small}))
    make_lite(tmp_path / "saved.xlsx", tmp_path / "again.xlsx")
    one, two = parts_of(made), parts_of(tmp_path / "again.xlsx")
    assert {name: one[name] for name in [*ADDED, *parts]} == {name: two[name] for name in [*ADDED, *parts]}


@needs_office
def test_libreoffice_recalculates_it(tmp_path: Path):
    from rpxl.calc.recalculate import recalculate

    path = tmp_path / "d.xlsx"
    path.write_bytes(lite_template("decomposition_60_40"))
    result = recalculate(path)
    book = Workbook(path)
    seen = 0
    for sheet in book.worksheets:
        for (row, column), formula in sheet.formulas.items():
            if "_xldudf_" in formula.text:
                address = formula.area
                cell = result.sheets[sheet.name][f"{chr(64 + address.left)}{address.top}"]
                assert cell.error is None or cell.error == ""
                value = sheet.value(row, column)
                assert cell.value == (pytest.approx(value) if isinstance(value, float) else value)
                seen += 1
    assert seen > 5


def test_the_commands(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["rpxl", "lite", *words])
        status = 0
        try:
            command()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        out, err = capsys.readouterr()
        return status, out + err

    assert run(str(TEMPLATE), "--out", str(tmp_path / "a.xlsx"))[1].count("holds the code of rpxl") == 1
    assert parts_of(tmp_path / "a.xlsx") == parts_of(made)
    assert run(str(TEMPLATE), "--out", str(tmp_path / "a.xlsx"))[0] == 1  # it exists
    assert run("--code", str(tmp_path / "code"))[0] == 0
    assert (tmp_path / "code" / "main.py").read_text("utf-8") == main_text()
    assert (tmp_path / "code" / "requirements.txt").read_text("utf-8") == updated_requirements(None)
    assert run("--code", str(tmp_path / "code"))[0] == 1
    assert "file: is missing" in run()[1]
    assert "--out: is missing" in run(str(TEMPLATE))[1]
    assert "takes no workbook" in run(str(TEMPLATE), "--code", str(tmp_path / "other"))[1]


def test_templates_that_are_not_what_the_code_builds_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rpxl.templates.names", lambda: ["leverage_example", "decomposition_60_40", "haghani_white"])
    good, name = lite_template("leverage_example"), "leverage_example.xlsx"
    (tmp_path / name).write_bytes(good)
    (tmp_path / "mine.xlsx").write_bytes(good)
    (tmp_path / "haghani_white.xlsx").write_bytes(good)
    found = check(tmp_path)
    assert f"{name}" not in " ".join(found)
    assert "mine.xlsx is not one of the templates." in found and "decomposition_60_40.xlsx is missing." in found
    assert any(
        each.startswith("haghani_white.xlsx: the sheet") or "haghani_white.xlsx: the part" in each for each in found
    )
    package = Package(good)
    extension.write(package, {"main.py": main_text().replace("import tempfile", "import tempfile, os")})
    (tmp_path / name).write_bytes(package.to_bytes())
    assert f"{name}: the code of rpxl in it was changed by hand." in check(tmp_path)


def test_write_code_refuses_before_it_writes_anything(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("mine")
    with pytest.raises(InputError):
        write_code(tmp_path)
    assert not (tmp_path / "main.py").exists()


SHIPPED = sorted((PROJECT / "workbooks" / "lite").glob("*.xlsx"))


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_the_shipped_workbooks_hold_whole_code(path: Path):
    """Whether the code is the newest is checked before a release: `rpxl lite templates --check`."""
    differences = [each for each in code_differences(Package(path)) if "of another version" not in each]
    assert differences == []
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert set(archive.namelist()) >= ADDED
