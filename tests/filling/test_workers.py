"""The processes that fill workbooks."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

import rpxl
from rpxl.filling.workers import _search_path


def python(code: str, **options) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], **options
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there the parent's end is noticed by the pipe alone")
@pytest.mark.parametrize(("parent", "printed"), [("os.getppid()", "goes on\n"), ("os.getpid()", "")])
def test_a_process_ends_at_once_if_its_parent_has_ended_before(parent, printed):
    """A process whose parent has ended has another one."""
    ended = python(f"import os; from rpxl.filling.workers import _end_with; _end_with({parent}); print('goes on')")
    assert (ended.returncode, ended.stdout) == (0, printed)


def test_a_process_ends_without_failing_when_its_input_ends():
    ended = python("import os; from rpxl.filling.workers import main; main(os.getppid())", input="")
    assert (ended.returncode, ended.stdout) == (0, "")


def waits(_, seconds):
    time.sleep(seconds)


def test_a_program_that_ends_does_not_wait_for_tasks_that_it_left():
    ended = python(
        "from rpxl.filling import workers; from tests.filling.test_workers import waits\n"
        "events = workers.run(waits, None, [300], 1)\n"
        "print(next(events))",
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, "Started(task=0)\n")


def test_processes_look_for_modules_where_rpxl_lies_and_in_the_current_folder_only_if_that_is_it(monkeypatch, tmp_path):
    home = str(Path(rpxl.__file__).resolve().parents[1])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), ".", "/elsewhere"])
    assert _search_path() == ["/elsewhere", home]
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "path", ["", home, ".", "/elsewhere"])
    assert _search_path() == [home, "/elsewhere"]
