"""Covariance matrices that several tests need, and an exact check of risk shares."""

import random
from fractions import Fraction

import numpy as np


def random_corr(size, condition, rng):
    """Return correlations from random orthogonal eigenvectors and a log-spaced spectrum."""
    vectors, _ = np.linalg.qr(rng.standard_normal((size, size)))
    return as_corr((vectors * np.logspace(0.0, -np.log10(condition), size)) @ vectors.T)


def random_cov(rng, largest=6):
    size = int(rng.integers(2, largest))
    vols = 10.0 ** rng.uniform(-2, 0, size)
    return random_corr(size, 10.0 ** rng.uniform(0, 3), rng) * np.outer(vols, vols)


def factor_corr(size, rng, factors=5):
    loadings = rng.standard_normal((size, factors)) * 0.1
    loadings[:, 0] = np.abs(loadings[:, 0]) + 0.1
    return as_corr(loadings @ loadings.T + np.diag(rng.uniform(0.05, 0.3, size) ** 2))


def constant_corr(size, correlation):
    return np.full((size, size), correlation) + (1.0 - correlation) * np.eye(size)


def as_corr(matrix):
    scale = np.sqrt(np.diag(matrix))
    corr = matrix / np.outer(scale, scale)
    corr = 0.5 * (corr + corr.T)
    np.fill_diagonal(corr, 1.0)
    return corr


def lopez_de_prado():
    """Return the ten series of the paper's numerical example, drawn as its snippet draws them."""
    generator = np.random.RandomState(12345)
    first = generator.normal(0.0, 1.0, size=(10000, 5))
    picked = random.Random(12345)
    columns = [int(picked.random() * 5) for _ in range(5)]  # the numbers of randint(0, 4) in Python 2
    second = first[:, columns] + generator.normal(0.0, 0.25, size=(10000, 5))
    return np.hstack([first, second])


def worst_share(weights, cov, budgets):
    """Return the largest relative error of a risk share and the rounding floor, in more than double precision.

    Up to 12 assets the arithmetic is exact; for more, it has the longest floats of numpy.
    """
    if len(weights) <= 12:
        exact = np.vectorize(Fraction, otypes=[object])
        weights, cov, budgets = exact(weights), exact(cov), exact(budgets)
    else:
        weights, cov, budgets = (np.asarray(a, dtype=np.longdouble) for a in (weights, cov, budgets))
    covariances = cov @ weights
    risks = weights * covariances
    held = budgets > 0
    shares = (risks / risks.sum())[held]
    wanted = (budgets / budgets.sum())[held]
    floors = (np.abs(cov) @ weights / np.abs(covariances))[held]
    return float(max(abs(shares / wanted - 1))), float(max(floors)) * np.finfo(float).eps
