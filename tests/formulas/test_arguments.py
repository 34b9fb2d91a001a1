"""Arguments that many functions share."""

import pytest

from rpxl.errors import InputError
from rpxl.formulas import RETURNS


@pytest.mark.parametrize("cells", [[["refuse", "drop_rows"]], [["refuse"], ["drop_rows"]], [["drop_rows", "refuse"]]])
def test_an_old_word_in_a_range_of_several_cells_is_refused_as_a_new_one_is(cells):
    size = f"{len(cells)} × {len(cells[0])}"
    with pytest.raises(InputError, match=f"missing: is a range of {size} cells; give one word"):
        RETURNS([[100.0], [110.0]], "simple", cells)
