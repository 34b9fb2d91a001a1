"""Every macro through xlwings' own objects, pywin32 and COM, in a stand-in for Excel; see `stand_in.py`."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rpxl.excel.macros import MACROS, advance
from rpxl.excel.macros.plan import Cells, Chart, FormulaEdit, Plan, Rows, SheetArea
from tests.excel.desks import BOOK, FakeDesk
from tests.excel.test_macros import BLOCKS, COV, WEIGHTS
from tests.windows.target import PROJECT, TOOLS, Target

AUTOMATIC = -4105
AT_REST = [AUTOMATIC, True, False, True]
"""Mode of calculation, screen updating, status bar and alerts, as they are before and after a macro."""


HOME = r"C:\users\Macro"
"""The user's folder, new each time."""


class StandIn:
    """The program in Excel's place, which calls rpxl's server as the add-in does."""

    def __init__(self, target: Target) -> None:
        here = PROJECT / "tests" / "windows"
        for name in ("stand_in.py", "stand_in_objects.py"):
            shutil.copy(here / name, target.packages)
        shutil.copy(PROJECT / "tests" / "excel" / "regions.py", target.packages / "excel_regions.py")
        library = target.drive / "excel.tlb"
        subprocess.run([TOOLS + "widl", "-t", "--win64", "-o", library, here / "excel.idl"], check=True)
        shutil.rmtree(target.path(HOME), ignore_errors=True)
        target.path(HOME).mkdir()
        self.process = subprocess.Popen(
            ["wine", target.python, "-P", "-m", "stand_in", r"C:\excel.tlb", HOME],
            env=target.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, macro: str, answers: str = "", sheets: dict[str, Rows] | None = None, **settings: Any) -> Any:
        """Run a macro, in new workbooks if sheets are given, and return what the stand-in then holds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        command: dict[str, Any] = {"macro": macro, "answers": answers, **settings}
        if sheets is not None:
            command["books"] = ({BOOK: sheets} if sheets else {}) | settings.get("others", {})
        command = {"spills": True, "through_server": False} | command
        self.process.stdin.write(json.dumps(command, default=lambda day: {"date": day.isoformat()}) + "\n")
        self.process.stdin.flush()
        patience = threading.Timer(100, self.process.kill)  # xlwings tries some things for ever
        patience.start()
        line = self.process.stdout.readline()
        patience.cancel()
        assert line, "the stand-in has ended"
        told = json.loads(line)
        assert told["faults"] == []
        return told

    def close(self) -> None:
        """Quit."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def excel(target: Target) -> Iterator[StandIn]:
    started = StandIn(target)
    yield started
    started.close()


def whole(sheets: dict[str, Rows], name: str) -> list[Any]:
    return [name, 1, 1, len(sheets[name]), len(sheets[name][0])]


def sheet(told: Any, name: str, book: str = BOOK) -> Any:
    return next(each for each in told["books"][book] if each["name"] == name)


def check(told: Any, plan: Plan, *, spills: bool = True) -> None:
    """Compare what a macro has written with what it planned."""
    made = sheet(told, plan.at.sheet if plan.at else plan.sheet, plan.book or next(iter(told["books"])))
    cells = {(row, column): rest for row, column, *rest in made["cells"]}
    charts = [step for step in plan.steps if isinstance(step, Chart)]
    assert [chart[:2] for chart in made["charts"]] == [
        [KINDS[step.kind], step.source.text(plan.sheet)] for step in charts
    ]
    for chart, step in zip(made["charts"], charts, strict=True):
        assert chart[2][:2] == [48 * (step.column - 1), 15 * (step.row - 1)]
    for step in plan.steps:
        if isinstance(step, Cells):
            for i, row in enumerate(step.rows):
                for j, wanted in enumerate(row):
                    value, formula, number_format, look = cells[step.row + i, step.column + j]
                    assert (value, formula) == (wanted, "")
                    assert number_format == ("@" if isinstance(wanted, str) else step.number_format or "General")
                    assert look == LOOKS[step.style]
        elif isinstance(step, FormulaEdit):
            value, formula, number_format, look = cells[step.row, step.column]
            array = {} if spills else {"array": [step.height, step.width]}
            assert (value, formula) == (None, step.text)
            assert look == LOOKS[step.style] | array
            for j in range(step.width):
                wanted = step.formats[min(j, len(step.formats) - 1)]
                assert {cells[step.row + i, step.column + j][2] for i in range(step.height)} == {wanted}


KINDS = {"column_clustered": 51, "bar_clustered": 57, "line": 4}
LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"Bold": True, "Size": 14},
    "heading": {"Bold": True},
    "note": {"Color": 0x6E6E6E},
    "input": {"ground": 0xCCF2FF, "Color": 0xC00000},  # blue, green, red
}

TRIALS = [name for name, macro in MACROS.items() if macro.trial]


def trial(name: str) -> tuple[dict[str, Rows], list[str]]:
    """Return the sheets on which a macro is tried, and the answers to its questions."""
    made = MACROS[name].trial
    assert made is not None
    selected, given = made()
    sheets, answers = {"My selection": selected}, []
    for number, answer in enumerate(given):
        if isinstance(answer, str):
            answers.append(answer)
        else:
            sheets[f"Answer {number}"] = answer
            area = SheetArea(BOOK, f"Answer {number}", 1, 1, len(answer), len(answer[0]))
            answers.append(f"'[{BOOK}]{area.sheet}'!{area.text(area.sheet)}")
    return sheets, answers


@pytest.mark.parametrize(("name", "spills"), [*((name, True) for name in TRIALS), ("weights", False), ("check", False)])
def test_a_macro_writes_what_it_planned(excel: StandIn, name: str, spills: bool) -> None:
    sheets, answers = trial(name)
    desk = FakeDesk(sheets)
    plan = advance(name, answers, select(desk, "My selection"))
    assert isinstance(plan, Plan)
    told = excel.run(name, "".join(f"{answer}\t" for answer in answers), sheets, spills=spills,
                     select=whole(sheets, "My selection"))  # fmt: skip
    assert told["reply"] == plan.message
    assert told["settings"] == AT_REST
    check(told, plan, spills=spills)
    assert "rpxl: writing 1 of" in " ".join(filter(None, told["shown"]))
    for kept in sheets:
        if plan.at is None or kept != plan.at.sheet:
            assert not [cell for cell in sheet(told, kept)["cells"] if cell[3] or cell[5]]


def select(desk: FakeDesk, name: str) -> FakeDesk:
    desk.selected = desk.whole(name)
    return desk


CHECK_CALLS = ["=VOLS($A$1:$D$4)", "=CORR_MATRIX($A$1:$D$4)", "=RP_CHECK($A$1:$D$4)"]


def formulas(told: Any, name: str) -> list[str]:
    return [cell[3].replace("'Both'!", "") for cell in sheet(told, name)["cells"] if cell[3]]


@pytest.mark.parametrize(("cell", "through_server"), [((1, 1), True), ((3, 2), False)])
def test_a_selected_cell_stands_for_the_block_around_it(
    excel: StandIn, cell: tuple[int, int], through_server: bool
) -> None:
    """Another block, a note and a line below lie on the same sheet. An Excel that is busy at first is waited for.

    Through the server rpxl is asked as the add-in asks it, and calls back from its own process.
    """
    told = excel.run("check", "", {"Both": BLOCKS}, select=["Both", *cell, 1, 1], busy=7, through_server=through_server)
    assert told["reply"] == ""
    assert sorted(formulas(told, "Covariance check")) == sorted(CHECK_CALLS)


def test_a_second_workbook_is_told_from_the_first(excel: StandIn) -> None:
    """Sheets of the same name are selected in the second; weights and matrix of two workbooks make no formula."""
    other = {"Other.xlsx": {"Both": COV}}
    told = excel.run("check", "", {"Both": COV}, others=other, select=["Both", 1, 1, 4, 4])
    assert {book: len(sheets) for book, sheets in told["books"].items()} == {BOOK: 1, "Other.xlsx": 2}
    other = {"Other.xlsx": {"Weights": WEIGHTS}}
    told = excel.run(
        "decompose", f"'[{BOOK}]Cov'!$A$1:$D$4\t", {"Cov": COV}, others=other, select=["Weights", 1, 1, 3, 2]
    )
    assert told["reply"] == "tell\tWeights and covariance matrix must be in one workbook. Nothing was written."
    assert {book: len(sheets) for book, sheets in told["books"].items()} == {BOOK: 1, "Other.xlsx": 1}


def test_whole_columns_are_cut_at_what_is_in_use(excel: StandIn) -> None:
    told = excel.run("check", "", {"Both": COV}, select=["Both", 1, 1, 1_048_576, 4])
    assert sorted(formulas(told, "Covariance check")) == sorted(CHECK_CALLS)


def test_nothing_or_a_chart_that_is_selected_makes_the_macro_ask(excel: StandIn) -> None:
    for selected in ({}, {"chart": True}):
        told = excel.run("check", "", {"Both": COV}, **selected)
        assert told["reply"].startswith("range\tSelect the covariance matrix")
        assert told["settings"] == AT_REST


def test_questions_are_asked_and_filled_cells_kept(excel: StandIn) -> None:
    sheets: dict[str, Rows] = {"Cov": COV, "Weights": WEIGHTS}
    told = excel.run("weights", "", sheets, select=["Cov", 1, 1, 4, 4])
    assert told["reply"] == "range\tWhere should the weights go? Select the upper left cell.\t'Cov'!$F$1"
    told = excel.run("weights", f"'[{BOOK}]Weights'!$A$1\t")
    assert told["reply"] == "confirm\tThere are values in $A$1:$C$4 already. Overwrite them?\t"
    assert [cell[2] for cell in sheet(told, "Weights")["cells"]] == [value for row in WEIGHTS for value in row]


def test_a_sheets_name_that_is_taken_gets_a_number(excel: StandIn) -> None:
    told = excel.run("check", "", {"Both": COV, "covariance check": []}, select=["Both", 1, 1, 4, 4])
    assert told["reply"] == ""
    assert [each["name"] for each in told["books"][BOOK]] == ["Both", "covariance check", "Covariance check 2"]


def test_the_list_of_functions_makes_a_workbook_where_there_is_none(excel: StandIn) -> None:
    told = excel.run("functions", "", {})
    plan = advance("functions", [], FakeDesk({}))
    assert isinstance(plan, Plan)
    assert told["reply"] == ""
    check(told, plan)


def test_a_template_is_opened_and_about_tells_the_version(excel: StandIn, target: Target) -> None:
    told = excel.run("template:leverage_example", "", {"Both": COV})
    assert told["reply"] == ""
    assert set(told["books"]) == {BOOK, HOME + r"\rpxl\leverage_example.xlsx"}
    assert (target.path(HOME) / "rpxl" / "leverage_example.xlsx").is_file()
    told = excel.run("about", "", {"Both": COV})
    assert told["reply"].startswith("tell\trpxl ")
    assert ", pywin32 3" in told["reply"]
