"""The tear sheet: other dates and assets, whose figures stand where, and what is refused."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.errors import InputError
from rpxl.filling.fill import FillReport, fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.prices import Prices
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.workbook import Workbook


@cache
def small() -> bytes:
    """The template for few dates, whose windows hold 30 returns; it is computed when it is filled."""
    return templates.get("tear_sheet").build(2, 62)


def prices(labels: Sequence[str], count: int, step: str = "B", first: str = "2020-01-31") -> Prices:
    days = [day.date() for day in pd.date_range(first, periods=count, freq=step)]
    draw = np.random.default_rng(len(labels))
    market = draw.normal(0.0004, 0.006, (count, 1))
    returns = market + draw.normal(0, 0.008, (count, len(labels)))
    return Prices(days, list(labels), 100 * np.cumprod(1 + returns, axis=0), "Made up")


def filled(given: Prices, tmp_path: Path, **settings: str) -> tuple[Workbook, FillReport]:
    report = fill(small(), tmp_path / "out.xlsx", prices=given, settings=settings, force=True)
    assert not report.left
    return Workbook(tmp_path / "out.xlsx"), report


def values(book: Workbook, name: str) -> list:
    inputs = WorkbookInputs(book)
    return inputs.values(inputs.areas[name])


def figures(book: Workbook) -> dict[str, tuple[object, object]]:
    page = book.sheet("Tear sheet")
    return {str(page.value(row, 2)): (page.value(row, 3), page.value(row, 4)) for row in range(17, 80)}


def frame(given: Prices) -> pd.DataFrame:
    return pd.DataFrame(given.values, pd.DatetimeIndex(given.dates), given.labels)


def test_figures_of_the_columns_that_are_named(tmp_path: Path):
    given = prices(["A", "B", "C", "D", "E"], 300)
    book, report = filled(given, tmp_path, Strategy="d", Benchmark="B")
    assert set(values(book, "Checks")) == {"agrees"}
    assert (values(book, "Strategy"), values(book, "Benchmark")) == (["D"], ["B"])
    assert not any("by its place" in note for note in report.notes)
    table = frame(given)
    own, other = (table[name].pct_change().dropna() for name in ("D", "B"))
    shown = figures(book)
    assert shown["Statistic"] == ("D", "B")
    assert shown["Volatility"] == pytest.approx((own.std() * 252**0.5, other.std() * 252**0.5))
    assert shown["Beta"][0] == pytest.approx(own.cov(other) / other.var())
    months = table.resample("ME").last().pct_change().dropna()  # the first price is that of a month's last day
    assert shown["Worst month"] == pytest.approx((months["D"].min(), months["B"].min()))
    assert shown["Share of positive months"][1] == pytest.approx((months["B"] > 0).mean())
    years = table.resample("YE").last()["D"]
    assert shown["Best calendar year"][0] == pytest.approx((years / [table["D"].iloc[0], *years[:-1]] - 1).max())
    last = table.iloc[-1]
    start = pd.Timestamp(given.dates[-1]) - pd.DateOffset(months=3)
    assert shown["3 months"] == pytest.approx(tuple((last / table[:start].iloc[-1] - 1)[["D", "B"]]))
    assert shown["Year to date"][0] == pytest.approx(
        last["D"] / table[: f"{given.dates[-1].year - 1}-12-31"]["D"].iloc[-1] - 1
    )
    assert shown["3 years, annual"] == ("n/a", "n/a")
    rolling = own.rolling(30).corr(other).dropna()
    assert values(book, "Rolling_correlation_S") == pytest.approx(rolling.tolist())
    value = (1 + own).cumprod()
    ulcer = ((value / value.cummax().clip(lower=1) - 1) ** 2).mean() ** 0.5
    assert shown["Ulcer index: root mean square drawdown"][0] == pytest.approx(ulcer)
    assert shown["Tail ratio: best 5 % / worst 5 %"][0] == pytest.approx(own.quantile(0.95) / -own.quantile(0.05))


def test_the_bins_hold_each_return_once(tmp_path: Path):
    given = prices(["A", "B"], 150)
    book, _ = filled(given, tmp_path, Rolling_window="20")
    returns = frame(given).pct_change().dropna()
    counts = [np.histogram(returns[name], 40, (returns.min().min(), returns.max().max()))[0] for name in "AB"]
    shares = np.array(values(book, "Bin_shares")).reshape(-1, 2)
    assert (shares * 149).round(9).tolist() == np.column_stack(counts).tolist()


@pytest.mark.parametrize(
    ("labels", "count", "step", "window", "note"),
    [
        (["Fund", "Index"], 22, "B", 10, "Rolling_window is 10 of the 21 returns; it was 30."),
        ([f"F{i}" for i in range(60)], 80, "B", 30, "Strategy is F0, by its place in the prices."),
        (["Fund", "Index", "Cash"], 100, "W", 26, "Periods_per_year is 52: the prices are weekly, 52 a year."),
        (["Fund", "Index"], 50, "ME", 12, "Periods_per_year is 12: the prices are monthly, 12 a year."),
    ],
)
def test_other_sizes_and_frequencies(tmp_path: Path, labels, count, step, window, note):
    book, report = filled(prices(labels, count, step), tmp_path)
    assert set(values(book, "Checks")) == {"agrees"}
    assert values(book, "Rolling_window") == [window]
    assert len(values(book, "Rolling_beta_S")) == count - window
    assert any(text.startswith(note) for text in report.notes)
    assert book.sheet("Tear sheet").value(13, 5) == "up to the last price"
    for page in book.worksheets:
        assert not any(isinstance(page.value(*cell), CellError) for cell in page.cells), page.name


def test_fewer_drawdowns_than_five_leave_rows_blank(tmp_path: Path):
    days = [day.date() for day in pd.bdate_range("2021-01-04", periods=30)]
    up = [100 * 1.01**i * (0.98 if i == 15 else 1 + i % 3 / 1000) for i in range(30)]
    rising = Prices(days, ["Up", "Down"], np.column_stack([up, range(130, 100, -1)]), "Made up")
    book, _ = filled(rising, tmp_path)
    depths = values(book, "Shown_depths")
    assert depths[0] == pytest.approx(0.98 * 1.01 / 1.002 - 1, rel=1e-9)
    assert depths[1:] == ["", "", "", ""]
    assert set(values(book, "Checks")) == {"agrees"}
    new, _ = filled(Prices(days, ["Up", "Down"], rising.values[:, ::-1].copy(), "Made up"), tmp_path)
    assert values(new, "Shown_depths")[1:] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Benchmark": "SPY"}, "Benchmark: there is no column 'SPY' in the prices. Choose one of: A, B, C."),
        ({"Benchmark": "A", "Strategy": "a"}, "Benchmark: and Strategy are both 'A'"),
        (
            {"Rolling_window": "60"},
            "Rolling_window: is 60; it must be a whole number from 2 to 59, as 60 dates give 59",
        ),
        ({"Rolling_window": "1"}, "Rolling_window: is 1; it must be"),
    ],
)
def test_what_is_refused(tmp_path: Path, settings, words):
    with pytest.raises(InputError) as caught:
        filled(prices(["A", "B", "C"], 60), tmp_path, **settings)
    assert words in str(caught.value)


def test_prices_of_quarters_have_no_months(tmp_path: Path):
    with pytest.raises(InputError, match=r"are quarterly, 4 a year; a tear sheet shows months"):
        filled(prices(["A", "B"], 40, "QE"), tmp_path)


def test_the_other_column_is_the_strategy(tmp_path: Path):
    book, report = filled(prices(["A", "B", "C"], 60), tmp_path, Benchmark="A")
    assert values(book, "Strategy") == ["B"]
    assert "Strategy is B, by its place in the prices. Choose another: --set Strategy=…" in report.notes
    again = fill(tmp_path / "out.xlsx", tmp_path / "next.xlsx", settings={"Benchmark": "C"})
    assert again.notes == []
    assert values(Workbook(tmp_path / "next.xlsx"), "Strategy") == ["B"]


@pytest.mark.parametrize(("cell", "text"), [("Strategy", "A*"), ("Strategy", "Gold"), ("Benchmark", "Asset 1")])
def test_a_name_that_is_no_column_makes_no_figures(cell: str, text: str):
    """MATCH takes * in a name as a wildcard; and a strategy is not its own benchmark."""
    book = Workbook(small(), "mine")
    inputs = WorkbookInputs(book)
    inputs.write(inputs.areas[cell], [text])
    write_cached(book, calculate(book))
    assert isinstance(values(book, f"{cell}_column")[0], CellError)
    page = book.sheet("Tear sheet")
    assert isinstance(page.value(19, 3 if cell == "Strategy" else 4), CellError)
    assert str(page.value(9 if cell == "Strategy" else 10, 5)).startswith("no ")
    assert str(page.value(3, 2)).endswith("DIFFER")


def test_returns_in_place_of_prices(tmp_path: Path):
    given = prices(["Fund", "Index"], 60)
    table = frame(given).pct_change().dropna()
    table.to_csv(tmp_path / "returns.csv", index_label="Date")
    fill(small(), tmp_path / "out.xlsx", returns=tmp_path / "returns.csv", settings={"Benchmark": "Index"})
    shown = figures(Workbook(tmp_path / "out.xlsx"))
    assert shown["Volatility"][0] == pytest.approx(table["Fund"].std() * 252**0.5)
    assert shown["Periods"] == (60.0 - 1, 60.0 - 1)


def test_what_a_user_added_stays_when_dates_come(tmp_path: Path):
    given = prices(["A", "B"], 62)
    book, _ = filled(given, tmp_path)
    last = max(row for row, _ in book.sheet("Tear sheet").cells)
    book.sheet("Tear sheet").write(last + 3, 3, "my note")
    longer = prices(["A", "B"], 280)
    fill(book.package.to_bytes(), tmp_path / "more.xlsx", prices=longer)
    more = Workbook(tmp_path / "more.xlsx")
    years = longer.dates[-1].year - longer.dates[1].year
    assert more.sheet("Tear sheet").value(last + 3 + years, 3) == "my note"
    anew, _ = filled(longer, tmp_path)
    assert figures(anew).items() <= figures(more).items()
    for name in ("Rolling_correlation_S", "Months_S", "Growth_B", "Shown_depths"):
        assert values(more, name) == values(anew, name)


def test_days_are_those_of_the_prices(tmp_path: Path):
    given = prices(["A", "B"], 45)
    book, _ = filled(given, tmp_path)
    start = date(1899, 12, 30)
    assert [start + timedelta(days=day) for day in values(book, "Return_dates")] == given.dates[1:]
