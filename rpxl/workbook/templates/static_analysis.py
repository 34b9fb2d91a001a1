"""Static analysis of a handful of assets, or of many: what equal weights, a benchmark and risk parity hold."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import NormalDist

from rpxl.workbook.layout import (
    BRICK,
    DATE,
    GOLD,
    NAVY,
    NUMBER,
    PERCENT,
    PERCENT2,
    RATIO,
    SLATE,
    TEAL,
    TIMES,
    Book,
    Page,
    Rows,
    axis,
    labels,
    legend,
    line,
    named_point,
)
from rpxl.workbook.references import column_letters
from rpxl.workbook.templates.template import Inputs, Template

_TICKERS = ("SPY", "VEU", "IEF", "GLD", "DBC")
_START = (374.88, 58.31, 119.95, 178.36, 14.72)
_VOLS = (0.175, 0.17, 0.08, 0.145, 0.19)
_MEANS = (0.095, 0.055, 0.01, 0.06, 0.07)
_CORRELATIONS = (
    (1.0,),
    (0.83, 1.0),
    (-0.05, -0.02, 1.0),
    (0.10, 0.22, 0.35, 1.0),
    (0.30, 0.38, -0.15, 0.30, 1.0),
)
_DATES = 756
_LAST_DATE = date(2023, 12, 29)
_SEED = 20231229
_FEW_ASSETS = 8
"""Up to so many assets the risk/return picture names each of them."""

_TOP = 6
"""The first row of the prices, below their header."""
_SUMMARY = 11
_CHARTS = 25
_TABLE = 51
_STRATEGIES = "CDEF"
_WEIGHTS = dict(zip(_STRATEGIES, "EFGH", strict=True))
_SHARES = dict(zip(_STRATEGIES, "IJKL", strict=True))
"""Columns of the strategies: in the summary, and of their weights and shares of risk in the table of assets."""


def _sample() -> Inputs:
    return {
        "Dates": [[day] for day in _business_days(_DATES)],
        "Prices": [list(_TICKERS), *_simulated_prices()],
        "Weights": [[0.6], [0.0], [0.4], [0.0], [0.0]],
        "Benchmark": "60/40",
        "Borrow_rate": 0.0,
        "Data_source": "Simulated sample data (fixed random seed), not market prices",
    }


def _placeholders(assets: int, dates: int) -> Inputs:
    return {
        "Dates": [[day] for day in _business_days(dates)],
        "Prices": [[f"Asset {i + 1}" for i in range(assets)], *[[100.0] * assets for _ in range(dates)]],
        "Weights": [[1 / assets]] * assets,
        "Benchmark": "Benchmark",
        "Borrow_rate": 0.0,
        "Data_source": "No prices yet",
    }


def _business_days(count: int) -> list[date]:
    """The last weekdays up to the end of the sample."""
    days: list[date] = []
    day = _LAST_DATE
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def _simulated_prices() -> Iterator[list[float]]:
    """Walk correlated normal returns from the start prices on, to the cent.

    It is done in plain Python, so that the sample is the same wherever and with whatever it is built.
    """
    draw = random.Random(_SEED)
    normal = NormalDist()
    loadings = _cholesky()
    prices = list(_START)
    yield list(prices)
    for _ in range(_DATES - 1):
        shocks = [normal.inv_cdf(draw.random()) for _ in prices]
        for i, row in enumerate(loadings):
            shock = sum(loading * shocks[j] for j, loading in enumerate(row))
            prices[i] *= 1 + _MEANS[i] / 252 + _VOLS[i] / 252**0.5 * shock
        yield [round(price, 2) for price in prices]


def _cholesky() -> list[list[float]]:
    rows: list[list[float]] = []
    for given in _CORRELATIONS:
        row: list[float] = []
        for j, correlation in enumerate(given[:-1]):
            inner = sum(a * b for a, b in zip(row, rows[j], strict=False))
            row.append((correlation - inner) / rows[j][j])
        row.append((1 - sum(x * x for x in row)) ** 0.5)
        rows.append(row)
    return rows


def _lay_out(book: Book) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    few = assets <= 12
    page = book.page(
        "Analysis",
        "What equal weights, the benchmark and risk parity hold, and where their risk comes from",
        [2, 31, *[12.5] * 10],
        one_page=few,
    )
    page.status("B3:E3")
    page.legend("J3")
    _inputs(page)
    _summary(page)
    _asset_table(page, assets)
    if not few:
        page.sheet.set_h_pagebreaks([_TABLE - 2])
    _matrices(book, assets)
    _checks(book, assets)
    _published(book)
    data = _chart_data(book)
    _charts(page, data, assets)
    book.notes(_NOTES)
    _prices(book, assets, dates)


def _inputs(page: Page) -> None:
    page.heading("B5:F5", "Inputs")
    page.put("B6", "Prices", "label")
    page.sheet.merge_range("C6:F6", "", page.book.look("input_text"))
    page.input("Data_source", "C6", look="input_text")
    page.put("B7", "Dates", "label")
    page.put("C7", "=MIN(Dates)", "computed", DATE)
    page.put("D7", "=MAX(Dates)", "computed", DATE)
    page.put("E7", "=ROWS(Dates)", "computed", '#,##0" dates"')
    page.put("F7", "=COLUMNS(Assets)", "computed", '0" assets"')
    page.put("B8", "Benchmark: name (weights below)", "label")
    page.input("Benchmark", "C8", look="input_text")
    page.put("E8", "Borrowing rate", "label")
    page.put("D8", "", "label")
    page.input("Borrow_rate", "F8", PERCENT2)


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
        ("Largest share of risk", "MAX({shares})", PERCENT),
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
        '="Risk parity, levered is risk parity taken to the volatility of "&Benchmark&" with money borrowed at the '
        'borrowing rate. At a rate of 0 % leverage costs nothing and the Sharpe ratio stays as it is."',
    )


def _lever(output: str) -> str:
    return f'LEVER_TO_VOL(RP_Weights,Cov,PORT_VOL(Weights,Cov),Borrow_rate,Exp_returns,"{output}")'


def _block(column: str, assets: int) -> str:
    """The cells of the assets in a column of the table."""
    return f"{column}{_TABLE + 2}:{column}{_TABLE + 1 + assets}"


def _asset_table(page: Page, assets: int) -> None:
    top, first, last = _TABLE, _TABLE + 2, _TABLE + 1 + assets
    page.heading(f"B{top - 1}:D{top - 1}", "Assets")
    page.heading(f"E{top - 1}:H{top - 1}", "Weights")
    page.heading(f"I{top - 1}:L{top - 1}", "Shares of risk")
    names = ["Equal weight", "=Benchmark", "Risk parity", "Risk parity, levered"]
    page.header(f"B{top}", ["Asset", "Return", "Volatility", *names, *names])
    page.sheet.set_row(top - 1, 30)
    page.sheet.set_row(top, 4)
    for row, k in zip(range(first, last + 1), range(1, assets + 1), strict=True):
        page.put(f"B{row}", f"=INDEX(Assets,1,{k})", "label")
        page.array(
            f"C{row}", f"=AVERAGE(INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1)*252", "computed", PERCENT2
        )
        page.put(f"E{row}", "=1/COLUMNS(Assets)", "computed", PERCENT)
    page.put(_block("D", assets), "=VOLS(Cov)", "computed", PERCENT2)
    page.input("Weights", _block("F", assets), PERCENT)
    page.put(_block("G", assets), "=RP_WEIGHTS(Cov)", "computed", PERCENT)
    page.put(_block("H", assets), f"={_lever('weights')}", "computed", PERCENT)
    for strategy in _STRATEGIES:
        shares = _block(_SHARES[strategy], assets)
        page.put(shares, f"=RISK_CONTRIB({_block(_WEIGHTS[strategy], assets)},Cov)", "computed", PERCENT)
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", ["", ""], "total_label")
    for column in "EFGHIJKL":
        page.put(f"{column}{last + 1}", f"=SUM({_block(column, assets)})", "total", PERCENT)
    for name, column in (("Exp_returns", "C"), ("EW_Weights", "E"), ("RP_Weights", "G"), ("Levered_Weights", "H")):
        page.book.name(name, page, _block(column, assets))


def _matrices(book: Book, assets: int) -> None:
    page = book.page(
        "Matrices",
        "Annual sample covariance of simple daily returns (252 days a year), and correlation",
        [2, 16, *[9] * max(assets, 8)],
        one_page=False,
    )
    page.sheet.fit_to_pages(-(-assets // 20), 0)
    page.sheet.freeze_panes(2, 2)
    last = column_letters(assets + 2)
    for top, title, formula, number_format, name in (
        (4, "Covariance", "=COV_MATRIX(RETURNS(Prices))", NUMBER, "Cov"),
        (assets + 8, "Correlation", "=CORR_MATRIX(Cov)", RATIO, "Correlations"),
    ):
        page.heading(f"B{top}:{page.last}{top}", title)
        for k in range(1, assets + 1):
            page.put(f"{column_letters(k + 2)}{top + 1}", f"=INDEX(Assets,1,{k})", "column")
            page.put(f"B{top + 1 + k}", f"=INDEX(Assets,1,{k})", "label")
        area = f"C{top + 2}:{last}{top + 1 + assets}"
        page.put(area, formula, "computed", number_format)
        book.name(name, page, area)
    page.sheet.conditional_format(
        area,
        {
            "type": "3_color_scale",
            "min_type": "num",
            "min_value": -1,
            "mid_type": "num",
            "mid_value": 0,
            "max_type": "num",
            "max_value": 1,
            "min_color": "#D99A94",
            "mid_color": "#FFFFFF",
            "max_color": "#7FB2C4",
        },
    )


_RETURNS = "Prices_later/Prices_earlier-1"
_NATIVE_COV = (
    f"(MMULT(TRANSPOSE({_RETURNS}),{_RETURNS})-ROWS(Prices_later)*MMULT(Exp_returns,TRANSPOSE(Exp_returns))/252^2)"
    "/(ROWS(Prices_later)-1)*252"
)


def _checks(book: Book, assets: int) -> None:
    page = book.page(
        "Checks",
        "The same figures by native formulas, straight from the prices, that every spreadsheet has",
        [2, 44, 13, 13, 24, 3, 96],
    )
    page.header("B4", ["Figure", "rpxl", "Native", "Check"])
    page.put("E4", "Check", "column")
    page.put("G4", "The native formula", "column_label")
    names = ('="Equal weight"', "=Benchmark", '="Risk parity"', '="Risk parity, levered"')
    weights = dict(zip(_STRATEGIES, ("EW_Weights", "Weights", "RP_Weights", "Levered_Weights"), strict=True))
    first, second = (f"INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1" for k in (1, 2))
    volatility = f"STDEV.S(MMULT({_RETURNS},{{}}))*SQRT(252)"
    rows = [
        ("Covariance matrix, sum of all cells", "SUM(Cov)", f"SUM({_NATIVE_COV})", PERCENT2, ("Cov", _NATIVE_COV)),
        ("Covariance of the first two assets", "INDEX(Cov,1,2)", f"COVARIANCE.S({first},{second})*252", NUMBER, None),
        ("Correlation of the first two assets", "INDEX(Correlations,1,2)", f"CORREL({first},{second})", RATIO, None),
        ("Volatility of the first asset", f"Analysis!D{_TABLE + 2}", f"STDEV.S({first})*SQRT(252)", PERCENT2, None),
    ]
    for column, name in zip(_STRATEGIES, names, strict=True):
        text = f'="Volatility: "&{name[1:]}'
        rows.append(
            (text, f"Analysis!{column}{_SUMMARY + 5}", volatility.format(weights[column]), PERCENT2, None)
        )
    for column, name in zip(_STRATEGIES, names, strict=True):
        shares = f"Analysis!{_block(_SHARES[column], assets)}"
        native = f"{weights[column]}*MMULT(Cov,{weights[column]})/SUM({weights[column]}*MMULT(Cov,{weights[column]}))"
        text = f'="Shares of risk, the largest shown: "&{name[1:]}'
        rows.append((text, f"MAX({shares})", f"MAX({native})", PERCENT2, (shares, native)))
    parity = f"Analysis!{_block(_SHARES['E'], assets)}"
    leverage = f"{volatility.format('Weights')}/({volatility.format('RP_Weights')})"
    gross = "SUMPRODUCT(Levered_Weights,Exp_returns)"
    net = f"{gross}-Borrow_rate*MAX(SUM(Levered_Weights)-1,0)"
    rows += [
        ("Risk parity: every share is 1/n", f"MIN({parity})", "1/COLUMNS(Assets)", PERCENT2, (parity, "1/COLUMNS(Assets)+0*RP_Weights")),
        ("Leverage of risk parity", f"Analysis!F{_SUMMARY + 1}", leverage, RATIO, None),
        ("Net return, levered", f"Analysis!F{_SUMMARY + 4}", net, PERCENT2, None),
        ("Sharpe ratio, levered", f"Analysis!F{_SUMMARY + 6}", f"({net})/({volatility.format('Levered_Weights')})", RATIO, None),
    ]
    for row, (text, ours, native, number_format, pair) in enumerate(rows, 5):
        page.put(f"B{row}", text, "label")
        page.put(f"C{row}", f"={ours}", "computed", number_format)
        page.array(f"D{row}", f"={native}", "computed", number_format)
        one, other = pair or (f"C{row}", f"D{row}")
        page.verdict(f"E{row}", one, f"({other})")
        page.put(f"G{row}", native, "formula_text")
    page.verdicts(f"E5:E{4 + len(rows)}")


def _published(book: Book) -> None:
    page = book.page(
        "Published",
        "The illustrative table of the textbook for these five assets, and what its own arithmetic gives",
        [2, 30, *[11] * 8],
    )
    page.heading("B4:J4", "Published, marked 'illustrative' by its author: constants, unconnected with the prices")
    heads = [*_TICKERS, "Return", "Volatility", "Sharpe"]
    page.header("B5", ["Strategy", *heads])
    table = (
        ("EW", 0.2, 0.2, 0.2, 0.2, 0.2, 0.055, 0.105, 0.52),
        ("60/40", 0.6, 0, 0.4, 0, 0, 0.078, 0.092, 0.85),
        ("Risk parity unlevered", 0.08, 0.07, 0.55, 0.18, 0.12, 0.028, 0.045, 0.62),
        ("Risk parity levered", 0.164, 0.1435, 1.1275, 0.369, 0.246, 0.0574, 0.092, 0.62),
    )
    for row, (name, *figures) in enumerate(table, 6):
        page.put(f"B{row}", name, "label")
        page.line(f"C{row}", figures[:5], "published", PERCENT2)
        page.line(f"H{row}", figures[5:7], "published", PERCENT2)
        page.put(f"J{row}", figures[7], "published", RATIO)
    page.heading("B11:J11", "What the printed figures give: Sharpe = return / volatility, leverage = 9.20 / 4.50")
    page.header("B12", ["Strategy", *heads])
    for row in range(13, 17):
        page.put(f"B{row}", f"=B{row - 7}", "label")
        for column in "CDEFGHI":
            formula = f"={column}8*$I$7/$I$8" if row == 16 else f"={column}{row - 7}"
            page.put(f"{column}{row}", formula, "computed", PERCENT2)
        page.put(f"J{row}", f"=H{row}/I{row}", "computed", RATIO)
    page.heading("B18:J18", "Computed less published")
    page.header("B19", ["Strategy", *heads])
    for row in range(20, 24):
        page.put(f"B{row}", f"=B{row - 14}", "label")
        for column in "CDEFGHIJ":
            number_format = RATIO if column == "J" else PERCENT2
            page.put(f"{column}{row}", f"={column}{row - 7}-{column}{row - 14}", "difference", number_format)
    page.note(
        "B25:J28",
        "The levered row multiplies every weight by 2.05, while its volatilities ask for 9.20/4.50 = 2.0444: hence the "
        "differences in the last row. The other rows agree. Real prices of 2014 to 2023 give other figures than the "
        "illustration, equal weights a return of 5.45 % at 9.59 %, for instance: fill the workbook with prices to see.",
    )


def _chart_data(book: Book) -> Page:
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
    titles = ("Equal weight", f"={page.ref(f'D{_SUMMARY}')}", "Risk parity", "Risk parity, levered")
    for number, (strategy, title) in enumerate(zip(_STRATEGIES, titles, strict=True)):
        chart = page.columns()
        for name, column, color in (("Capital", _WEIGHTS, SLATE), ("Risk", _SHARES, NAVY)):
            chart.add_series(
                {
                    "name": name,
                    "categories": f"={page.ref(_block('B', assets))}",
                    "values": f"={page.ref(_block(column[strategy], assets))}",
                    "fill": {"color": color},
                    "gap": 60,
                    "overlap": -5,
                }
                | ({"data_labels": labels()} if assets <= _FEW_ASSETS else {})
            )
        chart.set_x_axis(axis(grid=False, label_position="low"))
        chart.set_y_axis(axis())
        chart.set_legend(legend())
        left = number % 2 == 0
        row = _CHARTS + 12 * (number // 2)
        page.place(chart, f"{'B' if left else 'G'}{row}", 585 if left else 550, 238, title)


def _picture(page: Page, data: Page, assets: int) -> None:
    picture = page.scatter()
    picture.add_series(line(data, "Risk parity, levered", "C6:C8", "D6:D8", SLATE))
    if assets <= _FEW_ASSETS:
        for row in range(_TABLE + 2, _TABLE + 2 + assets):
            picture.add_series(named_point(page, f"={page.ref(f'B{row}')}", f"D{row}", f"C{row}", SLATE))
    else:
        cloud = named_point(page, "Assets", _block("D", assets), _block("C", assets), SLATE)
        picture.add_series({key: value for key, value in cloud.items() if key != "data_labels"})
    for column, color in zip(_STRATEGIES, (BRICK, GOLD, TEAL, NAVY), strict=True):
        name = f"={page.ref(f'{column}{_SUMMARY}')}"
        position = "left" if column in "EF" else "right"
        point = named_point(page, name, f"{column}{_SUMMARY + 5}", f"{column}{_SUMMARY + 4}", color, position)
        picture.add_series(point)
    picture.set_x_axis(axis("Volatility", grid=False, min=0, label_position="low"))
    picture.set_y_axis(axis("Return, net", "0%"))
    picture.set_legend({"none": True})
    page.place(picture, "G5", 550, 400, "Risk and return")


def _prices(book: Book, assets: int, dates: int) -> None:
    page = book.page(
        "Prices", "One row per date, oldest first", [2, 12, *[11] * max(assets, 7)], one_page=False, portrait=assets <= 7
    )
    last, bottom = column_letters(assets + 2), _TOP + dates - 1
    page.put("B3", '="Prices: "&Data_source', "status")
    page.put(f"B{_TOP - 1}", "Date", "column_label")
    page.input("Dates", f"B{_TOP}:B{bottom}", DATE, "input_text")
    page.input("Prices", f"C{_TOP - 1}:{last}{bottom}", "#,##0.00")
    book.name("Assets", page, f"C{_TOP - 1}:{last}{_TOP - 1}")
    book.name("Prices_earlier", page, f"C{_TOP}:{last}{bottom - 1}")
    book.name("Prices_later", page, f"C{_TOP + 1}:{last}{bottom}")
    page.sheet.freeze_panes(_TOP - 1, 2)
    page.sheet.repeat_rows(_TOP - 2)
    if assets > 20:
        page.sheet.fit_to_pages(-(-assets // 20), 0)
        page.sheet.repeat_columns("A:B")


_NOTES = (
    (
        "What the workbook shows",
        "From prices on the sheet Prices: the annual covariance of simple daily returns (sample covariance × 252), and four "
        "portfolios of the same assets: equal weights; the benchmark, whose weights and name are inputs; risk parity, in "
        "which every asset carries the same share of the risk; and risk parity levered to the benchmark's volatility. "
        "Return is the mean daily return × 252; the Sharpe ratio is net return over volatility, with cash at 0 %.",
        "The borrowing rate is an input. At its default of 0 % leverage costs nothing, so that levered risk parity has the "
        "Sharpe ratio of risk parity, as in the textbook; set it to what you pay.",
        "The prices that the workbook comes with are simulated with a fixed random seed: normal daily returns with the "
        "volatilities and correlations that such assets tend to have, rounded to cents. They are not market prices. Fill "
        "in your own with: rpxl fill workbooks/static_analysis.xlsx --out FILE --prices CSV.",
        "The sheet Checks repeats the figures with functions that every spreadsheet has, straight from the prices.",
    ),
    (
        "Published figures",
        "The sheet Published quotes the table of the textbook (§5.3.5: SPY, VEU, IEF, GLD and DBC from 2014-01-01 to "
        "2023-12-31), which its author marks as illustrative, and recomputes what can be recomputed from it: its levered row "
        "multiplies every weight by 2.05, though 9.20/4.50 = 2.0444.",
    ),
    (
        "Sources",
        "Textbook chapter 'The Philosophy of Risk Allocation', §5.3.5: the strategies and the illustrative table.",
        "Maillard, S., Roncalli, T. and Teïletche, J. (2010), 'The Properties of Equally Weighted Risk Contribution "
        "Portfolios', Journal of Portfolio Management 36(4): risk parity.",
        "Choueifaty, Y. and Coignard, Y. (2008), 'Toward Maximum Diversification', Journal of Portfolio Management 35(1): "
        "the diversification ratio.",
        "Meucci, A., Santangelo, A. and Deguest, R. (2015), 'Risk Budgeting and Diversification Based on Optimized "
        "Uncorrelated Factors', Risk 11: the effective number of bets.",
    ),
)

TEMPLATE = Template(
    name="static_analysis",
    title="Static analysis: capital against risk",
    summary="Equal weights, a benchmark, risk parity and levered risk parity from the prices of any number of assets",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=_DATES,
)
