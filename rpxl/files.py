"""Writing files: each is whole or absent, none is replaced unless asked, and a CSV file holds no formulas."""

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path

from rpxl.errors import InputError

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?")


def refuse_existing(path: Path, force: bool) -> None:
    """Raise an InputError when a file exists and may not be replaced."""
    if path.exists() and not force:
        raise InputError(str(path), "the file exists already. Choose another name, or use --force.")


def is_same_file(one: Path | str, other: Path | str) -> bool:
    """Tell whether two paths lead to the same existing file."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def write_file(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file so that it is either whole or absent.

    Raises
    ------
    InputError
        The file exists and `force` is off, or it can't be written.
    """
    refuse_existing(path, force)
    try:
        replace_file(path, content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            str(path), f"the file can't be written: {reason}. Check the folder; close the file in Excel."
        ) from None


def replace_file(path: Path, content: bytes, *, make_folder: bool = False) -> None:
    """Write a file under another name in the same folder, then rename it: `path` holds all of the new file or the old.

    The new file takes the permissions of the one that it replaces.

    Raises
    ------
    OSError
        It can't be written; the error names `path`, and no part of the new file is left behind.
    """
    beside = path.with_name(f"~{path.name}.{secrets.token_hex(4)}.new")  # Excel opens no add-in whose name begins so
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        stage_file(beside, content)
        place_file(beside, path)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def stage_file(path: Path, content: bytes) -> None:
    """Write a new file, and wait until it is on the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def place_file(staged: Path, path: Path) -> None:
    """Rename a staged file to `path`; a file that is there is replaced, and its permissions are kept."""
    with contextlib.suppress(FileNotFoundError):
        os.chmod(staged, stat.S_IMODE(path.stat().st_mode))
    os.replace(staged, path)


def harmless(text: str) -> str:
    """Return a text for a CSV file in a form that no spreadsheet reads as a formula.

    >>> harmless("=cmd|' /C calc'!A1"), harmless("-0.5"), harmless("SPY")
    ("'=cmd|' /C calc'!A1", '-0.5', 'SPY')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(text) else text


def leftovers(path: Path) -> list[Path]:
    """Return the unfinished files beside `path`, left by a program that was killed while writing it."""
    return sorted(path.parent.glob(f"~{path.name}.*.new"))
