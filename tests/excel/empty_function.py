"""A function of xlwings that does nothing; it must be imported while xlwings is as on Windows."""

from typing import Any

import xlwings


@xlwings.func
def EMPTY(values: Any) -> Any:  # noqa: N802
    return values
