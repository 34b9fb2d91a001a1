"""The backtest template: rows that follow from dates and settings, and results against a slow, obvious loop."""

import random
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.errors import InputError
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
    assert inputs.values(inputs.areas["Value_EW"]) == pytest.approx(expected, rel=1e-11)
    assert inputs.areas["Value_RP"].height == len(expected)
    sheet = inputs.book.sheet("Backtest")
    assert sheet.value(13, 5) == "up to the last price"
    assert sheet.value(33, 5) == "too few"  # 2022
    again = tmp_path / "again.xlsx"
    fill(out, again, settings={"Lookback": "40", "Cost_bps": "10"})
    inputs = WorkbookInputs(Workbook(again))
    assert inputs.values(inputs.areas["Lookback"]) == [40.0]
    assert inputs.areas["Value_RP"].height > len(expected)
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


def test_the_same_dates_need_no_new_layout(tmp_path: Path):
    out = tmp_path / "out.xlsx"
    report = fill(template(), out, settings={"Cost_bps": "5"})
    assert not report.notes
    inputs = WorkbookInputs(Workbook(out))
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}


def test_what_was_changed_by_hand_is_not_laid_out_anew(tmp_path: Path):
    book = Workbook(template(), "mine")
    book.sheet("Backtest").write(60, 3, "my note")
    with pytest.raises(InputError, match="other rows, and it is not as this version of rpxl builds it"):
        fill(book.package.to_bytes(), tmp_path / "out.xlsx", settings={"Lookback": "100"})


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
    assert inputs.book.sheet("Backtest").value(18, 3) == pytest.approx(value[-1] - 1, rel=1e-12)
    assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}
