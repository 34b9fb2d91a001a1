"""A workbook as cells: sheets, defined names, and values that are read and written in place."""

import copy
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from rpxl.xlsx.cells import MAIN, string_text
from rpxl.xlsx.package import Package
from rpxl.xlsx.references import (
    Area,
    area_of,
    same_name,
    tokenize,
)
from rpxl.xlsx.sheet import Sheet

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ID = f"{{{_OFFICE}}}id"


class DefinedName(NamedTuple):
    """A defined name of the workbook, or of the sheet `scope`. `text` is its formula, without ``=``."""

    name: str
    text: str
    scope: str | None
    element: etree._Element

    @property
    def area(self) -> Area | None:
        """The range of the name, if it is a single range of this workbook; else None."""
        return _one_area(self.text)


@lru_cache(maxsize=1000)
def _one_area(text: str) -> Area | None:
    tokens = [token for token in tokenize(text) if token.kind != "space"]
    if len(tokens) != 1 or tokens[0].kind != "area" or not tokens[0].sheet:
        return None
    return area_of(tokens[0], "")


class Workbook:
    """A workbook in memory: its package, its sheets in order, its defined names.

    Parameters
    ----------
    source
        Path of the file, or its bytes.
    name
        The name of the file in messages; by default its path.

    Raises
    ------
    InputError
        The file is damaged or not an .xlsx workbook; see :class:`~rpxl.xlsx.package.Package`.
    """

    def __init__(self, source: Path | str | bytes, name: str | None = None) -> None:
        self.package = Package(source, name)
        main = [link for link in self.package.relationships() if link.type.endswith("/officeDocument")]
        if not main or main[0].target not in self.package:
            raise self.package.error("this is an Office file but not an Excel workbook. Choose an .xlsx file.")
        self.part = main[0].target
        self.changed: list[Area] = []  # cells written since the file was read, without results of formulas
        self._known_names: tuple[int, dict[str, list[etree._Element]]] | None = None
        if self.root.tag != f"{MAIN}workbook":
            raise self.package.error("this is not an .xlsx workbook. Open it in Excel and save it as .xlsx.")
        links = {link.id: link for link in self.package.relationships(self.part)}
        self.sheets: list[Sheet] = []
        for element in self.root.iterfind(f"{MAIN}sheets/{MAIN}sheet"):
            link = links.get(element.get(_ID, ""))
            if link is None or link.target not in self.package:
                raise self.package.error(f"the sheet {element.get('name')!r} is missing. Save it again in Excel.")
            self.sheets.append(Sheet(self, element.get("name", ""), link.target))

    def copy(self) -> "Workbook":
        """Return an independent copy of the workbook; what was parsed is copied, not parsed again."""
        other = copy.copy(self)
        filled_in = {sheet.part for sheet in self.sheets if sheet.form is not None}
        other.package, other.changed = self.package.copy(without=filled_in), list(self.changed)
        other._known_names = None
        other.sheets = [sheet.copy(other) for sheet in self.sheets]
        other.worksheets = [its for mine, its in zip(self.sheets, other.sheets, strict=True) if mine in self.worksheets]
        return other

    @property
    def root(self) -> etree._Element:
        """The XML of the workbook part; read only."""
        return self.package.tree(self.part)

    @cached_property
    def worksheets(self) -> list[Sheet]:
        """The sheets that have cells: all except chart sheets and other kinds."""
        return [sheet for sheet in self.sheets if sheet.root.tag == f"{MAIN}worksheet"]

    def sheet(self, name: str) -> Sheet:
        """Find a worksheet by its name, in upper or lower case.

        Raises
        ------
        InputError
            There is no such worksheet.
        """
        for sheet in self.worksheets:
            if same_name(sheet.name, name):
                return sheet
        names = ", ".join(sheet.name for sheet in self.worksheets)
        raise self.package.error(f"there is no sheet {name!r}. The sheets are: {names}.")

    @property
    def names(self) -> list[DefinedName]:
        """The defined names, in the order of the file."""
        return [self._defined(element) for element in self.root.iterfind(f"{MAIN}definedNames/{MAIN}definedName")]

    def _defined(self, element: etree._Element) -> DefinedName:
        scope = element.get("localSheetId")
        if scope is not None and not (scope.isdecimal() and int(scope) < len(self.sheets)):
            raise self.package.error(f"the name {element.get('name')!r} belongs to a sheet that does not exist.")
        sheet = None if scope is None else self.sheets[int(scope)].name
        return DefinedName(element.get("name", ""), element.text or "", sheet, element)

    def _elements(self, name: str) -> list[etree._Element]:
        """Find the elements that define a name, in upper or lower case."""
        names = self.root.find(f"{MAIN}definedNames")
        if names is None:
            return []
        if self._known_names is None or self._known_names[0] != len(names):
            known: dict[str, list[etree._Element]] = {}
            for element in names.iterfind(f"{MAIN}definedName"):
                known.setdefault(element.get("name", "").casefold(), []).append(element)
            self._known_names = len(names), known
        return self._known_names[1].get(name.casefold(), [])

    def name(self, name: str, home: str | None = None) -> DefinedName | None:
        """Find a name as a formula on the sheet `home` does: first among the sheet's names, then the workbook's.

        Without `home`, the workbook's names come first, then those of any sheet. None if there is no such name.
        """
        matches = [self._defined(element) for element in self._elements(name)]
        if home is not None:
            matches.sort(key=lambda n: n.scope is None)
            matches = [n for n in matches if n.scope is None or same_name(n.scope, home)]
        else:
            matches = [n for n in matches if n.scope is None] or matches
        return matches[0] if matches else None

    @cached_property
    def date1904(self) -> bool:
        """Whether the workbook's day numbers count from 1904, as in old Mac files."""
        properties = self.root.find(f"{MAIN}workbookPr")
        return properties is not None and properties.get("date1904") in ("1", "true")

    @cached_property
    def external_links(self) -> list[str]:
        """The files that the workbook links to; ``[1]`` in a formula is the first."""
        return link_targets(self.package, self.part)

    @cached_property
    def _shared_strings(self) -> list[str]:
        links = self.package.relationships(self.part)
        parts = [link.target for link in links if link.type.endswith("/sharedStrings")]
        if not parts:
            return []
        return [string_text(item) for item in self.package.tree(parts[0]).iterfind(f"{MAIN}si")]

    def shared_string(self, index: str) -> str:
        """Return the text of a cell from its number in the workbook's table of texts.

        Raises
        ------
        InputError
            The table has no text of that number.
        """
        try:
            return self._shared_strings[int(index)]
        except (ValueError, IndexError):
            raise self.package.error(f"the text number {index} is missing. Save the file again in Excel.") from None

    @cached_property
    def custom_properties(self) -> dict[str, str]:
        """The file's own document properties, by name."""
        for link in self.package.relationships():
            if link.type.endswith("/custom-properties") and link.target in self.package:
                root = self.package.tree(link.target)
                return {p.get("name", ""): "".join(str(t) for t in p.itertext()) for p in root}
        return {}


def link_targets(package: Package, part: str) -> list[str]:
    """Return the files that the workbook in `part` links to, in the order in which formulas number them.

    A link without a file is an empty text.
    """
    parts = {link.id: link.target for link in package.relationships(part)}
    targets = []
    for reference in package.tree(part).iterfind(f"{MAIN}externalReferences/{MAIN}externalReference"):
        links = package.relationships(parts.get(reference.get(_ID, ""), "?"))
        targets.append(next((link.target for link in links if link.external), ""))
    return targets
