"""A copy of a workbook for people without rpxl: formulas with its functions become values, all others stay live."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lxml import etree

from rpxl.calculation.analysis import plain_name
from rpxl.calculation.calculate import calculate
from rpxl.calculation.staleness import areas_read
from rpxl.errors import InputError
from rpxl.files import is_same_file, refuse_existing
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.formulas.stored_names import calls_add_in
from rpxl.xlsx.cells import MAIN, CellError, FormulaCell, Value
from rpxl.xlsx.kinds import require_suffix
from rpxl.xlsx.references import Area, area_of, cell_name, sheet_cell, tokenize
from rpxl.xlsx.rows import drop_calculation_chain
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

FROZEN = "Frozen by rpxl"
"""How the note on each sheet begins."""

_CLOSE = 1e-7  # relative; another machine rounds differently
_TINY = 1e-12
_SHOWN = 12  # how many ranges a note names; the rest is counted
_ROW_HEIGHT = 190_500  # of a usual row, in the units of drawings
_FORMULA, _VALUE, _INLINE = f"{MAIN}f", f"{MAIN}v", f"{MAIN}is"
_ANCHOR = "ANCHORARRAY"  # how files write B2#
_REST = ("formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula")

Place = tuple[str, int, int]


@dataclass(frozen=True)
class FreezeReport:
    """What was frozen.

    Attributes
    ----------
    out
        The new file.
    formulas
        How many formulas are values there.
    sheets
        The sheets that they stand on, each with its note.
    notes
        What the user should know, in sentences.
    """

    out: Path
    formulas: int
    sheets: tuple[str, ...]
    notes: tuple[str, ...]


def freeze(source: Path | str, out: Path | str, *, force: bool = False, today: date | None = None) -> FreezeReport:
    """Write a copy of a workbook in which the formulas that call rpxl's functions are their values.

    Native formulas stay live, names stay, and a note below each sheet's cells says what was frozen and when. The parts
    of the file that hold none of these formulas stay as they are, byte for byte.

    Parameters
    ----------
    source
        The workbook, saved with its values. It is not changed.
    out
        The file to write. It appears whole or not at all.
    force
        Replace an existing file; never `source` itself.
    today
        The date in the notes; today unless given.

    Returns
    -------
    FreezeReport

    Raises
    ------
    InputError
        A value is missing, or isn't what its formula gives now: the message names the cell. Or rpxl's functions stand
        where no value can: in a name, a rule of a format or of an input. Or `out` exists, or is `source`.

    Notes
    -----
    Every formula that can be computed here is computed again and compared with the value that the file keeps. Those
    that can't (a function of another add-in, say) are frozen as they are shown, and the report names them. An array
    formula, spilled or not, is frozen with all of its cells; a reference to a spilled range, as in B2#, becomes one to
    its cells.
    """
    target = Path(out)
    if is_same_file(source, target):
        raise InputError(str(target), "is the workbook itself; a copy never replaces it. Choose another name.")
    refuse_existing(target, force)
    book = Workbook(source)
    require_suffix(book.package, target)
    report = frozen(book, today or date.today())
    book.package.save(target, force=force)
    return FreezeReport(target, report.formulas, report.sheets, report.notes)


def frozen(book: Workbook, today: date) -> FreezeReport:
    """Freeze a workbook in memory; see :func:`freeze`."""
    _refuse_elsewhere(book)
    places = {
        (sheet.name, row, column): formula
        for sheet in book.worksheets
        for (row, column), formula in sheet.formulas.items()
        if _calls(book, formula.text)
    }
    if not places:
        raise InputError(book.package.name, "has no formula of rpxl: there is nothing to freeze.")
    notes = _require_values(book, places)
    reads = areas_read(book)
    _point_to_cells(book, {place: formula.area for place, formula in places.items() if formula.dynamic})
    sheets = [sheet for sheet in book.worksheets if any(name == sheet.name for name, _, _ in places)]
    for sheet in sheets:
        areas = [formula.area for (name, _, _), formula in places.items() if name == sheet.name]
        corner = _corner(sheet, [area for area in reads if area.sheet == sheet.name])
        for area in areas:
            for row, column in area.cells():
                _hold(book, sheet, row, column)
        sheet.forget()
        sheet.write(*corner, _note(areas, today))
    drop_calculation_chain(book)
    if any("rpxl.xlam" in link.lower() for link in book.external_links):
        notes.append("The link to rpxl's add-in is still in the file; Excel takes it out with Data, Edit Links.")
    return FreezeReport(Path(), len(places), tuple(sheet.name for sheet in sheets), tuple(notes))


def is_frozen(book: Workbook) -> bool:
    """Tell whether a workbook is a frozen copy: its values don't follow its inputs."""
    parts = [sheet.part for sheet in book.worksheets]
    parts += [part for part in book.package.parts if part.lower().endswith("sharedstrings.xml")]
    return any(f">{FROZEN} on ".encode() in book.package.read(part) for part in parts)


def require_live(book: Workbook) -> None:
    """Refuse to fill a frozen copy.

    Raises
    ------
    InputError
        It is one.
    """
    if is_frozen(book):
        raise InputError(
            book.package.name,
            "is a frozen copy: its values don't follow its inputs. Fill the workbook that it was made from.",
        )


def _calls(book: Workbook, text: str) -> bool:
    """Whether a formula calls a function of rpxl."""
    return any(
        token.kind == "function"
        and plain_name(token.body) in FUNCTIONS
        and calls_add_in(token.prefix, book.external_links)
        for token in tokenize(text)
    )


def _refuse_elsewhere(book: Workbook) -> None:
    """Refuse rpxl's functions outside of cells: there no value can take their place."""
    for name in book.names:
        if _calls(book, name.text):
            raise InputError(
                name.name,
                f"the name computes with rpxl (={name.text}), and a name can't be frozen. Put the formula into "
                "cells, and let the name stand for them.",
            )
    for sheet in book.worksheets:
        for element in sheet.root.iter(*(f"{{*}}{tag}" for tag in _REST)):
            if element.text and _calls(book, element.text):
                raise InputError(
                    sheet.name,
                    f"a rule for formats or inputs on this sheet computes with rpxl (={element.text}), and can't "
                    "be frozen. Put the formula into a cell, and let the rule read that.",
                )


def _require_values(book: Workbook, places: dict[Place, FormulaCell]) -> list[str]:
    """Refuse what is missing or stale; return notes on what can't be compared."""
    advice = "Open the workbook where rpxl is, let it compute, and save it."
    sheets = {sheet.name: sheet for sheet in book.worksheets}
    for (name, *_), formula in places.items():
        for row, column in formula.area.cells():
            if sheets[name].value(row, column) is None:
                raise InputError(sheet_cell(name, row, column), f"the file keeps no value for this formula. {advice}")
    result = calculate(book)
    unseen = []
    for place, formula in places.items():
        if place in result.left:
            shown = sheets[place[0]].value(*place[1:])
            reason = result.left[place]
            if shown == "#NAME?" or "but the workbook keeps" in reason:
                told = f"shows {shown}" if shown == "#NAME?" else f"is stale ({reason})"
                raise InputError(sheet_cell(*place), f"the formula {told}. {advice}")
            unseen.append(sheet_cell(*place))
            continue
        for row, column in formula.area.cells():
            shown, now = sheets[place[0]].value(row, column), result.values[place[0], row, column]
            if not _alike(shown, now):
                cell = sheet_cell(place[0], row, column)
                raise InputError(
                    cell, f"is stale: the file keeps {_told(shown)}, the formula gives {_told(now)}. {advice}"
                )
    if not unseen:
        return []
    listed = ", ".join(unseen[:_SHOWN]) + (f" and {len(unseen) - _SHOWN} more" if len(unseen) > _SHOWN else "")
    return [f"Frozen with the values shown, as rpxl alone can't compute them: {listed}."]


def _alike(shown: Value, now: Value) -> bool:
    if isinstance(shown, float) and isinstance(now, float):
        return abs(shown - now) <= _CLOSE * max(abs(shown), abs(now)) + _TINY
    if isinstance(shown, CellError) or isinstance(now, CellError):
        return type(shown) is type(now) and shown == now and shown != "#NAME?"
    return type(shown) is type(now) and shown == now


def _told(value: Value) -> str:
    return f"{value:.10g}" if isinstance(value, float) else repr(str(value)) if isinstance(value, str) else str(value)


def _hold(book: Workbook, sheet: Sheet, row: int, column: int) -> None:
    """Take the formula out of a cell, and leave its value."""
    cell = sheet.cells[row, column]
    formula = cell.find(_FORMULA)
    if formula is None and cell.get("t") != "str":
        return
    book.package.edit(sheet.part)
    if formula is not None:
        cell.remove(formula)
        cell.attrib.pop("cm", "")
    if cell.get("t") == "str":  # the kind of a text that a formula makes
        value = cell.find(_VALUE)
        text = "" if value is None else value.text or ""
        if value is not None:
            cell.remove(value)
        cell.set("t", "inlineStr")
        inline = etree.SubElement(etree.SubElement(cell, _INLINE), f"{MAIN}t")
        inline.text = text
        if text != text.strip():
            inline.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _point_to_cells(book: Workbook, spilled: dict[Place, Area]) -> None:
    """Let formulas and names that refer to a spilled range, as B2#, refer to its cells."""
    anchors = {(name.casefold(), row, column): area for (name, row, column), area in spilled.items()}
    for sheet in book.worksheets:
        for element in sheet.root.iter(_FORMULA, *(f"{{*}}{tag}" for tag in _REST)):
            _rewrite(book, sheet.part, element, sheet.name, anchors)
    for name in book.names:
        _rewrite(book, book.part, name.element, name.scope or "", anchors)


def _rewrite(
    book: Workbook, part: str, element: etree._Element, home: str, anchors: dict[tuple[str, int, int], Area]
) -> None:
    text = element.text or ""
    if _ANCHOR not in text.upper():
        return
    tokens = list(tokenize(text))
    written, index = [], 0
    while index < len(tokens):
        token, rest = tokens[index], tokens[index + 1 : index + 3]
        if token.kind == "function" and plain_name(token.body) == _ANCHOR and len(rest) == 2 and rest[1].text == ")":
            area = area_of(rest[0], home) if rest[0].kind == "area" else None
            place = (area.sheet.casefold(), area.top, area.left) if area is not None else ("", 0, 0)
            if place in anchors:
                whole = anchors[place]
                end = (
                    f"${_letters(whole)}${whole.bottom}" if "$" in rest[0].body else f"{_letters(whole)}{whole.bottom}"
                )
                written.append(f"{rest[0].text}:{end}" if (whole.height, whole.width) != (1, 1) else rest[0].text)
                index += 3
                continue
        written.append(token.text)
        index += 1
    new = "".join(written)
    if new != text:
        book.package.edit(part)
        element.text = new


def _letters(area: Area) -> str:
    return cell_name(1, area.right).rstrip("0123456789")


def _corner(sheet: Sheet, reads: list[Area]) -> tuple[int, int]:
    """Find the cell for the note: below all others and all pictures, where no formula reads, if there is one."""
    used = [cell for cell in sheet.cells if sheet.value(*cell) is not None] or [(1, 1)]
    bottom = max([*(row for row, _ in used), *_last_rows_of_pictures(sheet)])
    left, right = min(column for _, column in used), max(column for _, column in used)
    columns = [*range(left, right + 3)]
    free = (column for column in columns if not any(area.holds(bottom + 2, column) for area in reads))
    return bottom + 2, next(free, left)


def _last_rows_of_pictures(sheet: Sheet) -> Iterator[int]:
    """Return the rows that charts and pictures end in, or about there where they are anchored to one cell alone."""
    package = sheet.book.package
    for link in package.relationships(sheet.part):
        if not link.type.endswith("/drawing") or link.target not in package:
            continue
        for anchor in package.tree(link.target):
            last, first, size = (anchor.find(path) for path in ("{*}to/{*}row", "{*}from/{*}row", "{*}ext"))
            height = 0 if size is None else int(size.get("cy", "0")) // _ROW_HEIGHT + 1
            row = last if last is not None else first
            yield int((row.text if row is not None else None) or "0") + 1 + (height if last is None else 0)


def _note(areas: list[Area], today: date) -> str:
    names = list(_ranges(areas))
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return (
        f"{FROZEN} on {today.isoformat()}: {listed} hold values and don't follow their inputs any more. All other "
        "formulas are live."
    )


def _ranges(areas: list[Area]) -> Iterator[str]:
    """Write areas, single cells one above the other as one range."""
    joined: list[Area] = []
    for area in sorted(areas, key=lambda a: (a.left, a.top)):
        last = joined[-1] if joined else None
        if last and (last.left, last.right, last.bottom + 1) == (area.left, area.right, area.top):
            joined[-1] = last._replace(bottom=area.bottom)
        else:
            joined.append(area)
    for area in sorted(joined, key=lambda a: (a.top, a.left)):
        first, last_cell = cell_name(area.top, area.left), cell_name(area.bottom, area.right)
        yield first if first == last_cell else f"{first}:{last_cell}"
