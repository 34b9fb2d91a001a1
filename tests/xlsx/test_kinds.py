"""The ending of a workbook's name must be that of its kind."""

from pathlib import Path

import pytest

from rpxl.errors import InputError
from rpxl.filling.fill import fill
from rpxl.filling.relink import normalise
from rpxl.xlsx.kinds import require_suffix, suffix_of
from rpxl.xlsx.package import Package

from ..make import parts_of, with_parts, workbook

PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
KINDS = {
    ".xlsx": PLAIN,
    ".xlsm": b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    ".xltx": b"application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    ".xltm": b"application/vnd.ms-excel.template.macroEnabled.main+xml",
    ".xlam": b"application/vnd.ms-excel.addin.macroEnabled.main+xml",
}
"""ECMA-376 part 1, 12.3.23, and MS-OFFMACRO2, 2.2."""


def of_kind(suffix: str) -> bytes:
    content = workbook(lambda book: book.add_worksheet("S").write_formula("A1", "=[1]!VOLS(0.04)"))
    types = parts_of(content)["[Content_Types].xml"]
    assert PLAIN in types
    return with_parts(content, {"[Content_Types].xml": types.replace(PLAIN, KINDS[suffix])})


@pytest.mark.parametrize("suffix", KINDS)
def test_each_kind_has_its_ending(suffix: str):
    package = Package(of_kind(suffix))
    assert suffix_of(package) == suffix
    require_suffix(package, Path(f"a{suffix.upper()}"))
    for other in [*(KINDS.keys() - {suffix}), ".pdf", ".csv", ".xls", ""]:
        with pytest.raises(InputError, match=rf"only with the ending \{suffix}"):
            require_suffix(package, Path(f"a{other}"))


def test_what_is_no_workbook_has_none():
    types = parts_of(of_kind(".xlsx"))["[Content_Types].xml"].replace(PLAIN, b"text/plain")
    with pytest.raises(InputError, match="not an Excel workbook"):
        suffix_of(Package(with_parts(of_kind(".xlsx"), {"[Content_Types].xml": types})))


def test_commands_refuse_another_ending_and_write_nothing(tmp_path: Path):
    for write in (fill, normalise):
        with pytest.raises(InputError, match=r"holds macros.*\.xlsm"):
            source = tmp_path / "a.xlsm"
            source.write_bytes(of_kind(".xlsm"))
            write(source, tmp_path / "b.xlsx")
        assert not (tmp_path / "b.xlsx").exists()
        write(source, tmp_path / f"{write.__name__}.xlsm")
        assert (tmp_path / f"{write.__name__}.xlsm").exists()
