"""Reconciler of protection finalizers: volumes, claims and volume attributes classes no longer in use."""

from __future__ import annotations

from simulator.cluster import Cluster
from simulator.store import Event, Object
from simulator.writing import registry
from simulator.writing.kinds.volumes import PROTECTION
from simulator.writing.options import WriteOptions

CLAIMS, VOLUMES, PODS = ("", "persistentvolumeclaims"), ("", "persistentvolumes"), ("", "pods")
CLASSES = ("storage.k8s.io", "volumeattributesclasses")
WRITE_OPTIONS = WriteOptions(manager="kube-controller-manager")


def reconcile_claims(cluster: Cluster, event: Event) -> None:
    if event.storage == CLAIMS and "deletionTimestamp" in event.object["metadata"]:
        _release_claim(cluster, event.object)
    elif event.storage == PODS and event.type == "DELETED":
        for name in _claims_of(event.object):
            claim = cluster.store.get(CLAIMS, event.object["metadata"]["namespace"], name)
            if claim is not None and "deletionTimestamp" in claim["metadata"]:
                _release_claim(cluster, claim)
    elif event.storage == VOLUMES and _is_going_unbound(event.object):
        _release(cluster, VOLUMES, event.object)
    elif event.storage == CLASSES and "deletionTimestamp" in event.object["metadata"]:
        _release_class(cluster, event.object)


def _is_going_unbound(volume: Object) -> bool:
    return "deletionTimestamp" in volume["metadata"] and (volume.get("status") or {}).get("phase") != "Bound"


def _release_claim(cluster: Cluster, claim: Object) -> None:
    metadata = claim["metadata"]
    pods = cluster.store.items(PODS, metadata["namespace"])
    over = ("Succeeded", "Failed")
    if not any(
        metadata["name"] in _claims_of(pod)
        for pod in pods
        if (pod.get("status") or {}).get("phase") not in over
    ):
        _release(cluster, CLAIMS, claim)


def _claims_of(pod: Object) -> list[str]:
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    return [one["persistentVolumeClaim"]["claimName"] for one in volumes if one.get("persistentVolumeClaim")]


def _release_class(cluster: Cluster, found: Object) -> None:
    users = [*cluster.store.items(CLAIMS), *cluster.store.items(VOLUMES)]
    name = found["metadata"]["name"]
    if not any((one.get("spec") or {}).get("volumeAttributesClassName") == name for one in users):
        _release(cluster, CLASSES, found)


def _release(cluster: Cluster, storage: tuple[str, str], thing: Object) -> None:
    metadata = thing["metadata"]
    finalizer = PROTECTION[storage[1]]
    resource = cluster.catalog.find(storage[0], "v1", storage[1])
    current = cluster.store.get(storage, metadata.get("namespace", ""), metadata["name"])
    if resource is None or current is None or finalizer not in (current["metadata"].get("finalizers") or ()):
        return

    def released(old: Object) -> Object:
        left = [one for one in old["metadata"].get("finalizers") or () if one != finalizer]
        return old | {"metadata": old["metadata"] | {"finalizers": left}}

    registry.update(
        cluster, resource, metadata.get("namespace", ""), metadata["name"], released, WRITE_OPTIONS
    )
