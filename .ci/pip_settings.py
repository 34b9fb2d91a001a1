"""Write this machine's settings of pip into a file, and print the files and folders that they name.

    python3 .ci/pip_settings.py FILE

Settings come from pip's files and from PIP_… variables. The file holds them all, because the system that reads it sees
nothing else of this machine.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import url2pathname

SECTION = re.compile(r"(?P<section>[^.=]+)\.(?P<name>[\w-]+)=(?P<value>.*)")
"""A line of `pip config list`: global.cert='/etc/…'; variables are in the section :env:."""


def main(target: Path) -> None:
    """Write the settings into `target` and print the paths."""
    run = [sys.executable, "-m", "pip"]
    if subprocess.run([*run, "--version"], capture_output=True, check=False).returncode:
        run = [".venv/bin/python", "-m", "pip"]  # a bare Debian has pip in virtual environments only
    listed = subprocess.run([*run, "config", "list"], capture_output=True, text=True, check=True).stdout
    settings: dict[str, dict[str, str]] = {}
    for line in listed.splitlines():
        found = SECTION.fullmatch(line)
        if found and found["name"] not in ("config-file", "cache-dir", "require-virtualenv"):
            section = "global" if found["section"] == ":env:" else found["section"]
            values = settings.setdefault(section, {})
            if found["section"] == ":env:" or found["name"] not in values:  # a variable overrides a file
                values[found["name"]] = ast.literal_eval(found["value"])
    text = "".join(
        f"[{section}]\n" + "".join(f"{name} = {' '.join(value.split())}\n" for name, value in values.items())
        for section, values in settings.items()
    )
    target.write_text(text, encoding="utf-8")
    # An index in a folder of this machine links to files beside that folder, so print the folder above.
    words = {
        word.rstrip("/").rpartition("/")[0] if "index-url" in name and word.startswith("file:///") else word
        for values in settings.values()
        for name, value in values.items()
        for word in value.split()
    }
    paths = {Path(url2pathname(word.removeprefix("file://"))) for word in words if word.startswith(("/", "file:///"))}
    certificates = Path("/etc/ssl/certs")  # copied as a whole
    for path in sorted(paths):
        if path.exists() and certificates not in path.parents:
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
