"""The trades, in whole lots, that lead from holdings to target weights."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, exact_sum, not_negative, number, numbers, plural, vector
from rpxl.core.cov_checks import weights_warning
from rpxl.core.decomposition import risk_contributions
from rpxl.core.rounding import Rounding, rounded
from rpxl.errors import InfeasibleError, InputError

_BASIS_POINT = 1e-4
_PAID = 1.0
_BAND_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class TradeList:
    """Trades towards target weights, and the account before and after. Amounts are in money, arrays of shape (n,)."""

    trades: Array
    """Shares or contracts bought, below 0 sold."""
    amounts: Array
    """The value of each trade: the price of the shares, or the notional amount of the futures."""
    costs: Array
    """The cost of each trade."""
    weights: Array
    """Weights of the holdings now, as fractions of equity."""
    drift: Array
    """These weights less the target."""
    weights_after: Array
    """Weights after the trades, as fractions of the equity after costs."""
    equity: float
    """The value of the assets that are paid in full, plus cash."""
    equity_after: float
    cash: float
    cash_after: float
    margin_after: float
    """The initial margin of futures; 0 without futures."""
    distance: float
    """The sum of the absolute differences between values after the trades and target values."""
    gap: float
    """The most by which another rounding could be better, in money, see the notes; 0 where this one is the best."""
    risk: Array | None
    """Shares of the risk of the holdings now; None without a covariance matrix, or without risk."""
    risk_after: Array | None
    """Shares of the risk after the trades."""


def trade_list(
    holdings: npt.ArrayLike,
    prices: npt.ArrayLike,
    target: npt.ArrayLike,
    cash: float = 0.0,
    band: npt.ArrayLike = 0.0,
    lot: npt.ArrayLike = 1.0,
    cost_bps: npt.ArrayLike = 0.0,
    min_trade: float = 0.0,
    multiplier: npt.ArrayLike = 1.0,
    margin: npt.ArrayLike = 1.0,
    cov: npt.ArrayLike | None = None,
) -> TradeList:
    """Find the trades in whole lots that lead from holdings to target weights.

    Parameters
    ----------
    holdings : array of shape (n,)
        Shares or contracts held, below 0 when short. They need not be whole.
    prices : array of shape (n,)
        The last price of each, above 0.
    target : array of shape (n,)
        Target weights, as fractions of equity, below 0 for a short position. They may sum to less than 1, and the rest
        stays in cash; or to more than 1, and the excess is borrowed.
    cash : float
        Money in the account, margin deposits included; below 0 when borrowed.
    band : float or array of shape (n,)
        An asset whose weight differs from its target by this much or less isn't traded (0.02: a target of 25 %, from 23
        to 27 %).
    lot : float or array of shape (n,)
        Trades are multiples of it; 0.001 where fractions of shares are traded.
    cost_bps : float or array of shape (n,)
        Costs in basis points of the value traded (5 is 0.05 %), paid from cash.
    min_trade : float
        The smallest trade, in money.
    multiplier : float or array of shape (n,)
        The value of a contract per unit of its price: 50 for a future of 50 dollars a point, 1 for shares.
    margin : float or array of shape (n,)
        Initial margin of futures as a fraction of their value, from 0 to below 1; 1 for assets that are paid in full.
    cov : array of shape (n, n), optional
        Annual; for the shares of risk.

    Returns
    -------
    TradeList

    Raises
    ------
    InputError
        An argument is wrong or of another length, or the account is worth nothing.
    InfeasibleError
        Cash is below 0, and no trades that are allowed bring it back.
    ConvergenceError
        The solver found no answer.

    Notes
    -----
    Equity E is cash plus the value of the assets paid in full; a future is settled daily, so its gains are in the cash.
    Trades xᵢ, multiples of the lot, give the values vᵢ after them and cost C. They minimise

        Σ |vᵢ − wᵢ (E − C)| + max(1, Σ|wᵢ|) · C + 10⁻⁶ · (value traded):

    the sum of the differences between values and target values, in money, plus weighted costs; the last term chooses,
    of equally near roundings, the one that trades less. The weight of the costs is the most by which they can move the
    target values, so once the list is traded, a new list has no trades. (With `min_trade` this isn't proved: a part of
    a trade may be too small to be traded back.)

    - An asset outside its band is traded to its target, as near as lots allow; inside its band it isn't traded. An
      asset that the costs of the trades put outside its band is traded too.
    - Each trade is 0, or worth `min_trade` or more.
    - Cash after the trades, less the initial margin of futures, is 0 or more. One exception: where the target weights
      of assets paid in full sum to more than 1, it may be below 0 by the loan that they need, (Σw − 1)(E − C); or,
      where it was further below 0 before the trades, by as much as then. So margin paid with borrowed money counts as
      borrowed.

    With up to 50 assets that may be traded, this is solved as an integer programme by HiGHS (Huangfu & Hall 2018,
    "Parallelizing the dual revised simplex method", Mathematical Programming Computation 10), to a millionth of the
    value of the largest lot. With more, the programme is solved in fractions of lots, then the trades are rounded and
    improved step by step. That programme gives a lower bound on the minimum; `gap` is the difference from it, so no
    other rounding is better by more.

    Examples
    --------
    >>> found = trade_list([100, 0], [50.0, 101.0], [0.6, 0.4], cash=5000.0)
    >>> found.trades.tolist(), found.cash_after
    ([20.0, 39.0], 61.0)
    """
    held = numbers(holdings, "holdings", 1)
    n = held.size
    last = vector(prices, "prices", n, "holdings")
    _require_positive(last, "prices", "A price")
    wanted = vector(target, "target", n, "holdings")
    if (question := weights_warning(wanted, "target")) is not None:
        raise question
    money = number(cash, "cash")
    bands = _each(band, "band", n)
    not_negative(bands, "band", "A band")
    for i in np.flatnonzero(bands >= 1.0).tolist():
        raise InputError("band", f"{{0}} is {bands[i]:.6g}. A band is a fraction below 1: write 2 % as 0.02.", i)
    sizes = _each(lot, "lot", n)
    _require_positive(sizes, "lot", "A lot")
    rates = _each(cost_bps, "cost_bps", n) * _BASIS_POINT
    not_negative(rates, "cost_bps", "A cost")
    smallest = number(min_trade, "min_trade")
    if smallest < 0.0:
        raise InputError("min_trade", f"is {smallest:.6g}; the smallest trade cannot be negative.")
    points = _each(multiplier, "multiplier", n)
    _require_positive(points, "multiplier", "A multiplier")
    deposits = _deposits(margin, n)

    if cov is not None and np.ndim(cov) == 2 and len(np.asarray(cov)) != n:
        raise InputError(
            "cov", f"has {plural(len(np.asarray(cov)), 'asset')}, but holdings has {n}. Give the same assets."
        )

    worth = last * points
    values = held * worth
    paid = np.isnan(deposits)
    equity = exact_sum(np.append(np.where(paid, values, 0.0), money))
    if not math.isfinite(equity) or not np.isfinite(worth * sizes).all():
        raise InputError("holdings", "are too large to multiply with prices.")
    if equity <= 0.0:
        text = f"is {money:,.2f}, and with what is held the account is worth {equity:,.2f}"
        raise InputError("cash", f"{text}. It must be worth more than 0 for weights to have a meaning.")
    problem = Rounding(
        values,
        wanted,
        worth * sizes,
        rates,
        deposits,
        np.zeros(n, dtype=bool),
        equity,
        money,
        _least(smallest, worth * sizes),
    )
    problem, lots, gap = _trade(problem, bands)
    after, costs = problem.after(lots), problem.costs(lots)
    amounts = problem.lots * lots
    spent = amounts[paid]
    risks = [None if cov is None else _shares(value, cov) for value in (values / equity, after / (equity - costs))]
    return TradeList(
        trades=sizes * lots,
        amounts=amounts,
        costs=rates * np.abs(amounts),
        weights=values / equity,
        drift=values / equity - wanted,
        weights_after=after / (equity - costs),
        equity=equity,
        equity_after=equity - costs,
        cash=money,
        cash_after=math.fsum([money, *(-spent).tolist(), -costs]),
        margin_after=exact_sum(np.where(paid, 0.0, deposits) * np.abs(after)),
        distance=problem.distance(lots),
        gap=gap,
        risk=risks[0],
        risk_after=risks[1],
    )


def _trade(problem: Rounding, bands: Array) -> tuple[Rounding, Array, float]:
    """Trade the assets outside their bands; again with those that the trades put outside, until there are none."""
    free = _outside(problem.values / problem.equity, problem.target, bands)
    while True:
        problem = replace(problem, free=free)
        lots, gap = rounded(problem)
        weights = problem.after(lots) / (problem.equity - problem.costs(lots))
        outside = free | _outside(weights, problem.target, bands)
        if (outside == free).all():
            return problem, lots, gap
        free = outside


def _outside(weights: Array, target: Array, bands: Array) -> npt.NDArray[np.bool_]:
    """Mark the assets that may be traded: those outside their bands, and those without a band."""
    return np.asarray((bands == 0.0) | (np.abs(weights - target) > bands + _BAND_ROUNDING))


def _least(smallest: float, lots: Array) -> Array:
    """Return the number of lots in the smallest trade of each asset, 1 or more."""
    return np.asarray(np.maximum(np.ceil(smallest / lots * (1.0 - 1e-12)), 1.0))


def _each(value: npt.ArrayLike, argument: str, size: int) -> Array:
    """Read one number for all assets, or one each."""
    given = numbers(np.atleast_1d(value) if np.ndim(value) == 0 else value, argument, 1)
    if given.size not in (1, size):
        raise InputError(
            argument,
            f"has {plural(given.size, 'number')}, but holdings has {plural(size, 'asset')}. Give one, or one each.",
        )
    return np.full(size, given[0]) if given.size == 1 else given


def _require_positive(values: Array, argument: str, what: str) -> None:
    for i in np.flatnonzero(values <= 0.0).tolist():
        raise InputError(argument, f"{{0}} is {values[i]:.6g}. {what} must be above 0.", i)


def _deposits(margin: npt.ArrayLike, size: int) -> Array:
    """Read initial margins; NaN for assets that are paid in full."""
    rates = _each(margin, "margin", size)
    not_negative(rates, "margin", "A margin")
    for i in np.flatnonzero(rates > _PAID).tolist():
        raise InputError(
            "margin",
            f"{{0}} is {rates[i]:.6g}. A margin is a fraction: write 5 % as 0.05, and 1 for what is paid in full.",
            i,
        )
    return np.where(rates == _PAID, np.nan, rates)


def _shares(weights: Array, cov: npt.ArrayLike) -> Array | None:
    try:
        return risk_contributions(weights, cov)
    except InfeasibleError:
        return None
