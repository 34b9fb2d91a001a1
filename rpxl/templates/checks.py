"""The sheet Checks: figures of rpxl beside the same figures by formulas that every spreadsheet has."""

from collections.abc import Sequence
from dataclasses import dataclass

from rpxl.templates.looks import PERCENT2
from rpxl.templates.page import AGREES, Page, TemplateBook, where

CHECKS_TOP = 5
"""The row of the first check."""


FROM_PRICES = "The same figures straight from the prices, by native formulas that every spreadsheet has"


@dataclass(frozen=True)
class Check:
    """A figure that is computed in two ways.

    Attributes
    ----------
    figure
        The name of the figure, or a formula that gives it.
    ours, native
        The formulas, without ``=``: one with rpxl, one with native functions.
    number_format
        How the figure is shown.
    ranges
        Two ranges or arrays to compare, if `ours` and `native` show only one number of each.
    shown
        The native formula as the sheet prints it, if that is not `native`.
    verdict
        A formula for the verdict, if the test is not equality; ``{ours}`` and ``{native}`` are the cells.
    only_if
        A formula; where it is false the two are not compared.
    """

    figure: str
    ours: str
    native: str
    number_format: str
    ranges: tuple[str, str] | None = None
    shown: str = ""
    verdict: str = ""
    only_if: str = ""


def sum_check(figure: str, ours: str, native: str, number_format: str) -> Check:
    """Compare two ranges cell by cell, and show their sums."""
    return Check(figure, f"SUM({ours})", f"SUM({native})", number_format, (ours, native), shown=native)


def every_share_check(shares: str) -> Check:
    """Test that each share of risk is 1/n; the smallest is shown."""
    native = "1/COLUMNS(Assets)"
    return Check(
        "Risk parity: every share is 1/n", f"MIN({shares})", native, PERCENT2, (shares, f"{native}+0*{shares}")
    )


def shares_check(name: str, shares: str, weights: str) -> Check:
    """Compare shares of risk with wᵢ(Σw)ᵢ / w'Σw; the largest is shown. `name` is a formula, as ``="Text"``."""
    risks = f"{weights}*MMULT(Cov,{weights})"
    native = f"{risks}/SUM({risks})"
    figure = f'="Shares of risk, the largest shown: "&{name[1:]}'
    return Check(figure, f"MAX({shares})", f"MAX({native})", PERCENT2, (shares, native))


def lay_out_checks(book: TemplateBook, subtitle: str, checks: Sequence[Check], first_column: float = 54) -> Page:
    """Add the sheet Checks with one row for each check, and name its verdicts."""
    page = book.page("Checks", subtitle, [2, first_column, 13, 13, 20, 3, 96])
    page.header(f"B{CHECKS_TOP - 1}", ["Figure", "rpxl", "Native", "Check"])
    page.put(f"E{CHECKS_TOP - 1}", "Against rpxl", "column")
    page.put(f"G{CHECKS_TOP - 1}", "The native formula", "column_label")
    for row, check in enumerate(checks, CHECKS_TOP):
        page.put(f"B{row}", check.figure, "label")
        page.array(f"C{row}", f"={check.ours}", "computed", check.number_format)
        page.array(f"D{row}", f"={check.native}", "computed", check.number_format)
        if check.ranges is not None:
            page.verdict(f"E{row}", check.ranges[0], f"({check.ranges[1]})", check.only_if)
        else:
            formula = check.verdict or _EQUAL
            formula = formula.format(ours=f"C{row}", native=f"D{row}")
            page.array(f"E{row}", f"={where(check.only_if, formula)}", "verdict")
        page.paragraph(f"G{row}", check.shown or check.native, 106, "formula_text")
    page.verdicts(f"E{CHECKS_TOP}:E{CHECKS_TOP - 1 + len(checks)}", some_apart=any(check.only_if for check in checks))
    return page


_GAP = "ABS({ours}-{native})"
_NUMBERS = f'IF({_GAP}<=1E-9*ABS({{native}})+1E-12,"{AGREES}","DIFFERS by "&ROUND({_GAP},9))'
_EQUAL = f'IF(ISNUMBER({{ours}}),{_NUMBERS},IF({{ours}}={{native}},"{AGREES}","DIFFERS in words"))'
"""Compare numbers to one part in a billion (1e-9), and texts letter by letter."""
