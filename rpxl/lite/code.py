"""The Python code that a workbook holds for xlwings Lite: ``main.py`` and ``requirements.txt``.

``main.py`` holds rpxl itself (the core, the functions and the scripts), packed into a text. rpxl's part lies between
two marks, so that a later version can replace it and leave the rest of the file as it is.
"""

import ast
import base64
import hashlib
import json
import re
import textwrap
import zlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from rpxl import __version__
from rpxl.errors import InputError

_FOLDERS = ("core", "formulas", "excel/macros")
_FILES = (
    "errors.py",
    "core/__init__.py",
    "excel/__init__.py",
    "xlsx/__init__.py",
    "xlsx/references.py",
    "lite/__init__.py",
    "lite/functions.py",
    "lite/desk.py",
    "lite/questions.py",
    "lite/scripts.py",
)
_PAYLOAD_WIDTH = 116

REQUIREMENTS = ("xlwings", "python-dotenv", "pyodide-http", "black", "numpy", "scipy", "threadpoolctl")
"""The libraries that Lite must install: those that published workbooks list as required, and rpxl's own."""

_BEGIN = "# >>> rpxl"
_END = "# <<< rpxl"
_BLOCK = re.compile(
    rf"^{_BEGIN} (?P<version>\S+) (?P<digest>[0-9a-f]{{16}})\b[^\n]*\n(?P<body>.*?)^{_END}[^\n]*\n?", re.M | re.S
)

_HEAD = """\
# Risk parity in cells: rpxl {version}, put here by `rpxl lite`. Functions: type =RP_ in a cell. Scripts: see the list
# beside the run button. What lies between the two marks is rpxl's own and is replaced by a newer one; code of your own
# may stand above or below.
"""

_BODY = '''\
def _rpxl_unpacked(digest, packed):
    import base64
    import json
    import pathlib
    import sys
    import tempfile
    import zlib

    folder = pathlib.Path(tempfile.gettempdir()) / f"rpxl-{digest}"
    if str(folder) not in sys.path:
        for name, text in json.loads(zlib.decompress(base64.b64decode(packed))).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for name in [name for name in sys.modules if name.split(".")[0] == "rpxl"]:
            del sys.modules[name]
        older = str(folder.parent / "rpxl-")
        sys.path[:] = [str(folder)] + [each for each in sys.path if not each.startswith(older)]


_rpxl_unpacked(
    "@DIGEST@",
    """
@PACKED@
""",
)


def _rpxl_offered():
    import xlwings
    from rpxl.lite.functions import custom_functions
    from rpxl.lite.scripts import scripts

    return {**custom_functions(xlwings), **scripts(xlwings)}


globals().update(_rpxl_offered())
'''


class Block(NamedTuple):
    """rpxl's part of a ``main.py``: where it begins and ends, its version, and whether it is as rpxl wrote it."""

    start: int
    end: int
    version: str
    digest: str
    intact: bool


@cache
def sources() -> dict[str, str]:
    """Return the files of rpxl that Lite needs, by path, each docstring cut to its first paragraph."""
    package = files("rpxl")
    names = set(_FILES)
    for folder in _FOLDERS:
        names |= {f"{folder}/{each.name}" for each in (package / folder).iterdir() if each.name.endswith(".py")}
    texts = {f"rpxl/{name}": _shortened((package / name).read_text("utf-8")) for name in sorted(names)}
    own = (
        f'"""Risk parity that lives in a spreadsheet: the part for xlwings Lite."""\n\n__version__ = "{__version__}"\n'
    )
    return {"rpxl/__init__.py": own, **texts}


def _shortened(text: str) -> str:
    """Cut every docstring to its first paragraph; nothing else changes."""
    lines = text.splitlines(keepends=True)
    for node in reversed(list(_docstrings(ast.parse(text)))):
        assert node.end_lineno is not None and isinstance(node.value, ast.Constant)
        whole = str(node.value.value)
        if "\n\n" in whole and _starts_and_ends_a_line(lines, node):
            first = whole.split("\n\n")[0].rstrip().replace("\\", "\\\\")
            indent = " " * node.col_offset
            lines[node.lineno - 1 : node.end_lineno] = [f'{indent}"""{first}\n{indent}"""\n']
    return "".join(lines)


def _docstrings(tree: ast.Module) -> list[ast.Expr]:
    """Return the docstrings in the order of the text."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            found.append(first)
    return sorted(found, key=lambda node: node.lineno)


def _starts_and_ends_a_line(lines: list[str], node: ast.Expr) -> bool:
    assert node.end_lineno is not None
    first, last = lines[node.lineno - 1].strip(), lines[node.end_lineno - 1].rstrip()
    return first.startswith(('"""', 'r"""')) and last.endswith('"""')


def digest() -> str:
    """Return a short hash of this code, which no other version has."""
    return hashlib.sha256(json.dumps(sources(), sort_keys=True).encode()).hexdigest()[:16]


def unpacked(main: str) -> dict[str, str]:
    """Return the files that are packed in rpxl's part of a ``main.py``."""
    found = _BLOCK.search(main)
    if found is None:
        raise InputError("main.py", "holds no code of rpxl.")
    packed = found["body"].split('"""')[1]
    texts: dict[str, str] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return texts


@cache
def block_text() -> str:
    """Return rpxl's part of ``main.py``."""
    content = json.dumps(sources(), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    packed = base64.b64encode(zlib.compress(content, 9)).decode()
    lines = "\n".join(textwrap.wrap(packed, _PAYLOAD_WIDTH))
    body = _BODY.replace("@DIGEST@", digest()).replace("@PACKED@", lines)
    return f"{_BEGIN} {__version__} {_seal(body)}\n{body}{_END}\n"


def _seal(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def main_text() -> str:
    """Return a ``main.py`` that holds rpxl and nothing else."""
    return _HEAD.format(version=__version__) + block_text()


def find_block(main: str) -> Block | None:
    """Find rpxl's part of a ``main.py``."""
    found = _BLOCK.search(main)
    if found is None:
        return None
    intact = _seal(found["body"]) == found["digest"]
    return Block(found.start(), found.end(), found["version"], found["digest"], intact)


def updated_main(old: str | None, *, add: bool) -> str:
    """Return a ``main.py`` with this rpxl in it.

    Parameters
    ----------
    old
        The file as it is; None or blank if there is none.
    add
        Whether rpxl's code may be put above other code, and replace rpxl's part even if somebody has changed it.

    Raises
    ------
    InputError
        There is other code, or rpxl's part was changed by hand, and `add` is False.
    """
    if old is None or not old.strip():
        return main_text()
    known = find_block(old)
    if known is None and not add:
        raise InputError(
            "main.py",
            "holds code that is not rpxl's. Give --add to put rpxl's code above that code, which then stays as it is. "
            "Or write rpxl's code into a folder with --code, and paste it yourself.",
        )
    if known is None:
        return f"{main_text()}\n\n{old}"
    if not known.intact and not add:
        raise InputError(
            "main.py",
            "rpxl's part of it, between the marks '# >>> rpxl' and '# <<< rpxl', was changed by hand. Move your own "
            "code out of there, or give --add to replace all between the marks.",
        )
    head = old[: known.start]
    written = _HEAD.format(version=known.version)
    if head.endswith(written):
        head = head[: -len(written)] + _HEAD.format(version=__version__)
    return head + block_text() + old[known.end :]


def updated_requirements(old: str | None) -> str:
    """Return a ``requirements.txt`` with the libraries that rpxl needs; lines that are there stay as they are."""
    lines = (old or "").splitlines()
    known = {re.split(r"[^\w.-]", line.strip(), maxsplit=1)[0].lower().replace("_", "-") for line in lines}
    return "".join(f"{line}\n" for line in [*lines, *(name for name in REQUIREMENTS if name not in known)])
