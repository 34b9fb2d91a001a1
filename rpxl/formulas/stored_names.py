"""How spreadsheet programs write the names of rpxl's functions into files."""

import re
from collections.abc import Sequence

CALC_IDENTIFIER = "org.rpxl.calc"
"""The identifier of the add-in in LibreOffice."""

CALC_SERVICE = f"{CALC_IDENTIFIER}.Functions"
"""The prefix of the functions in a file that Calc saves: ``ORG.RPXL.CALC.FUNCTIONS.RP_WEIGHTS(…)``."""

CUSTOM_FUNCTION = "_xldudf_"
"""The prefix of Office.js functions, such as those of xlwings Lite, in a file that Excel saves."""

ADD_IN = re.compile(r"(?:.*[\\/\[])?rpxl\.xlam\]?", re.IGNORECASE | re.DOTALL)
"""The file of the add-in, in a link or in a formula, with or without its folder."""

_LINK = re.compile(r"\[(\d+)\]")


def calls_add_in(prefix: str | None, links: Sequence[str]) -> bool:
    """Tell whether a function with this prefix may be rpxl's: it has no prefix, or that of the add-in.

    Parameters
    ----------
    prefix
        What is before the ``!``: ``[1]``, the path of a file, or None.
    links
        The files that the workbook links to: ``[1]`` is the first. If there are none, any number is accepted.

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
