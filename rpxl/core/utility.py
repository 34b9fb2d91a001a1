"""Merton's problem with a cost of borrowing: the best weights, and the risk-adjusted return of a portfolio."""

import numpy as np
import numpy.typing as npt

from rpxl.core import linalg
from rpxl.core.array_checks import Array, exact_sum, in_range, numbers, positive, rate, vector
from rpxl.core.cov_checks import EPS, CovParts, validate_cov
from rpxl.core.decomposition import assess
from rpxl.core.interior import Constraints, exact, interior_point
from rpxl.core.limits import ROUNDING
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

_EXCHANGES = 200
"""Largest number of steps of the active-set method; each takes in or drops one asset."""


def merton_weights(
    exp_excess: npt.ArrayLike,
    cov: npt.ArrayLike,
    risk_aversion: float,
    borrow_spread: float = 0.0,
    long_only: bool = False,
) -> Array:
    """Return the weights with the highest risk-adjusted return.

    Parameters
    ----------
    exp_excess : array of shape (n,)
        Expected annual returns in excess of cash.
    cov : array of shape (n, n)
        Annual.
    risk_aversion : float
        Above 0.
    borrow_spread : float
        Annual borrowing rate less the cash rate, paid on the sum of the weights less 1; 0 or above.
    long_only : bool
        Whether no weight may be below 0.

    Returns
    -------
    array of shape (n,)
        Fractions of equity; of any sign unless long-only, and of any sum. Below 1 the rest is cash; above 1 the excess
        is borrowed.

    Raises
    ------
    InputError
        `cov` is no covariance matrix, `exp_excess` doesn't fit it, or a number is out of its range.
    InfeasibleError
        `cov` is singular: some portfolio has no risk, and no amount of it is best.
    ConvergenceError
        `cov` is too close to singular for float64; long-only, the check in the notes failed.

    Notes
    -----
    Maximise w'μ - s max(1'w - 1, 0) - ½ γ w'Σw, which is concave for s ≥ 0. Its optimum satisfies
    γ Σ w = μ - λ 1, where λ, the price of one more unit of capital, is 0 while 1'w < 1, s when 1'w > 1, and between
    the two where 1'w = 1. With A = 1'Σ⁻¹μ and B = 1'Σ⁻¹1 the sum is 1'w = (A - λ B) / γ, so

    - A ≤ γ: cash is held, λ = 0, w = Σ⁻¹ μ / γ (Merton 1969);
    - A - s B ≥ γ: borrowing pays even at the spread, λ = s, w = Σ⁻¹ (μ - s 1) / γ;
    - else the optimum is at the kink, exactly at 1'w = 1, with λ = (A - γ) / B.

    So λ is (A - γ) / B, held between 0 and s. Haghani & White (2017), "Some Clarity on Risk Parity".

    Long-only, γ Σ w = μ - λ 1 + z with zᵢ ≥ 0 where wᵢ = 0, and zᵢ = 0 elsewhere. The sum 1'w still falls as λ rises:
    if it is at most 1 with λ = 0, the rest is cash; if it is at least 1 with λ = s, the excess is borrowed; else
    1'w = 1. These conditions are checked for each asset, to 1e-9 of the sum of their terms.

    Examples
    --------
    >>> cov = [[0.16**2, 0.0], [0.0, 0.04**2]]
    >>> merton_weights([0.04, 0.01], cov, risk_aversion=3).round(6)
    array([0.520833, 2.083333])
    >>> merton_weights([0.04, 0.01], cov, risk_aversion=3, borrow_spread=0.006).round(6)
    array([0.442708, 0.833333])
    >>> merton_weights([0.04, -0.01], cov, risk_aversion=3, long_only=True).round(6)
    array([0.520833, 0.      ])
    """
    parts = validate_cov(cov)
    excess = vector(exp_excess, "exp_excess", len(parts.vols))
    aversion = positive(risk_aversion, "risk_aversion")
    spread = rate(borrow_spread, "borrow_spread")
    if not parts.vols.all() or linalg.eigenvalues(parts.corr)[0] <= 64.0 * excess.size * EPS:
        raise InfeasibleError(
            "cov is singular: some portfolio of these assets has no risk, so no amount of it is best. "
            "Leave out cash and duplicates, or use a shrinkage estimate."
        )
    if long_only:
        return _long_only(excess, parts, aversion, spread)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.column_stack([excess / parts.vols, 1.0 / parts.vols])
        if not np.isfinite(scaled).all():
            raise InputError("exp_excess", "cannot be used: the best amount of risk is too large to compute.")
        try:
            best, capital = (linalg.solve(parts.corr, scaled) / parts.vols[:, None]).T
        except np.linalg.LinAlgError:
            raise _too_close() from None
        price = min(max((exact_sum(best) - aversion) / exact_sum(capital), 0.0), spread)
        weights = (best - price * capital) / aversion
    in_range(exact_sum(np.abs(weights)), "exp_excess", "the best amount of risk")
    return np.asarray(weights)


def _long_only(excess: Array, parts: CovParts, aversion: float, spread: float) -> Array:
    """Return the best long-only weights: with cash, with a loan, or with a sum of 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        weights = _priced(excess, parts, aversion, 0.0)
        if spread > 0.0 and exact_sum(weights) > 1.0:
            weights = _priced(excess, parts, aversion, spread)
            if exact_sum(weights) < 1.0:
                weights = _priced(excess, parts, aversion, None)
        in_range(exact_sum(weights), "exp_excess", "the best amount of risk")
        slope = excess - aversion * (parts.cov @ weights)
        invested = exact_sum(weights)
        price = 0.0 if invested < 1.0 - ROUNDING else spread
        if abs(invested - 1.0) <= ROUNDING:
            price = min(max(float(slope @ weights) / invested, 0.0), spread)
        terms = np.abs(excess) + aversion * (np.abs(parts.cov) @ weights) + price
        excessive = np.where(weights > 0.0, np.abs(slope - price), slope - price)
        if not (excessive <= 1e-9 * terms).all():
            raise _too_close()
    return weights


def _too_close() -> ConvergenceError:
    return ConvergenceError(
        "The best weights can't be computed accurately: cov is too close to singular. Use more returns than assets, a "
        "shrinkage estimate, or leave out near-duplicates and hedges."
    )


def _priced(excess: Array, parts: CovParts, aversion: float, price: float | None) -> Array:
    """Return the best long-only weights when each unit of capital costs a price; without one, those that sum to 1."""
    reward = (excess - (price or 0.0)) / parts.vols / aversion
    if price is not None and reward.max() <= 0.0:
        return np.zeros(reward.size)
    constraints = Constraints(reward.size)  # on the exposures x = σ w
    constraints.bound(np.arange(reward.size), np.zeros(reward.size), 1.0)
    start = np.maximum(reward, 0.0) + np.abs(reward).max() / reward.size
    if price is None:
        constraints.equate(parts.vols.min() / parts.vols[None, :], np.array([parts.vols.min()]))
        start = np.full(reward.size, parts.vols.min())
    point = interior_point(parts.corr, -reward, constraints, start)
    exposures = np.maximum(exact(parts.corr, -reward, constraints, point), 0.0)
    if price is None:
        weights = exposures / parts.vols
        invested = exact_sum(weights)
        return np.asarray(weights / invested if abs(invested - 1.0) <= 1e-6 else weights)  # by rounding
    better = _by_active_set(parts.corr, reward, exposures > 0.0)
    return np.asarray((exposures if better is None else better) / parts.vols)


def _by_active_set(corr: Array, reward: Array, held: npt.NDArray[np.bool_]) -> Array | None:
    """Return the exposures of 0 or above with the highest x'r - ½ x'Cx; `held` is a guess of those above 0.

    The active-set method of :func:`rpxl.core.allocation._held`, one asset at a time: the lowest exposure below 0
    leaves; if there is none, the asset with the largest gain enters. None where that doesn't end in 200 steps.
    """
    held = held.copy()
    for _ in range(_EXCHANGES):
        exposures = np.zeros(reward.size)
        try:
            exposures[held] = linalg.solve(corr[np.ix_(held, held)], reward[held])
        except np.linalg.LinAlgError:
            return None
        covariances = corr @ exposures
        rounding = 4.0 * EPS * reward.size * (np.abs(corr) @ np.abs(exposures) + np.abs(reward))
        gain = np.where(held, 0.0, (reward - covariances) / rounding)
        if exposures.min() < 0.0:
            held[int(exposures.argmin())] = False
        elif gain.max() > 1.0:
            held[int(gain.argmax())] = True
        else:
            return exposures
    return None


def portfolio_return(weights: npt.ArrayLike, exp_excess: npt.ArrayLike, borrow_spread: float = 0.0) -> float:
    """Return the expected excess return of a portfolio after the cost of borrowing.

    Parameters
    ----------
    weights : array of shape (n,)
        Fractions of equity; where their sum is above 1, the excess is borrowed.
    exp_excess : array of shape (n,)
        Expected annual returns in excess of cash.
    borrow_spread : float
        Annual borrowing rate less the cash rate; 0 or above.

    Returns
    -------
    float
        w'μ - borrow_spread max(1'w - 1, 0), annual.

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
        result = float(held @ excess) - spread * max(exact_sum(held) - 1.0, 0.0)
    return in_range(result, "weights", "the return of the portfolio")


def sharpe_ratio(
    weights: npt.ArrayLike, exp_excess: npt.ArrayLike, cov: npt.ArrayLike, borrow_spread: float = 0.0
) -> float:
    """Return the expected excess return, after the cost of borrowing, per unit of volatility.

    Parameters
    ----------
    weights : array of shape (n,)
    exp_excess : array of shape (n,)
        Expected annual returns in excess of cash.
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
    """Return the risk-adjusted return: the certain return in excess of cash that is worth as much as the portfolio.

    Parameters
    ----------
    weights : array of shape (n,)
    exp_excess : array of shape (n,)
        Expected annual returns in excess of cash.
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
    """Return the risk aversion at which neither more nor less of a portfolio would be better, w'μ / w'Σw.

    Parameters
    ----------
    weights : array of shape (n,)
    exp_excess : array of shape (n,)
        Expected annual returns in excess of cash.
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
    The first-order condition of Merton's problem for the size of the portfolio: of all multiples k w, k = 1 is best.

    Examples
    --------
    >>> round(implied_risk_aversion([0.6, 0.4], [0.04, 0.01], [[0.16**2, 0.0], [0.0, 0.04**2]]), 3)
    2.956
    """
    portfolio = assess(weights, cov)
    portfolio.require_risk()
    aversion = portfolio_return(weights, exp_excess) / portfolio.variance
    return in_range(aversion, "exp_excess", "the risk aversion")
