"""Functions that take a portfolio to a volatility with borrowed money, and price that."""

from typing import Annotated

from rpxl.core.leverage import lever_to_vol
from rpxl.errors import InputError
from rpxl.formulas.arguments import Cov, Weights
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, Choice, Number, Vector

_ITEMS = (
    "report",
    "weights",
    "leverage",
    "borrowed",
    "cash",
    "volatility",
    "cost",
    "gross_return",
    "net_return",
    "sharpe",
)


@formula(
    "Leverage",
    example=Example(
        args=(1.0, 0.0036, 0.09, 0.02, 0.04),
        answer=[
            ["Leverage", 1.5],
            ["Weight of Asset 1", 1.5],
            ["Borrowed", 0.5],
            ["Cash", 0.0],
            ["Volatility", 0.09],
            ["Financing cost", 0.01],
            ["Gross return", 0.06],
            ["Net return", 0.05],
            ["Sharpe ratio", 0.05 / 0.09],
        ],
        source="Butler (ReSolve), $100 of equity, $50 borrowed at 2 %, return 4 %, volatility 6 %",
    ),
)
def LEVER_TO_VOL(
    weights: Weights,
    cov: Cov,
    target: Annotated[float, Number("Volatility to reach, annual (0.1 is 10 %).")],
    borrow: Annotated[float, Number("Annual interest on the borrowed part (0.02 is 2 %). Default 0.")] = 0.0,
    exp_returns: Annotated[
        Array | None,
        Vector("Expected annual return of each asset; with it the answer has returns and the Sharpe ratio."),
    ] = None,
    output: Annotated[
        str, Choice(f"What to return: report (default), or one item of it: {', '.join(_ITEMS[1:])}.", _ITEMS)
    ] = "report",
    *,
    labels: list[str],
) -> float | Array | list[list[float | str]]:
    """Lever a portfolio to a target volatility: leverage, weights, what is borrowed and what it costs, net return.

    Raises
    ------
    InputError
        An argument is wrong, or `output` asks for a return without `exp_returns`.
    InfeasibleError
        The portfolio has no volatility that could be levered.

    Notes
    -----
    Leverage is target / √(w'Σw). What the levered weights exceed 1 by is borrowed; what they fall short
    by is cash that earns nothing. Net return is gross return less borrow × borrowed; the Sharpe ratio is
    net return over volatility.

    Examples
    --------
    >>> round(LEVER_TO_VOL(1.0, 0.0036, 0.09, 0.02, 0.04, "net_return"), 12)
    0.05
    """
    levered = lever_to_vol(weights, cov, target, borrow, exp_returns)
    if output != "report":
        item: float | Array | None = getattr(levered, output)
        if item is None:
            raise InputError("exp_returns", f"is needed for the output '{output}'.")
        return item
    rows: list[list[float | str]] = [
        ["Leverage", levered.leverage],
        *([f"Weight of {label}", weight] for label, weight in zip(labels, levered.weights, strict=True)),
        ["Borrowed", levered.borrowed],
        ["Cash", levered.cash],
        ["Volatility", levered.volatility],
        ["Financing cost", levered.cost],
    ]
    if levered.gross_return is not None and levered.net_return is not None and levered.sharpe is not None:
        rows += [
            ["Gross return", levered.gross_return],
            ["Net return", levered.net_return],
            ["Sharpe ratio", levered.sharpe],
        ]
    return rows
