"""Eight ways to weight the same assets, side by side: what each holds, and what each risks.

A recalculation for n assets and T dates makes the covariance matrix once by rpxl and three times by native formulas,
some n² T multiplications each; everything else works on the matrix.
"""

from typing import NamedTuple

from rpxl.templates.charts import (
    axis,
    bar_chart,
    bars,
    labels,
    legend,
    palette,
    place,
    points,
    scatter_chart,
)
from rpxl.templates.checks import Check, every_share_check, lay_out_checks, shares_check
from rpxl.templates.data_pages import (
    COV_CHECK,
    PERIODS_CHECK,
    estimator_input,
    lay_out_matrices,
    lay_out_price_inputs,
    lay_out_prices,
)
from rpxl.templates.inverse_volatility import INPUTS, inverse_volatility_checks, lay_out_inverse_volatility
from rpxl.templates.largest import Largest
from rpxl.templates.looks import BRICK, GOLD, NAVY, PERCENT1, PERCENT2, RATIO, TEAL
from rpxl.templates.page import Page, Rows, TemplateBook
from rpxl.templates.sample_prices import DATES, ETFS, no_prices, sample_inputs
from rpxl.templates.template import Template, TemplateInputs
from rpxl.xlsx.references import column_letters


class Strategy(NamedTuple):
    """A way to weight: its name, or a formula for it; the formula of its weights; colour and shape of its point."""

    name: str
    formula: str
    color: str
    shape: str


_STRATEGIES = (
    Strategy("Equal weight", "", BRICK, "circle"),
    Strategy("=Benchmark", "", GOLD, "square"),
    Strategy("Inverse volatility", "INV_VOL_WEIGHTS(Cov)", "#E07B39", "diamond"),
    Strategy("Risk parity", "RP_WEIGHTS(Cov)", NAVY, "circle"),
    Strategy("Minimum variance", "MIN_VAR_WEIGHTS(Cov)", TEAL, "triangle"),
    Strategy("Maximum diversification", "MAX_DIV_WEIGHTS(Cov)", "#7A3E9D", "square"),
    Strategy("Hierarchical (HRP)", "HRP_WEIGHTS(Cov)", "#5B8C2A", "diamond"),
    Strategy("Maximum Sharpe", "MAX_SHARPE_WEIGHTS(Exp_returns-Risk_free,Cov)", "#C2185B", "triangle"),
)
_TOP = 14
"""The head row of the summary."""
_HEAD = 6
"""The head row of the tables of assets."""
_FIRST_WEIGHT, _FIRST_SHARE = 5, 14
"""Columns of the first strategy on the sheet Weights."""
_MOST_NAMED = 12
_MADE_UP = ((0.07,), (0.072,), (0.042,), (0.05,), (0.055,))
"""Expected returns that illustrate the sheet, for the sample prices."""
_MADE_UP_FOR_OTHERS = 0.06


def _sample() -> TemplateInputs:
    return {
        **sample_inputs(ETFS, DATES),
        "Weights": [[0.6], [0.0], [0.4], [0.0], [0.0]],
        "Exp_returns": _MADE_UP,
        "Exp_returns_made_up": _MADE_UP,
        "Benchmark": "60/40",
        "Risk_free": 0.03,
        "Estimator": "sample",
        **INPUTS,
    }


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return {
        **no_prices(assets, dates),
        "Weights": [[1 / assets]] * assets,
        "Exp_returns": [[_MADE_UP_FOR_OTHERS]] * assets,
        "Exp_returns_made_up": [[_MADE_UP_FOR_OTHERS]] * assets,
        "Benchmark": "Benchmark",
        "Risk_free": 0.03,
        "Estimator": "sample",
        **INPUTS,
    }


def _weights(strategy: int, assets: int, first: int = _FIRST_WEIGHT) -> str:
    column = column_letters(first + strategy)
    return f"Weights!{column}{_HEAD + 1}:{column}{_HEAD + assets}"


def _lay_out(book: TemplateBook) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    page = book.page(
        "Comparison",
        "Eight ways to weight the same assets: what each holds, what it risks, and how well it is diversified",
        [2, 35, *[12] * 11],
    )
    page.status("B3:E3", some_apart=True)
    page.legend("K3")
    _inputs(page)
    _summary(page, assets)
    table = _asset_page(book, assets)
    _charts(page, table, assets)
    lay_out_inverse_volatility(book)
    lay_out_matrices(book, assets)
    _checks(book, assets)
    book.notes()
    lay_out_prices(book, assets, dates)


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "F")
    page.put("B9", "Benchmark (weights on the next sheet)", "label")
    page.input("Benchmark", "C9", look="input_text")
    page.put("B10", "Risk-free rate", "label")
    page.input("Risk_free", "C10", PERCENT2)
    page.put("D10", "Estimator", "aside")
    estimator_input(page, "E10", "F")
    page.put("B11", "Expected returns", "label")
    page.sheet.merge_range("C11:F11", "", page.book.look("text"))
    made_up = "SUMPRODUCT((Exp_returns=Exp_returns_made_up)*1)"
    warning = f'"MADE UP for "&{made_up}&" of "&COLUMNS(Assets)&" assets: set your own"'
    page.put("C11", f'=IF({made_up}=0,"given, on the sheet Weights",{warning})', "text")
    page.warning("C11:F11", "MADE UP")
    page.note(
        "H5:M11",
        "Five of the eight use the covariances alone, equal weights use nothing, and the benchmark is yours. Only "
        "Maximum Sharpe uses the expected returns: inputs on the sheet Weights, not estimates from prices. Its weights "
        "are only as good as they are. All weights but the benchmark's are 0 or above and sum to 1.",
    )


def _summary(page: Page, assets: int) -> None:
    page.heading(f"B{_TOP - 1}:J{_TOP - 1}", "Strategies")
    heads = ["Expected return", "Volatility", "Sharpe ratio", "Diversification ratio", "Effective bets"]
    page.header(f"B{_TOP}", ["", *heads, "Largest weight", "Largest share of risk", "Assets held"])
    page.sheet.set_row(_TOP - 1, 30)
    for k, strategy in enumerate(_STRATEGIES):
        row, weights = _TOP + 1 + k, _weights(k, assets)
        page.put(f"B{row}", strategy.name, "label")
        cells = (
            (f"=SUMPRODUCT({weights},Exp_returns)", PERCENT2),
            (f"=PORT_VOL({weights},Cov)", PERCENT2),
            (f"=(C{row}-Risk_free)/D{row}", RATIO),
            (f"=DIVERSIFICATION_RATIO({weights},Cov)", RATIO),
            (f"=EFFECTIVE_BETS({weights},Cov)", RATIO),
            (f"=MAX({weights})", PERCENT1),
            (f"=MAX({_weights(k, assets, _FIRST_SHARE)})", PERCENT1),
            (f'=COUNTIF({weights},">0.0000001")', "0"),
        )
        for column, (formula, number_format) in zip("CDEFGHIJ", cells, strict=True):
            page.put(f"{column}{row}", formula, "computed", number_format)


def _asset_page(book: TemplateBook, assets: int) -> Page:
    page = book.page(
        "Weights",
        "What each strategy holds, and the share of the portfolio's risk that each asset carries",
        [2, 18, 11, 11, *[12] * 8, 2, *[12] * 8, 2, 16],
        one_page=assets <= 30,
    )
    first, last, head = _HEAD + 1, _HEAD + assets, _HEAD
    weights_end, shares_end = column_letters(_FIRST_WEIGHT + 7), column_letters(_FIRST_SHARE + 7)
    page.heading(f"B{head - 1}:D{head - 1}", "Assets")
    page.heading(f"E{head - 1}:{weights_end}{head - 1}", "Weights")
    page.heading(f"N{head - 1}:{shares_end}{head - 1}", "Shares of risk")
    page.header(f"B{head}", ["Asset", "Expected return", "Volatility"])
    for start in (_FIRST_WEIGHT, _FIRST_SHARE):
        page.line(f"{column_letters(start)}{head}", [strategy.name for strategy in _STRATEGIES], "column")
    page.sheet.set_row(head - 1, 30)
    page.sheet.freeze_panes(head, 2)
    for k in range(assets):
        page.put(f"B{first + k}", f"=INDEX(Assets,1,{k + 1})", "label")
        page.put(f"E{first + k}", "=1/COLUMNS(Assets)", "computed", PERCENT1)
    page.input("Exp_returns", f"C{first}:C{last}", PERCENT2)
    made_up = column_letters(_FIRST_SHARE + 9)
    page.put(f"{made_up}{head - 1}", "Made up", "heading")
    page.put(f"{made_up}{head}", "Expected return, an illustration", "column")
    page.input("Exp_returns_made_up", f"{made_up}{first}:{made_up}{last}", PERCENT2, "published")
    page.mark(f"C{first}:C{last}", f"=C{first}=${made_up}{first}")
    note = "Red: an expected return that is made up. Set your own there, or with rpxl fill … --set Exp_returns=…"
    page.put(f"B{last + 2}", note, "small")
    page.put(f"D{first}:D{last}", "=VOLS(Cov)", "computed", PERCENT2)
    book.name("Vols_of_assets", page, f"D{first}:D{last}")
    page.input("Weights", f"F{first}:F{last}", PERCENT1)
    for k, strategy in enumerate(_STRATEGIES):
        weight, share = column_letters(_FIRST_WEIGHT + k), column_letters(_FIRST_SHARE + k)
        if strategy.formula:
            page.put(f"{weight}{first}:{weight}{last}", f"={strategy.formula}", "computed", PERCENT1)
        formula = f"=RISK_CONTRIB({weight}{first}:{weight}{last},Cov)"
        page.put(f"{share}{first}:{share}{last}", formula, "computed", PERCENT1)
        for column in (weight, share):
            page.put(f"{column}{last + 1}", f"=SUM({column}{first}:{column}{last})", "total", PERCENT1)
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", ["", ""], "total_label")
    for area in (f"E{first}:{weights_end}{last}", f"N{first}:{shares_end}{last}"):
        bar = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#FFFFFF"}
        page.sheet.conditional_format(area, bar | {"max_color": "#A8C9D3"})
    return page


def _charts(page: Page, table: Page, assets: int) -> None:
    if assets <= _MOST_NAMED:
        _bars_of_all(page, table, assets)
    else:
        _bars_of_the_largest(page, table, assets)
    picture = scatter_chart(page)
    rows = range(_TOP + 1, _TOP + 1 + len(_STRATEGIES))
    for row, strategy in zip(rows, _STRATEGIES, strict=True):
        name = f"={page.ref(f'B{row}')}"
        picture.add_series(points(page, name, f"D{row}", f"C{row}", strategy.color, strategy.shape))
    picture.set_x_axis(axis("Volatility", "0.0%", grid=False, label_position="low"))
    picture.set_y_axis(axis("Expected return", "0.0%"))
    picture.set_legend(legend("right"))
    place(page, picture, f"B{_TOP + 27}", 580, 330, "Expected return and risk")
    spread = bar_chart(page)
    names = f"B{rows[0]}:B{rows[-1]}"
    values = f"F{rows[0]}:F{rows[-1]}"
    spread.add_series(bars(page, "Diversification ratio", names, values, TEAL, data_labels=labels("0.00")))
    spread.set_x_axis(axis(None, "0.0", min=0))
    spread.set_legend({"none": True})
    place(page, spread, f"B{_TOP + 27}", 580, 330, "Diversification ratio", right=590)


def _bars_of_all(page: Page, table: Page, assets: int) -> None:
    ends = {start: (column_letters(start), column_letters(start + 7)) for start in (_FIRST_WEIGHT, _FIRST_SHARE)}
    for start, title, right in ((_FIRST_WEIGHT, "Weights", 0), (_FIRST_SHARE, "Shares of risk", 590)):
        chart = bar_chart(page, stacked=True)
        left, end = ends[start]
        for row, color in zip(range(_HEAD + 1, _HEAD + 1 + assets), palette(assets), strict=True):
            name = f"={table.ref(f'B{row}')}"
            values = f"{left}{row}:{end}{row}"
            chart.add_series(bars(table, name, f"{left}{_HEAD}:{end}{_HEAD}", values, color))
        chart.set_x_axis(axis(None, "0%", max=1))
        chart.set_legend(legend("bottom"))
        place(page, chart, f"B{_TOP + 10}", 580, 330, title, right=right)


def _bars_of_the_largest(page: Page, table: Page, assets: int) -> None:
    widths = [2, 22, *[14] * (len(_STRATEGIES) + 3)]
    data = page.book.page("Chart data", "What the charts of the largest assets draw", widths, one_page=False)
    weights, shares = (
        [column_letters(first + k) for k in range(len(_STRATEGIES))] for first in (_FIRST_WEIGHT, _FIRST_SHARE)
    )
    largest = Largest(data, assets, table, weights, _HEAD + 1, column_letters(len(widths)))
    heads, top = [strategy.name for strategy in _STRATEGIES], 4
    for title, columns, right in (("Weights", weights, 0), ("Shares of risk", shares, 590)):
        largest.table(top, title, heads, columns)
        largest.chart(page, f"B{_TOP + 10}", (580, 330), title, top, len(heads), right)
        top += largest.rows() + 3


def _checks(book: TemplateBook, assets: int) -> None:
    checks = [PERIODS_CHECK, COV_CHECK]
    for k, strategy in enumerate(_STRATEGIES):
        weights, shares = _weights(k, assets), _weights(k, assets, _FIRST_SHARE)
        name = strategy.name if strategy.name.startswith("=") else f'="{strategy.name}"'
        vol, row = f"SQRT(SUM({weights}*MMULT(Cov,{weights})))", _TOP + 1 + k
        ratio = f"SUM(ABS({weights})*Vols_of_assets)/{vol}"
        checks += [
            Check(f'="Volatility: "&{name[1:]}', f"Comparison!D{row}", vol, PERCENT2),
            Check(f'="Diversification ratio: "&{name[1:]}', f"Comparison!F{row}", ratio, RATIO),
            shares_check(name, shares, weights),
        ]
    inverse, _, least, most, tree, sharpe = (_weights(k, assets) for k in range(2, 8))
    excess = f"SUM({sharpe}*(Exp_returns-Risk_free))"
    inverted = "1/Vols_of_assets/SUM(1/Vols_of_assets)"
    correlations = f"MMULT(Cov,{most})/Vols_of_assets/SQRT(SUM({most}*MMULT(Cov,{most})))"
    gain = f"Exp_returns-Risk_free-MMULT(Cov,{sharpe})*{excess}/SUM({sharpe}*MMULT(Cov,{sharpe}))"
    checks += [
        Check(
            "Inverse volatility: weights", f"MAX({inverse})", f"MAX({inverted})", PERCENT2, ranges=(inverse, inverted)
        ),
        every_share_check(_weights(3, assets, _FIRST_SHARE)),
        Check(
            "Minimum variance: variance = lowest covariance with it",
            f"SUM({least}*MMULT(Cov,{least}))",
            f"MIN(MMULT(Cov,{least}))",
            "0.000000",
        ),
        Check(
            "Maximum diversification: 1/ratio = lowest correlation with it",
            f"1/DIVERSIFICATION_RATIO({most},Cov)",
            f"MIN({correlations})",
            "0.000000",
        ),
        Check("HRP: weights sum to 1", f"SUM({tree})", "1", PERCENT2),
        Check("Maximum Sharpe: no asset earns more for the risk it adds", excess, f"{excess}+MAX({gain})", PERCENT2),
        *inverse_volatility_checks(),
    ]
    subtitle = "The same figures, and the condition that makes each portfolio optimal, by native formulas"
    lay_out_checks(book, subtitle, checks, first_column=58)


TEMPLATE = Template(
    name="allocation_comparison",
    title="Eight ways to weight the same assets",
    summary="Equal weights, a benchmark, inverse volatility, risk parity, minimum variance, maximum diversification, "
    "HRP and maximum Sharpe side by side",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=DATES,
)
