"""The dated numbers of a file: finds its table and the table's shape, reads the columns, and sorts the rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import plural
from rpxl.core.dates import Dates
from rpxl.errors import InputError
from rpxl.formulas.date_column import read_date_column
from rpxl.formulas.date_numbers import days_from_1904
from rpxl.formulas.labels import name_key
from rpxl.prices.files import find_sheet, read_sheets
from rpxl.prices.layout import Layout, find_layout
from rpxl.prices.number_texts import is_missing
from rpxl.prices.numbers import Values, read_numbers
from rpxl.prices.shapes import find_blocks
from rpxl.prices.shapes.block import Block
from rpxl.prices.table import Cell, FileTable, shown


@dataclass(frozen=True)
class Frame:
    """Numbers of n assets on T dates, the oldest first.

    Attributes
    ----------
    dates
        T days, each after the one before.
    labels
        n names, each once.
    values
        Shape (T, n); NaN where the file has no value.
    absent
        Shape (T, n): True where the file has no row of that date for the asset, only for others.
    place, held
        Return the place of a value in words, and the cell in the file, from the two indices of the value.
    name
        The file.
    """

    dates: Dates
    labels: list[str]
    values: Values
    absent: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    place: Callable[[int, int], str]
    held: Callable[[int, int], Cell]
    name: str

    def error(self, problem: str, row: int, column: int) -> InputError:
        """Return an error that names the place of a value; `row` and `column` are its indices."""
        place = self.place(row, column)
        return InputError(self.name, f"{place}: {problem}" if place else f"{self.labels[column]}: {problem}")


def read_frame(path: Path, sheet: str | None, column: str | None, notes: list[str], *, percent: bool = True) -> Frame:
    """Read the dated numbers of a file.

    Parameters
    ----------
    path : Path
        The file.
    sheet, column : str or None
        The sheet, and the column of an asset that is its price; None to find them.
    notes : list of str
        Notes to the user are added to it.
    percent : bool
        Whether numbers may be written as percentages.

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        Something is wrong; the message names the file, sheet, row and column, and says what to do.
    """
    return frame_of(find_dated_layout(path, sheet, notes), column, notes, percent=percent)


def find_dated_layout(path: Path, sheet: str | None, notes: list[str]) -> Layout:
    """Find the sheet with dated numbers, and the parts of its table.

    Raises
    ------
    InputError
        No sheet has dates and numbers, or several have.
    """
    tables = read_sheets(path)
    if sheet is not None:
        tables = [find_sheet(path, tables, sheet)]
    found, refusals = [], []
    for table in tables:
        try:
            found.append(find_layout(table))
        except InputError as error:
            refusals.append(error)
    if not found:
        raise refusals[0] if len(refusals) == 1 else _no_sheet(path, tables)
    if len(found) > 1:
        names = ", ".join(layout.table.sheet for layout in found)
        raise InputError(str(path), f"several sheets hold dates and numbers: {names}. Choose one with --sheet.")
    table = found[0].table
    if len(tables) > 1:
        notes.append(f"The data were read from the sheet {table.sheet!r}.")
    return found[0]


def holds_dated_rows(path: Path) -> bool:
    """Tell whether a file has rows with dates and numbers."""
    try:
        find_dated_layout(path, None, [])
    except InputError:
        return False
    return True


def _no_sheet(path: Path, tables: Sequence[FileTable]) -> InputError:
    names = ", ".join(table.sheet for table in tables)
    problem = f"none of the sheets {names} holds dates in a column and numbers beside them."
    return InputError(str(path), problem)


def frame_of(layout: Layout, column: str | None, notes: list[str], *, percent: bool = True) -> Frame:
    """Read the dated numbers of a table whose parts are known."""
    table = layout.table
    notes.extend(table.notes)
    if layout.set_aside:
        notes.append(f"Lines that are not part of the table were ignored: {_ranges(layout.set_aside)}.")
    if layout.counter is not None:
        notes.append(f"Column {table.column_name(layout.counter)} counts the rows and was ignored.")
    layout = _with_dates_once(layout, notes)
    blocks = find_blocks(layout, column, notes)
    columns = [c for block in blocks for c in block.columns]
    labels = [label or table.path.stem for block in blocks for label in block.labels]
    _refuse_twins(layout, labels, columns)
    values = read_numbers(table, layout.body, columns, labels or [""], notes, percent=percent)
    frames, at = [], 0
    for block in blocks:
        width = len(block.columns)
        frames.append(_read_block(layout, block, values[:, at : at + width], labels[at : at + width], notes))
        at += width
    return frames[0] if len(frames) == 1 else join(frames, str(table.name))


def _with_dates_once(layout: Layout, notes: list[str]) -> Layout:
    """Leave out columns of dates that repeat the first, where there are no prices between them."""
    first, *others = sorted(layout.dates) or [0]
    ends = [*others, max(layout.columns) + 1]
    if not others or all(
        any(at < c < end for c in layout.value_columns) for at, end in zip([first, *others], ends, strict=True)
    ):
        return layout
    try:
        dates = read_dates(layout, first)
        twins = [c for c in others if np.array_equal(read_dates(layout, c), dates)]
    except InputError:
        return layout
    if not twins:
        return layout
    names = ", ".join(layout.table.column_name(c) for c in twins)
    notes.append(f"Column {names} repeats the dates of the first and was ignored.")
    kept = [c for c in layout.columns if c not in twins]
    return replace(layout, dates=[c for c in layout.dates if c not in twins], columns=kept)


def frame_without_dates(layout: Layout, notes: list[str]) -> tuple[list[str], Values]:
    """Read the labels and numbers of a table without dates, whose rows may be counted."""
    blocks = find_blocks(layout, None, notes)
    if len(blocks) > 1 or blocks[0].keys is not None:
        raise layout.table.error("there is no column of dates. Put one at the left.")
    (block,) = blocks
    if layout.counter is not None:
        notes.append(f"Column {layout.table.column_name(layout.counter)} counts the rows and was ignored.")
    labels = [label or layout.table.path.stem for label in block.labels]
    return labels, read_numbers(layout.table, layout.body, block.columns, labels, notes)


def _read_block(layout: Layout, block: Block, values: Values, labels: list[str], notes: list[str]) -> Frame:
    """Return numbers with their dates, sorted by date."""
    table = layout.table
    if block.dates is None:
        problem = f"there is no column of dates; column {table.column_name(layout.columns[0])} only counts the rows"
        raise table.error(f"{problem}. Replace it with a column of dates.")
    dates = read_dates(layout, block.dates)
    own = np.arange(len(dates))
    undated = np.isnat(dates)
    if undated.any():
        if len(layout.dates) > 1:  # the columns of other assets may be longer
            own = np.flatnonzero(~(undated & np.isnan(values).all(axis=1)))
        late = own[np.isnat(dates[own])]
        if late.size:
            raise table.error("the date is missing.", layout.body[late[0]], block.dates)
        dates, values = dates[own], values[own]
    if block.keys is not None:
        return _pivot(layout, block, dates, values[:, 0], notes)
    if (dates[1:] <= dates[:-1]).any():
        order = np.argsort(dates, kind="stable")
        twins = np.flatnonzero(dates[order][1:] == dates[order][:-1])
        if twins.size:
            first, second = own[order[twins[0]]], own[order[twins[0] + 1]]
            problem = f"the date {dates[order[twins[0]]]} is already in row {table.numbers[layout.body[first]]}."
            raise table.error(problem, layout.body[second], block.dates)
        backwards = bool((dates[1:] < dates[:-1]).all())
        if not backwards:
            _refuse_stray(layout, block.dates, own, dates)
        note = "The newest row comes first" if backwards else "The rows were not in the order of their dates"
        if f"{note}; they were sorted." not in notes:
            notes.append(f"{note}; they were sorted.")
        dates, values, own = dates[order], values[order], own[order]

    def place(row: int, column: int) -> str:
        return table.place(layout.body[own[row]], block.columns[column], labels[column])

    def held(row: int, column: int) -> Cell:
        return table.cell(layout.body[own[row]], block.columns[column])

    return Frame(dates, labels, values, np.zeros(values.shape, dtype=np.bool_), place, held, table.name)


def read_dates(layout: Layout, column: int) -> Dates:
    """Read a column of dates by the rule of :mod:`rpxl.formulas.date_column`, which is also used for cells.

    Returns
    -------
    array of shape (T,)
        ``datetime64[D]``, NaT for a blank cell.

    Raises
    ------
    InputError
        The column does not hold dates, or they can be read in two ways.
    """
    table = layout.table
    cells = [None if is_missing(cell) else cell for cell in layout.column(column)]
    with days_from_1904(table.date1904):
        found = read_date_column(cells, layout.heading(column), known=len(layout.dates) > 1, text_numbers=True)
    if found.question is not None:
        text = found.question
        for n, at in enumerate(found.cells):
            text = text.replace(f"{{{n}}}", table.place(layout.body[at], column))
        raise InputError(table.name, text)
    if found.dates is None:
        at = next((i for i, cell in enumerate(cells) if cell is not None), 0)
        problem = f"{shown(cells[at])} is not a date. Dates belong in this column; write them as 2024-01-31."
        raise table.error(problem, layout.body[at], column)
    return found.dates


def _refuse_stray(layout: Layout, column: int, own: npt.NDArray[np.intp], dates: Dates) -> None:
    """Raise InputError for a single date out of order: it is probably a typing error."""
    for falling in (False, True):
        line = dates[::-1] if falling else dates
        late = np.flatnonzero(line[1:] < line[:-1])
        for at in (late[0] + 1, late[0]) if late.size <= 2 else ():
            rest = np.delete(line, at)
            if len(rest) > 1 and (rest[1:] > rest[:-1]).all():
                row = len(line) - 1 - at if falling else at
                where, other = ("after", row - 1) if row else ("before", 1)
                problem = f"{dates[row]} comes {where} {dates[other]}. Correct the date, or sort the rows."
                raise layout.table.error(problem, layout.body[own[row]], column)


def _pivot(layout: Layout, block: Block, dates: Dates, values: Values, notes: list[str]) -> Frame:
    """Turn a table with a row per date and asset into one with a column per asset."""
    import pandas as pd

    table, keys = layout.table, list(block.keys or ())
    long = pd.DataFrame({"date": dates, "key": keys, "value": values, "row": np.arange(len(dates))})
    twins = np.flatnonzero(long.duplicated(["date", "key"]).to_numpy())
    if twins.size:
        at = int(twins[0])
        raise table.error(f"{keys[at]} has two rows for the date {dates[at]}.", layout.body[at], block.dates)
    labels = list(dict.fromkeys(keys))
    wide = long.pivot(index="date", columns="key", values=["value", "row"])
    found = wide["value"][labels].to_numpy(dtype=np.float64)
    rows = wide["row"][labels].to_numpy(dtype=np.float64)
    days: Dates = wide.index.to_numpy().astype("datetime64[D]")

    def place(row: int, column: int) -> str:
        return table.place(layout.body[int(rows[row, column])], block.columns[0], labels[column])

    def held(row: int, column: int) -> Cell:
        return table.cell(layout.body[int(rows[row, column])], block.columns[0])

    notes.append(f"The table has a row for each date and asset: {plural(len(labels), 'asset')}.")
    return Frame(days, labels, found, np.isnan(rows), place, held, table.name)


def join(frames: Sequence[Frame], name: str) -> Frame:
    """Put assets side by side, on every date that at least one of them has.

    Raises
    ------
    InputError
        Two files have the same asset.
    """
    import pandas as pd

    labels = [label for frame in frames for label in frame.labels]
    seen: dict[str, str] = {}
    for frame in frames:
        for label in frame.labels:
            if name_key(label) in seen:
                raise InputError(name, f"the asset {label} is both in {seen[name_key(label)]} and in {frame.name}.")
            seen[name_key(label)] = frame.name
    parts = [pd.DataFrame(frame.values, index=frame.dates.astype("datetime64[s]")) for frame in frames]
    rows = [
        pd.DataFrame({"row": np.arange(len(frame.dates))}, index=part.index)
        for frame, part in zip(frames, parts, strict=True)
    ]
    joined = pd.concat(parts, axis=1, join="outer", sort=True)
    places = pd.concat(rows, axis=1, join="outer", sort=True).to_numpy(dtype=np.float64)
    owner = [(n, c) for n, frame in enumerate(frames) for c in range(len(frame.labels))]
    known = np.column_stack([~np.isnan(places[:, n]) for n, _ in owner])
    absent = ~known
    for k, (n, c) in enumerate(owner):
        there = known[:, k]
        absent[there, k] = frames[n].absent[places[there, n].astype(np.intp), c]

    def place(row: int, column: int) -> str:
        n, c = owner[column]
        where = frames[n].place(int(places[row, n]), c)
        return where if frames[n].name == name else f"{where} of {frames[n].name}"

    def held(row: int, column: int) -> Cell:
        n, c = owner[column]
        return frames[n].held(int(places[row, n]), c)

    days: Dates = joined.index.to_numpy().astype("datetime64[D]")
    return Frame(days, labels, joined.to_numpy(dtype=np.float64), absent, place, held, name)


def _refuse_twins(layout: Layout, labels: Sequence[str], columns: Sequence[int]) -> None:
    seen: dict[str, int] = {}
    for label, column in zip(labels, columns, strict=False):
        if name_key(label) in seen:
            first = layout.table.place(None, seen[name_key(label)])
            row = layout.heads[-1] if layout.heads else None
            raise layout.table.error(f"the label is already in {first}.", row, column, label)
        seen[name_key(label)] = column


def _ranges(numbers: Sequence[int]) -> str:
    """Return the numbers of lines as text, with consecutive ones as a range.

    >>> _ranges([1, 2, 3, 9])
    '1–3, 9'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
