"""Tell by its number format whether a cell shows its number as a day, or as a percentage."""

import re

from rpxl.xlsx.cells import MAIN
from rpxl.xlsx.workbook import Workbook

_STYLES = "xl/styles.xml"
_DAYS = frozenset([*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58])
"""The numbers of Excel's own formats that show a day."""
_PERCENTAGES = frozenset([9, 10])
"""The numbers of those that show a percentage."""

_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')


def is_date_cell(book: Workbook, sheet: str, row: int, column: int) -> bool:
    """Tell whether a cell shows its number as a day."""
    number, code = _format(book, sheet, row, column)
    return number in _DAYS or re.search("[yd]", code, re.IGNORECASE) is not None


def is_percent_cell(book: Workbook, sheet: str, row: int, column: int) -> bool:
    """Tell whether a cell shows its number as a percentage."""
    number, code = _format(book, sheet, row, column)
    return number in _PERCENTAGES or "%" in code


def _format(book: Workbook, sheet: str, row: int, column: int) -> tuple[int, str]:
    """Return the number of a cell's format, and its code without quoted text; empty where it is one of Excel's own."""
    cell = book.sheet(sheet).cells.get((row, column))
    style = None if cell is None else cell.get("s")
    if style is None or not style.isdecimal() or _STYLES not in book.package:
        return 0, ""
    root = book.package.tree(_STYLES)
    formats = root.find(f"{MAIN}cellXfs")
    if formats is None or int(style) >= len(formats):
        return 0, ""
    number = formats[int(style)].get("numFmtId", "0")
    codes = [f.get("formatCode", "") for f in root.iter(f"{MAIN}numFmt") if f.get("numFmtId") == number]
    return int(number) if number.isdecimal() else 0, ";".join(_QUOTED.sub("", code) for code in codes)
