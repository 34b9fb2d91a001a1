"""The inputs that follow from the dates when prices are replaced: periods per year, look-back, rolling window."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from rpxl.core.calendar import TRADING_DAYS, Frequency, frequency, nearest, periods_per_year, usual_window
from rpxl.core.dates import DAY_ZERO, DAY_ZERO_1904, Dates
from rpxl.errors import InputError
from rpxl.filling.inputs import WorkbookInputs
from rpxl.prices.number_texts import plain_number
from rpxl.xlsx.references import same_name
from rpxl.xlsx.workbook import Workbook

PERIODS, LOOKBACK, WINDOW = "Periods_per_year", "Lookback", "Rolling_window"


def settings_by_dates(
    book: Workbook, dates: Dates | None, settings: Mapping[str, str], template: str | None
) -> tuple[dict[str, str], list[str]]:
    """Set what follows from how often there is a price: periods per year, look-back of a backtest, rolling window.

    Parameters
    ----------
    book
        The workbook to be filled.
    dates
        The days of new prices; None when those of the workbook stay.
    settings
        What the user sets, as text. It wins, unless it contradicts the dates.
    template
        The name of the template that the workbook grew out of, where that has an input Periods_per_year.

    Returns
    -------
    The settings, with those that the user left out, and notes on what was chosen.

    Raises
    ------
    InputError
        The user's number contradicts the dates; there is none and the dates don't tell it; or the workbook was built
        for trading days alone and the dates are others.
    """
    inputs = WorkbookInputs(book)
    given = _given(settings, PERIODS)
    old = _number(inputs, PERIODS)
    if old is None:
        return dict(settings), [] if dates is None else _without_input(book, dates, template)
    if given is None and dates is None:
        return dict(settings), []
    if given is not None:
        periods = _checked(given, _dates_of(inputs) if dates is None else dates)
        words = f"{periods:g} a year"
    else:
        assert dates is not None
        found = _frequency(dates)
        periods, words = found.periods_per_year, found.words
    chosen = {**settings, PERIODS: f"{periods:.17g}"}
    notes = [] if periods == old else [f"{PERIODS} is {periods:g}: the prices are {words}."]
    lookback = _number(inputs, LOOKBACK)
    if lookback is not None and _given(settings, LOOKBACK) is None and periods != old:
        usual = nearest(periods).lookback
        chosen[LOOKBACK] = str(usual)
        notes.append(f"{LOOKBACK} is {usual} periods, as is usual for such prices; it was {lookback:g}.")
    window = _number(inputs, WINDOW)
    if window is not None and dates is not None and _given(settings, WINDOW) is None:
        fits = _fitting_window(window if periods == old else float(usual_window(periods)), len(dates) - 1)
        if fits != window:
            chosen[WINDOW] = f"{fits:g}"
            notes.append(f"{WINDOW} is {fits:g} of the {len(dates) - 1} returns; it was {window:g}.")
    return chosen, notes


def _fitting_window(window: float, returns: int) -> float:
    """Return a window, or half of the history where that is shorter than the window."""
    return window if window <= returns else max(float(returns // 2), 2.0)


def _given(settings: Mapping[str, str], name: str) -> str | None:
    return next((text for known, text in settings.items() if same_name(known, name)), None)


def _number(inputs: WorkbookInputs, name: str) -> float | None:
    """Read an input of one number; None when the workbook has no such input."""
    area = inputs.settable().get(name)
    if area is None or area.height * area.width != 1:
        return None
    (value,) = inputs.values(area)
    return value if isinstance(value, float) else None


def _checked(text: str, dates: Dates | None) -> float:
    try:
        number = plain_number(text)
    except ValueError as problem:
        raise InputError(PERIODS, f"{problem}.") from None
    if not number > 0:
        raise InputError(PERIODS, f"is {number:g}; it must be above 0.")
    return periods_per_year(number, dates, PERIODS)


def _frequency(dates: Dates) -> Frequency:
    try:
        return frequency(dates, PERIODS)
    except InputError as error:
        raise InputError(PERIODS, f"{error.problem} With rpxl fill: --set {PERIODS}=12, for instance.") from None


def _dates_of(inputs: WorkbookInputs) -> Dates | None:
    """Read the workbook's own dates; None when there are none, or something else stands among them."""
    area = inputs.find("Dates")
    numbers = [] if area is None else [value for value in inputs.values(area) if isinstance(value, float)]
    if area is None or len(numbers) != area.height * area.width:
        return None
    start = DAY_ZERO_1904 if inputs.book.date1904 else DAY_ZERO
    days = np.array([start + timedelta(days=int(number)) for number in numbers], dtype="datetime64[D]")
    return days if (np.diff(days).astype(int) > 0).all() else None


def _without_input(book: Workbook, dates: Dates, template: str | None) -> list[str]:
    """Tell what a workbook without the input can't follow."""
    try:
        found = frequency(dates)
    except InputError:
        return [f"The dates don't tell how often there is a price. Check that the formulas of {book.package.name} fit."]
    if found == TRADING_DAYS:
        return []
    if template is not None:
        raise InputError(
            book.package.name,
            f"was built by an earlier rpxl, which counts {TRADING_DAYS.periods_per_year:g} periods a year, but the "
            f"prices are {found.words}. Start from the template: rpxl fill {template}.",
        )
    return [
        f"The prices are {found.words}. The workbook has no input {PERIODS}: check that its formulas use this number."
    ]
