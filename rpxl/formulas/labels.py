"""Which cells are names, and whether two sets of names agree.

Labels are a first row or column that holds texts and blanks only, no text that is a number, and at least one text that
is not a date. The corner cell of a row doesn't count: it is the heading of the first column, or a title. Two names are
the same if they differ only in upper and lower case, in blanks, or in how accented letters are encoded.
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
    """Put a cell into quotation marks; a long text is shortened."""
    text = str(cell)
    return f"'{text[:_LONGEST_QUOTE]}…'" if len(text) > _LONGEST_QUOTE else f"'{text}'"


def is_number_text(text: str) -> bool:
    """Tell whether a text is a number, in any usual way of writing it.

    >>> [is_number_text(text) for text in ("-0.5", "1,234.50", "7 %", "(3)", "1e-3", "3M", "60/40", "-")]
    [True, True, True, True, True, False, False, False]
    """
    if not any(map(str.isdecimal, text)):
        return False
    return _NUMBER.fullmatch(_APART.sub("", text.lower().translate(_MINUSES))) is not None


def is_name(text: str) -> bool:
    """Tell whether a text is neither blank nor a number nor a date.

    >>> is_name("SPY"), is_name("100"), is_name("2024-01-31"), is_name(" ")
    (True, False, False, False)
    """
    if not any(map(str.isdecimal, text)):
        return bool(text.strip())
    return not is_number_text(text) and not is_date_text(text)


def name_key(label: str) -> str:
    """Return a name in the one form in which different ways of writing it are compared.

    >>> name_key(f"US{chr(160)} Equity ") == name_key("us equity"), name_key(f"Cafe{chr(769)}") == name_key("café")
    (True, True)
    """
    if not label.isascii():
        import unicodedata

        label = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label.translate(_INVISIBLE)).casefold())
    return " ".join(label.casefold().split())


def require_same_order(argument: str, own: list[str] | None, other: list[str] | None, whose: str) -> None:
    """Raise InputError where two sets of labels have an asset in different places: its numbers would be mixed up."""
    if own is None or other is None or len(own) != len(other):
        return
    keys, others = list(map(name_key, own)), list(map(name_key, other))
    positions = {key: i for i, key in enumerate(others) if key}
    for i, key in enumerate(keys):
        j = positions.get(key, i)
        if j != i and others[i] != key:
            problem = f"has {quote(own[i])} as number {i + 1}, but {whose} have it as number {j + 1}"
            raise InputError(argument, f"{problem}. Use the same order.")


def require_agreement(argument: str, columns: Sequence[str] | None, rows: Sequence[str] | None) -> None:
    """Raise InputError for a matrix whose columns have other labels than its rows."""
    if columns is None or rows is None or len(columns) != len(rows):
        return
    require_same_order(argument, list(columns), list(rows), "its rows")
    for i, (column, row) in enumerate(zip(columns, rows, strict=True)):
        if column and row and name_key(column) != name_key(row):
            problem = f"has {quote(column)} above column {i + 1} of its numbers, but {quote(row)} beside row {i + 1}."
            raise InputError(argument, f"{problem} Give both the same name, or leave out the labels of the rows.")
