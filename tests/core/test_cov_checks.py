import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.core.cov_checks import check_cov, diagnose_cov
from rpxl.errors import InputError

from .examples import constant_corr, factor_corr, random_corr

CHECKS = ["shape", "numbers", "symmetry", "variances", "correlations", "definiteness", "condition", "volatilities"]


@pytest.mark.parametrize("scale", [1e-280, 1e-12, 1.0, 1e280])
@pytest.mark.parametrize("size", [1, 2, 5, 60])
def test_valid_matrices_pass_whatever_their_scale(size, scale):
    rng = np.random.default_rng(size)
    vols = 10.0 ** rng.uniform(-4, 2, size)
    for corr in (factor_corr(size, rng), random_corr(size, 1e10, rng), constant_corr(size, 1.0)):
        cov = corr * np.outer(vols, vols) * scale
        np.testing.assert_array_equal(check_cov(cov), 0.5 * cov + 0.5 * cov.T)


def test_fewer_returns_than_assets_pass():
    rng = np.random.default_rng(0)
    for periods, size in ((2, 5), (20, 60), (30, 300)):
        returns = rng.standard_normal((periods, size)) * 10.0 ** rng.uniform(-4, 2, size)
        check_cov(np.cov(returns, rowvar=False))


def test_answer_is_fresh_and_symmetric():
    given_cov = np.array([[0.04, 0.01 + 1e-13], [0.01, 0.09]])
    answer = check_cov(given_cov)
    assert (answer == answer.T).all() and answer[0, 1] == pytest.approx(0.01 + 5e-14, rel=1e-15)
    assert given_cov[0, 1] == 0.01 + 1e-13
    assert check_cov([[4, 1], [1, 9]]).dtype == np.float64
    exact = np.eye(2)
    assert check_cov(exact) is not exact and not np.shares_memory(check_cov(exact), exact)


def test_numbers_of_any_kind_are_numbers():
    for dtype in (object, np.float32, np.int8, np.uint64, bool):
        assert check_cov(np.array([[1, 0], [0, 1]], dtype=dtype)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    with pytest.raises(InputError, match="something else"):
        check_cov(np.array([[1, "0"], [0, 1]], dtype=object))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize(
    ("matrix", "cells", "words"),
    [
        ([[0.04, 0.01, 0.0], [0.01, -0.09, 0.0], [0.0, 0.0, 1.0]], ((1, 1),), "negative"),
        ([[0.04, 0.01, 0.02], [0.01, 0.09, 0.0], [0.021, 0.0, 1.0]], ((0, 2), (2, 0)), "equal"),
        ([[0.04, 0.01], [0.01 + 1e-9, 0.09]], ((0, 1), (1, 0)), "equal"),
        ([[0.04, 0.07], [0.07, 0.09]], ((0, 1),), "correlation of 1.16667"),
        ([[0.04, 0.01], [0.01, 0.0]], ((1, 0), (1, 1)), "must be 0 too"),
    ],
)
def test_what_is_wrong_is_named(matrix, cells, words, scale):
    with pytest.raises(InputError, match=words) as caught:
        check_cov(np.array(matrix) * scale, "matrix")
    assert caught.value.cells == cells
    assert str(caught.value).startswith("matrix: row ")


def test_both_values_are_told_apart():
    with pytest.raises(InputError) as caught:
        check_cov([[1.0, 0.12345678901], [0.12345678, 1.0]])
    assert "0.12345678901" in str(caught.value) and "0.12345678," not in str(caught.value)


def test_not_definite_says_by_how_much_and_what_to_do():
    # eigenvalues of [[1, a, 0], [a, 1, a], [0, a, 1]] are 1 and 1 ± a√2
    with pytest.raises(InputError) as caught:
        check_cov([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    assert f"{1 - 0.9 * math.sqrt(2):.6g}" in str(caught.value)
    assert "NEAREST_PSD" in str(caught.value) and "shrinkage" in str(caught.value)


@pytest.mark.parametrize("vols", [[1e-4, 1.0, 1e2], [1e-6, 1e-6, 1e-6]])
def test_definiteness_is_free_of_scale(vols):
    for below in (1e-3, 1e-7, 1e-11):
        corr = constant_corr(3, -0.5 - below)
        with pytest.raises(InputError, match="positive semi-definite"):
            check_cov(corr * np.outer(vols, vols))
    check_cov(constant_corr(3, -0.5) * np.outer(vols, vols))


@pytest.mark.parametrize(
    "matrix",
    [
        [],
        [[]],
        [1.0, 2.0],
        3.0,
        None,
        "cov",
        [["1", "0"], ["0", "1"]],
        [[1.0, "x"], ["x", 1.0]],
        [[1.0, 0.0], [0.0]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [[1.0, np.nan], [np.nan, 1.0]],
        [[np.inf, 0.0], [0.0, 1.0]],
        [[1.0, None], [None, 1.0]],
        np.ma.masked_invalid([[1.0, np.nan], [np.nan, 1.0]]),
        [[1.0 + 1j, 0.0], [0.0, 1.0]],
        np.array([["2020-01-01"]], dtype="datetime64[D]"),
        [[10**400]],
        np.ones((2, 2, 2)),
        [[1e-308, 1e300], [1e300, 1.0]],
        [[1e-320]],
        [[1.0, 1e308], [-1e308, 1.0]],
    ],
)
def test_rubbish_is_refused_and_diagnosed(matrix):
    with pytest.raises(InputError, match=r"^cov: "):
        check_cov(matrix)
    findings = diagnose_cov(matrix)
    assert sorted(found.check for found in findings) == sorted(CHECKS)
    assert any(found.problem is not None for found in findings)


def test_diagnosis_of_a_good_matrix():
    findings = diagnose_cov([[0.0225, -0.0015], [-0.0015, 0.0025]], [0.6, 0.4])
    assert [found.check for found in findings] == [*CHECKS, "weights"]
    assert all(found.passed and found.problem is None for found in findings)
    told = {found.check: found.finding for found in findings}
    assert "0.8" in told["definiteness"]  # the eigenvalues of a correlation of -0.2 are 0.8 and 1.2
    assert "1.5" in told["condition"]
    assert "sum to 1" in told["weights"]
    assert told["volatilities"] == "From 5.00% to 15.00% a year."


@pytest.mark.parametrize(
    ("vols", "place", "words"),
    [
        ([0.2, 3.0], None, "From 20.00% to 300.00% a year."),
        ([0.2, 3.01], (1, 1), "row 2, column 2 is 9.0601, a volatility of 301%: are these percent?"),
        ([15.52, 9.0], (0, 0), "row 1, column 1 is 240.87, a volatility of 1552%: are these percent?"),
        ([0.2, 0.0005], None, "From 0.05% to 20.00% a year."),
        ([0.2, 0.00049], (1, 1), "row 2, column 2 is 2.401e-07, a volatility of 0.00049: daily figures?"),
        ([0.2, 0.0], None, "From 0.00% to 20.00% a year."),  # cash
    ],
)
def test_implausible_volatilities_pass_with_a_warning(vols, place, words):
    found = {finding.check: finding for finding in diagnose_cov(np.diag(np.square(vols)))}["volatilities"]
    assert found.passed and words in found.finding
    assert (found.problem.cells if found.problem else None) == ((place,) if place else None)


@pytest.mark.parametrize(
    ("weights", "warned"), [([60.0, 40.0], True), ([60.5, 40.4], True), ([60.0, 42.0], False), ([0.6, 0.4], False)]
)
def test_weights_that_sum_to_100_pass_with_a_warning(weights, warned):
    found = {finding.check: finding for finding in diagnose_cov(np.eye(2), weights)}["weights"]
    assert found.passed and ("are these percent? Write 60 % as 0.6" in found.finding) == warned
    assert (found.problem is not None) == warned


def test_diagnosis_reports_all_at_once():
    matrix = [[0.04, 0.09, np.nan], [0.01, -0.01, 0.0], [0.0, 0.0, 0.0]]
    found = {finding.check: finding for finding in diagnose_cov(matrix, [0.5, np.nan, 0.5])}
    assert [check for check in found if found[check].passed] == ["shape"]
    assert found["numbers"].problem.cells == ((0, 2),)
    assert found["symmetry"].problem.cells == ((0, 1), (1, 0))
    assert found["variances"].problem.cells == ((1, 1),)
    assert found["correlations"].problem.cells == ((0, 1),)
    assert found["weights"].problem.cells == (1,)
    assert found["definiteness"].problem is None and "Not tested" in found["definiteness"].finding


def test_diagnosis_of_definiteness_and_condition():
    negative = {found.check: found for found in diagnose_cov(constant_corr(3, -0.9), [1.0, 1.0])}
    assert not negative["definiteness"].passed and "-0.8" in negative["definiteness"].finding
    assert not negative["weights"].passed and "3 assets" in negative["weights"].finding
    singular = {found.check: found for found in diagnose_cov(constant_corr(3, 1.0))}
    assert singular["definiteness"].passed and not singular["condition"].passed
    flat = {found.check: found for found in diagnose_cov(np.diag([1.0, 0.0]))}
    assert flat["variances"].passed and "without variance" in flat["variances"].finding


cells = st.one_of(st.floats(allow_nan=True), st.sampled_from([0.0, 1.0, -1.0, 1e-320, 1e308, None, "x", True, 10**400]))


@settings(max_examples=200)
@given(st.one_of(cells, st.lists(cells, max_size=4), st.lists(st.lists(cells, max_size=4), max_size=4)), cells)
def test_nothing_but_an_answer_or_an_input_error(matrix, weights):
    try:
        answer = check_cov(matrix)
    except InputError as error:
        assert str(error)
    else:
        assert np.isfinite(answer).all()
    for found in diagnose_cov(matrix, weights):
        assert found.finding
