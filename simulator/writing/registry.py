"""Registry: create, update and delete, in the order of steps of the API server.

Every write goes through here, of people and of the cluster's own life alike: `create`, `update`, `delete`.
What is special of a kind is in writing/kinds/.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from simulator.cluster import Cluster
from simulator.requests.statuses import (
    Cause,
    StatusError,
    already_exists_error,
    bad_request_error,
    conflict_error,
    error_details,
    invalid_error,
    modified_error,
    not_found_error,
)
from simulator.schemas.conversion import to_served_version, to_stored_version
from simulator.schemas.resources import Object, Resource
from simulator.writing import kinds, managed
from simulator.writing.decoding import encodable, storable
from simulator.writing.defaults import add_defaults
from simulator.writing.options import SYSTEM, WriteOptions
from simulator.writing.validation import check_metadata, validate
from simulator.writing.warnings import warnings

NAMESPACES = ("", "namespaces")
ORDER = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    "managedFields",
)  # fmt: skip
# Built-in kinds that count changes of their spec; every custom kind does.
COUNTED_KINDS = {
    "customresourcedefinitions", "cronjobs", "daemonsets", "deployments", "deviceclasses", "endpointslices",
    "flowschemas", "ingressclasses", "ingresses", "jobs", "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations", "networkpolicies",
    "poddisruptionbudgets", "pods", "podtemplates", "priorityclasses", "prioritylevelconfigurations",
    "replicasets", "replicationcontrollers", "resourceslices", "statefulsets", "validatingadmissionpolicies",
    "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
}  # fmt: skip

# A node is created with its status; of all others the status is written by its own endpoint alone.
STATUS_FROM_THE_START = {("", "nodes")}
DEPLOYMENTS = ("apps", "deployments")  # their annotations count too: ReplicaSets have copies of them


def create(
    cluster: Cluster, resource: Resource, namespace: str, thing: Object, options: WriteOptions
) -> Object:
    """The object as it is stored (or would be, dry); raises the StatusErrors of the API server."""
    thing = copy.deepcopy(thing)
    check_identity(resource, namespace, "", thing)
    _name(cluster, resource, namespace, thing)
    _check_namespace(cluster, resource, namespace, thing["metadata"].get("name", ""))
    metadata = thing["metadata"]
    for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        metadata.pop(key, None)
    given_revision = metadata.pop("resourceVersion", "")
    metadata |= {"uid": cluster.new_uid(), "creationTimestamp": cluster.clock.stamp()}
    metadata.pop("generation", None)
    if counts_generation(resource):
        metadata["generation"] = 1
    if "status" in resource.subresources and resource.storage not in STATUS_FROM_THE_START:
        thing.pop("status", None)
    thing = complete(cluster, resource, thing)
    if options.operation == "Update":
        thing = managed.record_update(cluster, resource, None, thing, options)
    kinds.admit(cluster, resource, thing, None, options)
    thing = storable(thing, cluster.types.get_type(resource))
    _raise_invalid(resource, thing, [*check_metadata(resource, thing), *validate(cluster, resource, thing)])
    _warn(resource, thing, None, options)
    there = cluster.store.get(resource.storage, namespace, metadata["name"])
    if there is not None:
        raise already_exists_error(
            resource, metadata["name"], is_going="deletionTimestamp" in there["metadata"]
        )
    if given_revision and not options.is_dry_run:
        raise StatusError(500, "resourceVersion should not be set on objects to be created")
    return _save(cluster, resource, thing, options)


def update(
    cluster: Cluster,
    resource: Resource,
    namespace: str,
    name: str,
    change: Callable[[Object], Object],
    options: WriteOptions,
) -> Object:
    """`change` answers the new object for a copy of the old (as this version serves it)."""
    old = cluster.store.get(resource.storage, namespace, name)
    if old is None:
        raise not_found_error(resource, name)
    was = to_served_version(old, resource)
    new = change(copy.deepcopy(was))
    check_identity(resource, namespace, name, new)
    _check_revision(resource, was, new, name)
    restore_system_fields(resource, was, new, options)
    new = complete(cluster, resource, new)
    if options.operation != "Apply":
        new = managed.record_update(cluster, resource, was, new, options)
    kinds.admit(cluster, resource, new, was, options)
    new = storable(new, cluster.types.get_type(resource))
    causes = [
        *check_metadata(resource, new, was),
        *validate(cluster, resource, new, was, options.subresource),
    ]
    _raise_invalid(resource, new, causes)
    if _counts(resource, was, new, options):
        new["metadata"]["generation"] = was["metadata"].get("generation", 0) + 1
    _warn(resource, new, was, options)
    if _same(was, new):
        return old
    return _save(cluster, resource, new, options)


def complete(cluster: Cluster, resource: Resource, thing: Object) -> Object:
    """With Go's empty fields, and the defaults in them."""
    type_ = cluster.types.get_type(resource)
    return encodable(add_defaults(encodable(thing, type_), type_, resource), type_)


def check_identity(resource: Resource, namespace: str, name: str, thing: Object) -> None:
    """Kind, name and namespace are those of the request; what is missing is filled in."""
    metadata = thing.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise bad_request_error("metadata is no object")
    thing["kind"], thing["apiVersion"] = resource.kind, resource.api_version
    given = metadata.get("namespace")
    if given and given != namespace:
        raise bad_request_error(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if resource.is_namespaced:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)
    if name:
        own = metadata.setdefault("name", name)
        if own != name:
            raise bad_request_error(
                f"the name of the object ({own}) does not match the name on the URL ({name})"
            )


def check_put(cluster: Cluster, resource: Resource, namespace: str, name: str, thing: Object) -> None:
    """Errors of a PUT before anything else is checked."""
    if not (thing.get("metadata") or {}).get("name"):
        raise bad_request_error(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    check_identity(resource, namespace, name, thing)
    old = cluster.store.get(resource.storage, namespace, name)
    uid = thing["metadata"].get("uid")
    if old is not None and uid and uid != old["metadata"]["uid"]:
        group = f"{resource.group}/" if resource.definition is not None else ""
        key = f"/registry/{group}{resource.plural}/{namespace}/{name}".replace("//", "/")
        why = (
            f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition "
            f"failed: UID in precondition: {uid}, UID in object meta: {old['metadata']['uid']}"
        )
        raise conflict_error(resource, name, why)


def counts_generation(resource: Resource) -> bool:
    return resource.definition is not None or resource.plural in COUNTED_KINDS


def restore_system_fields(resource: Resource, was: Object, new: Object, options: WriteOptions) -> None:
    """What never changes, and what only the other endpoint (the object, its status) changes."""
    old, metadata = was["metadata"], new["metadata"]
    uid = metadata.get("uid")
    if uid and uid != old["uid"]:
        cause = Cause("FieldValueInvalid", f'Invalid value: "{uid}": field is immutable', "metadata.uid")
        raise invalid_error(resource, old["name"], [cause])
    for key in ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(key, None)
        if key in old:
            metadata[key] = old[key]
    metadata["resourceVersion"] = old["resourceVersion"]
    metadata.pop("selfLink", None)
    if "status" not in resource.subresources:
        return
    if options.subresource in ("status", "approval"):
        _restore_all_but_status(resource, was, new)
    elif "status" in was:
        new["status"] = was["status"]
    else:
        new.pop("status", None)


def _restore_all_but_status(resource: Resource, was: Object, new: Object) -> None:
    for key in [*new]:
        if key not in ("status", "metadata", "kind", "apiVersion"):
            del new[key]
    new |= {key: value for key, value in was.items() if key not in ("status", "metadata")}
    if resource.definition is not None:
        fields = new["metadata"].get("managedFields")
        new["metadata"] = dict(was["metadata"])
        if fields is not None:
            new["metadata"]["managedFields"] = fields


def _name(cluster: Cluster, resource: Resource, namespace: str, thing: Object) -> None:
    metadata = thing["metadata"]
    if not metadata.get("name") and metadata.get("generateName"):
        for _ in range(8):
            metadata["name"] = metadata["generateName"][:58] + cluster.name_suffix()
            if cluster.store.get(resource.storage, namespace, metadata["name"]) is None:
                return


def _check_namespace(cluster: Cluster, resource: Resource, namespace: str, name: str) -> None:
    if not resource.is_namespaced:
        return
    found = cluster.store.get(NAMESPACES, "", namespace)
    if found is None:
        raise StatusError(
            404, f'namespaces "{namespace}" not found', "NotFound", {"name": namespace, "kind": "namespaces"}
        )
    if "deletionTimestamp" in found["metadata"]:
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        cause = Cause(
            "NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace"
        )
        details = error_details(resource, name) | {"causes": [cause.json()]}
        raise StatusError(
            403, f'{resource.qualified_name} "{name}" is forbidden: {why}', "Forbidden", details
        )


def _check_revision(resource: Resource, was: Object, new: Object, name: str) -> None:
    given = new["metadata"].get("resourceVersion")
    if given and given != was["metadata"]["resourceVersion"]:
        raise modified_error(resource, name)
    if not given and resource.definition is not None:
        message = "Invalid value: 0: must be specified for an update"
        cause = Cause("FieldValueInvalid", message, "metadata.resourceVersion")
        details = error_details(resource, name) | {"causes": [cause.json()]}
        text = f'{resource.qualified_name} "{name}" is invalid: {cause.field}: {message}'
        raise StatusError(422, text, "Invalid", details)


def _raise_invalid(resource: Resource, thing: Object, causes: list[Cause]) -> None:
    if causes:
        raise invalid_error(resource, thing["metadata"].get("name", ""), causes)


def _warn(resource: Resource, thing: Object, was: Object | None, options: WriteOptions) -> None:
    """Writes of controllers get no warnings: their options are reused, and the list would grow."""
    if options.user is not SYSTEM:
        options.warnings.extend(warnings(resource, thing, was, options.subresource))


def _counts(resource: Resource, was: Object, new: Object, options: WriteOptions) -> bool:
    if not counts_generation(resource):
        return False
    if resource.storage == DEPLOYMENTS and not options.subresource and _annotations(was) != _annotations(new):
        return True
    apart = ("metadata", "status") if "status" in resource.subresources else ("metadata",)
    return {k: v for k, v in was.items() if k not in apart} != {
        k: v for k, v in new.items() if k not in apart
    }


def _annotations(thing: Object) -> Object:
    return thing["metadata"].get("annotations") or {}


def _same(was: Object, new: Object) -> bool:
    """Nothing changed but who manages which field since when."""
    return managed.strip_times(was) == managed.strip_times(new)


def _save(cluster: Cluster, resource: Resource, thing: Object, options: WriteOptions) -> Object:
    """Put into the store; an object that is going and has no finalizer left is removed."""
    thing = to_stored_version(thing, resource)
    metadata = thing["metadata"]
    if options.is_dry_run:
        return thing | {"metadata": order_metadata(metadata)}
    if "deletionTimestamp" in metadata and not metadata.get("finalizers") and not _has_grace(thing):
        cluster.store.remove(resource.storage, metadata.get("namespace", ""), metadata["name"])
        return thing
    return cluster.store.put(
        resource.storage, thing | {"metadata": order_metadata({"resourceVersion": ""} | metadata)}
    )


def order_metadata(metadata: Object) -> Object:
    """As Go writes it."""
    return {key: metadata[key] for key in ORDER if key in metadata} | metadata


def _has_grace(thing: Object) -> bool:
    """A pod is gone when its node says so; a namespace when its own finalizers are gone."""
    if thing["kind"] == "Namespace":
        return bool((thing.get("spec") or {}).get("finalizers"))
    return bool(thing["metadata"].get("deletionGracePeriodSeconds"))
