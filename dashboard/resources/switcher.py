"""Which namespaces can the page be switched to? What the top bar's namespace menu holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.connect import Desk
from dashboard.resources.address import ALL, CLUSTER, Address

MOST = 100  # names in the menu; all of them are on the cluster's page


@dataclass(frozen=True)
class Choice:
    name: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class Switcher:
    """`more` is how many names are not in the menu; `everything` the page that has them, and takes typed ones."""

    current: str
    choices: Sequence[Choice]
    more: int
    everything: str
    is_complete: bool


def switcher(desk: Desk, place: Address) -> Switcher:
    """The same kind in another namespace; an object's page leads to its kind's list there."""
    known = desk.namespaces()
    resource = place.resource if place.resource and place.namespaces != (CLUSTER,) else "pods"
    where = replace(place, resource=resource, name="", query=())

    def choice(name: str, label: str = "") -> Choice:
        there = replace(where, namespaces=(name,))
        return Choice(label or name, there.path(), place.namespaces == (name,))

    shown = [name for name in known.names if name in place.namespaces]
    names = [*shown, *(name for name in known.names if name not in shown)][:MOST]
    return Switcher(
        current=_current(place),
        choices=[choice(ALL, _("All namespaces")), *(choice(name) for name in sorted(names))],
        more=len(known.names) - len(names),
        everything=reverse("resources:cluster", args=[place.cluster]),
        is_complete=known.is_complete,
    )


def _current(place: Address) -> str:
    if place.namespaces == (CLUSTER,):
        return _("Cluster-scoped")
    return _("All namespaces") if place.namespaces == (ALL,) else ", ".join(place.namespaces)
