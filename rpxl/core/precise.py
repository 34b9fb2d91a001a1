"""Products of matrices and vectors as if in unlimited precision, for the rare cases that need them."""

import math

import numpy as np

from rpxl.core.validate import Array

_SPLITTER = 2.0**27 + 1.0


def precise_product(matrix: Array, vector: Array) -> Array:
    """Return matrix @ vector, each sum rounded once; for a matrix with a positive diagonal.

    Each product is split into itself as float64 has it and the rest that float64 lost (Dekker 1971, "A floating-point
    technique for extending the available precision"); the sum of all these is exact until its end. Powers of 2 bring
    the diagonal near 1 before, so that no rest falls below what float64 can hold.
    """
    scale = np.exp2(np.round(-0.5 * np.log2(matrix.diagonal())))
    factors = vector / scale
    top = np.exp2(np.round(np.log2(np.abs(factors).max())))
    factors /= top
    high, low = _halves(factors)
    sums = np.empty_like(vector)
    for i, row in enumerate(matrix):
        line = row * scale * scale[i]
        product = line * factors
        upper, lower = _halves(line)
        rest = ((upper * high - product) + upper * low + lower * high) + lower * low
        sums[i] = math.fsum(product.tolist() + rest.tolist())
    return np.asarray(sums / scale * top)


def _halves(values: Array) -> tuple[Array, Array]:
    """Split numbers into two with half the digits each, whose products are exact."""
    spread = _SPLITTER * values
    upper = spread - (spread - values)
    return upper, values - upper
