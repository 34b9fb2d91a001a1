"""The target and an Excel with the add-in, for all tests of this folder."""

import os
from collections.abc import Callable, Iterator

import pytest
from pyopenvba.interpreter import _intrinsics

from tests.windows import target as targets
from tests.windows.excel import AddIn
from tests.windows.target import MissingToolError, Target

collect_ignore = ["stand_in.py", "stand_in_objects.py"]  # they run in Windows' Python

_reports: list[str] = []


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """Windows with Python and rpxl; where it can't be, the tests are skipped, or fail with RPXL_REQUIRE_WINE set."""
    try:
        built = targets.build()
    except MissingToolError as missing:
        if os.environ.get("RPXL_REQUIRE_WINE"):
            raise
        pytest.skip(str(missing))
    if built.seconds:
        _reports.append(f"Windows was built in {built.seconds:.0f} s")
    built.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_intrinsics.INTRINSICS, "environ", lambda *_: built.user_folder)
        yield built
    built.stop()


@pytest.fixture(scope="session")
def addin(target: Target) -> Iterator[AddIn]:
    """An Excel that is shared by all tests that leave it as it was."""
    excel = AddIn(target)
    yield excel
    excel.close()


@pytest.fixture
def start_addin(target: Target) -> Iterator[Callable[..., AddIn]]:
    """Start Excels of a test's own, whose Python it may kill; they end with the test."""
    started = []

    def start(**settings: str) -> AddIn:
        started.append(AddIn(target, **settings))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def own_addin(start_addin: Callable[..., AddIn]) -> AddIn:
    """An Excel of a test's own."""
    return start_addin()


@pytest.fixture
def tell() -> Callable[[str], None]:
    """Print a line at the end, such as a time; it is measured under Wine, not under Windows."""
    return _reports.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the lines that the tests gave."""
    if _reports:
        terminalreporter.section("under Wine")
        for line in _reports:
            terminalreporter.write_line(line)
