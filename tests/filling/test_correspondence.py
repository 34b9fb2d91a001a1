"""Which sheet of a workbook is which of its template."""

from collections.abc import Mapping

import pytest

from rpxl.filling.correspondence import Correspondence
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def with_sheets(columns: Mapping[str, list[str | float]]) -> Workbook:
    """A workbook with a sheet for each name, and what stands in its column A."""

    def write(book) -> None:
        for name, cells in columns.items():
            sheet = book.add_worksheet(name)
            for row, cell in enumerate(cells):
                sheet.write(row, 0, cell)
                if str(cell).startswith("="):
                    sheet.write_formula(row, 0, cell, None, str(cell).strip('="'))

    return Workbook(workbook(write))


@pytest.mark.parametrize(
    ("template", "now", "known"),
    [
        (["Date", "Price", "Drop", "Gain"], ["Date", "Price", "mine"], True),
        (["Date", "Price", "Drop", "Gain"], ["Date", "mine"], False),
        (["Date", "Price", 1.0, 2.0, 3.0, 4.0], ["Day", "Value", 1.0, 2.0, 3.0, 4.0], False),
        (["Date", '="mine"', '="yours"'], ["Day", '="mine"', '="yours"'], False),
        ([1.0, 2.0], [1.0, 2.0], False),
    ],
    ids=["half of the texts", "a quarter", "numbers alone", "texts of formulas alone", "no text"],
)
def test_a_renamed_sheet_is_known_by_half_of_its_texts(template: list, now: list, known: bool) -> None:
    match = Correspondence(with_sheets({"Mine": now}), with_sheets({"History": template}), [])
    assert {name: sheet.name for name, sheet in match.sheets.items()} == ({"History": "Mine"} if known else {})
