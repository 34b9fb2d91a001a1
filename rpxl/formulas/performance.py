"""Functions of time: how a strategy would have done, and how an investment has done."""

from typing import Annotated, Any, Literal

import numpy as np

from rpxl.core.backtest import AVAILABLE, backtest
from rpxl.core.dates import FREQUENCIES, Dates
from rpxl.core.estimators import ESTIMATORS
from rpxl.core.missing import MISSING
from rpxl.core.performance import drawdowns, performance, performance_table, rows_of_window
from rpxl.core.strategies import STRATEGIES
from rpxl.errors import InputError
from rpxl.formulas.arguments import MissingChoice, options_help
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, to_serials
from rpxl.formulas.readers import AssetTable, Choice, DatedAssetTable, Day, Number, WordOrVector

_STATISTICS = {
    "Periods": "periods",
    "Cumulative return": "cumulative",
    "Annual return, compound": "annual_return",
    "Annual return, mean": "mean_return",
    "Volatility": "volatility",
    "Sharpe ratio": "sharpe",
    "Maximum drawdown": "max_drawdown",
    "Longest drawdown, periods": "longest_drawdown",
    "Best period": "best",
    "Worst period": "worst",
    "Share of positive periods": "positive_share",
}

_MORE = {
    "Sortino ratio": "sortino",
    "Calmar ratio": "calmar",
    "Value at risk, 95 %": "var",
    "Conditional value at risk, 95 %": "cvar",
    "Skewness": "skewness",
    "Excess kurtosis": "kurtosis",
    "Share of periods under water": "under_water",
}

_AGAINST = {
    "Alpha": "alpha",
    "Beta": "beta",
    "Correlation with the benchmark": "correlation",
    "Tracking error": "tracking_error",
    "Information ratio": "information_ratio",
    "Up capture": "up_capture",
    "Down capture": "down_capture",
}

_Missing = Annotated[
    str,
    MissingChoice(
        "error (default): a blank or #N/A return is one, and a date that is skipped; drop_rows: leave out its row for "
        "all investments. MISSING_ROWS says how many.",
        MISSING,
    ),
]


@formula(
    "Performance",
    example=Example(
        args=(
            [
                [45293.0, 100.0, 100.0],
                [45294.0, 101.0, 99.0],
                [45295.0, 100.0, 100.0],
                [45296.0, 100.0, 100.0],
                [45299.0, 110.0, 100.0],
                [45300.0, 121.0, 80.0],
                [45301.0, 121.0, 80.0],
            ],
            "equal_weight",
            2.0,
            "daily",
        ),
        answer=[
            ["Date", "Value", "Drawdown"],
            [45296.0, 1.0, 0.0],
            [45299.0, 1.05, 0.0],
            [45300.0, 0.9975, -0.05],
            [45301.0, 0.9975, -0.05],
        ],
        source="by hand: the means of 10 and 0 %, of 10 and −20 %, and of 0 and 0 %, one after the other",
    ),
)
def RP_BACKTEST(
    prices: Annotated[
        Array,
        DatedAssetTable(
            "Closes of each day, week or month, oldest first: dates in the first column, then one column per asset. "
            "Labels may be on top.",
            gaps=True,
        ),
    ],
    strategy: Annotated[
        str | Array,
        WordOrVector(
            f"How to weigh: {', '.join(STRATEGIES)}; or a row or column of fixed weights. Default risk_parity.",
            tuple(STRATEGIES),
        ),
    ] = "risk_parity",
    lookback: Annotated[
        float | None,
        Number(
            "Number of returns before a rebalance that the covariance is made from. Default by the dates: 252 for "
            "trading days, 365 for every day, 52 for weekly, 36 for monthly, 12 for quarterly, 10 for yearly prices."
        ),
    ] = None,
    rebalance: Annotated[
        str,
        Choice(
            f"Rebalance on the first date of each period: {', '.join(FREQUENCIES)}. Default quarterly.",
            FREQUENCIES,
        ),
    ] = "quarterly",
    target_vol: Annotated[
        float | None,
        Number("Annual volatility to lever to at each rebalance (0.1 is 10 %). Left out: the weights as they are."),
    ] = None,
    borrow: Annotated[
        float, Number("Annual interest on what is borrowed, by calendar days / 365 (0.02 is 2 %). Default 0.")
    ] = 0.0,
    cost_bps: Annotated[
        float, Number("Cost of trading, in basis points of what is bought and sold (10 is 0.1 %). Default 0.")
    ] = 0.0,
    output: Annotated[
        Literal["history", "trades"],
        Choice(
            "history (default): date, value, drawdown; trades: date, leverage, turnover, cost and weights of each.",
            ("history", "trades"),
        ),
    ] = "history",
    periods_per_year: Annotated[
        float | None,
        Number(
            "Rows per year, which make the volatility annual. Left out: what the dates tell. A number that contradicts "
            "the dates is an error."
        ),
    ] = None,
    missing: Annotated[
        str,
        MissingChoice(
            "error (default): a blank or #N/A price is one, and a date that is skipped; drop_rows: leave out its date; "
            "available: an asset joins when it has prices for the whole lookback, and leaves when its prices end.",
            (*MISSING, AVAILABLE),
        ),
    ] = "error",
    method: Annotated[
        str,
        Choice(
            "Covariance: " + options_help({name: one.help for name, one in ESTIMATORS.items()}),
            tuple(ESTIMATORS),
        ),
    ] = "sample",
    halflife: Annotated[
        float | None, Number("For the method ewma: periods in which a weight halves, 1 or more. Default 63.")
    ] = None,
    max_leverage: Annotated[
        float | None, Number("With target_vol: the most that the weights may be multiplied by. Left out: no limit.")
    ] = None,
    cash_rate: Annotated[
        float, Number("Annual interest on what is left in cash, by calendar days / 365 (0.02 is 2 %). Default 0.")
    ] = 0.0,
    *,
    labels: list[str],
    dates: Dates,
) -> list[list[float | str]]:
    """Backtest of a strategy: the value of 1 and its drawdown at each date, or the trades.

    Raises
    ------
    InputError
        A price or a date is missing or wrong, there are too few for the lookback, or the dates don't tell how often
        there is a price.
    InfeasibleError
        The value falls to 0 or below; or at some rebalance there is no such portfolio. The message says when.

    Notes
    -----
    The first date is the first rebalance with a full lookback before it. A trade happens at the close of its day and
    knows the returns up to the day before only; what it earns begins on the day after. Weights drift until the next.
    A value is that before the trade of its day, so the cost of a trade shows a day later. Weights, turnover (what is
    bought and sold) and cost are fractions of the equity. See :func:`rpxl.core.backtest.backtest`.

    Examples
    --------
    >>> prices = [["2024-01-0" + day, price] for day, price in zip("234589", [10.0, 11.0, 10.0, 10.0, 12.5, 6.25])]
    >>> RP_BACKTEST(prices, "risk_parity", 2, "daily")
    [['Date', 'Value', 'Drawdown'], [45296.0, 1.0, 0.0], [45299.0, 1.25, 0.0], [45300.0, 0.625, -0.5]]
    """
    history = backtest(
        prices,
        dates,
        strategy,
        lookback,
        rebalance,
        target_vol,
        borrow,
        cost_bps,
        periods_per_year=periods_per_year,
        missing=missing,
        method=method,
        halflife=halflife,
        max_leverage=max_leverage,
        cash_rate=cash_rate,
    )
    if output == "trades":
        trades = np.column_stack(
            [to_serials(history.rebalances), history.leverage, history.turnover, history.costs, history.weights]
        )
        return [["Date", "Leverage", "Turnover", "Cost", *labels], *trades.tolist()]
    columns = np.column_stack([to_serials(history.dates), history.value, history.drawdown])
    return [["Date", "Value", "Drawdown"], *columns.tolist()]


@formula(
    "Performance",
    example=Example(
        args=([["Fund"], [0.25], [-0.2], [0.1]], 1.0, 0.01),
        answer=[
            ["Statistic", "Fund"],
            ["Periods", 3.0],
            ["Cumulative return", 0.1],
            ["Annual return, compound", 1.1 ** (1 / 3) - 1],
            ["Annual return, mean", 0.05],
            ["Volatility", 0.0525**0.5],
            ["Sharpe ratio", 0.04 / 0.0525**0.5],
            ["Maximum drawdown", -0.2],
            ["Longest drawdown, periods", 2.0],
            ["Best period", 0.25],
            ["Worst period", -0.2],
            ["Share of positive periods", 2 / 3],
        ],
        source="by hand: 1.25 · 0.8 · 1.1 = 1.1; deviations from 5 % of 20, −25 and 5 %, squares 0.105, over T − 1 = 2",
    ),
)
def PERF_STATS(
    returns: Annotated[
        Array,
        AssetTable(
            "Simple returns per period: one column per investment, oldest first. Labels and dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ],
    periods_per_year: Annotated[
        float | None,
        Number(
            "Returns per year: 252 for daily, 52 for weekly, 12 for monthly. Left out: what the dates tell; 252 "
            "without dates. A number that contradicts the dates is an error."
        ),
    ] = None,
    rf: Annotated[float, Number("Annual risk-free rate, for the Sharpe ratio (0.02 is 2 %). Default 0.")] = 0.0,
    start: Annotated[
        np.datetime64 | None,
        Day('First date of a window: a date, a month "2020-02" or a year 2022. The returns then need their dates.'),
    ] = None,
    end: Annotated[
        np.datetime64 | None,
        Day('Last date of the window, included: a date, a month "2020-03" or a year 2022, to its last day.', last=True),
    ] = None,
    missing: _Missing = "error",
    benchmark: Annotated[
        Array | None,
        AssetTable(
            "Returns of a benchmark, one column, for the same periods: adds alpha, beta … Dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ] = None,
    detail: Annotated[
        str,
        Choice(
            "short (default); full adds Sortino, Calmar, value at risk, skewness, kurtosis and time under water.",
            ("short", "full"),
        ),
    ] = "short",
    *,
    labels: list[str],
    dates: Dates | None,
) -> list[list[float | str]]:
    """Performance statistics, a labelled table: returns, volatility, Sharpe ratio, drawdowns; or more.

    Raises
    ------
    InputError
        A return is missing or a date skipped within the window, unless rows are dropped; a return is below −100 %;
        there are fewer than two; a window is asked for without dates; or the periods are unclear, or contradict the
        dates.

    Notes
    -----
    With P periods per year and T returns r: cumulative Π(1 + r) − 1; compound (1 + cumulative)^(P/T) − 1; mean P·r̄;
    volatility √P·√(Σ(r − r̄)²/(T − 1)); Sharpe (mean − rf)/volatility (Sharpe 1994), n/a without volatility;
    drawdown value/highest value so far − 1, the start included. A return belongs to the date that it ends on. For the
    rest see :func:`rpxl.core.risk_statistics.risk_statistics` and
    :func:`rpxl.core.risk_statistics.benchmark_statistics`.

    Examples
    --------
    >>> PERF_STATS([["2022-12-30", 0.5], ["2023-01-02", -0.5], ["2023-01-03", 0.5]], 252, 0, 2023, 2023)[1:3]
    [['Periods', 2.0], ['Cumulative return', -0.25]]
    """
    measured: list[Any] = list(performance_table(returns, periods_per_year, rf, start, end, missing, dates))
    rows = [[name, *(getattr(m, item) for m in measured)] for name, item in _STATISTICS.items()]
    if detail == "short" and benchmark is None:
        return [["Statistic", *labels], *(["n/a" if cell is None else cell for cell in row] for row in rows)]
    from rpxl.core import risk_statistics as more  # here only: the short table doesn't need it

    together = returns if benchmark is None else _beside(returns, benchmark, missing)
    table, yearly = rows_of_window(together, periods_per_year, start, end, missing, dates)
    investments = table.T[: len(measured)]
    if len(table) != measured[0].periods:
        measured = [performance(series, yearly, rf) for series in investments]
        rows = [[name, *(getattr(m, item) for m in measured)] for name, item in _STATISTICS.items()]
    if detail == "full":
        found: list[Any] = [more.risk_statistics(series, yearly, rf) for series in investments]
        rows += [[name, *(getattr(m, item) for m in found)] for name, item in _MORE.items()]
    if benchmark is not None:
        found = [more.benchmark_statistics(series, table[:, -1], yearly, rf) for series in investments]
        rows += [[name, *(getattr(m, item) for m in found)] for name, item in _AGAINST.items()]
    return [["Statistic", *labels], *(["n/a" if cell is None else cell for cell in row] for row in rows)]


def _beside(returns: Array, benchmark: Array, missing: str) -> Array:
    """Put a benchmark's returns beside those of investments, for rows to be left out together."""
    rows, columns = benchmark.shape
    if columns != 1:
        raise InputError("benchmark", f"has {columns} columns; give one benchmark.")
    if rows != len(returns):
        raise InputError("benchmark", f"has {rows} returns, but returns has {len(returns)} rows. Give one for each.")
    gaps = np.isnan(benchmark[:, 0])
    if gaps.any() and missing == "error":
        text = "{0} is missing. Fill it in, or leave its row out: missing = drop_rows."
        raise InputError("benchmark", text, (int(gaps.argmax()), 0), missing=True)
    if benchmark[~gaps].min(initial=0.0) < -1.0:
        i = int((np.where(gaps, 0.0, benchmark[:, 0]) < -1.0).argmax())
        raise InputError(
            "benchmark", f"{{0}} is {benchmark[i, 0]:.6g}: no benchmark loses more than everything.", (i, 0)
        )
    return np.column_stack([returns, benchmark])


@formula(
    "Performance",
    example=Example(
        args=([[0.25], [-0.2], [0.1], [0.5]],),
        answer=[[0.0], [-0.2], [-0.12], [0.0]],
        source="by hand: values 1.25, 1, 1.1, 1.65 below highs of 1.25, 1.25, 1.25, 1.65",
    ),
)
def DRAWDOWN(
    returns: Annotated[
        Array,
        AssetTable(
            "Simple returns per period: one column per investment, oldest first. Labels and dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ],
    missing: _Missing = "error",
    *,
    dates: Dates | None,
) -> Array:
    """Drawdown after each return: how far below its highest so far the value stands.

    Raises
    ------
    InputError
        A return is missing or a date skipped, unless rows are dropped; or a return is below −100 %.

    Notes
    -----
    value/highest value so far − 1, where the start, before the first return, counts as a value.

    Examples
    --------
    >>> DRAWDOWN([-0.5, 1.0])
    [[-0.5], [0.0]]
    """
    return drawdowns(returns, missing, dates)
