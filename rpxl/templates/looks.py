"""How cells look: colours, number formats, and the kinds of cells of which the templates are made."""

from typing import Any

NAVY, TEAL, GOLD, SLATE, BRICK = "#1B365D", "#2E7F8A", "#C6963C", "#A9B7C6", "#9C3D36"
INK, TEXT, RULE = "#222222", "#444C55", "#C3CBD4"
GREY, _PALE = "#6B7580", "#EDF1F5"
_INPUT_INK, _INPUT_PAPER = "#0B3FA8", "#FFF8DC"
RED_INK, RED_PAPER = "#9C0006", "#FBD5D5"

TIMES = '0.00"×"'
PERCENT1 = "0.0%"
PERCENT2 = "0.00%"
NUMBER = "0.0000"
RATIO = "0.00"
DOLLARS = '"$"#,##0.00'
DATE = "yyyy-mm-dd"

LOOKS: dict[str, dict[str, Any]] = {
    "text": {"align": "left"},
    "aside": {"align": "left", "indent": 1},
    "label": {"align": "left", "bottom": 4, "bottom_color": RULE},
    "input": {
        "font_color": _INPUT_INK,
        "bg_color": _INPUT_PAPER,
        "border": 1,
        "border_color": "#E0D3A0",
        "align": "right",
    },
    "input_text": {
        "font_color": _INPUT_INK,
        "bg_color": _INPUT_PAPER,
        "border": 1,
        "border_color": "#E0D3A0",
        "align": "left",
    },
    "computed": {"align": "right", "bottom": 4, "bottom_color": RULE},
    "total": {"align": "right", "bold": True, "top": 1, "top_color": NAVY, "bottom": 1, "bottom_color": NAVY},
    "total_label": {"align": "left", "bold": True, "top": 1, "top_color": NAVY, "bottom": 1, "bottom_color": NAVY},
    "published": {
        "font_color": GREY,
        "italic": True,
        "align": "right",
        "bottom": 4,
        "bottom_color": RULE,
    },
    "difference": {"align": "right", "bottom": 4, "bottom_color": RULE},
    "column": {
        "bold": True,
        "font_color": NAVY,
        "align": "right",
        "valign": "bottom",
        "text_wrap": True,
        "bottom": 1,
        "bottom_color": NAVY,
    },
    "column_label": {
        "bold": True,
        "font_color": NAVY,
        "align": "left",
        "valign": "bottom",
        "text_wrap": True,
        "bottom": 1,
        "bottom_color": NAVY,
    },
    "heading": {"bold": True, "font_color": NAVY, "font_size": 12, "bg_color": _PALE, "align": "left"},
    "title": {"bold": True, "font_color": "#FFFFFF", "font_size": 18, "bg_color": NAVY, "indent": 1},
    "subtitle": {"font_color": "#DCE5EF", "font_size": 11, "bg_color": NAVY, "indent": 1, "valign": "top"},
    "brand": {"bold": True, "font_color": "#DCE5EF", "font_size": 11, "bg_color": NAVY, "align": "right", "indent": 1},
    "note": {
        "font_color": TEXT,
        "font_size": 10,
        "text_wrap": True,
        "valign": "top",
        "align": "left",
        "indent": 1,
    },
    "wrapped": {
        "align": "left",
        "text_wrap": True,
        "bottom": 4,
        "bottom_color": RULE,
    },
    "source": {
        "font_color": GREY,
        "font_size": 9,
        "align": "left",
        "text_wrap": True,
        "bottom": 4,
        "bottom_color": RULE,
    },
    "published_text": {
        "font_color": GREY,
        "italic": True,
        "align": "left",
        "text_wrap": True,
        "bottom": 4,
        "bottom_color": RULE,
    },
    "link": {"font_color": TEAL, "underline": 1, "align": "left", "bottom": 4, "bottom_color": RULE},
    "formula_line": {"font_name": "Consolas", "font_color": GREY, "font_size": 10, "align": "left"},
    "small": {"font_color": GREY, "font_size": 9, "align": "left"},
    "formula_text": {
        "font_name": "Consolas",
        "font_color": GREY,
        "font_size": 8,
        "align": "left",
        "text_wrap": True,
        "bottom": 4,
        "bottom_color": RULE,
    },
    "verdict": {"align": "center", "bottom": 4, "bottom_color": RULE},
    "status": {"bold": True, "align": "left", "indent": 1},
}
