"""Fill one template for many clients: in parallel, resumed after a crash, a bad client never stopping the rest.

A journal in the output folder says which workbooks are ours and what became of each, line by line as it happens.
A run reads it first and leaves out what is done already: same inputs, workbook still there.
"""

import contextlib
import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rpxl.errors import InputError, RpxlError
from rpxl.filling.fill import fill
from rpxl.prices.tables import read_table

JOURNAL = "rpxl-batch.csv"
_COLUMNS = ("client", "status", "inputs", "reason")
_FILES = ("prices", "weights", "vols", "corr")
_PRICE_FILES = (".csv", ".xlsx")


@dataclass(frozen=True)
class Job:
    """A workbook to be filled for one client.

    Attributes
    ----------
    client
        The client's name, which is the workbook's too.
    inputs
        The arguments ``prices``, ``weights``, ``vols`` and ``corr`` of :func:`~rpxl.filling.fill.fill`.
    settings
        Values for other named ranges.
    """

    client: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def out(self, folder: Path) -> Path:
        """Name the workbook to be written."""
        return folder / f"{self.client}.xlsx"

    def digest(self, template: bytes) -> str:
        """Tell these inputs, the content of files included, from any others."""
        digest = hashlib.sha256(template)
        for name, text in sorted({**self.inputs, **self.settings}.items()):
            digest.update(f"\0{name}\0{text}\0".encode())
            with contextlib.suppress(OSError, ValueError):  # not a file: the text says it all
                digest.update(Path(text).read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Result:
    """What became of a client's workbook: ``filled``, ``failed`` or, done by an earlier run, ``kept``."""

    client: str
    status: str
    reason: str = ""


def read_jobs(source: Path, settings: Mapping[str, str] | None = None) -> list[Job]:
    """Read what is to be filled: a folder of price files, or a table with a row per client.

    Parameters
    ----------
    source
        A folder: each CSV or XLSX file in it has the prices of the client it is named after. Or a CSV or XLSX
        table with the columns ``client`` and any of ``prices``, ``weights``, ``vols``, ``corr`` and names of inputs;
        a blank cell leaves an input as it is in the template. File names count from the table's folder.
    settings
        Values for named ranges of all clients; a client's own go before.

    Raises
    ------
    InputError
        There is nothing to fill, a client has no name or one that can't name a file, or stands there twice.
    """
    jobs = list(_folder_jobs(source) if source.is_dir() else _table_jobs(source))
    if not jobs:
        raise InputError(str(source), "holds no client: neither a price file (CSV, XLSX) nor a row of a table.")
    seen: set[str] = set()
    for job in jobs:
        if job.client.lower() in seen:
            raise InputError(str(source), f"has the client {job.client!r} twice; both would be the same workbook.")
        seen.add(job.client.lower())
    return [Job(job.client, job.inputs, {**(settings or {}), **job.settings}) for job in jobs]


def _folder_jobs(folder: Path) -> Iterator[Job]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _PRICE_FILES and not path.name.startswith(("~$", ".")):
            yield Job(path.stem, {"prices": str(path)})


def _table_jobs(path: Path) -> Iterator[Job]:
    table = read_table(path)
    heading = [str(cell or "").strip() for cell in table.rows[0]]
    names = [name.lower() for name in heading]
    if "client" not in names:
        raise table.error("there is no column 'client'.", 0)
    for i, row in enumerate(table.rows[1:], 1):
        cells = {name: _text(cell) for name, cell in zip(heading, row, strict=False) if name and _text(cell)}
        given = {name.lower(): text for name, text in cells.items()}
        client = given.pop("client", "")
        if not client or client != Path(client).name or set(client) & set('<>:"/\\|?*') or client.startswith("."):
            raise table.error(f"{client!r} can't be the name of a file.", i, names.index("client"), "client")
        inputs = {name: _from_folder(path.parent, given[name]) for name in _FILES if name in given}
        settings = {name: text for name, text in cells.items() if name.lower() not in (*_FILES, "client")}
        yield Job(client, inputs, settings)


def _text(cell: Any) -> str:
    return f"{cell:.17g}" if isinstance(cell, float) else str(cell or "").strip()


def _from_folder(folder: Path, text: str) -> str:
    """Return a file's path seen from here; what names no file is a value."""
    with contextlib.suppress(OSError, ValueError):
        if (folder / text).is_file():
            return str(folder / text)
    return text


def fill_batch(
    template: bytes,
    jobs: Sequence[Job],
    folder: Path,
    *,
    workers: int = -1,
    backend: str = "loky",
    force: bool = False,
    report: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Fill a template for many clients.

    Parameters
    ----------
    template
        The workbook to fill.
    jobs
        The clients, see :func:`read_jobs`.
    folder
        Where the workbooks and the journal go; it is made when it isn't there.
    workers
        How many processes fill at once; -1 for one per core.
    backend
        A backend of joblib: ``loky`` for processes of this machine; ``dask`` for the cluster of the active
        ``dask.distributed.Client``, whose workers must see the same folders.
    force
        Fill anew what is done already, and replace workbooks that no run has written.
    report
        Called with each result as it comes.

    Returns
    -------
    list of Result
        One per job, in the order of `jobs`.
    """
    from joblib import Parallel, delayed, parallel_config

    folder.mkdir(parents=True, exist_ok=True)
    earlier = _read_journal(folder)
    results: dict[str, Result] = {}
    waiting = []

    def finish(result: Result) -> None:
        results[result.client] = result
        report(result)

    for job in jobs:
        digest, exists = job.digest(template), job.out(folder).is_file()
        if exists and not force and job.client not in earlier:
            finish(Result(job.client, "failed", f"{job.out(folder)} is there already and is not from a batch."))
        elif exists and not force and earlier[job.client] == digest:
            finish(Result(job.client, "kept"))
        else:
            waiting.append((job, digest))
    with _Journal(folder) as journal, parallel_config(backend=backend):
        for job, digest in waiting:  # a workbook that a crash leaves without its result is known to be ours
            journal.write(Result(job.client, "started"), digest)
        calls = (delayed(_fill_one)(template, job, folder, digest) for job, digest in waiting)
        for result, digest in Parallel(n_jobs=workers, return_as="generator_unordered")(calls):
            journal.write(result, digest)
            finish(result)
    return [results[job.client] for job in jobs]


def _fill_one(template: bytes, job: Job, folder: Path, digest: str) -> tuple[Result, str]:
    """Fill one workbook; whatever goes wrong is that client's result."""
    try:
        fill(template, job.out(folder), settings=job.settings, force=True, **job.inputs)
    except (RpxlError, OSError) as error:
        return Result(job.client, "failed", str(error)), digest
    except Exception as error:
        return Result(job.client, "failed", f"rpxl failed inside ({type(error).__name__}: {error})"), digest
    return Result(job.client, "filled"), digest


class _Journal:
    """The journal, open for more lines; each is handed to the system before the next result is taken."""

    def __init__(self, folder: Path) -> None:
        path = folder / JOURNAL
        written = path.read_bytes() if path.exists() else b""
        self._file = path.open("a", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        if not written:
            self._writer.writerow(_COLUMNS)
        elif not written.endswith(b"\n"):
            self._file.write("\r\n")  # a crash cut the last line off

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, result: Result, digest: str) -> None:
        self._writer.writerow([result.client, result.status, digest, " ".join(result.reason.split())])
        self._file.flush()


def _read_journal(folder: Path) -> dict[str, str]:
    """Return the clients of earlier runs with the inputs of what stands there, "" when nothing is finished.

    A line that a crash cut off is left out.
    """
    try:
        lines = (folder / JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    rows = [row for line in lines[1:] for row in csv.reader([line]) if len(row) == len(_COLUMNS)]
    return {client: digest if status == "filled" else "" for client, status, digest, _ in rows}
