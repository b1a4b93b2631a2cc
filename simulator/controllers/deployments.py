"""Deployment controller: ReplicaSets, rollouts, rollbacks and revision history.

The steps are those of kubernetes/pkg/controller/deployment; how many pods each may have is in rollouts.py.
"""

from __future__ import annotations

import copy
from typing import Any

from simulator.controllers.index import PODS, REPLICA_SETS, controller_of, controller_reference
from simulator.controllers.plane import Controller, Plane, map_to_itself, map_to_owner
from simulator.controllers.pods import is_going, is_over, set_condition
from simulator.controllers.progress import deployment_status, is_complete, new_condition
from simulator.controllers.revisions import POD_HASH, plain_template, template_hash
from simulator.controllers.rollouts import (
    DESIRED,
    LARGEST,
    largest,
    new_size,
    old_sizes,
    proportional_sizes,
)
from simulator.reading.labels import matches, parse_selector
from simulator.requests.statuses import StatusError
from simulator.store import Event, Object

DEPLOYMENTS = ("apps", "deployments")
NAME = "deployment-controller"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
EXCLUDED_ANNOTATIONS = {
    LAST_APPLIED,
    REVISION,
    HISTORY,
    DESIRED,
    LARGEST,
    "deprecated.deployment.rollback.to",
}


def sync(plane: Plane, namespace: str, name: str) -> None:
    own = plane.get(DEPLOYMENTS, namespace, name)
    if own is None:
        return
    sets = _claim_replica_sets(plane, own)
    if is_going(own):
        new, olds = split_new_and_old(own, sets)
        _set_status(plane, own, new, olds, is_rollout=False)
        return
    own = _update_paused_condition(plane, own)
    if own["spec"].get("paused") or _is_scaling(own, sets):
        _scale(plane, own, sets)
    elif own["spec"]["strategy"]["type"] == "Recreate":
        _recreate(plane, own, sets)
    else:
        _roll(plane, own, sets)


def split_new_and_old(own: Object, sets: list[Object]) -> tuple[Object | None, list[Object]]:
    """The ReplicaSet of the template as it is now (the oldest such), and the others, oldest first."""
    by_age = sorted(sets, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
    desired = plain_template(own["spec"]["template"])
    new = next((one for one in by_age if plain_template(one["spec"]["template"]) == desired), None)
    return new, [one for one in by_age if one is not new]


def revision_of(thing: Object) -> int:
    text = (thing["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def _claim_replica_sets(plane: Plane, own: Object) -> list[Object]:
    """Its ReplicaSets, and those without a controller that it selects."""
    found = plane.index.list_owned(own, REPLICA_SETS)
    if is_going(own):
        return found
    requirements = parse_selector(own["spec"]["selector"]) or []
    owners = [controller_reference(own)]
    for one in plane.index.list_orphans(REPLICA_SETS, own["metadata"]["namespace"]):
        if not is_going(one) and matches(requirements, one["metadata"].get("labels")):
            found.append(
                plane.update(REPLICA_SETS, one, lambda old: _replace_metadata(old, ownerReferences=owners))
            )
    return found


def _replace_metadata(thing: Object, **metadata: Any) -> Object:
    return thing | {"metadata": thing["metadata"] | metadata}


# --- the ways to go on


def _roll(plane: Plane, own: Object, sets: list[Object]) -> None:
    own, new, olds = _ensure_new_replica_set(plane, own, sets)
    resized, scaled = _resize(plane, own, new, new_size(own, new, olds))
    if not scaled:
        sizes = old_sizes(own, resized, olds)
        done = [_resize(plane, own, one, size) for one, size in zip(olds, sizes, strict=True)]
        scaled, olds = any(each for _, each in done), [one for one, _ in done]
    if not scaled and is_complete(own):
        _clean(plane, own, olds)
    _set_status(plane, own, resized, olds, is_rollout=True)


def _recreate(plane: Plane, own: Object, sets: list[Object]) -> None:
    """The old pods go first; the new ReplicaSet comes when none of them runs any more."""
    new, olds = split_new_and_old(own, sets)
    done = [_resize(plane, own, one, 0) for one in olds]
    olds = [one for one, _ in done]
    runs = any(not is_over(pod) for one in olds for pod in plane.index.list_owned(one, PODS))
    if any(each for _, each in done) or runs:
        _set_status(plane, own, new, olds, is_rollout=True)
        return
    own, made, olds = _ensure_new_replica_set(plane, own, sets)
    made, _ = _resize(plane, own, made, own["spec"]["replicas"])
    if is_complete(own):
        _clean(plane, own, olds)
    _set_status(plane, own, made, olds, is_rollout=True)


def _scale(plane: Plane, own: Object, sets: list[Object]) -> None:
    """More or less of what there is, without another step of the rollout."""
    new, olds = split_new_and_old(own, sets)
    if new is not None:
        own, new, olds = _ensure_new_replica_set(plane, own, sets)
    everything = [*olds, new] if new is not None else olds
    sizes = proportional_sizes(own, new, olds)
    done = [_resize(plane, own, one, sizes.get(one["metadata"]["name"], size_of(one))) for one in everything]
    changed = [one for one, _ in done]
    new, olds = (changed[-1], changed[:-1]) if new is not None else (None, changed)
    if own["spec"].get("paused"):
        _clean(plane, own, olds)
    _set_status(plane, own, new, olds, is_rollout=False)


def _is_scaling(own: Object, sets: list[Object]) -> bool:
    """Some ReplicaSet that has pods was sized for another number of replicas."""
    desired = str(own["spec"]["replicas"])
    active = [one for one in sets if size_of(one)]
    found = ((one["metadata"].get("annotations") or {}).get(DESIRED) for one in active)
    return any(one is not None and one != desired for one in found)


def size_of(replica_set: Object) -> int:
    return int(replica_set["spec"].get("replicas", 1))


# --- its ReplicaSets


def _ensure_new_replica_set(
    plane: Plane, own: Object, sets: list[Object]
) -> tuple[Object, Object, list[Object]]:
    """The Deployment, the ReplicaSet of its template (made, or with its annotations in order) and the others."""
    new, olds = split_new_and_old(own, sets)
    number = max((revision_of(one) for one in olds), default=0) + 1
    if new is None:
        new = _create_replica_set(plane, own, olds, number)
        text = f'Created new replica set "{new["metadata"]["name"]}"'
        found = new_condition(plane, "Progressing", "True", "NewReplicaSetCreated", text)
    else:
        number = max(number, revision_of(new))
        desired = _annotations(own, new, number)
        if desired != (new["metadata"].get("annotations") or {}):
            new = plane.update(REPLICA_SETS, new, lambda old: _replace_metadata(old, annotations=desired))
        text = f'Found new replica set "{new["metadata"]["name"]}"'
        found = new_condition(plane, "Progressing", "True", "FoundNewReplicaSet", text)
        conditions = (own.get("status") or {}).get("conditions") or ()
        if any(one["type"] == "Progressing" for one in conditions):
            found = None
    if "progressDeadlineSeconds" not in own["spec"]:
        found = None
    return _set_revision(plane, own, number, found), new, olds


def _set_revision(plane: Plane, own: Object, number: int, found: dict[str, Any] | None) -> Object:
    """With the revision's number, and a condition where one changed."""
    annotations = own["metadata"].get("annotations") or {}
    if annotations.get(REVISION) == str(number) and found is None:
        return own
    status = own.get("status") or {}
    if found is not None:
        status = status | {"conditions": set_condition(status.get("conditions") or [], found)}

    def numbered(old: Object) -> Object:
        annotations = dict(old["metadata"].get("annotations") or {}) | {REVISION: str(number)}
        return _replace_metadata(old, annotations=annotations) | {"status": status}

    return plane.update(DEPLOYMENTS, own, numbered, part="status")


def new_replica_set(own: Object, olds: list[Object], number: int) -> Object:
    """Of its template as it is now, with as many replicas as may come at first."""
    metadata, spec = own["metadata"], own["spec"]
    digest = template_hash(spec["template"], (own.get("status") or {}).get("collisionCount", 0))
    template = copy.deepcopy(spec["template"])
    inner = template.setdefault("metadata", {})
    inner["labels"] = dict(inner.get("labels") or {}) | {POD_HASH: digest}
    selector = copy.deepcopy(spec["selector"])
    selector["matchLabels"] = dict(selector.get("matchLabels") or {}) | {POD_HASH: digest}
    found: Object = {
        "metadata": {
            "name": f"{metadata['name']}-{digest}",
            "labels": inner["labels"],
            "ownerReferences": [controller_reference(own)],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
    }
    if spec.get("minReadySeconds"):
        found["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    found["spec"]["replicas"] = new_size(own, found, olds)
    found["metadata"]["annotations"] = _annotations(own, found, number)
    return found


def _create_replica_set(plane: Plane, own: Object, olds: list[Object], number: int) -> Object:
    desired = new_replica_set(own, olds, number)
    try:
        made = plane.create(REPLICA_SETS, own["metadata"]["namespace"], desired)
    except StatusError as one:
        text = f'Failed to create new replica set "{desired["metadata"]["name"]}": {one.message}'
        plane.record_event(own, "ReplicaSetCreateError", text, NAME, warning=True)
        raise
    if size_of(made):
        text = f"Scaled up replica set {made['metadata']['name']} from 0 to {size_of(made)}"
        plane.record_event(own, "ScalingReplicaSet", text, NAME)
    return made


def _annotations(own: Object, new: Object, number: int) -> dict[str, str]:
    """Of the ReplicaSet: the Deployment's, its revision, the ones that it had before, the sizes."""
    old = dict(new["metadata"].get("annotations") or {})
    copied = own["metadata"].get("annotations") or {}
    found = old | {key: value for key, value in copied.items() if key not in EXCLUDED_ANNOTATIONS}
    was = old.get(REVISION)
    if was is not None and was != str(number):
        entries = [one for one in old.get(HISTORY, "").split(",") if one]
        found[HISTORY] = ",".join(entries if was in entries[-1:] else [*entries, was])
    replicas = own["spec"]["replicas"]
    sizes = {DESIRED: str(replicas), LARGEST: str(largest(own))}
    return found | {REVISION: str(number)} | (sizes if DESIRED not in old else {})


def _resize(plane: Plane, own: Object, one: Object, size: int) -> tuple[Object, bool]:
    """The ReplicaSet with that many replicas, and whether it had another number."""
    was = size_of(one)
    sizes = {DESIRED: str(own["spec"]["replicas"]), LARGEST: str(largest(own))}
    annotations = dict(one["metadata"].get("annotations") or {})
    is_same = was == size
    if is_same and (not size or sizes.items() <= annotations.items()):
        return one, False

    def resized(old: Object) -> Object:
        return _replace_metadata(old, annotations=annotations | sizes) | {
            "spec": old["spec"] | {"replicas": size}
        }

    one = plane.update(REPLICA_SETS, one, resized)
    if not is_same:
        direction = "up" if size > was else "down"
        text = f"Scaled {direction} replica set {one['metadata']['name']} from {was} to {size}"
        plane.record_event(own, "ScalingReplicaSet", text, NAME)
    return one, not is_same


def _clean(plane: Plane, own: Object, olds: list[Object]) -> None:
    """Keep no more old ReplicaSets than the history's limit."""
    limit = own["spec"].get("revisionHistoryLimit", 10)
    replica_sets = sorted((one for one in olds if not is_going(one)), key=revision_of)
    for one in replica_sets[: max(len(replica_sets) - limit, 0)]:
        if not size_of(one) and not (one.get("status") or {}).get("replicas"):
            plane.delete(REPLICA_SETS, one)


# --- its status


def _update_paused_condition(plane: Plane, own: Object) -> Object:
    """Paused and resumed are conditions, so that nobody is blamed for the time between."""
    status = own.get("status") or {}
    conditions = status.get("conditions") or []
    there = next((one for one in conditions if one["type"] == "Progressing"), None)
    reason = there["reason"] if there is not None else ""
    is_paused = bool(own["spec"].get("paused"))
    if "progressDeadlineSeconds" not in own["spec"] or reason == "ProgressDeadlineExceeded":
        return own
    if is_paused == (reason == "DeploymentPaused"):
        return own
    words = (
        ("DeploymentPaused", "Deployment is paused")
        if is_paused
        else ("DeploymentResumed", "Deployment is resumed")
    )
    found = set_condition(conditions, new_condition(plane, "Progressing", "Unknown", *words))
    return plane.set_status(DEPLOYMENTS, own, status | {"conditions": found})


def _set_status(
    plane: Plane, own: Object, new: Object | None, olds: list[Object], *, is_rollout: bool
) -> None:
    own = plane.get(DEPLOYMENTS, own["metadata"]["namespace"], own["metadata"]["name"]) or own
    status, seconds = deployment_status(plane, own, new, olds, is_rollout=is_rollout)
    if seconds is not None:
        plane.requeue_after((NAME, f"{own['metadata']['namespace']}/{own['metadata']['name']}"), seconds)
    plane.set_status(DEPLOYMENTS, own, status)


def _map_replica_set(plane: Plane, event: Event) -> list[str]:
    found = list(map_to_owner("Deployment")(plane, event))
    if event.type == "DELETED" or controller_of(event.object) is not None:
        return found
    labels, namespace = event.object["metadata"].get("labels"), event.object["metadata"]["namespace"]
    return found + [
        f"{namespace}/{one['metadata']['name']}"
        for one in plane.cluster.store.items(DEPLOYMENTS, namespace)
        if labels and matches(parse_selector(one["spec"]["selector"]) or [], labels)
    ]


def _map_pod(plane: Plane, event: Event) -> list[str]:
    """A Deployment that recreates waits for the last pod to be gone."""
    owner = controller_of(event.object)
    if event.type != "DELETED" or owner is None or owner["kind"] != "ReplicaSet":
        return []
    namespace = event.object["metadata"]["namespace"]
    found = plane.get(REPLICA_SETS, namespace, owner["name"])
    above = controller_of(found) if found is not None else None
    return [f"{namespace}/{above['name']}"] if above is not None and above["kind"] == "Deployment" else []


CONTROLLER = Controller(
    NAME, {DEPLOYMENTS: map_to_itself, REPLICA_SETS: _map_replica_set, PODS: _map_pod}, sync
)
