"""The commands about Excel: install the add-in, look after it, build it."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from rpxl.cli.terminal import console, report_check
from rpxl.errors import RpxlError


def install() -> None:
    """Install the add-in in Excel, computed by this Python, or update it."""
    from rpxl.excel import install_addin as addin

    done = addin.install()
    for step in done:
        console.print(escape(str(step)))
    console.print("Restart Excel; it then has a tab Risk Parity." if done else "Everything was in place already.")


def remove() -> None:
    """Remove all that install has written; your own settings are kept."""
    from rpxl.excel import install_addin as addin

    done = addin.remove()
    for step in done:
        console.print(escape(str(step)))
    if not done:
        console.print("The add-in was not installed.")


def status() -> None:
    """Say whether the add-in is installed in Excel."""
    from rpxl.excel import doctor

    console.print(escape(doctor.status()))


def doctor(
    selftest: Annotated[bool, typer.Option("--selftest", help="Start Excel and try every function and macro.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file, too.")] = None,
) -> None:
    """Check what often goes wrong, and say how to fix it. You can send the report: it leaves out your name.

    The self-test writes its report to a file in any case: rpxl-selftest.txt in the current folder.
    """
    from rpxl.excel import doctor as excel
    from rpxl.excel.check import without_name
    from rpxl.files import refuse_existing, write_file

    if out is not None:
        refuse_existing(out, force=False)
    lines: list[str] = []

    def tell(text: str) -> None:
        lines.append(without_name(text))
        console.print(escape(lines[-1]))

    tell(excel.versions())
    bad, unknown = 0, False
    for finding in excel.doctor():
        tell(str(finding))
        bad += finding.state == "bad"
        unknown |= finding.state == "unknown"
    if selftest:
        from rpxl.excel import selftest as test

        out = out or test.free_path(Path("rpxl-selftest.txt"))
        try:
            with test.excel_bench() as bench:
                for finding in test.selftest(bench):
                    tell(str(finding))
                    bad += finding.state == "bad"
        except RpxlError as error:  # there is no Excel; what the doctor has found is a report all the same
            tell(f"NOT OK: Self-test: {error}")
            bad += 1
    well = (
        "No fault was found. The lines marked '?' say what could not be checked or needs a look."
        if unknown
        else "All is well."
    )
    tell(f"{bad} not ok." if bad else well)
    if out is not None:
        write_file(out, ("\n".join(lines) + "\n").encode())
        console.print(f"The report is in {escape(str(out))}. Read it, and send it if you want help.")
    if bad:
        sys.exit(1)


def build_addin(
    out: Annotated[Path, typer.Option(help="The add-in to write.")] = Path("addin/rpxl.xlam"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when the file is not what the sources build.")
    ] = False,
) -> None:
    """Build the add-in from its sources, or check that it is what they build."""
    from rpxl.excel import addin_file

    if not check:
        addin_file.write(out)
        console.print(escape(str(out)))
        return
    report_check(out, addin_file.check(out), "sources build", "rpxl addin build")
