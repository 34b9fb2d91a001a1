"""Functions that lever a portfolio to a target, with the cost of borrowing; and the margin report of futures."""

from typing import Annotated

from rpxl.core.cov_checks import volatility_warning
from rpxl.core.covariance import vols
from rpxl.core.leverage import Leverage, lever_to_return, lever_to_vol
from rpxl.core.margin import margin_report
from rpxl.errors import InputError
from rpxl.formulas.arguments import Cov, Weights
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.readers import Choice, Number, Vector

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
            ["Sharpe ratio (cash at 0 %)", 0.05 / 0.09],
        ],
        source="Butler (ReSolve), $100 of equity, $50 borrowed at 2 %, return 4 %, volatility 6 %",
    ),
)
def LEVER_TO_VOL(
    weights: Weights,
    cov: Cov,
    target: Annotated[float, Number("Target volatility, annual (0.1 is 10 %).")],
    borrow: Annotated[float, Number("Annual interest on the borrowed part (0.02 is 2 %). Default 0.")] = 0.0,
    exp_returns: Annotated[
        Array | None,
        Vector("Expected annual return of each asset (0.04 is 4 %); needed for the returns and the Sharpe ratio."),
    ] = None,
    output: Annotated[
        str, Choice(f"What to return: report (default), or one item of it: {', '.join(_ITEMS[1:])}.", _ITEMS)
    ] = "report",
    cash_rate: Annotated[
        float,
        Number(
            "Annual interest on what stays in cash, also the risk-free rate of the Sharpe ratio (0.02 is 2 %). Default "
            "0."
        ),
    ] = 0.0,
    max_leverage: Annotated[
        float | None,
        Number(
            "The most that the weights may be multiplied by. Where it binds, the volatility stays below the target."
        ),
    ] = None,
    *,
    labels: list[str],
) -> float | Array | list[list[float | str]]:
    """Lever a portfolio to a target volatility: leverage, weights, amount borrowed and its cost, net return.

    Raises
    ------
    InputError
        An argument is wrong, or `output` asks for a return or the Sharpe ratio without `exp_returns`.
    InfeasibleError
        The portfolio has no volatility that could be levered.

    Notes
    -----
    Leverage is target / √(w'Σw). If the levered weights sum to more than 1, the excess is borrowed; if they sum to
    less, the rest is cash, which earns the cash rate. The gross return includes the interest on cash; the net return
    is the gross return less borrow × borrowed. The Sharpe ratio is the net return less the cash rate, divided by the
    volatility. The report ends with a note if a volatility in `cov` is above 300 % or below 0.05 %.

    Examples
    --------
    >>> round(LEVER_TO_VOL(1.0, 0.0036, 0.09, 0.02, 0.04, "net_return"), 12)
    0.05
    """
    levered = lever_to_vol(weights, cov, target, borrow, exp_returns, cash_rate, max_leverage)
    return _shown(levered, output, cash_rate, cov, labels)


@formula(
    "Leverage",
    example=Example(
        args=(1.0, 0.0036, 0.04, 0.05, 0.02),
        answer=[
            ["Leverage", 1.5],
            ["Weight of Asset 1", 1.5],
            ["Borrowed", 0.5],
            ["Cash", 0.0],
            ["Volatility", 0.09],
            ["Financing cost", 0.01],
            ["Gross return", 0.06],
            ["Net return", 0.05],
            ["Sharpe ratio (cash at 0 %)", 0.05 / 0.09],
        ],
        source="Butler (ReSolve): return 4 %, volatility 6 %, borrowing at 2 %; (5 − 2)/(4 − 2) = 1.5 times gives 5 %",
    ),
)
def LEVER_TO_RETURN(
    weights: Weights,
    cov: Cov,
    exp_returns: Annotated[Array, Vector("Expected annual return of each asset (0.04 is 4 %), a row or a column.")],
    target: Annotated[float, Number("Expected annual return to reach, after the cost of borrowing (0.05 is 5 %).")],
    borrow: Annotated[float, Number("Annual interest on the borrowed part (0.02 is 2 %). Default 0.")] = 0.0,
    cash_rate: Annotated[
        float,
        Number(
            "Annual interest on what stays in cash, also the risk-free rate of the Sharpe ratio (0.02 is 2 %). Default "
            "0."
        ),
    ] = 0.0,
    output: Annotated[
        str, Choice(f"What to return: report (default), or one item of it: {', '.join(_ITEMS[1:])}.", _ITEMS)
    ] = "report",
    *,
    labels: list[str],
) -> float | Array | list[list[float | str]]:
    """Lever a portfolio to a target return after the cost of borrowing: leverage, weights, borrowed, volatility.

    Raises
    ------
    InputError
        An argument is wrong, the weights do not sum to more than 0, or `borrow` is below `cash_rate`.
    InfeasibleError
        The target is below the cash rate, or the portfolio has no risk; or no leverage reaches the target at that
        borrowing rate: the message gives the highest return that can be reached.

    Notes
    -----
    For weights that sum to 1 and have the expected return μ: the leverage is (R − c)/(μ − c) if that is at most 1, else
    (R − b)/(μ − b), with the target R, the cash rate c and the borrowing rate b.

    Examples
    --------
    >>> LEVER_TO_RETURN(1.0, 0.25, 0.5, 0.25, 0.0, 0.0, "leverage")
    0.5
    """
    levered = lever_to_return(weights, cov, exp_returns, target, borrow, cash_rate)
    return _shown(levered, output, cash_rate, cov, labels)


def _shown(
    levered: Leverage, output: str, cash_rate: float, cov: Array, labels: list[str]
) -> float | Array | list[list[float | str]]:
    """Return the report of a levered portfolio, or one item of it."""
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
    if levered.gross_return is not None and levered.net_return is not None:
        sharpe = "n/a" if levered.sharpe is None else levered.sharpe
        rows += [
            ["Gross return", levered.gross_return],
            ["Net return", levered.net_return],
            [f"Sharpe ratio (cash at {100.0 * cash_rate:.10g} %)", sharpe],
        ]
    note = _note(cov, labels)
    return rows if note is None else [*rows, ["Note", note]]


def _note(cov: Array, labels: list[str]) -> str | None:
    """Say which volatility of a covariance matrix is implausible; None if none is."""
    warning = volatility_warning(vols(cov), "cov")
    if warning is None:
        return None
    return str(warning.relocate(lambda cell: f"the variance of {labels[cell[0] if isinstance(cell, tuple) else cell]}"))


_ANSWERS = {True: "holds", False: "fails", None: "your answer"}


@formula(
    "Leverage",
    example=Example(
        args=([[0.5], [2.0]], [[0.0128, 0.0], [0.0, 0.0008]], [[0.06], [0.02]], 0.19, 63.0),
        answer=[
            ["Asset", "Notional", "Margin rate", "Initial margin"],
            ["Asset 1", 0.5, 0.06, 0.03],
            ["Asset 2", 2.0, 0.02, 0.04],
            ["Total, gross", 2.5, "", 0.07],
            ["Free cash", 0.12, "", ""],
            ["Volatility over the horizon", 0.04, "", ""],
            ["Loss at the confidence", 0.04 * 2.326347874, "", ""],
            ["Loss that triggers a margin call", 0.12, "", ""],
            ["Chance of a call at the end of the horizon", 0.001349898032, "", ""],
            ["Chance of a call within the horizon", 2 * 0.001349898032, "", ""],
            ["Largest share of the risk", 0.5, "", ""],
            ["Independent bets", 2.0, "", ""],
            ["Condition", "Answer", "Why", ""],
            [
                "Unencumbered cash for margin calls",
                "holds",
                "Free cash must cover the loss over the horizon at the confidence.",
                "",
            ],
            [
                "A diversified portfolio",
                "holds",
                "No asset may carry more than 50% of the risk; 1.5 independent bets at least.",
                "",
            ],
            [
                "Frequent rebalancing",
                "your answer",
                "Do you bring leverage back to its target every 63 trading days at least, and after large losses?",
                "",
            ],
            [
                "A stable source of financing",
                "your answer",
                "Can nobody withdraw the cash, and can you pay in more when the exchange raises its margin rates?",
                "",
            ],
        ],
        source="by hand: variance 2 · 0.0032 is 8 % a year, 4 % a quarter; tables of the normal distribution: 99 % at "
        "2.326347874, and 0.001349898032 beyond 3",
        tolerance=1e-9,
    ),
)
def MARGIN_REPORT(
    weights: Annotated[
        Array,
        Vector("Notional amount of each future as a fraction of equity (1.5 is 150 %, negative when sold)."),
    ],
    cov: Cov,
    margin_rates: Annotated[
        Array, Vector("Initial margin of each future as a fraction of its notional (0.05 is 5 %), a row or a column.")
    ],
    cash: Annotated[
        float,
        Number(
            "Cash for margin, in the account or available at once, as a fraction of equity, above 0. Default 1, if "
            "left out. Calc passes 0 for a blank cell, which is refused: leave the argument out, or fill the cell."
        ),
    ] = 1.0,
    horizon_days: Annotated[
        float, Number("Trading days over which the loss is measured, until more cash can be paid in. Default 10.")
    ] = 10.0,
    confidence: Annotated[
        float, Number("Probability that the loss is not above the one reported: from 0.5 to below 1. Default 0.99.")
    ] = 0.99,
    *,
    labels: list[str],
) -> list[list[float | str]]:
    """Margin report of futures: initial margin, free cash, chance of a margin call, conditions of prudent leverage.

    Raises
    ------
    InputError
        An argument is wrong or of another length.
    InfeasibleError
        The portfolio has no risk.

    Notes
    -----
    Losses are taken as normal with mean 0 and standard deviation s = √(w'Σw·days/252). Real returns have fatter tails,
    so the true chances are higher. The loss at the confidence is s times the normal quantile (Basel Committee 1996).
    Margin is called when cash less the loss falls below the initial margin, Σ rate·|w|; the chance within the horizon
    is twice the chance at its end (Figlewski 1984). The four conditions are those of the textbook chapter "The
    Philosophy of Risk Allocation". The conditions on cash and diversification are decided by the rules shown.
    Rebalancing and financing depend on your habits and contracts: answer these two yourself.

    Examples
    --------
    >>> report = MARGIN_REPORT(2.0, 0.04, 0.05, 0.25)
    >>> report[1], report[3]
    (['Asset 1', 2.0, 0.05, 0.1], ['Free cash', 0.15, '', ''])
    """
    report = margin_report(weights, cov, margin_rates, cash, horizon_days, confidence)
    note = _note(cov, labels)
    figures: list[tuple[str, float]] = [
        ("Free cash", report.free_cash),
        ("Volatility over the horizon", report.horizon_vol),
        ("Loss at the confidence", report.loss),
        ("Loss that triggers a margin call", report.call_loss),
        ("Chance of a call at the end of the horizon", report.call_chance),
        ("Chance of a call within the horizon", report.call_chance_within),
        ("Largest share of the risk", report.largest_share),
        ("Independent bets", report.independent_bets),
    ]
    return [
        ["Asset", "Notional", "Margin rate", "Initial margin"],
        *map(list, zip(labels, report.notionals, margin_rates, report.initial, strict=True)),
        ["Total, gross", abs(report.notionals).sum(), "", report.initial_margin],
        *([name, figure, "", ""] for name, figure in figures),
        ["Condition", "Answer", "Why", ""],
        *([held.condition, _ANSWERS[held.holds], held.reason, ""] for held in report.conditions),
        *([["Note", note, "", ""]] if note is not None else []),
    ]
