"""Reconciler of CustomResourceDefinitions: establishes them, serves them, deletes their instances."""

from __future__ import annotations

from typing import Any

from simulator.cluster import Cluster
from simulator.store import Event, Object
from simulator.writing import registry
from simulator.writing.deletion import DeleteOptions, delete
from simulator.writing.options import WriteOptions

DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
WRITE_OPTIONS = WriteOptions(manager="kube-apiserver", subresource="status")


def reconcile_definitions(cluster: Cluster, event: Event) -> None:
    if event.storage != DEFINITIONS:
        return
    name = event.key.partition("/")[2]
    if event.type == "DELETED":
        cluster.catalog.undefine(name)
        return
    definition = event.object
    if "deletionTimestamp" in definition["metadata"]:
        _clean(cluster, definition)
    elif not _is_established(definition):
        _establish(cluster, name)
    elif (
        event.previous is None
        or event.previous["spec"] != definition["spec"]
        or not _is_established(event.previous)
    ):
        cluster.catalog.define(definition)


def _is_established(definition: Object) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _establish(cluster: Cluster, name: str) -> None:
    resource = cluster.catalog.find(DEFINITIONS[0], "v1", DEFINITIONS[1])
    if resource is None:
        return
    now = cluster.clock.stamp()

    def accepted(old: Object) -> Object:
        spec = old["spec"]
        conditions = [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
        ]
        stored = [one["name"] for one in spec["versions"] if one.get("storage")]
        return old | {
            "status": {"conditions": conditions, "acceptedNames": spec["names"], "storedVersions": stored}
        }

    registry.update(cluster, resource, "", name, accepted, WRITE_OPTIONS)


def _condition(kind: str, reason: str, message: str, now: str) -> dict[str, Any]:
    found = {"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason}
    return found | {"message": message}


def _clean(cluster: Cluster, definition: Object) -> None:
    """Its objects first, then the finalizer."""
    spec, name = definition["spec"], definition["metadata"]["name"]
    storage = (spec["group"], spec["names"]["plural"])
    resource = cluster.catalog.find_any_version(*storage)
    for one in cluster.store.items(storage):
        metadata = one["metadata"]
        if resource is not None and "deletionTimestamp" not in metadata:
            delete(cluster, resource, metadata.get("namespace", ""), metadata["name"], DeleteOptions())
    own = cluster.catalog.find(DEFINITIONS[0], "v1", DEFINITIONS[1])
    finalizers = definition["metadata"].get("finalizers") or []
    if cluster.store.count(storage) or CLEANUP not in finalizers or own is None:
        return

    def released(old: Object) -> Object:
        left = [one for one in old["metadata"].get("finalizers") or () if one != CLEANUP]
        return old | {"metadata": old["metadata"] | {"finalizers": left}}

    registry.update(cluster, own, "", name, released, WriteOptions(manager="kube-apiserver"))
