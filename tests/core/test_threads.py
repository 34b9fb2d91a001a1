"""How many threads the linear algebra is given, of libraries that count them."""

from functools import cache

import pytest

from rpxl.core import threads
from rpxl.core.cholesky import LARGE


class Libraries:
    """Stands in for the libraries: eight threads, until there is a limit."""

    threads = 8

    def limit(self, limits: int) -> "Libraries":
        self.threads = limits
        return self

    def restore_original_limits(self) -> None:
        self.threads = 8


@pytest.fixture
def libraries(monkeypatch):
    made = Libraries()
    monkeypatch.setattr(threads, "_libraries", lambda _scipy: made)
    monkeypatch.setattr(threads, "_one_thread", cache(threads._OneThread))
    return made


def test_sixty_assets_keep_all_threads_and_more_get_one(libraries):
    with threads.few_threads(60):
        assert libraries.threads == 8
    with threads.few_threads(61):
        assert libraries.threads == 1
    assert libraries.threads == 8


def test_the_outermost_gives_the_threads_back(libraries):
    with threads.one_thread(2):
        with threads.one_thread(2):
            assert libraries.threads == 1
        assert libraries.threads == 1
    assert libraries.threads == 8


@pytest.mark.parametrize(("size", "imported"), [(LARGE - 1, 0), (LARGE, 1), (LARGE + 1, 1)])
def test_scipy_is_there_before_its_threads_are_held(libraries, monkeypatch, size, imported):
    names: list[str] = []
    monkeypatch.setattr(threads, "import_module", names.append)
    threads.one_thread(size)
    assert names == ["scipy.linalg.lapack"] * imported
