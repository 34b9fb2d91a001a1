"""Leverage: how much is needed for a volatility or an expected return, and what it costs."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, exact_sum, in_range, number, positive, rate, vector
from rpxl.core.decomposition import Portfolio, assess
from rpxl.errors import InfeasibleError, InputError


@dataclass(frozen=True, eq=False)
class Leverage:
    """A levered portfolio. All amounts are fractions of equity; rates, returns and volatility are annual."""

    leverage: float
    """The factor by which the weights were multiplied."""
    weights: Array
    """The levered weights, shape (n,)."""
    borrowed: float
    """The sum of the levered weights less 1; 0 where the sum is below 1."""
    cash: float
    """1 less the sum of the levered weights, which earns the cash rate; 0 where the sum is above 1."""
    volatility: float
    cost: float
    """Interest on what is borrowed."""
    gross_return: float | None
    """Expected return before that cost, interest on cash included; None without expected returns."""
    net_return: float | None
    """Gross return less the cost; None without expected returns."""
    sharpe: float | None
    """Net return less the cash rate, over the volatility; None without expected returns or without volatility."""


def lever_to_vol(
    weights: npt.ArrayLike,
    cov: npt.ArrayLike,
    target: float,
    borrow: float = 0.0,
    exp_returns: npt.ArrayLike | None = None,
    cash_rate: float = 0.0,
    max_leverage: float | None = None,
) -> Leverage:
    """Scale a portfolio to a volatility, with the cost of the financing.

    Parameters
    ----------
    weights : array of shape (n,)
        The portfolio before leverage.
    cov : array of shape (n, n)
    target : float
        The annual volatility to reach, above 0. If it is below that of the portfolio, the weights are scaled down and
        the rest of the equity stays in cash.
    borrow : float
        Annual interest rate paid on what is borrowed; 0 or above.
    exp_returns : array of shape (n,), optional
        Expected annual returns of the assets, for the return and Sharpe ratio of the result.
    cash_rate : float
        Annual interest rate earned on what stays in cash; also the riskless rate of the Sharpe ratio. If it equals
        `borrow`, leverage doesn't change the Sharpe ratio.
    max_leverage : float, optional
        The most that the weights may be multiplied by, above 0. Where it binds, the volatility stays below `target`.

    Returns
    -------
    Leverage

    Raises
    ------
    InputError
        `cov` is no covariance matrix, a length differs, or a number is out of its range.
    InfeasibleError
        The portfolio has no risk: no leverage gives it a volatility.

    Examples
    --------
    $100 at 4 % return and 6 % volatility, with $50 borrowed at 2 % (Butler, ReSolve, "How risk parity uses leverage"):

    >>> levered = lever_to_vol([1.0], [[0.06**2]], target=0.09, borrow=0.02, exp_returns=[0.04])
    >>> round(levered.leverage, 12), round(levered.borrowed, 12), round(levered.cost, 12)
    (1.5, 0.5, 0.01)
    >>> round(levered.gross_return, 12), round(levered.net_return, 12)
    (0.06, 0.05)

    With cash at 2 % as well, the Sharpe ratio is that of the portfolio before leverage, (4 - 2) / 6:

    >>> round(lever_to_vol([1.0], [[0.06**2]], 0.09, 0.02, [0.04], cash_rate=0.02).sharpe, 4)
    0.3333
    """
    portfolio = assess(weights, cov)
    wanted = positive(target, "target")
    most = math.inf if max_leverage is None else positive(max_leverage, "max_leverage")
    portfolio.require_risk()
    leverage = min(wanted / portfolio.vol, most)
    if leverage * portfolio.vol == 0.0:
        raise InputError("target", "is too small for this portfolio: the leverage is 0 in float64.")
    return _levered(portfolio, leverage, borrow, exp_returns, cash_rate)


def lever_to_return(
    weights: npt.ArrayLike,
    cov: npt.ArrayLike,
    exp_returns: npt.ArrayLike,
    target: float,
    borrow: float = 0.0,
    cash_rate: float = 0.0,
) -> Leverage:
    """Scale a portfolio to an expected return after the cost of financing.

    Parameters
    ----------
    weights : array of shape (n,)
        The portfolio before leverage, with a sum above 0.
    cov : array of shape (n, n)
    exp_returns : array of shape (n,)
        Expected annual returns of the assets.
    target : float
        The expected annual return to reach, after the cost of borrowing; at least the cash rate.
    borrow : float
        Annual interest rate paid on what is borrowed; 0 or above, and not below the cash rate.
    cash_rate : float
        Annual interest rate earned on what stays in cash; also the riskless rate of the Sharpe ratio.

    Returns
    -------
    Leverage

    Raises
    ------
    InputError
        An argument is wrong or of another length.
    InfeasibleError
        The portfolio has no risk. Or no leverage reaches the target: it is below the cash rate, or the portfolio earns
        too little for borrowing to pay; the message names the highest return that can be reached.

    Notes
    -----
    For weights that sum to 1, with an expected return μ, the leverage is (R - c) / (μ - c) where that is at most 1, and
    else (R - b) / (μ - b), for the target R, the cash rate c and the borrowing rate b (Butler, ReSolve, "How risk
    parity uses leverage to achieve a target return").

    Examples
    --------
    >>> levered = lever_to_return([1.0], [[0.06**2]], [0.04], target=0.05, borrow=0.02)
    >>> round(levered.leverage, 12), round(levered.volatility, 12)
    (1.5, 0.09)
    """
    portfolio = assess(weights, cov)
    expected = vector(exp_returns, "exp_returns", len(portfolio.weights))
    wanted, interest, riskless = number(target, "target"), rate(borrow, "borrow"), number(cash_rate, "cash_rate")
    if interest < riskless:
        text = f"is {interest:.6g}, below the cash rate of {riskless:.6g}: borrowing would earn money without risk."
        raise InputError("borrow", text)
    portfolio.require_risk()
    invested = exact_sum(portfolio.weights)
    if invested <= 0.0:
        raise InputError("weights", f"sum to {invested:.6g}; they must sum to more than 0 to be levered.")
    whole = float(expected @ portfolio.weights) / invested  # the return with all equity invested and no debt
    if wanted < riskless:
        raise InfeasibleError(f"The target {wanted:.6g} is below the cash rate of {riskless:.6g}, which needs no risk.")
    if wanted <= whole:
        part = (wanted - riskless) / (whole - riskless) if whole > riskless else 1.0
    elif whole <= interest:
        raise InfeasibleError(
            f"Leverage can't reach {wanted:.6g}: the portfolio is expected to earn {whole:.6g}, and borrowing at "
            f"{interest:.6g} costs at least as much. The most it reaches is {max(whole, riskless):.6g}."
        )
    else:
        part = (wanted - interest) / (whole - interest)
    return _levered(portfolio, part / invested, borrow, exp_returns, cash_rate)


def _levered(
    portfolio: Portfolio, leverage: float, borrow: float, exp_returns: npt.ArrayLike | None, cash_rate: float
) -> Leverage:
    """Multiply weights by the leverage, and compute the cost of the financing and the returns."""
    interest, riskless = rate(borrow, "borrow"), number(cash_rate, "cash_rate")
    vol = leverage * portfolio.vol
    with np.errstate(over="ignore", invalid="ignore"):
        levered = leverage * portfolio.weights
        rest = 1.0 - in_range(exact_sum(levered), "target", "the leverage")
        borrowed, cash = (-rest, 0.0) if rest < 0.0 else (0.0, rest)  # never -0.0
        cost = in_range(interest * borrowed, "borrow", "the cost")
        gross = net = sharpe = None
        if exp_returns is not None:
            expected = vector(exp_returns, "exp_returns", len(levered))
            gross = in_range(float(expected @ levered) + riskless * cash, "exp_returns", "the return")
            net = gross - cost
            sharpe = in_range((net - riskless) / vol, "target", "the Sharpe ratio") if vol > 0.0 else None
    return Leverage(leverage, levered, borrowed, cash, vol, cost, gross, net, sharpe)
