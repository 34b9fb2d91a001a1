"""pandas tables for those answers of the core that are not one number per asset."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rpxl.core import backtest as core
from rpxl.core.array_checks import Array
from rpxl.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

ASSETS, FACTORS = "assets", "factors"
"""The two kinds of things that have labels."""


@dataclasses.dataclass(frozen=True, eq=False)
class Backtest(core.Backtest):
    """The value of 1 unit of equity over D dates with R rebalances, with tables of pandas."""

    assets: tuple[Any, ...] = ()
    """The labels of the n assets: those of the prices, or "Asset 1", "Asset 2" …"""

    def to_frame(self, table: str = "history") -> "pd.DataFrame":
        """Return a table as a pandas DataFrame; pandas must be installed.

        Parameters
        ----------
        table : {"history", "rebalances"}
            "history" has a row per date with value and drawdown, also of the benchmark if there is one. "rebalances"
            has a row per trade with leverage, turnover and costs, then the weight of each asset under its label.

        Returns
        -------
        pandas.DataFrame
            Its index holds the dates.

        Raises
        ------
        InputError
            There is no such table.

        Examples
        --------
        >>> from rpxl import backtest
        >>> prices = [[100, 100], [101, 99], [100, 100], [100, 100], [110, 100], [121, 90]]
        >>> days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]
        >>> backtest(prices, days, "equal_weight", lookback=2, rebalance="daily").to_frame().round(4)
                    value  drawdown
        2024-01-05   1.00       0.0
        2024-01-08   1.05       0.0
        2024-01-09   1.05       0.0
        """
        import pandas as pd

        if table == "history":
            columns: dict[str, Array] = {"value": self.value, "drawdown": self.drawdown}
            if self.benchmark is not None and self.benchmark_drawdown is not None:
                columns |= {"benchmark": self.benchmark, "benchmark_drawdown": self.benchmark_drawdown}
            return pd.DataFrame(columns, index=_day_index(self.dates))
        if table == "rebalances":
            index = _day_index(self.rebalances)
            costs = {"leverage": self.leverage, "turnover": self.turnover, "costs": self.costs}
            weights = pd.DataFrame(self.weights, index, list(self.assets))
            return pd.concat([pd.DataFrame(costs, index), weights], axis=1)
        raise InputError("table", f"is {table!r}; choose one of history, rebalances.")


def _day_index(days: core.Dates) -> Any:
    import pandas as pd

    return pd.DatetimeIndex(days.astype("datetime64[ns]"))


def with_tables(result: core.Backtest, assets: Any) -> Backtest:
    """Return a backtest with its tables; `assets` are the labels of the assets, None to number them."""
    values = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    size = result.weights.shape[1]
    labels = [f"Asset {i + 1}" for i in range(size)] if assets is None else list(assets)
    return Backtest(**values, assets=tuple(labels))


def _by_factor(pd: Any, result: Any, labels: Mapping[str, Any]) -> dict[str, Any]:
    index = labels[FACTORS]
    return {name: pd.Series(getattr(result, name), index) for name in ("exposures", "contributions")}


def _by_point(pd: Any, result: Any, labels: Mapping[str, Any]) -> dict[str, Any]:
    series = {name: pd.Series(getattr(result, name)) for name in ("returns", "vols")}
    return {**series, "weights": pd.DataFrame(result.weights, columns=labels[ASSETS])}


def _by_year(pd: Any, result: Any, _labels: Mapping[str, Any]) -> dict[str, Any]:
    months = pd.DataFrame(result.months, result.years, range(1, 13))
    return {"months": months, "totals": pd.Series(result.totals, result.years)}


TABLES: dict[str, Callable[[Any, Any, Mapping[str, Any]], dict[str, Any]]] = {
    "FactorRisk": _by_factor,
    "Frontier": _by_point,
    "MonthlyReturns": _by_year,
}
"""By the class of an answer, the function that turns its arrays into pandas objects."""
