"""Properties that hold for any input: scale, order, multiples, sums of contributions; on fixed random numbers."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.core.estimators import ESTIMATORS, estimate_cov
from rpxl.core.factors import factor_risk
from rpxl.core.leverage import lever_to_return, lever_to_vol
from rpxl.core.mean_variance import efficient_frontier, mean_variance_weights
from rpxl.core.performance import performance
from rpxl.core.reports import ROLLING, monthly_returns, rolling_statistic, worst_drawdowns
from rpxl.core.risk_statistics import benchmark_statistics, risk_statistics
from rpxl.core.scenarios import MEASURES, scenario_risk, scenario_risk_contributions

several = settings(max_examples=40, derandomize=True, deadline=None)
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(2, 7)
multiples = st.floats(0.01, 50.0)
every_measure = pytest.mark.parametrize("measure", MEASURES)


def scenarios(seed: int, size: int, rows: int = 90) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns, weights of both signs, and another order of the assets."""
    rng = np.random.default_rng(seed)
    common = rng.standard_t(4, (rows, 1)) * 0.01
    returns = common * rng.uniform(-0.3, 1.5, size) + rng.standard_t(5, (rows, size)) * rng.uniform(0.002, 0.03, size)
    return returns, rng.uniform(-0.2, 1.0, size), rng.permutation(size)


def market(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expected returns, a covariance matrix, and another order of the assets."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 3)) * rng.uniform(0.02, 0.1, (size, 1))
    return rng.uniform(-0.02, 0.12, size), root @ root.T, rng.permutation(size)


@every_measure
@several
@given(seed=seeds, size=sizes, multiple=multiples, confidence=st.floats(0.5, 0.99))
def test_scenario_risk_grows_with_the_weights_and_knows_no_order_of_assets(measure, seed, size, multiple, confidence):
    returns, weights, order = scenarios(seed, size)
    risk = scenario_risk(weights, returns, measure, confidence)
    for same in (
        scenario_risk(multiple * weights, returns, measure, confidence) / multiple,
        scenario_risk(weights, multiple * returns, measure, confidence) / multiple,
        scenario_risk(weights[order], returns[:, order], measure, confidence),
    ):
        assert same == pytest.approx(risk, rel=1e-7)
    if not MEASURES[measure].is_ordered:
        shuffled = np.random.default_rng(seed).permutation(returns)
        assert scenario_risk(weights, shuffled, measure, confidence) == pytest.approx(risk, rel=1e-7)


@every_measure
@several
@given(seed=seeds, size=sizes, multiple=multiples)
def test_shares_of_scenario_risk_sum_to_1_at_any_size_and_in_any_order(measure, seed, size, multiple):
    returns, weights, order = scenarios(seed, size)
    shares = scenario_risk_contributions(weights, returns, measure)
    assert math.fsum(shares) == pytest.approx(1.0, abs=1e-9)
    assert scenario_risk_contributions(multiple * weights, returns, measure) == pytest.approx(shares, abs=1e-6)
    assert scenario_risk_contributions(weights, multiple * returns, measure) == pytest.approx(shares, abs=1e-6)
    assert scenario_risk_contributions(weights[order], returns[:, order], measure) == pytest.approx(
        shares[order], abs=1e-6
    )


@several
@given(seed=seeds, size=sizes, multiple=multiples, points=st.integers(3, 30))
def test_the_frontier_is_convex_at_any_scale_and_in_any_order(seed, size, multiple, points):
    expected, cov, order = market(seed, size)
    frontier = efficient_frontier(expected, cov, points)
    assert np.diff(frontier.returns) == pytest.approx((frontier.returns[-1] - frontier.returns[0]) / (points - 1))
    for curve in (frontier.vols, frontier.vols**2):  # the lowest volatility and variance are convex in the return
        assert (curve[1:-1] <= 0.5 * (curve[:-2] + curve[2:]) + 1e-10).all()
    assert (np.diff(frontier.vols) > 0.0).all()
    assert np.sqrt(np.einsum("ki,ij,kj->k", frontier.weights, cov, frontier.weights)) == pytest.approx(frontier.vols)
    turned = efficient_frontier(expected[order], cov[np.ix_(order, order)], points)
    scaled = efficient_frontier(multiple * expected, multiple**2 * cov, points)
    assert turned.weights == pytest.approx(frontier.weights[:, order], abs=1e-6)
    assert scaled.weights == pytest.approx(frontier.weights, abs=1e-6)
    assert scaled.vols == pytest.approx(multiple * frontier.vols, rel=1e-7)


@several
@given(seed=seeds, size=sizes, multiple=multiples, aversion=st.floats(0.5, 30.0))
def test_mean_variance_weights_follow_the_units_of_their_aims(seed, size, multiple, aversion):
    expected, cov, order = market(seed, size)
    weights = mean_variance_weights(expected, cov, aversion)
    assert mean_variance_weights(multiple * expected, cov, multiple * aversion) == pytest.approx(weights, abs=1e-6)
    assert mean_variance_weights(expected, multiple * cov, aversion / multiple) == pytest.approx(weights, abs=1e-6)
    assert mean_variance_weights(expected + 0.03, cov, aversion) == pytest.approx(weights, abs=1e-6)
    turned = mean_variance_weights(expected[order], cov[np.ix_(order, order)], aversion)
    assert turned == pytest.approx(weights[order], abs=1e-6)


@several
@given(seed=seeds, size=sizes, multiple=multiples)
def test_shares_of_factors_sum_to_1_and_know_no_units(seed, size, multiple):
    rng = np.random.default_rng(seed)
    exposures, root = rng.normal(size=(size, 3)), rng.normal(size=(3, 5)) * 0.1
    weights, own, order = rng.normal(size=size), rng.uniform(0.01, 0.1, size), rng.permutation(size)
    cov = root @ root.T
    found = factor_risk(weights, exposures, cov, own)
    assert math.fsum([*found.shares, found.specific_share]) == pytest.approx(1.0, abs=1e-12)
    larger = factor_risk(multiple * weights, exposures, cov, own)
    assert larger.vol == pytest.approx(multiple * found.vol, rel=1e-12)
    units = np.array([multiple, 1.0, 1.0])  # a factor in other units: with moves twice as large, exposures are half
    recast = factor_risk(weights, exposures / units, cov * np.outer(units, units), own)
    turned = factor_risk(weights[order], exposures[order], cov, own[order])
    back = factor_risk(weights, exposures[:, ::-1], cov[::-1, ::-1], own)
    for same in (larger.shares, recast.shares, turned.shares, back.shares[::-1]):
        assert same == pytest.approx(found.shares, abs=1e-9)


@several
@given(seed=seeds, size=sizes, gain=st.floats(0.001, 0.2), rate=st.floats(0.0, 0.05))
def test_levering_at_the_cash_rate_keeps_the_sharpe_ratio_and_the_shares(seed, size, gain, rate):
    rng = np.random.default_rng(seed)
    _, cov, order = market(seed, size)
    weights, expected = rng.dirichlet(np.ones(size)), rate + rng.uniform(0.005, 0.1, size)
    vol = math.sqrt(weights @ cov @ weights)
    sharpe = (weights @ expected - rate) / vol
    by_return = lever_to_return(weights, cov, expected, rate + gain, rate, rate)
    by_vol = lever_to_vol(weights, cov, gain, rate, expected, rate)
    turned = lever_to_return(weights[order], cov[np.ix_(order, order)], expected[order], rate + gain, rate, rate)
    assert (by_return.sharpe, by_vol.sharpe, turned.sharpe) == pytest.approx((sharpe,) * 3, rel=1e-9)
    assert by_return.weights == pytest.approx(by_return.leverage * weights, rel=1e-12)
    assert turned.weights == pytest.approx(by_return.weights[order], rel=1e-9)
    assert by_return.volatility == pytest.approx(by_return.leverage * vol, rel=1e-12)
    assert by_vol.net_return == pytest.approx(by_vol.leverage * (weights @ expected - rate) + rate, rel=1e-9)


@pytest.mark.parametrize("method", ESTIMATORS)
@several
@given(seed=seeds, size=sizes, multiple=multiples)
def test_estimates_scale_and_follow_the_order_of_assets(method, seed, size, multiple):
    returns, _, order = scenarios(seed, size)
    cov = estimate_cov(returns, method, 12.0)
    near = 1e-9 * np.abs(cov).max()
    assert (cov == cov.T).all()
    assert estimate_cov(multiple * returns, method, 12.0) == pytest.approx(multiple**2 * cov, abs=multiple**2 * near)
    assert estimate_cov(returns[:, order], method, 12.0) == pytest.approx(cov[np.ix_(order, order)], abs=near)
    assert estimate_cov(returns, method, 24.0) == pytest.approx(2.0 * cov, rel=1e-12)
    if method not in ("ewma",):
        assert estimate_cov(returns[::-1], method, 12.0) == pytest.approx(cov, abs=near)


@several
@given(seed=seeds, multiple=st.floats(0.05, 3.0))
def test_statistics_of_one_investment_at_another_size(seed, multiple):
    rng = np.random.default_rng(seed)
    series, benchmark = rng.normal(0.001, 0.01, 60), rng.normal(0.001, 0.01, 60)
    found, larger = risk_statistics(series), risk_statistics(multiple * series)
    for name, power in (("sortino", 0), ("skewness", 0), ("kurtosis", 0), ("var", 1), ("cvar", 1)):
        assert getattr(larger, name) == pytest.approx(multiple**power * getattr(found, name), rel=1e-7)
    against, of_larger = benchmark_statistics(series, benchmark), benchmark_statistics(multiple * series, benchmark)
    for name, power in (("alpha", 1), ("beta", 1), ("correlation", 0)):
        assert getattr(of_larger, name) == pytest.approx(multiple**power * getattr(against, name), rel=1e-7)
    itself = benchmark_statistics(series, series)
    assert dataclasses.astuple(itself)[1:4] == pytest.approx((1.0, 1.0, 0.0), abs=1e-12)
    assert (itself.up_capture, itself.down_capture) == pytest.approx((1.0, 1.0), rel=1e-9)


@pytest.mark.parametrize("statistic", ROLLING)
@several
@given(seed=seeds, size=sizes, window=st.integers(2, 60))
def test_rolling_statistics_take_each_investment_alone(statistic, seed, size, window):
    returns, _, order = scenarios(seed, size, 60)
    returns = np.clip(returns, -0.5, 1.0)
    found = rolling_statistic(returns, window, statistic, 12.0, 0.01)
    assert rolling_statistic(returns[:, order], window, statistic, 12.0, 0.01) == pytest.approx(found[:, order])
    assert rolling_statistic(returns[:, 0], window, statistic, 12.0, 0.01) == pytest.approx(found[:, 0])
    if statistic == "volatility":
        assert rolling_statistic(3.0 * returns[:, 0], window, statistic, 12.0) == pytest.approx(3.0 * found[:, 0])


@several
@given(seed=seeds, start=st.integers(0, 400), rows=st.integers(60, 800))
def test_months_and_years_compound_to_the_whole(seed, start, rows):
    days = np.datetime64("2019-01-01") + np.arange(start, start + rows).astype("timedelta64[D]")
    series = np.random.default_rng(seed).normal(0.0003, 0.01, rows)
    found = monthly_returns(series, days)
    whole = performance(series).cumulative + 1.0
    assert np.prod(1.0 + found.totals) == pytest.approx(whole, rel=1e-10)
    assert np.nanprod(1.0 + found.months) == pytest.approx(whole, rel=1e-10)
    assert np.nanprod(1.0 + found.months, axis=1) == pytest.approx(1.0 + found.totals, rel=1e-10)


@several
@given(seed=seeds, count=st.integers(1, 9))
def test_fewer_drawdowns_are_the_deepest_of_them(seed, count):
    series = np.random.default_rng(seed).normal(0.0003, 0.02, 300)
    found = worst_drawdowns(series, 1000)
    assert worst_drawdowns(series, count) == found[:count]
    assert found[0].depth == pytest.approx(performance(series).max_drawdown, rel=1e-12)
    later = worst_drawdowns(np.concatenate([[0.1, 0.2], series]), 1000)  # earlier gains leave its depth as it is
    assert [drawdown.depth for drawdown in later] == pytest.approx([drawdown.depth for drawdown in found], rel=1e-9)
    assert [drawdown.start for drawdown in later] == [drawdown.start + 2 for drawdown in found]
