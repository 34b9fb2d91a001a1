"""Answers of rpxl's functions, as the engine takes them."""

import pytest

from rpxl.calculation.calls import Call


@pytest.mark.parametrize(
    ("answer", "misplaced"), [([[1.0]], False), ([[1.0], [2.0]], True), ([[1.0, 2.0]], True), (1.0, False)]
)
def test_several_values_where_one_may_stand_are_noticed(answer, misplaced):
    alone, spilling = Call(lambda: answer, single=True), Call(lambda: answer, single=False)
    assert alone() == spilling() == answer
    assert (alone.misplaced, spilling.misplaced) == (misplaced, False)


def test_an_error_in_a_cell_is_one_for_the_engine():
    error = {"type": "Error", "kind": "Na"}
    assert Call(lambda: "#N/A", single=True)() == error
    assert Call(lambda: [["#N/A", 1.0, "SPY"]], single=False)() == [[error, 1.0, "SPY"]]
