"""Estimators that shrink: against scikit-learn, the formulas written out in loops, and known truths."""

import math

import numpy as np
import pytest
from sklearn.covariance import OAS

from rpxl.core.estimators import ESTIMATORS, estimate_cov
from rpxl.core.shrinkage import (
    constant_correlation,
    denoised,
    nonlinear_shrinkage,
    oracle_approximating,
)
from rpxl.errors import InputError


def centred(seed: int, rows: int, size: int, factors: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, factors)) @ rng.normal(size=(factors, size)) + rng.normal(size=(rows, size))
    table *= rng.uniform(0.005, 0.03, size)
    return table - table.mean(axis=0)


@pytest.mark.parametrize(("rows", "size"), [(60, 5), (12, 20), (500, 3), (30, 1)])
def test_oas_is_that_of_scikit_learn(rows, size):
    table = centred(1, rows, size)
    expected = OAS(assume_centered=True).fit(table).covariance_
    assert oracle_approximating(table) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("rows", "size"), [(60, 4), (10, 6)])
def test_constant_correlation_is_the_paper_written_out(rows, size):
    x = centred(2, rows, size)
    s = np.array([[np.mean(x[:, i] * x[:, j]) for j in range(size)] for i in range(size)])
    correlations = [s[i, j] / math.sqrt(s[i, i] * s[j, j]) for i in range(size) for j in range(i)]
    mean = sum(correlations) / len(correlations)
    f = np.array(
        [[s[i, i] if i == j else mean * math.sqrt(s[i, i] * s[j, j]) for j in range(size)] for i in range(size)]
    )
    pi = sum(np.mean((x[:, i] * x[:, j] - s[i, j]) ** 2) for i in range(size) for j in range(size))
    rho = sum(np.mean((x[:, i] ** 2 - s[i, i]) ** 2) for i in range(size))
    for i in range(size):
        for j in range(size):
            if i != j:
                first = np.mean((x[:, i] ** 2 - s[i, i]) * (x[:, i] * x[:, j] - s[i, j]))
                second = np.mean((x[:, j] ** 2 - s[j, j]) * (x[:, i] * x[:, j] - s[i, j]))
                rho += mean / 2 * (math.sqrt(s[j, j] / s[i, i]) * first + math.sqrt(s[i, i] / s[j, j]) * second)
    delta = min(max((pi - rho) / ((f - s) ** 2).sum() / rows, 0.0), 1.0)
    assert 0.0 < delta <= 1.0
    assert constant_correlation(x) == pytest.approx(delta * f + (1 - delta) * s, rel=1e-9)


def test_constant_correlation_keeps_variances_and_one_asset():
    x = centred(3, 40, 5)
    assert constant_correlation(x).diagonal() == pytest.approx((x**2).mean(axis=0))
    assert constant_correlation(x[:, :1]) == pytest.approx((x[:, :1] ** 2).mean())
    two = constant_correlation(x[:, :2])  # with two assets the sample already has a single correlation
    assert two == pytest.approx(x[:, :2].T @ x[:, :2] / 40)


def loss(estimate: np.ndarray, truth: np.ndarray) -> float:
    return float(((estimate - truth) ** 2).sum())


@pytest.mark.parametrize(("rows", "size"), [(250, 100), (120, 100), (80, 100)])
def test_nonlinear_shrinkage_comes_close_to_the_best_rotation_of_the_sample(rows, size):
    rng = np.random.default_rng(4)
    truth = np.diag(np.repeat([1.0, 3.0, 10.0], [size // 5, 2 * size // 5, size - size // 5 - 2 * size // 5]))
    x = rng.normal(size=(rows, size)) * np.sqrt(truth.diagonal())
    x -= x.mean(axis=0)
    sample = x.T @ x / (rows - 1)
    vectors = np.linalg.eigh(sample)[1]
    best = (vectors * np.einsum("ij,ik,kj->j", vectors, truth, vectors)) @ vectors.T
    found = nonlinear_shrinkage(x)
    gain = (loss(sample, truth) - loss(found, truth)) / (loss(sample, truth) - loss(best, truth))
    assert gain > 0.95
    assert np.linalg.eigvalsh(found)[0] > 0.0


@pytest.mark.parametrize(("rows", "size"), [(40, 5), (25, 30)])
def test_nonlinear_shrinkage_is_the_paper_written_out(rows, size):
    x = centred(5, rows, size)
    n = rows - 1
    values = np.linalg.eigvalsh(x.T @ x / n)
    positive = values[max(0, size - n) :]
    h = n ** (-1 / 3)
    shrunk = []
    for i in positive:
        f = sum(0.75 / math.sqrt(5) * max(1 - ((i - j) / (h * j)) ** 2 / 5, 0) / (h * j) for j in positive)
        hilbert = 0.0
        for j in positive:
            z = (i - j) / (h * j)
            log = math.log(abs((math.sqrt(5) - z) / (math.sqrt(5) + z)))
            hilbert += (-0.3 * z + 0.75 / math.sqrt(5) * (1 - z * z / 5) * log) / (math.pi * h * j)
        f, hilbert, c = f / len(positive), hilbert / len(positive), size / n
        if size <= n:
            shrunk.append(i / ((math.pi * c * i * f) ** 2 + (1 - c - math.pi * c * i * hilbert) ** 2))
        else:
            shrunk.append(i / (math.pi**2 * i**2 * (f**2 + hilbert**2)))
    found = np.sort(np.linalg.eigvalsh(nonlinear_shrinkage(x)))
    for value in shrunk:
        assert np.abs(found / value - 1.0).min() < 1e-6


def test_denoising_leaves_the_signal_and_flattens_the_noise():
    rng = np.random.default_rng(6)
    rows, size = 500, 40
    common = rng.normal(size=(rows, 1)) * 1.5
    x = (common + rng.normal(size=(rows, size))) * 0.01
    x -= x.mean(axis=0)
    found = denoised(x)
    sample = x.T @ x / (rows - 1)
    assert found.diagonal() == pytest.approx(sample.diagonal())
    vols = np.sqrt(found.diagonal())
    values = np.linalg.eigvalsh(found / np.outer(vols, vols))
    before = np.linalg.eigvalsh(sample / np.outer(vols, vols))
    assert values[-1] == pytest.approx(before[-1], rel=0.01)
    assert values[-2] / values[0] < 1.2 < before[-2] / before[0]
    truth = 1e-4 * (1.5**2 * np.ones((size, size)) + np.eye(size))
    inverse = np.linalg.inv(truth)
    least = 1.0 / inverse.sum()

    def realised(estimate: np.ndarray) -> float:
        weights = np.linalg.solve(estimate, np.ones(size))
        weights /= weights.sum()
        return float(weights @ truth @ weights)

    assert least < realised(found) < realised(sample)


def test_pure_noise_becomes_uncorrelated():
    x = np.random.default_rng(7).normal(size=(1000, 20))
    x -= x.mean(axis=0)
    found = denoised(x)
    assert found == pytest.approx(np.diag((x**2).sum(axis=0) / 999), abs=1e-12)


def test_semi_covariance_by_hand():
    returns = np.array([[0.1, -0.2], [-0.1, -0.4], [-0.3, 0.2], [0.0, 0.0]])
    found = estimate_cov(returns, "semi", 1.0)
    assert found == pytest.approx(np.array([[0.1 / 4, 0.04 / 4], [0.04 / 4, 0.2 / 4]]))
    assert estimate_cov(returns, "semi", 12.0, threshold=0.1)[0, 0] == pytest.approx(3.0 * (0.2**2 + 0.4**2 + 0.1**2))


@pytest.mark.parametrize("estimate", [constant_correlation, oracle_approximating, nonlinear_shrinkage, denoised])
def test_estimates_scale_with_returns_and_follow_the_order_of_assets(estimate):
    x = centred(8, 50, 6)
    order = [3, 1, 5, 0, 2, 4]
    found = estimate(x)
    assert estimate(100.0 * x) == pytest.approx(1e4 * found, rel=1e-9)
    assert estimate(x[:, order]) == pytest.approx(found[np.ix_(order, order)], rel=1e-8)
    assert found == pytest.approx(found.T, abs=1e-18)


@pytest.mark.parametrize("estimate", [constant_correlation, oracle_approximating, nonlinear_shrinkage, denoised])
def test_an_asset_that_never_moves_is_no_obstacle(estimate):
    x = centred(9, 50, 3)
    x[:, 1] = 0.0
    assert np.isfinite(estimate(x)).all()


def test_all_are_found_by_name_and_annual():
    x = centred(10, 60, 4)
    by_name = {
        "constant_correlation": constant_correlation,
        "oas": oracle_approximating,
        "nonlinear": nonlinear_shrinkage,
        "denoised": denoised,
    }
    for name, estimate in by_name.items():
        assert estimate_cov(x + 0.01, name, 12.0) == pytest.approx(12.0 * estimate(x), rel=1e-8)
    assert list(ESTIMATORS)[:2] == ["sample", "ewma"]
    assert set(by_name) < set(ESTIMATORS)


def test_a_decay_is_the_half_life_that_it_means():
    x = centred(11, 60, 3)
    weights = 0.94 ** np.arange(59, -1, -1)
    expected = (x * weights[:, None]).T @ x / weights.sum()
    assert estimate_cov(x, "ewma", 1.0, decay=0.94) == pytest.approx(expected, rel=1e-9)
    halflife = math.log(0.5) / math.log(0.94)
    assert estimate_cov(x, "ewma", 1.0, halflife=halflife) == pytest.approx(expected, rel=1e-9)
    for wrong in ({"decay": 1.0}, {"decay": 0.4}, {"decay": 11.2}, {"decay": 0.94, "halflife": 11.2}):
        with pytest.raises(InputError) as refused:
            estimate_cov(x, "ewma", 1.0, **wrong)
        assert refused.value.argument == "decay"
