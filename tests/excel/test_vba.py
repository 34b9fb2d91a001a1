"""The VBA of the add-in, run by pyOpenVBA's interpreter, with a stand-in for the call to Python."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree
from pyopenvba.apps.excel import Application, ExcelApplication, Workbook
from pyopenvba.interpreter import VBAErrorValue, parse_module
from pyopenvba.interpreter._values import EMPTY, VBAArray

from rpxl.excel import addin_file
from rpxl.formulas.catalogue import FUNCTIONS
from tests.excel.vba import Standing, cells, command_bars, source

VALUE, NUM, NA = 2015, 2036, 2042

# Answers as told in the cell Z1; "echo" sends the first argument back, "count" counts the arguments that were given.
STAND_IN = """
Public asked As Long
Public Sub CallPython(ByVal functionName As String, ByVal values As Variant, ByVal from1904 As Boolean, answer)
    Dim i As Long, given As Long, wanted As String
    asked = asked + 1
    wanted = Worksheets(1).Range("Z1").Value
    Select Case wanted
        Case "echo"
            answer = values(0)
        Case "count"
            For i = LBound(values) To UBound(values)
                If Not IsMissing(values(i)) Then given = given + 1
            Next i
            answer = given & " of " & (UBound(values) + 1) & " for " & functionName
        Case "1904"
            answer = from1904
        Case "fail"
            Err.Raise 1000, , "something is broken."
        Case Else
            answer = wanted
    End Select
End Sub
Public Function TimesAsked() As Long
    TimesAsked = asked
End Function
Public Sub ReadSetting(ByVal settingName As String, ByRef value As String)
    value = Worksheets(1).Range("Z2").Value
End Sub
"""

# What is private in the module or tells its answer by reference, for the tests
REASON = """
Public Function Explained(ByVal cell As Object) As String
    ExplainCell cell, Explained
End Function
Public Sub Read(ByVal area As Object)
    Dim values As Variant, problem As String
    ReadCells area, values, problem
    If problem <> "" Then Err.Raise 5, , problem
End Sub
Public Function KeptReason(ByVal key As String) As String
    KeptReason = ReasonFor(key)
End Function
"""

# Windows of class bosa_sdm_XL9: 11 is another Excel's; 12 is this one's when Z4 says "open"
WINDOWS = """
Private Function FindWindowEx(parent, after, className, caption) As Long
    If className <> "bosa_sdm_XL9" Then Err.Raise 5
    If after = 0 Then FindWindowEx = 11
    If after = 11 And Worksheets(1).Range("Z4").Value = "open" Then FindWindowEx = 12
End Function
Private Function GetWindowThreadProcessId(ByVal window As Long, ByRef processId As Long) As Long
    processId = window
End Function
Private Function GetCurrentProcessId() As Long
    GetCurrentProcessId = 12
End Function
"""

Excel = ExcelApplication


@pytest.fixture
def excel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Excel]:
    """An Excel of pyOpenVBA's with the add-in's call in it; the calling cell is C3."""
    app = ExcelApplication()
    app.add_workbook()
    app.add_module(source("RpxlCall") + WINDOWS + REASON, name="RpxlCall")
    app.add_module(source("RpxlFunctions"), name="RpxlFunctions")
    app.add_module(STAND_IN, name="RpxlPython")
    original = Application.vba_get
    bars = command_bars(lambda: cell_text(app, "Z3") != "off")

    def vba_get(self: Application, name: str, args: Any = (), named: Any = None) -> Any:
        if name == "CommandBars":
            return bars(args)
        return cells(app, "C3") if name == "Caller" else original(self, name, args, named or {})

    monkeypatch.setattr(Application, "vba_get", vba_get)
    of_a_book = Workbook.vba_get

    def book_get(self: Workbook, name: str, args: Any = (), named: Any = None) -> Any:
        return cell_text(app, "Z5") == "from 1904" if name == "Date1904" else of_a_book(self, name, args, named or {})

    monkeypatch.setattr(Workbook, "vba_get", book_get)
    yield app


def cell_text(app: Excel, address: str) -> str:
    return str(app.sheet(1).value(address))


def call(app: Excel, name: str, *args: Any, answer: str) -> Any:
    app.sheet(1).set_value("Z1", answer)
    return app.interpreter.run(name, list(args))


def error_number(value: Any) -> int:
    assert isinstance(value, VBAErrorValue)
    return int(next(getattr(value, name) for name in ("number", "code", "value") if hasattr(value, name)))


def test_the_values_of_a_range_go_to_python(excel: Excel) -> None:
    for address, value in {"A1": 0.04, "B1": 0.0, "A2": 0.0, "B2": 0.01}.items():
        excel.sheet(1).set_value(address, value)
    answer = call(excel, "VOLS", cells(excel, "A1:B2"), answer="echo")
    assert [[float(answer.get([i, j])) for j in (1, 2)] for i in (1, 2)] == [[0.04, 0.0], [0.0, 0.01]]


def test_a_single_cell_is_a_scalar(excel: Excel) -> None:
    excel.sheet(1).set_value("A1", 0.04)
    assert float(call(excel, "VOLS", cells(excel, "A1"), answer="echo")) == 0.04


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_left_out_are_missing(excel: Excel, name: str) -> None:
    parameters = FUNCTIONS[name].parameters
    required = [1.0 for p in parameters if not p.optional]
    assert call(excel, name, *required, answer="count") == f"{len(required)} of {len(parameters)} for {name}"
    assert call(excel, name, *[1.0] * len(parameters), answer="count").startswith(f"{len(parameters)} of ")


@pytest.mark.parametrize(("error", "number"), [("#VALUE!", VALUE), ("#NUM!", NUM), ("#N/A", NA)])
def test_a_marked_answer_is_an_error_with_a_reason(excel: Excel, error: str, number: int) -> None:
    answer = call(excel, "VOLS", 1.0, answer=f"#RPXL!{error} cov: row 1, column 2 is blank.")
    assert error_number(answer) == number
    assert reason(excel) == f"VOLS: {error}\ncov: row 1, column 2 is blank."


def reason(app: Excel) -> str:
    return str(app.run("KeptReason", cells(app, "C3").vba_get("Address", [True, True, 1, True])))


def test_text_that_is_no_error_stays_text(excel: Excel) -> None:
    assert call(excel, "RP_CHECK", 1.0, answer="OK") == "OK"
    assert reason(excel) == ""


def test_reasons_as_text_when_the_setting_says_so(excel: Excel) -> None:
    excel.sheet(1).set_value("Z2", "true")
    assert call(excel, "VOLS", 1.0, answer="#RPXL!#NUM! no way") == "#RPXL! no way"


def test_two_functions_of_one_cell_keep_both_reasons_once(excel: Excel) -> None:
    for _ in range(2):
        call(excel, "VOLS", 1.0, answer="#RPXL!#NUM! first")
        call(excel, "RP_WEIGHTS", 1.0, answer="#RPXL!#VALUE! second")
    assert reason(excel) == "VOLS: #NUM!\nfirst\n\nRP_WEIGHTS: #VALUE!\nsecond"


def test_several_ranges_never_reach_python(excel: Excel) -> None:
    answer = call(excel, "RISK_CONTRIB", 1.0, cells(excel, "A1:B2,D1:E2"), answer="echo")
    assert error_number(answer) == VALUE
    assert reason(excel) == "RISK_CONTRIB: #VALUE!\ncov: is several ranges. Give one block of cells."


def test_a_range_that_is_too_large_is_refused_by_name(excel: Excel) -> None:
    assert error_number(call(excel, "VOLS", cells(excel, "A1:ZZ10000"), answer="echo")) == VALUE
    assert reason(excel).endswith("cov: has 7020000 cells; 2000000 are the most that one argument can have.")


@pytest.mark.parametrize(
    ("filled", "address", "rows"),
    [
        ({"A1": 1.0, "A3": 2.0, "B7": 3.0}, "A:A", [[1.0], [None], [2.0]]),
        ({"A1": 1.0, "B2": 2.0, "D9": 3.0}, "A:B", [[1.0, None], [None, 2.0]]),
        ({"B5": 1.0, "D6": 2.0, "AC9": 3.0}, "5:6", [[None, 1.0, None, None], [None, None, None, 2.0]]),
        ({"B2": 1.0, "C3": "x"}, "B:B", [[None], [1.0]]),
        ({"B2": 1.0}, "A:A", [[None]]),
        ({"C4": 1.0, "D5": 2.0}, "C:D", [[None, None], [None, None], [None, None], [1.0, None], [None, 2.0]]),
    ],
)
def test_whole_columns_and_rows_end_with_the_last_filled_cell(
    excel: Excel, filled: dict[str, Any], address: str, rows: list[list[Any]]
) -> None:
    for cell, value in filled.items():
        excel.sheet(1).set_value(cell, value)
    answer = call(excel, "VOLS", cells(excel, address), answer="echo")
    assert values(answer) == rows


ROWS, COLUMNS = 1_048_576, 16_384


@pytest.mark.parametrize(
    ("first", "size", "used", "read"),
    [
        ((5, 1), (4, COLUMNS), (5, 2, 2, 2), (4, 3)),  # whole rows, of which two are in use
        ((5, 1), (4, COLUMNS), (1, 1, 90, 7), (4, 7)),
        ((1, 3), (ROWS, 4), (4, 3, 2, 2), (5, 4)),  # whole columns, of which two are in use
        ((1, 3), (ROWS, 4), (1, 1, 9, 90), (9, 4)),
        ((1, 1), (ROWS, COLUMNS), (4, 3, 2, 5), (5, 7)),
    ],
)
def test_only_the_side_that_is_whole_is_cut_at_what_is_in_use(
    excel: Excel, first: tuple[int, int], size: tuple[int, int], used: tuple[int, ...], read: tuple[int, int]
) -> None:
    """Rows and columns that somebody chose are read, in use or not; this interpreter's own ranges stop before them."""

    def block(row: int, column: int, height: int, width: int, **members: Any) -> Standing:
        sides = {"rows": Standing(count=height), "columns": Standing(count=width)}
        return Standing(row=row, column=column, **sides, **members)

    asked: list[tuple[int, int]] = []

    def resize(height: int, width: int) -> Standing:
        asked.append((int(height), int(width)))
        return Standing(value2=1.0)

    sheet = block(1, 1, ROWS, COLUMNS, usedrange=block(*used))
    excel.run("Read", block(*first, *size, areas=Standing(count=1), worksheet=sheet, resize=resize))
    assert asked == [read]


def values(answer: Any) -> list[list[Any]]:
    """Return an array of VBA's as rows, with None for what is empty; one cell is a scalar."""
    if not isinstance(answer, VBAArray):
        return [[None if answer is EMPTY else answer]]
    (low1, high1), (low2, high2) = answer.bounds
    cells_ = [[answer.get([i, j]) for j in range(low2, high2 + 1)] for i in range(low1, high1 + 1)]
    return [
        [cell if isinstance(cell, str) else None if cell is EMPTY else float(cell) for cell in row] for row in cells_
    ]


@pytest.mark.parametrize(("system", "told"), [("from 1900", False), ("from 1904", True)])
def test_python_is_told_how_the_workbook_counts_days(excel: Excel, system: str, told: bool) -> None:
    excel.sheet(1).set_value("Z5", system)
    assert bool(call(excel, "VOLS", 1.0, answer="1904")) is told


def test_the_function_wizard_does_not_start_python(excel: Excel) -> None:
    excel.sheet(1).set_value("Z3", "off")
    excel.sheet(1).set_value("Z4", "open")
    assert error_number(call(excel, "VOLS", 1.0, answer="OK")) == NA
    assert excel.run("TimesAsked") == 0
    assert reason(excel) == ""


@pytest.mark.parametrize(("button", "window"), [("off", "closed"), ("on", "open")])
def test_a_workbook_that_opens_and_a_search_are_no_wizard(excel: Excel, button: str, window: str) -> None:
    excel.sheet(1).set_value("Z3", button)
    excel.sheet(1).set_value("Z4", window)
    assert call(excel, "RP_CHECK", 1.0, answer="OK") == "OK"


def test_a_fault_in_the_call_is_an_error_with_its_reason(excel: Excel) -> None:
    assert error_number(call(excel, "VOLS", 1.0, answer="fail")) == VALUE
    assert "something is broken." in reason(excel)


def formula_cell(log: list[str], **members: Any) -> Standing:
    """A cell that computes nothing but says that it was asked to."""

    def note(word: str) -> Callable[[], None]:
        return lambda: log.append(word)

    name = members.pop("name")
    cell = Standing(
        address=lambda *_: name,
        dirty=note(f"{name} dirty"),
        calculate=note(f"{name} computed"),
        value=1.0,
        **{"hasarray": False, "hasspill": False, **members},
    )
    cell.members["cells"] = lambda *_: cell
    return cell


def test_explaining_a_cell_computes_it_again(excel: Excel) -> None:
    log: list[str] = []
    told = excel.run("Explained", formula_cell(log, name="[B]S!$A$1"))
    assert log == ["[B]S!$A$1 dirty", "[B]S!$A$1 computed"]
    assert told == "This cell has no error."


@pytest.mark.parametrize(("has", "whole"), [("hasarray", "currentarray"), ("hasspill", "spillparent")])
def test_a_cell_of_a_larger_answer_is_explained_by_all_of_it(excel: Excel, has: str, whole: str) -> None:
    """Excel refuses to compute one cell of an array formula."""
    log: list[str] = []
    all_of_it = formula_cell(log, name="[B]S!$A$1:$A$3")
    excel.run("Explained", formula_cell(log, name="[B]S!$A$2", **{has: True, whole: all_of_it}))
    assert log == ["[B]S!$A$1:$A$3 dirty", "[B]S!$A$1:$A$3 computed"]


def test_kept_reasons_are_bounded(excel: Excel) -> None:
    filler = """
    Public Sub FillReasons()
        Dim i As Long
        For i = 1 To 600
            Tell "cell" & i
        Next i
    End Sub
    """
    copy = source("RpxlCall") + REASON + filler + "Private Sub Tell(key As String)\nKeepReason key, key\nEnd Sub\n"
    excel.add_module(copy.replace('VB_Name = "RpxlCall"', 'VB_Name = "Copy"'), name="Copy")
    excel.interpreter.run("FillReasons", [], module="Copy")
    kept = [excel.interpreter.run("KeptReason", [f"cell{i}"], module="Copy") for i in (1, 100, 101, 600)]
    assert kept == ["", "", "cell101", "cell600"]


@pytest.mark.parametrize("name", ["RpxlCall", "RpxlFunctions", "RpxlPython", "RpxlRibbon"])
def test_every_module_parses(name: str) -> None:
    parse_module(addin_file.modules()[name], name=name, kind="standard")


# --- the ribbon ---------------------------------------------------------------------------------------------------

_NAMESPACE = "{http://schemas.microsoft.com/office/2009/07/customui}"


@pytest.fixture(scope="module")
def ribbon() -> etree._Element:
    return etree.fromstring(addin_file.ribbon().encode())


def test_the_ribbon_keeps_the_rules_of_customui14(ribbon: etree._Element) -> None:
    from tests.excel.ribbon_schema import SCHEMA

    etree.XMLSchema(etree.fromstring(SCHEMA)).assertValid(ribbon)
    ids = ribbon.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_every_callback_exists_with_the_right_arguments(ribbon: etree._Element) -> None:
    arguments = {"button": ["control"], "toggleButton": ["control", "pressed"], "getPressed": ["control", "pressed"]}
    declared = declarations()
    for element in ribbon.iter():
        kind = element.tag.removeprefix(_NAMESPACE)
        for attribute in ("onAction", "getPressed"):
            if callback := element.get(attribute):
                assert declared[callback] == arguments[kind if attribute == "onAction" else attribute], callback


def declarations() -> dict[str, list[str]]:
    """Return the public procedures of the ribbon's module and the names of their arguments."""
    parsed = {}
    for line in addin_file.modules()["RpxlRibbon"].splitlines():
        if line.startswith("Public Sub "):
            name, _, rest = line.removeprefix("Public Sub ").partition("(")
            words = [part.replace("ByRef ", "").replace("ByVal ", "") for part in rest.rstrip(")").split(", ")]
            parsed[name] = [word.split(" As ")[0] for word in words if word]
    return parsed


def test_every_template_has_its_entry(ribbon: etree._Element) -> None:
    from rpxl import templates

    entries = ribbon.xpath("//*[@onAction='RibbonTemplate']/@tag")
    assert entries == templates.names()


def test_the_picture_of_the_tab_is_drawn_from_the_ribbon() -> None:
    from tests.excel.picture import PICTURE, draw

    assert PICTURE.read_text("utf-8") == draw(), "run 'python -m tests.excel.picture'"


# --- the dialogue between the ribbon and Python ------------------------------------------------------------------

MACRO_STAND_IN = """
Public Sub AskPython(ByVal macroName As String, ByVal answers As String, ByRef reply As String)
    If macroName = "broken" Then Err.Raise 1000, , "Python is gone."
    Worksheets(1).Range("A1").Value = macroName & ":" & answers
    Worksheets(1).Range("A2").Value = Application.Calculation
    If macroName = "long" Then
        reply = "tell" & vbTab & Worksheets(1).Range("A9").Value
    ElseIf answers = "" Then
        reply = "confirm" & vbTab & "Sure?"
    Else
        reply = "tell" & vbTab & "Done."
    End If
End Sub
Public Function State() As String
    State = Application.Calculation & " " & Application.ScreenUpdating & " " & Application.StatusBar
End Function
Public Sub ExplainCell(ByVal cell As Object, ByRef explanation As String)
    explanation = "because"
End Sub
Public Sub RestartPython()
End Sub
Public Sub ReadSetting(ByVal settingName As String, ByRef value As String)
End Sub
Public Sub KeepReasonsInCells(ByVal pressed As Boolean)
End Sub
"""
AUTOMATIC, MANUAL, YES, NO = -4105, -4135, 6, 7


@pytest.fixture
def tab() -> Callable[..., ExcelApplication]:
    def press(macro: str, *answers: int, says: str = "") -> ExcelApplication:
        app = ExcelApplication()
        app.add_workbook()
        app.sheet(1).set_value("A9", says)
        app.add_module(addin_file.modules()["RpxlRibbon"], name="RpxlRibbon")
        app.add_module(MACRO_STAND_IN, name="RpxlPython")
        app.interpreter.answers = list(answers)
        app.run("RunMacro", macro)
        return app

    return press


def shown(app: ExcelApplication) -> list[str]:
    return [prompt for _, prompt, _, _ in app.interpreter.dialogs]


def test_a_macro_asks_goes_on_and_tells(tab: Callable[..., ExcelApplication]) -> None:
    app = tab("weights", YES, 1)
    assert shown(app) == ["Sure?", "Done."]
    assert app.sheet(1).value("A1") == "weights:yes\t"
    assert app.sheet(1).value("A2") == MANUAL  # while Python wrote
    assert app.run("State") == f"{AUTOMATIC} True False"


def test_a_macro_that_is_cancelled_says_no_more(tab: Callable[..., ExcelApplication]) -> None:
    assert shown(tab("weights", NO)) == ["Sure?"]


@pytest.mark.parametrize("between", [" ", "\n", ""])
def test_a_long_message_is_shown_in_parts_that_a_box_can_show(
    tab: Callable[..., ExcelApplication], between: str
) -> None:
    """A message box cuts at 1,024 letters."""
    words = [f"word{i:04}" for i in range(400)]
    boxes = shown(tab("long", says=between.join(words)))
    assert len(boxes) >= 4
    assert all(len(box) <= 1024 for box in boxes)
    told = between.join(box.removesuffix(" ...") for box in boxes)
    assert [word for word in told.split()] == (words if between else ["".join(words)])


def test_a_macro_that_fails_is_one_message_box_and_all_is_put_back(tab: Callable[..., ExcelApplication]) -> None:
    app = tab("broken")
    [message] = shown(app)
    assert "Python is gone." in message
    assert app.run("State") == f"{AUTOMATIC} True False"
