"""The sheets behind the first page of a tear sheet: a row for each date, window, month, drawdown or bin.

A recalculation calls nine functions of rpxl on these sheets and the first, and computes two short formulas for each
date, each from its own row and the one above; the other columns are one formula each. So the work is proportional to
the number of dates.
"""

from rpxl.templates.data_pages import PRICES_TOP, PRINTED_ROWS
from rpxl.templates.looks import DATE, NUMBER, PERCENT1, PERCENT2, RATIO
from rpxl.templates.page import Page, TemplateBook
from rpxl.xlsx.references import column_letters, parse_range

HISTORY = PRICES_TOP
"""The row of the first date, as on the sheet Prices."""
ROLLING = 5
"""The head row of the rolling figures."""
DISTRIBUTION = 6
"""The row of the lower end of the first bin; each bin stands in a row below."""
BINS = 40
OUTLINE = 6
"""The first row of the outline of the histogram, which has two points for each end of a bin."""
WORST = 5
"""How many drawdowns are listed."""
DRAWDOWNS = 5
"""The head row of the table of drawdowns."""
MONTHS = 6
"""The row of the first year on the sheet Months."""
_GAPS = 45
"""The first column of the comparison with the months of rpxl, on the sheet Months."""

ROLLING_BLOCKS = (
    ("Volatility", '"volatility",Periods_per_year', ("C", "D"), PERCENT2),
    ("Sharpe", '"sharpe",Periods_per_year,Risk_free', ("G", "H"), RATIO),
    ("Correlation", '"correlation",Periods_per_year,0,Return_B', ("K",), RATIO),
    ("Beta", '"beta",Periods_per_year,0,Return_B', ("N",), RATIO),
)
"""Each block of rolling figures: its name, the last arguments, and the columns of figures; dates stand left of them."""


def lay_out_history(book: TemplateBook, dates: int) -> Page:
    """Add the sheet History: prices, growth, returns and drawdowns of the strategy and the benchmark."""
    page = book.page(
        "History",
        '=Strategy&" and "&Benchmark&": returns by RETURNS, drawdowns by DRAWDOWN; the rest by native formulas"',
        [2, 12, 11, 11, 11, 11, 3, 12, 11, 11, 3, 11, 11, 3, 11, 11, 11, 11],
        one_page=False,
        portrait=True,
    )
    top, last = HISTORY, HISTORY + dates - 1
    page.sheet.freeze_panes(top - 1, 2)
    page.print_only(f"A{max(top + 2, last - PRINTED_ROWS + 1)}:{page.last}{last}", top - 1)
    for area, title in (
        ("C4:D4", "Prices"),
        ("E4:F4", "Growth of 1"),
        ("I4:J4", "Returns"),
        ("L4:M4", "Drawdown"),
        ("O4:P4", "Highest so far"),
        ("Q4:R4", "Returns, native"),
    ):
        page.heading(area, title)
    page.header(f"B{top - 1}", ["Date", *["=Strategy", "=Benchmark"] * 2])
    page.line(f"O{top - 1}", ["=Strategy", "=Benchmark"] * 2, "column")
    page.line(f"L{top}", ["=Strategy", "=Benchmark"], "column")
    page.put(f"H{top}", "Date", "column_label")
    page.line(f"I{top}", ["=Strategy", "=Benchmark"], "column")
    _whole(page, f"I{top + 1}:J{last}", f"RETURNS(B{top - 1}:D{last})", PERCENT2)
    _whole(page, f"L{top + 1}:M{last}", "DRAWDOWN(Returns_table)", PERCENT2)
    _whole(page, f"B{top}:B{last}", "Dates", DATE)
    _whole(page, f"H{top + 1}:H{last}", f"B{top + 1}:B{last}", DATE)
    for price, growth, high, native, name in (("C", "E", "O", "Q", "Strategy"), ("D", "F", "P", "R", "Benchmark")):
        _whole(page, f"{price}{top}:{price}{last}", f"INDEX(Closes,0,{name}_column)", "#,##0.00")
        _whole(page, f"{growth}{top}:{growth}{last}", f"{price}{top}:{price}{last}/{price}{top}", NUMBER)
        steps = f"{price}{top + 1}:{price}{last}/{price}{top}:{price}{last - 1}-1"
        _whole(page, f"{native}{top + 1}:{native}{last}", steps, PERCENT2)
        page.put(f"{high}{top}", f"={growth}{top}", "computed", NUMBER)
        for row in range(top + 1, last + 1):
            page.put(f"{high}{row}", f"=MAX({high}{row - 1},{growth}{row})", "computed", NUMBER)
    book.name("Return_dates", page, f"H{top + 1}:H{last}")
    book.name("Returns_table", page, f"H{top}:J{last}")
    book.name("Strategy_returns", page, f"H{top}:I{last}")
    for short, growth, returns, below, high, native in (
        ("S", "E", "I", "L", "O", "Q"),
        ("B", "F", "J", "M", "P", "R"),
    ):
        book.name(f"Growth_{short}", page, f"{growth}{top}:{growth}{last}")
        book.name(f"Growth_later_{short}", page, f"{growth}{top + 1}:{growth}{last}")
        book.name(f"Native_{short}", page, f"{native}{top + 1}:{native}{last}")
        book.name(f"Highest_{short}", page, f"{high}{top + 1}:{high}{last}")
        book.name(f"Return_{short}", page, f"{returns}{top + 1}:{returns}{last}")
        book.name(f"Drawdown_{short}", page, f"{below}{top + 1}:{below}{last}")
    return page


def _whole(page: Page, area: str, formula: str, number_format: str) -> None:
    """Write one formula over a column."""
    page.put(area, f"={formula}", "computed", number_format)
    place = parse_range(area)
    for column in range(place.left, place.right + 1):
        start = place.top + (column == place.left)  # the first cell has the formula
        letter = column_letters(column)
        page.restyle(f"{letter}{start}:{letter}{place.bottom}", "computed", number_format)


def lay_out_rolling(book: TemplateBook, returns: int, window: int) -> Page:
    """Add the sheet Rolling: figures of each window, by ROLLING_STATS."""
    page = book.page(
        "Rolling",
        '="Figures of each window of "&Rolling_window&" returns, by ROLLING_STATS; a row belongs to the last date '
        'of its window"',
        [2, 12, 11, 11, 3, 12, 11, 11, 3, 12, 11, 3, 12, 11],
        one_page=False,
        portrait=True,
    )
    last = ROLLING + returns - window + 1
    page.sheet.freeze_panes(ROLLING, 0)
    page.print_only(f"A{max(ROLLING + 3, last - PRINTED_ROWS + 1)}:{page.last}{last}", ROLLING)
    for name, arguments, columns, number_format in ROLLING_BLOCKS:
        table = "Returns_table" if len(columns) == 2 else "Strategy_returns"
        day = column_letters(_number(columns[0]) - 1)
        right = columns[-1]
        page.heading(
            f"{day}{ROLLING - 1}:{right}{ROLLING - 1}", name if len(columns) == 2 else f"{name} with benchmark"
        )
        call = f"=ROLLING_STATS({table},Rolling_window,{arguments})"
        page.put(f"{day}{ROLLING}:{right}{last}", call, "column_label")
        page.restyle(f"{columns[0]}{ROLLING}:{right}{ROLLING}", "column")
        page.restyle(f"{day}{ROLLING + 1}:{day}{last}", "computed", DATE)
        page.restyle(f"{columns[0]}{ROLLING + 1}:{right}{last}", "computed", number_format)
        for short, column in zip("SB", columns, strict=False):
            book.name(f"Rolling_{name.lower()}_{short}", page, f"{column}{ROLLING + 1}:{column}{last}")
    book.name("Rolling_dates", page, f"B{ROLLING + 1}:B{last}")
    return page


def _number(letters: str) -> int:
    return ord(letters) - ord("A") + 1


def lay_out_distribution(book: TemplateBook) -> Page:
    """Add the sheet Distribution: how many returns lie in each of the bins, and the lines that its chart draws."""
    page = book.page(
        "Distribution",
        f"Returns in {BINS} bins of equal width, from the lowest return of both to the highest",
        [2, 12, 12, 12, 12, 12, 3, 12, 12, 12, 3, 16, 12, 12],
        portrait=True,
    )
    top, last = DISTRIBUTION, DISTRIBUTION + BINS
    page.heading("B4:D4", "Returns below the upper end")
    page.heading("E4:F4", "Share in the bin")
    page.header("B5", ["Upper end", "=Strategy", "=Benchmark", "=Strategy", "=Benchmark"])
    low, high = "MIN(MIN(Return_S),MIN(Return_B))", "MAX(MAX(Return_S),MAX(Return_B))"
    page.put(f"B{top}", f"={low}", "computed", PERCENT2)
    page.line(f"C{top}", [0.0, 0.0], "computed", "0")
    for row in range(top + 1, last + 1):
        step = f"{row - top}/{BINS}*" if row < last else ""
        page.put(f"B{row}", f"=$B${top}+{step}({high}-$B${top})", "computed", PERCENT2)
        for column, share, short in (("C", "E", "S"), ("D", "F", "B")):
            count = f"SUMPRODUCT((Return_{short}<$B{row})*1)" if row < last else f"ROWS(Return_{short})"
            page.put(f"{column}{row}", f"={count}", "computed", "0")
            page.put(f"{share}{row}", f"=({column}{row}-{column}{row - 1})/{column}${last}", "computed", PERCENT2)
    book.name("Bin_shares", page, f"E{top + 1}:F{last}")
    page.heading("H4:J4", "Outline")
    page.header("H5", ["Return", "=Strategy", "=Benchmark"])
    for k in range(BINS + 1):
        for side in (0, 1):
            row, bin_ = OUTLINE + 2 * k + side, top + k + side
            page.put(f"H{row}", f"=$B{top + k}", "computed", PERCENT2)
            for column, share in (("I", "E"), ("J", "F")):
                inside = top < bin_ <= last
                page.put(f"{column}{row}", f"={share}{bin_}" if inside else 0.0, "computed", PERCENT2)
    page.heading("L4:N4", '="Tail of "&Strategy')
    page.header("L5", ["Line", "Return", "Height"])
    for row, name, loss in ((6, "VaR 95 %", "Value_at_risk"), (8, "CVaR 95 %", "Conditional_value_at_risk")):
        for side in (0, 1):
            page.put(f"L{row + side}", f'="{name}: "&TEXT(-{loss},"0.0%")', "label")
            page.put(f"M{row + side}", f"=-{loss}", "computed", PERCENT2)
            page.put(f"N{row + side}", "=MAX(Bin_shares)" if side else 0.0, "computed", PERCENT2)
    return page


def lay_out_drawdowns(book: TemplateBook) -> Page:
    """Add the sheet Drawdowns: the deepest, by DRAWDOWN_TABLE, and their depth by native formulas."""
    page = book.page(
        "Drawdowns",
        '="The five deepest drawdowns of "&Strategy&", by DRAWDOWN_TABLE; where there are fewer, rows stay blank"',
        [2, 12, 12, 12, 12, 12, 12, 12, 3, 14],
        portrait=True,
    )
    top, last = DRAWDOWNS, DRAWDOWNS + WORST
    page.put(f"B{top}:H{last}", f"=DRAWDOWN_TABLE(Strategy_returns,{WORST},TRUE)", "column_label")
    page.restyle(f"C{top}:H{top}", "column")
    page.sheet.set_row(top - 1, 30)
    for column, number_format in zip("BCDEFGH", (PERCENT2, DATE, DATE, DATE, "0", "0", "0"), strict=True):
        page.restyle(f"{column}{top + 1}:{column}{last}", "computed", number_format)
    page.put(f"J{top}", "Depth from prices", "column")
    for row in range(top + 1, last + 1):
        end = f"IF(ISNUMBER(E{row}),E{row},MAX(Dates))"
        inside = f"(Return_dates>=C{row})*(Return_dates<={end})"
        depth = f"MIN({inside}*(Growth_later_S/Highest_S-1))"
        page.array(f"J{row}", f'=IF(ISNUMBER(B{row}),{depth},"")', "computed", PERCENT2)
    book.name("Worst_depths", page, f"J{top + 1}:J{last}")
    return page


def lay_out_months(book: TemplateBook, first: Page, head: int, years: int) -> Page:
    """Add the sheet Months: monthly and yearly returns from the prices, by native formulas.

    Beside them stand the months on the sheet `first`, whose head row is `head`, less these.
    """
    page = book.page(
        "Months",
        "Months and calendar years straight from the prices, by native formulas",
        [2, 8, *[7] * 13, 2, *[8] * 13, 2, *[8] * 13, 2, *[8] * 12],
    )
    top, last = MONTHS, MONTHS + years - 1
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    page.heading("B4:O4", "Dates up to the end of the month, number")
    page.header("B5", ["Year", "Before", *names])
    for short, start, title in (("S", "Q", "Strategy"), ("B", "AE", "Benchmark")):
        column = _number(start) if len(start) == 1 else 26 + _number(start[1])
        letters = [column_letters(column + k) for k in range(13)]
        page.heading(f"{letters[0]}4:{letters[-1]}4", f'="Returns of "&{title}')
        page.line(f"{letters[0]}5", [*names, "Year"], "column")
        for row in range(top, last + 1):
            for k, letter in enumerate(letters):
                one, other = (column_letters(k + 3), column_letters(k + 4)) if k < 12 else ("C", "O")
                start_, end = f"MAX(1,${one}{row})", f"MAX(1,${other}{row})"
                growth = f"INDEX(Growth_{short},{end})/INDEX(Growth_{short},{start_})-1"
                page.put(f"{letter}{row}", f'=IF({end}>{start_},{growth},"")', "computed", PERCENT1)
            if short == "S":
                for k in range(12):
                    own, other = first.ref(f"{column_letters(k + 9)}{head + 1 + row - top}"), f"{letters[k]}{row}"
                    gap = f'IF(ISNUMBER({own}),IF(ISNUMBER({other}),{own}-{other},1),IF({other}="",0,1))'
                    page.put(f"{column_letters(_GAPS + k)}{row}", f"={gap}", "computed", "0.0E+00")
        native = "_native" if short == "S" else ""
        book.name(f"Months_{short}{native}", page, f"{letters[0]}{top}:{letters[11]}{last}")
        book.name(f"Years_{short}{native}", page, f"{letters[12]}{top}:{letters[12]}{last}")
    right = column_letters(_GAPS + 11)
    page.heading(f"{column_letters(_GAPS)}4:{right}4", "MONTHLY_RETURNS less these: strategy")
    page.line(f"{column_letters(_GAPS)}5", list(names), "column")
    book.name("Months_gap", page, f"{column_letters(_GAPS)}{top}:{right}{last}")
    for step, row in enumerate(range(top, last + 1), 1):
        page.put(f"B{row}", f"=INDEX(Result_years,{step})", "label", "0")
        for month in range(13):
            day = f"DATE($B{row},{month + 1},1)"
            page.put(f"{column_letters(month + 3)}{row}", f"=SUMPRODUCT((Dates<{day})*1)", "computed", "0")
    return page
