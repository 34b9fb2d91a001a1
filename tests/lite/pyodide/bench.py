"""How long a person waits: from the start of Pyodide to the first answer, and for each call. Run by run.mjs or a page.

The calls go through xlwings' own dispatcher, as in xlwings Lite; Excel's own part comes on top.
"""

import json
import os
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np


def _module(path: str) -> types.ModuleType:
    os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")
    import xlwings
    from pyodide import ffi  # type: ignore[import-not-found]
    from xlwings import server

    if not hasattr(ffi, "JsNull"):  # xlwings looks for it at every cell; every Pyodide that Lite has today has it
        ffi.JsNull = type("JsNull", (), {})
    for name in ("func", "arg", "ret", "script", "Caller"):
        setattr(xlwings, name, getattr(server, name))
    made = types.ModuleType("main")
    exec(Path(path).read_text("utf-8"), made.__dict__)
    return made


async def _call(main: types.ModuleType, name: str, *args: Any) -> Any:
    import xlwings
    from xlwings import server

    known = len(getattr(main, name).__xlfunc__["args"])
    given = {"func_name": name, "args": [*args, *[None] * (known - len(args))], "caller_address": "Sheet1!B2"}
    told = {"version": xlwings.__version__, "client": "Office.js", "runtime": "1.4", "date_format": None}
    data = {**given, **told, "culture_info_name": "en-US"}
    where = {server.Caller: server.caller_from_address("Sheet1!B2")}
    return await server.custom_functions_call(data, main, typehint_to_value=where)


def _cov(size: int) -> list[list[float]]:
    exposures = np.random.default_rng(size).normal(size=(size, 5))
    cov = 0.01 * (exposures @ exposures.T + np.diag(np.full(size, 2.0)))
    return json.loads(json.dumps(cov.tolist()))  # type: ignore[no-any-return]


async def figures(path: str, now: Any, started: float) -> dict[str, float]:
    """Return seconds by what they are of; `now` gives milliseconds on the clock on which `started` was read."""
    found = {"until numpy and scipy are loaded": (now() - started) / 1000}
    main = _module(path)
    found["until the functions are there"] = (now() - started) / 1000
    await _call(main, "RP_WEIGHTS", _cov(5))
    found["until the first answer"] = (now() - started) / 1000
    for size, times in ((5, 300), (100, 20)):
        cov = _cov(size)
        await _call(main, "RP_WEIGHTS", cov)
        begin = time.perf_counter()
        for _ in range(times):
            await _call(main, "RP_WEIGHTS", cov)
        found[f"RP_WEIGHTS of {size} x {size}"] = (time.perf_counter() - begin) / times
    cov, weights = _cov(5), [[0.2]] * 5
    begin = time.perf_counter()
    for _ in range(500):
        await _call(main, "PORT_VOL", weights, cov)
    found["500 cells with PORT_VOL"] = time.perf_counter() - begin
    return found


async def main() -> int:
    """Print the figures."""
    import js  # type: ignore[import-not-found]

    for what, seconds in (await figures(sys.argv[1], js.performance.now, started)).items():  # type: ignore[name-defined]  # noqa: F821
        print(f"{what:36} {seconds:9.4f} s")
    return 0
