"""A report on strategies: each backtested on the same prices, with its tear sheet and its backtest as workbooks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rpxl.core.backtest import Backtest, backtest
from rpxl.core.calendar import periods_per_year as periods_of
from rpxl.core.calendar import usual_window
from rpxl.core.performance import Performance, performance
from rpxl.core.risk_statistics import BenchmarkStatistics, RiskStatistics, benchmark_statistics, risk_statistics
from rpxl.core.strategies import STRATEGIES
from rpxl.errors import InputError
from rpxl.files import refuse_existing
from rpxl.filling.belongings import same_label
from rpxl.filling.fill import Given, fill, filled
from rpxl.prices.prices import Prices, read_prices
from rpxl.xlsx.workbook import Workbook

BENCHMARK = "equal_weight"
"""What strategies are compared with unless something else is asked for."""

TEAR_SHEET, BACKTEST = "tear_sheet", "backtest"
"""The templates that are filled."""

_START = 100.0
"""What a strategy's value begins with on its tear sheet."""


@dataclass(frozen=True, eq=False)
class StrategyReport:
    """What is told of one strategy.

    Attributes
    ----------
    strategy, benchmark
        Their names: strategies of the backtest, or an asset.
    history
        The backtest, with the value of the benchmark.
    performance, tail, against
        Its performance, its tail statistics, and its figures against the benchmark.
    benchmark_performance
        The performance of the benchmark on the same dates.
    labels
        The assets, in the order of the weights.
    workbooks
        The files that were written: tear sheet and backtest.
    """

    strategy: str
    benchmark: str
    history: Backtest
    performance: Performance
    tail: RiskStatistics
    against: BenchmarkStatistics
    benchmark_performance: Performance
    labels: list[str]
    workbooks: list[Path]


def report(
    strategies: Sequence[str],
    prices: Given | Prices,
    out: Path | str,
    *,
    benchmark: str = BENCHMARK,
    lookback: int | None = None,
    rebalance: str = "quarterly",
    cost_bps: float = 0.0,
    rf: float = 0.0,
    periods_per_year: float | None = None,
    force: bool = False,
    progress: Callable[[str, float], None] | None = None,
    band: float | None = None,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
    method: str = "sample",
) -> list[StrategyReport]:
    """Backtest strategies on the same prices, and write a tear sheet and a backtest of each as workbooks.

    Parameters
    ----------
    strategies
        Names of strategies, see :data:`rpxl.core.strategies.STRATEGIES`.
    prices
        A file, several files or a folder, see :func:`rpxl.read_prices`; or the prices themselves.
    out
        The folder of the workbooks, which is made where it is missing: ``STRATEGY_tear_sheet.xlsx``, and
        ``STRATEGY_backtest.xlsx``, which shows risk parity beside the strategy, or beside the benchmark.
    benchmark
        One of the assets, bought on the first day at the same cost and held; or another strategy.
    lookback, rebalance, cost_bps, periods_per_year
        How all of them are backtested; see :func:`rpxl.backtest`.
    rf
        The annual risk-free rate of the figures.
    force
        Replace workbooks of these names.
    progress
        Called with what is done now, and the share of the whole that is done.
    band, lower, upper, method
        How all of them are backtested too; see :func:`rpxl.backtest`. The workbook of a backtest takes no bounds: it is
        left out where there are any.

    Returns
    -------
    list of StrategyReport
        One for each, in their order.

    Raises
    ------
    InputError
        A strategy or the benchmark is unknown, named twice or compared with itself; an input is wrong; or a workbook
        is there already. Nothing is written then.
    """
    if abs(rf) >= 1.0:
        raise InputError("rf", f"is {rf:.6g}, which is {rf:.0%} a year. Write 2 % as 0.02.")
    terms = _Terms(lookback, rebalance, cost_bps, rf, periods_per_year, band, lower, upper, method)
    folder = Path(out)
    table = prices if isinstance(prices, Prices) else read_prices(prices, fewest_assets=2)
    names = _checked(strategies)
    other = _benchmark(benchmark, table.labels, names)
    plans = [(name, _workbooks(folder, name, terms)) for name in names]
    for _, paths in plans:
        for path in paths.values():
            refuse_existing(path, force)
    tell = progress or (lambda _text, _share: None)
    parts = [_backtested(name, other, table, terms, k, len(names), tell) for k, name in enumerate(names)]
    folder.mkdir(parents=True, exist_ok=True)
    steps = sum(len(paths) for _, paths in plans)
    done = 0
    found = []
    for (name, paths), history in zip(plans, parts, strict=True):
        for template, path in paths.items():
            tell(f"Filling {path.name}", _BACKTESTS + (1 - _BACKTESTS) * done / steps)
            if template == TEAR_SHEET:
                _write_tear_sheet(path, name, other, history, table, terms, force)
            else:
                _write_backtest(path, name, other, table, terms, force)
            done += 1
        found.append(_measured(name, other, history, table, terms, list(paths.values())))
    tell("Done", 1.0)
    return found


_BACKTESTS = 0.3
"""The share of the time that backtests take, about."""


@dataclass(frozen=True)
class _Terms:
    """How all strategies of a report are backtested and measured."""

    lookback: int | None
    rebalance: str
    cost_bps: float
    rf: float
    periods_per_year: float | None
    band: float | None
    lower: npt.ArrayLike | None
    upper: npt.ArrayLike | None
    method: str

    @property
    def bounded(self) -> bool:
        """Whether there are bounds on weights."""
        return self.lower is not None or self.upper is not None


def _checked(strategies: Sequence[str]) -> list[str]:
    """Return the names of strategies in lower case; raise if one is unknown or given twice."""
    names = [text.strip().lower() for text in strategies]
    if not names:
        raise InputError("strategies", f"are missing. Give one or more of: {', '.join(STRATEGIES)}.")
    for name, text in zip(names, strategies, strict=True):
        if name not in STRATEGIES:
            raise InputError("strategies", f"has no {text!r}. Choose one or more of: {', '.join(STRATEGIES)}.")
        if names.count(name) > 1:
            raise InputError("strategies", f"names {name} twice.")
    return names


def _benchmark(text: str, labels: Sequence[str], strategies: Sequence[str]) -> str:
    """Return the asset or the strategy that a benchmark names."""
    assets = [label for label in labels if same_label(label) == same_label(text)]
    word = text.strip().lower()
    for label in labels:
        if same_label(label) in (word, *strategies) and same_label(label) in STRATEGIES:
            raise InputError(
                "prices", f"have an asset {label!r}, which is a strategy too. Give the asset another name."
            )
    if not assets and word not in STRATEGIES:
        known = f"one of the assets ({', '.join(labels)}) or of the strategies ({', '.join(STRATEGIES)})"
        raise InputError("benchmark", f"{text!r} is unknown. Give {known}.")
    if word in strategies:
        raise InputError(
            "benchmark", f"is {word}, which would be compared with itself. Give another: an asset, perhaps."
        )
    return assets[0] if assets else word


def _workbooks(folder: Path, strategy: str, terms: _Terms) -> dict[str, Path]:
    """Name the workbooks of a strategy by template."""
    templates = (TEAR_SHEET,) if terms.bounded else (TEAR_SHEET, BACKTEST)
    return {template: folder / f"{strategy}_{template}.xlsx" for template in templates}


def _backtested(
    strategy: str,
    benchmark: str,
    table: Prices,
    terms: _Terms,
    number: int,
    count: int,
    tell: Callable[[str, float], None],
) -> Backtest:
    held = [float(label == benchmark) for label in table.labels]
    text = f"Backtest of {strategy}"
    tell(text, _BACKTESTS * number / count)
    return backtest(
        table.values,
        table.dates,
        strategy,
        terms.lookback,
        terms.rebalance,
        cost_bps=terms.cost_bps,
        progress=lambda done, every: tell(text, _BACKTESTS * (number + done / every) / count),
        periods_per_year=terms.periods_per_year,
        benchmark=held if any(held) else benchmark,
        band=terms.band,
        lower=terms.lower,
        upper=terms.upper,
        method=terms.method,
    )


def _periods(table: Prices, terms: _Terms) -> float:
    return periods_of(terms.periods_per_year, np.array(table.dates, dtype="datetime64[D]"))


def _write_tear_sheet(
    path: Path, strategy: str, benchmark: str, history: Backtest, table: Prices, terms: _Terms, force: bool
) -> None:
    """Lay a tear sheet out for the values of the backtest, and compute it."""
    from rpxl import templates

    assert history.benchmark is not None
    periods, returns = _periods(table, terms), len(history.dates) - 1
    rows = (_START * np.column_stack([history.value, history.benchmark])).tolist()
    content = templates.get(TEAR_SHEET).build(
        2,
        len(history.dates),
        {
            "Dates": [[day] for day in history.dates.tolist()],
            "Prices": [[strategy, benchmark], *rows],
            "Data_source": f"Backtest on {table.source}",
            "Periods_per_year": periods,
            "Strategy": strategy,
            "Benchmark": benchmark,
            "Risk_free": terms.rf,
            "Rolling_window": float(min(usual_window(periods), max(returns // 2, 2))),
        },
    )
    book, _ = filled(Workbook(content, TEAR_SHEET))
    book.package.save(path, force=force)


def _write_backtest(path: Path, strategy: str, benchmark: str, table: Prices, terms: _Terms, force: bool) -> None:
    from rpxl import templates

    template = templates.get(BACKTEST)
    settings = {
        "Rebalance": terms.rebalance,
        "Cost_bps": f"{terms.cost_bps:.17g}",
        "Risk_free": f"{terms.rf:.17g}",
        "Estimator": terms.method,
    }
    if terms.band is not None:
        settings["Band"] = f"{terms.band:.17g}"
    if terms.lookback is not None:
        settings["Lookback"] = f"{terms.lookback:g}"
    if terms.periods_per_year is not None:
        settings["Periods_per_year"] = f"{terms.periods_per_year:.17g}"
    settings["Benchmark"] = benchmark if strategy == "risk_parity" else strategy
    fill(template.build(), path, prices=table, settings=settings, force=force)


def _measured(
    strategy: str, benchmark: str, history: Backtest, table: Prices, terms: _Terms, workbooks: list[Path]
) -> StrategyReport:
    assert history.benchmark is not None
    periods = _periods(table, terms)
    returns, others = history.returns, history.benchmark[1:] / history.benchmark[:-1] - 1.0
    return StrategyReport(
        strategy=strategy,
        benchmark=benchmark,
        history=history,
        performance=performance(returns, periods, terms.rf),
        tail=risk_statistics(returns, periods, terms.rf),
        against=benchmark_statistics(returns, others, periods, terms.rf),
        benchmark_performance=performance(others, periods, terms.rf),
        labels=table.labels,
        workbooks=workbooks,
    )


def last_weights(told: StrategyReport) -> Iterator[tuple[str, float]]:
    """Yield the assets and weights after the last trade, the largest first; weights of 0 are left out."""
    weights = told.history.weights[-1]
    for k in np.argsort(-np.abs(weights), kind="stable").tolist():
        if weights[k] != 0.0:
            yield told.labels[k], float(weights[k])
