"""The spreadsheet functions, as a cell calls them.

Each takes cell values in the form in which any host passes them, and returns a number, a text, or rows of plain
``float`` and ``str``. Where there is no answer, it raises an exception of :mod:`rpxl.errors`.
"""

from rpxl.formulas.backtest import RP_BACKTEST
from rpxl.formulas.construction import (
    HRP_WEIGHTS,
    INV_VOL_WEIGHTS,
    MAX_DIV_WEIGHTS,
    MAX_SHARPE_WEIGHTS,
    MIN_VAR_WEIGHTS,
    RP_WEIGHTS,
)
from rpxl.formulas.data import (
    CORR_MATRIX,
    COV_FROM_VOLS,
    COV_MATRIX,
    MISSING_ROWS,
    NEAREST_PSD,
    RETURNS,
    RP_CHECK,
    VOLS,
)
from rpxl.formulas.factors import FACTOR_RISK
from rpxl.formulas.frontier import EFFICIENT_FRONTIER, MEAN_VAR_WEIGHTS
from rpxl.formulas.leverage import LEVER_TO_RETURN, LEVER_TO_VOL, MARGIN_REPORT
from rpxl.formulas.performance import DRAWDOWN, PERF_STATS
from rpxl.formulas.reports import DRAWDOWN_TABLE, MONTHLY_RETURNS, ROLLING_STATS
from rpxl.formulas.risk import (
    DIVERSIFICATION_RATIO,
    EFFECTIVE_BETS,
    PORT_VOL,
    RISK_CONTRIB,
    RISK_DECOMP,
)
from rpxl.formulas.scenarios import SCENARIO_RISK, SCENARIO_RISK_CONTRIB, SCENARIO_RP_WEIGHTS
from rpxl.formulas.trades import TRADE_LIST
from rpxl.formulas.utility import IMPLIED_RISK_AVERSION, MERTON_WEIGHTS, PORT_SHARPE, RISK_ADJ_RETURN
