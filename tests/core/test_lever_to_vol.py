import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpxl.core.covariance import cov_from_vols
from rpxl.core.decomposition import volatility
from rpxl.core.leverage import lever_to_vol
from rpxl.errors import InfeasibleError, InputError

COV = cov_from_vols([0.16, 0.04], np.eye(2))


def test_butler():
    # Butler (ReSolve), "How risk parity uses leverage": $100 of equity at 4 % return and 6 % volatility, $50 borrowed
    # at 2 %, $150 invested: gross 6 %, volatility 9 %, cost $1, net 5 %
    levered = lever_to_vol([1.0], [[0.06**2]], 0.09, borrow=0.02, exp_returns=[0.04])
    assert 100.0 * levered.borrowed == pytest.approx(50.0)
    assert 100.0 * levered.weights.sum() == pytest.approx(150.0)
    assert levered.gross_return == pytest.approx(0.06)
    assert levered.volatility == pytest.approx(0.09)
    assert 100.0 * levered.cost == pytest.approx(1.0)
    assert levered.net_return == pytest.approx(0.05)
    assert levered.sharpe == pytest.approx(5.0 / 9.0)
    assert (levered.leverage, levered.cash) == (pytest.approx(1.5), 0.0)


def test_haghani_white_levered():
    # Haghani & White (2017): 20/80 levered 2.5 times holds 50/200 and borrows 150 %
    target = 2.5 * volatility([0.2, 0.8], COV)
    levered = lever_to_vol([0.2, 0.8], COV, target, 0.01, [0.04, 0.01])
    np.testing.assert_allclose(levered.weights, [0.5, 2.0], rtol=1e-14)
    assert levered.borrowed == pytest.approx(1.5)
    assert levered.net_return == pytest.approx(0.04 - 0.015)


def test_below_one_holds_cash_that_earns_nothing():
    half = lever_to_vol([0.2, 0.8], COV, 0.5 * volatility([0.2, 0.8], COV), 0.05, [0.04, 0.01])
    assert (half.leverage, half.cash) == (pytest.approx(0.5), pytest.approx(0.5))
    assert (half.borrowed, half.cost) == (0.0, 0.0)
    assert half.gross_return == half.net_return == pytest.approx(0.008)


def test_without_returns():
    levered = lever_to_vol([0.5, 0.5], COV, 0.1)
    assert (levered.gross_return, levered.net_return, levered.sharpe) == (None, None, None)
    with pytest.raises(AttributeError):
        levered.cost = 1.0


@given(st.floats(1e-6, 1e3), st.floats(0.0, 0.2), st.floats(0.0, 1.0))
def test_accounts_balance(target, borrow, stocks):
    weights = [stocks, 1.0 - stocks]
    levered = lever_to_vol(weights, COV, target, borrow, [0.04, 0.01])
    assert volatility(levered.weights, COV) == pytest.approx(target, rel=1e-12)
    assert levered.volatility == pytest.approx(target, rel=1e-12)
    scale = 1e-12 * max(1.0, levered.leverage)
    assert levered.weights.sum() + levered.cash - levered.borrowed == pytest.approx(1.0, abs=scale)
    assert min(levered.cash, levered.borrowed) == 0.0
    assert levered.net_return == pytest.approx(levered.gross_return - borrow * levered.borrowed, abs=scale)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"target": 0.0}, "target"),
        ({"target": -0.1}, "target"),
        ({"target": np.inf}, "target"),
        ({"target": "9%"}, "target"),
        ({"target": 1e308, "weights": [1e-3, 1e-3]}, "target"),
        ({"borrow": -0.01}, "borrow"),
        ({"borrow": None}, "borrow"),
        ({"borrow": 1e308, "target": 1e3}, "borrow"),
        ({"exp_returns": [0.1]}, "exp_returns"),
        ({"exp_returns": [0.1, np.nan]}, "exp_returns"),
        ({"weights": [0.5]}, "weights"),
        ({"cov": [[1.0, 2.0], [2.0, 1.0]]}, "cov"),
    ],
)
def test_bad_input(change, argument):
    arguments = {"weights": [0.6, 0.4], "cov": COV, "target": 0.1, "borrow": 0.02, "exp_returns": [0.04, 0.01]}
    with pytest.raises(InputError) as caught:
        lever_to_vol(**(arguments | change))
    assert caught.value.argument == argument


def test_no_risk_to_lever():
    with pytest.raises(InfeasibleError, match="no risk"):
        lever_to_vol([0.5, 0.5], [[1.0, -1.0], [-1.0, 1.0]], 0.1)


def test_reports_are_compared_as_objects_not_number_by_number():
    one, other = (lever_to_vol([1.0], [[0.04]], 0.1) for _ in range(2))
    assert one == one and one != other  # a comparison of the arrays inside has no single truth value
    assert len({one, other}) == 2


def test_a_target_that_float64_cannot_reach_is_refused():
    with pytest.raises(InputError, match="too small for this portfolio"):
        lever_to_vol([1.0], [[100.0]], 5e-324)  # the smallest number above 0
    assert lever_to_vol([1.0], [[100.0]], 1.0).leverage == 0.1
    assert lever_to_vol([1.0], [[100.0]], 1e-300).leverage > 0.0


def test_an_asset_without_variance_is_called_so():
    with pytest.raises(InfeasibleError, match="The assets held have no variance"):
        lever_to_vol([1.0], [[0.0]], 0.1)
    with pytest.raises(InfeasibleError, match="The assets held have no variance"):
        lever_to_vol([0.0, 1.0], [[0.04, 0.0], [0.0, 0.0]], 0.1)
    with pytest.raises(InfeasibleError, match="The positions cancel out"):
        lever_to_vol([1.0, -1.0], [[0.04, 0.04], [0.04, 0.04]], 0.1)
    with pytest.raises(InfeasibleError, match="The weights are all 0"):
        lever_to_vol([0.0], [[0.0]], 0.1)


def test_nothing_borrowed_is_0_and_never_below():
    for weights in ([1.0], [0.7, 0.2, 0.1]):
        cov = np.eye(len(weights)) * 0.04
        vol = 0.2 * float(np.linalg.norm(weights))
        levered = lever_to_vol(weights, cov, vol)
        assert np.copysign(1.0, [levered.borrowed, levered.cash, levered.cost]).tolist() == [1.0, 1.0, 1.0]


def test_leverage_at_the_cash_rate_keeps_the_sharpe_ratio():
    excess = np.array([0.04, 0.01])
    for target in (0.01, 0.05, 0.1, 0.5):
        levered = lever_to_vol([0.6, 0.4], COV, target, 0.02, excess + 0.02, 0.02)
        assert levered.sharpe == pytest.approx(0.028 / np.sqrt([0.6, 0.4] @ np.array(COV) @ [0.6, 0.4]), rel=1e-12)
    half = lever_to_vol([1.0], [[0.04]], 0.1, 0.05, [0.06], 0.03)  # by hand: half of the equity in cash at 3 %
    assert half.gross_return == half.net_return == pytest.approx(0.5 * 0.06 + 0.5 * 0.03, rel=1e-14)
    assert half.sharpe == pytest.approx((0.045 - 0.03) / 0.1, rel=1e-12)
    assert lever_to_vol([1.0], [[0.0036]], 0.09, 0.02, [0.04]).sharpe == pytest.approx(0.05 / 0.09, rel=1e-12)
    with pytest.raises(InputError, match="cash_rate"):
        lever_to_vol([1.0], [[0.04]], 0.1, cash_rate=np.nan)
