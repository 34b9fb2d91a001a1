"""A backtest that its user extended takes other dates: the template's cells are as laid out anew, the rest follows."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling.correspondence import _meaning
from rpxl.filling.fill import fill
from rpxl.filling.filled_down import put_formula
from rpxl.filling.result_rows import resize_results
from rpxl.prices.prices import read_prices
from rpxl.xlsx.references import Area, column_letters
from rpxl.xlsx.workbook import Workbook

from ..make import workbook
from ..office import needs_office
from .extended import absolute, area_of, extend, saved_by_office

SERIES = {"more weeks": (150, 7), "fewer weeks": (75, 7), "months": (60, 0), "days": (290, 1)}
"""Prices that the workbooks are to take: how many, and how many days lie between two; 0 for months."""


def write_prices(path: Path, count: int, step: int, assets: str = "ABC") -> Path:
    first = date(2018, 1, 5)
    if step == 0:
        days = [date(2018 + k // 12, k % 12 + 1, 28) for k in range(count)]
    elif step == 1:
        days = np.busday_offset(first, np.arange(count), roll="forward").tolist()
    else:
        days = [first + timedelta(days=step * k) for k in range(count)]
    steps = np.random.default_rng(count).normal(0.001, 0.02, (count, len(assets)))
    rows = zip(days, (100 * np.exp(steps.cumsum(axis=0))).round(4).tolist(), strict=True)
    lines = [",".join(["Date", *assets]), *(",".join(map(str, [day, *prices])) for day, prices in rows)]
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prices, the template filled with each, and a filled backtest that a user extended, and renamed a sheet of."""
    folder = tmp_path_factory.mktemp("backtests")
    days = [[day] for day in read_prices(write_prices(folder / "base.csv", 120, 7)).dates]
    small = templates.get("backtest").build(3, 120, {"Dates": days, "Lookback": 52.0, "Periods_per_year": 52.0})
    fill(small, folder / "base.xlsx", prices=folder / "base.csv")
    base = (folder / "base.xlsx").read_bytes()
    for name, (count, step) in SERIES.items():
        fill(base, folder / f"{name}.xlsx", prices=write_prices(folder / f"{name}.csv", count, step))
    (folder / "extended.xlsx").write_bytes(extend(base))
    (folder / "renamed.xlsx").write_bytes(extend(base, "Verlauf mehr"))
    return folder


@pytest.fixture(scope="module")
def by_office(folder: Path) -> Path:
    return saved_by_office(folder / "renamed.xlsx", folder / "office")


def differences(book: Workbook, wanted: Workbook, renamed: str) -> list[str]:
    """Compare each cell and name of a workbook as the template has it; a blank text is a blank cell."""
    found = []
    for sheet in wanted.worksheets:
        here = book.sheet(renamed if sheet.name == "History" else sheet.name)
        for cell in sheet.cells:
            one, other = here.value(*cell), sheet.value(*cell)
            close = (
                isinstance(one, float) and isinstance(other, float) and abs(one - other) <= 1e-9 * max(1, abs(other))
            )
            formulas = [
                f and (_meaning(f.text.replace(f"'{renamed}'!", "History!")), f.area[1:], f.array)
                for f in (here.formulas.get(cell), sheet.formulas.get(cell))
            ]
            if ((one or None) != (other or None) and not close) or formulas[0] != formulas[1]:
                found.append(f"{sheet.name} {cell}: {one!r}, not {other!r}; {formulas}")
    names = {(name.name, name.scope): name.text for name in book.names}
    for name in wanted.names:
        scope = renamed if name.scope == "History" else name.scope
        if names[name.name, scope] != name.text.replace(
            "History!", "History!" if renamed == "History" else f"'{renamed}'!"
        ):
            found.append(f"the name {name.name}: {names[name.name, scope]}, not {name.text}")
    return found


def require_own_things(book: Workbook) -> None:
    """What the user added reads the results as they are now."""
    value, returns = area_of(book, "Value_RP"), area_of(book, "Return_RP")
    numbers = [v for (v,) in book.sheet(value.sheet).values(value)]
    changes = np.array([v for (v,) in book.sheet(returns.sheet).values(returns)])
    mine, history = book.sheet("Mine"), book.sheet(value.sheet)
    assert mine.value(1, 1) == "My figures"
    assert [mine.value(row, 1) for row in range(2, 7)] == pytest.approx(
        [max(numbers), numbers[-1], changes.mean() * len(numbers), (changes**2).sum(), numbers[-1]], rel=1e-12
    )
    assert mine.formulas[2, 1].text.replace("'", "") == f"MAX({absolute(value)})".replace("'", "")
    assert area_of(book, "Mine_values") == value
    assert area_of(book, "Mine_best") == Area("Mine", 2, 1, 2, 1)
    side = next(c for (r, c) in history.cells if r == value.top - 1 and history.value(r, c) == "Mine")
    running = [history.value(row, side) for row in range(value.top, value.bottom + 2)]
    means = np.cumsum(numbers) / np.arange(1, len(numbers) + 1)
    assert running[:-1] == pytest.approx(numbers - means, abs=1e-12)
    assert running[-1] is None
    steps = [history.value(row, side + 1) for row in range(value.top + 1, value.bottom + 1)]
    assert steps == pytest.approx(np.diff(numbers - means), abs=1e-12)
    assert history.value(value.bottom + 3, 2) == "A note below"
    assert absolute(value) in " ".join(charted(book, "Mine"))


def charted(book: Workbook, sheet: str) -> list[str]:
    """What the charts on a sheet draw."""
    package = book.package
    links = [link for link in package.relationships(book.sheet(sheet).part) if link.type.endswith("/drawing")]
    charts = [link.target for drawing in links for link in package.relationships(drawing.target)]
    return [f.text for chart in charts for f in package.tree(chart).iter("{*}f")]


@pytest.mark.parametrize("series", SERIES)
def test_an_extended_backtest_takes_other_dates(folder: Path, series: str):
    out = folder / "out.xlsx"
    report = fill(folder / "extended.xlsx", out, prices=folder / f"{series}.csv", force=True)
    book = Workbook(out)
    assert report.left == []
    assert "The rows of the results were resized in place; what you added or changed is kept." in report.notes
    assert differences(book, Workbook(folder / f"{series}.xlsx"), "History") == []
    assert charted(book, "Backtest") == charted(Workbook(folder / f"{series}.xlsx"), "Backtest")
    require_own_things(book)


@needs_office
@pytest.mark.parametrize("series", ["more weeks", "months"])
def test_so_does_one_with_another_name_of_a_sheet_that_libreoffice_saved(folder: Path, by_office: Path, series: str):
    report = fill(by_office, folder / "out.xlsx", prices=folder / f"{series}.csv", force=True)
    book = Workbook(folder / "out.xlsx")
    assert report.left == []
    assert differences(book, Workbook(folder / f"{series}.xlsx"), "Verlauf mehr") == []
    require_own_things(book)


def test_there_and_back_again_nothing_has_changed(folder: Path):
    """Other numbers of trades, down to one, and back, by the look-back and the rebalancing alone."""
    steps = (
        {"Rebalance": "yearly", "Lookback": "100"},
        {"Rebalance": "monthly"},
        {"Rebalance": "quarterly", "Lookback": "52"},
    )
    source = folder / "extended.xlsx"
    for number, settings in enumerate(steps):
        out = folder / f"step {number}.xlsx"
        fill(source, out, settings=settings)
        fill(
            folder / "base.xlsx",
            folder / "anew.xlsx",
            settings={**steps[0], **steps[1], **settings} if number else settings,
            force=True,
        )
        source = out
        require_own_things(Workbook(out))
        assert differences(Workbook(out), Workbook(folder / "anew.xlsx"), "History") == []
        assert charted(Workbook(out), "Backtest") == charted(Workbook(folder / "anew.xlsx"), "Backtest")
    assert Workbook(source).sheet("Mine").formulas == Workbook(folder / "extended.xlsx").sheet("Mine").formulas


def test_what_was_changed_in_the_templates_own_cells_is_kept(folder: Path):
    book = Workbook(folder / "base.xlsx")
    value, returns = area_of(book, "Value_RP"), area_of(book, "Return_RP")
    history = book.sheet(value.sheet)
    (anchor,) = (f for f in history.formulas.values() if f.area.height > 1 and f.area.holds(value.top, value.left))
    put_formula(
        history, anchor.area.top, anchor.area.left, anchor.text.replace("risk_parity", "inverse_vol"), anchor.area
    )
    letter = column_letters(value.left)
    for row in range(returns.top, returns.bottom + 1):
        put_formula(history, row, returns.left, f"LN({letter}{row}/{letter}{row - 1})")
    history.write(1, 2, "My backtest")
    (folder / "own.xlsx").write_bytes(book.package.to_bytes())
    for series in ("more weeks", "fewer weeks"):
        fill(folder / "own.xlsx", folder / "out.xlsx", prices=folder / f"{series}.csv", force=True)
        book = Workbook(folder / "out.xlsx")
        value, returns = area_of(book, "Value_RP"), area_of(book, "Return_RP")
        wanted = area_of(Workbook(folder / f"{series}.xlsx"), "Value_RP")
        assert (value, book.sheet("History").value(1, 2)) == (wanted, "My backtest")
        formula = book.sheet("History").formulas[anchor.area.top, anchor.area.left]
        assert "inverse_vol" in formula.text and formula.area.bottom == value.bottom
        numbers = np.array([v for (v,) in book.sheet("History").values(value)])
        logs = [v for (v,) in book.sheet("History").values(returns)]
        assert logs == pytest.approx(np.diff(np.log(numbers)), abs=1e-13)


def _lost(history, value: Area) -> None:
    history.write(value.top + 4, value.left + 30, "beside the fifth date")


def _torn(history, value: Area) -> None:
    for row in range(value.top, value.bottom + 1):
        put_formula(history, row, value.left + 30, f"C{row}*{row}")


def _reads_a_row(history, value: Area) -> None:
    put_formula(history.book.sheet("Backtest"), 60, 2, f"History!C{value.top + 4}")


def _overwritten(history, value: Area) -> None:
    (anchor,) = (f.area for f in history.formulas.values() if f.area.height > 1 and f.area.holds(value.top, value.left))
    put_formula(history, anchor.top, anchor.left, "1")


@pytest.mark.parametrize(
    ("change", "series", "words"),
    [
        (_lost, "fewer weeks", "taking rows out would lose History!AG10 beside them"),
        (_torn, "more weeks", "can't be extended"),
        (_reads_a_row, "fewer weeks", r"Backtest!B60, which refers to C10 alone, can't be updated"),
        (_overwritten, "more weeks", r"History!B5 has no formula for History!B5:D60, so it is not clear"),
    ],
)
def test_what_cannot_follow_is_refused_by_its_name(folder: Path, change, series: str, words: str):
    book = Workbook(folder / "base.xlsx")
    change(book.sheet("History"), area_of(book, "Value_RP"))
    (folder / "changed.xlsx").write_bytes(book.package.to_bytes())
    with pytest.raises(InputError, match=words):
        fill(folder / "changed.xlsx", folder / "out.xlsx", prices=folder / f"{series}.csv", force=True)


def with_results(
    last: int, *, mine: bool = False, spills: bool = False, names: tuple[str, ...] = (), aside: tuple[str, ...] = ()
) -> Workbook:
    """A template with an answer in S!A1:B`last`, of which the first row is a head; and what its user added."""

    def write(book) -> None:
        sheet = book.add_worksheet("S")
        put = sheet.write_dynamic_array_formula if spills else sheet.write_array_formula
        put(f"A1:B{last}", "{=ANSWER(9)}")
        sheet.write(last + 1, 0, "below")
        sheet.write_row("E1", aside)
        for name in names:
            book.define_name(name, f"=S!$A${last + 2}")
        if mine:
            own = book.add_worksheet("Mine")
            own.write_formula("A1", "=S!A2")
            own.write_formula("A2", f"=SUM(S!B2:B{last})")

    return Workbook(workbook(write))


@pytest.mark.parametrize(("before", "after"), [(3, 6), (3, 4), (6, 3), (9, 2)])
def test_rows_come_and_go_below_the_first_row_after_a_head(before: int, after: int):
    book = with_results(before, mine=True)
    resize_results(book, with_results(before), with_results(after), [], "these inputs ask for other rows")
    own = book.sheet("Mine").formulas
    assert (own[1, 1].text, own[2, 1].text) == ("S!A2", f"SUM(S!B2:B{after})")
    assert book.sheet("S").formulas[1, 1].area == Area("S", 1, 1, after, 2)
    assert book.sheet("S").value(after + 2, 1) == "below"


def test_a_name_that_the_template_has_no_more_stays_and_follows():
    book = with_results(3, names=("Kept", "Dropped"))
    old, new = with_results(3, names=("Kept", "Dropped")), with_results(6, names=("Kept",))
    resize_results(book, old, new, [], "these inputs ask for other rows")
    assert {name.name: str(name.area) for name in book.names} == {"Kept": "S!A8", "Dropped": "S!A8"}


@pytest.mark.parametrize("spills", [True, False])
def test_an_answer_that_spills_does_so_afterwards(spills: bool):
    """A template's formula is written as the workbook has it: a program that saved it may know no spilling."""
    book = with_results(3, spills=spills)
    resize_results(book, with_results(3, spills=True), with_results(6, spills=True), [], "these inputs")
    formula = Workbook(book.package.to_bytes()).sheet("S").formulas[1, 1]
    assert (formula.dynamic, formula.area) == (spills, Area("S", 1, 1, 6, 2))


def test_what_the_template_has_no_more_is_taken_out_unless_it_was_changed():
    book = with_results(3, aside=("a", "mine", "c"))
    resize_results(book, with_results(3, aside=("a", "b", "c")), with_results(6, aside=("A",)), [], "these inputs")
    assert [book.sheet("S").value(1, column) for column in (5, 6, 7)] == ["A", "mine", None]
