"""Which columns are dates, which are assets, and which lead to a question: each form of dates, by hand."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from rpxl.core.dates import DAY_ZERO, DAY_ZERO_1904
from rpxl.errors import InputError
from rpxl.formulas.date_column import is_date_heading, read_date_column, require_distinct, require_oldest_first
from rpxl.formulas.date_numbers import NOT_DATES, days_counted_from, days_from_1904
from rpxl.formulas.date_texts import Ambiguous, read_texts

JANUARY = [date(2024, 1, d) for d in (29, 30, 31)]
WEEKDAYS = [date(2021, 1, 4) + timedelta(days=i) for i in range(40) if (i % 7) < 5]
MONTH_ENDS = [
    date(2020, 1, 31),
    date(2020, 2, 29),
    date(2020, 3, 31),
    date(2020, 4, 30),
    date(2020, 5, 29),
    date(2020, 6, 30),
]


def serials(days, zero=DAY_ZERO):
    return [float((day - zero).days) for day in days]


def days_of(found) -> list[date]:
    assert found.question is None, found.question
    assert found.dates is not None
    return found.dates.tolist()


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y %m %d",
        " %Y-%m-%d ",
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%d.%m.%Y",
        "%d %b %Y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d %B %Y",
        "%b %d, %Y",
        "%B %d %Y",
        "%Y-%b-%d",
        "%a %d %b %Y",
        "%A, %B %d, %Y",
        "%m/%d/%Y 0:00",
        "%m/%d/%Y 16:00:00",
        "%m/%d/%Y 4:00:00 PM",
        "%Y-%m-%dT16:00:00",
        "%Y-%m-%d 00:00:00-05:00",
        "%Y-%m-%dT21:00:00.000Z",
        "%Y-%m-%d 16:00 America/New_York",
        "%Y-%m-%d 16:00:00 EST",
        "%Y%m%d",
        "%Y年%m月%d日",
    ],
)
def test_texts_as_people_write_them(form):
    assert days_of(read_date_column([day.strftime(form) for day in JANUARY])) == JANUARY


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2021/1/4", "2021/1/5"], [date(2021, 1, 4), date(2021, 1, 5)]),
        (["1st March 2024", "2nd of March 2024"], [date(2024, 3, 1), date(2024, 3, 2)]),
        (["31. Januar 2024", "29. Februar 2024"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["31 janv. 2024", "29 février 2024"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["31 de enero de 2024", "29 de febrero de 2024"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["Jan 2024", "Feb 2024"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["2024-01", "2024-02"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["01/2024", "02/2024"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["2024M1", "2024M2"], [date(2024, 1, 31), date(2024, 2, 29)]),
        (["Nov-23", "Dec-23", "Jan-24"], [date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31)]),
        (["2024Q1", "Q2 2024"], [date(2024, 3, 31), date(2024, 6, 30)]),
        (["29-01-24", "30-01-24", "01-02-24"], [date(2024, 1, 29), date(2024, 1, 30), date(2024, 2, 1)]),
        (["31-Dec-99", "31-Jan-00"], [date(1999, 12, 31), date(2000, 1, 31)]),
        (["1871-01-31", "1871-02-28"], [date(1871, 1, 31), date(1871, 2, 28)]),
        (["1/1/2024", "1/1/2024"], [date(2024, 1, 1), date(2024, 1, 1)]),
    ],
)
def test_other_texts(texts, expected):
    assert read_texts(texts).tolist() == expected


@pytest.mark.parametrize(
    ("texts", "readings"),
    [
        (["1/4/2021", "2/4/2021"], "2021-04-01 or 2021-01-04"),
        (["2/1/2024", "31/1/2024", "1/31/2024"], "has day, month and year in another order than '31/1/2024'"),
        (["1/1/2021", "1/2/2021"], "2021-02-01 or 2021-01-02"),
        (["01/02/03", "02/02/03"], "2003-02-01 or 2003-01-02 or 2001-02-03"),
        (["31/12/45", "31/12/46"], "1945-12-31 or 2045-12-31"),
        (["24/01/30", "24/01/31", "24/02/01"], "1930-01-24 or 2024-01-30"),
    ],
)
def test_texts_that_can_be_read_in_several_ways_are_a_question(texts, readings):
    with pytest.raises(Ambiguous, match=readings):
        read_texts(texts)
    assert readings in read_date_column(texts).question


@pytest.mark.parametrize(
    ("texts", "row"),
    [
        (["2024-01-31", "2024-02-30"], 1),
        (["31 Jan 2024", "total"], 1),
        (["1/13/2024", "1/32/2024"], 1),
        (["Jan-24", "Mar-24", "Dec-24"], 0),  # days or years
        (["31 tammikuu 2024", "29 helmikuu 2024"], 0),
        (["KW 5 2024", "KW 6 2024"], 0),
        (["01/24", "02/24"], 0),
        (["31-Jan", "29-Feb"], 0),
    ],
)
def test_a_text_that_looks_like_a_date_but_is_none_is_named(texts, row):
    found = read_date_column(texts)
    assert found.dates is None
    assert found.cells == (row,)
    assert f"'{texts[row]}' where a date belongs" in found.question


@pytest.mark.parametrize("texts", [["SPY", "IEF"], ["January", "February"], ["Bull", "Bear"], ["100", "abc"]])
def test_other_texts_are_no_dates(texts):
    assert read_date_column(texts) == NOT_DATES


@pytest.mark.parametrize(
    "cells",
    [
        JANUARY,
        [datetime(day.year, day.month, day.day, 16) for day in JANUARY],
        [np.datetime64(day) for day in JANUARY],
        [*JANUARY[:2], "2024-01-31"],
        [*JANUARY[:2], 45322.0],
        ["2024-01-29", "30 Jan 2024", 45322.7],
    ],
)
def test_date_cells_also_among_settled_texts_and_numbers_of_days(cells):
    assert days_of(read_date_column(cells)) == JANUARY


def test_texts_whose_day_and_month_the_spreadsheet_may_have_swapped_are_a_question_beside_date_cells():
    found = read_date_column([date(2024, 1, 2), "13/2/2024"])
    assert "'13/2/2024' where a date belongs" in found.question
    assert found.cells == (1,)


@pytest.mark.parametrize("heading", [None, "", "Date", "Month end", "Datum", "Gold"])
@pytest.mark.parametrize("order", [1, -1, 3])
def test_numbers_that_can_only_be_dates_are_dates_under_any_heading_in_any_order(heading, order):
    def put(values):
        return values[::order] if abs(order) == 1 else [values[i * order % len(values)] for i in range(len(values))]

    month_ends = [*MONTH_ENDS, date(2020, 7, 31)]
    last = [
        date(day.year, day.month, (date(day.year, day.month % 12 + 1, 1) - timedelta(days=1)).day) for day in month_ends
    ]
    days = [*WEEKDAYS[:29]]
    for values, expected in (
        (serials(days), days),
        ([serial + 2 / 3 for serial in serials(days)], days),
        ([round(serial + 2 / 3, 5) for serial in serials(days)], days),
        (serials(month_ends), month_ends),
        ([float(f"{day:%Y%m%d}") for day in days], days),
        ([float(f"{day:%Y%m}") for day in month_ends], last),
    ):
        assert days_of(read_date_column(put(values), heading)) == put(expected)
        assert days_of(read_date_column(np.array(put(values)), heading)) == put(expected)


def test_days_of_trading_with_any_two_days_of_rest():
    days = [date(2021, 1, 3) + timedelta(days=i) for i in range(14) if i % 7 < 5]  # Sundays to Thursdays
    assert days_of(read_date_column(serials(days), "Tel Aviv")) == days
    assert "can be dates" in read_date_column(serials(days[:9]), "Tel Aviv").question


def test_weeks_are_dates_if_there_are_ten():
    weeks = [date(2021, 1, 8) + timedelta(days=7 * i) for i in range(10)]
    assert days_of(read_date_column(serials(weeks), "Gold")) == weeks
    assert (
        "can be dates (2021-01-08, 2021-01-15 …) or an asset" in read_date_column(serials(weeks[:9]), "Gold").question
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2019, 2020, 2021], [date(2019, 12, 31), date(2020, 12, 31), date(2021, 12, 31)]),
        ([2021, 2020], [date(2021, 12, 31), date(2020, 12, 31)]),
        ([202401], [date(2024, 1, 31)]),
        ([1871.11, 1871.12, 1872.01], [date(1871, 11, 30), date(1871, 12, 31), date(1872, 1, 31)]),
        ([1871.09, 1871.1, 1871.11], [date(1871, 9, 30), date(1871, 10, 31), date(1871, 11, 30)]),
        ([61.0, 90.5], [date(1900, 3, 1), date(1900, 3, 30)]),
        ([40000.0, 30000.0, 47000.0], [date(2009, 7, 6), date(1982, 2, 18), date(2028, 9, 4)]),
    ],
)
def test_a_heading_that_says_so_settles_it(values, expected):
    for heading in ("Date", "Month", "Period", "Fecha", "日期"):
        assert days_of(read_date_column(values, heading)) == expected
    assert days_of(read_date_column(values, None, known=True)) == expected


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1999, 2001, 2002], "can be years, or days counted from 1900"),
        ([0, 1, 2], "counts the rows (0, 1, 2)"),
        ([100, 101, 102], "counts the rows"),
        ([45292.0, 12.5], "{0} is 12.5, which is no date"),
        ([100.25, 101.37], "{0} is 100.25, which is no date"),
        ([-3.0, 45292.0], "{0} is -3, which is no date"),
        ([1.6e9, 1.7e9], "{0} is 1600000000, which is no date"),
        (["soon", "later"], "holds the text 'soon'"),
        ([True, 45292.0], "{0} is TRUE where a date belongs"),
        (["#N/A", 45292.0], "{0} holds the error #N/A"),
        ([None, ""], "{0} is blank"),
    ],
)
def test_below_such_a_heading_nothing_else_may_stand(values, words):
    found = read_date_column(values, "Date")
    assert found.dates is None
    assert words in found.question


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 1, 2], "counts the rows"),
        ([1, 2, 3, 4], "counts the rows"),
        ([3, 2, 1, 0], "counts the rows"),
        ([57, 58, 59, 60, 61], "counts the rows"),
        ([2019, 2020, 2021], "dates (2019-12-31, 2020-12-31 …) or numbers of the rows or an asset"),
        ([2021, 2019, 2020], "dates (2021-12-31"),
        ([36526, 36530, 36534], "can be dates (2000-01-01, 2000-01-05 …) or an asset"),
        ([45292.0], "can be dates (2024-01-01"),
        ([45292, 45293, 45294, 45295, 45296, 45297], "or numbers of the rows"),
        ([40000, 40100, 40250], "can be dates"),
        ([40250, 40100, 40000], "can be dates"),
        ([100, 110, 123, 124, 130, 150], "can be dates or an asset"),
        ([202401, 202402], "can be dates (2024-01-31, 2024-02-29 …) or an asset"),
        ([45292.0, 45293.0, 45294.0], "or numbers of the rows"),  # Monday to Wednesday
        ([44218.0, 44247.0, 44278.0, 44307.0, 44340.0, 44367.0], "can be dates (2021-01-22"),  # late in each month
        ([44200.0 + i for i in range(15) if i != 4], "can be dates (2021-01-04"),  # on every day of the week
        ([2000.03, 2000.06, 2000.09, 2000.12, 2001.03, 2001.06], "can be dates (2000-03-31, 2000-06-30"),
        ([1.6e9, 1.60009e9, 1.60018e9, 1.60026e9, 1.60035e9, 1.60043e9], "can be dates or an asset"),
        ([45292.4, 45292.6, 45292.65, 45293.4, 45293.6, 45293.65], "times within days"),
    ],
)
def test_numbers_that_can_be_one_or_the_other_are_a_question(values, words):
    for heading in (None, "Gold"):
        found = read_date_column(values, heading)
        assert found.dates is None
        assert words in found.question
        assert "{0}" not in found.question


@pytest.mark.parametrize(
    "values",
    [
        [100.0, 110.0, 99.0],
        [100.0, 110.0, 120.0],
        [100.0, 101.0, 102.01],
        [0.01, -0.02, 0.03],
        [0.0, 1.0],
        [1.0, 1.0, 1.0],
        [2019.5, 2020.25, 2021.75],
        [45292.31, 45300.77, 45411.02],
        [38915.0, 39098.0, 39098.0, 39239.0],
        [70000.0, 71000.0, 69500.0, 72300.0],
        [1990.0, 2035.0, 2010.0],
        [1e300, -1e300, 1e300],
    ],
)
def test_prices_and_returns_are_no_dates(values):
    for heading in (None, "Samsung"):
        assert read_date_column(values, heading) == NOT_DATES
        assert read_date_column(np.array(values), heading) == NOT_DATES


def test_nameless_days_of_one_week_are_dates():
    days = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)]
    assert days_of(read_date_column(serials(days))) == days
    assert read_date_column(serials(days), "DAX").question


def test_an_error_among_dates_is_named_and_one_among_prices_is_none_of_them():
    for column in (["#N/A", *serials(WEEKDAYS)], ["#N/A", 40000.0, 40100.0, 40250.0]):
        found = read_date_column(column)
        assert (found.question, found.missing) == ("{0} holds the error #N/A. Fix that cell first.", True)
    assert read_date_column(["#N/A", 100.5, 99.25]) == NOT_DATES
    assert "no date" in read_date_column([10**400, 45000], "Date").question


def test_a_moment_before_midnight_is_midnight():
    midnights = [serial - 1e-9 for serial in serials(WEEKDAYS)]
    assert days_of(read_date_column(midnights, "Date")) == days_of(read_date_column(midnights)) == WEEKDAYS


def test_blank_cells_have_no_date():
    found = read_date_column(["2024-01-31", "", "2024-02-29", None])
    assert np.isnat(found.dates).tolist() == [False, True, False, True]
    assert read_date_column([None, ""]) == NOT_DATES


def test_numbers_kept_as_text_are_read_where_all_are_text():
    assert days_of(read_date_column(["20240130", "20240131"])) == JANUARY[1:]
    assert read_date_column([20240131]) == read_date_column(["20240131"]) == NOT_DATES  # one alone may be anything
    assert days_of(read_date_column(["45321", "45322"], "Date", text_numbers=True)) == JANUARY[1:]
    assert days_of(read_date_column(["202401", "202402"], "Date", text_numbers=True))[0] == date(2024, 1, 31)
    assert "holds the text '45321', a number stored as text" in read_date_column(["45321", "45322"], "Date").question


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("date", True),
        ("Trade Date", True),
        ("TradeDate", True),
        ("observation_date", True),
        ("Month end", True),
        ("Quarter Ended", True),
        ("Année", True),
        ("時間", True),
        ("10 Year", False),
        ("Time Warner", False),
        ("Gold", False),
        ("Updated", True),  # at worst a question: only dates may be below it
        ("", False),
        (None, False),
        (5.0, False),
    ],
)
def test_headings(heading, says):
    assert is_date_heading(heading) is says


def test_days_can_count_from_another_day():
    for zero in (DAY_ZERO_1904, date(1900, 1, 1)):
        values = serials(WEEKDAYS, zero)
        with days_counted_from(zero):
            assert days_of(read_date_column(values)) == WEEKDAYS
            assert days_of(read_date_column(values, "Date")) == WEEKDAYS
            assert days_of(read_date_column([*values[:-1], WEEKDAYS[-1]])) == WEEKDAYS
    with days_from_1904(False):
        assert days_of(read_date_column(serials(WEEKDAYS))) == WEEKDAYS


def test_rows_in_another_order_and_rows_of_one_day_are_named():
    days = np.array(["2024-01-31", "NaT", "2024-03-29", "2024-02-29"], dtype="datetime64[D]")
    with pytest.raises(
        InputError, match=r"2024-02-29, which is not after .*, 2024-03-29\. Sort.*SORT\(A2:D61\)"
    ) as caught:
        require_oldest_first("prices", days)
    assert caught.value.cells == ((3, -1), (2, -1))
    require_distinct("prices", days)
    require_oldest_first("prices", days[:3])
    require_oldest_first("prices", None)
    twice = days[[0, 3, 1, 0]]
    with pytest.raises(InputError, match="2024-01-31, as is") as caught:
        require_distinct("prices", twice)
    assert caught.value.cells == ((3, -1), (0, -1))
    with pytest.raises(InputError, match="Leave one of the two rows out"):
        require_oldest_first("prices", days[[0, 0]])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-W01", "2024-01-07"),  # ISO 8601: the week with the first Thursday, to its Sunday
        ("2020W53", "2021-01-03"),
        ("2024-W01-3", "2024-01-03"),
        ("1Q2024", "2024-03-31"),
        ("4Q23", "2023-12-31"),
        ("Q2/24", "2024-06-30"),
        ("Q3 '24", "2024-09-30"),
    ],
)
def test_weeks_and_quarters(text, day):
    assert read_texts([text]).astype(str).tolist() == [day]


def test_a_week_that_its_year_has_not():
    assert read_texts(["2024-W53"]) == 0


@pytest.mark.parametrize("order", ["%d/%m/%Y", "%m/%d/%Y"])
@pytest.mark.parametrize("step", [1, 3])
def test_first_days_of_months_settle_day_and_month(order, step):
    days = [date(2015 + m // 12, m % 12 + 1, 1) for m in range(0, 13 * step, step)]
    assert read_texts([d.strftime(order) for d in days]).tolist() == days


def test_twelve_first_days_of_months_can_be_twelve_days_of_january():
    with pytest.raises(Ambiguous, match="2015-02-01 or 2015-01-02"):
        read_texts([f"01/{m:02d}/2015" for m in range(1, 13)])
