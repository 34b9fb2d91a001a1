"""The macro that trades: from what is held to target weights, in whole lots."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from rpxl.errors import InputError
from rpxl.excel.macros import trials
from rpxl.excel.macros.construct import accept_prices, ask_periods
from rpxl.excel.macros.plan import NUMBER, PERCENT2, Ask, Desk, Macro, Plan, Rows, SheetArea, pick
from rpxl.excel.macros.registry import ribbon_macro
from rpxl.formulas import COV_MATRIX, RETURNS, RP_WEIGHTS, TRADE_LIST
from rpxl.formulas.cells import Block
from rpxl.formulas.labels import require_same_order
from rpxl.formulas.readers import Vector
from rpxl.formulas.trades import HEADINGS, RISK_HEADINGS

HOLDINGS = "the shares held, a row or a column; their labels may be included"
PRICES = "the prices in the same order: the last price of each, or a history, of which the last row is used for trading"
TARGET = "the target weights, in the same order"
RISK_PARITY, GIVEN = "risk parity", "given"

_TOP = 10
_MONEY = "#,##0.00"
_ORDER = '"Buy "General;"Sell "General;"–"'
_FORMATS = ("General", "General", _MONEY, PERCENT2, PERCENT2, PERCENT2, _ORDER, _MONEY, _MONEY, PERCENT2, PERCENT2)


@dataclass(frozen=True)
class _Market:
    """The prices that the user selected: the cells of the last prices, and those of a history if there is one."""

    last: SheetArea
    last_rows: Rows
    history: SheetArea | None
    rows: Rows
    block: Block


@ribbon_macro(
    "Build",
    "Trade list",
    "Orders from your holdings to target weights",
    "Select the shares held. A new sheet lists what to buy and to sell in whole lots, with cash, costs and risk.",
    image="AccountingFormat",
    trial=lambda: ([["Stocks", 10.0], ["Bonds", 50.0]], [trials.prices(), RISK_PARITY, "1000"]),
)
def trade_list(desk: Desk) -> Macro:
    """List the trades to risk parity or given weights on a new sheet, with settings that the user can change."""
    held, held_rows, block = yield from pick(desk, HOLDINGS, _accept_holdings)
    n = len(block.values)
    market = yield from _ask_prices(desk, n)
    require_same_order("prices", market.block.labels, block.labels, "the holdings")
    word = GIVEN
    if market.history is not None:
        text = yield Ask(
            "text",
            f"Trade to which weights? Write {RISK_PARITY} for risk parity by the covariances of these prices, or "
            f"{GIVEN} to select weights.",
            RISK_PARITY,
        )
        word = text.strip().lower()
        if word not in (RISK_PARITY, GIVEN):
            raise InputError("", f"'{text}' is neither {RISK_PARITY} nor {GIVEN}.")
    target = target_rows = None
    if word == GIVEN:
        target, target_rows, _ = yield from pick(desk, TARGET, _accept_holdings, from_selection=False)
    books = {held.book, market.last.book, (target or held).book}
    if len(books) > 1:
        return Plan("Holdings, prices and weights must be in one workbook. Nothing was written.")
    periods, words = (252.0, "") if market.history is None else (yield from ask_periods(market.block.dates))
    cash = _amount((yield Ask("text", "Cash in the account (below 0 if it is borrowed):", "0")))

    plan = Plan(book=held.book, sheet="Trade list")
    plan.heading(
        "Trade list", f"Live formulas on the holdings in {held.text()}. Weights inside the band are not traded."
    )
    inputs = [
        plan.input(3, "Cash in the account", cash, _MONEY),
        plan.input(4, "Band around the target weights", 0.0, PERCENT2),
        plan.input(5, "Lot", 1.0),
        plan.input(6, "Costs, basis points", 0.0),
        plan.input(7, "Smallest trade, in money", 0.0, _MONEY),
    ]
    cov: Any = None
    column = len(HEADINGS) + len(RISK_HEADINGS) + 2
    matrix = weights = ""
    if market.history is not None:
        count = plan.input(8, "Returns per year", periods, "0.##", words)
        cov = COV_MATRIX(RETURNS(market.rows), periods_per_year=periods)
        plan.cells(_TOP, column, [["Target weight", "Covariance"]], "heading")
        call = f'=COV_MATRIX(RETURNS({market.history.text()}),"sample",{count})'
        matrix = plan.formula(_TOP + 1, column + 1, call, n, n, NUMBER).text(plan.sheet)
        if word == RISK_PARITY:
            target_rows = RP_WEIGHTS(cov)  # type: ignore[assignment]
            weights = plan.formula(_TOP + 1, column, f"=RP_WEIGHTS({matrix})", n, 1, PERCENT2).text(plan.sheet)
    if target is not None:
        weights = target.text()
    settings = [cash, 0.0, 1.0, 0.0, 0.0, None, None, cov]
    answer = TRADE_LIST(held_rows, market.last_rows, target_rows, *settings)
    assert isinstance(answer, list)
    call = ",".join([held.text(), market.last.text(), weights, *inputs, *(["", "", matrix] if matrix else [])])
    table = plan.formula(_TOP, 1, f"=TRADE_LIST({call})", len(answer), len(answer[0]), *_FORMATS)
    below = _TOP + len(answer) + 1
    for position, number in enumerate((0, 3, 4, 9)):  # beside each other, for the chart
        text = "=" + table.part(0, number, n + 1, 1).text(plan.sheet)
        plan.formula(below, 1 + position, text, n + 1, 1, PERCENT2)
    plan.chart(below, 6, "column_clustered", SheetArea(plan.book, plan.sheet, below, 1, n + 1, 4))
    return plan


def _accept_holdings(rows: Rows) -> Block:
    """Read one number for each asset, or raise InputError."""
    return Vector("").read("holdings", rows)


def _ask_prices(desk: Desk, n: int) -> Generator[Ask, str, _Market]:
    """Ask for the prices of n assets: the last price of each, or a history that ends with them.

    Raises
    ------
    InputError
        They are no prices, or not those of n assets.
    """
    area = desk.find((yield Ask("range", f"Select {PRICES}.")))
    rows = desk.read(area)
    try:
        single = Vector("").read("prices", rows)
    except InputError:
        single = None
    if single is not None and len(single.values) == n:
        return _Market(area, rows, None, rows, single)
    block = accept_prices(rows)
    length, width = block.values.shape
    if width != n:
        raise InputError("prices", f"has {width} assets, but {n} are held. Select the prices of the same assets.")
    last = area.part(block.top + length - 1, block.left, 1, n)
    return _Market(last, [block.values[-1].tolist()], area, rows, block)


def _amount(text: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("", f"'{text}' is not a number. Write 12500.50, for instance.")
    return value
