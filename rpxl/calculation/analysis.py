"""What a formula is made of: whether rpxl can compute it, and from which cells.

A formula is left for Excel when it uses a function that :mod:`~rpxl.calculation.native_functions` doesn't list, a link
to another file, a table, or a range where an ordinary formula would take a single cell of it (Excel's implicit
intersection). Formulas that depend on one that is left are left too, even behind an IFERROR.
"""

import re
from collections.abc import Container
from typing import Any, NamedTuple

from rpxl.calculation.native_functions import (
    BREAK_ARRAYS,
    BY_ELEMENT,
    EXACT_ONLY,
    GIVE_ARRAYS,
    LIFTED,
    NONE,
    OF_DATES,
    RANGE_ARGUMENTS,
    SAME_SHAPE,
    TAKE_ARRAYS,
    TEXT_FORMATS,
)
from rpxl.formulas.stored_names import calls_add_in
from rpxl.xlsx.cells import FormulaCell
from rpxl.xlsx.references import Area, Token, area_of, tokenize
from rpxl.xlsx.workbook import Workbook

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


class NotComputable(Exception):  # noqa: N818 (not an error: the formula is Excel's to compute)
    """The formula can't be computed here; the text says why."""


class _Frame(NamedTuple):
    """An open bracket: of a function, or (with no name) a plain one."""

    function: str
    arrays: bool  # ranges inside are computed whole
    passes: bool = False  # what it makes of a range may be a range again


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

    Attributes
    ----------
    tokens
        The tokens of the formula without its spaces.
    precedents
        The areas that it reads.
    areas
        The same, by the index of the token that names each.
    lifted
        Indices of the tokens that call a function which is to be applied to each value of an array.
    pattern
        The :class:`~rpxl.calculation.patterns.Pattern` of formulas that differ by their row only, if it is one of such.
    single
        Indices of the tokens that call an rpxl function where only a single value may stand.

    Raises
    ------
    NotComputable
        When the formula can't be computed here.
    """

    def __init__(self, formula: FormulaCell, book: Workbook, own: Container[str]) -> None:
        self.formula, self._book, self._own = formula, book, own
        self.tokens = [token for token in tokenize(formula.text) if token.kind != "space"]
        self.precedents: list[Area] = []
        self.areas: dict[int, Area] = {}
        self.pattern: Any = None
        self.lifted: set[int] = set()
        self.single: set[int] = set()
        self._frames = [_Frame("", formula.array)]
        self._arguments = [0]
        if not formula.readable:
            raise NotComputable("its formula is not stored as text")
        for index, token in enumerate(self.tokens):
            if token.kind not in ("operator", "function") and index and ends_operand(self.tokens[index - 1]):
                raise NotComputable("it intersects two ranges")
            self._visit(index, token)
        for index, token in enumerate(self.tokens):
            if token.kind == "function" and plain_name(token.body) in SAME_SHAPE and not self.is_own(token):
                self._check_shapes(index)

    def _check_shapes(self, index: int) -> None:
        """Refuse ranges of criteria that aren't as large as each other, which Excel does too."""
        name, shapes, place, depth = plain_name(self.tokens[index].body), set(), 0, 0
        for at in range(index, self._closing(index)):
            token = self.tokens[at]
            depth += (token.kind == "function" or token.text in ("(", "{")) - (token.text in (")", "}"))
            if depth == 1 and token.text == ",":
                place += 1
            elif at > index and place in RANGE_ARGUMENTS[name]:
                area = self.areas.get(at)
                shapes.add(None if area is None else (area.height, area.width))
        if len(shapes) != 1 or None in shapes:
            raise NotComputable(f"the ranges of {name} are not of one size")

    def is_own(self, token: Token) -> bool:
        """Whether a function token calls one of rpxl's functions, in whatever form the file stores it."""
        return plain_name(token.body) in self._own and calls_add_in(token.prefix, self._book.external_links)

    def _visit(self, index: int, token: Token) -> None:
        if token.kind == "function":
            self._open(index, token)
        elif token.kind in ("area", "name"):
            self._refer(index, token)
        elif token.kind in ("structured", "broken"):
            raise NotComputable(f"it uses {token.text}")
        elif token.kind == "operator":
            self._operate(index, token.text)

    def _operate(self, index: int, text: str) -> None:
        if text not in _OPERATORS:
            raise NotComputable(f"it uses the operator {text!r}")
        if text == "(":
            self._push("", self._frames[-1].arrays)
        elif text == "{":
            if not self._frames[-1].arrays and not self._alone(index):
                raise NotComputable("it computes with an array where the formula takes one value")
            self._spread(index)
            self._push("{", True)
        elif text in ")}":
            if len(self._frames) == 1:
                raise NotComputable("its brackets don't match")
            self._frames.pop()
            self._arguments.pop()
        elif text == ",":
            if not self._frames[-1].function:
                raise NotComputable("it joins several ranges into one")
            self._arguments[-1] += 1

    def _push(self, function: str, arrays: bool, passes: bool = False) -> None:
        self._frames.append(_Frame(function, arrays, passes))
        self._arguments.append(0)

    def _open(self, index: int, token: Token) -> None:
        name, arrays, passes = plain_name(token.body), self._frames[-1].arrays, False
        if self.is_own(token):
            if not (arrays or self._alone(index)) or self._crossed():
                self.single.add(index)
        elif token.prefix is not None:
            raise NotComputable(f"it calls {token.text[:-1]} of another file")
        elif name not in RANGE_ARGUMENTS:
            raise NotComputable(f"rpxl doesn't compute {name}")
        else:
            self._check_arguments(index, name)
            passes = self._gives_array(index, name)
            if passes:
                if not arrays and not self._alone(index) and any(self._takes_range(i) for i in self._functions()):
                    raise NotComputable(f"{name} gives a range where the formula takes one value")
                self._spread(index)
        arrays = self.formula.array or name in TAKE_ARRAYS or (arrays and name not in BREAK_ARRAYS)
        if arrays and name in LIFTED:
            self.lifted.add(index)
        self._push(name, arrays, passes)

    def _check_arguments(self, index: int, name: str) -> None:
        if name in EXACT_ONLY:
            arguments = self.arguments(index)
            if arguments[EXACT_ONLY[name] :] not in (["0"], ["FALSE"]):
                raise NotComputable(f"rpxl computes {name} for exact matches only")
        if name == "TEXT" and not TEXT_FORMATS.fullmatch(self.arguments(index)[-1]):
            raise NotComputable("rpxl doesn't know the number format")
        of_dates = name in OF_DATES or (name == "TEXT" and "Y" in self.arguments(index)[-1])
        if of_dates and self._book.date1904:
            raise NotComputable(f"the workbook counts its days from 1904, for which rpxl doesn't compute {name}")

    def _gives_array(self, index: int, name: str) -> bool:
        if name == "INDEX":
            return any(argument in ("", "0") or "{" in argument for argument in self.arguments(index)[1:])
        return name in GIVE_ARRAYS and name not in BREAK_ARRAYS

    def arguments(self, index: int) -> list[str]:
        """Return the texts of the arguments of the function at `index`."""
        arguments, depth = [""], 0
        for token in self.tokens[index + 1 : self._closing(index)]:
            depth += (token.kind == "function" or token.text in ("(", "{")) - (token.text in (")", "}"))
            if token.text == "," and not depth:
                arguments.append("")
            else:
                arguments[-1] += token.text.upper()
        return arguments

    def _closing(self, index: int) -> int:
        depth = 0
        for place in range(index, len(self.tokens)):
            token = self.tokens[place]
            depth += (token.kind == "function" or token.text in ("(", "{")) - (token.text in (")", "}"))
            if not depth:
                return place
        raise NotComputable("its brackets don't match")

    def _functions(self) -> list[int]:
        """List the open functions, the innermost first, as indices into the frames."""
        return [i for i in range(len(self._frames) - 1, 0, -1) if self._frames[i].function]

    def _takes_range(self, frame: int) -> bool:
        """Whether the argument that is being read of an open function takes a whole range."""
        name = self._frames[frame].function
        return name in self._own or self._arguments[frame] in RANGE_ARGUMENTS.get(name, NONE)

    def _alone(self, index: int) -> bool:
        """Whether the operand at `index` is by itself an argument that takes whole ranges."""
        opens = self.tokens[index].kind == "function" or self.tokens[index].text == "{"
        last = self._closing(index) if opens else index
        if not index or last + 1 == len(self.tokens) or not self._frames[-1].function:
            return False
        before, after = self.tokens[index - 1], self.tokens[last + 1]
        alone = (before.kind == "function" or before.text == ",") and after.text in (",", ")")
        return alone and self._takes_range(len(self._frames) - 1)

    def _crossed(self) -> str:
        """Name the function that would be given an array here and can't be applied to each of its values."""
        for frame in self._functions():
            name = self._frames[frame].function
            if self._takes_range(frame):
                if not self._frames[frame].passes:
                    return ""
            elif name not in BY_ELEMENT and name not in LIFTED:
                return name
        return ""

    def _spread(self, index: int) -> None:
        """Refuse an array where the engine would not compute with each of its values."""
        name = self._crossed()
        if name:
            raise NotComputable(f"rpxl computes {name} for single values only, not for {self.tokens[index].text}")

    def _refer(self, index: int, token: Token) -> None:
        if token.kind == "name" and token.prefix is None and token.text.upper() in ("TRUE", "FALSE"):
            return
        area = self._resolve(token)
        if area is None:
            return
        if area.height > 1 or area.width > 1:
            if not self._frames[-1].arrays and not self._alone(index):
                raise NotComputable(f"it takes one cell of the range {token.text}")
            self._spread(index)
        self.precedents.append(area)
        self.areas[index] = area

    def _resolve(self, token: Token) -> Area | None:
        """Find the range that a reference or a name stands for; None for a constant."""
        home = self.formula.area.sheet
        sheets = {sheet.name.casefold(): sheet.name for sheet in self._book.worksheets}
        if token.sheet is not None and token.sheet.casefold() not in sheets:
            raise NotComputable(f"{token.text} is outside of this workbook")
        area: Area | None
        if token.kind == "area":
            area = area_of(token, home)
        else:
            name = self._book.name(token.body, token.sheet or home)
            if name is None:
                raise NotComputable(f"the name {token.text} is not defined")
            area = name.area
            if area is None:
                if _CONSTANT.fullmatch(name.text.strip()):
                    return None
                raise NotComputable(f"the name {token.text} is itself a formula")
        if area.sheet.casefold() not in sheets:
            raise NotComputable(f"{token.text} is outside of this workbook")
        return area._replace(sheet=sheets[area.sheet.casefold()])


def ends_operand(token: Token) -> bool:
    """Whether a token is the end of an operand, so that an operator must follow."""
    return token.text in (")", "}", "%") or token.kind not in ("operator", "function")
