"""The illustrative table of the textbook beside the static analysis, and what its own arithmetic gives."""

from rpxl.templates.looks import PERCENT2, RATIO
from rpxl.templates.page import TemplateBook
from rpxl.templates.sample_prices import ETFS


def lay_out_published(book: TemplateBook) -> None:
    """Add the sheet Published."""
    page = book.page(
        "Published",
        "The illustrative table of the textbook for these five assets, and what its own arithmetic gives",
        [2, 30, *[11] * 8],
    )
    page.heading("B4:J4", "Published, marked 'illustrative' by its author: constants, not computed from the prices")
    heads = [*ETFS.tickers, "Return", "Volatility", "Sharpe"]
    page.header("B5", ["Strategy", *heads])
    table = (
        ("EW", 0.2, 0.2, 0.2, 0.2, 0.2, 0.055, 0.105, 0.52),
        ("60/40", 0.6, 0, 0.4, 0, 0, 0.078, 0.092, 0.85),
        ("Risk parity unlevered", 0.08, 0.07, 0.55, 0.18, 0.12, 0.028, 0.045, 0.62),
        ("Risk parity levered", 0.164, 0.1435, 1.1275, 0.369, 0.246, 0.0574, 0.092, 0.62),
    )
    for row, (name, *figures) in enumerate(table, 6):
        page.put(f"B{row}", name, "label")
        page.line(f"C{row}", figures[:5], "published", PERCENT2)
        page.line(f"H{row}", figures[5:7], "published", PERCENT2)
        page.put(f"J{row}", figures[7], "published", RATIO)
    page.heading("B11:J11", "What the printed figures give: Sharpe = return / volatility, leverage = 9.20 / 4.50")
    page.header("B12", ["Strategy", *heads])
    for row in range(13, 17):
        page.put(f"B{row}", f"=B{row - 7}", "label")
        for column in "CDEFGHI":
            formula = f"={column}8*$I$7/$I$8" if row == 16 else f"={column}{row - 7}"
            page.put(f"{column}{row}", formula, "computed", PERCENT2)
        page.put(f"J{row}", f"=H{row}/I{row}", "computed", RATIO)
    page.heading("B18:J18", "Computed less published")
    page.header("B19", ["Strategy", *heads])
    for row in range(20, 24):
        page.put(f"B{row}", f"=B{row - 14}", "label")
        for column in "CDEFGHIJ":
            number_format = RATIO if column == "J" else PERCENT2
            page.put(f"{column}{row}", f"={column}{row - 7}-{column}{row - 14}", "difference", number_format)
    page.note(
        "B25:J28",
        "The levered row multiplies every weight by 2.05, while its volatilities ask for 9.20/4.50 = 2.0444: hence the "
        "differences in the last row. The other rows agree. Real prices of 2014 to 2023 give other figures. Equal "
        "weights, for instance, return 5.45 % at a volatility of 9.59 %. Fill the workbook with prices to see.",
    )
