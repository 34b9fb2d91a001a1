"""The whole Python side of a call from a cell: COM values in, COM values out, through xlwings' own code."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rpxl.excel.server import server_class
from rpxl.excel.udfs import MARK, cells_of, compute
from rpxl.formulas.catalogue import FUNCTIONS, WorksheetFunction
from tests.excel.windows import MISSING, xlwings_for_windows
from tests.work import calls

NA = -2146826246
DIV0 = -2146826281
COV = ((0.0256, 0.0), (0.0, 0.0016))

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call() -> Iterator[Call]:
    """Call a function as the add-in does: its name, and COM values."""
    with xlwings_for_windows() as server:
        python = server_class(server, compute)()
        yield lambda name, *args, from_1904=False: python.Compute(name, args, from_1904)


def com(cells: Any) -> Any:
    """Give cells the form in which Excel hands a range to Python: one cell is a scalar, else rows."""
    if not isinstance(cells, list):
        return None if cells == "" else cells
    rows = [row if isinstance(row, list) else [row] for row in cells]
    if len(rows) == len(rows[0]) == 1:
        return rows[0][0]
    return tuple(tuple(None if cell == "" else cell for cell in row) for row in rows)


def as_rows(answer: Any) -> list[list[Any]]:
    return answer if isinstance(answer, list) else [[answer]]


@pytest.mark.parametrize("formula", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_every_example_of_the_catalogue(call: Call, formula: WorksheetFunction) -> None:
    given = [com(cells) for cells in formula.example.args]
    left_out = [MISSING] * (len(formula.parameters) - len(given))
    answer = as_rows(call(formula.name, *given, *left_out))
    expected = as_rows(formula.example.answer)
    assert [len(row) for row in answer] == [len(row) for row in expected]
    for cells, wanted in zip(answer, expected, strict=True):
        for cell, value in zip(cells, wanted, strict=True):
            if isinstance(value, str):
                assert cell == value
            else:
                assert type(cell) is float
                assert cell == pytest.approx(value, rel=formula.example.tolerance, abs=formula.example.tolerance)


def test_a_blank_optional_argument_means_its_default(call: Call) -> None:
    weights = ((0.2,), (0.8,))
    by_default = call("RISK_CONTRIB", weights, COV, MISSING)
    assert call("RISK_CONTRIB", weights, COV, None) == by_default
    assert call("RISK_CONTRIB", weights, COV, "") == by_default
    assert call("RISK_CONTRIB", weights, COV, "SHARE") == by_default


def test_rows_stay_rows_and_columns_stay_columns(call: Call) -> None:
    assert call("RISK_CONTRIB", ((0.2, 0.8),), COV, MISSING) == [pytest.approx([0.5, 0.5])]
    assert call("RISK_CONTRIB", (0.2, 0.8), COV, MISSING) == [pytest.approx([0.5, 0.5])]  # a constant: {0.2,0.8}
    assert call("RISK_CONTRIB", ((0.2,), (0.8,)), COV, MISSING) == [pytest.approx([0.5]), pytest.approx([0.5])]


def test_labels_and_a_blank_half_come_through(call: Call) -> None:
    labelled = ((None, "Stocks", "Bonds"), ("Stocks", 0.0256, None), ("Bonds", 0.0, 0.0016))
    assert call("RP_WEIGHTS", labelled, *[MISSING] * (len(FUNCTIONS["RP_WEIGHTS"].parameters) - 1)) == [
        pytest.approx([0.2]),
        pytest.approx([0.8]),
    ]


@pytest.mark.parametrize(
    ("cov", "error", "words"),
    [
        (((0.04, NA), (0.0, 0.01)), "#N/A", "cov: row 1, column 2 holds the error #N/A"),
        (((0.04, DIV0), (0.0, 0.01)), "#VALUE!", "cov: row 1, column 2 holds the error #DIV/0!"),
        (((0.04, 0.0), (0.0, None)), "#N/A", "cov: row 2, column 2 is blank"),
        (NA, "#N/A", "cov: row 1, column 1 holds the error #N/A"),
        (None, "#VALUE!", "cov: is missing"),
        ("text", "#VALUE!", "holds the text 'text'"),
        (MISSING, "#VALUE!", "cov: is missing"),
        (((0.04, 0.5), (0.5, 0.01)), "#VALUE!", "cov"),
        (((0.04, -2146826238), (0.0, 0.01)), "#VALUE!", "row 1, column 2 holds the error #CALC!"),
        (((0.04, -2146826241), (0.0, 0.01)), "#VALUE!", "row 1, column 2 holds the error #BLOCKED!"),
        (True, "#VALUE!", "is TRUE, not a number"),
    ],
)
def test_a_failure_is_marked_with_error_and_reason(call: Call, cov: Any, error: str, words: str) -> None:
    answer = call("VOLS" if cov is True else "RP_WEIGHTS", cov)
    assert isinstance(answer, str)
    assert answer.startswith(f"{MARK}{error} ")
    assert words in answer


NAMED = {2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A"}


@pytest.mark.parametrize("number", [0, 1, 1999, *NAMED, 2051, 2100, 0x7FFF, 0x8000, 0xFFFF])
def test_an_error_of_any_number_is_an_error(call: Call, number: int) -> None:
    """Excel hands over an error as 0x800A0000 and its number, in 32 bits with a sign."""
    code = 0x800A0000 + number - 2**32
    for cov in (code, ((0.04, 0.0), (0.0, code))):
        answer = call("VOLS", cov)
        assert answer.startswith(f"{MARK}{'#N/A' if number == 2042 else '#VALUE!'} cov: row ")
        assert f"holds the error {NAMED.get(number, '#')}" in answer
        assert NAMED.get(number, str(number)) in answer


def test_days_count_as_in_the_workbook(call: Call) -> None:
    """1990-01-01 is day 32874 from 1900 and 31412 from 1904: 1462 days lie between the two beginnings."""
    prices = [[float(32874 + i), 100.0 + i % 3, 50.0 + i % 5] for i in range(500)]
    head = ("Date", "A", "B")
    table = (head, *map(tuple, prices))
    shifted = (head, *((day - 1462, *rest) for day, *rest in prices))
    given = [MISSING] * (len(FUNCTIONS["RP_BACKTEST"].parameters) - 1)
    by_1900 = call("RP_BACKTEST", table, *given)
    by_1904 = call("RP_BACKTEST", shifted, *given, from_1904=True)
    assert isinstance(by_1900, list), by_1900
    assert [row[1:] for row in by_1904] == [row[1:] for row in by_1900]
    days = [(a[0], b[0]) for a, b in zip(by_1900, by_1904, strict=True) if isinstance(a[0], float)]
    assert days
    assert {a - b for a, b in days} == {1462.0}


def test_an_unsolvable_problem_is_a_num_error(call: Call) -> None:
    hedge = ((0.04, -0.04), (-0.04, 0.04))
    assert call("RP_WEIGHTS", hedge).startswith(f"{MARK}#NUM! ")


def test_a_fault_of_rpxl_is_an_error_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> float:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(FUNCTIONS["VOLS"], "__wrapped__", broken)
    assert "rpxl failed unexpectedly (ZeroDivisionError: oops)" in call("VOLS", COV)


def test_a_call_costs_no_more_than_an_empty_function_of_xlwings(call: Call) -> None:
    """Counted, not timed: what Python executes on the way in and out, for values that need no work."""
    cells = tuple(tuple(float(i == j) for j in range(5)) for i in range(5))
    sys.modules.pop("tests.excel.empty_function", None)  # it is to be imported as on Windows
    xlwings_server = sys.modules["xlwings.com_server"].XLPython()  # type: ignore[attr-defined]
    xlwings_server.CallUDF("tests.excel.empty_function", "EMPTY", (cells,))  # imports it
    theirs = calls(lambda: xlwings_server.CallUDF("tests.excel.empty_function", "EMPTY", (cells,)))
    ours = calls(lambda: compute("VOLS", (cells,))) - calls(lambda: FUNCTIONS["VOLS"]([list(row) for row in cells]))
    assert 0 < ours < 0.5 * theirs


def test_values_cost_next_to_nothing_per_cell() -> None:
    def work(n: int) -> int:
        cells = tuple(tuple(float(i + j) for j in range(n)) for i in range(n))
        return calls(lambda: cells_of(cells))

    assert (work(100) - work(5)) / (100 * 100 - 5 * 5) < 0.1  # a call for each row


def test_days_count_from_1904_where_the_workbook_says_so(call: Call) -> None:
    returns = (("Date", "Fund"), (43860.0, 0.1), (43889.0, 0.25), (43920.0, -0.2), (43950.0, 0.3))  # from 2024-01-31 on
    window = (returns, 12.0, 0.0, "2024-02", "2024-03")
    assert compute("PERF_STATS", window, True)[1] == ["Periods", 2.0]
    assert compute("PERF_STATS", window, False).startswith(f"{MARK}#VALUE! start: leaves nothing")
    assert compute("PERF_STATS", window, True)[1] == ["Periods", 2.0]
