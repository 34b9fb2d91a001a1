"""Small workbooks for tests."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import xlsxwriter

from rpxl.xlsx.workbook import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(write: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """Let `write` fill a new workbook, and return the file."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"use_future_functions": True})
    book.set_properties({"created": datetime(2024, 1, 1)})  # else two files differ when a second passes between them
    write(book)
    book.close()
    return buffer.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """Replace, add, or (None) drop parts of a file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            data = parts[info.filename] if info.filename in parts else old.read(info)
            if data is not None:
                new.writestr(info, data)
        for name in parts.keys() - set(old.namelist()):
            if parts[name] is not None:
                new.writestr(name, parts[name])
    return buffer.getvalue()


def raw_sheet(cells: str, after: str = "") -> Workbook:
    """A workbook of one sheet S with the given row elements and what follows them."""
    content = workbook(lambda book: book.add_worksheet("S"))
    sheet = f'<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}"><sheetData>{cells}</sheetData>{after}</worksheet>'
    return Workbook(with_parts(content, {"xl/worksheets/sheet1.xml": sheet.encode()}))


def parts_of(source: Path | bytes) -> dict[str, bytes]:
    """All parts of a file."""
    with zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
