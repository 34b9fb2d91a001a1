"""``rpxl …``: the command line."""

import sys
from typing import Annotated

import typer
from rich.markup import escape

import rpxl
from rpxl.cli import calc, excel, functions, lite, report, workbooks
from rpxl.cli.terminal import errors
from rpxl.errors import RpxlError


def _app(text: str) -> typer.Typer:
    return typer.Typer(
        help=text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _version(asked: bool) -> None:
    if asked:
        print(f"rpxl {rpxl.__version__}")
        raise typer.Exit


app = _app("Risk parity in a spreadsheet.")


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass  # the options of rpxl itself


app.command()(workbooks.demo)
app.command()(workbooks.fill)
app.command()(report.report)
app.command()(functions.functions)
app.command(name="eval", context_settings={"ignore_unknown_options": True})(functions.evaluate)
app.command()(calc.recalc)
app.command()(calc.preview)
app.command()(workbooks.normalise)
app.command()(workbooks.freeze)
app.command()(lite.lite)

app.command()(excel.install)
app.command()(excel.remove)
app.command()(excel.status)
app.command()(excel.doctor)

templates_app = _app("List the template workbooks, or build them.")
templates_app.command(name="list")(workbooks.list_templates)
templates_app.command(name="build")(workbooks.build_templates)
app.add_typer(templates_app, name="templates")

calc_app = _app("The functions in LibreOffice Calc: install, remove, status.")
calc_app.command()(calc.install)
calc_app.command()(calc.remove)
calc_app.command()(calc.status)
app.add_typer(calc_app, name="calc")

addin_app = _app("Build the Excel add-in from its sources.")
addin_app.command(name="build")(excel.build_addin)
addin_app.callback()(lambda: None)  # keeps 'build' a subcommand while it is the only one
app.add_typer(addin_app, name="addin")


def main() -> None:
    """Run the command line; an error prints one message and gives exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may default to a code page
    try:
        app()
    except FileNotFoundError as error:
        _fail(f"there is no file {error.filename}")
    except (RpxlError, OSError) as error:
        _fail(str(error))


def _fail(message: str) -> None:
    errors.print(f"rpxl: {escape(message)}", style="red")
    sys.exit(1)
