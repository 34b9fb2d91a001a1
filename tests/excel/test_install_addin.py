"""Install, status, doctor and remove in made-up home folders of Windows and of a Mac."""

import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rpxl.excel import doctor as doctor_module
from rpxl.excel import install_addin, settings, windows_checks, xlwings_files
from rpxl.excel.addin_file import build, differences
from rpxl.excel.doctor import doctor, report, status
from rpxl.excel.install_addin import install, path_for_excel, remove
from rpxl.excel.paths import InstallError, InstallPaths, install_paths
from rpxl.excel.xlwings_files import dll_names
from rpxl.files import leftovers

PROJECT = Path(__file__).parents[2]
SYSTEMS = ["win32", "darwin"]


@pytest.fixture(autouse=True)
def dlls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let xlwings' DLLs be where `python_in` puts them, for this xlwings has none."""
    monkeypatch.setattr(
        install_addin, "dll_folder", lambda: next((p.parent for p in tmp_path.rglob("xlwings64-*.dll")), None)
    )


@pytest.fixture(params=["Anna", "Jörg Müller", "数 学"], ids=["plain", "blanks", "letters"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / request.param
    folder.mkdir()
    return folder


def python_in(home: Path, platform: str) -> str:
    """Make the interpreter of a virtual environment, with xlwings' DLLs where pip puts them."""
    folder = home / "my venv" / ("Scripts" if platform == "win32" else "bin")
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / ("python.exe" if platform == "win32" else "python")
    if not python.exists():
        stand_for_python(python)
    for bits in (64, 32):
        (folder.parent / f"xlwings{bits}-{doctor_module.installed_version()}.dll").touch()
    return str(python)


def stand_for_python(path: Path) -> None:
    """Write a program that is this interpreter under another name."""
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)


def files_in(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "my venv" not in path.parts}


def bad(home: Path, platform: str) -> list[str]:
    return [finding.check for finding in doctor(home, platform) if finding.state == "bad"]


@pytest.mark.parametrize("platform", SYSTEMS)
def test_install_twice_then_remove_leaves_nothing(home: Path, platform: str) -> None:
    python = python_in(home, platform)
    there = install_paths(home, platform)
    assert "not installed" in status(home, platform)
    if platform == "win32" and not home.name.isascii() and home.name != "Jörg Müller":
        with pytest.raises(InstallError, match=r"Excel cannot read '数学' in .*Change system locale"):
            install(home, platform, python)
        assert files_in(home) == set()
        return
    assert there.addin in {done.path for done in install(home, platform, python)}
    assert differences(build(), there.addin.read_bytes()) == []
    before = {path: (home / path).stat().st_mtime_ns for path in files_in(home)}
    assert install(home, platform, python) == []
    assert {path: (home / path).stat().st_mtime_ns for path in files_in(home)} == before
    assert status(home, platform).startswith("rpxl")
    assert "not" not in status(home, platform)
    assert {done.path for done in remove(home, platform)} == {home / path for path in before}
    assert files_in(home) == set()
    assert remove(home, platform) == []


def test_the_places_are_those_that_excel_loads_from(tmp_path: Path) -> None:
    windows, mac = install_paths(tmp_path, "win32"), install_paths(tmp_path, "darwin")
    assert windows.addin == tmp_path / "AppData/Roaming/Microsoft/Excel/XLSTART/rpxl.xlam"
    assert windows.settings == tmp_path / ".rpxl/rpxl.conf"
    office = tmp_path / "Library/Group Containers/UBF8T346G9.Office"
    assert mac.addin == office / "User Content.localized/Startup.localized/Excel/rpxl.xlam"
    assert mac.settings == tmp_path / "Library/Containers/com.microsoft.Excel/Data/rpxl.conf"
    assert mac.script_folder == tmp_path / "Library/Application Scripts/com.microsoft.Excel"


def test_the_settings_name_python_and_the_dll_from_the_users_folder_on(tmp_path: Path) -> None:
    home = tmp_path / "Jörg Müller"
    install(home, "win32", python_in(home, "win32"))
    lines = install_paths(home, "win32").settings.read_bytes().decode("ascii").splitlines()
    assert lines == [
        f'"INTERPRETER_WIN","%USERPROFILE%{os.sep}{Path("my venv", "Scripts", "python.exe")}"',
        f'"DLL_FOLDER","%USERPROFILE%{os.sep}my venv"',
    ]


def test_a_windows_path_below_home_is_written_without_the_users_name() -> None:
    home: Any = r"C:\Users\数学"

    class WindowsHome:
        def __str__(self) -> str:
            return home

        def resolve(self) -> "WindowsHome":
            return self

    written = path_for_excel(r"c:\users\数学\AppData\Local\Python\python.exe", WindowsHome())  # type: ignore[arg-type]
    assert written == r"%USERPROFILE%\AppData\Local\Python\python.exe"
    elsewhere = r"C:\Users\数学2\python.exe"
    assert path_for_excel(elsewhere, WindowsHome()) == elsewhere  # type: ignore[arg-type]


def test_a_path_that_excel_cannot_read_is_refused_with_advice(tmp_path: Path) -> None:
    python_in(tmp_path, "win32")
    with pytest.raises(InstallError, match=r"'数' in .*in a folder without them"):
        install(tmp_path / "home", "win32", "D:\\数\\python.exe")
    assert files_in(tmp_path) == set()


def test_without_the_dll_nothing_is_installed(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"xlwings64-.*\.dll, through which Excel calls Python.*antivirus"):
        install(tmp_path, "win32", "C:\\python.exe")
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("where", ["listed", "prefix", "nowhere"])
def test_the_dll_is_found_where_pip_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """As pip lists it: '../xlwings64-….dll' from the packages' folder in a per-user installation."""
    roaming = tmp_path / "AppData" / "Roaming" / "Python" / "Python311"
    folder = {"listed": roaming, "prefix": tmp_path / "conda", "nowhere": tmp_path / "else"}[where]
    folder.mkdir(parents=True)
    for name in dll_names():
        (folder / name).touch()

    class Listed:
        def __init__(self, name: str) -> None:
            self.name = name

        def locate(self) -> Path:
            return roaming / "site-packages" / ".." / self.name

    names = [Listed(name) for name in (*dll_names(), "__init__.py")]
    monkeypatch.setattr(xlwings_files, "distribution", lambda _: SimpleNamespace(files=names))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "conda"))
    assert xlwings_files.dll_folder() == (None if where == "nowhere" else folder)


@pytest.mark.parametrize("platform", SYSTEMS)
def test_the_users_own_settings_are_kept(tmp_path: Path, platform: str) -> None:
    python = python_in(tmp_path, platform)
    there = install_paths(tmp_path, platform)
    settings.write(there, {"REASONS_IN_CELLS": "true", there.interpreter_key: "/gone/python"})
    install(tmp_path, platform, python)
    kept = settings.read(there)
    assert kept["REASONS_IN_CELLS"] == "true"
    assert kept[there.interpreter_key].endswith(Path(python).name)
    remove(tmp_path, platform)
    assert settings.read(there) == {"REASONS_IN_CELLS": "true"}


@pytest.mark.parametrize("platform", SYSTEMS)
def test_a_half_finished_install_is_made_whole(tmp_path: Path, platform: str) -> None:
    python = python_in(tmp_path, platform)
    there = install_paths(tmp_path, platform)
    there.addin.parent.mkdir(parents=True)
    there.addin.write_bytes(build()[:5000])
    (there.addin.parent / "~rpxl.xlam.0123abcd.new").write_bytes(b"half")
    there.settings.parent.mkdir(parents=True)
    there.settings.write_bytes(b'"INTERPRETER')
    assert "damaged" in status(tmp_path, platform)
    install(tmp_path, platform, python)
    assert bad(tmp_path, platform) == []
    assert leftovers(there.addin) == []


@pytest.mark.parametrize("platform", SYSTEMS)
def test_another_version_is_told_and_replaced(tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    python = python_in(tmp_path, platform)
    with monkeypatch.context() as earlier:
        earlier.setattr("rpxl.excel.addin_file.__version__", "0.0.1")
        install(tmp_path, platform, python)
    assert "another version" in status(tmp_path, platform)
    assert bad(tmp_path, platform) == ["Add-in"]
    assert [done.path for done in install(tmp_path, platform, python)] == [install_paths(tmp_path, platform).addin]


@pytest.mark.parametrize("platform", SYSTEMS)
def test_a_folder_that_cannot_be_written_is_one_message(
    tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = python_in(tmp_path, platform)

    def refuse(beside: Path, path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(beside))

    with monkeypatch.context() as protected:
        protected.setattr(os, "replace", refuse)
        with pytest.raises(InstallError, match=r"Permission denied\. Close Excel and try again"):
            install(tmp_path, platform, python)
    assert files_in(tmp_path) == set()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    start = install_paths(tmp_path, "win32").addin.parent
    start.mkdir(parents=True)
    start.chmod(0o500)
    try:
        with pytest.raises(InstallError, match="Close Excel and try again"):
            install(tmp_path, "win32", python_in(tmp_path, "win32"))
    finally:
        start.chmod(0o700)


def test_a_file_where_the_folder_belongs_is_one_message(tmp_path: Path) -> None:
    there = install_paths(tmp_path, "win32")
    there.addin.parent.parent.mkdir(parents=True)
    there.addin.parent.write_text("not a folder")
    with pytest.raises(InstallError, match="Close Excel and try again"):
        install(tmp_path, "win32", python_in(tmp_path, "win32"))


def test_an_addin_that_excel_holds_open_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "win32", python_in(tmp_path, "win32"))

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "The process cannot access the file", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(InstallError, match="Close Excel and try again"):
        remove(tmp_path, "win32")


def test_the_doctor_finds_each_fault_and_tells_the_mend(tmp_path: Path) -> None:
    python = Path(python_in(tmp_path, "win32"))
    install(tmp_path, "win32", str(python))
    assert bad(tmp_path, "win32") == []
    there = install_paths(tmp_path, "win32")

    def only(check: str) -> None:
        assert check in bad(tmp_path, "win32")
        finding = next(finding for finding in doctor(tmp_path, "win32") if finding.check == check)
        assert finding.fix
        assert finding.fix in str(finding)

    dll = next((tmp_path / "my venv").glob("xlwings64-*.dll"))
    dll.unlink()
    only("xlwings' DLL")
    dll.touch()
    there.settings.write_bytes(there.settings.read_bytes().replace(b"DLL_FOLDER", b"ELSEWHERE"))
    only("xlwings' DLL")
    install(tmp_path, "win32", str(python))
    second = there.addin.parents[1].parent / "AddIns" / "rpxl.xlam"
    second.parent.mkdir()
    second.touch()
    only("One copy only")
    second.unlink()
    store = tmp_path / "AppData" / "Local" / "Microsoft" / "WindowsApps" / "python.exe"
    store.parent.mkdir(parents=True)
    stand_for_python(store)
    install(tmp_path, "win32", str(store))
    only("Kind of Python")
    install(tmp_path, "win32", str(python))
    python.unlink()
    only("Python")
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    only("rpxl in that Python")
    there.settings.unlink()
    only("Python")
    there.addin.unlink()
    only("Add-in")


def test_letters_that_vba_does_not_know_are_told(tmp_path: Path) -> None:
    home = tmp_path / "数学"
    assert "Letters in paths" in bad(home, "win32")


CHILD_PROCESSES = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"


@pytest.mark.parametrize(
    ("key", "values", "check", "words"),
    [
        (
            "DisabledItems",
            {"1": b"\x01" + "C:\\XLSTART\\RPXL.XLAM".lower().encode("utf-16-le")},
            "Not disabled",
            "after a crash",
        ),
        ("Security", {"VBAWarnings": 4, "AllLocationsDisabled": 1}, "Macros allowed", "switched off"),
        (r"Policies\Microsoft\Office", {"RequireAddinSig": 1}, "Macros allowed", "only add-ins that are signed"),
        (r"Policies\Microsoft\Windows Defender\W", {CHILD_PROCESSES: "1"}, "Excel may start Python", "child processes"),
        (r"SOFTWARE\Microsoft\Windows Defender\W", {CHILD_PROCESSES.lower(): 6}, "Excel may start Python", "child"),
        ("Policy Manager", {"ASRRules": f"x=0|{CHILD_PROCESSES}=1"}, "Excel may start Python", "child processes"),
        ("App Paths", {"": r"C:\Program Files\WindowsApps\Excel.exe"}, "Kind of Excel", "Microsoft Store"),
    ],
)
def test_what_the_registry_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, values: dict[str, Any], check: str, words: str
) -> None:
    install(tmp_path, "win32", python_in(tmp_path, "win32"))
    monkeypatch.setattr(windows_checks, "registry", lambda name, machine=False: values if key in name else {})
    assert bad(tmp_path, "win32") == [check]
    assert words in told(tmp_path, "win32", check)


@pytest.mark.parametrize("action", ["0", "2"])
def test_a_rule_that_only_reports_forbids_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    install(tmp_path, "win32", python_in(tmp_path, "win32"))
    monkeypatch.setattr(windows_checks, "registry", lambda name, machine=False: {CHILD_PROCESSES: action})
    assert "Excel may start Python" not in bad(tmp_path, "win32")


def told(home: Path, platform: str, check: str) -> str:
    return next(str(finding) for finding in doctor(home, platform) if finding.check == check)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("Windows did not let Excel start Python. Either", "See 'Python' and 'Excel may start Python'"),
        ("Python ended as soon as Excel had started it", "See 'rpxl in that Python'"),
        ("An Excel from the Microsoft Store is shut off", "office.com"),
        ("Windows did not load C:\\x.dll (error 126)", "See 'xlwings' DLL'"),
        ("Something new", "Send this report"),
    ],
)
def test_what_excel_noted_of_the_last_start(tmp_path: Path, note: str, words: str) -> None:
    install(tmp_path, "win32", python_in(tmp_path, "win32"))
    there = install_paths(tmp_path, "win32")
    there.last_failure.write_bytes(f"2026-01-31 09:30\t{note}\r\n".encode("cp1252"))
    assert bad(tmp_path, "win32") == ["Last start by Excel"]
    found = told(tmp_path, "win32", "Last start by Excel")
    assert f"on 2026-01-31 09:30 Python did not start. {note}" in found
    assert words in found
    assert note in status(tmp_path, "win32")
    remove(tmp_path, "win32")
    assert files_in(tmp_path) == set()


def test_an_addin_that_somebody_took_is_told_as_such(tmp_path: Path) -> None:
    install(tmp_path, "win32", python_in(tmp_path, "win32"))
    install_paths(tmp_path, "win32").addin.unlink()
    assert "An antivirus program may have removed it" in status(tmp_path, "win32")
    assert bad(tmp_path, "win32") == ["Add-in"]


def test_a_dll_that_windows_does_not_load_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "win32", python_in(tmp_path, "win32"))
    monkeypatch.setattr(windows_checks, "load_dll", lambda path: f"[WinError 1260] {path.name} is blocked by policy")
    assert bad(tmp_path, "win32") == ["xlwings' DLL"]
    assert "does not load it: [WinError 1260] xlwings64" in status(tmp_path, "win32")


def test_conda_and_a_python_that_says_why_it_fails(tmp_path: Path) -> None:
    python = Path(python_in(tmp_path, "win32"))
    install(tmp_path, "win32", str(python))
    (python.parent / "conda-meta").mkdir()
    assert "activation is not needed" in told(tmp_path, "win32", "Kind of Python")
    python.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'rpxl'\" >&2\nexit 1\n")
    said = told(tmp_path, "win32", "rpxl in that Python")
    assert "can't load rpxl: ModuleNotFoundError: No module named 'rpxl'." in said
    assert f"'\"{python}\" -m pip install .'" in said


def test_no_message_sends_people_to_a_package_index_that_has_no_rpxl() -> None:
    sources = [path for path in (PROJECT / "rpxl").rglob("*") if path.suffix in (".py", ".md", ".txt")]
    texts = [path.read_text("utf-8") for path in [*sources, *PROJECT.glob("*.md"), *PROJECT.glob("addin/*.*s")]]
    assert len(texts) > 100
    assert [found for text in texts for found in re.findall(r"pip install (?:-\S+ )*['\"]*rpxl\b.*", text)] == []


def test_python_is_asked_without_what_a_terminal_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = Path(python_in(tmp_path, "win32"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(python.parent), "/usr/bin", "/bin"]))
    python.write_text('#!/bin/sh\necho "$PATH" >&2\nexit 1\n')
    install(tmp_path, "win32", str(python))
    assert f"rpxl: {os.pathsep.join(['/usr/bin', '/bin'])}." in told(tmp_path, "win32", "rpxl in that Python")


@pytest.mark.parametrize("platform", SYSTEMS)
def test_a_report_does_not_tell_who_sends_it(tmp_path: Path, platform: str) -> None:
    home = tmp_path / "Jörg Müller"
    install(home, platform, python_in(home, platform))
    text = report(home, platform)
    assert "Jörg" not in text
    assert "rpxl.xlam" in text
    assert "numpy" in text


def test_the_doctor_on_a_mac(tmp_path: Path) -> None:
    assert "Script for macros" in bad(tmp_path, "darwin")
    install(tmp_path, "darwin", python_in(tmp_path, "darwin"))
    assert bad(tmp_path, "darwin") == []
    text = report(tmp_path, "darwin")
    assert "can't compute =RP_WEIGHTS()" in text
    assert "rpxl fill" in text
    log = install_paths(tmp_path, "darwin").last_failure
    log.write_text("CommandError: OSERROR: -1743")
    assert bad(tmp_path, "darwin") == ["Last macro"]
    assert "Privacy & Security > Automation" in told(tmp_path, "darwin", "Last macro")
    log.write_text("Traceback: something else")
    assert bad(tmp_path, "darwin") == []
    assert "something else" in told(tmp_path, "darwin", "Last macro")


def test_a_script_of_another_version_is_told_and_replaced(tmp_path: Path) -> None:
    there = install_paths(tmp_path, "darwin")
    python = python_in(tmp_path, "darwin")
    install(tmp_path, "darwin", python)
    assert there.script is not None
    there.script.write_text("another")
    assert bad(tmp_path, "darwin") == ["Script for macros"]
    assert [done.path for done in install(tmp_path, "darwin", python)] == [there.script]


@pytest.mark.parametrize("used", [False, True])
def test_the_script_of_earlier_versions_goes_unless_xlwings_needs_it(tmp_path: Path, used: bool) -> None:
    there = install_paths(tmp_path, "darwin")
    install(tmp_path, "darwin", python_in(tmp_path, "darwin"))
    assert there.script is not None
    earlier = there.script.with_name(f"xlwings-{doctor_module.installed_version()}.applescript")
    earlier.touch()
    if used:
        (there.addin.parent / "xlwings.xlam").touch()
    remove(tmp_path, "darwin")
    assert earlier.exists() is used
    assert not there.script.exists()


@pytest.mark.parametrize("action", [install, remove])
def test_on_another_system_it_is_said_what_works_there(action: Any, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"Windows and on a Mac only.*rpxl fill.*LibreOffice"):
        action(tmp_path, "linux")
    assert "Windows and on a Mac only" in status(tmp_path, "linux")
    assert [finding.state for finding in doctor(tmp_path, "linux")] == ["unknown"]
    assert files_in(tmp_path) == set()


def test_settings_are_read_as_vba_writes_them(tmp_path: Path) -> None:
    there = InstallPaths(tmp_path / "a", tmp_path / "rpxl.conf", None, "INTERPRETER_WIN", "cp1252")
    there.settings.write_bytes('"INTERPRETER_WIN","C:\\Jörg, 2\\python.exe"\r\n"X",""\r\n\r\n'.encode("cp1252"))
    assert settings.read(there) == {"INTERPRETER_WIN": "C:\\Jörg, 2\\python.exe", "X": ""}
