"""Deletion: preconditions, finalizers, propagation policy and the grace period of pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import (
    Cause,
    StatusError,
    error_details,
    forbidden_error,
    invalid_error,
    not_found_error,
    status_error,
)
from simulator.schemas.conversion import to_served_version
from simulator.schemas.resources import Object, Resource

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
UNDELETABLE = {"default", "kube-system", "kube-public"}
POLICIES = ("Foreground", "Background", "Orphan")
_OPTIONS = Resource("meta.k8s.io", "v1", "", "", "DeleteOptions", False, ())


@dataclass(frozen=True)
class DeleteOptions:
    policy: str = ""  # Foreground, Background, Orphan; "" is the kind's default
    grace: int | None = None
    uid: str = ""
    revision: str = ""
    is_dry_run: bool = False


def read_delete_options(value: dict[str, Any]) -> DeleteOptions:
    """Of the body, or of the query in the same form; raises 422."""
    policy = value.get("propagationPolicy") or ""
    if policy and value.get("orphanDependents") is not None:
        message = f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        raise invalid_error(_OPTIONS, "", [Cause("FieldValueInvalid", message, "propagationPolicy")])
    if value.get("orphanDependents") is not None:
        policy = "Orphan" if value["orphanDependents"] else "Background"
    if policy not in ("", *POLICIES):
        known = ", ".join(f'"{one}"' for one in (*POLICIES, "nil"))
        message = f'Unsupported value: "{policy}": supported values: {known}'
        raise invalid_error(_OPTIONS, "", [Cause("FieldValueNotSupported", message, "propagationPolicy")])
    dry = value.get("dryRun") or []
    if any(one != "All" for one in dry):
        shown = ",".join(f'"{one}"' for one in dry)
        message = f'Unsupported value: [{shown}]: supported values: "All"'
        raise invalid_error(_OPTIONS, "", [Cause("FieldValueNotSupported", message, "dryRun")])
    conditions = value.get("preconditions") or {}
    return DeleteOptions(
        policy,
        value.get("gracePeriodSeconds"),
        conditions.get("uid") or "",
        conditions.get("resourceVersion") or "",
        bool(dry),
    )


def delete(
    cluster: Cluster, resource: Resource, namespace: str, name: str, options: DeleteOptions
) -> tuple[Object, bool]:
    """The object as it is after it, and whether it is gone; raises 404 and 409."""
    found = cluster.store.get(resource.storage, namespace, name)
    if found is None:
        raise not_found_error(resource, name)
    if resource.plural == "namespaces" and name in UNDELETABLE:
        raise forbidden_error(resource, name, "this namespace may not be deleted")
    _check(resource, found, options)
    new = _mark_for_deletion(cluster, resource, found, options)
    if new is None:
        if not options.is_dry_run:
            found = cluster.store.remove(resource.storage, namespace, name) or found
        return _mark_deleted(cluster, resource, found), True
    if options.is_dry_run or new == found:
        return new, False
    return cluster.store.put(resource.storage, new), False


def deletion_response(resource: Resource, thing: Object, gone: bool) -> Object:
    """The object where it stays for a while, else a Status that names it."""
    if not gone or _returns_object(resource):
        return to_served_version(thing, resource)
    metadata = thing["metadata"]
    details: dict[str, Any] = {"name": metadata["name"]}
    if resource.group:
        details["group"] = resource.group
    details |= {"kind": resource.plural, "uid": metadata["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _returns_object(resource: Resource) -> bool:
    """Kinds whose DELETE answers the object itself."""
    core = (
        "namespaces", "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas",
        "serviceaccounts", "services",
    )  # fmt: skip
    storage = ("csidrivers", "csinodes", "storageclasses", "volumeattachments")
    return (resource.group == "" and resource.plural in core) or (
        resource.group == "storage.k8s.io" and resource.plural in storage
    )


def _check(resource: Resource, found: Object, options: DeleteOptions) -> None:
    metadata = found["metadata"]
    name, uid, revision = metadata["name"], metadata["uid"], metadata["resourceVersion"]
    if options.uid and options.uid != uid:
        why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid}). "
        raise _operation_error(resource, name, why + "The object might have been deleted and then recreated")
    if options.revision and options.revision != revision:
        why = f"the ResourceVersion in the precondition ({options.revision}) does not match the "
        raise _operation_error(
            resource,
            name,
            f"{why}ResourceVersion in record ({revision}). The object might have been modified",
        )


def _mark_deleted(cluster: Cluster, resource: Resource, gone: Object) -> Object:
    """A pod that goes at once is answered as one that was marked first."""
    if (resource.group, resource.plural) != ("", "pods") or "deletionTimestamp" in gone["metadata"]:
        return gone
    marks = {"deletionTimestamp": cluster.clock.stamp(), "deletionGracePeriodSeconds": 0}
    generation = gone["metadata"].get("generation", 0) + 1
    return gone | {"metadata": gone["metadata"] | marks | {"generation": generation}}


def _operation_error(resource: Resource, name: str, why: str) -> StatusError:
    message = f'Operation cannot be fulfilled on {resource.qualified_kind} "{name}": {why}'
    return status_error(409, message, error_details(resource, name, by_kind=True))


def _mark_for_deletion(
    cluster: Cluster, resource: Resource, found: Object, options: DeleteOptions
) -> Object | None:
    """The object that goes later; None where it goes at once."""
    metadata = dict(found["metadata"])
    finalizers = [one for one in metadata.get("finalizers") or () if one not in (ORPHAN, FOREGROUND)]
    if options.policy == "Orphan":
        finalizers.append(ORPHAN)
    elif options.policy == "Foreground":
        finalizers.append(FOREGROUND)
    grace = _grace(resource, found, options)
    is_held = bool(finalizers) or bool(grace) or bool(_own_finalizers(found))
    if not is_held:
        return None
    if "deletionTimestamp" not in metadata:
        metadata["deletionTimestamp"] = _later(cluster, grace)
        metadata["deletionGracePeriodSeconds"] = grace
        if "generation" in metadata:
            metadata["generation"] += 1
    elif grace < metadata.get("deletionGracePeriodSeconds", 0):
        metadata |= {"deletionTimestamp": _later(cluster, grace), "deletionGracePeriodSeconds": grace}
    if finalizers:
        metadata["finalizers"] = finalizers
    new = found | {"metadata": metadata}
    if found["kind"] == "Namespace":
        new["status"] = (found.get("status") or {}) | {"phase": "Terminating"}
    return new


def _own_finalizers(found: Object) -> list[str]:
    return (found.get("spec") or {}).get("finalizers") or [] if found["kind"] == "Namespace" else []


def _grace(resource: Resource, found: Object, options: DeleteOptions) -> int:
    """Seconds; of pods that a node runs alone."""
    spec = found.get("spec") or {}
    if (resource.group, resource.plural) != ("", "pods") or not spec.get("nodeName"):
        return 0
    if (found.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    if options.grace is not None:
        return max(options.grace, 0)
    return int(spec.get("terminationGracePeriodSeconds") or 0)


def _later(cluster: Cluster, seconds: int) -> str:
    timestamp = cluster.clock.seconds() + seconds
    return cluster.clock.format_timestamp(timestamp)
