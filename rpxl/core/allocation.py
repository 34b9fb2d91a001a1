"""Portfolios to compare risk parity with."""

import numpy as np
import numpy.typing as npt

from rpxl.core.validate import Array
from rpxl.core.validity import checked
from rpxl.errors import InputError


def inverse_vol_weights(cov: npt.ArrayLike) -> Array:
    """Weigh each asset by the inverse of its volatility: risk parity when all correlations are equal.

    Parameters
    ----------
    cov : array of shape (n, n)

    Returns
    -------
    array of shape (n,)
        Positive weights that sum to 1.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or a variance is 0.

    Examples
    --------
    >>> inverse_vol_weights([[0.16**2, 0.0], [0.0, 0.04**2]])
    array([0.2, 0.8])
    """
    vols = checked(cov).vols
    for i in np.flatnonzero(vols == 0.0).tolist():
        raise InputError("cov", "{0} is 0: an asset without variance has no inverse volatility.", (i, i))
    inverse = vols.min() / vols  # not 1 / vols, which overflows in a sum of tiny volatilities
    return np.asarray(inverse / inverse.sum())
