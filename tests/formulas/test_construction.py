"""Groups, bounds, estimators and missing values, as given in cells."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from rpxl.core.allocation import min_variance_weights
from rpxl.core.estimators import ewma_cov, ledoit_wolf_cov
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.errors import InfeasibleError, InputError
from rpxl.formulas import (
    COV_MATRIX,
    HRP_WEIGHTS,
    MAX_SHARPE_WEIGHTS,
    MERTON_WEIGHTS,
    MIN_VAR_WEIGHTS,
    MISSING_ROWS,
    RETURNS,
    RISK_CONTRIB,
    RP_WEIGHTS,
)

VARIANCES = [0.04, 0.01, 0.0225, 0.0064]
COV = np.diag(VARIANCES).tolist()
NAMES = ["SPY", "IEF", "GLD", "TIP"]
LABELLED = [["", *NAMES], *([name, *row] for name, row in zip(NAMES, COV, strict=True))]
QUADRANTS = [["Growth"], ["Deflation"], ["Inflation"], ["inflation "]]


def column(values):
    return [[value] for value in values]


def refusal(function, *args, **kwargs) -> str:
    with pytest.raises(InputError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


def test_budgets_by_quadrant():
    shares = [row[0] for row in RISK_CONTRIB(RP_WEIGHTS(LABELLED, None, QUADRANTS), COV)]
    assert shares == pytest.approx([1 / 3, 1 / 3, 1 / 6, 1 / 6], rel=1e-8)
    budgets = [["Growth", 0.5], ["Deflation", 0.25], ["Inflation", 0.25]]
    shares = [row[0] for row in RISK_CONTRIB(RP_WEIGHTS(LABELLED, budgets, QUADRANTS), COV)]
    assert shares == pytest.approx([0.5, 0.25, 0.125, 0.125], rel=1e-8)
    by_number = RP_WEIGHTS(COV, [[0.5, 0.25, 0.25]], [[1, 2.0, 3, 3.0]])
    assert by_number == RP_WEIGHTS(LABELLED, budgets, QUADRANTS)
    by_asset = RP_WEIGHTS(COV, [[0.4, 0.3, 0.2, 0.1]], QUADRANTS)
    assert by_asset == RP_WEIGHTS(COV, [[0.4, 0.3, 0.2, 0.1]])


def test_bounds_are_numbers_rows_or_columns():
    expected = column(risk_parity_weights(COV, lower=0.2))
    for lower in (0.2, [[0.2]], [[0.2] * 4], column([0.2] * 4), [[*NAMES], [0.2] * 4]):
        assert RP_WEIGHTS(COV, lower=lower) == expected
    weights = np.array(RP_WEIGHTS(COV, None, QUADRANTS, "", 0.5, None, [[0.2, 0.5, 0.4]])).ravel()
    assert weights[0] <= 0.2 and weights[1] <= 0.5 and weights[2:].sum() <= 0.4 + 1e-12
    assert MIN_VAR_WEIGHTS(COV, 0.1, [[0.4] * 4]) == column(min_variance_weights(COV, 0.1, 0.4))
    assert MIN_VAR_WEIGHTS(COV, None, "") == MIN_VAR_WEIGHTS(COV)
    assert MAX_SHARPE_WEIGHTS([[0.01] * 4], COV, 0.25) == column([0.25] * 4)


def test_bounds_by_group_are_in_the_order_of_the_groups():
    by_name = [["Growth", 0.05], ["Deflation", 0.5], ["Inflation", 0.9]]
    weights = RP_WEIGHTS(LABELLED, None, QUADRANTS, group_upper=by_name)
    assert weights[0][0] == pytest.approx(0.05, abs=1e-15)
    assert "group_upper: has 'Deflation' as number 1, but the labels of groups have it as number 2" in refusal(
        RP_WEIGHTS, LABELLED, None, QUADRANTS, group_upper=[by_name[1], by_name[0], by_name[2]]
    )
    assert "groups: has 'Growth' as number 1, but the labels of budgets have it as number 3" in refusal(
        RP_WEIGHTS, COV, [["Inflation", "Deflation", "Growth"], [1.0, 1.0, 1.0]], QUADRANTS
    )


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([["a"], ["b"], [None], ["b"]], "groups: row 3, column 1 is blank. Each asset needs a group."),
        ([["a", "b", "#N/A", "b"]], "groups: row 1, column 3 holds the error #N/A"),
        ([["a"], ["b"], ["b"]], "groups: has 3 names, but cov has 4 assets"),
        ([["a", "b"], ["c", "d"]], "groups: is 2 × 2 cells; give one row or one column"),
        ([["Sector"], *QUADRANTS], "groups: has 5 names, but cov has 4 assets"),
        ([["a", "b", True, "b"]], "groups: row 1, column 3 is TRUE"),
    ],
)
def test_groups_are_one_name_each(groups, words):
    assert words in refusal(RP_WEIGHTS, COV, None, groups)


def test_what_is_wrong_with_bounds_is_told_in_the_users_cells():
    assert "lower: row 2, column 1 is blank" in refusal(RP_WEIGHTS, COV, lower=[[0.1], [None], [0.1], [0.1]])
    assert "upper: has 2 numbers for 4 assets" in refusal(MIN_VAR_WEIGHTS, COV, 0.0, [[0.5, 0.5]])
    assert "group_lower: needs groups" in refusal(RP_WEIGHTS, COV, group_lower=0.1)
    with pytest.raises(InfeasibleError, match=r"group 'Growth' is above|Group 'Growth'") as caught:
        RP_WEIGHTS(COV, None, QUADRANTS, [[0.5, 0.0, 0.0, 0.0]], group_upper=[[0.3, 1.0, 1.0]])
    assert caught.value.cell_error == "#NUM!"


def test_long_only_is_true_or_false():
    excess = [[0.04, -0.01, 0.02, 0.01]]
    short = MERTON_WEIGHTS(excess, COV, 3.0)
    for no in (False, 0, 0.0, "FALSE", " no ", None, "", np.False_):
        assert MERTON_WEIGHTS(excess, COV, 3.0, None, no) == short
    for yes in (True, 1, 1.0, "true", "Yes", [[True]], np.True_):
        assert MERTON_WEIGHTS(excess, COV, 3.0, 0.0, yes)[1] == [0.0]
    for wrong in (2.0, "maybe", "#N/A", date(2024, 1, 1)):
        assert "TRUE or FALSE" in refusal(MERTON_WEIGHTS, excess, COV, 3.0, 0.0, wrong)


RETURNS_WITH_GAPS = [["Date", "SPY", "IEF"], *([45292 + i, 0.01 * (-1) ** i, 0.002 * i] for i in range(6))]
RETURNS_WITH_GAPS[3] = [45294, None, 0.001]
RETURNS_WITH_GAPS[5] = [45296, 0.02, "#N/A"]


def test_missing_returns_are_refused_dropped_and_counted():
    told = refusal(COV_MATRIX, RETURNS_WITH_GAPS)
    assert told.startswith("returns: row 4, column 2 is missing; 2 of 6 rows lack a value.")
    with pytest.raises(InputError) as caught:
        COV_MATRIX(RETURNS_WITH_GAPS)
    assert caught.value.cell_error == "#N/A"
    complete = [row for i, row in enumerate(RETURNS_WITH_GAPS) if i not in (3, 5)]
    for method in ("sample", "ewma", "ledoit_wolf"):
        assert COV_MATRIX(RETURNS_WITH_GAPS, method, 252, None, "drop_rows") == COV_MATRIX(complete, method, 252)
    assert MISSING_ROWS(RETURNS_WITH_GAPS) == 2.0
    assert MISSING_ROWS(complete) == 0.0
    longer = [*RETURNS_WITH_GAPS, [None, None, None], ["", "", ""]]  # a selection that runs on below the data
    assert COV_MATRIX(longer, None, 252, None, "drop_rows") == COV_MATRIX(complete, None, 252)
    assert MISSING_ROWS(longer) == 4.0
    assert "6 dates from 2024-01-01 to 2024-01-06 can be trading days, 252 a year, or every day" in refusal(
        COV_MATRIX, longer, missing="drop_rows"
    )
    nothing_but_text = [row if i != 2 else [45293, "x", 0.0] for i, row in enumerate(RETURNS_WITH_GAPS)]
    assert "row 3, column 2 holds the text 'x'" in refusal(COV_MATRIX, nothing_but_text, missing="drop_rows")


def test_missing_prices_drop_their_date():
    prices = [["Date", "A", "B"], [date(2024, 1, 2), 100.0, None], [date(2024, 1, 3), 110.0, 50.0]]
    prices += [[date(2024, 1, 4), "#N/A", 55.0], [date(2024, 1, 5), 121.0, 60.0]]
    assert refusal(RETURNS, prices).startswith("prices: row 2, column 3 is missing; 2 of 4 rows lack a value.")
    assert np.array(RETURNS(prices, missing="drop_rows")) == pytest.approx(np.array([[0.1, 0.2]]), rel=1e-12)
    prices[4] = [date(2024, 1, 5), -121.0, 60.0]
    assert "prices: row 5, column 2 is -121" in refusal(RETURNS, prices, missing="drop_rows")


def test_methods_of_covariance():
    returns = np.random.default_rng(8).standard_normal((80, 3)) * 0.01
    assert COV_MATRIX(returns, "ewma", None, 20.0) == ewma_cov(returns, 252.0, 20.0).tolist()
    assert COV_MATRIX(returns, "EWMA") == ewma_cov(returns, 252.0, 63.0).tolist()
    assert COV_MATRIX(returns, "ledoit_wolf", 52.0) == ledoit_wolf_cov(returns, 52.0).tolist()
    assert refusal(COV_MATRIX, returns, "sample", 252.0, 20.0) == (
        "halflife: is for the method ewma; leave it out for sample."
    )
    assert "halflife: is -1; it must be above 0" in refusal(COV_MATRIX, returns, "ewma", 252.0, -1.0)
    assert "sample, ewma, semi, ledoit_wolf" in refusal(COV_MATRIX, returns, "garch")


def test_more_assets_than_returns_need_shrinkage():
    returns = np.random.default_rng(9).standard_normal((10, 15)) * 0.01
    weights = RP_WEIGHTS(COV_MATRIX(returns, "ledoit_wolf"))
    assert sum(row[0] for row in weights) == pytest.approx(1.0, abs=1e-12)
    assert len(HRP_WEIGHTS(COV_MATRIX(returns))) == 15


def by_month(count, size, seed=1):
    """Month-end dates as a spreadsheet counts days, and returns beside them."""
    first = np.datetime64("1899-12-30", "D")
    ends = np.arange("2015-02", "2100-01", dtype="datetime64[M]")[:count].astype("datetime64[D]") - np.timedelta64(
        1, "D"
    )
    returns = np.random.default_rng(seed).standard_normal((count, size)) * 0.04
    return [[float((day - first).astype(int)), *row] for day, row in zip(ends, returns.tolist(), strict=True)]


def test_dates_beside_the_returns_tell_the_periods():
    dated = by_month(60, 2)
    frame = pd.DataFrame([row[1:] for row in dated])
    for table in (dated, [["Month end", "A", "B"], *dated]):
        assert np.array(COV_MATRIX(table)) == pytest.approx(12.0 * frame.cov().to_numpy(), rel=1e-12)
    assert COV_MATRIX(dated, "ewma") == COV_MATRIX(frame.to_numpy(), "ewma", 12)
    assert refusal(COV_MATRIX, dated, None, 252).startswith(
        "periods_per_year: is 252, but the dates are monthly, 12 a year."
    )
    assert COV_MATRIX(frame.to_numpy()) == COV_MATRIX(frame.to_numpy(), None, 252)


def test_the_order_of_returns_matters_for_ewma_alone():
    newest_first = by_month(60, 2)[::-1]
    assert np.array(COV_MATRIX(newest_first)) == pytest.approx(np.array(COV_MATRIX(newest_first[::-1])), rel=1e-12)
    assert "is not after" in refusal(COV_MATRIX, newest_first, "ewma")


def test_pairwise_in_cells_and_the_words_of_old_workbooks():
    dated = by_month(30, 3)
    dated[2][1] = dated[7][2] = dated[8][2] = None
    cov = 12.0 * pd.DataFrame([row[1:] for row in dated], dtype=float).cov().to_numpy()
    assert np.array(COV_MATRIX(dated, "sample", None, None, " Pairwise ")) == pytest.approx(cov, rel=1e-12)
    for word in ("refuse", "REFUSE", "error", None, ""):
        assert "returns: row 3, column 2 is missing; 3 of 30" in refusal(COV_MATRIX, dated, "sample", None, None, word)
    assert "choose one of: error, drop_rows, pairwise" in refusal(COV_MATRIX, dated, "sample", None, None, "fill")
    assert "pairwise is for the method sample" in refusal(COV_MATRIX, dated, "ewma", None, None, "pairwise")
    assert "A decay of 0.94 is a half-life of 11.2" in refusal(COV_MATRIX, dated, "ewma", 12, 0.94, "drop_rows")
