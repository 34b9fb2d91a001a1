"""Formulas are stored as XlsxWriter itself would store them."""

from io import BytesIO

import xlsxwriter

from rpxl.templates.worksheet import QuickWorksheet

FORMULAS = [
    "=MAX(A1,B$2)",
    '=STDEV.S(A1:A9)&"SORT("',
    "=SUM(SINGLE(A1),_xlfn.STDEV.P(A1:B2),COVARIANCE.S(A1:A3,B1:B3))",
    "=XLOOKUP(1,A1:A3,B1:B3)+STDEV(A1:A9)",
    "=IF(A1>0,BETA.DIST(1,2,3,TRUE),LET(x,1,x))",
    "{=SUM(A1:A3*1)}",
    "{=VAR.S(A1:A3*1)}",
    "A1+1",
]


def test_formulas_are_stored_as_by_the_library():
    options = {"in_memory": True, "use_future_functions": True}
    quick = xlsxwriter.Workbook(BytesIO(), options).add_worksheet("S", QuickWorksheet)
    plain = xlsxwriter.Workbook(BytesIO(), options).add_worksheet("S")
    for formula in FORMULAS:
        assert quick._prepare_formula(formula) == plain._prepare_formula(formula), formula
