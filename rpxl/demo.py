"""The demonstration: every template filled, and two published tables beside the same figures computed here."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from rpxl import templates
from rpxl.errors import InputError
from rpxl.files import write_file
from rpxl.templates.built import built
from rpxl.xlsx.cells import Value
from rpxl.xlsx.workbook import Workbook

COMPARISON = "Comparison"
"""Name of the range in a template that holds published and computed figures."""


def fill_all(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Put every template into `folder`, one by one.

    Raises
    ------
    InputError
        A workbook of that name exists and its content differs: it may be somebody's own work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in templates.names():
        path = folder / f"{name}.xlsx"
        content = built(templates.get(name))
        if not force and path.exists() and path.read_bytes() != content:
            raise InputError(str(path), "is there already and has been changed. Use --force to replace it, or --out.")
        write_file(path, content, force=True)
        yield path


def comparison(path: Path) -> list[list[Value]]:
    """Read the rows that compare published with computed figures from a filled workbook."""
    book = Workbook(path)
    name = book.name(COMPARISON)
    area = name.area if name else None
    if area is None:
        raise InputError(str(path), f"has no range {COMPARISON}.")
    return book.sheet(area.sheet).values(area)


def published_tables(folder: Path) -> Iterator[tuple[str, Table | str]]:
    """Yield a title and a table for each of two published texts: printed and computed figures, from the workbooks."""
    yield (
        "60/40: stocks at 15 % volatility, bonds at 5 %, correlation −0.2",
        _decomposition(comparison(folder / "decomposition_60_40.xlsx")),
    )
    yield (
        "Haghani & White (2017), Some Clarity on Risk Parity",
        _haghani_white(comparison(folder / "haghani_white.xlsx")),
    )


def _decomposition(rows: list[list[Value]]) -> Table:
    table = _table(*rows[0])
    for figure, *numbers in rows[1:]:
        shape = "{:.4f}" if "ariance" in str(figure) else "{:.2%}"
        table.add_row(str(figure), *(_shown(number, shape) for number in numbers))
    return table


_COLUMNS = ("Stocks", "Bonds", "Return", "Risk", "Sharpe", "Risk-adj.")
_COMPUTED = ("{:.1%}", "{:.1%}", "{:.2%}", "{:.2%}", "{:.3f}", "{:.2%}")
_PUBLISHED = ("", "", "{:.1%}", "{:.1%}", "{:.2f}", "{:.1%}")


def _haghani_white(rows: list[list[Value]]) -> str:
    lines = [_line("", _COLUMNS, _COLUMNS)]
    for name, _, stocks, bonds, *figures in rows[1:]:
        computed, published = figures[:4], figures[5:9]
        lines += [str(name).strip(), _line("computed", (stocks, bonds, *computed), _COMPUTED)]
        if any(isinstance(figure, float) for figure in published):
            lines.append(_line("published", ("", "", *published), _PUBLISHED))
    return "\n".join(lines)


def _line(name: str, values: Sequence[Value], shapes: Sequence[str]) -> str:
    return f"   {name:11}" + "".join(f"{_shown(*pair):>10}" for pair in zip(values, shapes, strict=True))


def _table(*headings: Value) -> Table:
    table = Table(*map(str, headings), box=None, padding=(0, 3, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _shown(value: Value, shape: str) -> str:
    return shape.format(value) if isinstance(value, float) else str(value or "")
