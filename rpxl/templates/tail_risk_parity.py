"""Risk parity by four measures of risk: volatility, semi-deviation, CVaR and CDaR.

A recalculation finds risk-parity weights four times; those by CDaR take the longest, some seconds for 60 assets. Each
date has four short formulas, and each month five sums over the dates.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from rpxl.core.dates import DAY_ZERO
from rpxl.templates.charts import axis, bars, column_chart, legend, place
from rpxl.templates.checks import FROM_PRICES, lay_out_checks
from rpxl.templates.data_pages import lay_out_price_inputs, lay_out_prices
from rpxl.templates.largest import Largest
from rpxl.templates.looks import BRICK, GOLD, NAVY, PERCENT1, PERCENT2, RATIO, SLATE, TEAL
from rpxl.templates.page import Page, Rows, TemplateBook
from rpxl.templates.sample_prices import CRASHES, DATES, no_prices, sample_inputs
from rpxl.templates.tail_pages import (
    ASSETS_TOP,
    MONTHS_SHOWN,
    WORST,
    Portfolio,
    checks,
    count_months,
    lay_out_months,
    lay_out_returns,
    month_cells,
)
from rpxl.templates.template import Template, TemplateInputs

_SUMMARY = 12
"""The head row of the summary."""
_CHARTS = 34

PORTFOLIOS = (
    Portfolio("Equal weight", "", "E", "", "C", SLATE),
    Portfolio("Parity by volatility", "volatility", "F", "J", "D", NAVY),
    Portfolio("Parity by semi-deviation", "semi_deviation", "G", "K", "E", TEAL),
    Portfolio("Parity by CVaR", "cvar", "H", "L", "F", GOLD),
    Portfolio("Parity by CDaR", "cdar", "I", "M", "G", BRICK),
)


class Shape(NamedTuple):
    """What decides how many rows the sheets have."""

    dates: int
    months: int


def _shape(inputs: TemplateInputs) -> Shape:
    given: Sequence[Sequence[Any]] = inputs["Dates"]  # type: ignore[assignment]
    days = [day if isinstance(day, date) else DAY_ZERO + timedelta(days=int(day)) for (day,) in given]
    return Shape(len(days), count_months(days))


def _sample() -> TemplateInputs:
    return sample_inputs(CRASHES, DATES) | {"Confidence": 0.95}


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return no_prices(assets, dates) | {"Confidence": 0.95}


def _lay_out(book: TemplateBook) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    page = book.page(
        "Tail risk",
        "The same assets, each with the same share of the risk, by four measures of risk",
        [2, 35, *[12.5] * 10],
    )
    page.status("B3:E3")
    page.legend("J3")
    lay_out_price_inputs(page, "F")
    page.put("B9", "Confidence of the tail", "label")
    page.input("Confidence", "C9", PERCENT1)
    page.sheet.merge_range("D9:F9", "", page.book.look("aside"))
    rows = 'TEXT((1-Confidence)*ROWS(Dates_later),"0.0")&" of "&ROWS(Dates_later)'
    page.put("D9", f'="the tail: the worst "&{rows}&" returns"', "aside")
    page.note(
        "H5:L9",
        "Volatility counts gains and losses alike. Semi-deviation counts returns below the mean, CVaR the mean of the "
        "worst ones, CDaR the mean of the deepest drawdowns. With normal returns the first three give nearly the same "
        "weights. If some assets crash and others do not, all differ. A tail holds few returns: weights by CVaR and "
        "CDaR are less certain than those by volatility.",
    )
    table = _asset_page(book, assets)
    _summary(page, assets, dates)
    months = _shape(book.inputs).months  # type: ignore[arg-type]
    _worst(page, months)
    data = _chart_data(book, page, table, assets)
    _charts(page, data)
    lay_out_months(book, PORTFOLIOS, dates, months)
    lay_out_returns(book, PORTFOLIOS, assets, dates)
    lay_out_checks(book, FROM_PRICES, checks(PORTFOLIOS, assets, dates, _SUMMARY), first_column=62)
    book.notes()
    lay_out_prices(book, assets, dates)


def _summary(page: Page, assets: int, dates: int) -> None:
    top = _SUMMARY
    page.heading(f"B{top - 1}:G{top - 1}", "Risk of each portfolio")
    page.header(f"B{top}", ["", *(portfolio.name for portfolio in PORTFOLIOS)])
    page.sheet.set_row(top - 1, 30)
    risk = "=SCENARIO_RISK(1,{r},"
    rows = (
        ("Volatility, annual", risk + '"volatility")*SQRT(Periods_per_year)', PERCENT2),
        ("Semi-deviation, annual", risk + '"semi_deviation")*SQRT(Periods_per_year)', PERCENT2),
        ("CVaR of one period", risk + '"cvar",Confidence)', PERCENT2),
        ("CDaR", risk + '"cdar",Confidence)', PERCENT2),
        ("Deepest drawdown", "=-MIN(DRAWDOWN({r}))", PERCENT2),
        ("Return, annual mean", "=AVERAGE({r})*Periods_per_year", PERCENT2),
        ("CVaR over volatility of one period", "={c}{cvar}/{c}{vol}*SQRT(Periods_per_year)", RATIO),
        ("Largest weight", "=MAX({w})", PERCENT1),
        ("Smallest weight", "=MIN({w})", PERCENT1),
    )
    for row, (text, formula, number_format) in enumerate(rows, top + 1):
        page.put(f"B{row}", text, "label")
        for portfolio in PORTFOLIOS:
            places = {
                "r": portfolio.returns(dates),
                "w": portfolio.weights(assets),
                "c": portfolio.summary,
                "vol": top + 1,
                "cvar": top + 3,
            }
            filled = formula.format(**places)
            page.put(f"{portfolio.summary}{row}", filled, "computed", number_format)


def _worst(page: Page, count: int) -> None:
    top = WORST
    page.heading(f"B{top - 1}:G{top - 1}", "What each lost in its worst months")
    page.heading(f"H{top - 1}:L{top - 1}", "Which months they were")
    page.header(f"B{top}", ["", *[portfolio.name for portfolio in PORTFOLIOS] * 2])
    page.sheet.set_row(top - 1, 30)
    for rank in range(1, MONTHS_SHOWN + 1):
        row = top + rank
        page.put(f"B{row}", f"Number {rank}" if rank > 1 else "The worst", "label")
        for step, portfolio in enumerate(PORTFOLIOS):
            months = portfolio.months(count)
            dated = month_cells("B", count)
            cell = f"{portfolio.summary}{row}"
            formula = f'=IF(COUNT({months})>={rank},SMALL({months},{rank}),"-")'
            page.put(cell, formula, "computed", PERCENT2)
            day = f"INDEX({dated},MATCH({cell},{months},0),1)"
            page.put(f"{'HIJKL'[step]}{row}", f'=IF(ISNUMBER({cell}),{day},"-")', "computed", "mmm yyyy")
    row = top + MONTHS_SHOWN + 1
    page.put(f"B{row}", "Mean of these", "total_label")
    for portfolio in PORTFOLIOS:
        column = portfolio.summary
        page.put(f"{column}{row}", f"=AVERAGE({column}{top + 1}:{column}{row - 1})", "total", PERCENT2)
    page.note(
        f"B{row + 1}:L{row + 1}",
        "Calendar months, by the dates of the prices; the first and the last hold the returns that there are. With "
        "quarterly or yearly prices a month has the whole return since the price before.",
    )


def _asset_page(book: TemplateBook, assets: int) -> Page:
    page = book.page(
        "Weights",
        "What each portfolio holds, and the share of its risk that each asset carries, by the portfolio's own measure",
        [2, 18, 11, 11, *[13] * 14],
        one_page=assets <= 30,
    )
    top = ASSETS_TOP
    first, last = top + 1, top + assets
    page.heading(f"B{top - 1}:D{top - 1}", "Assets")
    page.heading(f"E{top - 1}:I{top - 1}", "Weights")
    page.heading(f"J{top - 1}:M{top - 1}", "Shares of risk, each by its own measure")
    page.heading(f"N{top - 1}:Q{top - 1}", "Equal weight: shares of risk by")
    names = [portfolio.name for portfolio in PORTFOLIOS]
    measures = ["Volatility", "Semi-deviation", "CVaR", "CDaR"]
    page.header(f"B{top}", ["Asset", "Volatility", "CVaR of one period", *names, *names[1:], *measures])
    page.sheet.set_row(top - 1, 30)
    page.sheet.freeze_panes(top, 2)
    for k in range(1, assets + 1):
        row = top + k
        page.put(f"B{row}", f"=INDEX(Assets,1,{k})", "label")
        own = f"INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1"
        page.array(f"C{row}", f"=STDEV.S({own})*SQRT(Periods_per_year)", "computed", PERCENT2)
        page.array(f"D{row}", f'=SCENARIO_RISK(1,{own},"cvar",Confidence)', "computed", PERCENT2)
        page.put(f"E{row}", "=1/COLUMNS(Assets)", "computed", PERCENT1)
    equal = PORTFOLIOS[0].weights(assets)
    for portfolio, column in zip(PORTFOLIOS[1:], "NOPQ", strict=True):
        measure, weights = portfolio.measure, f"{portfolio.weight}{first}:{portfolio.weight}{last}"
        formula = f'=SCENARIO_RP_WEIGHTS(RETURNS(Prices),"{measure}",,Confidence)'
        page.put(weights, formula, "computed", PERCENT1)
        for target, held in ((portfolio.share, weights), (column, equal)):
            formula = f'=SCENARIO_RISK_CONTRIB({held},RETURNS(Prices),"{measure}",Confidence)'
            page.put(f"{target}{first}:{target}{last}", formula, "computed", PERCENT1)
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", ["", ""], "total_label")
    for column in "EFGHIJKLMNOPQ":
        page.put(f"{column}{last + 1}", f"=SUM({column}{first}:{column}{last})", "total", PERCENT1)
    page.note(
        f"B{last + 2}:Q{last + 3}",
        "Shares by CVaR and CDaR may differ a little from 1/n although the weights are right. At risk parity some "
        "returns lie exactly at the edge of the tail. How much of each counts as inside is not determined, so the "
        "shares lie in a range that holds 1/n, and one point of it is shown. The sheet Checks tests the weights by "
        "volatility, semi-deviation and CVaR by what they minimise.",
    )
    for area in (f"E{first}:I{last}", f"J{first}:Q{last}"):
        bar = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#FFFFFF"}
        page.sheet.conditional_format(area, bar | {"max_color": "#A8C9D3"})
    return page


def _chart_data(book: TemplateBook, page: Page, table: Page, assets: int) -> tuple[Page, Largest, int, int, int]:
    data = book.page("Chart data", "What the charts draw, all of it by formulas", [2, 28, *[14] * 7], one_page=False)
    largest = Largest(data, assets, table, "EFGHI", ASSETS_TOP + 1, "I")
    weights = 4
    shares = weights + largest.rows() + 3
    ratios = shares + largest.rows() + 3
    names = [portfolio.name for portfolio in PORTFOLIOS]
    largest.table(weights, "Weights", names, "EFGHI")
    largest.table(shares, "Equal weight: shares of risk", ["Volatility", "Semi-deviation", "CVaR", "CDaR"], "NOPQ")
    data.heading(f"B{ratios}:G{ratios}", "Risk as a share of that of equal weight")
    data.header(f"B{ratios + 1}", ["", *names])
    data.sheet.set_row(ratios, 30)
    for step, text in enumerate(("Volatility", "Semi-deviation", "CVaR", "CDaR", "Deepest drawdown"), 1):
        row = ratios + 1 + step
        data.put(f"B{row}", text, "label")
        for portfolio in PORTFOLIOS:
            risk = page.ref(f"{portfolio.summary}{_SUMMARY + step}")
            own = f"={risk}/{page.ref(f'C{_SUMMARY + step}')}"
            data.put(f"{portfolio.summary}{row}", own, "computed", "0%")
    return data, largest, weights, shares, ratios


def _charts(page: Page, drawn: tuple[Page, Largest, int, int, int]) -> None:
    data, largest, weights, shares, ratios = drawn
    largest.chart(page, f"B{_CHARTS}", (600, 300), "Weights", weights, len(PORTFOLIOS))
    largest.chart(page, f"B{_CHARTS}", (560, 300), "Equal weight: who carries the risk, by measure", shares, 4, 610)
    worst = column_chart(page)
    risks = column_chart(page)
    for portfolio in PORTFOLIOS:
        column, color = portfolio.summary, portfolio.color
        name = f"={page.ref(f'{column}{WORST}')}"
        months = f"{column}{WORST + 1}:{column}{WORST + MONTHS_SHOWN}"
        worst.add_series(bars(page, name, f"B{WORST + 1}:B{WORST + MONTHS_SHOWN}", months, color))
        values = f"{column}{ratios + 2}:{column}{ratios + 6}"
        risks.add_series(bars(data, name, f"B{ratios + 2}:B{ratios + 6}", values, color))
    for chart, lowest in ((worst, None), (risks, 0)):
        chart.set_x_axis(axis(grid=False, label_position="low" if lowest == 0 else "high"))
        chart.set_y_axis(axis(None, "0%") if lowest is None else axis(None, "0%", min=lowest))
        chart.set_legend(legend())
    place(page, worst, f"B{_CHARTS + 16}", 600, 300, "The worst months of each")
    place(page, risks, f"B{_CHARTS + 16}", 560, 300, "Risk as a share of that of equal weight", right=610)


TEMPLATE = Template(
    name="tail_risk_parity",
    title="Risk parity by tail risk",
    summary="The same assets by volatility, semi-deviation, CVaR and CDaR: weights, shares of risk, worst months",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=DATES,
    shape=_shape,
)
