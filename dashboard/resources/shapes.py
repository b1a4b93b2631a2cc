"""What does a template write around texts? Rendered once for each shape; for each row only the texts are put in."""

from __future__ import annotations

from html import escape
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString

MOST = 3  # texts of a shape
GAPS = tuple(SafeString(chr(number)) for number in range(1, MOST + 1))  # no template writes such characters


class Shape:
    """A template's HTML with gaps: what was GAPS[n] in its context is the nth text of `filled`.

    The template must not look at these texts, other than whether they are empty.
    """

    def __init__(self, template: str, context: dict[str, Any]) -> None:
        html = get_template(template).render(context).replace("{", "{{").replace("}", "}}")
        for number, gap in enumerate(GAPS):
            html = html.replace(gap, f"{{{number}}}")
        self._format = html.format

    def filled(self, *texts: str) -> str:
        """The HTML with these texts, escaped as the template would."""
        return self._format(*[text if isinstance(text, SafeString) else escape(text) for text in texts])
