"""``rpxl status`` and ``rpxl doctor``: whether the installation is complete, and what fixes it if not."""

import json
import locale
import os
import platform as system
import struct
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rpxl import __version__
from rpxl.excel import settings, windows_checks
from rpxl.excel.addin_file import build, differences
from rpxl.excel.check import Check, without_name
from rpxl.excel.install_addin import LETTERS_FIX, script
from rpxl.excel.paths import NOT_HERE, InstallError, InstallPaths, install_paths
from rpxl.excel.xlwings_files import installed_version


def status(home: Path | None = None, platform: str = sys.platform) -> str:
    """Say in one line whether the add-in is installed for this user, and whether it can work."""
    try:
        there = install_paths(home, platform)
    except InstallError as error:
        return str(error)
    told, user = settings.read(there), home or Path.home()
    if not there.addin.is_file() and there.interpreter_key not in told:
        return f"rpxl {__version__} is not installed in Excel. 'rpxl install' does it."
    findings = [_addin(there), _interpreter(there, user)]
    if not there.is_mac:
        findings += [_letters(there, user), windows_checks.dll(there, told, user), _last_start(there)]
    bad = [finding for finding in findings if finding.state == "bad"]
    if bad:
        return f"rpxl {__version__} is installed in Excel, but {bad[0].told} {bad[0].fix}"
    return f"rpxl {__version__} is installed in Excel: {there.addin}"


def doctor(home: Path | None = None, platform: str = sys.platform) -> list[Check]:
    """Check each thing that is known to go wrong; what is wrong comes with its fix."""
    try:
        there = install_paths(home, platform)
    except InstallError:
        return [Check("System", "unknown", NOT_HERE)]
    user = home or Path.home()
    checks: list[Callable[[], Check]] = [
        lambda: _addin(there),
        lambda: _second_copy(there, user),
        lambda: _loaded(there),
        lambda: _interpreter(there, user),
        lambda: _rpxl_in_interpreter(there, user),
    ]
    if there.is_mac:
        checks += [lambda: _script(there), lambda: _last_macro(there), _mac_functions]
    else:
        checks += [
            lambda: windows_checks.dll(there, settings.read(there), user),
            lambda: _last_start(there),
            windows_checks.may_start_python,
            windows_checks.macros_allowed,
            lambda: windows_checks.disabled(there),
            lambda: windows_checks.kind_of_excel(user),
            lambda: windows_checks.kind_of_python(_path_of_interpreter(there, user)),
            lambda: _letters(there, user),
            windows_checks.processes,
            lambda: _one_drive(there),
        ]
    return [_guarded(check) for check in checks]


def _guarded(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:
        return Check("Doctor", "unknown", f"a check could not be made ({type(error).__name__}: {error}).")


def report(home: Path | None = None, platform: str = sys.platform) -> str:
    """Return versions and findings as a text that the user can send; the user's folder and name are not in it."""
    return without_name("\n".join([versions(), "", *map(str, doctor(home, platform))]), home)


def versions() -> str:
    """Return the versions of rpxl, its libraries and Python, and the path of this Python."""
    bits = struct.calcsize("P") * 8
    packages = "".join(f", {name} {found}" for name in ("numpy", "scipy", "pywin32") if (found := _version(name)))
    office = f", {windows_checks.excel_version()}" if sys.platform == "win32" else ""
    return (
        f"rpxl {__version__}, xlwings {installed_version()}{packages}, Python {system.python_version()} ({bits} bit)\n"
        f"{system.platform()}{office}, code page {locale.getpreferredencoding(False)}\n"
        f"{sys.executable}"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _addin(there: InstallPaths) -> Check:
    check = "Add-in"
    if not there.addin.is_file():
        if there.interpreter_key in settings.read(there):
            told = f"{there.addin} is gone, though 'rpxl install' wrote it. An antivirus program may have removed it."
            return Check(check, "bad", told, "Ask for an exception for this file, then run 'rpxl install' again.")
        return Check(check, "bad", f"there is no {there.addin}.", "Run 'rpxl install', then start Excel again.")
    try:
        changed = differences(build(), there.addin.read_bytes())
    except Exception:  # whatever is wrong with the file, it is no add-in
        return Check(check, "bad", f"{there.addin} is damaged.", "Close Excel and run 'rpxl install'.")
    if changed:
        told = "the add-in was built with another version of rpxl or xlwings than the installed ones."
        return Check(check, "bad", told, "Close Excel and run 'rpxl install'.")
    return Check(check, "good", str(there.addin))


def _second_copy(there: InstallPaths, home: Path) -> Check:
    check = "One copy only"
    if there.is_mac:
        return Check(check, "good", "there is one folder for add-ins that start with Excel.")
    others = [there.addin.parents[1] / "AddIns", home / "AppData" / "Roaming" / "Microsoft" / "AddIns"]
    found = [folder / there.addin.name for folder in others if (folder / there.addin.name).is_file()]
    if found:
        fix = "Delete it: Excel would load rpxl twice, and formulas might use the old one."
        return Check(check, "bad", f"there is another add-in, {found[0]}.", fix)
    return Check(check, "good", "no second rpxl.xlam was found.")


def _loaded(there: InstallPaths) -> Check:
    """Look whether every running Excel has the add-in: an Excel that another program started loads no add-ins."""
    check = "Loaded"
    if sys.platform != "win32" or there.is_mac:
        return Check(check, "unknown", "whether a running Excel has loaded it can be checked on Windows only.")
    import xlwings

    without = [app for app in xlwings.apps if there.addin.name not in {book.name.lower() for book in app.books}]
    if without:
        fix = f"Close Excel and start it from the Start menu. If a program must start it, open {there.addin} in it."
        return Check(check, "bad", "an Excel is running without the add-in; a program may have started it.", fix)
    return Check(check, "good", "every running Excel has it.")


def _path_of_interpreter(there: InstallPaths, home: Path) -> Path | None:
    told = settings.read(there).get(there.interpreter_key)
    return Path(settings.expanded(told, home)) if told else None


def _interpreter(there: InstallPaths, home: Path) -> Check:
    check = "Python"
    python = _path_of_interpreter(there, home)
    if python is None:
        return Check(check, "bad", f"{there.settings} does not say which Python to use.", "Run 'rpxl install'.")
    if not python.is_file():
        told = f"Excel is set to start {python}, which is not there."
        return Check(check, "bad", told, "Install rpxl again with that Python or another, and run 'rpxl install'.")
    return Check(check, "good", str(python))


def _rpxl_in_interpreter(there: InstallPaths, home: Path) -> Check:
    """Ask the Python that Excel starts for its versions of rpxl and xlwings, in the environment that Excel gives it."""
    check = "rpxl in that Python"
    python = _path_of_interpreter(there, home)
    if python is None or not python.is_file():
        return Check(check, "unknown", "there is no Python to ask.")
    command = [str(python), "-P", "-m", "rpxl.excel.server", "--check"]
    try:
        found = json.loads(windows_checks.output(command, environment=_bare(python)).splitlines()[-1])
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()[-1:] or ["it does not say why"]
        told = f"{python} can't load rpxl: {said[0]}."
        fix = f"In the folder of rpxl, the one with pyproject.toml, run '{_quoted(python)} -m pip install .', then '"
        return Check(check, "bad", told, f"{fix}{_quoted(python)} -m rpxl install'.")
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        told = f"{python} does not answer ({type(error).__name__}); an antivirus program may have stopped it."
        return Check(check, "bad", told, "Ask for an exception, or run 'rpxl install' from a Python that works.")
    if found != [__version__, installed_version()]:
        told = f"it has rpxl {found[0]} with xlwings {found[1]}; this is rpxl {__version__} with {installed_version()}."
        return Check(check, "bad", told, "Run 'rpxl install' from the Python that Excel is to use.")
    return Check(check, "good", f"rpxl {found[0]}, xlwings {found[1]}.")


def _quoted(python: Path) -> str:
    return f'"{python}"' if " " in str(python) else str(python)


def _bare(python: Path) -> dict[str, str]:
    """Return the environment as Excel has it: without the folders of this Python that a terminal put on the path."""
    inside = str(python.parent).lower()
    folders = os.environ.get("PATH", "").split(os.pathsep)
    kept = os.pathsep.join(folder for folder in folders if not folder.lower().startswith(inside))
    return {**os.environ, "PATH": kept}


_NOTES = (
    (
        "did not let Excel start Python",
        "See 'Python' and 'Excel may start Python'. If both are ok, another security rule forbids it.",
    ),
    ("ended as soon as", "See 'rpxl in that Python'."),
    ("Microsoft Store", "Install Office from office.com."),
    ("did not load", "See 'xlwings' DLL'."),
)
"""Words that occur in a note of the add-in, and where to look then."""


def _last_start(there: InstallPaths) -> Check:
    """Read what the add-in noted when it could not start Python; a successful start removes the note."""
    check = "Last start by Excel"
    if not there.last_failure.is_file():
        return Check(check, "good", "Excel has noted no failure.")
    note = there.last_failure.read_bytes().decode(there.encoding, errors="replace").strip()
    when, _, told = note.partition("\t")
    look = next((look for words, look in _NOTES if words in told), "Send this report.")
    fix = f"{look} Afterwards press Settings > Restart Python in Excel and compute the cells again."
    return Check(check, "bad", f"on {when} Python did not start. {told}", fix)


def _last_macro(there: InstallPaths) -> Check:
    """Read what Python printed when it ran the last macro on a Mac."""
    check = "Last macro"
    said = there.last_failure.read_text("utf-8", errors="replace").strip() if there.last_failure.is_file() else ""
    if not said:
        return Check(check, "good", "Python has reported no failure.")
    if "-1743" in said:
        told = "macOS does not let Python control Excel (-1743, declined permission)."
        fix = (
            "System Settings > Privacy & Security > Automation: under Python or Microsoft Excel, allow Microsoft Excel."
        )
        return Check(check, "bad", told, fix)
    return Check(check, "unknown", f"Python said: {said[-500:]}", f"All of it is in {there.last_failure}.")


def _letters(there: InstallPaths, home: Path) -> Check:
    """Look whether VBA, which can read the letters of one code page only, can read the paths."""
    check = "Letters in paths"
    for path in filter(None, (there.settings, _path_of_interpreter(there, home))):
        if letters := settings.unreadable(str(path), there.encoding):
            return Check(check, "bad", f"VBA cannot read '{letters}' in {path}.", LETTERS_FIX)
    return Check(check, "good", "VBA can read all of them.")


def _one_drive(there: InstallPaths) -> Check:
    check = "OneDrive"
    folder = os.environ.get("OneDrive")  # noqa: SIM112  # its name on Windows
    if folder and str(there.addin).lower().startswith(folder.lower()):
        fix = "Exclude the folder AppData from OneDrive's backup."
        return Check(check, "bad", "the add-in is in OneDrive, which may load it late.", fix)
    return Check(check, "good", "the add-in is not in OneDrive; workbooks may be.")


def _script(there: InstallPaths) -> Check:
    check = "Script for macros"
    if there.script is None or not there.script.is_file():
        return Check(check, "bad", f"there is no {there.script}.", "Run 'rpxl install'.")
    if there.script.read_bytes() != script():
        return Check(check, "bad", f"{there.script} is of another version of rpxl.", "Run 'rpxl install'.")
    return Check(check, "good", str(there.script))


def _mac_functions() -> Check:
    told = "Excel for Mac runs the macros of the tab but can't compute =RP_WEIGHTS() and the other functions in cells."
    fix = "Use the functions in LibreOffice ('rpxl calc install'), or fill the templates with 'rpxl fill'."
    return Check("Functions in cells", "unknown", told, fix)
