"""numpy's linear algebra, with the same exceptions on every platform.

In WebAssembly numpy raises no LinAlgError but returns NaN (https://github.com/pyodide/pyodide/issues/4859). So every
result is checked, and a failure is the same exception everywhere.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array
from rpxl.errors import ConvergenceError


def solve(matrix: Array, right: Array) -> Array:
    """Solve M x = r; LinAlgError where there is no finite answer.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([1.0, 1.0]))
    array([0.5 , 0.25])
    """
    return _finite(np.linalg.solve(matrix, right))


def inverse(matrix: Array) -> Array:
    """Return M⁻¹; LinAlgError where there is no finite one.

    >>> inverse(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return _finite(np.linalg.inv(matrix))


def is_positive_definite(matrix: Array) -> bool:
    """Tell whether a symmetric matrix is positive definite: whether float64 finds a Cholesky factor.

    >>> is_positive_definite(np.array([[1.0, 2.0], [2.0, 1.0]]))
    False
    """
    try:
        _finite(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        return False
    return True


def eigenvalues(matrix: Array) -> Array:
    """Return the eigenvalues of a symmetric matrix, smallest first; ConvergenceError where they can't be computed.

    >>> eigenvalues(np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([0.5, 1.5])
    """
    try:
        return _finite(np.linalg.eigvalsh(matrix))
    except np.linalg.LinAlgError:
        raise ConvergenceError("The eigenvalues of the matrix cannot be computed.") from None


def eigenvectors(matrix: Array) -> tuple[Array, Array]:
    """Return the eigenvalues of a symmetric matrix, smallest first, and its eigenvectors, one in each column.

    ConvergenceError where they can't be computed.

    >>> eigenvectors(np.array([[1.0, 0.0], [0.0, 2.0]]))[0]
    array([1., 2.])
    """
    try:
        values, vectors = np.linalg.eigh(matrix)
        return _finite(values), _finite(vectors)
    except np.linalg.LinAlgError:
        raise ConvergenceError("The eigenvalues of the matrix cannot be computed.") from None


def _finite(answer: npt.NDArray[Any]) -> Array:
    if not np.isfinite(answer).all():
        raise np.linalg.LinAlgError("the answer is not finite")
    return np.asarray(answer)
