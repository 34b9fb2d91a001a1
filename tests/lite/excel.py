"""Excel with xlwings Lite, as far as Python sees it: xlwings' own dispatcher of custom functions and scripts.

What Excel would send is made here in the form in which Lite sends it, and goes through the same code that runs in Lite:
`xlwings.server`. It is licensed for noncommercial use (PolyForm Noncommercial 1.0.0), which these tests of a free
project are; rpxl itself never imports it. What Excel does with the answers is a stand-in.
"""

import asyncio
import io
import os
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import xlsxwriter

from rpxl.calculation.calculate import calculate
from rpxl.xlsx.references import column_letters
from rpxl.xlsx.workbook import Workbook

os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")

import xlwings
from xlwings import server
from xlwings.pro import _xlofficejs, _xlremote

for engine in (_xlofficejs.engine, _xlremote.engine):
    if engine.name not in [known.name for known in xlwings.engines]:  # someone imported xlwings without the key
        xlwings.engines.add(xlwings.Engine(impl=engine))

LITE = SimpleNamespace(
    func=server.func, arg=server.arg, ret=server.ret, script=server.script, Book=xlwings.Book, Caller=server.Caller
)
"""What ``import xlwings`` is inside xlwings Lite."""

Rows = list[list[Any]]


def error(text: str) -> dict[str, str]:
    """An error cell, as Excel sends it to a custom function."""
    return {"type": "Error", "basicValue": text, "basicType": "Error"}


def sent(cells: Any) -> Any:
    """Cells as Excel sends them to a custom function: always rows; a blank is an empty text; None for left out."""
    if cells is None:
        return None
    rows = cells if isinstance(cells, list) else [[cells]]
    rows = [row if isinstance(row, list) else [row] for row in rows]
    return [["" if cell is None else error(cell) if _is_error(cell) else cell for cell in row] for row in rows]


def _is_error(cell: Any) -> bool:
    return isinstance(cell, str) and cell.startswith("#") and cell[-1:] in ("!", "?", "A")


def module(**functions: Any) -> ModuleType:
    """The module main.py."""
    made = ModuleType("main")
    made.__dict__.update(functions)
    return made


def call(main: ModuleType, name: str, *args: Any, at: str = "[Book.xlsx]Sheet1!$B$2") -> Any:
    """Call a custom function as a cell does; arguments that are not given are left out."""
    known = len(getattr(main, name).__xlfunc__["args"])
    data = {
        "func_name": name,
        "args": [*map(sent, args), *[None] * (known - len(args))],
        "caller_address": at,
        "version": xlwings.__version__,
        "client": "Office.js",
        "runtime": "1.4",
        "date_format": None,
        "culture_info_name": "en-US",
    }
    where = {server.Caller: server.caller_from_address(at)}
    return asyncio.run(server.custom_functions_call(data, main, typehint_to_value=where))


class Excel:
    """A workbook in which scripts run: it sends the values, and carries out what comes back."""

    def __init__(self, sheets: dict[str, Rows], selection: str = "A1", active: str = "") -> None:
        self.sheets = {name: [list(row) for row in rows] for name, rows in sheets.items()}
        self.formulas: dict[tuple[str, int, int], str] = {}
        self.formats: dict[tuple[str, int, int], str] = {}
        self.charts: list[list[Any]] = []
        self.told: list[str] = []
        self.selection = selection
        self.active = active or next(iter(sheets))

    def run(self, main: ModuleType, name: str) -> None:
        """Run a script; what it raises comes out, and then nothing has changed."""
        book = xlwings.Book(json=self._payload(), engine="remote")
        done = asyncio.run(server.custom_scripts_call(main, name, typehint_to_value={xlwings.Book: book}))
        names = list(self.sheets)
        for action in done.json()["actions"]:
            names = self._carry_out(names, **action)

    def _payload(self) -> dict[str, Any]:
        names = list(self.sheets)
        return {
            "client": "Office.js",
            "version": xlwings.__version__,
            "book": {
                "name": "Book.xlsx",
                "active_sheet_index": names.index(self.active),
                "selection": self.selection,
                "calculation": "automatic",
            },
            "names": [],
            "sheets": [self._sheet(name) for name in names],
        }

    def _sheet(self, name: str) -> dict[str, Any]:
        rows = self.sheets[name]
        width = max(map(len, rows), default=0)
        values = [["" if cell is None else cell for cell in [*row, *[None] * (width - len(row))]] for row in rows]
        filled = [(i, j) for i, row in enumerate(values) for j, cell in enumerate(row) if cell != ""]
        used = None
        if filled:
            (top, left), (bottom, right) = (tuple(f(pair) for pair in zip(*filled, strict=True)) for f in (min, max))
            used = f"{column_letters(left + 1)}{top + 1}:{column_letters(right + 1)}{bottom + 1}"
        lists = {kind: [] for kind in ("pictures", "shapes", "charts", "notes", "tables", "pivot_tables")}
        return {
            "name": name,
            "visibility": "Visible",
            "values": values or [[]],
            "used_range_address": used,
            "print_area": None,
            "show_gridlines": True,
            **lists,
        }

    def _carry_out(self, names: list[str], *, func: str, args: list[Any], values: Any, **where: Any) -> list[str]:
        place = where.get("sheet_position")
        sheet = names[place] if place is not None else ""
        if func == "addSheet":
            names.insert(args[0], args[1])
            self.sheets = {name: self.sheets.get(name, []) for name in names}
            self.active = args[1]
        elif func == "sheetDelete":
            names.remove(sheet)
            self.sheets = {name: self.sheets[name] for name in names}
            self.active = self.active if self.active in names else names[0]
        elif func == "sheetClear":
            self.sheets[sheet] = []
        elif func == "activateSheet":
            self.active = names[args[0]]
        elif func in ("setValues", "setFormula", "setNumberFormat"):
            for i in range(where["row_count"]):
                for j in range(where["column_count"]):
                    row, column = where["start_row"] + i, where["start_column"] + j
                    if func == "setValues":
                        self._set(sheet, row, column, values[i][j])
                    elif func == "setFormula":
                        self.formulas[sheet, row + 1, column + 1] = values[i][j]
                    else:
                        self.formats[sheet, row + 1, column + 1] = args[0]
        elif func == "addChart":
            self.charts.append(args)
        elif func == "alert":
            self.told.append(args[0])
        else:
            assert func in LOOKS, f"nobody knows what Lite does with {func}"
        return names

    def _set(self, sheet: str, row: int, column: int, value: Any) -> None:
        rows = self.sheets[sheet]
        while len(rows) <= row:
            rows.append([])
        rows[row] += [None] * (column + 1 - len(rows[row]))
        rows[row][column] = None if value == "" else value

    def type(self, sheet: str, row: int, column: int, value: Any) -> None:
        """Type something into a cell."""
        self._set(sheet, row - 1, column - 1, value)

    def computed(self, sheet: str, shape: Sequence[tuple[int, int, int, int]] = ()) -> dict[tuple[int, int], Any]:
        """Compute the formulas of a sheet; each spills over the area that `shape` gives for its cell, else one cell."""
        spills = {(row, column): (height, width) for row, column, height, width in shape}
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer) as book:
            for name, rows in self.sheets.items():
                page = book.add_worksheet(name)
                for i, row in enumerate(rows):
                    for j, value in enumerate(row):
                        if value is not None:
                            page.write(i, j, value)
            for (name, row, column), text in self.formulas.items():
                height, width = spills.get((row, column), (1, 1)) if name == sheet else (1, 1)
                page = book.get_worksheet_by_name(name)
                page.write_dynamic_array_formula(row - 1, column - 1, row + height - 2, column + width - 2, text)
        result = calculate(Workbook(buffer.getvalue()))
        assert not result.failures and not result.left
        return {(row, column): value for (name, row, column), value in result.values.items() if name == sheet}


LOOKS = {
    "setRangeColor",
    "setFontProperty",
    "setColumnWidth",
    "setAutofit",
    "rangeSetFont",
    "setRowHeight",
    "setChartType",
    "setWrapText",
}
"""What changes how cells look, and not what they hold."""
