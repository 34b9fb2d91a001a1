"""Headings with a field (Close, Volume) and a ticker for each column, in two or three rows as yfinance writes them."""

import re
from collections.abc import Sequence

from rpxl.prices.layout import Layout, plain
from rpxl.prices.shapes.block import Block
from rpxl.prices.shapes.fields import choose, kind_of
from rpxl.prices.table import is_empty, label_text

_PARTS = re.compile(r"[\s._:|/()-]+")


def find(layout: Layout, column: str | None, notes: list[str]) -> list[Block] | None:
    """Recognise a table whose headings name a field and a ticker for each column, in two rows or in one."""
    columns = layout.value_columns
    levels = _levels(layout, columns)
    pair = _fields_and_tickers(levels) or (_split(levels[-1]) if levels else None)
    if pair is None:
        return None
    fields, tickers = pair
    empty = next((i for i, ticker in enumerate(tickers) if not ticker), None)
    if empty is not None:
        raise layout.table.error("the column has no ticker.", layout.heads[-1], columns[empty])
    kinds = list(dict.fromkeys(fields))
    chosen = choose(layout, kinds, column) if len(kinds) > 1 or column is not None else kinds[0]
    if len(kinds) > 1:
        others = ", ".join(kind for kind in kinds if kind != chosen)
        notes.append(f"{chosen!r} is the price of each asset; not used: {others}.")
    own = [i for i, field in enumerate(fields) if field == chosen]
    lacking = [ticker for ticker in dict.fromkeys(tickers) if ticker not in {tickers[i] for i in own}]
    if lacking:
        raise layout.table.error(f"{', '.join(lacking)} has no column {chosen!r}. Choose another with --column.")
    date_column = layout.dates[0] if layout.dates else None
    return [Block(date_column, [columns[i] for i in own], [tickers[i] for i in own])]


def _levels(layout: Layout, columns: Sequence[int]) -> list[list[str]]:
    """Return the heading rows that cover all columns; a name over merged cells counts for each of them."""
    levels = []
    for level in range(len(layout.heads)):
        cells = [layout.heading(c, level) for c in columns]
        if all(map(is_empty, cells)):
            continue
        filled: list[str] = []
        for cell in cells:
            filled.append(filled[-1] if is_empty(cell) and filled else label_text(cell))
        if filled[0]:
            levels.append(filled)
    return levels


def _fields_and_tickers(levels: Sequence[list[str]]) -> tuple[list[str], list[str]] | None:
    """Find which of the heading rows holds the fields, and which the tickers; None if that is not clear."""
    if len(levels) < 2:
        return None
    field_levels = [n for n, level in enumerate(levels) if all(map(kind_of, level))]
    ticker_levels = [n for n in range(len(levels)) if n not in field_levels]
    if not field_levels or not ticker_levels:
        return None
    fields = levels[field_levels[-1]]
    for n in reversed(ticker_levels):
        if len(set(zip(fields, levels[n], strict=True))) == len(fields):
            return fields, levels[n]
    return None


def _split(names: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Split names such as "SPY Close" or "Close_SPY" into fields and tickers; None unless all are of that kind."""
    pairs = []
    for name in names:
        parts = [part for part in _PARTS.split(name) if part]
        found = None
        for cut in range(1, len(parts)):
            first, second = " ".join(parts[:cut]), " ".join(parts[cut:])
            if len(plain(second)) > 1 and kind_of(second) and not kind_of(first):
                found = found or (second, first)
            elif len(plain(first)) > 1 and kind_of(first) and not kind_of(second):
                found = found or (first, second)
        if found is None:
            return None
        pairs.append(found)
    fields, tickers = [field for field, _ in pairs], [ticker for _, ticker in pairs]
    if len(set(zip(fields, tickers, strict=True))) < len(pairs):
        return None
    return (fields, tickers) if any(kind_of(field) in ("adjusted", "close") for field in fields) else None
