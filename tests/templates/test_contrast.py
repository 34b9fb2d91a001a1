"""The workbooks that set risk parity against other ways to weight assets."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.filling.batch import fill_batch
from rpxl.filling.fill import fill
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.jobs import read_jobs
from rpxl.prices.prices import Prices
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook


def computed(name: str, **inputs: float) -> Workbook:
    """Build a template, set single inputs, and compute it."""
    book = Workbook(templates.get(name).build(), name)
    known = WorkbookInputs(book)
    for key, value in inputs.items():
        known.write(known.require(key), [value])
    result = calculate(book)
    assert not result.failures
    assert not result.left
    write_cached(book, result)
    return book


def row_of(page: Sheet, text: str, column: int = 2, nth: int = 0) -> int:
    return [row for row, c in sorted(page.cells) if c == column and page.value(row, c) == text][nth]


@pytest.mark.parametrize("correlation", [0.5, 0.98])
def test_inverse_volatility_gives_a_pair_nearly_twice_its_share(correlation):
    """By hand: of 4 assets in proportion to 1/σ, a pair with correlation ρ carries (2 + 2ρ) of (4 + 2ρ) of the risk."""
    others = dict.fromkeys(["Case_corr_bonds_stocks", "Case_corr_bonds_gold", "Case_corr_stocks_gold"], 0.0)
    vols = {"Case_vol_bond_1": 0.05, "Case_vol_bond_2": 0.08}
    page = computed("allocation_comparison", Case_corr_bonds=correlation, **others, **vols).sheet(
        "Why not inverse volatility"
    )
    pair = row_of(page, "The two bonds together")
    assert page.value(pair, 6) == pytest.approx((2 + 2 * correlation) / (4 + 2 * correlation), rel=1e-12)
    assert page.value(pair, 7) == pytest.approx(1 / 2, abs=1e-9)
    assert page.value(pair, 8) == pytest.approx(1 / 3, abs=1e-9)
    sweep = row_of(page, "Correlation of the two bonds")
    for column in range(3, 12):
        rho = page.value(sweep, column)
        assert page.value(sweep + 5, column) == pytest.approx((2 + 2 * rho) / (4 + 2 * rho), rel=1e-12)
        assert page.value(sweep + 6, column) == pytest.approx(1 / 2, abs=1e-9)


def prices(assets: int, days: list[date], seed: int = 3) -> Prices:
    draw = np.random.default_rng(seed)
    steps = draw.normal(0.0003, 1.0, (len(days), assets)) * np.linspace(0.004, 0.015, assets)
    steps += draw.normal(0.0, 0.003, (len(days), 1))
    names = [f"Asset {i + 1}" for i in range(assets)]
    return Prices(days, names, 100 * np.cumprod(1 + steps, axis=0), "Made up")


def every(step: int, count: int) -> list[date]:
    return [date(2019, 1, 31) + timedelta(days=step * i) for i in range(count)]


def filled(name: str, given: Prices, folder: Path, **settings: str) -> Workbook:
    """Fill a template, and ask that all its checks agree."""
    out = folder / f"{name}.xlsx"
    report = fill(Workbook(templates.get(name).build(), name).package.to_bytes(), out, prices=given, settings=settings)
    assert not report.left
    book = Workbook(out)
    known = WorkbookInputs(book)
    assert set(known.values(known.areas["Checks"])) == {"agrees"}
    return book


# Tail risk parity.


@pytest.mark.parametrize(("assets", "days"), [(2, every(1, 60)), (60, every(1, 200)), (3, every(91, 40))])
def test_tail_risk_parity_in_other_sizes(assets, days, tmp_path):
    book = filled("tail_risk_parity", prices(assets, days), tmp_path, Confidence="0.8")
    areas = {name.area.sheet: name.area for name in book.names if name.name == "_xlnm.Print_Area"}
    assert areas["Returns"].height <= 40
    assert areas["Returns"].bottom == len(days) + 5
    page = book.sheet("Weights")
    shares = [page.value(row, 10) for row in range(7, 7 + assets)]
    assert shares == pytest.approx([1 / assets] * assets, abs=1e-8)


def test_the_worst_months_are_those_of_pandas(tmp_path):
    given = prices(3, every(1, 300))
    book = filled("tail_risk_parity", given, tmp_path)
    weights = [book.sheet("Weights").value(row, 8) for row in range(7, 10)]  # by CVaR
    table = pd.DataFrame(given.values, index=pd.DatetimeIndex(given.dates)).pct_change().dropna() @ np.array(weights)
    worst = (1 + table).groupby(table.index.to_period("M")).prod().sub(1).sort_values()[:5]
    page = book.sheet("Tail risk")
    top = row_of(page, "The worst")
    assert [page.value(top + k, 6) for k in range(5)] == pytest.approx(worst.tolist(), rel=1e-9)
    firsts = [date(1899, 12, 30) + timedelta(days=page.value(top + k, 11)) for k in range(5)]
    assert [str(day)[:7] for day in firsts] == [str(month) for month in worst.index]
    row = row_of(page, "CVaR of one period")
    tail = np.sort(table.to_numpy())[: int(0.05 * 299) + 1]
    inside = 0.05 * 299
    cvar = -(tail[:-1].sum() + (inside - len(tail) + 1) * tail[-1]) / inside
    assert page.value(row, 6) == pytest.approx(cvar, rel=1e-9)


@pytest.mark.parametrize("name", ["allocation_comparison", "famous_portfolios"])
def test_tables_of_a_template_are_not_taken_for_inputs_of_as_many_assets(name, tmp_path):
    """Four assets and the case of four, or six and six classes: others can come in their place."""
    count = {"allocation_comparison": 4, "famous_portfolios": 6}[name]
    first = fill(templates.get(name).build(), tmp_path / "one.xlsx", prices=prices(count, every(1, 40)))
    assert not first.left
    others = prices(count, every(1, 40))
    others.labels[:] = [f"Other {k}" for k in range(count)]
    report = fill(tmp_path / "one.xlsx", tmp_path / "two.xlsx", prices=others)
    assert not report.left


# Famous portfolios.


def test_the_famous_weights_are_those_published():
    """Robbins (2014), MONEY Master the Game; Browne (1999), Fail-Safe Investing; Bernstein (2002)."""
    page = computed("famous_portfolios").sheet("Published")
    published = {
        "60/40": {"Stocks": 0.6, "Intermediate bonds": 0.4},
        "All Weather": {
            "Stocks": 0.3,
            "Long-term bonds": 0.4,
            "Intermediate bonds": 0.15,
            "Gold": 0.075,
            "Commodities": 0.075,
        },
        "Permanent Portfolio": {"Stocks": 0.25, "Long-term bonds": 0.25, "Gold": 0.25, "Cash": 0.25},
    }
    for column, (name, weights) in enumerate(published.items(), 3):
        assert page.value(6, column) == name
        shown = {page.value(row, 2): page.value(row, column) for row in range(7, 13)}
        assert {asset_class: weight for asset_class, weight in shown.items() if weight} == weights


def test_classes_come_from_the_ticker_or_from_the_user(tmp_path):
    given = prices(5, every(1, 60))
    given.labels[:] = ["AGG", "XYZ", "voo", "Bullion", "Fund"]
    book = filled("famous_portfolios", given, tmp_path, Class_of="auto,auto,auto,Gold,None")
    page = book.sheet("Weights")
    assert [page.value(row, 4) for row in range(7, 12)] == ["Intermediate bonds", "Stocks", "Stocks", "Gold", "None"]
    front = book.sheet("Portfolios")
    assert front.value(9, 3) == "GUESSED: stocks, for 1 of 5 assets: set your own"
    held = row_of(front, "Published weights that your assets cover")
    assert [front.value(held, column) for column in (3, 4, 5)] == pytest.approx([1.0, 0.525, 0.5], rel=1e-12)
    weights = {column: [page.value(row, column) for row in range(7, 12)] for column in (6, 7, 8)}
    assert weights[6] == pytest.approx([0.4, 0.3, 0.3, 0, 0], abs=1e-12)  # 60/40
    assert weights[7] == pytest.approx([0.15 / 0.525, 0.15 / 0.525, 0.15 / 0.525, 0.075 / 0.525, 0], abs=1e-12)
    assert weights[8] == pytest.approx([0, 0.25, 0.25, 0.5, 0], abs=1e-12)
    cov = np.cov(np.diff(given.values, axis=0).T / given.values[:-1].T)
    parity = np.array([page.value(row, 18) for row in range(7, 12)])  # of the Permanent Portfolio's three assets
    shares = parity * (cov @ parity) / (parity @ cov @ parity)
    assert shares == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 0], abs=1e-8)


def test_what_is_guessed_of_classes_is_told_of_each_client_too(tmp_path):
    given = prices(3, every(1, 60))
    given.labels[:] = ["AGG", "XYZ", "voo"]
    told = fill(templates.get("famous_portfolios").build(), tmp_path / "one.xlsx", prices=given).notes
    note = "No class is known for XYZ: counted as stocks. Choose the classes on the sheet Weights"
    assert [text.startswith(note) for text in told].count(True) == 1
    own = {"Class_of": "auto,Gold,Silver"}
    told = fill(tmp_path / "one.xlsx", tmp_path / "two.xlsx", settings=own).notes
    assert told == ["The class given for voo is not one of the workbook's: choose one of those."]
    clients = tmp_path / "clients"
    clients.mkdir()
    given.to_frame().to_csv(clients / "ann.csv")
    jobs = read_jobs(clients, {})
    results = fill_batch(templates.get("famous_portfolios").build(), jobs, tmp_path / "out", workers=1)
    assert [result.status for result in results] == ["filled"] and note in results[0].reason


def test_famous_portfolios_of_sixty_unknown_assets_are_guessed_to_be_stocks(tmp_path):
    book = filled("famous_portfolios", prices(60, every(1, 90)), tmp_path)
    assert book.sheet("Portfolios").value(9, 3) == "GUESSED: stocks, for 60 of 60 assets: set your own"


# Why not mean–variance.


def area(book: Workbook, name: str) -> np.ndarray:
    inputs = WorkbookInputs(book)
    found = inputs.find(name)
    assert found is not None
    return np.array(book.sheet(found.sheet).values(found), dtype=float)


def block(book: Workbook, sheet: str, title: str, assets: int) -> np.ndarray:
    """The 200 rows below a title on a sheet of estimates or draws."""
    page = book.sheet(sheet)
    left = next(column for row, column in page.cells if row == 5 and page.value(row, column) == title)
    return np.array([[page.value(row, left + k) for k in range(assets)] for row in range(7, 207)], dtype=float)


@pytest.mark.parametrize("assets", [2, 5])
def test_each_estimate_is_drawn_from_prices_and_weighted_right(assets, tmp_path):
    given = prices(assets, every(1, 120))
    book = filled("why_not_mean_variance", given, tmp_path)
    returns = given.values[1:] / given.values[:-1] - 1
    cov, means, count = np.cov(returns.T) * 365, returns.mean(axis=0) * 365, len(returns)
    root = np.linalg.cholesky(cov)
    titles = ("For the means", "For the covariances", "For the covariances, second draw")
    z, z1, z2 = (block(book, "Draws", title, assets) for title in titles)
    drawn = means + z @ root.T / np.sqrt(count / 365)
    assert block(book, "Estimates", "Expected returns: the mean plus its error", assets) == pytest.approx(
        drawn, rel=1e-8
    )
    sharpe = block(book, "Estimates", "Maximum-Sharpe weights", assets)
    parity = block(book, "Estimates", "Risk-parity weights", assets)
    share = np.sqrt(2 / (count - 1))
    covs = []
    for k in range(200):
        x, y = root @ z1[k], root @ z2[k]
        covs.append((1 - share) * cov + share * (np.outer(x, x) + np.outer(y, y)) / 2)
        risks = parity[k] * (covs[k] @ parity[k])
        assert risks / risks.sum() == pytest.approx(np.full(assets, 1 / assets), abs=1e-8)
        excess = drawn[k] - min(0.02, drawn[k].max() - 1e-4)
        gain = excess - covs[k] @ sharpe[k] * (excess @ sharpe[k]) / (sharpe[k] @ covs[k] @ sharpe[k])
        assert gain.max() < 1e-7
        assert np.abs(gain * sharpe[k]).max() < 1e-7
    # the variances of a sample covariance of normal returns: (σᵢᵢσⱼⱼ + σᵢⱼ²) / (T - 1)
    wishart = (np.outer(np.diag(cov), np.diag(cov)) + cov**2) / (count - 1)
    assert np.var(covs, axis=0) == pytest.approx(wishart, rel=0.6)
    assert np.mean(covs, axis=0) == pytest.approx(cov, abs=4 * np.sqrt(wishart.max() / 200))
    table = book.sheet("Weights")
    for k in range(assets):
        assert table.value(7 + k, 16) == pytest.approx(np.std(sharpe[:, k], ddof=1), rel=1e-9)
        assert table.value(7 + k, 17) == pytest.approx(np.percentile(parity[:, k], 5), rel=1e-9)


def test_a_moved_return_moves_maximum_sharpe_and_leaves_risk_parity():
    """By hand, two uncorrelated assets or not: w ∝ Σ⁻¹(μ − r), where both are held."""
    book = computed("why_not_mean_variance", Shift=0.02, Other_asset=4.0, Other_return=0.2)
    means, cov = area(book, "Exp_returns")[:, 0], area(book, "Cov")
    base, other = area(book, "Weights_MS")[:, 0], area(book, "Weights_other")[:, 0]
    changed = means.copy()
    changed[3] = 0.2
    for weights, expected in ((base, means), (other, changed)):
        held = np.flatnonzero(weights > 1e-9)
        inside = np.linalg.solve(cov[np.ix_(held, held)], expected[held] - 0.02)
        assert weights[held] == pytest.approx(inside / inside.sum(), rel=1e-7)
    traded = area(book, "Traded")[0]
    shifted = book.sheet("Shifted")
    for k in range(5):
        for column, sign in ((3 + 2 * k, 1), (4 + 2 * k, -1)):
            weights = np.array([shifted.value(row, column) for row in range(7, 12)])
            expected = means.copy()
            expected[k] += sign * 0.02
            held = np.flatnonzero(weights > 1e-9)
            inside = np.linalg.solve(cov[np.ix_(held, held)], expected[held] - 0.02)
            assert weights[held] == pytest.approx(inside / inside.sum(), rel=1e-7)
            assert traded[column - 3] == pytest.approx(np.abs(weights - base).sum() / 2, rel=1e-9)
    page = book.sheet("Why not")
    row = row_of(page, "Traded after your other expected return")
    assert page.value(row, 3) == pytest.approx(np.abs(other - base).sum() / 2, rel=1e-9)
    assert page.value(11, 4) == "GLD, of 5 assets"


def test_why_not_mean_variance_of_many_assets(tmp_path):
    filled("why_not_mean_variance", prices(12, every(1, 100)), tmp_path)


@pytest.mark.parametrize("assets", [5, 14])
def test_of_many_assets_the_largest_are_drawn_and_the_others_together(assets, tmp_path):
    book = filled("allocation_comparison", prices(assets, every(1, 60)), tmp_path)
    drawn = [book.package.read(part).decode() for part in book.package.parts if part.startswith("xl/charts/chart")]
    stacked = [xml for xml in drawn if "percentStacked" in xml]
    assert [xml.count("<c:ser>") for xml in stacked] == [min(assets, 11)] * 2
    assert all("<c:legend>" in xml for xml in stacked)
    if assets < 14:
        return
    page, weights = book.sheet("Chart data"), book.sheet("Weights")
    held = {weights.value(row, 2): [weights.value(row, column) for column in range(5, 13)] for row in range(7, 21)}
    order = sorted(held, key=lambda name: -sum(held[name]))
    assert [page.value(row, 2) for row in range(6, 17)] == [*order[:10], "4 others"]
    for row, name in enumerate(order[:10], 6):
        assert [page.value(row, column) for column in range(3, 11)] == pytest.approx(held[name], rel=1e-12)
    others = [sum(held[name][k] for name in order[10:]) for k in range(8)]
    assert [page.value(16, column) for column in range(3, 11)] == pytest.approx(others, abs=1e-12)
