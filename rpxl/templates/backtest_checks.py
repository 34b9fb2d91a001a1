"""The backtest repeated by formulas that every spreadsheet has, from the prices and the weights of the trades."""

from collections.abc import Mapping

from rpxl.templates.checks import Check
from rpxl.templates.data_pages import IS_SAMPLE, PERIODS_CHECK
from rpxl.templates.history_pages import STRATEGIES, Trades
from rpxl.templates.looks import DATE, NUMBER, PERCENT2, RATIO


def checks(trades: list[Trades], statistics: int, windows: int, traded: Mapping[str, Mapping[str, str]]) -> list[Check]:
    """List the checks.

    `statistics` and `windows` are the head rows of these tables on the sheet Backtest, `traded` are the cells of what
    each strategy traded.
    """
    return [
        PERIODS_CHECK,
        Check("Last date of the result", "MAX(History_dates)", "MAX(Dates)", DATE),
        *(
            Check(
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
            for block, (title, (_, short)) in zip(trades, STRATEGIES.items(), strict=True)
            for row in _of_summary(block, title, short, traded[short])
        ),
        *(
            row
            for column, title in zip("CD", STRATEGIES, strict=True)
            for row in _statistics(column, title, statistics)
        ),
        *(row for number in (1, 2, 3) for row in _window(windows + number, number)),
    ]


def _of_trades(block: Trades, title: str) -> list[Check]:
    """Compare value, turnover and cost trade by trade, and test the shares of risk; the largest is shown."""
    short = STRATEGIES[title][1]
    native, ours, turnover, cost = (block.cells(column) for column in ("value", "ours", "turnover", "cost"))
    rows: list[Check] = [
        Check(f"{text}: {title}", f"MAX({one})", f"MAX({other})", number_format, (one, other))
        for text, one, other, number_format in (
            ("Value at each trade and at the end, the largest shown", ours, native, NUMBER),
            ("Turnover of each trade, the largest shown", block.cells("Turnover"), turnover, PERCENT2),
            ("Cost of each trade, the largest shown", block.cells("Cost"), cost, PERCENT2),
        )
    ]
    if short == "RP":
        shares = block.cells("share")
        text = "Largest share of risk at each trade, over the look-back before it: Risk parity"
        rows.append(
            Check(
                text,
                "1/COLUMNS(Assets)",
                f"MAX({shares})",
                PERCENT2,
                (shares, f"0*{shares}+1/COLUMNS(Assets)"),
                only_if=IS_SAMPLE,
            )
        )
    return rows


def _of_summary(block: Trades, title: str, short: str, traded: Mapping[str, str]) -> list[Check]:
    """Count and sum the trades."""
    turnover = block.cells("turnover")
    years = "(MAX(History_dates)-MIN(History_dates))/365.25"
    natives = {
        "Trades": (f"COUNT(Trade_dates_{short})", "0"),
        "Turnover a year, after the first": (f"(SUM({turnover})-INDEX({turnover},1))/({years})", PERCENT2),
        "Cost of all trades": (f"SUM({block.cells('cost')})", PERCENT2),
    }
    return [
        Check(f"{figure}: {title}", traded[figure], native, number_format)
        for figure, (native, number_format) in natives.items()
    ]


def _statistics(column: str, title: str, top: int) -> list[Check]:
    short = STRATEGIES[title][1]
    value, returns = f"Value_{short}", f"Return_{short}"
    growth = f"INDEX({value},ROWS({value}))/INDEX({value},1)"
    vol = f"STDEV.S({returns})*SQRT(Periods_per_year)"
    natives = (
        ("Cumulative return", 2, f"{growth}-1", PERCENT2),
        ("Annual return, compound", 3, f"({growth})^(Periods_per_year/ROWS({returns}))-1", PERCENT2),
        ("Annual return, mean", 4, f"AVERAGE({returns})*Periods_per_year", PERCENT2),
        ("Volatility", 5, vol, PERCENT2),
        ("Sharpe ratio", 6, f"(AVERAGE({returns})*Periods_per_year-Risk_free)/({vol})", RATIO),
        ("Maximum drawdown", 7, f"MIN({value}/Highest_{short}-1)", PERCENT2),
        ("Share of positive periods", 11, f"SUM(({returns}>0)*1)/ROWS({returns})", PERCENT2),
    )
    return [
        Check(f"{text}: {title}", f"Backtest!{column}{top + step}", native, number_format)
        for text, step, native, number_format in natives
    ]


def _window(row: int, number: int) -> list[Check]:
    rows: list[Check] = []
    for columns, title in zip(("EG", "FH"), STRATEGIES, strict=True):
        returns = f"Return_{STRATEGIES[title][1]}"
        inside = f"(Return_dates>=Window_{number}_start)*(Return_dates<=Window_{number}_end)"
        count, total, squares = f"SUM({inside})", f"SUM({inside}*{returns})", f"SUM({inside}*{returns}^2)"
        vol = f"SQRT(({squares}-{total}^2/{count})/({count}-1)*Periods_per_year)"
        for column, what, native in zip(
            columns, ("Return", "Volatility"), (f"PRODUCT(1+{inside}*{returns})-1", vol), strict=True
        ):
            guarded = f'IF({count}<2,"too few",{native})'
            text = f'="{what}: {title}, "&Window_{number}'
            rows.append(Check(text, f"Backtest!{column}{row}", guarded, PERCENT2))
    return rows
