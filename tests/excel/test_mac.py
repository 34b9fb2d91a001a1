"""Macros on a Mac: the name of a workbook or a path reaches the shell only as quoted text."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rpxl.excel import addin_file, host, install_addin, mac
from tests.excel.vba import source

# What a file's name can hold: all but / and NUL. The script parts its parameters by lines.
NASTY = "".join(chr(i) for i in range(1, 127) if chr(i) not in "/\n\r") + "äÖ€数\u2003😀"
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|quoted form of (\w+)')


def shell_command(parameters: str) -> str:
    """Do what the AppleScript does with its parameters, up to the command that it gives to the shell."""
    script = install_addin.script().decode()
    [names] = re.findall(r"set \{(.*)\} to paragraphs of parameters", script)
    values = dict(zip(names.split(", "), parameters.split("\n"), strict=True))
    [expression] = re.findall(r"do shell script (.*)", script)
    command, end = "", 0
    for piece in PIECE.finditer(expression):
        assert expression[end : piece.start()].strip() in ("", "&")  # nothing else goes in: no variable unquoted
        literal, variable = piece.groups()
        command += literal if variable is None else shlex.quote(values[variable])
        end = piece.end()
    assert expression[end:].strip() == ""
    return command


def test_a_python_with_every_character_in_its_path_is_started_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / NASTY[:120] / NASTY[60:]
    folder.mkdir(parents=True)
    python = folder / "python $(touch x) `touch x`; touch x"
    python.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; print(sys.argv[1:], file=sys.stderr)" "$@"\n'
    )
    python.chmod(0o755)
    log = folder / "rpxl.log"
    answers = "[Q3 $(touch x).xlsx]Sheet1!$A$1\t".encode("utf-16-be").hex()
    command = shell_command("\n".join([str(python), "0041", answers, str(log)]))
    assert command.endswith(" &")
    subprocess.run(["sh", "-c", command.removesuffix("&")], check=True, cwd=tmp_path)
    assert log.read_text() == f"{['-P', '-m', 'rpxl.excel.mac', '0041', answers]}\n"
    assert {path.name for path in tmp_path.rglob("*")} == {NASTY[:120], NASTY[60:], python.name, log.name}


def test_the_addin_hands_over_no_workbooks_name_and_digits_only() -> None:
    code = source("RpxlPython")
    mac_part = code[code.index("Public Sub AskPython") :].split("#Else")[0]
    assert "Workbook" not in code
    [parameters] = re.findall(r"parameters = (.*)", mac_part)
    assert parameters.split(" & vbLf & ") == [
        'Setting("INTERPRETER_MAC")',
        "AsHex(macroName)",
        "AsHex(answers)",
        'Environ("HOME") & "/rpxl.log"',
    ]
    assert mac_part.count("AppleScriptTask") == "".join(addin_file.modules().values()).count("AppleScriptTask") == 1


def test_name_and_answers_arrive_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(host, "run_on_mac", lambda *args: seen.append(args))
    name, answers = "template:" + NASTY, f"[{NASTY}]Sheet1!$A$1\t"
    mac.main([text.encode("utf-16-be").hex() for text in (name, answers)])
    assert seen == [(name, answers)]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("OSERROR: -1743 MESSAGE: The user has declined permission.", "Privacy & Security > Automation"),
        ("Application isn't running.", "rpxl cannot reach Excel (RuntimeError: Application isn't running.)"),
    ],
)
def test_an_excel_that_cannot_be_reached_is_told_in_a_window(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str, words: str
) -> None:
    def unreachable(*_: Any) -> None:
        raise RuntimeError(fault)

    told: list[str] = []
    monkeypatch.setattr(host, "run_on_mac", unreachable)
    mac.main(["0041", ""], told.append)
    assert words in told[0]
    assert fault in capsys.readouterr().err  # which the script writes into the log that the doctor reads


def test_the_window_is_given_its_text_as_an_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "osascript"
    program.write_text(f'#!/bin/sh\nfor word in "$@"; do echo "$word"; done > "{tmp_path}/said"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    mac._alert('"; touch x $(touch x)')
    assert (tmp_path / "said").read_text().splitlines()[-1] == '"; touch x $(touch x)'
