"""Merton's problem with a cost of borrowing: the best weights and what a portfolio is worth to its owner."""

import numpy as np
import numpy.typing as npt

from rpxl.core.decomposition import assess
from rpxl.core.validate import Array, in_range, numbers, positive, rate, total, vector
from rpxl.core.validity import EPS, checked
from rpxl.errors import InfeasibleError


def merton_weights(
    exp_excess: npt.ArrayLike, cov: npt.ArrayLike, risk_aversion: float, borrow_spread: float = 0.0
) -> Array:
    """Return the weights with the highest risk-adjusted return.

    Parameters
    ----------
    exp_excess : array of shape (n,)
        Expected returns over cash.
    cov : array of shape (n, n)
    risk_aversion : float
        Above 0.
    borrow_spread : float
        Cost of borrowing over cash, paid on what the weights sum to beyond 1; 0 or above.

    Returns
    -------
    array of shape (n,)
        Any sign, any sum: the rest is cash, or borrowed.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, `exp_excess` doesn't fit it, or a number is out of its range.
    InfeasibleError
        `cov` is singular: some portfolio has no risk, and there is no best amount of it.

    Notes
    -----
    Maximise w'μ - s max(1'w - 1, 0) - ½ γ w'Σw, which is concave for s ≥ 0. Its optimum satisfies
    γ Σ w = μ - λ 1, where λ, the price of one more unit of capital, is 0 while 1'w < 1, s when 1'w > 1, and between
    the two where 1'w = 1. With A = 1'Σ⁻¹μ and B = 1'Σ⁻¹1 the sum is 1'w = (A - λ B) / γ, so

    - A ≤ γ: cash is held, λ = 0, w = Σ⁻¹ μ / γ (Merton 1969);
    - A - s B ≥ γ: borrowing pays even at the spread, λ = s, w = Σ⁻¹ (μ - s 1) / γ;
    - else the optimum sits in the kink, exactly at 1'w = 1, with λ = (A - γ) / B.

    So λ is (A - γ) / B, held between 0 and s. Haghani & White (2017), "Some Clarity on Risk Parity".

    Examples
    --------
    >>> cov = [[0.16**2, 0.0], [0.0, 0.04**2]]
    >>> merton_weights([0.04, 0.01], cov, risk_aversion=3).round(6)
    array([0.520833, 2.083333])
    >>> merton_weights([0.04, 0.01], cov, risk_aversion=3, borrow_spread=0.006).round(6)
    array([0.442708, 0.833333])
    """
    parts = checked(cov)
    excess = vector(exp_excess, "exp_excess", len(parts.vols))
    aversion = positive(risk_aversion, "risk_aversion")
    spread = rate(borrow_spread, "borrow_spread")
    if not parts.vols.all() or np.linalg.eigvalsh(parts.corr)[0] <= 64.0 * excess.size * EPS:
        raise InfeasibleError(
            "cov is singular: some portfolio of these assets has no risk, so no amount of it is best. "
            "Leave out cash and duplicates, or use a shrinkage estimate."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.column_stack([excess / parts.vols, 1.0 / parts.vols])
        best, capital = (np.linalg.solve(parts.corr, scaled) / parts.vols[:, None]).T
        price = min(max((total(best) - aversion) / total(capital), 0.0), spread)
        weights = (best - price * capital) / aversion
    in_range(total(np.abs(weights)), "exp_excess", "the best amount of risk")
    return np.asarray(weights)


def portfolio_return(weights: npt.ArrayLike, exp_excess: npt.ArrayLike, borrow_spread: float = 0.0) -> float:
    """Return the expected excess return of a portfolio after the cost of borrowing.

    Parameters
    ----------
    weights : array of shape (n,)
        Fractions of equity; what they sum to beyond 1 is borrowed.
    exp_excess : array of shape (n,)
        Expected returns over cash.
    borrow_spread : float
        Cost of borrowing over cash; 0 or above.

    Returns
    -------
    float
        w'μ - borrow_spread max(1'w - 1, 0).

    Raises
    ------
    InputError
        Lengths differ, a cell is not finite, or `borrow_spread` is negative.

    Examples
    --------
    >>> round(portfolio_return([0.45, 0.85], [0.04, 0.01], borrow_spread=0.006), 6)
    0.0247
    """
    held = numbers(weights, "weights", 1)
    excess = vector(exp_excess, "exp_excess", held.size, per="weights")
    spread = rate(borrow_spread, "borrow_spread")
    with np.errstate(over="ignore", invalid="ignore"):
        result = float(held @ excess) - spread * max(total(held) - 1.0, 0.0)
    return in_range(result, "weights", "the return of the portfolio")


def sharpe_ratio(
    weights: npt.ArrayLike, exp_excess: npt.ArrayLike, cov: npt.ArrayLike, borrow_spread: float = 0.0
) -> float:
    """Return the expected excess return, after the cost of borrowing, per unit of volatility.

    Parameters
    ----------
    weights : array of shape (n,)
    exp_excess : array of shape (n,)
        Expected returns over cash.
    cov : array of shape (n, n)
    borrow_spread : float
        See :func:`portfolio_return`.

    Returns
    -------
    float

    Raises
    ------
    InputError
        See :func:`portfolio_return`; or `cov` is no covariance matrix.
    InfeasibleError
        The portfolio has no risk.

    Examples
    --------
    >>> round(sharpe_ratio([0.2, 0.8], [0.04, 0.01], [[0.16**2, 0.0], [0.0, 0.04**2]]), 4)
    0.3536
    """
    portfolio = assess(weights, cov)
    portfolio.require_risk()
    ratio = portfolio_return(weights, exp_excess, borrow_spread) / portfolio.vol
    return in_range(ratio, "weights", "the Sharpe ratio")


def risk_adjusted_return(
    weights: npt.ArrayLike,
    exp_excess: npt.ArrayLike,
    cov: npt.ArrayLike,
    risk_aversion: float,
    borrow_spread: float = 0.0,
) -> float:
    """Return the certain return over cash that is worth as much as the portfolio.

    Parameters
    ----------
    weights : array of shape (n,)
    exp_excess : array of shape (n,)
        Expected returns over cash.
    cov : array of shape (n, n)
    risk_aversion : float
        Above 0.
    borrow_spread : float
        See :func:`portfolio_return`.

    Returns
    -------
    float
        The expected excess return after the cost of borrowing, less ½ risk_aversion w'Σw.

    Raises
    ------
    InputError
        See :func:`portfolio_return`; or `cov` is no covariance matrix, or `risk_aversion` is not above 0.

    Examples
    --------
    >>> cov = [[0.16**2, 0.0], [0.0, 0.04**2]]
    >>> round(risk_adjusted_return([0.5, 2.0], [0.04, 0.01], cov, risk_aversion=3), 6)
    0.0208
    """
    portfolio = assess(weights, cov)
    penalty = 0.5 * positive(risk_aversion, "risk_aversion") * portfolio.variance
    result = portfolio_return(weights, exp_excess, borrow_spread) - penalty
    return in_range(result, "weights", "the risk-adjusted return")


def implied_risk_aversion(weights: npt.ArrayLike, exp_excess: npt.ArrayLike, cov: npt.ArrayLike) -> float:
    """Return the risk aversion at which a portfolio is as large as its owner wants it, w'μ / w'Σw.

    Parameters
    ----------
    weights : array of shape (n,)
    exp_excess : array of shape (n,)
        Expected returns over cash.
    cov : array of shape (n, n)

    Returns
    -------
    float
        Negative when the portfolio is expected to lose against cash.

    Raises
    ------
    InputError
        See :func:`portfolio_return`; or `cov` is no covariance matrix.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    The first-order condition of Merton's problem along the portfolio itself: scaling w by k is best at k = 1.

    Examples
    --------
    >>> round(implied_risk_aversion([0.6, 0.4], [0.04, 0.01], [[0.16**2, 0.0], [0.0, 0.04**2]]), 3)
    2.956
    """
    portfolio = assess(weights, cov)
    portfolio.require_risk()
    aversion = portfolio_return(weights, exp_excess) / portfolio.variance
    return in_range(aversion, "exp_excess", "the risk aversion")
