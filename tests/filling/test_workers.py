"""The processes that fill workbooks."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="there the parent's end is noticed by the pipe alone")
@pytest.mark.parametrize(("parent", "printed"), [("os.getppid()", "goes on\n"), ("os.getpid()", "")])
def test_a_process_ends_at_once_if_its_parent_has_ended_before(parent, printed):
    """A process whose parent has ended has another one."""
    code = f"import os; from rpxl.filling.workers import _end_with; _end_with({parent}); print('goes on')"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert ended.stdout == printed
