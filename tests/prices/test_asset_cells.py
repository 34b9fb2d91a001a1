"""Files as cells: tables without dates stand as they are."""

import pytest
import xlsxwriter

from rpxl.errors import InputError
from rpxl.prices.asset_cells import read_asset_cells, read_plain_cells
from rpxl.prices.files import read_content, read_table


def workbook(path, *sheets):
    with xlsxwriter.Workbook(path) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return path


WEIGHTS = [["Asset", "Weight"], ["Stocks", 0.6], ["Bonds", 0.4]]


def test_a_table_without_dates_is_read_as_it_stands_from_one_sheet(tmp_path):
    assert read_asset_cells(workbook(tmp_path / "one.xlsx", WEIGHTS), []) == WEIGHTS
    with pytest.raises(InputError, match="none of the sheets Sheet1, Sheet2 holds dates"):
        read_asset_cells(workbook(tmp_path / "two.xlsx", WEIGHTS, WEIGHTS), [])


def test_blank_columns_beside_a_table_are_left_out(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(",Asset,Weight,Lot,\n,Stocks,0.6,,\n,Bonds,0.4,10,\n")
    assert read_plain_cells(path, []) == [["Asset", "Weight", "Lot"], ["Stocks", 0.6, None], ["Bonds", 0.4, 10.0]]


def test_a_file_of_more_than_64_megabytes_is_refused(tmp_path):
    path = tmp_path / "prices.csv"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)  # takes no room on the disk
    with pytest.raises(InputError, match="larger than 64 MB"):
        read_content(path)


def test_a_single_line_is_cut_at_its_semicolon(tmp_path):
    path = tmp_path / "weight.csv"
    path.write_text("Stocks;0,6\n", "utf-8")
    assert read_table(path).rows == [["Stocks", "0,6"]]
