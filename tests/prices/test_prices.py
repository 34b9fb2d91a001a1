from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.prices.prices import read_prices, serial

from ..make import workbook
from ..work import calls

GOOD = "Date,SPY,AGG\n2024-01-02,100,50\n2024-01-03,101,50.5\n2024-01-04,102,50\n2024-01-05,103,51\n"


def read(tmp_path: Path, text: str | bytes):
    path = tmp_path / "p.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_prices(path)


def refused(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "p.csv"))
    return message.removeprefix(f"{tmp_path / 'p.csv'}: ")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD + ",,\n\n",
        GOOD.replace("2024-01-0", "2024/01/0"),
        GOOD.replace("-05,", "-05T00:00:00,"),
        GOOD.replace("2024-01-02", "2 Jan 2024").replace("2024-01-03", '"January 3, 2024"'),
        GOOD.replace("Date", ""),
        '"Date","SPY","AGG"\n' + GOOD.partition("\n")[2],
    ],
)
def test_good_files(tmp_path: Path, text: str):
    prices = read(tmp_path, text)
    assert prices.labels == ["SPY", "AGG"]
    assert prices.dates == [date(2024, 1, day) for day in (2, 3, 4, 5)]
    assert prices.values.tolist() == [[100, 50], [101, 50.5], [102, 50], [103, 51]]


@pytest.mark.parametrize("form", ["{d}/{m}/{y}", "{m}/{d}/{y}", "{d}.{m}.{y}"])
def test_dates_that_can_be_read_in_one_way_only(tmp_path: Path, form: str):
    days = [date(2024, 1, 10) + timedelta(days=i) for i in range(6)]
    rows = [f"{form.format(d=day.day, m=day.month, y=day.year)},1,2" for day in days]
    assert read(tmp_path, "\n".join(["Date,A,B", *rows])).dates == days


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2024-01-03", "03/01/2024", "row 3, column 1: 03/01/2024 can be read in two ways"),
        ("2024-01-03", "yesterday", "row 3, column 1: 'yesterday' is not a date. Write dates as 2024-01-31."),
        ("2024-01-03", "2024-02-30", "row 3, column 1: '2024-02-30' is not a date"),
        ("2024-01-03", "2024-01-03T16:00", "is not a date"),
        ("2024-01-03", "", "row 3, column 1: the date is missing"),
        ("2024-01-03", "2024-01-02", "row 3, column 1: the date 2024-01-02 stands in row 2 already"),
        ("2024-01-03", "2023-12-29", "row 3, column 1: 2023-12-29 comes after 2024-01-02. Sort"),
        ("2024-01-05", "2024-01-15", "no prices between 2024-01-04 and 2024-01-15 (11 days)"),
        ("2024-01-03", "1899-01-03", "outside of the years"),
        (",101,", ",,", "row 3, column 2 (SPY): the cell is blank. Fill the gap"),
        (",101,", ",n/a,", "row 3, column 2 (SPY): 'n/a' is not a number"),
        (",101,", ',"101,5",', "write a decimal point"),
        (",101,", ',"1,101.5",', "no thousands separator"),
        (",101,", ",0,", "row 3, column 2 (SPY): 0 is not a price"),
        (",101,", ",-3,", "-3 is not a price"),
        (",101,", ",inf,", "not a finite number"),
        (",101,", ",nan,", "not a finite number"),
        (",101,", ",1_01,", "not a number"),
        (",101,", ",5%,", "a percentage"),
        ("SPY", "", "row 1, column 2: the asset has no label"),
        ("AGG", "spy", "row 1, column 3 (spy): the label stands in column 2 already"),
        ("SPY,AGG", "1,2", "should hold the assets' labels"),
        (",101,50.5", ",101", "row 3: the row has 2 cells, but the header row 3"),
        (",101,50.5", ",101,50.5,1", "row 3: the row has 4 cells"),
        ("2024-01-03,101,50.5", "", "row 3: the row is empty"),
        ("2024-01-05,103,51\n", "", "3 rows of prices are too few for 2 assets: 4 are needed"),
        (",101,", ',"101,', "quotation marks"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, old: str, new: str, words: str):
    assert GOOD.count(old) == 1
    assert words in refused(tmp_path, GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("a|b|c\n", "separated by commas"),
        ("Date,A\n2024-01-01,1\n", "fewer than three cells"),
        ("Datum,Ä,B\n".encode("latin-1"), "row 1: the text is not UTF-8"),
        (GOOD.encode("utf-16"), "UTF-8"),
        (b"PK\x03\x04xxxx", "a workbook, not a CSV"),
        (b"\x00\x01", "not text"),
    ],
)
def test_what_is_no_table_of_prices(tmp_path: Path, text: str | bytes, words: str):
    assert words in refused(tmp_path, text)


def test_backwards(tmp_path: Path):
    head, *rows = GOOD.splitlines()
    assert "run backwards" in refused(tmp_path, "\n".join([head, *rows[::-1]]))


def test_decimal_commas(tmp_path: Path):
    assert "write a decimal point" in refused(tmp_path, GOOD.replace(",", ";").replace("50.5", "50,5"))


def test_monthly_data_may_have_longer_steps(tmp_path: Path):
    rows = [f"2023-{month:02d}-28,1,2" for month in range(1, 13)]
    assert len(read(tmp_path, "\n".join(["Date,A,B", *rows])).dates) == 12
    del rows[4:9]
    assert "no prices between 2023-04-28 and 2023-10-28" in refused(tmp_path, "\n".join(["Date,A,B", *rows]))


def test_more_assets_need_more_rows(tmp_path: Path):
    rows = [f"2024-01-{day:02d},1,2,3,4" for day in range(1, 6)]
    assert "6 are needed" in refused(tmp_path, "\n".join(["Date,A,B,C,D", *rows]))


def _xlsx(path: Path, dates, values=((1, 2), (3, 4), (5, 6), (7, 8)), **options) -> Path:
    def write(book):
        sheet = book.add_worksheet("Any")
        sheet.write("C3", "Date")
        sheet.write_string("D3", "=A")
        sheet.write("E3", 700)
        for row, (day, numbers) in enumerate(zip(dates, values, strict=True), 3):
            sheet.write(row, 2, day)
            sheet.write_row(row, 3, numbers)

    path.write_bytes(workbook(write))
    return path


def test_a_workbook_with_real_dates(tmp_path: Path):
    days = [date(2024, 2, 27) + timedelta(days=i) for i in range(4)]
    prices = read_prices(_xlsx(tmp_path / "p.xlsx", [serial(day) for day in days]))
    assert prices.dates == days
    assert prices.labels == ["=A", "700"]
    assert np.array_equal(prices.values, [[1, 2], [3, 4], [5, 6], [7, 8]])


@pytest.mark.parametrize(
    ("dates", "values", "words"),
    [
        ([45000, 45001, 45002.5, 45003], None, "row 6, column C: 45002.5 is not a whole day"),
        ([45000, 45001, None, 45003], None, "row 6, column C: the date is missing"),
        ([45000, 45001, 1e12, 45003], None, "is not a date"),
        (
            [45000, 45001, 45002, 45003],
            [(1, 2), (3, 4), (5, "x"), (7, 8)],
            "row 6, column E (700): 'x' is not a number",
        ),
        ([45000, 45001, 45002, 45003], [(1, 2), (3, 4), (5, None), (7, 8)], "row 6, column E (700): the cell is blank"),
    ],
)
def test_a_workbook_that_is_wrong(tmp_path: Path, dates, values, words: str):
    path = _xlsx(tmp_path / "p.xlsx", dates, values or ((1, 2), (3, 4), (5, 6), (7, 8)))
    with pytest.raises(InputError) as caught:
        read_prices(path)
    assert words in str(caught.value)


def test_serial_numbers():
    assert serial(date(1900, 3, 1)) == 61  # Excel's own: 1900-02-28 is 59, and 60 never was
    assert serial(date(2024, 1, 1), date1904=True) == serial(date(2024, 1, 1)) - 1462


def test_another_row_costs_little(tmp_path: Path):
    """What a file costs besides is another question; a price must not cost calls of its own for each check."""

    def work(count: int) -> int:
        rows = [f"{date(2014, 1, 1) + timedelta(days=i)},1.5,2.5,3.5,4.5,5.5" for i in range(count)]
        (tmp_path / "p.csv").write_text("\n".join(["Date,A,B,C,D,E", *rows]))
        return calls(lambda: read_prices(tmp_path / "p.csv"))

    work(10)  # imports
    assert (work(2200) - work(200)) / 2000 < 60  # about 34: a row has six cells
