"""How an investment has done: return, volatility, Sharpe ratio, drawdown."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, first_cell, in_range, number, numbers, positive
from rpxl.errors import InputError

TRADING_DAYS = 252.0
"""Trading days in a year, by which daily figures are made annual."""

_ROUNDING = 1e-12  # a value that comes back to its peak by a product of returns misses it by less


@dataclass(frozen=True)
class Performance:
    """What a series of returns amounts to; decimals throughout."""

    periods: int
    """Number of returns T."""
    cumulative: float
    """Growth of 1, less 1: Π(1 + r) - 1."""
    annual_return: float
    """The geometric, or compound, rate: (1 + cumulative)^(P / T) - 1 with P periods per year."""
    mean_return: float
    """The arithmetic one: P times the mean return."""
    volatility: float
    """√P times the standard deviation, with T - 1 below the sum of squares."""
    sharpe: float | None
    """(mean return - risk-free rate) / volatility; None without volatility."""
    max_drawdown: float
    """The deepest fall below the highest value before, 0 or below; the start counts as a value."""
    longest_drawdown: int
    """The most periods in a row that end below the highest value before."""
    best: float
    """The highest return of a period."""
    worst: float
    """The lowest one."""
    positive_share: float
    """Share of the periods with a return above 0."""


def performance(returns: npt.ArrayLike, periods_per_year: float = TRADING_DAYS, rf: float = 0.0) -> Performance:
    """Measure the performance of a series of returns.

    Parameters
    ----------
    returns : array of shape (T,)
        Simple returns, oldest first, -1 or above; at least two.
    periods_per_year : float
        252 for daily returns, 12 for monthly.
    rf : float
        Risk-free rate, annual; the Sharpe ratio is of the return beyond it.

    Returns
    -------
    Performance

    Raises
    ------
    InputError
        Fewer than two returns, one that is not a finite number or below -1, or numbers out of range.

    Notes
    -----
    The Sharpe ratio is that of Sharpe (1994), "The Sharpe ratio", made annual: of arithmetic means, not of compound
    rates.

    Examples
    --------
    >>> measured = performance([0.25, -0.2, 0.1], periods_per_year=1)
    >>> round(measured.cumulative, 12), round(measured.mean_return, 12), round(measured.max_drawdown, 12)
    (0.1, 0.05, -0.2)
    >>> measured.longest_drawdown
    2
    """
    series = check_returns(returns, 1)
    yearly = positive(periods_per_year, "periods_per_year")
    riskless = number(rf, "rf")
    size = series.size
    if size < 2:
        raise InputError("returns", "holds one return; the volatility needs two at least.")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        growth = in_range(float(np.prod(1.0 + series)), "returns", "the cumulative return")
        annual = in_range(float(np.power(growth, yearly / size)), "periods_per_year", "the annual return") - 1.0
        mean = in_range(yearly * float(series.mean()), "periods_per_year", "the annual return")
        deviations = series - series[0]  # a series that never changes has a volatility of 0, not of rounding error
        deviations -= deviations.mean()
        vol = float(np.sqrt(yearly * (deviations @ deviations / (size - 1))))
        in_range(vol, "returns", "the volatility")
        sharpe = in_range((mean - riskless) / vol, "rf", "the Sharpe ratio") if vol > 0.0 else None
    below = drawdowns(series)
    return Performance(
        periods=size,
        cumulative=growth - 1.0,
        annual_return=annual,
        mean_return=mean,
        volatility=vol,
        sharpe=sharpe,
        max_drawdown=float(below.min()),
        longest_drawdown=_longest_run(below < -_ROUNDING),
        best=float(series.max()),
        worst=float(series.min()),
        positive_share=float((series > 0.0).mean()),
    )


def drawdowns(returns: npt.ArrayLike) -> Array:
    """Return how far below its highest value so far an investment stands after each return.

    Parameters
    ----------
    returns : array of shape (T,) or (T, n)
        Simple returns, oldest first, -1 or above; one column per investment.

    Returns
    -------
    array of the same shape
        0 at a new high, -0.2 at a fifth below the highest value before, -1 when all is lost. The start, before the
        first return, counts as a value.

    Raises
    ------
    InputError
        A return is not a finite number or below -1, or the value is too large to compute.

    Examples
    --------
    >>> drawdowns([0.25, -0.2, 0.1, 0.5]).round(12)
    array([ 0.  , -0.2 , -0.12,  0.  ])
    """
    series = check_returns(returns, min(max(np.ndim(returns), 1), 2))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        value = np.asarray(np.cumprod(1.0 + series, axis=0), dtype=np.float64)
    if not np.isfinite(value).all():
        raise InputError("returns", "cannot be used: the cumulative return is too large to compute.")
    return np.asarray(below_peak(value, start=1.0))


def below_peak(value: Array, start: float) -> Array:
    """Return the drawdown of each value, 0 or above, from the highest before it or the start."""
    return np.asarray(value / np.maximum(np.maximum.accumulate(value, axis=0), start) - 1.0)


def check_returns(returns: npt.ArrayLike, dimensions: int) -> Array:
    """Return simple returns as a fresh array, or say which of them is none."""
    series = numbers(returns, "returns", dimensions)
    if series.min() < -1.0:
        place = first_cell(series < -1.0)
        problem = f"{{0}} is {series[place]:.6g}: no investment loses more than everything. Write -5 % as -0.05."
        raise InputError("returns", problem, place)
    return series


def _longest_run(marked: npt.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max(initial=0))
