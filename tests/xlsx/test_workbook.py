import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpxl.errors import InputError
from rpxl.xlsx.cells import MAIN, CellError, number_text
from rpxl.xlsx.references import Area
from rpxl.xlsx.workbook import Workbook

from ..make import raw_sheet, with_parts, workbook

CELLS = (
    '<row r="1"><c r="A1" s="3"><v>1.5</v></c><c r="B1" t="str"><f>"x"</f><v>x_x0041_</v></c>'
    '<c r="C1" t="b"><v>1</v></c><c r="D1" t="e"><v>#N/A</v></c>'
    '<c r="E1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c>'
    '<c r="F1"/></row>'
    "<row><c><v>7</v></c><c><v>8</v></c></row>"
)


def test_values_of_every_kind():
    sheet = raw_sheet(CELLS).sheet("s")
    assert sheet.values(Area("S", 1, 1, 1, 7)) == [[1.5, "xA", True, "#N/A", "ab", None, None]]
    assert isinstance(sheet.value(1, 4), CellError)
    assert sheet.values(Area("S", 2, 1, 2, 2)) == [[7.0, 8.0]]  # rows and cells may have no names in the file


def test_shared_strings():
    book = Workbook(workbook(lambda b: b.add_worksheet("S").write_column("A1", ["one", " two ", "_x0041_"])))
    assert [book.sheet("S").value(row, 1) for row in (1, 2, 3)] == ["one", " two ", "_x0041_"]


@pytest.mark.parametrize(
    "label", ["=1+1", "+A", "-B", "@C", " padded ", "<&>", "_x0041_", "a\nb", "Ünï", "'quoted", "𝟙"]
)
def test_text_stays_text(label: str):
    book = raw_sheet(CELLS)
    book.sheet("S").write(1, 1, label)
    again = Workbook(book.package.to_bytes()).sheet("S")
    assert again.value(1, 1) == label
    assert again.formulas.keys() == {(1, 2)}
    assert again.cells[1, 1].get("s") == "3"
    assert again.cells[1, 1].get("t") == "inlineStr"


@pytest.mark.parametrize("bad", ["a\x00", "\x1b", "\ufffe", "\ud800"])
def test_control_characters_are_refused(bad: str):
    with pytest.raises(InputError, match=r"S!A1: .*control character"):
        raw_sheet(CELLS).sheet("S").write(1, 1, bad)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_no_cell_holds(bad: float):
    with pytest.raises(InputError, match="S!A1"):
        raw_sheet(CELLS).sheet("S").write(1, 1, bad)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_to_the_bit(number: float):
    assert float(number_text(number)) == number


def test_new_cells_stand_in_order():
    book = raw_sheet('<row r="2"><c r="B2"><v>1</v></c></row><row r="5"/>')
    sheet = book.sheet("S")
    for row, column in [(5, 2), (2, 3), (2, 1), (1, 1), (4, 1), (9, 1), (5, 1)]:
        sheet.write(row, column, 1.0)
    again = Workbook(book.package.to_bytes()).sheet("S")
    assert list(again.cells) == [(1, 1), (2, 1), (2, 2), (2, 3), (4, 1), (5, 1), (5, 2), (9, 1)]


def test_writing_what_is_there_changes_nothing():
    book = raw_sheet(CELLS)
    before = book.package.to_bytes()
    assert book.sheet("S").write(1, 1, 1.5) is False
    assert book.sheet("S").write(1, 5, "ab") is False
    assert book.package.to_bytes() == before
    assert book.sheet("S").write(1, 1, 2.5) is True


def test_shared_formulas_are_written_out():
    book = raw_sheet(
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B2" si="0">A1*$A$1</f></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="0"/></c></row>'
    )
    assert {cell: formula.text for cell, formula in book.sheet("S").formulas.items()} == {
        (1, 2): "A1*$A$1",
        (2, 2): "A2*$A$1",
    }


def test_names_of_the_workbook_and_of_sheets():
    def write(book):
        book.add_worksheet("One")
        book.add_worksheet("Two words")
        book.define_name("Rate", "=One!$A$1")
        book.define_name("'Two words'!Rate", "='Two words'!$B$2:$C$3")
        book.define_name("Twice", "=One!$A$1*2")

    book = Workbook(workbook(write))
    assert book.name("RATE").area == Area("One", 1, 1, 1, 1)
    assert book.name("rate", "Two words").area == Area("Two words", 2, 2, 3, 3)
    assert book.name("rate", "One").area == Area("One", 1, 1, 1, 1)
    assert book.name("Twice").area is None
    assert book.name("none") is None


def test_a_sheet_that_is_not_there():
    with pytest.raises(InputError, match="The sheets are: S"):
        raw_sheet("").sheet("T")


def test_dates_from_1904():
    book = Workbook(workbook(lambda b: b.add_worksheet("S")))
    assert not book.date1904
    xml = book.package.read("xl/workbook.xml").replace(b"<workbookPr ", b'<workbookPr date1904="1" ')
    assert Workbook(with_parts(book.package.to_bytes(), {"xl/workbook.xml": xml})).date1904


@pytest.mark.parametrize(
    "cells",
    ['<row r="x"/>', '<row r="1"><c r="A1" t="s"><v>9</v></c></row>', '<row r="1"><c r="A1"><v>x</v></c></row>'],
)
def test_nonsense_in_a_sheet(cells: str):
    with pytest.raises(InputError):
        raw_sheet(cells).sheet("S").value(1, 1)


def test_cells_without_a_name_are_counted_from_the_left():
    cells = '<row r="2"><c><v>1</v></c><c><v>2</v></c><c r="E2"><v>5</v></c><c><v>6</v></c></row>'
    book = raw_sheet(cells)
    sheet = book.sheet("S")
    assert [sheet.value(2, column) for column in range(1, 8)] == [1.0, 2.0, None, None, 5.0, 6.0, None]
    sheet.write(2, 4, 4.0)
    sheet.write(2, 7, 7.0)
    again = Workbook(book.package.to_bytes()).sheet("S")
    assert [again.value(2, column) for column in range(1, 8)] == [1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0]


def test_cells_are_the_same_however_they_are_asked_for():
    """By the sheet or by the row, and after one was added, also in rows and columns that the file doesn't name."""
    one, other = raw_sheet(CELLS).sheet("S"), raw_sheet(CELLS).sheet("S")
    assert one.value(1, 1) == 1.5 and one.value(9, 9) is None  # by their rows
    assert set(other.cells) == {(1, column) for column in range(1, 7)} | {(2, 1), (2, 2)}
    for sheet in (one, other):
        sheet.write(2, 4, 3.0)
        sheet.write(9, 1, "x")
        assert set(sheet.cells) == {(1, c) for c in range(1, 7)} | {(2, 1), (2, 2), (2, 4), (9, 1)}
        assert all(sheet.cells[place] is not None and sheet.value(9, 1) == "x" for place in sheet.cells)
    assert one.book.package.to_bytes() == other.book.package.to_bytes()


def test_a_block_is_written_as_its_cells_are():
    """Numbers, texts, formulas, blanks and missing cells; some values are new and some the same."""
    cells = (
        '<row r="1"><c r="A1"><v>1.50</v></c><c r="B1"><f>A1</f><v>3</v></c><c r="C1" t="str"><v>x</v></c></row>'
        '<row r="2"><c r="A2" s="0"/><c r="B2" t="b"><v>1</v></c></row>'
    )
    values = [1.5, 3.0, "x", 2.0, 1.0, -0.5]
    books = [raw_sheet(cells), raw_sheet(cells)]
    one, other = (book.sheet("S") for book in books)
    area = Area("S", 1, 1, 2, 3)
    count = sum(one.write(*cell, value) for cell, value in zip(area.cells(), values, strict=True))
    assert other.write_block(area, values) == count == 4
    assert books[0].package.to_bytes() == books[1].package.to_bytes()
    assert books[1].changed and all(any(a.meets(b) for b in books[1].changed) for a in books[0].changed)
    assert other.write_block(area, values) == 0
    with pytest.raises(InputError, match="S!A2"):
        other.write_block(area, [1.5, 3.0, "x", float("nan"), 1.0, 2.0])


@given(st.data())
def test_a_column_holds_what_its_cells_hold_whatever_was_written_how(data: st.DataObject):
    """Values that are remembered after writing equal those that are read from the XML."""
    sheet = raw_sheet(
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str"><v>x</v></c><c r="C1"><f>A1</f><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="b"><v>1</v></c><c r="B3"><v/></c><c r="C3" t="e"><v>#N/A</v></c></row>'
    ).sheet("S")
    numbers = st.floats(-9, 9).map(abs)
    steps = st.sampled_from(["block", "cell", "result", "by hand", "moved", "copied"])
    for step in data.draw(st.lists(steps, max_size=6)):
        row, column = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
        if step == "block":
            area = Area("S", row, column, row + 1, column + 1)
            sheet.write_block(area, data.draw(st.lists(numbers | st.just("y"), min_size=4, max_size=4)))
        elif step == "cell":
            sheet.write(row, column, data.draw(numbers))
        elif step == "result":
            sheet.write_result(row, column, data.draw(numbers | st.just("z") | st.none()))
        elif step == "by hand":
            sheet.book.package.edit(sheet.part)
            for cell in sheet.rows[1]:
                cell.clear()
        elif step == "moved":
            root = sheet.book.package.edit(sheet.part)
            root.find(f"{MAIN}sheetData").remove(sheet.rows[1])
            sheet.forget()
            sheet.write(1, 1, 1.0)
        else:
            sheet = sheet.book.copy().sheet("S")
        last = max(sheet.rows, default=0)
        for number in range(1, 6):
            assert sheet.column(number) == [sheet.value(row, number) for row in range(1, last + 1)]
