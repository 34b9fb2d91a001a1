"""Formulas that read many cells, computed with whole arrays of numbers.

The engine hands every cell to Python and takes every cell back one by one. A formula here gets its numbers as arrays:
constants straight from the workbook, the answer of an array formula straight from where it is kept. What isn't plain
numbers (a text or an error inside an array, a division by zero) raises :class:`Unfit`: the engine computes it then.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from rpxl.calculation.analysis import Analysis, plain_name
from rpxl.calculation.array_functions import (
    FUNCTIONS,
    Failed,
    Unfit,
    Value,
    arithmetic,
    compared,
    condition,
    numbers,
    plain,
    summed,
)
from rpxl.calculation.comparison import COMPARISONS
from rpxl.xlsx.references import LAST_COLUMN, LAST_ROW, Area, Token

FEWEST_CELLS = 64
"""A formula that reads fewer cells is left to the engine."""

Thunk = Callable[[], Value]


class NotAnArrayFormula(Exception):  # noqa: N818 (no error: the engine computes it)
    """The formula uses something that isn't computed with arrays."""


class Source(Protocol):
    """Where the values of areas are."""

    def reader(self, area: Area) -> tuple[Thunk | None, Area | None]:
        """Return what reads an area, None if the engine must hand it over, and the area that must be computed first."""


_LEVELS = [frozenset(COMPARISONS), frozenset("&"), frozenset("+-"), frozenset("*/"), frozenset("^")]


class ArrayFormula:
    """One formula, made into calls of functions of arrays.

    Parameters
    ----------
    analysis
        The formula.
    source
        Where the values of its areas are.
    call
        Makes the callable for an rpxl function: given the index of its token.
    operators
        The functions that compare and add single values; see :func:`~rpxl.calculation.comparison.operators`.

    Attributes
    ----------
    needs
        Areas that the engine hands over, in the order of the arguments.

    Raises
    ------
    NotAnArrayFormula
        When it can't be made.
    """

    def __init__(
        self,
        analysis: Analysis,
        source: Source,
        call: Callable[[int], Callable[..., Any]],
        operators: dict[str, Callable[..., Any]],
    ) -> None:
        self._analysis, self._source, self._call, self._operators = analysis, source, call, operators
        self._tokens, self._at = analysis.tokens, 0
        self._areas = analysis.areas
        self.needs: list[Area] = []
        self._given: Sequence[Any] = ()
        self.unfit = False
        self._root = self._whole()
        if self._at < len(self._tokens):
            raise NotAnArrayFormula

    def __call__(self, *given: Any) -> Any:
        """Compute the formula; `given` are the values of what it needs."""
        self._given = given
        try:
            with np.errstate(all="ignore"):
                return plain(self._root())
        except Failed as failure:
            return failure.error
        except (Unfit, ArithmeticError, TypeError, ValueError):  # also a wrong number of arguments
            self.unfit = True
            return {"type": "Error", "kind": "Name"}

    def _whole(self) -> Thunk:
        """Read the formula; a sum or a difference that comes last is computed as Excel does it."""
        made, last = self._level(0, root=True)
        if last is None:
            return made
        sign, left, right = last
        function = self._operators["RPXL_ADD" if sign == "+" else "RPXL_SUB"]
        return lambda: summed(function, left(), right())

    def _level(self, level: int, root: bool = False) -> tuple[Thunk, tuple[str, Thunk, Thunk] | None]:
        """Read operands joined by the operators of a level, and tell what a sum that stands alone is made of."""
        if level == len(_LEVELS):
            return self._signed(), None
        made, last = self._level(level + 1, root)
        while (token := self._peek()) is not None and token.kind == "operator" and token.text in _LEVELS[level]:
            self._at += 1
            right, _ = self._level(level + 1)
            last = (token.text, made, right) if root and token.text in ("+", "-") else None
            made = self._joined(token.text, made, right)
        return made, last

    def _joined(self, sign: str, left: Thunk, right: Thunk) -> Thunk:
        if sign in COMPARISONS:
            function = self._operators[COMPARISONS[sign]]
            return lambda: compared(sign, function, left(), right())
        if sign == "&":  # how numbers become text is the engine's
            raise NotAnArrayFormula
        return lambda: arithmetic(sign, left(), right())

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _signed(self) -> Thunk:
        token = self._peek()
        if token is not None and token.kind == "operator" and token.text in ("+", "-"):
            self._at += 1
            inner = self._signed()
            return inner if token.text == "+" else lambda: arithmetic("*", -1.0, inner())
        made = self._operand()
        while (after := self._peek()) is not None and after.text == "%":
            self._at += 1
            made = _percent(made)
        return made

    def _operand(self) -> Thunk:
        token, index = self._peek(), self._at
        self._at += 1
        if token is None:
            raise NotAnArrayFormula
        if token.kind == "number":
            return _constant(float(token.text))
        if token.kind == "text":
            return _constant(token.text[1:-1].replace('""', '"'))
        if token.kind == "function":
            return self._function(index)
        if index in self._areas:
            return self._read(self._areas[index])
        if token.kind == "name" and token.text.upper() in ("TRUE", "FALSE"):
            return _constant(token.text.upper() == "TRUE")
        if token.text == "(":
            made, _ = self._level(0)
            self._expect(")")
            return made
        raise NotAnArrayFormula

    def _expect(self, text: str) -> None:
        token = self._peek()
        if token is None or token.text != text:
            raise NotAnArrayFormula
        self._at += 1

    def _read(self, area: Area) -> Thunk:
        if area.bottom == LAST_ROW or area.right == LAST_COLUMN:
            raise NotAnArrayFormula
        reader, needed = self._source.reader(area)
        if needed is not None and needed not in self.needs:
            self.needs.append(needed)
        if reader is not None:
            return reader
        place = self.needs.index(area)
        return lambda: self._given[place]

    def _function(self, index: int) -> Thunk:
        name, own = plain_name(self._tokens[index].body), self._analysis.is_own(self._tokens[index])
        if name in ("IF", "IFERROR", "ISNUMBER") and not own:
            return self._lazy(name)
        if not own and name not in FUNCTIONS:
            raise NotAnArrayFormula
        arguments: list[Thunk] = []
        if not self._skip(")"):
            while True:
                arguments.append(self._argument(own))
                if self._skip(")"):
                    break
                self._expect(",")
        if not own:
            function = FUNCTIONS[name]
            return lambda: function(*[argument() for argument in arguments])
        call = self._call(index)
        return lambda: call(*[plain(_caught(argument)) for argument in arguments])

    def _skip(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.text != text:
            return False
        self._at += 1
        return True

    def _argument(self, own: bool) -> Thunk:
        token = self._peek()
        if token is not None and token.text in (",", ")"):
            if not own:
                raise NotAnArrayFormula
            return _constant("")
        return self._level(0)[0]

    def _lazy(self, name: str) -> Thunk:
        """Read a function that may not compute all of its arguments."""
        first = self._level(0)[0]
        if name == "ISNUMBER":
            self._expect(")")
            return lambda: _is_number(_caught(first))
        others = []
        while self._skip(","):
            others.append(self._branch())
        self._expect(")")
        if len(others) != (2 if name == "IF" else 1):
            raise NotAnArrayFormula
        if name == "IFERROR":
            return lambda: _or_else(first, others[0])
        return lambda: condition(first(), *others)

    def _branch(self) -> Thunk:
        """Read an argument; one that writes a message with a number in it is hardly ever needed."""
        start = self._at
        try:
            return self._argument(False)
        except NotAnArrayFormula:
            self._at = start
        depth = 0
        while (token := self._peek()) is not None and (depth or token.text not in (",", ")")):
            depth += (token.kind == "function" or token.text in ("(", "{")) - (token.text in (")", "}"))
            self._at += 1
        if not any(token.text == "&" for token in self._tokens[start : self._at]):
            raise NotAnArrayFormula
        return _unfit


def _constant(value: Value) -> Thunk:
    return lambda: value


def _percent(made: Thunk) -> Thunk:
    return lambda: arithmetic("/", made(), 100.0)


def _unfit() -> Value:
    raise Unfit


def _caught(thunk: Thunk) -> Value:
    try:
        return thunk()
    except Failed as failure:
        return failure.error


def _is_number(value: Value) -> Value:
    if isinstance(value, list | np.ndarray):
        raise Unfit
    return isinstance(value, float | int) and not isinstance(value, bool)


def _or_else(first: Thunk, other: Thunk) -> Value:
    value = _caught(first)
    if isinstance(value, dict):
        return other()
    return numbers(value) if isinstance(value, list) else value
