"""Estimators that correct the sample covariance: shrinkage, nonlinear shrinkage, denoising."""

import math
from collections.abc import Callable

import numpy as np

from rpxl.core import linalg
from rpxl.core.array_checks import Array
from rpxl.core.cov_checks import EPS
from rpxl.core.estimator_registry import estimator
from rpxl.core.sample_estimators import annualised, from_mean, scaled


@estimator("ledoit_wolf", "shrunk towards equal variances, for few returns")
def _ledoit_wolf(returns: Array, periods: float) -> Array:
    table, scale = scaled(returns)
    deviations = from_mean(table)
    rows, size = deviations.shape
    sample = deviations.T @ deviations / rows
    mean = sample.trace() / size
    target = mean * np.eye(size)
    distance = ((sample - target) ** 2).sum()
    squares = (deviations**2).sum(axis=1)
    error = max(float(((squares**2).sum() / rows - (sample**2).sum()) / rows), 0.0)
    intensity = min(error / distance, 1.0) if distance > 0.0 else 1.0
    return annualised(intensity * target + (1.0 - intensity) * sample, scale, periods)


def constant_correlation(deviations: Array) -> Array:
    """Shrink the sample covariance towards one correlation for all pairs.

    Parameters
    ----------
    deviations : array of shape (T, n)
        Returns less their means.

    Returns
    -------
    array of shape (n, n)

    Notes
    -----
    Ledoit & Wolf (2004), "Honey, I shrunk the sample covariance matrix": δ F + (1 - δ) S, where S is the sample
    covariance with the divisor T, and F has its variances and for all pairs its mean correlation r̄. The intensity is
    δ = (π - ρ) / (γ T), held between 0 and 1, where π = Σᵢⱼ mean((xᵢxⱼ - sᵢⱼ)²), γ = Σᵢⱼ (fᵢⱼ - sᵢⱼ)², and ρ is the sum
    of the terms i = j of π and of r̄ √(sⱼⱼ / sᵢᵢ) mean((xᵢ² - sᵢᵢ)(xᵢxⱼ - sᵢⱼ)) over i ≠ j.
    """
    rows, size = deviations.shape
    sample = deviations.T @ deviations / rows
    variances = sample.diagonal()
    if size == 1 or not (variances > 0.0).all():
        return np.asarray(sample)
    vols = np.sqrt(variances)
    corr = sample / np.outer(vols, vols)
    mean = (corr.sum() - size) / (size * (size - 1))
    target = mean * np.outer(vols, vols)
    np.fill_diagonal(target, variances)
    squares = deviations**2
    errors = squares.T @ squares / rows - sample**2
    linked = (deviations**3).T @ deviations / rows - variances[:, None] * sample
    np.fill_diagonal(linked, 0.0)
    rho = errors.trace() + mean * float((linked * vols[None, :] / vols[:, None]).sum())
    distance = float(((target - sample) ** 2).sum())
    if distance <= EPS * EPS * float((sample**2).sum()):
        return np.asarray(target)
    intensity = min(max((float(errors.sum()) - rho) / distance / rows, 0.0), 1.0)
    return np.asarray(intensity * target + (1.0 - intensity) * sample)


def oracle_approximating(deviations: Array) -> Array:
    """Shrink the sample covariance towards equal variances without correlation, as suits normal returns.

    Parameters and result are those of :func:`constant_correlation`.

    Notes
    -----
    Chen, Wiesel, Eldar & Hero (2010), "Shrinkage algorithms for MMSE covariance estimation", in the form of scikit-
    learn's OAS, which leaves out a term of 2/n. With the sample covariance S with the divisor T, its mean variance m
    and the mean a of its squared cells, the intensity is (a + m²) / ((T + 1)(a - m² / n)), at most 1.
    """
    rows, size = deviations.shape
    sample = deviations.T @ deviations / rows
    mean = float(sample.trace()) / size
    spread = float((sample**2).mean())
    below = (rows + 1.0) * (spread - mean * mean / size)
    intensity = min((spread + mean * mean) / below, 1.0) if below > 0.0 else 1.0
    shrunk = (1.0 - intensity) * sample
    shrunk[np.diag_indices(size)] += intensity * mean
    return np.asarray(shrunk)


def nonlinear_shrinkage(deviations: Array) -> Array:
    """Shrink each eigenvalue of the sample covariance, by an amount that follows from the density of all eigenvalues.

    Parameters and result are those of :func:`constant_correlation`.

    Notes
    -----
    Ledoit & Wolf (2020), "Analytical nonlinear shrinkage of large-dimensional covariance matrices": Epanechnikov
    kernels of width T^(-1/3) times the eigenvalue give the density f and its Hilbert transform H, and the eigenvalue λ
    becomes λ / ((π c λ f)² + (1 - c - π c λ H)²) with c = n / T. T is the number of returns less 1, as their means are
    subtracted.
    """
    rows, size = deviations.shape
    count = rows - 1
    values, vectors = linalg.eigenvectors(deviations.T @ deviations / count)
    kept = values[max(size - count, 0) :]
    if not kept.min() > 4.0 * size * EPS * kept.max():
        return np.asarray(deviations.T @ deviations / count)  # constant returns make the rank still lower
    width = count ** (-1.0 / 3.0)
    root = math.sqrt(5.0)
    widths = width * kept[None, :]
    x = (kept[:, None] - kept[None, :]) / widths
    density = (0.75 / root * np.maximum(1.0 - x**2 / 5.0, 0.0) / widths).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = (1.0 - x**2 / 5.0) * np.log(np.abs((root - x) / (root + x)))
    logs[np.abs(np.abs(x) - root) < 1e-12] = 0.0
    transform = ((-0.3 * x + 0.75 / root * logs) / math.pi / widths).mean(axis=1)
    ratio = size / count
    if size <= count:
        inner = math.pi * ratio * kept
        shrunk = kept / ((inner * density) ** 2 + (1.0 - ratio - inner * transform) ** 2)
    else:
        part = 0.3 / width**2 + 0.75 / root / width * (1.0 - 0.2 / width**2) * math.log(
            (1.0 + root * width) / (1.0 - root * width)
        )
        at_zero = part / math.pi * float((1.0 / kept).mean())
        null = np.full(size - count, 1.0 / (math.pi * (ratio - 1.0) * at_zero))
        shrunk = np.concatenate([null, 1.0 / (math.pi**2 * kept * (density**2 + transform**2))])
    return np.asarray((vectors * shrunk) @ vectors.T)


def denoised(deviations: Array) -> Array:
    """Set the eigenvalues of the correlations that noise alone can explain to their mean.

    Parameters and result are those of :func:`constant_correlation`.

    Notes
    -----
    The correlations of pure noise of variance σ² have eigenvalues up to σ² (1 + √(n/T))² (Marchenko & Pastur 1967).
    Here σ² is the mean of the eigenvalues below that limit (Laloux, Cizeau, Potters & Bouchaud 2000). They are set to
    σ², which keeps the trace (the constant residual eigenvalue of López de Prado 2020), and the diagonal is then scaled
    to 1 again. The volatilities are those of the sample. T is the number of returns less 1.
    """
    rows, size = deviations.shape
    sample = deviations.T @ deviations / (rows - 1)
    vols = np.sqrt(sample.diagonal())
    if not (vols > 0.0).all():
        return np.asarray(sample)
    values, vectors = linalg.eigenvectors(sample / np.outer(vols, vols))
    edge = (1.0 + math.sqrt(size / (rows - 1))) ** 2
    noise = size
    while noise > 1 and values[noise - 1] > edge * values[:noise].mean():
        noise -= 1
    values[:noise] = values[:noise].mean()
    corr = (vectors * values) @ vectors.T
    scale = vols / np.sqrt(corr.diagonal())
    return np.asarray(corr * scale * scale[:, None])


def _register(name: str, help: str, of_deviations: Callable[[Array], Array]) -> None:
    """Put an estimator that takes returns less their means into the registry."""

    @estimator(name, help)
    def of_rows(returns: Array, periods: float) -> Array:
        table, scale = scaled(returns)
        return annualised(of_deviations(from_mean(table)), scale, periods)


_register("constant_correlation", "shrunk towards one correlation for all", constant_correlation)
_register("oas", "shrunk towards equal variances, for normal returns", oracle_approximating)
_register("nonlinear", "each eigenvalue shrunk by the density of all", nonlinear_shrinkage)
_register("denoised", "eigenvalues that noise explains made equal", denoised)
