"""The prices of a backtest: checked, with their dates, and with missing prices treated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array
from rpxl.core.calendar import require_no_gaps
from rpxl.core.covariance import refuse_prices, steps_between
from rpxl.core.dates import Dates, check_row_dates, dates_of_rows
from rpxl.core.missing import MISSING, complete_rows, finite_or_missing, missing_word
from rpxl.errors import InputError

AVAILABLE = "available"
"""Option word: the backtest holds an asset while it has prices."""


@dataclass(frozen=True, eq=False)
class Market:
    """Checked prices of n assets on T days."""

    days: Dates
    table: Array
    """Prices, shape (T, n). Rows before an asset's first price repeat it, rows after its last price repeat that one;
    nothing is bought at a repeated price."""
    returns: Array
    """Simple returns, shape (T - 1, n)."""
    known: npt.NDArray[np.bool_]
    """Where there is a price, shape (T, n)."""
    places: npt.NDArray[np.intp]
    """The row of each day in the prices that were given, shape (T,)."""

    def held(self, window: int, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Mark the assets that can be held at each of these rows: those with a price and `window` returns before it."""
        if self.known.all():
            return np.ones((len(rows), self.known.shape[1]), dtype=bool)
        unknown = np.zeros((len(self.known) + 1, self.known.shape[1]), dtype=np.int64)
        np.cumsum(~self.known, axis=0, out=unknown[1:])
        return np.asarray(unknown[rows + 1] == unknown[rows - 1 - window])


def read_market(prices: npt.ArrayLike, dates: npt.ArrayLike | Sequence[date], missing: str) -> Market:
    """Check prices and dates, and treat missing prices as the option says: see :func:`rpxl.core.backtest.backtest`."""
    word = missing_word(missing, (*MISSING, AVAILABLE))
    if word == AVAILABLE:
        given = finite_or_missing(prices, "prices")
        places = np.flatnonzero(~np.isnan(given).all(axis=1) | ~np.isnat(dates_of_rows(dates, len(given), "prices")))
        given = given[places]
    else:
        given, places = complete_rows(prices, "prices", word, "a return needs two dates")
    known = ~np.isnan(given)
    refuse_prices(given, places)
    table = _extended(given, known)
    returns = steps_between(table, "simple", places)
    days = check_row_dates(dates, len(np.asarray(prices)), "prices", places)
    if word != "drop_rows":
        require_no_gaps(days, "prices")
    return Market(days[places], table, returns, known, places)


def _extended(table: Array, known: npt.NDArray[np.bool_]) -> Array:
    """Repeat each asset's first price in the rows before it and its last one after; a gap between is an error."""
    if known.all():
        return table
    table = table.copy()
    for i in np.flatnonzero(~known.all(axis=0)).tolist():
        rows = np.flatnonzero(known[:, i])
        if not rows.size:
            raise InputError("prices", "{0} is missing, and so is every price below it. Leave the asset out.", (0, i))
        first, last = int(rows[0]), int(rows[-1])
        if rows.size < last - first + 1:
            hole = first + int(known[first : last + 1, i].argmin())
            text = "{0} is missing between prices of the same asset. Fill it in, or choose missing = drop_rows."
            raise InputError("prices", text, (hole, i), missing=True)
        table[:first, i], table[last + 1 :, i] = table[first, i], table[last, i]
    return table
