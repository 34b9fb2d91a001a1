"""The plainest file is read at once: as by the careful way, or left to it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rpxl.errors import InputError
from rpxl.prices.frame import read_frame
from rpxl.prices.plain_text import read_plain_text
from rpxl.prices.prices import read_prices

DAYS = [str(day.date()) for day in pd.bdate_range("2021-01-04", periods=40)]
NUMBERS = np.exp(np.random.default_rng(2).normal(4.0, 1.0, (40, 3)))
PLAIN = "\n".join(
    ["Date,A,B,C", *(f"{day},{a!r},{b:.2f},{c:.0f}" for day, (a, b, c) in zip(DAYS, NUMBERS.tolist(), strict=True))]
)


def file(tmp_path: Path, text: str) -> Path:
    (tmp_path / "p.csv").write_bytes(text.encode())
    return tmp_path / "p.csv"


@pytest.mark.parametrize(
    "text", [PLAIN, PLAIN + "\n\n", PLAIN.replace("\n", "\r\n"), PLAIN.replace("Date,", "Quotes,")]
)
def test_it_gives_what_the_careful_way_gives(tmp_path: Path, text: str):
    path = file(tmp_path, text)
    quick, careful = read_plain_text(path), read_frame(path, None, None, [])
    assert quick is not None
    assert quick.labels == careful.labels and quick.name == careful.name
    assert np.array_equal(quick.dates, careful.dates) and np.array_equal(quick.values, careful.values)
    assert [quick.place(r, c) for r in (0, 39) for c in (0, 2)] == [
        careful.place(r, c) for r in (0, 39) for c in (0, 2)
    ]
    frame = (
        pd.read_csv(path, index_col=0, float_precision="high")
        if pd.__version__ < "3"
        else pd.read_csv(path, index_col=0)
    )
    assert np.allclose(quick.values, frame.to_numpy(), rtol=1e-14)


def line(n: int, new: str) -> str:
    lines = PLAIN.split("\n")
    lines[n] = new.format(*lines[n].split(","))
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        line(9, "{0},{1},{2}"),
        line(9, "{0},{1},{2},{3},5"),
        line(9, "{0},{1},,{3}"),
        line(9, "{0},{1},1.2.3,{3}"),
        line(9, "{0},{1},5-3,{3}"),
        line(9, "{0},{1},-,{3}"),
        line(9, "20210114,1,{1},{2},{3}"),
        line(9, "2021-01-1,{1},{2},{3}"),
        line(9, "2021-02-30,{1},{2},{3}"),
        line(9, "2021-01-144,{1},{2},{3}"),
        line(9, "2021-01-04,{1},{2},{3}"),
        line(9, "{1},{0},{2},{3}"),
        line(9, "{0},{1},{2}\n,{3}"),
        line(0, "Date,A,B,b"),
        line(0, "Date,A,,C"),
        line(0, "Date,Open,Close,Volume"),
        line(0, 'Date,"A",B,C'),
        line(0, "Date,A,B"),
        line(9, "{0},{1},1 000,{3}"),
        PLAIN.replace("Date,", "Date;"),
        "\n".join(["Date,A,B", *(f"{day},{995 + k if k < 5 else f'1.{k:03d}'},7.5" for k, day in enumerate(DAYS))]),
        "Date,A,B",
        "",
    ],
)
def test_whatever_is_not_quite_so_is_left_to_the_careful_way(tmp_path: Path, text: str):
    assert read_plain_text(file(tmp_path, text)) is None


def test_a_price_that_is_none_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"p\.csv: row 10, column 3 \(B\): -3 is not a price"):
        read_prices(file(tmp_path, line(9, "{0},{1},-3,{3}")))
