"""The VBA functions that a cell calls, one for each function of the catalogue, and the help that Excel shows."""

import re

from rpxl.formulas.catalogue import FUNCTIONS, Parameter, WorksheetFunction

MODULE = "RpxlFunctions"

LONGEST_HELP = 255
"""How many characters of a description Excel shows."""

_LONGEST_NAME = 255
_CELL_NAME = re.compile(r"[A-Z]{1,3}[0-9]+|R[0-9]*C[0-9]*|[RC]", re.IGNORECASE)
_NAME = re.compile(r"[A-Z][A-Z0-9_]*", re.IGNORECASE)
_KEYWORDS = """
    addressof alias and any as attribute boolean byref byte byval call case cdecl close const currency date debug
    decimal declare dim do double each else elseif empty end enum eqv erase event exit false for friend function
    get global gosub goto if imp implements in input integer is len let like lock long longlong longptr loop lset
    me mod new next not nothing null object on open option optional or paramarray preserve print private property
    pset ptrsafe public put raiseevent redim rem resume return rset scale seek select set shared single spc static
    step stop string sub tab then to true type typeof unlock until variant wend while with withevents write xor
"""
_RESERVED = frozenset(_KEYWORDS.split())


def functions_module() -> str:
    """Return the source of the VBA module that holds all functions.

    Raises
    ------
    ValueError
        Excel or VBA does not accept a name of the catalogue.
    """
    functions = (_function(formula) for formula in FUNCTIONS.values())
    head = (
        f'Attribute VB_Name = "{MODULE}"',
        "Option Explicit",
        "' Made by 'rpxl addin build' from the catalogue of functions; a change here is lost.",
        "",
    )
    return "\n".join([*head, *functions])


def _function(formula: WorksheetFunction) -> str:
    check_name(formula.name)
    declared = ", ".join(_declared(p) for p in formula.parameters)
    given = ", ".join(argument_name(p.name) for p in formula.parameters)
    names = " ".join(p.name for p in formula.parameters)
    return (
        f"Public Function {formula.name}({declared}) As Variant\n"
        "    Dim answer_ As Variant\n"
        f'    CallRpxl "{formula.name}", "{names}", Array({given}), answer_\n'
        f"    {formula.name} = answer_\n"
        "End Function\n"
    )


def _declared(parameter: Parameter) -> str:
    optional = "Optional " if parameter.optional else ""
    return f"{optional}ByVal {argument_name(parameter.name)} As Variant"


def argument_name(name: str) -> str:
    """Return the name of an argument in VBA, which reserves some words; the function wizard shows this name.

    >>> argument_name("cov"), argument_name("end")
    ('cov', 'end_')
    """
    return f"{name}_" if name.lower() in _RESERVED else name


def check_name(function: str) -> None:
    """Refuse a function's name that VBA reserves, that looks like a cell, or that is too long.

    Raises
    ------
    ValueError
        Names the function and says what is wrong.

    Examples
    --------
    >>> check_name("RP1")
    Traceback (most recent call last):
        ...
    ValueError: RP1: Excel would take this name for a cell
    """
    if _CELL_NAME.fullmatch(function):
        raise ValueError(f"{function}: Excel would take this name for a cell")
    if not _NAME.fullmatch(function) or len(function) > _LONGEST_NAME:
        raise ValueError(f"{function}: a name has up to {_LONGEST_NAME} letters, digits and _, the first a letter")
    if function.lower() in _RESERVED:
        raise ValueError(f"{function}: VBA reserves this word")


def shorten(text: str) -> str:
    """Cut a description at the end of a word, so that Excel can show all of it.

    >>> len(shorten("word " * 100)) <= 255
    True
    """
    if len(text) <= LONGEST_HELP:
        return text
    return text[: LONGEST_HELP - 1].rsplit(" ", 1)[0] + "…"


def intellisense_rows() -> list[list[str]]:
    """Return the rows of the sheet ``_IntelliSense_``, from which Excel-DNA IntelliSense shows tooltips.

    One function per row: its name, description, a link to help (none), then name and help of each argument.
    """
    rows = [["FunctionInfo"]]
    for formula in FUNCTIONS.values():
        arguments = (text for p in formula.parameters for text in (_shown(p), shorten(p.help)))
        rows.append([formula.name, shorten(formula.description), "", *arguments])
    return rows


def _shown(parameter: Parameter) -> str:
    return f"[{parameter.name}]" if parameter.optional else parameter.name
