"""The sheets of portfolio returns of tail risk parity, by date and by month, and the checks made of them."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from rpxl.templates.checks import Check
from rpxl.templates.data_pages import PERIODS_CHECK, PRINTED_ROWS, RETURNS
from rpxl.templates.looks import DATE, NUMBER, PERCENT2
from rpxl.templates.page import AGREES, TemplateBook

ASSETS_TOP = 6
"""The head row of the table of assets on the sheet Weights."""
MONTHS_SHOWN = 5
WORST = 24
"""The head row of the worst months on the first sheet."""
_HEAD = 6
"""The head row of the sheets Returns and Months."""
_TESTED = "Parity by CDaR"
"""The portfolio whose drawdowns are computed by native formulas."""
_SUM, _TOP_SUM, _VALUE, _TOP_VALUE = "IJKL"
"""Their columns."""


class Portfolio(NamedTuple):
    """A portfolio: its measure, and the columns of its weights, its shares of risk, and in the summary."""

    name: str
    measure: str
    weight: str
    share: str
    summary: str
    color: str

    def weights(self, assets: int) -> str:
        """Return its weights."""
        return f"Weights!${self.weight}${ASSETS_TOP + 1}:${self.weight}${ASSETS_TOP + assets}"

    def returns(self, dates: int) -> str:
        """Return its returns, one for each date but the first."""
        column = self.summary
        return f"Returns!${column}${_HEAD + 1}:${column}${_HEAD + dates - 1}"

    def months(self, count: int) -> str:
        """Return its returns by month."""
        return month_cells(_MONTH[self.summary], count)


_MONTH = dict(zip("CDEFG", "EFGHI", strict=True))
_UNTIL = dict(zip("CDEFG", "KLMNO", strict=True))
_LOG = dict(zip("CDEFG", "NOPQR", strict=True))
"""Columns of the sheets Months and Returns by a portfolio's column in the summary and, for returns, on Returns."""


def month_cells(column: str, count: int) -> str:
    """Return a column of the sheet Months; in B stand the first days of the months."""
    return f"Months!${column}${_HEAD + 1}:${column}${_HEAD + count}"


def count_months(days: Sequence[date]) -> int:
    """Count the calendar months from that of the second date to that of the last."""
    first, last = days[1], days[-1]
    return 12 * (last.year - first.year) + last.month - first.month + 1


def lay_out_returns(book: TemplateBook, portfolios: Sequence[Portfolio], assets: int, dates: int) -> None:
    """Add the sheet Returns: each portfolio's return at each date, and drawdowns by native formulas."""
    page = book.page(
        "Returns",
        "Each portfolio, rebalanced to its weights at each date",
        [2, 12, *[12] * 5, 2, *[12] * 4, 2, *[12] * 5],
        one_page=False,
    )
    first, last = _HEAD + 1, _HEAD + dates - 1
    page.heading(f"B{_HEAD - 1}:G{_HEAD - 1}", "Return")
    page.heading(f"I{_HEAD - 1}:L{_HEAD - 1}", f"{_TESTED}: sums and growth")
    page.put(f"B{_HEAD}", "Date", "column_label")
    page.line(f"C{_HEAD}", [portfolio.name for portfolio in portfolios], "column")
    page.line(f"I{_HEAD}", ["Sum of returns", "Highest so far", "Growth of 1", "Highest so far"], "column")
    page.heading(f"N{_HEAD - 1}:R{_HEAD - 1}", "Logarithm of the growth")
    page.line(f"N{_HEAD}", [portfolio.name for portfolio in portfolios], "column")
    page.sheet.set_row(_HEAD - 1, 30)
    page.sheet.freeze_panes(_HEAD, 2)
    page.put(f"B{first}:B{last}", "=1*Dates_later", "label", DATE)
    page.restyle(f"B{first + 1}:B{last}", "label", DATE)
    for portfolio in portfolios:
        column = portfolio.summary
        page.put(
            f"{column}{first}:{column}{last}", f"=MMULT({RETURNS},{portfolio.weights(assets)})", "computed", PERCENT2
        )
        page.restyle(f"{column}{first + 1}:{column}{last}", "computed", PERCENT2)
        log = _LOG[column]
        page.put(f"{log}{first}:{log}{last}", f"=LN(1+{column}{first}:{column}{last})", "computed", NUMBER)
        page.restyle(f"{log}{first + 1}:{log}{last}", "computed", NUMBER)
    own = next(portfolio.summary for portfolio in portfolios if portfolio.name == _TESTED)
    for row in range(first, last + 1):
        total, value = f"{_SUM}{row - 1}+", f"{_VALUE}{row - 1}*"
        highest, top = f"{_TOP_SUM}{row - 1}", f"{_TOP_VALUE}{row - 1}"
        if row == first:
            total, value, highest, top = "", "", "0", "1"
        page.put(f"{_SUM}{row}", f"={total}{own}{row}", "computed", NUMBER)
        page.put(f"{_TOP_SUM}{row}", f"=MAX({highest},{_SUM}{row})", "computed", NUMBER)
        page.put(f"{_VALUE}{row}", f"={value}(1+{own}{row})", "computed", NUMBER)
        page.put(f"{_TOP_VALUE}{row}", f"=MAX({top},{_VALUE}{row})", "computed", NUMBER)
    page.print_only(f"A{max(first + 2, last - PRINTED_ROWS + 1)}:L{last}", _HEAD)


def lay_out_months(book: TemplateBook, portfolios: Sequence[Portfolio], dates: int, count: int) -> None:
    """Add the sheet Months: each portfolio's return in each calendar month, blank where no price is dated in it."""
    widths = [2, 12, 12, 9, *[13] * 5, 2, *[13] * 5]
    page = book.page("Months", "The return of each portfolio in each month", widths, one_page=False)
    names = [portfolio.name for portfolio in portfolios]
    page.heading(f"B{_HEAD - 1}:I{_HEAD - 1}", "Return of the month")
    page.heading(f"K{_HEAD - 1}:O{_HEAD - 1}", "Logarithm of the growth up to its end")
    page.put(f"B{_HEAD}", "Month", "column_label")
    page.line(f"C{_HEAD}", ["Next month", "Dates in it", *names], "column")
    page.line(f"K{_HEAD}", names, "column")
    page.sheet.set_row(_HEAD - 1, 30)
    page.sheet.freeze_panes(_HEAD, 2)
    first = "DATE(YEAR(MIN(Dates_later)),MONTH(MIN(Dates_later)),1)"
    for row in range(_HEAD + 1, _HEAD + count + 1):
        start = row == _HEAD + 1
        page.put(f"B{row}", f"={first}" if start else f"=C{row - 1}", "label", "mmm yyyy")
        page.put(f"C{row}", f"=DATE(YEAR(B{row}),MONTH(B{row})+1,1)", "computed", "mmm yyyy")
        counted = f'=COUNTIF(Dates_later,"<"&C{row})-COUNTIF(Dates_later,"<"&B{row})'
        page.put(f"D{row}", counted, "computed", "0")
        for portfolio in portfolios:
            until, column = _UNTIL[portfolio.summary], _LOG[portfolio.summary]
            logs = f"Returns!${column}${_HEAD + 1}:${column}${_HEAD + dates - 1}"
            page.put(f"{until}{row}", f'=SUMIF(Dates_later,"<"&$C{row},{logs})', "computed", NUMBER)
            before = "" if start else f"-{until}{row - 1}"
            own = f'=IF($D{row}=0,"",EXP({until}{row}{before})-1)'
            page.put(f"{_MONTH[portfolio.summary]}{row}", own, "computed", PERCENT2)


def checks(portfolios: Sequence[Portfolio], assets: int, dates: int, summary: int) -> list[Check]:
    """Return the checks: risks from the definitions, weights from what they minimise."""
    made = [PERIODS_CHECK]
    tail, annual = "((1-Confidence)*ROWS(Dates_later))", "SQRT(Periods_per_year)"
    measured: dict[str, list[str]] = {}
    for portfolio in portfolios:
        r, cell = portfolio.returns(dates), f"'Tail risk'!{portfolio.summary}"
        below = f"(({r}<AVERAGE({r}))*({r}-AVERAGE({r}))^2)"
        volatility, semi = f"STDEV.S({r})", f"SQRT(SUM({below})/(ROWS({r})-1))"
        cvar = _tail_mean(f"(-{r})", tail)
        measured[portfolio.name] = [volatility, semi, cvar]
        made += [
            Check(f"Volatility: {portfolio.name}", f"{cell}{summary + 1}", f"{volatility}*{annual}", PERCENT2),
            Check(f"Semi-deviation: {portfolio.name}", f"{cell}{summary + 2}", f"{semi}*{annual}", PERCENT2),
            Check(f"CVaR: {portfolio.name}", f"{cell}{summary + 3}", cvar, PERCENT2),
        ]
    cell = next(f"'Tail risk'!{p.summary}" for p in portfolios if p.name == _TESTED)
    below = f"({_rows(_TOP_SUM, dates)}-{_rows(_SUM, dates)})"
    deepest = f"MAX(1-{_rows(_VALUE, dates)}/{_rows(_TOP_VALUE, dates)})"
    made += [
        Check(f"CDaR: {_TESTED}", f"{cell}{summary + 4}", _tail_mean(below, tail), PERCENT2),
        Check(f"Deepest drawdown: {_TESTED}", f"{cell}{summary + 5}", deepest, PERCENT2),
    ]
    made += _share_checks(portfolios, assets, dates)
    for portfolio in portfolios[1:]:
        made.append(Check(f"Weights sum to 1: {portfolio.name}", f"SUM({portfolio.weights(assets)})", "1", PERCENT2))
    for kind, portfolio in enumerate(portfolios[1:4]):
        value = {p.name: _objective(measured[p.name][kind], p.weights(assets)) for p in portfolios}
        others = ",".join(text for name, text in value.items() if name != portfolio.name)
        made.append(
            Check(
                f"{portfolio.name}: no other portfolio has a lower ln(risk) - mean of ln(weights)",
                value[portfolio.name],
                f"MIN({others})",
                "0.000000",
                shown=f"{value[portfolio.name]} against the same of the others",
                verdict=f'IF({{ours}}<={{native}}+1E-9,"{AGREES}","DIFFERS by "&ROUND({{ours}}-{{native}},9))',
            )
        )
    for portfolio, letter in ((portfolios[0], "H"), (portfolios[3], "K")):
        worst = f"'Tail risk'!{{}}{WORST + 1}"
        day = worst.format(letter)
        month = f"(Dates_later>={day})*(Dates_later<DATE(YEAR({day}),MONTH({day})+1,1))"
        # from the weights and the prices at once: the growth of each period, multiplied up
        growth = f"IF({month},MMULT(Prices_later/Prices_earlier,{portfolio.weights(assets)}),1)"
        made.append(
            Check(f"Worst month: {portfolio.name}", worst.format(portfolio.summary), f"PRODUCT({growth})-1", PERCENT2)
        )
    return made


def _rows(letter: str, dates: int) -> str:
    return f"Returns!${letter}${_HEAD + 1}:${letter}${_HEAD + dates - 1}"


def _tail_mean(losses: str, tail: str) -> str:
    """Write the mean of the largest losses, of which the last counts in part (Rockafellar and Uryasev 2000)."""
    edge = f"LARGE({losses},MIN(INT({tail})+1,ROWS(Dates_later)))"
    return f"{edge}+SUM(({losses}>{edge})*({losses}-{edge}))/{tail}"


def _objective(risk: str, weights: str) -> str:
    """Write what risk parity by a measure of degree 1 minimises; it does not depend on the sum of the weights."""
    return f"LN({risk})-SUM(LN({weights}))/COLUMNS(Assets)"


def _share_checks(portfolios: Sequence[Portfolio], assets: int, dates: int) -> list[Check]:
    """Compare the shares of risk of equal weights, and those of risk parity by volatility."""
    rows = f"{ASSETS_TOP + 1}:{{}}{ASSETS_TOP + assets}"
    equal, parity = portfolios[0], portfolios[1]
    made = []
    tail = "((1-Confidence)*ROWS(Dates_later))"
    for name, column, portfolio in (("equal weight", "N", equal), ("parity by volatility", "J", parity)):
        r = portfolio.returns(dates)
        part = f"{portfolio.weights(assets)}*MMULT(TRANSPOSE({RETURNS}),{r}-AVERAGE({r}))"
        shares = f"Weights!{column}{rows.format(column)}"
        native = f"{part}/SUM({part})"
        made.append(
            Check(
                f"Shares of volatility, {name}: the largest shown",
                f"MAX({shares})",
                f"MAX({native})",
                PERCENT2,
                (shares, native),
            )
        )
    r = equal.returns(dates)
    low = f"(({r}<AVERAGE({r}))*({r}-AVERAGE({r})))"
    part = f"{equal.weights(assets)}*MMULT(TRANSPOSE({RETURNS}),{low}-AVERAGE({low}))"
    shares, native = f"Weights!O{rows.format('O')}", f"{part}/SUM({part})"
    made.append(
        Check(
            "Shares of semi-deviation, equal weight: the largest shown",
            f"MAX({shares})",
            f"MAX({native})",
            PERCENT2,
            (shares, native),
        )
    )
    edge = f"LARGE(-{r},MIN(INT({tail}*(1-1E-12))+1,ROWS(Dates_later)))"
    inside, at = f"(-{r}>{edge})", f"(-{r}={edge})"
    tilt = f"({inside}+{at}*({tail}-SUM({inside}*1))/SUM({at}*1))"
    part = f"{equal.weights(assets)}*MMULT(TRANSPOSE({RETURNS}),{tilt})"
    shares, native = f"Weights!P{rows.format('P')}", f"{part}/SUM({part})"
    made.append(
        Check(
            "Shares of CVaR, equal weight: the largest shown",
            f"MAX({shares})",
            f"MAX({native})",
            PERCENT2,
            (shares, native),
        )
    )
    return made
