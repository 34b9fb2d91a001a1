"""Workbooks of any kind, through python-calamine: what their cells show, with dates as dates."""

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
from rpxl.prices.table import Cell, FileTable, is_empty

_DATE1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904=\"(1|true|on)\"")
_DATEMODE = b"\x22\x00\x02\x00\x01\x00"
"""The record of an old Excel file which says that days count from 1904."""

_MOST_CELLS = 5_000_000
"""A range of more cells isn't read: two cells at the far ends of a sheet would fill the memory."""


@reads(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
def read_spreadsheet(path: Path, content: bytes) -> Sequence[FileTable]:
    """Read the sheets of a workbook that are not hidden."""
    if not content:
        return []
    refuse_other_kinds(path, content, "a workbook")
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        named = [
            (sheet.name, book.get_sheet_by_name(sheet.name))
            for sheet in book.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible
            and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
    except python_calamine.PasswordError:
        raise InputError(str(path), PASSWORD) from None
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        problem = f"the workbook can't be read ({error}). Open it in Excel, and save it anew as .xlsx"
        raise InputError(str(path), f"{problem}.") from None
    date1904 = _counts_from_1904(content)
    tables, too_wide = [], []
    for name, sheet in named:
        if sheet.start is None:
            continue
        if sheet.height * sheet.width > _MOST_CELLS:
            too_wide.append(name)
            continue
        top, left = sheet.start
        rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=True)]
        kept = [i for i, row in enumerate(rows) if not all(is_empty(cell) for cell in row)]
        shown = name if len(named) > 1 else ""
        numbers = [top + i + 1 for i in kept]
        tables.append(FileTable(path, [rows[i] for i in kept], numbers, left + 1, True, date1904, shown))
    if too_wide and not tables:
        problem = f"the cells of the sheet {too_wide[0]!r} lie too far apart to be one table."
        raise InputError(str(path), problem)
    return tables


def _cell(value: Any) -> Cell:
    """Turn what calamine gives into a cell; it gives errors such as #N/A as empty texts."""
    if isinstance(value, bool | str):
        return value or None if isinstance(value, str) else value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return value
    if isinstance(value, time | timedelta):
        return str(value)  # no date, and no number either
    return None


def _counts_from_1904(content: bytes) -> bool:
    """Tell whether the day numbers of a workbook count from 1904, as they did on the Mac."""
    if not content.startswith(b"PK"):
        return _DATEMODE in content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if "xl/workbook.xml" in package.namelist():
            return bool(_DATE1904.search(package.read("xl/workbook.xml")))
    return False
