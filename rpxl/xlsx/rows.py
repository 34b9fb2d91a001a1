"""Insert or delete rows of a sheet, and update everything that refers to them, as Excel does.

Only the things listed here are updated. A workbook in which other things depend on the rows (pivot tables, form
controls …) is refused with an error that names them; it is never saved in a broken state.
"""

import copy
import re

from lxml import etree

from rpxl.xlsx.cells import MAIN
from rpxl.xlsx.notes import holds_notes_alone, move_comments, move_note_boxes
from rpxl.xlsx.references import LAST_COLUMN, Area, RowChange, cell_name, quote_sheet, tokenize
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_ROW, _CELL, _FORMULA = f"{MAIN}row", f"{MAIN}c", f"{MAIN}f"

_FORMULA_TAGS = frozenset({"f", "formula", "formula1", "formula2"})
_RANGE_ATTRIBUTES = ("ref", "sqref", "topLeftCell", "activeCell", "r1", "r2")
_MOVED = frozenset(
    [
        *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
        *("sheetProtection", "protectedRanges", "autoFilter", "sortState", "mergeCells", "phoneticPr"),
        *("conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup"),
        *("headerFooter", "customProperties", "ignoredErrors", "drawing", "legacyDrawingHF", "picture"),
        *("tableParts", "extLst", "rowBreaks", "colBreaks", "legacyDrawing"),
    ]
)
"""The children of a worksheet that are updated here, or do not depend on rows."""

_EXTENSIONS = frozenset(["conditionalFormattings", "dataValidations", "sparklineGroups", "ignoredErrors"])
_WORDS = {
    "vmlDrawing": "the form controls of the sheet",
    "pivotTable": "the pivot table of the sheet",
    "queryTable": "the table from a query on the sheet",
    "oleObjects": "the embedded object of the sheet",
    "oleObject": "the embedded object of the sheet",
    "controls": "the form controls of the sheet",
    "ctrlProp": "the form controls of the sheet",
    "scenarios": "the scenarios of the sheet",
    "dataConsolidate": "the consolidated data of the sheet",
}
"""The usual names of the things that cannot be updated."""

_VIEWS = frozenset(["sheetView", "pane", "selection"])
_NO_ROWS = re.compile(
    r"docProps/|customXml/|.*omments|.*sharedStrings|.*\.(?:rels|bin|png|jpe?g|gif|emf|wmf|svg)$", re.IGNORECASE
)


def insert_rows(book: Workbook, sheet: Sheet, at: int, count: int) -> None:
    """Insert `count` rows before row `at`, with the style and height of the row above.

    Raises
    ------
    InputError
        Something in the workbook cannot be updated. The workbook may then be partly changed: do not use it further.
    """
    _change(book, sheet, RowChange(sheet.name, at, count))


def delete_rows(book: Workbook, sheet: Sheet, at: int, count: int) -> None:
    """Delete `count` rows from row `at` on.

    Raises
    ------
    InputError
        Something in the workbook cannot be updated, or refers to these rows only. The workbook may then be partly
        changed: do not use it further.
    """
    _change(book, sheet, RowChange(sheet.name, at, -count))


def _change(book: Workbook, sheet: Sheet, change: RowChange) -> None:
    _Mover(book, sheet, change).run()
    moved = [area._replace(top=span[0], bottom=span[1]) for area, span in _spans(book.changed, change) if span]
    seam = (change.at, change.at + change.extra - 1) if change.extra > 0 else (max(change.at - 1, 1), change.at)
    book.changed[:] = [*moved, Area(sheet.name, seam[0], 1, seam[1], LAST_COLUMN)]


def _spans(areas: list[Area], change: RowChange) -> list[tuple[Area, tuple[int, int] | None]]:
    """Return each area with its new first and last row; None if it is deleted. Areas on other sheets stay."""
    return [
        (area, change.span(area.top, area.bottom) if area.sheet == change.sheet else (area.top, area.bottom))
        for area in areas
    ]


class _Mover:
    """One change of rows, made in the whole workbook."""

    def __init__(self, book: Workbook, sheet: Sheet, change: RowChange) -> None:
        self._book, self._sheet, self._change = book, sheet, change
        self._package = book.package
        self._seen: set[str] = {book.part}

    def run(self) -> None:
        """Make the change."""
        self._check()
        for sheet in self._book.worksheets:
            self._formulas(sheet)
            self._rest_of_sheet(sheet)
        self._names()
        self._page_breaks()
        self._move_rows()
        for sheet in self._book.sheets:
            self._linked_parts(sheet)
        self._refuse_unknown_parts()
        drop_calculation_chain(self._book)
        for sheet in self._book.worksheets:
            sheet.forget()

    def _refuse(self, what: str) -> Exception:
        return self._package.error(
            f"{what} can't be updated when rows of the sheet {self._sheet.name!r} are "
            f"{'added' if self._change.extra > 0 else 'removed'}. Remove it, or change the number of rows in Excel."
        )

    def _check(self) -> None:
        for child in self._sheet.root:
            name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if name and name not in _MOVED:
                raise self._refuse(_WORDS.get(name, f"{name!r} of the sheet"))
            for extension in child if name == "extLst" else ():
                for inner in extension:
                    if etree.QName(inner).localname not in _EXTENSIONS:
                        raise self._refuse(f"{etree.QName(inner).localname!r} of the sheet")

    def _formula(self, text: str, home: str, where: str) -> str:
        """Rewrite a formula; refuse one that would lose a reference."""
        for token in tokenize(text):
            if token.prefix and ":" in token.prefix and "[" not in token.prefix:
                raise self._refuse(f"the reference {token.text} in {where}")
        try:
            return self._change.formula(text, home)
        except LookupError as lost:
            raise self._refuse(f"{where}, which refers to {lost} alone,") from None

    def _ranges(self, text: str, where: str, keep: bool = False) -> str:
        """Rewrite the ranges of an attribute, without those that are deleted.

        If all are deleted, `keep` gives the first changed cell instead; else the change is refused.
        """
        kept = []
        for part in text.split():
            try:
                kept.append(self._change.range(part))
            except LookupError:
                continue
        if not kept and keep:
            return cell_name(self._change.at, 1)
        if not kept:
            raise self._refuse(f"{where} on {text} alone")
        return " ".join(kept)

    def _formulas(self, sheet: Sheet) -> None:
        """Rewrite the formulas of cells; a shared formula that changes is replaced by one formula per cell."""
        new: dict[tuple[int, int], str] = {}
        broken = set()  # shared formulas to replace by one per cell
        for (row, column), formula in sheet.formulas.items():
            if not formula.readable:
                raise self._refuse(f"the data table in {sheet.name}!{cell_name(row, column)}")
            text = self._formula(formula.text, sheet.name, f"{sheet.name}!{cell_name(row, column)}")
            element = sheet.cells[row, column].find(_FORMULA)
            assert element is not None
            if text != formula.text:
                new[row, column] = text
                broken.add(element.get("si") if element.get("t") == "shared" else None)
        here = sheet is self._sheet
        for (row, column), formula in sheet.formulas.items():
            element = sheet.cells[row, column].find(_FORMULA)
            assert element is not None
            shared = element.get("t") == "shared"
            if shared and (here or element.get("si") in broken):
                for attribute in ("t", "si", "ref"):
                    element.attrib.pop(attribute, "")
                element.text = new.get((row, column), formula.text)
                self._package.edit(sheet.part)
            elif (row, column) in new:
                element.text = new[row, column]
                self._package.edit(sheet.part)
            if here and formula.array:
                area = element.get("ref", "")
                if self._cuts(formula.area):
                    raise self._refuse(f"the array formula in {sheet.name}!{area}")
                element.set("ref", self._ranges(area, "an array formula"))

    def _cuts(self, area: Area) -> bool:
        """Tell whether rows are inserted or deleted inside an area that must stay whole."""
        at, extra = self._change.at, self._change.extra
        return area.top < at <= area.bottom if extra > 0 else area.top < at - extra and area.bottom >= at

    def _rest_of_sheet(self, sheet: Sheet) -> None:
        """Rewrite formulas and ranges of the sheet outside its cells."""
        here = sheet is self._sheet
        for element in sheet.root.iter():
            if not isinstance(element.tag, str) or element.tag in (_ROW, _CELL, _FORMULA):
                continue
            name = etree.QName(element).localname
            where = f"the {name} of the sheet {sheet.name!r}"
            if name in _FORMULA_TAGS and element.text:
                self._set_text(sheet.part, element, self._formula(element.text, sheet.name, where))
            elif name == "sqref" and element.text and here:
                self._set_text(sheet.part, element, self._ranges(element.text, where))
            elif name == "hyperlink" and element.get("location"):
                self._set(
                    sheet.part, element, "location", self._formula(element.get("location", ""), sheet.name, where)
                )
            if here and name not in ("tablePart", "brk"):
                for attribute in _RANGE_ATTRIBUTES:
                    if element.get(attribute):
                        moved = self._ranges(element.get(attribute, ""), where, keep=name in _VIEWS)
                        self._set(sheet.part, element, attribute, moved)

    def _page_breaks(self) -> None:
        """Move each page break with the row above it."""
        for breaks in self._sheet.root.iterfind(f"{MAIN}rowBreaks"):
            for mark in list(breaks):
                row = mark.get("id", "")
                new = self._change.row(int(row)) if row.isdecimal() else None
                if new is None:
                    self._package.edit(self._sheet.part)
                    breaks.remove(mark)
                else:
                    self._set(self._sheet.part, mark, "id", str(new))
            manual = sum(mark.get("man") in ("1", "true") for mark in breaks)
            self._set(self._sheet.part, breaks, "count", str(len(breaks)))
            self._set(self._sheet.part, breaks, "manualBreakCount", str(manual))

    def _set(self, part: str, element: etree._Element, attribute: str, value: str) -> None:
        if element.get(attribute) != value:
            self._package.edit(part)
            element.set(attribute, value)

    def _set_text(self, part: str, element: etree._Element, value: str) -> None:
        if element.text != value:
            self._package.edit(part)
            element.text = value

    def _names(self) -> None:
        for name in self._book.names:
            text = self._formula(name.text, name.scope or "", f"the name {name.name!r}")
            self._set_text(self._book.part, name.element, text)

    def _move_rows(self) -> None:
        """Renumber rows and cells, remove the deleted ones, and add the new ones."""
        change, rows = self._change, self._sheet.rows
        self._package.edit(self._sheet.part)
        for number, row in list(rows.items()):
            new = change.row(number)
            if new is None:
                parent = row.getparent()
                assert parent is not None
                parent.remove(row)
            elif new != number:
                _renumber(row, new)
        pattern = rows.get(change.at - 1)
        if change.extra > 0 and pattern is not None:
            blank = copy.deepcopy(pattern)
            for cell in blank:
                for child in list(cell):
                    cell.remove(child)
                for attribute in ("t", "cm", "vm"):
                    cell.attrib.pop(attribute, "")
            for number in range(change.at + change.extra - 1, change.at - 1, -1):
                row = copy.deepcopy(blank)
                _renumber(row, number)
                pattern.addnext(row)

    def _linked_parts(self, sheet: Sheet) -> None:
        """Move tables and drawings, and the charts in them."""
        self._seen.add(sheet.part)
        for link in self._package.relationships(sheet.part):
            kind = link.type.rpartition("/")[2]
            if link.external or link.target not in self._package:
                continue
            if kind == "drawing":
                self._drawing(link.target, sheet)
            elif kind == "table":
                self._table(link.target, sheet)
            elif kind in ("comments", "threadedComment", "vmlDrawing"):
                if sheet is self._sheet:
                    self._comments(link.target, kind)
            elif sheet is self._sheet and kind not in ("printerSettings", "image", "customProperty", "hyperlink"):
                raise self._refuse(_WORDS.get(kind, f"the {kind} of the sheet"))

    def _comments(self, part: str, kind: str) -> None:
        """Move notes and threaded comments with their cells; refuse form controls."""
        self._seen.add(part)
        if kind == "vmlDrawing" and not holds_notes_alone(self._package, part):
            raise self._refuse(_WORDS[kind])
        move = move_note_boxes if kind == "vmlDrawing" else move_comments
        try:
            move(self._package, part, self._change)
        except LookupError as lost:
            raise self._refuse(f"the note or comment on {lost}") from None

    def _table(self, part: str, sheet: Sheet) -> None:
        self._seen.add(part)
        for element in self._package.tree(part).iter():
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if sheet is self._sheet and element.get("ref"):
                self._set(part, element, "ref", self._ranges(element.get("ref", ""), "a table"))
            if name in ("calculatedColumnFormula", "totalsRowFormula") and element.text:
                self._set_text(part, element, self._formula(element.text, sheet.name, "a table"))

    def _drawing(self, part: str, sheet: Sheet) -> None:
        self._seen.add(part)
        root = self._package.tree(part)
        if sheet is self._sheet:
            for anchor in root:
                self._anchor(part, anchor)
        for element in root.iter():
            if element.get("textlink"):
                text = self._formula(element.get("textlink", ""), sheet.name, "a drawing")
                self._set(part, element, "textlink", text)
        for link in self._package.relationships(part):
            if not link.external and link.type.rpartition("/")[2] in ("chart", "chartEx"):
                self._chart(link.target, sheet)

    def _anchor(self, part: str, anchor: etree._Element) -> None:
        """Move a drawing that is anchored to cells; in drawings, rows count from 0."""
        if anchor.get("editAs") == "absolute":
            return
        corners = [
            corner for corner in (anchor.find(f"{_DRAWING}{end}") for end in ("from", "to")) if corner is not None
        ]
        moved = 0
        for number, corner in enumerate(corners):
            row = corner.find(f"{_DRAWING}row")
            if row is None or not (row.text or "").strip().isdecimal():
                continue
            old = int(row.text or "") + 1
            new = self._change.row(old) or self._change.at
            if number and anchor.get("editAs") == "oneCell":
                new = old + moved
            moved = new - old
            self._set_text(part, row, str(new - 1))

    def _chart(self, part: str, sheet: Sheet) -> None:
        self._seen.add(part)
        for element in self._package.tree(part).iter():
            if isinstance(element.tag, str) and etree.QName(element).localname in ("f", "sqref") and element.text:
                self._set_text(part, element, self._formula(element.text, sheet.name, "a chart"))

    def _refuse_unknown_parts(self) -> None:
        """Refuse the change if a part that was not updated contains the name of the sheet."""
        name = self._sheet.name
        traces = {f"{quote_sheet(name)}!", f'sheet="{name}"', f"{name}!"}
        for part in self._package.parts:
            if part in self._seen or _NO_ROWS.match(part):
                continue
            content = self._package.read(part).decode("utf-8", "replace")
            if any(_escaped(trace) in content for trace in traces):
                raise self._refuse(f"the part {part!r}, which refers to it,")


def drop_calculation_chain(book: Workbook) -> None:
    """Remove the list of cells in the order of calculation; Excel writes a new one."""
    links = book.package.relationships_part(book.part)
    for link in book.package.relationships(book.part):
        if link.type.endswith("/calcChain") and link.target in book.package:
            book.package.remove(link.target)
            for element in book.package.edit(links):
                if element.get("Id") == link.id:
                    book.package.edit(links).remove(element)


def _renumber(row: etree._Element, number: int) -> None:
    row.set("r", str(number))
    for cell in row.iterchildren(_CELL):
        name = cell.get("r")
        if name:
            cell.set("r", name.rstrip("0123456789") + str(number))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
