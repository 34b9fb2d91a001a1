"""The functions as Excel calls them through xlwings Lite: xlwings' own dispatcher, and answers in its form."""

from typing import Any

import pytest

from rpxl.errors import RpxlError
from rpxl.formulas.catalogue import FUNCTIONS, WorksheetFunction
from rpxl.lite.functions import REASONS, Reasons, custom_functions
from tests.lite.excel import LITE, call, error, module, server

MAIN = module(**custom_functions(LITE))
COV = [["", "Stocks", "Bonds"], ["Stocks", 0.0256, ""], ["Bonds", 0.0, 0.0016]]


def as_rows(answer: Any) -> list[list[Any]]:
    return answer if isinstance(answer, list) else [[answer]]


def test_excel_is_told_of_the_whole_catalogue():
    told = {each["name"]: each for each in server.custom_functions_meta(MAIN)["functions"]}
    assert told.keys() == FUNCTIONS.keys()
    for name, function in FUNCTIONS.items():
        assert told[name]["id"] == name
        assert told[name]["description"] == function.description
        assert told[name]["result"] == {"dimensionality": "matrix", "type": "any"}
        parameters = told[name]["parameters"]
        assert [each["name"] for each in parameters] == [p.name for p in function.parameters]  # not who calls
        assert [each["description"] for each in parameters] == [p.help for p in function.parameters]
        assert [each.get("optional", False) for each in parameters] == [p.optional for p in function.parameters]
        assert all(each["dimensionality"] == "matrix" and each["type"] == "any" for each in parameters)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_example_of_the_catalogue(function: WorksheetFunction):
    answer = as_rows(call(MAIN, function.name, *function.example.args))
    expected = as_rows(function.example.answer)
    assert [len(row) for row in answer] == [len(row) for row in expected]
    for cells, wanted in zip(answer, expected, strict=True):
        for cell, value in zip(cells, wanted, strict=True):
            tolerance = function.example.tolerance
            assert cell == (value if isinstance(value, str) else pytest.approx(value, rel=tolerance, abs=tolerance))


def test_labels_blanks_rows_and_columns_come_through():
    assert call(MAIN, "RP_WEIGHTS", COV) == [[pytest.approx(0.2)], [pytest.approx(0.8)]]
    assert call(MAIN, "RISK_CONTRIB", [[0.2, 0.8]], COV) == [[pytest.approx(0.5)] * 2]
    assert call(MAIN, "RISK_CONTRIB", [[0.2], [0.8]], COV) == [[pytest.approx(0.5)]] * 2
    assert call(MAIN, "RISK_CONTRIB", [[0.2], [0.8]], COV, "") == [[pytest.approx(0.5)]] * 2  # a blank cell
    vol = (0.2**2 * 0.0256 + 0.8**2 * 0.0016) ** 0.5
    assert call(MAIN, "RISK_CONTRIB", [[0.2], [0.8]], COV, [["ABSOLUTE"]]) == [[pytest.approx(vol / 2)]] * 2
    assert call(MAIN, "VOLS", 0.04) == [[pytest.approx(0.2)]]  # one cell is no range


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "row 1, column 1 is blank"),
        ("x", "holds the text 'x'"),
        (True, "is TRUE, not a number"),
        *((text, f"holds the error {text}") for text in ("#N/A", "#DIV/0!", "#CALC!", "#SPILL!", "#BUSY!")),
    ],
)
def test_what_is_wrong_in_a_cell_is_said_and_no_number_is_given(cell: Any, said: str):
    with pytest.raises(RpxlError, match=said.replace("(", r"\(")):
        call(MAIN, "PORT_VOL", [[0.6], [0.4]], [[cell, 0.01], [0.01, 0.09]])


def test_a_missing_argument_is_named():
    with pytest.raises(RpxlError, match="cov: is missing"):
        call(MAIN, "PORT_VOL", [[0.6], [0.4]])
    with pytest.raises(RpxlError, match="cov: row 1, column 1 is blank"):
        call(MAIN, "PORT_VOL", [[0.6], [0.4]], "")


def test_a_fault_of_rpxl_is_an_error_too(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(FUNCTIONS["PORT_VOL"], "__wrapped__", fail)
    with pytest.raises(RpxlError, match=r"rpxl failed unexpectedly \(ZeroDivisionError: oh\)"):
        call(MAIN, "PORT_VOL", [[0.6], [0.4]], COV)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: Any) -> None:
        raise ModuleNotFoundError("No module named 'scipy'")

    monkeypatch.setattr(FUNCTIONS["PORT_VOL"], "__wrapped__", fail)
    with pytest.raises(RpxlError, match=r"library is missing \(No module named 'scipy'\).*requirements.txt"):
        call(MAIN, "PORT_VOL", [[0.6], [0.4]], COV)


def test_reasons_are_kept_for_each_cell_until_it_is_well():
    at = "[Book.xlsx]'My data'!$B$2"
    with pytest.raises(RpxlError):
        call(MAIN, "VOLS", [["x"]], at=at)
    reason = REASONS.of("My data", "B2")
    assert reason is not None and reason.function == "VOLS" and "holds the text 'x'" in reason.text
    call(MAIN, "VOLS", [[0.04]], at="[Book.xlsx]'My data'!$C$2")
    assert REASONS.of("My data", "B2") is reason
    call(MAIN, "VOLS", [[0.04]], at=at)
    assert REASONS.of("My data", "B2") is None


def test_no_more_reasons_are_kept_than_somebody_reads():
    reasons = Reasons()
    for number in range(2000):
        reasons.note("VOLS", None, f"reason {number}")
    assert [reason.text for reason in reasons.last(2)] == ["reason 1999", "reason 1998"]
    assert len(reasons.last(9999)) == 500


def test_an_older_lite_does_not_say_which_cell_calls():
    older = type("xlwings", (), {"func": server.func, "arg": server.arg})
    main = module(**custom_functions(older))
    assert call(main, "RP_WEIGHTS", COV) == [[pytest.approx(0.2)], [pytest.approx(0.8)]]
    with pytest.raises(RpxlError, match="error #N/A"):
        call(main, "VOLS", [[error("#N/A")["basicValue"]]])
    assert REASONS.last(1)[0].address == ""
