"""Formulas that are filled down a column, or that fill rows: they follow when rows come or go in their middle.

Excel leaves the new rows of such a column blank, and one formula below them reads the wrong row. Here the formulas are
taken out before, and filled down over all rows after.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from rpxl.errors import InputError
from rpxl.xlsx.cells import MAIN, FormulaCell
from rpxl.xlsx.references import Area, RowChange, Token, cell_name, same_name, sheet_cell, tokenize, translate
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

Place = tuple[str, int, int]
"""Sheet, row, column."""

_FORMULA, _VALUE = f"{MAIN}f", f"{MAIN}v"
_ABSOLUTE = re.compile(r"((?:\$?[A-Za-z]{1,3})?\$)(\d+)")


class FilledDown(NamedTuple):
    """A formula that is filled down from row `top` to row `bottom` of a column; `text` is that of row `top`."""

    sheet: str
    column: int
    top: int
    bottom: int
    text: str
    array: bool
    mark: str | None
    """The attribute that marks an array formula that spills in the file; None if it doesn't spill."""


class Stretched(NamedTuple):
    """An array formula over several rows, by its area."""

    area: Area


Following = FilledDown | Stretched


def take_out(
    book: Workbook, changes: Sequence[RowChange], managed: Collection[Place], wish: str
) -> list[tuple[Following, tuple[int, int]]]:
    """Take out what can't stay where rows come or go, and return it for :func:`put_back`.

    Parameters
    ----------
    book
        The workbook, before the changes.
    changes
        The changes, of which none touches rows of another; rows count as they stand before all of them.
    managed
        Cells that the caller writes anew.
    wish
        What messages begin with: why rows come or go.

    Returns
    -------
    Each formula that was taken out, with the first and the last row that it fills after the changes.

    Raises
    ------
    InputError
        A column of formulas can't be filled down, or something would be lost with rows that go.
    """
    found: dict[Following, tuple[int, int]] = {}
    for change in changes:
        sheet = book.sheet(change.sheet)
        kept = {(row, column) for name, row, column in managed if name == sheet.name}
        seam = (change.at - 1, change.at if change.extra > 0 else change.at - change.extra)
        for row, column in sorted(sheet.formulas):
            formula = sheet.formulas[row, column]
            if (row, column) in kept:
                continue
            if formula.area.height > 1 and formula.area.top <= seam[0] and formula.area.bottom >= seam[1]:
                found[Stretched(formula.area)] = _moved_span(changes, formula.area)
            elif row == seam[0]:
                run = _run(sheet, row, column, kept)
                if run.bottom >= seam[1]:
                    _require_followable(book, run, changes, wish)
                    found[run] = _moved_span(changes, Area(sheet.name, run.top, column, run.bottom, column))
                elif change.extra > 0 and _ordinary(sheet, seam[1], column, kept):
                    raise _unextended(book, sheet, seam[1], column, wish)
        if change.extra < 0:
            _require_nothing_lost(book, change, kept, found, wish)
    for follower in found:
        if isinstance(follower, Stretched):
            _shorten(book.sheet(follower.area.sheet), follower.area)
        else:
            sheet = book.sheet(follower.sheet)
            for row in range(follower.top, follower.bottom + 1):
                blank_formula(sheet, row, follower.column)
    for sheet in book.worksheets:
        sheet.forget()
    return list(found.items())


def put_back(
    book: Workbook, following: Sequence[tuple[Following, tuple[int, int]]], changes: Sequence[RowChange]
) -> None:
    """Fill formulas down again, after the changes.

    Raises
    ------
    InputError
        A formula refers to a row that is gone.
    """
    for follower, (top, bottom) in following:
        if isinstance(follower, Stretched):
            area = follower.area
            set_area(book.sheet(area.sheet), area._replace(top=top, bottom=bottom))
            continue
        sheet, text, column = book.sheet(follower.sheet), follower.text, follower.column
        for change in sorted(changes, key=lambda change: -change.at):  # so the rows of the others still count
            try:
                text = _move_absolute(text, change, sheet.name)
            except LookupError as lost:
                place = sheet_cell(sheet.name, follower.top, column)
                raise book.package.error(
                    f"{place} refers to {lost}, which is in the rows that are taken out."
                ) from None
        text = translate(text, top - follower.top, 0)
        for row in range(top, bottom + 1):
            cell = Area(sheet.name, row, column, row, column) if follower.array else None
            put_formula(sheet, row, column, translate(text, row - top, 0), cell, follower.mark)
        book.changed.append(Area(sheet.name, top, column, bottom, column))
    for sheet in book.worksheets:
        sheet.forget()


def filled_cells(following: Sequence[tuple[Following, tuple[int, int]]]) -> set[Place]:
    """Return the cells that :func:`put_back` writes formulas into."""
    return {
        (follower.sheet, row, follower.column)
        for follower, (top, bottom) in following
        if isinstance(follower, FilledDown)
        for row in range(top, bottom + 1)
    }


def moved_row(changes: Sequence[RowChange], sheet: str, row: int) -> int | None:
    """Return where a row stands after the changes, whose rows count as before all of them; None when it is gone."""
    extra = 0
    for change in changes:
        if not same_name(change.sheet, sheet) or row < change.at:
            continue
        if change.row(row) is None:
            return None
        extra += change.extra
    return row + extra


def put_formula(
    sheet: Sheet, row: int, column: int, text: str, area: Area | None = None, mark: str | None = None
) -> None:
    """Put a formula into a cell; with an `area` it is an array formula, and with a `mark` one that spills."""
    if (row, column) not in sheet.cells:
        sheet.write(row, column, 0.0)
    sheet.book.package.edit(sheet.part)
    cell = sheet.cells[row, column]
    for child in list(cell):
        cell.remove(child)
    for attribute in ("t", "cm", "vm"):
        cell.attrib.pop(attribute, "")
    element = cell.makeelement(_FORMULA, {})
    cell.insert(0, element)
    element.text = text
    if area is not None:
        element.set("t", "array")
        element.set("ref", _range(area))
        if mark is not None:
            cell.set("cm", mark)


def set_area(sheet: Sheet, area: Area) -> None:
    """Let the array formula in the first cell of an area fill the area."""
    sheet.book.package.edit(sheet.part)
    element = sheet.cells[area.top, area.left].find(_FORMULA)
    assert element is not None
    element.set("ref", _range(area))


def blank_formula(sheet: Sheet, row: int, column: int) -> None:
    """Replace a formula by one without references, which can move with its cell."""
    sheet.book.package.edit(sheet.part)
    element = sheet.cells[row, column].find(_FORMULA)
    assert element is not None
    for attribute in ("t", "si", "ref"):
        element.attrib.pop(attribute, "")
    element.text = "0"


def write_out_shared(sheet: Sheet) -> None:
    """Give each cell of a shared formula a formula of its own."""
    for (row, column), formula in sheet.formulas.items():
        element = sheet.cells[row, column].find(_FORMULA)
        assert element is not None
        if element.get("t") == "shared":
            sheet.book.package.edit(sheet.part)
            for attribute in ("t", "si", "ref"):
                element.attrib.pop(attribute, "")
            element.text = formula.text


def _shorten(sheet: Sheet, area: Area) -> None:
    set_area(sheet, area._replace(bottom=area.top))


def _range(area: Area) -> str:
    first, last = cell_name(area.top, area.left), cell_name(area.bottom, area.right)
    return first if first == last else f"{first}:{last}"


def _ordinary(sheet: Sheet, row: int, column: int, kept: Collection[tuple[int, int]]) -> FormulaCell | None:
    """Return the formula of a cell that can be one of many in a column."""
    formula = sheet.formulas.get((row, column))
    return formula if formula is not None and formula.area.height == 1 and (row, column) not in kept else None


def _run(sheet: Sheet, row: int, column: int, kept: Collection[tuple[int, int]]) -> FilledDown:
    """Find how far the formula of a cell is filled up and down."""
    here = _ordinary(sheet, row, column, kept)
    assert here is not None
    ends = []
    for step in (-1, 1):
        end, last = row, here
        while (following := _ordinary(sheet, end + step, column, kept)) is not None and _copies(last, following, step):
            end, last = end + step, following
        ends.append(end)
    first = sheet.formulas[ends[0], column]
    mark = sheet.cells[ends[0], column].get("cm")
    return FilledDown(sheet.name, column, ends[0], ends[1], first.text, first.array, mark)


def _copies(one: FormulaCell, other: FormulaCell, step: int) -> bool:
    return (
        one.array == other.array
        and one.area.width == other.area.width == 1
        and one.readable
        and translate(one.text, step, 0) == other.text
    )


def _require_followable(book: Workbook, run: FilledDown, changes: Sequence[RowChange], wish: str) -> None:
    """Refuse a formula that reads other rows of a sheet whose rows stay: its new rows would read too far."""
    moving = [change.sheet for change in changes]
    for token in tokenize(run.text):
        home = token.sheet if token.sheet is not None else run.sheet
        if token.kind == "area" and _relative(token) and not any(same_name(home, sheet) for sheet in moving):
            raise _unextended(book, book.sheet(run.sheet), run.top, run.column, f"{wish} ({token.text} would not grow)")


def _relative(token: Token) -> bool:
    return any(re.fullmatch(r"\$?[A-Za-z]{1,3}\d+|\d+", end) for end in token.body.split(":"))


def _unextended(book: Workbook, sheet: Sheet, row: int, column: int, wish: str) -> InputError:
    place = sheet_cell(sheet.name, row, column)
    return InputError(
        book.package.name,
        f"{wish}, and the formulas beside the rows ({place}) can't be extended. Move them to another sheet, or change "
        "the number of rows in Excel.",
    )


def _require_nothing_lost(
    book: Workbook,
    change: RowChange,
    kept: Collection[tuple[int, int]],
    following: Collection[Following],
    wish: str,
) -> None:
    """Refuse to take out rows that hold something which neither the caller nor :func:`put_back` writes again."""
    sheet = book.sheet(change.sheet)
    gone = range(change.at, change.at - change.extra)
    spilled = [f.area for f in following if isinstance(f, Stretched) and f.area.sheet == sheet.name]
    runs = [f for f in following if isinstance(f, FilledDown) and f.sheet == sheet.name]
    for row, column in sorted(sheet.cells):
        if row not in gone or (row, column) in kept or any(area.holds(row, column) for area in spilled):
            continue
        if any(run.column == column and run.top <= row <= run.bottom for run in runs):
            continue
        if sheet.value(row, column) is not None or (row, column) in sheet.formulas:
            raise InputError(
                book.package.name,
                f"{wish}; taking rows out would lose {sheet_cell(sheet.name, row, column)} beside them. Move it to "
                "another sheet.",
            )


def _moved_span(changes: Sequence[RowChange], area: Area) -> tuple[int, int]:
    """Return where the first and the last row of an area go; if one is gone, the nearest row inside that is left."""
    top = next(row for k in range(area.height) if (row := moved_row(changes, area.sheet, area.top + k)) is not None)
    bottom = next(
        row for k in range(area.height) if (row := moved_row(changes, area.sheet, area.bottom - k)) is not None
    )
    return top, bottom


def _move_absolute(text: str, change: RowChange, home: str) -> str:
    """Move the rows with ``$`` in a formula, and leave the others, which count from the formula's own row."""
    parts = []
    for token in tokenize(text):
        sheet = token.sheet if token.sheet is not None else home
        if token.kind != "area" or not same_name(sheet, change.sheet):
            parts.append(token.text)
            continue
        ends = token.body.split(":")
        fixed = [_ABSOLUTE.fullmatch(end) for end in ends]
        rows = [int(match[2]) for match in fixed if match is not None]
        if not rows:
            parts.append(token.text)
            continue
        span = change.span(min(rows), max(rows))
        if span is None:
            raise LookupError(token.text)
        new = {min(rows): span[0], max(rows): span[1]} if len(rows) > 1 else {rows[0]: span[0]}
        body = ":".join(
            end if match is None else f"{match[1]}{new[int(match[2])]}" for end, match in zip(ends, fixed, strict=True)
        )
        parts.append(token.text[: len(token.text) - len(token.body)] + body)
    return "".join(parts)
