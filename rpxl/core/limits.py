"""Bounds on the weights of assets and groups: read, checked, and refused with the reason where no weights keep them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import Array, exact_sum, number, numbers, plural
from rpxl.errors import InfeasibleError, InputError

ROUNDING = 1e-12
"""Largest difference at which two sums of bounds count as equal: 0.1 ten times is not exactly 1 in float64."""

NO_ROOM = 1e-8
"""Bounds whose sum differs from 1 by less leave no room to optimise."""

_PERCENT = 2.0
"""Without short positions, an upper bound of this or more is probably in percent."""

Group = str | float
"""The name of a group: a text or a number."""


@dataclass(frozen=True)
class Limits:
    """Bounds on n weights that sum to 1, and on the sums of k groups; infinite where there is none."""

    lower: Array
    upper: Array
    names: tuple[str, ...]
    """Names of the groups, in order of first appearance."""
    members: Array
    """Shape (k, n): 1 where the asset is in the group, else 0."""
    group_lower: Array
    group_upper: Array

    def hold(self, weights: Array) -> bool:
        """Tell whether weights keep the bounds of assets exactly, and those of groups up to rounding."""
        inside = (self.lower <= weights).all() and (weights <= self.upper).all()
        sums = self.members @ weights
        low, high = self.group_lower - ROUNDING, self.group_upper + ROUNDING
        return bool(inside and (low <= sums).all() and (sums <= high).all())

    def for_budgets(self, budgets: Array) -> Self:
        """Return the bounds of long-only weights by risk budgets: 0 for assets with a budget of 0.

        Raises
        ------
        InfeasibleError
            They leave no weights with a sum of 1, or no weight above 0 for an asset with a budget above 0.
        """
        held = budgets > 0.0
        for i in np.flatnonzero(~held & (self.lower > 0.0)).tolist():
            text = f"Asset {i + 1} has a budget of 0 and so a weight of 0, but its lower bound is {self.lower[i]:.6g}."
            raise InfeasibleError(text)
        for i in np.flatnonzero(held & (self.upper <= 0.0)).tolist():
            text = f"The upper bound {self.upper[i]:.6g} of asset {i + 1} leaves it no weight."
            raise InfeasibleError(f"{text} To exclude it, give it a budget of 0.")
        limits = replace(self, lower=np.maximum(self.lower, 0.0), upper=np.where(held, self.upper, 0.0))
        least = limits.require_room()
        for k, name in enumerate((*self.names, None)):
            inside = self.members[k] > 0.0 if name is not None else self.members.sum(axis=0) == 0.0
            low = _sum(limits.lower[inside])
            cap, floor = (self.group_upper[k], self.group_lower[k]) if name is not None else (math.inf, -math.inf)
            full = low >= cap - ROUNDING or (low >= floor and least >= 1.0 - ROUNDING)
            for i in np.flatnonzero(inside & held & (limits.lower == 0.0)).tolist() if full else ():
                text = f"The bounds of its group and of others leave asset {i + 1} no weight."
                raise InfeasibleError(f"{text} Widen them, or give it a budget of 0.")
        return limits

    def of(self, held: npt.NDArray[np.int_]) -> Self:
        """Return the bounds of the assets with the indices `held`; groups without any of them are left out."""
        members = self.members[:, held]
        kept = members.sum(axis=1) > 0.0
        names = tuple(name for name, keep in zip(self.names, kept.tolist(), strict=True) if keep)
        sums = (self.group_lower[kept], self.group_upper[kept])
        return type(self)(self.lower[held], self.upper[held], names, members[kept], *sums)

    def only_portfolio(self) -> Array | None:
        """Return the only portfolio between the bounds; None where they leave room for others.

        Where less than 1e-8 of weight can move, every weight is at the same fraction of the way between its bounds.
        """
        for bound, other in ((self.lower, self.upper), (self.upper, self.lower)):
            short = 1.0 - _sum(bound)
            if abs(short) <= ROUNDING:
                return np.array(bound) if self.hold(bound) else None
            room = np.clip(other - bound, -1.0, 1.0)
            if abs(short) <= NO_ROOM and room.any():
                weights = np.clip(bound + room * (short / exact_sum(room)), self.lower, self.upper)
                if abs(exact_sum(weights) - 1.0) <= ROUNDING and self.hold(weights):
                    return np.asarray(weights)
        return None

    def require_room(self) -> float:
        """Refuse bounds that no weights with a sum of 1 keep, and name them; return the lowest sum that they allow."""
        _require_order(self.lower, self.upper, [f"asset {i + 1}" for i in range(self.lower.size)])
        _require_order(self.group_lower, self.group_upper + ROUNDING, [f"group {name!r}" for name in self.names])
        loose = self.members.sum(axis=0) == 0.0
        least, most = [_sum(self.lower[loose])], [_sum(self.upper[loose])]
        for k, name in enumerate(self.names):
            inside = self.members[k] > 0.0
            low, high = _sum(self.lower[inside]), _sum(self.upper[inside])
            floor, cap = self.group_lower[k], self.group_upper[k]
            if low > cap + ROUNDING:
                text = f"the lower bounds of its assets sum to {low:.6g}, above its own upper bound {cap:.6g}"
                raise InfeasibleError(f"Group {name!r} cannot keep its bounds: {text}.")
            if high < floor - ROUNDING:
                text = f"the upper bounds of its assets sum to {high:.6g}, below its own lower bound {floor:.6g}"
                raise InfeasibleError(f"Group {name!r} cannot keep its bounds: {text}.")
            least.append(max(low, floor))
            most.append(min(high, cap))
        whose = "assets and groups" if self.names else "assets"
        if _sum(least) > 1.0 + ROUNDING:
            raise InfeasibleError(f"The lower bounds of the {whose} sum to {_sum(least):.6g}, above 1.")
        if _sum(most) < 1.0 - ROUNDING:
            raise InfeasibleError(f"The upper bounds of the {whose} sum to {_sum(most):.6g}, below 1.")
        return _sum(least)


def read_groups(groups: Sequence[Group] | None, size: int) -> tuple[tuple[str, ...], Array]:
    """Return the names of the groups in order of first appearance, and the members, see :class:`Limits`.

    Upper or lower case and spaces around a name make no difference.

    Examples
    --------
    >>> read_groups(["Equity", "bonds", "equity "], 3)
    (('Equity', 'bonds'), array([[1., 0., 1.],
           [0., 1., 0.]]))
    """
    if groups is None:
        return (), np.zeros((0, size))
    given = [groups] if isinstance(groups, str) else list(groups)
    if len(given) != size:
        raise InputError(
            "groups", f"has {plural(len(given), 'name')}, but cov has {plural(size, 'asset')}. Give one for each asset."
        )
    names: dict[str, str] = {}
    keys = []
    for i, group in enumerate(given):
        name = _name(group)
        if not name:
            raise InputError("groups", "{0} is blank. Each asset needs a group.", i, missing=True)
        keys.append(name.casefold())
        names.setdefault(keys[-1], name)
    return tuple(names.values()), np.array([[float(key == name) for key in keys] for name in names])


def _name(group: Group | None) -> str:
    """Return the name of a group as text; 2 and 2.0 are the same."""
    if isinstance(group, str):
        return group.strip()
    try:
        return "" if group is None or group != group else f"{group:.15g}"
    except (TypeError, ValueError):
        raise InputError("groups", "must be names: texts or numbers.") from None


def read_limits(
    size: int,
    lower: npt.ArrayLike | None = None,
    upper: npt.ArrayLike | None = None,
    groups: tuple[tuple[str, ...], Array] | None = None,
    group_lower: npt.ArrayLike | None = None,
    group_upper: npt.ArrayLike | None = None,
) -> Limits:
    """Read bounds on `size` weights and on groups: each is one number for all, or one each; None means no bound.

    Raises
    ------
    InputError
        A bound is not a finite number or looks like percent, there are not as many as assets or groups, or bounds of
        groups are given without groups.
    InfeasibleError
        No weights that sum to 1 keep them; the message names the bounds that contradict each other.
    """
    names, members = groups if groups is not None else read_groups(None, size)
    for bound, argument in ((group_lower, "group_lower"), (group_upper, "group_upper")):
        if bound is not None and not names:
            raise InputError(argument, "needs groups: name the group of each asset.")
    limits = Limits(
        _bounds(lower, "lower", size, "asset", -math.inf),
        _bounds(upper, "upper", size, "asset", math.inf),
        names,
        members,
        _bounds(group_lower, "group_lower", len(names), "group", -math.inf),
        _bounds(group_upper, "group_upper", len(names), "group", math.inf),
    )
    if lower is None or (limits.lower >= 0.0).all():
        _ask_about_percent(limits.upper, "upper", upper)
        _ask_about_percent(limits.group_upper, "group_upper", group_upper)
    limits.require_room()
    return replace(limits, group_lower=np.minimum(limits.group_lower, limits.group_upper))


def _ask_about_percent(bounds: Array, argument: str, given: npt.ArrayLike | None) -> None:
    """Refuse an upper bound of 2 or more as probably in percent: without short positions no weight exceeds 1."""
    for i in np.flatnonzero((bounds >= _PERCENT) & np.isfinite(bounds)).tolist():
        bound = float(bounds[i])
        text = f"is {bound:g}, which is {bound:.0%}: is it percent? Write {bound:g} % as {bound / 100:g}"
        text += ", or leave it out for no bound."
        raise InputError(argument, *(("{0} " + text, i) if np.ndim(given if given is not None else 0.0) else (text,)))


def _bounds(given: npt.ArrayLike | None, argument: str, size: int, each: str, none: float) -> Array:
    if given is None:
        return np.full(size, none)
    values = np.array([number(given, argument)]) if np.ndim(given) == 0 else numbers(given, argument, 1)
    if values.size not in (1, size):
        problem = f"has {plural(values.size, 'number')} for {plural(size, each)}. Give one for all, or one each."
        raise InputError(argument, problem)
    return np.broadcast_to(values, size).copy()


def _require_order(lower: Array, upper: Array, names: list[str]) -> None:
    for i in np.flatnonzero(lower > upper).tolist():
        digits = 6 if lower[i] - upper[i] > 1e-5 * abs(lower[i]) else 17
        low, high = f"{lower[i]:.{digits}g}", f"{upper[i]:.{digits}g}"
        raise InfeasibleError(f"The lower bound {low} of {names[i]} is above its upper bound {high}.")


def _sum(values: npt.ArrayLike) -> float:
    """Sum exactly; numbers beyond ±1e200, infinite ones too, count as ±1e200."""
    return exact_sum(np.clip(np.asarray(values, dtype=np.float64), -1e200, 1e200))
