"""Volume binder: matches claims with free volumes or provisions them by StorageClass.

https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.controllers.index import PODS, amount
from simulator.controllers.plane import Controller, Plane
from simulator.controllers.pods import is_bound, is_going
from simulator.store import Event, Object

CLAIMS, VOLUMES = ("", "persistentvolumeclaims"), ("", "persistentvolumes")
CLASSES = ("storage.k8s.io", "storageclasses")
NAME = "persistentvolume-controller"
MANUAL = "kubernetes.io/no-provisioner"
BIND_COMPLETED, BOUND_BY_CONTROLLER = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
)
WAITS = "WaitForFirstConsumer"


def sync(plane: Plane, namespace: str, name: str) -> None:
    """Of a claim; without a namespace, of a volume."""
    if not namespace:
        _sync_volume(plane, name)
        return
    claim = plane.get(CLAIMS, namespace, name)
    if claim is None or is_going(claim) or (claim.get("status") or {}).get("phase") == "Bound":
        return
    spec = claim["spec"]
    volume = (
        plane.get(VOLUMES, "", spec["volumeName"])
        if spec.get("volumeName")
        else _find_free_volume(plane, claim)
    )
    if volume is None:
        volume = _provision_volume(plane, claim)
    if volume is not None:
        _bind(plane, claim, volume)


def _sync_volume(plane: Plane, name: str) -> None:
    """One without a claim is available; one whose claim is gone is released, and deleted where its class says so."""
    volume = plane.get(VOLUMES, "", name)
    if volume is None or is_going(volume):
        return
    status, owner = volume.get("status") or {}, volume["spec"].get("claimRef")
    if not owner:
        plane.set_status(VOLUMES, volume, status | {"phase": "Available"})
        return
    claim = plane.get(CLAIMS, owner["namespace"], owner["name"])
    if status.get("phase") != "Bound" or (claim is not None and claim["metadata"]["uid"] == owner.get("uid")):
        return
    volume = plane.set_status(VOLUMES, volume, status | {"phase": "Released"})
    if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        plane.delete(VOLUMES, volume)


def _find_free_volume(plane: Plane, claim: Object) -> Object | None:
    """The smallest volume of its class that fits and has no claim."""
    desired = amount(str(claim["spec"]["resources"]["requests"]["storage"]))
    fitting = [
        one
        for one in plane.cluster.store.items(VOLUMES)
        if not one["spec"].get("claimRef")
        and one["spec"].get("storageClassName", "") == claim["spec"].get("storageClassName", "")
        and set(claim["spec"]["accessModes"]) <= set(one["spec"]["accessModes"])
        and amount(str(one["spec"]["capacity"]["storage"])) >= desired
    ]
    return min(fitting, key=lambda one: amount(str(one["spec"]["capacity"]["storage"])), default=None)


def _provision_volume(plane: Plane, claim: Object) -> Object | None:
    found = plane.get(CLASSES, "", claim["spec"].get("storageClassName") or "")
    if found is None:
        return None
    if found["provisioner"] == MANUAL or (
        found.get("volumeBindingMode") == WAITS and not _is_used(plane, claim)
    ):
        text = "waiting for first consumer to be created before binding"
        plane.record_event(claim, "WaitForFirstConsumer", text, NAME)
        return None
    made = plane.create(VOLUMES, "", volume_of(claim, found))
    text = f"Successfully provisioned volume {made['metadata']['name']}"
    plane.record_event(claim, "ProvisioningSucceeded", text, found["provisioner"])
    return made


def volume_of(claim: Object, storage_class: Object) -> Object:
    """As a provisioner makes it for the claim."""
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    provisioner = storage_class["provisioner"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": provisioner}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "csi": {"driver": provisioner, "volumeHandle": f"vol-{metadata['uid'][:18]}", "fsType": "ext4"},
            "claimRef": claim_reference(claim),
        },
    }


def claim_reference(claim: Object) -> dict[str, Any]:
    metadata = claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
    }


def claim_status(volume: Object) -> dict[str, Any]:
    capacity = {"storage": volume["spec"]["capacity"]["storage"]}
    return {"phase": "Bound", "accessModes": volume["spec"]["accessModes"], "capacity": capacity}


def _bind(plane: Plane, claim: Object, volume: Object) -> None:
    if not volume["spec"].get("claimRef"):
        spec = volume["spec"] | {"claimRef": claim_reference(claim)}
        volume = plane.update(VOLUMES, volume, lambda old: old | {"spec": spec})
    plane.set_status(VOLUMES, volume, dict(volume.get("status") or {}, phase="Bound"))
    name = volume["metadata"]["name"]

    def bound(old: Object) -> Object:
        annotations = dict(old["metadata"].get("annotations") or {}) | {
            BIND_COMPLETED: "yes",
            BOUND_BY_CONTROLLER: "yes",
        }
        metadata = old["metadata"] | {"annotations": annotations}
        return old | {"metadata": metadata, "spec": old["spec"] | {"volumeName": name}}

    claim = plane.update(CLAIMS, claim, bound)
    plane.set_status(CLAIMS, claim, claim_status(volume))


def _is_used(plane: Plane, claim: Object) -> bool:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    return any(
        name in _claims_of(one) and is_bound(one) for one in plane.cluster.store.items(PODS, namespace)
    )


def _claims_of(pod: Object) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    return [one["persistentVolumeClaim"]["claimName"] for one in volumes if one.get("persistentVolumeClaim")]


def _map_claim(plane: Plane, event: Event) -> Iterable[str]:
    """A claim; where one has gone, its volume."""
    if event.type != "DELETED":
        return (event.key,)
    name = event.object["spec"].get("volumeName")
    return (f"/{name}",) if name else ()


def _map_pod(plane: Plane, event: Event) -> Iterable[str]:
    if event.type == "DELETED" or not is_bound(event.object):
        return ()
    if event.previous is not None and is_bound(event.previous):
        return ()
    return [f"{event.object['metadata']['namespace']}/{one}" for one in _claims_of(event.object)]


def _map_volume(plane: Plane, event: Event) -> Iterable[str]:
    """A volume; one that is free may be what a claim waits for."""
    if event.type == "DELETED" or event.object["spec"].get("claimRef"):
        return () if event.type == "DELETED" else (event.key,)
    claims = plane.cluster.store.items(CLAIMS)
    waiting = [one for one in claims if (one.get("status") or {}).get("phase") != "Bound"]
    return [event.key, *(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in waiting)]


CONTROLLER = Controller(NAME, {CLAIMS: _map_claim, PODS: _map_pod, VOLUMES: _map_volume}, sync)
