"""The macros as scripts of xlwings Lite, which are started from its pane."""

from collections.abc import Callable
from typing import Any

from rpxl.errors import InputError
from rpxl.excel.macros import MACROS
from rpxl.lite import questions
from rpxl.lite.desk import carry_out, selected_area
from rpxl.lite.functions import REASONS

_UNTRIED = frozenset({"functions"})
"""Macros that Lite can run though the self-test leaves them out; the others that it leaves out work on files."""

_SHOWN = 5


def scripts(xlwings: Any) -> dict[str, Callable[..., Any]]:
    """Return the macros, and one that explains errors, as scripts by name.

    Parameters
    ----------
    xlwings
        The module, of which ``script`` and ``Book`` are used.
    """
    fit = {name: macro for name, macro in MACROS.items() if macro.trial is not None or name in _UNTRIED}
    made = {f"rpxl_{name}": _script(name, macro.label, xlwings) for name, macro in fit.items()}
    return {"rpxl_explain_error": _explain(xlwings), **made}


def _script(name: str, label: str, xlwings: Any) -> Callable[..., Any]:
    def run(book: Any) -> None:
        plan = questions.run(name, label, book)
        if plan is not None:
            carry_out(plan, book)
            if plan.message:
                tell(book, plan.message)

    macro = MACROS[name]
    run.__doc__ = f"{macro.title}. {macro.help}".strip()
    return _named(run, f"rpxl_{name}", f"rpxl: {label}", xlwings)


def _explain(xlwings: Any) -> Callable[..., Any]:
    def run(book: Any) -> None:
        tell(book, explanation(book))

    run.__doc__ = "Why the function in the selected cell failed, in words."
    return _named(run, "rpxl_explain_error", "rpxl: Explain error", xlwings)


def _named(run: Callable[..., Any], name: str, label: str, xlwings: Any) -> Callable[..., Any]:
    run.__name__ = run.__qualname__ = name
    run.__annotations__ = {"book": xlwings.Book}
    return xlwings.script(name=label)(run)  # type: ignore[no-any-return]


def explanation(book: Any) -> str:
    """Say why the function in the selected cell failed.

    Raises
    ------
    InputError
        No cell is selected.
    """
    area = selected_area(book)
    if area is None:
        raise InputError("", "Select one cell with an error.")
    address = area.part(0, 0, 1, 1).text(area.sheet).replace("$", "")
    reason = REASONS.of(area.sheet, address)
    if reason is not None:
        return f"{reason.function} in {area.sheet}!{address}: {reason.text}"
    told = f"No function of rpxl has failed in {area.sheet}!{address} since Excel started Python."
    others = [
        f"{each.function} in {each.sheet}!{each.address}: {each.text}"
        if each.address
        else f"{each.function}: {each.text}"
        for each in REASONS.last(_SHOWN)
    ]
    if not others:
        return f"{told} If it shows an error, compute it again (Ctrl+Alt+F9) and run this script again."
    return "\n".join([told, "The last failures:", *others])


def tell(book: Any, message: str) -> None:
    """Show a message in a box, and print it in xlwings Lite's pane."""
    print(message)
    book.app.alert(message, title="rpxl")
