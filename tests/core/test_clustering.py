"""Hierarchical risk parity, as published and step by step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from rpxl.core import clustering
from rpxl.core.clustering import hrp_weights
from rpxl.core.estimators import sample_cov
from rpxl.errors import InfeasibleError, InputError

from .examples import lopez_de_prado, random_cov


def test_hierarchical_risk_parity_as_published():
    # López de Prado (2016), "Building Diversified Portfolios that Outperform Out of Sample", exhibit 6, column HRP
    weights = hrp_weights(sample_cov(lopez_de_prado(), 1.0))
    assert (100.0 * weights).round(2).tolist() == [7.0, 7.59, 10.84, 19.03, 9.72, 10.19, 6.62, 9.1, 7.12, 12.79]


def hrp_step_by_step(cov):
    """Follow the code of the paper: walk the tree node by node, and split clusters from the top."""
    size = len(cov)
    vols = np.sqrt(np.diag(cov))
    distance = np.sqrt(np.maximum(0.0, 0.5 * (1.0 - cov / np.outer(vols, vols))))
    of_columns = np.sqrt(((distance[:, :, None] - distance[:, None, :]) ** 2).sum(axis=0))
    tree = linkage(squareform(of_columns, checks=False), "single")

    def leaves(node):
        if node < size:
            return [node]
        left, right = tree[node - size, :2].astype(int)
        return leaves(left) + leaves(right)

    def split(cluster, share):
        if len(cluster) == 1:
            return {cluster[0]: share}
        halves = cluster[: len(cluster) // 2], cluster[len(cluster) // 2 :]
        risks = []
        for half in halves:
            block = cov[np.ix_(half, half)]
            inner = 1.0 / np.diag(block)
            inner /= inner.sum()
            risks.append(inner @ block @ inner)
        alpha = 1.0 - risks[0] / sum(risks)
        return split(halves[0], share * alpha) | split(halves[1], share * (1.0 - alpha))

    shares = split(leaves(2 * size - 2), 1.0)
    return [shares[i] for i in range(size)]


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_hierarchical_risk_parity_step_by_step(seed):
    cov = random_cov(np.random.default_rng(seed), largest=15)
    np.testing.assert_allclose(hrp_weights(cov), hrp_step_by_step(cov), rtol=1e-10)


def test_two_clusters_without_risk_are_refused(monkeypatch):
    monkeypatch.setattr(clustering, "_leaf_order", lambda corr, method: np.arange(len(corr)))
    hedges = np.kron(np.eye(2), [[0.04, -0.04], [-0.04, 0.04]])
    with pytest.raises(InfeasibleError, match="free of risk"):
        hrp_weights(hedges)


@pytest.mark.parametrize("seed", range(8))
def test_correlations_that_rounding_puts_beyond_1_are_1(seed):
    vols = np.random.default_rng(seed).uniform(0.05, 0.4, 12)
    cov = np.outer(vols, vols) * 0.1  # all move together
    root = np.sqrt(cov.diagonal())
    assert (cov / np.outer(root, root) > 1.0).any()
    weights = hrp_weights(cov)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12) and (weights > 0.0).all()


@pytest.mark.parametrize("linkage", ["single", "ward", "average", "complete"])
def test_linkages_order_the_leaves_as_scipy_does(linkage):
    from scipy.cluster.hierarchy import leaves_list
    from scipy.cluster.hierarchy import linkage as tree
    from scipy.spatial.distance import pdist

    root = np.random.default_rng(3).normal(size=(12, 20)) * 0.1
    cov = root @ root.T
    vols = np.sqrt(cov.diagonal())
    distances = np.sqrt(0.5 * (1.0 - cov / np.outer(vols, vols)).clip(0.0, 2.0))
    order = leaves_list(tree(pdist(distances), linkage))
    expected = np.ones(12)
    clusters = [order]
    while clusters:
        cluster = clusters.pop()
        if len(cluster) > 1:
            halves = cluster[: len(cluster) // 2], cluster[len(cluster) // 2 :]
            risks = []
            for half in halves:
                weights = 1.0 / cov[half, half] / (1.0 / cov[half, half]).sum()
                risks.append(weights @ cov[np.ix_(half, half)] @ weights)
            expected[halves[0]] *= 1.0 - risks[0] / sum(risks)
            expected[halves[1]] *= 1.0 - risks[1] / sum(risks)
            clusters += halves
    assert hrp_weights(cov, linkage) == pytest.approx(expected, rel=1e-9)


def test_an_unknown_linkage_is_refused():
    with pytest.raises(InputError, match="choose one of single, ward, average, complete"):
        hrp_weights(np.eye(3), "centroid")
