"""XlsxWriter's worksheet, quicker with formulas that need no change.

XlsxWriter looks through each formula for each of some 150 functions that files store under a longer name. Here each
function's name is looked up once.
"""

import re
from functools import cache
from typing import Any

from xlsxwriter.worksheet import Worksheet

_FUNCTION = re.compile(r"[A-Za-z0-9_.]+\(")


@cache
def _is_plain(call: str) -> bool:
    """Whether the name of a function, with its bracket, is stored as it is written."""
    sheet = Worksheet()
    sheet.use_future_functions = True
    return bool(sheet._prepare_formula(call, True) == call)


class QuickWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose cells may hold many formulas."""

    def _prepare_formula(self, formula: str, *options: Any, **named: Any) -> Any:
        if formula.startswith("=") and all(map(_is_plain, _FUNCTION.findall(formula))):
            return formula[1:].removesuffix("}")
        return super()._prepare_formula(formula, *options, **named)
