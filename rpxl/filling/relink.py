"""Workbooks saved by a spreadsheet program: its own names of rpxl's functions become the plain ones.

Excel stores a function of an add-in together with a link to the add-in's file, and Calc stores it with the
add-in's full name. Only the plain form works everywhere.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.formulas.stored_names import ADD_IN, CALC_SERVICE, CUSTOM_FUNCTION, calls_add_in
from rpxl.xlsx.kinds import require_suffix
from rpxl.xlsx.package import Package
from rpxl.xlsx.references import Token, tokenize
from rpxl.xlsx.workbook import link_targets

_STORED = re.compile(
    rf"(?:_xll\.|_xludf\.|{CUSTOM_FUNCTION}|{re.escape(CALC_SERVICE)}\.)?(?P<name>{'|'.join(FUNCTIONS)})", re.IGNORECASE
)
_FORMULA_PARTS = re.compile(r"xl/(?:workbook|(?:work|chart)sheets/[^/]+)\.xml", re.IGNORECASE)
_FORMULAS = ("{*}f", "{*}formula", "{*}formula1", "{*}formula2", "{*}definedName")
_LINK = re.compile(r"xl/externalLinks/[^/]+\.xml", re.IGNORECASE)


@dataclass(frozen=True)
class Relinked:
    """What was changed in a workbook.

    Attributes
    ----------
    formulas
        How many formulas and names were put into the plain form.
    parts
        The parts of the file that they are in; no other part changed.
    links
        The links to rpxl's add-in that the file still has. They do no harm; Excel may ask about them, and
        takes them out with Data, Edit Links, Break Link.
    """

    formulas: int
    parts: tuple[str, ...]
    links: tuple[str, ...]


def plain_formula(formula: str, links: Sequence[str] = ()) -> str:
    r"""Put the calls of rpxl's functions in a formula into their plain form; all else stays as it is.

    `links` are the files that the workbook links to: a function of the same name in another add-in stays.

    >>> plain_formula("SUM([1]!RP_WEIGHTS(A1:B2))&'C:\\x\\rpxl.xlam'!VOLS(A1)&\"[1]!VOLS(\"")
    'SUM(RP_WEIGHTS(A1:B2))&VOLS(A1)&"[1]!VOLS("'
    >>> plain_formula("_xldudf_RP_WEIGHTS(A1:B2)")
    'RP_WEIGHTS(A1:B2)'
    """
    return "".join(_renamed(token, links, "") for token in tokenize(formula))


def custom_formula(formula: str, links: Sequence[str] = ()) -> str:
    """Put the calls of rpxl's functions in a formula into the form of Office.js functions; see :func:`plain_formula`.

    >>> custom_formula("SUM(RP_WEIGHTS(A1:B2))&VOLS(A1)")
    'SUM(_xldudf_RP_WEIGHTS(A1:B2))&_xldudf_VOLS(A1)'
    """
    return "".join(_renamed(token, links, CUSTOM_FUNCTION) for token in tokenize(formula))


def _renamed(token: Token, links: Sequence[str], before: str) -> str:
    stored = _STORED.fullmatch(token.body) if token.kind == "function" else None
    if stored is None or not calls_add_in(token.prefix, links):
        return token.text
    name = stored["name"].upper() if before else stored["name"]  # LibreOffice saves unknown names in small letters
    return f"{before}{name}("


def normalise(source: Path | str, target: Path | str, *, force: bool = False) -> Relinked:
    """Write a workbook anew with each call of an rpxl function in its plain form.

    Parameters
    ----------
    source
        The workbook; it is not changed unless it is the target too.
    target
        Where the result goes; nothing is written when there is nothing to change.
    force
        Whether an existing target is replaced.

    Raises
    ------
    InputError
        The workbook can't be read, the target exists, or its ending isn't the workbook's.
    """
    package = Package(source)
    require_suffix(package, Path(target))
    result = relink(package)
    if result.formulas:
        package.save(target, force=force)
    return result


def relink(package: Package) -> Relinked:
    """Put each call of an rpxl function in a package into its plain form."""
    return _rewrite(package, plain_formula)


def as_custom_functions(package: Package) -> Relinked:
    """Put each call of an rpxl function in a package into the form of an Office.js function, as xlwings Lite has it."""
    return _rewrite(package, custom_formula)


def has_custom_functions(package: Package) -> bool:
    """Tell whether a formula in a package calls an rpxl function as an Office.js function."""
    stored = (f"{CUSTOM_FUNCTION}{name}(".encode() for name in FUNCTIONS)
    texts = [package.read(part).upper() for part in filter(_FORMULA_PARTS.fullmatch, package.parts)]
    return any(name.upper() in text for name in stored for text in texts)


def _rewrite(package: Package, form: Callable[[str, Sequence[str]], str]) -> Relinked:
    count = 0
    changed = []
    main = next((link.target for link in package.relationships() if link.type.endswith("/officeDocument")), "")
    links = link_targets(package, main) if main in package else []
    for part in filter(_FORMULA_PARTS.fullmatch, package.parts):
        formulas = [(element, form(element.text or "", links)) for element in _formulas(package.tree(part))]
        stale = [(element, wanted) for element, wanted in formulas if wanted != element.text]
        if stale:
            package.edit(part)
            changed.append(part)
            count += len(stale)
        for element, wanted in stale:
            element.text = wanted
    return Relinked(count, tuple(changed), tuple(_links(package)))


def _formulas(root: etree._Element) -> list[etree._Element]:
    return [element for element in root.iter(*_FORMULAS) if element.text]


def _links(package: Package) -> list[str]:
    """Return the link parts that lead to rpxl's add-in."""
    return [
        part
        for part in filter(_LINK.fullmatch, package.parts)
        if any(ADD_IN.fullmatch(link.target) for link in package.relationships(part))
    ]
