"""The functions of the front keep the order of their arguments and their defaults: scripts of users rest on both."""

import dataclasses
import inspect

import pytest

import rpxl

PROMISED = {
    "backtest": "prices, dates, strategy='risk_parity', lookback=None, rebalance='quarterly', target_vol=None, "
    "borrow=0.0, cost_bps=0.0, progress=None, periods_per_year=None, missing='error', method='sample', halflife=None, "
    "max_leverage=None, cash_rate=0.0, decay=None, threshold=None, band=None, lower=None, upper=None, benchmark=None",
    "benchmark_statistics": "returns, benchmark, periods_per_year=None, rf=0.0, dates=None, missing='error'",
    "check_cov": "cov, argument='cov'",
    "correlation_with_portfolio": "weights, cov",
    "count_incomplete": "values, argument='data'",
    "cov_from_vols": "vols, corr",
    "diagnose_cov": "cov, weights=None",
    "diversification_ratio": "weights, cov",
    "drawdowns": "returns, missing='error', dates=None",
    "effective_bets": "weights, cov",
    "efficient_frontier": "exp_returns, cov, points=20, lower=0.0, upper=1.0",
    "estimate_cov": "returns, method='sample', periods_per_year=None, missing='error', dates=None, extras",
    "ewma_cov": "returns, periods_per_year=None, halflife=63.0, missing='error', dates=None",
    "factor_risk": "weights, exposures, factor_cov, specific_vols=None",
    "hrp_weights": "cov",
    "implied_risk_aversion": "weights, exp_excess, cov",
    "inverse_vol_weights": "cov",
    "ledoit_wolf_cov": "returns, periods_per_year=None, missing='error', dates=None",
    "lever_to_return": "weights, cov, exp_returns, target, borrow=0.0, cash_rate=0.0",
    "lever_to_vol": "weights, cov, target, borrow=0.0, exp_returns=None",
    "margin_report": "weights, cov, margin_rates, cash=1.0, horizon_days=10.0, confidence=0.99, maintenance_rates=None",
    "marginal_risk": "weights, cov",
    "max_diversification_weights": "cov",
    "max_sharpe_weights": "exp_excess, cov, lower=0.0, upper=1.0",
    "mean_variance_weights": "exp_returns, cov, risk_aversion=None, target_return=None, target_vol=None, lower=0.0, "
    "upper=1.0",
    "merton_weights": "exp_excess, cov, risk_aversion, borrow_spread=0.0, long_only=False",
    "min_variance_weights": "cov, lower=0.0, upper=1.0",
    "monthly_returns": "returns, dates",
    "nearest_psd": "cov",
    "performance": "returns, periods_per_year=None, rf=0.0, dates=None, missing='error'",
    "portfolio_return": "weights, exp_excess, borrow_spread=0.0",
    "returns_from_prices": "prices, kind='simple', missing='error', dates=None",
    "risk_adjusted_return": "weights, exp_excess, cov, risk_aversion, borrow_spread=0.0",
    "risk_contributions": "weights, cov, measure='share'",
    "risk_parity_weights": "cov, budgets=None, groups=None, lower=None, upper=None, group_lower=None, group_upper=None",
    "risk_statistics": "returns, periods_per_year=None, rf=0.0, confidence=0.95, dates=None, missing='error'",
    "rolling_statistic": "returns, window, statistic='volatility', periods_per_year=None, rf=0.0, dates=None, "
    "benchmark=None, missing='error'",
    "sample_cov": "returns, periods_per_year=None, missing='error', dates=None",
    "scenario_risk": "weights, returns, measure='cvar', confidence=0.95, dates=None",
    "scenario_risk_contributions": "weights, returns, measure='cvar', confidence=0.95, dates=None",
    "scenario_risk_parity": "returns, measure='cvar', budgets=None, confidence=0.95, lower=None, upper=None, "
    "dates=None",
    "sharpe_ratio": "weights, exp_excess, cov, borrow_spread=0.0",
    "split_cov": "cov",
    "trade_list": "holdings, prices, target, cash=0.0, band=0.0, lot=1.0, cost_bps=0.0, min_trade=0.0, "
    "multiplier=1.0, margin=1.0, cov=None",
    "volatility": "weights, cov",
    "vols": "cov",
    "worst_drawdowns": "returns, count=5, dates=None",
}


def written(function) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters]


def test_every_function_of_the_front_is_promised():
    values = {name: getattr(rpxl, name) for name in dir(rpxl) if name[0] != "_"}
    core = [n for n, f in values.items() if inspect.isfunction(f) and f.__module__.startswith("rpxl.core.")]
    assert sorted(core) == sorted(PROMISED)
    assert all(hasattr(values[name], "__wrapped__") for name in core), "takes pandas' objects"


@pytest.mark.parametrize("name", PROMISED)
def test_arguments_keep_their_order_and_defaults(name):
    promised = PROMISED[name].split(", ")
    now = written(getattr(rpxl, name))
    assert now[: len(promised)] == promised
    assert all("=" in new for new in now[len(promised) :]), "a new argument comes last and is optional"


def test_results_that_hold_arrays_are_equal_to_themselves_alone():
    # == of their fields would be an array, and an error where the answer is taken for true or false
    found = [getattr(rpxl, name) for name in dir(rpxl) if dataclasses.is_dataclass(getattr(rpxl, name))]
    hold = [kind for kind in found if any("ndarray" in str(field.type).lower() for field in dataclasses.fields(kind))]
    assert rpxl.FactorRisk in hold
    assert [kind.__name__ for kind in hold if kind.__eq__ is not object.__eq__] == []
