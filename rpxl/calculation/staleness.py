"""Which shown values of formulas that rpxl doesn't compute still hold: those that read nothing that changed.

What a formula reads is told from its text. One that may read anything (INDIRECT, OFFSET, a reference through several
sheets …) is taken to read everything.
"""

from collections.abc import Iterable, Iterator

from lxml import etree

from rpxl.calculation.analysis import plain_name
from rpxl.calculation.dependence import dependents
from rpxl.xlsx.cells import FormulaCell, Value
from rpxl.xlsx.references import LAST_COLUMN, LAST_ROW, Area, area_of, parse_range, tokenize
from rpxl.xlsx.workbook import Workbook

Place = tuple[str, int, int]

_ANYWHERE = frozenset(["INDIRECT", "OFFSET", "CELL", "GETPIVOTDATA", "EVALUATE"])
_CLOSE = 1e-9  # relative; how near a result must come to the shown one to count as the same
_DEEPEST = 20  # names of names


def stale_formulas(book: Workbook, left: Iterable[Place], values: dict[Place, Value]) -> set[Place]:
    """Find the formulas among `left` whose shown value may be wrong now, or that show none.

    Parameters
    ----------
    book
        The workbook, its inputs changed, its formulas still with the values that the file had.
    left
        The cells of formulas that are not computed.
    values
        What the other formulas give now.
    """
    places = list(left)
    formulas = {place: book.sheet(place[0]).formulas[place[1:]] for place in places}
    found = {place for place in places if book.sheet(place[0]).value(*place[1:]) is None}
    reader = _Reader(book)
    reads = [(formulas[place].area, list(reader.areas(formulas[place]))) for place in places]
    changed = [*book.changed, *_differing(book, values), *(formulas[place].area for place in found)]
    return found | {places[index] for index in dependents(changed, reads)}


def areas_read(book: Workbook) -> list[Area]:
    """Return the areas that the formulas of a workbook read; what may read anything is taken to read everything."""
    reader = _Reader(book)
    return [area for sheet in book.worksheets for f in sheet.formulas.values() for area in reader.areas(f)]


def _differing(book: Workbook, values: dict[Place, Value]) -> Iterator[Area]:
    sheets = {sheet.name: sheet for sheet in book.worksheets}
    for (name, row, column), value in values.items():
        if not _alike(sheets[name].value(row, column), value):
            yield Area(name, row, column, row, column)


def _alike(old: Value, new: Value) -> bool:
    if type(old) is float and type(new) is float:
        return abs(old - new) <= _CLOSE * max(abs(old), abs(new))
    return type(old) is type(new) and old == new


class _Reader:
    """Tells what formulas read."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._sheets = {sheet.name.casefold(): sheet.name for sheet in book.worksheets}
        self._tables = table_areas(book)
        self._names: dict[tuple[str, str], str | None] = {}
        self._everything = [Area(name, 1, 1, LAST_ROW, LAST_COLUMN) for name in self._sheets.values()]

    def areas(self, formula: FormulaCell) -> Iterator[Area]:
        """Return the areas that a formula reads, or more."""
        if not formula.readable:
            yield from self._everything
        else:
            yield from self._of_text(formula.text, formula.area, 0)

    def _of_text(self, text: str, home: Area, depth: int) -> Iterator[Area]:
        if depth > _DEEPEST:
            yield from self._everything
            return
        for token in tokenize(text):
            outside = token.prefix is not None and "[" in token.prefix
            if (
                (token.kind == "function" and plain_name(token.body) in _ANYWHERE)
                or token.text == ":"
                or (token.kind in ("area", "name") and not outside and ":" in (token.prefix or ""))
            ):
                yield from self._everything
            elif token.kind == "area" and not outside:
                area = area_of(token, home.sheet)
                if area.sheet.casefold() in self._sheets:
                    yield area._replace(sheet=self._sheets[area.sheet.casefold()])
            elif token.kind == "name" and not outside:
                text_of_name = self._name(token.body, token.sheet or home.sheet)
                if text_of_name is not None:
                    yield from self._of_text(text_of_name, home, depth + 1)
                elif token.body.casefold() in self._tables:
                    yield self._tables[token.body.casefold()]
            elif token.kind == "structured":
                yield from self._table(token.text, home)

    def _name(self, name: str, home: str) -> str | None:
        if (name, home) not in self._names:
            found = self._book.name(name, home)
            self._names[name, home] = None if found is None else found.text
        return self._names[name, home]

    def _table(self, text: str, home: Area) -> Iterator[Area]:
        name = text.partition("[")[0].casefold()
        if name in self._tables:
            yield self._tables[name]
        elif not name:
            yield from (area for area in self._tables.values() if area.meets(home))
        else:
            yield from self._everything


def table_areas(book: Workbook) -> dict[str, Area]:
    """Return the areas of a workbook's tables, by their names in lower case."""
    found = {}
    for sheet in book.worksheets:
        for link in book.package.relationships(sheet.part):
            if link.type.endswith("/table") and link.target in book.package:
                root: etree._Element = book.package.tree(link.target)
                area = parse_range(root.get("ref", "A1"), sheet.name)
                for name in (root.get("displayName"), root.get("name")):
                    if name:
                        found[name.casefold()] = area
    return found
