"""What the macros read in a workbook that xlwings Lite passes, and how their plans are carried out in it.

xlwings Lite passes the values of all sheets when a script starts, and writes what the script has written when the
script ends; before that, it cannot be read. So a script that fails changes nothing.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from rpxl.errors import InputError
from rpxl.excel.macros.plan import Cells, Chart, FormulaEdit, Plan, Rows, SheetArea
from rpxl.excel.macros.writing import CHART_SIZE, block, dress, format_columns, new_sheet, write_cells
from rpxl.xlsx.references import column_number

_FORMULA_WIDTH = 16  # the assumed width of a formula's answer, in characters

_ADDRESS = re.compile(
    r"=?(?:(?P<quoted>'(?:[^']|'')+'|[^'!]+)!)?\$?(?P<left>[A-Za-z]{1,3})\$?(?P<top>[0-9]+)"
    r"(?::\$?(?P<right>[A-Za-z]{1,3})\$?(?P<bottom>[0-9]+))?"
)
_BOOK = re.compile(r"\[[^\]]*\]")


class LiteDesk:
    """What the macros read; `selected` is what was selected when the script was first started."""

    computes_rpxl = True

    def __init__(self, book: Any, selected: SheetArea | None) -> None:
        self._book = book
        self._selected = selected

    def selection(self) -> SheetArea | None:
        """Return what is selected, without the empty rest of whole rows and columns."""
        if self._selected is None:
            return None
        rows = self._rows(self._selected.sheet)
        height = min(self._selected.height, max(1, len(rows) + 1 - self._selected.row))
        width = min(self._selected.width, max(1, max(map(len, rows), default=0) + 1 - self._selected.column))
        return self._selected.part(0, 0, height, width)

    def region(self, area: SheetArea) -> SheetArea:
        """Return the block of filled cells around an area."""
        return filled_around(self._rows(area.sheet), area)

    def find(self, address: str) -> SheetArea:
        """Return the area that an address names: ``Data!A1:C3``, or ``A1:C3`` on the sheet of the selection."""
        sheet = self._selected.sheet if self._selected is not None else self._book.sheets.active.name
        area = read_address(address, self._book.name, sheet)
        names = {sheet.name.casefold(): sheet.name for sheet in self._book.sheets}
        if area.sheet.casefold() not in names:
            raise InputError("", f"'{address}': there is no sheet '{area.sheet}'. Write an address as Data!A1:C3.")
        return SheetArea(area.book, names[area.sheet.casefold()], area.row, area.column, area.height, area.width)

    def read(self, area: SheetArea) -> Rows:
        """Return the cells: numbers, text, dates, None for a blank, an error as its text."""
        cells = block(self._book.sheets[area.sheet], area.row, area.column, area.height, area.width)
        return [list(row) for row in cells.options(ndim=2, err_to_str=True).value]

    def saved_file(self) -> Path:
        """Refuse: a script of xlwings Lite sees no files."""
        raise InputError("", "xlwings Lite sees no files. Run 'rpxl freeze FILE --out NEW' in a terminal.")

    def _rows(self, sheet: str) -> Rows:
        used = self._book.sheets[sheet].used_range
        height, width = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
        return self.read(SheetArea("", sheet, 1, 1, height, width))


def read_address(address: str, book: str, sheet: str) -> SheetArea:
    """Read an address as people write it; `sheet` is meant if the address names no sheet.

    Raises
    ------
    InputError
        It is not the address of one block of cells.

    Examples
    --------
    >>> read_address("'Bob''s data'!$B$2:A1", "B.xlsx", "Sheet1").text()
    "'Bob''s data'!$A$1:$B$2"
    >>> read_address("c3", "B.xlsx", "Sheet1").text()
    "'Sheet1'!$C$3"
    """
    found = _ADDRESS.fullmatch(address.strip())
    if found is None:
        raise InputError("", f"'{address}' is not an address of one block of cells. Write it as Data!A1:C3.")
    name = found["quoted"]
    if name is not None:
        name = name[1:-1].replace("''", "'") if name.startswith("'") else name
        sheet = _BOOK.sub("", name)
    rows = sorted((int(found["top"]), int(found["bottom"] or found["top"])))
    columns = sorted((column_number(found["left"].upper()), column_number((found["right"] or found["left"]).upper())))
    return SheetArea(book, sheet, rows[0], columns[0], rows[1] - rows[0] + 1, columns[1] - columns[0] + 1)


def selected_area(book: Any) -> SheetArea | None:
    """Return what is selected, or None if it is not one block of cells."""
    with suppress(Exception):  # a chart is selected, or several blocks
        cells = book.app.selection
        height, width = cells.shape
        return SheetArea(book.name, cells.sheet.name, cells.row, cells.column, height, width)
    return None


def filled_around(rows: Rows, area: SheetArea) -> SheetArea:
    """Extend an area by a row or column as long as a cell beside it, or at its corner, is filled.

    >>> filled_around([[1, 2, None, 9], [3, None, None, 9]], SheetArea("", "S", 1, 1)).text("S")
    '$A$1:$B$2'
    """
    top, left = area.row, area.column
    bottom, right = top + area.height - 1, left + area.width - 1

    def filled(first: int, last: int, start: int, end: int) -> bool:
        block = (row[max(start - 1, 0) : end] for row in rows[max(first - 1, 0) : last])
        return any(cell not in (None, "") for row in block for cell in row)

    while True:
        if top > 1 and filled(top - 1, top - 1, left - 1, right + 1):
            top -= 1
        elif left > 1 and filled(top - 1, bottom + 1, left - 1, left - 1):
            left -= 1
        elif filled(bottom + 1, bottom + 1, left - 1, right + 1):
            bottom += 1
        elif filled(top - 1, bottom + 1, right + 1, right + 1):
            right += 1
        else:
            return SheetArea(area.book, area.sheet, top, left, bottom - top + 1, right - left + 1)


def carry_out(plan: Plan, book: Any) -> None:
    """Do what a macro planned: write to a new sheet, or to the cells that were asked for."""
    if not plan.steps:
        return
    sheet = book.sheets[plan.at.sheet] if plan.at is not None else new_sheet(book, plan.sheet)
    for step in plan.steps:
        if isinstance(step, Cells):
            write_cells(sheet, step)
        elif isinstance(step, FormulaEdit):
            _write_formula(sheet, step)
        else:
            _draw(sheet, step)
    if plan.at is None:
        _fit_columns(sheet, plan)
    sheet.activate()


def _write_formula(sheet: Any, step: FormulaEdit) -> None:
    """Write a formula, which spills."""
    format_columns(sheet, step)
    sheet.range((step.row, step.column)).formula = step.text
    dress(block(sheet, step.row, step.column, step.height, step.width), step.style)


def _draw(sheet: Any, step: Chart) -> None:
    source = step.source
    data = block(sheet, source.row, source.column, source.height, source.width)
    with suppress(NotImplementedError, AttributeError, TypeError):  # an older xlwings Lite draws no charts
        chart = sheet.charts.add(width=CHART_SIZE[0], height=CHART_SIZE[1], anchor=sheet.range((step.row, step.column)))
        chart.set_source_data(data)
        chart.chart_type = step.kind


def _fit_columns(sheet: Any, plan: Plan) -> None:
    """Fit each column to its contents, except titles and notes, which run over the next cells.

    The width of a fitted column can't be read here, so a column with a title or note is set by the length of its texts.
    """
    longest: dict[int, int] = {}
    noted = set()
    for step in plan.steps:
        if isinstance(step, Cells) and step.style in ("title", "note"):
            noted.add(step.column)
        elif isinstance(step, Cells):
            for row in step.rows:
                for column, cell in enumerate(row, step.column):
                    longest[column] = max(longest.get(column, 0), len(str(cell)))
        elif isinstance(step, FormulaEdit):
            for column in range(step.column, step.column + step.width):
                longest[column] = max(longest.get(column, 0), _FORMULA_WIDTH)
    for column in sorted(longest.keys() | noted):
        cell = sheet.range((1, column))
        if column in noted:
            cell.column_width = min(plan.widest, longest.get(column, 0) + 2)
        else:
            cell.columns.autofit()
