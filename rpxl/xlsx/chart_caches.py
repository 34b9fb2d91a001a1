"""Updates the values that charts store of their cells: viewers that do not compute draw these stored values."""

import contextlib
import re
from collections.abc import Iterator

from lxml import etree

from rpxl.xlsx.cells import CellError, Value, number_text
from rpxl.xlsx.references import Area, area_of, tokenize
from rpxl.xlsx.workbook import Workbook

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_PART = re.compile(r"xl/charts/chart[^/]*\.xml", re.IGNORECASE)
_KINDS = {f"{_CHART}numRef": f"{_CHART}numCache", f"{_CHART}strRef": f"{_CHART}strCache"}
_MOST = 100_000  # cells of one reference


def refresh_charts(book: Workbook) -> int:
    """Update the stored values of charts to those of the cells; return the number of references that changed.

    A reference without stored values, or one that is not made of plain ranges, is left unchanged.
    """
    count = 0
    for part in filter(_PART.fullmatch, book.package.parts):
        for reference in book.package.tree(part).iter(*_KINDS):
            cache = reference.find(_KINDS[reference.tag])
            areas = _areas(book, reference.findtext(f"{_CHART}f") or "")
            if cache is None or not areas or sum(area.height * area.width for area in areas) > _MOST:
                continue
            values = [value for area in areas for row in book.sheet(area.sheet).values(area) for value in row]
            new = dict(_points(values, cache.tag.endswith("numCache")))
            if new != _kept(cache) or len(values) != _size(cache):
                book.package.edit(part)
                _write(cache, new, len(values))
                count += 1
    return count


def _areas(book: Workbook, text: str) -> list[Area]:
    """Return the ranges of a reference; an empty list if it holds anything else."""
    sheets = {sheet.name.casefold(): sheet.name for sheet in book.worksheets}
    areas = []
    for token in tokenize(text.strip().removeprefix("(").removesuffix(")")):
        area = None
        if token.kind == "area" and token.sheet:
            area = area_of(token, "")
        elif token.kind == "name":
            name = book.name(token.body, token.sheet)
            area = None if name is None else name.area
        elif token.text == ",":
            continue
        if area is None or area.sheet.casefold() not in sheets:
            return []
        areas.append(area._replace(sheet=sheets[area.sheet.casefold()]))
    return areas


def _points(values: list[Value], numbers: bool) -> Iterator[tuple[int, str]]:
    for index, value in enumerate(values):
        if isinstance(value, bool) or value is None or value == "":
            continue
        if isinstance(value, float):
            yield index, number_text(value)
        elif not numbers or isinstance(value, CellError):
            yield index, value


def _kept(cache: etree._Element) -> dict[int, str]:
    points = {}
    for point in cache.iterfind(f"{_CHART}pt"):
        text = point.findtext(f"{_CHART}v") or ""
        if cache.tag.endswith("numCache"):
            with contextlib.suppress(ValueError, OverflowError):  # an error value
                text = number_text(float(text))
        points[int(point.get("idx", "0"))] = text
    return points


def _size(cache: etree._Element) -> int:
    count = cache.find(f"{_CHART}ptCount")
    return -1 if count is None else int(count.get("val", "-1"))


def _write(cache: etree._Element, points: dict[int, str], size: int) -> None:
    formats = {point.get("idx"): point.get("formatCode") for point in cache.iterfind(f"{_CHART}pt")}
    for old in cache.findall(f"{_CHART}pt") + cache.findall(f"{_CHART}ptCount"):
        cache.remove(old)
    position = 1 if cache.find(f"{_CHART}formatCode") is not None else 0
    new = [cache.makeelement(f"{_CHART}ptCount", {"val": str(size)})]
    for index, text in points.items():
        point = cache.makeelement(f"{_CHART}pt", {"idx": str(index)})
        if formats.get(str(index)):
            point.set("formatCode", formats[str(index)] or "")
        etree.SubElement(point, f"{_CHART}v").text = text
        new.append(point)
    cache[position:position] = new
