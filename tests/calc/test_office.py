"""A private office leaves nothing behind, whatever happens."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rpxl.calc import locate
from rpxl.calc.locate import OfficeError, find_soffice
from rpxl.calc.office import Office

posix = pytest.mark.skipif(os.name != "posix", reason="looks at processes the POSIX way")


def processes_of(folder: Path) -> list[str]:
    table = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
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
def test_it_ends_when_the_program_that_started_it_is_killed(office_installed: None) -> None:
    code = (
        "import time; from rpxl.calc.office import Office\n"
        "with Office() as office: print(office.folder, flush=True); time.sleep(600)"
    )
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program.stdout:
        folder = Path(program.stdout.readline().strip())
        assert processes_of(folder)
        program.kill()
        program.wait()
    deadline = time.monotonic() + 20
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_of(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("system", "says"), [("Linux", "apt-get install"), ("Darwin", "brew install"), ("Windows", "winget install")]
)
def test_a_missing_office_says_what_to_install(monkeypatch, tmp_path: Path, system: str, says: str) -> None:
    monkeypatch.setattr(locate, "_SYSTEM", system)
    monkeypatch.setattr(locate, "_folders", lambda: [tmp_path])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OfficeError, match=f"LibreOffice is not installed.*{says}"):
        find_soffice()
