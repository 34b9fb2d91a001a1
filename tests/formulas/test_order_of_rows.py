"""Rows from the newest to the oldest: refused if the order matters, else used."""

from datetime import date, timedelta

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.formulas import COV_MATRIX, DRAWDOWN, MISSING_ROWS, PERF_STATS, RETURNS, RP_BACKTEST

PRICES = [["Date", "SPY"], ["2024-04-30", 121.0], ["2024-03-28", 110.0], ["2024-02-29", 105.0], ["2024-01-31", 100.0]]
DAYS = [day for day in (date(2021, 1, 4) + timedelta(days=i) for i in range(28)) if day.weekday() < 5]
TABLE = [
    [day, *row]
    for day, row in zip(DAYS, (0.01 * np.random.default_rng(2).standard_normal((20, 2))).tolist(), strict=True)
]
PRICED = [[day, 100.0 + i % 7, 50.0 + i % 3] for i, day in enumerate(DAYS)]


@pytest.mark.parametrize(
    "call",
    [
        lambda: RETURNS(PRICES),
        lambda: RETURNS(PRICED[::-1]),
        lambda: DRAWDOWN(TABLE[::-1]),
        lambda: PERF_STATS(TABLE[::-1]),
        lambda: RP_BACKTEST(PRICED[::-1], "equal_weight", 5, "daily"),
        lambda: COV_MATRIX(TABLE[::-1], "ewma"),
        lambda: COV_MATRIX([*TABLE[:5], TABLE[6], TABLE[5], *TABLE[7:]], "ewma"),
    ],
)
def test_newest_first_is_refused_with_the_way_to_sort(call):
    with pytest.raises(
        InputError, match=r"row \d+, column 1 is 20\d\d-\d\d-\d\d, which is not after row .*SORT\(A2:D61\)"
    ):
        call()


@pytest.mark.parametrize("rows", [TABLE[::-1], TABLE[1::2] + TABLE[::2]])
def test_order_does_not_matter_to_a_sample_covariance(rows):
    expected = COV_MATRIX(TABLE)
    for method in ("sample", "ledoit_wolf"):
        assert COV_MATRIX(rows, method) == [pytest.approx(row, rel=1e-12) for row in COV_MATRIX(TABLE, method)]
    assert COV_MATRIX([["Date", "A", "B"], *rows]) == [pytest.approx(row, rel=1e-12) for row in expected]
    assert MISSING_ROWS(rows) == 0.0


def test_two_rows_of_one_day_are_refused_everywhere():
    for function in (COV_MATRIX, RETURNS, DRAWDOWN, PERF_STATS, MISSING_ROWS):
        with pytest.raises(InputError, match="Leave one of the two rows out"):
            function([*TABLE[:5], TABLE[4], *TABLE[5:]])
