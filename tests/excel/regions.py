"""The block of cells around an area, as Excel finds it."""

from typing import Any


def current_region(
    rows: list[list[Any]], row: int, column: int, height: int = 1, width: int = 1
) -> tuple[int, int, int, int]:
    """Return row, column, height and width of the block that blank rows and columns, or the sheet's edge, bound.

    A block grows by a row or a column as long as a cell beside it is filled, over a corner too; the area that it starts
    from belongs to it, filled or not. Rows and columns count from 1.
    """
    top, left, bottom, right = row, column, row + height - 1, column + width - 1

    def filled(first: int, last: int, start: int, end: int) -> bool:
        return any(
            cell is not None
            for line in rows[max(first - 1, 0) : max(last, 0)]
            for cell in line[max(start - 1, 0) : max(end, 0)]
        )

    while True:
        if top > 1 and filled(top - 1, top - 1, left - 1, right + 1):
            top -= 1
        elif left > 1 and filled(top - 1, bottom + 1, left - 1, left - 1):
            left -= 1
        elif filled(bottom + 1, bottom + 1, left - 1, right + 1):
            bottom += 1
        elif filled(top - 1, bottom + 1, right + 1, right + 1):
            right += 1
        else:
            return top, left, bottom - top + 1, right - left + 1
