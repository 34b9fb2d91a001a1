"""Single numbers as people write them: signs, currencies, percent, thousands and decimal marks; and missing values."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from rpxl.prices.table import Cell, blank_words, is_empty, shown

MISSING = frozenset(
    [
        "",
        ".",
        "-",
        "--",
        "---",
        "–",
        "—",
        "n/a",
        "na",
        "n.a.",
        "n.a",
        "nan",
        "null",
        "none",
        "nil",
        "#n/a",
        "<na>",
        "#nv",
        "#n/d",
        "#n/b",
        "n.d.",
        "n/d",
        "nd",
        "k.a.",
        "..",
    ]
)
"""What people and programs write where there is no value, in lower case."""

_GAP_STARTS = "#n/a"
_BLANKS = " \u00a0\u2009\u202f"
_QUOTES = "'’"
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+−]?)(?P<before>[^\d\s.,+\-−()]{{1,4}})?[{_BLANKS}]?(?P<inner>[-+−]?)"
    rf"(?P<core>\d[\d.,{_QUOTES}{_BLANKS}]*?|[.,]\d+)(?P<power>[eE][-+]?\d+)?"
    rf"[{_BLANKS}]?(?P<after>[^\d\s.,+\-−()]{{1,4}})?(?P<close>\))?"
)
_GROUPED = re.compile(r"\d{1,3}(?:\x01\d{3})+|\d{1,3}(?:\x01\d{2})+\x01\d{3}")
_BLANK_GROUPS = re.compile(
    rf"\d{{1,3}}(?:[{_BLANKS}]\d{{3}})+(?:[.,]\d*)?|\d{{1,3}}(?:[{_QUOTES}]\d{{3}})+(?:[.,]\d*)?"
)
_CURRENCY_WORDS = """
usd eur gbp gbx gbp. jpy chf cad aud nzd cny rmb hkd sgd sek nok dkk kr kr. pln zł czk kč huf ft inr rs rs. brl r$ us$
hk$ a$ c$ s$ nz$ mxn zar krw twd nt$ thb ils fr fr. sfr. try tl rub руб
"""
_CURRENCIES = frozenset(_CURRENCY_WORDS.split())

OTHER_MARK = {".": ",", ",": "."}


def is_missing(cell: Cell) -> bool:
    """Tell whether a cell means that there is no value."""
    if cell is None:
        return True
    if isinstance(cell, str):
        text = cell.strip().lower()
        return text in MISSING or text.startswith(_GAP_STARTS)
    return isinstance(cell, float) and math.isnan(cell)


def looks_numeric(cell: Cell) -> bool:
    """Tell whether a cell holds a number, written in any way."""
    if isinstance(cell, str):
        return cell.replace(".", "", 1).isdecimal() or _match(cell) is not None
    return isinstance(cell, float) and not isinstance(cell, bool)


def _match(text: str) -> re.Match[str] | None:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    units = [unit for unit in (match["before"], match["after"]) if unit]
    return match if len(units) < 2 and all(unit == "%" or _is_currency(unit) for unit in units) else None


def _is_currency(unit: str) -> bool:
    return unit.lower() in _CURRENCIES or (len(unit) == 1 and unicodedata.category(unit) == "Sc")


@dataclass(slots=True)
class NumberText:
    """The parts of a text that is a number: its digits with their marks, sign, unit (% or currency) and exponent."""

    digits: str
    negative: bool
    unit: str
    power: str

    def value(self, decimal: str) -> float:
        """Return the number, read with this decimal mark (dot or comma); the other mark separates thousands.

        Raises
        ------
        ValueError
            The marks are not where they belong in that reading.
        """
        text = self.digits.replace(OTHER_MARK[decimal], "\x01")
        whole, mark, fraction = text.partition(decimal)
        if "\x01" in fraction or decimal in fraction or ("\x01" in whole and not _GROUPED.fullmatch(whole)):
            raise ValueError
        number = float(whole.replace("\x01", "") + ("." if mark else "") + fraction + self.power)
        number = -number if self.negative else number
        return number / 100.0 if self.unit == "%" else number

    @property
    def mark(self) -> str:
        """The only mark of the number, "." or ",", if it can be a thousands mark or a decimal mark; else ""."""
        marks = [mark for mark in self.digits if mark in ".,"]
        if len(marks) != 1 or self.power:
            return ""
        whole, _, fraction = self.digits.partition(marks[0])
        return marks[0] if len(fraction) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0" else ""

    @property
    def decimal(self) -> str:
        """The decimal mark that this number proves, "." or ","; "" if it proves none."""
        marks = [mark for mark in self.digits if mark in ".,"]
        if not marks or self.mark:
            return ""
        if len(set(marks)) == 2:
            return marks[-1]
        return marks[0] if len(marks) == 1 else OTHER_MARK[marks[0]]


def take_apart(cell: str) -> NumberText | None:
    """Split a text that is a number into its parts; None for any other text."""
    match = _match(cell)
    if match is None:
        return None
    core = match["core"].strip(_BLANKS)
    if any(mark in core for mark in _BLANKS + _QUOTES):
        if not _BLANK_GROUPS.fullmatch(core):
            return None
        core = core.translate(dict.fromkeys(map(ord, _BLANKS + _QUOTES)))
    signs = (match["sign"] + match["inner"]).replace("−", "-")
    if len(signs) > 1 or (signs and match["open"]):
        return None
    unit = (match["before"] or match["after"] or "").lower()
    return NumberText(core, signs == "-" or bool(match["open"]), unit, match["power"] or "")


def not_a_number(cell: str) -> str:
    """Return the message for a text that is not a number."""
    text = cell.strip()
    if text.startswith("#"):
        return f"the cell holds the error {text}. Fix it in the source."
    if text.replace(",", "").replace(".", "").replace(" ", "").lstrip("+-").isdecimal():
        return f"{shown(cell)} is not a number. Write a decimal point and no thousands marks, such as 1234.5."
    return f"{shown(cell)} is not a number."


def plain_number(cell: Cell) -> float:
    """Convert one cell to a number, without regard to other cells; ``2%`` is 0.02.

    Raises
    ------
    ValueError
        It is not a number, or has a thousands mark or a decimal comma; the message says what the cell holds.

    Examples
    --------
    >>> plain_number("2%"), plain_number(1.5)
    (0.02, 1.5)
    """
    if is_empty(cell):
        raise ValueError(blank_words(cell))
    if isinstance(cell, str):
        text = cell.strip()
        try:
            if "_" in text:
                raise ValueError
            number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            raise ValueError(not_a_number(text).rstrip(".")) from None
    elif isinstance(cell, bool | date):
        raise ValueError(f"{shown(cell)} is not a number")
    else:
        number = float(cell or 0.0)
    if not math.isfinite(number):
        raise ValueError(f"{shown(cell)} is not a finite number")
    return number
