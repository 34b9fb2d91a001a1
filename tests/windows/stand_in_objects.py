"""Workbooks, sheets, ranges and charts as Excel has them, for `stand_in.py`; each member is named as Excel names it.

Nothing is computed: what is written into a cell stays there as Excel would keep it, and what Excel refuses is refused.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import win32gui
import winerror
from excel_regions import current_region
from win32com.server.exception import COMException

from rpxl.xlsx.references import column_letters

ROWS, COLUMNS = 1_048_576, 16_384


def refused(told: str) -> COMException:
    """Return Excel's error 1004."""
    return COMException(told, scode=-2146827284, source="Microsoft Excel")


class Thing:
    """Anything that COM sees."""

    @property
    def interface(self) -> str:
        """The name of its interface."""
        return type(self).__name__


class Application(Thing):
    """Excel."""

    busy = 0
    """How many calls are still rejected."""

    def __init__(self, *, spills: bool) -> None:
        self.spills = spills
        self.books: list[Workbook] = []
        self.calculation = -4105
        self.shown: list[Any] = []
        self.Selection: Any = None
        self.DisplayAlerts = self.ScreenUpdating = True
        self._status: Any = False
        self.Workbooks = Workbooks(self)
        self.Hwnd = win32gui.GetDesktopWindow()

    @property
    def Calculation(self) -> int:
        if not self.books:
            raise refused("Unable to get the Calculation property of the Application class")
        return self.calculation

    @Calculation.setter
    def Calculation(self, value: int) -> None:
        if not self.books or value not in (-4105, -4135, 2):
            raise refused("Unable to set the Calculation property of the Application class")
        self.calculation = value

    @property
    def StatusBar(self) -> Any:
        return self._status

    @StatusBar.setter
    def StatusBar(self, value: Any) -> None:
        if value is not False and not isinstance(value, str):
            raise refused("Unable to set the StatusBar property of the Application class")
        self._status = value
        self.shown.append(value)

    @property
    def ActiveWorkbook(self) -> Any:
        return self.books[-1] if self.books else None


class Collection(Thing):
    """Things by number and by name."""

    def __init__(self, things: list[Any]) -> None:
        self.things = things

    @property
    def Count(self) -> int:
        return len(self.things)

    @property
    def _NewEnum(self) -> "Collection":
        return self

    def Item(self, Index: Any) -> Any:
        if isinstance(Index, str):
            found = [thing for thing in self.things if thing.Name.lower() == Index.lower()]
        else:
            found = self.things[int(Index) - 1 : int(Index)] if Index >= 1 else []
        if not found:
            raise COMException("Subscript out of range", scode=winerror.DISP_E_BADINDEX)
        return found[0]

    _Default = Item


class Workbooks(Collection):
    """The open workbooks."""

    def __init__(self, app: Application) -> None:
        super().__init__(app.books)
        self.Application = app

    def Add(self, Template: Any = None) -> Any:
        self.things.append(Workbook(self.Application, f"Book{len(self.things) + 1}", {"Sheet1": []}))
        return self.things[-1]

    def Open(self, Filename: str, *options: Any) -> Any:
        if any(options):
            raise refused("this stand-in knows no options of Open")
        self.things.append(Workbook(self.Application, Filename.rpartition("\\")[2], {"Sheet1": []}))
        self.things[-1].Path = Filename.rpartition("\\")[0]
        return self.things[-1]


class Workbook(Thing):
    """A workbook; one that was never saved has no path."""

    Path = ""

    def __init__(self, app: Application, name: str, sheets: dict[str, list[list[Any]]]) -> None:
        self.Application = app
        self.Name = name
        self.sheets: list[Worksheet] = []
        self.Worksheets = Sheets(self)
        for sheet, rows in sheets.items():
            self.sheets.append(Worksheet(self, sheet, rows))

    @property
    def FullName(self) -> str:
        return "\\".join(filter(None, (self.Path, self.Name)))

    def Activate(self) -> None:
        pass


class Sheets(Collection):
    """The sheets of a workbook."""

    def __init__(self, book: Workbook) -> None:
        super().__init__(book.sheets)
        self.Parent = book

    def Add(self, Before: Any = None, After: Any = None, Count: Any = None, Type: Any = None) -> Any:
        if (Before and After) or Count or Type:
            raise refused("Method 'Add' of object 'Sheets' failed")
        names = [sheet.Name for sheet in self.things]
        name = next(f"Sheet{i}" for i in range(1, 1000) if f"Sheet{i}" not in names)
        new = Worksheet(self.Parent, name, [])
        at = self.things.index(Before) if Before else self.things.index(After) + 1 if After else 0
        self.things.insert(at, new)
        return new


@dataclass
class Cell:
    """What a cell holds, and how it looks."""

    value: Any = None
    formula: str = ""
    number_format: str = "General"
    look: dict[str, Any] = field(default_factory=dict)


class Worksheet(Thing):
    """A sheet with its cells by row and column."""

    def __init__(self, book: Workbook, name: str, rows: list[list[Any]]) -> None:
        self.Parent = book
        self.name = name
        self.widths: dict[int, float] = {}
        self.charts: list[ChartObject] = []
        self.fitted = False
        self.all: dict[tuple[int, int], Cell] = {}
        for i, row in enumerate(rows, 1):
            for j, value in enumerate(row, 1):
                if value is not None:
                    self.at(i, j).value = datetime.fromisoformat(value["date"]) if isinstance(value, dict) else value

    def at(self, row: int, column: int) -> Cell:
        """Return a cell to be changed."""
        return self.all.setdefault((row, column), Cell())

    @property
    def Name(self) -> str:
        return self.name

    @Name.setter
    def Name(self, value: str) -> None:
        others = [sheet.name.lower() for sheet in self.Parent.sheets if sheet is not self]
        if not 1 <= len(value) <= 31 or set(value) & set("[]:*?/\\") or value.lower() in others:
            raise refused("That name is already taken. Try a different one.")
        self.name = value

    @property
    def Index(self) -> int:
        return self.Parent.sheets.index(self) + 1

    @property
    def Cells(self) -> Any:
        return Range(self, 1, 1, ROWS, COLUMNS)

    Rows = Columns = Cells

    @property
    def UsedRange(self) -> Any:
        rows, columns = [key[0] for key in self.all] or [1], [key[1] for key in self.all] or [1]
        top, left = min(rows), min(columns)
        return Range(self, top, left, max(rows) - top + 1, max(columns) - left + 1)

    def Range(self, Cell1: Any, Cell2: Any = None) -> Any:
        first, last = Cell1, Cell2 or Cell1
        if not isinstance(first, Range) or not isinstance(last, Range):
            raise refused("Method 'Range' of object '_Worksheet' failed")
        top, left = min(first.Row, last.Row), min(first.Column, last.Column)
        bottom = max(first.Row + first.height, last.Row + last.height)
        right = max(first.Column + first.width, last.Column + last.width)
        return Range(self, top, left, bottom - top, right - left)

    def ChartObjects(self, Index: Any = None) -> Any:
        return ChartObjects(self) if Index is None else ChartObjects(self).Item(Index)

    def Move(self, Before: Any = None, After: Any = None) -> None:
        sheets = self.Parent.sheets
        sheets.remove(self)
        sheets.insert(sheets.index(Before) if Before else sheets.index(After) + 1, self)

    def Activate(self) -> None:
        pass

    def Delete(self) -> None:
        if self.Parent.Application.DisplayAlerts or len(self.Parent.sheets) == 1:
            raise refused("Excel would ask, or has no other sheet")
        self.Parent.sheets.remove(self)


class Range(Thing):
    """A block of cells."""

    def __init__(self, sheet: Worksheet, row: int, column: int, height: int, width: int) -> None:
        if not (1 <= row <= row + height - 1 <= ROWS and 1 <= column <= column + width - 1 <= COLUMNS):
            raise refused("Application-defined or object-defined error")
        self.Worksheet = self.Parent = sheet
        self.Row, self.Column, self.height, self.width = row, column, height, width

    @property
    def interface(self) -> str:
        return "Range" if self.Worksheet.Parent.Application.spills else "Range2016"

    @property
    def Rows(self) -> Any:
        return Lines(self.Worksheet, self.Row, self.Column, self.height, self.width, self.height)

    @property
    def Columns(self) -> Any:
        return Lines(self.Worksheet, self.Row, self.Column, self.height, self.width, self.width)

    @property
    def Count(self) -> int:
        return self.height * self.width

    @property
    def CurrentRegion(self) -> Any:
        used = self.Worksheet.UsedRange
        bottom, right = used.Row + used.height, used.Column + used.width
        rows = [[self.Worksheet.all.get((i, j), Cell()).value for j in range(1, right)] for i in range(1, bottom)]
        return Range(self.Worksheet, *current_region(rows, self.Row, self.Column, self.height, self.width))

    def Address(self, *options: Any) -> str:
        first = f"${column_letters(self.Column)}${self.Row}"
        last = f"${column_letters(self.Column + self.width - 1)}${self.Row + self.height - 1}"
        return first if first == last else f"{first}:{last}"

    def _Default(self, RowIndex: Any = None, ColumnIndex: Any = None) -> Any:
        if RowIndex is None:
            return self.Value
        return Range(self.Worksheet, self.Row + int(RowIndex) - 1, self.Column + int(ColumnIndex or 1) - 1, 1, 1)

    def AutoFit(self) -> bool:
        self.Worksheet.fitted = True
        for _, column in self.Worksheet.all:
            self.Worksheet.widths[column] = 40.0
        return True

    def each(self) -> list[list[Cell]]:
        """Return the cells, to be changed."""
        columns = range(self.Column, self.Column + self.width)
        return [[self.Worksheet.at(i, j) for j in columns] for i in range(self.Row, self.Row + self.height)]

    def look(self, what: str, value: Any, allowed: bool) -> None:
        """Set how the cells look."""
        if not allowed:
            raise refused(f"Unable to set the {what} property of the Range class")
        for row in self.each():
            for cell in row:
                cell.look[what] = value

    @property
    def Value(self) -> Any:
        columns = range(self.Column, self.Column + self.width)
        bottom = min(self.Row + self.height, 100_000)
        rows = [[self.Worksheet.all.get((i, j), Cell()).value for j in columns] for i in range(self.Row, bottom)]
        return rows[0][0] if self.Count == 1 else rows  # no tuple: pywin32 takes one for several answers

    @Value.setter
    def Value(self, value: Any) -> None:
        rows = value if isinstance(value, tuple) else [[value] * self.width] * self.height
        if [len(row) for row in rows] != [self.width] * self.height:
            raise refused(f"{self.Address()} got values of another shape")
        for row, given in zip(self.each(), rows, strict=True):
            for cell, one in zip(row, given, strict=True):
                put(cell, one)

    @property
    def NumberFormat(self) -> Any:
        found = {cell.number_format for row in self.each() for cell in row}
        return found.pop() if len(found) == 1 else None

    @NumberFormat.setter
    def NumberFormat(self, value: Any) -> None:
        if not isinstance(value, str):
            raise refused("Unable to set the NumberFormat property of the Range class")
        for row in self.each():
            for cell in row:
                cell.number_format = value

    @property
    def Formula2(self) -> str:
        return self.each()[0][0].formula

    @Formula2.setter
    def Formula2(self, value: Any) -> None:
        for row in self.each():
            for cell in row:
                put(cell, value)

    @property
    def FormulaArray(self) -> str:
        return self.each()[0][0].formula

    @FormulaArray.setter
    def FormulaArray(self, value: Any) -> None:
        if not isinstance(value, str) or len(value) > 255:
            raise refused("Unable to set the FormulaArray property of the Range class")
        for row in self.each():
            for cell in row:
                put(cell, value)
        self.each()[0][0].look["array"] = [self.height, self.width]

    @property
    def ColumnWidth(self) -> Any:
        return self.Worksheet.widths.get(self.Column, 8.43)

    @ColumnWidth.setter
    def ColumnWidth(self, value: Any) -> None:
        if not isinstance(value, int | float) or not 0 <= value <= 255:
            raise refused("Unable to set the ColumnWidth property of the Range class")
        self.Worksheet.widths[self.Column] = value

    @property
    def Left(self) -> float:
        return 48.0 * (self.Column - 1)

    @property
    def Top(self) -> float:
        return 15.0 * (self.Row - 1)

    @property
    def Font(self) -> Any:
        return Font(self)

    @property
    def Interior(self) -> Any:
        return Interior(self)


class Lines(Range):
    """The rows or the columns of a block, which are what is counted."""

    def __init__(self, sheet: Worksheet, row: int, column: int, height: int, width: int, count: int) -> None:
        super().__init__(sheet, row, column, height, width)
        self.count = count

    @property
    def Count(self) -> int:
        return self.count


def put(cell: Cell, value: Any) -> None:
    """Put a value into a cell as Excel does: text is a formula, a number or a day if it looks like one."""
    cell.formula, cell.value = "", None if value == "" else value
    if isinstance(value, str) and cell.number_format != "@":
        if value.startswith("="):
            cell.formula, cell.value = value, None
        elif value.replace("-", "").replace("/", "").replace(".", "").isdigit():
            cell.value = 0.0


class Font(Thing):
    """How the letters of a block look."""

    def __init__(self, area: Range) -> None:
        self.__dict__["area"] = area

    def __setattr__(self, name: str, value: Any) -> None:
        kinds = {"Bold": bool, "Size": (int, float), "Color": (int, float)}
        self.area.look(name, value, isinstance(value, kinds[name]))


class Interior(Thing):
    """How the ground of a block looks."""

    def __init__(self, area: Range) -> None:
        self.__dict__["area"] = area

    def __setattr__(self, name: str, value: Any) -> None:
        self.area.look("ground", value, name == "Color" and isinstance(value, int | float))


class ChartObjects(Collection):
    """The charts of a sheet."""

    def __init__(self, sheet: Worksheet) -> None:
        super().__init__(sheet.charts)

    def Add(self, Left: float, Top: float, Width: float, Height: float) -> Any:
        self.things.append(ChartObject([Left, Top, Width, Height]))
        return self.things[-1]


class ChartObject(Thing):
    """A chart's frame."""

    Name = "Chart 1"

    def __init__(self, place: list[float]) -> None:
        self.place = place
        self.Chart = Chart()


class Chart(Thing):
    """A chart."""

    source = ""
    ChartStyle: Any = None
    kind = 51

    @property
    def ChartType(self) -> int:
        return self.kind

    @ChartType.setter
    def ChartType(self, value: int) -> None:
        if value not in (51, 57, 4):
            raise refused("Unable to set the ChartType property of the Chart class")
        self.kind = value

    def SetSourceData(self, Source: Any, PlotBy: Any = None) -> None:
        if not isinstance(Source, Range):
            raise refused("Method 'SetSourceData' of object '_Chart' failed")
        self.source = Source.Address()


def told(sheet: Worksheet) -> dict[str, Any]:
    """Return all of a sheet."""
    cells = [
        [row, column, str(cell.value) if isinstance(cell.value, datetime) else cell.value, cell.formula,
         cell.number_format, cell.look]
        for (row, column), cell in sorted(sheet.all.items())
    ]  # fmt: skip
    charts = [[chart.Chart.kind, chart.Chart.source, chart.place] for chart in sheet.charts]
    return {"name": sheet.name, "cells": cells, "charts": charts, "fitted": sheet.fitted, "widths": sheet.widths}
