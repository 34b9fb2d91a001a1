"""The ribbon's macros in plain Python: they read cells through a `Desk`, ask questions and return a `Plan`.

`rpxl.excel.host` and `rpxl.lite` carry the plans out.
"""

from collections.abc import Sequence

from rpxl.excel.macros import analyse, construct, freeze_copy, info, tear_sheet, trade_list
from rpxl.excel.macros.plan import Ask, Desk, Plan
from rpxl.excel.macros.registry import MACROS, RibbonMacro

__all__ = [
    "MACROS",
    "Ask",
    "Desk",
    "Plan",
    "RibbonMacro",
    "advance",
    "analyse",
    "construct",
    "freeze_copy",
    "info",
    "tear_sheet",
    "trade_list",
]

_TEMPLATE = "template:"
"""``template:NAME`` opens a template."""


def advance(name: str, answers: Sequence[str], desk: Desk) -> Ask | Plan:
    """Run a macro from its start with the answers so far, and return its next question or its plan.

    Parameters
    ----------
    name
        A macro of `MACROS`, or ``template:NAME``.
    answers
        The answers to its questions so far, in order.
    desk
        Reads the workbook.

    Raises
    ------
    RpxlError
        The macro refuses the cells or an answer.
    """
    macro = info.template(name.removeprefix(_TEMPLATE)) if name.startswith(_TEMPLATE) else MACROS[name](desk)
    try:
        question = next(macro)
        for answer in answers:
            question = macro.send(answer)
    except StopIteration as end:
        plan: Plan = end.value
        return plan
    return question
