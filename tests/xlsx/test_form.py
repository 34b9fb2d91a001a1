"""A sheet that is filled in by a form becomes what it becomes cell by cell, to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpxl.errors import InputError
from rpxl.xlsx.cells import CellError, Value
from rpxl.xlsx.form import Form
from rpxl.xlsx.references import Area
from rpxl.xlsx.workbook import Workbook

from ..make import raw_sheet

CELLS = (
    '<row r="1" spans="1:4"><c r="A1" s="0" t="str"><v>a &amp; b</v></c><c r="B1" t="n"><f>A3*2</f><v>3</v></c>'
    '<c r="C1" t="str"><f t="shared" ref="C1:C2" si="0">A1</f><v>x</v></c></row>'
    '<row r="2"><c r="A2" s="0" t="n"/><c r="B2" t="b"><v>1</v></c>'
    '<c r="C2" t="e"><f t="shared" si="0"/><v>#N/A</v></c></row>'
    '<row r="3"><c r="A3" t="n"><v>1.50</v></c><c r="B3"><v/></c>'
    '<c r="C3" t="inlineStr"><is><r><t>y</t></r></is></c></row>'
    '<row r="4"><c r="A4" t="str"><v>kept</v></c></row><row r="6" ht="20"/>'
)
FORMED = Area("S", 2, 1, 3, 3)
TEXTS = st.sampled_from(["y", "a & b", "<", " z", "é", "line\nbreak", "_x0041_", "1"])
NUMBERS = st.sampled_from([1.5, 1.0, -0.0, 1e300, 0.1])


def cut(cells: str, *areas: Area) -> Workbook:
    """Return a workbook whose copies are filled in by a form."""
    book = raw_sheet(cells)
    sheet = book.sheet("S")
    assert sheet.formulas is not None  # as a template's are when it is prepared
    sheet.form = Form(book.copy().sheet("S"), areas)
    return book


def same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


@given(st.data())
def test_whatever_is_written_and_read_in_whatever_order(data: st.DataObject):
    plain, formed = raw_sheet(CELLS), cut(CELLS, FORMED).copy()
    one, other = plain.sheet("S"), formed.sheet("S")
    steps = st.sampled_from(["block", "cell", "result", "read", "column", "by hand", "copy"])
    for step in data.draw(st.lists(steps, max_size=8)):
        row, column = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
        if step == "block":
            right = data.draw(st.integers(column, 4))
            area = Area("S", row, column, row, right)
            values = data.draw(st.lists(NUMBERS | TEXTS, min_size=area.width, max_size=area.width))
            assert one.write_block(area, values) == other.write_block(area, values)
        elif step == "cell":
            value = data.draw(NUMBERS | TEXTS | st.none())
            assert one.write(row, column, value) == other.write(row, column, value)
        elif step == "result":
            result = data.draw(NUMBERS | TEXTS | st.booleans() | st.none() | st.just(CellError("#DIV/0!")))
            one.write_result(row, column, result)
            other.write_result(row, column, result)
        elif step == "read":
            assert same(one.value(row, column), other.value(row, column))
        elif step == "column":
            assert all(map(same, one.column(column), other.column(column)))
            assert len(one.column(column)) == len(other.column(column)) == 6
        elif step == "by hand":
            for book in (plain, formed):
                book.package.edit(book.sheet("S").part).set("by", "hand")
        else:
            plain, formed = plain.copy(), formed.copy()
            one, other = plain.sheet("S"), formed.sheet("S")
    assert plain.package.to_bytes() == formed.package.to_bytes()
    assert sorted(map(str, plain.changed)) == sorted(map(str, formed.changed))


def test_nothing_of_the_sheet_is_read_while_the_form_suffices(monkeypatch: pytest.MonkeyPatch):
    book = cut(CELLS, FORMED).copy()
    sheet = book.sheet("S")
    monkeypatch.setattr("rpxl.xlsx.package.Package.tree", None)
    assert sheet.write_block(Area("S", 2, 1, 3, 2), [2.0, 3.0, 4.0, "new"]) == 4
    sheet.write_result(1, 2, 8.0)
    assert [sheet.value(1, 1), sheet.value(1, 2), sheet.value(2, 1), sheet.value(3, 2), sheet.value(9, 9)] == [
        *("a & b", 8.0, 2.0, "new"),
        None,
    ]
    assert sheet.column(1) == ["a & b", 2.0, 4.0, "kept", None, None]
    monkeypatch.undo()
    again = Workbook(book.package.to_bytes()).sheet("S")
    assert [again.value(1, 2), again.value(2, 1), again.value(2, 2), again.value(3, 2)] == [8.0, 2.0, 3.0, "new"]


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="2"><c r="A2" t="n" s="0"/><c r="B2"/><c r="C2"/></row>',  # the type before the style
        '<row r="2"><c r="A2"><!-- 1 --><v>1</v></c><c r="B2"/><c r="C2"/></row>',
        '<row r="2"><c r="A2"> <v>1</v> </c><c r="B2"/><c r="C2"/></row>',
        '<row r="2"><c r="A2" t="str"><v>\ue000</v></c><c r="B2"/><c r="C2"/><c r="D2" t="str"><v>\ue000</v></c></row>',
        '<row r="2"><c/><c/><c/></row>',
        "",
    ],
)
def test_xml_that_is_written_in_another_way(cells: str):
    plain, formed = raw_sheet(cells), cut(cells, FORMED).copy()
    values: list[float | str] = [1.0, 2.0, "x"]
    for book in (plain, formed):
        book.sheet("S").write_block(Area("S", 2, 1, 2, 3), values)
    assert plain.package.to_bytes() == formed.package.to_bytes()
    again = Workbook(formed.package.to_bytes()).sheet("S")
    assert [again.value(2, column) for column in (1, 2, 3)] == values


def test_each_copy_is_filled_in_by_itself():
    book = cut(CELLS, FORMED)
    one, other = book.copy(), book.copy()
    one.sheet("S").write_block(Area("S", 2, 1, 2, 2), [7.0, 8.0])
    assert [c.sheet("S").value(2, 1) for c in (book, one, other)] == [None, 7.0, None]
    assert other.package.to_bytes() == raw_sheet(CELLS).package.to_bytes()


def test_a_cell_that_cannot_be_read():
    with pytest.raises(InputError, match="A2"):
        cut('<row r="2"><c r="A2"><v>x</v></c></row>', FORMED)


@pytest.mark.parametrize("result", [3.0, 4.0, True, "3", CellError("#N/A"), "<", None])
def test_a_result_alone(result: Value):
    """A value that is there already stays as it is written; TRUE and a text are other values than their number."""
    cells = '<row r="1"><c r="A1"><f>1+2</f><v>3.0</v></c><c r="B1"><f>1=1</f><v>1.0</v></c></row>'
    plain, formed = raw_sheet(cells), cut(cells, FORMED).copy()
    for book in (plain, formed):
        book.sheet("S").write_result(1, 1, result)
        book.sheet("S").write_result(1, 2, True)
    assert plain.package.to_bytes() == formed.package.to_bytes()
    again = Workbook(formed.package.to_bytes()).sheet("S")
    assert same(again.value(1, 1), result) and again.value(1, 2) is True


def test_as_many_values_as_cells():
    for book in (raw_sheet(CELLS), cut(CELLS, FORMED).copy()):
        with pytest.raises(ValueError, match="zip"):
            book.sheet("S").write_block(Area("S", 2, 1, 2, 2), [1.0, 2.0, 3.0])


def test_the_type_of_a_number_stays_where_it_is_written():
    """Some programs write it, though a number is what a cell without a type holds."""
    cells = '<row r="2"><c r="A2" t="n"/><c r="B2" t="n"><v>1</v></c><c r="C2" t="n"><v/></c></row>'
    for values, types in (([1.0, 2.0, 3.0], ["n", "n", "n"]), ([1.0, "x", 3.0], ["n", "inlineStr", "n"])):
        plain, formed = raw_sheet(cells), cut(cells, FORMED).copy()
        for book in (plain, formed):
            book.sheet("S").write_block(Area("S", 2, 1, 2, 3), values)
        assert plain.package.to_bytes() == formed.package.to_bytes()
        assert [cell.get("t") for cell in formed.sheet("S").rows[2]] == types
