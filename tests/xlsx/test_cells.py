import pytest

from rpxl.xlsx.cells import number_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (999_999_999_999_999.0, "999999999999999"),  # Excel keeps 15 digits
        (-999_999_999_999_999.0, "-999999999999999"),
        (1e15, "1000000000000000.0"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_numbers_as_a_workbook_stores_them(number: float, text: str):
    assert number_text(number) == text
    assert float(number_text(number)) == number
