"""Another number of assets: the template is laid out anew, if nobody has changed it since it was built."""

import re
from typing import Any

from lxml import etree

from rpxl.errors import InputError
from rpxl.workbook.inputs import Inputs
from rpxl.workbook.references import cell_name
from rpxl.workbook.sheet import MAIN, Book, Sheet

PROPERTY = "rpxl template"
_UNSEEN = re.compile(r"docProps/core\.xml|.*sharedStrings\.xml|.*calcChain\.xml", re.IGNORECASE)
_CACHES = ("numCache", "strCache", "calcPr")


def rebuild(book: Book, assets: int, dates: int) -> Book:
    """Lay a template out for another number of assets, and carry its scalar inputs over.

    Raises
    ------
    InputError
        When the workbook isn't a template, or was changed by hand: formulas, charts or anything else.
    """
    from rpxl.workbook import templates  # here: they bring in what builds workbooks

    inputs = Inputs(book)
    prices = inputs.find("Prices")
    assert prices is not None
    wish = f"the prices have {assets} assets, but the workbook has {prices.width}"
    name = book.custom_properties.get(PROPERTY)
    if name is None or name not in templates.names():
        raise InputError(
            book.package.name,
            f"{wish}. Only an rpxl template can be laid out anew. Give prices of {prices.width} assets, "
            "or start from a template.",
        )
    template = templates.get(name)
    pristine = Book(template.build(assets=prices.width, dates=prices.height - 1), name)
    change = difference(book, pristine)
    if change is not None:
        raise InputError(
            book.package.name,
            f"{wish}, and it is not as this version of rpxl builds it ({change} differs): laying it out anew "
            "would lose that. "
            f"Give prices of {prices.width} assets, or fill the untouched template {name} instead.",
        )
    new = Book(template.build(assets=assets, dates=dates), book.package.name)
    targets = Inputs(new)
    for known, area in inputs.settable().items():
        target = targets.find(known)
        if area.height * area.width == 1 and target is not None and targets.formula_in(target) is None:
            value = inputs.values(area)[0]
            if isinstance(value, float | str) and not isinstance(value, bool):
                targets.write(target, [value])
    return new


def difference(book: Book, other: Book) -> str | None:
    """Say where two workbooks differ apart from the values of inputs and results; None when nowhere."""
    parts = {part for part in book.package.parts if not _UNSEEN.match(part)}
    others = {part for part in other.package.parts if not _UNSEEN.match(part)}
    if parts != others:
        return f"the part {min(parts ^ others)}"
    sheets = {sheet.part: sheet for sheet in other.worksheets}
    for sheet in book.worksheets:
        if sheet.part not in sheets or sheet.name != sheets[sheet.part].name:
            return f"the sheet {sheet.name}"
        change = _sheet_difference(sheet, sheets[sheet.part])
        if change is not None:
            return change
    for part in sorted(parts - sheets.keys()):
        if book.package.read(part) != other.package.read(part) and _skeleton(book, part) != _skeleton(other, part):
            return f"the part {part}"
    return None


def _sheet_difference(one: Sheet, other: Sheet) -> str | None:
    inputs = [area for area in Inputs(one.book).settable().values() if area.sheet == one.name]
    seen, pattern = _contents(one), _contents(other)
    for cell in sorted(seen.keys() | pattern.keys()):
        if seen.get(cell) == pattern.get(cell):
            continue
        same_look = cell in seen and cell in pattern and seen[cell][:2] == pattern[cell][:2]
        if not (same_look and any(area.holds(*cell) for area in inputs)):
            row, column = cell
            return f"the cell {one.name}!{cell_name(row, column)}"
    if _rows(one) != _rows(other) or _frame(one) != _frame(other):
        return f"the layout of the sheet {one.name}"
    return None


def _contents(sheet: Sheet) -> dict[tuple[int, int], tuple[Any, ...]]:
    """For each cell its style, its formula, and, for a constant, its value."""
    computed = {cell for formula in sheet.formulas.values() for cell in formula.area.cells()}
    contents = {}
    for cell, element in sheet.cells.items():
        value = None if cell in computed else sheet.value(*cell)
        content = element.get("s"), sheet.formulas.get(cell), value
        if content != (None, None, None):
            contents[cell] = content
    return contents


def _rows(sheet: Sheet) -> dict[int, dict[str, str]]:
    return {
        n: {str(k): str(v) for k, v in row.attrib.items() if k not in ("r", "spans")} for n, row in sheet.rows.items()
    }


def _frame(sheet: Sheet) -> list[bytes]:
    """Everything of a sheet but its cells."""
    return [etree.tostring(child, method="c14n") for child in sheet.root if child.tag != f"{MAIN}sheetData"]


def _skeleton(book: Book, part: str) -> bytes:
    """Write a part without the values that charts keep, and how Excel is asked to calculate."""
    if not part.endswith((".xml", ".rels")):
        return book.package.read(part)
    root = etree.fromstring(etree.tostring(book.package.tree(part)))
    for element in list(root.iter()):
        if isinstance(element.tag, str) and etree.QName(element).localname in _CACHES:
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    return etree.tostring(root, method="c14n")
