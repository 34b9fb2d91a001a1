"""The shapes in which people keep prices: each module of this folder knows one, and says where its numbers are."""

from rpxl.prices.layout import Layout
from rpxl.prices.shapes import date_pairs, heading_levels, long, one_ticker, wide
from rpxl.prices.shapes.block import Block

SHAPES = (date_pairs.find, long.find, heading_levels.find, one_ticker.find, wide.find)
"""Asked in this order; the first that knows the table answers. The last takes any."""


def find_blocks(layout: Layout, column: str | None, notes: list[str]) -> list[Block]:
    """Say where in a table the numbers of each asset are.

    Parameters
    ----------
    layout : Layout
        The parts of the table.
    column : str or None
        Which of an asset's columns is wanted, as in "Close"; None chooses.
    notes : list of str
        Gets what the user should know.

    Raises
    ------
    InputError
        The table has a shape that can't be told, or no such column.
    """
    for shape in SHAPES:
        blocks = shape(layout, column, notes)
        if blocks is not None:
            return blocks
    raise AssertionError("the last shape takes any table")
