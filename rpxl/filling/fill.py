"""Fill a template, or a workbook that grew out of one, with inputs, and leave the rest of the file alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from rpxl.calculation.calculate import calculate, write_cached
from rpxl.core.calendar import frequency
from rpxl.errors import InputError
from rpxl.files import is_same_file, refuse_existing
from rpxl.filling.belongings import (
    EXP_RETURNS,
    WEIGHTS,
    Belongings,
    belongings,
    mark_as_given,
    move,
    note_on_expected_returns,
    same_assets,
    same_label,
)
from rpxl.filling.chosen_assets import choose_assets
from rpxl.filling.freeze import require_live
from rpxl.filling.holdings import HOLDINGS, LOTS, fill_holdings
from rpxl.filling.inputs import WorkbookInputs, read_matrix, read_vector, set_value
from rpxl.filling.periods import PERIODS, settings_by_dates
from rpxl.filling.prepared import Prepared
from rpxl.filling.price_rows import price_block, resize_prices
from rpxl.filling.result_notes import result_notes
from rpxl.prices.prices import Prices, read_prices, serial
from rpxl.prices.table import cell_label
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.chart_caches import refresh_charts
from rpxl.xlsx.collection import nothing_left, without_collection
from rpxl.xlsx.kinds import require_suffix
from rpxl.xlsx.references import same_name, sheet_cell
from rpxl.xlsx.workbook import Workbook

MAX_ASSETS = 250
"""How many assets a template is laid out for at the most; its matrices have the square of that in cells."""

BENCHMARK = (0.6, 0.4)
TARGET, TARGET_GIVEN = "Target", "given"
"""The input that says whether weights are those to trade to, and its word for it."""
FEWEST_ASSETS = 2
FIRST_DAY = date(1900, 3, 1)

Given = Path | str | Sequence[Path | str]
"""A file, several, or a folder."""


@dataclass
class FillReport:
    """What was done.

    Attributes
    ----------
    out
        The new file, once it is written.
    cells
        How many input cells changed.
    formulas
        How many formulas were computed.
    left
        The cells whose formulas are left for Excel to compute when it opens the file. Of the formulas that rpxl can't
        compute these read something that changed; the others keep the value that they show.
    notes
        What the user should know, in sentences.
    """

    out: Path = Path()
    cells: int = 0
    formulas: int = 0
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@nothing_left()
def fill(
    template: Path | str | bytes,
    out: Path | str,
    *,
    prices: Given | Prices | None = None,
    returns: Given | None = None,
    sheet: str | None = None,
    column: str | None = None,
    missing: str = "error",
    weights: str | None = None,
    vols: str | None = None,
    corr: str | None = None,
    settings: Mapping[str, str] | None = None,
    force: bool = False,
    holdings: Path | str | None = None,
) -> FillReport:
    """Write inputs into the named ranges of a workbook, compute it, and save it under another name.

    Parameters
    ----------
    template
        A template of rpxl, or a workbook with the same names: a file, or its bytes.
    out
        The file to write. It appears whole or not at all.
    prices
        A file, several files or a folder, see :func:`rpxl.prices.prices.read_prices`; or the prices themselves.
    returns
        The same with returns per period in place of prices; they become prices that start at 100.
    sheet, column, missing
        How these files are read: the sheet of a workbook, an asset's column that is its price, and what to do where a
        value is missing (``error`` or ``drop_rows``).
    weights, vols
        ``.6,.4``, ``SPY=.6,AGG=.4``, or a file; assets that `weights` doesn't name get 0, with a note.
    corr
        ``1,.2;.2,1``, or a file.
    settings
        Values for other named ranges, as text; ``2%`` is 0.02.
    force
        Replace an existing file.
    holdings
        What an account holds, see :func:`rpxl.filling.holdings.read_holdings`: a file with columns of assets, shares
        and perhaps lots, and a row Cash; or ``SPY=100,IEF=50,Cash=2000``.

    Raises
    ------
    InputError
        When an input is wrong, doesn't fit the workbook, or makes one of its rpxl formulas fail; when `out` exists,
        is one of the inputs, or has an ending that isn't the workbook's.
    """
    out = Path(out)
    refuse_existing(out, force)
    sources = {"prices": prices, "returns": returns, "weights": weights, "vols": vols, "corr": corr}
    sources["holdings"] = holdings
    for name, source in sources.items():
        for given in [] if isinstance(source, Prices) or source is None else _each(source):
            if is_same_file(out, given):
                problem = (
                    f"come from {out} itself, and an input is never replaced. Choose another name for the new file."
                )
                raise InputError(name, problem)
    book = Workbook(template)
    require_suffix(book.package, out)
    book, report = filled(
        book,
        prices=prices,
        returns=returns,
        sheet=sheet,
        column=column,
        missing=missing,
        weights=weights,
        vols=vols,
        corr=corr,
        settings=settings,
        holdings=holdings,
    )
    book.package.save(out, force=force)
    report.out = out
    return report


@without_collection()
def filled(
    template: Workbook | Prepared,
    *,
    prices: Given | Prices | None = None,
    returns: Given | None = None,
    sheet: str | None = None,
    column: str | None = None,
    missing: str = "error",
    weights: str | None = None,
    vols: str | None = None,
    corr: str | None = None,
    settings: Mapping[str, str] | None = None,
    holdings: Path | str | None = None,
) -> tuple[Workbook, FillReport]:
    """Fill a workbook in memory, and return it, or another in its place; the arguments are those of :func:`fill`.

    A template that was prepared stays as it is: a copy of it is filled.
    """
    report = FillReport()
    table = _read(prices, returns, sheet, column, missing)
    if isinstance(template, Prepared):
        book = template.copy() if table is None else template.copy(len(table.labels), len(table.dates))
    else:
        book = template
        require_live(book)
    if returns is not None and WorkbookInputs(book).find(HOLDINGS) is not None:
        raise InputError(
            "returns", "have no prices to trade at, and this workbook trades. Give --prices in their place."
        )
    report.notes += [] if table is None else table.notes
    settings = _with_periods(book, table, settings or {}, report)
    book = _reshape(book, table, settings, report)
    if table is not None:
        options = {"Weights": weights, "Volatilities": vols, "Corr": corr}
        given = {*settings, *(name for name, text in options.items() if text is not None)}
        given |= set() if holdings is None else {HOLDINGS, LOTS}
        book = _fill_prices(book, table, report, given)
        report.cells += _name(WorkbookInputs(book), "Data_source", table.source)
    inputs = WorkbookInputs(book)
    settings, notes = choose_assets(inputs, settings)
    report.notes += notes
    for name in sorted(settings, key=lambda name: not same_name(name, "Assets")):  # labels first: others name them
        report.cells += set_value(inputs, name, settings[name])
    labels = inputs.labels()
    if holdings is not None:
        cells, notes = fill_holdings(inputs, str(holdings), settings)
        report.cells += cells
        report.notes += notes
    for name, text, others in (("Weights", weights, 0.0), ("Volatilities", vols, None)):
        if text is not None:
            area = inputs.vector(name)
            size = area.height * area.width
            vector = read_vector(name, text, labels, size, missing=others, report=report.notes.append)
            report.cells += inputs.write(area, vector)
    if corr is not None:
        area = inputs.require("Corr")
        report.cells += inputs.write(area, read_matrix("Corr", corr, labels, area.height))
    chosen = {name.lower() for name in settings}
    if EXP_RETURNS.lower() in chosen:
        report.cells += mark_as_given(inputs)
    if (weights is not None or "weights" in chosen) and "benchmark" not in chosen:
        report.cells += _name(inputs, "Benchmark", "Benchmark")  # the old name may tell of the old weights
    if weights is not None and "target" not in chosen:
        report.cells += _name(inputs, TARGET, TARGET_GIVEN)
    _compute(book, report)
    return book, report


def _each(given: Given) -> list[Path | str]:
    return [given] if isinstance(given, Path | str) else list(given)


def _read(
    prices: Given | Prices | None, returns: Given | None, sheet: str | None, column: str | None, missing: str
) -> Prices | None:
    """Read what fills the prices of the workbook."""
    if prices is not None and returns is not None:
        raise InputError("returns", "and prices exclude each other: both fill the same range.")
    if prices is None and returns is None:
        words = {"sheet": sheet, "column": column, "missing": None if missing == "error" else missing}
        lone = [name for name, word in words.items() if word is not None]
        if lone:
            raise InputError(lone[0], "says how prices are read, but there are none. Give --prices or --returns too.")
        return None
    if isinstance(prices, Prices):
        return prices
    source = returns if prices is None else prices
    assert source is not None
    read = read_prices(
        source, sheet=sheet, column=column, missing=missing, returns=returns is not None, fewest_assets=FEWEST_ASSETS
    )
    if read.dates[0] < FIRST_DAY:
        problem = f"{read.dates[0]} is too early: workbooks count days from {FIRST_DAY}. Leave out what is before."
        raise InputError("prices", problem)
    labels = [*map(cell_label, read.labels)]
    if labels == read.labels:
        return read
    changed = next(pair for pair in zip(read.labels, labels, strict=True) if pair[0] != pair[1])
    note = f"{changed[0]!r} is written as {changed[1]!r}: in a cell a number or a date is no label."
    return replace(read, labels=labels, notes=(*read.notes, note))


def _with_periods(
    book: Workbook, prices: Prices | None, settings: Mapping[str, str], report: FillReport
) -> dict[str, str]:
    """Add the settings that follow from the dates."""
    from rpxl.filling.relayout import template_of

    days = None if prices is None else np.array(prices.dates, dtype="datetime64[D]")
    own = template_of(book) if days is not None and WorkbookInputs(book).find(PERIODS) is None else None
    name = own.name if own is not None and PERIODS in own.sample() else None
    if (
        days is not None
        and prices is not None
        and prices.frequency is not None
        and not any(same_name(PERIODS, known) for known in settings)
    ):
        try:
            frequency(days)
        except InputError:  # dates were left out; all together they tell it
            settings = {**settings, PERIODS: f"{prices.frequency.periods_per_year:g}"}
    chosen, notes = settings_by_dates(book, days, settings, name)
    report.notes += notes
    return chosen


def _reshape(book: Workbook, prices: Prices | None, settings: Mapping[str, str], report: FillReport) -> Workbook:
    """Give the rows of results their number, where dates and settings decide it."""
    from rpxl.filling.relayout import reshape

    days = None if prices is None else [float(serial(day, book.date1904)) for day in prices.dates]
    rows = None if prices is None else [prices.labels, *prices.values.tolist()]
    book, note, cells = reshape(book, days, settings, rows)
    report.notes += [note] if note else []
    report.cells += cells
    return book


def _fill_prices(book: Workbook, prices: Prices, report: FillReport, given: Collection[str]) -> Workbook:
    """Write prices, making room for them; returns the workbook, which may have been laid out anew."""
    inputs = WorkbookInputs(book)
    block = price_block(inputs)
    old = belongings(inputs)
    if block.width != len(prices.labels):
        from rpxl.filling.relayout import rebuild

        if len(prices.labels) > MAX_ASSETS:
            raise InputError("prices", f"has {len(prices.labels)} assets; templates take up to {MAX_ASSETS}.")

        book = rebuild(book, len(prices.labels), len(prices.dates))
        inputs = WorkbookInputs(book)
        report.notes.append(f"The template was laid out anew for {len(prices.labels)} assets.")
    block = price_block(inputs)
    if block.height - 1 != len(prices.dates):
        resize_prices(book, block, len(prices.dates))
        inputs = WorkbookInputs(book)
        block = price_block(inputs)
    days = [float(serial(day, book.date1904)) for day in prices.dates]
    report.cells += inputs.write(inputs.require("Dates"), days)
    rows = [prices.labels, *prices.values.tolist()]
    report.cells += inputs.write(block, [value for row in rows for value in row])
    assets = inputs.find("Assets")
    if assets is not None and inputs.formula_in(assets) is None:
        report.cells += inputs.write(inputs.vector("Assets"), prices.labels)
    _move_belongings(book, old, prices.labels, given, report)
    return book


def _move_belongings(
    book: Workbook, old: Belongings, labels: list[str], given: Collection[str], report: FillReport
) -> None:
    """Let what belongs to the assets follow them."""
    from rpxl.filling.relayout import template_of

    inputs = WorkbookInputs(book)
    own = template_of(book)
    chosen = {name.lower() for name in given}
    spare = {} if own is None else own.for_new_assets(len(labels))
    spare.pop(HOLDINGS, None)  # nobody has said what is held of a new asset
    report.cells += move(inputs, old, labels, chosen, spare)
    if "weights" not in chosen and WEIGHTS in old.values and not same_assets(old.labels, labels):
        _keep_weights(inputs, old, labels, report)
    if EXP_RETURNS.lower() not in chosen:
        note = note_on_expected_returns(inputs, labels)
        report.notes += [] if note is None else [note]


def _name(inputs: WorkbookInputs, name: str, text: str) -> int:
    """Write a name for other inputs, such as that of the benchmark, if the workbook has a cell for it."""
    area = inputs.find(name)
    if area is None or inputs.formula_in(area) is not None:
        return 0
    return inputs.write(area, [text])


def _keep_weights(inputs: WorkbookInputs, old: Belongings, labels: list[str], report: FillReport) -> None:
    """Keep the weights of assets that are still there; else the benchmark becomes 60/40 of the first two."""
    area = inputs.vector(WEIGHTS)
    here = {same_label(label) for label in labels}
    held = zip(old.labels, old.values[WEIGHTS], strict=True)
    if all(same_label(label) in here for label, weight in held if weight):
        values = [0.0 if at is None else old.values[WEIGHTS][at] for at in old.places(WEIGHTS, labels)]
        report.cells += inputs.write(area, [value if isinstance(value, float) else 0.0 for value in values])
        return
    target = inputs.find(TARGET)
    if target is not None:
        if inputs.values(target)[0] == TARGET_GIVEN:
            raise InputError(WEIGHTS, f"the assets are others, and {TARGET} is {TARGET_GIVEN}. Give --weights too.")
        report.cells += inputs.write(area, [1.0 / len(labels)] * len(labels))
        return
    weights = [*BENCHMARK, *[0.0] * (len(labels) - 2)]
    report.cells += inputs.write(area, weights) + _name(inputs, "Benchmark", "60/40")
    report.notes.append(
        f"The assets changed and no --weights were given: Weights is {BENCHMARK[0]:.0%} {labels[0]} "
        f"and {BENCHMARK[1]:.0%} {labels[1]}."
    )


def _compute(book: Workbook, report: FillReport) -> None:
    """Compute the workbook; a formula of rpxl that fails, and didn't before, fails the run."""
    result = calculate(book)
    new = [f for f in result.failures if not isinstance(book.sheet(f.place[0]).value(*f.place[1:]), CellError)]
    if new:
        more = f" (Formulas that fail besides it, most of them because of it: {len(new) - 1}.)" if len(new) > 1 else ""
        raise InputError("", f"{new[0]}{more}")
    report.left = [sheet_cell(*place) for place in write_cached(book, result)]
    refresh_charts(book)
    report.formulas = sum(len(sheet.formulas) for sheet in book.worksheets) - len(result.left)
    report.notes += result_notes(book)
