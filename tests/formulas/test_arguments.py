"""Arguments that many functions share."""

import pytest

from rpxl.errors import InputError
from rpxl.formulas import RETURNS
from rpxl.formulas.arguments import options_help


@pytest.mark.parametrize("cells", [[["refuse", "drop_rows"]], [["refuse"], ["drop_rows"]], [["drop_rows", "refuse"]]])
def test_an_old_word_in_a_range_of_several_cells_is_refused_as_a_new_one_is(cells):
    size = f"{len(cells)} × {len(cells[0])}"
    with pytest.raises(InputError, match=f"missing: is a range of {size} cells; give one word"):
        RETURNS([[100.0], [110.0]], "simple", cells)


def test_what_each_option_does_is_told_as_long_as_excel_shows_all_of_it():
    told = "plain (default): " + "x" * 230 + "; so: y."
    assert len(told) == 255  # the most that Excel shows
    assert options_help({"plain": "x" * 230, "so": "y"}) == told
    assert options_help({"plain": "x" * 231, "so": "y"}) == "plain (default), so."
    assert options_help({"plain": "x" * 229, "so": "y"}, "!") == told.replace("xx", "x", 1) + "!"
    assert options_help({"plain": "x" * 230, "so": "y"}, "!") == "plain (default), so.!"
