"""Numbers compared, added and subtracted as Excel does it, which the engine does bit by bit.

The rule: two numbers are the same when both, rounded to 15 significant digits, are. By that, 0.1+0.2 equals 0.3, and
neither is less than the other. A sum or a difference that is the last operation of a formula is 0 where its two
operands, of opposite sign in a sum, are the same in that sense; within a formula, or in brackets, it stays what it is.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rpxl.calculation.analysis import ends_operand
from rpxl.calculation.native_functions import broadcast
from rpxl.xlsx.references import Token

COMPARISONS = {"=": "RPXL_EQ", "<>": "RPXL_NE", "<": "RPXL_LT", ">": "RPXL_GT", "<=": "RPXL_LE", ">=": "RPXL_GE"}
_SUMS = {"+": "RPXL_ADD", "-": "RPXL_SUB"}
_PLAIN = re.compile(r"[A-Za-z0-9]*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

CATCHERS = frozenset(
    [
        *("IFERROR", "ISERROR", "ISNUMBER", "ISTEXT", "COUNT", "COUNTA", "COUNTIF", "COUNTIFS", "N"),
        *("SUMIF", "SUMIFS", "AVERAGEIF", "AVERAGEIFS", "MAXIFS", "MINIFS"),
    ]
)
"""Functions that make something else of an error, so that a doubt may not show in the result."""


class Doubt(Exception):  # noqa: N818 (no error: the formula is left for Excel)
    """Other spreadsheets may see it otherwise."""


def same_number(one: float, other: float) -> bool:
    """Whether two numbers agree in 15 significant digits.

    >>> same_number(0.1 + 0.2, 0.3), same_number(1.0, 1.00000000000001)
    (True, False)
    """
    if one == other:
        return True
    if abs(one - other) > 1e-14 * max(abs(one), abs(other)):
        return False
    return f"{one:.14e}" == f"{other:.14e}"


def operators(doubt: Callable[[], None]) -> dict[str, Callable[..., Any]]:
    """Return the functions that stand for operators, by the names that :func:`rewrite` gives them.

    Where another spreadsheet may see it otherwise, `doubt` is called and the answer is #NAME?.
    """

    def guard(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def guarded(one: Any, other: Any) -> Any:
            if isinstance(one, dict) or isinstance(other, dict):
                return one if isinstance(one, dict) else other
            try:
                return function(one, other)
            except Doubt:
                doubt()
                return {"type": "Error", "kind": "Name"}

        return guarded

    def compare(holds: Callable[[Any], Any], ordered: bool) -> Callable[[Any, Any], Any]:
        single = broadcast(guard(lambda one, other: bool(holds(_order(one, other, ordered)))))

        def compared(one: Any, other: Any) -> Any:
            signs = _orders(one, other) if isinstance(one, list) or isinstance(other, list) else None
            return single(one, other) if signs is None else holds(signs).tolist()

        return compared

    def add(sign: float) -> Callable[[Any, Any], Any]:
        def added(one: Any, other: Any) -> Any:
            left, right = _as_number(one), _as_number(other)
            if left is None or right is None:
                return {"type": "Error", "kind": "Value"}
            return 0.0 if same_number(left, -sign * right) else left + sign * right

        return added

    functions = {
        "RPXL_EQ": compare(lambda order: order == 0, False),
        "RPXL_NE": compare(lambda order: order != 0, False),
        "RPXL_LT": compare(lambda order: order < 0, True),
        "RPXL_GT": compare(lambda order: order > 0, True),
        "RPXL_LE": compare(lambda order: order <= 0, True),
        "RPXL_GE": compare(lambda order: order >= 0, True),
    }
    sums = {"RPXL_ADD": add(1.0), "RPXL_SUB": add(-1.0)}
    return functions | {name: broadcast(guard(function)) for name, function in sums.items()}


def _order(one: Any, other: Any, ordered: bool) -> int:
    """Say which of two values comes first: numbers before texts before TRUE and FALSE; a blank is like the other."""
    one, other = _filled(one, other), _filled(other, one)
    ranks = _rank(one), _rank(other)
    if ranks[0] != ranks[1]:
        return ranks[0] - ranks[1]
    if ranks[0] == 0 and same_number(one, other):
        return 0
    if ranks[0] == 1:
        if ordered and not (_PLAIN.fullmatch(one) and _PLAIN.fullmatch(other)):
            raise Doubt  # how signs and accents are sorted depends on the country
        one, other = one.casefold(), other.casefold()
    return int(one > other) - int(one < other)


def _orders(one: Any, other: Any) -> np.ndarray[Any, Any] | None:
    """Compare arrays that hold nothing but numbers and fit together, all at once; None for others."""
    left, right = _numbers(one), _numbers(other)
    if left is None or right is None:
        return None
    if any(a != b and 1 not in (a, b) for a, b in zip(left.shape, right.shape, strict=True)):
        return None
    return orders(left, right)


def orders(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Say of each pair of two arrays of numbers which is larger: -1, 0 or 1."""
    left, right = np.broadcast_arrays(left, right)
    signs: np.ndarray[Any, Any] = np.sign(left - right)
    near = (signs != 0) & (np.abs(left - right) <= 1e-14 * np.maximum(np.abs(left), np.abs(right)))
    for place in zip(*np.nonzero(near), strict=True):
        if same_number(float(left[place]), float(right[place])):
            signs[place] = 0
    return signs


def _numbers(cells: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    rows = cells if isinstance(cells, list) else [[cells]]
    return np.array(rows) if all(type(cell) is float for row in rows for cell in row) else None


def _filled(value: Any, other: Any) -> Any:
    if value is not None:
        return value
    return "" if isinstance(other, str) else False if isinstance(other, bool) else 0.0


def _rank(value: Any) -> int:
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


def _as_number(value: Any) -> float | None:
    """Take a value for a number, as an operator does; None when it is none."""
    if not isinstance(value, str):
        return 0.0 if value is None else float(value)
    if _NUMBER.fullmatch(value.strip()):
        return float(value)
    if any(sign.isdigit() for sign in value):
        raise Doubt  # may be a date, an amount, or a number of another country
    return None


def rewrite(tokens: Sequence[Token], texts: Sequence[str], before: Sequence[str]) -> str:
    """Write a formula with its comparisons, and the sum or difference that comes last, as calls of functions.

    Parameters
    ----------
    tokens
        The tokens of the formula, without spaces.
    texts
        What to write for each of them.
    before
        What to write ahead of each.
    """
    return _Writer(tokens, texts, before).expression(root=True)


class _Writer:
    """Goes through the tokens once."""

    def __init__(self, tokens: Sequence[Token], texts: Sequence[str], before: Sequence[str]) -> None:
        self._tokens, self._texts, self._before = tokens, texts, before
        self._at = 0

    def expression(self, root: bool = False) -> str:
        """Write what stands before the next comma or closing bracket."""
        operands: list[list[str]] = [[]]
        signs: list[str] = []
        last_sum, joins = 0, False
        while self._at < len(self._tokens) and self._tokens[self._at].text not in (")", "}", ",", ";"):
            token = self._tokens[self._at]
            if token.text in COMPARISONS:
                signs.append(token.text)
                operands.append([])
                self._at += 1
                continue
            if token.text in _SUMS and self._at and ends_operand(self._tokens[self._at - 1]):
                last_sum = len(operands[-1])
            joins |= token.text == "&"
            operands[-1].append(self._operand())
        if not all(operands):  # no formula: the engine refuses it
            return "".join(part for pair in zip(operands, [*signs, ""], strict=True) for part in (*pair[0], pair[1]))
        if root and last_sum and last_sum + 1 < len(operands[0]) and not signs and not joins:
            left, sign, right = operands[0][:last_sum], operands[0][last_sum], operands[0][last_sum + 1 :]
            return f"{_SUMS[sign]}({''.join(left)},{''.join(right)})"
        written = "".join(operands[0])
        for sign, operand in zip(signs, operands[1:], strict=True):
            written = f"{COMPARISONS[sign]}({written},{''.join(operand)})"
        return written

    def _operand(self) -> str:
        token, written = self._tokens[self._at], [self._before[self._at], self._texts[self._at]]
        self._at += 1
        if token.kind != "function" and token.text not in ("(", "{"):
            return "".join(written)
        while self._at < len(self._tokens):
            written.append(self.expression())
            if self._at == len(self._tokens):
                break
            written += [self._before[self._at], self._texts[self._at]]
            self._at += 1
            if self._tokens[self._at - 1].text in (")", "}"):
                break
        return "".join(written)
