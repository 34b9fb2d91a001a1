"""Inputs that name one of the assets, such as a strategy and its benchmark, when prices of other assets come in.

An input ``NAME`` is one of these if the workbook computes ``NAME_column``, its place among the assets.
"""

from collections.abc import Mapping, Sequence

from rpxl.errors import InputError
from rpxl.filling.belongings import same_label
from rpxl.filling.inputs import WorkbookInputs
from rpxl.xlsx.references import same_name

_SHOWN = 12


def choose_assets(inputs: WorkbookInputs, settings: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Decide which assets these inputs name.

    Parameters
    ----------
    inputs
        The workbook, with its new prices.
    settings
        What the user sets, as text.

    Returns
    -------
    The settings, with the names as they are written above the prices; and notes on what was chosen.

    Raises
    ------
    InputError
        There is no such asset, or two inputs name the same one.
    """
    names = [name for name in inputs.settable() if inputs.find(f"{name}_column") is not None]
    if not names:
        return dict(settings), []
    names.sort(key=lambda name: inputs.areas[name].top)
    given = {name: text for name in names for known, text in settings.items() if same_name(known, name)}
    assets = next((text.split(",") for known, text in settings.items() if same_name(known, "Assets")), None)
    labels = inputs.labels() or [] if assets is None else [label.strip() for label in assets]
    chosen = {name: _label(name, text, labels) for name, text in given.items()}
    notes = []
    for name in names:
        if name in chosen:
            continue
        old = str(inputs.values(inputs.areas[name])[0])
        kept = next((label for label in labels if same_label(label) == same_label(old)), None)
        free = [label for label in labels if label not in chosen.values()]
        if kept is None and not free:
            raise InputError(name, "has no column of prices left. Give prices with one more column.")
        chosen[name] = free[0] if kept is None else kept
        if kept is None:
            notes.append(f"{name} is {chosen[name]}, by its place in the prices. Choose another: --set {name}=…")
    for one in names:
        for other in names[: names.index(one)]:
            if chosen[one] == chosen[other]:
                text = f"and {other} are both {chosen[one]!r}. Choose two of: {_listed(labels)}."
                raise InputError(one, text)
    others = {known: text for known, text in settings.items() if not any(same_name(known, name) for name in names)}
    return others | chosen, notes


def _label(name: str, text: str, labels: Sequence[str]) -> str:
    """Return the label that a text means."""
    found = [label for label in labels if same_label(label) == same_label(text)]
    if len(found) != 1:
        raise InputError(name, f"there is no column {text!r} in the prices. Choose one of: {_listed(labels)}.")
    return found[0]


def _listed(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return ", ".join(labels[:_SHOWN]) + more
