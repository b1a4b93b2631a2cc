"""Selection: the rows that a list's form sends, or all that the list's filter matches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from clusters.api.errors import TimedOut
from clusters.api.paths import is_dns_label
from clusters.bulk.reading import MAX_ITEMS, BulkTarget
from clusters.tables.window import MOST_ROWS, WindowRow
from dashboard.address.paths import ALL, CLUSTER, Address, BadAddress, address, is_object_name, parse
from dashboard.lists.listing import Listing, open_listing
from dashboard.lists.pieces import is_listed
from people.models import User

SECONDS = 15.0  # for a list to be complete
MAX_TEXT = 700  # characters of one row's value


@dataclass(frozen=True)
class Selection:
    """The objects, all of one resource, and the list that they were selected in."""

    listing: Address
    targets: Sequence[BulkTarget]

    @property
    def resource(self) -> str:
        return self.listing.resource


def format_target(target: BulkTarget) -> str:
    """As a form sends it: no name of Kubernetes has a slash."""
    return "/".join((target.cluster, target.namespace, target.name, target.uid, target.version))


def address_of(target: BulkTarget, resource: str) -> Address:
    """The page of the object."""
    namespaced = bool(target.namespace)
    return address(
        target.cluster, resource, namespace=target.namespace, namespaced=namespaced, name=target.name
    )


def read_selection(user: User, posted: QueryDict) -> Selection:
    """Raises BadAddress for what is no list and no object, for none at all and for too many."""
    listing = _read_listing(posted.get("list", ""))
    if posted.get("everything"):
        return Selection(listing, _select_all(user, listing))
    targets = list(dict.fromkeys(_read_target(text) for text in posted.getlist("item")))
    if not targets:
        raise BadAddress("item", _("Nothing is selected. Go back and select at least one row."))
    if len(targets) > MAX_ITEMS:
        raise _describe_too_many(len(targets))
    _check_clusters(targets)
    return Selection(listing, targets)


def _describe_too_many(count: int) -> BadAddress:
    message = _(
        "%(count)d objects are selected; at most %(limit)d can be changed at once. Narrow the filter."
    )
    return BadAddress("item", message % {"count": count, "limit": MAX_ITEMS})


def _read_listing(url: str) -> Address:
    path, _mark, query = url[:8000].partition("?")
    try:
        match = resolve(path)
    except Resolver404:
        match = None
    if match is None or match.view_name != "resources:list":
        raise BadAddress("list", _("This is no list. Go back to the list and select rows there."))
    return parse(match.kwargs, QueryDict(query))


def _read_target(text: str) -> BulkTarget:
    parts = text.split("/")
    if len(text) > MAX_TEXT or len(parts) != 5:
        raise BadAddress("item", _("“%(text)s” is no row of a list.") % {"text": text[:100]})
    target = BulkTarget(*parts)
    is_named = is_dns_label(target.cluster) and (not target.namespace or is_dns_label(target.namespace))
    is_marked = 0 < len(target.uid) <= 64 and len(target.version) <= 64
    if not (is_named and is_marked and is_object_name(target.name)):
        raise BadAddress("item", _("“%(text)s” is no row of a list.") % {"text": text[:100]})
    return target


def _check_clusters(targets: Sequence[BulkTarget]) -> None:
    """As many clusters as a list can have."""
    clusters = ",".join(dict.fromkeys(one.cluster for one in targets))
    parse({"clusters": clusters, "namespaces": ALL, "resource": "pods"}, QueryDict())


def _select_all(user: User, listing: Address) -> Sequence[BulkTarget]:
    """All rows that the list's filter matches, in the list's order."""
    pairs = [pair for pair in listing.query if pair[0] not in ("offset", "limit")]
    opened = open_listing(user, listing.with_query(*pairs, ("limit", str(MOST_ROWS))))
    try:
        _wait_until_complete(opened)
        rows: list[WindowRow] = []
        while True:
            view = opened.window.view()
            if view.matching > MAX_ITEMS:
                raise _describe_too_many(view.matching)
            rows += view.rows
            if not view.rows or len(rows) >= view.matching:
                break
            opened.window.renew(replace(opened.window.query, offset=len(rows)))
        targets = [make_target(row, is_namespaced=listing.namespaces != (CLUSTER,)) for row in rows]
        found = list(dict.fromkeys(one for one in targets if one.uid))
        if not found:
            raise BadAddress("item", _("The list has no rows."))
        return found
    finally:
        opened.close()


def _wait_until_complete(opened: Listing) -> None:
    """The first rows of a long list come before the rest. Raises TimedOut where a cluster has not sent all of them."""
    until = time.monotonic() + SECONDS
    opened.wait()
    while not is_listed(opened.window.view()):
        if time.monotonic() > until:
            raise TimedOut(_("The list is not complete: a cluster does not respond. Select rows one by one."))
        time.sleep(0.05)


def make_target(window_row: WindowRow, *, is_namespaced: bool = True) -> BulkTarget:
    """The object of a row; its version is not known there."""
    row = window_row.row
    return BulkTarget(window_row.cluster, row.namespace if is_namespaced else "", row.name, row.uid)
