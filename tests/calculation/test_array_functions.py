"""Functions of arrays one by one, against values by hand; :class:`Unfit` leaves a formula to the engine."""

import math
from typing import Any

import numpy as np
import pytest

from rpxl.calculation.array_functions import FUNCTIONS, Failed, Unfit, arithmetic, compared, condition, numbers, table

EIGHT = [[2.0, 4.0, 4.0, 4.0], [5.0, 5.0, 7.0, 9.0]]  # their mean is 5, their squared distances from it sum to 32
ONE, OTHER = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0, 4.0, 9.0]])  # (-1, 0, 1) and (-3, -1, 4) from the means
ERROR = {"type": "Error", "kind": "Na"}


def shown(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize(
    ("sign", "one", "other", "expected"),
    [
        ("+", np.array([[1.0], [2.0]]), np.array([[10.0, 20.0]]), [[11.0, 21.0], [12.0, 22.0]]),
        ("-", 5.0, np.array([[1.0, 2.0]]), [[4.0, 3.0]]),
        ("*", [[3.0, 4.0]], True, [[3.0, 4.0]]),
        ("/", 7.0, 2.0, 3.5),
        ("/", np.array([[6.0, 9.0]]), 3.0, [[2.0, 3.0]]),
        ("^", 2.0, 10.0, 1024.0),
        ("^", -2.0, 3.0, -8.0),
        ("^", 4.0, -0.5, 0.5),
        ("^", np.array([[-3.0, 0.0]]), 2.0, [[9.0, 0.0]]),
        ("^", 2.0, np.array([[3.0, -1.0]]), [[8.0, 0.5]]),
    ],
)
def test_operators(sign: str, one: Any, other: Any, expected: Any):
    assert shown(arithmetic(sign, one, other)) == expected


@pytest.mark.parametrize(
    ("sign", "one", "other"),
    [
        ("+", np.ones((2, 2)), np.ones((3, 2))),
        ("*", 1e308, 10.0),
        ("^", -8.0, 1 / 3),
        ("^", 0.0, 0.0),
        ("^", 0.0, -1.0),
        ("^", 10.0, 400.0),
        ("^", np.array([[-2.0]]), np.array([[3.0]])),
        ("+", "text", 1.0),
    ],
)
def test_operators_that_the_engine_computes(sign: str, one: Any, other: Any):
    with pytest.raises(Unfit):
        arithmetic(sign, one, other)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("SUM", (EIGHT, 2.0), 42.0),
        ("PRODUCT", ([[2.0, "text"], [None, 5.0]],), 10.0),
        ("AVERAGE", (EIGHT,), 5.0),
        ("MIN", (EIGHT,), 2.0),
        ("MAX", ([["text", None]],), 0.0),
        ("MEDIAN", (EIGHT,), 4.5),
        ("STDEV.S", (EIGHT,), math.sqrt(32 / 7)),
        ("STDEV.P", (EIGHT,), 2.0),
        ("VAR", (EIGHT,), 32 / 7),
        ("VARP", (EIGHT,), 4.0),
        ("COVARIANCE.S", (ONE, OTHER), 3.5),
        ("COVARIANCE.P", (ONE, OTHER), 7 / 3),
        ("CORREL", (ONE, OTHER), 7 / math.sqrt(2 * 26)),
        ("SUMPRODUCT", ([[1.0, 2.0]], [[3.0, 4.0]]), 11.0),
        ("MMULT", ([[1.0, 2.0], [3.0, 4.0]], [[5.0], [6.0]]), [[17.0], [39.0]]),
        ("MINVERSE", ([[2.0, 0.0], [0.0, 4.0]],), [[0.5, 0.0], [0.0, 0.25]]),
        ("TRANSPOSE", ([[1.0, 2.0]],), [[1.0], [2.0]]),
        ("ROWS", (EIGHT,), 2.0),
        ("COLUMNS", (np.array(EIGHT),), 4.0),
        ("INDEX", (EIGHT, 2.0, 3.0), 7.0),
        ("INDEX", (np.array(EIGHT), 0.0, 2.0), [[4.0], [5.0]]),
        ("INDEX", ([[1.0, 2.0, 3.0]], 2.0), 2.0),
        ("MATCH", (9.0, OTHER, 0.0), 3.0),
        ("ABS", (np.array([[-1.0, 2.0]]),), [[1.0, 2.0]]),
        ("AND", (True, 2.0, np.array([[1.0, 0.0]])), False),
        ("OR", (False, np.array([[1.0, 0.0]])), True),
    ],
)
def test_functions(name: str, given: tuple[Any, ...], expected: Any):
    answer = shown(FUNCTIONS[name](*given))
    assert answer == (pytest.approx(expected, rel=1e-15) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("SUM", ("2",)),
        ("SUM", ([[True, 1.0]],)),
        ("COVARIANCE.S", (np.array([[1.0]]), np.array([[2.0]]))),
        ("COVARIANCE.P", (ONE, np.array([[2.0, 4.0]]))),
        ("CORREL", (ONE, 2.0)),
        ("SUMPRODUCT", ([[1.0, 2.0]], [[3.0], [4.0]])),
        ("INDEX", (EIGHT, 2.0)),
        ("INDEX", (EIGHT, -1.0, 1.0)),
        ("MATCH", (9.0, OTHER, 1.0)),
        ("MATCH", (9.0, EIGHT, 0.0)),
        ("AND", (True, None)),
        ("AND", (True, "text")),
        ("OR", ([[1.0]],)),
    ],
)
def test_functions_that_the_engine_computes(name: str, given: tuple[Any, ...]):
    with pytest.raises(Unfit):
        FUNCTIONS[name](*given)


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("AVERAGE", ([["text"]],), "Div"),
        ("STDEV.S", ([[1.0]],), "Div"),
        ("SUM", ([[1.0, ERROR]],), "Na"),
        ("MMULT", ([[1.0, 2.0]], [[1.0, 2.0]]), "Value"),
        ("INDEX", (EIGHT, 3.0, 1.0), "Ref"),
        ("INDEX", (EIGHT, 1.0, 5.0), "Ref"),
        ("MATCH", (5.0, OTHER, 0.0), "Na"),
        ("AND", (True, ERROR), "Na"),
    ],
)
def test_functions_that_give_an_error(name: str, given: tuple[Any, ...], kind: str):
    with pytest.raises(Failed) as caught:
        FUNCTIONS[name](*given)
    assert caught.value.error["kind"] == kind


def test_a_division_by_zero_is_an_error():
    with pytest.raises(Failed) as caught:
        arithmetic("/", 1.0, 0.0)
    assert caught.value.error["kind"] == "Div"


def test_comparisons():
    row = np.array([[1.0, 2.0, 3.0]])
    holds = {sign: compared(sign, max, row, 2.0).tolist()[0] for sign in ("=", "<>", "<", ">", "<=", ">=")}
    assert holds == {
        "=": [False, True, False],
        "<>": [True, False, True],
        "<": [True, False, False],
        ">": [False, False, True],
        "<=": [True, True, False],
        ">=": [False, True, True],
    }
    assert compared("=", lambda one, other: (one, other), 1.0, "a") == (1.0, "a")
    with pytest.raises(Failed):
        compared("=", lambda one, other: ERROR, 1.0, ERROR)
    for one, other in ((row, True), (False, row), (row, row > 1.0), (row, np.ones((1, 2)))):
        with pytest.raises(Unfit):
            compared("=", max, one, other)


def test_a_condition_chooses_for_each_value_and_computes_only_what_it_needs():
    assert shown(condition(np.array([[1.0], [0.0]]), lambda: np.array([[1.0, 2.0]]), lambda: 9.0)) == [
        [1.0, 2.0],
        [9.0, 9.0],
    ]
    assert condition(True, lambda: "yes", lambda: 1 / 0) == "yes"
    assert condition(0.0, lambda: 1 / 0, lambda: "no") == "no"


def test_what_counts_as_numbers():
    assert [numbers(value) for value in (2.5, None, True, 3)] == [2.5, 0.0, 1.0, 3.0]
    assert shown(numbers(np.array([[True, False]]))) == [[1.0, 0.0]]
    assert shown(table([[1.0, 2]])) == [[1.0, 2.0]]
    for rows in ([[1.0, None]], [[1.0, "text"]], [[True]], [[1.0, ERROR]]):
        with pytest.raises(Unfit):
            table(rows)
    for value in (ERROR, [[ERROR, ERROR]]):
        with pytest.raises(Failed):
            numbers(value)
