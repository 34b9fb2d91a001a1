"""Charts in the style of the house: columns and bars, lines, and the risk/return picture.

A chart draws cells of a page and nothing else; the file keeps no copies of their values.
"""

from typing import Any

from xlsxwriter.chart import Chart

from rpxl.templates.looks import BRICK, GOLD, INK, NAVY, RULE, SLATE, TEAL, TEXT
from rpxl.templates.page import Page
from rpxl.xlsx.references import parse_range

Options = dict[str, Any]

_ROW_HEIGHT = 20
"""Pixels of a row below a chart; a few rows are lower, and others higher in exchange."""

_FONT: Options = {"name": "Calibri", "size": 9, "color": TEXT}


def column_chart(page: Page, *, stacked: bool = False) -> Chart:
    """Start a column chart."""
    return _start(page, {"type": "column"} | ({"subtype": "stacked"} if stacked else {}))


def bar_chart(page: Page, *, stacked: bool = False) -> Chart:
    """Start a chart of horizontal bars, the first on top."""
    chart = _start(page, {"type": "bar"} | ({"subtype": "percent_stacked"} if stacked else {}))
    chart.set_y_axis(axis(grid=False, reverse=True, label_position="low"))
    return chart


def scatter_chart(page: Page) -> Chart:
    """Start a scatter chart, for lines and named points."""
    return _start(page, {"type": "scatter", "subtype": "straight"})


def line_chart(page: Page) -> Chart:
    """Start a chart of lines over categories or dates."""
    return _start(page, {"type": "line"})


def area_chart(page: Page) -> Chart:
    """Start a chart of stacked areas over categories or dates."""
    return _start(page, {"type": "area", "subtype": "stacked"})


def date_axis(number_format: str = "yyyy", **more: Any) -> Options:
    """Return the options of an axis of dates."""
    return axis(None, number_format, grid=False, date_axis=True, label_position="low", **more)


def palette(count: int) -> list[str]:
    """Return colours for a number of series, the house's own first."""
    own = [NAVY, TEAL, GOLD, SLATE, BRICK, "#5FA3A8", "#7A6A9B", "#8DA05A", "#D99A94", "#4C6A92", "#B9A77C", "#6B7580"]
    return [own[i % len(own)] for i in range(count)]


def _start(page: Page, options: Options) -> Chart:
    return page.book.workbook.add_chart(options)


def place(page: Page, chart: Chart, cell: str, width: int, height: int, title: str, right: int = 0) -> None:
    """Put a chart onto the page, `right` pixels to the right of a cell's corner; sizes in pixels too."""
    chart.set_title({"name": title, "name_font": {"name": "Calibri", "size": 12, "bold": True, "color": NAVY}})
    chart.set_chartarea({"border": {"color": RULE}, "fill": {"color": "#FFFFFF"}})
    chart.set_size({"width": width, "height": height})
    page.bottom = max(page.bottom, parse_range(cell).top + -(-height // _ROW_HEIGHT))
    page.sheet.insert_chart(cell, chart, {"object_position": 2, "description": title, "x_offset": right})


def axis(title: str | None = None, number_format: str = "0%", *, grid: bool = True, **more: Any) -> Options:
    """Return the options of an axis."""
    options: Options = {
        "num_font": _FONT,
        "num_format": number_format,
        "line": {"color": RULE},
        "major_gridlines": {"visible": grid, "line": {"color": "#E4E8ED", "width": 0.75}},
        "minor_tick_mark": "none",
        "major_tick_mark": "none",
    }
    if title:
        options |= {"name": title, "name_font": _FONT | {"bold": False}}
    return options | more


def name_axis(count: int, most: int) -> Options:
    """Return the options of an axis of names: turned upright if there are many, not all shown if there are too many.

    `most` is how many upright names fit beside each other.
    """
    font = _FONT | ({} if count <= most // 4 else {"rotation": -90, "size": 8})
    return axis(grid=False, label_position="low") | {"num_font": font, "interval_unit": -(-count // most)}


def legend(position: str = "bottom", **more: Any) -> Options:
    """Return the options of a legend."""
    return {"position": position, "font": _FONT, **more}


def labels(number_format: str = "0%", color: str = TEXT) -> Options:
    """Return the options of labels that show the values of bars."""
    return {"value": True, "num_format": number_format, "font": _FONT | {"color": color}}


def bars(page: Page, name: str, categories: str, values: str, color: str, **more: Any) -> Options:
    """Return a series of columns or bars; `name` is its text, or a formula that makes it."""
    series: Options = {
        "name": name,
        "categories": f"={page.ref(categories)}",
        "values": f"={page.ref(values)}",
        "fill": {"color": color},
        "gap": 45,
    }
    return series | more


def line(page: Page, name: str, x: str, y: str, color: str, **more: Any) -> Options:
    """Return a line of a scatter chart; `name` is its text, or a formula that makes it."""
    return {
        "name": name,
        "categories": f"={page.ref(x)}",
        "values": f"={page.ref(y)}",
        "line": {"color": color, "width": 2} | more,
        "marker": {"type": "none"},
    }


def dated_line(page: Page, name: str, dates: str, values: str, color: str) -> Options:
    """Return a line of a chart over dates."""
    return line(page, name, dates, values, color, width=1.5)


def area(page: Page, name: str, dates: str, values: str, color: str) -> Options:
    """Return one of several stacked areas."""
    return {
        "name": name,
        "categories": f"={page.ref(dates)}",
        "values": f"={page.ref(values)}",
        "fill": {"color": color},
        "line": {"none": True},
    }


def named_point(page: Page, name: str, x: str, y: str, color: str, position: str = "right") -> Options:
    """Return one portfolio of a risk/return picture: a marker with its name, a text or a formula, beside it."""
    return points(page, name, x, y, color) | {
        "data_labels": {
            "series_name": True,
            "value": False,
            "position": position,
            "font": _FONT | {"color": INK},
        },
    }


def points(page: Page, name: str, x: str, y: str, color: str, shape: str = "circle") -> Options:
    """Return a cloud of markers without names."""
    return {
        "name": name,
        "categories": f"={page.ref(x)}",
        "values": f"={page.ref(y)}",
        "line": {"none": True},
        "marker": {"type": shape, "size": 8, "fill": {"color": color}, "border": {"color": "#FFFFFF"}},
    }


def capital_and_risk(
    page: Page, cell: str, width: int, height: int, source: Page, categories: str, columns: dict[str, tuple[str, str]]
) -> None:
    """Place stacked columns of capital and risk; `columns` gives for the column of each asset its colour and its ink.

    `categories` is an area of two columns: the portfolio, and what its row holds. The names of the assets stand in
    the row above it.
    """
    chart = column_chart(page, stacked=True)
    first, last = (int("".join(filter(str.isdigit, end))) for end in categories.split(":"))
    for column, (color, ink) in columns.items():
        name = f"={source.ref(f'{column}{first - 1}')}"
        values = f"{column}{first}:{column}{last}"
        shown = labels('[<0.02]"";0%', ink)  # no label where the bar is too thin for it
        chart.add_series(bars(source, name, categories, values, color, data_labels=shown))
    chart.set_x_axis(axis(grid=False))
    chart.set_y_axis(axis(grid=False, visible=False))
    chart.set_legend(legend())
    place(page, chart, cell, width, height, "Capital against risk")
