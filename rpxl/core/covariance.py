"""Covariance matrices: built from volatilities and correlations, split into these, and repaired. Returns of prices."""

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array, choice, not_negative, vector
from rpxl.core.calendar import require_no_gaps
from rpxl.core.cov_checks import SYMMETRY_TOLERANCE, check_cov, diagnose_cov, examine_cov, validate_cov
from rpxl.core.dates import Dates, check_row_dates
from rpxl.core.missing import complete_rows, missing_word
from rpxl.errors import ConvergenceError, InputError

__all__ = [
    "check_cov",
    "cov_from_vols",
    "diagnose_cov",
    "nearest_psd",
    "returns_from_prices",
    "split_cov",
    "vols",
]


def returns_from_prices(
    prices: npt.ArrayLike, kind: str = "simple", missing: str = "error", dates: Dates | None = None
) -> Array:
    """Turn prices into returns.

    Parameters
    ----------
    prices : array of shape (T, n)
        One row per date, oldest first; all above 0.
    kind : {"simple", "log"}
        ``p[t] / p[t-1] - 1`` or its logarithm ``ln(p[t] / p[t-1])``.
    missing : {"error", "drop_rows"}
        With "error", a missing price (NaN) is an error, and so are dates that skip a period. With "drop_rows", the date
        of a missing price is left out for all assets. The next return then spans the gap: it runs from the last
        complete date to the next one.
    dates : array of shape (T,), optional
        The days of the rows, see :func:`rpxl.core.dates.check_dates`.

    Returns
    -------
    array of shape (T - 1, n)
        T is the number of dates that are kept.

    Raises
    ------
    InputError
        A price is missing, or not a finite number above 0; there are fewer than two dates, or they skip a period; or a
        word is unknown.

    Examples
    --------
    >>> returns_from_prices([[100.0, 50.0], [110.0, 45.0]])
    array([[ 0.1, -0.1]])
    """
    kind = choice(kind, "kind", ("simple", "log"))
    table, places = complete_rows(prices, "prices", missing, "a return needs two dates")
    if dates is not None:
        days = check_row_dates(dates, len(np.asarray(prices)), "prices", places)
        if missing_word(missing) == "error":
            require_no_gaps(days, "prices")
    refuse_prices(table, places)
    return steps_between(table, kind, places)


def refuse_prices(table: Array, places: npt.NDArray[np.intp]) -> None:
    """Refuse a price of 0 or below; NaN, a missing price, is accepted. `places` are the rows in the user's table."""
    wrong = table <= 0.0
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        text = f"{{0}} is {table[row, column]:.6g}. A price must be above 0."
        raise InputError("prices", text, (int(places[row]), column))


def steps_between(table: Array, kind: str, places: npt.NDArray[np.intp]) -> Array:
    """Return the returns of prices above 0; raise an InputError where a return is beyond the range of float64."""
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        returns = np.diff(table, axis=0) / table[:-1] if kind == "simple" else np.log(table[1:] / table[:-1])
    if not np.isfinite(returns).all():
        row, column = np.argwhere(~np.isfinite(returns))[0].tolist()
        step = ((int(places[row]), column), (int(places[row + 1]), column))
        raise InputError(
            "prices", "the return from {0} to {1} is too large or too small to compute. Correct one of the two.", *step
        )
    return np.asarray(returns)


def cov_from_vols(vols: npt.ArrayLike, corr: npt.ArrayLike) -> Array:
    """Build a covariance matrix from volatilities and correlations.

    Parameters
    ----------
    vols : array of shape (n,)
        Volatilities, 0 or above, usually annual: the covariances are per the same period.
    corr : array of shape (n, n)
        Correlation matrix: symmetric, 1 on the diagonal, positive semi-definite.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        A negative volatility, a matrix that is no correlation matrix, or sizes that differ.

    Examples
    --------
    >>> cov_from_vols([0.15, 0.05], [[1.0, -0.2], [-0.2, 1.0]])
    array([[ 0.0225, -0.0015],
           [-0.0015,  0.0025]])
    """
    correlations = check_cov(corr, "corr")
    off = np.abs(correlations.diagonal() - 1.0) > SYMMETRY_TOLERANCE
    if off.any():
        i = int(off.argmax())
        raise InputError("corr", f"{{0}} is {correlations[i, i]:.6g}; the diagonal must be 1.", (i, i))
    np.fill_diagonal(correlations, 1.0)
    deviations = vector(vols, "vols", len(correlations), per="corr")
    not_negative(deviations, "vols", "A volatility")
    with np.errstate(over="ignore", under="ignore"):
        products = np.outer(deviations, deviations)
    lost = ~np.isfinite(products.diagonal()) | ((products.diagonal() == 0.0) & (deviations > 0.0))
    if lost.any():
        i = int(lost.argmax())
        raise InputError("vols", f"{{0}} is {deviations[i]:.6g}: its square is too large or too small to compute.", i)
    return products * correlations


def split_cov(cov: npt.ArrayLike) -> tuple[Array, Array]:
    """Split a covariance matrix into volatilities and correlations.

    Parameters
    ----------
    cov : array of shape (n, n)

    Returns
    -------
    vols : array of shape (n,)
    corr : array of shape (n, n)
        Exactly symmetric, exactly 1 on the diagonal, nothing beyond -1 and 1.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or a variance is 0: nothing correlates with an asset that never moves.

    Examples
    --------
    >>> vols, corr = split_cov([[0.04, 0.01], [0.01, 0.01]])
    >>> vols
    array([0.2, 0.1])
    >>> corr
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    parts = validate_cov(cov)
    for i in np.flatnonzero(parts.vols == 0.0).tolist():
        raise InputError("cov", "{0} is 0: an asset without variance has no correlations. Leave it out.", (i, i))
    return parts.vols, np.clip(parts.corr, -1.0, 1.0)


def vols(cov: npt.ArrayLike) -> Array:
    """Return the volatilities of a covariance matrix, the square roots of its diagonal.

    Parameters
    ----------
    cov : array of shape (n, n)

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    InputError
        `cov` is no covariance matrix.

    Examples
    --------
    >>> vols([[0.04, 0.01], [0.01, 0.01]])
    array([0.2, 0.1])
    """
    return validate_cov(cov).vols


def nearest_psd(cov: npt.ArrayLike) -> Array:
    """Repair a matrix that is not positive semi-definite: the variances are kept, the correlations are changed.

    Parameters
    ----------
    cov : array of shape (n, n)
        Square, symmetric, no negative variance; correlations may be inconsistent or beyond -1 and 1.

    Returns
    -------
    array of shape (n, n)
        The covariance matrix with the same variances whose correlation matrix is nearest in the Frobenius norm. A
        valid matrix is returned as it is.

    Raises
    ------
    InputError
        The matrix is not square or not symmetric, a cell is not finite, or a variance is negative.
    ConvergenceError
        The iteration did not converge.

    Notes
    -----
    The nearest correlation matrix to C is the positive part of C + diag(y), for the y that gives it a diagonal of
    ones (Higham 2002, "Computing the nearest correlation matrix"; Qi & Sun 2006). The excess of the diagonal over ones
    is the gradient of a convex function of y; gradient steps with the length of Barzilai & Borwein (1988), at least 1,
    bring it to 0. With all lengths equal to 1 this would be Higham's method of alternating projections (algorithm 3.3).

    Examples
    --------
    >>> repaired = nearest_psd([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    >>> repaired.round(4)
    array([[1.    , 0.7607, 0.1573],
           [0.7607, 1.    , 0.7607],
           [0.1573, 0.7607, 1.    ]])
    """
    parts, problem = examine_cov(cov)
    if problem is None:
        return np.array(parts.cov)
    products = np.outer(parts.vols, parts.vols)
    repaired = products * _nearest_correlation(parts.corr)
    np.fill_diagonal(repaired, parts.cov.diagonal())
    return check_cov(repaired)


def _nearest_correlation(corr: Array, tolerance: float = 1e-12, limit: int = 5000) -> Array:
    """Find the diagonal for which the positive part of the matrix has a diagonal of ones, and return that part."""
    diagonal = np.ones(len(corr))
    moved, before = np.zeros_like(diagonal), np.zeros_like(diagonal)
    target = corr.copy()
    for _ in range(limit):
        np.fill_diagonal(target, diagonal)
        values, vectors = linalg.eigenvectors(target)
        semidefinite = (vectors * np.maximum(values, 0.0)) @ vectors.T
        excess = semidefinite.diagonal() - 1.0
        if np.linalg.norm(excess) <= tolerance * np.linalg.norm(semidefinite):
            # The diagonal differs from 1 by rounding only; scaling rows and columns alike keeps it semi-definite.
            scale = np.sqrt(semidefinite.diagonal())
            nearest = semidefinite / np.outer(scale, scale)
            return np.asarray(np.clip(0.5 * (nearest + nearest.T), -1.0, 1.0))
        change = excess - before
        step = max(float(moved @ change) / max(float(change @ change), 1e-300), 1.0)
        moved, before = -step * excess, excess
        diagonal = diagonal + moved
    raise ConvergenceError("NEAREST_PSD did not converge; the matrix is too far from any correlation matrix.")
