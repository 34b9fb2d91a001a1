"""Weights from a tree of clusters: hierarchical risk parity."""

import numpy as np
import numpy.typing as npt

from rpxl.core.allocation import inverse_proportional
from rpxl.core.array_checks import Array, choice, exact_sum
from rpxl.core.cov_checks import require_positive_variances
from rpxl.errors import InfeasibleError

LINKAGES = ("single", "ward", "average", "complete")
"""Ways to measure the distance between two clusters; the first is that of the paper."""


def hrp_weights(cov: npt.ArrayLike, linkage: str = "single") -> Array:
    """Return the weights of hierarchical risk parity.

    Parameters
    ----------
    cov : array of shape (n, n)
    linkage : {"single", "ward", "average", "complete"}
        The distance between two clusters: that of their nearest members, as in the paper; the increase in the sum of
        squares if they merge (Ward 1963); the mean distance of their members; or that of the farthest members.

    Returns
    -------
    array of shape (n,)
        Weights that sum to 1, 0 or above.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, or a variance is 0.
    InfeasibleError
        Both halves of a cluster are free of risk, so the weight can't be divided between them.

    Notes
    -----
    López de Prado (2016), "Building Diversified Portfolios that Outperform Out of Sample":

    1. The distance of two assets is d = √(½ (1 - ρ)). The assets are clustered by the Euclidean distances between the
       columns of the matrix of d, with `linkage`. (Some libraries cluster by d itself, unlike the paper, and get other
       weights.)
    2. The assets are put in the order of the leaves of the tree.
    3. The ordered list is halved again and again. The first half gets the share 1 - V₁ / (V₁ + V₂) and the second the
       rest, where V is the variance of a half with inverse-variance weights.

    Examples
    --------
    >>> hrp_weights([[0.04, 0.0], [0.0, 0.01]])
    array([0.2, 0.8])
    """
    parts = require_positive_variances(cov)
    weights = np.ones(len(parts.vols))
    clusters = [_leaf_order(parts.corr, choice(linkage, "linkage", LINKAGES))]
    while clusters:
        cluster = clusters.pop()
        if cluster.size == 1:
            continue
        halves = np.split(cluster, [cluster.size // 2])
        first, second = (_cluster_variance(parts.cov[np.ix_(half, half)]) for half in halves)
        if first + second <= 0.0:
            text = "Two clusters of these assets are both free of risk, so the weight can't be divided between them."
            raise InfeasibleError(text)
        weights[halves[0]] *= second / (first + second)
        weights[halves[1]] *= first / (first + second)
        clusters += halves
    return weights / exact_sum(weights)


def _leaf_order(corr: Array, method: str) -> npt.NDArray[np.intp]:
    if len(corr) < 3:
        return np.arange(len(corr))
    from scipy.cluster.hierarchy import leaves_list, linkage  # here only: a slow import
    from scipy.spatial.distance import pdist

    distances = np.sqrt(np.clip(0.5 * (1.0 - corr), 0.0, 1.0))
    return np.asarray(leaves_list(linkage(pdist(distances), method)), dtype=np.intp)


def _cluster_variance(cov: Array) -> float:
    weights = inverse_proportional(cov.diagonal())
    return max(float(weights @ cov @ weights), 0.0)
