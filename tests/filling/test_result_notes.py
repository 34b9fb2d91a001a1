"""A computed workbook says which classes of assets it guessed, and which it doesn't know."""

import pytest

from rpxl.filling.result_notes import result_notes
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def with_classes(told: list[str], used: list[str] | None = None, names: str = "told used", rows: int = 0) -> Workbook:
    """A workbook of assets A1, A2, … whose classes were told and are used so."""
    used, rows = ["STOCKS"] * len(told) if used is None else used, rows or len(told)

    def write(book) -> None:
        sheet = book.add_worksheet("Assets")
        sheet.write_column("A1", [f"A{k}" for k in range(1, len(told) + 1)])
        sheet.write_column("B1", told)
        sheet.write_column("C1", used)
        book.define_name("Assets", f"=Assets!$A$1:$A${len(told)}")
        for name, column in zip(("told", "used"), "BC", strict=True):
            if name in names:
                book.define_name(f"Class_{name}", f"=Assets!${column}$1:${column}${rows}")

    return Workbook(workbook(write))


def test_guessed_and_unknown_classes_are_listed():
    notes = result_notes(with_classes(["GUESSED", "you", "GUESSED"], ["STOCKS", "UNKNOWN", "STOCKS"]))
    assert notes == [
        "No class is known for A1, A3: counted as stocks. Choose the classes on the sheet Assets, or with "
        "--set Class_of=…, one for each asset, or auto.",
        "The class given for A2 is not one of the workbook's: choose one of those.",
    ]


def test_known_classes_need_no_note():
    assert result_notes(with_classes(["you", "ticker"])) == []


@pytest.mark.parametrize(("count", "end"), [(12, "A11, A12:"), (13, "A11, A12 and 1 more:"), (20, "A12 and 8 more:")])
def test_a_long_list_is_cut(count: int, end: str):
    (note,) = result_notes(with_classes(["GUESSED"] * count))
    assert end in note


@pytest.mark.parametrize("names", ["", "told", "used"])
def test_a_workbook_without_these_ranges_says_nothing(names: str):
    assert result_notes(with_classes(["GUESSED"] * 3, ["UNKNOWN"] * 3, names)) == []


@pytest.mark.parametrize("rows", [2, 4])
def test_ranges_that_are_not_as_long_as_the_assets_say_nothing(rows: int):
    assert result_notes(with_classes(["GUESSED"] * 3, rows=rows)) == []
