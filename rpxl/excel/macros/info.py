"""The macros that open a template, list the functions and tell about the installation."""

from pathlib import Path

from rpxl.excel.macros.plan import Desk, Macro, Plan
from rpxl.excel.macros.registry import ribbon_macro
from rpxl.formulas.catalogue import CATEGORIES, FUNCTIONS


def template(name: str, home: Path | None = None) -> Macro:
    """Open a copy of a template: a new file in ``Documents/rpxl``, under a free name."""
    from rpxl import templates
    from rpxl.files import write_file
    from rpxl.templates.built import built

    content = built(templates.get(name))
    documents = (home or Path.home()) / "Documents"
    folder = (documents if documents.is_dir() else documents.parent) / "rpxl"
    folder.mkdir(exist_ok=True)
    path = free_path(folder, name)
    write_file(path, content)
    return Plan(workbook=path)
    yield  # makes a generator of it: a macro is one even if it asks nothing


def free_path(folder: Path, name: str) -> Path:
    """Return a path in `folder` that no file has."""
    paths = (folder / f"{name}{suffix}.xlsx" for suffix in ("", *(f" {i}" for i in range(2, 10_000))))
    return next(path for path in paths if not path.exists())


@ribbon_macro("Help", "Functions", "All functions, in a new sheet", image="FunctionWizard", large=False)
def functions(desk: Desk) -> Macro:
    """List all functions on a new sheet."""
    selected = desk.selection()
    plan = Plan(book=selected.book if selected else "", sheet="rpxl functions", widest=120)
    plan.heading("Functions of rpxl", "In a cell, type = and a name. All numbers are annual decimals: 0.09 is 9 %.")
    row = 4
    for category in CATEGORIES:
        lines = [[f.usage, f.description] for f in FUNCTIONS.values() if f.category == category]
        if lines:
            plan.cells(row, 1, [[category]], "heading")
            plan.cells(row + 1, 1, lines)
            row += len(lines) + 2
    return plan
    yield


@ribbon_macro("Last", "About and doctor", "Version, and a check of this installation", image="Help", large=False)
def about(desk: Desk) -> Macro:
    """Tell the versions, and only the faults that the doctor finds: a message box shows a thousand letters at most."""
    del desk
    from rpxl.excel.doctor import doctor, versions

    faults = [str(finding) for finding in doctor() if finding.state == "bad"]
    told = faults or ["All that can be checked from here is in order. 'rpxl doctor' in a terminal tells every check."]
    return Plan("\n\n".join([versions(), *told]))
    yield
