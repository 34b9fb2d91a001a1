"""What a formula is made of: whether rpxl can compute it, and from which cells.

A formula is left for Excel when it uses a function that :mod:`~rpxl.workbook.native` doesn't list, a link to
another file, a table, or a range where an ordinary formula would take a single cell of it (Excel's implicit
intersection). Formulas that depend on one that is left are left too, even behind an IFERROR.
"""

import re
from collections.abc import Container, Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rpxl.workbook.native import BREAK_ARRAYS, GIVE_ARRAYS, NONE, RANGE_ARGUMENTS, TAKE_ARRAYS
from rpxl.workbook.references import Area, Token, area_of, tokenize
from rpxl.workbook.sheet import Book, Formula

_STORED = re.compile(r"^(?:_xlfn\.|_xlws\.|_xll\.|_xludf\.|_xldudf_)+", re.IGNORECASE)
_OPERATORS = frozenset(
    ["+", "-", "*", "/", "^", "&", "=", "<", ">", "<=", ">=", "<>", "%", ",", ";", "(", ")", "{", "}"]
)
_CONSTANT = re.compile(r'"(?:[^"]|"")*"|[-+]?[\d.]+(?:[eE][-+]?\d+)?%?|TRUE|FALSE', re.IGNORECASE)


def plain_name(function: str) -> str:
    """Take off what Excel puts before the name of a function in a file.

    >>> plain_name("_xlfn.STDEV.S"), plain_name("_xldudf_RP_WEIGHTS")
    ('STDEV.S', 'RP_WEIGHTS')
    """
    return _STORED.sub("", function).upper()


class Left(Exception):  # noqa: N818 (not an error: the formula is Excel's to compute)
    """The formula can't be computed here; the text says why."""


class _Frame(NamedTuple):
    """An open bracket: of a function, or (with no name) a plain one."""

    function: str
    arrays: bool  # ranges inside are computed whole
    wants_range: bool  # an enclosing function takes ranges, so an array would not show as such in the end


class Analysis:
    """One formula, token by token.

    Parameters
    ----------
    formula
        The formula.
    book
        The workbook, whose sheets and names the formula may use.
    own
        The names of rpxl's functions.

    Raises
    ------
    Left
        When the formula can't be computed here.
    """

    def __init__(self, formula: Formula, book: Book, own: Container[str]) -> None:
        self.formula, self._book, self._own = formula, book, own
        self.tokens = [token for token in tokenize(formula.text) if token.kind != "space"]
        self.precedents: list[Area] = []
        self._frames = [_Frame("", formula.array, False)]
        self._arguments = [0]
        if not formula.readable:
            raise Left("it is a data table")
        for index, token in enumerate(self.tokens):
            self._visit(index, token)

    def _visit(self, index: int, token: Token) -> None:
        if token.kind == "function":
            self._open(index, token)
        elif token.kind in ("area", "name"):
            self._refer(index, token)
        elif token.kind in ("structured", "broken"):
            raise Left(f"it uses {token.text}")
        elif token.kind == "operator":
            self._operate(token)
        if token.kind not in ("operator", "function") and index and self._ends_operand(self.tokens[index - 1]):
            raise Left("it intersects two ranges")

    @staticmethod
    def _ends_operand(token: Token) -> bool:
        return token.text == ")" or token.kind not in ("operator", "function")

    def _operate(self, token: Token) -> None:
        if token.text not in _OPERATORS:
            raise Left(f"it uses the operator {token.text!r}")
        if token.text == "(":
            self._push("", self._frames[-1].arrays, self._frames[-1].wants_range)
        elif token.text == "{":
            self._push("{", True, False)
        elif token.text in ")}":
            if len(self._frames) == 1:
                raise Left("its brackets don't match")
            self._frames.pop()
            self._arguments.pop()
        elif token.text == ",":
            if not self._frames[-1].function:
                raise Left("it joins several ranges into one")
            self._arguments[-1] += 1

    def _push(self, function: str, arrays: bool, wants_range: bool) -> None:
        self._frames.append(_Frame(function, arrays, wants_range))
        self._arguments.append(0)

    def is_own(self, token: Token) -> bool:
        """Whether a function token calls one of rpxl's functions, in whatever form the file stores it."""
        return plain_name(token.body) in self._own

    def _open(self, index: int, token: Token) -> None:
        name = plain_name(token.body)
        if not self.is_own(token):
            if token.prefix is not None:
                raise Left(f"it calls {token.text[:-1]} of another file")
            if name not in RANGE_ARGUMENTS:
                raise Left(f"rpxl doesn't compute {name}")
        if not self._frames[-1].arrays and self._gives_array(index, name) and not self._is_argument(index):
            raise Left(f"{name} gives a range where the formula takes one value")
        frame = self._frames[-1]
        arrays = self.formula.array or name in TAKE_ARRAYS or (frame.arrays and name not in BREAK_ARRAYS)
        wants = frame.wants_range or self.is_own(token) or bool(RANGE_ARGUMENTS.get(name, NONE))
        self._push(name, arrays, wants)

    def _gives_array(self, index: int, name: str) -> bool:
        """Whether a function inside one that takes ranges may hand it an array through an operator."""
        if not self._frames[-1].wants_range:
            return False  # the array would be the formula's answer, and noticed there
        if name != "INDEX":
            return name in GIVE_ARRAYS
        texts = [token.text for token in self.tokens[index : self._closing(index) + 1]]
        return any(a == "," and b in (",", ")", "0") for a, b in pairwise(texts))

    def _closing(self, index: int) -> int:
        depth = 0
        for place in range(index, len(self.tokens)):
            token = self.tokens[place]
            depth += (token.kind == "function" or token.text == "(") - (token.text == ")")
            if not depth:
                return place
        raise Left("its brackets don't match")

    def _is_argument(self, index: int) -> bool:
        """Whether the operand at `index` is by itself an argument that takes whole ranges."""
        last = self._closing(index) if self.tokens[index].kind == "function" else index
        before = self.tokens[index - 1] if index else None
        after = self.tokens[last + 1] if last + 1 < len(self.tokens) else None
        if before is None or after is None or not self._frames[-1].function:
            return False
        alone = (before.kind == "function" or before.text == ",") and after.text in (",", ")")
        name = self._frames[-1].function
        return alone and (name in self._own or self._arguments[-1] in RANGE_ARGUMENTS.get(name, NONE))

    def _refer(self, index: int, token: Token) -> None:
        if token.kind == "name" and token.prefix is None and token.text.upper() in ("TRUE", "FALSE"):
            return
        area = self._resolve(token)
        if area is None:
            return
        several = area.height > 1 or area.width > 1
        if several and not self._frames[-1].arrays and not self._is_argument(index):
            raise Left(f"it takes one cell of the range {token.text}")
        self.precedents.append(area)

    def _resolve(self, token: Token) -> Area | None:
        """Find the range that a reference or a name stands for; None for a constant."""
        home = self.formula.area.sheet
        sheets = {sheet.name.casefold(): sheet.name for sheet in self._book.worksheets}
        if token.sheet is not None and token.sheet.casefold() not in sheets:
            raise Left(f"{token.text} is outside of this workbook")
        area: Area | None
        if token.kind == "area":
            area = area_of(token, home)
        else:
            name = self._book.name(token.body, token.sheet or home)
            if name is None:
                raise Left(f"the name {token.text} is not defined")
            area = name.area
            if area is None:
                if _CONSTANT.fullmatch(name.text.strip()):
                    return None
                raise Left(f"the name {token.text} is itself a formula")
        if area.sheet.casefold() not in sheets:
            raise Left(f"{token.text} is outside of this workbook")
        return area._replace(sheet=sheets[area.sheet.casefold()])


def dependents(seeds: Iterable[Area], formulas: list[tuple[Area, list[Area]]]) -> set[int]:
    """Find the formulas that depend, however indirectly, on any of some areas.

    Parameters
    ----------
    seeds
        The areas to start from.
    formulas
        For each formula the area it fills and the areas it reads.

    Returns
    -------
    Indices into `formulas`.
    """
    sheets: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    reads = [(area, i) for i, (_, areas) in enumerate(formulas) for area in areas]
    for name in {area.sheet for area, _ in reads}:
        here = [(area[1:], i) for area, i in reads if area.sheet == name]
        sheets[name] = np.array([a for a, _ in here]), np.array([i for _, i in here])
    found: set[int] = set()
    waiting = list(seeds)
    while waiting:
        area = waiting.pop()
        if area.sheet not in sheets:
            continue
        boxes, owners = sheets[area.sheet]
        hit = (boxes[:, 0] <= area.bottom) & (boxes[:, 2] >= area.top)
        hit &= (boxes[:, 1] <= area.right) & (boxes[:, 3] >= area.left)
        new = set(owners[hit].tolist()) - found
        found |= new
        waiting += [formulas[i][0] for i in new]
    return found
