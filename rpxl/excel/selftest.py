"""``rpxl doctor --selftest``: the test that a person with Excel runs before a release.

It starts an Excel of its own, loads the installed add-in, puts every example of the catalogue into a scratch workbook
and compares the answers, checks the error and the reason of formulas that must fail, ends Python and checks that it
starts again, runs each macro through the add-in, and measures the time of a call.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from rpxl.errors import RpxlError
from rpxl.excel import host, windows_checks
from rpxl.excel.check import Check
from rpxl.excel.paths import NOT_HERE, InstallError, install_paths
from rpxl.formulas.catalogue import FUNCTIONS, WorksheetFunction
from rpxl.formulas.cells import ERROR_TEXTS, Cells, as_rows

Rows = list[list[Any]]


class Bench(Protocol):
    """A scratch workbook in an Excel that has the add-in."""

    def compute(self, name: str, args: Sequence[Cells], height: int, width: int) -> Rows:
        """Put the arguments and the formula into cells, and return what `height` × `width` cells then show."""

    def formula(self, text: str, cells: Rows) -> Any:
        """Put cells into a new sheet from A1 on and a formula beside them, and return what its cell shows."""

    def milliseconds(self, name: str, cells: Rows, count: int) -> float:
        """Return how long a call takes in milliseconds, the mean of `count` cells with the same formula."""

    def end_python(self) -> None:
        """End the Python that serves Excel, as a crash would."""

    def reason(self) -> str:
        """Return what "Explain error" says about the last formula."""

    def macro(self, name: str, cells: Rows, answers: Sequence[Rows | str]) -> list[str]:
        """Run a macro on selected cells, and return the error values on the sheet that it made.

        An answer that is rows is put into cells, and their address is given to the macro.
        """

    def press(self, macro: str) -> int:
        """Run a macro as its button does, and return how many sheets it made."""


def selftest(bench: Bench) -> Iterator[Check]:
    """Test everything in a scratch workbook, and yield each finding when it is made."""
    for name, formula in FUNCTIONS.items():
        yield _checked(f"={name}()", partial(_example, bench, formula))
    for check, text, cells, shown, reason in _FAILURES:
        yield _checked(check, partial(_failure, bench, text, cells, shown, reason))
    for text in _NOT_CALLABLE:
        yield _checked(f"{text} cannot be called", partial(_not_callable, bench, text))
    yield _checked("Whole columns", partial(_whole_columns, bench))
    yield _checked("Python comes back", partial(_python_comes_back, bench))
    for name, cells, answers in _macros():
        yield _checked(f"Macro {name}", partial(_macro, bench, name, cells, answers))
    yield _checked("A button of the ribbon", partial(_button, bench))
    for name, size in _TIMED:
        yield _time(bench, name, size)


def _checked(check: str, problem: Callable[[], str]) -> Check:
    try:
        told = problem()
    except Exception as error:  # whatever Excel does, the other checks must run
        told = f"{type(error).__name__}: {error}"
    return (
        Check(check, "bad", told, "See 'rpxl doctor'; if that finds nothing, report this.")
        if told
        else Check(check, "good", "as expected.")
    )


def _example(bench: Bench, formula: WorksheetFunction) -> str:
    expected = as_rows("answer", formula.example.answer)
    shown = bench.compute(formula.name, formula.example.args, len(expected), len(expected[0]))
    for i, (cells, wanted) in enumerate(zip(shown, expected, strict=True), 1):
        for j, (cell, value) in enumerate(zip(cells, wanted, strict=True), 1):
            if not _same(cell, value, formula.example.tolerance):
                return f"row {i}, column {j} shows {cell!r} instead of {value!r}. {bench.reason()}"
    return ""


def _same(cell: Any, value: float | str, tolerance: float) -> bool:
    if isinstance(value, str):
        return (cell or "") == value
    allowed = max(tolerance, 1e-12)
    return isinstance(cell, int | float) and abs(cell - value) <= allowed * max(1.0, abs(value))


_FAILURES: tuple[tuple[str, str, Rows, str, str], ...] = (
    ("Text in a matrix", "=VOLS(A1:B2)", [[0.04, "x"], [0.0, 0.01]], "#VALUE!", "row 1, column 2 holds the text 'x'"),
    ("A blank in a matrix", "=VOLS(A1:B2)", [[0.04, 0.0], [0.0, None]], "#N/A", "row 2, column 2 is blank"),
    ("An error in a matrix", "=VOLS(A1:B2)", [[0.04, "=1/0"], [0.0, 0.01]], "#VALUE!", "holds the error #DIV/0!"),
    ("No such portfolio", "=RP_WEIGHTS(A1:B2)", [[0.04, -0.04], [-0.04, 0.04]], "#NUM!", ""),
    ("Several ranges", "=VOLS((A1:B1,A2:B2))", [[0.04, 0.0], [0.0, 0.01]], "#VALUE!", "cov: is several ranges"),
)
"""Formulas that must fail: what is tested, the formula, the cells, the error it must show, words of the reason."""

_NOT_CALLABLE = ('=CallPython("VOLS",1,FALSE,A1)', '=RunPython("1")', "=RestartPython()", "=ReasonFor(1)")

_TIMED = (("VOLS", 5), ("RP_WEIGHTS", 5), ("RP_WEIGHTS", 100))


def _failure(bench: Bench, formula: str, cells: Rows, wanted: str, words: str) -> str:
    shown = bench.formula(formula, cells)
    if shown != wanted:
        return f"the cell shows {shown!r} instead of {wanted}."
    reason = bench.reason()
    return "" if words in reason else f"the reason is {reason!r}."


def _not_callable(bench: Bench, formula: str) -> str:
    try:
        shown = bench.formula(formula, [[1.0]])
    except Exception:  # Excel does not even accept the formula
        return ""
    return "" if shown == "#NAME?" else f"the cell shows {shown!r}: a formula can call what no formula may call."


def _whole_columns(bench: Bench) -> str:
    shown = bench.formula("=PORT_VOL(A:A,B:C)", [[0.5, 0.04, 0.0], [0.5, 0.0, 0.04]])
    wanted = 0.02**0.5
    return "" if _same(shown, wanted, 1e-12) else f"the cell shows {shown!r} instead of {wanted}. {bench.reason()}"


def _python_comes_back(bench: Bench) -> str:
    bench.end_python()
    shown = bench.formula("=PORT_VOL(A1:A2,B1:C2)", [[0.5, 0.04, 0.0], [0.5, 0.0, 0.04]])
    return "" if _same(shown, 0.02**0.5, 1e-12) else f"the cell shows {shown!r} instead of a number. {bench.reason()}"


def _time(bench: Bench, name: str, size: int) -> Check:
    check = f"Time of ={name}() on {size} × {size}"
    cells: Rows = [[0.04 if i == j else 0.01 for j in range(size)] for i in range(size)]
    try:
        return Check(check, "good", f"{bench.milliseconds(name, cells, 200 if size < 50 else 20):.2f} ms.")
    except Exception as error:  # whatever Excel does, the other checks must run
        return Check(check, "bad", f"{type(error).__name__}: {error}", "Report this.")


def _macros() -> Iterator[tuple[str, Rows, list[Rows | str]]]:
    from rpxl.excel.macros import MACROS

    for name, macro in MACROS.items():
        if macro.trial is not None:
            yield name, *macro.trial()


def _macro(bench: Bench, name: str, cells: Rows, answers: Sequence[Rows | str]) -> str:
    errors = bench.macro(name, cells, answers)
    return f"the new cells show {', '.join(errors)}." if errors else ""


def _button(bench: Bench) -> str:
    made = bench.press("functions")
    return "" if made == 1 else f"the button 'Functions' made {made} sheets instead of 1."


class ExcelBench:
    """A scratch workbook in an Excel of its own, started and ended by `with`."""

    _GAP = 2

    def __init__(self, app: Any, addin: str) -> None:
        self._app = app
        app.books.open(addin)  # an Excel that was started by a program loads no add-ins by itself
        self._book = app.books.add()
        self._last: Any = None

    def compute(self, name: str, args: Sequence[Cells], height: int, width: int) -> Rows:
        """Put the arguments and the formula into cells of a new sheet, and return what its cells show."""
        sheet = self._book.sheets.add()
        addresses = self._put(sheet, args)
        self._last = sheet.range((1, 1))
        target = host.block(sheet, 1, 1, height, width)
        host.put_formula(target, f"={name}({','.join(addresses)})")
        rows: Rows = target.options(ndim=2, err_to_str=True).value
        return rows

    def formula(self, text: str, cells: Rows) -> Any:
        """Put cells into a new sheet from A1 on and a formula beside them, and return what its cell shows."""
        sheet = self._book.sheets.add()
        host.block(sheet, 1, 1, len(cells), len(cells[0])).value = cells
        self._last = sheet.range((1, len(cells[0]) + 2))
        host.put_formula(self._last, text)
        return self._last.options(err_to_str=True).value

    def milliseconds(self, name: str, cells: Rows, count: int) -> float:
        """Return how long a call takes in milliseconds, the mean of `count` cells with the same formula."""
        sheet = self._book.sheets.add()
        area = host.block(sheet, 1, 1, len(cells), len(cells[0]))
        area.value = cells
        self._app.calculation = "manual"
        try:
            for number in range(count):
                first = sheet.range((1 + number * (len(cells) + 1), len(cells[0]) + 2))
                host.put_formula(first, f"=SUM({name}({area.address}))")
            started = perf_counter()
            area.value = cells  # so that Excel must compute all formulas again
            self._app.calculate()
            return (perf_counter() - started) / count * 1000
        finally:
            self._app.calculation = "automatic"

    def end_python(self) -> None:
        """End the processes of Python that this Excel has started."""
        query = (
            f"Get-CimInstance Win32_Process -Filter 'ParentProcessId={self._app.pid}' | Where-Object Name -like 'py*'"
        )
        ended = windows_checks.output(
            [
                "powershell",
                "-NoProfile",
                "-Command",
                f"{query} | ForEach-Object {{ Stop-Process -Force -Id $_.ProcessId; 1 }}",
            ]
        )
        if not ended.strip():
            raise RpxlError("this Excel has started no Python.")

    def _put(self, sheet: Any, args: Sequence[Cells]) -> list[str]:
        """Write the arguments one below the other, well to the right of where the answer goes."""
        row, addresses = 1, []
        for cells in args:
            rows = as_rows("argument", cells)
            area = host.block(sheet, row, 30, len(rows), len(rows[0]))
            area.value = [list(line) for line in rows]
            addresses.append(area.address)
            row += len(rows) + self._GAP
        return addresses

    def reason(self) -> str:
        """Return what "Explain error" says about the last formula."""
        target = self._last.sheet.range((1, 60))
        self._app.macro("'rpxl.xlam'!WriteExplanation")(self._last.api, target.api)
        return str(target.value)

    def macro(self, name: str, cells: Rows, answers: Sequence[Rows | str]) -> list[str]:
        """Run a macro on selected cells through the add-in, and return the error values on the sheet that it made."""
        source = self._book.sheets.add()
        given = ""
        for number, answer in enumerate(answers):
            if isinstance(answer, str):
                given += f"{answer}\t"
            else:
                area = host.block(source, 1, 40 * (number + 1), len(answer), len(answer[0]))
                area.value = answer
                given += f"[{self._book.name}]{source.name}!{area.address}\t"
        selected = host.block(source, 1, 1, len(cells), len(cells[0]))
        selected.value = cells
        selected.select()
        said = source.range((1, 250))
        self._app.macro("'rpxl.xlam'!WriteReply")(name, given, said.api)
        if said.value:
            raise RpxlError(str(said.value))
        shown = self._app.selection.sheet.used_range.options(ndim=2, err_to_str=True).value
        return sorted({cell for row in shown for cell in row if cell in ERROR_TEXTS})

    def press(self, macro: str) -> int:
        """Run a macro as its button does, and return how many sheets it made."""
        before = len(self._book.sheets)
        self._app.macro("'rpxl.xlam'!RunMacro")(macro)
        return len(self._book.sheets) - before

    def close(self) -> None:
        """Close the scratch workbook without keeping it."""
        self._book.close()


@contextlib.contextmanager
def excel_bench() -> Iterator[ExcelBench]:
    """Start an Excel with the installed add-in and a scratch workbook, and end it.

    Raises
    ------
    InstallError
        This is not Windows, the add-in is not installed, or Excel can't be started.
    """
    if sys.platform != "win32":
        raise InstallError(f"The self-test needs Excel for Windows. {NOT_HERE}")
    import xlwings

    addin = install_paths().addin
    if not addin.is_file():
        raise InstallError("The add-in is not installed. Run 'rpxl install' first.")
    try:
        app = xlwings.App(visible=True, add_book=False)
    except Exception as error:  # pywin32's own kinds, which are there on Windows only
        raise InstallError(f"Excel could not be started ({error}). Is it installed for this user?") from None
    with app:
        bench = ExcelBench(app, str(addin))
        try:
            yield bench
        finally:
            bench.close()


def free_path(wanted: Path) -> Path:
    """Return a path that no file has: the wanted one, or with a number."""
    paths = (wanted.with_stem(f"{wanted.stem}{suffix}") for suffix in ("", *(f" {i}" for i in range(2, 10_000))))
    return next(path for path in paths if not path.exists())
