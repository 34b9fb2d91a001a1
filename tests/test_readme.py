"""The README says what the project does."""

import re
import shlex
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import rpxl
from rpxl import cli
from rpxl.calculation.native_functions import RANGE_ARGUMENTS
from rpxl.formulas.catalogue import CATEGORIES, FUNCTIONS

from .office import needs_office

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
GUIDE = (PROJECT / "addin" / "README.md").read_text(encoding="utf-8")

ELSEWHERE = ("calc install", "calc status", "calc remove", "--scheduler")
"""Commands that change the user's office, or need a cluster; tests of their own run them."""


def fenced(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a language."""
    return [found[2] for found in re.finditer(r"^ *```(\w*)\n(.*?)^ *```$", text, re.M | re.S) if found[1] == language]


def typed(prompt: str = "") -> list[str]:
    """The lines that call rpxl, as they are typed after a prompt."""
    lines = [line.strip() for block in fenced(README) for line in block.splitlines()]
    return [line.removeprefix(prompt) for line in lines if line.startswith(f"{prompt}rpxl ")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README speaks of."""
    shutil.copytree(PROJECT / "workbooks", tmp_path / "workbooks", ignore=shutil.ignore_patterns("pictures"))
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(180)]
    days = [day for day in days if day.weekday() < 5]
    prices = 100 * np.exp(np.random.default_rng(1).normal(0, 0.01, (len(days), 3)).cumsum(axis=0))
    rows = [[day.isoformat(), *(f"{price:.4f}" for price in row)] for day, row in zip(days, prices, strict=True)]
    text = "\n".join(",".join(row) for row in [["Date", "SPY", "IEF", "GLD"], *rows])
    (tmp_path / "closes.csv").write_text(text)
    (tmp_path / "held.csv").write_text("asset,shares\nSPY,120\nIEF,80\nCash,900\n")
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "one.csv").write_text(text)
    (tmp_path / "clients.csv").write_text("client,prices\ntwo,closes.csv\n")
    (tmp_path / "cov.csv").write_text(",SPY,IEF\nSPY,0.04,0\nIEF,x,0.09\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a line, but for its comment; the exit status."""
    monkeypatch.setattr("sys.argv", shlex.split(line, comments=True))
    try:
        cli.main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def test_every_command_can_be_typed_one_after_the_other(folder: Path, monkeypatch: pytest.MonkeyPatch):
    book = rpxl.read_prices("closes.csv").to_frame()
    book.index = book.index.date
    as_workbook(folder / "closes.xlsx", book)
    lines = [line for line in typed() if not any(word in line for word in ELSEWHERE)]
    assert len(lines) >= 5
    for line in lines:
        assert run(line, monkeypatch) == 0, line


def as_workbook(path: Path, table) -> None:
    """Write prices as people keep them."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Date", *table.columns])
        for number, (day, row) in enumerate(table.iterrows(), 1):
            sheet.write_row(number, 0, [day, *row])


def test_what_is_typed_prints_what_is_shown(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    lines = typed("> ")
    assert len(lines) == 2
    for line in lines:
        block = next(block for block in fenced(README) if f"> {line}" in block)
        run(line, monkeypatch)
        out, err = capsys.readouterr()
        assert to_ten_digits(out + err) == to_ten_digits(block.split("\n", 1)[1])


def to_ten_digits(text: str) -> str:
    """Numbers without the digits in which one kernel of linear algebra may differ from another."""
    return re.sub(r"\d\.\d{10,}", lambda found: f"{float(found[0]):.10g}", text.strip())


@needs_office
def test_the_python_examples_run(folder: Path):
    names: dict[str, object] = {}
    for block in fenced(README, "python"):
        exec(block, names)
    assert (folder / "filled.xlsx").is_file()
    weights, cov = names["weights"], names["cov"]
    shares = weights * (cov @ weights) / (weights @ cov @ weights)  # what risk parity is
    assert list(shares.index) == ["SPY", "IEF", "GLD"]
    np.testing.assert_allclose(shares, 1 / 3, rtol=1e-8)


@pytest.mark.parametrize("text", [README, GUIDE], ids=["README", "add-in's guide"])
def test_nothing_is_installed_from_an_index_that_does_not_have_it(text: str):
    installs = re.findall(r"pip install [^`\n]*", text)
    assert installs
    for line in installs:
        words = shlex.split(re.split(r" && |`", line)[0])[2:]
        wanted = [word for word in words if not word.startswith("-")]
        assert wanted and all(word == "." or word.startswith(".[") for word in wanted), line


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "addin/README.md"])
def test_links_and_named_files_are_there(page: str):
    path = PROJECT / page
    text = path.read_text("utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (path.parent / link).exists(), link
    for name in re.findall(r"`((?:rpxl|tests|addin|workbooks|\.ci)/[\w./]*)`", text):
        if "NAME" not in name:
            assert (PROJECT / name).exists(), name


def test_the_function_table_is_the_catalogue():
    lines = ["| function | answer |", "|---|---|"]
    for category in CATEGORIES:
        chosen = [formula for formula in FUNCTIONS.values() if formula.category == category]
        lines += [f"| `{formula.usage}` | {formula.description} |" for formula in chosen]
    table = "\n".join(lines)
    written = README.split("<!-- functions -->\n")[1].split("\n<!-- /functions -->")[0]
    assert written == table, f"put this table into the README:\n\n{table}\n"


def test_the_functions_that_are_computed_are_named():
    written = README.split("<!-- computed -->")[1].split("<!-- /computed -->")[0]
    assert re.findall(r"`([A-Z0-9.]+)`", written) == sorted(RANGE_ARGUMENTS)
