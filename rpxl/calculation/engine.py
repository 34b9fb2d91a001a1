"""The calculation engine, and the bare copy of a workbook that it is given."""

import io
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from html import escape
from typing import Any

import numpy as np

from rpxl.calculation.constants import OFFICE_ERRORS, Constants
from rpxl.calculation.native_functions import pick
from rpxl.errors import RpxlError
from rpxl.xlsx.cells import CellError, FormulaCell, Value, number_text
from rpxl.xlsx.references import Area, cell_name, column_letters, parse_range, quote_sheet
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FEW = 1000
"""Of a range of so many cells each is looked at; of a larger one those that are filled."""
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Place = tuple[str, int, int]


def _formualizer() -> Any:
    try:
        import formualizer
    except ImportError as error:
        raise RpxlError(
            f"formualizer, which computes workbooks, is not installed ({error}). It has no build for Windows on ARM: "
            "there, use a Python for x64 from python.org, or fill on another computer. Elsewhere: pip install "
            "formualizer. The functions in cells, 'rpxl eval' and 'rpxl recalc' work without it."
        ) from None
    return formualizer


class Held:
    """The answer of an array formula, for the cells of its range."""

    def __init__(self, formula: FormulaCell) -> None:
        self.formula = formula
        self.shape = (1, 1)
        self._rows: list[list[Any]] = [[None]]

    def take(self, answer: Any) -> Any:
        """Keep an answer, and return what the first cell shows."""
        self._rows = answer if isinstance(answer, list) else [[answer]]
        self.shape = len(self._rows), len(self._rows[0])
        return self.at(None, 0.0, 0.0)

    def at(self, _first: Any, row: float, column: float) -> Any:
        """Return what a cell shows; a single value, row or column is repeated, and beyond the end stands #N/A."""
        value = pick(self._rows, int(row), int(column))
        return 0.0 if value is None else value

    def part(self, area: Area) -> Any:
        """Return what a cell shows, or the cells of a part of the range."""
        rows = self.table(area)
        return rows[0][0] if area.height == area.width == 1 else rows

    def table(self, area: Area) -> list[list[Any]]:
        """Return what the cells of a part of the range show."""
        top, left = area.top - self.formula.area.top, area.left - self.formula.area.left
        height, width = self.shape
        if top + area.height <= height > 1 and left + area.width <= width > 1:
            rows = [row[left : left + area.width] for row in self._rows[top : top + area.height]]
            return [[0.0 if cell is None else cell for cell in row] for row in rows]
        return [[self.at(None, top + i, left + j) for j in range(area.width)] for i in range(area.height)]


class Engine:
    """A bare copy of a workbook and the engine that computes it, until it is closed.

    Parameters
    ----------
    book
        The workbook.
    computed
        The formulas that will be added; constants in their areas are old results.
    """

    def __init__(self, book: Workbook, computed: dict[Place, FormulaCell]) -> None:
        self._book = book
        self._formulas: dict[Place, tuple[FormulaCell, str]] = {}
        self._functions: dict[str, Callable[..., Any]] = {}
        self._held = {place: Held(formula) for place, formula in computed.items() if formula.array}
        self._names_of_calls: dict[Place, str] = {}
        self._calls = 0
        self._workbook: Any = None
        self._read: set[Area] = set()
        self._constants = Constants(book)
        self._boxes: dict[str, list[tuple[int, int, int, int]]] = {}
        for formula in computed.values():
            self._boxes.setdefault(formula.area.sheet, []).append(formula.area[1:])

    def register(self, name: str, function: Callable[..., Any]) -> None:
        """Add a function that the engine lacks."""
        self._functions[name] = function

    def register_call(self, function: Callable[..., Any]) -> str:
        """Add a function for one call alone and return the name to call it by."""
        self._calls += 1
        name = f"RPXL_CALL_{self._calls}"
        self._functions[name] = function
        return name

    def formula(
        self,
        place: Place,
        formula: FormulaCell,
        text: str,
        reads: Sequence[Area],
        function: Callable[..., Any] | None = None,
    ) -> None:
        """Add a formula.

        `text` is how the engine is to read it. If there is a `function`, that computes it, and is given what it reads.
        """
        self._read.update(reads)
        if function is not None:
            text = ",".join(str(area) for area in reads)
        if formula.array:
            held = self._held[place]
            self._names_of_calls[place] = self.register_call(held.at)
            take = held.take if function is None else _both(held.take, function)
            text = f"{self.register_call(take)}({text})"
        elif function is not None:
            text = f"{self.register_call(function)}({text})"
        self._formulas[place] = formula, text

    def reader(self, area: Area) -> tuple[Callable[[], Any] | None, Area | None]:
        """Return what reads an area, None if the engine must hand it over, and the area that must be computed first."""
        for held in self._ranges.get(area.sheet, ()):
            place = held.formula.area
            if place.holds(area.top, area.left):
                if not place.holds(area.bottom, area.right):
                    return None, area
                return partial(held.part, area), place._replace(bottom=place.top, right=place.left)
        if self._is_computed(area):
            return None, area
        return partial(self._constants.values, area), None

    def _is_computed(self, area: Area) -> bool:
        boxes = self._arrays_of_boxes.get(area.sheet)
        if boxes is None:
            return False
        hit = (boxes[:, 0] <= area.bottom) & (boxes[:, 2] >= area.top)
        return bool(np.any(hit & (boxes[:, 1] <= area.right) & (boxes[:, 3] >= area.left)))

    @cached_property
    def _ranges(self) -> dict[str, list[Held]]:
        """The array formulas that fill several cells, by sheet."""
        found: dict[str, list[Held]] = {}
        for held in self._held.values():
            if held.formula.area.height * held.formula.area.width > 1:
                found.setdefault(held.formula.area.sheet, []).append(held)
        return found

    @cached_property
    def _arrays_of_boxes(self) -> dict[str, np.ndarray[Any, Any]]:
        return {sheet: np.array(boxes) for sheet, boxes in self._boxes.items()}

    def evaluate(self) -> None:
        """Compute everything, each formula after what it reads.

        Raises
        ------
        RpxlError
            The engine is not installed: it has no build for Windows on ARM.
        """
        engine = _formualizer()
        settings = engine.EvaluationConfig()
        settings.enable_parallel = False  # Python's functions run one at a time, and threads would wait for each other
        config = engine.WorkbookConfig(mode=engine.WorkbookMode.Interactive, eval_config=settings)
        self._workbook = engine.Workbook.from_bytes(self._copy(), config=config)
        self._workbook.set_temporal_egress("serial")
        for name, function in self._functions.items():
            self._workbook.register_function(name, function)
        self._workbook.evaluate_all()

    def close(self) -> None:
        """Let go of the copy, which would stay in memory for good.

        It holds functions that hold this object, and it is compiled: Python's search for such rings can't look into it.
        """
        self._workbook = None

    def _spread(self, sheet: str, wanted: set[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
        """Give each cell of an array formula but the first a formula of its own: its row, column and formula.

        The engine spills an array without knowing who reads it. Formulas that read the first cell are computed after
        it, and before whatever reads them. Cells that the engine's formulas don't read are left out.
        """
        for (name, top, left), held in self._held.items():
            area = held.formula.area
            if name != sheet or (area.height, area.width) == (1, 1) or (name, top, left) not in self._names_of_calls:
                continue
            call, first = self._names_of_calls[name, top, left], f"${column_letters(left)}${top}"
            for row, column in area.cells():
                if (row, column) != (top, left) and (row, column) in wanted:
                    yield row, column, f"{call}({first},{row - top},{column - left})"

    def answer(self, place: Place) -> list[Value]:
        """Return what the cells of an array formula show, row by row, after :meth:`evaluate`."""
        held = self._held[place]
        values = [_value(cell) for row in held.table(held.formula.area) for cell in row]
        first = self.value(place)
        return values if first == values[0] else [first] * len(values)

    def answer_shape(self, place: Place) -> tuple[int, int] | None:
        """Return the height and width of what an array formula gave; None for any other formula."""
        held = self._held.get(place)
        return None if held is None else held.shape

    def value(self, place: Place) -> Value:
        """Return what a cell shows after :meth:`evaluate`; a blank reads as 0, as a formula shows it."""
        return _value(self._workbook.get_value(*place))

    def extent(self, place: Place) -> Area:
        """Return the area that the answer of a formula fills."""
        sheet, row, column = place
        address = f"{quote_sheet(sheet)}!{cell_name(row, column)}"
        spill = self._workbook.inspect_cell(address, include_values=False).cell.spill
        if spill is None or spill.extent is None:
            return Area(sheet, row, column, row, column)
        return parse_range(str(spill.extent).rpartition("!")[2], sheet)

    def _copy(self) -> bytes:
        """Write the copy as an .xlsx file without styles, charts or anything else."""
        names = [sheet.name for sheet in self._book.sheets]
        numbers = range(1, len(names) + 1)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:

            def add(part: str, content: str) -> None:
                archive.writestr(part, f'<?xml version="1.0" encoding="UTF-8"?>{content}')

            parts = {"/xl/workbook.xml": "sheet.main", **{f"/xl/s{i}.xml": "worksheet" for i in numbers}}
            overrides = "".join(
                f'<Override PartName="{part}" ContentType="{_SHEET_TYPE}.{kind}+xml"/>' for part, kind in parts.items()
            )
            rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            add("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">{rels}{overrides}</Types>')
            add("_rels/.rels", _relationships({"officeDocument": ["xl/workbook.xml"]}))
            add("xl/_rels/workbook.xml.rels", _relationships({"worksheet": [f"s{i}.xml" for i in numbers]}))
            sheets = "".join(
                f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(names, 1)
            )
            add(
                "xl/workbook.xml",
                f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets>{self._names()}</workbook>',
            )
            worksheets = {sheet.name for sheet in self._book.worksheets}
            for number, sheet in enumerate(self._book.sheets, 1):
                rows = self._rows(sheet) if sheet.name in worksheets else ""
                add(f"xl/s{number}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>')
        return buffer.getvalue()

    def _names(self) -> str:
        sheets = [sheet.name for sheet in self._book.sheets]
        names = []
        for name in self._book.names:
            if not name.name.startswith("_xlnm."):
                scope = "" if name.scope is None else f' localSheetId="{sheets.index(name.scope)}"'
                tag = f'<definedName name="{escape(name.name)}"{scope}>'
                names.append(f"{tag}{escape(name.text)}</definedName>")
        return f"<definedNames>{''.join(names)}</definedNames>" if names else ""

    def _wanted(self, sheet: Sheet) -> set[tuple[int, int]]:
        """Find the cells that formulas read which the engine computes."""
        wanted: set[tuple[int, int]] = set()
        large: list[Area] = []
        for area in self._read:
            if area.sheet == sheet.name and area.height * area.width <= _FEW:
                wanted.update(area.cells())
            elif area.sheet == sheet.name:
                large.append(area)
        if large:
            filled = sheet.cells.keys() | self._computed(sheet.name)
            wanted.update(place for place in filled if any(area.holds(*place) for area in large))
        return wanted

    def _computed(self, sheet: str) -> set[tuple[int, int]]:
        """Return the cells of a sheet that formulas fill."""
        boxes = self._boxes.get(sheet, [])
        return {cell for box in boxes for cell in Area(sheet, *box).cells()}

    def _rows(self, sheet: Sheet) -> str:
        wanted = self._wanted(sheet)
        cells: dict[int, dict[int, str]] = {}
        for row, column in wanted.difference(self._computed(sheet.name), sheet.formulas):
            value = sheet.value(row, column)
            if value is not None:
                xml = _constant(cell_name(row, column), value)
                if xml:
                    cells.setdefault(row, {})[column] = xml
        for (name, row, column), (formula, text) in self._formulas.items():
            if name == sheet.name:
                array = f' t="array" ref="{cell_name(row, column)}"' if formula.array else ""
                xml = f'<c r="{cell_name(row, column)}"><f{array}>{escape(text)}</f></c>'
                cells.setdefault(row, {})[column] = xml
        for row, column, text in self._spread(sheet.name, wanted):
            cells.setdefault(row, {})[column] = f'<c r="{cell_name(row, column)}"><f>{text}</f></c>'
        return "".join(
            f'<row r="{row}">{"".join(xml for _, xml in sorted(columns.items()))}</row>'
            for row, columns in sorted(cells.items())
        )


def _both(take: Callable[[Any], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given: take(function(*given))


def _value(value: Any) -> Value:
    """Return what a cell shows for a value of the engine."""
    if value is None:
        return 0.0
    if isinstance(value, dict):
        return CellError(OFFICE_ERRORS.get(value.get("kind", ""), "#NAME?"))
    if isinstance(value, str | bool):
        return value
    number = float(value) + 0.0  # no -0.0
    return number if math.isfinite(number) else CellError("#NAME?")


def _relationships(targets: dict[str, list[str]]) -> str:
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for kind, parts in targets.items()
        for i, target in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _constant(name: str, value: Value) -> str:
    """Write a constant cell."""
    if value is None:
        return ""
    if isinstance(value, CellError):
        return f'<c r="{name}" t="e"><v>{escape(value)}</v></c>'
    if isinstance(value, str):
        text = escape(value).replace("\r", "&#13;")
        return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    return f'<c r="{name}"><v>{number_text(value)}</v></c>'
