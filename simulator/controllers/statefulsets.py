"""StatefulSet controller: pods by ordinal, one after the other, each with its own claims.

https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

import copy
from typing import Any

from simulator.controllers.index import PODS, controller_reference
from simulator.controllers.plane import Controller, Plane, map_to_itself, map_to_owner
from simulator.controllers.pods import is_going, is_over, is_ready, new_pod, seconds_until_available
from simulator.controllers.revisions import REVISION_HASH, REVISIONS, current_revision, trim_history
from simulator.requests.statuses import StatusError
from simulator.store import Object

STATEFUL_SETS, CLAIMS = ("apps", "statefulsets"), ("", "persistentvolumeclaims")
NAME = "statefulset-controller"
POD_NAME, POD_INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(STATEFUL_SETS, namespace, name)
    if own is None:
        return
    if is_going(own):
        return
    revision = current_revision(plane, own)
    label = revision["metadata"]["name"]
    own, current = _find_current_revision(plane, own, label)
    try:
        _manage(plane, own, label, current)
    finally:
        _set_status(plane, namespace, name, label)
    trim_history(plane, own, {_revision(pod) for pod in plane.index.list_owned(own, PODS)} | {label, current})


def _find_current_revision(plane: Plane, own: Object, label: str) -> tuple[Object, str]:
    """The revision that pods below the partition keep."""
    current = (own.get("status") or {}).get("currentRevision") or label
    known = {one["metadata"]["name"] for one in plane.index.list_owned(own, REVISIONS)}
    return own, current if current in known else label


def _manage(plane: Plane, own: Object, label: str, current: str) -> None:
    """One step: the first pod that is missing or too much, or the last that is of another revision."""
    spec = own["spec"]
    first = (spec.get("ordinals") or {}).get("start", 0)
    pods = {ordinal_of(one): one for one in plane.index.list_owned(own, PODS)}
    is_parallel = spec.get("podManagementPolicy") == "Parallel"
    desired = range(first, first + spec.get("replicas", 1))
    for ordinal in desired:
        pod = pods.get(ordinal)
        if pod is not None and is_over(pod) and not is_going(pod):
            plane.delete(PODS, pod)
            _record_event(plane, own, "Delete", pod)
        elif pod is None:
            _make(plane, own, ordinal, current if _is_below_partition(own, ordinal) else label)
        if not is_parallel and (pod is None or not _is_available(plane, own, pod) or is_going(pod)):
            return
    for ordinal in sorted((one for one in pods if one not in desired), reverse=True):
        if not is_going(pods[ordinal]):
            plane.delete(PODS, pods[ordinal])
            _record_event(plane, own, "Delete", pods[ordinal])
        if not is_parallel:
            return
    _replace(plane, own, label, [pods[one] for one in desired if one in pods])


def _replace(plane: Plane, own: Object, label: str, pods: list[Object]) -> None:
    """The rolling update: the last pod of an old revision goes, when all after it are well."""
    if (own["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return
    for pod in reversed(pods):
        if _is_below_partition(own, ordinal_of(pod)):
            return
        if is_going(pod):
            return
        if _revision(pod) != label:
            plane.delete(PODS, pod)
            _record_event(plane, own, "Delete", pod)
            return
        if not _is_available(plane, own, pod):
            return


def _is_below_partition(own: Object, ordinal: int) -> bool:
    rolling = (own["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    return ordinal < int(rolling.get("partition") or 0)


def stateful_pod(own: Object, ordinal: int, label: str, template: Object) -> Object:
    """With its name, its host name and its claims."""
    name = f"{own['metadata']['name']}-{ordinal}"
    pod = new_pod(template, own, name)
    marks = {POD_NAME: name, POD_INDEX: str(ordinal), REVISION_HASH: label}
    pod["metadata"]["labels"] = dict(pod["metadata"].get("labels") or {}) | marks
    pod["metadata"]["generateName"] = f"{own['metadata']['name']}-"
    spec = pod["spec"]
    spec |= {"hostname": name, "subdomain": own["spec"].get("serviceName", "")}
    names = [one["metadata"]["name"] for one in own["spec"].get("volumeClaimTemplates") or ()]
    volumes = [one for one in spec.get("volumes") or () if one["name"] not in names]
    volumes += [{"name": one, "persistentVolumeClaim": {"claimName": f"{one}-{name}"}} for one in names]
    if volumes:
        spec["volumes"] = volumes
    return pod


def _make(plane: Plane, own: Object, ordinal: int, label: str) -> None:
    metadata = own["metadata"]
    pod = stateful_pod(own, ordinal, label, _template(plane, own, label))
    name = pod["metadata"]["name"]
    for template in own["spec"].get("volumeClaimTemplates") or ():
        _make_claim(plane, own, template, f"{template['metadata']['name']}-{name}")
    try:
        plane.create(PODS, metadata["namespace"], pod)
    except StatusError as one:
        text = f"Create Pod {name} in StatefulSet {metadata['name']} failed error: {one.message}"
        plane.record_event(own, "FailedCreate", text, NAME, warning=True)
        raise
    _record_event(plane, own, "Create", pod)


def _template(plane: Plane, own: Object, label: str) -> Object:
    """Of a revision that may be an older one."""
    for one in plane.index.list_owned(own, REVISIONS):
        if one["metadata"]["name"] == label:
            found: Object = one["data"]["spec"]["template"]
            return found
    template: Object = own["spec"]["template"]
    return template


def _make_claim(plane: Plane, own: Object, template: Object, name: str) -> None:
    namespace = own["metadata"]["namespace"]
    if plane.get(CLAIMS, namespace, name) is not None:
        return
    plane.create(CLAIMS, namespace, new_claim(own, template, name))
    pod = name.removeprefix(f"{template['metadata']['name']}-")
    text = f"Create Claim {name} Pod {pod} in StatefulSet {own['metadata']['name']} success"
    plane.record_event(own, "SuccessfulCreate", text, NAME)


def new_claim(own: Object, template: Object, name: str) -> Object:
    metadata: dict[str, Any] = {"name": name}
    labels = (own["spec"].get("selector") or {}).get("matchLabels") or {}
    metadata["labels"] = dict(template["metadata"].get("labels") or {}) | labels
    if annotations := template["metadata"].get("annotations"):
        metadata["annotations"] = annotations
    policy = own["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    if policy.get("whenDeleted") == "Delete":
        metadata["ownerReferences"] = [controller_reference(own)]
    return {"metadata": metadata, "spec": copy.deepcopy(template["spec"])}


def _set_status(plane: Plane, namespace: str, name: str, label: str) -> None:
    own = plane.get(STATEFUL_SETS, namespace, name)
    if own is None:
        return
    pods = [one for one in plane.index.list_owned(own, PODS) if not is_over(one)]
    live = [one for one in pods if not is_going(one)]
    old = own.get("status") or {}
    current = old.get("currentRevision") or label
    least = own["spec"].get("minReadySeconds", 0)
    waits = [seconds_until_available(one, least, plane.now) for one in live]
    if later := [one for one in waits if one]:
        plane.requeue_after((NAME, f"{namespace}/{name}"), min(later))
    updated = [one for one in live if _revision(one) == label]
    desired = own["spec"].get("replicas", 1)
    is_done = len(updated) == desired == len(pods) and all(is_ready(one) for one in updated)
    partition = ((own["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition")
    if is_done and not partition:
        current = label
    status: dict[str, Any] = {
        "observedGeneration": own["metadata"].get("generation", 1),
        "replicas": len(pods),
        "readyReplicas": sum(is_ready(one) for one in live) or None,
        "currentReplicas": sum(_revision(one) == current for one in live) or None,
        "updatedReplicas": len(updated) or None,
        "currentRevision": current,
        "updateRevision": label,
        "collisionCount": old.get("collisionCount", 0),
        "availableReplicas": waits.count(0.0),
    }
    plane.set_status(STATEFUL_SETS, own, status)


def ordinal_of(pod: Object) -> int:
    end = pod["metadata"]["name"].rpartition("-")[2]
    return int(end) if end.isdigit() else -1


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION_HASH, ""))


def _is_available(plane: Plane, own: Object, pod: Object) -> bool:
    return seconds_until_available(pod, own["spec"].get("minReadySeconds", 0), plane.now) == 0.0


def _record_event(plane: Plane, own: Object, verb: str, pod: Object) -> None:
    text = f"{verb} Pod {pod['metadata']['name']} in StatefulSet {own['metadata']['name']} successful"
    plane.record_event(own, f"Successful{verb}", text, NAME)


CONTROLLER = Controller(NAME, {STATEFUL_SETS: map_to_itself, PODS: map_to_owner("StatefulSet")}, sync)
