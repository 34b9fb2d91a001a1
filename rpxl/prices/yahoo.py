"""Prices from Yahoo Finance, through yfinance, which the extra ``rpxl[yahoo]`` installs."""

import importlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from rpxl.errors import InputError
from rpxl.prices.prices import Prices, fewest_rows

_ARGUMENT = "yahoo"


def download(tickers: Sequence[str] | str, start: date | str, end: date | str | None = None) -> Prices:
    """Download daily closes, adjusted for dividends and splits.

    Parameters
    ----------
    tickers
        Two or more symbols of Yahoo: a list, or a text such as ``SPY,TLT,GLD``.
    start, end
        First and last day, both included; an ISO date such as 2014-01-02. `end` is today unless given.

    Returns
    -------
    Prices
        The closes of each day, all tickers on the same days.

    Raises
    ------
    InputError
        yfinance isn't installed, Yahoo can't be reached or doesn't know a ticker, or a ticker has no close on a day
        on which another has one: the message names it.
    """
    labels = _labels(tickers)
    first, last = _day("from", start), _day("to", end or date.today())
    if last <= first:
        raise InputError("to", f"{last} is not after {first}.")
    frame = _closes(labels, first, last)
    unknown = [label for label in labels if label not in frame.columns or frame[label].notna().sum() == 0]
    if len(unknown) == len(labels):
        raise InputError(
            _ARGUMENT,
            f"Yahoo Finance gave no prices of {', '.join(labels)} from {first} to {last}. Check the symbols, the dates "
            "and your connection; or give a file with --prices.",
        )
    if unknown:
        raise InputError(
            _ARGUMENT,
            f"Yahoo Finance has no prices of {', '.join(unknown)} from {first} to {last}. Check the symbol, as Yahoo "
            "writes it (BRK-B, not BRK.B), or leave it out.",
        )
    frame = frame[labels].dropna(how="all")
    days = [stamp.date() for stamp in frame.index]
    values = np.asarray(frame.to_numpy(), dtype=np.float64)
    _refuse_gaps(labels, days, values)
    if len(days) < fewest_rows(len(labels)):
        raise InputError(
            _ARGUMENT,
            f"{len(days)} days are too few for {len(labels)} assets: at least {fewest_rows(len(labels))} are needed.",
        )
    return Prices(days, labels, values, f"Yahoo Finance, adjusted closes, downloaded {date.today()}")


def _labels(tickers: Sequence[str] | str) -> list[str]:
    given = tickers.split(",") if isinstance(tickers, str) else list(tickers)
    labels = [ticker.strip().upper() for ticker in given if ticker.strip()]
    if len(labels) < 2:
        raise InputError(_ARGUMENT, "names fewer than two tickers. Write them as SPY,TLT,GLD.")
    twice = [label for i, label in enumerate(labels) if label in labels[:i]]
    if twice:
        raise InputError(_ARGUMENT, f"names {twice[0]} twice.")
    return labels


def _day(argument: str, given: date | str) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(given.strip())
    except ValueError:
        raise InputError(argument, f"{given!r} is not a date. Write dates as 2024-01-31.") from None


def _closes(labels: list[str], first: date, last: date) -> Any:
    """Ask yfinance for a table of closes: one row per day, one column per ticker."""
    try:
        yfinance = importlib.import_module("yfinance")
    except ImportError:
        raise InputError(_ARGUMENT, "yfinance is not installed: pip install yfinance.") from None
    try:
        table = yfinance.download(
            labels,
            start=first.isoformat(),
            end=(last + timedelta(days=1)).isoformat(),  # yfinance does not include the end
            auto_adjust=True,
            progress=False,
            group_by="column",
        )
    except Exception as error:  # yfinance passes on whatever its own libraries raise
        problem = f"Yahoo Finance can't be reached ({type(error).__name__}: {error})".rstrip(" :")
        raise InputError(_ARGUMENT, f"{problem}. Check your connection, or give a file with --prices.") from None
    if table is None or "Close" not in table:
        raise InputError(
            _ARGUMENT, "Yahoo Finance gave no closes. Check your connection, or give a file with --prices."
        )
    return table["Close"]


def _refuse_gaps(labels: list[str], days: list[date], values: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    for column, label in enumerate(labels):
        missing = np.flatnonzero(~(np.isfinite(values[:, column]) & (values[:, column] > 0)))
        if not missing.size:
            continue
        known = np.flatnonzero(np.isfinite(values[:, column]))
        if missing[-1] < known[0] and missing.size == known[0]:
            raise InputError(
                _ARGUMENT, f"{label} has no prices before {days[known[0]]}. Start there: --from {days[known[0]]}."
            )
        raise InputError(
            _ARGUMENT,
            f"{label} lacks {missing.size} of {len(days)} closes, the first on {days[missing[0]]}: its exchange may "
            "keep other holidays. Download tickers of one exchange, or put the prices into a file yourself.",
        )
