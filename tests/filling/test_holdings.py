"""Holdings of an account into the order ticket."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rpxl import templates
from rpxl.errors import InputError
from rpxl.filling.batch import fill_batch
from rpxl.filling.fill import fill
from rpxl.filling.holdings import read_holdings
from rpxl.filling.inputs import WorkbookInputs
from rpxl.filling.jobs import read_jobs
from rpxl.prices.prices import Prices
from rpxl.templates.built import built
from rpxl.xlsx.workbook import Workbook

from ..make import workbook

LABELS = ["SPY", "IEF", "GLD"]


@cache
def template() -> bytes:
    return built(templates.get("rebalance"))


def prices(labels, rows=80):
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(2 * rows)]
    days = [day for day in days if day.weekday() < 5][:rows]
    steps = np.random.default_rng(3).normal(0, 0.01, (rows, len(labels)))
    return Prices(days, list(labels), np.round(50 * np.exp(np.cumsum(steps, axis=0)), 2), "Made up")


def written(folder: Path, text: str, name: str = "held.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "shares", "lots", "cash"),
    [
        ("asset,shares\nSPY,10\nIEF,20\n", {"SPY": 10.0, "IEF": 20.0}, {}, None),
        ("SPY,10\nCash,500.5\n", {"SPY": 10.0}, {}, 500.5),
        (
            "Ticker,Name,Quantity,Lot\nSPY,S&P,10,1\nIEF,Bonds,200,100\n",
            {"SPY": 10.0, "IEF": 200.0},
            {"SPY": 1.0, "IEF": 100.0},
            None,
        ),
        ("asset,shares,cash\nSPY,10,70\nIEF,0,\n", {"SPY": 10.0, "IEF": 0.0}, {}, 70.0),
        ("asset;shares\nSPY;-3\n cash ;-20\n", {"SPY": -3.0}, {}, -20.0),
        ("asset;shares\nSPY;1.200\nIEF;1,5\n", {"SPY": 1200.0, "IEF": 1.5}, {}, None),
        ("asset,shares\nSPY,1.234\nIEF,2.345\n", {"SPY": 1.234, "IEF": 2.345}, {}, None),
        ("asset,side,ccy,shares\nSPY,long,USD,3\nIEF,short,usd,-7\n", {"SPY": 3.0, "IEF": -7.0}, {}, None),
        ("Stock,Lot,Shares\nSPY,5,30\n", {"SPY": 30.0}, {"SPY": 5.0}, None),
    ],
)
def test_holdings_as_people_have_them(text, shares, lots, cash, tmp_path):
    found = read_holdings(str(written(tmp_path, text)), LABELS)
    assert (found.shares, found.lots, found.cash) == (shares, lots, cash)


def test_an_asset_may_be_named_cash(tmp_path):
    found = read_holdings("Cash=5,SPY=1", ["SPY", "Cash"])
    assert found.shares == {"Cash": 5.0, "SPY": 1.0}
    assert found.cash is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("asset,shares\nSPY,10\nspy,5\n", "'spy' stands there twice"),
        ("asset,shares\nSPY,\n", "row 2, column 2 .SPY.: is blank. Write 0"),
        ("asset,shares\nSPY,many\n", "row 2, column 2 .SPY."),
        ("asset,shares,units\nSPY,1,2\n", "'shares' and 'units' may both be the shares"),
        ("asset,price\nSPY,1,2\n", "no column is headed 'shares'"),
        ("Stock,Account,Shares\nSPY,A,1\n", "no column is headed 'asset'"),
        ("Shares,Stock\n1,SPY\n", "no column is headed 'asset'"),
        ("asset,shares\nCash,1\nCASH,2\n", "2 amounts of cash"),
        ("asset,shares\n,1\n", "there is no asset in this row"),
        ("asset,shares\nSPY,1\nCash,9\nCash,9\n", "row 4, column 2 .Cash.: there are 2 amounts of cash"),
        ("asset,shares\nSPY,60%\nIEF,40%\n", "row 2, column 2 .SPY.: a percentage is neither shares nor money"),
        ("asset;shares\nSPY;1.200\nIEF;1.000\n", "row 2, column 2 .SPY.: '1.200' can be read in two ways: 1.2 or 1200"),
        ("asset;shares\nSPY;1,200\nIEF;1,000\n", "row 2, column 2 .SPY.: '1,200' can be read in two ways: 1200 or 1.2"),
        ("asset,ccy,shares\nSPY,USD,1\nCash,EUR,5\n", "row 3, column 2: USD and EUR are two currencies"),
        ("asset,side,shares\nSPY,Long,1\nIEF,Short,7\n", "row 3, column 2: 'Short', but the shares are not below 0"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text, words, tmp_path):
    with pytest.raises(InputError, match=words):
        read_holdings(str(written(tmp_path, text)), LABELS)


@pytest.mark.parametrize("sheets", [["Held"], ["Hidden", "Held"], ["Other", "Held"]])
def test_cells_in_percent_of_a_workbook_are_refused(sheets, tmp_path):
    def write(number_format, name):
        def fill_in(book):
            for title in sheets:
                sheet = book.add_worksheet(title)
                if title == "Hidden":
                    sheet.write("A1", "apart")
                    sheet.hide()
            sheet.activate()
            sheet.set_first_sheet()
            look = book.add_format({"num_format": number_format})
            for row, cells in enumerate([("asset", "price", "shares"), ("SPY", 50.0, 10.0), ("IEF", 20.0, 0.6)]):
                sheet.write_row(row + 2, 1, cells)
            sheet.write_number("D5", 0.6, look)
            sheet.write_number("C5", 20.0, book.add_format({"num_format": "0%"}))  # from which nothing is read

        path = tmp_path / name
        path.write_bytes(workbook(fill_in))
        return str(path)

    problem = r"row 5, column D \(IEF\): 0\.6 is shown as a percentage: a weight of 60 %, or 0\.6 shares\?"
    for k, number_format in enumerate(("0%", "0.00%", "0.0%;[Red]-0.0%")):
        with pytest.raises(InputError, match=problem):
            read_holdings(write(number_format, f"{k}.xlsx"), LABELS)
    for k, number_format in enumerate(("0.00", '0.00" % of a lot"', "General")):
        assert read_holdings(write(number_format, f"plain{k}.xlsx"), LABELS).shares == {"SPY": 10.0, "IEF": 0.6}


@pytest.mark.parametrize(
    ("text", "words"), [("SPY=1,Cash=5,CASH=5", "2 amounts of cash"), ("SPY=60%,IEF=40%", "'SPY=60%': a percentage")]
)
def test_pairs_that_can_be_read_in_two_ways_are_refused(text, words):
    with pytest.raises(InputError, match=words):
        read_holdings(text, LABELS)


def test_a_text_that_is_no_holdings_is_refused():
    with pytest.raises(InputError, match="of the form SPY=100"):
        read_holdings("SPY", LABELS)


def values(path: Path, name: str) -> list[object]:
    inputs = WorkbookInputs(Workbook(path))
    area = inputs.find(name)
    assert area is not None
    return list(inputs.values(area))


def test_the_ticket_is_filled_by_label(tmp_path):
    held = written(tmp_path, "asset,shares,lot\nGLD,30,10\nSPY,20,1\nCash,1000,\n")
    out = tmp_path / "orders.xlsx"
    report = fill(template(), out, prices=prices(LABELS), holdings=held)
    assert values(out, "Holdings") == [20.0, 0.0, 30.0]
    assert values(out, "Lots") == [1.0, 1.0, 10.0]
    assert values(out, "Cash") == [1000.0]
    assert any("none are held: IEF" in note for note in report.notes)
    book = Workbook(out)
    assert str(book.sheet("Order ticket").value(3, 2)).startswith("All ")
    ticket = [[book.sheet("Order ticket").value(18 + i, c) for c in (2, 8)] for i in range(3)]
    assert [row[0] for row in ticket] == LABELS
    assert ticket[2][1] % 10 == 0
    assert ticket[1][1] > 0


def test_a_first_purchase_from_cash_alone(tmp_path):
    out = tmp_path / "first.xlsx"
    fill(template(), out, prices=prices(["A", "B"]), holdings="A=0,Cash=10000")
    assert str(Workbook(out).sheet("Order ticket").value(3, 2)).startswith("All ")


def test_no_older_account_is_traded(tmp_path):
    """Cash that the holdings don't name is 0 and said so; other assets without holdings are refused."""
    report = fill(template(), tmp_path / "a.xlsx", prices=prices(LABELS), holdings="SPY=10,IEF=10,GLD=10")
    assert values(tmp_path / "a.xlsx", "Cash") == [0.0]
    assert any("no cash" in note for note in report.notes)
    with pytest.raises(InputError, match="Holdings: there is no value for A, B"):
        fill(template(), tmp_path / "b.xlsx", prices=prices(["A", "B"]))
    with pytest.raises(InputError, match="no asset 'TLT'"):
        fill(template(), tmp_path / "b.xlsx", prices=prices(LABELS), holdings="TLT=1")
    with pytest.raises(InputError, match="Cash: is set, and the holdings name cash too"):
        fill(template(), tmp_path / "b.xlsx", prices=prices(LABELS), holdings="SPY=1,Cash=5", settings={"Cash": "7"})


def test_what_has_no_meaning_for_trades_is_refused(tmp_path):
    """Returns tell no price, and a cost of 0.05 % is 5 basis points, not 0.0005."""
    steps = written(tmp_path, "Date,A,B\n2024-01-31,0.01,0.02\n2024-02-29,-0.01,0.01\n2024-03-31,0.02,0\n", "r.csv")
    with pytest.raises(InputError, match="returns: have no prices to trade at"):
        fill(template(), tmp_path / "a.xlsx", returns=steps, holdings="A=10,Cash=500")
    with pytest.raises(InputError, match=r"Cost_bps: '0\.05%' is a percentage.*basis points"):
        fill(
            template(),
            tmp_path / "b.xlsx",
            prices=prices(LABELS),
            holdings="SPY=1,Cash=500",
            settings={"Cost_bps": "0.05%"},
        )


def test_given_weights_are_the_target(tmp_path):
    out = tmp_path / "given.xlsx"
    fill(template(), out, prices=prices(LABELS), holdings="SPY=10,Cash=5000", weights="SPY=0.5,IEF=0.5")
    assert values(out, "Target") == ["given"]
    assert values(out, "Target_weights") == [0.5, 0.5, 0.0]
    with pytest.raises(InputError, match="Give --weights too"):
        fill(out, tmp_path / "other.xlsx", prices=prices(["A", "B", "C"]), holdings="A=1,Cash=500")


def test_each_client_has_holdings(tmp_path):
    table = prices(LABELS)
    lines = [",".join(["Date", *LABELS])]
    lines += [",".join([str(day), *map(str, row)]) for day, row in zip(table.dates, table.values.tolist(), strict=True)]
    written(tmp_path, "\n".join(lines) + "\n", "closes.csv")
    written(tmp_path, "asset,shares\nSPY,10\nIEF,10\nGLD,10\nCash,100\n")
    clients = written(
        tmp_path,
        'client,prices,holdings\none,closes.csv,held.csv\ntwo,closes.csv,"SPY=5,IEF=1,GLD=2,Cash=9"\n',
        "c.csv",
    )
    results = fill_batch(template(), read_jobs(clients), tmp_path / "out", workers=1)
    assert [result.status for result in results] == ["filled", "filled"], results
    assert values(tmp_path / "out" / "one.xlsx", "Holdings") == [10.0, 10.0, 10.0]
    assert values(tmp_path / "out" / "two.xlsx", "Holdings") == [5.0, 1.0, 2.0]
