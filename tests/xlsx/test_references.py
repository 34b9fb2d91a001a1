import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpxl.xlsx.references import (
    LAST_ROW,
    Area,
    RowChange,
    area_of,
    cell_name,
    column_letters,
    column_number,
    parse_range,
    tokenize,
    translate,
)

TRICKY = [
    "SUM(A1:B3,'My Sheet'!$A$1,{1,2;3,4})*Data!B:B+[1]!RP_WEIGHTS(x,,y)",
    '"a ""b"" A1"&A1',
    "Table1[[#This Row],[A]]+Table1[A1]+[@A1]",
    "'C:\\x\\rpxl.xlam'!RP_WEIGHTS(A1)+'It''s A1'!A1",
    "LOG10(A1)+ABC1D+A1.x+A1B2+1E5+A1E5+_A1+\\A1",
    "$1:$3+1:3+A:C+#REF!+Data!#REF!+#N/A",
    "A1#+@A1+50%",
    "Ünï!A1+'a b:c d'!A1+[Book.xlsx]S!A1",
]


@pytest.mark.parametrize("formula", TRICKY)
def test_tokens_join_to_the_formula(formula: str):
    assert "".join(token.text for token in tokenize(formula)) == formula


@given(st.text(alphabet="AB1$:!'\"()[]{},;+#@. x\\é\n", max_size=25))
def test_tokens_of_any_text_join_to_it(text: str):
    assert "".join(token.text for token in tokenize(text)) == text


def test_only_references_are_references():
    found = [token.text for formula in TRICKY for token in tokenize(formula) if token.kind == "area"]
    assert found == [
        *("A1:B3", "'My Sheet'!$A$1", "Data!B:B", "A1", "A1", "'It''s A1'!A1", "A1"),
        *("$1:$3", "1:3", "A:C", "A1", "A1", "Ünï!A1", "'a b:c d'!A1", "[Book.xlsx]S!A1"),
    ]


@given(st.integers(1, 16384))
def test_columns_both_ways(number: int):
    assert column_number(column_letters(number)) == number


def test_area_of_whole_columns_and_rows():
    assert area_of(tokenize("B:C")[0], "S")[1:] == (1, 2, LAST_ROW, 3)
    assert area_of(tokenize("$2:4")[0], "S")[1:] == (2, 1, 4, 16384)


def test_translate_moves_relative_references_only():
    assert translate('$A1+A$1+$1:1+A:$B+"A1"+A1()', 1, 1) == '$A2+B$1+$1:2+B:$B+"A1"+A1()'
    assert translate("A1", -1, 0) == f"A{LAST_ROW}"  # as Excel wraps around


ROWS = st.tuples(st.integers(1, 12), st.integers(1, 12)).map(sorted)


@given(ROWS, st.integers(2, 12), st.integers(1, 5))
def test_inserted_rows_against_a_list_of_rows(ends: list[int], at: int, count: int):
    top, bottom = ends
    rows: list[int | None] = list(range(1, 21))
    rows[at - 1 : at - 1] = [None] * count
    first, last = rows.index(top) + 1, rows.index(bottom) + 1
    moved = parse_range(RowChange("S", at, count).range(f"A{top}:A{bottom}"))
    assert (moved.top, moved.bottom) == (first, last)


@given(ROWS, st.integers(1, 12), st.integers(1, 5))
def test_deleted_rows_against_a_list_of_rows(ends: list[int], at: int, count: int):
    top, bottom = ends
    rows = list(range(1, 21))
    del rows[at - 1 : at - 1 + count]
    kept = [rows.index(row) + 1 for row in range(top, bottom + 1) if row in rows]
    change = RowChange("S", at, -count)
    if not kept:
        with pytest.raises(LookupError):
            change.range(f"A{top}:A{bottom}")
    else:
        moved = parse_range(change.range(f"A{top}:A{bottom}"))
        assert (moved.top, moved.bottom) == (kept[0], kept[-1])


@pytest.mark.parametrize("formula", TRICKY)
def test_a_change_on_another_sheet_leaves_the_text_alone(formula: str):
    assert RowChange("Elsewhere", 1, 3).formula(formula, "Main") == formula


def test_a_change_keeps_everything_but_row_numbers():
    change = RowChange("my sheet", 2, 3)
    assert change.formula("SUM( 'My Sheet'!$a$1:b3 ,A3)&\"'My Sheet'!A3\"", "Main") == (
        "SUM( 'My Sheet'!$a$1:b6 ,A3)&\"'My Sheet'!A3\""
    )
    assert change.formula("A:A+3:4+A2:A1048576", "My Sheet") == "A:A+6:7+A5:A1048576"


def test_cell_name():
    assert cell_name(1048576, 16384) == "XFD1048576"


def test_an_area_and_its_cells():
    area = Area("S", 2, 3, 3, 5)
    assert (area.height, area.width) == (2, 3)
    assert list(area.cells()) == [(2, 3), (2, 4), (2, 5), (3, 3), (3, 4), (3, 5)]
    assert str(area) == "S!C2:E3"
    around = [(row, column) for row in range(1, 6) for column in range(1, 8)]
    assert [cell for cell in around if area.holds(*cell)] == list(area.cells())


def test_areas_that_share_a_cell_meet():
    area = Area("S", 2, 3, 3, 5)
    for row in range(1, 6):
        for column in range(1, 8):
            for other in (Area("S", row, column, row, column), Area("S", row, column, row + 1, column + 1)):
                shares = bool(set(area.cells()) & set(other.cells()))
                assert area.meets(other) is other.meets(area) is shares
                assert not area.meets(other._replace(sheet="R")) and not area.meets(other._replace(sheet="T"))
