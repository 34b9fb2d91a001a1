"""Plays Excel for the macros: runs in Windows' Python and serves `stand_in_objects.py` through COM.

The members are those of `excel.idl`, by which pywin32 looks them up in the process of rpxl's server, as it does in
Excel's own type library. A command is a line of JSON, the answer is a line.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from typing import Any, ClassVar

import pythoncom
import winerror
from stand_in_objects import Application, ChartObject, Range, Thing, Workbook, told
from win32com.client import Dispatch
from win32com.server import util
from win32com.server.exception import COMException
from win32com.server.policy import BasicWrapPolicy

from rpxl.excel.host import run

REJECTED = -2147418111  # the call was rejected by callee: a cell is being edited, or Excel is busy
GET, PUT, CALL = pythoncom.INVOKE_PROPERTYGET, pythoncom.INVOKE_PROPERTYPUT, pythoncom.INVOKE_FUNC
LEFT_OUT = (None, pythoncom.Missing, -2147352572)
TYPES = {pythoncom.VT_BSTR: str, pythoncom.VT_I4: int, pythoncom.VT_BOOL: bool, pythoncom.VT_R8: (int, float)}

faults: list[str] = []
"""Faults of the stand-in itself."""


class Member:
    """What can be done with a member: for each kind of call, how many arguments it must have, and their types."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ways: dict[int, tuple[int, list[int]]] = {}

    def check(self, way: int, args: tuple[Any, ...]) -> None:
        """Refuse what Excel's type library does not allow."""
        required, types = self.ways[way]
        if len(args) > len(types):
            raise COMException(f"{self.name}: too many arguments", scode=winerror.DISP_E_BADPARAMCOUNT)
        if way != PUT and sum(arg is not None for arg in args[:required]) < required:
            raise COMException(f"{self.name}: needs more arguments", scode=winerror.DISP_E_PARAMNOTOPTIONAL)
        for arg, kind in zip(args, types[-1:] if way == PUT else types, strict=False):
            wanted = TYPES.get(kind, object)
            if arg is not None and (not isinstance(arg, wanted) or (wanted is int and isinstance(arg, bool))):
                raise COMException(f"{self.name}: {arg!r} is of another type", scode=winerror.DISP_E_TYPEMISMATCH)


class Interface:
    """An interface of the type library."""

    def __init__(self, info: Any) -> None:
        self.info = info
        self.members: dict[int, Member] = {}
        for number in range(info.GetTypeAttr().cFuncs):
            told = info.GetFuncDesc(number)
            member = self.members.setdefault(told.memid, Member(info.GetNames(told.memid)[0]))
            optional = [bool(flags & pythoncom.PARAMFLAG_FOPT) for _, flags, _ in told.args]
            member.ways[told.invkind] = (optional.count(False), [kind for kind, _, _ in told.args])
        self.numbers = {member.name.lower(): number for number, member in self.members.items()}


class Policy(BasicWrapPolicy):
    """Lets COM see an object through its interface, and nothing else of it."""

    interfaces: ClassVar[dict[str, Interface]] = {}

    def _wrap_(self, thing: Any) -> None:
        super()._wrap_(thing)
        self.interface = self.interfaces[thing.interface]

    def _GetTypeInfoCount_(self) -> int:
        return 1

    def _GetTypeInfo_(self, index: int, lcid: int) -> tuple[int, Any]:
        return 0, self.interface.info

    def _getdispid_(self, name: str, flags: int) -> int:
        if name.lower() not in self.interface.numbers:
            raise COMException(f"there is no member {name}", scode=winerror.DISP_E_UNKNOWNNAME)
        return self.interface.numbers[name.lower()]

    def _invoke_(self, number: int, lcid: int, flags: int, args: tuple[Any, ...]) -> tuple[int, int, Any]:
        if Application.busy:
            Application.busy -= 1
            return REJECTED, -1, None
        return 0, -1, self.answer(number, flags, args)

    def answer(self, number: int, flags: int, args: tuple[Any, ...]) -> Any:
        member = self.interface.members.get(number)
        way = next((way for way in (CALL, GET, PUT) if member and flags & way and way in member.ways), None)
        if member is None or way is None:
            raise COMException("there is no such member", scode=winerror.DISP_E_MEMBERNOTFOUND)
        args = tuple(None if arg in LEFT_OUT else unwrapped(arg) for arg in args)
        member.check(way, args)
        try:
            if way == PUT:
                setattr(self._obj_, member.name, args[-1])
                return None
            found = getattr(self._obj_, member.name)
            if member.name == "_NewEnum":
                return util.NewEnum([wrapped(each) for each in found.things])
            return wrapped(found(*args) if callable(found) else found)
        except COMException:
            raise
        except Exception:
            faults.append(traceback.format_exc())
            raise


def wrapped(value: Any) -> Any:
    """Return a value as COM passes it on."""
    if isinstance(value, Thing):
        return util.wrap(value, pythoncom.IID_IDispatch, usePolicy=Policy)
    return value


def unwrapped(value: Any) -> Any:
    """Return the object behind a pointer of COM that comes back."""
    return util.unwrap(value) if isinstance(value, pythoncom.TypeIIDs[pythoncom.IID_IDispatch]) else value


def connect() -> Any:
    """Start rpxl's server as the add-in does, and return the object that it serves."""
    identity = str(pythoncom.CreateGuid())
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-P", "-m", "rpxl.excel.server", identity, "0"], **quiet)
    while True:
        try:
            return Dispatch(
                pythoncom.CoCreateInstance(identity, None, pythoncom.CLSCTX_LOCAL_SERVER, pythoncom.IID_IDispatch)
            )
        except pythoncom.com_error:
            if process.poll() is not None:
                raise
            time.sleep(0.05)


def main(library: str, home: str) -> None:
    """Answer commands until there are no more."""
    os.environ["USERPROFILE"] = home  # Wine sets the user's folder itself
    types = pythoncom.LoadTypeLib(library)
    for number in range(types.GetTypeInfoCount()):
        Policy.interfaces[types.GetDocumentation(number)[0]] = Interface(types.GetTypeInfo(number))
    server: Any = None
    app = Application(spills=True)
    for line in sys.stdin:
        command = json.loads(line)
        if "books" in command:
            app = Application(spills=command["spills"])
            app.books += [Workbook(app, name, sheets) for name, sheets in command["books"].items()]
        sheets = {sheet.name: sheet for book in app.books for sheet in book.sheets}
        if command.get("chart"):
            app.Selection = ChartObject([])
        elif command.get("select"):
            name, *block = command["select"]
            app.Selection = Range(sheets[name], *block)
        Application.busy = command.get("busy", 0)
        faults.clear()
        if command["through_server"]:
            server = server or connect()
            reply = server.RunMacro(command["macro"], command["answers"], wrapped(app))
        else:  # the same, in this process: many calls between processes take long under Wine
            reply = run(command["macro"], command["answers"], Dispatch(wrapped(app)))
        answer = {
            "reply": reply,
            "faults": faults,
            "settings": [app.calculation, app.ScreenUpdating, app._status, app.DisplayAlerts],
            "shown": app.shown,
            "books": {book.FullName: [told(sheet) for sheet in book.sheets] for book in app.books},
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
