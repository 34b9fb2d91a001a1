"""What a macro may read, ask and do. Macros know nothing else of Excel.

A macro is a generator. It reads cells through a `Desk`, yields a question (`Ask`) where the selection does not tell,
receives the answer, and returns a `Plan`. It changes nothing itself: so it can be run again from the start with one
more answer, and it can be tested without Excel.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from rpxl.errors import InputError
from rpxl.xlsx.references import column_letters, column_number

Rows = list[list[Any]]
Value = float | str | None
T = TypeVar("T")
Macro = Generator["Ask", str, "Plan"]

PERCENT2 = "0.00%"
NUMBER = "0.0000"
DATE = "yyyy-mm-dd"

_LONGEST_SHEET_NAME = 31

Style = Literal["plain", "title", "note", "heading", "input"]


@dataclass(frozen=True)
class SheetArea:
    """A block of cells of a sheet; rows and columns count from 1."""

    book: str
    sheet: str
    row: int
    column: int
    height: int = 1
    width: int = 1

    def part(self, row: int, column: int, height: int, width: int) -> "SheetArea":
        """Return a block of this one; `row` and `column` count from 0 inside it."""
        return replace(self, row=self.row + row, column=self.column + column, height=height, width=width)

    def text(self, sheet: str | None = None) -> str:
        """Return the absolute address as a formula on `sheet` of the same book writes it.

        >>> SheetArea("Book1", "My prices", 1, 2, 3, 2).text("Other")
        "'My prices'!$B$1:$C$3"
        """
        first = f"${column_letters(self.column)}${self.row}"
        last = f"${column_letters(self.column + self.width - 1)}${self.row + self.height - 1}"
        address = first if first == last else f"{first}:{last}"
        if sheet == self.sheet:
            return address
        quoted = self.sheet.replace("'", "''")
        return f"'{quoted}'!{address}"

    def touches(self, other: "SheetArea") -> bool:
        """Tell whether two areas have a cell in common."""
        return (
            (self.book, self.sheet) == (other.book, other.sheet)
            and self.row < other.row + other.height
            and other.row < self.row + self.height
            and self.column < other.column + other.width
            and other.column < self.column + self.width
        )


_ADDRESS = re.compile(r"('(?:[^']|'')+'|[^',!]+)!\$([A-Z]+)\$([0-9]+)(?::\$([A-Z]+)\$([0-9]+))?")
_SHEET = re.compile(r"\[(.+)\](.+)")


def parse_address(address: str) -> SheetArea:
    """Read a full address, as Excel writes it.

    Raises
    ------
    InputError
        It is not the address of one block of cells, but of whole rows or columns or several blocks.

    Examples
    --------
    >>> parse_address("'[My book.xlsx]Bob''s prices'!$A$1:$C$40")
    SheetArea(book='My book.xlsx', sheet="Bob's prices", row=1, column=1, height=40, width=3)
    """
    parts = _ADDRESS.fullmatch(address)
    names = _SHEET.fullmatch(_unquote(parts[1])) if parts else None
    if parts is None or names is None:
        raise InputError("", "Select one block of cells, not whole rows or columns or several blocks.")
    row, column = int(parts[3]), column_number(parts[2])
    last_row, last_column = (int(parts[5]), column_number(parts[4])) if parts[4] else (row, column)
    return SheetArea(names[1], names[2], row, column, last_row - row + 1, last_column - column + 1)


def _unquote(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def free_name(wanted: str, taken: set[str]) -> str:
    """Return a sheet's name that is not taken.

    >>> free_name("Risk", {"risk", "risk 2"})
    'Risk 3'
    """
    name, number = wanted, 1
    while name.lower() in taken:
        number += 1
        suffix = f" {number}"
        name = wanted[: _LONGEST_SHEET_NAME - len(suffix)] + suffix
    return name


class Desk(Protocol):
    """What a macro can read in Excel; `computes_rpxl` tells whether this Excel computes rpxl's functions in cells."""

    computes_rpxl: bool

    def selection(self) -> SheetArea | None:
        """Return what is selected, without the empty rest of whole rows and columns."""

    def region(self, area: SheetArea) -> SheetArea:
        """Return the block of filled cells around an area."""

    def find(self, address: str) -> SheetArea:
        """Return the area that a full address names."""

    def read(self, area: SheetArea) -> Rows:
        """Return the cells: numbers, text, dates, None for a blank, an error as its text."""

    def saved_file(self) -> Path:
        """Return the file of the active workbook; raise InputError if it is not saved as it is shown."""


@dataclass(frozen=True)
class Ask:
    """A question: for a range, for text, or whether to go on."""

    kind: Literal["range", "text", "confirm"]
    prompt: str
    proposal: str = ""


@dataclass(frozen=True)
class Cells:
    """Constants to write: labels, and numbers that the user is to change."""

    row: int
    column: int
    rows: Sequence[Sequence[Value]]
    style: Style = "plain"
    number_format: str = ""


@dataclass(frozen=True)
class FormulaEdit:
    """A formula in one cell whose answer fills `height` × `width` cells; a format for each column."""

    row: int
    column: int
    text: str
    height: int = 1
    width: int = 1
    formats: tuple[str, ...] = ("General",)
    style: Style = "plain"


@dataclass(frozen=True)
class Chart:
    """A chart with its upper left corner in a cell, over cells of the same sheet."""

    row: int
    column: int
    kind: Literal["column_clustered", "bar_clustered", "line"]
    source: SheetArea


Step = Cells | FormulaEdit | Chart


@dataclass
class Plan:
    """What is to be done, in order.

    Attributes
    ----------
    message
        A text to show at the end.
    book
        The open workbook in which to write.
    sheet
        The wanted name of a new sheet.
    at
        An area of an existing sheet to write to, instead of a new sheet.
    steps
        The cells, formulas and charts to write.
    workbook
        A file to open.
    """

    message: str = ""
    book: str = ""
    sheet: str = ""
    at: SheetArea | None = None
    steps: list[Step] = field(default_factory=list)
    workbook: Path | None = None
    widest: int = 28
    """The largest width of a column of a new sheet, in characters."""

    def cells(self, row: int, column: int, rows: Sequence[Sequence[Value]], style: Style = "plain") -> None:
        """Add constants."""
        self.steps.append(Cells(row, column, rows, style))

    def heading(self, title: str, note: str) -> None:
        """Add the title of a new sheet and a line on what it shows."""
        self.cells(1, 1, [[title]], "title")
        self.cells(2, 1, [[note]], "note")

    def input(self, row: int, label: str, value: Value, number_format: str = "", note: str = "") -> str:
        """Add a labelled cell that the user may change, and return its address."""
        self.cells(row, 1, [[label]])
        self.steps.append(Cells(row, 2, [[value]], "input", number_format))
        if note:
            self.cells(row, 3, [[note]], "note")
        return f"$B${row}"

    def formula(
        self, row: int, column: int, text: str, height: int = 1, width: int = 1, *formats: str, style: Style = "plain"
    ) -> SheetArea:
        """Add a formula and return the area of its answer; `formats` are of its columns, the last one of all others."""
        self.steps.append(FormulaEdit(row, column, text, height, width, formats or ("General",), style))
        return SheetArea(self.book, self.at.sheet if self.at else self.sheet, row, column, height, width)

    def chart(
        self, row: int, column: int, kind: Literal["column_clustered", "bar_clustered", "line"], source: SheetArea
    ) -> None:
        """Add a chart."""
        self.steps.append(Chart(row, column, kind, source))


def pick(
    desk: Desk, what: str, accept: Callable[[Rows], T], *, from_selection: bool = True
) -> Generator[Ask, str, tuple[SheetArea, Rows, T]]:
    """Find a range: what is selected, else what the user points to. One cell means the filled cells around it.

    `accept` reads the cells, or raises InputError when they are not what is wanted.
    """
    selected = desk.selection() if from_selection else None
    if selected is not None:
        single = selected.height == selected.width == 1
        area = desk.region(selected) if single else selected
        rows = desk.read(area)
        try:
            return area, rows, accept(rows)
        except InputError:
            pass  # the selection is something else: ask
    area = desk.find((yield Ask("range", f"Select {what}.")))
    rows = desk.read(area)
    return area, rows, accept(rows)


def place(desk: Desk, what: str, height: int, width: int, beside: SheetArea) -> Generator[Ask, str, SheetArea]:
    """Ask where to write, and ask again before filled cells are overwritten.

    Raises
    ------
    InputError
        The place would cover the cells that the formulas read.
    """
    proposal = beside.part(0, beside.width + 1, 1, 1).text()
    corner = desk.find((yield Ask("range", f"Where should {what} go? Select the upper left cell.", proposal)))
    target = corner.part(0, 0, height, width)
    if target.touches(beside):
        raise InputError("", f"{what} would overwrite the cells that they are computed from. Choose other cells.")
    if any(cell not in (None, "") for row in desk.read(target) for cell in row):
        yield Ask("confirm", f"There are values in {target.text(target.sheet)} already. Overwrite them?")
    return target


def ask_percentage(prompt: str, proposal: str) -> Generator[Ask, str, float]:
    """Ask for a rate, written as ``10%`` or ``0.1``, and return it as a decimal.

    Raises
    ------
    InputError
        The answer is no number, or so large that a percent sign seems to be missing.
    """
    text = yield Ask("text", prompt, proposal)
    number = text.strip().replace(",", ".")
    try:
        value = float(number.rstrip("% ")) / (100 if number.endswith("%") else 1)
    except ValueError:
        raise InputError("", f"'{text}' is not a number. Write 10% or 0.1.") from None
    if abs(value) > 2:
        raise InputError("", f"'{text}' would mean {value:.0%}. Write 10% or 0.1.")
    return value
