"""Install the add-in into the user's LibreOffice, remove it, and tell whether it is installed and can work.

Nothing else is stored: in LibreOffice, the add-in's description holds the interpreter that the add-in starts.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from urllib.request import url2pathname

from rpxl import __version__
from rpxl.calc.extension import SUFFIX, package_bytes
from rpxl.calc.locate import OfficeError, find_unopkg
from rpxl.calc.pipe import clean_environment
from rpxl.formulas.stored_names import CALC_IDENTIFIER

_DESCRIPTION = re.compile(r"Description: .*\brpxl (?P<version>\S+) in (?P<python>file:\S+)")
_SECONDS = 180


@dataclass(frozen=True)
class Status:
    """The state of the add-in in the user's LibreOffice.

    Attributes
    ----------
    python
        The interpreter that the add-in starts; None when it is not installed.
    version
        The version of rpxl that the add-in was made from.
    problem
        What is wrong and how to fix it; an empty text if nothing is wrong.
    """

    python: Path | None = None
    version: str = ""
    problem: str = ""

    def __str__(self) -> str:
        if self.python is None:
            return self.problem
        return f"The add-in of rpxl {self.version} is in LibreOffice; it uses {self.python}. {self.problem}".rstrip()


def install(python: str = sys.executable) -> Status:
    """Install the add-in into the user's LibreOffice, instead of an older one; it works after the next start.

    Parameters
    ----------
    python
        The interpreter that has rpxl.

    Raises
    ------
    OfficeError
        LibreOffice is not installed, or refuses.
    """
    with TemporaryDirectory() as folder:
        package = Path(folder, f"rpxl{SUFFIX}")
        package.write_bytes(package_bytes(python))
        done = _unopkg("add", "-f", "-s", str(package))
    if done.returncode:
        raise OfficeError(f"LibreOffice does not take the add-in: {_words(done)}. Close LibreOffice and try again.")
    return status()


def remove() -> bool:
    """Remove the add-in from the user's LibreOffice; return False if it was not there.

    Raises
    ------
    OfficeError
        LibreOffice is not installed, or refuses.
    """
    if status().python is None:
        return False
    done = _unopkg("remove", CALC_IDENTIFIER)
    if done.returncode:
        raise OfficeError(f"LibreOffice does not remove the add-in: {_words(done)}. Close LibreOffice and try again.")
    return True


def status() -> Status:
    """Tell whether the add-in is installed, which interpreter it starts, and whether that will work.

    Raises
    ------
    OfficeError
        LibreOffice is not installed.
    """
    done = _unopkg("list", CALC_IDENTIFIER)
    found = _DESCRIPTION.search(done.stdout)
    if done.returncode or not found:
        return Status(problem="The add-in is not in LibreOffice. Install it with: rpxl calc install")
    python = Path(url2pathname(urlsplit(found["python"]).path))
    return Status(python, found["version"], _problem(python, found["version"]))


def _problem(python: Path, version: str) -> str:
    fix = "Install the add-in again with: rpxl calc install"
    if not python.is_file():
        return f"That Python no longer exists. {fix}"
    code = "import rpxl; print(rpxl.__version__)"
    try:
        done = _run([str(python), "-P", "-c", code])
    except (OSError, subprocess.TimeoutExpired):
        return f"That Python does not start. {fix}"
    if done.returncode:
        return f"That Python has no rpxl: {_words(done)}. {fix}"
    if done.stdout.strip() != version:
        return f"That Python now has rpxl {done.stdout.strip()}. {fix}"
    if version != __version__:
        return f"This is rpxl {__version__}. {fix}"
    return ""


def _unopkg(command: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the office's installer; root (the administrator) can install only for all users."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        return _run([str(find_unopkg()), command, *(["--shared"] if is_root else []), *args])
    except subprocess.TimeoutExpired:
        raise OfficeError(f"LibreOffice's installer took longer than {_SECONDS} seconds. Close LibreOffice.") from None


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=clean_environment(),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        timeout=_SECONDS,
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _words(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a program printed and that says something."""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines()]
    said = [line for line in lines if line and line != "ERROR: unopkg failed."]
    return said[-1].rstrip(".") if said else f"exit status {done.returncode}"
