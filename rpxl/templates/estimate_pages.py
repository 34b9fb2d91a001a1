"""The sheets of *why not mean-variance* on which expected returns are moved, and estimates are drawn.

Each of the 200 estimates has 3n normal draws, which are constants, and n weights of each of two portfolios, which are
formulas.
"""

import random
from statistics import NormalDist
from typing import NamedTuple

from rpxl.templates.looks import NUMBER, PERCENT1, PERCENT2
from rpxl.templates.page import Page, TemplateBook
from rpxl.xlsx.references import column_letters

DRAWS, SEED = 200, 1952
_PARTS = 3
"""For each estimate one row of draws for the means, and two for the covariances."""
TOP = 6
"""The head row of the tables of assets, and of the estimates."""


class Block(NamedTuple):
    """A block of cells on a page: a row for each estimate, a column for each asset."""

    sheet: str
    left: int
    assets: int
    rows: int = DRAWS

    @property
    def area(self) -> str:
        """All its cells, on its own page."""
        return f"{column_letters(self.left)}{TOP + 1}:{column_letters(self.left + self.assets - 1)}{TOP + self.rows}"

    def row(self, number: int) -> str:
        """Return one row, from 1, for use on its own page."""
        row = TOP + number
        return f"${column_letters(self.left)}{row}:${column_letters(self.left + self.assets - 1)}{row}"

    def all(self) -> str:
        """Return all its cells, for use on any page."""
        first, last = self.area.split(":")
        return f"{self.sheet}!{_fixed(first)}:{_fixed(last)}"

    def column(self, asset: int) -> str:
        """Return the column of an asset, from 1, for use on any page."""
        letter = column_letters(self.left + asset - 1)
        return f"{self.sheet}!${letter}${TOP + 1}:${letter}${TOP + self.rows}"


def _fixed(cell: str) -> str:
    letters = cell.rstrip("0123456789")
    return f"${letters}${cell[len(letters) :]}"


def excess(returns: str) -> str:
    """Write returns less cash; if no asset earns more than cash, cash earns 0.01 % less than the best asset."""
    return f"{returns}-MIN(Risk_free,MAX({returns})-0.0001)"


def draws(number: int, assets: int) -> Block:
    """Return the normal draws for the means (0) or for the covariances (1, 2)."""
    return Block("Draws", 3 + number * (assets + 1), assets)


def resampled(what: str, assets: int) -> Block:
    """Return a block of the sheet Estimates."""
    order = ("Expected returns", "Deviation 1", "Deviation 2", "Maximum Sharpe", "Risk parity")
    return Block("Estimates", 3 + order.index(what) * (assets + 1), assets)


def shifted_column(asset: int, sign: int) -> str:
    """Return the column of the weights after the expected return of an asset, from 1, was moved."""
    return column_letters(3 + 2 * (asset - 1) + (sign < 0))


def lay_out_shifted(book: TemplateBook, assets: int) -> Page:
    """Add the sheet Shifted: maximum-Sharpe weights after one expected return was moved up, or down."""
    page = book.page(
        "Shifted",
        '="Maximum-Sharpe weights after the expected return of one asset was moved by "&TEXT(Shift,"0.0%")',
        [2, 18, *[9] * max(2 * assets, 12)],
        one_page=False,
    )
    first, last = TOP + 1, TOP + assets
    end = column_letters(2 + 2 * assets)
    page.heading(f"B{TOP - 1}:{end}{TOP - 1}", "Moved up, and down")
    page.put(f"B{TOP}", "Asset", "column_label")
    page.sheet.set_row(TOP - 1, 30)
    page.sheet.freeze_panes(TOP, 2)
    for k in range(1, assets + 1):
        page.put(f"B{TOP + k}", f"=INDEX(Assets,1,{k})", "label")
        for sign, text in ((1, "up"), (-1, "down")):
            column = shifted_column(k, sign)
            page.put(f"{column}{TOP}", f'=INDEX(Assets,1,{k})&" {text}"', "column")
            moved = f"(Exp_returns+(Number_of_asset={k})*{sign}*Shift)"
            formula = f"=MAX_SHARPE_WEIGHTS({excess(moved)},Cov)"
            page.put(f"{column}{first}:{column}{last}", formula, "computed", PERCENT1)
            weights = f"{column}{first}:{column}{last}"
            page.put(f"{column}{last + 1}", f"=SUM({weights})", "total", PERCENT1)
            page.put(f"{column}{last + 2}", f"=SUMPRODUCT(ABS({weights}-Weights_MS))/2", "computed", PERCENT1)
            page.put(f"{column}{last + 3}", f"=INDEX({weights},{k},1)", "computed", PERCENT1)
    page.put(f"B{last + 1}", "Total", "total_label")
    page.put(f"B{last + 2}", "Traded, of capital", "label")
    page.put(f"B{last + 3}", "Weight of the asset", "label")
    book.name("Traded", page, f"C{last + 2}:{end}{last + 2}")
    return page


def lay_out_root(book: TemplateBook, assets: int) -> Page:
    """Add the sheet Root: the Cholesky factor of the covariance matrix, by native formulas."""
    page = book.page(
        "Root",
        "The Cholesky factor L of the covariance matrix, L L' = covariance; L times normal draws has these covariances",
        [2, 16, *[9] * max(assets, 8)],
        one_page=False,
    )
    page.put("B5", "", "column_label")
    page.sheet.freeze_panes(5, 2)
    for i in range(1, assets + 1):
        row = 5 + i
        page.put(f"B{row}", f"=INDEX(Assets,1,{i})", "label")
        page.put(f"{column_letters(2 + i)}5", f"=INDEX(Assets,1,{i})", "column")
        for j in range(1, assets + 1):
            column = column_letters(2 + j)
            left = column_letters(1 + j)
            own, other = f"$C{row}:{left}{row}", f"$C{5 + j}:{left}{5 + j}"
            before = "" if j == 1 else f"-SUMPRODUCT({own},{other})"
            if j > i:
                page.put(f"{column}{row}", 0, "computed", NUMBER)
            elif j == i:
                page.put(f"{column}{row}", f"=SQRT(INDEX(Cov,{i},{j}){before})", "computed", NUMBER)
            else:
                page.put(f"{column}{row}", f"=(INDEX(Cov,{i},{j}){before})/{column}{5 + j}", "computed", NUMBER)
    book.name("Root", page, f"C6:{column_letters(2 + assets)}{5 + assets}")
    return page


def lay_out_draws(book: TemplateBook, assets: int) -> Page:
    """Add the sheet Draws: standard normal numbers of a fixed seed."""
    page = book.page(
        "Draws",
        f"Standard normal numbers, drawn once with the seed {SEED}: constants, the same for everybody",
        [2, 8, *[8] * (_PARTS * (assets + 1))],
        one_page=False,
    )
    draw, normal = random.Random(SEED), NormalDist()
    page.put(f"B{TOP}", "Estimate", "column_label")
    page.sheet.freeze_panes(TOP, 2)
    for number, title in enumerate(("For the means", "For the covariances", "For the covariances, second draw")):
        block = draws(number, assets)
        left = column_letters(block.left)
        page.put(f"{left}{TOP - 1}", title, "total_label")
        for k in range(assets):
            page.put(f"{column_letters(block.left + k)}{TOP}", f"=INDEX(Assets,1,{k + 1})", "column")
    for number in range(1, DRAWS + 1):
        page.put(f"B{TOP + number}", number, "label")
        for part in range(_PARTS):
            values = [round(normal.inv_cdf(draw.random()), 4) for _ in range(assets)]
            page.line(f"{column_letters(draws(part, assets).left)}{TOP + number}", values, "computed", "0.00")
    _print_a_page(page, assets)
    return page


def lay_out_estimates(book: TemplateBook, assets: int) -> Page:
    """Add the sheet Estimates: 200 estimates that the same market could have given, and the weights by each."""
    page = book.page(
        "Estimates",
        f"{DRAWS} estimates that the same market could have given, and the weights that follow from each",
        [2, 8, *[9] * (5 * (assets + 1))],
        one_page=False,
    )
    page.put(f"B{TOP}", "Estimate", "column_label")
    page.sheet.freeze_panes(TOP, 2)
    for number in range(1, DRAWS + 1):
        page.put(f"B{TOP + number}", number, "label")
    means, one, two, sharpe, parity = (
        resampled(what, assets)
        for what in ("Expected returns", "Deviation 1", "Deviation 2", "Maximum Sharpe", "Risk parity")
    )
    for block, title in (
        (means, "Expected returns: the mean plus its error"),
        (one, "Deviations"),
        (two, "Deviations, second draw"),
        (sharpe, "Maximum-Sharpe weights"),
        (parity, "Risk-parity weights"),
    ):
        page.put(f"{column_letters(block.left)}{TOP - 1}", title, "total_label")
        for k in range(assets):
            page.put(f"{column_letters(block.left + k)}{TOP}", f"=INDEX(Assets,1,{k + 1})", "column")
    errors = f"MMULT({draws(0, assets).all()},TRANSPOSE(Root))"
    page.put(means.area, f"=TRANSPOSE(Exp_returns)+{errors}/SQRT(Years)", "computed", PERCENT1)
    page.restyle(_rest(means.area), "computed", PERCENT1)
    for number, block in ((1, one), (2, two)):
        page.put(block.area, f"=MMULT({draws(number, assets).all()},TRANSPOSE(Root))", "computed", PERCENT1)
        page.restyle(_rest(block.area), "computed", PERCENT1)
    for number in range(1, DRAWS + 1):
        cov = estimated_cov(one.row(number), two.row(number))
        best = f"=TRANSPOSE(MAX_SHARPE_WEIGHTS({excess(means.row(number))},{cov}))"
        page.put(sharpe.row(number).replace("$", ""), best, "computed", PERCENT2)
        page.put(parity.row(number).replace("$", ""), f"=TRANSPOSE(RP_WEIGHTS({cov}))", "computed", PERCENT2)
    _print_a_page(page, assets)
    return page


def estimated_cov(one: str, two: str) -> str:
    """Write the covariance matrix of an estimate, from its two rows of deviations."""
    products = "+".join(f"MMULT(TRANSPOSE({row}),{row})" for row in (one, two))
    return f"Cov+Share_drawn*(({products})/2-Cov)"


def _rest(area: str) -> str:
    """Return an area without its first row, where the formula stands."""
    first, last = area.split(":")
    letters = first.rstrip("0123456789")
    return f"{letters}{int(first[len(letters) :]) + 1}:{last}"


def _print_a_page(page: Page, assets: int) -> None:
    page.print_only(f"A1:{column_letters(2 + min(assets, 15))}{TOP + 40}", TOP)
