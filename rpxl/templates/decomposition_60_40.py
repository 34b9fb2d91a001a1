"""Where the risk of a 60/40 portfolio sits: the decomposition of the textbook chapter, beside other mixes."""

from rpxl.templates.charts import (
    axis,
    capital_and_risk,
    legend,
    line,
    named_point,
    place,
    scatter_chart,
)
from rpxl.templates.looks import GOLD, INK, NAVY, NUMBER, PERCENT1, PERCENT2, RATIO, SLATE, TEAL
from rpxl.templates.page import COMPARISON, Page, TemplateBook
from rpxl.templates.template import Template, TemplateInputs

_MIXES = {"C": ("60/40", 0.6, 0.4), "D": ("50/50", 0.5, 0.5), "E": ("20/80", 0.2, 0.8)}
_OWN = "F"
_NATIVE = {"C": "J", "D": "K", "E": "L", "F": "M"}
"""The columns of the four portfolios' results, and those of the same by native formulas."""


def _sample() -> TemplateInputs:
    return {
        "Assets": [["Stocks (SPY)"], ["Bonds (AGG)"]],
        "Volatilities": [[0.15], [0.05]],
        "Corr": [[1.0, -0.2], [-0.2, 1.0]],
        "Weights": [[0.4], [0.6]],
    }


def _lay_out(book: TemplateBook) -> None:
    page = book.page(
        "Decomposition",
        '="60 % of the capital is "&ROUND(100*C24,1)&" % of the risk: what each asset adds to four portfolios"',
        [2, 30, 12, 12, 12, 12, 3, 3, 34, 12, 12, 12, 12, 14],
    )
    page.status("B3:F3")
    page.legend("L3")
    _inputs(page)
    _results(page)
    _published(page)
    _checks(page)
    _charts(page, _chart_data(book))
    book.notes()


def _inputs(page: Page) -> None:
    page.heading("B5:F5", "Inputs")
    page.header("B6", ["Asset", "Volatility", "Correlation", "", "Your weights"])
    page.input("Assets", "B7:B8", look="input_text")
    page.input("Volatilities", "C7:C8", PERCENT1)
    page.input("Corr", "D7:E8", RATIO)
    page.input("Weights", "F7:F8", PERCENT1)
    page.heading("B10:F10", "Covariance matrix, annual")
    page.header("B11", ["", "=B7", "=B8"])
    for row, asset in ((12, "=B7"), (13, "=B8")):
        page.put(f"B{row}", asset, "label")
    page.put("C12:D13", "=COV_FROM_VOLS(Volatilities,Corr)", "computed", NUMBER)
    page.book.name("Cov", page, "C12:D13")


def _results(page: Page) -> None:
    page.heading("B15:F15", "Four portfolios")
    page.header("B16", ["", *(mix for mix, _, _ in _MIXES.values()), "Your own"])
    for top, what in ((17, "Weight"), (20, "Marginal risk"), (22, "Contribution"), (24, "Share of risk")):
        for row, asset in ((top, "B7"), (top + 1, "B8")):
            page.put(f"B{row}", f'="{what}, "&{asset}', "label")
    page.put("B19", "Volatility of the portfolio", "total_label")
    page.put("B26", "Diversification ratio", "label")
    for column, (_, first, second) in _MIXES.items():
        page.put(f"{column}17", first, "published", PERCENT1)
        page.put(f"{column}18", second, "published", PERCENT1)
    page.put(f"{_OWN}17:{_OWN}18", "=Weights", "computed", PERCENT1)
    for column in _NATIVE:
        weights = f"{column}17:{column}18"
        page.put(f"{column}19", f"=PORT_VOL({weights},Cov)", "total", PERCENT2)
        for top, measure in ((20, "marginal"), (22, "absolute"), (24, "share")):
            formula = f'=RISK_CONTRIB({weights},Cov,"{measure}")'
            page.put(f"{column}{top}:{column}{top + 1}", formula, "computed", PERCENT2)
        page.put(f"{column}26", f"=DIVERSIFICATION_RATIO({weights},Cov)", "computed", RATIO)


def _published(page: Page) -> None:
    page.heading("I5:N5", "60/40: published against computed")
    page.header("I6", ["Figure", "Published", "Computed", "Difference"])
    rows = (
        ("Variance of stocks", 0.0225, "C12", NUMBER),
        ("Covariance", -0.0015, "D12", NUMBER),
        ("Variance of bonds", 0.0025, "D13", NUMBER),
        ("Portfolio volatility", 0.0851, "C19", PERCENT2),
        ("Share of risk, stocks", 0.9636, "C24", PERCENT2),
        ("Share of risk, bonds", 0.0364, "C25", PERCENT2),
    )
    for row, (figure, published, cell, number_format) in enumerate(rows, 7):
        page.put(f"I{row}", figure, "label")
        page.put(f"J{row}", published, "published", number_format)
        page.put(f"K{row}", f"={cell}", "computed", number_format)
        page.put(f"L{row}", f"=K{row}-J{row}", "difference", number_format)
    page.book.name(COMPARISON, page, "I6:L12")
    page.note(
        "M7:N13",
        "The printed 8.51 %, 96.36 % and 3.64 % cannot come from the printed inputs: w'Σw = 0.0081 + 0.0004 "
        "− 0.00072 = 0.00778, whose root is 8.82 %. The message stands: bonds carry almost none of the risk.",
    )
    page.put("I13", "Stocks' share if the correlation were 0", "label")
    page.put("K13", "=(C17*C7)^2/((C17*C7)^2+(C18*C8)^2)", "computed", PERCENT2)
    page.put("J13", "", "label")
    page.put("L13", "", "label")


def _checks(page: Page) -> None:
    page.heading("I15:N15", "Independent check: the same by native formulas")
    page.header("I16", ["", *(mix for mix, _, _ in _MIXES.values()), "Your own", "Against rpxl"])
    titles = (
        *("Covariance: σ₁ρ₁₁σ₁, σ₁ρ₁₂σ₂", "Covariance: σ₂ρ₂₁σ₁, σ₂ρ₂₂σ₂", "Volatility: √(w'Σw)"),
        *("Marginal risk: (Σw)₁/σ", "Marginal risk: (Σw)₂/σ"),
        *("Contribution: w₁(Σw)₁/σ", "Contribution: w₂(Σw)₂/σ"),
        *("Share of risk: w₁(Σw)₁/σ²", "Share of risk: w₂(Σw)₂/σ²", "Diversification: |w|'σ/√(w'Σw)"),
    )
    for row, title in enumerate(titles, 17):
        page.put(f"I{row}", title, "label")
        page.verdict(f"N{row}", f"C{row}:F{row}", f"J{row}:M{row}")
    page.put("J17:K18", "=Volatilities*Corr*TRANSPOSE(Volatilities)", "computed", NUMBER)
    for row in (17, 18):
        page.verdict(f"N{row}", f"C{row - 5}:D{row - 5}", f"J{row}:K{row}")
        page.line(f"L{row}", ["", ""], "label")
    for source, column in _NATIVE.items():
        weights = f"{source}17:{source}18"
        page.array(f"{column}19", f"=SQRT(SUMPRODUCT({weights},MMULT(Cov,{weights})))", "total", PERCENT2)
        page.put(f"{column}20:{column}21", f"=MMULT(Cov,{weights})/{column}19", "computed", PERCENT2)
        page.put(f"{column}22:{column}23", f"={weights}*MMULT(Cov,{weights})/{column}19", "computed", PERCENT2)
        page.put(f"{column}24:{column}25", f"={weights}*MMULT(Cov,{weights})/{column}19^2", "computed", PERCENT2)
        page.put(f"{column}26", f"=SUMPRODUCT(ABS({weights}),Volatilities)/{column}19", "computed", RATIO)
    page.verdicts("N17:N26")


def _chart_data(book: TemplateBook) -> Page:
    """Lay out what the charts draw: capital and risk of each portfolio, and a curve over all weights."""
    page = book.page(
        "Chart data", "What the charts draw, all of it by formulas", [2, 16, 14, 16, 16, 3, 16, 16, 16, 16]
    )
    page.heading("B4:E4", "Capital and risk")
    page.header("B5", ["Portfolio", "", "=Decomposition!B7", "=Decomposition!B8"])
    for number, column in enumerate(_NATIVE):
        row = 6 + 2 * number
        page.put(f"B{row}", f"=Decomposition!{column}16", "label")
        page.put(f"B{row + 1}", "", "label")
        for offset, (what, top) in enumerate((("Capital", 17), ("Risk", 24))):
            page.put(f"C{row + offset}", what, "label")
            page.put(f"D{row + offset}", f"=Decomposition!{column}{top}", "computed", PERCENT1)
            page.put(f"E{row + offset}", f"=Decomposition!{column}{top + 1}", "computed", PERCENT1)
    page.heading("G4:J4", "Risk shares over all weights")
    page.header("G5", ["Weight, first", "Weight, second", "Risk, first", "Risk, second"], "column")
    for step in range(21):
        row = 6 + step
        page.put(f"G{row}", step / 20, "published", PERCENT1)
        page.put(f"H{row}", f"=1-G{row}", "computed", PERCENT1)
        page.put(f"I{row}:J{row}", f"=RISK_CONTRIB(G{row}:H{row},Cov)", "computed", PERCENT1)
    return page


def _charts(page: Page, data: Page) -> None:
    capital_and_risk(page, "B28", 570, 390, data, "B6:C13", {"D": (NAVY, "#FFFFFF"), "E": (GOLD, INK)})
    curve = scatter_chart(page)
    curve.add_series(line(data, "Share of capital", "G6:G26", "G6:G26", SLATE))
    curve.add_series(line(data, "Share of risk", "G6:G26", "I6:I26", NAVY))
    for column, color in zip(_NATIVE, (GOLD, GOLD, GOLD, TEAL), strict=True):
        name = f"={page.ref(f'{column}16')}"
        curve.add_series(
            named_point(page, name, f"{column}17", f"{column}24", color, "right" if column == "E" else "below")
        )
    curve.set_x_axis(axis("Weight of the first asset", grid=False, min=0, max=1, major_unit=0.1, label_position="low"))
    curve.set_y_axis(axis(major_unit=0.2))  # a hedge has a share below 0, and what it hedges one above 1
    curve.set_legend(legend(delete_series=[2, 3, 4, 5]))
    place(page, curve, "I28", 702, 390, "How much of the risk is in the first asset?")


TEMPLATE = Template(
    name="decomposition_60_40",
    title="Where the risk of a 60/40 portfolio sits",
    summary="Risk decomposition of 60/40, 50/50, 20/80 and your own mix of two assets, published against computed",
    sample=_sample,
    lay_out=_lay_out,
    assets=2,
)
