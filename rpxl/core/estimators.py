"""Covariances from returns beyond the plain sample, and what to do about values that are missing."""

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, first_cell, floats, plural, positive
from rpxl.errors import InputError

MISSING = ("refuse", "drop_rows")
"""What may be done about missing values."""

NEEDS = "a covariance needs two at least"

HALFLIFE = 63.0
"""Periods in which a weight of :func:`ewma_cov` halves: a quarter of daily returns."""


def complete_rows(values: npt.ArrayLike, argument: str, missing: str, needs: str) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the rows of a table without missing values, two at least, and where they stood.

    Parameters
    ----------
    values : array of shape (T, n)
        NaN, or masked, where a value is missing.
    argument : str
        What the error calls the table.
    missing : {"refuse", "drop_rows"}
        A missing value is an error, or its whole row is left out.
    needs : str
        What two rows are needed for, in words.

    Returns
    -------
    rows : array of shape (m, n)
    places : array of shape (m,)
        Their indices in `values`.

    Raises
    ------
    InputError
        A value is missing and `missing` is "refuse"; fewer than two rows are left; a cell is infinite or no number;
        or `missing` is unknown.
    """
    missing = choice(missing, "missing", MISSING)
    table = floats(values, argument, 2)
    if np.isinf(table).any():
        place = first_cell(np.isinf(table))
        raise InputError(argument, f"{{0}} is {table[place]}, not a finite number.", place)
    gaps = np.isnan(table)
    incomplete = gaps.any(axis=1)
    if incomplete.any() and missing == "refuse":
        told = f"{int(incomplete.sum())} of {plural(len(table), 'row')} lack a value"
        text = f"{{0}} is missing; {told}. Fill in what is missing, or leave those rows out: missing = drop_rows."
        raise InputError(argument, text, first_cell(gaps), missing=True)
    left = len(table) - int(incomplete.sum())
    if left < 2:
        complete = f", {left} of them complete" if incomplete.any() else ""
        rows = "one row" if len(table) == 1 else f"{len(table)} rows"
        raise InputError(argument, f"has {rows}{complete}; {needs}.", missing=bool(incomplete.any()))
    return table[~incomplete], np.flatnonzero(~incomplete)


def count_incomplete(values: npt.ArrayLike, argument: str = "data") -> int:
    """Return how many rows of a table lack a value: how many "drop_rows" leaves out.

    Parameters
    ----------
    values : array of shape (T, n)
        NaN, or masked, where a value is missing.
    argument : str
        What the error calls the table.

    Returns
    -------
    int

    Raises
    ------
    InputError
        It is not a table of numbers.

    Examples
    --------
    >>> count_incomplete([[0.01, 0.02], [np.nan, 0.01], [0.0, np.nan]])
    2
    """
    return int(np.isnan(floats(values, argument, 2)).any(axis=1).sum())


def ewma_cov(
    returns: npt.ArrayLike, periods_per_year: float = 252.0, halflife: float = HALFLIFE, missing: str = "refuse"
) -> Array:
    """Estimate the covariance matrix with weights that halve every `halflife` periods into the past, annualised.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period, oldest first; at least two.
    periods_per_year : float
        252 for daily returns, 12 for monthly; 1 leaves the covariance per period.
    halflife : float
        In periods, above 0; it need not be whole.
    missing : {"refuse", "drop_rows"}
        See :func:`complete_rows`. Periods are counted in rows that are left.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        See :func:`complete_rows`; fewer than two rows, or `periods_per_year` or `halflife` not above 0.

    Notes
    -----
    Σ δᵏ r r' / Σ δᵏ, with k = 0 for the last row, 1 for the one before, and the decay δ = ½^(1/halflife). Means are
    taken to be 0. J.P. Morgan/Reuters (1996), "RiskMetrics Technical Document", 4th edition, section 5.2; the weights
    are divided by their sum, as the history is finite. Its decay of 0.94 for daily returns is a halflife of 11.2 days.

    Examples
    --------
    >>> ewma_cov([[0.02], [0.01]], periods_per_year=1, halflife=1)  # (0.0004 / 2 + 0.0001) / (1 / 2 + 1)
    array([[0.0002]])
    """
    halflife = positive(halflife, "halflife")
    table, scale, periods = _scaled(returns, periods_per_year, missing)
    weights = np.exp2(-np.arange(len(table))[::-1] / halflife)
    weighted = table * np.sqrt(weights / weights.sum())[:, None]
    return _annual(weighted.T @ weighted, scale, periods)


def ledoit_wolf_cov(returns: npt.ArrayLike, periods_per_year: float = 252.0, missing: str = "refuse") -> Array:
    """Estimate the covariance matrix by shrinking the sample towards equal variances without correlation, annualised.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period; at least two. There may be fewer than assets.
    periods_per_year : float
        252 for daily returns, 12 for monthly; 1 leaves the covariance per period.
    missing : {"refuse", "drop_rows"}
        See :func:`complete_rows`.

    Returns
    -------
    array of shape (n, n)
        Positive definite, unless no return ever moves.

    Raises
    ------
    InputError
        See :func:`complete_rows`; fewer than two rows, or `periods_per_year` not above 0.

    Notes
    -----
    Ledoit & Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", section 3.3:

        Σ* = (b²/d²) m I + (1 - b²/d²) S,

    with S = Σ x x' / T of the T deviations x from the mean, m = tr S / n, d² = ‖S - m I‖², b² the smaller of d² and
    Σ ‖x x' - S‖² / T², and ‖A‖² = tr AA' / n. S divides by T, as the paper and scikit-learn do, where the sample
    covariance divides by T - 1: without shrinkage the two would differ by that factor.

    Examples
    --------
    >>> ledoit_wolf_cov([[0.01, 0.02], [0.03, -0.02]], periods_per_year=1).round(7)
    array([[ 0.0001, -0.0002],
           [-0.0002,  0.0004]])
    """
    table, scale, periods = _scaled(returns, periods_per_year, missing)
    deviations = from_mean(table)
    rows, size = deviations.shape
    sample = deviations.T @ deviations / rows
    mean = sample.trace() / size
    target = mean * np.eye(size)
    distance = ((sample - target) ** 2).sum()
    squares = (deviations**2).sum(axis=1)
    error = max(float(((squares**2).sum() / rows - (sample**2).sum()) / rows), 0.0)
    intensity = min(error / distance, 1.0) if distance > 0.0 else 1.0
    return _annual(intensity * target + (1.0 - intensity) * sample, scale, periods)


def from_mean(table: Array) -> Array:
    """Return how far each row lies from the mean of all."""
    deviations: Array = table - table[0]  # a column that never moves becomes 0, not the rounding error of its mean
    deviations -= deviations.mean(axis=0)
    return deviations


def _scaled(returns: npt.ArrayLike, periods_per_year: float, missing: str) -> tuple[Array, float, float]:
    """Return the rows to estimate from, over the largest of them, which keeps their powers within range."""
    table = complete_rows(returns, "returns", missing, NEEDS)[0]
    periods = positive(periods_per_year, "periods_per_year")
    scale = float(np.abs(table).max())
    return (table / scale if scale > 0.0 else table), scale, periods


def _annual(cov: Array, scale: float, periods: float) -> Array:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        annual = cov * scale * scale * periods
    if not np.isfinite(annual).all():
        raise InputError("returns", "are too large: their squares are out of range.")
    return np.asarray(0.5 * (annual + annual.T))
