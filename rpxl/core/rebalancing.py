"""A rebalance of a backtest: what is bought, and when the next one is, by the calendar or by a band."""

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
"""So many dates are looked at first for one at which something has drifted; then twice as many, and so on."""


@dataclass(frozen=True, eq=False)
class Terms:
    """On what terms a portfolio is held."""

    market: Market
    window: int
    """Number of returns that a rebalance knows."""
    strategy: Strategy | Array
    """How to weigh, or fixed weights."""
    estimate: Callable[[Array], Array]
    """The covariance of returns."""
    periods: float
    target: float | None
    most: float | None
    bounds: Mapping[str, Array]
    debt: Array
    """What a debt of 1 on the first day has grown to at each close, shape (T,)."""
    saved: Array
    """The same for cash."""
    cash_rate: float
    fee: float
    """Cost of trading, as a fraction of what is bought and sold."""

    def trade(self, row: int, held: Rows) -> tuple[Array, float]:
        """Return weights and leverage at the close of a row for the assets that can be held, or say why not."""
        if not held.size:
            day = self.market.days[row]
            raise InfeasibleError(f"At the rebalance of {day}: no asset has {self.window} returns in a row before it.")
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
        """Return the shares of risk of the assets held, by the covariance that a rebalance at the row would know."""
        rows = self._returns(row, held)
        with self._named(row, held, rows):
            return risk_contributions(weights[held], self.estimate(rows))

    def held_until(self, row: int, end: int, weights: Array) -> tuple[Array, Array]:
        """Return what each asset and the whole have grown to at the closes after a row, of 1 at that row's."""
        after = slice(row + 1, end + 1)
        with np.errstate(over="ignore", invalid="ignore"):
            assets = self.market.table[after] / self.market.table[row] * weights
            rest = 1.0 - exact_sum(weights)  # cash, or a debt, below 0
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
        """Return fixed weights of the assets that can be held, which must be all that have one."""
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
        """Say at which rebalance something went wrong, or which asset never moved before it."""
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
        """Keep the rows that have a look-back before them and a day after them, from the first that can hold any."""
        self.last = len(market.days) - 1
        self.rows = rows[(rows > window) & (rows < self.last)]
        if not self.rows.size:
            raise InputError(
                "prices",
                f"has {len(market.days)} rows: too few for {window} returns, then {self._needs}, and a day after it.",
            )
        self.held = market.held(window, self.rows)
        if not self.held.any():
            raise InputError("prices", f"has no asset with {window} returns in a row before a rebalance.", missing=True)
        first = int(self.held.any(axis=1).argmax())
        self.rows, self.held = self.rows[first:], self.held[first:]

    def assets(self, k: int) -> Rows:
        """Return the assets that can be held at the k-th row."""
        return np.flatnonzero(self.held[k])

    @abstractmethod
    def after(self, terms: Terms, k: int, weights: Array) -> int:
        """Return which row is the next rebalance's after that of the k-th row; the number of rows for none."""


class Calendar(Schedule):
    """A rebalance at each of the rows."""

    def after(self, terms: Terms, k: int, weights: Array) -> int:  # noqa: D102
        return k + 1


class WeightBand(Schedule):
    """A rebalance on the day after the close at which a weight had drifted by more than a band; all rows are days."""

    _needs = "a day to trade on"

    def __init__(self, market: Market, window: int, band: float) -> None:
        """Look at every row."""
        super().__init__(market, window, np.arange(len(market.days)))
        self.band = band

    def after(self, terms: Terms, k: int, weights: Array) -> int:  # noqa: D102
        if not weights.any():
            return self._after_cash(terms, k)
        others = np.flatnonzero((self.held[k + 1 :] != self.held[k]).any(axis=1))
        end = k + 1 + int(others[0]) if others.size else len(self.rows)  # where other assets can be held
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
        """Return the first row from `low` on before which the weights had drifted too far."""
        inside = np.abs(drifted - weights).max(axis=1) <= self.band
        return None if inside.all() else low + int(inside.argmin())

    def _after_cash(self, terms: Terms, k: int) -> int:
        """Return the next row at which the strategy holds something: cash doesn't drift."""
        fixed = not isinstance(terms.strategy, Strategy)
        rows = range(k + 1, len(self.rows))
        return next((j for j in rows if not fixed and self._holds(terms, j)), len(self.rows))

    def _holds(self, terms: Terms, k: int) -> bool:
        return bool(terms.trade(int(self.rows[k]), self.assets(k))[0].any())


class RiskBand(WeightBand):
    """The same for shares of risk, each by the covariance of its day."""

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
