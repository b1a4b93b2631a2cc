"""Dependents: what a deletion takes along or leaves without something, over what the user may list.

Owner references are followed down to the last dependent, as the garbage collector does: what has another owner
besides stays. A Namespace takes its content along, a CustomResourceDefinition its objects, a Node its pods; pods that
mount a PersistentVolumeClaim keep it from going. Lists are bounded, and what was not looked at is named.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from clusters.actions.metadata_lists import Item, Listing, count_all, list_all
from clusters.api.errors import ApiError
from clusters.discovery import Catalog, Resource
from clusters.gateway.connect import ClusterSession
from clusters.runtime import runtime

SECONDS = 6.0  # for the whole search
MAX_KINDS = 120  # kinds that are listed
EXAMPLES = 5  # names that a group brings along
# Owned: deleted after it. Shared: has another owner, and stays. Content: is in it, and deleted with it. User: uses it.
Relation = Literal["owned", "shared", "content", "user"]

# Kinds that no object owns, or that are no objects of their own.
_SKIPPED = frozenset({("", "events"), ("events.k8s.io", "events"), ("", "componentstatuses")})
_SKIPPED_GROUPS = frozenset({"metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"})


@dataclass(frozen=True)
class Example:
    namespace: str
    name: str


@dataclass(frozen=True)
class DependentGroup:
    """The dependents of one kind in one relation; `is_at_least`: there may be more than `count`."""

    resource: Resource
    relation: Relation
    count: int
    examples: tuple[Example, ...]
    is_at_least: bool = False


@dataclass(frozen=True)
class Dependents:
    """What was found, and of which kinds nothing is known: `denied` may not be listed, `unsearched` was not."""

    groups: tuple[DependentGroup, ...] = ()
    denied: tuple[Resource, ...] = ()
    unsearched: tuple[Resource, ...] = ()

    @property
    def count(self) -> int:
        """All that depends on it; what has another owner besides does not."""
        return sum(one.count for one in self.groups if one.relation != "shared")

    @property
    def is_partial(self) -> bool:
        return bool(self.denied or self.unsearched) or any(one.is_at_least for one in self.groups)


@dataclass
class _Search:
    """One search: its session, its end, and what it could not look at."""

    cluster_session: ClusterSession
    until: float
    denied: list[Resource] = field(default_factory=list)
    unsearched: list[Resource] = field(default_factory=list)

    def list_kinds(
        self, resources: Sequence[Resource], namespace: str, list_one: Callable[[Resource], Listing]
    ) -> list[Listing]:
        """The lists of those kinds that the person may list, several at once."""
        self.unsearched += resources[MAX_KINDS:]
        checks = {one: one.attributes("list", namespace) for one in resources[:MAX_KINDS]}
        results = self.cluster_session.review_menu(list(checks.values()))
        allowed = []
        for resource, check in checks.items():
            if results[check].state == "allowed":
                allowed.append(resource)
            else:
                (self.denied if results[check].state == "denied" else self.unsearched).append(resource)
        with runtime.create_batch("dependents") as threads:
            found = list(threads.map(lambda one: self._list(one, list_one), allowed))
        return [one for one in found if one is not None]

    def _list(self, resource: Resource, list_one: Callable[[Resource], Listing]) -> Listing | None:
        try:
            return list_one(resource)
        except ApiError:
            self.unsearched.append(resource)
            return None


def find_dependents(
    cluster_session: ClusterSession,
    resource: Resource,
    namespace: str,
    name: str,
    uid: str,
    *,
    seconds: float = SECONDS,
) -> Dependents:
    """What depends on one object. A list that fails makes it partial, and no error."""
    search = _Search(cluster_session, time.monotonic() + seconds)
    catalog = cluster_session.catalog()
    groups: list[DependentGroup] = []
    if (resource.group, resource.plural) == ("", "namespaces"):
        groups += _find_content(search, catalog, name)
    else:
        groups += _find_others(search, catalog, resource, namespace, name)
        groups += _find_owned(search, _list_kinds(catalog, resource.namespaced), namespace, uid)
    order = {"content": 0, "owned": 1, "user": 2, "shared": 3}
    groups.sort(key=lambda one: (order[one.relation], -one.count, one.resource.slug))
    return Dependents(
        tuple(groups), tuple(dict.fromkeys(search.denied)), tuple(dict.fromkeys(search.unsearched))
    )


def _list_kinds(catalog: Catalog, only_namespaced: bool) -> list[Resource]:
    """The kinds whose objects can have an owner; what a namespaced object owns is in its namespace."""
    return [
        one
        for one in catalog.resources
        if one.preferred
        and "list" in one.verbs
        and not one.stale
        and (one.namespaced or not only_namespaced)
        and (one.group, one.plural) not in _SKIPPED
        and one.group not in _SKIPPED_GROUPS
    ]


def _find_content(search: _Search, catalog: Catalog, namespace: str) -> list[DependentGroup]:
    """Of each kind how many objects are in the namespace: one page of a few names, and what remains."""
    listings = search.list_kinds(
        _list_kinds(catalog, only_namespaced=True),
        namespace,
        lambda one: count_all(
            search.cluster_session.client, one, namespace, until=search.until, examples=EXAMPLES
        ),
    )
    return [
        DependentGroup(one.resource, "content", one.count, _examples(one.items), one.is_cut)
        for one in listings
        if one.count
    ]


def _find_others(
    search: _Search, catalog: Catalog, resource: Resource, namespace: str, name: str
) -> list[DependentGroup]:
    """What depends on it without an owner reference."""
    client, until = search.cluster_session.client, search.until
    pods = catalog.kind("", "Pod")
    key = (resource.group, resource.plural)
    if key == ("apiextensions.k8s.io", "customresourcedefinitions"):
        defined = catalog.find(name)  # its name is always <plural>.<group>
        found = [defined] if defined is not None and "list" in defined.verbs else []
        listings = search.list_kinds(
            found, "", lambda one: count_all(client, one, "", until=until, examples=EXAMPLES)
        )
        return [_group(one, "content", one.items, one.count) for one in listings if one.count]
    if key == ("", "persistentvolumeclaims") and pods is not None:
        listings = search.list_kinds(
            [pods], namespace, lambda one: list_all(client, one, namespace, until=until, is_whole=True)
        )
        using = [(one, [item for item in one.items if name in item.claims]) for one in listings]
        return [_group(one, "user", items, len(items)) for one, items in using if items or one.is_cut]
    if key == ("", "nodes") and pods is not None:
        listings = search.list_kinds(
            [pods], "", lambda one: list_all(client, one, "", until=until, fields=f"spec.nodeName={name}")
        )
        return [_group(one, "content", one.items, len(one.items)) for one in listings if one.items]
    return []


def _find_owned(
    search: _Search, resources: Sequence[Resource], namespace: str, uid: str
) -> list[DependentGroup]:
    listings = search.list_kinds(
        resources,
        namespace,
        lambda one: list_all(search.cluster_session.client, one, namespace, until=search.until),
    )
    search.unsearched += [one.resource for one in listings if one.is_cut]
    relations = follow_owners(uid, (item for one in listings for item in one.items))
    groups = []
    for one in listings:
        relation: Relation
        for relation in ("owned", "shared"):
            items = [item for item in one.items if relations.get(item.metadata.uid) == relation]
            if items:
                groups.append(_group(one, relation, items, len(items)))
    return groups


def follow_owners(root: str, items: Iterable[Item]) -> Mapping[str, Relation]:
    """By uid: `owned` are those all of whose owners go with the root, `shared` those of which one stays.

    An object among its own owners' dependents is counted once, and a circle of owners ends.
    """
    children: dict[str, list[str]] = defaultdict(list)
    left: Counter[str] = Counter()
    for item in items:
        for owner in {one.uid for one in item.metadata.ownerReferences or () if one.uid}:
            children[owner].append(item.metadata.uid)
            left[item.metadata.uid] += 1
    relations: dict[str, Relation] = {}
    queue = [root]
    while queue:
        for child in children.pop(queue.pop(), ()):
            left[child] -= 1
            if left[child]:
                relations[child] = "shared"
            elif child != root:
                relations[child] = "owned"
                queue.append(child)
    return relations


def _group(listing: Listing, relation: Relation, items: Sequence[Item], count: int) -> DependentGroup:
    return DependentGroup(listing.resource, relation, count, _examples(items), listing.is_cut)


def _examples(items: Sequence[Item]) -> tuple[Example, ...]:
    return tuple(Example(one.metadata.namespace, one.metadata.name) for one in items[:EXAMPLES])
