"""Formulas typed into the cells of a real spreadsheet, with their arguments beside them."""

from collections.abc import Callable
from datetime import date
from typing import Any

from rpxl.calc.office import Office
from rpxl.calc.recalculate import Cell, read_sheet
from rpxl.xlsx.references import column_letters

DAY_ZERO = date(1899, 12, 30)

Rows = list[list[Any]]


class Bench:
    """A new spreadsheet; what is typed into it is calculated when it is first read."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.document = office.ask("open", "private:factory/scalc")
        self.sheet = office.ask("sheets", self.document)[0]
        self._row = 1
        self._cells: dict[str, Cell] | None = None

    def close(self) -> None:
        self.office.ask("close", self.document)

    def enter(self, *entries: tuple[str, Any]) -> None:
        """Fill cells: pairs of an address and a content."""
        self._cells = None
        self.office.ask("enter", self.document, self.sheet, entries)

    def call(self, function: str, args: tuple[Any, ...], height: int = 1, width: int = 1) -> Callable[[], Any]:
        """Type arguments into cells and a function of them over a range; return a way to read that range.

        An argument None is left out; a tuple ("formula", "=…") is typed as it stands, so that a cell can be
        made to hold an error.
        """
        column, tallest, entries, references = 1, height, [], []
        for arg in args:
            rows = [] if arg is None else arg if isinstance(arg, list) else [[arg]]
            rows = [row if isinstance(row, list) else [row] for row in rows]
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    content = cell[1] if isinstance(cell, tuple) else as_typed(cell)
                    if content not in ("", None):
                        entries.append((f"{column_letters(column + j)}{self._row + i}", content))
            references.append(self._range(column, len(rows), len(rows[0])) if rows else "")
            column += (len(rows[0]) if rows else 0) + 1
            tallest = max(tallest, len(rows))
        result = self._range(column, height, width)
        entries.append((result, f"{{={function}({';'.join(references)})}}"))
        self.enter(*entries)
        top, self._row = self._row, self._row + tallest + 1
        return lambda: self.show(top, column, height, width)

    def _range(self, column: int, height: int, width: int) -> str:
        last = f"{column_letters(column + width - 1)}{self._row + height - 1}"
        return f"{column_letters(column)}{self._row}:{last}"

    def show(self, top: int, left: int, height: int, width: int) -> Rows:
        """Return what a range shows: values and the names of errors."""
        places = ([(top + i, left + j) for j in range(width)] for i in range(height))
        return [[self.at(f"{column_letters(j)}{i}") for i, j in row] for row in places]

    def at(self, address: str) -> Any:
        cell = self.cell(address)
        return cell.error or cell.value

    def cell(self, address: str) -> Cell:
        if self._cells is None:
            self.office.ask("calculate", self.document)
            self._cells = read_sheet(self.office, self.document, self.sheet)
        return self._cells.get(address, Cell(""))


def as_typed(cell: Any) -> Any:
    if isinstance(cell, date):
        return float((cell - DAY_ZERO).days)
    return float(cell) if isinstance(cell, int) else cell
