"""Every function of the catalogue, and every kind of value, through xlwings' DLL, COM and pywin32."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.formulas.cells import as_rows
from tests.windows.excel import AddIn


def test_the_first_call_starts_python(addin: AddIn, tell: Callable[[str], None]) -> None:
    start = time.monotonic()
    assert addin.cell("VOLS", 0.04) == pytest.approx(0.2)
    tell(f"first call: {time.monotonic() - start:.1f} s")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_example(addin: AddIn, name: str) -> None:
    example = FUNCTIONS[name].example
    got = as_rows("answer", addin.cell(name, *map(_as_excel, example.args)))
    wanted = as_rows("answer", example.answer)
    assert [len(row) for row in got] == [len(row) for row in wanted]
    for got_row, wanted_row in zip(got, wanted, strict=True):
        for cell, expected in zip(got_row, wanted_row, strict=True):
            exactly = isinstance(expected, str)
            assert cell == (expected if exactly else pytest.approx(expected, rel=example.tolerance, abs=1e-12))


def _as_excel(value: Any) -> Any:
    """Return cells as Value2 gives them: days as serial numbers."""
    import datetime

    if isinstance(value, list | tuple):
        return [_as_excel(each) for each in value]
    if isinstance(value, datetime.datetime):
        return (value - datetime.datetime(1899, 12, 30)).total_seconds() / 86400
    if isinstance(value, datetime.date):
        return float((value - datetime.date(1899, 12, 30)).days)
    return value
