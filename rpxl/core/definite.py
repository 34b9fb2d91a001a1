"""Proofs that a large matrix is symmetric and positive definite, at a fraction of the usual cost."""

import numpy as np
import numpy.typing as npt

from rpxl.core.validate import Array

_TILE = 128  # rows of a tile whose mirror image still is in the processor's cache
_PANEL = 48
_SHIFT = 2.0**-8  # what the smallest eigenvalue is proved to exceed, less the error of the factors
_DOUBT = 8.0  # how many times the estimated error must fit into the shift


def is_symmetric(matrix: Array) -> bool:
    """Tell whether a square matrix equals its transpose to the last bit."""
    tiles = range(0, len(matrix), _TILE)
    return all((matrix[i : i + _TILE, i:] == matrix[i:, i : i + _TILE].T).all() for i in tiles)


def is_definite(corr: Array) -> bool:
    """Tell whether correlations are certainly positive definite; False may also mean that they are nearly not so.

    Notes
    -----
    Cholesky's factors of C - δI in float32, at half the traffic and twice the rate of float64. They are exact for some
    C - δI + E, so no eigenvalue of C is below δ - ‖E‖. Instead of an a-priori bound of the rounding errors E, which
    is far too wide, E itself is measured: E v for v with independent entries of variance 1 has the squared norm ‖E‖²
    (Frobenius) in expectation.
    """
    factor = corr.astype(np.float32)
    factor.flat[:: len(factor) + 1] -= _SHIFT
    try:
        _factorise(factor)
    except np.linalg.LinAlgError:
        return False
    return bool(_DOUBT * _error(corr, factor) <= _SHIFT)


def _error(corr: Array, factor: npt.NDArray[np.float32]) -> float:
    """Estimate the Frobenius norm of E."""
    size = len(corr)
    rows = np.arange(1.0, size + 1.0)[:, None]
    signs = np.sign(np.cos(np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0]) * rows * rows))  # pseudo-random
    inner, image = np.zeros_like(signs), np.empty_like(signs)
    for i in range(0, size, _TILE):
        inner[: i + _TILE] += factor[i : i + _TILE, : i + _TILE].T.astype(np.float64) @ signs[i : i + _TILE]
    for i in range(0, size, _TILE):
        image[i : i + _TILE] = factor[i : i + _TILE, : i + _TILE].astype(np.float64) @ inner[: i + _TILE]
    gaps = corr @ signs - _SHIFT * signs - image
    return float(np.sqrt((gaps * gaps).sum() / 8.0))


def _factorise(matrix: npt.NDArray[np.float32]) -> None:
    """Put Cholesky's factor in the place of a matrix, panel by panel so that nearly all work is large products."""
    size = len(matrix)
    space = np.empty((size, _PANEL), dtype=np.float32)
    for j in range(0, size, _PANEL):
        k = min(j + _PANEL, size)
        panel = matrix[j:, j:k]
        if j:
            matrix[:j, j:k] = 0.0
            done = space.reshape(-1)[: panel.size].reshape(panel.shape)
            panel -= np.matmul(matrix[j:, :j], matrix[j:k, :j].T, out=done)
        head = np.linalg.cholesky(panel[: k - j])
        panel[: k - j] = head
        panel[k - j :] = panel[k - j :] @ np.linalg.inv(head).T
