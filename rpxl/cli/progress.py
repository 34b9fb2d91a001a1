"""How far a long run is, and how long it will still take: a bar on a terminal, else a line a minute."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

_SECONDS = 60.0
"""How often a line is written where there is no terminal."""


class Pace:
    """The time that the rest will take, at the pace so far.

    Parameters
    ----------
    total
        How many items there are.
    clock
        Returns the time, in seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.done = total, 0
        self._clock, self._start, self._worked = clock, clock(), 0

    def advance(self, worked: bool) -> None:
        """Count one more item; `worked` is False if there was nothing to do for it."""
        if not self._worked and not worked:
            self._start = self._clock()
        self.done += 1
        self._worked += worked

    @property
    def words(self) -> str:
        """Say how long the rest will take; an empty text while that is not known.

        >>> times = iter([0.0, 30.0])
        >>> pace = Pace(11, lambda: next(times))
        >>> pace.advance(True)
        >>> pace.words
        'about 5 minutes left'
        """
        if not self._worked or self.done == self.total:
            return ""
        seconds = (self._clock() - self._start) / self._worked * (self.total - self.done)
        if seconds < 90:
            return f"about {max(round(seconds), 1)} s left"
        if seconds < 90 * 60:
            return f"about {round(seconds / 60)} minutes left"
        return f"about {seconds / 3600:.1f} hours left"


@contextmanager
def progress(
    total: int, console: Console, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[bool], None]]:
    """Show the progress of a run while it goes on.

    Parameters
    ----------
    total
        How many items there are.
    console
        Where it is shown.
    clock
        Returns the time, in seconds.

    Yields
    ------
    A function to call after each item, with whether there was anything to do for it.
    """
    pace = Pace(total, clock)
    if console.is_terminal:
        columns = (TextColumn("Filling"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=total, left="")

            def advance(worked: bool) -> None:
                pace.advance(worked)
                bar.update(task, completed=pace.done, left=pace.words)

            yield advance
        return
    last = clock()

    def write(worked: bool) -> None:
        nonlocal last
        pace.advance(worked)
        if clock() - last >= _SECONDS and pace.words:
            last = clock()
            console.print(f"{pace.done} of {total} done, {pace.words}.")

    yield write
