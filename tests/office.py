"""LibreOffice as an independent opinion: compute a workbook there and read the first sheet back."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice")

needs_office = pytest.mark.skipif(
    SOFFICE is None and not os.environ.get("RPXL_REQUIRE_OFFICE"),  # where it must be there, the test fails
    reason="compares with LibreOffice: apt-get install --no-install-recommends libreoffice-calc",
)


def compute_in_office(workbook: Path, folder: Path) -> list[list[str]]:
    """Return the cells of the first sheet as LibreOffice computes them, at full precision."""
    subprocess.run(
        [
            str(SOFFICE),
            "--headless",
            "--norestore",
            "--nologo",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false",
            "--outdir",
            str(folder),
            str(workbook),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with (folder / f"{workbook.stem}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
