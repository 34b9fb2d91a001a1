"""The usual shape: a column of dates, and beside it a column for each asset, with its label on top."""

from rpxl.formulas.date_column import is_date_heading
from rpxl.formulas.date_texts import are_parts_of_a_year
from rpxl.formulas.labels import name_key
from rpxl.prices.layout import Layout, counts_rows, plain
from rpxl.prices.number_texts import is_missing
from rpxl.prices.shapes.block import Block
from rpxl.prices.shapes.fields import kind_of
from rpxl.prices.table import is_empty, label_text

_LONGEST_TICKER = 5
_WORDS_OF_NAMES = frozenset(["value", "nav", "min", "max", "shares"])
"""Words for fields that also occur at the end of asset names: an index of value stocks, a minimum-variance fund."""


def find(layout: Layout, column: str | None, notes: list[str]) -> list[Block]:
    """Take any table: each column that does not hold dates is an asset."""
    table, columns = layout.table, layout.value_columns
    if not columns:
        raise table.error("there is no column of numbers beside the dates.", layout.body[0])
    level = _label_row(layout, columns)
    labels = [label_text(layout.heading(c, level)) for c in columns]
    if len(columns) == 1:
        if column is not None and name_key(column) != name_key(labels[0]):
            raise table.error(f"there is no column {column!r}. The only one is {labels[0]}.")
        return [Block(layout.dates[0] if layout.dates else None, columns, ["" if kind_of(labels[0]) else labels[0]])]
    if column is not None:
        raise table.error(f"--column {column} is for files of one asset; this one has {', '.join(labels)}.")
    odd = [c for c, label in zip(columns, labels, strict=True) if kind_of(label) and not _may_be_ticker(label)]
    if odd:
        name = label_text(layout.heading(odd[0], level))
        problem = f"{name!r} looks like a field of one asset, the others like assets. Remove the column, or rename it."
        raise table.error(problem, layout.heads[level], odd[0])
    if layout.dates:
        _refuse_no_asset(layout, columns, labels, level)
    return [Block(layout.dates[0] if layout.dates else None, columns, labels)]


def _refuse_no_asset(layout: Layout, columns: list[int], labels: list[str], level: int) -> None:
    """Raise InputError for a column that is a part of the dates, counts the rows, or is another field of an asset."""
    table, row = layout.table, layout.heads[level]
    if are_parts_of_a_year(labels):
        problem = (
            "there are months or quarters across the top. Write one row per date, with the dates in the first column."
        )
        raise table.error(problem, row)
    owners: dict[str, str] = {}
    for c, label in zip(columns, labels, strict=True):
        if is_date_heading(label):
            raise table.error("the heading is for dates, but there is a column of dates. Remove it.", row, c, label)
        if counts_rows(table, layout.body, c, anywhere=True):
            raise table.error("the column only counts the rows. Remove it.", layout.body[0], c, label)
        owner = name_key(_without_field(label))
        if owner in owners:
            problem = (
                f"{owners[owner]!r} and {label!r} seem to be of one asset. Keep only its price, or rename one of them."
            )
            raise table.error(problem, row, c)
        owners[owner] = label


def _without_field(label: str) -> str:
    """Return "SPY" for "SPY Volume"; a word such as Value is part of a name."""
    words = label.replace("_", " ").split()
    for cut in range(1, len(words)):
        field = " ".join(words[cut:])
        if kind_of(field) and plain(field) not in _WORDS_OF_NAMES:
            return " ".join(words[:cut])
    return label


def _may_be_ticker(label: str) -> bool:
    """Tell whether a label that is the name of a field may also be a ticker, such as LOW for Lowe's."""
    return label.isupper() and len(label) <= _LONGEST_TICKER


def _label_row(layout: Layout, columns: list[int]) -> int:
    """Find the heading row with the labels: the lowest one that has a different label for each column."""
    table = layout.table
    whole = [
        level for level in range(len(layout.heads)) if not any(is_empty(layout.heading(c, level)) for c in columns)
    ]
    distinct = [
        level
        for level in whole
        if len({name_key(label_text(layout.heading(c, level))) for c in columns}) == len(columns)
    ]
    if distinct:
        return distinct[-1]
    if whole:
        _refuse_twins(layout, columns, whole[-1])
    if not layout.heads:
        problem = "there are no labels above the numbers. The first row should hold the assets' labels."
        raise table.error(problem, layout.body[0])
    for c in columns:
        if is_empty(layout.heading(c)):
            filled = [row for row in layout.body if not is_missing(table.cell(row, c))]
            if len(filled) < len(layout.body) and filled:
                problem = "there is no heading over this cell. Did a decimal comma split a number into two cells?"
                raise table.error(problem, filled[0], c)
            wide = max(len(table.rows[row]) for row in layout.body)
            if c >= len(table.rows[layout.heads[-1]]) and table.separator == ",":
                problem = (
                    f"the rows have up to {wide} cells, the headings fewer. Are commas used for decimals and between "
                    "cells?"
                )
                raise table.error(f"{problem} Save the file with another separator.", layout.body[0], c)
            raise table.error("the asset has no label.", layout.heads[-1], c)
    raise AssertionError("some column has no label")


def _refuse_twins(layout: Layout, columns: list[int], level: int) -> None:
    """Raise InputError for two assets with the same label."""
    seen: dict[str, int] = {}
    for c in columns:
        label = label_text(layout.heading(c, level))
        if name_key(label) in seen:
            place = layout.table.place(None, seen[name_key(label)])
            raise layout.table.error(f"the label is already in {place}.", layout.heads[level], c, label)
        seen[name_key(label)] = c
