"""The charts of a template draw its new rows, with axes for them; those of the user stay."""

import re
from typing import Any

import pytest

from rpxl.filling.correspondence import Correspondence
from rpxl.filling.template_charts import TemplateCharts, drawn
from rpxl.xlsx.references import Area
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook

DAYS = {"num_format": "d mmm", "major_unit": 7, "major_unit_type": "days"}
YEARS = {"num_format": "yyyy", "major_unit": 1, "major_unit_type": "years"}


def with_chart(
    last: int, axis: dict[str, Any], *more: dict[str, Any], sheet: str = "S", dates: bool = True
) -> Workbook:
    """A workbook whose first chart draws rows 2 to `last`; and one more chart for each further series."""

    def write(book) -> None:
        page = book.add_worksheet(sheet)
        page.write_row("A1", ["Date", "Fund"])
        first = {"categories": f"={sheet}!$A$2:$A${last}", "values": f"={sheet}!$B$2:$B${last}"}
        for place, series in enumerate((first, *more)):
            chart = book.add_chart({"type": "line"})
            chart.add_series(series)
            chart.set_x_axis({"date_axis": dates, **(axis if place == 0 else DAYS)})
            page.insert_chart(20 * place, 5, chart)

    return Workbook(workbook(write))


def followed(
    book: Workbook, *charts: str, builds: list[Workbook] | None = None
) -> list[tuple[list[str], dict[str, str]]]:
    """Let the charts follow from row 30 to row 90; return for each what it draws, and the scale of its dates."""
    old, new = builds or [with_chart(30, DAYS), with_chart(90, YEARS)]
    TemplateCharts(book, old, new, Correspondence(book, old, [])).follow()
    after = Workbook(book.package.to_bytes())
    found = []
    for part in charts or ("xl/charts/chart1.xml",):
        tree = after.package.tree(part)
        axis = next(tree.iter("{*}dateAx"), None)
        scale = (
            {}
            if axis is None
            else {
                tag: child.get("formatCode") or child.get("val") or ""
                for tag in ("numFmt", "majorUnit", "majorTimeUnit")
                for child in axis.findall(f"{{*}}{tag}")
            }
        )
        found.append(([f.text or "" for f in tree.iter("{*}f")], scale))
    return found


SCALES = [
    {"numFmt": one["num_format"], "majorUnit": str(one["major_unit"]), "majorTimeUnit": one["major_unit_type"]}
    for one in (DAYS, YEARS)
]


@pytest.mark.parametrize("sheet", ["S", "Other"])
def test_a_chart_draws_the_new_rows_on_a_scale_for_them(sheet: str):
    assert followed(with_chart(30, DAYS, sheet=sheet)) == [([f"{sheet}!$A$2:$A$90", f"{sheet}!$B$2:$B$90"], SCALES[1])]


@pytest.mark.parametrize(
    ("own", "scale"),
    [
        ({"num_format": "dd.mm."}, {**SCALES[1], "numFmt": "dd.mm."}),
        ({"major_unit": 14}, {"numFmt": "yyyy", "majorUnit": "14", "majorTimeUnit": "days"}),
        ({"major_unit_type": "months"}, {"numFmt": "yyyy", "majorUnit": "7", "majorTimeUnit": "months"}),
    ],
)
def test_what_the_user_chose_for_an_axis_stays(own: dict[str, Any], scale: dict[str, str]):
    """The number and the unit of a step are one choice: two weeks don't become 14 years."""
    assert followed(with_chart(30, {**DAYS, **own}))[0][1] == scale


def without(book: Workbook, tag: str) -> Workbook:
    """Take what an axis of dates says of one thing out of the first chart."""
    chart = parts_of(book.package.to_bytes())["xl/charts/chart1.xml"]
    kept = re.sub(rf"(<c:dateAx>.*?)<c:{tag} [^>]*/>".encode(), rb"\1", chart)
    assert kept != chart
    return Workbook(with_parts(book.package.to_bytes(), {"xl/charts/chart1.xml": kept}))


@pytest.mark.parametrize("tag", ["numFmt", "majorUnit", "majorTimeUnit"])
def test_what_the_user_left_to_the_program_stays_so(tag: str):
    ((_, scale),) = followed(without(with_chart(30, DAYS), tag))
    rest = {**SCALES[0], "numFmt": "yyyy"} if tag != "numFmt" else SCALES[1]
    assert scale == {name: value for name, value in rest.items() if name != tag}


@pytest.mark.parametrize("tag", ["numFmt", "majorUnit", "majorTimeUnit"])
@pytest.mark.parametrize("build", [0, 1])
def test_what_the_template_does_not_say_stays_as_it_is(tag: str, build: int):
    builds = [with_chart(30, DAYS), with_chart(90, YEARS)]
    builds[build] = without(builds[build], tag)
    ((_, scale),) = followed(with_chart(30, DAYS), builds=builds)
    assert scale == ({**SCALES[0], "numFmt": "yyyy"} if tag != "numFmt" else {**SCALES[1], "numFmt": "d mmm"})


def test_fewer_rows_are_drawn_too():
    builds = [with_chart(90, YEARS), with_chart(30, DAYS)]
    assert followed(with_chart(90, YEARS), builds=builds) == [(["S!$A$2:$A$30", "S!$B$2:$B$30"], SCALES[0])]


def test_an_axis_that_the_user_made_one_of_texts_needs_no_scale():
    assert followed(with_chart(30, {}, dates=False)) == [(["S!$A$2:$A$90", "S!$B$2:$B$90"], {})]


def test_a_format_that_another_program_wrote_with_backslashes_is_the_same():
    book = with_chart(30, DAYS)
    part = "xl/charts/chart1.xml"
    chart = parts_of(book.package.to_bytes())[part].replace(b'"d mmm"', rb'"d\ mmm"')
    ((_, scale),) = followed(Workbook(with_parts(book.package.to_bytes(), {part: chart})))
    assert scale == SCALES[1]


def test_charts_of_the_user_stay():
    texts = ["S!$B$2:$B$30", "S!$B$5:$B$9", "(S!$B$2:$B$9,S!$B$12:$B$30)", "S!My_own"]
    charts = [f"xl/charts/chart{k}.xml" for k in range(2, 6)]
    after = followed(with_chart(30, DAYS, *({"values": f"={text}"} for text in texts)), *charts)
    assert after == [([text], SCALES[0]) for text in texts]


def test_ranges_are_paired_in_their_order():
    pairs = list(drawn(with_chart(30, DAYS, {"values": "=S!$B$4:$B$5"}), with_chart(90, YEARS, {"values": "=S!$B$4"})))
    assert pairs == [
        (Area("S", 2, 1, 30, 1), Area("S", 2, 1, 90, 1)),
        (Area("S", 2, 2, 30, 2), Area("S", 2, 2, 90, 2)),
        (Area("S", 4, 2, 5, 2), Area("S", 4, 2, 4, 2)),
    ]
