"""A workbook opened in the office's own window, as a person does it: it shows its values without a click."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rpxl.calc import extension
from rpxl.calc.locate import find_soffice
from rpxl.calc.office import Office
from rpxl.calc.recalculate import Cell, read_sheet
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.references import cell_name
from rpxl.xlsx.workbook import Workbook

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
pytestmark = pytest.mark.usefixtures("office_installed")


class ShownOffice(Office):
    """An office with windows."""

    unseen = ()


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A screen that nobody sees."""
    program = shutil.which("Xvfb")
    if program is None:
        if os.environ.get("RPXL_REQUIRE_OFFICE"):
            pytest.fail("Xvfb is missing: apt-get install xvfb")
        pytest.skip("needs a screen: apt-get install xvfb")
    number = 100 + os.getpid() % 10_000
    command = [program, f":{number}", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    # -noreset: else the server is away for a moment when its first client leaves
    while not Path(f"/tmp/.X11-unix/X{number}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def shown(screen: str) -> Iterator[ShownOffice]:
    old = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = screen
    try:
        with ShownOffice() as office:
            yield office
    finally:
        os.environ.pop("DISPLAY")
        if old is not None:
            os.environ["DISPLAY"] = old


def test_without_the_job_an_older_office_shows_errors(screen: str, tmp_path: Path, monkeypatch) -> None:
    """Why the job is needed; a newer office that needs no job shows no errors here either."""
    monkeypatch.setenv("DISPLAY", screen)
    jobs = extension._jobs
    monkeypatch.setattr(extension, "_jobs", lambda: jobs().replace("OnLoad", "OnNothing"))
    path = tmp_path / "decomposition_60_40.xlsx"
    shutil.copyfile(WORKBOOKS / path.name, path)
    with ShownOffice() as office:
        document = open_by_hand(office, path)
        unknown = [number for *_, number in office.ask("read", document, "Decomposition")[2]]
        assert set(unknown) <= {525}
        assert bool(unknown) is office.version.startswith("7.4")


def wait_for_the_job(office: Office, document: int) -> None:
    """Wait until no cell shows #NAME?, as a person would who looks at the window; if one stays so, the test fails."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        reads = (office.ask("read", document, sheet) for sheet in office.ask("sheets", document))
        if not any(number == 525 for _, _, errors in reads for *_, number in errors):
            return
        time.sleep(0.5)


def open_by_hand(office: Office, path: Path) -> int:
    """Open a file as a double click does, and wait until it is there."""
    profile = f"-env:UserInstallation={(office.folder / 'profile').as_uri()}"
    subprocess.run([find_soffice(), profile, path], check=True, capture_output=True, timeout=120)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        document = office.ask("find", path.as_uri())
        if document is not None:
            return int(document)
        time.sleep(0.2)
    raise AssertionError(f"{path} is not open")


@pytest.mark.parametrize("name", ["decomposition_60_40", "static_analysis"])
def test_a_template_shows_its_values(shown: ShownOffice, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.xlsx"
    shutil.copyfile(WORKBOOKS / path.name, path)
    document = open_by_hand(shown, path)
    wait_for_the_job(shown, document)
    compared = 0
    for sheet in Workbook(path).worksheets:
        cells = read_sheet(shown, document, sheet.name)
        for row, column in sheet.formulas:
            kept, cell = sheet.value(row, column), cells.get(cell_name(row, column), Cell(None))
            where = f"{sheet.name}!{cell_name(row, column)}"
            if isinstance(kept, CellError):
                assert cell.error == kept, where
            elif isinstance(kept, float):
                assert not cell.error, (where, cell)
                assert cell.value == pytest.approx(kept, rel=1e-9, abs=1e-9), where
            compared += 1
    assert compared > 30
    shown.ask("close", document)
