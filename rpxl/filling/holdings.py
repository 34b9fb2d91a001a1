"""What an account holds: a table of assets and shares, with lots and cash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rpxl.errors import InputError
from rpxl.filling.inputs import WorkbookInputs, label_key, match_labels
from rpxl.filling.number_formats import is_percent_cell
from rpxl.formulas.labels import name_key
from rpxl.prices.files import is_readable, read_table
from rpxl.prices.number_texts import plain_number, take_apart
from rpxl.prices.numbers import convert
from rpxl.prices.table import Cell, FileTable, is_empty, label_text
from rpxl.xlsx.cells import MAIN
from rpxl.xlsx.workbook import Workbook

HOLDINGS, LOTS, CASH = "Holdings", "Lots", "Cash"
"""The inputs of a workbook."""

ARGUMENT = "holdings"
_CASH = "cash"
_HEADINGS = {
    "asset": ("asset", "assets", "ticker", "symbol", "instrument", "security", "fund", "name"),
    "shares": ("shares", "share", "holdings", "holding", "held", "quantity", "qty", "units", "position", "contracts"),
    "lot": ("lot", "lots", "lot size"),
    "cash": (_CASH,),
}
"""The headings of the columns; other columns are not read."""

_CURRENCY = ("currency", "ccy", "curr")
_SIDE = ("side", "direction", "long/short", "long / short", "long short")
_SHORT = ("short", "s", "sell")
"""Headings of columns that are not read, but may contradict what is read; and words for a short position."""


@dataclass(frozen=True)
class Holdings:
    """What is held, and how it is traded.

    Attributes
    ----------
    shares
        Shares by asset, as the file names them.
    lots
        Lots by asset; empty where the file has none.
    cash
        Money in the account; None where the file tells none.
    """

    shares: dict[str, float]
    lots: dict[str, float]
    cash: float | None


def read_holdings(text: str, labels: Sequence[str]) -> Holdings:
    """Read holdings: a file, or ``SPY=100,IEF=50,Cash=2000``.

    Parameters
    ----------
    text
        A file with a column of assets and one of shares, which headings tell where there are others too; optionally a
        column of lots. Cash is a row of that name, or a column of that name with one number.
    labels
        The assets that have prices; if one of them is named Cash, that row is this asset.

    Returns
    -------
    Holdings

    Raises
    ------
    InputError
        Something else stands in it, an asset or cash stands there twice, or it can be read in two ways: a percentage,
        1.200 shares beside semicolons, several currencies, a short asset with shares above 0.
    """
    if not is_readable(text):
        return _of_pairs(text, labels)
    written = read_table(Path(text))
    table = convert(written, [])
    columns, top = _columns(table)
    _refuse_two_ways(written, columns, top)
    _refuse_percent_cells(written, columns, top)
    shares: dict[str, float] = {}
    lots: dict[str, float] = {}
    cash: list[float] = []
    of_cash = 0
    for i in range(top, len(table.rows)):
        row = table.rows[i]
        if all(map(is_empty, row)):
            continue
        label = label_text(_at(row, columns["asset"]))
        number = _at(row, columns["shares"])
        if "cash" in columns and not is_empty(_at(row, columns["cash"])):
            cash.append(_number(table, i, columns["cash"]))
            if not label and is_empty(number):
                continue
        if not label:
            raise table.error("there is no asset in this row.", i, columns["asset"])
        value = _number(table, i, columns["shares"], label)
        if _is_cash(label, labels):
            cash.append(value)
            of_cash += 1
            if of_cash > 1:
                raise table.error("there are 2 amounts of cash. Give one.", i, columns["shares"], label)
            continue
        if any(label_key(label) == label_key(known) for known in shares):
            raise table.error(f"{label!r} stands there twice. Give each asset one row.", i, columns["asset"])
        shares[label] = value
        if "lot" in columns and not is_empty(_at(row, columns["lot"])):
            lots[label] = _number(table, i, columns["lot"], label)
    if not shares and not cash:
        raise table.error("there are no holdings in it.")
    return Holdings(shares, lots, _one(cash, table.name))


_PERCENT = "a percentage is neither shares nor money. Give what is held as a number of shares; weights go to --weights."


def _refuse_two_ways(table: FileTable, columns: Mapping[str, int], top: int) -> None:
    """Refuse, in a table as it is written, what can be read in two ways."""
    texts = {}
    for i in range(top, len(table.rows)):
        for column in (columns[kind] for kind in ("shares", "lot", "cash") if kind in columns):
            cell = table.cell(i, column)
            number = take_apart(cell) if isinstance(cell, str) else None
            if number is not None:
                texts[i, column] = number
    proved = {number.decimal for number in texts.values()} - {""}
    for (i, column), number in texts.items():
        label = label_text(table.cell(i, columns["asset"]))
        if number.unit == "%":
            raise table.error(_PERCENT, i, column, label)
        plain = number.mark == "." and table.separator != ";"
        if number.mark and not proved and not plain:
            ways = f"{number.value('.'):g} or {number.value(','):g}"
            problem = f"{table.cell(i, column)!r} can be read in two ways: {ways}. Save it without thousands marks."
            raise table.error(problem, i, column, label)
    heads = [name_key(label_text(cell)) for cell in table.rows[0]] if top else []
    for column, head in enumerate(heads):
        rows = [i for i in range(top, len(table.rows)) if not is_empty(table.cell(i, column))]
        words = [label_text(table.cell(i, column)) for i in rows]
        if head in _CURRENCY:
            for i, word in zip(rows, words, strict=True):
                if name_key(word) != name_key(words[0]):
                    raise table.error(
                        f"{words[0]} and {word} are two currencies. Cash and all prices must be in one; if they are, "
                        "leave this column out.",
                        i,
                        column,
                    )
        elif head in _SIDE:
            for i, word in zip(rows, words, strict=True):
                shares = table.cell(i, columns["shares"])
                number = take_apart(shares) if isinstance(shares, str) else None
                above = not number.negative if number is not None else isinstance(shares, float) and shares > 0.0
                if name_key(word) in _SHORT and above:
                    raise table.error(
                        f"{word!r}, but the shares are not below 0. Write short positions as numbers below 0.",
                        i,
                        column,
                    )


def _refuse_percent_cells(table: FileTable, columns: Mapping[str, int], top: int) -> None:
    """Refuse numbers that their cells show as percentages, which XLSX files alone tell."""
    if table.path.suffix.lower() not in (".xlsx", ".xlsm"):
        return
    book = Workbook(table.path)
    states = [element.get("state", "visible") for element in book.root.iterfind(f"{MAIN}sheets/{MAIN}sheet")]
    shown = [one.name for one, state in zip(book.sheets, states, strict=True) if state == "visible"]
    sheet = table.sheet or next(one.name for one in book.worksheets if one.name in shown)
    for i in range(top, len(table.rows)):
        for column in (columns[kind] for kind in ("shares", "lot", "cash") if kind in columns):
            number = table.cell(i, column)
            place = table.numbers[i], column + table.first_column
            if isinstance(number, float) and is_percent_cell(book, sheet, *place):
                problem = (
                    f"{number:.6g} is shown as a percentage: a weight of {number * 100:.6g} %, or {number:.6g} shares? "
                )
                advice = "Give weights to --weights; show a number of shares, or money, without %."
                raise table.error(problem + advice, i, column, label_text(table.cell(i, columns["asset"])))


def _of_pairs(text: str, labels: Sequence[str]) -> Holdings:
    shares: dict[str, float] = {}
    cash: list[float] = []
    for item in text.split(","):
        label, equals, value = (part.strip() for part in item.rpartition("="))
        if not equals or not label:
            problem = f"{text!r} is neither a file that rpxl reads nor of the form SPY=100,IEF=50,Cash=2000."
            raise InputError(ARGUMENT, problem)
        try:
            number = plain_number(value)
        except ValueError as problem:
            raise InputError(ARGUMENT, f"{item.strip()!r}: {problem}.") from None
        if value.endswith("%"):
            raise InputError(ARGUMENT, f"{item.strip()!r}: {_PERCENT}")
        if _is_cash(label, labels):
            if cash:
                raise InputError(ARGUMENT, "there are 2 amounts of cash. Give one.")
            cash.append(number)
        elif any(label_key(label) == label_key(known) for known in shares):
            raise InputError(ARGUMENT, f"{label!r} is given twice.")
        else:
            shares[label] = number
    return Holdings(shares, {}, _one(cash, ARGUMENT))


def _one(cash: list[float], where: str) -> float | None:
    if len(set(cash)) > 1:
        raise InputError(where, f"has {len(cash)} amounts of cash, which differ. Give one.")
    return cash[0] if cash else None


def _is_cash(label: str, labels: Sequence[str]) -> bool:
    return name_key(label) == _CASH and all(label_key(label) != label_key(asset) for asset in labels)


def _columns(table: FileTable) -> tuple[dict[str, int], int]:
    """Find the columns by their headings; without headings there are two, assets and shares."""
    first = [name_key(label_text(cell)) for cell in table.rows[0]]
    found: dict[str, int] = {}
    for kind, words in _HEADINGS.items():
        places = [c for c, word in enumerate(first) if word in words]
        if kind == "asset":  # a ticker before a name
            places.sort(key=lambda c: words.index(first[c]))
            places = places[:1] if len({first[c] for c in places}) == len(places) else places
        if len(places) > 1:
            names = " and ".join(repr(label_text(table.rows[0][c])) for c in places[:2])
            raise table.error(f"the columns {names} may both be the {kind}. Keep one of them.", 0)
        if places:
            found[kind] = places[0]
    if "shares" in found:
        if "asset" not in found:
            others = [c for c in range(found["shares"]) if c not in found.values()]
            if len(others) != 1:
                raise table.error("no column is headed 'asset'.", 0)
            found["asset"] = others[0]
        return found, 1
    width = max(len(row) for row in table.rows)
    if found.keys() - {"asset"} or width != 2:
        raise table.error("no column is headed 'shares'. Give columns 'asset' and 'shares', and 'lot' if you like.", 0)
    return {"asset": 0, "shares": 1}, 0 if _is_number(_at(table.rows[0], 1)) else 1


def _at(row: Sequence[Cell], column: int) -> Cell:
    return row[column] if column < len(row) else None


def _is_number(cell: Cell) -> bool:
    try:
        plain_number(cell)
    except ValueError:
        return False
    return True


def _number(table: FileTable, row: int, column: int, label: str = "") -> float:
    cell = _at(table.rows[row], column)
    if is_empty(cell):
        raise table.error("is blank. Write 0 where nothing is held.", row, column, label)
    try:
        return plain_number(cell)
    except ValueError as problem:
        raise table.error(f"{problem}.", row, column, label) from None


def in_order(given: dict[str, float], labels: list[str], otherwise: float) -> list[float]:
    """Return the numbers of the workbook's assets; `otherwise` for those that have none.

    Raises
    ------
    InputError
        An asset has no prices.
    """
    places = match_labels(ARGUMENT, list(given), labels)
    found = dict(zip(places, given.values(), strict=True))
    return [found.get(place, otherwise) for place in range(len(labels))]


def fill_holdings(inputs: WorkbookInputs, text: str, settings: Mapping[str, str]) -> tuple[int, list[str]]:
    """Write shares, lots and cash into a workbook. Missing shares and cash become 0, with a note; missing lots 1.

    Returns
    -------
    How many cells changed, and notes.

    Raises
    ------
    InputError
        See :func:`read_holdings`; or an asset has no prices, or cash is set and among the holdings too.
    """
    labels = inputs.labels() or []
    area = inputs.vector(HOLDINGS)
    read = read_holdings(text, labels)
    cells = inputs.write(area, in_order(read.shares, labels, 0.0))
    keys = {label_key(label) for label in read.shares}
    absent = [label for label in labels if label_key(label) not in keys]
    notes = [f"Not among the holdings, so none are held: {', '.join(absent)}."] if absent else []
    chosen = {name.lower() for name in settings}
    if LOTS.lower() not in chosen and inputs.find(LOTS) is not None:
        cells += inputs.write(inputs.vector(LOTS), in_order(read.lots, labels, 1.0))
    if CASH.lower() in chosen:
        if read.cash is not None:
            raise InputError(CASH, "is set, and the holdings name cash too. Leave one of the two out.")
    elif inputs.find(CASH) is not None:
        cells += inputs.write(inputs.vector(CASH), [read.cash or 0.0])
        if read.cash is None:
            notes.append(f"The holdings name no cash: {CASH} is 0. Set it with --set {CASH}=…, or add a row Cash.")
    return cells, notes
