"""Live object subscription: renders for the socket only the pieces whose content changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from dashboard.objects import pieces
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import yaml_document

__all__ = ["ObjectSubscription", "YamlSubscription", "open_object"]


class ObjectSubscription:
    """An object's page while its socket is open. `render` is never called by two threads at once."""

    def __init__(self, opened: OpenObject, window: str = "") -> None:
        """`window` is what the page says that it shows (`pieces.window_digest`)."""
        self._window = window
        self._opened = opened
        self._notify: Callable[[], None] = lambda: None
        self._digests: dict[str, str] = {}  # part -> digest of what the page shows
        self._versions: tuple[Any, ...] = ()

    def start(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever there may be something to render."""
        self._notify = changed
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

    def render(self) -> str | None:
        """The parts that changed since the last call, or None."""
        versions = tuple((feed.content.version, feed.state) for feed in self._opened.feeds())
        if versions == self._versions:
            return None
        self._versions = versions
        return "".join(self._pieces()) or None

    def _pieces(self) -> Iterator[str]:
        yield from self._render_status()
        found = self._opened.found
        if found is None:
            yield from self._render_lost("object-body")
            return
        rendered_pieces = pieces.render_pieces(pieces.build_context(self._opened, found))
        if self._digests.pop("object-body", None):
            yield _morph("object-body", pieces.render_body(rendered_pieces))
            self._remember(rendered_pieces)
        elif self._window and self._window == pieces.window_digest(rendered_pieces):
            self._remember(rendered_pieces)
        self._window = ""
        for part, html in rendered_pieces.items():
            yield from self._piece(f"object-{part}", html)

    def _remember(self, rendered_pieces: Mapping[str, str]) -> None:
        self._digests |= {f"object-{part}": pieces.digest(html) for part, html in rendered_pieces.items()}

    def _render_status(self) -> Iterator[str]:
        state = {"feed_state": self._opened.feed.state}
        yield from self._piece("live-state", pieces.render_piece("state", state))
        page = self._opened.address.url()
        yield from self._piece("object-feed-notice", pieces.render_notice(self._opened, page))

    def _render_lost(self, target: str) -> Iterator[str]:
        """Permission to see the object is gone: so is everything of it from the page."""
        context = {"feed_state": self._opened.feed.state}
        yield from self._piece(target, get_template("objects/lost.html").render(context))

    def _piece(self, target: str, html: str) -> Iterator[str]:
        digest = pieces.digest(html)
        if self._digests.get(target) != digest:
            self._digests[target] = digest
            yield _morph(target, html)


class YamlSubscription(ObjectSubscription):
    """The YAML page while its socket is open."""

    def __init__(self, opened: OpenObject, window: str = "", page: str = "") -> None:
        super().__init__(opened, window)
        self._page = page

    def _pieces(self) -> Iterator[str]:
        yield from self._render_status()
        if self._opened.found is None:
            yield from self._render_lost("object-body")
            return
        html = yaml_document(self._opened, self._page)
        if self._window and self._window == pieces.digest(html):
            self._digests["object-body"] = self._window
        self._window = ""
        yield from self._piece("object-body", html)


def _morph(target: str, html: str) -> str:
    return format_html(
        '<template data-swap="morph" data-target="#{}">{}</template>',
        target,
        mark_safe(html),  # noqa: S308 - rendered by the page's own template
    )
