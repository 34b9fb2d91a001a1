"""Functions of Merton's rule: what a portfolio is worth to an investor who is averse to risk."""

from math import sqrt
from typing import Annotated

from rpxl.core import utility
from rpxl.formulas.arguments import BorrowSpread, Cov, ExpExcess, RiskAversion, Weights
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.readers import Flag

_EXCESS = [[0.04], [0.01]]
_COV = [[0.0256, 0.0], [0.0, 0.0016]]  # volatilities 16 % and 4 %, uncorrelated
_VARIANCE_60_40 = 0.36 * 0.0256 + 0.16 * 0.0016
_HAGHANI_WHITE = "Haghani & White (2017), 'Some Clarity on Risk Parity': stocks 4 % / 16 %, bonds 1 % / 4 %, n = 3"


@formula(
    "Utility",
    example=Example(
        args=(_EXCESS, _COV, 3.0, 0.006),
        answer=[[0.034 / (3 * 0.0256)], [0.004 / (3 * 0.0016)]],
        source=_HAGHANI_WHITE + ", 0.6 % extra borrowing cost; (μ − 0.006) / (n·σ²) asset by asset",
    ),
)
def MERTON_WEIGHTS(
    exp_excess: ExpExcess,
    cov: Cov,
    risk_aversion: RiskAversion,
    borrow_spread: BorrowSpread = 0.0,
    long_only: Annotated[bool, Flag("TRUE: no weight below 0. FALSE (default): any sign.")] = False,
) -> Array:
    """Utility-optimal weights by Merton's rule, with an extra cost on what is borrowed.

    Raises
    ------
    InputError
        An argument is wrong or of another length; `risk_aversion` is not positive, `borrow_spread` is negative.
    InfeasibleError
        `cov` is singular: the optimum is not unique or not finite.
    ConvergenceError
        Long-only: `cov` is too close to singular to prove in float64 that the answer is the best.

    Notes
    -----
    Maximises w'μ − spread·max(Σw − 1, 0) − ½·n·w'Σw (Merton 1969; Haghani & White 2017). Without the
    spread w = Σ⁻¹μ/n; with it the optimum may be exactly at Σw = 1. Long-only: the same maximum over w ≥ 0,
    checked by its optimality conditions.

    Examples
    --------
    >>> MERTON_WEIGHTS(0.25, 0.25, 2.0)
    [[0.5]]
    >>> MERTON_WEIGHTS([0.25, -0.25], [[0.25, 0.0], [0.0, 0.25]], 2.0, 0.0, True)
    [[0.5], [0.0]]
    """
    return utility.merton_weights(exp_excess, cov, risk_aversion, borrow_spread, long_only)


@formula(
    "Utility",
    example=Example(
        args=([[0.6], [0.4]], _EXCESS, _COV, 3.0),
        answer=0.028 - 1.5 * _VARIANCE_60_40,
        source=_HAGHANI_WHITE + ": 1.4 % for 60/40",
    ),
)
def RISK_ADJ_RETURN(
    weights: Weights,
    exp_excess: ExpExcess,
    cov: Cov,
    risk_aversion: RiskAversion,
    borrow_spread: BorrowSpread = 0.0,
) -> float:
    """Risk-adjusted return: expected excess return, less the extra borrowing cost, less ½·n·variance.

    Raises
    ------
    InputError
        An argument is wrong or of another length; `risk_aversion` is not positive, `borrow_spread` is negative.

    Notes
    -----
    w'μ − spread·max(Σw − 1, 0) − ½·n·w'Σw, the certainty equivalent (Haghani & White 2017).

    Examples
    --------
    >>> RISK_ADJ_RETURN(1.0, 0.5, 0.25, 2.0)
    0.25
    """
    return utility.risk_adjusted_return(weights, exp_excess, cov, risk_aversion, borrow_spread)


@formula(
    "Utility",
    example=Example(
        args=([[0.6], [0.4]], _EXCESS, _COV),
        answer=0.028 / _VARIANCE_60_40,
        source=_HAGHANI_WHITE + ": 60/40 implies 2.956, which the text rounds to 3",
    ),
)
def IMPLIED_RISK_AVERSION(weights: Weights, exp_excess: ExpExcess, cov: Cov) -> float:
    """Risk aversion for which the size of a portfolio is the best: more or less of it would be worth less.

    Raises
    ------
    InputError
        An argument is wrong or of another length.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    w'μ / w'Σw: the n for which scaling w up or down does not raise w'μ − ½·n·w'Σw.

    Examples
    --------
    >>> IMPLIED_RISK_AVERSION(0.5, 0.04, 0.04)
    2.0
    """
    return utility.implied_risk_aversion(weights, exp_excess, cov)


@formula(
    "Utility",
    example=Example(
        args=([[0.6], [0.4]], _EXCESS, _COV),
        answer=0.028 / sqrt(_VARIANCE_60_40),
        source=_HAGHANI_WHITE + ": 0.29 for 60/40",
    ),
)
def PORT_SHARPE(weights: Weights, exp_excess: ExpExcess, cov: Cov, borrow_spread: BorrowSpread = 0.0) -> float:
    """Sharpe ratio: expected excess return, less the extra borrowing cost, divided by volatility.

    Raises
    ------
    InputError
        An argument is wrong or of another length, or `borrow_spread` is negative.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    (w'μ − spread·max(Σw − 1, 0)) / √(w'Σw), Sharpe (1994).

    Examples
    --------
    >>> PORT_SHARPE(1.0, 0.04, 0.0256)
    0.25
    """
    return utility.sharpe_ratio(weights, exp_excess, cov, borrow_spread)
