"""Numbers are compared, and differences next to 0 are cut, in 15 significant digits: as Excel and Calc do."""

import random
from pathlib import Path

import pytest

from rpxl.calculation.calculate import calculate
from rpxl.calculation.comparison import operators, same_number
from rpxl.xlsx.workbook import Workbook

from ..make import workbook
from ..office import compute_in_office, needs_office


def compute(formulas: list[str], cells: dict[str, object] | None = None) -> tuple[Workbook, list[object]]:
    def write(book):
        sheet = book.add_worksheet("S")
        for row, formula in enumerate(formulas):
            sheet.write_formula(row, 0, formula, None, "")
        for place, value in (cells or {}).items():
            sheet.write(place, value)

    book = Workbook(workbook(write))
    result = calculate(book, {})
    return book, [result.values.get(("S", row + 1, 1), "left") for row in range(len(formulas))]


WEIGHTS = {f"C{row}": 0.1 for row in range(1, 11)}

KNOWN = [
    ("=SUM(C1:C10)=1", True),
    ("=C1+C2+C3+C4+C5+C6+C7+C8+C9+C10=1", True),
    ('=IF(SUM(C1:C10)=1,"OK","CHECK WEIGHTS")', "OK"),
    ("=0.1+0.2=0.3", True),
    ("=0.1+0.2<>0.3", False),
    ("=0.1+0.2>0.3", False),
    ("=0.1+0.2>=0.3", True),
    ("=0.3<0.1+0.2", False),
    ("=0.3<=0.1+0.2", True),
    ("=1.00000000000001=1", False),
    ("=1.00000000000001>1", True),
    ("=0.1+0.2-0.3", 0.0),
    ("=1-0.9-0.1", 0.0),
    ("=(0.1+0.2-0.3)", 5.551115123125783e-17),  # Excel: a bracket around it keeps it
    ("=3*(0.1+0.2)-0.9", 0.0),
    ("=SUMPRODUCT((C1:C10+0.2=0.3)*1)", 10.0),
    ("=AND(0.1*3=0.3,NOT(0.1*3<>0.3))", True),
    ("=1=1=1", False),
    ("=TRUE>99", True),
    ('="a">99', True),
    ('="A"="a"', True),
    ('="abc"<"abd"', True),
    ("=D1=0", True),
    ('=D1=""', True),
    ("=D1=FALSE", True),
    ("=NA()=1", "#N/A"),
    ('="x"-1', "#VALUE!"),
    ('="3"-1', 2.0),
    ("=TRUE+TRUE", 2.0),
    ("=-2^2-1", 3.0),
    ("=2--1", 3.0),
    ("=50%-0.5", 0.0),
    ('=2-1&"x"', "1x"),
    ("=-(0.1+0.2)+0.3", 0.0),
]


def test_known_answers():
    _, values = compute([formula for formula, _ in KNOWN], WEIGHTS)
    assert values == [answer for _, answer in KNOWN]


def test_what_depends_on_the_country_is_left():
    _, values = compute(['="a-b"<"ab"', '=IFERROR("é"<"f",1)', '="1.1.2020"+1', '=IFERROR("$1"-1,2)', "=1+1"])
    assert values == ["left"] * 4 + [2.0]


def test_array_formulas_do_it_cell_by_cell():
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_column("C1", [0.1, 0.3, 0.5])
        sheet.write_column("D1", [0.1 + 1e-17, 0.1 + 0.2, 0.25])
        sheet.write_array_formula("A1:A3", "{=C1:C3=D1:D3}")
        sheet.write_array_formula("B1:B3", "{=C1:C3-D1:D3}")

    result = calculate(Workbook(workbook(write)), {})
    assert [result.values["S", row, 1] for row in (1, 2, 3)] == [True, True, False]
    assert [result.values["S", row, 2] for row in (1, 2, 3)] == [0.0, 0.0, 0.25]


def test_many_at_once_is_what_one_by_one_is():
    rng = random.Random(7)
    numbers = [[rng.choice([0.1, 0.3, 0.1 + 0.2, 1.0, 1.0 + 2.0**-50, -2.0, 0.0]) for _ in range(9)] for _ in range(40)]
    for name, compared in operators(lambda: None).items():
        if name in ("RPXL_ADD", "RPXL_SUB"):
            continue
        for other in (0.3, [[0.3] * 9], [[1.0]] * 40, numbers[::-1]):
            rows = other if isinstance(other, list) else [[other]]
            assert compared(numbers, other) == [
                [compared(cell, rows[min(i, len(rows) - 1)][min(j, len(rows[0]) - 1)]) for j, cell in enumerate(row)]
                for i, row in enumerate(numbers)
            ]


def test_arrays_of_mixed_cells_are_compared_cell_by_cell():
    equal = operators(lambda: None)["RPXL_EQ"]
    missing = {"type": "Error", "kind": "Na"}
    assert equal([[1.0, None, "a", True, missing]], 0.0) == [[False, True, False, False, missing]]
    assert equal([[1.0], [2.0]], [[1.0], [2.0], [3.0]]) == [[True], [True], [missing]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1.0 + 2.0**-50, True),  # 1.00000000000000089
        (1.0, 1.000000000000006, False),  # 1.00000000000001 in 15 digits
        (0.0, 1e-300, False),
        (1e300, 1e300 * (1 + 2.0**-52), True),
        (-1.0, 1.0, False),
        (123456789012345.0, 123456789012345.2, True),
        (123456789012345.0, 123456789012346.0, False),
    ],
)
def test_fifteen_digits(one: float, other: float, same: bool):
    assert same_number(one, other) is same is same_number(other, one)


def random_formulas(count: int) -> list[str]:
    """Sums of decimals, and what they are compared with: the exact sum, or one that differs in a visible digit."""
    rng = random.Random(15)
    made = []
    while len(made) < count:
        digits = rng.choice([1, 2, 4, 6])
        terms = [rng.randrange(1, 10**digits * rng.choice([1, 10, 1000])) for _ in range(rng.randrange(2, 9))]
        total = sum(terms) + rng.choice([0, 0, 0, 1, -1])
        if total <= 0:
            continue
        left = "+".join(f"{term / 10**digits:.{digits}f}" for term in terms)
        right = f"{total / 10**digits:.{digits}f}"
        made.append(f"={left}{rng.choice(['=', '<>', '<', '>', '<=', '>=', '-', '-'])}{right}")
    return made


@needs_office
def test_agrees_with_libreoffice_on_thousands_of_sums(tmp_path: Path):
    formulas = random_formulas(4000)
    book, values = compute(formulas)
    for row in range(1, len(formulas) + 1):
        book.sheet("S").write_result(row, 1, None)
    (tmp_path / "sums.xlsx").write_bytes(book.package.to_bytes())
    office = [row[0] for row in compute_in_office(tmp_path / "sums.xlsx", tmp_path)]
    exact = 0
    for formula, value, other in zip(formulas, values, office, strict=True):
        if isinstance(value, bool):
            assert other == str(value).upper(), formula
        else:
            assert value == pytest.approx(float(other), rel=1e-9), formula  # 0 is 0, not next to it
            assert (value == 0.0) == (float(other) == 0.0), formula
            exact += value == 0.0
    assert exact > 300
    assert min(values.count(True), values.count(False)) > 1000
