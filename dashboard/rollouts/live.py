"""Live rollout subscription: renders for the socket only the pieces of the rollout page that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from django.template.loader import get_template
from django.utils.safestring import SafeString

from dashboard.objects.live import ObjectSubscription
from dashboard.pieces.update import Piece
from dashboard.rollouts import pieces


class RolloutSubscription(ObjectSubscription):
    """The rollout page while its socket is open."""

    def _pieces(self) -> Iterator[Piece]:
        yield from self._render_status()
        found = self._opened.found
        if found is None:
            yield from self._render_lost("object-body")
            return
        rendered_pieces = pieces.render_pieces(self._opened, found)
        if self._differ.forget("object-body"):
            yield Piece("object-body", render_body(rendered_pieces))
            self._remember(rendered_pieces)
        elif self._window and self._window == pieces.window_digest(rendered_pieces):
            self._remember(rendered_pieces)
        self._window = ""
        for name, html in rendered_pieces.items():
            yield from self._differ.compare(f"rollout-{name}", html)

    def _remember(self, rendered_pieces: Mapping[str, SafeString]) -> None:
        for name, html in rendered_pieces.items():
            self._differ.remember(f"rollout-{name}", html)


def render_body(rendered_pieces: Mapping[str, SafeString]) -> SafeString:
    """All pieces, each in its element."""
    return cast(SafeString, get_template("rollouts/body.html").render({"pieces": rendered_pieces}))
