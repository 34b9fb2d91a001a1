"""A setting that is a date becomes the number of its day, or a question."""

import pytest

from rpxl.errors import InputError
from rpxl.filling.settings import read_setting_date


@pytest.mark.parametrize("text", ["2022-06-01", "20220601", "1 June 2022", "Jun 1, 2022", "1.June.2022"])
def test_a_day_in_many_ways_of_writing(text: str):
    assert read_setting_date("Start", text, False) == 44713.0  # as Excel shows it
    assert read_setting_date("Start", text, True) == 44713.0 - 1462.0


@pytest.mark.parametrize("text", ["June 2022", "2022", "06/2022", "much", "2022-02-30", "2022-13-01", ""])
def test_what_is_no_day_is_refused(text: str):
    with pytest.raises(InputError) as caught:
        read_setting_date("Start", text, False)
    assert str(caught.value) == f"Start: {text!r} is no day, and the cell holds a date. Write the date as 2022-06-01."


def test_what_can_be_two_days_is_a_question():
    with pytest.raises(InputError) as caught:
        read_setting_date("Start", "6/1/2022", False)
    words = "Start: '6/1/2022' can be 2022-01-06 or 2022-06-01. Write the date as 2022-06-01."
    assert str(caught.value) == words
