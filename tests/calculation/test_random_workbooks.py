"""Random workbooks of native formulas, computed by rpxl and LibreOffice: equal, or left to Excel, never different.

TRUE and FALSE are not compared with numbers: there the two spreadsheets differ, and rpxl follows Excel.
"""

import random
from pathlib import Path

import pytest

from rpxl.calculation.calculate import calculate
from rpxl.xlsx.cells import CellError, Value
from rpxl.xlsx.workbook import Workbook

from ..make import workbook
from ..office import compute_in_office, needs_office

ROWS = 12
NUMBERS, DATES, LABELS, TEXTS = "$C$1:$E$12", "$F$1:$F$12", "$G$1:$G$12", "$H$1:$H$12"


STATISTICS = ["SUM", "AVERAGE", "MAX", "MIN", "STDEV", "VAR", "COUNT", "MEDIAN"]


class Maker:
    """Writes formulas; each may read the data and the formulas above it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.row = 1
        self.numbers: list[int] = []  # rows above that hold a number

    def pick(self, *choices):
        return self.rng.choice(choices)()

    def number(self, depth: int = 0) -> str:
        if depth > 2:
            return self.leaf()
        deeper = depth + 1
        return self.pick(
            self.leaf,
            lambda: f"({self.number(deeper)}{self.rng.choice('+-*/')}{self.number(deeper)})",
            lambda: f"-{self.number(deeper)}",
            lambda: f"{self.rng.choice(STATISTICS)}({self.range()})",
            lambda: f"ROUND({self.number(deeper)},{self.rng.randrange(4)})",
            lambda: f"IF({self.truth(deeper)},{self.number(deeper)},{self.number(deeper)})",
            lambda: f"IFERROR({self.number(deeper)}/{self.leaf()},{self.number(deeper)})",
            lambda: f"INDEX({NUMBERS},{self.rng.randrange(1, 13)},{self.rng.randrange(1, 4)})",
            lambda: f"INDEX($C$1:$C$12,MATCH({self.label()},{LABELS},0))",
            lambda: "SUMPRODUCT($C$1:$C$12,$D$1:$D$12)",
            lambda: f"SUMPRODUCT(($C$1:$C$12>{self.leaf()})*$D$1:$D$12)",
            lambda: f"SUMIF({LABELS},{self.label()},$D$1:$D$12)",
            lambda: f"COUNTIF({LABELS},{self.label()})",
            lambda: f"SUMIFS($C$1:$C$12,{LABELS},{self.label()})",
            lambda: f"COUNTIFS({LABELS},{self.label()},$C$1:$C$12,{self.criterion()})",
            lambda: f"AVERAGEIFS($D$1:$D$12,{LABELS},{self.label()},$C$1:$C$12,{self.criterion()})",
            lambda: f"{self.rng.choice(['_xlfn.MAXIFS', '_xlfn.MINIFS'])}($D$1:$D$12,$C$1:$C$12,{self.criterion()})",
            lambda: f"_xlfn.IFS({self.truth(deeper)},{self.number(deeper)},TRUE,{self.number(deeper)})",
            lambda: f'_xlfn.SWITCH({self.label()},"SPY",{self.leaf()},"TLT",{self.number(deeper)},{self.leaf()})',
            lambda: f"MOD({self.leaf()},{self.rng.randrange(1, 9)})",
            lambda: f"EOMONTH($F${self.rng.randrange(1, 13)},{self.rng.randrange(-9, 9)})*1",
            lambda: f"EDATE($F${self.rng.randrange(1, 13)},{self.rng.randrange(-9, 9)})*1",
            lambda: f"LARGE({self.range()},{self.rng.randrange(1, 5)})",
            lambda: f"ABS({self.number(deeper)})",
            lambda: f"SQRT({self.number(deeper)})",
            lambda: f"EXP({self.leaf()}/100)",
            lambda: f"INT({self.leaf()})",
            lambda: f"{self.rng.choice(['YEAR', 'MONTH', 'DAY'])}($F${self.rng.randrange(1, 13)})",
            lambda: f"VLOOKUP({self.label()},$G$1:$I$12,3,FALSE)",
            lambda: f"XLOOKUP({self.label()},{LABELS},$D$1:$D$12)",
            lambda: f"LET(x,{self.leaf()},x*2)",
            lambda: f"SUM(MMULT(TRANSPOSE({NUMBERS}),{NUMBERS}))",
            lambda: f"PERCENTILE({self.range()},0.25)",
            lambda: "CORREL($C$1:$C$12,$D$1:$D$12)",
            lambda: f"LEN({self.text(deeper)})",
        )

    def leaf(self) -> str:
        earlier = [f"$A${self.rng.choice(self.numbers)}"] if self.numbers else []
        return self.rng.choice(
            [
                f"{self.rng.randrange(1, 400) / self.rng.choice([1, 10, 100]):g}",
                f"${self.rng.choice('CDE')}${self.rng.randrange(1, 13)}",
                *earlier,
            ]
        )

    def range(self) -> str:
        return self.rng.choice([NUMBERS, "$C$1:$C$12", "$D$2:$E$7", DATES])

    def label(self) -> str:
        return self.rng.choice(['"SPY"', '"tlt"', '"none"', "$G$3"])

    def criterion(self) -> str:
        return f'"{self.rng.choice(["<", ">", "<=", ">=", "<>"])}"&{self.leaf()}'

    def truth(self, depth: int) -> str:
        return self.pick(
            lambda: f"{self.number(depth)}{self.rng.choice(['<', '>', '<=', '>=', '=', '<>'])}{self.number(depth)}",
            lambda: f"AND({self.leaf()}>1,{self.leaf()}<100)",
            lambda: f"OR(ISNUMBER({self.leaf()}),ISTEXT($H$2))",
            lambda: f"NOT({self.leaf()}>5)",
            lambda: f"$G$2={self.label()}",
        )

    def text(self, depth: int) -> str:
        return self.pick(
            lambda: f"UPPER($H${self.rng.randrange(1, 13)})",
            lambda: f"MID($H${self.rng.randrange(1, 13)},{self.rng.randrange(1, 4)},2)",
            lambda: f'LEFT($G${self.rng.randrange(1, 13)},2)&"-"&$H$1',
            lambda: f'TEXT({self.number(depth)},"0.00")',
            lambda: f'TEXT($F${self.rng.randrange(1, 13)},"yyyy-mm-dd")',
            lambda: f"IF({self.truth(depth)},$G$1,$H$2)",
        )

    def formula(self) -> str:
        kind = self.rng.choice([self.number, self.number, self.number, self.truth, self.text])
        made = kind(0)
        if kind == self.number:
            self.numbers.append(self.row)
        self.row += 1
        return made


def made(seed: int, count: int) -> tuple[Workbook, list[str]]:
    maker = Maker(seed)
    formulas = [maker.formula() for _ in range(count)]

    def write(book):
        sheet = book.add_worksheet("S")
        rng = random.Random(-seed)
        for row in range(ROWS):
            sheet.write_row(row, 2, [round(rng.uniform(-50, 150), 2) for _ in range(3)])
            sheet.write(row, 5, 44000 + 97 * row)
            sheet.write_row(row, 6, [["SPY", "TLT", "GLD", "SPY"][row % 4], ["Ab", " x y ", "z9"][row % 3], row * 1.5])
        for row, formula in enumerate(formulas):
            sheet.write_formula(row, 0, formula, None, "")

    return Workbook(workbook(write)), formulas


@needs_office
@pytest.mark.parametrize("seed", range(1, 5))
def test_equal_or_left(tmp_path: Path, seed: int):
    book, formulas = made(seed, 150)
    result = calculate(book, {})
    for row in range(1, len(formulas) + 1):
        book.sheet("S").write_result(row, 1, None)
    (tmp_path / "random.xlsx").write_bytes(book.package.to_bytes())
    office = compute_in_office(tmp_path / "random.xlsx", tmp_path)
    different = {}
    for row, formula in enumerate(formulas, 1):
        value, other = result.values.get(("S", row, 1)), office[row - 1][0]
        if ("S", row, 1) not in result.left and not alike(value, other):
            different[f"A{row} ={formula}"] = value, other
    assert not different, "\n".join(f"{formula}: {pair}" for formula, pair in different.items())
    assert len(result.values) > 40


def alike(value: Value, other: str) -> bool:
    if isinstance(value, CellError):
        return other.startswith(("#", "Err:"))
    if isinstance(value, bool):
        return other in (str(value).upper(), str(int(value)))  # beside SWITCH LibreOffice shows 1 for TRUE
    if isinstance(value, float):
        try:
            return value == pytest.approx(float(other), rel=1e-9, abs=1e-9)
        except ValueError:
            return False
    return (value or "") == other
