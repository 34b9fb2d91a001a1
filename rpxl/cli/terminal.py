"""What the commands write to."""

import sys

from rich.console import Console

_UNLIMITED = 100_000


def _width() -> int | None:
    """Return no width for a terminal, which knows its own; what is written to a file or a pipe is not broken."""
    return None if sys.stdout is not None and sys.stdout.isatty() else _UNLIMITED


console = Console(highlight=False, width=_width())
"""Results: standard output."""

errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress, and what went wrong: standard error."""
