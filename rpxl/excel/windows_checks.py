"""Checks of Windows, Excel's settings and security rules: by reading the registry, and by trying."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rpxl.excel import settings
from rpxl.excel.check import Check
from rpxl.excel.paths import DLL_KEY, InstallPaths
from rpxl.excel.xlwings_files import dll_names

_OFFICE = r"Software\Microsoft\Office\16.0\Excel"
_POLICY = r"Software\Policies\Microsoft\Office\16.0\Excel"
_APP_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"

_GUARD = r"Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
_RULE_KEYS = (rf"SOFTWARE\Policies\{_GUARD}", rf"SOFTWARE\{_GUARD}")
_RULE_LIST = r"SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
_RULES = {
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a": "Block all Office applications from creating child processes",
    "92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b": "Block Win32 API calls from Office macros",
}
_BLOCKS = {"1", "6"}  # block; warn, which Office applications treat as block

_ASK = "ask whoever looks after this computer"


def registry(key: str, *, machine: bool = False) -> dict[str, Any]:
    """Return the values of a key of the user's registry, or of the computer's; none when there is no such key."""
    if sys.platform != "win32":
        return {}
    import winreg

    root = winreg.HKEY_LOCAL_MACHINE if machine else winreg.HKEY_CURRENT_USER
    try:
        with winreg.OpenKey(root, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
            count = winreg.QueryInfoKey(opened)[1]
            return {name: value for name, value, _ in (winreg.EnumValue(opened, i) for i in range(count))}
    except OSError:
        return {}


def excel_version() -> str:
    """Return version and kind of the installed Excel, as far as the registry tells."""
    told = registry(_CLICK_TO_RUN, machine=True)
    if not told:
        return "Excel of unknown version"
    return f"Excel {told.get('VersionToReport', 'of unknown version')} ({told.get('Platform', 'unknown kind')})"


def disabled(there: InstallPaths) -> Check:
    """Look whether Excel has put the add-in on its list of disabled items, as it does after a crash."""
    check = "Not disabled"
    items = registry(rf"{_OFFICE}\Resiliency\DisabledItems").values()
    if any(there.addin.name.encode("utf-16-le") in bytes(item).lower() for item in items):
        fix = "In Excel: File > Options > Add-ins > Manage: Disabled Items > Go, select rpxl.xlam, Enable."
        return Check(check, "bad", "Excel has disabled the add-in after a crash.", fix)
    return Check(check, "good", "it is not on Excel's list of disabled items.")


def macros_allowed() -> Check:
    """Look whether macros run from Excel's start folder: it is a trusted location unless those are switched off."""
    check = "Macros allowed"
    security = [registry(rf"{root}\Security") for root in (_OFFICE, _POLICY)]
    trusted = [registry(rf"{root}\Security\Trusted Locations") for root in (_OFFICE, _POLICY)]
    if any(values.get("RequireAddinSig") == 1 for values in security):
        fix = (
            "File > Options > Trust Center > Add-ins: switch off 'Require Application Add-ins to be signed by Trusted "
            f"Publisher'. Where it is greyed out, {_ASK} to sign rpxl.xlam or to make an exception for it."
        )
        return Check(check, "bad", "Excel loads only add-ins that are signed, and rpxl.xlam is not.", fix)
    if any(values.get("DisableAllAddins") == 1 or values.get("VBAWarnings") == 4 for values in security) and any(
        values.get("AllLocationsDisabled") == 1 for values in trusted
    ):
        fix = f"File > Options > Trust Center; where it is greyed out, {_ASK}."
        return Check(check, "bad", "macros and trusted locations are switched off in Excel.", fix)
    return Check(check, "good", "nothing known forbids them.")


def may_start_python() -> Check:
    """Look whether a rule of Microsoft Defender keeps Excel from starting Python."""
    check = "Excel may start Python"
    blocking = sorted({_RULES[rule] for rule, action in _rules() if rule in _RULES and action in _BLOCKS})
    if blocking:
        told = f"a rule of Microsoft Defender forbids it: {' and '.join(blocking)}."
        return Check(check, "bad", told, f"Python cannot answer Excel: {_ASK} for an exception for Excel and Python.")
    return Check(check, "good", "no rule of Microsoft Defender forbids it; other security programs may have one.")


def _rules() -> Iterator[tuple[str, str]]:
    """Yield the identity of each rule and what it does: 0 nothing, 1 block, 2 report, 6 warn."""
    for key in _RULE_KEYS:
        for rule, action in registry(key, machine=True).items():
            yield rule.lower(), str(action)
    for entry in str(registry(_RULE_LIST, machine=True).get("ASRRules", "")).split("|"):
        rule, _, action = entry.partition("=")
        yield rule.lower(), action


def kind_of_excel(home: Path) -> Check:
    """Look whether Excel comes from the Microsoft Store, which shuts it off from other programs."""
    check = "Kind of Excel"
    path = str(registry(_APP_PATH, machine=True).get("", ""))
    packages = home / "AppData" / "Local" / "Packages"
    if "WindowsApps" in path or any(packages.glob("Microsoft.Office.Desktop_*")):
        fix = "Remove it, and install Office from office.com: it is the same Office, but can be reached by Python."
        return Check(check, "bad", "this Excel is from the Microsoft Store and cannot see Python.", fix)
    return Check(check, "good", "not from the Microsoft Store.")


def kind_of_python(python: Path | None) -> Check:
    """Look whether Python comes from the Microsoft Store, or from conda."""
    check = "Kind of Python"
    if "WindowsApps" in str(python) or "PythonSoftwareFoundation" in str(python):
        told = "this Python is from the Microsoft Store, and Excel may not load the DLL from the Store's folder."
        return Check(check, "bad", told, "Install Python from python.org, then rpxl in it, and run 'rpxl install'.")
    if python is not None and (python.parent / "conda-meta").is_dir():
        return Check(check, "good", "a conda environment; rpxl sets its folders itself, activation is not needed.")
    return Check(check, "good", "not from the Microsoft Store.")


def dll(there: InstallPaths, told: Mapping[str, str], home: Path) -> Check:
    """Load the DLL through which Excel calls Python, as the add-in does."""
    check = "xlwings' DLL"
    if DLL_KEY not in told:
        return Check(check, "bad", f"{there.settings} does not say where it is.", "Run 'rpxl install'.")
    folder = Path(settings.expanded(told[DLL_KEY], home))
    for name in dll_names():
        if not (folder / name).is_file():
            fix = (
                "Run 'pip install --force-reinstall --no-deps xlwings' with the Python that Excel starts, then 'rpxl "
                "install'. If the file goes away again, an antivirus program removes it: ask for an exception."
            )
            return Check(check, "bad", f"{name} is not in {folder}.", fix)
    if problem := load_dll(folder / dll_names()[0 if sys.maxsize > 2**32 else 1]):
        fix = f"A security rule of this computer may forbid it: {_ASK} to allow this file."
        return Check(check, "bad", f"Windows does not load it: {problem}.", fix)
    return Check(check, "good", f"is in {folder}.")


def load_dll(path: Path) -> str:
    """Load a DLL on Windows, and return Windows' error message; an empty text when it loads."""
    if sys.platform != "win32":
        return ""
    import ctypes

    try:
        ctypes.WinDLL(str(path))
    except OSError as error:
        return str(error)
    return ""


def processes() -> Check:
    """Count the processes of Excel and Python that run; several Excels may mean that one was left over."""
    check = "Processes"
    if sys.platform != "win32":
        return Check(check, "unknown", "processes of Excel can be counted on Windows only.")
    names = list(_process_names())
    excels = sum(name == "excel.exe" for name in names)
    told = f"{excels} Excel running, {sum(name.startswith('python') for name in names)} Python."
    if excels > 1:
        fix = "If only one Excel window is open, end the others in the Task Manager: they hold old add-ins."
        return Check(check, "unknown", told, fix)
    return Check(check, "good", told)


def _process_names() -> Iterator[str]:
    for line in output(["tasklist", "/FO", "CSV", "/NH"]).splitlines():
        yield line.split('","')[0].strip('"').lower()


def output(command: list[str], *, environment: dict[str, str] | None = None) -> str:
    """Run a program without a window of its own, and return what it prints.

    Raises
    ------
    OSError, subprocess.SubprocessError
        It can't be started, ends with an error, or takes longer than a minute.
    """
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=True,
        creationflags=hidden,
        env=environment,
    )
    return done.stdout
