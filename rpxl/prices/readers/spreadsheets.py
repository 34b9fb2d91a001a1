"""Workbooks of any kind, read with python-calamine: the values of their cells, with dates as dates."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from rpxl.errors import InputError
from rpxl.prices.kinds import reads
from rpxl.prices.signatures import PASSWORD, refuse_other_kinds
from rpxl.prices.table import Cell, FileTable, Silent, is_empty
from rpxl.xlsx.references import column_number

_DATE1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904=\"(1|true|on)\"")
_DATEMODE = b"\x22\x00\x02\x00\x01\x00"
"""The record of an old Excel file which says that day numbers count from 1904."""

_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL_NAME = re.compile(rb'<(?:\w+:)?c r="([A-Z]+)([0-9]+)"')
_MAYBE_SILENT = re.compile(rb'\bt="e"|<(?:\w+:)?v(?:/>|></)|</(?:\w+:)?f>\s*</|<(?:\w+:)?f\b[^<>]*/>\s*</')
"""What the XML of a sheet contains if a cell may hold an error, or a formula without a value to show."""

_SHOWS_NOTHING = Silent("the cell holds a formula that shows nothing")
_NOT_COMPUTED = Silent("the cell holds a formula whose value isn't in the file (open it in Excel, and save it)")
_UNTOLD = Silent("the cell is blank, or holds an error, which a file of this kind does not show")
_MOST_CELLS = 5_000_000
"""A range of more cells is not read: two cells at opposite ends of a sheet would fill the memory."""


@reads(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
def read_spreadsheet(path: Path, content: bytes) -> Sequence[FileTable]:
    """Read the sheets of a workbook that are not hidden.

    Raises
    ------
    InputError
        The workbook is damaged or protected, is of another kind, or its cells are too far apart.
    """
    if not content:
        return []
    refuse_other_kinds(path, content, "a workbook")
    import python_calamine

    wide = _wide_sheets(path, content)  # found first: reading them would fill the memory
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        named = [
            (sheet.name, book.get_sheet_by_name(sheet.name))
            for sheet in book.sheets_metadata
            if sheet.name not in wide
            and sheet.visible == python_calamine.SheetVisibleEnum.Visible
            and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
    except python_calamine.PasswordError:
        raise InputError(str(path), PASSWORD) from None
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        problem = f"the workbook can't be read ({error}). Open it in Excel, and save it again as .xlsx"
        raise InputError(str(path), f"{problem}.") from None
    date1904 = _counts_from_1904(content)
    silent = _silent_cells(path, content)
    blank = None if _is_xlsx(content) else _UNTOLD
    tables = []
    for name, sheet in named:
        if sheet.start is None:
            continue
        top, left = sheet.start
        rows = [[_cell(value, blank) for value in row] for row in sheet.to_python(skip_empty_area=True)]
        for (row, column), held in silent.get(name, {}).items():
            if top < row <= top + len(rows) and left < column <= left + len(rows[0]):
                rows[row - top - 1][column - left - 1] = held
        kept = [i for i, row in enumerate(rows) if not all(is_empty(cell) for cell in row)]
        shown = name if len(named) > 1 else ""
        numbers = [top + i + 1 for i in kept]
        tables.append(FileTable(path, [rows[i] for i in kept], numbers, left + 1, True, date1904, shown))
    if wide and not tables:
        raise InputError(str(path), f"the cells of the sheet {wide[0]!r} are too far apart to be one table.")
    return tables


def _cell(value: Any, blank: Silent | None) -> Cell:
    """Turn a value of calamine into a cell; calamine returns errors such as #N/A as empty texts, like blanks."""
    if isinstance(value, bool | str):
        return value or blank if isinstance(value, str) else value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return value
    if isinstance(value, time | timedelta):
        return str(value)  # neither a date nor a number
    return None


def _counts_from_1904(content: bytes) -> bool:
    """Tell whether the day numbers of a workbook count from 1904, as in old Mac files."""
    if not content.startswith(b"PK"):
        return _DATEMODE in content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if "xl/workbook.xml" in package.namelist():
            return bool(_DATE1904.search(package.read("xl/workbook.xml")))
    return False


def _is_xlsx(content: bytes) -> bool:
    if not content.startswith(b"PK"):
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return "xl/workbook.xml" in package.namelist()


def _silent_cells(path: Path, content: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Return by sheet the cells of an XLSX file that calamine returns as blanks but hold an error or a formula.

    Each has the text of its error, or a :class:`Silent` that says what it holds.
    """
    if not _is_xlsx(content):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [name for name in package.namelist() if _SHEET_PART.fullmatch(name)]
        if not any(_MAYBE_SILENT.search(package.read(name)) for name in parts):
            return {}
    from rpxl.xlsx.cells import MAIN, CellError
    from rpxl.xlsx.workbook import Workbook

    found: dict[str, dict[tuple[int, int], str]] = {}
    for sheet in Workbook(content, str(path)).worksheets:
        found[sheet.name] = here = {}
        for place, cell in sheet.cells.items():
            value = sheet.value(*place)
            if isinstance(value, CellError):
                here[place] = str(value)
            elif value in (None, "") and place in sheet.formulas:
                here[place] = _NOT_COMPUTED if cell.find(f"{MAIN}v") is None else _SHOWS_NOTHING
    return found


def _wide_sheets(path: Path, content: bytes) -> list[str]:
    """Name the sheets of an XLSX file whose cells span a range that is too large to be read."""
    if not content.startswith(b"PK"):
        return []
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [name for name in package.namelist() if _SHEET_PART.fullmatch(name)]
        wide = [name for name in parts if _cells_spanned(package.read(name)) > _MOST_CELLS]
    if not wide:
        return []
    from rpxl.xlsx.workbook import Workbook

    return [sheet.name for sheet in Workbook(content, str(path)).worksheets if sheet.part in wide]


def _cells_spanned(xml: bytes) -> int:
    """Return the number of cells in the smallest range that holds all cells of a sheet."""
    found = _CELL_NAME.findall(xml)
    if not found:
        return 0
    columns, rows = {letters for letters, _ in found}, [int(row) for _, row in (found[0], found[-1])]
    numbers = [column_number(letters.decode()) for letters in columns]
    return (max(numbers) - min(numbers) + 1) * (abs(rows[1] - rows[0]) + 1)
