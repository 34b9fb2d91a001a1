"""The macro that writes a tear sheet: a strategy against its benchmark, from prices with dates."""

from collections.abc import Generator, Sequence

from rpxl.core.calendar import usual_window
from rpxl.errors import InputError
from rpxl.excel.macros import trials
from rpxl.excel.macros.construct import PRICES, ask_periods, asset_names
from rpxl.excel.macros.plan import DATE, NUMBER, PERCENT2, Ask, Desk, Macro, Plan, Rows, SheetArea, pick
from rpxl.excel.macros.registry import ribbon_macro
from rpxl.formulas import MONTHLY_RETURNS, RETURNS
from rpxl.formulas.cells import Array, Block
from rpxl.formulas.labels import name_key
from rpxl.formulas.readers import DatedAssetTable

_TOP = 11
"""The row of the tables' headings, below the inputs."""
_STATISTICS, _WORST = 25, 5
_TABLES, _SERIES = 6, 22
"""The first column of the tables beside the statistics; the first column of the series by date."""
_RATIO = "0.00"


@ribbon_macro(
    "Backtest",
    "Tear sheet",
    "Compare a strategy with its benchmark",
    "Select dates and prices of two assets or more. A new sheet gets statistics, drawdowns, monthly returns, rolling "
    "figures and charts.",
    image="ChartTypeAreaInsertGallery",
    trial=lambda: (trials.prices(), []),
)
def tear_sheet(desk: Desk) -> Macro:
    """Write a tear sheet on a new sheet: settings that the user can change, tables, series by date, and charts."""

    def accept(rows: Rows) -> Block:
        block = DatedAssetTable("").read("prices", rows)
        if block.values.shape[1] < 2:
            raise InputError("prices", "has one column of prices; a tear sheet needs a strategy and a benchmark.")
        RETURNS(rows)
        return block

    prices, _, block = yield from pick(desk, f"{PRICES}. A tear sheet needs dates, and two assets", accept)
    names = list(block.labels or [f"Asset {i + 1}" for i in range(block.values.shape[1])])
    strategy, benchmark = yield from _ask_columns(names)
    count, words = yield from ask_periods(block.dates)
    rows = len(block.values)
    window = min(usual_window(count), max((rows - 1) // 2, 2))
    plan = Plan(book=prices.book, sheet="Tear sheet")
    plan.heading(
        "Tear sheet", f"Live formulas on the prices in {prices.text()}. Past returns do not promise future ones."
    )
    own = plan.input(3, "Strategy", strategy, note="one of the columns of prices")
    other = plan.input(4, "Benchmark", benchmark, note="another one")
    periods = plan.input(5, "Returns per year", count, "0.##", words)
    rate = plan.input(6, "Risk-free rate", 0.0, PERCENT2, "annual")
    length = plan.input(7, "Rolling window", float(window), "0", "returns; another window gives another number of rows")
    series = _Series(plan, prices, block, own, other)
    returns, benchmarks = series.returns.text(plan.sheet), series.benchmark.text(plan.sheet)
    call = f'=PERF_STATS({returns},{periods},{rate},,,"error",{benchmarks},"full")'
    plan.formula(_TOP, 1, call, _STATISTICS + 1, 3, "General", NUMBER)
    strategy_alone = series.alone.text(plan.sheet)
    plan.cells(_TOP - 1, _TABLES, [["Deepest drawdowns"]], "heading")
    table = f"=DRAWDOWN_TABLE({strategy_alone},{_WORST},TRUE)"
    plan.formula(_TOP, _TABLES, table, _WORST + 1, 7, PERCENT2, DATE, DATE, DATE, "0")
    row = _TOP + _WORST + 3
    months = _months(block, names.index(strategy))
    if months:
        plan.cells(row - 1, _TABLES, [["Monthly returns"]], "heading")
        plan.formula(row, _TABLES, f"=MONTHLY_RETURNS({strategy_alone})", months, 14, "0", PERCENT2)
        row += months + 1
    row = max(row, _TOP + _STATISTICS + 2)
    kinds = (
        ("volatility", returns, f"{periods}", PERCENT2),
        ("sharpe", returns, f"{periods},{rate}", _RATIO),
        ("correlation", strategy_alone, f"{periods},0,{benchmarks}", _RATIO),
    )
    charts = [series.growth, series.drawdown]
    column = series.right + 2
    for kind, table, more, number_format in kinds:
        width = 2 if kind == "correlation" else 3
        plan.cells(_TOP - 1, column, [[f"Rolling {kind}"]], "heading")
        text = f'=ROLLING_STATS({table},{length},"{kind}",{more})'
        charts.append(plan.formula(_TOP, column, text, rows - window + 1, width, DATE, number_format))
        column += width + 1
    for number, source in enumerate(charts):
        plan.chart(row + 16 * (number // 2), 1 + 9 * (number % 2), "line", source)
    return plan


class _Series:
    """The series by date: prices of strategy and benchmark, growth, returns and drawdowns, each beside its dates."""

    def __init__(self, plan: Plan, prices: SheetArea, block: Block, own: str, other: str) -> None:
        rows = len(block.values)
        names = asset_names(plan, _TOP - 2, _SERIES, prices, block, across=True).text(plan.sheet)
        body = prices.part(block.top, block.left, rows, block.values.shape[1]).text(plan.sheet)
        days = prices.part(block.top, 0, rows, 1).text(plan.sheet)
        column = _SERIES

        def head(title: str, first_row: int = _TOP) -> None:
            plan.cells(_TOP - 1, column, [[title]], "heading")
            plan.cells(first_row, column, [["Date"]], "heading")
            plan.formula(first_row, column + 1, f"={own}", style="heading")
            plan.formula(first_row, column + 2, f"={other}", style="heading")

        head("Prices")
        dates = plan.formula(_TOP + 1, column, f"={days}", rows, 1, DATE)
        for step, (name, _text) in enumerate(((own, "Column of the strategy"), (other, "Column of the benchmark")), 1):
            found = f"MATCH({name},{names},0)"  # a name with * or ? also finds other names, hence the comparison below
            plan.cells(
                _TOP - 5 + step, column, [["Column of the strategy" if step == 1 else "Column of the benchmark"]]
            )
            right = f"=IF(INDEX({names},1,{found})={name},{found},NA())"
            place = plan.formula(_TOP - 5 + step, column + 1, right).text(plan.sheet)
            plan.formula(_TOP + 1, column + step, f"=INDEX({body},0,{place})", rows, 1, _RATIO)
        both, headed = dates.part(0, 0, rows, 3), self._whole(plan, column, rows).text(plan.sheet)
        column += 4
        head("Growth of 1")
        plan.formula(_TOP + 1, column, f"={dates.text(plan.sheet)}", rows, 1, DATE)
        for step in (1, 2):
            one = both.part(0, step, rows, 1).text(plan.sheet)
            plan.formula(
                _TOP + 1, column + step, f"={one}/{both.part(0, step, 1, 1).text(plan.sheet)}", rows, 1, "0.0000"
            )
        self.growth = self._whole(plan, column, rows)
        column += 4
        later = dates.part(1, 0, rows - 1, 1).text(plan.sheet)
        head("Returns")
        plan.formula(_TOP + 1, column, f"={later}", rows - 1, 1, DATE)
        plan.formula(_TOP + 1, column + 1, f"=RETURNS({headed})", rows - 1, 2, PERCENT2)
        self.returns = self._whole(plan, column, rows - 1)
        self.alone = self.returns.part(0, 0, rows, 2)
        self.benchmark = self.returns.part(0, 2, rows, 1)
        column += 4
        head("Drawdown")
        plan.formula(_TOP + 1, column, f"={later}", rows - 1, 1, DATE)
        plan.formula(_TOP + 1, column + 1, f"=DRAWDOWN({self.returns.text(plan.sheet)})", rows - 1, 2, PERCENT2)
        self.drawdown = self._whole(plan, column, rows - 1)
        self.right = column + 2

    @staticmethod
    def _whole(plan: Plan, column: int, rows: int) -> SheetArea:
        return SheetArea(plan.book, plan.sheet, _TOP, column, rows + 1, 3)


def _ask_columns(names: Sequence[str]) -> Generator[Ask, str, tuple[str, str]]:
    """Return the names of strategy and benchmark: the first and second of two assets; of more, the user chooses."""
    if len(names) == 2:
        return names[0], names[1]
    listed = ", ".join(names)
    benchmark = _named(names, (yield Ask("text", f"Which column is the benchmark? {listed}.", names[-1])))
    others = [name for name in names if name != benchmark]
    strategy = _named(others, (yield Ask("text", f"Which column is the strategy? {', '.join(others)}.", others[0])))
    return strategy, benchmark


def _named(names: Sequence[str], text: str) -> str:
    """Return the name that an answer means, whatever its case.

    Raises
    ------
    InputError
        The answer is none of the names.
    """
    found = [name for name in names if name_key(name) == name_key(text)]
    if len(found) != 1:
        raise InputError("", f"There is no column '{text}'. Choose one of: {', '.join(names)}.")
    return found[0]


def _months(block: Block, column: int) -> int:
    """Return how many rows the table of monthly returns has; 0 if a return spans more than a month."""
    series: Array = block.values[:, column]
    assert block.dates is not None
    returns = series[1:] / series[:-1] - 1.0
    try:
        table = MONTHLY_RETURNS(
            [[day.item(), value] for day, value in zip(block.dates[1:], returns.tolist(), strict=True)]
        )
    except InputError:
        return 0
    assert isinstance(table, list)
    return len(table)
