"""Whatever an argument holds, the answer is one of our exceptions or finite numbers, and nothing else."""

import math
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl.errors import RpxlError
from rpxl.formulas.catalogue import FUNCTIONS
from rpxl.formulas.cells import ERROR_CODES, ERROR_TEXTS
from rpxl.formulas.readers import Choice

cell = st.one_of(
    st.floats(),
    st.floats(-1, 1),
    st.integers(-3, 3),
    st.integers(),
    st.none(),
    st.text(max_size=4),
    st.booleans(),
    st.sampled_from(
        [*ERROR_CODES, *ERROR_TEXTS, "", " ", "SPY", "sample", "{0}", 1j, b"x", datetime(2024, 1, 1), np.nan]
    ),
)
row = st.lists(cell, max_size=4)
cells = st.one_of(
    cell,
    row,
    st.lists(row, max_size=4),
    st.lists(row.map(tuple), max_size=4).map(tuple),
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(st.floats(-2, 2), min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(st.floats(-2, 2), min_size=n, max_size=n), min_size=n, max_size=n).map(np.array)
    ),
    st.sampled_from(
        [
            {},
            set(),
            object(),
            np.zeros((0, 0)),
            np.zeros(3),
            np.zeros((2, 2, 2)),
            np.array([["a"]]),
            lambda: 0,
        ]
    ),
)
vast = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-320, 1e-280), st.floats(1e280, 1e308))


every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())


def assert_finite(answer):
    if isinstance(answer, list):
        assert answer
        assert len({len(line) for line in answer}) == 1
        for line in answer:
            for value in line:
                assert type(value) in (float, str)
                assert isinstance(value, str) or math.isfinite(value)
    else:
        assert type(answer) in (float, str)
        assert isinstance(answer, str) or math.isfinite(answer)


def call(function, args):
    try:
        answer = function(*args)
    except RpxlError as error:
        assert str(error)
    else:
        assert_finite(answer)


@every_function
@given(data=st.data())
@settings(max_examples=60)
def test_garbage_in_every_argument(function, data):
    count = data.draw(st.integers(0, len(function.parameters)))
    call(function, [data.draw(cells) for _ in range(count)])


@every_function
@given(data=st.data())
@settings(max_examples=60)
def test_garbage_in_one_argument_of_a_good_call(function, data):
    args = list(function.example.args)
    spoiled = data.draw(st.integers(0, len(function.parameters) - 1))
    args += [None] * (spoiled + 1 - len(args))
    args[spoiled] = data.draw(cells)
    call(function, args)


@every_function
@given(data=st.data())
@settings(max_examples=60)
def test_numbers_of_any_size_in_the_right_shapes(function, data):
    def resized(value):
        if isinstance(value, list):
            return [resized(inner) for inner in value]
        return data.draw(vast)

    args = [
        value if isinstance(parameter.reader, Choice) else resized(value)
        for parameter, value in zip(function.parameters, function.example.args, strict=False)
    ]
    call(function, args)
