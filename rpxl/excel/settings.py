"""The user's settings file: one ``"KEY","value"`` per line, as VBA reads and writes it."""

import csv
import io
from pathlib import Path

from rpxl.excel.paths import InstallError, InstallPaths
from rpxl.files import replace_file


def read(there: InstallPaths) -> dict[str, str]:
    """Return the settings; none when there is no file."""
    if not there.settings.is_file():
        return {}
    text = there.settings.read_bytes().decode(there.encoding, errors="replace")
    return {row[0]: row[1] for row in csv.reader(io.StringIO(text, newline="")) if len(row) == 2}


def write(there: InstallPaths, values: dict[str, str]) -> None:
    """Write the settings; if that fails, the old file stays as it was.

    Raises
    ------
    InstallError
        A value has letters that Excel could not read here, a quotation mark or a line break.
    """
    for key, value in values.items():
        if '"' in value or "\n" in value:
            raise InstallError(f"The setting {key} holds a quotation mark or a line break: {value}")
    line_end = "\n" if there.is_mac else "\r\n"
    text = "".join(f'"{key}","{value}"{line_end}' for key, value in values.items())
    if letters := unreadable(text, there.encoding):
        raise InstallError(f"Excel could not read '{letters}' in the settings: {there.settings}")
    replace_file(there.settings, text.encode(there.encoding), make_folder=True)


def expanded(value: str, home: Path) -> str:
    """Return a path of the settings with the user's folder in place of ``%USERPROFILE%``."""
    return value.replace("%USERPROFILE%", str(home))


def unreadable(text: str, encoding: str) -> str:
    """Return the letters of a text that an encoding doesn't have, each once.

    The codec 'mbcs' of Windows refuses a text without naming the letter, so each letter is tried alone.

    >>> unreadable("Ωmega 日本", "cp1252")
    'Ω日本'
    """

    def known(letter: str) -> bool:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    return "".join(letter for letter in dict.fromkeys(text) if not known(letter))
