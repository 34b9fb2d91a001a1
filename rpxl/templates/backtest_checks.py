"""The backtest repeated by formulas that every spreadsheet has, from the prices and the weights of the trades."""

from rpxl.templates.history_pages import STRATEGIES, Trades
from rpxl.templates.page import AGREES, DATE, NUMBER, PERCENT2, RATIO, Page, TemplateBook

Row = tuple[str, str, str, str, tuple[str, str] | None]
"""Figure, rpxl's formula, the native one, number format, and the two ranges to compare instead of these two cells."""


def lay_out_checks(book: TemplateBook, trades: list[Trades], statistics: int, windows: int) -> None:
    """Add the sheet Checks; `statistics` and `windows` are the head rows of these tables on the sheet Backtest."""
    page = book.page(
        "Checks",
        "The same figures by native formulas, straight from the prices, that every spreadsheet has",
        [2, 52, 13, 13, 20, 3, 96],
    )
    page.head_of_checks()
    rows: list[Row] = [
        ("Last date of the result", "MAX(History_dates)", "MAX(Dates)", DATE, None),
        *(
            (
                f"Drawdown at each date, the deepest shown: {title}",
                f"MIN(Drawdown_{short})",
                f"MIN(Value_{short}/Highest_{short}-1)",
                PERCENT2,
                (f"Drawdown_{short}", f"Value_{short}/Highest_{short}-1"),
            )
            for title, (_, short) in STRATEGIES.items()
        ),
        *(row for block, title in zip(trades, STRATEGIES, strict=True) for row in _of_trades(block, title)),
        *(
            row
            for column, title in zip("CD", STRATEGIES, strict=True)
            for row in _statistics(column, title, statistics)
        ),
        *(row for number in (1, 2, 3) for row in _window(windows + number, number)),
    ]
    for row, (text, ours, native, number_format, pair) in enumerate(rows, 5):
        page.put(f"B{row}", text, "label")
        page.put(f"C{row}", f"={ours}", "computed", number_format)
        page.array(f"D{row}", f"={native}", "computed", number_format)
        _compare(page, row, pair)
        page.paragraph(f"G{row}", native, 106, "formula_text")
    page.verdicts(f"E5:E{4 + len(rows)}")


def _compare(page: Page, row: int, pair: tuple[str, str] | None) -> None:
    if pair is not None:
        page.verdict(f"E{row}", pair[0], f"({pair[1]})")
        return
    gap = f"ABS(C{row}-D{row})"
    numbers = f'IF({gap}<=1E-9*ABS(D{row})+1E-12,"{AGREES}","DIFFERS by "&ROUND({gap},9))'
    words = f'IF(C{row}=D{row},"{AGREES}","DIFFERS in words")'
    page.array(f"E{row}", f"=IF(ISNUMBER(C{row}),{numbers},{words})", "verdict")


def _of_trades(block: Trades, title: str) -> list[Row]:
    """Compare what the trades lead to, trade by trade; the largest or the last figure is shown."""
    short = STRATEGIES[title][1]
    native, ours, turnover, cost = (block.cells(column) for column in ("value", "ours", "turnover", "cost"))
    rows: list[Row] = [
        (f"{text}: {title}", f"MAX({one})", f"MAX({other})", number_format, (one, other))
        for text, one, other, number_format in (
            ("Value at each trade and at the end, the largest shown", ours, native, NUMBER),
            ("Turnover of each trade, the largest shown", block.cells("Turnover"), turnover, PERCENT2),
            ("Cost of each trade, the largest shown", block.cells("Cost"), cost, PERCENT2),
        )
    ]
    if short == "RP":
        shares = block.cells("share")
        text = "Largest share of risk at each trade, over the days before it: Risk parity"
        rows.append((text, "1/COLUMNS(Assets)", f"MAX({shares})", PERCENT2, (shares, f"0*{shares}+1/COLUMNS(Assets)")))
    return rows


def _statistics(column: str, title: str, top: int) -> list[Row]:
    short = STRATEGIES[title][1]
    value, returns = f"Value_{short}", f"Return_{short}"
    growth = f"INDEX({value},ROWS({value}))/INDEX({value},1)"
    vol = f"STDEV.S({returns})*SQRT(252)"
    natives = (
        ("Cumulative return", 2, f"{growth}-1", PERCENT2),
        ("Annual return, compound", 3, f"({growth})^(252/ROWS({returns}))-1", PERCENT2),
        ("Annual return, mean", 4, f"AVERAGE({returns})*252", PERCENT2),
        ("Volatility", 5, vol, PERCENT2),
        ("Sharpe ratio", 6, f"(AVERAGE({returns})*252-Risk_free)/({vol})", RATIO),
        ("Maximum drawdown", 7, f"MIN({value}/Highest_{short}-1)", PERCENT2),
        ("Share of positive days", 11, f"SUM(({returns}>0)*1)/ROWS({returns})", PERCENT2),
    )
    return [
        (f"{text}: {title}", f"Backtest!{column}{top + step}", native, number_format, None)
        for text, step, native, number_format in natives
    ]


def _window(row: int, number: int) -> list[Row]:
    rows: list[Row] = []
    for columns, title in zip(("EG", "FH"), STRATEGIES, strict=True):
        returns = f"Return_{STRATEGIES[title][1]}"
        inside = f"(Return_dates>=Window_{number}_start)*(Return_dates<=Window_{number}_end)"
        days, total, squares = f"SUM({inside})", f"SUM({inside}*{returns})", f"SUM({inside}*{returns}^2)"
        vol = f"SQRT(({squares}-{total}^2/{days})/({days}-1)*252)"
        for column, what, native in zip(
            columns, ("Return", "Volatility"), (f"PRODUCT(1+{inside}*{returns})-1", vol), strict=True
        ):
            guarded = f'IF({days}<2,"no dates",{native})'
            text = f'="{what}: {title}, "&Window_{number}'
            rows.append((text, f"Backtest!{column}{row}", guarded, PERCENT2, None))
    return rows
