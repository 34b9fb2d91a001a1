"""How a strategy would have done: rebalanced from time to time, left alone in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, choice, exact_sum, in_range, number, positive, rate, vector
from rpxl.core.calendar import TRADING_DAYS, frequency, require_no_gaps
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.covariance import refuse_prices, steps_between
from rpxl.core.dates import FREQUENCIES, Dates, check_row_dates, dates_of_rows, first_days
from rpxl.core.estimators import estimator_of
from rpxl.core.leverage import lever_to_vol
from rpxl.core.missing import MISSING, complete_rows, finite_or_missing, missing_word
from rpxl.core.performance import below_peak
from rpxl.core.strategies import STRATEGIES
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

DAY_COUNT = 365.0
"""Days of the year by which interest accrues."""

AVAILABLE = "available"
"""The word for a backtest that holds an asset while it has prices."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """What became of 1 unit of equity over D dates with R rebalances."""

    dates: Dates
    """From the first rebalance to the last date, shape (D,)."""
    value: Array
    """The equity at each close, shape (D,); 1 at first. On the day of a rebalance, the value before the trade."""
    drawdown: Array
    """The value's distance from its highest so far, as a fraction of that: 0 or below, shape (D,)."""
    rebalances: Dates
    """The days of the trades, shape (R,)."""
    weights: Array
    """What was held after each trade, as fractions of equity and levered, shape (R, n)."""
    leverage: Array
    """What the strategy's weights were multiplied by, shape (R,)."""
    turnover: Array
    """What was bought and sold, as a fraction of equity, shape (R,)."""
    costs: Array
    """What these trades cost, as a fraction of equity, shape (R,)."""

    @property
    def returns(self) -> Array:
        """The return of each date but the first, shape (D - 1,), after all costs and interest."""
        return np.asarray(self.value[1:] / self.value[:-1] - 1.0)


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
) -> Backtest:
    """Follow a strategy through a history of prices.

    Parameters
    ----------
    prices : array of shape (T, n)
        Closes, adjusted for dividends and splits; one row per trading day, week or month, oldest first; all above 0.
    dates : array of shape (T,)
        Their days, see :func:`rpxl.core.dates.check_dates`.
    strategy : str or array of shape (n,)
        A name in :data:`rpxl.core.strategies.STRATEGIES`, by which to find the weights at a rebalance: "risk_parity",
        "inverse_vol", "equal_weight" or "min_variance". Or the same fixed weights for every rebalance, of any sign and
        any sum: the rest of 1 is cash, what exceeds 1 is borrowed.
    lookback : int, optional
        Number of returns from which a covariance is estimated; a whole number, 2 or more. Left out: by the dates, 252
        for trading days, 365 for every day, 52 for weekly prices, 36 for monthly, 12 for quarterly, 10 for yearly.
    rebalance : {"quarterly", "monthly", "weekly", "daily", "yearly"}
        The portfolio is rebalanced on the first date of each such period.
    target_vol : float, optional
        Annual volatility to which the weights are levered at each rebalance, by the same covariance. Without it
        they are held as they are.
    borrow : float
        Annual interest on what is borrowed; 0 or above.
    cost_bps : float
        Cost of trading, in basis points (1/100 of 1 %) of what is bought and sold; 0 or above.
    progress : callable, optional
        Called after each rebalance with the number of those done and of all.
    periods_per_year : float, optional
        Rows per year, which make the volatility annual. Left out: by the dates.
    missing : {"error", "drop_rows", "available"}
        What to do about a price that is missing (NaN). "error" refuses it, and dates that skip a period. "drop_rows"
        leaves out its date for all assets, and returns span the gap. "available" holds each asset while it has
        prices, see the notes.
    method : str
        The covariance estimator, see :func:`rpxl.core.estimators.estimate_cov`.
    halflife : float, optional
        For the method "ewma", in periods.
    max_leverage : float, optional
        The most that the weights may be multiplied by to reach `target_vol`; above 0.
    cash_rate : float
        Annual interest on what is left in cash; 0 or above.

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        Prices or dates are wrong or too few, an asset never moves within a lookback, a number is out of its range, or
        the dates don't tell how often there is a price and `lookback` or, with a target, `periods_per_year` is needed.
    InfeasibleError
        The value falls to 0 or below, by leverage, short positions or costs: the message says on which day. Or
        a portfolio doesn't exist at some rebalance.
    ConvergenceError
        A portfolio could not be computed accurately at some rebalance.

    Notes
    -----
    The trade of a rebalance on day t happens at the close of t. It knows the returns of the `lookback` periods before,
    up to the close of t - 1, and no later price: its weights follow from those alone. The first return that it
    earns is that of t + 1. The first rebalance is the first that has `lookback` returns before it, at row
    `lookback` + 1 of the prices at the earliest, whatever the strategy, so that strategies share their dates. On the
    last day nothing is traded, as no return would follow.

    Between rebalances shares are held and weights drift. With equity V, weights w, costs c and days d since the
    trade, the value at a later close is

        V (1 - c) (Σᵢ wᵢ pᵢ / pᵢ(t) + 1 - Σᵢ wᵢ) + interest,

    where the debt V (1 - c) max(Σ w - 1, 0) grows at every close by the factor 1 + borrow × calendar days / 365, and
    the cash V (1 - c) max(1 - Σ w, 0) by 1 + cash_rate × calendar days / 365.
    The trade moves Σᵢ |wᵢ - w̃ᵢ| of the equity, its turnover, with w̃ the drifted weights, 0 before the first; it
    costs `cost_bps` / 10 000 of that, which comes off the equity before the new weights are applied. So the cost of
    a trade shows in the value of the day after it.

    With missing = "available", an asset has its prices from its first to its last, without a hole between. At a
    rebalance on row t the strategy weighs those assets that have a price on each of the rows t - 1 - `lookback` to t:
    all returns of the lookback, and a price to trade at. The first rebalance is the first with one such asset. An asset
    whose prices end keeps its last price until the next rebalance, which sells it at that price, for the usual cost.
    Whether prices will end plays no part before they have. Fixed weights need each of their assets at each rebalance.

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
    market = _market(prices, dates, missing)
    days, table = market.days, market.table
    size = table.shape[1]
    window = _lookback(lookback, days)
    target = None if target_vol is None else positive(target_vol, "target_vol")
    periods = _periods(periods_per_year, days, needed=target is not None)
    estimate = estimator_of(method, halflife=halflife)
    starts = first_days(days, choice(rebalance, "rebalance", FREQUENCIES))
    starts = starts[(starts > window) & (starts < len(days) - 1)]
    if not starts.size:
        raise InputError(
            "prices",
            f"has {len(table)} rows: too few for {window} returns, then the first day of a period, and a day after it.",
        )
    debt, saved = _interest(days, borrow, "borrow"), _interest(days, cash_rate, "cash_rate")
    if max_leverage is not None and target is None:
        raise InputError("max_leverage", "is for a target_vol; leave it out, or give the volatility to lever to.")
    most = None if max_leverage is None else positive(max_leverage, "max_leverage")
    fee = rate(cost_bps, "cost_bps") / 10_000.0
    weigh = _weigher(strategy, size)
    held = np.array([market.known[t - 1 - window : t + 1].all(axis=0) for t in starts])
    if not held.any():
        raise InputError("prices", f"has no asset with {window} returns in a row before a rebalance.", missing=True)
    first = int(held.any(axis=1).argmax())
    starts, held = starts[first:], held[first:]

    value = np.ones(len(days))
    weights = np.zeros((len(starts), size))
    leverage, turnover = np.ones(len(starts)), np.empty(len(starts))
    drifted = np.zeros(size)
    ends = [*starts[1:].tolist(), len(days) - 1]
    for k, (t, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        rebalance_at = _Rebalance(market, t, window, np.flatnonzero(held[k]))
        weights[k], leverage[k] = rebalance_at.trade(weigh, lambda rows: estimate(rows, periods), target, most)
        turnover[k] = np.abs(weights[k] - drifted).sum()
        after = slice(t + 1, end + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            assets = table[after] / table[t] * weights[k]
            growth = assets.sum(axis=1) + _money(weights[k], debt[after] / debt[t], saved[after] / saved[t])
            value[after] = value[t] * (1.0 - fee * turnover[k]) * growth
        _refuse_ruin(value[after], days[after])
        drifted = assets[-1] / growth[-1]
        if progress is not None:
            progress(k + 1, len(starts))
    value = value[starts[0] :]
    return Backtest(
        dates=days[starts[0] :],
        value=value,
        drawdown=below_peak(value, start=1.0),
        rebalances=days[starts],
        weights=weights,
        leverage=leverage,
        turnover=turnover,
        costs=fee * turnover,
    )


@dataclass(frozen=True, eq=False)
class _Market:
    """Prices that are fit to be traded at."""

    days: Dates
    table: Array
    """Prices; before an asset's first it has that one, and after its last that one: neither is ever bought at."""
    returns: Array
    known: npt.NDArray[np.bool_]
    """Where there is a price."""
    places: npt.NDArray[np.intp]
    """Which row of the prices given each row is."""


def _market(prices: npt.ArrayLike, dates: npt.ArrayLike | Sequence[date], missing: str) -> _Market:
    word = missing_word(missing, (*MISSING, AVAILABLE))
    if word == AVAILABLE:
        given = finite_or_missing(prices, "prices")
        places = np.flatnonzero(~np.isnan(given).all(axis=1) | ~np.isnat(dates_of_rows(dates, len(given), "prices")))
        given = given[places]
    else:
        given, places = complete_rows(prices, "prices", word, "a return needs two dates")
    known = ~np.isnan(given)
    refuse_prices(given, places)
    table = _extended(given, known)
    returns = steps_between(table, "simple", places)
    days = check_row_dates(dates, len(np.asarray(prices)), "prices", places)
    if word != "drop_rows":
        require_no_gaps(days, "prices")
    return _Market(days[places], table, returns, known, places)


def _extended(table: Array, known: npt.NDArray[np.bool_]) -> Array:
    """Carry each asset's first price back and its last one on; a hole between them is an error."""
    if known.all():
        return table
    table = table.copy()
    for i in np.flatnonzero(~known.all(axis=0)).tolist():
        rows = np.flatnonzero(known[:, i])
        if not rows.size:
            raise InputError("prices", "{0} is missing, and so is every price below it. Leave the asset out.", (0, i))
        first, last = int(rows[0]), int(rows[-1])
        if rows.size < last - first + 1:
            hole = first + int(known[first : last + 1, i].argmin())
            text = "{0} is missing between prices of the same asset. Fill it in, or leave its row out: drop_rows."
            raise InputError("prices", text, (hole, i), missing=True)
        table[:first, i], table[last + 1 :, i] = table[first, i], table[last, i]
    return table


def _lookback(given: float | None, days: Dates) -> int:
    if given is not None:
        return _whole(given, "lookback", 2)
    try:
        return frequency(days).lookback
    except InputError:
        text = "is needed: the dates don't tell how often there is a price. Give the number of returns to look back."
        raise InputError("lookback", text) from None


def _periods(given: float | None, days: Dates, *, needed: bool) -> float:
    """Return the periods per year; a number for show where nothing annual is asked and the dates don't tell."""
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


def _money(weights: Array, debt: Array, saved: Array) -> Array:
    """Return the cash beside the weights as it grows, or the debt, below 0."""
    rest = 1.0 - exact_sum(weights)
    return rest * (debt if rest < 0.0 else saved)


def _weigher(strategy: str | npt.ArrayLike, size: int) -> Callable[[Array], Array] | Array:
    """Return the function that turns a covariance matrix into weights before leverage, or the fixed weights."""
    if isinstance(strategy, str):
        return STRATEGIES[choice(strategy, "strategy", tuple(STRATEGIES))].weigh
    return vector(strategy, "strategy", size, per="prices")


@dataclass(frozen=True, eq=False)
class _Rebalance:
    """A rebalance at the close of row `row`, with the assets that can be held."""

    market: _Market
    row: int
    window: int
    held: npt.NDArray[np.intp]

    def trade(
        self,
        weigh: Callable[[Array], Array] | Array,
        estimate: Callable[[Array], Array],
        target: float | None,
        most: float | None,
    ) -> tuple[Array, float]:
        """Return weights and leverage from the returns before it, or say on which day there are none."""
        day = self.market.days[self.row]
        if not self.held.size:
            raise InfeasibleError(f"At the rebalance of {day}: no asset has {self.window} returns in a row before it.")
        returns = self.market.returns[self.row - 1 - self.window : self.row - 1]
        whole = len(self.held) == returns.shape[1]
        rows = returns if whole else returns[:, self.held]
        try:
            cov = estimate(rows)
            weights = weigh(cov) if callable(weigh) else self._fixed(weigh)
            leverage = 1.0
            if target is not None:
                levered = lever_to_vol(weights, cov, target, max_leverage=most)
                weights, leverage = levered.weights, levered.leverage
        except InputError as error:
            if error.argument != "cov":
                raise
            still = np.flatnonzero(~np.diff(rows, axis=0).any(axis=0))
            if still.size:
                place = (int(self.market.places[self.row - 1]), int(self.held[still[0]]))
                problem = f"the {len(returns)} returns up to {{0}} are all the same: there is no risk to measure. "
                raise InputError("prices", problem + "Leave the asset out.", place) from None
            raise InfeasibleError(f"At the rebalance of {day}: {error}") from None
        except InfeasibleError as error:
            raise InfeasibleError(f"At the rebalance of {day}: {error}") from None
        except ConvergenceError as error:
            raise ConvergenceError(f"At the rebalance of {day}: {error}") from None
        if whole:
            return weights, leverage
        every = np.zeros(returns.shape[1])
        every[self.held] = weights
        return every, leverage

    def _fixed(self, weights: Array) -> Array:
        """Return fixed weights of the assets that can be held, which must be all that have one."""
        absent = np.setdiff1d(np.flatnonzero(weights), self.held)
        if absent.size:
            i = int(absent[0])
            unknown = ~self.market.known[self.row - 1 - self.window : self.row + 1, i]
            row = int(unknown.argmax()) + self.row - 1 - self.window
            text = (
                f"{{0}} is missing, which fixed weights need at the rebalance of {self.market.days[self.row]}. "
                "Choose a strategy by its name, or leave the asset out."
            )
            raise InputError("prices", text, (int(self.market.places[row]), i), missing=True)
        return np.asarray(weights[self.held])


def _refuse_ruin(value: Array, days: Dates) -> None:
    if not np.isfinite(value).all():
        raise InputError("prices", "cannot be used: the value of the portfolio is too large to compute.")
    if value.min() <= 0.0:
        first = int((value <= 0.0).argmax())
        raise InfeasibleError(
            f"The portfolio is ruined on {days[first]}: its value falls to {value[first]:.3g} of the 1 it began with."
        )
