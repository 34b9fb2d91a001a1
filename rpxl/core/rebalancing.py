"""The rebalances of a backtest: the weights of each, and its date, by the calendar or by a band."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, exact_sum
from rpxl.core.decomposition import risk_contributions
from rpxl.core.leverage import lever_to_vol
from rpxl.core.market import Market
from rpxl.core.strategies import Past, Strategy
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

Rows = npt.NDArray[np.intp]

_FIRST_LOOK = 32
"""The number of dates that are searched first for a drift beyond the band; then twice as many, and so on."""


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms on which a portfolio is held; see :func:`rpxl.core.backtest.backtest`."""

    market: Market
    window: int
    """The lookback: the number of returns that a rebalance uses."""
    strategy: Strategy | Array
    """A rule for the weights, or fixed weights."""
    estimate: Callable[[Array], Array]
    """Estimates the annual covariance matrix from returns."""
    periods: float
    """Periods per year."""
    target: float | None
    """The annual volatility to which the weights are levered."""
    most: float | None
    """The largest leverage."""
    bounds: Mapping[str, Array]
    """The bounds that are given, by their names."""
    debt: Array
    """What a debt of 1 on the first day has grown to at each close, shape (T,)."""
    saved: Array
    """The same for cash."""
    cash_rate: float
    fee: float
    """Cost of trading, as a fraction of purchases plus sales."""

    def trade(self, row: int, held: Rows) -> tuple[Array, float]:
        """Return the weights of all assets, 0 for those not `held`, and the leverage at the close of a row."""
        if not held.size:
            day = self.market.days[row]
            raise InfeasibleError(
                f"At the rebalance of {day}: no asset has {self.window} consecutive returns before it."
            )
        rows = self._returns(row, held)
        with self._named(row, held, rows):
            cov = self.estimate(rows)
            weights, leverage = self._weights(row, held, rows, cov), 1.0
            if isinstance(self.strategy, Strategy) and not weights.any():
                leverage = 0.0  # all is in cash
            elif self.target is not None:
                levered = lever_to_vol(weights, cov, self.target, max_leverage=self.most)
                weights, leverage = levered.weights, levered.leverage
        if len(held) == self.market.returns.shape[1]:
            return weights, leverage
        every = np.zeros(self.market.returns.shape[1])
        every[held] = weights
        return every, leverage

    def risk_shares(self, row: int, held: Rows, weights: Array) -> Array:
        """Return the shares of risk of the assets held, by the covariance that a rebalance at the row would use."""
        rows = self._returns(row, held)
        with self._named(row, held, rows):
            return risk_contributions(weights[held], self.estimate(rows))

    def held_until(self, row: int, end: int, weights: Array) -> tuple[Array, Array]:
        """Return the values of each position and of the whole at the closes after `row`, with a whole of 1 at `row`."""
        after = slice(row + 1, end + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            assets = self.market.table[after] / self.market.table[row] * weights
            rest = 1.0 - exact_sum(weights)  # cash; below 0 a debt
            grown = self.debt if rest < 0.0 else self.saved
            return assets, assets.sum(axis=1) + rest * (grown[after] / grown[row])

    def _returns(self, row: int, held: Rows) -> Array:
        returns = self.market.returns[row - 1 - self.window : row - 1]
        return returns if len(held) == returns.shape[1] else returns[:, held]

    def _weights(self, row: int, held: Rows, rows: Array, cov: Array) -> Array:
        if not isinstance(self.strategy, Strategy):
            return self._fixed(row, held, self.strategy)
        bounds = {name: bound[held] for name, bound in self.bounds.items()}
        return self.strategy.weigh(Past(cov, rows, self.periods, self.cash_rate, bounds))

    def _fixed(self, row: int, held: Rows, weights: Array) -> Array:
        """Return fixed weights of the assets that can be held; these must include all with a weight other than 0."""
        absent = np.setdiff1d(np.flatnonzero(weights), held)
        if absent.size:
            i = int(absent[0])
            unknown = ~self.market.known[row - 1 - self.window : row + 1, i]
            gap = int(unknown.argmax()) + row - 1 - self.window
            text = (
                f"{{0}} is missing, which fixed weights need at the rebalance of {self.market.days[row]}. "
                "Choose a strategy by its name, or leave the asset out."
            )
            raise InputError("prices", text, (int(self.market.places[gap]), i), missing=True)
        return np.asarray(weights[held])

    @contextmanager
    def _named(self, row: int, held: Rows, rows: Array) -> Iterator[None]:
        """Add the day of the rebalance to errors; where an asset had equal returns before it, name the asset."""
        day = self.market.days[row]
        try:
            yield
        except InputError as error:
            if error.argument != "cov":
                raise
            still = np.flatnonzero(~np.diff(rows, axis=0).any(axis=0))
            if still.size:
                place = (int(self.market.places[row - 1]), int(held[still[0]]))
                problem = f"the {len(rows)} returns up to {{0}} are all the same: there is no risk to measure. "
                raise InputError("prices", problem + "Leave the asset out.", place) from None
            raise InfeasibleError(f"At the rebalance of {day}: {error}") from None
        except InfeasibleError as error:
            raise InfeasibleError(f"At the rebalance of {day}: {error}") from None
        except ConvergenceError as error:
            raise ConvergenceError(f"At the rebalance of {day}: {error}") from None


class Schedule:
    """The rows at which a portfolio may be rebalanced."""

    _needs = "the first day of a period"

    def __init__(self, market: Market, window: int, rows: Rows) -> None:
        """Keep the rows with a lookback before them and a day after them, from the first with an asset to hold."""
        self.last = len(market.days) - 1
        self.rows = rows[(rows > window) & (rows < self.last)]
        if not self.rows.size:
            raise InputError(
                "prices",
                f"has {len(market.days)} rows: too few for {window} returns, then {self._needs}, and a day after it.",
            )
        self.held = market.held(window, self.rows)
        if not self.held.any():
            raise InputError(
                "prices", f"has no asset with {window} consecutive returns before a rebalance.", missing=True
            )
        first = int(self.held.any(axis=1).argmax())
        self.rows, self.held = self.rows[first:], self.held[first:]

    def assets(self, k: int) -> Rows:
        """Return the assets that can be held at the k-th row."""
        return np.flatnonzero(self.held[k])

    @abstractmethod
    def after(self, terms: Terms, k: int, weights: Array) -> int:
        """Return the index in `rows` of the rebalance after the k-th row; the number of rows where there is none."""


class Calendar(Schedule):
    """A rebalance at each of the rows."""

    def after(self, terms: Terms, k: int, weights: Array) -> int:  # noqa: D102
        return k + 1


class WeightBand(Schedule):
    """A rebalance on the day after the close at which a weight had drifted by more than a band; all rows are days."""

    _needs = "a day to trade on"

    def __init__(self, market: Market, window: int, band: float) -> None:
        """Check every row."""
        super().__init__(market, window, np.arange(len(market.days)))
        self.band = band

    def after(self, terms: Terms, k: int, weights: Array) -> int:  # noqa: D102
        if not weights.any():
            return self._after_cash(terms, k)
        others = np.flatnonzero((self.held[k + 1 :] != self.held[k]).any(axis=1))
        end = k + 1 + int(others[0]) if others.size else len(self.rows)  # where the assets that can be held change
        row, length, low = int(self.rows[k]), _FIRST_LOOK, k + 1
        while low < end:
            high = min(low + length, end)
            assets, whole = terms.held_until(row, int(self.rows[high - 1]) - 1, weights)
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                drifted = np.vstack([weights, assets / whole[:, None]])  # from the close of the trade on
            found = self._outside(terms, k, weights, low, drifted[low - k - 1 :])
            if found is not None:
                return found
            low, length = high, 2 * length
        return end

    def _outside(self, terms: Terms, k: int, weights: Array, low: int, drifted: Array) -> int | None:
        """Return the first row, from `low` on, before which the weights had drifted too far; None without one."""
        inside = np.abs(drifted - weights).max(axis=1) <= self.band
        return None if inside.all() else low + int(inside.argmin())

    def _after_cash(self, terms: Terms, k: int) -> int:
        """Return the next row at which the strategy holds an asset, as cash doesn't drift."""
        fixed = not isinstance(terms.strategy, Strategy)
        rows = range(k + 1, len(self.rows))
        return next((j for j in rows if not fixed and self._holds(terms, j)), len(self.rows))

    def _holds(self, terms: Terms, k: int) -> bool:
        return bool(terms.trade(int(self.rows[k]), self.assets(k))[0].any())


class RiskBand(WeightBand):
    """A rebalance when a share of risk has drifted by more than a band, by the covariance of each day."""

    def _outside(self, terms: Terms, k: int, weights: Array, low: int, drifted: Array) -> int | None:
        held = self.assets(k)
        first = terms.risk_shares(int(self.rows[k]), held, weights)
        for j, now in enumerate(drifted, low):
            if not np.isfinite(now).all():
                return j
            shares = terms.risk_shares(int(self.rows[j]), held, now)
            if not np.abs(shares - first).max() <= self.band:
                return j
        return None
