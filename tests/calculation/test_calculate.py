import gc
import math
import os
import subprocess
import sys
import weakref

import pytest

from rpxl.calculation.calculate import Calculation, calculate, write_cached
from rpxl.errors import InfeasibleError, InputError, RpxlError
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.workbook import Workbook

from ..make import counting_from_1904, parts_of, raw_sheet, with_parts, workbook


def half(cells, how=None, label=None):
    if how not in (None, ""):
        raise InputError("how", f"{how!r} is unknown")
    rows = cells if isinstance(cells, list) else [[cells]]
    for row in rows:
        for cell in row:
            if isinstance(cell, str):
                raise InputError("cells", f"{cell} is not a number", missing=cell == "#N/A")
    answer = [[cell / 2 for cell in row] for row in rows]
    return answer if len(answer) > 1 else answer[0][0]


def refuse(*_):
    raise InfeasibleError("no such portfolio")


OWN = {"HALF": half, "REFUSE": refuse}


def test_nothing_stays_in_memory():
    def write(sheet):
        sheet.write_column("A1", [1.0] * 100)
        sheet.write_formula("B1", "=SUM(A1:A100)")  # long enough to be computed with an array
        sheet.write_formula("B2", "=HALF(B1)")
        sheet.write_array_formula("B3", "{=SUM(A1:A100/0)}")  # unfit for arrays, computed in a second round

    book, result = compute(write)
    assert value(result, 2, 2) == 50.0
    gone = weakref.ref(book)
    del book
    gc.collect()
    assert gone() is None


def compute(write, own=OWN) -> tuple[Workbook, Calculation]:
    def whole(book):
        sheet, data = book.add_worksheet("Main"), book.add_worksheet("Data")
        data.write_column("A1", [2.0, 4.0, 6.0])
        data.write_formula("B1", "=NA()", None, "#N/A")
        book.define_name("Three", "=Data!$A$1:$A$3")
        book.define_name("Tenth", "=0.1")
        write(sheet)

    book = Workbook(workbook(whole))
    return book, calculate(book, own)


def value(calculation: Calculation, row: int, column: int = 1):
    return calculation.values["Main", row, column]


def test_arrays_names_and_chains():
    def write(sheet):
        sheet.write_dynamic_array_formula("A1:A3", "=HALF(Three)")
        sheet.write_formula("B1", "=SUM(A1:A3)*Tenth")
        sheet.write_array_formula("C1:E1", "{=TRANSPOSE(A1:A3)}")
        sheet.write_formula("A5", "=HALF(Data!A1)+1")

    _, result = compute(write)
    assert result.failures == [] and result.left == {}
    assert [value(result, row) for row in (1, 2, 3)] == [1.0, 2.0, 3.0]
    assert value(result, 1, 2) == pytest.approx(0.6)
    assert [value(result, 1, column) for column in (3, 4, 5)] == [1.0, 2.0, 3.0]
    assert value(result, 5) == 2.0


@pytest.mark.parametrize("formula", ["=HALF(Data!A1,,1)", "=HALF(Data!A1,)", "=HALF(Data!A1, ,)", "=HALF( Data!A1)"])
def test_arguments_left_out_reach_our_functions_as_such(formula: str):
    _, result = compute(lambda sheet: sheet.write_formula("A1", formula))
    assert value(result, 1) == 1.0


@pytest.mark.parametrize(
    "formula",
    ["=[1]!HALF(Data!A1)", "='C:\\add ins\\rpxl.xlam'!HALF(Data!A1)", "=_xldudf_HALF(Data!A1)", "=half(Data!A1)"],
)
def test_our_functions_in_every_form_that_excel_stores(formula: str):
    book, result = compute(lambda sheet: sheet.write_formula("A1", formula))
    assert value(result, 1) == 1.0
    write_cached(book, result)
    assert Workbook(book.package.to_bytes()).sheet("Main").formulas[1, 1].text == formula[1:]


def test_a_failure_names_cell_formula_and_reason():
    def write(sheet):
        sheet.write_formula("A2", "=HALF(A1)")
        sheet.write_formula("A1", "=1+REFUSE(Data!A1)")

    _, result = compute(write)
    assert [str(failure) for failure in result.failures] == [
        "Main!A1 =1+REFUSE(Data!A1): no such portfolio",
        "Main!A2 =HALF(A1): cells: #NUM! is not a number",
    ]
    assert value(result, 1) == "#NUM!" and isinstance(value(result, 1), CellError)
    assert value(result, 2) == "#VALUE!"


def test_what_fails_by_itself_is_told_before_what_passes_it_on():
    def write(sheet):
        sheet.write_formula("A1", "=HALF(A2)")  # first in the sheet, last in the chain
        sheet.write_formula("A2", "=HALF(A3)")
        sheet.write_formula("A3", "=REFUSE(Data!A1)")
        sheet.write_formula("A4", "=HALF(A3)")
        sheet.write_formula("A5", '=HALF("x")')

    _, result = compute(write)
    assert [failure.place[1] for failure in result.failures] == [3, 5, 1, 2, 4]


def test_an_answer_of_forty_thousand_cells():
    """The covariance matrix of 200 assets."""

    def write(sheet):
        for row in range(200):
            sheet.write_row(row, 300, [row * 1000.0 + column for column in range(200)])
        sheet.write_dynamic_array_formula("A1:GR200", "=HALF(KO1:SF200)")
        sheet.write_formula("GT1", "=SUM(A1:GR200)")

    _, result = compute(write)
    assert result.left == {} and result.failures == []
    assert value(result, 200, 200) == (199 * 1000.0 + 199) / 2
    assert value(result, 1, 202) == sum(r * 1000.0 + c for r in range(200) for c in range(200)) / 2


def test_one_evaluation_computes_each_function_once_after_what_it_reads():
    calls = []

    def count(cells):
        calls.append(cells)
        return [[row[0] + 1] for row in cells]

    def write(sheet):
        sheet.write_dynamic_array_formula("A1:A3", "=NEXT(B1:B3)")  # first in the sheet, last in the chain
        sheet.write_dynamic_array_formula("B1:B3", "=NEXT(C1:C3)")
        sheet.write_dynamic_array_formula("C1:C3", "=NEXT(Three)")
        sheet.write_formula("D1", "=SUM(A2:A3)")

    _, result = compute(write, {"NEXT": count})
    assert [value(result, row) for row in (1, 2, 3)] == [5.0, 7.0, 9.0]
    assert value(result, 1, 4) == 16.0
    assert len(calls) == 3


def test_error_cells_reach_our_functions_by_their_names():
    _, result = compute(lambda sheet: sheet.write_formula("A1", "=HALF(Data!B1)"))
    assert value(result, 1) == "#N/A"


def test_a_handled_failure_is_none():
    _, result = compute(lambda sheet: sheet.write_formula("A1", '=IFERROR(REFUSE(1),"no")'))
    assert result.failures == []
    assert value(result, 1) == "no"


def test_a_mistake_of_ours_is_not_taken_for_an_answer():
    with pytest.raises(ZeroDivisionError):
        compute(lambda sheet: sheet.write_formula("A1", "=OOPS()"), {"OOPS": lambda: 1 / 0})


@pytest.mark.parametrize(
    ("formula", "reads"),
    [
        ("=TODAY()", False),
        ("=OFFSET(Data!A1,1,0)", True),
        ('=INDIRECT("Data!A1")', True),
        ("=NOSUCH(1)", False),
        ("=[1]Sheet1!A1", False),
        ("=[1]!OTHER(1)", False),
        ("=nosuchname", False),
        ("=Table1[A]", True),
        ("=Data!A1:A3*2", True),
        ("=SUM(Data!A1:A3*2)", True),
        ("=ABS(Data!A1:A3)", True),
        ("=Three", True),
        ("=SUM(Data!A1:A2 Data!A2:A3)", True),
        ("=SUM((Data!A1,Data!A2))", True),
        ("=SUM(Data!A1:INDEX(Data!A1:A3,2))", True),
        ("=HALF(Three)", True),
        ("=ABS({1,-2})", False),
        ("=1E999", False),
        ("=A1+1", False),
        ('="x"&1/3', False),
    ],
)
def test_what_is_left_for_excel_with_all_that_depends_on_it(formula: str, reads: bool):
    def write(sheet):
        sheet.write_formula("A1", formula, None, 7)
        sheet.write_formula("A2", "=IFERROR(A1,0)+1", None, 8)
        sheet.write_formula("A3", "=IF(FALSE,A2,1)", None, 1)
        sheet.write_formula("B1", "=1+1", None, 2)

    book, result = compute(write)
    assert {place[1:] for place in result.left if place[0] == "Main"} == {(1, 1), (2, 1), (3, 1)}
    assert value(result, 1, 2) == 2.0
    assert [place for place in write_cached(book, result) if place[0] == "Main"] == []
    sheet = Workbook(book.package.to_bytes()).sheet("Main")
    assert [sheet.value(row, 1) for row in (1, 2, 3)] == [7.0, 8.0, 1.0]  # nothing changed
    assert sheet.formulas[1, 1].text == formula[1:]
    assert sheet.value(1, 2) == 2.0

    book.sheet("Data").write(2, 1, 4.5)
    taken = write_cached(book, calculate(book, OWN))
    assert {place[1:] for place in taken if place[0] == "Main"} == ({(1, 1), (2, 1), (3, 1)} if reads else set())
    sheet = Workbook(book.package.to_bytes()).sheet("Main")
    assert [sheet.value(row, 1) for row in (1, 2, 3)] == ([None] * 3 if reads else [7.0, 8.0, 1.0])


def test_what_depends_on_the_spilled_part_of_a_left_formula_is_left():
    def write(sheet):
        sheet.write_dynamic_array_formula("A1:A3", "=SORT(Three)")
        sheet.write_formula("B1", "=A3+1")

    _, result = compute(write)
    assert result.left.keys() == {("Main", 1, 1), ("Main", 1, 2)}


def test_what_depends_on_the_spilled_part_of_a_failed_formula_fails():
    def write(sheet):
        sheet.write_dynamic_array_formula("A1:A3", "=REFUSE(Three)")
        sheet.write_formula("B1", "=A3+1")

    _, result = compute(write)
    assert value(result, 3) == value(result, 1, 2) == "#NUM!"


@pytest.mark.parametrize(("area", "kept"), [("A1:A2", "2 x 1"), ("A1:A4", "4 x 1"), ("A1:B3", "3 x 2")])
def test_an_answer_that_excel_would_spill_otherwise_is_left_to_it(area: str, kept: str):
    def write(sheet):
        sheet.write_dynamic_array_formula(area, "=HALF(Three)")
        sheet.write_formula("D1", "=A2+1")

    _, result = compute(write)
    assert result.left["Main", 1, 1] == f"its answer is 3 x 1 cells, but the workbook keeps {kept} cells"
    assert ("Main", 1, 4) in result.left
    assert not any(place[0] == "Main" for place in result.values)


def test_an_array_formula_shows_as_much_of_its_answer_as_its_range_has_room_for():
    """Support article "Guidelines and examples of array formulas": a range that is larger shows #N/A."""

    def write(sheet):
        sheet.write_array_formula("A1:A5", "{=HALF(Three)}")
        sheet.write_array_formula("B1:B2", "{=HALF(Three)}")
        sheet.write_array_formula("C1:D4", "{=HALF(Three)}")
        sheet.write_array_formula("E1:F2", "{=TRANSPOSE(Three)*2}")
        sheet.write_array_formula("G1:H2", "{=SUM(Three)}")
        sheet.write_formula("I1", "=COUNT(A1:A5)")
        sheet.write_formula("I2", "=SUM(A4:A5)")

    _, result = compute(write)
    assert result.left == {} and result.failures == []
    assert [value(result, row) for row in range(1, 6)] == [1.0, 2.0, 3.0, "#N/A", "#N/A"]
    assert [value(result, row, 2) for row in (1, 2)] == [1.0, 2.0]
    assert [[value(result, row, column) for column in (3, 4)] for row in range(1, 5)] == [
        *([number, number] for number in (1.0, 2.0, 3.0)),
        ["#N/A", "#N/A"],
    ]
    assert [[value(result, row, column) for column in (5, 6)] for row in (1, 2)] == [[4.0, 8.0]] * 2
    assert [[value(result, row, column) for column in (7, 8)] for row in (1, 2)] == [[12.0, 12.0]] * 2
    assert (value(result, 1, 9), value(result, 2, 9)) == (3.0, "#N/A")


def test_results_of_every_kind_are_kept():
    def write(sheet):
        sheet.write_formula("A1", "=1/3")
        sheet.write_formula("A2", '="<"&"a"')
        sheet.write_formula("A3", "=1>0")
        sheet.write_formula("A4", "=1/0")
        sheet.write_formula("A5", "=Data!G9")
        sheet.write_dynamic_array_formula("B1:B3", "=HALF(Three)")

    book, result = compute(write)
    write_cached(book, result)
    sheet = Workbook(book.package.to_bytes()).sheet("Main")
    assert [sheet.value(row, 1) for row in range(1, 6)] == [1 / 3, "<a", True, "#DIV/0!", 0.0]
    assert [sheet.value(row, 2) for row in (1, 2, 3)] == [1.0, 2.0, 3.0]
    assert [sheet.cells[row, 1].get("t", "n") for row in range(1, 6)] == ["n", "str", "b", "e", "n"]
    assert sheet.cells[1, 2].get("cm") == "1"  # still a dynamic array


@pytest.mark.parametrize(("formula", "left"), [("=1+1", False), ("=TODAY()", False), ("=OFFSET(Data!A1,0,0)", True)])
def test_excel_is_asked_to_calculate_what_is_left_and_nothing_else_changes(formula, left):
    book, _ = compute(lambda sheet: sheet.write_formula("A1", formula, None, 2))
    content = book.package.to_bytes()
    plain = with_parts(
        content, {"xl/workbook.xml": parts_of(content)["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")}
    )
    book = Workbook(plain)
    book.sheet("Data").write(1, 1, 2.5)
    write_cached(book, calculate(book, OWN))
    old, new = parts_of(plain), parts_of(book.package.to_bytes())
    assert (b'fullCalcOnLoad="1"' in new["xl/workbook.xml"]) is left
    changed = {part for part in old if old[part] != new[part]}
    assert changed - {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} == (
        {"xl/workbook.xml"} if left else set()
    )
    again = Workbook(book.package.to_bytes())
    write_cached(again, calculate(again, OWN))
    assert again.package.to_bytes() == book.package.to_bytes()


def test_a_data_table_is_left():
    book = raw_sheet('<row r="1"><c r="A1"><f t="dataTable" ref="A1:A2" r1="B1"/><v>1</v></c></row>')
    assert calculate(book, {}).left == {("S", 1, 1): "its formula is not stored as text"}


def test_sheet_names_that_need_care():
    def write(book):
        one, two = book.add_worksheet('It\'s <1> & "2"'), book.add_worksheet("R1C1")
        one.write("A1", 5)
        two.write_formula("A1", "='It''s <1> & \"2\"'!A1*2")

    assert calculate(Workbook(workbook(write)), {}).values == {("R1C1", 1, 1): 10.0}


@pytest.mark.parametrize(
    "text", ["1+", "SUM(1", "SUM(1))", "&quot;a", "A1:", "{1,2;3}", "@", "()", "'S", "1,2", "SUM(1;2)", "A1048577"]
)
@pytest.mark.parametrize("kind", ["", ' t="array" ref="A1"'])
def test_nonsense_is_left_and_harms_nothing_else(text: str, kind: str):
    cells = f'<row r="1"><c r="A1"><f{kind}>{text}</f></c><c r="B1"><f>1+1</f></c></row>'
    result = calculate(raw_sheet(cells), {})
    assert result.left.keys() == {("S", 1, 1)}
    assert result.values == {("S", 1, 2): 2.0}


def test_days_count_from_1904_where_the_workbook_says_so():
    done = calculate(Workbook(counting_from_1904()))
    assert not done.failures
    assert (done.values["S", 2, 4], done.values["S", 2, 5]) == ("Periods", 2.0)
    assert done.values["S", 3, 5] == pytest.approx(1.25 * 0.8 - 1.0, abs=1e-15)


def test_the_number_of_threads_changes_no_bit(tmp_path):
    def write(book):
        sheet = book.add_worksheet("S")
        for row in range(400):
            sheet.write_row(row, 200, [math.sin(row * 37.1 + column * 7.7 + row * column) for column in range(100)])
        sheet.write_dynamic_array_formula("A1:CV100", "=COV_MATRIX(GS1:KN400)")
        sheet.write_dynamic_array_formula("CX1:CX100", "=RP_WEIGHTS(A1:CV100)")
        sheet.write_dynamic_array_formula("CY1:CY100", "=MMULT(A1:CV100,CX1:CX100)")

    (tmp_path / "a.xlsx").write_bytes(workbook(write))
    code = (
        "import sys; from rpxl.calculation.calculate import calculate; from rpxl.xlsx.workbook import Workbook\n"
        "result = calculate(Workbook(sys.argv[1])); assert not result.left and not result.failures\n"
        "import hashlib; print(len(result.values), hashlib.sha256(repr(result.values).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "a.xlsx")],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "4")
    }
    assert len(runs) == 1
    assert runs.pop().startswith("10200 ")


@pytest.mark.parametrize(
    "formula", ["=YEAR(A1)", "=MONTH(A1)", "=DAY(A1)", "=DATE(2024,1,31)", '=TEXT(A1,"yyyy-mm-dd")']
)
def test_functions_of_dates_are_left_where_days_count_from_1904(formula):
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write("A1", 43860.0)
        sheet.write_formula("B1", formula)
        sheet.write_formula("C1", '=TEXT(A1,"0.0")')

    done = calculate(Workbook(workbook(write, date1904=True)))
    assert "counts its days from 1904" in done.left["S", 1, 2]
    assert done.values["S", 1, 3] == "43860.0"
    assert not calculate(Workbook(workbook(write))).left


def test_without_the_engine_it_is_said_what_is_missing(monkeypatch):
    """As on Windows on ARM, for which it has no build."""
    monkeypatch.setitem(sys.modules, "formualizer", None)
    with pytest.raises(RpxlError, match=r"formualizer.*is not installed.*Windows on ARM.*x64"):
        compute(lambda sheet: sheet.write_formula("A1", "=1+1"))


def test_what_is_known_of_a_formula_holds_where_names_are_the_same_only():
    """The same formula in the same cell of two workbooks, in which its name stands for other cells, or for nothing."""

    def with_name(target: str | None):
        def write(book):
            sheet = book.add_worksheet("S")
            sheet.write_row("A1", [1, 2])
            sheet.write_formula("C1", "=SUM(Given)")
            if target:
                book.define_name("Given", f"=S!{target}")

        return Workbook(workbook(write))

    for target, answer in (("$A$1", 1.0), ("$A$1:$B$1", 3.0), ("$A$1", 1.0)):
        assert calculate(with_name(target)).values["S", 1, 3] == answer
    assert ("S", 1, 3) in calculate(with_name(None)).left
