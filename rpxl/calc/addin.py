"""The add-in as it runs inside LibreOffice Calc, in the office's own Python.

It has no mathematics and no list of functions of its own: each function passes its arguments to a child process
that has rpxl. It needs only the standard library and Python 3.8 or later. ``settings.json`` beside this file
says which interpreter has rpxl and which functions there are.
"""

# mypy: ignore-errors
# The office's objects (UNO) have no types that a checker could know.

import json
import os
import re
import struct
from contextlib import contextmanager, suppress

import unohelper
from com.sun.star.awt.MessageBoxType import INFOBOX
from com.sun.star.lang import XServiceInfo
from com.sun.star.task import XJob, XJobExecutor
from org.rpxl.calc import XFunctions
from rpxl_pipe import Child

with open(os.path.join(os.path.dirname(__file__), "settings.json"), encoding="utf-8") as _file:
    SETTINGS = json.load(_file)

FUNCTIONS = "org.rpxl.calc.Functions"
MENU = "org.rpxl.calc.Menu"
LOADED = "org.rpxl.calc.Loaded"
_CODES = {"#N/A": 32767, "#NUM!": 503, "#VALUE!": 519}

_engine = Child([SETTINGS["python"], "-P", "-m", "rpxl.calc.compute_process"])
_failures = None  # while a cell is being explained: the functions that failed in it, and why


def _error_value(error):
    """Return the value that Calc shows as this error: a NaN whose lower half is the error's number."""
    return struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | _CODES[error]))[0]


def _method(name):
    def call(self, document, *args):
        try:
            zero = document.NullDate  # day 0 of the document
            error, answer = _engine.ask((name, args, (zero.Year, zero.Month, zero.Day)))
        except (ConnectionError, ValueError) as failure:
            error, answer = "#VALUE!", f"The Python that has rpxl does not answer. {failure}"
        if not error:
            return answer
        if _failures is not None:
            _failures.append(f"{name}: {error}\n{answer}")
        return ((_error_value(error),),)

    return call


class _Service(unohelper.Base, XServiceInfo):
    """What every component of LibreOffice must tell about itself."""

    def __init__(self, context):
        self.context = context

    def getImplementationName(self):  # noqa: N802
        return self.name

    def supportsService(self, name):  # noqa: N802
        return name == self.name

    def getSupportedServiceNames(self):  # noqa: N802
        return (self.name,)


class Functions(_Service, XFunctions):
    """The spreadsheet functions."""

    name = FUNCTIONS


for _name in SETTINGS["functions"]:
    setattr(Functions, _name, _method(_name))


class Menu(_Service, XJobExecutor, XJob):
    """The entries of the menu: the commands of this module by name."""

    name = MENU

    def trigger(self, event):
        """Run a command on the active document, and show what it says in a message box."""
        desktop = self.context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", self.context)
        document = desktop.getCurrentComponent()
        text = COMMANDS[event](document, _first_cell(document.getCurrentSelection()))
        window = document.getCurrentController().getFrame().getContainerWindow()
        window.getToolkit().createMessageBox(window, INFOBOX, 1, "rpxl", text).execute()

    def execute(self, arguments):
        """Run a command for a program, and return what it says."""
        given = {argument.Name: argument.Value for argument in arguments}
        return COMMANDS[given["Command"]](given["Document"], given.get("Cell"))


class Loaded(_Service, XJob):
    """Runs when a document was opened: formulas that an older Calc did not recognise are entered again."""

    name = LOADED

    def execute(self, arguments):
        """Refresh a spreadsheet; if anything goes wrong, it stays as it was loaded."""
        given = {argument.Name: argument.Value for argument in arguments}
        environment = {item.Name: item.Value for item in given.get("Environment") or ()}
        document = environment.get("Model")
        with suppress(Exception):  # a sheet that is protected, a document that is closed already
            if document is not None and document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                refresh(document, unknown_only=True)


def _first_cell(selection):
    return selection.getCellByPosition(0, 0) if hasattr(selection, "getCellByPosition") else None


def explain(document, cell):
    """Say why a cell shows an error: enter its formula again and note what fails."""
    global _failures
    if cell is None:
        return "Select one cell first."
    if not cell.getFormula().startswith(("=", "{=")):
        return "This cell has no formula."
    _failures = []
    try:
        with _unnoticed(document):
            _enter_again(cell)
            error = cell.getError()  # computes the cell
        failures = list(dict.fromkeys(_failures))
    finally:
        _failures = None
    if failures:
        return "\n\n".join(failures)
    if not error:
        return "This cell has no error."
    return _OTHER_ERRORS.get(
        error, f"No function of rpxl failed in this cell: its error ({error}) comes from another cell or from Calc."
    )


_OTHER_ERRORS = {
    504: "A range in this formula holds an error, or an argument is of the wrong kind. First fix the cells that the "
    "formula refers to.",
    511: "An argument is missing.",
    525: "Calc does not know a name in this formula. Check its spelling, then enter the formula again.",
}


def refresh(document, cell=None, unknown_only=False):
    """Enter every formula that calls rpxl again; in an .xlsx file, an older Calc shows it as #NAME? before.

    With `unknown_only`, nothing is done if none of them shows #NAME?.
    """
    if unknown_only and not any(_unknown(sheet) for sheet in document.getSheets()):
        return ""
    count = 0
    with _unnoticed(document):
        for sheet in document.getSheets():
            for area in sheet.queryContentCells(_FORMULA_CELLS):
                place = area.getRangeAddress()
                done = set()
                for i, row in enumerate(area.getFormulaArray()):
                    for j, formula in enumerate(row):
                        if (i, j) not in done and _CALL.search(_TEXT.sub("", formula)):
                            entered = _enter_again(area.getCellByPosition(j, i))
                            done.update(_inside(entered, place))
                            count += 1
        for name in document.NamedRanges:
            if _CALL.search(_TEXT.sub("", name.getContent())):
                name.setContent(name.getContent())
                count += 1
    return f"{count} formulas with functions of rpxl were entered again."


def _unknown(sheet):
    """Tell whether a formula that calls rpxl shows #NAME?; cells are found by their error, and nothing is computed."""
    for place in sheet.queryFormulaCells(_ERROR_CELLS).getRangeAddresses():
        for row in range(place.StartRow, place.EndRow + 1):
            for column in range(place.StartColumn, place.EndColumn + 1):
                cell = sheet.getCellByPosition(column, row)
                if cell.getError() == _NAME_ERROR and _CALL.search(_TEXT.sub("", cell.getFormula())):
                    return True
    return False


_ERROR_CELLS = 4  # com.sun.star.sheet.FormulaResult.ERROR
_NAME_ERROR = 525
_FORMULA_CELLS = 16  # com.sun.star.sheet.CellFlags.FORMULA
_TEXT = re.compile(r'"[^"]*"')
_CALL = re.compile(rf"\b(?:{'|'.join(SETTINGS['functions'])})\(", re.IGNORECASE)


def _inside(entered, place):
    """Yield the cells of a range as (row, column) within another range, counted from 0."""
    for row in range(entered.StartRow, entered.EndRow + 1):
        for column in range(entered.StartColumn, entered.EndColumn + 1):
            yield row - place.StartRow, column - place.StartColumn


def _enter_again(cell):
    """Enter the formula of a cell again, an array formula over its whole range; return the address of that range."""
    area = cell.getSpreadsheet().createCursorByRange(cell)
    area.collapseToCurrentArray()
    formula = cell.getFormula()  # getArrayFormula is in the user's language, which setArrayFormula can't read
    if area.getArrayFormula():
        area.setArrayFormula(formula[1:-1])
    else:
        cell.setFormula(formula)
        area = cell
    return area.getRangeAddress()


@contextmanager
def _unnoticed(document):
    """Keep what is done out of the undo list, and leave the document marked as changed or unchanged, as it was."""
    undo, modified = document.getUndoManager(), document.isModified()
    document.lockControllers()
    undo.lock()
    try:
        yield
    finally:
        undo.unlock()
        document.unlockControllers()
        document.setModified(modified)


COMMANDS = {"explain": explain, "refresh": refresh}

g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816  # the name that the office looks for
for _service in (Functions, Menu, Loaded):
    g_ImplementationHelper.addImplementation(_service, _service.name, (_service.name,))
