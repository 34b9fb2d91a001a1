"""Controls a private LibreOffice for rpxl. It runs in the office's own Python, which can talk to the office.

It answers commands that come over its input. When its input ends, it ends the office and removes the folder in which
this file is, so that nothing stays even if the program that asked was killed. It needs only the standard library and
Python 3.8 or later.
"""
# mypy: ignore-errors
# The office's objects (UNO) have no types that a checker could know.

import contextlib
import glob
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_PATIENCE = 3.0  # seconds that an office has to end after it was asked to
_MENU = "org.rpxl.calc.Menu"
_ERROR_CELLS = 4  # com.sun.star.sheet.FormulaResult.ERROR


class Driver:
    """The commands: each method is one; a document is named by a number."""

    def __init__(self):
        self._context = None
        self._documents = {}
        self._process = None
        self._pipe = ""

    def start(self, command):
        """Start the office, with its temporary files in this file's folder; return the id of its process group."""
        temporary = os.path.join(_FOLDER, "tmp")
        os.makedirs(temporary, exist_ok=True)
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), temporary)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        return self._process.pid

    def connect(self, pipe):
        """Return the office's version, or None if it does not answer yet."""
        import uno

        self._pipe = pipe
        if self._process.poll() is not None:
            raise RuntimeError("it ended while it started. Try to start it by hand.")

        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        try:
            self._context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except uno.getClass("com.sun.star.connection.NoConnectException"):
            return None
        settings = self._service("com.sun.star.configuration.ConfigurationProvider")
        product = settings.createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess", _properties(nodepath="/org.openoffice.Setup/Product")
        )
        return product.getByName("ooSetupVersion")

    def _service(self, name):
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def open(self, url):
        """Load a document (``private:factory/scalc`` makes an empty one), and return its number."""
        document = self._service("com.sun.star.frame.Desktop").loadComponentFromURL(
            url,
            "_blank",
            0,
            # No macros, and no updates from other files or addresses: a workbook is data here.
            _properties(Hidden=True, MacroExecutionMode=0, UpdateDocMode=0),
        )
        if document is None or not document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            if document is not None:
                document.close(True)
            raise ValueError("this file is no spreadsheet that LibreOffice can read.")
        number = len(self._documents)
        self._documents[number] = document
        return number

    def find(self, url):
        """Return the number of a document that somebody opened in this office, or None while it is not there."""
        for document in self._service("com.sun.star.frame.Desktop").getComponents():
            if getattr(document, "getURL", str)() == url and document.getCurrentController() is not None:
                self._documents[len(self._documents)] = document
                return len(self._documents) - 1
        return None

    def close(self, document):
        """Close a document without saving it."""
        self._documents.pop(document).close(True)

    def enter(self, document, sheet, entries):
        """Fill cells. Each entry is an address and its content.

        The content of a cell is a number, a text or a formula; that of a range is an array formula in braces, or rows
        of cells: numbers and texts, or only formulas.
        """
        cells = self._sheet(document, sheet)
        for address, content in entries:
            area = cells.getCellRangeByName(address)
            if isinstance(content, str) and content.startswith("{="):
                area.setArrayFormula(content[1:-1])
            elif isinstance(content, str) and content.startswith("="):
                area.getCellByPosition(0, 0).setFormula(content)
            elif isinstance(content, str):
                area.getCellByPosition(0, 0).setString(content)
            elif isinstance(content, (list, tuple)):
                rows = tuple(map(tuple, content))
                formulas = all(isinstance(cell, str) and cell.startswith("=") for row in rows for cell in row)
                area.setFormulaArray(rows) if formulas else area.setDataArray(rows)
            else:
                area.getCellByPosition(0, 0).setValue(content)

    def refresh(self, document):
        """Enter formulas again that an older office did not recognise when it loaded the file."""
        return self._menu("refresh", document)

    def calculate(self, document):
        """Calculate every formula anew, also those whose inputs have not changed."""
        self._documents[document].calculateAll()

    def explain(self, document, sheet, address):
        """Say in words why a cell shows an error."""
        return self._menu("explain", document, self._sheet(document, sheet).getCellRangeByName(address))

    def _menu(self, command, document, cell=None):
        import uno

        pairs = (("Command", command), ("Document", self._documents[document]), ("Cell", cell))
        arguments = []
        for name, value in pairs:
            argument = uno.createUnoStruct("com.sun.star.beans.NamedValue")
            argument.Name, argument.Value = name, value
            arguments.append(argument)
        return self._service(_MENU).execute(tuple(arguments))

    def _sheet(self, document, sheet):
        return self._documents[document].getSheets().getByName(sheet)

    def sheets(self, document):
        """Return the names of the sheets."""
        return list(self._documents[document].getSheets().getElementNames())

    def read(self, document, sheet):
        """Return the values and formulas of a sheet from A1 on, and its errors as (row, column, number)."""
        cells = self._sheet(document, sheet)
        cursor = cells.createCursor()
        cursor.gotoEndOfUsedArea(False)
        last = cursor.getRangeAddress()
        used = cells.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow)
        errors = []
        for area in cells.queryFormulaCells(_ERROR_CELLS).getRangeAddresses():
            for row in range(area.StartRow, area.EndRow + 1):
                for column in range(area.StartColumn, area.EndColumn + 1):
                    errors.append((row, column, cells.getCellByPosition(column, row).getError()))
        return used.getDataArray(), used.getFormulaArray(), errors

    def choose_pages(self, document, everything):
        """Print the print areas only, or with `everything` all cells. Without any print area, all cells are printed."""
        sheets = self._documents[document].getSheets()
        for sheet in sheets:
            if everything or not sheet.getPrintAreas():
                sheet.setPrintAreas(())  # a sheet without an area is printed only if no sheet has one

    def export(self, document, url, kind):
        """Write a document in another format, by the name of the office's filter."""
        self._documents[document].storeToURL(url, _properties(FilterName=kind))

    def functions(self):
        """Return name, description and arguments of all functions in the wizard."""
        catalogue = self._service("com.sun.star.sheet.FunctionDescriptions")
        found = []
        for i in range(catalogue.getCount()):
            function = {p.Name: p.Value for p in catalogue.getByIndex(i)}
            arguments = [(a.Name, a.Description, a.IsOptional) for a in function["Arguments"] or ()]
            found.append((function["Name"], function["Description"], arguments))
        return found

    def quit(self):
        """Ask the office to end."""
        if self._context is not None:
            for document in list(self._documents):
                self.close(document)
            self._service("com.sun.star.frame.Desktop").terminate()
            self._process.wait(_PATIENCE)

    def end(self):
        """End the office and all that it started, even if it does not answer, and remove the folder."""
        if self._process is not None:
            if os.name == "nt":
                kill = ["taskkill", "/T", "/F", "/PID", str(self._process.pid)]
                subprocess.call(kill, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            else:
                with contextlib.suppress(OSError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for socket in glob.glob(f"/tmp/OSL_PIPE_*_{self._pipe}") if self._pipe else ():  # an ended office leaves it
            with contextlib.suppress(OSError):
                os.unlink(socket)
        shutil.rmtree(_FOLDER, ignore_errors=True)


def _properties(**values):
    import uno

    made = []
    for name, value in values.items():
        item = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        item.Name, item.Value = name, value
        made.append(item)
    return tuple(made)


def main():
    """Answer commands: each is a tuple of its name and arguments, the answer ("", result) or ("the error", None)."""
    sys.path.insert(0, _FOLDER)
    from rpxl_pipe import receive, send

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # meant for the program that asks; when it ends, our input ends
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get into an answer
    driver, commands = Driver(), queue.Queue()

    def listen():
        try:
            while True:
                commands.put(receive(requests))
        except EOFError:
            commands.put(None)
        time.sleep(_PATIENCE)  # a command that runs may never end
        driver.end()
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        request = commands.get()
        if request is None:
            break
        command, args = request
        try:
            answer = "", getattr(driver, command)(*args)
        except Exception as error:
            answer = getattr(error, "Message", "") or str(error) or type(error).__name__, None
        try:
            send(answers, answer)
        except OSError:  # the program that asks has ended
            break
    with contextlib.suppress(Exception):  # it has ended already
        driver.quit()
    driver.end()
    os._exit(0)


if __name__ == "__main__":
    main()
