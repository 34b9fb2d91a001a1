"""Fill one template for many clients: in parallel, resumed after a crash, a bad client never stopping the rest.

A run reads the journal of the output folder first and leaves out what is done already: same inputs, workbook still
there.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from rpxl.errors import InputError, RpxlError
from rpxl.files import leftovers, place_file, stage_file
from rpxl.filling.fill import filled
from rpxl.filling.journal import JOURNAL, Journal, Record, checksum, key, read_journal
from rpxl.filling.workers import Died, Done, Event, Started, run
from rpxl.prices.files import endings, is_hidden, is_readable, read_table
from rpxl.prices.frame import holds_dated_rows
from rpxl.prices.table import Cell, is_empty
from rpxl.xlsx.kinds import suffix_of
from rpxl.xlsx.package import Package
from rpxl.xlsx.workbook import Workbook

_FILES = ("prices", "returns", "weights", "vols", "corr")
_WORDS = ("sheet", "column", "missing")


@dataclass(frozen=True)
class Job:
    """A workbook to be filled for one client.

    Attributes
    ----------
    client
        The client's name, which is the workbook's too.
    inputs
        Arguments of :func:`~rpxl.filling.fill.fill`: ``prices``, ``returns``, ``weights``, ``vols``, ``corr``, and
        how prices are read: ``sheet``, ``column``, ``missing``.
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
        """Tell these inputs, the content of files included, from any others."""
        digest = hashlib.sha256(template)
        for name, text in sorted({**self.inputs, **self.settings}.items()):
            digest.update(f"\0{name}\0{text}\0".encode())
            with contextlib.suppress(OSError, ValueError):  # not a file: the text says it all
                for path in _files_of(Path(text)):
                    digest.update(f"\0{path.name}\0".encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Result:
    """What became of a client's workbook: ``filled``, ``failed`` or, done by an earlier run, ``kept``.

    `reason` says why it failed, or what the user should know of a workbook that was filled or kept.
    """

    client: str
    status: str
    reason: str = ""


def read_jobs(
    source: Path, settings: Mapping[str, str] | None = None, inputs: Mapping[str, str] | None = None
) -> list[Job]:
    """Read what is to be filled: a folder of price files, or a table with a row per client.

    Parameters
    ----------
    source
        A folder: each file in it that can be read has the prices of the client it is named after (with its ending,
        where two differ in that only), and
        :func:`passed_over` tells of the others. Or a file with a table that has a column ``client`` and any of
        ``prices``, ``returns``, ``weights``, ``vols``, ``corr``, ``sheet``, ``column``, ``missing`` and names of
        inputs; a blank cell leaves an input as it is in the template. File names count from the table's folder.
    settings
        Values for named ranges of all clients; a client's own go before.
    inputs
        Further arguments for all clients, such as ``sheet``; a client's own go before.

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
    """Say of each file of a folder of price files that is no client why it isn't; nothing for a table."""
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
    for path in paths:  # two files of one name but for the ending are two clients
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
    """Return a file's path seen from here; what names no file or folder is a value."""
    with contextlib.suppress(OSError, ValueError):
        if (folder / text).exists():
            return str(folder / text)
    return text


def _files_of(path: Path) -> list[Path]:
    """List a file, or the files of a folder; nothing for what is neither."""
    if path.is_dir():
        return sorted(inside for inside in path.iterdir() if inside.is_file())
    return [path] if path.is_file() else []


def fill_batch(
    template: bytes,
    jobs: Sequence[Job],
    folder: Path,
    *,
    workers: int = -1,
    backend: str = "processes",
    force: bool = False,
    keep: Sequence[Path] = (),
    report: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Fill a template for many clients.

    A workbook that is there already is replaced only if it is, byte for byte, what an earlier run wrote.

    Parameters
    ----------
    template
        The workbook to fill.
    jobs
        The clients, see :func:`read_jobs`.
    folder
        Where the workbooks and the journal go; it is made when it isn't there.
    workers
        How many processes fill at once; -1 for one per core, or for all that the cluster has.
    backend
        ``processes`` (or ``loky``, its name of old) for processes of this machine; ``dask`` for the cluster of the
        active ``dask.distributed.Client``, whose workers must see the same folders.
    force
        Fill anew what is done already, and replace workbooks that no run has written.
    keep
        Files that are never replaced, besides the inputs of the jobs: the table of clients, the template.
    report
        Called with each result as it comes.

    Returns
    -------
    list of Result
        One per job, in the order of `jobs`.

    Raises
    ------
    InputError
        The template is no workbook, or another run is filling the same folder.
    """
    ending = suffix_of(Package(template, "template"))
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}

    def finish(result: Result) -> None:
        results[result.client] = result
        report(result)

    with Journal(folder) as journal:
        earlier = read_journal(folder)
        inputs = _identities([*keep, *(Path(text) for job in jobs for text in job.inputs.values())])
        waiting: list[_Task] = []
        for job in jobs:
            task = _Task(job, job.out(folder, ending), job.digest(template))
            record = earlier.get(key(job.client), Record())
            done = _settled(task, record, inputs, force)
            if done is not None:
                finish(done)
            else:
                waiting.append(task)
        waiting.sort(key=lambda task: earlier.get(key(task.job.client), Record()).status == "started")  # may end us too
        for task in waiting:
            for half in leftovers(task.out):  # of a run that was ended; no other one is at work here
                half.unlink(missing_ok=True)
        for event in _events(template, waiting, workers, backend):
            task = waiting[event.task]
            if isinstance(event, Started):
                journal.write(task.job.client, "started", task.inputs)
                continue
            answer = event.answer if isinstance(event, Done) else _Answer(task.failed(_after_death(event.reason)))
            finish(_write_down(journal, task, answer, crashed=isinstance(event, Died)))
    return [results[job.client] for job in jobs]


class _Task(NamedTuple):
    """A job, the workbook that it will be, and the checksum of its inputs."""

    job: Job
    out: Path
    inputs: str

    def failed(self, reason: str) -> Result:
        return Result(self.job.client, "failed", reason)


class _Answer(NamedTuple):
    """What came of a task; the workbook waits beside its place, under its checksum's protection."""

    result: Result
    staged: Path | None = None
    workbook: str = ""


def _after_death(reason: str) -> str:
    return f"{reason}. Further runs leave this client out until its inputs change; --force tries it again."


def _settled(task: _Task, record: Record, inputs: set[tuple[int, int]], force: bool) -> Result | None:
    """Return the result of a job that is not to be filled in this run."""
    client, out = task.job.client, task.out
    try:
        client.encode()
    except UnicodeEncodeError:
        return task.failed("its name holds bytes that are no text. Rename the file.")
    exists = out.exists()
    if exists and _identities([out]) & inputs:
        return task.failed(f"{out} is an input of this run, which is never replaced. Choose another folder.")
    same = record.inputs == task.inputs
    if force:
        return None
    if not exists:
        return task.failed(record.reason) if same and record.status == "crashed" else None
    found = checksum(out) if out.is_file() else ""
    if same and record.status == "filled":
        if [found] == record.workbooks[-1:]:
            return Result(client, "kept")
        if found not in record.workbooks:
            return Result(client, "kept", f"{out} was changed since it was filled, and stays as it is.")
    if found not in record.workbooks:
        return task.failed(
            f"{out} is there already and is not from a batch, or was changed since. Move it away, or use --force."
        )
    return task.failed(record.reason) if same and record.status == "crashed" else None


def _identities(paths: Sequence[Path]) -> set[tuple[int, int]]:
    """Return what tells files apart whatever their names; what is no file is left out."""
    found = set()
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            status = path.stat()
            found.add((status.st_dev, status.st_ino))
    return found


def _write_down(journal: Journal, task: _Task, answer: _Answer, crashed: bool) -> Result:
    """Note a result, and only then put its workbook in place: what stands there is always known to be ours."""
    result, client = answer.result, task.job.client
    status = "crashed" if crashed else result.status
    journal.write(client, status, task.inputs, result.reason, answer.workbook)
    if answer.staged is None:
        return result
    try:
        place_file(answer.staged, task.out)
    except OSError as error:
        result = task.failed(f"{task.out} can't be written: {error.strerror}. Close it in Excel.")
        journal.write(client, result.status, task.inputs, result.reason)
        answer.staged.unlink(missing_ok=True)
    return result


def _events(template: bytes, tasks: list[_Task], workers: int, backend: str) -> Iterator[Event]:
    if not tasks:
        return iter(())
    if backend == "dask":
        return _on_cluster(template, tasks, workers)
    count = workers if workers > 0 else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return run(_fill_one, template, tasks, count or os.cpu_count() or 1)


def _on_cluster(template: bytes, tasks: list[_Task], workers: int) -> Iterator[Event]:
    """Fill on the workers of the active Dask client; no more is on its way than they can hold at once."""
    from distributed import as_completed, get_client

    client = get_client()
    room = workers if workers > 0 else max(1, 2 * sum(client.nthreads().values()))
    shared = client.scatter(template, broadcast=True)
    indices: dict[Any, int] = {}
    running = as_completed()
    for index, task in enumerate(tasks):
        if len(indices) >= room:
            yield _finished(next(running), indices)
        yield Started(index)
        future = client.submit(_fill_one, shared, task, pure=False, retries=0)
        indices[future.key] = index
        running.add(future)
    for _ in range(len(indices)):
        yield _finished(next(running), indices)


def _finished(future: Any, indices: dict[Any, int]) -> Event:
    index = indices.pop(future.key)
    try:
        return Done(index, future.result())
    except Exception as error:  # the worker died, or the cluster
        return Died(index, f"the Dask worker that filled it ended ({type(error).__name__})")


def _fill_one(template: bytes, task: _Task) -> _Answer:
    """Fill one workbook beside its place; whatever goes wrong is that client's result."""
    client = task.job.client
    staged = task.out.with_name(f"~{task.out.name}.{secrets.token_hex(4)}.new")
    try:
        book, report = filled(Workbook(template), settings=task.job.settings, **task.job.inputs)
        content = book.package.to_bytes()
        stage_file(staged, content)
    except BaseException as error:
        staged.unlink(missing_ok=True)
        if isinstance(error, MemoryError):
            return _Answer(task.failed("the memory doesn't suffice for its inputs."))
        if isinstance(error, (RpxlError, OSError)):
            return _Answer(task.failed(str(error)))
        if isinstance(error, Exception):
            return _Answer(task.failed(f"rpxl failed inside ({type(error).__name__}: {error})"))
        raise
    return _Answer(Result(client, "filled", " ".join(report.notes)), staged, hashlib.sha256(content).hexdigest())
