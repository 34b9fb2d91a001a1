"""What the ribbon's macros plan, and what their formulas compute, without Excel."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rpxl
import rpxl.excel.macros as macros
from rpxl.errors import InputError
from rpxl.excel import addin_file
from rpxl.excel.macros import MACROS, advance, info
from rpxl.excel.macros.plan import Ask, Cells, FormulaEdit, Plan, SheetArea, ask_percentage, parse_address
from rpxl.formulas import COV_MATRIX
from rpxl.formulas.catalogue import FUNCTIONS
from tests.excel.desks import BOOK, FakeDesk, address, charts, computed, values
from tests.excel.regions import current_region

COV = [
    [None, "Stocks", "Bonds", "Gold"],
    ["Stocks", 0.0256, 0.0, 0.001],
    ["Bonds", 0.0, 0.0016, 0.0],
    ["Gold", 0.001, 0.0, 0.0225],
]
WEIGHTS = [["Stocks", 0.6], ["Bonds", 0.3], ["Gold", 0.1]]


def prices(*, days: int = 60, step: int | None = None) -> list[list[Any]]:
    """Prices of trading days, or of every so many days."""
    rng = np.random.default_rng(7)
    path = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (days, 3)), axis=0))
    dates = (date(2020, 1, 1) + timedelta(days=i * (step or 1)) for i in range(2 * days))
    kept = (day for day in dates if step or day.weekday() < 5)
    dated = [[day, *row] for day, row in zip(kept, path.tolist(), strict=False)]
    return [["Date", "Stocks", "Bonds", "Gold"], *dated]


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk({"My prices": prices(), "Cov": COV, "Weights": WEIGHTS, "Empty": [[None]]})


def select(desk: FakeDesk, sheet: str, *, cell: bool = False) -> FakeDesk:
    desk.selected = SheetArea(BOOK, sheet, 1, 1) if cell else desk.whole(sheet)
    return desk


@pytest.mark.parametrize("computes_rpxl", [True, False], ids=["windows", "mac"])
@pytest.mark.parametrize("cell", [False, True])
def test_returns_and_covariance(desk: FakeDesk, cell: bool, computes_rpxl: bool) -> None:
    desk.computes_rpxl = computes_rpxl
    plan = select(desk, "My prices", cell=cell).run("returns")
    shown = computed(desk, plan)
    closes = np.array([row[1:] for row in prices()[1:]])
    returns = closes[1:] / closes[:-1] - 1
    assert values(shown, 5, 1, 1, 4) == [["Date", "Stocks", "Bonds", "Gold"]]
    np.testing.assert_allclose(values(shown, 6, 2, 59, 3), returns, rtol=1e-9)
    assert shown[6, 1] == (date(2020, 1, 2) - date(1899, 12, 30)).days
    assert values(shown, 5, 7, 4, 1) == [["Covariance"], ["Stocks"], ["Bonds"], ["Gold"]]
    assert values(shown, 5, 8, 1, 3) == [["Stocks", "Bonds", "Gold"]]
    np.testing.assert_allclose(values(shown, 6, 8, 3, 3), np.cov(returns.T) * 252, rtol=1e-9)


@pytest.mark.parametrize(("step", "count"), [(None, 252), (1, 365), (7, 52), (30, 12), (91, 4), (365, 1)])
def test_the_dates_tell_how_many_returns_a_year_has(desk: FakeDesk, step: int | None, count: int) -> None:
    desk.sheets["My prices"] = prices(days=8, step=step)
    plan = select(desk, "My prices").run("returns")
    assert [step.rows for step in plan.steps if isinstance(step, Cells) and step.style == "input"] == [[[count]]]


def test_prices_without_labels_and_dates(desk: FakeDesk) -> None:
    desk.sheets["My prices"] = [row[1:] for row in prices()[1:]]
    ask = advance("returns", [], select(desk, "My prices"))
    assert isinstance(ask, Ask)
    assert ask.prompt.startswith(
        "The prices have no dates. How many returns does a year have? 365 for every day, 252 for"
    )
    assert ask.proposal == "252"
    shown = computed(desk, desk.run("returns", "12"))
    assert values(shown, 5, 2, 1, 3) == [["Asset 1", "Asset 2", "Asset 3"]]
    assert shown[6, 1] == 1
    closes = np.array(desk.sheets["My prices"])
    np.testing.assert_allclose(values(shown, 6, 8, 3, 3), np.cov((closes[1:] / closes[:-1] - 1).T) * 12, rtol=1e-9)


@pytest.mark.parametrize("name", ["returns", "backtest"])
def test_dates_that_tell_nothing_are_asked_about(desk: FakeDesk, name: str) -> None:
    desk.sheets["My prices"] = prices(days=200, step=14)
    ask = advance(name, [], select(desk, "My prices"))
    assert isinstance(ask, Ask)
    assert ask.prompt.startswith("The dates don't tell how often prices are taken. How many returns does a year have?")
    assert isinstance(advance(name, ["26"], desk), Plan)


@pytest.mark.parametrize("answer", ["", "monthly", "0", "-12", "inf", "nan"])
def test_an_answer_that_is_no_count_is_refused(desk: FakeDesk, answer: str) -> None:
    desk.sheets["My prices"] = prices(days=60, step=14)
    with pytest.raises(InputError, match="is not a number above 0"):
        advance("returns", [answer], select(desk, "My prices"))


def test_a_number_against_the_dates_fails_in_the_cells(desk: FakeDesk) -> None:
    """The formula reads the dates beside the returns, so that a number typed over the right one is noticed."""
    desk.sheets["My prices"] = prices(days=40, step=7)
    plan = select(desk, "My prices").run("returns")
    assert values(computed(desk, plan), 3, 1, 1, 3) == [["Returns per year", 52, "by the dates: weekly, 52 a year"]]
    texts = [step.text for step in plan.steps if isinstance(step, FormulaEdit)]
    assert '=COV_MATRIX($A$5:$D$44,"sample",$B$3)' in texts
    with pytest.raises(InputError, match="is 252, but the dates are weekly, 52 a year"):
        COV_MATRIX(values(computed(desk, plan), 5, 1, 40, 4), "sample", 252.0)


def test_risk_parity_weights_go_where_the_user_says(desk: FakeDesk) -> None:
    plan = select(desk, "Cov").run("weights", "'[Book 1.xlsx]Empty'!$C$3")
    shown = computed(desk, plan)
    assert values(shown, 3, 3, 4, 1) == [["Asset"], ["Stocks"], ["Bonds"], ["Gold"]]
    weights = np.ravel(values(shown, 4, 4, 3, 1)).astype(float)
    matrix = np.array([row[1:] for row in COV[1:]])
    np.testing.assert_allclose(weights * (matrix @ weights), (weights @ matrix @ weights) / 3, rtol=1e-9)
    np.testing.assert_allclose(values(shown, 4, 5, 3, 1), 1 / 3, rtol=1e-9)


def test_the_cell_beside_the_matrix_is_proposed(desk: FakeDesk) -> None:
    ask = advance("weights", [], select(desk, "Cov"))
    assert isinstance(ask, Ask)
    assert (ask.kind, ask.proposal) == ("range", "'Cov'!$F$1")


def test_filled_cells_are_overwritten_only_after_a_question(desk: FakeDesk) -> None:
    select(desk, "Cov")
    ask = advance("weights", ["'[Book 1.xlsx]Weights'!$A$1"], desk)
    assert isinstance(ask, Ask)
    assert ask.kind == "confirm"
    assert isinstance(advance("weights", ["'[Book 1.xlsx]Weights'!$A$1", "yes"], desk), Plan)


def test_a_formula_is_never_written_over_its_own_input(desk: FakeDesk) -> None:
    with pytest.raises(InputError, match="computed from"):
        advance("weights", ["'[Book 1.xlsx]Cov'!$D$4"], select(desk, "Cov"))


def test_what_is_not_selected_is_asked_for(desk: FakeDesk) -> None:
    for selected in (None, "Weights", "Empty"):
        desk.selected = desk.whole(selected) if selected else None
        ask = advance("weights", [], desk)
        assert isinstance(ask, Ask)
        assert ask.prompt.startswith("Select the covariance matrix")
    with pytest.raises(InputError, match="cov"):
        advance("weights", [address(desk.whole("Weights"))], desk)


BLOCKS = [
    [None, "Stocks", "Bonds", "Gold", None, "A note"],
    ["Stocks", 0.0256, 0.0, 0.001, None, None],
    ["Bonds", 0.0, 0.0016, 0.0, None, "Stocks", 0.6],
    ["Gold", 0.001, 0.0, 0.0225, None, "Bonds", 0.3],
    [None, None, None, None, None, "Gold", 0.1],
    [None],
    ["Source: the bank"],
]
"""A covariance matrix in A1:D4 and weights in F3:G5, a note above them and a line below."""


@pytest.mark.parametrize(
    ("row", "column", "block"),
    [
        (1, 1, (1, 1, 4, 4)),
        (3, 2, (1, 1, 4, 4)),
        (4, 6, (3, 6, 3, 2)),
        (1, 6, (1, 6, 1, 1)),
        (7, 1, (7, 1, 1, 1)),
        (9, 9, (9, 9, 1, 1)),  # nothing around
        (6, 1, (6, 1, 2, 1)),  # a blank cell beside a block
    ],
)
def test_a_region_ends_at_blank_rows_and_columns(row: int, column: int, block: tuple[int, ...]) -> None:
    assert current_region(BLOCKS, row, column) == block


def test_a_region_goes_over_corners() -> None:
    stairs = [[1, None, None], [None, 2, None], [None, None, 3], [None, None, None], [4, None, None]]
    for row, column in ((1, 1), (2, 2), (3, 3), (1, 3)):
        assert current_region(stairs, row, column) == (1, 1, 3, 3)
    assert current_region(stairs, 5, 1) == (5, 1, 1, 1)


def test_one_of_two_blocks_on_a_sheet(desk: FakeDesk) -> None:
    desk.sheets["Both"] = BLOCKS
    desk.selected = SheetArea(BOOK, "Both", 2, 3)
    ask = advance("weights", [], desk)
    assert isinstance(ask, Ask) and ask.proposal == "'Both'!$F$1"
    plan = desk.run("weights", "'[Book 1.xlsx]Empty'!$C$3")
    formulas = [step.text for step in plan.steps if isinstance(step, FormulaEdit)]
    assert any("'Both'!$A$1:$D$4" in text for text in formulas)
    desk.selected = SheetArea(BOOK, "Both", 4, 6)
    plan = desk.run("decompose", "'[Book 1.xlsx]Both'!$A$1:$D$4")
    formulas = [step.text for step in plan.steps if isinstance(step, FormulaEdit)]
    assert any("'Both'!$F$3:$G$5" in text for text in formulas)


def test_blocks_that_touch_are_one_and_no_matrix(desk: FakeDesk) -> None:
    desk.sheets["Touching"] = [*(row[:4] for row in BLOCKS[:4]), [None, None, None, None, "Total"]]
    desk.selected = SheetArea(BOOK, "Touching", 2, 2)
    ask = advance("weights", [], desk)
    assert isinstance(ask, Ask)
    assert ask.prompt.startswith("Select the covariance matrix")


@pytest.mark.parametrize("across", [False, True], ids=["column", "row"])
@pytest.mark.parametrize("computes_rpxl", [True, False], ids=["windows", "mac"])
def test_lever(desk: FakeDesk, computes_rpxl: bool, across: bool) -> None:
    desk.computes_rpxl = computes_rpxl
    if across:
        desk.sheets["Weights"] = [list(line) for line in zip(*WEIGHTS, strict=True)]
    plan = select(desk, "Weights").run("lever", address(desk.whole("Cov")), "20%", "0.03")
    shown = computed(desk, plan)
    w, matrix = np.array([0.6, 0.3, 0.1]), np.array([row[1:] for row in COV[1:]])
    leverage = 0.2 / np.sqrt(w @ matrix @ w)
    assert (shown[3, 2], shown[4, 2]) == (0.2, 0.03)
    report = dict(values(shown, 6, 1, 8, 2))
    assert report["Leverage"] == pytest.approx(leverage)
    assert report["Financing cost"] == pytest.approx(0.03 * (leverage - 1))
    assert report["Weight of Gold"] == pytest.approx(0.1 * leverage)


@pytest.mark.parametrize(("answer", "refused"), [("199.9%", False), ("200%", False), ("2", False), ("200.1%", True)])
def test_up_to_200_percent_a_rate_is_believed(answer: str, refused: bool) -> None:
    asking = ask_percentage("Which?", "10%")
    next(asking)
    with pytest.raises(InputError if refused else StopIteration) as end:
        asking.send(answer)
    assert refused or end.value.value == pytest.approx(float(answer.rstrip("%")) / (100 if "%" in answer else 1))


@pytest.mark.parametrize("answer", ["ten", "10", ""])
def test_a_rate_that_is_none_is_refused(desk: FakeDesk, answer: str) -> None:
    select(desk, "Weights")
    with pytest.raises(InputError, match=r"Write 10% or 0\.1"):
        advance("lever", [address(desk.whole("Cov")), answer], desk)


@pytest.mark.parametrize("across", [False, True], ids=["column", "row"])
@pytest.mark.parametrize("computes_rpxl", [True, False], ids=["windows", "mac"])
def test_decompose(desk: FakeDesk, computes_rpxl: bool, across: bool) -> None:
    desk.computes_rpxl = computes_rpxl
    if across:
        desk.sheets["Weights"] = [list(line) for line in zip(*WEIGHTS, strict=True)]
    plan = select(desk, "Weights").run("decompose", address(desk.whole("Cov")))
    shown = computed(desk, plan)
    w, matrix = np.array([0.6, 0.3, 0.1]), np.array([row[1:] for row in COV[1:]])
    share = w * (matrix @ w) / (w @ matrix @ w)
    assert [row[0] for row in values(shown, 4, 1, 5, 1)] == ["Asset", "Stocks", "Bonds", "Gold", "Portfolio"]
    np.testing.assert_allclose(np.ravel(values(shown, 5, 7, 3, 1)).astype(float), share, rtol=1e-9)
    table = FUNCTIONS["RISK_DECOMP"](desk.sheets["Weights"], COV)
    assert isinstance(table, list)
    for i, row in enumerate(table[1:4], 5):
        assert shown[i, 1] == row[0]
        np.testing.assert_allclose([shown[i, j] for j in range(2, 8)], np.array(row[1:], float), rtol=1e-9)
    assert shown[8, 3] == pytest.approx(table[4][2])
    assert values(shown, 4, 10, 1, 3) == [["Asset", "Weight", "Share"]]
    assert values(shown, 4, 14, 1, 2) == [["Asset", "Contribution"]]
    assert [chart.source.text(plan.sheet) for chart in charts(plan)] == ["$J$4:$L$7", "$N$4:$O$7"]
    assert all(chart.row > 4 + 5 for chart in charts(plan))


def test_check_of_a_good_matrix(desk: FakeDesk) -> None:
    shown = computed(desk, select(desk, "Cov").run("check"))
    assert shown[10, 1] == "OK"
    assert shown[5, 1] == pytest.approx(0.16)
    assert shown[5, 2] == 1.0


def test_check_of_a_bad_matrix_lists_what_is_wrong(desk: FakeDesk) -> None:
    desk.sheets["Cov"] = [[0.04, 0.5], [0.1, 0.01]]
    shown = computed(desk, select(desk, "Cov").run("check"))
    assert shown[5, 1] == "Check"
    assert "row 1, column 2" in shown[6, 2]


def test_backtest(desk: FakeDesk) -> None:
    desk.sheets["My prices"] = prices(days=500)
    plan = select(desk, "My prices").run("backtest")
    formula = next(step for step in plan.steps if isinstance(step, FormulaEdit))
    assert formula.text.startswith("=RP_BACKTEST('My prices'!$A$1:$D$501,$B$3,$B$4,")
    shown = computed(desk, plan)
    expected = FUNCTIONS["RP_BACKTEST"](desk.sheets["My prices"])
    assert isinstance(expected, list)
    assert values(shown, formula.row, 1, 1, 3) == [["Date", "Value", "Drawdown"]]
    assert shown[formula.row + len(expected) - 1, 2] == pytest.approx(expected[-1][1])
    [chart] = charts(plan)
    assert (chart.kind, chart.source.width, chart.source.height) == ("line", 2, len(expected))


def test_a_backtest_of_few_prices_asks_for_a_shorter_lookback(desk: FakeDesk) -> None:
    desk.sheets["My prices"] = prices(days=30, step=30)
    ask = advance("backtest", [], select(desk, "My prices"))
    assert isinstance(ask, Ask)
    assert ask.prompt.startswith("There are 30 prices of each asset, too few for the usual look-back of 36 returns")
    assert ask.proposal == "10"
    shown = computed(desk, desk.run("backtest", "8"))
    labels = {shown[row, 1]: shown[row, 2] for row in range(3, 15) if (row, 1) in shown and (row, 2) in shown}
    assert labels["lookback"] == 8
    assert labels["periods_per_year"] == 12


def test_tear_sheet(desk: FakeDesk) -> None:
    desk.sheets["My prices"] = prices(days=150)
    asked = advance("tear_sheet", [], select(desk, "My prices"))
    assert isinstance(asked, Ask)
    assert (asked.prompt, asked.proposal) == ("Which column is the benchmark? Stocks, Bonds, Gold.", "Gold")
    plan = desk.run("tear_sheet", "bonds", "Gold")
    shown = computed(desk, plan)
    closes = np.array([row[1:] for row in desk.sheets["My prices"][1:]])
    own, other = (closes[1:, k] / closes[:-1, k] - 1 for k in (2, 1))
    statistics = {shown[row, 1]: (shown[row, 2], shown[row, 3]) for row in range(11, 37)}
    assert statistics["Statistic"] == ("Gold", "Bonds")
    assert statistics["Volatility"] == pytest.approx((own.std(ddof=1) * 252**0.5, other.std(ddof=1) * 252**0.5))
    assert statistics["Correlation with the benchmark"][0] == pytest.approx(np.corrcoef(own, other)[0, 1])
    drawn = {values(shown, c.source.row - 1, c.source.column, 1, 1)[0][0]: c.source for c in charts(plan)}
    assert drawn.keys() == {
        "Growth of 1",
        "Drawdown",
        *(f"Rolling {x}" for x in ("volatility", "sharpe", "correlation")),
    }
    growth = drawn["Growth of 1"]
    assert shown[growth.row + 150, growth.column + 1] == pytest.approx(closes[-1, 2] / closes[0, 2])
    rolling = drawn["Rolling correlation"]
    assert rolling.height == 150 - 74 + 1
    last = values(shown, rolling.row + rolling.height - 1, rolling.column, 1, 2)[0]
    assert last[1] == pytest.approx(np.corrcoef(own[-74:], other[-74:])[0, 1])
    areas = [
        SheetArea(
            "", "", s.row, s.column, *((s.height, s.width) if isinstance(s, FormulaEdit) else (1, len(s.rows[0])))
        )
        for s in plan.steps
        if isinstance(s, FormulaEdit | Cells) and not (isinstance(s, Cells) and s.style == "note")
    ]
    assert not any(one.touches(two) for i, one in enumerate(areas) for two in areas[:i])


def test_a_tear_sheet_of_quarters_has_no_months(desk: FakeDesk) -> None:
    desk.sheets["My prices"] = [row[:3] for row in prices(days=20, step=91)]
    plan = select(desk, "My prices").run("tear_sheet")
    assert "Monthly returns" not in computed(desk, plan).values()
    with pytest.raises(InputError, match="There is no column 'Silver'"):
        desk.sheets["My prices"] = prices()
        advance("tear_sheet", ["Silver"], select(desk, "My prices"))


def test_a_trade_list_to_risk_parity(desk: FakeDesk) -> None:
    desk.sheets["Held"] = [["Stocks", 30.0], ["Bonds", 20.0], ["Gold", 10.0]]
    ask = advance("trade_list", [], select(desk, "Held"))
    assert isinstance(ask, Ask) and ask.kind == "range" and ask.prompt.startswith("Select the prices in the same order")
    plan = desk.run("trade_list", address(desk.whole("My prices")), "Risk parity", "1500.50")
    shown = computed(desk, plan)
    closes = np.array([row[1:] for row in prices()[1:]])
    cov = np.cov((closes[1:] / closes[:-1] - 1).T) * 252
    weights = rpxl.risk_parity_weights(cov)
    found = rpxl.trade_list([30, 20, 10], closes[-1], weights, 1500.5)
    assert [row[0] for row in values(shown, 10, 1, 4, 1)] == ["Asset", "Stocks", "Bonds", "Gold"]
    np.testing.assert_array_equal(np.ravel(values(shown, 11, 7, 3, 1)).astype(float), found.trades)
    np.testing.assert_allclose(np.ravel(values(shown, 11, 5, 3, 1)).astype(float), weights, rtol=1e-9)
    figures = dict(values(shown, 14, 1, 8, 2))
    assert (figures["Cash before"], figures["Rounding"]) == (1500.5, "best")
    assert figures["Cash after"] == pytest.approx(found.cash_after)
    assert shown[3, 2] == 1500.5
    [chart] = charts(plan)
    assert values(shown, chart.source.row, 1, 1, 4) == [["Asset", "Weight", "Target", "Weight after"]]


def test_a_trade_list_to_weights_at_the_last_prices(desk: FakeDesk) -> None:
    desk.sheets["Held"] = [["Stocks", 30.0], ["Bonds", 20.0], ["Gold", 10.0]]
    desk.sheets["Last"] = [["Stocks", "Bonds", "Gold"], [10.0, 20.0, 40.0]]
    last, target = address(desk.whole("Last")), address(desk.whole("Weights"))
    shown = computed(desk, select(desk, "Held").run("trade_list", last, target, "0"))
    found = rpxl.trade_list([30, 20, 10], [10, 20, 40], [0.6, 0.3, 0.1])
    np.testing.assert_array_equal(np.ravel(values(shown, 11, 7, 3, 1)).astype(float), found.trades)


def test_a_trade_list_of_other_assets_is_refused(desk: FakeDesk) -> None:
    desk.sheets["Held"] = [["Bonds", 20.0], ["Stocks", 30.0], ["Gold", 10.0]]
    with pytest.raises(InputError, match="Use the same order"):
        advance("trade_list", [address(desk.whole("My prices"))], select(desk, "Held"))
    desk.sheets["Held"] = [["Bonds", 20.0], ["Gold", 10.0]]
    with pytest.raises(InputError, match="has 3 assets, but 2 are held"):
        advance("trade_list", [address(desk.whole("My prices"))], select(desk, "Held"))
    refused = ((["equal"], "is neither risk parity nor given"), (["risk parity", "a lot"], "Write 12500"))
    for answers, words in refused:
        with pytest.raises(InputError, match=words):
            start = [address(desk.whole("My prices")), *answers]
            desk.sheets["Held"] = [["Stocks", 30.0], ["Bonds", 20.0], ["Gold", 10.0]]
            advance("trade_list", start, select(desk, "Held"))


def test_a_frozen_copy_stands_beside_the_workbook_and_opens(desk: FakeDesk, tmp_path: Path) -> None:
    from rpxl import templates
    from rpxl.templates.built import built

    desk.file = tmp_path / "mine.xlsx"
    desk.file.write_bytes(built(templates.get("leverage_example")))
    for expected in ("mine frozen.xlsx", "mine frozen 2.xlsx"):
        plan = desk.run("freeze")
        assert plan.workbook == tmp_path / expected
        assert plan.workbook.is_file()
        assert f"are values in {expected}" in plan.message


def test_functions_lists_the_catalogue(desk: FakeDesk) -> None:
    plan = advance("functions", [], desk)
    assert isinstance(plan, Plan)
    text = [cell for step in plan.steps if isinstance(step, Cells) for row in step.rows for cell in row]
    assert all(formula.usage in text and formula.description in text for formula in FUNCTIONS.values())


def test_a_template_is_a_new_file_that_opens(tmp_path: Path) -> None:
    (tmp_path / "Documents").mkdir()
    for expected in ("leverage_example.xlsx", "leverage_example 2.xlsx"):
        with pytest.raises(StopIteration) as end:
            next(info.template("leverage_example", tmp_path))
        assert end.value.value.workbook == tmp_path / "Documents" / "rpxl" / expected
        assert end.value.value.workbook.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("name", sorted(MACROS.keys() - {"functions", "about", "freeze"}))
def test_numbers_are_live_formulas_and_never_dead(desk: FakeDesk, name: str) -> None:
    """Of a new sheet, only inputs and the numbering of rows may be constants."""
    desk.sheets["My prices"] = prices(days=500)
    start = dict.fromkeys(("returns", "backtest", "tear_sheet"), "My prices") | {"weights": "Cov", "check": "Cov"}
    cov = address(desk.whole("Cov"))
    answers = {"weights": ["'[Book 1.xlsx]Empty'!$A$1"], "lever": [cov, "10%", "5%"], "decompose": [cov]}
    answers["trade_list"] = [address(desk.whole("My prices")), "risk parity", "10000"]
    answers["tear_sheet"] = ["Gold", "Stocks"]
    plan = select(desk, start.get(name, "Weights")).run(name, *answers.get(name, []))
    assert any(isinstance(step, FormulaEdit) for step in plan.steps)
    for step in plan.steps:
        if isinstance(step, Cells) and step.style != "input":
            assert all(isinstance(cell, str) for row in step.rows for cell in row)


@pytest.mark.parametrize("sheet", ["Plain", "My prices", "It's", "100%", "A!B"])
def test_addresses_are_read_as_they_are_written(sheet: str) -> None:
    area = SheetArea("Büro [1].xlsx".replace("[1]", "(1)"), sheet, 3, 28, 2, 5)
    quoted = sheet.replace("'", "''")
    assert parse_address(f"'[{area.book}]{quoted}'!{area.text(sheet)}") == area


@pytest.mark.parametrize("bad", ["$A:$B", "[Book1]Sheet1!$A:$B", "[Book1]Sheet1!$A$1,[Book1]Sheet1!$C$1", "A1", ""])
def test_what_is_no_block_of_cells_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="one block of cells"):
        parse_address(bad)


def test_a_macro_that_is_registered_is_found_everywhere(monkeypatch: pytest.MonkeyPatch, desk: FakeDesk) -> None:
    """Button, ribbon, dispatch, self-test and README row follow from the one registration."""
    from lxml import etree

    from rpxl.excel import selftest
    from rpxl.excel.macros import registry

    monkeypatch.setattr(registry, "MACROS", dict(MACROS))
    for module in (macros, selftest):
        if hasattr(module, "MACROS"):
            monkeypatch.setattr(module, "MACROS", registry.MACROS)
    trial = ([[1.0, 2.0]], ["yes"])

    @registry.ribbon_macro(
        "Analyse", "Tail & risk", "What the tail holds", "Select.", image="Help", trial=lambda: trial
    )
    def tail(desk: FakeDesk) -> Any:
        answer = yield Ask("confirm", "Sure?")
        return Plan(message=answer)

    ribbon = etree.fromstring(addin_file.ribbon().encode())
    [button] = ribbon.xpath("//*[@tag='tail']")
    assert (button.get("label"), button.get("screentip"), button.get("id")) == (
        "Tail & risk",
        "What the tail holds",
        "RpxlTail",
    )
    assert button.getparent().get("label") == "Analyse"
    assert advance("tail", [], desk) == Ask("confirm", "Sure?")
    assert advance("tail", ["yes"], desk) == Plan(message="yes")
    assert ("tail", *trial) in list(selftest._macros())
    assert "| Tail & risk | What the tail holds. Select. |" in registry.table()
    with pytest.raises(ValueError, match="already"):
        registry.ribbon_macro("Analyse", "Twice", "Twice", image="Help")(tail)


def test_a_macro_without_a_place_on_the_ribbon_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from rpxl.excel.macros import registry

    monkeypatch.setattr(registry, "MACROS", dict(MACROS))
    registry.ribbon_macro("Nowhere", "A", "B", image="Help")(lambda desk: iter(()))  # type: ignore[arg-type,return-value]
    with pytest.raises(ValueError, match="no place <!-- macros: Nowhere -->"):
        addin_file.ribbon()


def test_the_readme_lists_the_macros() -> None:
    from rpxl.excel.macros import registry

    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    written = readme.split("<!-- macros -->\n")[1].split("\n<!-- /macros -->")[0]
    assert written == registry.table(), f"put this table into the README:\n\n{registry.table()}\n"


def test_every_button_of_the_ribbon_has_its_macro() -> None:
    from lxml import etree

    tags = etree.fromstring(addin_file.ribbon().encode()).xpath("//*[@onAction='RibbonMacro']/@tag")
    assert sorted(tags) == sorted(macros.MACROS)
