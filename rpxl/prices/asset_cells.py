"""Files as cells, in the form that spreadsheet functions take."""

from pathlib import Path
from typing import Any

import numpy as np

from rpxl.errors import InputError
from rpxl.prices.files import read_sheets, read_table
from rpxl.prices.frame import find_dated_layout, frame_of, frame_without_dates
from rpxl.prices.numbers import convert
from rpxl.prices.table import cell_label, is_empty


def read_asset_cells(path: Path, notes: list[str]) -> list[list[Any]]:
    """Read a table with a row per date and a column per asset.

    Parameters
    ----------
    path : Path
        The file.
    notes : list of str
        Notes to the user are added to it.

    Returns
    -------
    list of rows
        Labels on top, dates in the first column, None where there is no value. A table without dates is returned
        unchanged, but without a column that counts its rows.

    Raises
    ------
    InputError
        Something is wrong or can be read in two ways; the message names the file, the row and the column.
    """
    try:
        layout = find_dated_layout(path, None, [])
    except InputError:
        if len(read_sheets(path)) > 1:
            raise
        return read_plain_cells(path, notes)
    layout = find_dated_layout(path, None, notes)
    if not layout.dates:
        labels, values = frame_without_dates(layout, notes)
        return [[*map(cell_label, labels)], *_cells(values)]
    frame = frame_of(layout, None, notes)
    rows = _cells(frame.values)
    return [
        ["Date", *map(cell_label, frame.labels)],
        *([day, *row] for day, row in zip(frame.dates.tolist(), rows, strict=True)),
    ]


def read_plain_cells(path: Path, notes: list[str]) -> list[list[Any]]:
    """Read any table, unchanged: rows of the same length, numbers as numbers, None for a blank cell.

    Raises
    ------
    InputError
        The file can't be read, has several sheets, or holds a number that can be read in two ways.
    """
    table = convert(read_table(path), notes)
    notes.extend(table.notes)
    width = max(len(row) for row in table.rows)
    used = [c for c in range(width) if any(not is_empty(table.cell(r, c)) for r in range(len(table.rows)))]
    rows = [[table.cell(r, c) for c in range(used[0], used[-1] + 1)] for r in range(len(table.rows))]
    return [[None if is_empty(cell) else cell for cell in row] for row in rows]


def _cells(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | None]]:
    """Turn numbers into cells; NaN becomes a blank."""
    return [[None if cell != cell else cell for cell in row] for row in values.tolist()]
