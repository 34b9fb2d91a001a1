"""The template workbooks, one module each.

>>> names()[:3]
['decomposition_60_40', 'haghani_white', 'leverage_example']
>>> get("leverage_example").title
'How risk parity uses leverage'
"""

from difflib import get_close_matches

from rpxl.errors import InputError
from rpxl.templates import (
    allocation_comparison,
    backtest,
    balanced_quadrants,
    decomposition_60_40,
    famous_portfolios,
    function_reference,
    haghani_white,
    leverage_example,
    levered_with_futures,
    rebalance,
    static_analysis,
    tail_risk_parity,
    tear_sheet,
    why_not_mean_variance,
)
from rpxl.templates.template import Template, TemplateInputs

__all__ = ["Template", "TemplateInputs", "get", "names"]

_TEMPLATES: dict[str, Template] = {
    module.TEMPLATE.name: module.TEMPLATE
    for module in (
        decomposition_60_40,
        haghani_white,
        leverage_example,
        static_analysis,
        allocation_comparison,
        backtest,
        tear_sheet,
        balanced_quadrants,
        levered_with_futures,
        rebalance,
        why_not_mean_variance,
        famous_portfolios,
        tail_risk_parity,
        function_reference,
    )
}


def names() -> list[str]:
    """List the names of all templates."""
    return list(_TEMPLATES)


def get(name: str) -> Template:
    """Look up a template by name.

    Raises
    ------
    InputError
        There is no such template; the message offers those with the nearest names, or all.
    """
    if name not in _TEMPLATES:
        near = get_close_matches(name, _TEMPLATES, n=3, cutoff=0.4) or names()
        raise InputError("template", f"there is no template {name!r}. Choose one of: {', '.join(near)}.")
    return _TEMPLATES[name]
