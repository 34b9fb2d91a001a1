"""Tests of the project in Pyodide, run by run.mjs with pytest's arguments, in which names are relative to /project."""

import os
import sys


async def main() -> int:
    """Run pytest; its exit status."""
    os.chdir("/project")
    sys.path.insert(0, "/project")
    sys.dont_write_bytecode = True
    import pytest

    return int(
        pytest.main(
            ["-q", "--capture=sys", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestConfigWarning", *sys.argv[1:]]
        )
    )
