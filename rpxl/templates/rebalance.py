"""From the holdings to risk parity, or given weights: an order ticket, with cash, costs and risk before and after."""

from rpxl.formulas.trades import FIGURES, HEADINGS, RISK_HEADINGS
from rpxl.templates.charts import axis, bars, column_chart, labels, legend, name_axis, place
from rpxl.templates.checks import FROM_PRICES, Check, every_share_check, lay_out_checks, shares_check, sum_check
from rpxl.templates.data_pages import (
    COV_CHECK,
    PERIODS_CHECK,
    estimator_input,
    lay_out_matrices,
    lay_out_price_inputs,
    lay_out_prices,
)
from rpxl.templates.looks import DATE, GOLD, NAVY, PERCENT1, PERCENT2, RATIO, SLATE
from rpxl.templates.page import AGREES, Page, Rows, TemplateBook
from rpxl.templates.sample_prices import DATES, ETFS, no_prices, sample_inputs
from rpxl.templates.template import Template, TemplateInputs

RISK_PARITY, GIVEN = "risk parity", "given"
"""What the target is: the words of the input Target."""

_FEW_ASSETS = 8
"""Up to this many assets the charts stand beside each other."""

_TOP = 17
"""The row of the headings of the trade list."""
_POSITIONS_TOP = 6
_COLUMNS = "BCDEFGHIJKLM"
_MONEY = "#,##0.00"
_SHARES = "#,##0.####"
_ORDER = '"Buy "General;"Sell "General;"–"'
_FORMATS = ("@", "General", _MONEY, PERCENT2, PERCENT2, PERCENT2, _ORDER, _MONEY, _MONEY, PERCENT2, PERCENT1, PERCENT1)
_CHART_ROWS = 14


def _sample() -> TemplateInputs:
    return {
        **sample_inputs(ETFS, DATES),
        "Holdings": [[420.0], [3100.0], [3900.0], [1050.0], [9000.0]],
        "Lots": [[1.0]] * 5,
        "Weights": [[0.3], [0.2], [0.3], [0.1], [0.1]],
        "Target": RISK_PARITY,
        "Estimator": "sample",
        "Cash": 18_500.0,
        "Band": 0.01,
        "Cost_bps": 5.0,
        "Min_trade": 500.0,
    }


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return {
        **no_prices(assets, dates),
        "Holdings": [[0.0]] * assets,
        "Lots": [[1.0]] * assets,
        "Weights": [[1 / assets]] * assets,
        "Target": RISK_PARITY,
        "Estimator": "sample",
        "Cash": 0.0,
        "Band": 0.01,
        "Cost_bps": 5.0,
        "Min_trade": 500.0,
    }


def _lay_out(book: TemplateBook) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    page = book.page(
        "Order ticket",
        '="Trades from the holdings to "&IF(Target="given","given weights",Target)&", at the prices of "'
        '&TEXT(MAX(Dates),"yyyy-mm-dd")',
        [2, 25, *[12.5] * 11],
        portrait=assets > _FEW_ASSETS,
    )
    page.status("B3:E3", some_apart=True)
    page.legend("K3")
    _inputs(page)
    _summary(page, assets)
    _orders(page, assets)
    _charts(page, assets)
    _positions(book, assets)
    lay_out_matrices(book, assets)
    _checks(book, assets)
    book.notes()
    lay_out_prices(book, assets, dates)


def _cells(column: str, assets: int) -> str:
    """Return the cells of the assets in a column of the trade list."""
    return f"{column}{_TOP + 1}:{column}{_TOP + assets}"


def _figure(name: str, assets: int) -> str:
    """Return the cell of a figure below the trade list."""
    return f"C{_TOP + 1 + assets + FIGURES.index(name)}"


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "F")
    rows = (
        ("Target", "Target", None, f'"{RISK_PARITY}", or "{GIVEN}": the weights on the sheet Positions'),
        ("Cash in the account", "Cash", _MONEY, "Below 0 when borrowed"),
        ("Band: no trade inside", "Band", PERCENT2, "In weight, on both sides of the target"),
        ("Costs, basis points", "Cost_bps", "0.0", "Of the value traded"),
        ("Smallest trade", "Min_trade", _MONEY, "In money"),
    )
    for row, (text, name, number_format, note) in enumerate(rows, 9):
        page.put(f"B{row}", text, "label")
        page.input(name, f"C{row}", number_format, "input" if number_format else "input_text")
        page.put(f"D{row}", note, "aside")
    page.put("B14", "Estimator of covariances", "label")
    estimator_input(page, "C14", "D")
    words = {"validate": "list", "source": [RISK_PARITY, GIVEN]}
    page.sheet.data_validation("C9", words)


def _summary(page: Page, assets: int) -> None:
    page.heading("H5:M5", "Before and after")
    for cell, text in (("K6", "Now"), ("L6", "After"), ("M6", "Target")):
        page.put(cell, text, "column")
    page.line("H6", ["", "", ""], "column_label")
    now, after, target = (_cells(column, assets) for column in "EKF")
    rows = (
        ("Volatility", tuple(f"PORT_VOL({w},Cov)" for w in (now, after, target)), PERCENT2),
        (
            "Largest share of risk",
            tuple(_if_held(w, f"MAX(RISK_CONTRIB({w},Cov))") for w in (now, after, target)),
            PERCENT1,
        ),
        (
            "Effective number of bets",
            tuple(_if_held(w, f"EFFECTIVE_BETS({w},Cov)") for w in (now, after, target)),
            RATIO,
        ),
        ("Invested, of equity", tuple(f"SUM({w})" for w in (now, after, target)), PERCENT1),
        ("Largest drift", (f"MAX(ABS({now}-{target}))", f"MAX(ABS({after}-{target}))", "0"), PERCENT2),
    )
    for row, (text, formulas, number_format) in enumerate(rows, 7):
        page.line(f"H{row}", [text, "", ""], "label")
        for column, formula in zip("KLM", formulas, strict=True):
            page.array(f"{column}{row}", f"={formula}", "computed", number_format)
    counts = (
        ("Orders", f"SUM(({_cells('H', assets)}<>0)*1)", "0"),
        (
            "Turnover: larger of bought and sold, of equity",
            f"MAX({_figure('Bought', assets)},{_figure('Sold', assets)})/{_figure('Equity', assets)}",
            PERCENT1,
        ),
    )
    for row, (text, formula, number_format) in enumerate(counts, 12):
        page.line(f"H{row}", [text, "", "", "", ""], "label")
        page.array(f"M{row}", f"={formula}", "total", number_format)


def _if_held(weights: str, formula: str, otherwise: str = '"n/a"') -> str:
    """Write a formula that is computed only if the portfolio holds something."""
    return f"IF(SUM(ABS({weights}))=0,{otherwise},{formula})"


def _orders(page: Page, assets: int) -> None:
    page.heading(f"B{_TOP - 1}:M{_TOP - 1}", "Orders")
    last = _TOP + assets + len(FIGURES)
    call = "=TRADE_LIST(Positions,Last_prices,Target_weights,Cash,Band,Lots,Cost_bps,Min_trade,,,Cov)"
    page.put(f"B{_TOP}:M{last}", call, "column_label")
    page.restyle(f"C{_TOP}:M{_TOP}", "column")
    page.sheet.set_row(_TOP - 1, 30)
    for row in range(_TOP + 1, _TOP + assets + 1):
        for column, number_format in zip(_COLUMNS, _FORMATS, strict=True):
            page.restyle(f"{column}{row}:{column}{row}", "label" if column == "B" else "computed", number_format)
    for row in range(_TOP + assets + 1, last + 1):
        bold = row in (_TOP + assets + 1, last - 2)
        page.restyle(f"B{row}:B{row}", "total_label" if bold else "label")
        page.restyle(f"C{row}:C{row}", "total" if bold else "computed", _MONEY)
        page.restyle(f"D{row}:M{row}", "text")
    traded = page.book.workbook.add_format({"bg_color": "#EDF1F5", "bold": True})
    page.sheet.conditional_format(
        f"B{_TOP + 1}:M{_TOP + assets}", {"type": "formula", "criteria": f"=$H{_TOP + 1}<>0", "format": traded}
    )
    page.note(
        f"B{last + 2}:M{last + 3}",
        "Orders are in whole lots. Up to 50 assets no other list of whole lots comes nearer to the target; with more, "
        "the row Rounding gives the most by which one could. Cash pays for trades and costs. Inside the band nothing "
        "is traded; outside it a position goes to its target. After these trades the same prices give no more orders.",
    )
    page.put(f"B{last + 5}", "Checked by", "label")
    page.line(f"C{last + 5}", ["", "", ""], "label")
    page.put(f"G{last + 5}", "Approved by, on", "label")
    page.line(f"H{last + 5}", ["", "", "", "", "", ""], "label")


def _positions(book: TemplateBook, assets: int) -> None:
    page = book.page(
        "Positions",
        "What is held, the lots in which it is traded, and the target weights",
        [2, 25, *[15] * 7],
        portrait=assets > _FEW_ASSETS,
    )
    top, last = _POSITIONS_TOP, _POSITIONS_TOP + assets
    page.heading(f"B{top - 1}:I{top - 1}", "Positions")
    heads = ["Asset", "Shares held", "Lot", "Last price", "Value", "Risk parity", "Given weight", "Target"]
    page.header(f"B{top}", heads)
    for k in range(1, assets + 1):
        row = top + k
        page.put(f"B{row}", f"=INDEX(Assets,1,{k})", "label")
        page.put(f"E{row}", f"=INDEX(Prices,ROWS(Prices),{k})", "computed", _MONEY)
        page.put(f"F{row}", f"=C{row}*E{row}", "computed", _MONEY)
        used = f'=IF(Target="{RISK_PARITY}",G{row},IF(Target="{GIVEN}",H{row},NA()))'
        page.put(f"I{row}", used, "computed", PERCENT2)

    def cells(column: str) -> str:
        return f"{column}{top + 1}:{column}{last}"

    page.input("Holdings", cells("C"), _SHARES)
    page.input("Lots", cells("D"), _SHARES)
    page.put(cells("G"), "=RP_WEIGHTS(Cov)", "computed", PERCENT2)
    page.input("Weights", cells("H"), PERCENT2)
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", ["", "", ""], "total_label")
    for column, number_format in (("F", _MONEY), ("G", PERCENT2), ("H", PERCENT2), ("I", PERCENT2)):
        page.put(f"{column}{last + 1}", f"=SUM({cells(column)})", "total", number_format)
    book.name("Positions", page, f"B{top + 1}:C{last}")
    for name, column in (("Last_prices", "E"), ("Weights_RP", "G"), ("Target_weights", "I")):
        book.name(name, page, cells(column))
    page.put(f"B{last + 3}", "Last prices of", "label")
    page.put(f"C{last + 3}", "=MAX(Dates)", "computed", DATE)


def _checks(book: TemplateBook, assets: int) -> None:
    def cells(column: str) -> str:
        return f"'Order ticket'!{_cells(column, assets)}"

    def figure(name: str) -> str:
        return f"'Order ticket'!{_figure(name, assets)}"

    values, trades = "Holdings*Last_prices", cells("H")
    equity = f"(SUM({values})+Cash)"
    costs = f"(SUM(ABS({trades}*Last_prices))*Cost_bps/10000)"
    left = f"({equity}-{costs})"
    after = f"((Holdings+{trades})*Last_prices)"
    cash = f"(Cash-SUM({trades}*Last_prices)-{costs})"
    misses = f"({after}-Target_weights*{left})"
    volatility = "SQRT(SUM({0}*MMULT(Cov,{0})))"
    floor = f"MIN(0,(1-SUM(Target_weights))*{left},IF(SUM(Target_weights)>1,Cash,0))"
    checks = [
        PERIODS_CHECK,
        COV_CHECK,
        every_share_check("RISK_CONTRIB(Weights_RP,Cov)"),
        sum_check("Weights now", cells("E"), f"{values}/{equity}", PERCENT2),
        sum_check(
            "Drift from the target, sum", f"ABS({cells('G')})", f"ABS({values}/{equity}-Target_weights)", PERCENT2
        ),
        Check("Whole lots: remainder of trades", "0", f"SUM(ABS({trades}/Lots-INT({trades}/Lots+0.5)))", "0.000000"),
        Check("Costs", figure("Costs"), costs, _MONEY),
        Check("Cash after", figure("Cash after"), cash, _MONEY),
        Check(
            "Cash after, and the least it may be",
            figure("Cash after"),
            floor,
            _MONEY,
            verdict=f'IF({{ours}}>={{native}}-0.005,"{AGREES}","DIFFERS: too little")',
        ),
        Check("Smallest trade allowed, and smallest order", "Min_trade", _smallest(trades), _MONEY, verdict=_AT_LEAST),
        Check("Distance from the target", figure("Distance from target"), f"SUM(ABS({misses}))", _MONEY),
        Check(
            "Assets where one lot more or less comes nearer", "0", _better(cells("G"), trades, misses, cash, floor), "0"
        ),
        sum_check("Weights after", cells("K"), f"{after}/{left}", PERCENT2),
        Check("Volatility now", "'Order ticket'!K7", volatility.format(f"{values}/{equity}"), PERCENT2),
        Check("Volatility after", "'Order ticket'!L7", volatility.format(f"{after}/{left}"), PERCENT2),
        _shares_of_what_is_held("now", cells("L"), f"({values})"),
        _shares_of_what_is_held("after", cells("M"), after),
    ]
    lay_out_checks(book, FROM_PRICES, checks)


def _shares_of_what_is_held(name: str, shares: str, values: str) -> Check:
    check = shares_check(f'="{name}"', shares, values)
    assert check.ranges is not None
    ours, native = (_if_held(values, side, f"0*{values}") for side in check.ranges)
    return Check(check.figure, f"MAX({ours})", f"MAX({native})", check.number_format, (ours, native), check.ranges[1])


def _smallest(trades: str) -> str:
    none = f"SUM(({trades}<>0)*1)=0"
    return f"IF({none},Min_trade,MIN(ABS({trades}*Last_prices)+({trades}=0)*1E+15))"


_AT_LEAST = f'IF({{native}}>={{ours}}-0.005,"{AGREES}","DIFFERS: smaller")'


def _better(drift: str, trades: str, misses: str, cash: str, floor: str) -> str:
    """Count the assets of which one lot more, or less, brings the whole nearer by more than its costs can matter."""
    lot = "Lots*Last_prices"
    terms = []
    for sign in ("+", "-"):
        new = f"({trades}{sign}Lots)"
        gain = f"(ABS({misses})-ABS({misses}{sign}{lot})>0.01+2*(1+SUM(ABS(Target_weights)))*{lot}*Cost_bps/10000)"
        outside = f"((Band=0)+(ABS({drift})>Band)>0)"
        paid = f"({cash}-({floor})>=ABS({lot})*(1+Cost_bps/10000)*2+0.01)" if sign == "+" else "1"
        large = f"((ABS({new}*Last_prices)>=Min_trade)+({new}=0)>0)"
        terms.append(f"SUM({gain}*{outside}*{paid}*{large})")
    return "+".join(terms)


def _charts(page: Page, assets: int) -> None:
    top = _TOP + assets + len(FIGURES) + 7
    few = assets <= _FEW_ASSETS
    names = _cells("B", assets)
    charts = (
        ("Weights: now, target and after", (("Now", "E", SLATE), ("Target", "F", GOLD), ("After", "K", NAVY))),
        ("Shares of risk: now and after", (("Now", "L", SLATE), ("After", "M", NAVY))),
    )
    for number, (title, series) in enumerate(charts):
        chart = column_chart(page)
        for name, column, color in series:
            more = {"data_labels": labels()} if assets <= 5 else {}
            chart.add_series(bars(page, name, names, _cells(column, assets), color, overlap=-5, **more))
        chart.set_x_axis(axis(grid=False, label_position="low") if few else name_axis(assets, 60))
        chart.set_y_axis(axis())
        chart.set_legend(legend())
        if few:
            place(page, chart, f"B{top}", 572, 290, title, right=585 * number)
        else:
            place(page, chart, f"B{top + _CHART_ROWS * number}", 1157, 20 * _CHART_ROWS - 8, title)


assert len(HEADINGS) + len(RISK_HEADINGS) == len(_COLUMNS)

TEMPLATE = Template(
    name="rebalance",
    title="Rebalance: the order ticket",
    summary="From the holdings to risk parity or given weights: whole lots, cash, costs, risk before and after",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=DATES,
)
