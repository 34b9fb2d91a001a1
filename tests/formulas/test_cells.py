"""Ranges that people select are read as they mean them, or refused with the row and column of the cell."""

import re
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.formulas import (
    COV_FROM_VOLS,
    COV_MATRIX,
    LEVER_TO_VOL,
    PORT_VOL,
    RETURNS,
    RISK_CONTRIB,
    RISK_DECOMP,
    RP_WEIGHTS,
)
from rpxl.formulas.cells import as_rows, is_omitted, to_cells
from rpxl.formulas.readers import AssetTable, Choice, Number, Square, Vector

COV = [[0.04, 0.006], [0.006, 0.09]]
LABELLED = [["", "SPY", "IEF"], ["SPY", 0.04, 0.006], ["IEF", 0.006, 0.09]]


def refusal(reader, cells) -> str:
    with pytest.raises(InputError) as caught:
        reader("").read("cov", cells)
    return str(caught.value)


@pytest.mark.parametrize(
    "cells",
    [
        COV,
        tuple(map(tuple, COV)),
        np.array(COV),
        np.array(COV, dtype=object),
        LABELLED,
        [["SPY", "IEF"], *COV],
        [["SPY", *COV[0]], ["IEF", *COV[1]]],
        [[0.04, ""], [0.006, 0.09]],
        [[0.04, 0.006], [None, 0.09]],
        [["", "SPY", "IEF"], ["SPY", 0.04, " "], ["IEF", 0.006, 0.09]],
        [[Decimal("0.04"), np.float64(0.006)], [0.006, np.longdouble(0.09)]],
    ],
)
def test_a_matrix_is_read_with_and_without_labels_and_as_a_triangle(cells):
    assert Square("").read("cov", cells).values == pytest.approx(np.array(COV))


def test_input_is_never_modified():
    triangle = [["", "SPY", "IEF"], ["SPY", 0.04, ""], ["IEF", 0.006, 0.09]]
    before = [list(row) for row in triangle]
    array = np.array(COV)
    RP_WEIGHTS(triangle)
    RP_WEIGHTS(array)
    assert triangle == before
    assert (array == COV).all()


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("abc", "holds the text 'abc'"),
        ("0.5", "holds the text '0.5'"),
        ("{0} {x}", "holds the text '{0} {x}'"),
        ("", "is blank"),
        ("#N/A", "holds the error #N/A"),
        (-2146826246, "holds the error #N/A"),
        (-2146826281, "holds the error #DIV/0!"),
        (-2146828288 + 2050, "holds the error #CALC!"),
        (-2146828288 + 2051, "holds the error #ERROR! (2051)"),
        (-2146828288, "holds the error #ERROR! (0)"),
        (-2146762753.0, "holds the error #ERROR! (65535)"),
        (float("nan"), "is not a number"),
        (float("inf"), "is infinite"),
        (10**400, "is infinite"),
        (True, "is TRUE"),
        (np.True_, "is TRUE"),
        (datetime(2024, 1, 2), "holds a date (2024-01-02)"),
        (1 + 2j, "holds a value of the type complex, which is not a number"),
        (object(), "holds a value of the type object, which is not a number"),
    ],
)
def test_what_is_no_number_is_named_with_its_cell_as_the_user_sees_it(cell, words):
    plain = [[0.04, 0.006], [0.006, cell]]
    assert refusal(Square, plain).startswith(f"cov: row 2, column 2 {words}")
    labelled = [["", "SPY", "IEF"], ["SPY", 0.04, 0.006], ["IEF", 0.006, cell]]
    assert refusal(Square, labelled).startswith(f"cov: row 3, column 3 {words}")


def test_numbers_beside_those_of_errors_are_numbers():
    for number in (-2146828289.0, -2146762752.0, -2146828288.5):
        assert Number("").read("rf", number).values == number
        assert AssetTable("").read("returns", [[number], [1.0]]).values.tolist() == [[number], [1.0]]
    for code in (-2146828288.0, -2146826237, -2146762753.0):
        assert "#" in refusal(Number, code)
        assert "#" in refusal(AssetTable, [[1.0], [code]])


def test_a_wrong_cell_of_a_triangle_is_named_where_it_stands():
    assert refusal(Square, [[0.04, None], ["x", 0.09]]).startswith("cov: row 2, column 1 holds the text 'x'")
    assert refusal(Square, [[None, None], [None, None]]).startswith("cov: row 1, column 1 is blank")
    assert refusal(Square, [[0.04, None, 0.01], [0.0, 0.04, 0.0], [0.01, 0.0, 0.04]]).startswith(
        "cov: row 1, column 2 is blank"
    )


@pytest.mark.parametrize(
    "value", [np.array([[True, False]]), np.array([[1j, 2]]), np.array([["a", "b"]]), {1: 2}, b"x"]
)
def test_arrays_of_other_things_are_refused(value):
    with pytest.raises(InputError, match="cov: row 1, column"):
        Square("").read("cov", value)


def test_missing_data_shows_as_not_available_and_a_wrong_cell_as_a_value_error():
    for cell, shown in ((None, "#N/A"), ("#N/A", "#N/A"), ("text", "#VALUE!"), ("#REF!", "#VALUE!")):
        with pytest.raises(InputError) as caught:
            RP_WEIGHTS([[0.04, 0.0], [0.0, cell]])
        assert caught.value.cell_error == shown


def test_an_error_of_the_core_is_told_in_the_users_rows_and_columns():
    wrong = [["", "SPY", "IEF"], ["SPY", 0.04, 0.006], ["IEF", 0.007, 0.09]]
    with pytest.raises(InputError) as caught:
        RP_WEIGHTS(wrong)
    assert "row 2, column 3" in str(caught.value)
    assert "row 3, column 2" in str(caught.value)
    with pytest.raises(InputError, match="vols: row 2, column 2"):
        COV_FROM_VOLS([["SPY", 0.2], ["IEF", -0.1]], [[1, 0], [0, 1]])


def test_ragged_and_empty_ranges_are_refused():
    assert refusal(Square, [[1.0, 2.0], [3.0]]) == "cov: row 2 has 1 cells and row 1 has 2."
    assert "empty" in refusal(Square, [])
    assert "empty" in refusal(Square, [[], []])
    assert "3 dimensions" in refusal(Square, np.zeros((2, 2, 2)))
    assert "row 1 has 1" in refusal(Square, [1.0, [2.0, 3.0]])


def test_a_vector_is_a_row_or_a_column_with_or_without_labels():
    column, row = [[0.6], [0.4]], [[0.6, 0.4]]
    labelled_column, labelled_row = [["SPY", 0.6], ["IEF", 0.4]], [["SPY", "IEF"], [0.6, 0.4]]
    headed = [["Weights"], [0.6], [0.4]]
    for cells in (column, labelled_column, headed, [0.6, 0.4], (0.6, 0.4), np.array([0.6, 0.4])):
        block = Vector("").read("weights", cells)
        assert block.values == pytest.approx([0.6, 0.4])
        assert not block.is_row
    for cells in (row, labelled_row, [["Weights", 0.6, 0.4]], np.array(row)):
        block = Vector("").read("weights", cells)
        assert block.values == pytest.approx([0.6, 0.4])
        assert block.is_row
    assert "2 × 2" in refusal(Vector, COV)


def test_the_answer_takes_the_orientation_of_the_weights():
    assert [len(row) for row in RISK_CONTRIB([[0.6, 0.4]], COV)] == [2]
    assert [len(row) for row in RISK_CONTRIB([[0.6], [0.4]], COV)] == [1, 1]
    assert [len(row) for row in RP_WEIGHTS(COV, [[0.6, 0.4]])] == [1, 1]
    assert [len(row) for row in LEVER_TO_VOL([[0.6, 0.4]], COV, 0.1, output="Weights ")] == [2]


def test_labels_name_the_rows_of_a_report():
    assert [row[0] for row in RISK_DECOMP([[0.6], [0.4]], LABELLED)] == ["Asset", "SPY", "IEF", "Portfolio"]
    assert [row[0] for row in RISK_DECOMP([["A", 0.6], ["B", 0.4]], COV)] == ["Asset", "A", "B", "Portfolio"]
    assert [row[0] for row in RISK_DECOMP([["w"], [0.6], [0.4]], COV)] == [
        "Asset",
        "Asset 1",
        "Asset 2",
        "Portfolio",
    ]


def test_labels_in_another_order_are_refused():
    swapped = [["IEF", 0.6], ["SPY", 0.4]]
    with pytest.raises(InputError, match="cov: has 'SPY' as number 1, but the labels of weights have it as number 2"):
        PORT_VOL(swapped, LABELLED)
    with pytest.raises(InputError, match="cov: has 'IEF' as number 1, but its rows have it as number 2"):
        RP_WEIGHTS([["", "IEF", "SPY"], ["SPY", 0.04, 0.006], ["IEF", 0.006, 0.09]])
    other_words = [["US equity", 0.6], ["Treasuries", 0.4]]
    assert PORT_VOL(other_words, LABELLED) == PORT_VOL([[0.6], [0.4]], COV)


def test_blank_optional_arguments_mean_the_default():
    expected = RP_WEIGHTS(COV)
    for blank in (None, "", [[None]], (("",), ("",)), np.array([[None]], dtype=object)):
        assert is_omitted(blank)
        assert RP_WEIGHTS(COV, blank) == expected
    assert not is_omitted(0.0)
    assert not is_omitted([[0.0]])
    with pytest.raises(InputError, match="budgets: row 2, column 1 is blank"):
        RP_WEIGHTS(COV, [[0.5], [None]])


def test_one_cell_stands_for_a_number_and_a_range_does_not():
    for cells in (0.1, [[0.1]], np.float64(0.1), np.array(0.1), Decimal("0.1")):
        assert Number("").read("target", cells).values == pytest.approx(0.1)
    assert "range of 1 × 2" in refusal(Number, [[0.1, 0.2]])
    assert refusal(Number, "10 %").startswith("cov: holds the text '10 %', a number stored as text. Turn it into")
    assert refusal(Number, "ten") == "cov: holds the text 'ten' where a number belongs."
    assert "#NUM!" in refusal(Number, -2146826252)


def test_an_unknown_word_is_answered_with_the_known_ones():
    reader = Choice("", ("share", "absolute"))
    assert reader.read("measure", " SHARE ").values == "share"
    for cells in ("relative", 3.0, "#N/A"):
        with pytest.raises(InputError, match="choose one of: share, absolute"):
            reader.read("measure", cells)


def test_dates_beside_prices_are_set_aside():
    prices = [[100.0, 50.0], [101.0, 50.0], [102.01, 51.0]]
    serials, days = [45292.0, 45293.0, 45296.0], [date(2024, 1, d) for d in (1, 2, 5)]
    expected = RETURNS(prices)
    for first in (serials, days, [int(s) for s in serials]):
        dated = [[day, *row] for day, row in zip(first, prices, strict=True)]
        assert RETURNS(dated) == expected
        assert RETURNS([["Date", "SPY", "IEF"], *dated]) == expected
        assert RETURNS([[None, "SPY", "IEF"], *dated]) == expected
    index_levels = [["DAX", "SPY"], *([level, row[0]] for level, row in zip(serials, prices, strict=True))]
    with pytest.raises(InputError, match=r"can be dates \(2024-01-01, 2024-01-02 …\) or an asset"):
        RETURNS(index_levels)
    assert "row 2, column 3" in refusal(AssetTable, [[45292.0, 1, 2], [45293.0, 1, "x"], [45296.0, 1, 2]])


def test_a_column_of_dates_alone_is_no_table():
    serials = [44200.0 + i for i in (0, 1, 2, 3, 4, 7)]
    for column in (
        [[s] for s in serials],
        [["Date"], *([s] for s in serials)],
        [["2024-01-31"], ["2024-02-29"]],
        [["Date"], [1.5]],
    ):
        with pytest.raises(InputError, match="returns: is a column of dates alone"):
            COV_MATRIX(column)
    assert RETURNS([[40000.0], [50000.0]]) == [[0.25]]


def test_labels_may_stand_over_returns():
    returns = [["SPY", "IEF"], [0.01, 0.0], [-0.02, 0.01], [0.0, 0.0]]
    assert COV_MATRIX(returns) == COV_MATRIX(returns[1:])


def test_answers_are_plain_cells():
    assert to_cells(np.float64(1.5)) == 1.5
    assert type(to_cells(np.float64(1.5))) is float
    for row in to_cells([["a", np.float64(1.0)], ["b", 2]]):
        assert [type(cell) for cell in row] == [str, float]
    assert to_cells(np.array([1.0, 2.0]), as_row=True) == [[1.0, 2.0]]
    assert as_rows("cov", 3.0) == [[3.0]]


def test_an_answer_beyond_what_a_cell_holds_is_an_error():
    from rpxl.errors import ConvergenceError, RpxlError

    with pytest.raises(ConvergenceError, match="finite"):
        to_cells(np.array([np.nan]))
    with pytest.raises(RpxlError):
        PORT_VOL([1e200, 1e200], [[1e200, 0.0], [0.0, 1e200]])


def test_a_long_text_is_quoted_in_part():
    message = refusal(Square, [[0.04, 0.0], [0.0, "x" * 500]])
    assert len(message) < 150
    assert re.search(r"'x{40}…'", message)
