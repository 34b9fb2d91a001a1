"""One ticker's open, high, low, close, adjusted close and volume: one asset, never several."""

from rpxl.prices.layout import Layout, plain
from rpxl.prices.shapes.block import Block
from rpxl.prices.shapes.fields import are_fields, choose, kind_of
from rpxl.prices.table import label_text


def find(layout: Layout, column: str | None, notes: list[str]) -> list[Block] | None:
    """Recognise a table whose columns are fields of one ticker, and take its adjusted close."""
    columns = layout.value_columns
    names = [label_text(layout.heading(c)) for c in columns]
    known = are_fields(names) or (column is not None and (all(map(kind_of, names)) or _is_price(names, column)))
    if len(columns) < 2 or not known:
        return None
    chosen = choose(layout, names, column)
    if names.count(chosen) > 1:
        raise layout.table.error(f"there are {names.count(chosen)} columns {chosen!r}.", layout.heads[-1])
    others = ", ".join(name for name in names if name != chosen)
    adjusted = " (as traded, not adjusted for dividends)" if kind_of(chosen) == "close" and column is None else ""
    notes.append(f"The file is of one asset: {chosen!r} is its price{adjusted}; not used: {others}.")
    return [Block(layout.dates[0] if layout.dates else None, [columns[names.index(chosen)]], [""])]


def _is_price(names: list[str], column: str) -> bool:
    """Tell whether the column that the user chose is there, and its name is that of a price."""
    return plain(column) in map(plain, names) and kind_of(column) in ("adjusted", "close")
