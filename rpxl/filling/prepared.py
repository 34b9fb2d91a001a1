"""A template from which many workbooks are made: it is read once, and resized once for each number of dates."""

import contextlib
import threading
from collections import OrderedDict

from rpxl.errors import InputError
from rpxl.filling.freeze import require_live
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.price_rows import price_block, resize_prices
from rpxl.filling.relayout import template_of
from rpxl.xlsx.form import Form
from rpxl.xlsx.workbook import Workbook

_SIZES = 4
"""How many sizes are kept; each takes the memory of a workbook."""


class Prepared:
    """A template in memory, which gives copies of itself.

    Parameters
    ----------
    template
        The file.

    Raises
    ------
    InputError
        It is not a sound workbook, or a frozen copy.
    """

    def __init__(self, template: bytes) -> None:
        self._template = _read(Workbook(template))
        require_live(self._template)
        self._sizes: OrderedDict[int, Workbook] = OrderedDict()
        self._lock = threading.Lock()

    def copy(self, assets: int = 0, dates: int = 0) -> Workbook:
        """Return a copy; with room for so many dates, if it has so many assets and needs nothing but other rows.

        Raises
        ------
        InputError
            Something beside the prices can't follow.
        """
        with self._lock:
            if not dates or not self._resizes(assets, dates):
                return self._template.copy()
            if dates in self._sizes:
                _cut(self._sizes[dates])
            else:
                book = self._template.copy()
                resize_prices(book, price_block(WorkbookInputs(book)), dates)
                self._sizes[dates] = _read(book)
                if len(self._sizes) > _SIZES:
                    self._sizes.popitem(last=False)
            self._sizes.move_to_end(dates)
            return self._sizes[dates].copy()

    def _resizes(self, assets: int, dates: int) -> bool:
        """Whether other dates change the rows of the prices, and nothing else."""
        inputs, own = WorkbookInputs(self._template), template_of(self._template)
        if inputs.find("Prices") is None or inputs.find("Dates") is None or (own is not None and own.shape is not None):
            return False
        block = price_block(inputs)
        return block.width == assets and block.height - 1 != dates


def _read(book: Workbook) -> Workbook:
    """Read the formulas of a workbook, which its copies then know."""
    for sheet in book.worksheets:
        _ = sheet.formulas
    return book


def _cut(book: Workbook) -> None:
    """Have copies take prices and dates into gaps of their sheet; that is worth while from the second copy on."""
    inputs = WorkbookInputs(book)
    prices, dates = price_block(inputs), inputs.require("Dates")
    sheet = book.sheet(prices.sheet)
    if sheet.form is None:
        with contextlib.suppress(InputError):  # a cell that nobody asks for can't be read
            sheet.form = Form(book.copy().sheet(sheet.name), [prices, dates])
