"""The macros' figures in Excel's own functions, for Excel on a Mac, which cannot compute rpxl's functions.

Excel has none for risk-parity weights, the check of a matrix, the backtest, the tear sheet and the trade list.
"""

from rpxl.excel.macros.plan import NUMBER, PERCENT2, Plan, SheetArea


def returns(plan: Plan, row: int, column: int, closes: SheetArea) -> SheetArea:
    """Write simple returns of prices without labels, and return their area."""
    length, n = closes.height - 1, closes.width
    later, earlier = closes.part(1, 0, length, n).text(), closes.part(0, 0, length, n).text()
    return plan.formula(row, column, f"={later}/{earlier}-1", length, n, PERCENT2)


def covariance(plan: Plan, row: int, column: int, data: SheetArea, periods: str) -> None:
    """Write the sample covariance of returns cell by cell, annual: times `periods`, the address of returns per year."""
    assets = [data.part(0, i, data.height, 1).text(plan.sheet) for i in range(data.width)]
    for i, one in enumerate(assets):
        for j, other in enumerate(assets):
            plan.formula(row + i, column + j, f"=COVARIANCE.S({one},{other})*{periods}", 1, 1, "0.000000")


def decomposition(plan: Plan, row: int, names: SheetArea, weights: SheetArea, cov: SheetArea) -> SheetArea:
    """Write the table of RISK_DECOMP from the numbers of weights and matrix, and return its area."""
    n = cov.height
    headings = ["Asset", "Weight", "Volatility", "Correlation", "Marginal", "Contribution", "Share"]
    plan.cells(row, 1, [headings], "heading")
    first, last = row + 1, row + n
    plan.formula(first, 1, _down(names), n, 1)
    plan.formula(first, 2, _down(weights), n, 1, PERCENT2)
    for i in range(n):
        plan.formula(first + i, 3, f"=SQRT({cov.part(i, i, 1, 1).text()})", 1, 1, PERCENT2)
    own, matrix = f"$B${first}:$B${last}", cov.text()
    vol = f"$C${last + 1}"
    plan.formula(first, 4, f"=$E${first}:$E${last}/$C${first}:$C${last}", n, 1, "0.00")
    plan.formula(first, 5, f"=MMULT({matrix},{own})/{vol}", n, 1, NUMBER)
    plan.formula(first, 6, f"={own}*$E${first}:$E${last}", n, 1, PERCENT2)
    plan.formula(first, 7, f"=$F${first}:$F${last}/{vol}", n, 1, PERCENT2)
    plan.cells(last + 1, 1, [["Portfolio"]])
    plan.formula(last + 1, 2, f"=SUM({own})", 1, 1, PERCENT2)
    plan.formula(last + 1, 3, f"=SQRT(SUM({own}*MMULT({matrix},{own})))", 1, 1, PERCENT2)
    plan.formula(last + 1, 6, f"=SUM($F${first}:$F${last})", 1, 1, PERCENT2)
    plan.formula(last + 1, 7, f"=SUM($G${first}:$G${last})", 1, 1, PERCENT2)
    return SheetArea(plan.book, plan.sheet, row, 1, n + 2, 7)


def leverage(
    plan: Plan, row: int, names: SheetArea, weights: SheetArea, cov: SheetArea, target: str, borrow: str
) -> None:
    """Write the report of LEVER_TO_VOL from the numbers of weights and matrix."""
    n = cov.height
    own = weights.text()
    product = f"MMULT({cov.text()},{own})" if weights.width == 1 else f"MMULT({own},{cov.text()})"
    factor, invested = f"$B${row}", f"SUM($B${row + 1}:$B${row + n})"
    plan.cells(row, 1, [["Leverage"]])
    plan.formula(row, 2, f"={target}/SQRT(SUM({own}*{product}))", 1, 1, NUMBER)
    plan.formula(row + 1, 1, f'="Weight of "&{_down(names)[1:]}', n, 1)
    plan.formula(row + 1, 2, f"={_down(weights)[1:]}*{factor}", n, 1, NUMBER)
    rows = {
        "Borrowed": f"=MAX({invested}-1,0)",
        "Cash": f"=MAX(1-{invested},0)",
        "Volatility": f"={target}",
        "Financing cost": f"=$B${row + n + 1}*{borrow}",
    }
    for i, (label, text) in enumerate(rows.items(), row + n + 1):
        plan.cells(i, 1, [[label]])
        plan.formula(i, 2, text, 1, 1, NUMBER)


def _down(area: SheetArea) -> str:
    """Return a formula that shows a row or a column as a column."""
    return f"={area.text()}" if area.width == 1 else f"=TRANSPOSE({area.text()})"
