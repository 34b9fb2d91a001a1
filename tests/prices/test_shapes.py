"""Every shape in which vendors and programs write prices, compared with the numbers that they mean."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rpxl
from rpxl.errors import InputError
from rpxl.prices.asset_cells import read_asset_cells
from rpxl.prices.prices import read_prices
from rpxl.prices.shapes.fields import are_fields

COUNT = 24
DAYS = [day.date() for day in pd.bdate_range("2021-01-04", periods=COUNT)]
A, B, C = np.round(100 * np.exp(np.random.default_rng(7).normal(0, 0.01, (COUNT, 3)).cumsum(axis=0)), 2).T.tolist()
NEWEST_FIRST = range(COUNT - 1, -1, -1)


def write(path: Path, heads: list[str], row, order=range(COUNT)) -> Path:
    path.write_text("\n".join([*heads, *(row(k) for k in order)]) + "\n", encoding="utf-8")
    return path


ONE = {
    "yahoo": ("Date,Open,High,Low,Close,Adj Close,Volume", lambda k: f"{DAYS[k]},1,1,1,{B[k]},{A[k]},9"),
    "yahoo web": (
        "Date,Open,High,Low,Close*,Adj Close**,Volume",
        lambda k: f'"{DAYS[k]:%b %d, %Y}",1,1,1,{B[k]},{A[k]},"9,000"',
    ),
    "yfinance": (
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
        lambda k: f"{DAYS[k]} 00:00:00-05:00,1,1,1,{A[k]},9,0.0,0.0",
    ),
    "stooq": ("Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen", lambda k: f"{DAYS[k]},1,1,1,{A[k]},9"),
    "investing": (
        '"Date","Price","Open","High","Low","Vol.","Change %"',
        lambda k: f'"{DAYS[k]:%m/%d/%Y}","{A[k]}","1","1","1","1.2{"MK"[k % 2]}","-0.1%"',
    ),
    "nasdaq": ("Date,Close/Last,Volume,Open,High,Low", lambda k: f"{DAYS[k]:%m/%d/%Y},${A[k]},9,$1,$1,$1"),
    "alpha vantage": (
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
        lambda k: f"{DAYS[k]},1,1,1,{B[k]},{A[k]},9,0,1",
    ),
    "tiingo": (
        "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor",
        lambda k: f"{DAYS[k]}T00:00:00.000Z,{B[k]},1,1,1,9,{A[k]},1,1,1,9,0,1",
    ),
    "google": ("Date,Close", lambda k: f"{DAYS[k].month}/{DAYS[k].day}/{DAYS[k].year} 16:00:00,{A[k]}"),
    "quandl": ("Date,Settle,Open Interest", lambda k: f"{DAYS[k]},{A[k]},9"),
}


@pytest.mark.parametrize("vendor", ONE)
@pytest.mark.parametrize("order", [range(COUNT), NEWEST_FIRST])
def test_one_ticker_is_one_asset(tmp_path: Path, vendor: str, order):
    head, row = ONE[vendor]
    prices = read_prices(write(tmp_path / "SPY.csv", [head], row, order))
    assert (prices.labels, prices.dates, prices.values[:, 0].tolist()) == (["SPY"], DAYS, A)
    if head.count(",") > 1:
        assert "not used: " in prices.notes[0]
    with pytest.raises(InputError, match="there is one asset, SPY"):
        read_prices(tmp_path / "SPY.csv", fewest_assets=2)


def test_the_column_can_be_chosen(tmp_path: Path):
    head, row = ONE["yahoo"]
    path = write(tmp_path / "SPY.csv", [head], row)
    assert read_prices(path, column="close").values[:, 0].tolist() == B
    with pytest.raises(InputError, match=r"no column 'Last'\. The columns are: Open, High, Low, Close, Adj"):
        read_prices(path, column="Last")
    both = write(tmp_path / "both.csv", ["Date,Close,Last,Volume"], lambda k: f"{DAYS[k]},{A[k]},{B[k]},9")
    with pytest.raises(InputError, match="Close and Last can both be the price"):
        read_prices(both)


@pytest.mark.parametrize(
    ("heads", "row"),
    [
        (["Price,Close,Close,High,High", "Ticker,A,B,A,B", "Date,,,,"], lambda k: f"{DAYS[k]},{A[k]},{B[k]},1,1"),
        ([",Adj Close,Adj Close,Close,Close", ",A,B,A,B", "Date,,,,"], lambda k: f"{DAYS[k]},{A[k]},{B[k]},1,1"),
        (["Ticker,A,,B,", "Price,Open,Close,Open,Close", "Date,,,,"], lambda k: f"{DAYS[k]},1,{A[k]},1,{B[k]}"),
        (["Dates,A,B", ",PX_LAST,PX_LAST"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}"),
        (["Date,A Close,A Volume,B Close,B Volume"], lambda k: f"{DAYS[k]},{A[k]},9,{B[k]},9"),
        (["Date,Close_A,Close_B"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}"),
        (["Date,A.Open,A.Adjusted,B.Open,B.Adjusted"], lambda k: f"{DAYS[k]},1,{A[k]},1,{B[k]}"),
        (["Date,A,B", ",USD,USD"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}"),
        ([",Fund of A,Fund of B", "Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}"),
        (["A,,,B,", "Date,PX_LAST,,Date,PX_LAST"], lambda k: f"{DAYS[k]:%m/%d/%Y},{A[k]},,{DAYS[k]:%m/%d/%Y},{B[k]}"),
        (["Date,A,Date,B"], lambda k: f"{DAYS[k]},{A[k]},{DAYS[k]},{B[k]}"),
        (
            ["A,,,B,,", "Date,PX_LAST,PX_VOLUME,Date,PX_LAST,PX_VOLUME"],
            lambda k: f"{DAYS[k]},{A[k]},9,{DAYS[k]},{B[k]},9",
        ),
        (["Date,Ticker,Close"], lambda k: f"{DAYS[k]},A,{A[k]}\n{DAYS[k]},B,{B[k]}"),
        (
            ["symbol,date,currency,open,close"],
            lambda k: f"A,{DAYS[k]:%Y%m%d},USD,1,{A[k]}\nB,{DAYS[k]:%Y%m%d},EUR,1,{B[k]}",
        ),
        ([",Date,A,B"], lambda k: f"{k},{DAYS[k]},{A[k]},{B[k]}"),
        (["Date,Time,A,B"], lambda k: f"{DAYS[k]},16:00,{A[k]},{B[k]}"),
        (["Title", "", "Start,2021-01-04,", "", "Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}"),
        (
            ["Date,A,B"],
            lambda k: f"{DAYS[k]},{A[k]},{B[k]}" + "\n\nSource: made up, 2021\nAll rights reserved" * (k == COUNT - 1),
        ),
        (["Date,A,B,,"], lambda k: f"{DAYS[k]},{A[k]},{B[k]},,"),
        (["A,Date,B"], lambda k: f"{A[k]},{DAYS[k]},{B[k]}"),
    ],
)
def test_two_assets(tmp_path: Path, heads: list[str], row):
    prices = read_prices(write(tmp_path / "p.csv", heads, row))
    assert prices.labels == ["A", "B"]
    assert prices.dates == DAYS
    assert prices.values.T.tolist() == [A, B]


@pytest.mark.parametrize(
    ("heads", "row", "words"),
    [
        (["Date,A,Volume"], lambda k: f"{DAYS[k]},{A[k]},9", "'Volume' looks like a field of one asset"),
        (["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}\n{DAYS[k]},{A[k]},{B[k]}", "is already in row 2"),
        (
            ["Date,Ticker,Close"],
            lambda k: f"{DAYS[k]},A,1\n{DAYS[k]},B,1\n{DAYS[k]},A,2",
            "A has two rows for the date 2021-01-04",
        ),
        (["Date,A,a"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}", "the label is already in column 2"),
        (["Date,A,B,Note"], lambda k: f"{DAYS[k]},{A[k]},{B[k]},fine", "column 4: the column holds text where prices"),
        (
            ["Date,Ticker,Close"],
            lambda k: f"{DAYS[k]},SPY,{A[k]}\n{DAYS[k]},{'AGG' if k else ''},{B[k]}",
            "row 3, column 2: the name of the asset is missing",
        ),
        (["Date,Ticker,Close"], lambda k: f"{DAYS[k]},{600519 + k},{A[k]}", "'Close' looks like a field of one asset"),
        ([], lambda k: f"{DAYS[k]},{A[k]},{DAYS[k]},{B[k]}", "row 1, column 2: the asset has no label"),
        (["Date,A,VOLUME"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}", "'VOLUME' looks like a field of one asset"),
        ([",A,B"], lambda k: f"{k},{A[k]},{B[k]}", "no column of dates; column 1 only counts the rows"),
        (["A,B"], lambda k: f"{A[k]},{B[k]}", "is not a date"),
        (["Fund,A,B"], lambda k: f"{1990 + k},{A[k]},{B[k]}", "can be dates .* or numbers of the rows or an asset"),
        (["Ticker," + ",".join(map(str, DAYS))], lambda k: f"T{k}" + f",{A[k]}" * COUNT, "dates are across the top"),
        (
            ["Date,A,B"],
            lambda k: f"{DAYS[k]},{A[k]:.2f},{B[k]:.2f}".replace(".", ","),
            "commas used for decimals",
        ),
        (["Date,A,B"], lambda k: f"{DAYS[k]},({A[k]}),{B[k]}", "is not a price; prices are positive"),
        (["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]}%,{B[k]}", "is a percentage, not a price"),
        (["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]} {'EUR' if k == 9 else 'USD'},{B[k]}", "in another currency"),
        (["Date,A,B"], lambda k: f"{DAYS[k] if k < COUNT - 1 else 'Average'},{A[k]},{B[k]}", "'Average' where a date"),
        (
            ["Date,A,B"],
            lambda k: f"{DAYS[k] + timedelta(60 * (k > 9))},{A[k]},{B[k]}",
            r"row 12.*there is nothing between",
        ),
        (["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k] if k > 6 else ''}", "the asset begins on 2021-01-13"),
        (
            ["Month,A,B"],
            lambda k: f"{2019 + (k + (k > 9)) // 12}-{(k + (k > 9)) % 12 + 1:02d},{A[k]},1",
            "nothing between 2019-10-31",
        ),
    ],
)
def test_refused(tmp_path: Path, heads: list[str], row, words: str):
    with pytest.raises(InputError, match=words):
        read_prices(write(tmp_path / "p.csv", heads, row))


def test_histories_of_unequal_length_are_joined_and_that_is_said(tmp_path: Path):
    def row(k: int) -> str:
        later = f"{DAYS[k + 3]},{B[k]}" if k + 3 < COUNT else ","
        return f"{DAYS[k]},{A[k]},{later}"

    prices = read_prices(write(tmp_path / "p.csv", ["A,,B,", "Date,PX_LAST,Date,PX_LAST"], row))
    assert (prices.dates, prices.values.T.tolist()) == (DAYS[3:], [A[3:], B[:-3]])
    assert "B has no row on 3 dates on which other assets have one." in prices.notes
    assert any(note.startswith("3 of 24 dates were left out") for note in prices.notes)


def test_several_files_or_a_folder_are_joined_by_date(tmp_path: Path):
    folder = tmp_path / "assets"
    folder.mkdir()
    head, row = ONE["yahoo"]
    write(folder / "SPY.csv", [head], row)
    write(
        folder / "AGG.tsv",
        ["Date\tPrice"],
        lambda k: f"{DAYS[k]:%d.%m.%Y}\t{B[k]}".replace(".", ",", 0),
        range(2, COUNT),
    )
    (folder / "readme.md").write_text("mine")
    for source in (folder, [folder / "SPY.csv", folder / "AGG.tsv"], [str(folder / "SPY.csv"), folder / "AGG.tsv"]):
        prices = read_prices(source)
        values = dict(zip(prices.labels, prices.values.T.tolist(), strict=True))
        assert values == {"SPY": A[2:], "AGG": B[2:]}
        assert prices.dates == DAYS[2:]
        assert "AGG has no row on 2 dates on which other assets have one." in prices.notes
    assert "Not read in assets: readme.md." in read_prices(folder).notes
    with pytest.raises(InputError, match=r"the asset SPY is both in .*SPY\.csv and in"):
        read_prices([folder / "SPY.csv", folder / "SPY.csv"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file of prices in this folder"):
        read_prices(tmp_path / "empty")


def test_missing_values_are_refused_or_their_dates_left_out(tmp_path: Path):
    marks = {4: ".", 7: "#N/A N/A", 11: "null", 12: "", 15: "-", 16: "NaN"}
    path = write(tmp_path / "p.csv", ["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{marks.get(k, B[k])}")
    with pytest.raises(InputError, match=r"p\.csv: row 6, column 3 \(B\): '\.' says that there is no price.*\(6 cells"):
        read_prices(path)
    prices = read_prices(path, missing="drop_rows")
    frame = pd.read_csv(path, index_col=0, na_values=[".", "#N/A N/A", "-"]).dropna()
    assert prices.values.tolist() == frame.to_numpy().tolist()
    assert [str(day) for day in prices.dates] == frame.index.tolist()
    assert prices.notes[0].startswith("6 of 24 dates were left out")
    with pytest.raises(InputError, match="missing: is 'skip'; choose one of: error, drop_rows"):
        read_prices(path, missing="skip")


RETURNS = np.random.default_rng(3).normal(0.0, 0.01, (COUNT, 2)).round(6)


@pytest.mark.parametrize("form", ["{:.6f}", "{:.4%}"])
def test_returns_become_prices_that_start_at_100(tmp_path: Path, form: str):
    path = write(tmp_path / "r.csv", ["Date,A,B"], lambda k: f"{DAYS[k]}," + ",".join(map(form.format, RETURNS[k])))
    prices = read_prices(path, returns=True)
    assert len(prices.dates) == COUNT + 1 and prices.dates[:2] == [date(2021, 1, 1), DAYS[0]]
    assert prices.values[0].tolist() == [100.0, 100.0]
    assert np.allclose(prices.values[1:] / prices.values[:-1] - 1.0, RETURNS, atol=1e-12)
    assert prices.notes == (
        "The returns were turned into prices that start at 100 on 2021-01-01, one period before the first.",
    )
    with pytest.raises(InputError, match=r"not a price; .*If these are returns|a percentage, not a price"):
        read_prices(path)


@pytest.mark.parametrize(
    ("first", "step", "start"),
    [
        ("2021-01-31", "ME", "2020-12-31"),
        ("2021-03-01", "MS", "2021-02-01"),
        ("2021-03-31", "QE", "2020-12-31"),
        ("2021-01-08", "W-FRI", "2021-01-01"),
        ("2020-12-31", "YE", "2019-12-31"),
    ],
)
def test_the_day_before_the_first_return(tmp_path: Path, first: str, step: str, start: str):
    days = pd.date_range(first, periods=COUNT, freq=step)
    path = write(tmp_path / "r.csv", ["Date,A,B"], lambda k: f"{days[k]:%Y-%m-%d},{RETURNS[k, 0]},{RETURNS[k, 1]}")
    assert str(read_prices(path, returns=True).dates[0]) == start


@pytest.mark.parametrize(("scale", "words"), [(100.0, "(they|these) are percentages"), (-100.0, "percent")])
def test_returns_in_percent_are_a_question(tmp_path: Path, scale: float, words: str):
    path = write(tmp_path / "r.csv", ["Date,A,B"], lambda k: f"{DAYS[k]},{scale * RETURNS[k, 0]},{RETURNS[k, 1]}")
    with pytest.raises(InputError, match=words):
        read_prices(path, returns=True)


def test_fields_above_each_asset_are_said_where_there_are_several(tmp_path: Path):
    path = write(
        tmp_path / "p.csv",
        ["Ticker,SPY,SPY,AGG,AGG", "Date,Close,Volume,Close,Volume"],
        lambda k: f"{DAYS[k]},{A[k]},9,{B[k]},9",
    )
    assert read_prices(path).notes == ("'Close' is the price of each asset; not used: Volume.",)
    path = write(tmp_path / "c.csv", ["Ticker,SPY,AGG", "Date,Close,Close"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}")
    assert read_prices(path).notes == ()
    with pytest.raises(InputError, match="Open"):
        read_prices(path, column="Open")


def test_a_close_without_dividends_is_said(tmp_path: Path):
    path = write(tmp_path / "SPY.csv", ["Date,Open,High,Low,Close"], lambda k: f"{DAYS[k]},1,1,1,{A[k]}")
    (note,) = read_prices(path).notes
    assert "'Close' is its price (as traded, not adjusted for dividends); not used: Open, High, Low." in note


def test_a_ticker_in_each_row_is_the_label_of_the_only_asset(tmp_path: Path):
    path = write(tmp_path / "p.csv", ["Date,Ticker,Quotes"], lambda k: f"{DAYS[k]},SPY,{A[k]}")
    assert read_prices(path).labels == ["SPY"]


def test_a_close_beside_another_asset_is_no_field():
    assert not are_fields(["Close", "SPY"])


def test_a_column_is_chosen_in_files_of_one_asset_only(tmp_path: Path):
    path = write(tmp_path / "p.csv", ["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}")
    with pytest.raises(InputError, match="--column A is for files of one asset; this one has A, B"):
        read_prices(path, column="A")


def test_notes_of_several_files_name_the_file(tmp_path: Path):
    write(tmp_path / "A.csv", ["Date,A"], lambda k: f"{DAYS[k]},{A[k]}", NEWEST_FIRST)
    write(tmp_path / "B.csv", ["Date,B"], lambda k: f"{DAYS[k]},{B[k]}")
    found = read_prices([tmp_path / "A.csv", tmp_path / "B.csv"])
    assert found.notes == ("A.csv: The newest row comes first; they were sorted.",)


def test_a_leap_gets_a_word(tmp_path: Path):
    path = write(tmp_path / "p.csv", ["Date,A,B"], lambda k: f"{DAYS[k]},{A[k] * (10 if k < 9 else 1)},{B[k]}")
    assert "is that a split" in read_prices(path).notes[0]


def test_python_people_get_a_table_of_pandas(tmp_path: Path):
    path = write(tmp_path / "p.csv", ["Date,A,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k]}")
    frame = rpxl.read_prices(path).to_frame()
    pd.testing.assert_frame_equal(
        frame, pd.read_csv(path, index_col="Date", parse_dates=True), check_index_type=False, check_freq=False
    )
    assert "read_prices" in dir(rpxl)
    with pytest.raises(AttributeError, match="no attribute 'read_price'"):
        _ = rpxl.read_price


def test_cells_for_a_function(tmp_path: Path):
    path = write(
        tmp_path / "p.csv", ["Date,600519,B"], lambda k: f"{DAYS[k]},{A[k]},{B[k] if k else 'n/a'}", NEWEST_FIRST
    )
    notes: list[str] = []
    rows = read_asset_cells(path, notes)
    assert rows[:3] == [["Date", "Ticker 600519", "B"], [DAYS[0], A[0], None], [DAYS[1], A[1], B[1]]]
    assert notes == ["The newest row comes first; they were sorted."]
    path = write(tmp_path / "r.csv", [",A,B"], lambda k: f"{k},{A[k]},{B[k]}")
    assert read_asset_cells(path, notes)[:2] == [["A", "B"], [A[0], B[0]]]
    assert notes[-1] == "Column 1 counts the rows and was ignored."
