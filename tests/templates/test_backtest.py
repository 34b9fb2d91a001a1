"""The backtest template: rows that follow from dates and settings, and results against a slow, obvious loop."""

import random
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.core.backtest import backtest
from rpxl.errors import InputError, RpxlError
from rpxl.filling.fill import fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.templates.built import built
from rpxl.xlsx.workbook import Workbook


@cache
def template() -> bytes:
    return built(templates.get("backtest"))


def prices_file(path: Path, assets: int, count: int, seed: int = 3) -> tuple[list[date], np.ndarray]:
    draw = random.Random(seed)
    days, day = [], date(2019, 11, 4)
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    line, rows = [100.0] * assets, []
    for _ in days:
        rows.append(list(line))
        market = draw.gauss(0.0003, 0.006)
        line = [price * (1 + market + draw.gauss(0, 0.003 + 0.004 * i)) for i, price in enumerate(line)]
    head = ",".join(["Date", *(f"A{i}" for i in range(assets))])
    body = (f"{day},{','.join(map(repr, row))}" for day, row in zip(days, rows, strict=True))
    path.write_text("\n".join([head, *body]) + "\n")
    return days, np.array(rows)


def equal_weight(days: list[date], prices: np.ndarray, lookback: int) -> list[float]:
    """Hold equal amounts from the first day of each month on; one day after the other."""
    value, holdings, values = 1.0, None, []
    for t, day in enumerate(days):
        if holdings is not None:
            value = float(holdings @ prices[t])
        new_month = t > 0 and day.month != days[t - 1].month
        if new_month and t > lookback and t < len(days) - 1:
            holdings = value / prices.shape[1] / prices[t]
        if holdings is not None:
            values.append(value)
    return values


def test_other_dates_assets_and_settings(tmp_path: Path):
    days, prices = prices_file(tmp_path / "p.csv", 3, 300)
    out = tmp_path / "out.xlsx"
    settings = {"Lookback": "60", "Rebalance": "monthly"}
    report = fill(template(), out, prices=tmp_path / "p.csv", settings=settings)
    assert not report.left
    inputs = WorkbookInputs(Workbook(out))
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}
    expected = equal_weight(days, prices, 60)
    assert inputs.values(inputs.areas["Value_BM"]) == pytest.approx(expected, rel=1e-11)
    assert inputs.areas["Value_RP"].height == len(expected)
    sheet = inputs.book.sheet("Backtest")
    assert sheet.value(15, 5) == "up to the last price"
    assert sheet.value(40, 5) == "too few"  # 2022
    again = tmp_path / "again.xlsx"
    assert fill(out, again, settings={"Lookback": "40", "Cost_bps": "10"}).cells == 2
    inputs = WorkbookInputs(Workbook(again))
    assert inputs.values(inputs.areas["Lookback"]) == [40.0]
    assert inputs.areas["Value_RP"].height > len(expected)
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


def test_the_same_dates_need_no_new_layout(tmp_path: Path):
    out = tmp_path / "out.xlsx"
    report = fill(template(), out, settings={"Cost_bps": "5", "Lookback": "252"})  # the look-back is so already
    assert not report.notes and report.cells == 1
    inputs = WorkbookInputs(Workbook(out))
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


def test_too_few_dates_for_the_lookback(tmp_path: Path):
    prices_file(tmp_path / "p.csv", 3, 200)
    with pytest.raises(InputError, match="too few for 252 returns"):
        fill(template(), tmp_path / "out.xlsx", prices=tmp_path / "p.csv")


def test_an_unknown_frequency(tmp_path: Path):
    with pytest.raises(InputError, match="quarterly, monthly"):
        fill(template(), tmp_path / "out.xlsx", settings={"Rebalance": "sometimes"})


def test_what_comes_to_rest_in_the_engine_is_right():
    """Cells may be computed before arrays of arrays that they read have their values: all must settle."""
    inputs = WorkbookInputs(Workbook(template(), "backtest"))
    value = inputs.values(inputs.areas["Value_RP"])
    assert inputs.book.sheet("Backtest").value(21, 3) == pytest.approx(value[-1] - 1, rel=1e-12)
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


def read(path: Path) -> WorkbookInputs:
    return WorkbookInputs(Workbook(path))


def agrees(inputs: WorkbookInputs) -> bool:
    checks = set(inputs.values(inputs.areas["Checks"]))
    return checks == {"agrees"} and inputs.book.sheet("Backtest").value(15, 5) == "up to the last price"


def days_and_closes(inputs: WorkbookInputs) -> tuple[np.ndarray, np.ndarray]:
    serials = np.array(inputs.values(inputs.areas["Dates"]), dtype=int)
    rows = inputs.book.sheet("Prices").values(inputs.areas["Prices"])
    return np.datetime64("1899-12-30") + serials, np.array(rows[1:], dtype=float)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The template with 160 dates of three assets."""
    folder = tmp_path_factory.mktemp("small")
    prices_file(folder / "p.csv", 3, 160)
    settings = {"Lookback": "60", "Rebalance": "monthly"}
    fill(template(), folder / "out.xlsx", prices=folder / "p.csv", settings=settings)
    return (folder / "out.xlsx").read_bytes()


def test_leverage_costs_an_estimator_and_an_asset_to_compare_with(small: bytes, tmp_path: Path):
    out = tmp_path / "out.xlsx"
    settings = {"Target_vol": "0.105", "Max_leverage": "1.05", "Borrow_rate": "0.04", "Cash_rate": "0.02"}
    fill(small, out, settings=settings | {"Cost_bps": "10", "Benchmark": "a1", "Estimator": "ledoit_wolf"})
    inputs = read(out)
    days, closes = days_and_closes(inputs)
    terms = {"lookback": 60, "rebalance": "monthly", "method": "ledoit_wolf", "cost_bps": 10.0, "cash_rate": 0.02}
    wanted = backtest(closes, days, target_vol=0.105, max_leverage=1.05, borrow=0.04, **terms)
    assert inputs.values(inputs.areas["Value_RP"]) == pytest.approx(wanted.value, rel=1e-12)
    assert wanted.leverage.min() < 1.0 < wanted.leverage.max() == 1.05  # cash and debts
    held = backtest(closes, days, [0.0, 1.0, 0.0], **terms)
    assert inputs.values(inputs.areas["Value_BM"]) == pytest.approx(held.value, rel=1e-12)
    checks = inputs.values(inputs.areas["Checks"])
    assert checks.count("not compared") == 1 and checks.count("agrees") == len(checks) - 1  # the shares of risk
    page = inputs.book.sheet("Backtest")
    assert page.value(19, 4) == "a1" and page.value(14, 5) == "a1"
    assert page.value(31, 3) == len(wanted.rebalances)
    assert page.value(32, 3) == pytest.approx(wanted.turnover_per_year, rel=1e-12)
    assert page.value(33, 3) == pytest.approx(wanted.costs.sum(), rel=1e-12)
    assert page.value(32, 4) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("band", [{}, {"Rebalance": "by_weight_band", "Band": "0.03"}])
def test_an_estimator_beside_a_strategy_by_scenarios(small: bytes, tmp_path: Path, band: dict[str, str]):
    settings = {"Benchmark": "risk_parity_cvar", "Estimator": "ledoit_wolf"} | band
    fill(small, tmp_path / "out.xlsx", settings=settings)
    inputs = read(tmp_path / "out.xlsx")
    days, closes = days_and_closes(inputs)
    terms = {"lookback": 60, "rebalance": band.get("Rebalance", "monthly"), "band": 0.03 if band else None}
    wanted = backtest(closes, days, **terms, method="ledoit_wolf")
    assert inputs.values(inputs.areas["Value_RP"]) == pytest.approx(wanted.value, rel=1e-12)
    other = backtest(closes, days, "risk_parity_cvar", **terms)
    assert inputs.values(inputs.areas["Value_BM"]) == pytest.approx(other.value, rel=1e-9)


def test_bands_other_prices_and_back_to_the_calendar(small: bytes, tmp_path: Path):
    """What somebody added stays: then the rows of both strategies get other numbers in place."""
    book = Workbook(small, "mine")
    book.sheet("Backtest").write(70, 3, "my note")
    band = {"Rebalance": "by_weight_band", "Band": "0.008", "Benchmark": "equal_weight"}
    for name, start in (("anew", small), ("mine", book.package.to_bytes())):
        fill(start, tmp_path / f"{name}.xlsx", settings=band)
        inputs = read(tmp_path / f"{name}.xlsx")
        days, closes = days_and_closes(inputs)
        terms = {"lookback": 60, "rebalance": "by_weight_band", "band": 0.008}
        heights = []
        for short, strategy in (("RP", "risk_parity"), ("BM", "equal_weight")):
            wanted = backtest(closes, days, strategy, **terms)
            assert inputs.values(inputs.areas[f"Value_{short}"]) == pytest.approx(wanted.value, rel=1e-12)
            heights.append(inputs.areas[f"Trade_dates_{short}"].height)
            assert heights[-1] == len(wanted.rebalances)
        assert heights[0] != heights[1] and agrees(inputs)
    assert inputs.book.sheet("Backtest").value(70, 3) == "my note"
    days, closes = prices_file(tmp_path / "p.csv", 2, 130, 7)
    with pytest.raises(InputError, match="the prices have 2 assets, but the workbook has 3, and it is not as this"):
        fill(tmp_path / "mine.xlsx", tmp_path / "other.xlsx", prices=tmp_path / "p.csv")
    settings = {"Rebalance": "by_risk_band", "Benchmark": "A1"}
    fill(tmp_path / "anew.xlsx", tmp_path / "other.xlsx", prices=tmp_path / "p.csv", settings=settings)
    inputs = read(tmp_path / "other.xlsx")
    wanted = backtest(closes, days, **terms | {"rebalance": "by_risk_band"})
    assert inputs.values(inputs.areas["Value_RP"]) == pytest.approx(wanted.value, rel=1e-12) and agrees(inputs)
    assert inputs.areas["Trade_dates_RP"].height == len(wanted.rebalances) > 1
    assert inputs.areas["Trade_dates_BM"].height == 1  # an asset is bought once
    fill(tmp_path / "other.xlsx", tmp_path / "back.xlsx", settings={"Rebalance": "monthly", "Band": "0"})
    assert agrees(read(tmp_path / "back.xlsx"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Rebalance": "by_weight_band"}, "band: is needed for by_weight_band"),
        ({"Band": "0.05"}, "band: is for rebalance = by_weight_band or by_risk_band"),
        ({"Max_leverage": "1.5"}, "max_leverage: is for a target_vol"),
        ({"Benchmark": "SPX"}, "strategy: is 'SPX'; choose one of: risk_parity"),
    ],
)
def test_what_inputs_lack(small: bytes, settings: dict[str, str], words: str, tmp_path: Path):
    with pytest.raises(RpxlError, match=words):
        fill(small, tmp_path / "out.xlsx", settings=settings)
