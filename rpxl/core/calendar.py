"""The frequency of dates, and how many periods of it a year has."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import plural, positive
from rpxl.core.dates import Dates
from rpxl.errors import InputError

CONTRADICTION = 1.5
"""A number of periods per year that is off by this factor or more contradicts the dates."""

FEWEST_DATES = 3
"""Two dates have one step between them, which is too little to tell a frequency."""


@dataclass(frozen=True)
class Frequency:
    """How often there is a price.

    Attributes
    ----------
    name : str
        In words, as in "monthly".
    periods_per_year : float
        Number of periods in a year, by which figures per period are annualised.
    shortest, longest : int
        Calendar days from one date to the next, holidays included. A longer step is a gap.
    lookback : int
        The usual number of periods that a covariance is estimated from.
    """

    name: str
    periods_per_year: float
    shortest: int
    longest: int
    lookback: int

    @property
    def words(self) -> str:
        """The frequency and its number.

        >>> MONTHLY.words
        'monthly, 12 a year'
        """
        return f"{self.name}, {self.periods_per_year:g} a year"


EVERY_DAY = Frequency("every day", 365.0, 1, 3, 365)
TRADING_DAYS = Frequency("trading days", 252.0, 1, 14, 252)  # Tokyo was closed from 27 April to 6 May 2019
WEEKLY = Frequency("weekly", 52.0, 5, 16, 52)  # two weeks and two days, where the exchange is closed for a week
MONTHLY = Frequency("monthly", 12.0, 25, 37, 36)  # 28 to 31 days, and some for holidays at both ends
QUARTERLY = Frequency("quarterly", 4.0, 84, 100, 12)
YEARLY = Frequency("yearly", 1.0, 355, 376, 10)

FREQUENCIES = (EVERY_DAY, TRADING_DAYS, WEEKLY, MONTHLY, QUARTERLY, YEARLY)
"""All that :func:`frequency` tells apart, the most frequent first."""

_USUAL = {WEEKLY: (6.0, 8.0), MONTHLY: (29.5, 31.5), QUARTERLY: (89.5, 93.0), YEARLY: (363.0, 368.0)}
"""Shortest and longest mean step, in days. Four weeks, 28 days, are not monthly."""

_FEW = 15
"""Fewer dates show no pattern of weekdays; then it counts whether there is a Saturday or a Sunday."""

_MOST = 0.9  # the part of the steps that must be those of the frequency; the others are gaps


def frequency(dates: Dates, argument: str = "periods_per_year") -> Frequency:
    """Tell from dates how often there is a price.

    Parameters
    ----------
    dates : array of shape (T,)
        Days that increase, see :func:`rpxl.core.dates.check_dates`.
    argument : str
        The argument by which the user can give the number of periods; the error names it.

    Returns
    -------
    Frequency
        Every day (365 a year), trading days (252), weekly (52), monthly (12: month-ends, first days or last trading
        days), quarterly (4) or yearly (1).

    Raises
    ------
    InputError
        There are fewer than three dates, they are too irregular, or their steps fit no frequency. The message describes
        them.

    Notes
    -----
    At least nine in ten of the steps between dates must be as long as those of the frequency, holidays included; the
    rest are gaps and don't count. Dates from day to day are trading days where five days of the week have prices, and
    every day where all seven have. A few days without a weekend between them can be either, which is an error.

    Examples
    --------
    >>> month_ends = np.array(["2024-01-31", "2024-02-29", "2024-03-29", "2024-04-30"], dtype="datetime64[D]")
    >>> frequency(month_ends).periods_per_year
    12.0
    """
    if len(dates) < FEWEST_DATES:
        raise InputError(argument, f"is needed: {plural(len(dates), 'date')} can't tell how often there is a price.")
    steps = np.diff(dates).astype(np.int64)
    median = float(np.median(steps))
    found = _daily(dates, steps) if median <= 2.0 else next((f for f in _USUAL if _fits(steps, f)), None)
    if found is None:
        raise InputError(argument, f"is needed: {_seen(dates, steps)}. Give the number of periods in a year.")
    return found


def nearest(periods: float) -> Frequency:
    """Return the frequency whose number of periods a year is nearest, as a ratio.

    >>> nearest(26.0).name
    'weekly'
    """
    return min(FREQUENCIES, key=lambda known: abs(np.log(known.periods_per_year / periods)))


_FEW_RETURNS = 20  # fewer in half a year say little of a volatility


def usual_window(periods: float) -> int:
    """Return how many returns a rolling figure usually holds: half a year of them, or a year where these are few.

    >>> usual_window(252.0), usual_window(52.0), usual_window(12.0)
    (126, 26, 12)
    """
    half = int(periods / 2.0)
    return half if half >= _FEW_RETURNS else max(int(periods), 2)


def _fits(steps: npt.NDArray[np.int64], candidate: Frequency) -> bool:
    """Tell whether nearly all steps, and their mean, are those of a frequency."""
    usual = steps[(steps >= candidate.shortest) & (steps <= candidate.longest)]
    if usual.size < max(_MOST * steps.size, 1):
        return False
    low, high = _USUAL[candidate]
    slack = 2.5 / usual.size  # in few months, a February or a weekend shifts the mean
    return low - slack <= float(usual.mean()) <= high + slack


def _daily(dates: Dates, steps: npt.NDArray[np.int64]) -> Frequency | None:
    """Tell trading days from all days by the number of dates per calendar day; None where the dates don't show it."""
    usual = steps[steps <= TRADING_DAYS.longest]
    if usual.size < _MOST * steps.size:
        return None
    density = usual.size / usual.sum()
    weekdays = np.bincount(((dates.astype(np.int64) + 3) % 7).astype(np.intp), minlength=7)  # from Monday on
    skips_days = bool((usual >= 3).any())
    if len(dates) < _FEW:
        if weekdays[5] and weekdays[6] and steps.max() <= EVERY_DAY.longest:
            return EVERY_DAY
        return TRADING_DAYS if skips_days and not weekdays[5:].any() and density >= 0.4 else None
    rests = np.count_nonzero(weekdays <= 0.02 * len(dates))
    if 0.55 <= density <= 0.8 and (rests == 2 or len(dates) > 250) and skips_days:
        return TRADING_DAYS
    return EVERY_DAY if density >= 0.9 and not rests else None


def _seen(dates: Dates, steps: npt.NDArray[np.int64]) -> str:
    """Describe dates for a message."""
    span = f"{plural(len(dates), 'date')} from {dates[0]} to {dates[-1]}"
    if steps.max() <= 2 and len(dates) < _FEW:
        return f"{span} can be trading days, 252 a year, or every day, 365 a year"
    if steps.min() == steps.max():
        return f"{span} lie {plural(int(steps[0]), 'day')} apart, which has no usual number of periods in a year"
    apart = f"{steps.min()} to {steps.max()} days apart, with a median of {float(np.median(steps)):g}"
    return f"{span} lie {apart}, too irregular to tell how often there is a price"


def periods_per_year(given: float | None, dates: Dates | None, argument: str = "periods_per_year") -> float:
    """Return how many periods a year has: the number given; without one, what the dates tell; without dates, 252.

    Parameters
    ----------
    given : float or None
        The number that the user gives; it wins unless it contradicts the dates.
    dates : array of shape (T,), optional
        The days of the rows.
    argument : str
        The name of the number in errors.

    Raises
    ------
    InputError
        The number is not above 0, or contradicts the dates by a factor of 1.5 or more; or there is none and the dates
        don't tell.

    Examples
    --------
    >>> weeks = np.arange("2024-01-05", "2024-03-01", 7, dtype="datetime64[D]")
    >>> periods_per_year(None, weeks), periods_per_year(None, None), periods_per_year(50.0, weeks)
    (52.0, 252.0, 50.0)
    """
    given = None if given is None else positive(given, argument)
    if dates is None:
        return TRADING_DAYS.periods_per_year if given is None else given
    if given is None:
        return frequency(dates, argument).periods_per_year
    try:
        seen = frequency(dates, argument)
    except InputError:  # the number settles it
        return given
    if max(given / seen.periods_per_year, seen.periods_per_year / given) >= CONTRADICTION:
        text = f"is {given:g}, but the dates are {seen.words}. Leave it out, or correct one of the two."
        raise InputError(argument, text)
    return given


def gaps(dates: Dates, found: Frequency) -> npt.NDArray[np.intp]:
    """Return where dates are missing: the index of each date that comes too long after the one before.

    Examples
    --------
    >>> days = np.array(["2024-01-31", "2024-02-29", "2024-04-30", "2024-05-31"], dtype="datetime64[D]")
    >>> gaps(days, MONTHLY)
    array([2])
    """
    return np.flatnonzero(np.diff(dates).astype(np.int64) > found.longest) + 1


def require_no_gaps(dates: Dates, argument: str, marked: npt.NDArray[np.bool_] | None = None) -> None:
    """Refuse rows whose dates skip a period. Dates too few or too irregular to have a frequency are accepted.

    Parameters
    ----------
    dates : array of shape (T,)
        The days of the rows, increasing; NaT where a row has none.
    argument : str
        The name of the rows in the error.
    marked : array of bool, shape (T,), optional
        The rows between which a gap counts; the frequency is told from all rows.

    Raises
    ------
    InputError
        A date comes too long after the one before. The text names the two and says what to do.

    Examples
    --------
    >>> require_no_gaps(np.array(["2024-01-31", "2024-02-29", "2024-03-29"], dtype="datetime64[D]"), "prices")
    """
    known = ~np.isnat(dates)
    dates = dates[known]
    try:
        found = frequency(dates)
    except InputError:
        return
    late = gaps(dates, found)
    if marked is not None:
        late = late[marked[known][late] & marked[known][late - 1]]
    if late.size:
        i = int(late[0])
        more = f" and {plural(len(late) - 1, 'more gap')} like it" if len(late) > 1 else ""
        text = (
            f"has no row between {dates[i - 1]} and {dates[i]}{more}, but the dates are {found.words}. "
            "Fill in the rows that are missing, or say that they are left out on purpose: missing = drop_rows."
        )
        raise InputError(argument, text, missing=True)
