"""Risk parity that lives in a spreadsheet.

This is the Python API: arrays in, arrays out; or pandas in, pandas out, see :func:`rpxl.frames.accept_frames`. The same
functions on cell values are in :mod:`rpxl.formulas`.

Examples
--------
>>> import rpxl
>>> cov = rpxl.cov_from_vols([0.16, 0.04], [[1.0, 0.0], [0.0, 1.0]])
>>> rpxl.risk_parity_weights(cov).round(4)
array([0.2, 0.8])

Weights by asset, from a pandas table:

>>> import pandas as pd
>>> table = pd.DataFrame(cov, index=["Stocks", "Bonds"], columns=["Stocks", "Bonds"])
>>> rpxl.risk_parity_weights(table).round(4).to_dict()
{'Stocks': 0.2, 'Bonds': 0.8}
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rpxl.core.allocation import (
    inverse_vol_weights,
    max_diversification_weights,
    max_sharpe_weights,
    min_variance_weights,
)
from rpxl.core.backtest import backtest
from rpxl.core.clustering import hrp_weights
from rpxl.core.covariance import (
    check_cov,
    cov_from_vols,
    diagnose_cov,
    nearest_psd,
    returns_from_prices,
    split_cov,
    vols,
)
from rpxl.core.decomposition import (
    correlation_with_portfolio,
    diversification_ratio,
    effective_bets,
    marginal_risk,
    risk_contributions,
    volatility,
)
from rpxl.core.estimators import estimate_cov, ewma_cov, ledoit_wolf_cov, sample_cov
from rpxl.core.factors import FactorRisk, factor_risk
from rpxl.core.leverage import Leverage, lever_to_return, lever_to_vol
from rpxl.core.margin import Margin, margin_report
from rpxl.core.missing import count_incomplete
from rpxl.core.performance import Performance, drawdowns, performance
from rpxl.core.reports import Drawdown, MonthlyReturns, monthly_returns, rolling_statistic, worst_drawdowns
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.core.scenarios import scenario_risk, scenario_risk_contributions
from rpxl.core.utility import (
    implied_risk_aversion,
    merton_weights,
    portfolio_return,
    risk_adjusted_return,
    sharpe_ratio,
)
from rpxl.errors import ConvergenceError, InfeasibleError, InputError, RpxlError
from rpxl.frames import Backtest
from rpxl.frames import accept_frames as _accept_frames

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rpxl.calc.recalculate import Recalculation, recalculate
    from rpxl.core.mean_variance import Frontier, efficient_frontier, mean_variance_weights
    from rpxl.core.risk_statistics import (
        BenchmarkStatistics,
        RiskStatistics,
        benchmark_statistics,
        risk_statistics,
    )
    from rpxl.core.scenario_parity import scenario_risk_parity
    from rpxl.core.trades import TradeList, trade_list
    from rpxl.filling.fill import FillReport, fill
    from rpxl.filling.freeze import FreezeReport, freeze
    from rpxl.filling.report import StrategyReport, report
    from rpxl.prices.prices import Prices, read_prices

_LATE = {
    "BenchmarkStatistics": "rpxl.core.risk_statistics",
    "FillReport": "rpxl.filling.fill",
    "FreezeReport": "rpxl.filling.freeze",
    "Frontier": "rpxl.core.mean_variance",
    "Prices": "rpxl.prices.prices",
    "Recalculation": "rpxl.calc.recalculate",
    "RiskStatistics": "rpxl.core.risk_statistics",
    "StrategyReport": "rpxl.filling.report",
    "TradeList": "rpxl.core.trades",
    "benchmark_statistics": "rpxl.core.risk_statistics",
    "efficient_frontier": "rpxl.core.mean_variance",
    "fill": "rpxl.filling.fill",
    "freeze": "rpxl.filling.freeze",
    "mean_variance_weights": "rpxl.core.mean_variance",
    "read_prices": "rpxl.prices.prices",
    "recalculate": "rpxl.calc.recalculate",
    "report": "rpxl.filling.report",
    "risk_statistics": "rpxl.core.risk_statistics",
    "scenario_risk_parity": "rpxl.core.scenario_parity",
    "trade_list": "rpxl.core.trades",
}
"""Names whose modules are loaded on first use: a formula in a cell imports this module and needs few of them."""


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'rpxl' has no attribute {name!r}")
    globals()[name] = found = _public(getattr(import_module(_LATE[name]), name))
    return found


def _public(value: Any) -> Any:
    """Let a function of the core take pandas objects; under its own name in the core it takes arrays only."""
    of_core = callable(value) and not isinstance(value, type) and value.__module__.startswith("rpxl.core.")
    return _accept_frames(value) if of_core else value


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATE])


for _name, _value in list(globals().items()):
    globals()[_name] = _public(_value)
del _name, _value
