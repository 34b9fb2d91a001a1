"""Functions of other risk measures than volatility, computed from past returns."""

from typing import Annotated

from rpxl.core import scenarios
from rpxl.core.dates import Dates
from rpxl.core.scenarios import MEASURES
from rpxl.formulas.arguments import Weights
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array
from rpxl.formulas.date_column import require_oldest_first
from rpxl.formulas.readers import AssetTable, Choice, Number, Vector

Scenarios = Annotated[
    Array,
    AssetTable(
        "Simple returns, each row one scenario: one column per asset, one row per date; oldest first for cdar and "
        "ulcer. Labels and dates may be included."
    ),
]
MeasureName = Annotated[
    str,
    Choice(f"How risk is measured: {', '.join(MEASURES)}. Default cvar, the mean loss in the tail.", tuple(MEASURES)),
]
Confidence = Annotated[
    float, Number("For cvar, evar and cdar: 0.95 (default) makes the worst 5 % of the rows the tail.")
]

_RETURNS = [[0.02, 0.04], [-0.02, -0.04], [0.01, -0.02], [-0.01, 0.02]]


def _check_order(measure: str, dates: Dates | None) -> None:
    if MEASURES[measure].is_ordered:
        require_oldest_first("returns", dates)


@formula(
    "Risk",
    example=Example(
        args=([[0.5], [0.5]], _RETURNS, "cvar", 0.75),
        answer=0.03,
        source="by hand: portfolio returns of 3, −3, −0.5 and 0.5 %; the worst quarter is one row, −3 %",
    ),
)
def SCENARIO_RISK(
    weights: Weights,
    returns: Scenarios,
    measure: MeasureName = "cvar",
    confidence: Confidence = scenarios.CONFIDENCE,
    *,
    dates: Dates | None,
) -> float:
    """Risk of a portfolio in one period, from past returns: tail loss, deviation or drawdown; above 0 is a loss.

    Raises
    ------
    InputError
        A return is missing, `confidence` is not between 0 and 1, or `weights` are not as many as columns.

    Notes
    -----
    The risk is that of one period (one row of `returns`), not annual. See :func:`rpxl.core.scenarios.scenario_risk` for
    the definition and the source of each measure.

    Examples
    --------
    >>> SCENARIO_RISK(1.0, [[0.5], [-0.25], [0.0], [-0.75]], "cvar", 0.5)
    0.5
    """
    _check_order(measure, dates)
    return scenarios.scenario_risk(weights, returns, measure, confidence)


@formula(
    "Risk",
    example=Example(
        args=([[0.5], [0.5]], _RETURNS, "cvar", 0.75),
        answer=[[1 / 3], [2 / 3]],
        source="by hand: in the worst row the assets lose 1 and 2 % of the portfolio",
    ),
)
def SCENARIO_RISK_CONTRIB(
    weights: Weights,
    returns: Scenarios,
    measure: MeasureName = "cvar",
    confidence: Confidence = scenarios.CONFIDENCE,
    *,
    dates: Dates | None,
) -> Array:
    """Share of each asset in the risk of a portfolio, from past returns; the shares sum to 1.

    Raises
    ------
    InputError
        A return is missing, `confidence` is not between 0 and 1, or `weights` are not as many as columns.
    InfeasibleError
        The risk of the portfolio is not above 0, so there are no shares of it.

    Notes
    -----
    wᵢ ∂ρ/∂wᵢ / ρ for the risk ρ (Euler; Tasche 1999). For cvar it is the asset's share of the mean loss in the tail. If
    several rows have the same loss at the edge of the tail, each counts by the same fraction.

    Examples
    --------
    >>> SCENARIO_RISK_CONTRIB([[0.5, 0.5]], [[0.5, 0.0], [-0.75, -0.25], [0.25, 0.0]], "cvar", 0.9)
    [[0.75, 0.25]]
    """
    _check_order(measure, dates)
    return scenarios.scenario_risk_contributions(weights, returns, measure, confidence)


@formula(
    "Construction",
    example=Example(
        args=(_RETURNS, "cvar", None, 0.75),
        answer=[[2 / 3], [1 / 3]],
        source="by hand: asset 2 moves twice as far, and the rows treat both alike when its weight is half",
        tolerance=1e-7,
    ),
)
def SCENARIO_RP_WEIGHTS(
    returns: Scenarios,
    measure: MeasureName = "cvar",
    budgets: Annotated[
        Array | None,
        Vector("Share of the risk for each asset. Left out: equal shares. Scaled to sum to 1."),
    ] = None,
    confidence: Confidence = scenarios.CONFIDENCE,
    lower: Annotated[Array | None, Vector("Lowest weights: one number for all assets, or one each.")] = None,
    upper: Annotated[Array | None, Vector("Highest weights: one number for all assets, or one each.")] = None,
    *,
    dates: Dates | None,
) -> Array:
    """Risk-parity weights for another risk than volatility (a tail loss, a deviation, a drawdown), from past returns.

    Raises
    ------
    InputError
        A return is missing, or an argument is wrong or of another length.
    InfeasibleError
        An asset never loses, assets hedge each other perfectly, or no weights keep the bounds.
    ConvergenceError
        The answer cannot be proved to be as accurate as stated below.

    Notes
    -----
    The minimum of ρ(x) − Σ bᵢ ln xᵢ for the risk ρ and the budgets b, scaled to sum to 1; its duality gap is checked to
    be at most 1e-9. Where a measure has a kink, marginal risks are not unique; the shares of risk equal the budgets
    for one choice of them. See :func:`rpxl.core.scenario_parity.scenario_risk_parity`.

    Examples
    --------
    >>> weights = SCENARIO_RP_WEIGHTS([[0.5, 0.25], [-0.5, -0.25], [0.0, 0.125], [0.0, -0.125]], "volatility")
    >>> [[round(weight, 4)] for [weight] in weights]
    [[0.3586], [0.6414]]
    """
    from rpxl.core.scenario_parity import scenario_risk_parity  # here only: a first formula doesn't need it

    _check_order(measure, dates)
    return scenario_risk_parity(returns, measure, budgets, confidence, lower, upper)
