"""The self-test's own logic, on benches that compute without Excel: a sound one, and broken ones."""

import sys
from collections.abc import Sequence
from typing import Any

import pytest

from rpxl.errors import RpxlError
from rpxl.excel.paths import InstallError
from rpxl.excel.selftest import excel_bench, selftest
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.formulas.cells import Cells, as_rows
from tests.excel.desks import FakeDesk, address, computed


class SoundBench:
    """Computes with the catalogue itself, and the macros' formulas in a workbook file."""

    def __init__(self) -> None:
        self.told = ""

    def compute(self, name: str, args: Sequence[Cells], height: int, width: int) -> list[list[Any]]:
        try:
            rows = as_rows("answer", FUNCTIONS[name](*args))
        except RpxlError as error:
            self.told = str(error)
            return [[error.cell_error] * width] * height
        return rows

    def reason(self) -> str:
        return self.told

    def macro(self, name: str, cells: list[list[Any]], answers: Sequence[list[list[Any]] | str]) -> list[str]:
        desk = FakeDesk(
            {"Source": cells, **{f"Answer {i}": a for i, a in enumerate(answers) if not isinstance(a, str)}}
        )
        desk.selected = desk.whole("Source")
        given = [a if isinstance(a, str) else address(desk.whole(f"Answer {i}")) for i, a in enumerate(answers)]
        shown = computed(desk, desk.run(name, *given))
        return sorted({v for v in shown.values() if isinstance(v, str) and v.startswith("#")})

    def press(self, macro: str) -> int:
        return 1


def test_a_sound_excel_passes() -> None:
    findings = list(selftest(SoundBench()))
    assert [str(finding) for finding in findings if finding.state != "good"] == []
    assert len(findings) == len(FUNCTIONS) + 1 + 6 + 1


class BrokenBench(SoundBench):
    def compute(self, name: str, args: Sequence[Cells], height: int, width: int) -> list[list[Any]]:
        if name == "RP_WEIGHTS":
            return [["#NAME?"] * width] * height
        if name == "RISK_CONTRIB":
            raise RuntimeError("Excel is gone")
        rows = super().compute(name, args, height, width)
        return [[0.0] * width] * height if name == "VOLS" else rows

    def macro(self, name: str, cells: list[list[Any]], answers: Sequence[list[list[Any]] | str]) -> list[str]:
        return ["#N/A"] if name == "weights" else []


def test_each_fault_is_told_and_the_others_are_still_looked_for() -> None:
    bad = {finding.check: finding.told for finding in selftest(BrokenBench()) if finding.state == "bad"}
    assert bad.keys() == {"=RP_WEIGHTS()", "=RISK_CONTRIB()", "=VOLS()", "An error and its reason", "Macro weights"}
    assert "row 1, column 1 shows '#NAME?' instead of 0.2" in bad["=RP_WEIGHTS()"]
    assert bad["=RISK_CONTRIB()"] == "RuntimeError: Excel is gone"
    assert bad["Macro weights"] == "the new cells show #N/A."


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
def test_without_excel_it_says_so() -> None:
    with pytest.raises(InstallError, match="needs Excel for Windows"), excel_bench():
        pass
