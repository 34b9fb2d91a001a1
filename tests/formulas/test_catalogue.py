"""The catalogue is complete, and every example in it gives its expected answer."""

import inspect
import re

import numpy as np
import pytest

import rpxl.formulas
from rpxl.errors import InputError
from rpxl.formulas.catalogue import CATEGORIES, FUNCTIONS, Example, WorksheetFunction, find, formula
from rpxl.formulas.readers import Choice

LONGEST_WIZARD_TEXT = 255  # Excel cuts what is longer


@pytest.fixture(params=FUNCTIONS.values(), ids=FUNCTIONS.keys())
def function(request) -> WorksheetFunction:
    return request.param


def test_every_function_is_importable_by_its_name():
    assert len(FUNCTIONS) >= 19
    for name in FUNCTIONS:
        assert getattr(rpxl.formulas, name) is FUNCTIONS[name]


def test_help_is_complete(function):
    assert function.category in CATEGORIES
    assert 20 <= len(function.description) <= LONGEST_WIZARD_TEXT
    assert function.description.endswith(".")
    assert function.example.source
    assert function.example.tolerance <= 1e-4  # published figures have four digits
    assert ">>>" in function.__doc__
    for parameter in function.parameters:
        assert 20 <= len(parameter.help) <= LONGEST_WIZARD_TEXT, parameter.name
        if isinstance(parameter.reader, Choice):
            assert all(option in parameter.help for option in parameter.reader.options)
            assert parameter.default == parameter.reader.options[0]


def test_the_help_of_an_argument_tells_its_default(function):
    for parameter in function.parameters:
        default = parameter.default
        if parameter.optional and default is not None:
            if isinstance(default, bool):
                default = str(default).upper()
            elif not isinstance(default, str):
                default = f"{np.squeeze(default):g}"  # one bound stands for all assets
            told = re.search(r"(?:Default|\(default) ([\w.]*\w)|([\w.]*\w) \(default[,)]", parameter.help)
            assert told and default in told.groups(), parameter.name


def test_optional_arguments_come_last(function):
    optional = [parameter.optional for parameter in function.parameters]
    assert optional == sorted(optional)
    assert list(inspect.signature(function).parameters) == [parameter.name for parameter in function.parameters]


def test_example_gives_its_answer(function):
    answer = function(*function.example.args)
    assert_same(answer, function.example.answer, function.example.tolerance)


def test_example_gives_its_answer_from_tuples(function):
    def frozen(cells):
        return tuple(map(frozen, cells)) if isinstance(cells, list) else cells

    answer = function(*map(frozen, function.example.args))
    assert_same(answer, function.example.answer, function.example.tolerance)


def assert_same(answer, expected, tolerance):
    if isinstance(expected, list):
        assert [len(row) for row in answer] == [len(row) for row in expected]
        for row, expected_row in zip(answer, expected, strict=True):
            for cell, expected_cell in zip(row, expected_row, strict=True):
                assert_same(cell, expected_cell, tolerance)
    elif isinstance(expected, str):
        assert answer == expected
    else:
        assert type(answer) is float
        assert answer == pytest.approx(expected, rel=tolerance, abs=tolerance)


def test_a_function_is_found_in_any_case_and_an_unknown_one_offers_the_nearest():
    assert find(" rp_weights ") is rpxl.formulas.RP_WEIGHTS
    with pytest.raises(InputError, match="Did you mean RP_WEIGHTS"):
        find("RP_WEIGTHS")


def test_an_unknown_category_is_refused():
    with pytest.raises(ValueError, match="unknown category"):
        formula("Nonsense", example=Example(args=(), answer=0.0, source=""))(lambda: 0.0)


def test_too_many_unknown_and_missing_arguments_are_named():
    with pytest.raises(InputError, match=r"at the most.*RP_WEIGHTS\(cov, \[budgets\]"):
        rpxl.formulas.RP_WEIGHTS(*[1.0] * 12)
    with pytest.raises(InputError, match="given twice"):
        rpxl.formulas.PORT_VOL([1.0], weights=[1.0])
    with pytest.raises(InputError, match="given twice"):
        rpxl.formulas.PORT_VOL([1.0], covariance=[[1.0]])
    with pytest.raises(InputError, match="cov: is missing"):
        rpxl.formulas.PORT_VOL([1.0])
