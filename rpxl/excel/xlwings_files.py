"""What the add-in needs from the installed xlwings: its version and the folder of its DLLs."""

import sys
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path


def installed_version() -> str:
    """Return the version of xlwings, without importing it.

    >>> installed_version().count(".") >= 2
    True
    """
    return version("xlwings")


def dll_names() -> tuple[str, str]:
    """Return the names of the DLLs for 64-bit and for 32-bit Excel; the version is part of them."""
    return f"xlwings64-{installed_version()}.dll", f"xlwings32-{installed_version()}.dll"


def dll_folder() -> Path | None:
    """Return the folder into which xlwings' DLLs were installed; None when they are missing.

    The installed package lists the files: they are beside Python, in the root of a virtual environment, or below the
    user's ``AppData``. A conda package lists no DLLs; there they are in the root of the environment.
    """
    folders = [*_listed_folders(), Path(sys.prefix), Path(sys.executable).parent]
    return next((folder for folder in folders if all((folder / name).is_file() for name in dll_names())), None)


def _listed_folders() -> list[Path]:
    try:
        listed = distribution("xlwings").files or []
    except PackageNotFoundError:
        return []
    return [Path(str(path.locate())).resolve().parent for path in listed if path.name in dll_names()]
