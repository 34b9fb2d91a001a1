"""What rpxl says that it needs is what it is tested with."""

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_lowest_versions_are_those_declared():
    """`.ci/lowest` runs all tests with the versions of this file."""
    wanted = DECLARED["dependencies"] + DECLARED["optional-dependencies"]["test"]
    bounds = [re.fullmatch(r"([\w.-]+)>=([\d.]+)(?:,<[\d.]+)?", requirement) for requirement in wanted]
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
