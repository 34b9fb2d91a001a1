"""How many threads the linear algebra may use."""

import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from types import TracebackType
from typing import Any

from rpxl.core.cholesky import LARGE

_SMALL = 60  # up to this number of assets, the linear algebra library uses one thread anyway


def few_threads(size: int) -> AbstractContextManager[None]:
    """Return a context in which linear algebra on `size` assets uses no more threads than save time.

    Threads that share the factorisation of a hundred rows wait for each other after every few rows. That gains little
    on an idle machine. On a busy one, each wait may last until the operating system runs the other thread again.
    """
    if size <= _SMALL:
        return nullcontext()
    return one_thread(size)


def one_thread(size: int) -> AbstractContextManager[None]:
    """Return a context in which linear algebra on up to `size` assets uses one thread.

    Then the same input gives exactly the same result: the number of threads decides in which order sums are formed.
    """
    if size >= LARGE:
        import_module("scipy.linalg.lapack")  # loaded now, so that its threads are limited too
    return _one_thread()


class _OneThread(AbstractContextManager[None]):
    """Limits the libraries to one thread while any thread of this process is inside the context."""

    def __init__(self) -> None:
        from threading import Lock

        self._lock, self._inside = Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit = _libraries("scipy.linalg.lapack" in sys.modules).limit(limits=1)
            self._inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


_one_thread = cache(_OneThread)


@cache
def _libraries(_scipy: bool) -> Any:
    """Find the linear algebra libraries: a slow search, repeated only when scipy has loaded its own."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped, unused-ignore]

    return ThreadpoolController().select(user_api="blas")
