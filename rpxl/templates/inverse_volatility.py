"""The sheet *Why not inverse volatility*: two bonds that are nearly the same, beside stocks and gold.

It has inputs of its own and takes nothing from the prices.
"""

from rpxl.templates.charts import axis, bars, column_chart, labels, legend, line, place, scatter_chart
from rpxl.templates.checks import Check
from rpxl.templates.looks import BRICK, GOLD, INK, NAVY, NUMBER, PERCENT1, RATIO, SLATE, TEAL
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.template import TemplateInputs
from rpxl.xlsx.references import column_letters

_NAME = "Why not inverse volatility"
INPUTS: TemplateInputs = {
    "Case_vol_bond_1": 0.07,
    "Case_vol_bond_2": 0.07,
    "Case_vol_stocks": 0.16,
    "Case_vol_gold": 0.15,
    "Case_corr_bonds": 0.98,
    "Case_corr_bonds_stocks": 0.0,
    "Case_corr_bonds_gold": 0.1,
    "Case_corr_stocks_gold": 0.05,
}
_ASSETS = ("Bond 1", "Bond 2", "Stocks", "Gold")
_FIRST, _LAST = 7, 10
_RESULTS = 15
"""The head row of weights and shares of risk."""
_SWEEP = 26
"""The row of the correlations for which all is computed."""
_CORRELATIONS = (-0.5, 0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
_METHODS = {
    "Inverse volatility": ("C", "F", "INV_VOL_WEIGHTS(Case_cov)", GOLD),
    "Risk parity": ("D", "G", "RP_WEIGHTS(Case_cov)", NAVY),
    "Risk parity, pair as one": ("E", "H", "RP_WEIGHTS(Case_cov,,Case_groups)", TEAL),
}
"""Columns of the weights and of the shares of risk, formula, colour."""


def _cells(column: str, first: int = _RESULTS + 1) -> str:
    return f"{column}{first}:{column}{first + 3}"


def lay_out_inverse_volatility(book: TemplateBook) -> None:
    """Add the sheet."""
    subtitle = "It looks at each asset alone: two holdings of nearly the same thing get twice the risk"
    page = book.page(_NAME, subtitle, [2, 34, *[12] * 10])
    _inputs(page)
    _results(page)
    _sweep(page)
    _charts(page)


def _inputs(page: Page) -> None:
    page.legend("J3")
    page.heading("B5:D5", "Inputs of this sheet")
    page.heading("E5:H5", "Correlations")
    page.heading("I5:L5", "Covariance, annual")
    page.header("B6", ["Asset", "Volatility", "Counts as", *_ASSETS, *_ASSETS])
    page.put("D6", "  Counts as", "column_label")
    for row, (asset, vol) in enumerate(zip(_ASSETS, list(INPUTS)[:4], strict=True), _FIRST):
        page.put(f"B{row}", f'="{asset}"', "label")
        page.input(vol, f"C{row}", PERCENT1)
        page.put(f"D{row}", '="Bonds"' if "Bond" in asset else f'="{asset}"', "aside")
        page.put(f"{column_letters(row - _FIRST + 5)}{row}", 1, "computed", RATIO)
    for name, cell, others in (
        ("bonds", "F7", ("E8",)),
        ("bonds_stocks", "G7", ("G8", "E9", "F9")),
        ("bonds_gold", "H7", ("H8", "E10", "F10")),
        ("stocks_gold", "H9", ("G10",)),
    ):
        page.input(f"Case_corr_{name}", cell, RATIO)
        for other in others:
            page.put(other, f"=Case_corr_{name}", "computed", RATIO)
    page.put("I7:L10", "=COV_FROM_VOLS(C7:C10,Case_corr)", "computed", NUMBER)
    for name, area in (("assets", "B7:B10"), ("groups", "D7:D10"), ("corr", "E7:H10")):
        page.book.name(f"Case_{name}", page, area)
    page.book.name("Case_cov", page, "I7:L10")
    page.note(
        "B11:L12",
        "The two bonds stand for any two holdings that are nearly the same: two government bond funds, or two funds on "
        "one index. Both have the same correlations with stocks and with gold. The numbers are an illustration, not "
        "from the prices of this workbook: type your own.",
    )


def _results(page: Page) -> None:
    top = _RESULTS
    page.heading(f"B{top - 1}:B{top - 1}", "What it does")
    page.heading(f"C{top - 1}:E{top - 1}", "Weights")
    page.heading(f"F{top - 1}:H{top - 1}", "Shares of risk")
    page.header(f"B{top}", ["Asset", *_METHODS, *_METHODS])
    page.sheet.set_row(top - 1, 45)
    for row, asset in enumerate(_ASSETS, top + 1):
        page.put(f"B{row}", asset, "label")
    pair, total = top + 5, top + 6
    page.put(f"B{pair}", "The two bonds together", "total_label")
    page.put(f"B{total}", "Total", "total_label")
    for weights, shares, formula, _ in _METHODS.values():
        page.put(_cells(weights), f"={formula}", "computed", PERCENT1)
        page.put(_cells(shares), f"=RISK_CONTRIB({_cells(weights)},Case_cov)", "computed", PERCENT1)
        for column in (weights, shares):
            page.put(f"{column}{pair}", f"=SUM({column}{top + 1}:{column}{top + 2})", "total", PERCENT1)
            page.put(f"{column}{total}", f"=SUM({_cells(column)})", "total", PERCENT1)
    share = f'TEXT(F{pair},"0.0%")'
    page.note(
        f"I{top}:L{total}",
        f'="Inverse volatility gives the two bonds "&{share}&" of the risk. They are nearly one bet; one of three '
        f'bets would carry a third, 33.3%. This is "&TEXT(3*F{pair},"0.0")&" times as much. It would be twice as much '
        'if the two were identical and nothing else were correlated."&" Risk parity uses the correlations: each '
        'holding carries a quarter of the risk, whatever they are."&" If the pair should count once, use the '
        'argument groups: it then carries a third."',
    )


def _sweep(page: Page) -> None:
    top = _SWEEP
    page.heading(f"B{top - 2}:L{top - 2}", "The same for other correlations of the two bonds")
    page.put(f"B{top}", "Correlation of the two bonds", "column_label")
    page.sheet.set_row(top - 2, 6)
    texts = (
        "Risk parity: weight of bond 1",
        "Risk parity: weight of bond 2",
        "Risk parity: weight of stocks",
        "Risk parity: weight of gold",
        "The pair's share of risk: inverse volatility",
        "The pair's share of risk: risk parity",
        "A third: one bet of three",
        "A half: two holdings of four",
    )
    for row, text in enumerate(texts, top + 1):
        page.put(f"B{row}", text, "total_label" if "pair" in text else "label")
    inverse = f"${_cells('C').replace(':', ':$')}"
    for column, correlation in zip("CDEFGHIJK", _CORRELATIONS, strict=True):
        page.put(f"{column}{top}", correlation, "column", RATIO)
        cov = f"Case_cov+({column}${top}-Case_corr_bonds)*{_PAIR}"
        own = _cells(column, top + 1)
        page.put(own, f"=RP_WEIGHTS({cov})", "computed", PERCENT1)
        for row, weights in ((top + 5, inverse), (top + 6, own)):
            share = f'=SUM((Case_groups="Bonds")*RISK_CONTRIB({weights},{cov}))'
            page.array(f"{column}{row}", share, "total", PERCENT1)
        page.put(f"{column}{top + 7}", "=1/3", "computed", PERCENT1)
        page.put(f"{column}{top + 8}", "=1/2", "computed", PERCENT1)
    page.note(
        f"B{top + 9}:L{top + 9}",
        "The weights of inverse volatility are the same in every column: it does not look at correlations. Those of "
        "risk parity move from the bonds to stocks and gold as the two bonds become the same.",
        34,
    )


_PAIR = (
    '((Case_groups="Bonds")*TRANSPOSE((Case_groups="Bonds")*1)*(Case_assets<>TRANSPOSE(Case_assets))'
    "*$C$7:$C$10*TRANSPOSE($C$7:$C$10))"
)
"""What a rise of the bonds' correlation by 1 adds to the covariances."""


def _charts(page: Page) -> None:
    top = _RESULTS
    chart = column_chart(page, stacked=True)
    for row, color, ink in zip(range(top + 1, top + 5), (NAVY, TEAL, SLATE, GOLD), "WWII", strict=True):
        shown = labels("0%", INK if ink == "I" else "#FFFFFF")
        values = f"F{row}:H{row}"
        chart.add_series(bars(page, f"={page.ref(f'B{row}')}", f"F{top}:H{top}", values, color, data_labels=shown))
    chart.set_x_axis(axis(grid=False, label_position="low"))
    chart.set_y_axis(axis(None, "0%", max=1))
    chart.set_legend(legend())
    place(page, chart, f"B{_SWEEP + 11}", 540, 300, "Shares of risk")
    lines = scatter_chart(page)
    for row, name, color in (
        (_SWEEP + 5, "Inverse volatility", GOLD),
        (_SWEEP + 6, "Risk parity", NAVY),
        (_SWEEP + 7, "One bet of three", BRICK),
    ):
        more = {"dash_type": "dash", "width": 1.25} if color == BRICK else {}
        lines.add_series(line(page, name, f"C{_SWEEP}:K{_SWEEP}", f"C{row}:K{row}", color, **more))
    lines.set_x_axis(axis("Correlation of the two bonds", "0.00", grid=False, min=-0.5, max=1, major_unit=0.25))
    lines.set_y_axis(axis(None, "0%", min=0, label_position="low"))
    lines.set_legend(legend())
    place(page, lines, f"B{_SWEEP + 11}", 540, 300, "The pair's share of risk", right=552)


def inverse_volatility_checks() -> list[Check]:
    """Return the checks of the sheet: shares of risk from volatilities and correlations alone."""
    sheet = f"'{_NAME}'!"
    vols = f"{sheet}$C$7:$C$10"
    covariance = f"({vols}*Case_corr*TRANSPOSE({vols}))"
    pair = f"{sheet}F{_RESULTS + 5}"
    weights, last = f"{sheet}{_cells('C')}", f"{sheet}K{_SWEEP}"
    risks = f"MMULT(Case_corr,1+0*{vols})"  # of weights 1/σ, asset by asset
    # at another correlation of the pair, two of the sixteen correlations change
    moved = f"{last}-Case_corr_bonds"
    checks = [
        Check(
            "Two bonds: weights by inverse volatility, the largest shown",
            f"MAX({weights})",
            f"MAX(1/{vols}/SUM(1/{vols}))",
            PERCENT1,
            (weights, f"1/{vols}/SUM(1/{vols})"),
        ),
        Check(
            "Two bonds: their share of risk by inverse volatility, from the correlations",
            pair,
            f'SUM((Case_groups="Bonds")*{risks})/SUM(Case_corr)',
            PERCENT1,
        ),
        Check(
            "Two bonds: the same at the last correlation of the table",
            f"{sheet}K{_SWEEP + 5}",
            f'(SUM((Case_groups="Bonds")*{risks})+2*({moved}))/(SUM(Case_corr)+2*({moved}))',
            PERCENT1,
        ),
    ]
    shares = {"D": f"0*{vols}+1/4", "E": '(Case_groups="Bonds")/6+(Case_groups<>"Bonds")/3'}
    names = {"D": "each holding carries a quarter", "E": "with the pair as one, each bet carries a third"}
    for column, native in shares.items():
        own = f"{sheet}{_cells(column)}"
        parts = f"{own}*MMULT({covariance},{own})"
        checks.append(
            Check(
                f"Risk parity: {names[column]} of the risk",
                f"MAX({parts}/SUM({parts}))",
                f"MAX({native})",
                PERCENT1,
                (f"{parts}/SUM({parts})", native),
            )
        )
    return checks
