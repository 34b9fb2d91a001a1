"""Workbooks recalculated, and drawn as pictures, by LibreOffice without a screen."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rpxl.calc.locate import OfficeError
from rpxl.calc.office import Office
from rpxl.errors import InputError
from rpxl.filling.relink import plain_formula, relink
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.xlsx.package import Package
from rpxl.xlsx.references import cell_name

_ERRORS = {
    32767: "#N/A",
    502: "#VALUE!",
    503: "#NUM!",
    519: "#VALUE!",
    521: "#NULL!",
    523: "#NUM!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
}
"""Calc's errors by number, with Excel's names; others keep Calc's name, such as Err:504."""

DPI, MIN_DPI, MAX_DPI = 110, 20, 600

_PAGES_PROGRAM = "pdftoppm"
_OURS = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)})\(", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """A cell after recalculation.

    Attributes
    ----------
    value
        What it holds: a number, a text, or None if it is blank or has an error.
    formula
        Its formula, in braces if it is part of an array formula; an empty text if it has none.
    error
        Its error, such as ``#VALUE!``; an empty text if it has none.
    reason
        Why a function of rpxl failed in it, in words; an empty text if none failed.
    """

    value: float | str | None
    formula: str = ""
    error: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Recalculation:
    """A recalculated workbook.

    Attributes
    ----------
    version
        The version of LibreOffice that calculated.
    sheets
        The cells that are not blank, by sheet and address: ``sheets["Data"]["B2"]``.
    pictures
        The files that were written: the PDF, then one PNG per page.
    """

    version: str
    sheets: dict[str, dict[str, Cell]]
    pictures: list[Path] = field(default_factory=list)

    @property
    def errors(self) -> Iterator[tuple[str, str, Cell]]:
        """The sheet, the address and the cell of each error."""
        return ((s, a, cell) for s, cells in self.sheets.items() for a, cell in cells.items() if cell.error)


def recalculate(
    path: Path | str,
    *,
    pdf: Path | str | None = None,
    png: Path | str | None = None,
    everything: bool = True,
    dpi: int = DPI,
    timeout: float = 120.0,
) -> Recalculation:
    """Calculate every formula of a workbook anew in a private LibreOffice, and return what each cell holds.

    The file itself and the user's own office are not touched, and nothing is fetched from the network.

    Parameters
    ----------
    path
        The workbook.
    pdf
        Where to write its pages as a PDF.
    png
        Where to write its pages as pictures. A folder gets ``name-1.png``, ``name-2.png`` … with the name of the
        workbook; a file ``pages.png`` gives ``pages-1.png``, ``pages-2.png`` …
    everything
        Whether the pages show all cells; otherwise only the workbook's print areas, if it has any.
    dpi
        Resolution of the pictures in dots per inch, 20 to 600.
    timeout
        Seconds that a single step may take.

    Raises
    ------
    InputError
        There is no such file, it is broken, or `dpi` is out of range.
    OfficeError
        LibreOffice or pdftoppm is missing, can't read the file, or LibreOffice takes too long.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "there is no such file. Check the path.")
    target = Path(png) if png else None
    if target is not None and target.suffix.lower() != ".png":
        target /= f"{path.stem}.png"
    if target is not None and not MIN_DPI <= dpi <= MAX_DPI:
        raise InputError("dpi", f"is {dpi}; give {MIN_DPI} to {MAX_DPI} dots per inch.")
    with Office(timeout) as office:
        copy = office.folder / "document" / path.name  # the office puts a lock file beside a file that it opens
        copy.parent.mkdir()
        _copy(path, copy)
        document = office.ask("open", copy.as_uri())
        office.ask("refresh", document)
        office.ask("calculate", document)
        sheets = {sheet: read_sheet(office, document, sheet) for sheet in office.ask("sheets", document)}
        office.ask("choose_pages", document, everything)
        pictures = _pictures(office, document, Path(pdf) if pdf else None, target, dpi)
        return Recalculation(office.version, sheets, pictures)


def preview(
    path: Path | str,
    folder: Path | str | None = None,
    *,
    everything: bool = False,
    dpi: int = DPI,
    timeout: float = 120.0,
) -> list[Path]:
    """Recalculate a workbook and write its pages as pictures; return their paths.

    Parameters
    ----------
    path
        The workbook.
    folder
        Where the pictures go; beside the workbook by default. ``name.xlsx`` gives ``name-1.png`` …
    everything, dpi, timeout
        As for :func:`recalculate`; by default the pages are those of the print areas.

    Raises
    ------
    InputError, OfficeError
        As for :func:`recalculate`.
    """
    picture = Path(folder or Path(path).parent) / f"{Path(path).stem}.png"
    return recalculate(path, png=picture, everything=everything, dpi=dpi, timeout=timeout).pictures


def read_sheet(office: Office, document: int, sheet: str) -> dict[str, Cell]:
    """Return the cells of a sheet that are not blank, by address, with the reasons of those in which rpxl failed."""
    values, formulas, errors = office.ask("read", document, sheet)
    cells: dict[str, Cell] = {}
    for i, (row, row_formulas) in enumerate(zip(values, formulas, strict=True), 1):
        for j, (value, formula) in enumerate(zip(row, row_formulas, strict=True), 1):
            if formula != "" or value not in ("", None):
                is_formula = formula.startswith(("=", "{=")) and formula != value
                cells[cell_name(i, j)] = Cell(value, plain_formula(formula) if is_formula else "")
    reasons: dict[str, str] = {}  # of array formulas, whose cells all fail together
    for row, column, number in errors:
        address = cell_name(row + 1, column + 1)
        formula = cells[address].formula
        reason = reasons.get(formula, "")
        if not reason and _OURS.search(formula):
            reason = office.ask("explain", document, sheet, address)
        if formula.startswith("{"):
            reasons[formula] = reason
        cells[address] = Cell(None, formula, _ERRORS.get(number, f"Err:{number}"), reason)
    return cells


def _copy(source: Path, target: Path) -> None:
    """Copy a workbook; calls of rpxl's functions in the form in which Excel stored them become ones that Calc knows."""
    if source.suffix.lower() in (".xlsx", ".xlsm", ".xltx", ".xltm"):
        package = Package(source)
        if relink(package).formulas:
            package.save(target)
            return
    shutil.copyfile(source, target)


def _pictures(office: Office, document: int, pdf: Path | None, png: Path | None, dpi: int) -> list[Path]:
    if not pdf and not png:
        return []
    made = office.folder / "pages.pdf"
    office.ask("export", document, made.as_uri(), "calc_pdf_Export")
    written = []
    if pdf:
        shutil.copyfile(made, pdf)
        written.append(pdf)
    return written + (_pages(made, png, dpi) if png else [])


def _pages(pdf: Path, png: Path, dpi: int) -> list[Path]:
    """Turn the pages of a PDF in the office's folder into pictures, and return their paths."""
    program = shutil.which(_PAGES_PROGRAM)
    if program is None:
        raise OfficeError(
            "pdftoppm is not installed; it makes pictures of pages. Install it with: sudo apt-get install "
            "poppler-utils, brew install poppler, or winget install oschwartz10612.Poppler; or ask for a PDF."
        )
    done = subprocess.run([program, "-png", "-r", str(dpi), pdf, pdf.parent / "page"], capture_output=True)
    if done.returncode:
        raise OfficeError(f"pdftoppm failed: {done.stderr.decode(errors='replace').strip()}")
    pages = sorted(pdf.parent.glob("page-*.png"), key=lambda page: int(page.stem.rpartition("-")[2]))
    png.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for number, page in enumerate(pages, 1):
        target = png.with_name(f"{png.stem}-{number}.png")
        shutil.copyfile(page, target)
        written.append(target)
    return written
