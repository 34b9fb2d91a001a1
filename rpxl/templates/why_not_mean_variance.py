"""Why not mean-variance: what small errors of expected returns do to maximum-Sharpe weights, and not to risk parity.

A recalculation for n assets finds maximum-Sharpe weights 2n + 202 times and risk-parity weights 201 times.
"""

from rpxl.templates.charts import (
    axis,
    bars,
    column_chart,
    legend,
    line,
    name_axis,
    named_point,
    place,
    points,
    scatter_chart,
)
from rpxl.templates.checks import lay_out_checks
from rpxl.templates.data_pages import (
    estimator_input,
    lay_out_matrices,
    lay_out_price_inputs,
    lay_out_prices,
)
from rpxl.templates.estimate_pages import (
    DRAWS,
    SEED,
    TOP,
    excess,
    lay_out_draws,
    lay_out_estimates,
    lay_out_root,
    lay_out_shifted,
    resampled,
    shifted_column,
)
from rpxl.templates.looks import BRICK, GOLD, NAVY, PERCENT1, PERCENT2, RATIO, SLATE, TEAL, TIMES
from rpxl.templates.page import Page, Rows, TemplateBook
from rpxl.templates.sample_prices import DATES, ETFS, no_prices, sample_inputs
from rpxl.templates.template import Template, TemplateInputs
from rpxl.templates.why_not_checks import FRONTIER_TOP, POINTS, checks
from rpxl.xlsx.references import column_letters

_SUMMARY = 18
"""The head row of the summary."""
_CHARTS = 33
_NAMED = 15
"""Up to this many assets have a legible name under their column."""
_SETTINGS: TemplateInputs = {
    "Estimator": "sample",
    "Risk_free": 0.02,
    "Borrow_rate": 0.03,
    "Shift": 0.01,
    "Other_asset": 1.0,
    "Other_return": 0.06,
}


def _sample() -> TemplateInputs:
    return sample_inputs(ETFS, DATES) | _SETTINGS


def _placeholders(assets: int, dates: int) -> TemplateInputs:
    return no_prices(assets, dates) | _SETTINGS


def _lay_out(book: TemplateBook) -> None:
    prices: Rows = book.inputs["Prices"]  # type: ignore[assignment]
    assets, dates = len(prices[0]), len(prices) - 1
    page = book.page(
        "Why not",
        "The optimal portfolio follows the errors of its estimates: what a small change of one expected return does",
        [2, 44, *[12] * 10],
    )
    page.status("B3:E3", some_apart=True)
    page.legend("J3")
    _inputs(page)
    table = _asset_page(book, assets)
    _summary(page)
    lay_out_shifted(book, assets)
    frontier = _frontier_page(book, assets)
    _charts(page, table, frontier, assets)
    lay_out_estimates(book, assets)
    lay_out_matrices(book, assets)
    lay_out_checks(book, "The same figures by native formulas", checks(assets, _SUMMARY), first_column=62)
    book.notes()
    lay_out_root(book, assets)
    lay_out_draws(book, assets)
    lay_out_prices(book, assets, dates)


def _inputs(page: Page) -> None:
    lay_out_price_inputs(page, "F")
    for row, text, name, number_format in (
        (9, "Return of cash, and borrowing rate", "Risk_free", PERCENT2),
        (10, "Expected returns are moved by", "Shift", PERCENT1),
        (11, "Another expected return: number of the asset", "Other_asset", "0"),
    ):
        page.put(f"B{row}", text, "label")
        page.input(name, f"C{row}", number_format)
    page.input("Borrow_rate", "D9", PERCENT2)
    page.sheet.merge_range("D11:F11", "", page.book.look("aside"))
    known = 'INDEX(Assets,1,Other_asset)&", of "&COLUMNS(Assets)&" assets"'
    page.put(
        "D11", f'=IF(COUNTIF(Number_of_asset,Other_asset)=0,"NONE: there are 1 to "&COLUMNS(Assets),{known})', "aside"
    )
    page.warning("D11:F11", "NONE")
    page.put("B12", "   and its expected return", "label")
    page.input("Other_return", "C12", PERCENT2)
    page.sheet.merge_range("D12:F12", "", page.book.look("aside"))
    own = "SUMPRODUCT((Number_of_asset=Other_asset)*Exp_returns)"
    page.put("D12", f'="instead of "&TEXT({own},"0.00%")', "aside")
    page.put("B13", "Years of prices", "label")
    page.put("C13", "=ROWS(Dates_later)/Periods_per_year", "computed", "0.0")
    page.book.name("Years", page, "C13")
    page.sheet.merge_range("D13:F13", "", page.book.look("aside"))
    error = 'TEXT(SUMPRODUCT(Vols_of_assets)/COLUMNS(Assets)/SQRT(Years),"0.0%")'
    page.put("D13", f'="standard error of a mean: ±"&{error}', "aside")
    page.put("B14", "Share of an estimated covariance that is drawn", "label")
    page.put("C14", "=SQRT(2/(ROWS(Dates_later)-1))", "computed", PERCENT1)
    page.book.name("Share_drawn", page, "C14")
    page.put("B15", "Estimator of covariances", "label")
    estimator_input(page, "C15", "D")
    page.note(
        "H5:L14",
        "Expected returns are the mean returns of the prices. Prices tell a volatility well and a mean badly: its "
        "standard error is the volatility over the root of the years, however often there is a price. Maximum Sharpe "
        "takes the means as exact. Risk parity does not use them. To see what a view does, type another expected "
        "return for one asset.",
    )


def _summary(page: Page) -> None:
    top = _SUMMARY
    page.heading(f"B{top - 1}:F{top - 1}", "Two portfolios, and how far they can be trusted")
    page.header(f"B{top}", ["", "Maximum Sharpe", "Risk parity", "Risk parity, levered", "Equal weight"])
    page.sheet.set_row(top - 1, 30)
    lever = 'LEVER_TO_VOL(Weights_RP,Cov,$C${vol},Borrow_rate,Exp_returns,"{item}",Risk_free)'
    ms, rp = ("Weights_MS", "Weights_RP")
    vol = top + 2
    rows: tuple[tuple[str, tuple[str, ...], str], ...] = (
        (
            "Return by these expected returns",
            (
                f"SUMPRODUCT({ms},Exp_returns)",
                f"SUMPRODUCT({rp},Exp_returns)",
                lever.format(vol=vol, item="net_return"),
                "SUM(Exp_returns)/COLUMNS(Assets)",
            ),
            PERCENT2,
        ),
        (
            "Volatility",
            (f"PORT_VOL({ms},Cov)", f"PORT_VOL({rp},Cov)", f"E{top + 4}*D{vol}", "PORT_VOL(Weights_EW,Cov)"),
            PERCENT2,
        ),
        ("Sharpe ratio by these returns", tuple(f"({c}{top + 1}-Risk_free)/{c}{top + 2}" for c in "CDEF"), RATIO),
        (
            "Invested, of equity",
            ("SUM(Weights_MS)", "SUM(Weights_RP)", lever.format(vol=vol, item="leverage"), "SUM(Weights_EW)"),
            TIMES,
        ),
        ("Largest weight", (f"MAX({ms})", f"MAX({rp})", f"E{top + 4}*MAX({rp})", "MAX(Weights_EW)"), PERCENT1),
        ("Assets held", (f'COUNTIF({ms},">0.0000001")', f'COUNTIF({rp},">0.0000001")'), "0"),
        ("Traded if one expected return is moved: on average", ("AVERAGE(Traded)", "0"), PERCENT1),
        ("   at most", ("MAX(Traded)", "0"), PERCENT1),
        ("Traded after your other expected return", ("SUMPRODUCT(ABS(Weights_other-Weights_MS))/2", "0"), PERCENT1),
        (f"{DRAWS} estimates: standard deviation of a weight", ("AVERAGE(Spread_MS)", "AVERAGE(Spread_RP)"), PERCENT1),
        ("   of the weight that varies most", ("MAX(Spread_MS)", "MAX(Spread_RP)"), PERCENT1),
        ("   widest range from 5th to 95th percentile", ("MAX(Range_MS)", "MAX(Range_RP)"), PERCENT1),
    )
    for row, (text, formulas, number_format) in enumerate(rows, top + 1):
        page.put(f"B{row}", text, "label")
        for column, formula in zip("CDEF", formulas, strict=False):
            if formula == "0":
                page.put(f"{column}{row}", 0, "computed", number_format)
            else:
                page.put(f"{column}{row}", f"={formula}", "computed", number_format)
    page.note(
        f"H{top}:L{top + 8}",
        '="Of "&COLUMNS(Assets)&" assets, Maximum Sharpe holds "'
        f'&C{top + 6}&". If one expected return is off by "&TEXT(Shift,"0.0%")&", "&TEXT(C{top + 7},"0%")&" of '
        f'the capital would have to move on average, and up to "&TEXT(C{top + 8},"0%")&". In '
        f"risk parity nothing moves: its weights do not depend on expected returns. Among {DRAWS} estimates that the "
        'same market could have given in the same time, a weight of Maximum Sharpe has a standard deviation of "'
        f'&TEXT(C{top + 10},"0.0%")&'
        f'", one of risk parity "&TEXT(D{top + 10},"0.0%")&"."',
    )
    page.note(
        f"H{top + 9}:L{top + 12}",
        f"The {DRAWS} estimates are drawn with a fixed seed ({SEED}): normal numbers on the sheet Draws, which are the "
        "same for everybody. All that follows from them is live.",
    )


def _asset_page(book: TemplateBook, assets: int) -> Page:
    page = book.page(
        "Weights",
        "Each asset: its weight, its weight after its expected return is moved, and the spread over the estimates",
        [2, 16, 7, *[11] * 18],
        one_page=assets <= 30,
    )
    first, last = TOP + 1, TOP + assets
    for area, title in (
        ("B:F", "Assets"),
        ("G:I", "Weights"),
        ("J:L", "Maximum Sharpe, moved"),
        ("M:P", "Maximum Sharpe over the estimates"),
        ("Q:T", "Risk parity over the estimates"),
    ):
        left, right = area.split(":")
        page.heading(f"{left}{TOP - 1}:{right}{TOP - 1}", title)
    page.put(f"B{TOP}", "Asset", "column_label")
    spread = ["5th percentile", "95th percentile", "Range", "Standard deviation"]
    heads = ["Number", "Expected return", "Its error, ±", "Volatility", "Maximum Sharpe", "Risk parity", "Equal weight"]
    moved = ["Its return up", "Its return down", "After your other return"]
    page.line(f"C{TOP}", [*heads, *moved, *spread, *spread], "column")
    page.sheet.set_row(TOP - 1, 45)
    page.sheet.freeze_panes(TOP, 2)
    for k in range(1, assets + 1):
        row = TOP + k
        page.put(f"B{row}", f"=INDEX(Assets,1,{k})", "label")
        page.put(f"C{row}", f"={k}", "computed", "0")
        own = f"INDEX(Prices_later,0,{k})/INDEX(Prices_earlier,0,{k})-1"
        page.array(f"D{row}", f"=AVERAGE({own})*Periods_per_year", "computed", PERCENT2)
        page.put(f"E{row}", f"=F{row}/SQRT(Years)", "computed", PERCENT2)
        page.put(f"I{row}", "=1/COLUMNS(Assets)", "computed", PERCENT1)
        for column, sign in (("J", 1), ("K", -1)):
            page.put(f"{column}{row}", f"=Shifted!{shifted_column(k, sign)}{TOP + assets + 3}", "computed", PERCENT1)
        for columns, what in (("MNOP", "Maximum Sharpe"), ("QRST", "Risk parity")):
            drawn = resampled(what, assets).column(k)
            low, high, width, deviation = tuple(columns)
            page.put(f"{low}{row}", f"=PERCENTILE({drawn},0.05)", "computed", PERCENT1)
            page.put(f"{high}{row}", f"=PERCENTILE({drawn},0.95)", "computed", PERCENT1)
            page.put(f"{width}{row}", f"={high}{row}-{low}{row}", "computed", PERCENT1)
            page.put(f"{deviation}{row}", f"=STDEV.S({drawn})", "computed", PERCENT1)
    other = "(Exp_returns+(Number_of_asset=Other_asset)*(Other_return-Exp_returns))"
    for column, formula, number_format in (
        ("F", "VOLS(Cov)", PERCENT2),
        ("G", f"MAX_SHARPE_WEIGHTS({excess('Exp_returns')},Cov)", PERCENT1),
        ("H", "RP_WEIGHTS(Cov)", PERCENT1),
        ("L", f"MAX_SHARPE_WEIGHTS({excess(other)},Cov)", PERCENT1),
    ):
        page.put(f"{column}{first}:{column}{last}", f"={formula}", "computed", number_format)
    for name, column in {
        "Number_of_asset": "C",
        "Exp_returns": "D",
        "Vols_of_assets": "F",
        "Weights_MS": "G",
        "Weights_RP": "H",
        "Weights_EW": "I",
        "Weights_other": "L",
        "Range_MS": "O",
        "Spread_MS": "P",
        "Range_RP": "S",
        "Spread_RP": "T",
    }.items():
        book.name(name, page, f"{column}{first}:{column}{last}")
    page.put(f"B{last + 1}", "Total", "total_label")
    page.line(f"C{last + 1}", [""] * 4, "total_label")
    for column in "GHI":
        page.put(f"{column}{last + 1}", f"=SUM({column}{first}:{column}{last})", "total", PERCENT1)
    page.put(f"L{last + 1}", f"=SUM(L{first}:L{last})", "total", PERCENT1)
    return page


def _frontier_page(book: TemplateBook, assets: int) -> Page:
    page = book.page(
        "Frontier",
        "The efficient frontier of the expected returns, and the lines from cash through the two portfolios",
        [2, 16, *[11] * max(assets + 2, 9)],
        one_page=assets <= _NAMED,
    )
    top = FRONTIER_TOP
    page.heading("B4:E4", "Lines with borrowing")
    page.header("B5", ["Invested, of equity", "Volatility", "Maximum Sharpe", "Risk parity: volatility", "Risk parity"])
    page.sheet.set_row(4, 30)
    for row, level in enumerate((0, 0.5, 1, 1.5, 2, 2.5), 6):
        page.put(f"B{row}", level, "computed", TIMES)
        for vol, mean, column in (("C", "D", "C"), ("E", "F", "D")):
            page.put(f"{vol}{row}", f"=B{row}*'Why not'!{column}{_SUMMARY + 2}", "computed", PERCENT2)
            own = f"'Why not'!{column}{_SUMMARY + 1}"
            rate = f"MAX(1-B{row},0)*Risk_free-MAX(B{row}-1,0)*Borrow_rate"
            page.put(f"{mean}{row}", f"=B{row}*{own}+{rate}", "computed", PERCENT2)
    for k in range(1, assets + 1):
        page.put(f"{column_letters(3 + k)}{top - 1}", f"=INDEX(Assets,1,{k})", "column")
    page.heading(
        f"B{top - 2}:{column_letters(3 + assets)}{top - 2}",
        f"{POINTS} portfolios of the frontier, without borrowing or short sales",
    )
    end = column_letters(3 + assets)
    page.put(f"B{top}:{end}{top + POINTS}", f"=EFFICIENT_FRONTIER(Exp_returns,Cov,{POINTS})", "computed", PERCENT1)
    page.restyle(f"B{top + 1}:{end}{top + POINTS}", "computed", PERCENT1)
    return page


def _charts(page: Page, table: Page, frontier: Page, assets: int) -> None:
    first, last = TOP + 1, TOP + assets
    names = f"B{first}:B{last}"
    swing, opinions = column_chart(page), column_chart(page)
    for column, name, color in (
        ("G", "As estimated", NAVY),
        ("J", "Its return moved up", TEAL),
        ("K", "Its return moved down", BRICK),
        ("H", "Risk parity, unchanged", GOLD),
    ):
        swing.add_series(bars(table, name, names, f"{column}{first}:{column}{last}", color))
    for column, name, color in (("P", "Maximum Sharpe", NAVY), ("T", "Risk parity", GOLD)):
        opinions.add_series(bars(table, name, names, f"{column}{first}:{column}{last}", color))
    for chart in (swing, opinions):
        few = assets <= _NAMED
        chart.set_x_axis(axis(grid=False, label_position="low") if few else name_axis(assets, 60))
        chart.set_y_axis(axis(None, "0%", min=0))
        chart.set_legend(legend())
    place(page, swing, f"B{_CHARTS}", 600, 320, "The weight of each asset when its own expected return is moved")
    picture = scatter_chart(page)
    top = FRONTIER_TOP
    curve = f"B{top + 1}:B{top + POINTS}", f"C{top + 1}:C{top + POINTS}"
    picture.add_series(line(frontier, "Frontier", *curve, SLATE))
    picture.add_series(line(frontier, "Maximum Sharpe with cash, or borrowing", "C6:C11", "D6:D11", NAVY, width=1.25))
    picture.add_series(line(frontier, "Risk parity with cash, or borrowing", "E6:E11", "F6:F11", GOLD, width=1.25))
    picture.add_series(points(table, "Assets", f"F{first}:F{last}", f"D{first}:D{last}", SLATE))
    for column, name, color, side in (
        ("C", "Maximum Sharpe", NAVY, "left"),
        ("D", "Risk parity", GOLD, "right"),
    ):
        picture.add_series(named_point(page, name, f"{column}{_SUMMARY + 2}", f"{column}{_SUMMARY + 1}", color, side))
    picture.set_x_axis(axis("Volatility", grid=False, min=0, label_position="low"))
    picture.set_y_axis(axis("Expected return", "0%"))
    picture.set_legend(legend(delete_series=[3, 4, 5]))
    place(
        page, picture, f"B{_CHARTS}", 560, 320, "The frontier, both portfolios, and the lines with borrowing", right=610
    )
    place(page, opinions, f"B{_CHARTS + 17}", 600, 320, f"Standard deviation of each weight over {DRAWS} estimates")
    data = _spread_page(page.book, assets)
    spread = column_chart(page, stacked=True)
    rows = 5, 4 + 2 * assets
    categories = f"B{rows[0]}:C{rows[1]}" if assets <= _NAMED // 2 else f"B{rows[0]}:B{rows[1]}"
    for column, name, color in (("E", "Maximum Sharpe", NAVY), ("F", "Risk parity", GOLD)):
        if column == "E":
            hidden = bars(data, "From", categories, f"D{rows[0]}:D{rows[1]}", SLATE) | {"fill": {"none": True}}
            spread.add_series(hidden)
        spread.add_series(bars(data, name, categories, f"{column}{rows[0]}:{column}{rows[1]}", color))
    names_axis = axis(grid=False, label_position="low") if assets <= _NAMED // 2 else name_axis(2 * assets, 120)
    spread.set_x_axis(names_axis)
    spread.set_y_axis(axis(None, "0%", min=0, max=1) if assets <= _NAMED else axis(None, "0%", min=0))
    spread.set_legend(legend(delete_series=[0]))
    place(page, spread, f"B{_CHARTS + 17}", 560, 320, "Where each weight lies in nine of ten estimates", right=610)


def _spread_page(book: TemplateBook, assets: int) -> Page:
    """Add the sheet Chart data: the range in which a weight lies in nine of ten estimates, a row for each bar."""
    page = book.page(
        "Chart data", "Where each weight lies in nine of ten estimates", [2, 16, 16, *[14] * 4], one_page=False
    )
    page.line("B4", ["Asset", "Portfolio"], "column_label")
    page.line("D4", ["From", "Range: maximum Sharpe", "Range: risk parity"], "column")
    page.sheet.set_row(3, 30)
    for k in range(assets):
        for step, (name, low, width, other) in enumerate((("Sharpe", "M", "O", "F"), ("Parity", "Q", "S", "E"))):
            row, source = 5 + 2 * k + step, TOP + 1 + k
            page.put(f"B{row}", "" if step else f"=INDEX(Assets,1,{k + 1})", "label")
            page.put(f"C{row}", name, "label")
            page.put(f"D{row}", f"=Weights!{low}{source}", "computed", PERCENT1)
            page.put(f"{'F' if other == 'E' else 'E'}{row}", f"=Weights!{width}{source}", "computed", PERCENT1)
            page.put(f"{other}{row}", 0, "computed", PERCENT1)
    return page


TEMPLATE = Template(
    name="why_not_mean_variance",
    title="Why not mean-variance?",
    summary="Expected returns moved by 1 %, the frontier with borrowing, and 200 resampled estimates: maximum-Sharpe "
    "weights swing, risk-parity weights stay",
    sample=_sample,
    lay_out=_lay_out,
    placeholders=_placeholders,
    dates=DATES,
)
