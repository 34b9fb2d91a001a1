"""What somebody changed in a template is seen, so that it is not lost when the template is laid out anew."""

from collections.abc import Callable

import pytest

from rpxl import templates
from rpxl.filling.relayout import difference, reshape
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook


def static() -> Workbook:
    return Workbook(templates.get("static_analysis").build(3, 20))


def _column_width(sheet: Sheet) -> None:
    next(sheet.root.iter("{*}col")).set("width", "77")


def _row_height(sheet: Sheet) -> None:
    sheet.rows[min(sheet.rows)].set("ht", "77")


def _no_headings(sheet: Sheet) -> None:
    next(sheet.root.iter("{*}sheetView")).set("showRowColHeaders", "0")


@pytest.mark.parametrize("change", [_column_width, _row_height, _no_headings])
def test_a_changed_layout_is_a_difference(change: Callable[[Sheet], None]):
    book = static()
    assert difference(book, static()) is None
    sheet = book.worksheets[1]
    change(sheet)
    assert difference(book, static()) == f"the layout of the sheet {sheet.name}"


def test_a_setting_of_no_name_of_the_workbook_is_left_to_others():
    """It is refused later, together with what can be set."""
    book = Workbook(templates.get("backtest").build())
    assert reshape(book, None, {"Nonsense": "1"}) == (book, "", 0)
