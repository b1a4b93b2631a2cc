"""What does a list page stand on? Its clusters, kind, feeds and window, opened under one person's rights."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from clusters.access import Ask
from clusters.api.errors import ApiError, NotFound, TimedOut
from clusters.connect import Desk, NoCredential, NotShared, connect
from clusters.credentials.sealing import SealBroken
from clusters.discovery import Resource
from clusters.visible import visible_clusters
from clusters.watch.columns import LABEL
from clusters.watch.hub import hub
from clusters.watch.window import MOST_ROWS, ROWS, Source, Window, Wish
from dashboard.resources.address import ALL, CLUSTER, MAX_CLUSTERS, MAX_NAMESPACES, Address
from people.models import User

PATIENCE = 2.5  # seconds that a page waits for first rows before it shows what is there
MOST_COLUMNS = 40
SORTED = {
    "events": "last seen",
    "events.events.k8s.io": "last seen",
}  # where not by namespace and name at first
REACH = 6.0  # seconds that a cluster gets to answer before the page goes on without it, or says so


@dataclass
class Place:
    """One cluster of the page: the desk and the kind there, or what stands in the way."""

    slug: str
    name: str
    desk: Desk | None = None
    resource: Resource | None = None
    namespaces: tuple[str, ...] = ()
    is_partial: bool = False  # all namespaces were asked for, and only the known ones can be shown
    error: ApiError | None = None
    problem: str = ""
    needs_credential: bool = False
    sources: list[Source] = field(default_factory=list)


@dataclass
class Listing:
    """An open list; give it back with `close`."""

    address: Address
    places: list[Place]
    window: Window

    @property
    def resource(self) -> Resource | None:
        """The kind, as the first cluster that serves it has it."""
        return next((place.resource for place in self.places if place.resource), None)

    def wait(self) -> None:
        """Let first rows come in, for a bounded time."""
        until = time.monotonic() + PATIENCE
        for source in self.window.sources:
            source.feed.wait(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        for source in self.window.sources:
            hub.release(source.feed)


def open_listing(user: User, address: Address, *, hurried: bool = True) -> Listing:
    """Open the feeds of a list. With one cluster its NotShared, NoCredential, SealBroken or ApiError is raised;
    with several, each trouble is its own place's and the others go on.

    Not `hurried`, the rest of a long list is read once its first rows are painted: when the page's socket opens it.
    """
    slugs = _slugs(user, address)
    places = [_place(user, slug, alone=len(slugs) == 1) for slug in slugs]
    _prepare(places, address, alone=len(slugs) == 1)
    for place in places:
        if place.desk is not None and place.resource is not None:
            _choose_namespaces(place, place.desk, place.resource, address)
            _open(place, place.desk, place.resource, address, hurried=hurried)
    sources = [source for place in places for source in place.sources]
    namespaced = any(place.resource.namespaced for place in places if place.resource)
    several = namespaced and (len(address.namespaces) > 1 or address.namespaces == (ALL,))
    return Listing(address, places, Window(sources, wish(address), with_namespaces=several))


def wish(address: Address) -> Wish:
    """What the query asks of the window; what is out of bounds falls back to the nearest that is possible."""
    query = dict(address.query)
    limit = min(max(_number(query.get("limit", ""), ROWS), 10), MOST_ROWS)
    return Wish(
        q=query.get("q", "")[:500],
        sort=(query.get("sort", "") or SORTED.get(address.resource, "")).lower()[:100],
        columns=_columns(address),
        wide=query.get("wide", "") not in ("", "0", "false"),
        offset=_number(query.get("offset", ""), 0) // limit * limit,
        limit=limit,
    )


def _columns(address: Address) -> tuple[str, ...]:
    """`columns` names them, once with commas or many times; each `label` adds a label's column."""
    keys = [key for name, value in address.query if name == "columns" for key in value.split(",")]
    labels = [LABEL + value.strip() for name, value in address.query if name == "label" and value.strip()]
    named = [key if key.startswith(LABEL) else key.lower() for key in keys if key]
    return tuple(dict.fromkeys([*named, *labels]))[:MOST_COLUMNS]


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else otherwise


def _slugs(user: User, address: Address) -> tuple[str, ...]:
    if address.clusters != (ALL,):
        return address.clusters
    wanted = [pair.partition("=") for pair in dict(address.query).get("clusters", "").split(",") if pair]
    found = [
        cluster.slug
        for cluster in visible_clusters(user)
        if all(cluster.labels.get(key) == value for key, _, value in wanted)
    ]
    if not found:
        raise NotShared(ALL)
    return tuple(found[:MAX_CLUSTERS])


def _place(user: User, slug: str, *, alone: bool) -> Place:
    """The door of one cluster; database only."""
    place = Place(slug, slug)
    try:
        place.desk = connect(user, slug)
        place.name = place.desk.cluster.name
    except (NotShared, NoCredential, SealBroken) as trouble:
        if alone:
            raise
        place.needs_credential = isinstance(trouble, (NoCredential, SealBroken))
        place.problem = (
            _("You have no usable credential for this cluster.")
            if place.needs_credential
            else _("This cluster does not exist or is not shared with you.")
        )
    return place


def _prepare(places: Sequence[Place], address: Address, *, alone: bool) -> None:
    """Discovery of all places at once; network only, so that one dead cluster costs its own rows."""
    pool = ThreadPoolExecutor(max_workers=max(1, len(places)))
    asked = {pool.submit(_find, place, address): place for place in places if place.desk}
    _done, late = wait(asked, timeout=REACH)
    for job in late:
        asked[job].error = TimedOut(_("The cluster did not respond within %(n)d s.") % {"n": REACH})
        asked[job].desk = None
    pool.shutdown(wait=False, cancel_futures=True)
    if alone and places[0].error is not None:
        raise places[0].error


def _find(place: Place, address: Address) -> None:
    if place.desk is None:
        return
    try:
        place.resource = place.desk.find(address.resource)
        if place.resource is None or "list" not in place.resource.verbs:
            raise NotFound(
                _("This cluster does not serve a listable resource “%(kind)s”.") % {"kind": address.resource},
                status=404,
            )
    except ApiError as error:
        place.error = error


def _choose_namespaces(place: Place, desk: Desk, resource: Resource, address: Address) -> None:
    """All namespaces as one list where that is allowed; else the known ones, each as a list of its own."""
    if not resource.namespaced or address.namespaces == (CLUSTER,):
        place.namespaces = ("",)
        return
    if address.namespaces != (ALL,):
        place.namespaces = address.namespaces
        return
    everywhere = Ask(verb="list", group=resource.group, version=resource.version, resource=resource.plural)
    if desk.may_enter([everywhere])[everywhere].state != "denied":
        place.namespaces = ("",)
        return
    known = desk.namespaces()
    place.is_partial = True
    place.namespaces = known.names[:MAX_NAMESPACES] or ("",)


def _open(place: Place, desk: Desk, resource: Resource, address: Address, *, hurried: bool) -> None:
    query = dict(address.query)
    for namespace in place.namespaces:
        selectors = (query.get("selector", "")[:2000], query.get("fields", "")[:2000])
        feed = desk.table(resource, namespace, *selectors, hurried=hurried)
        place.sources.append(Source(place.slug, namespace, feed))
