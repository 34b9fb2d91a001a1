"""Reports on levered portfolios and on the margin of futures."""

import pytest

from rpxl.errors import InputError
from rpxl.formulas import LEVER_TO_VOL, MARGIN_REPORT


def test_labels_of_a_margin_report_and_the_places_of_its_errors():
    cov = [["", "ES", "ZN"], ["ES", 0.0256, 0.0], ["ZN", 0.0, 0.0016]]
    report = MARGIN_REPORT([[0.5, 2.0]], cov, [["ES", 0.06], ["ZN", 0.02]])
    assert [row[0] for row in report[:4]] == ["Asset", "ES", "ZN", "Total, gross"]
    assert {row[0]: row[1] for row in report[-4:]} == {
        "Unencumbered cash for margin calls": "holds",
        "A diversified portfolio": "holds",
        "Frequent rebalancing": "your answer",
        "A stable source of financing": "your answer",
    }
    with pytest.raises(InputError, match=r"margin_rates: row 2, column 2 is 2\. A margin rate is a fraction"):
        MARGIN_REPORT([[0.5, 2.0]], cov, [["ES", 0.06], ["ZN", 2.0]])


def test_reports_on_leverage_say_over_what_and_what_is_implausible():
    report = LEVER_TO_VOL(1.0, 0.0036, 0.09, 0.02, 0.04, None, 0.02)
    assert report[-1] == ["Sharpe ratio (cash at 2 %)", pytest.approx(0.02 / 0.06)]  # as before leverage, at any
    assert LEVER_TO_VOL(1.0, 0.0036, 0.09, 0.02, 0.04, "sharpe") == pytest.approx(0.05 / 0.09)
    percent = LEVER_TO_VOL([0.5, 0.5], [["", "A", "B"], ["A", 0.04, 0.0], ["B", 0.0, 240.0]], 0.1)
    assert percent[-1] == [
        "Note",
        "cov: the variance of B is 240, a volatility of 1549%: are these percent? Write 1 % as 0.01.",
    ]
    report = MARGIN_REPORT([0.5], [[240.0]], [0.05])
    assert report[-1][0] == "Note" and report[-1][2:] == ["", ""]
