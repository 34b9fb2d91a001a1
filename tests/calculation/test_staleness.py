"""Shown values of formulas that rpxl doesn't compute stay as long as what they read does."""

import pytest

from rpxl.calculation.calculate import calculate, write_cached
from rpxl.xlsx.rows import delete_rows, insert_rows
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def market_data(book):
    """Functions of a data service, what is made of them, and an input that has nothing to do with them."""
    sheet = book.add_worksheet("S")
    book.define_name("Rate", "=S!$D$1")
    book.define_name("Twice", "=S!$D$1*2")
    sheet.write("D1", 0.02)
    sheet.write("D2", 7)
    formulas = {
        "A3": ('=BDP("SPX Index","PX_LAST")', 4766.18),
        "A4": ("=A3*2", 9532.36),
        "A5": ("=BDP(D2)", 1.0),
        "A6": ("=BDP(Rate)", 2.0),
        "A7": ("=BDP(Twice)", 3.0),
        "A8": ("=BDP(A6)", 4.0),
        "A9": ("=BDP(B9)", 5.0),
        "B9": ("=Rate+1", 1.02),
        "A10": ("=BDP(B10)", 6.0),
        "B10": ("=SIGN(Rate)", 1.0),
        "A11": ('=BDP(INDIRECT("D1"))', 7.0),
        "A12": ("=BDP(D1:D2)", 8.0),
        "A13": ("=BDP([1]S!D1)", 9.0),
        "A14": ("=BDP(Prices[Close])", 10.0),
        "A15": ("=BDP(Other[Close])", 11.0),
    }
    for place, (formula, value) in formulas.items():
        sheet.write_formula(place, formula, None, value)
    sheet.add_table("F1:G3", {"name": "Prices", "columns": [{"header": "Day"}, {"header": "Close"}]})
    sheet.write("G2", 50)


def shown(book: Workbook) -> dict[str, object]:
    sheet = Workbook(book.package.to_bytes()).sheet("S")
    return {f"A{row}": sheet.value(row, 1) for row in range(3, 16)}


OLD = {
    **{"A3": 4766.18, "A4": 9532.36, "A5": 1.0, "A6": 2.0, "A7": 3.0, "A8": 4.0, "A9": 5.0, "A10": 6.0, "A11": 7.0},
    **{"A12": 8.0, "A13": 9.0, "A14": 10.0, "A15": 11.0},
}


@pytest.mark.parametrize(
    ("cell", "value", "gone"),
    [
        ((1, 4), 0.03, {"A6", "A7", "A8", "A9", "A11", "A12", "A15"}),  # B10, the sign of the rate, stays 1
        ((1, 4), -0.03, {"A6", "A7", "A8", "A9", "A10", "A11", "A12", "A15"}),
        ((2, 4), 8.0, {"A5", "A11", "A12", "A15"}),
        ((2, 7), 51.0, {"A14", "A11", "A15"}),
        ((1, 4), 0.02, set()),
    ],
)
def test_what_reads_a_changed_cell_is_taken_away(cell, value, gone):
    book = Workbook(workbook(market_data))
    book.sheet("S").write(*cell, value)
    taken = write_cached(book, calculate(book, {}))
    assert {f"A{row}" for _, row, _ in taken} == gone
    assert shown(book) == {place: None if place in gone else old for place, old in OLD.items()}


def test_rows_that_come_and_go_are_a_change_where_they_do():
    def write(book):
        sheet = book.add_worksheet("S")
        other = book.add_worksheet("Other")
        sheet.write_column("A1", range(20))
        other.write_formula("A1", "=BDP(S!A1:A20)", None, 1)
        other.write_formula("A2", "=BDP(S!A1:A5)", None, 2)
        other.write_formula("A3", "=BDP(S!A15:A20)", None, 3)

    for change in (insert_rows, delete_rows):
        book = Workbook(workbook(write))
        change(book, book.sheet("S"), 10, 2)
        taken = write_cached(book, calculate(book, {}))
        assert taken == [("Other", 1, 1)]


def test_a_reference_through_several_sheets_reads_those_between_too():
    def write(book):
        for name in ("First", "Middle", "Last", "Other"):
            book.add_worksheet(name).write("A1", 1)
        sheet = book.get_worksheet_by_name("Other")
        sheet.write_formula("B1", "=BDP(First:Last!A1)", None, 1)
        sheet.write_formula("B2", "=BDP('First:Last'!A1)", None, 2)
        sheet.write_formula("B3", "=BDP('[1]First:Last'!A1)", None, 3)  # of another file
        sheet.write_formula("B4", "=BDP(First!A1)", None, 4)

    book = Workbook(workbook(write))
    book.sheet("Middle").write(1, 1, 2.0)
    taken = write_cached(book, calculate(book, {}))
    assert taken == [("Other", 1, 2), ("Other", 2, 2)]
    assert [Workbook(book.package.to_bytes()).sheet("Other").value(row, 2) for row in (1, 2, 3, 4)] == [
        None,
        None,
        3.0,
        4.0,
    ]


def test_texts_and_truth_values_are_a_change_where_they_differ():
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write("A1", 1)
        sheet.write_formula("B1", '=IF(A1>0,"up","down")', None, "up")
        sheet.write_formula("B2", "=A1>0", None, True)
        sheet.write_formula("B3", "=IF(A1>0,A1>0,A1)", None, True)
        for row in (1, 2, 3):
            sheet.write_formula(f"C{row}", f"=BDP(B{row})", None, row)

    for value, gone in ((2.0, []), (-1.0, [1, 2, 3]), (1.0, [])):
        book = Workbook(workbook(write))
        book.sheet("S").write(1, 1, value)
        assert write_cached(book, calculate(book, {})) == [("S", row, 3) for row in gone]


def test_a_number_that_differs_by_rounding_alone_is_no_change():
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_formula("B1", "=1/3", None, 0.333333333333)
        sheet.write_formula("B2", "=1/3", None, 0.3333333)
        sheet.write_formula("C1", "=BDP(B1)", None, 1)
        sheet.write_formula("C2", "=BDP(B2)", None, 2)

    book = Workbook(workbook(write))
    assert write_cached(book, calculate(book, {})) == [("S", 2, 3)]


def test_a_formula_without_a_shown_value_is_left_to_excel():
    book = Workbook(workbook(lambda b: b.add_worksheet("S").write_formula("A1", "=BDP(1)", None, 1)))
    book.sheet("S").write_result(1, 1, None)
    assert write_cached(book, calculate(book, {})) == [("S", 1, 1)]
