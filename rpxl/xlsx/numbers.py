"""Numbers as a workbook stores them."""


def number_text(value: float) -> str:
    """Return a number as the text that a workbook stores, without loss of digits.

    >>> number_text(0.1), number_text(3.0), number_text(1e300)
    ('0.1', '3', '1e+300')
    """
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def is_number(text: str, value: float) -> bool:
    """Tell whether the text of a cell is the number `value`."""
    try:
        return float(text) == value
    except ValueError:
        return False
