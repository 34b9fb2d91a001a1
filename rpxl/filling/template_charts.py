"""The charts of a template in a workbook made from it: after rows come or go they draw what the template's would."""

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from rpxl.filling.correspondence import Correspondence
from rpxl.xlsx.references import Area, area_of, tokenize
from rpxl.xlsx.workbook import Workbook

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_PART = re.compile(r"xl/charts/chart[^/]*\.xml", re.IGNORECASE)
_SCALE = (("numFmt",), ("majorUnit", "majorTimeUnit"))
"""What an axis of dates shows by the length of the history; the number and the unit of a step are one choice."""


def drawn(old: Workbook, new: Workbook) -> Iterator[tuple[Area, Area]]:
    """Pair the ranges that the charts of two workbooks of the same template draw."""
    for part in _parts(old):
        for (_, one), (_, other) in zip(_ranges(old, part), _ranges(new, part), strict=True):
            yield one, other


class TemplateCharts:
    """The template's charts in a workbook, found by the ranges that they draw before its rows come or go.

    Parameters
    ----------
    book
        The workbook.
    old, new
        What its template builds for the inputs that it was laid out for, and for the new ones.
    match
        The workbook beside `old`.
    """

    def __init__(self, book: Workbook, old: Workbook, new: Workbook, match: Correspondence) -> None:
        self._book = book
        self._ranges: list[tuple[str, etree._Element, str]] = []
        self._scales: list[tuple[str, etree._Element, str, str]] = []
        drawings = {part: list(_ranges(book, part)) for part in _parts(book)}
        for part in _parts(old):
            before, after = list(_ranges(old, part)), list(_ranges(new, part))
            wanted = {match.area(area) for _, area in before}
            texts = {
                match.area(one): match.text(element.text or "")
                for (_, one), (element, _) in zip(before, after, strict=True)
            }
            for here, ranges in drawings.items():
                if wanted and {area for _, area in ranges} == wanted:
                    self._ranges += ((here, element, texts[area]) for element, area in ranges)
                    self._scales += self._axes(here, old, new, part)

    def follow(self) -> None:
        """Draw the new ranges, after the rows came or went."""
        for part, element, text in self._ranges:
            if element.text != text:
                self._book.package.edit(part)
                element.text = text
        for part, element, attribute, value in self._scales:
            self._book.package.edit(part)
            element.set(attribute, value)

    def _axes(
        self, here: str, old: Workbook, new: Workbook, part: str
    ) -> Iterator[tuple[str, etree._Element, str, str]]:
        """Return what must change in the axes of dates, where the user did not change them."""
        parts = (self._book, here), (old, part), (new, part)
        axes = [list(book.package.tree(name).iter(f"{_CHART}dateAx")) for book, name in parts]
        for axis, before, after in zip(*axes, strict=False):
            for tags in _SCALE:
                mine, one, other = (_elements(a, tags) for a in (axis, before, after))
                if len(mine) == len(other) == len(tags) and list(map(_said, mine)) == list(map(_said, one)):
                    for element, wanted in zip(mine, other, strict=True):
                        if _said(element) != _said(wanted):
                            yield here, element, *_said(wanted)


def _elements(axis: etree._Element, tags: Sequence[str]) -> list[etree._Element]:
    return [element for tag in tags if (element := axis.find(f"{_CHART}{tag}")) is not None]


def _said(element: etree._Element) -> tuple[str, str]:
    """Return the attribute that holds the value of an element, and the value; some programs write backslashes in it."""
    attribute = "formatCode" if element.tag == f"{_CHART}numFmt" else "val"
    return attribute, element.get(attribute, "").replace("\\", "")


def _parts(book: Workbook) -> list[str]:
    return sorted(filter(_PART.fullmatch, book.package.parts))


def _ranges(book: Workbook, part: str) -> Iterator[tuple[etree._Element, Area]]:
    """Return the references of a chart that are one range, as elements and as areas."""
    names = {sheet.name.casefold(): sheet.name for sheet in book.worksheets}
    for element in book.package.tree(part).iter(f"{_CHART}f"):
        tokens = tokenize(element.text or "")
        if len(tokens) == 1 and tokens[0].kind == "area" and tokens[0].sheet:
            area = area_of(tokens[0], "")
            yield element, area._replace(sheet=names.get(area.sheet.casefold(), area.sheet))
