"""The registry of covariance estimators: what an estimator is, and how it is found by its name.

To add an estimator, write one function in :mod:`rpxl.core.sample_estimators` or :mod:`rpxl.core.shrinkage` and mark it
with :func:`estimator`. `COV_MATRIX`, its help, and the backtest find it by its name.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rpxl.core.array_checks import Array, choice
from rpxl.errors import InputError

Rows = Callable[..., Array]
"""Takes complete rows of returns, shape (T, n), and the periods per year; returns the annual covariance matrix."""


@dataclass(frozen=True)
class Estimator:
    """One way to estimate a covariance matrix."""

    name: str
    help: str
    """What it does, in a few words, shown as the help of the option."""
    of_rows: Rows
    pairwise: Rows | None
    """The same for rows with NaN where a value is missing; None where the estimator has no such version."""
    ordered: bool
    """Whether the order of the rows matters: then the oldest must come first."""

    @property
    def extras(self) -> tuple[str, ...]:
        """The names of its parameters other than returns and periods."""
        return tuple(inspect.signature(self.of_rows).parameters)[2:]


ESTIMATORS: dict[str, Estimator] = {}
"""All estimators by name, the default first."""


def estimator(name: str, help: str, pairwise: Rows | None = None, *, ordered: bool = False) -> Callable[[Rows], Rows]:
    """Put a function into the registry.

    Parameters
    ----------
    name : str
        The word by which users choose it.
    help : str
        What it does, in a few words.
    pairwise : callable, optional
        The same for rows with NaN where a value is missing.
    ordered : bool
        Whether the order of the rows matters: then the oldest must come first.
    """

    def mark(function: Rows) -> Rows:
        ESTIMATORS[name] = Estimator(name, help, function, pairwise, ordered)
        return function

    return mark


def find_estimator(method: str) -> Estimator:
    """Look up an estimator by its name; the error of an unknown name lists the known ones."""
    return ESTIMATORS[choice(method, "method", tuple(ESTIMATORS))]


def estimator_of(method: str, **extras: Any) -> Rows:
    """Return the estimator `method` for complete rows with its `extras` set, see :func:`estimate_cov`."""
    chosen = find_estimator(method)
    return partial(chosen.of_rows, **extras_of(chosen, extras))


def extras_of(chosen: Estimator, extras: dict[str, Any]) -> dict[str, Any]:
    """Return the extras that are not None; an InputError names the estimators of an extra that is not for this one."""
    given = {name: value for name, value in extras.items() if value is not None}
    for name in given:
        takers = [other.name for other in ESTIMATORS.values() if name in other.extras]
        if not takers:
            raise TypeError(f"no estimator takes {name}")
        if name not in chosen.extras:
            raise InputError(name, f"is for the method {' or '.join(takers)}; leave it out for {chosen.name}.")
    return given
