"""Rollout feeds: the live objects around a workload that say how its rollout goes, as far as they can be listed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from clusters.feeds.feed import Feed
from clusters.feeds.object_list_content import ObjectListContent, ObjectListQuery
from clusters.feeds.states import State
from clusters.gateway.connect import ClusterSession
from dashboard.address.links import Links
from dashboard.frame.menu import name_in_plural
from dashboard.kinds.fields import KubernetesObject, mapping, namespace_of, text
from dashboard.kinds.rollouts.parts import Objects, RolloutParts
from dashboard.kinds.selectors import format_selector

ListFeed = Feed[ObjectListContent]
MAX_PODS, MAX_REVISIONS, MAX_WARNINGS, MAX_BUDGETS = 1000, 300, 1000, 200


@dataclass(frozen=True)
class _Listed:
    """A kind that is listed: in which part of the rollout it is, and what selects its objects."""

    part: str
    group: str
    kind: str
    limit: int
    labels: str = ""
    fields: str = ""


@dataclass
class RolloutFeeds:
    """Open feeds by their part of `RolloutParts`; `denied` and `cut` name kinds for people, in the plural."""

    by_part: dict[str, ListFeed] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # part -> the kind's name
    denied: list[str] = field(default_factory=list)

    def feeds(self) -> Sequence[ListFeed]:
        return list(self.by_part.values())

    def read(self, found: KubernetesObject) -> RolloutParts:
        """What is known now."""
        return RolloutParts(
            found,
            revisions=self._list("revisions"),
            pods=self._list("pods"),
            warnings=self._list("warnings"),
            quotas=self._list("quotas"),
            budgets=self._list("budgets"),
        )

    @property
    def missing(self) -> Sequence[str]:
        """The kinds that cannot be listed, those among them whose permission ended."""
        ended = [self.labels[part] for part in self.by_part if not self._is_there(part)]
        return [*self.denied, *ended]

    @property
    def cut(self) -> Sequence[str]:
        """The kinds of which there are more than are read."""
        return [self.labels[part] for part, feed in self.by_part.items() if feed.content.snapshot().is_cut]

    def _list(self, part: str) -> Objects | None:
        if part not in self.by_part or not self._is_there(part):
            return None
        return list(self.by_part[part].content.snapshot().objects.values())

    def _is_there(self, part: str) -> bool:
        return self.by_part[part].state.state not in (State.DENIED, State.UNAUTHORIZED, State.CLOSED)


def open_rollout_feeds(
    cluster_session: ClusterSession, links: Links, found: KubernetesObject, *, timeout: float
) -> RolloutFeeds:
    """Open what the person may list, and let first objects come in; each feed is given back with `release`."""
    listed = [
        (one, resource)
        for one in _list_kinds(found)
        if (resource := links.resource(one.group, one.kind)) is not None and "list" in resource.verbs
    ]
    namespace = namespace_of(found)
    checks = [resource.attributes("list", namespace) for _one, resource in listed]
    results = cluster_session.review_access(checks)
    opened = RolloutFeeds()
    for (one, resource), check in zip(listed, checks, strict=True):
        opened.labels[one.part] = name_in_plural(resource)
        if results[check].state == "denied":
            opened.denied.append(name_in_plural(resource))
            continue
        query = ObjectListQuery(resource, namespace, one.labels, one.fields, one.limit)
        opened.by_part[one.part] = cluster_session.objects(query)
    until = time.monotonic() + timeout
    for feed in opened.feeds():
        feed.wait(max(0.0, until - time.monotonic()))
    return opened


def _list_kinds(found: KubernetesObject) -> Sequence[_Listed]:
    """Without a selector there are no pods of its own, and nothing is listed."""
    labels = format_selector(mapping(found, "spec", "selector"))
    if not labels:
        return []
    source = "ReplicaSet" if text(found, "kind") == "Deployment" else "ControllerRevision"
    return [
        _Listed("revisions", "apps", source, MAX_REVISIONS, labels),
        _Listed("pods", "", "Pod", MAX_PODS, labels),
        _Listed("warnings", "", "Event", MAX_WARNINGS, fields="type=Warning"),
        _Listed("quotas", "", "ResourceQuota", MAX_BUDGETS),
        _Listed("budgets", "policy", "PodDisruptionBudget", MAX_BUDGETS),
    ]
