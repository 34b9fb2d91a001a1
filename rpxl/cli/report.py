"""The command that reports on strategies: workbooks, their pictures, and a page in the terminal."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from rpxl.cli.options import COLUMN, MISSING, SHEET
from rpxl.cli.terminal import console, errors
from rpxl.files import refuse_existing

if TYPE_CHECKING:  # what fills workbooks is loaded when the command runs
    from datetime import date

    from rpxl.core.dates import Dates
    from rpxl.core.performance import Performance
    from rpxl.filling.report import StrategyReport
    from rpxl.prices.prices import Prices

_MOST_SHOWN = 6  # weights of a strategy, the largest first


def report(
    strategies: Annotated[
        list[str], typer.Argument(help="Strategies of RP_BACKTEST: risk_parity, hrp, min_variance …")
    ],
    prices: Annotated[list[Path], typer.Option(help="Dates and prices: a file, or a folder of files; repeatable.")],
    out: Annotated[Path, typer.Option(help="Folder for the workbooks and their pictures.")],
    benchmark: Annotated[
        str, typer.Option(help="What to compare with: one of the assets, or another strategy.")
    ] = "equal_weight",
    lookback: Annotated[
        int | None, typer.Option(help="How many returns before each rebalance are used; by the dates unless given.")
    ] = None,
    rebalance: Annotated[
        str,
        typer.Option(
            help="Rebalance on the first date of each period: quarterly, monthly, weekly, daily, yearly; "
            "or by_weight_band, by_risk_band, with --band."
        ),
    ] = "quarterly",
    cost_bps: Annotated[float, typer.Option(help="Cost of trading, in basis points of what is traded.")] = 0.0,
    rf: Annotated[str, typer.Option(help="Annual risk-free rate, for the ratios: 0.02 or 2%.")] = "0",
    sheet: Annotated[str | None, SHEET] = None,
    column: Annotated[str | None, COLUMN] = None,
    missing: Annotated[str, MISSING] = "error",
    pictures: Annotated[bool, typer.Option(help="Draw pictures of the first pages, with LibreOffice.")] = True,
    force: Annotated[bool, typer.Option(help="Replace files of these names.")] = False,
    band: Annotated[
        str | None, typer.Option(help="How far a weight, or a share of risk, may drift before a trade: 0.05 or 5%.")
    ] = None,
    lower: Annotated[
        str | None,
        typer.Option(help="Lowest weights: 0.05 for all; or 0.1,0,0 or SPY=0.1 (others 0), or a file."),
    ] = None,
    upper: Annotated[
        str | None,
        typer.Option(help="Highest weights: 0.4 for all; or 0.4,1,1 or SPY=0.4 (others 1), or a file."),
    ] = None,
    method: Annotated[str, typer.Option(help="Estimator of covariances: sample, ewma, ledoit_wolf …")] = "sample",
) -> None:
    """Backtest strategies on prices; write the tear sheet and the backtest of each, and print a summary."""
    from rpxl.filling.report import report as write_report
    from rpxl.prices.prices import read_prices

    table = read_prices(list(prices), sheet=sheet, column=column, missing=missing, fewest_assets=2)
    riskless = _rate("--rf", rf)
    bounds = [_bound(name, text, table.labels) for name, text in (("lower", lower), ("upper", upper))]
    if pictures:
        for name in strategies:
            for kind in ("tear_sheet", "backtest") if bounds == [None, None] else ("tear_sheet",):
                refuse_existing(out / f"{name.strip().lower()}_{kind}.png", force)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("Reading", total=1.0)
        told = write_report(
            strategies,
            table,
            out,
            benchmark=benchmark,
            lookback=lookback,
            rebalance=rebalance.strip().lower(),
            cost_bps=cost_bps,
            rf=riskless,
            force=force,
            progress=lambda text, share: progress.update(task, description=text, completed=share),
            band=None if band is None else _rate("--band", band),
            lower=bounds[0],
            upper=bounds[1],
            method=method,
        )
        files = [path for one in told for path in one.workbooks]
        problem = ""
        if pictures:
            files, problem = _draw(files, progress)
    _print_summary(told, table)
    console.print("\nWritten: " + escape(", ".join(path.name for path in files)) + escape(f", in {out}"))
    if bounds != [None, None]:
        console.print("No workbook of the backtest, which takes no bounds.")
    if problem:
        console.print(escape(f"No pictures: {problem}"))


def _rate(option: str, text: str) -> float:
    from rpxl.errors import InputError
    from rpxl.prices.number_texts import plain_number

    try:
        return float(plain_number(text))
    except ValueError as error:
        raise InputError(option, f"{error}.") from None


def _bound(name: str, text: str | None, labels: list[str]) -> list[float] | None:
    """Read the lowest or highest weights: one number for all, or one each."""
    from rpxl.filling.inputs import read_vector
    from rpxl.prices.number_texts import plain_number

    if text is None:
        return None
    try:
        return [float(plain_number(text))] * len(labels)
    except ValueError:
        otherwise = 0.0 if name == "lower" else 1.0
        return read_vector(name, text, labels, len(labels), missing=otherwise, holder="the report")


def _draw(workbooks: Sequence[Path], progress: Progress) -> tuple[list[Path], str]:
    """Draw the first page of each workbook beside it; return all files, and why there are no pictures."""
    from rpxl.calc.locate import OfficeError
    from rpxl.calc.recalculate import preview

    files = []
    task = progress.add_task("Pictures", total=len(workbooks))
    for path in workbooks:
        files.append(path)
        progress.update(task, description=f"Drawing {path.name}")
        try:
            with tempfile.TemporaryDirectory() as folder:
                first = preview(path, Path(folder))[0]
                files.append(path.with_suffix(".png"))
                shutil.move(first, files[-1])
        except OfficeError as error:
            return list(workbooks), str(error)
        progress.advance(task)
    return files, ""


def _print_summary(told: Sequence["StrategyReport"], prices: "Prices") -> None:
    """Print a page on all strategies and what they are compared with."""
    from rpxl.filling.report import last_weights

    first = told[0]
    console.print(f"[bold]{escape(prices.source)}[/bold]: {_span(prices.dates)}")
    console.print(f"Backtest, after the look-back: {_span(first.history.dates)}")
    for note in prices.notes:
        console.print(escape(note))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for head in ("Return\na year", "Volatility", "Sharpe\nratio", "Maximum\ndrawdown", "Beta", "Turnover\na year"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in told:
        own, beta = one.performance, one.against.beta
        table.add_row(
            one.strategy,
            *_figures(own),
            "n/a" if beta is None else f"{beta:.2f}",
            f"{one.history.turnover_per_year:.0%}",
        )
    table.add_row(Text(first.benchmark, style="italic"), *_figures(first.benchmark_performance), "1.00", "")
    console.print()
    console.print(table)
    console.print(f"\nBeta is measured against {escape(first.benchmark)}. Turnover leaves out the first trade.")
    console.print(f"\n[bold]Weights after the last trade, {first.history.rebalances[-1]}[/bold]")
    for one in told:
        weights = list(last_weights(one))
        shown = ", ".join(f"{label} {weight:.1%}" for label, weight in weights[:_MOST_SHOWN])
        more = f" and {len(weights) - _MOST_SHOWN} more" if len(weights) > _MOST_SHOWN else ""
        console.print(f"{one.strategy}: {escape(shown or 'cash')}{more}")


def _span(days: "Sequence[date] | Dates") -> str:
    return f"{days[0]} to {days[-1]}, {len(days):,} dates"


def _figures(own: "Performance") -> list[str]:
    sharpe = "n/a" if own.sharpe is None else f"{own.sharpe:.2f}"
    return [f"{own.annual_return:.1%}", f"{own.volatility:.1%}", sharpe, f"{own.max_drawdown:.1%}"]
