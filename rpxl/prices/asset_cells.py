"""Files as the cells that a spreadsheet function takes."""

from pathlib import Path
from typing import Any

import numpy as np

from rpxl.errors import InputError
from rpxl.prices.files import read_sheets, read_table
from rpxl.prices.frame import find_dated_layout, frame_of, frame_without_dates
from rpxl.prices.numbers import convert
from rpxl.prices.table import cell_label, is_empty


def read_asset_cells(path: Path, notes: list[str]) -> list[list[Any]]:
    """Read a table with a row per date and a column per asset: labels on top, dates at the left, None for no value.

    A table without dates stands as it is, without a column that counts its rows.

    Raises
    ------
    InputError
        With the file, the row and the column of what is wrong, or can be read in two ways.
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
    """Read a table of any kind as it stands, in rows of one length: its numbers as numbers, None for no value."""
    table = convert(read_table(path), notes)
    notes.extend(table.notes)
    width = max(len(row) for row in table.rows)
    used = [c for c in range(width) if any(not is_empty(table.cell(r, c)) for r in range(len(table.rows)))]
    rows = [[table.cell(r, c) for c in range(used[0], used[-1] + 1)] for r in range(len(table.rows))]
    return [[None if is_empty(cell) else cell for cell in row] for row in rows]


def _cells(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | None]]:
    """Turn numbers into cells; NaN becomes a blank."""
    return [[None if cell != cell else cell for cell in row] for row in values.tolist()]
