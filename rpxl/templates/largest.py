"""Tables for stacked charts of many assets: the largest and the sum of all others, as few colours can be told apart."""

from collections.abc import Sequence

from rpxl.templates.charts import axis, bar_chart, bars, legend, palette, place
from rpxl.templates.looks import PERCENT1
from rpxl.templates.page import Page
from rpxl.xlsx.references import column_letters

MOST = 10
"""How many assets have a colour of their own when there are more."""


class Largest:
    """A table of the largest assets on a page of chart data: a row per asset, a column per portfolio.

    `source` is the page whose columns `keys` decide which assets are the largest: those with the largest sum. Its
    rows from `first` on are the assets. The sums go into the column `column` of `page`.
    """

    def __init__(self, page: Page, assets: int, source: Page, keys: Sequence[str], first: int, column: str) -> None:
        self.page, self.assets, self.source, self.first = page, assets, source, first
        self.shown = assets if assets <= MOST + 1 else MOST
        self._ranks = None
        if self.shown < assets:
            page.put(f"{column}4", "Sum", "column")
            for k in range(assets):
                cells = [source.ref(f"{key}{first + k}") for key in keys]
                page.put(f"{column}{5 + k}", f"={'+'.join(cells)}+{assets - k}*1E-9", "computed", PERCENT1)
            self._ranks = page.ref(f"{column}5:{column}{4 + assets}")

    def rows(self) -> int:
        """Return how many rows a table has below its head."""
        return self.shown + (self.shown < self.assets)

    def table(self, top: int, title: str, heads: Sequence[str], columns: Sequence[str]) -> None:
        """Write a table with its title in the row `top`; the heads may be formulas."""
        page, last = self.page, self.first + self.assets - 1
        page.heading(f"B{top}:{column_letters(2 + len(heads))}{top}", title)
        page.header(f"B{top + 1}", ["Asset", *heads])
        page.sheet.set_row(top, 30)
        for k in range(1, self.shown + 1):
            row = top + 1 + k
            place_of = str(k) if self._ranks is None else f"MATCH(LARGE({self._ranks},{k}),{self._ranks},0)"
            page.put(f"B{row}", f"=INDEX(Assets,1,{place_of})", "label")
            for step, column in enumerate(columns):
                values = self.source.ref(f"{column}{self.first}:{column}{last}")
                formula = f"=INDEX({values},{place_of},1)"
                page.put(f"{column_letters(3 + step)}{row}", formula, "computed", PERCENT1)
        if self.shown < self.assets:
            row = top + 2 + self.shown
            page.put(f"B{row}", f"{self.assets - self.shown} others", "label")
            for step, column in enumerate(columns):
                values = self.source.ref(f"{column}{self.first}:{column}{last}")
                own = column_letters(3 + step)
                formula = f"=SUM({values})-SUM({own}{top + 2}:{own}{row - 1})"
                page.put(f"{own}{row}", formula, "computed", PERCENT1)

    def chart(
        self, on: Page, cell: str, size: tuple[int, int], title: str, top: int, count: int, right: int = 0
    ) -> None:
        """Draw a table as stacked bars, one for each of its `count` portfolios."""
        chart = bar_chart(on, stacked=True)
        end = column_letters(2 + count)
        for row, color in zip(range(top + 2, top + 2 + self.rows()), palette(self.rows()), strict=True):
            name = f"={self.page.ref(f'B{row}')}"
            others = row == top + 2 + self.shown
            values, heads = f"C{row}:{end}{row}", f"C{top + 1}:{end}{top + 1}"
            chart.add_series(bars(self.page, name, heads, values, "#DDE2E8" if others else color))
        chart.set_x_axis(axis(None, "0%", max=1))
        chart.set_legend(legend())
        place(on, chart, cell, *size, title, right=right)
