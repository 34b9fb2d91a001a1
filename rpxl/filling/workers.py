"""Processes that do a list of tasks: if one of them dies, only the task that it had is lost.

A process gets one task at a time, so that it is known which one ended it. It imports nothing from the current
folder, and it ends with the process that started it, however that ended.
"""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from rpxl.errors import RpxlError

_KILL_WITH_PARENT = 1  # Linux: PR_SET_PDEATHSIG of prctl(2)


class Started(NamedTuple):
    """A task, by its place in the list, was handed to a process."""

    task: int


class Done(NamedTuple):
    """A task is done; `answer` is what the function gave."""

    task: int
    answer: Any


class Died(NamedTuple):
    """The process that had the task ended without an answer."""

    task: int
    reason: str


Event = Started | Done | Died


def run(function: Callable[[Any, Any], Any], shared: Any, tasks: Sequence[Any], count: int) -> Iterator[Event]:
    """Have processes compute ``function(shared, task)`` for each task.

    Parameters
    ----------
    function
        A function of a module that the processes can import. What it raises ends its process.
    shared
        What all tasks need; it is handed over once per process.
    tasks
        The tasks, begun in this order.
    count
        How many processes work at once.

    Yields
    ------
    A :class:`Started`, then a :class:`Done` or a :class:`Died`, for each task, as it happens.

    Raises
    ------
    RpxlError
        A process can't be started at all.
    """
    pool = _Pool(pickle.dumps((function, shared)), tasks)
    threads = [threading.Thread(target=pool.serve, daemon=True) for _ in range(min(count, len(tasks)))]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            while (event := pool.events.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
    finally:
        pool.stop()
        if not sys.is_finalizing():  # then threads stand still, and never end
            for thread in threads:
                thread.join()


class _Pool:
    """The tasks that are left, what happened, and the processes that run."""

    def __init__(self, setup: bytes, tasks: Sequence[Any]) -> None:
        self.events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._setup = setup
        self._tasks = iter(enumerate(tasks))
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def serve(self) -> None:
        """Do tasks with one process, and with another after that has died."""
        process: subprocess.Popen[bytes] | None = None
        try:
            while (item := self._next()) is not None:
                index, task = item
                process = process or self._start()
                self.events.put(Started(index))
                try:
                    assert process.stdin is not None
                    assert process.stdout is not None
                    _send(process.stdin, pickle.dumps(task))
                    self.events.put(Done(index, pickle.load(process.stdout)))
                except (OSError, EOFError, pickle.UnpicklingError):
                    self.events.put(Died(index, _last_words(self._end(process))))
                    process = None
        except BaseException as error:
            self.events.put(error)
        finally:
            if process is not None:
                self._end(process)
            self.events.put(None)

    def stop(self) -> None:
        """End all processes at once."""
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.kill()

    def _next(self) -> tuple[int, Any] | None:
        with self._lock:
            return None if self._stopped else next(self._tasks, None)

    def _start(self) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path[:] = {_search_path()!r}; from {__name__} import main; main({os.getpid()})"
        with self._lock:
            if self._stopped:
                raise RpxlError("The run was stopped.")
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._processes.add(process)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, self._setup)
            pickle.load(process.stdout)
        except (OSError, EOFError):
            raise RpxlError(
                f"A process to fill workbooks can't be started: it {_end_of(self._end(process))}."
            ) from None
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        """End a process, if it has not ended, and return its exit status."""
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        try:
            status = process.wait(5)  # it ends when its input does
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        with self._lock:
            self._processes.discard(process)
        return status


def _search_path() -> list[str]:
    """Where modules are looked for: as here, but for the current folder, unless rpxl itself lies there."""
    home = str(Path(__file__).resolve().parents[2])
    here = {"", os.curdir, os.getcwd()} - {home}
    return [path for path in dict.fromkeys([*sys.path, home]) if path not in here]


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(message)
    stream.flush()


def _last_words(status: int) -> str:
    return f"the process that filled it {_end_of(status)}"


def _end_of(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
    return f"was ended by the system (signal {name}{'; the memory may not suffice' if name == 'SIGKILL' else ''})"


def main(parent: int) -> None:
    """Do tasks until there are no more; `parent` is the process that hands them out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the parent, which ends this process
    _end_with(parent)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get into an answer
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, tasks), daemon=True).start()
    function, shared = tasks.get()
    _send(answers, pickle.dumps(None))
    while True:
        _send(answers, pickle.dumps(function(shared, tasks.get())))


def _read(requests: IO[bytes], tasks: "queue.SimpleQueue[Any]") -> None:
    """Take in messages while a task is done, so that the parent's end is noticed at once."""
    try:
        while True:
            tasks.put(pickle.load(requests))
    finally:  # the parent closed its end, or ended
        os._exit(0)


def _end_with(parent: int) -> None:
    """Have the system end this process when the one that started it ends, where it can."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_KILL_WITH_PARENT, signal.SIGKILL)
    if sys.platform != "win32" and os.getppid() != parent:  # it has ended in the meantime
        os._exit(0)
