"""Text files: cells separated by commas, semicolons, tabs or vertical bars, in any usual encoding."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from rpxl.errors import InputError
from rpxl.prices.kinds import reads
from rpxl.prices.signatures import refuse_other_kinds
from rpxl.prices.table import FileTable

_SEPARATORS = "\t;|,"
"""The comma comes last: it also occurs inside numbers, the others do not."""

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?[,;\t]*\r?\n', re.IGNORECASE)
_CONSISTENT = 0.6
"""With the right separator, at least this share of the lines has the same number of cells."""


@reads(".csv", ".tsv", ".txt")
def read_delimited(path: Path, content: bytes) -> Sequence[FileTable]:
    """Read a text file; blank lines are left out.

    Raises
    ------
    InputError
        The file is not text, or its quotation marks or its encoding are broken.
    """
    refuse_other_kinds(path, content, "a text file")
    text, notes = _decode(path, content)
    start = 0
    line = _SEP_LINE.match(text)
    if line:
        separator, start = line[1], line.end()
    else:
        separator = _separator(text)
    rows: list[list[str]] = []
    numbers: list[int] = []
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=separator, strict=True)
    offset = 1 if start else 0
    try:
        before = 0
        for row in reader:
            if any(row) and (row[0].strip() or any(cell.strip() for cell in row)):
                rows.append(row)
                numbers.append(before + 1 + offset)
            before = reader.line_num
    except csv.Error as error:
        at = f"row {reader.line_num + offset}"
        raise InputError(str(path), f"{at}: {error}. Check the quotation marks.") from None
    return [FileTable(path, rows, numbers, separator=separator, notes=notes)]


def _decode(path: Path, content: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, and a note if its encoding had to be assumed."""
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), None)
    if encoding is None and b"\x00" in content[:400]:
        even, odd = content[:400:2].count(0), content[1:400:2].count(0)
        encoding = "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else None
    try:
        text = content.decode(encoding or "utf-8")
        notes: tuple[str, ...] = ()
    except UnicodeDecodeError:
        if encoding is not None:
            raise InputError(str(path), f"the text is not valid {encoding.upper()}. Save it as 'CSV UTF-8'.") from None
        text = content.decode("cp1252", errors="replace")
        notes = ("The text is not UTF-8: it was read as Windows-1252. Check accents in the labels.",)
    if "\x00" in text:
        raise InputError(str(path), "the file is not text. Save it as 'CSV UTF-8'.")
    return text, notes


def _separator(text: str) -> str:
    """Find the separator of the cells: the first one that splits most lines into the same number of cells."""
    present = [separator for separator in _SEPARATORS if separator in text]
    if len(present) < 2:
        return present[0] if present else ","
    sample = text[:65536]
    lines = [line for line in sample.splitlines()[:400] if line.strip()]
    if len(sample) < len(text):
        lines.pop()
    for separator in present:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
        usual = max(set(widths), key=widths.count, default=1)
        if usual > 1 and widths.count(usual) >= _CONSISTENT * len(lines):
            return separator
    return max(reversed(present), key=text.count)
