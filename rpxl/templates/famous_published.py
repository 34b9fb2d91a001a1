"""The weights of famous portfolios as published, the classes they are made of, and the tickers that tell a class."""

from dataclasses import dataclass

from rpxl.templates.looks import BRICK, GOLD, INK, NAVY, PERCENT1, SLATE, TEAL
from rpxl.templates.page import Page, TemplateBook
from rpxl.templates.template import TemplateInputs
from rpxl.xlsx.references import column_letters

CLASSES = ("Stocks", "Long-term bonds", "Intermediate bonds", "Cash", "Gold", "Commodities")
COLORS = (
    (NAVY, "#FFFFFF"),
    (TEAL, "#FFFFFF"),
    ("#8FBCC2", INK),
    (SLATE, INK),
    (GOLD, INK),
    (BRICK, "#FFFFFF"),
)
"""For each class its colour, and the colour of labels on it."""
NO_CLASS = "None"
AUTO = "auto"
"""The word that leaves the class to the ticker."""

_TICKERS = {
    "Stocks": "SPY VOO IVV VTI ITOT VT ACWI VEU VXUS VEA EFA IEFA VWO EEM QQQ IWM IJS VBR",
    "Long-term bonds": "TLT VGLT EDV SPTL TLH ZROZ",
    "Intermediate bonds": "IEF VGIT IEI SCHR AGG BND SPTI GOVT",
    "Cash": "BIL SHV SGOV SHY VGSH SCHO",
    "Gold": "GLD IAU GLDM SGOL",
    "Commodities": "DBC PDBC GSG BCI DJP COMT",
}


@dataclass(frozen=True)
class Famous:
    """A portfolio: its weights by class in percent, and who published them where. Without a source it is the user's."""

    name: str
    weights: tuple[float, ...]
    source: str = ""


FAMOUS = (
    Famous(
        "60/40",
        (60, 0, 40, 0, 0, 0),
        "A convention, described by Peter L. Bernstein among others: 'The 60/40 Solution', Bloomberg Personal Finance, "
        "January/February 2002. He says bonds in general; here they are intermediate bonds.",
    ),
    Famous(
        "All Weather",
        (30, 40, 15, 0, 7.5, 7.5),
        "Tony Robbins: 'MONEY Master the Game', Simon & Schuster 2014, from a conversation with Ray Dalio; "
        "there it is 'All Seasons'. Bridgewater's own All Weather strategy is levered and holds more markets.",
    ),
    Famous(
        "Permanent Portfolio",
        (25, 25, 0, 25, 25, 0),
        "Harry Browne: 'Fail-Safe Investing', St. Martin's Press 1999, rule 11: a quarter each, rebalanced "
        "when one is below 15 % or above 35 %.",
    ),
    Famous("Your own 1", (40, 0, 60, 0, 0, 0)),
    Famous("Your own 2", (20, 20, 20, 0, 20, 20)),
)
OWN = tuple(portfolio.name for portfolio in FAMOUS if not portfolio.source)
TOP = 6
"""The head row of the table of classes."""
LAST = TOP + len(CLASSES)


def _cell_name(own: int, asset_class: str) -> str:
    return f"Own_{own}_{asset_class.lower().replace('-', '_').replace(' ', '_')}"


def own_inputs() -> TemplateInputs:
    """Return the inputs of the user's own portfolios: a name, and a weight for each class."""
    inputs: TemplateInputs = {}
    for number, name in enumerate(OWN, 1):
        weights = next(portfolio.weights for portfolio in FAMOUS if portfolio.name == name)
        inputs[f"Own_{number}"] = name
        for asset_class, weight in zip(CLASSES, weights, strict=True):
            inputs[_cell_name(number, asset_class)] = weight / 100
    return inputs


def weight_column(number: int) -> str:
    """Return the column of a portfolio in the table of classes, from 0."""
    return column_letters(3 + number)


def lay_out_published(book: TemplateBook) -> Page:
    """Add the sheet Published, with the names Classes, Class_counts, Tickers and Ticker_classes."""
    page = book.page(
        "Published",
        "What the portfolios hold by class, who published it, and your own beside them",
        [2, 26, *[15] * len(FAMOUS), 13, 2, 12, 20],
    )
    page.legend("E3")
    end = weight_column(len(FAMOUS) - 1)
    page.heading(f"B{TOP - 1}:{end}{TOP - 1}", "Weights by class")
    page.put(f"B{TOP}", "Class", "column_label")
    for row, asset_class in enumerate(CLASSES, TOP + 1):
        page.put(f"B{row}", f'="{asset_class}"', "label")  # as a formula, so that it is no input
    page.put(f"B{LAST + 1}", "Total", "total_label")
    book.name("Classes", page, f"B{TOP + 1}:B{LAST}")
    counts = column_letters(3 + len(FAMOUS))
    page.heading(f"{counts}{TOP - 1}:{counts}{TOP - 1}", "")
    page.put(f"{counts}{TOP}", "Your assets", "column")
    for row in range(TOP + 1, LAST + 1):
        page.put(f"{counts}{row}", f"=COUNTIF(Class_used,B{row})", "computed", "0")
    book.name("Class_counts", page, f"{counts}{TOP + 1}:{counts}{LAST}")
    for number, portfolio in enumerate(FAMOUS):
        column = weight_column(number)
        own = OWN.index(portfolio.name) + 1 if portfolio.name in OWN else 0
        if own:
            page.input(f"Own_{own}", f"{column}{TOP}", look="input_text")
        else:
            page.put(f"{column}{TOP}", portfolio.name, "column")
        for row, (asset_class, weight) in enumerate(zip(CLASSES, portfolio.weights, strict=True), TOP + 1):
            if own:
                page.input(_cell_name(own, asset_class), f"{column}{row}", PERCENT1)
            else:
                page.put(f"{column}{row}", weight / 100, "published", PERCENT1)
        page.put(f"{column}{LAST + 1}", f"=SUM({column}{TOP + 1}:{column}{LAST})", "total", PERCENT1)
    page.mark(f"C{LAST + 1}:{end}{LAST + 1}", f"=ABS(C${LAST + 1}-1)>0.000001")
    top = LAST + 4
    page.heading(f"B{top - 1}:{end}{top - 1}", "Who published them, and where")
    for row, portfolio in enumerate((p for p in FAMOUS if p.source), top):
        page.put(f"B{row}", portfolio.name, "label")
        page.sheet.merge_range(f"C{row}:{end}{row}", "", page.book.look("source"))
        page.put(f"C{row}", portfolio.source, "source")
        page.sheet.set_row(row - 1, 30)
    page.note(
        f"B{top + 4}:{end}{top + 6}",
        "The weights are those of the class. Assets of one class share its weight equally. Your own portfolios are "
        "inputs: name them, and give each class its weight.",
    )
    tickers = [(ticker, asset_class) for asset_class, known in _TICKERS.items() for ticker in known.split()]
    page.heading(f"J{TOP - 1}:K{TOP - 1}", "Classes of known tickers")
    page.line(f"J{TOP}", ["Ticker", "Class"], "column_label")
    for row, pair in enumerate(tickers, TOP + 1):
        page.line(f"J{row}", [f'="{text}"' for text in pair], "label")
    book.name("Tickers", page, f"J{TOP + 1}:J{TOP + len(tickers)}")
    book.name("Ticker_classes", page, f"K{TOP + 1}:K{TOP + len(tickers)}")
    return page
