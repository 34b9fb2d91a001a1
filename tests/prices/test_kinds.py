"""Every kind of file: workbooks in five formats, files that only look like one, and a kind that a test adds."""

import base64
import re
import struct
import subprocess
import zipfile
import zlib
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from rpxl.cli import functions
from rpxl.errors import InputError
from rpxl.filling.inputs import read_vector
from rpxl.filling.jobs import passed_over, read_jobs
from rpxl.prices import kinds
from rpxl.prices.asset_cells import read_asset_cells
from rpxl.prices.files import endings, is_readable, read_table
from rpxl.prices.prices import read_prices
from rpxl.prices.table import FileTable

from ..make import with_parts
from ..office import SOFFICE, needs_office

DAYS = [date(2024, 1, 29) + timedelta(days=k) for k in (0, 1, 2, 3, 4, 7, 8)]
VALUES = [[100.5, 1001.25], [101.25, 998.5], [99.75, 1005.0], [100.0, 1010.5], [102.5, 1003.75], [103.0, 1000.0]]
VALUES.append([101.0, 990.25])

OLD_EXCEL = """
c-rk)U1(fI6h3qJ?(WS`vzxThn8vt9o22<8tzaYCX7f{PK}o4miv-$jvWc;qY)B(ou(-AM&4OCc2is~TK8R8kp+2aXfDa0azVt!yC+&kM@nIE33MT7!&
YiotU2Y(|RlzoAId|rM=g!QTnRCvZ*{{AVpF8tz^##hIJIP0jnIa0fFa<7hUcy9%#uhV~j00y@>3>BFy5v1Hv44Ir?|Bex>Afx1<tkl$w40LnO;Lol(>
TgWIz;)<b+8zBe=BLTxWeyNN~_}+K0e29j^jSCm;ZCTXa6q&mx9-T%fKP~2%vIs1$ZrZ9k^0#g6Mj175D~lHF!O^27Dv97JQS|<7Qnl--`MM{oa7GaW(
Gz>r`Z67XyC!V9n>e<+Aq|U=i<_vtkz)!2>kGw$T$y3`YJd>J}YhiglQQk#0pz(Mh0X^tPZM%5$q&A1F$Z4sFqUjHu{-T%L9EEF*6JzO?y9kWH||Z^g=
=6DLp<R6P`<1dY;u#KBQ~QB9w+e?28%uy?2~k?>bnBCRz`X_|d(M|?a!8B5ff<@7rH*CEhA>)6;p>(J1gIMg)#k%_pRcP7F(_bK@AE5nUEak}R4X{?>s
Iyc+jr*rX*%it}`;7!ZmMV>gp97G>;2|r=rB}Ex7!zrJX<*9&_6)987wW*+#>r(#AJ~8%VFsnDD7n6EpQ?X}JD*R@Z1t#i0u4tYf=765wEh7ceRrcrE1
mDfKQAwIz?qfKPMMo442x~?~@r+XKuVMR$uwcp-jsWXVoDzTGFz_uMF;F6oj=I3z8JsN^B~ANm8MG?FOIuK>OM?#}J5Yr$3sj}ha0r^SYnO|*VRYBpQ!
{_@_Ug{Pf~RPy#|^xK)S`|+GHW(Ti)MK~E#Eo^*ipfrk!L;Hj|?;Y*xBH!H)i|&sdJ;Neg*-j2wIV>vVqZBR8?u<=<L3^PN!7#03;S2mT8kZYlZYo%cQ
V-<MpzPu&%e*VMK)lQy!S%f%!Zz(*yH+U;z&-n1d}ya$u(eq~8?YRQAn~{UQ1Y>41{;t^0(rl2hF3@tOdnEHgw_FS0GCS=L<T$b2Ge64?(gv+P`mw9FJ
)o5)^JESqm~+WAGcS!B(xvTSd}kp)DyO=PE~-D}xCgCgq|*^46EQNrzhp<O(i^gXtvr7i6ftVD=>>2_HOGu<e7Q9A6Ad>K?M?YIr=x6P=aa{>DVBf3j0
hts5x%-R_MGy;bjvD_UgC*dnDJa<&cuzbaK4jHx#JJi^syE$jOZ**`nc`!LV71{p8U_24IV@qp)Y=1nFh|3Cgj}8xaTuJV#>?l((EoMmE%%fkLJNC+Nm
--$FzxljH%?<B;&D-;&4jnA-(D`jtFX6p9&)uVQ-65UtPUsx@=LI`=<$Akr=TL4v)%AV<;^FU<yPl8!j2P#?IDfKjefY#n(7)x<*<Q{fa<BoNXFK6J?9
z3Y4kAnu*PIQlqm%pdoVz9_9*j>O98Hd2K36ulO`F@=L9|L&AN`Z}f3d%u7~<82Z8EB3)<YP5k`5r_W<3t%t$ziq)zEj>Odj{@&w@^z=)t&S@bNzA@Mu
Bf`&@VMm9$}B+?kD2eYg+A3*NtCjGyoQzfRxP<yJ!X(_@(b815y!_d8()!?GugOyRzg1hPCe>hb+~tp6?Gx3c5+VuV4_Aubk}pFSN0%)j0>{<Z%9&)<x
?9vA
"""
"""The table in the format of Excel 97, written by LibreOffice, compressed."""


def xlsx(
    path: Path, *, date1904: bool = False, texts: bool = False, serials: bool = False, before=(), hidden=()
) -> Path:
    """Write the table, after sheets with a line of text; `texts` are cells of text, `serials` days without a format."""
    book = xlsxwriter.Workbook(path, {"date_1904": date1904})
    for name in before:
        book.add_worksheet(name).write("A1", "The prices are elsewhere")
    sheet = book.add_worksheet("Data")
    write_table(book, sheet, date1904, texts, serials)
    for name in hidden:
        other = book.add_worksheet(name)
        write_table(book, other, date1904, texts, serials)
        other.hide()
    book.close()
    return path


def write_table(book, sheet, date1904=False, texts=False, serials=False) -> None:
    shown = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row("C4", ["Date", "A", "B"])
    for row, (day, numbers) in enumerate(zip(DAYS, VALUES, strict=True), 4):
        if texts:
            sheet.write_string(row, 2, f"{day:%d.%m.%Y}")
            sheet.write_string(row, 3, str(numbers[0]))
        elif serials:
            sheet.write_number(row, 2, (day - (date(1904, 1, 1) if date1904 else date(1899, 12, 30))).days)
            sheet.write_number(row, 3, numbers[0])
        else:
            sheet.write_datetime(row, 2, datetime(day.year, day.month, day.day, 16), shown)
            sheet.write_number(row, 3, numbers[0])
        sheet.write_number(row, 4, numbers[1])


def xls(path: Path) -> Path:
    path.write_bytes(zlib.decompress(base64.b85decode("".join(OLD_EXCEL.split()))))
    return path


def ods(path: Path) -> Path:
    """Write the table as OpenDocument."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    rows = "<table:table-row>{}</table:table-row>"
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    day = '<table:table-cell office:value-type="date" office:date-value="{}"><text:p>x</text:p></table:table-cell>'
    number = '<table:table-cell office:value-type="float" office:value="{}"><text:p>x</text:p></table:table-cell>'
    lines = [rows.format("".join(map(text.format, ["Date", "A", "B"])))]
    for when, numbers in zip(DAYS, VALUES, strict=True):
        lines.append(rows.format(day.format(when) + "".join(map(number.format, numbers))))
    spaces = "".join(f' xmlns:{name}="{office}{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Data">{"".join(lines)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", manifest)
        package.writestr("content.xml", content)
    return path


def xlsb(path: Path) -> Path:
    """Write the table as Excel's binary workbook ([MS-XLSB]): as few records as a sheet needs, days as numbers."""

    def record(kind: int, payload: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        size = len(payload)
        return head + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + payload

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    sheets = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Data"))
    book = record(131) + record(143) + sheets + record(144) + record(132)
    cells = b""
    for row in range(len(DAYS) + 1):
        cells += record(0, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0))
        if row == 0:
            cells += b"".join(record(6, struct.pack("<II", c, 0) + wide(t)) for c, t in enumerate(("Date", "A", "B")))
            continue
        numbers = [(DAYS[row - 1] - date(1899, 12, 30)).days, *VALUES[row - 1]]
        cells += b"".join(record(5, struct.pack("<IId", c, 0, number)) for c, number in enumerate(numbers))
    size = record(148, struct.pack("<IIII", 0, len(DAYS), 0, 2))
    sheet = record(129) + size + record(145) + cells + record(146) + record(130)
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package_links = "http://schemas.openxmlformats.org/package/2006/relationships"
    link = f'<Relationship Id="rId1" Type="{links}/{{}}" Target="{{}}"/>'
    link = f'<Relationships xmlns="{package_links}">{link}</Relationships>'
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("_rels/.rels", link.format("officeDocument", "xl/workbook.bin"))
        package.writestr("xl/_rels/workbook.bin.rels", link.format("worksheet", "worksheets/sheet1.bin"))
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def right(prices) -> None:
    assert prices.labels == ["A", "B"]
    assert prices.dates == DAYS
    assert prices.values.tolist() == VALUES


@pytest.mark.parametrize("write", [xlsx, xls, ods, xlsb])
def test_a_workbook_of_any_kind(tmp_path: Path, write):
    right(read_prices(write(tmp_path / f"p.{write.__name__}")))


def test_a_workbook_with_macros_has_another_ending_only(tmp_path: Path):
    right(read_prices(xlsx(tmp_path / "p.xlsm")))


@pytest.mark.parametrize("serials", [False, True])
@pytest.mark.parametrize("date1904", [False, True])
def test_days_count_from_1900_or_1904(tmp_path: Path, date1904: bool, serials: bool):
    right(read_prices(xlsx(tmp_path / "p.xlsx", date1904=date1904, serials=serials)))


def test_numbers_and_dates_stored_as_text(tmp_path: Path):
    right(read_prices(xlsx(tmp_path / "p.xlsx", texts=True)))


def test_the_sheet_is_found_and_said(tmp_path: Path):
    prices = read_prices(xlsx(tmp_path / "p.xlsx", before=["Readme", "Notes"], hidden=["Old"]))
    right(prices)
    assert prices.notes == ("The data were read from the sheet 'Data'.",)


def test_two_sheets_are_a_question(tmp_path: Path):
    book = xlsxwriter.Workbook(tmp_path / "p.xlsx")
    for name in ("First", "Second"):
        write_table(book, book.add_worksheet(name))
    book.add_worksheet("Empty")
    book.close()
    with pytest.raises(InputError, match="dates and numbers: First, Second"):
        read_prices(tmp_path / "p.xlsx")
    right(read_prices(tmp_path / "p.xlsx", sheet="second"))
    with pytest.raises(InputError, match=r"no sheet 'Third' that is not empty\. The sheets are: First, Second"):
        read_prices(tmp_path / "p.xlsx", sheet="Third")


def test_an_error_names_file_sheet_row_and_column(tmp_path: Path):
    book = xlsxwriter.Workbook(tmp_path / "p.xlsx")
    book.add_worksheet("Readme").write("A1", "x")
    sheet = book.add_worksheet("Data")
    write_table(book, sheet)
    sheet.write("E7", "closed")
    book.close()
    with pytest.raises(InputError, match=r"p.xlsx, sheet 'Data': row 7, column E \(B\): 'closed' is not a number"):
        read_prices(tmp_path / "p.xlsx")


def test_a_text_file_has_no_sheet(tmp_path: Path):
    (tmp_path / "p.csv").write_text("Date,A\n2024-01-02,1\n")
    with pytest.raises(InputError, match="is a text file, which has no sheet 'Data'"):
        read_prices(tmp_path / "p.csv", sheet="Data")


@pytest.mark.parametrize(
    ("error", "words"), [("#DIV/0!", "holds the error #DIV/0!"), ("#N/A", "'#N/A' says that there")]
)
def test_an_error_in_a_cell_is_no_blank(tmp_path: Path, error: str, words: str):
    book = xlsxwriter.Workbook(tmp_path / "p.xlsx")
    sheet = book.add_worksheet("Data")
    write_table(book, sheet)
    sheet.write_formula("E7", "=1/0", None, error)
    book.close()
    with pytest.raises(InputError, match=rf"p.xlsx: row 7, column E \(B\): .*{words}"):
        read_prices(tmp_path / "p.xlsx")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (b'<c r="E7" t="str"><f>""</f><v></v></c>', "the cell holds a formula that shows nothing. Fill the gap"),
        (b'<c r="E7" t="str"><f>""</f><v/></c>', "the cell holds a formula that shows nothing. Fill the gap"),
        (b'<c r="E7"><f>D7*2</f></c>', r"the cell holds a formula whose value isn't in the file \(open it in Excel"),
        (b'<c r="E7"></c>', "the cell is blank. Fill the gap"),
    ],
)
def test_a_formula_that_shows_nothing_is_said_to_be_one(tmp_path: Path, cell: bytes, words: str):
    book = xlsxwriter.Workbook(tmp_path / "whole.xlsx")
    write_table(book, book.add_worksheet("Data"))
    book.close()
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as package:
        old = package.read(part)
    new = re.sub(rb'<c r="E7"[^>]*>.*?</c>', cell, old)
    assert new != old
    (tmp_path / "p.xlsx").write_bytes(with_parts((tmp_path / "whole.xlsx").read_bytes(), {part: new}))
    with pytest.raises(InputError, match=rf"p.xlsx: row 7, column E \(B\): {words}"):
        read_prices(tmp_path / "p.xlsx")


@needs_office
def test_old_kinds_tell_no_errors_from_blanks(tmp_path: Path):
    book = xlsxwriter.Workbook(tmp_path / "p.xlsx")
    sheet = book.add_worksheet("Data")
    write_table(book, sheet)
    sheet.write_formula("E7", "=1/0", None, "#DIV/0!")
    book.close()
    for ending in ("xls", "ods"):
        options = ["--headless", "--norestore", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
        command = [str(SOFFICE), *options, "--convert-to", ending, "--outdir", str(tmp_path), str(tmp_path / "p.xlsx")]
        subprocess.run(command, check=True, capture_output=True)
        with pytest.raises(InputError, match=r"row 7, column E \(B\): the cell is blank, or holds an error, which a"):
            read_prices(tmp_path / f"p.{ending}")


STRICT = b'<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"><sheets/></workbook>'


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "p.xls",
            b"<html><body><table><tr><td>1</td></tr></table></body></html>",
            r"web page \(HTML\) with the ending .xls",
        ),
        ("p.xls", b"\xef\xbb\xbf\r\n <!DOCTYPE html><p>", "web page"),
        ("p.csv", b"<table><tr>", "web page"),
        ("p.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "2003"),
        ("p.xls", b"MIME-Version: 1.0\r\n", "web archive"),
        ("p.xlsx", b"%PDF-1.7 ", "PDF"),
        ("p.xls", b"Date\tA\n", "rename it to p.csv"),
        ("p.xlsx", b"PK\x03\x04 and no more", "damaged"),
        (
            "p.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        ("p.csv", b"PK\x03\x04", "this is a workbook, not a text file"),
        ("p.numbers", b"PK\x03\x04", "the ending '.numbers' is not known: rpxl reads .csv, "),
        ("p", b"", "is not known"),
        ("p.xlsx", b"", "the file is empty"),
    ],
)
def test_what_only_looks_like_one_is_called_by_its_name(tmp_path: Path, name: str, content: bytes, words: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_prices(tmp_path / name)


def test_a_strict_workbook_is_called_by_its_name(tmp_path: Path):
    path = xlsx(tmp_path / "p.xlsx")
    path.write_bytes(with_parts(path.read_bytes(), {"xl/workbook.xml": STRICT}))
    with pytest.raises(InputError, match="'Strict Open XML Spreadsheet'"):
        read_prices(path)


def test_cells_at_the_far_ends_of_a_sheet(tmp_path: Path):
    book = xlsxwriter.Workbook(tmp_path / "p.xlsx")
    sheet = book.add_worksheet("Data")
    sheet.write("A1", 1)
    sheet.write("XFD1048576", 1)
    book.close()
    with pytest.raises(InputError, match="are too far apart"):
        read_prices(tmp_path / "p.xlsx")


@pytest.fixture
def new_kind(monkeypatch):
    """A kind of file that somebody adds: lines of cells between exclamation marks."""
    monkeypatch.setattr(kinds, "READERS", kinds.READERS)
    before = dict(kinds.READERS)

    @kinds.reads(".bang")
    def read_bang(path: Path, content: bytes) -> list[FileTable]:
        rows = [line.split("!") for line in content.decode().splitlines()]
        return [FileTable(path, rows, range(1, len(rows) + 1))]

    yield
    kinds.READERS.clear()
    kinds.READERS.update(before)


def test_a_new_kind_is_one_function_and_known_everywhere(new_kind, tmp_path: Path):
    lines = [f"{day}!{a}!{b}" for day, (a, b) in zip(DAYS, VALUES, strict=True)]
    path = tmp_path / "client.bang"
    path.write_text("\n".join(["Date!A!B", *lines]))
    right(read_prices(path))
    assert is_readable(path) and endings().endswith(".bang")
    assert [job.client for job in read_jobs(tmp_path)] == ["client"] and passed_over(tmp_path) == {}
    assert read_asset_cells(path, [])[1] == [DAYS[0], *VALUES[0]]
    (tmp_path / "w.bang").write_text("A!B\n0.6!0.4")
    assert read_vector("Weights", str(tmp_path / "w.bang"), ["B", "A"], 2, missing=0.0) == [0.4, 0.6]
    assert functions._read_argument(str(tmp_path / "w.bang"), None) == [["A", "B"], [0.6, 0.4]]
    (tmp_path / "p.other").write_text("")
    with pytest.raises(InputError, match=r"\.bang"):
        read_table(tmp_path / "p.other")


def test_the_right_numbers_of_a_matrix_and_a_vector(tmp_path: Path):
    (tmp_path / "w.csv").write_bytes("Gewicht;A;B\n;0,25;0,75\n".encode("utf-16"))
    assert np.allclose(read_vector("Weights", str(tmp_path / "w.csv"), ["A", "B"], 2, missing=0.0), [0.25, 0.75])
