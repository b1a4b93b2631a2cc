"""Template context of the frame: cluster marks, scope and the live socket's URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import get_script_prefix
from django.utils.translation import gettext as _

from clusters.gateway.connect import ClusterSession
from clusters.models import Cluster
from dashboard.address.paths import ALL, CLUSTER, Address
from dashboard.frame.calls import CallsOfPage


def annotate_cluster(cluster_session: ClusterSession) -> Cluster:
    """The cluster as the strip above the page shows it, with who one acts as there."""
    cluster = cluster_session.cluster
    cluster.acting = (  # type: ignore[attr-defined]  # for the template alone
        _("You act as %(identity)s, shared by team %(team)s.")
        % {"identity": cluster_session.credential.identity, "team": cluster_session.team}
        if cluster_session.team
        else ""
    )
    return cluster


def build_frame_context(address: Address, cluster_sessions: Sequence[ClusterSession]) -> dict[str, Any]:
    """Context of the frame: `cluster` or `shown_clusters`, `scope` in words, `live` (the socket), `page_calls`."""
    clusters = [annotate_cluster(cluster_session) for cluster_session in cluster_sessions]
    return {
        "address": address,
        "cluster": clusters[0] if len(clusters) == 1 else None,
        "shown_clusters": clusters,
        "scope": describe_scope(address),
        "live": f"{get_script_prefix()}live/",
        "page": address.url(),
        "page_calls": CallsOfPage(cluster_sessions),
    }


def describe_scope(address: Address) -> str:
    """The clusters and namespaces in words."""
    clusters = _("All clusters") if address.clusters == (ALL,) else ", ".join(address.clusters)
    if address.namespaces == (CLUSTER,):
        return clusters
    namespaces = _("all namespaces") if address.namespaces == (ALL,) else ", ".join(address.namespaces)
    return f"{clusters} / {namespaces}"
