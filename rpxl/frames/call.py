"""One call of a function of the core with pandas objects: labels and dates in, labels and dates out."""

import dataclasses
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from rpxl.core import backtest as core
from rpxl.core.array_checks import Array
from rpxl.core.dates import check_dates
from rpxl.core.limits import read_groups
from rpxl.core.strategies import STRATEGIES
from rpxl.errors import Index, InputError
from rpxl.frames.answers import ASSETS, FACTORS, TABLES, with_tables

_MATRICES = frozenset({"cov", "corr", "factor_cov"})
"""Arguments with a row and a column for each asset, or for each factor."""

_VECTORS = frozenset(
    {
        *("weights", "exp_excess", "exp_returns", "vols", "budgets", "groups", "lower", "upper"),
        *("margin_rates", "maintenance_rates", "strategy", "specific_vols"),
        *("holdings", "target", "band", "lot", "cost_bps", "multiplier", "margin"),
    }
)
"""Arguments with a number or a name for each asset."""

_GROUP_VECTORS = frozenset({"group_lower", "group_upper"})
"""Arguments with a number for each group; budgets too, when there are groups."""

_EXPOSURES = "exposures"
"""The argument with a row for each asset and a column for each factor."""

_HISTORIES = frozenset({"prices", "returns", "values"})
"""Arguments with a row for each date and a column for each asset."""

_BENCHMARK = "benchmark"
"""The argument with a row for each date of the prices or returns; with prices, it may be weights or a name instead."""

_OLDEST_YEAR = 1900
"""An index of smaller numbers holds no dates."""

_BY_DATE = frozenset({"returns_from_prices", "drawdowns", "rolling_statistic"})
"""Functions whose answer has a row for each date."""


def is_pandas(value: object) -> bool:
    """Tell whether a value is a DataFrame, a Series or an Index; pandas must have been imported."""
    pandas = sys.modules["pandas"]
    return isinstance(value, tuple(getattr(pandas, name, ()) for name in ("DataFrame", "Series", "Index")))


class Call:
    """One call of a function with at least one pandas object."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        import pandas as pd

        self._pd = pd
        self._function = function
        self._signature = signature = inspect.signature(function)
        self._names = list(signature.parameters)
        self._given: dict[str, Any] = dict(signature.bind_partial(*args, **kwargs).arguments)
        extras = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), "")
        self._given |= self._given.pop(extras, {})
        self._labels: dict[str, pd.Index[Any] | None] = {ASSETS: None, FACTORS: None}  # in the order of the answer
        self._rows: pd.Index[Any] | None = None
        self._history = np.zeros((0, 0))
        self._series: Any = None  # the name of prices or returns that are a Series
        self._places: dict[str, tuple[Any, Any]] = {}  # of each labelled argument, the labels of rows and columns

    def answer(self) -> Any:
        """Call the function with arrays, and return its answer with labels.

        Raises
        ------
        InputError
            Labels, dates or values are wrong; the message names the argument and the label.
        """
        self._find_labels()
        given = {name: self._array(name, value) for name, value in self._given.items()}
        self._find_dates(given)
        try:
            result = self._function(**given)
        except InputError as error:
            if error.argument not in self._places:
                raise
            raise error.relocate(functools.partial(self._place, *self._places[error.argument])) from None
        return self._labelled(result)

    # Labels -----------------------------------------------------------------------------------------------------------

    def _kind(self, name: str) -> str:
        if name in _GROUP_VECTORS or (name == "budgets" and self._given.get("groups") is not None):
            return "groups"
        if name == "prices" and "holdings" in self._names:
            return "vector"  # the last price of each
        kinds = {"matrix": _MATRICES | {_EXPOSURES}, "vector": _VECTORS, "history": _HISTORIES}
        return next((kind for kind, names in kinds.items() if name in names), "")

    def _axes(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return the axes of an argument that have one label for each asset, or for each factor."""
        axes = self._axes_of_kind(name, value)
        rows = FACTORS if name == "factor_cov" else ASSETS
        columns = FACTORS if name == _EXPOSURES else rows
        return list(zip((rows, columns), axes, strict=False))

    def _axes_of_kind(self, name: str, value: Any) -> list[Any]:
        kind = self._kind(name)
        if isinstance(value, self._pd.Series):
            return [value.index] if kind == "vector" else []
        if isinstance(value, self._pd.DataFrame):
            if kind == "vector":
                text = f"is a table with {value.shape[1]} columns; give one column of it, such as table['weight']."
                raise InputError(name, text)
            return {"matrix": [value.index, value.columns], "history": [value.columns]}.get(kind, [])
        return []

    def _find_labels(self) -> None:
        """Find the first argument with labels; if there is none, the first whose index only counts from 0."""
        plain: dict[str, Any] = {}
        for name in self._names:
            for owner, axis in self._axes(name, self._given.get(name)):
                self._check_labels(name, axis)
                if self._counts(axis):
                    plain.setdefault(owner, axis)
                elif self._labels[owner] is None:
                    self._labels[owner] = axis
        for owner, axis in plain.items():
            if self._labels[owner] is None:
                self._labels[owner] = axis

    @property
    def _assets(self) -> Any:
        return self._labels[ASSETS]

    def _check_labels(self, name: str, axis: Any) -> None:
        if isinstance(axis, self._pd.MultiIndex) or any(isinstance(label, tuple) for label in axis):
            raise InputError(name, "has labels of several levels. Give it one level, such as by droplevel.")
        if axis.hasnans:
            raise InputError(name, "has a label that is missing. Name each asset.")
        if axis.has_duplicates:
            raise InputError(name, f"has the label {axis[axis.duplicated()][0]!r} twice. Name each asset once.")

    def _counts(self, axis: Any) -> bool:
        """Tell whether an index is the default of pandas, which counts from 0 and holds no names."""
        return isinstance(axis, self._pd.RangeIndex) and axis.start == 0 and axis.step == 1

    def _order(self, name: str, owner: str, axis: Any) -> Any:
        """Return the positions of the assets or factors on an axis, in the order of the answer."""
        labels = self._labels[owner]
        assert labels is not None
        if axis is labels or axis.equals(labels):
            return np.arange(len(axis))
        absent, surplus = labels.difference(axis, sort=False), axis.difference(labels, sort=False)
        numbered = self._pd.api.types.is_numeric_dtype(labels.dtype)
        if self._counts(axis) and not numbered:  # by position
            return np.arange(len(axis))
        if len(absent) or len(surplus):
            texts = [f"lacks {_listed(absent)}"] * bool(len(absent)) + [f"has {_listed(surplus)}"] * bool(len(surplus))
            raise InputError(name, f"{' and '.join(texts)}, unlike {self._first(labels)}. Use the same labels in both.")
        return axis.get_indexer(labels)

    @staticmethod
    def _in_order(order: Any) -> bool:
        return bool((np.diff(order) == 1).all())

    def _first(self, labels: Any) -> str:
        """Name the argument whose labels give the order."""
        return next(
            f"the {end} of {name}" if len(axes) == 2 else name
            for name in self._names
            for axes in [self._axes(name, self._given.get(name))]
            for (_, axis), end in zip(axes, ("rows", "columns"), strict=False)
            if axis is labels
        )

    # Values -----------------------------------------------------------------------------------------------------------

    def _array(self, name: str, value: Any) -> Any:
        """Return an argument in the form that the core takes."""
        if name == _BENCHMARK and "prices" in self._given and not is_pandas(value):
            return self._column(value)
        if not is_pandas(value):
            return value
        if name == "dates":
            days = self._days(value)
            return list(value) if days is None else days
        if isinstance(value, self._pd.Index):
            value = value.to_series(index=range(len(value)))
        if name == _BENCHMARK:
            return self._beside(name, value)
        kind = self._kind(name)
        if kind == "groups":
            return self._by_group(name, value)
        orders = [self._order(name, owner, axis) for owner, axis in self._axes(name, value)]
        if kind == "matrix" and len(orders) == 2:
            if not all(map(self._in_order, orders)):
                value = value.iloc[orders[0], orders[1]]
            self._places[name] = (value.index, value.columns)
        elif kind == "history":
            return self._past(name, value.iloc[:, orders[0]] if orders else value)
        elif orders:
            value = value.iloc[orders[0]]
            self._places[name] = (value.index, None)
        return value.tolist() if name == "groups" else self._numbers(name, value)

    def _past(self, name: str, value: Any) -> Array:
        """Return prices or returns as an array, and keep their rows and labels for the answer."""
        if isinstance(value.index, self._pd.MultiIndex):
            raise InputError(name, "has rows of several levels. Give it one row per date, such as by unstack.")
        self._rows, self._series = value.index, getattr(value, "name", None)
        self._places[name] = (value.index, value.columns if value.ndim == 2 else None)
        self._history = self._numbers(name, value)
        return self._history

    def _column(self, value: Any) -> Any:
        """Return the prices of the asset whose label is the value; any other value unchanged."""
        prices = self._given["prices"]
        if not isinstance(value, str) or not isinstance(prices, self._pd.DataFrame) or value not in prices.columns:
            return value
        if value.strip().lower() in STRATEGIES:
            raise InputError(_BENCHMARK, f"is {value!r}, the name of an asset and of a strategy. Give its prices.")
        return self._numbers(_BENCHMARK, prices[value])

    def _beside(self, name: str, value: Any) -> Array:
        """Return a benchmark on the dates of the prices or returns, which must have been read before."""
        if "prices" in self._given and isinstance(value, self._pd.Series) and not value.index.equals(self._rows):
            labels = self._labels[ASSETS]
            if labels is not None and value.index.isin(labels).all():  # the weights of the assets
                self._places[name] = (value.index, None)
                return self._numbers(name, value.iloc[self._order(name, ASSETS, value.index)])
        if self._rows is None:
            raise InputError(name, "has an index, but returns have none. Give both as a Series, or both as arrays.")
        if not value.index.equals(self._rows):
            others = value.index.symmetric_difference(self._rows)
            told = f"{_shown(others[0])} is only in one of them" if len(others) else "their order differs"
            history = "prices" if "prices" in self._given else "returns"
            raise InputError(name, f"has another index than {history}: {told}. Use the same dates in both.")
        self._places[name] = (value.index, value.columns if value.ndim == 2 else None)
        numbers = self._numbers(name, value)
        gaps = np.asarray(np.isnan(numbers).reshape(len(numbers), -1).any(axis=1))
        if gaps.any():  # rows that are left out for the history too
            self._history = np.where(gaps[:, None], np.nan, self._history.reshape(len(gaps), -1))
        return numbers

    def _numbers(self, name: str, value: Any) -> Array:
        """Return float64 with NaN where a value is missing; refuse a column with anything that is not a number."""
        table = value.to_frame() if value.ndim == 1 else value
        numbers = {kind: self._is_number(kind) for kind in set(table.dtypes)}
        others = [j for j, kind in enumerate(table.dtypes) if not numbers[kind]]
        for j in others:
            where = f"column {table.columns[j]!r} " if value.ndim == 2 else ""
            self._refuse_texts(name, where, table.iloc[:, j])
        try:
            if not others:
                return np.asarray(value.to_numpy(dtype=np.float64, na_value=np.nan))
            cells = value.to_numpy(dtype=object, copy=True)
            cells[value.isna().to_numpy()] = np.nan  # None and pandas' own missing values as well
            return np.asarray(cells, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(name, "must hold numbers only; it holds something else.") from None

    def _is_number(self, kind: Any) -> bool:
        types = self._pd.api.types
        return bool(types.is_numeric_dtype(kind) and not types.is_complex_dtype(kind))

    def _refuse_texts(self, name: str, where: str, column: Any) -> None:
        """Refuse a column that does not hold numbers; objects pass here if none is a text or a date."""
        types = self._pd.api.types
        if types.is_datetime64_any_dtype(column.dtype):
            raise InputError(name, f"{where}holds dates. Make them the index: set_index.")
        if not (types.is_object_dtype(column.dtype) or types.is_string_dtype(column.dtype)):
            raise InputError(name, f"{where}holds values of the type {column.dtype}, which are not numbers.")
        texts = [cell for cell in column if isinstance(cell, str | bytes | date)]
        if texts:
            text = f"{where}holds {texts[0]!r}, which is not a number. Convert it, such as by pandas.to_numeric."
            raise InputError(name, text)

    def _by_group(self, name: str, value: Any) -> Any:
        """Return the numbers of the groups in the order of the core: by first appearance."""
        if not isinstance(value, self._pd.Series) or self._counts(value.index) or self._given.get("groups") is None:
            return self._numbers(name, value)
        self._check_labels(name, value.index)
        groups = self._array("groups", self._given["groups"])
        names = [text.casefold() for text in read_groups(groups, len(groups))[0]]
        given = [str(label).strip().casefold() for label in value.index]
        if sorted(given) != sorted(names):
            text = f"has {_listed(value.index)}, but the groups are {_listed(dict.fromkeys(groups))}. Name each once."
            raise InputError(name, text)
        value = value.iloc[[given.index(text) for text in names]]
        self._places[name] = (value.index, None)
        return self._numbers(name, value)

    # Dates ------------------------------------------------------------------------------------------------------------

    def _find_dates(self, given: dict[str, Any]) -> None:
        """Take the dates from the index of the prices or returns; refuse an index without dates if they are needed."""
        if self._rows is None or "dates" not in self._names:
            return
        days = self._days(self._rows)
        if days is None:
            self._refuse_without_dates(given, self._rows)
        elif given.get("dates") is None:
            given["dates"] = days
        elif not np.array_equal(days, check_dates(given["dates"])):
            raise InputError("dates", "differ from those of the index. Leave out one of the two.")

    def _refuse_without_dates(self, given: Mapping[str, Any], rows: Any) -> None:
        needed = self._signature.parameters["dates"].default is inspect.Parameter.empty
        telling = "periods_per_year" in self._names and given.get("periods_per_year") is None
        if given.get("dates") is not None or not (needed or telling):
            return
        if self._may_be_dates(rows):
            other = "give periods_per_year" if telling else "give dates"
            text = f"are needed: the index holds {rows[0]!r}, which is not a date"
            raise InputError("dates", f"{text}. Use pandas.to_datetime on the index, or {other}.")
        if needed:
            raise InputError("dates", "are needed: make them the index, or give them.")

    def _days(self, value: Any) -> Any:
        """Return the days of an index, in its own time zone; None if it holds no dates."""
        index = value if isinstance(value, self._pd.Index) else self._pd.Index(value.array)
        if isinstance(index, self._pd.PeriodIndex):
            index = index.to_timestamp(how="end")
        elif not isinstance(index, self._pd.DatetimeIndex):
            if index.inferred_type not in ("date", "datetime", "datetime64"):
                return None
            index = self._pd.DatetimeIndex(index)
        return index.tz_localize(None).to_numpy().astype("datetime64[D]")

    def _may_be_dates(self, index: Any) -> bool:
        if self._pd.api.types.is_numeric_dtype(index.dtype):
            return bool(len(index)) and float(index.min()) >= _OLDEST_YEAR
        return True

    # Answers ----------------------------------------------------------------------------------------------------------

    def _labelled(self, result: Any) -> Any:
        """Return the answer of a function with labels."""
        if isinstance(result, core.Backtest):
            return with_tables(result, self._assets)
        if isinstance(result, tuple):
            return tuple(map(self._labelled, result))
        if isinstance(result, np.ndarray):
            return self._frame(result)
        own = TABLES.get(type(result).__name__)
        if own is not None:
            return dataclasses.replace(result, **own(self._pd, result, self._labels))
        if dataclasses.is_dataclass(result) and not isinstance(result, type) and self._assets is not None:
            values = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
            labelled = {name: self._frame(value) for name, value in values.items() if isinstance(value, np.ndarray)}
            return dataclasses.replace(result, **labelled)
        return result

    def _frame(self, result: Array) -> Any:
        if self._rows is not None and self._function.__name__ in _BY_DATE:
            rows = self._rows
            if len(result) < len(rows):  # without the first, or without rows that lack a value
                complete = ~np.isnan(self._history.reshape(len(rows), -1)).any(axis=1)
                rows = rows[complete][-len(result) :]
            if result.ndim == 1:
                return self._pd.Series(result, rows, name=self._series)
            return self._pd.DataFrame(result, rows, self._assets)
        if result.ndim == 1:
            return self._pd.Series(result, self._assets)
        return self._pd.DataFrame(result, self._assets, self._assets)

    @staticmethod
    def _place(rows: Any, columns: Any, index: Index) -> str:
        """Name a cell by its labels."""
        i, j = index if isinstance(index, tuple) else (index, None)
        if columns is None or j is None:
            return _shown(rows[i])
        return f"row {_shown(rows[i])}, column {_shown(columns[j])}"


def _shown(label: Any) -> str:
    day = getattr(label, "date", None)
    return str(day()) if callable(day) else repr(label)


def _listed(labels: Any) -> str:
    shown = [repr(label) for label in labels]
    return ", ".join(shown if len(shown) <= 5 else [*shown[:5], "…"])
