"""Stops Python's search for reference cycles while many cells are made: each search would go through all of them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Return a context, also a decorator, in which Python does not search for cycles; reference counts still free."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def nothing_left() -> Iterator[None]:
    """Return a context, also a decorator, after which workbooks that were made in it have left memory.

    A workbook and its sheets hold each other. Only what is new is searched for such cycles, at the end.
    """
    with without_collection():
        yield
    gc.collect(0)
