"""Which formulas depend on which cells."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from rpxl.xlsx.references import Area

_FEW = 16
"""An area of so many cells is looked up cell by cell."""


def dependents(seeds: Iterable[Area], formulas: Sequence[tuple[Area, Sequence[Area]]]) -> set[int]:
    """Find the formulas that depend, however indirectly, on any of some areas.

    Parameters
    ----------
    seeds
        The areas to start from.
    formulas
        For each formula the area it fills and the areas it reads.

    Returns
    -------
    Indices into `formulas`.
    """
    waiting = list(seeds)
    if not waiting:
        return set()
    readers: dict[str, _Readers] = {}
    for index, (_, areas) in enumerate(formulas):
        for area in areas:
            readers.setdefault(area.sheet, _Readers()).add(area, index)
    found: set[int] = set()
    while waiting:
        area = waiting.pop()
        if area.sheet in readers:
            new = readers[area.sheet].take(area) - found
            found |= new
            waiting += [formulas[index][0] for index in new]
    return found


class _Readers:
    """What is read on one sheet, and by which formulas. What was found once is not looked at again."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[int, list[int]]] = {}  # by column, then by row
        self._ranges: dict[Area, list[int]] = {}
        self._order: list[Area] = []
        self._boxes = np.empty((0, 4), dtype=np.int64)

    def add(self, area: Area, formula: int) -> None:
        """Note that a formula reads an area."""
        if area.height * area.width > _FEW:
            self._ranges.setdefault(area, []).append(formula)
            return
        for row, column in area.cells():
            self._cells.setdefault(column, {}).setdefault(row, []).append(formula)

    def take(self, area: Area) -> set[int]:
        """Return the formulas that read any cell of an area, but for those that were returned for it before."""
        found: set[int] = set()
        for column in _within(self._cells, area.left, area.right):
            rows = self._cells[column]
            for row in _within(rows, area.top, area.bottom):
                found.update(rows.pop(row))
        for read in self._take_ranges(area):
            found.update(self._ranges.pop(read))
        return found

    def _take_ranges(self, area: Area) -> list[Area]:
        """Return the large ranges that meet an area, and forget them."""
        if len(self._order) < len(self._ranges):
            self._order = list(self._ranges)
            self._boxes = np.array([read[1:] for read in self._order])
        top, left, bottom, right = self._boxes.T
        hit = (top <= area.bottom) & (bottom >= area.top) & (left <= area.right) & (right >= area.left)
        taken = [self._order[index] for index in np.flatnonzero(hit)]
        if taken:
            self._order = [self._order[index] for index in np.flatnonzero(~hit)]
            self._boxes = self._boxes[~hit]
        return taken


def _within(known: Mapping[int, object], first: int, last: int) -> list[int]:
    """Return the numbers among those that are known which lie between two."""
    if last - first < len(known):
        return [number for number in range(first, last + 1) if number in known]
    return [number for number in known if first <= number <= last]
