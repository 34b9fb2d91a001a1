"""Prices of several assets from files: read, joined by date, and checked."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rpxl.core.array_checks import plural
from rpxl.core.calendar import FEWEST_DATES, TRADING_DAYS, Frequency, frequency, gaps
from rpxl.core.dates import DAY_ZERO, DAY_ZERO_1904, Dates
from rpxl.errors import InputError
from rpxl.prices.files import endings, is_hidden, is_readable
from rpxl.prices.frame import Frame, join, read_frame
from rpxl.prices.plain_text import read_plain_text
from rpxl.prices.table import Cell, blank_words, is_empty, shown

if TYPE_CHECKING:
    import pandas as pd

FEWEST_ROWS = 4
MAX_ROWS = 200_000
MISSING_WAYS = ("error", "drop_rows")

_START = 100.0
_PERCENT = 3.0
"""Returns with a higher annual volatility than this (300 %) are probably percentages: an error."""

_HIGH = 1.0
"""Returns with a higher annual volatility than this (100 %) may be percentages, such as those of bonds: a note."""

_STEEP = 4.0
"""A step from one price to the next by a larger factor may be a split or a wrong decimal point: a note."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices of n assets on T dates, the oldest first.

    Attributes
    ----------
    dates : list of date
        T dates, each after the one before.
    labels : list of str
        n names of assets.
    values : array of shape (T, n)
        Prices, all positive.
    source : str
        The source of the prices, as a text.
    frequency : Frequency or None
        How often there is a price, with its ``periods_per_year``; None if the dates do not show it.
    notes : tuple of str
        Notes to the user on how they were read: rows left out or sorted, columns ignored.
    """

    dates: list[date]
    labels: list[str]
    values: npt.NDArray[np.float64]
    source: str
    frequency: Frequency | None = None
    notes: tuple[str, ...] = ()

    def to_frame(self) -> "pd.DataFrame":
        """Return the prices as a pandas table: a row per date, a column per asset."""
        import pandas as pd

        return pd.DataFrame(self.values, index=pd.DatetimeIndex(self.dates, name="Date"), columns=self.labels)


def read_prices(
    source: Path | str | Iterable[Path | str],
    *,
    sheet: str | None = None,
    column: str | None = None,
    returns: bool = False,
    missing: str = "error",
    fewest_assets: int = 1,
) -> Prices:
    """Read prices from a file, several files, or a folder of files, and check them.

    Parameters
    ----------
    source : path, or several
        A text file (CSV, TSV, TXT) with any separator and encoding, or a workbook (XLSX, XLSM, XLS, XLSB, ODS).
        Several files, or those of a folder, are joined by date. The shape of the table is found: a column per asset;
        one asset's open, high, low and close; two or three heading rows as from yfinance; pairs of dates and prices;
        a row per date and asset.
    sheet : str, optional
        The sheet of a workbook; needed if several sheets have dates and numbers.
    column : str, optional
        The column of an asset that is its price, such as "Close". Left out: the adjusted close, else the close.
    returns : bool
        Whether the numbers are simple returns per period (0.01 is 1 %). They are turned into prices that start at 100
        one period before the first return.
    missing : str
        What to do where an asset has no price: "error", or "drop_rows" to leave out the date.
    fewest_assets : int
        The number of assets that there must be at least.

    Returns
    -------
    Prices

    Raises
    ------
    InputError
        Something is wrong or can be read in two ways; the message names the file, sheet, row and column, and says
        what to do.

    Notes
    -----
    Dates are found by the rule of :mod:`rpxl.formulas.date_column`; rows that are not in order are sorted. Each date
    and each label may occur once. A gap is an error: a step between dates that is longer than their frequency and
    holidays explain (:func:`rpxl.core.calendar.gaps`). There must be n + 2 rows or more, and at least four: with
    fewer, the sample covariance matrix of n assets is singular.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "prices.csv")
    >>> rows = ["Month;SPY;AGG", "31.01.2024;482,9;99,1", "29.02.2024;508,1;97,3", "28.03.2024;523,1;97,9",
    ...         "30.04.2024;501,9;95,4"]
    >>> _ = path.write_text(chr(10).join(rows))
    >>> prices = read_prices(path)
    >>> prices.labels, prices.values[1].tolist(), prices.dates[-1], prices.frequency.words
    (['SPY', 'AGG'], [508.1, 97.3], datetime.date(2024, 4, 30), 'monthly, 12 a year')
    >>> folder.cleanup()
    """
    if missing not in MISSING_WAYS:
        raise InputError("missing", f"is {missing!r}; choose one of: {', '.join(MISSING_WAYS)}.")
    given = [Path(source)] if isinstance(source, Path | str) else [Path(path) for path in source]
    notes: list[str] = []
    paths = _files(given, notes)
    frames = [_read(path, sheet, column, notes, len(paths) > 1, returns) for path in paths]
    frame = frames[0] if len(frames) == 1 else join(frames, ", ".join(map(str, given)))
    word = "returns" if returns else "prices"
    if len(frame.labels) < fewest_assets:
        problem = f"there is one asset, {frame.labels[0]}, but at least {fewest_assets} are needed"
        raise InputError(frame.name, f"{problem}. Give each asset's file: --prices A.csv --prices B.csv.")
    _refuse_senseless(frame, returns)
    every = frame.dates
    frame = _complete(frame, missing, notes)
    if len(frame.dates) > MAX_ROWS:
        raise InputError(frame.name, f"there are {len(frame.dates)} rows of {word}; at most {MAX_ROWS} are allowed.")
    needed = fewest_rows(len(frame.labels)) - int(returns)
    if len(frame.dates) < needed:
        problem = f"{plural(len(frame.dates), 'row')} of {word} are too few for {plural(len(frame.labels), 'asset')}"
        raise InputError(frame.name, f"{problem}: at least {needed} are needed, and hundreds are better.")
    found = _frequency(frame, every)
    dates, values = frame.dates, frame.values
    if returns:
        dates, values = _cumulate(frame, found, notes)
    else:
        _mention_steps(frame, notes)
    origin = f"{'Returns' if returns else 'Prices'} from {', '.join(path.name for path in given)}"
    return Prices(dates.tolist(), frame.labels, values, origin, found, tuple(dict.fromkeys(notes)))


def fewest_rows(assets: int) -> int:
    """Return the smallest number of rows of prices for a number of assets."""
    return max(assets + 2, FEWEST_ROWS)


def serial(day: date, date1904: bool = False) -> int:
    """Return the day number of a date in a workbook, which counts from 1904 if `date1904`.

    >>> serial(date(2020, 2, 29))
    43890
    """
    return (day - (DAY_ZERO_1904 if date1904 else DAY_ZERO)).days


def _files(given: Sequence[Path], notes: list[str]) -> list[Path]:
    """List the files to read; a folder stands for the files in it that can be read."""
    if not given:
        raise InputError("prices", "no file is given.")
    paths: list[Path] = []
    for path in given:
        if not path.is_dir():
            paths.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if not is_hidden(p))
        readable = [p for p in inside if p.is_file() and is_readable(p)]
        if not readable:
            raise InputError(str(path), f"there is no file of prices in this folder ({endings()}).")
        others = [p.name for p in inside if p not in readable]
        if others:
            notes.append(f"Not read in {path.name}: {', '.join(others)}.")
        paths += readable
    return paths


def _read(path: Path, sheet: str | None, column: str | None, notes: list[str], several: bool, percent: bool) -> Frame:
    own: list[str] = []
    quick = read_plain_text(path) if sheet is None and column is None else None
    frame = quick or read_frame(path, sheet, column, own, percent=percent)
    notes += [f"{path.name}: {note}" if several else note for note in own]
    return frame


def _refuse_senseless(frame: Frame, returns: bool) -> None:
    """Raise InputError for a price that is not positive, or a return of −100 % or less."""
    wrong = frame.values <= (-1.0 if returns else 0.0)
    if wrong.any():
        row, column = map(int, np.argwhere(wrong)[0])
        value = frame.values[row, column]
        text = (
            f"a return of {value:g} loses everything. If these are percentages, divide them by 100, or write 1.5%."
            if returns
            else f"{value:g} is not a price; prices are positive. If these are returns, use --returns."
        )
        raise frame.error(text, row, column)


def _complete(frame: Frame, missing: str, notes: list[str]) -> Frame:
    """Leave out dates on which an asset has no row; and dates on which its number is missing, or refuse these."""
    gap = np.isnan(frame.values)
    if not gap.any():
        return frame
    empty = np.argwhere(gap & ~frame.absent)
    if empty.size and missing == "error":
        row, column = map(int, empty[0])
        raise frame.error(_missing_words(frame, row, column, len(empty)), row, column)
    whole: npt.NDArray[np.bool_] = ~np.asarray(gap.any(axis=1))
    kept: npt.NDArray[np.intp] = np.flatnonzero(whole)
    if not kept.size:
        raise InputError(frame.name, "there is no date on which all assets have a number.")
    for column, label in enumerate(frame.labels):
        lacking = int(frame.absent[:, column].sum())
        if lacking:
            notes.append(f"{label} has no row on {plural(lacking, 'date')} on which other assets have one.")
    dropped = int((~whole).sum())
    notes.append(
        f"{dropped} of {len(whole)} dates were left out, as an asset has no number on them; {len(kept)} are left, from "
        f"{frame.dates[kept[0]]} to {frame.dates[kept[-1]]}."
    )

    def place(row: int, column: int) -> str:
        return frame.place(int(kept[row]), column)

    def held(row: int, column: int) -> Cell:
        return frame.held(int(kept[row]), column)

    return Frame(frame.dates[kept], frame.labels, frame.values[kept], frame.absent[kept], place, held, frame.name)


def _missing_words(frame: Frame, row: int, column: int, count: int) -> str:
    known = np.flatnonzero(~np.isnan(frame.values[:, column]))
    more = f" ({count} cells are like this.)" if count > 1 else ""
    way = 'leave such dates out: --missing drop_rows (in Python missing="drop_rows").'
    if not known.size:
        return "the column holds no numbers. Remove it."
    cell = frame.held(row, column)
    held = blank_words(cell) if is_empty(cell) else f"{shown(cell)} says that there is no price"
    if row < known[0]:
        return f"{held}; the asset begins on {frame.dates[known[0]]}. Start there, or {way}{more}"
    return f"{held}. Fill the gap, or {way}{more}"


def _frequency(frame: Frame, every: Dates) -> Frequency | None:
    """Find the frequency of the dates that are left, else of `every` date of the files; refuse a gap."""
    steps = np.diff(frame.dates).astype(np.int64)
    found = None
    for dates in (frame.dates, every):
        with contextlib.suppress(InputError):
            found = found or (frequency(dates) if len(dates) >= FEWEST_DATES else None)
    late = gaps(frame.dates, found) if found else np.flatnonzero(steps > 3 * np.median(steps)) + 1
    if late.size:
        row = int(late[0])
        first, last = frame.dates[row - 1], frame.dates[row]
        problem = f"there is nothing between {first} and {last} ({steps[row - 1]} days)"
        raise frame.error(f"{problem}. Fill the gap, or begin after it.", row, 0)
    return found


def _cumulate(frame: Frame, found: Frequency | None, notes: list[str]) -> tuple[Dates, npt.NDArray[np.float64]]:
    """Turn returns into prices that start at 100."""
    if found is not None:
        yearly = frame.values.std(axis=0, ddof=1) * np.sqrt(found.periods_per_year)
        if (yearly > _PERCENT).any():
            column = int(np.argmax(yearly))
            seen = f"the returns of {frame.labels[column]} have a volatility of {yearly[column]:.0%} a year"
            raise InputError(frame.name, f"{seen}. If they are percentages, divide them by 100, or write 1.5%.")
        if (yearly > _HIGH).any():
            column = int(np.argmax(yearly))
            seen = f"The returns of {frame.labels[column]} have a volatility of {yearly[column]:.0%} a year"
            notes.append(f"{seen}. If they are percentages, divide them by 100.")
    start = _day_before(frame.dates, found)
    growth = np.cumprod(1.0 + frame.values, axis=0)
    values = _START * np.vstack([np.ones(len(frame.labels)), growth])
    notes.append(
        f"The returns were turned into prices that start at {_START:g} on {start}, one period before the first."
    )
    return np.concatenate([np.array([start], dtype="datetime64[D]"), frame.dates]), values


def _day_before(dates: Dates, found: Frequency | None) -> date:
    """Return the date one period before the first."""
    first: date = dates[0].item()
    months = {12.0: 1, 4.0: 3, 1.0: 12}.get(found.periods_per_year if found else 0.0)
    if months is not None:
        number = 12 * first.year + first.month - 1 - months
        ends = _month_end(number)
        at_end = (_month_end(number + months) - first).days <= 4
        return ends if at_end else ends.replace(day=min(first.day, ends.day))
    if found == TRADING_DAYS:
        return first - timedelta(days={0: 3, 6: 2}.get(first.weekday(), 1))
    return first - timedelta(days=int(np.median(np.diff(dates).astype(np.int64))))


def _month_end(number: int) -> date:
    """Return the last day of month number 12 · year + month − 1."""
    year, month = divmod(number + 1, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def _mention_steps(frame: Frame, notes: list[str]) -> None:
    """Add a note where a price changes so much that a split or a wrong decimal point is likely."""
    earlier, later = frame.values[:-1], frame.values[1:]
    steep = (later > _STEEP * earlier) | (earlier > _STEEP * later)
    if steep.any():
        row, column = map(int, np.argwhere(steep)[0])
        before, after = frame.values[row, column], frame.values[row + 1, column]
        notes.append(
            f"{frame.labels[column]} goes from {before:g} to {after:g} on {frame.dates[row + 1]}: is that a split, or "
            "a wrong decimal point?"
        )
