"""What does the frame of a cluster's page need? Marks, navigation, the namespace switcher and the crumbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import get_script_prefix
from django.utils.translation import gettext as _

from clusters.connect import Desk
from clusters.models import Cluster
from dashboard.resources.address import ALL, CLUSTER, Address


def marked(desk: Desk) -> Cluster:
    """The cluster as the strip above the page shows it, with who one acts as there."""
    cluster = desk.cluster
    cluster.acting = (  # type: ignore[attr-defined]  # for the template alone
        _("You act as %(identity)s, shared by team %(team)s.")
        % {"identity": desk.credential.identity, "team": desk.team}
        if desk.team
        else ""
    )
    return cluster


def frame_of(address: Address, desks: Sequence[Desk]) -> dict[str, Any]:
    """Context of the frame: `cluster` or `shown_clusters`, `place` in words, `live` (the socket)."""
    clusters = [marked(desk) for desk in desks]
    return {
        "address": address,
        "cluster": clusters[0] if len(clusters) == 1 else None,
        "shown_clusters": clusters,
        "place": place_of(address),
        "live": f"{get_script_prefix()}live/",
        "page": address.url(),
    }


def place_of(address: Address) -> str:
    """The clusters and namespaces in words."""
    clusters = _("All clusters") if address.clusters == (ALL,) else ", ".join(address.clusters)
    if address.namespaces == (CLUSTER,):
        return clusters
    namespaces = _("all namespaces") if address.namespaces == (ALL,) else ", ".join(address.namespaces)
    return f"{clusters} / {namespaces}"
