"""The commands in Windows' Python: piped, with old code pages, for users with all kinds of names."""

import csv
import io
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from rpxl import templates
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


def test_eval_prints_numbers_and_refusals(target: Target, tmp_path: Path) -> None:
    user = terminal(target, tmp_path, "Jane Doe", "cp437")
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


def test_demo_fills_every_template(target: Target, tmp_path: Path) -> None:
    user = terminal(target, tmp_path, "Jürgen Weiß", "cp437")
    code, told = user.rpxl("demo", "--out", "Übersicht 日")
    assert code == 0, told
    made = sorted(path.stem for path in (tmp_path / "Übersicht 日").iterdir())
    assert made == sorted(templates.names())
    assert "Haghani & White (2017), Some Clarity on Risk Parity" in told
    one = tmp_path / "Übersicht 日" / "haghani_white.xlsx"
    with held(target, one, sharing=NOBODY):
        code, told = user.rpxl("demo", "--out", "Übersicht 日", "--force")
        assert code != 0
        assert "close the file in Excel" in " ".join(told.split())
        assert one.name in told


def test_a_batch_in_two_processes(target: Target, tmp_path: Path) -> None:
    user = terminal(target, tmp_path, "Иван", "cp1252")
    rows = ["client,weights", '"Müller, Ä.","0.3,0.7"', 'bad,"0.3,0.7,0.1"', 'Ωmega,"50%,50%"']
    (tmp_path / "Kunden.csv").write_text("\n".join(rows) + "\n", "utf-8")
    command = ["fill", "decomposition_60_40", "--batch", "Kunden.csv", "--out", "gefüllt", "--workers", "2"]
    code, told = user.rpxl(*command)
    assert code != 0
    assert "bad" in told
    assert {path.name for path in (tmp_path / "gefüllt").glob("*.xlsx")} == {"Müller, Ä..xlsx", "Ωmega.xlsx"}
    with zipfile.ZipFile(tmp_path / "gefüllt" / "Ωmega.xlsx") as workbook:
        assert workbook.testzip() is None
    with held(target, tmp_path / "gefüllt" / "Ωmega.xlsx", sharing=READERS):
        code, told = user.rpxl(*command, "--force")
    assert "Ωmega.xlsx can't be written: Access denied. Close it in Excel." in " ".join(told.split())


NOBODY, READERS = 0, 1
"""With whom a program that has a file open shares it; Excel lets others read the workbooks that it has open."""

HOLD = """
import sys
import win32file as f
path, sharing = sys.argv[1:]
file = f.CreateFile(path, f.GENERIC_READ | f.GENERIC_WRITE, int(sharing), None, f.OPEN_EXISTING, 0, None)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(target: Target, path: Path, sharing: int) -> Iterator[None]:
    """Let another program have a file open."""
    process = subprocess.Popen(
        ["wine", target.python, "-c", HOLD, "Z:" + str(path).replace("/", "\\"), str(sharing)],
        env=target.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == b"held"
        yield
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@pytest.mark.parametrize("sharing", [NOBODY, READERS])
def test_a_workbook_that_is_open_is_not_replaced(target: Target, tmp_path: Path, sharing: int) -> None:
    user = terminal(target, tmp_path, "Jane Doe", "cp437")
    out = tmp_path / "Größe.xlsx"
    out.write_bytes(b"what is open in Excel")
    command = ["fill", "decomposition_60_40", "--weights", "0.3,0.7", "--out", out.name]
    with held(target, out, sharing):
        code, told = user.rpxl(*command, "--force")
    assert code != 0
    assert "close the file in Excel" in " ".join(told.split())
    assert out.name in told
    assert out.read_bytes() == b"what is open in Excel"
    assert [path.name for path in tmp_path.iterdir()] == [out.name]  # no half of a new one
    assert user.rpxl(*command, "--force")[0] == 0


def test_an_addin_that_is_open_is_neither_replaced_nor_removed(user: Terminal, target: Target) -> None:
    code, told = user.rpxl("install")
    assert code == 0, told
    user.addin.write_bytes(b"of an earlier version")
    with held(target, user.addin, READERS):
        for command in ("install", "remove"):
            code, told = user.rpxl(command)
            assert code != 0
            assert "Close Excel and try again" in " ".join(told.split())
            assert r"XLSTART\rpxl.xlam" in told
            assert "~rpxl" not in told
        assert user.addin.read_bytes() == b"of an earlier version"
        assert [path.name for path in user.addin.parent.iterdir()] == ["rpxl.xlam"]
    code, told = user.rpxl("remove")
    assert code == 0, told
    assert not user.addin.exists()
    assert not user.settings.exists()
