"""Code for an add-in of Excel's store: out of the way while a workbook is laid out anew, and put back then."""

from rpxl.filling.extensions import bare, carry_over
from rpxl.xlsx.package import CONTENT_TYPES, Package
from rpxl.xlsx.workbook import Workbook

from ..make import workbook

PANES = "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"
EXTENSION = "http://schemas.microsoft.com/office/2011/relationships/webextension"
IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
SITE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
LIST, CODE, PICTURE = "xl/webextensions/taskpanes.xml", "xl/webextensions/webextension1.xml", "xl/media/code.png"
LINKS_OF_LIST = "xl/webextensions/_rels/taskpanes.xml.rels"
LINKS_OF_CODE = "xl/webextensions/_rels/webextension1.xml.rels"
TYPES = {
    LIST: "application/vnd.ms-office.webextensiontaskpanes+xml",
    LINKS_OF_LIST: "application/vnd.openxmlformats-package.relationships+xml",
    CODE: "application/vnd.ms-office.webextension+xml",
    LINKS_OF_CODE: "application/vnd.openxmlformats-package.relationships+xml",
    PICTURE: "image/png",
}


def plain(formula: str, text: str = "old") -> Workbook:
    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write("A1", text)
        sheet.write_formula("A2", formula)

    return Workbook(workbook(write))


def extended(formula: str) -> Workbook:
    """A workbook with a list of panes, their code, which has a picture and names a site, and a formula in A2."""
    package = plain(formula).package
    package.add(LIST, b"<panes/>", TYPES[LIST])
    package.add(CODE, b"<code/>", TYPES[CODE])
    package.add(PICTURE, b"picture", "")
    root = package.edit(CONTENT_TYPES)
    default = root.makeelement(root[0].tag, Extension="png", ContentType="image/png")
    root.insert(0, default)
    package.link("", LIST, PANES)
    package.link(LIST, CODE, EXTENSION)
    package.link(CODE, PICTURE, IMAGE)
    package.link(CODE, LIST, EXTENSION)  # a circle
    package.link(CODE, "https://example.org", SITE)
    package.edit(LINKS_OF_CODE)[-1].set("TargetMode", "External")
    return Workbook(package.to_bytes())


def links_to_panes(package: Package) -> list[str]:
    return [link.target for link in package.relationships() if link.type == PANES]


def test_a_workbook_without_extensions_stays_itself():
    book = plain("=VOLS(A1)")
    assert bare(book) is book
    new = plain("=VOLS(A1)", "new")
    assert carry_over(book, new) is new


def test_a_bare_workbook_has_the_cells_and_no_extension():
    book = extended("=VOLS(A1)+1")
    given = book.package.to_bytes()
    found = bare(book)
    assert found.package.parts == plain("=VOLS(A1)+1").package.parts
    assert links_to_panes(found.package) == []
    assert b"webextension" not in found.package.read(CONTENT_TYPES)
    assert found.sheet("S").value(1, 1) == "old"
    assert book.package.to_bytes() == given


def test_a_bare_workbook_calls_functions_by_their_own_names():
    for book in (plain("=_xldudf_VOLS(A1)+1"), extended("=_xldudf_VOLS(A1)+1")):
        assert bare(book).sheet("S").formulas[2, 1].text == "VOLS(A1)+1"


def test_extensions_are_put_into_the_new_workbook():
    found = carry_over(extended("=VOLS(A1)+1"), plain("=VOLS(A1)+2", "new")).package
    old = extended("=VOLS(A1)+1").package
    assert set(found.parts) - set(plain("=1").package.parts) == set(TYPES)
    assert {part: found.read(part) for part in TYPES} == {part: old.read(part) for part in TYPES}
    assert links_to_panes(found) == [LIST]
    sheet = Workbook(found.to_bytes()).sheet("S")
    assert sheet.value(1, 1) == "new"
    assert sheet.formulas[2, 1].text == "VOLS(A1)+2"


def test_each_part_keeps_its_content_type():
    """Excel takes a file with a part of no type for damaged."""
    found = carry_over(extended("=VOLS(A1)"), plain("=VOLS(A1)")).package
    assert {part: found.content_type(part) for part in TYPES} == TYPES
    assert found.read(CONTENT_TYPES).count(LINKS_OF_LIST.encode()) == 0  # the ending tells its type


def test_the_form_of_the_formulas_is_that_of_the_old_workbook():
    for old in (plain("=_xldudf_VOLS(A1)"), extended("=_xldudf_VOLS(A1)")):
        found = carry_over(old, plain("=VOLS(A1)+2"))
        assert found.sheet("S").formulas[2, 1].text == "_xldudf_VOLS(A1)+2"


def test_out_and_back_gives_the_same_parts():
    book = extended("=_xldudf_VOLS(A1)")
    found = carry_over(book, bare(book))
    assert found.sheet("S").formulas[2, 1].text == "_xldudf_VOLS(A1)"
    assert {part: found.package.read(part) for part in TYPES} == {part: book.package.read(part) for part in TYPES}
    assert links_to_panes(found.package) == [LIST]
