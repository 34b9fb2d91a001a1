"""The cells that the self-test selects to try a macro, and its answers."""

from datetime import date, timedelta

from rpxl.excel.macros.plan import Rows

COV: Rows = [[None, "Stocks", "Bonds"], ["Stocks", 0.0256, 0.0], ["Bonds", 0.0, 0.0016]]
WEIGHTS: Rows = [["Stocks", 0.6], ["Bonds", 0.4]]
EMPTY: Rows = [[None]]
_WEEKS = 80


def prices() -> Rows:
    """Return 80 weekly prices of two assets with labels and dates, long enough for a backtest."""
    first = date(2020, 1, 3)
    rows: Rows = [[first + timedelta(days=7 * i), 100.0 + i % 7, 50.0 + i % 5] for i in range(_WEEKS)]
    return [["Date", "Stocks", "Bonds"], *rows]
