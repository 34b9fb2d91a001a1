"""Many workbooks of one template: each is as if the template were read for it alone."""

from pathlib import Path

import pytest

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling import prepared
from rpxl.filling.fill import filled
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.prepared import Prepared
from rpxl.xlsx.workbook import Workbook

from ..make import workbook
from .test_fill import prices_file

TEMPLATE = templates.get("static_analysis").build(2, 50)
SERIES = [(40, "AB"), (25, "AB"), (40, "AB"), (30, "ABC"), (25, "BA")]
"""Prices of other sizes, assets and orders, some of them again."""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.csv" for number in range(len(SERIES))]
    for number, (path, (count, labels)) in enumerate(zip(paths, SERIES, strict=True)):
        prices_file(path, list(labels), count, seed=number)
    return paths


def test_each_workbook_is_as_one_of_a_template_read_for_it(files: list[Path]):
    template = Prepared(TEMPLATE)
    for path in [*files, files[0]]:
        alone, _ = filled(Workbook(TEMPLATE), prices=path)
        assert filled(template, prices=path)[0].package.to_bytes() == alone.package.to_bytes()
    assert template.copy().package.to_bytes() == Workbook(TEMPLATE).package.to_bytes()


def test_a_failure_leaves_nothing_behind(files: list[Path]):
    template = Prepared(TEMPLATE)
    with pytest.raises(InputError):
        filled(template, prices=files[0], settings={"Borrow_rate": "much"})
    for path in files[:3]:
        with pytest.raises(InputError):
            filled(template, prices=path, weights="1,2,3")
        alone, _ = filled(Workbook(TEMPLATE), prices=path)
        assert filled(template, prices=path)[0].package.to_bytes() == alone.package.to_bytes()


def test_rows_are_put_in_once_for_each_size(files: list[Path], monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []
    resize = prepared.resize_prices

    def count(book, block, dates):
        sizes.append(dates)
        resize(book, block, dates)

    monkeypatch.setattr(prepared, "resize_prices", count)
    template = Prepared(filled(Workbook(TEMPLATE), prices=files[0])[0].package.to_bytes())
    for path in [files[1], files[0], files[4], files[1]]:
        filled(template, prices=path)
    assert sizes == [25]


def own_workbook(*names: str) -> bytes:
    """A workbook that is no template, with two assets and ten dates."""

    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write_row("B1", ["A", "B"])
        for row in range(1, 11):
            sheet.write_row(row, 0, [40000.0 + row, 100.0 + row, 50.0 + row])
        for name, area in (("Prices", "$B$1:$C$11"), ("Dates", "$A$2:$A$11")):
            if name in names:
                book.define_name(name, f"=S!{area}")

    return workbook(write)


@pytest.mark.parametrize("names", [(), ("Prices",), ("Dates",)])
def test_a_workbook_without_prices_and_dates_is_copied_as_it_is(names: tuple[str, ...]):
    template = Prepared(own_workbook(*names))
    assert template.copy(2, 30).package.to_bytes() == template.copy().package.to_bytes()


def test_a_workbook_of_the_users_own_gets_room_too():
    template = Prepared(own_workbook("Prices", "Dates"))
    for assets, dates, last in ((2, 30, 31), (2, 10, 11), (3, 30, 11), (1, 30, 11), (0, 0, 11)):
        area = WorkbookInputs(template.copy(assets, dates)).require("Prices")
        assert str(area) == f"S!B1:C{last}"


def test_a_template_whose_results_follow_the_dates_is_left_to_be_laid_out_anew():
    template = Prepared(templates.get("backtest").build(3, 600))
    assert template.copy(3, 700).package.to_bytes() == template.copy().package.to_bytes()


def test_copies_share_nothing_that_changes():
    book = Workbook(TEMPLATE)
    for sheet in book.worksheets:
        assert sheet.formulas is not None
    other = book.copy()
    sheet, its = book.worksheets[0], other.worksheets[0]
    before = book.package.to_bytes()
    assert its.formulas == sheet.formulas and its.formulas is not sheet.formulas
    its.write(50, 1, 1.0)
    other.package.edit(other.part).set("odd", "1")
    assert book.package.to_bytes() == before and book.changed == []
    assert its.book is other and sheet.book is book
