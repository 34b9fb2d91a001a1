"""What cells hold, as Python has it and as a workbook stores it."""

import re
from typing import NamedTuple

from lxml import etree

from rpxl.xlsx.references import Area

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class CellError(str):
    """An error value in a cell, such as ``#N/A``; a string that is what the cell shows."""


Value = float | str | bool | None
"""The value of a cell; a :class:`CellError` for an error, None for a blank cell."""


class FormulaCell(NamedTuple):
    """The formula of a cell.

    `area` holds the cells of its answer: the cell itself, or the whole range of an array formula. `array` is True for
    an array formula. `readable` is False for a data table, which has no formula text. `dynamic` is True for an array
    formula that spills: Excel fills as many cells as the answer needs.
    """

    text: str
    area: Area
    array: bool
    readable: bool
    dynamic: bool


def number_text(value: float) -> str:
    """Return a number as the text that a workbook stores, without loss of digits.

    >>> number_text(0.1), number_text(3.0), number_text(1e300)
    ('0.1', '3', '1e+300')
    """
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def is_number(text: str, value: float) -> bool:
    """Tell whether the text of a cell is the number `value`."""
    try:
        return float(text) == value
    except ValueError:
        return False


def stored_result(value: float | str | bool) -> tuple[str, str]:
    """Return the type of the cell of a formula with such a result, and the result as a text, before :func:`escape`."""
    if isinstance(value, str):
        return "e" if isinstance(value, CellError) else "str", str(value)
    return ("b", str(int(value))) if isinstance(value, bool) else ("n", number_text(value))


def same(old: Value, new: Value) -> bool:
    """Tell whether a cell that shows one value shows the other as well; TRUE is no number."""
    return type(old) is type(new) and old == new if not _number(new) else _number(old) and old == new


def _number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def string_text(item: etree._Element) -> str:
    """Return the text of a string item: its runs joined, without phonetic hints."""
    texts = [t.text or "" for t in item.iter(f"{MAIN}t") if next(t.iterancestors()).tag != f"{MAIN}rPh"]
    return unescape("".join(texts))


def unescape(text: str) -> str:
    """Return the text that a cell shows, given what is stored."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def escape(text: str) -> str:
    """Return a text as a cell stores it, where ``_x0041_`` stands for another character."""
    return _ESCAPE.sub(r"_x005F_x\1_", text)
