"""Columns that are not assets; labels of rows that are not dates; headings that only look like Date."""

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.formulas.catalogue import find

_MONTH_ENDS = [45322.0, 45351.0, 45382.0, 45412.0, 45443.0, 45473.0]  # 2024-01-31 … 2024-06-30
_A = [0.01, -0.02, 0.03, 0.0, 0.015, -0.01]
_B = [0.002, 0.001, -0.004, 0.003, 0.0, 0.001]
_PLAIN = np.cov(_A, _B) * 12.0


@pytest.mark.parametrize(
    ("heading", "other"),
    [
        (["Date", "A", "B", "Date"], _MONTH_ENDS),
        (["Date", "A", "B", "Year"], [2024.0] * 6),
        (["Date", "A", "B", "Month"], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        (["Date", "A", "B", "Settled"], _MONTH_ENDS),
        (["Date", "A", "B", "n"], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (None, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        (None, _MONTH_ENDS),
    ],
)
def test_dates_and_counts_beside_assets_are_refused(heading, other):
    rows = [list(row) for row in zip(_MONTH_ENDS, _A, _B, other, strict=True)]
    with pytest.raises(InputError, match="column 4") as caught:
        find("COV_MATRIX")([heading, *rows] if heading else rows)
    assert caught.value.argument == "returns"


def test_the_same_table_without_that_column_is_read():
    rows = [list(row) for row in zip(_MONTH_ENDS, _A, _B, strict=True)]
    np.testing.assert_allclose(find("COV_MATRIX")([["Date", "A", "B"], *rows]), _PLAIN, rtol=1e-12)


@pytest.mark.parametrize("label", ["Month {}", "P{}", "W0{}", "Week {}"])
@pytest.mark.parametrize("function", ["COV_MATRIX", "PERF_STATS"])
def test_labels_that_are_no_dates_leave_the_frequency_open(function, label):
    rows = [[label.format(i + 1), a, b] for i, (a, b) in enumerate(zip(_A, _B, strict=True))]
    table = [["", "A", "B"], *rows]
    with pytest.raises(InputError, match="are not dates") as caught:
        find(function)(table)
    assert caught.value.argument == "periods_per_year"
    find(function)(table, periods_per_year=12.0)


def test_labels_that_are_no_dates_do_not_matter_where_the_number_is_given():
    rows = [[f"Month {i + 1}", a, b] for i, (a, b) in enumerate(zip(_A, _B, strict=True))]
    np.testing.assert_allclose(find("COV_MATRIX")(rows, periods_per_year=12.0), _PLAIN, rtol=1e-12)


@pytest.mark.parametrize("name", ["DIA", "MES", "DT", "TAG", "Mandate A", "Candidate 1"])
def test_assets_whose_names_look_like_a_heading_of_dates_stay(name):
    prices = [[name, "SPY"], [345.0, 400.0], [346.0, 402.0], [350.0, 401.0], [343.0, 403.0]]
    returns = [[1 / 345, 2 / 400], [4 / 346, -1 / 402], [-7 / 350, 2 / 401]]
    np.testing.assert_allclose(find("RETURNS")(prices), returns, rtol=1e-12)


@pytest.mark.parametrize("across", [["Jan", "Feb", "Mar", "Apr", "May", "June"], ["Q1", "Q2", "Q3", "Q4"]])
def test_a_row_per_year_is_no_row_per_date(across):
    rows = [[float(year), *(0.01 * (i - 2) for i in range(len(across)))] for year in range(2015, 2021)]
    with pytest.raises(InputError, match="months or quarters across the top"):
        find("COV_MATRIX")([["Year", *across], *rows])


@pytest.mark.parametrize("function", ["COV_MATRIX", "PERF_STATS"])
def test_prices_in_the_place_of_returns(function):
    prices = [[day, 100.0 + i, 50.0 - i] for i, day in enumerate(_MONTH_ENDS)]
    with pytest.raises(InputError, match="row 2, column 2 is 100, and no number is below 1"):
        find(function)([["Date", "A", "B"], *prices])
