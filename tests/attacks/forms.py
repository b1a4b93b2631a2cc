"""HTML form parser: the forms of a page and the names of their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass
class Form:
    """`action` is a path of ours; `fields` are the names of everything that is sent."""

    action: str
    method: str
    fields: list[str] = field(default_factory=list)


class _FormParser(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self._open = page, list[Form](), False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form":
            action = urljoin(self.page, found.get("action") or self.page)
            self.forms.append(Form(action, (found.get("method") or "get").upper()))
            self._open = True
        elif tag in ("input", "select", "textarea", "button") and self._open and found.get("name"):
            self.forms[-1].fields.append(str(found["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


def parse_forms(page: str, html: str) -> list[Form]:
    """The forms of the page at this path, in their order."""
    parser = _FormParser(page)
    parser.feed(html)
    return parser.forms
