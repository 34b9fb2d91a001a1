"""The backtest of a strategy: how it would have performed on past prices."""

from typing import Annotated, Literal

import numpy as np

from rpxl.core.backtest import AVAILABLE, BANDS, SCHEDULES, Backtest, backtest
from rpxl.core.dates import FREQUENCIES, Dates
from rpxl.core.estimators import ESTIMATORS
from rpxl.core.missing import MISSING
from rpxl.core.strategies import STRATEGIES
from rpxl.errors import InputError
from rpxl.formulas.arguments import MissingChoice, options_help
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, Block, Cells, as_rows, is_label, to_serials
from rpxl.formulas.grid import read_table
from rpxl.formulas.labels import name_key, quote
from rpxl.formulas.readers import Choice, DatedAssetTable, Number, Reader, Vector, WordOrVector

_PARITY = "risk_parity_"
"""The beginning of the names of strategies that balance another risk than volatility."""

_BOUNDED = [name for name, one in STRATEGIES.items() if one.bounded and not name.startswith(_PARITY)]


class BenchmarkReader(Reader):
    """The name or number of an asset, the name of a strategy, weights, or a column of prices with or without dates."""

    def read(self, argument: str, cells: Cells) -> Block:  # noqa: D102
        rows = as_rows(argument, cells)
        if len(rows) == len(rows[0]) == 1 and is_label(rows[0][0]):
            return Block(argument, rows[0][0].strip())
        if len(rows) == 1 or len(rows[0]) > 2:
            return Vector(self.help).read(argument, cells)
        block = read_table(argument, cells, gaps=True)
        if block.values.shape[1] != 1:
            return Vector(self.help).read(argument, cells)
        block.values = block.values[:, 0]
        block.labels = block.row_labels
        return block


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
            "Closing prices of each day, week or month, oldest first: dates in the first column, then one column per "
            "asset. Labels may be on top.",
            gaps=True,
        ),
    ],
    strategy: Annotated[
        str | Array,
        WordOrVector(
            f"Weights by: {', '.join(STRATEGIES)}; or a row or column of fixed weights. Default risk_parity.",
            tuple(STRATEGIES),
        ),
    ] = "risk_parity",
    lookback: Annotated[
        float | None,
        Number(
            "Number of returns before a rebalance from which the covariance is estimated. Default by dates: 252 for "
            "trading days, 365 for every day, 52 for weekly, 36 for monthly, 12 for quarterly, 10 for yearly prices."
        ),
    ] = None,
    rebalance: Annotated[
        str,
        Choice(
            f"On the first date of each period: {', '.join(FREQUENCIES)} (default quarterly). Or {', '.join(BANDS)}: "
            "when a weight, or a share of risk, has drifted by more than band, checked on every date.",
            SCHEDULES,
        ),
    ] = "quarterly",
    target_vol: Annotated[
        float | None,
        Number("Annual volatility to lever to at each rebalance (0.1 is 10 %). Left out: weights are not scaled."),
    ] = None,
    borrow: Annotated[
        float, Number("Annual interest on what is borrowed, by calendar days / 365 (0.02 is 2 %). Default 0.")
    ] = 0.0,
    cost_bps: Annotated[
        float, Number("Cost of trading, in basis points of what is bought and sold (10 is 0.1 %). Default 0.")
    ] = 0.0,
    output: Annotated[
        Literal["history", "trades", "summary"],
        Choice(
            "history (default): date, value and drawdown, also of the benchmark; trades: date, leverage, turnover, "
            "cost and weights of each trade; summary: number of trades, turnover and cost.",
            ("history", "trades", "summary"),
        ),
    ] = "history",
    periods_per_year: Annotated[
        float | None,
        Number(
            "Number of rows per year, to make the volatility annual. Left out: found from the dates. A number that "
            "contradicts the dates is an error."
        ),
    ] = None,
    missing: Annotated[
        str,
        MissingChoice(
            "error (default): a blank or #N/A price, or a skipped date, is an error; drop_rows: leave out that date; "
            "available: an asset is held from when it has prices for the whole lookback until its prices end.",
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
        float | None, Number("For the method ewma: periods after which a weight has halved, 1 or more. Default 63.")
    ] = None,
    max_leverage: Annotated[
        float | None, Number("With target_vol: the most that the weights may be multiplied by. Left out: no limit.")
    ] = None,
    cash_rate: Annotated[
        float, Number("Annual interest on what is left in cash, by calendar days / 365 (0.02 is 2 %). Default 0.")
    ] = 0.0,
    decay: Annotated[
        float | None,
        Number("For ewma, instead of halflife: each weight as a fraction of the next, 0.94 in RiskMetrics."),
    ] = None,
    threshold: Annotated[
        float | None, Number("For the method semi: the return per period below which there is a shortfall. Default 0.")
    ] = None,
    band: Annotated[
        float | None,
        Number(
            "With rebalance by_weight_band or by_risk_band: how far a weight, or a share of risk, may drift from where "
            "the last trade put it (0.05 lets 20 % become 15 or 25 %)."
        ),
    ] = None,
    lower: Annotated[
        Array | None,
        Vector(
            "Lowest weights before leverage: one number for all assets, or one each. Only for the strategies "
            f"{', '.join(_BOUNDED)} and {_PARITY}…"
        ),
    ] = None,
    upper: Annotated[
        Array | None,
        Vector("Highest weights before leverage: one number for all assets, or one each; for the same strategies."),
    ] = None,
    benchmark: Annotated[
        str | Array | None,
        BenchmarkReader(
            "To compare with: an asset of prices (its name or number) or a column of other prices on the same dates, "
            "bought and held without costs; or a strategy's name or fixed weights, with the same rebalancing and costs."
        ),
    ] = None,
    *,
    labels: list[str],
    dates: Dates,
) -> list[list[float | str]]:
    """Backtest of a strategy: the value of 1 and its drawdown at each date, beside a benchmark; or the trades.

    Raises
    ------
    InputError
        A price or a date is missing or wrong, there are too few for the lookback, or the dates do not show how often
        there is a price; a band is missing, or given with a rebalance that does not use it; bounds are given to a
        strategy that takes none, or an estimator to one that uses no covariance; or the benchmark
        is unknown or can be read in two ways.
    InfeasibleError
        The value falls to 0 or below; or the portfolio does not exist at some rebalance. The message gives the date.
    ConvergenceError
        The portfolio of some rebalance cannot be computed accurately.

    Notes
    -----
    The first date is the first rebalance with a full lookback before it. A trade is made at the close of its day. It
    uses the returns up to the day before only, and earns returns from the day after. Weights drift until the next
    trade. The value of a day is the value before its trade, so the cost of a trade is in the value of the day after.
    Weights, turnover (what is bought and sold) and cost are fractions of the equity. With a band, a drift beyond it at
    the close of one day is traded at the close of the next. max_sharpe uses the mean returns of the lookback as
    expected returns, and cash_rate as the risk-free rate; if no portfolio within the bounds is expected to earn more,
    all is in cash. In the summary, the turnover per year does not include the first purchase. See
    :func:`rpxl.core.backtest.backtest`.

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
        decay=decay,
        threshold=threshold,
        band=band,
        lower=lower,
        upper=upper,
        benchmark=_benchmark(benchmark, prices, labels),
    )
    if output == "summary":
        return _summary(history)
    if output == "trades":
        trades = np.column_stack(
            [to_serials(history.rebalances), history.leverage, history.turnover, history.costs, history.weights]
        )
        return [["Date", "Leverage", "Turnover", "Cost", *labels], *trades.tolist()]
    heads, columns = ["Date", "Value", "Drawdown"], [to_serials(history.dates), history.value, history.drawdown]
    if history.benchmark is not None and history.benchmark_drawdown is not None:
        heads += ["Benchmark", "Benchmark drawdown"]
        columns += [history.benchmark, history.benchmark_drawdown]
    return [heads, *np.column_stack(columns).tolist()]


def _summary(history: Backtest) -> list[list[float | str]]:
    """Return the table of how much was traded, and its cost."""
    first, last = to_serials(history.dates[[0, -1]]).tolist()
    return [
        ["Figure", "Value"],
        ["First date", first],
        ["Last date", last],
        ["Trades", float(len(history.rebalances))],
        ["Trades per year, after the first", (len(history.rebalances) - 1) / history.years],
        ["Turnover of the first purchase", float(history.turnover[0])],
        ["Turnover after it", float(history.turnover[1:].sum())],
        ["Turnover per year, after the first", history.turnover_per_year],
        ["Cost of all trades", float(history.costs.sum())],
        ["Highest leverage", float(history.leverage.max())],
    ]


def _benchmark(given: str | Array | None, prices: Array, labels: list[str]) -> str | Array | None:
    """Return a strategy's name, weights or prices; the name or number of an asset is replaced by its prices."""
    count = prices.shape[1]
    if isinstance(given, str):
        assets = [i for i, label in enumerate(labels) if name_key(label) == name_key(given)]
        strategy = given.strip().lower() in STRATEGIES
        if len(assets) + strategy == 1:
            return prices[:, assets[0]] if assets else given
        if assets:
            other = "a strategy" if strategy else "another asset"
            raise InputError("benchmark", f"is {quote(given)}, the name of an asset and of {other}. Give its number.")
        known = f"choose an asset ({', '.join(labels[:5])}{' …' * (count > 5)}) or one of {', '.join(STRATEGIES)}."
        raise InputError("benchmark", f"is {quote(given)}; {known}")
    if given is not None and given.size == 1 and count > 1:
        number = float(given[0])
        if number != int(number) or not 1 <= number <= count:
            text = f"is {number:.6g}; give the number of an asset from 1 to {count}, or a weight for each of them."
            raise InputError("benchmark", text)
        return prices[:, int(number) - 1]
    return given
