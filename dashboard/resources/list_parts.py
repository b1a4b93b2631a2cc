"""What are the moving parts of a list page? The same for the first load, for htmx and for the socket."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from clusters.watch.columns import Shown
from clusters.watch.states import FeedState, State
from clusters.watch.window import Source, View
from dashboard.resources.address import Address
from dashboard.resources.list_rows import Rendered, aged, rows
from dashboard.resources.listing import Listing, Place

# From good to bad: what a page of several feeds says in one word is the worst of them.
SEVERITY = (
    State.LIVE,
    State.POLLED,
    State.LOADING,
    State.EXPIRED,
    State.RECONNECTING,
    State.GONE,
    State.REJECTED,
    State.DENIED,
    State.UNREACHABLE,
    State.ENDED,
)
TROUBLES = frozenset(
    {State.GONE, State.REJECTED, State.DENIED, State.UNREACHABLE, State.ENDED, State.RECONNECTING}
)


@dataclass(frozen=True)
class Heading:
    """A column's head: where a click sorts, and how it is sorted now (ascending, descending or none)."""

    title: str
    description: str
    css: str
    href: str
    sorted: str


@dataclass(frozen=True)
class Notice:
    """A trouble of one place: what it is, where, the API server's words and what to try."""

    level: str
    title: str
    where: str
    message: str
    advice: str
    href: str = ""


@dataclass(frozen=True)
class Summary:
    """The state of the page in one line."""

    state: str
    since: datetime | None
    message: str


def headings(address: Address, view: View, sort: str) -> list[Heading]:
    """The columns' heads with the address that each one sorts by."""
    return [_heading(address, column, sort) for column in view.columns]


def rendered(view: View, resource: str, *, namespaced: bool) -> list[Rendered]:
    """The window's rows, from the store that all viewers share."""
    return [rows.render(line, view.columns, resource, namespaced) for line in view.lines]


def rows_html(made: Sequence[Rendered]) -> list[str]:
    """The rows with the ages of this moment."""
    return [aged(one.html) for one in made]


def window_token(made: Sequence[Rendered], view: View) -> str:
    """One word for what the window shows: a page that has it already is sent nothing again."""
    shown = "|".join(f"{one.id}{one.version}" for one in made) + repr([c.key for c in view.columns])
    return hashlib.sha1(shown.encode(), usedforsecurity=False).hexdigest()[:16]


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
        parts.append(_("%(n)d so far") % {"n": worst.loaded})
    return Summary(worst.state.value, worst.since, ", ".join(parts))


def notices(listing: Listing, view: View) -> list[Notice]:
    """What stands in the way at some place, each with what to try."""
    found = [_place_notice(place) for place in listing.places if place.problem or place.error]
    seen: set[tuple[str, str]] = set()
    for source, state in view.states:
        if state.state in TROUBLES and (source.cluster, state.message) not in seen:
            seen.add((source.cluster, state.message))
            found.append(_state_notice(source, state, several=len(listing.places) > 1))
    for place in listing.places:
        if place.is_partial and place.namespaces != ("",):
            found.append(
                Notice(
                    "info",
                    _("These are the namespaces that you are known to use, not all there are."),
                    place.name,
                    ", ".join(place.namespaces),
                    _("You may not list this kind in all namespaces. Open another namespace to add it."),
                )
            )
    return found


def _heading(address: Address, column: Shown, sort: str) -> Heading:
    ascending, descending = sort == column.key, sort == f"-{column.key}"
    onward = f"-{column.key}" if ascending else column.key
    pairs = [(key, value) for key, value in address.query if key not in ("sort", "offset")]
    href = address.with_query(*pairs, ("sort", onward)).url()
    state = "ascending" if ascending else "descending" if descending else "none"
    css = " ".join(word for word, holds in (("number", column.is_number), ("wide", column.is_wide)) if holds)
    return Heading(_title(column), column.description, css, href, state)


def _title(column: Shown) -> str:
    words = {"cluster": _("Cluster"), "namespace": _("Namespace"), "name": _("Name"), "age": _("Age")}
    return words.get(column.kind, column.title) if column.kind != "name" else column.title


def _place_notice(place: Place) -> Notice:
    if place.error is not None:
        return Notice("error", _(place.error.title), place.name, place.error.message, _(place.error.advice))
    return Notice(
        "warning", place.problem, place.name, "", "", href=place.slug if place.needs_credential else ""
    )


def _state_notice(source: Source, state: FeedState, *, several: bool) -> Notice:
    where = " / ".join(part for part in (source.cluster if several else "", source.namespace) if part)
    error = state.error
    level = "warning" if state.state in (State.RECONNECTING, State.ENDED) else "error"
    if error is None:
        return Notice(level, state.message or _("This list was closed. Load the page again."), where, "", "")
    return Notice(level, _(error.title), where, state.message, _(error.advice))
