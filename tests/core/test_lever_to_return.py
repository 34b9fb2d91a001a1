"""Leverage to a target return: by hand, and by the return of the portfolio with cash or a loan."""

import numpy as np
import pytest

from rpxl.core.leverage import lever_to_return, lever_to_vol
from rpxl.errors import InfeasibleError, InputError
from rpxl.formulas import LEVER_TO_RETURN

ONE = [[0.06**2]]
TWO = [[0.0256, 0.0], [0.0, 0.0016]]


@pytest.mark.parametrize(
    ("target", "leverage"),
    [
        (0.05, 1.5),
        (0.04, 1.0),
        (0.03, 2 / 3),
        (0.01, 0.0),
        (0.02, 1 / 3),
    ],  # (R − 2)/(4 − 2) above, (R − 1)/(4 − 1) below
)
def test_one_asset_by_hand(target, leverage):
    found = lever_to_return([1.0], ONE, [0.04], target, borrow=0.02, cash_rate=0.01)
    assert found.leverage == pytest.approx(leverage, abs=1e-12)
    assert found.net_return == pytest.approx(target, abs=1e-12)
    assert found.volatility == pytest.approx(0.06 * leverage, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_net_return_is_the_target_whatever_the_weights_sum_to(seed):
    rng = np.random.default_rng(seed)
    weights, expected = rng.uniform(0.1, 1.0, 2), rng.uniform(0.04, 0.1, 2)
    target = float(rng.uniform(0.02, 0.2))
    found = lever_to_return(weights, TWO, expected, target, borrow=0.03, cash_rate=0.02)
    invested = found.leverage * weights.sum()
    earned = (
        found.leverage * float(weights @ expected) + 0.02 * max(1.0 - invested, 0.0) - 0.03 * max(invested - 1.0, 0.0)
    )
    assert earned == pytest.approx(target, abs=1e-12)
    assert found.borrowed == pytest.approx(max(invested - 1.0, 0.0), abs=1e-12)


@pytest.mark.parametrize("leverage", [0.5, 1.0, 1.7, 3.0])
def test_levering_at_the_cash_rate_keeps_the_sharpe_ratio(leverage):
    expected = [0.06, 0.03]
    unlevered = (0.5 * 0.06 + 0.5 * 0.03 - 0.02) / np.sqrt(0.25 * 0.0256 + 0.25 * 0.0016)
    target = 0.02 + leverage * (0.045 - 0.02)
    found = lever_to_return([0.5, 0.5], TWO, expected, target, borrow=0.02, cash_rate=0.02)
    assert found.sharpe == pytest.approx(unlevered, rel=1e-12)
    again = lever_to_vol([0.5, 0.5], TWO, found.volatility, 0.02, expected, cash_rate=0.02)
    assert again.leverage == pytest.approx(found.leverage, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            ([1.0], ONE, [0.04], 0.05, 0.04),
            InfeasibleError,
            r"borrowing at 0\.04 costs at least as much.* reaches is 0\.04",
        ),
        (([1.0], ONE, [0.04], 0.05, 0.05, 0.01), InfeasibleError, r"costs at least as much"),
        (([1.0], ONE, [0.04], 0.005, 0.02, 0.01), InfeasibleError, r"below the cash rate of 0\.01"),
        (([1.0], ONE, [0.04], 0.05, 0.01, 0.02), InputError, "borrowing would earn money without risk"),
        (([1.0, -1.0], TWO, [0.04, 0.02], 0.05), InputError, "must sum to more than 0"),
        (([1.0], ONE, [0.04, 0.02], 0.05), InputError, "exp_returns"),
        (([0.0], ONE, [0.04], 0.05), InfeasibleError, "no risk"),
    ],
)
def test_what_leverage_cannot_reach_is_refused_with_the_reason(arguments, error, text):
    with pytest.raises(error, match=text):
        lever_to_return(*arguments)


def test_a_cap_on_leverage_keeps_the_volatility_below_the_target():
    free = lever_to_vol([1.0], ONE, 0.12, 0.02)
    capped = lever_to_vol([1.0], ONE, 0.12, 0.02, max_leverage=1.5)
    loose = lever_to_vol([1.0], ONE, 0.12, 0.02, max_leverage=2.5)
    assert (free.leverage, capped.leverage, loose.leverage) == pytest.approx((2.0, 1.5, 2.0))
    assert capped.volatility == pytest.approx(0.09) and capped.cost == pytest.approx(0.01)
    with pytest.raises(InputError, match="max_leverage"):
        lever_to_vol([1.0], ONE, 0.12, max_leverage=0.0)


def test_all_in_cash_has_no_sharpe_ratio():
    rows = dict(LEVER_TO_RETURN(1.0, 0.0036, 0.04, 0.01, 0.02, 0.01))
    assert rows["Leverage"] == 0.0 and rows["Sharpe ratio (cash at 1 %)"] == "n/a"
