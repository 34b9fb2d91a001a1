"""Problems whose volatilities lie far apart, or that are near singular, against exact arithmetic."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from rpxl.core.allocation import max_sharpe_weights
from rpxl.core.utility import merton_weights
from rpxl.errors import InfeasibleError


def solved(matrix, right):
    """Gauss's elimination of fractions; None where the matrix is singular."""
    size = len(matrix)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(size):
        pivot = next((k for k in range(i, size) if rows[k][i]), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i and rows[k][i]:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def exact(values):
    return [Fraction(float(value)) for value in values]


def best_ratio(excess, cov, lower, upper):
    """Return the weights with the highest ratio, by the point of the frontier for every set of active bounds."""
    excess, lower, upper = exact(excess), exact(lower), exact(upper)
    cov = [exact(row) for row in cov]
    size, best, highest = len(excess), None, Fraction(0)
    for sides in product((-1, 0, 1), repeat=size):
        fixed = [lower[i] if side < 0 else upper[i] if side > 0 else Fraction(0) for i, side in enumerate(sides)]
        free = [i for i in range(size) if not sides[i]]
        if not free:
            continue
        matrix = [[cov[i][j] for j in free] + [Fraction(1)] for i in free] + [[Fraction(1)] * len(free) + [Fraction(0)]]
        pulled = [-sum(cov[i][j] * fixed[j] for j in range(size)) for i in free]
        base = solved(matrix, [*pulled, 1 - sum(fixed)])
        tilt = solved(matrix, [excess[i] for i in free] + [Fraction(0)])
        if base is None or tilt is None:
            continue
        start, along = list(fixed), [Fraction(0)] * size
        for k, i in enumerate(free):
            start[i], along[i] = base[k], tilt[k]
        earned = sum(a * b for a, b in zip(excess, start, strict=True))
        if earned <= 0:
            continue
        price = sum(start[i] * cov[i][j] * start[j] for i in range(size) for j in range(size)) / earned
        weights = [a + price * b for a, b in zip(start, along, strict=True)]
        if all(low <= w <= high for low, w, high in zip(lower, weights, upper, strict=True)):
            reward = sum(a * b for a, b in zip(excess, weights, strict=True))
            variance = sum(weights[i] * cov[i][j] * weights[j] for i in range(size) for j in range(size))
            if reward > 0 and reward * reward / variance > highest:
                best, highest = weights, reward * reward / variance
    return best, highest


def problem(seed, size):
    rng = np.random.default_rng(seed)
    loads = rng.standard_normal((size, 2))
    corr = loads @ loads.T + np.diag(rng.uniform(0.05, 1.0, size))
    corr /= np.sqrt(np.outer(np.diag(corr), np.diag(corr)))
    vols = 10.0 ** rng.uniform(-4.0, 1.5, size)
    excess = rng.uniform(-0.02, 0.09, size)
    return excess, corr * np.outer(vols, vols), -rng.uniform(0.02, 0.4, size), rng.uniform(0.4, 1.3, size)


@pytest.mark.parametrize("seed", range(25))
def test_the_highest_sharpe_ratio_where_volatilities_lie_far_apart(seed):
    excess, cov, lower, upper = problem(seed, 4)
    wanted, highest = best_ratio(excess, cov, lower, upper)
    if wanted is None:
        with pytest.raises(InfeasibleError):
            max_sharpe_weights(excess, cov, lower, upper)
        return
    weights = max_sharpe_weights(excess, cov, lower, upper)
    assert (lower <= weights).all() and (weights <= upper).all()
    held = exact(weights)
    reward = sum(a * b for a, b in zip(exact(excess), held, strict=True))
    variance = sum(held[i] * Fraction(float(cov[i, j])) * held[j] for i in range(4) for j in range(4))
    assert float(reward * reward / variance / highest) == pytest.approx(1.0, abs=1e-9)
    risk = float(variance) ** 0.5
    off = np.array([float(a - b) for a, b in zip(held, wanted, strict=True)]) * np.sqrt(np.diag(cov))
    assert np.abs(off).max() <= 1e-6 * risk


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("spread", [0.0, 0.006])
def test_long_only_weights_of_nearly_singular_matrices_keep_their_conditions(spread, seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 6))
    common = rng.standard_normal((size, 1))
    corr = common @ common.T + 10.0 ** rng.uniform(-8.0, -5.0) * np.eye(size)
    corr /= np.sqrt(np.outer(np.diag(corr), np.diag(corr)))
    vols = rng.uniform(0.05, 0.4, size)
    cov, excess = corr * np.outer(vols, vols), rng.uniform(-0.06, 0.08, size)
    weights = merton_weights(excess, cov, 3.0, spread, long_only=True)
    assert weights.min() >= 0.0
    held = exact(weights)
    covariances = [sum(Fraction(float(cov[i, j])) * held[j] for j in range(size)) for i in range(size)]
    slope = np.array([float(m - 3 * c) for m, c in zip(exact(excess), covariances, strict=True)])
    terms = np.abs(excess) + 3.0 * np.abs(cov) @ weights
    invested = float(sum(held))
    price = 0.0 if invested < 1.0 - 1e-9 else spread
    if abs(invested - 1.0) <= 1e-9:
        price = float(np.clip(slope[weights > 0.0].mean(), 0.0, spread))
    assert (np.abs(slope - price)[weights > 0.0] <= 1e-12 * (terms + price)[weights > 0.0]).all()
    assert (slope - price <= 1e-12 * (terms + price)).all()


def test_one_asset_that_fills_the_equity_and_no_more():
    # the best amount at no spread is 0.0033 / (3 · 1.42e-8), far above 1; but it earns less than the spread of 0.6 %
    assert merton_weights([0.0033], [[1.42e-8]], 3.0, 0.006, long_only=True).tolist() == [1.0]
