"""Another number of assets or rows: an unchanged template is laid out anew; in others only result rows can change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from rpxl.errors import InputError
from rpxl.filling.extensions import bare, carry_over
from rpxl.filling.inputs import WorkbookInputs, set_value
from rpxl.filling.relink import as_custom_functions, has_custom_functions
from rpxl.filling.result_rows import resize_results
from rpxl.xlsx.cells import MAIN
from rpxl.xlsx.references import cell_name, same_name
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

if TYPE_CHECKING:  # what builds workbooks is needed by a few fills only
    from rpxl.templates.page import Rows
    from rpxl.templates.template import Template, TemplateInputs

PROPERTY = "rpxl template"
_UNSEEN = re.compile(r"docProps/core\.xml|.*sharedStrings\.xml|.*calcChain\.xml", re.IGNORECASE)
_CACHES = ("numCache", "strCache", "calcPr")


def rebuild(book: Workbook, assets: int, dates: int) -> Workbook:
    """Lay a template out for another number of assets, and carry its scalar inputs over.

    Raises
    ------
    InputError
        When the workbook isn't a template, or was changed by hand: formulas, charts or anything else.
    """
    prices = WorkbookInputs(book).find("Prices")
    assert prices is not None
    own = template_of(book)
    wish = f"the prices have {assets} assets, but the workbook has {prices.width}"
    advice = f"Give prices of {prices.width} assets"
    if own is None:
        raise InputError(
            book.package.name,
            f"{wish}. Only an rpxl template can be laid out anew. {advice}, or start from a template.",
        )
    given = given_inputs(book, own)
    _require_pristine(book, own, given, wish, advice)
    if len(given.get("Dates", ())) != dates:  # type: ignore[arg-type]
        given.pop("Dates", None)
    return carry_over(book, Workbook(own.build(assets, dates, given), book.package.name))


def reshape(
    book: Workbook, days: Sequence[float] | None, settings: Mapping[str, str], rows: Rows | None = None
) -> tuple[Workbook, str, int]:
    """Give a template rows for new values of inputs, if its rows depend on them and new values ask for other rows.

    It is laid out anew; where somebody changed it, it is resized in place.

    Parameters
    ----------
    book
        The workbook. It gets those of the settings that the layout depends on.
    days
        The numbers of new dates; None when they stay.
    settings
        New values of single inputs, as text.
    rows
        New labels and prices, if there are any.

    Returns
    -------
    The new workbook, with its single inputs, and its prices unless they have new dates, or the old one where that will
    do; what was done to it, empty for nothing; and how many of its inputs the settings changed.

    Raises
    ------
    InputError
        When other rows are needed, and something that somebody added or changed can't follow.
    """
    own = template_of(book)
    if own is None or own.shape is None:
        return book, "", 0
    inputs = WorkbookInputs(book)
    prices = inputs.require("Prices")
    held: Rows = book.sheet(prices.sheet).values(prices)  # type: ignore[assignment]
    old = _with_prices(own, given_inputs(book, own), held)
    cells = 0
    for name, text in settings.items():
        area, an_asset = inputs.find(name), inputs.find(f"{name}_column") is not None
        if area is not None and area.height * area.width == 1 and not an_asset:  # assets by their names come later
            cells += set_value(inputs, name, text)
    new = given_inputs(book, own)
    if days is not None:
        new["Dates"] = [[day] for day in days]
        new = _with_prices(own, new, rows)
    else:
        new["Prices"] = held
    width = len(new["Prices"][0]) if "Prices" in new else prices.width  # type: ignore[index]
    if own.shape(new) == own.shape(old) and width == prices.width:
        return book, "", cells
    if width != prices.width:
        wish = f"the prices have {width} assets, but the workbook has {prices.width}"
        _require_pristine(book, own, old, wish, f"Give prices of {prices.width} assets")
    pristine = Workbook(own.build(prices.width, prices.height - 1, old), own.name)
    anew = Workbook(own.build(width, len(new["Dates"]), new), book.package.name)  # type: ignore[arg-type]
    if difference(bare(book), pristine) is None:
        return carry_over(book, anew), "The template was laid out anew for the rows of the results.", cells
    custom = has_custom_functions(book.package)
    resize_results(book, pristine, anew, list(own.sample()), "these inputs ask for other rows")
    if custom:
        as_custom_functions(book.package)
        for sheet in book.worksheets:
            sheet.forget()
    return book, "The rows of the results were resized in place; what you added or changed is kept.", cells


def _with_prices(own: Template, given: TemplateInputs, rows: Rows | None) -> TemplateInputs:
    """Add the prices to the inputs of a template whose layout follows them."""
    if rows is None or own.follows_prices is None or not own.follows_prices(given):
        return given
    return given | {"Prices": rows}


def template_of(book: Workbook) -> Template | None:
    """Return the template that a workbook was built from, or None."""
    from rpxl import templates  # here: they bring in what builds workbooks

    name = book.custom_properties.get(PROPERTY)
    return templates.get(name) if name is not None and name in templates.names() else None


def given_inputs(book: Workbook, own: Template) -> TemplateInputs:
    """Return the values of single inputs of a template, and of the dates."""
    inputs = WorkbookInputs(book)
    given: TemplateInputs = {}
    for name in own.sample():
        area = inputs.find(name)
        if area is None or inputs.formula_in(area) is not None:
            continue
        values = inputs.values(area)
        plain = [value for value in values if isinstance(value, float | str) and not isinstance(value, bool)]
        if len(plain) == len(values) and (len(values) == 1 or name == "Dates"):
            given[name] = [[value] for value in plain] if name == "Dates" else plain[0]
    return given


def _require_pristine(book: Workbook, own: Template, given: TemplateInputs, wish: str, advice: str) -> None:
    prices = WorkbookInputs(book).find("Prices")
    assert prices is not None
    pristine = Workbook(own.build(prices.width, prices.height - 1, given), own.name)
    change = difference(bare(book), pristine)
    if change is not None:
        raise InputError(
            book.package.name,
            f"{wish}, and it is not as this version of rpxl builds it ({change} differs): laying it out anew "
            f"would lose that. {advice}, or fill the untouched template {own.name} instead.",
        )


def difference(book: Workbook, other: Workbook) -> str | None:
    """Say where two workbooks differ apart from the values of inputs and results; None when nowhere."""
    parts = {part for part in book.package.parts if not _UNSEEN.match(part)}
    others = {part for part in other.package.parts if not _UNSEEN.match(part)}
    if parts != others:
        return f"the part {min(parts ^ others)}"
    sheets = {sheet.part: sheet for sheet in other.worksheets}
    for sheet in book.worksheets:
        if sheet.part not in sheets or sheet.name != sheets[sheet.part].name:
            return f"the sheet {sheet.name}"
        change = _sheet_difference(book, sheet, sheets[sheet.part])
        if change is not None:
            return change
    for part in sorted(parts - sheets.keys()):
        if book.package.read(part) != other.package.read(part) and _skeleton(book, part) != _skeleton(other, part):
            return f"the part {part}"
    return None


def _sheet_difference(book: Workbook, one: Sheet, other: Sheet) -> str | None:
    inputs = [area for area in WorkbookInputs(book).settable().values() if area.sheet == one.name]
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


def _skeleton(book: Workbook, part: str) -> bytes:
    """Write a part without the values that charts keep, and how Excel is asked to calculate."""
    if not part.endswith((".xml", ".rels")):
        return book.package.read(part)
    root = etree.fromstring(etree.tostring(book.package.tree(part)))
    if part.endswith("/workbook.xml"):
        _drop_print_area(root, WorkbookInputs(book))
    for element in list(root.iter()):
        if isinstance(element.tag, str) and etree.QName(element).localname in _CACHES:
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    return etree.tostring(root, method="c14n")


def _drop_print_area(root: etree._Element, inputs: WorkbookInputs) -> None:
    """Take the print area of the prices out: it follows their rows."""
    prices = inputs.find("Prices")
    for name in list(root.iter(f"{MAIN}definedName")):
        sheet, parent = (name.text or "").rpartition("!")[0].strip("'"), name.getparent()
        ours = prices is not None and same_name(sheet, prices.sheet)
        if ours and name.get("name") == "_xlnm.Print_Area" and parent is not None:
            parent.remove(name)
