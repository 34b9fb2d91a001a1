"""Pair the sheets of a workbook with those of the template that it was made from, and tell which cells changed.

The user may have added, renamed or moved sheets, and formulas may be written as another program writes them.
"""

from collections.abc import Callable, Iterator
from functools import cached_property

from rpxl.calculation.analysis import plain_name
from rpxl.filling.inputs import WorkbookInputs
from rpxl.xlsx.cells import FormulaCell, Value
from rpxl.xlsx.references import Area, Token, quote_sheet, same_name, tokenize
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

_ENOUGH = 0.5
"""The share of a sheet's texts by which it is recognised under another name."""


class Correspondence:
    """A workbook beside what its template builds for the same inputs.

    Parameters
    ----------
    book
        The workbook.
    pristine
        What the template builds.
    inputs
        The names of the template's inputs; what stands in them is the user's.
    """

    def __init__(self, book: Workbook, pristine: Workbook, inputs: list[str]) -> None:
        self._book, self._pristine = book, pristine
        known = WorkbookInputs(pristine)
        self.inputs = [area for name in inputs if (area := known.find(name)) is not None]
        """The ranges of the inputs, as the template has them."""
        self.sheets: dict[str, Sheet] = dict(self._pairs())
        """The workbook's sheets by the names that the template has for them."""

    def _pairs(self) -> Iterator[tuple[str, Sheet]]:
        """Pair sheets: by name; else by the texts that stand in them."""
        free = {sheet.name: sheet for sheet in self._book.worksheets}
        waiting = []
        for sheet in self._pristine.worksheets:
            here = next((name for name in free if same_name(name, sheet.name)), None)
            if here is None:
                waiting.append(sheet)
            else:
                yield sheet.name, free.pop(here)
        for sheet in waiting:
            texts = _texts(sheet)
            shares = {name: len(texts & _texts(other)) / max(len(texts), 1) for name, other in free.items()}
            best = max(shares, key=lambda name: shares[name], default=None)
            if best is not None and shares[best] >= _ENOUGH:
                yield sheet.name, free.pop(best)

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The names that sheets have now, by the template's in lower case, where the two differ."""
        return {name.casefold(): sheet.name for name, sheet in self.sheets.items() if sheet.name != name}

    def text(self, formula: str) -> str:
        """Write a formula of the template with the names that the workbook's sheets have."""
        if not self.renamed:
            return formula
        parts = []
        for token in tokenize(formula):
            new = None if token.sheet is None else self.renamed.get(token.sheet.casefold())
            if new is None or token.prefix is None:
                parts.append(token.text)
            else:
                parts.append(f"{quote_sheet(new)}!{token.text[len(token.prefix) + 1 :]}")
        return "".join(parts)

    def area(self, area: Area) -> Area | None:
        """Return where an area of the template is in the workbook; None when its sheet is gone."""
        sheet = self.sheets.get(area.sheet)
        return None if sheet is None else area._replace(sheet=sheet.name)

    def is_input(self, sheet: str, row: int, column: int) -> bool:
        """Whether a cell of the template is one of an input."""
        return any(area.sheet == sheet and area.holds(row, column) for area in self.inputs)

    def same_text(self, formula: str, templates: str) -> bool:
        """Whether a formula of the workbook is one of the template, in whatever way it is written."""
        wanted = self.text(templates)
        return formula == wanted or _meaning(formula) == _meaning(wanted)

    def changed(self, sheet: str) -> dict[tuple[int, int], bool]:
        """Tell for each cell of a template's sheet that holds something whether the user changed it.

        What stands in inputs, and what formulas spill into, is left out.
        """
        other, here = self._pristine.sheet(sheet), self.sheets[sheet]
        spilled = spilled_cells(other)
        found = {cell: not self._same(here.formulas.get(cell), f) for cell, f in other.formulas.items()}
        for cell in other.cells.keys() - spilled - found.keys():
            value = other.value(*cell)
            if value is not None and not self.is_input(sheet, *cell):
                found[cell] = cell in here.formulas or not _alike(here.value(*cell), value)
        return found

    def _same(self, formula: FormulaCell | None, template: FormulaCell) -> bool:
        return (
            formula is not None
            and formula.area[1:] == template.area[1:]
            and formula.array == template.array
            and self.same_text(formula.text, template.text)
        )


def spilled_cells(sheet: Sheet) -> set[tuple[int, int]]:
    """Return the cells that array formulas fill, save their first."""
    cells = {cell for formula in sheet.formulas.values() if formula.array for cell in formula.area.cells()}
    return cells - sheet.formulas.keys()


def _texts(sheet: Sheet) -> set[str]:
    return {
        value for cell in sheet.cells if isinstance(value := sheet.value(*cell), str) and cell not in sheet.formulas
    }


def _alike(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _meaning(formula: str) -> tuple[str, ...]:
    """Return a formula in a form that does not depend on the program that wrote it."""
    tokens = [token for token in tokenize(formula) if token.kind != "space"]
    return tuple(_KINDS.get(token.kind, _plain)(token) for token in tokens)


def _plain(token: Token) -> str:
    return token.text


def _reference(token: Token) -> str:
    first, colon, last = token.body.upper().partition(":")
    body = first if colon and first == last else token.body.upper()
    return body if token.sheet is None else f"{token.sheet.casefold()}!{body}"


def _number(token: Token) -> str:
    return repr(float(token.text))


_KINDS: dict[str, Callable[[Token], str]] = {
    "area": _reference,
    "name": lambda token: token.text.casefold(),
    "number": _number,
    "function": lambda token: f"{plain_name(token.body)}(",
}
