"""A table as it is in a file: its cells, and the place of each for messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from rpxl.errors import InputError
from rpxl.formulas.labels import is_name
from rpxl.xlsx.references import column_letters

Cell = float | str | bool | date | None
"""What a cell of a file holds. All cells of a text file are text; `datetime` is a `date` too."""


class Silent(str):
    """An empty cell with a known reason, such as a formula that shows nothing; `why` is the reason for messages."""

    why: str

    def __new__(cls, why: str) -> Self:
        """Return an empty text with its reason."""
        cell = super().__new__(cls, "")
        cell.why = why
        return cell


@dataclass(frozen=True)
class FileTable:
    """The cells of a file.

    Attributes
    ----------
    path
        The file.
    rows
        Its rows that are not blank, from top to bottom. They may differ in length.
    numbers
        For each row its number in the file, from 1.
    first_column
        The number of the first column in the file; above 1 for a sheet that starts further right.
    is_workbook
        Whether the columns are named by letters.
    date1904
        Whether day numbers count from 1904.
    sheet
        The sheet's name; empty in a text file, and where a workbook has one sheet only.
    separator
        The separator of the cells in a text file.
    notes
        Notes to the user on how the file was read.
    """

    path: Path
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    first_column: int = 1
    is_workbook: bool = False
    date1904: bool = False
    sheet: str = ""
    separator: str = ""
    notes: tuple[str, ...] = ()

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell by its indices; None where the row is shorter."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None

    @property
    def name(self) -> str:
        """The file and, where there are several, the sheet."""
        return f"{self.path}, sheet {self.sheet!r}" if self.sheet else str(self.path)

    def column_name(self, column: int) -> str:
        """Name a column as the user sees it; `column` is an index into the rows."""
        number = column + self.first_column
        return column_letters(number) if self.is_workbook else str(number)

    def place(self, row: int | None = None, column: int | None = None, label: str = "") -> str:
        """Return the place of a cell in words; `row` and `column` are indices into `rows`."""
        places = [] if row is None else [f"row {self.numbers[row]}"]
        if column is not None:
            places.append(f"column {self.column_name(column)}" + (f" ({label})" if label else ""))
        return ", ".join(places)

    def error(self, problem: str, row: int | None = None, column: int | None = None, label: str = "") -> InputError:
        """Return an error that names the file and the place; `row` and `column` are indices into `rows`."""
        place = self.place(row, column, label)
        return InputError(self.name, f"{place}: {problem}" if place else problem)


def is_empty(cell: Cell) -> bool:
    """Tell whether a cell is blank."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def blank_words(cell: Cell) -> str:
    """Return the words for an empty cell in a message.

    >>> blank_words(None), blank_words(Silent("the formula shows nothing"))
    ('the cell is blank', 'the formula shows nothing')
    """
    return cell.why if isinstance(cell, Silent) else "the cell is blank"


def label_text(cell: Cell) -> str:
    """Read a cell as a label; whole numbers have no decimal point.

    >>> label_text(" SPY "), label_text(700.0)
    ('SPY', '700')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else " ".join(str(cell).split())


def cell_label(label: str) -> str:
    """Return a label for a cell above numbers; before a number or a date it puts a word, so that it is read as text.

    >>> cell_label("SPY"), cell_label("600519")
    ('SPY', 'Ticker 600519')
    """
    return label if is_name(label) else f"Ticker {label}"


def shown(cell: Cell) -> str:
    """Quote a cell for a message; a long text is shortened."""
    text = label_text(cell)
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
