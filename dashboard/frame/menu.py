"""Navigation menu of a cluster and namespace, with an access review for each entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.access.reviews import ReviewResult
from clusters.api.resource_attributes import ResourceAttributes
from clusters.discovery import Catalog, Resource
from clusters.gateway.connect import ClusterSession
from dashboard.address.paths import ALL, CLUSTER, Address
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import BUILT_IN_GROUPS, MENU_GROUPS
from dashboard.kinds.table import find_resource, list_menu
from dashboard.shell.navigation import Entry, Group

MAX_CUSTOM_KINDS = (
    5  # custom kinds that all stand in the navigation; more are on a page of their own, by API group
)
KINDS = "_kinds"  # stands for a kind in the address of the page that lists them
CREATE = "_create"  # stands for a kind in the address of the page that creates objects
MAX_GROUP_KINDS = 6  # kinds of the current API group that stand in it


def navigation(cluster_session: ClusterSession, address: Address) -> list[Group]:
    """Groups of built-in kinds, then custom ones. Reviews are under the session's budget; beyond it, unknown."""
    catalog = cluster_session.catalog()
    built_in = [
        (
            group,
            [(slot, found) for slot, kind in list_menu(group) if (found := _find_listable(catalog, kind))],
        )
        for group in MENU_GROUPS
    ]
    custom = _visible_custom_kinds(catalog, address.resource)
    results = review_lists(
        cluster_session, address, [*(found for _g, kinds in built_in for _slot, found in kinds), *custom]
    )
    groups = [
        Group(
            str(group.title),
            [
                entry(address, found, label_of(found), results[found.slug], icon=group.icon, goto=slot.goto)
                for slot, found in kinds
            ],
        )
        for group, kinds in built_in
        if kinds
    ]
    return _move_denied_last([*groups, _custom_group(cluster_session, address, custom, results)])


def _move_denied_last(groups: Sequence[Group]) -> list[Group]:
    """Groups that hold nothing for the person are folded into one at the end."""
    closed = [group for group in groups if all(entry.state == "denied" for entry in group.entries)]
    rest = [entry for group in closed for entry in group.entries]
    return [*(group for group in groups if group not in closed), *([Group("", rest)] if rest else [])]


def entry(
    address: Address,
    resource: Resource,
    label: str,
    result: ReviewResult | None,
    *,
    icon: str = "",
    goto: str = "",
) -> Entry:
    """A link to a kind's list in the page's namespaces; without a result it was not reviewed."""
    return Entry(
        label,
        list_url(address, resource),
        current=address.resource == resource.slug,
        state=result.state if result else "allowed",
        reason=_reason(address, resource, result) if result else "",
        icon=icon,
        goto=goto,
    )


def review_lists(
    cluster_session: ClusterSession, address: Address, resources: Iterable[Resource]
) -> dict[str, ReviewResult]:
    """For each kind's slug whether the person may list it where the page is."""
    namespace = _review_namespace(cluster_session, address)
    checks = {resource.slug: resource.attributes("list", namespace) for resource in resources}
    results = cluster_session.review_menu(list(checks.values()))
    return {slug: results[check] for slug, check in checks.items()}


def list_url(address: Address, resource: Resource) -> str:
    """The kind's list in the clusters and namespaces of the page; from a cluster-scoped page, in all namespaces."""
    if not resource.namespaced:
        return Address(address.clusters, (CLUSTER,), resource.slug).path()
    namespaces = (ALL,) if address.namespaces == (CLUSTER,) else address.namespaces
    return Address(address.clusters, namespaces, resource.slug).path()


def custom_kinds(catalog: Catalog) -> Sequence[Resource]:
    """The listable kinds of groups that are not Kubernetes' own, by group and name."""
    found = [one for one in kinds(catalog) if one.group not in BUILT_IN_GROUPS]
    return sorted(found, key=lambda one: (one.group, one.plural))


def kinds(catalog: Catalog) -> Sequence[Resource]:
    """Every kind that can be listed, in its preferred version."""
    return [one for one in catalog.resources if one.preferred and "list" in one.verbs]


def label_of(resource: Resource) -> str:
    """A built-in kind by its name for people, others by their kind."""
    return str(find_resource(resource.group, resource.plural).label) or resource.kind


def name_in_plural(resource: Resource) -> str:
    """The same in the plural for every kind, as within a sentence: PodTemplates, NetworkPolicies, Endpoints."""
    if label := str(find_resource(resource.group, resource.plural).label):
        return label
    kind, plural = resource.kind, resource.plural
    pairs = zip(kind.lower(), plural, strict=False)
    common = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return kind[:common] + plural[common:] if common > 2 else kind


def _find_listable(catalog: Catalog, kind: Kind) -> Resource | None:
    found = catalog.find(kind.slug)
    return found if found and "list" in found.verbs else None


def _review_namespace(cluster_session: ClusterSession, address: Address) -> str:
    """Where to ask. A person who may not list namespaces sees the known ones merged: the first stands for them."""
    if address.namespaces not in ((ALL,), (CLUSTER,)):
        return address.namespaces[0]
    known = cluster_session.namespaces()
    return "" if known.is_complete or not known.names else known.names[0]


def build_create_entry(cluster_session: ClusterSession, address: Address) -> Entry:
    """The page that creates objects in the namespaces of an address; denied by the dashboard role alone."""
    namespaces = (ALL,) if address.namespaces == (CLUSTER,) else address.namespaces
    denial = cluster_session.review_role(name_creation(address))
    return Entry(
        _("Create"),
        reverse("resources:create", args=[cluster_session.cluster.slug, ",".join(namespaces)]),
        current=address.resource == CREATE,
        state="denied" if denial else "allowed",
        reason=denial.reason if denial else "",
        icon="plus",
    )


def name_creation(address: Address) -> ResourceAttributes:
    """Creating anything at an address: what a role is judged by where the objects are not known yet."""
    return ResourceAttributes("create", "*", resource="*", namespace=address.namespace)


def _visible_custom_kinds(catalog: Catalog, current: str) -> Sequence[Resource]:
    every = custom_kinds(catalog)
    if len(every) <= MAX_CUSTOM_KINDS:
        return every
    group = next((one.group for one in every if one.slug == current), None)
    return [one for one in every if one.group == group][:MAX_GROUP_KINDS]


def _custom_group(
    cluster_session: ClusterSession,
    address: Address,
    visible: Sequence[Resource],
    results: dict[str, ReviewResult],
) -> Group:
    entries = [entry(address, one, one.kind, results[one.slug], icon="puzzle") for one in visible]
    namespaces = (ALL,) if address.namespaces == (CLUSTER,) else address.namespaces
    arguments = [cluster_session.cluster.slug, ",".join(namespaces)]
    everything = Entry(
        _("API resources"),
        reverse("resources:kinds", args=arguments),
        current=address.resource == KINDS,
        count=len(kinds(cluster_session.catalog())),
        icon="search",
        goto="k",
    )
    create = build_create_entry(cluster_session, address)
    return Group(_("Custom resources") if entries else "", [*entries, everything, create])


def _reason(address: Address, resource: Resource, result: ReviewResult) -> str:
    if result.reason or result.state == "allowed":
        return result.reason
    if result.state == "unknown":
        return _("The access review gave no clear answer; Kubernetes decides when you try.")
    if resource.namespaced and address.namespaces not in ((ALL,), (CLUSTER,)):
        return _("No role grants you “list” in namespace %(name)s.") % {"name": address.namespaces[0]}
    return _("No role grants you “list” cluster-wide.")
