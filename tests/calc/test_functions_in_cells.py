"""Every function of the catalogue in real cells: its example, bad input, and how people lay out their data."""

from collections.abc import Iterator
from typing import Any

import pytest

from rpxl.calc.office import Office
from rpxl.formulas.catalogue import FUNCTIONS, Parameter, WorksheetFunction
from rpxl.formulas.readers import AssetTable, Choice, Number, Square, Vector

from .bench import Bench, as_typed

NAMES = sorted(FUNCTIONS)
ERRORS = ("#VALUE!", "#NUM!", "#N/A", "Err:504")
DIVISION_BY_ZERO = ("formula", "=1/0")
HAGHANI_WHITE = [[0.0256, 0.0], [0.0, 0.0016]]  # vols of 16 % and 4 %: risk parity is 20/80


def rows_of(cells: Any) -> list[list[Any]]:
    rows = cells if isinstance(cells, list) else [[cells]]
    return [list(row) if isinstance(row, list) else [row] for row in rows]


@pytest.fixture(scope="module")
def sheet(office: Office) -> Iterator[Bench]:
    bench = Bench(office)
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def examples(sheet: Bench) -> dict[str, Any]:
    """Every example of the catalogue, typed into one sheet over the range of its answer."""
    typed = {}
    for name, function in FUNCTIONS.items():
        answer = rows_of(function.example.answer)
        typed[name] = sheet.call(name, function.example.args, len(answer), len(answer[0]))
    return typed


@pytest.mark.parametrize("name", NAMES)
def test_example_gives_its_answer_in_cells(name: str, examples: dict[str, Any]) -> None:
    example = FUNCTIONS[name].example
    shown = examples[name]()
    for shown_row, row in zip(shown, rows_of(example.answer), strict=True):
        for cell, expected in zip(shown_row, row, strict=True):
            if not isinstance(expected, str):
                expected = pytest.approx(as_typed(expected), rel=example.tolerance, abs=example.tolerance)
            assert cell == expected


def spoilt_last(cells: Any, spoilt: Any) -> list[list[Any]]:
    """Return the cells with another last one: text in a first line would be labels."""
    rows = rows_of(cells)
    rows[-1][-1] = spoilt
    return rows


def bad_inputs(function: WorksheetFunction) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each kind of bad input for each argument, and arguments that are missing."""
    example = function.example.args
    for i, parameter in enumerate(function.parameters):
        given = list(example) + [None] * (i + 1 - len(example))
        for kind, cells in bad_cells(parameter, given[i]):
            if kind == "blank" and function.name == "MISSING_ROWS":
                continue  # blank cells are what it counts
            yield f"{parameter.name}: {kind}", (*given[:i], cells, *given[i + 1 :])
        if not parameter.optional:
            yield f"{parameter.name}: missing", (*given[:i], None, *given[i + 1 :])


def bad_cells(parameter: Parameter, cells: Any) -> Iterator[tuple[str, Any]]:
    reader = parameter.reader
    base = 1.0 if cells is None else cells
    if isinstance(reader, Choice):
        yield "unknown word", "no such word"
        yield "error", DIVISION_BY_ZERO
        return
    if not isinstance(reader, Square | Vector | AssetTable | Number):  # read by the function itself
        yield "error", spoilt_last(base, DIVISION_BY_ZERO)
        return
    yield "text", spoilt_last(base, "text")
    yield "error", spoilt_last(base, DIVISION_BY_ZERO)
    if not parameter.optional:
        yield "blank", spoilt_last(base, "")
    if isinstance(reader, Number):
        yield "range", [[1.0, 2.0], [3.0, 4.0]]
    if isinstance(reader, Square) and len(rows_of(base)) > 1:
        yield "not square", [row[:-1] for row in rows_of(base)]
        crooked = rows_of(base)
        crooked[0][1] = crooked[1][0] + 0.001
        yield "asymmetric", crooked
        negative = rows_of(base)
        negative[0][0] = -negative[0][0]
        yield "negative variance", negative


@pytest.fixture(scope="module")
def spoilt(office: Office) -> Iterator[dict[str, dict[str, Any]]]:
    bench = Bench(office)
    typed: dict[str, dict[str, Any]] = {}
    for name, function in FUNCTIONS.items():
        typed[name] = {kind: bench.call(name, args, 4, 2) for kind, args in bad_inputs(function)}
    yield typed
    bench.close()


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_never_gives_a_number(name: str, spoilt: dict[str, dict[str, Any]]) -> None:
    assert len(spoilt[name]) >= 3
    for kind, read in spoilt[name].items():
        shown = [cell for row in read() for cell in row]
        if name == "RP_CHECK":  # its answer is what is wrong, in words
            assert all(isinstance(cell, str) for cell in shown), f"{kind}: {shown}"
            assert shown[0] != "OK", kind
        else:
            assert set(shown) <= set(ERRORS), f"{kind}: {shown}"
            assert len(set(shown)) == 1, f"{kind}: {shown}"


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_cell_for_an_optional_argument_is_the_default_or_an_error(name: str, bench: Bench) -> None:
    """Calc passes 0 for it; where the default is not 0, that must never be taken as the number 0."""
    function = FUNCTIONS[name]
    answer = rows_of(function.example.answer)
    height, width = len(answer), len(answer[0])
    required = [i for i, parameter in enumerate(function.parameters) if not parameter.optional]
    args = function.example.args[: len(required)]
    left_out = bench.call(name, args, height, width)
    blanks = [
        bench.call(name, (*args, *[None] * (i - len(args)), ""), height, width)
        for i in range(len(required), len(function.parameters))
    ]
    for read in blanks:
        assert read() == left_out() or read()[0][0] in ERRORS


def test_what_a_person_sees_and_reads(bench: Bench) -> None:
    bench.enter(
        ("A1:B2", [[0.04, 0.01], [0.01, 0.09]]),
        ("D1:E2", [[0.04, 0.01], [0.02, 0.09]]),
        ("G1:H2", [[0.04, 0.01], ["", "n/a"]]),
        ("J1:K2", [[0.04, 0.01], [0.01, ""]]),
        ("M1:M2", [[0.5], [0.5]]),
        ("A5:A6", "{=RP_WEIGHTS(A1:B1)}"),
        ("B5:B6", "{=RP_WEIGHTS(D1:E2)}"),
        ("C5:C6", "{=RP_WEIGHTS(G1:H2)}"),
        ("D5:D6", "{=RP_WEIGHTS(J1:K2)}"),
        ("E5", "=LEVER_TO_VOL(M1:M2;A1:B2;-0.1)"),
        ("F5", '=LEVER_TO_VOL(M1:M2;A1:B2;0.1;0.02;;"sharpe")'),
        ("G5", "=PORT_VOL(A5:A6;A1:B2)"),
        ("H5", "=SUM(A5:A6)"),
    )
    seen = {address: bench.cell(address) for address in ("A5", "A6", "B5", "C5", "D5", "E5", "F5", "G5", "H5")}
    assert [cell.error for cell in seen.values()] == [
        *("#VALUE!", "#VALUE!", "#VALUE!", "#VALUE!", "#N/A", "#VALUE!", "#VALUE!"),
        *("Err:504", "#VALUE!"),
    ]
    reasons = {address: cell.reason for address, cell in seen.items()}
    assert reasons["A5"].startswith("RP_WEIGHTS: #VALUE!\ncov: has 1 row and 2 columns")
    assert reasons["A6"] == reasons["A5"]
    assert "row 1, column 2" in reasons["B5"] and "row 2, column 1" in reasons["B5"]
    assert "'n/a'" in reasons["C5"] and "row 2, column 2" in reasons["C5"]
    assert "row 2, column 2 is blank" in reasons["D5"]
    assert "target" in reasons["E5"] and "-0.1" in reasons["E5"]
    assert "exp_returns" in reasons["F5"]
    assert "holds an error" in reasons["G5"]


def test_explaining_leaves_the_document_as_it_was(bench: Bench) -> None:
    bench.enter(("A1:B1", [[1.0, 2.0]]), ("A3", "=RP_WEIGHTS(A1:B1)"), ("A4", "=1+1"), ("A5", "text"))
    before = bench.office.ask("read", bench.document, bench.sheet)
    explanations = [bench.office.ask("explain", bench.document, bench.sheet, f"A{row}") for row in (1, 3, 4, 5)]
    assert bench.office.ask("read", bench.document, bench.sheet) == before
    assert explanations[0] == explanations[3] == "This cell has no formula."
    assert explanations[1].startswith("RP_WEIGHTS: #VALUE!")
    assert explanations[2] == "This cell has no error."


def test_layouts(bench: Bench) -> None:
    bench.enter(
        # labels on top and to the left, a triangle, and the plain numbers
        ("A1:C3", [["", "Stocks", "Bonds"], ["Stocks", 0.0256, 0.0], ["Bonds", 0.0, 0.0016]]),
        ("E1:F2", [[0.0256, ""], [0.001, 0.0016]]),
        ("H1:I2", HAGHANI_WHITE),
        ("K1:L1", [[0.2, 0.8]]),
        ("N1:N2", [[0.2], [0.8]]),
        ("A5:A6", "{=RP_WEIGHTS(A1:C3)}"),
        ("B5:B6", "{=RP_WEIGHTS(E1:F2)}"),
        ("C5:D5", "{=RISK_CONTRIB(K1:L1;H1:I2)}"),
        ("E5:E6", "{=RISK_CONTRIB(N1:N2;H1:I2)}"),
        ("F5:F6", "{=RISK_CONTRIB(N1:N2;A1:C3)}"),
        ("G5", "=SUM(RP_WEIGHTS(H1:I2))"),
        ("H5", '=IFERROR(INDEX(RP_WEIGHTS(H1:I2);2);"failed")'),
        ("I5", "=rp_weights(H1:I2)"),
    )
    assert bench.show(5, 1, 2, 1) == [[pytest.approx(0.2, abs=1e-12)], [pytest.approx(0.8, abs=1e-12)]]
    assert bench.at("B5") == pytest.approx(0.2, abs=1e-12)  # of two assets, whatever their correlation
    assert bench.show(5, 3, 1, 2) == [[pytest.approx(0.5, abs=1e-12)] * 2]
    assert bench.show(5, 5, 2, 2) == [[pytest.approx(0.5, abs=1e-12)] * 2] * 2
    assert bench.at("G5") == pytest.approx(1.0, abs=1e-12)
    assert bench.at("H5") == pytest.approx(0.8, abs=1e-12)
    assert bench.at("I5") == pytest.approx(0.2, abs=1e-12)


def test_optional_arguments_all_some_and_none(bench: Bench) -> None:
    """Butler's example: $100 of equity, volatility 6 % levered to 9 %, $50 borrowed at 2 %, return 4 %."""
    call = "LEVER_TO_VOL(A1;B1;C1"
    bench.enter(
        ("A1:E1", [[1.0, 0.0036, 0.09, 0.02, 0.04]]),
        ("A3", f'={call};D1;E1;"net_return")'),
        ("A4", f'={call};D1;;"cost")'),
        ("A5", f'={call};;;"borrowed")'),
        ("A6", f'={call};;;"leverage")'),
        ("A7", f'={call};;E1;"sharpe")'),
        ("B3:C11", f"{{={call};D1;E1)}}"),
        ("E3:F8", f"{{={call})}}"),
        ("H3", f"={call};D1;E1;F1)"),
    )
    expected = {"A3": 0.05, "A4": 0.01, "A5": 0.5, "A6": 1.5, "A7": 0.06 / 0.09, "C3": 1.5, "C10": 0.05, "F3": 1.5}
    assert {address: bench.at(address) for address in expected} == pytest.approx(expected, abs=1e-12)
    assert bench.at("B3") == bench.at("E3") == bench.at("H3") == "Leverage"


def test_two_thousand_cells(bench: Bench) -> None:
    """Uncorrelated assets get weights in inverse proportion to their volatilities."""
    rows = range(1, 2001)
    bench.enter(
        ("A1:A2000", [[row / 2000] for row in rows]),
        ("C1:C2000", [[f"=RP_WEIGHTS(A{row}^2*{{1;0|0;4}})"] for row in rows]),
    )
    assert [bench.at(f"C{row}") for row in rows] == pytest.approx([2 / 3] * 2000, abs=1e-12)
