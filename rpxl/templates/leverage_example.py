"""The $100 example of how risk parity uses leverage, and what borrowing does to return and risk."""

from rpxl.templates.charts import (
    axis,
    capital_and_risk,
    legend,
    line,
    named_point,
    place,
    scatter_chart,
)
from rpxl.templates.looks import BRICK, DOLLARS, GOLD, INK, NAVY, NUMBER, PERCENT1, PERCENT2, RATIO, SLATE, TEAL, TIMES
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.template import Template, TemplateInputs

_LEVERAGE = "Target_vol/Volatility"
_BORROWED = f"MAX({_LEVERAGE}-1,0)"
_NET = f"{_LEVERAGE}*Exp_return-Borrow_rate*{_BORROWED}"
_REPORT = (
    (TIMES, _LEVERAGE, None),
    (PERCENT2, _LEVERAGE, "invested"),
    (PERCENT2, _BORROWED, "borrowed"),
    (PERCENT2, f"MAX(1-{_LEVERAGE},0)", "in cash"),
    (PERCENT2, f"{_LEVERAGE}*Volatility", "one year's standard deviation"),
    (PERCENT2, f"Borrow_rate*{_BORROWED}", "interest a year"),
    (PERCENT2, f"{_LEVERAGE}*Exp_return", "gross, a year"),
    (PERCENT2, _NET, "net, a year"),
    (RATIO, f"({_NET})/({_LEVERAGE}*Volatility)", None),
)
"""The rows of LEVER_TO_VOL's report: number format, native formula, and the meaning of the amount in dollars."""

_PRINTED = {DOLLARS: '"$"0', PERCENT2: "0%"}
"""How the note prints dollars and percent."""


def _sample() -> TemplateInputs:
    return {
        "Equity": 100.0,
        "Exp_return": 0.04,
        "Volatility": 0.06,
        "Borrow_rate": 0.02,
        "Target_vol": 0.09,
        "Borrow_rates": [[0.0, 0.01, 0.02, 0.03, 0.04, 0.05]],
        "Assets": [["Stocks"], ["Bonds"]],
        "Volatilities": [[0.16], [0.04]],
        "Corr": [[1.0, 0.0], [0.0, 1.0]],
    }


def _lay_out(book: TemplateBook) -> None:
    page = book.page(
        "Leverage",
        '="$"&Equity&" of equity, $"&ROUND(F17,2)&" borrowed: risk and return of a levered portfolio"',
        [2, 27, 11, 11, 13, 11, 11, 11, 3, 27, 11, 11, 11],
    )
    page.status("B3:F3")
    page.legend("K3")
    _inputs(page)
    _report(page)
    _published(page)
    _net_returns(page)
    _risk_and_return(page)
    _charts(page)
    _balance(book)
    book.notes()


def _inputs(page: Page) -> None:
    page.heading("B5:C5", "Inputs")
    for row, (text, name, number_format) in enumerate(
        (
            ("Equity", "Equity", DOLLARS),
            ("Expected return, unlevered", "Exp_return", PERCENT1),
            ("Volatility, unlevered", "Volatility", PERCENT1),
            ("Borrowing rate", "Borrow_rate", PERCENT1),
            ("Target volatility", "Target_vol", PERCENT1),
        ),
        6,
    ):
        page.put(f"B{row}", text, "label")
        page.input(name, f"C{row}", number_format)
    page.heading("E5:M5", "How it works")
    page.note(
        "E6:M9",
        "Invest equity and borrowed money in the same portfolio: return and volatility rise in proportion, and the "
        "interest on the borrowed part is taken off. The target volatility sets the leverage: 9 % on a portfolio of "
        "6 % is 1.5 times, so $50 is borrowed on $100.",
    )


def _report(page: Page) -> None:
    page.heading("B12:H12", "The levered portfolio")
    page.header("B13", ["LEVER_TO_VOL", "rpxl", "Native", "Check", "In dollars", "", ""])
    page.put("B14", "Portfolio", "label")
    page.put("C14", 1, "published", PERCENT2)
    page.line("D14", ["", "", ""], "label")
    page.put("F14", "=Equity", "computed", DOLLARS)
    page.put("G14", "equity", "small")
    page.put("B15:C23", "=LEVER_TO_VOL(B14:C14,Volatility^2,Target_vol,Borrow_rate,Exp_return)", "label")
    page.restyle("B16:B23", "label")
    for row, (number_format, native, dollars) in enumerate(_REPORT, 15):
        page.restyle(f"C{row}:C{row}", "computed", number_format)
        page.put(f"D{row}", f"={native}", "computed", number_format)
        page.verdict(f"E{row}", f"C{row}", f"D{row}")
        if dollars:
            page.put(f"F{row}", f"=C{row}*Equity", "computed", DOLLARS)
            page.put(f"G{row}", dollars, "small")
        else:
            page.put(f"F{row}", "", "label")
    page.put("B24", "Table of net returns, below", "label")
    page.put("B25", "Risk shares, sheet Balance", "label")
    for row in (24, 25):
        page.line(f"C{row}", ["", ""], "label")
        page.put(f"F{row}", "", "label")
    page.verdict("E24", "C29:H37", "(B29:B37*Exp_return-(B29:B37-1)*Borrow_rates)")
    page.verdict("E25", "Balance!C15:E19", "Balance!C22:E26")
    page.verdicts("E15:E25")


def _published(page: Page) -> None:
    page.heading("J12:M12", "Published against computed")
    page.header("J13", ["Figure", "Published", "Computed", "Difference"])
    rows = (
        ("Borrowed", 50, "F17", DOLLARS),
        ("Invested", 150, "F16", DOLLARS),
        ("Gross return", 0.06, "C21", PERCENT2),
        ("Volatility", 0.09, "C19", PERCENT2),
        ("Borrowing cost", 1, "F20", DOLLARS),
        ("Borrowing cost, of equity", 0.01, "C20", PERCENT2),
        ("Net return", 0.05, "C22", PERCENT2),
    )
    for row, (figure, published, cell, number_format) in enumerate(rows, 14):
        page.put(f"J{row}", figure, "label")
        page.put(f"K{row}", published, "published", _PRINTED[number_format])
        page.put(f"L{row}", f"={cell}", "computed", number_format)
        page.put(f"M{row}", f"=L{row}-K{row}", "difference", number_format)
    page.note(
        "J22:M25",
        "With the note's inputs every figure agrees. It prints the last step as '6 % − 5 % = 5 %', a misprint for "
        "6 % − 1 % = 5 %: gross return less the cost of borrowing, $50 × 2 % = $1, which is 1 % of the $100 of "
        "equity.",
    )


def _net_returns(page: Page) -> None:
    page.heading("B27:H27", "Net return by leverage (rows) and borrowing rate (columns)")
    page.put("B28", "Leverage", "column")
    page.input("Borrow_rates", "C28:H28", PERCENT1)
    for row in range(29, 38):
        page.put(f"B{row}", 1 + (row - 29) / 4, "published", TIMES)
        for column in "CDEFGH":
            formula = f'=LEVER_TO_VOL(1,Volatility^2,$B{row}*Volatility,{column}$28,Exp_return,"net_return")'
            page.put(f"{column}{row}", formula, "computed", PERCENT2)


def _risk_and_return(page: Page) -> None:
    page.heading("J27:M27", "Risk and return at your borrowing rate")
    page.header("J28", ["Leverage", "Volatility", "Net return", "Sharpe"], "column")
    for row, leverage in enumerate((0.5, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3), 29):
        page.put(f"J{row}", leverage, "published", TIMES)
        call = f"=LEVER_TO_VOL(1,Volatility^2,$J{row}*Volatility,Borrow_rate,Exp_return"
        for column, item, number_format in (
            ("K", "volatility", PERCENT2),
            ("L", "net_return", PERCENT2),
            ("M", "sharpe", RATIO),
        ):
            page.put(f"{column}{row}", f'{call},"{item}")', "computed", number_format)


def _charts(page: Page) -> None:
    returns = scatter_chart(page)
    colors = (TEAL, "#5FA3A8", NAVY, SLATE, GOLD, BRICK)
    for column, color in zip("CDEFGH", colors, strict=True):
        returns.add_series(line(page, f"={page.ref(f'{column}28')}", "B29:B37", f"{column}29:{column}37", color))
    returns.set_x_axis(axis("Leverage", '0.0"×"', grid=False, min=1, max=3, major_unit=0.5, label_position="low"))
    returns.set_y_axis(axis("Net return"))
    returns.set_legend(legend("right"))
    place(page, returns, "B39", 700, 340, "Net return against leverage, by borrowing rate")

    picture = scatter_chart(page)
    picture.add_series(line(page, "More leverage", "K29:K37", "L29:L37", SLATE))
    picture.add_series(named_point(page, "Unlevered", "C8", "C7", TEAL, "right"))
    picture.add_series(named_point(page, "Levered", "C19", "C22", NAVY, "right"))
    picture.set_x_axis(axis("Volatility", grid=False, min=0, label_position="low"))
    picture.set_y_axis(axis("Net return"))
    picture.set_legend({"none": True})
    place(page, picture, "J39", 440, 340, "Risk and return")


def _balance(book: TemplateBook) -> None:
    page = book.page(
        "Balance",
        '="Equal capital is not equal risk: half the money in "&B6&" is "&ROUND(100*C18,1)&" % of the risk"',
        [2, 32, 13, 13, 13, 3, 42, 20],
    )
    page.heading("B4:E4", "Inputs")
    page.header("B5", ["Asset", "Volatility", "Correlation", ""])
    page.input("Assets", "B6:B7", look="input_text")
    page.input("Volatilities", "C6:C7", PERCENT1)
    page.input("Corr", "D6:E7", RATIO)
    page.heading("B9:E9", "Covariance matrix, annual")
    page.put("B10", "=B6", "label")
    page.put("B11", "=B7", "label")
    page.put("C10:D11", "=COV_FROM_VOLS(Volatilities,Corr)", "computed", NUMBER)
    page.book.name("Cov", page, "C10:D11")
    page.heading("B13:E13", "Capital and risk")
    page.heading("B21:E21", "The same by native formulas")
    page.header("B14", ["", "50/50", "20/80", "Risk parity"])
    for row, text in enumerate(
        ('="Weight, "&B6', '="Weight, "&B7', "Volatility", '="Share of risk, "&B6', '="Share of risk, "&B7'), 15
    ):
        page.put(f"B{row}", text, "label")
        page.put(f"B{row + 7}", text, "label")
    for column, (first, second) in {"C": (0.5, 0.5), "D": (0.2, 0.8)}.items():
        page.put(f"{column}15", first, "published", PERCENT1)
        page.put(f"{column}16", second, "published", PERCENT1)
    page.put("E15:E16", "=RP_WEIGHTS(Cov)", "computed", PERCENT1)
    for column in "CDE":
        weights = f"{column}15:{column}16"
        page.put(f"{column}17", f"=PORT_VOL({weights},Cov)", "computed", PERCENT1)
        page.put(f"{column}18:{column}19", f"=RISK_CONTRIB({weights},Cov)", "computed", PERCENT1)
        if column == "E":
            page.put("E22:E23", "=1/Volatilities/SUM(1/Volatilities)", "computed", PERCENT1)
        else:
            page.put(f"{column}22:{column}23", f"={weights}", "computed", PERCENT1)
        native = f"{column}22:{column}23"
        page.array(f"{column}24", f"=SQRT(SUMPRODUCT({native},MMULT(Cov,{native})))", "computed", PERCENT1)
        page.put(f"{column}25:{column}26", f"={native}*MMULT(Cov,{native})/{column}24^2", "computed", PERCENT1)
    _balance_published(page)
    _balance_chart(page)


def _balance_published(page: Page) -> None:
    page.heading("G4:H4", "Published against computed")
    page.header("G5", ["Statement", "Computed"])
    statements = (
        ("50/50: 'over 90 %' of the risk is in stocks", "C18"),
        ("20/80: 'balanced', half the risk in each", "D18"),
    )
    for row, (statement, cell) in enumerate(statements, 6):
        page.put(f"G{row}", statement, "label")
        page.put(f"H{row}", f"={cell}", "computed", PERCENT1)
    page.note(
        "G9:H14",
        "Balance along growth and inflation: what an asset does depends on whether growth and inflation turn out "
        "higher or lower than expected. That makes four quadrants: rising growth (stocks, commodities, corporate "
        "credit), falling growth (government bonds), rising inflation (commodities, index-linked bonds, gold) and "
        "falling inflation (stocks, government bonds). A balanced portfolio holds a quarter of its risk in each of "
        "the four.",
    )


def _balance_chart(page: Page) -> None:
    page.heading("B28:E28", "What the chart draws")
    page.header("B29", ["", "", "=B6", "=B7"])
    for number, column in enumerate("CDE"):
        row = 30 + 2 * number
        page.put(f"B{row}", f"={column}14", "label")
        page.put(f"B{row + 1}", "", "label")
        for offset, (what, top) in enumerate((("Capital", 15), ("Risk", 18))):
            page.put(f"C{row + offset}", what, "label")
            page.put(f"D{row + offset}", f"={column}{top}", "computed", PERCENT1)
            page.put(f"E{row + offset}", f"={column}{top + 1}", "computed", PERCENT1)
    capital_and_risk(page, "G16", 440, 400, page, "B30:C35", {"D": (NAVY, "#FFFFFF"), "E": (GOLD, INK)})


TEMPLATE = Template(
    name="leverage_example",
    title="How risk parity uses leverage",
    summary="The $100 example of leverage in percent and dollars, net return by leverage and borrowing rate",
    sample=_sample,
    lay_out=_lay_out,
    assets=2,
)
