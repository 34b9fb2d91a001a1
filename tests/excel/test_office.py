"""LibreOffice reads the add-in: each module that it imports is the same as its source."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from rpxl.calc.locate import OfficeError, find_soffice
from rpxl.excel import addin_file


@pytest.fixture
def soffice() -> str:
    """Skip without LibreOffice; fail instead where it must be there."""
    try:
        return str(find_soffice())
    except OfficeError as missing:
        if os.environ.get("RPXL_REQUIRE_OFFICE"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def code_lines(text: str) -> list[str]:
    """Return the lines of code; what stands on an attribute's line moves into the module's properties."""
    lines = (line.strip() for line in text.splitlines())
    return [
        line for line in lines if line and not line.startswith(("Attribute ", "Rem Attribute ", "Option VBASupport"))
    ]


def test_libreoffice_imports_every_module(soffice: str, tmp_path: Path) -> None:
    (tmp_path / "rpxl.xlam").write_bytes(addin_file.build())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["--infilter=Calc MS Excel 2007 VBA XML", "--convert-to", "ods", "--outdir", str(tmp_path)]
    command = [soffice, "--headless", "--norestore", "--nologo", profile, *convert, str(tmp_path / "rpxl.xlam")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(tmp_path / "rpxl.ods") as archive:
        parser = etree.XMLParser(load_dtd=False, no_network=True)
        for name, source in addin_file.modules().items():
            imported = etree.fromstring(archive.read(f"Basic/VBAProject/{name}.xml"), parser).text or ""
            expected = code_lines(source)
            assert [line for line in code_lines(imported) if not line.startswith("Option ClassModule")] == expected
