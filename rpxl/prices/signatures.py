"""The kind of a file by its first bytes, where that differs from its ending."""

import io
import re
import zipfile
from pathlib import Path

from rpxl.errors import InputError

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(rb"<(!doctype\s+html|html|table|head|body|meta)\b", re.IGNORECASE)
_XML_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

PASSWORD = (
    "the workbook is protected by a password. Open it in Excel, remove the password (File, Info, Protect Workbook) and "
    "save it."
)


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a zip package, as .xlsx files are, or an old Excel file."""
    return content.startswith((_ZIP, _OLE))


def refuse_other_kinds(path: Path, content: bytes, wanted: str) -> None:
    """Refuse a file that is of another kind than its ending says.

    Parameters
    ----------
    path
        The file.
    content
        Its bytes.
    wanted
        The kind that the ending says: "a text file" or "a workbook".

    Raises
    ------
    InputError
        The file is of another kind, protected or damaged; the message says what it is and what to do.
    """
    name, start = str(path), content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if is_workbook(content):
        if wanted != "a workbook":
            kind = ".xlsx" if content.startswith(_ZIP) else ".xls"
            raise InputError(name, f"this is a workbook, not {wanted}. Rename it to end in {kind}.")
        _refuse_workbook(name, content)
        return
    if _HTML.match(start) or (start.startswith(b"<") and _HTML.search(start)):
        raise InputError(
            name, f"this is a web page (HTML) with the ending {path.suffix}. Open it in Excel, and save it as .xlsx."
        )
    if _XML_2003 in content[:4096]:
        raise InputError(name, "this is an 'XML Spreadsheet 2003'. Open it in Excel, and save it as .xlsx.")
    if start[:13].lower() == b"mime-version:":
        raise InputError(name, "this is a web archive (MHTML). Open it in Excel, and save it as .xlsx.")
    if start.startswith(b"%PDF"):
        raise InputError(name, f"this is a PDF with the ending {path.suffix}. Get the data as CSV or XLSX.")
    if wanted == "a workbook" and content:
        raise InputError(name, f"this is not a workbook. If it is a text file, rename it to {path.stem}.csv.")


def _refuse_workbook(name: str, content: bytes) -> None:
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise InputError(name, PASSWORD)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.namelist()
            if "xl/workbook.xml" in parts and _STRICT in package.read("xl/workbook.xml")[:4096]:
                raise InputError(
                    name,
                    "this is a 'Strict Open XML Spreadsheet'. Open it in Excel, and save it as 'Excel Workbook'.",
                )
            if "META-INF/manifest.xml" in parts and b"encryption-data" in package.read("META-INF/manifest.xml"):
                raise InputError(name, PASSWORD)
            if any(part.startswith("Index/") for part in parts):
                raise InputError(name, "this is a workbook of Apple Numbers. Export it: File, Export To, Excel.")
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        raise InputError(name, "the workbook is damaged. Open it in Excel, and save it again.") from None
