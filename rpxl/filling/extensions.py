"""Code in a workbook for an add-in of Excel's store, such as xlwings Lite: it is kept when the layout is made anew."""

from rpxl.filling.relink import as_custom_functions, has_custom_functions, relink
from rpxl.xlsx.package import Package
from rpxl.xlsx.workbook import Workbook

_PANES = "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"


def bare(book: Workbook) -> Workbook:
    """Return a workbook as rpxl builds it: without extensions, and with rpxl's functions by their own names."""
    parts = _parts(book.package)
    if not parts and not has_custom_functions(book.package):
        return book
    package = Package(book.package.to_bytes(), book.package.name)
    for part in parts:
        package.remove(part)
    package.unlink("", _PANES)
    relink(package)
    return Workbook(package.to_bytes(), package.name)


def carry_over(old: Workbook, new: Workbook) -> Workbook:
    """Give a workbook that was laid out anew the extensions of the old one, and the form of its formulas."""
    parts = _parts(old.package)
    custom = has_custom_functions(old.package)
    if not parts and not custom:
        return new
    for part in parts:
        kind = old.package.content_type(part)
        new.package.add(part, old.package.read(part), "" if kind == new.package.content_type(part) else kind)
    for link in old.package.relationships():
        if link.type == _PANES:
            new.package.link("", link.target, _PANES)
    if custom:
        as_custom_functions(new.package)
    return Workbook(new.package.to_bytes(), new.package.name)


def _parts(package: Package) -> list[str]:
    """Return the parts of the extensions: the list of panes, what it links to, and so on."""
    found: list[str] = []
    open_ends = [link.target for link in package.relationships() if link.type == _PANES]
    while open_ends:
        part = open_ends.pop(0)
        if part in package and part not in found:
            found.append(part)
            links = package.relationships_part(part)
            found += [links] if links in package else []
            open_ends += [link.target for link in package.relationships(part) if not link.external]
    return found
