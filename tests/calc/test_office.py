"""A private office leaves nothing behind, whatever happens."""

import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from rpxl.calc import locate
from rpxl.calc.locate import OfficeError, find_soffice
from rpxl.calc.office import Office

posix = pytest.mark.skipif(os.name != "posix", reason="looks at processes the POSIX way")


def processes_of(folder: Path) -> list[str]:
    table = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in table.splitlines() if str(folder) in line]


@posix
def test_an_exception_ends_it(office_installed: None) -> None:
    office = Office()
    with pytest.raises(KeyboardInterrupt), office:
        assert processes_of(office.folder)
        raise KeyboardInterrupt
    assert not processes_of(office.folder)
    assert not office.folder.exists()


@posix
def test_a_timeout_ends_it(office_installed: None) -> None:
    with Office(timeout=60) as office:
        office._timeout = 1
        os.killpg(office.group, signal.SIGSTOP)
        with pytest.raises(OfficeError, match="took longer than 1 seconds"):
            office.ask("open", "private:factory/scalc")
    assert not processes_of(office.folder)


@posix
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_when_the_program_that_started_it_is_killed(office_installed: None, number: str, busy: bool) -> None:
    code = (
        # nohup has SIGHUP ignored by all that it starts
        f"import signal; '{number}' == 'SIGKILL' or signal.signal(signal.{number}, signal.SIG_DFL)\n"
        "import time; from rpxl.calc.office import Office\n"
        "with Office() as office:\n"
        "    print(office.folder, office.group, flush=True)\n"
        f"    if not {busy}: time.sleep(600)\n"
        "    import os, signal; os.killpg(office.group, signal.SIGSTOP)\n"
        "    office.ask('open', 'private:factory/scalc')"
    )
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert program.stdout is not None
    with program.stdout:
        folder = Path(program.stdout.readline().split()[0])
        assert processes_of(folder)
        os.killpg(program.pid, getattr(signal, number))  # as a terminal that closes does
        program.wait()
    assert_nothing_stays(folder)


@posix
@pytest.mark.parametrize("moment", [0.0, 0.05, 0.2, 0.6])
def test_it_ends_when_the_program_is_killed_while_it_starts(office_installed: None, moment: float) -> None:
    code = (
        "import tempfile; from rpxl.calc import office; made = tempfile.mkdtemp\n"
        "def tell(**options): folder = made(**options); print(folder, flush=True); return folder\n"
        "tempfile.mkdtemp = tell\n"
        "start = office.Child._start\n"
        "def started(child): process = start(child); print(process.pid, flush=True); return process\n"
        "office.Child._start = started\n"
        "with office.Office(): office.time.sleep(600)"
    )
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program.stdout:
        folder = Path(program.stdout.readline().strip())
        program.stdout.readline()  # the driver runs
        time.sleep(moment)
        program.kill()
        program.wait()
    assert_nothing_stays(folder)


def assert_nothing_stays(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while (processes_of(folder) or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_of(folder)
    assert not folder.exists()


def test_it_leaves_no_temporary_files(office_installed: None, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with Office() as office:
        office.ask("open", "private:factory/scalc")
        assert office.folder.parent == tmp_path
        assert [path.name for path in tmp_path.iterdir()] == [office.folder.name]
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("tempfile.tempdir", None)


@posix
def test_it_works_in_an_activated_virtual_environment(office_installed: None, tmp_path: Path, monkeypatch) -> None:
    """A Python of an environment stands first on the path, and the office's own would start as that one."""
    venv.create(tmp_path / "env", symlinks=True)
    programs = tmp_path / "env" / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "env"))
    with Office() as office:
        document = office.ask("open", "private:factory/scalc")
        sheet = office.ask("sheets", document)[0]
        office.ask("enter", document, sheet, [("A1", "=VOLS(0.04)")])
        assert office.ask("read", document, sheet)[0] == ((pytest.approx(0.2),),)


def test_nothing_is_imported_from_the_current_folder(office_installed: None, tmp_path: Path, monkeypatch) -> None:
    for name in ("uno", "unohelper", "rpxl_pipe", "json", "contextlib", "queue"):
        (tmp_path / f"{name}.py").write_text(f"open(r'{tmp_path / 'ran'}', 'w')")
    monkeypatch.chdir(tmp_path)
    locate.find_office_python.cache_clear()
    with Office() as office:
        office.ask("open", "private:factory/scalc")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("system", "says"), [("Linux", "apt-get install"), ("Darwin", "brew install"), ("Windows", "winget install")]
)
def test_a_missing_office_says_what_to_install(monkeypatch, tmp_path: Path, system: str, says: str) -> None:
    monkeypatch.setattr(locate, "_SYSTEM", system)
    monkeypatch.setattr(locate, "_folders", lambda: [tmp_path])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OfficeError, match=f"LibreOffice is not installed.*{says}"):
        find_soffice()
