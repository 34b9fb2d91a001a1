"""``rpxl doctor`` as people run it: what it prints is what its file holds, and nothing is broken in a pipe."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rpxl.cli import app
from rpxl.excel import doctor
from rpxl.excel.check import Check


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    told = [Check("Add-in", "good", f"{Path.home()}/x/rpxl.xlam"), Check("Python", "bad", "is gone.", "Install it.")]
    monkeypatch.setattr(doctor, "doctor", lambda: told)
    return told


@pytest.mark.usefixtures("findings")
def test_the_report_is_a_file_to_send(tmp_path: Path) -> None:
    out = tmp_path / "report.txt"
    run = CliRunner().invoke(app, ["doctor", "--out", str(out)])
    assert run.exit_code == 1
    written = out.read_text("utf-8")
    assert "ok: Add-in: (home)/x/rpxl.xlam\nNOT OK: Python: is gone.\n    Install it.\n1 not ok.\n" in written
    assert run.output.startswith(written)
    assert CliRunner().invoke(app, ["doctor", "--out", str(out)]).exit_code == 1
    assert out.read_text("utf-8") == written


def test_with_nothing_wrong_it_ends_well(findings: list[Check]) -> None:
    findings[:] = findings[:1]
    run = CliRunner().invoke(app, ["doctor"])
    assert run.exit_code == 0
    assert run.output.endswith("All is well.\n")


def test_what_could_not_be_checked_is_not_called_well(findings: list[Check]) -> None:
    findings[:] = [findings[0], Check("Loaded", "unknown", "can be checked on Windows only.")]
    run = CliRunner().invoke(app, ["doctor"])
    assert run.exit_code == 0
    assert run.output.endswith(
        "No fault was found. The lines marked '?' say what could not be checked or needs a look.\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
@pytest.mark.usefixtures("findings")
def test_a_self_test_without_excel_is_told_and_leaves_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(app, ["doctor", "--selftest"])
    assert run.exit_code == 1
    assert "NOT OK: Self-test: The self-test needs Excel for Windows." in (tmp_path / "rpxl-selftest.txt").read_text()


def test_lines_are_whole_in_a_pipe() -> None:
    code = "from rpxl.cli.terminal import console; console.print('path ' * 300)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.count("\n") == 1
