"""Where LibreOffice and its programs are on this computer."""

import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from rpxl.calc.pipe import clean_environment
from rpxl.errors import RpxlError

_SYSTEM = platform.system()
_INSTALL = {
    "Linux": "Install it with: sudo apt-get install libreoffice-calc python3-uno (Debian, Ubuntu), "
    "sudo dnf install libreoffice-calc libreoffice-pyuno (Fedora), or from libreoffice.org.",
    "Darwin": "Install it with: brew install --cask libreoffice, or from libreoffice.org.",
    "Windows": "Install it with: winget install TheDocumentFoundation.LibreOffice, or from libreoffice.org.",
}


class OfficeError(RpxlError):
    """LibreOffice is missing, or did not do what it was asked."""


def missing(what: str) -> OfficeError:
    """Return the error that says what is missing and how to install it on this system."""
    return OfficeError(f"{what} is not installed. {_INSTALL.get(_SYSTEM, _INSTALL['Linux'])}")


def _folders() -> list[Path]:
    """Return the folders in which LibreOffice usually is, in case it is not on the PATH."""
    if _SYSTEM == "Darwin":
        inside = "Applications/LibreOffice.app/Contents/MacOS"
        return [Path("/", inside), Path.home() / inside]
    if _SYSTEM == "Windows":
        roots = (os.environ.get(name) for name in ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)"))
        return [Path(root, "LibreOffice", "program") for root in roots if root]
    return [
        *sorted(Path("/opt").glob("libreoffice*/program"), reverse=True),
        Path("/usr/lib/libreoffice/program"),
        Path("/usr/lib64/libreoffice/program"),
    ]


def find_soffice() -> Path:
    """Return the path of LibreOffice's program.

    Raises
    ------
    OfficeError
        It is not installed.
    """
    names = ("soffice.com", "soffice.exe") if _SYSTEM == "Windows" else ("soffice", "libreoffice")
    return _find(names) or _raise("LibreOffice")


def find_unopkg() -> Path:
    """Return the path of the program that installs extensions into LibreOffice.

    Raises
    ------
    OfficeError
        It is not installed.
    """
    beside = find_soffice().resolve().parent  # if there are several offices: the one that rpxl uses
    names = ("unopkg.com", "unopkg.exe") if _SYSTEM == "Windows" else ("unopkg",)
    return next((beside / n for n in names if (beside / n).is_file()), None) or _find(names) or _raise("unopkg")


def _find(names: tuple[str, ...]) -> Path | None:
    on_path = (shutil.which(name) for name in names)
    usual = (str(folder / name) for folder in _folders() for name in names if (folder / name).is_file())
    return next((Path(found) for found in (*on_path, *usual) if found), None)


def _raise(what: str) -> Path:
    raise missing(what)


@cache
def find_office_python() -> Path:
    """Return an interpreter that can talk to the office: the office's own, or the system's with python3-uno.

    Raises
    ------
    OfficeError
        There is none.
    """
    program = find_soffice().resolve().parent
    candidates = [
        program / "python.exe",
        program / "python",
        program.parent / "Resources" / "python",
        Path("/usr/bin/python3"),
        Path(sys.executable),
    ]
    for python in candidates:
        if python.is_file() and _runs(python, "import sys; sys.path = list(filter(None, sys.path)); import uno"):
            return python
    raise missing("The bridge between Python and LibreOffice (python3-uno)")


def _runs(python: Path, code: str) -> bool:
    """Tell whether an interpreter runs some code; it must import nothing from the current folder."""
    try:
        done = subprocess.run([python, "-c", code], env=clean_environment(), capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
