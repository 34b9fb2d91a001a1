"""Prices from Yahoo, with a stand-in for yfinance: no network."""

import sys
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling.fill import fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.yahoo import download
from rpxl.xlsx.workbook import Workbook

DAYS = [date(2024, 1, 2) + timedelta(days=k) for k in range(30) if (date(2024, 1, 2) + timedelta(days=k)).weekday() < 5]


class Stamp:
    """The label of a row in pandas, which has a date."""

    def __init__(self, day: date) -> None:
        self._day = day

    def date(self) -> date:
        return self._day


class Column:
    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def notna(self) -> np.ndarray:
        return ~np.isnan(self._values)


class Frame:
    """The part of a pandas table that is used."""

    def __init__(self, columns: dict[str, list[float]], days: list[date]) -> None:
        self._columns = {name: np.array(values, dtype=float) for name, values in columns.items()}
        self._days = days

    @property
    def columns(self) -> list[str]:
        return list(self._columns)

    @property
    def index(self) -> list[Stamp]:
        return [Stamp(day) for day in self._days]

    def __getitem__(self, key):
        if isinstance(key, str):
            return Column(self._columns[key])
        return Frame({name: self._columns[name] for name in key}, self._days)

    def dropna(self, how: str):
        assert how == "all"
        table = np.array(list(self._columns.values()))
        kept = ~np.isnan(table).all(axis=0)
        columns = {name: list(values[kept]) for name, values in self._columns.items()}
        return Frame(columns, [day for day, keep in zip(self._days, kept, strict=True) if keep])

    def to_numpy(self) -> np.ndarray:
        return np.array(list(self._columns.values())).T


def walk(seed: int) -> list[float]:
    return list(100 * np.cumprod(1 + np.random.default_rng(seed).normal(0, 0.01, len(DAYS))))


@pytest.fixture
def yahoo(monkeypatch):
    """Replace yfinance by one that returns what the test gives it, and records the requests."""
    module = ModuleType("yfinance")
    module.closes = {"SPY": walk(1), "TLT": walk(2), "GLD": walk(3)}
    module.asked = {}

    def answer(tickers, **options):
        module.asked = {"tickers": tickers, **options}
        return {"Close": Frame(module.closes, DAYS)}

    module.download = answer
    monkeypatch.setitem(sys.modules, "yfinance", module)
    return module


def test_adjusted_closes_of_both_bounds(yahoo):
    prices = download("spy, TLT,GLD", "2024-01-02", "2024-01-31")
    assert prices.labels == ["SPY", "TLT", "GLD"]
    assert prices.dates == DAYS
    assert prices.values[:, 1].tolist() == yahoo.closes["TLT"]
    assert yahoo.asked["auto_adjust"] is True
    assert (yahoo.asked["start"], yahoo.asked["end"]) == ("2024-01-02", "2024-02-01")
    assert prices.source.startswith("Yahoo Finance, adjusted closes")


def test_the_order_is_that_of_the_tickers_and_empty_days_are_no_days(yahoo):
    yahoo.closes = {name: [float("nan"), *values[1:]] for name, values in yahoo.closes.items()}
    prices = download(["GLD", "SPY"], date(2024, 1, 2), date(2024, 1, 31))
    assert prices.dates == DAYS[1:]
    assert prices.values[:, 0].tolist() == yahoo.closes["GLD"][1:]


def test_a_workbook_is_filled_with_them(yahoo, tmp_path: Path):
    prices = download(["SPY", "TLT", "GLD"], "2024-01-02", "2024-01-31")
    out = tmp_path / "out.xlsx"
    fill(templates.get("static_analysis").build(), out, prices=prices)
    inputs = WorkbookInputs(Workbook(out))
    assert inputs.values(inputs.areas["Assets"]) == ["SPY", "TLT", "GLD"]
    assert str(inputs.values(inputs.areas["Data_source"])[0]).startswith("Yahoo Finance")
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


@pytest.mark.parametrize(
    ("tickers", "start", "end", "words"),
    [
        ("SPY", "2024-01-02", None, "fewer than two tickers"),
        ("SPY,spy", "2024-01-02", None, "SPY twice"),
        ("SPY,TLT", "January", None, "from: 'January' is not a date"),
        ("SPY,TLT", "2024-01-02", "2023-01-02", "to: 2023-01-02 is not after 2024-01-02"),
        ("SPY,NOPE", "2024-01-02", "2024-01-31", "no prices of NOPE from 2024-01-02"),
        ("NOPE,NOWHERE", "2024-01-02", "2024-01-31", "no prices of NOPE, NOWHERE.*connection"),
    ],
)
def test_what_is_wrong_is_named(yahoo, tickers, start, end, words):
    with pytest.raises(InputError, match=words):
        download(tickers, start, end)


def test_incomplete_columns(yahoo):
    yahoo.closes["GLD"][:4] = [float("nan")] * 4
    with pytest.raises(InputError, match=r"GLD has no prices before 2024-01-08.*--from 2024-01-08"):
        download("SPY,GLD", "2024-01-02", "2024-01-31")
    yahoo.closes["TLT"][5] = float("nan")
    with pytest.raises(InputError, match=f"TLT lacks 1 of {len(DAYS)} closes, the first on {DAYS[5]}"):
        download("SPY,TLT", "2024-01-02", "2024-01-31")


def test_offline(yahoo):
    def unreachable(*_, **__):
        raise ConnectionError("name not resolved")

    yahoo.download = unreachable
    with pytest.raises(InputError, match=r"can't be reached \(ConnectionError: name not resolved\).*--prices"):
        download("SPY,TLT", "2024-01-02")
    yahoo.download = lambda *_, **__: None
    with pytest.raises(InputError, match="gave no closes"):
        download("SPY,TLT", "2024-01-02")


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(InputError, match="pip install yfinance"):
        download("SPY,TLT", "2024-01-02")
