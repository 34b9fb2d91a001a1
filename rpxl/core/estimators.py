"""Covariances from returns, by any estimator of the registry.

How to add an estimator: see :mod:`rpxl.core.estimator_registry`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.core import sample_estimators, shrinkage  # noqa: F401  # they fill the registry, in this order
from rpxl.core.array_checks import Array, positive
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.calendar import require_no_gaps
from rpxl.core.dates import Dates, check_row_dates
from rpxl.core.estimator_registry import (  # noqa: F401  # found here, where the registry is full
    ESTIMATORS,
    Estimator,
    estimator,
    estimator_of,
    extras_of,
    find_estimator,
)
from rpxl.core.missing import MISSING, complete_rows, finite_or_missing, missing_word
from rpxl.core.sample_estimators import HALFLIFE, NEEDS
from rpxl.errors import InputError

PAIRWISE = "pairwise"
"""Option word: the covariance of two assets is estimated from the rows that have both."""


def estimate_cov(
    returns: npt.ArrayLike,
    method: str = "sample",
    periods_per_year: float | None = None,
    missing: str = "error",
    dates: Dates | None = None,
    **extras: Any,
) -> Array:
    """Estimate the annual covariance matrix of returns by the method of that name.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period, oldest first; at least two.
    method : str
        A name in `ESTIMATORS`.
    periods_per_year : float, optional
        252 for daily returns, 12 for monthly; 1 leaves the covariance per period. By default the dates tell it;
        without dates it is 252.
    missing : {"error", "drop_rows", "pairwise"}
        With "error", a missing return (NaN) is an error, and so are dates that skip a period. With "drop_rows", the row
        of a missing return is left out for all assets. With "pairwise", which only "sample" has, each covariance is
        estimated from the rows that have both assets.
    dates : array of shape (T,), optional
        The days of the rows, see :func:`rpxl.core.dates.check_row_dates`; increasing where the order matters, as it
        does for "ewma".
    **extras
        Further parameters of the method, such as `halflife`; None stands for the default.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        A word is unknown; a return is missing or infinite; there are fewer than two rows; the dates don't tell the
        periods per year, contradict the number given or skip a period; or an extra is wrong, or for another method.

    Examples
    --------
    >>> estimate_cov([[0.01, 0.02], [0.03, -0.02]], "sample", periods_per_year=1)
    array([[ 0.0002, -0.0004],
           [-0.0004,  0.0008]])
    """
    chosen = find_estimator(method)
    given = extras_of(chosen, extras)
    word = _missing_word(missing, chosen)
    if word == PAIRWISE:
        table = finite_or_missing(returns, "returns")
        used = np.flatnonzero(~np.isnan(table).all(axis=1))
    else:
        table, used = complete_rows(returns, "returns", word, NEEDS)
    if periods_per_year is not None:
        periods_per_year = positive(periods_per_year, "periods_per_year")
    if dates is not None:
        days = check_row_dates(dates, np.shape(returns)[0], "returns", used, ordered=chosen.ordered)
        dates = np.sort(days[~np.isnat(days)])
        if word == "error":
            require_no_gaps(dates, "returns")
    periods = periods_of(periods_per_year, dates)
    work = chosen.of_rows if word != PAIRWISE or chosen.pairwise is None else chosen.pairwise
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        cov = work(table, periods, **given)
    if not np.isfinite(cov).all():
        raise InputError("returns", "are too large: their squares can't be computed.")
    return np.asarray(cov)


def _missing_word(missing: object, chosen: Estimator) -> str:
    """Return the option word for missing values; refuse "pairwise" for an estimator without such a version."""
    able = [other.name for other in ESTIMATORS.values() if other.pairwise is not None]
    if chosen.name not in able and isinstance(missing, str) and missing.strip().lower() == PAIRWISE:
        text = f"pairwise is for the method {' or '.join(able)}; for {chosen.name} choose drop_rows."
        raise InputError("missing", text)
    return missing_word(missing, (*MISSING, PAIRWISE) if chosen.name in able else MISSING)


# One function each, for Python ---------------------------------------------------------------------------------------


def sample_cov(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    missing: str = "error",
    dates: Dates | None = None,
) -> Array:
    """Estimate the covariance matrix of returns, annualised.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period; at least two.
    periods_per_year, missing, dates
        See :func:`estimate_cov`.

    Returns
    -------
    array of shape (n, n)
        The unbiased estimate, Σ (r - mean)(r - mean)' / (T - 1), times the periods per year. With missing =
        "pairwise", T and the means are, for each two assets, those of the rows that have both, as in pandas'
        ``DataFrame.cov``; such a matrix may not be positive semi-definite, see :func:`rpxl.nearest_psd`.

    Raises
    ------
    InputError
        See :func:`estimate_cov`.

    Examples
    --------
    >>> sample_cov([[0.01, 0.02], [0.03, -0.02]], periods_per_year=1)
    array([[ 0.0002, -0.0004],
           [-0.0004,  0.0008]])
    """
    return estimate_cov(returns, "sample", periods_per_year, missing, dates)


def ewma_cov(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    halflife: float = HALFLIFE,
    missing: str = "error",
    dates: Dates | None = None,
) -> Array:
    """Estimate the covariance matrix with weights that halve with every `halflife` periods into the past, annualised.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period, oldest first; at least two.
    halflife : float
        In periods, 1 or more; it need not be whole. A period is a row that is kept.
    periods_per_year, missing, dates
        See :func:`estimate_cov`.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        See :func:`estimate_cov`; or `halflife` is below 1, such as a decay of 0.94 given as a half-life.

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
    return estimate_cov(returns, "ewma", periods_per_year, missing, dates, halflife=halflife)


def ledoit_wolf_cov(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    missing: str = "error",
    dates: Dates | None = None,
) -> Array:
    """Estimate the covariance matrix by shrinking the sample towards equal variances without correlation, annualised.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period; at least two. There may be fewer than assets.
    periods_per_year, missing, dates
        See :func:`estimate_cov`.

    Returns
    -------
    array of shape (n, n)
        Positive definite, unless the returns of every asset are constant.

    Raises
    ------
    InputError
        See :func:`estimate_cov`.

    Notes
    -----
    Ledoit & Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", section 3.3:

        Σ* = (b²/d²) m I + (1 - b²/d²) S,

    with S = Σ x x' / T for the T deviations x from the mean, m = tr S / n, d² = ‖S - m I‖², b² the smaller of d² and
    Σ ‖x x' - S‖² / T², and ‖A‖² = tr AA' / n. S is divided by T, as in the paper and scikit-learn, and the sample
    covariance by T - 1: without shrinkage the two would differ by that factor.

    Examples
    --------
    >>> ledoit_wolf_cov([[0.01, 0.02], [0.03, -0.02]], periods_per_year=1).round(7)
    array([[ 0.0001, -0.0002],
           [-0.0002,  0.0004]])
    """
    return estimate_cov(returns, "ledoit_wolf", periods_per_year, missing, dates)
