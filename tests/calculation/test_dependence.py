"""Formulas that depend on cells are found, whatever the shapes of what they read."""

import random

import pytest

from rpxl.calculation.dependence import dependents
from rpxl.xlsx.references import Area


def one_by_one(seeds, formulas):
    """The same by the definition: who reads a cell of what changed has changed, until nobody is added."""
    changed, found = list(seeds), set()
    while True:
        new = {
            index
            for index, (_, reads) in enumerate(formulas)
            if index not in found and any(read.meets(area) for read in reads for area in changed)
        }
        if not new:
            return found
        found |= new
        changed += [formulas[index][0] for index in new]


@pytest.mark.parametrize("seed", range(200))
def test_they_are_those_that_the_definition_finds(seed):
    rng = random.Random(seed)
    tallest = rng.choice((2, 6, 30))

    def area() -> Area:
        top, left = rng.randrange(1, 40), rng.randrange(1, 12)
        return Area(rng.choice("ST"), top, left, top + rng.randrange(tallest), left + rng.randrange(6))

    formulas = [(area(), [area() for _ in range(rng.randrange(4))]) for _ in range(rng.randrange(1, 40))]
    seeds = [area() for _ in range(rng.randrange(3))]
    assert dependents(seeds, formulas) == one_by_one(seeds, formulas)


def test_a_whole_column_and_a_whole_sheet():
    column, sheet = Area("S", 1, 2, 1048576, 2), Area("S", 1, 1, 1048576, 16384)
    formulas = [(Area("T", 1, 1, 1, 1), [column]), (Area("T", 2, 1, 2, 1), [Area("S", 9, 9, 9, 9)])]
    assert dependents([Area("S", 5, 2, 5, 2)], formulas) == {0}
    assert dependents([column], formulas) == {0}
    assert dependents([sheet], formulas) == {0, 1}
    assert dependents([Area("T", 1, 1, 5, 5)], formulas) == set()
