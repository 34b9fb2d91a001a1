"""The clients of a batch: a folder of price files, or a table with a row per client."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rpxl.errors import InputError
from rpxl.filling.journal import JOURNAL
from rpxl.prices.files import endings, is_hidden, is_readable, read_table
from rpxl.prices.frame import holds_dated_rows
from rpxl.prices.table import Cell, is_empty

_FILES = ("prices", "returns", "weights", "vols", "corr", "holdings")
_WORDS = ("sheet", "column", "missing")


@dataclass(frozen=True)
class Job:
    """A workbook to be filled for one client.

    Attributes
    ----------
    client
        The client's name, which is the workbook's too.
    inputs
        Arguments of :func:`~rpxl.filling.fill.fill`: ``prices``, ``returns``, ``weights``, ``vols``, ``corr``,
        ``holdings``, and how prices are read: ``sheet``, ``column``, ``missing``.
    settings
        Values for other named ranges.
    """

    client: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def out(self, folder: Path, suffix: str = ".xlsx") -> Path:
        """Name the workbook to be written."""
        return folder / f"{self.client}{suffix}"

    def digest(self, template: bytes) -> str:
        """Return a checksum of the template and these inputs, the content of files included."""
        digest = hashlib.sha256(template)
        for name, text in sorted({**self.inputs, **self.settings}.items()):
            digest.update(f"\0{name}\0{text}\0".encode())
            with contextlib.suppress(OSError, ValueError):  # not a file: the text says it all
                for path in _files_of(Path(text)):
                    digest.update(f"\0{path.name}\0".encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()


def read_jobs(
    source: Path, settings: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None
) -> list[Job]:
    """Read the clients of a batch: a folder of price files, or a table with a row per client.

    Parameters
    ----------
    source
        A folder: each file in it that can be read has the prices of one client, and its name is the client's (with
        the ending, if two files differ in that only). :func:`passed_over` tells of the other files. Or a file with a
        table that has a column ``client`` and any of ``prices``, ``returns``, ``weights``, ``vols``, ``corr``,
        ``holdings``, ``sheet``, ``column``, ``missing`` and names of inputs. A blank cell leaves an input as it is in
        the template. File names are relative to the table's folder.
    settings
        Values for named ranges of all clients; a client's own value wins.
    inputs
        Further arguments for all clients, such as ``sheet``; a client's own value wins.

    Returns
    -------
    list of Job
        One per client.

    Raises
    ------
    InputError
        There is nothing to fill, a client has no name or one that can't name a file, or stands there twice; or a cell
        of the table has no heading.
    """
    jobs = list(_folder_jobs(source) if source.is_dir() else _table_jobs(source))
    if not jobs:
        problem = f"holds no client: neither a price file ({endings()}) nor a row of a table."
        raise InputError(str(source), problem)
    seen: set[str] = set()
    for job in jobs:
        if job.client.lower() in seen:
            raise InputError(str(source), f"has the client {job.client!r} twice; both would be the same workbook.")
        seen.add(job.client.lower())
    shared, common = settings or {}, inputs or {}
    return [Job(job.client, {**common, **job.inputs}, {**shared, **job.settings}) for job in jobs]


def passed_over(source: Path) -> dict[str, str]:
    """Return, by file name, why a file of a folder of price files is no client; nothing for a table."""
    if not source.is_dir():
        return {}
    found = {path.name: _reason(path) for path in sorted(source.iterdir())}
    return {name: reason for name, reason in found.items() if reason}


def _reason(path: Path) -> str:
    """Say why a file of a folder is no client; nothing for one that is."""
    if path.is_dir():
        return "a folder; name it in a table of clients, if its files are one client's assets"
    if path.name == JOURNAL:
        return "the journal of a batch"
    if is_hidden(path):
        return "a hidden or temporary file"
    if not is_readable(path):
        return f"its ending is none of {endings()}"
    return "a text without dates and prices" if path.suffix.lower() == ".txt" and not holds_dated_rows(path) else ""


def _folder_jobs(folder: Path) -> Iterator[Job]:
    paths = [path for path in sorted(folder.iterdir()) if not _reason(path)]
    stems = [path.stem.lower() for path in paths]
    for path in paths:  # two files that differ in the ending only are two clients
        alone = stems.count(path.stem.lower()) == 1
        yield Job(path.stem if alone else path.name, {"prices": str(path)})


def _table_jobs(path: Path) -> Iterator[Job]:
    table = read_table(path)
    heading = [str(cell or "").strip() for cell in table.rows[0]]
    names = [name.lower() for name in heading]
    if "client" not in names:
        raise table.error("there is no column 'client'.", 0)
    for i, row in enumerate(table.rows[1:], 1):
        for c, cell in enumerate(row):
            if not is_empty(cell) and (c >= len(heading) or not heading[c]):
                problem = (
                    f"{_text(cell)!r} has no heading over it. Is it part of a number with a decimal comma? Write 0.05"
                )
                raise table.error(f"{problem}, not 0,05.", i, c)
        cells = {name: _text(cell) for name, cell in zip(heading, row, strict=False) if name and _text(cell)}
        given = {name.lower(): text for name, text in cells.items()}
        client = given.pop("client", "")
        if not client or client != Path(client).name or set(client) & set('<>:"/\\|?*') or client.startswith("."):
            raise table.error(f"{client!r} can't be the name of a file.", i, names.index("client"), "client")
        inputs = {name: _from_folder(path.parent, given[name]) for name in _FILES if name in given}
        inputs.update({name: given[name] for name in _WORDS if name in given})
        settings = {name: text for name, text in cells.items() if name.lower() not in (*_FILES, *_WORDS, "client")}
        yield Job(client, inputs, settings)


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return f"{cell:.17g}" if isinstance(cell, float) else str("" if cell is None else cell).strip()


def _from_folder(folder: Path, text: str) -> str:
    """Return a path relative to a folder, if it exists there; any other text is a value."""
    with contextlib.suppress(OSError, ValueError):
        if (folder / text).exists():
            return str(folder / text)
    return text


def _files_of(path: Path) -> list[Path]:
    """List a file, or the files of a folder; nothing for what is neither."""
    if path.is_dir():
        return sorted(inside for inside in path.iterdir() if inside.is_file())
    return [path] if path.is_file() else []
