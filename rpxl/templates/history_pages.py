"""The sheets of a backtest that have a row for each date or each trade.

A recalculation calls RP_BACKTEST six times, for the history, the trades and the summary of each strategy, and
computes seven short formulas for each date, each from the row above it. So the work is proportional to the
number of dates.
"""

from dataclasses import dataclass

from rpxl.templates.data_pages import PRICES_TOP, PRINTED_COLUMNS, PRINTED_ROWS
from rpxl.templates.looks import DATE, NUMBER, PERCENT1, PERCENT2, RATIO
from rpxl.templates.page import Page, TemplateBook
from rpxl.xlsx.references import column_letters

HISTORY = 5
"""The head row of the history; the first date stands below it."""
_OTHER = "IF(SUM(Benchmark_weights)>0,Benchmark_weights,Benchmark)"
STRATEGIES = {"Risk parity": ('"risk_parity"', "RP"), "Benchmark": (_OTHER, "BM")}
"""For each strategy its argument for RP_BACKTEST, as a formula, and its short name in names of ranges."""
_ESTIMATOR_OF_OTHER = 'IF(AND(LEFT(TRIM(Benchmark),12)="risk_parity_",TRIM(Rebalance)<>"by_risk_band"),"",Estimator)'
"""The estimator, unless the benchmark is a strategy that uses no covariance and would refuse one."""
TITLES = ("Risk parity", "=Benchmark_name")
"""What they are called on the sheets."""

HISTORY_COLUMNS = dict(zip(STRATEGIES, (("B", "C", "D"), ("F", "G", "H")), strict=True))
"""Where the date, value and drawdown of each strategy stand."""

_PRINTED_TRADES = 80
"""The most rows of trades that are printed, the first ones."""

_MOST_SHARES = 60
"""For how many trades, the last ones, the shares of risk are computed from prices."""


_NATIVE = {
    "row": "Row of prices",
    "growth": "Growth to the next",
    "value": "Value at the next",
    "ours": "The same by rpxl",
    "turnover": "Turnover",
    "cost": "Cost",
    "share": "Largest share of risk",
}


@dataclass(frozen=True)
class Trades:
    """Where the trades of a strategy stand on their page: head row, last row, and what columns there are."""

    page: Page
    head: int
    last: int
    assets: int

    @property
    def right(self) -> str:
        """The column of the last weight."""
        return column_letters(5 + self.assets)

    def weight(self, asset: int) -> str:
        """Return the column of the weights of an asset, from 0."""
        return column_letters(6 + asset)

    def weights(self, row: int) -> str:
        """Return the weights after a trade."""
        return f"{self.weight(0)}{row}:{self.right}{row}"

    def native(self, name: str) -> str:
        """Return the column of a native figure."""
        return column_letters(self.assets + 7 + list(_NATIVE).index(name))

    def cells(self, name: str) -> str:
        """Return a column of figures, to be used on any sheet: rpxl's Turnover and Cost, or native ones."""
        column = {"Turnover": "D", "Cost": "E"}.get(name) or self.native(name)
        first = max(self.head + 1, self.last - _MOST_SHARES + 1) if name == "share" else self.head + 1
        return self.page.ref(f"{column}{first}:{column}{self.last}")


def _call(short: str, output: str) -> str:
    """Write the call of RP_BACKTEST for a strategy; only risk parity is levered to the target volatility."""
    strategy = next(formula for formula, name in STRATEGIES.values() if name == short)
    estimator = "Estimator" if short == "RP" else _ESTIMATOR_OF_OTHER
    target, most = (_given("Target_vol"), _given("Max_leverage")) if short == "RP" else ("", "")
    rates = f"{target},Borrow_rate,Cost_bps"
    rest = f"Periods_per_year,,{estimator},,{most},Cash_rate,,,{_given('Band')}"
    return f'RP_BACKTEST(Price_table,{strategy},Lookback,Rebalance,{rates},"{output}",{rest})'


def _given(name: str) -> str:
    """Write an input, or a blank where it is 0, which means none."""
    return f'IF({name}=0,"",{name})'


def summary_call(short: str) -> str:
    """Write the call that counts the trades of a strategy."""
    return _call(short, "summary")


def lay_out_history(book: TemplateBook, dates: int) -> Page:
    """Add the sheet History: value and drawdown at each date, returns, and the highest values so far."""
    page = book.page(
        "History",
        "Each date of the backtest, by RP_BACKTEST: the value of $1, and its drawdown",
        [2, 12, 11, 11, 3, 12, 11, 11, 3, 12, 12, 12, 3, 12, 12, 3, 12, 12],
        one_page=False,
        portrait=True,
    )
    page.sheet.freeze_panes(HISTORY, 2)
    top, last = HISTORY + 1, HISTORY + dates
    page.print_only(f"A{max(top + 1, last - PRINTED_ROWS + 1)}:{page.last}{last}", HISTORY)
    page.heading("J4:L4", "Returns")
    page.heading("N4:O4", "Highest so far, native")
    page.heading("Q4:R4", "Interest, native")
    page.line(f"J{top}", ["Date", *TITLES], "column")
    page.line(f"N{HISTORY}", list(TITLES), "column")
    page.line(f"Q{HISTORY}", ["Debt of 1", "Cash of 1"], "column")
    book.name("History_dates", page, f"B{top}:B{last}")
    page.line(f"Q{top}", [1.0, 1.0], "computed", NUMBER)
    for row in range(top + 1, last + 1):
        page.put(f"J{row}", f"=B{row}", "computed", DATE)
        for column, rate in (("Q", "Borrow_rate"), ("R", "Cash_rate")):
            grown = f"={column}{row - 1}*(1+{rate}*(J{row}-B{row - 1})/365)"
            page.put(f"{column}{row}", grown, "computed", NUMBER)
    book.name("Debt_grown", page, f"Q{top}:Q{last}")
    book.name("Cash_grown", page, f"R{top}:R{last}")
    book.name("Return_dates", page, f"J{top + 1}:J{last}")
    book.name("Returns_table", page, f"J{top}:L{last}")
    for title, (_, short), (day, value, drawdown), returns, high in zip(
        TITLES, STRATEGIES.values(), HISTORY_COLUMNS.values(), "KL", "NO", strict=True
    ):
        page.heading(f"{day}4:{drawdown}4", title)
        page.put(f"{day}{HISTORY}:{drawdown}{last}", f"={_call(short, 'history')}", "column")
        page.restyle(f"{value}{HISTORY}:{drawdown}{HISTORY}", "column")
        for column, number_format in ((day, DATE), (value, NUMBER), (drawdown, PERCENT2)):
            page.restyle(f"{column}{top}:{column}{last}", "computed", number_format)
        page.put(f"{high}{top}", f"={value}{top}", "computed", NUMBER)
        for row in range(top + 1, last + 1):
            page.put(f"{returns}{row}", f"={value}{row}/{value}{row - 1}-1", "computed", PERCENT2)
            page.put(f"{high}{row}", f"=MAX({high}{row - 1},{value}{row})", "computed", NUMBER)
        for name, column, start in (
            ("Value", value, top),
            ("Drawdown", drawdown, top),
            ("Highest", high, top),
            ("Return", returns, top + 1),
        ):
            book.name(f"{name}_{short}", page, f"{column}{start}:{column}{last}")
    return page


def lay_out_trades(book: TemplateBook, trades: tuple[tuple[int, ...], ...], lookback: int, assets: int) -> list[Trades]:
    """Add the sheet Trades: those of RP_BACKTEST, and beside them their figures by native formulas."""
    page = book.page(
        "Trades",
        "Each rebalance, by RP_BACKTEST, and its figures recomputed from the prices by native formulas",
        [2, 12, 10, 10, 10, *[9] * assets, 3, *[12] * 7],
        one_page=False,
    )
    page.sheet.freeze_panes(0, 2)
    rows = sum(map(len, trades))
    if rows > _PRINTED_TRADES or assets > PRINTED_COLUMNS:
        width = column_letters(min(assets, PRINTED_COLUMNS) + 5)
        page.printed = True
        page.sheet.print_area(f"A1:{width}{HISTORY + min(rows + 4, _PRINTED_TRADES)}")
    page.put("B3", "Benchmark, if it is an asset: its weight is 1", "small")
    for k in range(1, assets + 1):
        page.put(f"{column_letters(5 + k)}3", f"=IF(INDEX(Assets,1,{k})=Benchmark,1,0)", "computed", "0")
    book.name("Benchmark_weights", page, f"F3:{column_letters(5 + assets)}3")
    blocks: list[Trades] = []
    for title, (_, short), own in zip(TITLES, STRATEGIES.values(), trades, strict=True):
        head = blocks[-1].last + 4 if blocks else 5
        block = Trades(page, head, head + len(own), assets)
        page.heading(f"B{head - 1}:{block.right}{head - 1}", title)
        page.put(f"B{head}:{block.right}{block.last}", f"={_call(short, 'trades')}", "column")
        book.name(f"Trade_dates_{short}", page, f"B{head + 1}:B{block.last}")
        page.restyle(f"C{head}:{block.right}{head}", "column")
        for column, number_format in enumerate((DATE, RATIO, PERCENT1, PERCENT2, *[PERCENT1] * assets), 2):
            letter = column_letters(column)
            page.restyle(f"{letter}{head + 1}:{letter}{block.last}", "computed", number_format)
        _native(block, short, own, lookback)
        blocks.append(block)
    return blocks


def _native(block: Trades, short: str, trades: tuple[int, ...], lookback: int) -> None:
    """Recompute values, turnover and costs from the prices and the weights, and the largest share of risk."""
    page, head = block.page, block.head
    row_, growth, value, ours, turnover, cost, share = (block.native(name) for name in _NATIVE)
    page.heading(f"{row_}{head - 1}:{share}{head - 1}", "Native formulas")
    page.line(f"{row_}{head}", list(_NATIVE.values()) if short == "RP" else list(_NATIVE.values())[:-1], "column")
    page.sheet.set_row(head - 1, 30)
    for row, trade in enumerate(trades, head + 1):
        weights, here = block.weights(row), f"{row_}{row}"
        after = f"{row_}{row + 1}" if row < block.last else "ROWS(Dates)"
        page.put(here, f"=MATCH(B{row},Dates,0)", "computed", "0")
        ratio = f"INDEX(Closes,{after},0)/INDEX(Closes,{here},0)"
        first = f"${row_}${head + 1}"
        debt, cash = (
            f"INDEX({grown},{after}-{first}+1)/INDEX({grown},{here}-{first}+1)"
            for grown in ("Debt_grown", "Cash_grown")
        )
        rest = f"(1-SUM({weights}))*IF(SUM({weights})>1,{debt},{cash})"
        page.array(f"{growth}{row}", f"=SUM({weights}*{ratio})+{rest}", "computed", NUMBER)
        before, drifted = "", ""
        if row > head + 1:
            before = f"{value}{row - 1}*"
            ratio = f"INDEX(Closes,{here},0)/INDEX(Closes,{row_}{row - 1},0)"
            drifted = f"-{block.weights(row - 1)}*{ratio}/{growth}{row - 1}"
        page.put(f"{value}{row}", f"={before}(1-{cost}{row})*{growth}{row}", "computed", NUMBER)
        page.put(f"{ours}{row}", f"=INDEX(Value_{short},{after}-{first}+1)", "computed", NUMBER)
        page.array(f"{turnover}{row}", f"=SUM(ABS({weights}{drifted}))", "computed", PERCENT1)
        page.put(f"{cost}{row}", f"=Cost_bps/10000*{turnover}{row}", "computed", PERCENT2)
        if short == "RP" and row > block.last - _MOST_SHARES:
            formula = _largest_share(weights, trade, lookback, block.assets)
            page.array(f"{share}{row}", f"={formula}", "computed", PERCENT2)


def _largest_share(weights: str, trade: int, lookback: int, assets: int) -> str:
    """Write the largest share of risk over the look-back, which ends at the close before the trade."""
    end, right = PRICES_TOP + trade - 1, column_letters(assets + 2)
    later = f"Prices!$C${end - lookback + 1}:${right}${end}"
    earlier = f"Prices!$C${end - lookback}:${right}${end - 1}"
    returns, column = f"({later}/{earlier}-1)", f"TRANSPOSE({weights})"
    portfolio = f"MMULT({returns},{column})"
    parts = f"{column}*MMULT(TRANSPOSE({returns}),{portfolio}-AVERAGE({portfolio}))"
    return f"MAX({parts})/SUM({parts})"
