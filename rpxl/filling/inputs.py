"""What can be put into a workbook: its named input ranges, and the values that people give for them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from rpxl.errors import InputError
from rpxl.filling.number_formats import is_date_cell
from rpxl.filling.settings import read_setting_date
from rpxl.formulas.labels import name_key
from rpxl.prices.files import is_readable, read_table
from rpxl.prices.number_texts import plain_number
from rpxl.prices.numbers import convert
from rpxl.prices.table import Cell, FileTable, cell_label, is_empty, label_text
from rpxl.xlsx.cells import Value
from rpxl.xlsx.references import LAST_COLUMN, LAST_ROW, Area, same_name, sheet_cell
from rpxl.xlsx.workbook import Workbook

_MOST_WEIGHTS, _MOST_VOL = 20.0, 3.0
"""A sum of weights, and a volatility, from which numbers are more likely to be percent."""

_A_YEAR = re.compile(r"_(rates?|free|spread|vol|returns?)$", re.IGNORECASE)
"""The ends of names of inputs with an annual figure; values of 1 and above are more likely to be percent."""


class WorkbookInputs:
    """The named ranges of a workbook, looked up whatever the case of the name."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.areas: dict[str, Area] = {}
        for name in book.names:
            area = name.area
            if area is None or name.scope is not None or name.name.startswith("_xlnm."):
                continue
            sheet = next((s.name for s in book.worksheets if same_name(s.name, area.sheet)), None)
            if sheet is not None and area.bottom < LAST_ROW and area.right < LAST_COLUMN:
                self.areas[name.name] = area._replace(sheet=sheet)

    def find(self, name: str) -> Area | None:
        """Return the range of a name, or None."""
        return next((area for known, area in self.areas.items() if same_name(known, name)), None)

    def formula_in(self, area: Area) -> str | None:
        """Return the formula that computes a cell of a range, with the cell, or None."""
        sheet = self.book.sheet(area.sheet)
        for (row, column), formula in sheet.formulas.items():
            if formula.area.meets(area):
                return f"{sheet_cell(sheet.name, row, column)} ={formula.text}"
        return None

    def settable(self) -> dict[str, Area]:
        """Return the ranges that hold nothing but constants, by name."""
        return {name: area for name, area in self.areas.items() if self.formula_in(area) is None}

    def require(self, name: str) -> Area:
        """Return a range that can be set.

        Raises
        ------
        InputError
            When there is no such range, or a formula computes it.
        """
        area = self.find(name)
        if area is None:
            vectors = [n for n, a in self.settable().items() if min(a.height, a.width) == 1 and n != "Dates"]
            known = ", ".join(sorted(vectors, key=str.casefold)) or "none"
            raise InputError(name, f"{self.book.package.name} has no such name. Those that can be set: {known}.")
        formula = self.formula_in(area)
        if formula is not None:
            raise InputError(name, f"the range is computed from {formula}. Set what that formula reads instead.")
        return area

    def vector(self, name: str) -> Area:
        """Return a range of one row or one column that can be set."""
        area = self.require(name)
        if min(area.height, area.width) > 1:
            raise InputError(name, f"the range {area} is neither a row nor a column.")
        return area

    def values(self, area: Area) -> list[Value]:
        """Return the values of a range, row by row."""
        return [value for row in self.book.sheet(area.sheet).values(area) for value in row]

    def write(self, area: Area, values: Sequence[float | str]) -> int:
        """Put values into a range, row by row; return how many cells changed."""
        return self.book.sheet(area.sheet).write_block(area, values)

    def labels(self) -> list[str] | None:
        """Return the labels of the assets; None in a workbook that names none."""
        area = self.find("Assets")
        if area is None and (prices := self.find("Prices")) is not None:
            area = prices._replace(bottom=prices.top)
        return None if area is None else [label_text(value) for value in self.values(area)]


def set_value(inputs: WorkbookInputs, name: str, text: str) -> int:
    """Write a value, or a comma list for a vector, into a named range; numbers stay numbers.

    Returns the number of cells that changed.

    Raises
    ------
    InputError
        When the name can't be set or the value doesn't fit.
    """
    for option in ("Prices", "Dates"):
        if same_name(name, option):
            raise InputError(name, "is filled from a file of prices: use --prices.")
    area = inputs.vector(name)
    size = area.height * area.width
    items = [text] if size == 1 else text.split(",")
    if len(items) != size:
        raise InputError(name, f"{area} holds {size} values, but {len(items)} are given: {text!r}.")
    values = [
        _setting(inputs, name, item, old, cell)
        for item, old, cell in zip(items, inputs.values(area), area.cells(), strict=True)
    ]
    refuse_percent(name, [value for value in values if isinstance(value, float)], text)
    return inputs.write(area, values)


def _setting(inputs: WorkbookInputs, name: str, item: str, old: Value, cell: tuple[int, int]) -> float | str:
    """Read one value of a setting as what its cell holds: a text, a number, or a date."""
    area = inputs.require(name)
    item = item.strip()
    if isinstance(old, bool):
        raise InputError(name, f"{area} holds TRUE or FALSE; set it in Excel.")
    if isinstance(old, str):
        return item
    if is_date_cell(inputs.book, area.sheet, *cell):
        return read_setting_date(name, item, inputs.book.date1904)
    if name.lower().endswith("bps") and item.endswith("%"):
        raise InputError(name, f"{item!r} is a percentage, and the cell holds basis points: write 0.05 % as 5.")
    try:
        return plain_number(item)
    except ValueError as problem:
        if isinstance(old, float):
            raise InputError(name, f"{problem}.") from None
    return item


def refuse_percent(name: str, values: Sequence[float], text: str = "") -> None:
    """Raise when weights, volatilities or rates are more likely to be percent; a text with a % sign is taken as it is.

    Raises
    ------
    InputError
        The numbers are that large.
    """
    if "%" in text or not values:
        return
    if same_name(name, "Weights") and abs(sum(values)) >= _MOST_WEIGHTS:
        raise InputError(
            name,
            f"the sum is {sum(values):g}, which is {sum(values):.0%} invested. If they are percent, write 60%,40%.",
        )
    if same_name(name, "Volatilities") and max(values) >= _MOST_VOL:
        raise InputError(name, f"{max(values):g} is {max(values):.0%} a year. If they are percent, write 15%,5%.")
    if _A_YEAR.search(name) and not name.lower().startswith("margin") and max(map(abs, values)) >= 1.0:
        most = max(values, key=abs)
        raise InputError(name, f"{most:g} is {most:.0%}. If it is percent, write {most:g}%; else {most * 100:g}%.")


def _is_file(text: str) -> bool:
    return is_readable(text)


def _number(cell: Cell, error: Callable[[str], InputError]) -> float:
    try:
        return plain_number(cell)
    except ValueError as problem:
        raise error(f"{problem}.") from None


def _numeric(cell: Cell) -> bool:
    try:
        plain_number(cell)
    except ValueError:
        return False
    return True


def read_vector(
    name: str,
    text: str,
    labels: list[str] | None,
    size: int,
    *,
    missing: float | None,
    report: Callable[[str], None] = lambda note: None,
    holder: str = "the workbook",
) -> list[float]:
    """Read a vector: ``.6,.4``, ``SPY=.6,AGG=.4``, or a file.

    Parameters
    ----------
    name
        What messages call it.
    text
        What the user gave.
    labels
        The workbook's labels, in order.
    size
        How many values are wanted.
    missing
        The value of an asset that isn't named; None when all must be named.
    report
        Called with a note on the assets that get it.
    holder
        What messages say that the assets are in.

    Returns
    -------
    The values in the workbook's order.

    Raises
    ------
    InputError
        When the values don't fit the workbook.
    """
    given, numbers = _vector_file(Path(text)) if _is_file(text) else _vector_text(name, text)
    refuse_percent(name, numbers, text)
    if given is None:
        if len(numbers) != size:
            raise InputError(name, f"{holder} has {size} assets, but {len(numbers)} values are given.")
        return numbers
    places = match_labels(name, given, labels, holder)
    found = dict(zip(places, numbers, strict=True))
    absent = [label for place, label in enumerate(labels or []) if place not in found]
    if absent and missing is None:
        raise InputError(name, f"there is no value for {', '.join(absent)}.")
    if absent:
        report(f"{name} of {', '.join(absent)}: {missing:g}, as no other value is given.")
    return [found.get(place, missing or 0.0) for place in range(size)]


def label_key(label: str) -> str:
    """Return the form in which labels of assets are compared."""
    return name_key(cell_label(label))


def match_labels(name: str, given: list[str], labels: list[str] | None, holder: str = "the workbook") -> list[int]:
    """Return the places of labels among the workbook's.

    Raises
    ------
    InputError
        A label isn't among them or is given twice, or the workbook has none.
    """
    if labels is None:
        raise InputError(name, "the workbook has no labels (a range named Assets). Give numbers alone, in its order.")
    folded = [label_key(label) for label in labels]
    places = []
    for label in given:
        if label_key(label) not in folded:
            raise InputError(name, f"{holder} has no asset {label!r}. It has {', '.join(labels)}.")
        place = folded.index(label_key(label))
        if place in places:
            raise InputError(name, f"{label!r} is given twice.")
        places.append(place)
    return places


def _vector_text(name: str, text: str) -> tuple[list[str] | None, list[float]]:
    items = [item.strip() for item in text.split(",")]
    pairs = [item.rpartition("=") for item in items]
    named = [bool(sign) for _, sign, _ in pairs]
    if any(named) and not all(named):
        raise InputError(name, f"{text!r} has names for some values only. Name all or none.")
    numbers = [
        _number(value, lambda problem, item=item: InputError(name, f"{item!r}: {problem}"))  # type: ignore[misc]
        for (_, _, value), item in zip(pairs, items, strict=True)
    ]
    return ([label.strip() for label, _, _ in pairs] if all(named) else None), numbers


def _vector_file(path: Path) -> tuple[list[str] | None, list[float]]:
    """Read a row or a column of numbers, with or without labels beside or above."""
    table = convert(read_table(path), [])
    rows = [list(row) for row in table.rows]
    if len(rows) == 2 and len(rows[0]) == len(rows[1]) and not any(_numeric(cell) for cell in rows[0]):
        first = 0 if _numeric(rows[1][0]) else 1  # a heading in the first column
        if first < len(rows[0]):
            labels = [label_text(cell) for cell in rows[0][first:]]
            return labels, [_cell(table, 1, column) for column in range(first, len(rows[1]))]
    if len(rows) == 1:
        return None, [_cell(table, 0, column) for column in range(len(rows[0]))]
    width = max(len(row) for row in rows)
    if width > 2:
        raise table.error("this is no vector: it has several rows and more than two columns.")
    start = 0 if _numeric(rows[0][-1]) else 1
    numbers = [_cell(table, row, width - 1) for row in range(start, len(rows))]
    return ([label_text(row[0]) for row in rows[start:]] if width == 2 else None), numbers


def _cell(table: FileTable, row: int, column: int) -> float:
    cells = table.rows[row]
    if column >= len(cells):
        raise table.error("the cell is missing.", row, column)
    return _number(cells[column], lambda problem: table.error(problem, row, column))


def read_matrix(name: str, text: str, labels: list[str] | None, size: int) -> list[float]:
    """Read a square matrix, and return it row by row: ``1,.2;.2,1``, or a file with or without labels.

    Raises
    ------
    InputError
        When it doesn't fit the workbook.
    """
    if _is_file(text):
        table = convert(read_table(Path(text)), [])
    else:
        rows = [[item.strip() for item in line.split(",")] for line in text.split(";")]
        table = FileTable(Path(name), rows, range(1, len(rows) + 1))
    top = 0 if any(_numeric(cell) for cell in table.rows[0]) else 1
    if top == len(table.rows):
        raise table.error("there are no numbers in it.")
    left = 0 if _numeric(table.rows[top][0]) or is_empty(table.rows[top][0]) else 1
    height = len(table.rows) - top
    for row in range(top, len(table.rows)):
        if len(table.rows[row]) - left != height:
            raise table.error(f"the row has {len(table.rows[row]) - left} numbers, not {height}.", row)
    if height != size:
        raise table.error(f"the matrix is {height} x {height}, but the workbook has {size} assets.")
    numbers = [[_cell(table, top + i, left + j) for j in range(size)] for i in range(size)]
    heads = [label_text(cell) for cell in table.rows[0][left:]] if top else []
    sides = [label_text(row[0]) for row in table.rows[top:]] if left else []
    if heads and sides and [*map(name_key, heads)] != [*map(name_key, sides)]:
        raise table.error("the labels on top and at the side differ.")
    if heads or sides:
        order = match_labels(name, heads or sides, labels)
        numbers = [[numbers[order.index(i)][order.index(j)] for j in range(size)] for i in range(size)]
    return [number for line in numbers for number in line]
