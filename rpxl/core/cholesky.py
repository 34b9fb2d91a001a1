"""Tests of symmetry and definiteness, and linear equations, for large matrices: LAPACK's fastest functions."""

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array

Floats = Array | npt.NDArray[np.float32]

LARGE = 200  # from this number of assets on, LAPACK functions imported from scipy save time

_TILE = 128  # rows of a tile: so few that it and its mirror image fit into the processor's cache
_SHIFT = 2.0**-19  # times n (1 + 3 mean correlation): above the error of the factors for nearly all matrices
_DOUBT = 5.0  # safety factor: the shift must be this many times the estimated error
_PRIMES = (2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0)


def is_symmetric(matrix: Array) -> bool:
    """Tell whether a square matrix equals its transpose exactly; False where it holds a NaN."""
    tiles = range(0, len(matrix), _TILE)
    return not any(np.count_nonzero(matrix[i : i + _TILE, i:] != matrix[i:, i : i + _TILE].T) for i in tiles)


def is_clearly_definite(rough: Floats) -> bool:
    """Tell whether correlations, given here in float32, are certainly positive definite; False may mean either.

    Notes
    -----
    The Cholesky factors of C - δI are computed in float32, which is twice as fast as float64. They are exact for some
    C - δI + E, so no eigenvalue of C is below δ - ‖E‖. Known bounds of the rounding errors E are far too wide, so E is
    estimated: for v with independent entries of variance 1, the expected squared norm of E v is ‖E‖² (Frobenius). The
    rounding of C to float32 adds at most 3 n 2⁻²⁴.
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
    """Tell whether the Cholesky factors of a symmetric matrix exist in float64; the matrix is overwritten by them."""
    from scipy.linalg.lapack import dpotrf

    return not dpotrf(matrix.T, lower=1, clean=0, overwrite_a=1)[1]


def solve_definite(matrix: Array, right: Array) -> Array:
    """Solve M x = r for a symmetric positive definite M, which is overwritten; LinAlgError where there is no answer."""
    if len(matrix) < LARGE:
        return linalg.solve(matrix, right)
    from scipy.linalg.lapack import dposv

    _, answer, failed = dposv(matrix.T, right, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("not positive definite")
    return np.asarray(answer)
