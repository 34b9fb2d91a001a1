"""What the commands write to."""

import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from rpxl.errors import RpxlError

_UNLIMITED = 100_000


def _width() -> int | None:
    """Return no width for a terminal, which has its own; lines in a file or a pipe are not wrapped."""
    return None if sys.stdout is not None and sys.stdout.isatty() else _UNLIMITED


console = Console(highlight=False, width=_width())
"""Results: standard output."""

errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress, and what went wrong: standard error."""


def report_check(path: Path, differences: Iterable[str], source: str, command: str) -> None:
    """Say that what is at a path is what its `source` builds, or how it differs.

    Raises
    ------
    RpxlError
        It differs; `command` is what builds it anew.
    """
    told = [*differences]
    for difference in told:
        errors.print(escape(difference))
    if told:
        raise RpxlError(f"{path} is not what the {source}; run '{command}'.")
    console.print(f"{escape(str(path))} is what the {source}.")
