"""Files written so that nobody ever finds half of one, nothing is replaced unasked, and text stays text."""

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
    """Whether two names lead to one file that is there."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def write_file(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file so that it is either whole or not there.

    Raises
    ------
    InputError
        When the file exists and `force` is off, or can't be written.
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
    """Write a file beside its place, then rename it, so that it is either whole or the old one.

    A file that is replaced hands its permissions on.

    Raises
    ------
    OSError
        It can't be written; the error names `path`, and nothing of the new file stays.
    """
    beside = path.with_name(f"~{path.name}.{secrets.token_hex(4)}.new")  # Excel passes over names that begin so
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
    """Write a new file all the way to the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def place_file(staged: Path, path: Path) -> None:
    """Put a staged file in the place of another, whose permissions it takes over, or where none is yet."""
    with contextlib.suppress(FileNotFoundError):
        os.chmod(staged, stat.S_IMODE(path.stat().st_mode))
    os.replace(staged, path)


def harmless(text: str) -> str:
    """Return a text for a CSV file so that a spreadsheet which opens it doesn't take it for a formula.

    >>> harmless("=cmd|' /C calc'!A1"), harmless("-0.5"), harmless("SPY")
    ("'=cmd|' /C calc'!A1", '-0.5', 'SPY')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(text) else text


def leftovers(path: Path) -> list[Path]:
    """Return what a program that was killed while it wrote `path` left beside it."""
    return sorted(path.parent.glob(f"~{path.name}.*.new"))
