"""The macros that analyse: risk decomposition, covariance check, backtest."""

from collections.abc import Generator

from rpxl.core.calendar import nearest
from rpxl.errors import InputError, RpxlError
from rpxl.excel.macros import native_formulas, trials
from rpxl.excel.macros.construct import (
    COV,
    PRICES,
    WEIGHTS,
    accept_cov,
    accept_weights,
    ask_periods,
    asset_names,
    numbers,
    read_count,
)
from rpxl.excel.macros.plan import DATE, NUMBER, PERCENT2, Ask, Desk, Macro, Plan, Rows, SheetArea, pick
from rpxl.excel.macros.registry import ribbon_macro
from rpxl.formulas import CORR_MATRIX, RISK_DECOMP, RP_BACKTEST, RP_CHECK, VOLS
from rpxl.formulas.cells import Block, as_rows
from rpxl.formulas.readers import DatedAssetTable


@ribbon_macro(
    "Analyse",
    "Decompose risk",
    "Where the risk of a portfolio sits",
    "Select the weights. A new sheet gets the decomposition and a chart.",
    image="ChartTypeColumnInsertGallery",
    trial=lambda: (trials.WEIGHTS, [trials.COV]),
)
def decompose(desk: Desk) -> Macro:
    """Decompose the risk of the selected portfolio on a new sheet: a table and two charts."""
    portfolio, weight_rows, weight_block = yield from pick(desk, WEIGHTS, accept_weights)
    cov, cov_rows, block = yield from pick(desk, COV, accept_cov, from_selection=False)
    if portfolio.book != cov.book:
        return Plan("Weights and covariance matrix must be in one workbook. Nothing was written.")
    table = RISK_DECOMP(weight_rows, cov_rows)
    assert isinstance(table, list)
    n = len(table) - 2
    plan = Plan(book=portfolio.book, sheet="Risk decomposition")
    plan.heading("Where the risk sits", f"Live formulas on the weights in {portfolio.text()} and {cov.text()}.")
    if desk.computes_rpxl:
        formats = ("General", PERCENT2, PERCENT2, "0.00", NUMBER, PERCENT2, PERCENT2)
        answer = plan.formula(4, 1, f"=RISK_DECOMP({portfolio.text()},{cov.text()})", n + 2, 7, *formats)
    else:
        names = asset_names(plan, 5, 17, cov, block)
        answer = native_formulas.decomposition(plan, 4, names, numbers(portfolio, weight_block), numbers(cov, block))

    def column(number: int) -> str:
        return "=" + answer.part(0, number, n + 1, 1).text(plan.sheet)

    for position, number in enumerate((0, 1, 6)):  # beside each other, for the chart
        plan.formula(4, 10 + position, column(number), n + 1, 1, PERCENT2)
    for position, number in enumerate((0, 5)):
        plan.formula(4, 14 + position, column(number), n + 1, 1, PERCENT2)
    plan.chart(n + 8, 1, "column_clustered", SheetArea(plan.book, plan.sheet, 4, 10, n + 1, 3))
    plan.chart(n + 8, 10, "bar_clustered", SheetArea(plan.book, plan.sheet, 4, 14, n + 1, 2))
    return plan


def _accept_matrix(rows: Rows) -> list[list[object]]:
    cells = as_rows("cov", rows)
    if len(cells) < 2 or len(cells[0]) < 2:
        raise InputError("cov", "is a single row, column or cell; select the whole matrix.")
    return cells


@ribbon_macro(
    "Analyse",
    "Check covariance",
    "Find what is wrong with a covariance matrix",
    "Select the matrix. A new sheet lists what is wrong and where, with correlations and volatilities.",
    image="SpellingAndGrammar",
    trial=lambda: (trials.COV, []),
)
def check(desk: Desk) -> Macro:
    """List on a new sheet what is wrong with a matrix, and show its correlations and volatilities if it has them."""
    area, rows, _ = yield from pick(desk, COV, _accept_matrix)
    matrix = area.text()
    plan = Plan(book=area.book, sheet="Covariance check")
    plan.heading("Covariance check", f"Live formulas on the matrix in {matrix}.")
    row = 4
    try:
        correlations, vols = CORR_MATRIX(rows), VOLS(rows)
    except RpxlError:
        pass  # the table of findings says why they can't be computed
    else:
        assert isinstance(correlations, list)
        assert isinstance(vols, list)
        n = len(correlations)
        plan.cells(row, 1, [["Volatility", "Correlations"]], "heading")
        plan.formula(row + 1, 1, f"=VOLS({matrix})", n, 1, PERCENT2)
        plan.formula(row + 1, 2, f"=CORR_MATRIX({matrix})", n, n, "0.00")
        row += n + 2
    findings = as_rows("findings", RP_CHECK(rows))
    plan.cells(row, 1, [["Findings"]], "heading")
    plan.formula(row + 1, 1, f"=RP_CHECK({matrix})", len(findings), len(findings[0]))
    return plan


@ribbon_macro(
    "Backtest",
    "Backtest",
    "Backtest risk parity on prices",
    "Select prices with dates. A new sheet gets value and drawdown, and a chart.",
    image="ChartTypeLineInsertGallery",
    trial=lambda: (trials.prices(), []),
)
def backtest(desk: Desk) -> Macro:
    """Backtest a strategy on prices on a new sheet: settings that can be changed, a dated table, a chart."""

    def accept(rows: Rows) -> Block:
        return DatedAssetTable("").read("prices", rows)

    prices, rows, block = yield from pick(desk, f"{PRICES}. A backtest needs dates", accept)
    count, _ = yield from ask_periods(block.dates)
    lookback = yield from _ask_lookback(len(block.values), count)
    answer = RP_BACKTEST(rows, lookback=lookback, periods_per_year=count)
    assert isinstance(answer, list)
    plan = Plan(book=prices.book, sheet="Backtest")
    plan.heading(
        "Backtest", f"Live formulas on the prices in {prices.text()}. Past returns do not promise future ones."
    )
    chosen = {"lookback": lookback, "periods_per_year": count}
    settings = [
        plan.input(3 + i, p.name, chosen.get(p.name, p.default), note=p.help)
        for i, p in enumerate(RP_BACKTEST.parameters[1:])
    ]
    row = 4 + len(settings)
    call = f"=RP_BACKTEST({','.join([prices.text(), *settings])})"
    table = plan.formula(row, 1, call, len(answer), len(answer[0]), DATE, NUMBER, PERCENT2)
    plan.chart(row, len(answer[0]) + 2, "line", table.part(0, 0, len(answer), 2))
    return plan


def _ask_lookback(length: int, periods: float) -> Generator[Ask, str, float]:
    """Return the usual look-back in periods, or ask for one when there are too few prices for it."""
    usual = nearest(periods).lookback
    if length > 1.25 * usual + 2:
        return float(usual)
    prompt = f"There are {length} prices of each asset, too few for the usual look-back of {usual} returns. "
    text = yield Ask("text", f"{prompt}How many returns should the weights be made from?", str(max(length // 3, 2)))
    return read_count(text, 1.0)
