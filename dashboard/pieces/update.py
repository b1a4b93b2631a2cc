"""Wire format of socket updates: pieces of an open page, and the text that static/live/live.js reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Piece:
    """New HTML for one element of a page.

    `target` is the id of an element. `morph`: its children become `html`. `rows`: it is a table body, whose rows are
    replaced by those of the same id in `html`. `window` is the token of the rows that it then shows; `order` holds all
    their ids, separated by spaces, where rows came, went or changed places, and is None where they did not. `lines`:
    `html` is the text that the script of a log page reads.
    """

    target: str
    html: SafeString  # text that no template has rendered is escaped
    swap: Literal["morph", "rows", "lines"] = "morph"
    window: str | None = None
    order: str | None = None

    def to_html(self) -> SafeString:
        """A template element whose data attributes say what becomes of its content."""
        attributes = {
            "swap": self.swap,
            "target": f"#{self.target}",
            "window": self.window,
            "order": self.order,
        }
        present = [(name, value) for name, value in attributes.items() if value is not None]
        return format_html(
            "<template{}>{}</template>", format_html_join("", ' data-{}="{}"', present), self.html
        )


@dataclass(frozen=True)
class Update:
    """What a page is sent at once: at least one piece, drawn in this order.

    `is_urgent`: what follows is not gathered, and waits only until the page has drawn this.
    """

    pieces: tuple[Piece, ...]
    is_urgent: bool = False

    @property
    def rows_moved(self) -> bool:
        """Whether rows came, went or changed places, which people look for sooner than for a changed cell."""
        return any(piece.order is not None for piece in self.pieces)

    def to_html(self) -> SafeString:
        """The text of the message, without the number in front that the page acknowledges."""
        return format_html_join("", "{}", ((piece.to_html(),) for piece in self.pieces))


def build_update(pieces: Iterable[Piece]) -> Update | None:
    """An update of these pieces; None where there are none, and so nothing to send."""
    found = tuple(pieces)
    return Update(found) if found else None
