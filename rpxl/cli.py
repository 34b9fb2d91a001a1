"""``rpxl …``: the command line."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rpxl.errors import InputError, RpxlError

app = typer.Typer(
    name="rpxl",
    help="Risk parity that lives in a spreadsheet.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
templates_app = typer.Typer(help="List the template workbooks, or build them.", no_args_is_help=True)
app.add_typer(templates_app, name="templates")
calc_app = typer.Typer(help="The functions in LibreOffice Calc: install, remove, status.", no_args_is_help=True)
app.add_typer(calc_app, name="calc")

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; what goes wrong is told in one message and exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may default to a code page
    try:
        app()
    except FileNotFoundError as error:
        _fail(f"there is no file {error.filename}")
    except (RpxlError, OSError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    errors.print(f"rpxl: {escape(message)}", style="red")
    sys.exit(1)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the workbooks.")] = Path("rpxl-demo"),
    force: Annotated[bool, typer.Option(help="Replace workbooks that were changed.")] = False,
) -> None:
    """Fill every template, and print two published tables against what their inputs give."""
    from rpxl.demo import fill_all, published_tables

    with errors.status("Filling the templates …") as status:
        for path in fill_all(out, force=force):
            status.update(f"Filled {path.name}")
            console.print(f"{escape(str(path))}")
    for title, table in published_tables(out):
        console.print(f"\n[bold]{escape(title)}[/bold]")
        console.print(table)


@app.command()
def fill(
    template: Annotated[
        str, typer.Argument(help="A template or a workbook made from one: a file, or a template's name.")
    ],
    out: Annotated[Path, typer.Option(help="The workbook to write.")],
    prices: Annotated[
        Path | None, typer.Option(help="CSV or XLSX: dates in the first column, a price per asset.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="0.6,0.4 or SPY=0.6,IEF=0.4 or a file.")] = None,
    vols: Annotated[str | None, typer.Option(help="Volatilities: 0.15,0.05 or SPY=15%,AGG=5% or a file.")] = None,
    corr: Annotated[str | None, typer.Option(help="Correlations: '1,-0.2;-0.2,1' or a file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for any other input; repeatable.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
) -> None:
    """Write inputs into a workbook, compute it, and save it under another name; all else in it stays as it is."""
    from rpxl.workbook.fill import fill as fill_workbook

    with errors.status(f"Filling {out.name} …"):
        report = fill_workbook(
            _template_source(template),
            out,
            prices=prices,
            weights=weights,
            vols=vols,
            corr=corr,
            settings=dict(_setting(text) for text in settings or []),
            force=force,
        )
    console.print(
        f"{escape(str(report.out))}: {report.cells} input cells changed, {report.formulas} formulas computed."
    )
    if report.left:
        shown = ", ".join(report.left[:5]) + (" …" if len(report.left) > 5 else "")
        count = len(report.left)
        verb = "formula is" if count == 1 else "formulas are"
        console.print(f"{count} {verb} left for Excel to compute when it opens the file: {escape(shown)}")
    for note in report.notes:
        console.print(escape(note))


def _template_source(template: str) -> Path | bytes:
    """Find the workbook that a person means: a file, or else a template by its name."""
    path = Path(template)
    name = path.stem if path.suffix.lower() == ".xlsx" else template
    if not path.exists() and path.parent == Path("."):
        from rpxl.workbook import templates

        if name in templates.names():
            from rpxl.workbook.build import built

            return built(templates.get(name))
    return path


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError("--set", f"{text!r} is not of the form NAME=VALUE.")
    return name.strip(), value.strip()


@templates_app.command(name="list")
def list_templates() -> None:
    """List the template workbooks."""
    from rpxl.workbook import templates

    table = Table("Template", "What it shows", box=None, padding=(0, 2, 0, 0))
    for name in templates.names():
        table.add_row(name, escape(templates.get(name).summary))
    console.print(table)


@templates_app.command(name="build")
def build_templates(
    out: Annotated[Path, typer.Option(help="Folder for the templates.")] = Path("workbooks"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when the folder is not what the code builds.")
    ] = False,
) -> None:
    """Build the template workbooks from the code, or check that they are what it builds."""
    from rpxl.workbook import build

    if check:
        differences = build.check(out)
        for difference in differences:
            errors.print(escape(difference))
        if differences:
            _fail(f"{out} is not what the code builds; run 'rpxl templates build'.")
        console.print(f"{escape(str(out))} is what the code builds.")
        return
    with errors.status("Building the templates …"):
        for path in build.build(out):
            console.print(escape(str(path)))


@calc_app.command(name="install")
def calc_install() -> None:
    """Put the functions into LibreOffice Calc, computed by this Python."""
    from rpxl.calc.install import install

    console.print(escape(str(install())))
    console.print("Restart LibreOffice; then the functions are in Calc, and the menu rpxl explains their errors.")


@calc_app.command(name="remove")
def calc_remove() -> None:
    """Take the functions out of LibreOffice Calc."""
    from rpxl.calc.install import remove

    console.print("Removed. Restart LibreOffice." if remove() else "The add-in was not installed.")


@calc_app.command(name="status")
def calc_status() -> None:
    """Say whether the functions are in LibreOffice Calc, and whether they can work."""
    from rpxl.calc.install import status

    found = status()
    console.print(escape(str(found)))
    if found.problem:
        sys.exit(1)


@app.command()
def recalc(
    file: Annotated[Path, typer.Argument(help="A workbook; it stays as it is.")],
    pdf: Annotated[Path | None, typer.Option(help="Also write its pages to this PDF.")] = None,
    png: Annotated[Path | None, typer.Option(help="Also write its pages as pictures into this folder.")] = None,
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
                writer.writerow([sheet, address, cell.formula, cell.value, cell.error, cell.reason])


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="A workbook; it stays as it is.")],
    folder: Annotated[Path | None, typer.Option(help="Where the pictures go; beside the workbook by default.")] = None,
) -> None:
    """Write pictures of a workbook's pages, recalculated by LibreOffice."""
    from rpxl.calc.recalculate import preview as write_pictures

    with errors.status(f"Drawing {file.name} …"):
        pictures = write_pictures(file, folder)
    for picture in pictures:
        console.print(escape(str(picture)))


@app.command()
def normalise(
    file: Annotated[Path, typer.Argument(help="A workbook that came back from Excel.")],
    out: Annotated[Path, typer.Option(help="The workbook to write.")],
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
) -> None:
    """Write formulas such as [1]!RP_WEIGHTS(…) as plain RP_WEIGHTS(…), which every host understands."""
    from rpxl.workbook.normalise import normalise as write_plain

    result = write_plain(file, out, force=force)
    if not result.formulas:
        console.print(f"{escape(str(file))}: all formulas are plain already; nothing was written.")
        return
    console.print(f"{escape(str(out))}: {result.formulas} formulas are plain now.")
    for link in result.links:
        console.print(f"The link {escape(link)} is still in the file; Excel may ask about it: Data, Edit Links.")


@app.command()
def functions(
    name: Annotated[str | None, typer.Argument(help="A function, for its arguments and an example.")] = None,
) -> None:
    """Show the spreadsheet functions, or the help of one."""
    from rpxl.formulas.catalogue import find

    if name is None:
        _list_functions()
    else:
        _show_function(find(name))


def _list_functions() -> None:
    from rpxl.formulas.catalogue import CATEGORIES, FUNCTIONS

    for category in CATEGORIES:
        table = Table("Function", "Answer", title=category, title_justify="left", box=None, padding=(0, 2, 0, 0))
        for formula in FUNCTIONS.values():
            if formula.category == category:
                table.add_row(escape(formula.usage), escape(formula.description))
        console.print(table)
        console.print()


def _show_function(formula: Any) -> None:
    console.print(f"[bold]={escape(formula.usage)}[/bold]\n{escape(formula.description)}\n")
    table = Table("Argument", "Meaning", box=None, padding=(0, 2, 0, 0))
    for parameter in formula.parameters:
        shown = f"[{parameter.name}]" if parameter.optional else parameter.name
        table.add_row(escape(shown), escape(parameter.help))
    console.print(table)
    console.print("\n[bold]Example[/bold]")
    for parameter, cells in zip(formula.parameters, formula.example.args, strict=False):
        console.print(f"  {parameter.name} = {escape(_as_text(cells))}")
    console.print(f"  answer = {escape(_as_text(formula.example.answer))}\n  {escape(formula.example.source)}")


def _as_text(cells: Any) -> str:
    """Write cells as they are typed on the command line: commas between columns, semicolons between rows."""
    if not isinstance(cells, list):
        return str(cells) if isinstance(cells, str) else f"{cells:.10g}"
    return "; ".join(", ".join(_as_text(cell) for cell in row) for row in cells)


@app.command(name="eval", context_settings={"ignore_unknown_options": True})
def evaluate(
    name: Annotated[str, typer.Argument(help="A spreadsheet function, as in 'rpxl functions'.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Per argument a CSV file, a number, a word, or cells such as '0.04,0.006;0.006,0.09'; "
            "'' leaves one out, name=value names one."
        ),
    ] = None,
) -> None:
    """Compute one function on CSV files, numbers or words, and print the answer as CSV.

    For example: rpxl eval LEVER_TO_VOL 0.6,0.4 cov.csv 0.1 borrow=0.02 output=weights
    """
    from rpxl.formulas.catalogue import find

    formula = find(name)
    names = {parameter.name for parameter in formula.parameters}
    positional, named = [], {}
    for text in arguments or []:
        key, equals, value = text.partition("=")
        if equals and key.strip().lower() in names:
            named[key.strip().lower()] = _read_argument(value)
        elif named:
            raise InputError(text, "stands after a named argument; name it too.")
        else:
            positional.append(_read_argument(text))
    answer = formula(*positional, **named)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows(answer if isinstance(answer, list) else [[answer]])


def _read_argument(text: str) -> Any:
    path = Path(text)
    if path.suffix.lower() in (".csv", ".txt") or (text.strip() and path.is_file()):
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                return [[_read_cell(cell) for cell in row] for row in csv.reader(file) if row]
        except UnicodeDecodeError:
            raise InputError(text, "is not a text file in UTF-8; save it as CSV UTF-8.") from None
    rows = [[_read_cell(cell) for cell in row.split(",")] for row in text.split(";")]
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows


def _read_cell(text: str) -> float | str | None:
    try:
        return float(text)
    except ValueError:
        return text.strip() or None


if __name__ == "__main__":
    main()
