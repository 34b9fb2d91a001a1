"""Further statistics of an investment: its tail, its shape, and the comparison with a benchmark."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, floats, number, positive
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.calendar import require_no_gaps
from rpxl.core.dates import Dates, check_row_dates
from rpxl.core.missing import missing_word
from rpxl.core.performance import check_returns, drawdowns, performance, under_water
from rpxl.core.scenarios import CONFIDENCE, cvar_slopes
from rpxl.errors import InputError


@dataclass(frozen=True)
class RiskStatistics:
    """The tail and the shape of a series of returns; None where the divisor is 0 or there are too few returns."""

    sortino: float | None
    """(mean return - rf) / downside deviation, both annual."""
    calmar: float | None
    """Compound annual return over the maximum drawdown."""
    var: float
    """Value at risk of one period at 95 %, or `confidence`, as a loss: the smallest of the worst 5 % of the losses."""
    cvar: float
    """Mean loss of the worst 5 % of the returns, or 1 - `confidence`."""
    skewness: float | None
    """Above 0 where the tail of gains is longer than that of losses."""
    kurtosis: float | None
    """Excess kurtosis: 0 for normally distributed returns."""
    under_water: float
    """Share of the periods that end below the highest value before."""


def risk_statistics(
    returns: npt.ArrayLike,
    periods_per_year: float | None = None,
    rf: float = 0.0,
    confidence: float = CONFIDENCE,
    dates: Dates | None = None,
    missing: str = "error",
) -> RiskStatistics:
    """Measure the tail and the shape of a series of returns.

    Parameters
    ----------
    returns : array of shape (T,)
        Simple returns, oldest first, -1 or above; at least two.
    periods_per_year : float, optional
        252 for daily returns, 12 for monthly. By default the dates tell it; without dates it is 252.
    rf : float
        Annual risk-free rate.
    confidence : float
        Confidence of `var` and `cvar`, between 0 and 1; with 0.95 the tail is the worst 5 % of the returns.
    dates : array of shape (T,), optional
        The days that the returns end on, see :func:`rpxl.core.dates.check_dates`.
    missing : {"error", "drop_rows"}
        With "error", a missing return (NaN) or dates that skip a period are an error. With "drop_rows", a missing
        return is left out.

    Returns
    -------
    RiskStatistics

    Raises
    ------
    InputError
        See :func:`rpxl.performance`; or `confidence` is not between 0 and 1.

    Notes
    -----
    With P periods per year:

    - Sortino (Sortino & Price 1994): the downside deviation is √P √(Σ min(r - rf/P, 0)² / T);
    - Calmar (Young 1991): over the whole history, as in empyrical and quantstats;
    - value at risk: the historical quantile, interpolated linearly between two returns (type 7 in R, as in
      PerformanceAnalytics and numpy); the mean loss beyond it as in :func:`rpxl.core.scenarios.scenario_risk`;
    - skewness and excess kurtosis: the estimates G1 and G2 of Joanes & Gill (1998), as in pandas and in Excel's SKEW
      and KURT.

    Examples
    --------
    >>> measured = risk_statistics([0.25, -0.2, 0.1, -0.1], periods_per_year=4)
    >>> round(measured.cvar, 12), round(measured.under_water, 12)
    (0.2, 0.75)
    """
    series = check_returns(returns, 1, missing)
    periods, riskless = _periods(periods_per_year, dates, len(np.asarray(returns)), missing), number(rf, "rf")
    whole = performance(series, periods, rf)
    level = number(confidence, "confidence")
    if not 0.0 < level < 1.0:
        raise InputError("confidence", f"is {level:.6g}; it must lie between 0 and 1, such as 0.95 for the worst 5 %.")
    short = np.minimum(series - riskless / periods, 0.0)
    downside = math.sqrt(periods * float(short @ short) / series.size)
    return RiskStatistics(
        sortino=(whole.mean_return - riskless) / downside if downside > 0.0 else None,
        calmar=whole.annual_return / -whole.max_drawdown if whole.max_drawdown < 0.0 else None,
        var=-float(np.quantile(series, 1.0 - level)),
        cvar=float(cvar_slopes(series, 1.0 - level) @ series),
        skewness=_skewness(series),
        kurtosis=_kurtosis(series),
        under_water=float(under_water(drawdowns(series)).mean()),
    )


def _periods(given: float | None, dates: Dates | None, size: int, missing: str) -> float:
    """Check the dates, and return the periods per year that are given or that the dates tell."""
    days = None if dates is None else check_row_dates(dates, size, "returns")
    if days is not None and missing_word(missing) == "error":
        require_no_gaps(days, "returns")
    return periods_of(None if given is None else positive(given, "periods_per_year"), days)


def _moments(series: Array) -> tuple[float, float, float]:
    deviations = series - series[0]  # a series that never changes has no spread, not a rounding error
    deviations -= deviations.mean()
    squares = deviations**2
    return float(squares.mean()), float((squares * deviations).mean()), float((squares**2).mean())


def _skewness(series: Array) -> float | None:
    second, third, _ = _moments(series)
    size = series.size
    if size < 3 or second <= 0.0:
        return None
    return float(third / second**1.5 * math.sqrt(size * (size - 1.0)) / (size - 2.0))


def _kurtosis(series: Array) -> float | None:
    second, _, fourth = _moments(series)
    size = series.size
    if size < 4 or second <= 0.0:
        return None
    return (size - 1.0) / ((size - 2.0) * (size - 3.0)) * ((size + 1.0) * (fourth / second**2 - 3.0) + 6.0)


@dataclass(frozen=True)
class BenchmarkStatistics:
    """An investment compared with a benchmark; None where the divisor is 0."""

    alpha: float | None
    """Annual return beyond the part that beta explains."""
    beta: float | None
    """The mean return of the investment per unit of return of the benchmark, by regression."""
    correlation: float | None
    tracking_error: float
    """Annual volatility of the difference of returns."""
    information_ratio: float | None
    """Annual mean of the difference of returns over the tracking error."""
    up_capture: float | None
    """Its mean compound return over the benchmark's, in the periods in which the benchmark rose."""
    down_capture: float | None
    """The same in the periods in which the benchmark fell."""


def benchmark_statistics(
    returns: npt.ArrayLike,
    benchmark: npt.ArrayLike,
    periods_per_year: float | None = None,
    rf: float = 0.0,
    dates: Dates | None = None,
    missing: str = "error",
) -> BenchmarkStatistics:
    """Compare a series of returns with that of a benchmark.

    Parameters
    ----------
    returns, benchmark : array of shape (T,)
        Simple returns of the same periods; at least two.
    periods_per_year : float, optional
    rf : float
    dates : array of shape (T,), optional
    missing : {"error", "drop_rows"}
        All as in :func:`risk_statistics`; "drop_rows" leaves out a period where either return is missing.

    Returns
    -------
    BenchmarkStatistics

    Raises
    ------
    InputError
        A return is wrong, or the two series differ in length; else see :func:`risk_statistics`.

    Notes
    -----
    Beta is cov(r, b) / var(b). Alpha is mean - rf - beta (mean of the benchmark - rf), with annual means (Jensen 1968).
    The information ratio is that of Grinold & Kahn (2000), of the plain difference of returns. Captures are those of
    Morningstar: the geometric mean return per period over the benchmark's, in the periods in which the benchmark
    gained, or lost.

    Examples
    --------
    >>> measured = benchmark_statistics([0.02, -0.02, 0.04], [0.01, -0.01, 0.02], periods_per_year=12)
    >>> round(measured.beta, 12), round(measured.correlation, 12)
    (2.0, 1.0)
    """
    series, other = floats(returns, "returns", 1), floats(benchmark, "benchmark", 1)
    rows = series.size
    if rows != other.size:
        raise InputError("benchmark", f"has {other.size} returns, but returns has {rows}. Give one for each period.")
    if missing_word(missing) == "drop_rows":
        complete = ~(np.isnan(series) | np.isnan(other))
        series, other = series[complete], other[complete]
    series = check_returns(series, 1)
    try:
        other = check_returns(other, 1)
    except InputError as error:
        raise InputError("benchmark", error.problem, *error.cells, missing=error.missing) from None
    if series.size < 2:
        raise InputError("returns", "holds one return; at least two are needed.")
    periods, riskless = _periods(periods_per_year, dates, rows, missing), number(rf, "rf")
    own, its = series - series.mean(), other - other.mean()
    variance, own_variance = float(its @ its), float(own @ own)
    moves = bool(np.ptp(other) > 0.0)
    beta = float(own @ its) / variance if moves else None
    excess = periods * float(series.mean()) - riskless
    difference = series - other
    spread = difference - difference[0]
    tracking = math.sqrt(periods * float(spread.var(ddof=1)))
    both = moves and bool(np.ptp(series) > 0.0)
    return BenchmarkStatistics(
        alpha=None if beta is None else excess - beta * (periods * float(other.mean()) - riskless),
        beta=beta,
        correlation=float(np.clip(own @ its / math.sqrt(variance * own_variance), -1.0, 1.0)) if both else None,
        tracking_error=tracking,
        information_ratio=periods * float(difference.mean()) / tracking if tracking > 0.0 else None,
        up_capture=_capture(series, other, other > 0.0),
        down_capture=_capture(series, other, other < 0.0),
    )


def _capture(series: Array, benchmark: Array, chosen: npt.NDArray[np.bool_]) -> float | None:
    count = np.count_nonzero(chosen)
    if not count:
        return None
    own, its = (float(np.prod(1.0 + values[chosen]) ** (1.0 / count)) - 1.0 for values in (series, benchmark))
    return own / its if its != 0.0 else None
