"""The checks of *why not mean-variance*: weights by the conditions of an optimum, and risks from the prices."""

from rpxl.templates.checks import Check, every_share_check, shares_check
from rpxl.templates.data_pages import COV_CHECK, IS_SAMPLE, PERIODS_CHECK, RETURNS
from rpxl.templates.estimate_pages import DRAWS, TOP, estimated_cov, excess, resampled, shifted_column
from rpxl.templates.looks import NUMBER, PERCENT1, PERCENT2, RATIO
from rpxl.xlsx.references import column_letters

FRONTIER_TOP = 16
"""The head row of the frontier on its sheet."""
POINTS = 20


def _best(text: str, weights: str, returns: str, cov: str) -> Check:
    """Test that no asset earns more for the risk it adds than the portfolio does (Karush, Kuhn and Tucker)."""
    own = f"SUM({weights}*({returns}))"
    gain = f"{returns}-MMULT({cov},{weights})*{own}/SUM({weights}*MMULT({cov},{weights}))"
    return Check(text, own, f"{own}+MAX({gain})", PERCENT2, shown=f"return + MAX({gain})")


def checks(assets: int, summary: int) -> list[Check]:
    """Return the checks."""
    volatility = f"STDEV.S(MMULT({RETURNS},{{}}))*SQRT(Periods_per_year)"
    ms, rp = volatility.format("Weights_MS"), volatility.format("Weights_RP")
    leverage = f"{ms}/({rp})"
    net = (
        f"({leverage})*SUMPRODUCT(Weights_RP,Exp_returns)-MAX({leverage}-1,0)*Borrow_rate+MAX(1-{leverage},0)*Risk_free"
    )
    made = [
        PERIODS_CHECK,
        COV_CHECK,
        Check(
            "Covariance matrix from its Cholesky factor",
            "SUM(Cov)",
            "SUM(MMULT(Root,TRANSPOSE(Root)))",
            NUMBER,
            ("Cov", "MMULT(Root,TRANSPOSE(Root))"),
        ),
        Check("Volatility: maximum Sharpe", f"'Why not'!C{summary + 2}", ms, PERCENT2, only_if=IS_SAMPLE),
        Check("Volatility: risk parity", f"'Why not'!D{summary + 2}", rp, PERCENT2, only_if=IS_SAMPLE),
        Check(
            "Volatility: risk parity, levered to that of maximum Sharpe",
            f"'Why not'!E{summary + 2}",
            ms,
            PERCENT2,
            only_if=IS_SAMPLE,
        ),
        Check("Leverage", f"'Why not'!E{summary + 4}", leverage, RATIO, only_if=IS_SAMPLE),
        Check("Net return: risk parity, levered", f"'Why not'!E{summary + 1}", net, PERCENT2, only_if=IS_SAMPLE),
        every_share_check("Weights_RP*MMULT(Cov,Weights_RP)/SUM(Weights_RP*MMULT(Cov,Weights_RP))"),
        _best(
            "Maximum Sharpe: no asset earns more for the risk it adds",
            "Weights_MS",
            f"({excess('Exp_returns')})",
            "Cov",
        ),
    ]
    other = "(Exp_returns+(Number_of_asset=Other_asset)*(Other_return-Exp_returns))"
    made.append(_best("The same after your other expected return", "Weights_other", f"({excess(other)})", "Cov"))
    column = shifted_column(assets, -1)
    moved = f"(Exp_returns-(Number_of_asset={assets})*Shift)"
    weights = f"Shifted!{column}{TOP + 1}:{column}{TOP + assets}"
    made.append(_best("The same after the last return was moved down", weights, f"({excess(moved)})", "Cov"))
    made += _sums(assets)
    made += _estimates(assets)
    made += _frontier(assets)
    return made


def _sums(assets: int) -> list[Check]:
    first, last = shifted_column(1, 1), shifted_column(assets, -1)
    moved = f"Shifted!{first}{TOP + 1}:{last}{TOP + assets}"
    made = [
        Check("Maximum Sharpe: weights sum to 1", "SUM(Weights_MS)", "1", PERCENT1),
        Check("Risk parity: weights sum to 1", "SUM(Weights_RP)", "1", PERCENT1),
        Check("Weights after each shift: they sum to 1 each time", f"SUM({moved})", "2*COLUMNS(Assets)", "0.0"),
    ]
    for what in ("Maximum Sharpe", "Risk parity"):
        area = resampled(what, assets).all()
        made.append(Check(f"{what}, estimates: weights sum to 1 each time", f"SUM({area})", f"ROWS({area})", "0.0"))
    return made


def _estimates(assets: int) -> list[Check]:
    """Test the weights of the last estimate, from its means and its deviations alone."""
    blocks = {
        what: resampled(what, assets)
        for what in ("Expected returns", "Deviation 1", "Deviation 2", "Maximum Sharpe", "Risk parity")
    }
    rows = {what: f"Estimates!{block.row(DRAWS)}" for what, block in blocks.items()}
    cov = f"({estimated_cov(rows['Deviation 1'], rows['Deviation 2'])})"
    held = f"TRANSPOSE({rows['Risk parity']})"
    risks = f"{held}*MMULT({cov},{held})"
    best = f"TRANSPOSE({rows['Maximum Sharpe']})"
    means = f"TRANSPOSE({excess(rows['Expected returns'])})"
    one, asset = blocks["Expected returns"].column(1), "INDEX(Exp_returns,1,1)"
    first = "SQRT(INDEX(Cov,1,1)/Years)"
    return [
        shares_check('="risk parity"', "RISK_CONTRIB(Weights_RP,Cov)", "Weights_RP"),
        Check(
            "Risk parity, last estimate: every share is 1/n",
            f"MIN({risks}/SUM({risks}))",
            "1/COLUMNS(Assets)",
            PERCENT2,
        ),
        _best("Maximum Sharpe, last estimate: no asset earns more for its risk", best, means, cov),
        Check(
            "Estimates of the first return: mean, from the draws",
            f"AVERAGE({one})",
            f"{asset}+{first}*AVERAGE(Draws!C{TOP + 1}:C{TOP + DRAWS})",
            PERCENT2,
        ),
        Check(
            "Estimates of the first return: standard deviation",
            f"STDEV.S({one})",
            f"{first}*STDEV.S(Draws!C{TOP + 1}:C{TOP + DRAWS})",
            PERCENT2,
        ),
    ]


def _frontier(assets: int) -> list[Check]:
    top, bottom = FRONTIER_TOP + 1, FRONTIER_TOP + POINTS
    row = top + POINTS // 2
    own = f"TRANSPOSE(Frontier!$D{row}:${column_letters(3 + assets)}{row})"
    vol = f"SQRT(SUM({own}*MMULT(Cov,{own})))"
    return [
        Check(
            "Frontier: its end has the highest return of an asset",
            f"Frontier!C{bottom}",
            "MAX(Exp_returns)",
            PERCENT2,
        ),
        Check("Frontier: volatility in the middle", f"Frontier!B{row}", vol, PERCENT2),
        Check("Frontier: return in the middle", f"Frontier!C{row}", f"SUM({own}*Exp_returns)", PERCENT2),
    ]
