"""Estimators without shrinkage: with equal weights, with higher weights for recent rows, or of shortfalls only."""

import numpy as np

from rpxl.core.array_checks import Array, number, plural, positive
from rpxl.core.estimator_registry import estimator
from rpxl.errors import InputError

NEEDS = "a covariance needs two or more"

HALFLIFE = 63.0
"""The default half-life of the estimator "ewma", in periods: a quarter of a year of daily returns."""

_BLOCK = 64


def pairwise_cov(returns: Array, periods: float) -> Array:
    """Estimate each covariance from the rows that have both assets, for returns with NaN where a value is missing.

    Examples
    --------
    >>> pairwise_cov(np.array([[0.01, 0.02], [0.03, -0.02], [0.05, np.nan]]), 1.0).round(12)
    array([[ 0.0004, -0.0004],
           [-0.0004,  0.0008]])
    """
    known = ~np.isnan(returns)
    size = returns.shape[1]
    cov = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            both = known[:, i] & known[:, j]
            if np.count_nonzero(both) < 2:
                whose = f"asset {i + 1} has" if i == j else f"assets {j + 1} and {i + 1} share"
                text = f"{whose} {plural(int(both.sum()), 'row')} of returns; {NEEDS}. Leave one out, or fill in."
                raise InputError("returns", text, missing=True)
            pair = from_mean(returns[both][:, [i, j]])
            cov[i, j] = cov[j, i] = pair[:, 0] @ pair[:, 1] * (periods / (len(pair) - 1))
    return cov


@estimator("sample", "the unbiased sample covariance", pairwise=pairwise_cov)
def cov_of_rows(returns: Array, periods: float) -> Array:
    """Estimate the sample covariance of checked returns, see :func:`rpxl.sample_cov`.

    The product is summed over blocks of rows, each too small for a linear algebra library to divide among threads:
    with a few dozen assets, waiting for the threads takes ten times as long as the product itself.
    """
    count, size = returns.shape
    blocks = np.zeros((-(-count // _BLOCK), _BLOCK, size))
    blocks.reshape(-1, size)[:count] = from_mean(returns)  # the zeros in the last block add nothing
    return np.asarray((blocks.transpose(0, 2, 1) @ blocks).sum(axis=0) * (periods / (count - 1)))


@estimator("ewma", "weights halve every halflife periods into the past", ordered=True)
def _ewma(returns: Array, periods: float, halflife: float | None = None, decay: float | None = None) -> Array:
    halflife = _halflife(halflife, decay)
    table, scale = scaled(returns)
    weights = np.exp2(-np.arange(len(table))[::-1] / halflife)
    weighted = table * np.sqrt(weights / weights.sum())[:, None]
    return annualised(weighted.T @ weighted, scale, periods)


@estimator("semi", "shortfalls below the threshold only")
def semi_covariance(returns: Array, periods: float, threshold: float = 0.0) -> Array:
    """Estimate covariances of shortfalls below a threshold, which is a return per period.

    Notes
    -----
    Estrada (2008), "Mean-semivariance optimization: a heuristic approach": the mean of min(rᵢ - B, 0) min(rⱼ - B, 0).
    """
    table, scale = scaled(np.minimum(returns - number(threshold, "threshold"), 0.0))
    return annualised(table.T @ table / len(table), scale, periods)


def _halflife(halflife: float | None, decay: float | None) -> float:
    """Return the half-life in periods, from a half-life or a decay; the default without either."""
    if decay is not None:
        if halflife is not None:
            raise InputError("decay", "and halflife are two ways to say the same. Give only one of them.")
        factor = number(decay, "decay")
        if not 0.5 <= factor < 1.0:
            text = f"is {factor:g}; it must be at least 0.5 and below 1, as RiskMetrics' 0.94."
            raise InputError("decay", text)
        return float(np.log(0.5) / np.log(factor))
    if halflife is None:
        return HALFLIFE
    periods = positive(halflife, "halflife")
    if periods < 1.0:
        told = "RiskMetrics' decay of 0.94 is a half-life of 11.2"
        if periods > 0.5:
            told = f"A decay of {periods:g} is a half-life of {np.log(0.5) / np.log(periods):.3g}"
        text = f"is {periods:g}: less than one period. {told}, which is ln(0.5) / ln(decay); or give it as the decay."
        raise InputError("halflife", text)
    return periods


def from_mean(table: Array) -> Array:
    """Return the deviations of the rows from their mean."""
    deviations: Array = table - table[0]  # a constant column becomes exactly 0, without the rounding error of its mean
    deviations -= deviations.mean(axis=0)
    return deviations


def scaled(table: Array) -> tuple[Array, float]:
    """Return a table over its largest absolute value, so that its powers stay within range, and that value."""
    scale = float(np.abs(table).max())
    return (table / scale if scale > 0.0 else table), scale


def annualised(cov: Array, scale: float, periods: float) -> Array:
    """Return the annual covariance, exactly symmetric, from that of returns divided by `scale`."""
    annual = cov * scale * scale * periods
    return np.asarray(0.5 * (annual + annual.T))
