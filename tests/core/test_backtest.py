"""The backtest against a slow and simple one, against arithmetic by hand, and with other prices in the future."""

from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.core.backtest import backtest
from rpxl.core.decomposition import volatility
from rpxl.core.estimators import ESTIMATORS, ewma_cov, ledoit_wolf_cov
from rpxl.core.performance import performance
from rpxl.core.scenario_parity import scenario_risk_parity
from rpxl.core.strategies import STRATEGIES
from rpxl.errors import InfeasibleError, InputError

PERIODS = {
    "daily": lambda day: day,
    "weekly": lambda day: day.isocalendar()[:2],
    "monthly": lambda day: (day.year, day.month),
    "quarterly": lambda day: (day.year, (day.month - 1) // 3),
    "yearly": lambda day: day.year,
}


def weekdays(count, first=date(2015, 11, 2)):
    """Return weekdays, some of them holidays."""
    days = (first + timedelta(days=i) for i in range(2 * count + 20))
    return [day for day in days if day.weekday() < 5 and day.toordinal() % 23][:count]


def random_prices(count, size, seed=0):
    rng = np.random.default_rng(seed)
    steps = 0.006 * rng.standard_normal((count, 1)) + 0.01 * rng.uniform(0.3, 2.0, size) * rng.standard_normal(
        (count, size)
    )
    return rng.uniform(5.0, 500.0, size) * np.exp(np.cumsum(steps, axis=0))


def slow_risk_parity(cov):
    """Cyclical coordinate descent, Griveau-Billion, Richard & Roncalli (2013), until the weights stay the same."""
    size = len(cov)
    x = 1.0 / np.sqrt(np.diag(cov))
    for _ in range(2000):
        before = x.copy()
        for i in range(size):
            b = cov[i] @ x - cov[i, i] * x[i]
            x[i] = (-b + np.sqrt(b * b + 4.0 * cov[i, i] / size)) / (2.0 * cov[i, i])
        if np.abs(x / before - 1.0).max() < 1e-15:
            break
    return x / x.sum()


def slow_min_variance(cov):
    """Of all subsets, the one whose minimum-variance weights are long only and the least risky."""
    size, best, least = len(cov), None, np.inf
    for count in range(1, size + 1):
        for held in combinations(range(size), count):
            part = np.linalg.solve(cov[np.ix_(held, held)], np.ones(count))
            weights = np.zeros(size)
            weights[list(held)] = part / part.sum()
            if weights.min() >= 0.0 and weights @ cov @ weights < least:
                best, least = weights, weights @ cov @ weights
    return best


def slow_max_diversification(cov):
    """Minimum variance on the correlations, over volatilities: Choueifaty & Coignard (2008)."""
    vols = np.sqrt(np.diag(cov))
    weights = slow_min_variance(cov / np.outer(vols, vols)) / vols
    return weights / weights.sum()


def slow_max_sharpe(cov, means):
    """Of all subsets, the one whose tangency portfolio is long only and has the highest Sharpe ratio."""
    size, best, highest = len(cov), np.zeros(len(cov)), 0.0
    for count in range(1, size + 1):
        for held in combinations(range(size), count):
            part = np.linalg.solve(cov[np.ix_(held, held)], means[list(held)])
            if means[list(held)] @ part > 0.0 and part.sum() != 0.0:
                weights = np.zeros(size)
                weights[list(held)] = part / part.sum()
                ratio = weights @ means / np.sqrt(weights @ cov @ weights)
                if weights.min() >= 0.0 and ratio > highest:
                    best, highest = weights, ratio
    return best


def slow_hrp(cov):
    """López de Prado's recursion on the order of the leaves of a single-linkage tree, merged by nearest pairs."""
    size, vols = len(cov), np.sqrt(np.diag(cov))
    apart = np.sqrt(0.5 * np.maximum(0.0, 1.0 - cov / np.outer(vols, vols)))
    far = np.sqrt(((apart[:, None, :] - apart[None, :, :]) ** 2).sum(axis=2))
    clusters = {i: [i] for i in range(size)}  # numbered as in scipy: a merged cluster gets the next number
    for number in range(size, 2 * size - 1):
        near = min((far[np.ix_(clusters[a], clusters[b])].min(), a, b) for a, b in combinations(sorted(clusters), 2))
        clusters[number] = clusters.pop(near[1]) + clusters.pop(near[2])
    weights, halves = np.ones(size), list(clusters.values())
    while halves:
        leaves = halves.pop()
        if len(leaves) > 1:
            one, two = leaves[: len(leaves) // 2], leaves[len(leaves) // 2 :]
            variances = []
            for half in (one, two):
                inverse = 1.0 / np.diag(cov)[half] / (1.0 / np.diag(cov)[half]).sum()
                variances.append(inverse @ cov[np.ix_(half, half)] @ inverse)
            weights[one] *= 1.0 - variances[0] / sum(variances)
            weights[two] *= variances[0] / sum(variances)
            halves += [one, two]
    return weights


SLOW = {
    "risk_parity": lambda cov, _: slow_risk_parity(cov),
    "inverse_vol": lambda cov, _: (1.0 / np.sqrt(np.diag(cov))) / (1.0 / np.sqrt(np.diag(cov))).sum(),
    "equal_weight": lambda cov, _: np.ones(len(cov)) / len(cov),
    "min_variance": lambda cov, _: slow_min_variance(cov),
    "max_diversification": lambda cov, _: slow_max_diversification(cov),
    "hrp": lambda cov, _: slow_hrp(cov),
    "max_sharpe": lambda cov, window: slow_max_sharpe(cov, window.mean(axis=0) * 252.0),
}
BY_SCENARIOS = [name for name in STRATEGIES if name.startswith("risk_parity_")]


def slow_backtest(prices, days, strategy, lookback, rebalance, target_vol=None, borrow=0.0, cost_bps=0.0, band=0.0):
    """Walk from day to day with shares, cash and a debt."""
    values, trades = [], []
    shares, cash, debt, value = None, 0.0, 0.0, 1.0

    def is_due(t, window):
        if not t > lookback or t == len(days) - 1:
            return False
        if rebalance in PERIODS:
            return PERIODS[rebalance](days[t]) != PERIODS[rebalance](days[t - 1])
        if shares is None:
            return True
        now = shares * prices[t - 1] / before  # the weights at the close of the day before
        then = trades[-1][1]
        if rebalance == "by_risk_band":
            now = now * (np.cov(window.T) @ now) / (now @ np.cov(window.T) @ now)
            then = then * (known @ then) / (then @ known @ then)
        return max(abs(now - then)) > band

    for t in range(len(days)):
        window = np.array([prices[s] / prices[s - 1] - 1.0 for s in range(max(t - lookback, 1), t)])
        before = value
        if shares is not None:
            debt = debt * (1.0 + borrow * (days[t] - days[t - 1]).days / 365.0)
            value = sum(s * p for s, p in zip(shares, prices[t], strict=True)) + cash - debt
        if is_due(t, window):
            known = cov = np.atleast_2d(np.cov(window.T)) * 252.0
            weights = SLOW[strategy](cov, window) if isinstance(strategy, str) else np.array(strategy)
            if target_vol is not None and weights.any():
                weights = weights * target_vol / np.sqrt(weights @ cov @ weights)
            held = np.zeros(len(weights)) if shares is None else shares * prices[t]
            traded = sum(abs(value * w - h) for w, h in zip(weights, held, strict=True))
            invested = value - cost_bps / 10_000.0 * traded
            shares = invested * weights / prices[t]
            cash, debt = max(invested * (1.0 - weights.sum()), 0.0), max(invested * (weights.sum() - 1.0), 0.0)
            trades.append((days[t], weights, traded / value))
        if shares is not None:
            values.append((days[t], value))
    return values, trades


@pytest.mark.parametrize("strategy", [*SLOW, [0.9, 0.5, -0.2, 0.3]])
@pytest.mark.parametrize(
    ("rebalance", "costs"),
    [
        ("daily", {"cost_bps": 7.0}),
        ("weekly", {"target_vol": 0.25, "borrow": 0.05, "cost_bps": 3.0}),
        ("monthly", {"target_vol": 0.05, "borrow": 0.05}),
        ("quarterly", {}),
        ("quarterly", {"target_vol": 0.3, "borrow": 0.04, "cost_bps": 20.0}),
        ("yearly", {"target_vol": 0.2}),
    ],
)
def test_the_slow_and_obvious_way_gives_the_same(strategy, rebalance, costs):
    count = 700 if rebalance == "yearly" else 330
    prices, days = random_prices(count, 4), weekdays(count)
    history = backtest(prices, days, strategy, 60, rebalance, **costs)
    values, trades = slow_backtest(prices, days, strategy, 60, rebalance, **costs)
    assert history.dates.tolist() == [day for day, _ in values]
    np.testing.assert_allclose(history.value, [value for _, value in values], rtol=1e-12)
    assert history.rebalances.tolist() == [day for day, _, _ in trades]
    np.testing.assert_allclose(history.weights, [weights for _, weights, _ in trades], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(history.turnover, [traded for _, _, traded in trades], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(history.costs, history.turnover * costs.get("cost_bps", 0.0) / 1e4, rtol=1e-15)
    peaks = [max(history.value[: i + 1]) for i in range(len(values))]
    np.testing.assert_allclose(history.drawdown, history.value / peaks - 1.0, atol=1e-15)


def test_by_hand():
    # 100 in each of two; 5 % gained at 10 bp of the first purchase, then the interest of a weekend
    prices = [[10.0, 10.0], [11.0, 9.0], [10.0, 10.0], [10.0, 10.0], [11.0, 10.0], [11.0, 11.0]]
    days = [date(2024, 1, 1) + timedelta(days=i) for i in (0, 1, 2, 3, 4, 7)]  # the last is a Monday, after a Friday
    history = backtest(prices, days, [1.0, 1.0], 2, "daily", borrow=0.0365, cost_bps=10.0)
    friday = (1.0 - 0.002) * (1.1 + 1.0 - 1.0001)
    drifted = np.array([1.1, 1.0]) / (1.1 + 1.0 - 1.0001)
    turnover = np.abs(1.0 - drifted).sum()
    monday = friday * (1.0 - 0.001 * turnover) * (1.0 + 1.1 - 1.0003)
    np.testing.assert_allclose(history.value, [1.0, friday, monday], rtol=1e-14)
    np.testing.assert_allclose(history.turnover, [2.0, turnover], rtol=1e-14)
    assert history.dates.tolist() == days[3:]
    assert history.rebalances.tolist() == days[3:5]  # and nothing is traded on the last day
    np.testing.assert_allclose(history.returns, [friday - 1.0, monday / friday - 1.0], rtol=1e-14)


BANDS = [("by_weight_band", 0.02), ("by_weight_band", 0.04), ("by_risk_band", 0.03), ("by_risk_band", 0.06)]


@pytest.mark.parametrize("strategy", ["risk_parity", "equal_weight", "hrp", [0.9, 0.5, -0.2, 0.3]])
@pytest.mark.parametrize(("rebalance", "band"), BANDS)
@pytest.mark.parametrize("terms", [{"cost_bps": 20.0}, {"target_vol": 0.3, "borrow": 0.04}])
def test_bands_by_a_walk_from_day_to_day(strategy, rebalance, band, terms):
    prices, days = random_prices(330, 4, 7), weekdays(330)
    history = backtest(prices, days, strategy, 60, rebalance, band=band, **terms)
    values, trades = slow_backtest(prices, days, strategy, 60, rebalance, band=band, **terms)
    assert history.rebalances.tolist() == [day for day, _, _ in trades]
    assert history.rebalances[0] == np.datetime64(days[61]) and 1 < len(trades) < 180
    np.testing.assert_allclose(history.value, [value for _, value in values], rtol=1e-12)
    np.testing.assert_allclose(history.weights, [weights for _, weights, _ in trades], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(history.turnover, [traded for _, _, traded in trades], rtol=1e-8, atol=1e-12)
    years = (days[-1] - days[61]).days / 365.25
    assert history.turnover_per_year == pytest.approx(sum(traded for _, _, traded in trades[1:]) / years, rel=1e-8)


def test_a_band_by_hand():
    # 50 : 50, bought at row 3; at row 5 the first weighs 0.66 / (0.66 + 0.5) = 0.569, above 0.55 for the first time
    first, second = [10.0, 11.0, 10.0, 10.0, 11.0, 13.2, 13.2, 13.2, 13.2], [10.0, 9.0, 10.0, 10.0] + [10.0] * 5
    days = weekdays(9)
    history = backtest(np.column_stack([first, second]), days, [0.5, 0.5], 2, "by_weight_band", band=0.05)
    assert history.rebalances.tolist() == [days[3], days[6]]  # on the day after
    assert history.turnover.tolist() == pytest.approx([1.0, 2.0 * (0.66 / 1.16 - 0.5)])
    wide = backtest(np.column_stack([first, second]), days, [0.5, 0.5], 2, "by_weight_band", band=0.07)
    assert wide.rebalances.tolist() == [days[3]]


def test_a_band_trades_when_other_assets_can_be_held():
    prices, days = random_prices(120, 3), weekdays(120)
    prices[:50, 1] = np.nan
    prices[90:, 2] = np.nan
    for rebalance in ("by_weight_band", "by_risk_band"):
        history = backtest(prices, days, "equal_weight", 20, rebalance, missing="available", band=0.9)
        assert history.rebalances.tolist() == [days[21], days[71], days[90]]
        assert history.weights.tolist() == [[0.5, 0.0, 0.5], [1 / 3] * 3, [0.5, 0.5, 0.0]]


def test_a_band_leaves_cash_when_there_is_something_to_hold():
    prices, days = random_prices(60, 2), weekdays(60)
    steps = np.where(np.arange(60)[:, None] < 35, 0.98, 1.03) * [1.0, 1.001] ** (np.arange(60)[:, None] % 2)
    prices = 100.0 * np.cumprod(steps, axis=0)  # a fall, then a rise
    history = backtest(prices, days, "max_sharpe", 10, "by_weight_band", band=0.05)
    means = [(prices[t - 10 : t] / prices[t - 11 : t - 1] - 1.0).mean(axis=0).max() for t in range(11, 60)]
    assert not history.weights[0].any() and history.leverage[0] == 0.0
    assert history.rebalances[1] == np.datetime64(days[11 + next(i for i, mean in enumerate(means) if mean > 0.0)])
    assert history.weights[1].sum() == pytest.approx(1.0) and history.leverage[1] == 1.0
    daily = backtest(prices, days, "max_sharpe", 10, "daily")
    known = days.index(history.rebalances[1].item()) - 11
    assert (daily.weights[known] == history.weights[1]).all() and not daily.weights[:known].any()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("rebalance", ["calendar", "by_weight_band", "by_risk_band"])
def test_the_future_is_not_known(strategy, rebalance):
    """Other prices from a day on change neither the weights of that day nor the value up to the day before."""
    slow = strategy in BY_SCENARIOS
    count, lookback, when = (230, 120, "monthly") if slow else (300, 60, "weekly")
    prices, days = random_prices(count, 4, 8), weekdays(count)
    rng = np.random.default_rng(1)
    terms = {"target_vol": 0.2, "borrow": 0.03, "cost_bps": 5.0, "benchmark": "equal_weight"}
    terms |= {"rebalance": when} if rebalance == "calendar" else {"rebalance": rebalance, "band": 0.02}
    history = backtest(prices, days, strategy, lookback, **terms)
    assert len(history.rebalances) > 2
    for k in range(0, len(history.rebalances), 2 if slow else 7):
        t = days.index(history.rebalances[k].item())
        shuffled = prices.copy()
        shuffled[t:] = rng.permutation(prices[t:]) * rng.uniform(0.9, 1.1, (count - t, 4))
        again = backtest(shuffled, days, strategy, lookback, **terms)
        assert (again.rebalances[: k + 1] == history.rebalances[: k + 1]).all()
        assert (again.weights[: k + 1] == history.weights[: k + 1]).all()
        assert (again.leverage[: k + 1] == history.leverage[: k + 1]).all()
        known = t - days.index(history.dates[0].item())
        assert (again.value[:known] == history.value[:known]).all()
        assert (again.benchmark[:known] == history.benchmark[:known]).all()


@pytest.mark.parametrize("method", ESTIMATORS)
def test_no_estimator_knows_the_future(method):
    prices, days = random_prices(200, 4, 9), weekdays(200)
    history = backtest(prices, days, lookback=60, rebalance="monthly", target_vol=0.2, method=method)
    t = days.index(history.rebalances[3].item())
    other = np.concatenate([prices[:t], prices[t:] * np.random.default_rng(2).uniform(0.9, 1.1, (200 - t, 4))])
    again = backtest(other, days, lookback=60, rebalance="monthly", target_vol=0.2, method=method)
    assert (again.weights[:4] == history.weights[:4]).all() and (again.weights[4:] != history.weights[4:]).any()


@pytest.mark.parametrize("strategy", BY_SCENARIOS)
def test_parity_by_scenarios_weighs_by_the_returns_of_the_look_back(strategy):
    prices, days = random_prices(200, 3, 3), weekdays(200)
    history = backtest(prices, days, strategy, 100, "monthly", 0.2, method="ewma", halflife=20.0)
    assert len(history.rebalances) == 5
    for weights, day in zip(history.weights, history.rebalances, strict=True):
        t = days.index(day.item())
        returns = prices[t - 100 : t] / prices[t - 101 : t - 1] - 1.0
        wanted = scenario_risk_parity(returns, strategy.removeprefix("risk_parity_"))
        cov = ewma_cov(returns, 252.0, 20.0)  # by which it is levered
        np.testing.assert_allclose(weights, wanted * 0.2 / np.sqrt(wanted @ cov @ wanted), rtol=1e-6)


@pytest.mark.parametrize("strategy", BY_SCENARIOS)
def test_an_estimator_that_changes_nothing_is_refused(strategy):
    prices, days = random_prices(120, 3, 3), weekdays(120)
    for benchmark in (None, "equal_weight", [0.5, 0.5, 0.0], strategy):
        with pytest.raises(InputError, match=f"method: is ewma, but the strategy {strategy} weighs by the returns"):
            backtest(prices, days, strategy, 80, "monthly", method="EWMA", benchmark=benchmark)
    plain = backtest(prices, days, strategy, 80, "monthly", method="sample")
    assert (plain.weights == backtest(prices, days, strategy, 80, "monthly").weights).all()


def test_an_estimator_beside_parity_by_scenarios_that_something_else_uses():
    prices, days = random_prices(120, 3, 3), weekdays(120)

    def run(method, **terms):
        return backtest(prices, days, "risk_parity_cvar", 80, method=method, **terms)

    against = {"rebalance": "monthly", "benchmark": "min_variance"}
    assert (run("sample", **against).benchmark != run("ewma", **against).benchmark).any()
    band = {"rebalance": "by_risk_band", "band": 0.01}
    assert run("sample", **band).rebalances.tolist() != run("ewma", **band).rebalances.tolist()


def test_the_past_is_used_up_to_the_day_before():
    prices, days = random_prices(100, 3), weekdays(100)
    history = backtest(prices, days, lookback=40, rebalance="daily")
    changed = prices.copy()
    changed[59] *= [1.05, 0.95, 1.0]
    again = backtest(changed, days, lookback=40, rebalance="daily")
    rows = [days.index(day.item()) for day in history.rebalances]
    moved = [row for row, now, then in zip(rows, again.weights, history.weights, strict=True) if (now != then).any()]
    assert rows[0] == 41
    assert moved == list(range(60, 99))  # row 59 is first known on the day after; row 99 is the last and is not traded


def test_strategies_start_on_the_same_day():
    prices, days = random_prices(200, 3), weekdays(200)
    starts = {str(s): backtest(prices, days, s, 80, "monthly").dates[0] for s in (*STRATEGIES, [0.2, 0.3, 0.5])}
    assert set(starts.values()) == {np.datetime64("2016-03-01")}


prices_and_days = st.tuples(st.integers(0, 10**6), st.integers(1, 4), st.integers(30, 90)).map(
    lambda drawn: (random_prices(drawn[2], drawn[1], drawn[0]), weekdays(drawn[2]))
)
settings_of_a_run = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(sorted(SLOW)),
        "rebalance": st.sampled_from(["daily", "weekly"]),
        "target_vol": st.sampled_from([None, 0.05, 0.15]),
        "borrow": st.sampled_from([0.0, 0.04]),
        "cost_bps": st.sampled_from([0.0, 10.0]),
    }
)


@given(prices_and_days, settings_of_a_run, st.data())
@settings(max_examples=30)
def test_the_units_of_prices_do_not_matter(history, run, data):
    prices, days = history
    doublings = data.draw(st.lists(st.integers(-10, 10), min_size=prices.shape[1], max_size=prices.shape[1]))
    one = backtest(prices, days, lookback=20, **run)
    other = backtest(prices * np.exp2(doublings), days, lookback=20, **run)
    assert (one.value == other.value).all()
    assert (one.weights == other.weights).all()


@given(prices_and_days)
@settings(max_examples=20)
def test_equal_weight_every_day_earns_the_mean_of_the_returns(history):
    prices, days = history
    result = backtest(prices, days, "equal_weight", 20, "daily")
    means = (prices[22:] / prices[21:-1] - 1.0).mean(axis=1)
    np.testing.assert_allclose(result.value[1:], np.cumprod(1.0 + means), rtol=1e-13)


@given(prices_and_days, st.sampled_from(sorted(SLOW)), st.sampled_from(["daily", "weekly"]))
@settings(max_examples=20)
def test_one_asset_is_bought_and_held(history, strategy, rebalance):
    prices, days = history
    if strategy == "max_sharpe":
        strategy = "hrp"  # that one holds cash after a fall
    alone = prices[:, :1]
    result = backtest(alone, days, strategy, 20, rebalance, cost_bps=25.0)
    first = days.index(result.dates[0].item())
    held = alone[first:, 0] / alone[first, 0]
    np.testing.assert_allclose(result.value[1:], held[1:] * (1.0 - 0.0025), rtol=1e-12)
    np.testing.assert_allclose(result.turnover, [1.0] + [0.0] * (len(result.turnover) - 1), atol=1e-12)


def test_weights_drift_until_the_next_rebalance():
    prices, days = random_prices(260, 3), weekdays(260)
    result = backtest(prices, days, "equal_weight", 20, "yearly")
    assert [str(day) for day in result.rebalances] == ["2016-01-01"]
    first = days.index(date(2016, 1, 1))
    np.testing.assert_allclose(result.value, (prices[first:] / prices[first]).mean(axis=1), rtol=1e-14)


@given(prices_and_days, settings_of_a_run)
@settings(max_examples=20)
def test_what_costs_and_interest_take(history, run):
    prices, days = history
    free = backtest(prices, days, lookback=20, **(run | {"borrow": 0.0, "cost_bps": 0.0}))
    dear = backtest(prices, days, lookback=20, **run)
    assert (dear.value <= free.value * (1.0 + 1e-12)).all()
    assert (dear.weights == free.weights).all()
    assert (free.costs == 0.0).all()
    if run["target_vol"] is None:  # nothing is borrowed then
        unpaid = backtest(prices, days, lookback=20, **(run | {"borrow": 0.0}))
        np.testing.assert_allclose(dear.value, unpaid.value, rtol=1e-12)


def test_leverage_reaches_the_target_by_the_same_covariance():
    prices, days = random_prices(200, 3), weekdays(200)
    plain = backtest(prices, days, lookback=60, rebalance="monthly")
    levered = backtest(prices, days, lookback=60, rebalance="monthly", target_vol=0.3)
    assert (plain.leverage == 1.0).all()
    for k, day in enumerate(levered.rebalances):
        t = days.index(day.item())
        cov = np.cov((prices[t - 60 : t] / prices[t - 61 : t - 1] - 1.0).T) * 252
        assert volatility(levered.weights[k], cov) == pytest.approx(0.3, rel=1e-12)
        np.testing.assert_allclose(levered.weights[k], levered.leverage[k] * plain.weights[k], rtol=1e-12)


@pytest.mark.parametrize(("size", "lookback"), [(30, 60), (60, 80), (8, 5), (12, 12)])  # the last two are singular
def test_no_long_only_portfolio_beats_the_minimum_variance(size, lookback):
    prices, days = random_prices(120, size, seed=5), weekdays(120)
    history = backtest(prices, days, "min_variance", lookback, "weekly")
    for weights, day in zip(history.weights, history.rebalances, strict=True):
        t = days.index(day.item())
        cov = np.cov((prices[t - lookback : t] / prices[t - lookback - 1 : t - 1] - 1.0).T) * 252
        covariances = cov @ weights
        assert weights.min() >= 0.0
        assert weights.sum() == pytest.approx(1.0, abs=1e-13)
        # by convexity the variance of any other portfolio is above this, less twice the difference
        rounding = 1e-13 * (weights @ np.abs(cov) @ weights)
        assert covariances.min() >= (1.0 - 1e-9) * (weights @ covariances) - rounding


def test_cash_below_one_earns_nothing():
    prices, days = random_prices(60, 1), weekdays(60)
    half = backtest(prices, days, [0.5], 20, "monthly", borrow=0.5)
    assert len(half.rebalances) == 1
    first = days.index(half.dates[0].item())
    np.testing.assert_allclose(half.value, 0.5 + 0.5 * prices[first:, 0] / prices[first, 0], rtol=1e-14)


def test_ruin_says_when():
    days = weekdays(8)
    prices = [[10.0], [10.1], [10.0], [10.1], [10.0], [6.0], [9.0], [9.0]]
    with pytest.raises(InfeasibleError, match=rf"ruined on {days[5]}: its value falls to -0\.[12]"):
        backtest(prices, days, [3.0], 2, "daily")
    with pytest.raises(InfeasibleError, match=rf"ruined on {days[4]}"):
        backtest(prices, days, [1.0], 2, "daily", cost_bps=10_000)
    assert backtest(prices, days, [1.0], 2, "daily").value[-1] == pytest.approx(9.0 / 10.1)


def test_progress_is_told():
    told = []
    history = backtest(
        random_prices(90, 2), weekdays(90), lookback=20, rebalance="weekly", progress=lambda *a: told.append(a)
    )
    count = len(history.rebalances)
    assert told == [(i + 1, count) for i in range(count)]


def test_inputs_are_not_modified_and_results_repeat():
    prices, days = random_prices(90, 2), weekdays(90)
    before = prices.copy()
    one = backtest(prices, days, lookback=20, rebalance="weekly", target_vol=0.2)
    assert (prices == before).all()
    other = backtest(
        prices.tolist(), np.array(days, dtype="datetime64[D]"), lookback=20.0, rebalance=" Weekly ", target_vol=0.2
    )
    assert (one.value == other.value).all()
    with pytest.raises(AttributeError):
        one.value = None


def test_performance_of_a_backtest_takes_its_returns():
    history = backtest(random_prices(150, 3), weekdays(150), lookback=20, rebalance="monthly", cost_bps=10.0)
    measured = performance(history.returns)
    assert measured.cumulative == pytest.approx(history.value[-1] - 1.0, rel=1e-12)
    assert measured.max_drawdown == pytest.approx(history.drawdown.min(), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "argument", "words"),
    [
        ({"prices": [[1.0, 2.0]]}, "prices", "one row"),
        ({"prices": np.ones((3, 2))}, "dates", "are 90, but prices has 3 rows"),
        ({"lookback": 1}, "lookback", "2 or more"),
        ({"lookback": 20.5}, "lookback", "whole number"),
        ({"lookback": 89}, "prices", "too few for 89 returns"),
        ({"rebalance": "fortnightly"}, "rebalance", "choose one of"),
        ({"strategy": "momentum"}, "strategy", "choose one of"),
        ({"strategy": [0.5]}, "strategy", "2 assets"),
        ({"target_vol": 0.0}, "target_vol", "above 0"),
        ({"borrow": -0.01}, "borrow", "negative"),
        ({"borrow": 1e300}, "borrow", "too large"),
        ({"cost_bps": -1.0}, "cost_bps", "negative"),
        ({"dates": weekdays(90)[::-1]}, "dates", "oldest first"),
        ({"dates": [1.0] * 90}, "dates", "not numbers"),
    ],
)
def test_bad_input(change, argument, words):
    arguments = {"prices": random_prices(90, 2), "dates": weekdays(90), "lookback": 20, "rebalance": "weekly"}
    with pytest.raises(InputError, match=words) as caught:
        backtest(**(arguments | change))
    assert caught.value.argument == argument


def test_an_asset_that_never_moves_is_named_with_its_place():
    prices, days = random_prices(90, 3), weekdays(90)
    prices[30:60, 1] = prices[30, 1]
    with pytest.raises(InputError) as caught:
        backtest(prices, days, lookback=20, rebalance="daily")
    assert caught.value.argument == "prices"
    assert caught.value.cells == ((50, 1),)  # the first day whose 20 returns before are 0 has row 51
    assert backtest(prices, days, "equal_weight", lookback=20, rebalance="daily").value.min() > 0.0


def test_of_several_assets_that_never_move_the_first_is_named():
    prices, days = random_prices(90, 4), weekdays(90)
    prices[:, 1] = prices[:, 3] = 7.0
    with pytest.raises(InputError, match=r"column 2 are all the same") as caught:
        backtest(prices, days, "risk_parity", 20, "monthly")
    ((_, column),) = caught.value.cells
    assert column == 1


def test_no_portfolio_at_a_rebalance_says_when():
    prices, days = random_prices(90, 2), weekdays(90)
    steps = np.diff(np.log(prices[:, 0]), prepend=np.log(prices[0, 0]))
    prices[:, 1] = 50.0 * np.cumprod(2.0 - np.exp(steps))  # simple returns of the opposite sign: a perfect hedge
    with pytest.raises(InfeasibleError, match=rf"At the rebalance of {days[21]}: .*free of risk"):
        backtest(prices, days, lookback=20, rebalance="daily")


# Frequencies ---------------------------------------------------------------------------------------------------------

MONTH_ENDS = np.arange("2000-02", "2024-01", dtype="datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
FRIDAYS = np.arange("2010-01-01", "2020-01-01", 7, dtype="datetime64[D]")
EVERY_DAY = np.arange("2018-01-01", "2022-01-01", dtype="datetime64[D]")
TRADING = np.array(weekdays(900), dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("days", "periods", "lookback"),
    [(MONTH_ENDS, 12, 36), (FRIDAYS, 52, 52), (EVERY_DAY, 365, 365), (TRADING, 252, 252)],
)
def test_the_target_volatility_is_annual_by_the_dates(days, periods, lookback):
    rng = np.random.default_rng(11)
    steps = rng.standard_normal((len(days), 3)) * [0.16, 0.05, 0.1] / np.sqrt(periods)
    prices = 100.0 * np.exp(np.cumsum(steps, axis=0))
    history = backtest(prices, days, target_vol=0.10, rebalance="monthly")
    assert history.dates[0] == next(day for day in history.rebalances if day > days[lookback])
    realised = float(np.std(history.returns, ddof=1)) * periods**0.5
    assert realised == pytest.approx(0.10, rel=0.12)
    first = int(np.flatnonzero(days == history.rebalances[0])[0])
    window = pd.DataFrame(prices).pct_change().iloc[first - lookback : first]
    cov = window.cov().to_numpy() * periods
    assert volatility(history.weights[0], cov) == pytest.approx(0.10, rel=1e-12)
    same = backtest(prices, days, "risk_parity", lookback, "monthly", 0.10, periods_per_year=float(periods))
    assert (same.value == history.value).all()
    with pytest.raises(InputError, match=f"is {periods * 2}, but the dates are") as caught:
        backtest(prices, days, target_vol=0.1, periods_per_year=periods * 2.0)
    assert caught.value.argument == "periods_per_year"


def test_what_the_dates_cannot_tell_is_asked_where_it_is_needed():
    days = np.datetime64("2020-01-01") + np.cumsum(np.random.default_rng(0).integers(10, 60, 40))
    prices = random_prices(40, 2)
    run = {"lookback": 10, "rebalance": "monthly"}
    with pytest.raises(InputError, match="is needed: the dates don't tell") as caught:
        backtest(prices, days, rebalance="monthly", periods_per_year=10.0)
    assert caught.value.argument == "lookback"
    with pytest.raises(InputError, match="too irregular") as caught:
        backtest(prices, days, target_vol=0.1, **run)
    assert caught.value.argument == "periods_per_year"
    levered = backtest(prices, days, target_vol=0.1, periods_per_year=10.0, **run)
    plain = backtest(prices, days, **run)  # weights don't depend on the scale of the covariance
    np.testing.assert_allclose(levered.weights / levered.leverage[:, None], plain.weights, rtol=1e-9)


def test_estimators_of_the_backtest():
    prices, days = random_prices(200, 3), weekdays(200)
    for method, estimate, more in (
        ("ewma", ewma_cov, {"halflife": 20.0}),
        ("ewma", ewma_cov, {}),
        ("ledoit_wolf", ledoit_wolf_cov, {}),
    ):
        history = backtest(prices, days, "inverse_vol", 60, "monthly", 0.1, method=method, **more)
        t = days.index(history.rebalances[0].item())
        cov = estimate(prices[t - 60 : t] / prices[t - 61 : t - 1] - 1.0, 252.0, **more)
        assert volatility(history.weights[0], cov) == pytest.approx(0.1, rel=1e-12)
    with pytest.raises(InputError, match="leave it out for sample") as caught:
        backtest(prices, days, lookback=60, halflife=20.0)
    assert caught.value.argument == "halflife"
    with pytest.raises(InputError, match="choose one of sample, ewma, semi, ledoit_wolf"):
        backtest(prices, days, lookback=60, method="garch")


# Missing prices ------------------------------------------------------------------------------------------------------


def test_a_missing_price_is_an_error_or_its_date_is_left_out():
    prices, days = random_prices(200, 3), weekdays(200)
    holed = prices.copy()
    holed[[20, 77], [0, 2]] = np.nan
    with pytest.raises(InputError, match="row 21, column 1 is missing; 2 of 200 rows") as caught:
        backtest(holed, days, lookback=60)
    assert caught.value.cells == ((20, 0),) and caught.value.missing
    kept = [day for i, day in enumerate(days) if i not in (20, 77)]
    run = {"lookback": 60, "rebalance": "weekly", "target_vol": 0.2, "cost_bps": 5.0}
    one = backtest(holed, days, missing="drop_rows", **run)
    other = backtest(np.delete(prices, [20, 77], axis=0), kept, **run)
    assert (one.value == other.value).all() and (one.dates == other.dates).all()
    holed[100:160, 1] = 50.0
    with pytest.raises(InputError, match=r"the 20 returns up to row 1[0-9]+, column 2") as caught:
        backtest(holed, days, "risk_parity", 20, "daily", missing="drop_rows")
    assert caught.value.cells == ((120, 1),)  # by the rows as they were given


def test_a_date_that_is_skipped_is_an_error_unless_rows_are_dropped():
    prices, days = random_prices(len(MONTH_ENDS) - 1, 2), np.delete(MONTH_ENDS, 100)
    with pytest.raises(InputError, match=f"no row between {MONTH_ENDS[99]} and {MONTH_ENDS[101]}"):
        backtest(prices, days)
    assert len(backtest(prices, days, missing="drop_rows").dates) > 200


def test_available_by_hand():
    # B comes on day 3 and ends on day 9; lookback 2, rebalanced daily, equal weights of the assets that can be held.
    # Row t needs prices from t - 3 on: B can be held from row 6 to row 9.
    a = [10.0, 11.0, 10.0, 10.0, 11.0, 10.0, 12.0, 12.0, 12.0, 12.0, 15.0, 15.0, 15.0]
    b = [np.nan] * 3 + [20.0, 21.0, 20.0, 20.0, 22.0, 22.0, 11.0] + [np.nan] * 3
    days = weekdays(13)
    history = backtest(np.column_stack([a, b]), days, "equal_weight", 2, "daily", cost_bps=100.0, missing="available")
    assert history.rebalances.tolist() == days[3:12]
    assert history.weights.tolist() == [[1.0, 0.0]] * 3 + [[0.5, 0.5]] * 4 + [[1.0, 0.0]] * 2
    value, turnover = [1.0], [1.0]
    value.append(0.99 * 1.1)  # row 4: the first purchase cost 1 %
    turnover.append(0.0)
    value.append(value[-1] / 1.1)
    turnover.append(0.0)
    value.append(value[-1] * 1.2)  # row 6, where half is moved into B
    turnover.append(1.0)
    value.append(value[-1] * 0.99 * (0.5 + 0.5 * 1.1))  # row 7: B rises by a tenth
    drifted = 0.55 / 1.05
    turnover.append(2.0 * (drifted - 0.5))
    value.append(value[-1] * (1.0 - 0.01 * turnover[-1]))
    turnover.append(0.0)
    value.append(value[-1] * 0.75)  # row 9: B halves, and has its last price
    turnover.append(2.0 * (0.5 / 0.75 - 0.5))
    value.append(value[-1] * (1.0 - 0.01 * turnover[-1]) * (0.5 * 1.25 + 0.5))  # row 10: B keeps its last price
    turnover.append(2.0 * 0.5 / 1.125)  # and is sold at that price
    value.append(value[-1] * (1.0 - 0.01 * turnover[-1]))
    turnover.append(0.0)
    value.append(value[-1])
    np.testing.assert_allclose(history.turnover, turnover, atol=1e-14)
    np.testing.assert_allclose(history.value, value, rtol=1e-13)


def with_unequal_histories(count, seed):
    prices = random_prices(count, 5, seed)
    prices[:70, 1] = prices[:130, 2] = prices[200:, 3] = np.nan
    prices[:40, 4] = prices[180:, 4] = np.nan
    return prices


def test_available_without_a_missing_price_is_the_usual_backtest():
    prices, days = random_prices(200, 3), weekdays(200)
    run = {"lookback": 60, "rebalance": "weekly", "target_vol": 0.2, "cost_bps": 5.0}
    one, other = backtest(prices, days, **run), backtest(prices, days, missing="available", **run)
    assert (one.value == other.value).all() and (one.weights == other.weights).all()


@pytest.mark.parametrize("strategy", SLOW)
def test_available_weighs_those_that_have_a_full_lookback(strategy):
    prices, days = with_unequal_histories(300, 3), weekdays(300)
    history = backtest(prices, days, strategy, 30, "weekly", 0.15, missing="available")
    counts = set()
    for day, weights in zip(history.rebalances, history.weights, strict=True):
        t = days.index(day.item())
        frame = pd.DataFrame(prices[t - 31 : t + 1]).dropna(axis=1)
        counts.add(frame.shape[1])
        returns = frame.iloc[:-1].pct_change().iloc[1:]
        wanted = SLOW[strategy](returns.cov().to_numpy() * 252, returns.to_numpy())
        if not wanted.any():
            assert not weights.any()
            continue
        wanted = wanted * 0.15 / np.sqrt(wanted @ (returns.cov().to_numpy() * 252) @ wanted)
        np.testing.assert_allclose(weights[frame.columns], wanted, rtol=1e-7, atol=1e-9)
        assert (np.delete(weights, frame.columns) == 0.0).all()
    assert counts == {2, 3, 4, 5}


def test_available_does_not_know_the_future():
    prices, days = with_unequal_histories(300, 4), weekdays(300)
    rng = np.random.default_rng(1)
    run = {"lookback": 30, "rebalance": "weekly", "target_vol": 0.2, "cost_bps": 5.0, "missing": "available"}
    history = backtest(prices, days, **run)
    for k in range(0, len(history.rebalances), 5):
        t = days.index(history.rebalances[k].item())
        other = prices.copy()
        there = ~np.isnan(other[t])
        other[t:, there] = random_prices(300 - t, int(there.sum()), k)  # other prices, none of which ends
        ending = rng.integers(t + 1, 300, 5)
        for i in np.flatnonzero(there)[1:]:
            other[ending[i] :, i] = np.nan  # other prices, which end on another day
        again = backtest(other, days, **run)
        assert (again.weights[: k + 1] == history.weights[: k + 1]).all()
        known = t - days.index(history.dates[0].item())
        assert (again.value[:known] == history.value[:known]).all()


@pytest.mark.parametrize(
    ("place", "price", "error", "words"),
    [
        ((slice(50, 52), 1), np.nan, InputError, "row 51, column 2 is missing between prices of the same asset"),
        ((slice(None), 1), np.nan, InputError, "row 1, column 2 is missing, and so is every price below it"),
        ((slice(60, None), slice(None)), np.nan, InfeasibleError, r"no asset has 20 consecutive returns before it"),
        ((slice(15, None), slice(None)), np.nan, InputError, "no asset with 20 consecutive returns before a rebalance"),
        ((3, 1), -1.0, InputError, "row 4, column 2 is -1. A price must be above 0"),
        ((3, 1), np.inf, InputError, "row 4, column 2 is inf"),
    ],
)
def test_what_available_refuses(place, price, error, words):
    prices, days = random_prices(120, 2), weekdays(120)
    prices[place] = price
    with pytest.raises(error, match=words):
        backtest(prices, days, "equal_weight", 20, "weekly", missing="available")


def test_fixed_weights_need_each_of_their_assets():
    prices, days = random_prices(120, 2), weekdays(120)
    prices[:30, 1] = np.nan
    with pytest.raises(
        InputError, match="row 4, column 2 is missing, which fixed weights need at the rebalance"
    ) as caught:
        backtest(prices, days, [0.5, 0.5], 20, "weekly", missing="available")
    assert caught.value.argument == "prices" and caught.value.missing
    alone = backtest(prices, days, [1.0, 0.0], 20, "weekly", missing="available")
    assert (alone.value == backtest(prices[:, :1], days, [1.0], 20, "weekly").value).all()
    with pytest.raises(InputError, match="choose one of error, drop_rows, available"):
        backtest(prices, days, missing="pairwise")


def test_available_begins_with_the_first_asset_that_has_a_lookback():
    prices, days = random_prices(120, 2), weekdays(120)
    late = prices.copy()
    late[:40] = np.nan  # nothing can be held at the first rebalances that the lookback would allow
    run = {"lookback": 20, "rebalance": "weekly", "cost_bps": 5.0}
    one = backtest(late, days, missing="available", **run)
    other = backtest(prices[40:], days[40:], **run)
    assert one.dates.tolist() == other.dates.tolist()
    np.testing.assert_allclose(one.value, other.value, rtol=1e-13)


def test_one_price_missing_between_others_is_a_hole():
    prices, days = random_prices(120, 2), weekdays(120)
    prices[50, 1] = np.nan
    with pytest.raises(InputError, match="row 51, column 2 is missing between prices of the same asset"):
        backtest(prices, days, lookback=20, rebalance="weekly", missing="available")


def test_a_number_against_the_dates_is_refused_without_a_target_too():
    with pytest.raises(InputError, match="is 12, but the dates are trading days, 252 a year"):
        backtest(random_prices(200, 2), weekdays(200), lookback=20, periods_per_year=12.0)


def test_cash_earns_its_rate_by_calendar_days():
    prices = [[100.0], [101.0], [100.0], [100.0], [110.0], [121.0]]
    days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]
    history = backtest(prices, days, [0.5], lookback=2, rebalance="weekly", cash_rate=0.0365)
    # bought on Monday the 8th; one day later half has grown by 10 %, the cash by 0.01 %
    assert history.value.tolist() == pytest.approx([1.0, 0.5 * 1.1 + 0.5 * 1.0001], rel=1e-12)
    plain = backtest(prices, days, [0.5], lookback=2, rebalance="weekly")
    assert plain.value.tolist() == pytest.approx([1.0, 1.05], rel=1e-12)


def test_leverage_is_capped_where_it_would_exceed_its_most():
    prices, days = random_prices(300, 3), weekdays(300)
    free = backtest(prices, days, lookback=60, rebalance="monthly", target_vol=0.3)
    most = float(np.median(free.leverage))
    capped = backtest(prices, days, lookback=60, rebalance="monthly", target_vol=0.3, max_leverage=most)
    assert capped.leverage == pytest.approx(np.minimum(free.leverage, most), rel=1e-12)
    with pytest.raises(InputError, match="is for a target_vol"):
        backtest(prices, days, lookback=60, max_leverage=2.0)


# Bounds, estimators with their numbers, benchmarks -------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [name for name, one in STRATEGIES.items() if one.bounded])
def test_bounds_hold_before_leverage(strategy):
    prices, days = random_prices(230, 4, 8) * 1.003 ** np.arange(230)[:, None], weekdays(230)
    run = {"lookback": 120, "rebalance": "monthly"}
    free = backtest(prices, days, strategy, **run)
    low, high = [0.1, 0.0, 0.05, 0.0], 0.33
    assert (free.weights < low).any() or (free.weights > high).any()
    bounded = backtest(prices, days, strategy, lower=low, upper=high, **run)
    assert (bounded.weights >= low).all() and (bounded.weights <= high).all()
    np.testing.assert_allclose(bounded.weights.sum(axis=1), 1.0, rtol=1e-12)
    levered = backtest(prices, days, strategy, target_vol=0.5, lower=low, upper=high, **run)
    np.testing.assert_allclose(levered.weights / levered.leverage[:, None], bounded.weights, rtol=1e-7, atol=1e-9)


def test_bounds_follow_the_assets_that_can_be_held():
    prices, days = random_prices(150, 3), weekdays(150)
    prices[:80, 0] = np.nan
    high = [0.1, 0.7, 0.65]
    history = backtest(prices, days, "min_variance", 40, "monthly", missing="available", upper=high)
    assert (history.weights <= high).all() and (history.weights[0] == 0.0).any() and history.weights[-1].all()
    with pytest.raises(InfeasibleError, match=r"At the rebalance of .*upper bound"):
        backtest(prices, days, "min_variance", 40, "monthly", missing="available", upper=[0.6, 0.45, 0.5])


def test_where_bounds_are_refused():
    prices, days = random_prices(150, 3), weekdays(150)
    for strategy in ("hrp", "equal_weight", "inverse_vol", "max_diversification", [0.2, 0.3, 0.5]):
        with pytest.raises(InputError, match="is for the strategies risk_parity, min_variance") as caught:
            backtest(prices, days, strategy, 40, upper=0.5)
        assert caught.value.argument == "upper"
    with pytest.raises(InputError, match="has 2 numbers for 3 assets"):
        backtest(prices, days, lookback=40, lower=[0.1, 0.1])
    with pytest.raises(InfeasibleError, match=r"sum to 0\.6, below 1"):
        backtest(prices, days, lookback=40, upper=0.2)


def test_bands_and_words_that_do_not_go_together():
    prices, days = random_prices(150, 3), weekdays(150)
    for words, argument, text in (
        ({"rebalance": "by_weight_band"}, "band", "is needed for by_weight_band: by how much a weight may drift"),
        ({"rebalance": "by_risk_band"}, "band", "is needed for by_risk_band: by how much a share of risk may drift"),
        ({"rebalance": "monthly", "band": 0.05}, "band", "leave it out for monthly"),
        ({"rebalance": "by_risk_band", "band": 0.0}, "band", "above 0"),
        (
            {"rebalance": "by_weight_band", "band": 5.0},
            "band",
            "is 5. It must be a fraction below 1: write 5 % as 0.05",
        ),
        ({"strategy": [50.0, 30.0, 20.0]}, "strategy", "sum to 100, not to about 1: are these percent"),
        ({"benchmark": [50.0, 30.0, 20.0]}, "benchmark", "sum to 100, not to about 1: are these percent"),
        ({"rebalance": "by_band"}, "rebalance", "choose one of .*, by_weight_band, by_risk_band"),
        ({"rebalance": "by_weight_band", "band": 0.1, "lookback": 149}, "prices", "a day to trade on, and a day after"),
    ):
        with pytest.raises(InputError, match=text) as caught:
            backtest(prices, days, **{"lookback": 40, **words})
        assert caught.value.argument == argument


def test_estimators_take_their_numbers():
    prices, days = random_prices(200, 3), weekdays(200)
    run = {"lookback": 60, "rebalance": "monthly", "target_vol": 0.1}
    halved = backtest(prices, days, method="ewma", halflife=np.log(0.5) / np.log(0.9), **run)
    np.testing.assert_allclose(backtest(prices, days, method="ewma", decay=0.9, **run).weights, halved.weights)
    history = backtest(prices, days, "inverse_vol", method="semi", threshold=0.002, **run)
    t = days.index(history.rebalances[0].item())
    short = np.minimum(prices[t - 60 : t] / prices[t - 61 : t - 1] - 1.0 - 0.002, 0.0)
    cov = short.T @ short / 60 * 252
    assert volatility(history.weights[0], cov) == pytest.approx(0.1, rel=1e-12)
    with pytest.raises(InputError, match="is for the method semi; leave it out for sample"):
        backtest(prices, days, threshold=0.0, **run)


def test_max_sharpe_takes_cash_for_the_riskless_rate():
    prices, days = random_prices(230, 3, 2), weekdays(230)
    history = backtest(prices, days, "max_sharpe", 60, "monthly", cash_rate=0.04)
    for day, weights in zip(history.rebalances, history.weights, strict=True):
        t = days.index(day.item())
        returns = prices[t - 60 : t] / prices[t - 61 : t - 1] - 1.0
        wanted = slow_max_sharpe(np.cov(returns.T) * 252.0, returns.mean(axis=0) * 252.0 - 0.04)
        np.testing.assert_allclose(weights, wanted, rtol=1e-7, atol=1e-9)
    irregular = np.datetime64("2020-01-01") + np.cumsum(np.random.default_rng(0).integers(10, 60, 230))
    for strategy, benchmark in (("max_sharpe", None), ("hrp", "max_sharpe")):
        with pytest.raises(InputError, match="too irregular") as caught:
            backtest(prices, irregular, strategy, 60, "monthly", cash_rate=0.04, benchmark=benchmark)
        assert caught.value.argument == "periods_per_year"


def test_a_benchmark_is_a_portfolio_on_the_same_terms_or_prices_that_are_held():
    prices, days = random_prices(230, 3, 2), weekdays(230)
    run = {"lookback": 60, "rebalance": "monthly", "cost_bps": 20.0}
    more = {"target_vol": 0.3, "borrow": 0.05, "max_leverage": 3.0, "upper": 0.6}
    for benchmark in ("equal_weight", [0.6, 0.4, 0.0], "hrp"):
        history = backtest(prices, days, "risk_parity", benchmark=benchmark, **run, **more)
        alone = backtest(prices, days, benchmark, **run)
        assert (history.benchmark == alone.value).all()
        assert (history.benchmark_drawdown == alone.drawdown).all()
        plain = backtest(prices, days, "risk_parity", **run, **more)
        assert (history.value == plain.value).all() and plain.benchmark is None
    index = random_prices(230, 1, 5)
    history = backtest(prices, days, benchmark=index, **run)
    first = days.index(history.dates[0].item())
    assert (history.benchmark == index[first:, 0] / index[first, 0]).all()
    banded = backtest(prices, days, "hrp", 60, "by_weight_band", band=0.05, benchmark="equal_weight")
    assert (banded.benchmark == backtest(prices, days, "equal_weight", 60, "by_weight_band", band=0.05).value).all()


def test_a_benchmark_with_gaps():
    prices, days = random_prices(150, 3), weekdays(150)
    index = random_prices(150, 1, 5)[:, 0]
    index[[10, 100]] = np.nan
    run = {"lookback": 40, "rebalance": "monthly"}
    with pytest.raises(InputError, match="row 101, column 1 is missing") as caught:
        backtest(prices, days, benchmark=index, **run)
    assert caught.value.argument == "benchmark" and caught.value.missing
    dropped = backtest(prices, days, benchmark=index, missing="drop_rows", **run)
    kept = [i for i in range(150) if i not in (10, 100)]
    other = backtest(prices[kept], [days[i] for i in kept], benchmark=index[kept], **run)
    assert (dropped.benchmark == other.benchmark).all() and (dropped.value == other.value).all()


def test_what_is_no_benchmark():
    prices, days = random_prices(150, 3), weekdays(150)
    for benchmark, text in (
        ([0.5, 0.5], "has 2 numbers; give weights, one for each of 3 assets, or prices, one for each of 150 dates"),
        (np.ones((150, 2)), "is 150 × 2 numbers"),
        (-np.ones(150), "row 42, column 1 is -1. A price must be above 0"),
        ("60/40", "choose one of risk_parity"),
        ([0.5, np.inf, 0.5], "inf"),
    ):
        with pytest.raises(InputError, match=text) as caught:
            backtest(prices, days, lookback=40, rebalance="daily", benchmark=benchmark)
        assert caught.value.argument == "benchmark"
    with pytest.raises(InputError, match="can be the weights of 6 assets or prices on 6 dates"):
        backtest(random_prices(6, 6), weekdays(6), "equal_weight", 2, "daily", benchmark=np.ones(6))
    with pytest.raises(InfeasibleError, match="The benchmark: The portfolio is ruined on"):
        backtest(prices, days, lookback=40, benchmark=[-60.0, 60.0, 0.0])
