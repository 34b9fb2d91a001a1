"""The commands about LibreOffice Calc: the add-in, recalculation, pictures."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from rpxl.cli.terminal import console, errors
from rpxl.files import harmless


def install() -> None:
    """Install the functions in LibreOffice Calc, computed by this Python."""
    from rpxl.calc import install_extension as addin

    console.print(escape(str(addin.install())))
    console.print("Restart LibreOffice; then the functions are in Calc, and the menu rpxl explains their errors.")


def remove() -> None:
    """Remove the functions from LibreOffice Calc."""
    from rpxl.calc import install_extension as addin

    console.print("Removed. Restart LibreOffice." if addin.remove() else "The add-in was not installed.")


def status() -> None:
    """Say whether the functions are in LibreOffice Calc, and whether they can work."""
    from rpxl.calc import install_extension as addin

    found = addin.status()
    console.print(escape(str(found)))
    if found.problem:
        sys.exit(1)


def recalc(
    file: Annotated[Path, typer.Argument(help="A workbook; it stays as it is.")],
    pdf: Annotated[Path | None, typer.Option(help="Also write all its pages to this PDF.")] = None,
    png: Annotated[Path | None, typer.Option(help="Also write all its pages as pictures into this folder.")] = None,
) -> None:
    """Recalculate a workbook in a private LibreOffice without a screen, and print its formula cells as CSV."""
    from rpxl.calc.recalculate import recalculate

    with errors.status(f"Recalculating {file.name} …"):
        result = recalculate(file, pdf=pdf, png=png)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["sheet", "cell", "formula", "value", "error", "reason"])
    for sheet, cells in result.sheets.items():
        for address, cell in cells.items():
            if cell.formula:
                value = harmless(cell.value) if isinstance(cell.value, str) else cell.value
                writer.writerow([harmless(sheet), address, cell.formula, value, cell.error, cell.reason])


def preview(
    file: Annotated[Path, typer.Argument(help="A workbook; it stays as it is.")],
    folder: Annotated[Path | None, typer.Option(help="Folder for the pictures; the workbook's unless given.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Draw all cells; else only the print areas, if there are any.")
    ] = False,
    dpi: Annotated[int, typer.Option(help="Resolution of the pictures, in dots per inch.")] = 110,
) -> None:
    """Write pictures of a workbook's pages, recalculated by LibreOffice."""
    from rpxl.calc.recalculate import preview as write_pictures

    with errors.status(f"Drawing {file.name} …"):
        pictures = write_pictures(file, folder, everything=everything, dpi=dpi)
    for picture in pictures:
        console.print(escape(str(picture)))
