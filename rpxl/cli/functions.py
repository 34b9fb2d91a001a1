"""The commands about single functions: their help, and their values."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from rpxl.cli.terminal import console, errors
from rpxl.errors import InputError
from rpxl.files import harmless

_LEAST_PRICE = 1.0
"""A table without a smaller number holds no returns: nothing doubles in every period."""


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
        return cells or "" if isinstance(cells, str | None) else f"{cells:.10g}"
    rows = cells if isinstance(cells[0], list) else [cells]
    return "; ".join(", ".join(_as_text(cell) for cell in row) for row in rows)


def evaluate(
    name: Annotated[str, typer.Argument(help="A spreadsheet function, as in 'rpxl functions'.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="For each argument a file, a number, a word, or cells such as '0.04,0.006;0.006,0.09'; "
            "'' leaves an argument out, name=value names it."
        ),
    ] = None,
) -> None:
    """Compute one function on files, numbers or words, and print the answer as CSV.

    For example: rpxl eval LEVER_TO_VOL 0.6,0.4 cov.csv 0.1 borrow=0.02 output=weights
    """
    from rpxl.formulas.catalogue import find

    formula = find(name)
    parameters = {parameter.name: parameter for parameter in formula.parameters}
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for text in arguments or []:
        key, equals, value = text.partition("=")
        if equals and key.strip().lower() in parameters:
            parameter = parameters[key.strip().lower()]
            named[parameter.name] = _read_argument(value, parameter)
        elif named:
            raise InputError(text, "stands after a named argument; name it too.")
        else:
            at = len(positional)
            positional.append(_read_argument(text, formula.parameters[at] if at < len(parameters) else None))
    answer = formula(*positional, **named)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    rows = answer if isinstance(answer, list) else [[answer]]
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _read_argument(text: str, parameter: Any) -> Any:
    """Read the cells of an argument; `parameter` is None if there are too many arguments."""
    from rpxl.prices.files import is_readable

    path = Path(text)
    if text.strip() and (is_readable(text) or path.is_file() or path.is_dir()):
        rows = _read_file(path, parameter)
    else:
        rows = [[_read_cell(cell) for cell in row.split(",")] for row in text.split(";")]
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows


def _read_file(path: Path, parameter: Any) -> list[list[Any]]:
    """Read a file: one with a row per date by the rules for price files, any other as it stands."""
    from rpxl.formulas.readers import AssetTable
    from rpxl.prices.asset_cells import read_asset_cells, read_plain_cells

    notes: list[str] = []
    dated = parameter is not None and isinstance(parameter.reader, AssetTable)
    rows = read_asset_cells(path, notes) if dated else read_plain_cells(path, notes)
    numbers = [cell for row in rows for cell in row if isinstance(cell, float)]
    if dated and parameter.name == "returns" and numbers and min(numbers) >= _LEAST_PRICE:
        raise InputError(
            "returns", f"{path} seems to hold prices: no number is below 1. Compute RETURNS of them first."
        )
    for note in notes:
        errors.print(escape(f"{path.name}: {note}"))
    return rows


def _read_cell(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell.strip() or None
