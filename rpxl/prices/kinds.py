"""The one list of the kinds of files that rpxl reads: their endings, and the function that reads each."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rpxl.prices.table import FileTable

ReadFile = Callable[[Path, bytes], Sequence[FileTable]]
"""Takes a file and its content, and returns its tables: one, or one for each visible sheet."""

READERS: dict[str, ReadFile] = {}
"""The readers by ending, in lower case and with the dot."""


def reads(*endings: str) -> Callable[[ReadFile], ReadFile]:
    """Register the function below as the reader of files with these endings."""

    def register(function: ReadFile) -> ReadFile:
        READERS.update(dict.fromkeys(endings, function))
        return function

    return register
