"""A cell shows a day or a percentage by its number format, be it one of Excel's own or one written out."""

import pytest

from rpxl.filling.number_formats import is_date_cell, is_percent_cell
from rpxl.xlsx.workbook import Workbook

from ..make import MAIN, raw_sheet, with_parts, workbook

SHOWS_A_DAY = {
    **{0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?"},
    **{13: "# ??/??", 14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM"},
    **{20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 39: "#,##0.00;(#,##0.00)"},
    **{45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@"},
    # As in China. Other countries write them otherwise, but show a day where this does
    **{27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 30: "m-d-yy", 31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒"},
    **{
        36: "yyyy年m月",
        50: "yyyy年m月",
        51: "m月d日",
        52: "yyyy年m月",
        53: "m月d日",
        54: "m月d日",
        57: "yyyy年m月",
        58: "m月d日",
    },
}
"""The formats that have numbers, from the standard (ECMA-376, part 1, 18.8.30)."""


def shown(num_format: str | int) -> tuple[bool, bool]:
    """Whether a cell of that format shows a day, and whether a percentage."""

    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write("A1", 0.5, book.add_format({"num_format": num_format}))
        sheet.write("A2", 0.5, book.add_format({"num_format": "yyyy-mm-dd%"}))  # of another cell

    book = Workbook(workbook(write))
    return is_date_cell(book, "S", 1, 1), is_percent_cell(book, "S", 1, 1)


@pytest.mark.parametrize("number", SHOWS_A_DAY)
def test_the_formats_of_the_standard(number: int):
    code = SHOWS_A_DAY[number]
    assert shown(number) == ("d" in code or "y" in code, "%" in code)


@pytest.mark.parametrize(
    ("code", "day", "percent"),
    [
        ("yyyy-mm-dd", True, False),
        ("DD.MM.YYYY", True, False),
        ("0.0%", False, True),
        ("[Red]0.0;0.0%", False, True),
        ('0.0" %, yearly"', False, False),
        (r"0.0\%", False, False),
        ("0.0_d", False, False),
        ("[Red]0", False, False),
        ("h:mm", False, False),
        ('"on "d', True, False),
    ],
)
def test_formats_that_are_written_out(code: str, day: bool, percent: bool):
    assert shown(code) == (day, percent)


STYLES = f'<styleSheet xmlns="{MAIN}">%s</styleSheet>'


@pytest.mark.parametrize("styles", [STYLES % "", STYLES % '<cellXfs><xf numFmtId="14"/></cellXfs>', None])
@pytest.mark.parametrize("style", ['s="1"', 's="x"', ""])
def test_a_style_that_is_not_there_shows_a_number(styles: str | None, style: str):
    content = raw_sheet(f'<row r="1"><c r="A1" {style}><v>1</v></c></row>').package.to_bytes()
    book = Workbook(with_parts(content, {"xl/styles.xml": None if styles is None else styles.encode()}))
    for row in (1, 2):
        assert not is_date_cell(book, "S", row, 1)
        assert not is_percent_cell(book, "S", row, 1)
