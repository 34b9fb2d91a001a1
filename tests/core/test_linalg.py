"""Errors are raised also where numpy returns NaN instead of raising, as it does in WebAssembly."""

import numpy as np
import pytest

import rpxl
from rpxl.core import linalg
from rpxl.errors import ConvergenceError, RpxlError

INDEFINITE = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]  # the smallest eigenvalue is -0.8
TWICE = [[0.04, 0.04, 0.01], [0.04, 0.04, 0.01], [0.01, 0.01, 0.09]]  # the same asset twice
FAILING = ("cholesky", "solve", "inv", "eigvalsh", "eigh", "lstsq")


@pytest.fixture
def quiet(monkeypatch):
    """Replace functions that raise LinAlgError by functions that return NaN."""

    def instead(function):
        def returns_nan(matrix, *args, **kwargs):
            try:
                return function(matrix, *args, **kwargs)
            except np.linalg.LinAlgError:
                return np.full(np.shape(args[0] if args else matrix), np.nan)

        return returns_nan

    for name in ("cholesky", "solve", "inv"):
        monkeypatch.setattr(np.linalg, name, instead(getattr(np.linalg, name)))


@pytest.fixture
def broken(monkeypatch):
    """Let every function return NaN for any argument."""

    def of_matrix(matrix, *args, **kwargs):
        return np.full(np.shape(args[0] if args else matrix), np.nan)

    for name in ("cholesky", "solve", "inv"):
        monkeypatch.setattr(np.linalg, name, of_matrix)
    monkeypatch.setattr(np.linalg, "eigvalsh", lambda matrix: np.full(len(matrix), np.nan))
    monkeypatch.setattr(np.linalg, "eigh", lambda matrix: (np.full(len(matrix), np.nan), np.full(matrix.shape, np.nan)))
    monkeypatch.setattr(np.linalg, "lstsq", lambda matrix, right, rcond: (np.full(right.shape, np.nan), 0, 0, 0))


WEIGHTS = [0.5, 0.3, 0.2]
EXCESS = [0.04, 0.03, 0.02]
CALLS = {
    "risk_parity_weights": lambda cov: rpxl.risk_parity_weights(cov),
    "risk_parity_weights with budgets": lambda cov: rpxl.risk_parity_weights(cov, [0.7, 0.2, 0.1]),
    "risk_parity_weights between bounds": lambda cov: rpxl.risk_parity_weights(cov, upper=0.4),
    "inverse_vol_weights": lambda cov: rpxl.inverse_vol_weights(cov),
    "min_variance_weights": lambda cov: rpxl.min_variance_weights(cov),
    "min_variance_weights between bounds": lambda cov: rpxl.min_variance_weights(cov, -0.5, 0.6),
    "max_diversification_weights": lambda cov: rpxl.max_diversification_weights(cov),
    "max_sharpe_weights": lambda cov: rpxl.max_sharpe_weights(EXCESS, cov),
    "max_sharpe_weights between bounds": lambda cov: rpxl.max_sharpe_weights(EXCESS, cov, -0.5, 0.6),
    "hrp_weights": lambda cov: rpxl.hrp_weights(cov),
    "merton_weights": lambda cov: rpxl.merton_weights(EXCESS, cov, 3.0),
    "merton_weights long-only": lambda cov: rpxl.merton_weights(EXCESS, cov, 3.0, 0.006, True),
    "volatility": lambda cov: rpxl.volatility(WEIGHTS, cov),
    "risk_contributions": lambda cov: rpxl.risk_contributions(WEIGHTS, cov),
    "lever_to_vol": lambda cov: rpxl.lever_to_vol(WEIGHTS, cov, 0.1),
    "margin_report": lambda cov: rpxl.margin_report(WEIGHTS, cov, [0.05, 0.05, 0.05]),
    "split_cov": lambda cov: rpxl.split_cov(cov),
    "vols": lambda cov: rpxl.vols(cov),
    "cov_from_vols": lambda cov: rpxl.cov_from_vols(WEIGHTS, cov),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@every_call
def test_a_matrix_that_is_not_definite_is_refused(quiet, call):
    with pytest.raises(RpxlError, match=r"not positive semi-definite: the smallest eigenvalue .* is -0.8"):
        call(INDEFINITE)


def answer_of(call, matrix):
    try:
        answer = call(matrix)
    except RpxlError as error:
        return str(error)
    return answer.tolist() if isinstance(answer, np.ndarray) else answer


@pytest.mark.parametrize("matrix", [TWICE, np.diag([0.04, 0.01, 0.09]).tolist()])
@pytest.mark.parametrize("name", [name for name in CALLS if "weights" in name])
def test_answers_and_refusals_are_those_of_a_numpy_that_raises(name, matrix, request):
    expected = answer_of(CALLS[name], matrix)
    request.getfixturevalue("quiet")
    assert answer_of(CALLS[name], matrix) == expected


@every_call
def test_no_answer_comes_of_a_numpy_that_knows_nothing(broken, call):
    for matrix in (INDEFINITE, TWICE, [[1.0, 0.1, 0.2], [0.1, 1.0, 0.3], [0.2, 0.3, 1.0]]):
        with pytest.raises(RpxlError):
            call(matrix)
        with pytest.raises(RpxlError):
            rpxl.nearest_psd(matrix)


def test_nearest_psd_repairs_with_a_numpy_that_does_not_raise(quiet):
    repaired = rpxl.nearest_psd(INDEFINITE)
    assert np.linalg.eigvalsh(repaired)[0] > -1e-12
    assert (np.diag(repaired) == 1.0).all()


def test_failures_are_the_same_exception(broken):
    matrix, right = np.eye(2), np.ones(2)
    for fails in (lambda: linalg.solve(matrix, right), lambda: linalg.inverse(matrix)):
        with pytest.raises(np.linalg.LinAlgError):
            fails()
    for fails in (lambda: linalg.eigenvalues(matrix), lambda: linalg.eigenvectors(matrix)):
        with pytest.raises(ConvergenceError, match="eigenvalues"):
            fails()
    assert not linalg.is_positive_definite(matrix)


def test_definite_is_what_has_positive_eigenvalues_only():
    assert linalg.is_positive_definite(np.array([[2.0, -1.0], [-1.0, 2.0]]))  # 1 and 3
    assert not linalg.is_positive_definite(np.array(INDEFINITE))


def test_the_core_calls_numpy_by_this_module_only():
    from pathlib import Path

    core = Path(linalg.__file__).parent
    for path in core.glob("*.py"):
        if path.name != "linalg.py":
            for name in FAILING[:-1]:
                assert f"np.linalg.{name}(" not in path.read_text("utf-8"), path.name
