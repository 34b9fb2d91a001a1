"""How many threads the linear algebra may use."""

import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from types import TracebackType
from typing import Any

from rpxl.core.cholesky import LARGE

_SMALL = 60  # assets up to which no function of the library uses more than one thread


def few_threads(size: int) -> AbstractContextManager[None]:
    """Return a context in which linear algebra on `size` assets uses no more threads than pay.

    Threads that share a factorisation of a hundred rows wait for each other at every few of them. That gains little on
    an idle machine, and on one whose cores are busy each wait lasts until the scheduler comes round.
    """
    if size <= _SMALL:
        return nullcontext()
    return one_thread(size)


def one_thread(size: int) -> AbstractContextManager[None]:
    """Return a context in which linear algebra on up to `size` assets uses one thread, so that bits are the same.

    How many threads share a product decides in which order its sums are formed.
    """
    if size >= LARGE:
        import_module("scipy.linalg.lapack")  # now, for its threads to be among those that are held
    return _one_thread()


class _OneThread(AbstractContextManager[None]):
    """Holds the libraries' threads at one while any thread of this process is inside."""

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
    """Find the libraries that compute, anew once scipy has brought its own: it takes long."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped, unused-ignore]

    return ThreadpoolController().select(user_api="blas")
