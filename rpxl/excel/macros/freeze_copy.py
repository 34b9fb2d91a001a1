"""The macro that makes a copy of the workbook for people without rpxl."""

from pathlib import Path

from rpxl.excel.macros.plan import Desk, Macro, Plan
from rpxl.excel.macros.registry import ribbon_macro


@ribbon_macro(
    "Help",
    "Freeze a copy",
    "A copy for people without rpxl",
    "Save the workbook first. In the copy beside it, rpxl's formulas become values; all other formulas stay live.",
    image="CellsLock",
    large=False,
)
def freeze(desk: Desk) -> Macro:
    """Write a frozen copy beside the saved workbook, and open it."""
    from rpxl.filling.freeze import freeze as write_frozen  # imported only here: it reads and computes files

    source = desk.saved_file()
    out = _free_beside(source)
    report = write_frozen(source, out)
    told = f"{report.formulas} formulas of rpxl are values in {out.name}."
    return Plan("\n\n".join([told, *report.notes]), workbook=out)
    yield  # makes a generator of it: a macro is one even if it asks nothing


def _free_beside(path: Path) -> Path:
    """Return a free path beside a file."""
    names = (f"{path.stem} frozen{suffix}{path.suffix}" for suffix in ("", *(f" {i}" for i in range(2, 10_000))))
    return next(beside for beside in map(path.with_name, names) if not beside.exists())
