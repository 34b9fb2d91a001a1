"""The self-test's own logic, on benches that compute without Excel: a sound one, and broken ones."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rpxl.errors import RpxlError
from rpxl.excel.paths import InstallError
from rpxl.excel.selftest import excel_bench, free_path, selftest
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

    def formula(self, text: str, cells: list[list[Any]]) -> Any:
        name, given = text.removeprefix("=").rstrip(")").split("(", 1)
        if name not in FUNCTIONS:
            return "#NAME?"
        if given.startswith("("):
            self.told = "cov: is several ranges. Give one block of cells."
            return "#VALUE!"
        rows = [["#DIV/0!" if cell == "=1/0" else cell for cell in row] for row in cells]
        columns = {"A": [row[:1] for row in rows], "B": [row[1:] for row in rows]}
        args = [rows] if "," not in given else [columns[part[0]] for part in given.split(",")]
        [[shown]] = self.compute(name, args, 1, 1) if name != "PORT_VOL" else [[FUNCTIONS[name](*args)]]
        return shown

    def milliseconds(self, name: str, cells: list[list[Any]], count: int) -> float:
        assert len(as_rows("answer", FUNCTIONS[name](cells))) == len(cells)
        return 1.25

    def end_python(self) -> None:
        self.ended = True

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
    assert len(findings) == len(FUNCTIONS) + 5 + 4 + 2 + 8 + 1 + 3
    assert "1.25 ms" in findings[-1].told


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

    def formula(self, text: str, cells: list[list[Any]]) -> Any:
        return 0.0 if "RunPython" in text else super().formula(text, cells)

    def end_python(self) -> None:
        raise RpxlError("this Excel has started no Python.")

    def milliseconds(self, name: str, cells: list[list[Any]], count: int) -> float:
        raise RuntimeError("no clock")


def test_each_fault_is_told_and_the_others_are_still_looked_for() -> None:
    bad = {finding.check: finding.told for finding in selftest(BrokenBench()) if finding.state == "bad"}
    assert bad.keys() == {
        "=RP_WEIGHTS()",
        "=RISK_CONTRIB()",
        "=VOLS()",
        "Text in a matrix",
        "A blank in a matrix",
        "An error in a matrix",
        "No such portfolio",
        '=RunPython("1") cannot be called',
        "Python comes back",
        "Macro weights",
        "Time of =VOLS() on 5 × 5",
        "Time of =RP_WEIGHTS() on 5 × 5",
        "Time of =RP_WEIGHTS() on 100 × 100",
    }
    assert "row 1, column 1 shows '#NAME?' instead of 0.2" in bad["=RP_WEIGHTS()"]
    assert bad["=RISK_CONTRIB()"] == "RuntimeError: Excel is gone"
    assert bad["Macro weights"] == "the new cells show #N/A."
    assert bad["No such portfolio"] == "the cell shows '#NAME?' instead of #NUM!."
    assert "a formula can call what no formula may call" in bad['=RunPython("1") cannot be called']


def test_an_excel_that_does_not_start_is_one_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    addin = tmp_path / "rpxl.xlam"
    addin.touch()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("rpxl.excel.selftest.install_paths", lambda: SimpleNamespace(addin=addin))

    def no_excel(**_: Any) -> None:
        raise OSError("(-2147221005, 'Invalid class string')")

    monkeypatch.setattr("xlwings.App", no_excel)
    with pytest.raises(InstallError, match=r"Excel could not be started .*Invalid class string"), excel_bench():
        pass


def test_a_report_replaces_none(tmp_path: Path) -> None:
    wanted = tmp_path / "rpxl-selftest.txt"
    assert free_path(wanted) == wanted
    wanted.touch()
    assert free_path(wanted) == tmp_path / "rpxl-selftest 2.txt"


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
def test_without_excel_it_says_so() -> None:
    with pytest.raises(InstallError, match="needs Excel for Windows"), excel_bench():
        pass
