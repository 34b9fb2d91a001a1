"""Draw the tab from the ribbon's XML, as ``addin/ribbon.svg``: ``python -m tests.excel.picture`` writes it anew.

The icons are only hinted at: Excel has its own for each name.
"""

from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from rpxl.excel import addin_file

PICTURE = Path(__file__).parents[2] / "addin" / "ribbon.svg"

_NAMESPACE = "{http://schemas.microsoft.com/office/2009/07/customui}"
_HEIGHT, _LARGE, _LINE = 128, 92, 26
_INK, _BLUE, _GREEN = "#333333", "#2b6cb0", "#217346"
_ICONS = {  # drawn in a box of 32 × 32
    "FileNew": '<path d="M8 3h11l6 6v20H8zM19 3v6h6" fill="white" stroke="{ink}"/>',
    "TableInsert": '<path d="M4 6h24v20H4zM4 12h24M4 19h24M12 6v20M20 6v20" fill="none" stroke="{blue}"/>',
    "ChartTypePieInsertGallery": '<circle cx="16" cy="16" r="11" fill="#bcd3ea"/>'
    '<path d="M16 16V5a11 11 0 0 1 10 15z" fill="{blue}"/>',
    "ChartTypeBarInsertGallery": '<path d="M5 8h18v4H5zM5 15h12v4H5zM5 22h22v4H5z" fill="{blue}"/>',
    "ChartTypeColumnInsertGallery": '<path d="M7 28V16h4v12zM15 28V8h4v20zM23 28V12h4v16z" fill="{blue}"/>',
    "ChartTypeLineInsertGallery": '<path d="M4 28h25M4 24l7-8 6 4 9-13" fill="none" stroke="{blue}" stroke-width="2"/>',
    "SpellingAndGrammar": '<path d="M6 17l7 8L27 7" fill="none" stroke="{green}" stroke-width="4"/>',
    "ErrorChecking": '<path d="M16 4l13 24H3z" fill="#f6c453" stroke="{ink}"/>'
    '<path d="M16 12v8M16 23v2" stroke="{ink}" stroke-width="3"/>',
}
_OTHER = '<circle cx="16" cy="16" r="9" fill="#dbe6f1" stroke="{blue}"/>'


def draw() -> str:
    """Return the tab as SVG."""
    tab = etree.fromstring(addin_file.ribbon().encode()).find(f".//{_NAMESPACE}tab")
    assert tab is not None
    x, drawn = 10, []
    for group in tab:
        width, content = _group(group, x)
        drawn.append(content)
        x += width
    title = f'<text x="24" y="22" font-weight="bold" fill="{_GREEN}">{escape(tab.get("label", ""))}</text>'
    line = f'<path d="M22 29h{8 * len(tab.get("label", ""))}" stroke="{_GREEN}" stroke-width="2"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{x + 10}" height="{_HEIGHT + 40}" '
        f'font-family="Segoe UI, Carlito, sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="#f3f3f3"/>{title}{line}\n'
        f'<rect x="6" y="34" width="{x - 2}" height="{_HEIGHT}" rx="6" fill="white" stroke="#d0d0d0"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _group(group: etree._Element, x: int) -> tuple[int, str]:
    left, parts, row = x + 6, [], 0
    small_width = 0
    for control in group:
        if control.get("size") == "large":
            parts.append(_large(control, left))
            left += _LARGE
        else:
            if row == 3:
                left, row, small_width = left + small_width, 0, 0
            parts.append(_small(control, left, 44 + row * _LINE))
            row, small_width = row + 1, max(small_width, 44 + 7 * len(control.get("label", "")))
    width = left + small_width + 6 - x
    middle, bottom = x + width / 2, _HEIGHT + 24
    parts.append(
        f'<text x="{middle}" y="{bottom}" text-anchor="middle" fill="#777">{escape(group.get("label", ""))}</text>'
    )
    parts.append(f'<path d="M{x + width} 42v{_HEIGHT - 18}" stroke="#d9d9d9"/>')
    return width, "".join(parts)


def _icon(control: etree._Element) -> str:
    return _ICONS.get(control.get("imageMso", ""), _OTHER).format(ink=_INK, blue=_BLUE, green=_GREEN)


def _large(control: etree._Element, x: int) -> str:
    lines = _wrap(_label(control))
    text = "".join(
        f'<text x="{x + _LARGE / 2}" y="{104 + 16 * i}" text-anchor="middle" fill="{_INK}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    return f'<g transform="translate({x + _LARGE / 2 - 24} 42) scale(1.5)">{_icon(control)}</g>{text}' + _arrow(
        control, x + _LARGE / 2, 112
    )


def _small(control: etree._Element, x: int, y: int) -> str:
    text = f'<text x="{x + 26}" y="{y + 17}" fill="{_INK}">{escape(_label(control))}</text>'
    return f'<g transform="translate({x + 2} {y + 4}) scale(0.6)">{_icon(control)}</g>{text}' + _arrow(
        control, x + 40 + 6 * len(_label(control)), y + 11
    )


def _label(control: etree._Element) -> str:
    return control.get("label", "")


def _arrow(control: etree._Element, x: float, y: float) -> str:
    """Draw the small triangle of a menu."""
    is_menu = control.tag == f"{_NAMESPACE}menu"
    return f'<path d="M{x - 4} {y}h8l-4 5z" fill="{_INK}"/>' if is_menu else ""


def _wrap(label: str) -> list[str]:
    """Break a label into lines that fit under a large icon."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + len(word) > 12:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
