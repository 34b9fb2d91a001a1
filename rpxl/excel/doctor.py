"""``rpxl status`` and ``rpxl doctor``: is the installation whole, and what mends it if not."""

import json
import os
import platform as system
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rpxl import __version__
from rpxl.excel import settings
from rpxl.excel.addin_file import build, differences
from rpxl.excel.install_addin import LETTERS_MEND, script
from rpxl.excel.paths import DLL_KEY, NOT_HERE, InstallError, InstallPaths, install_paths
from rpxl.excel.xlwings_files import dll_names, installed_version

State = Literal["good", "bad", "unknown"]


@dataclass(frozen=True)
class Check:
    """What one check found; `mend` says what to do when it is not good."""

    check: str
    state: State
    told: str
    mend: str = ""

    def __str__(self) -> str:
        mark = {"good": "ok", "bad": "NOT OK", "unknown": "?"}[self.state]
        return f"{mark}: {self.check}: {self.told}" + (f"\n    {self.mend}" if self.mend else "")


def status(home: Path | None = None, platform: str = sys.platform) -> str:
    """Say in one line whether the add-in is installed for this user, and whether it is the one of this rpxl."""
    try:
        there = install_paths(home, platform)
    except InstallError as error:
        return str(error)
    if not there.addin.is_file():
        return f"rpxl {__version__} is not installed in Excel. 'rpxl install' does it."
    bad = [finding for finding in (_addin(there), _interpreter(there, home)) if finding.state == "bad"]
    if bad:
        return f"rpxl {__version__} is installed in Excel, but {bad[0].told} {bad[0].mend}"
    return f"rpxl {__version__} is installed in Excel: {there.addin}"


def doctor(home: Path | None = None, platform: str = sys.platform) -> list[Check]:
    """Check everything that goes wrong for people, each with its mend."""
    try:
        there = install_paths(home, platform)
    except InstallError:
        return [Check("System", "unknown", NOT_HERE)]
    checks: list[Callable[[], Check]] = [
        lambda: _addin(there),
        lambda: _second_copy(there, home),
        lambda: _loaded(there),
        lambda: _interpreter(there, home),
        lambda: _rpxl_in_interpreter(there, home),
    ]
    if there.is_mac:
        checks += [lambda: _script(there), _mac_functions]
    else:
        checks += [
            lambda: _disabled(there),
            _macros_allowed,
            lambda: _dll(there, home),
            lambda: _store_python(there, home),
            lambda: _letters(there, home),
            _leftovers,
            lambda: _one_drive(there),
        ]
    return [_guarded(check) for check in checks]


def _guarded(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:
        return Check("Doctor", "unknown", f"a check could not be made ({type(error).__name__}: {error}).")


def report(home: Path | None = None, platform: str = sys.platform) -> str:
    """Return versions and findings as text."""
    return "\n".join([versions(), "", *map(str, doctor(home, platform))])


def versions() -> str:
    """Return the versions of what answers the add-in, and where that is."""
    bits = struct.calcsize("P") * 8
    python = f"Python {system.python_version()} ({bits} bit)"
    return f"rpxl {__version__}, xlwings {installed_version()}, {python}\n{sys.executable}"


def _addin(there: InstallPaths) -> Check:
    check = "Add-in"
    if not there.addin.is_file():
        return Check(check, "bad", f"there is no {there.addin}.", "Run 'rpxl install', then start Excel again.")
    try:
        changed = differences(build(), there.addin.read_bytes())
    except Exception:  # a file that is no add-in is to be told, whatever is wrong with it
        return Check(check, "bad", f"{there.addin} is damaged.", "Close Excel and run 'rpxl install'.")
    if changed:
        told = "the add-in is of another version of rpxl or xlwings than the ones that answer it."
        return Check(check, "bad", told, "Close Excel and run 'rpxl install'.")
    return Check(check, "good", str(there.addin))


def _second_copy(there: InstallPaths, home: Path | None) -> Check:
    check = "One copy only"
    if there.is_mac:
        return Check(check, "good", "there is one folder for add-ins that start with Excel.")
    others = [there.addin.parents[1] / "AddIns", (home or Path.home()) / "AppData" / "Roaming" / "Microsoft" / "AddIns"]
    found = [folder / there.addin.name for folder in others if (folder / there.addin.name).is_file()]
    if found:
        mend = "Delete it: Excel would load rpxl twice, and formulas might use the old one."
        return Check(check, "bad", f"there is another add-in, {found[0]}.", mend)
    return Check(check, "good", "no second rpxl.xlam was found.")


_OFFICE = r"Software\Microsoft\Office\16.0\Excel"
_POLICY = r"Software\Policies\Microsoft\Office\16.0\Excel"


def _registry(key: str) -> dict[str, Any]:
    """Return the values of a key of the user's registry; none when there is no such key."""
    if sys.platform != "win32":
        return {}
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
            count = winreg.QueryInfoKey(opened)[1]
            return {name: value for name, value, _ in (winreg.EnumValue(opened, i) for i in range(count))}
    except OSError:
        return {}


def _disabled(there: InstallPaths) -> Check:
    """Look whether Excel has put the add-in on its list of disabled items, as it does after a crash."""
    check = "Not disabled"
    items = _registry(rf"{_OFFICE}\Resiliency\DisabledItems").values()
    if any(there.addin.name.encode("utf-16-le") in bytes(item).lower() for item in items):
        mend = "In Excel: File > Options > Add-ins > Manage: Disabled Items > Go, select rpxl.xlam, Enable."
        return Check(check, "bad", "Excel has disabled the add-in after a crash.", mend)
    return Check(check, "good", "it is not on Excel's list of disabled items.")


def _macros_allowed() -> Check:
    """Look whether macros run from Excel's start folder: it is a trusted place, unless somebody forbade those."""
    check = "Macros allowed"
    security = [_registry(rf"{root}\Security") for root in (_OFFICE, _POLICY)]
    trusted = [_registry(rf"{root}\Security\Trusted Locations") for root in (_OFFICE, _POLICY)]
    if any(values.get("DisableAllAddins") == 1 or values.get("VBAWarnings") == 4 for values in security) and any(
        values.get("AllLocationsDisabled") == 1 for values in trusted
    ):
        mend = "File > Options > Trust Center; where it is greyed out, ask whoever looks after this computer."
        return Check(check, "bad", "macros and trusted locations are switched off in Excel.", mend)
    return Check(check, "good", "nothing known forbids them.")


def _letters(there: InstallPaths, home: Path | None) -> Check:
    """Look whether VBA, which knows the letters of one code page only, can name the paths."""
    check = "Letters in paths"
    for path in filter(None, (there.settings, _path_of_interpreter(there, home))):
        if letters := settings.unreadable(str(path), there.encoding):
            told = f"'{letters}' in {path}: VBA does not know such letters here."
            return Check(check, "bad", told, LETTERS_MEND)
    return Check(check, "good", "all are letters that VBA knows here.")


def _loaded(there: InstallPaths) -> Check:
    """Look whether a running Excel has the add-in: one that a program has started loads none."""
    check = "Loaded"
    if sys.platform != "win32" or there.is_mac:
        return Check(check, "unknown", "whether a running Excel has loaded it can be looked at on Windows only.")
    import xlwings

    without = [app for app in xlwings.apps if there.addin.name not in {book.name.lower() for book in app.books}]
    if without:
        mend = f"Close Excel and start it from the Start menu. If a program must start it: open {there.addin} in it."
        return Check(check, "bad", "an Excel is running without the add-in; a program may have started it.", mend)
    return Check(check, "good", "in every Excel that is running.")


def _path_of_interpreter(there: InstallPaths, home: Path | None) -> Path | None:
    told = settings.read(there).get(there.interpreter_key)
    return _expanded(told, home) if told else None


def _expanded(told: str, home: Path | None) -> Path:
    return Path(told.replace("%USERPROFILE%", str(home or Path.home())))


def _interpreter(there: InstallPaths, home: Path | None) -> Check:
    check = "Python"
    python = _path_of_interpreter(there, home)
    if python is None:
        return Check(check, "bad", f"{there.settings} does not say which Python to use.", "Run 'rpxl install'.")
    if not python.is_file():
        told = f"Excel is to start {python}, which is not there."
        return Check(check, "bad", told, "Install rpxl again with that Python or another, and run 'rpxl install'.")
    return Check(check, "good", str(python))


def _rpxl_in_interpreter(there: InstallPaths, home: Path | None) -> Check:
    """Ask the Python that Excel starts which rpxl and xlwings it has: it need not be this one."""
    check = "rpxl in that Python"
    python = _path_of_interpreter(there, home)
    if python is None or not python.is_file():
        return Check(check, "unknown", "there is no Python to ask.")
    try:
        found = json.loads(
            _output([str(python), "-P", "-m", "rpxl.excel.server", "--check"], check=True).split("\n")[0]
        )
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        told = f"{python} can't load rpxl; an antivirus program may also have stopped it."
        return Check(check, "bad", told, "Run 'pip install rpxl' with that Python, then 'rpxl install'.")
    if found != [__version__, installed_version()]:
        told = f"it has rpxl {found[0]} with xlwings {found[1]}, this is {__version__} with {installed_version()}."
        return Check(check, "bad", told, "Run 'rpxl install' from the Python that Excel is to use.")
    return Check(check, "good", f"rpxl {found[0]}, xlwings {found[1]}.")


def _dll(there: InstallPaths, home: Path | None) -> Check:
    """Load the DLL through which Excel calls Python, as the add-in does."""
    check = "xlwings' DLL"
    told = settings.read(there).get(DLL_KEY)
    if told is None:
        return Check(check, "bad", f"{there.settings} does not say where it is.", "Run 'rpxl install'.")
    folder = _expanded(told, home)
    for name in dll_names():
        if not (folder / name).is_file():
            mend = (
                "Run 'pip install --force-reinstall --no-deps xlwings' with the Python that Excel starts, then 'rpxl "
                "install'. If the file goes away again, an antivirus program takes it: ask for an exception."
            )
            return Check(check, "bad", f"{name} is not in {folder}.", mend)
    if problem := load_dll(folder / dll_names()[0 if sys.maxsize > 2**32 else 1]):
        mend = "A security rule of this computer may forbid it: ask whoever looks after it to allow this file."
        return Check(check, "bad", f"Windows does not load it: {problem}.", mend)
    return Check(check, "good", f"is in {folder}.")


def load_dll(path: Path) -> str:
    """Load a DLL on Windows, and return what Windows says against it."""
    if sys.platform != "win32":
        return ""
    import ctypes

    try:
        ctypes.WinDLL(str(path))
    except OSError as error:
        return str(error)
    return ""


def _store_python(there: InstallPaths, home: Path | None) -> Check:
    check = "Kind of Python"
    python = str(_path_of_interpreter(there, home) or "")
    if "WindowsApps" in python or "PythonSoftwareFoundation" in python:
        told = "this Python is from the Microsoft Store, whose folder Excel may not load the DLL from."
        return Check(check, "bad", told, "Install Python from python.org, then rpxl in it, and run 'rpxl install'.")
    return Check(check, "good", "not from the Microsoft Store.")


def _leftovers() -> Check:
    """Count the Python processes that serve rpxl: there should be one at most for each Excel."""
    check = "Processes"
    if sys.platform != "win32":
        return Check(check, "unknown", "processes of Excel can be counted on Windows only.")
    names = list(_process_names())
    excels = sum(name == "excel.exe" for name in names)
    told = f"{excels} Excel running, {sum(name.startswith('python') for name in names)} Python."
    if excels > 1:
        mend = "If only one window is open, end the others in the Task Manager: they keep old add-ins."
        return Check(check, "unknown", told, mend)
    return Check(check, "good", told)


def _process_names() -> Iterator[str]:
    for line in _output(["tasklist", "/FO", "CSV", "/NH"]).splitlines():
        yield line.split('","')[0].strip('"').lower()


def _output(command: list[str], *, check: bool = False) -> str:
    """Run a program without a window of its own, and return what it prints."""
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=check, creationflags=hidden)
    return done.stdout


def _one_drive(there: InstallPaths) -> Check:
    check = "OneDrive"
    folder = os.environ.get("OneDrive")  # noqa: SIM112  # its name on Windows
    if folder and str(there.addin).lower().startswith(folder.lower()):
        mend = "Take the folder AppData out of OneDrive's backup."
        return Check(check, "bad", "the add-in lies in OneDrive, which may load it late.", mend)
    return Check(check, "good", "the add-in does not lie in OneDrive; workbooks may.")


def _script(there: InstallPaths) -> Check:
    check = "Script for macros"
    if there.script is None or not there.script.is_file():
        return Check(check, "bad", f"there is no {there.script}.", "Run 'rpxl install'.")
    if there.script.read_bytes() != script():
        return Check(check, "bad", f"{there.script} is of another version of rpxl.", "Run 'rpxl install'.")
    return Check(check, "good", str(there.script))


def _mac_functions() -> Check:
    told = "Excel for Mac runs the macros of the tab but can't compute =RP_WEIGHTS() and its family in cells."
    mend = "Use the functions in LibreOffice ('rpxl calc install'), or fill the templates with 'rpxl fill'."
    return Check("Functions in cells", "unknown", told, mend)
