"""Which cells are names, and whether two sets of names agree.

A line of labels is a first row or column of texts none of which is a number, and not all of which are dates; cells may
be blank. The corner cell of a row doesn't count: it heads the first column, or is a title. Names are the same without
regard to case, to the kind and number of blanks, and to how accented letters are composed.
"""

import re
from collections.abc import Sequence
from typing import Any

from rpxl.errors import InputError
from rpxl.formulas.date_texts import is_date_text

_NUMBER = re.compile(
    r"\(?[+-]?[$€£¥₩]?[+-]?(\d{1,3}([.,]\d{3})+([.,]\d+)?|\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?[%‰]?\)?[$€£¥₩]?[+-]?"
)
_MINUSES = str.maketrans("−–", "--")
_APART = re.compile(r"[\s'’]")
_INVISIBLE = str.maketrans(dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad")))
_LONGEST_QUOTE = 40

NUMBER_STORED_AS_TEXT = "Turn it into a number with =VALUE(), or with the green triangle in the corner of the cell."
"""What to do about such a cell."""


def quote(cell: Any) -> str:
    """Put a cell into quotation marks, a long one in part."""
    text = str(cell)
    return f"'{text[:_LONGEST_QUOTE]}…'" if len(text) > _LONGEST_QUOTE else f"'{text}'"


def is_number_text(text: str) -> bool:
    """Tell whether a text is a number in some way of writing it.

    >>> [is_number_text(text) for text in ("-0.5", "1,234.50", "7 %", "(3)", "1e-3", "3M", "60/40", "-")]
    [True, True, True, True, True, False, False, False]
    """
    if not any(map(str.isdecimal, text)):
        return False
    return _NUMBER.fullmatch(_APART.sub("", text.lower().translate(_MINUSES))) is not None


def is_name(text: str) -> bool:
    """Tell whether a text is no number and no date.

    >>> is_name("SPY"), is_name("100"), is_name("2024-01-31"), is_name(" ")
    (True, False, False, False)
    """
    if not any(map(str.isdecimal, text)):
        return bool(text.strip())
    return not is_number_text(text) and not is_date_text(text)


def name_key(label: str) -> str:
    """Return what two ways of writing one name have in common.

    >>> name_key(f"US{chr(160)} Equity ") == name_key("us equity"), name_key(f"Cafe{chr(769)}") == name_key("café")
    (True, True)
    """
    if not label.isascii():
        import unicodedata

        label = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label.translate(_INVISIBLE)).casefold())
    return " ".join(label.casefold().split())


def require_same_order(argument: str, own: list[str] | None, other: list[str] | None, whose: str) -> None:
    """Refuse labels that name the same asset in another place: the numbers would be mixed up silently."""
    if own is None or other is None or len(own) != len(other):
        return
    keys, others = list(map(name_key, own)), list(map(name_key, other))
    positions = {key: i for i, key in enumerate(others) if key}
    for i, key in enumerate(keys):
        j = positions.get(key, i)
        if j != i and others[i] != key:
            problem = f"has {quote(own[i])} as number {i + 1}, but {whose} have it as number {j + 1}. Use one order."
            raise InputError(argument, problem)


def require_agreement(argument: str, columns: Sequence[str] | None, rows: Sequence[str] | None) -> None:
    """Refuse a matrix whose columns are headed otherwise than its rows."""
    if columns is None or rows is None or len(columns) != len(rows):
        return
    require_same_order(argument, list(columns), list(rows), "its rows")
    for i, (column, row) in enumerate(zip(columns, rows, strict=True)):
        if column and row and name_key(column) != name_key(row):
            problem = f"has {quote(column)} above column {i + 1} of its numbers, but {quote(row)} beside row {i + 1}."
            raise InputError(argument, f"{problem} Give both the same name, or leave one line of labels out.")
