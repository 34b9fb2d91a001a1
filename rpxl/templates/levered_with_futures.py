"""A risk-parity portfolio levered to a target volatility with futures: contracts, margin, and prudence."""

from rpxl.templates.charts import axis, bars, column_chart, labels, legend, place
from rpxl.templates.checks import lay_out_checks, sum_check
from rpxl.templates.looks import NAVY, NUMBER, PERCENT1, PERCENT2, RATIO, SLATE, TEAL, TIMES
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters

_ASSETS = 5
_FIRST, _LAST = 16, 15 + _ASSETS
_REPORT = 6
"""The head row of MARGIN_REPORT on the sheet Margin."""
_FIGURES = _REPORT + _ASSETS + 2
"""The first row of its figures."""
_CONDITIONS = _FIGURES + 8
"""The head row of its conditions."""
_FIGURE_FORMATS = (PERCENT2, PERCENT2, PERCENT2, PERCENT2, "0.0000%", "0.0000%", PERCENT1, RATIO)
_WHOLE_DOLLARS = '"$"#,##0'


def _sample() -> TemplateInputs:
    return {
        "Equity": 50_000_000.0,
        "Target_vol": 0.1,
        "Cash": 0.15,
        "Horizon_days": 21.0,
        "Confidence": 0.99,
        "Assets": [
            ["World equity index"],
            ["Government bonds 10y"],
            ["Inflation-linked bonds"],
            ["Gold"],
            ["Commodities"],
        ],
        "Contract_values": [[110_000.0], [111_000.0], [105_000.0], [200_000.0], [65_000.0]],
        "Margin_rates": [[0.06], [0.02], [0.025], [0.055], [0.07]],
        "Volatilities": [[0.15], [0.06], [0.065], [0.145], [0.16]],
        "Corr": [
            [1.0, -0.15, 0.05, 0.05, 0.35],
            [-0.15, 1.0, 0.7, 0.25, -0.2],
            [0.05, 0.7, 1.0, 0.4, 0.1],
            [0.05, 0.25, 0.4, 1.0, 0.35],
            [0.35, -0.2, 0.1, 0.35, 1.0],
        ],
    }


def _cells(column: str) -> str:
    return f"{column}{_FIRST}:{column}{_LAST}"


def _lay_out(book: TemplateBook) -> None:
    page = book.page(
        "Futures",
        '="Risk parity at a volatility of "&TEXT(Target_vol,"0.0%")&" on $"&ROUND(Equity/1000000,1)&" million"',
        [2, 27, *[13.5] * 10],
    )
    page.status("B3:D3")
    page.legend("J3")
    _inputs(page)
    _contracts(page)
    margin = _margin(book)
    _charts(page, margin)
    _matrices(book)
    _checks(book)
    book.notes()


def _inputs(page: Page) -> None:
    page.heading("B5:C5", "Inputs")
    rows = (
        ("Equity", "Equity", _WHOLE_DOLLARS),
        ("Target volatility", "Target_vol", PERCENT1),
        ("Cash for margin, of equity", "Cash", PERCENT1),
        ("Horizon, trading days", "Horizon_days", "0"),
        ("Confidence", "Confidence", PERCENT1),
    )
    for row, (text, name, number_format) in enumerate(rows, 6):
        page.put(f"B{row}", text, "label")
        page.input(name, f"C{row}", number_format)
    page.heading("E5:K5", "Result")
    results = (
        ("Leverage: notional over equity", f"=I{_LAST + 1}", TIMES),
        ("Volatility with whole contracts", f"=PORT_VOL({_cells('I')},Cov)", PERCENT2),
        ("Initial margin, of equity", f"=Margin!E{_REPORT + _ASSETS + 1}", PERCENT2),
        ("Free cash, of equity", f"=Margin!C{_FIGURES}", PERCENT2),
        ("Loss at the confidence over the horizon", f"=Margin!C{_FIGURES + 2}", PERCENT2),
        ("Loss that triggers a margin call", f"=Margin!C{_FIGURES + 3}", PERCENT2),
        ("Chance of a call within the horizon", f"=Margin!C{_FIGURES + 5}", "0.0000%"),
    )
    for row, (text, formula, number_format) in enumerate(results, 6):
        page.line(f"E{row}", [text, "", ""], "label")
        page.put(f"H{row}", formula, "computed", number_format)
        if row in (6, 8, 9, 10, 11):
            page.put(f"I{row}", f"=H{row}*Equity", "computed", _WHOLE_DOLLARS)


def _contracts(page: Page) -> None:
    top = _FIRST - 1
    page.heading(f"B{top - 1}:K{top - 1}", "From weights to whole contracts")
    heads = [
        *("Volatility", "Risk-parity weight", "Levered weight", "Value of a contract", "Contracts", "Notional"),
        *("Notional, of equity", "Share of risk", "Margin rate"),
    ]
    page.header(f"B{top}", ["Future", *heads])
    page.sheet.set_row(top - 1, 30)
    page.input("Assets", _cells("B"), look="input_text")
    page.input("Volatilities", _cells("C"), PERCENT1)
    page.put(_cells("D"), "=RP_WEIGHTS(Cov)", "computed", PERCENT1)
    page.put(_cells("E"), f'=LEVER_TO_VOL({_cells("D")},Cov,Target_vol,,,"weights")', "computed", PERCENT1)
    page.input("Contract_values", _cells("F"), _WHOLE_DOLLARS)
    for row in range(_FIRST, _LAST + 1):
        page.put(f"G{row}", f"=ROUND(E{row}*Equity/F{row},0)", "computed", "#,##0")
        page.put(f"H{row}", f"=G{row}*F{row}", "computed", _WHOLE_DOLLARS)
        page.put(f"I{row}", f"=H{row}/Equity", "computed", PERCENT2)
    page.put(_cells("J"), f"=RISK_CONTRIB({_cells('I')},Cov)", "computed", PERCENT2)
    page.input("Margin_rates", _cells("K"), PERCENT1)
    total = _LAST + 1
    page.line(f"B{total}", ["Total", "", "", "", "", "", "", "", "", ""], "total_label")
    for column, number_format in (("D", PERCENT1), ("E", PERCENT1), ("G", "#,##0"), ("H", _WHOLE_DOLLARS),
                                  ("I", PERCENT2), ("J", PERCENT2)):  # fmt: skip
        page.put(f"{column}{total}", f"=SUM({_cells(column)})", "total", number_format)
    for name, column in (("Weights_RP", "D"), ("Weights_levered", "E"), ("Weights_held", "I")):
        page.book.name(name, page, _cells(column))


def _margin(book: TemplateBook) -> Page:
    page = book.page(
        "Margin",
        "Margin, free cash, the chance of a call, and the four conditions of prudent leverage",
        [2, 44, 16, 84, 16],
    )
    last = _CONDITIONS + 4
    page.heading(f"B{_REPORT - 1}:E{_REPORT - 1}", "MARGIN_REPORT, in fractions of equity")
    call = "=MARGIN_REPORT(Holdings,Cov,Margin_rates,Cash,Horizon_days,Confidence)"
    page.put(f"B{_REPORT}:E{last}", call, "column_label")
    page.restyle(f"C{_REPORT}:E{_REPORT}", "column")
    for row in range(_REPORT + 1, _FIGURES):
        look = ("total", "total_label") if row == _FIGURES - 1 else ("computed", "label")
        page.restyle(f"B{row}:B{row}", look[1])
        page.restyle(f"C{row}:E{row}", look[0], PERCENT2)
    for row, number_format in enumerate(_FIGURE_FORMATS, _FIGURES):
        page.restyle(f"B{row}:B{row}", "label")
        page.restyle(f"C{row}:C{row}", "computed", number_format)
        page.restyle(f"D{row}:E{row}", "label")
    page.restyle(f"B{_CONDITIONS}:E{_CONDITIONS}", "column_label")
    for row in range(_CONDITIONS + 1, last + 1):
        page.restyle(f"B{row}:B{row}", "label")
        page.restyle(f"C{row}:C{row}", "verdict")
        page.restyle(f"D{row}:E{row}", "wrapped")
        page.sheet.set_row(row - 1, 32)
    page.note(
        f"B{last + 2}:D{last + 4}",
        "Returns are taken as normal, which understates large losses: keep more free cash than this asks for. Two of "
        "the conditions depend on your habits and contracts, which no number shows; answer them yourself.",
    )
    top = last + 7
    page.heading(f"B{top - 1}:C{top - 1}", "What MARGIN_REPORT reads: holdings with their names")
    for k in range(_ASSETS):
        page.put(f"B{top + k}", f"=INDEX(Assets,{k + 1},1)", "label")
        page.put(f"C{top + k}", f"=INDEX(Weights_held,{k + 1},1)", "computed", PERCENT2)
    book.name("Holdings", page, f"B{top}:C{top + _ASSETS - 1}")
    return page


def _charts(page: Page, margin: Page) -> None:
    names = _cells("B")
    weights = column_chart(page)
    for name, column, color in (("Risk-parity weight", "D", SLATE), ("Notional, of equity", "I", NAVY)):
        weights.add_series(bars(page, name, names, _cells(column), color, data_labels=labels()))
    weights.set_x_axis(axis(grid=False, label_position="low"))
    weights.set_y_axis(axis())
    weights.set_legend(legend())
    place(page, weights, f"B{_LAST + 3}", 560, 330, "Before and after leverage")
    cover = column_chart(page)
    cover.add_series(bars(page, "Of equity", "E8:E11", "H8:H11", TEAL, data_labels=labels("0.0%")))
    cover.set_x_axis(axis(grid=False, label_position="low"))
    cover.set_y_axis(axis(min=0))
    cover.set_legend({"none": True})
    place(page, cover, f"B{_LAST + 3}", 560, 330, "Margin, free cash and losses", right=572)


def _matrices(book: TemplateBook) -> None:
    page = book.page("Matrices", "Correlations, which are inputs, and the covariances made of them", [2, 26, *[14] * 5])
    last = column_letters(_ASSETS + 2)
    for top, title in ((4, "Correlations"), (13, "Covariance, annual")):
        page.heading(f"B{top}:{last}{top}", title)
        for k in range(1, _ASSETS + 1):
            page.put(f"{column_letters(k + 2)}{top + 1}", f"=INDEX(Assets,{k},1)", "column")
            page.put(f"B{top + 1 + k}", f"=INDEX(Assets,{k},1)", "label")
        page.sheet.set_row(top, 30)
    page.input("Corr", f"C6:{last}10", RATIO)
    page.put(f"C15:{last}19", "=COV_FROM_VOLS(Volatilities,Corr)", "computed", NUMBER)
    book.name("Cov", page, f"C15:{last}19")


def _checks(book: TemplateBook) -> None:
    covariance = "Volatilities*Corr*TRANSPOSE(Volatilities)"
    vol = f"SQRT(SUM({{w}}*MMULT({covariance},{{w}})))"
    held, parity, levered = (vol.format(w=name) for name in ("Weights_held", "Weights_RP", "Weights_levered"))
    margin = "SUM(Margin_rates*ABS(Weights_held))"
    horizon = f"{held}*SQRT(Horizon_days/252)"
    chance = f"NORM.S.DIST(-(Cash-{margin})/({horizon}),TRUE)"
    shares = f"Weights_held*MMULT({covariance},Weights_held)/SUM(Weights_held*MMULT({covariance},Weights_held))"
    risk = f"Weights_RP*MMULT({covariance},Weights_RP)"
    rows = (
        ("Covariance matrix, sum of all cells", "Cov", covariance, NUMBER),
        ("Risk parity: every share is 1/n", f"{risk}/SUM({risk})", "0*Weights_RP+1/ROWS(Assets)", PERCENT1),
        ("Levered weights: to the target volatility", "Weights_levered", f"Weights_RP*Target_vol/{parity}", PERCENT2),
        ("Volatility of the levered weights", "Target_vol", levered, PERCENT2),
        ("Volatility with whole contracts", "Futures!H7", held, PERCENT2),
        ("Shares of risk with whole contracts", f"Futures!{_cells('J')}", shares, PERCENT2),
        ("Initial margin", "Futures!H8", margin, PERCENT2),
        ("Free cash", "Futures!H9", f"Cash-{margin}", PERCENT2),
        ("Volatility over the horizon", f"Margin!C{_FIGURES + 1}", horizon, PERCENT2),
        ("Loss at the confidence", "Futures!H10", f"{horizon}*NORM.S.INV(Confidence)", PERCENT2),
        ("Loss that triggers a margin call", "Futures!H11", f"Cash-{margin}", PERCENT2),
        ("Chance of a call at the end of the horizon", f"Margin!C{_FIGURES + 4}", chance, "0.0000%"),
        ("Chance of a call within the horizon", "Futures!H12", f"2*{chance}", "0.0000%"),
        ("Largest share of the risk", f"Margin!C{_FIGURES + 6}", f"MAX({shares})", PERCENT2),
        (
            "Independent bets",
            f"Margin!C{_FIGURES + 7}",
            f"(SUM(ABS(Weights_held)*Volatilities)/{held})^2",
            RATIO,
        ),
    )
    checks = [sum_check(*row) for row in rows]
    lay_out_checks(book, "The same figures by native formulas that every spreadsheet has", checks)


TEMPLATE = Template(
    name="levered_with_futures",
    title="Risk parity levered with futures",
    summary="Risk parity at a target volatility with futures: whole contracts, margin, the four conditions",
    sample=_sample,
    lay_out=_lay_out,
    assets=_ASSETS,
)
