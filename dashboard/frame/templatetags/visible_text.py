"""Template filter that escapes invisible and bidirectional characters of cluster text."""

from __future__ import annotations

from django import template

from dashboard.kinds.invisible import escape_invisible

register = template.Library()


@register.filter
def visible(text: object) -> str:
    """Control and bidirectional characters as `\\u202e`; tabs and line feeds stay."""
    return escape_invisible(str(text))
