"""``rpxl install`` and ``rpxl remove``: put the add-in where Excel loads it, and remove all of it again."""

import sys
from dataclasses import dataclass
from pathlib import Path

from rpxl.excel import settings
from rpxl.excel.addin_file import build, differences, source_folder
from rpxl.excel.paths import DLL_KEY, SCRIPT_NAME, InstallError, InstallPaths, install_paths
from rpxl.excel.xlwings_files import dll_folder, dll_names, installed_version
from rpxl.files import leftovers, replace_file


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
    What was done; a file that was already right stays as it is and is not listed.

    Raises
    ------
    InstallError
        The system has no Excel, xlwings' DLL is missing, Excel could not read a path, or a file can't be written.
    """
    there = install_paths(home, platform)
    done = []
    check_letters(there, there.settings)
    try:
        wanted = settings.read(there) | _places(there, python, home or Path.home())
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


def _places(there: InstallPaths, python: str, home: Path) -> dict[str, str]:
    """Return the settings that tell the add-in where Python is and, on Windows, where xlwings' DLL is."""
    if there.is_mac:
        return {there.interpreter_key: python}
    folder = dll_folder()
    if folder is None:
        raise InstallError(
            f"{dll_names()[0]}, through which Excel calls Python, is not where pip puts it. Run 'pip install "
            "--force-reinstall --no-deps xlwings' with this Python, then 'rpxl install'. If the file goes away again, "
            "an antivirus program removes it: ask for an exception."
        )
    for path in (Path(python), folder):
        check_letters(there, path)
    return {there.interpreter_key: path_for_excel(python, home), DLL_KEY: path_for_excel(str(folder), home)}


def check_letters(there: InstallPaths, path: Path) -> None:
    """Refuse a path with letters that VBA can't read: it reads those of one code page only.

    Raises
    ------
    InstallError
        The path has such letters; the message names them and says what to do.
    """
    if letters := settings.unreadable(str(path), there.encoding):
        raise InstallError(f"Excel cannot read '{letters}' in {path}. {LETTERS_FIX}")


LETTERS_FIX = (
    "In Windows: Settings > Time & language > Language & region > Administrative language settings > Change system "
    "locale: choose the language of these letters. If only the path of Python has them, install rpxl in a folder "
    "without them: 'py -m venv C:\\rpxl', then, in the folder of this project, the one with pyproject.toml, "
    "'C:\\rpxl\\Scripts\\python -m pip install .' and 'C:\\rpxl\\Scripts\\rpxl install'."
)


def path_for_excel(path: str, home: Path) -> str:
    """Return a path as the settings hold it: a path in the user's folder begins with ``%USERPROFILE%``."""
    for folder in dict.fromkeys((str(home), str(home.resolve()))):
        if path.lower().startswith(folder.lower()) and path[len(folder) : len(folder) + 1] in ("\\", "/"):
            return "%USERPROFILE%" + path[len(folder) :]
    return path


def is_current(addin: Path, content: bytes) -> bool:
    """Tell whether a file is the add-in with this content, however it is compressed."""
    try:
        return addin.is_file() and not differences(content, addin.read_bytes())
    except Exception:  # an incomplete file, or one of another kind, is to be replaced
        return False


def script() -> bytes:
    """Return the script that the add-in runs on a Mac."""
    return (source_folder() / SCRIPT_NAME).read_bytes()


def _install_script(there: InstallPaths) -> list[Done]:
    """On a Mac, put the script into the folder from which Excel may run it."""
    if there.script is None or (there.script.is_file() and there.script.read_bytes() == script()):
        return []
    replace_file(there.script, script(), make_folder=True)
    return [Done(there.script, "Script written")]


def remove(home: Path | None = None, platform: str = sys.platform) -> list[Done]:
    """Remove everything that `install` and the add-in have written; settings that the user made are kept.

    Raises
    ------
    InstallError
        The system has no Excel, or a file can't be removed.
    """
    there = install_paths(home, platform)
    done = []
    try:
        paths = [there.addin, *leftovers(there.addin), there.last_failure, *_scripts(there)]
        for path in paths:
            if path.exists():
                path.unlink()
                done.append(Done(path, "Removed"))
        done += _forget_interpreter(there)
    except OSError as error:
        raise _refused(error, there) from None
    return done


def _scripts(there: InstallPaths) -> list[Path]:
    """Return the scripts to remove on a Mac.

    Earlier versions installed xlwings' own script; it stays if xlwings' add-in, which needs it, is installed.
    """
    if there.script is None:
        return []
    earlier = there.script.with_name(f"xlwings-{installed_version()}.applescript")
    return [there.script] if (there.addin.parent / "xlwings.xlam").exists() else [there.script, earlier]


def _forget_interpreter(there: InstallPaths) -> list[Done]:
    values = settings.read(there)
    if not there.settings.is_file():
        return []
    for key in (there.interpreter_key, DLL_KEY):
        values.pop(key, None)
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
