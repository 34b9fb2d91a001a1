"""The commands about workbooks: the demonstration, filling, and the templates."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from rpxl.cli.options import COLUMN, MISSING, SHEET
from rpxl.cli.terminal import console, errors, report_check
from rpxl.errors import InputError

BENCHMARK = "Benchmark"
"""The input that --benchmark sets."""

_SHOWN = 20  # how many cells are named; the rest is counted


class Backend(StrEnum):
    """What fills many workbooks at once."""

    processes = "processes"
    loky = "loky"  # an earlier name of processes
    dask = "dask"


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


def fill(
    template: Annotated[
        str, typer.Argument(help="A template or a workbook made from one: a file, or a template's name.")
    ],
    out: Annotated[Path, typer.Option(help="The workbook to write; with --batch, the folder.")],
    prices: Annotated[
        list[Path] | None,
        typer.Option(help="Dates and prices: a text file or a workbook, or a folder of files; repeatable."),
    ] = None,
    returns: Annotated[
        list[Path] | None, typer.Option(help="In place of prices: returns per period, as 0.01 or 1%; repeatable.")
    ] = None,
    sheet: Annotated[str | None, SHEET] = None,
    column: Annotated[str | None, COLUMN] = None,
    missing: Annotated[str | None, MISSING] = None,
    yahoo: Annotated[
        str | None, typer.Option(help="Instead of a file: tickers, as in SPY,TLT,GLD, from Yahoo Finance.")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="With --yahoo: the first day, as 2014-01-02.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="With --yahoo: the last day; today unless given.")] = None,
    weights: Annotated[str | None, typer.Option(help="0.6,0.4 or SPY=0.6,IEF=0.4 (others get 0) or a file.")] = None,
    vols: Annotated[str | None, typer.Option(help="Volatilities: 0.15,0.05 or SPY=15%,AGG=5% or a file.")] = None,
    corr: Annotated[str | None, typer.Option(help="Correlations: '1,-0.2;-0.2,1' or a file.")] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(help="The benchmark of a tear sheet, one of the columns of prices; elsewhere its name."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for any other input; repeatable.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="Many clients: a folder of price files, or a table with a column 'client' and one per input."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="With --batch: how many at once; -1 for one per core.")] = -1,
    backend: Annotated[Backend, typer.Option(help="With --batch: processes of this machine, or a Dask cluster.")] = (
        Backend.processes
    ),
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the Dask scheduler; without it a cluster on this machine.")
    ] = None,
    holdings: Annotated[
        str | None,
        typer.Option(help="Holdings: a file with columns asset, shares and perhaps lot; or SPY=100,Cash=2000."),
    ] = None,
) -> None:
    """Write inputs into a workbook, compute it, and save it under another name; all else in it stays as it is."""
    table = prices if yahoo is None else _download(yahoo, start, end, prices)
    given = {"prices": table or None, "returns": returns or None, "weights": weights, "vols": vols, "corr": corr}
    given["holdings"] = holdings
    words = {"sheet": sheet, "column": column, "missing": missing}
    reading = {name: word for name, word in words.items() if word is not None}
    shared = dict(_setting(text) for text in settings or [])
    if benchmark is not None:
        if any(name.casefold() == BENCHMARK.casefold() for name in shared):
            raise InputError("--benchmark", f"and --set {BENCHMARK}=… exclude each other: both are the same input.")
        shared[BENCHMARK] = benchmark
    source = _template_source(template)
    if batch is None:
        _fill_one(source, out, given | reading, shared, force)
        return
    used = ", ".join(f"--{name}" for name, value in given.items() if value is not None)
    if used:
        raise InputError(used, "goes into the table of --batch: each client has its own.")
    content = source if isinstance(source, bytes) else source.read_bytes()
    with _cluster(backend, scheduler, workers):
        keep = [batch, *([source] if isinstance(source, Path) else [])]
        _fill_many(content, batch, out, shared, reading, keep, workers, backend, force)


def _download(tickers: str, start: str | None, end: str | None, prices: list[Path] | None) -> Any:
    """Get prices from Yahoo Finance; they take the place of a file."""
    from rpxl.prices.yahoo import download

    if prices:
        raise InputError("--yahoo", "and --prices exclude each other.")
    if start is None:
        raise InputError("--from", "is missing: the first day of the prices, as 2014-01-02.")
    with errors.status(f"Downloading {tickers} …"):
        return download(tickers, start, end)


def _fill_one(source: Path | bytes, out: Path, given: dict[str, Any], settings: dict[str, str], force: bool) -> None:
    from rpxl.filling.fill import fill as fill_workbook

    with errors.status(f"Filling {out.name} …"):
        report = fill_workbook(source, out, settings=settings, force=force, **given)
    console.print(
        f"{escape(str(report.out))}: {report.cells} input cells changed, {report.formulas} formulas computed."
    )
    if report.left:
        count = len(report.left)
        more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        shown = ", ".join(report.left[:_SHOWN]) + more
        verb = "formula is" if count == 1 else "formulas are"
        console.print(f"{count} {verb} left for Excel to compute when it opens the file: {escape(shown)}")
    for note in report.notes:
        console.print(escape(note))


def _fill_many(
    template: bytes,
    source: Path,
    out: Path,
    settings: dict[str, str],
    reading: dict[str, str],
    keep: list[Path],
    workers: int,
    backend: Backend,
    force: bool,
) -> None:
    from rpxl.cli.progress import progress
    from rpxl.filling.batch import fill_batch
    from rpxl.filling.jobs import passed_over, read_jobs
    from rpxl.filling.journal import JOURNAL

    jobs = read_jobs(source, settings, reading)
    with progress(len(jobs), errors) as advance:
        results = fill_batch(
            template,
            jobs,
            out,
            workers=workers,
            backend=backend.value,
            force=force,
            keep=keep,
            report=lambda result: advance(result.status != "kept"),
        )
    count = {status: sum(result.status == status for result in results) for status in ("filled", "kept", "failed")}
    console.print(
        f"{escape(str(out))}: {count['filled']} filled, {count['kept']} kept from an earlier run, "
        f"{count['failed']} failed. The journal is {JOURNAL}."
    )
    for name, why in passed_over(source).items():
        console.print(f"  {escape(name)} was skipped: {escape(why)}.")
    noted: dict[str, list[str]] = {}
    for result in results:
        if result.status != "failed" and result.reason:
            noted.setdefault(result.reason, []).append(result.client)
    for note, clients in noted.items():
        shown = ", ".join(clients[:3]) + (f" … ({len(clients)} clients)" if len(clients) > 3 else "")
        console.print(f"  {escape(shown)}: {escape(note)}")
    failed = [result for result in results if result.status == "failed"]
    for result in failed:
        console.print(f"  {escape(result.client)}: {escape(result.reason)}")
    if failed:
        sys.exit(1)


_OWN_CLUSTER = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.low-level-log-length": 100,
}
"""A cluster for one run needs little of what Dask measures of itself, which takes some of the processor's time."""


@contextmanager
def _cluster(backend: Backend, scheduler: str | None, workers: int) -> Iterator[None]:
    """Connect to the Dask cluster, or start one on this machine, if that is the backend."""
    if backend is not Backend.dask:
        yield
        return
    try:
        import dask
        from dask.distributed import Client
    except ImportError:
        raise InputError("--backend", "dask is not installed: pip install 'dask[distributed]'.") from None
    os.environ["PYTHONSAFEPATH"] = "1"  # the processes that it starts import nothing from the current folder
    if scheduler:
        cluster = Client(scheduler)
    else:  # a process for each workbook at once: threads would wait for each other
        dask.config.set(_OWN_CLUSTER)
        cluster = Client(n_workers=workers if workers > 0 else None, threads_per_worker=1, dashboard_address=None)
    with cluster:
        yield


def _template_source(template: str) -> Path | bytes:
    """Find the workbook that a person means: a file, or else a template by its name."""
    path = Path(template)
    name = path.stem if path.suffix.lower() == ".xlsx" else template
    if not path.exists() and path.parent == Path("."):
        from rpxl import templates

        if name in templates.names():
            return templates.get(name).build()
    return path


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError("--set", f"{text!r} is not of the form NAME=VALUE.")
    return name.strip(), value.strip()


def list_templates() -> None:
    """List the template workbooks."""
    from rpxl import templates

    table = Table("Template", "What it shows", box=None, padding=(0, 2, 0, 0))
    for name in templates.names():
        table.add_row(name, escape(templates.get(name).summary))
    console.print(table)


def build_templates(
    out: Annotated[Path, typer.Option(help="Folder for the templates.")] = Path("workbooks"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when the folder is not what the code builds.")
    ] = False,
) -> None:
    """Build the template workbooks from the code, or check that they are what it builds."""
    from rpxl.templates import built as build

    if check:
        report_check(out, build.check(out), "code builds", "rpxl templates build")
        return
    with errors.status("Building the templates …"):
        for path in build.build(out):
            console.print(escape(str(path)))


def normalise(
    file: Annotated[Path, typer.Argument(help="A workbook that came back from Excel.")],
    out: Annotated[Path, typer.Option(help="The workbook to write.")],
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
) -> None:
    """Write formulas such as [1]!RP_WEIGHTS(…) as plain RP_WEIGHTS(…), which every spreadsheet understands."""
    from rpxl.filling.relink import normalise as write_plain

    result = write_plain(file, out, force=force)
    if not result.formulas:
        console.print(f"{escape(str(file))}: all formulas are plain already; nothing was written.")
        return
    console.print(f"{escape(str(out))}: {result.formulas} formulas are plain now.")
    for link in result.links:
        console.print(f"The link {escape(link)} is still in the file; Excel may ask about it: Data, Edit Links.")


def freeze(
    file: Annotated[Path, typer.Argument(help="A workbook, saved with its values; it stays as it is.")],
    out: Annotated[Path, typer.Option(help="The workbook to write.")],
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
) -> None:
    """Write a copy for people without rpxl: formulas with its functions become values, all others stay live."""
    from rpxl.filling.freeze import freeze as write_frozen

    with errors.status(f"Freezing {file.name} …"):
        report = write_frozen(file, out, force=force)
    where = ", ".join(report.sheets)
    console.print(f"{escape(str(out))}: {report.formulas} formulas of rpxl are values now, on {escape(where)}.")
    for note in report.notes:
        console.print(escape(note))
