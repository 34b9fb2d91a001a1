"""The add-in: what it is made of, what the function wizard shows, and how it lives with its engine."""

import ast
import io
import os
import signal
import subprocess
import time
import zipfile
from importlib.resources import files

import pytest
from lxml import etree

from rpxl.calc.extension import package_bytes, package_files
from rpxl.calc.office import Office
from rpxl.formulas.catalogue import FUNCTIONS

from .bench import Bench


def test_the_same_catalogue_gives_the_same_bytes() -> None:
    package = package_bytes("/usr/bin/python3")
    assert package == package_bytes("/usr/bin/python3")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        assert {info.filename for info in archive.infolist()} == set(package_files())


def test_every_function_is_declared_and_described() -> None:
    made = package_files()
    for name, text in made.items():
        if name.endswith((".xml", ".xcu", ".components")):
            etree.fromstring(text.encode())
    for function in FUNCTIONS.values():
        assert f" {function.name}(" in made["rpxl.idl"]
        assert f'<node oor:name="{function.name}"' in made["CalcAddIns.xcu"]


@pytest.mark.parametrize("name", ["addin.py", "driver.py", "pipe.py"])
def test_what_runs_in_the_office_is_python_3_8(name: str) -> None:
    ast.parse((files("rpxl.calc") / name).read_text("utf-8"), feature_version=(3, 8))


def test_function_wizard(office: Office) -> None:
    """Names, descriptions and argument help come back from the office as the catalogue has them."""
    shown = {name: (text, arguments) for name, text, arguments in office.ask("functions")}
    for function in FUNCTIONS.values():
        text, arguments = shown[function.name]
        assert text == function.description
        assert arguments == [(p.name, p.help, p.optional) for p in function.parameters]


def engines(office: Office) -> list[int]:
    """Return the ids of the engine processes of an office."""
    table = subprocess.run(["ps", "-ww", "-eo", "pid=,pgid=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in table.splitlines())
    return [int(pid) for pid, group, args in rows if int(group) == office.group and "rpxl.calc.compute_process" in args]


posix = pytest.mark.skipif(os.name != "posix", reason="looks at processes the POSIX way")


@posix
def test_killing_the_engine_under_a_live_calc_is_survived(bench: Bench) -> None:
    bench.enter(("A1:B2", [[0.0256, 0.0], [0.0, 0.0016]]), ("D1:D2", "{=RP_WEIGHTS(A1:B2)}"))
    assert bench.at("D1") == pytest.approx(0.2, abs=1e-12)
    (engine,) = engines(bench.office)
    for _ in range(2):
        os.kill(engine, signal.SIGKILL)
        bench.enter(("A1", 0.0144))
        assert bench.at("D1") == pytest.approx(0.25, abs=1e-12)  # vols of 12 % and 4 %
        (newer,) = engines(bench.office)
        assert newer != engine
        engine = newer


@posix
def test_everything_ends_with_the_office(office_installed: None) -> None:
    with Office() as running:
        bench = Bench(running)
        bench.enter(("A1", "=VOLS(0.04)"))
        assert bench.at("A1") == pytest.approx(0.2)
        (engine,) = engines(running)
    deadline = time.monotonic() + 10
    while alive(engine) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(engine)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
