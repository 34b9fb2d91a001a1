"""The ribbon's macros. Each is registered where it is written; button, self-test and README row follow from that."""

from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from rpxl.excel.macros.plan import Desk, Macro, Rows

Trial = tuple[Rows, list[Rows | str]]
"""Selected cells, and the answers to a macro's questions. An answer that is rows stands for the address of cells."""


@dataclass(frozen=True)
class RibbonMacro:
    """A macro and its button.

    Attributes
    ----------
    name
        The name by which the add-in calls it.
    place
        Where its button stands: the name of a mark in ``addin/ribbon.xml``, as a rule that of the group.
    label
        The text of the button.
    title, help
        The two parts of its tip: what it does; what to select and what the result is. `help` may be empty.
    image
        The name of an icon that Office has.
    run
        The macro.
    trial
        What the self-test runs it on; None if the self-test leaves it out.
    large
        Whether the button is large.
    """

    name: str
    place: str
    label: str
    title: str
    help: str
    image: str
    run: Callable[[Desk], Macro]
    trial: Callable[[], Trial] | None
    large: bool

    def __call__(self, desk: Desk) -> Macro:
        """Start the macro."""
        return self.run(desk)

    def button(self) -> str:
        """Return the button in the ribbon's XML."""
        own = f"Rpxl{self.name.capitalize()}"
        attributes = {
            "id": f"{own}Run" if self.name.capitalize() == self.place else own,  # a group has that name
            "tag": self.name,
            "label": self.label,
            "size": "large" if self.large else "",
            "imageMso": self.image,
            "onAction": "RibbonMacro",
            "screentip": self.title,
            "supertip": self.help,
        }
        written = " ".join(f"{name}={quoteattr(text)}" for name, text in attributes.items() if text)
        return f"<button {written}/>"


MACROS: dict[str, RibbonMacro] = {}
"""The macros by name, in the order of their buttons."""


def ribbon_macro(
    place: str,
    label: str,
    title: str,
    help: str = "",
    *,
    image: str,
    trial: Callable[[], Trial] | None = None,
    large: bool = True,
) -> Callable[[Callable[[Desk], Macro]], Callable[[Desk], Macro]]:
    """Register a macro under the name of its function; see :class:`RibbonMacro`."""

    def register(run: Callable[[Desk], Macro]) -> Callable[[Desk], Macro]:
        name = run.__name__
        if name in MACROS:
            raise ValueError(f"there is a macro {name!r} already")
        MACROS[name] = RibbonMacro(name, place, label, title, help, image, run, trial, large)
        return run

    return register


def buttons(place: str) -> list[str]:
    """List the buttons that stand at a place of the ribbon."""
    return [macro.button() for macro in MACROS.values() if macro.place == place]


def table() -> str:
    """Return the README's table of the macros."""
    rows = [f"| {macro.label} | {macro.title}. {macro.help}".rstrip() + " |" for macro in MACROS.values()]
    return "\n".join(["| button | what it does |", "|---|---|", *rows])
