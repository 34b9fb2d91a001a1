"""Random tables as people have them: dates are read correctly or lead to a question; never are they an asset."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rpxl.core.dates import DAY_ZERO
from rpxl.errors import InputError
from rpxl.formulas import COV_MATRIX, MISSING_ROWS
from rpxl.formulas.readers import AssetTable

FORMS: dict[str, Callable[[date], Any]] = {
    "date cells": lambda day: day,
    "date cells with a time": lambda day: datetime(day.year, day.month, day.day, 16),
    "serial numbers": lambda day: float((day - DAY_ZERO).days),
    "serial numbers with a time": lambda day: (day - DAY_ZERO).days + 2 / 3,
    "serial numbers with an odd time": lambda day: (day - DAY_ZERO).days + (day.day % 4 + 13) / 24,
    "yyyymmdd": lambda day: 10_000 * day.year + 100 * day.month + day.day,
    "yyyymmdd as text": lambda day: f"{day:%Y%m%d}",
    "ISO": str,
    "ISO with a time": lambda day: f"{day}T16:00:00Z",
    "slashes, year first": lambda day: f"{day.year}/{day.month}/{day.day}",
    "slashes, day first": lambda day: f"{day:%d/%m/%Y}",
    "slashes, month first": lambda day: f"{day.month}/{day.day}/{day.year} 16:00:00",
    "dots": lambda day: f"{day:%d.%m.%Y}",
    "month's name": lambda day: f"{day:%d-%b-%Y}",
    "month's name first": lambda day: f"{day:%b %d, %Y}",
    "two digits": lambda day: f"{day:%d/%m/%y}",
}
MONTHS: dict[str, Callable[[date], Any]] = {
    "yyyymm": lambda day: 100 * day.year + day.month,
    "yyyy-mm": lambda day: f"{day:%Y-%m}",
    "Jan 2024": lambda day: f"{day:%b %Y}",
    "Jan-24": lambda day: f"{day:%b-%y}",
    "yyyy.mm": lambda day: day.year + day.month / 100,
}
HEADINGS = ["none", None, "", "Date", "Month", "Period", "Time", "Datum", "Fecha", "日期", "Gold", "x", "Close"]


@st.composite
def spacings(draw) -> list[date]:
    """Increasing days, of one of the frequencies or of none."""
    first = draw(st.dates(date(1901, 1, 1), date(2026, 1, 1)))
    count = draw(st.integers(3, 30))
    kind = draw(st.sampled_from(["trading", "every day", "weekly", "monthly", "quarterly", "any"]))
    if kind == "trading":
        days = [first + timedelta(days=i) for i in range(2 * count)]
        return [day for day in days if day.weekday() < 5][:count]
    if kind in ("monthly", "quarterly"):
        step = 1 if kind == "monthly" else 3
        months = [12 * first.year + first.month + step * i for i in range(count)]
        return [date(m // 12, m % 12 + 1, 1) - timedelta(days=1) for m in months]
    if kind == "any":
        steps = draw(st.lists(st.integers(1, 400), min_size=count - 1, max_size=count - 1))
        return [first + timedelta(days=sum(steps[:i])) for i in range(count)]
    return [first + timedelta(days=i * (7 if kind == "weekly" else 1)) for i in range(count)]


@st.composite
def tables(draw) -> tuple[list[list[Any]], list[date], bool]:
    """A table of two assets, its days in the order of the rows, and whether its dates are months, which mean days."""
    days = draw(spacings())
    order = draw(st.sampled_from(["rising", "falling", "any"]))
    days = days[::-1] if order == "falling" else draw(st.permutations(days)) if order == "any" else days
    of_months = draw(st.booleans()) and len({(day.year, day.month) for day in days}) == len(days)
    forms = MONTHS if of_months else FORMS
    form = forms[draw(st.sampled_from(sorted(forms)))]
    random = np.random.default_rng(draw(st.integers(0, 99)))
    returns = (0.01 * random.standard_normal((len(days), 2))).tolist()
    rows: list[list[Any]] = [[form(day), *row] for day, row in zip(days, returns, strict=True)]
    heading = draw(st.sampled_from(HEADINGS))
    assume(form not in (FORMS["two digits"], MONTHS["Jan-24"]) or min(days).year >= 1930)  # 01 is always 2001
    whole = form is FORMS["serial numbers"] and heading != "none"
    assume(not whole or max(days) > date(1905, 10, 1))  # numbers up to 2100 in a row are years
    return rows if heading == "none" else [[heading, "SPY", "IEF"], *rows], days, of_months


@settings(max_examples=400, deadline=None)
@given(tables())
def test_dates_are_read_right_or_a_question_is_asked(made):
    table, days, of_months = made
    try:
        block = AssetTable("").read("returns", table)
    except InputError as error:
        assert str(error).startswith("returns: ")
        return
    assert block.values.shape == (len(days), 2), "the dates are an asset"
    assert block.dates is not None
    if of_months:
        assert [(d.year, d.month) for d in block.dates.tolist()] == [(d.year, d.month) for d in days]
    else:
        assert block.dates.tolist() == list(days)


@settings(max_examples=150, deadline=None)
@given(spacings(), st.sampled_from(sorted(FORMS)), st.sampled_from(["Date", "Datum", "日期"]), st.randoms())
def test_below_a_heading_that_says_so_only_what_is_ambiguous_is_asked(days, form, heading, random):
    assume(form != "two digits" or days[0].year >= 1930)
    assume(form != "serial numbers" or days[-1] > date(1905, 10, 1))  # numbers up to 2100 in a row are years
    random.shuffle(days)
    table = [[heading, "SPY"], *([FORMS[form](day), 0.01] for day in days)]
    try:
        assert AssetTable("").read("returns", table).dates.tolist() == days
    except InputError as error:
        ambiguous = form in ("slashes, day first", "slashes, month first", "dots", "two digits")
        words = ("can be 1", "can be 2") if ambiguous else ("counts the rows", "can be years")
        assert any(word in str(error) for word in words), error


def price_columns() -> st.SearchStrategy[list[float]]:
    """Prices as people type them, with two decimals or none, that rise and fall."""
    cents = st.lists(st.integers(100, 9_000_000), min_size=3, max_size=30).map(lambda c: [n / 100 for n in c])
    return cents.filter(lambda c: not all(n == int(n) for n in c))


@settings(max_examples=150, deadline=None)
@given(price_columns(), st.sampled_from(["none", "Gold", "Index"]))
def test_prices_never_lose_a_column(column, heading):
    rows = [[price, 100.0 + i % 3] for i, price in enumerate(column)]
    table = rows if heading == "none" else [[heading, "SPY"], *rows]
    try:
        block = AssetTable("").read("prices", table)
    except InputError as error:
        assert "can be" in str(error)
        return
    assert block.dates is None
    assert block.values.shape == (len(column), 2)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 90_000), min_size=2, max_size=12),
    st.sampled_from(["as they are", "rising", "falling"]),
    st.sampled_from(["none", "Gold"]),
)
def test_whole_numbers_never_lose_a_column_unless_they_lie_as_in_a_calendar(column, order, heading):
    column = column if order == "as they are" else sorted(column, reverse=order == "falling")
    rows = [[float(price), 100.5 + i % 3] for i, price in enumerate(column)]
    table = rows if heading == "none" else [[heading, "SPY"], *rows]
    try:
        block = AssetTable("").read("prices", table)
    except InputError as error:
        assert any(words in str(error) for words in ("can be", "counts the rows"))
        return
    assert block.dates is None
    assert block.values.shape == (len(column), 2)


@pytest.mark.parametrize("rows", [3, 8, 40])
@pytest.mark.parametrize("seed", range(40))
def test_random_returns_are_all_assets(seed, rows):
    table = np.round(0.1 * np.random.default_rng(seed).standard_normal((rows, 3)), seed % 5)
    assert np.shape(COV_MATRIX(table.tolist())) == (3, 3)
    assert MISSING_ROWS(table.tolist()) == 0.0


def test_a_column_of_rising_whole_numbers_is_asked_about():
    for column in ([0, 1, 2, 3], [40000, 40100, 40250], [36526, 36530, 36534], [1, 3, 7, 12, 20, 33]):
        with pytest.raises(InputError, match=r"can be dates|counts the rows"):
            COV_MATRIX([[float(number), 0.01 * i] for i, number in enumerate(column)])


def test_rising_numbers_that_can_be_late_years_or_days_of_1906_are_asked_about():
    late = [["Date", "SPY"], [2193, 0.01], [2194, 0.02], [2195, 0.01]]
    with pytest.raises(InputError, match="can be years, or days counted from 1900"):
        AssetTable("").read("returns", late)
    late[0][0] = "Year"
    assert AssetTable("").read("returns", late).dates[0] == np.datetime64("2193-12-31")
    usual = [["Date", "SPY"], [2019, 0.01], [2020, 0.02], [2021, 0.01]]
    assert AssetTable("").read("returns", usual).dates[-1] == np.datetime64("2021-12-31")
