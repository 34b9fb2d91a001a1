"""The names that data vendors give to the columns of one asset (fields), and which of them is its price."""

from collections.abc import Sequence

from rpxl.prices.layout import Layout, plain
from rpxl.prices.table import label_text

_FIELDS = {
    "adjusted": """
        adjclose adjustedclose adjclosing adj adjusted adjprice closeadj closeadjusted adjclosepr adjcloseprice
        adjustedcloseprice adjlast totalreturnindex totretindex totretindexgrossdvds dlyprctr
    """,
    "close": """
        close last price pricelast closelast closeprice closingprice lastprice pxlast pxclose settle
        settlement settleprice zamkniecie schluss schlusskurs schlusspreis zuletzt letzter kurs cierre
        ultimo último ultima dernier cloture clot clôture fechamento chiusura slutkurs nav value prc prccd
        dlyprc 收盘 收盘价 終値 종가
    """,
    "open": """
        open opening ouv openprice pxopen otwarcie eröffnung eroffnung eröffn erster eröffnungskurs apertura ouverture
        abertura 开盘 始値 adjopen
    """,
    "high": """
        high highprice pxhigh najwyzszy hoch tageshoch max máximo maximo plushaut haut alto adjhigh 最高 高値
    """,
    "low": """
        low lowprice pxlow najnizszy tief tagestief min mínimo minimo plusbas bas basso adjlow 最低 安値
    """,
    "volume": """
        volume vol volumen stuecke stücke umlauf marketcap totalvolume
        wolumen umsatz volumes umsatzvolumen amount turnover openint openinterest oi shares
        tradingvolume pxvolume trades count tickvol adjvolume 成交量 出来高
    """,
    "other": """
        dividends dividend dividendamount divcash exdividend stocksplits stocksplit splits split splitcoefficient
        splitfactor splitratio capitalgains change changepct changepercent chg pctchg pctchange chgpct veränderung
        return returns ret dailyreturn rendite rendement variation var 変化率 涨跌幅 previous
        preclose prevclose previousclose vwap average repaired bid ask mid pxbid pxask pxmid per time
    """,
}
_KINDS = {word: kind for kind, words in _FIELDS.items() for word in words.split()}


def kind_of(heading: object) -> str:
    """Return the kind of an asset's column by its heading; "" if the heading is not a known field.

    >>> kind_of("Adj Close"), kind_of("<VOL>"), kind_of("SPY")
    ('adjusted', 'volume', '')
    """
    text = label_text(heading)  # type: ignore[arg-type]
    if text.strip().lower() in ("+/- %", "%", "change %", "chg. %", "chg%"):
        return "other"
    bare = plain(text)
    return "volume" if bare.startswith("volume") else _KINDS.get(bare, "")


def are_fields(headings: Sequence[object]) -> bool:
    """Tell whether headings are those of one asset's columns, with its price among them.

    >>> are_fields(["Open", "High", "Low", "Close", "Trades (thousand)"]), are_fields(["SPY", "LOW"])
    (True, False)
    """
    kinds = [kind_of(heading) for heading in headings]
    has_price = any(kind in ("adjusted", "close") for kind in kinds)
    return has_price and (all(kinds) or {"high", "low"} <= set(kinds))


def choose(layout: Layout, names: Sequence[str], column: str | None) -> str:
    """Choose which of an asset's columns is its price: `column` if given, else the adjusted close, else the close.

    Returns
    -------
    str
        The name of the column.

    Raises
    ------
    InputError
        There is no such column, or several can be the price.
    """
    known = list(dict.fromkeys(names))
    if column is not None:
        found = [name for name in known if plain(name) == plain(column)]
        if len(found) == 1:
            return found[0]
        raise layout.table.error(f"there is no column {column!r}. The columns are: {', '.join(known)}.")
    for kind in ("adjusted", "close"):
        found = [name for name in known if kind_of(name) == kind]
        if len(found) == 1:
            return found[0]
        if found:
            raise layout.table.error(f"{' and '.join(found)} can both be the price. Choose one with --column.")
    raise layout.table.error(f"none of the columns {', '.join(known)} is a close. Choose one with --column.")
