"""The templates: what they hold, and that they reproduce the published numbers."""

import random
import re
from datetime import date, timedelta
from functools import cache
from math import sqrt

import numpy as np
import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.errors import InputError
from rpxl.filling.inputs import WorkbookInputs
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.templates.built import built
from rpxl.xlsx.cells import CellError
from rpxl.xlsx.references import tokenize
from rpxl.xlsx.sheet import Sheet
from rpxl.xlsx.workbook import Workbook

NAMES = templates.names()
VOLATILE = re.compile(r"\b(OFFSET|INDIRECT|NOW|TODAY|RAND|RANDBETWEEN|CELL|INFO)\(")
NEWER_THAN_2016 = re.compile(r"\b(LET|LAMBDA|FILTER|SEQUENCE|SORT|SORTBY|UNIQUE|XLOOKUP|HSTACK|VSTACK|TOCOL|MAP)\(")
AGAINST = {"function_reference": "expected answers"}
CHARTS = {"function_reference": 0}
INPUTS = {
    "decomposition_60_40": {"Assets", "Volatilities", "Corr", "Weights"},
    "haghani_white": {
        *("Assets", "Exp_excess", "Volatilities", "Corr", "Weights", "Risk_aversion", "Borrow_spread"),
    },
    "leverage_example": {
        *("Equity", "Exp_return", "Volatility", "Borrow_rate", "Target_vol", "Borrow_rates"),
        *("Assets", "Volatilities", "Corr"),
    },
    "static_analysis": {
        *("Assets", "Prices", "Dates", "Weights", "Benchmark", "Borrow_rate", "Data_source", "Periods_per_year"),
        "Estimator",
    },
    "allocation_comparison": {
        *(
            "Prices",
            "Dates",
            "Assets",
            "Data_source",
            "Weights",
            "Benchmark",
            "Exp_returns",
            "Exp_returns_made_up",
            "Risk_free",
        ),
        "Periods_per_year",
        "Estimator",
        *(f"Case_vol_{asset}" for asset in ("bond_1", "bond_2", "stocks", "gold")),
        *(f"Case_corr_{pair}" for pair in ("bonds", "bonds_stocks", "bonds_gold", "stocks_gold")),
    },
    "backtest": {
        *("Prices", "Dates", "Assets", "Data_source", "Lookback", "Rebalance", "Cost_bps", "Risk_free"),
        *(
            "Periods_per_year",
            "Band",
            "Estimator",
            "Benchmark",
            "Target_vol",
            "Max_leverage",
            "Borrow_rate",
            "Cash_rate",
        ),
        *(f"Window_{k}{end}" for k in (1, 2, 3) for end in ("", "_start", "_end")),
    },
    "tear_sheet": {
        *("Prices", "Dates", "Assets", "Data_source", "Periods_per_year"),
        *("Strategy", "Benchmark", "Risk_free", "Rolling_window"),
    },
    "balanced_quadrants": {"Assets", "Growth", "Inflation", "Volatilities", "Corr"},
    "levered_with_futures": {
        *("Equity", "Target_vol", "Cash", "Horizon_days", "Confidence"),
        *("Assets", "Contract_values", "Margin_rates", "Volatilities", "Corr"),
    },
    "rebalance": {
        *("Prices", "Dates", "Assets", "Data_source", "Periods_per_year"),
        *("Holdings", "Lots", "Weights", "Target", "Estimator", "Cash", "Band", "Cost_bps", "Min_trade"),
    },
    "why_not_mean_variance": {
        *("Assets", "Prices", "Dates", "Data_source", "Periods_per_year", "Estimator", "Risk_free", "Borrow_rate"),
        *("Shift", "Other_asset", "Other_return"),
    },
    "famous_portfolios": {
        *("Assets", "Prices", "Dates", "Data_source", "Periods_per_year", "Estimator", "Class_of", "Own_1", "Own_2"),
        *("Own_1_stocks", "Own_1_long_term_bonds", "Own_1_intermediate_bonds", "Own_1_cash", "Own_1_gold"),
        *("Own_2_stocks", "Own_2_long_term_bonds", "Own_2_intermediate_bonds", "Own_2_cash", "Own_2_gold"),
        *("Own_1_commodities", "Own_2_commodities"),
    },
    "tail_risk_parity": {"Assets", "Prices", "Dates", "Data_source", "Periods_per_year", "Confidence"},
    "function_reference": set(),
}


@cache
def book(name: str) -> Workbook:
    return Workbook(built(templates.get(name)), name)


def sheet(name: str, title: str) -> Sheet:
    return book(name).sheet(title)


def right_of(page: Sheet, text: str, steps: int, nth: int = 0) -> object:
    """The value some columns to the right of the cell that holds a text."""
    places = [cell for cell in sorted(page.cells) if page.value(*cell) == text]
    row, column = places[nth]
    return page.value(row, column + steps)


def named(name: str, area_name: str) -> list[list[object]]:
    area = WorkbookInputs(book(name)).find(area_name)
    assert area is not None
    return book(name).sheet(area.sheet).values(area)


# Published numbers. Where a text rounds, the test asks for the printed digits.


def test_the_textbooks_60_40_covariance():
    """Textbook chapter "The Philosophy of Risk Allocation", section 5.3.2."""
    assert named("decomposition_60_40", "Cov") == [
        [pytest.approx(0.0225, abs=1e-15), pytest.approx(-0.0015, abs=1e-15)],
        [pytest.approx(-0.0015, abs=1e-15), pytest.approx(0.0025, abs=1e-15)],
    ]


@pytest.mark.parametrize(
    ("figure", "published", "computed"),
    [
        ("Portfolio volatility", 0.0851, 0.08820431),  # w'Σw = 0.0081 + 0.0004 − 0.00072 = 0.00778
        ("Share of risk, stocks", 0.9636, 0.99485861),  # 0.00774 / 0.00778
        ("Share of risk, bonds", 0.0364, 0.00514139),  # 0.00004 / 0.00778
    ],
)
def test_the_textbooks_60_40_figures_and_what_its_inputs_give(figure, published, computed):
    """The published ones cannot come from the published inputs; they stand beside the right ones."""
    rows = {row[0]: row[1:] for row in named("decomposition_60_40", "Comparison")}
    assert rows[figure][0] == published
    assert rows[figure][1] == pytest.approx(computed, abs=5e-9)
    assert rows[figure][2] == pytest.approx(computed - published, abs=5e-9)


def test_the_message_stands_without_correlation():
    page = sheet("decomposition_60_40", "Decomposition")
    assert right_of(page, "Stocks' share if the correlation were 0", 2) == pytest.approx(0.9529, abs=5e-5)


PRINTED = {  # Haghani & White (2017), "Some Clarity on Risk Parity": return, risk, Sharpe, risk-adjusted return
    "Stocks": (0.040, 0.160, 0.25, 0.002),
    "Bonds": (0.010, 0.040, 0.25, 0.008),
    "Traditional 60/40": (0.028, 0.097, 0.29, 0.014),
    "Risk parity unlevered": (0.016, 0.045, 0.35, 0.013),
    "   weights that give the published 4.1 % and 11.6 %": (0.041, 0.116, 0.35, 0.021),
    "Risk parity, extra borrowing cost: weights as printed": (0.025, 0.080, 0.31, 0.015),
}


@pytest.mark.parametrize("portfolio", PRINTED)
def test_haghani_and_whites_rows_to_the_printed_digit(portfolio):
    row = next(row for row in named("haghani_white", "Comparison") if row[0] == portfolio)
    assert row[9:13] == list(PRINTED[portfolio])
    for computed, printed, digits in zip(row[4:8], PRINTED[portfolio], (3, 3, 2, 3), strict=True):
        assert round(computed, digits) == printed


@pytest.mark.parametrize(
    ("nth", "weights", "figures"),
    [  # percent; by hand: with correlation 0, the optimum is w = (μ − spread) / (3σ²) asset by asset
        (4, (0.50, 2.00), (4.000, 11.314, 0.3536, 2.080)),
        (5, (0.520833, 2.083333), (4.1667, 11.7851, 0.3536, 2.0833)),
        (7, (0.45, 0.85), (2.470, 7.962, 0.3102, 1.519)),
        (8, (0.442708, 0.833333), (2.4385, 7.8285, 0.3115, 1.5193)),
    ],
)
def test_haghani_and_whites_levered_rows(nth, weights, figures):
    """What the paper prints for the levered row (4.1 %, 11.6 %) is neither of the first two."""
    row = named("haghani_white", "Comparison")[1:][nth]
    assert [round(weight, 6) for weight in row[2:4]] == list(weights)
    for computed, expected in zip(row[4:8], figures, strict=True):
        scale = 1 if expected < 0.4 else 100
        digits = len(str(expected).partition(".")[2])
        assert round(scale * computed, max(digits, 3)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("statement", "published", "computed", "tolerance"),
    [
        ("Risk aversion that 60/40 implies", 3, 2.956, 5e-4),  # 0.028 / 0.009472
        ("Levered risk parity over 60/40, risk-adjusted", 0.007, 0.007, 5e-4),
        ("The same after the extra cost of borrowing", 0.001, 0.001, 5e-4),
    ],
)
def test_haghani_and_whites_other_statements(statement, published, computed, tolerance):
    page = sheet("haghani_white", "Risk parity")
    assert right_of(page, statement, 1) == published
    assert right_of(page, statement, 2) == pytest.approx(computed, abs=tolerance)


def test_unlevered_risk_parity_is_20_80():
    row = next(row for row in named("haghani_white", "Comparison") if row[0] == "Risk parity unlevered")
    assert row[2:4] == pytest.approx((0.2, 0.8), abs=1e-12)


@pytest.mark.parametrize(
    ("figure", "published"),
    [  # Butler (ReSolve), "how risk parity uses leverage"
        ("Borrowed", 50),
        ("Invested", 150),
        ("Gross return", 0.06),
        ("Volatility", 0.09),
        ("Borrowing cost", 1),
        ("Borrowing cost, of equity", 0.01),
        ("Net return", 0.05),
    ],
)
def test_the_hundred_dollar_example(figure, published):
    page = sheet("leverage_example", "Leverage")
    row = next(row for row in range(14, 21) if page.value(row, 10) == figure)
    assert page.value(row, 11) == published
    assert page.value(row, 12) == pytest.approx(published, abs=1e-12)


def test_half_the_money_in_stocks_is_over_90_percent_of_the_risk():
    """Butler (ReSolve): vols 16 % and 4 %, uncorrelated; 16/17 = 94.1 %, and 20/80 is balanced."""
    page = sheet("leverage_example", "Balance")
    assert right_of(page, "50/50: 'over 90 %' of the risk is in stocks", 1) == pytest.approx(16 / 17, abs=1e-12)
    assert right_of(page, "20/80: 'balanced', half the risk in each", 1) == pytest.approx(0.5, abs=1e-12)


def test_the_illustrative_table_is_recomputed_with_its_own_leverage():
    """Textbook, section 5.3.5: levered by 2.05 in print, but 9.20 / 4.50 = 2.0444."""
    page = sheet("static_analysis", "Published")
    row = [page.value(16, column) for column in range(3, 11)]
    exact = [9.2 / 4.5 * weight for weight in (0.08, 0.07, 0.55, 0.18, 0.12)]
    assert row == pytest.approx([*exact, 9.2 / 4.5 * 0.028, 0.092, 0.028 / 0.045], abs=1e-12)
    sharpe = [page.value(row, 10) for row in range(13, 17)]
    assert [round(x, 2) for x in sharpe] == [0.52, 0.85, 0.62, 0.62]


# What every template holds.


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_named_and_hold_constants(name):
    inputs = WorkbookInputs(book(name))
    settable = inputs.settable()
    assert set(templates.get(name).sample()) <= INPUTS[name]
    assert settable.keys() >= INPUTS[name]
    for area in (settable[input_name] for input_name in INPUTS[name]):
        assert all(value not in (None, "") for value in inputs.values(area))


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_has_a_right_value(name):
    for page in book(name).worksheets:
        for formula in page.formulas.values():
            for cell in formula.area.cells():
                value = page.value(*cell)
                assert value is not None, (page.name, cell)
                assert not isinstance(value, CellError), (page.name, cell, value)


@pytest.mark.parametrize("name", NAMES)
def test_all_checks_agree(name):
    verdicts = [value for row in named(name, "Checks") for value in row]
    assert len(verdicts) >= 10
    assert set(verdicts) == {"agrees"}
    first = book(name).worksheets[0]
    against = AGAINST.get(name, "native Excel formulas")
    assert first.value(3, 2) == f"All {len(verdicts)} checks against {against} agree"


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_shows(name):
    """Spoil all answers of rpxl a little: verdicts say so, and so does the first sheet."""
    copy = Workbook(templates.get(name).build(), name)
    spoilt = {name: _spoilt(function) for name, function in FUNCTIONS.items()}
    write_cached(copy, calculate(copy, spoilt))
    area = WorkbookInputs(copy).find("Checks")
    verdicts = [value for row in copy.sheet(area.sheet).values(area) for value in row]
    assert sum(str(verdict).startswith("DIFFERS by ") for verdict in verdicts) >= len(verdicts) / 2
    assert str(copy.worksheets[0].value(3, 2)).endswith("DIFFER")


def _spoilt(function):
    return lambda *args: _times(function(*args), 1 + 1e-7)


def _times(answer, factor):
    if isinstance(answer, list):
        return [[_times(cell, factor) for cell in row] for row in answer]
    is_date = isinstance(answer, float) and answer > 20_000 and answer.is_integer()
    return answer * factor if isinstance(answer, float) and not is_date else answer


@pytest.mark.parametrize("name", NAMES)
def test_formulas_are_those_that_every_host_knows(name):
    ours = 0
    for page in book(name).worksheets:
        for formula in page.formulas.values():
            assert not VOLATILE.search(formula.text)
            assert not NEWER_THAN_2016.search(formula.text)
            kinds = {token.kind for token in tokenize(formula.text)}
            assert not kinds & {"structured", "broken", "error"}
            assert "#" not in formula.text
            ours += any(token.kind == "function" and token.body in FUNCTIONS for token in tokenize(formula.text))
    assert ours >= 6


@pytest.mark.parametrize("name", [name for name in NAMES if name != "function_reference"])
def test_array_results_stand_over_their_whole_range(name):
    """An answer of several cells is a dynamic array over all of them; so Excel 2016 and Calc show it whole."""
    one_cell = {"PORT_VOL", "PORT_SHARPE", "RISK_ADJ_RETURN", "IMPLIED_RISK_AVERSION"}
    one_cell |= {"DIVERSIFICATION_RATIO", "EFFECTIVE_BETS", "SCENARIO_RISK"}
    for page in book(name).worksheets:
        for (row, column), formula in page.formulas.items():
            function = re.match(r"(\w+)\(", formula.text)
            if formula.array:
                assert page.cells[row, column].get("cm") == "1"
            if function and function[1] in FUNCTIONS.keys() - one_cell - {"LEVER_TO_VOL"}:
                assert formula.area.height * formula.area.width > 1, formula


@pytest.mark.parametrize("name", NAMES)
def test_formulas_keep_the_limits_of_excel(name):
    """Excel refuses a file with a longer formula, or with a longer text inside one."""
    for page in book(name).worksheets:
        for formula in page.formulas.values():
            assert len(formula.text) <= 8192
            texts = [token.text for token in tokenize(formula.text) if token.kind == "text"]
            assert all(len(text) - 2 <= 255 for text in texts), (page.name, formula.area)


@pytest.mark.parametrize("name", NAMES)
def test_names_resolve_and_clash_with_nothing(name):
    sheets = {page.name for page in book(name).worksheets}
    for defined in book(name).names:
        area = defined.area
        assert area is not None or defined.name.startswith("_xlnm.")
        assert area is None or area.sheet in sheets
        assert defined.name.upper() not in FUNCTIONS
        assert not re.fullmatch(r"[A-Za-z]{1,3}\d+|[RrCc]\d*", defined.name)


@pytest.mark.parametrize("name", NAMES)
def test_charts_draw_cells_and_keep_no_copies(name):
    package = book(name).package
    charts = [part for part in package.parts if re.match(r"xl/charts/chart\d+\.xml", part)]
    assert len(charts) >= CHARTS.get(name, 2)
    for part in charts:
        xml = package.read(part).decode()
        assert "Cache>" not in xml
        assert "<c:f>" in xml
        assert "<c:dateAx>" in xml or not re.search(r"<c:cat><c:numRef>", xml)


@pytest.mark.parametrize("name", NAMES)
def test_notes_name_their_sources(name):
    page = sheet(name, "Notes")
    texts = [str(page.value(*cell)) for cell in page.cells if page.value(*cell)]
    assert "Sources" in texts
    assert sum(len(text) for text in texts) > 800
    assert any(re.search(r"\(\d{4}\)|\bnote\b", text) for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_cached_values_are_not_thrown_away_on_opening(name):
    """A program without rpxl must show the file as it was computed."""
    properties = book(name).root.find("{*}calcPr")
    assert properties is not None
    assert properties.get("fullCalcOnLoad") is None
    assert book(name).custom_properties["rpxl template"] == name


def test_the_sample_prices_say_that_they_are_simulated():
    source = "Simulated sample data (fixed random seed), not market prices"
    assert named("static_analysis", "Data_source") == [[source]]
    assert sheet("static_analysis", "Prices").value(3, 2) == f"Prices: {source}"


def test_levered_risk_parity_has_the_benchmarks_volatility_and_risk_paritys_sharpe():
    page = sheet("static_analysis", "Analysis")
    volatility = [right_of(page, "Volatility", k) for k in range(1, 5)]
    sharpe = [right_of(page, "Sharpe ratio (cash at 0 %)", k) for k in range(1, 5)]
    assert volatility[3] == pytest.approx(volatility[1], rel=1e-12)
    assert sharpe[3] == pytest.approx(sharpe[2], rel=1e-12)


# Other sizes.


def filled(assets: int, dates: int, seed: int = 7, name: str = "static_analysis") -> Workbook:
    """Lay a template out for a size, and put random prices into it."""
    draw = random.Random(seed)
    new = Workbook(templates.get(name).build(assets=assets, dates=dates), name)
    inputs = WorkbookInputs(new)
    prices: list[float | str] = [f"F{i}" for i in range(assets)]
    line = [100.0] * assets
    for _ in range(dates):
        market = draw.gauss(0, 0.005)
        line = [price * (1 + market + draw.gauss(0, 0.004 + 0.01 * i / assets)) for i, price in enumerate(line)]
        prices += line
    inputs.write(inputs.require("Prices"), prices)
    return new


@pytest.mark.parametrize(("assets", "dates"), [(2, 20), (3, 40), (8, 60), (9, 60), (50, 130)])
def test_the_static_analysis_in_other_sizes(assets, dates):
    new = filled(assets, dates)
    result = calculate(new)
    assert not result.left
    assert not result.failures
    write_cached(new, result)
    inputs = WorkbookInputs(new)
    assert (inputs.areas["Prices"].height, inputs.areas["Prices"].width) == (dates + 1, assets)
    assert {verdict for verdict in inputs.values(inputs.areas["Checks"])} == {"agrees"}
    shares = new.sheet("Analysis").values(inputs.areas["Weights_RP"]._replace(left=11, right=11))
    assert [share for (share,) in shares] == pytest.approx([1 / assets] * assets, abs=1e-8)


@pytest.mark.parametrize(("assets", "dates"), [(2, 20), (13, 60), (60, 130)])
def test_the_comparison_in_other_sizes(assets, dates):
    new = filled(assets, dates, name="allocation_comparison")
    result = calculate(new)
    assert not result.left
    assert not result.failures
    write_cached(new, result)
    inputs = WorkbookInputs(new)
    assert {verdict for verdict in inputs.values(inputs.areas["Checks"])} == {"agrees"}


def test_each_strategy_of_the_comparison_is_best_at_what_it_seeks():
    page = sheet("allocation_comparison", "Comparison")
    columns = {text: [page.value(row, column) for row in range(15, 23)] for column, text in (
        (page_column(page, "Volatility"), "vol"),
        (page_column(page, "Sharpe ratio"), "sharpe"),
        (page_column(page, "Diversification ratio"), "ratio"),
        (page_column(page, "Largest share of risk"), "share"),
    )}  # fmt: skip
    assert min(columns["vol"]) == columns["vol"][4]
    assert max(columns["ratio"]) == columns["ratio"][5]
    assert max(columns["sharpe"]) == columns["sharpe"][7]
    assert min(columns["share"]) == columns["share"][3] == pytest.approx(0.2, abs=1e-8)


def page_column(page: Sheet, head: str) -> int:
    return next(column for (row, column) in page.cells if row == 14 and page.value(row, column) == head)


def test_levered_risk_parity_pays_for_what_it_borrows():
    new = filled(3, 60)
    inputs = WorkbookInputs(new)
    inputs.write(inputs.require("Weights"), [0.0, 0.0, 1.0])
    inputs.write(inputs.require("Borrow_rate"), [0.05])
    write_cached(new, calculate(new))
    page = new.sheet("Analysis")
    invested = right_of(page, "Invested, of equity", 4)
    assert invested > 1
    assert right_of(page, "Cost of borrowing", 4) == pytest.approx(0.05 * (invested - 1), rel=1e-12)
    assert right_of(page, "Volatility", 4) == pytest.approx(sqrt(new.sheet("Matrices").value(8, 5)), rel=1e-12)


def test_dates_are_dates():
    (first,), *_, (last,) = named("static_analysis", "Dates")
    start = date(1899, 12, 30)
    assert start + timedelta(days=last) == date(2023, 12, 29)
    assert (start + timedelta(days=first)).weekday() < 5


@pytest.mark.parametrize("name", NAMES[:3])
def test_a_template_of_fixed_size_refuses_others(name):
    with pytest.raises(InputError, match="laid out for 2 assets, not 3"):
        templates.get(name).build(assets=3)
    with pytest.raises(InputError, match="takes no prices"):
        templates.get(name).build(dates=100)


def test_an_unknown_template_is_told_the_nearest():
    with pytest.raises(InputError, match="haghani_white"):
        templates.get("haghani")


# The reference.


def test_the_reference_shows_the_whole_catalogue():
    page = sheet("function_reference", "Functions")
    listed = {page.value(row, 3) for row in range(5, 5 + len(FUNCTIONS))}
    assert listed == FUNCTIONS.keys()
    links = {link.get("location") for link in page.root.iter("{*}hyperlink")}
    assert links == {f"'{function}'!A1" for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_sheet_holds_its_help_and_its_live_example(function):
    page = sheet("function_reference", function)
    texts = {page.value(*cell) for cell in page.cells}
    formula = FUNCTIONS[function]
    assert {formula.usage, formula.description, formula.example.source} <= texts
    assert {parameter.help for parameter in formula.parameters} <= texts
    answer = formula.example.answer
    rows = answer if isinstance(answer, list) else [[answer]]
    (live,) = (f for f in page.formulas.values() if f.text.startswith(f"{function}("))
    assert (live.area.height, live.area.width) == (len(rows), len(rows[0]))
    shown = page.values(live.area)
    for line, expected in zip(shown, rows, strict=True):
        for cell, wanted in zip(line, expected, strict=True):
            if isinstance(wanted, str):
                assert (cell or "") == wanted
            else:
                assert cell == pytest.approx(wanted, rel=0, abs=formula.example.tolerance)


def test_the_reference_notices_words_that_differ():
    copy = Workbook(templates.get("function_reference").build(), "function_reference")
    cell = next(c for c in copy.sheet("RP_CHECK").cells if copy.sheet("RP_CHECK").value(*c) == "OK")
    copy.sheet("RP_CHECK").write(*cell, "NOT OK")
    write_cached(copy, calculate(copy))
    assert right_of(copy.sheet("Functions"), "RP_CHECK", 3) == "DIFFERS in words"


def test_each_quadrant_holds_a_quarter_of_the_risk():
    """Butler (ReSolve): balance along growth and inflation. Within a quadrant, its assets share it equally."""
    assert [share for (share,) in named("balanced_quadrants", "Balance")] == pytest.approx([0.25] * 4, abs=1e-8)
    page = sheet("balanced_quadrants", "Quadrants")
    cov = np.array(named("balanced_quadrants", "Cov"))
    weights = np.array([page.value(row, 9) for row in range(7, 15)])
    shares = weights * (cov @ weights) / (weights @ cov @ weights)
    assert shares == pytest.approx([1 / 12, 1 / 12, 1 / 4, 1 / 12, 1 / 8, 1 / 8, 1 / 8, 1 / 8], abs=1e-8)


def test_futures_are_whole_contracts_near_the_target():
    page = sheet("levered_with_futures", "Futures")
    for row in range(16, 21):
        contracts, value, notional = (page.value(row, column) for column in (7, 6, 8))
        assert contracts.is_integer()
        assert notional == pytest.approx(contracts * value, rel=1e-12)
        assert abs(notional - page.value(row, 5) * 50e6) <= value / 2
    weights = np.array([page.value(row, 9) for row in range(16, 21)])
    volatility = sqrt(weights @ np.array(named("levered_with_futures", "Cov")) @ weights)
    assert page.value(7, 8) == pytest.approx(volatility, rel=1e-12)
    assert volatility == pytest.approx(0.1, abs=5e-4)
    margin = sum(w * rate for w, (rate,) in zip(weights, named("levered_with_futures", "Margin_rates"), strict=True))
    assert page.value(9, 8) == pytest.approx(0.15 - margin, rel=1e-12)
