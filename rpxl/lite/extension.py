"""Where a workbook keeps the code for xlwings Lite: the properties of a web extension.

No documentation describes it. This is the form that published workbooks of xlwings Lite 1.0 have: the package links to
a list of task panes, and each pane to an extension with a reference to the store and with properties, each a text in
JSON. One thing differs here: the pane is visible, so that Excel shows it when the workbook opens.
"""

import json
from collections.abc import Mapping

from lxml import etree

from rpxl.xlsx.package import Package

STORE_ID = "wa200008175"
"""The identity of xlwings Lite in Microsoft's store."""

_ID = "{5B1F3E0A-6C0B-4B5E-9B53-7A2D5C1E7A10}"
_TASKPANES = "http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11"
_EXTENSION = "http://schemas.microsoft.com/office/webextensions/webextension/2010/11"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_TO_PANES = "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"
_TO_EXTENSION = "http://schemas.microsoft.com/office/2011/relationships/webextension"
_PANES_TYPE = "application/vnd.ms-office.webextensiontaskpanes+xml"
_EXTENSION_TYPE = "application/vnd.ms-office.webextension+xml"
_HAS_FUNCTIONS, _FUNCTION_IDS = "{D87F86FE-615C-45B5-9D79-34F1136793EB}", "{7C84B067-C214-45C3-A712-C9D94CD141B2}"
_PANES_PART = "xl/webextensions/taskpanes.xml"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _tag(name: str) -> str:
    return f"{{{_EXTENSION}}}{name}"


def find(package: Package) -> str | None:
    """Return the name of the part that is xlwings Lite's extension; None if there is none."""
    panes = _panes_part(package)
    links = package.relationships(panes) if panes is not None and panes in package else []
    for link in links:
        if link.type == _TO_EXTENSION and link.target in package:
            reference = package.tree(link.target).find(_tag("reference"))
            if reference is not None and reference.get("id", "").casefold() == STORE_ID:
                return link.target
    return None


def _panes_part(package: Package) -> str | None:
    return next((link.target for link in package.relationships() if link.type == _TO_PANES), None)


def read(package: Package) -> dict[str, str]:
    """Return the files that a workbook keeps for xlwings Lite by name; properties that are no text are left out."""
    part = find(package)
    if part is None:
        return {}
    found = {}
    for element in package.tree(part).iter(_tag("property")):
        try:
            value = json.loads(element.get("value", ""))
        except ValueError:
            continue
        if isinstance(value, str):
            found[element.get("name", "")] = value
    return found


def write(package: Package, texts: Mapping[str, str]) -> None:
    """Put files for xlwings Lite into a workbook; its other files stay."""
    part = find(package) or _add_extension(package)
    root = package.edit(part)
    properties = root.find(_tag("properties"))
    if properties is None:
        properties = etree.SubElement(root, _tag("properties"))
    known = {element.get("name"): element for element in properties}
    for name, text in texts.items():
        element = known.get(name)
        if element is None:
            element = etree.SubElement(properties, _tag("property"), name=name)
        element.set("value", json.dumps(text, ensure_ascii=False))


def _add_extension(package: Package) -> str:
    """Add an extension without properties, and the pane that shows it."""
    panes = _panes_part(package)
    if panes is None or panes not in package:
        panes = _PANES_PART
        root = etree.Element(f"{{{_TASKPANES}}}taskpanes", nsmap={"wetp": _TASKPANES})
        package.add(panes, _written(root), _PANES_TYPE)
        package.link("", panes, _TO_PANES)
    _drop_orphans(package, panes)
    number = 1
    while f"xl/webextensions/webextension{number}.xml" in package:
        number += 1
    part = f"xl/webextensions/webextension{number}.xml"
    package.add(part, _written(_new_extension()), _EXTENSION_TYPE)
    id_ = package.link(panes, part, _TO_EXTENSION)
    pane = etree.SubElement(
        package.edit(panes),
        f"{{{_TASKPANES}}}taskpane",
        {"dockstate": "right", "visibility": "1", "width": "438", "row": "2"},
    )
    reference = etree.SubElement(pane, f"{{{_TASKPANES}}}webextensionref", nsmap={"r": _RELATIONS})
    reference.set(f"{{{_RELATIONS}}}id", id_)
    return part


def _drop_orphans(package: Package, panes: str) -> None:
    """Remove panes whose extension is gone: when LibreOffice saves, it keeps the list of panes but no extension."""
    known = {link.id for link in package.relationships(panes)}
    for pane in list(package.tree(panes)):
        reference = pane.find(f"{{{_TASKPANES}}}webextensionref")
        if reference is not None and reference.get(f"{{{_RELATIONS}}}id") not in known:
            package.edit(panes).remove(pane)


def _new_extension() -> etree._Element:
    root = etree.Element(_tag("webextension"), nsmap={"we": _EXTENSION})
    root.set("id", _ID)
    etree.SubElement(root, _tag("reference"), id=STORE_ID, version="1.0.0.0", store="en-US", storeType="OMEX")
    others = etree.SubElement(root, _tag("alternateReferences"))
    etree.SubElement(
        others, _tag("reference"), id=STORE_ID, version="1.0.0.0", store=STORE_ID.upper(), storeType="OMEX"
    )
    for name in ("properties", "bindings"):
        etree.SubElement(root, _tag(name))
    etree.SubElement(root, _tag("snapshot"), nsmap={"r": _RELATIONS})
    more = etree.SubElement(root, _tag("extLst"))
    for uri, name in ((_HAS_FUNCTIONS, "containsCustomFunctions"), (_FUNCTION_IDS, "customFunctionIdList")):
        extension = etree.SubElement(more, f"{{{_DRAWING}}}ext", nsmap={"a": _DRAWING})
        extension.set("uri", uri)
        etree.SubElement(extension, _tag(name))
    return root


def _written(root: etree._Element) -> bytes:
    return _DECLARATION + etree.tostring(root)
