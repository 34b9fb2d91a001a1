"""The constants of a workbook as the engine's functions take them, whole ranges at a time."""

from typing import Any

import numpy as np

from rpxl.xlsx.cells import CellError
from rpxl.xlsx.references import Area
from rpxl.xlsx.workbook import Workbook

OFFICE_ERRORS = {
    "Null": "#NULL!",
    "Div": "#DIV/0!",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Num": "#NUM!",
    "Na": "#N/A",
    "Circ": "#CIRC!",
    "Spill": "#SPILL!",
}
"""The engine's kinds of error, and what a cell shows for them."""

ERROR_KINDS = {text: kind for kind, text in OFFICE_ERRORS.items()}


class Constants:
    """Reads areas in which no formula stands; each column once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._columns: dict[tuple[str, int], list[Any]] = {}
        self._areas: dict[Area, Any] = {}

    def values(self, area: Area) -> Any:
        """Return the value of one cell, an array where all are numbers, or rows of values, blanks as None."""
        if area not in self._areas:
            columns = [self._column(area.sheet, column, area) for column in range(area.left, area.right + 1)]
            if area.height == area.width == 1:
                self._areas[area] = columns[0][0]
            elif all(type(cell) is float for column in columns for cell in column):
                self._areas[area] = np.array(columns).T
            else:
                self._areas[area] = [list(row) for row in zip(*columns, strict=True)]
        return self._areas[area]

    def _column(self, sheet: str, column: int, area: Area) -> list[Any]:
        key = sheet, column
        if key not in self._columns:
            self._columns[key] = [
                value if type(value) is float else _given(value) for value in self._book.sheet(sheet).column(column)
            ]
        known = self._columns[key][area.top - 1 : area.bottom]
        return known + [None] * (area.height - len(known))


def _given(value: Any) -> Any:
    if isinstance(value, CellError):
        return {"type": "Error", "kind": ERROR_KINDS.get(value, "Value")}
    return value
