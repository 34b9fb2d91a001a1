"""The checks of a covariance matrix: one function for each, run until the first fault or all at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array, exact_sum, finite_problem, floats, numbers, plural, vector
from rpxl.core.cholesky import LARGE, Floats, factorises, is_clearly_definite, is_symmetric
from rpxl.core.threads import few_threads
from rpxl.errors import InputError

EPS = float(np.finfo(np.float64).eps)

SMALLEST_VARIANCE = float(np.finfo(np.float64).tiny)
"""The smallest number that float64 holds with all its digits."""

SYMMETRY_TOLERANCE = 1e-9
"""Largest difference between the two halves of a matrix, relative to the product of the two volatilities."""

HIGHEST_VOL, LOWEST_VOL = 3.0, 0.0005
"""Annual volatilities: above the first, returns are probably in percent; below the second, they are probably daily."""

LARGEST_CONDITION = 1e10
"""Condition number of the correlations up to which the solver has been tested to be accurate."""

_TILE = 64  # rows of a large matrix that are scaled at a time


class CovParts:
    """A covariance matrix, with its volatilities and correlations.

    Attributes
    ----------
    cov : array of shape (n, n)
        May be the caller's own array: don't write to it.
    vols : array of shape (n,)
    """

    def __init__(self, cov: Array) -> None:
        self.cov = cov
        self.vols = np.sqrt(cov.diagonal())

    @cached_property
    def corr(self) -> Array:
        """The correlations, shape (n, n); those of an asset without variance are 0."""
        divisors = self._divisors()
        with np.errstate(over="ignore", invalid="ignore"):
            corr = np.multiply.outer(divisors, divisors)
            np.divide(self.cov, corr, out=corr)
        corr.reshape(-1)[:: len(corr) + 1] = 1.0
        return corr

    @cached_property
    def rough(self) -> Floats:
        """The correlations, shape (n, n); for many assets in float32, which halves the time of products."""
        size, divisors = len(self.vols), self._divisors()
        largest = divisors.max()
        if size < LARGE or largest > 1e30 * divisors.min():  # beyond the range of float32
            return self.corr
        result = np.empty((size, size), dtype=np.float32)
        factors = largest / divisors
        last = factors.astype(np.float32)
        for i in range(0, size, _TILE):
            tile = result[i : i + _TILE]
            tile[...] = self.cov[i : i + _TILE] * (factors[i : i + _TILE, None] / largest / largest)
            tile *= last
        result.reshape(-1)[:: size + 1] = 1.0
        return result

    def _divisors(self) -> Array:
        return self.vols if self.vols.all() else np.where(self.vols > 0.0, self.vols, 1.0)


def check_cov(cov: npt.ArrayLike, argument: str = "cov") -> Array:
    """Return a covariance matrix as a new, exactly symmetric array, or raise an error that says what is wrong.

    Parameters
    ----------
    cov : array of shape (n, n)
    argument : str
        The name of the matrix in the error.

    Returns
    -------
    array of shape (n, n)

    Raises
    ------
    InputError
        The matrix is not square; a cell is not finite; a variance is negative; an asset without variance has
        covariances; the two halves differ by more than 1e-9 of the product of the volatilities; or the matrix is
        not positive semi-definite, rounding errors aside.

    Notes
    -----
    No check depends on the units of returns. Definiteness is that of the correlation matrix: it has a Cholesky
    factorisation, or no eigenvalue is below -64 n ε, with the rounding error ε = 2.2e-16. So a sample covariance of
    fewer returns than assets is accepted.

    Examples
    --------
    >>> check_cov([[4, 1], [1, 9]])
    array([[4., 1.],
           [1., 9.]])
    >>> check_cov([[0.04, 0.01], [0.02, 0.09]])
    Traceback (most recent call last):
        ...
    rpxl.errors.InputError: cov: row 1, column 2 is 0.01, but row 2, column 1 is 0.02. The two must be equal.
    """
    return np.array(validate_cov(cov, argument).cov)


def validate_cov(cov: npt.ArrayLike, argument: str = "cov") -> CovParts:
    """Check a covariance matrix as :func:`check_cov` does, and return it with its volatilities and correlations."""
    parts, problem = examine_cov(cov, argument)
    refuse(problem)
    return parts


def require_positive_variances(cov: npt.ArrayLike) -> CovParts:
    """Check a covariance matrix as :func:`validate_cov` does, and refuse variances of 0."""
    parts = validate_cov(cov)
    for i in np.flatnonzero(parts.vols == 0.0).tolist():
        raise InputError("cov", "{0} is 0: an asset without variance is cash. Leave it out.", (i, i))
    return parts


def examine_cov(cov: npt.ArrayLike, argument: str = "cov") -> tuple[CovParts, InputError | None]:
    """Return the parts of a matrix, and an error if it is not positive semi-definite; raise for every other fault."""
    matrix = floats(cov, argument, 2, fresh=False)
    refuse(shape_problem(matrix, argument))
    refuse(finite_problem(matrix, argument))
    with few_threads(len(matrix)):
        whole = matrix.diagonal().min() >= SMALLEST_VARIANCE and is_symmetric(matrix)
        parts = CovParts(matrix) if whole else _with_equal_halves(matrix, argument)
        if _is_definite(parts):
            return parts, None
        return parts, correlation_problem(matrix, argument) or definiteness_problem(eigenvalues(matrix), argument)


def _is_definite(parts: CovParts) -> bool:
    if len(parts.vols) >= LARGE:
        return is_clearly_definite(parts.rough) or factorises(CovParts(parts.cov).corr)  # the copy is overwritten
    return linalg.is_positive_definite(parts.corr)


def _with_equal_halves(matrix: Array, argument: str) -> CovParts:
    """Return the parts of the mean of the two halves, which may differ by rounding; a variance may be 0."""
    refuse(variance_problem(matrix, argument))
    refuse(symmetry_problem(matrix, argument))
    half = 0.5 * matrix
    return CovParts(half + half.T)


def refuse(problem: InputError | None) -> None:
    """Raise a problem if there is one."""
    if problem is not None:
        raise problem


def shape_problem(matrix: Array, argument: str) -> InputError | None:
    """Return an error where a matrix is not square, else None."""
    rows, columns = matrix.shape
    if rows == columns:
        return None
    sizes = f"{plural(rows, 'row')} and {plural(columns, 'column')}"
    return InputError(argument, f"has {sizes}; a covariance matrix is square.")


def variance_problem(matrix: Array, argument: str) -> InputError | None:
    """Return an error where a variance is negative, or is 0 and the asset has covariances; else None."""
    variances = matrix.diagonal()
    for i in np.flatnonzero(variances < SMALLEST_VARIANCE).tolist():
        if variances[i] < 0.0:
            return InputError(argument, f"{{0}} is {variances[i]:.6g}. A variance cannot be negative.", (i, i))
        if variances[i] > 0.0:
            return InputError(argument, f"{{0}} is {variances[i]:.6g}, too small to compute with.", (i, i))
        for j in np.flatnonzero((matrix[i] != 0.0) | (matrix[:, i] != 0.0)).tolist():
            cell = (i, j) if matrix[i, j] != 0.0 else (j, i)
            text = f"{{0}} is {matrix[cell]:.6g}, but the variance in {{1}} is 0: the covariance must be 0 too."
            return InputError(argument, text, cell, (i, i))
    return None


def symmetry_problem(matrix: Array, argument: str) -> InputError | None:
    """Return an error where the two halves differ, else None."""
    scale = np.sqrt(np.abs(matrix.diagonal()))
    scale[~(scale > 0.0)] = 1.0
    with np.errstate(over="ignore", invalid="ignore"):  # another check finds infinities
        gaps = np.nan_to_num(np.abs(matrix - matrix.T) / scale[:, None] / scale, nan=0.0)
    i, j = widest(gaps)
    if gaps[i, j] <= SYMMETRY_TOLERANCE:
        return None
    one, other = f"{matrix[i, j]:.6g}", f"{matrix[j, i]:.6g}"
    if one == other:
        one, other = f"{matrix[i, j]:.17g}", f"{matrix[j, i]:.17g}"
    text = f"{{0}} is {one}, but {{1}} is {other}. The two must be equal."
    return InputError(argument, text, (i, j), (j, i))


def correlation_problem(matrix: Array, argument: str) -> InputError | None:
    """Return an error where a correlation is beyond -1 or 1, else None; assets without variance are left out."""
    with np.errstate(invalid="ignore"):
        corr = np.nan_to_num(CovParts(np.where(np.eye(len(matrix)) > 0, np.abs(matrix), matrix)).corr, nan=0.0)
    i, j = widest(np.abs(corr))
    if abs(corr[i, j]) <= 1.0 + SYMMETRY_TOLERANCE:
        return None
    text = f"{{0}} is {matrix[i, j]:.6g}, a correlation of {corr[i, j]:.6g}. It must lie between -1 and 1."
    return InputError(argument, text, (i, j))


def eigenvalues(matrix: Array) -> Array:
    """Return the eigenvalues of the correlations of a covariance matrix, smallest first."""
    return linalg.eigenvalues(CovParts(matrix).corr)


def definiteness_problem(values: Array, argument: str) -> InputError | None:
    """Return an error where eigenvalues, smallest first, show that a portfolio has a negative variance; else None."""
    smallest = float(values[0])
    if smallest >= -64.0 * values.size * EPS:
        return None
    text = (
        f"is not positive semi-definite: the smallest eigenvalue of its correlations is {smallest:.6g}. "
        "Repair it with NEAREST_PSD, or use a shrinkage estimate."
    )
    return InputError(argument, text)


def condition_problem(condition: float, argument: str) -> InputError | None:
    """Return an error where a condition number is too high for accurate weights, else None."""
    if condition <= LARGEST_CONDITION:
        return None
    text = (
        f"is close to singular: the condition number of its correlations is {condition:.3g}. "
        "Use more returns than assets, a shrinkage estimate, or leave out near-duplicates."
    )
    return InputError(argument, text)


def volatility_warning(vols: Array, argument: str) -> InputError | None:
    """Return a warning where a volatility is as high as that of returns in percent, or as low as that of a day."""
    for i in np.flatnonzero(vols > HIGHEST_VOL).tolist():
        text = f"{{0}} is {vols[i] ** 2:.6g}, a volatility of {vols[i]:.0%}: are these percent? Write 1 % as 0.01."
        return InputError(argument, text, (i, i))
    for i in np.flatnonzero((vols > 0.0) & (vols < LOWEST_VOL)).tolist():
        text = f"{{0}} is {vols[i] ** 2:.6g}, a volatility of {vols[i]:.2g}: daily figures? Give annual ones."
        return InputError(argument, text, (i, i))
    return None


def weights_warning(weights: Array, argument: str) -> InputError | None:
    """Return a warning where weights sum to about 100, as those in percent do; else None."""
    total = exact_sum(weights)
    if abs(total - 100.0) > 1.0:
        return None
    return InputError(argument, f"sum to {total:.6g}, not to about 1: are these percent? Write 60 % as 0.6.")


def condition_number(values: Array) -> float:
    """Return the largest eigenvalue over the smallest; infinite where the smallest is 0 up to rounding."""
    if values[0] <= 64.0 * values.size * EPS:
        return float("inf")
    return float(values[-1] / values[0])


def widest(gaps: Array) -> tuple[int, int]:
    """Return the row and the column of the largest value of a symmetric matrix, in its upper half."""
    row, column = divmod(int(gaps.argmax()), len(gaps))
    return min(row, column), max(row, column)


@dataclass(frozen=True)
class Finding:
    """The result of one check of :func:`diagnose_cov`."""

    check: str
    """The name of the check, such as "symmetry"."""
    passed: bool
    finding: str
    """What was found, in words."""
    problem: InputError | None = None
    """The error that other functions would raise, with its cells; where `passed`, a warning or None."""


def diagnose_cov(cov: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> list[Finding]:
    """List all that is wrong with a covariance matrix, and with weights for it.

    Parameters
    ----------
    cov : array of shape (n, n)
    weights : array of shape (n,), optional

    Returns
    -------
    list of Finding
        In this order: shape, numbers, symmetry, variances, correlations, definiteness, condition, volatilities; then,
        when weights are given, weights. A wrong matrix never raises. A check that can't be made because of an earlier
        finding counts as not passed, and says so. Volatilities above 300 % or below 0.05 %, and weights that sum to
        about 100, are possible: they pass, with a warning.

    Examples
    --------
    >>> for found in diagnose_cov([[0.04, 0.01], [0.02, -0.09]]):
    ...     print(found.passed, found.finding)
    True 2 assets.
    True All cells are finite numbers.
    False cov: row 1, column 2 is 0.01, but row 2, column 1 is 0.02. The two must be equal.
    False cov: row 2, column 2 is -0.09. A variance cannot be negative.
    True All lie between -1 and 1.
    False Not tested: fix the above first.
    False Not tested: fix the above first.
    False Not tested: fix the above first.
    """
    matrix = None
    try:
        matrix = floats(cov, "cov", 2)
    except InputError as problem:
        findings = [Finding("shape", False, str(problem), problem)]
    else:
        findings = [_finding("shape", shape_problem(matrix, "cov"), f"{plural(len(matrix), 'asset')}.")]
        findings.append(_finding("numbers", finite_problem(matrix, "cov"), "All cells are finite numbers."))
        if findings[0].passed:
            findings += _square_findings(matrix, findings[1].passed)
    tested = [found.check for found in findings]
    findings += [Finding(check, False, _UNTESTED) for check in _CHECKS if check not in tested]
    if weights is not None:
        findings.append(_weights_finding(weights, None if matrix is None else matrix.shape[1]))
    return findings


_CHECKS = ("shape", "numbers", "symmetry", "variances", "correlations", "definiteness", "condition", "volatilities")
_UNTESTED = "Not tested: fix the above first."


def _finding(check: str, problem: InputError | None, fine: str) -> Finding:
    return Finding(check, problem is None, fine if problem is None else str(problem), problem)


def _warning(check: str, problem: InputError | None, fine: str) -> Finding:
    return Finding(check, True, fine if problem is None else str(problem), problem)


def _square_findings(matrix: Array, finite: bool) -> list[Finding]:
    flat = np.flatnonzero(matrix.diagonal() == 0.0).size
    findings = [
        _finding("symmetry", symmetry_problem(matrix, "cov"), "The two halves agree."),
        _finding(
            "variances",
            variance_problem(matrix, "cov"),
            f"{plural(flat, 'asset')} without variance: risk parity needs it above 0." if flat else "All are above 0.",
        ),
        _finding("correlations", correlation_problem(matrix, "cov"), "All lie between -1 and 1."),
    ]
    if not (finite and findings[0].passed and findings[1].passed):
        return findings
    values = eigenvalues(matrix)
    problem = definiteness_problem(values, "cov")
    fine = f"Positive semi-definite: the smallest eigenvalue of the correlations is {values[0]:.6g}."
    findings.append(_finding("definiteness", problem, fine))
    if problem is None:
        condition = condition_number(values)
        fine = f"The condition number of the correlations is {condition:.3g}."
        findings.append(_finding("condition", condition_problem(condition, "cov"), fine))
        vols = np.sqrt(matrix.diagonal())
        fine = f"From {vols.min():.2%} to {vols.max():.2%} a year."
        findings.append(_warning("volatilities", volatility_warning(vols, "cov"), fine))
    return findings


def _weights_finding(weights: npt.ArrayLike, size: int | None) -> Finding:
    try:
        values = numbers(weights, "weights", 1) if size is None else vector(weights, "weights", size)
    except InputError as problem:
        return Finding("weights", False, str(problem), problem)
    fine = f"{plural(values.size, 'weight')}; they sum to {exact_sum(values):.6g}."
    return _warning("weights", weights_warning(values, "weights"), fine)
