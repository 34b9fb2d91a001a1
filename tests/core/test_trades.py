"""Trade lists against all other possible lists."""

import itertools

import numpy as np
import pytest

from rpxl import trade_list
from rpxl.core import rounding
from rpxl.errors import InfeasibleError, InputError

CASES = 300
TIE = 1e-6


def made_up(seed):
    """A small account: long and short, in cash and levered, shares and futures, with and without bands and costs."""
    draw = np.random.default_rng(seed)
    n = int(draw.choice([1, 2, 2, 2, 3]))
    prices = np.round(draw.uniform(20 if n < 3 else 80, 120, n), 2)
    holdings = draw.integers(0, 8 if n < 3 else 4, n).astype(float)
    if draw.random() < 0.3:
        holdings[draw.integers(n)] *= -1
    target = draw.dirichlet(np.ones(n)) * draw.choice([1.0, 1.0, 1.0, 0.7, 1.3, 1.6])
    if draw.random() < 0.3:
        target[draw.integers(n)] *= -1
    margin = np.ones(n)
    if draw.random() < 0.3:
        margin[draw.integers(n)] = 0.1
    options = {
        "cash": float(np.round(draw.uniform(0, 500), 2)) if draw.random() < 0.8 else -50.0,
        "band": float(draw.choice([0.0, 0.0, 0.05, 0.1])),
        "lot": float(draw.choice([1.0, 1.0, 2.0])),
        "cost_bps": float(draw.choice([0.0, 10.0, 100.0, 300.0])),
        "min_trade": float(draw.choice([0.0, 0.0, 100.0, 200.0])),
        "margin": margin,
    }
    if seed % 25 == 0:
        options |= {"cash": -5.0, "band": 0.4}
    return holdings, prices, target, options


def score(holdings, prices, target, options, trades):
    """The objective for rows of trades, infinite where a rule is broken, and the weights after them."""
    paid = options["margin"] == 1.0
    equity = options["cash"] + float((holdings * prices)[paid].sum())
    rates = np.where(paid, 0.0, options["margin"])
    value = trades * prices
    costs = np.abs(value).sum(axis=1) * options["cost_bps"] / 10_000
    after = (holdings + trades) * prices
    free = options["cash"] - value[:, paid].sum(axis=1) - costs - (np.abs(after) * rates).sum(axis=1)
    free_now = options["cash"] - float((np.abs(holdings * prices) * rates).sum())
    loan = max(float(target[paid].sum()) - 1.0, 0.0)
    floor = -loan * (equity - costs)
    if loan and free_now < -loan * equity - 1e-9:
        floor = np.full(len(trades), free_now)
    allowed = (free >= floor - 1e-8) & ((trades == 0) | (np.abs(value) >= options["min_trade"] - 1e-9)).all(axis=1)
    differences = np.abs(after - target * (equity - costs)[:, None]).sum(axis=1)
    gross = max(1.0, float(np.abs(target).sum()))
    total = differences + gross * costs + TIE * np.abs(value).sum(axis=1)
    return np.where(allowed, total, np.inf), after / (equity - costs)[:, None]


def best(holdings, prices, target, options):
    """The best objective of all trades, also of assets that leave their bands by them; infinite if none is allowed."""
    worth = options["cash"] + float((holdings * prices)[options["margin"] == 1.0].sum())
    weights, free = holdings * prices / worth, np.zeros(len(prices), dtype=bool)
    reach = np.abs(holdings * prices) + 2.0 * worth
    total = score(holdings, prices, target, options, np.zeros((1, len(prices))))[0][0]
    while True:
        wider = free | (np.abs(weights - target) > options["band"] + 1e-12) | (options["band"] == 0.0)
        if (wider == free).all():
            return total
        free = wider
        lots = [np.arange(r // p // options["lot"] + 1.0) * options["lot"] for r, p in zip(reach, prices, strict=True)]
        axes = [np.r_[-np.flip(x[1:]), x] if f else [0.0] for f, x in zip(free, lots, strict=True)]
        trades = np.array(np.meshgrid(*axes, indexing="ij")).reshape(len(prices), -1).T
        scores, after = score(holdings, prices, target, options, trades)
        total, weights = scores.min(), after[scores.argmin()]
        if not np.isfinite(total):
            return total


def test_no_list_of_trades_is_better():
    refused = traded = 0
    for seed in range(CASES):
        holdings, prices, target, options = made_up(seed)
        try:
            found = trade_list(holdings, prices, target, **options)
        except InfeasibleError:
            refused += 1
            assert best(holdings, prices, target, options) == np.inf, seed
            continue
        except InputError as error:
            assert error.argument == "cash", seed  # the account is worth nothing
            continue
        own, _ = score(holdings, prices, target, options, found.trades[None])
        assert own[0] == pytest.approx(best(holdings, prices, target, options), rel=0, abs=1e-3), seed
        assert found.gap == 0.0
        traded += bool(found.trades.any())
        again = trade_list(holdings + found.trades, prices, target, **options | {"cash": found.cash_after})
        assert not again.trades.any(), seed
    assert refused > 0
    assert traded > CASES / 2


def account(n, seed=1):
    draw = np.random.default_rng(seed)
    prices = np.round(draw.uniform(10.0, 400.0, n), 2)
    holdings = np.floor(draw.dirichlet(np.ones(n)) * 980_000.0 / prices)
    return holdings, prices, draw.dirichlet(np.ones(n)), round(1e6 - float(holdings @ prices), 2)


@pytest.mark.parametrize("n", [50, 120])
def test_many_assets_keep_the_budget_and_the_bound(n):
    holdings, prices, target, cash = account(n)
    found = trade_list(holdings, prices, target, cash, cost_bps=10.0)
    spent = float(found.trades @ prices) + float(found.costs.sum())
    assert found.cash_after == pytest.approx(cash - spent, abs=0.005)
    assert found.cash_after >= 0.0
    assert found.gap == 0.0 if n == 50 else 0.0 <= found.gap < 2.0 * prices.max()
    nearest = float(prices.sum()) / 2.0 + float(prices.max())  # half a share each, and one for the cash
    assert found.distance < nearest
    assert not trade_list(holdings + found.trades, prices, target, found.cash_after, cost_bps=10.0).trades.any()


def test_the_bound_holds_where_the_best_is_known(monkeypatch):
    for seed in range(8):
        holdings, prices, target, cash = account(12, seed)
        exact = trade_list(holdings, prices, target, cash, cost_bps=20.0, lot=7.0)
        monkeypatch.setattr(rounding, "MOST_EXACT", 3)
        near = trade_list(holdings, prices, target, cash, cost_bps=20.0, lot=7.0)
        monkeypatch.undo()
        assert near.distance + near.costs.sum() - near.gap <= exact.distance + exact.costs.sum() + 1.0
        assert exact.distance + exact.costs.sum() <= near.distance + near.costs.sum() + 1.0


def test_greedy_rounding_is_beaten():
    """Rounding asset by asset leaves no cash for the second; the best rounding buys none of the first."""
    found = trade_list([0, 0], [60.0, 50.0], [0.5, 0.5], cash=109.0)
    assert found.trades.tolist() == [0.0, 1.0] or found.trades.tolist() == [1.0, 0.0]
    options = list(itertools.product(range(3), repeat=2))
    fits = [t for t in options if 60 * t[0] + 50 * t[1] <= 109.0]
    least = min(abs(60 * a - 54.5) + abs(50 * b - 54.5) for a, b in fits)
    assert found.distance == pytest.approx(least)


def test_inside_the_band_nothing_is_traded():
    found = trade_list([60, 40], [10.0, 10.0], [0.58, 0.42], band=0.02)
    assert found.trades.tolist() == [0.0, 0.0]
    found = trade_list([60, 40], [10.0, 10.0], [0.57, 0.43], band=0.02)
    assert found.trades.tolist() == [-3.0, 3.0]
    found = trade_list([60, 40], [10.0, 10.0], [0.57, 0.43], band=[0.05, 0.02], cash=0.0)
    assert found.trades.tolist() == [0.0, 0.0], "no cash to buy the second without selling the first"


def test_costs_are_paid_from_cash():
    found = trade_list([0], [100.0], [1.0], cash=1000.0, cost_bps=100.0)
    assert found.trades.tolist() == [9.0]
    assert found.cash_after == pytest.approx(1000.0 - 900.0 - 9.0, abs=1e-12)
    assert found.equity_after == pytest.approx(991.0, abs=1e-12)
    assert found.weights_after[0] == pytest.approx(900.0 / 991.0, rel=1e-12)


def test_levered_targets_borrow_what_they_ask_for():
    found = trade_list([0, 0], [10.0, 10.0], [0.9, 0.6], cash=1000.0)
    assert found.trades.tolist() == [90.0, 60.0]
    assert found.cash_after == pytest.approx(-500.0, abs=1e-9)


def test_an_overdraft_is_repaid_or_refused():
    found = trade_list([100], [10.0], [1.0], cash=-55.0)
    assert found.trades.tolist() == [-6.0]
    with pytest.raises(InfeasibleError, match=r"Cash is -5\.00.*narrow the band"):
        trade_list([100], [10.0], [1.0], cash=-5.0, band=0.1)


def test_futures_need_their_margin_only():
    """Two contracts of 50 × 2000 dollars at 10 % margin, on 150,000 dollars: 1.3 of equity is 2 contracts."""
    found = trade_list([0], [2000.0], [1.3], cash=150_000.0, multiplier=50.0, margin=0.1)
    assert found.trades.tolist() == [2.0]
    assert found.cash_after == 150_000.0
    assert found.margin_after == pytest.approx(20_000.0)
    assert found.weights_after[0] == pytest.approx(200_000.0 / 150_000.0)
    scarce = trade_list([0], [2000.0], [1.3], cash=150_000.0, multiplier=50.0, margin=0.9)
    assert scarce.trades.tolist() == [1.0], "two would need 180,000 of margin"


def test_risk_before_and_after():
    cov = np.diag([0.04, 0.01])
    found = trade_list([50, 50], [10.0, 10.0], [1 / 3, 2 / 3], cov=cov)
    assert found.risk == pytest.approx([0.8, 0.2])
    assert found.risk_after == pytest.approx(
        [0.33**2 * 0.04, 0.67**2 * 0.01] / np.float64(0.33**2 * 0.04 + 0.67**2 * 0.01)
    )
    assert trade_list([0, 0], [10.0, 10.0], [0.5, 0.5], cash=1000.0, cov=cov).risk is None


@pytest.mark.parametrize(
    ("options", "argument", "words"),
    [
        ({"holdings": [1.0]}, "prices", "has 2 numbers, but holdings has 1 asset"),
        ({"prices": [10.0, 0.0]}, "prices", "item 2 is 0"),
        ({"cash": -100.0}, "cash", "worth -80.00"),
        ({"band": -0.1}, "band", "cannot be negative"),
        ({"band": [0.0, 2.0]}, "band", "item 2 is 2. A band is a fraction below 1: write 2 % as 0.02"),
        ({"lot": [1.0, 0.0]}, "lot", "A lot must be above 0"),
        ({"lot": [1.0, 1.0, 1.0]}, "lot", "Give one, or one each"),
        ({"cost_bps": -1.0}, "cost_bps", "cannot be negative"),
        ({"min_trade": -1.0}, "min_trade", "cannot be negative"),
        ({"margin": 5.0}, "margin", "write 5 % as 0.05"),
        ({"multiplier": 0.0}, "multiplier", "must be above 0"),
        ({"target": [60.0, 40.0]}, "target", "sum to 100, not to about 1"),
    ],
)
def test_wrong_arguments_are_named(options, argument, words):
    with pytest.raises(InputError, match=words) as caught:
        trade_list(**{"holdings": [1.0, 1.0], "prices": [10.0, 10.0], "target": [0.5, 0.5]} | options)
    assert caught.value.argument == argument


def test_of_equally_near_roundings_the_one_that_trades_less():
    """The target is 1.5 shares: 1 and 2 are both 50 away from it."""
    assert trade_list([0], [100.0], [0.5], cash=300.0).trades.tolist() == [1.0]
    assert trade_list([3], [100.0], [0.5], cash=0.0).trades.tolist() == [-1.0]


def test_a_levered_account_that_lost_is_not_refused():
    """It borrows 400 on 600 of equity, 100 more than its target asks for, inside its band."""
    assert trade_list([100], [10.0], [1.5], cash=-400.0, band=0.2).trades.tolist() == [0.0]
    assert trade_list([100], [10.0], [1.5], cash=-400.0, band=0.1).trades.tolist() == [-10.0]


def test_a_levered_account_that_borrows_its_margin_too():
    """The target asks to borrow 500 on 1,000 of equity; with the margin of 100 it is 600, as before the trades."""
    account = {"holdings": [150, 1], "prices": [10.0, 1000.0], "cash": -500.0, "margin": [1.0, 0.1]}
    assert trade_list(target=[1.5, 1.0], **account).trades.tolist() == [0.0, 0.0]
    more = trade_list(target=[1.5, 2.0], **account)  # another contract needs 100 more: ten shares are sold for it
    assert more.trades.tolist() == [-10.0, 1.0]
    assert more.cash_after - more.margin_after == pytest.approx(-600.0, abs=1e-9)


def test_what_the_costs_of_others_push_out_of_its_band_is_traded():
    """The first asset is 1 % above its target and is not traded, until costs of 12 make that 1.6 %."""
    account = {"holdings": [50, 0], "prices": [10.0, 10.0], "target": [0.49, 0.4], "cash": 500.0, "band": 0.0101}
    assert trade_list(**account).trades.tolist() == [0.0, 40.0]
    found = trade_list(**account, cost_bps=300.0)
    assert found.trades[0] < 0.0
    assert abs(found.weights_after[0] - 0.49) < 0.0101
