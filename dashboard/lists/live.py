"""Live list subscription: renders for the socket only what changed in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import QueryDict
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from dashboard.lists.listing import Listing, parse_query
from dashboard.lists.row_rendering import RenderedRow, insert_ages
from dashboard.lists.views import parts_of
from dashboard.objects.pieces import digest

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
        self._versions: dict[str, str] = {}  # row id -> version, in the order of the page
        self._window = window
        self._digests: dict[str, str] = {}
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

    def render(self) -> str | None:
        """The pieces that changed since the last call, or None."""
        context = parts_of(self._listing, self._listing.window.view())
        pieces = [*self._morphs(context), *self._rows(context["rendered_rows"], context["window"])]
        return "".join(pieces) or None

    def _morphs(self, context: dict[str, Any]) -> Iterator[str]:
        for part, names in PARTS.items():
            inputs = [context[name] for name in names]
            if self._inputs.get(part) == inputs:
                continue
            self._inputs[part] = inputs
            html = get_template(f"lists/list.html#{part}").render(context)
            first = part not in self._digests
            html_digest = digest(html)
            if self._digests.get(part) != html_digest:
                self._digests[part] = html_digest
                target = "live-state" if part == "state" else f"list-{part}"
                if not first or part != "head" or self._window != context["window"]:
                    yield format_html(
                        '<template data-swap="morph" data-target="#{}">{}</template>',
                        target,
                        mark_safe(html),  # noqa: S308
                    )

    def _rows(self, rendered_rows: list[RenderedRow], window: str) -> Iterator[str]:
        versions = {one.id: one.version for one in rendered_rows}
        if window == self._window:
            self._versions = versions
            return
        changed = [
            insert_ages(one.html) for one in rendered_rows if self._versions.get(one.id) != one.version
        ]
        order = ""
        if list(self._versions) != list(versions):
            order = format_html(' data-order="{}"', " ".join(versions))
        self._versions, self._window = versions, window
        yield format_html(
            '<template data-swap="rows" data-target="#list-rows" data-window="{}"{}>{}</template>',
            window,
            order,
            mark_safe("".join(changed)),  # noqa: S308 - rendered by the list's own template
        )
