"""How the add-in starts and calls Python, in pyOpenVBA's interpreter: DLL and Python do what a test tells them."""

from collections.abc import Iterator
from typing import Any

import pytest
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import _intrinsics

from tests.excel.vba import source

# The log grows by one word for each thing that happens. `plan` tells, one word for each step, what the DLL answers:
# a number n is the activation failing with "hr = n"; "ok" gives a Python. `calls` tells the same of Compute.
DLL = """
Public log As String, plan As String, calls As String, clock As Date

Private Function NextWord(ByRef words As String) As String
    NextWord = Split(Trim$(words & " ok"), " ")(0)
    words = Mid$(words, Len(NextWord) + 2)
End Function

Private Function LoadLibrary(ByVal path As String) As Long
    log = log & "load:" & path & " "
    If InStr(path, "missing") = 0 Then LoadLibrary = 1
End Function

Private Function ActivatePython(ByRef result As Variant, ByVal serverCommand As String, ByVal mode As Long) As Long
    Dim step_ As String
    If mode = -1 Then
        log = log & "kill" & Right$(serverCommand, 1) & " "
        Exit Function
    End If
    step_ = NextWord(plan)
    log = log & "start" & Right$(serverCommand, 1) & ":" & step_ & " "
    If step_ = "ok" Then
        Set result = New FakePython
        Exit Function
    End If
    ActivatePython = -2147467259
    If step_ = "exited" Then
        result = "Python process exited before it was possible to create the interface object. Command: x"
    ElseIf step_ = "refused" Then
        result = "Could not create Python process. Error message: Access is denied."
    Else
        result = "Could not activate Python COM server, hr = " & step_
    End If
End Function

Public Sub Computed()
    Dim step_ As String
    step_ = NextWord(calls)
    log = log & "compute:" & step_ & " "
    If step_ <> "ok" Then Err.Raise CLng(step_), , "COM says no." & vbLf & "  File x, line 1"
End Sub

Private Sub ReadSettings()
    settings = vbLf & "INTERPRETER_WIN" & vbTab & "C:\\py\\python.exe" & vbLf
    settings = settings & "DLL_FOLDER" & vbTab & "%USERPROFILE%\\dlls" & vbLf
    log = log & "settings "
End Sub

Private Sub WriteFailure()
    log = log & "note "
End Sub

Private Sub ForgetFailure()
    failure = ""
    log = log & "forget "
End Sub

Public Function CommandLine() As String
    CommandLine = ServerCommand()
End Function

Public Function Hexadecimal(ByVal text As String) As String
    Hexadecimal = AsHex(text)
End Function

Public Sub Prepare(ByVal newPlan As String, ByVal newCalls As String)
    plan = newPlan
    calls = newCalls
    log = ""
End Sub

Public Function LogText() As String
    LogText = Trim$(log)
End Function

Public Sub LetPass(ByVal seconds As Double)
    failedAt = failedAt - seconds / 86400
End Sub

Public Function Answer() As Variant
    Dim values(0 To 0) As Variant, given As Variant
    CallPython "VOLS", values, False, given
    Answer = given
End Function

Public Function MacroAnswer() As String
    Dim given As String
    AskPython "weights", "", given
    MacroAnswer = given
End Function
""".replace("\\\\", "\\")

PYTHON = """
Public Function Compute(ByVal functionName As Variant, ByVal values As Variant, ByVal from1904 As Variant) As Variant
    Computed
    Compute = functionName & " computed"
End Function
Public Function RunMacro(ByVal macroName As Variant, ByVal answers As Variant, ByVal excel As Variant) As String
    Computed
    RunMacro = "tell" & vbTab & macroName
End Function
"""

GONE = ["-2147023174", "-2147023170", "-2147417848"]
BUSY = ["-2147417856", "-2147418111", "-2147417846"]


class AddIn:
    """The module in an Excel of pyOpenVBA's."""

    def __init__(self) -> None:
        self.app = ExcelApplication()
        self.app.add_workbook()
        code = source("RpxlPython", without=["ReadSettings", "WriteFailure", "ForgetFailure"])
        self.app.add_module(code + DLL, name="RpxlPython")
        self.app.add_module(PYTHON, name="FakePython", kind="class")

    def call(self, plan: str = "", calls: str = "", *, run: str = "Answer") -> tuple[str, str]:
        """Return the answer, and what happened."""
        self.app.run("Prepare", plan, calls)
        answer = str(self.app.run(run))
        return answer, str(self.app.run("LogText"))

    def run(self, name: str, *args: Any) -> Any:
        return self.app.run(name, *args)


@pytest.fixture
def addin(monkeypatch: pytest.MonkeyPatch) -> Iterator[AddIn]:
    monkeypatch.setitem(_intrinsics.INTRINSICS, "environ", lambda interpreter, args, named: f"C:\\{args[0]}")
    monkeypatch.delitem(_intrinsics.UNIMPLEMENTED, "environ")
    yield AddIn()


def test_the_first_call_loads_the_dll_by_its_path_and_later_ones_do_not(addin: AddIn) -> None:
    answer, log = addin.call()
    assert answer == "VOLS computed"
    load = next(word for word in log.split() if word.startswith("load:"))
    assert load.startswith("load:C:\\USERPROFILE\\dlls\\xlwings64-")
    assert load.endswith(".dll")
    assert addin.call() == ("VOLS computed", "start0:ok compute:ok")


def test_python_is_started_without_a_shell_and_by_the_same_command_for_all_workbooks(addin: AddIn) -> None:
    assert addin.run("CommandLine") == '"C:\\py\\python.exe" -P -m rpxl.excel.server $(CLSID) 0'
    assert "Workbook" not in source("RpxlPython")


@pytest.mark.parametrize("code", GONE)
def test_a_python_that_was_killed_between_two_calls_is_replaced(addin: AddIn, code: str) -> None:
    addin.call()
    assert addin.call(code) == ("VOLS computed", f"start0:{code} kill0 start1:ok forget compute:ok")
    assert addin.call() == ("VOLS computed", "start1:ok compute:ok")


@pytest.mark.parametrize("code", GONE)
def test_a_python_that_was_killed_during_a_call_is_replaced_once(addin: AddIn, code: str) -> None:
    addin.call()
    answer, log = addin.call("", code)
    assert (answer, log) == (
        "VOLS computed",
        f"start0:ok compute:{code} kill0 start1:ok forget compute:ok",
    )
    answer, log = addin.call("", f"{code} {code}")
    assert answer.startswith(f"#RPXL!#VALUE! Python ended while it worked on this (error {code}).")
    assert log.split().count(f"compute:{code}") == 2
    assert addin.call()[0] == "VOLS computed"


@pytest.mark.parametrize("code", BUSY)
def test_a_busy_python_is_asked_again_and_never_killed(addin: AddIn, code: str) -> None:
    addin.call()
    assert addin.call("", code) == ("VOLS computed", f"start0:ok compute:{code} start0:ok compute:ok")
    answer, log = addin.call("", f"{code} {code}")
    assert answer == "#RPXL!#VALUE! Python was busy with another task. Compute the cells again: Ctrl+Alt+F9."
    assert "kill" not in log
    answer, log = addin.call(f"{code} {code}")
    assert "was busy" in answer
    assert "kill" not in log
    assert "note" not in log


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("exited", "Python ended as soon as Excel had started it: rpxl is not in that Python"),
        (
            "refused",
            "a security rule forbids it ('Block all Office applications from creating child processes' is one)",
        ),
        ("-2147221164", "An Excel from the Microsoft Store is shut off from other programs"),
        ("-5", "Python could not be started: Could not activate Python COM server, hr = -5 Run 'rpxl doctor'"),
    ],
)
def test_after_a_start_that_failed_further_cells_do_not_try(addin: AddIn, plan: str, words: str) -> None:
    answer, log = addin.call(plan)
    assert answer.startswith("#RPXL!#VALUE! ")
    assert words in answer
    assert log.endswith(f"start0:{plan} note")
    for _ in range(3):
        again, log = addin.call("ok")
        assert words in again
        assert "tries again after a minute" in again
        assert "Restart Python" in again
        assert log == ""
    addin.run("LetPass", 61)
    assert addin.call("ok")[0] == "VOLS computed"
    assert addin.call() == ("VOLS computed", "start0:ok compute:ok")


def test_restart_python_tries_at_once(addin: AddIn) -> None:
    addin.call("exited")
    addin.run("RestartPython")
    answer, log = addin.call("ok")
    assert answer == "VOLS computed"
    assert log == "settings start1:ok forget compute:ok"


def test_another_fault_is_told_with_its_number(addin: AddIn) -> None:
    answer, log = addin.call("", "-2147352567")
    assert answer == (
        "#RPXL!#VALUE! Python did not answer: COM says no. (error -2147352567). Run 'rpxl doctor' in a terminal."
    )
    assert "kill" not in log


def test_a_macro_is_never_run_twice(addin: AddIn) -> None:
    answer, log = addin.call("", GONE[1], run="MacroAnswer")
    assert answer.startswith("refuse\tPython ended while it worked on this")
    assert log.split().count(f"compute:{GONE[1]}") == 1
    assert log.endswith("kill0")
    answer, _ = addin.call("", "", run="MacroAnswer")
    assert answer == "tell\tweights"


def test_answers_travel_as_hexadecimal_digits(addin: AddIn) -> None:
    text = "'[Büro.xlsx]Blatt 1'!$A$1\t10%\t数"
    assert bytes.fromhex(str(addin.run("Hexadecimal", text))).decode("utf-16-be") == text
