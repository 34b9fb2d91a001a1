"""What the commands write to."""

from rich.console import Console

console = Console(highlight=False)
"""Results: standard output."""

errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress, and what went wrong: standard error."""
