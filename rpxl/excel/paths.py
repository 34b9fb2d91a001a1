"""Where the add-in, its settings and xlwings' script belong on this computer."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rpxl.errors import RpxlError

NOT_HERE = (
    "Excel runs on Windows and on a Mac only, so there is nothing to install here. What works on this system: "
    "'rpxl fill' and 'rpxl templates' for workbooks, 'rpxl eval' for single functions, and 'rpxl calc install' for "
    "the functions in LibreOffice. 'rpxl addin build' builds rpxl.xlam, to be carried to a PC with Excel."
)
"""The message on a system that has no Excel."""


FILE_NAME = "rpxl.xlam"
SCRIPT_NAME = "rpxl.applescript"

DLL_KEY = "DLL_FOLDER"
"""The setting that tells the add-in where xlwings' DLL is."""


class InstallError(RpxlError):
    """The add-in cannot be installed or removed; the message says why and what to do."""


@dataclass(frozen=True)
class InstallPaths:
    """The files that an installation consists of.

    Attributes
    ----------
    addin
        The add-in, in Excel's start folder.
    settings
        The settings file, which VBA reads and writes.
    script_folder
        The folder of the script that the add-in runs on a Mac; None on Windows.
    interpreter_key
        The setting that says which Python Excel starts.
    encoding
        The encoding in which Excel reads the settings: on Windows the PC's own code page.
    """

    addin: Path
    settings: Path
    script_folder: Path | None
    interpreter_key: str
    encoding: str

    @property
    def script(self) -> Path | None:
        """The script that the add-in runs on a Mac."""
        return None if self.script_folder is None else self.script_folder / SCRIPT_NAME

    @property
    def last_failure(self) -> Path:
        """Where the add-in notes why Python could not be started; on a Mac, what Python printed when a macro failed."""
        return self.settings.with_name("rpxl.log" if self.is_mac else "last-failure.txt")

    @property
    def is_mac(self) -> bool:
        """Whether these are the paths on a Mac."""
        return self.script_folder is not None


def install_paths(home: Path | None = None, platform: str = sys.platform) -> InstallPaths:
    """Return the paths on a system, under the user's home folder.

    Raises
    ------
    InstallError
        The system has no Excel.
    """
    home = home or Path.home()
    if platform == "win32":
        roaming = Path(os.environ["APPDATA"]) if home == Path.home() and "APPDATA" in os.environ else None
        start = (roaming or home / "AppData" / "Roaming") / "Microsoft" / "Excel" / "XLSTART"
        settings = home / ".rpxl" / "rpxl.conf"
        return InstallPaths(
            start / FILE_NAME, settings, None, "INTERPRETER_WIN", "mbcs" if os.name == "nt" else "cp1252"
        )
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
        settings = library / "Containers" / "com.microsoft.Excel" / "Data" / "rpxl.conf"
        scripts = library / "Application Scripts" / "com.microsoft.Excel"
        return InstallPaths(start / FILE_NAME, settings, scripts, "INTERPRETER_MAC", "utf-8")
    raise InstallError(NOT_HERE)
