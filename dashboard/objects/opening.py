"""Open object: its feed and the feeds of related lists, under one user's permissions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, NotFound, TimedOut
from clusters.discovery import Resource
from clusters.feeds.feed import Feed
from clusters.feeds.object_content import ObjectContent
from clusters.gateway.connect import ClusterSession, connect
from clusters.tables.table_content import TableContent, TableQuery
from dashboard.address.links import Links
from dashboard.address.paths import CLUSTER, Address
from dashboard.kinds.facts import Owner
from dashboard.kinds.fields import group_of, mappings, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.table import find_resource, kind_of, mask
from dashboard.objects.related import RelatedList, lists
from dashboard.objects.rollout_feeds import RolloutFeeds, open_rollout_feeds
from people.models import User

OBJECT_TIMEOUT = 8.0  # seconds that a page waits for its object
RELATED_TIMEOUT = 1.5  # seconds that it waits for what belongs to it
TABLES = 3  # small live tables on one page
OWNERS = 4  # owners that are followed upwards
META_ONLY = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True)
class RelatedFeed:
    """A list that belongs to the object; `feed` is None where it is only a link, `why` says why it is not shown."""

    related_list: RelatedList
    feed: Feed[TableContent] | None
    resource: Resource | None
    why: str = ""


@dataclass
class OpenObject:
    """An open object; give it back with `close`."""

    address: Address
    cluster_session: ClusterSession
    resource: Resource
    links: Links
    feed: Feed[ObjectContent]
    events: Feed[TableContent] | None = None
    events_why: str = ""
    related: Sequence[RelatedFeed] = ()
    owners: Sequence[Owner] = field(default_factory=tuple)
    rollout: RolloutFeeds | None = None

    @property
    def found(self) -> Mapping[str, Any] | None:
        """The object, masked, as it is now; None where permission to see it is gone."""
        raw = self.feed.content.snapshot().object
        return None if raw is None else mask(raw, self.kind)

    @property
    def is_secret(self) -> bool:
        """Whether a kind with secret values was asked for, whatever came, or one came."""
        return bool(self.kind.value_fields or kind_of(self.feed.content.snapshot().object or {}).value_fields)

    @property
    def is_cut(self) -> bool:
        """Whether it is nested so deeply that a part of it is left out."""
        return self.feed.content.snapshot().is_cut

    @property
    def kind(self) -> Kind:
        """What is special about the kind."""
        return find_resource(self.resource.group, self.resource.plural)

    @property
    def is_deleted(self) -> bool:
        return self.feed.content.snapshot().is_deleted

    def feeds(self) -> Sequence[Feed[Any]]:
        """All that the page listens to."""
        tables = [one.feed for one in self.related if one.feed is not None]
        rollout = self.rollout.feeds() if self.rollout else ()
        return [self.feed, *([self.events] if self.events else []), *tables, *rollout]

    def close(self) -> None:
        for feed in self.feeds():
            self.cluster_session.release(feed)


def open_object(
    user: User, address: Address, *, with_related: bool = True, with_rollout: bool = False
) -> OpenObject:
    """Open an object and wait for it. Raises what `connect` raises, and ApiError where it cannot be shown."""
    cluster_session = connect(user, address.cluster)
    catalog = cluster_session.catalog()
    resource = _find_resource(cluster_session, address)
    links = Links(address.cluster, catalog)
    feed = cluster_session.object(resource, address.namespace, address.name)
    opened = OpenObject(address, cluster_session, resource, links, feed)
    try:
        found = _wait_for_object(opened)
        if with_related:
            _open_related(opened, found)
        if with_rollout:
            opened.rollout = open_rollout_feeds(cluster_session, links, found, timeout=RELATED_TIMEOUT)
    except ApiError:
        opened.close()
        raise
    return opened


def _find_resource(cluster_session: ClusterSession, address: Address) -> Resource:
    resource = cluster_session.find(address.resource)
    if resource is None or "get" not in resource.verbs:
        message = _("This cluster does not serve a readable resource “%(kind)s”.")
        raise NotFound(message % {"kind": address.resource}, status=404)
    if resource.namespaced == (address.namespaces == (CLUSTER,)):
        message = (
            _("“%(kind)s” is namespaced: the URL must include a namespace.")
            if resource.namespaced
            else _("“%(kind)s” is cluster-scoped: use _cluster in place of the namespace.")
        )
        raise NotFound(message % {"kind": address.resource}, status=404)
    return resource


def _wait_for_object(opened: OpenObject) -> Mapping[str, Any]:
    opened.feed.wait(OBJECT_TIMEOUT)
    found = opened.found
    if found is None:
        raise opened.feed.state.error or TimedOut(
            _("The cluster did not respond within %(n)d seconds.") % {"n": OBJECT_TIMEOUT}
        )
    return found


def _open_related(opened: OpenObject, found: Mapping[str, Any]) -> None:
    """Open what the person may list, and let first rows come in. Reviews go out together."""
    selected = lists(found, opened.links)
    live = [one for one in selected if one.pick.is_live][:TABLES]
    reviewed = [
        (one, resource) for one in live if (resource := opened.links.resource(one.pick.group, one.pick.kind))
    ]
    events = opened.links.resource("", "Event")
    namespaces = _event_namespaces(opened.address)
    checks = [resource.attributes("list", one.pick.namespace) for one, resource in reviewed]
    event_checks = [events.attributes("list", namespace) for namespace in namespaces] if events else []
    results = opened.cluster_session.review_access([*checks, *event_checks])
    related: list[RelatedFeed] = []
    for (one, resource), check in zip(reviewed, checks, strict=True):
        if results[check].state == "denied":
            related.append(
                RelatedFeed(one, None, resource, _("You do not have permission to list these here."))
            )
            continue
        query = TableQuery(resource, one.pick.namespace, one.pick.labels, one.pick.fields)
        related.append(RelatedFeed(one, opened.cluster_session.table(query), resource))
    opened.related = [*related, *(RelatedFeed(one, None, None) for one in selected if one not in live)]
    allowed = [
        namespace
        for namespace, check in zip(namespaces, event_checks, strict=False)
        if results[check].state != "denied"
    ]
    if events and allowed:
        selector = kind_of(found).select_events(found)
        events_query = TableQuery(events, allowed[0], field_selector=selector)
        opened.events = opened.cluster_session.table(events_query)
    else:
        opened.events_why = _("You do not have permission to list events here.")
    opened.owners = _chain(opened, found)
    until = time.monotonic() + RELATED_TIMEOUT
    for feed in opened.feeds()[1:]:
        feed.wait(max(0.0, until - time.monotonic()))


def _event_namespaces(address: Address) -> Sequence[str]:
    """Events of what is in no namespace are in `default`, or wherever the reporter wrote them."""
    return ("", "default") if address.namespaces == (CLUSTER,) else (address.namespace,)


def _chain(opened: OpenObject, found: Mapping[str, Any]) -> Sequence[Owner]:
    """The controllers above the object, the nearest first; it ends where one cannot be read."""
    chain: list[Owner] = []
    current: Mapping[str, Any] = found
    while len(chain) < OWNERS and (reference := _controller(current)) is not None:
        namespace = text(current, "metadata", "namespace") or opened.address.namespace
        api_version, kind, name = (text(reference, key) for key in ("apiVersion", "kind", "name"))
        url = opened.links.object(group_of(api_version), kind, name, namespace)
        chain.append(Owner(kind, name, api_version, is_controller=True, url=url))
        resource = opened.links.resource(group_of(api_version), kind)
        if resource is None or "get" not in resource.verbs or not url:
            break
        path = resource.object_path(namespace, name)
        try:
            current = opened.cluster_session.client.get(path, accept=META_ONLY, timeout=3.0)
        except ApiError:
            break
    return chain


def _controller(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    owners = mappings(found, "metadata", "ownerReferences")
    return next((one for one in owners if one.get("controller") is True), None)
