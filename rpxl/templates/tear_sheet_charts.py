"""The charts of a tear sheet."""

from typing import Any

from rpxl.templates.charts import (
    axis,
    bars,
    column_chart,
    date_axis,
    dated_line,
    legend,
    line,
    line_chart,
    place,
    scatter_chart,
)
from rpxl.templates.looks import BRICK, GOLD, NAVY, TEAL
from rpxl.templates.page import Page
from rpxl.templates.tear_sheet_pages import BINS, HISTORY, OUTLINE, ROLLING

_WIDE, _HALF = 731, 363
"""Pixels: of the block on the right of the page, and half of it."""
_LONG = 12
"""From this many calendar years on, growth is drawn on a logarithmic axis."""
OF_STRATEGY, OF_BENCHMARK = NAVY, GOLD


def draw(
    page: Page,
    history: Page,
    rolling: Page,
    distribution: Page,
    dates: int,
    window: int,
    years: tuple[int, int],
    in_years: bool,
) -> None:
    """Draw all charts; `years` are the head row of the calendar years and their number."""
    last, last_window = HISTORY + dates - 1, ROLLING + dates - window
    long = years[1] >= _LONG
    growth = axis(None, '"$"0.00', log_base=2) if long else axis(None, '"$"0.00')
    title = "Growth of $1, logarithmic" if long else "Growth of $1"
    _lines(page, history, "H5", (_WIDE, 255), title, ("E", "F"), (HISTORY, last), growth, in_years)
    below = axis(None, "0%", max=0)
    _lines(page, history, "H18", (_WIDE, 155), "Drawdown", ("L", "M"), (HISTORY + 1, last), below, in_years)
    windows = (ROLLING + 1, last_window)
    for cell, right, title, columns, number_format in (
        ("H26", 0, "Rolling volatility", ("C", "D"), "0%"),
        ("H26", _WIDE - _HALF, "Rolling Sharpe ratio", ("G", "H"), "0.0"),
        ("H36", 0, "Rolling correlation and beta", ("K", "N"), "0.0"),
    ):
        shown = axis(None, number_format)
        _lines(page, rolling, cell, (_HALF, 195), title, columns, windows, shown, in_years, right)
    _histogram(page, distribution, "H36", _WIDE - _HALF)
    _years(page, years)


def _lines(
    page: Page,
    source: Page,
    cell: str,
    size: tuple[int, int],
    title: str,
    columns: tuple[str, str],
    rows: tuple[int, int],
    y_axis: dict[str, Any],
    in_years: bool,
    right: int = 0,
) -> None:
    """Place a chart of two lines over dates: a figure of both, or two figures of the strategy against the benchmark."""
    chart = line_chart(page)
    first, last = rows
    day = {"C": "B", "G": "F", "K": "J", "L": "H"}.get(columns[0], "B")
    against = columns == ("K", "N")
    names = ("Correlation", "Beta") if against else tuple(f"={page.ref(cell)}" for cell in ("C9", "C10"))
    colors = (TEAL, BRICK) if against else (OF_STRATEGY, OF_BENCHMARK)
    for name, column, color in reversed(list(zip(names, columns, colors, strict=True))):
        dated = dated_line(source, name, f"{day}{first}:{day}{last}", f"{column}{first}:{column}{last}", color)
        chart.add_series(dated)
    unit = {"major_unit": 1, "major_unit_type": "years"} if in_years else {"major_unit": 3, "major_unit_type": "months"}
    chart.set_x_axis(date_axis("yyyy" if in_years else "mmm yy", **unit))
    chart.set_y_axis(y_axis | {"crossing": "min"})
    chart.set_legend(legend())
    place(page, chart, cell, *size, title, right)


def _histogram(page: Page, source: Page, cell: str, right: int) -> None:
    chart = scatter_chart(page)
    x = f"H{OUTLINE}:H{OUTLINE + 2 * BINS + 1}"
    for name, column, color in (("C10", "J", OF_BENCHMARK), ("C9", "I", OF_STRATEGY)):
        y = f"{column}{OUTLINE}:{column}{OUTLINE + 2 * BINS + 1}"
        chart.add_series(line(source, f"={page.ref(name)}", x, y, color, width=1.25))
    for row, dash in ((6, "dash"), (8, "solid")):
        name = f"={source.ref(f'L{row}')}"
        mark = line(source, name, f"M{row}:M{row + 1}", f"N{row}:N{row + 1}", BRICK, width=1.5, dash_type=dash)
        chart.add_series(mark)
    chart.set_x_axis(axis(None, "0%", grid=False) | {"crossing": "min"})
    chart.set_y_axis(axis(None, "0%", min=0))
    chart.set_legend(legend())
    place(page, chart, cell, _HALF, 195, "Distribution of returns", right)


def _years(page: Page, years: tuple[int, int]) -> None:
    head, count = years
    chart = column_chart(page)
    for column, name, color in (("C", "C9", OF_STRATEGY), ("D", "C10", OF_BENCHMARK)):
        values = f"{column}{head + 1}:{column}{head + count}"
        shown = bars(page, f"={page.ref(name)}", f"B{head + 1}:B{head + count}", values, color)
        chart.add_series(shown)
    chart.set_x_axis(axis(None, "0", grid=False, label_position="low"))
    chart.set_y_axis(axis())
    chart.set_legend(legend())
    place(page, chart, "H46", _WIDE, 195, "Calendar years")
