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
        (
            "2024-01-03",
            "03/01/2024",
            "'03/01/2024', which can be 2024-01-03 or 2024-03-01",
        ),
        (
            "2024-01-03",
            "yesterday",
            "row 3, column 1 holds the text 'yesterday' where a date belongs.",
        ),
        ("2024-01-03", "2024-02-30", "row 3, column 1 holds the text '2024-02-30' where a date belongs"),
        ("2024-01-03", "", "row 3, column 1: the date is missing"),
        ("2024-01-03", "2024-01-02", "row 3, column 1: the date 2024-01-02 is already in row 2"),
        ("2024-01-03", "2023-12-29", "row 3, column 1: 2023-12-29 comes after 2024-01-02. Correct the date, or sort"),
        (
            "2024-01-05",
            "2024-01-15",
            "row 5, column 2 (SPY): there is nothing between 2024-01-04 and 2024-01-15",
        ),
        ("2024-01-02", "1699-01-02", "row 2, column 1: '1699-01-02' is not a date"),
        ("2024-01-02", "1899-01-02", "there is nothing between 1899-01-02 and 2024-01-03"),
        (",101,", ",,", "row 3, column 2 (SPY): the cell is blank. Fill the gap"),
        (",101,", ",n/a,", "row 3, column 2 (SPY): 'n/a' says that there is no price. Fill the gap, or leave"),
        (",101,", ',"101,5",', "'101,5' has a decimal comma, but '50.5' in row 3, column 3 (AGG) a decimal point"),
        (",101,", ",0,", "row 3, column 2 (SPY): 0 is not a price"),
        (",101,", ",-3,", "-3 is not a price"),
        (",101,", ",inf,", "'inf' is not a number"),
        (",101,", ",nan,", "'nan' says that there is no price"),
        (",101,", ",#DIV/0!,", "the cell holds the error #DIV/0!"),
        (",101,", ",1_01,", "not a number"),
        (",101,", ",5%,", "'5%' and the numbers above it are a mix of percentages"),
        ("SPY", "", "row 1, column 2: the asset has no label"),
        ("AGG", "spy", "row 1, column 3 (spy): the label is already in column 2"),
        (
            "Date,SPY,AGG\n",
            "",
            "row 1: there are no labels above the numbers",
        ),
        (",101,50.5", ",101", "row 3, column 3 (AGG): the cell is blank"),
        (",101,50.5", ",101,50,5", "row 3, column 4: there is no heading over this cell. Did a decimal comma split"),
        ("2024-01-02,", "yesterday,", "row 2, column 1: 'yesterday' is not a date"),
        ("2024-01-02,", ",", "row 2, column 1: the date is missing"),
        ("2024-01-05,103,51\n", "", "3 rows of prices are too few for 2 assets: at least 4 are needed"),
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
        ("a|b|c\n", "no two rows with a date and numbers"),
        ("Date,A\n2024-01-01,1\n", "no two rows"),
        (b"PK\x03\x04xxxx", "a workbook, not a text file. Rename it to end in .xlsx"),
        (b"\x00\x01\x00\x00", "not text"),
        (b"Date,A\n\x00\x002024-01-01,1\n", "not text"),
    ],
)
def test_what_is_no_table_of_prices(tmp_path: Path, text: str | bytes, words: str):
    assert words in refused(tmp_path, text)


def test_the_newest_first(tmp_path: Path):
    head, *rows = GOOD.splitlines()
    prices = read(tmp_path, "\n".join([head, *rows[::-1]]))
    assert prices.values.tolist() == [[100, 50], [101, 50.5], [102, 50], [103, 51]]
    assert prices.notes == ("The newest row comes first; they were sorted.",)


def test_a_label_above_one_asset_is_no_title(tmp_path: Path):
    table = "My fund\n,SPY\n2024-01-02,100\n2024-01-03,101\n2024-01-04,102\n2024-01-05,103\n"
    assert read(tmp_path, table).labels == ["SPY"]


def test_a_last_row_with_a_spoilt_date_and_one_price_is_no_source(tmp_path: Path):
    words = "row 5, column 1 holds the text '4 Jnuary' where a date belongs"
    assert words in refused(tmp_path, GOOD.replace("2024-01-05,103,51", "4 Jnuary,103,"))


def test_one_asset_where_two_are_needed(tmp_path: Path):
    (tmp_path / "p.csv").write_text("Date,SPY\n2024-01-02,100\n2024-01-03,101\n2024-01-04,102\n2024-01-05,103\n")
    assert read_prices(tmp_path / "p.csv").labels == ["SPY"]
    with pytest.raises(InputError, match="there is one asset, SPY, but at least 2 are needed"):
        read_prices(tmp_path / "p.csv", fewest_assets=2)


def test_monthly_data_may_have_longer_steps(tmp_path: Path):
    rows = [f"2023-{month:02d}-28,1,2" for month in range(1, 13)]
    assert len(read(tmp_path, "\n".join(["Date,A,B", *rows])).dates) == 12
    del rows[4:9]
    assert "there is nothing between 2023-04-28 and 2023-10-28" in refused(tmp_path, "\n".join(["Date,A,B", *rows]))


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
        ([45000, 45001, None, 45003], None, "row 6, column C: the date is missing"),
        ([45000, 45001, 1e12, 45003], None, "row 6, column C is 1e+12, which is no date"),
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
    assert serial(date(1900, 3, 1)) == 61  # as in Excel: 59 is 1900-02-28, and 60 is a day that did not exist
    assert serial(date(2024, 1, 1), date1904=True) == serial(date(2024, 1, 1)) - 1462


def test_another_row_costs_little(tmp_path: Path):
    """The checks make no calls for each price: calls per row are few. Fixed costs are not counted."""

    def work(count: int) -> int:
        rows = [f"{date(2014, 1, 1) + timedelta(days=i)},1.5,2.5,3.5,4.5,5.5" for i in range(count)]
        (tmp_path / "p.csv").write_text("\n".join(["Date,A,B,C,D,E", *rows]))
        return calls(lambda: read_prices(tmp_path / "p.csv"))

    work(10)  # imports
    assert (work(2200) - work(200)) / 2000 < 60  # about 34: a row has six cells
