"""What people set and give on the command line, and what it means: dates, percent, returns, several files."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling.fill import filled
from rpxl.filling.inputs import WorkbookInputs, read_vector, refuse_percent, set_value
from rpxl.prices.prices import serial
from rpxl.templates.built import built
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def _settings(book) -> None:
    sheet = book.add_worksheet("Inputs")
    plain, percent = book.add_format(), book.add_format({"num_format": "0.0%"})
    day = book.add_format({"num_format": 'd" of "mmm yyyy'})
    sheet.write("A1", 45000, day)
    sheet.write("A2", 45000, plain)
    sheet.write("A3", 0.02, percent)
    sheet.write("A4", "none", plain)
    sheet.write_row("A5", [0.6, 0.4, 0.0])
    sheet.write_row("A6", [0.1, 0.2, 0.3])
    sheet.write_blank("A7", None, book.add_format({"num_format": 14}))
    names = {
        "Start": "A1",
        "Capital": "A2",
        "Rate": "A3",
        "Note": "A4",
        "Weights": "A5:C5",
        "Volatilities": "A6:C6",
        "End": "A7",
    }
    for name, place in names.items():
        first, _, last = place.partition(":")
        absolute = ":".join(f"${cell[0]}${cell[1:]}" for cell in (first, last) if cell)
        book.define_name(name, f"=Inputs!{absolute}")


@pytest.fixture
def inputs() -> WorkbookInputs:
    return WorkbookInputs(Workbook(workbook(_settings)))


def held(inputs: WorkbookInputs, name: str) -> list:
    return inputs.values(inputs.areas[name])


@pytest.mark.parametrize("name", ["Start", "End"])
@pytest.mark.parametrize("text", ["2022-06-01", "1 June 2022", "2022/6/1", "Jun 1, 2022", "20220601"])
def test_a_date_is_a_value_too(inputs, name: str, text: str):
    set_value(inputs, name, text)
    assert held(inputs, name) == [float(serial(date(2022, 6, 1)))]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("Start", "6/1/2022", "'6/1/2022' can be 2022-01-06 or 2022-06-01. Write the date as 2022-06-01"),
        ("Start", "June 2022", "'June 2022' is no day, and the cell holds a date"),
        ("Start", "2022", "is no day"),
        ("Start", "0.05", "is no day"),
        ("Start", "31 February 2022", "is no day"),
        ("Capital", "2022-06-01", "'2022-06-01' is not a number"),
        ("Rate", "1,000", "holds 1 values, but 2|'1,000' is not a number"),
        ("Rate", "0,05", "'0,05' is not a number"),
        ("Weights", "60,0,40", r"the sum is 100, which is 10000% invested\. If they are percent, write 60%,40%"),
        ("Volatilities", "15,5,3", "15 is 1500% a year. If they are percent"),
    ],
)
def test_what_can_be_meant_otherwise_is_a_question(inputs, name: str, text: str, words: str):
    with pytest.raises(InputError, match=words):
        set_value(inputs, name, text)


@pytest.mark.parametrize(
    "name", ["Risk_free", "Borrow_rate", "cash_rate", "Target_vol", "Exp_returns", "Borrow_spread"]
)
def test_a_rate_of_2_is_a_question(name: str):
    with pytest.raises(InputError, match=f"^{name}: 2 is 200%. If it is percent, write 2%; else 200%"):
        refuse_percent(name, [0.01, 2.0], "0.01,2")
    refuse_percent(name, [2.0], "200%")
    refuse_percent(name, [0.99], "0.99")


@pytest.mark.parametrize("name", ["Margin_rates", "Max_leverage", "Lookback", "Capital"])
def test_what_can_be_above_1_is_none(name: str):
    refuse_percent(name, [2.0], "2")


def test_numbers_and_texts_stay_what_they_are(inputs):
    set_value(inputs, "Capital", "50000")
    set_value(inputs, "Note", "2022-06-01")
    set_value(inputs, "Weights", "60%,0%,40%")
    set_value(inputs, "Volatilities", "350%,5%,0.03")
    assert held(inputs, "Capital") == [50000.0] and held(inputs, "Note") == ["2022-06-01"]
    assert held(inputs, "Weights") == [0.6, 0.0, 0.4] and held(inputs, "Volatilities") == [3.5, 0.05, 0.03]


@pytest.mark.parametrize("text", ["60,0,40", "A=60,B=40", "260,-80,-80"])
def test_weights_of_100_are_a_question(text: str):
    with pytest.raises(InputError, match="If they are percent"):
        read_vector("Weights", text, ["A", "B", "C"], 3, missing=0.0)


def test_assets_that_are_not_named_get_nothing_and_that_is_said():
    notes: list[str] = []
    found = read_vector("Weights", "C=0.5", ["A", "B", "C"], 3, missing=0.0, report=notes.append)
    assert (found, notes) == ([0.0, 0.0, 0.5], ["Weights of A, B: 0, as no other value is given."])
    for whole in ("C=0.5,A=0,B=0", "0,0,1"):
        read_vector("Weights", whole, ["A", "B", "C"], 3, missing=0.0, report=notes.append)
    assert len(notes) == 1


def test_levered_weights_are_none(tmp_path: Path):
    assert read_vector("Weights", "1.55,1.05,-0.6", None, 3, missing=0.0) == [1.55, 1.05, -0.6]


STATIC = built(templates.get("static_analysis"))
DAYS = pd.bdate_range("2021-01-04", periods=80)
RETURNS = np.random.default_rng(5).normal(0.0, 0.01, (80, 2)).round(6)


def test_returns_fill_a_template_that_wants_prices(tmp_path: Path):
    pd.DataFrame(RETURNS, index=DAYS, columns=["A", "B"]).to_csv(tmp_path / "r.csv", index_label="Date")
    book, report = filled(Workbook(STATIC), returns=tmp_path / "r.csv")
    assert any(
        note.startswith("The returns were turned into prices that start at 100 on 2021-01-01") for note in report.notes
    )
    cov = np.cov(RETURNS.T) * 252
    inputs = WorkbookInputs(book)
    assert inputs.values(inputs.areas["Cov"]) == pytest.approx(cov.ravel(), rel=1e-9)
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


def test_a_file_for_each_asset(tmp_path: Path):
    prices = 100 * np.cumprod(1 + RETURNS, axis=0)
    for column, name in enumerate(("600519", "AGG")):
        frame = pd.DataFrame({"Open": 1.0, "Close": prices[:, column], "Volume": 9}, index=DAYS)
        frame.to_csv(tmp_path / f"{name}.csv", index_label="Date")
    book, report = filled(Workbook(STATIC), prices=[tmp_path / "600519.csv", tmp_path / "AGG.csv"], weights="600519=1")
    inputs = WorkbookInputs(book)
    assert inputs.values(inputs.areas["Assets"]) == ["Ticker 600519", "AGG"]
    assert inputs.values(inputs.areas["Weights"]) == [1.0, 0.0]
    assert inputs.values(inputs.areas["Cov"]) == pytest.approx((np.cov(RETURNS[1:].T) * 252).ravel(), rel=1e-9)
    assert "'600519' is written as 'Ticker 600519': in a cell a number or a date is no label." in report.notes


def test_dates_that_are_left_out_dont_hide_the_frequency(tmp_path: Path):
    rows = [f"{day:%Y-%m-%d},{100 + k % 7},{50 + k % 5 if k % 3 else 'n/a'}" for k, day in enumerate(DAYS)]
    (tmp_path / "p.csv").write_text("\n".join(["Date,A,B", *rows]))
    book, report = filled(Workbook(STATIC), prices=tmp_path / "p.csv", missing="drop_rows")
    inputs = WorkbookInputs(book)
    assert inputs.values(inputs.areas["Periods_per_year"]) == [252.0]
    assert any(note.startswith("27 of 80 dates were left out") for note in report.notes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prices": "p.csv", "returns": "r.csv"}, "exclude each other"),
        ({"sheet": "Data"}, "sheet: says how prices are read, but there are none"),
        ({"missing": "drop_rows"}, "missing: says how"),
    ],
)
def test_options_that_contradict_each_other(given: dict, words: str):
    with pytest.raises(InputError, match=words):
        filled(Workbook(STATIC), **given)


def test_days_before_a_workbook_can_count(tmp_path: Path):
    days = pd.date_range("1895-01-31", periods=80, freq="ME")
    rows = [f"{day:%Y-%m-%d},{a},{b}" for day, (a, b) in zip(days, 100 + RETURNS, strict=True)]
    (tmp_path / "p.csv").write_text("\n".join(["Date,A,B", *rows]))
    with pytest.raises(InputError, match="1895-01-31 is too early: workbooks count days from 1900-03-01"):
        filled(Workbook(STATIC), prices=tmp_path / "p.csv")
