"""Fill one template for many clients: in parallel, resumed after a crash, a bad client never stopping the rest.

A run reads the journal of the output folder first and leaves out what is done already: same inputs, workbook still
there.
"""

import contextlib
import functools
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rpxl.errors import RpxlError
from rpxl.files import leftovers, place_file, stage_file
from rpxl.filling.fill import filled
from rpxl.filling.jobs import Job
from rpxl.filling.journal import Journal, Record, checksum, key, read_journal
from rpxl.filling.prepared import Prepared
from rpxl.filling.workers import Died, Done, Event, Started, run
from rpxl.xlsx.collection import nothing_left
from rpxl.xlsx.kinds import suffix_of
from rpxl.xlsx.package import Package

_TOGETHER = 4
"""How many clients are sent to a Dask worker at once, at most."""


@dataclass(frozen=True)
class Result:
    """What became of a client's workbook: ``filled``, ``failed`` or, done by an earlier run, ``kept``.

    `reason` says why it failed, or what the user should know of a workbook that was filled or kept.
    """

    client: str
    status: str
    reason: str = ""


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
        The clients, see :func:`rpxl.filling.jobs.read_jobs`.
    folder
        Where the workbooks and the journal go; it is made when it isn't there.
    workers
        How many processes fill at once; -1 for one per core, or for all that the cluster has.
    backend
        ``processes`` (or ``loky``, its earlier name) for processes of this machine; ``dask`` for the cluster of the
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
    """What came of a task; the workbook waits beside its place, with its checksum."""

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
        return task.failed("its name holds bytes that stand for no character. Rename the file.")
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
    """Fill on the workers of the active Dask client; no more is on its way than they can hold at once.

    Several clients go there together, as Dask's own work is for each time that it is asked. It blames the death of a
    worker on all that the worker had. So each of these is tried again by itself, after the others: the one that ends
    workers then ends another.
    """
    from distributed import as_completed, get_client

    client = get_client()
    threads = max(1, sum(client.nthreads().values()))
    room = workers if 0 < workers < threads else 2 * threads  # each thread has what is next at hand
    size = max(1, min(_TOGETHER, len(tasks) // (8 * threads)))
    sent: dict[Any, Sequence[int]] = {}
    running = as_completed()
    suspects: list[int] = []

    def begin(indices: Sequence[int]) -> None:
        future = client.submit(_each, _fill_one, template, [tasks[index] for index in indices], pure=False, retries=0)
        sent[future.key] = indices
        running.add(future)

    def finished() -> Iterator[Done]:
        for event in _finished(next(running), sent):
            if isinstance(event, Died):
                suspects.append(event.task)
            else:
                yield event

    for first in range(0, len(tasks), size):
        if len(sent) >= room:
            yield from finished()
        indices = range(first, min(first + size, len(tasks)))
        yield from map(Started, indices)
        begin(indices)
    while sent:
        yield from finished()
    for index in suspects:
        begin([index])
        yield from _finished(next(running), sent)


def _finished(future: Any, sent: dict[Any, Sequence[int]]) -> list[Done | Died]:
    indices = sent.pop(future.key)
    try:
        return [Done(index, answer) for index, answer in zip(indices, future.result(), strict=True)]
    except Exception as error:  # the worker died, or the cluster
        reason = f"the Dask worker that filled it ended ({type(error).__name__})"
        return [Died(index, reason) for index in indices]


@functools.lru_cache(maxsize=1)
def _prepared(template: bytes) -> Prepared:
    """Read the template once per process."""
    return Prepared(template)


def _each(fill: Callable[[bytes, _Task], _Answer], template: bytes, tasks: list[_Task]) -> list[_Answer]:
    return [fill(template, task) for task in tasks]


@nothing_left()
def _fill_one(template: bytes, task: _Task) -> _Answer:
    """Fill one workbook beside its place; whatever goes wrong is that client's result."""
    client = task.job.client
    staged = task.out.with_name(f"~{task.out.name}.{secrets.token_hex(4)}.new")
    try:
        book, report = filled(_prepared(template), settings=task.job.settings, **task.job.inputs)
        content = book.package.to_bytes()
        stage_file(staged, content)
    except BaseException as error:
        staged.unlink(missing_ok=True)
        if isinstance(error, MemoryError):
            return _Answer(task.failed("the memory doesn't suffice for its inputs."))
        if isinstance(error, (RpxlError, OSError)):
            return _Answer(task.failed(str(error)))
        if isinstance(error, Exception):
            return _Answer(task.failed(f"an error inside rpxl: {type(error).__name__}: {error}. Please report it."))
        raise
    return _Answer(Result(client, "filled", " ".join(report.notes)), staged, hashlib.sha256(content).hexdigest())
