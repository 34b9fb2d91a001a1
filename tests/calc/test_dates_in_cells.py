"""Dates, their order, and labels in real cells of Calc."""

from datetime import date, timedelta

import numpy as np
import pytest

from .bench import DAY_ZERO, Bench

DAYS = [day for day in (date(2021, 1, 4) + timedelta(days=i) for i in range(84)) if day.weekday() < 5]
RETURNS = (0.01 * np.random.default_rng(5).standard_normal((60, 3))).tolist()
SERIALS = [float((day - DAY_ZERO).days) for day in DAYS]
NAMES = ["ACME", "BOND", "GOLD"]


def table(heading: str, column: list[float | str]) -> list[list[float | str]]:
    return [[heading, *NAMES], *([day, *row] for day, row in zip(column, RETURNS, strict=True))]


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Date", SERIALS),
        ("Datum", SERIALS),
        ("日期", [serial + 2 / 3 for serial in SERIALS]),
        ("", SERIALS[::-1]),
        ("x", [float(f"{day:%Y%m%d}") for day in DAYS]),
        ("Period", [f"{day:%d.%m.%Y}" for day in DAYS]),
    ],
)
def test_the_dates_are_no_asset_under_any_heading(bench: Bench, heading: str, column: list[float | str]) -> None:
    bench.enter(
        ("A1:D61", table(heading, column)), ("F1:H3", "{=COV_MATRIX(A1:D61)}"), ("J1", "=SUM(COV_MATRIX(A1:D61))")
    )
    expected = np.cov(np.array(RETURNS).T) * 252
    assert bench.show(1, 6, 3, 3) == [pytest.approx(row, rel=1e-9) for row in expected.tolist()]
    assert bench.at("J1") == pytest.approx(expected.sum(), rel=1e-9)  # no further rows or columns


@pytest.mark.parametrize(
    ("heading", "column", "words"),
    [
        ("", [float(i) for i in range(60)], "counts the rows (0, 1, 2 …)"),
        ("Index", [2000.0 + i for i in range(60)], "can be dates (2000-12-31, 2001-12-31 …) or numbers of the rows"),
        ("Gold", [30000.0 + 100 * i for i in range(60)], "can be dates (1982-02-18, 1982-05-29 …) or an asset"),
        ("Date", ["soon"] * 60, "row 2, column 1 holds the text 'soon' where a date belongs"),
        ("Date", [f"1/{1 + i % 12}/2021" for i in range(60)], "'1/2/2021', which can be 2021-02-01 or 2021-01-02"),
    ],
)
def test_what_can_be_one_or_the_other_is_asked(bench: Bench, heading: str, column: list[float], words: str) -> None:
    bench.enter(("A1:D61", table(heading, column)), ("F1:H3", "{=COV_MATRIX(A1:D61)}"))
    seen = bench.cell("F1")
    assert seen.error == "#VALUE!"
    assert words in seen.reason


def test_newest_first_is_refused_where_order_matters(bench: Bench) -> None:
    prices = [
        ["Date", "SPY"],
        ["2024-04-30", 121.0],
        ["2024-03-28", 110.0],
        ["2024-02-29", 105.0],
        ["2024-01-31", 100.0],
    ]
    bench.enter(
        ("A1:B5", prices),
        ("A11:B15", [prices[0], *([day, price / 100.0 - 1.0] for day, price in prices[1:])]),
        ("D1:D3", "{=RETURNS(A1:B5)}"),
        ("E1:E4", "{=DRAWDOWN(A11:B15)}"),
        ("F1", "=MISSING_ROWS(A1:B5)"),
    )
    for address in ("D1", "E1"):
        assert bench.cell(address).error == "#VALUE!"
        assert "row 3, column 1 is 2024-03-28, which is not after row 2, column 1" in bench.cell(address).reason
        assert "SORT(A2:D61)" in bench.cell(address).reason
    assert bench.at("F1") == 0.0


def test_labels_in_another_order_and_numbers_stored_as_text(bench: Bench) -> None:
    bench.enter(
        ("A1:C3", [["Covariance", "", ""], ["Stocks", 0.04, 0.006], ["Bonds", 0.006, 0.01]]),
        ("E1:F2", [["BONDS", 0.6], ["stocks", 0.4]]),
        ("H1:I2", [["Stocks\u00a0", 0.4], [" bonds", 0.6]]),
        ("K1:K3", [["-0.5"], [0.1], [0.2]]),
        ("A5", "=PORT_VOL(E1:F2;A1:C3)"),
        ("B5", "=PORT_VOL(H1:I2;A1:C3)"),
        ("C5", "=RP_CHECK(A1:C3;H1:I2)"),
        ("D5:D7", "{=DRAWDOWN(K1:K3)}"),
        ("E5:E6", "{=RP_WEIGHTS(A1:C3;;;;H2:I2)}"),
    )
    assert "cov: has 'Stocks' as number 1, but the labels of weights have it as number 2" in bench.cell("A5").reason
    assert bench.at("B5") == pytest.approx((0.16 * 0.04 + 0.48 * 0.006 + 0.36 * 0.01) ** 0.5, rel=1e-12)
    assert bench.at("C5") == "OK"
    assert "row 1, column 1 holds the text '-0.5', a number stored as text" in bench.cell("D5").reason
    assert "upper: is one number with the label 'bonds', but 2 numbers are needed" in bench.cell("E5").reason
