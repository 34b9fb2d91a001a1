"""Build ``rpxl.xlam`` from the text sources in ``addin/`` and the catalogue, for the installed xlwings, without Excel.

XlsxWriter makes the package. pyOpenVBA makes the VBA project: its author says that he checks what it writes in Excel
itself, which this project cannot do. The library adds a project with any number of sheets to a workbook only, so the
file is built as a workbook and then turned into an add-in.
"""

import io
import re
import zipfile
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import quoteattr

import xlsxwriter
from pyopenvba import ExcelFile, VBAModuleKind

from rpxl import __version__
from rpxl.errors import InputError
from rpxl.excel.paths import FILE_NAME
from rpxl.excel.wrappers import MODULE, functions_module, intellisense_rows
from rpxl.excel.xlwings_files import installed_version
from rpxl.files import replace_file

RIBBON_PART = "customUI/customUI14.xml"
VBA_PART = "xl/vbaProject.bin"

_WORKBOOK = "ThisWorkbook"
_SHEET = "IntelliSense"
_PROPERTIES = "docProps/core.xml"  # holds the versions that the add-in was built with
_MODULES = ("RpxlCall", "RpxlPython", "RpxlRibbon")
_DECLARES_DLL = "RpxlPython"
_DLL_VERSION = "XLWINGS_VERSION"  # in the source; a declaration can't hold a constant
_CREATED = datetime(2020, 1, 1, tzinfo=UTC)  # a fixed date, so that the same sources give the same bytes
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_ADDIN_TYPE = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
_RIBBON_RELATION = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"


def source_folder() -> Path:
    """Return where the text sources are: in the installed package, or in the project."""
    packaged = Path(str(files("rpxl.excel"))) / "addin"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "addin"


def modules() -> dict[str, str]:
    """Return the sources of all VBA modules by name, with VBA's line ends (CR LF)."""
    folder = source_folder()
    sources = {name: (folder / f"{name}.bas").read_text("ascii") for name in _MODULES}
    sources[_WORKBOOK] = (folder / f"{_WORKBOOK}.cls").read_text("ascii")
    sources[MODULE] = functions_module()
    sources[_DECLARES_DLL] = sources[_DECLARES_DLL].replace(_DLL_VERSION, installed_version())
    return {name: "\r\n".join(text.splitlines()) + "\r\n" for name, text in sources.items()}


def ribbon() -> str:
    """Return the ribbon's XML, with an entry for each template and a button for each macro."""
    from rpxl import templates
    from rpxl.excel.macros.registry import MACROS, buttons  # its package registers all of them

    entries = (
        f'<button id="RpxlTemplate_{name}" tag="{name}" label={quoteattr(template.title.replace("&", "&&"))} '
        f'description={quoteattr(template.summary)} imageMso="FileNew" onAction="RibbonTemplate"/>'
        for name, template in ((name, templates.get(name)) for name in templates.names())
    )
    source = (source_folder() / "ribbon.xml").read_text("utf-8")
    source = source.replace("<!-- templates -->", "".join(entries))
    for place in dict.fromkeys(macro.place for macro in MACROS.values()):
        mark = f"<!-- macros: {place} -->"
        if mark not in source:
            raise ValueError(f"addin/ribbon.xml has no place {mark}")
        source = source.replace(mark, "\n          ".join(buttons(place)))
    return source


def build() -> bytes:
    """Return the bytes of the add-in. The same sources and the same libraries give the same bytes on every system."""
    with TemporaryDirectory() as folder:
        book = Path(folder) / "rpxl.xlsm"
        _write_book(book)
        _add_modules(book)
        with zipfile.ZipFile(book) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    _make_addin(parts)
    return _zip(parts)


def _write_book(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.set_properties(
            {
                "title": "rpxl",
                "comments": f"Risk parity in cells. rpxl {__version__}, xlwings {installed_version()}.",
                "created": _CREATED,
            }
        )
        book.set_vba_name(_WORKBOOK)
        sheet = book.add_worksheet("_IntelliSense_")
        sheet.set_vba_name(_SHEET)
        for i, row in enumerate(intellisense_rows()):
            for j, text in enumerate(row):
                sheet.write_string(i, j, text)


def _add_modules(book: Path) -> None:
    with ExcelFile(book) as file:
        project = file.add_vba_project()
        for name, source in modules().items():
            if name == _WORKBOOK:
                project.get_module(name).body = source
            else:
                project.add_module(name, source, kind=VBAModuleKind.standard)
        file.save()
    with ExcelFile(book) as file:
        if problems := file.validate():
            raise ValueError(f"the VBA project is not valid: {problems}")


def _make_addin(parts: dict[str, bytes]) -> None:
    parts[RIBBON_PART] = ribbon().encode()
    _edit(parts, "[Content_Types].xml", _BOOK_TYPE, _ADDIN_TYPE)
    relation = f'<Relationship Id="rIdRibbon" Type="{_RIBBON_RELATION}" Target="{RIBBON_PART}"/></Relationships>'
    _edit(parts, "_rels/.rels", "</Relationships>", relation)


def _edit(parts: dict[str, bytes], part: str, old: str, new: str) -> None:
    text = parts[part].decode()
    if text.count(old) != 1:
        raise ValueError(f"{part}: {old!r} is in it {text.count(old)} times")
    parts[part] = text.replace(old, new).encode()


def _zip(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name)  # dated 1980
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, content)
    return buffer.getvalue()


def write(path: Path) -> None:
    """Write the add-in to a file."""
    replace_file(path, build(), make_folder=True)


def check(path: Path) -> list[str]:
    """Return the parts in which a built add-in differs from what the sources build; none when it doesn't.

    It does not matter with which version of xlwings it was built.

    Raises
    ------
    InputError
        The file is no add-in.
    """
    ours, theirs = _parts(build()), _parts(path.read_bytes())
    for parts in (ours, theirs):
        parts.pop(_PROPERTIES, None)
        name = f"{VBA_PART}: {_DECLARES_DLL}"
        if isinstance(source := parts.get(name), str):
            parts[name] = re.sub(r"(xlwings(?:32|64))-[0-9.]+\.dll", r"\1.dll", source)
    return _differences(ours, theirs)


def differences(built: bytes, other: bytes) -> list[str]:
    """Return the names of the parts in which two add-ins differ; how they are compressed does not matter.

    Raises
    ------
    InputError
        One of them is no add-in.
    """
    return _differences(_parts(built), _parts(other))


def _differences(ours: dict[str, str | bytes], theirs: dict[str, str | bytes]) -> list[str]:
    return [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]


def _parts(addin: bytes) -> dict[str, str | bytes]:
    """Return the parts by name, with each VBA module as a part of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(addin)) as archive:
            parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        raise InputError(FILE_NAME, "is damaged. Run 'rpxl install' again.") from None
    if parts.pop(VBA_PART, None) is not None:
        parts |= {f"{VBA_PART}: {name}": source for name, source in stored_modules(addin).items()}
    return parts


def stored_modules(addin: bytes) -> dict[str, str]:
    """Return the sources of the VBA modules in an add-in by name, without the attributes that the project adds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        path.write_bytes(addin)
        with ExcelFile(path) as file:
            return {module.name: module.body for module in file.vba_project().modules}
