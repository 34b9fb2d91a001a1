"""Whether a column holds dates: one rule for ranges in cells and for files.

A column of *date cells*, or of *texts* that are dates, holds dates. Texts may have any usual form, with or without a
time of day; where day and month are both numbers, the column as a whole must show which is which.

*Numbers* can be dates in four ways: day numbers of a spreadsheet (45292, or 45292.667 with a time of day), days
written as 20240131, months written as 202401 or 1871.01, and years. They are dates in these cases:

- Their heading says so (Date, Month end, Period, Time, Datum, Fecha, 日期 …). They are read in the one way that fits
  them all.
- They can only be dates, under any heading or none, in any order: all are days written as 20240131; or four or more
  are months written as 202401; or six or more are months written as 1871.01 without a gap; or six or more are trading
  days (Monday to Friday, most of them consecutive; ten or more may have any two days of the week without trading),
  month-ends, first days of months or the same day of each month, or weeks (ten or more, from 1950 to 2100).
- Their heading is blank or missing, and three or more are from Monday to Friday between 1950 and 2100, with steps of
  one to five days that are not all one.

Other numbers that may be dates or something else lead to an error that asks the user:

- whole numbers that, in some order, rise by 1 as row numbers do: three or more from 0 or 1 on, five or more from
  another number on, and two or more that can be years, or days between 1950 and 2100;
- day numbers between 1950 and 2100, with or without a time of day, that rise or fall from row to row; without a
  heading in any order, unless all are multiples of 5;
- day numbers from March 1900 to 2199, in any order, if their heading is blank while other columns have one, or if all
  numbers beside them are below 10, as returns are;
- months written as 202401 or 1871.01, if there are fewer than above;
- six or more whole numbers that rise or fall from row to row; and six or more days with times, where one day occurs
  more than once.

All others are not dates but an asset: numbers with decimals that are not a time of day, numbers of which one occurs
twice, and a few whole numbers that cannot be days between 1950 and 2100.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from rpxl.core.dates import Dates
from rpxl.errors import InputError
from rpxl.formulas.date_numbers import NOT_DATES, DateColumn, day_of_serial, read_known_numbers, tell_numbers
from rpxl.formulas.date_texts import Ambiguous, is_date_text, looks_like_date, read_texts, settled_date
from rpxl.formulas.labels import NUMBER_STORED_AS_TEXT, is_number_text, quote

SORTED = "on the sheet or in the formula: SORT(A2:D61), with your own range without its headings."
"""How to fix the order of rows."""

_WORDS_FOR_DATES = """
    date dates day days month months quarter quarters week weeks year years period periods time timestamp dt yyyymm
    yyyymmdd caldt asof datum tag monat monate quartal woche jahr zeit zeitpunkt zeitraum stichtag jour mois trimestre
    semaine annee année periode période temps heure fecha dia día mes semana ano año anno periodo período tiempo
    giorno mese settimana mês dag maand jaar dato päivä tarih дата месяц год день 日期 日付 年月日 年月 月份 年份 时间
    時間 交易日期 交易日 날짜 일자 년월
"""
_WORDS_BESIDE_THEM = """
    end ended ending start of the a trade trading business value price pricing observation obs as at reference ref
    report reporting last closing valuation nav effective record month's utc gmt et est fin final de del du des
"""
_HEADING_WORDS = frozenset(_WORDS_FOR_DATES.split())
_HEADING_FILLERS = frozenset(_WORDS_BESIDE_THEM.split())
_WORD = re.compile(r"[^\W_]+(?:'s)?")
_JOINED = re.compile(r"(?<!man)(?<!candi)date|datum|日期")
"""The word "date" within another word, as in TradeDate; not in "Mandate A" and "Candidate 1", which are portfolios."""

_TICKERS = frozenset(["DIA", "DT", "MES", "TAG"])
"""Words for dates that in capitals are tickers of funds, shares and futures."""


def is_date_heading(heading: Any) -> bool:
    """Tell whether a heading says that there are dates below it.

    >>> is_date_heading("Month end"), is_date_heading("TradeDate"), is_date_heading("Gold"), is_date_heading("10 Year")
    (True, True, False, False)
    >>> is_date_heading("Mandate A"), is_date_heading("DIA")  # a portfolio, and the fund on the Dow Jones
    (False, False)
    """
    if not isinstance(heading, str) or heading.strip() in _TICKERS:
        return False
    text = heading.casefold()
    words = _WORD.findall(text)
    if any(word in _HEADING_WORDS for word in words):
        return all(word in _HEADING_WORDS or word in _HEADING_FILLERS for word in words)
    return _JOINED.search(text) is not None


def read_date_column(
    cells: Sequence[Any] | npt.NDArray[np.float64],
    heading: Any = None,
    *,
    known: bool = False,
    text_numbers: bool = False,
    apart: bool = False,
) -> DateColumn:
    """Tell whether a column holds dates, and read them.

    Parameters
    ----------
    cells
        The cells below the heading: numbers, texts, ``date`` or ``datetime``, None or ``""`` for a blank.
    heading
        The cell above them: ``""`` if it is blank while other columns have a heading, None if no column has one.
    known
        Whether the column must hold dates; then only the way in which they are written is found.
    text_numbers
        Whether texts that are numbers are read as numbers, as in a text file; else only texts such as 20240131 are.
    apart
        Whether the numbers beside the column are all below 10; a column of day numbers is then hardly an asset.

    Returns
    -------
    DateColumn
        The dates, or the question to the user, by the rule at the top of this module.

    Examples
    --------
    >>> read_date_column([20240131, 20240229], "Month").dates
    array(['2024-01-31', '2024-02-29'], dtype='datetime64[D]')
    >>> read_date_column([101.25, 99.5], "Gold")
    DateColumn(dates=None, question=None, cells=(), missing=False)
    >>> read_date_column([0, 1, 2]).question
    'The first column counts the rows (0, 1, 2). Leave it out; or, if it is an asset, put another column first.'
    """
    known = known or is_date_heading(heading)
    if isinstance(cells, np.ndarray) and cells.dtype == np.float64:
        return read_known_numbers(cells, str(heading or "")) if known else tell_numbers(cells, heading, apart)
    is_blank = [cell is None or cell != cell or (isinstance(cell, str) and not cell.strip()) for cell in cells]
    rows = [i for i, blank in enumerate(is_blank) if not blank]
    if not rows:
        return (
            DateColumn(question="{0} is blank where a date belongs.", cells=(0,), missing=True) if known else NOT_DATES
        )
    held = [cells[i] for i in rows]
    if text_numbers or all(isinstance(cell, str) and len(cell.strip()) == 8 for cell in held):
        held = [_number_of_text(cell) for cell in held]
    found = _read(held, heading, known, apart)
    if found.dates is None or len(rows) == len(cells):
        return _at_rows(found, rows)
    dates = np.full(len(cells), "NaT", dtype="datetime64[D]")
    dates[rows] = found.dates
    return DateColumn(dates)


def require_oldest_first(argument: str, dates: Dates | None) -> None:
    """Refuse rows that are not in order from the oldest to the newest, for a function that depends on their order.

    Parameters
    ----------
    argument : str
        The name of the range in an error.
    dates : array of shape (T,), or None
        The days of its rows, NaT for a blank one; None if it has no dates, so that the order is not checked.

    Raises
    ------
    InputError
        A row comes before an older one, or has the same day. The cells that the error names are those of the dates.

    Examples
    --------
    >>> require_oldest_first("prices", np.array(["2024-01-31", "2024-02-29"], dtype="datetime64[D]"))
    """
    if dates is None:
        return
    rows = np.flatnonzero(~np.isnat(dates))
    late = np.flatnonzero(np.diff(dates[rows]).astype(np.int64) <= 0)
    if late.size:
        before, now = int(rows[late[0]]), int(rows[late[0] + 1])
        same = dates[now] == dates[before]
        fix = "Leave one of the two rows out." if same else f"Sort the rows, the oldest first, {SORTED}"
        problem = f"{{0}} is {dates[now]}, which is not after {{1}}, {dates[before]}. {fix}"
        raise InputError(argument, problem, (now, -1), (before, -1))


def require_distinct(argument: str, dates: Dates | None) -> None:
    """Refuse two rows of one day.

    Parameters
    ----------
    argument : str
        The name of the range in an error.
    dates : array of shape (T,), or None
        The days of its rows, NaT for a blank one; None if it has no dates.

    Raises
    ------
    InputError
        Two rows have the same day. The cells that the error names are those of the dates.

    Examples
    --------
    >>> require_distinct("prices", np.array(["2024-02-29", "2024-01-31"], dtype="datetime64[D]"))
    """
    if dates is None:
        return
    rows = np.flatnonzero(~np.isnat(dates))
    rows = rows[np.argsort(dates[rows], kind="stable")]
    twice = np.flatnonzero(np.diff(dates[rows]).astype(np.int64) == 0)
    if twice.size:
        first, second = int(rows[twice[0]]), int(rows[twice[0] + 1])
        problem = f"{{0}} is {dates[first]}, as is {{1}}. Leave one of the two rows out."
        raise InputError(argument, problem, (second, -1), (first, -1))


def _at_rows(found: DateColumn, rows: Sequence[int]) -> DateColumn:
    return DateColumn(found.dates, found.question, tuple(rows[i] for i in found.cells), found.missing)


def _number_of_text(cell: Any) -> Any:
    """Return the number of a text of digits, with or without a decimal point; any other cell unchanged."""
    return float(cell) if isinstance(cell, str) and cell.strip().replace(".", "", 1).isdecimal() else cell


def _read(cells: Sequence[Any], heading: Any, known: bool, apart: bool) -> DateColumn:
    """Read a column without blank cells."""
    kinds = {_kind(cell) for cell in cells}
    if kinds == {"number"}:
        try:
            values = np.array(cells, dtype=np.float64)
        except (OverflowError, ValueError, TypeError):
            return DateColumn(question="The first column holds a number that is no date.") if known else NOT_DATES
        return read_known_numbers(values, str(heading or "")) if known else tell_numbers(values, heading, apart)
    if kinds == {"text"}:
        return _texts(cells, known)
    if kinds == {"date"}:
        return DateColumn(np.array([_plain_day(cell) for cell in cells], dtype="datetime64[D]"))
    if kinds == {"number", "error"} and not known:  # are the numbers dates, apart from the errors?
        found = _read([cell for cell in cells if _kind(cell) == "number"], heading, False, apart)
        known = found.dates is not None or found.question is not None
    return _mixed(cells, known)


def _kind(cell: Any) -> str:
    if isinstance(cell, str):
        return "error" if cell.startswith("#") else "text"
    if isinstance(cell, date | np.datetime64):
        return "date"
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, int | float | np.number):
        return "other"
    return "number"


def _plain_day(cell: Any) -> Any:
    return cell if isinstance(cell, np.datetime64) else date(cell.year, cell.month, cell.day)


def _texts(cells: Sequence[str], known: bool) -> DateColumn:
    try:
        read = read_texts(cells)
    except Ambiguous as error:
        problem = f"{{0}} holds the text {quote(cells[error.row])}, which {error}. Write dates as 2024-01-31."
        return DateColumn(question=problem, cells=(error.row,))
    if not isinstance(read, int):
        return DateColumn(read)
    if known or all(map(looks_like_date, cells)) or any(map(is_date_text, cells)):
        return DateColumn(question=_no_date(cells[read]), cells=(read,))
    return NOT_DATES


def _no_date(cell: str) -> str:
    if is_number_text(cell):
        return f"{{0}} holds the text {quote(cell)}, a number stored as text. {NUMBER_STORED_AS_TEXT}"
    return f"{{0}} holds the text {quote(cell)} where a date belongs. Write dates as 2024-01-31."


def _mixed(cells: Sequence[Any], known: bool) -> DateColumn:
    """Read a column of several kinds of cells. If one is certainly a date, all must be dates."""
    if not known and not any(_kind(cell) == "date" or (isinstance(cell, str) and is_date_text(cell)) for cell in cells):
        return NOT_DATES
    days: list[Any] = []
    for i, cell in enumerate(cells):
        kind = _kind(cell)
        if kind == "date":
            days.append(_plain_day(cell))
        elif kind == "number":
            days.append(day_of_serial(float(cell)))
            if days[-1] is None:
                return DateColumn(question=f"{{0}} is {cell:.6g}, which is no date from 1900 to 2199.", cells=(i,))
        elif kind == "text":
            days.append(settled_date(cell))
            if days[-1] is None:
                # Not even 31/1/2024: in other cells the spreadsheet may have swapped day and month
                return DateColumn(question=_no_date(cell), cells=(i,))
        elif kind == "error":
            problem = f"{{0}} holds the error {cell}. Fix that cell first."
            return DateColumn(question=problem, cells=(i,), missing=cell.strip().upper() == "#N/A")
        else:
            held = str(cell).upper() if isinstance(cell, bool | np.bool_) else f"a {type(cell).__name__}"
            return DateColumn(question=f"{{0}} is {held} where a date belongs.", cells=(i,))
    return DateColumn(np.array(days, dtype="datetime64[D]"))
