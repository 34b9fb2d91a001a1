"""A sheet for each function of the catalogue: what it does, its arguments, and an example whose answer is known."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rpxl.formulas.catalogue import CATEGORIES, FUNCTIONS, Parameter, WorksheetFunction
from rpxl.formulas.cells import as_rows
from rpxl.formulas.readers import DatedAssetTable
from rpxl.templates.looks import DATE
from rpxl.templates.page import AGREES, Page, TemplateBook
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters, parse_range

Grid = Sequence[Sequence[Any]]

_LEFT = 3
"""The column in which examples begin."""
_COLUMNS = 7
"""The fewest columns of a sheet, as descriptions need their width."""
_NARROW, _WIDE = 13, 34
"""Widths of the columns of examples, in characters."""
_TALL = 26
"""With more rows of arguments and answers than this, a sheet is printed upright."""


def _sample() -> TemplateInputs:
    return {}


def _lay_out(book: TemplateBook) -> None:
    index = book.page(
        "Functions",
        "What each function does; its sheet holds its arguments and a live example whose answer is known",
        [2, 14, 27, 88, 66, 14],
        one_page=False,
    )
    index.status("B3:D3", "expected answers")
    heads = ["Category", "Function", "Answer", "Where the expected answer comes from", "Check"]
    index.line("B4", heads, "column_label")
    index.sheet.freeze_panes(4, 0)
    index.sheet.repeat_rows(3)
    verdicts = {formula.name: _function_page(book, formula) for formula in FUNCTIONS.values()}
    ordered = sorted(FUNCTIONS.values(), key=lambda formula: CATEGORIES.index(formula.category))
    for row, formula in enumerate(ordered, 5):
        index.put(f"B{row}", formula.category, "label")
        _link(index, f"C{row}", formula.name)
        index.put(f"D{row}", formula.description, "wrapped")
        index.put(f"E{row}", formula.example.source, "source")
        lines = max(-(-len(formula.description) // 95), -(-len(formula.example.source) // 80))
        index.sheet.set_row(row - 1, 6 + 13 * lines)
        index.put(f"F{row}", f"={formula.name}!{verdicts[formula.name]}", "verdict")
    index.verdicts(f"F5:F{4 + len(ordered)}")
    book.notes()


def _link(page: Page, cell: str, target: str) -> None:
    page.sheet.write_url(cell, f"internal:'{target}'!A1", page.book.look("link"), target)


def _function_page(book: TemplateBook, formula: WorksheetFunction) -> str:
    """Lay out the sheet of a function; return the cell of its verdict."""
    answer = as_rows("answer", formula.example.answer)
    grids = [as_rows("argument", cells) for cells in formula.example.args]
    widths = _widths([*grids, answer])
    tall = len(formula.parameters) + sum(map(len, grids)) + 2 * len(answer) > _TALL
    page = book.page(formula.name, formula.description, [2, 20, *widths], portrait=tall)
    last = page.last
    _link(page, "B3", "Functions")
    page.heading(f"B4:{last}4", formula.usage)
    row = _arguments(page, formula, 5, 1.15 * sum(widths[1:]))
    row, references = _example(page, formula, grids, row + 1)
    call = f"={formula.name}({','.join(references)})"
    page.heading(f"B{row}:{last}{row}", "Answer")
    page.put(f"B{row + 1}", "Formula", "label")
    page.sheet.write_string(f"C{row + 1}", call, book.look("formula_line"))
    live = _area(row + 2, answer)
    _answer(page, formula, row + 2, answer, live, call)
    row += 3 + len(answer)
    page.heading(f"B{row}:{last}{row}", "Expected")
    page.put(f"B{row + 1}", "Source", "label")
    page.put(f"C{row + 1}", formula.example.source, "text")
    _constants(page, formula, row + 2, answer, "published")
    expected = _area(row + 2, answer)
    row += 3 + len(answer)
    page.put(f"B{row}", "Check", "total_label")
    page.array(f"C{row}", _verdict(live, expected, answer, formula.example.tolerance), "verdict")
    page.traffic_light(f"C{row}:C{row}", AGREES)
    return f"$C${row}"


def _arguments(page: Page, formula: WorksheetFunction, row: int, width: float) -> int:
    blanks = [""] * (parse_range(f"{page.last}1").left - 4)
    page.line(f"B{row}", ["Argument", "Default", "Meaning", *blanks], "column_label")
    for parameter in formula.parameters:
        row += 1
        page.put(f"B{row}", parameter.name, "label")
        page.put(f"C{row}", _default(parameter), "label")
        page.sheet.merge_range(f"D{row}:{page.last}{row}", parameter.help, page.book.look("wrapped"))
        page.sheet.set_row(row - 1, 3 + 14 * -(-len(parameter.help) // int(width)))
    return row + 1


def _default(parameter: Parameter) -> str:
    if not parameter.optional:
        return "required"
    if parameter.default is None:
        return "none"
    cells = [cell for row in as_rows(parameter.name, parameter.default) for cell in row]
    return ", ".join(cell if isinstance(cell, str) else f"{cell:g}" for cell in cells)


def _example(page: Page, formula: WorksheetFunction, grids: Sequence[Grid], row: int) -> tuple[int, list[str]]:
    """Write the arguments of the example; return the row below, and a reference to each."""
    page.heading(f"B{row}:{page.last}{row}", "Example: change the cells on yellow to try the function")
    references = []
    row += 1
    for number, (parameter, grid) in enumerate(zip(formula.parameters, grids, strict=False)):
        if grid == [[None]] or grid == [[""]]:
            references.append("")
            continue
        page.put(f"B{row}", parameter.name, "label")
        _constants(
            page, formula, row, grid, "input", dated=isinstance(parameter.reader, DatedAssetTable), number=number
        )
        references.append(_area(row, grid))
        row += len(grid)
    return row + 1, references


def _widths(grids: Sequence[Grid]) -> list[float]:
    """Make columns as wide as the texts in them, up to a limit."""
    count = max(_COLUMNS, *(len(grid[0]) for grid in grids))
    texts: list[list[str]] = [[] for _ in range(count)]
    for grid in grids:
        for line in grid:
            for column, cell in enumerate(line):
                if isinstance(cell, str):
                    texts[column].append(cell)
    return [min(max(_NARROW, *(len(text) for text in column), 0), _WIDE) for column in texts]


def _area(row: int, grid: Grid) -> str:
    first, last = f"{column_letters(_LEFT)}{row}", f"{column_letters(_LEFT + len(grid[0]) - 1)}{row + len(grid) - 1}"
    return first if first == last else f"{first}:{last}"


def _constants(
    page: Page, formula: WorksheetFunction, row: int, grid: Grid, look: str, *, dated: bool = False, number: int = 0
) -> None:
    for line_number, line in enumerate(grid):
        for column, cell in enumerate(line):
            if cell is None or cell == "":
                continue
            text = isinstance(cell, str)
            style = {"input": "input_text", "published": "published_text"}[look] if text else look
            place = f"{column_letters(_LEFT + column)}{row + line_number}"
            page.put(place, cell, style, None if text else _format(cell, column == 0, grid, dated))
        _fit(page, row + line_number, line)


def _fit(page: Page, row: int, line: Sequence[Any]) -> None:
    """Make a row as high as its longest text needs."""
    longest = max((len(cell) for cell in line if isinstance(cell, str)), default=0)
    if longest > _WIDE:
        page.sheet.set_row(row - 1, 5 + 13 * -(-longest // (_WIDE - 4)))


def _format(number: float, first: bool, grid: Grid, dated: bool) -> str:
    """Choose a number format: that of dates (in the first column of a dated range), of whole numbers, or of others."""
    if first and (dated or grid[0][0] == "Date") and number > 10_000:
        return DATE
    return "0" if float(number).is_integer() else "0.000000"


def _answer(page: Page, formula: WorksheetFunction, row: int, answer: Grid, live: str, call: str) -> None:
    """Write the live formula over its full range, each cell in the look of what is expected there."""
    for line_number, line in enumerate(answer):
        for column, cell in enumerate(line):
            place = f"{column_letters(_LEFT + column)}{row + line_number}"
            text = isinstance(cell, str)
            look, number_format = ("wrapped", None) if text else ("computed", _format(cell, column == 0, answer, False))
            if line_number == column == 0:
                page.put(live, call, look, number_format)
            else:
                page.restyle(f"{place}:{place}", look, number_format)
        _fit(page, row + line_number, line)


def _verdict(live: str, expected: str, answer: Grid, tolerance: float) -> str:
    """Compare numbers to within the tolerance of the example, and texts letter by letter."""
    top, other = (parse_range(area).top for area in (live, expected))
    gaps, texts = [], []
    for is_text, column, first, last in _runs(answer):
        letter = column_letters(_LEFT + column)
        one, two = (f"{letter}{start + first}:{letter}{start + last}" for start in (top, other))
        if is_text:
            # without "" Calc finds equal texts unequal where one is an add-in's
            texts.append(f'SUM(({one}&""<>{two}&"")*1)')
        else:
            gaps.append(f"MAX(ABS({one}-{two}))")
    gap = f"MAX({','.join(gaps)})" if gaps else "0"
    same = "+".join(texts) or "0"
    return f'=IF({same}>0,"DIFFERS in words",IF({gap}<={tolerance:g},"{AGREES}","DIFFERS by "&ROUND({gap},9)))'


def _runs(answer: Grid) -> Iterator[tuple[bool, int, int, int]]:
    """List the runs of texts and of numbers down each column: whether of texts, column, first and last row."""
    for column in range(len(answer[0])):
        cells = enumerate(line[column] for line in answer)
        for is_text, run in groupby(cells, key=lambda pair: isinstance(pair[1], str)):
            rows = [row for row, _ in run]
            yield is_text, column, rows[0], rows[-1]


TEMPLATE = Template(
    name="function_reference",
    title="The functions of rpxl",
    summary="A sheet for each function: description, arguments, a live example, its expected answer and a check",
    sample=_sample,
    lay_out=_lay_out,
    assets=0,
)
