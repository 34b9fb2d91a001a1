"""Inputs that name an asset: the new prices say which there are."""

import re

import pytest

from rpxl.errors import InputError
from rpxl.filling.chosen_assets import choose_assets
from rpxl.filling.inputs import WorkbookInputs
from rpxl.xlsx.workbook import Workbook

from ..make import workbook


def inputs(*labels: str, strategy: str = "Fund", benchmark: str = "Index", chosen: bool = True) -> WorkbookInputs:
    """Prices of some assets below row 10; the strategy stands above the benchmark, and both above the riskless rate."""

    def write(book) -> None:
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", [strategy, benchmark, 0.02])
        sheet.write_row("A10", labels)
        sheet.write_row("A11", [100.0] * len(labels))
        last = "ABCDEFGHIJKLMNOPQRST"[len(labels) - 1]
        book.define_name("Prices", f"=S!$A$10:${last}$11")
        book.define_name("Benchmark", "=S!$A$2")
        book.define_name("Strategy", "=S!$A$1")
        book.define_name("Rate", "=S!$A$3")
        if chosen:
            for name, row in (("Benchmark", 2), ("Strategy", 1)):
                sheet.write_formula(f"B{row}", f"=MATCH(A{row},A10:{last}10,0)")
                book.define_name(f"{name}_column", f"=S!$B${row}")

    return WorkbookInputs(Workbook(workbook(write)))


def test_a_workbook_without_such_inputs_keeps_its_settings():
    settings = {"Rate": "0.03", "Strategy": "anything"}
    answer, notes = choose_assets(inputs("A", "B", chosen=False), settings)
    assert answer == settings and answer is not settings
    assert notes == []


def test_names_that_are_among_the_new_prices_stay_and_take_their_spelling():
    answer, notes = choose_assets(inputs("Cash", "INDEX", "fund"), {"Rate": "0.03"})
    assert answer == {"Rate": "0.03", "Strategy": "fund", "Benchmark": "INDEX"}
    assert notes == []


def test_names_that_are_not_are_chosen_by_their_place_from_above():
    answer, notes = choose_assets(inputs("A", "B", "C"), {})
    assert answer == {"Strategy": "A", "Benchmark": "B"}
    assert [note.partition(",")[0] for note in notes] == ["Strategy is A", "Benchmark is B"]
    assert "--set Strategy=" in notes[0] and "--set Benchmark=" in notes[1]


def test_what_is_set_counts_before_what_stands_in_the_workbook():
    answer, notes = choose_assets(inputs("A", "Index", "World Equity"), {"STRATEGY": "world  equity", "rate": "0"})
    assert answer == {"rate": "0", "Strategy": "World Equity", "Benchmark": "Index"}
    assert notes == []


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"Strategy": "A"}, {"Strategy": "A", "Benchmark": "B"}),
        ({"Benchmark": "A"}, {"Strategy": "B", "Benchmark": "A"}),
    ],
)
def test_the_other_one_gets_the_first_column_that_is_left(setting: dict[str, str], expected: dict[str, str]):
    answer, notes = choose_assets(inputs("A", "B", "C"), setting)
    assert answer == expected
    assert len(notes) == 1


def test_new_labels_that_are_set_count_as_those_of_the_prices():
    answer, _ = choose_assets(inputs("A", "B"), {"assets": "Index, Fund", "Strategy": "fund"})
    assert answer == {"assets": "Index, Fund", "Strategy": "Fund", "Benchmark": "Index"}


@pytest.mark.parametrize(
    ("labels", "settings", "message"),
    [
        (("A", "B"), {"Benchmark": "X"}, "Benchmark: there is no column 'X' in the prices. Choose one of: A, B."),
        (("A", "a"), {"Strategy": "A"}, "Strategy: there is no column 'A' in the prices. Choose one of: A, a."),
        (("A",), {}, "Benchmark: has no column of prices left. Give prices with one more column."),
        (("A", "B"), {"Strategy": "B", "Benchmark": "b"}, "Benchmark: and Strategy are both 'B'. Choose two of: A, B."),
    ],
)
def test_what_cannot_be_chosen(labels: tuple[str, ...], settings: dict[str, str], message: str):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        choose_assets(inputs(*labels), settings)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(12, "A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12."), (14, "A10, A11, A12 and 2 more.")],
)
def test_a_dozen_of_many_columns_are_listed(count: int, shown: str):
    with pytest.raises(InputError) as caught:
        choose_assets(inputs(*(f"A{i}" for i in range(1, count + 1))), {"Strategy": "X"})
    assert str(caught.value).endswith(shown)
