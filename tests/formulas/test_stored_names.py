"""Which prefix of a function in a file is the add-in's."""

import pytest

from rpxl.formulas.stored_names import calls_add_in

LINKS = ["file:///C:/add%20ins/rpxl.xlam", "other.xlam", r"D:\RPXL.XLAM"]


@pytest.mark.parametrize(
    ("prefix", "found"), [("[1]", True), ("[2]", False), ("[3]", True), ("[4]", False), ("[0]", False)]
)
def test_a_number_stands_for_a_file_that_the_workbook_links_to_counted_from_1(prefix, found):
    assert calls_add_in(prefix, LINKS) is found
