import gc
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.calculation.calculate import calculate, write_cached
from rpxl.errors import InputError
from rpxl.filling.fill import fill
from rpxl.filling.filled_down import put_formula
from rpxl.filling.inputs import WorkbookInputs
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
DATES = 12


def _mini(book) -> None:
    """Two assets with prices, as a user may have extended a template."""
    main, data, own = (book.add_worksheet(name) for name in ("Main", "Prices", "My notes"))
    percent = book.add_format({"num_format": "0.0%", "bg_color": "#FFF2CC"})
    last = 1 + DATES
    data.write_row("A1", ["Date", "SPY", "AGG"])
    for row in range(DATES):
        data.write_row(row + 1, 0, [45000 + row, 100.0 + row % 3, 50.0 + row % 4])
    for name, area in {
        "Prices": f"Prices!$B$1:$C${last}",
        "Dates": f"Prices!$A$2:$A${last}",
        "Later": f"Prices!$B$3:$C${last}",
        "Earlier": f"Prices!$B$2:$C${last - 1}",
        "Assets": "Main!$A$2:$A$3",
        "Weights": "Main!$B$2:$B$3",
        "Volatilities": "Main!$C$2:$C$3",
        "Corr": "Main!$D$2:$E$3",
        "Rate": "Main!$B$5",
        "Title": "Main!$B$6",
        "Cov": "Main!$G$2:$H$3",
        "Flag": "Main!$B$7",
    }.items():
        book.define_name(name, f"={area}")
    main.write_column("A2", ["SPY", "AGG"])
    main.write_column("B2", [0.6, 0.4], percent)
    main.write_column("C2", [0.15, 0.05], percent)
    main.write_row("D2", [1, -0.2])
    main.write_row("D3", [-0.2, 1])
    main.write("B5", 0.01, percent)
    main.write("B6", "Sample")
    main.write("B7", True)
    main.write_dynamic_array_formula("G2:H3", "=COV_MATRIX(RETURNS(Prices))", percent)
    main.write_formula("G5", "=PORT_VOL(Weights,COV_FROM_VOLS(Volatilities,Corr))")
    main.write_array_formula("G6", "{=_xlfn.STDEV.S(MMULT(Later/Earlier-1,Weights))*SQRT(252)}")
    main.write_formula("G7", "=G5+Rate")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Main!$B$2:$B$3"})
    main.insert_chart("J2", chart)
    own.write_string("A1", "=not a formula")
    own.write_formula("A2", "=TODAY()", None, 45000)
    own.write_formula("A3", "=IFERROR(A2,0)+1", None, 45001)
    own.write_formula("A4", "=ROWS(Prices)", None, 0)


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    path = tmp_path / "mini.xlsx"
    content = with_parts(
        workbook(_mini),
        {"customXml/item1.xml": b"<a>Prices!A1</a>", "xl/media/image1.png": PNG, "odd/part.bin": b"\x00\x01"},
    )
    path.write_bytes(content)
    return path


def prices_file(path: Path, labels: list[str], count: int, seed: int = 0) -> np.ndarray:
    prices = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, (count, len(labels))), axis=0))
    rows = [[date(2020, 1, 1) + timedelta(days=i), *map(float, row)] for i, row in enumerate(prices)]
    path.write_text("\n".join(",".join(map(str, row)) for row in [["Date", *labels], *rows]), encoding="utf-8")
    return prices


def test_a_fill_leaves_no_workbook_in_memory(tmp_path):
    prices_file(tmp_path / "prices.csv", ["SPY", "AGG"], 90)  # formulas of more than 64 prices are computed as arrays
    template = templates.get("static_analysis").build(2, 50)
    gc.collect()
    gc.disable()  # nothing but the fill itself searches what is left
    try:
        before = workbooks_in_memory()
        fill(template, tmp_path / "out.xlsx", prices=tmp_path / "prices.csv")
        assert workbooks_in_memory() == before
    finally:
        gc.enable()


def workbooks_in_memory() -> int:
    return sum(type(thing) is Workbook for thing in gc.get_objects())


def values(path: Path, name: str) -> list:
    inputs = WorkbookInputs(Workbook(path))
    area = inputs.find(name)
    assert area is not None
    return inputs.values(area)


def answer(path: Path, formula: str) -> list:
    """The values of the first formula with that text."""
    for sheet in Workbook(path).worksheets:
        for found in sheet.formulas.values():
            if found.text == formula:
                return [value for row in sheet.values(found.area) for value in row]
    raise AssertionError(f"no formula {formula}")


def value(path: Path, sheet: str, row: int, column: int):
    return Workbook(path).sheet(sheet).value(row, column)


def changed(old: Path, new: Path) -> set[str]:
    before, after = parts_of(old), parts_of(new)
    assert list(before) == list(after)
    return {part for part in before if before[part] != after[part]}


MAIN_PARTS = {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet3.xml"}  # inputs and results, and the user's formulas


def test_only_the_parts_with_reason_change(mini: Path, tmp_path: Path):
    out = tmp_path / "out.xlsx"
    report = fill(mini, out, weights="SPY=50%,AGG=.5", settings={"rate": "2%", "TITLE": "=@ mine"})
    assert changed(mini, out) == MAIN_PARTS | {"xl/charts/chart1.xml"}  # its chart draws the weights
    assert report.cells == 4
    assert report.left == []  # TODAY and what follows it can't be computed, but read nothing that changed
    assert report.formulas == 5
    assert values(out, "Weights") == [0.5, 0.5]
    assert values(out, "Rate") == [0.02]
    assert values(out, "Title") == ["=@ mine"]
    volatility = (0.5**2 * (0.15**2 + 0.05**2) + 2 * 0.5**2 * -0.2 * 0.15 * 0.05) ** 0.5
    assert value(out, "Main", 5, 7) == pytest.approx(volatility, rel=1e-14)
    assert value(out, "Main", 7, 7) == pytest.approx(volatility + 0.02, rel=1e-14)
    assert value(out, "My notes", 4, 1) == DATES + 1
    assert [value(out, "My notes", row, 1) for row in (2, 3)] == [45000.0, 45001.0]  # as before
    old, new = Workbook(mini).sheet("Main"), Workbook(out).sheet("Main")
    assert {cell: e.get("s") for cell, e in old.cells.items()} == {cell: e.get("s") for cell, e in new.cells.items()}
    assert new.cells[2, 7].get("cm") == "1"
    assert old.formulas == new.formulas


def test_filling_twice_gives_the_same_bytes(mini: Path, tmp_path: Path):
    prices_file(tmp_path / "p.csv", ["SPY", "AGG"], 40)
    outs = [tmp_path / f"{i}.xlsx" for i in range(3)]
    for source, out in zip([mini, mini, outs[0]], outs, strict=True):
        fill(source, out, prices=tmp_path / "p.csv", weights=".7,.3")
    assert outs[0].read_bytes() == outs[1].read_bytes() == outs[2].read_bytes()


@pytest.mark.parametrize("count", [4, 11, DATES, 13, 300])
def test_prices_of_another_length(mini: Path, tmp_path: Path, count: int):
    prices = prices_file(tmp_path / "p.csv", ["SPY", "AGG"], count)
    out = tmp_path / "out.xlsx"
    fill(mini, out, prices=tmp_path / "p.csv")
    touched = {"xl/worksheets/sheet2.xml"} | (set() if count == DATES else {"xl/workbook.xml"})
    assert changed(mini, out) == MAIN_PARTS | touched
    returns = prices[1:] / prices[:-1] - 1
    assert values(out, "Cov") == pytest.approx((np.cov(returns.T) * 252).ravel(), rel=1e-12)
    assert value(out, "Main", 6, 7) == pytest.approx(np.std(returns @ [0.6, 0.4], ddof=1) * 252**0.5, rel=1e-12)
    assert values(out, "Dates") == [43831.0 + i for i in range(count)]  # 2020-01-01 is day 43831
    assert np.array(values(out, "Later")).reshape(-1, 2).tolist() == prices[1:].tolist()
    assert value(out, "My notes", 4, 1) == count + 1


@pytest.mark.parametrize(
    ("labels", "weights", "notes"),
    [
        (["AGG", "SPY"], [0.4, 0.6], 0),
        (["X", "=Y"], [0.6, 0.4], 1),
        (["SPY", "TLT"], [0.6, 0.4], 1),
    ],
)
def test_weights_follow_the_labels(mini: Path, tmp_path: Path, labels: list[str], weights: list[float], notes: int):
    prices_file(tmp_path / "p.csv", labels, 20)
    new = {"vols": ".1,.2", "corr": "1,0;0,1"} if notes else {}
    report = fill(mini, tmp_path / "out.xlsx", prices=tmp_path / "p.csv", **new)
    assert values(tmp_path / "out.xlsx", "Assets") == labels
    assert values(tmp_path / "out.xlsx", "Weights") == weights
    assert sum("Weights" in note for note in report.notes) == notes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": ".5"}, "the workbook has 2 assets, but 1 values are given"),
        ({"weights": "SPY=.5,TLT=.5"}, "no asset 'TLT'. It has SPY, AGG"),
        ({"weights": "SPY=.5,spy=.5"}, "'spy' is given twice"),
        ({"weights": "SPY=.5,.5"}, "has names for some values only"),
        ({"weights": "a,b"}, "'a' is not a number"),
        ({"weights": ".5,nan"}, "not a finite number"),
        ({"vols": "SPY=.1"}, "there is no value for AGG"),
        ({"corr": "1,.2"}, "the row has 2 numbers, not 1"),
        ({"corr": "1"}, "the matrix is 1 x 1, but the workbook has 2 assets"),
        ({"corr": "1,.2;.3,1"}, "Main!G5"),
        ({"settings": {"Nope": "1"}}, "Those that can be set: Assets, Flag, Rate, Title, Volatilities, Weights."),
        ({"settings": {"Cov": "1,2,3,4"}}, "computed from Main!G2 =COV_MATRIX(RETURNS(Prices))"),
        ({"settings": {"Rate": "much"}}, "'much' is not a number"),
        ({"settings": {"Rate": "1,2"}}, "'1,2' is not a number"),
        ({"settings": {"Weights": "1"}}, "holds 2 values, but 1 are given"),
        ({"settings": {"Prices": "1"}}, "use --prices"),
        ({"settings": {"Corr": "1,2,3,4"}}, "neither a row nor a column"),
        ({"settings": {"Flag": "TRUE"}}, "set it in Excel"),
        ({"settings": {"Title": "a\x07"}}, "control character"),
        ({"prices": "none.csv"}, "no such file"),
        ({"vols": "-.1,.2"}, "Main!G5 =PORT_VOL"),
    ],
)
def test_what_is_refused_leaves_nothing(mini: Path, tmp_path: Path, options: dict, words: str):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError) as caught:
        fill(mini, tmp_path / "out.xlsx", **options)
    assert words in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_existing_file(mini: Path, tmp_path: Path):
    out = tmp_path / "out.xlsx"
    out.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists already"):
        fill(mini, out)
    assert out.read_bytes() == b"mine"
    fill(mini, out, force=True)
    assert value(out, "Main", 5, 7) is not None


@pytest.mark.parametrize(
    "text",
    [
        "SPY,.7\nAGG,.3\n",
        "asset,weight\nAGG,30%\nSPY,70%\n",
        "SPY,AGG\n.7,.3\n",
        ",AGG,SPY\nw,.3,.7\n",
        ".7\n.3\n",
        ".7,.3",
    ],
)
def test_a_vector_from_a_file(mini: Path, tmp_path: Path, text: str):
    (tmp_path / "w.csv").write_text(text)
    fill(mini, tmp_path / "out.xlsx", weights=str(tmp_path / "w.csv"))
    assert values(tmp_path / "out.xlsx", "Weights") == [0.7, 0.3]


@pytest.mark.parametrize("text", ["1,.5\n.5,1\n", ",AGG,SPY\nAGG,1,.5\nSPY,.5,1\n", "SPY,AGG\n1,.5\n.5,1\n"])
def test_a_matrix_from_a_file(mini: Path, tmp_path: Path, text: str):
    (tmp_path / "c.csv").write_text(text)
    fill(mini, tmp_path / "out.xlsx", corr=str(tmp_path / "c.csv"))
    assert values(tmp_path / "out.xlsx", "Corr") == [1.0, 0.5, 0.5, 1.0]


def test_a_matrix_in_another_order_follows_its_labels(tmp_path: Path):
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", ["x", "y", "z"])
        book.define_name("Assets", "=S!$A$1:$A$3")
        book.define_name("Corr", "=S!$B$1:$D$3")

    (tmp_path / "t.xlsx").write_bytes(workbook(write))
    (tmp_path / "c.csv").write_text(",z,x,y\nz,1,.1,.2\nx,.1,1,.3\ny,.2,.3,1\n")
    fill(tmp_path / "t.xlsx", tmp_path / "out.xlsx", corr=str(tmp_path / "c.csv"))
    assert values(tmp_path / "out.xlsx", "Corr") == [1.0, 0.3, 0.1, 0.3, 1.0, 0.2, 0.1, 0.2, 1.0]


def test_an_old_failure_is_no_reason_to_stop(tmp_path: Path):
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_formula("A1", '=PORT_VOL("x",1)', None, "#VALUE!")
        sheet.write("B1", 1)
        book.define_name("Rate", "=S!$B$1")

    (tmp_path / "t.xlsx").write_bytes(workbook(write))
    fill(tmp_path / "t.xlsx", tmp_path / "out.xlsx", settings={"Rate": "2"})
    assert value(tmp_path / "out.xlsx", "S", 1, 1) == "#VALUE!"


def test_of_formulas_that_fail_the_one_is_told_that_the_others_read(tmp_path: Path):
    def write(book):
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", [0.04, 0])
        sheet.write_row("A2", [0, 0.01])
        sheet.write_formula("D1", "=PORT_VOL(D2:D3,A1:B2)")
        sheet.write_dynamic_array_formula("D2:D3", "=RP_WEIGHTS(A1:B2)")
        book.define_name("Variance", "=S!$A$1")

    (tmp_path / "t.xlsx").write_bytes(workbook(write))
    with pytest.raises(InputError, match=r"^S!D2 =RP_WEIGHTS.*\(Formulas that fail besides it.*: 1\.\)$"):
        fill(tmp_path / "t.xlsx", tmp_path / "out.xlsx", settings={"Variance": "-1"})


@pytest.mark.parametrize("count", [40, 5])
def test_formulas_filled_down_beside_the_prices_are_extended(tmp_path: Path, count: int):
    """Relative rows count from the formula's own row; those with a $ move as everywhere."""

    def write(book):
        _mini(book)
        data = book.get_worksheet_by_name("Prices")
        for row in range(3, DATES + 2):
            data.write_formula(row - 1, 5, f"=B{row}/B{row - 1}-1")
            data.write_formula(row - 1, 6, f"=B{row}/MAX(B$2:B{row})-B${DATES + 1}+$B$2*0")
            data.write_array_formula(row - 1, 7, row - 1, 7, f"{{=SUM(F{row}:F{row}*2)}}")

    (tmp_path / "t.xlsx").write_bytes(workbook(write))
    prices = prices_file(tmp_path / "p.csv", ["SPY", "AGG"], count)[:, 0]
    fill(tmp_path / "t.xlsx", tmp_path / "out.xlsx", prices=tmp_path / "p.csv")
    sheet = Workbook(tmp_path / "out.xlsx").sheet("Prices")
    returns, drops, twice = ([sheet.value(row, column) for row in range(3, count + 2)] for column in (6, 7, 8))
    assert returns == pytest.approx(prices[1:] / prices[:-1] - 1, rel=1e-12)
    assert drops == pytest.approx((prices / np.maximum.accumulate(prices))[1:] - prices[-1], rel=1e-12)
    assert twice == pytest.approx(2 * np.array(returns), rel=1e-12)
    assert not any(row > count + 1 for row, _ in sheet.formulas)


def test_formulas_beside_the_prices_are_not_torn_apart(tmp_path: Path):
    """What isn't filled down, or reads a sheet that has no more rows, can't be extended."""

    def write(book, formula):
        _mini(book)
        data = book.get_worksheet_by_name("Prices")
        for row in range(3, DATES):
            data.write_formula(row, 5, formula.format(row=row + 1))

    for formula, count, words in (
        ("=B{row}*{row}", 40, r"Prices!F8\).* can't be extended"),
        ("=B{row}*{row}", 5, "would lose Prices!F4"),
        ("=B{row}*Main!B{row}", 40, r"\(Main!B4 would not grow\).* can't be extended"),
    ):
        (tmp_path / "t.xlsx").write_bytes(workbook(lambda book, formula=formula: write(book, formula)))
        prices_file(tmp_path / "p.csv", ["SPY", "AGG"], count)
        with pytest.raises(InputError, match=words):
            fill(tmp_path / "t.xlsx", tmp_path / "out.xlsx", prices=tmp_path / "p.csv")


def test_another_number_of_assets_needs_a_template(mini: Path, tmp_path: Path):
    prices_file(tmp_path / "p.csv", ["A", "B", "C"], 20)
    with pytest.raises(InputError, match=r"3 assets, but the workbook has 2\. Only an rpxl template"):
        fill(mini, tmp_path / "out.xlsx", prices=tmp_path / "p.csv")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("templates") / "static.xlsx"
    book = Workbook(templates.get("static_analysis").build(), "static_analysis")
    write_cached(book, calculate(book))
    book.package.save(path)
    return path


@pytest.mark.parametrize("assets", [2, 9])
def test_a_template_is_laid_out_anew_for_another_number_of_assets(static: Path, tmp_path: Path, assets: int):
    labels = [f"=Asset {i}" for i in range(assets)]
    prices = prices_file(tmp_path / "p.csv", labels, 60, seed=assets)
    out, back = tmp_path / "out.xlsx", tmp_path / "back.xlsx"
    report = fill(static, out, prices=tmp_path / "p.csv", settings={"Borrow_rate": "3%"})
    assert report.left == [] and "laid out anew" in " ".join(report.notes)
    cov = np.cov((prices[1:] / prices[:-1] - 1).T) * 365  # there is a price every day
    assert values(out, "Cov") == pytest.approx(cov.ravel(), rel=1e-11)
    weights = np.array(answer(out, "RP_WEIGHTS(Cov)"))
    assert weights * (cov @ weights) / (weights @ cov @ weights) == pytest.approx(np.full(assets, 1 / assets), abs=1e-8)
    assert set(values(out, "Checks")) == {"agrees"}
    prices_file(tmp_path / "q.csv", ["A", "B", "C"], 30)
    fill(out, back, prices=tmp_path / "q.csv")
    assert values(back, "Borrow_rate") == [0.03]  # carried over
    assert values(back, "Weights") == [0.6, 0.4, 0.0]


def test_a_template_that_was_changed_is_not_laid_out_anew(static: Path, tmp_path: Path):
    book = Workbook(static)
    book.sheet("Analysis").write(60, 12, "my note")
    book.package.save(tmp_path / "mine.xlsx")
    prices_file(tmp_path / "p.csv", ["A", "B"], 30)
    with pytest.raises(InputError, match=r"not as this version of rpxl builds it \(the cell Analysis!L60 differs\)"):
        fill(tmp_path / "mine.xlsx", tmp_path / "out.xlsx", prices=tmp_path / "p.csv")


def test_a_filled_template_says_where_its_prices_are_from(static: Path, tmp_path: Path):
    prices_file(tmp_path / "closes.csv", ["A", "B", "C", "D", "E"], 30)
    fill(static, tmp_path / "out.xlsx", prices=tmp_path / "closes.csv")
    assert values(tmp_path / "out.xlsx", "Data_source") == ["Prices from closes.csv"]


def test_periods_that_somebody_computes_are_left_to_her(static: Path, tmp_path: Path):
    """The template is of today, so it is no reason to refuse prices that are not of trading days."""
    book = Workbook(static)
    area = WorkbookInputs(book).require("Periods_per_year")
    put_formula(book.sheet(area.sheet), area.top, area.left, "73*5")
    book.package.save(tmp_path / "mine.xlsx")
    prices = prices_file(tmp_path / "p.csv", ["A", "B", "C", "D", "E"], 60)
    report = fill(tmp_path / "mine.xlsx", tmp_path / "out.xlsx", prices=tmp_path / "p.csv")
    assert any("has no input Periods_per_year: check that its formulas" in note for note in report.notes)
    cov = np.cov((prices[1:] / prices[:-1] - 1).T) * 365
    assert values(tmp_path / "out.xlsx", "Cov") == pytest.approx(cov.ravel(), rel=1e-11)


def test_an_input_is_never_replaced(tmp_path):
    prices = tmp_path / "p.xlsx"
    prices.write_bytes(b"prices")
    for inputs in ({"prices": prices}, {"vols": str(prices)}):
        with pytest.raises(InputError, match="never replaced"):
            fill(tmp_path / "none.xlsx", prices, force=True, **inputs)
    assert prices.read_bytes() == b"prices"


def test_more_assets_than_a_template_takes(tmp_path):
    prices_file(tmp_path / "p.csv", [f"A{i}" for i in range(251)], 260)
    with pytest.raises(InputError, match="has 251 assets; templates take up to 250"):
        fill(
            Path(__file__).parents[2] / "workbooks" / "static_analysis.xlsx",
            tmp_path / "o.xlsx",
            prices=tmp_path / "p.csv",
        )
