"""The backtest: a strategy over past prices, rebalanced by a schedule, with weights that drift in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, in_range, number, positive, rate
from rpxl.core.benchmark import Benchmark, read_benchmark
from rpxl.core.calendar import TRADING_DAYS, frequency
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.dates import FREQUENCIES, Dates, first_days
from rpxl.core.estimators import estimator_of
from rpxl.core.limits import read_limits
from rpxl.core.market import AVAILABLE, Market, read_market  # noqa: F401  # others import it from here
from rpxl.core.performance import below_peak
from rpxl.core.rebalancing import Calendar, RiskBand, Schedule, Terms, WeightBand
from rpxl.core.strategies import STRATEGIES, Strategy, read_strategy, require_use_of_method
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

DAY_COUNT = 365.0
"""Days in a year of interest: each day adds 1/365 of the annual rate."""

DAYS_OF_A_YEAR = 365.25
"""Mean length of a calendar year, by which turnover is annualised."""

BANDS: dict[str, type[WeightBand]] = {"by_weight_band": WeightBand, "by_risk_band": RiskBand}
"""Option words for a rebalance when a weight, or a share of risk, has drifted too far."""

SCHEDULES = (*FREQUENCIES, *BANDS)
"""All option words for when to rebalance, the default first."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """The result of a backtest: 1 unit of equity followed over D dates with R rebalances."""

    dates: Dates
    """From the first rebalance to the last date, shape (D,)."""
    value: Array
    """The equity at each close, shape (D,); 1 on the first date. On a day of rebalancing: before the trade."""
    drawdown: Array
    """Value over its running maximum, less 1: at most 0, shape (D,)."""
    rebalances: Dates
    """The days of the trades, shape (R,)."""
    weights: Array
    """Weights after each trade and after leverage, as fractions of equity, shape (R, n)."""
    leverage: Array
    """The factor by which the strategy's weights were multiplied, shape (R,)."""
    turnover: Array
    """Purchases plus sales of each trade, as a fraction of equity, shape (R,)."""
    costs: Array
    """Cost of each trade, as a fraction of equity, shape (R,)."""
    benchmark: Array | None = None
    """The value of the benchmark at each date, shape (D,), 1 on the first; None without a benchmark."""

    @property
    def returns(self) -> Array:
        """The return to each date but the first, shape (D - 1,), after all costs and interest."""
        return np.asarray(self.value[1:] / self.value[:-1] - 1.0)

    @property
    def benchmark_drawdown(self) -> Array | None:
        """Benchmark over its running maximum, less 1: at most 0, shape (D,); None without a benchmark."""
        return None if self.benchmark is None else below_peak(self.benchmark, start=1.0)

    @property
    def years(self) -> float:
        """From the first date to the last, in years of 365.25 days."""
        return float((self.dates[-1] - self.dates[0]).astype(np.int64)) / DAYS_OF_A_YEAR

    @property
    def turnover_per_year(self) -> float:
        """Purchases plus sales per year on average, as a fraction of equity; the first purchase is not counted."""
        return float(self.turnover[1:].sum()) / self.years


def backtest(
    prices: npt.ArrayLike,
    dates: npt.ArrayLike | Sequence[date],
    strategy: str | npt.ArrayLike = "risk_parity",
    lookback: float | None = None,
    rebalance: str = "quarterly",
    target_vol: float | None = None,
    borrow: float = 0.0,
    cost_bps: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
    periods_per_year: float | None = None,
    missing: str = "error",
    method: str = "sample",
    halflife: float | None = None,
    max_leverage: float | None = None,
    cash_rate: float = 0.0,
    decay: float | None = None,
    threshold: float | None = None,
    band: float | None = None,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
    benchmark: str | npt.ArrayLike | None = None,
) -> Backtest:
    """Follow a strategy through a history of prices.

    Parameters
    ----------
    prices : array of shape (T, n)
        Closes, adjusted for dividends and splits; one row per trading day, week or month, oldest first; all above 0.
    dates : array of shape (T,)
        The day of each row, see :func:`rpxl.core.dates.check_dates`.
    strategy : str or array of shape (n,)
        A name in :data:`rpxl.core.strategies.STRATEGIES`, the rule for the weights at each rebalance: "risk_parity",
        "inverse_vol", "equal_weight", "min_variance", "max_diversification", "hrp", "max_sharpe" (expected returns are
        the means over the lookback), or risk parity by another measure of risk over the lookback: "risk_parity_cvar",
        "risk_parity_cdar", "risk_parity_semi_deviation". Or fixed weights, the same at every rebalance, of any sign and
        any sum: where they sum to less than 1 the rest is cash, where they sum to more the excess is borrowed.
    lookback : int, optional
        Number of returns from which a covariance is estimated; a whole number, 2 or more. By default it follows from
        the dates: 252 for trading days, 365 for every day, 52 for weekly prices, 36 for monthly, 12 for quarterly, 10
        for yearly.
    rebalance : {"quarterly", "monthly", "weekly", "daily", "yearly", "by_weight_band", "by_risk_band"}
        The portfolio is rebalanced on the first date of each such period; or when a weight, or a share of risk, has
        drifted by more than `band` since the last trade.
    target_vol : float, optional
        Annual volatility to which the weights are levered at each rebalance, by the same covariance. Without it
        they are not levered.
    borrow : float
        Annual interest on what is borrowed; 0 or above.
    cost_bps : float
        Cost of trading, in basis points (1/100 of 1 %) of what is bought and sold; 0 or above.
    progress : callable, optional
        Called after each rebalance with the number of rebalances that are done and their total; with a band, both
        count days.
    periods_per_year : float, optional
        Rows per year, by which the volatility is annualised. By default the dates tell it.
    missing : {"error", "drop_rows", "available"}
        What to do about a price that is missing (NaN). "error" refuses it, and dates that skip a period. "drop_rows"
        leaves out its date for all assets, and returns span the gap. "available" holds each asset while it has
        prices, see the notes.
    method : str
        The covariance estimator, see :func:`rpxl.core.estimators.estimate_cov`. Strategies by scenarios use none; with
        them it is for `target_vol`, for "by_risk_band", or for the strategy that is the benchmark.
    halflife : float, optional
        For the method "ewma", in periods.
    max_leverage : float, optional
        The most that the weights may be multiplied by to reach `target_vol`; above 0.
    cash_rate : float
        Annual interest on what is left in cash; 0 or above. "max_sharpe" uses it as the riskless rate.
    decay, threshold : float, optional
        `decay` is for the method "ewma", `threshold` for "semi".
    band : float, optional
        Needed with "by_weight_band" and "by_risk_band", and only there: by how much a weight, as a fraction of equity,
        or a share of risk may drift; above 0 and below 1. With 0.05 a weight of 20 % may become 15 or 25 %.
    lower, upper : float or array of shape (n,), optional
        Bounds on the weights before leverage, one for all or one each, for the strategies that take bounds.
    benchmark : str or array, optional
        What to compare with. A strategy by its name or fixed weights of the assets, shape (n,), which start on the same
        day and are rebalanced by the same rule, at the same cost, without leverage to a target and without bounds. Or
        prices, shape (T,), on the same dates, such as those of an index: bought on the first day and held, without
        costs.

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        Prices or dates are wrong or too few, an asset never moves within a lookback, a number is out of its range, or
        the dates don't tell how often there is a price and `lookback` or, with a target, `periods_per_year` is needed;
        a band is missing, or given with a period; bounds are given to a strategy that takes none; or an estimator
        other than the default is given, and nothing uses a covariance.
    InfeasibleError
        The value falls to 0 or below, by leverage, short positions or costs: the message says on which day. Or
        a portfolio doesn't exist at some rebalance.
    ConvergenceError
        A portfolio could not be computed accurately at some rebalance.

    Notes
    -----
    The trade of a rebalance on day t happens at the close of t. Its weights are computed from the `lookback` returns
    up to the close of t - 1, and from no later price. The first return that it earns is that of t + 1. The first
    rebalance is the first that has `lookback` returns before it: at the earliest it is at row `lookback` + 1 of the
    prices, counted from 0. That holds for every strategy, so that all share the same dates. On the last day nothing is
    traded, as no return would follow.

    Between rebalances shares are held and weights drift. With equity V, weights w, costs c and days d since the
    trade, the value at a later close is

        V (1 - c) (Σᵢ wᵢ pᵢ / pᵢ(t) + 1 - Σᵢ wᵢ) + interest,

    where the debt V (1 - c) max(Σ w - 1, 0) grows at every close by the factor 1 + borrow × calendar days / 365, and
    the cash V (1 - c) max(1 - Σ w, 0) by 1 + cash_rate × calendar days / 365.
    The trade moves Σᵢ |wᵢ - w̃ᵢ| of the equity, its turnover, with w̃ the drifted weights, 0 before the first; it
    costs `cost_bps` / 10 000 of that, which comes off the equity before the new weights are applied. So the cost of
    a trade shows in the value of the day after it.

    With a band, the drift is checked on every date. At date t it is that at the close of t - 1: the largest |w̃ᵢ - wᵢ|
    between the weights there and those after the last trade; or the same with shares of risk, each by the covariance
    that a trade on its day would use. If it is above `band`, a trade at the close of t restores the strategy's weights
    in full. The first trade is on the first date with `lookback` returns before it. A trade also happens when the
    assets that can be held change, see below. "max_sharpe" holds only cash (weights and leverage 0) where no portfolio
    within the bounds had a mean above the cash rate. As cash does not drift, the next trade by a band is then on the
    first date on which the strategy holds an asset.

    With missing = "available", an asset must have all prices between its first and its last. At a rebalance on row t
    the strategy weighs those assets that have a price on each of the rows t - 1 - `lookback` to t: all returns of the
    lookback, and a price to trade at. The first rebalance is the first with one such asset. An asset whose prices end
    keeps its last price until the next rebalance, which sells it at that price, for the usual cost. No earlier trade
    depends on the end of the prices. Fixed weights need each of their assets at each rebalance.

    Examples
    --------
    >>> prices = [[100, 100], [101, 99], [100, 100], [100, 100], [110, 100], [121, 90]]
    >>> days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]
    >>> history = backtest(prices, days, "equal_weight", lookback=2, rebalance="daily")
    >>> history.value.round(12)
    array([1.  , 1.05, 1.05])
    >>> history.turnover.round(6)
    array([1.      , 0.047619])
    """
    against = read_benchmark(benchmark, prices)
    market = read_market(against.without_its_gaps(prices, missing), dates, missing)
    days, size = market.days, market.table.shape[1]
    window = _lookback(lookback, days)
    target = None if target_vol is None else positive(target_vol, "target_vol")
    weigh = read_strategy(strategy, "strategy", size)
    compared = number(cash_rate, "cash_rate") != 0.0 and _is_annual(weigh, against.portfolio)
    periods = _periods(periods_per_year, days, needed=target is not None or compared)
    estimate = estimator_of(method, halflife=halflife, decay=decay, threshold=threshold)
    schedule = _schedule(market, window, rebalance, band)
    if target is None and not isinstance(schedule, RiskBand):
        require_use_of_method(method, weigh, _strategy_of(against.portfolio))
    debt, saved = _interest(days, borrow, "borrow"), _interest(days, cash_rate, "cash_rate")
    if max_leverage is not None and target is None:
        raise InputError("max_leverage", "is for a target_vol; leave it out, or give the volatility to lever to.")
    terms = Terms(
        market=market,
        window=window,
        strategy=weigh,
        estimate=lambda rows: estimate(rows, periods),
        periods=periods,
        target=target,
        most=None if max_leverage is None else positive(max_leverage, "max_leverage"),
        bounds=_bounds(lower, upper, weigh, size),
        debt=debt,
        saved=saved,
        cash_rate=float(cash_rate),
        fee=rate(cost_bps, "cost_bps") / 10_000.0,
    )
    path = _follow(terms, schedule, progress)
    first = int(path.rows[0])
    return Backtest(
        dates=days[first:],
        value=path.value,
        drawdown=below_peak(path.value, start=1.0),
        rebalances=days[path.rows],
        weights=path.weights,
        leverage=path.leverage,
        turnover=path.turnover,
        costs=terms.fee * path.turnover,
        benchmark=_benchmark_value(against, terms, schedule),
    )


class _Path(NamedTuple):
    """The value of a portfolio from its first trade on, and its trades."""

    value: Array
    rows: npt.NDArray[np.intp]
    weights: Array
    leverage: Array
    turnover: Array


def _follow(terms: Terms, schedule: Schedule, progress: Callable[[int, int], None] | None = None) -> _Path:
    """Trade at each rebalance of a schedule, and let weights drift in between."""
    days = terms.market.days
    value, drifted = np.ones(len(days)), np.zeros(terms.market.table.shape[1])
    rows, all_weights, leverages, turnovers = [], [], [], []
    k = 0
    while k < len(schedule.rows):
        row = int(schedule.rows[k])
        weights, leverage = terms.trade(row, schedule.assets(k))
        turnover = np.abs(weights - drifted).sum()
        following = schedule.after(terms, k, weights)
        end = int(schedule.rows[following]) if following < len(schedule.rows) else schedule.last
        assets, growth = terms.held_until(row, end, weights)
        after = slice(row + 1, end + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            value[after] = value[row] * (1.0 - terms.fee * turnover) * growth
        _refuse_ruin(value[after], days[after])
        drifted = assets[-1] / growth[-1]
        rows.append(row)
        all_weights.append(weights)
        leverages.append(leverage)
        turnovers.append(turnover)
        k = following
        if progress is not None:
            progress(k, len(schedule.rows))
    return _Path(value[rows[0] :], np.array(rows), np.array(all_weights), np.array(leverages), np.array(turnovers))


def _lookback(given: float | None, days: Dates) -> int:
    if given is not None:
        return _whole(given, "lookback", 2)
    try:
        return frequency(days).lookback
    except InputError:
        text = "is needed: the dates don't tell how often there is a price. Give the number of returns to look back."
        raise InputError("lookback", text) from None


def _periods(given: float | None, days: Dates, *, needed: bool) -> float:
    """Return the periods per year; where the dates don't tell and no result depends on it, 252."""
    if given is not None:
        given = positive(given, "periods_per_year")
    try:
        return periods_of(given, days)
    except InputError:
        if needed or given is not None:
            raise
        return TRADING_DAYS.periods_per_year


def _whole(value: object, argument: str, least: int) -> int:
    given = number(value, argument)
    if given != int(given) or given < least:
        raise InputError(argument, f"is {given:.6g}; it must be a whole number, {least} or more.")
    return int(given)


def _interest(days: Dates, annual: float, argument: str) -> Array:
    """Return what a debt, or cash, of 1 on the first day has grown to at each close."""
    paid = rate(annual, argument)
    elapsed = np.diff(days, prepend=days[:1]).astype(np.float64)
    with np.errstate(over="ignore"):
        grown = np.cumprod(1.0 + paid * elapsed / DAY_COUNT)
    in_range(float(grown[-1]), argument, "the interest")
    return np.asarray(grown)


def _is_annual(weigh: Strategy | Array, against: str | Array | None) -> bool:
    """Tell whether the weights of the strategy or of the benchmark depend on annual figures."""
    return any(isinstance(one, Strategy) and one.annual for one in (weigh, _strategy_of(against)))


def _strategy_of(against: str | Array | None) -> Strategy | None:
    """Return the strategy of that name, if there is one."""
    return STRATEGIES.get(against.strip().lower()) if isinstance(against, str) else None


def _schedule(market: Market, window: int, rebalance: str, band: float | None) -> Schedule:
    word = choice(rebalance, "rebalance", SCHEDULES)
    if word in BANDS:
        if band is None:
            text = f"is needed for {word}: by how much a weight may drift, such as 0.05."
            raise InputError("band", text if word == "by_weight_band" else text.replace("a weight", "a share of risk"))
        if (wide := positive(band, "band")) >= 1.0:
            raise InputError("band", f"is {wide:.6g}. It must be a fraction below 1: write 5 % as 0.05.")
        return BANDS[word](market, window, wide)
    if band is not None:
        text = f"is for rebalance = {' or '.join(BANDS)}; leave it out for {word}."
        raise InputError("band", text)
    return Calendar(market, window, first_days(market.days, word))


def _bounds(
    lower: npt.ArrayLike | None, upper: npt.ArrayLike | None, weigh: Strategy | Array, size: int
) -> dict[str, Array]:
    """Return the bounds that are given, one for each asset; an InputError where the strategy takes none."""
    given = {name: bound for name, bound in (("lower", lower), ("upper", upper)) if bound is not None}
    if not given:
        return {}
    if not isinstance(weigh, Strategy) or not weigh.bounded:
        what = weigh.name if isinstance(weigh, Strategy) else "fixed weights"
        able = ", ".join(one.name for one in STRATEGIES.values() if one.bounded)
        raise InputError(next(iter(given)), f"is for the strategies {able}; leave it out for {what}.")
    limits = read_limits(size, lower, upper)
    return {name: getattr(limits, name) for name in given}


def _benchmark_value(given: Benchmark, terms: Terms, schedule: Schedule) -> Array | None:
    """Return the value of the benchmark from the first rebalance on."""
    market = terms.market
    if given.prices is not None:
        return given.growth(market, int(schedule.rows[0]))
    if given.portfolio is None:
        return None
    weigh = read_strategy(given.portfolio, "benchmark", market.table.shape[1])
    try:
        return _follow(replace(terms, strategy=weigh, target=None, most=None, bounds={}), schedule).value
    except (InfeasibleError, ConvergenceError) as error:
        raise type(error)(f"The benchmark: {error}") from None


def _refuse_ruin(value: Array, days: Dates) -> None:
    if not np.isfinite(value).all():
        raise InputError("prices", "cannot be used: the value of the portfolio is too large to compute.")
    if value.min() <= 0.0:
        first = int((value <= 0.0).argmax())
        raise InfeasibleError(
            f"The portfolio is ruined on {days[first]}: its value falls to {value[first]:.3g} of the 1 it began with."
        )
