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


def workbook(write: Callable[[xlsxwriter.Workbook], None], *, date1904: bool = False) -> bytes:
    """Let `write` fill a new workbook, and return the file."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"use_future_functions": True, "date_1904": date1904})
    book.set_properties({"created": datetime(2024, 1, 1)})  # else two files differ when a second passes between them
    write(book)
    book.close()
    return buffer.getvalue()


def counting_from_1904() -> bytes:
    """A workbook that counts days from 1904, with returns of the first months of 2024 and their statistics in D1:E12.

    Those of February and March have two periods; read as days counted from 1900, none is in 2024.
    """

    def write(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("S")
        rows = [("Date", "Fund"), (43860, 0.1), (43889, 0.25), (43920, -0.2), (43950, 0.3)]  # from 2024-01-31 on
        for i, (day, value) in enumerate(rows):
            sheet.write(i, 0, day)
            sheet.write(i, 1, value)
        sheet.write_array_formula("D1:E12", '{=PERF_STATS(A1:B5,12,0,"2024-02","2024-03")}')

    return workbook(write, date1904=True)


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
