"""Files that hold tables, each read by the reader for its ending."""

from pathlib import Path

from rpxl.errors import InputError
from rpxl.prices.readers import READERS
from rpxl.prices.table import FileTable
from rpxl.xlsx.references import same_name

MAX_FILE = 64 << 20


def endings() -> str:
    """Return the endings of the files that can be read, as text for help and messages.

    >>> endings().startswith(".csv, ")
    True
    """
    return ", ".join(READERS)


def is_readable(path: Path | str) -> bool:
    """Tell from a file's ending whether it can be read as a table."""
    return Path(path).suffix.lower() in READERS


def is_hidden(path: Path) -> bool:
    """Tell whether a file is hidden, or one that a program writes beside an open file."""
    return path.name.startswith(("~$", ".~", "."))


def read_content(path: Path) -> bytes:
    """Return the bytes of a file of a known kind.

    Raises
    ------
    InputError
        The file is missing, too large, can't be opened, or is of an unknown kind.
    """
    name = str(path)
    if not is_readable(path):
        known = f"rpxl reads {endings()}. Save it as one of these"
        raise InputError(name, f"the ending {path.suffix or 'of the name'!r} is not known: {known}.")
    try:
        if path.stat().st_size > MAX_FILE:
            raise InputError(name, f"the file is larger than {MAX_FILE >> 20} MB.")
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(name, "there is no such file. Check the path.") from None
    except OSError as error:
        raise InputError(name, f"the file can't be read: {error.strerror}.") from None


def read_sheets(path: Path) -> list[FileTable]:
    """Read all tables of a file, the empty ones left out.

    Raises
    ------
    InputError
        The file is missing, empty, of an unknown kind, or damaged; the message says what to do.
    """
    content = read_content(path)
    tables = [table for table in READERS[path.suffix.lower()](path, content) if table.rows]
    if not tables:
        raise InputError(str(path), "the file is empty.")
    return tables


def read_table(path: Path, sheet: str | None = None) -> FileTable:
    """Read the one table of a file, or that of a sheet.

    Raises
    ------
    InputError
        See :func:`read_sheets`; or there are several sheets and none is named, or there is no such sheet.
    """
    tables = read_sheets(path)
    if sheet is not None:
        return find_sheet(path, tables, sheet)
    if len(tables) > 1:
        names = ", ".join(table.sheet for table in tables)
        raise InputError(str(path), f"the file has several sheets that are not empty: {names}. Keep one.")
    return tables[0]


def find_sheet(path: Path, tables: list[FileTable], sheet: str) -> FileTable:
    """Return the table of a sheet, found by its name.

    Raises
    ------
    InputError
        There is no such sheet, it is empty, or the file is a text file.
    """
    found = next((table for table in tables if same_name(table.sheet, sheet)), None)
    if found is None and not tables[0].is_workbook:
        raise InputError(str(path), f"is a text file, which has no sheet {sheet!r}.")
    if found is None:
        names = ", ".join(table.sheet for table in tables)
        raise InputError(str(path), f"there is no sheet {sheet!r} that is not empty. The sheets are: {names}.")
    return found
