"""Where the add-in, its settings and xlwings' script belong on this computer."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rpxl.errors import RpxlError
from rpxl.excel.builder import FILE_NAME
from rpxl.excel.shipped import PROJECT

NOT_HERE = (
    "Excel runs on Windows and on a Mac only, so there is nothing to install here. What works on this system: "
    "'rpxl fill' and 'rpxl templates' for workbooks, 'rpxl eval' for single functions, and 'rpxl calc install' for "
    "the functions in LibreOffice. 'rpxl addin build' builds rpxl.xlam, to be carried to a PC with Excel."
)
"""What is told on a system that has no Excel."""


class InstallError(RpxlError):
    """The add-in cannot be installed or removed; the message says why and what to do."""


@dataclass(frozen=True)
class Places:
    """The files that an installation consists of.

    `encoding` is what Excel reads the settings in: the PC's own code page on Windows.
    """

    addin: Path
    settings: Path
    script_folder: Path | None
    interpreter_key: str
    encoding: str

    @property
    def is_mac(self) -> bool:
        """Whether these are the places of a Mac."""
        return self.script_folder is not None


def places(home: Path | None = None, platform: str = sys.platform) -> Places:
    """Return the places for a system, under the user's home folder.

    Raises
    ------
    InstallError
        The system has no Excel.
    """
    home = home or Path.home()
    if platform == "win32":
        roaming = Path(os.environ["APPDATA"]) if home == Path.home() and "APPDATA" in os.environ else None
        start = (roaming or home / "AppData" / "Roaming") / "Microsoft" / "Excel" / "XLSTART"
        settings = home / f".{PROJECT}" / f"{PROJECT}.conf"
        return Places(start / FILE_NAME, settings, None, "INTERPRETER_WIN", "mbcs" if os.name == "nt" else "cp1252")
    if platform == "darwin":
        library = home / "Library"
        start = (
            library
            / "Group Containers"
            / "UBF8T346G9.Office"
            / "User Content.localized"
            / "Startup.localized"
            / "Excel"
        )
        settings = library / "Containers" / "com.microsoft.Excel" / "Data" / f"{PROJECT}.conf"
        scripts = library / "Application Scripts" / "com.microsoft.Excel"
        return Places(start / FILE_NAME, settings, scripts, "INTERPRETER_MAC", "utf-8")
    raise InstallError(NOT_HERE)


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or the old one; Excel would load half an add-in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = beside_of(path)
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def beside_of(path: Path) -> Path:
    """Return the name under which a file is written before it takes its place; Excel passes over such names."""
    return path.with_name(f"~{path.name}.new")
