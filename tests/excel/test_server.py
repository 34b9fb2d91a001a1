"""What the add-in starts: versions on demand, conda's folders on the path, one COM call for a cell and for a macro."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rpxl import __version__
from rpxl.excel import server
from rpxl.excel.xlwings_files import installed_version


def test_it_says_which_versions_would_answer() -> None:
    command = [sys.executable, "-P", "-m", "rpxl.excel.server", "--check"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(told) == [__version__, installed_version()]


def test_a_conda_environment_needs_no_activation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "before")
    server.activate_conda(tmp_path)
    assert os.environ["PATH"] == "before"  # a Python of another kind
    (tmp_path / "conda-meta").mkdir()
    server.activate_conda(tmp_path)
    path = os.environ["PATH"].split(os.pathsep)
    assert path[0] == str(tmp_path)
    assert str(tmp_path / "Library" / "bin") in path
    assert path[-1] == "before"
    server.activate_conda(tmp_path)
    assert os.environ["PATH"].split(os.pathsep) == path


class XLPython:
    _public_methods_ = ("CallUDF",)


def test_excel_can_call_what_xlwings_has_and_two_methods_more(monkeypatch: pytest.MonkeyPatch) -> None:
    made = server.server_class(SimpleNamespace(XLPython=XLPython), lambda *args: args)()
    assert set(made._public_methods_) == {"CallUDF", "Compute", "RunMacro"}
    assert made.Compute("VOLS", (1.0,), True) == ("VOLS", (1.0,), True)
    seen: list[Any] = []
    monkeypatch.setattr("rpxl.excel.host.run", lambda *args: seen.append(args) or "tell\tDone.")
    monkeypatch.setattr(server, "import_module", lambda name: SimpleNamespace(Dispatch=lambda raw: f"{name} {raw}"))
    assert made.RunMacro("weights", "", "Excel") == "tell\tDone."
    assert seen == [("weights", "", "win32com.client Excel")]
