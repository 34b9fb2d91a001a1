"""The commands in Windows' Python: piped, with old code pages, for users with all kinds of names."""

import csv
import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.windows.excel import AddIn
from tests.windows.target import Target

# Wine sets the user's folder itself, so it is changed inside, before rpxl is imported
RUN = """
import os, runpy, sys
home = sys.argv[1]
os.environ.update(USERPROFILE=home, APPDATA=home + r"\\AppData\\Roaming", LOCALAPPDATA=home + r"\\AppData\\Local")
sys.argv = ["rpxl", *sys.argv[2:]]
runpy.run_module("rpxl", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Terminal:
    """A user's terminal, whose output is piped."""

    target: Target
    folder: Path
    home: str
    code_page: str

    def rpxl(self, *words: str) -> tuple[int, str]:
        """Run a command, and return its exit code and what it prints."""
        done = subprocess.run(
            ["wine", self.target.python, "-c", RUN, self.home, *words],
            env={**self.target.environment, "PYTHONIOENCODING": self.code_page},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        text = done.stdout.decode("utf-8").replace("\r\n", "\n")  # whatever the code page, so that no letter is lost
        assert "Traceback" not in text, text
        return done.returncode, text

    @property
    def settings(self) -> Path:
        """The settings of the add-in."""
        return self.target.path(self.home) / ".rpxl" / "rpxl.conf"

    @property
    def addin(self) -> Path:
        """The add-in in Excel's start folder."""
        return self.target.path(self.home) / "AppData/Roaming/Microsoft/Excel/XLSTART/rpxl.xlam"


def terminal(target: Target, folder: Path, name: str, code_page: str) -> Terminal:
    """Return the terminal of a user with a name, whose folder is new."""
    made = Terminal(target, folder, rf"C:\users\{name}", code_page)
    target.path(made.home).mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture
def user(target: Target, tmp_path: Path) -> Iterator[Terminal]:
    """A user with an ordinary name."""
    yield terminal(target, tmp_path, "Jane Doe", "")


@pytest.mark.parametrize(
    ("name", "code_page"), [("Jane Doe", ""), ("Jürgen Weiß", "cp1252"), ("O'Neil & Söhne 100%", "cp437")]
)
def test_install_status_doctor_remove(target: Target, tmp_path: Path, name: str, code_page: str) -> None:
    user = terminal(target, tmp_path, name, code_page)
    code, told = user.rpxl("install")
    assert code == 0, told
    assert user.addin.is_file()
    assert f'"INTERPRETER_WIN","{target.python}"\r\n'.encode() in user.settings.read_bytes()
    code, told = user.rpxl("status")
    assert code == 0, told
    assert "is installed in Excel" in told
    assert user.home + r"\AppData\Roaming\Microsoft\Excel\XLSTART\rpxl.xlam" in told  # on one line
    code, told = user.rpxl("doctor")
    assert code == 0, told
    assert "NOT OK" not in told
    assert name not in told  # the report is to be sent
    code, told = user.rpxl("remove")
    assert code == 0, told
    assert not user.addin.exists()
    code, told = user.rpxl("status")
    assert "is installed in Excel" not in told


@pytest.mark.parametrize(("name", "code_page"), [("Ωmega 日本", "cp437"), ("Иван", "cp1252")])
def test_a_user_whose_letters_excel_cannot_read(target: Target, tmp_path: Path, name: str, code_page: str) -> None:
    user = terminal(target, tmp_path, name, code_page)
    code, told = user.rpxl("install")
    assert code != 0
    assert name.split()[0] in told
    assert not user.addin.exists()
    assert not user.settings.exists()


def test_what_install_writes_is_what_the_addin_starts(user: Terminal, target: Target) -> None:
    code, told = user.rpxl("install")
    assert code == 0, told
    rows = csv.reader(io.StringIO(user.settings.read_bytes().decode("cp1252"), newline=""))
    settings = {name: value.replace("%USERPROFILE%", user.home) for name, value in rows}
    addin = AddIn(target, python=settings["INTERPRETER_WIN"], dll_folder=settings["DLL_FOLDER"])
    try:
        assert addin.cell("VOLS", 0.04) == pytest.approx(0.2)
    finally:
        addin.close()
    user.rpxl("remove")


def test_doctor_names_a_python_that_is_gone(user: Terminal) -> None:
    user.rpxl("install")
    text = user.settings.read_bytes().replace(rb"\python.exe", rb"\gone.exe")
    user.settings.write_bytes(text)
    code, told = user.rpxl("doctor")
    assert code != 0
    assert "gone.exe, which is not there" in " ".join(told.split())
    user.rpxl("remove")


@pytest.mark.parametrize("code_page", ["cp437", ""])
def test_eval_prints_numbers_and_refusals(target: Target, tmp_path: Path, code_page: str) -> None:
    user = terminal(target, tmp_path, "Jane Doe", code_page)
    code, told = user.rpxl("eval", "VOLS", "0.04,0;0,0.01")
    assert (code, told.split()) == (0, ["0.2", "0.1"])
    (tmp_path / "Übersicht Ω.csv").write_text("0.04,0\n0,0.01\n", "utf-8")
    code, told = user.rpxl("eval", "VOLS", "Übersicht Ω.csv")
    assert (code, told.split()) == (0, ["0.2", "0.1"])
    code, told = user.rpxl("eval", "VOLS", "0.04,0.01;0.02,0.01")
    assert code != 0
    assert "The two must be equal" in " ".join(told.split())
    code, told = user.rpxl("eval", "VOLS", "日本.csv")
    assert code != 0


def test_fill_writes_a_workbook(target: Target, tmp_path: Path) -> None:
    user = terminal(target, tmp_path, "Jane Doe", "cp437")
    prices = [f"{date(2024, 1, 1) + timedelta(i)},{100 + (i * 7) % 11},{50 + (i * 5) % 13}" for i in range(120)]
    (tmp_path / "Kurse Ω.csv").write_text("Date,Aktien,Ωmega\n" + "\n".join(prices) + "\n", "utf-8")
    code, told = user.rpxl("fill", "static_analysis", "--prices", "Kurse Ω.csv", "--out", "Ergebnis Ü日.xlsx")
    assert code == 0, told
    with zipfile.ZipFile(tmp_path / "Ergebnis Ü日.xlsx") as workbook:
        sheets = [name for name in workbook.namelist() if name.startswith("xl/worksheets/sheet")]
        texts = "".join(workbook.read(name).decode("utf-8") for name in sheets)
    assert "Aktien" in texts
    assert "Ωmega" in texts
