"""A macro's questions are asked on a sheet, because a script of xlwings Lite can show no box with an input.

The sheet says which script asks, and for which selection. The user writes the answers into its yellow cells and runs
the script again. When the last question is answered, the sheet is deleted.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rpxl.errors import RpxlError
from rpxl.excel.macros import Ask, Desk, Plan, advance
from rpxl.excel.macros.writing import INPUT_COLOUR, block, new_sheet
from rpxl.lite.desk import LiteDesk, read_address, selected_area

TITLE = "rpxl asks"
_SCRIPT, _SELECTED, _FIRST = 3, 4, 6
_YES = frozenset({"yes", "y", "true", "ja", "oui", "si", "sí"})
_HOW = {
    "range": "an address, such as Data!A1:C3",
    "text": "",
    "confirm": "yes, or leave it blank",
}

Advance = Callable[[str, Sequence[str], Desk], Ask | Plan]


class Asked:
    """The answers on the sheet of questions, if that is the active sheet and belongs to this macro."""

    def __init__(self, book: Any, name: str) -> None:
        self.sheet, self.answers, self.selected = None, dict[str, str](), selected_area(book)
        sheet = book.sheets.active
        rows = _texts(sheet)
        if _is_questions(rows) and rows[_SCRIPT - 1][1] == name:
            self.sheet = sheet
            self.answers = {row[0]: row[1] for row in rows[_FIRST - 1 :] if row[0] and row[1]}
            address = rows[_SELECTED - 1][1]
            self.selected = read_address(address, book.name, sheet.name) if address else None


def _texts(sheet: Any) -> list[list[str]]:
    """Return the first two columns of a sheet as text, from the first row on."""
    used = sheet.used_range
    rows = block(sheet, 1, 1, max(used.row + used.shape[0] - 1, _FIRST), 2).options(ndim=2, err_to_str=True).value
    return [["" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in r] for r in rows]


def _is_questions(rows: list[list[str]]) -> bool:
    return rows[0][0] == TITLE


def run(name: str, label: str, book: Any, step: Advance = advance) -> Plan | None:
    """Run a macro with the answers on the sheet and return its plan; if questions are open, write them and return None.

    Parameters
    ----------
    name, label
        The macro, and the text of its button.
    book
        The workbook that xlwings Lite passes.
    step
        Runs the macro with the answers so far; see :func:`rpxl.excel.macros.advance`.

    Raises
    ------
    RpxlError
        The macro refuses the selection or an answer.
    """
    asked = Asked(book, name)
    desk = LiteDesk(book, asked.selected)
    answers: list[str] = []
    asks: list[Ask] = []
    while True:
        question = step(name, answers, desk)
        if isinstance(question, Plan):
            if asked.sheet is not None:
                asked.sheet.delete()
            return question
        asks.append(question)
        answer = asked.answers.get(question.prompt, "")
        if not answer or (question.kind == "confirm" and answer.strip().lower() not in _YES):
            break
        answers.append(answer)
    asks += _those_to_come(name, answers, asks[-1], desk, step)
    _write(book, name, label, asked, asks)
    return None


def _those_to_come(name: str, answers: list[str], open_one: Ask, desk: Desk, step: Advance) -> list[Ask]:
    """Return the questions that follow if each proposal is the answer, so that one sheet can ask them all."""
    asks: list[Ask] = []
    foreseen = list(answers)
    question: Ask | Plan = open_one
    while isinstance(question, Ask) and question.proposal and question.kind != "confirm":
        foreseen.append(question.proposal)
        try:
            question = step(name, foreseen, desk)
        except RpxlError:
            break
        if isinstance(question, Ask):
            asks.append(question)
    return asks


def _write(book: Any, name: str, label: str, asked: Asked, asks: Sequence[Ask]) -> None:
    """Write the questions with the answers so far, on the sheet of questions or on a new one."""
    known = [(ask.prompt, asked.answers.get(ask.prompt, ask.proposal), _HOW[ask.kind]) for ask in asks]
    sheet = asked.sheet or _own_sheet(book) or new_sheet(book, TITLE)
    sheet.clear()
    selected = asked.selected.text() if asked.selected is not None else ""
    head = [
        [TITLE, ""],
        [f"{label}: fill in the yellow cells of column B, then run the script again on this sheet.", ""],
    ]
    rows = [*head, ["Script", name], ["Selected", selected], ["", ""], *([ask, answer] for ask, answer, _ in known)]
    cells = block(sheet, 1, 1, len(rows), 2)
    cells.number_format = "@"
    cells.value = rows
    sheet.range((1, 1)).font.bold = True
    for number, (_, _, how) in enumerate(known, _FIRST):
        sheet.range((number, 2)).color = INPUT_COLOUR
        if how:
            sheet.range((number, 3)).value = how
    block(sheet, _FIRST, 1, len(known), 1).wrap_text = True
    sheet.range((1, 1)).column_width = 70
    sheet.range((1, 2)).column_width = 30
    sheet.activate()


def _own_sheet(book: Any) -> Any:
    """Return the sheet of questions that an earlier script has left, if there is one."""
    return next((sheet for sheet in book.sheets if _is_questions(_texts(sheet))), None)
