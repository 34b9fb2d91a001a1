"""The figures of a tear sheet repeated by formulas that every spreadsheet has, from the prices."""

from rpxl.templates.checks import Check
from rpxl.templates.data_pages import PERIODS_CHECK
from rpxl.templates.looks import PERCENT2, RATIO
from rpxl.templates.page import Page

_TITLES = {"S": "strategy", "B": "benchmark"}
_COUNT = "ROWS(Return_dates)"
_YEARLY = "Periods_per_year"


def checks(statistics: int, months: Page) -> list[Check]:
    """List the checks; `months` is the first sheet, `statistics` the head row of the statistics there."""
    return [
        PERIODS_CHECK,
        *(check for short in _TITLES for check in _of_history(short)),
        *(check for short in _TITLES for check in _of_statistics(short, statistics, months)),
        *_against(statistics, months),
        *_of_windows(),
        *_of_tables(),
    ]


def _of_history(short: str) -> list[Check]:
    title, below = _TITLES[short], f"Growth_later_{short}/Highest_{short}-1"
    return [
        Check(
            f"Returns at each date, the lowest shown: {title}",
            f"MIN(Return_{short})",
            f"MIN(Native_{short})",
            PERCENT2,
            (f"Return_{short}", f"Native_{short}"),
        ),
        Check(
            f"Drawdown at each date, the deepest shown: {title}",
            f"MIN(Drawdown_{short})",
            f"MIN({below})",
            PERCENT2,
            (f"Drawdown_{short}", below),
        ),
    ]


def _of_statistics(short: str, top: int, page: Page) -> list[Check]:
    title, column, r = _TITLES[short], {"S": "C", "B": "D"}[short], f"Native_{short}"
    growth = f"INDEX(Growth_{short},ROWS(Growth_{short}))"
    compound = f"({growth}^({_YEARLY}/{_COUNT})-1)"
    below = f"(Growth_later_{short}/Highest_{short}-1)"
    mean, vol = f"AVERAGE({r})*{_YEARLY}", f"STDEV.S({r})*SQRT({_YEARLY})"
    short_fall = f"({r}<Risk_free/{_YEARLY})*({r}-Risk_free/{_YEARLY})"
    # The tail holds 5 % of the periods: all returns below its edge, and a part of the return at the edge.
    edge = f"SMALL({r},INT(0.05*{_COUNT})+1)"
    tail = f"(SUM(({r}<{edge})*{r})+(0.05*{_COUNT}-SUM(({r}<{edge})*1))*{edge})/(0.05*{_COUNT})"
    natives = (
        ("Periods", 1, "ROWS(Dates)-1", "0"),
        ("Cumulative return", 2, f"{growth}-1", PERCENT2),
        ("Annual return, compound", 3, compound, PERCENT2),
        ("Annual return, mean", 4, mean, PERCENT2),
        ("Volatility", 5, vol, PERCENT2),
        ("Sharpe ratio", 6, f'IF(STDEV.S({r})=0,"n/a",({mean}-Risk_free)/({vol}))', RATIO),
        ("Maximum drawdown", 7, f"MIN{below}", PERCENT2),
        ("Best period", 9, f"MAX({r})", PERCENT2),
        ("Worst period", 10, f"MIN({r})", PERCENT2),
        ("Share of positive periods", 11, f"SUM(({r}>0)*1)/{_COUNT}", PERCENT2),
        (
            "Sortino ratio",
            12,
            f'IF(SUM({short_fall})=0,"n/a",({mean}-Risk_free)/SQRT({_YEARLY}*SUM(({short_fall})^2)/{_COUNT}))',
            RATIO,
        ),
        ("Calmar ratio", 13, f'IF(MIN{below}=0,"n/a",{compound}/-MIN{below})', RATIO),
        ("Value at risk", 14, f"-PERCENTILE({r},0.05)", PERCENT2),
        ("Conditional value at risk", 15, f"-{tail}", PERCENT2),
        ("Skewness", 16, f"SKEW({r})", RATIO),
        ("Excess kurtosis", 17, f"KURT({r})", RATIO),
        ("Share of periods under water", 18, f"SUM(({below}<-1E-12)*1)/{_COUNT}", PERCENT2),
    )
    return [
        Check(f"{text}: {title}", page.ref(f"{column}{top + step}"), native, number_format)
        for text, step, native, number_format in natives
    ]


def _against(top: int, page: Page) -> list[Check]:
    s, b = "Native_S", "Native_B"
    beta = f"SLOPE({s},{b})"
    alpha = f"(AVERAGE({s})-{beta}*AVERAGE({b}))*{_YEARLY}-Risk_free*(1-{beta})"
    gap = f"({s}-{b})"
    natives = [
        ("Alpha", 1, alpha, PERCENT2),
        ("Beta", 2, beta, RATIO),
        ("Correlation", 3, f"CORREL({s},{b})", RATIO),
        ("Tracking error", 4, f"STDEV.S{gap}*SQRT({_YEARLY})", PERCENT2),
        ("Information ratio", 5, f"AVERAGE{gap}/STDEV.S{gap}*SQRT({_YEARLY})", RATIO),
    ]
    for text, step, sign in (("Up capture", 6, ">"), ("Down capture", 7, "<")):
        count = f"SUM(({b}{sign}0)*1)"
        own, its = (f"(PRODUCT(1+({b}{sign}0)*{r})^(1/{count})-1)" for r in (s, b))
        natives.append((text, step, f"{own}/{its}", PERCENT2))
    return [
        Check(
            f"{text}: strategy against benchmark",
            page.ref(f"C{top + 18 + step}"),
            f'IFERROR({native},"n/a")',
            number_format,
        )
        for text, step, native, number_format in natives
    ]


def _of_windows() -> list[Check]:
    """Compare the figures of the first and the last window."""
    first = "(Return_dates<=INDEX(Return_dates,Rolling_window))"
    last = "(Return_dates>INDEX(Dates,ROWS(Dates)-Rolling_window))"
    return [*_of_window("first", first, "1"), *_of_window("last", last, "ROWS(Rolling_dates)")]


def _of_window(end: str, inside: str, place: str) -> list[Check]:
    """Compare the figures of one window; `inside` is 1 for its returns and 0 for others, as a formula."""
    means = {short: f"SUM({inside}*Native_{short})/Rolling_window" for short in "SB"}
    both = {
        pair: f"SUM({inside}*" + "*".join(f"(Native_{short}-{means[short]})" for short in pair) + ")"
        for pair in ("SS", "BB", "SB")
    }
    vols = {short: f"SQRT({both[2 * short]}/(Rolling_window-1)*{_YEARLY})" for short in "SB"}
    rows = (
        ("volatility: strategy", "Rolling_volatility_S", vols["S"], PERCENT2),
        ("volatility: benchmark", "Rolling_volatility_B", vols["B"], PERCENT2),
        (
            "Sharpe ratio: strategy",
            "Rolling_sharpe_S",
            f"({means['S']}*{_YEARLY}-Risk_free)/{vols['S']}",
            RATIO,
        ),
        ("correlation", "Rolling_correlation_S", f"{both['SB']}/SQRT({both['SS']}*{both['BB']})", RATIO),
        ("beta", "Rolling_beta_S", f"{both['SB']}/{both['BB']}", RATIO),
    )
    return [
        Check(f"Rolling {text}, {end} window", f"INDEX({name},{place})", f'IFERROR({native},"n/a")', number_format)
        for text, name, native, number_format in rows
    ]


def _of_tables() -> list[Check]:
    """Compare months, years, drawdowns and bins."""
    growth = "INDEX(Growth_B,ROWS(Growth_B))-1"
    return [
        Check(
            "Each month, the worst shown",
            "MIN(Months_S)",
            "MIN(Months_S_native)",
            PERCENT2,
            ("1+Months_gap", "1+0*Months_gap"),
        ),
        Check(
            "Each calendar year, the worst shown",
            "MIN(Years_S)",
            "MIN(Years_S_native)",
            PERCENT2,
            ("Years_S", "Years_S_native"),
        ),
        Check("Calendar years of the benchmark, all together", growth, "PRODUCT(1+Years_B)-1", PERCENT2),
        Check("Depths of the deepest drawdowns, their sum", "SUM(Shown_depths)", "SUM(Worst_depths)", PERCENT2),
        Check("Shares in all bins, of both together", "SUM(Bin_shares)", "2", RATIO),
    ]
