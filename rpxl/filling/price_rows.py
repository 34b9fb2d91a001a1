"""The range of prices in a workbook, and room in it for another number of dates."""

from rpxl.errors import InputError
from rpxl.filling.filled_down import put_back, take_out
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.prices import FEWEST_ROWS
from rpxl.xlsx.references import Area, RowChange, column_letters, quote_sheet
from rpxl.xlsx.rows import delete_rows, insert_rows
from rpxl.xlsx.workbook import Workbook


def price_block(inputs: WorkbookInputs) -> Area:
    """Find the range of labels and prices, checked against the range of dates beside it.

    Raises
    ------
    InputError
        The workbook has no such ranges, or they don't stand beside each other.
    """
    if inputs.find("Prices") is None or inputs.find("Dates") is None:
        raise InputError("prices", f"{inputs.book.package.name} takes no prices: it has no ranges Prices and Dates.")
    block, dates = inputs.require("Prices"), inputs.require("Dates")
    beside = dates.sheet == block.sheet and not block.left <= dates.left <= block.right
    if not beside or dates.width > 1 or (dates.top, dates.bottom) != (block.top + 1, block.bottom):
        raise InputError("prices", f"the range Dates ({dates}) doesn't stand beside the prices ({block}).")
    return block


def resize_prices(book: Workbook, block: Area, count: int) -> None:
    """Give the price block room for another number of dates.

    Rows come and go in its middle, so that ranges which leave out the first or the last date, as returns
    do, follow as well.

    Raises
    ------
    InputError
        There are too few rows to begin with, or something beside the prices can't follow.
    """
    sheet, old = book.sheet(block.sheet), block.height - 1
    if old < FEWEST_ROWS:
        raise InputError(book.package.name, f"the range Prices has {old} rows of prices only; rpxl can't enlarge it.")
    if count > old:
        change = RowChange(sheet.name, block.top + 1 + old // 2, count - old)
    else:
        change = RowChange(sheet.name, block.top + 3, count - old)
    dates = WorkbookInputs(book).require("Dates")
    own = [cell for area in (block, dates) for cell in area.cells()]
    wish = f"the prices have {count} dates, the workbook {old}"
    following = take_out(book, [change], {(sheet.name, *cell) for cell in own}, wish)
    before = _print_area(book, sheet.name)
    if count > old:
        insert_rows(book, sheet, change.at, count - old)
        if before is not None:
            _keep_height(book, sheet.name, before.height)
    else:
        delete_rows(book, sheet, change.at, old - count)
    put_back(book, following, [change])


def _print_area(book: Workbook, sheet: str) -> Area | None:
    """Return what is printed of a sheet, if that is one range."""
    name = book.name("_xlnm.Print_Area", sheet)
    return name.area if name is not None and name.scope is not None else None


def _keep_height(book: Workbook, sheet: str, height: int) -> None:
    """Let a print area that grew hold as many rows as before: the last."""
    area, name = _print_area(book, sheet), book.name("_xlnm.Print_Area", sheet)
    if area is not None and name is not None and area.height > height:
        top = f"${column_letters(area.left)}${area.bottom - height + 1}"
        book.package.edit(book.part)
        name.element.text = f"{quote_sheet(sheet)}!{top}:${column_letters(area.right)}${area.bottom}"
