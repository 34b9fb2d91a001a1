"""Cell references: the tokens of a formula, their areas, and how an area changes when rows are inserted or deleted.

The text of a formula is split into tokens; their texts, joined, give exactly the text of the formula. So references
can be rewritten one by one, and everything else stays unchanged.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

_PREFIX = r"(?P<prefix>(?:'(?:[^']|'')*'|(?:\[[^\]]*\])?[\w.]*(?::[\w.]+)?)!)?"
_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
_TOKEN = re.compile(
    rf"""(?P<text>"(?:[^"]|"")*")
    |(?P<error>\#(?:N/A|[A-Z0-9_/]+[!?]))
    |{_PREFIX}(?:
        (?P<area>{_CELL}(?::{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[1-9]\d*:\$?[1-9]\d*)(?![\w.(\[?\\])
       |(?P<function>[^\W\d][\w.]*)\(
       |(?P<name>[^\W\d][\w.?\\]*(?P<brackets>\[(?:[^\[\]]|\[[^\]]*\])*\])?|\\[\w.?\\]*)
       |(?P<broken>\#REF!)
     )
    |(?P<structured>\[(?:[^\[\]]|\[[^\]]*\])*\])
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<space>\s+)
    |(?P<operator><>|<=|>=|.)""",
    re.VERBOSE | re.DOTALL,
)
_END = re.compile(r"(\$?)([A-Za-z]*)(\$?)(\d*)")


class Area(NamedTuple):
    """A rectangle of cells; rows and columns count from 1."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.right - self.left + 1

    def cells(self) -> Iterator[tuple[int, int]]:
        """Yield each (row, column), row by row."""
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield row, column

    def holds(self, row: int, column: int) -> bool:
        """Tell whether a cell of the same sheet is inside."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def meets(self, other: "Area") -> bool:
        """Tell whether two areas are on the same sheet and have a cell in common."""
        rows = self.top <= other.bottom and other.top <= self.bottom
        return rows and self.left <= other.right and other.left <= self.right and self.sheet == other.sheet

    def __str__(self) -> str:
        first, last = cell_name(self.top, self.left), cell_name(self.bottom, self.right)
        return f"{quote_sheet(self.sheet)}!{first}" + ("" if first == last else f":{last}")


class Token(NamedTuple):
    """A piece of a formula.

    `kind` is text, error, area, function (its text ends with the bracket), name, broken (a lost reference, #REF!),
    structured (a reference to a table), number, space or operator. `prefix` is the text before the ``!``, with its
    quotation marks; `body` is the text after it.
    """

    kind: str
    text: str
    prefix: str | None = None
    body: str = ""

    @property
    def sheet(self) -> str | None:
        """The sheet that the reference names, unquoted; None when it names none."""
        return None if self.prefix is None else unquote_sheet(self.prefix)


@lru_cache(maxsize=4096)
def tokenize(formula: str) -> tuple[Token, ...]:
    """Split the text of a formula (without its leading ``=``).

    >>> [token.kind for token in tokenize("SUM('A b'!$A1:B2,x)")]
    ['function', 'area', 'operator', 'name', 'operator']
    """
    tokens = []
    for match in _TOKEN.finditer(formula):
        kind = match.lastgroup or "operator"
        if kind in ("prefix", "brackets"):  # the group that closed last is not the alternative that matched
            kind = next(k for k in ("area", "function", "name", "broken") if match[k] is not None)
        if kind == "name" and match["brackets"]:
            kind = "structured"
        prefix = match["prefix"]
        body = match[kind] or ""
        tokens.append(Token(kind, match[0], prefix[:-1] if prefix else None, body))
    return tuple(tokens)


def area_of(token: Token, home: str) -> Area:
    """Return the area of an area token; `home` is the sheet of the formula.

    >>> area_of(tokenize("$B3:A1")[0], "Data")
    Area(sheet='Data', top=1, left=1, bottom=3, right=2)
    """
    first, _, last = token.body.partition(":")
    top, left = _corner(first)
    bottom, right = _corner(last) if last else (top, left)
    return Area(
        token.sheet if token.sheet is not None else home,
        *(min(top or 1, bottom or 1), min(left or 1, right or 1)),
        *(max(top or LAST_ROW, bottom or LAST_ROW), max(left or LAST_COLUMN, right or LAST_COLUMN)),
    )


def _corner(text: str) -> tuple[int, int]:
    """Return row and column of one end of an area; 0 for a missing one, as in A:A or 1:1."""
    match = _END.fullmatch(text)
    assert match is not None
    return int(match[4] or 0), column_number(match[2])


@lru_cache(maxsize=LAST_COLUMN)
def column_number(letters: str) -> int:
    """Return the number of a column.

    >>> column_number("AA")
    27
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column.

    >>> column_letters(27)
    'AA'
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell.

    >>> cell_name(3, 2)
    'B3'
    """
    return f"{column_letters(column)}{row}"


def parse_range(text: str, sheet: str = "") -> Area:
    """Return the area of ``A1`` or ``A1:B3``, the form that attributes in a sheet's XML have.

    >>> parse_range("A1:B3").height
    3
    """
    return area_of(Token("area", text, None, text), sheet)


def quote_sheet(name: str) -> str:
    """Put a sheet's name into quotation marks if a formula needs them.

    >>> quote_sheet("It's"), quote_sheet("Data")
    ("'It''s'", 'Data')
    """
    plain = re.fullmatch(r"[^\W\d]\w*", name) and not re.fullmatch(rf"{_CELL}|[RrCc]\d*", name)
    return name if plain else "'" + name.replace("'", "''") + "'"


def sheet_cell(sheet: str, row: int, column: int) -> str:
    """Return the full name of a cell, for messages.

    >>> sheet_cell("Data", 3, 2)
    'Data!B3'
    """
    return f"{quote_sheet(sheet)}!{cell_name(row, column)}"


def unquote_sheet(prefix: str) -> str:
    """Remove the quotation marks of a sheet's name."""
    return prefix[1:-1].replace("''", "'") if prefix.startswith("'") else prefix


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same in a spreadsheet, which ignores upper and lower case."""
    return one.casefold() == other.casefold()


def translate(formula: str, down: int, right: int) -> str:
    """Return a formula as if copied `down` rows and `right` columns: relative references move, those with ``$`` stay.

    >>> translate("A1+$A$1*Sheet2!B$2", 1, 1)
    'B2+$A$1*Sheet2!C$2'
    """

    def move(end: str) -> str:
        match = _END.fullmatch(end)
        assert match is not None
        column, row = match[2], match[4]
        if column and not match[1]:
            column = column_letters((column_number(column) + right - 1) % LAST_COLUMN + 1)
        lone_row = not match[2] and match[1]  # in $1:$1 the only $ comes first
        if row and not match[3] and not lone_row:
            row = str((int(row) + down - 1) % LAST_ROW + 1)
        return f"{match[1]}{column}{match[3]}{row}"

    return _rewrite(formula, lambda token: ":".join(move(end) for end in token.body.split(":")))


def _rewrite(formula: str, body: Callable[[Token], str]) -> str:
    """Replace the body of each area of a formula."""
    texts = (
        token.text[: len(token.text) - len(token.body)] + body(token) if token.kind == "area" else token.text
        for token in tokenize(formula)
    )
    return "".join(texts)


class RowChange(NamedTuple):
    """`extra` rows inserted before row `at` of a sheet; if `extra` is negative, −`extra` rows deleted from `at` on."""

    sheet: str
    at: int
    extra: int

    def row(self, row: int) -> int | None:
        """Return the new number of a row; None if it is deleted."""
        if row < self.at:
            return row
        if self.extra < 0 and row < self.at - self.extra:
            return None
        return row + self.extra

    def span(self, top: int, bottom: int) -> tuple[int, int] | None:
        """Return the new first and last row of a block of rows; None if all its rows are deleted."""
        new_top, new_bottom = self.row(top), self.row(bottom)
        if new_top is None and new_bottom is None:
            return None
        if bottom == LAST_ROW:  # to the end of the sheet, which doesn't move
            new_bottom = LAST_ROW
        return new_top or self.at, new_bottom or self.at - 1

    def formula(self, formula: str, home: str) -> str:
        """Rewrite a formula on the sheet `home`.

        >>> RowChange("Data", 5, 10).formula("SUM(Data!$A$2:$A$9)+A9", "Main")
        'SUM(Data!$A$2:$A$19)+A9'

        Raises
        ------
        LookupError
            A reference would be lost; the argument of the error is the text of that reference.
        """

        def body(token: Token) -> str:
            if not same_name(token.sheet if token.sheet is not None else home, self.sheet):
                return token.body
            return self.range(token.body)

        return _rewrite(formula, body)

    def range(self, text: str) -> str:
        """Rewrite one area of the sheet, such as ``A1``, ``$A$1:$B$3`` or ``2:4``.

        Raises
        ------
        LookupError
            All rows of the area are deleted.
        """
        ends = text.split(":")
        rows = [_corner(end)[0] for end in ends]
        if not all(rows):  # whole columns
            return text
        moved = self.span(min(rows), max(rows))
        if moved is None:
            raise LookupError(text)
        new = {min(rows): moved[0], max(rows): moved[1]} if len(ends) > 1 else {rows[0]: moved[0]}
        return ":".join(re.sub(r"\d+$", str(new[row]), end) for end, row in zip(ends, rows, strict=True))
