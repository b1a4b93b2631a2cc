"""Live rollout subscription: renders for the socket only the pieces of the rollout page that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from django.template.loader import get_template
from django.utils.safestring import SafeString

from dashboard.kinds.fields import KubernetesObject
from dashboard.kinds.kind import ROLLOUT_PAGE
from dashboard.objects.live import ObjectSubscription
from dashboard.pieces.update import Piece
from dashboard.rollouts import pieces


class RolloutSubscription(ObjectSubscription):
    """The rollout page while its socket is open."""

    tab = ROLLOUT_PAGE
    prefix = "rollout"

    def _render_actions(self) -> Iterator[Piece]:
        """The page has no buttons."""
        yield from ()

    def _render_pieces(self, found: KubernetesObject) -> Mapping[str, SafeString]:
        return pieces.render_pieces(self._opened, found)

    def _render_body(self, rendered_pieces: Mapping[str, SafeString]) -> SafeString:
        return render_body(rendered_pieces)

    def _digest(self, rendered_pieces: Mapping[str, SafeString]) -> str:
        return pieces.window_digest(rendered_pieces)


def render_body(rendered_pieces: Mapping[str, SafeString]) -> SafeString:
    """All pieces, each in its element."""
    return cast(SafeString, get_template("rollouts/body.html").render({"pieces": rendered_pieces}))
