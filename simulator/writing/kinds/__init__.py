"""Admission and validation rules of kinds: one file for each, and the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.printing.custom import find_values
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.kinds import (
    certificates,
    configuration,
    default_classes,
    definitions,
    jobs,
    namespaces,
    others,
    pods,
    roles,
    services,
    volumes,
    workloads,
)
from simulator.writing.options import WriteOptions

Admit = Callable[[Cluster, Resource, Object, Object | None, WriteOptions], None]
Causes = Callable[[Cluster, Object, Object | None], Iterator[Cause]]

RBAC, CRDS = "rbac.authorization.k8s.io", "apiextensions.k8s.io"

# Fill in and refuse before validation, in this order: (cluster, resource, new, old or None, options)
ADMISSION: dict[tuple[str, str], tuple[Admit, ...]] = {
    ("", "namespaces"): (namespaces.admit,),
    ("", "nodes"): (others.admit_node,),
    ("", "persistentvolumeclaims"): (default_classes.admit_claim, volumes.admit),
    ("", "persistentvolumes"): (volumes.admit,),
    ("", "pods"): (pods.admit,),
    ("", "services"): (services.admit,),
    ("batch", "jobs"): (jobs.admit_job,),
    ("certificates.k8s.io", "certificatesigningrequests"): (certificates.admit,),
    ("networking.k8s.io", "ingresses"): (default_classes.admit_ingress,),
    ("storage.k8s.io", "volumeattributesclasses"): (volumes.admit,),
    (CRDS, "customresourcedefinitions"): (definitions.admit,),
    (RBAC, "clusterroles"): (roles.admit_role,),
    (RBAC, "roles"): (roles.admit_role,),
    (RBAC, "clusterrolebindings"): (roles.admit_binding,),
    (RBAC, "rolebindings"): (roles.admit_binding,),
}

# What validation says beyond the schema: (cluster, new, old or None)
CAUSES: dict[tuple[str, str], Causes] = {
    ("", "configmaps"): configuration.config_map_causes,
    ("", "events"): others.event_causes,
    ("", "persistentvolumeclaims"): volumes.claim_causes,
    ("", "pods"): pods.causes,
    ("", "secrets"): configuration.secret_causes,
    ("", "services"): services.causes,
    ("apps", "daemonsets"): workloads.daemon_set_causes,
    ("apps", "deployments"): workloads.deployment_causes,
    ("apps", "replicasets"): workloads.replica_set_causes,
    ("apps", "statefulsets"): workloads.stateful_set_causes,
    ("autoscaling", "horizontalpodautoscalers"): others.autoscaler_causes,
    ("batch", "cronjobs"): jobs.cron_job_causes,
    ("batch", "jobs"): jobs.job_causes,
    ("coordination.k8s.io", "leases"): others.lease_causes,
    ("networking.k8s.io", "ingresses"): others.ingress_causes,
    ("policy", "poddisruptionbudgets"): others.budget_causes,
    ("scheduling.k8s.io", "priorityclasses"): others.priority_causes,
    (CRDS, "customresourcedefinitions"): definitions.causes,
    (RBAC, "clusterroles"): roles.role_causes,
    (RBAC, "roles"): roles.role_causes,
    (RBAC, "clusterrolebindings"): roles.binding_causes,
    (RBAC, "rolebindings"): roles.binding_causes,
}

# Those whose causes are all that there are: the schema is not checked.
WHOLE_SCHEMA = {(CRDS, "customresourcedefinitions")}


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    """Changes the object in place; raises StatusErrors."""
    for one in ADMISSION.get((resource.group, resource.plural), ()):
        one(cluster, resource, thing, was, options)


def causes(cluster: Cluster, resource: Resource, thing: Object, was: Object | None) -> Iterator[Cause]:
    found = CAUSES.get((resource.group, resource.plural))
    if found is not None:
        yield from found(cluster, thing, was)


def custom_scale_causes(resource: Resource, thing: Object, subresource: str) -> Iterator[Cause]:
    """A custom kind with the scale subresource has a count there."""
    scale = (resource.custom_version.get("subresources") or {}).get("scale")
    if not scale:
        return
    path = scale["statusReplicasPath" if subresource == "status" else "specReplicasPath"]
    if complaint := _not_there(path, thing):
        message = f"Invalid value: 0: {path} accessor error: {complaint}"
        yield Cause("FieldValueInvalid", message, path)
        return
    values = find_values(path, thing)
    if values and isinstance(values[0], int) and values[0] < 0:
        message = f"Invalid value: {values[0]}: should be a non-negative integer"
        yield Cause("FieldValueInvalid", message, path)


def _not_there(path: str, thing: Object) -> str:
    """Why no number can be there, in Go's words; "" where one is or could be."""
    value: Any = thing
    for part in path.strip(".").split("."):
        if not isinstance(value, dict):
            return f"{_go(value)} is of the type {_GO_TYPES[type(value)]}, expected map[string]interface{{}}"
        if part not in value:
            return ""
        value = value[part]
    if isinstance(value, bool) or not isinstance(value, int):
        return f"{_go(value)} is of the type {_GO_TYPES.get(type(value), '<nil>')}, expected int64"
    return ""


_GO_TYPES: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "int64",
    float: "float64",
    list: "[]interface {}",
    dict: "map[string]interface {}",
}


def _go(value: Any) -> str:
    return "[]" if value == [] else str(value)
