"""Give a template's results another number of rows in place, in a workbook that its user changed or added to.

The template is built for the old inputs and for the new ones. Where a range (named, filled by a formula, or drawn by a
chart) has another height in the two, rows are put in or taken out, and all that refers to them follows. Then each cell
that the user did not change gets what the template builds for the new inputs. So this module need not know where a
template has its results.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from rpxl.errors import InputError
from rpxl.filling.correspondence import Correspondence, spilled_cells
from rpxl.filling.filled_down import (
    Place,
    blank_formula,
    filled_cells,
    moved_row,
    put_back,
    put_formula,
    set_area,
    take_out,
    write_out_shared,
)
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.template_charts import TemplateCharts, drawn
from rpxl.xlsx.references import Area, RowChange, sheet_cell
from rpxl.xlsx.rows import delete_rows, insert_rows
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import DefinedName, Workbook


class _Pair(NamedTuple):
    """A range of the template as it is, and as it is to be; named, or filled by a formula, or neither."""

    old: Area
    new: Area
    name: str = ""
    spilled: bool = False


class _Block(NamedTuple):
    """Rows that get another number, down to `bottom`; the rows from `first` to `last` are within each of its ranges."""

    sheet: str
    bottom: int
    first: int
    last: int
    extra: int


def resize_results(book: Workbook, old: Workbook, new: Workbook, inputs: list[str], wish: str) -> None:
    """Give the results of a workbook the rows that its template has for new inputs.

    Parameters
    ----------
    book
        The workbook, which is changed.
    old, new
        What its template builds for the inputs that it was laid out for, and for the new ones.
    inputs
        The names of the template's inputs.
    wish
        What messages begin with: why rows come or go.

    Raises
    ------
    InputError
        Something can't follow. The workbook may then be half changed: drop it.
    """
    _Resizing(book, old, new, inputs, wish).run()


class _Resizing:
    """One resizing, step by step."""

    def __init__(self, book: Workbook, old: Workbook, new: Workbook, inputs: list[str], wish: str) -> None:
        self._book, self._old, self._new, self._wish = book, old, new, wish
        self._match = Correspondence(book, old, inputs)
        self._new_inputs = _input_areas(new, inputs)
        self._pairs = [pair for pair in _pairs(old, new) if pair.old.sheet in self._match.sheets]
        self._changed = {name: self._match.changed(name) for name in self._match.sheets}
        self._changes = [_row_change(block, self._match.sheets[block.sheet].name) for block in _blocks(self._pairs)]

    def run(self) -> None:
        """Resize."""
        self._require_template()
        charts = TemplateCharts(self._book, self._old, self._new, self._match)
        names = self._own_names()
        mark = self._spill_mark()
        self._blank()
        following = take_out(self._book, self._changes, self._managed(), self._wish)
        for change in sorted(self._changes, key=lambda change: -change.at):
            sheet = self._book.sheet(change.sheet)
            if change.extra > 0:
                insert_rows(self._book, sheet, change.at, change.extra)
            else:
                delete_rows(self._book, sheet, change.at, -change.extra)
        put_back(self._book, following, self._changes)
        users = filled_cells(following)
        for name, sheet in self._match.sheets.items():
            self._write(name, sheet, users, mark)
        for pair in self._pairs:
            if pair.old != pair.new and (area := self._match.area(pair.new)) is not None:
                self._book.changed.append(area)
        for key, text in names.items():
            self._set_name(key, text)
        charts.follow()
        for sheet in self._book.worksheets:
            sheet.forget()

    def _refuse(self, what: str) -> InputError:
        return InputError(
            self._book.package.name,
            f"{self._wish}, and {what}, so it is not clear which rows the results have. Undo that, or fill the "
            f"untouched template {self._old.package.name} instead.",
        )

    def _require_template(self) -> None:
        """Refuse a workbook in which a range that gets more or fewer rows isn't where the template has it."""
        named = WorkbookInputs(self._book)
        for pair in self._pairs:
            here = self._match.area(pair.old)
            assert here is not None
            if moved_row(self._changes, here.sheet, here.top) != pair.new.top:
                raise self._refuse(f"the ranges on the sheet {here.sheet} overlap")
            if pair.old.height == pair.new.height:
                continue
            if pair.name and named.find(pair.name) != here:
                raise self._refuse(f"the range {pair.name} is not {here}")
            if pair.spilled:
                formula = self._book.sheet(here.sheet).formulas.get((here.top, here.left))
                if formula is None or formula.area != here:
                    raise self._refuse(f"{sheet_cell(here.sheet, here.top, here.left)} has no formula for {here}")

    def _own_names(self) -> dict[tuple[str, str | None], str]:
        """Return the new text of each name of the template that nobody changed."""
        new = {(name.name.casefold(), name.scope): name.text for name in self._new.names}
        found = {}
        for name in self._old.names:
            sheet = None if name.scope is None else self._match.sheets.get(name.scope)
            if (name.scope is not None and sheet is None) or (name.name.casefold(), name.scope) not in new:
                continue
            key = name.name.casefold(), None if sheet is None else sheet.name
            here = self._name(key)
            if here is not None and self._match.same_text(here.text, name.text):
                found[key] = self._match.text(new[name.name.casefold(), name.scope])
        return found

    def _name(self, key: tuple[str, str | None]) -> DefinedName | None:
        return next((n for n in self._book.names if (n.name.casefold(), n.scope) == key), None)

    def _set_name(self, key: tuple[str, str | None], text: str) -> None:
        name = self._name(key)
        if name is not None and not self._match.same_text(name.text, text):
            self._book.package.edit(self._book.part)
            name.element.text = text

    def _spill_mark(self) -> str | None:
        """Return the attribute that marks an array formula that spills; None when the file was saved without."""
        for name, sheet in self._match.sheets.items():
            for cell, formula in self._old.sheet(name).formulas.items():
                if formula.dynamic and cell in sheet.cells and (mark := sheet.cells[cell].get("cm")) is not None:
                    return mark
        return None

    def _blank(self) -> None:
        """Take the template's own formulas out: they are written anew, and mustn't hold rows back."""
        for name, sheet in self._match.sheets.items():
            write_out_shared(sheet)
            for cell, changed in self._changed[name].items():
                if not changed and cell in sheet.formulas:
                    blank_formula(sheet, *cell)
            sheet.forget()

    def _managed(self) -> set[Place]:
        """Return the cells, by their old places, that are written here, or by the caller, who writes the inputs."""
        found: set[Place] = set()
        for name, sheet in self._match.sheets.items():
            found |= {(sheet.name, *cell) for cell, changed in self._changed[name].items() if not changed}
            found |= {(sheet.name, *cell) for cell in spilled_cells(self._old.sheet(name))}
        for area in self._match.inputs:
            if (here := self._match.area(area)) is not None:
                found |= {(here.sheet, *cell) for cell in here.cells()}
        return found

    def _write(self, name: str, sheet: Sheet, users: Collection[Place], mark: str | None) -> None:
        """Write what the template builds for the new inputs into each cell that the user did not change."""
        new, changed = self._new.sheet(name), self._changed[name]
        rows = [row for row, _ in self._old.sheet(name).cells]
        origins = {moved_row(self._changes, sheet.name, row): row for row in range(1, max(rows, default=0) + 1)}
        spilled, before = spilled_cells(new), spilled_cells(self._old.sheet(name))
        wanted: set[tuple[int, int]] = set()
        for cell in sorted(new.cells):
            formula, value, origin = new.formulas.get(cell), new.value(*cell), (origins.get(cell[0]) or 0, cell[1])
            is_input = any(area.sheet == name and area.holds(*cell) for area in self._new_inputs)
            if cell in spilled or is_input or (formula is None and value is None) or (sheet.name, *cell) in users:
                continue
            wanted.add(cell)
            if changed.get(origin):
                if formula is not None and formula.area.height > 1 and cell in sheet.formulas:
                    set_area(sheet, formula.area)
                continue
            if origin not in changed and origin not in before and _occupied(sheet, cell):
                raise self._refuse(f"{sheet_cell(sheet.name, *cell)} holds something where results will stand")
            if formula is not None:
                text = self._match.text(formula.text)
                area, spill = (formula.area if formula.array else None), (mark if formula.dynamic else None)
                put_formula(sheet, *cell, text, area, spill)
            elif isinstance(value, float | str):
                sheet.write(*cell, value)
        keep = wanted | spilled
        for (row, column), user in changed.items():
            here = moved_row(self._changes, sheet.name, row)
            if user or here is None or (here, column) in keep or (sheet.name, here, column) in users:
                continue
            sheet.write(here, column, None)
        sheet.forget()


def _occupied(sheet: Sheet, cell: tuple[int, int]) -> bool:
    return cell in sheet.formulas or sheet.value(*cell) is not None


def _input_areas(book: Workbook, names: list[str]) -> list[Area]:
    known = WorkbookInputs(book)
    return [area for name in names if (area := known.find(name)) is not None]


def _pairs(old: Workbook, new: Workbook) -> Iterator[_Pair]:
    """Pair the ranges of both: named, filled by a formula, drawn by a chart."""
    later = {name.name: name.area for name in new.names if name.scope is None}
    for name in old.names:
        one, other = name.area, later.get(name.name)
        if name.scope is None and one is not None and other is not None:
            yield _Pair(one, other, name=name.name)
    for sheet in old.worksheets:
        arrays, others = (
            sorted(f.area for f in s.formulas.values() if f.area.height > 1) for s in (sheet, new.sheet(sheet.name))
        )
        yield from (_Pair(one, other, spilled=True) for one, other in zip(arrays, others, strict=True))
    yield from (_Pair(*areas) for areas in drawn(old, new))


def _blocks(pairs: Sequence[_Pair]) -> list[_Block]:
    """Join the ranges that get another height and share rows."""
    blocks: list[_Block] = []
    moving = [pair for pair in pairs if pair.old.height != pair.new.height]
    for pair in sorted(moving, key=lambda pair: (pair.old.sheet, pair.old.top)):
        area, extra = pair.old, pair.new.height - pair.old.height
        first = area.top + 1 if pair.spilled else area.top  # the first row that a formula fills may be a head
        last = blocks[-1] if blocks else None
        if last is not None and last.sheet == area.sheet and area.top <= last.bottom:
            bottom, top = max(last.bottom, area.bottom), max(last.first, first)
            blocks[-1] = _Block(area.sheet, bottom, top, min(last.last, area.bottom), extra)
        else:
            blocks.append(_Block(area.sheet, area.bottom, first, area.bottom, extra))
    return blocks


def _row_change(block: _Block, sheet: str) -> RowChange:
    """Choose where rows come or go: within all ranges, as far as there is room."""
    room = block.last - block.first
    if block.extra > 0:
        inside = block.first + (room + 1) // 2
        return RowChange(sheet, inside if room > 0 else block.bottom + 1, block.extra)
    inside = block.first + 1 if -block.extra < room else block.bottom + block.extra + 1
    return RowChange(sheet, inside, block.extra)
