"""Reports on strategies: figures, workbooks, and what is refused before anything is written."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rpxl
from rpxl import cli
from rpxl.calc.locate import OfficeError
from rpxl.cli.terminal import console
from rpxl.errors import InputError
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.report import last_weights
from rpxl.prices.prices import Prices
from rpxl.xlsx.workbook import Workbook


def prices(count: int = 110, labels: tuple[str, ...] = ("SPY", "IEF", "GLD")) -> Prices:
    days = [day.date() for day in pd.bdate_range("2020-06-01", periods=count)]
    steps = np.random.default_rng(4).normal(0.0004, 0.01, (count, len(labels))) * np.linspace(1, 0.4, len(labels))
    return Prices(days, list(labels), 100 * np.cumprod(1 + steps, axis=0), "Made up")


def test_each_strategy_has_its_figures_and_its_workbooks(tmp_path: Path) -> None:
    table, told = prices(), []
    found = rpxl.report(
        ["hrp", "Risk_Parity"],
        table,
        tmp_path / "new",
        benchmark="spy",
        lookback=40,
        rebalance="monthly",
        cost_bps=10,
        rf=0.01,
        progress=lambda text, share: told.append((text, share)),
    )
    assert [(one.strategy, one.benchmark) for one in found] == [("hrp", "SPY"), ("risk_parity", "SPY")]
    for one in found:
        history = rpxl.backtest(table.values, table.dates, one.strategy, 40, "monthly", cost_bps=10)
        assert one.history.value.tolist() == history.value.tolist()
        assert one.performance == rpxl.performance(history.returns, 252, 0.01)
        index = table.values[-len(history.value) :, 0]
        assert one.history.benchmark[1:] == pytest.approx(index[1:] / index[0] * 0.999)
        book = Workbook(one.workbooks[0])
        inputs = WorkbookInputs(book)
        assert set(inputs.values(inputs.areas["Checks"])) == {"agrees"}
        page = book.sheet("Tear sheet")
        shown = {page.value(row, 2): page.value(row, 3) for row in range(17, 45)}
        assert shown["Sharpe ratio"] == pytest.approx(one.performance.sharpe)
        assert shown["Beta"] == pytest.approx(one.against.beta)
        assert (page.value(17, 3), page.value(17, 4)) == (one.strategy, "SPY")
        assert sum(weight for _, weight in last_weights(one)) == pytest.approx(1.0)
        page = Workbook(one.workbooks[1]).sheet("Backtest")
        shown = {page.value(row, 2): (page.value(row, 3), page.value(row, 4)) for row in range(17, 35)}
        other = one.benchmark_performance if one.strategy == "risk_parity" else one.performance
        assert shown["Cumulative return"][1] == pytest.approx(other.cumulative)
        assert shown["Sharpe ratio"][1] == pytest.approx(other.sharpe)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("Done", 1.0)


@pytest.mark.parametrize(
    ("strategies", "benchmark", "words"),
    [
        ([], "SPY", "strategies: are missing"),
        (["hpr"], "SPY", "strategies: has no 'hpr'. Choose one or more of: risk_parity,"),
        (["hrp", "HRP"], "SPY", "strategies: names hrp twice"),
        (["hrp"], "QQQ", r"benchmark: 'QQQ' is unknown. Give one of the assets \(SPY, IEF, GLD\) or of the strategies"),
        (["equal_weight"], "Equal_weight", "benchmark: is equal_weight, which would be compared with itself"),
    ],
)
def test_what_is_refused(tmp_path: Path, strategies, benchmark, words) -> None:
    with pytest.raises(InputError, match=words):
        rpxl.report(strategies, prices(), tmp_path / "new", benchmark=benchmark, lookback=40)
    assert not (tmp_path / "new").exists()


def test_a_band_an_estimator_and_bounds(tmp_path: Path) -> None:
    table = prices()
    terms = {"band": 0.02, "method": "ledoit_wolf"}
    one = rpxl.report(["min_variance"], table, tmp_path, lookback=40, rebalance="by_weight_band", **terms)[0]
    history = rpxl.backtest(table.values, table.dates, "min_variance", 40, "by_weight_band", **terms)
    assert one.history.value.tolist() == history.value.tolist() and len(history.rebalances) > 1
    inputs = WorkbookInputs(Workbook(one.workbooks[1]))
    assert inputs.values(inputs.areas["Value_BM"]) == pytest.approx(history.value, rel=1e-12)
    bounds = {"lower": 0.1, "upper": [0.3, 1.0, 1.0]}
    one = rpxl.report(["min_variance"], table, tmp_path / "bounds", lookback=40, **bounds)[0]
    history = rpxl.backtest(table.values, table.dates, "min_variance", 40, **bounds)
    assert one.history.value.tolist() == history.value.tolist() and history.weights.min() >= 0.1
    assert [path.name for path in one.workbooks] == ["min_variance_tear_sheet.xlsx"]  # the other takes no bounds


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"band": 0.02}, "band: is for rebalance = by_weight_band or by_risk_band"),
        ({"rebalance": "by_risk_band"}, "band: is needed for by_risk_band"),
        ({"lower": 0.1}, "lower: is for the strategies risk_parity, .*; leave it out for hrp"),
        ({"method": "garch"}, "choose one of sample, ewma"),
    ],
)
def test_terms_that_are_refused(tmp_path: Path, terms: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        rpxl.report(["hrp"], prices(), tmp_path / "new", lookback=40, **terms)
    assert not (tmp_path / "new").exists()


def run(monkeypatch, folder: Path, *options: str) -> int:
    prices().to_frame().to_csv(folder / "closes.csv")
    given = ["--prices", str(folder / "closes.csv"), "--out", str(folder / "o"), "--lookback", "60", "--no-pictures"]
    monkeypatch.setattr("sys.argv", ["rpxl", "report", "min_variance", *given, *options])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_terms_as_options(tmp_path: Path, monkeypatch, capsys) -> None:
    terms = ["--rebalance", "by_weight_band", "--band", "2%", "--method", "ewma"]
    assert not run(monkeypatch, tmp_path, *terms, "--lower", "5%", "--upper", "SPY=0.3")
    told = capsys.readouterr().out
    assert "Written: min_variance_tear_sheet.xlsx, in" in told.replace("\n", " ")
    assert "No workbook of the backtest, which takes no bounds." in told
    bounds = {"band": 0.02, "lower": 0.05, "upper": [0.3, 1.0, 1.0]}
    history = rpxl.backtest(
        prices().values, prices().dates, "min_variance", 60, "by_weight_band", method="ewma", **bounds
    )
    assert f" SPY {history.weights[-1][0]:.1%}" in told
    assert run(monkeypatch, tmp_path, "--upper", "QQQ=0.3") == 1
    assert "upper: the report has no asset 'QQQ'. It has SPY, IEF, GLD." in capsys.readouterr().err


def test_a_riskless_rate_in_percent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rf: is 2, which is 200% a year"):
        rpxl.report("hrp", prices(), tmp_path / "new", lookback=40, rf=2.0)


def test_an_asset_that_is_called_as_a_strategy(tmp_path: Path) -> None:
    table = dataclasses.replace(prices(), labels=["HRP", "IEF", "GLD"])
    with pytest.raises(InputError, match="prices: have an asset 'HRP', which is a strategy too"):
        rpxl.report(["risk_parity"], table, tmp_path, benchmark="hrp", lookback=40)


def test_a_workbook_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "hrp_tear_sheet.xlsx").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        rpxl.report(["risk_parity", "hrp"], prices(), tmp_path, benchmark="SPY", lookback=40)
    assert [path.name for path in tmp_path.iterdir()] == ["hrp_tear_sheet.xlsx"]


def test_the_page_in_the_terminal(tmp_path: Path, monkeypatch, capsys) -> None:
    prices().to_frame().to_csv(tmp_path / "closes.csv")

    def missing(*_: object) -> list[Path]:
        raise OfficeError("LibreOffice is not installed.")

    monkeypatch.setattr("rpxl.calc.recalculate.preview", missing)
    monkeypatch.setattr(console, "width", 80)
    given = ["--prices", str(tmp_path / "closes.csv"), "--out", str(tmp_path / "o"), "--lookback", "60"]
    monkeypatch.setattr("sys.argv", ["rpxl", "report", "risk_parity_semi_deviation", *given, "--benchmark", "SPY"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 25
    assert "…" not in "".join(lines)
    days = prices().dates
    assert lines[0] == f"Prices from closes.csv: {days[0]} to {days[-1]}, 110 dates"
    row = next(line for line in lines if line.startswith("risk_parity_semi_deviation  "))
    history = rpxl.backtest(prices().values, prices().dates, "risk_parity_semi_deviation", 60)
    span = f"{history.dates[0]} to {history.dates[-1]}, {len(history.dates)} dates"
    assert lines[1] == f"Backtest, after the look-back: {span}" and history.dates[0].item() > days[0]
    own = rpxl.performance(history.returns, 252)
    expected = [f"{own.annual_return:.1%}", f"{own.volatility:.1%}", f"{own.sharpe:.2f}", f"{own.max_drawdown:.1%}"]
    assert row.split()[1:5] == expected
    assert any(line.startswith("No pictures: LibreOffice is not installed.") for line in lines)
    assert (tmp_path / "o" / "risk_parity_semi_deviation_tear_sheet.xlsx").is_file()
    assert not list((tmp_path / "o").glob("*.png"))


def test_a_picture_that_is_there_stays(tmp_path: Path, monkeypatch, capsys) -> None:
    prices().to_frame().to_csv(tmp_path / "closes.csv")
    (tmp_path / "hrp_tear_sheet.png").write_text("mine")
    given = ["--prices", str(tmp_path / "closes.csv"), "--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["rpxl", "report", "hrp", *given])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert "hrp_tear_sheet.png: the file exists already" in capsys.readouterr().err
