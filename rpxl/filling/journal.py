"""The journal of a folder of workbooks: which of them a batch wrote, and what became of each, a line at a time.

It is a CSV file for people too, so no text in it starts as a formula does, and each entry is one line.
"""

import csv
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from rpxl.errors import InputError
from rpxl.files import harmless

JOURNAL = "rpxl-batch.csv"
_COLUMNS = ("client", "status", "inputs", "reason", "workbook")
_LONGEST = 2000  # characters of a reason; lines stay readable, and within what csv takes


@dataclass
class Record:
    """What earlier runs wrote down of a client.

    Attributes
    ----------
    status
        ``filled``, ``failed``, ``crashed`` (its process ended), or ``started`` when a run ended in the middle of it.
    inputs
        The checksum of the inputs of the last attempt.
    reason
        What was said of it.
    workbooks
        The checksums of all workbooks that were written under its name, the last one last.
    """

    status: str = ""
    inputs: str = ""
    reason: str = ""
    workbooks: list[str] = field(default_factory=list)


def key(client: str) -> str:
    r"""Return how the journal names a client: on one line, and different for different names.

    >>> key("Smith"), key("a\nb"), key("=cmd")
    ('Smith', 'a\\nb', "'=cmd")
    """
    plain = client.isprintable() and "\\" not in client
    text = client if plain else client.encode("unicode_escape").decode()
    return f"'{text}" if text.startswith("'") else harmless(text)


def checksum(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_journal(folder: Path) -> dict[str, Record]:
    """Return what earlier runs wrote down, by :func:`key`; a line that a crash cut off is left out."""
    try:
        lines = (folder / JOURNAL).read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return {}
    records: dict[str, Record] = {}
    for row in _rows(lines[1:]):
        if len(row) not in (len(_COLUMNS) - 1, len(_COLUMNS)):  # older journals have no checksum of the workbook
            continue
        client, status, inputs, reason, workbook = [*row, ""][: len(_COLUMNS)]
        record = records.setdefault(client, Record())
        record.status, record.inputs, record.reason = status, inputs, reason
        if workbook:
            record.workbooks.append(workbook)
    return records


def _rows(lines: list[str]) -> Iterator[list[str]]:
    limit = csv.field_size_limit(max(map(len, lines), default=0) + csv.field_size_limit())
    try:
        for line in lines:
            yield from csv.reader([line])
    finally:
        csv.field_size_limit(limit)


class Journal:
    """The journal, open for more lines; each is written to the file before the next result is taken.

    Raises
    ------
    InputError
        Another run is writing into the folder.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / JOURNAL
        self._file = path.open("a", newline="", encoding="utf-8")
        if not _claim(self._file):
            self._file.close()
            raise InputError(str(folder), "another run is filling workbooks into this folder. Wait for its end.")
        written = path.read_bytes()
        self._writer = csv.writer(self._file)
        if not written:
            self._writer.writerow(_COLUMNS)
        elif not written.endswith(b"\n"):
            self._file.write("\r\n")  # a crash cut the last line off

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, client: str, status: str, inputs: str, reason: str = "", workbook: str = "") -> None:
        """Add a line."""
        words = " ".join(reason.encode("utf-8", "backslashreplace").decode().split())
        text = words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …"
        self._writer.writerow([key(client), status, inputs, harmless(text), workbook])
        self._file.flush()


def _claim(file: IO[str]) -> bool:
    """Lock the journal for this run, where the system can; the lock ends with the process."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk that knows no locks
        pass
    return True
