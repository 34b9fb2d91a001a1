"""Build the template workbooks, and tell whether a folder holds what the code builds."""

from collections.abc import Iterator
from math import isclose
from pathlib import Path

from lxml import etree

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.errors import InputError, RpxlError
from rpxl.files import write_file
from rpxl.templates import Template
from rpxl.xlsx.cells import MAIN
from rpxl.xlsx.references import cell_name, sheet_cell
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12
"""How far computed numbers may lie apart: the last digits depend on the machine."""


def built(template: Template) -> bytes:
    """Lay a template out with its sample inputs and compute all its formulas.

    The same template always gives the same bytes.

    Raises
    ------
    RpxlError
        A formula of the template cannot be computed.
    """
    book = Workbook(template.build(), template.name)
    result = calculate(book)
    if result.failures or result.left:
        wrong = [str(failure) for failure in result.failures]
        wrong += [f"{sheet_cell(*place)}: {reason}" for place, reason in result.left.items()]
        raise RpxlError(f"{template.name} cannot be built: {wrong[0]}")
    write_cached(book, result)
    return book.package.to_bytes()


def build(folder: Path) -> Iterator[Path]:
    """Build every template into a folder, one by one; files of those names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in templates.names():
        path = folder / f"{name}.xlsx"
        write_file(path, built(templates.get(name)), force=True)
        yield path


def check(folder: Path) -> list[str]:
    """Say how the workbooks in a folder differ from what the code builds; nothing when they don't.

    Computed numbers may differ in their last digits, everything else must be the same.
    """
    wanted = {f"{name}.xlsx" for name in templates.names()}
    differences = [
        f"{path.name} is not one of the templates." for path in sorted(folder.glob("*.xlsx")) if path.name not in wanted
    ]
    for name in templates.names():
        differences += differences_of(folder / f"{name}.xlsx", name)
    return differences


def differences_of(path: Path, name: str) -> list[str]:
    """Say how one file differs from what a template builds."""
    if not path.is_file():
        return [f"{path.name} is missing."]
    try:
        return [
            f"{path.name}: {change}" for change in compare(Workbook(path), Workbook(built(templates.get(name)), name))
        ]
    except InputError as error:
        return [str(error)]


def compare(book: Workbook, other: Workbook) -> Iterator[str]:
    """Compare a workbook part by part with another; computed numbers may differ in their last digits."""
    parts, others = set(book.package.parts), set(other.package.parts)
    for part in sorted(parts ^ others):
        yield f"the part {part} is {'too many' if part in parts else 'missing'}."
    sheets = {sheet.part: sheet for sheet in book.worksheets}
    wanted = {sheet.part: sheet for sheet in other.worksheets}
    for part in sorted(parts & others):
        if part in sheets and part in wanted:
            yield from _compare_sheets(sheets[part], wanted[part])
        elif book.package.read(part) != other.package.read(part):
            yield f"the part {part} differs."


def _compare_sheets(sheet: Sheet, other: Sheet) -> Iterator[str]:
    for cell in sorted(_computed(sheet) & _computed(other)):
        one, two = sheet.value(*cell), other.value(*cell)
        if one != two and not (
            isinstance(one, float)
            and isinstance(two, float)
            and isclose(one, two, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
        ):
            yield f"{sheet_cell(sheet.name, *cell)} holds {one!r}, not {two!r}."
    if _without_numbers(sheet) != _without_numbers(other):
        yield f"the sheet {sheet.name} differs in something other than computed numbers."


def _computed(sheet: Sheet) -> set[tuple[int, int]]:
    return {cell for formula in sheet.formulas.values() for cell in formula.area.cells()}


def _without_numbers(sheet: Sheet) -> bytes:
    """Return the XML of a sheet without the values of computed cells."""
    root = etree.fromstring(etree.tostring(sheet.root))
    computed = {cell_name(*cell) for cell in _computed(sheet)}
    for cell in root.iter(f"{MAIN}c"):
        value = cell.find(f"{MAIN}v")
        if cell.get("r") in computed and value is not None:
            value.text = None
    return etree.tostring(root)
