"""The sample prices of the templates: simulated, and the same wherever they are made."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

from rpxl.core.calendar import TRADING_DAYS
from rpxl.templates.template import TemplateInputs

_SIMULATED = "Simulated sample data (fixed random seed), not market prices"
DATES = 756
_LAST_DATE = date(2023, 12, 29)


@dataclass(frozen=True)
class Phase:
    """Dates on which returns are `times` as volatile, with another annual `mean`; of all assets or of `some`."""

    first: date
    last: date
    times: float
    mean: float
    some: tuple[str, ...] = ()


@dataclass(frozen=True)
class Market:
    """What prices are simulated from: start prices, annual volatilities and means, lower half of the correlations."""

    tickers: tuple[str, ...]
    start: tuple[float, ...]
    vols: tuple[float, ...]
    means: tuple[float, ...]
    correlations: tuple[tuple[float, ...], ...]
    seed: int
    phases: tuple[Phase, ...] = ()


ETFS = Market(
    tickers=("SPY", "VEU", "IEF", "GLD", "DBC"),
    start=(374.88, 58.31, 119.95, 178.36, 14.72),
    vols=(0.175, 0.17, 0.08, 0.145, 0.19),
    means=(0.125, 0.055, 0.01, 0.06, 0.07),
    correlations=(
        (1.0,),
        (0.83, 1.0),
        (-0.05, -0.02, 1.0),
        (0.10, 0.22, 0.35, 1.0),
        (0.30, 0.38, -0.15, 0.30, 1.0),
    ),
    seed=18,
)

BANKS = Market(
    tickers=("JPM", "GS", "MS", "BAC", "WFC"),
    start=(85.0, 150.0, 35.0, 22.0, 40.0),
    vols=(0.16, 0.22, 0.29, 0.25, 0.36),
    means=(0.15, 0.14, 0.17, 0.12, 0.06),
    correlations=(
        (1.0,),
        (0.66, 1.0),
        (0.67, 0.74, 1.0),
        (0.76, 0.67, 0.69, 1.0),
        (0.69, 0.58, 0.60, 0.72, 1.0),
    ),
    seed=135,
    phases=(
        Phase(date(2020, 2, 20), date(2020, 3, 23), 3.2, -4.5),
        Phase(date(2020, 3, 24), date(2020, 6, 8), 2.0, 1.9),
        Phase(date(2022, 1, 3), date(2022, 10, 14), 1.2, -0.2),
    ),
)

FUND = Market(
    tickers=("Fund", "Index", "Bonds"),
    start=(100.0, 2700.0, 110.0),
    vols=(0.085, 0.16, 0.055),
    means=(0.095, 0.12, 0.02),
    correlations=(
        (1.0,),
        (0.74, 1.0),
        (0.45, 0.02, 1.0),
    ),
    seed=11,
    phases=(
        Phase(date(2020, 2, 20), date(2020, 3, 23), 3.0, -2.6),
        Phase(date(2020, 3, 24), date(2020, 6, 8), 1.8, 1.1),
        Phase(date(2022, 1, 3), date(2022, 10, 14), 1.4, -0.2),
    ),
)

CRASHES = Market(
    tickers=("SPY", "HYG", "IEF", "GLD", "DBC"),
    start=(374.88, 86.40, 119.95, 178.36, 14.72),
    vols=(0.15, 0.05, 0.07, 0.145, 0.19),
    means=(0.125, 0.06, 0.01, 0.06, 0.07),
    correlations=(
        (1.0,),
        (0.65, 1.0),
        (-0.05, 0.15, 1.0),
        (0.10, 0.12, 0.35, 1.0),
        (0.30, 0.25, -0.15, 0.30, 1.0),
    ),
    seed=5,
    phases=(
        Phase(date(2021, 9, 20), date(2021, 10, 8), 4.0, -1.6, ("HYG", "SPY")),
        Phase(date(2022, 6, 1), date(2022, 6, 24), 4.5, -1.8, ("HYG", "SPY")),
        Phase(date(2023, 3, 6), date(2023, 3, 17), 5.0, -2.0, ("HYG",)),
    ),
)
"""High-yield bonds that are calm for months and crash three times within weeks, twice together with stocks."""


CLASSES_MARKET = Market(
    tickers=("SPY", "TLT", "IEF", "SHY", "GLD", "DBC"),
    start=(374.88, 157.72, 119.95, 86.36, 178.36, 14.72),
    vols=(0.175, 0.15, 0.075, 0.016, 0.145, 0.19),
    means=(0.115, 0.02, 0.015, 0.02, 0.06, 0.07),
    correlations=(
        (1.0,),
        (-0.05, 1.0),
        (-0.05, 0.90, 1.0),
        (-0.03, 0.55, 0.78, 1.0),
        (0.10, 0.25, 0.33, 0.35, 1.0),
        (0.30, -0.18, -0.15, -0.12, 0.30, 1.0),
    ),
    seed=2014,
)
"""One fund for each class of the famous portfolios."""


def sample_inputs(market: Market, dates: int) -> TemplateInputs:
    """Return simulated prices as the inputs of a template."""
    return {
        "Dates": [[day] for day in business_days(dates)],
        "Prices": [list(market.tickers), *simulated_prices(market, dates)],
        "Data_source": _SIMULATED,
        "Periods_per_year": TRADING_DAYS.periods_per_year,
    }


def no_prices(assets: int, dates: int) -> TemplateInputs:
    """Return inputs of this size that stand there until there are prices: each price is 100."""
    return {
        "Dates": [[day] for day in business_days(dates)],
        "Prices": [[f"Asset {i + 1}" for i in range(assets)], *[[100.0] * assets for _ in range(dates)]],
        "Data_source": "No prices yet",
        "Periods_per_year": TRADING_DAYS.periods_per_year,
    }


def business_days(count: int) -> list[date]:
    """List the last weekdays up to the end of the sample."""
    days: list[date] = []
    day = _LAST_DATE
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def simulated_prices(market: Market, dates: int) -> Iterator[list[float]]:
    """Simulate prices from correlated normal returns, from the start prices on, rounded to the cent.

    It is plain Python, so that the sample is the same on every machine and with every numpy.
    """
    draw = random.Random(market.seed)
    normal = NormalDist()
    loadings = _cholesky(market.correlations)
    prices = list(market.start)
    yield list(prices)
    for day in business_days(dates)[1:]:
        phase = next((phase for phase in market.phases if phase.first <= day <= phase.last), None)
        shocks = [normal.inv_cdf(draw.random()) for _ in prices]
        for i, row in enumerate(loadings):
            shock = sum(loading * shocks[j] for j, loading in enumerate(row))
            mean, vol = market.means[i], market.vols[i]
            if phase is not None and (not phase.some or market.tickers[i] in phase.some):
                mean, vol = phase.mean, vol * phase.times
            prices[i] *= 1 + mean / 252 + vol / 252**0.5 * shock
        yield [round(price, 2) for price in prices]


def _cholesky(correlations: tuple[tuple[float, ...], ...]) -> list[list[float]]:
    rows: list[list[float]] = []
    for given in correlations:
        row: list[float] = []
        for j, correlation in enumerate(given[:-1]):
            inner = sum(a * b for a, b in zip(row, rows[j], strict=False))
            row.append((correlation - inner) / rows[j][j])
        row.append((1 - sum(x * x for x in row)) ** 0.5)
        rows.append(row)
    return rows
