"""Files written so that nobody ever finds half of one, and nothing is replaced unasked."""

import contextlib
import os
import secrets
from pathlib import Path

from rpxl.errors import InputError


def refuse_existing(path: Path, force: bool) -> None:
    """Raise an InputError when a file exists and may not be replaced."""
    if path.exists() and not force:
        raise InputError(str(path), "the file exists already. Choose another name, or use --force.")


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

    Raises
    ------
    OSError
        It can't be written; the error names `path`, and nothing of the new file stays.
    """
    beside = path.with_name(f"~{path.name}.{secrets.token_hex(4)}.new")  # Excel passes over names that begin so
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def leftovers(path: Path) -> list[Path]:
    """Return what a program that was killed while it wrote `path` left beside it."""
    return sorted(path.parent.glob(f"~{path.name}.*.new"))
