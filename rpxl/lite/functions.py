"""The catalogue as custom functions of xlwings Lite.

A range comes as rows, an error cell as its text and a blank as None. A function that fails raises an exception: the
cell then shows #VALUE!, whatever the kind of error, and the reason on hover. A returned error value could show its
kind, but no reason. The reasons are kept here for the script "Explain error".
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from rpxl.errors import RpxlError
from rpxl.formulas.catalogue import FUNCTIONS, WorksheetFunction

_LONGEST_REASON = 2000
_KEPT = 500


class Reason(NamedTuple):
    """Why a function failed in a cell; sheet and address are empty if xlwings Lite is too old to tell them."""

    function: str
    sheet: str
    address: str
    text: str


class Reasons:
    """The last failures, the newest last, one for each cell; it is dropped when the cell computes without error."""

    def __init__(self) -> None:
        self._reasons: OrderedDict[tuple[str, str, str], Reason] = OrderedDict()

    def note(self, function: str, caller: Any, text: str) -> None:
        """Keep the reason of a failure."""
        sheet, address = place_of(caller)
        self.forget(function, caller)
        key = (sheet, address, "") if address else ("", "", f"{function} {text}")
        self._reasons.pop(key, None)
        self._reasons[key] = Reason(function, sheet, address, text)
        while len(self._reasons) > _KEPT:
            self._reasons.popitem(last=False)

    def forget(self, function: str, caller: Any) -> None:
        """Drop the reason of a function in a cell."""
        sheet, address = place_of(caller)
        known = self._reasons.get((sheet, address, ""))
        if address and known is not None and known.function == function:
            del self._reasons[sheet, address, ""]

    def of(self, sheet: str, address: str) -> Reason | None:
        """Return why the function in a cell failed; None if no failure of it is kept."""
        return self._reasons.get((sheet, address, ""))

    def last(self, count: int) -> list[Reason]:
        """Return the last failures, the newest first."""
        return list(reversed(self._reasons.values()))[:count]


REASONS = Reasons()
"""The failures since Excel started Python."""


def place_of(caller: Any) -> tuple[str, str]:
    """Return the sheet and the address of the calling cell; empty texts if they are not known."""
    if caller is None:
        return "", ""
    return str(caller.sheet_name), str(caller.address).replace("$", "").partition(":")[0]


def custom_functions(xlwings: Any) -> dict[str, Callable[..., Any]]:
    """Return the whole catalogue as custom functions, by name.

    Parameters
    ----------
    xlwings
        The module, of which ``func``, ``arg`` and, if it has one, ``Caller`` (the calling cell) are used.
    """
    return {name: _custom_function(function, xlwings) for name, function in FUNCTIONS.items()}


def _custom_function(function: WorksheetFunction, xlwings: Any) -> Callable[..., Any]:
    def call(*cells: Any, caller: Any = None) -> Any:
        try:
            answer = function(*cells)
        except RpxlError as error:
            reason = str(error)[:_LONGEST_REASON]
        except ImportError as error:
            reason = (
                f"a library is missing ({error}). Put it into requirements.txt of xlwings Lite, and choose Restart."
            )
        except Exception as error:  # a fault in rpxl: the cell must show an error for that too
            reason = f"rpxl failed unexpectedly ({type(error).__name__}: {error}). Please report it."
        else:
            REASONS.forget(function.name, caller)
            return answer
        REASONS.note(function.name, caller, reason)
        raise RpxlError(reason)

    call.__name__ = call.__qualname__ = function.name
    call.__doc__ = function.description
    parameters = [
        inspect.Parameter(
            parameter.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=None if parameter.optional else inspect.Parameter.empty,
        )
        for parameter in function.parameters
    ]
    caller_type = getattr(xlwings, "Caller", None)
    call.__annotations__ = {}
    if caller_type is not None:
        call.__annotations__["caller"] = caller_type | None
        parameters.append(inspect.Parameter("caller", inspect.Parameter.KEYWORD_ONLY, annotation=caller_type | None))
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    marked: Callable[..., Any] = call
    for parameter in function.parameters:
        marked = xlwings.arg(parameter.name, ndim=2, err_to_str=True, doc=parameter.help)(marked)
    return xlwings.func(marked)  # type: ignore[no-any-return]
