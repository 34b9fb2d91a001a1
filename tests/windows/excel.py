"""Speaks to the program in Excel's place, and lets the add-in's own VBA decide what it does."""

import contextlib
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyopenvba.apps.excel import ExcelApplication

from tests.excel.vba import Standing, source
from tests.windows.target import Target


@dataclass(frozen=True)
class ErrorCell:
    """A cell with an error, by Excel's number of it."""

    number: int


@dataclass(frozen=True)
class Currency:
    """An amount in a cell that is formatted as one, as VBA's ``Value`` has it."""

    amount: float


@dataclass(frozen=True)
class Date:
    """A day by its serial number, as VBA's ``Value`` has it."""

    serial: float


LEFT_OUT = object()
"""An argument that a formula leaves out."""

NULL = object()
"""VBA's Null."""


class CallError(Exception):
    """A call through COM failed: the number and the description that VBA gets."""

    def __init__(self, number: int, description: str) -> None:
        super().__init__(number, description)
        self.number, self.description = number, description


class Excel:
    """The program, with xlwings' DLL in it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.process = subprocess.Popen(
            ["wine", str(target.excel)],
            env=target.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="ascii",
        )

    def ask(self, *words: str) -> list[str]:
        """Send a command, and return the words of the answer."""
        self.send(*words)
        return self.answer()

    def send(self, *words: str) -> None:
        """Send a command without waiting for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def answer(self) -> list[str]:
        """Wait for the answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the program in Excel's place has ended"
        return line.split()

    def load(self, dll: str) -> int:
        """Load the DLL, and return Windows' error; 0 for none."""
        told = self.ask("load", _hex(dll))
        return 0 if told == ["loaded"] else int(told[1])

    def activate(self, command: str, mode: int = 1) -> tuple[int, Any]:
        """Find or start Python, or kill it (-1); return the DLL's status and what it says."""
        status, *value = self.ask("activate", str(mode), _hex(command))
        return int(status), decode(value)

    def compute(self, name: str, *args: Any, from_1904: bool = False) -> Any:
        """Call the Python that was found last, as a cell does."""
        return self.result(self.ask(*self.words(name, *args, from_1904=from_1904)))

    def words(self, name: str, *args: Any, from_1904: bool = False) -> list[str]:
        """Return the command of a cell's call."""
        return ["compute", "1" if from_1904 else "0", _hex(name), *_values(args)]

    def result(self, told: list[str]) -> Any:
        """Return what an answer holds, or raise what it tells."""
        if told[0] == "failed":
            raise CallError(int(told[1]), _text("".join(told[2:])))
        return decode(told[1:])

    def repeat(self, times: int, command: str, name: str, *args: Any) -> tuple[float, float]:
        """Find Python and call it, many times; return the best and the mean time in milliseconds."""
        return self._times("repeat", str(times), _hex(command), _hex(name), *_values(args))

    def repeat_xlwings(self, times: int, command: str, module: str, name: str, *args: Any) -> tuple[float, float]:
        """Do the same with a function that is called through xlwings' own server."""
        return self._times("xlwings", str(times), _hex(command), _hex(module), _hex(name), *_values(args))

    def _times(self, *words: str) -> tuple[float, float]:
        told = self.ask(*words)
        if told[0] == "failed":
            raise CallError(int(told[1]), _text("".join(told[2:])))
        return float(told[1]), float(told[2])

    def close(self) -> None:
        """Quit, as Excel does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def kill(self) -> None:
        """End it as the Task Manager does."""
        self.process.kill()
        self.process.wait(30)


def _values(args: Sequence[Any]) -> list[str]:
    return [word for arg in args for word in encode(arg)]


def encode(value: Any) -> list[str]:
    """Return a value in the program's words; a range of one cell is a scalar, as ``Value2`` gives it."""
    if isinstance(value, list | tuple):
        rows = value if value and isinstance(value[0], list | tuple) else [value]
        if len(rows) == len(rows[0]) == 1:
            return encode(rows[0][0])
        cells = [word for row in rows for cell in row for word in encode(cell)]
        return ["[", str(len(rows)), str(len(rows[0])), *cells]
    if value is None:
        return ["E"]
    if value is LEFT_OUT:
        return ["M"]
    if value is NULL:
        return ["Z"]
    if isinstance(value, bool):
        return [f"B{int(value)}"]
    if isinstance(value, str):
        return ["S" + _hex(value)]
    if isinstance(value, ErrorCell):
        return [f"X{value.number}"]
    if isinstance(value, Currency):
        return [f"C{value.amount!r}"]
    if isinstance(value, Date):
        return [f"D{value.serial!r}"]
    return [f"N{float(value)!r}"]


def decode(words: list[str]) -> Any:
    """Return what the program's words hold: a scalar, or rows."""
    if words[0] == "[":
        width = int(words[2])
        cells = [decode([word]) for word in words[3:]]
        return [cells[i : i + width] for i in range(0, len(cells), width)]
    kind, held = words[0][0], words[0][1:]
    known = {"N": float, "I": int, "S": _text, "B": lambda b: b == "1", "X": lambda n: ErrorCell(int(n))}
    return known[kind](held) if kind in known else {"E": None, "Z": NULL, "O": "object"}.get(words[0], words[0])


def _hex(text: str) -> str:
    return text.encode("utf-8").hex()


def _text(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-8")


def running(target: Target, words: str) -> list[int]:
    """Return the processes of the target whose command has these words."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            ours = f"WINEPREFIX={target.prefix}\0".encode() in (folder / "environ").read_bytes()
        except OSError:  # it has ended, or is somebody else's
            continue
        if ours and words in command:
            found.append(int(folder.name))
    return found


def servers(target: Target) -> list[int]:
    """Return the Python processes that serve rpxl."""
    return running(target, "rpxl.excel.server")


def memory(pid: int) -> float:
    """Return a process's memory in MB."""
    told = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert told
    return int(told[1]) / 1024


def wait_until_gone(pid: int) -> None:
    """Wait until a process that was killed has ended."""
    end = time.monotonic() + 20
    while _lives(pid):
        assert time.monotonic() < end, f"process {pid} does not end"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # the second: it ended between opening and reading
        return False


# What the add-in's VBA cannot do in the interpreter, the program in Excel's place does for it.
_GLUE = """
Public windows As Object

Public Sub Connect(ByVal given As Object)
    Set windows = given
End Sub

Private Function LoadLibrary(ByVal path As String) As Long
    LoadLibrary = windows.LoadLibrary(path)
End Function

Private Function ActivatePython(ByRef result As Variant, ByVal serverCommand As String, ByVal mode As Long) As Long
    ActivatePython = windows.Activate(serverCommand, mode)
    If ActivatePython = 0 Then
        Set result = New ComObject
    Else
        result = windows.Said()
    End If
End Function

Private Sub ReadSettings()
    settings = windows.Settings()
End Sub

Private Sub WriteFailure()
    windows.Note failure
End Sub

Private Sub ForgetFailure()
    failure = ""
    windows.Note ""
End Sub

Public Sub AskWindows()
    windows.Compute
    If windows.Number() <> 0 Then Err.Raise windows.Number(), , windows.Description()
End Sub

Public Function CommandLine() As String
    CommandLine = ServerCommand()
End Function

Public Function Answer() As Variant
    Dim values(0 To 0) As Variant, given As Variant
    CallPython "given by the test", values, False, given
    Answer = given
End Function
"""

_COM_OBJECT = """
Public Function Compute(ByVal functionName As Variant, ByVal values As Variant, ByVal from1904 As Variant) As Variant
    AskWindows
    Compute = "the answer is with the test"
End Function
"""


class AddIn:
    """An Excel whose cells call rpxl through the add-in's own VBA, which starts Python and fixes what fails."""

    def __init__(self, target: Target, python: str = "", dll_folder: str = "") -> None:
        self.target = target
        self.settings = {"INTERPRETER_WIN": python or target.python, "DLL_FOLDER": dll_folder or target.python_folder}
        self.excel = Excel(target)
        self.attempts: list[tuple[int, str]] = []
        """Each time that the DLL was asked: the mode, and the number at the end of the command."""
        self.notes: list[str] = []
        self.before_call: Any = None
        """What happens between finding Python and calling it; once."""
        self.instead_of_answer: Any = None
        """What happens while the call runs; once."""
        self._said: Any = None
        self._dll_error = 0
        self._fault = CallError(0, "")
        self._words: list[str] = []
        self._value: Any = None
        self.vba = ExcelApplication()
        self.vba.add_workbook()
        code = source("RpxlPython", without=["ReadSettings", "WriteFailure", "ForgetFailure"])
        code = code.replace("Err.LastDllError", "windows.DllError()")  # which the interpreter doesn't know
        self.vba.add_module(code + _GLUE, name="RpxlPython")
        self.vba.add_module(_COM_OBJECT, name="ComObject", kind="class")
        windows = Standing(
            loadlibrary=self._load,
            dllerror=lambda: self._dll_error,
            activate=self._activate,
            said=lambda: self._said,
            settings=lambda: "\n" + "".join(f"{name}\t{value}\n" for name, value in self.settings.items()),
            note=self.notes.append,
            compute=self._compute,
            number=lambda: self._fault.number,
            description=lambda: self._fault.description,
        )
        self.vba.run("Connect", windows)

    @property
    def command(self) -> str:
        """The command by which the add-in starts Python."""
        return str(self.vba.run("CommandLine"))

    def cell(self, name: str, *args: Any, from_1904: bool = False) -> Any:
        """Return what a cell gets."""
        self._words = self.excel.words(name, *args, from_1904=from_1904)
        self._value = None
        told = self.vba.run("Answer")
        return self._value if told == "the answer is with the test" else told

    def restart(self) -> None:
        """Press *Restart Python*."""
        self.vba.run("RestartPython")

    def close(self) -> None:
        """Quit Excel."""
        self.excel.close()

    def _load(self, path: str) -> int:
        self._dll_error = self.excel.load(str(path))
        return int(self._dll_error == 0)

    def _activate(self, command: str, mode: int) -> int:
        self.attempts.append((int(mode), str(command).split()[-1]))
        status, self._said = self.excel.activate(str(command), int(mode))
        return status

    def _compute(self) -> None:
        if self.before_call:
            happens, self.before_call = self.before_call, None
            happens()
        self._fault = CallError(0, "")
        self.excel.send(*self._words)
        if self.instead_of_answer:
            happens, self.instead_of_answer = self.instead_of_answer, None
            happens()
        try:
            self._value = self.excel.result(self.excel.answer())
        except CallError as fault:
            self._fault = fault
