"""Notes and threaded comments go with their cells when rows come or go."""

import re

import pytest
from lxml import etree

from rpxl.errors import InputError
from rpxl.xlsx.rows import delete_rows, insert_rows
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook


def _with_notes(*rows: int) -> bytes:
    def write(book):
        sheet = book.add_worksheet("S")
        for number, row in enumerate(rows):
            sheet.write_comment(row - 1, 1, f"note {number}", {"author": "A", "visible": number == 0})
        book.add_worksheet("T").write_comment("B9", "elsewhere")

    return workbook(write)


def _plain(content: bytes) -> bytes:
    content = re.sub(rb"margin-top:[\d.]+pt", b"", content)  # the anchor places a note's box
    return etree.tostring(etree.fromstring(content, etree.XMLParser(remove_blank_text=True)), method="c14n")


@pytest.mark.parametrize(
    ("change", "at", "count", "rows"),
    [(insert_rows, 9, 3, (4, 12, 33)), (insert_rows, 9, 1, (4, 10, 31)), (delete_rows, 6, 2, (4, 7, 28))],
)
def test_notes_follow_their_cells(change, at, count, rows):
    """The parts are those that another library writes for the cells where the notes then are."""
    book = Workbook(_with_notes(4, 9, 30))
    change(book, book.sheet("S"), at, count)
    after, wanted = parts_of(book.package.to_bytes()), parts_of(_with_notes(*rows))
    for kind in ("comments", "drawings/vmlDrawing"):
        for number in (1, 2):
            part = f"xl/{kind}{number}.{'xml' if kind == 'comments' else 'vml'}"
            assert _plain(after[part]) == _plain(wanted[part])


def test_a_note_whose_cell_is_taken_out_is_refused():
    book = Workbook(_with_notes(4, 9))
    with pytest.raises(InputError, match=r"the note or comment on (B9|row 9) can't be updated"):
        delete_rows(book, book.sheet("S"), 8, 3)


def test_threaded_comments_follow_their_cells():
    content = _with_notes(4, 9)
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    link = f'<Relationship Id="rId9" Type="{kind}" Target="../threadedComments/threadedComment1.xml"/></Relationships>'
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    comments = "".join(
        f'<threadedComment ref="B{row}" id="{row}"><text>why?</text></threadedComment>' for row in (4, 9)
    )
    part = "xl/threadedComments/threadedComment1.xml"
    parts = {
        rels: parts_of(content)[rels].replace(b"</Relationships>", link.encode()),
        part: f'<ThreadedComments xmlns="{space}">{comments}</ThreadedComments>'.encode(),
    }
    book = Workbook(with_parts(content, parts))
    insert_rows(book, book.sheet("S"), 9, 3)
    after = etree.fromstring(parts_of(book.package.to_bytes())[part])
    assert [comment.get("ref") for comment in after] == ["B4", "B12"]
    assert [comment.findtext("{*}text") for comment in after] == ["why?", "why?"]


@pytest.mark.parametrize("anchor", [b"1, 2, 3", b"a, b, c, d, e, f, g, h", b""])
def test_an_anchor_that_says_no_position_stays_as_it_is(anchor: bytes):
    content, part = _with_notes(9), "xl/drawings/vmlDrawing1.vml"
    drawing = re.sub(rb"(<x:Anchor>).*?(</x:Anchor>)", rb"\g<1>" + anchor + rb"\g<2>", parts_of(content)[part])
    book = Workbook(with_parts(content, {part: drawing}))
    insert_rows(book, book.sheet("S"), 2, 3)
    after = etree.fromstring(parts_of(book.package.to_bytes())[part])
    assert after.findtext(".//{*}Row") == "11"  # counted from 0
    assert after.findtext(".//{*}Anchor") == anchor.decode()


def test_a_box_stays_on_the_sheet():
    book = Workbook(_with_notes(4))
    delete_rows(book, book.sheet("S"), 1, 3)
    (anchor,) = book.package.tree("xl/drawings/vmlDrawing1.vml").iter("{*}Anchor")
    before = _with_notes(4)
    (old,) = etree.fromstring(parts_of(before)["xl/drawings/vmlDrawing1.vml"]).iter("{*}Anchor")
    left, was = ([int(text) for text in element.text.split(",")] for element in (anchor, old))
    assert (was[2], left[2], left[6]) == (2, 0, was[6] - 3)


@pytest.mark.parametrize("row", [b"", b"<x:Row></x:Row>", b"<x:Row>x</x:Row>"])
def test_a_box_without_a_row_is_passed_over(row: bytes):
    content, part = _with_notes(4, 9), "xl/drawings/vmlDrawing1.vml"
    drawing = re.sub(rb"<x:Row>3</x:Row>", row, parts_of(content)[part])
    book = Workbook(with_parts(content, {part: drawing}))
    insert_rows(book, book.sheet("S"), 2, 3)
    after = etree.fromstring(parts_of(book.package.to_bytes())[part])
    assert [element.text for element in after.iter("{*}Row")][-1] == "11"
