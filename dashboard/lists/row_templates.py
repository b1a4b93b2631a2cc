"""Row templates: HTML rendered once with placeholders, then filled with escaped texts for each row."""

from __future__ import annotations

from html import escape
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString

MAX_TEXTS = 3  # texts of a template
GAPS = tuple(
    SafeString(chr(number)) for number in range(1, MAX_TEXTS + 1)
)  # no template writes such characters


class RowTemplate:
    """A template's HTML with gaps: what was GAPS[n] in its context is the nth text of `fill`.

    The template must not look at these texts, other than whether they are empty.
    """

    def __init__(self, template: str, context: dict[str, Any]) -> None:
        html = get_template(template).render(context).replace("{", "{{").replace("}", "}}")
        for number, gap in enumerate(GAPS):
            html = html.replace(gap, f"{{{number}}}")
        self._format = html.format

    def fill(self, *texts: str) -> str:
        """The HTML with these texts, escaped as the template would."""
        return self._format(*[text if isinstance(text, SafeString) else escape(text) for text in texts])
