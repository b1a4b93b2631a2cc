"""Where can the person go from here? The navigation of one cluster and namespace, each entry's list right asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.access import Answer
from clusters.connect import Desk
from clusters.discovery import Catalogue, Resource
from dashboard.resources.address import ALL, CLUSTER, Address
from dashboard.resources.menu_table import BUILT_IN, GROUPS, LABELS
from dashboard.resources.verbs import ask_of
from dashboard.shell.navigation import Entry, Group

FEW = 5  # custom kinds that all stand in the navigation; more are on a page of their own, by API group
KINDS = "_kinds"  # stands for a kind in the address of the page that lists them
MOST = 6  # kinds of the current API group that stand in it


def navigation(desk: Desk, place: Address) -> list[Group]:
    """Groups of built-in kinds, then custom ones. Reviews are under the desk's budget; beyond it, unknown."""
    catalogue = desk.catalogue()
    built_in = [
        (group, [(known, found) for known in group.kinds if (found := _listable(catalogue, known.slug))])
        for group in GROUPS
    ]
    custom = _shown_custom(catalogue, place.resource)
    answers = listable(desk, place, [*(found for _g, kinds in built_in for _k, found in kinds), *custom])
    groups = [
        Group(
            str(group.title),
            [
                entry(place, found, str(known.label), answers[found.slug], icon=group.icon, goto=known.goto)
                for known, found in kinds
            ],
        )
        for group, kinds in built_in
        if kinds
    ]
    return _denied_last([*groups, _custom_group(place, catalogue, custom, answers)])


def _denied_last(groups: Sequence[Group]) -> list[Group]:
    """Groups that hold nothing for the person are folded into one at the end."""
    closed = [group for group in groups if all(entry.state == "denied" for entry in group.entries)]
    rest = [entry for group in closed for entry in group.entries]
    return [*(group for group in groups if group not in closed), *([Group("", rest)] if rest else [])]


def entry(
    place: Address, resource: Resource, label: str, answer: Answer | None, *, icon: str = "", goto: str = ""
) -> Entry:
    """A link to a kind's list in the place of the page; without an answer its right was not asked."""
    return Entry(
        label,
        list_url(place, resource),
        current=place.resource == resource.slug,
        state=answer.state if answer else "allowed",
        reason=_reason(place, resource, answer) if answer else "",
        icon=icon,
        goto=goto,
    )


def listable(desk: Desk, place: Address, resources: Iterable[Resource]) -> dict[str, Answer]:
    """For each kind's slug whether the person may list it where the page is."""
    namespace = _asked_namespace(desk, place)
    asks = {resource.slug: ask_of(resource, "list", namespace) for resource in resources}
    answers = desk.may_enter(list(asks.values()))
    return {slug: answers[ask] for slug, ask in asks.items()}


def list_url(place: Address, resource: Resource) -> str:
    """The kind's list in the clusters and namespaces of the page; from a cluster-scoped page, in all namespaces."""
    if not resource.namespaced:
        return Address(place.clusters, (CLUSTER,), resource.slug).path()
    namespaces = (ALL,) if place.namespaces == (CLUSTER,) else place.namespaces
    return Address(place.clusters, namespaces, resource.slug).path()


def custom_kinds(catalogue: Catalogue) -> Sequence[Resource]:
    """The listable kinds of groups that are not Kubernetes' own, by group and name."""
    found = [one for one in kinds(catalogue) if one.group not in BUILT_IN]
    return sorted(found, key=lambda one: (one.group, one.plural))


def kinds(catalogue: Catalogue) -> Sequence[Resource]:
    """Every kind that can be listed, in its preferred version."""
    return [one for one in catalogue.resources if one.preferred and "list" in one.verbs]


def label_of(resource: Resource) -> str:
    """A built-in kind by its name for people, others by their kind."""
    known = LABELS.get(resource.slug)
    return str(known) if known else resource.kind


def _listable(catalogue: Catalogue, slug: str) -> Resource | None:
    found = catalogue.find(slug)
    return found if found and "list" in found.verbs else None


def _asked_namespace(desk: Desk, place: Address) -> str:
    """Where to ask. A person who may not list namespaces sees the known ones merged: the first stands for them."""
    if place.namespaces not in ((ALL,), (CLUSTER,)):
        return place.namespaces[0]
    known = desk.namespaces()
    return "" if known.is_complete or not known.names else known.names[0]


def _shown_custom(catalogue: Catalogue, current: str) -> Sequence[Resource]:
    every = custom_kinds(catalogue)
    if len(every) <= FEW:
        return every
    group = next((one.group for one in every if one.slug == current), None)
    return [one for one in every if one.group == group][:MOST]


def _custom_group(
    place: Address, catalogue: Catalogue, shown: Sequence[Resource], answers: dict[str, Answer]
) -> Group:
    entries = [entry(place, one, one.kind, answers[one.slug], icon="puzzle") for one in shown]
    namespaces = (ALL,) if place.namespaces == (CLUSTER,) else place.namespaces
    url = reverse("resources:kinds", args=[place.cluster, ",".join(namespaces)])
    everything = Entry(
        _("API resources"),
        url,
        current=place.resource == KINDS,
        count=len(kinds(catalogue)),
        icon="search",
        goto="k",
    )
    return Group(_("Custom resources") if entries else "", [*entries, everything])


def _reason(place: Address, resource: Resource, answer: Answer) -> str:
    if answer.reason or answer.state == "allowed":
        return answer.reason
    if answer.state == "unknown":
        return _("The access review gave no clear answer; Kubernetes decides when you try.")
    if resource.namespaced and place.namespaces not in ((ALL,), (CLUSTER,)):
        return _("No role grants you “list” in namespace %(name)s.") % {"name": place.namespaces[0]}
    return _("No role grants you “list” cluster-wide.")
