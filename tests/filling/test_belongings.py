"""What belongs to assets goes with them by name, or the fill is refused."""

from datetime import date, timedelta
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling.fill import FillReport, fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.prices import Prices
from rpxl.templates.built import built
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook

SAMPLE = ["SPY", "VEU", "IEF", "GLD", "DBC"]
RETURNS = dict(zip(SAMPLE, [0.07, 0.072, 0.042, 0.05, 0.055], strict=True))
COUNT = 60


@cache
def comparison() -> bytes:
    return built(templates.get("allocation_comparison"))


def prices(labels: list[str]) -> Prices:
    days = [day for day in (date(2022, 1, 3) + timedelta(days=i) for i in range(COUNT * 2)) if day.weekday() < 5][
        :COUNT
    ]
    steps = np.random.default_rng(5).normal(0, 0.01, (COUNT, len(labels)))
    return Prices(days, labels, 100 * np.exp(np.cumsum(steps, axis=0)), "Made up")


def values(path: Path, name: str) -> list:
    inputs = WorkbookInputs(Workbook(path))
    return inputs.values(inputs.areas[name])


def refilled(labels: list[str], tmp_path: Path, template: bytes | Path | None = None, **settings: str) -> FillReport:
    out = tmp_path / "out.xlsx"
    return fill(template or comparison(), out, prices=prices(labels), settings=settings, force=True)


def told(report: FillReport) -> str:
    return " ".join(note for note in report.notes if "Exp_returns" in note)


def front(path: Path) -> object:
    page = Workbook(path).worksheets[0]
    row = next(row for row in range(5, 20) if page.value(row, 2) == "Expected returns")
    return page.value(row, 3)


@pytest.mark.parametrize("order", [*permutations(range(5), 5)][7::37])
def test_all_inputs_move_with_their_assets(order: tuple[int, ...], tmp_path: Path):
    labels = [SAMPLE[i] for i in order]
    report = refilled(labels, tmp_path)
    out = tmp_path / "out.xlsx"
    assert values(out, "Exp_returns") == [RETURNS[label] for label in labels]
    assert values(out, "Weights") == [{"SPY": 0.6, "IEF": 0.4}.get(label, 0.0) for label in labels]
    assert "of all assets are made up" in told(report)
    assert front(out) == "MADE UP for 5 of 5 assets: set your own"
    sheet = Workbook(out).sheet("Weights")
    shown = {sheet.value(row, 2): sheet.value(row, 3) for row in range(7, 12)}
    assert shown == RETURNS


def test_the_same_labels_make_the_sample_no_estimate(tmp_path: Path):
    assert "of all assets are made up" in told(refilled(SAMPLE, tmp_path))
    assert front(tmp_path / "out.xlsx") == "MADE UP for 5 of 5 assets: set your own"


def test_expected_returns_that_are_set_are_given(tmp_path: Path):
    report = refilled(SAMPLE[::-1], tmp_path, exp_returns="1%,2%,3%,4%,5%")
    assert told(report) == ""
    assert values(tmp_path / "out.xlsx", "Exp_returns") == [0.01, 0.02, 0.03, 0.04, 0.05]
    assert front(tmp_path / "out.xlsx") == "given, on the sheet Weights"
    again = fill(tmp_path / "out.xlsx", tmp_path / "again.xlsx", prices=prices(SAMPLE))
    assert told(again) == ""
    assert values(tmp_path / "again.xlsx", "Exp_returns") == [0.05, 0.04, 0.03, 0.02, 0.01]
    assert front(tmp_path / "again.xlsx") == "given, on the sheet Weights"


def test_values_equal_to_the_made_up_ones_are_given_when_they_are_set(tmp_path: Path):
    report = refilled(SAMPLE, tmp_path, Exp_returns=",".join(map(str, RETURNS.values())))
    assert told(report) == ""
    assert front(tmp_path / "out.xlsx") == "given, on the sheet Weights"


@pytest.mark.parametrize("labels", [["GLD", "TLT", "SPY", "VEU", "IEF"], ["SPY", "TLT"], [*SAMPLE, "TLT", "BTC"]])
def test_a_new_asset_gets_no_others_expected_return(labels: list[str], tmp_path: Path):
    given = refilled(SAMPLE, tmp_path, Exp_returns="1%,2%,3%,4%,5%")
    assert told(given) == ""
    (tmp_path / "out.xlsx").rename(tmp_path / "first.xlsx")
    report = refilled(labels, tmp_path, tmp_path / "first.xlsx")
    own = dict(zip(SAMPLE, [0.01, 0.02, 0.03, 0.04, 0.05], strict=True))
    assert values(tmp_path / "out.xlsx", "Exp_returns") == [own.get(label, 0.06) for label in labels]
    new = [label for label in labels if label not in own]
    assert f"Exp_returns of {', '.join(new)} are made up" in told(report)
    assert front(tmp_path / "out.xlsx") == f"MADE UP for {len(new)} of {len(labels)} assets: set your own"


@pytest.mark.parametrize(("name", "column"), [("Exp_returns", "C"), ("Exp_returns_made_up", "W")])
def test_a_name_that_leaves_an_asset_out_is_refused(tmp_path: Path, name: str, column: str):
    book = parts_of(comparison())["xl/workbook.xml"]
    short = book.replace(f">Weights!${column}$7:${column}$11<".encode(), f">Weights!${column}$7:${column}$10<".encode())
    assert short != book
    with pytest.raises(InputError, match=rf"{name}: Weights!{column}7:{column}10 has 4 cells for 5 assets"):
        refilled(SAMPLE, tmp_path, with_parts(comparison(), {"xl/workbook.xml": short}))


def test_names_are_the_same_in_another_case_and_with_other_blanks(tmp_path: Path):
    refilled(["dbc ", "Spy", "ief", "gld", "veu"], tmp_path)
    assert values(tmp_path / "out.xlsx", "Exp_returns") == [0.055, 0.07, 0.042, 0.05, 0.072]
    assert values(tmp_path / "out.xlsx", "Weights") == [0.0, 0.6, 0.4, 0.0, 0.0]


def own_workbook(extra: str = "") -> bytes:
    """A user's workbook with vols and correlations beside the prices, and a name of its own."""

    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", ["Date", "X", "Y", "Z"])
        for row in range(20):
            sheet.write_row(row + 1, 0, [44564 + 7 * row, 10 + row % 2, 20 + row % 3, 30 + row % 4])
        sheet.write_column("G1", [0.1, 0.2, 0.3])
        for row, line in enumerate([[1, 0.12, 0.13], [0.12, 1, 0.23], [0.13, 0.23, 1]]):
            sheet.write_row(row, 8, line)
        sheet.write_column("M1", [1, 2, 3])
        for name, area in {"Prices": "$B$1:$D$21", "Dates": "$A$2:$A$21", "Volatilities": "$G$1:$G$3"}.items():
            book.define_name(name, f"=S!{area}")
        book.define_name("Corr", "=S!$I$1:$K$3")
        if extra:
            book.define_name(extra, "=S!$M$1:$M$3")

    return workbook(write)


def test_matrices_move_in_both_directions(tmp_path: Path):
    refilled(["Z", "X", "Y"], tmp_path, own_workbook())
    assert values(tmp_path / "out.xlsx", "Volatilities") == [0.3, 0.1, 0.2]
    assert values(tmp_path / "out.xlsx", "Corr") == [1, 0.13, 0.23, 0.13, 1, 0.12, 0.23, 0.12, 1]


def test_a_new_asset_without_a_value_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"there is no value for W\. Give it too"):
        refilled(["Z", "W", "Y"], tmp_path, own_workbook())
    fill(
        own_workbook(), tmp_path / "out.xlsx", prices=prices(["Z", "W", "Y"]), vols=".1,.2,.3", corr="1,0,0;0,1,0;0,0,1"
    )
    assert values(tmp_path / "out.xlsx", "Volatilities") == [0.1, 0.2, 0.3]


def test_a_name_that_may_belong_to_the_assets_is_refused_or_given(tmp_path: Path):
    with pytest.raises(InputError, match=r"Scores: the assets or their order changed.*--set Scores="):
        refilled(["Z", "X", "Y"], tmp_path, own_workbook("Scores"))
    refilled(["Z", "X", "Y"], tmp_path, own_workbook("Scores"), Scores="7,8,9")
    assert values(tmp_path / "out.xlsx", "Scores") == [7, 8, 9]
    refilled(["X", "Y", "Z"], tmp_path, own_workbook("Scores"))
    assert values(tmp_path / "out.xlsx", "Scores") == [1, 2, 3]
