"""The prices are found beside their dates, and get room for another number of dates."""

from typing import Any

import pytest

from rpxl.errors import InputError
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.price_rows import price_block, resize_prices
from rpxl.xlsx.references import Area
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def with_ranges(*, printed: str = "", beside: bool = False, **names: str) -> Workbook:
    def write(book) -> None:
        for name in ("P", "Q"):
            sheet = book.add_worksheet(name)
            sheet.write_row("B1", ["X", "Y"])
            for row in range(1, 11):
                sheet.write_row(row, 0, [float(row), 10.0 * row, 100.0 * row])
            for row in range(2, 12 if name == "P" and beside else 2):
                sheet.write_formula(f"F{row}", f"=2*B{row}")
            if name == "P" and printed:
                sheet.print_area(printed)
        for name, area in names.items():
            book.define_name(name, f"={area}")

    return Workbook(workbook(write))


@pytest.mark.parametrize("dates", ["P!$A$2:$A$11", "P!$D$2:$D$11"])
def test_dates_stand_left_or_right_of_the_prices(dates: str):
    book = with_ranges(Prices="P!$B$1:$C$11", Dates=dates)
    assert price_block(WorkbookInputs(book)) == Area("P", 1, 2, 11, 3)


@pytest.mark.parametrize(
    "dates",
    [
        *("P!$B$2:$B$11", "P!$C$2:$C$11", "Q!$A$2:$A$11", "P!$A$1:$A$11", "P!$A$1:$A$10", "P!$A$2:$A$12"),
        *("P!$A$3:$A$11", "P!$A$2:$A$10", "P!$A$2:$B$11"),
    ],
)
def test_dates_elsewhere_are_refused(dates: str):
    book = with_ranges(Prices="P!$B$1:$C$11", Dates=dates)
    with pytest.raises(InputError, match="doesn't stand beside the prices"):
        price_block(WorkbookInputs(book))


@pytest.mark.parametrize("names", [{"Prices": "P!$B$1:$C$11"}, {"Dates": "P!$A$2:$A$11"}, {}])
def test_a_workbook_without_both_takes_no_prices(names: dict[str, str]):
    with pytest.raises(InputError, match="takes no prices: it has no ranges Prices and Dates"):
        price_block(WorkbookInputs(with_ranges(**names)))


def resized(count: int, **more: Any) -> Workbook:
    book = with_ranges(Prices="P!$B$1:$C$11", Dates="P!$A$2:$A$11", **more)
    resize_prices(book, price_block(WorkbookInputs(book)), count)
    return Workbook(book.package.to_bytes())


@pytest.mark.parametrize("count", [11, 40, 9, 4])
def test_ranges_without_the_first_or_the_last_date_follow(count: int):
    book = resized(count, Later="P!$B$3:$C$11", Earlier="P!$B$2:$C$10")
    areas = {name.name: str(name.area) for name in book.names}
    assert areas == {
        "Dates": f"P!A2:A{count + 1}",
        "Prices": f"P!B1:C{count + 1}",
        "Later": f"P!B3:C{count + 1}",
        "Earlier": f"P!B2:C{count}",
    }


@pytest.mark.parametrize("count", [11, 40, 9, 4])
def test_formulas_beside_the_prices_are_filled_down(count: int):
    formulas = resized(count, beside=True).sheet("P").formulas
    assert {place: formula.text for place, formula in formulas.items()} == {
        (row, 6): f"2*B{row}" for row in range(2, count + 2)
    }


@pytest.mark.parametrize(
    ("printed", "count", "answer"),
    [
        ("A1:C11", 30, "P!$A$21:$C$31"),  # as many rows as before, the last
        ("A4:C11", 12, "P!$A$6:$C$13"),
        ("A1:C11", 8, "P!$A$1:$C$9"),
        ("A1:C2", 30, "P!$A$1:$C$2"),
        ("", 30, None),
    ],
)
def test_a_print_area_grows_by_no_row(printed: str, count: int, answer: str | None):
    name = resized(count, printed=printed).name("_xlnm.Print_Area", "P")
    assert (None if name is None else name.text) == answer


@pytest.mark.parametrize("old", [2, 3])
def test_too_few_rows_are_not_enlarged(old: int):
    book = with_ranges(Prices=f"P!$B$1:$C${old + 1}", Dates=f"P!$A$2:$A${old + 1}")
    with pytest.raises(InputError, match=f"has {old} rows of prices only"):
        resize_prices(book, price_block(WorkbookInputs(book)), 9)


def test_the_fewest_rows_are_enlarged():
    book = with_ranges(Prices="P!$B$1:$C$5", Dates="P!$A$2:$A$5", Later="P!$B$3:$C$5", Earlier="P!$B$2:$C$4")
    resize_prices(book, price_block(WorkbookInputs(book)), 9)
    areas = [str(WorkbookInputs(book).require(name)) for name in ("Prices", "Later", "Earlier")]
    assert areas == ["P!B1:C10", "P!B3:C10", "P!B2:C9"]
