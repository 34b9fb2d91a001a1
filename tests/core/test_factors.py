"""Risk by factors: against the covariance matrix of the assets, and by differences."""

import numpy as np
import pytest

from rpxl.core.decomposition import risk_contributions, volatility
from rpxl.core.factors import factor_risk
from rpxl.errors import InfeasibleError, InputError
from rpxl.formulas import FACTOR_RISK


def model(seed: int, size: int = 6, count: int = 3):
    rng = np.random.default_rng(seed)
    exposures = rng.normal(size=(size, count))
    root = rng.normal(size=(count, count)) * 0.1
    return rng.normal(size=size), exposures, root @ root.T, rng.uniform(0.0, 0.1, size)


@pytest.mark.parametrize("seed", range(5))
def test_the_whole_is_the_risk_of_the_assets_and_the_parts_sum_to_it(seed):
    weights, exposures, cov, own = model(seed)
    found = factor_risk(weights, exposures, cov, own)
    assets = exposures @ cov @ exposures.T + np.diag(own**2)
    assert found.vol == pytest.approx(volatility(weights, assets), rel=1e-12)
    assert found.contributions.sum() + found.specific == pytest.approx(found.vol, rel=1e-12)
    assert found.shares.sum() + found.specific_share == pytest.approx(1.0, abs=1e-12)
    assert found.exposures == pytest.approx(weights @ exposures)


@pytest.mark.parametrize("seed", range(3))
def test_a_contribution_is_the_slope_along_its_exposure(seed):
    weights, exposures, cov, own = model(seed)
    found = factor_risk(weights, exposures, cov, own)
    specific = float(((weights * own) ** 2).sum())
    h = 1e-6
    for j, unit in enumerate(np.eye(3)):
        up, down = (np.sqrt(b @ cov @ b + specific) for b in (found.exposures + h * unit, found.exposures - h * unit))
        assert found.contributions[j] == pytest.approx(found.exposures[j] * (up - down) / (2 * h), abs=1e-8)


def test_assets_that_are_the_factors_carry_their_own_shares():
    weights, cov = np.array([0.6, 0.4]), np.array([[0.0225, -0.0015], [-0.0015, 0.0025]])
    found = factor_risk(weights, np.eye(2), cov)
    assert found.shares == pytest.approx(risk_contributions(weights, cov), abs=1e-14)


def test_a_hedge_between_factors_is_no_risk():
    with pytest.raises(InfeasibleError, match="no risk by these factors"):
        factor_risk([1.0, -1.0], [[1.0], [1.0]], [[0.04]])


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        (([1.0], [[1.0], [2.0]], [[0.04]]), "weights"),
        (([1.0], [[1.0, 2.0]], [[0.04]]), "factor_cov"),
        (([1.0], [[1.0]], [[-0.04]]), "factor_cov"),
        (([1.0], [[1.0]], [[0.04]], [-0.1]), "specific_vols"),
        (([1.0], [[1.0]], [[0.04]], [0.1, 0.2]), "specific_vols"),
    ],
)
def test_bad_input_is_named(arguments, argument):
    with pytest.raises(InputError) as refused:
        factor_risk(*arguments)
    assert refused.value.argument == argument


def test_labels_in_another_order_are_refused():
    exposures = [["", "Growth", "Inflation"], ["Stocks", 1.0, 0.1], ["Gold", 0.1, 1.0]]
    cov = [["", "Inflation", "Growth"], ["Inflation", 0.01, 0.0], ["Growth", 0.0, 0.04]]
    with pytest.raises(InputError, match="the columns of exposures have it as number 2"):
        FACTOR_RISK([[0.5], [0.5]], exposures, cov)
    straight = [["", "Growth", "Inflation"], ["Growth", 0.04, 0.0], ["Inflation", 0.0, 0.01]]
    with pytest.raises(InputError, match="'Stocks' as number 1, but the labels of weights"):
        FACTOR_RISK([["Gold", 0.5], ["Stocks", 0.5]], exposures, straight)
    assert FACTOR_RISK([["Stocks", 0.5], ["Gold", 0.5]], exposures, straight)[1][0] == "Growth"
