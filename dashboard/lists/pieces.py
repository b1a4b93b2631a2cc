"""Pieces of the list page: headings, rows, summary and notices, for first load, htmx and socket."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from clusters.feeds.states import State
from clusters.tables.columns import DisplayColumn
from clusters.tables.window import Source, View
from dashboard.address.paths import Address
from dashboard.frame import notices
from dashboard.lists.listing import ListedCluster, Listing
from dashboard.lists.row_rendering import RenderedRow, insert_ages
from dashboard.pieces.notice import Detail, Notice

# From good to bad: what a page of several feeds says in one word is the worst of them.
SEVERITY = (
    State.LIVE,
    State.POLLED,
    State.LOADING,
    State.EXPIRED,
    State.RECONNECTING,
    State.BEHIND,
    State.GONE,
    State.REJECTED,
    State.DENIED,
    State.UNAUTHORIZED,
    State.FAILING,
    State.UNREACHABLE,
    State.CLOSED,
)
COMPLETE_STATES = frozenset({State.LIVE, State.POLLED, State.EXPIRED})  # no rows are no objects


@dataclass(frozen=True)
class Heading:
    """A column's head: where a click sorts, and how it is sorted now (ascending, descending or none)."""

    title: str
    description: str
    css: str
    href: str
    sort_direction: str


@dataclass(frozen=True)
class Summary:
    """The state of the page in one line; `as_of` only where nothing on it is newer."""

    state: str
    since: datetime | None
    message: str
    as_of: datetime | None = None


def headings(address: Address, view: View, sort: str) -> Sequence[Heading]:
    """The columns' heads with the address that each one sorts by."""
    return _headings(address, view.columns, sort, get_language())


@lru_cache(maxsize=500)
def _headings(
    address: Address, columns: tuple[DisplayColumn, ...], sort: str, _language: str | None
) -> Sequence[Heading]:
    return tuple(_heading(address, column, sort) for column in columns)


def rows_html(rendered_rows: Sequence[RenderedRow]) -> list[str]:
    """The rows with the ages of this moment."""
    return [insert_ages(one.html) for one in rendered_rows]


def window_token(rendered_rows: Sequence[RenderedRow], view: View) -> str:
    """One word for what the window shows: a page that has it already is sent nothing again."""
    text = "|".join(f"{one.id}{one.version}" for one in rendered_rows) + repr([c.key for c in view.columns])
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]


def summary(listing: Listing, view: View) -> Summary:
    """The worst state of all feeds, with how many of how many are in it."""
    states = [state for _source, state in view.states]
    if not states:
        return Summary("unreachable", None, "")
    worst = max(states, key=lambda state: SEVERITY.index(state.state))
    same = sum(state.state is worst.state for state in states)
    parts = (
        [_("%(n)d of %(all)d lists") % {"n": same, "all": len(states)}]
        if len(states) > 1 and same < len(states)
        else []
    )
    if worst.state is State.LOADING and worst.total:
        parts.append(_("%(n)d of about %(all)d") % {"n": worst.loaded, "all": worst.total})
    elif worst.state is State.LOADING and worst.loaded:
        parts.append(_("%(n)d loaded") % {"n": worst.loaded})
    stale = [state.as_of for state in states if state.as_of]
    as_of = max(stale) if len(stale) == len(states) else None
    return Summary(worst.state.value, worst.since, ", ".join(parts), as_of)


def is_listed(view: View) -> bool:
    """Has every feed of the page been read, so that an empty table means that there is nothing?"""
    return all(state.state in COMPLETE_STATES for _source, state in view.states)


def collect_notices(listing: Listing, view: View) -> list[Notice]:
    """What keeps a cluster's or namespace's rows away, each with what to try."""
    page = listing.address.url()
    found = [
        _cluster_notice(cluster, page)
        for cluster in listing.clusters
        if cluster.message or cluster.error or cluster.suspended
    ]
    seen: set[tuple[str, State, str]] = set()
    for cluster in listing.clusters:
        for source in cluster.sources:
            state = source.feed.state
            if cluster.cluster_session is None or state.state in notices.STATES_WITHOUT_NOTICE:
                continue
            if (source.cluster, state.state, state.message) not in seen:
                seen.add((source.cluster, state.state, state.message))
                label = _source_label(source, several=len(listing.clusters) > 1)
                found.append(
                    notices.build_state_notice(state, cluster.cluster_session, where=label, page=page)
                )
    found += [_unreadable_notice(cluster, count) for cluster, count in _count_unreadable(listing)]
    for cluster in listing.clusters:
        if cluster.is_partial and cluster.namespaces != ("",):
            found.append(
                Notice(
                    _("Only your known namespaces are shown; there may be others."),
                    _(
                        "You do not have permission to list this resource in all namespaces. Open another "
                        "namespace to add it."
                    ),
                    "info",
                    subject=cluster.name,
                    details=(Detail(", ".join(cluster.namespaces)),),
                )
            )
    return found


def _count_unreadable(listing: Listing) -> list[tuple[ListedCluster, int]]:
    """The clusters of the page with objects that are there and could not be read, and how many."""
    counts = [
        (cluster, sum(source.feed.content.unreadable for source in cluster.sources))
        for cluster in listing.clusters
    ]
    return [(cluster, count) for cluster, count in counts if count]


def _unreadable_notice(cluster: ListedCluster, count: int) -> Notice:
    title = ngettext(
        "%(n)d object could not be read and is not listed.",
        "%(n)d objects could not be read and are not listed.",
        count,
    )
    advice = _("An object that is too large or malformed cannot be listed. kubectl may still show it.")
    return Notice(title % {"n": count}, advice, "warning", subject=cluster.name)


def _heading(address: Address, column: DisplayColumn, sort: str) -> Heading:
    ascending, descending = sort == column.key, sort == f"-{column.key}"
    next_sort = f"-{column.key}" if ascending else column.key
    pairs = [(key, value) for key, value in address.query if key not in ("sort", "offset")]
    href = address.with_query(*pairs, ("sort", next_sort)).url()
    state = "ascending" if ascending else "descending" if descending else "none"
    css = " ".join(word for word, holds in (("number", column.is_number), ("wide", column.is_wide)) if holds)
    return Heading(_title(column), column.description, css, href, state)


def _title(column: DisplayColumn) -> str:
    words = {"cluster": _("Cluster"), "namespace": _("Namespace"), "name": _("Name"), "age": _("Age")}
    return words.get(column.kind, column.title) if column.kind != "name" else column.title


def _cluster_notice(cluster: ListedCluster, page: str) -> Notice:
    if cluster.error is not None:
        return notices.build_error_notice(cluster.error, cluster.name, slug=cluster.slug)
    if cluster.suspended is not None:
        return notices.build_suspended_notice(cluster.suspended, cluster.name, page=page)
    if cluster.needs_credential:
        return notices.build_no_credential_notice(
            cluster.name, slug=cluster.slug, page=page, text=cluster.message
        )
    return Notice(cluster.message, severity="warning", subject=cluster.name)


def _source_label(source: Source, *, several: bool) -> str:
    return " / ".join(part for part in (source.cluster if several else "", source.namespace) if part)
