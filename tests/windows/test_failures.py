"""Python dies, cannot start, or is shared: what cells show then, and that the next ones are right again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.windows.excel import AddIn, memory, running, servers, wait_until_gone
from tests.windows.target import Target

Start = Callable[..., AddIn]

START = 1
COV = [[0.04 if i == j else 0.01 for j in range(5)] for i in range(5)]


def own_servers(target: Target, before: set[int]) -> list[int]:
    """Return the servers that were started since."""
    return [pid for pid in servers(target) if pid not in before]


@pytest.fixture
def before(target: Target) -> set[int]:
    """The servers of other Excels."""
    return set(servers(target))


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)


def test_without_python_a_thousand_cells_fail_at_once(
    start_addin: Start, target: Target, tell: Callable[[str], None]
) -> None:
    addin = start_addin(python=target.python_folder + r"\gone\python.exe")
    start = time.monotonic()
    answers = [addin.cell("VOLS", 0.04) for _ in range(1000)]
    taken = time.monotonic() - start
    tell(f"1,000 cells without Python: {taken:.1f} s")
    assert taken < 5
    assert [mode for mode, _ in addin.attempts] == [START]
    assert all("did not let Excel start Python" in answer for answer in answers)
    assert "tries again after a minute" in answers[-1]
    assert len(addin.notes) == 1


def test_with_a_python_that_lacks_rpxl_a_thousand_cells_fail_at_once(
    start_addin: Start, target: Target, before: set[int], tell: Callable[[str], None]
) -> None:
    hidden = target.packages / "rpxl"
    away = target.packages / "rpxl-away"
    hidden.rename(away)
    try:
        addin = start_addin()
        start = time.monotonic()
        answers = [addin.cell("VOLS", 0.04) for _ in range(1000)]
        taken = time.monotonic() - start
    finally:
        away.rename(hidden)
    tell(f"1,000 cells with a Python without rpxl: {taken:.1f} s")
    assert taken < 5
    assert [mode for mode, _ in addin.attempts] == [START]
    assert all("ended as soon as Excel had started it" in answer for answer in answers)
    assert own_servers(target, before) == []
    # rpxl is there again: after Restart Python cells compute
    addin.restart()
    assert addin.cell("VOLS", 0.04) == pytest.approx(0.2)
    assert addin.notes[-1] == ""


def test_a_dll_that_is_gone_is_told(start_addin: Start) -> None:
    addin = start_addin(dll_folder=r"C:\nowhere")
    answers = [addin.cell("VOLS", 0.04) for _ in range(3)]
    assert all("Windows did not load" in answer for answer in answers)
    assert addin.attempts == []


def test_a_python_killed_between_calls_is_replaced(own_addin: AddIn, target: Target, before: set[int]) -> None:
    assert own_addin.cell("VOLS", 0.04) == pytest.approx(0.2)
    (first,) = own_servers(target, before)
    end(first)
    assert own_addin.cell("VOLS", 0.09) == pytest.approx(0.3)
    (second,) = own_servers(target, before)
    assert second != first
    assert set(own_addin.notes) == {""}


def test_a_python_killed_after_it_was_found_is_replaced(own_addin: AddIn, target: Target, before: set[int]) -> None:
    assert own_addin.cell("VOLS", 0.04) == pytest.approx(0.2)
    (first,) = own_servers(target, before)
    own_addin.before_call = lambda: end(first)
    assert own_addin.cell("VOLS", 0.09) == pytest.approx(0.3)


def test_a_python_killed_during_a_call_is_replaced(own_addin: AddIn, target: Target, before: set[int]) -> None:
    assert own_addin.cell("VOLS", 0.04) == pytest.approx(0.2)
    (first,) = own_servers(target, before)

    def stop_then_kill() -> None:
        time.sleep(0.3)  # the call has reached the process, which does not answer
        end(first)

    own_addin.before_call = lambda: os.kill(first, signal.SIGSTOP)
    own_addin.instead_of_answer = stop_then_kill
    assert own_addin.cell("VOLS", 0.09) == pytest.approx(0.3)
    assert own_addin.cell("VOLS", 0.16) == pytest.approx(0.4)
    assert len(own_servers(target, before)) == 1


@contextmanager
def done_at_each_start(target: Target, code: str) -> Iterator[None]:
    """Let every Python that starts run some code first."""
    custom = target.packages / "sitecustomize.py"
    custom.write_text(code)
    try:
        yield
    finally:
        custom.unlink()


def test_a_python_that_prints_is_no_trouble(own_addin: AddIn, target: Target) -> None:
    """Nobody reads what it prints: more than any pipe holds."""
    to_both = "for each in filter(None, (sys.stdout, sys.stderr)):"
    noise = f"import sys\n{to_both}\n    print('x' * 300_000, file=each, flush=True)"
    with done_at_each_start(target, noise):
        assert own_addin.cell("VOLS", 0.04) == pytest.approx(0.2)


def test_a_python_that_takes_long_to_start_is_waited_for(own_addin: AddIn, target: Target, before: set[int]) -> None:
    with done_at_each_start(target, "import time\ntime.sleep(3)"):
        start = time.monotonic()
        assert own_addin.cell("VOLS", 0.04) == pytest.approx(0.2)
        assert time.monotonic() - start > 3
    assert own_addin.cell("VOLS", 0.09) == pytest.approx(0.3)
    assert [mode for mode, _ in own_addin.attempts] == [START, START]
    assert len(own_servers(target, before)) == 1


def test_restart_ends_python(own_addin: AddIn, target: Target, before: set[int]) -> None:
    own_addin.cell("VOLS", 0.04)
    (first,) = own_servers(target, before)
    own_addin.restart()
    wait_until_gone(first)
    assert own_addin.cell("VOLS", 0.09) == pytest.approx(0.3)


@pytest.mark.parametrize("how", ["close", "kill"])
def test_python_ends_with_its_excel(start_addin: Start, target: Target, before: set[int], how: str) -> None:
    addin = start_addin()
    addin.cell("VOLS", 0.04)
    (server,) = own_servers(target, before)
    getattr(addin.excel, how)()
    wait_until_gone(server)
    assert running(target, "rpxl.excel.server") == [*before]


def test_two_excels_have_a_python_each(start_addin: Start, target: Target, before: set[int]) -> None:
    one, two = start_addin(), start_addin()
    for i in range(1, 6):
        assert one.cell("VOLS", float(i * i)) == pytest.approx(i)
        assert two.cell("VOLS", float(4 * i * i)) == pytest.approx(2 * i)
    pids = own_servers(target, before)
    assert len(pids) == 2
    # Both compute at the same time
    for addin, variance in ((one, 0.04), (two, 0.09)):
        addin.excel.send(*addin.excel.words("VOLS", variance))
    assert one.excel.result(one.excel.answer()) == pytest.approx(0.2)
    assert two.excel.result(two.excel.answer()) == pytest.approx(0.3)
    one.restart()
    assert two.cell("VOLS", 0.25) == pytest.approx(0.5)
    assert one.cell("VOLS", 0.25) == pytest.approx(0.5)


def test_memory_stays_flat_over_ten_thousand_calls(
    own_addin: AddIn, target: Target, before: set[int], tell: Callable[[str], None]
) -> None:
    own_addin.cell("VOLS", COV)
    (server,) = own_servers(target, before)
    (excel,) = [pid for pid in running(target, "excel.exe") if pid == own_addin.excel.process.pid]
    used = []
    for _ in range(10):
        own_addin.excel.repeat(1000, own_addin.command, "RP_WEIGHTS", COV)
        used.append((memory(server), memory(excel)))
    tell(f"memory after 1,000 and 10,000 calls: Python {used[0][0]:.0f} and {used[-1][0]:.0f} MB")
    assert used[-1][0] - used[0][0] < 3
    assert used[-1][1] - used[0][1] < 3
    assert own_servers(target, before) == [server]
