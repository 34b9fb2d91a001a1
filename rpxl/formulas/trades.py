"""The function that turns weights into trades."""

from typing import Annotated

import numpy as np

from rpxl.core.trades import TradeList, trade_list
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.readers import Number, Square, Vector

HEADINGS = ("Asset", "Held", "Price", "Weight", "Target", "Drift", "Trade", "Value", "Cost", "Weight after")
RISK_HEADINGS = ("Risk now", "Risk after")
FIGURES = ("Equity", "Cash before", "Bought", "Sold", "Costs", "Cash after", "Distance from target", "Rounding")
"""The rows below the assets; with futures also their margin and the free cash."""

_ZERO, _ONE = np.zeros(1), np.ones(1)


@formula(
    "Construction",
    example=Example(
        args=([["Stocks", 100.0], ["Bonds", 0.0]], [50.0, 101.0], [0.6, 0.4], 5000.0),
        answer=[
            list(HEADINGS),
            ["Stocks", 100.0, 50.0, 0.5, 0.6, -0.1, 20.0, 1000.0, 0.0, 0.6],
            ["Bonds", 0.0, 101.0, 0.0, 0.4, -0.4, 39.0, 3939.0, 0.0, 0.3939],
            ["Equity", 10000.0, *[""] * 8],
            ["Cash before", 5000.0, *[""] * 8],
            ["Bought", 4939.0, *[""] * 8],
            ["Sold", 0.0, *[""] * 8],
            ["Costs", 0.0, *[""] * 8],
            ["Cash after", 61.0, *[""] * 8],
            ["Distance from target", 61.0, *[""] * 8],
            ["Rounding", "best", *[""] * 8],
        ],
        source="by hand: 39 bonds miss 4,000 by 61; 40 would need 1 share of stocks fewer, and miss by 40 and by 50",
    ),
)
def TRADE_LIST(
    holdings: Annotated[
        Array, Vector("Shares or contracts held, a row or a column; below 0 when short. Labels may be included.")
    ],
    prices: Annotated[Array, Vector("The last price of each, in the same order.")],
    target: Annotated[
        Array,
        Vector(
            "Target weights as fractions of equity; below 0 for short positions. If they sum to less than 1, the rest "
            "stays in cash; if to more, the excess is borrowed."
        ),
    ],
    cash: Annotated[float, Number("Money in the account, below 0 when borrowed. Default 0.")] = 0.0,
    band: Annotated[
        Array,
        Vector(
            "Largest drift of a weight from its target that is not traded (0.02 is 2 %). One for all, or one each. "
            "Default 0."
        ),
    ] = _ZERO,
    lot: Annotated[
        Array,
        Vector("Each trade is a multiple of it: 1 (default), 100, or 0.001 for fractions. One for all, or one each."),
    ] = _ONE,
    cost_bps: Annotated[
        Array, Vector("Costs in basis points of the value traded (5 is 0.05 %). One for all, or one each. Default 0.")
    ] = _ZERO,
    min_trade: Annotated[float, Number("Smallest value of a trade, in money. Default 0.")] = 0.0,
    multiplier: Annotated[
        Array,
        Vector("For futures: the value of a contract per unit of its price (50). One for all, or one each. Default 1."),
    ] = _ONE,
    margin: Annotated[
        Array,
        Vector(
            "For futures: initial margin as a fraction of their value (0.05); 1 (default) for assets paid in full. "
            "One for all, or one each."
        ),
    ] = _ONE,
    cov: Annotated[
        Array | None,
        Square("Covariance matrix of the assets, annual; adds the shares of risk before and after the trades."),
    ] = None,
    *,
    labels: list[str],
) -> list[list[float | str]]:
    """Trade list: the trades in whole lots from the shares held to target weights, with cash before and after.

    Raises
    ------
    InputError
        An argument is wrong or of another length, or the account is worth nothing.
    InfeasibleError
        Cash is below 0, and no allowed trades bring it back to 0.
    ConvergenceError
        The solver found no answer.

    Notes
    -----
    A trade above 0 is a purchase, below 0 a sale. The trades are whole lots that minimise the distance from the target,
    Σ|value after − weight · equity after|, plus the costs, while cash stays at 0 or above (with targets that sum to
    more than 1: the loan stays within what they need). Up to 50 assets this is solved exactly, as an integer programme;
    for more, the row Rounding shows how far from the best the answer can be. Of equally good answers the one that
    trades less is taken. An asset inside its band is not traded. If the list is traded, a new one has no trades.

    Examples
    --------
    >>> table = TRADE_LIST([["Stocks", 10.0], ["Bonds", 0.0]], [50.0, 100.0], [0.5, 0.5], 500.0)
    >>> [row[6] for row in table[1:3]]
    [0.0, 5.0]
    """
    found = trade_list(holdings, prices, target, cash, band, lot, cost_bps, min_trade, multiplier, margin, cov)
    columns = [holdings, prices, found.weights, target, found.drift, found.trades, found.amounts, found.costs]
    columns.append(found.weights_after)
    rows: list[list[float | str]] = [[label, *row] for label, *row in zip(labels, *columns, strict=True)]
    heads = list(HEADINGS)
    if cov is not None:
        heads += RISK_HEADINGS
        for shares in (found.risk, found.risk_after):
            for i, row in enumerate(rows):
                row.append("n/a" if shares is None else float(shares[i]))
    blank = [""] * (len(heads) - 2)
    return [[*heads], *rows, *([name, figure, *blank] for name, figure in _figures(found, bool((margin < 1.0).any())))]


def _figures(found: TradeList, futures: bool) -> list[tuple[str, float | str]]:
    bought = float(np.maximum(found.amounts, 0.0).sum())
    rounding = "best" if found.gap == 0.0 else f"within {found.gap:,.2f} of the best"
    values = (found.equity, found.cash, bought, bought - float(found.amounts.sum()), float(found.costs.sum()))
    figures: list[tuple[str, float | str]] = list(
        zip(FIGURES, (*values, found.cash_after, found.distance, rounding), strict=True)
    )
    if futures:
        margins = [("Initial margin", found.margin_after), ("Free cash", found.cash_after - found.margin_after)]
        figures[6:6] = margins
    return figures
