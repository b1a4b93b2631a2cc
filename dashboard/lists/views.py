"""List page view: objects of any kind in one, several or all namespaces and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.gateway.connect import ClusterSession
from clusters.tables.window import View
from dashboard.address import kubectl
from dashboard.address.paths import Address, parse
from dashboard.frame.context import build_frame_context
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.frame.menu import build_create_entry, label_of, navigation
from dashboard.frame.permissions import Permission, review_permissions
from dashboard.frame.switcher import switcher
from dashboard.lists import pieces
from dashboard.lists.listing import Listing, open_listing, parse_query
from dashboard.lists.prefetch import Prefetch
from dashboard.lists.row_rendering import row_cache
from dashboard.shell.navigation import Entry
from people.decorators import person, require_sign_in


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def list_page(request: HttpRequest, clusters: str, namespaces: str, resource: str) -> HttpResponse:
    """The first rows of the window, and the socket's address; the rest comes live."""
    address = parse({"clusters": clusters, "namespaces": namespaces, "resource": resource}, request.GET)
    query = parse_query(address)
    needs_all = bool(query.q or query.sort or query.offset)
    listing = open_listing(person(request), address, eager=needs_all)
    try:
        prefetch = Prefetch(listing)
        listing.wait()
        view = listing.window.view()
        return render(request, "lists/list.html", _context(listing, view, prefetch))
    finally:
        listing.close()


def _context(listing: Listing, view: View, prefetch: Prefetch) -> dict[str, Any]:
    address, resource = listing.address, listing.resource
    parts = parts_of(listing, view)
    cluster_sessions = [cluster.cluster_session for cluster in listing.clusters if cluster.cluster_session]
    pairs = dict(address.query)
    rows = pieces.rows_html(parts["rendered_rows"])
    prefetch.wait()
    return {
        **build_frame_context(address, cluster_sessions),
        **parts,
        "rows": rows,
        **_build_side_context(listing, cluster_sessions),
        "address": address,
        "resource": resource,
        "query": parse_query(address),
        "selector": pairs.get("selector", ""),
        "fields": pairs.get("fields", ""),
        "command": kubectl.list_commands(_resolve_address(listing)),
        **_columns(address, view),
    }


def _resolve_address(listing: Listing) -> Address:
    """Its address with the clusters by name, since kubectl knows no "all" and no labels of clusters."""
    return replace(listing.address, clusters=tuple(cluster.slug for cluster in listing.clusters))


def _build_side_context(listing: Listing, cluster_sessions: list[ClusterSession]) -> dict[str, Any]:
    """Navigation, namespaces and permissions: of the first cluster of the page that can be reached."""
    cluster = next((one for one in listing.clusters if one.cluster_session and one.resource), None)
    if cluster is None or cluster.cluster_session is None or cluster.resource is None:
        return {}
    cluster_session, resource, address = cluster.cluster_session, cluster.resource, listing.address
    # its reviews come before the navigation's: they share one budget
    permissions = (
        review_permissions(cluster_session, resource, cluster.namespaces[0], "")
        if len(cluster_sessions) == 1
        else []
    )
    return {
        "permissions": permissions,
        "create": _build_create_entry(cluster_session, address, permissions),
        "navigation": navigation(cluster_session, address),
        "switcher": switcher(cluster_session, address),
    }


def _build_create_entry(
    cluster_session: ClusterSession, address: Address, permissions: Sequence[Permission]
) -> Entry | None:
    """The button that creates an object of the kind, where it can be created; as its `create` was reviewed."""
    found = next((one for one in permissions if one.verb == "create"), None)
    if found is None:
        return None
    reason = "" if found.state == "allowed" else found.reason
    return replace(build_create_entry(cluster_session, address), state=found.state, reason=reason)


def _columns(address: Address, view: View) -> dict[str, Any]:
    """The chooser: every column there is, those labels that are shown, and what each form must carry along."""
    chosen = {column.key for column in view.columns}
    labels = [column for column in view.columns if column.kind == "label"]
    return {
        "chosen": chosen,
        "choosable": [*(c for c in view.every_column if c.kind != "name"), *labels],
        "wide_columns": _build_url(address, ("columns", "label"), ("wide", "1")),
        "default_columns": _build_url(address, ("columns", "label", "wide")),
        "other_pairs": {
            "q": _remaining_pairs(address, ("q",)),
            "selectors": _remaining_pairs(address, ("selector", "fields")),
            "columns": _remaining_pairs(address, ("columns", "label", "wide")),
        },
    }


def _remaining_pairs(address: Address, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """The query without these names, and without the offset."""
    return [(key, value) for key, value in address.query if key not in (*names, "offset")]


def _build_url(address: Address, without: tuple[str, ...], *pairs: tuple[str, str]) -> str:
    return address.with_query(*_remaining_pairs(address, without), *pairs).url()


def parts_of(listing: Listing, view: View) -> dict[str, Any]:
    """The context of the parts that change (see templates/lists/list.html)."""
    address, resource = listing.address, listing.resource
    is_namespaced = resource.namespaced if resource else True
    rendered_rows = row_cache.render(view, address.resource, namespaced=is_namespaced)
    return {
        "view": view,
        "totals": (view.total, view.matching, len(view.rows)),
        "headings": pieces.headings(address, view, listing.window.query.sort),
        "rendered_rows": rendered_rows,
        "window": pieces.window_token(rendered_rows, view),
        "summary": pieces.summary(listing, view),
        "notices": pieces.collect_notices(listing, view),
        "is_listed": pieces.is_listed(view),
        "kinds": label_of(resource) if resource else address.resource,
        **_pages(address, view),
    }


def _pages(address: Address, view: View) -> dict[str, Any]:
    """Where the window before and the one after it are."""
    pairs = [(key, value) for key, value in address.query if key != "offset"]

    def at(offset: int) -> str:
        return address.with_query(*pairs, ("offset", str(offset) if offset else "")).url()

    last = view.offset + len(view.rows)
    return {
        "first_row": view.offset + 1 if view.rows else 0,
        "last_row": last,
        "previous_url": at(max(0, view.offset - view.limit)) if view.offset else "",
        "next_url": at(last) if last < view.matching else "",
    }
