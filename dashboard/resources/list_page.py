"""Which objects are there? The list page of any kind, in one, several or all namespaces and clusters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.connect import Desk
from clusters.watch.window import View
from dashboard.resources import kubectl, list_parts
from dashboard.resources.address import Address, parse
from dashboard.resources.entrance import entered
from dashboard.resources.frame import frame_of
from dashboard.resources.list_ahead import Ahead
from dashboard.resources.listing import Listing, open_listing, wish
from dashboard.resources.menu import label_of, navigation
from dashboard.resources.switcher import switcher
from dashboard.resources.verbs import rights
from people.decorators import person, signed_in


@require_safe
@never_cache
@signed_in
@entered
def list_page(request: HttpRequest, clusters: str, namespaces: str, resource: str) -> HttpResponse:
    """The first rows of the window, and the socket's address; the rest comes live."""
    address = parse({"clusters": clusters, "namespaces": namespaces, "resource": resource}, request.GET)
    asked = wish(address)
    needs_all = bool(asked.q or asked.sort or asked.offset)
    listing = open_listing(person(request), address, hurried=needs_all)
    try:
        ahead = Ahead(listing)
        listing.wait()
        view = listing.window.view()
        return render(request, "resources/list.html", _context(listing, view, ahead))
    finally:
        listing.close()


def _context(listing: Listing, view: View, ahead: Ahead) -> dict[str, Any]:
    address, resource = listing.address, listing.resource
    parts = parts_of(listing, view)
    desks = [place.desk for place in listing.places if place.desk]
    query = dict(address.query)
    rows = list_parts.rows_html(parts["made"])
    ahead.wait()
    return {
        **frame_of(address, desks),
        **parts,
        "rows": rows,
        **_beside_the_list(listing, desks),
        "address": address,
        "resource": resource,
        "wish": wish(address),
        "selector": query.get("selector", ""),
        "fields": query.get("fields", ""),
        "command": kubectl.listing(_named(listing)),
        **_columns(address, view),
    }


def _named(listing: Listing) -> Address:
    """Its address with the clusters by name, since kubectl knows no "all" and no labels of clusters."""
    return replace(listing.address, clusters=tuple(place.slug for place in listing.places))


def _beside_the_list(listing: Listing, desks: list[Desk]) -> dict[str, Any]:
    """Navigation, namespaces and rights: of the first cluster of the page that can be reached."""
    place = next((one for one in listing.places if one.desk and one.resource), None)
    if place is None or place.desk is None or place.resource is None:
        return {}
    desk, resource, address = place.desk, place.resource, listing.address
    # the strip's reviews come before the navigation's: they share one budget
    strip = rights(desk, resource, place.namespaces[0], "") if len(desks) == 1 else []
    return {
        "rights": strip,
        "navigation": navigation(desk, address),
        "switcher": switcher(desk, address),
    }


def _columns(address: Address, view: View) -> dict[str, Any]:
    """The chooser: every column there is, those labels that are shown, and what each form must carry along."""
    chosen = {column.key for column in view.columns}
    labels = [column for column in view.columns if column.kind == "label"]
    return {
        "chosen": chosen,
        "choosable": [*(c for c in view.every_column if c.kind != "name"), *labels],
        "wide_columns": _with(address, ("columns", "label"), ("wide", "1")),
        "default_columns": _with(address, ("columns", "label", "wide")),
        "pairs_beside": {
            "q": _beside(address, ("q",)),
            "selectors": _beside(address, ("selector", "fields")),
            "columns": _beside(address, ("columns", "label", "wide")),
        },
    }


def _beside(address: Address, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """The query without these names, and without the place in the list."""
    return [(key, value) for key, value in address.query if key not in (*names, "offset")]


def _with(address: Address, without: tuple[str, ...], *pairs: tuple[str, str]) -> str:
    return address.with_query(*_beside(address, without), *pairs).url()


def parts_of(listing: Listing, view: View) -> dict[str, Any]:
    """The context of the moving parts (see templates/resources/list.html)."""
    address, resource = listing.address, listing.resource
    made = list_parts.rendered(view, address.resource, namespaced=resource.namespaced if resource else True)
    return {
        "view": view,
        "totals": (view.total, view.matching, len(view.lines)),
        "headings": list_parts.headings(address, view, listing.window.wish.sort),
        "made": made,
        "window": list_parts.window_token(made, view),
        "summary": list_parts.summary(listing, view),
        "notices": list_parts.notices(listing, view),
        "is_listed": list_parts.is_listed(view),
        "kinds": label_of(resource) if resource else address.resource,
        **_pages(address, view),
    }


def _pages(address: Address, view: View) -> dict[str, Any]:
    """Where the window before and the one after it are."""
    pairs = [(key, value) for key, value in address.query if key != "offset"]

    def at(offset: int) -> str:
        return address.with_query(*pairs, ("offset", str(offset) if offset else "")).url()

    last = view.offset + len(view.lines)
    return {
        "first_row": view.offset + 1 if view.lines else 0,
        "last_row": last,
        "earlier": at(max(0, view.offset - view.limit)) if view.offset else "",
        "later": at(last) if last < view.matching else "",
    }
