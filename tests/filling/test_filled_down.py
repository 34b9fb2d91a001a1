"""Formulas beside rows that come or go."""

import pytest

from rpxl.errors import InputError
from rpxl.filling.filled_down import take_out
from rpxl.xlsx.references import RowChange
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def test_a_cell_is_lost_where_an_array_formula_of_another_sheet_has_its_place() -> None:
    """The formula in C1:C9 of the first sheet is written again, the note in C5 of the second is not."""

    def write(book) -> None:
        book.add_worksheet("Array").write_array_formula("C1:C9", "{=ROW(A1:A9)}")
        book.add_worksheet("Note").write("C5", "mine")

    book = Workbook(workbook(write))
    changes = [RowChange(sheet, 4, -3) for sheet in ("Array", "Note")]
    with pytest.raises(InputError, match="would lose Note!C5"):
        take_out(book, changes, [], "Fewer rows are needed")
