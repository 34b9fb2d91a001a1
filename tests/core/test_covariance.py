from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from rpxl.core.covariance import (
    check_cov,
    cov_from_vols,
    nearest_psd,
    returns_from_prices,
    split_cov,
    vols,
)
from rpxl.core.estimators import sample_cov
from rpxl.errors import ConvergenceError, InputError

from .examples import as_corr, constant_corr, factor_corr, random_corr


def test_returns():
    prices = [[100.0, 8.0], [125.0, 4.0], [100.0, 8.0]]
    assert returns_from_prices(prices).tolist() == [[0.25, -0.5], [-0.2, 1.0]]
    log = returns_from_prices(prices, "log")
    np.testing.assert_allclose(np.exp(log), [[1.25, 0.5], [0.8, 2.0]], rtol=1e-15)
    np.testing.assert_allclose(log.sum(axis=0), 0.0, atol=1e-15)


@pytest.mark.parametrize(
    ("prices", "kind", "argument", "cells"),
    [
        ([[1.0, 2.0], [1.0, 0.0]], "simple", "prices", ((1, 1),)),
        ([[1.0, 2.0], [-3.0, 1.0]], "log", "prices", ((1, 0),)),
        ([[1.0, np.nan], [1.0, 1.0]], "log", "prices", ((0, 1),)),
        ([[1.0, 2.0]], "log", "prices", ()),
        ([1.0, 2.0], "log", "prices", ()),
        ([[1e-300], [1e300]], "simple", "prices", ((0, 0), (1, 0))),
        ([[1.0], [2.0]], "total", "kind", ()),
        ([[1.0], [2.0]], None, "kind", ()),
    ],
)
def test_bad_prices(prices, kind, argument, cells):
    with pytest.raises(InputError) as caught:
        returns_from_prices(prices, kind)
    assert (caught.value.argument, caught.value.cells) == (argument, cells)


def test_sample_cov_in_exact_arithmetic():
    returns = np.random.default_rng(1).standard_normal((7, 3)) * [1e-4, 1.0, 1e2] + [1.0, 0.0, 1e3]
    exact = np.vectorize(Fraction, otypes=[object])(returns)
    deviations = exact - exact.sum(axis=0) / 7
    wanted = (deviations.T @ deviations * Fraction(252, 6)).astype(float)
    np.testing.assert_allclose(sample_cov(returns), wanted, rtol=1e-9)
    np.testing.assert_allclose(sample_cov(returns, 12.0) * 21.0, wanted, rtol=1e-9)


def test_sample_cov_of_a_column_that_never_moves():
    returns = np.column_stack([np.full(9, 0.1), np.arange(9.0)])
    assert sample_cov(returns)[0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("returns", "periods", "argument"),
    [
        ([[0.1, 0.2]], 252, "returns"),
        ([[0.1], [np.inf]], 252, "returns"),
        ([[1e200], [-1e200]], 252, "returns"),
        ([[0.1], [0.2]], 0, "periods_per_year"),
        ([[0.1], [0.2]], "12", "periods_per_year"),
        ([[0.1], [0.2]], np.nan, "periods_per_year"),
    ],
)
def test_bad_returns(returns, periods, argument):
    with pytest.raises(InputError) as caught:
        sample_cov(returns, periods)
    assert caught.value.argument == argument


def test_there_and_back():
    corr = factor_corr(6, np.random.default_rng(2))
    deviations = np.logspace(-4, 2, 6)
    cov = cov_from_vols(deviations, corr)
    assert (cov == cov.T).all()
    np.testing.assert_allclose(vols(cov), deviations, rtol=1e-15)
    back, correlations = split_cov(cov)
    np.testing.assert_allclose(back, deviations, rtol=1e-15)
    np.testing.assert_allclose(correlations, corr, rtol=1e-14)
    assert (np.diag(correlations) == 1.0).all() and (correlations == correlations.T).all()
    assert np.abs(split_cov(constant_corr(3, 1.0) * np.outer([0.1, 0.3, 0.7], [0.1, 0.3, 0.7]))[1]).max() == 1.0


def test_an_asset_without_variance():
    assert cov_from_vols([0.0, 0.2], np.eye(2))[0].tolist() == [0.0, 0.0]
    assert vols([[0.0, 0.0], [0.0, 0.25]]).tolist() == [0.0, 0.5]
    with pytest.raises(InputError) as caught:
        split_cov([[0.04, 0.0], [0.0, 0.0]])
    assert caught.value.cells == ((1, 1),)


@pytest.mark.parametrize(
    ("deviations", "corr", "argument", "cells"),
    [
        ([0.1, -0.2], np.eye(2), "vols", (1,)),
        ([0.1], np.eye(2), "vols", ()),
        ([0.1, 1e200], np.eye(2), "vols", (1,)),
        ([1e-200, 0.1], np.eye(2), "vols", (0,)),
        ([0.1, 0.2], [[1.0, 0.2], [0.3, 1.0]], "corr", ((0, 1), (1, 0))),
        ([0.1, 0.2], [[1.0, 1.2], [1.2, 1.0]], "corr", ((0, 1),)),
        ([0.1, 0.2], [[1.0, 0.2], [0.2, 0.9]], "corr", ((1, 1),)),
        ([0.1, 0.2, 0.3], constant_corr(3, -0.6), "corr", ()),
    ],
)
def test_bad_vols_and_correlations(deviations, corr, argument, cells):
    with pytest.raises(InputError) as caught:
        cov_from_vols(deviations, corr)
    assert (caught.value.argument, caught.value.cells) == (argument, cells)


def test_higham():
    # Higham (2002), "Computing the nearest correlation matrix: a problem from finance", section 4: the nearest to
    # tridiag(1, 1, 1) of order 3, 0.5278 away
    given_matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    nearest = nearest_psd(given_matrix)
    assert nearest.round(4).tolist() == [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    assert round(float(np.linalg.norm(nearest - given_matrix)), 4) == 0.5278


def nearest_by_duality(corr):
    """Maximise the dual of the problem (Qi & Sun 2006) with a general optimiser."""

    def negative_dual(shift):
        values, vectors = np.linalg.eigh(corr + np.diag(shift))
        kept = np.maximum(values, 0.0)
        return 0.5 * kept @ kept - shift.sum(), (vectors**2 * kept).sum(axis=1) - 1.0

    found = minimize(negative_dual, np.zeros(len(corr)), jac=True, method="BFGS", options={"gtol": 1e-9})
    values, vectors = np.linalg.eigh(corr + np.diag(found.x))
    return (vectors * np.maximum(values, 0.0)) @ vectors.T


@pytest.mark.parametrize("size", [3, 6, 15])
def test_nearest_by_another_method(size):
    rng = np.random.default_rng(size)
    corr = as_corr(np.eye(size) * 0.6 + (lambda a: a + a.T)(rng.uniform(-0.4, 0.4, (size, size))) * (1 - np.eye(size)))
    deviations = np.logspace(-4, 2, size)
    cov = corr * np.outer(deviations, deviations)
    repaired = nearest_psd(cov)
    assert (repaired == repaired.T).all() and (np.diag(repaired) == np.diag(cov)).all()
    assert (check_cov(repaired) == repaired).all()
    np.testing.assert_allclose(as_corr(repaired), nearest_by_duality(corr), atol=1e-6)


def test_nearest_leaves_what_is_valid():
    cov = cov_from_vols([0.1, 0.2, 0.3], random_corr(3, 1e8, np.random.default_rng(5)))
    assert (nearest_psd(cov) == cov).all()
    assert (nearest_psd(constant_corr(4, 1.0)) == 1.0).all()
    flat = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]])
    assert nearest_psd(flat).tolist() == [[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]


def test_nearest_from_afar():
    # a correlation of 1e8 between two assets: the nearest possible one is 1
    np.testing.assert_allclose(nearest_psd([[1e-8, 1e4], [1e4, 1.0]]), [[1e-8, 1e-4], [1e-4, 1.0]], rtol=1e-12)


def test_nearest_refuses():
    with pytest.raises(InputError, match="must be equal"):
        nearest_psd([[1.0, 0.5], [0.4, 1.0]])
    with pytest.raises(InputError, match="negative"):
        nearest_psd([[1.0, 0.5], [0.5, -1.0]])
    with pytest.raises(ConvergenceError, match="NEAREST_PSD"):
        nearest_psd([[1.0, 1e15], [1e15, 1.0]])


@pytest.mark.parametrize("kind", ["simple", "log"])
def test_a_step_out_of_range_is_named_from_date_to_date(kind):
    prices = np.full((5, 2), 100.0)
    prices[1, 1], prices[2, 1] = 1e-300, 1e308
    with pytest.raises(InputError, match="the return from row 2, column 2 to row 3, column 2 is too large") as caught:
        returns_from_prices(prices, kind)
    assert caught.value.cells == ((1, 1), (2, 1))
