"""Settings that are dates."""

import re

from rpxl.errors import InputError
from rpxl.formulas.date_texts import Ambiguous, read_texts
from rpxl.prices.prices import serial

_FEWEST_PARTS = 3  # a day, a month and a year


def read_setting_date(name: str, text: str, date1904: bool) -> float:
    """Read a setting that is a date, and return the number that the workbook keeps for it.

    Raises
    ------
    InputError
        It is no day, or can be read in two ways.
    """
    hint = "Write the date as 2022-06-01."
    try:
        days = read_texts([text])
    except Ambiguous as error:
        raise InputError(name, f"{text!r} {error}. {hint}") from None
    parts = 3 if text.isdecimal() else len(re.findall(r"\d+|[^\W\d_]+", text))
    if isinstance(days, int) or parts < _FEWEST_PARTS:
        raise InputError(name, f"{text!r} is no day, and the cell holds a date. {hint}")
    return float(serial(days[0].item(), date1904))
