"""The order of the arguments, which never changes: workbooks give them by their place. New ones come last."""

import pytest

from rpxl.formulas.catalogue import FUNCTIONS

ARGUMENTS = {
    "RP_WEIGHTS": "cov, [budgets], [groups], [lower], [upper], [group_lower], [group_upper]",
    "INV_VOL_WEIGHTS": "cov",
    "MIN_VAR_WEIGHTS": "cov, [lower], [upper]",
    "MAX_DIV_WEIGHTS": "cov",
    "MAX_SHARPE_WEIGHTS": "exp_excess, cov, [lower], [upper]",
    "HRP_WEIGHTS": "cov, [linkage]",
    "RETURNS": "prices, [kind], [missing]",
    "COV_MATRIX": "returns, [method], [periods_per_year], [halflife], [missing], [decay], [threshold]",
    "MISSING_ROWS": "data",
    "COV_FROM_VOLS": "vols, corr",
    "CORR_MATRIX": "cov",
    "VOLS": "cov",
    "NEAREST_PSD": "cov",
    "RP_CHECK": "cov, [weights]",
    "LEVER_TO_VOL": "weights, cov, target, [borrow], [exp_returns], [output], [cash_rate], [max_leverage]",
    "LEVER_TO_RETURN": "weights, cov, exp_returns, target, [borrow], [cash_rate], [output]",
    "MARGIN_REPORT": "weights, cov, margin_rates, [cash], [horizon_days], [confidence]",
    "RP_BACKTEST": "prices, [strategy], [lookback], [rebalance], [target_vol], [borrow], [cost_bps], "
    "[output], [periods_per_year], [missing], [method], [halflife], [max_leverage], [cash_rate], "
    "[decay], [threshold], [band], [lower], [upper], [benchmark]",
    "PERF_STATS": "returns, [periods_per_year], [rf], [start], [end], [missing], [benchmark], [detail]",
    "DRAWDOWN": "returns, [missing]",
    "RISK_CONTRIB": "weights, cov, [measure], [groups]",
    "RISK_DECOMP": "weights, cov, [groups]",
    "FACTOR_RISK": "weights, exposures, factor_cov, [specific_vols]",
    "PORT_VOL": "weights, cov",
    "DIVERSIFICATION_RATIO": "weights, cov",
    "EFFECTIVE_BETS": "weights, cov",
    "MERTON_WEIGHTS": "exp_excess, cov, risk_aversion, [borrow_spread], [long_only]",
    "RISK_ADJ_RETURN": "weights, exp_excess, cov, risk_aversion, [borrow_spread]",
    "IMPLIED_RISK_AVERSION": "weights, exp_excess, cov",
    "PORT_SHARPE": "weights, exp_excess, cov, [borrow_spread]",
    "SCENARIO_RISK": "weights, returns, [measure], [confidence]",
    "SCENARIO_RISK_CONTRIB": "weights, returns, [measure], [confidence]",
    "SCENARIO_RP_WEIGHTS": "returns, [measure], [budgets], [confidence], [lower], [upper]",
    "MEAN_VAR_WEIGHTS": "exp_returns, cov, [risk_aversion], [target_return], [target_vol], [lower], [upper]",
    "EFFICIENT_FRONTIER": "exp_returns, cov, [points], [lower], [upper]",
    "ROLLING_STATS": "returns, window, [statistic], [periods_per_year], [rf], [benchmark], [missing]",
    "MONTHLY_RETURNS": "returns",
    "DRAWDOWN_TABLE": "returns, [count], [blank_rows]",
    "TRADE_LIST": "holdings, prices, target, [cash], [band], [lot], [cost_bps], [min_trade], [multiplier], [margin], "
    "[cov]",
}
"""The arguments of each function, optional ones in brackets. Only ever append an optional one, or a function."""


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_keep_their_places(name):
    assert FUNCTIONS[name].usage == f"{name}({ARGUMENTS[name]})"


def test_every_function_is_listed():
    assert FUNCTIONS.keys() - ARGUMENTS.keys() == set(), "list the new function above"
