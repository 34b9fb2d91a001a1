"""Tables that people keep in files of their own: CSV or XLSX, with every cell findable again."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rpxl.errors import InputError
from rpxl.xlsx.references import column_letters
from rpxl.xlsx.workbook import CellError, Value, Workbook

MAX_FILE = 64 << 20
_WORKBOOKS = frozenset([".xlsx", ".xlsm"])


@dataclass(frozen=True)
class FileTable:
    """The cells of a file.

    Attributes
    ----------
    path
        The file.
    rows
        Its rows. All cells of a CSV file are text.
    numbers
        For each row its number in the file, from 1.
    first_column
        The number of the first column in the file; 1 but for a workbook that starts further right.
    is_workbook
        Whether the columns have letters.
    date1904
        Whether day numbers count from 1904.
    """

    path: Path
    rows: Sequence[Sequence[Value]]
    numbers: Sequence[int]
    first_column: int = 1
    is_workbook: bool = False
    date1904: bool = False

    def error(self, problem: str, row: int | None = None, column: int | None = None, label: str = "") -> InputError:
        """Return an error that names the file and the place; `row` and `column` are indices into `rows`."""
        place = [] if row is None else [f"row {self.numbers[row]}"]
        if column is not None:
            number = column + self.first_column
            name = column_letters(number) if self.is_workbook else str(number)
            place.append(f"column {name}" + (f" ({label})" if label else ""))
        return InputError(str(self.path), f"{', '.join(place)}: {problem}" if place else problem)


def read_table(path: Path) -> FileTable:
    """Read a CSV file (separated by commas, semicolons or tabs) or the first sheet of a workbook.

    Empty rows at the end are dropped.

    Raises
    ------
    InputError
        When the file is missing, empty, not UTF-8 text, or not sound.
    """
    table = _read_workbook(path) if path.suffix.lower() in _WORKBOOKS else _read_csv(path)
    if not table.rows:
        raise table.error("the file is empty.")
    return table


def _read_csv(path: Path) -> FileTable:
    empty = FileTable(path, [], [])
    try:
        if path.stat().st_size > MAX_FILE:
            raise empty.error(f"the file is larger than {MAX_FILE >> 20} MB.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise empty.error("there is no such file. Check the path.") from None
    except OSError as error:
        raise empty.error(f"the file can't be read: {error.strerror}.") from None
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise empty.error("this is a workbook, not a CSV file. Give it the ending .xlsx.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise empty.error(f"row {line}: the text is not UTF-8. Save the file as 'CSV UTF-8'.") from None
    if "\x00" in text:
        raise empty.error("the file is not text. Save it as 'CSV UTF-8'.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    rows, numbers = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            rows.append(row)
            numbers.append(reader.line_num)
    except csv.Error as error:
        raise empty.error(f"row {reader.line_num}: {error}. Check the quotation marks.") from None
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    return FileTable(path, rows, numbers)


def _read_workbook(path: Path) -> FileTable:
    book = Workbook(path)
    if not book.worksheets:
        raise book.package.error("the workbook has no worksheet.")
    sheet = book.worksheets[0]
    filled = {place: value for place in sheet.cells if (value := sheet.value(*place)) not in (None, "")}
    if not filled:
        return FileTable(path, [], [])
    top, bottom = min(row for row, _ in filled), max(row for row, _ in filled)
    left, right = min(column for _, column in filled), max(column for _, column in filled)
    if (bottom - top + 1) * (right - left + 1) > 20 * len(filled) + 1000:
        raise book.package.error(f"the cells of the sheet {sheet.name!r} lie too far apart to be one table.")
    rows = [[filled.get((row, column)) for column in range(left, right + 1)] for row in range(top, bottom + 1)]
    return FileTable(path, rows, range(top, bottom + 1), left, True, book.date1904)


def is_empty(cell: Value) -> bool:
    """Whether a cell holds nothing to read."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def label_text(cell: Value) -> str:
    """Read a cell as a label: numbers as they look.

    >>> label_text(" SPY "), label_text(700.0)
    ('SPY', '700')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def to_number(cell: Value) -> float:
    """Read a cell as a number, in decimals: ``2%`` is 0.02.

    >>> to_number("2%"), to_number(" .5 ")
    (0.02, 0.5)

    Raises
    ------
    ValueError
        With what is wrong with it, in words.
    """
    if isinstance(cell, CellError):
        raise ValueError(f"the cell holds the error {cell}")
    if is_empty(cell):
        raise ValueError("the cell is blank")
    if isinstance(cell, str):
        text = cell.strip()
        try:
            if "_" in text:
                raise ValueError
            number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            raise ValueError(_not_a_number(text)) from None
    elif isinstance(cell, bool):
        raise ValueError(f"{cell} is not a number")
    else:
        number = float(cell or 0.0)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"{label_text(cell)!r} is not a finite number")
    return number


def _not_a_number(text: str) -> str:
    shown = repr(text if len(text) <= 40 else f"{text[:37]}...")
    if text.replace(",", "").replace(".", "").replace(" ", "").lstrip("+-").isdecimal():
        return f"{shown} is not a number; write a decimal point and no thousands separator, such as 1234.5"
    return f"{shown} is not a number"
