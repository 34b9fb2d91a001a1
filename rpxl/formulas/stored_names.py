"""How spreadsheets write rpxl's functions into files."""

import re
from collections.abc import Sequence

CALC_IDENTIFIER = "org.rpxl.calc"
"""What LibreOffice knows the add-in by."""

CALC_SERVICE = f"{CALC_IDENTIFIER}.Functions"
"""What Calc calls the functions by in a file that it saves: ``ORG.RPXL.CALC.FUNCTIONS.RP_WEIGHTS(…)``."""

CUSTOM_FUNCTION = "_xldudf_"
"""What stands before the name of an Office.js function, as those of xlwings Lite are, in a file of Excel's."""

ADD_IN = re.compile(r"(?:.*[\\/\[])?rpxl\.xlam\]?", re.IGNORECASE | re.DOTALL)
"""The add-in's file, as a link or a formula names it."""

_LINK = re.compile(r"\[(\d+)\]")


def calls_add_in(prefix: str | None, links: Sequence[str]) -> bool:
    """Whether a function with what stands before its ``!`` may be rpxl's, and is not of another file.

    Parameters
    ----------
    prefix
        ``[1]``, the path of a file, or None.
    links
        The files that the workbook links to: ``[1]`` is the first. Where it links to none, a number says nothing.

    Examples
    --------
    >>> calls_add_in("[2]", ["rpxl.xlam", "other.xlam"]), calls_add_in("'C:/add ins/rpxl.xlam'", [])
    (False, True)
    """
    if prefix is None:
        return True
    number = _LINK.fullmatch(prefix.strip("'"))
    if number is None:
        return ADD_IN.fullmatch(prefix.strip("'")) is not None
    index = int(number[1]) - 1
    return not links or (0 <= index < len(links) and ADD_IN.fullmatch(links[index]) is not None)
