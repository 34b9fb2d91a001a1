from datetime import date, datetime, timedelta

import numpy as np
import pytest

from rpxl.core.dates import FREQUENCIES, check_dates, check_row_dates, day_of, first_days, within
from rpxl.errors import InputError


def test_dates_of_any_kind():
    expected = np.array(["2020-02-28", "2020-03-02"], dtype="datetime64[D]")
    for given in (
        ["2020-02-28", "2020-03-02"],
        [date(2020, 2, 28), date(2020, 3, 2)],
        [datetime(2020, 2, 28, 16, 30), datetime(2020, 3, 2)],
        np.array(["2020-02-28T16", "2020-03-02T09"], dtype="datetime64[h]"),
        tuple(expected),
    ):
        found = check_dates(given)
        assert found.dtype == "datetime64[D]"
        assert (found == expected).all()


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ([], "list of dates"),
        ([["2020-01-01"]], "list of dates"),
        ([1.0, 2.0], "not numbers"),
        ([1, 2], "not numbers"),
        ([True, False], "not numbers"),
        (["2020-01-01", "x"], "something else"),
        ([date(2020, 1, 1), None], "item 2 is missing"),
        ([date(2020, 1, 1), object()], "something else"),
        (["2020-01-02", "2020-01-01"], "item 2 is 2020-01-01, which is not after item 1, 2020-01-02"),
        (["2020-01-02", "2020-01-02"], "oldest first"),
    ],
)
def test_what_is_no_list_of_dates(dates, words):
    with pytest.raises(InputError, match=words):
        check_dates(dates)


def test_first_days_agree_with_the_calendar_of_the_standard_library():
    days = [date(1998, 12, 1) + timedelta(days=i) for i in range(9000) if i % 5 and i % 7 != 3]
    periods = {
        "daily": lambda d: d,
        "weekly": lambda d: d.isocalendar()[:2],
        "monthly": lambda d: (d.year, d.month),
        "quarterly": lambda d: (d.year, (d.month + 2) // 3),
        "yearly": lambda d: d.year,
    }
    assert set(periods) == set(FREQUENCIES)
    for frequency, period in periods.items():
        expected = [i for i in range(1, len(days)) if period(days[i]) != period(days[i - 1])]
        assert first_days(check_dates(days), frequency).tolist() == expected


def test_first_business_days_of_the_quarters_of_2020():
    days = np.arange("2019-12-20", "2021-01-10", dtype="datetime64[D]")
    days = days[np.is_busday(days, holidays=["2019-12-25", "2020-01-01", "2020-12-25", "2021-01-01"])]
    firsts = days[first_days(days, "quarterly")]
    assert [str(day) for day in firsts] == ["2020-01-02", "2020-04-01", "2020-07-01", "2020-10-01", "2021-01-04"]


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2022", "2022-01-01", "2022-12-31"),
        (" 2020-02 ", "2020-02-01", "2020-02-29"),
        ("2021-12", "2021-12-01", "2021-12-31"),
        ("2020-02-15", "2020-02-15", "2020-02-15"),
        (date(2020, 2, 15), "2020-02-15", "2020-02-15"),
        (datetime(2020, 2, 15, 23, 59), "2020-02-15", "2020-02-15"),
        (np.datetime64("2020-02-15"), "2020-02-15", "2020-02-15"),
    ],
)
def test_a_bound_of_a_window(value, first, last):
    assert str(day_of(value, "start")) == first
    assert str(day_of(value, "end", last=True)) == last


@pytest.mark.parametrize(
    "value", ["today", "NaT", "2020-13", "2020-02-30", "20", 2020, None, np.datetime64("NaT", "D"), ""]
)
def test_what_is_no_bound(value):
    with pytest.raises(InputError, match="start: is no date"):
        day_of(value, "start")


def test_windows_include_their_bounds():
    days = check_dates(["2020-01-31", "2020-02-01", "2020-03-31", "2020-04-01"])
    assert within(days, "2020-02-01", "2020-03-31").tolist() == [False, True, True, False]
    assert within(days, end="2020-01").tolist() == [True, False, False, False]
    assert within(days, start="2020-04").tolist() == [False, False, False, True]
    assert within(days).all()
    with pytest.raises(InputError, match="start: leaves nothing: the dates run from 2020-01-31 to 2020-04-01"):
        within(days, "2021")
    with pytest.raises(InputError, match="end: leaves nothing"):
        within(days, end="2019")


DAYS = np.array(["2020-02-27", "NaT", "2020-02-28", "2020-03-02"], dtype="datetime64[D]")


def test_a_missing_date_is_named_and_shown_as_missing():
    for check in (check_dates, lambda days: check_row_dates(days, 4, "returns")):
        with pytest.raises(InputError, match="item 2 is missing") as caught:
            check(DAYS)
        assert (caught.value.cells, caught.value.missing) == ((1,), True)
    with pytest.raises(InputError, match="item 2 is missing") as caught:
        check_row_dates(DAYS, 4, "returns", used=np.array([0, 1, 3]))
    with pytest.raises(InputError, match="item 2 is missing"):
        check_row_dates(DAYS, 4, "returns", used=np.array([1]))
    assert caught.value.missing
    found = check_row_dates(DAYS, 4, "returns", used=np.array([0, 2, 3]))  # the second row is blank
    assert np.isnat(found).tolist() == [False, True, False, False]


def test_rows_are_in_order_unless_order_does_not_matter():
    turned = DAYS[[3, 2, 0]]
    with pytest.raises(InputError, match="Sort the rows"):
        check_row_dates(turned, 3, "returns")
    assert (check_row_dates(turned, 3, "returns", ordered=False) == turned).all()
    with pytest.raises(InputError):
        check_row_dates(DAYS[[3, 2, 3]], 3, "returns", ordered=False)
    with pytest.raises(InputError):
        check_row_dates(DAYS[[0, 2, 3]], 4, "returns")
