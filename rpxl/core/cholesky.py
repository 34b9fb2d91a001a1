"""Whether large matrices are symmetric and definite, and equations with such: LAPACK at its fastest."""

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array

Floats = Array | npt.NDArray[np.float32]

LARGE = 200  # assets from which LAPACK's own functions, imported from scipy, pay

_TILE = 128  # rows of a tile whose mirror image still is in the processor's cache
_SHIFT = 2.0**-19  # times n (1 + 3 mean correlation): more than the error of the factors, for all but odd matrices
_DOUBT = 5.0  # how many times the estimated error must fit into the shift
_PRIMES = (2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0)


def is_symmetric(matrix: Array) -> bool:
    """Tell whether a square matrix equals its transpose to the last bit; one with a NaN never does."""
    tiles = range(0, len(matrix), _TILE)
    return not any(np.count_nonzero(matrix[i : i + _TILE, i:] != matrix[i:, i : i + _TILE].T) for i in tiles)


def is_clearly_definite(rough: Floats) -> bool:
    """Tell whether correlations, here rounded to float32, are certainly positive definite.

    Notes
    -----
    Cholesky's factors of C - δI in float32, at half the traffic and twice the rate of float64. They are exact for some
    C - δI + E, so no eigenvalue of C is below δ - ‖E‖. Instead of an a-priori bound of the rounding errors E, which
    is far too wide, E itself is measured: E v for v with independent entries of variance 1 has the squared norm ‖E‖²
    (Frobenius) in expectation. That C was rounded adds 3 n 2⁻²⁴ at most.
    """
    from scipy.linalg.blas import strmm
    from scipy.linalg.lapack import spotrf

    size = len(rough)
    shift = float(np.float32(size * _SHIFT * (1.0 + 3.0 * max(float(rough.mean()), 0.0))))
    shifted = rough.copy()
    shifted.flat[:: size + 1] -= shift
    factor, failed = spotrf(shifted.T, lower=1, clean=0, overwrite_a=1)
    if failed:
        return False
    rows = np.arange(1.0, size + 1.0, dtype=np.float64)[:, None]
    signs = np.sign(np.cos(np.sqrt(_PRIMES) * rows * rows)).astype(np.float32)  # pseudo-random
    image = strmm(1.0, factor, strmm(1.0, factor, signs, lower=1, trans_a=1), lower=1)
    gaps = rough @ signs - shift * signs - image
    error = float(np.sqrt(np.square(gaps, dtype=np.float64).sum() / len(_PRIMES)))
    return _DOUBT * error + 3.0 * size * 2.0**-24 <= shift


def factorises(matrix: Array) -> bool:
    """Tell whether Cholesky's factors exist in float64; they take the place of the matrix."""
    from scipy.linalg.lapack import dpotrf

    return not dpotrf(matrix.T, lower=1, clean=0, overwrite_a=1)[1]


def solve_definite(matrix: Array, right: Array) -> Array:
    """Solve M x = r for a symmetric M, which is overwritten; LinAlgError where M is not positive definite."""
    if len(matrix) < LARGE:
        return linalg.solve(matrix, right)
    from scipy.linalg.lapack import dposv

    _, answer, failed = dposv(matrix.T, right, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("not positive definite")
    return np.asarray(answer)
