"""The engine process: it answers, survives what it is sent, and ends with its input."""

import math
import subprocess
import sys

import pytest

from rpxl.calc.compute_process import answer
from rpxl.calc.pipe import Child, clean_environment

COMMAND = [sys.executable, "-P", "-m", "rpxl.calc.compute_process"]
COV = ((0.0256, 0.0), (0.0, 0.0016))


@pytest.fixture
def engine():
    child = Child(COMMAND)
    yield child
    child.close()


def test_answers_are_tables_of_plain_cells(engine):
    error, rows = engine.ask(("RP_WEIGHTS", (COV, None)))
    assert error == ""
    assert rows == (pytest.approx((0.2,)), pytest.approx((0.8,)))
    assert {type(cell) for row in rows for cell in row} == {float}
    assert engine.ask(("RP_CHECK", (COV, None)))[1][0][0] == "OK"


@pytest.mark.parametrize(
    "request_",
    [
        None,
        (),
        ("RP_WEIGHTS",),
        ("RP_WEIGHTS", None),
        ("RP_WEIGHTS", ()),
        ("RP_WEIGHTS", (COV, None, None, None, None, None, None, None, None)),
        ("RP_WEIGHTS", ({"a": 1}, None)),
        ("RP_WEIGHTS", (((math.nan, math.inf), (1e308, 1e308)), None)),
        ("__class__", ((1.0,),)),
        (b"RP_WEIGHTS", COV),
        ("RP_WEIGHTS", (((0.04, (1.0, 2.0)), (0.0, 0.04)), None)),
        "x" * 1000,
    ],
)
def test_a_bad_request_is_answered_with_an_error_and_survived(engine, request_):
    error, reason = engine.ask(request_)
    assert error in ("#VALUE!", "#NUM!", "#N/A")
    assert isinstance(reason, str) and reason
    assert engine.ask(("VOLS", (((0.04,),),))) == ("", ((0.2,),))


def test_errors_are_those_of_a_spreadsheet():
    assert answer(("RP_WEIGHTS", (((0.04, "x"), (0.0, 0.01)), None)))[0] == "#VALUE!"
    assert answer(("RP_WEIGHTS", (((0.04, "n/a"), ("", "")), None)))[0] in ("#VALUE!", "#N/A")
    assert answer(("PORT_VOL", (((0.5,), ("",)), COV)))[0] == "#N/A"
    assert answer(("LEVER_TO_VOL", (((1.0,),), ((0.0,),), ((0.1,),))))[0] == "#NUM!"


def test_a_blank_cell_for_a_word_is_its_default():
    """Calc passes 0 for a blank cell if the argument is optional."""
    args = ((0.5,), (0.5,)), COV
    assert answer(("RISK_CONTRIB", (*args, 0.0))) == answer(("RISK_CONTRIB", (*args, "share")))


def test_a_blank_cell_for_a_number_that_cannot_be_0_is_refused_with_both_readings():
    """Calc doesn't tell a blank cell from a typed 0; the default instead of a typed 0 would be a wrong answer."""
    args = ((2.0,),), ((0.04,),), ((0.05,),)
    error, reason = answer(("MARGIN_REPORT", (*args, 0.0)))
    assert error == "#VALUE!"
    assert reason.startswith("cash: is 0; it must be above 0. Calc passes a blank cell as 0 too")
    assert reason.endswith("leave this argument out.")
    assert answer(("MARGIN_REPORT", args))[1][3][1] == pytest.approx(0.9)  # left out: cash of 1, less 5 % of 2
    assert "blank cell is 0" not in answer(("MARGIN_REPORT", (*args, -1.0)))[1]
    assert "blank cell is 0" not in answer(("MARGIN_REPORT", (*args, 1.0, 10.0, 2.0)))[1]


def test_it_ends_with_its_input_and_keeps_prints_out_of_the_answers():
    code = "import rpxl.calc.compute_process as e; e.answer = lambda r: (print('noise'), ('', r))[1]; e.main()"
    child = Child([sys.executable, "-P", "-c", code])
    assert child.ask(("any", 1.5)) == ("", ("any", 1.5))
    process = child._process
    child.close()
    assert process.returncode == 0


def test_half_a_message_ends_it():
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment())
    assert process.communicate(b"\x08\x00\x00", timeout=60)[0] == b""
    assert process.returncode == 0


def test_a_python_without_rpxl_says_so(tmp_path):
    with pytest.raises(ConnectionError, match="No module named no_such_module"):
        Child([sys.executable, "-m", "no_such_module"]).ask("x")
    with pytest.raises(ConnectionError, match="can't be started"):
        Child([str(tmp_path / "python")]).ask("x")


def test_the_office_does_not_lead_the_interpreter_astray(monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    child = Child(COMMAND)
    assert child.ask(("VOLS", (((0.04,),),))) == ("", ((0.2,),))
    child.close()
