"""Notes on what a computed workbook says of its inputs in cells, for a user who does not open it at once."""

from rpxl.filling.inputs import WorkbookInputs
from rpxl.xlsx.workbook import Workbook

_TOLD, _USED = "Class_told", "Class_used"
"""For each asset who told its class, and the class: ranges of the template famous_portfolios."""
_SHOWN = 12


def result_notes(book: Workbook) -> list[str]:
    """Return notes on the classes of the assets that a computed workbook had to guess, or doesn't know."""
    inputs = WorkbookInputs(book)
    labels, told, used = inputs.labels() or [], inputs.find(_TOLD), inputs.find(_USED)
    if told is None or used is None or not len(labels) == told.height == used.height:
        return []
    notes = []
    guessed = [label for label, word in zip(labels, inputs.values(told), strict=True) if word == "GUESSED"]
    if guessed:
        notes.append(
            f"No class is known for {_listed(guessed)}: counted as stocks. "
            f"Choose the classes on the sheet {told.sheet}, or with --set Class_of=…, one for each asset, or auto."
        )
    unknown = [label for label, word in zip(labels, inputs.values(used), strict=True) if word == "UNKNOWN"]
    if unknown:
        notes.append(f"The class given for {_listed(unknown)} is not one of the workbook's: choose one of those.")
    return notes


def _listed(labels: list[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return ", ".join(labels[:_SHOWN]) + more
