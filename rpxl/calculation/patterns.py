"""Columns of formulas that are alike: one is analysed, the others are moved copies of it."""

import re
from collections.abc import Container
from copy import copy

from rpxl.calculation.analysis import Analysis
from rpxl.xlsx.cells import FormulaCell
from rpxl.xlsx.references import Area, Token
from rpxl.xlsx.workbook import Workbook

HOLE = "\0"
"""Stands in for a reference that moves with the row of its formula."""

_MOVING = re.compile(r"(?<![\w.$'!:\]?\\])(\$?[A-Z]{1,3})([1-9]\d{0,6})(?![\w.(:!\[?\\])")
_FIXED = frozenset("\"'[{#@\0")


class Pattern:
    """Formulas of one sheet that are the same but for the rows of single cells in them, relative to their own."""

    def __init__(self, first: Analysis, row: int) -> None:
        self.first, self.row = first, row
        self.engine_text = ""
        """How the engine is to read the formulas, with holes; once that is known."""
        self.places = [
            index
            for index, token in enumerate(first.tokens)
            if token.kind == "area" and token.prefix is None and _MOVING.fullmatch(token.text)
        ]

    def move(self, formula: FormulaCell, row: int) -> Analysis:
        """Return the analysis of another of the formulas, which stands in `row`."""
        new = copy(self.first)
        new.formula, new.tokens, new.areas = formula, list(new.tokens), dict(new.areas)
        for index in self.places:
            letters = new.tokens[index].text.rstrip("0123456789")
            area = new.areas[index]
            top = area.top + row - self.row
            text = f"{letters}{top}"
            new.tokens[index] = Token("area", text, None, text)
            new.areas[index] = Area(area.sheet, top, area.left, top, area.right)
        new.precedents = list(new.areas.values())
        return new

    def fill(self, analysis: Analysis, text: str = "") -> str:
        """Put the references of one of the formulas into the text for the engine."""
        pieces = (text or self.engine_text).split(HOLE)
        references = [analysis.tokens[index].text for index in self.places]
        return "".join(part for pair in zip(pieces, [*references, ""], strict=True) for part in pair)


class Analyst:
    """Analyses the formulas of a workbook; of columns of alike formulas the first only."""

    def __init__(self, book: Workbook, own: Container[str]) -> None:
        self._book, self._own = book, own
        self._patterns: dict[tuple[str, str], Pattern] = {}

    def analyse(self, formula: FormulaCell) -> Analysis:
        """Return what a formula is made of; see :class:`Analysis`."""
        text, area = formula.text, formula.area
        if formula.array or not formula.readable or not _FIXED.isdisjoint(text):
            return Analysis(formula, self._book, self._own)
        moving = _MOVING.sub(lambda match: f"{match[1]}\0{int(match[2]) - area.top}\0", text)
        key = area.sheet, moving
        pattern = self._patterns.get(key)
        if pattern is not None:
            return pattern.move(formula, area.top)
        analysis = Analysis(formula, self._book, self._own)
        if moving.count(HOLE):
            pattern = Pattern(analysis, area.top)
            if 2 * len(pattern.places) == moving.count(HOLE):  # else some are no references
                self._patterns[key] = analysis.pattern = pattern
        return analysis
