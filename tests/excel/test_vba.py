"""The VBA of the add-in, run by pyOpenVBA's interpreter, with a stand-in for the call to Python."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree
from pyopenvba.apps.excel import Application, ExcelApplication
from pyopenvba.interpreter import VBAErrorValue, parse_module

from rpxl.excel import addin_file
from rpxl.formulas.catalogue import FUNCTIONS

VALUE, NUM, NA = 2015, 2036, 2042

# Answers as told in the cell Z1; "echo" sends the first argument back, "count" counts the arguments that were given.
STAND_IN = """
Public asked As Long
Public Function PythonCall(ByVal functionName As String, ByVal values As Variant) As Variant
    Dim i As Long, given As Long, wanted As String
    asked = asked + 1
    wanted = Worksheets(1).Range("Z1").Value
    Select Case wanted
        Case "echo"
            PythonCall = values(0)
        Case "count"
            For i = LBound(values) To UBound(values)
                If Not IsMissing(values(i)) Then given = given + 1
            Next i
            PythonCall = given & " of " & (UBound(values) + 1) & " for " & functionName
        Case "fail"
            Err.Raise 1000, , "could not load the DLL."
        Case Else
            PythonCall = wanted
    End Select
End Function
Public Function GetConfig(ByVal configKey As String, Optional ByVal default As String = "") As Variant
    GetConfig = Worksheets(1).Range("Z2").Value
End Function
"""

Excel = ExcelApplication


@pytest.fixture
def excel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Excel]:
    """An Excel of pyOpenVBA's with the add-in's call in it; the calling cell is C3."""
    app = ExcelApplication()
    app.add_workbook()
    sources = addin_file.modules()
    for name in ("RpxlCall", "RpxlFunctions"):
        app.add_module(sources[name], name=name)
    app.add_module(STAND_IN, name="RpxlPython")
    original = Application.vba_get

    def vba_get(self: Application, name: str, args: Any = (), named: Any = None) -> Any:
        return cells(app, "C3") if name == "Caller" else original(self, name, args, named or {})

    monkeypatch.setattr(Application, "vba_get", vba_get)
    yield app


def cells(app: Excel, address: str) -> Any:
    return app.sheet(1).sheet.vba_get("Range", [address])


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
    return str(app.run("ReasonFor", cells(app, "C3").vba_get("Address", [True, True, 1, True])))


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


def test_several_ranges_and_whole_columns_never_reach_python(excel: Excel) -> None:
    answer = call(excel, "VOLS", cells(excel, "A1:B2,D1:E2"), answer="echo")
    assert error_number(answer) == VALUE
    assert "several ranges" in reason(excel)
    answer = call(excel, "RP_WEIGHTS", cells(excel, "A:B"), answer="echo")
    assert error_number(answer) == VALUE
    assert "whole column" in reason(excel)


def test_python_that_does_not_start_is_an_error_with_advice(excel: Excel) -> None:
    assert error_number(call(excel, "VOLS", 1.0, answer="fail")) == VALUE
    assert "could not load the DLL." in reason(excel)
    assert "rpxl doctor" in reason(excel)


def test_kept_reasons_are_bounded(excel: Excel) -> None:
    filler = """
    Public Sub FillReasons()
        Dim i As Long
        For i = 1 To 600
            Tell "cell" & i
        Next i
    End Sub
    """
    source = (
        addin_file.modules()["RpxlCall"] + filler + "Private Sub Tell(key As String)\nKeepReason key, key\nEnd Sub\n"
    )
    excel.add_module(source.replace('VB_Name = "RpxlCall"', 'VB_Name = "Copy"'), name="Copy")
    excel.interpreter.run("FillReasons", [], module="Copy")
    kept = [excel.interpreter.run("ReasonFor", [f"cell{i}"], module="Copy") for i in (1, 100, 101, 600)]
    assert kept == ["", "", "cell101", "cell600"]


@pytest.mark.parametrize("name", ["RpxlCall", "RpxlFunctions", "RpxlPython", "RpxlRibbon"])
def test_every_module_parses(name: str) -> None:
    parse_module(addin_file.modules()[name], name=name, kind="standard")


def test_the_command_that_starts_python_is_the_same_for_all_workbooks(excel: Excel) -> None:
    source = addin_file.modules()["RpxlPython"]
    command = source[source.index("Public Function XLPyCommand") :].split("End Function")[0]
    assert "Workbook" not in command
    app = ExcelApplication()
    python = r"C:\Program Files\py\python.exe"
    stub = f'Public Function GetConfig(ByVal k As String) As Variant\nGetConfig = "{python}"\nEnd Function\n'
    app.add_module(stub + command + "End Function\n", name="Command")
    assert app.run("XLPyCommand") == (
        r'cmd.exe /K ""C:\Program Files\py\python.exe" -B -P -c '
        '"import rpxl.excel.udfs, xlwings; xlwings.serve(\'$(CLSID)\')""'
    )


def test_answers_travel_as_hexadecimal_digits(excel: Excel) -> None:
    source = addin_file.modules()["RpxlPython"]
    code = source[source.index("Public Function AsHex") :].split("End Function")[0] + "End Function\n"
    excel.add_module(code, name="Hexadecimal")
    text = "'[Büro.xlsx]Blatt 1'!$A$1\t10%\t数"
    assert bytes.fromhex(str(excel.run("AsHex", text))).decode("utf-16-be") == text


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
Public Function PythonMacro(ByVal macroName As String, ByVal answers As String) As String
    Dim said As String
    If macroName = "broken" Then Err.Raise 1000, , "Python is gone."
    Worksheets(1).Range("A1").Value = macroName & ":" & answers
    Worksheets(1).Range("A2").Value = Application.Calculation
    If answers = "" Then
        PythonMacro = "confirm" & vbTab & "Sure?"
    Else
        PythonMacro = "tell" & vbTab & "Done."
    End If
End Function
Public Function State() As String
    State = Application.Calculation & " " & Application.ScreenUpdating & " " & Application.StatusBar
End Function
Public Function ExplainCell(ByVal cell As Object) As String
    ExplainCell = "because"
End Function
"""
AUTOMATIC, MANUAL, YES, NO = -4105, -4135, 6, 7


@pytest.fixture
def tab() -> Callable[..., ExcelApplication]:
    def press(macro: str, *answers: int) -> ExcelApplication:
        app = ExcelApplication()
        app.add_workbook()
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


def test_a_macro_that_fails_is_one_message_box_and_all_is_put_back(tab: Callable[..., ExcelApplication]) -> None:
    app = tab("broken")
    [message] = shown(app)
    assert "Python is gone." in message
    assert app.run("State") == f"{AUTOMATIC} True False"
