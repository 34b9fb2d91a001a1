"""The Calc add-in as a package, made from the catalogue alone: no other list of functions exists."""

import io
import json
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from rpxl import __version__
from rpxl.formulas.catalogue import FUNCTIONS, Parameter, WorksheetFunction
from rpxl.formulas.stored_names import CALC_IDENTIFIER, CALC_SERVICE

SUFFIX = ".oxt"

_MENU = f"{CALC_IDENTIFIER}.Menu"
_LOADED = f"{CALC_IDENTIFIER}.Loaded"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OOR = (
    'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'oor:package="org.openoffice.Office"'
)
_DOCUMENT = "[in] com::sun::star::beans::XPropertySet document"
_COMMANDS = {"explain": "Explain this cell", "refresh": "Refresh formulas"}


def package_files(python: str = sys.executable) -> dict[str, str]:
    """Return the files of the add-in by name.

    Parameters
    ----------
    python
        Path of the interpreter that has rpxl.
    """
    source = files("rpxl.calc")
    return {
        "META-INF/manifest.xml": _manifest(),
        "description.xml": _description(),
        "description.txt": description(python),
        "rpxl.idl": _idl(),
        "CalcAddIns.xcu": _functions(),
        "Addons.xcu": _menu(),
        "Jobs.xcu": _jobs(),
        "rpxl.components": _components(),
        "addin.py": (source / "addin.py").read_text("utf-8"),
        "pythonpath/rpxl_pipe.py": (source / "pipe.py").read_text("utf-8"),
        "settings.json": json.dumps({"python": python, "functions": list(FUNCTIONS)}, indent=1),
    }


def package_bytes(python: str = sys.executable) -> bytes:
    """Return the add-in as an .oxt file; the same catalogue and interpreter give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in package_files(python).items():
            info = zipfile.ZipInfo(name)  # dated 1980
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same on every system, so that the bytes are too
            info.external_attr = 0o644 << 16
            archive.writestr(info, text.encode())
    return buffer.getvalue()


def unpack(folder: Path, python: str = sys.executable) -> None:
    """Write the add-in into a folder from which an office loads its extensions."""
    for name, text in package_files(python).items():
        path = folder / "rpxl" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def description(python: str) -> str:
    """Return the add-in's text in the office's list of extensions; `status` reads version and interpreter from it."""
    return f"Risk parity in cells. rpxl {__version__} in {Path(python).as_uri()}"


def _idl() -> str:
    """Declare the functions. All return a table: Calc does not take an untyped answer for an array.

    A required argument is a table too, so that a blank cell comes as blank; only an untyped argument may be left out.
    Calc fills in the first argument, which no formula shows: the document, whose dates may be counted from 1904.
    """

    def argument(parameter: Parameter) -> str:
        kind = "any" if parameter.optional else "sequence< sequence< any > >"
        return f"[in] {kind} {_uno_name(parameter)}"

    methods = "\n".join(
        f"  sequence< sequence< any > > {f.name}({', '.join([_DOCUMENT, *map(argument, f.parameters)])});"
        for f in FUNCTIONS.values()
    )
    return f"module org {{ module rpxl {{ module calc {{\ninterface XFunctions {{\n{methods}\n}};\n}}; }}; }};\n"


def _uno_name(parameter: Parameter) -> str:
    return "a" + parameter.name.title().replace("_", "")


def _text(name: str, text: str, language: str = "en") -> str:
    return f'<prop oor:name="{name}"><value xml:lang="{language}">{escape(text)}</value></prop>'


def _value(name: str, text: str) -> str:
    return f'<prop oor:name="{name}"><value>{escape(text)}</value></prop>'


def _node(name: str, *content: str, replace: bool = True) -> str:
    operation = ' oor:op="replace"' if replace else ""
    return "\n".join([f"<node oor:name={quoteattr(name)}{operation}>", *content, "</node>"])


def _functions() -> str:
    """Describe the functions for the wizard, and give them their names in .xlsx files."""

    def parameter(p: Parameter) -> str:
        return _node(_uno_name(p), _text("DisplayName", p.name), _text("Description", p.help))

    def function(f: WorksheetFunction) -> str:
        return _node(
            f.name,
            _text("DisplayName", f.name),
            _text("Description", f.description),
            _value("Category", "Add-In"),
            _text("CompatibilityName", f.name, "en-US"),
            _node("Parameters", *map(parameter, f.parameters), replace=False),
        )

    functions = _node("AddInFunctions", *map(function, FUNCTIONS.values()), replace=False)
    service = _node("AddInInfo", _node(CALC_SERVICE, functions), replace=False)
    return f'{_XML}<oor:component-data oor:name="CalcAddIns" {_OOR}>\n{service}\n</oor:component-data>\n'


def _menu() -> str:
    entries = (
        _node(
            f"entry{i}",
            _value("Context", "com.sun.star.sheet.SpreadsheetDocument"),
            _value("URL", f"service:{_MENU}?{command}"),
            _text("Title", title, "en-US"),
            _value("Target", "_self"),
        )
        for i, (command, title) in enumerate(_COMMANDS.items())
    )
    menu = _node(
        f"{CALC_IDENTIFIER}.menu",
        _text("Title", "rpxl", "en-US"),
        _value("Context", "com.sun.star.sheet.SpreadsheetDocument"),
        _node("Submenu", *entries, replace=False),
    )
    bar = _node("AddonUI", _node("OfficeMenuBar", menu, replace=False), replace=False)
    return f'{_XML}<oor:component-data oor:name="Addons" {_OOR}>\n{bar}\n</oor:component-data>\n'


def _jobs() -> str:
    """Ask the office to call the add-in when a document was opened."""
    job = _node("Jobs", _node(_LOADED, _value("Service", _LOADED)), replace=False)
    event = _node("OnLoad", _node("JobList", _node(_LOADED), replace=False), replace=False)
    event = event.replace('oor:name="OnLoad"', 'oor:name="OnLoad" oor:op="fuse"')  # others may listen too
    nodes = "\n".join([job, _node("Events", event, replace=False)])
    return f'{_XML}<oor:component-data oor:name="Jobs" {_OOR}>\n{nodes}\n</oor:component-data>\n'


def _components() -> str:
    services = (CALC_SERVICE, _MENU, _LOADED)
    implementations = "".join(
        f'<implementation name="{name}"><service name="{name}"/></implementation>' for name in services
    )
    return (
        f'{_XML}<components xmlns="http://openoffice.org/2010/uno-components">'
        f'<component loader="com.sun.star.loader.Python" uri="addin.py">{implementations}</component></components>\n'
    )


def _description() -> str:
    return (
        f'{_XML}<description xmlns="http://openoffice.org/extensions/description/2006" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<identifier value="{CALC_IDENTIFIER}"/><version value="{__version__}"/>'
        '<display-name><name lang="en">rpxl: risk parity in cells</name></display-name>'
        '<extension-description><src xlink:href="description.txt" lang="en"/></extension-description>'
        "</description>\n"
    )


def _manifest() -> str:
    kinds = {
        "rpxl.idl": "application/vnd.sun.star.uno-typelibrary;type=RDB",
        "rpxl.components": "application/vnd.sun.star.uno-components",
        "CalcAddIns.xcu": "application/vnd.sun.star.configuration-data",
        "Addons.xcu": "application/vnd.sun.star.configuration-data",
        "Jobs.xcu": "application/vnd.sun.star.configuration-data",
    }
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in kinds.items()
    )
    return (
        f'{_XML}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">{entries}</manifest:manifest>\n'
    )
