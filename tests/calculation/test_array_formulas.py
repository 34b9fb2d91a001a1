"""Formulas computed with whole arrays give what the engine gives, and are left to it where they can't."""

import re

import numpy as np
import pytest

from rpxl.calculation import calculate as module
from rpxl.calculation.array_formulas import ArrayFormula
from rpxl.calculation.calculate import Calculation, calculate
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.workbook import Workbook

from ..make import workbook
from .test_random_workbooks import made

NUMBERS = [[1.5, -2.0, 7.0], [0.1, 0.2, 0.3], [4.0, 4.0, 1e-3], [-1.0, 2.5, 9.0]]
PLACES = {
    "x": "$A$1:$C$4",
    "y": "$A$2:$C$4",
    "z": "$A$1:$C$3",
    "p": "$E$1:$E$4",
    "mixed": "$G$1:$G$4",
    "bad": "$H$1:$H$4",
}
ORDINARY = """
    SUM(x) PRODUCT(x) AVERAGE(x) MIN(x) MAX(x) MEDIAN(x) STDEV(x) STDEV.S(x) VAR(x) STDEVP(x) VARP(x) VAR.P(x)
    SUM(mixed) AVERAGE(mixed) MAX(mixed) SUM(bad) SUM(x,3,mixed) ROWS(x)*10+COLUMNS(x) SUM(x)-SUM(x)
    COVARIANCE.S(p,INDEX(x,0,1)) COVARIANCE.P(p,INDEX(x,0,2)) CORREL(p,INDEX(x,0,3)) SUMPRODUCT(x) SUMPRODUCT(x,x)
    SUMPRODUCT((x>0.2)*x) SUMPRODUCT((x=4)*1) INDEX(x,2,3) INDEX(x,9,1) INDEX(p,3) INDEX(mixed,2) INDEX(mixed,3)&"!"
    MATCH(30,p,0) MATCH(31,p,0) MATCH("a",mixed,0) AND(SUM(x)>1,MIN(x)<0) OR(SUM(x)<1,MIN(x)>0)
    IF(SUM(x)>1,"large","small") IF(SUM(bad)>1,1,2) IFERROR(SUM(bad),-1) IFERROR(SUM(x)/0,-2) ISNUMBER(SUM(bad))
    ISNUMBER(SUM(x)) SUM(x)/0 SUM(x)^2 -SUM(x)^2 2^3^2*SUM(x) SUM(x)% SQRT(MIN(x)) ABS(MIN(x)) LN(SUM(p))
    EXP(SUM(x)/100) SUM(x)<>SUM(p) SUM(x)=SUM(x)+1E-15 "text"="TEXT" (SUM(x)-5)*3/7-1 SUM(mixed)=SUM(x)
    SUM(MMULT(TRANSPOSE(x),x)) LARGE(x,2) IF(SUM(x)<0,1,"it is "&SUM(x)) IF(SUM(x)>0,1,"it is "&SUM(x)) SUM(x)&""
    COUNT(x) IF(SUM(x)<0,1,COUNT(x))
"""
ARRAYS = """
    SUM(y/z-1) SUM((x-AVERAGE(x))^2) SUM(ABS(x)) STDEV.S(INDEX(x,0,1)/p-1) SUM(x*p) SUM(x*INDEX(x,1,0)) SUM(x>0)
    MAX(IF(x>0.2,x,0)) SUM(SQRT(ABS(x))) SUM(EXP(x)) SUM(1/x) SUM(1/(x-4)) SUM(x+mixed) SUM(x+bad) SUM((x>=0.2)*(x<=4))
    SUM(MMULT(x,TRANSPOSE(x))) SUM(MINVERSE(MMULT(TRANSPOSE(x),x))) MMULT(x,x) SUM(x^0.5) SUM(x^3) SUM(x^-1) SUM(-x)
    AVERAGE(IF(x>9,x,mixed)) IFERROR(SUM(x/0),3) INDEX(x*2,2,2) INDEX(x*2,0,2) SUM(y*x) MEDIAN(x*2) (x=4)*1 x-x x+1
"""


def made_of(formulas: list[str], array: bool) -> Workbook:
    def write(book):
        sheet = book.add_worksheet("S")
        for row, values in enumerate(NUMBERS):
            sheet.write_row(row, 0, values)
            sheet.write(row, 4, 10.0 * (row + 1))
        sheet.write_column("G1", ["a", 2.0, "c", 5.0])
        sheet.write_column("H1", [1.0, 2.0])
        sheet.write_formula("H3", "=1/0")
        for row, formula in enumerate(formulas, 10):
            named = re.sub(r"\b(?:x|y|z|p|mixed|bad)\b", lambda match: PLACES[match[0]], formula)
            if array:
                sheet.write_array_formula(row, 9, row, 9, f"{{={named}}}")
            else:
                sheet.write_formula(row, 9, f"={named}")

    return Workbook(workbook(write))


@pytest.fixture
def with_arrays(monkeypatch):
    """Every formula is computed with arrays that can be; what was is listed."""
    seen = []
    monkeypatch.setattr(module, "FEWEST_CELLS", 2)
    compute = ArrayFormula.__call__
    monkeypatch.setattr(ArrayFormula, "__call__", lambda self, *given: seen.append(self) or compute(self, *given))
    return seen


def by_the_engine(monkeypatch, book: Workbook) -> Calculation:
    monkeypatch.setattr(module, "FEWEST_CELLS", 10**9)
    return calculate(book, {})


def same(one, other) -> bool:
    if type(one) is float and type(other) is float:
        return one == pytest.approx(other, rel=1e-12, abs=1e-14)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(("texts", "array", "fewest"), [(ORDINARY, False, 50), (ARRAYS, True, 20)])
def test_as_the_engine(monkeypatch, with_arrays, texts: str, array: bool, fewest: int):
    formulas = re.findall(r"(?:[^\s\"]|\"[^\"]*\")+", texts)
    book = made_of(formulas, array)
    ours = calculate(book, {})
    fit = {job._analysis.formula.text for job in with_arrays if not job.unfit}
    assert len(fit) >= fewest, "most of them are computed with arrays"
    theirs = by_the_engine(monkeypatch, book)
    assert ours.left == theirs.left
    different = {
        formula: (ours.values.get(place), theirs.values.get(place))
        for formula, place in ((f, ("S", row, 10)) for row, f in enumerate(formulas, 11))
        if not same(ours.values.get(place), theirs.values.get(place))
    }
    assert not different


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("IF(SUM(x)>1,TRUE,FALSE)", True),
        ("IF(SUM(x)<1,true,false)", False),
        ('IF(SUM(x)>1,1,"it is "&TEXT(SUM(x),"0.0")&"!")', 1.0),  # a branch of text that isn't needed
        ('IF(SUM(x)<1,"it is "&SUM(x),2)', 2.0),
    ],
)
def test_a_condition_and_its_branches_are_computed_with_arrays(with_arrays, formula: str, value):
    assert calculate(made_of([formula], False), {}).values["S", 11, 10] == value
    assert [job.unfit for job in with_arrays] == [False]


@pytest.mark.parametrize("seed", [11, 12])
def test_random_workbooks_as_the_engine(monkeypatch, with_arrays, seed: int):
    book, _ = made(seed, 150)
    ours, theirs = calculate(book, {}), by_the_engine(monkeypatch, book)
    assert ours.left == theirs.left and len(with_arrays) > 15
    assert all(same(value, theirs.values[place]) for place, value in ours.values.items())


def test_values():
    """Written down by hand, above the least number of cells."""

    def write(book):
        sheet = book.add_worksheet("S")
        for row in range(40):
            sheet.write_row(row, 0, [float(row), 2.0 * row])
        sheet.write_array_formula("D1:E40", "{=A1:B40*2}")
        sheet.write_formula("G1", "=SUM(D1:E40)")
        sheet.write_formula("G2", "=COVARIANCE.P(A1:A40,D1:D40)")
        sheet.write_array_formula("G3:G3", "{=SUM(D2:E40-D1:E39)+E40}")
        sheet.write_formula("G4", "=MATCH(76,D1:D40,0)")
        sheet.write_formula("G5", '=IF(SUM(A1:B40)>0,"positive","no")')
        sheet.write_formula("G6", "=0*SUM(A1:B40)+SUM(0.1,0.2)-0.3")
        sheet.write("D41", 5.0)
        sheet.write_formula("G7", "=SUM(D9:E41)")
        sheet.write_column("I1", [1.0, 7.0] * 40)
        sheet.write_formula("G8", "=MATCH(7,I1:I80,0)")
        sheet.write_formula("G9", "=INDEX(A1:B40,3,3)")

    values = calculate(Workbook(workbook(write)), {}).values
    shown = [values["S", row, 7] for row in range(1, 10)]
    assert shown[:5] == [4680.0, 2 * (40**2 - 1) / 12, 39 * 6 + 156.0, 39.0, "positive"]
    assert shown[5:] == [0.0, 6 * sum(range(8, 40)) + 5.0, 2.0, CellError("#REF!")]
    assert values["S", 40, 5] == 156.0


def test_each_formula_once():
    """An rpxl function is called once, and gets constants and spilled answers as they are."""
    calls = []

    def twice(cells):
        calls.append(cells)
        return [[2 * cell for cell in row] for row in cells]

    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_formula("E1", "=SUM(B1:B100)+SUM(C1:C100)")
        sheet.write_dynamic_array_formula("C1:C100", "=TWICE(B1:B100)")
        sheet.write_dynamic_array_formula("B1:B100", "=TWICE(A1:A100)")
        sheet.write_column("A1", [float(n) for n in range(100)])

    values = calculate(Workbook(workbook(write)), {"TWICE": twice}).values
    assert [[cells[99][0]] for cells in calls] == [[99.0], [198.0]]
    assert values["S", 1, 5] == 4950.0 * 2 + 4950.0 * 4


def test_errors_pass_and_say_why():
    def refuse(cells):
        from rpxl.errors import InputError

        raise InputError("cells", "no")

    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", [float(n) for n in range(100)])
        sheet.write_formula("C1", "=SUM(REFUSE(A1:A100))*2")
        sheet.write_formula("C2", "=IFERROR(REFUSE(A1:A100),7)")
        sheet.write_dynamic_array_formula("D1:D100", "=REFUSE(A1:A100)")
        sheet.write_formula("C3", "=SUM(D1:D100)")

    result = calculate(Workbook(workbook(write)), {"REFUSE": refuse})
    assert [result.values["S", row, 3] for row in (1, 2, 3)] == [CellError("#VALUE!"), 7.0, CellError("#VALUE!")]
    assert {failure.place for failure in result.failures} == {("S", 1, 3), ("S", 1, 4)}
    assert result.values["S", 100, 4] == CellError("#VALUE!")


def test_typed_and_computed_numbers_give_the_same_digits():
    rng = np.random.default_rng(3)
    numbers, weights = rng.normal(size=(40, 12)), rng.normal(size=(12, 1))

    def write(book):
        sheet = book.add_worksheet("S")
        for row, values in enumerate(numbers):
            sheet.write_row(row, 0, values)
        sheet.write_column("N1", weights[:, 0])
        sheet.write_array_formula("P1:AA40", "{=$A$1:$L$40*1}")
        for row, matrix in enumerate(("$A$1:$L$40", "$P$1:$AA$40"), 50):
            products = (f"MMULT({matrix},$N$1:$N$12)", f"MMULT(TRANSPOSE({matrix}),{matrix})")
            for column, product in enumerate(products):
                sheet.write_array_formula(row, column, row, column, f"{{=MAX({product})}}")
            sheet.write_formula(row, 2, f"=SUMPRODUCT({matrix},{matrix})")

    values = calculate(Workbook(workbook(write)), {}).values
    typed, computed = ([values["S", row, column] for column in (1, 2, 3)] for row in (51, 52))
    assert typed == computed
    right = [(numbers @ weights).max(), (numbers.T @ numbers).max(), (numbers**2).sum()]
    assert typed == pytest.approx(right, rel=1e-12)
