"""What a check of an installation found; and the user's name, which is left out of a report that the user sends."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["good", "bad", "unknown"]


@dataclass(frozen=True)
class Check:
    """What one check found: its name, its state, what is told, and what to do when the state is not good (`fix`)."""

    check: str
    state: State
    told: str
    fix: str = ""

    def __str__(self) -> str:
        mark = {"good": "ok", "bad": "NOT OK", "unknown": "?"}[self.state]
        return f"{mark}: {self.check}: {self.told}" + (f"\n    {self.fix}" if self.fix else "")


def without_name(text: str, home: Path | None = None) -> str:
    r"""Return a text in which the user's folder and name are replaced.

    >>> without_name(r"C:\Users\Anna Berg\rpxl and D:\Anna Berg\x", Path("/home/Anna Berg"))
    'C:\\Users\\(user)\\rpxl and D:\\(user)\\x'
    """
    home = home or Path.home()
    text = re.sub(re.escape(str(home)), lambda _: "(home)", text, flags=re.IGNORECASE)
    name = re.escape(home.name)
    return re.sub(rf"(?<=[\\/]){name}(?=[\\/]|$)", "(user)", text, flags=re.IGNORECASE) if name else text
