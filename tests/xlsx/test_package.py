import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpxl import files
from rpxl.errors import InputError
from rpxl.files import write_file
from rpxl.xlsx import package
from rpxl.xlsx.package import Package
from rpxl.xlsx.workbook import Workbook

from ..make import parts_of, with_parts, workbook


@pytest.fixture(scope="module")
def content() -> bytes:
    return workbook(lambda book: book.add_worksheet("S").write("A1", 1))


def test_what_nobody_edits_is_written_back_as_it_came(content: bytes):
    assert parts_of(Package(content).to_bytes()) == parts_of(content)
    old, new = (zipfile.ZipFile(io.BytesIO(c)).infolist() for c in (content, Package(content).to_bytes()))
    assert [(i.filename, i.date_time, i.compress_type) for i in old] == [
        (i.filename, i.date_time, i.compress_type) for i in new
    ]


def test_same_parts_same_bytes(content: bytes):
    assert Package(content).to_bytes() == Package(Package(content).to_bytes()).to_bytes()


def test_edited_part_keeps_declaration_namespaces_and_extensions(content: bytes):
    part = "xl/worksheets/sheet1.xml"
    xml = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        b'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        b'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" mc:Ignorable="x14ac"><sheetData/>'
        b'<extLst><ext xmlns:a="urn:a" uri="{1}"><a:b/></ext></extLst></worksheet>'
    )
    file = Package(with_parts(content, {part: xml}))
    file.edit(part)
    assert file.read(part) == xml


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "not an .xlsx"),
        (b"hello", "not an .xlsx"),
        (b"PK\x03\x04" + b"\x00" * 30, "not an .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "password"),
    ],
)
def test_what_is_no_workbook(source: bytes, words: str):
    with pytest.raises(InputError, match=words):
        Package(source, "file.xlsx")


def _zip(parts: dict[str, bytes], **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "xl/../../x", "C:/x", "a\\b"])
def test_unsafe_names(name: str):
    with pytest.raises(InputError, match="unsafe name"):
        Package(_zip({"[Content_Types].xml": b"<Types/>", name: b""}))


def test_a_part_twice():
    with pytest.raises(InputError, match="twice"):
        Package(_zip({"[Content_Types].xml": b"<Types/>", "xl/a.xml": b"1", "xl/A.xml": b"2"}))


def test_a_bomb_is_not_unpacked():
    with pytest.raises(InputError, match="zip bomb"):
        Package(_zip({"[Content_Types].xml": b"<Types/>", "xl/a.xml": b"\x00" * (8 << 20)}))


def test_a_bomb_of_many_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(package, "MAX_UNPACKED", 5 << 20)
    with pytest.raises(InputError, match="zip bomb"):
        Package(_zip({f"{i}.xml": b"\x00" * (3 << 20) for i in range(4)}))


def test_a_part_of_too_many_elements(content: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(package, "MAX_CELLS", 1000)
    attributes = " ".join(f"b{i}=''" for i in range(12_000))
    for inside in ("<a/>" * 6000, f"<a {attributes}/>"):
        with pytest.raises(InputError, match="at most 1,000 cells"):
            Workbook(with_parts(content, {"xl/workbook.xml": f"<a>{inside}</a>".encode()}))


def test_too_many_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(package, "MAX_PARTS", 2)
    with pytest.raises(InputError, match="3 parts"):
        Package(_zip({f"{i}.xml": b"" for i in range(3)}))


def of_size(size: int) -> dict[str, bytes]:
    """Parts of which one holds `size` bytes, and all together `size` + 8."""
    return {"[Content_Types].xml": b"<Types/>", "a.bin": b"\x00" * size}


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_largest_file_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, over: int):
    (tmp_path / "a.xlsx").write_bytes(content)
    monkeypatch.setattr(package, "MAX_FILE", len(content) - over)
    monkeypatch.setattr(package, "MEBIBYTE", (len(content) - over) // 3)
    if over <= 0:
        assert Package(tmp_path / "a.xlsx").parts
    else:
        with pytest.raises(InputError, match="the file is larger than 3 MB"):
            Package(tmp_path / "a.xlsx")


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_most_parts_that_are_read(monkeypatch: pytest.MonkeyPatch, over: int):
    monkeypatch.setattr(package, "MAX_PARTS", 5)
    names = ["[Content_Types].xml", *map(str, range(4 + over))]
    if over <= 0:
        assert Package(_zip(dict.fromkeys(names, b""))).parts == names
    else:
        with pytest.raises(InputError, match="6 parts; rpxl opens files of at most 5"):
            Package(_zip(dict.fromkeys(names, b"")))


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("limit", ["MAX_UNPACKED", "RATIO_FREE"])
def test_the_most_that_is_unpacked(monkeypatch: pytest.MonkeyPatch, limit: str, over: int):
    monkeypatch.setattr(package, "MAX_RATIO", 0)
    monkeypatch.setattr(package, limit, 100_000)
    size = 100_000 + over - (8 if limit == "MAX_UNPACKED" else 0)  # of all parts, or of one
    if over <= 0:
        assert len(Package(_zip(of_size(size))).read("a.bin")) == size
    else:
        with pytest.raises(InputError, match="zip bomb"):
            Package(_zip(of_size(size)))


def test_how_much_a_large_part_may_be_packed(monkeypatch: pytest.MonkeyPatch):
    content = _zip(of_size(100_000))
    packed = zipfile.ZipFile(io.BytesIO(content)).getinfo("a.bin").compress_size
    ratio = -(-100_000 // packed)  # rounded up
    monkeypatch.setattr(package, "RATIO_FREE", 1000)
    monkeypatch.setattr(package, "MAX_RATIO", ratio)
    assert Package(content).parts
    monkeypatch.setattr(package, "MAX_RATIO", ratio - 1)
    with pytest.raises(InputError, match="zip bomb"):
        Package(content)


@pytest.mark.parametrize("part", [0, 1])
def test_an_encrypted_part_is_called_encrypted(content: bytes, part: int):
    damaged, place = bytearray(content), -1
    for _ in range(part + 1):
        place = damaged.index(b"PK\x01\x02", place + 1)  # the part's entry in the directory; its flags stand 8 bytes on
    damaged[place + 8] |= 1
    with pytest.raises(InputError, match=r"is encrypted\. Take the password off"):
        Package(bytes(damaged))


def test_another_office_file():
    types = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    with pytest.raises(InputError, match="not an Excel workbook"):
        Workbook(_zip({"[Content_Types].xml": types, "word/document.xml": b"<a/>"}))
    with pytest.raises(InputError, match="not an Excel workbook"):
        Workbook(_zip({"word/document.xml": b"<a/>"}))


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
    ],
)
def test_entities_and_document_types(content: bytes, xml: bytes):
    with pytest.raises(InputError, match="declares entities"):
        Workbook(with_parts(content, {"xl/workbook.xml": xml}))


def test_truncated_xml(content: bytes):
    xml = parts_of(content)["xl/workbook.xml"]
    with pytest.raises(InputError, match="damaged"):
        Workbook(with_parts(content, {"xl/workbook.xml": xml[:-20]}))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "_rels/.rels"])
def test_missing_parts(content: bytes, part: str):
    with pytest.raises(InputError):
        Workbook(with_parts(content, {part: None}))


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_is_reported_as_such(content: bytes, data: st.DataObject):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        book = Workbook(bytes(damaged))
        for sheet in book.worksheets:
            for cell in sheet.cells:
                sheet.value(*cell)
    except InputError as error:
        assert str(error)


def test_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        Package(tmp_path / "none.xlsx")


def test_existing_file_is_kept_unless_forced(tmp_path: Path):
    target = tmp_path / "a.xlsx"
    write_file(target, b"one")
    with pytest.raises(InputError, match="exists already"):
        write_file(target, b"two")
    assert target.read_bytes() == b"one"
    write_file(target, b"two", force=True)
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


def test_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(InputError, match="Permission denied"):
        write_file(tmp_path / "a.xlsx", b"x")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(InputError, match="Check the folder"):
        write_file(tmp_path / "none" / "a.xlsx", b"x")


def test_permissions_of_a_file_that_is_replaced_stay(tmp_path: Path):
    target = tmp_path / "a.xlsx"
    write_file(target, b"one")
    target.chmod(0o600)
    write_file(target, b"two", force=True)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"two", 0o600)
