"""Files as vendors export them, made up: which column is the price, and which columns are not assets."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from rpxl.errors import InputError
from rpxl.prices.prices import read_prices

_DAYS = [date(2021, 1, 4) + timedelta(n + 2 * (n // 5)) for n in range(15)]  # Monday to Friday
_PRICES = [990.5 + 1.75 * n * (-1) ** n for n in range(15)]
_OTHER = [50.25 + 0.5 * n for n in range(15)]


def _write(folder: Path, heading: str, row) -> Path:
    path = folder / "file.csv"
    path.write_text("\n".join([heading, *(row(n) for n in range(15))]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ('"Date","Dernier","Ouv.","Plus Haut","Plus Bas","Vol.","Variation %"', '{d},{p},1,2,3,"1,2M","-0,10%"'),
        ('"Fecha","Último","Apertura","Máximo","Mínimo","Vol.","% var."', '{d},{p},1,2,3,"1,2M","-0,10%"'),
        ('"日付け","終値","始値","高値","安値","出来高","変化率 %"', "{d},{p},1,2,3,1.2M,-0.10%"),
        ("Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen", "{d};1;2;3;{p};100;900"),
        ("snapped_at,price,market_cap,total_volume", "{d} 00:00:00 UTC,{p},1e9,2e7"),
        ("unix,date,symbol,open,high,low,close,Volume BTC,Volume USD", "{u},{d},BTC/USD,1,2,3,{p},4,5"),
        ("timeOpen;timeClose;name;open;high;low;close;volume", "{d}T00:00:00Z;{d}T23:59:59Z;2781;1;2;3;{p};9"),
        ("DATE,TIME PERIOD,EXR.D.USD.EUR.SP00.A", "{d},{l},{p}"),
        ("Date,Price,Return", "{d},{p},0.01"),
        ("Date,Close,Open,High,Low,Signal", "{d},{p},1,2,3,7"),
    ],
)
def test_one_asset(tmp_path, heading, row):
    def line(n: int) -> str:
        day = _DAYS[n]
        return row.format(d=day, l=day.strftime("%d %b %Y"), u=1609718400 + 90000 * n, p=_PRICES[n])

    prices = read_prices(_write(tmp_path, heading, line))
    assert prices.values[:, 0].tolist() == _PRICES
    assert prices.values.shape == (15, 1)
    assert prices.dates == _DAYS


def test_the_column_of_a_price_can_be_asked_for(tmp_path):
    path = _write(tmp_path, "Date,Price,Fair value gap", lambda n: f"{_DAYS[n]},{_PRICES[n]},{_OTHER[n]}")
    assert read_prices(path, column="price").values[:, 0].tolist() == _PRICES


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("obs_no", lambda n: n + 1, "column 4 .*only counts the rows"),
        ("n", lambda n: n + 100, "column 4 .*only counts the rows"),
        ("Year", lambda n: 2021, "column 4 .*heading is for dates"),
        ("A Volume", lambda n: 1000 + n * n, "'A' and 'A Volume' seem to be of one asset"),
        ("A Return", lambda n: 0.01 + n / 1e4, "'A' and 'A Return' seem to be of one asset"),
        ("Return", lambda n: 0.01 + n / 1e4, "'Return' looks like a field of one asset"),
        ("Weekday", lambda n: f"{_DAYS[n]:%a}", "column 4.*holds text"),
    ],
)
def test_columns_that_are_no_asset_are_named(tmp_path, name, cell, words):
    path = _write(tmp_path, f"Date,A,B,{name}", lambda n: f"{_DAYS[n]},{_PRICES[n]},{_OTHER[n]},{cell(n)}")
    with pytest.raises(InputError, match=words):
        read_prices(path)


@pytest.mark.parametrize("name", ["MSCI World Value", "Absolute Return", "High Yield", "LOW", "Mandate B"])
def test_names_of_assets_that_hold_a_word_for_a_field(tmp_path, name):
    path = _write(tmp_path, f"Date,MSCI World,{name}", lambda n: f"{_DAYS[n]},{_PRICES[n]},{_OTHER[n]}")
    assert read_prices(path).labels == ["MSCI World", name]


@pytest.mark.parametrize("mark", ["#NV", "#N/D", "n.d.", "k.A.", ".."])
def test_marks_of_missing_values_in_other_languages(tmp_path, mark):
    path = _write(tmp_path, "Date,A,B", lambda n: f"{_DAYS[n]},{_PRICES[n] if n != 7 else mark},{_OTHER[n]}")
    prices = read_prices(path, missing="drop_rows")
    assert prices.values[:, 1].tolist() == [*_OTHER[:7], *_OTHER[8:]]


def test_months_written_as_decimals_of_the_year(tmp_path):
    months = [f"{1871 + n // 12}.{n % 12 + 1:02d}" if n % 12 != 9 else f"{1871 + n // 12}.1" for n in range(15)]
    path = _write(tmp_path, "Date,P,D", lambda n: f"{months[n]},{_PRICES[n]},{_OTHER[n]}")
    prices = read_prices(path)
    assert (prices.dates[0], prices.dates[9], prices.dates[-1]) == (
        date(1871, 1, 31), date(1871, 10, 31), date(1872, 3, 31),
    )  # fmt: skip
    assert prices.frequency.periods_per_year == 12


@pytest.mark.parametrize("across", ["Jan,Feb,Mar,Apr,May,Jun", "janv.,févr.,mars,avr.,mai,juin", "Q1,Q2,Q3,Q4"])
def test_a_row_per_year_is_refused(tmp_path, across):
    path = _write(tmp_path, f"Year,{across}", lambda n: f"{2000 + n}" + f",{_PRICES[n]}" * len(across.split(",")))
    with pytest.raises(InputError, match="row 1: there are months or quarters across the top"):
        read_prices(path)


def test_returns_that_may_be_percent_are_mentioned(tmp_path):
    path = _write(tmp_path, "Date,A", lambda n: f"{_DAYS[n]},{0.1 * (-1) ** n}")  # 0.1033 times the root of 252
    (note, *_) = read_prices(path, returns=True).notes
    assert note == "The returns of A have a volatility of 164% a year. If they are percentages, divide them by 100."
