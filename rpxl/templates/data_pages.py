"""The sheets that templates with prices share: the prices themselves, and the matrices made of them."""

from rpxl.core.calendar import FREQUENCIES
from rpxl.core.estimators import ESTIMATORS
from rpxl.templates.checks import CHECKS_TOP, Check
from rpxl.templates.looks import DATE, NUMBER, RATIO
from rpxl.templates.page import AGREES, Page, TemplateBook
from rpxl.xlsx.references import column_letters, parse_range

PRICES_TOP = 6
"""The first row of the prices, below their header."""

PRINTED_ROWS, PRINTED_COLUMNS = 40, 15
"""How many rows and columns are printed of a sheet that has a row for each date: a page."""

_STEPS = "(Dates_later-Dates_earlier)"
_USUAL = f"({_STEPS}<=MAX(14,1.5*MEDIAN({_STEPS})))"
_TOO_FAR = 1.2
"""The ratio from which two numbers of periods a year differ: below 365/252, above what holidays can make."""

PERIODS_CHECK = Check(
    "Periods a year, counted from the dates (gaps left out)",
    "Periods_per_year",
    f"365.25*SUM({_USUAL}*1)/SUM({_USUAL}*{_STEPS})",
    "0.0",
    verdict=f'IF(MAX({{ours}}/{{native}},{{native}}/{{ours}})<{_TOO_FAR},"{AGREES}","DIFFERS by a factor")',
)
"""The first check of every template with prices. It counts the dates, independently of the input that it checks."""

RETURNS = "Prices_later/Prices_earlier-1"
_MEANS = f"MMULT(TRANSPOSE(0*Dates_later+1),{RETURNS})"
_NATIVE_COV = (
    f"(MMULT(TRANSPOSE({RETURNS}),{RETURNS})-MMULT(TRANSPOSE({_MEANS}),{_MEANS})/ROWS(Prices_later))"
    "/(ROWS(Prices_later)-1)*Periods_per_year"
)
IS_SAMPLE = 'Estimator="sample"'
"""A formula: whether native formulas for sample covariances must agree."""

COV_CHECK = Check(
    "Covariance matrix, sum of all cells",
    "SUM(Cov)",
    f"SUM({_NATIVE_COV})",
    NUMBER,
    ("Cov", _NATIVE_COV),
    only_if=IS_SAMPLE,
)
"""The covariance matrix straight from the prices."""


def _frequency_words() -> str:
    """Write a formula for the frequency that a number of periods a year means, as in "monthly, 12 a year"."""
    words = '"returns"'
    for known in reversed(FREQUENCIES):
        words = f'IF(Periods_per_year={known.periods_per_year:g},"{known.name}",{words})'
    return f'{words}&", "&Periods_per_year&" a year"'


def lay_out_matrices(book: TemplateBook, assets: int) -> None:
    """Add the sheet Matrices, with the names Cov and Correlations."""
    page = book.page(
        "Matrices",
        '="Annual "&Estimator&" covariance of simple returns ("&Frequency&"), and correlation"',
        [2, 16, *[9] * max(assets, 8)],
        one_page=False,
    )
    if assets > 20:
        page.sheet.set_h_pagebreaks([assets + 6])
    page.sheet.freeze_panes(2, 2)
    last = column_letters(assets + 2)
    for top, title, formula, number_format, name in (
        (4, "Covariance", "=COV_MATRIX(RETURNS(Prices),Estimator,Periods_per_year)", NUMBER, "Cov"),
        (assets + 8, "Correlation", "=CORR_MATRIX(Cov)", RATIO, "Correlations"),
    ):
        page.heading(f"B{top}:{page.last}{top}", title)
        for k in range(1, assets + 1):
            page.put(f"{column_letters(k + 2)}{top + 1}", f"=INDEX(Assets,1,{k})", "column")
            page.put(f"B{top + 1 + k}", f"=INDEX(Assets,1,{k})", "label")
        area = f"C{top + 2}:{last}{top + 1 + assets}"
        page.put(area, formula, "computed", number_format)
        book.name(name, page, area)
    page.sheet.conditional_format(
        area,
        {
            "type": "3_color_scale",
            "min_type": "num",
            "min_value": -1,
            "mid_type": "num",
            "mid_value": 0,
            "max_type": "num",
            "max_value": 1,
            "min_color": "#D99A94",
            "mid_color": "#FFFFFF",
            "max_color": "#7FB2C4",
        },
    )


def lay_out_price_inputs(page: Page, last: str) -> None:
    """Lay out the first inputs, rows 5 to 8 up to column `last`: source, dates and frequency of the prices."""
    page.heading(f"B5:{last}5", "Inputs")
    page.put("B6", "Prices", "label")
    page.sheet.merge_range(f"C6:{last}6", "", page.book.look("input_text"))
    page.input("Data_source", "C6", look="input_text")
    page.put("B7", "Dates", "label")
    page.put("C7", "=MIN(Dates)", "computed", DATE)
    page.put("D7", "=MAX(Dates)", "computed", DATE)
    page.put("E7", "=ROWS(Dates)", "computed", '#,##0" dates"')
    page.put("F7", "=COLUMNS(Assets)", "computed", '0" assets"')
    page.put("B8", "Periods per year", "label")
    page.input("Periods_per_year", "C8", "0.##")
    page.sheet.merge_range(f"D8:{last}8", "", page.book.look("aside"))
    counted = f'"DIFFERS: the dates have about "&ROUND(Checks!$D${CHECKS_TOP},0)&" a year"'
    page.put("D8", f'=IF(Checks!$E${CHECKS_TOP}="{AGREES}",{_frequency_words()},{counted})', "aside")
    page.warning(f"D8:{last}8", "DIFFERS")
    page.book.name("Frequency", page, "D8")


def estimator_input(page: Page, cell: str, last: str) -> None:
    """Put the input of the estimator into a cell, over all cells up to column `last`, with the names to choose from."""
    place = parse_range(cell)
    if column_letters(place.left) != last:
        page.sheet.merge_range(f"{cell}:{last}{place.top}", "", page.book.look("input_text"))
    page.input("Estimator", cell, look="input_text")
    page.sheet.data_validation(cell, {"validate": "list", "source": list(ESTIMATORS)})


def lay_out_prices(book: TemplateBook, assets: int, dates: int) -> Page:
    """Add the sheet Prices, with the names of the prices and of their dates; only a part of it is printed."""
    page = book.page(
        "Prices",
        "One row per date, oldest first; only the last rows are printed",
        [2, 12, *[11] * max(assets, 7)],
        one_page=False,
        portrait=assets <= 7,
    )
    last, bottom = column_letters(assets + 2), PRICES_TOP + dates - 1
    page.put("B3", '="Prices: "&Data_source', "status")
    page.put(f"B{PRICES_TOP - 1}", "Date", "column_label")
    page.input("Dates", f"B{PRICES_TOP}:B{bottom}", DATE, "input_text")
    page.input("Prices", f"C{PRICES_TOP - 1}:{last}{bottom}", "#,##0.00")
    book.name("Assets", page, f"C{PRICES_TOP - 1}:{last}{PRICES_TOP - 1}")
    book.name("Dates_earlier", page, f"B{PRICES_TOP}:B{bottom - 1}")
    book.name("Dates_later", page, f"B{PRICES_TOP + 1}:B{bottom}")
    book.name("Prices_earlier", page, f"C{PRICES_TOP}:{last}{bottom - 1}")
    book.name("Prices_later", page, f"C{PRICES_TOP + 1}:{last}{bottom}")
    page.sheet.freeze_panes(PRICES_TOP - 1, 2)
    # from the third date on, where rows come and go: so the area stays a page
    width = column_letters(min(max(assets, 7), PRINTED_COLUMNS) + 2)
    page.print_only(f"A{max(PRICES_TOP + 2, bottom - PRINTED_ROWS + 1)}:{width}{bottom}", PRICES_TOP - 1)
    return page
