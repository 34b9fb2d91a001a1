"""What follows from the dates of new prices is set, unless the user sets it; a number against the dates is refused."""

from datetime import date, timedelta

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.filling.periods import settings_by_dates
from rpxl.prices.prices import serial
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def every(step: int, count: int) -> list[date]:
    return [date(2020, 1, 3) + timedelta(days=step * k) for k in range(count)]


def days(step: int, count: int) -> np.ndarray:
    return np.array(every(step, count), dtype="datetime64[D]")


def with_inputs(*, own: list[date] | None = None, date1904: bool = False, **numbers: float | str) -> Workbook:
    """A workbook with some inputs, and with dates of its own."""

    def write(book) -> None:
        sheet = book.add_worksheet("S")
        for row, (name, number) in enumerate(numbers.items(), 1):
            sheet.write(f"A{row}", number)
            book.define_name(name, f"=S!$A${row}")
        if own is not None:
            sheet.write_column("C1", [float(serial(day, date1904)) for day in own])
            book.define_name("Dates", f"=S!$C$1:$C${len(own)}")

    return Workbook(workbook(write, date1904=date1904))


TRADING = {"Periods_per_year": 252.0, "Lookback": 252.0, "Rolling_window": 126.0}


def test_weeks_for_trading_days():
    chosen, notes = settings_by_dates(with_inputs(**TRADING), days(7, 200), {"Band": "1"}, None)
    assert chosen == {"Band": "1", "Periods_per_year": "52", "Lookback": "52", "Rolling_window": "26"}
    assert notes == [
        "Periods_per_year is 52: the prices are weekly, 52 a year.",
        "Lookback is 52 periods, as is usual for such prices; it was 252.",
        "Rolling_window is 26 of the 199 returns; it was 126.",
    ]


def test_what_the_user_sets_stays():
    given = {"lookback": "30", "ROLLING_WINDOW": "20"}
    chosen, notes = settings_by_dates(with_inputs(**TRADING), days(7, 200), given, None)
    assert chosen == {**given, "Periods_per_year": "52"}
    assert notes == ["Periods_per_year is 52: the prices are weekly, 52 a year."]


def test_a_workbook_need_not_have_all_of_these_inputs():
    chosen, notes = settings_by_dates(with_inputs(Periods_per_year=252.0), days(7, 200), {}, None)
    assert chosen == {"Periods_per_year": "52"}
    assert len(notes) == 1


def test_dates_as_often_as_before_change_nothing():
    numbers = {"Periods_per_year": 52.0, "Lookback": 40.0, "Rolling_window": 30.0}
    for count in (200, 31):  # 30 returns hold a window of 30
        assert settings_by_dates(with_inputs(**numbers), days(7, count), {}, None) == ({"Periods_per_year": "52"}, [])


@pytest.mark.parametrize(("returns", "window"), [(29, 14), (28, 14), (7, 3), (4, 2), (3, 2)])
def test_a_window_longer_than_the_history_becomes_half_of_it(returns: int, window: int):
    book = with_inputs(Periods_per_year=52.0, Rolling_window=30.0)
    chosen, notes = settings_by_dates(book, days(7, returns + 1), {}, None)
    assert chosen["Rolling_window"] == str(window)
    assert notes == [f"Rolling_window is {window} of the {returns} returns; it was 30."]


def test_without_new_dates_the_number_is_held_against_the_workbooks_own():
    weekdays = [day for day in every(1, 15) if day.weekday() < 5]  # so few are known by their weekdays alone
    for own, date1904 in ((every(1, 60), False), (weekdays, False), (weekdays, True), (every(7, 60), False)):
        book = with_inputs(own=own, date1904=date1904, **TRADING)
        with pytest.raises(InputError, match="is 12, but the dates are"):
            settings_by_dates(book, None, {"Periods_per_year": "12"}, None)
    chosen, notes = settings_by_dates(book, None, {"Periods_per_year": "50"}, None)
    assert chosen == {"Periods_per_year": "50", "Lookback": "52"}
    assert notes[0] == "Periods_per_year is 50: the prices are 50 a year."


def test_dates_that_are_none_are_held_against_nothing():
    for own in (every(1, 30)[::-1], [*every(1, 30), *every(1, 30)[-1:]], None):
        chosen, _ = settings_by_dates(with_inputs(own=own, **TRADING), None, {"Periods_per_year": "12"}, None)
        assert chosen["Periods_per_year"] == "12"


def test_without_anything_new_nothing_is_set():
    assert settings_by_dates(with_inputs(**TRADING), None, {"Lookback": "9"}, None) == ({"Lookback": "9"}, [])


@pytest.mark.parametrize(("text", "words"), [("0", "is 0; it must be above 0"), ("-1", "above 0"), ("1,5", "number")])
def test_a_number_that_is_none_is_refused(text: str, words: str):
    with pytest.raises(InputError, match=words):
        settings_by_dates(with_inputs(**TRADING), days(7, 200), {"Periods_per_year": text}, None)


@pytest.mark.parametrize("numbers", [{}, {"Periods_per_year": "many"}])
def test_a_workbook_without_the_number(numbers: dict):
    book = with_inputs(**numbers)
    weekdays = np.busday_offset("2020-01-03", np.arange(300))
    assert settings_by_dates(book, weekdays, {}, "backtest") == ({}, [])
    assert settings_by_dates(book, None, {}, "backtest") == ({}, [])
    _, (note,) = settings_by_dates(book, days(7, 60), {}, None)
    assert note.startswith("The prices are weekly, 52 a year. The workbook has no input Periods_per_year")
    _, (note,) = settings_by_dates(book, days(14, 60), {}, "backtest")
    assert note.startswith("The dates don't tell how often there is a price.")
    with pytest.raises(InputError, match="built by an earlier rpxl, which counts 252 periods a year"):
        settings_by_dates(book, days(7, 60), {}, "backtest")


def test_dates_that_tell_nothing_ask_for_the_number():
    with pytest.raises(InputError, match=r"no usual number of periods.* With rpxl fill: --set Periods_per_year=12"):
        settings_by_dates(with_inputs(**TRADING), days(14, 60), {}, None)
