"""Workbooks that hold rpxl for xlwings Lite."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rpxl import __version__, templates
from rpxl.errors import InputError
from rpxl.files import refuse_existing, write_file
from rpxl.filling.relink import as_custom_functions, relink
from rpxl.lite import extension
from rpxl.lite.code import find_block, main_text, sources, unpacked, updated_main, updated_requirements
from rpxl.templates.built import built, compare
from rpxl.xlsx.kinds import require_suffix
from rpxl.xlsx.package import Package
from rpxl.xlsx.workbook import Workbook

MAIN, REQUIREMENTS = "main.py", "requirements.txt"


@dataclass(frozen=True)
class Prepared:
    """What was done to a workbook.

    Attributes
    ----------
    formulas
        How many formulas were changed to call rpxl's functions by Lite's names.
    before
        The version of rpxl that the workbook held before; None if it held none.
    own_code
        Whether it holds other code beside rpxl's.
    """

    formulas: int
    before: str | None
    own_code: bool


def make_lite(source: Path | str, target: Path | str, *, add: bool = False, force: bool = False) -> Prepared:
    """Write a copy of a workbook that holds rpxl's code for xlwings Lite, and the formulas in Lite's form.

    Parameters
    ----------
    source
        A workbook; it stays as it is. Parts without such formulas are copied byte for byte; stored values stay.
    target
        Where the result goes.
    add
        Whether rpxl's code may be put beside other code; see :func:`rpxl.lite.code.updated_main`.
    force
        Whether an existing target is replaced.

    Raises
    ------
    InputError
        The workbook can't be read, counts its days from 1904 or holds other code; or the target exists.
    """
    package = Package(source)
    require_suffix(package, Path(target))
    refuse_existing(Path(target), force)
    done = prepare(package, add=add)
    package.save(target, force=force)
    return done


def prepare(package: Package, *, add: bool = False) -> Prepared:
    """Put rpxl's code into a workbook, and change its formulas to Lite's form; see :func:`make_lite`."""
    if Workbook(package.to_bytes(), package.name).date1904:
        raise package.error(
            "counts its days from 1904, which xlwings Lite doesn't tell the functions: dates would be four years off. "
            "In Excel, File, Options, Advanced, untick 'Use 1904 date system', and enter the dates again."
        )
    texts = extension.read(package)
    old = texts.get(MAIN)
    known = find_block(old) if old else None
    main = updated_main(old, add=add)
    extension.write(package, {MAIN: main, REQUIREMENTS: updated_requirements(texts.get(REQUIREMENTS))})
    before = known.version if known is not None else None
    return Prepared(as_custom_functions(package).formulas, before, main != main_text())


def write_code(folder: Path, *, force: bool = False) -> list[Path]:
    """Write ``main.py`` and ``requirements.txt`` into a folder, to be pasted into Lite's editor."""
    paths = {folder / MAIN: main_text(), folder / REQUIREMENTS: updated_requirements(None)}
    for path in paths:
        refuse_existing(path, force)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in paths.items():
        write_file(path, text.encode(), force=force)
    return list(paths)


def lite_template(name: str) -> bytes:
    """Return a template with its sample inputs, ready for xlwings Lite."""
    package = Package(built(templates.get(name)), name)
    prepare(package)
    return package.to_bytes()


def build(folder: Path) -> Iterator[Path]:
    """Build every template for xlwings Lite into a folder, one by one; files of those names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in templates.names():
        path = folder / f"{name}.xlsx"
        write_file(path, lite_template(name), force=True)
        yield path


def check(folder: Path) -> list[str]:
    """Return sentences that say how the workbooks in a folder differ from what the code builds; none if they don't."""
    names = templates.names()
    differences = [
        f"{path.name} is not one of the templates." for path in sorted(folder.glob("*.xlsx")) if path.stem not in names
    ]
    for name in names:
        path = folder / f"{name}.xlsx"
        if not path.is_file():
            differences.append(f"{path.name} is missing.")
            continue
        try:
            differences += (f"{path.name}: {change}" for change in _compare(Package(path), name))
        except InputError as error:
            differences.append(str(error))
    return differences


def _compare(package: Package, name: str) -> Iterator[str]:
    yield from code_differences(package)
    extension.write(package, {MAIN: "", REQUIREMENTS: ""})
    other = Package(lite_template(name), name)
    extension.write(other, {MAIN: "", REQUIREMENTS: ""})
    for each in (package, other):
        relink(each)
    yield from compare(Workbook(package.to_bytes(), package.name), Workbook(other.to_bytes(), name))


def code_differences(package: Package) -> Iterator[str]:
    """Yield sentences that say how the code in a workbook differs from this rpxl's."""
    texts = extension.read(package)
    main = texts.get(MAIN, "")
    block = find_block(main)
    if block is None:
        yield "it holds no code of rpxl."
    elif not block.intact:
        yield "the code of rpxl in it was changed by hand."
    elif block.version != __version__ or unpacked(main) != sources():
        yield f"the code of rpxl in it is of another version ({block.version})."
    if texts.get(REQUIREMENTS) != updated_requirements(None):
        yield f"its {REQUIREMENTS} is not rpxl's."
