"""Risk budgeting between bounds: published portfolios, and the optimality conditions checked by another method."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear, minimize

from rpxl.core.covariance import cov_from_vols
from rpxl.core.decomposition import risk_contributions, volatility
from rpxl.core.risk_parity import risk_parity_weights
from rpxl.errors import ConvergenceError, InfeasibleError, InputError

from .examples import as_corr, constant_corr, factor_corr, random_corr

# Richard & Roncalli (2019), "Constrained Risk Budgeting Portfolios", the eight assets of table 9
TABLE_9 = cov_from_vols(
    [0.05, 0.05, 0.07, 0.10, 0.15, 0.15, 0.15, 0.18],
    np.array(
        [
            [100, 80, 60, -20, -10, -20, -20, -20],
            [80, 100, 40, -20, -20, -10, -20, -20],
            [60, 40, 100, 50, 30, 20, 20, 30],
            [-20, -20, 50, 100, 60, 60, 50, 60],
            [-10, -20, 30, 60, 100, 90, 70, 70],
            [-20, -10, 20, 60, 90, 100, 60, 70],
            [-20, -20, 20, 50, 70, 60, 100, 70],
            [-20, -20, 30, 60, 70, 70, 70, 100],
        ]
    )
    / 100.0,
)
BONDS_STOCKS = ["bonds"] * 4 + ["stocks"] * 4


def test_richard_roncalli_table_9():
    # Percentages as the authors' own program prints them (pyrb, notebook "ConstrainedRiskBudgeting"), which iterates
    # to about 1e-5: no bound, then at least 30 % in the last four assets.
    free = risk_parity_weights(TABLE_9)
    printed = [26.8306, 28.6769, 11.4095, 9.7985, 5.6135, 5.9029, 6.656, 5.1121]
    np.testing.assert_allclose(100.0 * free, printed, atol=1e-4)
    bound = risk_parity_weights(TABLE_9, np.ones(8), BONDS_STOCKS, group_lower=[0.0, 0.3])
    printed = [25.7859, 27.4087, 9.5153, 7.2904, 7.0579, 7.7127, 9.2265, 6.0027]
    np.testing.assert_allclose(100.0 * bound, printed, atol=5e-4)
    printed = [8.6357, 8.6355, 8.6356, 8.6356, 15.9089, 16.5836, 18.1435, 14.8215]
    np.testing.assert_allclose(100.0 * risk_contributions(bound, TABLE_9), printed, atol=5e-4)
    assert round(100.0 * volatility(bound, TABLE_9), 4) == 5.1974
    assert bound[4:].sum() == pytest.approx(0.3, abs=1e-15)
    # λ of the volatility is also printed, 3.5906 %: each asset at no bound contributes an eighth of it
    np.testing.assert_allclose(8.0 * (bound * (TABLE_9 @ bound))[:4] / volatility(bound, TABLE_9), 0.035906, atol=1e-6)


def test_bounds_on_assets_as_the_authors_test_them():
    # pyrb, tests/test_risk_budgeting.py: risk share 0.24550 of the second asset, which is at its lower bound
    corr = [
        [1.0, 0.1, 0.4, 0.5, 0.5],
        [0.1, 1.0, 0.7, 0.4, 0.4],
        [0.4, 0.7, 1.0, 0.8, 0.05],
        [0.5, 0.4, 0.8, 1.0, 0.1],
        [0.5, 0.4, 0.05, 0.1, 1.0],
    ]
    cov = cov_from_vols([0.15, 0.20, 0.25, 0.30, 0.10], corr)
    lower, upper = [0.2, 0.2, 0.05, 0.05, 0.25], [0.3, 0.3, 0.15, 0.15, 0.35]
    weights = risk_parity_weights(cov, lower=lower, upper=upper)
    assert weights[1] == 0.2 and weights[4] == 0.35
    assert risk_contributions(weights, cov)[1] == pytest.approx(0.2455, abs=1e-5)
    assert distance_from_optimal(weights, cov, np.ones(5), lower, upper) <= 1e-12


def distance_from_optimal(weights, cov, budgets, lower, upper, groups=(), group_lower=(), group_upper=()):
    """Return by how much the conditions of Richard & Roncalli fail at these weights with the best multipliers.

    wᵢ (Σw)ᵢ - λ bᵢ = wᵢ (zᵢ + ν of the group), with λ ≥ 0, multipliers ≥ 0 at lower bounds, ≤ 0 at upper ones and 0
    between: the best multipliers are found by non-negative least squares, each asset relative to its budget.
    """
    weights, cov, budgets = (np.asarray(a, dtype=float) for a in (weights, cov, budgets))
    budgets = budgets / budgets.sum()
    variance = weights @ cov @ weights
    size = len(weights)
    columns = [budgets]
    for i in range(size):
        unit = np.eye(size)[i] * weights
        columns += [unit] * int(weights[i] <= lower[i]) + [-unit] * int(weights[i] >= upper[i])
    for name, low, high in zip(dict.fromkeys(groups), group_lower, group_upper, strict=False):
        inside = np.array([group == name for group in groups]) * weights
        columns += [inside] * int(inside.sum() <= low + 1e-14) + [-inside] * int(inside.sum() >= high - 1e-14)
    matrix = np.array(columns).T / budgets[:, None]
    scale = np.linalg.norm(matrix, axis=0)
    wanted = weights * (cov @ weights) / (variance * budgets)
    best = lsq_linear(matrix / scale, wanted, (0.0, np.inf), "bvls", tol=1e-15)
    return np.linalg.norm(best.fun)


def minimum_without_the_sum(weights, cov, budgets, lower, upper):
    """Minimise σ(x) - λ Σ b ln x between bounds on assets with general optimisers, for the λ of the unbound assets."""
    risks = weights * (cov @ weights) / np.sqrt(weights @ cov @ weights)
    inside = (weights > lower) & (weights < upper)
    price = (risks / budgets)[inside].mean()

    def objective(x):
        risk = np.sqrt(x @ cov @ x)
        return (risk - price * budgets @ np.log(x)) / price, (cov @ x / risk - price * budgets / x) / price

    bounds = list(zip(np.maximum(lower, 1e-6), upper, strict=True))
    start = np.clip(np.full(len(weights), 0.5 / len(weights)), *np.array(bounds).T)
    options = {"ftol": 1e-15, "maxiter": 500}
    tries = [
        minimize(objective, start, jac=True, method=method, bounds=bounds, options=options)
        for method in ("SLSQP", "L-BFGS-B")
    ]
    return min(tries, key=lambda found: found.fun).x


def problem(seed, negative=True):
    """Return a random problem with bounds on assets and groups that leave room."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 11))
    corr = random_corr(size, 10.0 ** rng.uniform(0, 3), rng)
    if not negative:
        loadings = rng.uniform(0.0, 1.0, (size, 3)) * rng.integers(0, 2, 3)
        corr = as_corr(loadings @ loadings.T + np.diag(rng.uniform(0.01, 1.0, size)))
    cov = cov_from_vols(10.0 ** rng.uniform(-2, 0, size), corr)
    inside = rng.dirichlet(np.full(size, 2.0))
    reach = rng.exponential(0.3 / size, (2, size))
    lower = np.maximum(inside - reach[0], 0.0) * rng.integers(0, 2, size)
    upper = np.where(rng.random(size) < 0.5, inside + reach[1], 1.0)
    groups = [f"g{k}" for k in rng.integers(0, 3, size)]
    names = list(dict.fromkeys(groups))
    sums = np.array([inside[[g == name for g in groups]].sum() for name in names])
    reach = rng.exponential(0.05, (2, len(names)))
    group_lower = np.where(rng.random(len(names)) < 0.5, np.maximum(sums - reach[0], 0.0), 0.0)
    group_upper = np.where(rng.random(len(names)) < 0.5, sums + reach[1], 1.0)
    if rng.random() < 0.2:
        group_lower[0] = group_upper[0] = sums[0]
    budgets = 10.0 ** rng.uniform(-2, 0, size)
    return cov, budgets, lower, upper, groups, group_lower, group_upper


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=150)
@given(seeds)
def test_conditions_of_optimality_with_bounds_on_assets_and_groups(seed):
    cov, budgets, lower, upper, groups, group_lower, group_upper = problem(seed)
    try:
        weights = risk_parity_weights(cov, budgets, groups, lower, upper, group_lower, group_upper)
    except InfeasibleError as error:
        assert cov.min() < 0.0 and "hedge" in str(error)
        return
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (lower <= weights).all() and (weights <= upper).all()
    for name, low, high in zip(dict.fromkeys(groups), group_lower, group_upper, strict=True):
        held = math.fsum(w for w, g in zip(weights, groups, strict=True) if g == name)
        assert low - 1e-12 <= held <= high + 1e-12
    assert distance_from_optimal(weights, cov, budgets, lower, upper, groups, group_lower, group_upper) <= 1e-8


@settings(max_examples=60)
@given(seeds)
def test_unbound_assets_keep_the_proportions_of_their_budgets(seed):
    cov, budgets, lower, upper, *_ = problem(seed, negative=False)
    weights = risk_parity_weights(cov, budgets, lower=lower, upper=upper)
    ratios = weights * (cov @ weights) / budgets
    inside = (weights > lower) & (weights < upper)
    if inside.any():
        price = ratios[inside].mean()
        np.testing.assert_allclose(ratios[inside], price, rtol=1e-8)
        assert (ratios[weights == lower] >= price * (1.0 - 1e-8)).all()
        assert (ratios[weights == upper] <= price * (1.0 + 1e-8)).all()


@settings(max_examples=40)
@given(seeds)
def test_the_portfolio_is_the_minimum_of_the_volatility_with_the_barrier(seed):
    # An independent optimiser with the objective of the paper, the volatility; the sum of 1 follows from λ.
    cov, budgets, lower, upper, *_ = problem(seed, negative=False)
    assume(np.linalg.cond(cov) < 1e4)
    weights = risk_parity_weights(cov, budgets, lower=lower, upper=upper)
    assume(((weights > lower) & (weights < upper)).any())
    other = minimum_without_the_sum(weights, cov, budgets / budgets.sum(), lower, upper)
    np.testing.assert_allclose(other, weights, atol=2e-4)
    assert other.sum() == pytest.approx(1.0, abs=1e-3)


@settings(max_examples=40)
@given(seeds)
def test_the_answer_without_bounds_comes_back_when_none_binds(seed):
    cov, budgets, _, _, groups, *_ = problem(seed)
    free = risk_parity_weights(cov, budgets)
    sums = np.array([free[[g == name for g in groups]].sum() for name in dict.fromkeys(groups)])
    budgets_and_groups = (cov, budgets, groups)
    same = risk_parity_weights(*budgets_and_groups, free * 0.9, np.minimum(free * 1.1, 1.0), sums * 0.9, sums * 1.1)
    assert (same == free).all()
    assert (risk_parity_weights(cov, budgets, lower=0.0, upper=1.0) == free).all()


def test_budgets_by_group():
    cov = TABLE_9[np.ix_([0, 3, 4, 5], [0, 3, 4, 5])]
    groups = ["Bonds", "Stocks", "stocks ", "BONDS"]  # names that differ only in case and spaces are the same
    shares = risk_contributions(risk_parity_weights(cov, [3.0, 1.0], groups), cov)
    np.testing.assert_allclose(shares, [0.375, 0.125, 0.125, 0.375], rtol=1e-8)
    np.testing.assert_allclose(
        risk_contributions(risk_parity_weights(cov, groups=["a", "b", "b", "b"]), cov),
        [0.5, 0.5 / 3, 0.5 / 3, 0.5 / 3],
        rtol=1e-8,
    )
    by_asset = risk_parity_weights(cov, [1.0, 2.0, 3.0, 4.0], groups)
    assert (by_asset == risk_parity_weights(cov, [1.0, 2.0, 3.0, 4.0])).all()
    numbered = risk_parity_weights(cov, [3.0, 1.0], [1, 2.0, 2, 1.0])
    assert (numbered == risk_parity_weights(cov, [3.0, 1.0], groups)).all()
    none_in_stocks = risk_parity_weights(cov, [1.0, 0.0], groups, group_upper=[1.0, 0.0])
    assert none_in_stocks[1] == none_in_stocks[2] == 0.0


def test_bounds_that_leave_one_portfolio_or_fix_some_weights():
    cov = cov_from_vols([0.1, 0.2, 0.3], constant_corr(3, 0.3))
    exact = [0.2, 0.3, 0.5]
    for bounds in ({"lower": exact}, {"upper": exact}, {"lower": exact, "upper": exact}):
        assert risk_parity_weights(cov, **bounds).tolist() == exact
    tenths = cov_from_vols(np.linspace(0.1, 0.3, 10), constant_corr(10, 0.3))
    assert risk_parity_weights(tenths, upper=0.1).tolist() == [0.1] * 10
    fixed = risk_parity_weights(cov, lower=[0.25, 0.0, 0.0], upper=[0.25, 1.0, 1.0])
    risks = fixed * (cov @ fixed)
    assert fixed[0] == 0.25 and risks[1] == pytest.approx(risks[2], rel=1e-9)


def test_sums_of_groups_given_exactly():
    names = ["a"] * 4 + ["b"] * 4
    weights = risk_parity_weights(TABLE_9, None, names, group_lower=[0.6, 0.4], group_upper=[0.6, 0.4])
    assert weights[:4].sum() == pytest.approx(0.6, abs=1e-15) and weights[4:].sum() == pytest.approx(0.4, abs=1e-15)
    # in a group, risk contributions less a constant per unit of weight are in proportion to budgets: λ = variance
    variance = weights @ TABLE_9 @ weights
    excess = (TABLE_9 @ weights - variance / 8.0 / weights).reshape(2, 4)
    np.testing.assert_allclose(excess, np.repeat(excess.mean(axis=1)[:, None], 4, axis=1), rtol=1e-9)
    # upper bounds that sum to 1: the limit for slightly wider ones
    caps = risk_parity_weights(TABLE_9, None, names, group_upper=[0.6, 0.4])
    wider = risk_parity_weights(TABLE_9, None, names, group_upper=[0.6 + 1e-9, 0.4 + 1e-9])
    np.testing.assert_allclose(caps, wider, atol=1e-7)
    floors = risk_parity_weights(TABLE_9, None, names, group_lower=[0.6, 0.4])
    lower = risk_parity_weights(TABLE_9, None, names, group_lower=[0.6 - 1e-9, 0.4 - 1e-9])
    np.testing.assert_allclose(floors, lower, atol=1e-7)


def test_right_whatever_the_scale():
    wanted = risk_parity_weights(TABLE_9, lower=0.08)
    for scale in (1e-12, 1e-8, 1e4, 1e-280, 1e280):
        np.testing.assert_allclose(risk_parity_weights(TABLE_9 * scale, lower=0.08), wanted, rtol=1e-9)


def test_many_assets():
    rng = np.random.default_rng(5)
    cov = cov_from_vols(rng.uniform(0.05, 0.4, 200), factor_corr(200, rng))
    groups = [i % 5 for i in range(200)]
    lower, upper, caps = np.full(200, 0.5 / 200), np.full(200, 1.5 / 200), np.full(5, 0.21)
    weights = risk_parity_weights(cov, np.ones(200), groups, lower, upper, group_upper=caps)
    assert distance_from_optimal(weights, cov, np.ones(200), lower, upper, groups, np.zeros(5), caps) <= 1e-8


def test_a_hedge_that_bounds_keep_apart():
    hedge = np.array([[0.01, -0.02, 0.0], [-0.02, 0.04, 0.0], [0.0, 0.0, 0.09]])
    with pytest.raises(InfeasibleError, match="free of risk"):
        risk_parity_weights(hedge)
    weights = risk_parity_weights(hedge, upper=[1.0, 0.1, 0.3])
    assert distance_from_optimal(weights, hedge, np.ones(3), np.zeros(3), [1.0, 0.1, 0.3]) <= 1e-8


def test_bounds_that_make_others_a_hedge_are_refused():
    # at 80 % stocks, bonds at a correlation of -0.2 reduce the risk: no λ > 0 gives them a positive share
    cov = cov_from_vols([0.15, 0.05], [[1.0, -0.2], [-0.2, 1.0]])
    assert (cov @ [0.8, 0.2])[1] < 0.0
    with pytest.raises(InfeasibleError, match="hedge"):
        risk_parity_weights(cov, lower=[0.8, 0.0])
    assert risk_parity_weights(cov, lower=[0.6, 0.0]).tolist() == [0.6, 0.4]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"lower": [0.5, 0.4, 0.3]}, "lower bounds of the assets and groups sum to 1.2, above 1"),
        ({"upper": 0.3}, "upper bounds of the assets and groups sum to 0.9, below 1"),
        (
            {"lower": [0.1, 0.1, 0.4], "upper": [1.0, 1.0, 0.3]},
            "lower bound 0.4 of asset 3 is above its upper bound 0.3",
        ),
        (
            {"lower": [0.3, 0.3, 0.0], "group_upper": [0.5, 1.0]},
            "Group 'A' .* sum to 0.6, above its own upper bound 0.5",
        ),
        (
            {"upper": [0.1, 0.1, 1.0], "group_lower": [0.5, 0.0]},
            "Group 'A' .* sum to 0.2, below its own lower bound 0.5",
        ),
        ({"group_lower": [0.5, 0.0], "group_upper": [0.4, 1.0]}, "lower bound 0.5 of group 'A' is above"),
        ({"group_lower": [0.7, 0.4]}, "lower bounds of the assets and groups sum to 1.1"),
        ({"group_upper": [0.5, 0.4]}, "upper bounds of the assets and groups sum to 0.9"),
        ({"upper": [0.0, 1.0, 1.0]}, "upper bound 0 of asset 1 leaves it no weight"),
        ({"lower": [0.5, 0.5, 0.0]}, "leave asset 3 no weight"),
        ({"lower": [0.5, 0.0, 0.0], "group_upper": [0.5, 1.0]}, "leave asset 2 no weight"),
        ({"group_upper": [0.0, 1.0]}, "no weight"),
        ({"budgets": [1, 1, 0], "lower": 0.1}, "Asset 3 has a budget of 0 .* lower bound is 0.1"),
        ({"budgets": [1, 1, 0], "group_upper": [0.9, 1.0]}, "upper bounds of the assets and groups sum to 0.9"),
    ],
)
def test_bounds_without_room_are_named(bounds, words):
    groups = ["A", "A", "B"]
    with pytest.raises(InfeasibleError, match=words):
        risk_parity_weights(np.diag([0.01, 0.04, 0.09]), groups=groups, **bounds)


@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"lower": [0.1, 0.2]}, "lower", "2 numbers for 3 assets"),
        ({"upper": [0.5, np.nan, 0.5]}, "upper", "item 2"),
        ({"upper": "0.5"}, "upper", "single number"),
        ({"group_lower": 0.1}, "group_lower", "needs groups"),
        ({"groups": ["a", "b"]}, "groups", "has 2 names, but cov has 3 assets"),
        ({"groups": ["a", "b", " "]}, "groups", "item 3 is blank"),
        ({"groups": ["a", "b", None]}, "groups", "item 3 is blank"),
        ({"groups": ["a", "b", "b"], "group_upper": [0.1, 0.2, 0.3]}, "group_upper", "3 numbers for 2 groups"),
        ({"groups": ["a", "a", "a"], "budgets": [0.5, 0.5]}, "budgets", "2 numbers, but groups has 1 group"),
    ],
)
def test_bad_input_is_named(given, argument, words):
    with pytest.raises(InputError, match=words) as caught:
        risk_parity_weights(np.diag([0.01, 0.04, 0.09]), **given)
    assert caught.value.argument == argument


def test_inputs_stay_as_they_are():
    cov, lower, groups = TABLE_9.copy(), np.full(8, 0.05), list(BONDS_STOCKS)
    risk_parity_weights(cov, None, groups, lower, 0.5, 0.3, 0.7)
    assert (cov == TABLE_9).all() and (lower == 0.05).all() and groups == BONDS_STOCKS


@pytest.mark.parametrize("slack", 10.0 ** np.arange(-16, -2.0, 2))
def test_near_singular_is_right_or_refused(slack):
    rng = np.random.default_rng(9)
    cov = cov_from_vols(rng.uniform(0.1, 0.3, 6), constant_corr(6, 1.0 - slack) if slack < 1.0 else np.eye(6))
    lower, upper = np.array([0.3, 0, 0, 0, 0, 0.0]), np.full(6, 0.4)
    try:
        weights = risk_parity_weights(cov, lower=lower, upper=upper)
    except ConvergenceError:
        assert slack < 1e-9
    else:
        assert distance_from_optimal(weights, cov, np.ones(6), lower, upper) <= 1e-8


def test_bounds_beyond_all_weights_are_no_bounds():
    cov = np.diag([0.01, 0.04, 0.09])
    free = risk_parity_weights(cov)
    assert (risk_parity_weights(cov, lower=-1.7e308, upper=1.7e308) == free).all()
    with pytest.raises(InfeasibleError, match="above 1"):
        risk_parity_weights(cov, lower=1.7e308)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"upper": 30.0}, r"^upper: is 30, which is 3000%: is it percent\? Write 30 % as 0.3"),
        ({"upper": [0.5, 40.0]}, "^upper: item 2 is 40"),
        ({"groups": ["a", "b"], "group_upper": [2.0, 1.0]}, "^group_upper: item 1 is 2,"),
    ],
)
def test_an_upper_bound_that_looks_like_percent_is_a_question(bounds, words):
    with pytest.raises(InputError, match=words):
        risk_parity_weights(np.diag([0.04, 0.01]), **bounds)


def test_an_upper_bound_above_1_is_none():
    cov = np.diag([0.04, 0.01])
    assert (risk_parity_weights(cov, upper=1.99) == risk_parity_weights(cov)).all()
