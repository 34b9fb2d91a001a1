"""A `Desk` without Excel: sheets as rows of cells, answers given beforehand, plans carried out in a workbook file."""

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from rpxl.calculation.calculate import calculate
from rpxl.excel.macros import advance
from rpxl.excel.macros.plan import Ask, Cells, Chart, FormulaEdit, Plan, Rows, SheetArea, parse_address
from rpxl.xlsx.workbook import Workbook
from tests.excel.regions import current_region

BOOK = "Book 1.xlsx"
EPOCH = date(1899, 12, 30)


def address(area: SheetArea) -> str:
    """Write an area as Excel answers with it."""
    sheet, _, cells = area.text().rpartition("!")
    return f"'[{area.book}]{sheet.strip(chr(39))}'!{cells}"


@dataclass
class FakeDesk:
    """Sheets by name, each with its cells from A1 on."""

    sheets: dict[str, Rows]
    selected: SheetArea | None = None
    computes_rpxl: bool = True
    file: Path | None = None

    def saved_file(self) -> Path:
        assert self.file is not None
        return self.file

    def selection(self) -> SheetArea | None:
        return self.selected

    def region(self, area: SheetArea) -> SheetArea:
        rows = self.sheets[area.sheet]
        return SheetArea(BOOK, area.sheet, *current_region(rows, area.row, area.column, area.height, area.width))

    def find(self, address: str) -> SheetArea:
        return parse_address(address)

    def read(self, area: SheetArea) -> Rows:
        rows = self.sheets[area.sheet]

        def cell(i: int, j: int) -> Any:
            return rows[i][j] if i < len(rows) and j < len(rows[i]) else None

        return [[cell(area.row - 1 + i, area.column - 1 + j) for j in range(area.width)] for i in range(area.height)]

    def whole(self, sheet: str) -> SheetArea:
        rows = self.sheets[sheet]
        return SheetArea(BOOK, sheet, 1, 1, len(rows), len(rows[0]))

    def run(self, name: str, *answers: str) -> Plan:
        """Run a macro that asks as many questions as there are answers."""
        for given in range(len(answers)):
            assert isinstance(advance(name, answers[:given], self), Ask)
        plan = advance(name, answers, self)
        assert isinstance(plan, Plan)
        return plan


def computed(desk: FakeDesk, plan: Plan) -> dict[tuple[int, int], Any]:
    """Carry a plan out in a workbook, compute it, and return the cells of the sheet that it wrote to."""
    buffer = io.BytesIO()
    target = plan.at.sheet if plan.at else plan.sheet
    with xlsxwriter.Workbook(buffer) as book:
        for name, rows in desk.sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    if value is not None:
                        sheet.write(i, j, (value - EPOCH).days if isinstance(value, date) else value)
        sheet = book.get_worksheet_by_name(target) or book.add_worksheet(target)
        for step in plan.steps:
            if isinstance(step, Cells):
                for i, line in enumerate(step.rows):
                    for j, cell in enumerate(line):
                        if cell is not None:
                            sheet.write(step.row - 1 + i, step.column - 1 + j, cell)
            elif isinstance(step, FormulaEdit):
                top, left = step.row - 1, step.column - 1
                bottom, right = top + step.height - 1, left + step.width - 1
                sheet.write_dynamic_array_formula(top, left, bottom, right, step.text)
    workbook = Workbook(buffer.getvalue())
    result = calculate(workbook)
    assert result.failures == []
    assert result.left == {}
    shown = {(row, column): value for (name, row, column), value in result.values.items() if name == target}
    for step in plan.steps:
        if isinstance(step, Cells):
            for i, line in enumerate(step.rows):
                for j, cell in enumerate(line):
                    shown[step.row + i, step.column + j] = cell
    return shown


def charts(plan: Plan) -> list[Chart]:
    return [step for step in plan.steps if isinstance(step, Chart)]


def values(shown: dict[tuple[int, int], Any], row: int, column: int, height: int, width: int) -> Rows:
    """Return a block of computed cells."""
    return [[shown[row + i, column + j] for j in range(width)] for i in range(height)]
