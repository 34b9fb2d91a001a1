"""What the add-in starts on Windows: a COM server that computes the functions of cells and runs the macros.

It is xlwings' server with two methods of rpxl's own, so that a call from a cell is one call through COM. The add-in
runs ``python -P -m rpxl.excel.server {CLSID} NUMBER``; a new process gets a new number, so that it is not taken for
one that has died. ``python -P -m rpxl.excel.server --check`` only prints the versions of rpxl and xlwings.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

_CONDA_FOLDERS = ("", "Library/mingw-w64/bin", "Library/usr/bin", "Library/bin", "Scripts", "bin")


def main(arguments: list[str]) -> None:
    """Serve Excel until Excel ends, or print versions."""
    activate_conda(Path(sys.prefix))
    from rpxl.excel import udfs

    if arguments[:1] == ["--check"]:
        print(json.dumps(versions()))
        return
    com_server: Any = import_module("xlwings.com_server")
    com_server.XLPython = server_class(com_server, udfs.compute)  # xlwings makes one when Excel connects
    com_server.serve(arguments[0])


def activate_conda(prefix: Path) -> None:
    """Put a conda environment's folders on the path, as its activation does: only there does numpy find its DLLs."""
    if not (prefix / "conda-meta").is_dir():
        return
    folders = [str(prefix / folder) for folder in _CONDA_FOLDERS]
    path = os.environ.get("PATH", "")
    if folders[3] not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([*folders, path])


def versions() -> list[str]:
    """Return the versions of rpxl and xlwings."""
    from rpxl import __version__
    from rpxl.excel.xlwings_files import installed_version

    return [__version__, installed_version()]


def server_class(com_server: Any, compute: Any) -> type:
    """Return the class of the object whose methods Excel calls."""

    class Server(com_server.XLPython):  # type: ignore[misc]
        """Answers the add-in; see ``addin/RpxlPython.bas``."""

        _public_methods_ = ("Compute", "RunMacro", *com_server.XLPython._public_methods_)

        def Compute(self, name: str, args: Any, from_1904: bool) -> Any:  # noqa: N802  # as VBA spells it
            """Compute a function of the catalogue for a cell."""
            return compute(name, args, from_1904)

        def RunMacro(self, name: str, answers: str, application: Any) -> str:  # noqa: N802
            """Run a macro with the answers so far, and return what the add-in is to do next."""
            from rpxl.excel.host import run

            return run(name, answers, import_module("win32com.client").Dispatch(application))

    return Server


if __name__ == "__main__":
    main(sys.argv[1:])
