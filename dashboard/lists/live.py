"""Live list subscription: renders for the socket only what changed in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from dashboard.lists.listing import Listing, parse_query
from dashboard.lists.row_rendering import RenderedRow, insert_ages
from dashboard.lists.views import parts_of
from dashboard.pieces.differ import Differ
from dashboard.pieces.update import Piece, Update, build_update

# Partials of the list's template that morph as a whole, each with its inputs: while they are equal, so is the HTML.
PARTS = {
    "state": ("summary",),
    "notices": ("notices",),
    "head": ("headings",),
    "foot": ("totals", "is_listed", "summary", "first_row", "last_row", "previous_url", "next_url", "kinds"),
}


class ListSubscription:
    """A page's list while its socket is open. `render` is never called by two threads at once."""

    def __init__(self, listing: Listing, window: str) -> None:
        self._listing = listing
        self._differ = Differ(window)
        self._inputs: dict[str, list[Any]] = {}
        self._notify: Callable[[], None] = lambda: None

    def start(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever there may be something to render."""
        self._notify = changed
        for source in self._listing.window.sources:
            source.feed.listen(changed)

    def stop(self) -> None:
        for source in self._listing.window.sources:
            source.feed.unlisten(self._notify)
        self._listing.close()

    def forget(self) -> None:
        """At sign-out: nothing of this person's permissions is kept."""
        for cluster in self._listing.clusters:
            if cluster.cluster_session is not None:
                cluster.cluster_session.forget()

    def renew(self, query: str) -> None:
        """Another filter, sort or offset in the same list; selectors are part of the feeds and stay."""
        selector_pairs = [
            pair for pair in self._listing.address.query if pair[0] in ("selector", "fields", "clusters")
        ]
        new_pairs = [
            (k, v)
            for k, vs in QueryDict(query[:4000]).lists()
            for v in vs
            if k not in ("selector", "fields", "clusters")
        ]
        self._listing.address = self._listing.address.with_query(*new_pairs, *selector_pairs)
        self._listing.window.renew(parse_query(self._listing.address))

    def render(self) -> Update | None:
        """The pieces that changed since the last call, or None."""
        context = parts_of(self._listing, self._listing.window.view())
        rows = self._compare_rows(context["rendered_rows"], context["window"])
        return build_update([*self._compare_parts(context), *rows])

    def _compare_parts(self, context: dict[str, Any]) -> Iterator[Piece]:
        has_head = not self._inputs and self._differ.has_window(context["window"])
        for part, names in PARTS.items():
            inputs = [context[name] for name in names]
            if self._inputs.get(part) == inputs:
                continue
            self._inputs[part] = inputs
            target = "live-state" if part == "state" else f"list-{part}"
            html = render_to_string(f"lists/list.html#{part}", context)
            if part == "head" and has_head:
                self._differ.remember(target, html)
            else:
                yield from self._differ.compare(target, html)

    def _compare_rows(self, rendered_rows: list[RenderedRow], window: str) -> Iterator[Piece]:
        rows = {one.id: one for one in rendered_rows}

        def render(row_id: str) -> SafeString:
            return mark_safe(insert_ages(rows[row_id].html))  # noqa: S308 - rendered by the list's own template

        versions = {one.id: one.version for one in rendered_rows}
        return self._differ.compare_rows("list-rows", versions, window, render)
