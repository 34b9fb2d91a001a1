"""Backtest of risk parity against a benchmark, from the prices of any assets on any dates."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from rpxl.core.backtest import BANDS, SCHEDULES, Backtest, backtest
from rpxl.core.dates import DAY_ZERO
from rpxl.errors import InputError
from rpxl.templates.backtest_checks import checks
from rpxl.templates.charts import (
    area,
    area_chart,
    axis,
    date_axis,
    dated_line,
    legend,
    line_chart,
    palette,
    place,
)
from rpxl.templates.checks import FROM_PRICES, lay_out_checks
from rpxl.templates.data_pages import estimator_input, lay_out_price_inputs, lay_out_prices
from rpxl.templates.history_pages import (
    HISTORY,
    HISTORY_COLUMNS,
    STRATEGIES,
    TITLES,
    Trades,
    lay_out_history,
    lay_out_trades,
    summary_call,
)
from rpxl.templates.looks import BRICK, DATE, NAVY, PERCENT1, PERCENT2, RATIO
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.sample_prices import BANKS, no_prices, sample_inputs
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters

_DATES = 1305
"""Five years of weekdays, of which the first fills the look-back."""

_STATISTICS = 19
"""The first row of the table of statistics."""
_WINDOWS = 38
"""The head row of the table of windows."""
_CHARTS = 44
_SUMMARY = 50
"""The head row of what was traded, on the sheet Windows."""
_TRADED = {"Trades": (3, "0"), "Turnover a year, after the first": (7, PERCENT1), "Cost of all trades": (8, PERCENT2)}
"""What the first page shows of it: rows of RP_BACKTEST's summary below its head, and number formats."""
_SUMMARY_FORMATS = (DATE, DATE, "0", RATIO, PERCENT1, PERCENT1, PERCENT1, PERCENT2, RATIO)
_OR_NONE = ';-0.00;"none"'
"""The end of a number format that shows 0 as "none"."""
_MOST_NAMED = 12
"""Up to this many assets the chart of weights has a legend."""

_FORMATS = ("0", PERCENT1, PERCENT2, PERCENT2, PERCENT2, RATIO, PERCENT1, "0", PERCENT2, PERCENT2, PERCENT1)
"""Number formats of the rows of PERF_STATS."""
_PUBLISHED = {2: (3.5, 3.2), 3: (0.115, 0.11), 5: (0.18, 0.22), 6: (0.64, 0.5), 7: (-0.35, -0.45)}
"""What the textbook prints for risk parity and equal weights, by the row of PERF_STATS."""


class Shape(NamedTuple):
    """What decides how many rows the results have, and how their axes are marked."""

    dates: int
    trades: tuple[tuple[int, ...], ...]
    """For each strategy the rows of the prices, from 0, at which it is rebalanced."""
    lookback: int
    in_years: bool
    """Whether the result is so long that an axis marks years."""


def _sample() -> TemplateInputs:
    return sample_inputs(BANKS, _DATES) | _SETTINGS


_SETTINGS: TemplateInputs = {
    "Lookback": 252.0,
    "Rebalance": "quarterly",
    "Cost_bps": 0.0,
    "Risk_free": 0.0,
    "Band": 0.0,
    "Estimator": "sample",
    "Benchmark": "equal_weight",
    "Target_vol": 0.0,
    "Max_leverage": 0.0,
    "Borrow_rate": 0.0,
    "Cash_rate": 0.0,
    "Window_1": "Covid crash",
    "Window_1_start": date(2020, 2, 1),
    "Window_1_end": date(2020, 3, 31),
    "Window_2": "Rate rises of 2022",
    "Window_2_start": date(2022, 1, 1),
    "Window_2_end": date(2022, 12, 31),
    "Window_3": "Your own",
    "Window_3_start": date(2021, 1, 1),
    "Window_3_end": date(2021, 12, 31),
}


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return no_prices(assets, dates) | _SETTINGS


def shape(inputs: TemplateInputs) -> Shape:
    """Find the rows of the trades by running the backtest.

    Rebalanced by the calendar, they follow from the dates alone: constant prices will do. Rebalanced by a band, they
    follow from the prices, and each strategy has its own.

    Raises
    ------
    InputError
        An input is wrong, or the dates are too few for the look-back.
    """
    given: Sequence[Sequence[Any]] = inputs["Dates"]  # type: ignore[assignment]
    days = [day if isinstance(day, date) else DAY_ZERO + timedelta(days=int(day)) for (day,) in given]
    try:
        if follows_prices(inputs):
            histories = _by_bands(inputs, days)
        else:
            lookback, rebalance = inputs["Lookback"], str(inputs["Rebalance"])
            still = backtest(np.ones((len(days), 1)), days, [1.0], lookback, rebalance)  # type: ignore[arg-type]
            histories = [still] * len(STRATEGIES)
    except InputError as error:
        if error.argument != "prices":
            raise
        raise InputError("prices", f"{error.problem} Give more dates, or a shorter Lookback.", *error.cells) from None
    every_day = np.array(days, dtype="datetime64[D]")
    trades = tuple(tuple(np.searchsorted(every_day, one.rebalances).tolist()) for one in histories)
    first, last = histories[0].dates[[0, -1]]
    in_years = (last - first).astype(int) > 3 * 365
    return Shape(len(days), trades, int(inputs["Lookback"]), bool(in_years))  # type: ignore[arg-type]


def follows_prices(inputs: TemplateInputs) -> bool:
    """Tell whether the rows of the trades follow from the prices too, not from the dates alone."""
    return str(inputs.get("Rebalance")).strip().lower() in BANDS


def _by_bands(inputs: TemplateInputs, days: Sequence[date]) -> list[Backtest]:
    inputs = _SETTINGS | inputs  # an older workbook has fewer
    rows: Sequence[Sequence[Any]] = inputs["Prices"]  # type: ignore[assignment]
    labels, prices = [str(cell).strip().lower() for cell in rows[0]], [list(row) for row in rows[1:]]

    def number(name: str) -> float | None:
        value: Any = inputs[name]
        return None if value == 0.0 else value

    terms: dict[str, Any] = {
        "lookback": inputs["Lookback"],
        "rebalance": str(inputs["Rebalance"]).strip().lower(),
        "method": inputs["Estimator"],
        "band": number("Band"),
        "cash_rate": inputs["Cash_rate"],
        "borrow": inputs["Borrow_rate"],
        "cost_bps": inputs["Cost_bps"],
        "periods_per_year": inputs.get("Periods_per_year"),
    }
    levered: dict[str, Any] = {"target_vol": number("Target_vol"), "max_leverage": number("Max_leverage")}
    name = str(inputs["Benchmark"]).strip().lower()
    other = [float(label == name) for label in labels] if name in labels else name
    ours = backtest(prices, days, "risk_parity", **terms, **levered)
    if name.startswith("risk_parity_") and terms["rebalance"] != "by_risk_band":
        terms["method"] = "sample"  # it uses none, and would refuse any other; as the formula on the sheet has it
    return [ours, backtest(prices, days, other, **terms)]


def _lay_out(book: TemplateBook) -> None:
    measure = shape(book.inputs)  # type: ignore[arg-type]
    prices: Sequence[Sequence[Any]] = book.inputs["Prices"]  # type: ignore[assignment]
    assets = len(prices[0])
    page = book.page(
        "Backtest",
        '="Risk parity against "&IF(Benchmark="equal_weight","equal weights",Benchmark)'
        '&": rebalanced, with weights that drift in between; each period counts once"',
        [2, 33, *[11.5] * 12],
    )
    page.status("B3:F3", some_apart=True)
    page.legend("L3")
    _inputs(page)
    _statistics(page)
    _windows(page)
    _window_statistics(book)
    history = lay_out_history(book, measure.dates - measure.trades[0][0])
    trades = lay_out_trades(book, measure.trades, measure.lookback, assets)
    lay_out_checks(book, FROM_PRICES, checks(trades, _STATISTICS, _WINDOWS, _traded_cells()))
    _charts(page, history, trades[0], measure, assets)
    book.notes()
    _prices(book, assets, measure.dates)


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "G")
    left = (
        ("Look-back, in returns", "Lookback", "0"),
        ("Rebalanced", "Rebalance", None),
        ("Band, of a weight or a share of risk", "Band", f"0.0%{_OR_NONE}"),
        ("Cost of trading, basis points", "Cost_bps", "0.0"),
        ("Estimator of covariances", "Estimator", None),
        ("Compared with: a strategy or an asset", "Benchmark", None),
    )
    right = (
        ("Target volatility", "Target_vol", f"0.0%{_OR_NONE}"),
        ("Highest leverage", "Max_leverage", f"0.00{_OR_NONE}"),
        ("Borrowing rate", "Borrow_rate", PERCENT2),
        ("Cash rate", "Cash_rate", PERCENT2),
        ("Risk-free rate", "Risk_free", PERCENT2),
    )
    for row, (text, name, number_format) in enumerate(left, 9):
        page.put(f"B{row}", text, "label")
        if name == "Estimator":
            estimator_input(page, f"C{row}", "D")
        elif number_format is None:
            page.sheet.merge_range(f"C{row}:D{row}", "", page.book.look("input_text"))
            page.input(name, f"C{row}", look="input_text")
        else:
            page.input(name, f"C{row}", number_format)
    for row, (text, name, number_format) in enumerate(right, 9):
        page.put(f"E{row}", text, "aside")
        page.input(name, f"G{row}", number_format)
    page.sheet.data_validation("C10", {"validate": "list", "source": list(SCHEDULES)})
    page.put("E14", '=IF(Benchmark="equal_weight","Equal weight",Benchmark)', "aside")
    page.book.name("Benchmark_name", page, "E14")
    page.put("B15", "Result", "label")
    page.put("C15", "=MIN(History_dates)", "computed", DATE)
    page.put("D15", "=MAX(History_dates)", "computed", DATE)
    page.sheet.merge_range("E15:G15", "", page.book.look("verdict"))
    rows = (f"{_traded(short, 'Trades')}=ROWS(Trade_dates_{short})" for _, short in STRATEGIES.values())
    fits = f"MAX(History_dates)=MAX(Dates),COUNT(History_dates)=ROWS(History_dates),{','.join(rows)}"
    page.put("E15", f'=IF(IFERROR(AND({fits})*1,0)=1,"up to the last price","lay out anew: rpxl fill")', "verdict")
    page.traffic_light("E15:E15", "up to")
    page.put(
        "B16", "Look-back, rebalancing and band decide the number of rows: rpxl fill FILE --set Lookback=126 …", "small"
    )


def _traded(short: str, figure: str) -> str:
    """Return the cell of a figure of the trades of a strategy."""
    column = {short: column for (_, short), column in zip(STRATEGIES.values(), "CE", strict=True)}[short]
    return f"Windows!${column}${_SUMMARY + _TRADED[figure][0]}"


def _traded_cells() -> dict[str, dict[str, str]]:
    """Return, for each strategy, the cells of what it traded by the names of the figures."""
    return {short: {figure: _traded(short, figure) for figure in _TRADED} for _, short in STRATEGIES.values()}


def _statistics(page: Page) -> None:
    top = _STATISTICS
    page.heading(f"B{top - 1}:E{top - 1}", "Performance")
    page.heading(f"F{top - 1}:G{top - 1}", "Published, illustrative")
    _table_of_statistics(page, top, "PERF_STATS(Returns_table,Periods_per_year,Risk_free)")
    page.line(f"F{top}", ["Risk parity", "Equal weight"], "column")
    for step, number_format in enumerate(_FORMATS, 1):
        page.line(f"F{top + step}", _PUBLISHED.get(step, ("", "")), "published", number_format)
    for row, (figure, (_, number_format)) in enumerate(_TRADED.items(), top + len(_FORMATS) + 1):
        page.put(f"B{row}", figure, "label")
        for column, (_, short) in zip("CD", STRATEGIES.values(), strict=True):
            page.put(f"{column}{row}", f"={_traded(short, figure)}", "computed", number_format)
        page.put(f"E{row}", f"=C{row}-D{row}", "difference", number_format)
        page.line(f"F{row}", ["", ""], "published", number_format)
    page.note(
        f"B{top + 15}:G{top + 16}",
        "Published: what the textbook prints for five banks, 2010 to 2023, and calls illustrative. Neither these "
        "prices nor real closes give these figures.",
    )


def _table_of_statistics(page: Page, top: int, call: str) -> None:
    page.put(f"B{top}:D{top + 11}", f"={call}", "column_label")
    page.restyle(f"C{top}:D{top}", "column")
    page.put(f"E{top}", "Difference", "column")
    for row, number_format in enumerate(_FORMATS, top + 1):
        page.restyle(f"B{row}:B{row}", "label")
        page.restyle(f"C{row}:D{row}", "computed", number_format)
        page.put(f"E{row}", f"=C{row}-D{row}", "difference", number_format)


def _windows(page: Page) -> None:
    top = _WINDOWS
    page.heading(f"B{top - 1}:J{top - 1}", "Windows, both dates included")
    names = [f"{what}, {short}" for what in ("Return", "Volatility", "Drawdown") for short in ("RP", "BM")]
    page.header(f"B{top}", ["Window", "From", "To", *names])
    for number in (1, 2, 3):
        row = top + number
        page.input(f"Window_{number}", f"B{row}", look="input_text")
        page.input(f"Window_{number}_start", f"C{row}", DATE)
        page.input(f"Window_{number}_end", f"D{row}", DATE)
        for column, (item, strategy) in zip("EFGHIJ", ((i, s) for i in (3, 6, 8) for s in (2, 3)), strict=True):
            inside = f"SUMPRODUCT((Return_dates>=$C{row})*(Return_dates<=$D{row}))<2"
            value = f"Windows!{'BCD'[strategy - 1]}{_window_table(number) + item - 1}"
            page.put(f"{column}{row}", f'=IF({inside},"too few",{value})', "computed", PERCENT1)
    page.note(
        f"K{top - 1}:N{top + 3}",
        "Return is that of the whole window, not annual; volatility is annual; the drawdown is the deepest fall inside "
        "the window. RP: risk parity. BM: its benchmark.",
    )


def _window_table(number: int) -> int:
    """Return the head row of the statistics of a window on the sheet Windows."""
    return 5 + (number - 1) * 15


def _window_statistics(book: TemplateBook) -> None:
    subtitle = "The statistics of each window, by PERF_STATS, and how much was traded"
    page = book.page("Windows", subtitle, [2, 33, 14, 33, 14], portrait=True)
    for number in (1, 2, 3):
        top = _window_table(number)
        first, last = f"Window_{number}_start", f"Window_{number}_end"
        inside = f"SUMPRODUCT((Return_dates>={first})*(Return_dates<={last}))>1"
        page.heading(
            f"B{top - 1}:E{top - 1}", f'=Window_{number}&IF({inside},"",": fewer than two returns, so all are taken")'
        )
        bounds = f"IF({inside},{first},MIN(Return_dates)),IF({inside},{last},MAX(Return_dates))"
        _table_of_statistics(page, top, f"PERF_STATS(Returns_table,Periods_per_year,Risk_free,{bounds})")
    for column, value, title, (_, short) in zip("BD", "CE", TITLES, STRATEGIES.values(), strict=True):
        page.heading(f"{column}{_SUMMARY - 1}:{value}{_SUMMARY - 1}", title)
        page.put(f"{column}{_SUMMARY}:{value}{_SUMMARY + 9}", f"={summary_call(short)}", "column_label")
        page.restyle(f"{value}{_SUMMARY}:{value}{_SUMMARY}", "column")
        for step, number_format in enumerate(_SUMMARY_FORMATS, _SUMMARY + 1):
            page.restyle(f"{column}{step}:{column}{step}", "label")
            page.restyle(f"{value}{step}:{value}{step}", "computed", number_format)


def _charts(page: Page, history: Page, trades: Trades, measure: Shape, assets: int) -> None:
    first, last = HISTORY + 1, HISTORY + measure.dates - measure.trades[0][0]
    days = f"B{first}:B{last}"
    for cell, title, item, y_axis, size in (
        ("I5", "Growth of $1, logarithmic", 1, axis(None, '"$"0.00', log_base=2, major_unit=2), (500, 600)),
        (f"B{_CHARTS}", "Drawdown", 2, axis(None, "0%", max=0), (600, 330)),
    ):
        chart = line_chart(page)
        for columns, color in zip(HISTORY_COLUMNS.values(), (NAVY, BRICK), strict=True):
            column, name = columns[item], f"={history.ref(f'{columns[0]}{HISTORY - 1}')}"
            chart.add_series(dated_line(history, name, days, f"{column}{first}:{column}{last}", color))
        chart.set_x_axis(_time_axis(measure))
        chart.set_y_axis(y_axis | {"crossing": "min"})
        chart.set_legend(legend())
        place(page, chart, cell, *size, title)
    weights = area_chart(page)
    for k, color in enumerate(palette(assets)):
        column = trades.weight(k)
        name = f"={trades.page.ref(f'{column}{trades.head}')}"
        values = f"{column}{trades.head + 1}:{column}{trades.last}"
        weights.add_series(area(trades.page, name, f"B{trades.head + 1}:B{trades.last}", values, color))
    weights.set_x_axis(_time_axis(measure))
    weights.set_y_axis(axis(None, "0%", min=0))
    weights.set_legend(legend() if assets <= _MOST_NAMED else {"none": True})
    place(page, weights, f"H{_CHARTS}", 585, 330, "Weights of risk parity after each rebalance")


def _time_axis(measure: Shape) -> dict[str, Any]:
    """Mark years, or quarters when there are few years."""
    if measure.in_years:
        return date_axis("yyyy", major_unit=1, major_unit_type="years")
    return date_axis("mmm yy", major_unit=3, major_unit_type="months")


def _prices(book: TemplateBook, assets: int, dates: int) -> None:
    page = lay_out_prices(book, assets, dates)
    last = column_letters(assets + 2)
    book.name("Price_table", page, f"B5:{last}{5 + dates}")
    book.name("Closes", page, f"C6:{last}{5 + dates}")


TEMPLATE = Template(
    name="backtest",
    title="Backtest of risk parity",
    summary="Risk parity against equal weights, or another benchmark, through time: growth, drawdowns, crises, trades",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=_DATES,
    shape=shape,
    follows_prices=follows_prices,
)
