"""Rows inserted and deleted, compared with a workbook that was built with that number of rows."""

import re

import pytest
from lxml import etree

from rpxl.errors import InputError
from rpxl.xlsx.rows import delete_rows, insert_rows
from rpxl.xlsx.workbook import Workbook

from ..make import MAIN, parts_of, raw_sheet, with_parts, workbook


def build(count: int) -> bytes:
    """A workbook with `count` rows of data, and with everything that refers to them."""

    def write(book):
        main, data = book.add_worksheet("Main"), book.add_worksheet("My data")
        date, note = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        last = 4 + count
        data.write("A1", "About", note)
        data.write_row(3, 0, ["Date", "A", "B"])
        for row in range(count):
            data.write_number(4 + row, 0, 40000 + row, date)
            data.write_row(4 + row, 1, [100.0 + row, 50.0 + row])
            data.set_row(4 + row, 18)
        data.merge_range(last + 1, 0, last + 1, 2, "below", note)
        data.write_formula(last + 3, 0, f"=SUM(B5:B{last})", None, 0)
        data.conditional_format(4, 1, last - 1, 2, {"type": "formula", "criteria": "=B5>$B$5", "format": note})
        data.data_validation(4, 1, last - 1, 1, {"validate": "custom", "value": "=B5>0"})
        data.write_url(last + 4, 0, "internal:'My data'!A5")
        data.autofilter(3, 0, last - 1, 2)
        data.freeze_panes(4, 1)
        data.print_area(0, 0, last - 1, 2)
        data.repeat_rows(3)
        data.set_selection(last + 3, 0, last + 3, 0)
        book.define_name("All", f"='My data'!$B$4:$C${last}")
        book.define_name("Later", f"='My data'!$B$6:$C${last}")
        book.define_name("Earlier", f"='My data'!$B$5:$C${last - 1}")
        book.define_name("Column", "='My data'!$B:$B")
        main.write_formula("A1", f"=SUM('My data'!B5:B{last})+'My data'!A1", None, 0)
        main.write_formula("A2", f"='My data'!B{last}/'My data'!B5&\"'My data'!B9\"", None, 0)
        main.write_array_formula("B1:C1", f"{{=SUM('My data'!$B$5:$C${last})}}", None, 0)
        main.add_sparkline("D1", {"range": f"'My data'!B5:B{last}"})
        main.conditional_format("A1", {"type": "formula", "criteria": f"=A1>'My data'!$B${last}", "format": note})
        for sheet in (main, data):
            chart = book.add_chart({"type": "line"})
            chart.add_series(
                {
                    "values": f"='My data'!$B$5:$B${last}",
                    "categories": f"='My data'!$A$5:$A${last}",
                    "name": "=Main!$A$1",
                }
            )
            sheet.insert_chart(last + 6, 4, chart, {"object_position": 2})

    return workbook(write)


_HINTS = rb"<c:(num|str)Cache>.*?</c:(num|str)Cache>| spans=\"[0-9:]*\""


def same(one: bytes, other: bytes) -> None:
    """Compare all parts as XML, without the values that charts store and the optional widths of rows."""
    ours, theirs = parts_of(one), parts_of(other)
    assert ours.keys() == theirs.keys()
    for part in ours:
        left, right = (re.sub(_HINTS, b"", p[part]) for p in (ours, theirs))
        if left != right:
            assert (
                etree.tostring(etree.fromstring(left), method="c14n").decode()
                == etree.tostring(etree.fromstring(right), method="c14n").decode()
            ), part


@pytest.mark.parametrize(("old", "new"), [(4, 5), (5, 30), (30, 5), (30, 4), (9, 8)])
def test_as_if_it_had_been_built_so(old: int, new: int):
    book = Workbook(build(old))
    sheet = book.sheet("My data")
    if new > old:
        insert_rows(book, sheet, 5 + old // 2, new - old)
    else:
        delete_rows(book, sheet, 7, old - new)
    for row in range(new):
        for column, value in enumerate((40000.0 + row, 100.0 + row, 50.0 + row), 1):
            sheet.write(5 + row, column, value)
    if new != old:  # the builder put the main sheet's chart lower in the longer workbook
        drawing = "xl/drawings/drawing1.xml"
        expected = with_parts(build(new), {drawing: parts_of(build(old))[drawing]})
    same(book.package.to_bytes(), expected)


def test_only_parts_that_change_are_touched():
    content = with_parts(build(10), {"customXml/item1.xml": b"<a>My data!A1</a>", "xl/media/x.png": b"\x89PNG"})
    book = Workbook(content)
    insert_rows(book, book.sheet("My data"), 10, 3)
    old, new = parts_of(content), parts_of(book.package.to_bytes())
    assert {part for part in old if old[part] != new[part]} == {
        *("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"),
        *("xl/charts/chart1.xml", "xl/charts/chart2.xml", "xl/drawings/drawing2.xml"),
    }


def test_links_to_elsewhere_stay_as_they_are():
    def write(book):
        book.add_worksheet("S").write_column("A1", range(9))
        book.add_worksheet("T").write_url("A1", "https://example.org/S!A9")

    content = workbook(write)
    book = Workbook(content)
    insert_rows(book, book.sheet("S"), 4, 2)
    part = "xl/worksheets/sheet2.xml"
    assert parts_of(book.package.to_bytes())[part] == parts_of(content)[part]


SHARED = (
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B4" si="0">A1+$A$4</f></c></row>'
    '<row r="2"><c r="B2"><f t="shared" si="0"/></c></row><row r="3"><c r="B3"><f t="shared" si="0"/></c></row>'
    '<row r="4"><c r="B4"><f t="shared" si="0"/></c></row>'
)


def test_shared_formulas_follow_one_by_one():
    book = raw_sheet(SHARED)
    insert_rows(book, book.sheet("S"), 3, 2)
    sheet = Workbook(book.package.to_bytes()).sheet("S")
    assert {cell: formula.text for cell, formula in sheet.formulas.items()} == {
        (1, 2): "A1+$A$6",
        (2, 2): "A2+$A$6",
        (5, 2): "A5+$A$6",
        (6, 2): "A6+$A$6",
    }


def test_the_chain_of_calculation_goes_with_its_links():
    content = build(10)
    types = parts_of(content)["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
    )
    links = parts_of(content)["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Target="calcChain.xml" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"/></Relationships>',
    )
    chain = {"xl/calcChain.xml": b"<calcChain/>", "[Content_Types].xml": types, "xl/_rels/workbook.xml.rels": links}
    book = Workbook(with_parts(content, chain))
    insert_rows(book, book.sheet("My data"), 10, 3)
    parts = parts_of(book.package.to_bytes())
    assert "xl/calcChain.xml" not in parts
    assert not any(b"calcChain" in parts[part] for part in parts)


def test_tables_follow():
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_column("A2", [1.0, 2.0, 3.0, 4.0, 5.0])
        sheet.add_table("A1:A6", {"columns": [{"header": "x"}]})

    book = Workbook(workbook(write))
    insert_rows(book, book.sheet("S"), 4, 10)
    table = parts_of(book.package.to_bytes())["xl/tables/table1.xml"]
    assert table.count(b'ref="A1:A16"') == 2


@pytest.mark.parametrize(
    ("change", "at", "count", "answer"),
    [
        (insert_rows, 2, 2, "A5:A10"),
        (insert_rows, 3, 2, "A5:A10"),  # before its first row
        (insert_rows, 4, 2, None),
        (insert_rows, 8, 2, None),  # before its last row
        (insert_rows, 9, 2, "A3:A8"),
        (delete_rows, 1, 2, "A1:A6"),  # up to its first row
        (delete_rows, 1, 3, None),
        (delete_rows, 2, 2, None),
        (delete_rows, 8, 1, None),  # its last row alone
        (delete_rows, 8, 9, None),
        (delete_rows, 9, 1, "A3:A8"),
    ],
)
def test_an_array_formula_moves_whole_or_is_refused(change, at: int, count: int, answer: str | None):
    book = Workbook(
        workbook(lambda book: book.add_worksheet("S").write_array_formula("A3:A8", '{=LEN({"a";"b";"c";"d";"e";"f"})}'))
    )
    if answer is None:
        with pytest.raises(InputError, match="the array formula in S!A3:A8"):
            change(book, book.sheet("S"), at, count)
        return
    change(book, book.sheet("S"), at, count)
    (formula,) = Workbook(book.package.to_bytes()).sheet("S").formulas.values()
    assert str(formula.area) == f"S!{answer}"


@pytest.mark.parametrize("change", [insert_rows, delete_rows])
def test_shared_formulas_on_other_sheets_follow(change):
    """If one formula of a shared group changes, each cell gets its own formula; an unchanged group stays shared."""

    def cells(row: int, first: str = "", second: str = "") -> str:
        one = f'<f t="shared" ref="A1:A4" si="0">{first}</f>' if first else '<f t="shared" si="0"/>'
        two = f'<f t="shared" ref="B1:B4" si="1">{second}</f>' if second else '<f t="shared" si="1"/>'
        return f'<row r="{row}"><c r="A{row}">{one}</c><c r="B{row}">{two}</c></row>'

    content = workbook(lambda book: (book.add_worksheet("S"), book.add_worksheet("T")))
    rows = cells(1, "S!A1*C1", "C1+1") + "".join(map(cells, (2, 3, 4)))
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    book = Workbook(with_parts(content, {"xl/worksheets/sheet2.xml": sheet}))
    at, step = (3, 2) if change is insert_rows else (3, -1)
    if step < 0:  # a reference to the deleted row would be lost
        book = Workbook(with_parts(content, {"xl/worksheets/sheet2.xml": sheet.replace(b"S!A1*C1", b"S!A5*C1")}))
    change(book, book.sheet("S"), at, abs(step))
    after = Workbook(book.package.to_bytes()).sheet("T")
    referred = [1, 2, 5, 6] if step > 0 else [4, 5, 6, 7]
    assert [after.formulas[row, 1].text for row in range(1, 5)] == [
        f"S!A{there}*C{row}" for row, there in enumerate(referred, 1)
    ]
    assert [after.formulas[row, 2].text for row in range(1, 5)] == [f"C{row}+1" for row in range(1, 5)]
    xml = parts_of(book.package.to_bytes())["xl/worksheets/sheet2.xml"]
    assert b'si="0"' not in xml and xml.count(b'si="1"') == 4


def _button(book):
    book.add_worksheet("S").insert_button("A9", {"caption": "Run"})


def _three_d(book):
    book.add_worksheet("S").write("A1", 1)
    book.add_worksheet("T").write_formula("A1", "=SUM(S:T!B5)")


def _array(book):
    book.add_worksheet("S").write_array_formula("A3:A8", "{=B3:B8*2}")


@pytest.mark.parametrize(
    ("write", "words"),
    [(_button, "the form controls of the sheet"), (_three_d, "S:T!B5"), (_array, "array formula in S!A3:A8")],
)
def test_what_cannot_follow_is_refused(write, words: str):
    book = Workbook(workbook(write))
    with pytest.raises(InputError, match=words):
        insert_rows(book, book.sheet("S"), 5, 2)


def test_a_reference_that_would_be_lost_is_refused():
    def write(book):
        book.add_worksheet("S").write_column("A1", range(9))
        book.add_worksheet("T").write_formula("B2", "=S!A5")

    book = Workbook(workbook(write))
    with pytest.raises(InputError, match=r"T!B2, which refers to A5 alone"):
        delete_rows(book, book.sheet("S"), 4, 3)


def test_an_unknown_part_that_speaks_of_the_sheet_is_refused():
    book = Workbook(with_parts(build(9), {"xl/pivotCache/pivotCacheDefinition1.xml": b'<a sheet="My data"/>'}))
    with pytest.raises(InputError, match="pivotCacheDefinition1"):
        insert_rows(book, book.sheet("My data"), 6, 2)


def test_page_breaks_follow():
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 21))
    breaks = "".join(f'<brk id="{row}" max="16383" man="1"/>' for row in (3, 10, 15))
    for change, count, expected in ((insert_rows, 2, ["3", "12", "17"]), (delete_rows, 3, ["3", "12"])):
        book = raw_sheet(rows, f'<rowBreaks count="3" manualBreakCount="3">{breaks}</rowBreaks>')
        change(book, book.sheet("S"), 8, count)
        element = book.sheet("S").root.find(f"{{{MAIN}}}rowBreaks")
        assert [mark.get("id") for mark in element] == expected
        assert element.get("count") == element.get("manualBreakCount") == str(len(expected))
