"""The same calls in two Pythons: `answers.py make` writes them with the answers of this one, and main() compares.

    python answers.py make MAIN CASES      here, with the main.py of a workbook
    node run.mjs … answers.py MAIN CASES   in Pyodide

The calls are every example of the catalogue, and each again with one thing wrong in each of its arguments. They go
through xlwings' own dispatcher of custom functions, in the form in which Excel sends them.
"""

import asyncio
import json
import math
import os
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_RELATIVE = 1e-12
_WRONG: tuple[Any, ...] = ("", "x", "1,5", True, -1.0, 0.0, 1e300, {"type": "Error", "basicValue": "#N/A"})
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def _main(path: str) -> types.ModuleType:
    """Run a workbook's main.py as xlwings Lite does, with what ``import xlwings`` is there."""
    os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")
    import xlwings
    from xlwings import server

    for name in ("func", "arg", "ret", "script", "Caller"):
        setattr(xlwings, name, getattr(server, name))
    main = types.ModuleType("main")
    exec(Path(path).read_text("utf-8"), main.__dict__)
    return main


async def _outcome(main: types.ModuleType, name: str, args: list[Any]) -> Any:
    """Return the answer of a function, or the text of its failure."""
    import xlwings
    from xlwings import server

    known = len(getattr(main, name).__xlfunc__["args"])
    data = {
        "func_name": name,
        "args": json.loads(json.dumps([*args, *[None] * (known - len(args))])),
        "caller_address": "Sheet1!B2",
        "version": xlwings.__version__,
        "client": "Office.js",
        "runtime": "1.4",
        "date_format": None,
        "culture_info_name": "en-US",
    }
    try:
        where = {server.Caller: server.caller_from_address("Sheet1!B2")}
        return await server.custom_functions_call(data, main, typehint_to_value=where)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _rows(cells: Any) -> list[list[Any]]:
    rows = cells if isinstance(cells, list) else [[cells]]
    return [["" if cell is None else cell for cell in (row if isinstance(row, list) else [row])] for row in rows]


def _with_faults(args: list[Any]) -> Iterator[list[Any]]:
    for number, rows in enumerate(args):
        before, after = args[:number], args[number + 1 :]
        yield [*before, None, *after]
        yield [*before, [*rows, rows[-1]], *after]
        for i, j in {(0, 0), (len(rows) - 1, len(rows[0]) - 1)}:
            for wrong in _WRONG:
                changed = [list(row) for row in rows]
                changed[i][j] = wrong
                yield [*before, changed, *after]


async def make(main_py: str, cases: str) -> None:
    """Write the calls with this Python's answers."""
    main = _main(main_py)
    from rpxl.formulas.catalogue import FUNCTIONS  # main.py has put it there

    found = []
    for name, function in FUNCTIONS.items():
        args = [_rows(cells) for cells in function.example.args]
        for case in [args, *_with_faults(args)]:
            found.append((name, function.example.tolerance, case, await _outcome(main, name, case)))
    Path(cases).write_text(json.dumps(found), "utf-8")
    print(f"{len(found)} calls")


def _differs(one: Any, two: Any, tolerance: float) -> bool:
    if isinstance(one, list) and isinstance(two, list):
        return len(one) != len(two) or any(_differs(a, b, tolerance) for a, b in zip(one, two, strict=True))
    if isinstance(one, str) and isinstance(two, str):
        return _NUMBER.sub(_short, one) != _NUMBER.sub(_short, two)
    if isinstance(one, int | float) and isinstance(two, int | float):
        return not math.isclose(one, two, rel_tol=tolerance, abs_tol=tolerance)
    return one != two


def _short(number: re.Match[str]) -> str:
    """Write a number of a message in few digits; one that is nothing but rounding errors as 0."""
    value = float(number[0])
    return f"{value:.6g}" if abs(value) > 1e-7 else "0"


async def main() -> int:
    """Compare this Python's answers with those in the file; 1 if one differs."""
    main_py, cases = sys.argv[1:3]
    module = _main(main_py)
    count = wrong = 0
    for name, tolerance, args, wanted in json.loads(Path(cases).read_text("utf-8")):
        count += 1
        seen = await _outcome(module, name, args)
        if _differs(json.loads(json.dumps(seen)), wanted, max(_RELATIVE, tolerance)):
            wrong += 1
            print(f"{name}({str(args)[:300]})\n  gives {str(seen)[:300]}\n  not   {str(wanted)[:300]}")
    print(f"{count - wrong} passed, {wrong} failed")
    return int(wrong > 0)


if __name__ == "__main__" and sys.platform != "emscripten":
    asyncio.run(make(*sys.argv[2:]))
