"""What the add-in starts on a Mac: ``python -P -m rpxl.excel.mac NAME ANSWERS`` runs one macro.

NAME and ANSWERS are hexadecimal digits of UTF-16, so that nothing in them needs quoting in AppleScript or the shell.
"""

import subprocess
import sys
from collections.abc import Callable

_DECLINED = "-1743"
_ADVICE = (
    "macOS does not let Python control Excel. Open System Settings > Privacy & Security > Automation and, under Python "
    "or Microsoft Excel, switch on Microsoft Excel. Then press the button again."
)


def main(arguments: list[str], alert: Callable[[str], None] | None = None) -> None:
    """Run the macro; when Excel can't be reached, show the reason in a window of macOS."""
    from rpxl.excel.host import run_on_mac

    name, answers = (bytes.fromhex(text).decode("utf-16-be") for text in arguments)
    try:
        run_on_mac(name, answers)
    except Exception as error:  # Excel can't be reached, so it cannot show the message
        told = _ADVICE if _DECLINED in str(error) else f"rpxl cannot reach Excel ({type(error).__name__}: {error})."
        print(f"{type(error).__name__}: {error}\n{told}", file=sys.stderr)
        (alert or _alert)(told)


def _alert(message: str) -> None:
    """Show a message in a window; it is passed as an argument, never as code."""
    script = ("on run arguments", 'display alert "rpxl" message (item 1 of arguments)', "end run")
    lines = [word for line in script for word in ("-e", line)]
    subprocess.run(["osascript", *lines, message], check=False)


if __name__ == "__main__":
    main(sys.argv[1:])
