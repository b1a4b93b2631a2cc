"""Table printers of volumes, claims, storage classes, attachments and CSI drivers."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.parts import NONE, UNSET, age_of, annotation, is_deleting, name, spec, status
from simulator.schemas.resources import Object

CLASS = "volume.beta.kubernetes.io/storage-class"
DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def persistent_volume(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    claim = desired.get("claimRef")
    return [
        name(thing),
        (desired.get("capacity") or {}).get("storage", "0"),
        _modes(desired),
        desired.get("persistentVolumeReclaimPolicy", ""),
        _phase(thing),
        "" if claim is None else f"{claim.get('namespace', '')}/{claim.get('name', '')}",
        _class(thing),
        _or_unset(desired.get("volumeAttributesClassName")),
        seen.get("reason", ""),
        age_of(thing, now),
        _or_unset(desired.get("volumeMode")),
    ]


def persistent_volume_claim(thing: Object, now: datetime.datetime) -> list[Any]:
    desired, seen = spec(thing), status(thing)
    volume = desired.get("volumeName", "")
    return [
        name(thing),
        _phase(thing),
        volume,
        (seen.get("capacity") or {}).get("storage", "0") if volume else "",
        _modes(seen) if volume else "",
        _class(thing),
        _or_unset(desired.get("volumeAttributesClassName")),
        age_of(thing, now),
        _or_unset(desired.get("volumeMode")),
    ]


def storage_class(thing: Object, now: datetime.datetime) -> list[Any]:
    is_default = any(annotation(thing, one) == "true" for one in DEFAULT_CLASS)
    return [
        name(thing) + (" (default)" if is_default else ""),
        thing.get("provisioner", ""),
        thing.get("reclaimPolicy", "Delete"),
        thing.get("volumeBindingMode", "Immediate"),
        bool(thing.get("allowVolumeExpansion")),
        age_of(thing, now),
    ]


def volume_attributes_class(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), thing.get("driverName", ""), age_of(thing, now)]


def volume_attachment(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    return [
        name(thing),
        desired.get("attacher", ""),
        (desired.get("source") or {}).get("persistentVolumeName", ""),
        desired.get("nodeName", ""),
        bool(status(thing).get("attached")),
        age_of(thing, now),
    ]


def csi_driver(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    tokens = desired.get("tokenRequests")
    return [
        name(thing),
        desired.get("attachRequired", True),
        bool(desired.get("podInfoOnMount")),
        bool(desired.get("storageCapacity")),
        UNSET if tokens is None else ",".join(one.get("audience", "") for one in tokens),
        bool(desired.get("requiresRepublish")),
        ",".join(desired.get("volumeLifecycleModes") or ()) or NONE,
        age_of(thing, now),
    ]


def csi_node(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), len(spec(thing).get("drivers") or ()), age_of(thing, now)]


def _phase(thing: Object) -> str:
    return "Terminating" if is_deleting(thing) else str(status(thing).get("phase", ""))


def _modes(part: Object) -> str:
    """RWO,ROX in an order of their own, whatever theirs is."""
    desired = part.get("accessModes") or ()
    return ",".join(short for mode, short in _MODES.items() if mode in desired)


def _class(thing: Object) -> str:
    """The old annotation comes first."""
    found: str | None = annotation(thing, CLASS)
    return str(spec(thing).get("storageClassName") or "") if found is None else found


def _or_unset(value: str | None) -> str:
    return UNSET if value is None else value
