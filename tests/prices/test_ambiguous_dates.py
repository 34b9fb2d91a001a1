"""A date that can be read in two ways is refused; a day of 13 or more shows which number is the month."""

from pathlib import Path

import pytest

from rpxl.errors import InputError
from rpxl.prices.prices import read_prices


def file(tmp_path: Path, *dates: str) -> Path:
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["Date,A,B", *(f"{day},{100 + i},{50 + i}" for i, day in enumerate(dates))]) + "\n")
    return path


@pytest.mark.parametrize(
    "dates",
    [
        ["05/12/2024", "06/12/2024", "09/12/2024", "10/12/2024"],  # December, or the 12th of four months
        ["09/12/2024", "10/12/2024", "11/12/2024", "12/12/2024"],
        ["12/05/2024", "12/06/2024", "12/09/2024", "12/10/2024"],
        ["12/09/2024", "12/10/2024", "12/11/2024", "12/12/2024"],
        ["5.12.2024", "6.12.2024", "9.12.2024", "10.12.2024"],
    ],
)
def test_numbers_up_to_12_can_be_days_and_months(tmp_path: Path, dates: list[str]):
    with pytest.raises(InputError, match=r"can be \d{4}-\d\d-\d\d or \d{4}-\d\d-\d\d"):
        read_prices(file(tmp_path, *dates))


@pytest.mark.parametrize(
    "dates",
    [
        ["10/12/2024", "11/12/2024", "12/12/2024", "13/12/2024"],
        ["12/10/2024", "12/11/2024", "12/12/2024", "12/13/2024"],
    ],
)
def test_a_13_is_a_day(tmp_path: Path, dates: list[str]):
    assert [str(day) for day in read_prices(file(tmp_path, *dates)).dates] == [
        "2024-12-10",
        "2024-12-11",
        "2024-12-12",
        "2024-12-13",
    ]
