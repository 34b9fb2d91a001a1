"""How often there is a price: templates scale by what the dates tell, and say when the number is not theirs."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.errors import InputError
from rpxl.filling.fill import FillReport, fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.prices import Prices
from rpxl.templates.built import built
from rpxl.xlsx.workbook import Workbook

from ..make import with_parts
from ..office import needs_office
from .test_built import native_values_in_office

WITH_PRICES = ("static_analysis", "allocation_comparison", "backtest")


def every(step: int, count: int, first: date = date(2015, 1, 2)) -> list[date]:
    return [first + timedelta(days=step * i) for i in range(count)]


def ends(months: int, count: int) -> list[date]:
    """Last days of months, or of quarters."""
    firsts = [date(2010 + (months * i) // 12, (months * i) % 12 + 1, 1) for i in range(1, count + 1)]
    return [first - timedelta(days=1) for first in firsts]


DATES = {
    "trading days, 252 a year": ([day for day in every(1, 700) if day.weekday() < 5], 252, 252),
    "every day, 365 a year": (every(1, 600), 365, 365),
    "weekly, 52 a year": (every(7, 160), 52, 52),
    "monthly, 12 a year": (ends(1, 90), 12, 36),
    "quarterly, 4 a year": (ends(3, 40), 4, 12),
}
"""For each frequency dates, periods per year and the usual look-back."""


@cache
def template(name: str) -> bytes:
    return built(templates.get(name))


def prices(words: str, assets: int = 5) -> Prices:
    dates, periods, _ = DATES[words]
    draw = np.random.default_rng(len(dates))
    vols = np.linspace(0.08, 0.3, assets) / periods**0.5
    steps = draw.normal(0.05 / periods, 1, (len(dates), assets)) * vols
    return Prices(dates, [f"A{i}" for i in range(assets)], 100 * np.cumprod(1 + steps, axis=0), "Made up")


def filled(name: str, words: str, tmp_path: Path, **settings: str) -> tuple[Workbook, FillReport]:
    report = fill(template(name), tmp_path / "out.xlsx", prices=prices(words), settings=settings, force=True)
    return Workbook(tmp_path / "out.xlsx"), report


def values(book: Workbook, name: str) -> list:
    inputs = WorkbookInputs(book)
    area = inputs.find(name)
    assert area is not None
    return inputs.values(area)


def recomputed(book: Workbook, **inputs: float) -> Workbook:
    """Put numbers into a workbook as a person does in Excel, without the checks of a fill, and compute it."""
    for name, value in inputs.items():
        known = WorkbookInputs(book)
        known.write(known.require(name), [value])
    write_cached(book, calculate(book))
    return book


@pytest.mark.parametrize("words", DATES)
@pytest.mark.parametrize("name", WITH_PRICES[:2])
def test_volatilities_are_annual_by_the_dates(name, words, tmp_path):
    book, report = filled(name, words, tmp_path)
    table, periods = prices(words).values, DATES[words][1]
    cov = np.cov((table[1:] / table[:-1] - 1).T) * periods
    assert values(book, "Cov") == pytest.approx(cov.ravel(), rel=1e-9)
    assert values(book, "Periods_per_year") == [periods]
    assert values(book, "Frequency") == [words]
    assert set(values(book, "Checks")) == {"agrees"}
    assert any(words in note for note in report.notes) == (periods != 252)
    assert (
        book.sheet("Matrices").value(2, 2) == f"Annual sample covariance of simple returns ({words}), and correlation"
    )


@pytest.mark.parametrize("words", DATES)
def test_mean_returns_are_annual_by_the_dates(words, tmp_path):
    book, _ = filled("static_analysis", words, tmp_path)
    table = prices(words).values
    means = (table[1:] / table[:-1] - 1).mean(axis=0) * DATES[words][1]
    assert values(book, "Exp_returns") == pytest.approx(means, rel=1e-9)


@pytest.mark.parametrize("words", DATES)
def test_a_backtest_is_measured_and_looks_back_by_the_dates(words, tmp_path):
    book, report = filled("backtest", words, tmp_path)
    _, periods, lookback = DATES[words]
    assert values(book, "Periods_per_year") == [periods]
    assert values(book, "Lookback") == [lookback]
    assert any("Lookback" in note for note in report.notes) == (periods != 252)
    value = np.array(values(book, "Value_RP"))
    returns = value[1:] / value[:-1] - 1
    page = book.sheet("Backtest")
    shown = {page.value(row, 2): page.value(row, 3) for row in range(20, 31)}
    assert shown["Volatility"] == pytest.approx(returns.std(ddof=1) * periods**0.5, rel=1e-9)
    assert shown["Annual return, mean"] == pytest.approx(returns.mean() * periods, rel=1e-9)
    assert shown["Annual return, compound"] == pytest.approx(value[-1] ** (periods / len(returns)) - 1, rel=1e-9)
    assert set(values(book, "Checks")) == {"agrees"}


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("monthly, 12 a year", 252),
        ("weekly, 52 a year", 252),
        ("quarterly, 4 a year", 12),
        ("trading days, 252 a year", 365),
        ("every day, 365 a year", 252),
        ("trading days, 252 a year", 12),
    ],
)
@pytest.mark.parametrize("name", WITH_PRICES)
def test_a_wrong_number_of_periods_shows(name, words, wrong, tmp_path):
    """Every other check scales by the same wrong number, and agrees."""
    book = recomputed(filled(name, words, tmp_path)[0], Periods_per_year=wrong)
    assert values(book, "Checks")[0] == "DIFFERS by a factor"
    front = book.worksheets[0]
    told = DATES[words][1]
    if name == "backtest" and max(wrong / told, told / wrong) >= 1.5:
        assert book.sheet("Backtest").value(20, 3) == "#VALUE!"  # PERF_STATS refuses a number against its dates
    else:
        assert str(front.value(3, 2)).endswith("DIFFER")
    assert str(front.value(8, 4)).startswith("DIFFERS: the dates have about ")


@needs_office
@pytest.mark.parametrize(
    ("name", "words", "wrong"),
    [
        *((name, "monthly, 12 a year", 252) for name in WITH_PRICES[:2]),
        ("backtest", "trading days, 252 a year", 365),
    ],
)
def test_a_wrong_number_of_periods_shows_in_libreoffice(name, words, wrong, tmp_path):
    book = recomputed(filled(name, words, tmp_path)[0], Periods_per_year=wrong)
    assert native_values_in_office(book, tmp_path) > 100


@pytest.mark.parametrize("number", [250, 256, 260.9])
def test_a_number_near_that_of_the_dates_is_the_users_to_choose(number, tmp_path):
    book, _ = filled("static_analysis", "trading days, 252 a year", tmp_path, periods_per_year=str(number))
    assert values(book, "Periods_per_year") == [number]
    assert set(values(book, "Checks")) == {"agrees"}
    assert values(book, "Frequency") == [f"returns, {number} a year"]


@pytest.mark.parametrize("name", WITH_PRICES)
def test_a_number_against_the_dates_is_refused(name, tmp_path):
    with pytest.raises(InputError, match="Periods_per_year: is 252, but the dates are monthly, 12 a year"):
        filled(name, "monthly, 12 a year", tmp_path, Periods_per_year="252")
    with pytest.raises(InputError, match="is 12, but the dates are trading days, 252 a year"):
        fill(template(name), tmp_path / "out.xlsx", settings={"Periods_per_year": "12"})
    with pytest.raises(InputError, match="must be above 0"):
        fill(template(name), tmp_path / "out.xlsx", settings={"Periods_per_year": "0"})
    assert not (tmp_path / "out.xlsx").exists()


def test_dates_that_tell_nothing_need_the_number(tmp_path):
    fortnights = every(14, 60)
    table = Prices(fortnights, list("ABCDE"), prices("every day, 365 a year").values[:60], "Made up")
    with pytest.raises(InputError, match=r"no usual number of periods.*--set Periods_per_year=12"):
        fill(template("static_analysis"), tmp_path / "out.xlsx", prices=table)
    fill(template("static_analysis"), tmp_path / "out.xlsx", prices=table, settings={"Periods_per_year": "26"})
    book = Workbook(tmp_path / "out.xlsx")
    cov = np.cov((table.values[1:] / table.values[:-1] - 1).T) * 26
    assert values(book, "Cov") == pytest.approx(cov.ravel(), rel=1e-9)
    assert set(values(book, "Checks")) == {"agrees"}


def test_the_users_lookback_wins(tmp_path):
    book, _ = filled("backtest", "monthly, 12 a year", tmp_path, Lookback="24")
    assert values(book, "Lookback") == [24]
    report = fill(tmp_path / "out.xlsx", tmp_path / "again.xlsx", prices=prices("monthly, 12 a year"))
    assert values(Workbook(tmp_path / "again.xlsx"), "Lookback") == [24]
    assert not report.notes


def test_too_few_dates_for_the_usual_lookback(tmp_path):
    made = prices("monthly, 12 a year")
    few = Prices(made.dates[:30], made.labels, made.values[:30], "Made up")
    with pytest.raises(InputError, match=r"too few for 36 returns.*a shorter Lookback"):
        fill(template("backtest"), tmp_path / "out.xlsx", prices=few)


def without_the_input(content: bytes) -> bytes:
    """A workbook as earlier versions built it."""
    part = "xl/workbook.xml"
    book = Workbook(content, "old")
    text = book.package.read(part).decode()
    start = text.index('<definedName name="Periods_per_year"')
    end = text.index("</definedName>", start) + len("</definedName>")
    return with_parts(content, {part: (text[:start] + text[end:]).encode()})


def test_a_template_of_an_earlier_version_takes_trading_days_alone(tmp_path):
    old = without_the_input(templates.get("static_analysis").build())
    with pytest.raises(InputError, match="earlier rpxl, which counts 252 periods a year, but the prices are monthly"):
        fill(old, tmp_path / "out.xlsx", prices=prices("monthly, 12 a year"))


def test_holidays_and_gaps_are_no_other_frequency(tmp_path):
    """A week of holidays each year, and half a year without prices."""
    made = prices("trading days, 252 a year")
    keep = [i for i, day in enumerate(made.dates) if not (day.month == 5 and day.day < 9) and not 300 < i < 420]
    table = Prices([made.dates[i] for i in keep], made.labels, made.values[keep], "Made up")
    fill(template("static_analysis"), tmp_path / "out.xlsx", prices=table)
    book = Workbook(tmp_path / "out.xlsx")
    assert values(book, "Frequency") == ["trading days, 252 a year"]
    assert set(values(book, "Checks")) == {"agrees"}
