"""What a file really is, whatever its ending says: told by its first bytes."""

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
    "the workbook is protected by a password. Open it in Excel, and save it without (File, Info, Protect Workbook)."
)


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a package or an old Excel file."""
    return content.startswith((_ZIP, _OLE))


def refuse_other_kinds(path: Path, content: bytes, wanted: str) -> None:
    """Raise an InputError that names what a file is, when that isn't what its ending says.

    Parameters
    ----------
    wanted
        "a text file" or "a workbook".
    """
    name, start = str(path), content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if is_workbook(content):
        if wanted != "a workbook":
            kind = ".xlsx" if content.startswith(_ZIP) else ".xls"
            raise InputError(name, f"this is a workbook, not {wanted}. Give it the ending {kind}.")
        _refuse_workbook(name, content)
        return
    if _HTML.match(start) or (start.startswith(b"<") and _HTML.search(start)):
        raise InputError(
            name, f"this is a web page (HTML) under the ending {path.suffix}. Open it in Excel, and save it as .xlsx."
        )
    if _XML_2003 in content[:4096]:
        raise InputError(name, "this is an 'XML Spreadsheet 2003'. Open it in Excel, and save it as .xlsx.")
    if start[:13].lower() == b"mime-version:":
        raise InputError(name, "this is a web archive (MHTML). Open it in Excel, and save it as .xlsx.")
    if start.startswith(b"%PDF"):
        raise InputError(name, f"this is a PDF under the ending {path.suffix}. Get the data as CSV or XLSX.")
    if wanted == "a workbook" and content:
        raise InputError(
            name, f"this is no workbook, but perhaps text: if you can read it, rename it to {path.stem}.csv."
        )


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
        raise InputError(name, "the workbook is damaged. Open it in Excel, and save it anew.") from None
