"""The macros of the group Build: returns and covariance, risk-parity weights, a levered portfolio."""

import math
from collections.abc import Generator

from rpxl.core.calendar import FREQUENCIES, TRADING_DAYS, frequency
from rpxl.core.dates import Dates
from rpxl.errors import InputError
from rpxl.excel.macros import native_formulas, trials
from rpxl.excel.macros.plan import (
    DATE,
    NUMBER,
    PERCENT2,
    Ask,
    Desk,
    Macro,
    Plan,
    Rows,
    SheetArea,
    ask_percentage,
    pick,
    place,
)
from rpxl.excel.macros.registry import ribbon_macro
from rpxl.formulas import CORR_MATRIX, LEVER_TO_VOL, RETURNS
from rpxl.formulas.cells import Block
from rpxl.formulas.readers import AssetTable, Square, Vector

PRICES = "the prices: one column per asset, one row per date, oldest first; labels and dates may be included"
COV = "the covariance matrix; its labels may be included"
WEIGHTS = "the weights, a row or a column; their labels may be included"


def accept_prices(rows: Rows) -> Block:
    """Read prices, or raise InputError."""
    RETURNS(rows)
    return AssetTable("").read("prices", rows)


def accept_cov(rows: Rows) -> Block:
    """Read a covariance matrix of two assets or more, or raise InputError."""
    CORR_MATRIX(rows)
    return Square("").read("cov", rows)


def accept_weights(rows: Rows) -> Block:
    """Read weights, or raise InputError."""
    return Vector("").read("weights", rows)


@ribbon_macro(
    "Build",
    "Returns and covariance",
    "Returns and covariance from prices",
    "Select prices: one column per asset, oldest first, with headings and dates if you have them. A new sheet gets "
    "live formulas.",
    image="TableInsert",
    trial=lambda: (trials.prices(), []),
)
def returns(desk: Desk) -> Macro:
    """Write returns and their annual covariance matrix on a new sheet."""
    prices, _, block = yield from pick(desk, PRICES, accept_prices)
    length, n = block.values.shape
    dated = block.dates is not None
    count, words = yield from ask_periods(block.dates)
    plan = Plan(book=prices.book, sheet="Returns")
    plan.heading("Returns and covariance", f"Live formulas on the prices in {prices.text()}.")
    periods = plan.input(3, "Returns per year", count, "0.##", words)
    plan.cells(5, 1, [["Date" if dated else "Return"]], "heading")
    names = asset_names(plan, 5, 2, prices, block, across=True)
    if dated:
        dates = prices.part(block.top + 1, 0, length - 1, 1)
        plan.formula(6, 1, f"={dates.text()}", length - 1, 1, DATE)
    else:
        plan.cells(6, 1, [[float(i + 1)] for i in range(length - 1)])
    if desk.computes_rpxl:
        answer = plan.formula(6, 2, f"=RETURNS({prices.text()})", length - 1, n, PERCENT2)
    else:
        answer = native_formulas.returns(plan, 6, 2, numbers(prices, block))
    column = n + 4
    plan.cells(5, column, [["Covariance"]], "heading")
    plan.formula(5, column + 1, f"={names.text(plan.sheet)}", 1, n, style="heading")
    plan.formula(6, column, f"=TRANSPOSE({names.text(plan.sheet)})", n, 1, style="heading")
    if desk.computes_rpxl:
        source = SheetArea(plan.book, plan.sheet, 5, 1, length, n + 1) if dated else answer  # dates check the number
        matrix = f'=COV_MATRIX({source.text(plan.sheet)},"sample",{periods})'
        plan.formula(6, column + 1, matrix, n, n, "0.000000")
    else:
        native_formulas.covariance(plan, 6, column + 1, answer, periods)
    return plan


def numbers(area: SheetArea, block: Block) -> SheetArea:
    """Return the part of an area that holds the numbers, without its labels."""
    return area.part(block.top, block.left, area.height - block.top, area.width - block.left)


def ask_periods(dates: Dates | None) -> Generator[Ask, str, tuple[float, str]]:
    """Return how many returns a year has, and where that is from in words: the dates tell it, else the user is asked.

    Raises
    ------
    InputError
        The answer is no number above 0.
    """
    try:
        if dates is None:
            raise InputError("", "The prices have no dates.")
        found = frequency(dates)
        return found.periods_per_year, f"by the dates: {found.words}"
    except InputError:
        why = "The prices have no dates" if dates is None else "The dates don't tell how often prices are taken"
        usual = ", ".join(f"{known.periods_per_year:g} for {known.name}" for known in FREQUENCIES)
        text = yield Ask(
            "text", f"{why}. How many returns does a year have? {usual}.", f"{TRADING_DAYS.periods_per_year:g}"
        )
        return read_count(text, 0.0), "your answer"


def read_count(text: str, least: float) -> float:
    """Read an answer that is a number above `least`.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not least < number < math.inf:
        raise InputError("", f"'{text}' is not a number above {least:g}. Write 252, for instance.")
    return number


def asset_names(
    plan: Plan, row: int, column: int, source: SheetArea, block: Block, *, across: bool = False
) -> SheetArea:
    """Write the assets' names: as formulas on the labels of `source` if it has some, else Asset 1, 2, 3."""
    n = block.values.shape[-1]
    height, width = (1, n) if across else (n, 1)
    if block.labels is None:
        names = [f"Asset {i + 1}" for i in range(n)]
        plan.cells(row, column, [names] if across else [[name] for name in names], "heading")
        sheet = plan.at.sheet if plan.at else plan.sheet
        return SheetArea(source.book, sheet, row, column, height, width)
    lies_across = bool(block.column_labels) and not (block.row_labels and block.values.ndim == 1 and not block.is_row)
    labels = source.part(0, block.left, 1, n) if lies_across else source.part(block.top, 0, n, 1)
    text = labels.text(plan.at.sheet if plan.at else None)
    turned = f"=TRANSPOSE({text})" if lies_across != across else f"={text}"
    return plan.formula(row, column, turned, height, width, style="heading")


@ribbon_macro(
    "Build",
    "Risk-parity weights",
    "Risk-parity weights of a covariance matrix",
    "Select a covariance matrix. The weights go where you say, as live formulas.",
    image="ChartTypePieInsertGallery",
    trial=lambda: (trials.COV, [trials.EMPTY]),
)
def weights(desk: Desk) -> Macro:
    """Write risk-parity weights and their shares of the risk where the user says."""
    cov, _, block = yield from pick(desk, COV, accept_cov)
    n = block.values.shape[0]
    target = yield from place(desk, "the weights", n + 1, 3, cov)
    if target.book != cov.book:
        return Plan("The weights must go into the workbook that holds the covariance matrix. Nothing was written.")
    plan = Plan(book=target.book, at=target)
    plan.cells(target.row, target.column, [["Asset", "Weight", "Share of risk"]], "heading")
    first = target.row + 1
    asset_names(plan, first, target.column, cov, block)
    matrix = cov.text(target.sheet)
    answer = plan.formula(first, target.column + 1, f"=RP_WEIGHTS({matrix})", n, 1, PERCENT2)
    share = f"=RISK_CONTRIB({answer.text(target.sheet)},{matrix})"
    plan.formula(first, target.column + 2, share, n, 1, PERCENT2)
    return plan


@ribbon_macro(
    "Build",
    "Lever to volatility",
    "Lever a portfolio to a target volatility",
    "Select the weights. A new sheet shows the leverage, what is borrowed and what that costs.",
    image="ChartTypeBarInsertGallery",
    trial=lambda: (trials.WEIGHTS, [trials.COV, "10%", "5%"]),
)
def lever(desk: Desk) -> Macro:
    """Lever a portfolio to a target volatility on a new sheet."""
    portfolio, weight_rows, weight_block = yield from pick(desk, WEIGHTS, accept_weights)
    cov, cov_rows, block = yield from pick(desk, COV, accept_cov, from_selection=False)
    if portfolio.book != cov.book:
        return Plan("Weights and covariance matrix must be in one workbook. Nothing was written.")
    target = yield from ask_percentage("Target volatility, annual:", "10%")
    borrow = yield from ask_percentage("Annual interest rate on what is borrowed:", "5%")
    report = LEVER_TO_VOL(weight_rows, cov_rows, target, borrow)
    assert isinstance(report, list)
    plan = Plan(book=portfolio.book, sheet="Levered")
    plan.heading("Levered portfolio", f"Live formulas on the weights in {portfolio.text()}.")
    target_cell = plan.input(3, "Target volatility", target, PERCENT2)
    borrow_cell = plan.input(4, "Borrowing rate", borrow, PERCENT2)
    if desk.computes_rpxl:
        call = f"=LEVER_TO_VOL({portfolio.text()},{cov.text()},{target_cell},{borrow_cell})"
        plan.formula(6, 1, call, len(report), 2, "General", NUMBER)
    else:
        names = asset_names(plan, 6, 5, cov, block)
        own, matrix = numbers(portfolio, weight_block), numbers(cov, block)
        native_formulas.leverage(plan, 6, names, own, matrix, target_cell, borrow_cell)
    return plan
