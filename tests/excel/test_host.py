"""The thin layer between the macros and xlwings, with stand-ins for xlwings' objects."""

import inspect
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import xlwings

from rpxl.errors import InputError
from rpxl.excel import host
from rpxl.excel.macros import MACROS, info
from rpxl.excel.macros.plan import Ask, Macro, Plan, free_name
from tests.excel import fakes
from tests.excel.com import Com
from tests.excel.fakes import FakeApp, FakeSheet
from tests.excel.test_macros import COV, WEIGHTS, prices
from tests.excel.windows import xlwings_for_windows


@pytest.fixture
def app() -> FakeApp:
    return FakeApp(**{"Book1": {"Cov": COV, "Weights": WEIGHTS, "My prices": prices(), "Returns": [], "Free": []}})


def sheet(app: FakeApp, name: str) -> FakeSheet:
    return app.books["Book1"].sheets[name]


def select(app: FakeApp, name: str) -> FakeApp:
    app.selection = sheet(app, name).used_range
    return app


def restored(app: FakeApp) -> bool:
    return (app.calculation, app.screen_updating, app.status_bar) == ("automatic", True, False)


def test_returns_are_written_to_a_new_sheet_that_replaces_none(app: FakeApp) -> None:
    assert host.reply("returns", "", select(app, "My prices")) == ""
    new = sheet(app, "Returns 2")
    formulas = new.written("formula2")
    assert formulas["R6C2:1x1"] == "=RETURNS('My prices'!$A$1:$D$61)"
    assert formulas["R6C8:1x1"] == '=COV_MATRIX($A$5:$D$64,"sample",$B$3)'
    assert new.written("value")["R3C2:1x1"] == [[252.0]]
    assert sheet(app, "Returns").log == []
    assert restored(app)
    assert "rpxl: writing 2 of 13" in app.shown


def test_a_format_is_set_before_the_formula(app: FakeApp) -> None:
    host.reply("returns", "", select(app, "My prices"))
    log = [(what, address) for what, address, _ in sheet(app, "Returns 2").log]
    assert log.index(("number_format", "R6C2:59x1")) < log.index(("formula2", "R6C2:1x1"))


def test_an_excel_that_does_not_spill_gets_an_array_formula(app: FakeApp) -> None:
    app.spills = False
    host.reply("returns", "", select(app, "My prices"))
    arrays = sheet(app, "Returns 2").written("formula_array")
    assert arrays["R6C2:59x3"] == "=RETURNS('My prices'!$A$1:$D$61)"


def test_weights_ask_and_go_on(app: FakeApp) -> None:
    reply = host.reply("weights", "", select(app, "Cov"))
    kind, prompt, proposal = reply.split("\t")
    assert (kind, proposal) == ("range", "'Cov'!$F$1")
    assert "upper left cell" in prompt
    assert host.reply("weights", "[Book1]Free!$B$2\t", app) == ""
    assert sheet(app, "Free").written("formula2")["R3C3:1x1"] == "=RP_WEIGHTS('Cov'!$A$1:$D$4)"
    assert len(app.books["Book1"].sheets) == 5
    assert restored(app)


@pytest.mark.parametrize("length", [28, 29, 30, 31])
def test_a_sheet_has_31_characters_in_its_name_at_the_most(length: int) -> None:
    wanted = "x" * length
    assert free_name(wanted, set()) == wanted
    second = free_name(wanted, {wanted})
    assert second == ("x" * min(length, 29)) + " 2"
    tenth = free_name(wanted, {wanted, *("x" * min(length, 29) + f" {n}" for n in range(2, 10))})
    assert tenth == ("x" * min(length, 28)) + " 10" and len(tenth) <= 31


def test_one_of_two_blocks_on_a_sheet() -> None:
    gap = [[*row, None, *other] for row, other in zip(COV, [["Note", None], [None, None], *WEIGHTS[:2]], strict=True)]
    app = FakeApp(**{"Book1": {"Both": [*gap, [None] * 5 + WEIGHTS[2]], "Free": []}})
    both = sheet(app, "Both")
    app.selection = both.range((3, 2))
    assert host.reply("weights", "[Book1]Free!$B$2\t", app) == ""
    assert sheet(app, "Free").written("formula2")["R3C3:1x1"] == "=RP_WEIGHTS('Both'!$A$1:$D$4)"
    app.selection = both.range((4, 6))
    assert host.reply("decompose", "[Book1]Both!$A$1:$D$4\t", app) == ""
    formulas = sheet(app, "Risk decomposition").written("formula2").values()
    assert any("'Both'!$F$3:$G$5" in text for text in formulas)


def test_decompose_draws_two_charts(app: FakeApp) -> None:
    select(app, "Weights")
    assert host.reply("decompose", "[Book1]Cov!$A$1:$D$4\t", app) == ""
    charts = sheet(app, "Risk decomposition").charts.all
    assert [(chart.chart_type, chart.source) for chart in charts] == [
        ("column_clustered", "R4C10:4x3"),
        ("bar_clustered", "R4C14:4x2"),
    ]


def test_labels_are_text_whatever_they_begin_with(app: FakeApp) -> None:
    host.reply("functions", "", select(app, "Cov"))
    listing = sheet(app, "rpxl functions")
    assert set(listing.written("number_format").values()) == {"@"}


def test_a_wrong_range_is_one_plain_message(app: FakeApp) -> None:
    reply = host.reply("weights", "[Book1]Weights!$A$1:$B$3\t", app)
    assert reply.startswith("refuse\t")
    assert "cov" in reply
    assert restored(app)


def test_an_unexpected_fault_is_one_message_and_leaves_no_half_sheet(
    app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Macro:
        plan = Plan(book="Book1", sheet="Half")
        plan.formula(1, 1, "=1+1")
        plan.formula(2, 1, "=BROKEN()")
        return plan
        yield Ask("text", "never asked")

    monkeypatch.setitem(MACROS, "broken", broken)
    app.spills = False  # so that both ways to write a formula fail
    reply = host.reply("broken", "", app)
    assert reply == "refuse\trpxl could not do that (RuntimeError: Excel refused the formula)."
    assert [s.name for s in app.books["Book1"].sheets] == ["Cov", "Weights", "My prices", "Returns", "Free"]
    assert restored(app)


def test_without_a_workbook_there_is_no_calculation_mode_to_put_back() -> None:
    class Empty:
        screen_updating = True
        status_bar = False

        @property
        def calculation(self) -> str:
            raise RuntimeError("no workbook")

    empty = Empty()
    with host.quiet(empty):
        assert empty.screen_updating is False
    assert (empty.screen_updating, empty.status_bar) == (True, False)


def test_whole_columns_are_cut_at_the_last_cell_in_use(app: FakeApp) -> None:
    app.selection = sheet(app, "My prices").range((1, 1), (1_048_576, 4))
    selected = host.ExcelDesk(app).selection()
    assert selected is not None
    assert (selected.height, selected.width) == (61, 4)


def test_a_selected_chart_is_no_selection(app: FakeApp) -> None:
    app.selection = None
    assert host.ExcelDesk(app).selection() is None
    app.selection = SimpleNamespace(api="a shape")  # type: ignore[assignment]
    assert host.ExcelDesk(app).selection() is None


def test_a_template_opens(app: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info.Path, "home", lambda: tmp_path)
    assert host.reply("template:leverage_example", "", app) == ""
    assert app.books.opened == [str(tmp_path / "rpxl" / "leverage_example.xlsx")]


def test_on_a_mac_the_reply_goes_to_the_addin(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlwings, "apps", SimpleNamespace(active=select(app, "Cov")))
    host.run_on_mac("weights", "")
    [(macro, name, answers, reply)] = app.macros
    assert (macro, name, answers) == ("'rpxl.xlam'!MacroReply", "weights", "")
    assert reply.startswith("range\t")
    given = "[Book1]Free!$A$1\t"
    host.run_on_mac("weights", given)
    assert app.macros[-1][2] == given
    assert app.macros[-1][3].startswith("tell\tThe formulas are in place. Excel for Mac cannot compute")


def test_on_a_mac_excels_own_functions_are_used_where_they_do(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlwings, "apps", SimpleNamespace(active=select(app, "My prices")))
    host.run_on_mac("returns", "")
    assert app.macros[-1][3] == ""
    formulas = sheet(app, "Returns 2").written("formula2")
    assert formulas["R6C2:1x1"] == "='My prices'!$B$3:$D$61/'My prices'!$B$2:$D$60-1"
    assert formulas["R6C8:1x1"] == "=COVARIANCE.S($B$6:$B$64,$B$6:$B$64)*$B$3"


COUNTERPARTS = [
    (fakes.FakeApp, xlwings.App, {"shown", "spills", "macros"}),
    (fakes.FakeBooks, xlwings.main.Books, {"all", "app", "opened"}),
    (fakes.FakeBook, xlwings.Book, set()),
    (fakes.FakeSheets, xlwings.main.Sheets, {"all", "book"}),
    (fakes.FakeSheet, xlwings.Sheet, {"log", "rows", "written"}),
    (fakes.FakeRange, xlwings.Range, {"first", "last"}),
    (fakes.FakeCharts, xlwings.main.Charts, {"all", "sheet"}),
]


@pytest.mark.parametrize(("fake", "real", "own"), COUNTERPARTS)
def test_the_stand_ins_have_nothing_that_xlwings_lacks(fake: type, real: type, own: set[str]) -> None:
    names = {name for name in vars(fake) if not name.startswith("_")} - own
    assert {name for name in names if not hasattr(real, name)} == set()
    for name in names:
        ours, theirs = getattr(fake, name), getattr(real, name)
        if inspect.isfunction(ours):
            for parameter in inspect.signature(ours).parameters:
                assert parameter in inspect.signature(theirs).parameters or name in ("range", "macro", "open")


def test_what_the_host_sets_can_be_set_in_xlwings(app: FakeApp) -> None:
    select(app, "Weights")
    host.reply("decompose", "[Book1]Cov!$A$1:$D$4\t", app)
    select(app, "My prices")
    host.reply("returns", "", app)
    names = {what for made in app.books["Book1"].sheets for what, _, _ in made.log} - {"autofit"}
    assert {"formula2", "number_format", "value", "font.bold", "font.color", "color", "column_width"} <= names
    for name in names | {"formula_array"}:
        owner: type = xlwings.main.Font if name.startswith("font.") else xlwings.Range
        setter = getattr(owner, name.removeprefix("font."))
        assert setter.fset is not None
    for name in ("set_source_data", "chart_type"):
        assert hasattr(xlwings.Chart, name)
    for name in ("current_region", "options", "row", "column", "shape", "left", "top", "address", "select"):
        assert hasattr(xlwings.Range, name)


def test_the_calling_excel_is_reached_through_xlwings_for_windows() -> None:
    with xlwings_for_windows():
        assert host.run("about", "", MagicMock()).startswith("tell\trpxl ")


def test_an_excel_that_cannot_be_reached_is_one_message() -> None:
    class Shut:
        """As an Excel in which a cell is being edited."""

        def __getattr__(self, name: str) -> object:
            raise OSError("Call was rejected by callee.")

    with xlwings_for_windows():
        reply = host.run("about", "", Shut())
    assert reply.startswith("refuse\trpxl cannot reach Excel (OSError: Call was rejected by callee.). If a cell")
    assert "Traceback" not in reply


def test_a_macro_runs_through_xlwings_for_windows() -> None:
    """The selected matrix is read, and a sheet is written, as xlwings does it with Excel's own objects."""
    log: list[tuple[str, object]] = []
    with xlwings_for_windows():
        assert host.run("check", "", Com(log)) == ""
    written = [value for name, value in log if name == "Formula2"]
    assert written == [f"={name}('Book1'!$A$1:$B$2)" for name in ("VOLS", "CORR_MATRIX", "RP_CHECK")]
    names = [name for name, _ in log]
    assert names.index("NumberFormat") < names.index("Formula2")
    assert ("Name", "Covariance check") in log
    assert "FormulaArray" not in names
    settings = [(name, value) for name, value in log if name in ("Calculation", "ScreenUpdating", "StatusBar")]
    assert settings[0] == ("Calculation", -4135)
    assert settings[-3:] == [("Calculation", -4105), ("ScreenUpdating", True), ("StatusBar", False)]


def test_charts_and_inputs_are_written_through_xlwings_for_windows() -> None:
    log: list[tuple[str, object]] = []
    plan = Plan(book="Book1", sheet="Levered")
    plan.heading("Title", "Note")
    plan.input(3, "Rate", 0.05, "0.00%", "a note")
    plan.chart(5, 1, "column_clustered", plan.formula(5, 1, "=A1", 2, 2))
    with xlwings_for_windows():
        from xlwings import _xlwindows

        host.carry_out(plan, xlwings.App(impl=_xlwindows.App(xl=Com(log))))
    assert ("Formula2", "=A1") in log
    assert ("ChartType", 51) in log  # xlColumnClustered
    assert [args for name, args in log if name == "SetSourceData()"]
    blue, yellow = 0xC00000, 0xCCF2FF  # as Excel counts colours: blue, green, red
    assert {blue, yellow} <= {value for name, value in log if name == "Color"}


@pytest.mark.parametrize(
    ("name", "answers", "reply", "formulas"),
    [
        ("functions", "", "", []),
        ("weights", "", "range\tWhere should the weights go? Select the upper left cell.\t'Book1'!$D$1", []),
        ("weights", "[Book1]Book1!$D$1\t", "confirm\tThere are values in $D$1:$F$3 already. Overwrite them?\t", []),
        (
            "weights",
            "[Book1]Book1!$D$1\tyes\t",
            "",
            ["=RP_WEIGHTS($A$1:$B$2)", "=RISK_CONTRIB($E$2:$E$3,$A$1:$B$2)"],
        ),
    ],
)
def test_a_dialogue_runs_through_xlwings_for_windows(name: str, answers: str, reply: str, formulas: list[str]) -> None:
    log: list[tuple[str, object]] = []
    with xlwings_for_windows():
        assert host.run(name, answers, Com(log)) == reply
    assert [value for what, value in log if what == "Formula2"] == formulas


@pytest.mark.parametrize("on_mac", [False, True])
def test_a_copy_is_made_of_a_file_that_is_as_shown(tmp_path: Path, on_mac: bool) -> None:
    path = tmp_path / "mine.xlsx"
    path.write_bytes(b"")

    def desk(saved: bool, fullname: Path | str = path) -> host.ExcelDesk:
        api = SimpleNamespace(saved=SimpleNamespace(get=lambda: saved)) if on_mac else SimpleNamespace(Saved=saved)
        book = SimpleNamespace(name="mine.xlsx", fullname=str(fullname), api=api)
        return host.ExcelDesk(SimpleNamespace(books=SimpleNamespace(active=book)))

    assert desk(True).saved_file() == path
    with pytest.raises(InputError, match="was changed since it was saved"):
        desk(False).saved_file()
    for elsewhere in ("Book1", "https://d.docs.live.net/mine.xlsx"):
        with pytest.raises(InputError, match="on this computer first"):
            desk(True, elsewhere).saved_file()
    with pytest.raises(InputError, match="No workbook is open"):
        host.ExcelDesk(SimpleNamespace(books=SimpleNamespace(active=None))).saved_file()
