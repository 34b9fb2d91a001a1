"""A worksheet as cells: values and formulas that are read and written in place."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

from lxml import etree

from rpxl.errors import InputError
from rpxl.xlsx.cells import (
    MAIN,
    CellError,
    FormulaCell,
    Value,
    escape,
    is_number,
    number_text,
    same,
    stored_result,
    string_text,
    unescape,
)
from rpxl.xlsx.form import Filling, Form
from rpxl.xlsx.package import Package
from rpxl.xlsx.references import Area, cell_name, column_number, parse_range, translate

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_CELL, _ROW, _FORMULA, _VALUE, _INLINE = (f"{MAIN}{tag}" for tag in ("c", "row", "f", "v", "is"))
_DIGITS = "0123456789"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Home(Protocol):
    """What a sheet needs from its workbook."""

    package: Package
    changed: list[Area]

    def shared_string(self, index: str) -> str:
        """Return the text with that number in the workbook's table of texts."""


class Sheet:
    """One worksheet. Rows and columns count from 1."""

    def __init__(self, book: Home, name: str, part: str) -> None:
        self.book, self.name, self.part = book, name, part
        self._lines: dict[int, dict[int, etree._Element]] = {}
        self._written: dict[int, tuple[int, Sequence[float | str]]] = {}  # by column: first row and values written
        self._written_at = 0  # edits of the part at that time; after further edits the values may be outdated
        self.form: Form | None = None
        """What copies of the workbook are filled in by; the sheet must not change once it has one."""
        self._filling: Filling | None = None
        self._filled_at = 0  # edits of the part when it was as `_filling` says

    def copy(self, book: Home) -> "Sheet":
        """Return the sheet for a copy of the workbook; what is known of it needn't be read again."""
        other = Sheet(book, self.name, self.part)
        if "formulas" in self.__dict__:
            other.formulas = dict(self.formulas)
        if self.form is not None:
            other._filling = Filling(self.form)
            book.package.replace(self.part, other._filling.text)
            other._filled_at = book.package.edits(self.part)
        return other

    @property
    def root(self) -> etree._Element:
        """The XML of the sheet; read only."""
        return self.book.package.tree(self.part)

    @cached_property
    def rows(self) -> dict[int, etree._Element]:
        """The row elements by number."""
        data = self.root.find(f"{MAIN}sheetData")
        if data is None:
            raise self.book.package.error(
                f"the sheet {self.name!r} has no part for its cells. Save the file again in Excel."
            )
        rows: dict[int, etree._Element] = {}
        number = 0
        for row in data.iterchildren(_ROW):
            number = self._number(row.get("r"), number + 1)
            rows[number] = row
        return rows

    @cached_property
    def cells(self) -> dict[tuple[int, int], etree._Element]:
        """The cell elements by (row, column)."""
        return {(number, column): cell for number in self.rows for column, cell in self._row(number).items()}

    def _row(self, number: int) -> dict[int, etree._Element]:
        """Return the cell elements of a row by column; a row is read when it is first asked for."""
        line = self._lines.get(number)
        if line is None:
            line = self._lines[number] = {}
            column = 0
            for cell in self.rows[number].iterchildren(_CELL) if number in self.rows else ():
                letters = (cell.get("r") or "").rstrip(_DIGITS)
                column = column_number(letters) if letters else column + 1
                line[column] = cell
        return line

    def _number(self, text: str | None, default: int) -> int:
        if text is None:
            return default
        if not text.isdecimal():
            raise self.book.package.error(f"the sheet {self.name!r} has a row numbered {text!r}.")
        return int(text)

    def forget(self) -> None:
        """Forget what was read of the rows, so that they are read again; needed after rows were moved."""
        self.__dict__.pop("formulas", None)
        self._filling = None
        self._forget_elements()

    def _forget_elements(self) -> None:
        for index in ("rows", "cells"):
            self.__dict__.pop(index, None)
        self._lines.clear()

    def value(self, row: int, column: int) -> Value:
        """Return the value of a cell; for a formula, the value that the file stores for it.

        Raises
        ------
        InputError
            The file holds a text where its own format needs a number.
        """
        filling = self._current_filling()
        if filling is not None:
            return filling.value(row, column)
        cell = self._row(row).get(column)
        if cell is None:
            return None
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(_INLINE)
            return None if inline is None else string_text(inline)
        last = cell[-1] if len(cell) else None
        raw = last.text or "" if last is not None and last.tag == _VALUE else cell.findtext(_VALUE)
        if raw is None or (raw == "" and kind != "str"):
            return None
        if kind == "s":
            return self.book.shared_string(raw)
        if kind in ("str", "d"):
            return unescape(raw)
        if kind == "e":
            return CellError(raw)
        try:
            return raw.strip() in ("1", "true") if kind == "b" else float(raw)
        except ValueError:
            place = cell_name(row, column)
            raise self.book.package.error(f"{self.name}!{place} should hold a number, not {raw!r}.") from None

    def values(self, area: Area) -> list[list[Value]]:
        """Return the values of an area, as a list of rows."""
        columns = range(area.left, area.right + 1)
        return [[self.value(row, column) for column in columns] for row in range(area.top, area.bottom + 1)]

    def column(self, column: int) -> list[Value]:
        """Return the values of a column, from row 1 to the last row of the sheet."""
        found: list[Value] = []
        first, written = self._written.get(column, (0, ())) if self._alone_wrote() else (0, ())
        filling = self._current_filling()
        for row in range(1, (max(self.rows, default=0) if filling is None else filling.last_row) + 1):
            known = written[row - first] if 0 <= row - first < len(written) else None
            found.append(known if type(known) is float else self.value(row, column))
        return found

    @cached_property
    def formulas(self) -> dict[tuple[int, int], FormulaCell]:
        """The formulas by (row, column) of their cell; each cell of a shared formula has its own text."""
        formulas: dict[tuple[int, int], FormulaCell] = {}
        shared: dict[str | None, tuple[str, int, int]] = {}
        for row, column, element in self._formula_elements():
            cell = self._row(row)[column]
            kind, text = element.get("t", "normal"), element.text or ""
            area = Area(self.name, row, column, row, column)
            if kind == "array":
                area = parse_range(element.get("ref") or cell_name(row, column), self.name)
            elif kind == "shared":
                if text:
                    shared[element.get("si")] = text, row, column
                elif element.get("si") in shared:
                    text, first_row, first_column = shared[element.get("si")]
                    text = translate(text, row - first_row, column - first_column)
            array, readable = kind == "array", bool(text) and kind != "dataTable"
            dynamic = array and cell.get("cm") is not None
            formulas[row, column] = FormulaCell(text, area, array, readable, dynamic)
        return formulas

    def _formula_elements(self) -> Iterator[tuple[int, int, etree._Element]]:
        """Return the elements that hold formulas, with their rows and columns, row by row."""
        for number, row in self.rows.items():
            for element in row.iter(_FORMULA):
                cell = element.getparent()
                letters = ("" if cell is None else cell.get("r") or "").rstrip(_DIGITS)
                column = (
                    column_number(letters) if letters else next(c for c, e in self._row(number).items() if e is cell)
                )
                yield number, column, element

    def computed_by(self, row: int, column: int) -> FormulaCell | None:
        """Return the formula whose answer is in a cell; None if there is none."""
        if (row, column) in self.formulas:
            return self.formulas[row, column]
        return next((f for f in self.formulas.values() if f.array and f.area.holds(row, column)), None)

    def write(self, row: int, column: int, value: float | str | None) -> bool:
        """Put a constant into a cell, which keeps its style. Return whether this changed the file.

        Raises
        ------
        InputError
            The text holds a character that is not allowed in a workbook, or the number is not finite.
        """
        old = self._row(row).get(column)
        formula = old is not None and old.find(_FORMULA) is not None
        if not formula and same(self.value(row, column), value):
            return False
        self._edit(column)
        self.book.changed.append(Area(self.name, row, column, row, column))
        cell = self._make(row, column) if old is None else old
        for child in list(cell):
            cell.remove(child)
        cell.attrib.pop("t", "")
        if isinstance(value, str):
            cell.set("t", "inlineStr")
            inline = etree.SubElement(etree.SubElement(cell, _INLINE), f"{MAIN}t")
            inline.text = self._escape(value, row, column)
            if value != value.strip():
                inline.set(_SPACE, "preserve")
        elif value is not None:
            if not math.isfinite(value):
                raise InputError(f"{self.name}!{cell_name(row, column)}", f"{value} is no number for a cell.")
            etree.SubElement(cell, _VALUE).text = number_text(value)
        return True

    def write_block(self, area: Area, values: Sequence[float | str]) -> int:
        """Put constants into an area, row by row, as :meth:`write` does, and return how many cells changed.

        Raises
        ------
        InputError
            As for :meth:`write`.
        """
        columns = range(area.left, area.right + 1)
        filling = self._current_filling()
        changed = None if filling is None else filling.put(area, values)
        if filling is not None and changed is not None:
            numbers, others = changed
            if numbers or others:
                self._fill_in(filling, *columns)
                self._note(area, values, [area.top + place // area.width for place in numbers])
                cells = list(area.cells()) if others else []
                self.book.changed += [Area(self.name, *cells[place], *cells[place]) for place in others]
            return len(numbers) + len(others)
        count = 0
        touched: list[int] = []
        for (row, column), value in zip(area.cells(), values, strict=True):
            cell = self._row(row).get(column)
            if type(value) is float and cell is not None and math.isfinite(value) and cell.get("t", "n") == "n":
                text, size = number_text(value), len(cell)
                if not size:
                    etree.SubElement(cell, _VALUE).text = text
                elif size > 1 or (child := cell[0]).tag != _VALUE:
                    count += self.write(row, column, value)
                    continue
                elif (old := child.text) == text or (old and is_number(old, value)):
                    continue
                else:
                    child.text = text
                count += 1
                touched.append(row)
            else:
                count += self.write(row, column, value)
        if touched:
            self._edit(*columns)
            self._note(area, values, touched)
        return count

    def _note(self, area: Area, values: Sequence[float | str], rows: list[int]) -> None:
        """Note what was written into an area, and which of its rows have changed numbers."""
        if rows:
            self.book.changed.append(area._replace(top=rows[0], bottom=rows[-1]))
        columns = range(area.left, area.right + 1)
        self._written |= {column: (area.top, values[column - area.left :: area.width]) for column in columns}

    def _current_filling(self) -> Filling | None:
        """Return the form that this sheet is filled in by, as long as nothing else was done to it."""
        if self._filling is not None and self._filled_at != self.book.package.edits(self.part):
            self._filling = None
        return self._filling

    def write_result(self, row: int, column: int, value: Value) -> None:
        """Set the value that the file stores for a computed cell; None removes it.

        Raises
        ------
        InputError
            The text holds a character that is not allowed in a workbook.
        """
        filling = self._current_filling()
        changed = None if filling is None else filling.put_result(row, column, value)
        if filling is not None and changed is not None:
            if changed:
                self._fill_in(filling, column)
            return
        cell = self._row(row).get(column)
        if cell is None:
            if value is None:
                return
        elif cell.get("t", "n") not in ("s", "inlineStr") and same(self.value(row, column), value):
            return
        self._edit(column)
        if cell is not None and type(value) is float and len(cell) and "t" not in cell.attrib:
            last = cell[-1]
            if last.tag == _VALUE and (len(cell) == 1 or (len(cell) == 2 and cell[0].tag == _FORMULA)):
                last.text = number_text(value)
                return
        if cell is None:
            cell = self._make(row, column)
        for child in cell.findall(_VALUE) + cell.findall(_INLINE):
            cell.remove(child)
        cell.attrib.pop("t", "")
        if value is not None:
            kind, text = stored_result(value)
            if kind != "n":
                cell.set("t", kind)
            element = etree.Element(_VALUE)
            element.text = self._escape(text, row, column) if kind == "str" else text
            cell.insert(0 if cell.find(_FORMULA) is None else 1, element)

    def _alone_wrote(self) -> bool:
        """Tell whether this class made all edits of the sheet, so that what it wrote is still there."""
        return self.book.package.edits(self.part) == self._written_at

    def _fill_in(self, filling: Filling, *columns: int) -> None:
        """Take the XML of a form that was filled in further, in these columns."""
        self._edit(*columns, text=filling.text)
        self._forget_elements()
        self._filled_at = self.book.package.edits(self.part)

    def _edit(self, *columns: int, text: Callable[[], str] | None = None) -> None:
        """Mark the sheet as edited, in cells of these columns only; `text` gives its new XML when it is needed."""
        if not self._alone_wrote():
            self._written.clear()
        if text is None:
            self.book.package.edit(self.part)
        else:
            self.book.package.replace(self.part, text)
        self._written_at = self.book.package.edits(self.part)
        for column in columns:
            self._written.pop(column, None)

    def _make(self, row: int, column: int) -> etree._Element:
        """Add an empty cell at its place in the XML."""
        if row not in self.rows:
            element = etree.Element(_ROW, r=str(row))
            _insert(self.root.find(f"{MAIN}sheetData"), self.rows, row, element)
            self.rows[row] = element
        line = self.rows[row]
        line.attrib.pop("spans", "")  # the optional width of the row, which may now be wrong
        neighbours = self._row(row)
        cell = etree.Element(_CELL, r=cell_name(row, column))
        if line.get("s") is not None:
            cell.set("s", line.get("s", ""))
        _insert(line, neighbours, column, cell)
        neighbours[column] = cell
        if "cells" in self.__dict__:
            self.cells[row, column] = cell
        return cell

    def _escape(self, text: str, row: int, column: int) -> str:
        if _FORBIDDEN.search(text):
            place = f"{self.name}!{cell_name(row, column)}"
            raise InputError(place, f"{text!r} holds a control character, which a workbook can't hold. Remove it.")
        return escape(text)


def _insert(
    parent: etree._Element | None, siblings: dict[int, etree._Element], place: int, new: etree._Element
) -> None:
    """Insert an element among its numbered siblings, in order."""
    assert parent is not None
    before = [number for number in siblings if number < place]
    if before:
        siblings[max(before)].addnext(new)
    else:
        parent.insert(0, new)
