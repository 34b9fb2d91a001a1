"""What somebody changed in a template is seen, so that it is not lost when the template is laid out anew."""

from collections.abc import Callable

import pytest

from rpxl import templates
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.relayout import difference, reshape
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook


def static() -> Workbook:
    return Workbook(templates.get("static_analysis").build(3, 20))


def _column_width(book: Workbook, sheet: Sheet) -> None:
    next(book.package.edit(sheet.part).iter("{*}col")).set("width", "77")


def _row_height(book: Workbook, sheet: Sheet) -> None:
    next(book.package.edit(sheet.part).iter("{*}row")).set("ht", "77")


def _no_headings(book: Workbook, sheet: Sheet) -> None:
    next(book.package.edit(sheet.part).iter("{*}sheetView")).set("showRowColHeaders", "0")


def _chart(book: Workbook, sheet: Sheet) -> None:
    next(book.package.edit("xl/charts/chart1.xml").iter("{*}plotVisOnly")).set("val", "0")


def _sheet_name(book: Workbook, sheet: Sheet) -> None:
    next(e for e in book.package.edit(book.part).iter("{*}sheet") if e.get("name") == sheet.name).set("name", "Mine")


def _print_area(book: Workbook, sheet: Sheet) -> None:
    name = book.name("_xlnm.Print_Area", sheet.name)
    assert name is not None
    book.package.edit(book.part)
    name.element.text = f"{sheet.name}!$A$1:$B$9"


@pytest.mark.parametrize(
    ("change", "sheet", "answer"),
    [
        (_column_width, "Matrices", "the layout of the sheet Matrices"),
        (_row_height, "Matrices", "the layout of the sheet Matrices"),
        (_no_headings, "Matrices", "the layout of the sheet Matrices"),
        (_chart, "Analysis", "the part xl/charts/chart1.xml"),
        (_sheet_name, "Matrices", "the sheet Mine"),
        (_print_area, "Matrices", "the part xl/workbook.xml"),
        (_print_area, "Prices", None),  # it follows their rows
    ],
)
def test_what_was_changed_is_a_difference(change: Callable[[Workbook, Sheet], None], sheet: str, answer: str | None):
    book = static()
    assert difference(book, static()) is None
    change(book, book.sheet(sheet))
    assert difference(Workbook(book.package.to_bytes()), static()) == answer


def test_a_setting_of_no_name_of_the_workbook_is_left_to_others():
    """It is refused later, together with what can be set."""
    book = Workbook(templates.get("backtest").build())
    assert reshape(book, None, {"Nonsense": "1"}) == (book, "", 0)


def test_a_single_setting_that_asks_for_other_rows_lays_the_template_out_anew():
    book = Workbook(templates.get("backtest").build())
    anew, note, cells = reshape(book, None, {"Lookback": "100"})
    assert (note, cells) == ("The template was laid out anew for the rows of the results.", 1)
    lookback = WorkbookInputs(anew).require("Lookback")
    assert WorkbookInputs(anew).values(lookback) == [100.0]
