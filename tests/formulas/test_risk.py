"""Shares of risk and contributions to it, as cells show them."""

import pytest

from rpxl.errors import InputError
from rpxl.formulas import RISK_CONTRIB

# By hand: weights times volatilities of 0.04, 0.03, and 0 in a group with the first; a portfolio volatility of 0.05
WEIGHTS = [[0.4], [0.3], [0.3]]
COV = [[0.01, 0.0, 0.0], [0.0, 0.01, 0.0], [0.0, 0.0, 0.0]]
GROUPS = [["Growth"], ["Bonds"], ["Growth"]]


@pytest.mark.parametrize(
    ("measure", "expected"), [(None, [0.64, 0.36]), ("Share", [0.64, 0.36]), ("absolute", [0.032, 0.018])]
)
def test_the_risk_of_groups_is_their_share_or_in_volatility(measure, expected):
    assert RISK_CONTRIB(WEIGHTS, COV, measure, GROUPS) == [[pytest.approx(value)] for value in expected]


def test_the_marginal_risk_of_a_group_is_refused():
    assert len(RISK_CONTRIB(WEIGHTS, COV, "marginal")) == 3
    with pytest.raises(InputError, match="measure: is marginal, which is per unit of one asset's weight"):
        RISK_CONTRIB(WEIGHTS, COV, "marginal", GROUPS)
