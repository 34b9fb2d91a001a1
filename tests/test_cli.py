"""The command line, as a person or a script calls it."""

import csv
import io
import subprocess
import sys

import pytest
from rich.console import Console

from rpxl import __version__, cli, templates
from rpxl.cli.progress import progress
from rpxl.cli.terminal import console
from rpxl.filling.inputs import WorkbookInputs
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.xlsx.workbook import Workbook


@pytest.fixture
def rpxl(monkeypatch, capsys):
    """Run ``rpxl …`` and return (exit status, standard output, standard error)."""

    def run(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["rpxl", *args])
        monkeypatch.setattr(console, "width", 500)  # COLUMNS counts only if set before the first import
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_the_version(rpxl):
    assert rpxl("--version")[:2] == (0, f"rpxl {__version__}\n")


def test_started_as_a_module_it_imports_nothing_from_the_current_folder(tmp_path):
    (tmp_path / "typer.py").write_text("raise SystemExit('run from the current folder')")
    command = [sys.executable, "-m", "rpxl", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"rpxl {__version__}\n", "")


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_functions_lists_the_whole_catalogue(rpxl):
    status, out, _ = rpxl("functions")
    assert status == 0
    for formula in FUNCTIONS.values():
        assert formula.usage in out


def test_functions_shows_one_with_its_arguments_and_its_example(rpxl):
    status, out, _ = rpxl("functions", "risk_contrib")
    assert status == 0
    assert f"={FUNCTIONS['RISK_CONTRIB'].usage}" in out
    for parameter in FUNCTIONS["RISK_CONTRIB"].parameters:
        assert parameter.name in out
    assert "0.9948586118" in out


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_shown(rpxl, name):
    status, out, _ = rpxl("functions", name)
    assert status == 0
    assert all(parameter.help in out for parameter in FUNCTIONS[name].parameters)


def test_an_unknown_function_is_answered_with_the_nearest(rpxl):
    status, out, err = rpxl("functions", "RISK_CONTRB")
    assert (status, out) == (1, "")
    assert "Did you mean RISK_CONTRIB" in err


def test_eval_takes_numbers_cells_words_names_and_files(rpxl, tmp_path):
    file = tmp_path / "cov.csv"
    file.write_text(",SPY,IEF\nSPY,0.04,\nIEF,0.0,0.09\n", encoding="utf-8-sig")
    status, out, _ = rpxl("eval", "rp_weights", str(file))
    assert status == 0
    assert [float(row[0]) for row in table(out)] == pytest.approx([0.6, 0.4])
    _, out, _ = rpxl("eval", "RISK_CONTRIB", "0.5,0.5", "0.04,0;0,0.04", "absolute")
    assert [float(cell) for cell in table(out)[0]] == pytest.approx([0.02 / 0.08**0.5] * 2)
    _, out, _ = rpxl("eval", "LEVER_TO_VOL", "-1", "0.0036", "0.09", "", "output=leverage")
    assert float(out) == pytest.approx(1.5)
    _, out, _ = rpxl("eval", "RISK_DECOMP", "0.5;0.5", str(file))
    assert [row[0] for row in table(out)] == ["Asset", "SPY", "IEF", "Portfolio"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["RP_WEIGHTS"], "cov: is missing"),
        (["RP_WEIGHTS", "0.04,x;0,0.09"], "cov: row 1, column 2 holds the text 'x'"),
        (["RP_WEIGHTS", "no such.csv"], "no such.csv"),
        (["PORT_VOL", "weights=1", "0.04"], "stands after a named argument"),
        (["RP_WEIGHTS", "0.04,0.05;0.05,0.04"], "row 1, column 2 is 0.05, a correlation of 1.25"),
    ],
)
def test_eval_says_what_is_wrong_and_prints_no_number(rpxl, arguments, words):
    status, out, err = rpxl("eval", *arguments)
    assert (status, out) == (1, "")
    assert words in err
    assert "Traceback" not in err


def test_a_file_in_another_encoding_is_read_and_that_is_said(rpxl, tmp_path):
    file = tmp_path / "cov.csv"
    file.write_bytes("Aktien \xdc;Anleihen\n0,04;0,006\n0,006;0,09".encode("latin-1"))
    status, out, err = rpxl("eval", "VOLS", str(file))
    assert (status, out) == (0, "0.2\n0.3\n")
    assert "cov.csv: The text is not UTF-8" in err


def test_demo_fills_every_template_and_prints_published_against_computed(rpxl, tmp_path):
    folder = tmp_path / "demo"
    status, out, _ = rpxl("demo", "--out", str(folder))
    assert status == 0
    assert sorted(path.stem for path in folder.glob("*.xlsx")) == sorted(templates.names())
    lines = [line.split() for line in out.splitlines()]
    # The textbook prints 8.51 %, 96.36 % and 3.64 %; its inputs give 8.8204 %, 99.4859 % and 0.5141 %.
    assert ["Portfolio", "volatility", "8.51%", "8.82%", "0.31%"] in lines
    assert ["Share", "of", "risk,", "stocks", "96.36%", "99.49%", "3.13%"] in lines
    # Haghani & White (2017) print 2.8 %, 9.7 %, 0.29 and 1.4 % for 60/40.
    assert ["computed", "60.0%", "40.0%", "2.80%", "9.73%", "0.288", "1.38%"] in lines
    assert ["published", "2.8%", "9.7%", "0.29", "1.4%"] in lines


@pytest.fixture
def two_templates(monkeypatch):
    """Let there be two templates only, which are built quickly."""
    monkeypatch.setattr(templates, "names", lambda: ["decomposition_60_40", "haghani_white"])


def test_demo_leaves_a_changed_workbook_alone(rpxl, tmp_path, two_templates):
    rpxl("demo", "--out", str(tmp_path))
    changed = tmp_path / "haghani_white.xlsx"
    changed.write_bytes(b"mine")
    status, _, err = rpxl("demo", "--out", str(tmp_path))
    assert status == 1
    assert "--force" in err
    assert changed.read_bytes() == b"mine"
    assert rpxl("demo", "--out", str(tmp_path), "--force")[0] == 0
    assert changed.read_bytes() != b"mine"


def test_fill_takes_a_template_by_name_and_reports_what_it_did(rpxl, tmp_path):
    out_file = tmp_path / "mine.xlsx"
    arguments = (
        "fill",
        "haghani_white",
        "--set",
        "Risk_aversion=4",
        "--set",
        "Borrow_spread=1%",
        "--out",
        str(out_file),
    )
    status, out, _ = rpxl(*arguments)
    assert status == 0
    assert "2 input cells changed" in out
    book = Workbook(out_file)
    assert WorkbookInputs(book).values(WorkbookInputs(book).require("Borrow_spread")) == [0.01]
    status, _, err = rpxl(*arguments)
    assert status == 1
    assert "--force" in err
    assert rpxl(*arguments, "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fill", "no_such.xlsx"], "no_such.xlsx"),
        (["fill", "haghani_white", "--set", "Risk_aversion"], "NAME=VALUE"),
        (["fill", "haghani_white", "--set", "Cov=1"], "computed from"),
        (["fill", "haghani_white", "--weights", "Stocks=1,Gold=2"], "Gold"),
        (["fill", "leverage_example", "--prices", "x.csv"], "x.csv"),
        (["fill", "static_analysis", "--prices", "x.csv", "--yahoo", "SPY,TLT"], "exclude each other"),
        (["fill", "static_analysis", "--yahoo", "SPY,TLT"], "--from"),
        (["fill", "static_analysis", "--yahoo", "SPY,TLT", "--batch", "x"], "--from"),
    ],
)
def test_a_failed_fill_says_why_and_leaves_nothing(rpxl, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    status, out, err = rpxl(*arguments, "--out", "mine.xlsx")
    assert (status, out) == (1, "")
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_templates_are_listed(rpxl):
    _, out, _ = rpxl("templates", "list")
    assert all(name in out for name in templates.names())


def test_templates_are_built_and_checked(rpxl, tmp_path, two_templates):
    assert rpxl("templates", "build", "--out", str(tmp_path))[0] == 0
    assert rpxl("templates", "build", "--out", str(tmp_path), "--check")[0] == 0
    (tmp_path / "haghani_white.xlsx").unlink()
    status, _, err = rpxl("templates", "build", "--out", str(tmp_path), "--check")
    assert status == 1
    assert "haghani_white.xlsx is missing" in err


def test_normalise_writes_plain_formulas_only_where_there_is_something_to_do(rpxl, tmp_path):
    plain, out_file = tmp_path / "plain.xlsx", tmp_path / "out.xlsx"
    rpxl("fill", "leverage_example", "--out", str(plain))
    status, out, _ = rpxl("normalise", str(plain), "--out", str(out_file))
    assert status == 0
    assert "plain already" in out
    assert not out_file.exists()


def test_a_run_says_how_long_it_will_still_take():
    """By what was done in this run: what an earlier one did takes no time. Without a terminal, a line each minute."""
    now = [0.0]
    console = Console(file=io.StringIO(), width=200)
    with progress(104, console, lambda: now[0]) as advance:
        for _ in range(4):
            now[0] += 100.0
            advance(False)
        for seconds in (30.0, 30.0, 60.0, 3690.0, *[0.0] * 90, 60.0, 60.0, 60.0, 60.0):
            now[0] += seconds
            advance(True)
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "5 of 104 done, about 50 minutes left.",  # 30 s for each of 99
        "7 of 104 done, about 65 minutes left.",  # 120 s / 3 for each of 97
        "8 of 104 done, about 25.4 hours left.",  # 3810 s / 4 for each of 96
        "99 of 104 done, about 3 minutes left.",
        "100 of 104 done, about 3 minutes left.",
        "101 of 104 done, about 2 minutes left.",
        "102 of 104 done, about 83 s left.",  # 4050 s / 98 for each of 2
    ]


def test_a_terminal_has_a_bar():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with progress(2, console, iter(range(0, 1000, 100)).__next__) as advance:
        advance(True)
        advance(True)
    assert "1/2" in console.file.getvalue() or "2/2" in console.file.getvalue()  # type: ignore[attr-defined]
