"""How a strategy would have done: rebalanced from time to time, left alone in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from rpxl.core.allocation import inverse_vol_weights, min_variance_weights
from rpxl.core.array_checks import Array, choice, exact_sum, in_range, number, numbers, positive, rate, vector
from rpxl.core.covariance import cov_of_rows, returns_from_prices
from rpxl.core.dates import FREQUENCIES, Dates, check_dates, first_days
from rpxl.core.leverage import lever_to_vol
from rpxl.core.performance import TRADING_DAYS, below_peak
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

DAY_COUNT = 365.0
"""Days of the year by which interest accrues."""


STRATEGIES: dict[str, Callable[[Array], Array]] = {
    "risk_parity": risk_parity_weights,
    "inverse_vol": inverse_vol_weights,
    "equal_weight": lambda cov: np.full(len(cov), 1.0 / len(cov)),
    "min_variance": min_variance_weights,
}
"""Weights from a covariance matrix, by the name of the strategy."""


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
    lookback: float = 252,
    rebalance: str = "quarterly",
    target_vol: float | None = None,
    borrow: float = 0.0,
    cost_bps: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Follow a strategy through a history of daily prices.

    Parameters
    ----------
    prices : array of shape (T, n)
        Daily closes, adjusted for dividends and splits; one row per trading day, oldest first; all above 0.
    dates : array of shape (T,)
        Their days, see :func:`rpxl.core.dates.check_dates`.
    strategy : {"risk_parity", "inverse_vol", "equal_weight", "min_variance"} or array of shape (n,)
        How to find the weights at a rebalance, or the same fixed weights for every one. Fixed weights may have any
        sign and any sum: the rest of 1 is cash, what exceeds 1 is borrowed.
    lookback : int
        Number of daily returns from which a covariance is estimated; a whole number, 2 or more.
    rebalance : {"quarterly", "monthly", "weekly", "daily", "yearly"}
        The portfolio is rebalanced on the first trading day of each such period.
    target_vol : float, optional
        Annual volatility to which the weights are levered at each rebalance, by the same covariance. Without it
        they are held as they are.
    borrow : float
        Annual interest on what is borrowed; 0 or above. Cash earns nothing.
    cost_bps : float
        Cost of trading, in basis points (1/100 of 1 %) of what is bought and sold; 0 or above.
    progress : callable, optional
        Called after each rebalance with the number of those done and of all.

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        Prices or dates are wrong or too few, an asset never moves within a lookback, or a number is out of its range.
    InfeasibleError
        The value falls to 0 or below, by leverage, short positions or costs: the message says on which day. Or
        a portfolio doesn't exist at some rebalance.
    ConvergenceError
        A portfolio could not be computed accurately at some rebalance.

    Notes
    -----
    The trade of a rebalance on day t happens at the close of t. It knows the returns of the `lookback` days before,
    up to the close of t - 1, and no later price: its weights follow from those alone. The first return that it
    earns is that of t + 1. The first rebalance is the first that has `lookback` returns before it, at row
    `lookback` + 1 of the prices at the earliest, whatever the strategy, so that strategies share their dates. On the
    last day nothing is traded, as no return would follow.

    Between rebalances shares are held and weights drift. With equity V, weights w, costs c and days d since the
    trade, the value at a later close is

        V (1 - c) (Σᵢ wᵢ pᵢ / pᵢ(t) + 1 - Σᵢ wᵢ) - interest,

    where the debt V (1 - c) max(Σ w - 1, 0) grows at every close by the factor 1 + borrow × calendar days / 365.
    The trade moves Σᵢ |wᵢ - w̃ᵢ| of the equity, its turnover, with w̃ the drifted weights, 0 before the first; it
    costs `cost_bps` / 10 000 of that, which comes off the equity before the new weights are applied. So the cost of
    a trade shows in the value of the day after it. Volatilities are annual by 252 days.

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
    returns = returns_from_prices(prices)
    table = numbers(prices, "prices", 2)
    days = check_dates(dates)
    if len(days) != len(table):
        raise InputError("dates", f"are {len(days)}, but prices has {len(table)} rows. Give one for each.")
    window = _whole(lookback, "lookback", 2)
    starts = first_days(days, choice(rebalance, "rebalance", FREQUENCIES))
    starts = starts[(starts > window) & (starts < len(days) - 1)]
    if not starts.size:
        raise InputError(
            "prices",
            f"has {len(table)} rows: too few for {window} returns, then the first day of a period, and a day after it.",
        )
    debt = _interest(days, rate(borrow, "borrow"))
    fee = rate(cost_bps, "cost_bps") / 10_000.0
    target = None if target_vol is None else positive(target_vol, "target_vol")
    weigh = _weigher(strategy, table.shape[1])

    value = np.ones(len(days))
    weights = np.empty((len(starts), table.shape[1]))
    leverage, turnover = np.ones(len(starts)), np.empty(len(starts))
    drifted = np.zeros(table.shape[1])
    ends = [*starts[1:].tolist(), len(days) - 1]
    for k, (t, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        weights[k], leverage[k] = _trade(weigh, target, returns[t - 1 - window : t - 1], days[t], t)
        turnover[k] = np.abs(weights[k] - drifted).sum()
        held = slice(t + 1, end + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            assets = table[held] / table[t] * weights[k]
            growth = assets.sum(axis=1) + _money(weights[k], debt[held] / debt[t])
            value[held] = value[t] * (1.0 - fee * turnover[k]) * growth
        _refuse_ruin(value[held], days[held])
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


def _whole(value: object, argument: str, least: int) -> int:
    given = number(value, argument)
    if given != int(given) or given < least:
        raise InputError(argument, f"is {given:.6g}; it must be a whole number, {least} or more.")
    return int(given)


def _interest(days: Dates, borrow: float) -> Array:
    """Return what a debt of 1 on the first day has grown to at each close."""
    elapsed = np.diff(days, prepend=days[:1]).astype(np.float64)
    with np.errstate(over="ignore"):
        grown = np.cumprod(1.0 + borrow * elapsed / DAY_COUNT)
    in_range(float(grown[-1]), "borrow", "the interest")
    return np.asarray(grown)


def _money(weights: Array, debt: Array) -> Array | float:
    """Return the cash beside the weights; or the debt, below 0, which grows as a debt of 1 does."""
    rest = 1.0 - exact_sum(weights)
    return rest * debt if rest < 0.0 else rest


def _weigher(strategy: str | npt.ArrayLike, size: int) -> Callable[[Array], Array]:
    """Return the function that turns a covariance matrix into weights before leverage."""
    if isinstance(strategy, str):
        return STRATEGIES[choice(strategy, "strategy", tuple(STRATEGIES))]
    fixed = vector(strategy, "strategy", size, per="prices")
    return lambda cov: fixed


def _trade(
    weigh: Callable[[Array], Array], target: float | None, returns: Array, day: np.datetime64, row: int
) -> tuple[Array, float]:
    """Return weights and leverage from the returns before a rebalance, or say on which day there are none."""
    try:
        cov = cov_of_rows(returns, TRADING_DAYS)
        weights = weigh(cov)
        if target is None:
            return weights, 1.0
        levered = lever_to_vol(weights, cov, target)
        return levered.weights, levered.leverage
    except InputError as error:
        still = np.flatnonzero(~np.diff(returns, axis=0).any(axis=0))
        if error.argument == "cov" and still.size:
            problem = f"the {len(returns)} returns up to {{0}} are all the same: there is no risk to measure. "
            raise InputError("prices", problem + "Leave the asset out.", (row - 1, int(still[0]))) from None
        raise InfeasibleError(f"At the rebalance of {day}: {error}") from None
    except InfeasibleError as error:
        raise InfeasibleError(f"At the rebalance of {day}: {error}") from None
    except ConvergenceError as error:
        raise ConvergenceError(f"At the rebalance of {day}: {error}") from None


def _refuse_ruin(value: Array, days: Dates) -> None:
    if not np.isfinite(value).all():
        raise InputError("prices", "cannot be used: the value of the portfolio is too large to compute.")
    if value.min() <= 0.0:
        first = int((value <= 0.0).argmax())
        raise InfeasibleError(
            f"The portfolio is ruined on {days[first]}: its value falls to {value[first]:.3g} of the 1 it began with."
        )
