"""Covariances from returns: every estimator, side by side in one registry.

To add one, write one function here and mark it with :func:`estimator`. `COV_MATRIX`, its help, and the backtest find it
by its name.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, plural, positive
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.calendar import require_no_gaps
from rpxl.core.dates import Dates, check_row_dates
from rpxl.core.missing import MISSING, complete_rows, finite_or_missing, missing_word
from rpxl.errors import InputError

NEEDS = "a covariance needs two at least"

HALFLIFE = 63.0
"""Periods in which a weight of :func:`ewma_cov` halves: a quarter of daily returns."""

PAIRWISE = "pairwise"
"""The word for a covariance of each two assets from the rows that have both."""

_BLOCK = 64

Rows = Callable[..., Array]
"""Makes an annual covariance of complete rows of returns, shape (T, n), and the number of periods in a year."""


@dataclass(frozen=True)
class Estimator:
    """One way to estimate a covariance matrix."""

    name: str
    help: str
    """What it does, in a few words: the help of an option."""
    of_rows: Rows
    pairwise: Rows | None
    """The same for rows with missing values, where that is sound."""
    ordered: bool
    """Whether rows must be in the order of time, the oldest first."""

    @property
    def extras(self) -> tuple[str, ...]:
        """The names of the parameters that it takes beyond returns and periods."""
        return tuple(inspect.signature(self.of_rows).parameters)[2:]


ESTIMATORS: dict[str, Estimator] = {}
"""All of them by name, the default first."""


def estimator(name: str, help: str, pairwise: Rows | None = None, *, ordered: bool = False) -> Callable[[Rows], Rows]:
    """Put a function into the registry.

    Parameters
    ----------
    name : str
        The word by which users choose it.
    help : str
        What it does, in a few words.
    pairwise : callable, optional
        The same for rows with NaN where a value is missing.
    ordered : bool
        Whether the order of the rows matters: then dates must increase.
    """

    def mark(function: Rows) -> Rows:
        ESTIMATORS[name] = Estimator(name, help, function, pairwise, ordered)
        return function

    return mark


def find_estimator(method: str) -> Estimator:
    """Look up an estimator by its name; an unknown name's error lists the known ones."""
    return ESTIMATORS[choice(method, "method", tuple(ESTIMATORS))]


def estimator_of(method: str, **extras: Any) -> Rows:
    """Return an estimator for complete rows, with its extras set; see :func:`estimate_cov` for both."""
    chosen = find_estimator(method)
    return partial(chosen.of_rows, **_extras_of(chosen, extras))


def _extras_of(chosen: Estimator, extras: dict[str, Any]) -> dict[str, Any]:
    """Return the extras that are given, or say which estimator they are for."""
    given = {name: value for name, value in extras.items() if value is not None}
    for name in given:
        takers = [other.name for other in ESTIMATORS.values() if name in other.extras]
        if not takers:
            raise TypeError(f"no estimator takes {name}")
        if name not in chosen.extras:
            raise InputError(name, f"is for the method {' or '.join(takers)}; leave it out for {chosen.name}.")
    return given


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
        252 for daily returns, 12 for monthly; 1 leaves the covariance per period. Left out: what the dates tell, or
        252 without dates.
    missing : {"error", "drop_rows", "pairwise"}
        A missing return (NaN) is an error; or its row is left out for all assets; or each covariance is made from the
        rows that have both assets, which "sample" alone can do. Dates that skip a period are an error as well, unless
        this says otherwise.
    dates : array of shape (T,), optional
        The days of the rows, see :func:`rpxl.core.dates.check_row_dates`; increasing where the order matters, as it
        does for "ewma".
    **extras
        What the method takes beyond that, such as `halflife`; None stands for its default.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        A word is unknown; a return is missing or infinite; there are fewer than two rows; the dates don't tell the
        periods, contradict the number or skip a period; or an extra is wrong, or for another method.

    Examples
    --------
    >>> estimate_cov([[0.01, 0.02], [0.03, -0.02]], "sample", periods_per_year=1)
    array([[ 0.0002, -0.0004],
           [-0.0004,  0.0008]])
    """
    chosen = find_estimator(method)
    given = _extras_of(chosen, extras)
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
        raise InputError("returns", "are too large: their squares are out of range.")
    return np.asarray(cov)


def _missing_word(missing: object, chosen: Estimator) -> str:
    """Return what is to be done about missing values, which the estimator must be able to."""
    able = [other.name for other in ESTIMATORS.values() if other.pairwise is not None]
    if chosen.name not in able and isinstance(missing, str) and missing.strip().lower() == PAIRWISE:
        text = f"pairwise is for the method {' or '.join(able)}; for {chosen.name} choose drop_rows."
        raise InputError("missing", text)
    return missing_word(missing, (*MISSING, PAIRWISE) if chosen.name in able else MISSING)


# The estimators ------------------------------------------------------------------------------------------------------


def pairwise_cov(returns: Array, periods: float) -> Array:
    """Estimate each covariance from the rows that have both assets; NaN where a value is missing.

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
    """Do the work of :func:`sample_cov`, for returns that are known to be fine.

    The product is summed over blocks of rows, each too small for a linear algebra library to share among threads:
    with a few dozen assets, waiting for the threads takes ten times as long as the product itself.
    """
    count, size = returns.shape
    blocks = np.zeros((-(-count // _BLOCK), _BLOCK, size))
    blocks.reshape(-1, size)[:count] = from_mean(returns)  # the rows of zeros below add nothing
    return np.asarray((blocks.transpose(0, 2, 1) @ blocks).sum(axis=0) * (periods / (count - 1)))


@estimator("ewma", "weights halve every halflife periods into the past", ordered=True)
def _ewma(returns: Array, periods: float, halflife: float = HALFLIFE) -> Array:
    halflife = positive(halflife, "halflife")
    if halflife < 1.0:
        if halflife > 0.5:
            decay = f"A decay of {halflife:g} is a half-life of {np.log(0.5) / np.log(halflife):.3g}"
        else:
            decay = "RiskMetrics' decay of 0.94 is a half-life of 11.2"
        text = f"is {halflife:g}: less than one period. {decay}, which is ln(0.5) / ln(decay)."
        raise InputError("halflife", text)
    table, scale = _scaled(returns)
    weights = np.exp2(-np.arange(len(table))[::-1] / halflife)
    weighted = table * np.sqrt(weights / weights.sum())[:, None]
    return _annual(weighted.T @ weighted, scale, periods)


@estimator("ledoit_wolf", "shrunk towards equal variances, for few returns")
def _ledoit_wolf(returns: Array, periods: float) -> Array:
    table, scale = _scaled(returns)
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


def _scaled(table: Array) -> tuple[Array, float]:
    """Return the rows over the largest of them, which keeps their powers within range."""
    scale = float(np.abs(table).max())
    return (table / scale if scale > 0.0 else table), scale


def _annual(cov: Array, scale: float, periods: float) -> Array:
    annual = cov * scale * scale * periods
    return np.asarray(0.5 * (annual + annual.T))


# By their own names, in Python ---------------------------------------------------------------------------------------


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
        "pairwise", T and the means of each two assets are those of the rows that have both, as in pandas'
        ``DataFrame.cov``; such a matrix may need :func:`rpxl.nearest_psd`.

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
    """Estimate the covariance matrix with weights that halve every `halflife` periods into the past, annualised.

    Parameters
    ----------
    returns : array of shape (T, n)
        One row per period, oldest first; at least two.
    halflife : float
        In periods, 1 or more; it need not be whole. Periods are counted in rows that are left.
    periods_per_year, missing, dates
        See :func:`estimate_cov`.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        See :func:`estimate_cov`; or `halflife` is below 1, as the decay of RiskMetrics is.

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
        Positive definite, unless no return ever moves.

    Raises
    ------
    InputError
        See :func:`estimate_cov`.

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
    return estimate_cov(returns, "ledoit_wolf", periods_per_year, missing, dates)
