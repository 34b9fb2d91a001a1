"""The add-in's VBA judged by a second interpreter, LibreOffice's Basic with ``Option VBASupport 1``.

Every module compiles there, as for Windows and as for a Mac, and what needs neither Windows nor cells is run. Where
LibreOffice differs from Excel, so that something is changed here or left to pyOpenVBA's interpreter:

- it takes no ``#If``: the branches are taken before, by pyOpenVBA;
- it reserves ``output``, which Excel does not, as a parameter's name;
- it has no ``Range.Value2``, copies no argument that was left out, and ``Application.Caller`` is empty: so ``CallRpxl``
  does not run there;
- an error raised in a called procedure does not reach the caller's ``On Error GoTo``: so the recovery does not either.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyopenvba.interpreter._preprocess import strip_directives

from rpxl.calc.locate import OfficeError, find_office_python, find_soffice
from rpxl.calc.pipe import clean_environment
from rpxl.excel import addin_file

MODULES = ("RpxlCall", "RpxlPython", "RpxlRibbon", "RpxlFunctions")
RUNNER = Path(__file__).with_name("office_basic.py")

# What is private, for the tests
PROBES = """
Public Function OneSetting(ByVal settingName As String) As String
    OneSetting = Setting(settingName)
End Function
Public Function KeepAndRead(ByVal pressed As Boolean) As String
    Dim kept As String
    KeepReasonsInCells pressed
    ReadSetting "REASONS_IN_CELLS", kept
    KeepAndRead = kept
End Function
Public Function Hexadecimal(ByVal text As String) As String
    Hexadecimal = AsHex(text)
End Function
"""

WINDOWS_PROBES = """
Public Function CommandText() As String
    CommandText = ServerCommand()
End Function
Public Function GoneBusy(ByVal number As Long) As String
    GoneBusy = CStr(IsGone(number)) & CStr(IsBusy(number))
End Function
Public Function NumberOf(ByVal text As String) As Long
    NumberOf = NumberIn(text)
End Function
Public Function Explained(ByVal text As String) As String
    Explained = ReasonOf(text)
End Function
Public Function Noted() As String
    failure = "It did not start."
    failedAt = DateSerial(2026, 1, 31) + TimeSerial(9, 5, 0)
    WriteFailure
    Noted = FailurePath()
End Function
"""

MAC_PROBES = """
Public Function Answered() As String
    Dim values As Variant, answer As Variant
    values = Array(1)
    CallPython "VOLS", values, False, answer
    Answered = answer
End Function
"""


@pytest.fixture
def office() -> tuple[str, str]:
    """Skip without LibreOffice; fail instead where it must be there."""
    try:
        return str(find_soffice()), str(find_office_python())
    except OfficeError as missing:
        if os.environ.get("RPXL_REQUIRE_OFFICE"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def compiled(name: str) -> str:
    """A function that answers only when all of its module compiles."""
    return f"\nPublic Function Compiled{name}() As String\n    Compiled{name} = ThisCompiles()\nEnd Function\n" + (
        'Private Function ThisCompiles() As String\n    ThisCompiles = "yes"\nEnd Function\n'
    )


def for_office(name: str, *, mac: bool) -> str:
    source = "\n".join(addin_file.modules()[name].splitlines()[1:]) + "\n"
    source = strip_directives(source, constants={"Mac": mac, "Win64": not mac}).replace("\\.rpxl\\", "/.rpxl/")
    if name == "RpxlFunctions":
        source = re.sub(r"\boutput\b", "output_", source)
    if name == "RpxlPython":
        source += PROBES + (MAC_PROBES if mac else WINDOWS_PROBES)
    return source + compiled(name)


def run(office: tuple[str, str], folder: Path, calls: list[list[Any]], *, mac: bool) -> list[Any]:
    """Return what the calls answer, after the proof that every module compiles."""
    soffice, python = office
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    task = {
        "command": [
            soffice,
            "--headless",
            "--norestore",
            "--nologo",
            "--nodefault",
            profile,
            "--accept=pipe,name=PIPE;urp;",
        ],
        "modules": {name: for_office(name, mac=mac) for name in MODULES},
        "calls": [*([f"{name}.Compiled{name}"] for name in MODULES), *calls],
    }
    environment = {**clean_environment(), "USERPROFILE": str(folder), "HOME": str(folder)}
    done = subprocess.run(
        [python, str(RUNNER)], input=json.dumps(task), capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert dict(zip(MODULES, answers[: len(MODULES)], strict=True)) == {name: ["ok", "yes"] for name in MODULES}
    return [answer for state, answer in answers[len(MODULES) :] if state == "ok" or pytest.fail(answer)]


def test_windows(office: tuple[str, str], tmp_path: Path) -> None:
    settings = tmp_path / ".rpxl" / "rpxl.conf"
    settings.parent.mkdir()
    settings.write_text(
        '"INTERPRETER_WIN","%USERPROFILE%/py, 2/python.exe"\n"EMPTY",""\n"REASONS_IN_CELLS","no"\nMINE,a, b\n"HALF","x'
    )
    refused = "Could not create Python process. Error message: Access is denied."
    calls: list[list[Any]] = [
        ["RpxlPython.OneSetting", "INTERPRETER_WIN"],
        ["RpxlPython.OneSetting", "EMPTY"],
        ["RpxlPython.OneSetting", "NOT_THERE"],
        ["RpxlPython.OneSetting", "HALF"],
        ["RpxlPython.OneSetting", "MINE"],
        ["RpxlPython.CommandText"],
        ["RpxlPython.KeepAndRead", True],
        ["RpxlPython.Hexadecimal", "Bü\t数"],
        ["RpxlPython.GoneBusy", -2147023170],
        ["RpxlPython.GoneBusy", -2147417856],
        ["RpxlPython.NumberOf", "Could not activate Python COM server, hr = -2147023174"],
        ["RpxlPython.NumberOf", "something else"],
        ["RpxlPython.Explained", refused],
        ["RpxlPython.Noted"],
    ]
    answers = run(office, tmp_path, calls, mac=False)
    python = f"{tmp_path}/py, 2/python.exe"
    assert [answers.pop(3), answers.pop(3)] == ["", "a, b"]
    assert answers[:4] == [python, "", "", f'"{python}" -P -m rpxl.excel.server $(CLSID) 0']
    assert answers[4:10] == ["true", "004200FC00096570", "TrueFalse", "FalseTrue", -2147023174, 0]
    assert "a security rule forbids it" in answers[10]
    assert answers[10].endswith(refused)
    assert Path(answers[11]).read_text() == "2026-01-31 09:05\tIt did not start.\n"
    assert settings.read_text().splitlines() == [
        '"INTERPRETER_WIN","%USERPROFILE%/py, 2/python.exe"',
        '"EMPTY",""',
        '"MINE","a, b"',
        '"REASONS_IN_CELLS","true"',
    ]


def test_mac(office: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "rpxl.conf").write_text('"INTERPRETER_MAC","/usr/bin/python3"\n')
    calls: list[list[Any]] = [
        ["RpxlPython.OneSetting", "INTERPRETER_MAC"],
        ["RpxlPython.KeepAndRead", False],
        ["RpxlPython.Answered"],
    ]
    python, kept, answer = run(office, tmp_path, calls, mac=True)
    assert (python, kept) == ("/usr/bin/python3", "false")
    assert answer.startswith("#RPXL!#N/A Excel for Mac cannot compute")
