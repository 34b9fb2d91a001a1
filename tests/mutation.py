"""Change lines on purpose and see whether a test fails: ``python tests/mutation.py rpxl/core/limits.py``.

For use before a release; needs ``pip install cosmic-ray pytest-cov``. For each module it makes a sample of mutants, one
change each at a place of its own, in a copy of the project, and runs on each the doctests of the module and the tests
of its room that reach the changed line, the shortest first, until one fails. It prints each mutant that lived as a
difference, and at the end a row per module: how many mutants were tried and how many lived. Of one that lived, either a
test is missing, or it is equal: no input tells it from the code as it is.
"""

import argparse
import ast
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Reached = dict[tuple[Path, int], list[str]]
"""The tests that reach a line of a file."""

PROJECT = Path(__file__).parents[1]
TIMEOUT = 300.0
"""Seconds after which a mutant counts as killed: it made a loop endless."""

MEMORY = 8 << 30
"""Bytes that a test run may take: an endless loop must not take all of the machine's."""

ENVIRONMENT = {
    "CI": "1",  # the same examples each time
    "PYTHONDONTWRITEBYTECODE": "1",  # bytecode is told from older one by the second it was written in
    "OPENBLAS_NUM_THREADS": "1",
}


def main() -> None:
    """Read the command line, and try the modules."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="+", type=Path, help="files, such as rpxl/core/limits.py, or folders")
    parser.add_argument("--sample", type=int, default=20, help="mutants per module (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the mutants (default: 1)")
    given = parser.parse_args()
    modules = [Path(path).resolve().relative_to(PROJECT) for module in given.modules for path in files(module)]
    os.environ.update(ENVIRONMENT)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    rows = []
    reached: dict[Path, Reached] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        os.chdir(folder)
        for module in modules:
            if module.parent not in reached:
                reached[module.parent] = tests_by_line(module.parent)
            tried, lived = attempt(module, given.sample, random.Random(given.seed), reached[module.parent])
            rows.append(f"| `{module.as_posix()}` | {tried} | {lived} |")
            print(rows[-1], flush=True)
    print("\n| module | mutants | lived |\n|---|--:|--:|", *rows, sep="\n")


def files(module: Path) -> list[Path]:
    """Return the files that a name stands for."""
    return sorted(module.rglob("*.py")) if module.is_dir() else [module]


def copy_project(folder: Path) -> None:
    """Copy what is under version control, as it stands."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)


def tests_of(room: Path) -> str:
    """Return where the tests of a room are: in the folder of its name, or in one file."""
    folder = Path("tests", *room.parts[1:])
    return str(folder if folder.is_dir() else folder.with_name(f"test_{folder.name}.py"))


def tests_by_line(room: Path) -> Reached:
    """Run a room's tests once, and return which of them reach each line, by file and line."""
    from coverage import CoverageData

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0", "-vv"]
    told = subprocess.run(
        [*command, "--cov=rpxl", "--cov-context=test", "--cov-report=", tests_of(room), str(room)],
        capture_output=True,
        text=True,
    )
    if told.returncode:
        sys.exit(f"Without a change, tests of {room} fail:\n{told.stdout[-3000:]}")
    seconds = {name: float(time) for time, name in re.findall(r"^([\d.]+)s call +(.+)$", told.stdout, re.MULTILINE)}
    data = CoverageData(".coverage")
    data.read()
    reached: Reached = {}
    for file in data.measured_files():
        for line, contexts in data.contexts_by_lineno(file).items():
            tests = {context.removesuffix("|run") for context in contexts if context.endswith("|run")}
            reached[Path(file).resolve().relative_to(Path.cwd().resolve()), line] = sorted(
                tests, key=lambda test: seconds.get(test, 0.0)
            )
    return reached


def attempt(module: Path, sample: int, chance: random.Random, reached: Reached) -> tuple[int, int]:
    """Try a sample of a module's mutants; return how many, and how many lived."""
    from cosmic_ray.mutating import mutate_and_test

    tried = lived = 0
    for mutation in chosen(module, sample, chance):
        # What runs when the module is imported belongs to no test: then all of the room are asked
        tests = reached.get((module, mutation.start_pos[0])) or [str(module), tests_of(module.parent)]
        Path("chosen.txt").write_text("\n".join(tests), "utf-8")
        command = f"{sys.executable} -m pytest -q -x -p no:cacheprovider @chosen.txt"
        result = mutate_and_test([mutation], command, TIMEOUT)
        tried += 1
        if not result.is_killed:
            lived += 1
            print(f"\nLIVED: {mutation.operator_name}\n{result.diff}", flush=True)
    return tried, lived


def chosen(module: Path, sample: int, chance: random.Random) -> list[Any]:
    """Choose mutants, one for each place at the most, none of them in an annotation, a docstring or an assertion."""
    from cosmic_ray.commands.init import init
    from cosmic_ray.work_db import WorkDB, use_db

    with tempfile.TemporaryDirectory() as folder, use_db(f"{folder}/work.sqlite", WorkDB.Mode.create) as work:
        init([module], work, {})
        mutations = [mutation for item in work.work_items for mutation in item.mutations]
    dead = list(no_code(ast.parse(module.read_text("utf-8"))))
    places: dict[tuple[int, int], list[Any]] = {}
    for mutation in mutations:
        if not any(start <= mutation.start_pos < end for start, end in dead):
            places.setdefault(mutation.start_pos, []).append(mutation)
    spots = [places[place] for place in sorted(places)]
    picked = chance.sample(spots, min(sample, len(spots)))
    return [chance.choice(sorted(spot, key=lambda m: (m.operator_name, m.occurrence))) for spot in picked]


def no_code(tree: ast.Module) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield from where to where nothing is computed that a caller could see."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            parts = [node.returns, *(argument.annotation for argument in every if argument is not None)]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.Assert):
            parts = [node]
        for part in parts:
            if part is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
