"""A private LibreOffice without a screen; it ends with the `with` block that started it."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rpxl.calc.extension import unpack
from rpxl.calc.locate import OfficeError, find_office_python, find_soffice
from rpxl.calc.pipe import Child


class Office:
    """A LibreOffice with a new profile and with the add-in; the user's own LibreOffice and profile are not touched.

    Parameters
    ----------
    timeout
        Seconds that the start or a command may take; after that, the office is ended.

    Raises
    ------
    OfficeError
        LibreOffice is not installed, does not start, or a command fails.

    Examples
    --------
    ::

        with Office() as office:
            document = office.ask("open", "private:factory/scalc")
    """

    unseen = ("--headless", "--invisible")
    """The options that keep it off the screen."""
    version: str
    """The version of LibreOffice."""
    group = 0
    """The id of its first process and of its process group, which has all processes that it starts; 0 before."""

    def __init__(self, timeout: float = 120.0) -> None:
        self._timeout = timeout

    def __enter__(self) -> Self:
        soffice, python = find_soffice(), find_office_python()
        self.folder = Path(tempfile.mkdtemp(prefix="rpxl-office-"))
        try:
            self._start(soffice, python)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    _driver: Child | None = None

    def _start(self, soffice: Path, python: Path) -> None:
        unpack(self.folder / "extensions")
        for name, source in (("driver.py", "driver.py"), ("rpxl_pipe.py", "pipe.py")):
            (self.folder / name).write_text((files("rpxl.calc") / source).read_text("utf-8"), "utf-8")
        settings = self.folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_settings(), "utf-8")
        pipe = f"rpxl{secrets.token_hex(8)}"
        command = [
            str(soffice),
            *("--norestore", "--nologo", "--nodefault", "--nofirststartwizard", *self.unseen),
            f"-env:UserInstallation={(self.folder / 'profile').as_uri()}",
            f"-env:BUNDLED_EXTENSIONS={(self.folder / 'extensions').as_uri()}",
            f"--accept=pipe,name={pipe};urp;",
        ]
        self._driver = Child([str(python), str(self.folder / "driver.py")], attempts=1, apart=True)
        self.group = self.ask("start", command)  # the driver starts it, and ends it when this process ends
        self.version = self._connect(pipe)

    def _connect(self, pipe: str) -> str:
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            version = self.ask("connect", pipe)
            if version is not None:
                return str(version)
            time.sleep(0.05)
        raise OfficeError("LibreOffice does not start. Try to start it by hand.")

    def ask(self, command: str, *args: Any) -> Any:
        """Have the driver run a command; see :class:`rpxl.calc.driver.Driver`.

        Raises
        ------
        OfficeError
            The command failed, took too long, or the office ended.
        """
        if self._driver is None:
            raise OfficeError("The office is not running.")
        late = threading.Event()

        def end() -> None:
            late.set()  # before the office ends: the driver then answers with an error about that end
            self._kill()

        overtime = threading.Timer(self._timeout, end)
        overtime.start()
        try:
            problem, answer = self._driver.ask((command, args))
        except ConnectionError as error:
            raise OfficeError(f"LibreOffice can't be controlled: {error}") from None
        finally:
            overtime.cancel()
        if problem and late.is_set():
            raise OfficeError(f"LibreOffice took longer than {self._timeout:g} seconds and was ended.")
        if problem:
            raise OfficeError(f"LibreOffice: {problem}")
        return answer

    def _end(self) -> None:
        """End the driver, which ends the office; then end what is left, and remove the files."""
        driver, self._driver = self._driver, None
        try:
            if driver is not None:
                driver.close()
        finally:
            self._kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        """End the office and all that it started, if the driver has not done so."""
        if not self.group:
            return
        if sys.platform == "win32":
            kill = ["taskkill", "/T", "/F", "/PID", str(self.group)]
            subprocess.run(kill, capture_output=True, check=False)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.group, signal.SIGKILL)


def _settings() -> str:
    """Return the settings of this office: it fetches nothing from the network, for pictures or for formulas."""
    nowhere = {"Name": ("127.0.0.1", "string"), "Port": ("9", "int")}  # the discard port, on which no program listens
    proxies = {f"ooInet{kind}Proxy{end}": value for kind in ("HTTP", "HTTPS", "FTP") for end, value in nowhere.items()}
    settings = {
        "Office.Common/Security/Scripting": {"BlockUntrustedRefererLinks": ("true", "boolean")},
        "Office.Calc/Content/Update": {"Link": ("2", "int")},
        "Inet/Settings": {"ooInetProxyType": ("2", "int"), "ooInetNoProxy": ("", "string"), **proxies},
    }
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse" oor:type="xs:{kind}">'
        f"<value>{value}</value></prop></item>"
        for path, values in settings.items()
        for name, (value, kind) in values.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>\n"
    )
