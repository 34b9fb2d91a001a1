from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.core.cov_checks import check_cov
from rpxl.core.covariance import returns_from_prices
from rpxl.core.estimators import ESTIMATORS, estimate_cov, ewma_cov, ledoit_wolf_cov, sample_cov
from rpxl.core.missing import count_incomplete
from rpxl.errors import InputError

every_estimator = pytest.mark.parametrize("estimate", [sample_cov, ewma_cov, ledoit_wolf_cov])


@pytest.mark.parametrize("method", ESTIMATORS)
def test_the_order_of_rows_matters_to_those_that_ask_for_it(method):
    returns = np.random.default_rng(1).standard_normal((40, 3)) * 0.01
    found, backwards = (estimate_cov(rows, method, 12.0) for rows in (returns, returns[::-1]))
    assert np.allclose(found, backwards, rtol=1e-9) != ESTIMATORS[method].ordered


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 80), st.integers(1, 40))
def test_ledoit_wolf_is_that_of_scikit_learn(seed, rows, size):
    from sklearn.covariance import ledoit_wolf  # slow to import, and only needed here

    rng = np.random.default_rng(seed)
    returns = 0.01 * (rng.standard_normal((rows, 1)) + rng.standard_normal((rows, size)) * rng.uniform(0.1, 2.0, size))
    wanted, _ = ledoit_wolf(returns)
    np.testing.assert_allclose(ledoit_wolf_cov(returns, 252.0), 252.0 * wanted, rtol=1e-11, atol=1e-16)


def test_ledoit_wolf_by_the_paper_one_return_at_a_time():
    # Ledoit & Wolf (2004), lemma 3.2 to 3.4 and equation 14, in exact arithmetic
    returns = np.array([[9, 8, 7], [-9, -7, -8], [5, 6, 4], [-5, -3, -6], [1, 0, 2], [-2, 1, 3]])
    exact = [[Fraction(int(cell)) for cell in row] for row in returns]
    means = [sum(column) / 6 for column in zip(*exact, strict=True)]
    deviations = [[cell - mean for cell, mean in zip(row, means, strict=True)] for row in exact]
    products = [[[a * b for b in row] for a in row] for row in deviations]
    sample = [[sum(product[i][j] for product in products) / 6 for j in range(3)] for i in range(3)]
    m = sum(sample[i][i] for i in range(3)) / 3
    target = [[m if i == j else Fraction(0) for j in range(3)] for i in range(3)]

    def squared_distance(a, b):
        return sum((a[i][j] - b[i][j]) ** 2 for i in range(3) for j in range(3)) / 3

    d2 = squared_distance(sample, target)
    b2 = min(d2, sum(squared_distance(product, sample) for product in products) / 36)
    assert 0 < b2 < d2
    wanted = [[float(b2 / d2 * target[i][j] + (1 - b2 / d2) * sample[i][j]) for j in range(3)] for i in range(3)]
    np.testing.assert_allclose(ledoit_wolf_cov(returns, 1.0), wanted, rtol=1e-13)


def test_ledoit_wolf_shrinks_to_the_target_and_no_further():
    # S is diag(8, 9) and m = 8.5, so d² = (0.5² + 0.5²) / 2 = 1/4. Each ‖x x' - S‖² is (8² + 9²) / 2 = 72.5, and their
    # sum over T² is 18.1, far more than d²: the target itself is the answer
    returns = np.array([[4.0, 0.0], [-4.0, 0.0], [0.0, np.sqrt(18.0)], [0.0, -np.sqrt(18.0)]])
    np.testing.assert_allclose(ledoit_wolf_cov(returns, 1.0), np.diag([8.5, 8.5]), rtol=1e-14)


def test_ledoit_wolf_makes_few_returns_well_posed():
    returns = np.random.default_rng(2).standard_normal((20, 60)) * 0.01
    assert np.linalg.matrix_rank(sample_cov(returns)) < 60
    assert np.linalg.cond(ledoit_wolf_cov(returns)) < 1e3
    assert (ledoit_wolf_cov(np.full((5, 2), 0.1)) == 0.0).all()


@pytest.mark.parametrize("halflife", [1.0, 11.2, 63.0, 1e6])
def test_ewma_is_the_recursion_of_riskmetrics(halflife):
    # covariance = δ covariance + (1 - δ) r r', from 0; divided by 1 - δᵀ, the sum of the weights of T returns
    returns = np.random.default_rng(3).standard_normal((300, 4)) * [0.01, 0.02, 0.001, 0.1]
    decay = 0.5 ** (1.0 / halflife)
    recursive = np.zeros((4, 4))
    for row in returns:
        recursive = decay * recursive + (1.0 - decay) * np.outer(row, row)
    wanted = recursive / (1.0 - decay**300) * 252.0
    np.testing.assert_allclose(ewma_cov(returns, 252.0, halflife), wanted, rtol=1e-9)


def test_ewma_of_a_long_halflife_is_the_plain_mean_of_squares():
    returns = np.random.default_rng(4).standard_normal((50, 3))
    np.testing.assert_allclose(ewma_cov(returns, 1.0, 1e9), returns.T @ returns / 50, rtol=1e-6)
    assert (ewma_cov(returns) == ewma_cov(returns, 252.0, 63.0)).all()


@every_estimator
def test_what_all_estimators_have_in_common(estimate):
    returns = np.random.default_rng(5).standard_normal((40, 5)) * [1e-4, 0.01, 1.0, 1e2, 1e-3]
    before = returns.copy()
    cov = estimate(returns, 12.0)
    assert (check_cov(cov) == cov).all() and (returns == before).all()
    np.testing.assert_allclose(estimate(returns, 1.0) * 12.0, cov, rtol=1e-14)
    np.testing.assert_allclose(estimate(returns * 1e-100, 12.0) * 1e200, cov, rtol=1e-9)


@every_estimator
def test_missing_returns_are_refused_or_their_rows_dropped(estimate):
    returns = np.random.default_rng(6).standard_normal((30, 3)) * 0.01
    gaps = returns.copy()
    gaps[4, 2] = gaps[11, 0] = gaps[11, 1] = np.nan
    with pytest.raises(InputError, match=r"row 5, column 3 is missing; 2 of 30 rows .* drop_rows") as caught:
        estimate(gaps)
    assert (caught.value.argument, caught.value.cells, caught.value.missing) == ("returns", ((4, 2),), True)
    assert (estimate(gaps, missing="drop_rows") == estimate(np.delete(returns, [4, 11], axis=0))).all()
    assert (estimate(np.ma.masked_invalid(gaps), missing="Drop_Rows") == estimate(gaps, missing="drop_rows")).all()
    assert (estimate(returns, missing="drop_rows") == estimate(returns)).all()
    assert count_incomplete(gaps) == 2 and count_incomplete(returns) == 0


@every_estimator
@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"returns": [[0.1, 0.2]]}, "returns", "has one row; a covariance needs two"),
        ({"returns": [[0.1], [np.nan], [np.nan]], "missing": "drop_rows"}, "returns", "3 rows, 1 of them complete"),
        ({"returns": [[np.nan], [np.nan]], "missing": "drop_rows"}, "returns", "2 rows, 0 of them complete"),
        ({"returns": [[0.1], [np.inf]], "missing": "drop_rows"}, "returns", "item|row 2, column 1 is inf"),
        ({"returns": [[1e200], [-1e200]]}, "returns", "too large"),
        ({"returns": [[0.1], [0.2]], "periods_per_year": 0.0}, "periods_per_year", "above 0"),
        ({"returns": [[0.1], [0.2]], "missing": "fill"}, "missing", "error, drop_rows"),
    ],
)
def test_bad_input(estimate, given, argument, words):
    with pytest.raises(InputError, match=words) as caught:
        estimate(**given)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    ("halflife", "words"),
    [
        (0.0, "must be above 0"),
        (-1.0, "must be above 0"),
        (np.inf, "not a finite number"),
        ("63", "single number"),
        (0.94, r"is 0.94: less than one period. A decay of 0.94 is a half-life of 11.2"),  # ln 0.5 / ln 0.94 = 11.20
        (0.97, r"A decay of 0.97 is a half-life of 22.8"),  # RiskMetrics for monthly returns: 22.76
        (0.3, r"is 0.3: less than one period. RiskMetrics' decay of 0.94 is a half-life of 11.2"),
    ],
)
def test_a_halflife_is_one_period_at_least(halflife, words):
    with pytest.raises(InputError, match=words) as caught:
        ewma_cov([[0.1], [0.2]], 1.0, halflife)
    assert caught.value.argument == "halflife"
    # two returns of 0.2 and 0.1, the older one with half the weight: (0.04 / 2 + 0.01) / 1.5
    assert ewma_cov([[0.2], [0.1]], 1.0, 1.0)[0, 0] == pytest.approx(0.02, rel=1e-14)


def test_prices_of_unequal_histories():
    prices = [[100.0, np.nan], [110.0, np.nan], [121.0, 50.0], [np.nan, 55.0], [133.1, 60.5]]
    with pytest.raises(InputError, match="row 1, column 2 is missing; 3 of 5 rows"):
        returns_from_prices(prices)
    spanned = returns_from_prices(prices, missing="drop_rows")  # from the third date to the fifth
    np.testing.assert_allclose(spanned, [[0.1, 0.21]], rtol=1e-12)
    with pytest.raises(InputError, match="row 5, column 1 is -1") as caught:
        returns_from_prices([*prices[:4], [-1.0, 60.0]], missing="drop_rows")
    assert caught.value.cells == ((4, 0),)
    with pytest.raises(InputError, match="5 rows, 1 of them complete; a return needs two dates"):
        returns_from_prices([*prices[:4], [np.nan, 60.0]], missing="drop_rows")


MONTHS = np.arange("2015-01", "2024-01", dtype="datetime64[M]").astype("datetime64[D]") + np.timedelta64(27, "D")
WEEKS = np.arange("2020-01-03", "2023-12-31", 7, dtype="datetime64[D]")
WEEKDAYS = pd.bdate_range("2022-01-03", periods=300).to_numpy().astype("datetime64[D]")
EVERY_DAY = np.arange("2022-01-01", "2022-12-01", dtype="datetime64[D]")


@every_estimator
@pytest.mark.parametrize(("dates", "periods"), [(MONTHS, 12), (WEEKS, 52), (WEEKDAYS, 252), (EVERY_DAY, 365)])
def test_dates_tell_the_periods_of_a_year(estimate, dates, periods):
    returns = np.random.default_rng(7).standard_normal((len(dates), 3)) * 0.01
    before = dates.copy()
    assert (estimate(returns, dates=dates) == estimate(returns, float(periods))).all()
    assert (estimate(returns, periods * 1.1, dates=dates) == estimate(returns, periods * 1.1)).all()
    assert (estimate(returns) == estimate(returns, 252.0)).all() and (dates == before).all()
    with pytest.raises(InputError, match=f"is {periods * 1.5:g}, but the dates are") as caught:
        estimate(returns, periods * 1.5, dates=dates)
    assert caught.value.argument == "periods_per_year"
    with pytest.raises(InputError, match="Give one date for each row") as caught:
        estimate(returns, dates=dates[1:])
    assert caught.value.argument == "dates"


@every_estimator
def test_a_date_that_is_skipped_is_refused_unless_rows_are_dropped(estimate):
    returns = np.random.default_rng(8).standard_normal((107, 2)) * 0.01
    skipping = np.delete(MONTHS, 40)
    with pytest.raises(InputError, match="no row between 2018-04-28 and 2018-06-28, but the dates are monthly"):
        estimate(returns, dates=skipping)
    assert (estimate(returns, missing="drop_rows", dates=skipping) == estimate(returns, 12.0)).all()
    assert (estimate(returns, missing="refuse") == estimate(returns)).all()  # the option word of older workbooks
    with pytest.raises(InputError, match="is missing"):
        estimate([[0.1, np.nan], [0.2, 0.1]], missing="Refuse")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.integers(1, 8))
def test_pairwise_is_that_of_pandas(seed, rows, size):
    rng = np.random.default_rng(seed)
    returns = 0.01 * (rng.standard_normal((rows, 1)) + rng.standard_normal((rows, size)))
    returns[rng.random((rows, size)) < 0.25] = np.nan
    wanted = pd.DataFrame(returns).cov().to_numpy()
    if np.isnan(wanted).any():  # two assets with less than two rows in common
        with pytest.raises(InputError, match=r"rows? of returns; a covariance needs two") as caught:
            sample_cov(returns, 252.0, "pairwise")
        assert caught.value.missing
        return
    cov = sample_cov(returns, 252.0, "pairwise")
    np.testing.assert_allclose(cov, 252.0 * wanted, rtol=1e-10, atol=1e-18)
    assert (cov == cov.T).all()


def test_pairwise_by_hand_and_for_the_sample_alone():
    # B has rows 1 and 3: deviations of A there ∓0.02, of B ∓0.01; A alone -0.02, 0, 0.02
    returns = [[0.01, 0.02], [0.03, np.nan], [0.05, 0.04]]
    np.testing.assert_allclose(sample_cov(returns, 1.0, "pairwise"), [[4e-4, 4e-4], [4e-4, 2e-4]], rtol=1e-13)
    np.testing.assert_allclose(sample_cov(returns, 1.0, "drop_rows"), [[8e-4, 4e-4], [4e-4, 2e-4]], rtol=1e-13)
    for estimate in (ewma_cov, ledoit_wolf_cov):
        with pytest.raises(InputError, match="pairwise is for the method sample") as caught:
            estimate(returns, 1.0, missing="Pairwise")
        assert caught.value.argument == "missing"
    with pytest.raises(InputError, match="row 2, column 2 is inf"):
        sample_cov([[0.1, np.nan], [0.1, np.inf], [0.1, 0.2]], 1.0, "pairwise")
    apart = [[0.1, 0.1, np.nan], [0.2, 0.2, 0.1], [np.nan, 0.1, 0.2], [np.nan, 0.3, 0.4]]
    with pytest.raises(InputError, match="assets 1 and 3 share 1 row of returns"):
        sample_cov(apart, 1.0, "pairwise")


def test_an_estimator_is_found_by_its_name_in_any_case():
    returns = np.random.default_rng(9).standard_normal((30, 2))
    for name, function in (("sample", sample_cov), ("ewma", ewma_cov), ("ledoit_wolf", ledoit_wolf_cov)):
        assert (estimate_cov(returns, f" {name.upper()}", 12.0) == function(returns, 12.0)).all()
    assert (estimate_cov(returns, "ewma", halflife=5.0) == ewma_cov(returns, halflife=5.0)).all()
    with pytest.raises(InputError, match="sample, ewma, semi, ledoit_wolf"):
        estimate_cov(returns, "garch")
    with pytest.raises(InputError, match="is for the method ewma; leave it out for ledoit_wolf") as caught:
        estimate_cov(returns, "ledoit_wolf", halflife=5.0)
    assert caught.value.argument == "halflife"
    with pytest.raises(TypeError, match="no estimator takes shrinkage"):
        estimate_cov(returns, shrinkage=0.5)
    assert {one.name: one.extras for one in ESTIMATORS.values() if one.extras} == {
        "ewma": ("halflife", "decay"),
        "semi": ("threshold",),
    }


def test_pairwise_a_blank_row_needs_no_date_and_any_other_does():
    returns = np.random.default_rng(7).standard_normal((30, 2)) * 0.01
    returns[4, 0] = np.nan
    returns[9] = np.nan  # blank
    dates = np.arange("2020-01", "2022-07", dtype="datetime64[M]").astype("datetime64[D]")
    dates[9] = np.datetime64("NaT", "D")
    found = sample_cov(returns, missing="pairwise", dates=dates)
    np.testing.assert_allclose(found, pd.DataFrame(returns).cov() * 12.0, rtol=1e-12)
    dates[4] = np.datetime64("NaT", "D")
    with pytest.raises(InputError, match="item 5 is missing"):
        sample_cov(returns, missing="pairwise", dates=dates)
