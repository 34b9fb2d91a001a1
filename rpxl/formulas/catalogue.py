"""The `@formula` decorator, and the one collection of all that it marks.

Every host, the function wizard, the help sheet and the documentation read a function's name, category,
description, argument help, options, defaults and example from here, and nowhere else.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args, get_type_hints

import numpy as np

from rpxl.core.dates import Dates
from rpxl.errors import ConvergenceError, Index, InputError
from rpxl.formulas.cells import Block, Cells, is_omitted, to_cells
from rpxl.formulas.grid import check_dates, check_labels
from rpxl.formulas.labels import quote, require_same_order
from rpxl.formulas.readers import Reader, Vector

FUNCTIONS: dict[str, "WorksheetFunction"] = {}
"""Every spreadsheet function by name, in the order in which the catalogue shows them."""

CATEGORIES = ("Construction", "Risk", "Leverage", "Utility", "Performance", "Data")


@dataclass(frozen=True)
class Parameter:
    """One argument of a spreadsheet function."""

    name: str
    reader: Reader
    default: Any = inspect.Parameter.empty

    @property
    def help(self) -> str:
        """The text that the function wizard shows for the argument."""
        return self.reader.help

    @property
    def optional(self) -> bool:
        """Whether the argument may be left out."""
        return self.default is not inspect.Parameter.empty


@dataclass(frozen=True)
class Example:
    """A call with its expected answer.

    `args` are cell values in the order of the parameters. `answer` is what the cells must show, with an error of at
    most `tolerance`. `source` says where the answer comes from.
    """

    args: tuple[Cells, ...]
    answer: float | str | Sequence[Sequence[float | str]]
    source: str
    tolerance: float = 1e-12


class WorksheetFunction:
    """A spreadsheet function: cell values in, cell values out.

    A call reads each argument as its annotation says, calls the function with arrays, and shapes the answer: a vector
    is a row where the argument ``weights`` is a row, and a column elsewhere.
    """

    def __init__(self, function: Callable[..., Any], category: str, example: Example) -> None:
        if category not in CATEGORIES:
            raise ValueError(f"{function.__name__}: unknown category {category!r}")
        self.name = function.__name__
        self.__name__ = self.name
        self.__doc__ = inspect.getdoc(function)
        self.__module__ = function.__module__
        self.__wrapped__ = function
        self.category = category
        self.example = example

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arguments, in the order in which cells give them."""
        hints = get_type_hints(self.__wrapped__, include_extras=True)
        return tuple(Parameter(p.name, get_args(hints[p.name])[1], p.default) for p in self._given(cells=True))

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.Signature([p.replace(annotation=inspect.Parameter.empty) for p in self._given(cells=True)])

    @cached_property
    def _extras(self) -> tuple[str, ...]:
        return tuple(p.name for p in self._given(cells=False))

    def _given(self, *, cells: bool) -> list[inspect.Parameter]:
        """Return the parameters that cells give; or the keyword-only ones, which the catalogue fills in."""
        everything = inspect.signature(self.__wrapped__).parameters.values()
        return [p for p in everything if (p.kind is not p.KEYWORD_ONLY) is cells]

    @property
    def description(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join((self.__doc__ or "").split("\n\n")[0].split())

    @property
    def usage(self) -> str:
        """The call as it is shown to people: ``NAME(required, [optional])``."""
        shown = (f"[{p.name}]" if p.optional else p.name for p in self.parameters)
        return f"{self.name}({', '.join(shown)})"

    def __repr__(self) -> str:
        return f"<formula {self.usage}>"

    def __call__(self, *args: Cells, **kwargs: Cells) -> float | str | list[list[float | str]]:
        """Compute the function on cell values.

        Raises
        ------
        InputError
            An argument is missing or wrong; the message names it, and its cell as the user sees it.
        InfeasibleError
            The problem has no solution.
        ConvergenceError
            The answer cannot be computed to the accuracy that is promised, or is not finite.
        """
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # to_cells refuses NaN and infinity
            blocks = self._read(args, kwargs)
            check_labels(blocks, self._single(blocks))
            check_dates(blocks)
            extra = {name: _EXTRAS[name](blocks) for name in self._extras}
            try:
                answer = self.__wrapped__(*(block.values for block in blocks), **extra)
            except InputError as error:
                raise error.relocate(_place(blocks, error.argument)) from None
            except np.linalg.LinAlgError as error:
                raise ConvergenceError(f"The matrix cannot be decomposed ({error}).") from None
            return to_cells(answer, as_row=any(block.is_row and block.argument == "weights" for block in blocks))

    def _single(self, blocks: Sequence[Block]) -> list[tuple[Block, int]]:
        """Return the vectors that are one number with a label, each with the number of assets or groups."""
        single = []
        for parameter, block in zip(self.parameters, blocks, strict=True):
            labelled = block.row_labels is not None or block.column_labels is not None
            if labelled and isinstance(parameter.reader, Vector) and block.values.size == 1:
                groups = next((b.labels for b in blocks if b.argument == parameter.reader.per), None)
                single.append((block, _assets(blocks) if groups is None else len(groups)))
        return single

    def _read(self, args: Sequence[Cells], kwargs: dict[str, Cells]) -> list[Block]:
        if len(args) > len(self.parameters):
            problem = f"takes {len(self.parameters)} arguments at the most, not {len(args)}: {self.usage}"
            raise InputError(self.name, problem)
        given = {**dict(zip((p.name for p in self.parameters), args, strict=False)), **kwargs}
        if kwargs and (len(given) < len(args) + len(kwargs) or not given.keys() <= {p.name for p in self.parameters}):
            problem = f"has an argument that was given twice, or that it does not know: {self.usage}"
            raise InputError(self.name, problem)
        blocks = []
        for parameter in self.parameters:
            cells = given.get(parameter.name)
            if not (parameter.optional and is_omitted(cells)):
                if parameter.name not in given or cells is None:
                    raise InputError(parameter.name, f"is missing. {parameter.help}")
                blocks.append(parameter.reader.read(parameter.name, cells))
            else:
                blocks.append(Block(parameter.name, parameter.default))
        return blocks


def formula(category: str, *, example: Example) -> Callable[[Callable[..., Any]], WorksheetFunction]:
    """Mark a function as a spreadsheet function and put it into the catalogue.

    The function's name, docstring and parameters are its help; each parameter is annotated
    ``Annotated[type, Reader(...)]``. A keyword-only parameter ``labels`` receives the assets' names, ``factors`` those
    of the factors, and ``dates`` the dates of a table in the order of its rows (NaT where a whole row is blank), None
    if it has none.
    """

    def mark(function: Callable[..., Any]) -> WorksheetFunction:
        marked = WorksheetFunction(function, category, example)
        FUNCTIONS[marked.name] = marked
        return marked

    return mark


def find(name: str) -> WorksheetFunction:
    """Look up a function by name, in upper or lower case.

    Raises
    ------
    InputError
        There is no such function; the message offers the names that are most similar.
    """
    known = FUNCTIONS.get(name.strip().upper())
    if known is None:
        from difflib import get_close_matches

        near = get_close_matches(name.strip().upper(), FUNCTIONS, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise InputError("function", f"there is no function {name!r}.{hint}")
    return known


def _labels(blocks: Sequence[Block]) -> list[str]:
    """Name the assets: by the labels of the first argument that has any, else by number."""
    n = _assets(blocks)
    given = next((block.labels for block in blocks if block.labels), None) or [""] * n
    return [label or f"Asset {i + 1}" for i, label in enumerate(given)]


def _assets(blocks: Sequence[Block]) -> int:
    return max(
        (np.shape(b.values)[-1] for b in blocks if isinstance(b.values, np.ndarray) and b.values.ndim), default=1
    )


def _dates(blocks: Sequence[Block]) -> Dates | None:
    """Return the dates of the rows; refuse labels that are not dates where the periods per year depend on dates."""
    dates = next((block.dates for block in blocks if block.dates is not None), None)
    undated = next(filter(None, (block.undated for block in blocks)), "")
    if dates is None and undated and any(b.argument == "periods_per_year" and b.values is None for b in blocks):
        problem = f"is needed: the rows have labels such as {quote(undated)}, which are not dates"
        raise InputError("periods_per_year", f"{problem}. Give it: 252 daily, 52 weekly, 12 monthly.")
    return dates


def _factors(blocks: Sequence[Block]) -> list[str]:
    """Name the factors by the columns of `exposures`, else by the labels of `factor_cov`; both in the same order."""
    exposures, cov = (next(b for b in blocks if b.argument == name) for name in ("exposures", "factor_cov"))
    require_same_order("factor_cov", cov.labels, exposures.column_labels, "the columns of exposures")
    names = exposures.column_labels or cov.labels or [""] * np.shape(exposures.values)[-1]
    return [name or f"Factor {i + 1}" for i, name in enumerate(names)]


_EXTRAS: dict[str, Callable[[Sequence[Block]], Any]] = {"labels": _labels, "dates": _dates, "factors": _factors}


def _place(blocks: Sequence[Block], argument: str) -> Callable[[Index], str]:
    return next((block.place for block in blocks if block.argument == argument), Block(argument, None).place)
