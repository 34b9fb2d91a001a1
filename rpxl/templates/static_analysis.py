"""Static analysis of a handful of assets, or of many: what equal weights, a benchmark and risk parity hold.

A recalculation for n assets and T dates makes the covariance matrix once by rpxl and three times by native formulas,
some n² T multiplications each, and 14 further passes over the prices.
"""

from rpxl.templates.charts import (
    axis,
    bars,
    column_chart,
    labels,
    legend,
    line,
    name_axis,
    named_point,
    place,
    points,
    scatter_chart,
)
from rpxl.templates.checks import FROM_PRICES, Check, every_share_check, lay_out_checks, shares_check
from rpxl.templates.data_pages import (
    COV_CHECK,
    IS_SAMPLE,
    PERIODS_CHECK,
    RETURNS,
    estimator_input,
    lay_out_matrices,
    lay_out_price_inputs,
    lay_out_prices,
)
from rpxl.templates.looks import BRICK, GOLD, NAVY, NUMBER, PERCENT1, PERCENT2, RATIO, SLATE, TEAL, TIMES
from rpxl.templates.page import Page, Rows, TemplateBook
from rpxl.templates.sample_prices import DATES, ETFS, no_prices, sample_inputs
from rpxl.templates.static_published import lay_out_published
from rpxl.templates.template import Template, TemplateInputs

_FEW_ASSETS = 8
"""Up to this many assets all is on one page, and the risk/return picture names each of them."""

_SUMMARY = 13
_CHARTS = 26
_CHART_ROWS = 14
"""Rows below a chart that has the whole width."""
_STRATEGIES = "CDEF"
_WEIGHTS = dict(zip(_STRATEGIES, "EFGH", strict=True))
_SHARES = dict(zip(_STRATEGIES, "IJKL", strict=True))
"""Columns of the strategies: in the summary, and of their weights and shares of risk in the table of assets."""


def _sample() -> TemplateInputs:
    return {
        **sample_inputs(ETFS, DATES),
        "Weights": [[0.6], [0.0], [0.4], [0.0], [0.0]],
        "Benchmark": "60/40",
        "Borrow_rate": 0.0,
        "Estimator": "sample",
    }


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return {
        **no_prices(assets, dates),
        "Weights": [[1 / assets]] * assets,
        "Benchmark": "Benchmark",
        "Borrow_rate": 0.0,
        "Estimator": "sample",
    }


def _lay_out(book: TemplateBook) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    few = assets <= _FEW_ASSETS
    page = book.page(
        "Analysis",
        "What equal weights, the benchmark and risk parity hold, and where their risk comes from",
        [2, 31, *[12.5] * 10],
        one_page=few,
        portrait=not few,
    )
    page.status("B3:E3", some_apart=True)
    page.legend("J3")
    _inputs(page)
    _summary(page)
    _asset_table(page, assets)
    if not few:
        page.sheet.set_h_pagebreaks([_table(assets) - 2])
        page.sheet.repeat_rows(_table(assets) - 2, _table(assets) - 1)
    lay_out_matrices(book, assets)
    _checks(book, assets)
    lay_out_published(book)
    data = _chart_data(book)
    _charts(page, data, assets)
    book.notes()
    lay_out_prices(book, assets, dates)


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "F")
    page.put("B9", "Benchmark: name (weights below)", "label")
    page.input("Benchmark", "C9", look="input_text")
    page.put("E9", "Borrowing rate", "label")
    page.put("D9", "", "label")
    page.input("Borrow_rate", "F9", PERCENT2)
    page.put("B10", "Estimator of covariances", "label")
    estimator_input(page, "C10", "D")


def _summary(page: Page) -> None:
    top = _SUMMARY
    page.heading(f"B{top - 1}:F{top - 1}", "Strategies")
    page.header(f"B{top}", ["", "Equal weight", "=Benchmark", "Risk parity", "Risk parity, levered"])
    page.sheet.set_row(top - 1, 30)
    rows = (
        ("Invested, of equity", "SUM({w})", TIMES),
        ("Return, gross", "SUMPRODUCT({w},Exp_returns)", PERCENT2),
        ("Cost of borrowing", "Borrow_rate*MAX(SUM({w})-1,0)", PERCENT2),
        ("Return, net", "{gross}-{cost}", PERCENT2),
        ("Volatility", "PORT_VOL({w},Cov)", PERCENT2),
        ("Sharpe ratio (cash at 0 %)", "{net}/{vol}", RATIO),
        ("Largest share of risk", "MAX({shares})", PERCENT1),
        ("Diversification ratio", "DIVERSIFICATION_RATIO({w},Cov)", RATIO),
        ("Effective number of bets", "EFFECTIVE_BETS({w},Cov)", RATIO),
    )
    levered = {"Cost of borrowing": "cost", "Return, net": "net_return", "Sharpe ratio (cash at 0 %)": "sharpe"}
    count = len(page.book.inputs["Weights"])  # type: ignore[arg-type]
    for column in _STRATEGIES:
        places = {
            "w": _block(_WEIGHTS[column], count),
            "shares": _block(_SHARES[column], count),
            "gross": f"{column}{top + 2}",
            "cost": f"{column}{top + 3}",
            "net": f"{column}{top + 4}",
            "vol": f"{column}{top + 5}",
        }
        for row, (text, formula, number_format) in enumerate(rows, top + 1):
            look = "total" if text == "Volatility" else "computed"
            page.put(f"B{row}", text, "total_label" if look == "total" else "label")
            if column == "F" and text in levered:
                formula = _lever(levered[text])
            page.put(f"{column}{row}", "=" + formula.format(**places), look, number_format)
    page.note(
        f"B{top + 10}:F{top + 12}",
        '="Risk parity, levered has the volatility of "&Benchmark&", with money borrowed at the borrowing rate. At a '
        'rate of 0 % leverage costs nothing, and the Sharpe ratio is that of risk parity."',
    )


def _lever(output: str) -> str:
    return f'LEVER_TO_VOL(Weights_RP,Cov,PORT_VOL(Weights,Cov),Borrow_rate,Exp_returns,"{output}")'


def _table(assets: int) -> int:
    """Return the row of the heads of the table of assets, below charts beside each other or one below the other."""
    return _CHARTS + (14 if assets <= _FEW_ASSETS else 4 * _CHART_ROWS + 2)


def _block(column: str, assets: int) -> str:
    """Return the cells of the assets in a column of the table."""
    return f"{column}{_table(assets) + 2}:{column}{_table(assets) + 1 + assets}"


def _asset_table(page: Page, assets: int) -> None:
    top = _table(assets)
    first, last = top + 2, top + 1 + assets
    page.heading(f"B{top - 1}:D{top - 1}", "Assets")
    page.heading(f"E{top - 1}:H{top - 1}", "Weights")
    page.heading(f"I{top - 1}:L{top - 1}", "Shares of risk")
    names = ["Equal weight", "=Benchmark", "Risk parity", "Risk parity, levered"]
    page.header(f"B{top}", ["Asset", "Return", "Volatility", *names, *names])
    page.sheet.set_row(top - 1, 30)
    page.sheet.set_row(top, 4)
    for row, k in zip(range(first, last + 1), range(1, assets + 1), strict=True):
        page.put(f"B{row}", f"=INDEX(Assets,1,{k})", "label")
        mean = f"AVERAGE(INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1)"
        page.array(f"C{row}", f"={mean}*Periods_per_year", "computed", PERCENT2)
        page.put(f"E{row}", "=1/COLUMNS(Assets)", "computed", PERCENT1)
    page.put(_block("D", assets), "=VOLS(Cov)", "computed", PERCENT2)
    page.input("Weights", _block("F", assets), PERCENT1)
    page.put(_block("G", assets), "=RP_WEIGHTS(Cov)", "computed", PERCENT1)
    page.put(_block("H", assets), f"={_lever('weights')}", "computed", PERCENT1)
    for strategy in _STRATEGIES:
        shares = _block(_SHARES[strategy], assets)
        page.put(shares, f"=RISK_CONTRIB({_block(_WEIGHTS[strategy], assets)},Cov)", "computed", PERCENT1)
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", ["", ""], "total_label")
    for column in "EFGHIJKL":
        page.put(f"{column}{last + 1}", f"=SUM({_block(column, assets)})", "total", PERCENT1)
    for name, column in (("Exp_returns", "C"), ("Weights_EW", "E"), ("Weights_RP", "G"), ("Weights_levered", "H")):
        page.book.name(name, page, _block(column, assets))


def _checks(book: TemplateBook, assets: int) -> None:
    names = ('="Equal weight"', "=Benchmark", '="Risk parity"', '="Risk parity, levered"')
    weights = dict(zip(_STRATEGIES, ("Weights_EW", "Weights", "Weights_RP", "Weights_levered"), strict=True))
    first, second = (f"INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1" for k in (1, 2))
    annual = "SQRT(Periods_per_year)"
    volatility = f"STDEV.S(MMULT({RETURNS},{{}}))*{annual}"
    covariance = f"COVARIANCE.S({first},{second})*Periods_per_year"
    own = f"Analysis!D{_table(assets) + 2}"
    checks = [
        PERIODS_CHECK,
        COV_CHECK,
        Check("Covariance of the first two assets", "INDEX(Cov,1,2)", covariance, NUMBER, only_if=IS_SAMPLE),
        Check(
            "Correlation of the first two assets",
            "INDEX(Correlations,1,2)",
            f"CORREL({first},{second})",
            RATIO,
            only_if=IS_SAMPLE,
        ),
        Check("Volatility of the first asset", own, f"STDEV.S({first})*{annual}", PERCENT2, only_if=IS_SAMPLE),
    ]
    for column, name in zip(_STRATEGIES, names, strict=True):
        native = volatility.format(weights[column])
        figure, ours = f'="Volatility: "&{name[1:]}', f"Analysis!{column}{_SUMMARY + 5}"
        checks.append(Check(figure, ours, native, PERCENT2, only_if=IS_SAMPLE))
    for column, name in zip(_STRATEGIES, names, strict=True):
        shares = f"Analysis!{_block(_SHARES[column], assets)}"
        checks.append(shares_check(name, shares, weights[column]))
    leverage = f"{volatility.format('Weights')}/({volatility.format('Weights_RP')})"
    gross = "SUMPRODUCT(Weights_levered,Exp_returns)"
    net = f"{gross}-Borrow_rate*MAX(SUM(Weights_levered)-1,0)"
    sharpe = f"({net})/({volatility.format('Weights_levered')})"
    checks += [
        every_share_check(f"Analysis!{_block(_SHARES['E'], assets)}"),
        Check("Leverage of risk parity", f"Analysis!F{_SUMMARY + 1}", leverage, RATIO, only_if=IS_SAMPLE),
        Check("Net return, levered", f"Analysis!F{_SUMMARY + 4}", net, PERCENT2),
        Check("Sharpe ratio, levered", f"Analysis!F{_SUMMARY + 6}", sharpe, RATIO, only_if=IS_SAMPLE),
    ]
    lay_out_checks(book, FROM_PRICES, checks)


def _chart_data(book: TemplateBook) -> Page:
    page = book.page("Chart data", "What the charts draw, all of it by formulas", [2, 28, *[14] * 5])
    page.heading("B4:D4", "Risk parity, from cash to its levered form")
    page.header("B5", ["", "Volatility", "Return, net"])
    page.put("B6", "Cash", "label")
    page.line("C6", [0, 0], "computed", PERCENT2)
    for row, text, column in ((7, "Risk parity", "E"), (8, "Risk parity, levered", "F")):
        page.put(f"B{row}", text, "label")
        page.put(f"C{row}", f"=Analysis!{column}{_SUMMARY + 5}", "computed", PERCENT2)
        page.put(f"D{row}", f"=Analysis!{column}{_SUMMARY + 4}", "computed", PERCENT2)
    return page


def _charts(page: Page, data: Page, assets: int) -> None:
    _picture(page, data, assets)
    titles = ("Equal weight", "Benchmark", "Risk parity", "Risk parity, levered")
    for number, (strategy, title) in enumerate(zip(_STRATEGIES, titles, strict=True)):
        chart = column_chart(page)
        for name, column, color in (("Capital", _WEIGHTS, SLATE), ("Risk", _SHARES, NAVY)):
            values = _block(column[strategy], assets)
            more = {"data_labels": labels()} if assets <= _FEW_ASSETS else {}
            chart.add_series(bars(page, name, _block("B", assets), values, color, overlap=-5, **more))
        few = assets <= _FEW_ASSETS
        chart.set_x_axis(axis(grid=False, label_position="low") if few else name_axis(assets, 60))
        chart.set_y_axis(axis())
        chart.set_legend(legend())
        if assets <= _FEW_ASSETS:
            place(page, chart, f"B{_CHARTS}", 280, 250, title, right=287 * number)
        else:
            place(page, chart, f"B{_CHARTS + _CHART_ROWS * number}", 1148, 20 * _CHART_ROWS - 8, title)


def _picture(page: Page, data: Page, assets: int) -> None:
    picture = scatter_chart(page)
    picture.add_series(line(data, "Risk parity, levered", "C6:C8", "D6:D8", SLATE))
    if assets <= _FEW_ASSETS:
        for row in range(_table(assets) + 2, _table(assets) + 2 + assets):
            picture.add_series(named_point(page, f"={page.ref(f'B{row}')}", f"D{row}", f"C{row}", SLATE))
    else:
        picture.add_series(points(page, "Assets", _block("D", assets), _block("C", assets), SLATE))
    for column, color in zip(_STRATEGIES, (BRICK, GOLD, TEAL, NAVY), strict=True):
        name = f"={page.ref(f'{column}{_SUMMARY}')}"
        position = {"D": "above", "C": "right"}.get(column, "left")
        point = named_point(page, name, f"{column}{_SUMMARY + 5}", f"{column}{_SUMMARY + 4}", color, position)
        picture.add_series(point)
    picture.set_x_axis(axis("Volatility", grid=False, min=0, label_position="low"))
    picture.set_y_axis(axis("Return, net", "0%"))
    picture.set_legend({"none": True})
    place(page, picture, "G5", 551, 390, "Risk and return")


TEMPLATE = Template(
    name="static_analysis",
    title="Static analysis: capital against risk",
    summary="Equal weights, a benchmark, risk parity and levered risk parity from the prices of any number of assets",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=DATES,
)
