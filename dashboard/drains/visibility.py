"""Visibility of drains: who sees one. It names pods of all namespaces, so it takes the permission to list them."""

from __future__ import annotations

from clusters.api.resource_attributes import ResourceAttributes
from clusters.drains.drain import KIND, list_nodes
from clusters.gateway.connect import ClusterSession
from clusters.models import Operation

ALL_PODS = ResourceAttributes("list", "", "v1", "pods")
MAX_LISTED = 200  # drains that are looked through for a list


def can_see_all(cluster_session: ClusterSession) -> bool:
    """Whether Kubernetes allows the person to list pods in all namespaces; unknown is no here."""
    return cluster_session.review_access([ALL_PODS])[ALL_PODS].state == "allowed"


def can_see(cluster_session: ClusterSession, operation: Operation) -> bool:
    """Whoever started it, and whoever can list all pods."""
    return operation.user_id == cluster_session.user.pk or can_see_all(cluster_session)


def find_drain(cluster_session: ClusterSession, number: int) -> Operation | None:
    """The drain of this number on this cluster; None where there is none."""
    found = Operation.objects.filter(cluster=cluster_session.cluster, kind=KIND, pk=number)
    return found.select_related("user", "cluster").first()


def list_drains(cluster_session: ClusterSession, node: str = "") -> list[Operation]:
    """The newest of the cluster that the person sees, or those of one node."""
    found = Operation.objects.filter(cluster=cluster_session.cluster, kind=KIND).select_related("user")
    if not can_see_all(cluster_session):
        found = found.filter(user=cluster_session.user)
    return [one for one in found[:MAX_LISTED] if not node or node in list_nodes(one)]
