"""The figures of the tear sheet beside those of quantstats' HTML report, on closes of your own.

    pip install -e ".[bench]"
    python tests/benchmarks/tear_sheet.py closes.csv more_closes.csv --write tests/benchmarks/tear_sheet.md

In each file the first asset is the benchmark, and each of the others a strategy. A figure is equal when it is so to
the two decimals that quantstats prints, of percent where it prints percent; of series, each value to a millionth.
"""

import argparse
import tempfile
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import rpxl
from rpxl.filling.inputs import WorkbookInputs
from rpxl.templates import get
from rpxl.xlsx.workbook import Workbook

PERCENT = 100.0
SAME = {  # quantstats: (rpxl, times)
    "Cumulative Return": ("Cumulative return", PERCENT),
    "CAGR﹪": ("Annual return, compound", PERCENT),
    "Volatility (ann.)": ("Volatility", PERCENT),
    "Sharpe": ("Sharpe ratio", 1.0),
    "Sortino": ("Sortino ratio", 1.0),
    "Max Drawdown": ("Maximum drawdown", PERCENT),
    "Calmar": ("Calmar ratio", 1.0),
    "Skew": ("Skewness", 1.0),
    "Kurtosis": ("Excess kurtosis", 1.0),
    "Best Day": ("Best period", PERCENT),
    "Worst Day": ("Worst period", PERCENT),
    "Beta": ("Beta", 1.0),
    "Alpha": ("Alpha", 1.0),
    "Correlation": ("Correlation with the benchmark", PERCENT),
    "Omega": ("Omega ratio: sum of gains / of losses", 1.0),
    "Payoff Ratio": ("Payoff ratio: mean gain / mean loss", 1.0),
    "Tail Ratio": ("Tail ratio: best 5 % / worst 5 %", 1.0),
    "Best Month": ("Best month", PERCENT),
    "Worst Month": ("Worst month", PERCENT),
    "Win Month": ("Share of positive months", PERCENT),
    "Best Year": ("Best calendar year", PERCENT),
    "Worst Year": ("Worst calendar year", PERCENT),
    "MTD": ("Month to date", PERCENT),
    "YTD": ("Year to date", PERCENT),
}
OTHERS = {  # whose definition differs, and how
    "Win Days": ("Share of positive periods", PERCENT, "quantstats leaves out days without a return"),
    "Daily Value-at-Risk": ("Value at risk, 95 %", -PERCENT, "quantstats: of a normal distribution; rpxl: historical"),
    "Expected Shortfall (cVaR)": (
        "Conditional value at risk, 95 %",
        -PERCENT,
        "quantstats: mean beyond the normal VaR; rpxl: of the worst 5 %",
    ),
    "Information Ratio": ("Information ratio", 1.0, "quantstats: of one period; rpxl: annual, √P times as much"),
    "Ulcer Index": ("Ulcer index: root mean square drawdown", 1.0, "quantstats divides by T − 1; rpxl by T"),
    "Longest DD Days": ("Longest drawdown, periods", 1.0, "quantstats counts calendar days; rpxl periods"),
    "3M": ("3 months", PERCENT, "quantstats counts the return of the first day too, which ends on it"),
    "6M": ("6 months", PERCENT, "as for 3M"),
    "1Y": ("1 year", PERCENT, "as for 3M"),
    "3Y (ann.)": ("3 years, annual", PERCENT, "quantstats goes 35 months back"),
    "5Y (ann.)": ("5 years, annual", PERCENT, "quantstats goes 59 months back"),
    "10Y (ann.)": ("10 years, annual", PERCENT, "quantstats goes 119 months back; rpxl: n/a in a shorter history"),
}


def values(book: Workbook, name: str) -> np.ndarray[Any, Any]:
    inputs = WorkbookInputs(book)
    area = inputs.areas[name]
    return np.array(book.sheet(area.sheet).values(area), dtype=object)


def sheet_figures(book: Workbook) -> dict[str, list[Any]]:
    """The figures of the first sheet by name: strategy, benchmark."""
    page = book.worksheets[0]
    rows = {row for row, column in page.cells if column == 2 and row > 16}
    return {str(page.value(row, 2)): [page.value(row, 3), page.value(row, 4)] for row in sorted(rows)}


def theirs(returns: pd.DataFrame, strategy: str, benchmark: str) -> pd.DataFrame:
    import quantstats as qs

    table = qs.reports.metrics(
        returns[strategy],
        benchmark=returns[benchmark],
        display=False,
        mode="full",
        as_pct=True,
        match_dates=False,  # it would leave out first days without a return
        strategy_title="S",
        benchmark_title="B",
    )
    return table[["S", "B"]]


def number(cell: Any) -> float | None:
    text = str(cell).rstrip("%")
    return None if text in ("-", "n/a") else float(text)


def compared(mine: dict[str, list[Any]], table: pd.DataFrame) -> Iterator[tuple[str, str, float, Any, bool]]:
    """For each figure of both: quantstats' name, whose, its number, rpxl's, and whether they are equal."""
    for name, (own, times, *_) in (SAME | OTHERS).items():
        for k, whose in enumerate(("strategy", "benchmark")):
            wanted, found = number(table.loc[name].iloc[k]), mine[own][k]
            if wanted is None:
                continue
            shown = round(times * found, 2) if isinstance(found, float) else found
            yield name, whose, wanted, shown, isinstance(shown, float) and abs(shown - wanted) < 0.005


def series_compared(book: Workbook, returns: pd.DataFrame, strategy: str, benchmark: str) -> Iterator[tuple[str, bool]]:
    """Compare drawdowns, months, years, rolling figures and the deepest drawdowns, each value."""
    import quantstats as qs

    own, other = returns[strategy], returns[benchmark]
    window = int(values(book, "Rolling_window")[0, 0])

    def same(name: str, expected: Any) -> tuple[str, bool]:
        found = values(book, name).astype(float).ravel()
        wanted = np.asarray(expected, dtype=float).ravel()
        return name, len(found) == len(wanted) and bool(np.allclose(found, wanted, rtol=1e-6, atol=1e-9))

    yield same("Drawdown_S", qs.stats.to_drawdown_series(own))
    yield same("Drawdown_B", qs.stats.to_drawdown_series(other))
    months = qs.stats.monthly_returns(own, eoy=True).to_numpy(dtype=float)
    shown = values(book, "Months_S")
    yield "Months_S", bool(np.allclose([[x or 0.0 for x in row] for row in shown], months[:, :12], atol=1e-9))
    yield same("Years_S", months[:, 12])
    yield same("Years_B", qs.stats.monthly_returns(other, eoy=True).to_numpy(dtype=float)[:, 12])
    periods = {"rolling_period": window, "periods_per_year": 252, "prepare_returns": False}
    for short, series in (("S", own), ("B", other)):
        yield same(f"Rolling_volatility_{short}", qs.stats.rolling_volatility(series, **periods).dropna())
        yield same(f"Rolling_sharpe_{short}", qs.stats.rolling_sharpe(series, **periods).dropna())
    greeks = qs.stats.rolling_greeks(own, other, window, prepare_returns=False)
    yield same("Rolling_beta_S", greeks["beta"].iloc[window - 1 :])
    yield same("Rolling_correlation_S", own.rolling(window).corr(other).dropna())
    worst = qs.stats.drawdown_details(qs.stats.to_drawdown_series(own)).sort_values("max drawdown").head(5)
    yield same("Shown_depths", worst["max drawdown"] / 100)


def main() -> None:
    import quantstats as qs

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    lines, tables, examples = [], [], {}
    template = get("tear_sheet").build()
    for file in given.files:
        prices = pd.read_csv(file, index_col=0, parse_dates=True)
        returns = prices.pct_change().iloc[1:]
        benchmark, *strategies = prices.columns
        for strategy in strategies:
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "sheet.xlsx"
                settings = {"Strategy": strategy, "Benchmark": benchmark}
                rpxl.fill(template, out, prices=file, settings=settings)
                book = Workbook(out)
            rows = list(compared(sheet_figures(book), theirs(returns, strategy, benchmark)))
            equal = [row[4] for row in rows if row[0] in SAME]
            wrong = [f"{row[0]} ({row[1]}): {row[2]} and {row[3]}" for row in rows if row[0] in SAME and not row[4]]
            series = list(series_compared(book, returns, strategy, benchmark))
            wrong += [name for name, right in series if not right]
            text = f"{sum(equal)} of {len(equal)}", f"{sum(right for _, right in series)} of {len(series)}"
            told = "; ".join(wrong) or "none"
            lines.append(f"| {strategy} | {benchmark} | {len(returns):,} | {text[0]} | {text[1]} | {told} |")
            print(lines[-1], flush=True)
            examples[strategy] = rows
    first = next(iter(examples))
    for name, (own, _, why) in OTHERS.items():
        pairs = [(wanted, found) for n, whose, wanted, found, _ in examples[first] if n == name and whose == "strategy"]
        tables += [f"| {name} | {own} | {wanted} | {found} | {why} |" for wanted, found in pairs]
    page = PAGE.format(
        version=qs.__version__,
        lines="\n".join(lines),
        same=textwrap.fill(f"The figures: {', '.join(sorted(SAME))}.", 120),
        first=first,
        others="\n".join(tables),
    )
    if given.write:
        given.write.write_text(page, encoding="utf-8")


PAGE = """# The tear sheet beside quantstats

What `tests/benchmarks/tear_sheet.py` printed with quantstats {version}, on daily closes of five exchange-traded funds
(2014 to 2023) and of five banks (2009 to 2023), which are not in this repository. A figure is equal if it agrees to the
two decimals that quantstats prints; a series is equal if each value agrees to a millionth.

| strategy | benchmark | returns | figures equal | series equal | not equal |
|---|---|--:|--:|--:|---|
{lines}

{same}

The series: drawdowns of both, months and calendar years, rolling volatility and Sharpe ratio of both, rolling beta and
correlation, and the depths of the five deepest drawdowns. quantstats leaves out first days on which the strategy has no
return of its own; here it was set not to.

These figures are defined differently in quantstats (the example is {first}):

| quantstats | tear sheet | theirs | ours | why |
|---|---|--:|--:|---|
{others}
"""

if __name__ == "__main__":
    main()
