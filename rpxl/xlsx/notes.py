"""Moves notes and threaded comments with their cells; they are stored in parts of their own.

A note has an entry in a part for comments (ECMA-376, part 1, 18.7), and a box in an old drawing (VML), where
`ClientData` holds its cell and the position of the box (part 4, 19.4). Rows and columns count from 0 there. Form
controls are in the same drawings.
"""

from lxml import etree

from rpxl.xlsx.package import Package
from rpxl.xlsx.references import RowChange

_EXCEL = "{urn:schemas-microsoft-com:office:excel}"
_ANCHOR_PARTS = 8
_ANCHOR_ROWS = (2, 6)
"""The indices of those numbers of an anchor that are rows: of the top and of the bottom edge."""


def move_comments(package: Package, part: str, change: RowChange) -> None:
    """Move the entries of notes, or threaded comments, with their cells.

    Raises
    ------
    LookupError
        The cell of one is deleted; the argument of the error is the cell.
    """
    for element in package.tree(part).iter(etree.Element):
        ref = element.get("ref")
        if ref:
            moved = change.range(ref)
            if moved != ref:
                package.edit(part)
                element.set("ref", moved)


def holds_notes_alone(package: Package, part: str) -> bool:
    """Tell whether an old drawing holds notes only, no form controls."""
    return all(data.get("ObjectType") == "Note" for data in package.tree(part).iter(f"{_EXCEL}ClientData"))


def move_note_boxes(package: Package, part: str, change: RowChange) -> None:
    """Move the boxes of notes with their cells.

    Raises
    ------
    LookupError
        The cell of one is deleted; the argument of the error is its row.
    """
    for data in package.tree(part).iter(f"{_EXCEL}ClientData"):
        row = data.find(f"{_EXCEL}Row")
        if row is None or not (row.text or "").strip().isdecimal():
            continue
        old = int(row.text or "")
        new = change.row(old + 1)
        if new is None:
            raise LookupError(f"row {old + 1}")
        if (steps := new - 1 - old) == 0:
            continue
        package.edit(part)
        row.text = str(new - 1)
        anchor = data.find(f"{_EXCEL}Anchor")
        numbers = [] if anchor is None else [text.strip() for text in (anchor.text or "").split(",")]
        if anchor is not None and len(numbers) == _ANCHOR_PARTS and all(map(str.isdecimal, numbers)):
            edges = [int(text) + steps * (k in _ANCHOR_ROWS) for k, text in enumerate(numbers)]
            anchor.text = ", ".join(map(str, (max(edge, 0) for edge in edges)))
