"""The bare copy that the engine gets, and who reads which cells."""

from rpxl.calculation.calculate import calculate
from rpxl.calculation.engine import Engine, Held
from rpxl.xlsx.cells import FormulaCell
from rpxl.xlsx.references import Area
from rpxl.xlsx.workbook import Workbook

from ..make import workbook

SQUARE = FormulaCell("ANY()", Area("S", 2, 2, 3, 3), array=True, readable=True, dynamic=False)
NOT_AVAILABLE = {"type": "Error", "kind": "Na"}


def test_the_answer_of_an_array_formula_is_read_by_place():
    held = Held(SQUARE)
    assert held.take([[1.0, 2.0], [None, 4.0]]) == 1.0
    assert held.shape == (2, 2)
    assert held.part(Area("S", 2, 3, 2, 3)) == 2.0
    assert held.part(Area("S", 3, 2, 3, 2)) == 0.0  # a blank, as a cell shows it
    assert held.part(Area("S", 2, 3, 3, 3)) == [[2.0], [4.0]]
    assert held.part(Area("S", 2, 2, 3, 3)) == [[1.0, 2.0], [0.0, 4.0]]


def test_a_single_value_or_row_is_repeated_and_beyond_the_end_stands_an_error():
    held = Held(SQUARE)
    held.take(7.0)
    assert held.part(SQUARE.area) == [[7.0, 7.0], [7.0, 7.0]]
    held.take([[1.0, 2.0]])
    assert held.part(SQUARE.area) == [[1.0, 2.0], [1.0, 2.0]]
    held.take([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert held.part(SQUARE.area) == [[1.0, 2.0], [4.0, 5.0]]
    tall = Held(SQUARE._replace(area=Area("S", 2, 2, 4, 3)))
    tall.take([[1.0, 2.0], [3.0, 4.0]])
    assert tall.part(tall.formula.area) == [[1.0, 2.0], [3.0, 4.0], [NOT_AVAILABLE, NOT_AVAILABLE]]


def test_who_reads_an_area():
    """Constants come from the workbook, answers of array formulas from where they are kept, others from the engine."""

    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", [5.0, 6.0])

    one = FormulaCell("1", Area("S", 9, 1, 9, 1), array=False, readable=True, dynamic=False)
    engine = Engine(Workbook(workbook(write)), {("S", 2, 2): SQUARE, ("S", 9, 1): one})
    read, first = engine.reader(Area("S", 3, 2, 3, 3))
    assert first == Area("S", 2, 2, 2, 2)
    engine._held["S", 2, 2].take([[1.0, 2.0], [3.0, 4.0]])
    assert read is not None and read() == [[3.0, 4.0]]
    read, first = engine.reader(Area("S", 1, 1, 1, 2))
    assert first is None
    assert read is not None and [list(row) for row in read()] == [[5.0, 6.0]]
    for area in (
        Area("S", 3, 3, 4, 3),  # half of it in the answer
        Area("S", 1, 1, 2, 2),
        Area("S", 9, 1, 9, 1),
        Area("S", 8, 1, 10, 2),
    ):
        assert engine.reader(area) == (None, area)


def test_a_range_of_many_cells_has_all_that_are_filled():
    """COUNTIF is the engine's own, and a thousand cells are the most of which each is looked at."""

    def write(book) -> None:
        sheet, other = book.add_worksheet("S"), book.add_worksheet("T")
        sheet.write_column("A1", [float(n) for n in range(1, 1501)])
        sheet.write_array_formula("B1:B1500", "{=A1:A1500+1000}")
        sheet.write_column("C3", [7.0, 8.0])
        for row, area in enumerate(("A1:A1500", "B1:B1500", "A1:C1500", "C1:C10"), 1):
            other.write_formula(row, 0, f'=COUNTIF(S!{area},">=8")')

    values = calculate(Workbook(workbook(write)), {}).values
    assert [values["T", row, 1] for row in (2, 3, 4, 5)] == [1493.0, 1500.0, 1493.0 + 1500.0 + 1.0, 1.0]
