"""Backtest of risk parity against equal weights, from the prices of any assets on any dates."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from rpxl.core.backtest import backtest
from rpxl.core.dates import DAY_ZERO, FREQUENCIES
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
from rpxl.templates.data_pages import lay_out_price_inputs, lay_out_prices
from rpxl.templates.history_pages import HISTORY, HISTORY_COLUMNS, STRATEGIES, Trades, lay_out_history, lay_out_trades
from rpxl.templates.page import BRICK, DATE, NAVY, PERCENT1, PERCENT2, RATIO, Page, TemplateBook
from rpxl.templates.sample_prices import BANKS, no_prices, sample_inputs
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters

_DATES = 1305
"""Five years of weekdays, of which the first fills the look-back."""

_STATISTICS = 16
"""The first row of the table of statistics."""
_WINDOWS = 31
"""The head row of the table of windows."""
_CHARTS = 37
_MOST_NAMED = 12
"""Up to so many assets the chart of weights has a legend."""

_FORMATS = ("0", PERCENT1, PERCENT2, PERCENT2, PERCENT2, RATIO, PERCENT1, "0", PERCENT2, PERCENT2, PERCENT1)
"""Number formats of the rows of PERF_STATS."""
_PUBLISHED = {2: (3.5, 3.2), 3: (0.115, 0.11), 5: (0.18, 0.22), 6: (0.64, 0.5), 7: (-0.35, -0.45)}
"""What the textbook prints for risk parity and equal weights, by the row of PERF_STATS."""


class Shape(NamedTuple):
    """What decides how many rows the results have, and how their axes are marked."""

    dates: int
    trades: tuple[int, ...]
    """Rows of the prices, from 0, at which the portfolio is rebalanced."""
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
    """Find the days of the trades, which only the backtest itself knows, by a backtest of prices that stand still."""
    given: Sequence[Sequence[Any]] = inputs["Dates"]  # type: ignore[assignment]
    days = [day if isinstance(day, date) else DAY_ZERO + timedelta(days=int(day)) for (day,) in given]
    lookback, rebalance = inputs["Lookback"], str(inputs["Rebalance"]).strip().lower()
    try:
        history = backtest(np.ones((len(days), 1)), days, [1.0], lookback, rebalance)  # type: ignore[arg-type]
    except InputError as error:
        if error.argument != "prices":
            raise
        raise InputError("prices", f"{error.problem} Give more dates, or a shorter Lookback.") from None
    rows = np.searchsorted(np.array(days, dtype="datetime64[D]"), history.rebalances)
    in_years = (history.dates[-1] - history.dates[0]).astype(int) > 3 * 365
    return Shape(len(days), tuple(rows.tolist()), int(lookback), bool(in_years))  # type: ignore[arg-type]


def _lay_out(book: TemplateBook) -> None:
    measure = shape(book.inputs)  # type: ignore[arg-type]
    prices: Sequence[Sequence[Any]] = book.inputs["Prices"]  # type: ignore[assignment]
    assets = len(prices[0])
    page = book.page(
        "Backtest",
        "Risk parity against equal weights: rebalanced, left to drift in between, each period counted once",
        [2, 33, *[11.5] * 12],
    )
    page.status("B3:F3")
    page.legend("L3")
    _inputs(page)
    _statistics(page)
    _windows(page)
    _window_statistics(book)
    history = lay_out_history(book, measure.dates - measure.trades[0])
    trades = lay_out_trades(book, measure.trades, measure.lookback, assets)
    lay_out_checks(book, FROM_PRICES, checks(trades, _STATISTICS, _WINDOWS))
    _charts(page, history, trades[0], measure, assets)
    book.notes()
    _prices(book, assets, measure.dates)


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "G")
    rows = (
        ("Look-back, in returns", "Lookback", "0", "input"),
        ("Rebalanced on the first trading day of", "Rebalance", None, "input_text"),
        ("Cost of trading, basis points", "Cost_bps", "0.0", "input"),
        ("Risk-free rate", "Risk_free", PERCENT2, "input"),
    )
    for row, (text, name, number_format, look) in enumerate(rows, 9):
        page.put(f"B{row}", text, "label")
        page.input(name, f"C{row}", number_format, look)
    page.sheet.data_validation("C10", {"validate": "list", "source": list(FREQUENCIES)})
    page.sheet.merge_range("D9:G10", "", page.book.look("note"))
    page.put("D9", "They decide the number of rows: change them with rpxl fill FILE --set Lookback=126 …", "note")
    page.put("B13", "Result", "label")
    page.put("C13", "=MIN(History_dates)", "computed", DATE)
    page.put("D13", "=MAX(History_dates)", "computed", DATE)
    page.sheet.merge_range("E13:F13", "", page.book.look("verdict"))
    fits = "AND(MAX(History_dates)=MAX(Dates),COUNT(History_dates)=ROWS(History_dates))"
    page.put("E13", f'=IF({fits},"up to the last price","lay out anew: rpxl fill")', "verdict")
    page.traffic_light("E13:E13", "up to")


def _statistics(page: Page) -> None:
    top = _STATISTICS
    page.heading(f"B{top - 1}:E{top - 1}", "Performance")
    page.heading(f"F{top - 1}:G{top - 1}", "Published, illustrative")
    _table_of_statistics(page, top, "PERF_STATS(Returns_table,Periods_per_year,Risk_free)")
    page.line(f"F{top}", list(STRATEGIES), "column")
    for step, number_format in enumerate(_FORMATS, 1):
        page.line(f"F{top + step}", _PUBLISHED.get(step, ("", "")), "published", number_format)
    page.note(
        f"B{top + 12}:G{top + 13}",
        "Published: what the textbook prints for five banks, 2010 to 2023, and calls illustrative. Neither these "
        "prices nor real closes give it.",
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
    names = [f"{what}, {short}" for what in ("Return", "Volatility", "Drawdown") for short in ("RP", "EW")]
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
        "the window. RP: risk parity, EW: equal weight.",
    )


def _window_table(number: int) -> int:
    """Return the head row of the statistics of a window on the sheet Windows."""
    return 5 + (number - 1) * 15


def _window_statistics(book: TemplateBook) -> None:
    page = book.page("Windows", "The statistics of each window, by PERF_STATS", [2, 33, 14, 14, 14], portrait=True)
    for number in (1, 2, 3):
        top = _window_table(number)
        first, last = f"Window_{number}_start", f"Window_{number}_end"
        inside = f"SUMPRODUCT((Return_dates>={first})*(Return_dates<={last}))>1"
        page.heading(
            f"B{top - 1}:E{top - 1}", f'=Window_{number}&IF({inside},"",": fewer than two returns, so all are shown")'
        )
        bounds = f"IF({inside},{first},MIN(Return_dates)),IF({inside},{last},MAX(Return_dates))"
        _table_of_statistics(page, top, f"PERF_STATS(Returns_table,Periods_per_year,Risk_free,{bounds})")


def _charts(page: Page, history: Page, trades: Trades, measure: Shape, assets: int) -> None:
    first, last = HISTORY + 1, HISTORY + measure.dates - measure.trades[0]
    days = f"B{first}:B{last}"
    for cell, title, item, y_axis, size in (
        ("I5", "Growth of $1, logarithmic", 1, axis(None, '"$"0.00', log_base=2, major_unit=2), (500, 455)),
        (f"B{_CHARTS}", "Drawdown", 2, axis(None, "0%", max=0), (600, 330)),
    ):
        chart = line_chart(page)
        for (name, columns), color in zip(HISTORY_COLUMNS.items(), (NAVY, BRICK), strict=True):
            column = columns[item]
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
    weights.set_y_axis(axis(None, "0%", max=1, min=0))
    weights.set_legend(legend() if assets <= _MOST_NAMED else {"none": True})
    place(page, weights, f"H{_CHARTS}", 585, 330, "Weights of risk parity after each rebalance")


def _time_axis(measure: Shape) -> dict[str, Any]:
    """Mark years, or quarters when there are few."""
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
    title="Backtest: risk parity against equal weights",
    summary="Risk parity against equal weights through time: growth, drawdowns, crises, rolling weights",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=_DATES,
    shape=shape,
)
