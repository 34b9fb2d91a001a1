"""The macros as scripts of xlwings Lite, run by xlwings' own code on a workbook as Lite sends it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.errors import InputError, RpxlError
from rpxl.excel.macros import MACROS, Ask, Plan
from rpxl.excel.macros.plan import FormulaEdit, SheetArea
from rpxl.lite import questions
from rpxl.lite.desk import LiteDesk, filled_around, read_address
from rpxl.lite.functions import custom_functions
from rpxl.lite.questions import TITLE
from rpxl.lite.scripts import scripts, tell
from tests.excel.desks import FakeDesk, address
from tests.excel.regions import current_region
from tests.lite.excel import LITE, Excel, call, module, server

MAIN = module(**scripts(LITE), **custom_functions(LITE))
COV = [[None, "Stocks", "Bonds"], ["Stocks", 0.0256, 0.0], ["Bonds", 0.0, 0.0016]]
DATA = [*COV, [None], ["Weights", None], [None], ["Stocks", 0.6], ["Bonds", 0.4]]
QUESTION = 6


def excel(selection: str) -> Excel:
    return Excel({"Data": DATA, "Other": [[1.0]]}, selection)


def answer(book: Excel, *answers: Any) -> None:
    for number, text in enumerate(answers, QUESTION):
        book.type(TITLE, number, 2, text)


def asked(book: Excel) -> list[str]:
    return [row[0] for row in book.sheets[TITLE][QUESTION - 1 :]]


def test_the_scripts_are_the_macros_and_one_that_explains():
    told = {each["function_name"]: each["name"] for each in server.custom_scripts_meta(MAIN)}
    wanted = {
        f"rpxl_{name}": f"rpxl: {macro.label}" for name, macro in MACROS.items() if name not in ("about", "freeze")
    }
    assert told == {**wanted, "rpxl_explain_error": "rpxl: Explain error"}


def test_decompose_asks_once_and_writes_live_formulas_on_a_new_sheet():
    book = excel("A7:B8")
    before = book.sheets["Data"]
    book.run(MAIN, "rpxl_decompose")
    assert book.active == TITLE and book.formulas == {}
    assert len(asked(book)) == 1 and "covariance matrix" in asked(book)[0]
    assert book.sheets[TITLE][QUESTION - 1][2] == "an address, such as Data!A1:C3"
    answer(book, "Data!A1:C3")
    book.run(MAIN, "rpxl_decompose")
    assert list(book.sheets) == ["Data", "Other", "Risk decomposition"] and book.active == "Risk decomposition"
    assert book.sheets["Data"] == before
    assert book.formulas["Risk decomposition", 4, 1] == "=RISK_DECOMP('Data'!$A$7:$B$8,'Data'!$A$1:$C$3)"
    shown = book.computed(
        "Risk decomposition", [(4, 1, 4, 7), (4, 10, 3, 1), (4, 11, 3, 1), (4, 12, 3, 1), (4, 14, 3, 1), (4, 15, 3, 1)]
    )
    vol = (0.6**2 * 0.0256 + 0.4**2 * 0.0016) ** 0.5
    assert shown[7, 3] == pytest.approx(vol)
    assert shown[5, 7] == pytest.approx(0.6**2 * 0.0256 / vol**2)
    assert [chart[1:4] for chart in book.charts] == [
        ["ColumnClustered", "Risk decomposition", "$J$4:$L$6"],
        ["ColumnClustered", "Risk decomposition", "$N$4:$O$6"],
    ]


def test_lever_asks_for_what_it_can_foresee_with_its_proposals_and_takes_nothing_for_granted():
    book = excel("A7:B8")
    book.run(MAIN, "rpxl_lever")
    answer(book, "a1:c3")  # of the sheet of the selection
    book.run(MAIN, "rpxl_lever")
    assert [row[:2] for row in book.sheets[TITLE][QUESTION - 1 :]][1:] == [
        ["Target volatility, annual:", "10%"],
        ["Annual interest rate on what is borrowed:", "5%"],
    ]
    assert book.formulas == {}
    answer(book, "Data!A1:C3", "20%", 0.03)
    book.run(MAIN, "rpxl_lever")
    assert TITLE not in book.sheets
    assert [row[1] for row in book.sheets["Levered"][2:4]] == [0.2, 0.03]
    assert book.formulas["Levered", 6, 1] == "=LEVER_TO_VOL('Data'!$A$7:$B$8,'Data'!$A$1:$C$3,$B$3,$B$4)"


def test_weights_are_never_written_over_cells_without_a_yes():
    book = excel("B2")  # one cell: the block around it is meant
    book.run(MAIN, "rpxl_weights")
    assert book.sheets[TITLE][QUESTION - 1][1] == "'Data'!$E$1"
    answer(book, "Data!A6")
    book.run(MAIN, "rpxl_weights")
    assert "already. Overwrite them?" in asked(book)[1] and book.formulas == {}
    book.run(MAIN, "rpxl_weights")  # unanswered: asked again
    assert len(asked(book)) == 2 and book.formulas == {}
    answer(book, "Data!A6", "no")
    book.run(MAIN, "rpxl_weights")
    assert book.formulas == {}
    answer(book, "Data!A6", "Yes")
    book.run(MAIN, "rpxl_weights")
    assert book.formulas["Data", 7, 2] == "=RP_WEIGHTS($A$1:$C$3)"
    assert book.sheets["Data"][5] == ["Asset", "Weight", "Share of risk"] and book.active == "Data"


def test_a_target_over_the_matrix_is_refused_and_nothing_changes():
    book = excel("A1:C3")
    book.run(MAIN, "rpxl_weights")
    answer(book, "Data!B2")
    before = {name: [*rows] for name, rows in book.sheets.items()}
    with pytest.raises(InputError, match="overwrite the cells"):
        book.run(MAIN, "rpxl_weights")
    assert book.sheets == before and book.formulas == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Prices!A1:B2", "there is no sheet 'Prices'"), ("A:C", "not an address of one block"), ("x", "not an address")],
)
def test_an_address_that_is_none_is_named(typed: str, said: str):
    book = excel("A7:B8")
    book.run(MAIN, "rpxl_decompose")
    answer(book, typed)
    with pytest.raises(RpxlError, match=said):
        book.run(MAIN, "rpxl_decompose")


def test_another_script_starts_with_its_own_questions_on_the_same_sheet():
    book = excel("A7:B8")
    book.run(MAIN, "rpxl_decompose")
    book.selection, book.active = "A1:C3", "Data"
    book.run(MAIN, "rpxl_weights")
    assert [name for name in book.sheets if name.startswith(TITLE)] == [TITLE]
    assert book.sheets[TITLE][2][:2] == ["Script", "weights"] and "Where should the weights go" in asked(book)[0]


def test_a_sheet_of_that_name_that_is_not_rpxls_stays():
    book = Excel({"Data": DATA, TITLE: [["my own"]]}, "A7:B8")
    book.run(MAIN, "rpxl_decompose")
    assert book.sheets[TITLE] == [["my own"]] and book.active == f"{TITLE} 2"


@pytest.mark.parametrize("name", [name for name, macro in MACROS.items() if macro.trial is not None])
def test_every_macro_writes_the_formulas_that_it_plans_for_windows(name: str):
    """On what the self-test selects and answers there."""
    macro = MACROS[name]
    assert macro.trial is not None
    selected, replies = macro.trial()
    sheets = {"Selected": selected, **{f"Answer {i}": rows for i, rows in enumerate(replies) if isinstance(rows, list)}}
    desk = FakeDesk(sheets)
    desk.selected = desk.whole("Selected")
    answers = [address(desk.whole(f"Answer {i}")) if isinstance(each, list) else each for i, each in enumerate(replies)]
    plan = desk.run(name, *answers)
    wanted = {(step.row, step.column): step.text for step in plan.steps if isinstance(step, FormulaEdit)}
    assert wanted

    whole = desk.selected.text("Selected").replace("$", "")
    book = Excel({key: [[_sent(cell) for cell in row] for row in rows] for key, rows in sheets.items()}, whole)
    typed = [desk.whole(f"Answer {i}").text() if isinstance(each, list) else each for i, each in enumerate(replies)]
    for _ in range(len(replies) + 1):
        book.run(MAIN, f"rpxl_{name}")
        if TITLE not in book.sheets:
            break
        answer(book, *typed[: len(asked(book))])
    assert {(row, column): text for (_, row, column), text in book.formulas.items()} == wanted


def _sent(cell: Any) -> Any:
    """A date as Lite sends it."""
    return f"{cell.isoformat()}T00:00:00Z" if isinstance(cell, date) else cell


def test_a_question_that_no_proposal_answers_is_asked_alone_and_proposals_are_never_taken_silently():
    def macro(name: str, answers: Any, desk: Any) -> Ask | Plan:
        assert name == "two" and isinstance(desk, LiteDesk)
        asks = [Ask("text", "How many?", "5"), Ask("confirm", "Sure?"), Ask("text", "Why?", "so")]
        return asks[len(answers)] if len(answers) < 3 else Plan(" ".join(answers))

    book = Excel({"Data": DATA})
    main = module(two=LITE.script(_running(macro)))
    book.run(main, "two")
    assert [row[:2] for row in book.sheets[TITLE][QUESTION - 1 :]] == [["How many?", "5"], ["Sure?", None]]
    answer(book, "7", "yes")
    book.run(main, "two")
    assert asked(book) == ["How many?", "Sure?", "Why?"] and book.told == []
    book.run(main, "two")
    assert book.told == ["7 yes so"]


def _running(macro: Any) -> Any:
    def two(book: Any) -> None:
        plan = questions.run("two", "Two", book, macro)
        if plan is not None:
            tell(book, plan.message)

    two.__annotations__ = {"book": LITE.Book}
    return two


def test_explain_error_tells_why_the_selected_cell_failed():
    book = excel("C2")
    with pytest.raises(RpxlError):
        call(MAIN, "VOLS", [["x"]], at="[Book.xlsx]Data!$C$2")
    book.run(MAIN, "rpxl_explain_error")
    assert book.told == ["VOLS in Data!C2: cov: row 1, column 1 holds the text 'x' where a number belongs."]
    book.selection = "A1"
    book.run(MAIN, "rpxl_explain_error")
    assert "No function of rpxl has failed in Data!A1" in book.told[1] and "VOLS in Data!C2: cov" in book.told[1]
    call(MAIN, "VOLS", [[0.04]], at="[Book.xlsx]Data!$C$2")
    book.selection = "C2"
    book.run(MAIN, "rpxl_explain_error")
    assert "No function of rpxl has failed in Data!C2" in book.told[2]


@given(
    st.lists(st.lists(st.sampled_from([None, 1]), min_size=6, max_size=6), min_size=6, max_size=6),
    st.integers(1, 6),
    st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_the_block_around_a_cell_is_the_one_that_excel_finds(rows: Any, row: int, column: int):
    area = filled_around(rows, SheetArea("", "S", row, column))
    assert (area.row, area.column, area.height, area.width) == current_region(rows, row, column)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A1", "'S'!$A$1"),
        ("=$b$2:$A$10", "'S'!$A$2:$B$10"),
        ("'It''s'!A1:B2", "'It''s'!$A$1:$B$2"),
        ("'[Book.xlsx]My data'!$A$1", "'My data'!$A$1"),
        ("Daten!C3", "'Daten'!$C$3"),
    ],
)
def test_addresses_as_people_write_them(text: str, wanted: str):
    assert read_address(text, "Book.xlsx", "S").text() == wanted
