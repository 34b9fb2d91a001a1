"""The process that computes for Calc: ``python -m rpxl.calc.compute_process``.

It reads a function's name and arguments from its input and writes the answer to its output. It ends when its input
ends, that is when the office ends. No request can end it, whatever it holds.
"""

import os
import signal
import sys
from datetime import date
from typing import IO, Any

from rpxl.calc.pipe import receive, send
from rpxl.core.dates import DAY_ZERO
from rpxl.errors import InputError, RpxlError
from rpxl.formulas.catalogue import WorksheetFunction, find
from rpxl.formulas.date_numbers import days_counted_from
from rpxl.formulas.readers import Choice

Answer = tuple[str, Any]
"""``("", rows)``, or the error that the cell shows and the reason in words."""


def answer(request: Any) -> Answer:
    """Compute one request: a function's name, its arguments as Calc passes them, and the document's day 0.

    >>> answer(("PORT_VOL", (((1.0,),), ((0.04,),)), (1899, 12, 30)))
    ('', ((0.2,),))
    >>> answer(("PORT_VOL", (((1.0,),), ((-0.04,),)), (1899, 12, 30)))[0]
    '#VALUE!'
    """
    try:
        name, args, *zero = request
        formula = find(name)
        meant = _as_meant(formula, args)
        try:
            with days_counted_from(date(*zero[0]) if zero else DAY_ZERO):
                cells = formula(*meant)
        except InputError as error:
            if error.argument not in _perhaps_blank(formula, meant):
                raise
            return error.cell_error, f"{error} {_BLANK}"
    except RpxlError as error:
        return error.cell_error, str(error)
    except Exception as error:
        return "#VALUE!", f"rpxl failed inside ({type(error).__name__}: {error}). Please report this formula."
    return "", tuple(map(tuple, cells)) if isinstance(cells, list) else ((cells,),)


def _as_meant(formula: WorksheetFunction, args: Any) -> list[Any]:
    """Replace 0 by None where a word belongs: Calc passes 0 for an optional argument that is a blank cell."""
    given = list(args)
    for i, parameter in enumerate(formula.parameters[: len(given)]):
        if given[i] == 0.0 and parameter.optional and isinstance(parameter.reader, Choice):
            given[i] = None
    return given


_BLANK = "Calc passes a blank cell as 0 too: to have the default, leave this argument out."


def _perhaps_blank(formula: WorksheetFunction, args: list[Any]) -> set[str]:
    """Return the names of the optional arguments that are 0: a typed 0 and a blank cell can't be told apart."""
    given = zip(formula.parameters, args, strict=False)
    return {p.name for p, value in given if p.optional and isinstance(value, float) and value == 0.0}


def _claim_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the two pipes away from all libraries: what they print or read must not get into a message."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, answers


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is meant for the office
    requests, answers = _claim_pipes()
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        try:
            send(answers, answer(request))
        except BrokenPipeError:
            sys.exit()


if __name__ == "__main__":
    main()
