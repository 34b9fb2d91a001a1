"""Products of matrices and vectors with more precision than float64, for the rare cases that need it."""

import math

import numpy as np

from rpxl.core.array_checks import Array

_ROWS = 64  # computed at a time, so that their pieces stay in the processor's cache


def precise_product(matrix: Array, vector: Array) -> tuple[Array, Array]:
    """Return matrix @ vector and |matrix| @ |vector| for a covariance matrix; the first with about 80 bits.

    First, powers of 2 scale the diagonal to about 1. Then both factors are cut into pieces of so few bits that float64
    holds the products of two pieces and their sums exactly, in any order of summation (Ozaki, Ogita, Oishi & Rump 2012,
    "Error-free transformations of matrix multiplication by using fast routines of matrix multiplication and its
    applications"). Only the last pieces are rounded, at 2⁻⁸⁰ of the largest product.
    """
    size = len(vector)
    scale = np.exp2(np.round(-0.5 * np.log2(matrix.diagonal())))
    factors = vector / scale
    top = np.exp2(np.ceil(np.log2(np.abs(factors).max())))
    bits = (53 - math.ceil(math.log2(size))) // 2
    pieces = np.stack(_cut(factors / top, bits), axis=1)
    sums, sizes = np.empty(size), np.empty(size)
    for i in range(0, size, _ROWS):
        rows = matrix[i : i + _ROWS] * scale
        rows *= scale[i : i + _ROWS, None]
        products = np.hstack([piece @ pieces for piece in _cut(rows, bits)])
        sums[i : i + _ROWS] = [math.fsum(row) for row in products.tolist()]
        sizes[i : i + _ROWS] = np.abs(rows) @ np.abs(factors / top)
    return sums / scale * top, sizes / scale * top


def _cut(values: Array, bits: int) -> tuple[Array, Array, Array]:
    """Cut numbers of at most 2 into two pieces of `bits` bits each, and the rest."""
    grid = 1.5 * 2.0 ** (53 - bits)
    first = (values + grid) - grid
    rest = values - first
    grid *= 2.0**-bits
    second = (rest + grid) - grid
    return first, second, rest - second
