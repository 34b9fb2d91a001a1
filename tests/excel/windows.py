"""xlwings' own Windows side on any system: the converters and `call_udf` as they ship, under stand-ins for COM.

Only the modules that talk to Windows are replaced (pywin32, ctypes' DLLs); everything that turns COM values into
arguments and answers into COM values is the code that runs under Excel.
"""

import ctypes
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

_STUBS = """
    pythoncom pywintypes win32api win32con win32gui win32process win32event win32timezone win32com win32com.client
    win32com.client.gencache win32com.client.dynamic win32com.server win32com.server.dispatcher win32com.server.policy
    win32com.server.util win32com.server.exception
"""

_OWN = ("_xlwindows", "_win32patch", "udfs", "com_server")

MISSING = -2147352572
"""What pywin32 makes of an argument that was left out."""


class _Stub(ModuleType):
    """A module in which every name is there; names that are used as types are types."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        is_type = name.endswith(("Class", "Type", "error", "Dispatch", "BaseClass"))
        value = type(name, (Exception if name.endswith("error") else object,), {}) if is_type else MagicMock()
        setattr(self, name, value)
        return value


@contextmanager
def xlwings_for_windows() -> Iterator[ModuleType]:
    """Load xlwings' server as on Windows, and put everything back afterwards."""
    import xlwings

    with pytest.MonkeyPatch.context() as patch:
        for name in _STUBS.split():
            patch.setitem(sys.modules, name, _Stub(name))
            sys.modules[name].__file__ = name
            package, _, module = name.rpartition(".")
            if package:
                setattr(sys.modules[package], module, sys.modules[name])
        for library in ("oledll", "windll", "PyDLL"):
            patch.setattr(ctypes, library, MagicMock(), raising=False)
        for name in _OWN:
            patch.delitem(sys.modules, f"xlwings.{name}", raising=False)
            patch.delattr(xlwings, name, raising=False)
        sys.modules["win32com.server.util"].unwrap = MagicMock(side_effect=TypeError)  # plain values are not wrapped
        windows = importlib.import_module("xlwings._xlwindows")
        patch.setitem(xlwings.engines.engines_by_name, "excel", xlwings.main.Engine(impl=windows.engine))
        udfs = importlib.import_module("xlwings.udfs")
        patch.setattr(xlwings, "func", udfs.xlfunc)
        patch.setattr(xlwings, "arg", udfs.xlarg)
        patch.setattr(xlwings, "ret", udfs.xlret)
        patch.delitem(sys.modules, "rpxl.excel.udfs", raising=False)
        server = importlib.import_module("xlwings.com_server")
        try:
            yield server
        finally:
            server.loop.close()
            for name in ("rpxl.excel.udfs", *(f"xlwings.{name}" for name in _OWN)):
                sys.modules.pop(name, None)
