"""pandas in, pandas out: every public function gives the same answer as with arrays, and matches labels."""

import dataclasses
import inspect
import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

import rpxl
from rpxl.errors import InputError

NAMES = ["Stocks", "Bonds", "Gold", "Oil"]
TURNED = [2, 0, 3, 1]
"""Another order of the assets."""

RNG = np.random.default_rng(1)
RETURNS = RNG.standard_normal((60, 4)) @ np.diag([0.04, 0.01, 0.05, 0.08]) + 0.01 * RNG.standard_normal((60, 1))
PRICES = 100.0 * np.cumprod(np.vstack([np.ones(4), 1.0 + RETURNS]), axis=0)
COV = np.cov(RETURNS.T) * 12.0
CORR = np.corrcoef(RETURNS.T)
WEIGHTS = np.array([0.5, 0.3, 0.15, 0.05])
EXCESS = np.array([0.05, 0.02, 0.03, 0.04])
MONTHS = pd.date_range("2019-12-31", periods=61, freq="ME")

BY_ASSET = (
    *("weights", "exp_excess", "exp_returns", "vols", "budgets", "lower", "upper", "groups", "margin_rates"),
    *("specific_vols", "holdings", "target", "lot"),
)
MATRICES = ("cov", "corr")
PORTFOLIO = {"weights": WEIGHTS, "cov": COV}

CALLS = {
    "backtest": {"prices": PRICES, "dates": MONTHS.to_numpy(), "lookback": 12, "rebalance": "quarterly"},
    "benchmark_statistics": {"returns": RETURNS[:, 0], "benchmark": RETURNS[:, 1], "periods_per_year": 12.0},
    "check_cov": {"cov": COV},
    "correlation_with_portfolio": PORTFOLIO,
    "count_incomplete": {"values": RETURNS},
    "cov_from_vols": {"vols": np.sqrt(np.diag(COV)), "corr": CORR},
    "diagnose_cov": {"cov": COV, "weights": WEIGHTS},
    "diversification_ratio": PORTFOLIO,
    "drawdowns": {"returns": RETURNS},
    "effective_bets": PORTFOLIO,
    "efficient_frontier": {"exp_returns": EXCESS, "cov": COV, "points": 5, "upper": [1.0, 0.5, 1.0, 1.0]},
    "estimate_cov": {"returns": RETURNS, "method": "semi", "periods_per_year": 12.0, "threshold": 0.01},
    "ewma_cov": {"returns": RETURNS, "periods_per_year": 12.0},
    "factor_risk": {
        "weights": WEIGHTS,
        "exposures": [[1.0, -0.3], [-0.2, 0.4], [0.1, 1.0], [0.7, 0.9]],
        "factor_cov": [[0.02, 0.003], [0.003, 0.01]],
        "specific_vols": [0.05, 0.02, 0.08, 0.1],
    },
    "hrp_weights": {"cov": COV},
    "implied_risk_aversion": {**PORTFOLIO, "exp_excess": EXCESS},
    "inverse_vol_weights": {"cov": COV},
    "ledoit_wolf_cov": {"returns": RETURNS, "periods_per_year": 12.0},
    "lever_to_return": {**PORTFOLIO, "exp_returns": EXCESS, "target": 0.08, "borrow": 0.02, "cash_rate": 0.01},
    "lever_to_vol": {**PORTFOLIO, "target": 0.2, "borrow": 0.02, "exp_returns": EXCESS},
    "margin_report": {**PORTFOLIO, "margin_rates": [0.05, 0.02, 0.06, 0.1]},
    "marginal_risk": PORTFOLIO,
    "max_diversification_weights": {"cov": COV},
    "max_sharpe_weights": {"exp_excess": EXCESS, "cov": COV, "lower": [0.0, 0.1, 0.0, 0.0], "upper": [0.4, 1, 1, 1]},
    "mean_variance_weights": {"exp_returns": EXCESS, "cov": COV, "risk_aversion": 3.0, "lower": [0.1, 0.0, 0.2, 0.0]},
    "merton_weights": {"exp_excess": EXCESS, "cov": COV, "risk_aversion": 3.0, "long_only": True},
    "min_variance_weights": {"cov": COV, "lower": [0.1, 0.0, 0.2, 0.0], "upper": [1.0, 0.5, 1.0, 1.0]},
    "monthly_returns": {"returns": RETURNS[:, 0], "dates": MONTHS[1:].to_numpy()},
    "nearest_psd": {"cov": COV},
    "performance": {"returns": RETURNS[:, 0], "periods_per_year": 12.0},
    "portfolio_return": {"weights": WEIGHTS, "exp_excess": EXCESS},
    "returns_from_prices": {"prices": PRICES},
    "risk_adjusted_return": {**PORTFOLIO, "exp_excess": EXCESS, "risk_aversion": 3.0},
    "risk_contributions": PORTFOLIO,
    "risk_parity_weights": {"cov": COV, "budgets": [0.4, 0.3, 0.2, 0.1], "upper": [1.0, 0.6, 1.0, 1.0]},
    "risk_statistics": {"returns": RETURNS[:, 0], "periods_per_year": 12.0},
    "rolling_statistic": {"returns": RETURNS, "window": 12, "periods_per_year": 12.0},
    "sample_cov": {"returns": RETURNS, "periods_per_year": 12.0},
    "scenario_risk": {"weights": WEIGHTS, "returns": RETURNS},
    "scenario_risk_contributions": {"weights": WEIGHTS, "returns": RETURNS, "measure": "cdar"},
    "scenario_risk_parity": {"returns": RETURNS, "measure": "mad", "budgets": [0.4, 0.3, 0.2, 0.1]},
    "sharpe_ratio": {**PORTFOLIO, "exp_excess": EXCESS},
    "split_cov": {"cov": COV},
    "volatility": PORTFOLIO,
    "trade_list": {
        "holdings": [120.0, 40.0, 0.0, 7.0],
        "prices": np.array([10.0, 25.0, 40.0, 99.0]),
        "target": WEIGHTS,
        "cash": 500.0,
        "lot": [10.0, 1.0, 1.0, 1.0],
        "cov": COV,
    },
    "vols": {"cov": COV},
    "worst_drawdowns": {"returns": RETURNS[:, 0]},
}

PUBLIC = {name: getattr(rpxl, name) for name in dir(rpxl) if name[0] != "_"}
FUNCTIONS = sorted(n for n, f in PUBLIC.items() if inspect.isfunction(f) and f.__module__.startswith("rpxl.core."))
FACTORS = ["Growth", "Inflation"]
TWO_LABELLED = [name for name, given in CALLS.items() if sum(key in BY_ASSET + MATRICES for key in given) > 1]


def labelled(key, value, order=(0, 1, 2, 3)):
    """Give an argument its labels, in an order of the assets."""
    order, names = list(order), [NAMES[i] for i in order]
    if key == "exposures":
        return pd.DataFrame([value[i] for i in order], names, FACTORS)
    if key == "factor_cov":  # in another order: factors are matched by their own labels
        return pd.DataFrame(value, FACTORS, FACTORS).loc[FACTORS[::-1], FACTORS[::-1]]
    if key in MATRICES:
        return pd.DataFrame(np.asarray(value)[np.ix_(order, order)], names, names)
    if (np.ndim(value) and key in BY_ASSET) or (key == "prices" and value.ndim == 1):
        return pd.Series([value[i] for i in order], names)
    if key in ("prices", "returns", "values", "benchmark"):
        index = MONTHS[-len(value) :]
        return (
            pd.DataFrame(value[:, order], index, names) if value.ndim == 2 else pd.Series(value, index, name="Stocks")
        )
    return value


def same(answer, wanted, names=tuple(NAMES)):
    """Compare an answer that has labels with one that has none, by label."""
    if isinstance(answer, tuple):
        assert len(answer) == len(wanted)
        for one, other in zip(answer, wanted, strict=True):
            same(one, other, names)
    elif isinstance(answer, pd.Series):
        np.testing.assert_allclose(answer[list(names)], wanted, rtol=1e-6, atol=1e-9)
    elif isinstance(answer, pd.DataFrame):
        by_date = isinstance(answer.index, pd.DatetimeIndex)
        cells = answer[list(names)] if by_date else answer.loc[list(names), list(names)]
        np.testing.assert_allclose(cells, wanted, rtol=1e-6, atol=1e-9)
    elif isinstance(answer, rpxl.FactorRisk):
        assert list(answer.exposures.index) == list(answer.contributions.index) == list(answer.shares.index) == FACTORS
        np.testing.assert_allclose(answer.exposures, wanted.exposures, rtol=1e-9)
        np.testing.assert_allclose(answer.shares, wanted.shares, rtol=1e-9)
        assert (answer.vol, answer.specific) == pytest.approx((wanted.vol, wanted.specific))
    elif isinstance(answer, rpxl.Frontier):
        np.testing.assert_allclose(answer.weights[list(names)], wanted.weights, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(answer.vols, wanted.vols, rtol=1e-9)
        np.testing.assert_allclose(answer.returns, wanted.returns, rtol=1e-9)
    elif isinstance(answer, rpxl.MonthlyReturns):
        np.testing.assert_array_equal(answer.months.to_numpy(), wanted.months)
        assert list(answer.totals.index) == list(answer.months.index) == list(wanted.years)
        assert (answer.totals == wanted.totals).all()
    elif isinstance(answer, list) and isinstance(answer[0], rpxl.Drawdown):
        assert answer == wanted
    elif isinstance(answer, list):
        assert [(found.check, found.passed) for found in answer] == [(f.check, f.passed) for f in wanted]
    elif dataclasses.is_dataclass(answer):
        for field in dataclasses.fields(wanted):
            value, other = getattr(answer, field.name), getattr(wanted, field.name)
            if isinstance(value, pd.Series):
                same(value, other, names)
            elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
                np.testing.assert_allclose(value, other, rtol=1e-6, atol=1e-9)
            elif isinstance(value, float):
                assert value == pytest.approx(other, rel=1e-6)
    else:
        assert type(answer) in (float, int)
        assert answer == pytest.approx(wanted, rel=1e-6)


def test_every_public_function_is_tried():
    assert set(CALLS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", CALLS)
def test_arrays_stay_arrays(name):
    answer = getattr(rpxl, name)(**CALLS[name])
    for part in answer if isinstance(answer, tuple) else [answer]:
        assert not isinstance(part, pd.Series | pd.DataFrame)
    wanted = getattr(rpxl, name).__wrapped__(**CALLS[name])
    if isinstance(wanted, np.ndarray):
        assert type(answer) is np.ndarray and (answer == wanted).all()


@pytest.mark.parametrize("name", CALLS)
def test_labels_in_labels_out(name):
    function = getattr(rpxl, name)
    wanted = function(**CALLS[name])
    if name in ("performance", "risk_statistics", "benchmark_statistics"):
        answer = function(**{key: labelled(key, value) for key, value in CALLS[name].items()})
        assert answer == wanted
        return
    answer = function(**{key: labelled(key, value) for key, value in CALLS[name].items()})
    if isinstance(wanted, np.ndarray):
        assert isinstance(answer, pd.Series if wanted.ndim == 1 else pd.DataFrame)
        assert list(answer.index if wanted.shape[0] == 4 else answer.columns) == NAMES
    same(answer, wanted)
    turned = {key: labelled(key, value, TURNED) for key, value in CALLS[name].items()}
    if name != "backtest":
        same(function(**turned), wanted)  # all in another order
    if list(turned) == list(inspect.signature(function).parameters)[: len(turned)]:
        same(function(*turned.values()), wanted)  # by position


@pytest.mark.parametrize("name", TWO_LABELLED)
def test_another_order_is_matched_by_label(name):
    """Each argument in turn has another order than the rest: labels are matched, never positions."""
    function, given = getattr(rpxl, name), CALLS[name]
    wanted = function(**given)
    for turned in (key for key in given if key in BY_ASSET + MATRICES):
        order = {key: TURNED if key == turned else range(4) for key in given}
        same(function(**{key: labelled(key, value, order[key]) for key, value in given.items()}), wanted)


@pytest.mark.parametrize("name", TWO_LABELLED)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda names: ["Stocks", "Bonds", "Gold", "Silver"], "lacks 'Oil' and has 'Silver'"),
        (lambda names: ["Stocks", "Bonds", "Gold", "oil"], "lacks 'Oil' and has 'oil'"),
        (lambda names: ["Stocks", "Bonds", "Gold", "Gold"], "the label 'Gold' twice"),
        (lambda names: ["Stocks", "Bonds", "Gold", None], "a label that is missing"),
        (lambda names: pd.MultiIndex.from_product([["x"], names]), "labels of several levels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(name, change, words):
    given = {key: labelled(key, value) for key, value in CALLS[name].items()}
    last = [key for key in given if key in BY_ASSET + MATRICES and np.ndim(given[key])][-1]
    wrong = given[last].copy()
    wrong.index = pd.Index(change(NAMES))
    if last in MATRICES:
        wrong.columns = wrong.index
    with pytest.raises(InputError, match=words) as caught:
        getattr(rpxl, name)(**(given | {last: wrong}))
    assert caught.value.argument == last


def test_fewer_or_more_labels_are_refused():
    cov, weights = labelled("cov", COV), labelled("weights", WEIGHTS)
    with pytest.raises(InputError, match=r"^cov: has 'Oil', unlike weights\. Use the same labels in both"):
        rpxl.volatility(weights[:3], cov)
    with pytest.raises(InputError, match=r"^cov: lacks 'Oil', unlike weights"):
        rpxl.volatility(weights, cov.iloc[:3, :3])
    with pytest.raises(InputError, match=r"^cov: lacks 'Oil' and has 'Tin', unlike the rows of cov"):
        rpxl.vols(cov.rename(columns={"Oil": "Tin"}))


def test_columns_in_another_order_than_rows():
    cov = labelled("cov", COV)[[NAMES[i] for i in TURNED]]
    same(rpxl.inverse_vol_weights(cov), rpxl.inverse_vol_weights(COV))


def test_labelled_and_plain_go_by_position():
    cov, wanted = labelled("cov", COV), rpxl.risk_contributions(WEIGHTS, COV)
    for weights in (WEIGHTS, WEIGHTS.tolist(), pd.Series(WEIGHTS)):
        answer = rpxl.risk_contributions(weights, cov)
        assert list(answer.index) == NAMES
        same(answer, wanted)
    same(rpxl.risk_contributions(labelled("weights", WEIGHTS), COV), wanted)
    half = cov.reset_index(drop=True)  # only the columns have names
    assert list(rpxl.vols(half).index) == NAMES
    plain = rpxl.risk_contributions(pd.Series(WEIGHTS), pd.DataFrame(COV))
    assert isinstance(plain, pd.Series) and list(plain.index) == [0, 1, 2, 3]


def test_a_plain_index_that_was_sorted_is_no_longer_plain():
    by_size = pd.Series(WEIGHTS).sort_values()
    assert list(by_size.index) == [3, 2, 1, 0]
    answer = rpxl.risk_contributions(by_size, pd.DataFrame(COV))
    np.testing.assert_allclose(answer.sort_index(), rpxl.risk_contributions(WEIGHTS, COV))
    with pytest.raises(InputError, match="lacks"):
        rpxl.risk_contributions(by_size, labelled("cov", COV))
    tickers = [600000, 600001, 600002, 600003]  # numbers that are names: counting from 0 would be a guess
    with pytest.raises(InputError, match=r"^lower: lacks 600000, 600001"):
        rpxl.max_sharpe_weights(pd.Series(EXCESS, tickers), pd.DataFrame(COV, tickers, tickers), pd.Series(WEIGHTS) / 9)


# Groups --------------------------------------------------------------------------------------------------------------


def test_groups_and_their_bounds_are_matched_by_label():
    groups = ["Growth", "Bonds", "Real", "Real"]
    wanted = rpxl.risk_parity_weights(COV, [0.5, 0.3, 0.2], groups, group_upper=[0.4, 0.9, 0.15])
    answer = rpxl.risk_parity_weights(
        labelled("cov", COV, TURNED),
        pd.Series({"bonds": 0.3, "Real": 0.2, "Growth": 0.5}),
        labelled("groups", groups),
        group_upper=pd.Series({"Real": 0.15, "Growth": 0.4, "Bonds": 0.9}),
    )
    same(answer, wanted)
    for plain in (pd.Series([0.4, 0.9, 0.15]), np.array([0.4, 0.9, 0.15])):  # by position
        same(rpxl.risk_parity_weights(labelled("cov", COV), [0.5, 0.3, 0.2], groups, group_upper=plain), wanted)
    with pytest.raises(InputError, match=r"^group_upper: has 'Real', 'Growth', but the groups are"):
        rpxl.risk_parity_weights(
            labelled("cov", COV), None, groups, group_upper=pd.Series({"Real": 0.1, "Growth": 0.4})
        )


# Values --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["Float64", "Float32", "float32", "object"])
def test_nullable_and_other_kinds_of_numbers(dtype):
    cov = labelled("cov", np.round(COV, 3)).astype(dtype)
    answer = rpxl.vols(cov)
    assert answer.dtype == np.float64
    np.testing.assert_allclose(answer, np.sqrt(np.diag(np.round(COV, 3))), rtol=1e-6)
    whole = pd.DataFrame([[4, 1], [1, 9]], dtype="Int64")
    assert rpxl.vols(whole).tolist() == [2.0, 3.0]


@pytest.mark.parametrize("missing", [pd.NA, None, np.nan])
@pytest.mark.parametrize("dtype", ["Float64", "object"])
def test_missing_values_of_any_kind_are_missing(missing, dtype):
    returns = labelled("returns", RETURNS).astype(dtype)
    returns.loc[MONTHS[5], "Gold"] = missing
    with pytest.raises(InputError, match=r"row 2020-05-31, column 'Gold' is missing") as caught:
        rpxl.sample_cov(returns)
    assert caught.value.missing
    left = rpxl.sample_cov(returns, missing="drop_rows")
    np.testing.assert_allclose(left, np.cov(np.delete(RETURNS, 4, axis=0).T) * 12.0)
    assert rpxl.count_incomplete(returns) == 1


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["0.1"] * 60, "column 'Note' holds '0.1', which is not a number"),
        ([0.1] * 59 + ["x"], "column 'Note' holds 'x'"),
        (MONTHS[1:], "column 'Note' holds dates. Make them the index"),
        ([date(2020, 1, 1)] * 60, "column 'Note' holds datetime.date"),
        ([1j] * 60, "column 'Note' holds values of the type complex128, which are not numbers"),
        ([pd.Timedelta(days=1)] * 60, "column 'Note' holds values of the type timedelta64"),
        (pd.Categorical([1] * 60), "column 'Note' holds values of the type category"),
        ([[1]] * 60, "must hold numbers"),
    ],
)
def test_what_is_no_number_is_named_with_its_column(column, words):
    returns = labelled("returns", RETURNS).assign(Note=column)
    with pytest.raises(InputError, match=words.replace(".", r"\.")):
        rpxl.sample_cov(returns)


def test_a_table_where_a_list_belongs_is_refused():
    with pytest.raises(InputError, match=r"^weights: is a table with 1 columns; give one column of it"):
        rpxl.volatility(labelled("weights", WEIGHTS).to_frame(), labelled("cov", COV))
    with pytest.raises(InputError, match=r"^prices: must be a table"):
        rpxl.returns_from_prices(labelled("prices", PRICES)["Gold"])


def test_errors_speak_in_labels():
    cov = labelled("cov", COV)
    cov.loc["Bonds", "Bonds"] = -1.0
    with pytest.raises(InputError, match=r"^cov: row 'Bonds', column 'Bonds' is -1\. A variance"):
        rpxl.vols(cov)
    rates = pd.Series({"Oil": 0.1, "Bonds": 2.0, "Stocks": 0.1, "Gold": 0.1})
    with pytest.raises(InputError, match=r"^margin_rates: 'Bonds' is 2\. A margin rate"):
        rpxl.margin_report(labelled("weights", WEIGHTS), labelled("cov", COV), rates)
    prices = labelled("prices", PRICES)
    prices.loc["2020-03-31", "Gold"] = 0.0
    with pytest.raises(InputError, match=r"^prices: row 2020-03-31, column 'Gold' is 0"):
        rpxl.returns_from_prices(prices)


# Dates ---------------------------------------------------------------------------------------------------------------

BY_FREQUENCY = {"ME": 12.0, "W-FRI": 52.0, "B": 252.0, "D": 365.0, "QE": 4.0, "YE": 1.0}
ESTIMATORS = {
    "sample_cov": lambda table: np.cov(table.T),
    "ewma_cov": lambda table: rpxl.ewma_cov(table, 1.0),
    "ledoit_wolf_cov": lambda table: rpxl.ledoit_wolf_cov(table, 1.0),
}


@pytest.mark.parametrize(("freq", "periods"), BY_FREQUENCY.items())
@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_index_tells_the_periods_per_year(name, freq, periods):
    returns = pd.DataFrame(RETURNS, pd.date_range("2000-01-01", periods=60, freq=freq), NAMES)
    answer = getattr(rpxl, name)(returns)
    np.testing.assert_allclose(answer, ESTIMATORS[name](RETURNS) * periods, rtol=1e-12)
    measured = rpxl.performance(returns["Gold"])
    assert measured.volatility == pytest.approx(returns["Gold"].std() * periods**0.5, rel=1e-12)


def test_a_number_that_contradicts_the_index_is_refused():
    returns = labelled("returns", RETURNS)
    np.testing.assert_allclose(rpxl.sample_cov(returns, 12.0), np.cov(RETURNS.T) * 12.0)
    for call in (lambda: rpxl.sample_cov(returns, 252.0), lambda: rpxl.performance(returns["Oil"], 252)):
        with pytest.raises(InputError, match="is 252, but the dates are monthly"):
            call()


@pytest.mark.parametrize(
    "index",
    [
        MONTHS.tz_localize("Asia/Tokyo"),
        MONTHS.tz_localize("America/New_York") + pd.Timedelta(hours=23),  # the next day in UTC
        MONTHS.to_period("M"),
        pd.Index([day.date() for day in MONTHS]),
        pd.Index([day.to_pydatetime() for day in MONTHS], dtype=object),
    ],
)
def test_dates_of_every_kind(index):
    prices = pd.DataFrame(PRICES, index, NAMES)
    wanted = rpxl.backtest(PRICES, MONTHS.to_numpy(), lookback=12)
    history = rpxl.backtest(prices, lookback=12)
    assert (history.dates == wanted.dates).all()
    assert (history.value == wanted.value).all()
    np.testing.assert_allclose(rpxl.sample_cov(rpxl.returns_from_prices(prices)), np.cov(RETURNS.T) * 12.0)


@pytest.mark.parametrize(
    "index", [[str(day.date()) for day in MONTHS[1:]], range(1950, 2010), [20000000 + i for i in range(60)]]
)
def test_an_index_that_may_hold_dates_is_asked_about(index):
    returns = pd.DataFrame(RETURNS, index, NAMES)
    for call in (lambda: rpxl.sample_cov(returns), lambda: rpxl.performance(returns["Oil"])):
        with pytest.raises(InputError, match="to_datetime on the index, or give periods_per_year") as caught:
            call()
        assert f"the index holds {returns.index[0]!r}, which" in str(caught.value)
    np.testing.assert_allclose(rpxl.sample_cov(returns, 12.0), np.cov(RETURNS.T) * 12.0)


def test_an_index_that_only_counts_means_what_an_array_means():
    returns = pd.DataFrame(RETURNS, columns=NAMES)
    np.testing.assert_allclose(rpxl.sample_cov(returns), rpxl.sample_cov(RETURNS))


ONE_HISTORY = ("performance", "risk_statistics", "monthly_returns", "worst_drawdowns")


@pytest.mark.parametrize("name", ["ewma_cov", *ONE_HISTORY, "drawdowns", "returns_from_prices", "rolling_statistic"])
def test_newest_first_is_refused_where_order_matters(name):
    returns = labelled("returns", RETURNS if name not in ONE_HISTORY else RETURNS[:, 0])[::-1]
    if name == "returns_from_prices":
        returns = labelled("prices", PRICES)[::-1]
    with pytest.raises(InputError, match="dates"):
        getattr(rpxl, name)(returns, *([12] if name == "rolling_statistic" else []))


def test_the_order_of_scenarios_matters_to_drawdowns_only():
    returns, weights = labelled("returns", RETURNS)[::-1], labelled("weights", WEIGHTS)
    assert rpxl.scenario_risk(weights, returns, "cvar") == pytest.approx(rpxl.scenario_risk(WEIGHTS, RETURNS, "cvar"))
    for measure in ("cdar", "ulcer"):
        for call in (
            lambda measure: rpxl.scenario_risk(weights, returns, measure),
            lambda measure: rpxl.scenario_risk_contributions(weights, returns, measure),
            lambda measure: rpxl.scenario_risk_parity(returns, measure),
        ):
            with pytest.raises(InputError, match=r"dates: .* is not after"):
                call(measure)


def test_a_benchmark_has_the_dates_of_the_returns():
    returns, benchmark = labelled("returns", RETURNS[:, 0]), labelled("benchmark", RETURNS[:, 1])
    for wrong, words in (
        (benchmark[1:], "2020-01-31 is only in one of them"),
        (benchmark[::-1], "their order differs"),
    ):
        with pytest.raises(InputError, match=f"^benchmark: has another index than returns: {words}"):
            rpxl.benchmark_statistics(returns, wrong)
    with pytest.raises(InputError, match=r"^benchmark: has an index, but returns have none"):
        rpxl.benchmark_statistics(RETURNS[:, 0], benchmark)


def test_the_index_tells_the_periods_of_more_statistics():
    returns, benchmark = labelled("returns", RETURNS[:, 0]), labelled("benchmark", RETURNS[:, 1])
    plain = RETURNS[:, 0]
    assert rpxl.risk_statistics(returns) == rpxl.risk_statistics(plain, 12.0)
    assert rpxl.risk_statistics(returns) != rpxl.risk_statistics(plain)
    against = rpxl.benchmark_statistics(returns, benchmark)
    assert against == rpxl.benchmark_statistics(plain, RETURNS[:, 1], 12.0)
    rolling = rpxl.rolling_statistic(returns, 24)
    pd.testing.assert_series_equal(
        rolling, returns.rolling(24).std().iloc[23:] * np.sqrt(12.0), check_freq=False, rtol=1e-12
    )
    with pytest.raises(InputError, match=r"contradict|but the dates"):
        rpxl.risk_statistics(returns, 252.0)


def test_factors_have_labels_of_their_own():
    given = {key: labelled(key, value) for key, value in CALLS["factor_risk"].items()}
    wrong = given["factor_cov"].rename(index={"Growth": "Rates"}, columns={"Growth": "Rates"})
    with pytest.raises(
        InputError, match=r"^factor_cov: lacks 'Growth' and has 'Rates', unlike the columns of exposures"
    ):
        rpxl.factor_risk(**(given | {"factor_cov": wrong}))


@pytest.mark.parametrize("name", ["sample_cov", "ledoit_wolf_cov"])
def test_any_order_does_where_none_matters(name):
    returns = labelled("returns", RETURNS)
    function = getattr(rpxl, name)
    np.testing.assert_allclose(function(returns[::-1]), function(RETURNS, 12.0), rtol=1e-9)


def test_unequal_histories():
    prices = labelled("prices", PRICES)
    prices.loc[:"2020-12-31", "Oil"] = pd.NA
    returns = prices.pct_change(fill_method=None).iloc[1:]
    pairs = rpxl.sample_cov(returns, missing="pairwise")
    np.testing.assert_allclose(pairs, returns.cov() * 12.0, rtol=1e-9)  # pandas' own is pairwise
    history = rpxl.backtest(prices, lookback=6, missing="available")
    weights = history.to_frame("rebalances")["Oil"]  # seven prices before the month of the trade
    assert (weights[:"2021-07-31"] == 0.0).all() and (weights["2021-10-31":] > 0.0).all()


def test_answers_by_date_keep_their_dates():
    prices = labelled("prices", PRICES)
    returns = rpxl.returns_from_prices(prices)
    pd.testing.assert_frame_equal(returns, prices.pct_change().iloc[1:], check_freq=False)
    pd.testing.assert_frame_equal(
        rpxl.drawdowns(returns),
        (1 + returns).cumprod() / (1 + returns).cumprod().cummax().clip(lower=1.0) - 1.0,
        check_freq=False,
    )
    gold = rpxl.drawdowns(returns["Gold"])
    assert gold.name == "Gold" and gold.index.equals(returns.index)
    prices.iloc[3, 1] = prices.iloc[7, 0] = np.nan
    fewer = rpxl.returns_from_prices(prices, missing="drop_rows")
    pd.testing.assert_frame_equal(fewer, prices.dropna().pct_change().iloc[1:], check_freq=False)


def test_rows_of_several_levels_are_refused():
    long = labelled("returns", RETURNS).stack()
    with pytest.raises(InputError, match="several levels"):
        rpxl.performance(long)


# Backtest ------------------------------------------------------------------------------------------------------------


def test_a_backtest_has_its_tables():
    prices = labelled("prices", PRICES)
    history = rpxl.backtest(prices, lookback=12, cost_bps=10.0)
    plain = rpxl.backtest(PRICES, MONTHS.to_numpy(), lookback=12, cost_bps=10.0)
    table = history.to_frame()
    assert list(table.columns) == ["value", "drawdown"]
    assert list(table.index.to_numpy().astype("datetime64[D]")) == list(plain.dates)
    assert (table["value"] == plain.value).all()
    assert (table["drawdown"] == plain.drawdown).all()
    pd.testing.assert_frame_equal(plain.to_frame(), table)
    trades = history.to_frame("rebalances")
    assert list(trades.columns) == ["leverage", "turnover", "costs", *NAMES]
    assert (trades[NAMES] == plain.weights).all(axis=None)
    assert list(plain.to_frame("rebalances").columns[3:]) == ["Asset 1", "Asset 2", "Asset 3", "Asset 4"]
    with pytest.raises(InputError, match="choose one of history, rebalances"):
        history.to_frame("weights")


def test_a_benchmark_of_a_backtest_is_a_label_prices_or_weights():
    prices = pd.DataFrame(PRICES, MONTHS, NAMES)
    run = {"lookback": 12, "rebalance": "monthly"}
    wanted = rpxl.backtest(PRICES, MONTHS.to_numpy(), benchmark=PRICES[:, 1], **run).benchmark
    for benchmark in ("Bonds", prices["Bonds"], PRICES[:, 1]):
        history = rpxl.backtest(prices, benchmark=benchmark, **run)
        assert (history.benchmark == wanted).all()
    assert list(history.to_frame()) == ["value", "drawdown", "benchmark", "benchmark_drawdown"]
    assert (history.to_frame()["benchmark"].to_numpy() == wanted).all()
    mixed = rpxl.backtest(PRICES, MONTHS.to_numpy(), benchmark=WEIGHTS, **run).benchmark
    turned = pd.Series(WEIGHTS[TURNED], [NAMES[i] for i in TURNED])
    assert (rpxl.backtest(prices, benchmark=turned, **run).benchmark == mixed).all()
    equal = rpxl.backtest(PRICES, MONTHS.to_numpy(), "equal_weight", **run).value
    assert (rpxl.backtest(prices, benchmark="equal_weight", **run).benchmark == equal).all()
    with pytest.raises(InputError, match="benchmark: lacks 'Gold'"):
        rpxl.backtest(prices, benchmark=turned.drop("Gold"), **run)
    with pytest.raises(InputError, match="benchmark: has another index than prices"):
        rpxl.backtest(prices, benchmark=prices["Bonds"][1:], **run)
    with pytest.raises(InputError, match="the name of an asset and of a strategy"):
        rpxl.backtest(prices.rename(columns={"Oil": "hrp"}), benchmark="hrp", **run)


def test_fixed_weights_of_a_backtest_are_matched_by_label():
    prices = labelled("prices", PRICES)
    wanted = rpxl.backtest(PRICES, MONTHS.to_numpy(), WEIGHTS, lookback=12)
    history = rpxl.backtest(prices, strategy=labelled("weights", WEIGHTS, TURNED), lookback=12)
    np.testing.assert_allclose(history.value, wanted.value, rtol=1e-13)
    with pytest.raises(InputError, match=r"^strategy: lacks 'Oil'"):
        rpxl.backtest(prices, strategy=labelled("weights", WEIGHTS)[:3], lookback=12)


def test_dates_are_given_once():
    prices = labelled("prices", PRICES)
    same_days = rpxl.backtest(prices, MONTHS, lookback=12)
    assert (same_days.value == rpxl.backtest(prices, lookback=12).value).all()
    with pytest.raises(InputError, match="dates: differ from those of the index"):
        rpxl.backtest(prices, MONTHS - pd.Timedelta(days=1), lookback=12)
    with pytest.raises(InputError, match=r"dates: are needed: the index holds"):
        rpxl.backtest(prices.set_axis([str(day) for day in MONTHS]), lookback=12)
    with pytest.raises(InputError, match=r"dates: are needed"):
        rpxl.backtest(prices.reset_index(drop=True), lookback=12)
    texts = [str(day.date()) for day in MONTHS]
    for dates in (pd.Series(MONTHS), pd.Series(texts), pd.Index(texts)):
        assert (rpxl.backtest(PRICES, dates, lookback=12).value == same_days.value).all()
    with pytest.raises(InputError, match="something else"):
        rpxl.backtest(prices, pd.Series(["x"] * 61), lookback=12)


def test_inputs_are_not_changed():
    cov, weights = labelled("cov", COV), labelled("weights", WEIGHTS, TURNED)
    before = cov.copy(), weights.copy()
    rpxl.lever_to_vol(weights, cov, 0.1)
    answer = rpxl.nearest_psd(cov)
    answer.iloc[0, 0] = 7.0
    pd.testing.assert_frame_equal(cov, before[0])
    pd.testing.assert_series_equal(weights, before[1])


def test_pandas_is_not_imported_for_arrays():
    code = (
        "import sys, rpxl; cov = [[0.04, 0.01], [0.01, 0.09]];"
        "rpxl.risk_contributions(rpxl.risk_parity_weights(cov), cov);"
        "sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
