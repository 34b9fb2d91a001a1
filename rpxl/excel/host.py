"""The thin layer between the macros and Excel: it reads the cells that a macro asks for and carries out its plan.

The add-in calls it (see ``addin/RpxlRibbon.bas``). It answers with what the add-in is to do next: a kind, a text and
a proposed answer, separated by tabs. It keeps no reference to Excel between two calls.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import xlwings

from rpxl.errors import InputError, RpxlError
from rpxl.excel.macros import Ask, Plan, advance
from rpxl.excel.macros.plan import Cells, Chart, FormulaEdit, Rows, SheetArea, parse_address
from rpxl.excel.macros.writing import CHART_SIZE, block, dress, format_columns, new_sheet, write_cells
from rpxl.excel.udfs import cells_of
from rpxl.formulas.catalogue import FUNCTIONS


def run(name: str, answers: str, application: Any) -> str:
    """Run a macro on Windows, in the Excel that calls, and return what the add-in is to do next."""
    from xlwings import _xlwindows

    windows: Any = _xlwindows
    try:
        patient = windows.COMRetryObjectWrapper(application)  # tries again while Excel is busy
        app = xlwings.App(impl=windows.App(xl=patient))
    except Exception as error:  # pywin32's own kinds; it becomes one message box
        told = f"rpxl cannot reach Excel ({type(error).__name__}: {error})."
        return _line("refuse", f"{told} If a cell is being edited, end that with Enter or Esc, and try again.")
    return reply(name, answers, app)


def run_on_mac(name: str, answers: str) -> None:
    """Run a macro on a Mac, where the add-in does not wait, and call the add-in with the reply."""
    app: Any = xlwings.apps.active
    app.macro("'rpxl.xlam'!MacroReply")(name, answers, reply(name, answers, app, on_mac=True))


_ON_MAC = (
    "The formulas are in place. Excel for Mac cannot compute rpxl's functions, so these cells show #N/A here; they are "
    "computed when the workbook is opened in Excel for Windows or in LibreOffice with rpxl."
)


def reply(name: str, answers: str, app: Any, *, on_mac: bool = False) -> str:
    """Run a macro with the answers so far and return what the add-in is to do next; every error becomes a message.

    Parameters
    ----------
    name
        The macro.
    answers
        The answers to its questions, each followed by a tab.
    app
        Excel, as xlwings' App.
    on_mac
        Whether this Excel cannot compute rpxl's functions.
    """
    try:
        with quiet(app):
            step = advance(name, answers.split("\t")[:-1], ExcelDesk(app, computes_rpxl=not on_mac))
            if isinstance(step, Plan):
                carry_out(step, app)
    except RpxlError as error:
        return _line("refuse", str(error))
    except Exception as error:  # whatever it is, it becomes one message box
        return _line("refuse", f"rpxl could not do that ({type(error).__name__}: {error}).")
    if isinstance(step, Ask):
        return _line(step.kind, step.prompt, step.proposal)
    message = step.message or (_ON_MAC if on_mac and _calls_rpxl(step) else "")
    return _line("tell", message) if message else ""


def _calls_rpxl(plan: Plan) -> bool:
    texts = (step.text for step in plan.steps if isinstance(step, FormulaEdit))
    return any(f"={name}(" in text for text in texts for name in FUNCTIONS)


def _line(*parts: str) -> str:
    return "\t".join(part.replace("\t", " ") for part in parts)


@contextmanager
def quiet(app: Any) -> Iterator[None]:
    """Switch off calculation and screen updates while formulas are written; afterwards restore them, also on errors."""
    wanted = {"calculation": "manual", "screen_updating": False, "status_bar": "rpxl: working …"}
    before: dict[str, Any] = {}
    try:
        for setting, value in wanted.items():
            with suppress(Exception):  # without a workbook Excel has no calculation mode
                before[setting] = getattr(app, setting)
                setattr(app, setting, value)
        yield
    finally:
        for setting, value in before.items():
            with suppress(Exception):
                setattr(app, setting, value)


class ExcelDesk:
    """What the macros read in a running Excel."""

    def __init__(self, app: Any, *, computes_rpxl: bool = True) -> None:
        self._app = app
        self.computes_rpxl = computes_rpxl

    def selection(self) -> SheetArea | None:
        """Return what is selected, without the empty rest of whole rows and columns."""
        with suppress(Exception):  # a chart, or nothing at all is selected
            selected = self._app.selection
            if selected is not None:
                return _within(_area(selected), _area(selected.sheet.used_range))
        return None

    def region(self, area: SheetArea) -> SheetArea:
        """Return the block of filled cells around an area."""
        return _area(self._range(area).current_region)

    def find(self, address: str) -> SheetArea:
        """Return the area that a full address names."""
        return parse_address(address)

    def read(self, area: SheetArea) -> Rows:
        """Return the cells: numbers, text, dates, None for a blank, an error as its text."""
        cells: Rows = cells_of(self._range(area).options(ndim=2, err_to_str=True).value)
        return [list(row) for row in cells]

    def saved_file(self) -> Path:
        """Return the file of the active workbook, which must be saved as it is shown.

        Raises
        ------
        InputError
            No workbook is open; it was never saved on this computer, or was changed since.
        """
        book = self._app.books.active
        if book is None:
            raise InputError("", "No workbook is open.")
        path = Path(book.fullname)
        if not path.is_file():
            raise InputError("", f"Save '{book.name}' on this computer first: the copy is made from the file.")
        if not _is_saved(book):
            raise InputError("", f"'{book.name}' was changed since it was saved. Save it first.")
        return path

    def _range(self, area: SheetArea) -> Any:
        sheet = self._app.books[area.book].sheets[area.sheet]
        return block(sheet, area.row, area.column, area.height, area.width)


def _is_saved(book: Any) -> bool:
    """Tell whether a workbook is as it was saved; on a Mac the property has another form."""
    saved = getattr(book.api, "Saved", None)
    return bool(book.api.saved.get() if saved is None or callable(saved) else saved)


def _area(cells: Any) -> SheetArea:
    height, width = cells.shape
    return SheetArea(cells.sheet.book.name, cells.sheet.name, cells.row, cells.column, height, width)


def _within(area: SheetArea, used: SheetArea) -> SheetArea:
    """Cut whole rows and columns at the last cell that is in use."""
    height = min(area.height, max(1, used.row + used.height - area.row))
    width = min(area.width, max(1, used.column + used.width - area.column))
    return area.part(0, 0, height, width)


def carry_out(plan: Plan, app: Any) -> None:
    """Do what a macro planned: open a workbook, or write to a new sheet or to the cells that were asked for."""
    if plan.workbook is not None:
        app.books.open(str(plan.workbook))
    if not plan.steps:
        return
    book = app.books[plan.book] if plan.book else app.books.add()
    if plan.at is not None:
        _write(plan, book.sheets[plan.at.sheet], app)
        return
    sheet = new_sheet(book, plan.sheet)
    try:
        _write(plan, sheet, app)
    except BaseException:
        sheet.delete()  # a half-written sheet could be taken for a finished one
        raise
    _fit_columns(sheet, plan.widest)


def _write(plan: Plan, sheet: Any, app: Any) -> None:
    for number, step in enumerate(plan.steps, 1):
        app.status_bar = f"rpxl: writing {number} of {len(plan.steps)}"
        if isinstance(step, Cells):
            write_cells(sheet, step)
        elif isinstance(step, FormulaEdit):
            _write_formula(sheet, step)
        else:
            _draw(sheet, step)


def _fit_columns(sheet: Any, widest: int) -> None:
    """Fit each column to its contents, up to `widest` characters; longer titles and notes run over the next cells."""
    sheet.autofit(axis="columns")
    last = sheet.used_range.column + sheet.used_range.shape[1]
    for number in range(1, last):
        cell = sheet.range((1, number))
        if cell.column_width > widest:
            cell.column_width = widest


def _write_formula(sheet: Any, step: FormulaEdit) -> None:
    target = block(sheet, step.row, step.column, step.height, step.width)
    format_columns(sheet, step)
    put_formula(target, step.text)
    dress(target, step.style)


def put_formula(target: Any, text: str) -> None:
    """Write a formula whose answer fills a range: it spills, or is an array formula where Excel does not spill.

    An Excel that does not spill has no Formula2. Formula2 is read before it is set, because xlwings tries without end
    to set a member that is not there.
    """
    corner = target.sheet.range((target.row, target.column))
    try:
        _ = corner.formula2
        corner.formula2 = text
    except Exception:  # pywin32's own kinds, which are there on Windows only
        target.formula_array = text


def _draw(sheet: Any, step: Chart) -> None:
    corner = sheet.range((step.row, step.column))
    chart = sheet.charts.add(corner.left, corner.top, *CHART_SIZE)
    source = step.source
    chart.set_source_data(block(sheet, source.row, source.column, source.height, source.width))
    chart.chart_type = step.kind
