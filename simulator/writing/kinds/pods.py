"""Admission and validation of Pods: service account, priority, tolerations, immutable fields."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause, forbidden_error
from simulator.schemas.resources import Object, Resource
from simulator.writing.kinds.pod_specs import pod_spec_causes
from simulator.writing.options import WriteOptions

ACCOUNTS, CLASSES = ("", "serviceaccounts"), ("scheduling.k8s.io", "priorityclasses")
MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME = "kube-api-access-"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
CHANGEABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is not None:
        return
    spec = thing.setdefault("spec", {})
    _account(cluster, resource, thing, spec)
    _priority(cluster, resource, thing, spec)
    _tolerations(spec)
    thing["status"] = {"phase": "Pending", "qosClass": quality(spec)}
    if spec.get("schedulingGates"):
        thing["status"]["conditions"] = [_gated_condition(cluster)]


def causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    yield from pod_spec_causes(spec, "spec")
    if was is not None and _immutable_fields(spec) != _immutable_fields(was.get("spec") or {}):
        yield Cause("FieldValueForbidden", f"Forbidden: {CHANGEABLE}", "spec")


def quality(spec: dict[str, Any]) -> str:
    """The QoS class."""
    resources = [one.get("resources") or {} for one in spec.get("containers") or ()]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    for one in resources:
        limits, requests = one.get("limits") or {}, one.get("requests") or {}
        if set(limits) & {"cpu", "memory"} != {"cpu", "memory"} or any(
            requests.get(name) != limits[name] for name in ("cpu", "memory")
        ):
            return "Burstable"
    return "Guaranteed"


def _gated_condition(cluster: Cluster) -> dict[str, Any]:
    return {
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": cluster.clock.stamp(),
        "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates",
    }


def _immutable_fields(spec: dict[str, Any]) -> str:
    comparable = copy.deepcopy(spec)
    for one in [*(comparable.get("containers") or ()), *(comparable.get("initContainers") or ())]:
        one.pop("image", None)
    for name in (
        "activeDeadlineSeconds",
        "tolerations",
        "terminationGracePeriodSeconds",
        "nodeName",
        "schedulingGates",
    ):
        comparable.pop(name, None)
    return json.dumps(comparable, sort_keys=True)


def _account(cluster: Cluster, resource: Resource, thing: Object, spec: dict[str, Any]) -> None:
    """Its ServiceAccount, and the volume with the account's token."""
    name = spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", name)
    metadata = thing["metadata"]
    account = cluster.store.get(ACCOUNTS, metadata["namespace"], name)
    if account is None:
        why = f'error looking up service account {metadata["namespace"]}/{name}: serviceaccount "{name}" not found'
        raise forbidden_error(resource, metadata.get("name", ""), why)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = account["imagePullSecrets"]
    mounts_token = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    if mounts_token:
        _mount(cluster, spec)


def _mount(cluster: Cluster, spec: dict[str, Any]) -> None:
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    bare = [
        one
        for one in containers
        if not any(each.get("mountPath") == MOUNT for each in one.get("volumeMounts") or ())
    ]
    if not bare:
        return
    name = VOLUME + cluster.name_suffix()
    for one in bare:
        mount = {"name": name, "readOnly": True, "mountPath": MOUNT}
        one["volumeMounts"] = [*(one.get("volumeMounts") or ()), mount]
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {
            "downwardAPI": {
                "items": [
                    {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
                ]
            }
        },
    ]
    volume = {"name": name, "projected": {"sources": sources, "defaultMode": 420}}
    spec["volumes"] = [*(spec.get("volumes") or ()), volume]


def _priority(cluster: Cluster, resource: Resource, thing: Object, spec: dict[str, Any]) -> None:
    name = spec.get("priorityClassName")
    if not name:
        default = next((one for one in cluster.store.items(CLASSES) if one.get("globalDefault")), None)
        if default is None:
            spec.setdefault("priority", 0)
            spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
            return
        name = spec["priorityClassName"] = default["metadata"]["name"]
    found = cluster.store.get(CLASSES, "", name)
    if found is None:
        why = f"no PriorityClass with name {name} was found"
        raise forbidden_error(resource, thing["metadata"].get("name", ""), why)
    spec["priority"] = found["value"]
    spec.setdefault("preemptionPolicy", found.get("preemptionPolicy", "PreemptLowerPriority"))


def _tolerations(spec: dict[str, Any]) -> None:
    """Five minutes on a node that is not ready or cannot be reached."""
    own = spec.get("tolerations") or []
    missing = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in (NOT_READY, UNREACHABLE)
        if not any(_tolerates(one, key) for one in own)
    ]
    spec["tolerations"] = [*own, *missing]


def _tolerates(one: dict[str, Any], key: str) -> bool:
    return one.get("key") in (None, "", key) and one.get("effect") in (None, "", "NoExecute")
