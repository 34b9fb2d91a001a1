"""Random tables in the forms that people have: they are read correctly or refused; no number is ever wrong.

What is right is known, as the tables are written from it. The dialect, the dates' form, the heading, the order, the
shape, titles and sources, gaps and slips vary.
"""

import csv
import io
import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from rpxl.core.calendar import MONTHLY, QUARTERLY, TRADING_DAYS, WEEKLY, YEARLY
from rpxl.errors import RpxlError
from rpxl.prices.prices import read_prices

CASES = 1500
MONTHS = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]


@dataclass
class Truth:
    """The numbers, dates and labels that a table means."""

    dates: list[date]
    labels: list[str]
    values: np.ndarray
    periods: float
    text: str = ""
    slip: str = ""
    told: list[str] = field(default_factory=list)


def month_end(number: int) -> date:
    return date(number // 12 + (number % 12 + 1) // 12, (number + 1) % 12 + 1, 1) - timedelta(days=1)


def days(random: Random) -> tuple[list[date], float]:
    """Dates of a frequency."""
    kind = random.choice([TRADING_DAYS, TRADING_DAYS, WEEKLY, MONTHLY, MONTHLY, QUARTERLY, YEARLY])
    count = random.randint(20, 60)
    start = random.choice([1931, 1968, 1999, 2015, 2021])
    if kind is TRADING_DAYS:
        day, found = date(start, 1, 4), []
        while len(found) < count + 10:
            if day.weekday() < 5 and (day.month, day.day) not in ((1, 1), (12, 25), (7, 4)):
                found.append(day)
            day += timedelta(days=1)
        return found, 252.0
    if kind is WEEKLY:
        friday = date(start, 1, 1)
        while friday.weekday() != 4:
            friday += timedelta(days=1)
        return [friday + timedelta(days=7 * k) for k in range(count)], 52.0
    step = {MONTHLY: 1, QUARTERLY: 3, YEARLY: 12}[kind]
    ends = [month_end(12 * start + 11 + step * k) for k in range(count)]
    if kind is MONTHLY and random.random() < 0.4:  # the last day of trading
        ends = [day - timedelta(days=max(day.weekday() - 4, 0)) for day in ends]
    return ends, kind.periods_per_year


FORMS = {
    "iso": lambda d: d.isoformat(),
    "iso time": lambda d: f"{d.isoformat()} 00:00:00",
    "iso zone": lambda d: f"{d.isoformat()}T00:00:00-05:00",
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day}",
    "dots": lambda d: f"{d.year}.{d.month:02d}.{d.day:02d}",
    "american": lambda d: f"{d.month}/{d.day}/{d.year}",
    "american close": lambda d: f"{d.month}/{d.day}/{d.year} 16:00:00",
    "european": lambda d: f"{d.day:02d}.{d.month:02d}.{d.year}",
    "british": lambda d: f"{d.day:02d}/{d.month:02d}/{d.year}",
    "named": lambda d: f"{d.day:02d}-{MONTHS[d.month - 1][:3]}-{d.year}",
    "long": lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "serial": lambda d: str((d - date(1899, 12, 30)).days),
}
HEADINGS = ["Date", "", "date", "Datum", "Fecha", "日期", "Month end", "Period", "Time", "Quotes", "Ticker / day"]


def number(value: float, style: str) -> str:
    """Write a price in the style of a country or a program."""
    plain = f"{value:.2f}"
    whole, _, fraction = plain.partition(".")
    parts = f"{int(whole):,}".split(",")
    return {
        "plain": plain,
        "short": f"{value:g}" if value < 1e6 else plain,
        "dollar": f"${int(whole):,}.{fraction}",
        "thousands": f"{int(whole):,}.{fraction}",
        "german": ".".join(parts) + "," + fraction,
        "comma": f"{whole},{fraction}",
        "swiss": "'".join(parts) + "." + fraction,
        "french": "\u202f".join(parts) + "," + fraction,
        "euro": f"{whole},{fraction} €",
        "bare": whole,
        "dots": ".".join(parts),
        "commas": ",".join(parts),
    }[style]


def cells(random: Random, truth: Truth, style: str, form: str) -> list[list[str]]:
    """Lay the table out in one of the shapes."""
    write = FORMS[form]
    shape = random.choice(["wide", "wide", "wide", "levels", "pairs", "long", "counted"])
    heading = random.choice(HEADINGS)
    order = range(len(truth.dates))
    if random.random() < 0.25 and shape != "pairs":
        order = range(len(truth.dates) - 1, -1, -1)
    numbers = [[number(value, style) for value in row] for row in truth.values.tolist()]
    stamps = [write(day) for day in truth.dates]
    if shape == "levels":
        fields = ["Close", "High", "Volume"]
        head = [
            ["Price", *(f for f in fields for _ in truth.labels)],
            ["Ticker", *(label for _ in fields for label in truth.labels)],
            ["Date", *([""] * (3 * len(truth.labels)))],
        ]
        return head + [[stamps[k], *numbers[k], *numbers[(k + 5) % len(numbers)], *numbers[k]] for k in order]
    if shape == "pairs":
        head = [[c for label in truth.labels for c in (f"{label} Equity", "")]]
        head.append(["Date", "PX_LAST"] * len(truth.labels))
        truth.labels = [f"{label} Equity" for label in truth.labels]
        return head + [[c for v in numbers[k] for c in (stamps[k], v)] for k in order]
    if shape == "long":
        rows = [[stamps[k], label, numbers[k][c]] for c, label in enumerate(truth.labels) for k in order]
        if random.random() < 0.5:
            rows = [[stamps[k], label, numbers[k][c]] for k in order for c, label in enumerate(truth.labels)]
        return [["Date", "Ticker", "Close"], *rows]
    if shape == "counted":
        return [["", "Date", *truth.labels], *([str(n), stamps[k], *numbers[k]] for n, k in enumerate(order))]
    return [[heading, *truth.labels], *([stamps[k], *numbers[k]] for k in order)]


def make_slip(random: Random, rows: list[list[str]]) -> str:
    """Spoil a table in a way after which it must be refused, and return what was done."""
    first = next(
        n for n, row in enumerate(rows) if sum(any(map(str.isdigit, cell)) for cell in row) > 1 and row[0] != ""
    )
    first = next(n for n in range(first, len(rows)) if "Ticker" not in rows[n] and "Date" not in rows[n])
    row = random.randrange(first + 1, len(rows) - 1)
    kind = random.choice(
        ["gap", "word", "twin", "zero", "negative", "error", "n/a", "no date", "no such day", "unsorted"]
    )
    levels, long = rows[0][0] == "Price", "Ticker" in rows[0]
    stamp = rows[first - 1].index("Date") if "Date" in rows[first - 1] else 0
    last = 1 if levels else len(rows[row]) - 1
    if long and kind == "unsorted":
        kind = "gap"
    if kind == "twin":
        rows.insert(row, list(rows[row]))
    elif kind == "no date":
        rows[row][stamp] = ""
    elif kind == "no such day":
        rows[row][stamp] = "31 February 2021"
    elif kind == "unsorted":
        rows[row][stamp], rows[row - 1][stamp] = rows[row - 1][stamp], rows[row][stamp]
    else:
        words = {"gap": "", "word": "see note", "zero": "0", "negative": "-5", "error": "#DIV/0!", "n/a": "n/a"}
        rows[row][last] = words[kind]
    return kind


def make(seed: int, slip: bool = False) -> Truth:
    """Return a random table."""
    random = Random(seed)
    dates, periods = days(random)
    labels = random.sample(
        ["SPY", "AGG", "Gold", "World Equity", "600519", "LOW", "Ä-Fonds", "V", "10Y"], random.randint(2, 4)
    )
    start = np.array([random.choice([3.0, 40.0, 700.0, 980.0, 3100.0, 45000.0]) for _ in labels])
    steps = np.random.default_rng(seed).normal(0.0, random.choice([0.005, 0.02, 0.05]), (len(dates), len(labels)))
    style = random.choice(STYLES)
    digits = 0 if style in ("bare", "dots", "commas") else 2
    values = np.maximum(np.round(start * np.exp(steps.cumsum(axis=0)), digits), 1.0)
    if style == "short":
        values = np.array([[float(f"{v:g}") for v in row] for row in values])
    truth = Truth(dates, labels, values, periods)
    form = random.choice(list(FORMS))
    rows = cells(random, truth, style, form)
    if slip:
        truth.slip = make_slip(random, rows)
    if random.random() < 0.2:
        rows = [[*row, ""] for row in rows]
    if random.random() < 0.2:
        rows = [["Prices of the fund"], ["Currency: USD"], *rows]
    if random.random() < 0.2:
        rows = [[], *rows, [], ["Source: made up; all rights reserved"]]
    separator = random.choice([",", ";", "\t", "|"])
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator=random.choice(["\n", "\r\n"])).writerows(rows)
    text = buffer.getvalue()
    if random.random() < 0.1:
        text = f"sep={separator}\n{text}"
    truth.text = text
    truth.told = [style, form, separator]
    return truth


STYLES = ["plain", "short", "dollar", "thousands", "german", "comma", "swiss", "french", "euro"]
STYLES += ["bare", "dots", "commas"]
ENCODINGS = ["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"]


def read(seed: int, folder: Path, slip: bool = False):
    truth = make(seed, slip)
    random = Random(seed + 1)
    path = folder / "table.csv"
    encoding = random.choice(ENCODINGS)
    try:
        path.write_bytes(truth.text.encode(encoding))
    except UnicodeEncodeError:
        path.write_bytes(truth.text.encode("utf-8"))
    return truth, read_prices(path)


def volatilities(values: np.ndarray, periods: float) -> np.ndarray:
    return (values[1:] / values[:-1] - 1).std(axis=0, ddof=1) * math.sqrt(periods)


def check(seed: int, folder: Path) -> str:
    """Return "right", or the refusal."""
    try:
        truth, prices = read(seed, folder)
    except RpxlError as error:
        return str(error)
    assert prices.labels == truth.labels, (seed, prices.labels)
    assert prices.dates == truth.dates, (seed, truth.told, prices.dates[:3], truth.dates[:3])
    right = volatilities(truth.values, truth.periods)
    assert prices.frequency is not None, (seed, truth.told)
    mine = volatilities(prices.values, prices.frequency.periods_per_year)
    assert np.allclose(mine, right, rtol=1e-9), (seed, truth.told, mine, right)
    return "right"


@pytest.mark.parametrize("block", range(10))
def test_right_or_refused(block: int, tmp_path: Path):
    size = CASES // 10
    answers = [check(seed, tmp_path) for seed in range(block * size, (block + 1) * size)]
    assert answers.count("right") > 0.95 * size  # the others can be read in two ways


@pytest.mark.parametrize("block", range(5))
def test_a_slip_is_refused(block: int, tmp_path: Path):
    for seed in range(10_000 + 100 * block, 10_100 + 100 * block):
        with pytest.raises(RpxlError):
            truth, prices = read(seed, tmp_path, slip=True)
            pytest.fail(f"{seed}: {truth.slip} in {truth.told} gave {prices.values[:3]}")
