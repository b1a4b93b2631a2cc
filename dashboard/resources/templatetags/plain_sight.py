"""How is text of a cluster shown so that nothing in it is invisible or turns the writing?"""

from __future__ import annotations

from django import template

from dashboard.resources.yaml_lines import in_plain_sight

register = template.Library()


@register.filter
def visible(text: object) -> str:
    """Control and bidirectional characters as `\\u202e`; tabs and line feeds stay."""
    return in_plain_sight(str(text))
