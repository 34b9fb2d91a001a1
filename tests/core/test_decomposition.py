import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.core.allocation import inverse_vol_weights
from rpxl.core.covariance import cov_from_vols
from rpxl.core.decomposition import (
    correlation_with_portfolio,
    diversification_ratio,
    effective_bets,
    group_risk,
    marginal_risk,
    risk_contributions,
    volatility,
)
from rpxl.errors import InfeasibleError, InputError
from rpxl.formulas import RISK_CONTRIB, RISK_DECOMP

from .examples import constant_corr, factor_corr

QUOTIENTS = [marginal_risk, risk_contributions, correlation_with_portfolio, diversification_ratio, effective_bets]
MEASURES = [volatility, *QUOTIENTS]
STOCKS_BONDS = cov_from_vols([0.15, 0.05], [[1.0, -0.2], [-0.2, 1.0]])


def test_sixty_forty():
    # "The Philosophy of Risk Allocation", section 5.3.2: vols 15 % and 5 %, correlation -0.2, weights 60/40.
    # Its printed 8.51 / 96.36 / 3.64 % contradict these inputs: w'Σw = 0.0081 + 0.0004 - 0.00072 = 0.00778.
    assert STOCKS_BONDS.ravel() == pytest.approx([0.0225, -0.0015, -0.0015, 0.0025], rel=1e-15)
    weights = [0.6, 0.4]
    assert round(volatility(weights, STOCKS_BONDS), 8) == 0.08820431
    assert risk_contributions(weights, STOCKS_BONDS).round(8).tolist() == [0.99485861, 0.00514139]
    uncorrelated = risk_contributions(weights, cov_from_vols([0.15, 0.05], np.eye(2)))
    assert uncorrelated.round(4).tolist() == [0.9529, 0.0471]


def test_butler_balance():
    # Butler (ReSolve), "How risk parity uses leverage": 50/50 has over 90 % of its risk in stocks, 20/80 is balanced
    cov = cov_from_vols([0.16, 0.04], np.eye(2))
    assert round(risk_contributions([0.5, 0.5], cov)[0], 3) == 0.941
    np.testing.assert_allclose(risk_contributions([0.2, 0.8], cov), 0.5, rtol=1e-14)
    np.testing.assert_allclose(inverse_vol_weights(cov), [0.2, 0.8], rtol=1e-15)


portfolios = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 9))


@settings(max_examples=50)
@given(portfolios)
def test_decompositions_add_up(portfolio):
    rng = np.random.default_rng(portfolio[0])
    size = portfolio[1]
    cov = cov_from_vols(10.0 ** rng.uniform(-4, 2, size), factor_corr(size, rng))
    weights = rng.standard_normal(size)
    vol = volatility(weights, cov)
    assert risk_contributions(weights, cov).sum() == pytest.approx(1.0, abs=1e-12)
    absolute = risk_contributions(weights, cov, "absolute")
    assert absolute.sum() == pytest.approx(vol, rel=1e-12)
    assert weights @ marginal_risk(weights, cov) == pytest.approx(vol, rel=1e-12)
    together = correlation_with_portfolio(weights, cov)
    assert (np.abs(together) <= 1.0).all()
    np.testing.assert_allclose(weights * np.sqrt(np.diag(cov)) * together, absolute, rtol=1e-9, atol=1e-12 * vol)
    assert diversification_ratio(weights, cov) >= 1.0 - 1e-12
    assert effective_bets(weights, cov) >= 1.0 - 1e-12


def test_marginal_risk_is_the_derivative():
    rng = np.random.default_rng(4)
    cov = cov_from_vols(rng.uniform(0.05, 0.4, 5), factor_corr(5, rng))
    weights = rng.uniform(-0.5, 1.0, 5)
    step = 1e-5 * np.eye(5)
    slopes = [(volatility(weights + d, cov) - volatility(weights - d, cov)) / 2e-5 for d in step]
    np.testing.assert_allclose(marginal_risk(weights, cov), slopes, rtol=1e-8)
    np.testing.assert_array_equal(risk_contributions(weights, cov, "Marginal"), marginal_risk(weights, cov))


def test_correlation_with_portfolio_from_returns():
    returns = np.random.default_rng(6).standard_normal((50, 3)) * [0.1, 0.2, 0.3]
    weights = np.array([0.5, -0.2, 0.7])
    wanted = [np.corrcoef(column, returns @ weights)[0, 1] for column in returns.T]
    np.testing.assert_allclose(correlation_with_portfolio(weights, np.cov(returns, rowvar=False)), wanted, rtol=1e-12)


def test_diversification_ratio_of_equal_risks():
    # Choueifaty & Coignard (2008): equal risks with correlation ρ have the ratio 1 / √(ρ + (1 - ρ) / n)
    for rho in (0.0, 0.5, 0.9, 1.0):
        cov = cov_from_vols([0.1, 0.2, 0.4, 0.8], constant_corr(4, rho))
        wanted = 1.0 / math.sqrt(rho + (1.0 - rho) / 4.0)
        assert diversification_ratio([8.0, 4.0, 2.0, 1.0], cov) == pytest.approx(wanted, rel=1e-14)
    short = cov_from_vols([0.1, 0.2], [[1.0, -0.5], [-0.5, 1.0]])
    long = cov_from_vols([0.1, 0.2], [[1.0, 0.5], [0.5, 1.0]])
    assert diversification_ratio([0.5, -0.5], short) == pytest.approx(diversification_ratio([0.5, 0.5], long))


def test_effective_bets():
    # Choueifaty, Froidure & Reynier (2013): n independent equal risks are n bets, one factor alone is one bet
    for size in (1, 2, 7):
        deviations = np.linspace(0.05, 0.4, size)
        assert effective_bets(1 / deviations, np.diag(deviations**2)) == pytest.approx(size)
        same = cov_from_vols(deviations, constant_corr(size, 1.0))
        assert effective_bets(1 / deviations, same) == pytest.approx(1.0)
    rng = np.random.default_rng(7)
    cov, weights = cov_from_vols(rng.uniform(0.05, 0.4, 6), factor_corr(6, rng)), rng.uniform(0.0, 1.0, 6)
    idle = np.zeros((7, 7))
    idle[:6, :6] = cov
    idle[6, 6] = 0.04  # an asset that is not held changes nothing
    assert effective_bets([*weights, 0.0], idle) == pytest.approx(effective_bets(weights, cov))


def test_cash_among_the_assets():
    cov = np.diag([0.04, 0.0])
    weights = [0.5, 0.5]
    assert volatility(weights, cov) == 0.1
    assert risk_contributions(weights, cov).tolist() == [1.0, 0.0]
    assert correlation_with_portfolio(weights, cov).tolist() == [pytest.approx(1.0, abs=1e-15), 0.0]
    assert diversification_ratio(weights, cov) == 1.0
    assert effective_bets(weights, cov) == 1.0
    with pytest.raises(InputError) as caught:
        inverse_vol_weights(cov)
    assert caught.value.cells == ((1, 1),)


HEDGES = [
    ([0.0, 0.0], np.eye(2)),
    ([0.5, 0.5], [[1.0, -1.0], [-1.0, 1.0]]),
    ([0.75, 0.25], [[0.01, -0.03], [-0.03, 0.09]]),
    ([0.1, 0.1, 0.1], constant_corr(3, -0.5) * 1e-12),
    ([1.0, -1.0], np.ones((2, 2)) * 1e4),
    ([0.0, 1.0], np.diag([0.04, 0.0])),
]


@pytest.mark.parametrize(("weights", "cov"), HEDGES)
def test_no_risk_to_divide_by(weights, cov):
    scale = float(np.sqrt(np.max(np.diag(cov))))
    assert 0.0 <= volatility(weights, cov) <= 1e-7 * scale
    for measure in QUOTIENTS:
        with pytest.raises(InfeasibleError, match="no risk"):
            measure(weights, cov)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("weights", "cov", "argument", "cells"),
    [
        ([0.5], np.eye(2), "weights", ()),
        ([0.5, np.nan], np.eye(2), "weights", (1,)),
        ([[0.5, 0.5]], np.eye(2), "weights", ()),
        (["a", "b"], np.eye(2), "weights", ()),
        ([1e200, 1e200], np.eye(2), "weights", ()),
        ([0.5, 0.5], -np.eye(2), "cov", ((0, 0),)),
    ],
)
def test_bad_input(measure, weights, cov, argument, cells):
    with pytest.raises(InputError) as caught:
        measure(weights, cov)
    assert (caught.value.argument, caught.value.cells) == (argument, cells)


def test_unknown_measure():
    with pytest.raises(InputError, match="measure: is 'risk'; choose one of share, absolute, marginal"):
        risk_contributions([1.0], [[1.0]], "risk")


def test_groups_sum_what_their_assets_contribute():
    rng = np.random.default_rng(8)
    root = rng.normal(size=(5, 5)) * 0.1
    cov, weights = root @ root.T, rng.uniform(-0.2, 1.0, 5)
    found = group_risk(weights, cov, ["Equity", "bonds", "equity ", 7, "Bonds"])
    assert found.names == ("Equity", "bonds", "7")
    shares = risk_contributions(weights, cov)
    assert found.shares == pytest.approx([shares[0] + shares[2], shares[1] + shares[4], shares[3]])
    assert found.weights == pytest.approx([weights[0] + weights[2], weights[1] + weights[4], weights[3]])
    assert found.contributions.sum() == pytest.approx(volatility(weights, cov))
    alone = np.where([True, False, True, False, False], weights, 0.0)
    assert found.vols[0] == pytest.approx(np.sqrt(alone @ cov @ alone))
    whole = np.sqrt(weights @ cov @ weights)
    assert found.correlations[0] == pytest.approx(alone @ cov @ weights / whole / found.vols[0])


def test_groups_in_cells():
    cov = [[0.04, 0.0, 0.0], [0.0, 0.04, 0.0], [0.0, 0.0, 0.04]]
    groups = [["Equity"], ["Bonds"], ["Bonds"]]
    assert RISK_CONTRIB([[0.5], [0.25], [0.25]], cov, "share", groups) == [
        [pytest.approx(2 / 3)],
        [pytest.approx(1 / 3)],
    ]
    table = RISK_DECOMP([[0.5], [0.25], [0.25]], cov, groups)
    assert [row[0] for row in table] == ["Group", "Equity", "Bonds", "Portfolio"]
    assert table[2][5] == pytest.approx(table[2][2] * table[2][3])
    with pytest.raises(InputError, match="for groups choose share or absolute"):
        RISK_CONTRIB([[0.5], [0.25], [0.25]], cov, "marginal", groups)
    with pytest.raises(InputError, match="has 2 names, but cov has 3 assets"):
        RISK_DECOMP([[0.5], [0.25], [0.25]], cov, [["Equity"], ["Bonds"]])
