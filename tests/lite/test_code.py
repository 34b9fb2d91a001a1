"""The code that a workbook holds: it is complete, it runs alone, and other code in the workbook is not touched."""

import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

from rpxl import __version__
from rpxl.errors import InputError
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.lite.code import find_block, main_text, sources, unpacked, updated_main, updated_requirements
from tests.test_imports import SOURCES, imports

OWN = "from xlwings import func\n\n\n@func\ndef double(x):\n    return 2 * x\n"
NOT_THERE = ["pandas", "typer", "rich", "formualizer", "python_calamine", "pyopenvba", "sklearn", "joblib"]

RUN = """
import importlib, json, pkgutil, sys, types
for name in json.loads(sys.argv[2]):
    sys.modules[name] = None
from tests.lite.excel import LITE, call, server
sys.modules["xlwings"].__dict__.update(vars(LITE))
for name in [name for name in sys.modules if name.split(".")[0] == "rpxl"]:
    del sys.modules[name]
main = types.ModuleType("main")
exec(open(sys.argv[1], encoding="utf-8").read(), main.__dict__)
import rpxl
place = rpxl.__file__
for each in pkgutil.walk_packages(rpxl.__path__, "rpxl."):
    importlib.import_module(each.name)
from rpxl.formulas.catalogue import FUNCTIONS
answers = {name: call(main, name, *function.example.args) for name, function in FUNCTIONS.items()}
own = call(main, "double", 21.0) if hasattr(main, "double") else None
print(json.dumps([place, rpxl.__version__, answers, own, len(server.custom_scripts_meta(main))]))
"""


def run(main: str, folder: Path, without: list[str]) -> list:
    path = folder / "main.py"
    path.write_text(main, "utf-8")
    command = [sys.executable, "-c", RUN, str(path), json.dumps(without)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    answer: list = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_it_runs_alone_and_answers_as_the_package_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    place, version, answers, own, scripts = run(updated_main(OWN, add=True), tmp_path, NOT_THERE)
    assert place.startswith(str(tmp_path / "rpxl-")) and version == __version__
    assert answers.keys() == FUNCTIONS.keys()
    for name, function in FUNCTIONS.items():
        answer = function(*function.example.args)
        assert answers[name] == (answer if isinstance(answer, list) else [[answer]]), name
    assert own == [[42]] and scripts >= 7


def test_a_newer_main_takes_the_place_of_an_older_one_in_the_same_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Lite runs main.py anew whenever it is edited."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other_place = str(tmp_path.parent / "rpxl-elsewhere" / "site-packages")
    monkeypatch.syspath_prepend(other_place)
    path, modules = list(sys.path), dict(sys.modules)
    loader = main_text().split("def _rpxl_offered")[0]
    try:
        exec(loader, types.ModuleType("main").__dict__)
        (first,) = (each for each in sys.path if str(tmp_path) in each)
        other = loader.replace(f'    "{_digest(loader)}",', '    "0123456789abcdef",')
        assert other != loader
        exec(other, types.ModuleType("main").__dict__)
        (second,) = (each for each in sys.path if str(tmp_path) in each)
        assert other_place in sys.path
        assert first != second and second.endswith("rpxl-0123456789abcdef")
        assert not [name for name in sys.modules if name.split(".")[0] == "rpxl"]
    finally:
        sys.path[:] = path
        sys.modules.update(modules)


def _digest(loader: str) -> str:
    return loader.split('_rpxl_unpacked(\n    "')[1].split('"')[0]


def test_what_is_packed_is_the_source_with_its_docstrings_cut():
    package = Path(__file__).parents[2] / "rpxl"
    packed = unpacked(main_text())
    assert packed == sources()
    for name, text in packed.items():
        compile(text, name, "exec")
        if name != "rpxl/__init__.py":
            lines = (package.parent / name).read_text("utf-8").splitlines()
            assert set(filter(str.strip, text.splitlines())) <= {*lines, '    """', '"""', '        """'}, name


def test_every_file_that_is_imported_is_packed():
    packed = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in unpacked(main_text())}
    elsewhere = ("rpxl.templates", "rpxl.files", "rpxl.excel.doctor", "rpxl.prices", "rpxl.filling", "rpxl.calculation")
    for module in sorted(packed - {"rpxl"}):
        for other in imports(SOURCES[module]):
            assert other in packed or other.startswith(elsewhere), f"{module} imports {other}"


def test_no_main_py_is_made_where_there_is_none():
    assert updated_main(None, add=False) == updated_main(" \n", add=False) == main_text()
    block = find_block(main_text())
    assert block is not None and block.intact and block.version == __version__


def test_somebody_elses_code_is_never_touched_unasked():
    with pytest.raises(InputError, match=r"code that is not rpxl's.*--add"):
        updated_main(OWN, add=False)
    both = updated_main(OWN, add=True)
    assert both.endswith(OWN) and both.startswith(main_text())
    assert updated_main(both, add=False) == both


def test_an_update_replaces_rpxls_part_only():
    above, below = "import numpy\n\n", "\n\nx = 1\n"
    older = main_text().replace(f"rpxl {__version__}", "rpxl 0.0.9")
    assert updated_main(above + older + below, add=False) == above + main_text() + below


def test_a_part_that_was_changed_by_hand_is_not_replaced_unasked():
    changed = main_text().replace("import tempfile", "import tempfile, os")
    with pytest.raises(InputError, match="changed by hand"):
        updated_main(changed + OWN, add=False)
    assert updated_main(changed + OWN, add=True) == main_text() + OWN


def test_requirements_that_are_there_stay():
    whole = updated_requirements(None)
    assert whole.splitlines()[0] == "xlwings" and "numpy" in whole.splitlines()
    assert updated_requirements(whole) == whole
    old = "xlwings==0.33.15  # required\nscipy>=1\nPython_dotenv==1.1.1"
    assert updated_requirements(old).startswith(f"{old}\n")
    new = updated_requirements(old).splitlines()[3:]
    assert new == ["pyodide-http", "black", "numpy", "threadpoolctl"]
