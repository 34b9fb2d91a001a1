"""The ribbon's macros as plain Python: they look at a desk, ask, and return a plan; see `rpxl.excel.host`."""

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
    """Run a macro with the answers so far, and return its next question or its plan."""
    macro = info.template(name.removeprefix(_TEMPLATE)) if name.startswith(_TEMPLATE) else MACROS[name](desk)
    try:
        question = next(macro)
        for answer in answers:
            question = macro.send(answer)
    except StopIteration as end:
        plan: Plan = end.value
        return plan
    return question
