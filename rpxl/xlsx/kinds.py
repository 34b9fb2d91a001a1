"""The kinds of workbooks, and the ending of each: Excel refuses a file with the ending of another kind."""

from pathlib import Path

from rpxl.errors import InputError
from rpxl.xlsx.package import Package

_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MACROS = "application/vnd.ms-excel"
_ENDINGS = {
    f"{_SHEETS}.sheet.main+xml": ".xlsx",
    f"{_SHEETS}.template.main+xml": ".xltx",
    f"{_MACROS}.sheet.macroEnabled.main+xml": ".xlsm",
    f"{_MACROS}.template.macroEnabled.main+xml": ".xltm",
    f"{_MACROS}.addin.macroEnabled.main+xml": ".xlam",
}


def suffix_of(package: Package) -> str:
    """Return the ending that a workbook's name must have.

    Raises
    ------
    InputError
        The file is not a workbook.
    """
    main = next((link.target for link in package.relationships() if link.type.endswith("/officeDocument")), "")
    kind = package.content_type(main)
    if kind not in _ENDINGS:
        raise package.error("this is an Office file but not an Excel workbook. Choose an .xlsx file.")
    return _ENDINGS[kind]


def require_suffix(package: Package, out: Path) -> None:
    """Check that a workbook is written with the ending of its kind.

    Raises
    ------
    InputError
        `out` has another ending.
    """
    suffix = suffix_of(package)
    if out.suffix.lower() != suffix:
        holds = "holds macros" if suffix in (".xlsm", ".xltm", ".xlam") else "is a workbook without macros"
        raise InputError(str(out), f"{package.name} {holds}: Excel opens it only with the ending {suffix}.")
