"""The add-in in an office of its own: installed, used, moved to another interpreter, removed."""

import sys
from pathlib import Path

import pytest

from rpxl.calc import install_extension as module
from rpxl.calc.install_extension import install, remove, status


@pytest.fixture
def own_office(office_installed: None, monkeypatch, tmp_path: Path) -> None:
    """Have LibreOffice keep its profile and its extensions in a folder of the test."""
    folder = tmp_path / "käse und brot"
    for name in ("UserInstallation", "UNO_SHARED_PACKAGES_CACHE", "UNO_USER_PACKAGES_CACHE"):
        monkeypatch.setenv(name, (folder / name).as_uri())


def test_install_status_remove(own_office: None, tmp_path: Path, monkeypatch) -> None:
    assert status().python is None
    assert "rpxl calc install" in str(status())
    assert not remove()

    for _ in range(2):  # again is no harm
        installed = install()
        assert installed.python == Path(sys.executable)
        assert installed.problem == ""
    assert installed == status()

    gone = install(str(tmp_path / "ein anderes" / "pythön"))
    assert gone.python == tmp_path / "ein anderes" / "pythön"
    assert "no longer exists" in gone.problem

    install()
    monkeypatch.setattr(module, "__version__", "99.0")
    assert "99.0" in status().problem

    assert remove()
    assert not remove()
    assert status().python is None
