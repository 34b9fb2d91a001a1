"""Pairs of a column of dates and a column of prices, side by side, as Bloomberg's formulas write them."""

from rpxl.formulas.date_column import is_date_heading
from rpxl.prices.layout import Layout
from rpxl.prices.shapes.block import Block
from rpxl.prices.shapes.fields import choose, kind_of
from rpxl.prices.table import is_empty, label_text


def find(layout: Layout, column: str | None, notes: list[str]) -> list[Block] | None:
    """Recognise a table with several columns of dates: each is followed by the columns of its asset."""
    dates = sorted(layout.dates)
    if len(dates) < 2:
        return None
    table = layout.table
    ends = [*dates[1:], max(layout.columns) + 1]
    blocks = []
    for at, end in zip(dates, ends, strict=True):
        own = [c for c in layout.columns if at < c < end]
        if not own:
            problem = "there are no prices beside these dates. Keep one column of dates; if year, month and day are in"
            raise table.error(
                f"{problem} separate columns, combine them into one: =DATE(A2,B2,C2).", layout.body[0], at
            )
        fields = [label_text(layout.heading(c)) for c in own]
        place = 0
        if len(own) > 1:
            place = fields.index(choose(layout, fields, column))
        blocks.append(Block(at, [own[place]], [_ticker(layout, at, own[place])]))
    notes.append(f"Each of the {len(blocks)} assets has dates of its own.")
    return blocks


def _ticker(layout: Layout, dates: int, column: int) -> str:
    """Return the label of an asset: the heading of its prices or dates that is neither a field nor "Date"."""
    for level in range(len(layout.heads) - 1, -1, -1):
        for index in (column, dates):
            cell = layout.heading(index, level)
            if not is_empty(cell) and not kind_of(cell) and not is_date_heading(cell):
                return label_text(cell)
    raise layout.table.error("the asset has no label.", layout.heads[-1] if layout.heads else layout.body[0], column)
