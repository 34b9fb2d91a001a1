"""Two processes that talk over pipes: one asks, the other answers, message by message.

This file also runs in the office's own Python: it needs only the standard library and Python 3.8 or later. A message
is anything made of tuples, lists, dicts, text and numbers. It is sent as its length and its bytes in version 2 of
``marshal``. Every Python reads these alike; they are some ten times faster than JSON on a matrix and keep every bit of
a float; and reading them runs no code.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import select
import struct
import subprocess
import tempfile
import threading
import time
from typing import IO, Any

_WATCH_SECONDS = 0.0005
_LENGTH = struct.Struct("<Q")
_FOREIGN = (
    *("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"),
    *("LD_LIBRARY_PATH", "URE_BOOTSTRAP"),
)
"""Variables that an office or a virtual environment sets for its own Python; another Python would fail with them."""


def clean_environment() -> dict[str, str]:
    """Return the environment without what an office or a virtual environment sets for its own Python.

    Folders of virtual environments are removed from the path: the office's Python would take the first Python on the
    path for itself.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    folders = kept.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(folder for folder in folders if not _is_of_environment(folder))
    kept["PYTHONSAFEPATH"] = "1"  # no module is taken from the current folder
    return kept


def _is_of_environment(folder: str) -> bool:
    """Tell whether a folder holds the programs of a virtual environment."""
    return os.path.isfile(os.path.join(os.path.dirname(os.path.abspath(folder)), "pyvenv.cfg"))


def send(stream: IO[bytes], message: Any) -> None:
    """Write a message; raise ValueError if it holds something that can't be sent."""
    content = marshal.dumps(message, 2)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read a message; raise EOFError if the other process has ended."""
    _watch(stream)
    return marshal.loads(_read(stream, _LENGTH.unpack(_read(stream, _LENGTH.size))[0]))


def _watch(stream: IO[bytes]) -> None:
    """Look for a message for half a millisecond before waiting: to be woken up takes as long as a formula."""
    if not hasattr(os, "sched_yield"):  # on Windows, select does not work on a pipe
        return
    end = time.perf_counter() + _WATCH_SECONDS
    while not select.select([stream], [], [], 0)[0] and time.perf_counter() < end:
        os.sched_yield()


def _read(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if content is None or len(content) < size:
        raise EOFError("the other process ended")
    return content


class Child:
    """A process that answers messages; it starts when it is first asked and again after it died.

    Parameters
    ----------
    command
        The program and its arguments.
    attempts
        How often a message is sent before a failure is reported.
    apart
        Whether it keeps running when the terminal ends its programs; it always ends when its input ends.
    """

    def __init__(self, command: list[str], attempts: int = 2, apart: bool = False) -> None:
        self._command = command
        self._apart = apart
        self._attempts = attempts
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, message: Any) -> Any:
        """Return the answer to a message.

        Raises
        ------
        ConnectionError
            The process can't be started, or ended without an answer; the text ends with the last line that it printed.
        """
        with self._lock:
            for _ in range(self._attempts):
                process = self._process or self._start()
                assert process.stdin is not None
                assert process.stdout is not None
                try:
                    send(process.stdin, message)
                    return receive(process.stdout)
                except (OSError, EOFError):
                    last_words = self._end()
                except BaseException:  # after an interruption, the next answer would belong to this message
                    self._end()
                    raise
            raise ConnectionError(f"{self._command[0]} ended without an answer{last_words}")

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=clean_environment(),
                cwd=tempfile.gettempdir(),  # not the current folder, which may be the user's documents
                start_new_session=self._apart,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._errors.close()
            raise ConnectionError(f"{self._command[0]} can't be started: {error.strerror}") from None
        return self._process

    def _end(self) -> str:
        """End the process if it has not ended, and return its last line after a colon, or an empty text."""
        process, errors = self._process, self._errors
        self._process = None
        if process is None or errors is None:
            return ""
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # a message that could no longer be written
                stream.close()  # type: ignore[union-attr]
        try:
            process.wait(5)  # it ends when its input does
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with errors:
            errors.seek(0)
            lines = errors.read().decode("utf-8", "replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return ": " + said[-1] if said else ""
