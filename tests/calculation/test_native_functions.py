"""Each of Excel's functions that rpxl computes, against LibreOffice on the same formulas."""

import io
import math
from pathlib import Path

import pytest
import xlsxwriter

from rpxl.calculation.calculate import calculate
from rpxl.calculation.native_functions import LIFTED, RANGE_ARGUMENTS, lift
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.workbook import Workbook

from ..make import workbook
from ..office import compute_in_office, needs_office

NUMBERS = [
    [1.5, -2.0, 3.25, 0.1, 7.0],
    [2.5, 4.0, -1.25, 0.2, 6.0],
    [0.5, 8.0, 2.75, 0.4, 5.0],
    [9.5, 3.0, 5.5, 0.3, 4.0],
]
TEXTS = ["pear", "apple", " fig tree ", "pear"]

# An entry that starts with { is entered as an array formula. Data!A1:E4 are the numbers above, F1:F4 the
# texts, G1 is blank, H1 an error (#N/A), I1 TRUE.
FORMULAS = {
    "SUM": ["=SUM(Data!A1:E4)", "=SUM(Data!A1:B2,3,Data!F1)", "=SUM(Data!H1,1)", "{=SUM((Data!A1:A4>1)*Data!B1:B4)}"],
    "PRODUCT": ["=PRODUCT(Data!A1:B2)", "=PRODUCT(Data!G1,3)"],
    "SUMSQ": ["=SUMSQ(Data!A1:C4)"],
    "AVERAGE": ["=AVERAGE(Data!A1:F4)", "=AVERAGE(Data!F1:F4)", "{=AVERAGE(Data!A1:A4/Data!B1:B4)}"],
    "MIN": ["=MIN(Data!A1:F4)", "=MIN(Data!F1:F2)", "=MIN(3,Data!A1)"],
    "MAX": ["=MAX(Data!A1:F4)", "{=MAX(ABS(Data!A1:C4))}"],
    "MEDIAN": ["=MEDIAN(Data!A1:E4)", "=MEDIAN(Data!A1:A3)"],
    "COUNT": ["=COUNT(Data!A1:H4)", "=COUNT(Data!F1:F4)"],
    "COUNTA": ["=COUNTA(Data!A1:I4)", "=COUNTA(Data!G1:G4)"],
    "COUNTBLANK": ["=COUNTBLANK(Data!A1:I4)"],
    "STDEV": ["=STDEV(Data!A1:A4)"],
    "STDEV.S": ["=_xlfn.STDEV.S(Data!A1:E4)", "=_xlfn.STDEV.S(Data!A1:A1)"],
    "STDEV.P": ["=_xlfn.STDEV.P(Data!A1:E4)"],
    "STDEVP": ["=STDEVP(Data!A1:E4)"],
    "VAR": ["=VAR(Data!A1:E4)"],
    "VAR.S": ["=_xlfn.VAR.S(Data!A1:E4)"],
    "VAR.P": ["=_xlfn.VAR.P(Data!A1:E4)"],
    "VARP": ["=VARP(Data!A1:E4)"],
    "COVARIANCE.S": ["=_xlfn.COVARIANCE.S(Data!A1:A4,Data!B1:B4)", "=_xlfn.COVARIANCE.S(Data!A1:A4,Data!B1:B3)"],
    "COVARIANCE.P": ["=_xlfn.COVARIANCE.P(Data!A1:A4,Data!B1:B4)"],
    "CORREL": ["=CORREL(Data!A1:A4,Data!B1:B4)"],
    "SLOPE": ["=SLOPE(Data!A1:A4,Data!B1:B4)"],
    "INTERCEPT": ["=INTERCEPT(Data!A1:A4,Data!B1:B4)"],
    "RSQ": ["=RSQ(Data!A1:A4,Data!B1:B4)"],
    "DEVSQ": ["=DEVSQ(Data!A1:A4)"],
    "GEOMEAN": ["=GEOMEAN(Data!A1:A4)", "=GEOMEAN(Data!A1:B4)"],
    "SKEW": ["=SKEW(Data!A1:A4)"],
    "KURT": ["=KURT(Data!A1:A4)"],
    "SUMPRODUCT": [
        "=SUMPRODUCT(Data!A1:A4,Data!B1:B4)",
        "=SUMPRODUCT(Data!A1:A4*Data!B1:B4)",
        "=SUMPRODUCT((Data!A1:A4>1)*(Data!B1:B4<5),Data!C1:C4)",
        "=SUMPRODUCT(Data!A1:A4,Data!F1:F4)",
        "=SUMPRODUCT(Data!A1:A4,Data!B1:B3)",
    ],
    "SUMXMY2": ["=SUMXMY2(Data!A1:A4,Data!B1:B4)"],
    "MMULT": [
        "{=INDEX(MMULT(Data!A1:B2,Data!C1:D2),2,1)}",
        "=SUM(MMULT(Data!A1:B2,Data!C1:D2))",
        "{=SUM(MMULT(TRANSPOSE(Data!A1:A4),Data!B1:E4))}",
        "{=MMULT(Data!A1:B2,Data!C1:C3)}",
        "{=MMULT(Data!F1:F2,Data!A1:B1)}",
    ],
    "MINVERSE": ["{=SUM(MINVERSE(Data!A1:D4))}", "{=MINVERSE(Data!A1:C2)}"],
    "TRANSPOSE": ["{=SUM(TRANSPOSE(Data!A1:E2)*Data!A1:B1)}"],
    "ROWS": ["=ROWS(Data!A1:C4)"],
    "COLUMNS": ["=COLUMNS(Data!A1:C4)"],
    "AND": ["=AND(Data!A1>1,Data!B1<0)", "=AND(Data!A1>1,Data!B1>0)", "{=AND(Data!A1:A4>0)}", "=AND(1,0)"],
    "OR": ["=OR(Data!A1>5,Data!B1<0)", "{=OR(Data!A1:A4>100)}"],
    "ABS": ["=ABS(Data!B1)", "=ABS(Data!F1)", "=ABS(Data!G1)"],
    "SIGN": ["=SIGN(Data!B1)", "=SIGN(0)"],
    "SQRT": ["=SQRT(2)", "=SQRT(Data!B1)"],
    "EXP": ["=EXP(1)", "=EXP(-700)"],
    "LN": ["=LN(10)", "=LN(0)"],
    "LOG": ["=LOG(8,2)", "=LOG(1000)"],
    "LOG10": ["=LOG10(1000)"],
    "POWER": ["=POWER(2,0.5)", "=POWER(-8,3)", "=2^-1", "=-2^2", "=2^3^2"],
    "ROUND": ["=ROUND(2.345,2)", "=ROUND(-2.5,0)", "=ROUND(1234.5,-2)", "=ROUND(1.005,2)"],
    "ROUNDUP": ["=ROUNDUP(2.341,2)", "=ROUNDUP(-2.1,0)"],
    "ROUNDDOWN": ["=ROUNDDOWN(2.349,2)", "=ROUNDDOWN(-2.9,0)"],
    "INT": ["=INT(-2.5)", "=INT(2.5)"],
    "TRUNC": ["=TRUNC(-2.57,1)", "=TRUNC(2.9)"],
    "PI": ["=PI()"],
    "SIN": ["=SIN(1)"],
    "COS": ["=COS(1)"],
    "TAN": ["=TAN(1)"],
    "IF": ['=IF(Data!A1>1,"big","small")', "=IF(FALSE,1)", "=IF(Data!G1,1,2)", "{=SUM(IF(Data!A1:A4>1,Data!B1:B4,0))}"],
    "IFS": [
        '=_xlfn.IFS(Data!A1>2,"a",Data!A2>2,"b")',
        '=_xlfn.IFS(Data!A1>2,"a")',
        "=_xlfn.IFS(Data!A1>1,1,Data!H1,2)",
        "=_xlfn.IFS(0.1+0.2=0.3,1,TRUE,2)",
    ],
    "SWITCH": [
        '=_xlfn.SWITCH(Data!F1,"PEAR",1,"apple",2,3)',
        '=_xlfn.SWITCH(Data!B2,3,"c",4,"d")',
        '=_xlfn.SWITCH(Data!B2,9,"x")',
        '=_xlfn.SWITCH(Data!B2,9,"x","other")',
    ],
    "IFERROR": ['=IFERROR(1/0,"none")', "=IFERROR(Data!A1,0)", "=IFERROR(Data!H1,9)"],
    "IFNA": ["=_xlfn.IFNA(Data!H1,9)", "=_xlfn.IFNA(1/0,9)"],
    "NOT": ["=NOT(Data!A1>1)", "=NOT(0)"],
    "TRUE": ["=TRUE()", "=TRUE"],
    "FALSE": ["=FALSE()"],
    "NA": ["=NA()", "=NA()+1"],
    "ISERROR": ["=ISERROR(Data!H1)", "=ISERROR(1)"],
    "ISNA": ["=ISNA(Data!H1)", "=ISNA(1/0)"],
    "ISNUMBER": ["=ISNUMBER(Data!A1)", "=ISNUMBER(Data!F1)", "=ISNUMBER(Data!G1)"],
    "ISTEXT": ["=ISTEXT(Data!F1)", "=ISTEXT(Data!A1)"],
    "ISBLANK": ["=ISBLANK(Data!G1)", "=ISBLANK(Data!A1)"],
    "N": ["=N(Data!A1)", "=N(Data!F1)", "=N(TRUE)"],
    "CHOOSE": ['=CHOOSE(2,"a","b")', "=CHOOSE(3,1,2)"],
    "LEFT": ["=LEFT(Data!F1,2)", '=LEFT("")', "=LEFT(123,2)"],
    "RIGHT": ["=RIGHT(Data!F1,2)"],
    "MID": ["=MID(Data!F3,2,3)", '=MID("abc",2,9)', '=MID("abc",4,1)', '=MID("abc",0,1)'],
    "LEN": ["=LEN(Data!F3)", "=LEN(12.5)", "=LEN(Data!G1)"],
    "MOD": ["=MOD(-3,2)", "=MOD(3,-2)", "=MOD(5.5,2)", "=MOD(1,0)"],
    "EDATE": ["=EDATE(43890,1)*1", "=EDATE(43861,1)*1", "=EDATE(43890,-13)*1", "=EDATE(43890,1.9)*1"],
    "EOMONTH": ["=EOMONTH(43890,0)*1", "=EOMONTH(43861,1)*1", "=EOMONTH(43861,-2)*1"],
    "TEXT": [
        '=TEXT(0.12345,"0.0%")',
        '=TEXT(-1234.567,"#,##0.00")',
        '=TEXT(1234.567,"$#,##0")',
        '=TEXT(0.000012345,"0.0E+00")',
        '=TEXT(-1996,"0.0E+00")',
        '=TEXT(9.996,"0.00E+00")',
        '=TEXT(0,"0.0E+00")',
        '=TEXT(43890,"yyyy-mm-dd")',
        '=TEXT(43890,"d mmm yyyy")',
        '=TEXT(2.5,"0.0x")',
    ],
    "UPPER": ["=UPPER(Data!F1)"],
    "LOWER": ['=LOWER("ABC")'],
    "TRIM": ["=TRIM(Data!F3)", '=TRIM("a   b")'],
    "CONCATENATE": ['=CONCATENATE(Data!F1,"-",1.5)', '="x"&0.1', '="x"&1/4', "=1&2"],
    "DATE": ["=YEAR(DATE(2020,2,29))", "=DATE(2020,14,1)*1"],
    "YEAR": ["=YEAR(43890)"],
    "MONTH": ["=MONTH(43890)"],
    "DAY": ["=DAY(43890)"],
    "NORM.S.DIST": ["=_xlfn.NORM.S.DIST(1.2,TRUE)", "=_xlfn.NORM.S.DIST(1.2,FALSE)", "=_xlfn.NORM.S.DIST(-8,TRUE)"],
    "NORM.S.INV": ["=_xlfn.NORM.S.INV(0.99)", "=_xlfn.NORM.S.INV(0.001)"],
    "INDEX": [
        "=INDEX(Data!A1:E4,2,3)",
        "=INDEX(Data!A1:A4,3)",
        "=SUM(INDEX(Data!A1:E4,0,2))",
        "=SUM(INDEX(Data!A1:E4,2,0))",
        "{=SUM(INDEX(Data!A1:E4,0,2)*Data!A1:A4)}",
        "=INDEX(Data!A1:E1,4)",
        "=INDEX(Data!A1:E4,9,1)",
        "=ROUND(INDEX(Data!A1:A4,3),0)",
        "{=SUM(ROUND(INDEX(Data!A1:A4,3),0)*Data!A1:A4)}",
    ],
    "MATCH": [
        '=MATCH("PEAR",Data!F1:F4,0)',
        "=MATCH(8,Data!B1:B4,0)",
        '=MATCH("x",Data!F1:F4,0)',
        "=MATCH(2,{1,2,3},0)",
    ],
    "VLOOKUP": ["=VLOOKUP(2.5,Data!A1:C4,3,FALSE)", "=VLOOKUP(77,Data!A1:C4,3,FALSE)"],
    "HLOOKUP": ["=HLOOKUP(0.1,Data!A1:E4,3,FALSE)"],
    "COUNTIF": ['=COUNTIF(Data!A1:E4,">2")', '=COUNTIF(Data!F1:F4,"pear")', "=COUNTIF(Data!A1:A4,2.5)"],
    "SUMIF": ['=SUMIF(Data!A1:A4,">1",Data!B1:B4)', '=SUMIF(Data!B1:B4,"<0")'],
    "SUMIFS": [
        '=SUMIFS(Data!B1:B4,Data!A1:A4,">1",Data!F1:F4,"pear")',
        '=SUMIFS(Data!A1:A4,Data!F1:F4,"<>pear")',
        '=SUMIFS(Data!A1:B2,Data!C1:D2,">0")',
        '=SUMIFS(Data!B1:B4,Data!A1:A4,">="&Data!A1)',
        '=SUMIFS(Data!A1:A4,Data!F1:F4,"?pple")',
        '=SUMIFS(Data!F1:F4,Data!A1:A4,">0")',
    ],
    "COUNTIFS": [
        '=COUNTIFS(Data!A1:A4,">1",Data!B1:B4,"<5")',
        '=COUNTIFS(Data!F1:F4,"p*",Data!A1:A4,"<5")',
        "=COUNTIFS(Data!F1:F4,Data!F1)",
    ],
    "AVERAGEIFS": [
        '=AVERAGEIFS(Data!A1:A4,Data!F1:F4,"pear")',
        '=AVERAGEIFS(Data!A1:A4,Data!F1:F4,"plum")',
        '=AVERAGEIFS(Data!A1:A4,Data!F1:F4,"pear",Data!B1:B4,">0")',
    ],
    "MAXIFS": ['=_xlfn.MAXIFS(Data!A1:A4,Data!F1:F4,"pear")', '=_xlfn.MAXIFS(Data!A1:A4,Data!F1:F4,"plum")'],
    "MINIFS": ['=_xlfn.MINIFS(Data!A1:A4,Data!B1:B4,">0")', '=_xlfn.MINIFS(Data!A1:A4,Data!F1:F4,"plum")'],
    "AVERAGEIF": ['=AVERAGEIF(Data!A1:A4,">1",Data!B1:B4)'],
    "LARGE": ["=LARGE(Data!A1:E4,2)", "=LARGE(Data!A1:A4,9)"],
    "SMALL": ["=SMALL(Data!A1:E4,3)"],
    "PERCENTILE": ["=PERCENTILE(Data!A1:E4,0.05)"],
    "PERCENTILE.INC": ["=_xlfn.PERCENTILE.INC(Data!A1:E4,0.35)"],
    "QUARTILE": ["=QUARTILE(Data!A1:E4,1)"],
    "RANK": ["=RANK(4,Data!B1:B4)", "=RANK(4,Data!B1:B4,1)"],
}
ARRAYS = [
    *(
        f"{{=SUM({name}(Data!A1:A4))}}"
        for name in ("ABS", "SIGN", "SQRT", "EXP", "LN", "LOG10", "INT", "SIN", "COS", "TAN")
    ),
    "{=SUM(ABS(Data!A1:C4-1))}",
    "{=SUM(POWER(Data!A1:A4,2))}",
    "{=SUM(POWER(Data!A1:A4,Data!A1:B1))}",
    "{=SUM(1*NOT(Data!A1:A4>1))}",
    "{=SQRT(SUM(Data!A1:A4*MMULT(Data!A1:D4,Data!A1:A4)))}",
    '{=IF(AND(ABS(Data!A1:A4-Data!A1:A4)<1E-9),"ok","no")}',
    "{=SUM(IFERROR(1/Data!G1:G4,1))}",
    "{=SUM(IF(Data!A1:A4>1,Data!B1:E1,0))}",
    "{=SUM(TRANSPOSE(ABS(Data!A1:A4)))}",
    "=SUMPRODUCT(ABS(Data!B1:B4)*Data!A1:A4)",
    '=SUMPRODUCT((Data!F1:F4="pear")*1,Data!A1:A4)',
    "{=_xlfn.COVARIANCE.S(Data!A1:A4/Data!B1:B4,Data!C1:C4*2)}",
    "{=_xlfn.STDEV.S(MMULT(Data!A2:E4/Data!A1:E3-1,TRANSPOSE(Data!A1:E1)))}",
    "{=SUM(Data!A2:B3*Data!A1:B1)}",
    "{=SUM(ABS(Data!A1:H1))}",
    "{=SUM(SQRT(Data!B1:B4))}",
]
OPERATORS = [
    "=1+2*3",
    "=50%*1",
    "=10%*2",
    "=-Data!A1",
    "=Data!G1+1",
    "=Data!I1+1",
    "=Data!F1+1",
    '="2"+1',
    "=Data!A1<>Data!B1",
    '="a"<"b"',
    "=1/0",
    "=Data!H1*2",
    "=(1+2)/4",
    "=1E-3",
    "{=SUM({1,2;3,4}*{10;20})}",
    "{=SUM(-Data!A1:A4)}",
    "{=SUM(Data!A1:A4*Data!A1:E1)}",
    '=Data!G1=""',
    "=Data!G1=0",
    "=Data!G1",
]


def _workbook() -> tuple[bytes, list[str]]:
    formulas = [formula for group in [*FORMULAS.values(), ARRAYS, OPERATORS] for formula in group]
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet, data = book.add_worksheet("Main"), book.add_worksheet("Data")
    for row, numbers in enumerate(NUMBERS):
        data.write_row(row, 0, [*numbers, TEXTS[row]])
    data.write_formula("H1", "=NA()", None, "#N/A")
    data.write_boolean("I1", True)
    for row, formula in enumerate(formulas):
        if formula.startswith("{"):
            sheet.write_array_formula(row, 0, row, 0, formula)
        else:
            sheet.write_formula(row, 0, formula)
    book.close()
    return buffer.getvalue(), formulas


@pytest.fixture(scope="module")
def computed() -> tuple[Workbook, list[str], list[object]]:
    content, formulas = _workbook()
    book = Workbook(content)
    calculation = calculate(book, {})
    assert calculation.failures == []
    left = {formulas[row - 1]: why for (sheet, row, _), why in calculation.left.items() if sheet == "Main"}
    assert left == {}
    return book, formulas, [calculation.values["Main", row + 1, 1] for row in range(len(formulas))]


def test_every_listed_function_is_compared():
    assert set(FORMULAS) == set(RANGE_ARGUMENTS)
    for name, formulas in FORMULAS.items():
        assert any(f"{name}(" in formula for formula in formulas)


@pytest.mark.parametrize(
    "formula",
    [
        'SUMIFS(A1:A4,B1:B3,">0")',
        'COUNTIFS(A1:A4,">0",B1:B3,">0")',
        'MAXIFS(A1:A4,B1:C4,">0")',
        'SUMIFS(1+1,B1:B2,">0")',
    ],
)
def test_ranges_of_criteria_are_of_one_size(formula: str):
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", [1.0, 2.0, 3.0, 4.0])
        sheet.write_formula("E1", f"={formula}")
        sheet.write_formula("E2", '=SUMIFS(A1:A4,A1:A4,"<"&SUM(A1,2),A1:A4,">1")')

    result = calculate(Workbook(workbook(write)), {})
    assert "one size" in result.left["S", 1, 5] and result.values["S", 2, 5] == 2.0


@needs_office
def test_agrees_with_libreoffice(computed, tmp_path: Path):
    book, formulas, values = computed
    stripped = Workbook(book.package.to_bytes())
    for name, row, column in calculate(stripped, {}).values:
        stripped.sheet(name).write_result(row, column, None)  # no old values: LibreOffice must compute
    stripped.package.save(tmp_path / "native.xlsx")
    office = ["".join(row[:1]) for row in compute_in_office(tmp_path / "native.xlsx", tmp_path)]
    wrong = {}
    for formula, value, other in zip(formulas, values, office, strict=True):
        if not _agree(value, other):
            wrong[formula] = value, other
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in wrong.items())


def _agree(value: object, other: str) -> bool:
    if isinstance(value, CellError):
        return other.startswith(("#", "Err:"))
    if isinstance(value, bool):
        return other in (str(value).upper(), str(int(value)))  # in array formulas LibreOffice shows 1 for TRUE
    if isinstance(value, float):
        try:
            return math.isclose(value, float(other), rel_tol=1e-12, abs_tol=1e-13)
        except ValueError:
            return False
    return value == other


BLANK = None
NA_CELL = {"type": "Error", "kind": "Na"}


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        # what Excel shows for each value, from its documentation
        ("SIGN", [-2.0, 0.0, BLANK, 0.5], [-1.0, 0.0, 0.0, 1.0]),
        ("ABS", [-2.0, 0.0, BLANK, 0.5], [2.0, 0.0, 0.0, 0.5]),
        ("INT", [-2.5, -2.0, BLANK, 2.5], [-3, -2, 0, 2]),
        ("NOT", [0.0, 1.0, BLANK, -1.0], [True, False, True, False]),
        ("SQRT", [4.0, 0.0, BLANK, -1.0], [2.0, 0.0, 0.0, "Num"]),
        ("EXP", [0.0, BLANK, 1000.0], [1.0, 1.0, "Num"]),
        ("LN", [1.0, 0.0, BLANK, -1.0], [0.0, "Num", "Num", "Num"]),
        ("LOG10", [1000.0, 0.0], [3.0, "Num"]),
    ],
)
def test_a_function_of_single_values_takes_each_value_of_an_array(name, given, wanted):
    answer = lift(LIFTED[name])([[value] for value in [*given, "x", NA_CELL]])
    kinds = [cell["kind"] if isinstance(cell, dict) else cell for (cell,) in answer]
    assert kinds == [*wanted, "Value", "Na"]
    assert lift(LIFTED[name])(given[0]) == wanted[0]  # a single value stays one


def test_rows_and_columns_are_spread_over_each_other():
    power = lift(LIFTED["POWER"])
    assert power([[2.0], [3.0]], [[0.0, 1.0, 2.0]]) == [[1.0, 2.0, 4.0], [1.0, 3.0, 9.0]]
    assert power([[2.0, 3.0]], 2.0) == [[4.0, 9.0]]
    assert power([[2.0], [3.0], [4.0]], [[1.0], [2.0]]) == [[2.0], [9.0], [NA_CELL]]
    assert [cell["kind"] for cell in power([[0.0, -1.0, 1e200]], [[-1.0, 0.5, 2.0]])[0]] == ["Div", "Num", "Num"]
