"""The rooms import downwards only, and a cell doesn't wait for what it doesn't use."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

FLOORS = (
    ("rpxl.errors",),
    ("rpxl.files", "rpxl.core", "rpxl.xlsx"),
    ("rpxl.formulas", "rpxl.frames"),
    ("rpxl.prices",),
    ("rpxl.calculation",),
    ("rpxl.templates",),
    ("rpxl.filling", "rpxl.demo"),
    ("rpxl.calc", "rpxl.excel", "rpxl.lite"),
    ("rpxl.cli",),
    ("rpxl.__main__",),
)
"""The rooms from the lowest floor up. A room imports from the floors below it; `SAME_FLOOR` may look beside."""

SAME_FLOOR = {("rpxl.xlsx", "rpxl.files"), ("rpxl.demo", "rpxl.filling")}

SHARED = {"rpxl.lite": ("rpxl.excel.macros",)}
"""What a room takes from another on its floor: the macros know no host, and two hosts carry out what they plan."""

FRONT = ("rpxl",)
"""What every room may read: the version. The rooms that users import from Python are shown in ``rpxl/__init__.py``."""

FIRST_CALL = "from rpxl.formulas import RP_WEIGHTS; RP_WEIGHTS([[0.04, 0.01], [0.01, 0.09]])"
HEAVY = (
    "scipy",
    "pandas",
    "xlwings",
    "rich",
    "lxml",
    "formualizer",
    "typer",
    "xlsxwriter",
    "threadpoolctl",
    "numpy.ma",
    "numpy.random",
    "statistics",
    "difflib",
    "decimal",
    "threading",
)


@pytest.fixture(scope="module")
def imported():
    code = f"import json, sys; {FIRST_CALL}; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("module", HEAVY)
def test_first_formula_does_not_import(imported, module):
    assert "rpxl.core.risk_parity" in imported
    assert module not in imported


def sources() -> dict[str, Path]:
    """Every module of the package by its name."""
    found = {}
    for path in sorted((PROJECT / "rpxl").rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


SOURCES = sources()


def room(module: str) -> str:
    """The room that a module is in."""
    return next(name for floor in FLOORS for name in floor if module == name or module.startswith(f"{name}."))


def imports(path: Path) -> Iterator[str]:
    """The modules of rpxl that a file imports, at its head or anywhere inside, and also if only for its types."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "rpxl")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rpxl":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in SOURCES else str(node.module)
        elif isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail(f"{path}: write imports in full, so that they can be followed")


@pytest.mark.parametrize("module", [name for name in SOURCES if name not in FRONT])
def test_rooms_import_downwards_only(module):
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    own = room(module)
    for other in imports(SOURCES[module]):
        shared = any(other == name or other.startswith(f"{name}.") for name in SHARED.get(own, ()))
        if other not in FRONT and room(other) != own and (own, room(other)) not in SAME_FLOOR and not shared:
            assert floor[room(other)] < floor[own], f"{module} imports {other}"


def test_no_file_imports_itself_by_way_of_others():
    graph = {name: {other for other in imports(path) if other != name} for name, path in SOURCES.items()}
    for name in FRONT:
        graph[name] = set()  # what users import: it looks at the rooms, and they read the version from it
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")
