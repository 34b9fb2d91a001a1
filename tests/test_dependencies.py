"""What rpxl says that it needs is what it is tested with."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_lowest_versions_are_those_declared():
    """`.ci/lowest` runs all tests with the versions of this file."""
    wanted = DECLARED["dependencies"] + DECLARED["optional-dependencies"]["test"]
    bounds = [re.fullmatch(r"([\w.-]+)>=([\d.]+)(?:,<[\d.]+)?(?:; .+)?", requirement) for requirement in wanted]
    lines = (PROJECT / "tests" / "lowest.txt").read_text("utf-8").splitlines()
    assert all(bounds), "give each dependency its lowest version first: name>=version"
    assert [line for line in lines if not line.startswith("#")] == [
        f"{bound[1]}=={bound[2]}" for bound in bounds if bound
    ]


def test_the_readme_says_why_each_library_is_needed():
    readme = (PROJECT / "README.md").read_text("utf-8").lower()
    table = readme.split("## what it is built with")[1].split("\n## ")[0]
    for requirement in DECLARED["dependencies"]:
        name = re.match(r"[\w.-]+", requirement)
        assert name and re.search(rf"^\|.*\b{name[0].lower()}\b.*\|", table, re.M), f"{requirement} is not in the table"


def installed_on(**environment: str) -> set[str]:
    """The libraries that pip or micropip installs with rpxl on another kind of machine."""
    here = {**default_environment(), "extra": "", **environment}
    wanted = map(Requirement, DECLARED["dependencies"])
    return {each.name for each in wanted if each.marker is None or each.marker.evaluate(here)}


EVERYTHING = {Requirement(each).name for each in DECLARED["dependencies"]}


def test_a_browser_installs_what_formulas_import_and_nothing_that_has_no_build_there():
    in_browser = installed_on(sys_platform="emscripten", platform_machine="wasm32", os_name="posix")
    assert in_browser == {"numpy", "scipy", "threadpoolctl"}


def test_windows_on_arm_does_without_formualizer_only():
    assert installed_on(sys_platform="win32", platform_machine="ARM64", os_name="nt") == EVERYTHING - {"formualizer"}


@pytest.mark.parametrize(
    ("system", "machine"),
    [("win32", "AMD64"), ("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("darwin", "x86_64")],
)
def test_everywhere_else_everything_is_installed(system: str, machine: str):
    assert installed_on(sys_platform=system, platform_machine=machine) == EVERYTHING
