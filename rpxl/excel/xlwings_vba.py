"""The VBA side of xlwings, taken from the xlwings that is installed and fitted to the add-in.

The module declares a DLL whose name holds the version, so it must come from the xlwings that will answer.
What the add-in does itself (reading settings, the command that starts Python) is taken out of it.
"""

import re
from importlib.metadata import version
from importlib.resources import files

from rpxl.errors import InputError

PROJECT = "rpxl"
"""What the settings file and the folder of settings are called by."""

_DONE_BY_RPXL = ("GetConfig", "XLPyCommand")


def installed_version() -> str:
    """Return the version of xlwings, without importing it.

    >>> installed_version().count(".") >= 2
    True
    """
    return version("xlwings")


def xlwings_modules() -> dict[str, str]:
    """Return the sources of the modules ``xlwings`` and ``Dictionary`` (which Excel for Mac lacks).

    Raises
    ------
    InputError
        The installed xlwings has another form than the one that the add-in was fitted to.
    """
    package = files("xlwings")
    main = (package / "xlwings_custom_addin.bas").read_text("utf-8")
    dictionary = (package / "addin" / "Dictionary.cls").read_text("utf-8")
    return {"xlwings": fit(main, installed_version()), "Dictionary": dictionary}


def fit(source: str, xlwings_version: str) -> str:
    """Fit xlwings' module for custom add-ins to rpxl."""
    if f"xlwings64-{xlwings_version}.dll" not in source:
        raise _changed(f"the module does not declare the DLL of version {xlwings_version}")
    source = _replace_once(
        source, re.escape('PROJECT_NAME As String = "myaddin"'), f'PROJECT_NAME As String = "{PROJECT}"'
    )
    for name in _DONE_BY_RPXL:
        source = _replace_once(source, rf"(?ms)^Function {name}\(.*?^End Function\n", f"' {name}: see RpxlPython\n")
    return source


def _replace_once(source: str, pattern: str, replacement: str) -> str:
    changed, count = re.subn(pattern, lambda _: replacement, source)
    if count != 1:
        raise _changed(f"{pattern!r} is in the module {count} times")
    return changed


def _changed(what: str) -> InputError:
    advice = f"The installed version {installed_version()} is not one that rpxl knows; install another one."
    return InputError("xlwings", f"{what}. {advice}")
