"""The benchmark of a backtest: another portfolio of the same assets, or a series of prices."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, floats, numbers
from rpxl.core.market import Market
from rpxl.core.missing import finite_or_missing, missing_word
from rpxl.errors import InputError


@dataclass(frozen=True, eq=False)
class Benchmark:
    """A benchmark as it was given: as a portfolio, or as prices, or neither."""

    portfolio: str | Array | None = None
    """A strategy by its name, or fixed weights of the assets."""
    prices: Array | None = None
    """One for each row of the prices, NaN where one is missing."""

    def without_its_gaps(self, prices: npt.ArrayLike, missing: str) -> npt.ArrayLike:
        """Return the prices of the assets; with "drop_rows", NaN in each row in which the benchmark has no price."""
        if self.prices is None or missing_word(missing, ("error", "drop_rows", "available")) != "drop_rows":
            return prices
        table = finite_or_missing(prices, "prices")
        table[np.isnan(self.prices)] = np.nan
        return table

    def growth(self, market: Market, first: int) -> Array:
        """Return the value, at row `first` and each later one, of 1 put into the benchmark at row `first`."""
        assert self.prices is not None
        places = market.places[first:]
        held = self.prices[places]
        wrong = ~(held > 0.0)
        if wrong.any():
            i = int(wrong.argmax())
            if np.isnan(held[i]):
                text = "{0} is missing. Fill it in, or leave its date out: missing = drop_rows."
                raise InputError("benchmark", text, (int(places[i]), 0), missing=True)
            raise InputError("benchmark", f"{{0}} is {held[i]:.6g}. A price must be above 0.", (int(places[i]), 0))
        return np.asarray(held / held[0])


def read_benchmark(given: str | npt.ArrayLike | None, prices: npt.ArrayLike) -> Benchmark:
    """Read a benchmark as a portfolio or as prices; see :func:`rpxl.core.backtest.backtest`."""
    if given is None or isinstance(given, str):
        return Benchmark(given)
    rows, size = np.shape(floats(prices, "prices", 2))
    values = np.asarray(given)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.size == rows == size:
        text = f"has {rows} numbers, which can be the weights of {size} assets or prices on {rows} dates"
        raise InputError("benchmark", f"{text}. Leave an asset or a date out, or give the benchmark by its name.")
    if values.ndim == 1 and values.size == rows:
        return Benchmark(prices=finite_or_missing(values[:, None], "benchmark")[:, 0])
    if values.ndim > 1 or values.size != size:
        has = f"has {values.size} numbers" if values.ndim < 2 else f"is {len(values)} × {values.shape[1]} numbers"
        text = f"{has}; give weights, one for each of {size} assets, or prices, one for each of {rows} dates."
        raise InputError("benchmark", text)
    return Benchmark(numbers(np.ravel(values), "benchmark", 1))
