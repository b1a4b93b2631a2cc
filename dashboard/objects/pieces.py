"""Pieces of the object page: context and HTML of each, for first load and socket."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.api.json_limits import OBJECT_LEVELS
from clusters.api.tables import Row
from dashboard.frame import notices
from dashboard.kinds import facts
from dashboard.kinds.fields import group_of, mapping
from dashboard.kinds.kind import Kind
from dashboard.kinds.masking import Hidden
from dashboard.kinds.table import find_kind, kind_of
from dashboard.objects import spec_status
from dashboard.objects.deletion_notice import build_deletion_notice
from dashboard.objects.events import events_table
from dashboard.objects.live_tables import Link, live_table
from dashboard.objects.opening import OpenObject, RelatedFeed
from dashboard.objects.pod_notice import build_pod_notice
from dashboard.objects.related import RelatedList, groups
from dashboard.objects.rollout_summary import (
    build_replica_sets,
    build_rollout_notice,
    list_rollout_warnings,
)
from dashboard.pieces.differ import digest
from dashboard.pieces.notice import Button, Notice

Context = dict[str, Any]

# Partials of templates/objects/pieces.html, each inside the element #object-<name>, in the page's order.
PIECES = ("notice", "facts", "values", "tables", "conditions", "lists", "events", "fields", "meta", "related")


def build_context(opened: OpenObject, found: Mapping[str, Any]) -> Context:
    """The context of all parts."""
    kind = kind_of(found)
    summary = kind.summarize(found, opened.links)
    replica_sets = build_replica_sets(opened, found)
    return {
        "found": found,
        "kind": found.get("kind", opened.resource.kind),
        "state": summary.state or facts.state(found, kind.tones),
        "summary": summary,
        "conditions": facts.conditions(found, kind.tones),
        "meta": _meta(opened, found),
        "owners": opened.owners,
        "parts": _fields(found, kind),
        "groups": groups(found, opened.links),
        "tables": [*replica_sets, *(_table(opened, one) for one in opened.related if one.feed or one.why)],
        "more_lists": _list_more(opened, {str(one["url"]) for one in replica_sets}),
        "events": events_table(opened.events, list_rollout_warnings(opened, found))
        if opened.events
        else None,
        "events_why": opened.events_why,
        "values": _values(found, kind),
        "can_show_values": opened.cluster_session.can_see_secrets,
        "why_hidden": _(
            "Secret values are shown only to people with the Editor role. Your role for this "
            "cluster is Viewer."
        ),
        "cause_notice": build_rollout_notice(opened, found) or build_pod_notice(opened, found),
        "deletion_notice": build_deletion_notice(found, is_deleted=opened.is_deleted),
        "cut_notice": build_cut_notice(opened),
        "address": opened.address,
        "yaml_url": opened.address.path("yaml"),
    }


def render_pieces(context: Context) -> dict[str, SafeString]:
    """The HTML of each part by its name."""
    return {part: render_piece(part, context) for part in PIECES}


def render_piece(part: str, context: Context) -> SafeString:
    """One part's HTML; also of `state`, the line that says whether the page is live, and of `feed_notice`."""
    return cast(SafeString, get_template(f"objects/pieces.html#{part}").render(context))


def render_notice(opened: OpenObject, page: str) -> SafeString:
    """The notice about a feed that is not live, or nothing."""
    state = opened.feed.state
    notice = (
        None
        if state.state in notices.STATES_WITHOUT_NOTICE
        else notices.build_state_notice(state, opened.cluster_session, page=page)
    )
    return render_piece("feed_notice", {"notice": notice})


def render_body(rendered_pieces: Mapping[str, SafeString]) -> SafeString:
    """All pieces, each in its element."""
    return cast(SafeString, get_template("objects/body.html").render({"pieces": rendered_pieces}))


def window_digest(rendered_pieces: Mapping[str, SafeString]) -> str:
    """What a page tells the socket that it shows already."""
    return digest("".join(rendered_pieces[part] for part in PIECES))


def build_cut_notice(opened: OpenObject) -> Notice | None:
    """Of an object that is nested too deeply: how many levels are shown, and where all of it is; no raw Secret."""
    if not opened.is_cut:
        return None
    title = _("This object is nested deeper than %(levels)s levels.") % {"levels": OBJECT_LEVELS}
    advice = _("What lies deeper is left out here and marked with “…”.")
    download = Button(_("Download the whole object (JSON)"), f"{opened.address.path()}?download=raw")
    return Notice(title, advice, "warning", () if opened.is_secret else (download,))


def _meta(opened: OpenObject, found: Mapping[str, Any]) -> facts.Meta:
    listing = opened.address.listing()

    def owner_url(api_version: str, kind: str, name: str) -> str:
        return opened.links.object(group_of(api_version), kind, name, opened.address.namespace)

    def label_url(key: str, value: str) -> str:
        return listing.with_query(("selector", f"{key}={value}")).url()

    return facts.meta(found, owner_url=owner_url, label_url=label_url)


def _fields(found: Mapping[str, Any], kind: Kind) -> Context:
    """Spec and status side by side, everything else before them; conditions stand in a part of their own."""
    remaining = dict(found)
    if "conditions" in mapping(found, "status"):
        remaining["status"] = {
            key: value for key, value in mapping(found, "status").items() if key != "conditions"
        }
    remaining = {key: value for key, value in remaining.items() if key not in kind.shown_fields}
    by_title = {part.title: part for part in spec_status.parts(remaining)}
    spec, status = by_title.pop("spec", None), by_title.pop("status", None)
    return {"spec": spec, "status": status, "others": list(by_title.values())}


def _values(found: Mapping[str, Any], kind: Kind) -> list[tuple[str, int]] | None:
    """Of a kind with secret values: its keys with the sizes of their values."""
    if not kind.value_fields:
        return None
    values = found.get("data")
    if not isinstance(values, Mapping):
        return []
    return [(key, value.size) for key, value in sorted(values.items()) if isinstance(value, Hidden)]


def _list_more(opened: OpenObject, shown: Collection[str]) -> Sequence[RelatedList]:
    """The lists that are only links, without those that a table shows already."""
    lists = [one.related_list for one in opened.related if not one.feed and not one.why]
    return [one for one in lists if one.url not in shown]


def _table(opened: OpenObject, one: RelatedFeed) -> Context:
    """A small live table, or why it is not shown."""
    name = f"list-{opened.related.index(one)}"
    table = None
    if one.feed is not None:
        pick = one.related_list.pick
        table = live_table(
            one.feed,
            name=name,
            title=one.related_list.label,
            tones=find_kind(pick.group, pick.kind).tones,
            link=_link(opened, one),
        )
    return {"label": one.related_list.label, "url": one.related_list.url, "why": one.why, "live_table": table}


def _link(opened: OpenObject, one: RelatedFeed) -> Link:
    pick = one.related_list.pick

    def url(row: Row) -> str:
        return opened.links.object(pick.group, pick.kind, row.name, row.namespace)

    return url
