"""``rpxl install`` and ``rpxl remove``: put the add-in where Excel loads it, and take all of it away again."""

import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rpxl.excel import settings
from rpxl.excel.addin_file import build, differences
from rpxl.excel.paths import InstallError, InstallPaths, install_paths
from rpxl.excel.xlwings_vba import installed_version
from rpxl.files import leftovers, replace_file

_SCRIPTS = "xlwings-*.applescript"


@dataclass(frozen=True)
class Done:
    """What a step of an installation did."""

    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.what}: {self.path}"


def install(home: Path | None = None, platform: str = sys.platform, python: str = sys.executable) -> list[Done]:
    """Install the add-in for this user, or bring an installation up to date.

    Parameters
    ----------
    home, platform, python
        Where and for which system to install, and the interpreter that Excel is to start; this one by default.

    Returns
    -------
    What was done; a file that was right already is left alone and not listed.

    Raises
    ------
    InstallError
        The system has no Excel, or a file can't be written.
    """
    there = install_paths(home, platform)
    done = []
    try:
        wanted = settings.read(there) | {
            there.interpreter_key: interpreter_for_excel(python, home or Path.home(), there)
        }
        if settings.read(there) != wanted:
            settings.write(there, wanted)
            done.append(Done(there.settings, "Settings written"))
        done += _install_script(there)
        content = build()
        if not is_current(there.addin, content):
            replace_file(there.addin, content, make_folder=True)
            done.append(Done(there.addin, "Add-in written"))
        for half in leftovers(there.addin):
            half.unlink()
    except OSError as error:
        raise _refused(error, there) from None
    return done


def interpreter_for_excel(python: str, home: Path, there: InstallPaths) -> str:
    """Return the interpreter's path as the settings hold it.

    On Windows a path below the home folder begins with ``%USERPROFILE%``, so that the user's name, in whatever
    letters, does not pass through the code page.
    """
    if there.is_mac:
        return python
    for folder in dict.fromkeys((str(home), str(home.resolve()))):
        if python.lower().startswith(folder.lower()) and python[len(folder) : len(folder) + 1] in ("\\", "/"):
            return "%USERPROFILE%" + python[len(folder) :]
    return python


def is_current(addin: Path, content: bytes) -> bool:
    """Tell whether a file is the add-in with this content, however it is compressed."""
    try:
        return addin.is_file() and not differences(content, addin.read_bytes())
    except Exception:  # half a file, or another one: it is to be replaced
        return False


def _install_script(there: InstallPaths) -> list[Done]:
    """Put xlwings' script where macros of a Mac may run it, and take away those of other versions."""
    if there.script_folder is None:
        return []
    name = f"xlwings-{installed_version()}.applescript"
    content = (files("xlwings") / name).read_bytes()
    path = there.script_folder / name
    if path.is_file() and path.read_bytes() == content:
        return []
    replace_file(path, content, make_folder=True)
    return [Done(path, "Script written")]


def remove(home: Path | None = None, platform: str = sys.platform) -> list[Done]:
    """Take away everything that `install` has written; what others may use, or the user has set, is kept.

    The script of xlwings goes too, unless xlwings' own add-in is there and needs it.

    Raises
    ------
    InstallError
        The system has no Excel, or a file can't be removed.
    """
    there = install_paths(home, platform)
    done = []
    try:
        paths = [there.addin, *leftovers(there.addin)]
        if there.script_folder is not None and not (there.addin.parent / "xlwings.xlam").exists():
            paths.append(there.script_folder / f"xlwings-{installed_version()}.applescript")
        for path in paths:
            if path.exists():
                path.unlink()
                done.append(Done(path, "Removed"))
        done += _forget_interpreter(there)
    except OSError as error:
        raise _refused(error, there) from None
    return done


def _forget_interpreter(there: InstallPaths) -> list[Done]:
    values = settings.read(there)
    if not there.settings.is_file():
        return []
    values.pop(there.interpreter_key, None)
    if values:
        settings.write(there, values)
        return [Done(there.settings, "Your own settings kept")]
    there.settings.unlink()
    if there.settings.parent.name == ".rpxl" and not any(there.settings.parent.iterdir()):
        there.settings.parent.rmdir()
    return [Done(there.settings, "Removed")]


def _refused(error: OSError, there: InstallPaths) -> InstallError:
    path = error.filename or there.addin
    return InstallError(
        f"{path}: {error.strerror or error}. Close Excel and try again; if that does not help, the folder may be "
        "protected: ask whoever looks after this computer for the right to write there."
    )
