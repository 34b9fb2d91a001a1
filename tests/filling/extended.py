"""A template as its user may have extended it: a sheet of her own with formulas and a chart, and names."""

import re
import subprocess
from pathlib import Path

from rpxl.filling.filled_down import put_formula
from rpxl.xlsx.package import CONTENT_TYPES
from rpxl.xlsx.references import Area, column_letters, quote_sheet, translate
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook
from ..office import SOFFICE

_SHEET = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"


def absolute(area: Area) -> str:
    """Write an area as a reference that doesn't move."""
    first, last = (f"${column_letters(c)}${r}" for r, c in ((area.top, area.left), (area.bottom, area.right)))
    return f"{quote_sheet(area.sheet)}!{first}:{last}"


def extend(content: bytes, renamed: str = "History") -> bytes:
    """Add a sheet Mine to a backtest, names, two columns of formulas beside the history; rename the sheet History."""
    book = Workbook(content)
    value, returns = (area_of(book, name) for name in ("Value_RP", "Return_RP"))
    history = book.sheet(value.sheet)
    side = max(column for _, column in history.cells) + 2
    first, running = (column_letters(column) for column in (value.left, side))
    history.write(value.top - 1, side, "Mine")
    for row in range(value.top, value.bottom + 1):
        text = translate(f"{first}{value.top}-AVERAGE(${first}${value.top}:{first}{value.top})", row - value.top, 0)
        put_formula(history, row, side, text)
        if row > value.top:
            put_formula(history, row, side + 1, f"{running}{row}-{running}{row - 1}")
    history.write(value.bottom + 3, 2, "A note below")
    content = book.package.to_bytes()

    def write(own) -> None:
        sheet = own.add_worksheet("Mine")
        own.add_worksheet(value.sheet)
        sheet.write_formula("A2", f"=MAX({absolute(value)})")
        sheet.write_formula("A3", f"=INDEX({absolute(value)},ROWS({absolute(value)}))")
        sheet.write_formula("A4", "=AVERAGE(Return_RP)*ROWS(Mine_values)")
        sheet.write_array_formula("A5:A5", f"{{=SUM({absolute(returns)}^2)}}")
        sheet.write_formula("A6", f"={value.sheet}!${first}${value.bottom}")
        sheet.write_array_formula(f"C1:C{value.height}", f"{{=100*{absolute(value)}}}")
        sheet.conditional_format(
            "A2", {"type": "formula", "criteria": f"=$A$2>MAX({absolute(value)})", "format": own.add_format()}
        )
        chart = own.add_chart({"type": "line"})
        chart.add_series({"values": f"={absolute(value)}"})
        sheet.insert_chart("E2", chart)

    book = Workbook(graft(content, write, {"Mine_values": absolute(value), "Mine_best": "Mine!$A$2"}))
    book.sheet("Mine").write(1, 1, "My figures")
    content = book.package.to_bytes()
    if renamed == "History":
        return content
    new = {}
    for part, data in parts_of(content).items():
        if part.endswith(".xml"):
            text = data.decode().replace("History!", f"{quote_sheet(renamed)}!")
            new[part] = text.replace('name="History"', f'name="{renamed}"').encode()
    return with_parts(content, new)


def area_of(book: Workbook, name: str) -> Area:
    """The range of a name."""
    found = book.name(name)
    assert found is not None
    assert found.area is not None
    return found.area


def graft(content: bytes, write, names: dict[str, str]) -> bytes:
    """Add the first sheet that `write` makes, with its drawing and chart, to a workbook, and names."""
    given, own = parts_of(content), parts_of(workbook(write))
    new: dict[str, bytes | None] = {}
    types = ""
    for part, data in own.items():
        if re.match(r"xl/(worksheets|drawings|charts)/", part) and "sheet2" not in part:
            moved = re.sub(r"(sheet|drawing|chart)1\.xml", r"\g<1>901.xml", part)
            new[moved] = re.sub(rb"(sheet|drawing|chart)1\.xml", rb"\g<1>901.xml", data)
            kind = re.search(rf'PartName="/{re.escape(part)}" (ContentType="[^"]*")', own[CONTENT_TYPES].decode())
            types += "" if kind is None else f'<Override PartName="/{moved}" {kind[1]}/>'
    new[CONTENT_TYPES] = given[CONTENT_TYPES].decode().replace("</Types>", f"{types}</Types>").encode()
    links = given["xl/_rels/workbook.xml.rels"].decode()
    link = f'<Relationship Id="rId901" Type="{_SHEET}" Target="worksheets/sheet901.xml"/>'
    new["xl/_rels/workbook.xml.rels"] = links.replace("</Relationships>", f"{link}</Relationships>").encode()
    book = given["xl/workbook.xml"].decode()
    book = book.replace("</sheets>", '<sheet name="Mine" sheetId="901" r:id="rId901"/></sheets>')
    lines = "".join(f'<definedName name="{name}">{text}</definedName>' for name, text in names.items())
    new["xl/workbook.xml"] = book.replace("</definedNames>", f"{lines}</definedNames>").encode()
    return with_parts(content, new)


def saved_by_office(source: Path, folder: Path) -> Path:
    """Let LibreOffice, which knows nothing of rpxl, open a workbook and save it."""
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [
            *(str(SOFFICE), "--headless", "--norestore", "--nologo"),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / source.name
