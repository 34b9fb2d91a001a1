"""Charts show the present values of cells, also in viewers that do not compute."""

from lxml import etree

from rpxl.xlsx.chart_caches import _points, refresh_charts
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, workbook

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def charted(book) -> None:
    """XlsxWriter keeps the values of constants in charts, as Excel does."""
    sheet = book.add_worksheet("My data")
    sheet.write_column("A1", ["a", "b", "c"])
    sheet.write_column("B1", [1, 2.5, 3])
    sheet.write_column("C1", [7, 8, 9])
    for values in ("B", "C"):
        chart = book.add_chart({"type": "line"})
        chart.add_series({"categories": "='My data'!$A$1:$A$3", "values": f"='My data'!${values}$1:${values}$3"})
        sheet.insert_chart("E1", chart)


def kept(content: bytes, part: str) -> list[dict[str, str]]:
    root = etree.fromstring(parts_of(content)[f"xl/charts/{part}.xml"])
    caches = [*root.iter(f"{CHART}strCache"), *root.iter(f"{CHART}numCache")]
    return [{p.get("idx"): p.findtext(f"{CHART}v") for p in cache.iter(f"{CHART}pt")} for cache in caches]


def test_only_what_changed_is_brought_up_to_date():
    content = workbook(charted)
    assert kept(content, "chart1") == [{"0": "a", "1": "b", "2": "c"}, {"0": "1", "1": "2.5", "2": "3"}]
    book = Workbook(content)
    assert refresh_charts(book) == 0
    book.sheet("My data").write(2, 2, 2.75)
    book.sheet("My data").write(3, 2, None)
    assert refresh_charts(book) == 1
    new = book.package.to_bytes()
    assert kept(new, "chart1") == [{"0": "a", "1": "b", "2": "c"}, {"0": "1", "1": "2.75"}]
    assert parts_of(new)["xl/charts/chart2.xml"] == parts_of(content)["xl/charts/chart2.xml"]
    cache = next(etree.fromstring(parts_of(new)["xl/charts/chart1.xml"]).iter(f"{CHART}numCache"))
    assert [etree.QName(child).localname for child in cache] == ["formatCode", "ptCount", "pt", "pt"]
    assert cache[1].get("val") == "3"


def test_a_range_that_grew_and_names_and_labels():
    book = Workbook(workbook(charted))
    root = book.package.tree("xl/charts/chart1.xml")
    root.find(f".//{CHART}numRef/{CHART}f").text = "('My data'!$B$1:$B$2,'My data'!$C$1:$C$3)"
    book.sheet("My data").write(1, 1, "first")
    assert refresh_charts(book) == 3  # both charts have the label
    assert kept(book.package.to_bytes(), "chart1") == [
        {"0": "first", "1": "b", "2": "c"},
        {"0": "1", "1": "2.5", "2": "7", "3": "8", "4": "9"},
    ]
    root.find(f".//{CHART}numRef/{CHART}f").text = "OFFSET('My data'!$B$1,0,0,3)"
    assert refresh_charts(book) == 0


def test_points_after_a_blank_cell_are_kept():
    assert list(_points([1.0, None, "", True, 3.0], True)) == [(0, "1"), (4, "3")]
