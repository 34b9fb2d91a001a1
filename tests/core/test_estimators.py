from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.core.cov_checks import check_cov
from rpxl.core.covariance import returns_from_prices, sample_cov
from rpxl.core.estimators import count_incomplete, ewma_cov, ledoit_wolf_cov
from rpxl.errors import InputError

every_estimator = pytest.mark.parametrize("estimate", [sample_cov, ewma_cov, ledoit_wolf_cov])


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


@pytest.mark.parametrize("halflife", [0.5, 11.2, 63.0, 1e6])
def test_ewma_is_the_recursion_of_riskmetrics(halflife):
    # covariance = δ covariance + (1 - δ) r r', from 0, over the 1 - δᵀ that a finite history adds up to
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
    last = ewma_cov(returns, 1.0, 1e-3)  # nothing but the last row is left
    np.testing.assert_allclose(last, np.outer(returns[-1], returns[-1]), rtol=1e-14)


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
        ({"returns": [[0.1], [0.2]], "missing": "fill"}, "missing", "refuse, drop_rows"),
    ],
)
def test_bad_input(estimate, given, argument, words):
    with pytest.raises(InputError, match=words) as caught:
        estimate(**given)
    assert caught.value.argument == argument


def test_a_halflife_is_above_zero():
    for halflife in (0.0, -1.0, np.inf, "63"):
        with pytest.raises(InputError) as caught:
            ewma_cov([[0.1], [0.2]], 1.0, halflife)
        assert caught.value.argument == "halflife"


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
