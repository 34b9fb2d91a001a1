"""How the macros write to sheets, in Excel and in xlwings Lite alike: through xlwings' sheets and ranges."""

from typing import Any

from rpxl.excel.macros.plan import Cells, FormulaEdit, free_name

INPUT_COLOUR = (255, 242, 204)
_INPUT_INK = "#0000C0"
_NOTE_INK = "#6E6E6E"
CHART_SIZE = (420, 240)


def block(sheet: Any, row: int, column: int, height: int, width: int) -> Any:
    """Return a range of a sheet."""
    return sheet.range((row, column), (row + height - 1, column + width - 1))


def new_sheet(book: Any, wanted: str) -> Any:
    """Add a sheet at the end, under the wanted name or that name with a number."""
    taken = {sheet.name.lower() for sheet in book.sheets}
    return book.sheets.add(free_name(wanted, taken), after=book.sheets[len(book.sheets) - 1])


def write_cells(sheet: Any, step: Cells) -> None:
    """Write texts and numbers."""
    target = block(sheet, step.row, step.column, len(step.rows), len(step.rows[0]))
    if all(isinstance(cell, str) for row in step.rows for cell in row):
        target.number_format = "@"  # text stays text, also when it begins with = or looks like a date
    elif step.number_format:
        target.number_format = step.number_format
    target.value = [list(row) for row in step.rows]
    dress(target, step.style)


def format_columns(sheet: Any, step: FormulaEdit) -> None:
    """Format the cells of an answer, before its formula is written: a cell formatted as text would keep it as text."""
    for number in range(step.width):
        column = block(sheet, step.row, step.column + number, step.height, 1)
        column.number_format = step.formats[min(number, len(step.formats) - 1)]


def dress(target: Any, style: str) -> None:
    """Give cells the look of their style."""
    if style in ("title", "heading"):
        target.font.bold = True
    if style == "title":
        target.font.size = 14
    elif style == "note":
        target.font.color = _NOTE_INK
    elif style == "input":
        target.color = INPUT_COLOUR
        target.font.color = _INPUT_INK
