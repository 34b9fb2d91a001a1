"""The shapes of tables in which people keep prices: each module of this folder recognises one and finds its numbers."""

from rpxl.prices.layout import Layout
from rpxl.prices.shapes import date_pairs, heading_levels, long, one_ticker, wide
from rpxl.prices.shapes.block import Block

SHAPES = (date_pairs.find, long.find, heading_levels.find, one_ticker.find, wide.find)
"""Tried in this order; the first that recognises the table is used. The last takes any table."""


def find_blocks(layout: Layout, column: str | None, notes: list[str]) -> list[Block]:
    """Find the numbers of each asset in a table.

    Parameters
    ----------
    layout : Layout
        The parts of the table.
    column : str or None
        The column of an asset that is its price, such as "Close"; None for the adjusted close, else the close.
    notes : list of str
        Notes to the user are added to it.

    Returns
    -------
    list of Block

    Raises
    ------
    InputError
        The shape of the table is unknown or not clear, or there is no such column.
    """
    for shape in SHAPES:
        blocks = shape(layout, column, notes)
        if blocks is not None:
            return blocks
    raise AssertionError("the last shape takes any table")
