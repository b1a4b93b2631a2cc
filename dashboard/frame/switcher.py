"""Namespace switcher: the choices of the namespace menu in the top bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from clusters.gateway.connect import ClusterSession
from dashboard.address.paths import ALL, CLUSTER, Address

MAX_NAMES = 100  # names in the menu; all of them are on the cluster's page


@dataclass(frozen=True)
class Choice:
    name: str
    href: str
    is_current: bool


@dataclass(frozen=True)
class Switcher:
    """`more` is how many names are not in the menu; `cluster_href` the page that has them, and takes typed ones."""

    current: str
    choices: Sequence[Choice]
    more: int
    cluster_href: str
    is_complete: bool


def switcher(cluster_session: ClusterSession, address: Address) -> Switcher:
    """The same kind in another namespace; an object's page leads to its kind's list there."""
    known = cluster_session.namespaces()
    resource = address.resource if address.resource and address.namespaces != (CLUSTER,) else "pods"
    target = replace(address, resource=resource, name="", query=())

    def choice(name: str, label: str = "") -> Choice:
        target_address = replace(target, namespaces=(name,))
        return Choice(label or name, target_address.path(), address.namespaces == (name,))

    current = [name for name in known.names if name in address.namespaces]
    names = [*current, *(name for name in known.names if name not in current)][:MAX_NAMES]
    return Switcher(
        current=_current(address),
        choices=[choice(ALL, _("All namespaces")), *(choice(name) for name in sorted(names))],
        more=len(known.names) - len(names),
        cluster_href=reverse("resources:cluster", args=[address.cluster]),
        is_complete=known.is_complete,
    )


def _current(address: Address) -> str:
    if address.namespaces == (CLUSTER,):
        return _("Cluster-scoped")
    return _("All namespaces") if address.namespaces == (ALL,) else ", ".join(address.namespaces)
