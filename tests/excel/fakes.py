"""The few objects of xlwings that the host uses, without Excel."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from tests.excel.regions import current_region


class FakeApp:
    """An Excel with workbooks; what is not there raises, as it does in Excel."""

    def __init__(self, **books: dict[str, list[list[Any]]]) -> None:
        self.calculation = "automatic"
        self.screen_updating = True
        self.status_bar: Any = False
        self.shown: list[Any] = []
        self.books = FakeBooks(self, books)
        self.selection: FakeRange | None = None
        self.spills = True
        self.macros: list[tuple[Any, ...]] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "status_bar" and "shown" in self.__dict__:
            self.shown.append(value)
        super().__setattr__(name, value)

    def macro(self, name: str) -> Any:
        return lambda *args: self.macros.append((name, *args))


class FakeBooks:
    def __init__(self, app: FakeApp, books: dict[str, dict[str, list[list[Any]]]]) -> None:
        self.app = app
        self.opened: list[str] = []
        self.all = {name: FakeBook(app, name, sheets) for name, sheets in books.items()}

    def __getitem__(self, name: str) -> "FakeBook":
        return self.all[name]

    def add(self) -> "FakeBook":
        book = self.all["Book9"] = FakeBook(self.app, "Book9", {"Sheet1": []})
        return book

    def open(self, path: str) -> None:
        self.opened.append(path)


class FakeBook:
    def __init__(self, app: FakeApp, name: str, sheets: dict[str, list[list[Any]]]) -> None:
        self.app, self.name = app, name
        self.sheets = FakeSheets(self, sheets)


class FakeSheets:
    def __init__(self, book: FakeBook, sheets: dict[str, list[list[Any]]]) -> None:
        self.book = book
        self.all = [FakeSheet(book, name, rows) for name, rows in sheets.items()]

    def __getitem__(self, key: str | int) -> "FakeSheet":
        return self.all[key] if isinstance(key, int) else next(sheet for sheet in self.all if sheet.name == key)

    def __iter__(self) -> Iterator["FakeSheet"]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def add(self, name: str, after: "FakeSheet") -> "FakeSheet":
        assert after is self.all[-1]
        self.all.append(FakeSheet(self.book, name, []))
        return self.all[-1]


class FakeSheet:
    def __init__(self, book: FakeBook, name: str, rows: list[list[Any]]) -> None:
        self.book, self.name = book, name
        self.rows = rows
        self.log: list[tuple[str, str, Any]] = []
        self.charts = FakeCharts(self)

    def range(self, first: tuple[int, int], last: tuple[int, int] | None = None) -> "FakeRange":
        return FakeRange(self, first, last or first)

    @property
    def used_range(self) -> "FakeRange":
        return self.range((1, 1), (max(1, len(self.rows)), max([1, *map(len, self.rows)])))

    def autofit(self, axis: str) -> None:
        self.log.append(("autofit", axis, None))

    def delete(self) -> None:
        self.book.sheets.all.remove(self)

    def written(self, kind: str) -> dict[str, Any]:
        return {address: value for what, address, value in self.log if what == kind}


class FakeRange:
    """Writes are kept in the sheet's log, in their order."""

    column_width = 100
    left, top = 10.0, 20.0

    def __init__(self, sheet: FakeSheet, first: tuple[int, int], last: tuple[int, int]) -> None:
        self.__dict__.update(sheet=sheet, first=first, last=last, font=FakeFont(self))

    @property
    def row(self) -> int:
        return int(self.__dict__["first"][0])

    @property
    def column(self) -> int:
        return int(self.__dict__["first"][1])

    @property
    def shape(self) -> tuple[int, int]:
        first, last = self.__dict__["first"], self.__dict__["last"]
        return last[0] - first[0] + 1, last[1] - first[1] + 1

    @property
    def address(self) -> str:
        return f"R{self.row}C{self.column}:{self.shape[0]}x{self.shape[1]}"

    @property
    def formula2(self) -> str:
        if not self.__dict__["sheet"].book.app.spills:
            raise AttributeError("Range.Formula2")
        return ""

    @property
    def current_region(self) -> "FakeRange":
        sheet = self.__dict__["sheet"]
        row, column, height, width = current_region(sheet.rows, self.row, self.column, *self.shape)
        found: FakeRange = sheet.range((row, column), (row + height - 1, column + width - 1))
        return found

    def options(self, **options: Any) -> SimpleNamespace:
        assert options == {"ndim": 2, "err_to_str": True}
        rows, (height, width) = self.__dict__["sheet"].rows, self.shape
        cells = [[self._cell(rows, self.row - 1 + i, self.column - 1 + j) for j in range(width)] for i in range(height)]
        return SimpleNamespace(value=cells)

    @staticmethod
    def _cell(rows: list[list[Any]], i: int, j: int) -> Any:
        return rows[i][j] if i < len(rows) and j < len(rows[i]) else None

    def __setattr__(self, name: str, value: Any) -> None:
        sheet = self.__dict__["sheet"]
        if name == "formula2" and not sheet.book.app.spills:
            raise AttributeError("Range.Formula2")
        if value == "=BROKEN()":
            raise RuntimeError("Excel refused the formula")
        sheet.log.append((name, self.address, value))


class FakeFont:
    def __init__(self, cells: FakeRange) -> None:
        self.__dict__["cells"] = cells

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["cells"].sheet.log.append((f"font.{name}", self.__dict__["cells"].address, value))


class FakeCharts:
    def __init__(self, sheet: FakeSheet) -> None:
        self.sheet = sheet
        self.all: list[Any] = []

    def add(self, left: float, top: float, width: float, height: float) -> Any:
        chart = SimpleNamespace(size=(width, height), source="")
        chart.set_source_data = lambda cells: setattr(chart, "source", cells.address)
        self.all.append(chart)
        return chart
