"""What a template is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rpxl.errors import InputError
from rpxl.templates.page import Cell, Rows, TemplateBook

TemplateInputs = dict[str, Cell | Rows]
"""Values of input cells by the name of their range: one cell, or rows of cells."""


@dataclass(frozen=True)
class Template:
    """A workbook that rpxl builds.

    `sample` makes the inputs that the built workbook shows, `lay_out` puts the sheets into a book that has
    inputs, and `placeholders` makes inputs of the right size for a number of assets and dates. A template
    whose size is fixed has a number of `assets` and no placeholders.
    """

    name: str
    title: str
    summary: str
    sample: Callable[[], TemplateInputs]
    lay_out: Callable[[TemplateBook], None]
    assets: int | None = None
    placeholders: Callable[[int, int], TemplateInputs] | None = None
    dates: int | None = None
    """The number of dates in the sample; None for a template without prices."""
    shape: Callable[[TemplateInputs], object] | None = None
    """What the layout depends on, by the values of the inputs; None if it depends on their number alone."""
    follows_prices: Callable[[TemplateInputs], bool] | None = None
    """Whether `shape` depends on the prices too, for these inputs; None for never."""

    def build(self, assets: int | None = None, dates: int | None = None, given: TemplateInputs | None = None) -> bytes:
        """Lay the workbook out for a number of assets and dates, and return the .xlsx file, without cached values.

        Without a number of assets or dates it is the sample's. `given` are values for some of the inputs.

        Raises
        ------
        InputError
            The template does not exist in that size.
        """
        if self.placeholders is None:
            if assets not in (None, self.assets):
                raise InputError("assets", f"{self.name} is laid out for {self.assets} assets, not {assets}.")
            if dates is not None:
                raise InputError("prices", f"{self.name} takes no prices.")
            inputs = self.sample()
        elif assets is None and dates is None:
            inputs = self.sample()
        else:
            sample: Rows = self.sample()["Prices"]  # type: ignore[assignment]
            inputs = self.placeholders(assets or len(sample[0]), dates or self.dates or 0)
        book = TemplateBook(self.name, self.title, inputs | (given or {}))
        self.lay_out(book)
        return book.save()

    def for_new_assets(self, assets: int) -> dict[str, list[float | str]]:
        """Return the values that new assets get, for each input that has one value per asset."""
        if self.placeholders is None:
            return {}
        values: dict[str, list[float | str]] = {}
        for name, rows in self.placeholders(assets, assets + 1).items():
            if not isinstance(rows, float | str | date) and len(rows) == assets and len(rows[0]) == 1:
                values[name] = [cell for (cell,) in rows if isinstance(cell, float | str)]
        return values
