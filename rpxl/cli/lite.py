"""The commands about xlwings Lite, which computes the functions in Excel on Windows, Mac and the web."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from rpxl.cli.terminal import console, errors, report_check
from rpxl.errors import InputError


def lite(
    file: Annotated[
        str | None,
        typer.Argument(help="A workbook, which stays as it is; or the word templates, for all templates."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The workbook to write; with templates, the folder: workbooks/lite unless given."),
    ] = None,
    code: Annotated[
        Path | None, typer.Option(help="Write main.py and requirements.txt into this folder, to paste them by hand.")
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Add rpxl's code to your own code that is in the workbook.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="With templates: write nothing; fail when they are not what the code builds."),
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
) -> None:
    """Put rpxl's code for xlwings Lite into a workbook, or update it there; all else in the workbook stays.

    With templates, build all of them with the code. With --code, write only the code.
    """
    if code is not None:
        if file is not None or out is not None:
            raise InputError("--code", "takes no workbook: it writes two files into a folder.")
        _write_code(code, force)
    elif file is None:
        raise InputError("file", "is missing: a workbook, or the word templates, or --code FOLDER.")
    elif file == "templates":
        _templates(out or Path("workbooks") / "lite", check)
    elif out is None:
        raise InputError("--out", "is missing: the workbook to write.")
    else:
        _prepare(Path(file), out, add, force)


def _write_code(folder: Path, force: bool) -> None:
    from rpxl.lite.workbooks import write_code

    for path in write_code(folder, force=force):
        console.print(escape(str(path)))
    console.print(
        "In Excel, open xlwings Lite, replace the contents of its two tabs of these names, and choose Restart."
    )


def _prepare(file: Path, out: Path, add: bool, force: bool) -> None:
    from rpxl import __version__
    from rpxl.lite.workbooks import make_lite

    done = make_lite(file, out, add=add, force=force)
    was = f" (it was {done.before})" if done.before not in (None, __version__) else ""
    console.print(
        f"{escape(str(out))} holds the code of rpxl {__version__}{was}; {done.formulas} formulas have Lite's form now."
    )
    if done.own_code:
        console.print("Your own code in main.py stays as it is.")


def _templates(folder: Path, check: bool) -> None:
    from rpxl.lite import workbooks

    if not check:
        with errors.status("Building the templates …"):
            for path in workbooks.build(folder):
                console.print(escape(str(path)))
        return
    report_check(folder, workbooks.check(folder), "code builds", "rpxl lite templates")
