"""Admission and validation of PersistentVolumes and claims: protection, phase, immutable spec."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.cluster import Cluster
from simulator.quantities import parse_quantity
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.names import bad_value, required_value
from simulator.writing.options import WriteOptions

PROTECTION = {  # the finalizer that each of them gets
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "persistentvolumes": "kubernetes.io/pv-protection",
    "volumeattributesclasses": "kubernetes.io/vac-protection",
}
IMMUTABLE_SPEC = (
    "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for "
    "bound claims"
)


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is None:
        finalizer = PROTECTION[resource.plural]
        others = [one for one in thing["metadata"].get("finalizers") or () if one != finalizer]
        thing["metadata"]["finalizers"] = [*others, finalizer]
    if "status" not in resource.subresources:
        return
    if was is None:
        thing["status"] = {"phase": "Pending"}
    if resource.plural == "persistentvolumes":
        _note_phase(cluster, thing["status"], (was or {}).get("status") or {})


def _note_phase(cluster: Cluster, now: Object, before: Object) -> None:
    """Since when it is in it, where whoever changed it did not say."""
    time = now.get("lastPhaseTransitionTime")
    if now.get("phase") != before.get("phase") and time == before.get("lastPhaseTransitionTime"):
        now["lastPhaseTransitionTime"] = cluster.clock.stamp()


def claim_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    if not spec.get("accessModes"):
        yield required_value("spec.accessModes", "at least 1 access mode is required")
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if size is None:
        yield required_value("spec.resources[storage]")
    elif parse_quantity(size) <= 0:
        yield bad_value("spec.resources[storage]", f'"{size}"', "must be greater than zero")
    if was is not None and not _can_change(was, spec):
        yield Cause("FieldValueForbidden", IMMUTABLE_SPEC, "spec")


def _can_change(was: Object, spec: dict[str, object]) -> bool:
    """The binder names the volume of a claim that had none; what is bound may grow."""
    old = was["spec"]
    if old == spec or (not old.get("volumeName") and old | {"volumeName": spec.get("volumeName")} == spec):
        return True
    return (was.get("status") or {}).get("phase") == "Bound" and _immutable_fields(old) == _immutable_fields(
        spec
    )


def _immutable_fields(spec: dict[str, object]) -> dict[str, object]:
    return {name: one for name, one in spec.items() if name not in ("resources", "volumeAttributesClassName")}
