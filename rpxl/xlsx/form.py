"""A sheet that is filled again and again: its XML as text with gaps, so that no cell is read or made for it.

A gap is the rest of a cell after its first attributes, ``r`` and ``s``: its type and what is inside.
"""

import math
import re
from collections.abc import Sequence
from typing import Protocol

from lxml import etree

from rpxl.xlsx.cells import MAIN, Value, escape, number_text, same, stored_result
from rpxl.xlsx.references import Area

_MARK = "\ue000"  # of Unicode's private use: where a text has it too, nothing is cut
_GAP = f"><v>{_MARK}</v></c>"
_PLAIN = re.compile(r"(?!\s)[^&<>\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+(?<!\s)")  # needs no escape in XML
_TYPED = re.compile(r' t="n"(?:/>|><v/></c>|><v>[^<]*</v></c>)')  # a number whose type some programs write too
_FORMULA = re.compile(r"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)")


class Cells(Protocol):
    """What a form needs of a sheet."""

    @property
    def root(self) -> etree._Element:
        """The XML."""

    @property
    def rows(self) -> dict[int, etree._Element]:
        """The row elements by number."""

    @property
    def cells(self) -> dict[tuple[int, int], etree._Element]:
        """The cell elements by (row, column), in their order."""

    def value(self, row: int, column: int) -> Value:
        """Return what a cell shows."""


class Form:
    """A sheet's XML, cut in the cells of some areas, and in those that hold formulas.

    Parameters
    ----------
    sheet
        The sheet, whose XML is used up.
    areas
        The areas.

    Raises
    ------
    InputError
        A cell can't be read.
    """

    def __init__(self, sheet: Cells, areas: Sequence[Area]) -> None:
        self.values = {place: sheet.value(*place) for place in sheet.cells}
        """What the cells show."""
        self.last_row = max(sheet.rows, default=0)
        self.gaps: dict[tuple[int, int], int] = {}
        self._places: dict[Area, list[int]] = {}
        whole = _text(sheet.root)
        for (row, column), cell in sheet.cells.items():
            if any(area.holds(row, column) for area in areas) or cell.find(f"{MAIN}f") is not None:
                self.gaps[row, column] = len(self.gaps)
                cell[:] = []
                cell.text = None
                cell.attrib.pop("t", "")
                etree.SubElement(cell, f"{MAIN}v").text = _MARK
        self.pieces = _text(sheet.root).split(_GAP)
        self.old = _between(whole, self.pieces)
        """What stands in each gap."""
        if not len(self.old) == len(self.gaps) == len(self.pieces) - 1:  # the XML is written in an unusual way
            self.gaps, self.pieces, self.old = {}, [whole], []
        matches = enumerate(map(_FORMULA.search, self.old))
        self.formulas = {gap: match[0] for gap, match in matches if match is not None}

    def places(self, area: Area) -> list[int]:
        """Return the number of the gap in each cell of an area, row by row; -1 where there is none."""
        if area not in self._places:
            self._places[area] = [self.gaps.get(place, -1) for place in area.cells()]
        return self._places[area]


def _text(root: etree._Element) -> str:
    return etree.tostring(root.getroottree(), encoding="unicode")


def _between(text: str, pieces: list[str]) -> list[str]:
    """Return what stands between the pieces of a text; too few if they are no pieces of it."""
    found: list[str] = []
    end = len(pieces[0])
    if not text.startswith(pieces[0]) or not text.endswith(pieces[-1]):
        return found
    for piece in pieces[1:]:
        start = text.find(piece, end)
        if start < 0:
            return found
        found.append(text[end:start])
        end = start + len(piece)
    return found if end == len(text) else []


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and escape(text) == text


class Filling:
    """A form as it is filled in for one workbook."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._inside = list(form.old)
        self._values = dict(form.values)

    @property
    def last_row(self) -> int:
        """The last row that the sheet has."""
        return self._form.last_row

    def value(self, row: int, column: int) -> Value:
        """Return what a cell shows."""
        return self._values.get((row, column))

    def put(self, area: Area, values: Sequence[float | str]) -> tuple[list[int], list[int]] | None:
        """Put values into an area, row by row.

        Returns
        -------
        The places of the values that changed a cell: of numbers for a number or a blank, and of the others.
        None, and nothing is put, if there is a cell with a formula or without a gap, or a value that XML can't hold as
        it is.
        """
        gaps = self._form.places(area)
        inside = []
        for value in values:
            if type(value) is float and math.isfinite(value):
                inside.append(f"><v>{number_text(value)}</v></c>")
            elif isinstance(value, str) and _is_plain(value):
                inside.append(f' t="inlineStr"><is><t>{value}</t></is></c>')
            else:
                return None
        if min(gaps) < 0 or not self._form.formulas.keys().isdisjoint(gaps):
            return None
        numbers: list[int] = []
        others: list[int] = []
        for place, (cell, value) in enumerate(zip(area.cells(), values, strict=True)):
            old = self._values[cell]
            if old is None or not same(old, value):
                number = type(value) is float and (old is None or type(old) is float)
                typed = number and _TYPED.fullmatch(self._inside[gaps[place]]) is not None
                self._values[cell] = value
                self._inside[gaps[place]] = f' t="n"{inside[place]}' if typed else inside[place]
                (numbers if number else others).append(place)
        return numbers, others

    def put_result(self, row: int, column: int, value: Value) -> bool | None:
        """Put the result of a formula into its cell, and return whether it changed.

        None, and nothing is put, if there is no formula, or a text that XML can't hold as it is.
        """
        gap = self._form.gaps.get((row, column), -1)
        formula = self._form.formulas.get(gap)
        if formula is None or value is None or (isinstance(value, str) and not _is_plain(value)):
            return None
        if same(self._values[row, column], value):
            return False
        kind, text = stored_result(value)
        typed = "" if kind == "n" else f' t="{kind}"'
        self._inside[gap] = f"{typed}>{formula}<v>{text}</v></c>"
        self._values[row, column] = value
        return True

    def text(self) -> str:
        """Return the XML of the sheet as it stands."""
        whole = [""] * (2 * len(self._inside) + 1)
        whole[::2] = self._form.pieces
        whole[1::2] = self._inside
        return "".join(whole)
