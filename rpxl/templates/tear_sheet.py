"""Tear sheet: a strategy against its benchmark, from the prices or returns of both."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from rpxl.core.array_checks import plural
from rpxl.core.calendar import MONTHLY, TRADING_DAYS, frequency, usual_window
from rpxl.core.dates import DAY_ZERO
from rpxl.errors import InputError
from rpxl.templates.checks import FROM_PRICES, lay_out_checks
from rpxl.templates.data_pages import PRICES_TOP, lay_out_price_inputs, lay_out_prices
from rpxl.templates.looks import DATE, PERCENT1, PERCENT2, RATIO
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.sample_prices import FUND, no_prices, sample_inputs
from rpxl.templates.tear_sheet_charts import draw
from rpxl.templates.tear_sheet_checks import checks
from rpxl.templates.tear_sheet_pages import (
    WORST,
    lay_out_distribution,
    lay_out_drawdowns,
    lay_out_history,
    lay_out_months,
    lay_out_rolling,
)
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters

_DATES = 1305
"""Five years of weekdays."""

STATISTICS = 17
"""The head row of the statistics; below it stand all 25 of PERF_STATS."""
VALUE_AT_RISK = 14
"""The place of value at risk among the statistics; conditional value at risk comes next."""
MORE = STATISTICS + 28
"""The head row of the native figures."""
TRAILING = MORE + 12
"""The head row of the returns of the last months and years."""
YEARS = TRAILING + 11
"""The head row of the calendar years and the months: the last block, as the dates decide its number of rows."""
_WORST_FIVE = TRAILING + 1

_FORMATS = (
    *("0", PERCENT1, PERCENT2, PERCENT2, PERCENT2, RATIO, PERCENT2, "0", PERCENT2, PERCENT2, PERCENT1),
    *(RATIO, RATIO, PERCENT2, PERCENT2, RATIO, RATIO, PERCENT1),
    *(PERCENT2, RATIO, RATIO, PERCENT2, RATIO, PERCENT1, PERCENT1),
)
"""Number formats of the rows of PERF_STATS: short, full, and against a benchmark."""

_MONTHS = "HIJKLMNOPQRSTU"
"""The columns of the heat map: year, twelve months, the whole year."""


class Shape(NamedTuple):
    """What decides how many rows the results have, and how their axes are marked."""

    dates: int
    window: int
    years: int
    """Calendar years that have returns."""
    in_years: bool
    """Whether the history is so long that an axis marks years."""


_SETTINGS: TemplateInputs = {"Risk_free": 0.0, "Rolling_window": float(usual_window(TRADING_DAYS.periods_per_year))}


def _sample() -> TemplateInputs:
    names = {"Strategy": FUND.tickers[0], "Benchmark": FUND.tickers[1]}
    return sample_inputs(FUND, _DATES) | _SETTINGS | names


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    window = min(usual_window(TRADING_DAYS.periods_per_year), max((dates - 1) // 2, 2))
    names: TemplateInputs = {"Strategy": "Asset 1", "Benchmark": "Asset 2", "Rolling_window": float(window)}
    return no_prices(assets, dates) | _SETTINGS | names


def shape(inputs: TemplateInputs) -> Shape:
    """Count the rows of the results.

    Raises
    ------
    InputError
        The rolling window doesn't fit the dates, or the dates are too far apart for months.
    """
    given: Sequence[Sequence[Any]] = inputs["Dates"]  # type: ignore[assignment]
    days = [day if isinstance(day, date) else DAY_ZERO + timedelta(days=int(day)) for (day,) in given]
    window = float(inputs["Rolling_window"])  # type: ignore[arg-type]
    returns = len(days) - 1
    if window != int(window) or not 2 <= window <= returns:
        raise InputError(
            "Rolling_window",
            f"is {window:g}; it must be a whole number from 2 to {returns}, as {plural(len(days), 'date')} give "
            f"{plural(returns, 'return')}. Give more dates, or another --set Rolling_window=…",
        )
    steps = np.diff(np.array(days, dtype="datetime64[D]"))
    if returns > 1 and float(np.median(steps.astype(int))) > MONTHLY.longest:
        words = frequency(np.array(days, dtype="datetime64[D]")).words
        raise InputError(
            "prices", f"are {words}; a tear sheet shows months. Give monthly prices, or more frequent ones."
        )
    return Shape(len(days), int(window), days[-1].year - days[1].year + 1, (days[-1] - days[0]).days > 3 * 365)


def _lay_out(book: TemplateBook) -> None:
    measure = shape(book.inputs)  # type: ignore[arg-type]
    prices: Sequence[Sequence[Any]] = book.inputs["Prices"]  # type: ignore[assignment]
    assets = len(prices[0])
    page = book.page(
        "Tear sheet",
        '=Strategy&" against "&Benchmark&", "&TEXT(MIN(Dates),"yyyy-mm-dd")&" to "&TEXT(MAX(Dates),"yyyy-mm-dd")',
        [2, 34, 12, 12, 12, 12, 2, 7, *[6.6] * 12, 8.5],
        portrait=True,
    )
    page.status("B3:F3")
    for area, text, look in (("Q3:R3", "Input", "input"), ("S3:T3", "Formula", "computed")):
        page.sheet.merge_range(area, text, book.look(look))
    _inputs(page)
    _statistics(page)
    _more(page)
    _trailing(page)
    history = lay_out_history(book, measure.dates)
    rolling = lay_out_rolling(book, measure.dates - 1, measure.window)
    distribution = lay_out_distribution(book)
    _worst(page, lay_out_drawdowns(book))
    months = _months(page, measure.years)
    lay_out_months(book, months, YEARS, measure.years)
    _calendar_years(page, measure.years)
    lay_out_checks(book, FROM_PRICES, checks(STATISTICS, months))
    draw(page, history, rolling, distribution, measure.dates, measure.window, (YEARS, measure.years), measure.in_years)
    book.notes()
    table = lay_out_prices(book, assets, measure.dates)
    book.name("Closes", table, f"C{PRICES_TOP}:{column_letters(assets + 2)}{PRICES_TOP + measure.dates - 1}")


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "F")
    rows = (
        ("Strategy, one of the columns of prices", "Strategy", None, "input_text"),
        ("Benchmark, another one", "Benchmark", None, "input_text"),
        ("Risk-free rate", "Risk_free", PERCENT2, "input"),
        ("Rolling window, in returns", "Rolling_window", "0", "input"),
    )
    for row, (text, name, number_format, look) in enumerate(rows, 9):
        page.put(f"B{row}", text, "label")
        page.input(name, f"C{row}", number_format, look)
    for row, name in ((9, "Strategy"), (10, "Benchmark")):
        page.sheet.data_validation(f"C{row}", {"validate": "list", "source": "=Assets"})
        found = f"MATCH({name},Assets,0)"
        right = f"INDEX(Assets,1,{found})={name}"  # MATCH takes * and ? in a name as wildcards
        if name == "Benchmark":
            right = f"AND({right},{found}<>Strategy_column)"
        page.put(f"D{row}", f"=IF({right},{found},NA())", "computed", '"column "0')
        page.book.name(f"{name}_column", page, f"D{row}")
        page.sheet.merge_range(f"E{row}:F{row}", "", page.book.look("aside"))
        problem = "no column of Prices" if name == "Strategy" else "no other column of Prices"
        page.put(f"E{row}", f'=IF(ISNUMBER(D{row}),"","{problem}")', "aside")
        page.warning(f"E{row}:F{row}", "no ")
    page.sheet.merge_range("D11:F12", "", page.book.look("note"))
    page.put("D11", "Window and dates decide the rows: change them with rpxl fill FILE --set …", "note")
    page.put("B13", "Result", "label")
    page.put("C13", "=MIN(Return_dates)", "computed", DATE)
    page.put("D13", "=MAX(Return_dates)", "computed", DATE)
    page.sheet.merge_range("E13:F13", "", page.book.look("verdict"))
    fits = (
        "AND(MAX(Return_dates)=MAX(Dates),ROWS(Rolling_dates)=ROWS(Return_dates)-Rolling_window+1,"
        "MAX(Result_years)=YEAR(MAX(Dates)))"
    )
    page.put("E13", f'=IF({fits},"up to the last price","lay out anew: rpxl fill")', "verdict")
    page.traffic_light("E13:F13", "up to")


def _head(page: Page, row: int, title: str, first: str) -> None:
    """Head a table of figures of the strategy and of the benchmark."""
    page.heading(f"B{row - 1}:F{row - 1}", title)
    page.header(f"B{row}", [first, "=Strategy", "=Benchmark", "Difference"])


def _difference(page: Page, row: int, number_format: str) -> None:
    both = f"ISNUMBER(C{row})*ISNUMBER(D{row})"
    page.put(f"E{row}", f'=IF({both},C{row}-D{row},"")', "difference", number_format)


def _statistics(page: Page) -> None:
    top = STATISTICS
    page.heading(f"B{top - 1}:F{top - 1}", "Statistics, by PERF_STATS")
    last = top + len(_FORMATS)
    call = '=PERF_STATS(Returns_table,Periods_per_year,Risk_free,,,"error",Return_B,"full")'
    page.put(f"B{top}:D{last}", call, "column_label")
    page.restyle(f"C{top}:D{top}", "column")
    page.put(f"E{top}", "Difference", "column")
    for row, number_format in enumerate(_FORMATS, top + 1):
        page.restyle(f"B{row}:B{row}", "label")
        page.restyle(f"C{row}:D{row}", "computed", number_format)
        _difference(page, row, number_format)
    for step, name in ((VALUE_AT_RISK, "Value_at_risk"), (VALUE_AT_RISK + 1, "Conditional_value_at_risk")):
        page.book.name(name, page, f"C{top + step}")


def _more(page: Page) -> None:
    _head(page, MORE, "More, by native formulas", "Figure")
    months, years = "Months_{0}", "Years_{0}"
    gains, losses = "SUM((Return_{0}>0)*Return_{0})", "-SUM((Return_{0}<0)*Return_{0})"
    ups, downs = "SUM((Return_{0}>0)*1)", "SUM((Return_{0}<0)*1)"
    low = "ABS(PERCENTILE(Return_{0},0.05))"
    rows = (
        ("Omega ratio: sum of gains / of losses", f'IF({downs}=0,"n/a",{gains}/({losses}))', RATIO),
        (
            "Payoff ratio: mean gain / mean loss",
            f'IF(({ups})*({downs})=0,"n/a",{gains}/({ups})/(({losses})/({downs})))',
            RATIO,
        ),
        (
            "Tail ratio: best 5 % / worst 5 %",
            f'IF({low}=0,"n/a",ABS(PERCENTILE(Return_{{0}},0.95))/{low})',
            RATIO,
        ),
        ("Ulcer index: root mean square drawdown", "SQRT(SUMSQ(Drawdown_{0})/ROWS(Drawdown_{0}))", PERCENT2),
        ("Best month", f"MAX({months})", PERCENT2),
        ("Worst month", f"MIN({months})", PERCENT2),
        ("Share of positive months", f'COUNTIF({months},">0")/COUNT({months})', PERCENT1),
        ("Best calendar year", f"MAX({years})", PERCENT2),
        ("Worst calendar year", f"MIN({years})", PERCENT2),
    )
    for row, (text, formula, number_format) in enumerate(rows, MORE + 1):
        page.put(f"B{row}", text, "label")
        for column, short in zip("CD", "SB", strict=True):
            page.array(f"{column}{row}", "=" + formula.format(short), "computed", number_format)
        _difference(page, row, number_format)


def _trailing(page: Page) -> None:
    _head(page, TRAILING, "To the last date", "Period")
    page.put(f"F{TRAILING}", "Since", "column")
    end = "MAX(Dates)"
    rows: list[tuple[str, str, int]] = [("Month to date", f"DATE(YEAR({end}),MONTH({end}),0)", 0)]
    for text, months, years in (
        ("3 months", 3, 0),
        ("6 months", 6, 0),
        ("", 0, 0),
        ("1 year", 12, 0),
        ("3 years, annual", 36, 3),
        ("5 years, annual", 60, 5),
        ("10 years, annual", 120, 10),
    ):
        month = f"YEAR({end}),MONTH({end})-{months}"
        same_day = f"MIN(DATE({month},DAY({end})),DATE({month}+1,0))"  # the 31st of a shorter month is its last day
        rows.append((text, same_day, years) if text else ("Year to date", f"DATE(YEAR({end})-1,12,31)", 0))
    for row, (text, start, years) in enumerate(rows, TRAILING + 1):
        page.put(f"B{row}", text, "label")
        count = f"SUMPRODUCT((Dates<={start})*1)"
        page.put(f"F{row}", f'=IF({count}=0,"n/a",INDEX(Dates,MAX(1,{count})))', "computed", DATE)
        for column, short in zip("CD", "SB", strict=True):
            growth = f"INDEX(Growth_{short},ROWS(Dates))/INDEX(Growth_{short},MATCH($F{row},Dates,0))"
            rate = f"({growth})^(1/{years})-1" if years else f"{growth}-1"
            page.put(f"{column}{row}", f'=IF(ISNUMBER($F{row}),{rate},"n/a")', "computed", PERCENT2)
        _difference(page, row, PERCENT2)


def _worst(page: Page, table: Page) -> None:
    """Show the table of drawdowns. Rows without a drawdown stay blank; an error shows."""
    top = _WORST_FIVE
    page.heading(f"H{top - 1}:U{top - 1}", '="The five deepest drawdowns of "&Strategy')
    formats = (PERCENT2, DATE, DATE, DATE, "0", "0", "0")
    heads = ("Depth", "From", "Lowest", "Recovered", "Down", "Up", "Periods")
    for k, (number_format, head) in enumerate(zip(formats, heads, strict=True)):
        one, other, source = _MONTHS[2 * k], _MONTHS[2 * k + 1], "BCDEFGH"[k]
        for row in range(top, top + 1 + WORST):
            look = "column" if row == top else "computed"
            page.sheet.merge_range(f"{one}{row}:{other}{row}", "", page.book.look(look, number_format))
            raw = table.ref(f"{source}{row - top + 5}")
            title = table.ref("$B$5").replace("$$", "$")
            shown = head if row == top else f'=IF(ISNUMBER({raw}),{raw},IF(ISERROR({title}),{title},""))'
            page.put(f"{one}{row}", shown, look, None if row == top else number_format)
    page.book.name("Shown_depths", page, f"H{top + 1}:H{top + WORST}")
    page.note(
        f"H{top + WORST + 1}:U{top + WORST + 1}",
        "Down: periods to the lowest. Up: periods from there to the earlier high; blank until that is reached.",
    )


def _months(page: Page, years: int) -> Page:
    """Write the heat map, and name its parts."""
    first, last = YEARS + 1, YEARS + years
    page.heading(f"H{YEARS - 1}:U{YEARS - 1}", '="Monthly returns of "&Strategy&", by MONTHLY_RETURNS"')
    page.put(f"H{YEARS}:U{last}", "=MONTHLY_RETURNS(Strategy_returns)", "column")
    page.restyle(f"I{YEARS}:U{YEARS}", "column")
    page.restyle(f"H{first}:H{last}", "label", "0")
    page.restyle(f"I{first}:T{last}", "computed", PERCENT1)
    page.restyle(f"U{first}:U{last}", "total", PERCENT1)
    page.sheet.conditional_format(
        f"I{first}:T{last}",
        {
            "type": "3_color_scale",
            "min_type": "percentile",
            "min_value": 5,
            "mid_type": "num",
            "mid_value": 0,
            "max_type": "percentile",
            "max_value": 95,
            "min_color": "#D99A94",
            "mid_color": "#FFFFFF",
            "max_color": "#7FB2C4",
        },
    )
    page.book.name("Months_S", page, f"I{first}:T{last}")
    page.book.name("Years_S", page, f"U{first}:U{last}")
    page.book.name("Result_years", page, f"H{first}:H{last}")
    return page


def _calendar_years(page: Page, years: int) -> None:
    _head(page, YEARS, "Calendar years", "Year")
    for step in range(1, years + 1):
        row = YEARS + step
        page.put(f"B{row}", f"=INDEX(Result_years,{step})", "label", "0")
        page.put(f"C{row}", f"=INDEX(Years_S,{step})", "computed", PERCENT2)
        page.put(f"D{row}", f"=INDEX(Years_B,{step})", "computed", PERCENT2)
        _difference(page, row, PERCENT2)
        page.put(f"F{row}", f'=IF(C{row}>D{row},"ahead",IF(C{row}<D{row},"behind","equal"))', "computed")


TEMPLATE = Template(
    name="tear_sheet",
    title="Tear sheet: a strategy against its benchmark",
    summary="A strategy against its benchmark: growth, drawdowns, months, rolling figures, tail, statistics",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=_DATES,
    shape=shape,
)
