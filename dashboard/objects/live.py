"""Live object subscription: renders for the socket only the pieces whose content changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.kinds.fields import KubernetesObject
from dashboard.objects import pieces
from dashboard.objects.live_actions import LiveActions
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import render_tabs, yaml_document
from dashboard.pieces.differ import Differ, digest
from dashboard.pieces.update import Piece, Update, build_update

__all__ = ["ObjectSubscription", "YamlSubscription", "open_object"]


class ObjectSubscription:
    """An object's page while its socket is open. `render` is never called by two threads at once."""

    tab = "overview"
    prefix = "object"  # of the elements of its pieces

    def __init__(self, opened: OpenObject, window: str = "") -> None:
        """`window` is what the page says that it shows (`pieces.window_digest`)."""
        self._window = window
        self._opened = opened
        self._notify: Callable[[], None] = lambda: None
        self._differ = Differ()
        self._versions: tuple[Any, ...] = ()
        self._actions = LiveActions(opened)

    def start(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever there may be something to render."""
        self._notify = changed
        self._actions.start(changed)
        for feed in self._opened.feeds():
            feed.listen(changed)

    def stop(self) -> None:
        for feed in self._opened.feeds():
            feed.unlisten(self._notify)
        self._opened.close()

    def forget(self) -> None:
        """At sign-out: nothing of this person's permissions is kept."""
        self._opened.cluster_session.forget()

    def renew(self, query: str) -> None:
        """An object has no window."""

    def render(self) -> Update | None:
        """The pieces that changed since the last call, or None."""
        feeds = self._opened.feeds()
        versions = (self._actions.html, *((feed.content.version, feed.state) for feed in feeds))
        if versions == self._versions:
            return None
        self._versions = versions
        return build_update(self._pieces())

    def _pieces(self) -> Iterator[Piece]:
        yield from self._render_status()
        yield from self._render_actions()
        found = self._opened.found
        if found is None:
            yield from self._render_lost("object-body")
            return
        rendered_pieces = self._render_pieces(found)
        if self._differ.forget("object-body"):
            yield Piece("object-body", self._render_body(rendered_pieces))
            self._remember(rendered_pieces)
        elif self._window and self._window == self._digest(rendered_pieces):
            self._remember(rendered_pieces)
        elif self._window:
            self._actions.look(is_stale=True)
        self._window = ""
        for part, html in rendered_pieces.items():
            yield from self._differ.compare(f"{self.prefix}-{part}", html)

    def _render_actions(self) -> Iterator[Piece]:
        self._actions.look()
        if (html := self._actions.html) is not None:
            yield from self._differ.compare("object-actions", html)

    def _remember(self, rendered_pieces: Mapping[str, SafeString]) -> None:
        for part, html in rendered_pieces.items():
            self._differ.remember(f"{self.prefix}-{part}", html)

    # --- what a tab of its own does otherwise

    def _render_pieces(self, found: KubernetesObject) -> Mapping[str, SafeString]:
        return pieces.render_pieces(pieces.build_context(self._opened, found))

    def _render_body(self, rendered_pieces: Mapping[str, SafeString]) -> SafeString:
        """All pieces, each in its element."""
        return pieces.render_body(rendered_pieces)

    def _digest(self, rendered_pieces: Mapping[str, SafeString]) -> str:
        """What the page says that it shows already."""
        return pieces.window_digest(rendered_pieces)

    def _render_status(self) -> Iterator[Piece]:
        state = {"feed_state": self._opened.feed.state}
        yield from self._differ.compare("live-state", pieces.render_piece("state", state))
        if self._opened.has_rollout and self._opened.found is not None:
            yield from self._differ.compare("object-tabs", render_tabs(self._opened, self.tab))
        page = self._opened.address.url()
        yield from self._differ.compare("object-feed-notice", pieces.render_notice(self._opened, page))

    def _render_lost(self, target: str) -> Iterator[Piece]:
        """Permission to see the object is gone: so is everything of it from the page."""
        context = {"feed_state": self._opened.feed.state}
        yield from self._differ.compare(target, render_to_string("objects/lost.html", context))


class YamlSubscription(ObjectSubscription):
    """The YAML page while its socket is open."""

    tab = "yaml"

    def __init__(self, opened: OpenObject, window: str = "", page: str = "") -> None:
        super().__init__(opened, window)
        self._page = page

    def _pieces(self) -> Iterator[Piece]:
        yield from self._render_status()
        if self._opened.found is None:
            yield from self._render_lost("object-body")
            return
        html = yaml_document(self._opened, self._page)
        if self._window and self._window == digest(html):
            self._differ.remember("object-body", html)
        self._window = ""
        yield from self._differ.compare("object-body", html)
