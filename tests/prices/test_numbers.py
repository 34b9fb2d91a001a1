"""Decimal and thousands marks are read by the whole column and the whole file."""

from pathlib import Path

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.prices.numbers import convert, read_numbers
from rpxl.prices.table import FileTable


def read(*columns: list[str], separator: str = ";"):
    rows = list(zip(*columns, strict=True))
    table = FileTable(Path("p.csv"), rows, range(1, len(rows) + 1), separator=separator)
    notes: list[str] = []
    labels = [chr(ord("A") + k) for k in range(len(columns))]
    values = read_numbers(table, range(len(rows)), range(len(columns)), labels, notes)
    return values.T.tolist(), notes


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        (["991", "1.006", "984"], [991, 1006, 984]),  # read as decimals, the price would fall by 99.9 %
        (["1", "1.006", "1.012"], [1, 1.006, 1.012]),  # read as thousands, it would rise a thousandfold
        (["991", "1,006", "984"], [991, 1006, 984]),
        (["1,5", "1,006", "1,012"], [1.5, 1.006, 1.012]),
        (["1.5", "1.006", "1.012"], [1.5, 1.006, 1.012]),
        (["0.984", "1.006"], [0.984, 1.006]),
        (["1.390,46", "984,10"], [1390.46, 984.1]),
        (["1,390.46", "984.10"], [1390.46, 984.1]),
        (["1.234.567", "987.654"], [1234567, 987654]),
        (["12,34,567.50", "987.5"], [1234567.5, 987.5]),
        (["1'390.46", "984.10"], [1390.46, 984.1]),
        (["1 390,46", "984,10"], [1390.46, 984.1]),
        (["1\u00a0390,46", "984"], [1390.46, 984]),
        (["$1,390.46", "984.1"], [1390.46, 984.1]),
        (["CHF 1'390.46", "CHF 984.10"], [1390.46, 984.1]),
        (["1.390,46 €", "984,1 €"], [1390.46, 984.1]),
        (["(1.5)", "−2.5", "-3.5", "+4.5"], [-1.5, -2.5, -3.5, 4.5]),
        (["1.5%", "-2%"], [0.015, -0.02]),
        (["1.5e3", "2E-2"], [1500, 0.02]),
        ([".5", "0.25"], [0.5, 0.25]),
        (["105.123", "104.987"], [105.123, 104.987]),
    ],
)
def test_numbers_are_read(column: list[str], numbers: list[float]):
    assert read(column)[0] == [numbers]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            [["984", "1.006"], ["105.17", "104.9"]],
            r"row 2, column 1 \(A\): '1.006' can be read in two ways: 1.006 or 1006",
        ),
        (
            [["984", "1,006"], ["105,17", "104,9"]],
            r"row 2, column 1 \(A\): '1,006' can be read in two ways: 1006 or 1.006",
        ),
        ([["5", "1.006", "7"]], r"row 2, column 1 \(A\): '1.006' can be read in two ways: 1.006 or 1006"),
        (
            [["1.390,46", "984,1"], ["1,390.46", "984.1"]],
            r"row 1, column 1 \(A\): '1.390,46' has a decimal comma, but '1,390.46'",
        ),
        ([["1.006", "984"], ["1,006", "984"]], "can be read in two ways"),
        ([["1.39,46", "984,1"]], "is not a number if the dot separates thousands"),
        ([["1 39,46", "984,1"]], "'1 39,46' is not a number"),
        ([["1_000", "984"]], "'1_000' is not a number"),
        ([["1.2M", "984"]], "'1.2M' is not a number"),
        ([["--5", "984"]], "'--5' is not a number"),
        ([["$5", "€6"]], "'€6' is in another currency"),
        ([["5%", "6"]], "a mix of percentages"),
        ([["$5%", "6%"]], r"'\$5%' is not a number"),
        ([[1.5, True]], r"row 2, column 1 \(A\): the cell holds 'True' where a number belongs"),
        ([["#REF!", "6"]], "holds the error #REF!"),
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(columns: list[list[str]], words: str):
    with pytest.raises(InputError, match=words):
        read(*columns)


def test_what_is_taken_for_thousands_is_said():
    assert read(["991", "1.006"])[1] == ["Dots separate thousands: '1.006' was read as 1006."]
    assert read(["1,390", "1,376"], separator=",") == ([[1390, 1376]], ["'1,390' was read as 1390."])
    assert read(["105,123", "104,987"]) == ([[105.123, 104.987]], ["'105,123' was read as 105.123."])


@pytest.mark.parametrize("mark", ["", " ", ".", "-", "–", "n/a", "N/A", "#N/A", "#N/A N/A", "null", "NaN", "None"])
def test_gaps(mark: str):
    (values,), _ = read(["1.5", mark, "2.5"])
    assert values[0::2] == [1.5, 2.5] and np.isnan(values[1])


def test_texts_beside_numbers_in_any_table():
    rows = [["Weight", "A", "B"], ["", "0,25", "1.000,5"], [1.5, None, "x"]]
    table = convert(FileTable(Path("p.csv"), rows, range(1, 4)), [])
    assert table.rows == [["Weight", "A", "B"], ["", 0.25, 1000.5], [1.5, None, "x"]]
