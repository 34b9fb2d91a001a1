"""Values that belong to assets: they move with the assets' names when new prices have others or another order."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rpxl.errors import InputError
from rpxl.filling.inputs import WorkbookInputs
from rpxl.xlsx.cells import Value
from rpxl.xlsx.references import Area, same_name

WEIGHTS = "Weights"
EXP_RETURNS, MADE_UP, GIVEN = "Exp_returns", "Exp_returns_made_up", "given"
"""Expected returns; those that a template made up; and the word that replaces the latter once the user gives some."""

_KNOWN = (
    WEIGHTS,
    EXP_RETURNS,
    MADE_UP,
    "Exp_excess",
    "Volatilities",
    "Corr",
    "Margin_rates",
    "Contract_values",
    "Holdings",
    "Lots",
    "Class_of",
)
_OTHERS = ("Assets", "Prices", "Dates")


@dataclass(frozen=True)
class Belongings:
    """Inputs with a value for each asset, or for each pair of assets, and the assets' names."""

    labels: list[str]
    values: dict[str, list[Value]]

    def places(self, name: str, labels: Sequence[str]) -> list[int | None]:
        """Return, for each cell that an input has with new labels, the place of its old value; None for a new asset."""
        known = {same_label(label): k for k, label in enumerate(self.labels)}
        found = [known.get(same_label(label)) for label in labels]
        size = len(self.labels)
        if len(self.values[name]) == size:
            return found
        return [None if i is None or j is None else size * i + j for i in found for j in found]


def same_label(label: str) -> str:
    """Return the form in which names are compared: case, blanks and the composition of accents don't count.

    >>> same_label("World  Equity") == same_label("world equity ")
    True
    """
    return " ".join(unicodedata.normalize("NFC", label).split()).casefold()


def same_assets(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether the same assets stand in the same order."""
    return [same_label(label) for label in one] == [same_label(label) for label in other]


def belongings(inputs: WorkbookInputs) -> Belongings:
    """Read what belongs to the assets of a workbook: inputs that have as many cells as there are assets, or pairs."""
    labels = inputs.labels() or []
    size = len(labels)
    values = {}
    for name, area in inputs.settable().items():
        alone = any(same_name(name, other) for other in _OTHERS)
        if size >= 2 and not alone and _per_asset(area, size):
            usual = next((known for known in _KNOWN if same_name(known, name)), name)
            values[usual] = inputs.values(area)
    return Belongings(labels, values)


def _per_asset(area: Area, size: int) -> bool:
    shape = area.height, area.width
    return shape in ((size, 1), (1, size), (size, size))


def move(
    inputs: WorkbookInputs,
    old: Belongings,
    labels: Sequence[str],
    given: Collection[str],
    spare: Mapping[str, Sequence[Value]],
) -> int:
    """Put values where their assets stand now.

    Parameters
    ----------
    inputs
        The workbook, with its new assets.
    old
        What belonged to the earlier ones.
    labels
        The new assets.
    given
        Names of inputs that the user sets: these are left alone.
    spare
        For some inputs, a value for each of `labels`, which an asset gets if it is new.

    Returns
    -------
    How many cells changed.

    Raises
    ------
    InputError
        A new asset has no value, or it can't be told whether the cells of a name belong to the assets.
    """
    known = {same_label(label) for label in old.labels}
    new = [label for label in labels if same_label(label) not in known]
    if same_assets(old.labels, labels):
        return 0
    cells = 0
    for name in old.values:
        if same_name(name, WEIGHTS) or any(same_name(name, other) for other in given):
            continue
        area = inputs.find(name)
        if area is None or not _per_asset(area, len(labels)):
            continue
        if name not in _KNOWN:
            raise InputError(
                name,
                f"the assets or their order changed, and {area} seems to have a value for each of them. Give "
                f"it with --set {name}=…, or give the prices of the same assets in the workbook's order.",
            )
        places = old.places(name, labels)
        if None in places and name not in spare:
            raise InputError(name, f"there is no value for {', '.join(new)}. Give it too.")
        values = [spare[name][k] if at is None else old.values[name][at] for k, at in enumerate(places)]
        plain = [value for value in values if isinstance(value, float | str)]
        if len(plain) < len(values):
            raise InputError(name, f"{area} has a blank or an error among its values, which can't follow their assets.")
        cells += inputs.write(area, plain)
    return cells


def mark_as_given(inputs: WorkbookInputs) -> int:
    """Note that the expected returns are the user's; return how many cells changed."""
    area = inputs.settable().get(MADE_UP)
    return 0 if area is None else inputs.write(area, [GIVEN] * (area.height * area.width))


def note_on_expected_returns(inputs: WorkbookInputs, labels: Sequence[str]) -> str | None:
    """Tell which expected returns are made up, or left from other prices; None when there is nothing to tell.

    Raises
    ------
    InputError
        The expected returns, or those that were made up, have not one cell for each asset.
    """
    settable = inputs.settable()
    if EXP_RETURNS not in settable:
        return None
    advice = f"Set your own: --set {EXP_RETURNS}=…"
    if MADE_UP not in settable:
        return f"{EXP_RETURNS} are kept from the earlier prices, by the names of the assets. {advice}"
    columns = [inputs.values(settable[name]) for name in (EXP_RETURNS, MADE_UP)]
    for name, values in zip((EXP_RETURNS, MADE_UP), columns, strict=True):
        if len(values) != len(labels):
            raise InputError(
                name, f"{settable[name]} has {len(values)} cells for {len(labels)} assets. Let the name have one each."
            )
    pairs = zip(labels, *columns, strict=True)
    names = [label for label, value, made_up in pairs if value == made_up]
    if not names:
        return None
    whose = "all assets" if len(names) == len(labels) else ", ".join(names)
    return f"{EXP_RETURNS} of {whose} are made up, as an illustration; nothing in the prices gives them. {advice}"
