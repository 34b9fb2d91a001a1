"""The command line, as a person or a script calls it."""

import csv
import io

import pytest

from rpxl import cli
from rpxl.formulas.catalogue import FUNCTIONS


@pytest.fixture
def rpxl(monkeypatch, capsys):
    """Run ``rpxl …`` and return (exit status, standard output, standard error)."""

    def run(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["rpxl", *args])
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(cli, "console", cli.Console(highlight=False, width=200))
        monkeypatch.setattr(cli, "errors", cli.Console(stderr=True, highlight=False, soft_wrap=True))
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        out, err = capsys.readouterr()
        return status, out, err

    return run


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
    assert "=RISK_CONTRIB(weights, cov, [measure])" in out
    for parameter in FUNCTIONS["RISK_CONTRIB"].parameters:
        assert parameter.name in out
    assert "0.9948586118" in out


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
        (["RP_WEIGHTS", "no such.csv"], "there is no file no such.csv"),
        (["PORT_VOL", "weights=1", "0.04"], "stands after a named argument"),
        (["RP_WEIGHTS", "0.04,0.05;0.05,0.04"], "row 1, column 2 is 0.05, a correlation of 1.25"),
    ],
)
def test_eval_says_what_is_wrong_and_prints_no_number(rpxl, arguments, words):
    status, out, err = rpxl("eval", *arguments)
    assert (status, out) == (1, "")
    assert words in err
    assert "Traceback" not in err


def test_a_file_in_another_encoding_is_refused(rpxl, tmp_path):
    file = tmp_path / "cov.csv"
    file.write_bytes("\xe9;1".encode("latin-1"))
    status, _, err = rpxl("eval", "VOLS", str(file))
    assert status == 1
    assert "save it as CSV UTF-8" in err
