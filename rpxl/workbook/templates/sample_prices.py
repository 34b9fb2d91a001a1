"""The sample prices of the static analysis: simulated, and the same wherever they are made."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import NormalDist

TICKERS = ("SPY", "VEU", "IEF", "GLD", "DBC")
_START = (374.88, 58.31, 119.95, 178.36, 14.72)
_VOLS = (0.175, 0.17, 0.08, 0.145, 0.19)
_MEANS = (0.125, 0.055, 0.01, 0.06, 0.07)
_CORRELATIONS = (
    (1.0,),
    (0.83, 1.0),
    (-0.05, -0.02, 1.0),
    (0.10, 0.22, 0.35, 1.0),
    (0.30, 0.38, -0.15, 0.30, 1.0),
)
DATES = 756
_LAST_DATE = date(2023, 12, 29)
_SEED = 18


def business_days(count: int) -> list[date]:
    """List the last weekdays up to the end of the sample."""
    days: list[date] = []
    day = _LAST_DATE
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def simulated_prices() -> Iterator[list[float]]:
    """Walk correlated normal returns from the start prices on, to the cent.

    It is done in plain Python, so that the sample is the same wherever and with whatever it is built.
    """
    draw = random.Random(_SEED)
    normal = NormalDist()
    loadings = _cholesky()
    prices = list(_START)
    yield list(prices)
    for _ in range(DATES - 1):
        shocks = [normal.inv_cdf(draw.random()) for _ in prices]
        for i, row in enumerate(loadings):
            shock = sum(loading * shocks[j] for j, loading in enumerate(row))
            prices[i] *= 1 + _MEANS[i] / 252 + _VOLS[i] / 252**0.5 * shock
        yield [round(price, 2) for price in prices]


def _cholesky() -> list[list[float]]:
    rows: list[list[float]] = []
    for given in _CORRELATIONS:
        row: list[float] = []
        for j, correlation in enumerate(given[:-1]):
            inner = sum(a * b for a, b in zip(row, rows[j], strict=False))
            row.append((correlation - inner) / rows[j][j])
        row.append((1 - sum(x * x for x in row)) ** 0.5)
        rows.append(row)
    return rows
