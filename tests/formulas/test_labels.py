"""Two arguments with labels in the same order are used; in different orders they are refused, in every layout."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rpxl.errors import InputError
from rpxl.formulas import (
    COV_FROM_VOLS,
    COV_MATRIX,
    PORT_VOL,
    RETURNS,
    RISK_CONTRIB,
    RP_BACKTEST,
    RP_CHECK,
    RP_WEIGHTS,
)
from rpxl.formulas.catalogue import FUNCTIONS, WorksheetFunction
from rpxl.formulas.labels import is_number_text, name_key
from rpxl.formulas.readers import AssetTable, Square, Vector, WordOrVector

NAMES = ["US Equity", "Bonds", "Café Gold"]
SAME = ["us\u00a0 equity", " BONDS ", "cafe\u0301  gold"]
"""The same names, written as another program does."""

COV = [[0.04, 0.006, 0.001], [0.006, 0.01, 0.0], [0.001, 0.0, 0.0225]]
CORR = [[1.0, 0.3, 0.1], [0.3, 1.0, 0.0], [0.1, 0.0, 1.0]]
COVS = {"cov": COV, "corr": CORR}
PRICES = [[100.0, 50.5, 20.0], [101.5, 50.0, 20.5], [100.5, 51.0, 21.0], [102.5, 50.5, 20.5], [103.0, 51.5, 21.5]]
RETURNS_OF_THREE = [[0.05, -0.01, 0.02], [-0.04, 0.02, -0.03], [0.02, 0.01, 0.03], [0.01, -0.02, -0.01]]


def columns(names, values):
    """A vector with labels, in each way to lay it out."""
    pairs = [[name, value] for name, value in zip(names, values, strict=True)]
    yield pairs
    yield [["Asset", "Weight"], *pairs]
    yield [["My numbers", ""], *pairs]
    yield [["My numbers", ""], ["Asset", "Weight"], *pairs]
    yield [list(names), list(values)]
    yield [["Asset", *names], ["Weight", *values]]
    yield [["", *names], ["Weight", *values]]
    yield [["My numbers", "", "", ""], ["", *names], ["Weight", *values]]


def squares(names, matrix):
    """A matrix with labels, in each way to lay it out."""
    rows = [[name, *row] for name, row in zip(names, matrix, strict=True)]
    lower = [[name, *(cell if j <= i else "" for j, cell in enumerate(row))] for i, (name, *row) in enumerate(rows)]
    upper = [[name, *(cell if j >= i else None for j, cell in enumerate(row))] for i, (name, *row) in enumerate(rows)]
    for body in (rows, lower, upper):
        yield [["", *names], *body]
        yield [["Covariance", *names], *body]
        yield [["Covariance", "", "", ""], *body]
        yield [["Covariance", "", "", ""], ["", *names], *body]
        yield body
    yield [list(names), *(row[1:] for row in rows)]


def tables(names, table):
    """A table with labels on top, in each way to lay it out."""
    days = [f"2024-01-{i + 2:02}" for i in range(len(table))]
    if table is not PRICES:
        yield [list(names), *table]
    for heading in ("Date", "", "Month end"):
        yield [[heading, *names], *([day, *row] for day, row in zip(days, table, strict=True))]
    yield [["My prices", "", "", ""], ["Date", *names], *([d, *row] for d, row in zip(days, table, strict=True))]


def laid_out(function: WorksheetFunction, position: int, names) -> Iterator[Any]:
    """An argument of three assets in each presentation that has labels."""
    parameter = function.parameters[position]
    if isinstance(parameter.reader, Square):
        yield from squares(names, COVS.get(parameter.name, COV))
    elif isinstance(parameter.reader, Vector | WordOrVector):
        yield from columns(names, VALUES.get(parameter.name, [0.2, 0.3, 0.5]))
    else:
        yield from tables(names, PRICES if parameter.name == "prices" else RETURNS_OF_THREE)


VALUES = {
    "upper": [0.9, 0.8, 0.7],
    "lower": [0.0, 0.05, 0.1],
    "group_upper": [0.9, 0.8, 0.7],
    "group_lower": [0.0, 0.05, 0.1],
    "margin_rates": [0.05, 0.04, 0.03],
    "exp_excess": [0.04, 0.01, 0.02],
    "exp_returns": [0.05, 0.02, 0.03],
}
"""Numbers of three assets that are in order for the argument."""

REQUIRED = {"risk_aversion": 3.0, "target": 0.1, "borrow": 0.02, "target_return": 0.05}


def bare(function: WorksheetFunction, position: int) -> Any:
    """An argument of three assets without labels."""
    parameter = function.parameters[position]
    if parameter.name in REQUIRED and not isinstance(parameter.reader, Vector):
        return REQUIRED[parameter.name]
    if isinstance(parameter.reader, Square) or parameter.name == "exposures":
        return COVS.get(parameter.name, COV)
    if parameter.name == "prices" and isinstance(parameter.reader, AssetTable):
        return [[f"2024-01-{i + 2:02}", *row] for i, row in enumerate(PRICES)]
    if isinstance(parameter.reader, AssetTable):
        return RETURNS_OF_THREE
    return VALUES.get(parameter.name, [0.2, 0.3, 0.5])


def can_have_labels(function: WorksheetFunction) -> list[int]:
    kinds = (Square, Vector, WordOrVector, AssetTable)
    named = [i for i, p in enumerate(function.parameters) if isinstance(p.reader, kinds)]
    others = ("benchmark", "group_lower", "group_upper", "groups", "factor_cov")  # their labels are no assets
    return [i for i in named if function.parameters[i].name not in others]


PAIRS = [
    pytest.param(function, pair, id=f"{name}-{function.parameters[pair[0]].name}-{function.parameters[pair[1]].name}")
    for name, function in FUNCTIONS.items()
    for pair in itertools.combinations(can_have_labels(function), 2)
]


def call(function: WorksheetFunction, given: dict[int, Any]) -> Any:
    args = []
    for i, parameter in enumerate(function.parameters):
        needed = not parameter.optional or parameter.name == "risk_aversion"
        args.append(given.get(i, bare(function, i) if needed else None))
    if function.name == "RP_BACKTEST":
        args[2:4] = [2, "daily"]
        args[1] = args[1] or "min_variance"  # a strategy that keeps bounds with three days of prices
    if function.name == "SCENARIO_RP_WEIGHTS":
        args[1] = "volatility"
    if function.name == "TRADE_LIST":
        args[3] = 1000.0  # cash, as futures alone have no value
    return function(*args)


@pytest.mark.parametrize(("function", "pair"), PAIRS)
def test_labels_in_another_order_are_an_error_that_names_both_arguments(function, pair):
    first = list(laid_out(function, pair[0], NAMES))
    swapped = [SAME[i] for i in (0, 2, 1)]
    others = list(laid_out(function, pair[1], swapped))
    for k in range(max(len(first), len(others))):
        given = {pair[0]: first[k % len(first)], pair[1]: others[k % len(others)]}
        with pytest.raises(InputError) as caught:
            call(function, given)
        message = str(caught.value)
        for position in pair:
            assert function.parameters[position].name in message
        assert "Use the same order" in message


@pytest.mark.parametrize(
    ("function", "pair"), [pair for pair in PAIRS if not pair.id.startswith("RP_BACKTEST-strategy-")]
)  # fixed weights take no bounds
def test_labels_in_one_order_change_nothing(function, pair):
    def numbers(answer):
        cells = [cell for row in answer for cell in row] if isinstance(answer, list) else [answer]
        return [cell for cell in cells if isinstance(cell, float)]

    expected = numbers(call(function, {i: bare(function, i) for i in pair}))
    assert expected
    first, second = (list(laid_out(function, i, names)) for i, names in zip(pair, (NAMES, SAME), strict=True))
    for k in range(max(len(first), len(second))):
        got = call(function, {pair[0]: first[k % len(first)], pair[1]: second[k % len(second)]})
        assert numbers(got)[-len(expected) :] == pytest.approx(expected, rel=1e-9)


def test_rp_check_names_the_order():
    for cov in squares(NAMES, COV):
        for weights in columns([SAME[i] for i in (1, 0, 2)], [0.2, 0.3, 0.5]):
            assert "Use the same order" in RP_CHECK(cov, weights)[1][1]
    assert RP_CHECK(next(squares(NAMES, COV)), next(columns(SAME, [0.2, 0.3, 0.5]))) == "OK"


def test_rows_and_columns_of_a_matrix_must_agree():
    for names, words in (
        (["Bonds", "US Equity", "Café Gold"], "has 'Bonds' as number 1, but its rows have it as number 2"),
        (["US Equity", "Bonds", "Silver"], "has 'Silver' above column 3 of its numbers, but 'Café Gold' beside row 3"),
    ):
        with pytest.raises(InputError, match=words):
            RP_WEIGHTS([["", *names], *([name, *row] for name, row in zip(NAMES, COV, strict=True))])
    assert RP_WEIGHTS([["", *SAME], *([n, *row] for n, row in zip(NAMES, COV, strict=True))]) == RP_WEIGHTS(COV)


@pytest.mark.parametrize("bound", [[["Bonds", 0.9]], [["Bonds"], [0.9]], [["Upper bound", 0.9]]])
@pytest.mark.parametrize("argument", ["lower", "upper"])
def test_one_labelled_bound_is_not_for_all(bound, argument):
    with pytest.raises(InputError, match=rf"{argument}: is one number with the label '{bound[0][0]}', but 3"):
        RP_WEIGHTS(COV, **{argument: bound})
    assert RP_WEIGHTS(COV, upper=0.9) == RP_WEIGHTS(COV, upper=[[0.9]])
    assert RP_WEIGHTS([[0.04]], upper=[["Bonds", 1.0]]) == [[1.0]]


def test_what_is_given_for_groups_is_in_the_order_of_the_groups():
    groups = ["Equity", "Fixed  income", "fixed income"]
    expected = RP_WEIGHTS(COV, [0.5, 0.5], groups, group_upper=[0.9, 0.8])
    given = {"budgets": [0.5, 0.5], "group_lower": [0.0, 0.1], "group_upper": [0.9, 0.8]}
    for name, values in given.items():
        right = list(zip(["EQUITY", "Fixed Income"], values, strict=True))
        RP_WEIGHTS(COV, groups=groups, **{name: right})
        with pytest.raises(InputError, match=f"{name}: .*labels of groups|groups: .*labels of {name}"):
            RP_WEIGHTS(COV, groups=groups, **{name: right[::-1]})
    with pytest.raises(InputError, match="group_upper: is one number with the label 'Equity', but 2"):
        RP_WEIGHTS(COV, groups=groups, group_upper=[["Equity", 0.9]])
    assert RP_WEIGHTS(COV, [0.5, 0.5], groups, group_upper=[["equity", 0.9], ["FIXED INCOME", 0.8]]) == expected


@pytest.mark.parametrize(
    ("same", "other"),
    [
        ("US Equity", "us  equity"),
        ("US Equity", "US\u00a0Equity\u3000"),
        ("Café", "CAFE\u0301"),
        ("Straße", "STRASSE"),
        ("T\u200bLT", "tlt"),
    ],
)
def test_two_ways_to_write_one_name(same, other):
    assert name_key(same) == name_key(other)
    assert name_key(same) != name_key(f"{other} 2")


@pytest.mark.parametrize(
    "text", ["100", "-0.5", "\u22120.5", "1,234.5", "1.234,5", "1'000", "1 000", "7%", "$5", "(3.0)", ".5", "2e-3"]
)
def test_numbers_stored_as_text_are_never_labels(text):
    assert is_number_text(text)
    words = "a number stored as text. Turn it into a number with =VALUE"
    column, row = [[text, 0.1], ["0.2", 0.2], ["0.3", 0.3]], [[text, "51"], [110.0, 51.0], [120.0, 52.0]]
    for cells in (column, row, [["Fund"], [text], [0.1]], [["Fund", "Index"], [text, 0.1], [0.1, 0.2]]):
        with pytest.raises(InputError, match=words):
            COV_MATRIX(cells)
    for cells in ([[text, 0.6], ["2", 0.4]], [[text, "2"], [0.6, 0.4]], [[0.6], [text]]):
        with pytest.raises(InputError, match=words):
            PORT_VOL(cells, [[0.04, 0.0], [0.0, 0.01]])


@pytest.mark.parametrize("text", ["3M", "60/40", "S&P 500", "10Y", "005930.KS", "-", "Fund 1", "1st", "10-Year"])
def test_names_with_digits_are_labels(text):
    assert not is_number_text(text)
    assert COV_MATRIX([[text], [0.1], [0.2]]) == COV_MATRIX([[0.1], [0.2]])


@pytest.mark.parametrize(
    "cells",
    [
        [["", 7203.0, 6758.0], ["2024-01-31", 100.5, 50.0], ["2024-02-29", 101.5, 51.0]],
        [["", "7203", "6758"], ["2024-01-31", 100.5, 50.0], ["2024-02-29", 101.5, 51.0]],
        [["", 7203.0, 6758.0], ["January", 100.5, 50.0], ["February", 101.5, 51.0]],
        [["", 45292.0, 45293.0, 45296.0], ["SPY", 100.5, 50.0, 20.0], ["IEF", 101.5, 51.0, 20.5]],
        [["", "2024-01-31", "2024-02-29"], ["SPY", 100.5, 50.0], ["IEF", 101.5, 51.0]],
        [["Date", "2024-01-31", "2024-02-29"], ["SPY", 100.5, 50.0], ["IEF", 101.5, 51.0]],
        [["Asset", 2019.0, 2020.0], ["SPY", 100.5, 50.0], ["IEF", 101.5, 51.0]],
        [["2024-01-31", "2024-02-29"], [100.5, 50.0], [101.5, 51.0]],
        [[45292.0, 45293.0, 45296.0], [100.5, 50.0, 20.0], [101.5, 51.0, 20.5]],
        [["2024-01-31", "n/a", "n/a"], ["2024-02-29", 100.5, 50.0], ["2024-03-29", 101.5, 51.0]],
    ],
)
def test_numeric_tickers_and_dates_on_top_are_never_prices(cells):
    with pytest.raises(InputError, match=r"row 1, column|row 2, column 1 holds the text 'SPY' where a date belongs"):
        RETURNS(cells)


DATED_PAIRS = [[f"2024-01-{i + 2:02}", *row[:2]] for i, row in enumerate(PRICES)]


def test_a_matrix_with_numbers_for_names_says_how_to_write_them():
    for one, two in ((7203.0, 6758.0), ("7203", "6758")):
        with pytest.raises(InputError, match=r"cov: row 1, column 1 is blank.*with a letter in it, such as T7203"):
            RP_WEIGHTS([["", one, two], [one, 0.04, 0.01], [two, 0.01, 0.09]])
    assert RP_WEIGHTS([["", "T7203", "T6758"], ["t7203", 0.04, 0.01], ["T6758", 0.01, 0.09]]) == RP_WEIGHTS(
        [[0.04, 0.01], [0.01, 0.09]]
    )


def test_tickers_that_are_numbers_stand_below_date():
    expected = RETURNS([[100.0, 50.0], [101.0, 51.0]])
    for tickers in ([7203.0, 6758.0], [7203, "SPY"], ["7203", "6758"]):
        dated = [["Date", *tickers], ["2024-01-31", 100.0, 50.0], ["2024-02-29", 101.0, 51.0]]
        assert RETURNS(dated) == expected
        assert RETURNS([["Tokyo", "", ""], *dated]) == expected
    strategy = [["SPY", 0.5], ["7203 JP", 0.5]]
    with pytest.raises(InputError, match="'SPY' as number 1, but the labels of prices have it as number 2"):
        RP_BACKTEST([["Date", 7203, "SPY"], *DATED_PAIRS], strategy, 2, "daily")


def test_a_title_is_no_label():
    assert RISK_CONTRIB([["Weights", "", ""], [0.5, 0.3, 0.2]], COV) == RISK_CONTRIB([[0.5, 0.3, 0.2]], COV)
    assert COV_FROM_VOLS([["Vols"], [0.2], [0.1], [0.15]], CORR) == COV_FROM_VOLS([0.2, 0.1, 0.15], CORR)
    assert np.shape(RP_WEIGHTS([["Covariance", "", ""], *COV])) == (3, 1)
