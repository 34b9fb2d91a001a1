"""The add-in's VBA for pyOpenVBA's interpreter: what only Windows has is replaced by stand-ins."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter._objects import VBAObject

from rpxl.excel import addin_file


def source(module: str, *, without: Sequence[str] = ()) -> str:
    """Return a module without its declarations of DLLs, and without some of its procedures."""
    text = "\n".join(addin_file.modules()[module].splitlines())
    text = re.sub(r"(?m)^ *Private Declare .*\n", "", text)
    text = text.replace("LongPtr", "Long")  # which this interpreter doesn't know
    for name in without:
        text, count = re.subn(rf"(?ms)^(Public|Private) (Sub|Function) {name}\(.*?^End \2\n", "", text)
        assert count, name
    return text + "\n"


class Standing(VBAObject):
    """An object of Excel's with some members; a member that is a function gets the arguments."""

    def __init__(self, **members: Any) -> None:
        self.members = {name.lower(): member for name, member in members.items()}

    def vba_get(self, name: str, args: Sequence[object] = (), named: dict[str, object] | None = None) -> Any:
        member = self.members[name.lower()]
        return member(*args) if callable(member) else member

    def vba_member(self, name: str) -> Any:
        return None


def cells(app: ExcelApplication, address: str) -> Any:
    return app.sheet(1).sheet.vba_get("Range", [address])


def command_bars(enabled: Callable[[], bool]) -> Callable[[Sequence[object]], Standing]:
    """Stand in for ``Application.CommandBars``: whether the first button of a bar works is told by `enabled`."""
    return lambda args: Standing(controls=lambda _: Standing(enabled=enabled()))
