import math
import subprocess
import sys
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from rpxl.core.cholesky import is_clearly_definite, is_symmetric
from rpxl.core.covariance import cov_from_vols
from rpxl.core.decomposition import risk_contributions, volatility
from rpxl.core.estimators import sample_cov
from rpxl.core.extended_precision import precise_product
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.core.threads import few_threads
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

from .examples import as_corr, constant_corr, factor_corr, random_corr, worst_share


def test_maillard_roncalli_teiletche():
    # Maillard, Roncalli & Teiletche (2010), "The properties of equally weighted risk contribution portfolios",
    # section 3.3, the numerical example with four assets
    corr = np.eye(4)
    corr[0, 1] = corr[1, 0] = 0.8
    corr[2, 3] = corr[3, 2] = -0.5
    weights = risk_parity_weights(cov_from_vols([0.1, 0.2, 0.3, 0.4], corr))
    assert weights.round(3).tolist() == [0.384, 0.192, 0.243, 0.182]


def test_richard_roncalli():
    # Richard & Roncalli (2019), "Constrained risk budgeting portfolios", table 1
    corr = constant_corr(4, 0.5)
    corr[2, 3] = corr[3, 2] = 0.75
    cov = cov_from_vols([0.1, 0.15, 0.2, 0.3], corr)
    equal = risk_parity_weights(cov)
    assert equal.round(4).tolist() == [0.4101, 0.2734, 0.1899, 0.1266]
    assert round(volatility(equal, cov), 4) == 0.1278
    budgeted = risk_parity_weights(cov, [0.30, 0.30, 0.195, 0.205])
    assert budgeted.round(4).tolist() == [0.4505, 0.3004, 0.1467, 0.1024]


@given(st.floats(1e-4, 1e2), st.floats(1e-4, 1e2), st.floats(-0.999, 0.999), st.floats(1e-4, 1.0), st.floats(1e-4, 1.0))
def test_two_assets_closed_form(vol1, vol2, rho, budget1, budget2):
    # x1² + ρ x1 x2 = b and x2² + ρ x1 x2 = 1 - b give a quadratic equation in x1 / x2
    b = budget1 / (budget1 + budget2)
    half = rho * (0.5 - b)
    root = math.sqrt(half * half + b * (1.0 - b))
    ratio = (root - half) / (1.0 - b) if half < 0.0 else b / (root + half)  # two forms of the root, no cancellation
    ratio *= vol2 / vol1
    covariance = rho * vol1 * vol2
    weights = risk_parity_weights([[vol1**2, covariance], [covariance, vol2**2]], [budget1, budget2])
    assert weights[0] == pytest.approx(ratio / (1.0 + ratio), rel=1e-7)
    assert weights[1] == pytest.approx(1.0 / (1.0 + ratio), rel=1e-7)


@pytest.mark.parametrize("size", [1, 2, 7, 150, 500])
def test_constant_correlation_is_inverse_volatility(size):
    # Maillard, Roncalli & Teiletche (2010), equation 6
    vols = np.logspace(-4, 2, size)
    for rho in (0.9, 0.0, -0.9 / size):
        weights = risk_parity_weights(cov_from_vols(vols, constant_corr(size, rho)))
        np.testing.assert_allclose(weights, (1 / vols) / (1 / vols).sum(), rtol=1e-8)


def problems():
    """Return matrices that are each hard in one way, with volatilities from 1e-4 to 1e2."""
    rng = np.random.default_rng(20240131)
    for size in (1, 2, 3, 5, 12, 60, 101, 250):
        conditions = (1e0, 1e3, 1e6, 1e8, 1e10) if size < 200 else (1e2, 1e10)
        for condition in conditions:
            yield f"{size} condition {condition:.0e}", random_corr(size, condition, rng)
        yield f"{size} factors", factor_corr(size, rng)
        if size > 1:
            yield f"{size} negative", constant_corr(size, -0.99 / (size - 1))
            twins = rng.integers(0, size, size)
            copies = factor_corr(size, rng)[np.ix_(twins, twins)]
            yield f"{size} near-duplicates", copies * (1.0 - 1e-7) + 1e-7 * np.eye(size)


@pytest.mark.parametrize("spread", [0.0, 4.0], ids=["equal", "budgets 1e-4 to 1"])
@pytest.mark.parametrize("corr", [pytest.param(corr, id=name) for name, corr in problems()])
def test_right_or_refused(corr, spread):
    size = len(corr)
    rng = np.random.default_rng(size)
    vols = 10.0 ** rng.uniform(-4, 2, size)
    budgets = 10.0 ** rng.uniform(-spread, 0.0, size)
    cov = corr * np.outer(vols, vols) * rng.choice([1.0, 1e-12])
    try:
        weights = risk_parity_weights(cov, budgets)
    except ConvergenceError as error:
        # only where rounding alone can change a share by more than the guarantee
        assert np.linalg.cond(corr) > 1e7
        assert "shrinkage" in str(error)
        return
    error, floor = worst_share(weights, cov, budgets)
    assert (weights > 0.0).all() and math.fsum(weights) == pytest.approx(1.0, abs=1e-15 * size)
    assert error <= 1e-8 or error <= min(5.0 * floor, 1e-6)
    if np.linalg.cond(corr) < 1e5:
        assert error <= 1e-8


def test_five_hundred_assets():
    rng = np.random.default_rng(3)
    vols = 10.0 ** rng.uniform(-4, 2, 500)
    for corr in (factor_corr(500, rng), random_corr(500, 1e6, rng)):
        cov = cov_from_vols(vols, corr)
        assert worst_share(risk_parity_weights(cov), cov, np.ones(500))[0] <= 1e-8


@pytest.mark.parametrize(
    "cov",
    [
        np.diag([1e-4, 6e-4, 30e-4, 100e-4]) ** 2,  # daily, a T-bill among them: 1, 6, 30, 100 basis points
        np.array([[225.0, -15.0], [-15.0, 25.0]]),  # variances of returns in percent
        np.array([[4, 1, 0], [1, 9, 2], [0, 2, 16]]),  # whole numbers
        np.array([[0.0225, -0.0015], [-0.0015, 0.0025]]) * 1e-12,
        np.array([[0.0225, -0.0015], [-0.0015, 0.0025]]) * 1e-8,
        np.array([[0.0225, -0.0015], [-0.0015, 0.0025]]) * 1e-280,
        np.array([[0.0225, -0.0015], [-0.0015, 0.0025]]) * 1e280,
    ],
)
def test_right_whatever_the_scale(cov):
    assert worst_share(risk_parity_weights(cov), cov, np.ones(len(cov)))[0] <= 1e-8


covariances = st.integers(0, 2**32 - 1).flatmap(
    lambda seed: st.integers(2, 8).map(
        lambda size: (lambda rng: cov_from_vols(rng.uniform(0.01, 1.0, size), random_corr(size, 1e3, rng)))(
            np.random.default_rng(seed)
        )
    )
)


@settings(max_examples=50)
@given(covariances, st.integers(0, 2**32 - 1))
def test_properties(cov, seed):
    rng = np.random.default_rng(seed)
    size = len(cov)
    budgets = rng.uniform(0.01, 1.0, size)
    weights = risk_parity_weights(cov, budgets)
    assert (weights > 0.0).all()
    np.testing.assert_allclose(risk_contributions(weights, cov), budgets / budgets.sum(), rtol=1e-8)
    np.testing.assert_allclose(risk_parity_weights(cov * 7e-9, budgets * 40.0), weights, rtol=1e-8)
    order = rng.permutation(size)
    np.testing.assert_allclose(
        risk_parity_weights(cov[np.ix_(order, order)], budgets[order]), weights[order], rtol=1e-8
    )
    assert (risk_parity_weights(cov, budgets) == weights).all()


def test_zero_budget_means_no_weight():
    cov = cov_from_vols([0.1, 0.2, 0.3], [[1.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 1.0]])
    weights = risk_parity_weights(cov, [0.7, 0.0, 0.3])
    assert weights[1] == 0.0
    np.testing.assert_array_equal(weights[[0, 2]], risk_parity_weights(cov[np.ix_([0, 2], [0, 2])], [0.7, 0.3]))
    assert risk_parity_weights(cov, [0, 0, 5]).tolist() == [0.0, 0.0, 1.0]
    assert risk_parity_weights(np.diag([0.0, 0.04]), [0, 1]).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("cov", "budgets", "argument", "cells"),
    [
        ([[0.04, 0.0], [0.0, 0.0]], None, "cov", ((1, 1),)),
        ([[0.04, 0.01], [0.02, 0.04]], None, "cov", ((0, 1), (1, 0))),
        ([[0.04, 0.05], [0.05, 0.04]], None, "cov", ((0, 1),)),
        (np.eye(3), [1, -0.5, 1], "budgets", (1,)),
        (np.eye(3), [1, np.nan, 1], "budgets", (1,)),
        (np.eye(3), [0, 0, 0], "budgets", ()),
        (np.eye(3), [1, 1], "budgets", ()),
        (np.eye(2), ["1", "1"], "budgets", ()),
    ],
)
def test_bad_input_names_the_cell(cov, budgets, argument, cells):
    with pytest.raises(InputError) as caught:
        risk_parity_weights(cov, budgets)
    assert (caught.value.argument, caught.value.cells) == (argument, cells)


@pytest.mark.parametrize(
    ("cov", "words"),
    [
        ([[1.0, -1.0], [-1.0, 1.0]], "assets 1 and 2 "),
        ([[0.01, -0.03], [-0.03, 0.09]], "assets 1 and 2 "),
        ([[1.0, 0.0, -0.2], [0.0, 1.0, 0.0], [-0.2, 0.0, 0.04]], "assets 1 and 3 "),
        (constant_corr(3, -0.5), "assets 1, 2 and 3 "),
        (constant_corr(40, -1.0 / 39.0), "these assets"),
    ],
)
def test_perfect_hedge_is_refused(cov, words):
    with pytest.raises(InfeasibleError, match="free of risk") as caught:
        risk_parity_weights(cov)
    assert words in str(caught.value)
    # A hedge among assets with a budget of 0 is accepted.
    assert risk_parity_weights(cov, np.arange(len(cov)) == 1)[1] == 1.0


@pytest.mark.parametrize("slack", 10.0 ** np.arange(-17, -3))
@pytest.mark.parametrize("size", [2, 3, 8])
def test_almost_a_hedge_is_right_or_refused(size, slack):
    rng = np.random.default_rng(size)
    hedge = rng.uniform(0.1, 1.0, size)
    hedge /= np.linalg.norm(hedge)
    loadings = rng.standard_normal((size, size))
    loadings -= np.outer(hedge, hedge @ loadings)
    cov = loadings @ loadings.T + slack * np.outer(hedge, hedge)
    cov = 0.5 * (cov + cov.T)
    try:
        weights = risk_parity_weights(cov)
    except (InfeasibleError, ConvergenceError) as error:
        assert slack < 1e-5 and "shrinkage" in str(error)
    else:
        error, floor = worst_share(weights, cov, np.ones(size))
        assert error <= 1e-8 or error <= min(5.0 * floor, 1e-6)


def test_fewer_returns_than_assets():
    rng = np.random.default_rng(11)
    market = rng.standard_normal((20, 1)) * 0.01
    together = sample_cov(market + rng.standard_normal((20, 60)) * 0.005)  # singular, but no long-only hedge exists
    assert worst_share(risk_parity_weights(together), together, np.ones(60))[0] <= 1e-8
    apart = sample_cov(rng.standard_normal((20, 60)) * 0.01)  # 41 dimensions without risk: some portfolio lies in them
    with pytest.raises((InfeasibleError, ConvergenceError), match="shrinkage"):
        risk_parity_weights(apart)


@pytest.mark.parametrize("size", [199, 240, 400])
@pytest.mark.parametrize("below", [1e-9, 1e-5, 1e-2])
def test_large_and_indefinite_is_refused(size, below):
    corr = factor_corr(size, np.random.default_rng(size))
    corr -= (np.linalg.eigvalsh(corr)[0] + below) * np.eye(size)
    assert np.linalg.eigvalsh(corr)[0] < 0.0
    with pytest.raises(InputError, match="positive semi-definite"):
        risk_parity_weights(corr)
    assert not is_clearly_definite(as_corr(corr).astype(np.float32))


def test_large_and_definite_is_proved():
    corr = factor_corr(400, np.random.default_rng(1))
    assert np.linalg.eigvalsh(corr)[0] > 0.01
    assert is_clearly_definite(corr.astype(np.float32))


@pytest.mark.parametrize("place", [(0, 1), (1, 0), (130, 2), (129, 299), (298, 299)])
def test_one_bit_of_asymmetry_is_seen(place):
    corr = factor_corr(300, np.random.default_rng(1))
    assert is_symmetric(corr)
    corr[place] = np.nextafter(corr[place], 2.0)
    assert not is_symmetric(corr)


@given(st.integers(0, 2**32 - 1), st.floats(-280, 280), st.sampled_from([1, 5, 70]))
def test_precise_product_is_right_to_the_last_bit_whatever_cancels(seed, power, size):
    rng = np.random.default_rng(seed)
    vols = 10.0 ** (rng.uniform(-4, 2, size) + power / 2.0)
    cov = random_corr(size, 1e12, rng) * np.outer(vols, vols)
    weights = 1.0 / vols / (1.0 / vols).sum()
    exact = [sum(Fraction(a) * Fraction(w) for a, w in zip(row, weights, strict=True)) for row in cov.tolist()]
    product, absolute = precise_product(cov, weights)
    np.testing.assert_allclose(product, [float(value) for value in exact], rtol=2.0**-52)
    np.testing.assert_allclose(absolute, np.abs(cov) @ weights, rtol=1e-13)


@pytest.mark.parametrize("orders", [6.0, 40.0])
def test_many_volatilities_however_far_apart(orders):
    rng = np.random.default_rng(9)
    corr = as_corr(factor_corr(220, rng))
    vols = 10.0 ** rng.uniform(-orders, orders, 220)
    exposures = risk_parity_weights(corr * np.outer(vols, vols)) * vols
    np.testing.assert_allclose(exposures / exposures.sum(), risk_parity_weights(corr), rtol=1e-9)


@pytest.mark.parametrize("condition", [1e2, 1e10])
def test_memory_is_no_more_than_three_times_the_matrix(condition):
    cov = random_corr(300, condition, np.random.default_rng(5))
    risk_parity_weights(cov)  # imports what it needs
    tracemalloc.start()
    try:
        risk_parity_weights(cov)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most <= 2 * cov.nbytes  # in addition to the caller's matrix


def test_threads_are_given_back():
    with few_threads(200):  # which loads what it holds
        pass
    libraries = threadpool_info()
    with few_threads(100), few_threads(200):
        assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} <= {1}
    assert threadpool_info() == libraries


def test_inputs_stay_as_they_are():
    cov, budgets = np.array([[4.0, 1.0], [1.0, 9.0]]), np.array([3.0, 1.0])
    risk_parity_weights(cov, budgets)
    assert cov.tolist() == [[4.0, 1.0], [1.0, 9.0]] and budgets.tolist() == [3.0, 1.0]


@pytest.mark.skipif(sys.platform == "emscripten", reason="there are no processes in a browser")
def test_numpy_is_all_that_is_imported():
    names = (
        "allocation",
        "covariance",
        "decomposition",
        "leverage",
        "risk_parity",
        "utility",
        "array_checks",
        "cov_checks",
    )
    code = f"import sys, {', '.join('rpxl.core.' + name for name in names)}; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
