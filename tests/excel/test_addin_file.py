"""The add-in as a file: built twice, read back by readers that are not its writer."""

import io
import os
import random
import re
import shutil
import subprocess
import warnings
import zipfile
from importlib.resources import files
from pathlib import Path

import olefile
import pytest
from lxml import etree
from pyopenvba import ExcelFile

from rpxl.excel import addin_file, wrappers, xlwings_files
from rpxl.formulas.catalogue import FUNCTIONS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # olevba still calls pyparsing by its old names
    from oletools.olevba import VBA_Parser

ADDIN = Path(__file__).parents[2] / "addin" / "rpxl.xlam"
ATTRIBUTES_OF_THE_PROJECT = 'Attribute VB_Base = "'


@pytest.fixture(scope="module")
def addin() -> bytes:
    return addin_file.build()


@pytest.fixture(scope="module")
def parts(addin: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(addin)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def olevba(addin: Path) -> dict[str, str]:
    """Return the modules as olevba reads them, without the lines that the project adds to a class."""
    found = {}
    for _, _, name, code in VBA_Parser(str(addin)).extract_macros():
        lines = code.splitlines()
        found[Path(name).stem] = "\n".join(line for line in lines if not line.startswith(ATTRIBUTES_OF_THE_PROJECT))
    return found


def test_two_builds_are_the_same_bytes(addin: bytes) -> None:
    assert addin_file.build() == addin


def test_the_committed_addin_is_what_the_sources_build() -> None:
    assert addin_file.check(ADDIN) == [], "run 'rpxl addin build'"


def test_another_xlwings_is_no_fault_of_the_committed_addin(
    addin: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr(addin_file, "installed_version", lambda: "0.0.1")
        addin_file.write(tmp_path / "rpxl.xlam")
    assert addin_file.check(tmp_path / "rpxl.xlam") == []
    told = addin_file.differences(addin, (tmp_path / "rpxl.xlam").read_bytes())
    assert told == ["docProps/core.xml", "xl/vbaProject.bin: RpxlPython"]


# What a formula can call: functions, properties and declarations of DLLs that aren't private, in any module. (Those of
# a class or a document can't be called, but there is no need for one either.)
CALLABLE = re.compile(
    r"^\s*(?!Private\b)(?:Public\s+|Friend\s+|Global\s+)?(?:Static\s+)?"
    r"(?:Function|Property\s+(?:Get|Let|Set)|Declare\s+(?:PtrSafe\s+)?(?:Function|Sub))\s+(\w+)",
    re.IGNORECASE,
)


def callable_names(sources: dict[str, str]) -> list[str]:
    lines = (line for source in sources.values() for line in source.replace(" _\n", " ").splitlines())
    return [found.group(1) for line in lines for part in line.split(":") if (found := CALLABLE.match(part))]


def test_a_formula_can_call_the_catalogue_and_nothing_else(addin: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rpxl.xlam"
    path.write_bytes(addin)
    assert callable_names(olevba(path)) == list(FUNCTIONS)
    assert callable_names(addin_file.stored_modules(addin)) == list(FUNCTIONS)  # as another reader reads it


@pytest.mark.parametrize(
    "line",
    [
        "Function F()",
        "Public Function F() As Long",
        "  static function F()",
        "Public Static Function F()",
        "Property Get F()",
        'Declare PtrSafe Function F Lib "x" ()',
        'Public Declare Sub F Lib "x" ()',
        "Dim a: Function F()",
    ],
)
def test_what_a_formula_can_call_is_seen(line: str) -> None:
    assert callable_names({"a": line}) == ["F"]


def test_nothing_in_the_addin_starts_a_program_but_the_dll(addin: bytes) -> None:
    code = "\n".join(addin_file.stored_modules(addin).values())
    for word in (
        "Shell",
        "CreateObject",
        "GetObject",
        "MacScript",
        "Evaluate",
        "SendKeys",
        "ExecuteExcel4Macro",
        ".Run",
    ):
        assert not re.search(rf"(?im)^[^'\n]*(?<![\w]){re.escape(word)}\b", code), word
    assert set(re.findall(r'Lib "([^"]*)"', code)) == {
        "kernel32",
        "user32",
        *(f"xlwings{bits}-{xlwings_files.installed_version()}.dll" for bits in (32, 64)),
    }


def test_the_dll_is_declared_as_xlwings_declares_it(addin: bytes) -> None:
    theirs = (files("xlwings") / "xlwings_custom_addin.bas").read_text("utf-8")
    declared = re.findall(r"Declare PtrSafe Function XLPyDLLActivateAuto Lib (\S+) \((.*)\) As (\w+)", theirs)
    ours = addin_file.stored_modules(addin)["RpxlPython"]
    own = re.findall(r'Declare PtrSafe Function \w+ Lib (\S+) Alias "XLPyDLLActivateAuto" \((.*)\) As (\w+)', ours)
    assert len(own) == 2
    assert [(lib, types(args), kind) for lib, args, kind in own] == [
        (lib, types(args), kind) for lib, args, kind in declared
    ]


def types(arguments: str) -> list[str]:
    """Return how each argument is passed and of what type it is, whatever its name and default."""
    return re.findall(r"(ByRef|ByVal) \w+ As (\w+)", arguments)


def test_a_difference_is_named(addin: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(addin)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b" " if name == addin_file.RIBBON_PART else b""))
    assert addin_file.differences(addin, buffer.getvalue()) == [addin_file.RIBBON_PART]


def test_olevba_reads_every_module_back(addin: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rpxl.xlam"
    path.write_bytes(addin)
    read = olevba(path)
    sources = addin_file.modules()
    assert read.keys() == sources.keys() | {"IntelliSense"}
    for name, source in sources.items():
        expected = "\n".join(source.splitlines())
        if name == "ThisWorkbook":
            assert read[name].endswith(expected)
        else:
            assert read[name] == expected


def test_the_project_reads_back_from_another_folder_with_any_letters(addin: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "Büro mit Leerzeichen 数"
    folder.mkdir()
    (folder / "rpxl.xlam").write_bytes(addin)
    with ExcelFile(folder / "rpxl.xlam") as file:
        assert file.validate() == []
        assert file.module_names() == [
            "ThisWorkbook",
            "IntelliSense",
            *[n for n in addin_file.modules() if n != "ThisWorkbook"],
        ]


def test_the_compound_file_has_no_defect_that_olefile_knows(parts: dict[str, bytes]) -> None:
    with olefile.OleFileIO(io.BytesIO(parts[addin_file.VBA_PART]), raise_defects=olefile.DEFECT_UNSURE) as compound:
        streams = {"/".join(path) for path in compound.listdir()}
        assert {"PROJECT", "PROJECTwm", "VBA/dir", "VBA/_VBA_PROJECT"} < streams
        assert not any("__SRP_" in name for name in streams)  # no cache of compiled code
        project = compound.openstream("PROJECT").read().decode("cp1252")
        assert "Document=ThisWorkbook/&H00000000\r\n" in project
        assert "Module=RpxlFunctions\r\n" in project


@pytest.mark.skipif(
    shutil.which("7z") is None and not os.environ.get("RPXL_REQUIRE_OFFICE"),
    reason="reads the file with 7z: apt-get install p7zip-full",
)
def test_7z_opens_the_compound_file(parts: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "vbaProject.bin").write_bytes(parts[addin_file.VBA_PART])
    listed = subprocess.run(["7z", "t", "vbaProject.bin"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert listed.returncode == 0, listed.stdout
    assert "Everything is Ok" in listed.stdout


def test_the_package_is_an_addin_with_a_ribbon(parts: dict[str, bytes]) -> None:
    for name, content in parts.items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(content)
    types = parts["[Content_Types].xml"].decode()
    assert 'PartName="/xl/workbook.xml" ContentType="application/vnd.ms-excel.addin.macroEnabled.main+xml"' in types
    assert 'Extension="bin" ContentType="application/vnd.ms-office.vbaProject"' in types
    root = etree.fromstring(parts["_rels/.rels"])
    targets = {link.get("Type"): link.get("Target") for link in root}
    assert targets["http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"] == addin_file.RIBBON_PART
    links = parts["xl/_rels/workbook.xml.rels"].decode()
    assert 'Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"' in links
    assert b'codeName="ThisWorkbook"' in parts["xl/workbook.xml"]
    assert b'codeName="IntelliSense"' in parts["xl/worksheets/sheet1.xml"]


def test_no_program_path_is_in_the_addin(parts: dict[str, bytes]) -> None:
    for content in parts.values():
        assert b"INTERPRETER_WIN" not in content.replace(b'Setting("INTERPRETER_WIN', b"")
        assert os.fsencode(Path.home()) + b"/" not in content


def test_module_names_are_within_limits() -> None:
    for name, source in addin_file.modules().items():
        assert len(name) <= 31
        assert not name.startswith("_")
        lines = source.splitlines()
        assert len(lines) < 65_534
        assert max(map(len, lines)) <= 1023
        assert "Option Explicit" in source


def test_every_function_has_its_wrapper() -> None:
    declared = {}
    for line in wrappers.functions_module().splitlines():
        if line.startswith("Public Function"):
            name, _, rest = line.removeprefix("Public Function ").partition("(")
            declared[name] = rest.removesuffix(") As Variant").split(", ")
    assert declared == {
        name: [
            ("Optional " if p.optional else "") + f"ByVal {wrappers.argument_name(p.name)} As Variant"
            for p in formula.parameters
        ]
        for name, formula in FUNCTIONS.items()
    }


@pytest.mark.parametrize("name", ["RP1", "ABC123", "R1C1", "R", "rc", "2X", "A-B", "", "X" * 256, "Select", "Next"])
def test_names_that_excel_or_vba_refuses_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"cell|letters|reserves"):
        wrappers.check_name(name)


def test_an_argument_that_vba_reserves_gets_another_name() -> None:
    names = {p.name for formula in FUNCTIONS.values() for p in formula.parameters}
    for name in {wrappers.argument_name(name) for name in names | {"end", "Type", "next"}}:
        wrappers.check_name(f"{name}_" if len(name) < 4 else name)  # an argument may look like a cell


def test_tooltips_have_the_form_of_the_intellisense_sheet() -> None:
    rows = wrappers.intellisense_rows()
    assert rows[0] == ["FunctionInfo"]
    assert [row[0] for row in rows[1:]] == list(FUNCTIONS)
    for row, formula in zip(rows[1:], FUNCTIONS.values(), strict=True):
        assert len(row) == 3 + 2 * len(formula.parameters)
        assert all(len(text) <= 255 for text in row)


def random_module(rng: random.Random, size: int) -> str:
    """Compressible and incompressible text in turn, in the letters that VBA's code page has."""
    letters = "abcXYZ 0123456789()=+\"'äß€½" if rng.random() < 0.5 else "ab"
    lines: list[str] = []
    while sum(map(len, lines)) + 2 * len(lines) < size:
        lines.append("' " + "".join(rng.choices(letters, k=rng.randint(0, 80))))
    return "\r\n".join(lines)[:size].rstrip() + "\r\n"


BOUNDARIES = [size + d for size in (64, 512, 4096, 8192, 65536) for d in (-1, 0, 1)]  # of sectors, streams, chunks


@pytest.mark.parametrize("seed", range(12))
def test_modules_of_any_size_are_read_back_by_another_reader(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    sizes = [rng.choice(BOUNDARIES) for _ in range(rng.choice([1, 2, 5, 40]))]
    path = tmp_path / "book.xlsm"
    addin_file._write_book(path)
    sources = {
        f"Module{i}": f'Attribute VB_Name = "Module{i}"\r\n' + random_module(rng, n) for i, n in enumerate(sizes)
    }
    with ExcelFile(path) as file:
        project = file.add_vba_project()
        for name, source in sources.items():
            project.add_module(name, source)
        file.save()
    read = olevba(path)
    for name, source in sources.items():
        assert read[name] == "\n".join(source.splitlines())
