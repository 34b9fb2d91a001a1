"""Famous portfolios on the user's prices: what they hold, what they risk, and risk parity of the same assets.

A recalculation for n assets and T dates makes the covariance matrix once by rpxl and three times by native formulas,
some n² T multiplications each, and five further passes over the prices.
"""

from rpxl.templates.charts import axis, bars, capital_and_risk, column_chart, labels, legend, place
from rpxl.templates.checks import Check, lay_out_checks, shares_check
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
from rpxl.templates.famous_published import (
    AUTO,
    CLASSES,
    COLORS,
    FAMOUS,
    LAST,
    NO_CLASS,
    TOP,
    lay_out_published,
    own_inputs,
    weight_column,
)
from rpxl.templates.looks import GOLD, NAVY, PERCENT1, PERCENT2, RATIO, SLATE, TEAL, TIMES
from rpxl.templates.page import Page, Rows, TemplateBook
from rpxl.templates.sample_prices import CLASSES_MARKET, DATES, no_prices, sample_inputs
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters

_SUMMARY = 14
"""The head row of the summary."""
_CHARTS = _SUMMARY + 14
_HEAD = 6
"""The head row of the table of assets."""
_COUNT = len(FAMOUS)
_FIRST_WEIGHT, _FIRST_SHARE, _FIRST_PARITY = 6, 6 + _COUNT, 6 + 2 * _COUNT
"""The columns of the first portfolio on the sheet Weights."""
_BARS = ("Capital", "Risk", "Risk parity")
_BY_CLASS = 6
"""The first row of the sheet By class, below its head."""


def _sample() -> TemplateInputs:
    return (
        sample_inputs(CLASSES_MARKET, DATES)
        | own_inputs()
        | {"Estimator": "sample", "Class_of": [[AUTO]] * len(CLASSES_MARKET.tickers)}
    )


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return no_prices(assets, dates) | own_inputs() | {"Estimator": "sample", "Class_of": [[AUTO]] * assets}


def _name(number: int) -> str:
    """Return the cell with the name of a portfolio."""
    return f"Published!${weight_column(number)}${TOP}"


def _cells(first: int, number: int, assets: int) -> str:
    column = column_letters(first + number)
    return f"Weights!${column}${_HEAD + 1}:${column}${_HEAD + assets}"


def _lay_out(book: TemplateBook) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    page = book.page(
        "Portfolios",
        "What famous portfolios hold on your assets, what they risk, and risk parity of the same assets",
        [2, 50, *[14] * _COUNT, *[15] * 3],
    )
    page.status("B3:E3", some_apart=True)
    page.legend("H3")
    _inputs(page)
    _summary(page, assets)
    lay_out_published(book)
    _asset_page(book, assets)
    classes = _class_page(book, assets)
    _charts(page, classes)
    lay_out_matrices(book, assets)
    _checks(book, assets)
    book.notes()
    lay_out_prices(book, assets, dates)


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "G")
    page.put("B9", "Classes of the assets (on the sheet Weights)", "label")
    page.sheet.merge_range("C9:G9", "", page.book.look("text"))
    unknown = 'SUMPRODUCT((Class_used="UNKNOWN")*1)'
    guessed = 'SUMPRODUCT((Class_told="GUESSED")*1)'
    page.put(
        "C9",
        f'=IF({unknown}>0,"UNKNOWN class for "&{unknown}&" assets: choose one of those on the sheet Published",'
        f'IF({guessed}>0,"GUESSED: stocks, for "&{guessed}&" of "&COLUMNS(Assets)&" assets: set your own",'
        '"set by you or by the ticker"))',
        "text",
    )
    page.warning("C9:G9", "GUESSED")
    page.warning("C9:G9", "UNKNOWN")
    page.put("B10", "Your own portfolios", "label")
    page.put("C10", "on the sheet Published, a weight for each class", "text")
    page.put("B11", "Estimator of covariances", "label")
    estimator_input(page, "C11", "D")
    page.note(
        "H5:J10",
        "The published weights are those of classes. On the sheet Weights each asset is assigned to a class, and "
        "assets of one class share its weight equally. A class without an asset is left out, and the others are scaled "
        "up to 100 %; the first line of the table is then red.",
    )


def _summary(page: Page, assets: int) -> None:
    top = _SUMMARY
    end = weight_column(_COUNT - 1)
    page.heading(f"B{top - 1}:{end}{top - 1}", "The portfolios")
    page.header(f"B{top}", ["", *(f"={_name(number)}" for number in range(_COUNT))])
    page.sheet.set_row(top - 1, 30)
    texts = (
        "Published weights that your assets cover",
        "Volatility",
        "Return, annual mean",
        "Stocks: share of capital",
        "Stocks: share of risk",
        "Largest share of risk of an asset",
        "Diversification ratio",
        "Risk parity of the same assets: volatility",
        "Risk parity of the same assets: return, annual mean",
        "Leverage of risk parity to the portfolio's volatility",
        "Share of the capital to move to reach risk parity",
    )
    for row, text in enumerate(texts, top + 1):
        page.put(f"B{row}", text, "label")
    for number in range(_COUNT):
        column = weight_column(number)
        weights, shares, parity = (
            _cells(first, number, assets) for first in (_FIRST_WEIGHT, _FIRST_SHARE, _FIRST_PARITY)
        )
        table = f"Published!${column}${TOP + 1}:${column}${LAST}"
        vol = f"{column}{top + 2}"
        stocks = f'(Class_used="{CLASSES[0]}")'
        formulas = (
            (f"=SUMPRODUCT({table},(Class_counts>0)*1)", PERCENT1),
            (f"=PORT_VOL({weights},Cov)", PERCENT2),
            (f"=SUMPRODUCT({weights},Mean_returns)", PERCENT2),
            (f"=SUMPRODUCT({stocks}*{weights})", PERCENT1),
            (f"=SUMPRODUCT({stocks}*{shares})", PERCENT1),
            (f"=MAX({shares})", PERCENT1),
            (f"=DIVERSIFICATION_RATIO({weights},Cov)", RATIO),
            (f"=PORT_VOL({parity},Cov)", PERCENT2),
            (f"=SUMPRODUCT({parity},Mean_returns)", PERCENT2),
            (f'=LEVER_TO_VOL({parity},Cov,{vol},,,"leverage")', TIMES),
            (f"=SUMPRODUCT(ABS({weights}-{parity}))/2", PERCENT1),
        )
        for row, (formula, number_format) in enumerate(formulas, top + 1):
            page.put(f"{column}{row}", formula, "computed", number_format)
    page.mark(f"C{top + 1}:{end}{top + 1}", f"=ABS(C{top + 1}-1)>0.000001")


def _asset_page(book: TemplateBook, assets: int) -> None:
    page = book.page(
        "Weights",
        "Each asset's class, its weight and share of risk in each portfolio, and its weight in risk parity",
        [2, 16, 18, 18, 11, *[11] * (3 * _COUNT), 2, 11, 11],
        one_page=assets <= 30,
    )
    head, first, last = _HEAD, _HEAD + 1, _HEAD + assets
    page.heading(f"B{head - 1}:E{head - 1}", "Assets")
    page.line(f"B{head}", ["Asset", "Class: yours, or auto", "Class used"], "column_label")
    page.put(f"E{head}", "Volatility", "column")
    told, mean = (column_letters(6 + 3 * _COUNT + step) for step in (1, 2))
    page.put(f"{told}{head}", "Class set by", "column_label")
    page.put(f"{mean}{head}", "Return, annual mean", "column")
    page.input("Class_of", f"C{first}:C{last}", look="input_text")
    source = [AUTO, *CLASSES, NO_CLASS]
    page.sheet.data_validation(f"C{first}:C{last}", {"validate": "list", "source": source})
    for k in range(1, assets + 1):
        row = head + k
        page.put(f"B{row}", f"=INDEX(Assets,1,{k})", "label")
        yours = f'IF(COUNTIF(Classes,C{row})+(C{row}="{NO_CLASS}")>0,C{row},"UNKNOWN")'
        by_ticker = f'IFERROR(INDEX(Ticker_classes,MATCH(B{row},Tickers,0),1),"{CLASSES[0]}")'
        page.put(f"D{row}", f'=IF(C{row}="{AUTO}",{by_ticker},{yours})', "aside")
        known = f'IF(ISNUMBER(MATCH(B{row},Tickers,0)),"ticker","GUESSED")'
        page.put(f"{told}{row}", f'=IF(C{row}="{AUTO}",{known},"you")', "label")
        own = f"INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1"
        page.array(f"{mean}{row}", f"=AVERAGE({own})*Periods_per_year", "computed", PERCENT2)
    page.mark(f"C{first}:D{last}", f'=OR(${told}{first}="GUESSED",$D{first}="UNKNOWN")')
    page.put(f"E{first}:E{last}", "=VOLS(Cov)", "computed", PERCENT2)
    for name, column in (("Class_used", "D"), ("Class_told", told), ("Vols_of_assets", "E"), ("Mean_returns", mean)):
        book.name(name, page, f"{column}{first}:{column}{last}")
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", ["", "", ""], "total_label")
    for start, title in (
        (_FIRST_WEIGHT, "Weights"),
        (_FIRST_SHARE, "Shares of risk"),
        (_FIRST_PARITY, "Risk parity of the assets that are held"),
    ):
        ends = column_letters(start), column_letters(start + _COUNT - 1)
        page.heading(f"{ends[0]}{head - 1}:{ends[1]}{head - 1}", title)
        page.line(f"{ends[0]}{head}", [f"={_name(number)}" for number in range(_COUNT)], "column")
        bar = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#FFFFFF"}
        page.sheet.conditional_format(f"{ends[0]}{first}:{ends[1]}{last}", bar | {"max_color": "#A8C9D3"})
    page.sheet.set_row(head - 1, 30)
    page.sheet.freeze_panes(head, 2)
    for number in range(_COUNT):
        weight, share, parity = (
            column_letters(start + number) for start in (_FIRST_WEIGHT, _FIRST_SHARE, _FIRST_PARITY)
        )
        held = f"{weight}{first}:{weight}{last}"
        column = weight_column(number)
        published = f"Published!${column}${TOP + 1}:${column}${LAST}"
        for row in range(first, last + 1):
            part = f"SUMIF(Classes,$D{row},{published})/MAX(1,COUNTIF(Class_used,$D{row}))"
            page.put(f"{weight}{row}", f"={part}/Portfolios!{column}${_SUMMARY + 1}", "computed", PERCENT1)
        page.put(f"{share}{first}:{share}{last}", f"=RISK_CONTRIB({held},Cov)", "computed", PERCENT1)
        page.put(f"{parity}{first}:{parity}{last}", f"=RP_WEIGHTS(Cov,({held}>0)*1)", "computed", PERCENT1)
        for target in (weight, share, parity):
            page.put(f"{target}{last + 1}", f"=SUM({target}{first}:{target}{last})", "total", PERCENT1)
    note = f"Choose a class, or leave {AUTO}: then the ticker decides, if it is on the sheet Published. "
    note += f"Red: guessed to be stocks, or an unknown class. {NO_CLASS} leaves an asset out."
    page.put(f"B{last + 3}", note, "small")


def _class_page(book: TemplateBook, assets: int) -> Page:
    page = book.page(
        "By class",
        "Capital and risk of each portfolio by class, and the weights of risk parity of the same assets",
        [2, 22, 14, *[14] * len(CLASSES)],
    )
    head = _BY_CLASS - 1
    page.line(f"B{head}", ["Portfolio", "What"], "column_label")
    page.line(f"D{head}", [f"=INDEX(Classes,{k},1)" for k in range(1, len(CLASSES) + 1)], "column")
    page.sheet.set_row(head - 1, 30)
    for number in range(_COUNT):
        for step, (what, start) in enumerate(
            zip(_BARS, (_FIRST_WEIGHT, _FIRST_SHARE, _FIRST_PARITY), strict=True), _BY_CLASS + 3 * number
        ):
            page.put(f"B{step}", f"={_name(number)}" if what == _BARS[0] else "", "label")
            page.put(f"C{step}", what, "label")
            for k in range(len(CLASSES)):
                letter = column_letters(4 + k)
                formula = f"=SUMIF(Class_used,{letter}${head},{_cells(start, number, assets)})"
                page.put(f"{letter}{step}", formula, "computed", PERCENT1)
    return page


def _charts(page: Page, classes: Page) -> None:
    columns = {column_letters(4 + k): colors for k, colors in enumerate(COLORS)}
    rows = f"B{_BY_CLASS}:C{_BY_CLASS + 3 * _COUNT - 1}"
    capital_and_risk(page, f"B{_CHARTS}", 1130, 360, classes, rows, columns)
    top, end = _SUMMARY, weight_column(_COUNT - 1)
    stocks, vols = column_chart(page), column_chart(page)
    for row, name, color in ((4, "Capital in stocks", SLATE), (5, "Risk in stocks", NAVY)):
        values = f"C{top + row}:{end}{top + row}"
        stocks.add_series(bars(page, name, f"C{top}:{end}{top}", values, color, data_labels=labels()))
    for row, name, color in ((2, "As published", GOLD), (8, "Risk parity of the same assets", TEAL)):
        values = f"C{top + row}:{end}{top + row}"
        vols.add_series(bars(page, name, f"C{top}:{end}{top}", values, color, data_labels=labels("0.0%")))
    for chart in (stocks, vols):
        chart.set_x_axis(axis(grid=False, label_position="low"))
        chart.set_y_axis(axis(None, "0%", min=0))
        chart.set_legend(legend())
    place(page, stocks, f"B{_CHARTS + 19}", 560, 280, "Stocks: capital against risk")
    place(page, vols, f"B{_CHARTS + 19}", 560, 280, "Volatility", right=570)


def _checks(book: TemplateBook, assets: int) -> None:
    checks = [PERIODS_CHECK, COV_CHECK]
    volatility = f"STDEV.S(MMULT({RETURNS},{{}}))*SQRT(Periods_per_year)"
    for number in range(_COUNT):
        name, column = _name(number), weight_column(number)
        weights, shares, parity = (
            _cells(first, number, assets) for first in (_FIRST_WEIGHT, _FIRST_SHARE, _FIRST_PARITY)
        )
        vol = volatility.format(weights)
        leverage = f"{vol}/({volatility.format(parity)})"
        risks, held = f"{parity}*MMULT(Cov,{parity})", f"({weights}>0)"
        even = f"{held}/SUM({held}*1)"
        published = f"Published!{column}{TOP + 1}:{column}{LAST}*(Class_counts>0)"
        largest = f"MAX({published})/SUM({published})"
        row = _BY_CLASS + 3 * number
        checks += [
            Check(f'="Volatility: "&{name}', f"Portfolios!{column}{_SUMMARY + 2}", vol, PERCENT2, only_if=IS_SAMPLE),
            shares_check(f"={name}", shares, weights),
            Check(
                f'="Risk parity of the same assets, each share is 1/n: "&{name}',
                f"MAX({risks}/SUM({risks}))",
                f"MAX({even})",
                PERCENT2,
                (f"{risks}/SUM({risks})", even),
            ),
            Check(
                f'="Leverage of risk parity: "&{name}',
                f"Portfolios!{column}{_SUMMARY + 10}",
                leverage,
                RATIO,
                only_if=IS_SAMPLE,
            ),
            Check(f'="Largest class, as published: "&{name}', f"MAX('By class'!D{row}:I{row})", largest, PERCENT1),
        ]
    lay_out_checks(book, "The same figures by native formulas, straight from the prices", checks, first_column=62)


TEMPLATE = Template(
    name="famous_portfolios",
    title="Famous portfolios: capital against risk",
    summary="60/40, All Weather as published, the Permanent Portfolio and your own, on the prices of any assets, and "
    "risk parity of the same assets beside each",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=DATES,
)
