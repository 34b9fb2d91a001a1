"""Long tables: a row per date and asset, with the asset's name in a column."""

from rpxl.prices.layout import Layout, plain
from rpxl.prices.number_texts import is_missing, looks_numeric
from rpxl.prices.shapes.block import Block
from rpxl.prices.shapes.fields import are_fields, choose, kind_of
from rpxl.prices.table import label_text

_KEY_WORDS = """
ticker tickers symbol symbols asset assets security securities name instrument isin cusip sedol ric tscode code permno
stock fund index act symb sym tic gvkey wkn figi variable id
"""
_KEYS = frozenset(_KEY_WORDS.split())


def find(layout: Layout, column: str | None, notes: list[str]) -> list[Block] | None:
    """Recognise a table in which a column names the asset of each row."""
    if len(layout.dates) != 1:
        return None
    columns = layout.value_columns
    texts = [c for c in columns if _is_text(layout, c)]
    named = [c for c in columns if plain(layout.heading(c)) in _KEYS]
    numeric_keys = [c for c in named if c not in texts]
    dates = [label_text(cell) for cell in layout.column(layout.dates[0])]
    repeated = len(set(dates)) < len(dates)
    if not texts and not (numeric_keys and repeated):
        return None
    keys = [c for c in (texts or numeric_keys) if len(set(map(label_text, layout.column(c)))) > 1]
    if len(keys) > 1:
        keys = [c for c in keys if c in named][:1] or keys
    if len(keys) > 1:
        both = " and ".join(repr(label_text(layout.heading(c))) for c in keys)
        raise layout.table.error(f"the columns {both} both hold text. Keep only the one that names the assets.")
    constant = [c for c in texts if c in named and c not in keys]
    values = [c for c in columns if c not in texts and c not in keys]
    if not values:
        raise layout.table.error("there is no column of numbers beside the dates.", layout.body[0])
    names = [label_text(layout.heading(c)) for c in values]
    if not keys and len(values) > 1 and not are_fields(names):
        if texts and not constant:
            c = texts[0]
            raise layout.table.error("the column holds text where prices belong.", layout.body[0], c)
        return None
    if len(values) > 1 and column is None and not any(kind_of(name) in ("adjusted", "close") for name in names):
        unnamed = [c for c in keys if c not in named]
        if unnamed:
            problem = "the column holds text where prices belong. Remove it."
            raise layout.table.error(problem, layout.body[0], unnamed[0])
    price = values[0]
    if len(values) > 1 or column is not None:
        chosen = choose(layout, names, column)
        price = values[names.index(chosen)]
        others = ", ".join(name for name in names if name != chosen)
        notes.append(f"{chosen!r} is the price; not used: {others}." if others else f"{chosen!r} is the price.")
    if not keys:
        label = label_text(layout.column(constant[0])[0]) if constant else ""
        if not label and not kind_of(names[values.index(price)]):
            label = names[values.index(price)]
        return [Block(layout.dates[0], [price], [label])]
    labels = [label_text(cell) for cell in layout.column(keys[0])]
    if "" in labels:
        raise layout.table.error("the name of the asset is missing.", layout.body[labels.index("")], keys[0])
    return [Block(layout.dates[0], [price], [], labels)]


def _is_text(layout: Layout, column: int) -> bool:
    """Tell whether a column holds words: more than nine in ten of its first 200 cells that are not missing do."""
    cells = [cell for cell in layout.column(column)[:200] if not is_missing(cell)]
    words = sum(isinstance(cell, str) and not looks_numeric(cell) and not _is_amount(cell) for cell in cells)
    return bool(cells) and words > 0.9 * len(cells)


def _is_amount(cell: str) -> bool:
    """Tell whether a text is an amount such as 1.2M."""
    return looks_numeric(cell.strip()[:-1])
