"""Formulas that differ by their row are analysed once, and computed as if each were alone."""

import pytest

from rpxl.calculation import patterns
from rpxl.calculation.analysis import Analysis
from rpxl.calculation.calculate import calculate
from rpxl.xlsx.workbook import Workbook

from ..make import workbook

ROWS = range(2, 12)
COLUMNS = {
    "D": "B{0}/B{1}-1",
    "E": "$A{0}*B$1+$B$2",
    "F": "SUM($B$1:B{0})",
    "G": 'IF(B{0}>40,"A{0}",C{0}&"")',
    "H": "LOG10(B{0})+D{0}",
    "I": "MAX(I{1},B{0})",
    "J": "Data!B{0}*A1A_+B{0}",
    "K": "DOUBLE(B{0})-B{0}",
    "L": "1E5*B{0}+ROW10",
    "M": "-A{0}^2%",
    "N": "B1-B{0}",
}


def book() -> Workbook:
    def write(made):
        sheet = made.add_worksheet("Data")
        made.define_name("A1A_", "=Data!$A$3")
        made.define_name("ROW10", "=Data!$A$4")
        for row in range(1, 12):
            sheet.write_row(row - 1, 0, [float(row), float(row * row), f"t{row}"])
        for letter, formula in COLUMNS.items():
            for row in ROWS:
                sheet.write_formula(f"{letter}{row}", f"={formula.format(row, row - 1)}")

    return Workbook(workbook(write))


OWN = {"DOUBLE": lambda cell: 2 * cell}


def test_the_same_as_alone(monkeypatch):
    seen = []
    analyse = Analysis.__init__
    monkeypatch.setattr(Analysis, "__init__", lambda self, *given: seen.append(given[0]) or analyse(self, *given))
    alike = calculate(book(), OWN)
    assert len(seen) <= len(ROWS) * 5 + len(COLUMNS), "six columns are analysed once"
    monkeypatch.setattr(patterns.Analyst, "analyse", lambda self, formula: Analysis(formula, self._book, self._own))
    alone = calculate(book(), OWN)
    assert alike.values == alone.values and alike.left == alone.left == {}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("D5", 25 / 16 - 1),
        ("E7", 7.0 + 4.0),
        ("F4", 30.0),
        ("I9", 81.0),
        ("J3", 27.0 + 9.0),
        ("K6", 36.0),
        ("N3", -8.0),
    ],
)
def test_values(cell: str, value: float):
    column, row = ord(cell[0]) - 64, int(cell[1:])
    assert calculate(book(), OWN).values["Data", row, column] == pytest.approx(value)
