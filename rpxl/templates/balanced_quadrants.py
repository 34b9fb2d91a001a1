"""Balance along growth and inflation: assets in four quadrants, each of which holds a quarter of the risk."""

from rpxl.templates.charts import axis, bars, column_chart, labels, legend, place
from rpxl.templates.checks import lay_out_checks, sum_check
from rpxl.templates.looks import BRICK, GOLD, INK, NAVY, NUMBER, PERCENT1, PERCENT2, RATIO, TEAL
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters

_ASSETS = 8
_FIRST, _LAST = 7, 6 + _ASSETS
_QUADRANTS = (("Rising", "Rising"), ("Falling", "Rising"), ("Rising", "Falling"), ("Falling", "Falling"))
"""Growth and inflation of each quadrant."""
_TABLE = 19
"""The head row of the table of quadrants."""
_PORTFOLIOS = {"Equal weight": ("G", "J"), "Risk parity by asset": ("H", "K"), "Balanced quadrants": ("I", "L")}
"""Columns of the weights and of the shares of risk."""


def _sample() -> TemplateInputs:
    rising, falling = "Rising", "Falling"
    return {
        "Assets": [
            *(["Stocks"], ["Corporate credit"], ["Commodities"], ["Emerging equities"]),
            *(["Government bonds"], ["Long government bonds"], ["Gold"], ["Index-linked bonds"]),
        ],
        "Growth": [[rising], [rising], [rising], [rising], [falling], [falling], [falling], [falling]],
        "Inflation": [[falling], [falling], [rising], [falling], [falling], [falling], [rising], [rising]],
        "Volatilities": [[0.16], [0.07], [0.17], [0.21], [0.06], [0.13], [0.15], [0.07]],
        "Corr": [
            [1.0, 0.6, 0.35, 0.75, -0.2, -0.2, 0.05, 0.0],
            [0.6, 1.0, 0.25, 0.55, 0.2, 0.2, 0.15, 0.35],
            [0.35, 0.25, 1.0, 0.45, -0.2, -0.25, 0.35, 0.1],
            [0.75, 0.55, 0.45, 1.0, -0.1, -0.1, 0.25, 0.15],
            [-0.2, 0.2, -0.2, -0.1, 1.0, 0.9, 0.25, 0.7],
            [-0.2, 0.2, -0.25, -0.1, 0.9, 1.0, 0.2, 0.65],
            [0.05, 0.15, 0.35, 0.25, 0.25, 0.2, 1.0, 0.45],
            [0.0, 0.35, 0.1, 0.15, 0.7, 0.65, 0.45, 1.0],
        ],
    }


def _cells(column: str) -> str:
    return f"{column}{_FIRST}:{column}{_LAST}"


def _lay_out(book: TemplateBook) -> None:
    page = book.page(
        "Quadrants",
        "Growth and inflation above or below what is expected: a quarter of the risk for each of the four cases",
        [2, 24, 10, 10, 34, 10, *[12] * 6, 2],
    )
    page.status("B3:E3")
    page.legend("J3")
    _assets(page)
    _quadrants(page)
    _picture(page)
    _charts(page)
    _matrices(book)
    _checks(book)
    book.notes()


def _assets(page: Page) -> None:
    page.heading("B5:F5", "Assets: what they are there for is your input")
    page.heading("G5:I5", "Weights")
    page.heading("J5:L5", "Shares of risk")
    page.line("B6", ["Asset", "Growth", "Inflation", "Quadrant"], "column_label")
    page.line("F6", ["Volatility", *_PORTFOLIOS, *_PORTFOLIOS], "column")
    page.sheet.set_row(5, 30)
    page.input("Assets", _cells("B"), look="input_text")
    page.input("Growth", _cells("C"), look="input_text")
    page.input("Inflation", _cells("D"), look="input_text")
    page.sheet.data_validation(f"C{_FIRST}:D{_LAST}", {"validate": "list", "source": ["Rising", "Falling"]})
    for row in range(_FIRST, _LAST + 1):
        page.put(f"E{row}", f'=C{row}&" growth, "&LOWER(D{row})&" inflation"', "label")
        page.put(f"G{row}", "=1/ROWS(Assets)", "computed", PERCENT1)
    page.book.name("Quadrant_of", page, _cells("E"))
    page.input("Volatilities", _cells("F"), PERCENT1)
    page.put(_cells("H"), "=RP_WEIGHTS(Cov)", "computed", PERCENT1)
    page.put(_cells("I"), "=RP_WEIGHTS(Cov,,Quadrant_of)", "computed", PERCENT1)
    total = _LAST + 1
    page.line(f"B{total}", ["Total", "", "", "", ""], "total_label")
    for weights, shares in _PORTFOLIOS.values():
        page.put(_cells(shares), f"=RISK_CONTRIB({_cells(weights)},Cov)", "computed", PERCENT1)
        for column in (weights, shares):
            page.put(f"{column}{total}", f"=SUM({_cells(column)})", "total", PERCENT1)
    page.put(f"B{total + 1}", "Volatility", "label")
    page.line(f"C{total + 1}", ["", "", "", ""], "label")
    for weights, _ in _PORTFOLIOS.values():
        page.put(f"{weights}{total + 1}", f"=PORT_VOL({_cells(weights)},Cov)", "computed", PERCENT2)


def _quadrants(page: Page) -> None:
    top = _TABLE
    page.heading(f"B{top - 1}:F{top - 1}", "The four quadrants")
    page.heading(f"G{top - 1}:I{top - 1}", "Weights")
    page.heading(f"J{top - 1}:L{top - 1}", "Shares of risk")
    page.line(f"B{top}", ["Quadrant", "", "", "", "Assets"], "column_label")
    page.line(f"G{top}", [*_PORTFOLIOS, *_PORTFOLIOS], "column")
    page.sheet.set_row(top - 1, 30)
    for row, (growth, inflation) in enumerate(_QUADRANTS, top + 1):
        page.line(f"B{row}", [f"{growth} growth, {inflation.lower()} inflation", "", "", ""], "label")
        page.put(f"F{row}", f"=COUNTIF(Quadrant_of,$B{row})", "computed", "0")
        for column in "GHIJKL":
            page.put(f"{column}{row}", f"=SUMIF(Quadrant_of,$B{row},{_cells(column)})", "computed", PERCENT1)
    page.book.name("Balance", page, f"L{top + 1}:L{top + 4}")


def _picture(page: Page) -> None:
    """Draw the quadrants as two rows and two columns, with the assets in each and its share of the risk."""
    page.heading("B25:E25", "The quadrants: share of the risk of Balanced quadrants, and who carries it")
    page.line("B26", ["", "", "", ""], "column_label")
    page.sheet.merge_range("C26:D26", "Rising growth", page.book.look("column_label"))
    page.put("E26", "Falling growth", "column_label")
    for row, inflation, numbers in ((27, "Rising inflation", (0, 1)), (30, "Falling inflation", (2, 3))):
        page.put(f"B{row}", inflation, "total_label")
        for area, number in zip((("C", "D"), ("E", "E")), numbers, strict=True):
            if area[0] != area[1]:
                page.sheet.merge_range(f"{area[0]}{row}:{area[1]}{row}", "", page.book.look("total", PERCENT1))
            page.put(f"{area[0]}{row}", f"=L{_TABLE + 1 + number}", "total", PERCENT1)
            names = "&".join(f'IF(E{r}=$B${_TABLE + 1 + number},B{r}&". ","")' for r in range(_FIRST, _LAST + 1))
            target = f"{area[0]}{row + 1}:{area[1]}{row + 2}"
            page.sheet.merge_range(target, "", page.book.look("note"))
            page.put(f"{area[0]}{row + 1}", f"={names}", "note")
    for row in (28, 29, 31, 32):
        page.sheet.set_row(row - 1, 24)
    page.note(
        "B33:E36",
        "Each asset stands in the quadrant in which it is expected to do well. With a quarter of the risk in each, no "
        "view on growth or inflation is needed. An empty quadrant can't be balanced: the checks say so.",
    )


def _charts(page: Page) -> None:
    chart = column_chart(page, stacked=True)
    for row, color, ink in zip(range(_TABLE + 1, _TABLE + 5), (BRICK, GOLD, NAVY, TEAL), "WIWW", strict=True):
        name = f"={page.ref(f'B{row}')}"
        shown = labels('[<0.04]"";0%', INK if ink == "I" else "#FFFFFF")
        chart.add_series(bars(page, name, f"J{_TABLE}:L{_TABLE}", f"J{row}:L{row}", color, data_labels=shown))
    chart.set_x_axis(axis(grid=False, label_position="low"))
    chart.set_y_axis(axis(None, "0%", max=1))
    chart.set_legend(legend())
    place(page, chart, "F25", 570, 330, "Shares of risk by quadrant", right=12)
    weights = column_chart(page)
    for name, color in zip(_PORTFOLIOS, ("#A9B7C6", TEAL, NAVY), strict=True):
        column = _PORTFOLIOS[name][0]
        weights.add_series(bars(page, name, _cells("B"), _cells(column), color))
    weights.set_x_axis(axis(grid=False, label_position="low"))
    weights.set_y_axis(axis())
    weights.set_legend(legend())
    place(page, weights, "B42", 1170, 280, "Weights")


def _matrices(book: TemplateBook) -> None:
    page = book.page("Matrices", "Correlations, which are inputs, and the covariances made of them", [2, 24, *[11] * 8])
    for top, title in ((4, "Correlations"), (16, "Covariance, annual")):
        page.heading(f"B{top}:J{top}", title)
        for k in range(1, _ASSETS + 1):
            page.put(f"{column_letters(k + 2)}{top + 1}", f"=INDEX(Assets,{k},1)", "column")
            page.put(f"B{top + 1 + k}", f"=INDEX(Assets,{k},1)", "label")
        page.sheet.set_row(top, 30)
    page.input("Corr", "C6:J13", RATIO)
    page.put("C18:J25", "=COV_FROM_VOLS(Volatilities,Corr)", "computed", NUMBER)
    book.name("Cov", page, "C18:J25")


def _checks(book: TemplateBook) -> None:
    covariance = "Volatilities*Corr*TRANSPOSE(Volatilities)"
    checks = [sum_check("Covariance matrix, sum of all cells", "Cov", covariance, NUMBER)]
    for name, (column, share) in _PORTFOLIOS.items():
        weights, shares = f"Quadrants!{_cells(column)}", f"Quadrants!{_cells(share)}"
        risks = f"{weights}*MMULT({covariance},{weights})"
        checks += [
            sum_check(f"Volatility: {name}", f"Quadrants!{column}{_LAST + 2}", f"SQRT(SUM({risks}))", PERCENT2),
            sum_check(f"Shares of risk, their sum shown: {name}", shares, f"{risks}/SUM({risks})", PERCENT1),
        ]
    parity = f"Quadrants!{_cells('K')}"
    checks.append(sum_check("Risk parity by asset: each holds 1/n", parity, f"0*{parity}+1/ROWS(Assets)", PERCENT1))
    for k, (growth, inflation) in enumerate(_QUADRANTS):
        text = f"Quarter of the risk: {growth.lower()} growth, {inflation.lower()} inflation"
        checks.append(sum_check(text, f"INDEX(Balance,{k + 1},1)", "1/4", PERCENT1))
    lay_out_checks(book, "The same figures by native formulas that every spreadsheet has", checks)


TEMPLATE = Template(
    name="balanced_quadrants",
    title="A quarter of the risk for each quadrant",
    summary="Assets assigned to the four quadrants of growth and inflation, a quarter of the risk in each",
    sample=_sample,
    lay_out=_lay_out,
    assets=_ASSETS,
)
