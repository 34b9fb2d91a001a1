"""Calls of rpxl's functions, between the engine's values and those of cells."""

from collections.abc import Callable
from typing import Any

from rpxl.calculation.constants import ERROR_KINDS, OFFICE_ERRORS

Function = Callable[..., Any]


class Call:
    """One call of an rpxl function in one formula, as the engine sees it."""

    def __init__(self, function: Function, single: bool) -> None:
        self._function = function
        self._single = single
        self.misplaced = False  # gave several values where only one may stand
        self.error: Exception | None = None
        self.got_error = False
        self._last: tuple[Any, Any] | None = None

    def __call__(self, *args: Any) -> Any:
        """Answer as the engine takes it."""
        if self._last is None or self._last[0] != args:  # the engine asks more than once, mostly for the same
            self._last = args, self._answer(args)
        return self._last[1]

    def _answer(self, args: tuple[Any, ...]) -> Any:
        self.got_error = False
        cells = [self._cells(arg) for arg in args]
        try:
            self.error = None
            answer = self._function(*cells)
        except Exception as error:
            self.error = error
            return _engine_error(getattr(error, "cell_error", "#VALUE!"))
        if isinstance(answer, list):
            self.misplaced = self._single and (len(answer) > 1 or len(answer[0]) > 1)
            return [[_from_cell(cell) for cell in row] for row in answer]
        return _from_cell(answer)

    def _cells(self, arg: Any) -> Any:
        if not isinstance(arg, list):
            return self._cell(arg)
        return [[self._cell(c) if isinstance(c, dict) else c for c in row] for row in arg]

    def _cell(self, cell: Any) -> Any:
        if isinstance(cell, dict):
            self.got_error = True
            return OFFICE_ERRORS.get(cell["kind"], "#VALUE!")
        return cell


def _engine_error(text: str) -> dict[str, str]:
    return {"type": "Error", "kind": ERROR_KINDS.get(text, "Value")}


def _from_cell(cell: Any) -> Any:
    return _engine_error(cell) if isinstance(cell, str) and cell in ERROR_KINDS else cell
