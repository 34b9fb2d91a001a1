"""Values that are set by name, and are dates."""

import re

from rpxl.errors import InputError
from rpxl.formulas.date_texts import Ambiguous, read_texts
from rpxl.prices.prices import serial
from rpxl.xlsx.sheet import MAIN
from rpxl.xlsx.workbook import Workbook

_STYLES = "xl/styles.xml"
_BUILT_IN = frozenset([*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58])
"""The numbers of Excel's own formats that show a day."""

_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_FEWEST_PARTS = 3  # a day, a month and a year


def is_date_cell(book: Workbook, sheet: str, row: int, column: int) -> bool:
    """Tell whether a cell shows its number as a day."""
    cell = book.sheet(sheet).cells.get((row, column))
    style = None if cell is None else cell.get("s")
    if style is None or not style.isdecimal() or _STYLES not in book.package:
        return False
    root = book.package.tree(_STYLES)
    formats = root.find(f"{MAIN}cellXfs")
    if formats is None or int(style) >= len(formats):
        return False
    number = formats[int(style)].get("numFmtId", "0")
    if number.isdecimal() and int(number) in _BUILT_IN:
        return True
    codes = [f.get("formatCode", "") for f in root.iter(f"{MAIN}numFmt") if f.get("numFmtId") == number]
    return any(re.search("[yd]", _QUOTED.sub("", code), re.IGNORECASE) for code in codes)


def read_setting_date(name: str, text: str, date1904: bool) -> float:
    """Read a date that is set, as the number that the workbook keeps for it.

    Raises
    ------
    InputError
        It is no day, or can be read in two ways.
    """
    hint = "Write the date as 2022-06-01."
    try:
        days = read_texts([text])
    except Ambiguous as error:
        raise InputError(name, f"{text!r} {error}. {hint}") from None
    parts = 3 if text.isdecimal() else len(re.findall(r"\d+|[^\W\d_]+", text))
    if isinstance(days, int) or parts < _FEWEST_PARTS:
        raise InputError(name, f"{text!r} is no day, and the cell holds a date. {hint}")
    return float(serial(days[0].item(), date1904))
