"""The fast reader of plain numbers gives exactly the floats that Python reads."""

import numpy as np
import pytest

from rpxl.prices.plain_text import _numbers, read_plain_text


def numbers(texts: list[str]) -> np.ndarray:
    letters = np.frombuffer((",".join(texts) + "\n").encode(), dtype=np.uint8)
    after = np.flatnonzero((letters == ord(",")) | (letters == ord("\n")))
    return _numbers(letters, np.ones(len(letters), dtype=bool), np.append(-1, after[:-1]), after)


@pytest.mark.parametrize("first", [100.5, 100])
def test_the_plainest_file_is_read_in_the_quick_way(tmp_path, first):
    path = tmp_path / "prices.csv"
    path.write_text(f"Date,SPY,AGG\n2024-01-02,{first},50\n2024-01-03,107,53\n2024-01-04,99,51\n", "utf-8")
    found = read_plain_text(path)
    assert found is not None
    assert found.labels == ["SPY", "AGG"] and [str(day) for day in found.dates] == [f"2024-01-0{d}" for d in (2, 3, 4)]
    assert found.values.tolist() == [[first, 50.0], [107.0, 53.0], [99.0, 51.0]]


@pytest.mark.parametrize("decimals", [1, 2, 3, 6, 9, 12])
@pytest.mark.parametrize("size", [0.001, 1.0, 100.0, 12345.0])
def test_numbers_of_as_many_decimals(decimals, size):
    values = np.random.default_rng(decimals).normal(size=500) * size
    texts = [f"{value:.{decimals}f}" for value in values]
    assert numbers(texts).tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        ["1.5", "2.25"],  # of different decimals
        ["1", "2", "3"],
        ["-0.5", ".5", "0.0"],
        ["1234567890123456.7", "0.1"],  # more digits than a float holds
        ["12345678901234.5", "0.1"],
        ["1.", "2."],
        ["9007199254740993.1", "1.1"],
    ],
)
def test_other_numbers(texts):
    assert numbers(texts).tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "texts", [["1.5.0", "2"], ["1.5", "", "2.5"], ["1-5.0", "2.0"], ["--1.5", "2.5"], ["1.5", "-"]]
)
@pytest.mark.filterwarnings("error")
def test_what_is_no_number_is_left_to_the_careful_way(texts):
    try:
        found = numbers(texts)
    except (ValueError, DeprecationWarning):
        return
    assert len(found) != len(texts)
