"""The user's settings file: one ``"KEY","value"`` per line, as VBA writes and reads it."""

import csv
import io

from rpxl.excel.paths import InstallError, InstallPaths
from rpxl.files import replace_file


def read(there: InstallPaths) -> dict[str, str]:
    """Return the settings; none when there is no file."""
    if not there.settings.is_file():
        return {}
    text = there.settings.read_bytes().decode(there.encoding, errors="replace")
    return {row[0]: row[1] for row in csv.reader(io.StringIO(text, newline="")) if len(row) == 2}


def write(there: InstallPaths, values: dict[str, str]) -> None:
    """Write the settings so that the file is either whole or the old one.

    Raises
    ------
    InstallError
        A value has letters that Excel could not read here, or a quotation mark.
    """
    for key, value in values.items():
        if '"' in value or "\n" in value:
            raise InstallError(f"The setting {key} holds a quotation mark or a line break: {value}")
    line_end = "\n" if there.is_mac else "\r\n"
    text = "".join(f'"{key}","{value}"{line_end}' for key, value in values.items())
    try:
        content = text.encode(there.encoding)
    except UnicodeEncodeError as error:
        letters = error.object[error.start : error.end]
        raise InstallError(
            f"Excel could not read '{letters}' in the path of Python. Install rpxl in a folder without such letters: "
            "for example 'py -m venv C:\\rpxl', then 'C:\\rpxl\\Scripts\\pip install rpxl'."
        ) from None
    replace_file(there.settings, content, make_folder=True)
