"""Reconciler of namespaces that are being deleted: empties them, then removes the finalizer."""

from __future__ import annotations

from simulator.cluster import Cluster
from simulator.store import Event, Object
from simulator.writing import registry
from simulator.writing.deletion import DeleteOptions, delete
from simulator.writing.options import WriteOptions

NAMESPACES = ("", "namespaces")
WRITE_OPTIONS = WriteOptions(manager="kube-controller-manager", subresource="finalize")


def reconcile_namespaces(cluster: Cluster, event: Event) -> None:
    """After a namespace was marked, and after each thing that left it."""
    if event.storage == NAMESPACES:
        name = event.key.partition("/")[2]
    elif event.type == "DELETED":
        name = event.key.partition("/")[0]
    else:
        return
    found = cluster.store.get(NAMESPACES, "", name) if name else None
    if found is not None and "deletionTimestamp" in found["metadata"]:
        _empty(cluster, name)


def _empty(cluster: Cluster, name: str) -> None:
    is_left = False
    for storage in cluster.store.storages():
        resource = cluster.catalog.find_any_version(*storage)
        if resource is None or not resource.is_namespaced:
            continue
        for one in cluster.store.items(storage, name):
            if "deletionTimestamp" not in one["metadata"]:
                delete(cluster, resource, name, one["metadata"]["name"], DeleteOptions(policy="Background"))
            is_left = is_left or cluster.store.get(storage, name, one["metadata"]["name"]) is not None
    if not is_left:
        _release(cluster, name)


def _release(cluster: Cluster, name: str) -> None:
    resource = cluster.catalog.find("", "v1", "namespaces")
    found = cluster.store.get(NAMESPACES, "", name)
    if resource is None or found is None:
        return

    def released(old: Object) -> Object:
        return old | {"spec": {}}

    registry.update(cluster, resource, "", name, released, WRITE_OPTIONS)
