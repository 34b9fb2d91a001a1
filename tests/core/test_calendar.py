"""The frequency of dates, against calendars of numpy's business days."""

import numpy as np
import pytest

from rpxl.core.calendar import (
    CONTRADICTION,
    EVERY_DAY,
    FREQUENCIES,
    MONTHLY,
    QUARTERLY,
    TRADING_DAYS,
    WEEKLY,
    YEARLY,
    frequency,
    gaps,
    periods_per_year,
)
from rpxl.errors import InputError


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def span(first: str, last: str) -> np.ndarray:
    return np.arange(first, last, dtype="datetime64[D]")


ALL_DAYS = span("2016-01-01", "2024-01-01")
TRADING = ALL_DAYS[np.is_busday(ALL_DAYS)]
CAIRO = ALL_DAYS[np.is_busday(ALL_DAYS, weekmask="1111001")]  # from Sunday to Thursday
MONTH_STARTS = np.arange("2010-01", "2024-01", dtype="datetime64[M]").astype("datetime64[D]")
MONTH_ENDS = MONTH_STARTS[1:] - np.timedelta64(1, "D")
FIRST_TRADING = np.busday_offset(MONTH_STARTS, 0, roll="forward")
LAST_TRADING = np.busday_offset(MONTH_ENDS, 0, roll="backward")
FRIDAYS = span("2020-01-03", "2023-12-31")[::7]

KNOWN = [
    (ALL_DAYS, EVERY_DAY),
    (TRADING, TRADING_DAYS),
    (CAIRO, TRADING_DAYS),
    (FRIDAYS, WEEKLY),
    (MONTH_ENDS, MONTHLY),
    (MONTH_STARTS, MONTHLY),
    (FIRST_TRADING, MONTHLY),
    (LAST_TRADING, MONTHLY),
    (MONTH_ENDS[2::3], QUARTERLY),
    (LAST_TRADING[2::3], QUARTERLY),
    (MONTH_ENDS[11::12], YEARLY),
    (LAST_TRADING[11::12], YEARLY),
]


@pytest.mark.parametrize(("dates", "expected"), KNOWN)
def test_usual_calendars_are_told_whole_and_in_any_part_that_can_be_told(dates, expected):
    assert frequency(dates) == expected
    assert gaps(dates, expected).size == 0
    rng = np.random.default_rng(7)
    told = 0
    for _ in range(300):
        first = int(rng.integers(0, len(dates) - 3))
        part = dates[first : first + int(rng.integers(3, 40))]
        try:
            assert frequency(part) == expected
            told += 1
        except InputError:
            assert expected in (EVERY_DAY, TRADING_DAYS)
            assert len(part) < 21
    assert told > 150


@pytest.mark.parametrize(("dates", "expected"), KNOWN)
def test_a_few_missing_dates_are_gaps_and_change_no_frequency(dates, expected):
    kept = np.delete(dates, [len(dates) // 2, len(dates) // 2 + 1])
    if expected is YEARLY:
        kept = np.delete(dates, 0)
    assert frequency(kept) == expected


def test_the_closure_of_tokyo_in_2019_is_no_gap():
    closed = (days("2019-04-26") < TRADING) & (days("2019-05-07") > TRADING)
    assert frequency(TRADING[~closed]) == TRADING_DAYS
    assert gaps(TRADING[~closed], TRADING_DAYS).size == 0


def test_a_week_without_trade_is_no_gap_of_weekly_prices_and_a_month_is_one_of_monthly():
    assert gaps(np.delete(FRIDAYS, 5), WEEKLY).size == 0
    assert gaps(np.delete(MONTH_ENDS, 5), MONTHLY).tolist() == [5]
    assert gaps(np.delete(MONTH_ENDS[2::3], 5), QUARTERLY).tolist() == [5]


@pytest.mark.parametrize(
    ("dates", "seen"),
    [
        (days("2024-01-31", "2024-02-29"), "2 dates can't tell"),
        (days("2024-01-02", "2024-01-03", "2024-01-04"), "trading days, 252 a year, or every day, 365 a year"),
        (span("2020-01-01", "2024-01-01")[::28], "28 days apart"),  # 13 a year, not 12
        (span("2020-01-01", "2024-01-01")[::14], "14 days apart"),
        (span("2020-01-01", "2024-01-01")[::2], "2 days apart"),
        (days("2020-01-01", "2020-01-03", "2020-06-01", "2021-01-01"), "2 to 214 days apart"),
        (np.delete(MONTH_ENDS, np.arange(0, len(MONTH_ENDS), 4)), "too irregular"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_was_seen(dates, seen):
    with pytest.raises(InputError, match=seen) as refused:
        frequency(dates)
    assert refused.value.argument == "periods_per_year"
    assert periods_per_year(26.0, dates) == 26.0  # the given number is used


@pytest.mark.parametrize(("dates", "expected"), KNOWN)
def test_a_number_wins_unless_it_contradicts_the_dates(dates, expected):
    told = expected.periods_per_year
    assert periods_per_year(None, dates) == told
    assert periods_per_year(told * 1.49, dates) == told * 1.49
    assert periods_per_year(told / 1.49, dates) == told / 1.49
    for wrong in (told * CONTRADICTION, told / CONTRADICTION):
        with pytest.raises(InputError, match=f"is {wrong:g}, but the dates are {expected.words}"):
            periods_per_year(wrong, dates)


@pytest.mark.parametrize("given", [0.0, -12.0, np.nan])
def test_a_number_of_periods_is_above_0(given):
    for dates in (None, MONTH_ENDS):
        with pytest.raises(InputError, match="periods_per_year"):
            periods_per_year(given, dates)


def test_without_dates_a_year_has_252_periods():
    assert periods_per_year(None, None) == 252.0
    assert periods_per_year(12.0, None) == 12.0


def test_frequencies_have_names_of_their_own():
    assert [f.words for f in FREQUENCIES] == [
        "every day, 365 a year",
        "trading days, 252 a year",
        "weekly, 52 a year",
        "monthly, 12 a year",
        "quarterly, 4 a year",
        "yearly, 1 a year",
    ]
