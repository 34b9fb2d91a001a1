"""How the workbooks look, and the few operations that the templates are laid out with.

A :class:`TemplateBook` is a workbook under construction, a :class:`Page` one of its sheets. Cells are given in A1
notation, formulas begin with ``=``. Nothing here computes: cached values come from the calculator.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import resources
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import xlsxwriter
from xlsxwriter.format import Format

from rpxl.templates.looks import GREY, INK, LOOKS, RED_INK, RED_PAPER
from rpxl.templates.worksheet import QuickWorksheet
from rpxl.xlsx.references import column_letters, column_number, parse_range, quote_sheet

Cell = float | str | date
Rows = Sequence[Sequence[Cell]]

TEMPLATE_PROPERTY = "rpxl template"
CHECKS = "Checks"
"""The name of the cells that compare rpxl with native formulas."""
COMPARISON = "Comparison"
"""The name of the cells that set published figures against computed ones."""
AGREES = "agrees"
NOT_COMPARED = "not compared"
"""The verdict where two figures need not be the same."""

_CREATED = datetime(2024, 1, 1)


class TemplateBook:
    """A workbook under construction; `inputs` are the values of its input cells by name."""

    def __init__(self, template: str, title: str, inputs: Mapping[str, Cell | Rows]) -> None:
        self.template = template
        self.title = title
        self.inputs = inputs
        self._buffer = BytesIO()
        options = {"in_memory": True, "use_future_functions": True, "strings_to_urls": False}
        self.workbook = xlsxwriter.Workbook(self._buffer, options)
        self.workbook.set_properties({"title": title, "author": "rpxl", "created": _CREATED})
        self.workbook.set_custom_property(TEMPLATE_PROPERTY, template)
        # The cached values are right: a program that lacks rpxl must not throw them away on opening.
        self.workbook.set_calc_mode("auto", 191029)
        self.workbook.calc_on_load = False
        self._formats: dict[tuple[str, str | None], Format] = {}
        self._pages: list[Page] = []

    def look(self, look: str, number_format: str | None = None) -> Format:
        """Return the cell format of a look, made once."""
        key = (look, number_format)
        if key not in self._formats:
            base = {"font_color": INK, "valign": "vcenter"} | LOOKS[look]
            if number_format is not None:
                base["num_format"] = number_format
            self._formats[key] = self.workbook.add_format(base)
        return self._formats[key]

    def page(self, name: str, subtitle: str, widths: Sequence[float], **options: Any) -> "Page":
        """Add a sheet; `widths` are those of its columns from A on, of which A is the margin."""
        page = Page(self, name, subtitle, widths, **options)
        self._pages.append(page)
        return page

    def name(self, name: str, page: "Page", area: str) -> None:
        """Give a name to an area such as ``B5:C9``."""
        self.workbook.define_name(name, f"={page.ref(area)}")

    def notes(self) -> None:
        """Add the sheet of notes, from the text of the template's name in the folder ``notes``."""
        page = self.page("Notes", "Method, sources, and why figures differ", [2, 124, 6], portrait=True)
        text = (resources.files("rpxl.templates") / "notes" / f"{self.template}.md").read_text("utf-8")
        row = 4
        for paragraph in text.strip().split("\n\n"):
            if paragraph.startswith("## "):
                row += row > 4
                page.heading(f"B{row}:C{row}", paragraph.removeprefix("## "))
            else:
                page.paragraph(f"B{row}", " ".join(paragraph.split()), 135)
            row += 1

    def save(self) -> bytes:
        """Close the workbook and return the file."""
        if any(page.printed for page in self._pages):  # where one sheet has a print area, others need one to be printed
            for page in self._pages:
                if not page.printed:
                    page.sheet.print_area(f"A1:{page.last}{page.bottom}")
        self.workbook.close()
        return _without_chart_caches(self._buffer.getvalue())


class Page:
    """A presentation sheet: a title band, no gridlines, ready to print on a landscape page."""

    def __init__(
        self,
        book: TemplateBook,
        name: str,
        subtitle: str,
        widths: Sequence[float],
        *,
        one_page: bool = True,
        portrait: bool = False,
    ) -> None:
        self.book = book
        self.sheet_name = name
        self.sheet = book.workbook.add_worksheet(name, QuickWorksheet)
        self.last = column_letters(len(widths))
        self.bottom = 1
        """The last row in use, charts included."""
        self.printed = False
        """Whether only a part is printed."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.sheet.hide_gridlines(2)
        self._set_up_print(one_page, portrait)
        self._title_band(subtitle, len(widths) - 1)

    def _set_up_print(self, one_page: bool, portrait: bool) -> None:
        sheet = self.sheet
        if portrait:
            sheet.set_portrait()
        else:
            sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.45, right=0.45, top=0.45, bottom=0.6)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 1 if one_page else 0)
        sheet.set_footer("&L&8&K6B7580&F&C&8&K6B7580&A&R&8&K6B7580Page &P of &N")

    def print_only(self, area: str, head: int) -> None:
        """Print only a part of a long sheet, one page wide; the rows down to `head` are repeated on each page."""
        self.printed = True
        self.sheet.print_area(area)
        self.sheet.repeat_rows(0, head - 1)
        self.sheet.fit_to_pages(1, 0)

    def _title_band(self, subtitle: str, last: int) -> None:
        self.sheet.set_row(2, 24)
        for row, height, look in ((0, 30, "title"), (1, 22, "subtitle")):
            self.sheet.set_row(row, height)
            for column in range(last + 1):
                self.sheet.write_blank(row, column, None, self.book.look(look))
        self.put("B1", self.book.title, "title")
        self.put("B2", subtitle, "subtitle")
        self.put(f"{self.last}1", "rpxl", "brand")

    def ref(self, area: str) -> str:
        """Return an absolute reference to an area of this sheet, for use on any sheet."""
        absolute = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", area)
        return f"{quote_sheet(self.sheet_name)}!{absolute}"

    def put(self, cell: str, value: Cell, look: str = "computed", number_format: str | None = None) -> None:
        """Write a cell, or a formula over an area: ``put("B2:C3", "=MMULT(…)")``."""
        style = self.book.look(look, number_format)
        if ":" in cell:
            self.bottom = max(self.bottom, parse_range(cell).bottom)
            self.sheet.write_dynamic_array_formula(cell, str(value), style)
            return
        letters = cell.rstrip("0123456789")
        row = int(cell[len(letters) :])
        self.bottom = max(self.bottom, row)
        place = row - 1, column_number(letters) - 1
        if isinstance(value, str) and value.startswith("="):
            self.sheet.write_formula(*place, value, style)
        elif isinstance(value, str):
            self.sheet.write_string(*place, value, style)
        elif isinstance(value, date):
            self.sheet.write_datetime(*place, value, style)
        else:
            self.sheet.write_number(*place, value, style)

    def array(self, cell: str, formula: str, look: str = "computed", number_format: str | None = None) -> None:
        """Write an array formula that has one answer."""
        self.put(f"{cell}:{cell}", formula, look, number_format)

    def restyle(self, area: str, look: str, number_format: str | None = None) -> None:
        """Give cells that an array formula fills, but not its first cell, a look of their own."""
        for row, column in parse_range(area).cells():
            self.sheet.write_number(row - 1, column - 1, 0, self.book.look(look, number_format))

    def line(self, cell: str, values: Sequence[Cell], look: str = "computed", number_format: str | None = None) -> None:
        """Write cells from left to right."""
        start = parse_range(cell)
        for step, value in enumerate(values):
            self.put(f"{column_letters(start.left + step)}{start.top}", value, look, number_format)

    def header(self, cell: str, labels: Sequence[str], first: str = "column_label") -> None:
        """Write the heads of columns; the first stands over labels."""
        self.line(cell, labels, "column")
        self.put(cell, labels[0], first)

    def input(self, name: str, area: str, number_format: str | None = None, look: str = "input") -> None:
        """Write the input `name` into an area and name the area."""
        given = self.book.inputs[name]
        rows: Rows = [[given]] if isinstance(given, float | str | date) else given
        place = parse_range(area)
        if (place.height, place.width) != (len(rows), len(rows[0])):
            raise ValueError(f"{name}: {len(rows)} × {len(rows[0])} values for {area}")
        for (row, column), value in zip(place.cells(), (cell for line in rows for cell in line), strict=True):
            self.put(f"{column_letters(column)}{row}", value, look, number_format)
        self.book.name(name, self, area)

    def heading(self, area: str, text: str) -> None:
        """Write the heading of a block over all its columns."""
        place = parse_range(area)
        for row, column in place.cells():
            self.sheet.write_blank(row - 1, column - 1, None, self.book.look("heading"))
        self.put(area.split(":")[0], text, "heading")
        self.sheet.set_row(place.top - 1, 19)

    def note(self, area: str, text: str, height: float | None = None) -> None:
        """Write a paragraph over an area of cells; the text may be a formula."""
        self.sheet.merge_range(area, "", self.book.look("note"))
        self.bottom = max(self.bottom, parse_range(area).bottom)
        self.put(area.split(":")[0], _unbroken(text), "note")
        if height is not None:
            self.sheet.set_row(parse_range(area).top - 1, height)

    def paragraph(self, cell: str, text: str, width: int, look: str = "note") -> None:
        """Write a paragraph into one cell, and make its row as high as lines of `width` characters need."""
        self.put(cell, _unbroken(text), look)
        self.sheet.set_row(parse_range(cell).top - 1, 5 + 13 * -(-len(text) // width))

    def legend(self, cell: str) -> None:
        """Say what the colours of the figures mean, in three cells from `cell` on."""
        place = parse_range(cell)
        for step, (text, look) in enumerate((("Input", "input"), ("Formula", "computed"), ("Published", "published"))):
            self.put(f"{column_letters(place.left + step)}{place.top}", text, look)

    def verdict(self, cell: str, one: str, other: str, only_if: str = "") -> None:
        """Compare two ranges or two numbers to one part in a billion (1e-9); with `only_if`, only if that is true."""
        gap = f"SUM(ABS({one}-{other}))"
        formula = f'IF({gap}<=1E-9*SUM(ABS({other})),"{AGREES}","DIFFERS by "&ROUND({gap},9))'
        self.array(cell, f"={where(only_if, formula)}", "verdict")

    def verdicts(self, area: str, *, some_apart: bool = False) -> None:
        """Name the area of the verdicts of this workbook and colour them."""
        self.book.name(CHECKS, self, area)
        if some_apart:
            criteria = f'={area.split(":")[0]}="{NOT_COMPARED}"'
            plain = self.book.workbook.add_format({"font_color": GREY})
            rule = {"type": "formula", "criteria": criteria, "format": plain, "stop_if_true": True}
            self.sheet.conditional_format(area, rule)
        self.traffic_light(area, AGREES)

    def status(self, area: str, against: str = "native Excel formulas", *, some_apart: bool = False) -> None:
        """Write into an area of one row how many verdicts agree; with `some_apart`, not counting those not compared."""
        count = f'COUNTIF({CHECKS},"{AGREES}")'
        total = f"(ROWS({CHECKS})*COLUMNS({CHECKS}))"
        apart = f'COUNTIF({CHECKS},"{NOT_COMPARED}")'
        if some_apart:
            total = f"({total}-{apart})"
        self.sheet.merge_range(area, "", self.book.look("status"))
        self.put(
            area.split(":")[0],
            f'=IF({count}={total},"All "&{total}&" checks against {against} agree",'
            f'{total}-{count}&" of "&{total}&" checks against {against} DIFFER")'
            + (f'&IF({apart}>0,"; "&{apart}&" not compared","")' if some_apart else ""),
            "status",
        )
        self.traffic_light(area, "All ")

    def warning(self, area: str, bad: str) -> None:
        """Colour an area red when its first cell begins with `bad`."""
        first = "$" + area.split(":")[0]
        self.mark(area, f'=LEFT({first},{len(bad)})="{bad}"')

    def mark(self, area: str, criteria: str) -> None:
        """Colour cells of an area red where a formula, written for the first of them, is true."""
        red = self.book.workbook.add_format({"font_color": RED_INK, "bg_color": RED_PAPER})
        self.sheet.conditional_format(area, {"type": "formula", "criteria": criteria, "format": red})

    def traffic_light(self, area: str, good: str) -> None:
        """Colour the cells of an area by whether they begin with `good`."""
        green = self.book.workbook.add_format({"font_color": "#1E6B3A", "bg_color": "#E3F1E6"})
        red = self.book.workbook.add_format({"font_color": RED_INK, "bg_color": RED_PAPER})
        first = area.split(":")[0]
        if area.count(":") and parse_range(area).height == 1:
            first = "$" + first
        test = f'IFERROR(LEFT({first},{len(good)})="{good}",FALSE)'
        rules = ((f"={test}", green), (f"=NOT({test})", red))
        for criteria, style in rules:
            self.sheet.conditional_format(area, {"type": "formula", "criteria": criteria, "format": style})


def where(condition: str, formula: str) -> str:
    """Return the formula of a verdict; with a condition, it compares only where that is true."""
    return f'IF({condition},{formula},"{NOT_COMPARED}")' if condition else formula


def _unbroken(text: str) -> str:
    """Keep a number and its sign of percent on one line."""
    return text.replace(" %", "\u00a0%")


def _without_chart_caches(file: bytes) -> bytes:
    """Take the copies of cell values out of the charts, so that a chart can only draw the cells.

    XlsxWriter writes categories that come from formulas as numbers. Here they become text, unless they are dates.
    """
    out = BytesIO()
    with ZipFile(BytesIO(file)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.startswith("xl/charts/"):
                data = re.sub(rb"<c:(num|str|multiLvlStr)Cache>.*?</c:\1Cache>", b"", data, flags=re.DOTALL)
                if b"<c:dateAx>" not in data:
                    data = re.sub(
                        rb"<c:cat><c:numRef>(.*?)</c:numRef></c:cat>", rb"<c:cat><c:strRef>\1</c:strRef></c:cat>", data
                    )
            info = ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            new.writestr(info, data)
    return out.getvalue()
