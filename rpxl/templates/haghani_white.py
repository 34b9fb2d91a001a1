"""The table of Haghani & White (2017): what risk parity is worth to someone who dislikes risk."""

from collections.abc import Iterator
from typing import NamedTuple

from rpxl.templates.charts import (
    axis,
    bar_chart,
    bars,
    labels,
    legend,
    line,
    named_point,
    place,
    scatter_chart,
)
from rpxl.templates.looks import BRICK, GOLD, NAVY, NUMBER, PERCENT1, PERCENT2, RATIO, SLATE, TEAL
from rpxl.templates.page import COMPARISON, Page, TemplateBook
from rpxl.templates.template import Template, TemplateInputs


class _Row(NamedTuple):
    """A row of the table: its weights as printed or by a formula, whether it pays the spread, what is published."""

    name: str
    short: str
    weights: tuple[float, float] | str
    pays_spread: bool
    published: tuple[float, float, float, float] | None
    color: str


_TABLE = (
    _Row("Stocks", "Stocks", (1, 0), False, (0.04, 0.16, 0.25, 0.002), SLATE),
    _Row("Bonds", "Bonds", (0, 1), False, (0.01, 0.04, 0.25, 0.008), SLATE),
    _Row("Traditional 60/40", "60/40", (0.6, 0.4), False, (0.028, 0.097, 0.29, 0.014), GOLD),
    _Row("Risk parity unlevered", "RP unlevered", "RP_WEIGHTS(Cov)", False, (0.016, 0.045, 0.35, 0.013), TEAL),
    _Row("Risk parity levered: weights as printed", "RP levered", (0.5, 2), False, (0.041, 0.116, 0.35, 0.021), NAVY),
    _Row(
        "   utility-optimal weights",
        "RP levered, optimal",
        "MERTON_WEIGHTS(Exp_excess,Cov,Risk_aversion)",
        False,
        (0.041, 0.116, 0.35, 0.021),
        NAVY,
    ),
    _Row(
        "   weights that give the published 4.1 % and 11.6 %",
        "RP levered, 2.5625 times",
        (0.5125, 2.05),
        False,
        (0.041, 0.116, 0.35, 0.021),
        NAVY,
    ),
    _Row(
        "Risk parity, extra borrowing cost: weights as printed",
        "RP, extra cost",
        (0.45, 0.85),
        True,
        (0.025, 0.08, 0.31, 0.015),
        BRICK,
    ),
    _Row(
        "   utility-optimal weights",
        "RP, extra cost, optimal",
        "MERTON_WEIGHTS(Exp_excess,Cov,Risk_aversion,Borrow_spread)",
        True,
        (0.025, 0.08, 0.31, 0.015),
        BRICK,
    ),
    _Row("Your own portfolio", "Your own", "Weights", True, None, "#222222"),
)
_FIRST = 14
_LAST = _FIRST + len(_TABLE) - 1
_LABELS = {"Stocks": "right", "Bonds": "right", "RP unlevered": "left", "RP levered, optimal": "above"}
"""The side of its marker on which a name stands, if there is no room below."""

_FORMATS = (PERCENT2, PERCENT2, RATIO, PERCENT2)


def _sample() -> TemplateInputs:
    return {
        "Assets": [["Stocks"], ["Bonds"]],
        "Exp_excess": [[0.04], [0.01]],
        "Volatilities": [[0.16], [0.04]],
        "Corr": [[1.0, 0.0], [0.0, 1.0]],
        "Weights": [[0.8], [0.2]],
        "Risk_aversion": 3.0,
        "Borrow_spread": 0.006,
    }


def _lay_out(book: TemplateBook) -> None:
    page = book.page(
        "Risk parity",
        "What risk parity is worth to an investor: printed weights, utility-optimal weights, published figures",
        [2, 46, 9.5, *[9.5] * 6, 2, *[9.5] * 4, 2, *[9.5] * 4],
    )
    page.status("B3:E3")
    page.legend("Q3")
    _inputs(page)
    _table(page)
    _statements(page)
    _charts(page, _chart_data(book))
    _checks(book)
    book.notes()


def _inputs(page: Page) -> None:
    page.heading("B5:G5", "Inputs")
    page.header("B6", ["Asset", "Excess return", "Volatility", "Correlation", "", "Your weights"])
    page.sheet.set_row(5, 30)
    page.input("Assets", "B7:B8", look="input_text")
    page.input("Exp_excess", "C7:C8", PERCENT1)
    page.input("Volatilities", "D7:D8", PERCENT1)
    page.input("Corr", "E7:F8", RATIO)
    page.input("Weights", "G7:G8", PERCENT1)
    page.put("B9", "Risk aversion n", "label")
    page.input("Risk_aversion", "C9", RATIO)
    page.put("B10", "Extra cost of borrowing, above the riskless rate", "label")
    page.input("Borrow_spread", "C10", PERCENT1)
    page.heading("K5:N5", "Covariance matrix, annual")
    page.header("K6", ["", "=B7", "=B8", ""])
    page.put("K7", "=B7", "label")
    page.put("K8", "=B8", "label")
    page.put("L7:M8", "=COV_FROM_VOLS(Volatilities,Corr)", "computed", NUMBER)
    page.book.name("Cov", page, "L7:M8")
    page.note(
        "P5:S10",
        "Risk-adjusted return is expected excess return less ½·n·σ²: the certain return above cash that the investor "
        "values as much as the portfolio. The extra cost is paid on the weights above 100 % in all.",
    )


def _table(page: Page) -> None:
    page.heading("B12:I12", "Portfolios, computed")
    page.heading("K12:N12", "Published")
    page.heading("P12:S12", "Computed less published")
    figures = ["Excess return", "Risk", "Sharpe ratio", "Risk-adj. return"]
    page.header("B13", ["Portfolio", "Extra cost", "=B7", "=B8", *figures])
    page.header("K13", figures, "column")
    page.header("P13", figures, "column")
    page.sheet.set_row(12, 30)
    for row, line_ in _rows():
        weights, cost = f"D{row}:E{row}", f"C{row}"
        page.put(f"B{row}", line_.name, "label")
        page.put(f"C{row}", "=Borrow_spread" if line_.pays_spread else 0, "computed", PERCENT2)
        if isinstance(line_.weights, str):
            page.put(weights, f"=TRANSPOSE({line_.weights})", "computed", PERCENT2)
        else:
            page.line(f"D{row}", line_.weights, "published", PERCENT2)
        page.array(f"F{row}", f"=SUM(MMULT({weights},Exp_excess))-{cost}*MAX(SUM({weights})-1,0)", "computed", PERCENT2)
        page.put(f"G{row}", f"=PORT_VOL({weights},Cov)", "computed", PERCENT2)
        page.put(f"H{row}", f"=PORT_SHARPE({weights},Exp_excess,Cov,{cost})", "computed", RATIO)
        page.put(f"I{row}", f"=RISK_ADJ_RETURN({weights},Exp_excess,Cov,Risk_aversion,{cost})", "computed", PERCENT2)
        _differences(page, row, line_)
    page.book.name(COMPARISON, page, f"B{_FIRST - 1}:N{_LAST}")
    area = f"P{_FIRST}:S{_LAST}"
    amber = page.book.workbook.add_format({"bg_color": "#FBE8C8", "font_color": "#7A4B00"})
    beyond = f"=AND(ISNUMBER(P{_FIRST}),ABS(P{_FIRST})>IF(COLUMN()=COLUMN($R$1),0.005,0.0005))"
    page.sheet.conditional_format(area, {"type": "formula", "criteria": beyond, "format": amber})
    page.put(
        f"K{_LAST + 1}",
        "Amber: the difference is more than the rounding of the published figure; the notes say why.",
        "small",
    )


def _rows() -> Iterator[tuple[int, _Row]]:
    return enumerate(_TABLE, _FIRST)


def _differences(page: Page, row: int, line_: _Row) -> None:
    if line_.published is None:
        page.line(f"K{row}", [""] * 4, "label")
        page.line(f"P{row}", [""] * 4, "label")
        return
    formats = (PERCENT1, PERCENT1, RATIO, PERCENT1)
    columns = zip("KLMN", "FGHI", "PQRS", line_.published, formats, _FORMATS, strict=True)
    for published, computed, difference, value, printed, exact in columns:
        page.put(f"{published}{row}", value, "published", printed)
        page.put(f"{difference}{row}", f"={computed}{row}-{published}{row}", "difference", exact)


def _row_of(short: str) -> int:
    return next(row for row, line_ in _rows() if line_.short == short)


def _statements(page: Page) -> None:
    top = _LAST + 3
    traditional = _row_of("60/40")
    page.heading(f"B{top}:E{top}", "Other statements of the paper")
    page.header(f"B{top + 1}", ["", "Published", "Computed", "Difference"])
    weights = f"D{traditional}:E{traditional}"
    advantage, costly = (f"=I{_row_of(short)}-I{traditional}" for short in ("RP levered", "RP, extra cost"))
    rows = (
        ("Risk aversion that 60/40 implies", 3, f"=IMPLIED_RISK_AVERSION({weights},Exp_excess,Cov)", "0", "0.000"),
        ("Levered risk parity over 60/40, risk-adjusted", 0.007, advantage, PERCENT1, PERCENT2),
        ("The same after the extra cost of borrowing", 0.001, costly, PERCENT1, PERCENT2),
    )
    for row, (text, published, formula, printed, number_format) in enumerate(rows, top + 2):
        page.put(f"B{row}", text, "label")
        page.put(f"C{row}", published, "published", printed)
        page.put(f"D{row}", formula, "computed", number_format)
        page.put(f"E{row}", f"=D{row}-C{row}", "difference", number_format)
    page.note(
        f"G{top}:S{top + 4}",
        "The levered row's published 4.1 % and 11.6 % belong to neither the printed weights of 50 % and 200 % "
        "(4.00 %, 11.31 %) nor the optimum of 52.08 % and 208.33 % (4.17 %, 11.79 %): they are those of 51.25 % "
        "and 205 %, which is 20/80 levered 2.5625 times. The implied risk aversion of 60/40 is 2.956, which the text "
        "rounds to 3. With the paper's inputs every other published figure agrees with the printed weights to the "
        "last digit.",
    )


def _chart_data(book: TemplateBook) -> Page:
    page = book.page("Chart data", "What the charts draw, all of it by formulas", [2, 28, 14, 14, 3, 14, 14, 14])
    page.heading("B4:D4", "Risk-adjusted return")
    page.header("B5", ["Portfolio", "Computed", "Published"])
    for row, line_ in _rows():
        here = row - _FIRST + 6
        page.put(f"B{here}", line_.short, "label")
        page.put(f"C{here}", f"='Risk parity'!I{row}", "computed", PERCENT2)
        if line_.published:
            page.put(f"D{here}", f"='Risk parity'!N{row}", "computed", PERCENT2)
    page.heading("F4:H4", "Risk parity at leverages from 0 to 3")
    page.header("F5", ["Leverage", "Risk", "Excess return"], "column")
    base = _row_of("RP unlevered")
    for row in range(6, 19):
        page.put(f"F{row}", (row - 6) / 4, "published", RATIO)
        page.put(f"G{row}", f"=F{row}*'Risk parity'!G{base}", "computed", PERCENT2)
        page.put(f"H{row}", f"=F{row}*'Risk parity'!F{base}", "computed", PERCENT2)
    page.heading("F20:H20", "The same with the extra cost of borrowing")
    for row in range(21, 34):
        page.put(f"F{row}", (row - 21) / 4, "published", RATIO)
        page.put(f"G{row}", f"=F{row}*'Risk parity'!G{base}", "computed", PERCENT2)
        formula = f"=F{row}*'Risk parity'!F{base}-Borrow_spread*MAX(F{row}-1,0)"
        page.put(f"H{row}", formula, "computed", PERCENT2)
    return page


def _charts(page: Page, data: Page) -> None:
    picture = scatter_chart(page)
    picture.add_series(line(data, "Risk parity, levered", "G6:G18", "H6:H18", SLATE))
    picture.add_series(line(data, "with extra cost", "G21:G33", "H21:H33", BRICK, width=1.25, dash_type="dash"))
    for row, line_ in _rows():
        if line_.short in ("RP levered, 2.5625 times", "RP, extra cost, optimal"):
            continue  # their markers lie under those of their neighbours
        name = f"={data.ref(f'B{row - _FIRST + 6}')}"
        position = _LABELS.get(line_.short, "below")
        picture.add_series(named_point(page, name, f"G{row}", f"F{row}", line_.color, position))
    picture.set_x_axis(axis("Risk (volatility)", grid=False, min=0, label_position="low"))
    picture.set_y_axis(axis("Expected excess return", "0.0%"))
    picture.set_legend(legend(delete_series=list(range(2, 10))))
    top = _LAST + 9
    place(page, picture, f"B{top}", 820, 430, "Risk and return")

    chart = bar_chart(page)
    last = 5 + len(_TABLE)
    for column, name, color in (("C", "Computed", NAVY), ("D", "Published", SLATE)):
        values = f"{column}6:{column}{last}"
        chart.add_series(bars(data, name, f"B6:B{last}", values, color, data_labels=labels("0.0%")))
    chart.set_x_axis(axis(None, "0.0%", visible=False))
    chart.set_legend(legend())
    place(page, chart, f"K{top}", 590, 430, "Risk-adjusted return")


def _checks(book: TemplateBook) -> None:
    page = book.page(
        "Checks",
        "The same figures by native formulas that every spreadsheet has",
        [2, 48, 12, 12, 12, 12, 12, 12, 14],
    )
    page.header("B4", ["Portfolio", "", "", "Excess return", "Risk", "Sharpe ratio", "Risk-adj. return", ""])
    main = "'Risk parity'!"
    page.line("C4", [f"={main}B7", f"={main}B8"], "column")
    page.put("I4", "Against rpxl", "column")
    inverse = "MMULT(MINVERSE(Cov),Exp_excess"
    multiplier = f"MEDIAN(0,Borrow_spread,(SUM({inverse}))-Risk_aversion)/SUM(MINVERSE(Cov)))"
    native = {
        "RP_WEIGHTS(Cov)": "1/Volatilities/SUM(1/Volatilities)",
        "MERTON_WEIGHTS(Exp_excess,Cov,Risk_aversion)": f"{inverse})/Risk_aversion",
        "MERTON_WEIGHTS(Exp_excess,Cov,Risk_aversion,Borrow_spread)": f"{inverse}-{multiplier})/Risk_aversion",
        "Weights": "Weights",
    }
    for row, line_ in _rows():
        here = row - _FIRST + 5
        weights = f"C{here}:D{here}"
        page.put(f"B{here}", line_.name, "label")
        if isinstance(line_.weights, str):
            page.put(weights, f"=TRANSPOSE({native[line_.weights]})", "computed", PERCENT2)
        else:
            page.line(f"C{here}", [f"={main}D{row}", f"={main}E{row}"], "computed", PERCENT2)
        cost = f"-{main}C{row}*MAX(C{here}+D{here}-1,0)"
        page.array(f"E{here}", f"=SUM({weights}*TRANSPOSE(Exp_excess)){cost}", "computed", PERCENT2)
        page.array(f"F{here}", f"=SQRT(SUM(MMULT(MMULT({weights},Cov),TRANSPOSE({weights}))))", "computed", PERCENT2)
        page.put(f"G{here}", f"=E{here}/F{here}", "computed", RATIO)
        page.put(f"H{here}", f"=E{here}-Risk_aversion/2*F{here}^2", "computed", PERCENT2)
        page.verdict(f"I{here}", f"{main}D{row}:I{row}", f"C{here}:H{here}")
    last = 4 + len(_TABLE)
    page.put(f"B{last + 1}", "Covariance matrix: σᵢρᵢⱼσⱼ", "label")
    page.line(f"C{last + 1}", [""] * 6, "label")
    page.verdict(f"I{last + 1}", "Cov", "(Volatilities*Corr*TRANSPOSE(Volatilities))")
    implied = _LAST + 5
    traditional = _row_of("60/40") - _FIRST + 5
    page.put(f"B{last + 2}", "Risk aversion that 60/40 implies: w'μ/w'Σw", "label")
    page.put(f"C{last + 2}", f"=E{traditional}/F{traditional}^2", "computed", "0.000")
    page.line(f"D{last + 2}", [""] * 5, "label")
    page.verdict(f"I{last + 2}", f"{main}D{implied}", f"C{last + 2}")
    page.verdicts(f"I5:I{last + 2}")
    page.note(
        f"B{last + 4}:I{last + 8}",
        "Risk parity of two assets is inverse volatility, whatever the correlation. The optimum with an extra cost s "
        "of borrowing is Σ⁻¹(μ − λ)/n. The shadow price of borrowing, λ = (1'Σ⁻¹μ − n)/(1'Σ⁻¹1), is limited to the "
        "range from 0 (nothing is borrowed) to s (borrowing is worth its cost); in between the weights sum to 100 %.",
    )


TEMPLATE = Template(
    name="haghani_white",
    title="Some clarity on risk parity",
    summary="The table of Haghani & White (2017): printed, utility-optimal and published figures side by side",
    sample=_sample,
    lay_out=_lay_out,
    assets=2,
)
